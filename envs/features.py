"""A dialogue as an array: what is public, from the same whole numbers as in `encoding`, and the exact belief.

The exact belief, together with the public state, is all that a perfect listener needs in order to act as well as
possible (Kaelbling, Littman and Cassandra 1998, section 3.4). So a learner without memory can reach the optimum with
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..core.belief import Belief, ProductBelief
from ..core.dialogue import Dialogue
from ..core.mind import overlook
from .base import Family
from .encoding import Encoding, View, explored, leaves, wander

_KEPT = 64  # families whose features are remembered
_CACHE = 50_000  # hidden states of a scenario that are remembered


class Features:
    """How the dialogues of a family are told as arrays of numbers from 0 to 1; see `features`.

    A word, and the learner's last act, is one place for each value; a number is its rank among the values that it can
    take, from 1/n to 1. 0 stands for none. The belief follows: the probability of each hidden state. A belief that is a
    product is told part by part. As in `Encoding`, names are told by their place in the scenario, so that the arrays
    have the same length, and the same meaning, in every scenario.

    Attributes:
        encoding: The acts by number, and the whole numbers that tell a turn.
        labels: What each number of an array is.
        believed: How many of the numbers, the last ones, are probabilities of hidden states.

    Args:
        family: The family.
        belief: Whether the exact belief is told.
    """

    def __init__(self, family: Family, belief: bool = True):
        self.family, self.belief = family, belief
        self.encoding = encoding = Encoding(family)
        self.labels = [f"said {encoding.name(slot)}" for slot in range(len(encoding.slots))]
        self._hot = [(0, 0)]  # column, its first place
        self._ranks: list[tuple[int, int, int]] = []  # column, its place, how many values it takes
        for number, column in enumerate(encoding.columns, 1):
            if column.number:
                self._ranks.append((number, len(self.labels), len(column.values)))
                self.labels.append(column.path)
            else:
                self._hot.append((number, len(self.labels)))
                self.labels += [f"{column.path}={value}" for value in column.values]
        public = len(self.labels)
        self._relative: set[str] = set()
        self._places: dict[Any, int] = {}
        self._known: dict[Any, dict[Any, int]] = {}
        if belief:
            self._explore()
        self.believed = len(self.labels) - public

    def __reduce__(self) -> Any:
        return features, (self.family, self.belief)

    def observation(self, dialogue: Dialogue) -> np.ndarray:
        """What a learner with perfect ears knows of a dialogue now; float32 of shape (labels,)."""
        seen = np.zeros(len(self.labels), np.float32)
        row = self.encoding.row(View.of(dialogue)).tolist()
        for number, first in self._hot:
            if row[number]:
                seen[first + row[number] - 1] = 1.0
        for number, place, most in self._ranks:
            seen[place] = row[number] / most
        if self.belief:
            for part, factor in enumerate(_factors(dialogue.belief())):
                places = self._places_of(dialogue.scenario, part)
                for outcome, p in factor.items():
                    place = places.get(outcome)
                    if place is None:
                        place = places[outcome] = self._places.get(self._told(dialogue.scenario, part, outcome), -1)
                    if place >= 0:  # else it was never thought possible in exploring
                        seen[place] += p
        return seen

    def mask(self, dialogue: Dialogue) -> np.ndarray:
        """Which acts are open; all of them when nothing more is to be chosen. Shape (slots,), bool."""
        if dialogue.done:
            return np.ones(len(self.encoding.slots), bool)
        return self.encoding.legal(View.of(dialogue)).copy()

    def _places_of(self, scenario: Any, part: int) -> dict[Any, int]:
        """Where the probabilities of hidden states stand, as far as they have been asked for."""
        places = self._known.setdefault((scenario, part), {})
        if len(places) > _CACHE:
            places.clear()
        return places

    def _told(self, scenario: Any, part: int, outcome: Any) -> tuple[int, tuple[tuple[str, Any], ...]]:
        """A hidden state as it is told apart: its part, and its values by name."""
        told = self.encoding.told
        pairs = [(path, told(scenario, v) if path in self._relative else v) for path, v in _values(outcome)]
        return part, tuple(pairs)

    def _explore(self) -> None:
        """Find every hidden state that is thought possible in the random dialogues of `encoding`."""
        some, plays = explored(self.family)
        seen: dict[tuple[Any, int, Any], None] = {}
        for seed, scenario in enumerate(some):
            setting = self.family.setting(scenario)
            prior, plays_seen = setting.prior, list(wander(setting, plays, seed))
            beliefs = [prior]
            for play in plays_seen:
                belief = prior
                for _, exchange, _ in play:
                    if exchange is not None:
                        belief = setting.listen(belief, exchange)
                        beliefs.append(belief)
            here, first = _outcomes(beliefs), _outcomes([prior])
            if here.keys() > first.keys():  # what is hidden moves: what might be, had others been met there?
                whoever = []
                for play in plays_seen:
                    belief = prior
                    for _, exchange, _ in play:
                        for state, _, _ in exchange.replies if exchange else ():
                            belief = overlook(setting.mind, belief, state)
                        whoever.append(belief)
                here |= _outcomes(whoever)
            seen.update(dict.fromkeys((scenario, part, outcome) for part, outcome in here))
        found: dict[str, tuple[set[Any], set[Any]]] = {}  # path -> its values as they are, and as they are told
        for scenario, _, outcome in seen:
            for path, value in _values(outcome):
                values, told = found.setdefault(path, (set(), set()))
                values.add(value)
                told.add(self.encoding.told(scenario, value))
        self._relative = {path for path, (values, told) in found.items() if len(told) < len(values)}
        states = sorted(dict.fromkeys(self._told(*one) for one in seen), key=lambda state: state[0])
        for part, pairs in states:
            self._places[part, pairs] = len(self.labels)
            values = ", ".join(f"{path}={value}" for path, value in pairs)
            self.labels.append(f"belief{f' {part}' if states[-1][0] else ''}: {values}")


_made: dict[tuple[str, bool], Features] = {}


def features(family: Family, belief: bool = True) -> Features:
    """The features of a family. Those of equal families are the same object: to find them takes about a second."""
    if not isinstance(belief, bool):
        raise ValueError(f"belief must be True or False, got {belief!r}")
    key = (f"{type(family).__module__}.{family!r}", belief)
    found = _made.pop(key, None) or Features(family, belief)
    _made[key] = found  # the last that was asked for comes last
    if len(_made) > _KEPT:
        del _made[next(iter(_made))]
    return found


def _outcomes(beliefs: Iterable[Belief]) -> dict[tuple[int, Any], None]:
    """The part and the value of everything that is thought possible, in order of first sight."""
    factors = dict.fromkeys(pair for belief in beliefs for pair in enumerate(_factors(belief)))
    return dict.fromkeys((part, outcome) for part, factor in factors for outcome in factor.support)


def _factors(belief: Belief) -> tuple[Belief, ...]:
    return belief.factors if isinstance(belief, ProductBelief) else (belief,)


def _values(outcome: Any) -> list[tuple[str, Any]]:
    """The plain values in a hidden state, by name."""
    return list(leaves("hidden", outcome)) or [("hidden", repr(outcome))]
