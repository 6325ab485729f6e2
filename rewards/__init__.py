"""Rewards: functions of a `Step`, by name."""

from . import cost, curiosity, future, goal, information, preferred
from .registry import Reward, register_reward, reward_names

__all__ = [
    "Reward",
    "cost",
    "curiosity",
    "future",
    "goal",
    "information",
    "preferred",
    "register_reward",
    "reward_names",
]
