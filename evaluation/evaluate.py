"""How good a policy is: returns, normalised scores and the family's metrics on a fixed set of seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.checks import integer
from ..core.dialogue import Dialogue
from ..core.setting import Setting
from ..core.solver import OutOfReach
from ..envs.base import Family
from ..envs.engine import is_refused
from ..envs.make import make_engine
from ..envs.registration import bare
from ..envs.seeds import seed_in
from ..policies.policy import PolicySpec
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.llm_mind import LLMUser
from .information import information_metrics, measure
from .references import references, zero_value
from .regret import DialogueRegret, dialogue_regret, exact_score, lost_acts
from .results import Comparison, Evaluation
from .statistics import mean_interval, normalised_score, score_interval

REGRET = 1000  # episodes held against the optimum: a millisecond or two each
Conduct = dict[str, dict[str, float]]
"""Part (``"policy"``, ``"voice"``, ``"mind"``, ``"ear"``) -> counts of its language models."""


def evaluate(
    env_id: str,
    policy: PolicySpec = "optimal",
    episodes: int = 500,
    seed: int = 0,
    reward: RewardSpec | Reward = "goal",
    batch: int = 256,
    information: bool = False,
    split: str | None = None,
    regret: int = REGRET,
    dialogues: list[Dialogue] | None = None,
    **settings: Any,
) -> Evaluation:
    """Play a policy and say how good it is.

    Episodes in which the machinery of the simulated user or of the policy failed do not count. Those that a content
    filter ended, because it refused the words, count as cut off where they stood, and are told apart: a policy must not
    choose what counts.

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
        split: ``"train"``, ``"validation"`` or ``"test"``: `seed` counts from the first of this split's own seeds.
        regret: How many of the episodes, at most, are held against the exact optimum turn by turn: for `exact_score`,
            and for the acts that lose most. 0 for none.
        dialogues: Gets all dialogues, in the order of the seeds, those that failed too.
        **settings: As for ``gym.make``: ``grammar``, ``user``, ``ear``, and those of the family. The references always
            talk to the scripted user. Where the user decides by anything but the family's mind (``"llm:MODEL"``, say),
            there is no score, but the bounds that still hold.

    Raises:
        ValueError: If an argument is invalid.
        ConnectionError: If the machinery failed in every episode.
    """
    integer(1, episodes=episodes, batch=batch)
    integer(0, regret=regret, seed=seed)
    seed = seed_in(split, seed, episodes)
    engine = make_engine(env_id, reward=reward, **settings)
    family, speaker, seeds = engine.family, make_policy(policy, engine), range(seed, seed + episodes)
    earlier = conduct(engine.user, engine.ear, policy=speaker)
    payoffs, regrets, error, refused = np.full(episodes, np.nan), np.full(episodes, np.nan), "", 0
    rewards, outcomes, met, measured, scenarios, bounds = [], [], [], [], [], []
    cast, exact = family.cast, getattr(engine.user, "exact", False)
    judging, judged = exact and "clairvoyant" not in speaker.name, list[DialogueRegret]()
    for place, dialogue in enumerate(rollout(engine, speaker, seeds, batch)):
        if dialogues is not None:
            dialogues.append(dialogue)
        if dialogue.error:
            error = dialogue.error
            if not is_refused(dialogue):
                continue
            refused += 1
        payoffs[place] = _cut(dialogue) if dialogue.error else dialogue.steps[-1].payoff
        rewards.append(sum(step.reward for step in dialogue.steps))
        outcomes.append(family.outcome(dialogue))
        met.append(dialogue.setting)
        scenarios.append(dialogue.scenario)
        if cast is not None and isinstance(engine.user, LLMUser) and engine.user.bounded:
            bounds.append(cast.bounds(dialogue.setting, dialogue.hidden_start))
        if judging and len(judged) < regret:
            judged.append(dialogue_regret(dialogue, engine.grammar))
            regrets[place], judging = judged[-1].regret, judged[-1].optimum is not None
        if information:
            measured.append(measure(dialogue))
    if not outcomes:
        raise ConnectionError(f"all {episodes} episodes failed; in the last one: {error}")
    counted = ~np.isnan(payoffs)
    returns = payoffs[counted]
    score = spread = over_random = None
    beside: dict[str, Any] = {"random_return": None, "optimal_return": None}
    if exact:
        known = references(engine, seeds, batch)
        low, high = known.low[counted], None if known.optimal is None else known.optimal[counted]
        beside = {"zero": known.zero, "nothing_return": float(known.nothing[counted].mean())}
        beside |= {"random_return": float(known.random[counted].mean())}
        beside |= {"optimal_return": None if high is None else float(high.mean())}
        if high is not None:
            score, spread = normalised_score(returns, low, high), score_interval(returns, low, high)
            over_random = normalised_score(returns, known.random[counted], high)
        if judging and judged:
            beside |= {**exact_score(judged, zero_value(engine))._asdict(), "judged": len(judged)}
            beside |= {"lost": lost_acts(judged), "regrets": regrets}
    best, bound = _optimum(met) if exact else None, None
    if exact and best is None and family.bound is not None:
        bound = float(np.mean(list(map(family.bound, scenarios))))
    lowest, highest = np.mean(bounds, axis=0).tolist() if bounds else (None, None)
    return Evaluation(
        env_id=bare(env_id),
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
        over_random=over_random,
        refused=refused,
        optimum=best,
        bound=bound if exact else highest,
        lower=lowest,
        exact=exact,
        conduct=conduct(engine.user, engine.ear, earlier, speaker),
        reward=engine.reward.describe(),
        mean_reward=float(np.mean(rewards)),
        reward_interval=mean_interval(rewards),
        metrics=mean_metrics(family, outcomes) | (information_metrics(measured) if information else {}),
        returns=payoffs,
        **beside,
    )


def compare(
    env_id: str,
    policies: Sequence[PolicySpec],
    episodes: int = 500,
    seed: int = 0,
    reward: RewardSpec | Reward = "goal",
    batch: int = 256,
    references: bool = True,
    difference: bool = False,
    information: bool = False,
    split: str | None = None,
    regret: int = REGRET,
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
    line: list[PolicySpec] = list(policies)
    if references:
        line = ["random", *(policy for policy in line if policy not in ("random", "optimal")), "optimal"]
    evaluations, first = [], ""
    for policy in line:
        try:
            evaluation = evaluate(env_id, policy, episodes, seed, reward, batch, information, split, regret, **settings)
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


def conduct(user: Any, ear: Any = None, earlier: Conduct | None = None, policy: Any = None) -> Conduct:
    """The counts of the language models of a user's voice and mind, an ear and a policy, so far or since `earlier`."""
    parts: dict[str, Any] = {"policy": policy, "voice": getattr(user, "voice", None), "mind": user, "ear": ear}
    parts |= {"reader": getattr(parts["voice"], "reader", None), "tracker": getattr(user, "tracker", None)}
    counted: dict[str, Any] = {name: getattr(part, "counts", None) for name, part in parts.items()}
    found = {name: counts.as_dict() for name, counts in counted.items() if hasattr(counts, "as_dict")}
    if earlier is None:
        return found
    return {part: {name: n - earlier[part][name] for name, n in counts.items()} for part, counts in found.items()}


def mean_metrics(family: Family, outcomes: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """Means of the family's metrics over outcomes; an outcome in which a metric is ``None`` does not count for it."""
    columns = {name: [one[name] for one in outcomes if one.get(name) is not None] for name in family.metrics}
    return {name: sum(map(float, values)) / len(values) if values else None for name, values in columns.items()}


def _cut(dialogue: Dialogue) -> float:
    """What the game pays where a dialogue stands: to have one's words refused is no better an exit than to leave."""
    return dialogue.setting.game.payoff(dialogue.state, dialogue.seat, dialogue.hidden)


def _optimum(settings: Sequence[Setting]) -> float | None:
    """The mean of what can be expected in each; ``None`` if that is out of reach."""
    try:
        values = {key: one.solution.start_value() for key, one in {id(one): one for one in settings}.items()}
    except OutOfReach:
        return None
    return float(np.mean([values[id(setting)] for setting in settings]))
