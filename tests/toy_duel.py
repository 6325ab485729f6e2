"""A trivial family with two seats that can learn, registered for tests: a seller names a price of 1, 2 or 3, a buyer takes it or leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import dialogym
from dialogym.core.acts import Act, IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.duel import Remembered, Seats, SmallDuel, seat_dialogue
from dialogym.core.setting import Setting
from dialogym.envs.base import Family

ULTIMATUM = "ToyUltimatum-v0"
SEATS = ("seller", "buyer")


@dataclass(frozen=True, slots=True)
class Ask(Act):
    price: int


@dataclass(frozen=True, slots=True)
class Take(Act):
    pass


@dataclass(frozen=True, slots=True)
class Leave(Act):
    pass


class Deal(NamedTuple):
    mover: str | None = "seller"
    price: int = 0
    taken: bool = False


class UltimatumGame:
    seats = SEATS

    def start(self):
        return Deal()

    def mover(self, state):
        return state.mover

    def apply(self, state, seat, act):
        if isinstance(act, Say):
            return Deal(None if seat == "buyer" or state.price == -1 else "seller", -1)
        if seat == "seller" and isinstance(act, Ask) and act.price in (1, 2, 3):
            return Deal("buyer", act.price)
        if seat == "buyer" and isinstance(act, (Take, Leave)):
            return Deal(None, state.price, isinstance(act, Take))
        raise IllegalAct("A seller can ask for 1, 2 or 3; a buyer can take or leave.")

    def choices(self, state, seat):
        yield from (Ask(1), Ask(2), Ask(3)) if seat == "seller" else (Take(), Leave())

    def payoff(self, state, seat, hidden=None):
        return state.taken * (state.price if seat == "seller" else 4 - state.price) / 4


class Buyer:
    """Takes what is cheap enough for it."""

    def prior(self):
        return Belief.uniform((1, 2, 3))

    def react(self, hidden, state):
        return Belief.certain((hidden, Take() if 0 < state.price <= hidden else Leave()))


class Seller:
    """Has a price and asks for it."""

    def prior(self):
        return Belief.uniform((1, 2, 3))

    def react(self, hidden, state):
        return Belief.certain((hidden, Ask(hidden)))


class PlainVoice:
    personas = ("plain",)

    def say(self, cues, streams):
        return [f"{cue.reason} {Ultimatum().grammar.print(cue.act)}".strip() for cue in cues]


class Public(NamedTuple):
    thing: str


@dataclass(frozen=True, slots=True)
class Scenario:
    thing: str

    @property
    def public(self):
        return Public(self.thing)


SETTINGS = {"seller": Setting(UltimatumGame(), Buyer(), "seller"), "buyer": Setting(UltimatumGame(), Seller(), "buyer")}
BRIEFS = {"seller": "You sell a {}. Say [ask PRICE].", "buyer": "You buy a {}. Say [take] or [leave]."}


@dataclass(frozen=True)
class Ultimatum(Family):
    """A seller and a buyer."""

    role: str = "seller"
    acts: ClassVar = (Ask, Take, Leave)
    voice: ClassVar = PlainVoice()
    metrics_of: ClassVar = {"price": "what was asked"}

    def scenarios(self):
        return (Scenario("lamp"), Scenario("bike"))

    def setting(self, scenario):
        return SETTINGS[self.role]

    def brief(self, scenario, grammar):
        return BRIEFS[self.role].format(scenario.thing)

    def outcome(self, dialogue):
        return {"price": float(dialogue.steps[-1].after.price)}

    def reveal(self, scenario, hidden):
        return {"limit": hidden}

    def duel(self, stream):
        scenario = self.sample(stream)
        briefs = {seat: brief.format(scenario.thing) for seat, brief in BRIEFS.items()}
        return Seats(UltimatumGame(), briefs, dict.fromkeys(SEATS, scenario), lambda state: None)


def small_ultimatum() -> SmallDuel:
    game = UltimatumGame()
    return SmallDuel(
        seats=SEATS,
        privates={seat: Belief.certain(None) for seat in SEATS},
        game=lambda seat, private: Remembered(game, lambda state, mover: list(game.choices(state, mover))),
        dialogue=lambda seat, private: seat_dialogue(game, seat, Scenario("lamp"), BRIEFS[seat].format("lamp")),
        grammar=Ultimatum().grammar,
        context=lambda state: None,
    )


def improvise(dialogue, stream):
    if dialogue.seat == "buyer":
        return "[take]" if stream.random() < 0.5 else "[leave]"
    return f"[ask {1 + stream.choose(3)}]"


demonstrate = improvise
HEURISTICS = {"greedy": lambda dialogue, stream: "[ask 3]"}

dialogym.register(ULTIMATUM, f"{__name__}:Ultimatum")
