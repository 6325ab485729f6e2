"""What a shaped reward makes best: the exact optimum of any reward in a small setting, found by trying everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.acts import Act
from ..core.dialogue import Dialogue, Step
from ..core.grammar import Heard
from ..core.setting import Setting
from ..core.stream import Stream
from ..rewards.registry import Reward, RewardSpec

World = list[tuple[float, Dialogue]]  # dialogues in which the learner has seen the same, with their probabilities
History = tuple[Any, ...]  # replies to the opening, then act and replies of each step


def best_policies(
    setting: Setting, reward: RewardSpec | Reward, gamma: float = 1.0, scenario: Any = None
) -> tuple[float, dict[History, frozenset[Act]]]:
    """The best expected sum of a reward, and after each history all the acts that attain it.

    Every act of ``game.choices`` is tried after every history that can happen, with every hidden state, and the reward
    is asked in each step as in an episode. No belief, no solver and no pruning are used, so it is slow and serves as
    their witness.

    Args:
        setting: A small game and mind: the number of histories is exponential in the turns.
        reward: Any reward that is a function of the step.
        gamma: Discount of the sum, by step.
        scenario: What ``step.dialogue.scenario`` is to be.

    Returns:
        The value before the first word, and the best acts after each history; two acts within rounding error of each
        other both count.
    """
    total, chosen = Reward(reward), {}

    def best(world: World, history: History) -> float:
        if world[0][1].done:
            return 0.0
        values: dict[Act, float] = {}
        for act in setting.game.choices(world[0][1].state, setting.seat):
            now, heard = 0.0, {}
            for p, dialogue in world:
                for q, after in forks(dialogue, act):
                    now += p * q * total(after.steps[-1])
                    heard.setdefault(after.steps[-1].exchange.replies, []).append((p * q, after))
            values[act] = now + gamma * sum(best(some, (*history, act, replies)) for replies, some in heard.items())
        top, mass = max(values.values()), sum(p for p, _ in world)
        chosen[history] = frozenset(act for act, value in values.items() if value > top - 1e-9 * mass - 1e-12)
        return top

    heard: dict[Any, World] = {}
    for p, dialogue in openings(setting, scenario):
        heard.setdefault(dialogue.opening_exchange and dialogue.opening_exchange.replies, []).append((p, dialogue))
    return sum(best(some, (replies,)) for replies, some in heard.items()), chosen


def openings(setting: Setting, scenario: Any = None) -> Iterator[tuple[float, Dialogue]]:
    """(probability, dialogue) for each hidden state and each opening of the others."""
    for hidden, p in setting.prior:
        stream = Stream(np.random.default_rng(0))
        dialogue = Dialogue(setting, scenario or _Nothing(), "", "", hidden, stream)
        if setting.game.mover(dialogue.state) == setting.seat:
            yield p, dialogue
            continue
        for exchange, q in setting.exchange(dialogue.state, hidden, None):
            opened = dialogue.fork()
            opened.begin(exchange, "Hello.")
            yield p * q, opened


def forks(dialogue: Dialogue, act: Act, hidden: Any = None) -> Iterator[tuple[float, Dialogue]]:
    """(probability, dialogue after `act`) for all that can follow; `hidden` in place of the true hidden state."""
    for exchange, p in dialogue.setting.exchange(dialogue.state, dialogue.hidden if hidden is None else hidden, act):
        other = dialogue.fork()
        other.record(Step(other, "...", Heard(act, "", ""), exchange, "..."))
        yield p, other


class _Nothing:
    """A scenario of which nothing is known."""

    public = None
