"""The PettingZoo faces: several seats learn in the same game; those that do not are held by minds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import AECEnv, ParallelEnv

from ..core.duel import Seats
from ..core.game import is_pending
from ..core.stream import Stream
from .base import Family
from .engine import check_on_error
from .make import load_family, split_options
from .registration import lookup
from .room import Move, Room
from .seeds import check_split, drawn, seed_in
from .spaces import Utterance, check_words

RENDERED = ("ansi", "human")
FACED = ("grammar", "render_mode", "split", "on_error", "learners")
"""What both faces take besides the settings of the family."""


class _Faces:
    """What both faces share: who learns, how a dialogue begins, what is printed of it."""

    metadata: dict[str, Any]

    def __init__(
        self,
        family: Family,
        grammar: str = "natural",
        render_mode: str | None = None,
        split: str | None = None,
        on_error: str = "truncate",
        learners: Sequence[str] | None = None,
    ):
        super().__init__()
        check_split(split)
        check_on_error(on_error)
        if family.duel is None:
            raise ValueError(f"{type(family).__name__} has only one seat that can learn")
        if render_mode is not None and render_mode not in RENDERED:
            raise ValueError(f"render_mode must be None, 'ansi' or 'human'; got {render_mode!r}")
        seats = family.people_seats
        self.possible_agents = list(seats) if learners is None else [seat for seat in seats if seat in learners]
        if not self.possible_agents or (learners is not None and set(learners) - set(seats)):
            raise ValueError(f"learners must be some of the seats {', '.join(seats)}; got {learners!r}")
        self.family = family
        self.grammar = family.shared_grammar.using(grammar)
        self.render_mode = render_mode
        self.split = split
        self.agents: list[str] = []
        self.action_spaces = {seat: Utterance() for seat in self.possible_agents}
        self.observation_spaces = {seat: spaces.Dict(self._told()) for seat in self.possible_agents}
        self._generator: np.random.Generator | None = None
        self._drawn_from: Any = None  # its state before the draw

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied, without what is made again: a family's draw may hold functions of its own."""
        return {**vars(self), "grammar": self.grammar.mode}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.grammar = self.family.shared_grammar.using(state["grammar"])
        if self._generator is not None:
            generator = deepcopy(self._generator)
            generator.bit_generator.state = self._drawn_from
            self.room.enter(self._draw(Stream(generator)), self.grammar)

    @property
    def both(self) -> Seats:
        """What the family has drawn for this dialogue."""
        return self.room.both

    @property
    def state_(self) -> Any:
        """The public state."""
        return self.room.state

    def observation_space(self, agent: str) -> spaces.Space:
        """The observation space of a seat; always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """The action space of a seat; always the same object."""
        return self.action_spaces[agent]

    def render(self) -> str | None:
        """The transcript so far in mode ``"ansi"``; in mode ``"human"`` it has been printed already."""
        return "\n".join(map(_line, self.room.told)) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Nothing to release."""

    def _told(self) -> dict[str, spaces.Space]:
        """The parts of an observation."""
        return {"brief": Utterance(), "utterance": Utterance()}

    def _begin(self, seed: int | None) -> None:
        """Draw a scenario and the private facts of all seats; in a split, as `DialogueEnv.reset` does."""
        if seed is not None or self._generator is None:
            self._generator = seeding.np_random(seed if seed is None else seed_in(self.split, seed))[0]
        generator = self._generator
        if seed is None and self.split is not None:
            generator = np.random.default_rng(drawn(self.split, generator))
        self._drawn_from = generator.bit_generator.state
        stream = Stream(generator)
        self.room = Room(self.family, self._draw(stream), self.possible_agents, self.grammar, stream)
        self.agents = list(self.possible_agents)
        self._printed = 0
        self._print()

    def _draw(self, stream: Stream) -> Seats:
        assert self.family.duel is not None
        return self.family.duel(stream)

    def _print(self) -> None:
        """In mode ``"human"``, what has been said since the last time."""
        if self.render_mode == "human":
            for move in self.room.told[self._printed :]:
                print(_line(move))
        self._printed = len(self.room.told)


