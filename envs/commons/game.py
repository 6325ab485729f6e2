"""A common pool that grows back: the rules of GovSim's scenarios (Piatti et al. 2024), in units of five tons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

NAMES = ("anna", "ben", "cleo", "dan")
"""The villagers, in the order in which they speak."""
SHARE = 2
"""Units of each seat a month that a full pool bears for ever."""
MOST = 2 * SHARE
"""Nobody can take more in a month."""


@dataclass(frozen=True, slots=True)
class Propose(Act):
    """At the council: that nobody takes more than so many units a month, until the next council."""

    cap: int


@dataclass(frozen=True, slots=True)
class Agree(Act):
    """Vote for the cap."""


@dataclass(frozen=True, slots=True)
class Refuse(Act):
    """Vote against the cap."""


@dataclass(frozen=True, slots=True)
class Take(Act):
    """How many units one wants this month; all say it at once."""

    units: int


@dataclass(frozen=True, slots=True)
class Count(Act):
    """The warden's: how the council or the month has gone."""


ACTS = (Propose, Take, Agree, Refuse)

CAPS = (SHARE - 1, SHARE, SHARE + 1)
_COUNT = Count()


@replaceable
class Pool(NamedTuple):
    """Public state.

    Attributes:
        phase: ``"opening"`` (the first villager greets), ``"council"`` (the chair speaks), ``"vote"``, ``"talk"`` (the
            first villager answers mere talk at the council), ``"closed"`` (the warden sums the council up),
            ``"harvest"`` or ``"harvested"`` (the warden counts).
        turn: Place of the mover among the seats.
        month: Months that are over.
        pool: Units there at the beginning of the month.
        over: Whether last month more was taken than the pool could bear.
        cap: Proposed now, or agreed; 0 for none.
        votes: For the cap, the chair's among them.
        agreed: Whether a cap holds.
        broken: Whether the chair has taken more than a cap that held.
        taken: Units taken in the month that has just ended, for the warden.
        wanted: By the seats that have said it; sealed.
        caught: Units of each seat so far.
    """

    phase: str
    turn: int = 0
    month: int = 0
    pool: int = 0
    over: bool = False
    cap: int = 0
    votes: int = 0
    agreed: bool = False
    broken: bool = False
    taken: int = 0
    wanted: tuple[int, ...] = ()
    caught: tuple[int, ...] = ()


@replaceable
class Month(NamedTuple):
    """One harvest: what was there, and what each seat wanted and got."""

    pool: int
    wanted: tuple[int, ...]
    got: tuple[int, ...]


