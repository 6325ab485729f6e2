"""Minds: what drives a simulated person, and what a perfect listener can infer about it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol, TypeVar

from .acts import Act
from .belief import Belief

H = TypeVar("H", bound=Hashable)


class Mind(Protocol[H]):
    """A finite hidden state and an exact distribution over what happens next, bound to one scenario."""

    def prior(self) -> Belief[H]:
        """What is known of the hidden state before the first word."""
        ...

    def react(self, hidden: H, state: Any) -> Belief[tuple[H, Act]]:
        """Joint distribution of the next hidden state and of the act that is made in `state`."""
        ...


class Contradiction(ValueError):
    """An act that the mind never makes in this state, whatever is hidden."""


def listen(mind: Mind[H], belief: Belief[H], state: Any, act: Act) -> Belief[H]:
    """Belief about the hidden state after the simulated person made `act` in `state`.

    `state` already contains the learner's last act, so the filter conditions on it: pushing the person into an answer is not mistaken for learning the truth.

    Raises:
        Contradiction: If no hidden state in the support of `belief` can make `act` in `state`.
    """
    mass: dict[H, float] = {}
    for hidden, p in belief:
        for (after, made), q in mind.react(hidden, state):
            if made == act:
                mass[after] = mass.get(after, 0.0) + p * q
    if not mass:
        raise Contradiction(f"{act!r} is impossible in {state!r} for every hidden state believed possible")
    return Belief(mass)
