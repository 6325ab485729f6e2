"""A company in which one did it: the rules of Mafia with one mafioso, in moments of which the learner uses some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

Name = Literal["anna", "ben", "cleo", "dan"]
NAMES: tuple[Name, ...] = get_args(Name)
"""Those who may have done it."""
Word = Literal["guilty", "clean", "nobody"]


@dataclass(frozen=True, slots=True)
class Question(Act):
    """Ask somebody what he or she did at the time."""

    who: Name


@dataclass(frozen=True, slots=True)
class Accuse(Act):
    """Raise one's voice against somebody."""

    who: Name


@dataclass(frozen=True, slots=True)
class Suspect(Act):
    """A person's: raises a voice against somebody, for a reason of its own."""

    who: Name


@dataclass(frozen=True, slots=True)
class Follow(Act):
    """A person's: joins those who are against somebody, without a reason of its own."""

    who: Name


@dataclass(frozen=True, slots=True)
class Unsure(Act):
    """A person's: suspects nobody yet."""


@dataclass(frozen=True, slots=True)
class Explain(Act):
    """A person's answer: an alibi that convinces."""


@dataclass(frozen=True, slots=True)
class Falter(Act):
    """A person's answer: one that does not."""


@dataclass(frozen=True, slots=True)
class Call(Act):
    """The host's: gives the word to somebody."""

    who: Name


@dataclass(frozen=True, slots=True)
class Search(Act):
    """The host's: the end of a day. What is found on whom most voices are against."""

    word: Word


@dataclass(frozen=True, slots=True)
class Missing(Act):
    """The host's: who is not there the next morning, talked into staying at home by the one who did it."""

    who: Name


ACTS = (Question, Accuse)
_SAY = Say()


@replaceable
class Circle(NamedTuple):
    """Public state.

    Attributes:
        phase: ``"opening"``, ``"you"`` (the learner's moment), ``"call"`` (the host gives the word), ``"speak"``,
            ``"answer"``, ``"search"`` and ``"night"`` (the host's), or ``"over"``.
        day: 0 or 1.
        moment: Moments of the day that are over.
        at: Place of the person who is to speak; -1 for nobody.
        voices: Raised today against each person.
        here: Whether each is still there.
        fresh: Whether the learner has not just questioned or accused, and so may accuse.
        spoken: How often the learner has questioned or accused.
        ending: ``""`` while it goes on, then ``"first"`` or ``"second"``, the day on which the guilty one is found,
            or ``"never"``.
    """

    phase: str = "opening"
    day: int = 0
    moment: int = 0
    at: int = 0
    voices: tuple[int, ...] = ()
    here: tuple[bool, ...] = ()
    fresh: bool = True
    spoken: int = 0
    ending: str = ""


