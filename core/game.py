"""The rules of a dialogue: public state, who may do what, when it ends, what each seat gets."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from .acts import Act
from .belief import Belief

S = TypeVar("S", bound=Hashable)


class Game(Protocol[S]):
    """Pure and deterministic rules, bound to one public scenario. A state is hashable and never mutated.

    A game knows no hidden fact. Whatever a payoff needs beyond the public state (a student's mastery, say) is passed to
    `payoff`.

    There may be any number of seats. All of them see the whole state; a game in which they do not (sealed moves,
    private signals) will say what each sees by ``view(state, seat)``.
    """

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat."""
        ...

    def start(self) -> S:
        """The state before anyone has spoken."""
        ...

    def mover(self, state: S) -> str | None:
        """Whose turn it is; ``None`` when the dialogue is over."""
        ...

    def apply(self, state: S, seat: str, act: Act) -> S:
        """The state after `act`. `Say` is legal in every state in which `seat` moves.

        Raises:
            IllegalAct: If `act` is not possible now. The message says what is.
        """
        ...

    def choices(self, state: S, seat: str) -> Iterable[Act]:
        """Acts that between them do everything that can be done: any other legal act is no better than one of these."""
        ...

    def payoff(self, state: S, seat: str, hidden: Any = None) -> float:
        """What `seat` gets if the dialogue ends in this state, as of its start (any discount is inside).

        The state is a final one, or one in which the dialogue is cut off: costs so far count there too, and it pays no
        more than the best that could be had by going on.
        """
        ...


class FactoredGame(Game[S], Protocol[S]):
    """A game whose payoff is a sum over independent hidden parts: its mean needs the belief about each alone."""

    def expected_payoff(self, state: S, seat: str, factors: Sequence[Belief]) -> float:
        """Mean payoff in a final state under independent beliefs about the parts."""
        ...
