"""Several policies in one dialogue, through the PettingZoo face: what `rollout` is against simulated people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..core.duel import Said, hear, seat_dialogue
from ..core.game import view_of
from ..core.stream import Stream
from ..core.thoughts import spoken
from ..envs.base import Family
from ..envs.pettingzoo_env import DialogueAEC
from .policy import Policy, respond_by


class Duel:
    """One dialogue between policies.

    Attributes:
        env: The PettingZoo environment.
        dialogues: For each seat that a policy has, the dialogue as it sees it.
        seed: Of scenario and private facts.

    Args:
        family: A family in which more than one seat can learn.
        seed: Of scenario and private facts.
        grammar: ``"natural"`` or ``"tagged"``.
        learners: The seats of the policies, by default all; minds hold the others.

    Raises:
        ValueError: If only one seat of the family can learn.
    """

    def __init__(self, family: Family, seed: int, grammar: str = "natural", learners: Sequence[str] | None = None):
        self.env, self.seed = DialogueAEC(family, grammar, learners=learners), seed
        self.env.reset(seed=seed)
        both = self.env.both
        self.dialogues = {
            seat: seat_dialogue(both.game, seat, both.scenarios[seat], both.briefs[seat], seed)
            for seat in self.env.possible_agents
        }
        self._waiting: dict[str, Said] = {}
        self._listen()

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
        seat, text = self.env.agent_selection, spoken(text)
        self.env.step(text)
        move = self.env.room.last[seat]
        problem = "illegal" if move.problem == "illegal" else ""
        self._waiting[seat] = Said(text, move.heard, move.act, problem, move.reason)
        self._listen()
        if self.mover is None and any(self.env.truncations.values()):
            for dialogue in self.dialogues.values():
                dialogue.cut()

    def _listen(self) -> None:
        """Record what was heard, for who speaks next; at the end for all."""
        room, mover = self.env.room, self.mover
        for seat in self.dialogues if mover is None else (mover,):
            moves = room.inbox[seat]
            if moves or seat in self._waiting:
                replies = tuple((move.before, move.seat, move.act) for move in moves)
                after = view_of(room.both.game, room.state, seat)
                words = room.words(seat) if moves else ""
                hear(self.dialogues[seat], self._waiting.pop(seat, None), replies, after, words)


def seat_stream(seed: int, place: int, attempt: int = 0) -> Stream:
    """The random numbers of the policy in the seat at `place` (from 0) of the duel of `seed`; new for each attempt."""
    return Stream(np.random.default_rng((seed, 1 + attempt, 1 + place)))


def play_duels(
    family: Family, seated: Sequence[Mapping[str, Policy]], seeds: Sequence[int], attempts: Sequence[int] | None = None
) -> list[Duel]:
    """Play one duel a seed, all together. A duel depends on its seed, its attempt and its policies alone.

    Args:
        family: A family in which more than one seat can learn.
        seated: For each duel, who sits where; minds hold the other seats. A policy object that sits in one seat only
            keeps its cache over the turns.
        seeds: One for each duel; equal ones meet the same scenario and private facts.
        attempts: Which try at its seed each duel is; all the first by default.

    Returns:
        The finished duels, in the order of the seeds.
    """
    duels = [Duel(family, seed, learners=tuple(who)) for seed, who in zip(seeds, seated, strict=True)]
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
