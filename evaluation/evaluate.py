"""How good a policy is: returns, normalised scores and the family's metrics on a fixed set of seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.setting import Setting
from ..core.solver import OutOfReach
from ..envs.base import Family
from ..envs.engine import Engine, Options
from ..envs.make import make_engine
from ..policies.policy import Policy
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.llm_mind import LLMUser
from .information import information_metrics, measure
from .results import Comparison, Evaluation
from .statistics import mean_interval, normalised_score, score_interval

Conduct = dict[str, dict[str, float]]
"""Part (``"voice"``, ``"mind"``, ``"ear"``) -> counts of its language models."""

_REFERENCES: dict[tuple[str, str, str, str], dict[int, float]] = {}


def evaluate(
    env_id: str,
    policy: str | Policy = "optimal",
    episodes: int = 500,
    seed: int = 0,
    reward: RewardSpec | Reward = "goal",
    batch: int = 256,
    information: bool = False,
    **settings: Any,
) -> Evaluation:
    """Play a policy and say how good it is.

    Args:
        env_id: A registered id.
        policy: A policy, or a name such as ``"scripted"`` (see `make_policy`).
        episodes: How many; episode ``i`` has the seed ``seed + i``, so policies are compared on the same scenarios and
            partners.
        seed: First seed.
        reward: Reported beside the payoff, which is what the score is made of.
        batch: Dialogues that run together.
        information: Add the metrics of `information.METRICS`: how well the policy finds out whom it talks to. Much
            slower.
        **settings: As for ``gym.make``: ``grammar``, ``user``, ``ear``, and those of the family. The references always
            talk to the scripted user. Where the user decides by anything but the family's mind (``"llm:MODEL"``, say),
            there is no score, but the bounds that still hold.

    Raises:
        ValueError: If an argument is invalid.
        ConnectionError: If the simulated user's machinery failed in every episode.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    engine = make_engine(env_id, reward=reward, **settings)
    family, speaker, seeds = engine.family, make_policy(policy, engine), range(seed, seed + episodes)
    earlier = conduct(engine.user, engine.ear)
    payoffs, error = np.full(episodes, np.nan), ""
    rewards, outcomes, met, measured, scenarios, bounds = [], [], [], [], [], []
    cast, exact = family.cast, getattr(engine.user, "exact", False)
    for place, dialogue in enumerate(rollout(engine, speaker, seeds, batch)):
        if dialogue.error:
            error = dialogue.error
            continue
        payoffs[place] = dialogue.steps[-1].payoff
        rewards.append(sum(step.reward for step in dialogue.steps))
        outcomes.append(family.outcome(dialogue))
        met.append(dialogue.setting)
        scenarios.append(dialogue.scenario)
        if cast is not None and isinstance(engine.user, LLMUser):
            bounds.append(cast.bounds(dialogue.setting, dialogue.hidden_start))
        if information:
            measured.append(measure(dialogue))
    if not outcomes:
        raise ConnectionError(f"the simulated user failed in all {episodes} episodes; in the last one: {error}")
    counted = ~np.isnan(payoffs)
    returns = payoffs[counted]
    low, high = (
        _reference(name, engine, env_id, seeds, batch, counted) if exact else None for name in ("random", "optimal")
    )
    score = spread = None
    if low is not None and high is not None:
        score, spread = normalised_score(returns, low, high), score_interval(returns, low, high)
    best, bound = _optimum(met) if exact else None, None
    if exact and best is None and family.bound is not None:
        bound = float(np.mean(list(map(family.bound, scenarios))))
    lowest, highest = np.mean(bounds, axis=0).tolist() if bounds else (None, None)
    return Evaluation(
        env_id=env_id.removeprefix("dialogym:"),
        settings=family.settings(),
        grammar=engine.grammar.mode,
        user=user_name(settings.get("user", "scripted")),
        policy=speaker.name,
        seed=seed,
        episodes=len(outcomes),
        dropped=episodes - len(outcomes),
        mean_return=float(returns.mean()),
        return_interval=mean_interval(returns),
        score=score,
        score_interval=spread,
        random_return=None if low is None else float(low.mean()),
        optimal_return=None if high is None else float(high.mean()),
        optimum=best,
        bound=bound if exact else highest,
        lower=lowest,
        exact=exact,
        conduct=conduct(engine.user, engine.ear, earlier),
        reward=engine.reward.describe(),
        mean_reward=float(np.mean(rewards)),
        reward_interval=mean_interval(rewards),
        metrics=mean_metrics(family, outcomes) | (information_metrics(measured) if information else {}),
        returns=payoffs,
    )


