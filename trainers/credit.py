"""Credit assignment: which turn of which episode deserves how much of what happened.

Plain functions of rewards, for trainers to take by name; docs/credit.md says what each of them follows and how it goes
wrong, which the tests hold. A `Credit` takes

* ``rewards``: of each turn of each episode; ``None`` for an episode without a return, whose simulated user failed. It
  is left out of every mean, and its advantages are 0.
* ``size``: episodes of a group. Neighbours are a group: they share the scenario and the partner's hidden state, so that
  the group says what could be expected there.
* ``dialogues``: those of the rewards, for the credits that read them.

and returns the advantage of each turn of each episode, in the units of the rewards unless it says otherwise. A
``discount`` is of rewards, by turn, above 0 and at most 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any

import numpy as np

from ..core.dialogue import Dialogue
from ..core.spec import parse_spec
from .turn_critic import TurnCritic, TurnRewards, returns_to_go

Credit = Callable[[TurnRewards, int, Sequence[Dialogue]], list[np.ndarray]]
"""Rewards, size of a group and dialogues, to advantages; see the module."""

SCALES = ("group", "batch", "none")
EPSILON = 1e-4  # added to what is divided by, as TRL does: a group of equals divides nothing by nothing


def trajectory(rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = ()) -> list[np.ndarray]:
    """The return of the episode less the group's mean, for all of its turns (Shao et al. 2024, section 4.1.2)."""
    advantages = []
    for group in _groups(rewards, size):
        mean = _mean([sum(turns) for turns in group if turns is not None])
        advantages += [np.zeros(0) if turns is None else np.full(len(turns), sum(turns) - mean) for turns in group]
    return advantages


def turn(
    rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = (), discount: float = 1.0
) -> list[np.ndarray]:
    """The return to go at a turn, less what the group still got from the same turn on.

    What a turn could not have caused, the rewards before it, is out of its advantage (Sutton and Barto 2018, section
    13.3). The baseline at a turn is the mean over those of the group that had such a turn. An episode that is alone
    there is held against the group's mean return less what it got before, which the turn does not decide.
    """
    advantages = []
    for group in _groups(rewards, size):
        togo = [None if turns is None else returns_to_go(turns, discount) for turns in group]
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


def leave_one_out(rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = ()) -> list[np.ndarray]:
    """The return of the episode less the mean of the others in its group, for all turns (Kool et al. 2019, equation 3).

    An episode that is alone in its group has nothing to be held against: its advantages are 0.
    """
    advantages = trajectory(rewards, size)
    counted = [sum(turns is not None for turns in group) for group in _groups(rewards, size) for _ in group]
    return [values * (n / (n - 1) if n > 1 else 0.0) for values, n in zip(advantages, counted, strict=True)]


def discounted(
    rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = (), discount: float = 0.9
) -> list[np.ndarray]:
    """The discounted return to go at a turn, normalised over the group at the same turn: (G - mean) / deviation.

    The sources are Zeng et al. 2025, MT-GRPO, and Ding et al. 2025, GTPO. The unit is a standard deviation.
    Who is alone at a turn learns nothing there.
    """
    advantages = []
    for group in _groups(rewards, size):
        togo = [np.zeros(0) if turns is None else returns_to_go(turns, discount) for turns in group]
        levels = [np.array([some[k] for some in togo if len(some) > k]) for k in range(max(map(len, togo), default=0))]
        means, deviations = ([f(level) for level in levels] for f in (np.mean, np.std))
        for returns in togo:
            k = len(returns)
            advantages.append((returns - np.array(means[:k])) / (np.array(deviations[:k]) + EPSILON))
    return advantages


def equalized(
    rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = (), discount: float = 0.8
) -> list[np.ndarray]:
    """Every turn gets the same: the episode's discounted return from its first turn on, less the group's mean.

    The source is Qian et al. 2025, UserRL: turns "Equalized", trajectories scored by "R2G".
    """
    scores = [turns and [returns_to_go(turns, discount)[0]] for turns in rewards]
    means = trajectory(scores, size)
    return [np.repeat(one, 0 if turns is None else len(turns)) for one, turns in zip(means, rewards, strict=True)]


def exponential(
    rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = (), curvature: float = 2.0, discount: float = 1.0
) -> list[np.ndarray]:
    """The advantage of the episode, spread over its turns by what each was rewarded with.

    The source is Qian et al. 2025, UserRL: exponential mapping, "EM". A turn with the reward r has the weight
    ``w = 0.5 + 0.5 (1 - exp(-curvature r)) / (1 - exp(-curvature))``, and the advantage of its episode (that of
    `equalized`) times w over the mean weight of the episode's turns. Rewards are taken to lie between 0 and 1; what
    lies outside counts as the end of that range. The ``curvature`` is above 0.
    """
    spread = []
    for turns, values in zip(rewards, equalized(rewards, size, dialogues, discount), strict=True):
        weights = 0.5 + 0.5 * (1.0 - np.exp(-curvature * np.clip(turns or [], 0.0, 1.0))) / (1.0 - np.exp(-curvature))
        spread.append(values * weights / (weights.mean() if len(weights) else 1.0))
    return spread


