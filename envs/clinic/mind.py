"""Who comes to the clinic: patients with an illness, some who take other medicines, some who conceal; and the lab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.solver import Mass, OutOfReach, Rescaled, Solution, weighed
from ...core.states import replaceable
from .game import Answer, Ask, Consultation, Leave, Reassure, Result, Test, Visit

_SAY, _LEAVE, _YES, _NO, _REASSURE = Say(), Leave(), Answer("yes"), Answer("no"), Reassure()


@replaceable
class Patient(NamedTuple):
    """What is hidden.

    Attributes:
        illness: What the patient has.
        risk: Whether it takes a medicine that tablets do not go with.
        guarded: Whether it conceals what is delicate until it was reassured.
    """

    illness: str
    risk: bool
    guarded: bool


Reaction = Belief[tuple[Patient, Act]]


@dataclass(frozen=True)
class Waiting:
    """The patient, and the lab that answers for its body. What is hidden never changes.

    Each finding is there, and each test positive, with a probability that depends on the illness alone. All can be
    asked for once (`Consultation`), so drawing it when it is asked is the same as having drawn it at the start. A
    patient at risk says that it takes other medicines with probability `candid`, one that is not never does. To a
    delicate question a guarded patient who was not reassured says yes `slips` times as often.

    Args:
        game: The rules.
        share: How often each illness is the one.
        found: Finding -> the probability that it is there, for each illness; in the order of the game's questions, of
            which the last is about other medicines and has no row.
        shown: Test -> the probability that it is positive, for each illness.
        delicate: Places of the questions that a guarded patient does not answer truly.
        risk: Probability of taking what tablets do not go with.
        guarded: Probability of a guarded patient.
        candid: Probability of a patient at risk to say so when asked, if it does not conceal.
        slips: What is left of the probability of a yes where a patient conceals.
    """

    game: Consultation
    share: tuple[float, ...]
    found: tuple[tuple[float, ...], ...]
    shown: tuple[tuple[float, ...], ...]
    delicate: tuple[int, ...]
    risk: float = 0.3
    guarded: float = 0.5
    candid: float = 0.95
    slips: float = 0.1

    def prior(self) -> Belief[Patient]:
        """Illness, risk and guardedness are independent."""
        return Belief(
            (Patient(illness, risk, guarded), p * q * r)
            for illness, p in zip(self.game.illnesses, self.share, strict=True)
            for risk, q in ((False, 1.0 - self.risk), (True, self.risk))
            for guarded, r in ((False, 1.0 - self.guarded), (True, self.guarded))
        )

    def react(self, hidden: Patient, state: Visit) -> Reaction:
        """Answer what was asked or tested; say something if it was nothing; leave when the time is up."""
        if state.turn >= self.game.turns:
            return self._silent[hidden, _LEAVE]
        topic = state.topic
        if not isinstance(topic, (Ask, Test)):
            return self._silent[hidden, _SAY]
        return self._answers[hidden, topic, state.calm]

    def chance(self, hidden: Patient, topic: Act, calm: bool) -> float:
        """Probability of a yes to a question, or of a positive test."""
        place = self.game.illnesses.index(hidden.illness)
        if isinstance(topic, Test):
            return self.shown[self.game.tests.index(topic.test)][place]
        assert isinstance(topic, Ask)
        number = self.game.questions.index(topic.finding)
        p = self.found[number][place] if number < len(self.found) else self.candid * hidden.risk
        return p * self.slips if number in self.delicate and hidden.guarded and not calm else p

    def known(self) -> float:
        """What a doctor expects that is told what is hidden: it prescribes at once, or refers."""
        game = self.game
        return self.prior().expectation(
            lambda hidden: max(game.refer, *(game.worth(hidden.illness, hidden.risk, drug) for drug in game.drugs))
        )

    @weighed
    def candidates(self, state: Visit, mass: Mass) -> Iterator[Act]:
        """The best end; before the last turn also what is left to ask and to test, and to reassure where that may help.

        Talk gains nothing. To reassure helps those who are guarded, and only before a delicate question.
        """
        game = self.game
        yield game.best_end(mass)
        if state.turn + 1 >= game.turns:
            return
        yield from game.left(state)
        open_ones = any(not state.asked >> place & 1 for place in self.delicate)
        if open_ones and not state.calm and any(hidden.guarded for hidden, _ in mass):
            yield _REASSURE

    @cached_property
    def _silent(self) -> dict[tuple[Patient, Act], Reaction]:
        return {(hidden, act): Belief.certain((hidden, act)) for hidden in self._all for act in (_SAY, _LEAVE)}

    @cached_property
    def chances(self) -> dict[tuple[Patient, Act, bool], float]:
        """`chance` of everything."""
        topics = [topic for _, topic in self.game.items.values()]
        every = ((hidden, topic, calm) for hidden in self._all for topic in topics for calm in (False, True))
        return {each: self.chance(*each) for each in every}

    @cached_property
    def _answers(self) -> dict[tuple[Patient, Act, bool], Reaction]:
        answers: dict[tuple[Patient, Act, bool], Reaction] = {}
        for (hidden, topic, calm), p in self.chances.items():
            yes, no = (_YES, _NO) if isinstance(topic, Ask) else _results(cast(Test, topic))
            answers[hidden, topic, calm] = Belief([((hidden, yes), p), ((hidden, no), 1.0 - p)])
        return answers

    @cached_property
    def _all(self) -> list[Patient]:
        sides = (False, True)
        return [
            Patient(illness, risk, guarded) for illness in self.game.illnesses for risk in sides for guarded in sides
        ]


def _results(topic: Test) -> tuple[Result, Result]:
    return Result(topic.test, "positive"), Result(topic.test, "negative")


class Renamed(Rescaled[Patient]):
    """A solution in the names of another complaint.

    Args:
        mind: The patient of this complaint, with its game.
        base: The solution to borrow: of the same game and patient under other names.
    """

    def __init__(self, mind: Waiting, base: Solution[Patient]):
        self._patient, game, theirs = mind, mind.game, cast(Waiting, base.mind).game
        acts: dict[Act, Act] = dict(zip(theirs.named, game.named, strict=True))
        super().__init__(game, mind, base, lambda state: state, lambda act: acts.get(act, act))
        self._names = dict(zip(game.illnesses, theirs.illnesses, strict=True))

    def short_sighted(self, horizon: int) -> Solution[Patient]:
        """See `Solution.short_sighted`; in the names of this setting."""
        return Renamed(self._patient, self.base.short_sighted(horizon))

    def _solve(self, state: Visit, mass: Mass) -> tuple[float, Act]:
        theirs = [(hidden._replace(illness=self._names[hidden.illness]), p) for hidden, p in mass]
        return super()._solve(state, self.base._canonical(theirs))


class Unsolved(Solution[Patient]):
    """Of a consultation that is too long to be solved. It can still be looked a few turns ahead.

    Raises:
        OutOfReach: By every method but `known_value` and `short_sighted`.
    """

    def known_value(self) -> float:
        """See `Waiting.known`."""
        return cast(Waiting, self.mind).known()

    def _canonical(self, belief: Iterable[tuple[Patient, float]]) -> Mass:
        raise OutOfReach(
            "the optimum of so long a consultation is out of reach; `Clinic.bound` gives a proven upper bound"
        )
