"""An independent optimum: plain recursion over every act, keyed by nothing, pruned by nothing.

Slow and obviously right.
"""

from __future__ import annotations


def brute_force(game, mind, seat):
    """Best expected payoff of `seat` from the start."""

    def best(state, mass):
        mover = game.mover(state)
        if mover is None:
            return sum(p * game.payoff(state, seat, hidden) for hidden, p in mass.items())
        if mover == seat:
            return max(best(game.apply(state, seat, act), mass) for act in game.choices(state, seat))
        heard = {}
        for hidden, p in mass.items():
            for (after, act), q in mind.react(hidden, state):
                heard.setdefault(act, {})
                heard[act][after] = heard[act].get(after, 0.0) + p * q
        return sum(best(game.apply(state, mover, act), part) for act, part in heard.items())

    return best(game.start(), dict(mind.prior()))
