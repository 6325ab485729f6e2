"""Exact expected payoffs: every course that a dialogue can take, weighted by its probability."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..core.setting import Exchange, Setting
from ..core.stream import Stream
from ..envs.base import Family
from ..envs.engine import Engine, Options
from ..policies.policy import Policy
from ..policies.registry import make_policy
from ..simulated_users.user import ScriptedUser

BATCH = 256  # histories that go on together
LIMIT = 1_000_000  # turns of the learner in one tree: some minutes

Node = tuple[Dialogue, float, Belief]  # a history, its probability, what a perfect listener believes after it


class NotEnumerable(ValueError):
    """The expected payoff of this policy cannot be summed: sample instead (see `evaluate`)."""


def expected_return(family: Family, policy: str | Policy, limit: int = LIMIT) -> float:
    """The expected payoff of a policy, summed over every scenario, hidden state and reaction instead of sampled.

    The policy must be a deterministic function of what happens: of acts, public states and beliefs. Words are drawn
    once for each history, so it must not depend on which of several phrases was used. Scenarios that share a solution
    count as one: it must not depend on names either.

    Histories that differ in nothing public are followed as one, with the exact belief about the hidden state. A policy
    that looks at the hidden state, as ``clairvoyant`` does, is noticed, and gets a history for each.

    Args:
        family: The family, with its settings.
        policy: A deterministic policy, or its name.
        limit: Most turns of the learner that are tried for one scenario.

    Raises:
        NotEnumerable: If the policy draws random numbers, or if there are more turns than `limit`.
    """
    return math.fsum(weight * _scenario_return(family, policy, scenario, limit) for scenario, weight in classes(family))


def classes(family: Family) -> list[tuple[Any, float]]:
    """Scenarios that stand for all: one for each solution, with the share of the scenarios that have it."""
    scenarios = family.scenarios()
    problems = [
        _problem(family.setting(scenario)) for scenario in scenarios
    ]  # a list keeps them alive, so that no two have the same id
    count = Counter(map(id, problems))
    first = {id(problem): scenario for problem, scenario in zip(reversed(problems), reversed(scenarios), strict=True)}
    return [(first[key], n / len(scenarios)) for key, n in count.items()]


def optimum(family: Family) -> float:
    """Best expected payoff over all scenarios.

    Raises:
        NotImplementedError: If it is out of reach.
    """
    return math.fsum(weight * family.setting(scenario).solution.start_value() for scenario, weight in classes(family))


def known_value(family: Family) -> float:
    """What a learner that is told the hidden state at the start can expect over all scenarios: an upper bound on the optimum.

    Raises:
        NotImplementedError: If it is out of reach.
    """
    return math.fsum(weight * family.setting(scenario).solution.known_value() for scenario, weight in classes(family))


def upper_bound(family: Family) -> float | None:
    """The family's own upper bound on the optimum over all scenarios; ``None`` if it has no method ``bound(scenario)``."""
    bound = family.bound
    return None if bound is None else math.fsum(weight * bound(scenario) for scenario, weight in classes(family))


def _problem(setting: Setting) -> object:
    """What scenarios have in common that share a solution."""
    try:
        solution = setting.solution
    except NotImplementedError:
        return setting
    return getattr(solution, "base", solution)


def _scenario_return(family: Family, policy: str | Policy, scenario: Any, limit: int) -> float:
    try:
        return _tree(family, policy, scenario, limit, told=False)
    except _LookedAtHidden:
        return _tree(family, policy, scenario, limit, told=True)


