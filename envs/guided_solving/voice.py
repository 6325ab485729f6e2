"""Guided solving in plain English: how a tutor is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, clauses, plain
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice, drawn, spread
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Attempt, Hint, Nudge, Show, Stop, Tell, Try
from .problems import Problem

WORDS = content(__file__, "phrases.toml")
WRONG = 3  # how many wrong results each step has
_BANK = spread(WORDS["bank"], WRONG, "wrong")

READING = content(__file__, "reading.toml")
_LETTERS = re.compile(r"[a-z]{3,}|\b[b-hj-z]\b")
_NUMBER = re.compile(r"\d[\d.,]*")
_NO_UNIT = r"(?! ?(?!(?:for|in|and|or|so|back|each|which|then|altogether|exactly|is|that)\b)[A-Za-z])"
PATTERNS = Patterns(READING, ("result", "equation", "topic"))
_COLON = re.compile(r": ?(?=[\ue000\ue001])")  # "The answer: 27 dollars" is one clause
_ACTS = {
    "nudge": (Nudge(), "ask me something"),
    "hint": (Hint(), "give me a hint"),
    "show": (Show(), "show me the step"),
    "try": (Try(), "have me try"),
    "tell": (Tell(), "tell me the answer"),
    "stop": (Stop(), "stop"),
}
_STRENGTH = ("tell", "show", "hint", "nudge")


@cache
def _vocabulary(problem: Problem, step: int) -> Vocabulary:
    """The final answer and the result of a step, by what they are called, and the words of the problem."""
    kinds: dict[str, dict[str, str]] = {"result": {}, "equation": {}, "topic": {}}
    for name, result in (("show", problem.steps[step].result), ("tell", problem.answer)):
        kinds["equation" if " = " in result else "result"][name] = _called(result)  # the last step's is found as "show"
    words = " ".join([problem.text, *(each.goal for each in problem.steps)]).lower()
    found = {word for word in _LETTERS.findall(words) if word not in READING["common"]}
    own = sorted({rf"{word.removesuffix('s') if len(word) > 3 else word}(?:s|es|'s)?" for word in found})
    kinds["topic"] = {"topic": "|".join([*READING["topics"], *own])}
    return Vocabulary(kinds)


def _called(result: str) -> str:
    """A pattern for a result: with other spaces, "is" for "=", or a number without its unit."""
    number, _, unit = plain(result).partition(" ")
    if unit and _NUMBER.fullmatch(number) and unit[0].isalpha():
        called = rf"[$]?{re.escape(number)}(?: ?{re.escape(unit)}|{_NO_UNIT})"
    else:
        tokens = [re.escape(token) for token in re.findall(r"\w+|[^\w\s]", plain(result))]
        called = r"\s*".join(r"(?:=|\bis\b|\bequals\b)" if token == "=" else token for token in tokens)
    stated = r"(?:(?<=\bis )|(?<=\bbe )|(?<=: ))" if result.isalpha() else r"(?<!\d[.,])"  # "if" is a word, too
    return rf"{stated}{called}(?![.,]\d)"


def understand(text: str, context: tuple[Problem, int]) -> Heard:
    """Read an utterance without a tag, by the patterns in ``reading.toml``.

    The first pattern that covers a clause counts. A result that is stated shows the step that the student is at, or
    tells the final answer. What an act is about ("here is a hint: multiply") is no act beside it: a weaker act counts
    only if it is named.

    Args:
        text: Any string.
        context: The problem, and the index of the step that the student is at.
    """
    marked, mentions = _vocabulary(*context).mark(plain(text))
    problem, step = context
    last = step + 1 == len(problem.steps)
    meant: dict[str, bool] = {}
    read: set[int] = set()
    for found in PATTERNS.find(clauses(_COLON.sub(" ", marked), mentions)):
        if id(found.clause) in read:
            continue
        read.add(id(found.clause))
        act, _, by = found.act.partition(",")
        if by.startswith((" or show", " or tell")):
            value = [*found.clause.values("result"), *found.clause.values("equation")][-1]
            act = "tell" if value == "tell" or (last and act == "tell") else "show"
        meant[act] = meant.get(act, False) or not by
    strongest = next((place for place, act in enumerate(_STRENGTH) if act in meant), len(_STRENGTH))
    acts = {
        act: does
        for name, (act, does) in _ACTS.items()
        if meant.get(name) or (name in meant and name not in _STRENGTH[strongest + 1 :])
    }
    return bind(acts)


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the fields, and small talk if the tutor has only talked."""
    state, problem, act = cue.before, cue.public, cue.act
    steps, given = problem.steps, type(state.given)
    here = state.step
    step, last = steps[here], here + 1 == len(steps)
    following = step if last else steps[here + 1]
    values = (problem.subject, here + 1, step.goal, step.result, here + 2, following.goal)
    if isinstance(act, Attempt):
        slot = "wrong" if act.outcome == "wrong" else "solved" if last else "right"
        return slot, (*values, *step.wrong), ""
    if cue.opening:
        return "opening", values, ""
    if given is Show:
        return ("shown last" if last else "shown"), values, ""
    return {Nudge: "nudged", Hint: "hinted"}.get(given, "talk"), values, "chat" if given is Say else ""


def wrong_result(cue: Cue, stream: Stream) -> str:
    """The result of a student who gets the step wrong: what the phrase bank says with the same random numbers."""
    return cue.public.steps[cue.before.step].wrong[drawn(_BANK, cue.persona, "wrong", WRONG, stream)]


GRAMMAR = Grammar(ACTS, understand)
FIELDS = (*WORDS["fields"], *(f"wrong{number}" for number in range(1, WRONG + 1)))
VOICE = PhraseVoice(_BANK, FIELDS, describe, WORDS["topics"])
