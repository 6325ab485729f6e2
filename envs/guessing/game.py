"""Guessing: ask, and say what the other is thinking of. The rules.

`Quest` is a table of answers: objects, cities, rules. `Mystery` is a riddle, whose questions build on each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable
from .subjects import LARGEST, Table

SEATS = ("guesser", "thinker")

Cause = Literal["mishap", "plan"]
YesNo = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask one question of the bank."""

    question: str


@dataclass(frozen=True, slots=True)
class Guess(Act):
    """Name what the other is thinking of; a wrong name is a turn lost."""

    thing: str


@dataclass(frozen=True, slots=True)
class Try(Act):
    """Have the secret rule applied to three numbers."""

    a: int
    b: int
    c: int


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """Say what the rule gives for the test; it ends the dialogue."""

    value: int


@dataclass(frozen=True, slots=True)
class Explain(Act):
    """Say what has happened: the cause, and the true answer to four questions. It ends the dialogue."""

    cause: Cause
    how: YesNo
    who: YesNo
    alone: YesNo
    dark: YesNo


@dataclass(frozen=True, slots=True)
class Reply(Act):
    """What the thinker answers, and whether it sounds as if it had time."""

    word: str
    manner: Literal["calm", "curt"] = "calm"


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The thinker has no more time."""


@replaceable
class Round(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the guesser has had.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        questions: Questions so far: what has to be paid for where talk is free.
        asked: Questions that were answered and cannot be asked again, as a bit mask over `QUESTIONS`.
        settled: Causes that were answered with yes, as bits of the same mask.
        topic: What the thinker has to answer now, if anything.
        final: What was guessed, answered or explained at last.
        ending: ``""`` while it goes on, then ``"found"``, ``"said"`` (an answer or an explanation), ``"left"`` or
            ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "thinker"
    questions: int = 0
    asked: int = 0
    settled: int = 0
    topic: Act | None = None
    final: Act | None = None
    ending: str = ""


@dataclass(frozen=True)
class Quest:
    """Questions about a table, until the right thing is named or the turns are over.

    Args:
        table: What can be thought of, all equally likely, with the answers. If it has values, a value has to be told;
            else the thing itself has to be named.
        turns: Turns that the guesser has.
        cost: Price of a turn, but for the one that names it; of a try where a value has to be told.
    """

    table: Table
    turns: int
    cost: float

    seats = SEATS

    def start(self) -> Round:
        """Nobody has spoken; the thinker is to open."""
        return Round()

    def mover(self, state: Round) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Round, seat: str, act: Act) -> Round:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no such question or thing, or no such act.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if seat == "thinker":
            return self._answered(state, act)
        if isinstance(act, Say):
            return state._replace(turn=state.turn + 1, mover="thinker")
        if self.table.values and isinstance(act, Answer):
            return state._replace(turn=state.turn + 1, mover=None, final=act, ending="said")
        if not self.table.values and isinstance(act, Guess):
            if act.thing.lower() not in self.table.place:
                raise IllegalAct(f"It is one of these: {', '.join(self.table.things)}.")
            return state._replace(turn=state.turn + 1, mover="thinker", topic=Guess(act.thing.lower()))
        topic = self.topic(act)
        return state._replace(turn=state.turn + 1, mover="thinker", topic=topic, questions=state.questions + 1)

    def topic(self, act: Act) -> Act:
        """A question as it is kept.

        Raises:
            IllegalAct: If it is none of the bank.
        """
        if isinstance(act, Ask) and not self.table.values:
            if act.question.lower() in self.table.rows:
                return Ask(act.question.lower())
            raise IllegalAct(f"You can ask about {', '.join(self.table.questions)}.")
        if isinstance(act, Try) and self.table.values:
            if (act.a, act.b, act.c) in self.table.rows:
                return act
            raise IllegalAct(f"I take whole numbers from 0 to {LARGEST} only.")
        raise IllegalAct("You can try numbers or tell your answer." if self.table.values else "You can ask or guess.")

    def said(self, thing: str, topic: Act) -> str:
        """What the thinker says to a question or a guess."""
        if isinstance(topic, Guess):
            return "right" if topic.thing == thing else "wrong"
        asked = (topic.a, topic.b, topic.c) if isinstance(topic, Try) else topic.question  # type: ignore[attr-defined]
        return self.table.rows[asked][self.table.place[thing]]

    def choices(self, state: Round, seat: str) -> Iterator[Act]:
        """Everything that can be named and asked, and talk."""
        if self.table.values:
            yield from (Answer(value) for value in dict.fromkeys(self.table.values))
            yield from (Try(*numbers) for numbers in self.table.questions)
        else:
            yield from map(Guess, self.table.things)
            yield from map(Ask, self.table.questions)
        yield Say()

    def payoff(self, state: Round, seat: str, hidden: Any = None) -> float:
        """1 less the turns before the one that named it; or 1 for the right value, less the tries."""
        if not self.table.values:
            return 1.0 - self.cost * (state.turn - 1) if state.ending == "found" else 0.0
        right = isinstance(state.final, Answer) and state.final.value == self.table.values[self.table.place[hidden]]
        return float(right) - self.cost * state.questions

    def _answered(self, state: Round, act: Act) -> Round:
        topic = state.topic
        if isinstance(topic, Guess) and isinstance(act, Reply) and act.word == "right":
            return state._replace(mover=None, topic=None, final=topic, ending="found")
        over = state.turn >= self.turns
        return state._replace(mover=None if over else "guesser", topic=None, ending="limit" if over else "")


QUESTIONS = ("mishap", "plan", "mishap-how", "mishap-who", "plan-how", "plan-who", "alone", "dark")
"""What can be asked about every riddle."""
_BIT = {name: 1 << place for place, name in enumerate(QUESTIONS)}
_WORDS: tuple[YesNo, YesNo] = ("yes", "no")
EXPLANATIONS = tuple(
    Explain(cause, how, who, alone, dark)
    for cause in get_args(Cause)
    for how, who, alone, dark in product(_WORDS, _WORDS, _WORDS, _WORDS)
)
"""Every explanation of a riddle."""


@dataclass(frozen=True)
class Mystery:
    """A story of which the guesser hears the end only: what has happened?

    It was a mishap or somebody's plan. How it came and who was in it can be asked about either, and is beside the point
    until the question for that cause has been answered with yes. Two circumstances can be asked about at any time. A
    question that was answered is not answered again.

    Args:
        turns: Turns that the guesser has, the explanation included.
        cost: Price of a question.
        twist: What how and who are worth together, with the right cause.
        half: What one of them is worth, with the right cause.
        circumstance: What each circumstance is worth.
    """

    turns: int = 5
    cost: float = 0.03
    twist: float = 0.5
    half: float = 0.125
    circumstance: float = 0.25

    seats = SEATS

    def start(self) -> Round:
        """Nobody has spoken; the thinker is to tell the riddle."""
        return Round()

    def mover(self, state: Round) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Round, seat: str, act: Act) -> Round:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no such question, if it was answered before, or if there is no such act.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if seat == "thinker":
            return self._answered(state, act)
        if isinstance(act, Say):
            return state._replace(turn=state.turn + 1, mover="thinker")
        if isinstance(act, Explain):
            return state._replace(turn=state.turn + 1, mover=None, final=act, ending="said")
        if isinstance(act, Ask):
            name = act.question.lower()
            if name not in _BIT:
                raise IllegalAct(f"You can ask about {', '.join(QUESTIONS)}.")
            if state.asked & _BIT[name]:
                raise IllegalAct(f"You have asked that, and the answer stays the same: {name}.")
            return state._replace(turn=state.turn + 1, mover="thinker", topic=Ask(name), questions=state.questions + 1)
        raise IllegalAct("You can ask, or explain what has happened.")

    def open(self, question: str, state: Round) -> bool:
        """Whether a question is to the point."""
        cause, _, fact = question.partition("-")
        return not fact or bool(state.settled & _BIT[cause])

    def choices(self, state: Round, seat: str) -> Iterator[Act]:
        """Every explanation, every question not yet answered, and talk."""
        yield from EXPLANATIONS
        yield from (Ask(name) for name in QUESTIONS if not state.asked & _BIT[name])
        yield Say()

    def payoff(self, state: Round, seat: str, hidden: Any = None) -> float:
        """What the explanation is worth for this story, less the questions."""
        worth = self.worth(hidden, state.final) if isinstance(state.final, Explain) else 0.0
        return worth - self.cost * state.questions

    def worth(self, story: Any, said: Explain) -> float:
        """What an explanation is worth; from 0 to 1."""
        right = (said.how == story.how) + (said.who == story.who) if said.cause == story.cause else 0
        return (0.0, self.half, self.twist)[right] + self.circumstance * (
            (said.alone == story.alone) + (said.dark == story.dark)
        )

    def _answered(self, state: Round, act: Act) -> Round:
        if isinstance(act, Leave):
            return state._replace(mover=None, topic=None, ending="limit" if state.turn >= self.turns else "left")
        asked, settled = state.asked, state.settled
        if isinstance(state.topic, Ask) and isinstance(act, Reply) and act.word != "beside":
            name = state.topic.question
            asked |= _BIT[name]
            if act.word == "yes" and name in ("mishap", "plan"):
                settled |= _BIT[name]
        return state._replace(mover="guesser", asked=asked, settled=settled, topic=None)
