"""Who sits in the class: students who can do it or not, in a class that needs to listen or to do it itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal, NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import Answer, Bell, Call, Class, Exercise, Lecture, Lesson, Pair

_SAY, _BELL = Say(), Bell()
WORDS: tuple[Literal["right"], Literal["wrong"]] = ("right", "wrong")
WAYS: tuple[Literal["listening"], Literal["doing"]] = ("listening", "doing")


@replaceable
class Pupils(NamedTuple):
    """Hidden state of a class, student by student.

    Attributes:
        doers: Whether the class needs to do it itself; else to listen.
        masters: Whether the student can do it, student by student.
    """

    doers: bool
    masters: tuple[bool, ...]


@dataclass(frozen=True)
class Chances:
    """What a class is like: probabilities.

    Args:
        doer: A class needs to do it itself.
        starts: It can do it before the lesson, student by student.
        suits: Who cannot do it learns it from what the class needs: a lecture, or an exercise.
        confuses: Who can do it is unsure again after the other of the two.
        helps: Who cannot do it learns from a partner who can.
        right: Who can do it answers right.
        guess: Who cannot answers right.
        candid: An answer tells truly what the class needs.
    """

    doer: float = 0.5
    starts: tuple[float, ...] = (0.2, 0.2, 0.2)
    suits: float = 0.85
    confuses: float = 0.5
    helps: float = 0.8
    right: float = 0.95
    guess: float = 0.05
    candid: float = 0.8


CLASS = Chances()
"""Those of the registered environments."""


@dataclass(frozen=True)
class Pupilhood:
    """The minds of a class.

    Args:
        game: The rules.
        chances: What students are like.
    """

    game: Class
    chances: Chances = CLASS

    def prior(self) -> Belief[Pupils]:
        """What is needed, and mastery, independent of each other and from student to student."""
        c, out = self.chances, []
        for doers, masters in product((False, True), product((False, True), repeat=len(self.game.students))):
            p = c.doer if doers else 1.0 - c.doer
            for master, start in zip(masters, c.starts, strict=True):
                p *= start if master else 1.0 - start
            out.append((Pupils(doers, masters), p))
        return Belief(out)

    def react(self, hidden: Pupils, state: Lesson) -> Belief[tuple[Pupils, Act]]:
        """Learn, or answer; at the bell there is nothing more to say."""
        last = state.turn >= self.game.turns
        key = hidden, state.topic, last
        found = self._reactions.get(key)
        if found is None:
            found = self._reactions[key] = self._reaction(hidden, state.topic, last)
        return found

    def _reaction(self, hidden: Pupils, topic: Act | None, last: bool) -> Belief[tuple[Pupils, Act]]:
        c, quiet = self.chances, _BELL if last else _SAY
        if isinstance(topic, Call):
            if last:
                return Belief.certain((hidden, _BELL))
            place = self.game.students.index(topic.student)
            right = c.right if hidden.masters[place] else c.guess
            way = WAYS[hidden.doers]
            return Belief(
                ((hidden, Answer(word, said)), p * (c.candid if said == way else 1.0 - c.candid))
                for word, p in zip(WORDS, (right, 1.0 - right), strict=True)
                for said in WAYS
            )
        return Belief(((hidden._replace(masters=masters), quiet), p) for masters, p in self._taught(hidden, topic))

    def _taught(self, hidden: Pupils, topic: Act | None) -> list[tuple[tuple[bool, ...], float]]:
        """Who can do it afterwards, and how likely that is."""
        c, students = self.chances, range(len(hidden.masters))
        learns, unlearns = [0.0 for _ in students], 0.0
        if isinstance(topic, (Lecture, Exercise)) and hidden.doers == isinstance(topic, Exercise):
            learns = [c.suits for _ in students]
        elif isinstance(topic, (Lecture, Exercise)):
            unlearns = c.confuses
        elif isinstance(topic, Pair):
            pair = [self.game.students.index(name) for name in (topic.first, topic.second)]
            if any(hidden.masters[place] for place in pair):
                learns = [c.helps if place in pair else 0.0 for place in students]
        out: list[tuple[tuple[bool, ...], float]] = [((), 1.0)]
        for master, p in zip(hidden.masters, learns, strict=True):
            can = 1.0 - unlearns if master else p
            ends = [(end, r) for end, r in ((True, can), (False, 1.0 - can)) if r > 0.0]
            out = [((*so_far, end), q * r) for so_far, q in out for end, r in ends]
        return out

    @cached_property
    def _reactions(self) -> dict[tuple[Pupils, Act | None, bool], Belief[tuple[Pupils, Act]]]:
        return {}
