"""A language model as the student of guided solving: what it is told, and what its words must hold."""

from __future__ import annotations

import re
from typing import Any

from ...core.stream import Stream
from ...simulated_users import student
from ...simulated_users.guide import Line
from ...simulated_users.speech import literal, manner
from ...simulated_users.user import Cue
from .game import Attempt
from .voice import describe, wrong_result

_RIGHT = re.compile(r"(?<!not )(?<!not quite )(?<!n't )(?<!all )\b(?:right|correct)\b(?!-)")
_WRONG = re.compile(r"\b(?:wrong|incorrect|mistaken)\b|(?:\bnot|n't) (?:quite )?(?:right|correct)\b")
_NUMBERED = re.compile(
    r"\bsteps? (?:number )?([0-9]+|one|two|three|first|second|third)(?![\w/]|[.:]\d)|\b(first|second|third) step\b"
)
_NAMES = {"one": 1, "two": 2, "three": 3, "first": 1, "second": 2, "third": 3}
_DONE = re.compile(
    r"\b(?:all|we(?:'re| are)|i(?:'m| am)) (?:\w+ )?(?:done|finished|through|solved)\b"
    r"|\blast (?:one|step)\b|\ball of it\b|\ball steps are\b|\bconcludes\b"
    r"|\bsolved (?:it|the|this)\b|\b(?:we|i) (?:did|made) it\b|(?:\A|[.!?,] )(?:finished|done)\b|\bno more steps\b"
)
_ASKED = re.compile(
    r"\b(?:the (?:final )?answer|(?:tell|show|give) me (?:the|a|an|how|what|if|more|another)\b(?! moment)"
    r"|(?:a|another|the) hint|explain|example)\b"
)
_HEARD = re.compile(r"\Aunderstood\. ")  # of what the tutor has said; after help it would be a claim
_STUCK = re.compile(
    r"\bstuck\b|\bhelp (?:me|with)\b|\b(?:some|need) help\b|\bcan't (?:do|finish|solve)\b"
    r"|\bunable\b|\bno idea how\b|\bin vain\b|\bbeating me\b"
)
_COPIED = re.compile(r"\bcop(?:y|ied)\b")
_TAKEN = re.compile(
    rf"{student.NAMED}|\b(?:cop(?:y|ied)|wrote|written|write|noted?|down|thanks?|thank|done|finished|through|last)\b"
)
_SOLVED = ("solved", "shown last")


class GuidedSolvingGuide(student.StudentGuide):
    """A student who works through a problem with a tutor.

    A try holds one result, and the mark of the worksheet. After help the student says nothing of what it has
    understood, because only tries show that.
    """

    def scene(self, cue: Cue) -> str:
        """The problem as it is set, and the student's manner."""
        problem = cue.public
        return (
            f"You are a student who is stuck on a problem from {problem.subject}, and a tutor helps you. The problem: "
            f"{problem.text} You write on a worksheet that marks each step as right or wrong. You never say whether "
            f"you have understood something, and name no result that you were not told. {manner(cue.persona)}"
        )

    def order(self, cue: Cue, stream: Stream) -> Line:
        """What to say; the words come without a frame."""
        slot, (subject, number, _, result, next_number, next_goal, *_), _ = describe(cue)
        right = f'Say that your result is "{result}" and that it is marked right. Then say that'
        tutor, quiet = "The tutor has", "Name no result."
        copied = f"{tutor} worked out the step. Say that you have copied it, and that"
        following = f"step {next_number} comes next: {next_goal}."
        if slot == "wrong":
            order = (
                f'Say that your result is "{wrong_result(cue, stream)}" and that it is marked wrong. Then say that you '
                f"are still on step {number}."
            )
        else:
            order = {
                "opening": f"Greet the tutor and say that you are stuck on this {subject} problem. Name no number.",
                "right": f"{right} {following}",
                "solved": f"{right} this was the last step.",
                "shown": f"{copied} {following}",
                "shown last": f"{copied} this was the last step.",
                "nudged": f"{tutor} asked you a question about the step. Say that you will think about it. {quiet}",
                "hinted": f"{tutor} given you the idea of the step. Say that you have noted it. {quiet}",
                "talk": f"React to the tutor in a few words, and say that you are still on step {number}.",
            }[slot]
        return Line(order, intent=slot)

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
        said_to_be = {match[1] or match[2] for match in _NUMBERED.finditer(words)}
        if any(_NAMES.get(named, named) not in (number, str(number)) for named in said_to_be):
            return f"You are at step {number}."
        words = _NUMBERED.sub(student.NAMED, words)
        given = _given(cue, line)
        if given:
            words = _mark_result(words, given, student.GIVEN)
            if student.GIVEN not in words:
                return f'Say that your result is "{given}", written like that.'
        elif slot.startswith("shown"):
            words = _mark_result(words, step.result, student.NAMED)
        if slot == "talk":
            words = _HEARD.sub("", words)
        if fault := student.adrift(words) or student.numbered(words):
            return fault
        if any(_mark_result(words, other, student.SHOWN) != words for other in _others(steps)):
            return "Name no result that you were not told to name."
        if given:
            after = words.partition(student.GIVEN)[2]
            if fault := _graded(after, slot != "wrong") or student.denied(_WRONG.split(words)[0]):
                return fault
        elif student.GRADED.search(words):
            return "You have not tried the step now; nothing is marked right or wrong."
        if slot not in _SOLVED and _DONE.search(words):
            return "The problem is not solved yet."
        if slot == "opening":
            named = problem.subject.lower() in words or "problem" in words
            return "" if named else f"Say that it is about a problem from {problem.subject}."
        if _STUCK.search(words):
            return "Do not say that you are stuck."
        if slot.startswith("shown") and not _TAKEN.search(words):
            return "Say that you have copied the step."
        if not slot.startswith("shown") and _COPIED.search(words):
            return "Nothing was worked out that you could copy."
        if fault := student.claimed(cue, words):
            return fault
        return "Do not ask for a hint, a result or an explanation." if _ASKED.search(words) and not cue.problem else ""

    def shape(self, cue: Cue, line: Line) -> str:
        """A try gives its result and the mark, then what comes next; other words hold no number but the step's."""
        slot, (_, number, _, _, next_number, next_goal, *_), _ = describe(cue)
        following, still = f" Step {next_number}: {next_goal}.", f" Still on step {number}."
        if given := _given(cue, line):
            then = {"right": following, "wrong": still, "solved": " That was the last step."}[slot]
            mark = '"wrong"' if slot == "wrong" else '"right"'
            marked = f'(" It is " | " It says " | " The sheet says " | " Marked ") {mark} [.!]'
            return student.giving(given, f"{marked} {literal(then)}")
        if slot in ("shown", "talk"):
            return f"root ::= start [.!] {literal(following if slot == 'shown' else still)}{student.WORDS}"
        return student.reacting()


def _given(cue: Cue, line: Line) -> str:
    """The result that a line orders; ``""`` if it is not for a try."""
    act: Any = cue.act
    if not isinstance(act, Attempt):
        return ""
    step = cue.public.steps[cue.before.step]
    return step.result if act.outcome == "right" else next(wrong for wrong in step.wrong if f'"{wrong}"' in line.order)


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
    good, bad = bool(_RIGHT.search(after)), bool(_WRONG.search(after))
    if (good, bad) == (right, not right):
        return ""
    return f"Say after the result that it is marked {'right' if right else 'wrong'}, and only that."


GUIDE = GuidedSolvingGuide()
