"""Dialogues between learners: how each seat sees one, and the small games in which exploitability can be exact."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .acts import Act, Say
from .belief import Belief
from .dialogue import Dialogue, Step
from .game import Game
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
    """

    state: Any
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True)
class Remembered:
    """A game over `Past`, with fewer acts to choose from.

    Args:
        game: The rules.
        menu: The acts of the small game in a state, all of them legal.
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
        return Past(self.game.apply(state.state, seat, act), (*state.acts, act))

    def choices(self, state: Past, seat: str) -> Iterable[Act]:
        """The menu."""
        return self.menu(state.state, seat)

    def payoff(self, state: Past, seat: str, hidden: Any = None) -> float:
        """As in the game; what is hidden is the other's private fact, which one's payoff does not depend on."""
        return self.game.payoff(state.state, seat)


@dataclass(frozen=True)
class SmallDuel:
    """A small two-seat game with independent private facts.

    Attributes:
        seats: Both seats.
        privates: For each seat, the distribution of its private fact.
        game: The rules as a seat with a private fact knows them.
        dialogue: How a dialogue begins for a seat with a private fact; acts are then replayed into it.
        grammar: How acts are written and read.
        context: What the natural grammar may look at in a state.
    """

    seats: tuple[str, ...]
    privates: Mapping[str, Belief]
    game: Callable[[str, Any], Remembered]
    dialogue: Callable[[str, Any], Dialogue]
    grammar: Grammar
    context: Callable[[Any], Hashable]
