"""Generations: the better half of a population hands its norms on, and a learner's policy is one of them.

An outer loop around episodes, after Vallinder and Hughes (2024), and no part of the game: in each generation all play
as many rounds as an episode has; who has more at the end stays, and newcomers take over the norms of those who stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from ...core.belief import Belief, ProductBelief
from ...core.factored import FactoredSolution
from ...core.stream import Stream
from .game import FACTOR, DonorGame, Give, Street
from .mind import Neighbours, everybody, gift
from .policies import Rule, human

NORMS: tuple[str, ...] = ("image", "standing", "steady", "strict", "kind", "selfish")
"""Norms that a population can hold; see `gift`."""


class Player(Protocol):
    """Somebody who plays one episode by a policy, and not by a norm."""

    def give(self, state: Street) -> int:
        """Units for who asks."""
        ...

    def got(self, state: Street, units: int) -> None:
        """What was given to it in that state."""
        ...


Make = Callable[[Stream], Player]
"""Makes a player for one episode; random numbers are drawn from the stream."""


class Generation(NamedTuple):
    """How one generation has lived.

    Attributes:
        shares: Kind (a norm, or a player's name) -> share of the population.
        resources: Mean payoff of all: 1 is what each has if all always give the most.
        cooperation: Share of all meetings in which something was given.
        of: Kind -> mean payoff.
    """

    shares: dict[str, float]
    resources: float
    cooperation: float
    of: dict[str, float]


@dataclass
class _Person:
    kind: str
    player: Player | None
    state: Street = field(default_factory=Street)

    def gives(self, other: Street, number: int) -> int:
        """Units for somebody whose record is that of `other`; the own record after it."""
        asked = max(0, other.record[1])
        if self.player is None:
            units = gift(self.kind, other.record, other.excused)
        else:
            units = self.player.give(self.state._replace(phase="give", round=number, asked=asked))
        excused = units == 0 and asked == 0
        self.state = Street("receive", number, 0, (self.state.record[1], units), excused, self.state.points - units)
        return units

    def gets(self, units: int) -> None:
        if self.player is not None:
            self.player.got(self.state, units)
        self.state = self.state._replace(points=self.state.points + FACTOR * units)


def generations(
    population: Mapping[str, int],
    players: Mapping[str, Make] | None = None,
    count: int = 10,
    rounds: int = 6,
    variation: float = 0.0,
    seed: int = 0,
) -> list[Generation]:
    """Play so many generations; the same arguments give the same ones.

    In each round all stand in a circle, in a new order. Everybody is asked by the next person, and asks the one before;
    players are asked first, so that what they give counts at once, as in an episode. Then the better half stays (of
    equals, who is drawn), and each of them has one successor of its kind.

    Args:
        population: Kind -> how many at first: norms of `NORMS`, and names of `players`. An even number in all.
        players: Name -> what plays for it.
        count: Generations.
        rounds: Of each.
        variation: How often a successor takes any kind of the first population instead.
        seed: Of all that is drawn.

    Raises:
        ValueError: If a kind is neither a norm nor a player, or the population is odd or below 4.
    """
    players = players or {}
    if unknown := [kind for kind in population if kind not in NORMS and kind not in players]:
        raise ValueError(f"population must hold norms ({', '.join(NORMS)}) or players; got {', '.join(unknown)}")
    size = sum(population.values())
    if size < 4 or size % 2:
        raise ValueError(f"population must be an even number of at least 4; got {size}")
    stream = Stream(np.random.default_rng(seed))
    kinds = [kind for kind, number in population.items() for _ in range(number)]
    lived = []
    for _ in range(count):
        people = [_Person(kind, players[kind](stream) if kind in players else None) for kind in kinds]
        helped = sum(_round(people, number, stream) for number in range(rounds))
        lived.append(_summed(people, rounds, helped))
        ranked = sorted(people, key=lambda person: (-person.state.points, stream.random()))[: size // 2]
        kinds = [person.kind for person in ranked]
        first = list(population)
        kinds += [first[stream.choose(len(first))] if stream.random() < variation else kind for kind in kinds]
    return lived


def _round(people: list[_Person], number: int, stream: Stream) -> int:
    """Everybody gives once and gets once; how often something was given."""
    order = sorted(people, key=lambda _: stream.random())
    pairs = list(zip(order, [*order[1:], order[0]], strict=True))
    given = []
    for played in (True, False):  # players first
        now = [(giver, other, other.state) for giver, other in pairs if (giver.player is not None) == played]
        given += [(other, giver.gives(state, number)) for giver, other, state in now]
    for other, units in given:
        other.gets(units)
    return sum(units > 0 for _, units in given)


def _summed(people: list[_Person], rounds: int, helped: int) -> Generation:
    game, many = DonorGame(rounds), Counter(person.kind for person in people)
    payoffs = [(person.kind, game.payoff(person.state, "you")) for person in people]
    of = {kind: sum(pays for whose, pays in payoffs if whose == kind) / number for kind, number in many.items()}
    shares = {kind: number / len(people) for kind, number in many.items()}
    return Generation(shares, sum(pays for _, pays in payoffs) / len(people), helped / (rounds * len(people)), of)


# ---- players


@dataclass
class Ruled:
    """Plays by a fixed rule."""

    rule: Rule
    seen: list[int] = field(default_factory=list)

    def give(self, state: Street) -> int:
        """See `Player`."""
        return self.rule(state, self.seen)

    def got(self, state: Street, units: int) -> None:
        """See `Player`."""
        self.seen.append(units)


class Planner:
    """Plays the optimum of the default game: it believes that it has come to one of its societies.

    What no society explains makes it begin anew with what it believed at first.

    Args:
        solution: Of the game.
        neighbours: The societies.
    """

    def __init__(self, solution: FactoredSolution, neighbours: Neighbours):
        self.solution, self.neighbours = solution, neighbours
        self.belief = neighbours.prior()

    def give(self, state: Street) -> int:
        """See `Player`."""
        others = Belief.certain(None)
        act = self.solution.best_act(state, ProductBelief([self.belief, others, others]))
        return act.units if isinstance(act, Give) else 0

    def got(self, state: Street, units: int) -> None:
        """See `Player`."""
        react = self.neighbours.react
        after = [
            (society, weight * sum(p for (_, act), p in react(society, state) if act == Give(units)))
            for society, weight in self.belief
        ]
        explained = [pair for pair in after if pair[1] > 0]
        self.belief = Belief(explained) if explained else self.neighbours.prior()


def planner(rounds: int = 6) -> Make:
    """Players of the optimum; they share one solution."""
    game = DonorGame(rounds)
    solution = FactoredSolution(game, everybody(game), "you")
    return lambda stream: Planner(solution, Neighbours())


def ruled(rule: Rule) -> Make:
    """Players by a fixed rule."""
    return lambda stream: Ruled(rule)


def scripted(rounds: int = 6) -> Make:
    """Players who are the human-like demonstrator."""
    game = DonorGame(rounds)
    return lambda stream: Ruled(lambda state, got: human(game, state, got, stream))
