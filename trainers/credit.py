"""Credit assignment: which turn of which episode deserves how much of what happened. Plain functions of rewards, for trainers to take by name.

All of them get the episodes in groups: `size` neighbours share the scenario and the partner's hidden state, so the group says what could be expected there.
An episode without a return (its simulated user failed) is left out of every mean, and its advantages are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature

import numpy as np

from ..core.spec import parse_spec

TurnRewards = Sequence[Sequence[float] | None]
"""The reward of each turn of each episode; ``None`` for an episode that does not count."""

Credit = Callable[[TurnRewards, int], list[np.ndarray]]
SCALES = ("group", "batch", "none")


def trajectory(rewards: TurnRewards, size: int) -> list[np.ndarray]:
    """The return of the episode less the group's mean, the same for all of its turns (Shao et al. 2024, section 4.1.2).

    Args:
        rewards: Of each turn of each episode.
        size: Episodes of a group; neighbours are a group.

    Returns:
        The advantage of each turn of each episode, in the units of the rewards.
    """
    advantages = []
    for group in _groups(rewards, size):
        mean = _mean([sum(turns) for turns in group if turns is not None])
        advantages += [np.zeros(0) if turns is None else np.full(len(turns), sum(turns) - mean) for turns in group]
    return advantages


def turn(rewards: TurnRewards, size: int, discount: float = 1.0) -> list[np.ndarray]:
    """What was still to come at a turn, less what the group still got from the same turn on.

    What a turn could not have caused, the rewards before it, is out of its advantage (the causality argument of Sutton and Barto 2018, section 13.3). The
    baseline at a turn is the mean over those of the group that had such a turn. An episode that is alone there is held against the group's mean return less
    what it got before: that depends on nothing that the turn decides. Where only the last turn is rewarded, this differs from `trajectory` in the baseline
    alone.

    With a discount below 1 a turn is held responsible more for what follows soon. That is another objective, except where the reward is shaped by a potential
    with the same ``gamma``. Without a discount such shaping does no more than shift the baseline: what is to come is then the payoff less the potential now.

    Args:
        rewards: Of each turn of each episode.
        size: Episodes of a group; neighbours are a group.
        discount: Of rewards, by turn; above 0 and at most 1.

    Returns:
        The advantage of each turn of each episode, in the units of the rewards.
    """
    advantages = []
    for group in _groups(rewards, size):
        togo = [None if turns is None else _to_come(turns, discount) for turns in group]
        counted = [returns for returns in togo if returns is not None and len(returns)]
        mean = _mean([returns[0] for returns in counted])
        for turns, returns in zip(group, togo, strict=True):
            if turns is None or returns is None:
                advantages.append(np.zeros(0))
                continue
            before = np.cumsum([0.0, *turns])[:-1]
            level = [[other[k] for other in counted if len(other) > k] for k in range(len(turns))]
            alone = mean - before if discount == 1.0 else np.full(len(turns), mean)
            baseline = [_mean(values) if len(values) > 1 else alone[k] for k, values in enumerate(level)]
            advantages.append(returns - np.array(baseline))
    return advantages


CREDITS: dict[str, Callable[..., list[np.ndarray]]] = {"trajectory": trajectory, "turn": turn}


def make_credit(spec: str) -> Credit:
    """A credit by name, with its parameters: ``"turn(discount=0.5)"``.

    Raises:
        ValueError: If there is no such credit, or a parameter is not valid.
    """
    name, parameters = parse_spec(spec, "credit")
    if name not in CREDITS:
        raise ValueError(f"credit must be one of {', '.join(CREDITS)}; got {spec!r}")
    valid = list(signature(CREDITS[name]).parameters)[2:]
    for given in parameters:
        if given not in valid:
            raise ValueError(f"parameters of credit {name!r} are {', '.join(valid) or 'none'}; got {given!r}")
    discount = parameters.get("discount", 1.0)
    if isinstance(discount, (bool, str)) or not 0.0 < discount <= 1.0:
        raise ValueError(f"discount of credit {name!r} must be above 0 and at most 1, got {discount!r}")
    return partial(CREDITS[name], **parameters)


def scaled(advantages: Sequence[np.ndarray], size: int, scale: str) -> list[np.ndarray]:
    """Divide advantages by their standard deviation over turns.

    Args:
        advantages: Of each turn of each episode.
        size: Episodes of a group.
        scale: Over the turns of the ``"group"``, of the whole ``"batch"``, or not at all (``"none"``).

    Raises:
        ValueError: If `scale` is none of them.
    """
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}")
    if scale == "none":
        return list(advantages)
    parts = [advantages] if scale == "batch" else _groups(advantages, size)
    divided = []
    for part in parts:
        joined = np.concatenate([np.zeros(0), *part])
        deviation = float(joined.std()) if len(joined) else 0.0
        divided += [values / (deviation + 1e-4) for values in part]  # as TRL does: a group of equals divides nothing by nothing
    return divided


def _to_come(rewards: Sequence[float], discount: float) -> np.ndarray:
    """The discounted sum of each turn's reward and those after it."""
    returns, total = np.zeros(len(rewards)), 0.0
    for k in reversed(range(len(rewards))):
        total = rewards[k] + discount * total
        returns[k] = total
    return returns


def _groups(items: Sequence, size: int) -> list[Sequence]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if len(values) else 0.0
