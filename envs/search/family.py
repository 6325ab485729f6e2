"""Search: find the pages that somebody needs behind an ambiguous query, as an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .game import (
    ACTS,
    EXPLANATION,
    FACETS,
    QUESTION,
    SEARCH,
    SEATS,
    UNSURE,
    VALUES,
    WEIGHTS,
    Clarify,
    Correct,
    Desk,
    ndcg,
)
from .mind import HURRIED, POPULARITY, READY, STUBBORN, Searcher
from .queries import QUERIES, USERS
from .voice import PATTERNS, VOICE, understand


class Public(NamedTuple):
    """What both sides know."""

    query: str
    user: str


@dataclass(frozen=True, slots=True)
class Wish:
    """One scenario: the query, and who asks."""

    query: str
    user: str

    @property
    def public(self) -> Public:
        """All of it."""
        return Public(self.query, self.user)


@dataclass(frozen=True)
class Search(Family):
    """Conversational search: clarify an ambiguous query, or search at once for a user who has no time for questions.

    ## Description

    A query such as `jaguar` has three meanings, and a user needs one page: of one meaning, one aspect (history,
    pictures, news) and one depth (brief, thorough). The assistant can ask clarifying questions, search for a meaning,
    and show the three best pages of what it has found. Pages can be shown only after a search, and to show them ends
    the
    dialogue: what they are worth is nDCG@3.

    Users are of different patience. Those who are *ready* answer questions and find an explanation why they are asked a
    waste of time. Those who are *impatient* seldom answer and often leave; but once they were told that a question
    saves them time, they are as ready as the others. An explanation pays nothing by itself. It makes the questions
    after it worth while, which make the search right, after which there is something to show.

    ## Scenario

    One of 24 ambiguous queries and a user's name, all equally likely. The queries are the same game in other words. The
    hidden state is the page that is needed, and the kind of user; neither ever changes. Meanings are wanted with 0.5,
    0.3 and 0.2, aspects too, depths with 0.6 and 0.4, each on its own.

    | kind | share | answers | leaves after a question | after an explanation | reacts to a search | leaves if misled |
    |---|---:|---:|---:|---:|---:|---:|
    | ready | 0.6 | 0.95 | 0 | 0.4 | 0.6 | 0 |
    | impatient | 0.36 | 0.3 | 0.3 | 0 | 0.2 | 0.1 |
    | stubborn | 0.04 | 0.3 | 0.3 | 0 | 0.2 | 0.1 |

    An impatient user behaves as a ready one after an explanation, a stubborn one does not. The user sees what is
    searched for. A user who reacts says whether that is what it means, and what it means if not; a wrong search may
    drive it away.

    ## Acts

    An utterance is free text with at most one tag: `[clarify FACET]` with `meaning`, `aspect` or `depth`, `[explain]`,
    `[search MEANING]` with the number of a meaning, `[show]` or `[stop]`; without a tag it is talk. The user speaks
    first. A facet can be asked about once, and once more after an explanation if the user did not say. An explanation
    is given once. `[show]` takes the meaning that was searched for last; of its pages it shows the three that meet what
    the user said, by the importance of the facets, and the likelier ones among equals.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. A clause binds if one of the patterns below covers it. A question that names a facet or its values asks about the
       facet (`would you like pictures or news`, `do you mean the car`); to be about to search for a meaning searches
       (`I will look for the car`); `a question or two will save you time` explains; `here is what I found` shows.
    2. Two different acts in one utterance are ambiguous. Everything else is talk.

    A turn is lost if it is malformed, ambiguous or illegal. It then counts as talk, costs nothing but the turn, and the
    user says why.

    ## Observation

    Text. The first observation is the brief (meanings, facets, all probabilities, costs, turns, tags) and the user's
    query; after that, each reply. It is empty after `[show]` and `[stop]`. The user's words depend on its act, the
    public facts and a persona.

    ## Rewards

    `goal`, at the end: nDCG@3 of the pages that were shown, 0 if none were; less 0.03 for a question or an explanation,
    and 0.05 for a search. A page of another meaning has gain 0. Else its grade is the importance of the facets that it
    meets (1 for the meaning, 0.7 for the aspect, 0.4 for the depth), scaled so that 3 is the highest, and its gain is
    two to the power of its grade, less 1. The ideal list holds the best three pages that there are.

    ## Episode end

    Terminated by `[show]` or `[stop]`, when the user leaves, or after `turns` turns of the assistant. Truncated by the
    third lost turn in a row, which pays as if nothing was shown, or by a failure of the simulated user's machinery; in
    the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about page and kind. A
    search for a meaning that is ruled out is not tried, nor is talk, and in the last turn nothing but to show or to
    stop. All queries share one solution.

    ## Registered configurations

    | id | impatient | turns |
    |---|---:|---:|
    | `Search-v0` | 0.4 | 6 |
    | `SearchPatient-v0` | 0.0 | 6 |

    ## Metrics

    `info["outcome"]`, at the end: `ndcg` (nDCG@3 of what was shown, 0 for nothing), `success` (the page that was needed
    came first), `importance` (share of the importance of all facets that the user has told, IntentionGym's reward),
    `questions`, `vague` (questions that were not answered), `searches`, `corrections` (searches that the user put
    right), `explained`, `retained` (the user did not leave), `turns`, `ending` (`shown`, `left`, `stopped`, `limit` or
    `truncated`), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds `page` (its three
    values) and `kind`.

    ## References

    - P. Owoicho, I. Sekulić, M. Aliannejadi, J. Dalton and F. Crestani (2023). Exploiting simulated user feedback for
      conversational search: ranking, rewriting, and beyond. SIGIR. arXiv:2304.13874. (ConvSim)
    - E. Zhang, X. Wang, P. Gong, Y. Lin and J. Mao (2024). USimAgent: large language models for simulating search
      users. SIGIR. arXiv:2403.09142.
    - C. Qian et al. (2025). UserRL: training interactive user-centric agent via reinforcement learning.
      arXiv:2509.19736. (IntentionGym, SearchGym)
    - A. Salle, S. Malmasi, O. Rokhlenko and E. Agichtein (2022). CoSearcher: studying the effectiveness of
      conversational search refinement and clarification through user simulation. *Information Retrieval Journal* 25.
    - K. Järvelin and J. Kekäläinen (2002). Cumulated gain-based evaluation of IR techniques. *ACM TOIS* 20, 422-446.

    Args:
        turns: Turns of the assistant, the show included. From 4 to 7.
        impatient: Share of users without patience, a tenth of them for good; from 0 to 1.
    """

    turns: int = 6
    impatient: float = 0.4

    role = "assistant"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "ndcg": "nDCG@3 of what was shown",
        "success": "share of users whose best page came first",
        "importance": "importance of what the user has told, as a share of all",
        "questions": "clarifying questions",
        "vague": "questions that were not answered",
        "searches": "searches",
        "corrections": "searches that the user put right",
        "explained": "share of users who were told why they are asked",
        "retained": "share of users who did not leave",
        "turns": "turns of the assistant",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 7, "turns")
        between(self, 0.0, 1.0, "impatient")

    def scenarios(self) -> Sequence[Wish]:
        """Every query with two of the users."""
        return [Wish(query, USERS[(k + j) % len(USERS)]) for j in (0, 5) for k, query in enumerate(QUERIES)]

    def parts(self, scenario: Wish) -> tuple[Desk, Searcher]:
        """Game and mind; the same for all queries."""
        game = Desk(self.turns)
        return game, Searcher(game, self.impatient)

    def setting(self, scenario: Wish) -> Setting:
        """Game, mind and seat.

        Raises:
            ValueError: If there is no such query.
        """
        one_of(scenario, QUERIES, "query")
        return _setting(self.parts(scenario)[1])

    def task(self, scenario: Wish) -> str:
        """Meanings and facets, users, costs, turns."""
        meanings = QUERIES[scenario.query].meanings
        numbered = "; ".join(
            f"{k} {meaning} ({p:g})" for k, (meaning, p) in enumerate(zip(meanings, POPULARITY[0], strict=True), 1)
        )
        facets = "; ".join(
            f"{facet} ({', '.join(f'{value} {p:g}' for value, p in zip(values, shares, strict=True))})"
            for facet, values, shares in list(zip(FACETS, VALUES, POPULARITY, strict=True))[1:]
        )
        weights = ", ".join(f"{facet} {weight:g}" for facet, weight in zip(FACETS, WEIGHTS, strict=True))
        return (
            f"You help {scenario.user} to search. The query {scenario.query!r} has these meanings, wanted with these "
            f"probabilities: {numbered}. Besides, one page differs from another by {facets}, each on its own. "
            f"{scenario.user} needs one page.\n"
            "You can ask about the meaning, the aspect and the depth, once each. You can search for a meaning, and "
            "then show the three best pages of it by what you were told, which ends the dialogue.\n"
            f"{_told(self.impatient)}\n"
            "What you show is worth its nDCG@3: a page of another meaning has gain 0, others 2 to the power of their "
            f"grade, less 1, where the grade is the importance of what is met ({weights}) times 3 / {sum(WEIGHTS):g}. "
            f"A question costs {QUESTION / 100:g}, an explanation {EXPLANATION / 100:g}, a search "
            f"{SEARCH / 100:g}. You have {self.turns} turns, the show included.\n"
        )

    def context(self, dialogue: Dialogue) -> str:
        """The query."""
        return dialogue.scenario.query

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, page = dialogue.state, dialogue.hidden.page
        done = [step.act for step in dialogue.steps]
        said = [act for step in dialogue.steps for _, _, act in step.exchange.replies]
        told = sum(w for w, fact in zip(WEIGHTS, state.facts, strict=True) if fact not in ("", UNSURE))
        return {
            "ndcg": ndcg(state.shown, page) if state.shown else 0.0,
            "success": state.shown[:1] == (page,),
            "importance": told / sum(WEIGHTS),
            "questions": sum(isinstance(act, Clarify) for act in done),
            "vague": sum(getattr(act, "value", "") == UNSURE for act in said),
            "searches": sum(act.tag() == "search" for act in done),
            "corrections": sum(isinstance(act, Correct) for act in said),
            "explained": state.explained,
            "retained": state.ending != "left",
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How good the pages were."""
        if outcome["ending"] != "shown":
            return "showed nothing"
        return f"showed pages with an nDCG of {outcome['ndcg']:.2f}"

    def reveal(self, scenario: Wish, hidden: Any) -> dict[str, Any]:
        """The page that was needed, in words, and the kind of user."""
        meaning, *rest = hidden.page
        return {"page": ", ".join((QUERIES[scenario.query].meanings[int(meaning) - 1], *rest)), "kind": hidden.kind}


def _told(impatient: float) -> str:
    """What the brief says of the users."""
    ready = (
        f"answers a question with {READY.answers:g}, leaves after an explanation with {READY.told:g}, and says with "
        f"{READY.reacts:g} whether a search is for the right meaning, and which is right if not"
    )
    if not impatient:
        return f"The user {ready}."
    return (
        f"The user is ready with {1 - impatient:g}: it {ready}. Else it is impatient: it answers with "
        f"{HURRIED.answers:g}, leaves after a question with {HURRIED.asked:g}, reacts to a search with "
        f"{HURRIED.reacts:g} and leaves after a wrong one with {HURRIED.misled:g}; but once you have explained why you "
        f"ask, it behaves as if it were ready, but for one in {1 / STUBBORN:g}. After an explanation you can ask again "
        "what was not answered."
    )


@cache
def _setting(mind: Searcher) -> Setting:
    return Setting(mind.game, mind, SEATS[0], mind.candidates)
