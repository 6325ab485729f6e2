"""What a question was worth, by the exact model: the bits it was expected to bring, and what they are good for.

Functions of the act, not of luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..core.acts import Act, IllegalAct, Say
from ..core.belief import Belief
from ..core.dialogue import Step
from ..core.setting import Setting
from ..core.solver import OutOfReach, Solution
from .beliefs import Filter, mixture
from .registry import register_reward


@register_reward("information/expected_gain")
@dataclass(frozen=True)
class ExpectedGain:
    """Expected information gain of the act that was made: the bits by which the reply narrows the exact belief down.

    ``H(b) - E[H(b')]`` (Lindley 1956), where the hidden state is fixed; where it moves, b is what the belief before the
    step predicts for the time after the reply, as in `curiosity/information_gain`. It is the mutual information of the
    reply and the hidden state: never negative, and 0 for an act after which everybody says the same.

    Args:
        about: The revealed fact that is to be learned, such as ``"tactic"``; ``""`` for the whole hidden state.
    """

    about: str = ""

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        source, dialogue = Filter(about=self.about), step.dialogue
        belief = source.full(dialogue, step.index)
        if not self.about:
            return _expected_gain(dialogue.setting, step.before, belief, step.act)
        about = lambda hidden: source.fact(dialogue, hidden)  # noqa: E731
        return expected_gain(dialogue.setting, step.before, belief, step.act, about)


@register_reward("information/value")
@dataclass(frozen=True)
class ValueOfInformation:
    """Expected value of the information in the reply to the act that was made (EVOI, Howard 1966), in payoff.

    It is what it is worth to choose the next act after the reply and not before: ``sum_i P(i) max_x EU(x | i) - max_x
    sum_i P(i) EU(x | i)``, where i runs over what the others may reply, and x over what the learner can do next. The
    second term is the best that it could do if it had to settle on its next act without hearing the reply; where asking
    leaves everything else as it was, that is ``max_x EU(x)``. What asking costs (a turn, a price) is in both and
    cancels. The value is never negative, and 0 if no reply changes what is best next. An x that is not possible after
    some reply counts there as talk, which is what it would come to.

    ``EU(x | i)`` is by default the expected payoff of x if it ends the dialogue in that exchange, and 0 if it does not:
    the decision-theoretic short sight of classical elicitation. It sees no worth in questions that are good for more
    than the act that follows. ``horizon=2`` counts the learner's best further turn as well, and so on; ``horizon=0``
    all of them, by the exact solution. The more it sees, the slower it is.

    Args:
        horizon: How many of the learner's turns after the reply count; 0 for all.

    Raises:
        ValueError: If `horizon` is not a whole number of at least 0.
        OutOfReach: In a step, if all turns are to count where the optimum is out of reach.
    """

    horizon: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.horizon, bool) or not isinstance(self.horizon, int) or self.horizon < 0:
            raise ValueError(f"horizon must be a whole number of at least 0, got {self.horizon!r}")

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        belief = Filter().full(step.dialogue, step.index)
        return value_of_information(step.dialogue.setting, step.before, belief, step.act, self.horizon)


def expected_gain(
    setting: Setting, state: Any, belief: Belief, act: Act, fact: Callable[[Any], Hashable] | None = None
) -> float:
    """Bits that the reply to `act` is expected to tell of the hidden state, or of a `fact` about it: `ExpectedGain`."""
    ends = setting.seen(state, belief, act)
    if len(ends) == 1:
        return 0.0
    if fact is not None:
        ends = [(p, exchange, posterior.map(fact)) for p, exchange, posterior in ends]
    predicted = mixture([(p, posterior) for p, _, posterior in ends])
    return max(0.0, predicted.entropy - math.fsum(p * posterior.entropy for p, _, posterior in ends))


_expected_gain = lru_cache(maxsize=4096)(expected_gain)  # dialogues begin alike


@lru_cache(maxsize=4096)
def best_expected_gain(setting: Setting, state: Any, belief: Belief) -> float:
    """The largest `expected_gain` among the acts that the game offers in `state`."""
    return max(expected_gain(setting, state, belief, act) for act in setting.game.choices(state, setting.seat))


@lru_cache(maxsize=4096)
def value_of_information(setting: Setting, state: Any, belief: Belief, act: Act, horizon: int = 1) -> float:
    """What it is worth to hear the reply to `act` before the next act is chosen; see `ValueOfInformation`.

    Raises:
        OutOfReach: If `horizon` is 0 and the optimum is out of reach.
    """
    game, seat = setting.game, setting.seat
    seen = setting.seen(state, belief, act)
    ends = [(p, exchange.after, posterior) for p, exchange, posterior in seen if not exchange.over]
    if len(ends) < 2:
        return 0.0  # where the dialogue is over nothing is left to choose
    worth = _worth(setting, horizon)
    acts = list(dict.fromkeys(choice for _, after, _ in ends for choice in game.choices(after, seat)))
    values = [[p * value for value in worth(after, posterior, acts)] for p, after, posterior in ends]
    return max(0.0, math.fsum(map(max, values)) - max(map(math.fsum, zip(*values, strict=True))))


def _worth(setting: Setting, horizon: int) -> Callable[[Any, Belief, list[Act]], list[float]]:
    """Expected payoff of each act with only `horizon` turns counted, itself included."""
    try:
        solution = setting.solution if horizon == 0 else setting.solution.short_sighted(horizon - 1)
    except OutOfReach:
        if horizon == 0:
            raise
        solution = _unsolved(setting).short_sighted(horizon - 1)

    def worth(state: Any, belief: Belief, acts: list[Act]) -> list[float]:
        values: dict[Act, float] = {}
        for act in acts:
            try:
                values[act] = solution.act_value(state, belief, act)
            except IllegalAct:
                if Say() not in values:
                    values[Say()] = solution.act_value(state, belief, Say())
                values[act] = values[Say()]
        return [values[act] for act in acts]

    return worth


@lru_cache(maxsize=256)
def _unsolved(setting: Setting) -> Solution:
    """For the short sight of a setting whose optimum is out of reach."""
    return Solution(setting.game, setting.mind, setting.seat)
