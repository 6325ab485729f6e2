"""Negotiation: price bargaining over one item, as an environment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple

from ..core.acts import Act
from ..core.dialogue import Dialogue
from ..core.grammar import Grammar
from ..core.setting import Setting
from ..core.solver import Rescaled, Solution
from ..core.stream import Stream
from ..games.negotiation import MIRROR, SEATS, TICKS, Haggle, Offer, PriceBargaining
from ..simulated_users.negotiation import POPULATIONS, Bargainer, Haggler
from ..simulated_users.voices.negotiation import GRAMMAR, VOICE
from .catalogue import ITEMS, a


class PublicFacts(NamedTuple):
    """What both sides know."""

    item: str
    detail: str
    list_price: int


@dataclass(frozen=True, slots=True)
class Bargain:
    """One scenario: the item, its list price, and what it is worth to the learner (all in whole currency units)."""

    item: str
    detail: str
    list_price: int
    value: int

    @property
    def public(self) -> PublicFacts:
        """The facts without the learner's value."""
        return PublicFacts(self.item, self.detail, self.list_price)


@dataclass(frozen=True)
class Negotiation:
    """DOCSTRING"""

    role: str = "buyer"
    rounds: int = 8
    discount: float = 0.96
    population: str = "default"
    values: tuple[int, ...] = (13, 15, 17, 19, 21)

    seats: ClassVar[tuple[str, ...]] = SEATS
    grammar: ClassVar[Grammar] = GRAMMAR
    voice: ClassVar = VOICE
    scenario_type: ClassVar[type] = Bargain
    metrics: ClassVar[dict[str, str]] = {
        "deal": "share of dialogues that end in a deal",
        "price": "agreed price as a share of the list price, deals only",
        "surplus_share": "the learner's share of the whole surplus, deals with a zone of agreement only",
        "rounds": "rounds used",
        "missed_deal": "share without a deal although one was possible",
        "false_deal": "share of deals worse than the learner's value",
        "malformed": "malformed or ambiguous turns a dialogue",
        "illegal": "illegal turns a dialogue",
    }

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if self.role not in SEATS:
            raise ValueError(f"role must be one of {', '.join(SEATS)}; got {self.role!r}")
        if not isinstance(self.rounds, int) or not 2 <= self.rounds <= 20:
            raise ValueError(f"rounds must be a whole number from 2 to 20, got {self.rounds!r}")
        if not 0.0 < self.discount <= 1.0:
            raise ValueError(f"discount must be above 0 and at most 1, got {self.discount!r}")
        if self.population not in POPULATIONS:
            raise ValueError(f"population must be one of {', '.join(POPULATIONS)}; got {self.population!r}")
        if not self.values or not all(isinstance(v, int) and 1 <= v < MIRROR for v in self.values):
            raise ValueError(f"values must be whole ticks (5% of the list price) from 1 to {MIRROR - 1}, got {self.values!r}")

    @property
    def partner(self) -> str:
        """The simulated person's seat."""
        return "seller" if self.role == "buyer" else "buyer"

    def settings(self) -> dict[str, Any]:
        """The arguments that make this family again."""
        return {
            "role": self.role, "rounds": self.rounds, "discount": self.discount, "population": self.population, "values": list(self.values),
        }  # fmt: skip

    @cached_property
    def _table(self) -> tuple[Bargain, ...]:
        worth = self.values if self.role == "buyer" else tuple(MIRROR - v for v in self.values)
        return tuple(Bargain(item.name, item.detail, item.list_price, w * item.list_price // TICKS) for item in ITEMS for w in worth)

    def scenarios(self) -> Sequence[Bargain]:
        """Every item with every value of the learner; all equally likely."""
        return self._table

    def sample(self, stream: Stream) -> Bargain:
        """Draw one of `scenarios`."""
        return self._table[stream.choose(len(self._table))]

    def setting(self, scenario: Bargain) -> Setting:
        """Game and mind; items of one price and value share them.

        Raises:
            ValueError: If the list price or the value is not a positive whole multiple of 5% of the list price.
        """
        return _setting(self.role, self.rounds, self.discount, self.population, scenario.list_price, scenario.value)

    def brief(self, scenario: Bargain, grammar: Grammar) -> str:
        """Item, list price, own value, rounds, discount, and how to act."""
        return _brief(self, scenario, grammar.mode, grammar.help())

    def context(self, dialogue: Dialogue) -> Hashable:
        """List price and standing offer."""
        return (dialogue.scenario.list_price, dialogue.state.standing)

    def outcome(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue, and the agreed price in currency units."""
        state, scenario = dialogue.state, dialogue.scenario
        game = dialogue.setting.game
        reservation = self._reservation(scenario, dialogue.hidden)
        sign = 1 if self.role == "buyer" else -1
        zone = sign * (scenario.value - reservation)  # what there is to share
        surplus = sign * (scenario.value - state.deal) if state.deal is not None else 0
        problems = [step.problem for step in dialogue.steps]
        return {
            "deal": state.deal is not None,
            "ending": state.ending or "truncated",
            "agreed_price": state.deal,
            "price": None if state.deal is None else state.deal / game.list_price,
            "surplus": surplus / game.list_price,
            "surplus_share": surplus / zone if state.deal is not None and zone > 0 else None,
            "rounds": max(1, min(state.round + (state.ending in ("deal", "walk")), game.rounds)),
            "missed_deal": state.deal is None and zone > 0,
            "false_deal": surplus < 0,
            "malformed": sum(problem in ("malformed", "ambiguous") for problem in problems),
            "illegal": problems.count("illegal"),
        }

    def reveal(self, scenario: Bargain, hidden: Bargainer) -> dict[str, Any]:
        """The partner's reservation price, in currency units, and its tactic."""
        return {"reservation": self._reservation(scenario, hidden), "tactic": hidden.tactic}

    def duel(self, stream: Stream) -> tuple[PriceBargaining, dict[str, str], Callable[[Haggle], Hashable]]:
        """A bargain in which both seats are learners: the partner's private value is drawn like a partner's reservation price."""
        scenario = self.sample(stream)
        reservation = self._reservation(scenario, POPULATIONS[self.population].types.sample(stream))
        worth = {self.role: scenario.value, self.partner: reservation}
        game = PriceBargaining(scenario.list_price, "seller", (worth["buyer"], worth["seller"]), self.rounds, self.discount)
        sides = {seat: replace(self, role=seat) for seat in SEATS}
        briefs = {seat: sides[seat].brief(replace(scenario, value=worth[seat]), self.grammar) for seat in SEATS}
        return game, briefs, lambda state: (scenario.list_price, state.standing)

    def _reservation(self, scenario: Bargain, hidden: Bargainer) -> int:
        ticks = hidden.floor if self.role == "buyer" else MIRROR - hidden.floor
        return ticks * scenario.list_price // TICKS


@cache
def _brief(family: Negotiation, scenario: Bargain, mode: str, tags: str) -> str:
    buying = family.role == "buyer"
    return (
        f"You {'want to buy' if buying else 'are selling'} {a(scenario.item)} ({scenario.detail}). List price: ${scenario.list_price}. "
        f"It is worth ${scenario.value} to you: your gain is {'that minus the price' if buying else 'the price minus that'}, or 0 without a deal. "
        f"You have {family.rounds} rounds; each further round keeps {family.discount:.0%} of the gain. "
        f"What binds is one tag a message: {tags}{'; plain words work too' if mode == 'natural' else ''}."
    )


@cache
def _setting(role: str, rounds: int, discount: float, population: str, list_price: int, value: int) -> Setting:
    if list_price < TICKS or list_price % TICKS or value * TICKS % list_price:
        raise ValueError(f"list_price must be a positive multiple of {TICKS} and value a multiple of a tick of it; got {list_price!r} and {value!r}")
    game, mind = _sides(role, rounds, discount, population, list_price, value)
    tick = list_price // TICKS

    def optimum() -> Solution:
        base = _optimum(role, rounds, discount, population, value // tick)
        return Rescaled(game, mind, base, lambda state: _shrink(state, tick), lambda act: Offer(act.price * tick) if isinstance(act, Offer) else act)

    return Setting(game, mind, role, mind.candidates, optimum)


@cache
def _optimum(role: str, rounds: int, discount: float, population: str, ticks: int) -> Solution:
    """The shared solution of all bargains that differ only in scale."""
    game, mind = _sides(role, rounds, discount, population, TICKS, ticks)
    return Solution(game, mind, role, mind.candidates)


def _sides(role: str, rounds: int, discount: float, population: str, list_price: int, value: int) -> tuple[PriceBargaining, Haggler]:
    partner = "seller" if role == "buyer" else "buyer"
    values = (value, None) if role == "buyer" else (None, value)
    game = PriceBargaining(list_price, partner, values, rounds, discount)
    return game, Haggler(game, partner, POPULATIONS[population])


def _shrink(state: Haggle, tick: int) -> Haggle:
    return state if state.standing is None else state._replace(standing=state.standing // tick)


