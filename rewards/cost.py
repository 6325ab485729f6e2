"""What it cost."""

from __future__ import annotations

from ..core.dialogue import Step
from .registry import register_reward


@register_reward("turn_cost")
def turn_cost(step: Step) -> float:
    """-1 for each utterance of the learner; its weight is the price of a turn."""
    return -1.0


@register_reward("forbidden_words")
def forbidden_words(step: Step) -> float:
    """At the end, less the penalties of what an open scenario forbids and only the learner's words tell; else 0."""
    broken = getattr(step.dialogue.setting.game, "broken", None)
    if broken is None or step.error or not step.done:
        return 0.0
    texts = [past.text for past in step.dialogue.steps]
    return 0.0 - sum(broken(step.after, step.exchange.hidden, texts).values())


@register_reward("format")
def format_(step: Step) -> float:
    """-1 for an utterance that was malformed, ambiguous or illegal, else 0."""
    return -1.0 if step.problem else 0.0
