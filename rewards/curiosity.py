"""Curiosity: reward for knowing the simulated person better.

After Wan et al. 2025, "Enhancing Personalized Multi-Turn Dialogue with Curiosity Reward".

Three of the rewards are potential-based: ``gamma * phi(after) - phi(before)``, where phi is a function of the hidden
state and of what a listener believes about it. Their sum over an episode does not depend on what was done in between,
so they change when a payoff is felt and not which policy is best (Ng, Harada and Russell 1999, theorem 1). That holds
for potentials of the hidden state too: what cancels is the same number, whether or not the learner sees it.

The hidden state may move, as a student's does. The truth is then the hidden state at that time: phi says how well the
person is known *now*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from ..core.belief import Belief, ProductBelief
from ..core.dialogue import Dialogue, Step
from .beliefs import BeliefSource, Filter, belief_source, mixture
from .goal import check_potential
from .registry import register_reward

FLOOR = 1e-6  # least probability that a logarithm is taken of: -20 bits. Only a blind filter or a model gets there


class _OfBelief:
    """A reward with a belief source by its parameters."""

    filter: str
    model: str
    about: str

    def __post_init__(self) -> None:
        _ = self.source  # complain now, not in the first step

    @cached_property
    def source(self) -> BeliefSource:
        """Whose belief it is."""
        return belief_source(self.filter, self.model, self.about)


@dataclass(frozen=True)
class PotentialGain(_OfBelief):
    """``gamma * phi(after) - phi(before)`` in each step.

    The default, ``terminal_potential="zero"``, is the one under which the best policy stays the best (Grzes 2017): the
    potential of a dialogue that has ended counts as 0, whichever way it ended, so each episode's terms add up to
    ``-phi(start)`` whatever was done (with ``gamma=1``). What is given for learning early on is taken back with the
    last step. So the terms serve methods that credit single turns; where every turn is credited with the whole
    episode's sum, they do nothing. With ``"keep"`` the sum is ``phi(end) - phi(start)``: a bonus for what is known at
    the end, and a new objective.

    The default of `gamma` is 1 because payoffs are as of the start of the dialogue, with every discount inside, and
    returns are plain sums.

    Args:
        gamma: Discount of the return that is maximised, above 0 and at most 1.
        terminal_potential: ``"zero"`` or ``"keep"``. A truncated dialogue has ended.
        filter: Whose belief: ``"exact"``, or ``"blind"`` to what the learner did (see `Filter`; for demonstrations of
            what goes wrong).
        model: Folder of a learned user model, in place of a filter.
        about: The revealed fact that the belief is about, such as ``"tactic"``; ``""`` for the whole hidden state.

    Raises:
        ValueError: If an argument is out of range.
    """

    gamma: float = 1.0
    terminal_potential: str = "zero"
    filter: str = "exact"
    model: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        check_potential(self.gamma, self.terminal_potential)
        super().__post_init__()

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        before = self.potential(step.dialogue, step.index)
        if step.done and self.terminal_potential == "zero":
            return -before
        return self.gamma * self.potential(step.dialogue, step.index + 1) - before

    def potential(self, dialogue: Dialogue, index: int) -> float:
        """The potential before step `index`."""
        raise NotImplementedError


@register_reward("curiosity/accuracy")
class AccuracyGain(PotentialGain):
    """Gain in the probability of the truth: phi = b(u*). See `PotentialGain` for the parameters."""

    def potential(self, dialogue: Dialogue, index: int) -> float:
        """The probability of the truth."""
        return self.source.belief(dialogue, index).probability(self.source.truth(dialogue, index))


@register_reward("curiosity/log_accuracy")
class LogAccuracyGain(PotentialGain):
    """Gain in the log-probability of the truth, in bits: phi = log2 b(u*), not below log2 of `FLOOR`.

    See `PotentialGain` for the parameters.
    """

    def potential(self, dialogue: Dialogue, index: int) -> float:
        """The logarithm of the probability of the truth."""
        return log_accuracy(self.source, dialogue, index)


@register_reward("curiosity/entropy")
class EntropyGain(PotentialGain):
    """Fall of the entropy of the belief, in bits: phi = -H(b).

    It needs no truth, and trusts the belief. See `PotentialGain` for the parameters.
    """

    def potential(self, dialogue: Dialogue, index: int) -> float:
        """The entropy of the belief, negated."""
        return -self.source.belief(dialogue, index).entropy


@register_reward("curiosity/information_gain")
@dataclass(frozen=True)
class InformationGain(_OfBelief):
    """What the reply told, in bits: the relative entropy KL(b' || b).

    It is not potential-based: a learner that is paid for it seeks surprise.

    Where the hidden state moves, b is not the belief before the step but what it predicts for the time after the reply:
    only what was heard counts, not what would have changed anyway. (A lesson that everybody learns from tells nothing.)
    Where the hidden state is fixed, that is the same. In expectation it is `information/expected_gain`. A blind filter
    and a learned model make no prediction; for them b is the belief before the step. No probability in it counts as
    less than `FLOOR`.

    Args:
        filter: As for `PotentialGain`.
        model: As for `PotentialGain`.
        about: As for `PotentialGain`.
    """

    filter: str = "exact"
    model: str = ""
    about: str = ""

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        source, dialogue = self.source, step.dialogue
        if isinstance(source, Filter) and not source.blind:
            before = predicted(source, step)
        else:
            before = source.belief(dialogue, step.index)
        return relative_entropy(source.belief(dialogue, step.index + 1), before)


def log_accuracy(source: BeliefSource, dialogue: Dialogue, index: int) -> float:
    """log2 of the probability that is given to the truth, not below log2 of `FLOOR`."""
    return math.log2(max(FLOOR, source.belief(dialogue, index).probability(source.truth(dialogue, index))))


def predicted(source: Filter, step: Step) -> Belief:
    """What the exact filter believes about the hidden state after the reply, with the act made and no reply heard."""
    dialogue = step.dialogue
    ends = dialogue.setting.seen(step.before, source.full(dialogue, step.index), step.act)
    belief = mixture([(p, after) for p, _, after in ends])
    return belief.map(lambda hidden: source.fact(dialogue, hidden)) if source.about else belief


def relative_entropy(belief: Belief, other: Belief) -> float:
    """KL(belief || other) in bits; finite because no probability of `other` counts as less than `FLOOR`."""
    if isinstance(belief, ProductBelief) and isinstance(other, ProductBelief):
        pairs = zip(belief.factors, other.factors, strict=True)
        return math.fsum(relative_entropy(one, two) for one, two in pairs if one is not two)
    return max(0.0, math.fsum(p * math.log2(p / max(FLOOR, other.probability(outcome))) for outcome, p in belief))
