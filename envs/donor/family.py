"""Donor: gifts among strangers who know of each other only what they last gave, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from ...core.checks import one_of, whole
from ...core.dialogue import Dialogue
from ...core.grammar import Grammar
from ...core.people import People
from ..base import Family
from .game import FACTOR, FINE, MOST, PUNISHED, DonorGame, Give, Punish, Street
from .mind import everybody
from .policies import received
from .villages import LONGEST, PLACES
from .voice import PATTERNS, VOICE, printed, understand


class Home(NamedTuple):
    """What everybody knows."""

    place: str
    rounds: int


@dataclass(frozen=True, slots=True)
class Stay:
    """One scenario: where one lives, and for how many rounds."""

    place: str
    rounds: int = 6

    @property
    def public(self) -> Home:
        """All of it."""
        return Home(self.place, self.rounds)


@dataclass(frozen=True)
class Donor(Family):
    """The donor game: strangers ask for help and are asked, and know of each other only what was given last.

    ## Description

    Somebody is at the door: the roof leaks, are there some tiles to spare? To give costs something, and helps more than
    it costs. Nobody meets twice, so that nobody can give back to whom it got from; but word gets round. Afterwards the
    learner itself is in need, and asks a neighbour who has heard what it gave last. If people help those who have
    helped, gifts pay (indirect reciprocity), and what exactly counts is a norm: to have given last, to have given
    always, to have refused nobody but the stingy. The learner has come to a place whose norms it does not know. It has
    to find out by giving, which costs, and by what neighbours give, who are not all alike; to keep up the record that
    counts there; and to stop where nothing comes back, though not too soon.

    ## Scenario

    One of 24 places with what people ask for there, all equally likely; they differ in names alone. In each round a
    visitor asks, who comes from elsewhere and when last asked gave nothing, with the chance 40%, or two units, whatever
    has been; then a neighbour is asked, never the same. The society is hidden, and drawn
    independently of the scenario. Each neighbour's norm is drawn from it:

    | society | weight | norms |
    |---|---:|---|
    | *image* | 2 | 80% image, 20% selfish |
    | *steady* | 2 | 70% steady, 30% kind |
    | *strict* | 2 | 80% strict, 20% selfish |
    | *standing* | 3 | 80% standing, 20% selfish |
    | *selfish* | 3 | 80% selfish, 20% image |
    | *kind* | 2 | 80% kind, 20% image |
    | *enforcing*, only with `punish` | 4 | 80% enforcer, 20% selfish |

    | norm | gives |
    |---|---|
    | *image* | what the learner gave last |
    | *standing* | the same; but if that was nothing, to a visitor who had given nothing, the gift before |
    | *steady* | the lesser of the learner's last two gifts |
    | *strict* | two if both of the last two gifts were two, else nothing |
    | *kind* | one |
    | *selfish* | nothing |
    | *enforcer* | two if the learner last gave two, or punished a visitor who had given nothing; else nothing |

    At first the learner is known to have given one unit to each of the last two who asked.

    ## Acts

    An utterance is free text with at most one tag: `[give UNITS]`, 0 to 2. A unit costs its giver 1 and is worth 2 to
    who gets it. To talk gives nothing. With `punish`, there is `[punish]`, too: it gives nothing, costs 1, and takes 2
    from the visitor, which the learner is not paid for.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `Here, take two sacks` gives two, `Sorry, I have none to spare` gives nothing. To be willing
    without saying how much (`Of course!`) gives one, and `take what you need` two. Two numbers are ambiguous: the
    turn is lost. What was given once, and questions, are talk. A lost turn counts as talk.

    ## Observation

    Text. The first observation is the brief, a visitor's request, and what gossip tells of it; after that, what the
    visitor says to the gift, what the neighbour gives, the next visitor's request, and gossip: the round, what that
    visitor gave when last asked, and what the learner is known for. Gossip is always right. People's words depend on
    their act, the round, the place, the learner's last gift and a persona of visitors and one of neighbours, never on
    the society or on a norm.

    ## Rewards

    `goal`, at the end: twice what was got, less what was given, divided by two for each round, so that 1 is what each
    has where everybody always gives two.

    ## Episode end

    Terminated after the last round. Truncated by the third lost turn in a row, which pays what was got so far, or by a
    failure of the simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the society
    (Kaelbling et al. 1998); visitors and neighbours to come are summed over. What was got so far is left out of the
    states, since payoffs add up. All places share one solution.

    ## Registered configurations

    | id | rounds |
    |---|---:|
    | `Donor-v0` | 6 |
    | `DonorLong-v0` | 7 |

    ## Metrics

    `info["outcome"]`, at the end: `resources` (the source's final resources, from 0: twice what was got, less what was
    given), `donation` (the source's donations: mean share of what could be given that was), `received` (the same of
    what neighbours gave), `cooperation` (share of visitors who got something), `discrimination` (mean share given to
    visitors who had given something, less that to those who had given nothing; 0 if only one kind came), `punished`
    (share of visitors who were punished), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then
    holds the neighbours' `society`.

    ## References

    - A. Vallinder and E. Hughes (2024). Cultural evolution of cooperation among LLM agents. arXiv:2412.10270.
    - M. A. Nowak and K. Sigmund (1998). Evolution of indirect reciprocity by image scoring. *Nature* 393, 573-577.
    - O. Leimar and P. Hammerstein (2001). Evolution of cooperation through indirect reciprocity. *Proceedings of the
      Royal Society B* 268, 745-753.
    - C. Wedekind and M. Milinski (2000). Cooperation through image scoring in humans. *Science* 288, 850-852.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        rounds: Visitors, and neighbours; 4 to 12.
        punish: Whether the learner can punish a visitor, and may have come to a place where that counts.
    """

    rounds: int = 6
    punish: bool = False

    role = "you"
    acts: ClassVar = (Give, Punish)
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar = {"gossip": printed}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "resources": "twice what was got, less what was given",
        "donation": "mean share of what could be given that was",
        "received": "mean share of what neighbours could give that they gave",
        "cooperation": "share of visitors who got something",
        "discrimination": "share given to who had given something, less that to who had given nothing",
        "punished": "share of visitors who were punished",
    }

    def __post_init__(self) -> None:
        whole(self, 4, LONGEST, "rounds")
        one_of(self, (False, True), "punish")

    @cached_property
    def grammar(self) -> Grammar:
        """Reads and prints what can be done."""
        return _PUNISHING if self.punish else _GIVING

    def scenarios(self) -> Sequence[Stay]:
        """Every place, all equally likely."""
        return [Stay(place, self.rounds) for place in PLACES]

    def parts(self, scenario: Stay) -> tuple[DonorGame, People]:
        """Game and people; they are the same in all places."""
        game = DonorGame(self.rounds, self.punish)
        return game, everybody(game)

    def task(self, scenario: Stay) -> str:
        """The place, the rules, what people may be like, what counts."""
        place = PLACES[scenario.place]
        harm = (
            f"; or you punish the visitor, which costs you {FINE} and takes {FACTOR} from it, and in some places "
            f"counts as a gift of two if it had given nothing"
            if self.punish
            else ""
        )
        return (
            f"You are new {place.about}. In each of {scenario.rounds} rounds a visitor whom you will not meet again "
            f"asks you for some {place.of}, and you give nothing, one or two {place.units}; then you are short of it "
            f"yourself and ask a neighbour, each time another one. Who only talks gives nothing, and who says yes but "
            f"not how much gives one. A gift costs you 1 for each {place.unit}; one that "
            f"you get is worth {FACTOR} to you{harm}. Gossip tells you what the visitor gave when last asked, and "
            f"tells neighbours your last two gifts; before you came you gave one each time. Places differ, and you do "
            f"not know what this one is like. In some, most neighbours give as much as you gave last; in some, the "
            f"lesser of your last two gifts; in some, two if you gave two twice in a row, and else nothing; in some, "
            f"as much as you gave last, but if you gave nothing to somebody who had given nothing, the gift before "
            f"counts; in others most give nothing, or one to everybody. You score what you get, less what you give: 1 "
            f"is what each has where all always give two."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """Whether people can be punished."""
        return self.punish

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        given = list(gifts(dialogue))
        units = [max(0, amount) for _, amount in given]
        helped, refused = ([max(0, amount) for last, amount in given if (last > 0) == kind] for kind in (True, False))
        apart = _mean(helped) - _mean(refused) if helped and refused else 0.0
        return {
            "resources": float(dialogue.state.points),
            "donation": _mean(units) / MOST,
            "received": _mean(received(dialogue)) / MOST,
            "cooperation": _mean([amount > 0 for amount in units]),
            "discrimination": apart / MOST,
            "punished": _mean([amount == PUNISHED for _, amount in given]),
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was left."""
        return f"came out at {outcome['resources']:.0f} points"

    def reveal(self, scenario: Stay, hidden: Any) -> dict[str, Any]:
        """The society of the neighbours; visitors hide nothing."""
        return {"neighbour": {"society": hidden[0]}, "visitor": {}}

    def shown(self, state: Street) -> Iterable[Any]:
        """What gossip tells."""
        return (state.asked, *state.record, state.round + 1)


def gifts(dialogue: Dialogue) -> Iterable[tuple[int, int]]:
    """For each visitor what it had given last, and what it got; `PUNISHED` where it was punished."""
    for step in dialogue.steps:
        for before, seat, _ in step.exchange.replies:
            if seat == "visitor" and before.phase == "thank":
                yield step.before.asked, before.record[1]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


_GIVING, _PUNISHING = Grammar((Give,), understand), Grammar((Give, Punish), understand)
