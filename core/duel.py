"""Dialogues between learners: how each seat sees one, and the small games in which exploitability can be exact."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .acts import Act, Say
from .belief import Belief
from .dialogue import Dialogue, Step
from .game import Game, is_pending, movers_of, view_of
from .grammar import Grammar, Heard
from .mind import Mind
from .setting import Exchange, Setting
from .stream import Stream


class Seats(NamedTuple):
    """A dialogue in which several seats are learners.

    Attributes:
        game: The rules, with the private facts of all seats.
        briefs: What each seat is told first.
        scenarios: The scenario as each seat knows it.
        context: What the natural grammar may look at in a state.
        tool: What a tool does in a state, from data that no seat is shown.
        minds: A mind for each seat that can be simulated while others learn; none where all have to.
    """

    game: Game
    briefs: dict[str, str]
    scenarios: dict[str, Any]
    context: Callable[[Any], Hashable]
    tool: Callable[[Any], Act] | None = None
    minds: Mapping[str, Mind] = {}


class Nobody:
    """The mind of a dialogue in which nobody is simulated."""

    def prior(self) -> Belief[None]:
        """Nothing is hidden in it."""
        return Belief.certain(None)

    def react(self, hidden: None, state: Any) -> Belief[tuple[None, Act]]:
        """Not possible.

        Raises:
            NotImplementedError: Always: who reacts is a policy, of which no distribution is known.
        """
        raise NotImplementedError(
            "the other seat is a policy: nothing is known of its mind, so there are no beliefs and no optimum"
        )


class Said(NamedTuple):
    """An utterance that waits for its reply."""

    text: str
    heard: Heard
    act: Act
    problem: str
    reason: str


def seat_dialogue(
    game: Game, seat: str, scenario: Any, brief: str, seed: int | None = None, listener: Setting | None = None
) -> Dialogue:
    """The dialogue as one seat sees it, before the first word.

    Args:
        game: The rules, with the private facts of all seats.
        seat: Who sees it.
        scenario: As this seat knows it.
        brief: What it is told first.
        seed: Of the dialogue.
        listener: What the seat takes the others for, with whom it has beliefs and an optimum; else it has none.
    """
    if listener is None:
        setting = Setting(game, Nobody(), seat)
    else:
        setting = Setting(game, listener.mind, seat, optimum=lambda: listener.solution)
    return Dialogue(setting, scenario, brief, "", None, Stream(np.random.default_rng(0)), seed)


def hear(
    dialogue: Dialogue, mine: Said | None, moves: tuple[tuple[Any, str, Act], ...], after: Any, reply: str
) -> None:
    """Record what the other seat did, and with it one's own utterance before it.

    Args:
        dialogue: Of the seat that hears.
        mine: What it had said; ``None`` if the other seat opens.
        moves: The other's (state, seat, act); none if there is no reply any more.
        after: The state then.
        reply: The other's words.
    """
    game, seat = dialogue.setting.game, dialogue.seat
    over = game.mover(after) is None
    payoff = game.payoff(after, seat) if over else 0.0
    if mine is None:
        dialogue.begin(Exchange(Say(), "", "", moves, after, None, over, payoff), reply)
        dialogue.done = over
        return
    step = Step(
        dialogue,
        mine.text,
        mine.heard,
        Exchange(mine.act, mine.problem, mine.reason, moves, after, None, over, payoff),
        reply,
    )
    step.rewards, step.reward = {"goal": payoff}, payoff
    dialogue.record(step)


class Past(NamedTuple):
    """A state that remembers how it came about, since what a policy does next may depend on all of it.

    Attributes:
        state: Of the game.
        acts: Every act so far, by whose turn it was.
        sealed: How many of the last acts are not open yet.
    """

    state: Any
    acts: tuple[Act, ...] = ()
    sealed: int = 0


@dataclass(frozen=True)
class Remembered:
    """A game over `Past`, with fewer acts to choose from. It is a `SealedGame` if the game is one.

    Args:
        game: The rules.
        menu: The acts of the small game in a state, all of them legal; of a tool the one that it does.
    """

    game: Any
    menu: Callable[[Any, str], Sequence[Act]]

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat."""
        return self.game.seats

    def start(self) -> Past:
        """Nothing has been said."""
        return Past(self.game.start())

    def mover(self, state: Past) -> str | None:
        """Whose turn it is."""
        return self.game.mover(state.state)

    def apply(self, state: Past, seat: str, act: Act) -> Past:
        """The state after `act`."""
        after = self.game.apply(state.state, seat, act)
        shut = is_pending(self.game, after) and self.game.mover(after) is not None
        return Past(after, (*state.acts, act), state.sealed + 1 if shut else 0)

    def view(self, state: Past, seat: str) -> Past:
        """The state as `seat` may see it, and the acts that are open."""
        return Past(view_of(self.game, state.state, seat), state.acts[: len(state.acts) - state.sealed])

    def pending(self, state: Past) -> bool:
        """Whether a move has been made that is not open yet."""
        return bool(state.sealed)

    def movers(self, state: Past) -> tuple[str, ...]:
        """Who can move now without having heard each other."""
        return movers_of(self.game, state.state)

    def choices(self, state: Past, seat: str) -> Sequence[Act]:
        """The menu."""
        return self.menu(state.state, seat)

    def payoff(self, state: Past, seat: str, hidden: Any = None) -> float:
        """As in the game; what is hidden are the others' private facts, which one's payoff does not depend on."""
        return self.game.payoff(state.state, seat)


