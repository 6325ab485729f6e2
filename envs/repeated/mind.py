"""With whom one plays: people who follow a rule, which nobody is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import HANDS, Match, MatrixGame, Play, Promise

RULES: dict[str, str] = {
    "cooperator": "always the first option",
    "defector": "always the second option",
    "tit-for-tat": "what you did in the last round; the first option at first",
    "suspicious": "what you did in the last round; the second option at first",
    "two-tats": "the second option after two of yours in a row, else the first",
    "grim": "the first option until you have chosen the second once, then the second for good",
    "pavlov": "the first option if you both did the same in the last round, else the second; the first at first",
    "alternator": "the first option in every other round, beginning with the second",
    "late": "tit-for-tat, but the second option in the last two rounds",
    "keeper": "the first option if you promised it and never broke a promise, else the second; promises what you do",
    "con": "promises the first option, and chooses the second",
    "stubborn": "always its own favourite",
    "yielding": "its own favourite in the first two rounds, then yours",
    "copycat": "what you did in the last round; its own favourite at first",
    "averager": "your favourite once you have chosen it twice more often than its own, counting to three, else its own",
    "listener": "what you have promised, if you never broke a promise; else its own favourite. Says so",
    "stayer": "the same again after the same of both, else the other option; its own favourite at first",
}
"""Kind -> what it does. In the battle, the first option is the learner's favourite, and the second its own."""

HABITS: dict[str, str] = {
    "stay-or-shift": "the same again after a win, else the next one",
    "upward": "the next one",
    "downward": "the one before",
    "copycat": "what you took in the last round",
    "avenger": "what would have beaten you in the last round",
    "favourite": "the first one",
    "restless": "never the same again",
}
"""Kind -> what it does in `HANDS`, where it thinks that it chooses at random. The next option beats the one before."""
SURE = 0.9
"""How often they do so, all but the last two. Else they take the same as before or, where that is what they mean, the
next one."""
FAVOURS = 0.6
"""How often a favourite is taken; the others share the rest. Who is restless takes each of the others alike."""
LEAD = 0.5
"""How often the first option is the first choice of all but those with a favourite; the others share the rest."""

POPULATIONS: dict[str, tuple[tuple[str, float], ...]] = {
    "dilemma": (
        ("cooperator", 1.5),
        ("defector", 1.5),
        ("tit-for-tat", 0.5),
        ("suspicious", 3.0),
        ("two-tats", 2.5),
        ("grim", 2.0),
        ("pavlov", 2.5),
        ("alternator", 1.5),
        ("late", 0.5),
        ("keeper", 2.0),
        ("con", 3.5),
    ),
    "battle": (
        ("stubborn", 1.5),
        ("yielding", 2.0),
        ("alternator", 2.5),
        ("copycat", 2.0),
        ("averager", 1.0),
        ("listener", 2.0),
        ("stayer", 1.5),
    ),
    "stag": (
        ("cooperator", 1.0),
        ("defector", 2.0),
        ("tit-for-tat", 2.0),
        ("suspicious", 2.0),
        ("grim", 1.0),
        ("pavlov", 1.5),
        ("alternator", 1.5),
        ("keeper", 2.5),
        ("con", 2.0),
    ),
    "chicken": (
        ("cooperator", 1.0),
        ("defector", 2.0),
        ("tit-for-tat", 1.5),
        ("suspicious", 1.5),
        ("grim", 1.5),
        ("pavlov", 1.5),
        ("alternator", 1.0),
        ("late", 1.0),
        ("keeper", 2.0),
        ("con", 1.5),
    ),
    HANDS: (
        ("stay-or-shift", 2.0),
        ("upward", 1.5),
        ("downward", 1.5),
        ("copycat", 1.5),
        ("avenger", 2.0),
        ("favourite", 1.5),
        ("restless", 2.0),
    ),
}
"""Game -> kind and weight of those who are met."""


class Partner(NamedTuple):
    """Hidden state of a person.

    Attributes:
        kind: One of `RULES` or, in `HANDS`, of `HABITS`.
        memory: What it has counted: of two-tats, your second options in a row; of grim, 1 after the first; of the
            averager, by how much your favourite is ahead, from -3 to 3.
    """

    kind: str
    memory: int = 0


