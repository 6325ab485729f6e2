"""Two policies in one dialogue, through the PettingZoo face: what `rollout` is against a simulated person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from gymnasium.utils import seeding

from ..core.acts import Act, Say
from ..core.belief import Belief
from ..core.dialogue import Dialogue, Step
from ..core.game import Game
from ..core.grammar import Heard
from ..core.setting import Exchange, Setting
from ..core.stream import Stream
from ..envs.family import Family
from ..envs.pettingzoo_env import DialogueAEC
from .policy import Policy


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
        raise NotImplementedError("the other seat is a policy: nothing is known of its mind, so there are no beliefs and no optimum")


class Said(NamedTuple):
    """An utterance that waits for its reply."""

    text: str
    heard: Heard
    act: Act
    problem: str
    reason: str


def seat_dialogue(game: Game, seat: str, scenario: Any, brief: str, seed: int | None = None) -> Dialogue:
    """The dialogue as one seat sees it, before the first word; it has no beliefs and no optimum."""
    return Dialogue(Setting(game, Nobody(), seat), scenario, brief, "", None, Stream(np.random.default_rng(0)), seed)


def hear(dialogue: Dialogue, mine: Said | None, moves: tuple[tuple[Any, str, Act], ...], after: Any, reply: str) -> None:
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
    step = Step(dialogue, mine.text, mine.heard, Exchange(mine.act, mine.problem, mine.reason, moves, after, None, over, payoff), reply)
    step.rewards, step.reward = {"goal": payoff}, payoff
    dialogue.record(step)


class Duel:
    """One dialogue between two policies.

    Attributes:
        env: The PettingZoo environment.
        dialogues: For each seat, the dialogue as it sees it.
        seed: Of scenario and private facts.

    Args:
        family: A family with two seats that can learn.
        seed: Of scenario and private facts.
        grammar: ``"natural"`` or ``"tagged"``.

    Raises:
        ValueError: If only one seat of the family can learn.
    """

    def __init__(self, family: Family, seed: int, grammar: str = "natural"):
        self.env, self.seed = DialogueAEC(family, grammar), seed
        self.env.reset(seed=seed)
        drawn = family.sample(Stream(seeding.np_random(seed)[0]))  # `duel` draws the same first
        scenarios = {seat: _seen_by(drawn, self.env.game, seat) for seat in family.seats}
        self.dialogues = {seat: seat_dialogue(self.env.game, seat, scenarios[seat], self.env.briefs[seat], seed) for seat in family.seats}
        self._waiting: dict[str, Said] = {}

    @property
    def mover(self) -> str | None:
        """Whose turn it is; ``None`` when the dialogue is over or cut off."""
        over = any(self.env.terminations.values()) or any(self.env.truncations.values())
        return None if over else self.env.agent_selection

    @property
    def payoffs(self) -> dict[str, float]:
        """What each seat got; 0 before the end."""
        return {seat: float(reward) for seat, reward in self.env.rewards.items()}

    def say(self, text: str) -> None:
        """The seat whose turn it is says something."""
        env, seat = self.env, self.env.agent_selection
        other = next(agent for agent in env.possible_agents if agent != seat)
        before, heard = env.state_, env.grammar.parse(text, env._context(env.state_))
        env.step(text)
        trouble = env.infos[seat]
        act = Say() if trouble.get("problem") == "illegal" else heard.act
        hear(self.dialogues[other], self._waiting.pop(other, None), ((before, seat, act),), env.state_, env.observe(other)["utterance"])
        self._waiting[seat] = Said(text, heard, act, "illegal" if trouble.get("problem") == "illegal" else "", trouble.get("reason", ""))
        if self.mover is None:
            hear(self.dialogues[seat], self._waiting.pop(seat), (), env.state_, "")
            if any(env.truncations.values()):
                for dialogue in self.dialogues.values():
                    dialogue.cut()


def seat_stream(seed: int, place: int, attempt: int = 0) -> Stream:
    """The random numbers of the policy in the seat at `place` (from 0) of the duel of `seed`; new for each attempt."""
    return Stream(np.random.default_rng((seed, 1 + attempt, 1 + place)))


def play_duels(family: Family, seated: Sequence[Mapping[str, Policy]], seeds: Sequence[int], attempts: Sequence[int] | None = None) -> list[Duel]:
    """Play one duel a seed, all together; a duel depends on its seed and attempt and on the two policies, not on the others.

    Args:
        family: A family with two seats that can learn.
        seated: For each duel, who sits where. A policy object that sits in one seat only keeps its cache over the turns.
        seeds: One for each duel; equal ones meet the same scenario and private facts.
        attempts: Which try at its seed each duel is; all the first by default.

    Returns:
        The finished duels, in the order of the seeds.
    """
    duels = [Duel(family, seed) for seed in seeds]
    tries = attempts or [0] * len(duels)
    streams = [{seat: seat_stream(seed, i, attempt) for i, seat in enumerate(family.seats)} for seed, attempt in zip(seeds, tries, strict=True)]
    while live := [i for i, duel in enumerate(duels) if duel.mover is not None]:
        speakers: dict[int, list[tuple[int, str]]] = {}
        for i in live:
            seat = duels[i].mover
            assert seat is not None
            speakers.setdefault(id(seated[i][seat]), []).append((i, seat))
        for places in speakers.values():
            first, seat = places[0]
            texts = seated[first][seat].respond([duels[i].dialogues[s] for i, s in places], [streams[i][s] for i, s in places])
            for (i, _), text in zip(places, texts, strict=True):
                duels[i].say(text)
    return duels


def _seen_by(scenario: Any, game: Any, seat: str) -> Any:
    """The scenario with the seat's own private value, where there is one."""
    changes: dict[str, Any] = {"value": game.values[game.seats.index(seat)]} if hasattr(scenario, "value") and hasattr(game, "values") else {}
    if getattr(scenario, "temper", ""):
        changes["temper"] = ""  # nobody is simulated
    return replace(scenario, **changes)