def _tree(family: Family, policy: str | Policy, scenario: Any, limit: int, told: bool) -> float:
    user = _Dictated(family.voice)
    engine = Engine(family, Options(user=user))
    speaker = make_policy(policy, engine)
    total, turns = [], 0
    stack = list(_open(engine, user, scenario, told))
    while stack:
        batch, stack = (
            stack[-BATCH:],
            stack[:-BATCH],
        )  # the last first: the tree is deep where it is wide, and few histories are held at a time
        turns += len(batch)
        if turns > limit:
            raise NotEnumerable(
                f"more than {limit:,} turns of {speaker.name!r} can happen in one scenario: sample instead (see "
                "evaluate)"
            )
        dialogues = [dialogue for dialogue, _, _ in batch]
        texts = speaker.respond(dialogues, [_NoStream(speaker.name)] * len(batch))
        said, forks, ps, beliefs = [], [], [], []
        user.next = []
        for text, (dialogue, p, belief) in zip(texts, batch, strict=True):
            act = engine.grammar.parse(text, family.context(dialogue)).act
            for q, exchange, after in _courses(dialogue.setting, dialogue.state, belief, act, told):
                said.append(text)
                forks.append(dialogue.fork())
                user.next.append(exchange)
                ps.append(p * q)
                beliefs.append(after)
        for fork, p, belief, step in zip(forks, ps, beliefs, engine.step(forks, said), strict=True):
            if step.done:
                total.append(p * step.payoff)
            else:
                stack.append((fork, p, belief))
    return math.fsum(total)


def _open(engine: Engine, user: _Dictated, scenario: Any, told: bool) -> Iterator[Node]:
    """The dialogues that a scenario can begin with."""
    setting = engine.family.setting(scenario)
    start, prior = setting.game.start(), setting.prior
    for first, p in [(Belief.certain(hidden), p) for hidden, p in prior] if told else [(prior, 1.0)]:
        courses = list(
            _courses(setting, start, first, None, told)
        )  # a single one in which nothing happens, if the learner opens
        user.next = [exchange for _, exchange, _ in courses]
        dialogues = engine.open([np.random.default_rng(0) for _ in courses], {"scenario": scenario})
        for dialogue, (q, exchange, belief) in zip(dialogues, courses, strict=True):
            dialogue.hidden, dialogue.hidden_start = exchange.hidden, first.support[0] if told else _UNSEEN
            yield dialogue, p * q, belief


def _courses(
    setting: Setting, state: Any, belief: Belief, act: Any, told: bool
) -> Iterator[tuple[float, Exchange, Belief]]:
    """What can follow, with the hidden state told or out of sight."""
    for p, exchange, after in setting.seen(state, belief, act):
        if told:
            for hidden, q in after:
                payoff = setting.game.payoff(exchange.after, setting.seat, hidden) if exchange.over else 0.0
                yield p * q, exchange._replace(hidden=hidden, payoff=payoff), Belief.certain(hidden)
        else:
            yield p, exchange._replace(hidden=_UNSEEN), after


class _Dictated(ScriptedUser):
    """Does what it is told, in the words of its voice."""

    next: list[Exchange]

    def decide(self, dialogues: Sequence[Dialogue], heards: Any) -> list[Any]:
        return self.next


class _NoStream(Stream):
    """Random numbers for a policy that must not use any."""

    def __init__(self, policy: str):
        self._policy = policy

    def random(self) -> float:
        raise NotEnumerable(f"{self._policy!r} draws random numbers: sample instead (see evaluate)")


class _LookedAtHidden(Exception):
    """The policy is no function of what is public."""


class _Unseen:
    """Stands where the hidden state would be; whatever is asked of it, it tells that somebody looked."""

    def _looked(self, *_: Any) -> Any:
        raise _LookedAtHidden

    __class__ = property(_looked)  # type: ignore[assignment]
    __getattr__ = __getitem__ = __iter__ = __len__ = __contains__ = __hash__ = __eq__ = __ne__ = __lt__ = __gt__ = (
        __le__
    ) = __ge__ = _looked  # type: ignore
    __bool__ = __int__ = __index__ = __float__ = __add__ = __sub__ = __mul__ = __str__ = __repr__ = __format__ = _looked  # type: ignore


_UNSEEN = _Unseen()
