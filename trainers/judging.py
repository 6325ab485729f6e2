"""The gate before training on a judge."""

from __future__ import annotations

import warnings
from typing import Any

from ..envs.engine import Engine
from ..envs.make import make_engine
from ..rewards.judge_cards import doubts
from ..rewards.judged import PREFIX


def training_engine(config: Any, reward: Any) -> Engine:
    """The engine that a trainer is paid in; it warns of judges that pay and have no card, or do not pass it.

    Args:
        config: Of the training.
        reward: What it is paid.

    Raises:
        ValueError: If an argument of the environment is invalid, or the model that is trained is to judge itself.
    """
    engine = make_engine(config.env_id, reward=reward, **config.settings)
    if any(name.startswith(PREFIX) and weight for name, weight in engine.reward.describe().items()):
        model = str(getattr(config, "model", ""))
        for judge in getattr(engine.judge, "judges", (engine.judge,)):
            if model and model == getattr(judge, "model", "") and not getattr(judge, "itself", False):
                raise ValueError(
                    f"{model} would judge what is trained from it, and models favour their own words: take another "
                    "judge, or say self=true of this one"
                )
        for doubt in doubts(engine.judge):
            warnings.warn(doubt, stacklevel=3)
    return engine
