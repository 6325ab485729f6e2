"""A learned reward: what a message is worth, read from the words alone (after ARMAP, Chen et al. 2025).

Trained by `trainers.reward_model` on exact values, used without torch. It reads what a judge is shown, so that it is
held to the same card.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..core.dialogue import Dialogue, Step
from ..simulated_users.asking import ModelCounts
from .judge_prompts import Shown, line, shown
from .judges import Opinion, Preference
from .registry import LEARNED, register_reward
from .rubrics import Rubric
from .user_model import LAST, WordNet, Words, buckets_of, opening_features, scale, tokens, turn_features


def words_of_shown(seen: Shown) -> Words:
    """What a judge is shown, as words; the last turn is the message at issue, with no reply."""
    mine = f"{seen.role.capitalize()}: "
    opening: list[str] = []
    turns: list[tuple[str, list[str]]] = []
    for said in seen.lines:
        if said.startswith(mine):
            turns.append((said.removeprefix(mine), []))
        else:
            (turns[-1][1] if turns else opening).append(said.partition(": ")[2])
    return Words(seen.task, "\n".join(opening), tuple((said, "\n".join(replies)) for said, replies in turns))


def message_features(words: Words) -> Iterator[str]:
    """Features of the last message and of what was before it: n-grams of both, with what the message answers."""
    unit = scale(words)
    yield from opening_features(words, unit)
    *before, (message, _) = words.turns
    for turn, (said, reply) in enumerate(before):
        yield from turn_features(turn, said, reply, unit)
    place = min(len(before), LAST)
    now = list(tokens(message, unit))
    heard = list(tokens(before[-1][1] if before else words.opening, unit))
    for gram in (*now, *(f"{a} {b}" for a, b in pairwise(now))):
        yield f"now:{gram}"
        yield f"now{place}:{gram}"
    yield from {f"now:{mine}<{theirs}" for mine in set(now) for theirs in set(heard)}


def judged(dialogue: Dialogue, index: int) -> Shown:
    """What a judge is shown of a dialogue up to the message of step `index`, without the reply to it."""
    turns = list(dialogue.turns())
    place = [i for i, turn in enumerate(turns) if turn.seat == dialogue.seat][index]
    lines = tuple(line(turn.seat, turn.text) for turn in turns[: place + 1])
    return shown(dialogue, index)._replace(lines=lines)


@dataclass(eq=False)
class RewardModel(WordNet):
    """What a message is worth from there on. Make it with `load`.

    It is also a judge that can have a card: `dialogym judge card reward_model:FOLDER`.

    Attributes:
        env_id: Where it was trained.
        unit: The optimum there, in which its values are.
        features: See `WordNet`.
        weights: See `WordNet`.
        name: With a digest of the weights.
        model: What it was called by.
    """

    env_id: str
    unit: float
    features: str
    weights: dict[str, np.ndarray]
    name: str = ""
    model: str = ""
    prompt: str = "value"
    deterministic: bool = True

    def value(self, seen: Shown) -> float:
        """The worth of the last message, in optima."""
        words = words_of_shown(seen)
        if self.embedder is not None:
            return float(self.outputs(self.embedder(words) @ self.weights["w1"])[0])
        places = buckets_of(message_features(words), len(self._met))
        places = places[self._met[places]]
        return float(self.outputs(self.weights["w1"][places].sum(axis=0) / max(1.0, len(places)) ** 0.5)[0])

    @cached_property
    def _met(self) -> np.ndarray:
        """Buckets that training has met; words that it has not count for nothing, and take no weight off the others."""
        return np.asarray(self.weights["w1"].any(axis=1))

    def score(self, items: Sequence[tuple[Rubric, Shown]]) -> list[Opinion]:
        """Its values on the scales of the rubrics, whatever these ask: 0 optima is the lowest score, 1 the highest."""
        values = [self.value(seen) for _, seen in items]
        scales = [rubric.scale for rubric, _ in items]
        return [
            Opinion(min(1.0, max(0.0, value)), low + (high - low) * value)
            for value, (low, high) in zip(values, scales, strict=True)
        ]

    def prefer(self, items: Sequence[tuple[Rubric, Shown, Shown]]) -> list[Preference]:
        """The one of higher value."""
        apart = [np.sign(self.value(a) - self.value(b)) for _, a, b in items]
        return [Preference(*[0.5 + 0.5 * float(sign)] * 3) for sign in apart]

    @property
    def counts(self) -> ModelCounts:
        """No language model is asked."""
        return ModelCounts()

    def close(self) -> None:
        """It holds nothing."""

    def save(self, path: str | Path) -> None:
        """Write the folder that `load` reads."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        about = {"env_id": self.env_id, "unit": self.unit, "features": self.features}
        (path / "reward_model.json").write_text(json.dumps(about, indent=2))
        arrays: dict[str, Any] = dict(self.weights)
        np.savez(path / "reward_model.npz", **arrays)

    @staticmethod
    def load(path: str | Path) -> RewardModel:
        """Read a model; one that was read before is shared.

        Raises:
            FileNotFoundError: If there is none in the folder.
            ValueError: If it is damaged.
        """
        path = Path(path)
        file = path / "reward_model.npz"
        if not file.exists() or not (path / "reward_model.json").exists():
            expected = "reward_model.json and reward_model.npz (see `dialogym train reward`)"
            raise FileNotFoundError(f"no reward model in {path}: expected {expected}")
        return _load(path.resolve(), f"{LEARNED}{path}", file.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _load(path: Path, model: str, changed: int) -> RewardModel:
    try:
        about = json.loads((path / "reward_model.json").read_text())
        with np.load(path / "reward_model.npz") as file:
            weights = {name: file[name] for name in ("w1", "b1", "w2", "b2")}
        digest = hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights))).hexdigest()[:12]
        told = (about["env_id"], about["unit"], about["features"])
        return RewardModel(*told, weights, name=f"{LEARNED}{digest}", model=model)
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise ValueError(f"the reward model in {path} is damaged ({error})") from error


@register_reward("reward_model")
@dataclass(frozen=True)
class Learned:
    """What the model thinks a message is worth, in payoff, less what it thought of the one before.

    So the terms of a dialogue add up to what it thinks of the last message: an estimate of the payoff. It is also named
    ``reward_model:FOLDER``.

    Args:
        folder: Of the model (`dialogym train reward`).

    Raises:
        FileNotFoundError: If there is none in the folder.
        ValueError: If it is damaged.
    """

    folder: str

    def __post_init__(self) -> None:
        _ = self.model  # complain now, not in the first step

    @property
    def model(self) -> RewardModel:
        """The model."""
        return RewardModel.load(self.folder)

    def __call__(self, step: Step) -> float:
        """The term of a step."""
        if step.error:
            return 0.0
        model = self.model
        before = model.value(judged(step.dialogue, step.index - 1)) if step.index else 0.0
        return model.unit * (model.value(judged(step.dialogue, step.index)) - before)
