"""Baselines for price bargaining: random, human-like, and the fixed heuristics that people try first.

Prices are handled as generosity in ticks (5% of the list price, see `PriceBargaining.generosity`), so that each
baseline plays either seat.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import MIRROR, TICKS, Offer, PriceBargaining

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, dict[str, tuple[str, ...]]] = _WORDS["phrases"]
"""Seat -> slot -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the partner into telling; see `evaluation.attacks`."""

# Mean and standard deviation of 376 human buyers' first offers, as a share of the list price.
FIRST_OFFER = (0.726, 0.19)
CONCESSION = (0.069, 0.04)  # their mean concession an offer; the spread is ours


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the legal kinds of act, then over whole prices from half the list price to the list price.

    For a seller these are seen in the mirror.
    """
    kinds = ["offer", "walk", "talk"] + (["accept"] if dialogue.state.standing is not None else [])
    kind = kinds[stream.choose(len(kinds))]
    if kind == "offer":
        low, high = sorted((_price(dialogue, 10), _price(dialogue, 20)))
        return f"[offer {low + stream.choose(high - low + 1)}]"
    return {"walk": "[walk]", "accept": "[accept]", "talk": "Tell me more about it."}[kind]


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like bargainer in short words: offers and concessions as people make them, never beyond its own value."""
    slot, tag = _bargain(dialogue, stream)
    phrases = PHRASES[dialogue.seat][slot]
    return phrases[stream.choose(len(phrases))].format(tag=tag)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same bargainer, who says nothing but what binds."""
    return _bargain(dialogue, stream)[1]


def _bargain(dialogue: Dialogue, stream: Stream) -> tuple[str, str]:
    worth, last_round = _worth(dialogue), _is_last(dialogue)
    asked = _asked(dialogue)
    mine = _last_offer(dialogue)
    if mine is None:
        target = TICKS * _normal(stream, *FIRST_OFFER)
    else:
        target = mine + TICKS * max(0.0, _normal(stream, *CONCESSION))
    target = min(max(target, 6.0), worth)
    if asked is not None and (asked <= target or (last_round and asked <= worth)):
        return "accept", "[accept]"
    if last_round and asked is not None and target < worth:
        target = (target + worth) / 2
    return "offer", f"[offer {_round_price(dialogue, target)}]"


def _linear(start: float, end: float, rounds: int) -> Callable[[Dialogue, Stream], str]:
    """Concede evenly from `start` to `end` over some rounds."""
    return _conceding(lambda d: start + (end - start) * min(d.state.round, rounds) / rounds)


def _conceding(plan: Callable[[Dialogue], float]) -> Callable[[Dialogue, Stream], str]:
    """Offer what is planned, never beyond the value; take an ask that is as good, in the last round any with a gain."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        worth, asked = _worth(dialogue), _asked(dialogue)
        offer = min(worth, math.floor(plan(dialogue)))
        last_round = _is_last(dialogue)
        if asked is not None and (asked <= offer or (last_round and asked <= worth)):
            return "[accept]"
        return f"[offer {_price(dialogue, max(1, offer))}]"

    return speak


def _wait(rounds: int) -> Callable[[Dialogue, Stream], str]:
    """Say nothing binding for some rounds, then accept any ask that leaves a gain."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        asked = _asked(dialogue)
        if dialogue.state.round >= rounds and asked is not None and asked <= _worth(dialogue):
            return "[accept]"
        return "Can you do better?"

    return speak


def _split(start: float, share: float) -> Callable[[Dialogue, Stream], str]:
    """Open at `start`, then move from there a fixed share of the way to each ask."""
    return _conceding(lambda d: start if d.state.round == 0 else start + share * ((_asked(d) or TICKS) - start))


def _of_value(start: float, end: float) -> Callable[[Dialogue, Stream], str]:
    """Concede evenly from a share of one's own value to another until the deadline."""
    return _conceding(lambda d: _worth(d) * (start + (end - start) * d.state.round / (_game(d).rounds - 1)))


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Callable[[Dialogue, Stream], str]] = {
    "accept-now": _wait(0),
    "wait": _wait(7),
    "fixed-offer": _conceding(lambda d: 10.0),
    "split-difference": _split(10.0, 0.25),
    "linear-concession": _linear(11.0, 14.0, 2),
    "share-of-value": _of_value(0.5, 0.8),
}
"""Fixed heuristics. Their parameters are the best found by an exact sweep on Negotiation-v0 (`docs/negotiation.md`)."""

DEMONSTRATOR = "share-of-value"
"""Whom `make train` clones."""


def sweep() -> dict[str, Callable[[Dialogue, Stream], str]]:
    """The parameter grid from which `HEURISTICS` were chosen, by name."""
    grid: dict[str, Callable[[Dialogue, Stream], str]] = {}
    for rounds in range(8):
        grid[f"wait({rounds})"] = _wait(rounds)
    for offer in range(8, 20):
        grid[f"fixed-offer({offer})"] = _conceding(lambda d, offer=offer: float(offer))
    for start in range(8, 17):
        for share in (0.25, 0.5, 0.75):
            grid[f"split-difference({start},{share})"] = _split(start, share)
        for end in range(start, 20):
            for rounds in range(2, 8):
                grid[f"linear-concession({start},{end},{rounds})"] = _linear(start, end, rounds)
    for start in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8):
        for end in (0.7, 0.8, 0.9, 1.0):
            grid[f"share-of-value({start},{end})"] = _of_value(start, end)
    return grid


def _game(dialogue: Dialogue) -> PriceBargaining:
    return dialogue.setting.game_as(PriceBargaining)


def _is_last(dialogue: Dialogue) -> bool:
    return dialogue.state.round >= _game(dialogue).rounds - 1


def _price(dialogue: Dialogue, generosity: int) -> int:
    """The price that gives the other side so many ticks."""
    return max(1, _game(dialogue).price(dialogue.seat, generosity))


def _ticks(dialogue: Dialogue, price: int) -> float:
    ticks = price * TICKS / _game(dialogue).list_price
    return ticks if dialogue.seat == "buyer" else MIRROR - ticks


def _worth(dialogue: Dialogue) -> int:
    return int(_ticks(dialogue, dialogue.scenario.value))


def _asked(dialogue: Dialogue) -> float | None:
    """What the other side demands now, in ticks of generosity."""
    return None if dialogue.state.standing is None else _ticks(dialogue, dialogue.state.standing)


def _last_offer(dialogue: Dialogue) -> float | None:
    for step in reversed(dialogue.steps):
        if isinstance(step.act, Offer):
            return _ticks(dialogue, step.act.price)
    return None


def _round_price(dialogue: Dialogue, target: float) -> int:
    """The price of a whole tick at or below the target: people name round prices."""
    return _price(dialogue, math.floor(target + 1e-9))


def _normal(stream: Stream, mean: float, deviation: float) -> float:
    """Box and Muller (1958)."""
    return mean + deviation * math.sqrt(-2.0 * math.log(1.0 - stream.random())) * math.cos(
        2.0 * math.pi * stream.random()
    )
