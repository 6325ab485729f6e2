"""A language model as the student of guided solving: what it is told, and what its words must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...core.stream import Stream
from ...simulated_users import student
from ...simulated_users.guide import Line
from ...simulated_users.speech import Wording
from ...simulated_users.user import Cue
from .game import Attempt
from .voice import VOICE, describe, wrong_result

_SAID = Wording(__file__, **student.MARKS)
_NAMES = {"one": 1, "two": 2, "three": 3, "first": 1, "second": 2, "third": 3}
_SOLVED = ("solved", "shown last")


class GuidedSolvingGuide(student.StudentGuide):
    """A student who works through a problem with a tutor.

    A try holds one result, and the mark of the worksheet. After help the student says nothing of what it has
    understood, because only tries show that.
    """

    def known(self, public: Any) -> dict[str, Any]:
        """The problem as it is set."""
        return {"subject": public.subject, "text": public.text}

    def drawn(self, cue: Cue, stream: Stream) -> str:
        """The result of a try that is wrong."""
        return wrong_result(cue, stream) if cue.act == Attempt("wrong") else ""

    def given(self, cue: Cue, line: Line) -> str:
        """The result of a try."""
        if not isinstance(cue.act, Attempt):
            return ""
        step = cue.public.steps[cue.before.step]
        wrong = (result for result in step.wrong if f'"{result}"' in line.order)
        return step.result if cue.act.outcome == "right" else next(wrong)

    def mistakes(self, cue: Cue, line: Line) -> tuple[str, Mapping[str, str]]:
        """The wrong results of the step; who tries it again and is wrong again makes the same mistake."""
        if cue.act != Attempt("wrong"):
            return "", {}
        return f"step {cue.before.step + 1}", dict.fromkeys(cue.public.steps[cue.before.step].wrong, "")

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with `words`, or ``""``."""
        problem, here = cue.public, cue.before.step
        steps = problem.steps
        step, slot = steps[here], describe(cue)[0]
        moved = slot in ("right", "shown")
        number, goal = here + 1 + moved, steps[here + moved].goal
        words = student.mark(words, [goal], student.NAMED)
        if any(student.mark(words, [other.goal], student.NAMED) != words for other in steps):
            return f"You are at step {number}: {goal}."
        said_to_be = {match["number"] or match["ordinal"] for match in _SAID["step"].finditer(words)}
        if any(_NAMES.get(named, named) not in (number, str(number)) for named in said_to_be):
            return f"You are at step {number}."
        words = _SAID["step"].sub(student.NAMED, words)
        shown, given = slot.startswith("shown"), self.given(cue, line)
        if given:
            words = _mark_result(words, given, student.GIVEN)
            if student.GIVEN not in words:
                return f'Say that your result is "{given}", written like that.'
        elif shown:
            words = _mark_result(words, step.result, student.NAMED)
        if slot == "talk":
            words = _SAID["heard"].sub("", words)
        if fault := student.adrift(words) or student.numbered(words):
            return fault
        if any(_mark_result(words, other, student.SHOWN) != words for other in _others(steps)):
            return "Name no result that you were not told to name."
        if given:
            after = words.partition(student.GIVEN)[2]
            if fault := _graded(after, slot != "wrong") or student.denied(_SAID["wrong"].split(words)[0]):
                return fault
        elif student.SAID.found(words, "graded"):
            return "You have not tried the step now; nothing is marked right or wrong."
        if slot not in _SOLVED and (fault := _SAID.fault(words, "done")):
            return fault
        if slot == "opening":
            named = problem.subject.lower() in words or "problem" in words
            return "" if named else f"Say that it is about a problem from {problem.subject}."
        if fault := _SAID.fault(words, "stuck", *(() if shown else ("copied",))):
            return fault
        if shown and not _SAID.found(words, "taken"):
            return "Say that you have copied the step."
        return student.claimed(cue, words) or ("" if cue.problem else _SAID.fault(words, "asked"))


def _mark_result(words: str, result: str, sign: str) -> str:
    """Marks a result.

    One that is a common word counts where it stands as an answer: "if." or "if, and" but not "if I".
    """
    if result.isalpha():
        return re.sub(rf"(?<![\w-]){re.escape(result)}(?=\Z|[.,:;!?\"'](?!\w))", sign, words)
    return student.mark(words, [result], sign)


def _others(steps: Any) -> set[str]:
    """Results that are words: numbers are found without a list."""
    texts = {text for step in steps for text in (step.result, *step.wrong)}
    return {text for text in texts if not any(character.isdigit() for character in text)}


def _graded(after: str, right: bool) -> str:
    """What is wrong with the mark that follows a result."""
    if (_SAID.found(after, "right"), _SAID.found(after, "wrong")) == (right, not right):
        return ""
    return f"Say after the result that it is marked {'right' if right else 'wrong'}, and only that."


GUIDE = GuidedSolvingGuide(VOICE, _SAID)
