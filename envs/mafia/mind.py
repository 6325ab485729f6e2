"""The company: one of them did it, and what everybody says depends on who that is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.people import People
from .game import Call, Circle, Company, Explain, Falter, Follow, Missing, Name, Search, Suspect, Unsure


@dataclass(frozen=True)
class Secret:
    """The mind of everybody at the table, the host's too: who did it is one secret, dealt to all of them.

    Args:
        game: The rules.
        keen: How much more often an innocent suspects the guilty one than one of the others.
        follows: How often somebody joins those against the one most voices are against.
        unsure: How often somebody who has nobody to follow suspects nobody.
        quiet: How often the guilty one takes the word, for once of another.
        convinces: How often an alibi convinces: of an innocent, of the guilty one.
    """

    game: Company
    keen: float = 4.0
    follows: float = 0.5
    unsure: float = 0.8
    quiet: float = 0.5
    convinces: tuple[float, float] = (4 / 7, 1 / 7)

    def prior(self) -> Belief[Name]:
        """Any of them."""
        return Belief.uniform(self.game.names)

    def react(self, hidden: Name, state: Circle) -> Belief[tuple[Name, Act]]:
        """What who moves does in `state`; who did it stays the same."""
        return _reaction(self, hidden, state.phase, state.at, state.voices, state.here)


@cache
def _reaction(
    mind: Secret, guilty: Name, phase: str, at: int, voices: tuple[int, ...], here: tuple[bool, ...]
) -> Belief[tuple[Name, Act]]:
    names = mind.game.names
    there: list[Name] = [name for name, is_here in zip(names, here, strict=True) if is_here]
    found: dict[Act, float]
    if phase == "call":
        found = {Call(name): mind.quiet if name == guilty else 1.0 for name in there}
    elif phase == "answer":
        sure = mind.convinces[names[at] == guilty]
        found = {Explain(): sure, Falter(): 1.0 - sure}
    elif phase == "speak":
        found = _voice(mind, guilty, at, voices, there)
    elif phase == "search":
        one = mind.game.searched(Circle(voices=voices, here=here))
        found = {Search("nobody" if one < 0 else "guilty" if names[one] == guilty else "clean"): 1.0}
    elif phase == "night":
        found = {Missing(name): 1.0 for name in there if name != guilty}
    else:
        found = {Say(): 1.0}
    outcomes: list[tuple[tuple[Name, Act], float]] = [((guilty, act), p) for act, p in found.items()]
    return Belief(outcomes)


def _voice(mind: Secret, guilty: Name, at: int, voices: tuple[int, ...], there: list[Name]) -> dict[Act, float]:
    """What somebody says who has the word: follows, is unsure, or suspects; the guilty one anybody else."""
    names = mind.game.names
    leader = mind.game.leader(voices)
    found: dict[Act, float] = {}
    if leader >= 0 and leader != at:
        found[Follow(names[leader])] = mind.follows
    else:
        found[Unsure()] = mind.unsure
    left = 1.0 - sum(found.values())
    keen: dict[Name, float] = {name: mind.keen if name == guilty else 1.0 for name in there if name != names[at]}
    return found | {Suspect(name): left * weight / sum(keen.values()) for name, weight in keen.items()}


def company(mind: Secret) -> People:
    """Everybody but the learner, with one secret between them."""
    seats = mind.game.seats[1:]
    return People(mind.game, dict.fromkeys(seats, mind), [seats])
