"""Dialogym: multi-turn dialogue environments for reinforcement learning, with simulated people whose optimum is known.

``import dialogym`` registers the environments with gymnasium. Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .envs.registration import ids, register, register_all, register_family
from .rewards.registry import register_reward, reward_names

__version__ = "0.1.0"

register_all()

_LAZY = {
    "aec": "envs.pettingzoo_env",
    "collect": "policies.collect",
    "compare": "evaluation.evaluate",
    "evaluate": "evaluation.evaluate",
    "make_policy": "policies.registry",
    "make_engine": "envs.make",
    "parallel": "envs.pettingzoo_env",
    "play": "policies.collect",
    "read_episodes": "envs.episodes",
    "rescore": "envs.episodes",
}

__all__ = [
    "__version__",
    "ids",
    "register",
    "register_all",
    "register_family",
    "register_reward",
    "reward_names",
    *_LAZY,
]


def __dir__() -> list[str]:
    """For tab completion: also what is imported when it is used."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
