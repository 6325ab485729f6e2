"""Two policies in one dialogue, through the PettingZoo face: what `rollout` is against a simulated person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..core.acts import Say
from ..core.duel import Said, hear, seat_dialogue
from ..core.stream import Stream
from ..core.thoughts import spoken
from ..envs.base import Family
from ..envs.pettingzoo_env import DialogueAEC
from .policy import Policy, respond_by


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
        ValueError: If only one seat of the family can learn, or there are tools.
    """

    def __init__(self, family: Family, seed: int, grammar: str = "natural"):
        if family.tools:
            raise ValueError(f"{type(family).__name__} has tools, which duels of policies do not know")
        self.env, self.seed = DialogueAEC(family, grammar), seed
        self.env.reset(seed=seed)
        both = self.env.both
        self.dialogues = {
            seat: seat_dialogue(both.game, seat, both.scenarios[seat], both.briefs[seat], seed) for seat in family.seats
        }
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
        env, seat, text = self.env, self.env.agent_selection, spoken(text)
        other = next(agent for agent in env.possible_agents if agent != seat)
        before, heard = env.state_, env.grammar.parse(text, env.both.context(env.state_))
        env.step(text)
        trouble = env.infos[seat]
        problem = "illegal" if trouble.get("problem") == "illegal" else ""
        act, reply = Say() if problem else heard.act, env.observe(other)["utterance"]
        hear(self.dialogues[other], self._waiting.pop(other, None), ((before, seat, act),), env.state_, reply)
        self._waiting[seat] = Said(text, heard, act, problem, trouble.get("reason", ""))
        if self.mover is None:
            hear(self.dialogues[seat], self._waiting.pop(seat), (), env.state_, "")
            if any(env.truncations.values()):
                for dialogue in self.dialogues.values():
                    dialogue.cut()


def seat_stream(seed: int, place: int, attempt: int = 0) -> Stream:
    """The random numbers of the policy in the seat at `place` (from 0) of the duel of `seed`; new for each attempt."""
    return Stream(np.random.default_rng((seed, 1 + attempt, 1 + place)))


def play_duels(
    family: Family, seated: Sequence[Mapping[str, Policy]], seeds: Sequence[int], attempts: Sequence[int] | None = None
) -> list[Duel]:
    """Play one duel a seed, all together. A duel depends on its seed, its attempt and its two policies alone.

    Args:
        family: A family with two seats that can learn.
        seated: For each duel, who sits where. A policy object that sits in one seat only keeps its cache over the
            turns.
        seeds: One for each duel; equal ones meet the same scenario and private facts.
        attempts: Which try at its seed each duel is; all the first by default.

    Returns:
        The finished duels, in the order of the seeds.
    """
    duels = [Duel(family, seed) for seed in seeds]
    tries = attempts or [0] * len(duels)
    streams = [
        {seat: seat_stream(seed, i, attempt) for i, seat in enumerate(family.seats)}
        for seed, attempt in zip(seeds, tries, strict=True)
    ]
    while movers := [(i, seat) for i, duel in enumerate(duels) if (seat := duel.mover) is not None]:
        policies = list({id(seated[i][seat]): seated[i][seat] for i, seat in movers}.values())
        numbers = {id(policy): number for number, policy in enumerate(policies)}
        texts = respond_by(
            policies,
            [numbers[id(seated[i][seat])] for i, seat in movers],
            [duels[i].dialogues[seat] for i, seat in movers],
            [streams[i][seat] for i, seat in movers],
        )
        for (i, _), text in zip(movers, texts, strict=True):
            duels[i].say(text)
    return duels
