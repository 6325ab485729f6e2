"""How reliably a policy succeeds: its probability of success with each person, and what follows from it.

A task is a scenario and what is hidden in it at the start. Whoever comes to the same task k times, with the same
person, and succeeds each time with probability p, succeeds all k times with probability p^k: the mean of that over
tasks is pass^k (Yao et al. 2024, tau-bench, section 4.1). A mean says how good a policy is, pass^k whether it can be
relied upon. Aptitude and unreliability are those of Laban et al. 2025, Lost in Conversation, section 4.3: the 90th
percentile of what a task pays, and how far the 10th lies below, both in the mean over tasks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from rich import box
from rich.table import Table

from ..core.acts import Act
from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..core.setting import Exchange, Setting
from ..core.stream import Stream
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..envs.seeds import seed_in
from ..policies.policy import Policy, PolicySpec, see_words
from ..policies.registry import make_policy
from ..policies.rollout import policy_stream
from ..simulated_users.user import Failure
from .exact import LIMIT, UNSEEN, LookedAtHidden, NotEnumerable, classes, ends
from .tables import PADDING, WIDTH, Printable, markdown, number

TIMES = (1, 2, 4, 8)
HIDDEN = 2_000  # hidden states of a scenario; more are sampled
TURNS = 20_000  # of the learner in the tree of a scenario; more are sampled
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Task:
    """What a policy comes to in one task.

    Attributes:
        weight: Probability of the task.
        success: Probability of success; of a sample, its share.
        low: 10th percentile of the payoff.
        high: 90th percentile of the payoff.
        passes: k -> probability that k dialogues all succeed.
    """

    weight: float
    success: float
    low: float
    high: float
    passes: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Consistency:
    """How reliably a policy succeeds, over all tasks. Payoffs are in the family's units.

    Attributes:
        env_id: The environment.
        policy: The policy's name.
        exact: Whether the numbers are summed over all that can happen; else they are sampled.
        tasks: How many there are, or were drawn.
        trials: How often each was played; 0 where nothing was.
        passes: k -> pass^k. pass^1 is the mean rate of success.
        percentiles: 10th, 50th and 90th percentile, over tasks, of the probability of success.
        aptitude: 90th percentile of a task's payoff, in the mean over tasks.
        unreliability: The 90th percentile less the 10th, likewise.
    """

    env_id: str
    policy: str
    exact: bool
    tasks: int
    trials: int
    passes: dict[int, float]
    percentiles: tuple[float, float, float]
    aptitude: float
    unreliability: float

    def cells(self) -> list[str]:
        """A row of a table, see `ByTask`."""
        how = "" if self.exact else f" ({self.tasks} tasks, {self.trials} times)"
        numbers = [*self.passes.values(), *self.percentiles, self.aptitude, self.unreliability]
        return [self.policy + how, *map(number, numbers)]


@dataclass(frozen=True)
class ByTask(Printable):
    """Several policies side by side."""

    rows: tuple[Consistency, ...]

    def to_json(self) -> dict[str, Any]:
        """In plain values."""
        return {"by_task": [asdict(row) for row in self.rows]}

    def to_markdown(self) -> str:
        """For a page."""
        return markdown([_header(self.rows[0]), *(row.cells() for row in self.rows)]) + "\n"

    def __rich__(self) -> Any:
        """For ``rich.print``."""
        table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False, width=WIDTH, title=self.rows[0].env_id)
        for place, name in enumerate(_header(self.rows[0])):
            table.add_column(name, justify="right" if place else "left", no_wrap=place > 0, overflow="fold")
        for row in self.rows:
            table.add_row(*row.cells())
        return table


def _header(row: Consistency) -> list[str]:
    return ["", *(f"pass^{k}" for k in row.passes), "p10", "p50", "p90", "apt.", "unrel."]


def by_task(
    env_id: str,
    policies: Sequence[PolicySpec],
    episodes: int = 500,
    seed: int = 0,
    trials: int = max(TIMES),
    split: str | None = None,
    **settings: Any,
) -> ByTask:
    """How reliably policies succeed, task by task.

    It is exact for a policy that is a function of what happens, in a family whose scenarios can be summed over (see
    `expected_return`). Else so many tasks are drawn as the episodes allow, and each is played `trials` times, with new
    random numbers after the opening; of c successes in n trials, C(c, k) / C(n, k) is an unbiased estimate of p^k.

    Args:
        env_id: A registered id.
        policies: Policies or names.
        episodes: How many are played where it must be sampled.
        seed: The first; each task has a seed of its own.
        trials: How often a task is played; pass^k is told for each k of `TIMES` up to it.
        split: See `evaluate`.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid.
        OutOfReach: If the family does not say what a success is, and its optimum is out of reach.
    """
    if not 1 <= trials <= episodes:
        raise ValueError(f"trials must be from 1 to the number of episodes, {episodes}, got {trials}")
    engine = make_engine(env_id, **settings)
    times = tuple(k for k in TIMES if k <= trials)
    rows = []
    for spec in policies:
        policy = make_policy(spec, engine)
        try:
            if settings.get("user", "scripted") != "scripted":
                raise NotEnumerable("another user decides otherwise")
            tasks, exact = exact_tasks(engine.family, policy, times), True
        except NotEnumerable:
            first = seed_in(split, seed, episodes // trials)
            tasks, exact = sampled_tasks(engine, policy, range(first, first + episodes // trials), trials, times), False
        rows.append(_summed(env_id, policy.name, tasks, exact, 0 if exact else trials))
    return ByTask(tuple(rows))


def exact_tasks(family: Family, policy: str | Policy, times: Sequence[int] = TIMES, limit: int = TURNS) -> list[Task]:
    """Every task, summed over all that can happen in it.

    Raises:
        NotEnumerable: If the policy draws random numbers, or there is too much to sum.
        OutOfReach: See `by_task`.
    """
    found = []
    for scenario, share in classes(family):
        setting = family.setting(scenario)
        if len(setting.prior) > HIDDEN:
            raise NotEnumerable(f"there are {len(setting.prior):,} hidden states, and at most {HIDDEN:,} are followed")
        succeeds = _Success(family, setting)
        paid: dict[Any, list[tuple[float, float, bool]]] = {}
        try:
            over = list(_ends(family, policy, scenario, limit, known=False))
        except LookedAtHidden:
            over = list(_ends(family, policy, scenario, min(limit * len(setting.prior), LIMIT), known=True))
        for p, state, start, now in over:
            payoff = setting.game.payoff(state, setting.seat, now)
            paid.setdefault(start, []).append((p, payoff, succeeds(state, start, now, payoff)))
        for start, p in setting.prior:
            weights, payoffs, well = zip(*paid[start], strict=True)
            success = min(1.0, math.fsum(w for w, good in zip(weights, well, strict=True) if good) / math.fsum(weights))
            low, high = (percentile(payoffs, weights, q) for q in (0.1, 0.9))
            found.append(Task(share * p, success, low, high, tuple((k, success**k) for k in times)))
    return found


def sampled_tasks(
    engine: Engine, policy: Policy, seeds: Sequence[int], trials: int, times: Sequence[int] = TIMES
) -> list[Task]:
    """The tasks of these seeds, each played so often. Dialogues whose machinery failed do not count."""
    found = []
    for seed in seeds:
        played = [dialogue for dialogue in _trials(engine, policy, seed, trials) if not dialogue.error]
        if not played:
            continue
        setting, start = played[0].setting, played[0].hidden_start
        succeeds = _Success(engine.family, setting)
        payoffs = [setting.game.payoff(one.state, setting.seat, one.hidden) for one in played]
        c = sum(succeeds(one.state, start, one.hidden, payoff) for one, payoff in zip(played, payoffs, strict=True))
        low, high = (percentile(payoffs, [1.0] * len(played), q) for q in (0.1, 0.9))
        passes = tuple((k, unbiased(c, len(played), k)) for k in times if k <= len(played))
        found.append(Task(1.0, c / len(played), low, high, passes))
    if not found:
        raise ConnectionError("all episodes failed")
    return found


def unbiased(successes: int, trials: int, k: int) -> float:
    """Estimate of p^k from some successes in some trials: C(successes, k) / C(trials, k)."""
    return math.comb(successes, k) / math.comb(trials, k)


def percentile(values: Sequence[float], weights: Sequence[float], q: float) -> float:
    """The smallest value that has at least the share `q` of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(np.asarray(weights, float)[order])
    place = int(np.searchsorted(mass, q * mass[-1] * (1.0 - _ROUNDING)))
    return float(np.asarray(values, float)[order][place])


