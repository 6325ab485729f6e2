"""What is taught: content of ``subjects.toml``."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content


class Subject(NamedTuple):
    """One subject.

    Attributes:
        called: How it is called, such as ``"adding fractions"``.
        question: What a student who is called on is asked.
        right: What it says if it can do it.
        wrong: What it says if not.
    """

    called: str
    question: str
    right: str
    wrong: str


SUBJECTS: dict[str, Subject] = {name: Subject(**said) for name, said in content(__file__, "subjects.toml").items()}
