"""Several policies in one dialogue, through the PettingZoo face: what `rollout` is against simulated people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..core.duel import Said, Seats, hear, seat_dialogue
from ..core.game import view_of
from ..core.people import People
from ..core.setting import Setting
from ..core.stream import Stream
from ..core.thoughts import spoken
from ..envs.base import Family
from ..envs.pettingzoo_env import DialogueAEC
from ..simulated_users.user import Failure
from .policy import Policy, respond_by


class Duel:
    """One dialogue between policies.

    Attributes:
        env: The PettingZoo environment.
        dialogues: For each seat that a policy has, the dialogue as it sees it.
        seed: Of scenario and private facts.
        error: What failed in the machinery of a policy, so that the duel was given up; ``""`` if nothing did.
        failed: The seat of that policy.

    Args:
        family: A family in which more than one seat can learn.
        seed: Of scenario and private facts.
        grammar: ``"natural"`` or ``"tagged"``.
        learners: The seats of the policies, by default all; minds hold the others.
        listening: Whether seats have beliefs, see `listener`; else there are none.

    Raises:
        ValueError: If only one seat of the family can learn.
    """

    def __init__(
        self,
        family: Family,
        seed: int,
        grammar: str = "natural",
        learners: Sequence[str] | None = None,
        listening: bool = False,
    ):
        self.env, self.seed = DialogueAEC(family, grammar, learners=learners), seed
        self.env.reset(seed=seed)
        both = self.env.both
        self.error = self.failed = ""
        self.dialogues = {
            seat: seat_dialogue(
                both.game, seat, both.scenarios[seat], both.briefs[seat], seed,
                listener(family, both, seat) if listening else None,
            )
            for seat in self.env.possible_agents
        }  # fmt: skip
        self._waiting: dict[str, Said] = {}
        self._listen()

    @property
    def mover(self) -> str | None:
        """Whose turn it is; ``None`` when the dialogue is over or cut off."""
        over = bool(self.error) or any(self.env.terminations.values()) or any(self.env.truncations.values())
        return None if over else self.env.agent_selection

    @property
    def payoffs(self) -> dict[str, float]:
        """What each seat got; 0 before the end."""
        return {seat: float(reward) for seat, reward in self.env.rewards.items()}

    def say(self, text: str) -> None:
        """The seat whose turn it is says something; a `Failure` in place of words ends the duel."""
        seat = self.env.agent_selection
        if isinstance(text, Failure):
            self.error, self.failed = str(text) or "the policy failed", seat
            for dialogue in self.dialogues.values():
                dialogue.cut(self.error)
            return
        text = spoken(text)
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
                game = room.both.game
                replies = tuple((view_of(game, move.before, seat), move.seat, move.act) for move in moves)
                after = view_of(game, room.state, seat)
                words = room.words(seat) if moves else ""
                hear(self.dialogues[seat], self._waiting.pop(seat, None), replies, after, words)


def listener(family: Family, both: Seats, seat: str) -> Setting | None:
    """What a seat may believe and plan that takes everybody else for the simulated people of the family.

    An act that none of those would do tells it nothing.

    Args:
        family: The family.
        both: What `Family.duel` has drawn.
        seat: Who listens.

    Returns:
        The setting with its mind and solution; ``None`` if somebody opposite, or a tool, has no mind of its own there.
    """
    scenario = both.scenarios[seat]
    if family.listener is not None:
        return family.listener(seat, scenario)
    others = tuple((other, both.minds.get(other)) for other in family.people_seats if other != seat)
    own = family.setting(scenario) if seat == family.role else None
    if own is not None and own.game == both.game:
        return own
    if family.tools or any(mind is None for _, mind in others):
        return None
    return _among(both.game, others, seat)


@lru_cache(maxsize=1024)
def _among(game: Any, minds: tuple[tuple[str, Any], ...], seat: str) -> Setting:
    return Setting(game, People(game, dict(minds)), seat)


def seat_stream(seed: int, place: int, attempt: int = 0) -> Stream:
    """The random numbers of the policy in the seat at `place` (from 0) of the duel of `seed`; new for each attempt."""
    return Stream(np.random.default_rng((seed, 1 + attempt, 1 + place)))


def play_duels(
    family: Family,
    seated: Sequence[Mapping[str, Policy]],
    seeds: Sequence[int],
    attempts: Sequence[int] | None = None,
    grammar: str = "natural",
    listening: bool = False,
) -> list[Duel]:
    """Play one duel a seed, all together. A duel depends on its seed, its attempt and its policies alone.

    Args:
        family: A family in which more than one seat can learn.
        seated: For each duel, who sits where; minds hold the other seats. A policy object that sits in one seat only
            keeps its cache over the turns.
        seeds: One for each duel; equal ones meet the same scenario and private facts.
        attempts: Which try at its seed each duel is; all the first by default.
        grammar: ``"natural"`` or ``"tagged"``.
        listening: Whether seats have beliefs, see `listener`.

    Returns:
        The finished duels, in the order of the seeds.
    """
    duels = [
        Duel(family, seed, grammar, learners=tuple(who), listening=listening)
        for seed, who in zip(seeds, seated, strict=True)
    ]
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
