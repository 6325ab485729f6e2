"""Baselines for tutoring: random, human-like, and the fixed heuristics of tutors and of tutoring systems.

A heuristic is a function of what has happened so far, as `Event`s. Where it teaches, a *way* picks between explanation
and example.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple, cast

from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .curricula import CURRICULA
from .game import KINDS, Answer, Teaching, Tutorial
from .mind import Student

WORDS = content(__file__, "policies.toml")
ATTACKS: dict[str, tuple[str, ...]] = WORDS["attacks"]

Speak = Callable[[Dialogue, Stream], str]


class Event(NamedTuple):
    """A turn of the tutor that was not talk.

    Attributes:
        kind: ``"explain"``, ``"example"`` or ``"quiz"``.
        skill: Number of the skill.
        right: Whether the quiz was answered right; ``None`` for teaching.
    """

    kind: str
    skill: int
    right: bool | None


Plan = Callable[[list[Event], Student], tuple[str, int] | None]
Way = Callable[[list[Event], int], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, talk and stopping included, then over the skills."""
    kinds = [*KINDS.values(), "stop", "talk"]
    kind = kinds[stream.choose(len(kinds))]
    if kind in ("stop", "talk"):
        return "[stop]" if kind == "stop" else "Take your time."
    skills = _skills(dialogue)
    return f"[{kind} {skills[stream.choose(len(skills))]}]"


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like tutor.

    It goes up the chain, teaches in a way of its own, checks most of the time, mostly changes its way after a wrong
    answer, and may give up.
    """
    slot, number = _tutor(dialogue, stream)
    phrases = WORDS["phrases"][slot]
    phrase = phrases[stream.choose(len(phrases))]
    if not number:
        return phrase.format(tag="[stop]")
    skill = CURRICULA[dialogue.scenario.curriculum].skills[number - 1]
    contents = skill.explanations if slot == "explain" else skill.examples
    told = contents[stream.choose(len(contents))]
    return phrase.format(tag=f"[{slot} {skill.name}]", title=skill.title, content=told)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same tutor, who says nothing but what binds."""
    slot, number = _tutor(dialogue, stream)
    return f"[{slot} {_skills(dialogue)[number - 1]}]" if number else "[stop]"


def _skills(dialogue: Dialogue) -> tuple[str, ...]:
    return dialogue.setting.game_as(Tutorial).skills


def _tutor(dialogue: Dialogue, stream: Stream) -> tuple[str, int]:
    """What it does, and the number of the skill; 0 where it stops."""
    events, skills = history(dialogue), len(_skills(dialogue))
    way = ("explain", "example")[stream.choose(2)]
    if stream.random() < 0.03:
        return "stop", 0
    if not events:
        return ("quiz" if stream.random() < 0.2 else way), 1
    kind, skill, right = events[-1]
    tried = next((event.kind for event in reversed(events) if event.right is None), "")
    if kind == "quiz":
        if right:
            keep = tried if tried and stream.random() < 0.7 else way
            return (("quiz" if stream.random() < 0.15 else keep), skill + 1) if skill < skills else ("stop", 0)
        if tried and stream.random() < 0.8:
            way = "example" if tried == "explain" else "explain"
        return way, skill
    if dialogue.state.left > 1 and stream.random() < 0.85:
        return "quiz", skill
    return tried, min(skill + (stream.random() < 0.7), skills)


def history(dialogue: Dialogue) -> list[Event]:
    """What has happened so far."""
    game = dialogue.setting.game_as(Tutorial)
    events = []
    for step in dialogue.steps:
        if isinstance(act := step.act, Teaching):
            said = step.exchange.replies[-1][2]
            right = said.right if isinstance(said, Answer) else None
            events.append(Event(KINDS[type(act)], game.number(act.skill), right))
    return events


# ---- ways of teaching ------------------------------------------------------------------------------------------------

FORMS = ("explain", "example")


def _always(form: str) -> Way:
    return lambda events, skill: form


def _alternate(first: int) -> Way:
    """An explanation and an example of each skill in turn."""

    def way(events: list[Event], skill: int) -> str:
        return FORMS[(first + sum(event.right is None and event.skill == skill for event in events)) % 2]

    return way


