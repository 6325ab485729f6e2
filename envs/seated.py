"""A family as a learner in another of its seats has it, for those who encode dialogues and train."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np

from ..core.acts import Act
from ..core.belief import Belief
from ..core.setting import Setting
from ..core.stream import Stream
from .base import Family

DRAWS = 512  # dialogues by which the scenarios of a seat are found

F = TypeVar("F", bound=Family)


def with_role(family: F, seat: str) -> F | None:
    """The family with its setting `role` at `seat`, if it has one and plays by the rules of `Family.duel` there."""
    if "role" not in {field.name for field in fields(cast(Any, family))} or family.duel is None:
        return None
    other = replace(cast(Any, family), role=seat)
    game = family.duel(Stream(np.random.default_rng(0))).game
    return cast(F, other) if type(game) is type(other.setting(other.scenarios()[0]).game) else None


def seated(family: F, seat: str) -> F:
    """The family with the learner in `seat`.

    Where the seat is no setting of the family, or one with other rules than those of `Family.duel`, its scenarios are
    those of some dialogues that `Family.duel` draws, and whoever else sits there may do anything: there is no optimum.

    Raises:
        ValueError: If nobody can learn there.
    """
    if seat == family.role:
        return family
    if family.duel is None or seat not in family.people_seats:
        raise ValueError(f"seat must be one in which a learner can sit; got {seat!r}")
    if other := with_role(family, seat):
        return other
    drawn = (family.duel(Stream(np.random.default_rng(k))).scenarios[seat] for k in range(DRAWS))
    scenarios, plain = tuple(dict.fromkeys(drawn)), copy(family)

    def there() -> Sequence[Any]:
        return scenarios

    def setting(scenario: Any) -> Setting:
        return _setting(family.setting(scenario).game, seat)

    for name, value in {"role": seat, "scenarios": there, "setting": setting}.items():
        object.__setattr__(plain, name, value)  # the dataclass is frozen
    return plain


class Anybody:
    """The mind of everybody else: whoever moves does anything that is on the menu."""

    def __init__(self, game: Any):
        self.game = game

    def prior(self) -> Belief[None]:
        """Nothing is hidden."""
        return Belief.certain(None)

    def react(self, hidden: None, state: Any) -> Belief[tuple[None, Act]]:
        """All acts alike."""
        return Belief.uniform((None, act) for act in self.game.choices(state, self.game.mover(state)))


class _Unpaid:
    """A game whose payoffs are not asked for, since they may depend on what nobody here knows."""

    def __init__(self, game: Any):
        self.game = game

    def __getattr__(self, name: str) -> Any:
        return getattr(self.game, name)

    def payoff(self, state: Any, seat: str, hidden: Any = None) -> float:
        return 0.0


@lru_cache(maxsize=1024)
def _setting(game: Any, seat: str) -> Setting:
    return Setting(cast(Any, _Unpaid(game)), Anybody(game), seat)
