"""Rewards by name: registration, composition, and the terms that are reported."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from ..core.dialogue import Step
from ..core.spec import parse_spec, spell_spec, split_commas
from ..simulated_users.user import Failure
from .judged import PREFIX, Bench, Judged, needs_judge

RewardFunction = Callable[[Step], float]
RewardSpec = str | Mapping[str, float] | RewardFunction
F = TypeVar("F", bound=Callable[..., Any])

LEARNED = "reward_model:"
"""``reward_model:FOLDER`` is ``reward_model(folder=FOLDER)``."""

_REGISTRY: dict[str, Callable[..., Any]] = {}


def register_reward(name: str, replace: bool = False, batched: bool = False) -> Callable[[F], F]:
    """Decorator that makes a reward usable by name: in ``gym.make``, in trainers, and for rescoring recorded episodes.

    A reward is a function ``Step -> float``, whose keyword-only arguments are its parameters; or a class whose
    instances are such functions, and whose arguments are its parameters. A class is made once, with the environment, so
    that is where to check parameters and to load what is needed. Parameters are numbers, true or false, or words, and
    are given behind the name: ``"curiosity/entropy(gamma=0.99)"``.

    It must be a deterministic function of the step's record. Registering a name of your own again replaces the reward.

    Args:
        name: Such as ``"quick"`` or ``"curiosity/accuracy"``; without parentheses, commas and equals signs.
        replace: Whether a reward that comes with the package may be replaced, everywhere in this process.
        batched: Whether it is given the steps of all dialogues that are stepped together as one list, and returns a
            list of as many numbers: for what is cheaper for many at a time, such as a language model. In place of a
            number it may return a `Failure`, which cuts that dialogue.

    Raises:
        ValueError: If `name` is empty, not a string, or holds one of these characters; or if it is that of a reward of
            the package, which is not to be replaced.
    """
    if not isinstance(name, str) or not name or set(name) & set("(),="):
        raise ValueError(f"name must be a non-empty string without parentheses, commas and equals signs, got {name!r}")

    def register(function: F) -> F:
        if not replace and _built_in(_REGISTRY.get(name)) and not _built_in(function):
            raise ValueError(f"name must be a new one, {name!r} comes with the package; or say replace=True")
        if batched:
            function.batched = True  # type: ignore[attr-defined]
        _REGISTRY[name] = function
        return function

    return register


def _built_in(function: Callable[..., Any] | None) -> bool:
    return function is not None and function.__module__.startswith(f"{__package__}.")


def reward_names() -> tuple[str, ...]:
    """Every registered name, sorted."""
    return tuple(sorted(_REGISTRY))


class Reward:
    """A weighted sum of named terms.

    Args:
        spec: A registered name, with or without parameters; several with weights, as a mapping such as
            ``{"goal": 1, "curiosity/entropy(gamma=0.99)": 0.1}`` or as ``"goal=1,curiosity/entropy(gamma=0.99)=0.1"``;
            or any callable ``Step -> float``.

    Raises:
        ValueError: If a name is not registered, a parameter is unknown or out of range, or a weight is not a finite
            number.
    """

    def __init__(self, spec: RewardSpec | Reward = "goal"):
        if isinstance(spec, Reward):
            self.terms, self.batched = spec.terms, spec.batched
            return
        if isinstance(spec, str):
            spec = _parse(spec)
        if callable(spec):
            self.terms: tuple[tuple[str, float, Callable[..., Any]], ...] = ((_name_of(spec), 1.0, spec),)
            self.batched = is_batched(spec)
            return
        if not isinstance(spec, Mapping) or not spec:
            raise ValueError(
                f"reward must be a name, a non-empty mapping of names to weights, or callable; got {spec!r}"
            )
        found = [(weight, *_find(term)) for term, weight in spec.items()]
        self.terms = tuple((name, _weight(name, weight), function) for weight, name, function in found)
        self.batched = any(is_batched(function) for _, _, function in self.terms)

    def __call__(self, step: Step) -> float:
        """The reward of a step; its weighted terms are left in ``step.rewards``.

        Raises:
            ValueError: If a term is not a finite number; the message names it.
            ConnectionError: If a batched term failed.
        """
        if self.batched:
            for failure in self.many([step]).values():
                raise ConnectionError(failure)
            return step.reward
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

    def many(self, steps: Sequence[Step]) -> dict[int, Failure]:
        """Reward the steps of several dialogues: ``rewards`` and ``reward`` of each are set.

        Batched terms are given all of them at once.

        Returns:
            The steps that could not be rewarded, by their place, with what failed; they have no terms.

        Raises:
            ValueError: If a term is not a finite number, or a batched one does not answer each step.
        """
        if not self.batched:
            for step in steps:
                step.reward = self(step)
            return {}
        failures: dict[int, Failure] = {}
        for name, weight, function in self.terms:
            values = _answers(name, function, steps)
            for place, (step, value) in enumerate(zip(steps, values, strict=True)):
                if isinstance(value, Failure):
                    failures.setdefault(place, value)
                else:
                    step.rewards[name] = weight * value
        for place, step in enumerate(steps):
            if place in failures:
                step.rewards.clear()
            step.reward = sum(step.rewards.values())
        return failures

    def bound(self, bench: Bench | None) -> Reward:
        """The same with a judge for the terms ``judge/ID``.

        What is judged and not in the reward is added with weight 0: it is reported and not paid. Without a judge, terms
        of weight 0 are left out.

        Raises:
            ValueError: If a term needs a judge and there is none, or has no rubric here; or compares dialogues of a
                group, which trainers see to themselves.
        """
        for _, _, function in self.terms:
            if said := getattr(function, "grouped", ""):
                raise ValueError(said)
        named = [function.id for _, _, function in self.terms if isinstance(function, Judged)]
        if bench is None and not named:
            return self
        terms = []
        for name, weight, function in self.terms:
            if not isinstance(function, Judged):
                terms.append((name, weight, function))
            elif bench is not None:
                terms.append((name, weight, Judged(function.id, bench)))
            elif weight:
                raise ValueError(needs_judge(function.id))
        if bench is not None:
            terms += [(PREFIX + id, 0.0, Judged(id, bench)) for id in bench.chosen(named) if id not in named]
        reward = copy(self)
        reward.terms, reward.batched = tuple(terms), any(is_batched(function) for _, _, function in terms)
        return reward

    def without(self, out: Callable[[Callable[..., Any]], bool]) -> Reward:
        """The same without the terms whose function is `out`; it may be left with none, and pay 0."""
        reward = copy(self)
        reward.terms = tuple(term for term in self.terms if not out(term[2]))
        reward.batched = any(is_batched(function) for _, _, function in reward.terms)
        return reward

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms, in order."""
        return tuple(name for name, _, _ in self.terms)

    def describe(self) -> dict[str, float]:
        """Names, with their parameters, and weights, as they are recorded with episodes.

        That is a valid `spec`, unless it was made of a callable that is not registered.
        """
        return {name: weight for name, weight, _ in self.terms}


