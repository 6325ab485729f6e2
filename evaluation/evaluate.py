"""How good a policy is: returns, normalised scores and the family's metrics on a fixed set of seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.setting import Setting
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
    speaker = make_policy(policy, engine)
    seeds = range(seed, seed + episodes)
    earlier = conduct(engine)
    payoffs, rewards, outcomes, met, measured, error = np.full(episodes, np.nan), [], [], [], [], ""
    scenarios, bounds = [], []
    cast, exact = engine.family.cast, getattr(engine.user, "exact", False)
    for place, dialogue in enumerate(rollout(engine, speaker, seeds, batch)):
        if dialogue.error:
            error = dialogue.error
            continue
        payoffs[place] = dialogue.steps[-1].payoff
        rewards.append(sum(step.reward for step in dialogue.steps))
        outcomes.append(engine.family.outcome(dialogue))
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
    user = settings.get("user", "scripted")
    random, optimal = (
        _reference(name, engine, env_id, seeds, batch) if exact else None for name in ("random", "optimal")
    )
    low, high = (None if reference is None else reference[counted] for reference in (random, optimal))
    score = spread = None
    if low is not None and high is not None:
        score, spread = normalised_score(returns, low, high), score_interval(returns, low, high)
    best = _optimum(met) if exact else None
    lowest, highest = np.mean(bounds, axis=0).tolist() if bounds else (None, None)
    return Evaluation(
        env_id=env_id.removeprefix("dialogym:"),
        settings=engine.family.settings(),
        grammar=engine.grammar.mode,
        user=user if isinstance(user, str) else getattr(user, "name", type(user).__name__),
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
        bound=highest if not exact else None if best is not None else _bound(engine.family, scenarios),
        lower=lowest,
        exact=exact,
        conduct=_since(earlier, conduct(engine)),
        reward=engine.reward.describe(),
        mean_reward=float(np.mean(rewards)),
        reward_interval=mean_interval(rewards),
        metrics=mean_metrics(engine.family, outcomes) | (information_metrics(measured) if information else {}),
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

    Args:
        env_id: A registered id.
        policies: Policies or names.
        episodes: How many for each.
        seed: First seed.
        reward: See `evaluate`.
        batch: Dialogues that run together.
        references: Put the random policy first and the optimal one last.
        difference: Add the paired difference of each policy's return to that of the first one in `policies`.
        information: See `evaluate`.
        **settings: As for `evaluate`.

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
        except NotImplementedError:
            if policy != "optimal" or "optimal" in policies:
                raise
            continue  # nobody asked for it by name: a family without an exact optimum is compared without one
        evaluations.append(evaluation)
        if policy is policies[0] or policy == policies[0]:
            first = evaluation.policy
    return Comparison(tuple(evaluations), first if difference else None)


def conduct(engine: Engine) -> dict[str, dict[str, float]]:
    """The counts of the language models of an engine so far: of its user's voice and mind, and of its ear."""
    parts = {"voice": getattr(engine.user, "voice", None), "mind": engine.user, "ear": engine.ear}
    counts = {name: getattr(part, "counts", None) for name, part in parts.items()}
    return {name: count.as_dict() for name, count in counts.items() if hasattr(count, "as_dict")}  # pyright: ignore


def _since(earlier: dict[str, dict[str, float]], now: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {part: {name: value - earlier[part][name] for name, value in counts.items()} for part, counts in now.items()}


def mean_metrics(family: Family, outcomes: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """Means of the family's metrics over outcomes; an outcome in which a metric is ``None`` does not count for it."""
    means: dict[str, float | None] = {}
    for name in family.metrics:
        values = [float(outcome[name]) for outcome in outcomes if outcome.get(name) is not None]
        means[name] = sum(values) / len(values) if values else None
    return means


def _reference(name: str, engine: Engine, env_id: str, seeds: range, batch: int) -> np.ndarray | None:
    """Returns of a reference policy with the scripted user, shape (seeds,); ``None`` if the family's optimum is out of reach. Kept for the process."""
    family = engine.family
    known = _REFERENCES.setdefault(
        (name, env_id.removeprefix("dialogym:"), json.dumps(family.settings(), sort_keys=True), engine.grammar.mode), {}
    )
    missing = [seed for seed in seeds if seed not in known]
    if missing:
        scripted = Engine(family, Options(grammar=engine.grammar.mode))
        try:
            for dialogue in rollout(scripted, make_policy(name, scripted), missing, batch):
                known[dialogue.seed] = dialogue.steps[-1].payoff  # type: ignore[index]
        except NotImplementedError:
            return None
    return np.array([known[seed] for seed in seeds])


def _bound(family: Family, scenarios: Sequence[Any]) -> float | None:
    """Mean of the family's upper bound on the optimum over the scenarios seen; ``None`` if it has no method ``bound(scenario)``."""
    bound = family.bound
    return None if bound is None else float(np.mean([bound(scenario) for scenario in scenarios]))


def _optimum(settings: Sequence[Setting]) -> float | None:
    distinct = {id(setting): setting for setting in settings}
    try:
        values = {key: setting.solution.start_value() for key, setting in distinct.items()}
    except NotImplementedError:
        return None
    return float(np.mean([values[id(setting)] for setting in settings]))
