"""Guided solving: a tutor helps a student through a problem of several steps without giving it away. The rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("tutor", "student")


@dataclass(frozen=True, slots=True)
class Nudge(Act):
    """Ask a leading question about the step the student is at."""


@dataclass(frozen=True, slots=True)
class Hint(Act):
    """Give the idea of the step."""


@dataclass(frozen=True, slots=True)
class Show(Act):
    """Work the step out. It is then done, and the student goes on to the next."""


@dataclass(frozen=True, slots=True)
class Try(Act):
    """Have the student try the step."""


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """Tell the final answer, which ends the dialogue."""


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """End the dialogue here."""


@dataclass(frozen=True, slots=True)
class Attempt(Act):
    """The student's try at a step."""

    outcome: Literal["right", "wrong"]


ACTS = (Nudge, Hint, Show, Try, Tell, Stop)
"""What a tutor can do, apart from talking."""

_NUDGE, _HINT, _SHOW, _TRY, _TELL, _STOP, _SAY = Nudge(), Hint(), Show(), Try(), Tell(), Stop(), Say()
_DOES = {
    Nudge: "nudge",
    Hint: "hint",
    Show: "show the step",
    Try: "ask for a try",
    Tell: "tell the answer",
    Stop: "stop",
}


@replaceable
class Guidance(NamedTuple):
    """Public state of a dialogue about one problem.

    Attributes:
        turn: Turns that the tutor has used. Stopping uses none.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        step: Steps done so far, and so the index of the step the student is at.
        nudged: Whether the leading question about this step has been asked.
        hinted: Whether the idea of this step has been given.
        tried: Whether the student has tried this step and has had nothing new since.
        hints: Earlier steps of which no more than the idea was given.
        shown: Steps worked out by the tutor.
        told: Whether the tutor has told the final answer.
        given: What the student is to react to: a nudge, hint or showing that is new to it, a try, or else talk.
        ending: ``""`` while it goes on, then ``"solved"`` (every step is done), ``"told"``, ``"stop"`` or ``"turns"``.
    """

    turn: int
    mover: str | None
    step: int = 0
    nudged: bool = False
    hinted: bool = False
    tried: bool = False
    hints: int = 0
    shown: int = 0
    told: bool = False
    given: Act = _SAY
    ending: str = ""


