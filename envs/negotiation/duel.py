"""A small bargain between two learners, in which best responses are exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.acts import Act
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.duel import Remembered, SmallDuel, seat_dialogue
from .game import TICKS, Offer
from .mind import POPULATIONS

ROUNDS = 3  # more make too many courses of the dialogue to be tabulated

if TYPE_CHECKING:
    from .family import Bargain, Negotiation


def small_duel(
    family: Negotiation,
    prices: Sequence[int] = (8, 12, 16),
    item: int = 0,
    values: Mapping[str, Sequence[int]] | None = None,
) -> SmallDuel:
    """The bargain over one item that `Negotiation.duel` draws, on a grid of prices.

    The number of courses grows as the number of acts to the power of turns: two rounds and a handful of prices are
    seconds for a policy of plain code and minutes for a language model.

    Args:
        family: The bargain; its `rounds` should be 2 or 3.
        prices: That may be offered, in ticks (5% of the list price).
        item: Which of the family's items.
        values: What the item may be worth to a seat, in ticks, all equally likely, in place of what the family draws.

    Raises:
        ValueError: If an argument is invalid.
    """
    if family.rounds > ROUNDS:
        raise ValueError(f"a small bargain has up to {ROUNDS} rounds, got {family.rounds}: add --set rounds=2")
    scenarios = list({scenario.item: replace(scenario, temper="") for scenario in family.scenarios()}.values())
    if not 0 <= item < len(scenarios):
        raise ValueError(f"item must be from 0 to {len(scenarios) - 1}, got {item}")
    scenario: Bargain = scenarios[item]
    tick = scenario.list_price // TICKS
    if not prices or not all(isinstance(price, int) and 1 <= price <= 2 * TICKS for price in prices):
        raise ValueError(f"prices must be whole ticks from 1 to {2 * TICKS}, got {prices!r}")
    rules = family.rules(scenario, "seller", (None, None))
    privates: dict[str, Belief] = {
        family.role: Belief.uniform({s.value for s in family.scenarios() if s.item == scenario.item}),
        family.partner: POPULATIONS[family.population].types.map(lambda hidden: rules.price(family.role, hidden.floor)),
    }
    for seat, worth in (values or {}).items():
        if seat not in privates:
            raise ValueError(f"values must be of {' and '.join(privates)}; got {seat!r}")
        privates[seat] = Belief.uniform(w * tick for w in worth)
    offers = tuple(Offer(price * tick) for price in sorted(set(prices)))
    sides = {seat: replace(family, role=seat) for seat in family.seats}

    def menu(state: Any, seat: str) -> list[Act]:
        return [act for act in rules.choices(state, seat) if not isinstance(act, Offer)] + list(offers)

    def game(seat: str, value: int) -> Remembered:
        return Remembered(replace(rules, values=(value, None) if seat == "buyer" else (None, value)), menu)

    def dialogue(seat: str, value: int) -> Dialogue:
        mine = replace(scenario, value=value)
        return seat_dialogue(game(seat, value).game, seat, mine, sides[seat].brief(mine, family.grammar))

    return SmallDuel(
        family.seats,
        privates,
        game,
        dialogue,
        family.grammar_of(scenario),
        lambda state: (scenario.list_price, state.standing, state.mover),
    )