def exact(
    rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue] = (), lambda_: float = 0.0
) -> list[np.ndarray]:
    """The exact advantage of each turn from the solver, less the mean of the others of its group at the same turn.

    That mean depends on nothing that the turn decides, and takes noise away: `exact_advantages` alone are never above
    0, so that every act would only be pushed down.

    With ``lambda=0`` a turn is judged by its own advantage alone, as if optimal play followed (Ross and Bagnell 2014,
    AggreVaTe): not the gradient of the policy as it is. ``lambda`` is how much of what later turns lose is charged to a
    turn, by turn; with 1 it is the policy's own gradient (Kakade and Langford 2002, lemma 6.1).

    Raises:
        ValueError: If dialogues are missing; for the rest see `exact_advantages`.
    """
    if len(dialogues) != len(rewards):
        raise ValueError(f"credit 'exact' needs the dialogue of each of {len(rewards)} episodes, got {len(dialogues)}")
    played = zip(rewards, dialogues, strict=True)
    own = [np.zeros(0) if turns is None else exact_advantages(dialogue) for turns, dialogue in played]
    advantages = []
    for group in _groups([returns_to_go(values, lambda_) for values in own], size):
        for i, values in enumerate(group):
            others = [other for j, other in enumerate(group) if j != i]
            level = [_mean([other[k] for other in others if len(other) > k]) for k in range(len(values))]
            advantages.append(values - np.array(level))
    return advantages


def exact_advantages(dialogue: Dialogue) -> np.ndarray:
    """``Q*(state, belief, act) - V*(state, belief)`` of each of the learner's turns, for a perfect listener's belief.

    A lost turn is the talk that it counted as. The last turn of a dialogue that was cut off gets ``-V*``: what could
    still be expected before it is forfeited.

    Args:
        dialogue: Finished, and rewarded by ``goal``.

    Returns:
        Shape (turns,), in payoff as of the start of the dialogue; at most 0 but for rounding.

    Raises:
        ValueError: If the family has no exact solution within reach, or if something else than the payoff was rewarded.
    """
    advantages = []
    for step in dialogue.steps:
        if others := sorted(set(step.rewards) - {"goal"}):
            raise ValueError(
                f"credit 'exact' judges the payoff alone, so the reward must be goal; got also {', '.join(others)}"
            )
        belief = step.belief_before()
        try:
            solution = dialogue.setting.solution
            value = solution.value(step.before, belief)
            if step is not dialogue.steps[-1] or step.over:
                worth = solution.act_value(step.before, belief, step.act)
            else:  # cut off, or left by whoever played it, which pays nothing
                worth = dialogue.setting.cut_value(step.before, belief, step.act) if step.truncated else 0.0
            advantages.append(worth - value)
        except NotImplementedError as error:
            raise ValueError(f"credit 'exact' needs a family whose optimum can be computed: {error}") from error
    return np.array(advantages)


CREDITS: dict[str, Callable[..., Any]] = {
    "trajectory": trajectory,
    "leave-one-out": leave_one_out,
    "turn": turn,
    "discounted": discounted,
    "equalized": equalized,
    "exponential": exponential,
    "critic": TurnCritic,
    "exact": exact,
}
"""By name: functions, and classes whose instances are such functions that remember."""

_RANGES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "discount": ("above 0 and at most 1", lambda value: 0.0 < value <= 1.0),
    "lambda": ("from 0 to 1", lambda value: 0.0 <= value <= 1.0),
    "curvature": ("above 0", lambda value: value > 0.0),
}


def make_credit(spec: str) -> Credit:
    """A credit by name, with its parameters: ``"turn(discount=0.5)"``, ``"critic(lambda=0.9)"``.

    Raises:
        ValueError: If there is no such credit, or a parameter is not valid.
    """
    name, parameters = parse_spec(spec, "credit")
    if name not in CREDITS:
        raise ValueError(f"credit must be one of {', '.join(CREDITS)}; got {spec!r}")
    credit = CREDITS[name]
    valid = {
        parameter.rstrip("_"): parameter
        for parameter in list(signature(credit).parameters)[0 if isinstance(credit, type) else 3 :]
    }
    for given, value in parameters.items():
        if given not in valid:
            raise ValueError(f"parameters of credit {name!r} are {', '.join(valid) or 'none'}; got {given!r}")
        expected, fits = _RANGES.get(given, ("true or false", lambda value: isinstance(value, bool)))
        if (given in _RANGES and isinstance(value, (bool, str))) or not fits(value):
            raise ValueError(f"{given} of credit {name!r} must be {expected}, got {value!r}")
    named = {valid[given]: value for given, value in parameters.items()}
    return credit(**named) if isinstance(credit, type) else partial(credit, **named)


def scaled(advantages: Sequence[np.ndarray], size: int, scale: str) -> list[np.ndarray]:
    """Divide advantages by their standard deviation over turns of the group or the batch, see `SCALES`.

    Raises:
        ValueError: If `scale` is not known.
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
        divided += [values / (deviation + EPSILON) for values in part]
    return divided


def _groups(items: Sequence, size: int) -> list[Sequence]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if len(values) else 0.0
