"""What patients come with: illnesses, what one can ask about, tests, and how often each is found.

Public facts, told to the learner in its brief. The illnesses are invented and the numbers made up. The words are in
``complaints.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from ..content import content

MEDICINES = "medicines"
"""What can be asked about with every complaint, besides the findings: whether something else is taken."""
LINES = ("tablets", "drops")
"""What there is against each illness: the first choice, and what goes with everything."""


class Topic(NamedTuple):
    """What can be asked about, in words.

    Attributes:
        question: How a doctor asks about it; a yes to it is the finding's yes.
        pattern: What names it in plain words, in lower case.
        yes: Claims of a patient who says yes.
        no: Claims of a patient who says no.
    """

    question: str
    pattern: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


class Exam(NamedTuple):
    """A test in words.

    Attributes:
        order: Completes "I would like ...".
        pattern: What names it in plain words, in lower case.
    """

    order: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a patient comes with, in words; every complaint fills the same tables, see `FOUND` and `SHOWN`.

    Attributes:
        trouble: Completes "I have ...".
        about: Completes "I have come about ...".
        illnesses: Name -> what names it in plain words.
        topics: Finding -> its words; `MEDICINES` is the last.
        tests: Name -> its words.
    """

    trouble: str
    about: str
    illnesses: dict[str, str]
    topics: dict[str, Topic]
    tests: dict[str, Exam]


_MEDICINES = Topic(
    "Do you take any other medicines?",
    "(?:other |any )?(?:medicines?|medications?|meds|pills|drugs)"
    "|(?:take|taking) anything (?:else|regularly|at the moment|(?:for|against) (?:it|that|this))"
    "|anything else (?:that )?you take"
    "|what else (?:are you taking|do you take)",
    ("I take something every day", "I have a box of pills that I take"),
    ("I take nothing of that kind", "I am on no medicines"),
)


def _complaint(findings: dict[str, Any], tests: dict[str, str], order: dict[str, str], **words: Any) -> Complaint:
    """The complaint of a table of ``complaints.toml``."""
    topics = {name: Topic(**said) for name, said in findings.items()}
    exams = {name: Exam(order[name], pattern) for name, pattern in tests.items()}
    return Complaint(**words, topics={**topics, MEDICINES: _MEDICINES}, tests=exams)


COMPLAINTS = {name: _complaint(**table) for name, table in content(__file__, "complaints.toml").items()}
"""All complaints are one and the same game under other names, so they share a solution."""

FOUND: tuple[tuple[float, ...], ...] = (
    (0.85, 0.10, 0.15, 0.35, 0.20, 0.10, 0.10, 0.15),
    (0.80, 0.10, 0.35, 0.20, 0.10, 0.50, 0.70, 0.10),
    (0.05, 0.05, 0.70, 0.05, 0.05, 0.05, 0.05, 0.05),
    (0.50, 0.85, 0.30, 0.50, 0.40, 0.50, 0.70, 0.40),
    (0.30, 0.30, 0.20, 0.95, 0.20, 0.30, 0.30, 0.20),
    (0.90, 0.20, 0.20, 0.30, 0.70, 0.10, 0.10, 0.10),
    (0.30, 0.40, 0.10, 0.30, 0.95, 0.60, 0.20, 0.20),
    (0.30, 0.50, 0.10, 0.20, 0.20, 0.95, 0.40, 0.20),
    (0.10, 0.20, 0.30, 0.10, 0.05, 0.20, 0.95, 0.10),
    (0.30, 0.10, 0.60, 0.60, 0.05, 0.30, 0.50, 0.90),
    (0.20, 0.20, 0.40, 0.20, 0.20, 0.20, 0.20, 0.85),
    (0.30, 0.10, 0.90, 0.20, 0.10, 0.50, 0.10, 0.20),
    (0.40, 0.30, 0.20, 0.30, 0.20, 0.20, 0.30, 0.80),
)
"""Finding -> the probability that it is there, for each illness, in the order of the names. Made up."""
SHOWN: tuple[tuple[float, ...], ...] = (
    (0.05, 0.05, 0.95, 0.05, 0.05, 0.10, 0.10, 0.05),
    (0.85, 0.15, 0.15, 0.90, 0.30, 0.15, 0.20, 0.20),
    (0.10, 0.10, 0.05, 0.10, 0.95, 0.10, 0.05, 0.05),
    (0.05, 0.20, 0.05, 0.05, 0.10, 0.90, 0.85, 0.05),
    (0.10, 0.10, 0.20, 0.15, 0.10, 0.10, 0.15, 0.95),
)
"""Test -> the probability that it is positive, for each illness. Made up."""
DELICATE = (4, 12)
"""Places of the findings that a guarded patient conceals; the medicines are concealed as well."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How much of a complaint is played.

    Attributes:
        share: Of each of the first illnesses, how often it is the one.
        findings: How many of the findings can be asked about, the medicines aside.
        tests: How many of the tests can be ordered.
    """

    share: tuple[float, ...]
    findings: int
    tests: int


PRESETS: dict[str, Preset] = {
    "small": Preset((0.3, 0.3, 0.2, 0.2), 5, 2),
    "large": Preset((0.18, 0.18, 0.14, 0.14, 0.1, 0.1, 0.08, 0.08), 13, 5),
}
"""``small``: 4 illnesses, 6 things to ask about, 2 tests. ``large``: 8 illnesses, 14 things to ask about, 5 tests."""


class Extract(NamedTuple):
    """A complaint cut down to a preset.

    Attributes:
        illnesses: Names.
        questions: Names of what can be asked about; `MEDICINES` is the last.
        tests: Names.
        delicate: Those of the questions that a guarded patient does not answer truly.
    """

    illnesses: tuple[str, ...]
    questions: tuple[str, ...]
    tests: tuple[str, ...]
    delicate: tuple[str, ...]


@cache
def extract(complaint: str, preset: str) -> Extract:
    """The part of a complaint that a preset plays."""
    whole, part = COMPLAINTS[complaint], PRESETS[preset]
    findings = tuple(whole.topics)[: part.findings]
    return Extract(
        tuple(whole.illnesses)[: len(part.share)],
        (*findings, MEDICINES),
        tuple(whole.tests)[: part.tests],
        (*(findings[place] for place in DELICATE if place < part.findings), MEDICINES),
    )
