"""What evaluations come to: of one policy, and of several side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from .regret import LostActs
from .statistics import Interval, paired_difference
from .tables import Printable, comparison_rows, comparison_table, evaluation_table, markdown

_SINGLE = ("returns", "regrets")  # not kept in JSON


@dataclass(frozen=True)
class Evaluation(Printable):
    """What a policy earned in the episodes of some seeds. Intervals are of 95%, see `statistics`.

    The references (random, doing nothing, optimal) played the same seeds with the scripted user; without an exact mind
    there are none.
    """

    env_id: str
    settings: dict[str, Any]  # every setting of the family
    grammar: str  # "natural" or "tagged"
    user: str  # who was talked to
    policy: str
    seed: int  # the first; episode ``i`` has the seed ``seed + i``
    episodes: int  # that count
    dropped: int  # that failed in the simulated user's machinery and do not count, here or in the references
    mean_return: float  # payoff, whatever the reward; in the family's units
    return_interval: Interval
    score: float | None  # mean(R - R_zero) / mean(R_optimal - R_zero); None if that cannot be computed
    score_interval: Interval | None
    random_return: float | None
    optimal_return: float | None
    optimum: float | None  # what the optimal policy can expect in the scenarios seen, free of the luck of these seeds
    reward: dict[str, float]  # names and weights of the reward terms
    mean_reward: float  # total of an episode
    reward_interval: Interval
    metrics: dict[str, float | None]  # means of the family's metrics over the episodes in which they are defined
    bound: float | None = None  # where there is no exact optimum, a proven upper bound on it in the scenarios seen
    lower: float | None = None  # a proven lower bound on it, where the simulated user has no exact mind
    exact: bool = True  # whether the user's acts are those of the family's own mind; else there is no score
    conduct: dict[str, dict[str, float]] = field(default_factory=dict)  # part -> counts of its language models
    zero: str = "random"  # what scores 0, the better of "random" and "do nothing"; see `references`
    nothing_return: float | None = None  # of who does nothing
    over_random: float | None = None  # the score with the random policy as its zero
    refused: int = 0  # episodes that count as cut off, because a content filter refused the words
    # the score by exact regret, of so many of these episodes: see `regret`. None where there is no exact optimum, or
    # where a policy looks at what is hidden
    exact_score: float | None = None  # 1 - mean regret / (optimum - zero), see `exact_score`
    exact_score_interval: Interval | None = None
    exact_score_error: float | None = None  # its standard error over the episodes; None of a single one
    judged: int = 0
    lost: tuple[LostActs, ...] = ()  # the kinds of turns that lose most
    # payoff of each episode in the order of the seeds, shape (episodes + dropped,); NaN where dropped
    returns: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    # of each episode in payoff, likewise; NaN where dropped or not judged
    regrets: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    @property
    def share(self) -> float | None:
        """Mean return as a fraction of the upper bound; what can be reached lies at 1 or below.

        ``None`` if there is no positive bound.
        """
        return self.mean_return / self.bound if self.bound is not None and self.bound > 0.0 else None

    @property
    def nothing_score(self) -> float | None:
        """The score of who does nothing; 0 where that is the zero, below 0 where random play is better."""
        zero = self.random_return if self.zero == "random" else self.nothing_return
        if None in (self.score, zero, self.nothing_return, self.optimal_return):
            return None
        return (self.nothing_return - zero) / (self.optimal_return - zero)  # type: ignore[operator]

    @property
    def warning(self) -> str:
        """What is to be said before any number, if most episodes are missing or did not come to their end."""
        total = self.episodes + self.dropped
        if 2 * (self.episodes - self.refused) >= total:
            return ""
        parts = {"failed": self.dropped, "were refused by a content filter and count as cut off": self.refused}
        why = " and ".join(f"{count} {what}" for what, count in parts.items() if count)
        return f"Fewer than half of {total} episodes came to their end: {why}. The numbers say little of the policy."

    def to_json(self) -> dict[str, Any]:
        """Everything but the single returns and regrets, in plain values."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _SINGLE}
        values["lost"] = list(map(asdict, self.lost))
        return {name: list(value) if isinstance(value, Interval) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Evaluation:
        """Read `to_json` back; keys that are not known are ignored.

        Raises:
            ValueError: If something is missing; the message names it.
        """
        # older records do not hold these; their zero is random
        newer = ("bound", "lower", "exact", "conduct", "zero", "nothing_return", "over_random", "refused")
        newer += ("exact_score", "exact_score_interval", "exact_score_error", "judged", "lost")
        names = [f.name for f in fields(cls) if f.name not in _SINGLE]
        if missing := [name for name in names if name not in values and name not in newer]:
            raise ValueError(f"an evaluation must hold {', '.join(missing)}")
        known: dict[str, Any] = {name: values[name] for name in names if name in values}
        known |= {name: Interval(*value) for name, value in known.items() if name.endswith("_interval") and value}
        known["lost"] = tuple(LostActs(**acts) for acts in known.get("lost", ()))
        return cls(**known)

    def to_markdown(self) -> str:
        """A row with the score, the return and every metric, for a page or a README."""
        return Comparison((self,)).to_markdown()

    def __rich__(self) -> Any:
        """For ``rich.print``."""
        return evaluation_table(self)


@dataclass(frozen=True)
class Comparison(Printable):
    """Evaluations of several policies on the same seeds."""

    evaluations: tuple[Evaluation, ...]
    baseline: str | None = None  # the policy that the others' returns are compared with, pair by pair

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
        """Mean difference in return of two policies in the episodes of both, with its 95% interval.

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
        warnings = [f"{e.policy}: {e.warning}\n\n" for e in self.evaluations if e.warning]
        return "".join(warnings) + markdown([[cell.strip() for cell in row] for row in comparison_rows(self)]) + "\n"

    def __rich__(self) -> Any:
        """For ``rich.print``."""
        return comparison_table(self)
