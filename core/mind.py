"""Minds: what drives a simulated person, and what a perfect listener can infer about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from .acts import Act
from .belief import Belief, ProductBelief

H = TypeVar("H", bound=Hashable)
_React = Callable[[Any, Any], Belief[tuple[Any, Act]]]


class Mind(Protocol[H]):
    """A finite hidden state and an exact distribution over what happens next, bound to one scenario."""

    def prior(self) -> Belief[H]:
        """What is known of the hidden state before the first word."""
        ...

    def react(self, hidden: H, state: Any) -> Belief[tuple[H, Act]]:
        """Joint distribution of the next hidden state and of the act that is made in `state`."""
        ...


class FactoredMind(Mind[H], Protocol[H]):
    """A mind whose hidden state is a tuple of independent parts, of which at most one acts and changes at a time.

    Its prior is a `ProductBelief`.

    Beliefs then stay products, and are exact however many parts there are.
    """

    def factor(self, state: Any) -> int | None:
        """Which part answers in `state`; ``None`` if nothing hidden decides the act or changes."""
        ...

    def react_factor(self, part: Any, state: Any) -> Belief[tuple[Any, Act]]:
        """Joint distribution of the next value of the part that answers and of the act. `react` must follow from it."""
        ...


class Contradiction(ValueError):
    """An act that the mind never makes in this state, whatever is hidden."""


def foresee(mind: Mind[H], belief: Belief[H], state: Any) -> list[tuple[Act, float, Belief[H]]]:
    """What the simulated person may do in `state`, to somebody who holds `belief`.

    Returns:
        The act, its probability and the belief after it, in order of first sight. A product belief stays one where the
        mind is a `FactoredMind`.
    """
    part, react, whole = _answering(mind, belief, state)
    split = _split(part, lambda hidden: react(hidden, state))
    return [(act, math.fsum(mass.values()), whole(Belief(mass))) for act, mass in split.items()]


def listen(mind: Mind[H], belief: Belief[H], state: Any, act: Act) -> Belief[H]:
    """Belief about the hidden state after the simulated person made `act` in `state`.

    `state` already contains the learner's last act, so the filter conditions on it: pushing the person into an answer
    is not mistaken for learning the truth.

    Raises:
        Contradiction: If no hidden state in the support of `belief` can make `act` in `state`.
    """
    part, react, whole = _answering(mind, belief, state)
    mass: dict[Any, float] = {}
    for hidden, p in part.items():
        for (after, made), q in react(hidden, state).items():
            if made is act or made == act:
                mass[after] = mass.get(after, 0.0) + p * q
    if not mass:
        raise Contradiction(f"{act!r} is impossible in {state!r} for every hidden state believed possible")
    return whole(Belief(mass))


def overlook(mind: Mind[H], belief: Belief[H], state: Any) -> Belief[H]:
    """Belief about the hidden state after something was done in `state` that tells nothing.

    Only what happens by itself is taken into account.
    """
    part, react, whole = _answering(mind, belief, state)
    mass: dict[Any, float] = {}
    for hidden, p in part.items():
        for (after, _), q in react(hidden, state).items():
            mass[after] = mass.get(after, 0.0) + p * q
    return whole(Belief(mass))


def _answering(mind: Any, belief: Any, state: Any) -> tuple[Belief, _React, Callable[[Belief], Any]]:
    """The belief about what answers in `state`, how that reacts, and how the whole belief follows from the new one."""
    if not (isinstance(belief, ProductBelief) and hasattr(mind, "factor")):  # a protocol check would be slow here
        return belief, mind.react, lambda whole: whole
    place = mind.factor(state)
    if place is None:
        return Belief.certain(belief.support[0]), mind.react, lambda _: belief  # nothing hidden decides or changes
    return belief.factors[place], mind.react_factor, lambda part: belief.replace(place, part)


def _split(belief: Belief, react: Callable[[Any], Belief[tuple[Any, Act]]]) -> dict[Act, dict[Any, float]]:
    """For each act, the joint mass of the act and of what is hidden after it."""
    split: dict[Act, dict[Any, float]] = {}
    for hidden, p in belief.items():
        for (after, act), q in react(hidden).items():
            mass = split.get(act)
            if mass is None:
                mass = split[act] = {}
            mass[after] = mass.get(after, 0.0) + p * q
    return split


def blind_listen(mind: Mind[H], belief: Belief[H], state: Any, act: Act) -> Belief[H]:
    """What somebody believes after `act` who takes every answer for an honest one.

    It ignores what the learner did to get the answer.

    This filter is wrong on purpose: a learner that pushes the person into an answer makes it sure of what is not so. It
    serves to show what a reward pays that is computed from such a belief; `listen` is the remedy.

    A mind that can be pushed has a method ``honest_react(hidden, state)``: what `Mind.react` would be had the learner
    asked and not pushed. In a mind without one there is nothing to ignore, and this is `listen`.

    Raises:
        Contradiction: If no hidden state in the support of `belief` can honestly make `act` in `state`.
    """
    honest = getattr(mind, "honest_react", None)
    if honest is None:
        return listen(mind, belief, state, act)
    mass = _split(belief, lambda hidden: honest(hidden, state)).get(act)
    if not mass:
        raise Contradiction(f"{act!r} is no honest answer in {state!r} for any hidden state believed possible")
    return Belief(mass)
