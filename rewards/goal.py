"""What was achieved: at the end, and on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.dialogue import Step
from .registry import register_reward

TERMINAL = ("zero", "keep")


@register_reward("goal")
def goal(step: Step) -> float:
    """The learner's payoff at the end of the dialogue, 0 before; its scale is the family's."""
    return step.payoff


@register_reward("goal/progress")
@dataclass(frozen=True)
class Progress:
    """What a turn has added to what the dialogue would pay if it were cut off: ``gamma * phi(after) - phi(before)``.

    In an open scenario phi is the weight of the checks that hold now, less the turns so far. In every other family it
    is the payoff in the present state, which games are asked for where a dialogue is cut off. It may depend on what is
    hidden: what cancels is the same number, whether or not the learner sees it (Ng, Harada and Russell 1999).

    The best policy stays the best either way, beside ``goal`` and in its place:

    - ``terminal_potential="zero"``: what was paid on the way is taken back with the last step, so that the terms of an
      episode add up to ``-phi(start)``. Beside ``goal``.
    - ``"keep"``: they add up to the payoff less ``phi(start)``: ``goal``, paid when it is earned. In its place.

    Args:
        gamma: Discount of the return that is maximised, above 0 and at most 1.
        terminal_potential: ``"zero"`` or ``"keep"``. A truncated dialogue has ended.

    Raises:
        ValueError: If an argument is out of range.
    """

    gamma: float = 1.0
    terminal_potential: str = "zero"

    def __post_init__(self) -> None:
        check_potential(self.gamma, self.terminal_potential)

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        if step.error:
            return 0.0
        setting = step.dialogue.setting
        before = setting.game.payoff(step.before, setting.seat, step.dialogue.hidden_at(step.index))
        if not step.done:
            after = setting.game.payoff(step.after, setting.seat, step.exchange.hidden)
        else:
            after = step.payoff if self.terminal_potential == "keep" else 0.0
        return self.gamma * after - before


def check_potential(gamma: Any, terminal: str) -> None:
    """See that the parameters of a potential are in their range.

    Raises:
        ValueError: If one is not.
    """
    if isinstance(gamma, bool) or not isinstance(gamma, (int, float)) or not 0.0 < gamma <= 1.0:
        raise ValueError(f"gamma must be above 0 and at most 1, got {gamma!r}")
    if terminal not in TERMINAL:
        raise ValueError(f"terminal_potential must be one of {', '.join(TERMINAL)}; got {terminal!r}")