class DialogueAEC(_Faces, AECEnv[str, dict[str, str], str]):
    """A dialogue between learners, one after the other.

    Observations are ``{"brief": what this seat was told, "utterance": what was said since it last spoke}``, a line for
    each who said something, with its name where several could have. What is said with a sealed move is heard when all
    moves of its round are open. Nobody sits in the seat of a tool. Rewards are the payoffs, at the end. A lost turn
    (malformed, ambiguous or illegal) passes; the third in a row by one seat truncates the episode, which then pays what
    the game pays in that state. ``infos`` say what was wrong.

    Args:
        family: A family in which more than one seat can learn.
        grammar: ``"natural"`` or ``"tagged"``.
        render_mode: ``"human"`` or ``"ansi"`` or ``None``.
        split: As for `Options`.
        on_error: As for `Options`; nothing can fail here, since the simulated people speak by phrase banks.
        learners: The seats that learn, by default all; minds hold the others.

    Raises:
        ValueError: If only one seat of the family can learn, a seat that does not learn has no mind, or an argument is
            not among the valid ones.
    """

    metadata = {"render_modes": list(RENDERED), "name": "dialogym", "is_parallelizable": True}

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Draw a scenario and the private facts of all seats; in a split, as `DialogueEnv.reset` does."""
        self._begin(seed)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {seat: {} for seat in self.agents}
        self.agent_selection = self.room.mover or ""

    def observe(self, agent: str) -> dict[str, str]:
        """What a seat was told, and what the others have said since it last spoke."""
        return {"brief": self.both.briefs[agent], "utterance": self.room.words(agent)}

    def step(self, action: str) -> None:
        """The selected seat says something.

        Raises:
            TypeError: If `action` is not a string.
        """
        seat, room = self.agent_selection, self.room
        if self.terminations[seat] or self.truncations[seat]:
            self._was_dead_step(action)
            return
        check_words(action)
        self._cumulative_rewards[seat] = 0.0
        move = room.say(seat, action)
        self.infos[seat] = {"problem": move.problem, "reason": move.reason} if move.problem else {}
        self._print()
        self._clear_rewards()
        mover = room.mover
        if mover is None:
            self.terminations = dict.fromkeys(self.agents, True)
        elif room.cut:
            self.truncations = dict.fromkeys(self.agents, True)
        if mover is None or room.cut:
            self.rewards = room.payoffs()
        self.agent_selection = mover or next((agent for agent in self.agents if agent != seat), seat)
        self._accumulate_rewards()
        self._deads_step_first()


class DialogueParallel(_Faces, ParallelEnv[str, dict[str, Any], str]):
    """A dialogue between learners, all of whom act in each step.

    In a step all move whose ``turn`` is 1: in a sealed round everybody who is still to move in it, else one. What the
    others are given to say is not said. Everything else is as in `DialogueAEC`, but that an observation has
    ``"turn"`` besides.
    """

    metadata = {"render_modes": list(RENDERED), "name": "dialogym"}

    def _told(self) -> dict[str, spaces.Space]:
        return {**super()._told(), "turn": spaces.Discrete(2)}

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """Draw a scenario and the private facts of all seats; in a split, as `DialogueEnv.reset` does."""
        self._begin(seed)
        return self._observations(), {seat: {} for seat in self.agents}

    def step(
        self, actions: dict[str, str]
    ) -> tuple[
        dict[str, dict[str, Any]], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
    ]:
        """Everybody whose turn it is says something.

        Raises:
            ValueError: If the words of somebody whose turn it is are missing, or an agent does not exist.
            TypeError: If somebody whose turn it is says something that is no string.
        """
        room, infos = self.room, {seat: {} for seat in self.agents}
        if not isinstance(actions, Mapping):
            raise ValueError(f"actions must be a mapping of agents to what they say, got {actions!r}")
        if unknown := [agent for agent in actions if agent not in self.possible_agents]:
            named = ", ".join(map(repr, unknown))
            raise ValueError(f"actions may hold the words of {', '.join(self.possible_agents)}; got those of {named}")
        for seat in room.movers:
            if seat not in actions:
                raise ValueError(f"actions must hold the words of {seat!r}, whose turn it is")
            check_words(actions[seat], "actions", seat)
        for seat in room.movers:
            move = room.say(seat, actions[seat])
            if move.problem:
                infos[seat] = {"problem": move.problem, "reason": move.reason}
            if not is_pending(room.both.game, room.state):
                break  # it was no move of a round, and what follows it has not been heard
        self._print()
        over, agents = room.mover is None, self.agents
        cut = room.cut and not over
        rewards = room.payoffs() if over or cut else dict.fromkeys(agents, 0.0)
        observations = self._observations()
        if over or cut:
            self.agents = []
        return observations, rewards, dict.fromkeys(agents, over), dict.fromkeys(agents, cut), infos

    def _observations(self) -> dict[str, dict[str, Any]]:
        room = self.room
        movers = room.movers
        return {
            seat: {"brief": self.both.briefs[seat], "utterance": room.words(seat), "turn": int(seat in movers)}
            for seat in self.agents
        }


def aec(
    env_id: str,
    grammar: str = "natural",
    render_mode: str | None = None,
    split: str | None = None,
    on_error: str = "truncate",
    learners: Sequence[str] | None = None,
    **settings: Any,
) -> DialogueAEC:
    """The PettingZoo AEC environment of a registered id, in which several seats learn; see `DialogueAEC`.

    Raises:
        ValueError: If the id is unknown, the family has only one seat that can learn, or an argument is not among the
            valid ones.
    """
    return DialogueAEC(_family(env_id, settings), grammar, render_mode, split, on_error, learners)


def parallel(
    env_id: str,
    grammar: str = "natural",
    render_mode: str | None = None,
    split: str | None = None,
    on_error: str = "truncate",
    learners: Sequence[str] | None = None,
    **settings: Any,
) -> DialogueParallel:
    """The PettingZoo parallel environment of a registered id, in which several seats learn; see `DialogueParallel`.

    Raises:
        ValueError: As for `aec`.
    """
    return DialogueParallel(_family(env_id, settings), grammar, render_mode, split, on_error, learners)


def _family(env_id: str, settings: dict[str, Any]) -> Family:
    path, registered = lookup(env_id)
    taken, _ = split_options(settings)
    if taken:
        raise ValueError(
            f"{', '.join(taken)} cannot be set where several seats learn: payoffs are the rewards, minds and phrase "
            "banks speak for those who do not learn, and the grammar reads all words; besides the family's settings "
            f"there are {', '.join(FACED)}"
        )
    return load_family(path, {**registered, **settings}, FACED)


def _line(move: Move) -> str:
    return f"{move.seat.capitalize()}: {move.text}{f'   ({move.problem})' if move.problem else ''}"
