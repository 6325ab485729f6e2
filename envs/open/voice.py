"""The lines of the file. Only what an act tells can be said: texts are looked up for what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...core.stream import Stream
from ...simulated_users.user import Cue
from .format import Scenario
from .game import Reply


class Public(NamedTuple):
    """What both sides may know: the scenario and its public draws."""

    scenario: str
    draws: tuple[tuple[str, str], ...] = ()


class Lines:
    """What the person of a file can say, by the names that acts use."""

    def __init__(self, file: Scenario):
        self.idle = file.idle
        self.lines: dict[str, tuple[str, ...]] = {"opening": file.opening}
        self.lines |= {f"rule-{number}": rule.say for number, rule in enumerate(file.rule) if rule.say}
        self.lines |= {f"end-{number}": end.say for number, end in enumerate(file.end) if end.say}
        self.facts: dict[tuple[str, str], tuple[str, ...]] = {}
        for fact in file.fact:
            by_value = fact.say if isinstance(fact.say, dict) else {"": fact.say}
            self.facts |= {(fact.id, value): said for value, said in by_value.items()}

    def said(self, act: Reply) -> list[tuple[str, ...]]:
        """For each part of a reply, the sentences to choose from."""
        lines = [line for line in act.line.split("+") if line]
        before = [self.lines[line] for line in lines if not line.startswith("end")]
        after = [self.lines[line] for line in lines if line.startswith("end")]
        return [*before, *(self.facts[fact] for fact in act.facts), *after] or [self.idle]


class FileVoice:
    """Says what the file has for an act; one random number a part.

    Args:
        files: The scenarios, by id.
    """

    personas: tuple[str, ...] = ("plain",)

    def __init__(self, files: Mapping[str, Scenario]):
        self._lines = {name: Lines(file) for name, file in files.items()}

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """One utterance for each cue."""
        return list(map(self._utter, cues, streams))

    def _utter(self, cue: Cue, stream: Stream) -> str:
        lines, draws = self._lines[cue.public.scenario], dict(cue.public.draws)
        parts = lines.said(cue.act) if isinstance(cue.act, Reply) else [lines.idle]
        words = [some[stream.choose(len(some))].format(**draws) for some in parts]
        return " ".join(filter(None, (cue.reason, *words)))
