"""What a language model is told that speaks for the person of a file: the texts of what is told now, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ...core.stream import Stream
from ...simulated_users.guide import Line
from ...simulated_users.speech import fault_of_role, manner
from ...simulated_users.user import Cue
from .acts import Reply
from .format import Scenario
from .parts import Fact
from .person import MOST
from .telling import of_values
from .voice import Lines

_TRUE_TO_IT = re.compile("word for word", re.IGNORECASE)  # people of files say that, too
_TAG = re.compile(r"[\[\]]|<\|")  # a model's own signs, such as that a conversation ends, are no words


class FileGuide:
    """Orders what an act tells, and holds the words to it: what is told must be in them, what is untold must not.

    Args:
        files: The scenarios, by id.
    """

    def __init__(self, files: Mapping[str, Scenario]):
        self._files = files
        self._lines = {name: Lines(file) for name, file in files.items()}
        self._words = {
            name: {fact.id: re.compile("|".join(fact.words), re.IGNORECASE) for fact in file.fact if fact.words}
            for name, file in files.items()
        }
        self._forbidden = {name: [one for one in file.forbid if one.by == "person"] for name, file in files.items()}
        self._untrue = {
            (name, fact.id, value): re.compile("|".join(words), re.IGNORECASE)
            for name, file in files.items()
            for fact in file.fact
            for value, words in _untrue(fact)
        }

    def scene(self, cue: Cue) -> str:
        """Who speaks, and how."""
        person, draws = self._files[cue.public.scenario].person, dict(cue.public.draws)
        never = "; ".join(one.doc for one in self._forbidden[cue.public.scenario] if one.doc)
        told = f"{person.described} {f'You never say this: {never}.' if never else ''}".format(**draws)
        return f"{told.strip()} {manner(cue.persona)}".strip()

    def line(self, cue: Cue, stream: Stream) -> Line:
        """What to say now. Why a turn was lost is said by code, before the words."""
        act, draws = cue.act, dict(cue.public.draws)
        lines, orders = self._lines[cue.public.scenario], []
        said = [line for line in getattr(act, "line", "").split("+") if line]
        for line in (line for line in said if not line.startswith("end")):
            orders.append(f"Say this in your own words: {_one(lines.lines[line], draws)}")
        orders += [f"Tell this, in the first person: {self._text(cue, *fact)}" for fact in getattr(act, "facts", ())]
        ends = [line for line in said if line.startswith("end")]
        if ends:
            orders.append(f"Then close the conversation, in your own words: {_one(lines.lines[ends[0]], draws)}")
        elif isinstance(act, Reply) and act.outcome:
            orders.append("Then close the conversation.")
        intent = "+".join(filter(None, [getattr(act, "line", ""), getattr(act, "told", "")])) or "idle"
        told = " ".join(orders) or "Say something short that tells nothing and promises nothing."
        length = self._files[cue.public.scenario].person.words
        wish = f" Use about {length.at((stream.choose(100) + 0.5) / 100)} words." if length else ""
        return Line(f"{told} Tell nothing else.{wish}", before=cue.reason, intent=intent)

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """What is wrong with the words; ``""`` if nothing is."""
        if not said.strip():
            return "Say something."
        length = self._files[cue.public.scenario].person.words
        if len(said.split()) > (most := length.most if length else MOST):
            return f"Use at most {most} words."
        if _TAG.search(said):
            return "Use no brackets."
        if fault := fault_of_role(_TRUE_TO_IT.sub("", said)):
            return fault
        for one in self._forbidden[cue.public.scenario]:
            if one.is_said(said):
                return f"Do not say that ({one.doc or one.id.replace('_', ' ')})."
        told = dict(getattr(cue.act, "facts", ()))
        for name, words in self._words[cue.public.scenario].items():
            if name in told and not words.search(said):
                return f"Tell clearly what you were asked to tell ({name.replace('_', ' ')})."
            untrue = self._untrue.get((cue.public.scenario, name, told.get(name, "")))
            if name in told and untrue and untrue.search(said):
                return f"That is not what you were asked to tell ({name.replace('_', ' ')})."
            if name not in (*told, *cue.before.told) and words.search(said):
                return "Tell only what you were asked to tell."
        return ""

    def grammar(self, cue: Cue, line: Line) -> str:
        """Free words without brackets."""
        return "root ::= [^\\[\\]\\n]+\n"

    def _text(self, cue: Cue, name: str, value: str) -> str:
        fact = next(fact for fact in self._files[cue.public.scenario].fact if fact.id == name)
        text = fact.text[value] if isinstance(fact.text, dict) else fact.text
        return text.format(**dict(cue.public.draws))


def _untrue(fact: Fact) -> Iterator[tuple[str, list[str]]]:
    """For each value of a fact the words that are said of others and never of it."""
    found = of_values(fact)
    for value in fact.say if isinstance(fact.say, dict) else ():
        if others := [words for words, of in found.items() if of and value not in of]:
            yield value, others


def _one(said: tuple[str, ...], draws: Mapping[str, str]) -> str:
    return " Or: ".join(f'"{line.format(**draws)}"' for line in said)
