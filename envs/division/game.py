"""Division: two people divide what lies between them, several issues at once. Acts, public state, rules."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple, cast

from ...core.acts import Act, IllegalAct, Say

YOU, PARTNER = "bargainer", "partner"
SEATS = (YOU, PARTNER)
OTHER = {YOU: PARTNER, PARTNER: YOU}
AIMS = ("own", "nash", "joint")
Package = tuple[int, ...]
"""What the seat the bargainer gets of each issue, in steps from 0 to the issue's count."""


@dataclass(frozen=True, slots=True)
class Offer(Act):
    """The speaker would get so many of each thing, the other side the rest."""

    books: int
    hats: int
    balls: int


@dataclass(frozen=True, slots=True)
class Supplies(Act):
    """The speaker would get so many packages of each kind, the other side the rest."""

    food: int
    water: int
    firewood: int

    @classmethod
    def tag(cls) -> str:
        """As any offer."""
        return "offer"


@dataclass(frozen=True, slots=True)
class Terms(Act):
    """A contract: salary a year in thousands, days of leave a year, days a week at home."""

    salary: int
    leave: int
    remote: int

    @classmethod
    def tag(cls) -> str:
        """As any offer."""
        return "offer"


@dataclass(frozen=True, slots=True)
class Accept(Act):
    """Take the other side's standing offer."""


@dataclass(frozen=True, slots=True)
class Walk(Act):
    """Leave without an agreement."""


class Kind(NamedTuple):
    """What is bargained over.

    Attributes:
        offer: The act that proposes a package.
        scale: Of terms that are the same for both, what the least is and a step of it, by issue; nothing for things
            that are shared out, of which an offer names what its speaker gets.
    """

    offer: type[Act]
    scale: tuple[tuple[int, int], ...] = ()

    @property
    def issues(self) -> tuple[str, ...]:
        """Their names, which are the fields of the offer."""
        return tuple(self.offer.__dataclass_fields__)

    def amount(self, issue: int, level: int, count: int, seat: str) -> int:
        """What an offer of `seat` says of an issue of which the bargainer would get `level` of `count` steps."""
        if self.scale:
            least, step = self.scale[issue]
            return least + step * level
        return level if seat == YOU else count - level


KINDS: Mapping[str, Kind] = {
    "things": Kind(Offer),
    "camp": Kind(Supplies),
    "job": Kind(Terms, ((40, 2), (20, 2), (0, 1))),
}


OUTSIDE: Mapping[str, int] = {"things": 0, "camp": 5, "job": 0}
"""Points of each side without an agreement."""
VALUES: Mapping[str, tuple[tuple[Package, Package], ...]] = {
    "things": (
        ((1, 2, 3), (1, 3, 1)),
        ((1, 2, 3), (4, 0, 2)),
        ((1, 2, 3), (5, 1, 1)),
        ((1, 2, 4), (4, 3, 0)),
        ((1, 2, 4), (6, 0, 1)),
    ),
    "camp": (((3, 3, 3), (5, 4, 3)),),
    "job": (((4, 4, 4), (6, 3, 1)),),
}
"""Kind -> how many units there are, and what each is worth to the learner; issues in any order."""


class Talks(NamedTuple):
    """Public state.

    Attributes:
        round: Of the learner; the partner's hello comes before the first.
        mover: Whose turn it is; ``None`` at the end.
        standing: What the mover may accept, as what the bargainer would get.
        given: The most units that an offer of the bargainer has left to the partner so far.
        conceded: Whether its last offer has raised that.
        deal: What was agreed.
        ending: ``deal``, ``walk`` or ``deadline``.
    """

    round: int = -1
    mover: str | None = PARTNER
    standing: Package | None = None
    given: int = 0
    conceded: bool = False
    deal: Package | None = None
    ending: str = ""