@dataclass(frozen=True)
class CommonPool:
    """The rules.

    Args:
        villagers: People besides the chair; each adds four units to what the pool can hold.
        months: After so many it is over, or as soon as less than a unit is left.
        every: Months from one council to the next; 0 for none.
        most: Units that one seat can take in a month.
        aim: What is paid: ``"own"`` catch or that of the whole ``"group"``.
        greeting: Whether the first villager greets the chair.
    """

    villagers: int = 4
    months: int = 8
    every: int = 4
    most: int = MOST
    aim: str = "own"
    greeting: bool = True

    @property
    def seats(self) -> tuple[str, ...]:
        """The chair, the villagers, and the warden, who is a tool."""
        return self._seats

    @cached_property
    def _seats(self) -> tuple[str, ...]:
        return ("you", *NAMES[: self.villagers], "warden")

    @property
    def people(self) -> int:
        """How many share the pool."""
        return self.villagers + 1

    @property
    def capacity(self) -> int:
        """Units that the pool can hold."""
        return 2 * SHARE * self.people

    def start(self) -> Pool:
        """The pool is full."""
        return self._begun("opening" if self.greeting else self._phase(0), int(self.greeting))

    def mover(self, state: Pool) -> str | None:
        """Whose turn it is."""
        if state.phase in ("council", "harvest") and (state.month >= self.months or state.pool < 1):
            return None
        return self.seats[state.turn]

    def view(self, state: Pool, seat: str) -> Pool:
        """Nobody sees what others are about to take, or waits for others' votes; baskets do not matter to anybody."""
        if seat not in ("you", "warden"):
            return Pool(*state[:6], 0, *state[7:10])  # without votes, wanted and caught
        return state._replace(wanted=()) if state.wanted else state

    def pending(self, state: Pool) -> bool:
        """Whether somebody has said in secret what to take."""
        return bool(state.wanted)

    def movers(self, state: Pool) -> tuple[str, ...]:
        """At the harvest all who have not said what they take; else the mover."""
        seats = self.seats
        return seats[state.turn : self.people] if state.phase == "harvest" else (seats[state.turn],)

    def choices(self, state: Pool, seat: str) -> Iterator[Act]:
        """Every cap, vote or number of units, and to talk at the council. Talk at the harvest takes nothing."""
        if state.phase == "harvest":
            yield from map(Take, range(self.most + 1))
        elif state.phase == "vote":
            yield from (Agree(), Refuse())
        else:
            if state.phase == "council":
                yield from map(Propose, CAPS)
            yield Say()

    def apply(self, state: Pool, seat: str, act: Act) -> Pool:
        """The state after `act`.

        Raises:
            IllegalAct: If it is not the time for it, or there is no such cap or number of units.
        """
        if self.mover(state) != seat:
            raise IllegalAct("It is not your turn.")
        phase = state.phase
        if phase == "harvest":
            return self._harvest(state, act)
        if phase == "vote":
            return self._vote(state, act)
        if phase == "council":
            return self._council(state, act)
        if phase == "talk":
            return state._replace(phase="closed", turn=self.people)
        if phase == "closed":
            return state._replace(phase="harvest", turn=0, votes=0)
        return state._replace(phase=self._phase(state.month), turn=0, taken=0)

    def payoff(self, state: Pool, seat: str, hidden: Any = None) -> float:
        """What the seat has taken, as a share of what a full pool bears for ever; of ``"group"``, of all together."""
        if not state.caught:
            return 0.0
        if self.aim == "group":
            return sum(state.caught) / (self.months * SHARE * self.people)
        return state.caught[self.seats.index(seat)] / (self.months * SHARE)

    def expected_payoff(self, state: Pool, seat: str, factors: Sequence[Any]) -> float:
        """As `payoff`: it depends on nothing hidden."""
        return self.payoff(state, seat)

    def unbank(self, state: Pool, seat: str) -> tuple[float, Pool]:
        """What the seat has so far, and the same state with empty baskets."""
        return self.payoff(state, seat), state._replace(caught=())

    def symmetry(self, state: Pool, beliefs: tuple[Any, ...]) -> tuple[Pool, tuple[Any, ...], Callable[[Act], Act]]:
        """Where the chair moves, nothing tells the villagers apart but what is believed about them."""
        return state, (*sorted(beliefs[: self.villagers]), *beliefs[self.villagers :]), _same

    # ---- parts of the rules

    def _begun(self, phase: str, turn: int) -> Pool:
        return Pool(phase, turn, pool=self.capacity)

    def _phase(self, month: int) -> str:
        return "council" if self.every and month % self.every == 0 and month < self.months else "harvest"

    def _council(self, state: Pool, act: Act) -> Pool:
        if isinstance(act, Say):
            return state._replace(phase="talk", turn=1)
        if not isinstance(act, Propose):
            raise IllegalAct("It is the council: you can propose how much each may take a month, or leave it at that.")
        if act.cap not in CAPS:
            raise IllegalAct(f"Propose {CAPS[0]} to {CAPS[-1]} a month for each.")
        return state._replace(phase="vote", turn=1, cap=act.cap, votes=1, agreed=False)

    def _vote(self, state: Pool, act: Act) -> Pool:
        if not isinstance(act, (Agree, Refuse, Say)):
            raise IllegalAct("We are voting: you can agree or refuse.")
        votes = state.votes + isinstance(act, Agree)
        if state.turn < self.villagers:
            return state._replace(turn=state.turn + 1, votes=votes)
        agreed = 2 * votes > self.people
        cap = state.cap if agreed else 0
        return state._replace(phase="closed", turn=self.people, votes=votes, agreed=agreed, cap=cap)

    def _harvest(self, state: Pool, act: Act) -> Pool:
        units = 0
        if isinstance(act, Take):
            if not 0 <= act.units <= self.most:
                raise IllegalAct(f"Each of us can take 0 to {self.most} a month.")
            units = act.units
        elif not isinstance(act, Say):
            raise IllegalAct("It is the harvest: say how much you take.")
        wanted = (*state.wanted, units)
        if len(wanted) < self.people:
            return state._replace(turn=state.turn + 1, wanted=wanted)
        got = shared(state.pool, wanted)
        left = max(0, state.pool - sum(wanted))
        caught = tuple(a + b for a, b in zip(state.caught, got, strict=True)) if state.caught else got
        return Pool(
            "harvested", self.people, state.month + 1, min(self.capacity, 2 * left), sum(wanted) > bears(state.pool),
            state.cap, 0, state.agreed, state.broken or (state.agreed and wanted[0] > state.cap), sum(got), (), caught,
        )  # fmt: skip


def shared(pool: int, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """What each gets: what it wants, or if that is more than there is, its part of it, rounded down."""
    total = sum(wanted)
    return wanted if total <= pool else tuple(units * pool // total for units in wanted)


def bears(pool: int) -> int:
    """The most that all together can take without leaving less to the next month than there is now."""
    return pool // 2


def fair(pool: int, people: int) -> int:
    """A seat's share of what the pool bears: GovSim's sustainability threshold."""
    return bears(pool) // people


def _same(act: Act) -> Act:
    return act


def survey(game: CommonPool, months: Sequence[Month]) -> dict[str, float]:
    """GovSim's metrics of a run, by their names there (Piatti et al. 2024, section 3).

    Survival rate and time, efficiency, equality (1 less the Gini coefficient of the gains) and over-usage, the share of
    the takes that exceed the seat's share of what the pool bears.
    """
    gains = [sum(month.got[seat] for month in months) for seat in range(game.people)]
    total, best = sum(gains), game.months * bears(game.capacity)
    apart = sum(abs(one - other) for one in gains for other in gains)
    takes = [units > fair(month.pool, game.people) for month in months for units in month.wanted]
    return {
        "survived": float(len(months) == game.months and sum(months[-1].wanted) < months[-1].pool),
        "survival_time": float(len(months)),
        "efficiency": 1.0 - max(0, best - total) / best,
        "equality": 1.0 - apart / (2 * game.people * total) if total else 1.0,
        "over_usage": sum(takes) / len(takes) if takes else 0.0,
    }
