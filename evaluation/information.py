"""How well a policy finds out whom it talks to, and how good a belief is.

Functions over finished dialogues: those of a `rollout`, or recorded episodes brought back by `replayed`. The bits are
those of a perfect listener, unless another belief source is given.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..core.episode import Episode
from ..envs.engine import Engine
from ..envs.episodes import engine_of, replay
from ..rewards.beliefs import BeliefSource, Filter, mixture
from ..rewards.curiosity import FLOOR, log_accuracy
from ..rewards.information import best_expected_gain
from .statistics import Interval, mean_interval

BINS = 10  # of confidence, for the calibration error

METRICS = {
    "information_gain": "bits about the hidden state that the replies brought",
    "information_efficiency": "those bits, as a share of what the best questions could be expected to bring there",
    "control_index": "bits of certainty gained less bits of accuracy gained; 0 in the mean unless the belief is wrong",
    "belief_accuracy": "probability that a perfect listener gives to the truth at the end",
}
"""Keys of `information_metrics`, with their meaning."""


class Measured(NamedTuple):
    """The information in one dialogue."""

    gain: float  # bits that the replies brought
    available: float  # bits that the most informative act could be expected to bring, summed over the learner's turns
    control: float  # entropy gain less log-accuracy gain, in bits
    accuracy: float  # probability of the truth at the end


def measure(dialogue: Dialogue) -> Measured:
    """Information in a finished dialogue, by the exact filter."""
    source, end = Filter(), len(dialogue.steps)
    gain = available = 0.0
    for step in dialogue.steps:
        belief = source.belief(dialogue, step.index)
        ends = dialogue.setting.seen(step.before, belief, step.act)
        gain += mixture([(p, after) for p, _, after in ends]).entropy - source.belief(dialogue, step.index + 1).entropy
        available += best_expected_gain(dialogue.setting, step.before, belief)
    accuracy = source.belief(dialogue, end).probability(source.truth(dialogue, end))
    return Measured(gain, available, _control(dialogue, source), accuracy)


def information_metrics(measured: Sequence[Measured]) -> dict[str, float | None]:
    """`METRICS` over dialogues."""
    gain, _, control, accuracy = np.mean(np.array(measured, dtype=float), axis=0).tolist()
    return dict(zip(METRICS, (gain, _share(measured), control, accuracy), strict=True))


def information_efficiency(dialogues: Iterable[Dialogue]) -> float | None:
    """Bits that the replies brought, as a share of what the best questions could be expected to bring.

    Both are summed over the same turns before they are divided. The bits of a reply are the fall in entropy that is
    due to it, ``H(predicted) - H(b')``: what the hidden state's own movement does is left out, as in
    `curiosity/information_gain`. Luck counts, so single dialogues may exceed 1; in expectation it is at most 1, and 1
    for the greedy information seeker. ``None`` where no act could have told anything.
    """
    return _share([measure(dialogue) for dialogue in dialogues])


def control_index(dialogues: Iterable[Dialogue], source: BeliefSource | None = None) -> tuple[float, Interval]:
    """Bits of certainty gained less bits of accuracy gained in a dialogue.

    It is how much of what the belief source thinks it learned is its own making:
    ``sum(entropy gain) - sum(log-accuracy gain)``. Under a correct filter its expectation is 0 whatever the policy,
    because then the expectation of ``log2 b(u*)`` is ``-H(b)`` at every turn. Under a filter that ignores the learner's
    acts it is positive for a learner that pushes people into answers.

    The belief is that of `source`, the exact filter by default.

    Returns:
        The mean, and its 95% interval.
    """
    values = [_control(dialogue, source or Filter()) for dialogue in dialogues]
    return float(np.mean(values)), mean_interval(values)


def belief_accuracy_by_turn(dialogues: Iterable[Dialogue], source: BeliefSource | None = None) -> list[float]:
    """Mean probability that is given to the truth before the first turn, after it, after the second, and so on.

    A dialogue that has ended keeps its last value, so that every turn is a mean over the same dialogues. The belief is
    that of `source`, the exact filter by default.
    """
    source = source or Filter()
    rows = [[source.belief(d, i).probability(source.truth(d, i)) for i in range(len(d.steps) + 1)] for d in dialogues]
    longest = max(map(len, rows), default=0)
    return [float(np.mean([row[min(turn, len(row) - 1)] for row in rows])) for turn in range(longest)]


@dataclass(frozen=True)
class BeliefQuality:
    """How good probabilistic guesses are."""

    count: int
    accuracy: float  # how often the likeliest value was true; of several equally likely ones each counts its part
    log_loss: float  # mean of -log2 of the probability of the truth, in bits
    calibration_error: float  # of the likeliest value, over 10 bins of confidence (Guo et al. 2017, equation 3)

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


def quality(guesses: Sequence[tuple[Belief, Hashable]]) -> BeliefQuality:
    """Hold beliefs against the truth.

    Raises:
        ValueError: If there are none.
    """
    if not guesses:
        raise ValueError("guesses must hold at least one belief")
    rows = []
    for belief, truth in guesses:
        confidence = max(p for _, p in belief)
        top = [outcome for outcome, p in belief if p >= confidence - 1e-9]
        rows.append(((truth in top) / len(top), -math.log2(max(FLOOR, belief.probability(truth))), confidence))
    right, loss, sure = np.array(rows).T
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    off = [abs(np.sum(right[bins == k]) - np.sum(sure[bins == k])) for k in range(BINS)]
    return BeliefQuality(len(guesses), float(np.mean(right)), float(np.mean(loss)), float(sum(off) / len(guesses)))


def quality_by_turn(dialogues: Iterable[Dialogue], source: BeliefSource) -> list[BeliefQuality]:
    """`quality` before the first turn, after it, and so on; each over the dialogues that lasted so long."""
    guesses: list[list[tuple[Belief, Hashable]]] = []
    for dialogue in dialogues:
        guesses += [[] for _ in range(len(dialogue.steps) + 1 - len(guesses))]
        for index in range(len(dialogue.steps) + 1):
            guesses[index].append((source.belief(dialogue, index), source.truth(dialogue, index)))
    return [quality(some) for some in guesses]


def replayed(episodes: Iterable[Episode]) -> list[Dialogue]:
    """Recorded episodes as finished dialogues. Failed ones are left out.

    Raises:
        ValueError: If an episode cannot be replayed, see `replay`.
    """
    dialogues: list[Dialogue] = []
    engines: dict[tuple[str, str, str], Engine] = {}
    for episode in episodes:
        if not episode.error and episode.turns:
            key = (episode.env_id, repr(sorted(episode.settings.items())), episode.grammar)
            if key not in engines:
                engines[key] = engine_of(episode)
            *_, last = replay(episode, engines[key])
            dialogues.append(last.dialogue)
    return dialogues


def _control(dialogue: Dialogue, source: BeliefSource) -> float:
    end = len(dialogue.steps)
    certainty = source.belief(dialogue, 0).entropy - source.belief(dialogue, end).entropy
    return certainty - (log_accuracy(source, dialogue, end) - log_accuracy(source, dialogue, 0))


def _share(measured: Sequence[Measured]) -> float | None:
    available = math.fsum(one.available for one in measured)
    return math.fsum(one.gain for one in measured) / available if available > 0.0 else None