@dataclass(frozen=True)
class Division:
    """The rules.

    Args:
        kind: One of `KINDS`.
        counts: How many units there are of each issue.
        values: What a unit is worth to the bargainer.
        rounds: Turns of the bargainer.
        discount: What is left after each further round.
        aim: What is paid: the seat's own points (``own``), the root of the product of both sides' (``nash``) or their
            mean (``joint``), as a share of the most that one side can have.
        others: What a unit is worth to the partner, where that is no secret of a simulated person.
    """

    kind: str
    counts: Package
    values: Package
    rounds: int = 7
    discount: float = 0.95
    aim: str = "own"
    others: Package | None = None

    seats = SEATS

    @cached_property
    def total(self) -> int:
        """The most points that a side can have."""
        return sum(count * value for count, value in zip(self.counts, self.values, strict=True))

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """Every way to divide."""
        return tuple(product(*(range(count + 1) for count in self.counts)))

    @cached_property
    def offers(self) -> dict[str, dict[Package, Act]]:
        """Seat -> package -> the act by which the seat proposes it."""
        kind = KINDS[self.kind]

        def said(package: Package, seat: str) -> Act:
            levels = zip(package, self.counts, strict=True)
            return cast(Any, kind.offer)(
                *(kind.amount(i, level, count, seat) for i, (level, count) in enumerate(levels))
            )

        return {seat: {package: said(package, seat) for package in self.packages} for seat in SEATS}

    @cached_property
    def _packages(self) -> dict[str, dict[Act, Package]]:
        return {seat: {act: package for package, act in acts.items()} for seat, acts in self.offers.items()}

    def start(self) -> Talks:
        """The partner says hello."""
        return Talks()

    def mover(self, state: Talks) -> str | None:
        """Whose turn it is."""
        return state.mover

    def mine(self, package: Package) -> int:
        """Points of the bargainer."""
        return sum([value * level for value, level in zip(self.values, package, strict=True)])

    def theirs(self, values: Package, package: Package) -> int:
        """Points of a partner who values units so."""
        return sum([v * (c - x) for v, c, x in zip(values, self.counts, package, strict=True)])

    def units(self, package: Package) -> int:
        """How much of it all a package leaves to the partner."""
        return sum(self.counts) - sum(package)

    def proposed(self, act: Act, seat: str) -> Package | None:
        """What the bargainer would get by an act of `seat`; ``None`` if it offers nothing that there is."""
        return self._packages[seat].get(act)

    def points_of(self, seat: str, package: Package) -> float:
        """A seat's points, as a share of the most that it can have.

        Raises:
            ValueError: If `others` does not hold what a unit is worth to the partner.
        """
        if seat == YOU:
            return self.mine(package) / self.total
        if self.others is None:
            raise ValueError("others must hold what a unit is worth to the partner")
        return self.theirs(self.others, package) / self.total

    def limits(self) -> str:
        """What an offer may name, in words."""
        kind, ranges = KINDS[self.kind], []
        for issue, (name, count) in enumerate(zip(kind.issues, self.counts, strict=True)):
            low, high = (kind.amount(issue, level, count, YOU) for level in (0, count))
            step = kind.scale[issue][1] if kind.scale else 1
            ranges.append(f"{name} from {low} to {high}{f' in steps of {step}' if step > 1 else ''}")
        return f"{', '.join(ranges[:-1])} and {ranges[-1]}"

    def apply(self, state: Talks, seat: str, act: Act) -> Talks:
        """The state after `act`.

        Raises:
            IllegalAct: If there is nothing to accept, or not so much to offer.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if isinstance(act, Accept):
            if state.standing is None:
                raise IllegalAct("There is no offer of mine on the table. You can make an offer, talk, or leave.")
            return Talks(state.round, None, deal=state.standing, ending="deal")
        number = state.round + (seat == PARTNER)
        if isinstance(act, Walk):
            return Talks(state.round, None, ending="deadline" if number >= self.rounds else "walk")
        standing, given, conceded = None, state.given, False
        if isinstance(act, KINDS[self.kind].offer):
            standing = self.proposed(act, seat)
            if standing is None:
                raise IllegalAct(f"You can only ask for {self.limits()}.")
            if seat == YOU and self.units(standing) > given:
                given, conceded = self.units(standing), True
        elif not isinstance(act, Say):
            raise IllegalAct("You can make an offer, accept mine, leave, or talk.")
        if number >= self.rounds:
            return Talks(state.round, None, ending="deadline")
        return Talks(number, OTHER[seat], standing, given, conceded)

    def choices(self, state: Talks, seat: str) -> Iterator[Act]:
        """Accept, leave, talk, and every offer."""
        if state.standing is not None:
            yield Accept()
        yield Walk()
        yield Say()
        yield from self.offers[seat].values()

    def payoff(self, state: Talks, seat: str, hidden: Any = None) -> float:
        """What a seat gets, as a share of the most points that a side can have.

        Raises:
            ValueError: If it depends on what the partner values and neither `others` nor `hidden` says that.
        """
        mine = theirs = OUTSIDE[self.kind]
        if state.deal is not None:
            mine = self.mine(state.deal)
            if seat == PARTNER or self.aim != "own":
                values = self.others if hidden is None else hidden.values
                if values is None:
                    raise ValueError("others must hold what a unit is worth to the partner")
                theirs = self.theirs(values, state.deal)
        points = (mine, theirs) if seat == YOU else (theirs, mine)
        return self.discount ** max(0, state.round) * self.worth(*points)

    def worth(self, own: int, other: int) -> float:
        """What is paid for points of both sides, before the discount."""
        points = {"own": own, "nash": math.sqrt(own * other), "joint": (own + other) / 2}[self.aim]
        return points / self.total


ACTS: Mapping[str, tuple[type[Act], ...]] = {name: (kind.offer, Accept, Walk) for name, kind in KINDS.items()}
"""The learner's acts that have tags, by kind."""
