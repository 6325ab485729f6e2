"""Who comes in: buyers of hidden budget, taste and temper, some of whom come up slowly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import KINDS, Ask, Buy, Leave, Lot, Offer, Refuse, Tell, Visit


@replaceable
class Buyer(NamedTuple):
    """Hidden state.

    Attributes:
        budget: In thousands of dollars.
        kind: The kind of car that is wanted.
        temper: One of `TEMPERS`.
        patience: Refusals that are left before it leaves.
        seen: Offers of the wanted kind that it has refused, as far as that matters to its temper.
    """

    budget: int
    kind: str
    temper: str
    patience: int
    seen: int = 0


@dataclass(frozen=True)
class Temper:
    """How a kind of buyer bargains.

    Attributes:
        weight: How often it is met.
        patience: Refusals before it leaves.
        tells: What it says of its budget: ``"truth"``, ``"less"`` (`UNDERSTATED` less), or ``"nothing"``.
        kind: Whether it says which kind it wants. Who does not is annoyed by questions.
        start: Share of what a car is worth to it that it pays at first.
        step: By how much that rises with each offer of the wanted kind that it has refused, up to all of it.
        holds: Offers of the wanted kind that it refuses whatever the price.
    """

    weight: float
    patience: int
    tells: str = "truth"
    kind: bool = True
    start: float = 1.0
    step: float = 0.0
    holds: int = 0

    def pays(self, seen: int) -> float:
        """Share of what a car is worth to it that it pays after so many refused offers of the wanted kind."""
        return min(1.0, self.start + self.step * seen) + 1e-12

    @property
    def most(self) -> int:
        """Refused offers beyond which nothing changes."""
        return max(self.holds, math.ceil((1.0 - self.start) / self.step - 1e-9) if self.step else 0)


TEMPERS: dict[str, Temper] = {
    "open": Temper(1.0, 2),
    "slow": Temper(3.0, 4, "nothing", start=0.55, step=0.15),
    "haggler": Temper(3.0, 3, "less", holds=2),
    "angry": Temper(1.0, 1, "nothing", kind=False),
}
"""By name, how buyers bargain."""
BUDGETS: dict[int, float] = {10: 1.0, 30: 3.0, 50: 3.0, 70: 2.0, 90: 1.0}
"""Budget in thousands -> weight."""
UNDERSTATED = 20
"""By how many thousands less a budget is told by who does not tell the truth."""
LEVELS: dict[str, int] = {"low": -UNDERSTATED, "middle": 30, "high": 70}
"""How a budget is told: the word for the largest of these that it reaches."""
ABOVE = 1.1
"""Most that a car of the wanted kind is worth, as a share of its list price; within the budget."""
OTHER_KIND = (0.6, 0.7)
"""The same for another kind, and the share of the budget that would be spent on it."""


@dataclass(frozen=True)
class BuyerMind:
    """A buyer's mind.

    A car of the wanted kind is worth the budget, but no more than `above` of its list price; one of another kind a
    share of the budget, and no more than a share of its list price (`other`). What is paid for it at first, and when,
    depends on the temper. Each refusal takes patience, and so does each question to who answers none; who has none left
    leaves.

    Args:
        game: The rules.
        tempers: How buyers bargain, by name.
        budgets: Budget and weight.
        above: See above.
        other: Share of the budget, and of the list price.
    """

    game: Lot
    tempers: tuple[tuple[str, Temper], ...] = tuple(TEMPERS.items())
    budgets: tuple[tuple[int, float], ...] = tuple(BUDGETS.items())
    above: float = ABOVE
    other: tuple[float, float] = OTHER_KIND

    def prior(self) -> Belief[Buyer]:
        """Budget, kind and temper, independent of each other."""
        return Belief(
            (Buyer(budget, kind, name, temper.patience), p * temper.weight)
            for budget, p in self.budgets
            for kind in KINDS
            for name, temper in self.tempers
        )

    def worth(self, hidden: Buyer, car: int) -> float:
        """What a car is worth to a buyer, in thousands."""
        kind, price = self.game.cars[car - 1]
        if kind == hidden.kind:
            return min(hidden.budget, self.above * price)
        return min(self.other[0] * hidden.budget, self.other[1] * price)

    def react(self, hidden: Buyer, state: Visit) -> Belief[tuple[Buyer, Act]]:
        """Answer a question or an offer; leave when the time or the patience is up."""
        temper, topic = self._temper[hidden.temper], state.topic
        answer: Act = Say()
        annoyed = False
        if isinstance(topic, Offer):
            wanted = self.game.cars[topic.car - 1][0] == hidden.kind
            if hidden.seen >= temper.holds and topic.price <= temper.pays(hidden.seen) * self.worth(hidden, topic.car):
                return Belief.certain((hidden, Buy()))
            answer, annoyed = Refuse("dear" if wanted else "kind"), True
            hidden = hidden._replace(seen=min(temper.most, hidden.seen + wanted))
        elif isinstance(topic, Ask) and topic.about == "kind":
            answer, annoyed = Tell(hidden.kind if temper.kind else "nothing"), not temper.kind  # type: ignore[arg-type]
        elif isinstance(topic, Ask):
            answer, annoyed = Tell(self.told(hidden)), not temper.kind  # type: ignore[arg-type]
        if annoyed:
            hidden = hidden._replace(patience=hidden.patience - 1)
        over = hidden.patience < 0 or state.turn >= self.game.turns
        return Belief.certain((hidden, Leave() if over else answer))

    def told(self, hidden: Buyer) -> str:
        """What a buyer says of its budget."""
        tells = self._temper[hidden.temper].tells
        if tells == "nothing":
            return tells
        named = hidden.budget - (UNDERSTATED if tells == "less" else 0)
        return [word for word, least in LEVELS.items() if named >= least][-1]

    @cached_property
    def _temper(self) -> dict[str, Temper]:
        return dict(self.tempers)
