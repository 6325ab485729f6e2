"""The lines of the file. Only what an act tells can be said: texts are looked up for what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...core.stream import Stream
from ...simulated_users.user import Cue
from .acts import Reply
from .format import Scenario
from .records import Records


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
        self.lines |= {f"opening-{number}": part.opening for number, part in enumerate(file.session, 2)}
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
        self._files = files
        self._lines = {name: Lines(file) for name, file in files.items()}
        self._records = {name: Records(file) for name, file in files.items()}

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """One utterance for each cue."""
        return list(map(self._utter, cues, streams))

    def _utter(self, cue: Cue, stream: Stream) -> str:
        lines, draws = self._lines[cue.public.scenario], dict(cue.public.draws)
        parts = lines.said(cue.act) if isinstance(cue.act, Reply) else [lines.idle]
        words = [some[stream.choose(len(some))].format(**draws) for some in parts]
        return " ".join(filter(None, (cue.reason, *words)))

    def entry(self, cue: Cue) -> str:
        """What the records answer a call."""
        act: Any = cue.act
        text = self._records[cue.public.scenario].text(cue.before.last, act.line, act.shown, dict(cue.public.draws))
        return " ".join(text.split())

    def scene(self, cue: Cue) -> str:
        """That a further dialogue begins, and what the learner is told about it."""
        act: Any = cue.act
        return self.announced(cue.public, act.session)

    def announced(self, public: Public, session: int) -> str:
        """What the learner is told of a further dialogue."""
        file = self._files[public.scenario]
        brief = " ".join(file.session[session - 2].brief.format(**dict(public.draws)).split())
        return f"Dialogue {session} of {len(file.session) + 1}. {brief} You have {file.turns_of(session)} turns."