def _switch(first: int) -> Way:
    """Win-stay, lose-shift: change when a quiz on what was last taught is failed."""

    def way(events: list[Event], skill: int) -> str:
        taught = [place for place, event in enumerate(events) if event.right is None]
        if not taught:
            return FORMS[first]
        kind, last, _ = events[taught[-1]]
        failed = any(event.skill == last and event.right is False for event in events[taught[-1] + 1 :])
        return FORMS[FORMS.index(kind) ^ failed]

    return way


WAYS: dict[str, Way] = {
    "explanations": _always("explain"),
    "examples": _always("example"),
    "alternate": _alternate(0),
    "alternate, example first": _alternate(1),
    "switch": _switch(0),
    "switch, example first": _switch(1),
}


# ---- heuristics ------------------------------------------------------------------------------------------------------


def in_order(times: int, way: str) -> Plan:
    """Teach each skill so many times, in order, and never ask."""

    def plan(events: list[Event], student: Student) -> tuple[str, int] | None:
        skill = 1 + len(events) // times
        return (WAYS[way](events, skill), skill) if skill <= len(student.game.skills) else None

    return plan


def cycle(quiz_first: bool, lessons: int, passes: int, way: str, most: int) -> Plan:
    """Skill by skill, teach so many times and quiz, until so many quizzes in a row are passed.

    Args:
        quiz_first: Whether a new skill begins with a quiz instead of a lesson.
        lessons: Lessons before each quiz.
        passes: Right answers in a row that are enough.
        way: One of `WAYS`.
        most: Stop after so many lessons in all.
    """

    def plan(events: list[Event], student: Student) -> tuple[str, int] | None:
        skill, passed, taught, due = 1, 0, 0, 0 if quiz_first else lessons
        for event in events:
            if event.right is None:
                taught, due = taught + 1, due - 1
            elif not event.right:
                passed, due = 0, lessons
            elif passed + 1 < passes:
                passed += 1
            else:
                skill, passed, due = skill + 1, 0, 0 if quiz_first else lessons
        if skill > len(student.game.skills) or (due and taught >= most):
            return None
        return (WAYS[way](events, skill), skill) if due else ("quiz", skill)

    return plan


def threshold(mastery: float, doubt: float, way: str) -> Plan:
    """Mastery learning (Corbett and Anderson 1995).

    Traces each skill by itself, and works on the first that is not yet mastered with probability `mastery`.

    Args:
        mastery: Where a skill counts as mastered; .95 in cognitive tutors.
        doubt: Quiz a skill from this probability on, and teach it below. With ``1`` teach and quiz in turn.
        way: One of `WAYS`.
    """

    def plan(events: list[Event], student: Student) -> tuple[str, int] | None:
        known = _trace(events, student)
        skill = next((number for number, p in enumerate(known, 1) if p < mastery), None)
        if skill is None:
            return None
        own = [event for event in events if event.skill == skill]
        quiz = bool(own) and own[-1].right is None if doubt >= 1.0 else known[skill - 1] >= doubt
        return ("quiz" if quiz else WAYS[way](events, skill)), skill

    return plan


def _trace(events: list[Event], student: Student) -> list[float]:
    """Bayesian Knowledge Tracing of each skill by itself, blind to the chain and to the kind of student."""
    total = sum(student.mastery)
    known = [sum(student.mastery[number:]) / total for number in range(1, len(student.mastery))]
    weights = sum(kind.weight for kind in student.kinds)
    learns = {
        "explain": sum(kind.weight * kind.explanation for kind in student.kinds) / weights,
        "example": sum(kind.weight * kind.example for kind in student.kinds) / weights,
    }
    for kind, skill, right in events:
        p = known[skill - 1]
        if right is None:
            known[skill - 1] = p + (1.0 - p) * learns[kind]
        else:
            mastered, not_yet = (1.0 - student.slip, student.guess) if right else (student.slip, 1.0 - student.guess)
            known[skill - 1] = p * mastered / (p * mastered + (1.0 - p) * not_yet)
    return known


