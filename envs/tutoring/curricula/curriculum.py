"""What a curriculum is made of: skills, each with explanations, worked examples and exercises that can be checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...content import content


class Wrong(NamedTuple):
    """A wrong answer that somebody would give.

    Attributes:
        answer: The answer.
        misconception: How one comes to it.
    """

    answer: str
    misconception: str


@dataclass(frozen=True)
class Exercise:
    """A question with its answer.

    Args:
        question: The question.
        answer: The right answer, in the one form that the question asks for.
        wrong: Plausible wrong answers.
    """

    question: str
    answer: str
    wrong: tuple[Wrong, ...]

    def check(self, answer: str) -> bool:
        """Whether `answer` is right. Case and spaces do not matter."""
        return "".join(answer.lower().split()) == "".join(self.answer.lower().split())

    @cached_property
    def answer_sheet(self) -> tuple[str, str]:
        """The marks of a right and of a wrong answer."""
        return "(answer sheet: right)", f"(answer sheet: wrong; it is {self.answer})"


@dataclass(frozen=True)
class Skill:
    """One skill of a curriculum.

    Args:
        name: One word.
        title: What it is about, as it stands in a sentence.
        also: A regular expression of other words for it.
        explanations: Ways to explain it; a sentence or two each.
        examples: Worked examples.
        exercises: At least 20.
        task: A regular expression of its exercises as they are written out; "" if they are too long for that.
    """

    name: str
    title: str
    also: str
    explanations: tuple[str, ...]
    examples: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    task: str = ""


@dataclass(frozen=True)
class Curriculum:
    """A chain of skills, each the prerequisite of the next.

    Args:
        name: One word.
        subject: What it teaches, as it stands in a sentence.
        skills: In order.
    """

    name: str
    subject: str
    skills: tuple[Skill, ...]


def exercise(question: str, answer: str, wrong: Iterable[tuple[str, str]]) -> Exercise | None:
    """An exercise with those of the wrong answers that are wrong and differ; ``None`` if fewer than two are left."""
    found: dict[str, str] = {}
    for given, misconception in wrong:
        if given and given != answer:
            found.setdefault(given, misconception)
    return Exercise(question, answer, tuple(Wrong(*pair) for pair in found.items())) if len(found) > 1 else None


def pool(exercises: Iterable[Exercise | None]) -> tuple[Exercise, ...]:
    """The exercises that are there, each question once."""
    return tuple({made.question: made for made in exercises if made is not None}.values())


def curriculum(name: str, **exercises: Iterable[Exercise | None]) -> Curriculum:
    """The curriculum that ``NAME.toml`` beside this file holds, with the exercises of each of its skills."""
    told = content(__file__, f"{name}.toml")
    skills = (Skill(skill, exercises=pool(exercises[skill]), **words) for skill, words in told["skills"].items())
    return Curriculum(name, told["subject"], tuple(skills))
