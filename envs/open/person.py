"""The person of a scenario file: who it is, how it speaks, and what it has read of its world."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

from pydantic import Field

from .parts import Name, Part

MOST = 60  # words of an utterance
SHOWN = 2  # passages at a time
_K1, _B = 1.5, 0.75  # of BM25: how soon a repeated word stops counting, and how much length does
_WORD = re.compile(r"[a-z0-9]+")


class Profile(Part):
    """Who the person is, as in USP (Wang et al. 2025); for language models, and nothing that is hidden.

    Attributes:
        facts: Objective ones, each a sentence: "You are 34 and a nurse."
        style: How it speaks.
        text: Anything else.
    """

    facts: tuple[str, ...] = ()
    style: str = ""
    text: str = ""


class Length(Part):
    """How many words the person says in a turn.

    Attributes:
        mean: On average: a language model is told a number of the normal distribution with it.
        sd: Standard deviation; more than two above the mean, and at most 60, do not pass.
    """

    mean: float = Field(gt=0, le=MOST)
    sd: float = Field(gt=0)

    @property
    def most(self) -> int:
        """Words that pass, at most."""
        return min(MOST, math.ceil(self.mean + 2 * self.sd))

    def at(self, chance: float) -> int:
        """The number of words that is exceeded with this chance's complement, between 1 and `most`."""
        return max(1, min(self.most, round(NormalDist(self.mean, self.sd).inv_cdf(chance))))


class Person(Part):
    """The simulated person: its seat, its name, and who it is.

    Attributes:
        profile: More about it, for language models.
        words: How much it says in a turn, for language models.
        passages: Texts of its world, such as what it has read; a model that decides is shown those nearest to what it
            hears. They are public: what is hidden is no matter of theirs.
    """

    role: Name
    name: str
    about: str
    persona: dict[str, Any] = {}
    profile: Profile = Profile()
    words: Length | None = None
    passages: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """Who it is, as a language model is told."""
        style = f"How you speak: {self.profile.style}" if self.profile.style else ""
        return " ".join(
            filter(None, (part.strip() for part in (self.about, *self.profile.facts, self.profile.text, style)))
        )


def nearest(passages: Sequence[str], words: str, count: int = SHOWN) -> list[str]:
    """The passages nearest to words by BM25 (Robertson and Zaragoza 2009); none that share no word with them."""
    texts = [Counter(_WORD.findall(passage.lower())) for passage in passages]
    mean = sum(map(Counter.total, texts)) / len(texts) if texts else 0.0
    scores = [0.0] * len(texts)
    for word in set(_WORD.findall(words.lower())):
        holding = sum(word in text for text in texts)
        rare = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        for place, text in enumerate(texts):
            if word in text:
                scores[place] += (
                    rare * text[word] * (_K1 + 1) / (text[word] + _K1 * (1 - _B + _B * text.total() / mean))
                )
    best = sorted(range(len(texts)), key=lambda place: (-scores[place], place))[:count]
    return [passages[place] for place in best if scores[place] > 0]
