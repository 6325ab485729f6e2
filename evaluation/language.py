"""How people talk: measures of diversity and of manner, for the words of simulated users."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

THRESHOLD = 0.72
"""Type-token ratio at which a factor of `mtld` is complete (McCarthy and Jarvis 2010)."""

_TOKEN = re.compile(r"\d[\d.,]*\d|\d|[^\W\d_]+(?:'[^\W\d_]+)*|[!?…]|\.\.\.")
_WORD = re.compile(r"[^\W_]")


def tokens(text: str) -> list[str]:
    """Words in lower case and the marks ``!``, ``?`` and ``...``.

    Every number is ``#``: which number is said is not a matter of words.
    """
    found = _TOKEN.findall(text.lower().replace("’", "'"))
    return ["#" if token[0].isdigit() else token for token in found]


def words(text: str) -> list[str]:
    """`tokens` without marks."""
    return [token for token in tokens(text) if token == "#" or _WORD.match(token)]


def distinct(said: Sequence[Sequence[str]], size: int) -> float | None:
    """distinct-n (Li et al. 2016, section 5.2): different sequences of `size` words as a share of all.

    Longer texts score lower, so compare equal lengths. No sequence runs from one utterance to the next; ``None`` if
    there is none.
    """
    grams = [tuple(line[i : i + size]) for line in said for i in range(len(line) - size + 1)]
    return len(set(grams)) / len(grams) if grams else None


def mtld(text: Sequence[str], threshold: float = THRESHOLD) -> float | None:
    """Measure of textual lexical diversity (McCarthy and Jarvis 2010).

    How long stretches of words are, in the mean, whose type-token ratio stays above `threshold`. It is the mean of a
    forward and a backward pass; the rest of a pass counts as a part of a stretch. It hardly depends on the length of
    the text, but below about 100 words it is not reliable. ``None`` for a text in which no word recurs, so that no
    stretch ends.
    """
    passes = [_factors(text, threshold), _factors(text[::-1], threshold)]
    return sum(len(text) / factors for factors in passes) / 2 if all(passes) else None


def _factors(text: Sequence[str], threshold: float) -> float:
    factors, seen, count = 0.0, set(), 0
    for word in text:
        seen.add(word)
        count += 1
        if len(seen) / count <= threshold:
            factors, seen, count = factors + 1.0, set(), 0
    return factors + (1.0 - len(seen) / count) / (1.0 - threshold) if count else factors


class NaiveBayes:
    """Tells classes of short texts apart by their words; the examples are pairs of class and text.

    Multinomial naive Bayes with Laplace's correction (Manning et al. 2008, section 13.2) and equal priors.

    Raises:
        ValueError: If there are no examples.
    """

    def __init__(self, examples: Iterable[tuple[str, str]]):
        counts: dict[str, Counter[str]] = {}
        for label, text in examples:
            counts.setdefault(label, Counter()).update(_features(text))
        if not counts:
            raise ValueError("examples must hold at least one text")
        vocabulary = set().union(*counts.values())
        self.classes = tuple(sorted(counts))
        self._weights = {}
        for label, count in counts.items():
            total = count.total() + len(vocabulary)
            self._weights[label] = {word: math.log((count[word] + 1) / total) for word in vocabulary}

    def classify(self, text: str) -> str:
        """The likeliest class; words that were never seen do not count. Of equally likely ones the first by name."""
        seen = _features(text)
        return max(self.classes, key=lambda label: sum(self._weights[label].get(word, 0.0) for word in seen))


def _features(text: str) -> list[str]:
    """Words and pairs of words."""
    found = tokens(text)
    return [*found, *(f"{a} {b}" for a, b in pairwise(found))]
