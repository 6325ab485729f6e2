"""Trading, rebuilt from the numbers of its page."""

from __future__ import annotations

import math

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.trading.game import Both, Close, Counter, Deal, Desk, Done, Firm, Oneway, Price, Pull, Twoway


def trading(n):
    game = Desk(n["setting.turns"], n["setting.wait"], n["game.clips"], n["game.screen"], n["game.memory"])
    return Solution(game, Desks(game, n), "client", game.candidates).start_value()


class Desks:
    """As the page says; written for this test alone. A hidden state is the place in both lists."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        return Belief(
            ((i, j), position["weight"] * style["weight"])
            for i, (_, position) in enumerate(self.n["positions"])
            for j, (_, style) in enumerate(self.n["styles"])
        )

    def react(self, hidden, state):
        return Belief.certain((hidden, self.answer(hidden, state)))

    def answer(self, hidden, state):
        position, style, n = self.n["positions"][hidden[0]][1], self.n["styles"][hidden[1]][1], self.n
        act, late = state.topic, state.turn >= self.game.turns
        dealt, size = self.game.clips - state.left, max(state.size, 1)
        helped = sum(clip <= position["clips"] for clip in range(dealt + 1, dealt + size + 1))
        skew = math.ceil(position["skew"] * helped / size)
        read = style["reads"] * state.deals + style["lean"] * state.shown + style["grudge"] * state.pulled
        common = n["size"] * (size // 2) + n["widen"] * (state.asked - 1)
        limit = n["base"] + skew + common + read
        if isinstance(act, Deal):
            return Done()
        if isinstance(act, Counter) and state.tries >= style["holds"] and state.cost - act.ticks >= limit:
            return Done()
        if late:
            return Close()
        if isinstance(act, Oneway):
            return Price(limit + style["room"])
        if isinstance(act, Twoway):
            moved = read + (skew if style["open"] else 0)
            return Both(n["half"] + common + moved, n["half"] + common - moved)
        if not isinstance(act, Counter):
            return Say()
        if style["gives"] == "pull":
            return Pull()
        return Price(state.cost - 1) if style["gives"] == "tick" and state.cost > limit else Firm()