@dataclass(frozen=True, slots=True)
class GuidedSteps:
    """One problem, its steps in order. Afterwards the student solves the problem alone.

    Args:
        steps: How many steps the problem has.
        turns: The dialogue ends after so many turns of the tutor.
        turn_cost: What each of them costs.
        leak_weight: lambda, what giving away the whole solution costs.
        leak: ``"graded"`` charges `leak_weight` for the share that was given away. With ``"hard"`` a dialogue in which
            the final answer was given away pays nothing but the whole of `leak_weight`, as a cost.
        hint_leak: The share of a step that its idea gives away; a step that is worked out counts 1, a leading question
            0.
        slip: How often a student fails a step that it understands.
        guess: How often it gets a step right that it does not understand.
        recall: How often a student who was given the final answer reproduces it, if it cannot solve the problem.
    """

    steps: int = 3
    turns: int = 8
    turn_cost: float = 0.01
    leak_weight: float = 0.5
    leak: str = "graded"
    hint_leak: float = 0.3
    slip: float = 0.05
    guess: float = 0.15
    recall: float = 0.2
    _alone: dict[tuple[bool, ...], float] = field(default_factory=dict, init=False, repr=False, compare=False)

    seats = SEATS

    def start(self) -> Guidance:
        """The student is about to say what it is stuck on."""
        return Guidance(0, "student")

    def mover(self, state: Guidance) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Guidance, seat: str, act: Act) -> Guidance:
        """The state after `act`.

        Raises:
            IllegalAct: If it is not the turn of `seat`, or if the act belongs to the other seat.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        kind = type(act)
        if seat == "student":
            return self._answer(state, act)
        turn, mover = state.turn + 1, "student"
        if kind is Nudge and not state.nudged:
            return state._replace(turn=turn, mover=mover, given=act, nudged=True, tried=False)
        if kind is Hint and not state.hinted:
            return state._replace(turn=turn, mover=mover, given=act, hinted=True, tried=False)
        if kind is Try and not state.tried:
            return state._replace(turn=turn, mover=mover, given=act)
        if kind is Show:
            return state._replace(turn=turn, mover=mover, given=act, shown=state.shown + 1)
        if kind is Tell or kind is Stop:
            told, hints = kind is Tell, state.hints + state.hinted
            over = Guidance(state.turn + told, None, state.step, hints=hints, shown=state.shown, told=told)
            return over._replace(ending="told" if told else "stop")
        if kind is Say:
            return state._replace(turn=turn, mover=mover, given=_SAY)
        raise IllegalAct(self._refusal(state, kind))

    def choices(self, state: Guidance, seat: str) -> Iterator[Act]:
        """Everything a tutor can do now, talk included."""
        yield from self.candidates(state)
        yield _SAY

    def candidates(self, state: Guidance, support: tuple[Any, ...] = ()) -> Iterator[Act]:
        """`choices` without talk, which only passes the time: to stop is no worse, and costs no turn."""
        yield _STOP
        if not state.tried:
            yield _TRY
        if not state.nudged:
            yield _NUDGE
        if not state.hinted:
            yield _HINT
        yield _SHOW
        yield _TELL

    def leaked(self, state: Guidance) -> float:
        """How much of the solution has been given away, from 0 to 1."""
        if state.told:
            return 1.0
        return (state.shown + self.hint_leak * (state.hints + state.hinted)) / self.steps

    def answer_leaked(self, state: Guidance) -> bool:
        """Whether the tutor has given the final answer away: by telling it, or by working out the last step."""
        return state.told or (state.ending == "solved" and isinstance(state.given, Show))

    def solves(self, state: Guidance, understood: tuple[bool, ...]) -> float:
        """Probability that a student who understands these steps solves the problem alone.

        It must get every step right, or else recall the answer.
        """
        alone = self._alone.get(understood)
        if alone is None:
            steps = [1.0 - self.slip if known else self.guess for known in understood]
            alone = self._alone[understood] = math.prod(steps)
        return alone + (1.0 - alone) * self.recall if self.answer_leaked(state) else alone

    def payoff(self, state: Guidance, seat: str, hidden: Any = None) -> float:
        """Solve probability, less what the leak and the turns cost.

        Args:
            state: A final state.
            seat: Both seats get the same.
            hidden: The student's state, with a field ``understood``.
        """
        costs = self.turn_cost * state.turn
        if self.leak == "hard" and self.answer_leaked(state):
            return -self.leak_weight - costs
        return self.solves(state, hidden.understood) - self.leak_weight * self.leaked(state) - costs

    def _refusal(self, state: Guidance, kind: type[Act]) -> str:
        done = {
            Nudge: "There was a leading question about this step already.",
            Hint: "The idea of this step was given already.",
            Try: "This step was tried just now, and there was no new help since.",
        }.get(kind, "")
        possible = ", ".join([_DOES[type(act)] for act in self.candidates(state)])
        return f"{done} You can {possible}, or talk.".strip()

    def _answer(self, state: Guidance, act: Act) -> Guidance:
        """After the student: it moves on to the next step if this one is done."""
        given = state.given
        if isinstance(act, Attempt) and act.outcome == "wrong":
            state = state._replace(tried=True)
        elif isinstance(act, Attempt) or isinstance(given, Show):
            hints = state.hints + (state.hinted and not isinstance(given, Show))
            state = Guidance(state.turn, "tutor", state.step + 1, hints=hints, shown=state.shown)
            if state.step == self.steps:
                return state._replace(mover=None, given=given, ending="solved")
        if state.turn >= self.turns:
            return state._replace(mover=None, given=_SAY, ending="turns")
        return state._replace(mover="tutor", given=_SAY)
