"""Who is served: guests who want one of the things, and of whom some cannot say so before they have seen one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import ANY, Ask, Criticise, Leave, Refuse, Round, Shelf, Show, Stop, Take, Tell

TAIL = 20  # the popularity of the thing in place k is in proportion to 1 / (k + TAIL)
_SAY, _LEAVE, _REFUSE = Say(), Leave(), Refuse()


class Kind(NamedTuple):
    """A kind of guest; pairs are probabilities before and after its first look at something.

    Attributes:
        name: What it is called.
        share: How many guests are of this kind.
        vague: Cannot say what it wants of an attribute.
        critique: Says of what it refuses what is wrong with it.
        refused: Leaves after it has refused its first show, or a later one.
        answered: Leaves after a question that it can answer.
        puzzled: Leaves after a question that it cannot answer.
    """

    name: str
    share: float
    vague: tuple[float, float]
    critique: float
    refused: tuple[float, float]
    answered: tuple[float, float]
    puzzled: tuple[float, float]


NEVER = (0.0, 0.0)
PEOPLE = {
    "mixed": (
        Kind("plain", 0.3, (0.2, 0.2), 0.1, (0.3, 0.3), NEVER, NEVER),
        Kind("unsure", 0.4, (0.6, 0.2), 0.1, (0.0, 0.3), (0.1, 0.0), (0.4, 0.0)),
        Kind("critic", 0.3, (0.7, 0.7), 0.8, (0.1, 0.1), (0.4, 0.4), (0.4, 0.4)),
    ),
    "plain": (Kind("plain", 1.0, (0.2, 0.2), 0.0, NEVER, NEVER, NEVER),),
}
"""Name of a population -> its kinds."""


class Wanted(NamedTuple):
    """What is hidden: the thing the guest wants, and its kind. Neither ever changes."""

    place: int
    kind: str


@dataclass(frozen=True)
class Guest:
    """A guest who wants one of the things: what it is shown it takes if that is among it, and refuses else.

    Whether it can say what it wants of an attribute is drawn once, when it is asked: an attribute can be asked about
    once, or once before and once after the first look.

    Args:
        game: The rules.
        people: Name of a population in `PEOPLE`.
    """

    game: Shelf
    people: str

    def prior(self) -> Belief[Wanted]:
        """Popular things are wanted more often, whatever the kind of guest."""
        places = range(len(self.game.rows))
        return Belief((Wanted(k, kind.name), kind.share / (k + TAIL)) for k in places for kind in PEOPLE[self.people])

    def react(self, hidden: Wanted, state: Round) -> Belief[tuple[Wanted, Act]]:
        """Answer, take or refuse; something to say if it was nothing."""
        kind = self.kinds[hidden.kind]
        if state.shown:
            if hidden.place in state.shown:
                return Belief.certain((hidden, Take(state.shown.index(hidden.place) + 1)))
            leaves = kind.refused[state.shows > 1]
            said = (1.0 - leaves) * kind.critique
            return Belief(
                {
                    (hidden, _LEAVE): leaves,
                    (hidden, self.critique(hidden.place, state.shown[0])): said,
                    (hidden, _REFUSE): 1.0 - leaves - said,
                }
            )
        if state.topic:
            looked = state.shows > 0
            vague, puzzled, answered = kind.vague[looked], kind.puzzled[looked], kind.answered[looked]
            value = self.game.rows[hidden.place][self.game.attributes.index(state.topic)]
            return Belief(
                {
                    (hidden, _LEAVE): vague * puzzled + (1.0 - vague) * answered,
                    (hidden, Tell(ANY)): vague * (1.0 - puzzled),
                    (hidden, Tell(value)): (1.0 - vague) * (1.0 - answered),
                }
            )
        return Belief.certain((hidden, _SAY))

    def critique(self, wanted: int, shown: int) -> Criticise:
        """What is wrong with something: the first attribute in which it differs from what is wanted."""
        game = self.game
        pairs = zip(game.attributes, game.rows[wanted], game.rows[shown], strict=True)
        return next(Criticise(name, right) for name, right, wrong in pairs if right != wrong)

    def candidates(self, state: Round, support: tuple[Wanted, ...]) -> Iterator[Act]:
        """A show, questions, and to stop.

        Talk gains nothing: whatever follows it could be done at once, and the turn that is saved be spared at the end.
        In the last turn a question gains nothing either, unless an answer is paid for.
        """
        game = self.game
        if game.list(state):
            yield Show()
        if state.turn + 1 < game.turns or game.rewards.told > 0.0:
            yield from (Ask(name) for name, fact in zip(game.attributes, state.facts, strict=True) if not fact)
        yield Stop()

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Name -> kind."""
        return {kind.name: kind for kind in PEOPLE[self.people]}
