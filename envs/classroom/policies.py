"""Baselines for a classroom: random, a typical teacher, and lesson plans of the literature by name.

Plans keep to their acts whatever is answered. The rules hold the exact belief; what they do when is fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import Answer, Call, Class, Exercise, Lecture, Lesson, Pair, Stop
from .mind import CLASS, Pupils
from .subjects import SUBJECTS
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the class into telling; see `evaluation.attacks`."""

CURIOSITY = 0.6  # how often the typical teacher calls on somebody before it teaches
HABIT = 0.65  # how often it lectures where nothing speaks for an exercise
DEAFNESS = 0.2  # how often it teaches by habit whatever was said
CARE = 0.5  # how often it checks after teaching
WORTH = 0.3  # least number of students who are expected to learn that the rules teach for

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Class, Lesson, Belief[Pupils]], Act]

_LECTURE, _EXERCISE, _STOP = Lecture(), Exercise(), Stop()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return "Let me think for a moment." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical teacher in short words: may call on somebody, teaches, may check, and puts two together."""
    act = _teacher(dialogue, stream)
    phrases, subject = PHRASES[type(act).__name__.lower()], SUBJECTS[dialogue.scenario.subject]
    first, second = (act.first, act.second) if isinstance(act, Pair) else ("", "")
    student = act.student if isinstance(act, Call) else ""
    return phrases[stream.choose(len(phrases))].format(
        tag=GRAMMAR.print(act),
        subject=subject.called,
        question=subject.question,
        student=student.capitalize(),
        first=first.capitalize(),
        second=second.capitalize(),
    )


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same teacher, who says nothing but what binds."""
    return GRAMMAR.print(_teacher(dialogue, stream))


def _teacher(dialogue: Dialogue, stream: Stream) -> Act:
    state, game = dialogue.state, dialogue.setting.game_as(Class)
    acts = [step.act for step in dialogue.steps]
    replies = [(turn, act) for turn, step in enumerate(dialogue.steps) for _, _, act in step.exchange.replies]
    answers = [(turn, act) for turn, act in replies if isinstance(act, Answer)]
    taught = [turn for turn, act in enumerate(acts) if isinstance(act, (Lecture, Exercise))]
    students, last = game.students, state.turn + 1 >= game.turns
    if not taught:
        if not last and not answers and stream.random() < CURIOSITY:
            return Call(students[stream.choose(len(students))])
        if not answers or stream.random() < DEAFNESS:
            return _LECTURE if stream.random() < HABIT else _EXERCISE
        return _EXERCISE if answers[-1][1].way == "doing" else _LECTURE
    checks = [act for turn, act in answers if turn > taught[0]]
    if not last and not checks and stream.random() < CARE:
        return Call(students[stream.choose(len(students))])
    if len(taught) == 1 and checks and checks[-1].word == "wrong" and not last:
        return _LECTURE if isinstance(acts[taught[0]], Exercise) else _EXERCISE
    if isinstance(acts[-1], Pair) and stream.random() < 0.5:
        return _STOP
    pairs = list(combinations(students, 2))
    return Pair(*pairs[stream.choose(len(pairs))])


# ---- lesson plans and rules


def planned(*acts: Act) -> Rule:
    """These acts in this order, then the end."""

    def rule(game: Class, state: Lesson, belief: Belief[Pupils]) -> Act:
        return acts[state.turn] if state.turn < min(len(acts), game.turns) else _STOP

    return rule


def adapted(calls: int, lessons: int, check: bool = False) -> Rule:
    """Call on some, teach what is likelier to help, then put together who likely can do it with who likely cannot.

    Args:
        calls: Students who are called on at the start, from the first.
        lessons: Lectures and exercises after that, at most.
        check: Whether the first student is called on once more before the pair work.
    """

    def rule(game: Class, state: Lesson, belief: Belief[Pupils]) -> Act:
        students, taught = game.students, state.turn - calls
        if taught < 0:
            return Call(students[state.turn])
        if taught < lessons and state.turn < game.turns:
            doing, listening = (
                sum(p * hidden.masters.count(False) for hidden, p in belief if hidden.doers == way)
                for way in (True, False)
            )
            if max(doing, listening) > WORTH:
                return _EXERCISE if doing > listening else _LECTURE
        if check and taught == lessons and state.turn + 1 < game.turns:
            return Call(students[0])
        return _best_pair(game, state, belief)

    return rule


def _best_pair(game: Class, state: Lesson, belief: Belief[Pupils]) -> Act:
    """The likeliest and the least likely master, if that is worth its cost."""
    places = range(len(game.students))
    mastery = [round(sum(p for hidden, p in belief if hidden.masters[place]), 9) for place in places]
    top, low = max(places, key=mastery.__getitem__), min(places, key=mastery.__getitem__)
    gain = mastery[top] * (1.0 - mastery[low]) * CLASS.helps / len(mastery)
    if state.turn >= game.turns or top == low or gain <= game.costs[3] / 100:
        return _STOP
    one, other = sorted((top, low))
    return Pair(game.students[one], game.students[other])


_PAIRS = Pair("ada", "ben"), Pair("ada", "cleo"), Pair("ben", "cleo")

RULES: dict[str, Rule] = {
    "lecture": planned(_LECTURE),
    "lecture-exercise": planned(_LECTURE, _EXERCISE),
    "think-pair-share": planned(_EXERCISE, *_PAIRS),
    "call-then-teach": adapted(1, 1),
    "call-then-pair": adapted(2, 1),
    "reteach": adapted(0, 2),
}
"""Lesson plans and rules by name."""


def _spoken(rule: Rule) -> Speak:
    return lambda dialogue, stream: GRAMMAR.print(
        rule(cast(Class, dialogue.setting.game), dialogue.state, dialogue.belief())
    )


HEURISTICS: dict[str, Speak] = {name: _spoken(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""


def sweep() -> dict[str, Speak]:
    """All plans of up to two lessons, with and without pair work, and the grid of rules, by name."""
    grid: dict[str, Rule] = {}
    for lessons in (1, 2):
        for acts in product((_LECTURE, _EXERCISE), repeat=lessons):
            name = ",".join(act.tag() for act in acts)
            grid[f"plan({name})"] = planned(*acts)
            grid[f"plan({name},pairs)"] = planned(*acts, *_PAIRS)
    for calls, lessons, check in product((0, 1, 2), (1, 2), (False, True)):
        grid[f"adapted({calls},{lessons}{',check' if check else ''})"] = adapted(calls, lessons, check)
    return {name: _spoken(rule) for name, rule in grid.items()}
