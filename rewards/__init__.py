"""Rewards: functions of a `Step`, by name."""

from . import cost, goal
from .registry import Reward, register_reward, reward_names

__all__ = ["Reward", "cost", "goal", "register_reward", "reward_names"]
