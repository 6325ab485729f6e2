"""A hearing before three members: whom to convince first, and of what. After ReviewMT, AgentCourt and DEBATE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

Name = Literal["anna", "ben", "cleo"]
Point = Literal["need", "proof", "plan"]
MEMBERS: tuple[Name, ...] = ("anna", "ben", "cleo")
POINTS: tuple[Point, ...] = ("need", "proof", "plan")
START = 4
"""The mark that everybody begins with, of 1 to 10."""


@dataclass(frozen=True, slots=True)
class Argue(Act):
    """Argue one point to one member."""

    to: Name
    point: Point


@dataclass(frozen=True, slots=True)
class Probe(Act):
    """Ask a member what it cares about, once."""

    to: Name


@dataclass(frozen=True, slots=True)
class Rest(Act):
    """Rest the case: the members decide."""


@dataclass(frozen=True, slots=True)
class Move(Act):
    """How much a member's mark moves; 0 if it stays."""

    by: int


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """A member says which point it cares about."""

    point: Point


ACTS = (Argue, Probe, Rest)
_SAY = Say()


@replaceable
class Member(NamedTuple):
    """What is known of a member.

    Attributes:
        mark: Its mark now.
        heard: The points that were argued to it, in the order of `POINTS`; none any more once it was won over.
        told: The point that it has named; ``"nothing"`` if it resented the question, ``""`` if it was not asked.
        won: Whether it was won over.
    """

    mark: int = START
    heard: tuple[str, ...] = ()
    told: str = ""
    won: bool = False


@replaceable
class Table(NamedTuple):
    """Public state.

    Attributes:
        members: The members, in the order of `MEMBERS`.
        at: Place of the member who was spoken to last.
        asked: What was said to it: a point, ``"probe"`` or ``"talk"``; ``""`` in the turns of the learner.
        todo: Places of those who are to speak before the learner does.
        turns: Turns of the learner so far.
        spent: What turns have cost, and irritation.
        over: Whether the members have decided.
    """

    members: tuple[Member, ...]
    at: int = 0
    asked: str = ""
    todo: tuple[int, ...] = ()
    turns: int = 0
    spent: float = 0.0
    over: bool = False


