"""The problems of guided solving are as the family needs them."""

from __future__ import annotations

import re

import pytest
from dialogym.envs.guided_solving.game import GuidedSteps
from dialogym.envs.guided_solving.problems import PROBLEMS


def test_the_problems_are_as_the_family_needs_them():
    assert len(PROBLEMS) >= 12 and len({problem.name for problem in PROBLEMS}) == len(PROBLEMS)
    subjects = [problem.subject for problem in PROBLEMS]
    assert sum(subjects.count(subject) >= 4 for subject in set(subjects)) >= 3
    assert all(len(problem.steps) == GuidedSteps().steps for problem in PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_each_step_can_be_taught(problem):
    texts = [problem.text]
    for step in problem.steps:
        texts += [step.goal, step.result, step.nudge, step.hint, step.worked, *step.wrong]
        assert step.nudge.endswith("?") and step.hint.endswith(".") and step.worked.endswith(".")
        assert len(set(step.wrong)) == 3 and step.result not in step.wrong
        assert _stated(step.result, step.worked), f"the worked step should say {step.result!r}"
        assert not re.search(rf"(?<!\w){re.escape(step.result)}(?!\w)", step.hint), (
            f"the hint gives {step.result!r} away"
        )
        assert step.goal[0].islower() and not step.goal.endswith(".")
    assert not any(bracket in text for text in texts for bracket in "[]")


def _stated(result, text):
    """Whether the result is in the text, if need be without its unit."""
    return (
        re.search(rf"(?<!\w){re.escape(result.split()[0] if result[0].isdigit() else result)}(?!\w)", text) is not None
    )
