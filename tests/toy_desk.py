"""A small family with a tool, registered for tests: a clerk looks for a guest's parcel in a store that only a desk knows.

It keeps all that `dialogym check` asks of an environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import dialogym
from dialogym.core.acts import Act, IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.grammar import Grammar
from dialogym.core.setting import Setting
from dialogym.envs.base import Family
from dialogym.simulated_users.cast import MET, OPEN, Goal
from dialogym.simulated_users.phrase_bank import PhraseVoice

DESK = "ToyDesk-v0"
NOISY = "ToyDeskNoisy-v0"
BOTH = "ToyDeskBoth-v0"
SHELVES = ("left", "middle", "right")


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask the guest how large it is; large ones lie in the middle."""


@dataclass(frozen=True, slots=True)
class Look(Act):
    shelf: Literal["left", "middle", "right"]


@dataclass(frozen=True, slots=True)
class Fetch(Act):
    shelf: Literal["left", "middle", "right"]


@dataclass(frozen=True, slots=True)
class Tell(Act):
    size: Literal["large", "small", "unsure"]


@dataclass(frozen=True, slots=True)
class Found(Act):
    what: Literal["parcel", "nothing"]


class Store(NamedTuple):
    turn: int = 0
    mover: str | None = "guest"
    asked: Act | None = None
    looked: tuple[str, ...] = ()
    fetched: str = ""


@dataclass(frozen=True)
class Rules:
    both: bool = False  # whether the guest says something after each look
    seats: ClassVar = ("clerk", "desk", "guest")

    def start(self):
        return Store()

    def mover(self, state):
        return state.mover

    def apply(self, state, seat, act):
        if seat == "desk":
            return state._replace(mover="guest", asked=None) if self.both else self._next(state)
        if seat == "guest":
            return self._next(state)
        state = state._replace(turn=state.turn + 1, mover="guest", asked=None)
        if isinstance(act, Fetch):
            return state._replace(mover=None, fetched=act.shelf)
        if isinstance(act, Look):
            if act.shelf in state.looked:
                raise IllegalAct("That shelf has been looked at.")
            return state._replace(mover="desk", asked=act, looked=(*state.looked, act.shelf))
        if isinstance(act, Say):
            return state
        if isinstance(act, Ask):
            return state._replace(asked=act)
        raise IllegalAct("A clerk can ask, look, fetch, or talk.")

    def _next(self, state):
        return state._replace(mover=None if state.turn >= 5 else "clerk", asked=None)

    def choices(self, state, seat):
        yield from (Fetch(shelf) for shelf in SHELVES)
        yield from (Look(shelf) for shelf in SHELVES if shelf not in state.looked)
        yield from (Ask(), Say())

    def payoff(self, state, seat, hidden=None):
        return float(state.fetched == hidden.shelf) - 0.05 * state.turn


class Parcel(NamedTuple):
    shelf: str
    knows: bool


@dataclass(frozen=True)
class Mind:
    right: float = 1.0  # how often the desk is right

    def prior(self):
        return Belief.uniform(Parcel(shelf, knows) for shelf in SHELVES for knows in (True, False))

    def react(self, hidden, state) -> Belief[tuple[Parcel, Act]]:
        if state.mover == "desk":
            there, not_there = ("parcel", "nothing") if state.asked.shelf == hidden.shelf else ("nothing", "parcel")
            return Belief({(hidden, Found(there)): self.right, (hidden, Found(not_there)): 1.0 - self.right})
        if not isinstance(state.asked, Ask):
            return Belief.certain((hidden, Say()))
        size = "large" if hidden.shelf == "middle" else "small"
        return Belief.certain((hidden, Tell(size if hidden.knows else "unsure")))


BANK = {
    "plain": {
        "opening": ("A parcel for {name}, please.", "I come for a parcel. The name is {name}.", "Parcel for {name}."),
        "tell": ("It is {size}, I think.",),
        "talk": ("So, is it here?", "Can you find it?"),
        "unclear": ("Sorry?",),
        "illegal": ("That will not do.",),
    },
    "polite": {
        "opening": ("Good day! Is there a parcel for {name}?", "Hello, I am {name}. Is there something for me?"),
        "tell": ("I would say {size}.",),
        "talk": ("Take your time.", "I can wait."),
        "unclear": ("I am sorry, I did not follow.",),
        "illegal": ("I am afraid not.",),
    },
}


def describe(cue):
    slot = "opening" if cue.opening else "tell" if isinstance(cue.act, Tell) else "talk"
    return slot, (cue.public.name, getattr(cue.act, "size", "")), ""


def printed(cue):
    return f"{cue.before.asked.shelf} shelf: {cue.act.what}"


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str

    @property
    def public(self):
        return self


class GuestCast:
    """A guest who says how large the parcel is, or anything else."""

    grammar = Grammar((Tell,))

    def facts(self, moment):
        return f"You come for a parcel. It is on the {moment.hidden.shelf} shelf."

    def goals(self, moment):
        return [Goal("Get the parcel.", MET if moment.state.fetched else OPEN)]

    def situation(self, moment):
        return "The clerk waits for your answer."

    def acts(self, moment):
        return [Say()] if not isinstance(moment.state.asked, Ask) else [Tell(s) for s in ("large", "small", "unsure")]

    def admissible(self, moment, act):
        return ""

    def bounds(self, setting: Setting, hidden: Any):
        return 0.0, 1.0


@dataclass(frozen=True)
class Parcels(Family):
    """A clerk looks for a parcel."""

    right: float = 1.0
    both: bool = False

    role: ClassVar = "clerk"
    acts: ClassVar = (Ask, Look, Fetch)
    voice: ClassVar = PhraseVoice(BANK, ("name", "size"), describe)
    tools: ClassVar = {"desk": printed}
    cast: ClassVar = GuestCast()
    metrics_of: ClassVar = {"right": "share of guests who got their parcel"}

    def scenarios(self):
        return [Scenario(name) for name in ("Ada", "Ben", "Cleo", "Dan", "Eve")]

    def parts(self, scenario):
        return Rules(self.both), Mind(self.right)

    def task(self, scenario):
        return "Find a guest's parcel on one of three shelves, and fetch it. What the desk says comes from the store."

    def measure(self, dialogue):
        return {"right": dialogue.state.fetched == dialogue.hidden.shelf}


def demonstrate(dialogue, stream):
    """Looks at one shelf after the other, and fetches what was found."""
    looked = dialogue.state.looked
    replies = [act for step in dialogue.steps for _, _, act in step.exchange.replies if isinstance(act, Found)]
    if replies and replies[-1].what == "parcel":
        return f"There it is. [fetch {looked[-1]}]"
    return f"[look {SHELVES[len(looked)]}]" if len(looked) < 2 else f"[fetch {SHELVES[2]}]"


for _id, _settings in ((DESK, {}), (NOISY, {"right": 0.8}), (BOTH, {"both": True})):
    dialogym.register(_id, f"{__name__}:Parcels", **_settings)
