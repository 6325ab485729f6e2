"""Datasets of known quality: episodes of policies whose worth is known, for offline reinforcement learning.

A dataset is a store of episodes of one policy with a name, so that `collect` makes it too. What is said of its quality
is exact where that is possible: mean and maximum are those of the episodes that are there, the optimum is solved, and
the expected payoff of the policy is summed where it can be. Where it cannot, each turn is held against the optimum
(`regret`): that takes the luck of the dialogues out of the estimate, which is closer the better the policy is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..envs import seeds
from ..envs.engine import Engine
from ..envs.episodes import EpisodeStore
from ..envs.make import make_engine
from ..envs.registration import bare
from ..policies.baselines import baselines
from ..policies.collect import collect
from ..policies.rollout import policy_stream
from .evaluate import evaluate
from .exact import optimum, upper_bound
from .references import references
from .regret import episode_regret
from .statistics import Interval, mean_interval, normalised_score, score_interval
from .stochastic import LIMIT, NotEnumerable, expected_payoff
from .tables import markdown

NAMES = ("random", "scripted", "mixed", "near-optimal")
SHARE = 0.05  # of random turns in near-optimal play
_PLAIN = {"user": "scripted", "ear": "grammar", "reward": "goal"}  # what references are played with
_TRIALS = 300  # episodes by which the best known policy is chosen where the optimum is out of reach


@dataclass(frozen=True)
class Part:
    """One policy of a dataset."""

    policy: str
    episodes: int  # how many it has spoken in
    mean_return: float  # of these
    expected_return: float | None  # payoff over all scenarios, summed exactly; None where that is out of reach
    reason: str = ""  # why it is


@dataclass(frozen=True)
class Quality:
    """What is known of a dataset. Returns are payoffs, whatever the reward of the episodes; intervals are of 95%.

    Where the optimum is out of reach, or does not hold, there is no score and no estimate.
    """

    dataset: str  # one of `NAMES`
    env_id: str
    policy: str  # who speaks for the learner; a name that `make_policy` understands
    seed: int  # the first
    episodes: int  # that count
    failed: int  # in the simulated user's machinery: they are in the store, and count for nothing here
    mean_return: float  # of the episodes in the dataset
    return_interval: Interval  # of it, as an estimate of the policy's expected payoff
    min_return: float
    max_return: float
    score: float | None  # (mean - zero) / (optimal - zero), both on the same seeds
    score_interval: Interval | None
    random_return: float  # mean of the random policy on the same seeds
    optimal_return: float | None  # mean of the optimal policy on the same seeds
    expected_return: float | None  # of the policy over all scenarios, summed exactly; None where that is out of reach
    estimated_return: float | None  # the optimum less the mean regret of the episodes: unbiased, and free of luck
    estimated_interval: Interval | None
    optimum: float | None  # best expected payoff over all scenarios, exact
    bound: float | None  # proven upper bound on the optimum where there is no optimum
    parts: tuple[Part, ...]  # the policies that took part, with what is known of each
    zero: str  # of the score: "random" or "do nothing"; see `references`

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def recipes(env_id: str, **settings: Any) -> dict[str, str]:
    """The policy of each dataset.

    ``mixed`` is a third each of the others: every dialogue is one policy's, drawn by its seed.

    Where the optimum is out of reach, the best baseline takes its place: the one with the highest mean over 300
    episodes, always the same ones.

    Raises:
        ValueError: If an argument is invalid.
    """
    plain = {**settings, **_PLAIN}
    engine = make_engine(env_id, **plain)
    best = "optimal"
    try:
        optimum(engine.family)
    except NotImplementedError:
        names = [name for name in baselines(engine) if name not in ("random", "optimal")]
        first = seeds.trials(_TRIALS).start
        best = max(names, key=lambda name: evaluate(env_id, name, _TRIALS, first, **plain).mean_return)
    near = f"noisy:{best}(share={SHARE})"
    scripted = "scripted" if "scripted" in baselines(engine) else "myopic"
    return {"random": "random", "scripted": scripted, "mixed": f"random+{scripted}+{near}", "near-optimal": near}


def make_datasets(
    env_id: str,
    path: str | Path,
    episodes: int = 2000,
    seed: int = 0,
    engine: str = "local",
    workers: int = 2,
    progress: bool = False,
    **settings: Any,
) -> dict[str, Quality]:
    """Make the four datasets of an environment, and say how good they are.

    The same arguments give the same bytes. What is there already is not played again, so that an interrupted command
    can be repeated.

    Args:
        env_id: A registered id.
        path: Folder; the datasets go to the folders `NAMES` in it, and what is known of them to ``quality.json`` and
            ``quality.md``.
        episodes: In each dataset.
        seed: First seed; the datasets have the same seeds, and so the same scenarios and partners.
        engine: See `collect`.
        workers: See `collect`.
        progress: Show progress bars.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid, or if `path` holds datasets of something else.
        OSError: If the disk is full or cannot be written.
        ConnectionError: If the simulated user's machinery failed in every episode.
    """
    path, policies = Path(path), recipes(env_id, **settings)
    given: dict[str, Any] = {"progress": progress, "resume": True, "engine": engine, "workers": workers, **settings}
    stores = {name: collect(env_id, policy, episodes, path / name, seed, **given) for name, policy in policies.items()}
    for name, store in stores.items():
        if held := set(store.values("seed")) - set(range(seed, seed + episodes)):
            raise ValueError(
                f"{store.path} holds other seeds too, such as {min(held)}: choose another folder for {name}"
            )
    found = qualities(env_id, stores, policies, seed, episodes, **settings)
    plain = {name: quality.to_json() for name, quality in found.items()}
    (path / "quality.json").write_text(json.dumps(plain, indent=2) + "\n")
    (path / "quality.md").write_text(table(found.values()) + "\n")
    return found


def qualities(
    env_id: str,
    stores: Mapping[str, EpisodeStore],
    policies: Mapping[str, str],
    seed: int,
    episodes: int,
    **settings: Any,
) -> dict[str, Quality]:
    """What is known of datasets with the same seeds; see `make_datasets`."""
    engine, plain = make_engine(env_id, **settings), {**settings, **_PLAIN}
    family, exact = engine.family, getattr(engine.user, "exact", False)
    judging, found = make_engine(env_id, **plain), {}
    known, best, bound = references(judging, range(seed, seed + episodes)), None, None
    high = known.optimal if exact else None
    if exact:
        try:
            best = optimum(family)
        except NotImplementedError:
            bound = upper_bound(family)
    spoken = dict.fromkeys("+".join(policies.values()).split("+"))
    worth = {policy: _worth(engine, policy, exact) for policy in spoken}
    for name, store in stores.items():
        counted = [episode for episode in store if not episode.error]
        if not counted:
            raise ConnectionError(f"the simulated user failed in every episode of {store.path}")
        places = np.array([(episode.seed or 0) - seed for episode in counted])
        returns, names = np.array([episode.payoff for episode in counted]), policies[name].split("+")
        # as MixedPolicy draws it
        spoke = np.array([policy_stream(seed + int(place)).choose(len(names)) for place in places])
        owns = [returns[spoke == number] for number in range(len(names))]
        means = [float(own.mean()) if own.size else math.nan for own in owns]
        parts = [Part(part, own.size, mean, *worth[part]) for part, own, mean in zip(names, owns, means, strict=True)]
        summed = [part.expected_return for part in parts if part.expected_return is not None]
        random, low, optimal = known.random[places], known.low[places], None if high is None else high[places]
        regrets = [] if best is None else [episode_regret(episode, judging).regret for episode in counted]
        estimates = None if best is None else best - np.array(regrets)
        found[name] = Quality(
            dataset=name,
            env_id=bare(env_id),
            policy=policies[name],
            seed=seed,
            episodes=len(counted),
            failed=len(store) - len(counted),
            mean_return=float(returns.mean()),
            return_interval=mean_interval(returns),
            min_return=float(returns.min()),
            max_return=float(returns.max()),
            score=None if optimal is None else normalised_score(returns, low, optimal),
            score_interval=None if optimal is None else score_interval(returns, low, optimal),
            random_return=float(random.mean()),
            optimal_return=None if optimal is None else float(optimal.mean()),
            expected_return=math.fsum(summed) / len(parts) if len(summed) == len(parts) else None,
            estimated_return=None if estimates is None else float(estimates.mean()),
            estimated_interval=None if estimates is None else mean_interval(estimates),
            optimum=best,
            bound=bound,
            parts=tuple(parts),
            zero=known.zero,
        )
    return found


def table(found: Iterable[Quality]) -> str:
    """Qualities as a Markdown table.

    An expected return without an interval is exact, one with an interval estimated. The head says what scores 0.
    """
    found = list(found)
    score = f"score (0: {found[0].zero})" if found else "score"
    rows = [["dataset", "mean return", "maximum", score, "expected return", "optimum"]]
    for one in found:
        expected = "-" if one.expected_return is None else f"{one.expected_return:.4f}"
        if one.expected_return is None and one.estimated_return is not None:
            expected = _with(one.estimated_return, one.estimated_interval)
        best = "-" if one.bound is None else f"at most {one.bound:.4f}"
        rows.append([
            one.dataset,
            _with(one.mean_return, one.return_interval),
            f"{one.max_return:.4f}",
            "-" if one.score is None else f"{one.score:.3f}",
            expected,
            best if one.optimum is None else f"{one.optimum:.4f}",
        ])  # fmt: skip
    return markdown(rows)


def _with(mean: float, interval: Interval | None) -> str:
    return f"{mean:.4f}" + (f" ({interval[0]:.4f} to {interval[1]:.4f})" if interval else "")


def _worth(engine: Engine, policy: str, exact: bool) -> tuple[float | None, str]:
    """The exact expected payoff of a policy, or why it is not known."""
    if not exact:
        return None, "the partner does not decide as the mind does"
    try:
        return expected_payoff(engine.family, policy, engine.grammar.mode, LIMIT), ""
    except NotEnumerable as error:
        return None, str(error)
