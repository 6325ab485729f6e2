"""Rewards that a judge gives: ``judge/ID``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..core.dialogue import Step
from ..simulated_users.user import Failure
from .judge_prompts import shown
from .judges import JudgeLike, Opinion
from .rubrics import BUILT_IN, Rubric

PREFIX = "judge/"
_KEY = "judged steps"


class Bench:
    """A judge, and what it is asked in one environment. All that is due in a step of many dialogues is one call.

    Args:
        judge: The judge.
        own: Scenario -> the rubrics of its file.
        scenarios: Every scenario, for the names of their rubrics.
    """

    def __init__(self, judge: JudgeLike, own: Callable[[Any], Sequence[Rubric]], scenarios: Iterable[Any] = ()):
        self.judge, self._own = judge, own
        self.own = tuple(dict.fromkeys(rubric.id for scenario in scenarios for rubric in own(scenario)))
        self.ids: tuple[str, ...] = ()

    def chosen(self, named: Sequence[str]) -> tuple[str, ...]:
        """What is judged: what the reward names and what the file holds; where there is neither, `BUILT_IN`.

        Raises:
            ValueError: If a name is of neither.
        """
        for name in named:
            if name not in self.own and name not in BUILT_IN:
                valid = ", ".join(PREFIX + one for one in (*self.own, *BUILT_IN))
                raise ValueError(f"judged rewards here are {valid}; got {PREFIX + name!r}")
        self.ids = tuple(dict.fromkeys((*named, *self.own))) or tuple(BUILT_IN)
        return self.ids

    def values(self, steps: Sequence[Step], name: str) -> list[float | Failure]:
        """The value of one rubric for each step; 0 where it is not due."""
        if pending := [step for step in steps if step.index not in step.dialogue.memo.get(_KEY, ())]:
            self._judge(pending)
        return [step.dialogue.memo[_KEY][step.index].get(name, 0.0) for step in steps]

    def _judge(self, steps: Sequence[Step]) -> None:
        items, places = [], []
        for place, step in enumerate(steps):
            due = self._due(step)
            seen = shown(step.dialogue, step.index) if due else None
            for name, rubrics in due.items():
                for rubric in rubrics:
                    items.append((rubric, seen))
                    places.append((place, name))
        opinions = self.judge.score(items) if items else []
        if len(opinions) != len(items):
            raise ValueError(f"the judge must answer each of {len(items)} questions, got {len(opinions)} opinions")
        found: list[dict[str, list[tuple[Rubric, Opinion | Failure]]]] = [{} for _ in steps]
        for (place, name), (rubric, _), opinion in zip(places, items, opinions, strict=True):
            if rubric.proof and isinstance(opinion, Opinion) and not opinion.evidence:
                opinion = opinion._replace(value=0.0, score=float(rubric.scale[0]))
            found[place].setdefault(name, []).append((rubric, opinion))
        for step, by_name in zip(steps, found, strict=True):
            failed = [o for parts in by_name.values() for _, o in parts if isinstance(o, Failure)]
            values: dict[str, Any] = {}
            told: dict[str, Any] = {}
            for name, parts in by_name.items():
                good = [(rubric, opinion) for rubric, opinion in parts if isinstance(opinion, Opinion)]
                values[name] = failed[0] if failed else sum(o.value for _, o in good) / len(good)
                told[name] = {"value": values[name], "spread": max((o.spread for _, o in good), default=0.0)}
                told[name]["scores"] = {rubric.id: opinion.score for rubric, opinion in good}
                told[name]["evidence"] = [quote for _, opinion in good for quote in opinion.evidence]
            step.dialogue.memo.setdefault(_KEY, {})[step.index] = values
            if told and not failed:
                step.dialogue.memo["judge"] = told

    def _due(self, step: Step) -> dict[str, tuple[Rubric, ...]]:
        """The rubrics that rate this step, by reward."""
        own = {rubric.id: (rubric,) for rubric in self._own(step.dialogue.scenario)}
        found = {}
        for name in self.ids:
            # what is only another scenario's rubric is nothing here
            rubrics = own.get(name) or (() if name in self.own else BUILT_IN[name])
            if due := tuple(rubric for rubric in rubrics if rubric.when == "turn" or step.done):
                found[name] = due
        return found


class Judged:
    """The reward ``judge/ID``: 0 to 1 at the end of the dialogue, or at each turn if the rubric says so.

    Args:
        id: The rubric.
        bench: Who judges; `Reward.bound` gives it one.
    """

    batched = True

    def __init__(self, id: str, bench: Bench | None = None):
        self.id, self.bench = id, bench

    def __call__(self, steps: Sequence[Step]) -> list[float | Failure]:
        """The term of each step.

        Raises:
            ValueError: If nobody judges.
        """
        if self.bench is None:
            raise ValueError(needs_judge(self.id))
        return self.bench.values(steps, self.id)


def needs_judge(id: str) -> str:
    """What is said where there is no judge."""
    return f"the reward {PREFIX + id!r} needs a judge: judge=MODEL of gym.make"
