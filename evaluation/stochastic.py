"""Exact expected payoffs of policies that draw random numbers.

`exact` follows every history, which is hopeless for a policy that may say anything at any turn. The random policy and
the noisy planners look at nothing but the public state, or the state and the exact belief: for them the expectation is
a dynamic program over these, with what they draw summed out. What a policy looks at is watched, not assumed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..core.belief import Belief
from ..core.solver import DIGITS
from ..core.stream import Stream
from ..envs.base import Family
from ..envs.engine import Engine, Options
from ..policies.policy import Policy
from ..policies.registry import make_policy
from .exact import NotEnumerable, beginnings, classes, courses, expected_return

TURNS = 200_000  # of the learner in one deterministic tree
LIMIT = 200_000  # pairs of an act and what follows it: some seconds
HIDDEN = 1_000  # hidden states
DRAWS = 5_000  # ways in which a policy can draw its random numbers at one turn


def expected_payoff(family: Family, policy: str | Policy, grammar: str = "natural", limit: int = LIMIT) -> float:
    """The expected payoff of a policy over every scenario, hidden state, reaction, and random number of its own.

    A deterministic policy may depend on the whole history of acts (see `expected_return`). Another may depend on the
    public state and the belief. Neither may depend on words.

    At most `limit` pairs of an act and a reaction are tried, all scenarios together.

    Raises:
        NotEnumerable: If the policy looks at the history, draws from more than a finite choice, or takes more than
            `limit`; the message says which.
    """
    try:
        return expected_return(family, policy, TURNS)
    except NotEnumerable:
        pass
    engine = Engine(family, Options(grammar=grammar))
    program = _Program(engine, make_policy(policy, engine), limit)
    return math.fsum(weight * program.start(scenario) for scenario, weight in _alike(program))


class _Program:
    """Values of the moments in which a policy can come to speak."""

    def __init__(self, engine: Engine, policy: Policy, limit: int):
        self.engine, self.policy, self.limit, self.left = engine, policy, limit, limit
        # until the policy asks for the belief, the hidden state is followed in its place: there are fewer of them
        self.known = True
        self.values: dict[Any, float] = {}

    def start(self, scenario: Any) -> float:
        setting = self.engine.family.setting(scenario)
        if len(setting.prior) > HIDDEN:
            raise NotEnumerable(f"there are {len(setting.prior):,} hidden states, and at most {HIDDEN:,} are followed")
        self.values = {}
        start, first = setting.game.start(), beginnings(setting, self.known)
        try:
            return math.fsum(p * self._then(scenario, setting, start, belief, None) for belief, p in first)
        except _AskedForBelief:
            self.known = False
            return self.start(scenario)

    def distribution(self, moment: Any) -> dict[Any, float]:
        """The acts that the policy can make in a `_Moment`, with their probabilities."""
        grammar, acts = self.engine.grammar, {}
        for p, text in _draws(self.policy, moment):
            heard = grammar.alone(text) or grammar.parse(text, self.engine.family.context(moment))
            self._check(heard.problem)
            acts[heard.act] = acts.get(heard.act, 0.0) + p
        return acts

    def _value(self, scenario: Any, setting: Any, state: Any, belief: Belief) -> float:
        key = (state, frozenset((hidden, round(p, DIGITS)) for hidden, p in belief))
        found = self.values.get(key)
        if found is None:
            acts = self.distribution(_Moment(scenario, setting, state, None if self.known else belief))
            after = [p * self._then(scenario, setting, state, belief, act) for act, p in acts.items()]
            found = self.values[key] = math.fsum(after)
        return found

    def _then(self, scenario: Any, setting: Any, state: Any, belief: Belief, act: Any) -> float:
        """Expected payoff after an act, or with ``None`` after the others' opening."""
        total = []
        for p, exchange, after in courses(setting, state, belief, act, self.known):
            self.left -= 1
            if self.left < 0:
                raise NotEnumerable(
                    f"{self.policy.name!r} has more than {self.limit:,} pairs of an act and what can follow it"
                )
            self._check(exchange.problem)
            total.append(
                p * (exchange.payoff if exchange.over else self._value(scenario, setting, exchange.after, after))
            )
        return math.fsum(total)

    def _check(self, problem: str) -> None:
        if problem:
            raise NotEnumerable(f"{self.policy.name!r} can lose a turn, which depends on earlier ones")


