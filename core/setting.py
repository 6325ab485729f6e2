"""A setting: a game, a mind and the learner's seat, with everything that follows from the three."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from .acts import Act, IllegalAct, Say
from .belief import Belief, ProductBelief, Uniform
from .factored import solution_of
from .game import Game
from .mind import Contradiction, Mind, foresee, listen, overlook
from .people import People
from .solver import Candidates, Solution

G = TypeVar("G")
H = TypeVar("H")
_SAY = Say()


class Exchange(NamedTuple):
    """One act of the learner and all that the others did before its next turn.

    Attributes:
        act: What was applied; ``Say()`` where the act asked for was illegal.
        problem: ``"illegal"`` or ``""``.
        reason: Why it was illegal, in words for the actor.
        replies: The others' moves as (state in which it was made, seat, act).
        after: The state at the learner's next turn, or the final state.
        hidden: The hidden state then.
        over: Whether the dialogue has ended.
        payoff: What the learner gets if it has; else 0.
    """

    act: Act
    problem: str
    reason: str
    replies: tuple[tuple[Any, str, Act], ...]
    after: Any
    hidden: Any
    over: bool
    payoff: float


class Setting(Generic[H]):
    """What can happen between a learner in `seat` and `mind` under the rules of `game`.

    Args:
        game: The rules.
        mind: The simulated person, who holds the other seats.
        seat: The learner's seat.
        candidates: See `Solution`.
        optimum: Makes the solution, where a family can share one among settings; by default it is computed here.
    """

    def __init__(
        self,
        game: Game,
        mind: Mind[H],
        seat: str,
        candidates: Candidates | None = None,
        optimum: Callable[[], Solution] | None = None,
    ):
        if seat not in game.seats:
            raise ValueError(f"seat must be one of {', '.join(game.seats)}; got {seat!r}")
        self.game: Game = game
        self.mind, self.seat = mind, seat
        self.prior = mind.prior()
        self._first: dict[tuple, Belief[H]] = {}
        # whether a number is drawn for each move of theirs, whatever is hidden
        self._even = isinstance(mind, People) or getattr(mind, "even", False)
        self._optimum = optimum or (lambda: solution_of(game, mind, seat, candidates))

    def game_as(self, kind: type[G]) -> G:
        """The game, for those who know which one it is.

        Raises:
            TypeError: If it is another.
        """
        if not isinstance(self.game, kind):
            raise TypeError(f"the game must be a {kind.__name__}, got {type(self.game).__name__}")
        return self.game

    @cached_property
    def solution(self) -> Solution:
        """The exact optimum, solved lazily."""
        return self._optimum()

    def draw(self, state: Any, hidden: H, act: Act | None, rng: Uniform) -> Exchange:
        """Draw what follows `act` in `state`; with ``None`` in the start state, what the others open with.

        Its distribution is `exchange`.
        """
        game, seat = self.game, self.seat
        state, act, problem, reason = self._apply(state, act)
        replies: tuple[tuple[Any, str, Act], ...] = ()
        while (mover := game.mover(state)) != seat:
            if mover is None:
                return Exchange(act, problem, reason, replies, state, hidden, True, game.payoff(state, seat, hidden))
            outcomes = self.mind.react(hidden, state)
            hidden, made = outcomes.sample(rng)
            if self._even and len(outcomes) == 1:
                rng.random()
            replies += ((state, mover, made),)
            state = game.apply(state, mover, made)
        return Exchange(act, problem, reason, replies, state, hidden, False, 0.0)

    def exchange(self, state: Any, hidden: H, act: Act | None) -> Belief[Exchange]:
        """Exact distribution of what `draw` returns."""
        game, seat = self.game, self.seat
        state, act, problem, reason = self._apply(state, act)
        open_ends: list[tuple[float, Any, H, tuple]] = [(1.0, state, hidden, ())]
        ends: list[tuple[Exchange, float]] = []
        while open_ends:
            p, state, hidden, replies = open_ends.pop()
            mover = game.mover(state)
            if mover is None or mover == seat:
                payoff = game.payoff(state, seat, hidden) if mover is None else 0.0
                ends.append((Exchange(act, problem, reason, replies, state, hidden, mover is None, payoff), p))
                continue
            for (then, made), q in self.mind.react(hidden, state):
                open_ends.append((p * q, game.apply(state, mover, made), then, (*replies, (state, mover, made))))
        return Belief(ends)

    def seen(self, state: Any, belief: Belief[H], act: Act | None) -> list[tuple[float, Exchange, Belief[H]]]:
        """What somebody who holds `belief` can see to follow `act`: `exchange` with the hidden state summed out.

        Returns:
            Probability, exchange and belief after it, for each course that others can take. ``hidden`` of the exchange
            is ``None``, and its payoff is what is expected under the belief. A game whose payoff is a sum over
            independent parts may have ``expected_payoff(state, seat, factors)``, which is then asked instead of the
            payoff for each hidden state of a product.
        """
        game, seat = self.game, self.seat
        state, act, problem, reason = self._apply(state, act)
        open_ends: list[tuple[float, Any, Belief[H], tuple]] = [(1.0, state, belief, ())]
        ends: list[tuple[float, Exchange, Belief[H]]] = []
        while open_ends:
            p, state, belief, replies = open_ends.pop()
            mover = game.mover(state)
            if mover is None or mover == seat:
                payoff = self.expected_payoff(state, belief) if mover is None else 0.0
                ends.append((p, Exchange(act, problem, reason, replies, state, None, mover is None, payoff), belief))
                continue
            for made, q, after in foresee(self.mind, belief, state):
                open_ends.append((p * q, game.apply(state, mover, made), after, (*replies, (state, mover, made))))
        return ends

    def answered(
        self,
        state: Any,
        hidden: H,
        act: Act | None,
        answer: Callable[[Any, str], Act | None],
        rng: Uniform | None = None,
    ) -> Exchange:
        """What follows `act` where somebody else than the mind answers in its place, such as a person.

        What is hidden goes on as it would with a mind that made the same act. Where the mind cannot make it, it goes on
        as is likeliest: that takes no random number, so that a record of the acts is enough to replay it.

        Args:
            state: Where `act` is made.
            hidden: The hidden state then.
            act: The learner's; ``None`` in the start state, for the opening.
            answer: The legal act that is made in a state by a seat; ``None`` leaves it to the mind, as for a tool.
            rng: Where what is hidden is drawn from, if one act can leave it in several states; the likeliest without
                it.

        Raises:
            IllegalAct: If an answer is not legal.
        """
        game, seat = self.game, self.seat
        state, act, problem, reason = self._apply(state, act)
        replies: tuple[tuple[Any, str, Act], ...] = ()
        while (mover := game.mover(state)) not in (None, seat):
            made = answer(state, mover)
            outcomes = self.mind.react(hidden, state)
            if made is None:
                made = outcomes.sample(rng)[1] if rng is not None else max(outcomes, key=lambda item: item[1])[0][1]
            after = game.apply(state, mover, made)
            same = [(then, p) for (then, would), p in outcomes if would == made]
            if same and rng is not None:
                hidden = Belief(same).sample(rng)
            else:
                hidden = max(Belief(same or [(then, p) for (then, _), p in outcomes]), key=lambda item: item[1])[0]
            replies += ((state, mover, made),)
            state = after
        over = mover is None
        return Exchange(
            act, problem, reason, replies, state, hidden, over, game.payoff(state, seat, hidden) if over else 0.0
        )

    def stay(self, state: Any, hidden: H) -> Exchange:
        """The exchange in which nothing happened, because the simulated user's machinery failed."""
        return Exchange(_SAY, "", "", (), state, hidden, False, 0.0)

    def listen(self, belief: Belief[H], exchange: Exchange) -> Belief[H]:
        """The belief of a perfect listener after `exchange`.

        Acts that no possible mind makes (a person's, see `answered`) tell it nothing.
        """
        if belief is not self.prior:
            return self._listen(belief, exchange.replies)
        first = self._first.get(exchange.replies)  # dialogues begin alike
        if first is None:
            first = self._first[exchange.replies] = self._listen(belief, exchange.replies)
        return first

    def _listen(self, belief: Belief[H], replies: tuple[tuple[Any, str, Act], ...]) -> Belief[H]:
        for state, _, act in replies:
            try:
                belief = listen(self.mind, belief, state, act)
            except Contradiction:
                belief = overlook(self.mind, belief, state)
        return belief

    def cut_value(self, state: Any, belief: Belief[H], act: Act) -> float:
        """Expected payoff of `act` in `state` if the dialogue is cut off after what follows it."""
        return math.fsum(p * self.expected_payoff(end.after, after) for p, end, after in self.seen(state, belief, act))

    def expected_payoff(self, state: Any, belief: Belief) -> float:
        """Mean payoff if the dialogue ends in `state`."""
        game: Any = self.game
        if isinstance(belief, ProductBelief) and hasattr(game, "expected_payoff"):  # a `FactoredGame`
            return game.expected_payoff(state, self.seat, belief.factors)
        return belief.expectation(lambda hidden: self.game.payoff(state, self.seat, hidden))

    def _apply(self, state: Any, act: Act | None) -> tuple[Any, Act, str, str]:
        """State after the learner's act, the act that was applied, and what was wrong with the one asked for."""
        if act is None:
            return state, _SAY, "", ""
        try:
            return self.game.apply(state, self.seat, act), act, "", ""
        except IllegalAct as illegal:
            return self.game.apply(state, self.seat, _SAY), _SAY, "illegal", str(illegal)