def compare(
    env_id: str,
    policies: Sequence[str | Policy],
    episodes: int = 500,
    seed: int = 0,
    reward: RewardSpec | Reward = "goal",
    batch: int = 256,
    references: bool = True,
    difference: bool = False,
    information: bool = False,
    **settings: Any,
) -> Comparison:
    """Play several policies on the same seeds.

    `policies` holds policies or names. `references` puts the random policy first and the optimal one last.
    `difference` adds the paired difference of each policy's return to that of the first one in `policies`. All else is
    as for `evaluate`.

    Raises:
        ValueError: If an argument is invalid.
    """
    if isinstance(policies, str) or not policies:
        raise ValueError(f"policies must be a non-empty list of policies or names, got {policies!r}")
    line: list[str | Policy] = list(policies)
    if references:
        line = ["random", *(policy for policy in line if policy not in ("random", "optimal")), "optimal"]
    evaluations, first = [], ""
    for policy in line:
        try:
            evaluation = evaluate(env_id, policy, episodes, seed, reward, batch, information, **settings)
        except OutOfReach:
            if policy != "optimal" or "optimal" in policies:
                raise
            continue  # nobody asked for it by name: a family without an exact optimum is compared without one
        evaluations.append(evaluation)
        if policy is policies[0] or policy == policies[0]:
            first = evaluation.policy
    return Comparison(tuple(evaluations), first if difference else None)


def user_name(user: Any) -> str:
    """What a simulated user is called in tables."""
    return user if isinstance(user, str) else getattr(user, "name", type(user).__name__)


def conduct(user: Any, ear: Any = None, earlier: Conduct | None = None) -> Conduct:
    """The counts of the language models of a user's voice and mind and of an ear, so far or since `earlier`."""
    parts: dict[str, Any] = {"voice": getattr(user, "voice", None), "mind": user, "ear": ear}
    counted: dict[str, Any] = {name: getattr(part, "counts", None) for name, part in parts.items()}
    found = {name: counts.as_dict() for name, counts in counted.items() if hasattr(counts, "as_dict")}
    if earlier is None:
        return found
    return {part: {name: n - earlier[part][name] for name, n in counts.items()} for part, counts in found.items()}


def mean_metrics(family: Family, outcomes: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """Means of the family's metrics over outcomes; an outcome in which a metric is ``None`` does not count for it."""
    columns = {name: [one[name] for one in outcomes if one.get(name) is not None] for name in family.metrics}
    return {name: sum(map(float, values)) / len(values) if values else None for name, values in columns.items()}


def _reference(
    name: str, engine: Engine, env_id: str, seeds: range, batch: int, counted: np.ndarray
) -> np.ndarray | None:
    """Returns of a reference policy with the scripted user in the episodes that count; kept for the process.

    ``None`` if the family's optimum is out of reach.
    """
    family, mode = engine.family, engine.grammar.mode
    key = name, env_id.removeprefix("dialogym:"), json.dumps(family.settings(), sort_keys=True), mode
    known = _REFERENCES.setdefault(key, {})
    missing = [seed for seed in seeds if seed not in known]
    if missing:
        scripted = Engine(family, Options(grammar=mode))
        try:
            dialogues = rollout(scripted, make_policy(name, scripted), missing, batch)
            known |= {seed: dialogue.steps[-1].payoff for seed, dialogue in zip(missing, dialogues, strict=True)}
        except OutOfReach:
            return None
    return np.array([known[seed] for seed in seeds])[counted]


def _optimum(settings: Sequence[Setting]) -> float | None:
    """The mean of what can be expected in each; ``None`` if that is out of reach."""
    try:
        values = {key: one.solution.start_value() for key, one in {id(one): one for one in settings}.items()}
    except OutOfReach:
        return None
    return float(np.mean([values[id(setting)] for setting in settings]))
