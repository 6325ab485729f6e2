"""What a turn is worth by what can come after it: exactly, and by playing on.

The multiturn-aware reward of Wu et al. 2025, CollabLLM, section 3.2, judges a reply by sampled continuations of the
dialogue. Here the person is known exactly, so the same number can be had without sampling; both are rewards by name.
What could be expected before the turn is taken off, so that a sum over turns does not pay for long dialogues.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.dialogue import Step
from ..core.stream import Stream
from .registry import register_reward

PLAYERS = ("optimal", "random")


@register_reward("future/exact")
def exact(step: Step) -> float:
    """The exact advantage ``Q*(b, a) - V*(b)`` of the act that was made: at most 0, and 0 for a best act.

    Raises:
        OutOfReach: If nobody can compute the optimum.
    """
    return 0.0 if step.error else _worth(step) - _before(step)


@register_reward("future/sampled")
@dataclass(frozen=True)
class Sampled:
    """The same by forward sampling: the mean payoff of some futures, less ``V*(b)``.

    In each future the person is drawn from the exact belief, and a player goes on. With the optimal player it is an
    unbiased estimate of `exact`. The random one (uniform over ``game.choices``) shows what it costs to judge by futures
    that one would not let happen. The numbers depend on the seed of the dialogue and the turn.

    In a family where the person is a language model the futures are those of the exact mind, in open scenarios those of
    the stand-in.

    Args:
        futures: How many.
        player: ``"optimal"`` or ``"random"``.
        turns: After how many more turns of the learner a future is cut off, and pays what the game pays then; 0 for
            none. Short futures are cheap, and blind to what comes later.

    Raises:
        ValueError: If an argument is invalid.
        OutOfReach: In a step, if nobody can compute the optimum.
    """

    futures: int = 4
    player: str = "optimal"
    turns: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.turns, bool) or not isinstance(self.turns, int) or self.turns < 0:
            raise ValueError(f"turns must be a whole number of at least 0, got {self.turns!r}")
        if isinstance(self.futures, bool) or not isinstance(self.futures, int) or self.futures < 1:
            raise ValueError(f"futures must be a whole number of at least 1, got {self.futures!r}")
        if self.player not in PLAYERS:
            raise ValueError(f"player must be one of {', '.join(PLAYERS)}; got {self.player!r}")

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        if step.error:
            return 0.0
        if step.truncated:
            return exact(step)  # nothing comes after it
        played = [self._play(step, number) for number in range(self.futures)]
        return sum(played) / self.futures - _before(step)

    def _play(self, step: Step, number: int) -> float:
        setting = step.dialogue.setting
        stream = Stream(np.random.default_rng((step.dialogue.seed or 0, step.index, number)))
        state, belief, act = step.before, step.belief_before(), step.act
        hidden, left = belief.sample(stream), self.turns
        while True:
            exchange = setting.draw(state, hidden, act, stream)
            if exchange.over:
                return exchange.payoff
            if self.turns and not left:
                return setting.game.payoff(exchange.after, setting.seat, exchange.hidden)
            left -= 1
            belief, state, hidden = setting.listen(belief, exchange), exchange.after, exchange.hidden
            if self.player == "optimal":
                act = setting.solution.best_act(state, belief)
            else:
                choices = list(setting.game.choices(state, setting.seat))
                act = choices[stream.choose(len(choices))]


def _before(step: Step) -> float:
    return step.dialogue.setting.solution.value(step.before, step.belief_before())


def _worth(step: Step) -> float:
    setting, belief = step.dialogue.setting, step.belief_before()
    worth = setting.cut_value if step.truncated else setting.solution.act_value
    return worth(step.before, belief, step.act)
