"""Rewards by name: registration, composition, and the terms that are reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from ..core.dialogue import Step

RewardFunction = Callable[[Step], float]
RewardSpec = str | Mapping[str, float] | RewardFunction
F = TypeVar("F", bound=RewardFunction)

_REGISTRY: dict[str, RewardFunction] = {}


def register_reward(name: str) -> Callable[[F], F]:
    """Decorator that makes a function ``Step -> float`` usable by name: in ``gym.make``, in trainers, and for rescoring recorded episodes.

    It must be a deterministic function of the step's record. Registering a name again replaces the old function.

    Args:
        name: Such as ``"quick"`` or ``"curiosity/accuracy"``.

    Raises:
        ValueError: If `name` is empty or not a string.
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"name must be a non-empty string, got {name!r}")

    def register(function: F) -> F:
        _REGISTRY[name] = function
        return function

    return register


def reward_names() -> tuple[str, ...]:
    """Every registered name, sorted."""
    return tuple(sorted(_REGISTRY))


class Reward:
    """A weighted sum of named terms.

    Args:
        spec: A registered name; several with weights, as a mapping or as ``"goal=1,turn_cost=0.5"``; or any callable ``Step -> float``.

    Raises:
        ValueError: If a name is not registered, or a weight is not a finite number.
    """

    def __init__(self, spec: RewardSpec | Reward = "goal"):
        if isinstance(spec, Reward):
            self.terms = spec.terms
            return
        if isinstance(spec, str):
            spec = _parse(spec)
        if callable(spec):
            name = getattr(spec, "__name__", type(spec).__name__)
            self.terms: tuple[tuple[str, float, RewardFunction], ...] = ((name, 1.0, spec),)
            return
        if not isinstance(spec, Mapping) or not spec:
            raise ValueError(f"reward must be a name, a non-empty mapping of names to weights, or a callable; got {spec!r}")
        self.terms = tuple((name, _weight(name, weight), _find(name)) for name, weight in spec.items())

    def __call__(self, step: Step) -> float:
        """The reward of a step; its weighted terms are left in ``step.rewards``.

        Raises:
            ValueError: If a term is not a finite number; the message names it.
        """
        total, parts = 0.0, step.rewards
        for name, weight, function in self.terms:
            value = function(step)
            try:
                part = weight * value
                if part - part != 0.0:
                    raise TypeError
            except TypeError:
                raise ValueError(f"reward {name!r} must return a finite number, got {value!r}") from None
            parts[name] = part
            total += part
        return total

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms, in order."""
        return tuple(name for name, _, _ in self.terms)

    def describe(self) -> dict[str, float]:
        """Names and weights, as recorded with episodes."""
        return {name: weight for name, weight, _ in self.terms}


def _parse(text: str) -> dict[str, float]:
    terms: dict[str, float] = {}
    for part in text.split(","):
        name, equals, weight = part.strip().partition("=")
        try:
            terms[name] = float(weight) if equals else 1.0
        except ValueError:
            raise ValueError(f"weight of reward {name!r} must be a number, got {weight!r}") from None
    return terms


def _find(name: str) -> RewardFunction:
    if name not in _REGISTRY:
        raise ValueError(f"reward must be one of {', '.join(reward_names())}; got {name!r}")
    return _REGISTRY[name]


def _weight(name: str, weight: float) -> float:
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
        raise ValueError(f"weight of reward {name!r} must be a finite number, got {weight!r}")
    return float(weight)
