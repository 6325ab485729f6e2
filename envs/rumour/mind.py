"""What is hidden in a small town: how catching the story is, whether it is true, and how many believe it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.search import Numbered, Place, Search
from ...core.solver import Solution
from ...core.states import replaceable
from .game import Check, Days, Debunk, Moderation, Report, Verdict
from .law import Law, spread

_SAY = Say()
_RIGHT: dict[bool, tuple[Verdict, Verdict]] = {True: ("true", "false"), False: ("false", "true")}


@replaceable
class Story(NamedTuple):
    """Hidden state of a small town.

    Attributes:
        virulence: How catching the story is.
        true: Whether it is true.
        believers: How many believe it now.
    """

    virulence: float
    true: bool
    believers: int


@dataclass(frozen=True)
class Tales:
    """What stories are like.

    Args:
        virulences: How catching, with weights.
        first: How many believe it at the start, with weights; in a small town.
        true: Probability that one is true, whatever its virulence.
        clarity: Probability that a check finds out rightly; each is made anew.
        levels: The least share of believers of each level of a report but the lowest.
    """

    virulences: tuple[tuple[float, float], ...] = ((0.2, 1.0), (2.0, 1.0))
    first: tuple[tuple[int, float], ...] = ((1, 8.0), (2, 4.0), (3, 2.0), (4, 1.0), (5, 1.0))
    true: float = 0.4
    clarity: float = 0.85
    levels: tuple[float, ...] = (0.25, 0.6)

    def level(self, share: float) -> int:
        """What is reported where so many believe."""
        return sum(share >= least for least in self.levels)

    def verdicts(self, true: bool, checked: bool) -> tuple[tuple[Verdict, float], ...]:
        """What is told of a check in the evening, with the probability of each."""
        if not checked:
            return (("none", 1.0),)
        right, wrong = _RIGHT[true]
        return (right, self.clarity), (wrong, 1.0 - self.clarity)


@dataclass(frozen=True)
class Crowd:
    """The mind of a small town, where everybody hears everybody, as the assistant reports of it.

    Args:
        game: The rules.
        people: In the town.
        tales: What stories are like.
        law: How they spread.
    """

    game: Moderation
    people: int
    tales: Tales
    law: Law

    def prior(self) -> Belief[Story]:
        """Virulence, truth and the first believers are independent."""
        tales = self.tales
        return Belief(
            (Story(virulence, true, first), p * q * r)
            for (virulence, p), (true, q), (first, r) in product(
                tales.virulences, ((True, tales.true), (False, 1.0 - tales.true)), tales.first
            )
        )

    def react(self, hidden: Story, state: Days) -> Belief[tuple[Story, Act]]:
        """A day passes, and the assistant reports."""
        if state.today is None:
            return Belief.certain((hidden, _SAY))
        key = hidden, state.labelled, isinstance(state.today, Debunk), isinstance(state.today, Check), state.left == 1
        found = self._reactions.get(key)
        if found is None:
            found = self._reactions[key] = Belief(self._reaction(*key))
        return found

    def _reaction(
        self, hidden: Story, labelled: bool, letter: bool, checked: bool, last: bool
    ) -> Iterator[tuple[tuple[Story, Act], float]]:
        virulence, true, believers = hidden
        for after, p in spread(self.law, self.people, believers, virulence, labelled, letter):
            level = self.tales.level(after / self.people)
            for told, q in self.tales.verdicts(true, checked):
                yield (hidden._replace(believers=after), Report(level, told, last)), p * q

    @cached_property
    def _reactions(self) -> dict[Any, Belief[tuple[Story, Act]]]:
        return {}


class TownSearch(Search[Any]):
    """The search of a moderator of a town.

    What talk, labels and letters have cost so far adds up and changes nothing that is to come; so it is taken out of
    the state, as ``unbank`` does, but as a mean over the belief: what has cost depends on whether the story is true.
    """

    def solve(self, place: Place, mass: Numbered) -> tuple[float, Act]:
        """See `Search.solve`."""
        so_far = self._averted(place, mass)
        if self.horizon == 0:
            return so_far, Say()
        bare = self.board.place(place.state._replace(level=0, spent=0.0, talk=0.0, wrong=0))
        value, act = super().solve(bare, mass)
        return so_far - self._averted(bare, mass) + value, act

    def _averted(self, place: Place, mass: Numbered) -> float:
        game: Any = self.board.game
        return sum([p * game.averted(place.state, hidden) for hidden, p in self.pairs(mass)])


class TownSolution(Solution[Any]):
    """The optimum of the moderator of a town."""

    search = TownSearch
