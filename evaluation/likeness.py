"""How like people a simulated person is: split-half ratios, bits an act, words, groups."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..core.acts import Act, IllegalAct, Say
from ..core.belief import Belief
from ..core.mind import foresee, overlook
from ..envs.human_data import Course, Talk
from .language import distinct, words

SPLITS = 200
SPREAD = 0.1
"""Share of the probability that is spread evenly over all acts, so that no act of a person costs without end."""
FEWEST = 10
"""Values on either side, and people of a group, below which a figure is left out."""
_WORDS = 400  # words of which distinct-n is: it depends on how many there are


class Ratio(NamedTuple):
    """One measure of people and of simulated dialogues."""

    people: float | None  # mean; None without a value
    simulated: float | None
    n: int  # dialogues of people that have a value
    n_simulated: int
    apart: float | None  # mean KS distance between half of the people and as many simulated; None for too few values
    halves: float | None  # mean KS distance between two halves of the people

    @property
    def ratio(self) -> float | None:
        """1 is as close as people are to each other."""
        return self.apart / self.halves if self.apart is not None and self.halves else None


class Bits(NamedTuple):
    """What the acts of people cost under the simulated person's exact filter."""

    value: float  # bits an act
    frequencies: float | None  # under how often the other half of the people acts so, whatever came before
    even: float  # if all acts were equally likely
    n: int  # acts
    unscored: int  # acts after the end that the rules give the dialogue
    impossible: float  # share of acts that no hidden state could have made


class Wording(NamedTuple):
    """How a side talks, in the seat of the simulated person."""

    length: float | None  # words an utterance
    distinct_1: float | None
    distinct_2: float | None
    overlap: float | None  # Jaccard index of the words of two first turns, mean over pairs
    ended: float | None  # share of dialogues that the person ended by an act


def ks(first: ArrayLike, second: ArrayLike) -> float:
    """Kolmogorov-Smirnov distance of two samples: the most by which their distribution functions differ."""
    a, b = np.sort(np.asarray(first, float)), np.sort(np.asarray(second, float))
    at = np.concatenate([a, b])
    return float(np.max(np.abs(np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b))))


def split_half(people: ArrayLike, simulated: ArrayLike, splits: int = SPLITS, seed: int = 0) -> Ratio:
    """The distance of a simulated sample from people, in units of the distance of people from each other.

    Half of the people, drawn again for each split, is held against the other half and against as many simulated values
    (with replacement if there are fewer). Both are of equal size, so that chance alone makes both distances alike.

    Raises:
        ValueError: If there are no splits.
    """
    if splits < 1:
        raise ValueError(f"splits must be at least 1, got {splits}")
    human, other = np.asarray(people, float), np.asarray(simulated, float)
    mean = [float(some.mean()) if len(some) else None for some in (human, other)]
    if min(len(human), len(other)) < FEWEST:
        return Ratio(mean[0], mean[1], len(human), len(other), None, None)
    rng, half = np.random.default_rng(seed), len(human) // 2
    apart, halves = [], []
    for _ in range(splits):
        mixed = rng.permutation(human)
        halves.append(ks(mixed[:half], mixed[half : 2 * half]))
        apart.append(ks(mixed[:half], rng.choice(other, half, replace=len(other) < half)))
    return Ratio(mean[0], mean[1], len(human), len(other), float(np.mean(apart)), float(np.mean(halves)))


