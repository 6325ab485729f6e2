"""A small division between two learners, in which best responses are exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.duel import Remembered, SmallDuel, seat_dialogue
from .game import KINDS, PARTNER, YOU, Division, Package

if TYPE_CHECKING:
    from .family import Bargain
    from .family import Division as Family

LEVELS: dict[str, tuple[Package, ...]] = {
    "camp": ((3, 3, 0), (0, 3, 3)),
    "job": ((4, 4, 0), (0, 4, 4)),
}
"""What a seat may ask for, in steps for itself: all of two issues, and nothing of the first or the third.

With four rounds, a third package takes minutes.
"""


def small_duel(family: Family, asks: Sequence[Package] | None = None) -> SmallDuel:
    """The division that `Division.duel` draws, with few packages to propose; nobody talks.

    Both orders of importance are drawn alike, and each seat knows its own.

    Args:
        family: Of the kind ``"camp"`` or ``"job"``: of things, what one side values says something about the other.
        asks: What may be proposed, in steps that the speaker would get; by default `LEVELS`.

    Raises:
        ValueError: If the family is of another kind, or there is no such package.
    """
    if family.kind not in LEVELS:
        raise ValueError(f"kind must be {' or '.join(LEVELS)} for a small duel, got {family.kind!r}")
    asks = LEVELS[family.kind] if asks is None else tuple(asks)
    scenarios: dict[Package, Bargain] = {}
    for scenario in family.scenarios():
        scenarios.setdefault(scenario.values, scenario)
    first = next(iter(scenarios.values()))
    counts, orders = first.counts, Belief.uniform(scenarios)
    rules = family.parts(first)[0]
    wanted = {YOU: asks, PARTNER: [tuple(c - x for c, x in zip(counts, ask, strict=True)) for ask in asks]}
    for package in wanted[YOU]:
        if package not in rules.packages:
            raise ValueError(f"asks must be of 0 to {counts} steps, got {package!r}")
    offers = {seat: [rules.offers[seat][package] for package in some] for seat, some in wanted.items()}

    def menu(state: Any, seat: str) -> list[Act]:
        if state.round < 0:
            return [Say()]  # the hello
        kept = [act for act in rules.choices(state, seat) if not isinstance(act, (KINDS[family.kind].offer, Say))]
        return [*offers[seat], *kept]

    def game(seat: str, values: Package) -> Remembered:
        mine: Division = replace(rules, values=values) if seat == YOU else replace(rules, others=values)
        return Remembered(mine, menu)

    def dialogue(seat: str, values: Package) -> Dialogue:
        mine = replace(scenarios[values], seat=seat)
        return seat_dialogue(game(seat, values).game, seat, mine, family.brief(mine, family.grammar))

    return SmallDuel(
        (YOU, PARTNER),
        {YOU: orders, PARTNER: orders},
        game,
        dialogue,
        family.grammar,
        lambda state: (
            family.kind,
            counts,
            None if state.standing is None else rules.offers[state.mover][state.standing],
        ),
    )