@dataclass(frozen=True, slots=True)
class Hearing:
    """The rules.

    Args:
        turns: Turns of the learner.
        needed: The sum of marks at which the panel decides in its favour.
        argue: What it costs to argue a point.
        probe: What it costs to ask a member, and a turn of talk.
        civil: What it costs to irritate a member.
        decisive: Weight of the decision; the rest is for marks gained.
        scale: Marks gained that count as 1.
        names: The members.
    """

    turns: int = 5
    needed: int = 16
    argue: float = 0.03
    probe: float = 0.01
    civil: float = 0.05
    decisive: float = 0.6
    scale: int = 6
    names: tuple[Name, ...] = MEMBERS

    @property
    def seats(self) -> tuple[str, ...]:
        """The learner, who moves first, and the members."""
        return ("you", *self.names)

    def start(self) -> Table:
        """Nobody has heard anything."""
        return Table((Member(),) * len(self.names))

    def mover(self, state: Table) -> str | None:
        """The member who is to speak, or the learner."""
        return None if state.over else self.names[state.todo[0]] if state.todo else "you"

    def view(self, state: Table, seat: str) -> Table:
        """The learner sees everything; a member its own part, who was spoken to, and who was won over."""
        if seat == "you":
            return state
        own = self.names.index(seat)
        members = tuple(one if place == own else Member(won=one.won) for place, one in enumerate(state.members))
        asked, todo = (state.asked if state.at == own else ""), (own,) if own in state.todo else ()
        return Table(members, state.at, asked, todo)

    def choices(self, state: Table, seat: str) -> Iterator[Act]:
        """All but what can move nobody: talk, and points other than the one that a member has named, cost something."""
        yield Rest()
        for name, member in zip(self.names, state.members, strict=True):
            if member.won:
                continue
            if not member.told:
                yield Probe(name)
            for point in POINTS:
                if point not in member.heard and member.told in ("", "nothing", point):
                    yield Argue(name, point)

    def apply(self, state: Table, seat: str, act: Act) -> Table:
        """The state after `act`.

        Raises:
            IllegalAct: If a member is on one's side already, or was told or asked the same before.
        """
        if seat != self.mover(state):
            raise IllegalAct("It is not your turn.")
        return self._pleaded(state, act) if seat == "you" else self._answered(state, act)

    def payoff(self, state: Table, seat: str, hidden: Any = None) -> float:
        """The decision, marks gained, less costs."""
        total = sum(member.mark for member in state.members)
        gain = (total - START * len(state.members)) / self.scale
        return self.decisive * (total >= self.needed) + (1.0 - self.decisive) * gain - state.spent

    def expected_payoff(self, state: Table, seat: str, factors: Sequence[Iterable[tuple[Any, float]]]) -> float:
        """The payoff: it depends on nothing that is hidden."""
        return self.payoff(state, seat)

    def unbank(self, state: Table, seat: str) -> tuple[float, Table]:
        """Costs so far, and the state without them."""
        return -state.spent, state._replace(spent=0.0)

    def symmetry(self, state: Table, beliefs: tuple[Any, ...]) -> tuple[Table, tuple[Any, ...], Callable[[Act], Act]]:
        """The members are alike: they are sorted, each with what is believed of it. Who spoke last makes no matter."""
        order = sorted(range(len(beliefs)), key=lambda place: (state.members[place], beliefs[place]))

        def back(act: Act) -> Act:
            if isinstance(act, Argue):
                return Argue(self.names[order[self.names.index(act.to)]], act.point)
            return Probe(self.names[order[self.names.index(act.to)]]) if isinstance(act, Probe) else act

        members = tuple(state.members[place] for place in order)
        return state._replace(members=members, at=0), tuple(beliefs[place] for place in order), back

    def _pleaded(self, state: Table, act: Act) -> Table:
        """After an act of the learner."""
        turns = state.turns + 1
        if isinstance(act, Rest):
            return state._replace(turns=turns, over=True)
        if isinstance(act, Say):
            return state._replace(asked="talk", todo=(state.at,), turns=turns, spent=state.spent + self.probe)
        if not isinstance(act, (Argue, Probe)):
            raise IllegalAct("You can argue a point to one of us, ask one of us, rest your case, or talk.")
        at = self.names.index(act.to)
        member, name = state.members[at], act.to.capitalize()
        if member.won:
            raise IllegalAct(f"{name} is on your side already.")
        if isinstance(act, Probe):
            if member.told:
                raise IllegalAct(f"{name} was asked that before.")
            return state._replace(at=at, asked="probe", todo=(at,), turns=turns, spent=state.spent + self.probe)
        if act.point in member.heard:
            raise IllegalAct(f"{name} has heard that point.")
        return state._replace(at=at, asked=act.point, todo=(at,), turns=turns, spent=state.spent + self.argue)

    def _answered(self, state: Table, act: Act) -> Table:
        """After an act of a member. When the first is won over, all who have heard something think again."""
        place, *left = state.todo
        member, asked = state.members[place], state.asked if place == state.at else ""
        spent = state.spent
        if act == _SAY:
            pass
        elif isinstance(act, Tell) and asked == "probe":
            member = member._replace(told=act.point)
        elif not isinstance(act, Move) or asked == "talk" or (asked == "probe" and act.by >= 0):
            raise IllegalAct("Answer what you were asked.")
        elif act.by > 0:
            if not any(one.won for one in state.members):
                left = [other for other, one in enumerate(state.members) if other != place and one.heard]
            member = Member(member.mark + act.by, won=True)
        else:
            if asked == "probe":
                member = member._replace(told="nothing")
            elif asked:
                heard = (*member.heard, asked)
                member = member._replace(heard=tuple(point for point in POINTS if point in heard))
            member = member._replace(mark=member.mark + act.by)
            spent += self.civil * (act.by < 0)
        members = (*state.members[:place], member, *state.members[place + 1 :])
        over = not left and (state.turns >= self.turns or all(one.won for one in members))
        asked = state.asked if left else ""
        return Table(members, state.at, asked, tuple(left), state.turns, spent, over)