@dataclass(frozen=True)
class Strategist:
    """A person's mind: a rule for each kind, which looks at the last round, at what was promised and at a count.

    Only keepers, listeners and cons promise anything: the first two what they will do, in answer to your promise and
    while you have broken none; cons the first option always. All others answer with talk.

    Args:
        game: The rules.
        population: Kind and weight of those who may be met.
    """

    game: MatrixGame
    population: tuple[tuple[str, float], ...]

    def prior(self) -> Belief[Partner]:
        """Everybody with their share of the population."""
        return Belief((Partner(kind), weight) for kind, weight in self.population)

    def react(self, hidden: Partner, state: Match) -> Belief[tuple[Partner, Act]]:
        """Greet, answer, or choose."""
        seen = self.game.view(state, "partner")
        options = self.game.options
        if seen.phase == "greet":
            return Belief.certain((hidden, Say()))
        if seen.phase == "answer":
            told = _answer(hidden.kind, seen)
            return Belief.certain((hidden, Say() if told is None else Promise(options[told])))
        if self.game.game == HANDS:
            shares = zip(options, habit(hidden.kind, seen.last), strict=True)
            return Belief(((hidden, Play(option)), share) for option, share in shares)
        option, memory = _option(hidden, seen, self.game.rounds)
        return Belief.certain((Partner(hidden.kind, memory), Play(options[option])))


def habit(kind: str, last: tuple[int, int] | None) -> tuple[float, float, float]:
    """How likely a person is to take each option of `HANDS`.

    Nobody is sure of itself. So all draw as many random numbers, and words cannot tell who is who.

    Args:
        kind: One of `HABITS`.
        last: What you and the person chose in the last round.
    """
    if kind == "favourite":
        return _leaning(0, FAVOURS)
    if last is None:
        return _leaning(0, LEAD)
    yours, own = last
    if kind == "restless":
        return _leaning(own, 0.0)
    won = (own - yours) % 3 == 1
    meant = {"copycat": yours, "avenger": yours + 1, "downward": own + 2, "stay-or-shift": own if won else own + 1}
    place = meant.get(kind, own + 1) % 3
    slip = (own + 1) % 3 if place == own else own
    first, second, third = (SURE * (one == place) + (1.0 - SURE) * (one == slip) for one in range(3))
    return first, second, third


def _leaning(place: int, share: float) -> tuple[float, float, float]:
    rest = (1.0 - share) / 2
    first, second, third = (share if one == place else rest for one in range(3))
    return first, second, third


def _answer(kind: str, state: Match) -> int | None:
    """The option that is promised, or ``None``."""
    if kind == "con":
        return 0
    return state.mine if kind in ("keeper", "listener") and not state.broken else None


def _option(hidden: Partner, state: Match, rounds: int) -> tuple[int, int]:
    """The option that is meant, and what is remembered then."""
    kind, memory = hidden
    yours, own = state.last or (None, None)
    if kind in ("cooperator", "defector", "con", "stubborn"):
        return int(kind != "cooperator"), 0
    if kind == "alternator":
        return 1 - state.round % 2, 0
    if kind == "yielding":
        return int(state.round < 2), 0
    if kind == "two-tats":
        memory = min(2, memory + 1) if yours == 1 else 0
        return int(memory == 2), memory
    if kind == "grim":
        memory = int(memory or yours == 1)
        return memory, memory
    if kind == "averager":
        memory = max(-3, min(3, memory + (0 if yours is None else 1 - 2 * yours)))
        return int(memory < 2), memory
    if kind in ("keeper", "listener"):
        kept = state.mine is not None and not state.broken
        return (state.mine or 0) if kept else 1, 0
    if kind == "late" and state.round >= rounds - 2:
        return 1, 0
    if kind in ("pavlov", "stayer"):
        if own is None or yours is None:
            return int(kind == "stayer"), 0
        return (int(yours != own) if kind == "pavlov" else own if yours == own else 1 - own), 0
    if yours is None:  # who copies
        return int(kind in ("suspicious", "copycat")), 0
    return yours, 0
