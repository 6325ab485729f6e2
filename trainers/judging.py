"""The gate before training on a judge, and what a judge says of dialogues that are played in groups."""

from __future__ import annotations

import warnings
from typing import Any

from ..envs.engine import Engine
from ..envs.make import make_engine
from ..policies.own_words import see_judge
from ..rewards.judge_cards import doubts
from ..rewards.judged import PREFIX, Judged
from ..rewards.preferred import NEEDS_GROUP, PREFER, Preferences, parted
from ..rewards.registry import Reward
from ..rewards.reward_model import Learned


def training_engine(config: Any, reward: Any, groups: bool = False) -> Engine:
    """The engine that a trainer is paid in; it warns of judges that pay and have no card, or do not pass it.

    Args:
        config: Of the training.
        reward: What it is paid.
        groups: Whether dialogues are played in groups, so that `group_preferences` can pay ``judge/prefer``.

    Raises:
        ValueError: If an argument of the environment is invalid, the model that is trained is to judge itself, or
            ``judge/prefer`` is to be paid where there are no groups.
    """
    reward, prefer = parted(reward)
    if prefer and not groups:
        raise ValueError(NEEDS_GROUP)
    engine = make_engine(config.env_id, reward=reward, **config.settings)
    pays = any(name.startswith(PREFIX) and weight for name, weight in engine.reward.describe().items())
    if prefer and not pays:  # what is only reported would be asked for at every end
        engine.reward = engine.reward.without(lambda part: isinstance(part, Judged))
    if pays or (prefer and prefer[0]):
        if engine.judge is not None and (model := str(getattr(config, "model", ""))):
            see_judge(model, engine.judge)
        for doubt in doubts(engine.judge) if engine.judge is not None else ():
            warnings.warn(doubt, stacklevel=3)
    for _, weight, function in engine.reward.terms:
        for doubt in doubts(function.model) if weight and isinstance(function, Learned) else ():
            warnings.warn(doubt, stacklevel=3)
    return engine


def group_preferences(engine: Engine, reward: Any) -> Preferences | None:
    """What pays ``judge/prefer`` of a reward, if it is in there.

    Raises:
        ValueError: If there is no judge, it cannot compare, or it has no such rubric.
    """
    _, prefer = parted(Reward(reward))
    if prefer is None:
        return None
    if not callable(getattr(engine.judge, "prefer", None)):
        raise ValueError(f"the reward {PREFER!r} needs a judge that can compare: judge=MODEL; got {engine.judge!r}")
    for scenario in engine.family.scenarios():
        prefer[1].asked(engine.family.rubrics(scenario))
    return Preferences(engine.judge, engine.family.rubrics, *prefer)