class _Success:
    """Whether a dialogue of a setting has succeeded."""

    def __init__(self, family: Family, setting: Setting):
        self.told, self.setting = family.success, setting
        self.bars: dict[Any, float] = {}

    def __call__(self, state: Any, start: Any, now: Any, payoff: float) -> bool:
        if self.told is not None:
            return bool(self.told(self.setting.game, state, now))
        if start not in self.bars:
            best = self.setting.solution.known_value_of(start)
            self.bars[start] = best - abs(best) / 2.0
        return payoff >= self.bars[start] - _ROUNDING


def _ends(
    family: Family, policy: str | Policy, scenario: Any, limit: int, known: bool
) -> Iterator[tuple[float, Any, Any, Any]]:
    """Probability, last state, and the hidden state at the start and at the end, of all that can happen."""
    for p, dialogue, _, belief in ends(family, policy, scenario, limit, known, None if known else _follow_pairs):
        if known:
            yield p, dialogue.state, dialogue.hidden_start, belief.support[0]
        else:
            for (start, now), q in belief:
                yield p * q, dialogue.state, start, now


def _follow_pairs(
    setting: Setting, state: Any, belief: Belief, act: Act | None
) -> Iterator[tuple[float, Exchange, Belief]]:
    """`courses` for a belief about pairs: the hidden state at the start, and now."""
    pairs = [((hidden, hidden), p) for hidden, p in belief] if act is None else list(belief)
    seen: dict[tuple, tuple[Exchange, dict[Any, float]]] = {}
    after: dict[Any, Belief[Exchange]] = {}
    for (start, now), p in pairs:
        if now not in after:
            after[now] = setting.exchange(state, now, act)
        for exchange, q in after[now]:
            mass = seen.setdefault(exchange.replies, (exchange._replace(hidden=UNSEEN), {}))[1]
            mass[start, exchange.hidden] = mass.get((start, exchange.hidden), 0.0) + p * q
    for exchange, mass in seen.values():
        total = math.fsum(mass.values())
        yield total, exchange, Belief([(pair, p / total) for pair, p in mass.items()])