def is_batched(function: Callable[..., Any]) -> bool:
    """Whether a reward takes a list of steps: whether it, or what its parameters were given to, says ``batched``."""
    return bool(getattr(getattr(function, "func", function), "batched", False))


def _answers(name: str, function: Callable[..., Any], steps: Sequence[Step]) -> Sequence[float | Failure]:
    """The values of one term for several steps, checked."""
    batched = is_batched(function)
    values = function(list(steps)) if batched and steps else [function(step) for step in steps]
    if len(values) != len(steps):
        raise ValueError(f"reward {name!r} must answer each of {len(steps)} steps, got {len(values)} values")
    for value in values:
        number = isinstance(value, (int, float, np.floating, np.integer)) and math.isfinite(value)
        if not number and not (batched and isinstance(value, Failure)):
            raise ValueError(f"reward {name!r} must return a finite number, got {value!r}")
    return values


def _parse(text: str) -> dict[str, float]:
    terms: dict[str, float] = {}
    for part in split_commas(text):
        head, bracket, tail = part.rpartition(")")
        rest, equals, weight = tail.partition("=")  # behind the parameters, which have equals signs of their own
        name = head + bracket + rest
        try:
            terms[name.strip()] = float(weight) if equals else 1.0
        except ValueError:
            raise ValueError(f"weight of reward {name.strip()!r} must be a number, got {weight!r}") from None
    return terms


def _find(term: str) -> tuple[str, Callable[..., Any]]:
    """Name in canonical form, and the reward with its parameters."""
    if str(term).strip().startswith(LEARNED):
        term = spell_spec(LEARNED[:-1], {"folder": str(term).strip().removeprefix(LEARNED)})
    head = str(term).strip().partition("(")[0]
    if head not in _REGISTRY:
        if head.startswith(PREFIX) and head == str(term).strip() and head != PREFIX:
            return head, Judged(head.removeprefix(PREFIX))
        raise ValueError(f"reward must be one of {', '.join(reward_names())}, {PREFIX}ID; got {term!r}")
    name, parameters = parse_spec(str(term), "reward")
    reward = _REGISTRY[name]
    valid = _parameters(reward)
    for given in parameters:
        if given not in valid:
            raise ValueError(f"parameters of reward {name!r} are {', '.join(valid) or 'none'}; got {given!r}")
    needed = [parameter for parameter, default in valid.items() if default is inspect.Parameter.empty]
    if missing := [parameter for parameter in needed if parameter not in parameters]:
        raise ValueError(f"reward {name!r} needs {', '.join(missing)}")
    if isinstance(reward, type):
        return spell_spec(name, parameters), reward(**parameters)
    return spell_spec(name, parameters), partial(reward, **parameters) if parameters else reward


def _parameters(reward: Callable[..., Any]) -> dict[str, Any]:
    """Parameters of a registered reward with their defaults."""
    kinds = {inspect.Parameter.KEYWORD_ONLY}
    if isinstance(reward, type):
        kinds.add(inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {name: one.default for name, one in inspect.signature(reward).parameters.items() if one.kind in kinds}


def _name_of(function: RewardFunction) -> str:
    """The name of a callable; for an instance of a registered dataclass that under which it can be made again."""
    for name, reward in _REGISTRY.items():
        if type(function) is reward and is_dataclass(function):
            given = {field.name: getattr(function, field.name) for field in fields(function) if field.init}
            return spell_spec(name, {key: value for key, value in given.items() if value != _parameters(reward)[key]})
    return getattr(function, "__name__", type(function).__name__)


def _weight(name: str, weight: float) -> float:
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not math.isfinite(weight):
        raise ValueError(f"weight of reward {name!r} must be a finite number, got {weight!r}")
    return float(weight)
