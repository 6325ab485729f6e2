"""What students are stuck on: problems of three steps, with the help that a tutor can give for each."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content


class Step(NamedTuple):
    """One step of a problem. No text holds square brackets, because those would be tags.

    Attributes:
        goal: What is to be done, as a verb phrase: it reads well after "you have to".
        result: The right result; it reads well after "I get".
        nudge: A leading question.
        hint: The idea, without the result.
        worked: The step worked out, with the result.
        wrong: Results that a student may get by plausible mistakes.
    """

    goal: str
    result: str
    nudge: str
    hint: str
    worked: str
    wrong: tuple[str, ...]


class Problem(NamedTuple):
    """A problem; the result of its last step is the final answer.

    Attributes:
        name: One word, unique.
        subject: What it is about.
        text: The problem as it is set.
        steps: Its steps, in order.
    """

    name: str
    subject: str
    text: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> str:
        """The final answer."""
        return self.steps[-1].result


PROBLEMS = tuple(
    Problem(name, told["subject"], told["text"], tuple(Step(**step) for step in told["steps"]))
    for name, told in content(__file__, "problems.toml").items()
)
