"""Policies that use the solver: optimal, lookahead, myopic, and one that is told the secret."""

from __future__ import annotations

from collections.abc import Callable

from ..core.acts import Act
from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..core.grammar import Grammar
from ..core.stream import Stream
from .policy import FunctionPolicy

PLANNERS: dict[str, Callable[[Dialogue], Act]] = {
    "optimal": lambda d: d.setting.solution.best_act(d.state, d.belief()),
    "lookahead": lambda d: d.setting.solution.short_sighted(2).best_act(d.state, d.belief()),
    "myopic": lambda d: d.setting.solution.short_sighted(1).best_act(d.state, d.belief()),
    "clairvoyant": lambda d: d.setting.solution.best_act(d.state, Belief.certain(d.hidden)),
}
"""Name -> act.

``optimal`` is the exact Bayes optimum; ``lookahead`` sees two of its own turns, ``myopic`` one; ``clairvoyant`` knows
the hidden state: it bounds what information is worth and is no honest policy."""


def planner(name: str, grammar: Grammar) -> FunctionPolicy:
    """One of `PLANNERS`, as a policy that speaks in tags."""
    pick = PLANNERS[name]

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        act = pick(dialogue)
        return grammar.print(act) or "Let me think about it."

    return FunctionPolicy(name, speak)
