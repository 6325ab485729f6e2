"""What is guessed at: tables of things, cities and rules, and riddles, with the questions of each in words.

Public facts, told to the learner in its brief. They lie in ``things.toml``, ``cities.toml``, ``rules.toml`` and
``riddles.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from ..content import content

_THINGS, _CITIES, _RULES, _RIDDLES = (
    content(__file__, f"{name}.toml") for name in ("things", "cities", "rules", "riddles")
)
NAMES: tuple[str, ...] = (
    "Ada", "Bo", "Clara", "Dev", "Elif", "Femi", "Gita", "Hugo", "Iris", "Jomo", "Kira", "Luis", "Maya", "Nils", "Olga",
    "Paolo", "Rosa", "Sami", "Tove", "Yuki",
)  # fmt: skip
"""Names of thinkers; they mean nothing."""

LARGEST: int = _RULES["largest"]
"""The largest number that can be tried; the smallest is 0."""
TESTS: dict[str, tuple[int, int, int]] = {"-".join(map(str, test)): test for test in _RULES["tests"]}
"""Subject of a rule -> the numbers for which its value has to be told."""

SUBJECTS: dict[str, tuple[str, ...]] = {
    "things": ("things",),
    "cities": ("cities",),
    "riddle": tuple(_RIDDLES["riddles"]),
    "rule": tuple(TESTS),
}
"""Preset -> what its scenarios are about."""

PRESET = {subject: preset for preset, subjects in SUBJECTS.items() for subject in subjects}
"""Subject -> its preset."""


class Case(NamedTuple):
    """What both sides know.

    Attributes:
        subject: What is guessed at: an entry of `SUBJECTS`.
        name: Name of the one who thinks of it.
        story: What is told of a riddle.
    """

    subject: str
    name: str
    story: str = ""


class Question(NamedTuple):
    """A question of the bank.

    Attributes:
        words: How it is asked.
        heard: What names it in plain words, in lower case.
        yes: What was so if the answer is yes; of riddles only.
        no: What was so if the answer is no, given the cause; of riddles only.
        says: The answer as a sentence, with ``{answer}``; of cities only.
    """

    words: str
    heard: str
    yes: str = ""
    no: str = ""
    says: str = "{answer}"


class Table:
    """What can be thought of, and all answers; made once for each subject.

    Args:
        things: Their names.
        questions: What can be asked: names of the bank, or three numbers to try.
        rows: Question -> the answer for each thing.
        values: What the test gives for each thing, where there is one.
    """

    def __init__(
        self,
        things: tuple[str, ...],
        questions: tuple[Any, ...],
        rows: tuple[tuple[str, ...], ...],
        values: tuple[int, ...] = (),
    ):
        self.things, self.questions, self.values = things, questions, values
        self.rows = dict(zip(questions, rows, strict=True))
        self.place = {thing: place for place, thing in enumerate(things)}


@cache
def table(subject: str) -> Table:
    """The things that can be thought of, and all answers."""
    preset = PRESET[subject]
    if preset == "things":
        things, asked = tuple(_THINGS["things"]), _THINGS["questions"]
        rows = tuple(tuple("yes" if thing in each["yes"] else "no" for thing in things) for each in asked.values())
        return Table(things, tuple(asked), rows)
    if preset == "cities":
        cities = _CITIES["cities"]
        return Table(tuple(cities), tuple(_CITIES["questions"]), tuple(zip(*cities.values(), strict=True)))
    rules, inputs = _RULES["rules"], tuple(product(range(LARGEST + 1), repeat=3))
    rows = tuple(tuple(str(value(rule, numbers)) for rule in rules) for numbers in inputs)
    return Table(rules, inputs, rows, tuple(value(rule, TESTS[subject]) for rule in rules))


def value(rule: str, numbers: tuple[int, ...]) -> int:
    """What a rule of ``rules.toml``, a formula over a, b and c, gives for three numbers."""
    return eval(rule, {"__builtins__": {}}, dict(zip("abc", numbers, strict=True)))


@cache
def questions(subject: str) -> dict[str, Question]:
    """The bank of questions, by name; of rules there is none."""
    preset = PRESET[subject]
    if preset == "things":
        one = f"(?:{_THINGS['one']})(?: (?:usually|normally|often|typically))?"
        bank = _THINGS["questions"].items()
        return {name: Question(each["words"], each["heard"].replace("{one}", one)) for name, each in bank}
    if preset == "cities":
        bank = _CITIES["questions"].items()
        return {name: Question(each["words"], each["heard"], says=each["says"]) for name, each in bank}
    if preset == "rule":
        return {}
    riddle = _RIDDLES["riddles"][subject]
    own = {name: Question(*said) for name, said in riddle.items() if isinstance(said, tuple)}
    general = {
        name: Question(**{part: said.replace("{person}", riddle["person"]) for part, said in each.items()})
        for name, each in _RIDDLES["general"].items()
    }
    return {name: general.get(name) or own[name] for name in (*list(general)[:2], *own, *list(general)[2:])}


def called(subject: str) -> dict[str, str]:
    """Thing -> what is said for it, as a pattern in lower case; of riddles and rules nothing is named."""
    preset = PRESET[subject]
    if preset == "things":
        return _THINGS["things"]
    return {city: city for city in _CITIES["cities"]} if preset == "cities" else {}


def solution(subject: str, facts: Mapping[str, str]) -> str:
    """What has happened, in words: the facts of a riddle that are so."""
    bank, cause = questions(subject), facts["cause"]
    names = {"how": f"{cause}-how", "who": f"{cause}-who", "alone": "alone", "dark": "dark"}
    told = [bank[name].yes if facts[fact] == "yes" else bank[name].no for fact, name in names.items()]
    return "; ".join([bank[cause].yes, *told])


def story(subject: str) -> str:
    """What is told of a riddle; ``""`` for what is none."""
    return _RIDDLES["riddles"][subject]["story"] if PRESET[subject] == "riddle" else ""


def answer(word: str) -> str:
    """What an answer of ``cities.toml`` is called."""
    return _CITIES["answers"].get(word, word)


def answers() -> dict[str, str]:
    """Answer -> what it is called, of those that are neither yes nor no."""
    return {word: said for word, said in _CITIES["answers"].items() if word not in ("yes", "no")}
