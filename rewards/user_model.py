"""A learned user model: what a small classifier believes about the simulated person from the words alone.

Trained by `trainers.user_model`, used without torch.

It reads what anybody could read, the brief and the words, so it also serves where there is no exact mind. The features
are a hashed bag of n-grams (Weinberger et al. 2009) or the pooled embedding of a language model; behind them is one
hidden layer and a calibrated softmax.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile
from zlib import crc32

import numpy as np

from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..simulated_users.backends.gguf_file import read_once
from ..simulated_users.backends.weights import find_smollm2
from .facts import fact

LAST = 12  # turns after so many are one position
TALK = "talk"  # what stands for an utterance without a tag
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[^\W\d_]+|[?!\[\]]")
_TAG = re.compile(r"\[([^\[\]]*)\]")


class Words(NamedTuple):
    """A dialogue as the learner sees it.

    Attributes:
        brief: What it was told first.
        opening: The partner's first words; ``""`` if there were none.
        turns: What the learner said and what was replied, in order.
    """

    brief: str
    opening: str
    turns: tuple[tuple[str, str], ...]


def words_of(dialogue: Dialogue, index: int) -> Words:
    """The words before step `index`."""
    return Words(dialogue.brief, dialogue.opening, tuple((step.text, step.reply) for step in dialogue.steps[:index]))


def scale(words: Words) -> float:
    """What amounts are measured in: the first number of the opening, else the brief's largest, else 1."""
    opening, brief = (
        [number for token in _TOKEN.findall(text) if (number := _number(token))]
        for text in (words.opening, words.brief)
    )
    return opening[0] if opening else max(brief, default=1.0)


def opening_features(words: Words, unit: float) -> Iterator[str]:
    """Features of the brief and of the opening."""
    yield from (f"b:{token}" for token in _grams(words.brief, unit))
    yield from (f"o:{token}" for token in _grams(words.opening, unit))


def turn_features(turn: int, said: str, reply: str, unit: float) -> Iterator[str]:
    """Features of one exchange.

    N-grams of both sides, with and without the number of the turn, and the reply's words with what they answer.
    """
    turn = min(turn, LAST)
    for side, text in (("l", said), ("p", reply)):
        for gram in _grams(text, unit):
            yield f"{side}:{gram}"
            yield f"{side}{turn}:{gram}"
    found = _TAG.search(said)
    asked = " ".join(tokens(found[1], unit)) if found else TALK
    for token in set(tokens(reply, unit)):
        yield f"{asked}>{token}"
        yield f"{turn}{asked}>{token}"


def buckets_of(features: Iterator[str], buckets: int) -> np.ndarray:
    """Hashed features, shape (number of features,); the same in every process."""
    return np.fromiter((crc32(feature.encode("utf-8", "replace")) % buckets for feature in features), dtype=np.int64)


class WordNet:
    """A small network that reads a dialogue's words; used without torch.

    Attributes:
        features: ``"ngrams"``, or ``"lm:NAME"`` for the embeddings of that language model.
        weights: ``w1`` (inputs, hidden), ``b1`` (hidden,), ``w2`` (hidden, outputs), ``b2`` (outputs,).
    """

    features: str
    weights: dict[str, np.ndarray]

    @cached_property
    def embedder(self) -> Embedder | None:
        """The language model under the network, if there is one."""
        return Embedder(self.features.removeprefix("lm:")) if self.features.startswith("lm:") else None

    def outputs(self, first: np.ndarray) -> np.ndarray:
        """What the network gives for the first layer before its bias."""
        weights = self.weights
        return np.maximum(first + weights["b1"], 0.0) @ weights["w2"] + weights["b2"]

    def bag(self, features: Iterator[str]) -> tuple[np.ndarray, int]:
        """First layer of a bag of features before it is divided by the root of their number, and this number."""
        w1 = self.weights["w1"]
        places = buckets_of(features, len(w1))
        return w1[places].sum(axis=0), len(places)