def diagnose(search: str, times: int, way: str, check: bool) -> Plan:
    """First find the first skill that is not mastered, then teach from there on.

    Args:
        search: ``"up"`` quizzes from the first skill until one is failed, ``"all"`` quizzes each skill once and counts,
            ``"halves"`` searches by halves.
        times: Lessons on each skill.
        way: One of `WAYS`.
        check: Whether to quiz after the lessons and go on only when the quiz is passed.
    """

    def plan(events: list[Event], student: Student) -> tuple[str, int] | None:
        skills = len(student.game.skills)
        kind, skill = _search(search, skills, events)
        if kind == "quiz":
            return kind, skill
        skill, done = skill + 1, 0
        for event in events[_first_lesson(events) :]:
            if event.right is not None:
                skill, done = skill + event.right, 0
            elif done + 1 < times or check:
                done += 1
            else:
                skill, done = skill + 1, 0
        if skill > skills:
            return None
        return ("quiz", skill) if check and done >= times else (WAYS[way](events, skill), skill)

    return plan


def _search(search: str, skills: int, events: list[Event]) -> tuple[str, int]:
    """The next quiz of the diagnosis, or ``("found", skills mastered)``."""
    answers = [bool(event.right) for event in events[: _first_lesson(events)]]
    if search == "all":
        return ("quiz", len(answers) + 1) if len(answers) < skills else ("found", sum(answers[:skills]))
    low, high = 0, skills
    for answer in answers:
        if low == high:
            break
        middle = low + 1 if search == "up" else (low + high + 1) // 2
        low, high = (middle, high) if answer else (low, middle - 1)
    if low == high:
        return "found", low
    return "quiz", low + 1 if search == "up" else (low + high + 1) // 2


def _first_lesson(events: list[Event]) -> int:
    """Place of the first event that was no quiz."""
    return next((place for place, event in enumerate(events) if event.right is None), len(events))


def _speak(plan: Plan) -> Speak:
    def speak(dialogue: Dialogue, stream: Stream) -> str:
        move = plan(history(dialogue), cast(Student, dialogue.setting.mind))
        return f"[{move[0]} {_skills(dialogue)[move[1] - 1]}]" if move else "[stop]"

    return speak


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "stop-now": _speak(lambda events, student: None),
    "in-order": _speak(in_order(2, "alternate")),
    "quiz-then-teach": _speak(cycle(True, 1, 2, "alternate", 3)),
    "teach-then-quiz": _speak(cycle(False, 1, 1, "switch", 3)),
    "diagnose-first": _speak(diagnose("up", 1, "switch", True)),
    "mastery-95": _speak(threshold(0.95, 1.0, "switch")),
    "mastery-threshold": _speak(threshold(0.6, 0.3, "switch")),
}
"""Fixed heuristics.

Their parameters are the best found by an exact sweep on Tutoring-v0 (`docs/tutoring.md`); *mastery-95* has the
customary ones.
"""

DEMONSTRATOR = "lookahead+teach-then-quiz+mastery-threshold"
"""Whom `make train` clones: a planner and two heuristics, so that there are several ways to choose from."""


def sweep() -> dict[str, Speak]:
    """The parameter grid from which `HEURISTICS` were chosen, by name.

    The numbers in a name are the arguments of the kind's function.
    """
    grid: dict[str, Plan] = {}
    for times, way in product((1, 2, 3), WAYS):
        grid[f"in-order({times}, {way})"] = in_order(times, way)
    for first, lessons, passes, way, most in product((True, False), (1, 2), (1, 2), WAYS, (2, 3, 4, 9)):
        kind = "quiz-then-teach" if first else "teach-then-quiz"
        grid[f"{kind}({lessons}, {passes}, {way}, {most})"] = cycle(first, lessons, passes, way, most)
    for search, times, way, check in product(("up", "all", "halves"), (1, 2, 3), WAYS, (True, False)):
        grid[f"diagnose-first({search}, {times}, {way}, {check})"] = diagnose(search, times, way, check)
    for mastery, doubt, way in product((0.5, 0.6, 0.7, 0.8, 0.9, 0.95), (0.2, 0.3, 0.4, 0.5, 0.6, 1.0), WAYS):
        if doubt < mastery or doubt == 1.0:
            grid[f"mastery-threshold({mastery}, {doubt}, {way})"] = threshold(mastery, doubt, way)
    return {name: _speak(plan) for name, plan in grid.items()}
