"""What the Search page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator

from ...envs.search.policies import sweep
from ..docs import KINDS, best_of_each_kind, table, variant, variants

PAYOFF = "nDCG@3 of the pages that are shown, less the cost of questions and searches"
NOTE = (
    "*No-question* searches for the likeliest meaning and shows, *one-question* asks about the meaning before, "
    "*by-importance* asks about everything, *search-first* asks about meaning and aspect after a search, and "
    "*explain-first* explains, and asks about the meaning before the search and about the rest after it. Others adapt "
    "to what they hear: *explain-unsure* explains once a question was not answered, *explain-silent* once a search did "
    "not bring out the meaning, and *search-unsure* searches once a question was not answered."
)


def sections() -> Iterator[str]:
    """The sources, every plan of a fixed order, and exploits."""
    yield from _sources()
    yield "## Plans, fixed and adaptive"
    yield (
        "Which facets are asked about before the search and which after it, or not at all, in every order, with what "
        "is done on the way, exactly; the best of each kind. The first word tells when an explanation is given: "
        "*never*, *first* of all, once a question was not answered (*unsure*), once a search did not bring out the "
        "meaning (*silent*), in *either* case, or whenever there was a search (*sought*). The second word tells what "
        "follows when a question was not answered: to go *on*, to *search* and ask the rest after it, or to *rush*, "
        "that is to ask nothing more. The meaning to search for is the likeliest by the exact belief. In Search-v0 no "
        "such plan keeps nine tenths of the optimum: who does not answer may be impatient or browsing, and what helps "
        "with the one wastes the time of the other. Where all users are ready, in SearchPatient-v0, a plan is all "
        "that is needed."
    )
    for env_id, _ in variants("search"):
        yield f"### Plans on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep(), first=True))
    yield from _exploits()


def _sources() -> Iterator[str]:
    yield "## Where it comes from"
    yield (
        "**ConvSim** (Owoicho et al. 2023; arXiv:2304.13874). Kept: a simulated user that is given an information "
        "need, answers clarifying questions and gives feedback to what the system does; nDCG@3. Changed: it is a "
        "language model on the topics of real collections; here needs, pages and the probabilities of answers are "
        "known, so that there is an optimum. Feedback comes to a search, not to a list of passages, because to show "
        "ends the dialogue here. Theirs, for context: to make use of feedback raises nDCG@3 by 16%, and by 35% after "
        "three rounds (abstract). These are gains of rankers on real collections, and do not compare with shares of an "
        "optimum. Cooperativeness and patience are what CoSearcher (Salle et al. 2022) varies in its simulated users."
    )
    yield (
        "**USimAgent** (Zhang et al. 2024; arXiv:2403.09142). Kept: a session of queries, reactions to results, and a "
        "decision when to stop, which is the user's. Changed: the user stops with stated probabilities, by its kind "
        "and by what was done, and not by a language model's reasoning, because an optimum needs them. Left out: "
        "clicks and reformulated queries in free text, because pages are worth what they match, and a query is one of "
        "three meanings. Its figures tell how well 164 sessions of 40 people are met (better than others in queries, "
        "about as well in clicks and stops: repository and abstract), not how well a searcher is served."
    )
    yield (
        "**IntentionGym** of UserRL (Qian et al. 2025). Kept: details of high, medium and low importance that are "
        "worth 1, 0.7 and 0.4, and an act that ends the questions (its README, SalesforceAIResearch/UserRL). Changed: "
        "there, what a question uncovers is paid for at once, a question costs 0.01, and one that covers several "
        "details loses 0.2 for each further one; here details pay through the pages that they lead to, a question "
        "costs 0.06, and one that names two facets is ambiguous and lost, because questions that pay by themselves "
        "would be asked for their own sake. Theirs, for context: Qwen3-8B, trained in other gyms, collects 1.82 an "
        "episode by those weights (table 3 of the paper, read in an excerpt)."
    )
    yield (
        "**SearchGym** of UserRL. Kept: what is to be answered has to be searched for first. Changed: the search "
        "engine is a table and no web service, because a result must not change between runs, and the optimum sums "
        "over all of them; what is found is shown, and not answered in words that a judge marks. Theirs, for context: "
        "the same model answers .888 of 125 questions rightly, Qwen3-4B without training .856 (table 3, read in an "
        "excerpt); they ask for facts of the world, of which there are none here."
    )


def _exploits() -> Iterator[str]:
    yield "## Exploits that are closed"
    yield (
        "Tests try it: to show before any search, to ask, search or explain again, two things in one utterance, to "
        "wait; and `dialogym check`, which the suite runs, every way to be cut off, and idle tricks such as to stall, "
        "to repeat and to shout."
    )
    yield (
        "- To show everything: a list holds three pages of the one meaning that was searched for, and showing ends "
        "the dialogue.\n"
        "- To ask about two facets at once, or again: ambiguous, or refused but for what was not answered before an "
        "explanation.\n"
        "- To search in order to be corrected for nothing: each search costs, and a wrong one may drive the user "
        "away.\n"
        "- To wait: talk costs a turn and brings nothing."
    )