def bits(courses: Iterable[Course], spread: float = SPREAD) -> Bits | None:
    """What acts of people cost, in bits an act, when they are foreseen from what was said before.

    The simulated person's mind foresees each act exactly, by its belief about the hidden state given the person's acts
    so far (`foresee`); `spread` of the probability lies evenly on all acts. It is a proper score: no other forecast
    costs less on people who really act so. An act that no hidden state could have made leaves the belief as time alone
    changes it.

    Raises:
        ValueError: If `spread` is not above 0 and below 1.
    """
    if not 0.0 < spread < 1.0:
        raise ValueError(f"spread must be above 0 and below 1, got {spread}")
    total, n, unscored, impossible, alphabet = 0.0, 0, 0, 0, 1
    made: list[Counter[tuple[Act, int]]] = [Counter(), Counter()]
    for place, course in enumerate(courses):
        alphabet = course.alphabet
        scored = 0
        for p, key in _foreseen(course):
            total -= math.log2((1.0 - spread) * p / key[1] + spread / alphabet)
            impossible += p == 0.0
            made[place % 2][key] += 1
            scored += 1
        n += scored
        unscored += sum(seat == course.person for seat, _ in course.acts) - scored
    if not n:
        return None
    return Bits(total / n, _by_frequency(made, spread, alphabet), math.log2(alphabet), n, unscored, impossible / n)


def _foreseen(course: Course) -> Iterator[tuple[float, tuple[Act, int]]]:
    """For each act of the person, the probability that something was done which reads so, and what that is."""
    game, mind, state, belief = course.game, course.mind, course.state, course.mind.prior()
    for seat, act in course.acts:
        mover = game.mover(state)
        if mover is None:
            return
        if mover != seat:
            continue  # the rules give the turn to the other side
        try:
            after = game.apply(state, seat, act)
        except IllegalAct:
            act = Say()
            after = game.apply(state, seat, act)
        if seat == course.person:
            key = course.coarse(act)
            likely = [(p, then) for made, p, then in foresee(mind, belief, state) if course.coarse(made) == key]
            yield math.fsum(p for p, _ in likely), key
            belief = (
                Belief((hidden, p * q) for p, then in likely for hidden, q in then)
                if likely
                else overlook(mind, belief, state)
            )
        state = after


def _by_frequency(made: Sequence[Counter[tuple[Act, int]]], spread: float, alphabet: int) -> float | None:
    """Bits an act, each half of the people being foreseen by how often the other half does what."""
    if not all(map(len, made)):
        return None
    total = 0.0
    for ours, others in (made, made[::-1]):
        count = others.total()
        for key, times in ours.items():
            total -= times * math.log2((1.0 - spread) * others[key] / count / key[1] + spread / alphabet)
    return total / (made[0].total() + made[1].total())


def wording(
    talks: Sequence[Talk], read: Sequence[Sequence[tuple[str, Act]]], seat: str, ends: Callable[[Act], bool]
) -> Wording:
    """How one seat talks.

    Args:
        talks: The dialogues.
        read: What each came to.
        seat: The seat.
        ends: Whether an act ends a dialogue.
    """
    said = [[words(turn.text) for turn in talk.turns if turn.seat == seat and turn.text.strip()] for talk in talks]
    spoken = [line for lines in said for line in lines]
    firsts = [set(lines[0]) for lines in said if lines and lines[0]][:200]
    pairs = [len(a & b) / len(a | b) for a, b in combinations(firsts, 2)]
    some, left = [], _WORDS
    for line in spoken:
        some.append(line[:left])
        left -= len(some[-1])
    closed = [bool(acts) and acts[-1][0] == seat and ends(acts[-1][1]) for acts in read]
    return Wording(
        float(np.mean([len(line) for line in spoken])) if spoken else None,
        distinct(some, 1),
        distinct(some, 2),
        float(np.mean(pairs)) if pairs else None,
        float(np.mean(closed)) if closed else None,
    )


def tvd(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """Total variation distance of two distributions."""
    return sum(abs(first.get(name, 0.0) - second.get(name, 0.0)) for name in {*first, *second}) / 2.0


def group_score(simulated: Sequence[str], people: Sequence[str], classes: Sequence[str]) -> float | None:
    """``1 - TVD(simulated, people) / TVD(uniform, people)``: 1 is the people's distribution, 0 as bad as even odds.

    ``None`` if the people themselves are spread evenly.
    """
    human, ours = ({name: count / len(some) for name, count in Counter(some).items()} for some in (people, simulated))
    even = tvd(dict.fromkeys(classes, 1.0 / len(classes)), human)
    return 1.0 - tvd(ours, human) / even if even > 0.0 else None
