"""Whose belief a curiosity reward looks at: the exact filter, a blind one, or a learned user model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.belief import Belief, ProductBelief
from ..core.dialogue import Dialogue
from ..core.mind import Contradiction, blind_listen
from .facts import fact
from .user_model import UserModel

FILTERS = ("exact", "blind")


class BeliefSource(Protocol):
    """Somebody who follows the dialogue and believes something about the simulated person."""

    def belief(self, dialogue: Dialogue, index: int) -> Belief:
        """What is believed before step `index` of the learner; with the number of steps, what is believed now."""
        ...

    def truth(self, dialogue: Dialogue, index: int) -> Hashable:
        """What should have been believed: the hidden state at that time, in the terms of `belief`."""
        ...


def belief_source(filter: str = "exact", model: str = "", about: str = "") -> BeliefSource:
    """A belief source by its parameters.

    Args:
        filter: ``"exact"`` or ``"blind"``, see `Filter`.
        model: Folder of a learned user model (`dialogym train user-model`), used in place of a filter.
        about: The revealed fact that the filter's belief is about, such as ``"tactic"``; ``""`` for the whole hidden
            state. A model knows its own.

    Raises:
        ValueError: If a parameter is not among the valid ones.
        FileNotFoundError: If there is no model.
    """
    if filter not in FILTERS:
        raise ValueError(f"filter must be one of {', '.join(FILTERS)}; got {filter!r}")
    if not model:
        return Filter(filter == "blind", about)
    learned = UserModel.load(model)
    if filter != "exact" or about not in ("", learned.about):
        raise ValueError(
            f"a learned model takes the place of a filter, and is about {learned.about!r}; got filter={filter!r}, "
            f"about={about!r}"
        )
    return learned


@dataclass(frozen=True)
class Filter:
    """Bayes' rule with the simulated person's own mind.

    What a simulated user without that mind (a language model, say) does may be impossible for the mind. It then tells
    nothing.

    Args:
        blind: Ignore what the learner did (`blind_listen`). It is wrong on purpose: a learner that is rewarded for the
            bits it believes in can farm them by pushing the person into an answer. It serves to show just that.
        about: The revealed fact that the belief is about; ``""`` for the whole hidden state.
    """

    blind: bool = False
    about: str = ""

    def belief(self, dialogue: Dialogue, index: int) -> Belief:
        """The filter's belief before step `index`; about a fact, its marginal."""
        if not self.about:
            return self.full(dialogue, index)
        known = dialogue.memo.setdefault(self, {})
        if index not in known:
            known[index] = self.full(dialogue, index).map(lambda hidden: self.fact(dialogue, hidden))
        return known[index]

    def truth(self, dialogue: Dialogue, index: int) -> Hashable:
        """The hidden state before step `index`, or the fact."""
        hidden = dialogue.hidden_at(index)
        return self.fact(dialogue, hidden) if self.about else hidden

    def full(self, dialogue: Dialogue, index: int) -> Belief:
        """The belief about the whole hidden state."""
        if not self.blind:
            return dialogue.belief_at(index)
        setting = dialogue.setting
        chain: list[Belief] = dialogue.memo.setdefault(Filter, [])
        while len(chain) <= index:
            exchange = dialogue.steps[len(chain) - 1].exchange if chain else dialogue.opening_exchange
            belief = chain[-1] if chain else setting.prior
            for state, _, act in exchange.replies if exchange else ():
                try:
                    belief = blind_listen(setting.mind, belief, state, act)
                except Contradiction:
                    continue
            chain.append(belief)
        return chain[index]

    def fact(self, dialogue: Dialogue, hidden: Any) -> Hashable:
        """The fact `about` a hidden state."""
        return fact(dialogue, hidden, self.about)


def mixture(parts: Sequence[tuple[float, Belief]]) -> Belief:
    """The mean of beliefs with weights that add up to 1. Products that differ in one factor make a product.

    Raises:
        OutOfReach: If products of too many outcomes differ in several factors.
    """
    if len(parts) == 1:
        return parts[0][1]
    first, factors = parts[0][1], [belief.factors for _, belief in parts if isinstance(belief, ProductBelief)]
    if isinstance(first, ProductBelief) and len(factors) == len(parts):
        columns = list(zip(*factors, strict=True))
        moved = [place for place, column in enumerate(columns) if any(factor != column[0] for factor in column)]
        if not moved:
            return first
        if len(moved) == 1:
            mixed = mixture([(p, factor) for (p, _), factor in zip(parts, columns[moved[0]], strict=True)])
            return first.replace(moved[0], mixed)
    return Belief((outcome, p * q) for p, belief in parts for outcome, q in belief)
