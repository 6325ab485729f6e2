"""What it cost."""

from __future__ import annotations

from ..core.dialogue import Step
from .registry import register_reward


@register_reward("turn_cost")
def turn_cost(step: Step) -> float:
    """-1 for each utterance of the learner; its weight is the price of a turn."""
    return -1.0


@register_reward("format")
def format_(step: Step) -> float:
    """-1 for an utterance that was malformed, ambiguous or illegal, else 0."""
    return -1.0 if step.problem else 0.0
