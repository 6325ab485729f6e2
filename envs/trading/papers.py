"""What is traded, and how its prices and sizes are said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..content import content

Side = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class Paper:
    """Something that is traded by asking dealers for a price.

    Attributes:
        called: Its name in a sentence.
        mid: The middle of the market.
        tick: The smallest step of the price.
        digits: How many decimals are said.
        clip: A quarter of the order, in units.
        unit: The unit of sizes.
    """

    called: str
    mid: float
    tick: float
    digits: int
    clip: int
    unit: str

    def price(self, side: str, cost: int) -> str:
        """A price that is so many ticks against somebody who buys or sells."""
        return f"{self.mid + (cost if side == 'buy' else -cost) * self.tick:.{self.digits}f}"

    def cost(self, side: str, price: float) -> int | None:
        """Ticks of a price against somebody who buys or sells; ``None`` if it is not in whole ticks."""
        ticks = (price - self.mid) / self.tick
        if abs(ticks) > 99 or abs(ticks - round(ticks)) > 1e-6:
            return None
        return round(ticks) if side == "buy" else -round(ticks)

    def size(self, clips: int) -> str:
        """So many clips, in words."""
        return f"{clips * self.clip:,} {self.unit}"


PAPERS: dict[str, Paper] = {key: Paper(**paper) for key, paper in content(__file__, "papers.toml")["papers"].items()}
"""By a short name; all orders are alike but for what is traded, so that they share a solution."""
