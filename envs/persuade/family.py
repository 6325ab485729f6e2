"""Persuade: an expert and a traveller who comes back, as an environment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar, NamedTuple

from ...core.checks import above, one_of, whole
from ...core.dialogue import Dialogue
from ...core.duel import Seats
from ...core.grammar import Grammar
from ...core.stream import Stream
from ..base import Family
from . import bookings, policies
from .adviser import Expert
from .duel import seats
from .game import GOOD, STOCK, Book, Pass, Recommend, Show, Trips, Warn, plain_stock
from .mind import POPULATION, READERS, Guest
from .nights import Night, Nights
from .tours import MOST, TOURS
from .voice import (
    BOOKING_GRAMMAR,
    NAMES,
    PATTERNS,
    PLAIN_GRAMMAR,
    REVIEW_GRAMMAR,
    SHARED_GRAMMAR,
    SHARED_REVIEW_GRAMMAR,
    VOICE,
    WARNED,
    found,
    printed,
    understand,
)

ROLES = ("expert", "traveller")
FOLLOWS = 0.5
"""From this chance of a good hotel on, somebody who knows no more gains by going; see `of_commitment`."""


class Journey(NamedTuple):
    """What both sides know."""

    tour: str
    name: str
    reviews: bool


@dataclass(frozen=True, slots=True)
class Trip:
    """One scenario: where the traveller goes, who it is, and whether the expert passes reviews on."""

    tour: str
    name: str
    reviews: bool = False

    @property
    def public(self) -> Journey:
        """All of it."""
        return Journey(self.tour, self.name, self.reviews)


class Advice(NamedTuple):
    """One round, as it turned out.

    Attributes:
        good: Whether the hotel was.
        honest: Whether what was said of it was so; ``None`` if nothing was said.
        went: Whether the traveller went.
    """

    good: bool
    honest: bool | None
    went: bool


@dataclass(frozen=True)
class Persuade(Family):
    """Hotels for a traveller who comes back: an expert who alone knows what is good, and who is believed or not.

    ## Description

    Unlike [Persuasion](persuasion.md), in which a volunteer wins a stranger over by good reasons, this is the game of
    persuasion of economics: one side knows what the other wants to know, and its word is all that it has. A traveller
    sleeps in another hotel each night and asks an expert about each. The expert is told by its office how good the
    hotel is, and earns something only if the traveller goes, be it good or not. The traveller believes the expert or
    not, and hears from other guests afterwards whether its word was true. Some travellers trust at once and some want
    to see a few true words first; some forgive a lie and some never do. So lies pay, and cost later: the learner has to
    find out whom it faces, to earn trust early where that is worth it, and to spend it late.

    In `PersuadeBuyer-v0` the learner is the traveller. It asks, hears the expert recommend each hotel or warn of it,
    and books it or passes. Only who books finds out how the hotel is. Whom it faces, it does not know: an honest
    expert, one who lies always, sometimes, only at the end, or once it is trusted; or one who lies until it is found
    out, and never again. To find out it must sleep in hotels that are probably poor, and to teach the last kind a
    lesson costs a night that it would not pay for by itself: so planning matters in this seat, too.

    ## Scenario

    One of 25 tours with real towns and made-up hotels, and one of eight names, all equally likely. In each round the
    office deals a hotel by chance, whatever has been: good ones with the `chance` 1/3. With `reviews` the expert has
    three reviews of each hotel and passes one on; a hotel is good if the mean of all its reviews is 8 or more:

    | hotel | how often | mean | high | middle | low |
    |---|---:|---:|---:|---:|---:|
    | good | 25% | 8.8 | 9.6 | 8.3 | 7.1 |
    | fair | 45% | 7.6 | 9.6 | 7.9 | 5.8 |
    | poor | 30% | 6.6 | 8.4 | 6.7 | 4.2 |

    The traveller's hidden type is drawn independently of the scenario: the least score for which it goes, and how many
    true words in a row it wants to hear before it goes, at first and after a lie. A recommendation counts as a score of
    10, a warning as 0. What is said of a hotel is true if score and mean are both 8 or more, or both less.

    | least score | wanted at first | wanted after a lie | weight | weight with reviews |
    |---:|---:|---:|---:|---:|
    | 7 | 0 | 0 | - | 1 |
    | 8 | 0 | 0 | 1 | - |
    | 9 | 0 | 1 | - | 1 |
    | 8 | 0 | 3 | 4 | 3 |
    | 8 | 0 | for ever | 2 | 2 |
    | 8 | 2 | 0 | 2 | 2 |
    | 8 | 3 | 0 | 1 | - |
    | 9 | 3 | 0 | - | 1 |
    | 8 | 3 | 1 | 4 | 4 |
    | 8 | 3 | 3 | 3 | 3 |
    | 8 | 3 | for ever | 2 | 3 |

    A traveller goes if it wants no more true words and the score is enough for it. Where nothing is said, it stays
    away, and its trust stays as it is. It does not matter for its trust whether it went: what guests write about the
    last hotel is known to all.

    In `PersuadeBuyer-v0` there are 8 hotels, of which half are good. Good hotels are always recommended; of the poor
    ones each kind of expert recommends its share, see the table below. The kind is drawn independently of the scenario.

    ## Acts

    An utterance is free text with at most one tag: `[recommend]` and `[warn]`, or with `reviews` `[show REVIEW]`, where
    `REVIEW` is `high`, `middle` or `low`. Without a tag it is talk, and nothing is said of the hotel. The traveller
    says hello first. The office is a tool: its line follows the traveller's words, and only the expert sees it.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `The Anchor is lovely, book it` recommends, `I would not go there` warns, `One guest gave it
    9.6` or the words of a review show that review. What is said of the last hotel, or asked, is talk. To recommend and
    to warn in one utterance is ambiguous: the turn is lost. A lost turn counts as talk.

    The traveller, where it learns, asks first, in any words; then it says `[book]` or `[pass]` to each hotel. Plain
    words work as well: `I'll take a room there` books, `I would rather look elsewhere` passes. Who agrees, as
    with `Okay` or `I take your advice`, books what was recommended, and passes where it was warned. Who only talks
    passes, and is told so with the next hotel.
    The night is a tool: its line says how a hotel was that the traveller has slept in.

    ## Observation

    Text. The first observation is the brief (the tour, the rounds, the chances, tags), the traveller's hello and the
    office's line about the first hotel; after that, each answer, and the office's next line. The traveller's words
    depend on its act, on whether the last word was true, the public facts and a persona, never on its type or on how
    good the hotel at hand is.

    Where expert and traveller both learn (`dialogym.aec("Persuade-v0")`), the office's lines still reach the expert
    alone, and after each round a line of the night tells both how the hotel was.

    ## Rewards

    `goal`, at the end: of the expert, the share of all rounds in which the traveller went; of the traveller, the sum
    over its nights in hotels, 1 for a good and minus `loss` for another one, divided by the rounds.

    ## Episode end

    Terminated after the last round. Truncated by the third lost turn in a row, which pays what was sold until then, or
    by a failure of the simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden type
    (Kaelbling et al. 1998); the hotels to come are summed over. What was sold is left out of the states, since payoffs
    add up. All scenarios share one solution. Against a traveller who never forgives it follows V(t) = p (1 + V(t-1)) +
    (1 - p) max(V(t-1), 1) with t rounds left and the chance p of a good hotel. The traveller's optimum sums over the
    hidden kind of the expert and how the hotel at hand is. Against one who is known to lie until it is found out, it
    follows W(t) = max(0, p (1 + W(t-1)) + (1 - p) (p (t-1) - L)) with the loss L of a poor hotel.

    ## Registered configurations

    | id | rounds | reviews |
    |---|---:|---|
    | `Persuade-v0` | 10 | no |
    | `PersuadeReviews-v0` | 8 | yes |

    ## Metrics

    `info["outcome"]`, at the end: `sales` (share of rounds sold, the expert's gain), `right` (share of rounds in which
    the traveller went to a good hotel or stayed away from another one), `surplus` (the traveller's gain a round: 1 for
    a good hotel that it went to, minus `loss` for another), `efficiency` (share of the good hotels that it went to;
    `None` without any), `fairness` (share of the others that it did not go to), `honesty` (share of what was said that
    was true; `None` if nothing was), `of_commitment` (`sales` over what an expert could sell that binds itself in
    advance to a rule that the traveller knows), `ending` (`over` or `truncated`), `malformed` (ambiguous turns
    included), `illegal`. They are the same in both seats. `info["hidden"]` then holds `least`, `start`, `again` and
    `wants` (how many true words were still wanting) of a traveller, where 99 stands for ever, or `kind` and the last
    `hotel` of an expert.

    ## References

    - E. Shapira, O. Madmon, I. Reinman, S. J. Amouyal, R. Reichart and M. Tennenholtz (2024). GLEE: a unified framework
      and benchmark for language-based economic environments. arXiv:2410.05254.
    - E. Shapira, O. Madmon, R. Apel, M. Tennenholtz and R. Reichart (2025). Human choice prediction in language-based
      persuasion games: simulation-based off-policy evaluation. *TACL* 13, 980-1006.
    - E. Shapira, O. Madmon, R. Reichart and M. Tennenholtz (2024). Can LLMs replace economic choice prediction labs?
      The case of language-based persuasion games. arXiv:2401.17435.
    - E. Kamenica and M. Gentzkow (2011). Bayesian persuasion. *American Economic Review* 101, 2590-2615.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        role: The learner's seat, `expert` or `traveller`.
        rounds: Hotels. 4 to 12.
        chance: How often a hotel is good, where there are no reviews; above 0, below 1.
        reviews: Whether the expert passes one of three reviews on, instead of recommending or warning.
        loss: What a poor hotel costs the traveller, where a good one is worth 1; above 0.
    """

    role: str = "expert"
    rounds: int = 10
    chance: float = 1 / 3
    reviews: bool = False
    loss: float = 1.0

    acts: ClassVar = (Recommend, Warn, Show, Book, Pass)
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar = {"office": printed, "night": found}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "sales": "share of rounds in which the traveller went",
        "right": "share of rounds in which the traveller decided rightly",
        "surplus": "the traveller's gain a round",
        "efficiency": "share of the good hotels that the traveller went to",
        "fairness": "share of the other hotels that the traveller did not go to",
        "honesty": "share of what was said of hotels that was true",
        "of_commitment": "sales over what a known rule could sell",
    }

    def __post_init__(self) -> None:
        whole(self, 4, MOST, "rounds")
        above(self, 0.0, "chance", below=1.0)
        above(self, 0.0, "loss")
        one_of(self, ROLES, "role")
        if self.reviews and self.role != "expert":
            raise ValueError("reviews must be False where the traveller learns: its experts only recommend or warn")

    @cached_property
    def grammar(self) -> Grammar:
        """Reads and prints what the learner's seat can say; an expert's with, or without, reviews."""
        if self.role == "traveller":
            return BOOKING_GRAMMAR
        return REVIEW_GRAMMAR if self.reviews else PLAIN_GRAMMAR

    def scenarios(self) -> Sequence[Trip]:
        """Every tour with every name, all equally likely."""
        return [Trip(tour, name, self.reviews) for tour in TOURS for name in NAMES]

    @cached_property
    def baselines(self) -> ModuleType:
        """Those of the learner's seat; one set for both seats of `duel`."""
        return bookings if isinstance(self.setting(self._scenarios[0]).game, Nights) else policies

    def parts(self, scenario: Trip) -> tuple[Trips | Nights, Guest | Expert]:
        """Game and mind; they are the same for all."""
        if self.role == "traveller":
            nights = Nights(self.rounds, self.loss)
            return nights, Expert(nights, self.chance)
        game = self._trips
        return game, Guest(game, READERS if self.reviews else POPULATION)

    @cached_property
    def _trips(self) -> Trips:
        return Trips(self.rounds, STOCK if self.reviews else plain_stock(self.chance), self.reviews)

    def task(self, scenario: Trip) -> str:
        """The tour, what the office tells, what people are like, what counts."""
        name, good, tour = scenario.name, self._trips.chance, TOURS[scenario.tour].called
        if self.role == "traveller":
            return (
                f"You are {name} and travel along {tour}, a town a night, {self.rounds} nights. An expert speaks of "
                f"one hotel in each town, and you book it or pass; to ask or to talk is to pass, too. "
                f"{good:.0%} of all hotels are good. How a hotel is, you learn only if you sleep there. A good "
                f"one is worth 1 point, a poor one costs {self.loss:g}, and to pass is worth nothing; your score is "
                f"the sum, divided by {self.rounds}. Good hotels are always recommended. Experts differ, and which "
                f"kind yours is, you do not know: some are honest, some recommend everything, some a part of the poor "
                f"hotels; some lie only at the end, or once you have booked twice; and many lie until a guest has come "
                f"home from a poor hotel, and never again. Begin by asking about the first hotel, which costs nothing."
            )
        if self.reviews:
            says = (
                f"how good it is and which three reviews you have, and you show {name} one of them. A hotel is good if "
                f"the mean of all its reviews is {GOOD:g} or more ({good:.0%} are); to show a score of {GOOD:g} or "
                f"more says that it is. Some travellers want a higher score than others"
            )
        else:
            says = (
                f"whether it is good ({good:.0%} are) or poor, and you recommend it or warn of it; nobody goes after a "
                f"warning"
            )
        return (
            f"You are an expert for hotels. {name} travels along {tour}, a town a night, and "
            f"asks you about one hotel in each, {self.rounds} in all. Each time the office tells you alone {says}. "
            f"Afterwards {name} hears from other guests whether what you said was true. You score the share of the "
            f"{self.rounds} hotels that {name} goes to, good or not. Travellers differ, and which kind {name} is, you "
            f"do not know: some trust you at once, others want two or three true words in a row first, be they good or "
            f"bad; after a lie some forgive at once, some after one or three true words, and some never go again. If "
            f"you say nothing of a hotel, {name} does not go, and trusts you as before."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """What plain words can name: the hotel at hand, and its reviews; of a traveller whether it was warned."""
        state = dialogue.state
        if self.role == "traveller":
            return dialogue.scenario.tour, state.round, WARNED if state.praised is False else ""
        return dialogue.scenario.tour, state.round, state.hotel if self.reviews else ""

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        if self.role == "traveller":
            return self._of_nights(dialogue)
        game = dialogue.setting.game_as(Trips)
        rounds = list(advice(dialogue))
        good, rest = [one for one in rounds if one.good], [one for one in rounds if not one.good]
        told = [one.honest for one in rounds if one.honest is not None]
        sales = game.payoff(dialogue.state, self.role)
        return {
            "sales": sales,
            "right": _share([one.went == one.good for one in rounds]),
            "surplus": sum((1 if one.good else -self.loss) * one.went for one in rounds) / self.rounds,
            "efficiency": _share([one.went for one in good]),
            "fairness": _share([not one.went for one in rest]),
            "honesty": _share(told),
            "of_commitment": sales / commitment(game),
            "ending": "over" if dialogue.state.mover is None else "truncated",
        }

    def _of_nights(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a traveller."""
        state: Night = dialogue.state
        sales = (state.good + state.poor) / self.rounds
        rounds = list(heard(dialogue))
        good, rest = [one for one in rounds if one.good], [one for one in rounds if not one.good]
        return {
            "sales": sales,
            "right": _share([one.went == one.good for one in rounds]),
            "surplus": dialogue.setting.game.payoff(state, self.role),
            "efficiency": _share([one.went for one in good]),
            "fairness": _share([not one.went for one in rest]),
            "honesty": _share([bool(one.honest) for one in rounds]),
            "of_commitment": sales / commitment(self._trips),
            "ending": "over" if state.mover is None else "truncated",
        }

    @property
    def shared_grammar(self) -> Grammar:
        """Reads and prints what expert and traveller can say."""
        return SHARED_REVIEW_GRAMMAR if self.reviews else SHARED_GRAMMAR

    @property
    def duel(self) -> Callable[[Stream], Seats] | None:  # type: ignore[override]
        """Expert and traveller both learn, by the rules of the expert's variants; the mind can hold the traveller."""
        return self._duel if self.role == "expert" else None

    def _duel(self, stream: Stream) -> Seats:
        scenario = self.sample(stream)
        game = replace(self._trips, loss=self.loss)
        mind = Guest(game, READERS if self.reviews else POPULATION)
        return seats(game, scenario, self.task(scenario), mind, stream)

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How much was sold, or gained."""
        if self.role == "traveller":
            return f"gained {outcome['surplus']:.2f} a night"
        return f"sold {outcome['sales']:.0%} of the hotels"


def advice(dialogue: Dialogue) -> Iterator[Advice]:
    """Round by round: how the hotel was, whether what was said was so, whether the traveller went."""
    game = dialogue.setting.game_as(Trips)
    for step in dialogue.steps:
        for before, seat, act in step.exchange.replies:
            if seat == "traveller":
                after = game.apply(before, seat, act)
                yield Advice(game.hotel(before).good, after.honest, isinstance(act, Book))


def heard(dialogue: Dialogue) -> Iterator[Advice]:
    """As `advice`, of a dialogue in which the traveller learns; with what is hidden from it."""
    opening = dialogue.opening_exchange
    hidden = opening.hidden if opening else None
    for step in dialogue.steps:
        before: Night = step.before
        if before.round >= 0 and hidden is not None:
            good = hidden.hotel == "good"
            yield Advice(good, before.praised == good, isinstance(step.act, Book))
        hidden = step.exchange.hidden


def commitment(game: Trips) -> float:
    """What an expert sells a round that binds itself to a rule, to somebody who follows while half of it is true.

    All good hotels, and as many others as keep the share of good ones among those recommended at `FOLLOWS` (Kamenica
    and Gentzkow 2011).
    """
    return min(1.0, game.chance / FOLLOWS)


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None
