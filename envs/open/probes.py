"""An interview with the person of a file: does it tell what it may, keep the rest, invent nothing, stay in its role?

All of it is checked by code. What an interviewer asks is made of the file's own facts and moves, and of questions that
no file answers.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from ...core.dialogue import Step
from ...core.grammar import Grammar
from ...simulated_users.user import SimulatedUser
from .acts import Reply, event, kinds_of
from .family import Open, matches
from .format import Scenario
from .game import Inner, Rules, State
from .hostile import answered, faced
from .library import Script

_TEXT = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
KINDS = ("fact", "unknown", "fact", "outside")
"""What is asked for, in turn."""
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][a-z]+|\d[\d.,]*\d|\d")  # a capital within a sentence, or figures
_OWN = re.compile(r"I(?:['’]\w+)?\Z")


class Probe(NamedTuple):
    """One question.

    Attributes:
        kind: One of `KINDS`.
        text: What is said.
        strays: What an answer holds that leaves the role; ``""`` where nothing does.
    """

    kind: str
    text: str
    strays: str = ""


@dataclass
class Interview:
    """What became of the questions to one person.

    Attributes:
        scenario: The id of the file.
        user: Who played the person.
        answers: How many there were, of all kinds.
        due: Facts that the rules have the person tell for sure, by what a question was read as.
        told: Those that it told.
        unknown: Answers to what no file says.
        invented: Those that name a number, or somebody, that neither the file nor the learner has named.
        outside: Answers to what lies outside the role.
        strayed: Those that did it.
        faults: What was told that the rules do not allow, in words.
        invented_words: What was made up.
        failed: Dialogues in which the model could not be reached.
    """

    scenario: str
    user: str
    answers: int = 0
    due: int = 0
    told: int = 0
    unknown: int = 0
    invented: int = 0
    outside: int = 0
    strayed: int = 0
    faults: list[str] = field(default_factory=list)
    invented_words: list[str] = field(default_factory=list)
    failed: int = 0

    @property
    def shares(self) -> dict[str, tuple[float | None, int]]:
        """Name of a figure -> share that is right, and of how many."""
        counted = {
            "tells what it may": (self.told, self.due),
            "keeps the rest": (self.answers - len(self.faults), self.answers),
            "invents nothing": (self.unknown - self.invented, self.unknown),
            "stays in its role": (self.outside - self.strayed, self.outside),
        }
        return {name: (right / n if n else None, n) for name, (right, n) in counted.items()}

    def __str__(self) -> str:
        shown = [f"{name} {'–' if share is None else f'{share:.2f}'} ({n})" for name, (share, n) in self.shares.items()]
        return f"{self.scenario}, {self.user}: {'; '.join(shown)}"


def questions(script: Script, draws: Mapping[str, str], seed: int) -> Iterator[Probe]:
    """What one interviewer asks, without end; the same for the same seed.

    Every fact is asked for in turn, by a move or a call about which the file tells it.
    """
    file, chance = script.file, random.Random(f"{script.file.id} {seed}")
    ways = [[way for rule in file.rule if fact.id in rule.tell for way in _ways(file, rule.on)] for fact in file.fact]
    facts = [some for some in ways if some] or [["What would you like to tell me?"]]
    chance.shuffle(facts)
    unread = [text for text in _TEXT["unknown"] if not matches(text, script)]
    outside = [one for one in _TEXT["outside"] if not matches(one["text"], script)]
    asked = cycle(facts)
    for kind in cycle(KINDS):
        if kind == "fact":
            yield Probe(kind, chance.choice(next(asked)).format(**draws))
        elif kind == "unknown" and unread:
            yield Probe(kind, chance.choice(unread))
        elif kind == "outside" and outside:
            one = chance.choice(outside)
            yield Probe(kind, one["text"], "|".join(one["strays"]))


def _ways(file: Scenario, names: tuple[str, ...]) -> list[str]:
    """What is said to do one of these moves, or to make one of these calls."""
    said = [example for move in file.move if move.id in names for example in move.examples]
    kinds, chance = kinds_of(file), random.Random(file.id)
    for tool in file.tool:
        if tool.name in names:
            said.append(Grammar(()).print(kinds[tool.name](*(chance.choice(values) for values in tool.args.values()))))
    return [*said, *(["Is there anything that you would like to say?"] if "talk" in names else [])]


def interview(family: Open, user: SimulatedUser | str = "scripted", answers: int = 60, seed: int = 0) -> Interview:
    """Interview the person of a scenario.

    Args:
        family: Open, with one scenario.
        user: The person: ``"scripted"`` is the stand-in; or an object.
        answers: How many are looked at.
        seed: Of the first dialogue.

    Raises:
        ValueError: If the family has several scenarios, or there is nothing to do.
    """
    script, engine, shown = faced(family, user, answers, "answer")
    report = Interview(script.file.id, shown)
    held = _words(" ".join(_strings(script.file.model_dump())))
    for one in count(seed):
        (dialogue,) = engine.open([np.random.default_rng(one)], seeds=[one])
        told: set[str] = set()
        asking = questions(script, dict(dialogue.scenario.draws), one)
        while not dialogue.done and not dialogue.error:
            probe = next(asking)
            (step,) = engine.step([dialogue], [probe.text])
            if step.error:
                break
            _note(report, probe, step, told, held)
            if report.answers >= answers:
                return report
        report.failed += bool(dialogue.error)
        if report.failed > answers:
            return report
    raise AssertionError("there is always another seed")


def _note(report: Interview, probe: Probe, step: Step, told: set[str], held: set[str]) -> None:
    """Count an answer, and what is wrong with it."""
    rules, hidden = cast(Rules, step.dialogue.setting.game), step.dialogue.hidden_at(step.index)
    report.answers += 1
    for state, _, act in step.exchange.replies:
        if isinstance(act, Reply):
            due, now = _due(rules, state, hidden), {name for name, _ in act.facts}
            report.due += len(due)
            report.told += len(due & now)
    report.faults += answered(step, told, probe.text)[0][:1]
    words = step.reply.removeprefix(step.reason)
    if probe.kind == "unknown":
        report.unknown += 1
        dialogue = step.dialogue
        known = held | _words(" ".join(turn.text for turn in dialogue.turns() if turn.seat == dialogue.seat))
        made_up = [one for one in _NAME.findall(words) if not _OWN.match(one) and not _words(one) <= known]
        report.invented += bool(made_up)
        report.invented_words += made_up
    elif probe.kind == "outside":
        report.outside += 1
        report.strayed += bool(re.search(probe.strays, words, re.IGNORECASE))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _strings(value: Any) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, tuple, list)):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(part)


def _due(rules: Rules, state: State, hidden: Inner) -> set[str]:
    """The facts that the first rule which fits has the person tell, if it leaves nothing to chance."""
    for rule in rules.file.rule:
        given = all(getattr(state.last, name, None) == value for name, value in rule.args.items())
        if event(state.last) in rule.on and given and rules.holds(rule.when, state, hidden):
            return set(rule.tell) if rule.chance >= 1.0 else set()
    return set()
