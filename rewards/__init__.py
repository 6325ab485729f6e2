"""Rewards: functions of a `Step`, by name."""

from . import cost, curiosity, future, goal, information, preferred, reactions, reward_model
from .registry import Reward, register_reward, reward_names

__all__ = [
    "Reward",
    "cost",
    "curiosity",
    "future",
    "goal",
    "information",
    "preferred",
    "reactions",
    "register_reward",
    "reward_model",
    "reward_names",
]