class Ahead(NamedTuple):
    """A state of `Foremost`.

    Attributes:
        past: Of the game.
        held: What the seat has chosen and the game has not been told yet.
    """

    past: Past
    held: Act | None = None


@dataclass(frozen=True)
class Foremost:
    """A small game for a seat that responds to the others: where moves are made at once, it makes its own first.

    So a solver that knows the whole state plans without knowing what is still sealed.

    Args:
        game: The small game.
        seat: Who responds.
    """

    game: Remembered
    seat: str

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat."""
        return self.game.seats

    def start(self) -> Ahead:
        """Nothing has been said."""
        return Ahead(self.game.start())

    def mover(self, state: Ahead) -> str | None:
        """Whose turn it is."""
        if state.held is None and self.seat in self.game.movers(state.past):
            return self.seat
        return self.game.mover(state.past)

    def apply(self, state: Ahead, seat: str, act: Act) -> Ahead:
        """The state after `act`; the seat's own is kept until its turn in the game."""
        past, held = state
        if seat == self.seat and self.game.mover(past) != seat:
            return Ahead(past, act)
        past = self.game.apply(past, seat, act)
        if held is not None and self.game.mover(past) == self.seat:
            return Ahead(self.game.apply(past, self.seat, held))
        return Ahead(past, held)

    def view(self, state: Ahead, seat: str) -> Past:
        """The state of the game as another seat may see it."""
        return self.game.view(state.past, seat)

    def choices(self, state: Ahead, seat: str) -> Sequence[Act]:
        """The menu at the seat's own turn, which nothing depends on that is sealed."""
        past = state.past
        while (mover := self.game.mover(past)) not in (None, seat):
            past = self.game.apply(past, mover, self.game.choices(past, mover)[0])
        return self.game.choices(past, seat)

    def payoff(self, state: Ahead, seat: str, hidden: Any = None) -> float:
        """As in the small game."""
        return self.game.payoff(state.past, seat)

    def expected_payoff(self, state: Ahead, seat: str, factors: Sequence[Any]) -> float:
        """The same: it depends on nothing hidden."""
        return self.game.payoff(state.past, seat)


@dataclass(frozen=True)
class SmallDuel:
    """A small game between learners with independent private facts.

    Attributes:
        seats: Those that learn. Any other seat of the game is a tool's.
        privates: For each seat, the distribution of its private fact.
        game: The rules as a seat with a private fact knows them.
        dialogue: How a dialogue begins for a seat with a private fact; acts are then replayed into it.
        grammar: How acts are written and read.
        context: What the natural grammar may look at in a state.
        printed: What a tool prints of its act in a state; by default nothing.
    """

    seats: tuple[str, ...]
    privates: Mapping[str, Belief]
    game: Callable[[str, Any], Remembered]
    dialogue: Callable[[str, Any], Dialogue]
    grammar: Grammar
    context: Callable[[Any], Hashable]
    printed: Callable[[str, Act, Any], str] = lambda seat, act, state: ""
