"""Who thinks of something: one who answers from a table, and one who tells a riddle and may be in a hurry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.solver import Mass, weighed
from .game import QUESTIONS, Answer, Ask, Explain, Guess, Leave, Mystery, Quest, Reply, Round, Try

_SAY, _LEAVE = Say(), Leave()


@dataclass(frozen=True)
class Thinker:
    """Somebody who thinks of one thing and answers truly. The hidden state is that thing; all are equally likely.

    Attributes:
        game: The rules, with the table.
    """

    game: Quest

    def prior(self) -> Belief[str]:
        """Everything is equally likely."""
        return Belief.uniform(self.game.table.things)

    def react(self, hidden: str, state: Round) -> Belief[tuple[str, Act]]:
        """The answer of the table; after the last turn a goodbye, unless it was named."""
        topic = state.topic
        said = self.game.said(hidden, topic) if topic is not None else ""
        if state.turn >= self.game.turns and said != "right":
            return Belief.certain((hidden, _LEAVE))
        return Belief.certain((hidden, Reply(said) if said else _SAY))

    @weighed
    def candidates(self, state: Round, mass: Mass) -> Iterator[Act]:
        """The likeliest value; where things are named, each that is left. Then one question for each way to split.

        What tells nothing can be left out: a turn more helps nobody.
        """
        game, table = self.game, self.game.table
        likely: dict[Act, float] = {}
        for hidden, p in mass:
            act: Act = Answer(table.values[table.place[hidden]]) if table.values else Guess(hidden)
            likely[act] = likely.get(act, 0.0) + p
        yield from [max(likely, key=likely.__getitem__)] if table.values else likely
        if state.turn + 1 < game.turns and len(likely) > 1:
            seen = set()
            for question, answers in table.rows.items():
                split = self._split([answers[table.place[hidden]] for hidden, _ in mass])
                if any(split) and split not in seen:
                    seen.add(split)
                    yield Try(*question) if table.values else Ask(question)

    @staticmethod
    def _split(answers: list[str]) -> tuple[int, ...]:
        """The same for questions that split alike."""
        numbers: dict[str, int] = {}
        return tuple([numbers.setdefault(answer, len(numbers)) for answer in answers])


class Story(NamedTuple):
    """What has happened, and who tells it.

    Attributes:
        cause: ``"mishap"`` or ``"plan"``.
        how: The true answer to the question how, of this cause: ``"yes"`` or ``"no"``.
        who: The same for the question who.
        alone: The same for the first circumstance.
        dark: The same for the second.
        hurried: Whether the teller is in a hurry: ``"yes"`` or ``"no"``.
    """

    cause: str
    how: str
    who: str
    alone: str
    dark: str
    hurried: str


@dataclass(frozen=True)
class Teller:
    """Somebody who tells a riddle and knows its solution.

    Answers are wrong with probability `noise`: a question is misheard. A teller in a hurry sounds curt with probability
    `tell`, another one with what is missing to 1, and it leaves with probability `leave` in place of an answer.

    Args:
        game: The rules.
        likely: Probability of a mishap.
        sign: Probability that somebody was alone at a mishap, or not alone at a plan.
        noise: Probability of a wrong answer.
        hurried: Probability that the teller is in a hurry.
        tell: Probability of the tone that goes with it.
        leave: Probability that a teller in a hurry leaves when it is asked.
    """

    game: Mystery
    likely: float = 0.75
    sign: float = 0.8
    noise: float = 0.05
    hurried: float = 0.35
    tell: float = 0.85
    leave: float = 0.5

    def prior(self) -> Belief[Story]:
        """All stories, for either kind of teller."""
        weights = {}
        for cause, how, who, alone, dark, hurried in product(("mishap", "plan"), *[("yes", "no")] * 5):
            p = self.likely if cause == "mishap" else 1.0 - self.likely
            p *= self.sign if (cause == "mishap") == (alone == "yes") else 1.0 - self.sign
            p *= self.hurried if hurried == "yes" else 1.0 - self.hurried
            weights[Story(cause, how, who, alone, dark, hurried)] = p / 8.0
        return Belief(weights)

    def react(self, hidden: Story, state: Round) -> Belief[tuple[Story, Act]]:
        """An answer in the teller's tone, or a goodbye."""
        if state.turn >= self.game.turns:
            return Belief.certain((hidden, _LEAVE))
        if state.topic is None:
            return Belief.certain((hidden, _SAY))
        assert isinstance(state.topic, Ask)
        question = state.topic.question
        words = {"beside": 1.0}
        if self.game.open(question, state):
            right = self.truth(hidden, question)
            words = {right: 1.0 - self.noise, "no" if right == "yes" else "yes": self.noise}
        hurried = hidden.hurried == "yes"
        leaves, curt = (self.leave, self.tell) if hurried else (0.0, 1.0 - self.tell)
        said: dict[tuple[Story, Act], float] = {(hidden, _LEAVE): leaves}
        for word, p in words.items():
            said[hidden, Reply(word, "calm")] = (1.0 - leaves) * p * (1.0 - curt)
            said[hidden, Reply(word, "curt")] = (1.0 - leaves) * p * curt
        return Belief(said)

    @staticmethod
    def truth(story: Story, question: str) -> str:
        """The true answer: what belongs to the other cause was not so."""
        cause, _, fact = question.partition("-")
        if cause in ("alone", "dark"):
            return getattr(story, cause)
        return "yes" if story.cause == cause and (not fact or getattr(story, fact) == "yes") else "no"

    def explanation(self, mass: Mass) -> Explain:
        """The explanation that is worth most under a belief."""
        game = self.game
        sure = {name: sum(p for story, p in mass if getattr(story, name) == "yes") for name in ("alone", "dark")}
        alone, dark = ("yes" if p > 0.5 else "no" for p in sure.values())
        joint: dict[tuple[str, str, str], float] = {}
        for story, p in mass:
            key = (story.cause, story.how, story.who)
            joint[key] = joint.get(key, 0.0) + p
        best, found = -1.0, None
        for cause, how, who in joint:
            half = sum(p for (c, h, w), p in joint.items() if c == cause and (h == how) != (w == who))
            worth = game.twist * joint[cause, how, who] + game.half * half
            if worth > best + 1e-12:
                best, found = worth, Explain(cause, how, who, alone, dark)  # type: ignore[arg-type]
        assert found is not None
        return found

    @weighed
    def candidates(self, state: Round, mass: Mass) -> Iterator[Act]:
        """The best explanation, and what is to the point and not yet answered."""
        yield self.explanation(mass)
        if state.turn + 1 < self.game.turns:
            for place, name in enumerate(QUESTIONS):
                if not state.asked >> place & 1 and self.game.open(name, state):
                    yield Ask(name)
