"""What was achieved."""

from __future__ import annotations

from ..core.dialogue import Step
from .registry import register_reward


@register_reward("goal")
def goal(step: Step) -> float:
    """The learner's payoff at the end of the dialogue, 0 before; its scale is the family's."""
    return step.payoff
