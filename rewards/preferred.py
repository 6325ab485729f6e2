"""A judge's preferences among the dialogues of a group, as a reward: ``judge/prefer``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

from ..core.dialogue import Dialogue, Step
from ..simulated_users.user import Failure
from .judge_prompts import shown
from .judged import PREFIX
from .registry import Reward, RewardSpec, register_reward
from .rubrics import BUILT_IN, HELPFULNESS, Rubric

PREFER = f"{PREFIX}prefer"
NEEDS_GROUP = (
    f"the reward {PREFER!r} compares the dialogues of a group: it is paid by `train grpo`, `rloo`, and `dpo` and `kto` "
    "with pairs=trajectory"
)
ALONE = Failure("judge: no other dialogue of the group to compare with")


@register_reward(PREFER)
@dataclass(frozen=True)
class Preferred:
    """The share of the other attempts at the same scenario that a judge finds worse than this one; a tie is half.

    It is paid with the last step, and only where dialogues are played in groups: in training by GRPO, RLOO and DPO.
    Each pair is shown in both orders, in one call for all groups; a choice that flips with the order is a tie. A pair
    on which the judge fails is left out, and a dialogue without any pair is dropped: it never counts as 0.

    Args:
        rubric: What is asked: a rubric of the scenario's file, or a built-in one of a single question; ``""`` for the
            first of the file, or if there is none, ``helpfulness``.
        opponents: With how many others each is compared at least; 0 for all.

    Raises:
        ValueError: If an argument is out of range; in a step, since it has no value in a dialogue alone.
    """

    grouped: ClassVar[str] = NEEDS_GROUP

    rubric: str = ""
    opponents: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.opponents, bool) or not isinstance(self.opponents, int) or self.opponents < 0:
            raise ValueError(f"opponents must be a whole number of at least 0, got {self.opponents!r}")

    def __call__(self, step: Step) -> float:
        """It has no value here."""
        raise ValueError(NEEDS_GROUP)

    def asked(self, own: Sequence[Rubric]) -> Rubric:
        """The rubric, where these are those of the scenario's file.

        Raises:
            ValueError: If there is none of that name.
        """
        if not self.rubric:
            return next(iter(own), HELPFULNESS)
        known = {one.id: one for some in (*BUILT_IN.values(), own) for one in some}
        if self.rubric not in known:
            raise ValueError(f"rubric of {PREFER} must be one of {', '.join(known)}; got {self.rubric!r}")
        return known[self.rubric]

    def pairs(self, size: int) -> list[tuple[int, int]]:
        """Who is compared with whom, of so many: all, or in a ring each with those that follow."""
        if not 0 < self.opponents < size - 1:
            return list(combinations(range(size), 2))
        ring = [(i, (i + step) % size) for step in range(1, (self.opponents + 1) // 2 + 1) for i in range(size)]
        return list(dict.fromkeys((min(pair), max(pair)) for pair in ring))


def parted(spec: RewardSpec | Reward) -> tuple[Reward, tuple[float, Preferred] | None]:
    """A reward without ``judge/prefer``, and this with its weight if it was there.

    Raises:
        ValueError: If the reward is invalid, or holds ``judge/prefer`` twice.
    """
    reward = Reward(spec)
    found = [(weight, part) for _, weight, part in reward.terms if isinstance(part, Preferred)]
    if len(found) > 1:
        raise ValueError(f"reward must hold {PREFER!r} once, got {', '.join(reward.names)}")
    if not found:
        return reward, None
    return reward.without(lambda part: isinstance(part, Preferred)), found[0]


@dataclass(frozen=True)
class Preferences:
    """Pays ``judge/prefer`` to dialogues that were played in groups.

    Attributes:
        judge: Who compares.
        own: Scenario -> the rubrics of its file.
        weight: Of the reward.
        reward: Its parameters.
    """

    judge: Any
    own: Callable[[Any], Sequence[Rubric]]
    weight: float
    reward: Preferred = Preferred()

    def pay(self, dialogues: Sequence[Dialogue], groups: Sequence[Hashable]) -> None:
        """Compare the dialogues of each group, and add the reward to the last step of each.

        Args:
            dialogues: Played, and not failed if they are to be compared.
            groups: Of each, the group that it is of.
        """
        members: dict[Hashable, list[Dialogue]] = {}
        for dialogue, group in zip(dialogues, groups, strict=True):
            if dialogue.steps and not dialogue.error:
                members.setdefault(group, []).append(dialogue)
        found: dict[Dialogue, list[float | Failure]] = {one: [] for some in members.values() for one in some}
        asked, between = [], []
        for some in members.values():
            seen = list(map(shown, some))
            rubric = self.reward.asked(self.own(some[0].scenario))
            for i, j in self.reward.pairs(len(some)):
                if seen[i].lines == seen[j].lines:
                    found[some[i]].append(0.5)
                    found[some[j]].append(0.5)
                else:
                    asked.append((rubric, seen[i], seen[j]))
                    between.append((some[i], some[j]))
        answers = self.judge.prefer(asked) if asked else []
        for (one, other), answer in zip(between, answers, strict=True):
            failed = isinstance(answer, Failure)
            found[one].append(answer if failed else answer.value)
            found[other].append(answer if failed else 1.0 - answer.value)
        for dialogue, values in found.items():
            self._reward(dialogue, values)

    def _reward(self, dialogue: Dialogue, values: Sequence[float | Failure]) -> None:
        good = [value for value in values if not isinstance(value, Failure)]
        if not good:
            dialogue.cut(next((one for one in values if isinstance(one, Failure)), ALONE))
            return
        last = dialogue.steps[-1]
        last.rewards[PREFER] = self.weight * sum(good) / len(good)
        last.reward = sum(last.rewards.values())
