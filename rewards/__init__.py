"""Rewards: functions of a `Step`, by name."""

from . import cost, curiosity, future, goal, information
from .registry import Reward, register_reward, reward_names

__all__ = ["Reward", "cost", "curiosity", "future", "goal", "information", "register_reward", "reward_names"]
