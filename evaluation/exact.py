"""Exact expected payoffs: every course that a dialogue can take, weighted by its probability."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from ..core.acts import Act, Say
from ..core.belief import Belief
from ..core.dialogue import Dialogue, Step
from ..core.factored import FactoredSolution
from ..core.setting import Exchange, Setting
from ..core.solver import OutOfReach
from ..core.stream import Stream
from ..envs.base import Family
from ..envs.engine import Engine, Options
from ..policies.policy import FunctionPolicy, Policy, see_words
from ..policies.registry import make_policy
from ..simulated_users.user import ScriptedUser

BATCH = 256  # histories that go on together
LIMIT = 1_000_000  # turns of the learner in one tree: some minutes
SILENT = FunctionPolicy("say nothing", lambda dialogue, stream: "")
PLANNERS = {"myopic": 1, "lookahead": 2}  # how many of its own turns each sees

Node = tuple[Dialogue, float, Belief]  # a history, its probability, what a perfect listener believes after it
Follow = Callable[[Setting, Any, Belief, Act | None], Iterator[tuple[float, Exchange, Belief]]]
"""See `courses`."""


class NotEnumerable(ValueError):
    """The expected payoff of this policy cannot be summed: sample instead (see `evaluate`)."""


class TooManyTurns(NotEnumerable):
    """More can happen than was to be looked at."""


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
        NotEnumerable: If the policy draws random numbers, or (`TooManyTurns`) if there are more turns than `limit`.
    """

    def value(scenario: Any) -> float:
        solution = _factored(family.setting(scenario))
        if solution is not None:  # through information states: histories may be too many
            if isinstance(policy, str) and policy in PLANNERS:
                return solution.planned_value(PLANNERS[policy])
            if policy is SILENT:
                with suppress(NotEnumerable):
                    return solution.value_of(partial(_silence, solution))
        try:
            return _tree(family, policy, scenario, limit, known=False)
        except LookedAtHidden:
            return _tree(family, policy, scenario, limit, known=True)

    return over_scenarios(family, value)


def _factored(setting: Setting) -> FactoredSolution | None:
    """The solution of a setting with several people, if it is within reach."""
    with suppress(OutOfReach):
        return setting.solution if isinstance(setting.solution, FactoredSolution) else None
    return None


def _silence(solution: FactoredSolution, state: Any, mass: Any) -> Act:
    """Talk, where that is worth considering: what a game leaves out of a state may count turns of talk otherwise."""
    if Say() not in solution.game.choices(state, solution.seat):
        raise NotEnumerable("talk is not among the choices: follow each history instead")
    return Say()


def classes(family: Family) -> list[tuple[Any, float]]:
    """Scenarios that stand for all: one for each solution, with the share of the scenarios that have it."""
    scenarios = family.scenarios()
    problems = [_problem(family.setting(scenario)) for scenario in scenarios]  # all alive, so no two have the same id
    count = Counter(map(id, problems))
    first = {id(problem): scenario for problem, scenario in zip(reversed(problems), reversed(scenarios), strict=True)}
    return [(first[key], n / len(scenarios)) for key, n in count.items()]


def optimum(family: Family) -> float:
    """Best expected payoff over all scenarios.

    Raises:
        OutOfReach: If nobody can compute it.
    """
    return over_scenarios(family, lambda scenario: family.setting(scenario).solution.start_value())


def known_value(family: Family) -> float:
    """What a learner that is told the hidden state can expect over all scenarios: an upper bound on the optimum.

    Raises:
        OutOfReach: If nobody can compute it.
    """
    return over_scenarios(family, lambda scenario: family.setting(scenario).solution.known_value())


def upper_bound(family: Family) -> float | None:
    """The family's own upper bound on the optimum over all scenarios; ``None`` if it has no ``bound(scenario)``."""
    return None if family.bound is None else over_scenarios(family, family.bound)


def courses(
    setting: Setting, state: Any, belief: Belief, act: Act | None, known: bool
) -> Iterator[tuple[float, Exchange, Belief]]:
    """What can follow an act, or with ``None`` the opening: probability, exchange, and belief after it.

    If the hidden state is `known`, the belief is certain. Else it is summed out, and nobody may look at it.
    """
    if known:
        for exchange, p in setting.exchange(state, belief.support[0], act):
            yield p, exchange, Belief.certain(exchange.hidden)
    else:
        for p, exchange, after in setting.seen(state, belief, act):
            yield p, exchange._replace(hidden=UNSEEN), after


