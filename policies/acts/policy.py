"""A policy that reads and chooses acts. It speaks the text environment like any other.

It says what the grammar prints of its act, in the words of the family's phrase bank. It hears perfectly: of the others'
words it reads the acts that the record has, not the sentences. Nothing hidden reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ...envs.encoding import Encoding, View
from ...envs.engine import Engine
from ...envs.wording import TALK, put, tag_of
from .network import ActNetwork, load_network, log_policy

Scores = Callable[[Mapping[str, torch.Tensor]], torch.Tensor]


class Memory:
    """What a policy has seen and done in a dialogue; a row a turn."""

    __slots__ = ("legal", "logprobs", "rows", "slots", "values")

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.legal: list[np.ndarray] = []
        self.slots: list[int] = []
        self.logprobs: list[float] = []
        self.values: list[float] = []


class ActPolicy:
    """Speaks with an `ActNetwork`.

    Args:
        network: Its network.
        encoding: How it is told the dialogue.
        engine: The environment: its grammar prints the acts.
        temperature: 0 does what is likeliest, and is deterministic.
        worded: Whether an act is put into words, or said as its tag alone. The partner understands the same.
        guide: How much learned values count beside the policy: of one unit of value, in nats. It wants heads of the
            network whose names begin with ``q``; the least of them counts.
        name: Shown in tables.
    """

    def __init__(
        self,
        network: ActNetwork,
        encoding: Encoding,
        engine: Engine,
        temperature: float = 0.0,
        worded: bool = True,
        guide: float = 0.0,
        name: str = "acts",
    ):
        self.network, self.encoding, self.engine = network, encoding, engine
        self.temperature, self.worded, self.guide, self.name = temperature, worded, guide, name

    @classmethod
    def load(cls, folder: str | Path, engine: Engine, **options: Any) -> ActPolicy:
        """From a folder that a trainer wrote.

        Raises:
            ValueError: If it cannot be read, or is of another family.
        """
        network, encoding, about = load_network(folder, engine.family, other=True)
        return cls(network, encoding, engine, guide=about.get("guide", 0.0), name=f"acts:{folder}", **options)

    @torch.no_grad()
    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream] = ()) -> list[str]:
        """One utterance a dialogue. A dialogue's depends on its own stream alone, up to rounding."""
        memories = [self.caught_up(dialogue) for dialogue in dialogues]
        for places, logs, now in self._told(memories):
            some = [memories[place] for place in places]
            values = now["value"][:, 0].tolist() if "value" in now else [0.0] * len(some)
            if self.temperature > 0.0 and streams:
                drawn = torch.tensor([streams[place].random() for place in places])
                chosen = _draw(logs, drawn)
            else:
                chosen = logs.argmax(-1)
            logprobs = logs.gather(1, chosen[:, None])[:, 0].tolist()
            for memory, slot, logprob, value in zip(some, chosen.tolist(), logprobs, values, strict=True):
                memory.slots.append(slot)
                memory.logprobs.append(logprob)
                memory.values.append(value)
        acts = [self.encoding.act(d.scenario, memory.slots[-1]) for d, memory in zip(dialogues, memories, strict=True)]
        if not (self.worded and streams):
            return [tag_of(self.engine, d, act) or TALK for d, act in zip(dialogues, acts, strict=True)]
        return [
            put(self.engine, dialogue, act, stream)
            for dialogue, act, stream in zip(dialogues, acts, streams, strict=True)
        ]

    @torch.no_grad()
    def distribution(self, dialogues: Sequence[Dialogue], least: float = 0.0) -> list[list[tuple[str, float]]]:
        """What it would say in each dialogue, as tags, with probabilities of at least `least`."""
        memories = [self.caught_up(dialogue) for dialogue in dialogues]
        found: list[list[tuple[str, float]]] = [[] for _ in dialogues]
        for places, logs, _ in self._told(memories):
            shares = logs.exp() if self.temperature > 0.0 else torch.eye(logs.shape[1])[logs.argmax(-1)]
            for place, row in zip(places, shares.double().tolist(), strict=True):
                dialogue = dialogues[place]
                del dialogue.memo[self]  # nothing has been said
                for slot, p in enumerate(row):
                    if p > 0.0 and p >= least:
                        act = self.encoding.act(dialogue.scenario, slot)
                        found[place].append((tag_of(self.engine, dialogue, act) or TALK, p))
        return found

    def _told(self, memories: Sequence[Memory]) -> Iterator[tuple[list[int], torch.Tensor, Mapping[str, torch.Tensor]]]:
        """For memories of one length each: their places, log-probabilities of the slots, and what all heads say."""
        by_length: dict[int, list[int]] = {}
        for place, memory in enumerate(memories):
            by_length.setdefault(len(memory.rows), []).append(place)
        for places in by_length.values():
            some = [memories[place] for place in places]
            out = self.network(torch.from_numpy(np.stack([memory.rows for memory in some])))
            now = {name: told[:, -1] for name, told in out.items()}
            logs = log_policy(self.scores(now), torch.from_numpy(np.stack([memory.legal[-1] for memory in some])))
            if self.temperature not in (0.0, 1.0):
                logs = (logs / self.temperature).log_softmax(-1)
            yield places, logs, now

    def scores(self, told: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Logits of the slots, guided by values if it is to be; shape (..., slots)."""
        if not self.guide:
            return told["policy"]
        return told["policy"] + self.guide * torch.stack([told[name] for name in told if name.startswith("q")]).amin(0)

    def memory(self, dialogue: Dialogue) -> Memory:
        """What it has seen and done in a dialogue so far."""
        return dialogue.memo[self]

    def caught_up(self, dialogue: Dialogue) -> Memory:
        """The memory with the turn that comes next; what others said in its place is read as if it had said so."""
        if dialogue.seat != self.encoding.family.role:
            raise ValueError(
                f"the act policy {self.name} must sit in the seat {self.encoding.family.role!r}, got {dialogue.seat!r}"
            )
        memory = dialogue.memo.get(self)
        if memory is None or len(memory.rows) != len(memory.slots) or len(memory.slots) > len(dialogue.steps):
            memory = dialogue.memo[self] = Memory()
        for turn in range(len(memory.rows), len(dialogue.steps) + 1):
            view = View.of(dialogue, turn)
            memory.rows.append(self.encoding.row(view))
            memory.legal.append(self.encoding.legal(view))
            if turn < len(dialogue.steps):
                memory.slots.append(-1)
                memory.logprobs.append(0.0)
                memory.values.append(0.0)
        return memory


def _draw(logs: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """The slot at which the sum of the probabilities passes a number from 0 to 1; (n, slots) and (n,) to (n,)."""
    sums = logs.double().exp().cumsum(-1)
    return torch.searchsorted(sums, (drawn.double() * sums[:, -1])[:, None], right=True)[:, 0].clamp(
        max=logs.shape[1] - 1
    )
