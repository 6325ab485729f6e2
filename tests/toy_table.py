"""A small family with two simulated people and sealed moves, registered for tests: three friends share a plate of food.

It keeps all that `dialogym check` asks of an environment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple

import dialogym
from dialogym.core.acts import Act, IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.duel import Seats
from dialogym.core.people import People
from dialogym.envs.base import Family
from dialogym.simulated_users.phrase_bank import PhraseVoice

TABLE = "ToyTable-v0"
FRIENDS = ("anna", "ben")
PLATE, MOST, ASKING = 8, 3, 0.05
DISHES = ("dumplings", "samosas", "tacos", "pancakes", "pies", "rolls")
FILLINGS = ("potato", "lentil", "cheese", "spinach")


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask a friend how hungry it is."""

    to: Literal["anna", "ben"]


@dataclass(frozen=True, slots=True)
class Take(Act):
    """How much is taken; all say it at once."""

    pieces: int


@dataclass(frozen=True, slots=True)
class Tell(Act):
    hunger: Literal["little", "much"]


class Plate(NamedTuple):
    round: int = 0
    mover: str | None = "you"
    food: int = PLATE
    last: int = 1  # what the learner took last
    asked: tuple[str, ...] = ()
    answering: bool = False  # who was asked is to answer
    wanted: tuple[int, ...] = ()  # sealed
    got: tuple[float, ...] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Rules:
    rounds: int = 4
    seats: ClassVar = ("you", *FRIENDS)

    def start(self):
        return Plate()

    def mover(self, state):
        return state.mover

    def view(self, state, seat):
        return state._replace(wanted=())

    def pending(self, state):
        return bool(state.wanted)

    def movers(self, state):
        return (state.mover,) if state.answering else self.seats[len(state.wanted) :]

    def choices(self, state, seat):
        if seat == "you" and not state.wanted:
            yield from (Ask(name) for name in FRIENDS if name not in state.asked)
        yield from (Take(pieces) for pieces in range(MOST + 1))

    def apply(self, state, seat, act):
        place = self.seats.index(seat)
        if state.mover != seat:
            raise IllegalAct("It is not your turn.")
        if state.answering:
            return state._replace(mover="you", answering=False)
        if isinstance(act, Ask) and seat == "you":
            if act.to in state.asked:
                raise IllegalAct(f"{act.to.capitalize()} has told you.")
            got = (state.got[0] - ASKING, *state.got[1:])
            asked = tuple(sorted((*state.asked, act.to)))
            return state._replace(mover=act.to, asked=asked, answering=True, got=got)
        if isinstance(act, Say):
            act = Take(0)
        if not isinstance(act, Take):
            raise IllegalAct("Say how much you take.")
        if not 0 <= act.pieces <= MOST:
            raise IllegalAct(f"Take 0 to {MOST} pieces.")
        wanted = (*state.wanted, act.pieces)
        if len(wanted) < len(self.seats):
            return state._replace(mover=self.seats[place + 1], wanted=wanted)
        total = sum(wanted)
        had = wanted if total <= state.food else tuple(one * state.food / total for one in wanted)
        left = max(0, state.food - total)
        over = state.round + 1 >= self.rounds or not left
        return Plate(
            state.round + 1, None if over else "you", min(PLATE, 2 * left), wanted[0], state.asked, False, (),
            tuple(a + b / PLATE for a, b in zip(state.got, had, strict=True)),
        )  # fmt: skip

    def payoff(self, state, seat, hidden=None):
        return state.got[self.seats.index(seat)]

    def expected_payoff(self, state, seat, factors):
        return self.payoff(state, seat)

    def unbank(self, state, seat):
        return self.payoff(state, seat), state._replace(got=(0.0, 0.0, 0.0))

    def symmetry(self, state, beliefs):
        order = sorted(range(2), key=lambda k: (FRIENDS[k] not in state.asked, repr(beliefs[k])))
        if order == [0, 1]:
            return state, beliefs, lambda act: act
        names = dict(zip(FRIENDS, reversed(FRIENDS), strict=True))
        renamed = state._replace(asked=tuple(sorted(names[name] for name in state.asked)))
        back = lambda act: replace(act, to=names[act.to]) if isinstance(act, Ask) else act  # noqa: E731
        return renamed, (beliefs[1], beliefs[0]), back


@dataclass(frozen=True)
class Friend:
    """Takes one piece, three, or as many as the learner did last; one in ten times one less."""

    wavering: float = 0.1

    def prior(self):
        return Belief({"modest": 0.4, "hungry": 0.4, "copies": 0.2})

    def react(self, hidden, state):
        if state.answering:
            return Belief.certain((hidden, Tell("much" if hidden == "hungry" else "little")))
        pieces = {"modest": 1, "hungry": 3, "copies": state.last}[hidden]
        less = max(0, pieces - 1)
        return Belief([((hidden, Take(pieces)), 1.0 - self.wavering), ((hidden, Take(less)), self.wavering)])


BANK = {
    "plain": {
        "tell": ("I am {hunger} hungry.",),
        "take": ("I take {pieces}.", "{pieces} for me."),
        "unclear": ("Sorry?",),
        "illegal": ("That will not do.",),
    },
    "polite": {
        "tell": ("Thank you for asking; {hunger}.",),
        "take": ("{pieces}, please.", "May I have {pieces}?"),
        "unclear": ("I am sorry, I did not follow.",),
        "illegal": ("I am afraid not.",),
    },
}


def describe(cue):
    if isinstance(cue.act, Tell):
        return "tell", (cue.act.hunger, ""), ""
    return "take", ("", str(cue.act.pieces)), ""


@dataclass(frozen=True, slots=True)
class Scenario:
    dish: str

    @property
    def public(self):
        return self


@dataclass(frozen=True)
class Sharing(Family):
    """Three friends share a plate."""

    rounds: int = 4

    role: ClassVar = "you"
    acts: ClassVar = (Ask, Take)
    voice: ClassVar = PhraseVoice(BANK, ("hunger", "pieces"), describe)
    metrics_of: ClassVar = {"asked": "friends who were asked"}

    def scenarios(self):
        return [Scenario(f"{filling} {dish}") for dish in DISHES for filling in FILLINGS]

    def parts(self, scenario):
        rules = Rules(self.rounds)
        return rules, People(rules, {name: Friend() for name in FRIENDS})

    def task(self, scenario):
        return f"You share a plate of {scenario.dish} with Anna and Ben. What is left at the end of a round is doubled."

    def measure(self, dialogue):
        return {"asked": len(dialogue.state.asked)}

    def reveal(self, scenario, hidden):
        return {name: {"norm": norm} for name, norm in zip(FRIENDS, hidden, strict=True)}

    def duel(self, stream):
        scenario = self.sample(stream)
        briefs = {seat: f"{seat.capitalize()}, share the {scenario.dish}." for seat in Rules.seats}
        scenarios = dict.fromkeys(Rules.seats, scenario)
        return Seats(Rules(self.rounds), briefs, scenarios, lambda state: None, minds={n: Friend() for n in FRIENDS})


def demonstrate(dialogue, stream):
    """Asks each friend, and takes a fair share."""
    asked: Any = dialogue.state.asked
    open_ones = [name for name in FRIENDS if name not in asked]
    return f"[ask {open_ones[0]}]" if open_ones and not dialogue.state.round else "[take 2]"


dialogym.register(TABLE, f"{__name__}:Sharing")
