"""Where cars are sold: dealers' lots, each with a name for each of the five cars."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content
from .game import CARS


@dataclass(frozen=True, slots=True)
class House:
    """A dealer.

    Attributes:
        called: Its name.
        cars: Names of the cars, in the order of `game.CARS`; made up, one word each.
    """

    called: str
    cars: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.cars) != len(CARS):
            raise ValueError(f"a lot has {len(CARS)} cars; {self.called} has {len(self.cars)}")


HOUSES: dict[str, House] = {key: House(**house) for key, house in content(__file__, "lots.toml")["houses"].items()}
"""Kinds and prices of the cars are the same everywhere, so that all lots share a solution."""
