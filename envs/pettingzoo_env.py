"""The PettingZoo face: both seats are learners; the same game, no mind."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import AECEnv

from ..core.acts import IllegalAct, Say
from ..core.dialogue import together
from ..core.stream import Stream
from ..core.thoughts import spoken
from ..simulated_users.user import Cue
from .base import Family
from .engine import PATIENCE, check_on_error
from .make import load_family
from .registration import lookup
from .seeds import check_split, drawn, seed_in
from .spaces import Utterance


class DialogueAEC(AECEnv[str, dict[str, str], str]):
    """A dialogue between two learners.

    Observations are ``{"brief": what this seat was told, "utterance": what the other seat said last}``; what a tool
    answers stands in a line of its own, and nobody sits in its seat. Rewards are the payoffs, at the end. A lost turn
    (malformed, ambiguous or illegal) passes; the third in a row by one seat truncates the episode, which then pays what
    the game pays in that state. ``infos`` say what was wrong.

    `pettingzoo.utils.conversions.turn_based_aec_to_parallel` makes the parallel form.

    Args:
        family: A family with a second seat.
        grammar: ``"natural"`` or ``"tagged"``.
        render_mode: ``"human"`` or ``"ansi"`` or ``None``.
        split: As for `Options`.
        on_error: As for `Options`; nothing can fail here, since nobody is simulated.

    Raises:
        ValueError: If the family has no second seat to learn in, or an argument is not among the valid ones.
    """

    metadata = {"render_modes": ["ansi", "human"], "name": "dialogym", "is_parallelizable": True}

    def __init__(
        self,
        family: Family,
        grammar: str = "natural",
        render_mode: str | None = None,
        split: str | None = None,
        on_error: str = "truncate",
    ):
        super().__init__()
        check_split(split)
        check_on_error(on_error)
        if family.duel is None:
            raise ValueError(f"{type(family).__name__} has only one seat that can learn")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode must be None, 'ansi' or 'human'; got {render_mode!r}")
        self.family, self._duel = family, family.duel
        self.grammar = family.grammar.using(grammar)
        self.render_mode = render_mode
        self.split = split
        self.possible_agents = list(family.people_seats)
        self.agents: list[str] = []
        self.observation_spaces: dict[str, Any] = {
            seat: spaces.Dict({"brief": Utterance(), "utterance": Utterance()}) for seat in self.possible_agents
        }
        self.action_spaces = {seat: Utterance() for seat in self.possible_agents}
        self._generator: np.random.Generator | None = None
        self._drawn_from: Any = None  # its state before the draw

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied, without what is made again: a family's draw may hold functions of its own."""
        return {name: value for name, value in vars(self).items() if name not in ("both", "grammar")} | {
            "grammar": self.grammar.mode
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.grammar = self.family.grammar.using(state["grammar"])
        if self._generator is not None:
            generator = deepcopy(self._generator)
            generator.bit_generator.state = self._drawn_from
            self.both = self._duel(Stream(generator))

    def observation_space(self, agent: str) -> spaces.Space:
        """The observation space of a seat; always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """The action space of a seat; always the same object."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Draw a scenario and the private facts of both seats; in a split, as `DialogueEnv.reset` does."""
        if seed is not None or self._generator is None:
            self._generator = seeding.np_random(seed if seed is None else seed_in(self.split, seed))[0]
        generator = self._generator
        if seed is None and self.split is not None:
            generator = np.random.default_rng(drawn(self.split, generator))
        self._drawn_from = generator.bit_generator.state
        self.both = self._duel(Stream(generator))
        self.state_ = self.both.game.start()
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {seat: {} for seat in self.agents}
        self._last = dict.fromkeys(self.agents, "")
        self._unread: dict[str, list[str]] = {seat: [] for seat in self.agents}
        self._lost = dict.fromkeys(self.agents, 0)
        self._lines: list[str] = []
        self.agent_selection = self.both.game.mover(self.state_) or ""

    def observe(self, agent: str) -> dict[str, str]:
        """What a seat was told, and what the other said last."""
        return {"brief": self.both.briefs[agent], "utterance": self._last[agent]}

    def step(self, action: str) -> None:
        """The selected seat says something."""
        seat = self.agent_selection
        if self.terminations[seat] or self.truncations[seat]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[seat] = 0.0
        action = spoken(action)
        heard = self.grammar.parse(action, self.both.context(self.state_))
        problem, reason = heard.problem, heard.reason
        try:
            state = self.both.game.apply(self.state_, seat, heard.act)
        except IllegalAct as illegal:
            problem, reason = "illegal", str(illegal)
            state = self.both.game.apply(self.state_, seat, Say())
        self.infos[seat] = {"problem": problem, "reason": reason} if problem else {}
        self._lost[seat] = self._lost[seat] + 1 if problem else 0
        self.state_ = state
        shown = action if self.observation_spaces[seat]["utterance"].contains(action) else "..."
        lines = [f"{seat.capitalize()}: {shown}{f'   ({problem})' if problem else ''}", *self._tools(seat, action)]
        self._unread[seat] = []
        for agent in self.agents:
            if new := lines[1:] if agent == seat else [shown, *lines[1:]]:
                self._unread[agent] += new
                self._last[agent] = together(self._unread[agent])
        self._lines += lines
        if self.render_mode == "human":
            print("\n".join(lines))
        self._clear_rewards()
        mover = self.both.game.mover(self.state_)
        cut = self._lost[seat] >= PATIENCE
        if mover is None:
            self.terminations = dict.fromkeys(self.agents, True)
        elif cut:
            self.truncations = dict.fromkeys(self.agents, True)
        if mover is None or cut:
            self.rewards = {agent: self.both.game.payoff(self.state_, agent) for agent in self.agents}
        self.agent_selection = mover or next(agent for agent in self.agents if agent != seat)
        self._accumulate_rewards()
        self._deads_step_first()

    def _tools(self, seat: str, heard: str) -> list[str]:
        """Let the tools answer, as far as it is their turn; what they print."""
        both, lines = self.both, []
        while (tool := both.game.mover(self.state_) or "") in self.family.tools:
            act = both.tool(self.state_)  # type: ignore[misc]  # a family with tools has it
            cue = Cue(act, tool, both.scenarios[seat].public, "", heard, False, "", "", self.state_)
            lines.append(f"{tool.capitalize()}: {self.family.tools[tool](cue)}")
            self.state_ = both.game.apply(self.state_, tool, act)
        return lines

    def render(self) -> str | None:
        """The transcript so far in mode ``"ansi"``; in mode ``"human"`` it has been printed already."""
        return "\n".join(self._lines) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Nothing to release."""


def aec(
    env_id: str,
    grammar: str = "natural",
    render_mode: str | None = None,
    split: str | None = None,
    on_error: str = "truncate",
    **settings: Any,
) -> DialogueAEC:
    """The PettingZoo AEC environment of a registered id, in which both seats learn.

    Raises:
        ValueError: If the id is unknown, the family has only one seat that can learn, or an argument is not among the
            valid ones.
    """
    path, registered = lookup(env_id)
    return DialogueAEC(load_family(path, {**registered, **settings}), grammar, render_mode, split, on_error)
