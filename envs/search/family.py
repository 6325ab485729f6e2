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
    Session,
    ndcg,
)
from .mind import BROWSING, IMPATIENT, POPULARITY, READY, TIRING, Manner, Need, Searcher
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
    the dialogue: what they are worth is nDCG@3.

    Users differ in what they need before they answer. Those who are *ready* answer every question, but do not stay for
    long. Those who are *impatient* seldom answer and often leave, until they are told that a question saves them time.
    Those who are *browsing* cannot say much before they have seen that something is searched for. An explanation pays
    nothing by itself, and a search is dear; either makes the questions after it worth while, for another kind of user.
    Who it is shows in what is answered, and in whether a search is put right, but only by and by.

    Queries are words with several meanings, none of them about an illness or a crisis, and pages have no text: nothing
    here is advice, least of all medical advice.

    ## Scenario

    One of 24 ambiguous queries and a user's name, all equally likely. The queries are the same game in other words. The
    hidden state is the page that is needed, and the kind of user; neither ever changes. Meanings are wanted with 0.45,
    0.3 and 0.25, aspects with 0.4, 0.3 and 0.3, depths with equal chances, each on its own.

    | kind | share | says the meaning | a detail | leaves if asked | confirms | corrects | leaves if misled | tires |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|
    | ready | 0.25 | 1 | 1 | 0 | 0.8 | 0.8 | 0.1 | 0.3 |
    | impatient | 0.5 | 0.5 | 0.1 | 0.5 | 0.6 | 0 | 0.1 | 0 |
    | browsing | 0.25 | 0.4 | 0.3 | 0.4 | 0.8 | 0.8 | 0 | 0.4 |

    After an explanation an impatient user takes questions as a ready one does: it answers, and does not leave because
    of them; so does one that is browsing after the first search. The user sees what is searched for. It may *confirm* a
    search for what it means, or *correct* another by saying what it means; a wrong search *misleads* it. Besides, it
    may *tire* and leave at any of its turns from the fourth on.

    ## Acts

    An utterance is free text with at most one tag: `[clarify FACET]` with `meaning`, `aspect` or `depth`, `[explain]`,
    `[search MEANING]` with the number of a meaning, `[show]` or `[stop]`; without a tag it is talk. The user speaks
    first. A facet can be asked about once, and again after an explanation and after the first search if the user did
    not say. An explanation is given once. `[show]` takes the meaning that was searched for last; of its pages it shows
    the three that meet what the user said, by the importance of the facets, and the likelier ones among equals.

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

    `goal`, at the end: nDCG@3 of the pages that were shown, 0 if none were; less 0.06 for a question, 0.02 for an
    explanation, and 0.2 for a search. A page of another meaning has gain 0. Else its grade is the importance of the
    facets that it meets (1 for the meaning, 0.7 for the aspect, 0.4 for the depth), scaled so that 3 is the highest,
    and its gain is two to the power of its grade, less 1. The ideal list holds the best three pages that there are.

    ## Episode end

    Terminated by `[show]` or `[stop]`, when the user leaves, or after `turns` turns of the assistant. Truncated by the
    third lost turn in a row, which pays as if nothing was shown, or by a failure of the simulated user's machinery; in
    the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about page and kind. A
    search for a meaning that is ruled out is not tried, nor is talk, nor what leaves no time to use it. All queries
    share one solution.

    ## Registered configurations

    | id | impatient | browsing | turns |
    |---|---:|---:|---:|
    | `Search-v0` | 0.5 | 0.25 | 6 |
    | `SearchPatient-v0` | 0.0 | 0.0 | 6 |

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
        impatient: Share of users who have no patience for questions, unless they are told why; from 0 to 1.
        browsing: Share of users who have to see something before they can answer; from 0 to 1, and with `impatient` at
            most 1.
    """

    turns: int = 6
    impatient: float = 0.5
    browsing: float = 0.25

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
        between(self, 0.0, 1.0, "impatient", "browsing")
        if self.impatient + self.browsing > 1.0:
            raise ValueError(
                f"impatient and browsing must be at most 1 together, got {self.impatient!r} and {self.browsing!r}"
            )

    def scenarios(self) -> Sequence[Wish]:
        """Every query with two of the users."""
        return [Wish(query, USERS[(k + j) % len(USERS)]) for j in (0, 5) for k, query in enumerate(QUERIES)]

    def parts(self, scenario: Wish) -> tuple[Desk, Searcher]:
        """Game and mind; the same for all queries."""
        game = Desk(self.turns)
        return game, Searcher(game, self.impatient, self.browsing)

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
            "You can ask about the meaning, the aspect and the depth, once each; what was not answered, again after an "
            "explanation and after your first search. You can search for a meaning, and "
            "then show the three best pages of it by what you were told, which ends the dialogue.\n"
            f"{_told(self.impatient, self.browsing)}\n"
            "What you show is worth its nDCG@3: a page of another meaning has gain 0, others 2 to the power of their "
            f"grade, less 1, where the grade is the importance of what is met ({weights}) times 3 / {sum(WEIGHTS):g}. "
            f"A question costs {QUESTION / 100:g}, an explanation {EXPLANATION / 100:g}, a search "
            f"{SEARCH / 100:g}. You have {self.turns} turns, the show included.\n"
        )

    def context(self, dialogue: Dialogue) -> tuple[str, str]:
        """The query, and the meaning that the user has told."""
        told = dialogue.state.facts[0]
        return dialogue.scenario.query, "" if told == UNSURE else told

    def success(self, game: Desk, state: Session, hidden: Need) -> bool:
        """Whether the page that was needed came first."""
        return state.shown[:1] == (hidden.page,)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, page = dialogue.state, dialogue.hidden.page
        done = [step.act for step in dialogue.steps]
        said = [act for step in dialogue.steps for _, _, act in step.exchange.replies]
        told = sum(w for w, fact in zip(WEIGHTS, state.facts, strict=True) if fact not in ("", UNSURE))
        return {
            "ndcg": ndcg(state.shown, page) if state.shown else 0.0,
            "success": self.success(dialogue.setting.game_as(Desk), state, dialogue.hidden),
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


def _told(impatient: float, browsing: float) -> str:
    """What the brief says of the users."""
    if not impatient and not browsing:
        return f"The user {_manner(READY)}."
    said = [f"The user is ready with {1 - impatient - browsing:g}: it {_manner(READY)}."]
    if impatient:
        said.append(
            f"It is impatient with {impatient:g}: it {_manner(IMPATIENT)}. But once you have explained why you ask, it "
            "takes questions as a ready one does."
        )
    if browsing:
        said.append(
            f"It is browsing with {browsing:g}: it {_manner(BROWSING)}. But once you have searched for something, it "
            "takes questions as a ready one does."
        )
    return " ".join(said)


def _manner(manner: Manner) -> str:
    """How a kind of user behaves, in words; what it never does is left out."""
    said = [f"answers a question with {manner.meaning:g}"]
    if manner.meaning == manner.detail == 1.0:
        said = ["answers every question"]
    elif manner.meaning != manner.detail:
        said = [f"answers a question about the meaning with {manner.meaning:g}, another with {manner.detail:g}"]
    chances = (
        (manner.asked, "leaves after a question"),
        (manner.confirms, "says of a search for the right meaning that it is right"),
        (manner.corrects, "says of another which is right"),
        (manner.misled, "leaves after a search for another"),
        (manner.tires, f"leaves besides at any turn from turn {TIRING} on"),
    )
    said += [f"{what} with {chance:g}" for chance, what in chances if chance]
    return ", ".join(said)


@cache
def _setting(mind: Searcher) -> Setting:
    return Setting(mind.game, mind, SEATS[0], mind.candidates)
