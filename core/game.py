"""The rules of a dialogue: public state, who may do what, when it ends, what each seat gets."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from .acts import Act

S = TypeVar("S", bound=Hashable)


class Game(Protocol[S]):
    """Pure and deterministic rules, bound to one public scenario. A state is hashable and never mutated.

    A game knows no hidden fact. Whatever a payoff needs beyond the public state (a student's mastery, say) is passed to
    `payoff`.

    There may be any number of seats. All of them see the whole state, but in a `SealedGame`. Two more methods are
    optional; they let the solver know that states differ in nothing that matters:

    - ``unbank(state, seat) -> (banked, state)``, for payoffs that add up along the way: what the seat has got so far,
      and the same state without it. The payoff of a final state must be the sum of both.
    - ``symmetry(state, beliefs) -> (state, beliefs, back)``, for people who are alike but for their names: one
      representative of the states that differ in names alone, the beliefs about its people (of a `People`, in their
      order, each as pairs of outcome and probability), and what gives an act there its names here.
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
    """A game whose payoff is a sum over independent hidden parts, or depends on none: its mean needs the belief about
    each part alone.
    """

    def expected_payoff(self, state: S, seat: str, factors: Sequence[Iterable[tuple[Any, float]]]) -> float:
        """Mean payoff in a final state under independent beliefs about the parts, each as pairs with probabilities."""
        ...


class SealedGame(Game[S], Protocol[S]):
    """A game in which not everybody sees everything: moves made at once, and signals for one seat alone.

    Moves at once are made one after the other, into a part of the state that the others' views leave out until all have
    moved; so `mover` stays one seat. The learner sees the whole state: it moves before the others in such a round, and
    what it must not know is hidden in the minds. Words are kept back as acts are: nobody hears what is said with a
    sealed move before it is open.

    A method ``audience(state, seat) -> seats`` is optional: who hears what a seat does in a state, such as a line of a
    tool that is for one seat alone. Without it all do. The views must leave out what others did not hear.
    """

    def view(self, state: S, seat: str) -> S:
        """The state as `seat` may see it."""
        ...

    def pending(self, state: S) -> bool:
        """Whether a move has been made that is not open yet."""
        ...

    def movers(self, state: S) -> tuple[str, ...]:
        """Who can move now without having heard each other: the mover and, in a sealed round, those still to come."""
        ...


def view_of(game: Any, state: Any, seat: str) -> Any:
    """The state as a seat may see it: the whole of it, but in a `SealedGame`."""
    view = getattr(game, "view", None)
    return state if view is None else view(state, seat)


def is_pending(game: Any, state: Any) -> bool:
    """Whether a move has been made that not everybody has heard yet; never but in a `SealedGame`."""
    pending = getattr(game, "pending", None)
    return pending is not None and pending(state)


def hears(game: Any, state: Any, seat: str, listener: str) -> bool:
    """Whether a seat hears what another one does in a state: always, but where the game has an ``audience``."""
    audience = getattr(game, "audience", None)
    return audience is None or listener in audience(state, seat)


def movers_of(game: Any, state: Any) -> tuple[str, ...]:
    """Who can move now without having heard each other; nobody when the dialogue is over."""
    mover = game.mover(state)
    if mover is None:
        return ()
    movers = getattr(game, "movers", None)
    return (mover,) if movers is None else movers(state)
