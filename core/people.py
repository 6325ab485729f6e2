"""Several simulated people at one table: a mind for each seat, each with a hidden part of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .acts import Act
from .belief import Belief, ProductBelief
from .game import Game, view_of
from .mind import Mind


class People:
    """Everybody but the learner: a `FactoredMind` made of one mind for each seat.

    What is hidden is a tuple, a part for each mind; who moves answers by its own part alone, so that beliefs stay
    products. A mind is shown the state as its seat may see it (see `SealedGame`). What others do changes nothing hidden
    in it until it moves: a person who has to remember it finds it in the state then.

    Args:
        game: The rules.
        minds: A mind for each simulated seat, with a hidden part of its own.
        decks: Seats whose secrets depend on each other, such as roles dealt from one deck, in groups: their minds are
            equal, and hold one part for all of them. They find in the state who is to answer.

    Raises:
        ValueError: If there are no minds, one is for a seat that the game does not have, or those of a deck differ.
    """

    def __init__(self, game: Game, minds: Mapping[str, Mind], decks: Iterable[Sequence[str]] = ()):
        if unknown := set(minds) - set(game.seats):
            raise ValueError(f"minds must be of the seats {', '.join(game.seats)}; got {', '.join(sorted(unknown))}")
        if not minds:
            raise ValueError("minds must hold at least one mind")
        self.game, self.minds = game, dict(minds)
        dealt = {seat: tuple(deck) for deck in decks for seat in deck}
        groups = tuple(dict.fromkeys(dealt.get(seat, (seat,)) for seat in self.minds))
        if any(seat not in self.minds or self.minds[seat] != self.minds[deck[0]] for seat, deck in dealt.items()):
            raise ValueError(f"decks must hold seats with equal minds; got {', '.join(map(str, dealt.values()))}")
        self._place = {seat: place for place, group in enumerate(groups) for seat in group}
        self.parts = tuple(self.minds[group[0]] for group in groups)
        self._prior = ProductBelief(mind.prior() for mind in self.parts)

    def __eq__(self, other: object) -> bool:
        """Whether equal minds sit in the same seats of equal games, so that a solution can be shared."""
        if not isinstance(other, People):
            return NotImplemented
        mine, theirs = ((people.game, people.minds, people._place) for people in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.game, tuple(self.minds)))

    def described(self) -> tuple[Any, ...]:
        """All that it is made of; see `core.kept.describe`."""
        return self.game, self.minds, self._place

    def place(self, seat: str) -> int:
        """Which part of what is hidden is that of a seat."""
        return self._place[seat]

    def prior(self) -> ProductBelief:
        """What is known of everybody before the first word."""
        return self._prior

    def factor(self, state: Any) -> int:
        """The part of who moves."""
        return self._place[self._mover(state)]

    def react_factor(self, part: Any, state: Any) -> Belief[tuple[Any, Act]]:
        """Joint distribution of the next value of the mover's part and of its act."""
        seat = self._mover(state)
        return self.minds[seat].react(part, view_of(self.game, state, seat))

    def react(self, hidden: tuple[Any, ...], state: Any) -> Belief[tuple[tuple[Any, ...], Act]]:
        """Joint distribution of everybody's next hidden part and of the mover's act."""
        place = self.factor(state)
        outcomes = self.react_factor(hidden[place], state)
        return outcomes.relabel(lambda out: ((*hidden[:place], out[0], *hidden[place + 1 :]), out[1]))

    def _mover(self, state: Any) -> str:
        seat = self.game.mover(state)
        if seat not in self._place:
            raise ValueError(f"nobody here answers for {seat!r}: minds are given for {', '.join(self._place)}")
        return seat