class _Moment:
    """A dialogue of which only the present can be seen."""

    def __init__(self, scenario: Any, setting: Any, state: Any, belief: Belief | None):
        self.scenario, self.setting, self.state, self.seat = scenario, setting, state, setting.seat
        self.public, self._belief = scenario.public, belief

    def belief(self) -> Belief:
        """The exact belief."""
        if self._belief is None:
            raise _AskedForBelief
        return self._belief

    def __getattr__(self, name: str) -> Any:
        raise NotEnumerable(f"the policy looks at {name!r} of the dialogue, and not at state and belief alone")


class _AskedForBelief(Exception):
    """The policy depends on more than the public state."""


def _alike(program: _Program) -> list[tuple[Any, float]]:
    """`classes`: scenarios that share a solution count as one, if the policy does the same in all but for names.

    Raises:
        NotEnumerable: If it does not.
    """
    family = program.engine.family
    found = classes(family)
    shapes = [_shape(program, scenario) for scenario, _ in found]
    if any(_shape(program, scenario) not in shapes for scenario in family.scenarios()):
        raise NotEnumerable(f"{program.policy.name!r} does not do the same in scenarios that share a solution")
    return found


def _shape(program: _Program, scenario: Any) -> tuple:
    """How the policy's acts are spread at the first moment: kinds of act and probabilities, without names."""
    setting = program.engine.family.setting(scenario)
    state = next(exchange.after for _, exchange, _ in setting.seen(setting.game.start(), setting.prior, None))
    acts = program.distribution(_Moment(scenario, setting, state, setting.prior))
    return tuple(sorted((type(act).__name__, round(p, DIGITS)) for act, p in acts.items()))


# ---- what a policy draws


def _draws(policy: Policy, moment: Any) -> Iterator[tuple[float, str]]:
    """Everything that a policy can say, once for each way in which its random numbers can fall."""
    open_ends: list[tuple[int, ...]] = [()]
    for _ in range(DRAWS):
        if not open_ends:
            return
        tape = _Tape(policy.name, open_ends.pop())
        text = policy.respond([moment], [tape])[0]
        taken = tuple(place for place, _ in tape.forks)
        for depth in range(len(tape.given), len(taken)):
            open_ends += [(*taken[:depth], other) for other in range(1, len(tape.forks[depth][1]))]
        yield math.prod(shares[place] for place, shares in tape.forks), text
    if open_ends:
        raise NotEnumerable(f"{policy.name!r} can draw its random numbers in more than {DRAWS:,} ways at one turn")


class _Tape(Stream):
    """Random numbers that take the given way at the first forks, and the first way at the others."""

    def __init__(self, policy: str, given: tuple[int, ...]):
        self.policy, self.given = policy, given
        self.forks: list[tuple[int, list[float]]] = []

    def choose(self, n: int) -> int:
        return self.fork([1.0 / n] * n)

    def random(self) -> Any:
        return _Uniform(self)

    def fork(self, shares: list[float]) -> int:
        """Which of several ways, with these probabilities, is taken."""
        place = self.given[len(self.forks)] if len(self.forks) < len(self.given) else 0
        self.forks.append((place, shares))
        return place


class _Uniform:
    """A number between 0 and 1 of which nothing is decided but what was asked."""

    def __init__(self, tape: _Tape):
        self.tape, self.low, self.high = tape, 0.0, 1.0

    def __lt__(self, bound: float) -> bool:
        if bound <= self.low or bound >= self.high:
            return bound >= self.high
        share = (bound - self.low) / (self.high - self.low)
        below = self.tape.fork([share, 1.0 - share]) == 0
        self.low, self.high = (self.low, bound) if below else (bound, self.high)
        return below

    __le__ = __lt__  # a single number has no probability

    def __gt__(self, bound: float) -> bool:
        return not self < bound

    __ge__ = __gt__

    def _calculated(self, *_: Any) -> Any:
        raise NotEnumerable(f"{self.tape.policy!r} calculates with random numbers")

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __truediv__ = _calculated
    __float__ = __int__ = __bool__ = __eq__ = _calculated
