"""Persuasion: a volunteer of a charity asks a stranger for a small donation. Acts, public state, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("persuader", "persuadee")
Kind = Literal["reason", "feeling", "trust"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The three appeals of rhetoric: logical, emotional, credibility appeal."""
MOVERS: tuple[Kind, ...] = KINDS[:2]
"""What moves people to give. Trust moves nobody; the lack of it stops people."""
AMOUNTS = (50, 100)
"""What can be asked for, in cents."""
FACTS = 2
"""Facts of each kind that the charity has to tell."""


@dataclass(frozen=True, slots=True)
class Appeal(Act):
    """Tell a fact of the charity of that kind."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Inquire(Act):
    """Ask a personal question: what would you need, to give?"""


@dataclass(frozen=True, slots=True)
class Propose(Act):
    """Ask for a donation of so many cents."""

    cents: int


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """Let it be."""


@dataclass(frozen=True, slots=True)
class React(Act):
    """What the persuadee shows or says.

    ``nod`` or ``shrug`` at a fact, a kind to a personal question; ``yes``, ``enough`` (yes, and no more than that) or
    ``no`` to a proposal.
    """

    word: Literal["nod", "shrug", "reason", "feeling", "trust", "yes", "enough", "no"]


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The persuadee has no more time."""


ACTS = (Appeal, Inquire, Propose, Stop)
"""What a persuader can do, apart from talking."""

_INQUIRE, _STOP, _SAY = Inquire(), Stop(), Say()
_APPEALS = tuple(Appeal(kind) for kind in KINDS)
_PROPOSALS = tuple(Propose(cents) for cents in AMOUNTS)


@replaceable
class Plea(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the persuader has used. Stopping uses none.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        told: How many facts of each kind were told, in the order of `KINDS`.
        inquired: Whether the personal question was asked.
        topic: What the persuadee is to react to; ``None`` for talk.
        given: Cents promised so far.
        ending: ``""`` while it goes on, then ``"donated"`` (all that can be asked for), ``"enough"``, ``"refused"``,
            ``"stopped"`` or ``"limit"``.
    """

    turn: int
    mover: str | None
    told: tuple[int, ...] = (0,) * len(KINDS)
    inquired: bool = False
    topic: Act | None = None
    given: int = 0
    ending: str = ""


@dataclass(frozen=True)
class Campaign:
    """The rules.

    Args:
        turns: Turns of the persuader, after which the persuadee leaves.
        cost: What each of them costs, in dollars.
    """

    turns: int = 5
    cost: float = 0.02

    seats = SEATS

    def start(self) -> Plea:
        """The persuadee is about to say hello."""
        return Plea(0, "persuadee")

    def mover(self, state: Plea) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Plea, seat: str, act: Act) -> Plea:
        """The state after `act`.

        Raises:
            IllegalAct: If the fact, the question or the sum is not to be had now.
        """
        if seat == "persuadee":
            return self._answer(state, act)
        following = state._replace(turn=state.turn + 1, mover="persuadee", topic=act)
        match act:
            case Say():
                return following._replace(topic=None)
            case Stop():
                return state._replace(mover=None, ending="stopped")
            case Appeal(kind) if kind in KINDS:
                place = KINDS.index(kind)
                if state.told[place] == FACTS:
                    raise IllegalAct("You have told me both of these facts.")
                return following._replace(told=tuple(n + (i == place) for i, n in enumerate(state.told)))
            case Inquire():
                if state.inquired:
                    raise IllegalAct("You have asked me that before.")
                return following._replace(inquired=True)
            case Propose(cents):
                if cents not in AMOUNTS:
                    raise IllegalAct("You can ask for 50 cents or for a dollar, 50 or 100 cents.")
                if cents <= state.given:
                    raise IllegalAct("I have promised that much already.")
                return following
        raise IllegalAct("You can tell me a fact, ask what I would need, ask for a donation, stop, or talk.")

    def choices(self, state: Plea, seat: str) -> Iterator[Act]:
        """All that is possible now, talk included."""
        yield from self._possible(state)
        yield _SAY

    def candidates(self, state: Plea, support: Any = None) -> Iterator[Act]:
        """`choices` without talk, which only costs; and in the last turn nothing pays but to be promised more."""
        last = state.turn + 1 >= self.turns
        return (act for act in self._possible(state) if not (last and isinstance(act, (Appeal, Inquire))))

    def payoff(self, state: Plea, seat: str, hidden: Any = None) -> float:
        """The dollars promised, less what the turns cost."""
        return state.given / 100 - self.cost * state.turn

    def _possible(self, state: Plea) -> Iterator[Act]:
        yield _STOP
        yield from (proposal for proposal in _PROPOSALS if proposal.cents > state.given)
        yield from (appeal for appeal, told in zip(_APPEALS, state.told, strict=True) if told < FACTS)
        if not state.inquired:
            yield _INQUIRE

    def _answer(self, state: Plea, act: Act) -> Plea:
        topic, word = state.topic, act.word if isinstance(act, React) else ""
        state = state._replace(mover="persuader", topic=None)
        if isinstance(topic, Propose) and word in ("yes", "enough"):
            state = state._replace(given=topic.cents)
            if word == "enough" or topic.cents == AMOUNTS[-1]:
                return state._replace(mover=None, ending="enough" if word == "enough" else "donated")
        elif isinstance(topic, Propose) and word == "no":
            return state._replace(mover=None, ending="refused")
        return state._replace(mover=None, ending="limit") if state.turn >= self.turns else state