@dataclass(frozen=True, eq=False)
class UserModel(WordNet):
    """A belief source that was learned. Make it with `load`.

    Attributes:
        about: The revealed fact that it tells, such as ``"tactic"``.
        labels: The values that it can take.
        features: ``"ngrams"``, or ``"lm:NAME"`` for the embeddings of that language model.
        weights: ``w1`` (inputs, hidden), ``b1`` (hidden,), ``w2`` (hidden, labels), ``b2`` (labels,); the temperature
            is in ``w2`` and ``b2``.
    """

    about: str
    labels: tuple[Any, ...]
    features: str
    weights: dict[str, np.ndarray]

    def belief(self, dialogue: Dialogue, index: int) -> Belief:
        """What the model believes before step `index`."""
        known = dialogue.memo.setdefault(self, {})
        if index not in known:
            sums = dialogue.memo.setdefault((self, "sums"), [])
            known[index] = self._read(self._input(words_of(dialogue, index), sums))
        return known[index]

    def truth(self, dialogue: Dialogue, index: int) -> Hashable:
        """The fact before step `index`."""
        return fact(dialogue, dialogue.hidden_at(index), self.about)

    def believe(self, words: Words) -> Belief:
        """What the model believes after some words that are no `Dialogue`."""
        return self._read(self._input(words, []))

    def save(self, path: str | Path) -> None:
        """Write the folder that `load` reads."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        about = {"about": self.about, "labels": list(self.labels), "features": self.features}
        (path / "user_model.json").write_text(json.dumps(about, indent=2))
        arrays: dict[str, Any] = dict(self.weights)
        np.savez(path / "user_model.npz", **arrays)

    @staticmethod
    def load(path: str | Path) -> UserModel:
        """Read a model; one that was read before is shared.

        Raises:
            FileNotFoundError: If there is none in the folder.
            ValueError: If it is damaged.
        """
        path = Path(path)
        file = path / "user_model.npz"
        if not file.exists() or not (path / "user_model.json").exists():
            expected = "user_model.json and user_model.npz (see `dialogym train user-model`)"
            raise FileNotFoundError(f"no user model in {path}: expected {expected}")
        return _load(path.resolve(), file.stat().st_mtime_ns)

    def _input(self, words: Words, sums: list[tuple[np.ndarray, int]]) -> np.ndarray:
        """First layer before its bias. A bag of words is the sum over the turns; `sums` keeps each."""
        if self.embedder is not None:
            return self.embedder(words) @ self.weights["w1"]
        unit = scale(words)
        if not sums:
            sums.append(self.bag(opening_features(words, unit)))
        for turn in range(len(sums) - 1, len(words.turns)):
            more, n = self.bag(turn_features(turn, *words.turns[turn], unit))
            sums.append((sums[-1][0] + more, sums[-1][1] + n))
        total, count = sums[len(words.turns)]
        return total / max(1.0, count) ** 0.5

    def _read(self, first: np.ndarray) -> Belief:
        logits = self.outputs(first)
        return Belief(zip(self.labels, np.exp(logits - logits.max()).tolist(), strict=True))


class Embedder:
    """The mean of a language model's last hidden states over the dialogue's last 1,024 tokens.

    It needs torch and transformers.

    Args:
        name: A local folder or a Hugging Face id of a causal language model, or ``"smollm2"``.
    """

    def __init__(self, name: str):
        from transformers import AutoModel, AutoTokenizer

        source: dict[str, str] = {"pretrained_model_name_or_path": name}
        if name == "smollm2":
            path = find_smollm2()
            source = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
        with read_once():
            self.tokenizer: Any = AutoTokenizer.from_pretrained(**source)
            self.model: Any = AutoModel.from_pretrained(**source).float().eval()

    @property
    def size(self) -> int:
        """Length of an embedding."""
        return self.model.config.hidden_size

    def __call__(self, words: Words) -> np.ndarray:
        """The embedding of a dialogue, shape (size,)."""
        import torch

        turns = [part for said, reply in words.turns for part in (f"> {said}", reply)]
        text = "\n".join([words.brief, words.opening, *turns])
        ids = self.tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids[:, -1024:]
        with torch.no_grad():
            return self.model(ids.to(self.model.device)).last_hidden_state[0].float().mean(dim=0).cpu().numpy()


@lru_cache(maxsize=8)
def _load(path: Path, changed: int) -> UserModel:
    try:
        about = json.loads((path / "user_model.json").read_text())
        with np.load(path / "user_model.npz") as file:
            weights = {name: file[name] for name in ("w1", "b1", "w2", "b2")}
        return UserModel(about["about"], tuple(about["labels"]), about["features"], weights)
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise ValueError(f"the user model in {path} is damaged ({error})") from error


def _grams(text: str, unit: float) -> Iterator[str]:
    words: Sequence[str] = list(tokens(text, unit))
    yield from words
    yield from (f"{a} {b}" for a, b in pairwise(words))


def tokens(text: str, unit: float) -> Iterator[str]:
    """Words in lower case; an amount as a share of the unit, in steps of 5%."""
    for token in _TOKEN.findall(text[:4000]):
        number = _number(token)
        yield token.lower() if number is None else f"#{min(round(20 * number / unit), 99)}"


def _number(token: str) -> float | None:
    if not token[0].isdigit():
        return None
    try:
        return min(float(token.replace(",", "")), 1e12)
    except ValueError:  # a digit of another script
        return None
