"""Rewards: functions of a `Step`, by name."""

from . import cost, curiosity, goal, information
from .registry import Reward, register_reward, reward_names

__all__ = ["Reward", "cost", "curiosity", "goal", "information", "register_reward", "reward_names"]
