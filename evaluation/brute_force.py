"""An independent optimum: plain recursion over every act, keyed by nothing, pruned by nothing.

Slow and obviously right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.acts import Say
from ..core.belief import Belief
from ..core.game import Game
from ..core.mind import Mind


class TooLarge(ValueError):
    """The recursion would take more moves than it may."""


def brute_force(
    game: Game,
    mind: Mind,
    seat: str,
    state: Any = None,
    belief: Belief | None = None,
    moves: float = float("inf"),
    waiting: bool = False,
) -> float:
    """Best expected payoff of a seat.

    Args:
        game: The rules.
        mind: Holds the other seats.
        seat: The seat to optimise.
        state: Where it begins; at the start by default.
        belief: About the hidden state there; the prior by default.
        moves: How many may be tried; one that depends on what is hidden counts for each hidden state.
        waiting: Whether to try `Say` everywhere, also where the game's choices lack it.

    Raises:
        TooLarge: If there are more.
    """
    left = moves

    def best(state: Any, mass: Mapping[Any, float]) -> float:
        nonlocal left
        mover = game.mover(state)
        if mover is None:
            return sum(p * game.payoff(state, seat, hidden) for hidden, p in mass.items())
        left -= len(mass)
        if left < 0:
            raise TooLarge(f"more than {moves:,} moves can be made")
        if mover == seat:
            acts = (*game.choices(state, seat), *([Say()] if waiting else []))
            return max(best(game.apply(state, seat, act), mass) for act in dict.fromkeys(acts))
        heard: dict[Any, dict[Any, float]] = {}
        for hidden, p in mass.items():
            for (after, act), q in mind.react(hidden, state):
                part = heard.setdefault(act, {})
                part[after] = part.get(after, 0.0) + p * q
        return sum(best(game.apply(state, mover, act), part) for act, part in heard.items())

    return best(game.start() if state is None else state, dict(mind.prior() if belief is None else belief))
