"""Baselines for these bargains: a buyer as people are, and Negotiation's fixed heuristics."""

from __future__ import annotations

import math
from collections.abc import Callable
from zlib import crc32

from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from ..negotiation import policies as _bargains
from ..negotiation.game import TICKS, Offer

ATTACKS = _bargains.ATTACKS
improvise = _bargains.improvise

_BUYER = content(__file__, "buyer.toml")
_TARGETS = (0.5, 0.7, 0.9)  # shares of the list price


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A buyer as people are: it talks first, opens about its target, gives way by a share of the gap, and tires.

    The numbers of ``buyer.toml`` were fitted to human buyers, together with these sellers. The people had targets of
    their own, which are not in the package: here they are 50%, 70% or 90% of the list price, by the item, and at most
    the value. It never goes beyond its value, and names whole ticks. Who tires takes what is asked if that leaves a
    gain, and leaves otherwise.
    """
    slot, price = _decide(dialogue, stream)
    phrases = _bargains.PHRASES["buyer"][slot]
    tag = f"[offer {price}]" if slot == "offer" else f"[{slot}]"
    return phrases[stream.choose(len(phrases))].format(tag=tag)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same buyer, who says nothing but what binds."""
    slot, price = _decide(dialogue, stream)
    return f"[offer {price}]" if slot == "offer" else "Can you go lower?" if slot == "talk" else f"[{slot}]"


def _decide(dialogue: Dialogue, stream: Stream) -> tuple[str, int]:
    """Slot of the words, and the price to offer; prices are shares of the list price until then."""
    state, listed = dialogue.state, dialogue.scenario.list_price
    value, ask = dialogue.scenario.value / listed, state.ask / listed
    target = min(value, _TARGETS[crc32(dialogue.scenario.item.encode()) % len(_TARGETS)])
    own = [step.act.price / listed for step in dialogue.steps if isinstance(step.act, Offer)]
    mine = max(own, default=0.0)
    last = state.round >= dialogue.setting.game_as(_bargains.PriceBargaining).rounds - 1
    tired = _BUYER["quit"] + _BUYER["tire"] * len(own) + _BUYER["clock"] * max(0, state.round - 2)
    most = min(value, target + _BUYER["slack"] + _normal(stream, _BUYER["waver"]))
    tires = stream.random() < tired
    if (tires or (last and own)) and ask < value:
        return "accept", 0
    if tires:
        return "walk", 0
    if (own or state.ask < listed) and ask <= max(most, mine):
        return "accept", 0
    if not own:
        opens = _BUYER["open"][min(state.round, len(_BUYER["open"]) - 1) :]
        if stream.random() * sum(opens) >= opens[0]:
            return "talk", 0
        draw, away = stream.random(), _BUYER["spread"] * stream.random()
        exact, below = _BUYER["exact"], _BUYER["exact"] + _BUYER["below"]
        price = target if draw < exact else target - away if draw < below else min(value, target + away)
    elif stream.random() < _BUYER["talks"]:
        return "talk", 0
    else:
        step = max(0.0, _BUYER["share"] + _normal(stream, _BUYER["share_sd"])) * (ask - mine)
        price = max(mine, min(mine + step, most + _BUYER["stretch"], value))
    whole = max(1, round(price * TICKS)) * listed // TICKS
    return ("accept", 0) if whole >= state.ask else ("offer", whole)


def _normal(stream: Stream, deviation: float) -> float:
    """Box and Muller (1958)."""
    return deviation * math.sqrt(-2.0 * math.log(1.0 - stream.random())) * math.cos(2.0 * math.pi * stream.random())


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

sweep = _bargains.sweep
_GRID = sweep()
HEURISTICS: dict[str, Callable[[Dialogue, Stream], str]] = {
    "accept-now": _GRID["wait(0)"],
    "wait": _GRID["wait(4)"],
    "fixed-offer": _GRID["fixed-offer(10)"],
    "split-difference": _GRID["split-difference(10,0.25)"],
    "linear-concession": _GRID["linear-concession(10,11,4)"],
    "share-of-value": _GRID["share-of-value(0.7,0.7)"],
}
"""Fixed heuristics. Their parameters are the best found by an exact sweep (`docs/negotiation_people.md`)."""

DEMONSTRATOR = "split-difference"
"""Whom a clone learns from: the human-like buyer often leaves."""