@dataclass(frozen=True)
class Company:
    """The rules.

    Args:
        first: Moments of the first day.
        second: Moments of the second.
        needed: Voices without which nobody is searched.
        cost: What a question or an accusation costs.
        late: What it pays to find the guilty one on the second day; on the first it is 1.
        people: How many others there are.
    """

    first: int = 4
    second: int = 2
    needed: int = 3
    cost: float = 0.02
    late: float = 0.5
    people: int = 4

    ENDINGS: ClassVar = ("first", "second")

    @property
    def names(self) -> tuple[Name, ...]:
        """Those who may have done it."""
        return NAMES[: self.people]

    @property
    def seats(self) -> tuple[str, ...]:
        """The learner, the others, and the host, who is a tool."""
        return ("you", *self.names, "host")

    def start(self) -> Circle:
        """The first person opens."""
        return Circle(voices=(0,) * self.people, here=(True,) * self.people)

    def mover(self, state: Circle) -> str | None:
        """Whose turn it is."""
        if state.phase == "over":
            return None
        if state.phase == "you":
            return "you"
        return self.names[state.at] if state.phase in ("opening", "speak", "answer") else "host"

    def moments(self, day: int) -> int:
        """Moments of a day."""
        return self.second if day else self.first

    def leader(self, voices: Sequence[int]) -> int:
        """Place of the one against whom more voices are than against anybody else; -1 for nobody."""
        most = max(voices)
        return voices.index(most) if most and voices.count(most) == 1 else -1

    def searched(self, state: Circle) -> int:
        """Place of the one who is searched at the end of a day; -1 for nobody."""
        at = self.leader(state.voices)
        return at if at >= 0 and state.voices[at] >= self.needed else -1

    def choices(self, state: Circle, seat: str) -> Iterator[Act]:
        """To wait, to question anybody, and to accuse anybody where that is possible."""
        yield _SAY
        for name, here in zip(self.names, state.here, strict=True):
            if here:
                yield Question(name)
                if state.fresh:
                    yield Accuse(name)

    def apply(self, state: Circle, seat: str, act: Act) -> Circle:
        """The state after `act`.

        Raises:
            IllegalAct: If somebody is not there, it is too early to accuse, or it is not the act of who moves.
        """
        if seat != self.mover(state):
            raise IllegalAct("It is not your turn.")
        if seat == "you":
            return self._told(state, act)
        if seat == "host":
            return self._ruled(state, act)
        if state.phase == "opening":
            return state._replace(phase="you", at=-1)
        voices = state.voices
        if state.phase == "answer":
            if isinstance(act, Falter):
                voices = _raised(voices, state.at)
            elif not isinstance(act, Explain):
                raise IllegalAct("Answer what you were asked.")
        elif isinstance(act, (Suspect, Follow)):
            at = self._place(state, act.who)
            if at == state.at:
                raise IllegalAct("Nobody accuses himself or herself.")
            voices = _raised(voices, at)
        elif not isinstance(act, (Unsure, Say)):
            raise IllegalAct("Say whom you suspect, if anybody.")
        moment = state.moment + 1
        phase = "you" if moment < self.moments(state.day) else "search"
        return state._replace(phase=phase, moment=moment, at=-1, voices=voices)

    def payoff(self, state: Circle, seat: str, hidden: Any = None) -> float:
        """1 for the guilty one on the first day, less on the second, less what speaking has cost."""
        found = {"first": 1.0, "second": self.late}.get(state.ending, 0.0)
        return found - self.cost * state.spoken

    def expected_payoff(self, state: Circle, seat: str, factors: Sequence[Any]) -> float:
        """As `payoff`: by the end, nothing of it is hidden."""
        return self.payoff(state, seat)

    def unbank(self, state: Circle, seat: str) -> tuple[float, Circle]:
        """What speaking has cost, and the state without it."""
        return -self.cost * state.spoken, state._replace(spoken=0)

    def symmetry(self, state: Circle, beliefs: tuple[Any, ...]) -> tuple[Circle, tuple[Any, ...], Callable[[Act], Act]]:
        """People are alike but for the voices against them and what is believed of them: they are sorted by these."""
        names, voices, here = self.names, state.voices, state.here
        mass = dict(beliefs[0])
        order = sorted(range(self.people), key=lambda i: (here[i], voices[i], round(mass.get(names[i], 0.0), 10)))
        called = {names[old]: names[new] for new, old in enumerate(order)}

        def back(act: Act) -> Act:
            kind: Any = type(act)
            who = getattr(act, "who", None)
            return act if who is None else kind(names[order[names.index(who)]])

        sorted_mass = tuple(sorted([(called[name], p) for name, p in beliefs[0]]))
        state = state._replace(voices=tuple([voices[i] for i in order]), here=tuple([here[i] for i in order]))
        return state, (sorted_mass,), back

    # ---- parts of the rules

    def _place(self, state: Circle, who: str) -> int:
        at = self.names.index(who) if who in self.names else -1  # type: ignore[arg-type]
        if at < 0 or not state.here[at]:
            raise IllegalAct(f"{who.capitalize()} is not here.")
        return at

    def _told(self, state: Circle, act: Act) -> Circle:
        """After an act of the learner."""
        if isinstance(act, Say):
            return state._replace(phase="call", fresh=True)
        if isinstance(act, Question):
            at = self._place(state, act.who)
            return state._replace(phase="answer", at=at, fresh=False, spoken=state.spoken + 1)
        if not isinstance(act, Accuse):
            raise IllegalAct("You can question one of us, accuse one of us, or wait and listen.")
        at = self._place(state, act.who)
        if not state.fresh:
            raise IllegalAct("You have only just spoken; let us hear somebody else before you accuse anybody.")
        voices = _raised(state.voices, at)
        return state._replace(phase="call", voices=voices, fresh=False, spoken=state.spoken + 1)

    def _ruled(self, state: Circle, act: Act) -> Circle:
        """After an act of the host."""
        if state.phase == "call" and isinstance(act, Call):
            return state._replace(phase="speak", at=self._place(state, act.who))
        if state.phase == "search" and isinstance(act, Search):
            return self._searched(state, act.word)
        if state.phase == "night" and isinstance(act, Missing):
            here = _without(state.here, self._place(state, act.who))
            if sum(here) < 2:
                return state._replace(phase="over", here=here, ending="never")
            return Circle("you", 1, 0, -1, (0,) * self.people, here, state.fresh, state.spoken)
        raise IllegalAct("The host gives the word, has somebody searched, or tells who is missing.")

    def _searched(self, state: Circle, word: str) -> Circle:
        """After the end of a day."""
        at = self.searched(state)
        if (word == "nobody") != (at < 0):
            raise IllegalAct("Who is searched follows from the voices.")
        if word == "guilty":
            return state._replace(phase="over", ending=self.ENDINGS[state.day])
        if state.day:
            return state._replace(phase="over", ending="never")
        return state._replace(phase="night", here=_without(state.here, at) if at >= 0 else state.here)


def _raised(voices: tuple[int, ...], at: int) -> tuple[int, ...]:
    return (*voices[:at], voices[at] + 1, *voices[at + 1 :])


def _without(here: tuple[bool, ...], at: int) -> tuple[bool, ...]:
    return (*here[:at], False, *here[at + 1 :])
