"""Clinic: ask, test and reassure, then prescribe or refer. The rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("doctor", "patient", "lab")


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask the patient about a finding, or about other medicines."""

    finding: str


@dataclass(frozen=True, slots=True)
class Test(Act):
    """Order a test; the lab answers."""

    test: str


@dataclass(frozen=True, slots=True)
class Reassure(Act):
    """Promise that what is told stays in the room and is not judged."""


@dataclass(frozen=True, slots=True)
class Prescribe(Act):
    """Prescribe; it ends the consultation."""

    drug: str


@dataclass(frozen=True, slots=True)
class Refer(Act):
    """Prescribe nothing and send the patient to somebody who sees further; it ends the consultation."""


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """The patient's yes or no."""

    word: Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The patient's time is up."""


@dataclass(frozen=True, slots=True)
class Result(Act):
    """What the lab has found."""

    test: str
    value: Literal["positive", "negative"]


ACTS = (Ask, Test, Reassure, Prescribe, Refer)
_SAY, _REASSURE, _REFER = Say(), Reassure(), Refer()


class Visit(NamedTuple):
    """Public state of a consultation.

    Attributes:
        turn: Turns that the doctor has had.
        mover: Whose turn it is; ``None`` when the consultation is over.
        asked: What was asked about and tested so far, as a bit mask over `Consultation.items`.
        calm: Whether the patient was reassured.
        topic: What the patient or the lab has to answer now, if anything.
        drug: What was prescribed.
        ending: ``""`` while it goes on, then ``"prescribed"``, ``"referred"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "patient"
    asked: int = 0
    calm: bool = False
    topic: Act | None = None
    drug: str | None = None
    ending: str = ""


class Drug(NamedTuple):
    """What can be prescribed.

    Attributes:
        illness: What it is for.
        first: Whether it is the first choice, which does not go with some other medicines.
    """

    illness: str
    first: bool


@dataclass(frozen=True)
class Consultation:
    """Questions, tests and a promise, until the doctor prescribes or refers, or until the patient has to leave.

    A question is asked once and a test made once: both would only come out the same again. A test is answered by the
    lab, all else by the patient. Each turn that is neither a test nor the end costs the price of a question.

    Args:
        illnesses: What the patient may have.
        questions: What can be asked about.
        tests: What can be tested.
        turns: Turns that the doctor has, the end included.
        cost: Price of a question, and of any turn but a test and the end.
        test_cost: Price of a test.
        second: Worth of the second choice against the right illness; the first is worth 1.
        wrong: Loss by a drug against another illness.
        harm: Loss by the first choice in a patient whose other medicines it does not go with.
        refer: Worth of a referral.
    """

    illnesses: tuple[str, ...]
    questions: tuple[str, ...]
    tests: tuple[str, ...]
    turns: int = 6
    cost: float = 0.02
    test_cost: float = 0.08
    second: float = 0.75
    wrong: float = 0.5
    harm: float = 1.0
    refer: float = 0.35

    seats = SEATS

    @cached_property
    def items(self) -> dict[str, tuple[int, Act]]:
        """What can be asked about and tested, each with its bit and its act."""
        acts = [*map(Ask, self.questions), *map(Test, self.tests)]
        names = (*self.questions, *self.tests)
        return {name: (1 << place, act) for place, (name, act) in enumerate(zip(names, acts, strict=True))}

    @cached_property
    def drugs(self) -> dict[str, Drug]:
        """The first and the second choice against each illness, by name."""
        return {
            f"{illness}-{line}": Drug(illness, line == "tablets")
            for illness in self.illnesses
            for line in ("tablets", "drops")
        }

    def start(self) -> Visit:
        """Nobody has spoken; the patient is to open."""
        return Visit()

    def mover(self, state: Visit) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Visit, seat: str, act: Act) -> Visit:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no such question, test or drug, if it was asked, tested or said before, or if there
                is no such act.
        """
        turn, mover, asked, calm, _, _, _ = state
        if seat != mover:
            raise IllegalAct("It is not your turn.")
        if seat != "doctor":
            if turn >= self.turns:
                return Visit(turn, None, asked, calm, None, None, "limit")
            return Visit(turn, "doctor", asked, calm)
        turn += 1
        if isinstance(act, Say):
            return Visit(turn, "patient", asked, calm)
        if isinstance(act, Ask):
            bit, topic = self._item(asked, act.finding, self.questions, "You can ask about", "You have asked about")
            return Visit(turn, "patient", asked | bit, calm, topic)
        if isinstance(act, Test):
            bit, topic = self._item(asked, act.test, self.tests, "The tests are", "You have the result of")
            return Visit(turn, "patient" if turn >= self.turns else "lab", asked | bit, calm, topic)
        if isinstance(act, Reassure):
            if calm:
                raise IllegalAct("You have promised me that, and I believe you.")
            return Visit(turn, "patient", asked, True, _REASSURE)
        if isinstance(act, Prescribe):
            drug = act.drug.lower()
            if drug not in self.drugs:
                raise IllegalAct(f"What can be prescribed is {', '.join(self.drugs)}.")
            return Visit(turn, None, asked, calm, None, drug, "prescribed")
        if isinstance(act, Refer):
            return Visit(turn, None, asked, calm, None, None, "referred")
        raise IllegalAct("A doctor can ask about something, order a test, reassure, prescribe, refer, or talk.")

    def choices(self, state: Visit, seat: str) -> Iterator[Act]:
        """Every end, every question and test that is left, to reassure who was not reassured, and talk."""
        yield from self.ends
        yield from self.left(state)
        if not state.calm:
            yield _REASSURE
        yield _SAY

    @cached_property
    def ends(self) -> tuple[Act, ...]:
        """All acts that end a consultation."""
        return (_REFER, *map(Prescribe, self.drugs))

    @cached_property
    def named(self) -> tuple[Act, ...]:
        """All acts that name something of the complaint, in an order that is the same in all complaints."""
        return (*(act for _, act in self.items.values()), *map(Prescribe, self.drugs))

    def left(self, state: Visit) -> Iterator[Act]:
        """The questions and tests that are left."""
        return (act for bit, act in self.items.values() if not state.asked & bit)

    def payoff(self, state: Visit, seat: str, hidden: Any = None) -> float:
        """What the end is worth to the patient `hidden`, less what the consultation has cost."""
        worth = self.refer if state.ending == "referred" else 0.0
        if state.drug is not None:
            worth = self.worth(hidden.illness, hidden.risk, state.drug)
        return worth - self.spent(state)

    def worth(self, illness: str, risk: bool, drug: str) -> float:
        """What a drug is worth to somebody who has this illness and perhaps takes what tablets do not go with."""
        against, first = self.drugs[drug]
        if first and risk:
            return -self.harm
        return -self.wrong if against != illness else 1.0 if first else self.second

    def best_end(self, belief: Iterable[tuple[Any, float]], abstain: bool = True) -> Act:
        """The act that ends best under a belief, given as pairs of patient and probability."""
        safe, all_ = dict.fromkeys(self.illnesses, 0.0), dict.fromkeys(self.illnesses, 0.0)  # not at risk, and all
        for hidden, p in belief:
            all_[hidden.illness] += p
            if not hidden.risk:
                safe[hidden.illness] += p
        first, second = (max(mass, key=lambda illness, mass=mass: mass[illness]) for mass in (safe, all_))
        total, harmless = sum(all_.values()), sum(safe.values())
        tablets = safe[first] - self.wrong * (harmless - safe[first]) - self.harm * (total - harmless)
        drops = self.second * all_[second] - self.wrong * (total - all_[second])
        if abstain and self.refer * total >= max(tablets, drops):
            return _REFER
        return Prescribe(f"{first}-tablets" if tablets >= drops else f"{second}-drops")

    def tested(self, state: Visit) -> int:
        """How many tests were made."""
        return (state.asked >> len(self.questions)).bit_count()

    def spent(self, state: Visit) -> float:
        """The cost so far."""
        tests = self.tested(state)
        others = state.turn - tests - (state.ending in ("prescribed", "referred"))
        return self.cost * others + self.test_cost * tests

    def _item(self, asked: int, name: str, known: tuple[str, ...], can: str, had: str) -> tuple[int, Act]:
        """Bit and act of a question or test that is still open."""
        name = name.lower()
        still = [each for each in known if not asked & self.items[each][0]]
        if name not in known:
            raise IllegalAct(f"{can} {', '.join(still) if still else 'nothing more'}.")
        if name not in still:
            again = f" Still open: {', '.join(still)}." if still else ""
            raise IllegalAct(f"{had} {name} before, and it would come out the same.{again}")
        return self.items[name]