def beginnings(setting: Setting, known: bool) -> list[tuple[Belief, float]]:
    """What is believed before the first word, with its probability: each hidden state, or the prior."""
    return [(Belief.certain(hidden), p) for hidden, p in setting.prior] if known else [(setting.prior, 1.0)]


def over_scenarios(family: Family, value: Callable[[Any], float]) -> float:
    """The mean over all scenarios of ``value(scenario)``, which is the same for those that share a solution."""
    return math.fsum(weight * value(scenario) for scenario, weight in classes(family))


def _problem(setting: Setting) -> object:
    """What scenarios have in common that share a solution."""
    try:
        solution = setting.solution
    except OutOfReach:
        return setting
    return getattr(solution, "base", solution)  # what a `Rescaled`, or one of a family's own, borrows from


def _tree(family: Family, policy: str | Policy, scenario: Any, limit: int, known: bool) -> float:
    return math.fsum(p * step.payoff for p, _, step, _ in ends(family, policy, scenario, limit, known))


def ends(
    family: Family, policy: str | Policy, scenario: Any, limit: int, known: bool, follow: Follow | None = None
) -> Iterator[tuple[float, Dialogue, Step, Belief]]:
    """Every end that a dialogue can come to: its probability, the dialogue, its last step, and the belief after it.

    Args:
        family: The family, with its settings.
        policy: See `expected_return`.
        scenario: One of the family's.
        limit: Most turns of the learner.
        known: Whether the policy may look at the hidden state; then each is followed for itself.
        follow: Keeps a belief of its own, in the place of `courses`.
    """
    believed = follow is None and not known  # what is followed is what a dialogue would believe, and need not work out
    follow = follow or partial(courses, known=known)
    user = _Dictated(family.voice)
    engine = Engine(family, Options(user=user))
    speaker = make_policy(policy, engine)
    turns = 0
    stack = list(_open(engine, user, scenario, known, follow))
    for dialogue, _, belief in stack if believed else ():
        dialogue.believe(belief)
    while stack:
        # the last first: the tree is deep where it is wide, and few histories are held at a time
        batch, stack = stack[-BATCH:], stack[:-BATCH]
        turns += len(batch)
        if turns > limit:
            raise TooManyTurns(
                f"more than {limit:,} turns of {speaker.name!r} can happen in a scenario: sample instead (see evaluate)"
            )
        texts = speaker.respond([dialogue for dialogue, _, _ in batch], [_NoStream(speaker.name)] * len(batch))
        see_words(speaker, texts, len(batch))
        said, nodes = [], []
        user.next = []
        for text, (dialogue, p, belief) in zip(texts, batch, strict=True):
            act = engine.grammar.parse(text, family.context(dialogue)).act
            for q, exchange, after in follow(dialogue.setting, dialogue.state, belief, act):
                said.append(text)
                user.next.append(exchange)
                nodes.append((dialogue.fork(), p * q, after))
                if believed:
                    nodes[-1][0].believe(after)
        steps = engine.step([fork for fork, _, _ in nodes], said)
        for (dialogue, p, after), step in zip(nodes, steps, strict=True):
            if step.done:
                yield p, dialogue, step, after
            else:
                stack.append((dialogue, p, after))


def _open(engine: Engine, user: _Dictated, scenario: Any, known: bool, follow: Follow) -> Iterator[Node]:
    """The dialogues that a scenario can begin with."""
    setting = engine.family.setting(scenario)
    for first, p in beginnings(setting, known):
        # a single course in which nothing happens, if the learner opens
        opened = list(follow(setting, setting.game.start(), first, None))
        user.next = [exchange for _, exchange, _ in opened]
        dialogues = engine.open([np.random.default_rng(0) for _ in opened], {"scenario": scenario})
        for dialogue, (q, exchange, belief) in zip(dialogues, opened, strict=True):
            dialogue.hidden, dialogue.hidden_start = exchange.hidden, first.support[0] if known else UNSEEN
            yield dialogue, p * q, belief


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


class LookedAtHidden(Exception):
    """The policy is no function of what is public."""


def _looked(*_: Any) -> Any:
    raise LookedAtHidden


_ASKED = "getattr getitem iter len contains hash eq ne lt gt le ge bool int index float str repr format"
_ASKED += " add sub mul truediv floordiv mod pow neg pos abs radd rsub rmul rtruediv rfloordiv rmod rpow"
UNSEEN: Any = type(
    "_Unseen", (), {"__class__": property(_looked), **{f"__{what}__": _looked for what in _ASKED.split()}}
)()
"""Stands where the hidden state would be; whatever is asked of it, it tells that somebody looked."""