def _trials(engine: Engine, policy: Policy, seed: int, trials: int) -> list[Dialogue]:
    """Dialogues with the person of a seed, which begin alike and then go their own ways."""
    dialogues = engine.open([seeding.np_random(seed)[0] for _ in range(trials)], seeds=[seed] * trials)
    streams = {dialogue: policy_stream(seed, place) for place, dialogue in enumerate(dialogues)}
    for place, dialogue in enumerate(dialogues):
        dialogue.stream = Stream(np.random.default_rng((seed, trials, place)))
    while live := [dialogue for dialogue in dialogues if not dialogue.done]:
        said = policy.respond(live, [streams[one] for one in live])
        see_words(policy, said, len(live))
        texts = dict(zip(live, said, strict=True))
        for one in [one for one, text in texts.items() if isinstance(text, Failure)]:
            one.cut(texts.pop(one))
        if texts:
            engine.step(list(texts), list(texts.values()))
    return dialogues


def _summed(env_id: str, policy: str, tasks: Sequence[Task], exact: bool, trials: int) -> Consistency:
    """The mean over tasks, by weight."""
    weights = np.array([task.weight for task in tasks])
    weights /= weights.sum()
    mean = lambda values: float(np.dot(weights, np.array(list(values), float)))  # noqa: E731
    p10, p50, p90 = (percentile([task.success for task in tasks], weights.tolist(), q) for q in (0.1, 0.5, 0.9))
    aptitude, floor = mean(task.high for task in tasks), mean(task.low for task in tasks)
    times = [k for k, _ in tasks[0].passes]
    passes = {k: mean(dict(task.passes).get(k, math.nan) for task in tasks) for k in times}
    return Consistency(env_id, policy, exact, len(tasks), trials, passes, (p10, p50, p90), aptitude, aptitude - floor)
