"""A trivial family, registered for tests: a guest orders a drink, the host serves it.

A family at its smallest. It keeps the protocols, but not all that `dialogym check` asks of an environment: nothing is
hidden once the guest has spoken, so that what trainers learn here is known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import dialogym
from dialogym.core.acts import Act, IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.envs.base import Family

DRINKS = ("tea", "coffee", "water")
TOY = "ToyCafe-v0"


@dataclass(frozen=True, slots=True)
class Serve(Act):
    drink: Literal["tea", "coffee", "water"]


@dataclass(frozen=True, slots=True)
class Order(Act):
    drink: Literal["tea", "coffee", "water"]


class Table(NamedTuple):
    mover: str | None = "guest"
    turns: int = 0
    served: str = ""


@dataclass(frozen=True)
class CafeGame:
    seats = ("host", "guest")

    def start(self):
        return Table()

    def mover(self, state):
        return state.mover

    def apply(self, state, seat, act):
        if seat == "host" and isinstance(act, Serve):
            return Table(None, state.turns, act.drink)
        if isinstance(act, Say) or seat == "guest":
            turns = state.turns + (seat == "host")
            return Table(None if turns >= 3 else "guest" if seat == "host" else "host", turns)
        raise IllegalAct("A host can serve, or talk.")

    def choices(self, state, seat):
        yield from (Serve(drink) for drink in DRINKS)
        yield Say()

    def payoff(self, state, seat, hidden=None):
        return float(bool(state.served) and state.served == hidden)


@dataclass(frozen=True)
class Guest:
    def prior(self):
        return Belief.uniform(DRINKS)

    def react(self, hidden, state):
        return Belief.certain((hidden, Order(hidden)))


class GuestVoice:
    personas = ("plain", "polite")

    def say(self, cues, streams):
        return [f"{cue.reason} {cue.act.drink}{', please' if cue.persona == 'polite' else '!'}".strip() for cue in cues]


@dataclass(frozen=True, slots=True)
class Scenario:
    place: str

    @property
    def public(self):
        return self


@dataclass(frozen=True)
class Cafe(Family):
    """A guest orders a drink."""

    role: ClassVar = "host"
    acts: ClassVar = (Serve,)
    voice: ClassVar = GuestVoice()
    metrics_of: ClassVar = {"right": "share of guests who got what they ordered"}

    def scenarios(self):
        return (Scenario("the bar"), Scenario("the terrace"))

    def parts(self, scenario):
        return CafeGame(), Guest()

    def brief(self, scenario, grammar):  # `task` would do; the tests' tiny models want it short
        return f"You work at {scenario.place}. Serve with [serve DRINK]."

    def measure(self, dialogue):
        return {"right": bool(dialogue.steps) and dialogue.steps[-1].payoff > 0}

    def reveal(self, scenario, hidden):
        return {"drink": hidden}


def improvise(dialogue, stream):
    return f"[serve {DRINKS[stream.choose(3)]}]"


def demonstrate(dialogue, stream):
    """Right two times in three."""
    said = next(drink for drink in DRINKS if drink in dialogue.opening)
    return f"[serve {said if stream.random() < 0.67 else DRINKS[stream.choose(3)]}]"


HEURISTICS = {"always-tea": lambda dialogue, stream: "[serve tea]"}

dialogym.register(TOY, f"{__name__}:Cafe")
