"""What tests of adapters share: a learner that reads nothing but the chat, and what it gets in plain gymnasium."""

from __future__ import annotations

import re
from functools import cache

import dialogym  # noqa: F401
import gymnasium as gym


def speak(messages):
    """A buyer in Negotiation-v0, or a tutor in Tutoring-v0."""
    brief, last = messages[0]["content"], messages[-1]["content"]
    spoken = sum(message["role"] == "assistant" for message in messages)
    if "You tutor" in brief:
        skills = re.findall(r"\d (\w+) \(", brief)
        act = ("example", "explain")[spoken % 2]
        return f"[{act} {skills[spoken // 2]}]" if spoken // 2 < len(skills) else "[stop]"
    worth = int(re.search(r"worth \$(\d+) to you", brief)[1])
    asked = re.findall(r"\$(\d+)", last.split("\n\n")[-1])
    offer = int(worth * min(0.95, 0.6 + 0.06 * spoken)) // 10 * 10
    return "[accept]" if asked and int(asked[-1]) <= max(offer, 0.85 * worth) else f"[offer {offer}]"


@cache
def plain(env_id, seed, split=None):
    """The rewards of `speak`, and the last info, from plain gymnasium."""
    env = gym.make(env_id, split=split)
    env.reset(seed=seed)
    rewards = []
    while True:
        _, reward, over, cut, info = env.step(speak(env.unwrapped.messages()))
        rewards.append(reward)
        if over or cut:
            return rewards, info
