"""What evaluations come to: of one policy, and of several side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from .statistics import Interval, paired_difference
from .tables import Printable, comparison_rows, comparison_table, evaluation_table, markdown


@dataclass(frozen=True)
class Evaluation(Printable):
    """What a policy earned in the episodes of some seeds. Intervals are 95% bootstrap percentile intervals.

    Attributes:
        env_id: Registered id of the environment.
        settings: Every setting of the family.
        grammar: ``"natural"`` or ``"tagged"``.
        user: Who was talked to.
        policy: Name of the policy.
        seed: First seed; episode ``i`` has the seed ``seed + i``.
        episodes: Episodes that count.
        dropped: Episodes that failed in the simulated user's machinery and do not count, here or in the references.
        mean_return: Mean payoff, whatever the reward; in the family's units.
        return_interval: Its interval.
        score: ``mean(R - R_random) / mean(R_optimal - R_random)``; ``None`` where there is no exact optimum, or it did
            not beat random.
        score_interval: Its interval; episodes are resampled jointly.
        random_return: Mean payoff of the random policy on the same seeds, with the scripted user; ``None`` if the user
            is not exact.
        optimal_return: Mean payoff of the optimal policy on the same seeds, with the scripted user; ``None`` if the
            user is not exact.
        optimum: The exact Bayes optimum of the scenarios seen: the mean of what the optimal policy can expect, free of
            the luck of these seeds.
        bound: Where there is no exact optimum: a proven upper bound on it, in the scenarios seen; ``None`` if there is
            an optimum, or no bound.
        lower: A proven lower bound on it, where the simulated user has no exact mind; else ``None``.
        exact: Whether the simulated user's acts are those of the family's own mind. Otherwise its optimum, and so a
            score, are not known.
        conduct: How its language models did: ``"voice"``, ``"mind"`` and ``"ear"``, where there are such, with the
            counts of `VoiceCounts`, `MindCounts` and `EarCounts` in these episodes, the failed ones included.
        reward: Names and weights of the reward terms.
        mean_reward: Mean total reward of an episode.
        reward_interval: Its interval.
        metrics: Means of the family's metrics over the episodes in which they are defined; ``None`` where they never
            are. With ``information``, also those of `information.METRICS`.
        returns: Payoff of each episode in the order of the seeds, shape (episodes + dropped,); NaN where dropped. Empty
            when read back from JSON.
    """

    env_id: str
    settings: dict[str, Any]
    grammar: str
    user: str
    policy: str
    seed: int
    episodes: int
    dropped: int
    mean_return: float
    return_interval: Interval
    score: float | None
    score_interval: Interval | None
    random_return: float | None
    optimal_return: float | None
    optimum: float | None
    reward: dict[str, float]
    mean_reward: float
    reward_interval: Interval
    metrics: dict[str, float | None]
    bound: float | None = None
    lower: float | None = None
    exact: bool = True
    conduct: dict[str, dict[str, float]] = field(default_factory=dict)
    returns: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    @property
    def share(self) -> float | None:
        """Mean return as a fraction of the upper bound; what can be reached lies at 1 or below.

        ``None`` if there is no positive bound.
        """
        return self.mean_return / self.bound if self.bound is not None and self.bound > 0.0 else None

    def to_json(self) -> dict[str, Any]:
        """Everything but the single returns, in plain values."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "returns"}
        return {name: list(value) if isinstance(value, Interval) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Evaluation:
        """Read `to_json` back; keys that are not known are ignored.

        Raises:
            ValueError: If something is missing; the message names it.
        """
        newer = ("bound", "lower", "exact", "conduct")  # older records do not hold these
        names = [f.name for f in fields(cls) if f.name != "returns"]
        if missing := [name for name in names if name not in values and name not in newer]:
            raise ValueError(f"an evaluation must hold {', '.join(missing)}")
        known: dict[str, Any] = {name: values[name] for name in names if name in values}
        known |= {name: Interval(*value) for name, value in known.items() if name.endswith("_interval") and value}
        return cls(**known)

    def to_markdown(self) -> str:
        """A row with the score, the return and every metric, for a page or a README."""
        return Comparison((self,)).to_markdown()

    def __rich__(self) -> Any:
        """For ``rich.print``."""
        return evaluation_table(self)


@dataclass(frozen=True)
class Comparison(Printable):
    """Evaluations of several policies on the same seeds.

    Attributes:
        evaluations: One for each policy.
        baseline: Name of the policy that the others' returns are compared with, pair by pair; ``None`` for no such
            column.
    """

    evaluations: tuple[Evaluation, ...]
    baseline: str | None = None

    def __getitem__(self, policy: str) -> Evaluation:
        """The evaluation of a policy.

        Raises:
            KeyError: If there is none; the message lists those there are.
        """
        for evaluation in self.evaluations:
            if evaluation.policy == policy:
                return evaluation
        raise KeyError(f"policy must be one of {', '.join(e.policy for e in self.evaluations)}; got {policy!r}")

    def difference(self, policy: str, other: str) -> tuple[float, Interval]:
        """Mean difference in return of two policies, episode by episode, with its 95% interval.

        Episodes that either dropped do not count.

        Raises:
            KeyError: If a policy is not here.
            ValueError: If the single returns are not known (they are not kept in JSON).
        """
        a, b = self[policy].returns, self[other].returns
        if not a.size or a.size != b.size:
            raise ValueError(
                "a paired difference needs the returns of the same episodes, which evaluations read back from JSON do "
                "not hold"
            )
        both = ~(np.isnan(a) | np.isnan(b))
        return paired_difference(a[both], b[both])

    def to_json(self) -> dict[str, Any]:
        """The evaluations, and the differences to the baseline, in plain values."""
        values: dict[str, Any] = {"evaluations": [evaluation.to_json() for evaluation in self.evaluations]}
        if self.baseline is not None:
            values |= {"baseline": self.baseline, "differences": {}}
            for e in self.evaluations:
                mean, interval = self.difference(e.policy, self.baseline)
                values["differences"][e.policy] = {"mean": mean, "interval": list(interval)}
        return values

    def to_markdown(self) -> str:
        """The table with every metric of the family, for a page or a README."""
        return markdown([[cell.strip() for cell in row] for row in comparison_rows(self)]) + "\n"

    def __rich__(self) -> Any:
        """For ``rich.print``."""
        return comparison_table(self)
