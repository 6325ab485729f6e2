"""Who is counselled: clients in three stages of change, who have motives and doubts of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import (
    MOTIVES,
    Advise,
    Affirm,
    Agree,
    Change,
    Close,
    Closed,
    Decline,
    Elicit,
    Evoked,
    Explore,
    Inform,
    Motive,
    Plan,
    Propose,
    Reflect,
    Session,
    Sustain,
    Talk,
    left,
)

DOUBTS = ("confidence", "importance")
FITS: dict[type[Act], str] = {Affirm: "confidence", Inform: "importance"}
"""The doubt that it meets."""
_SAY, _CLOSED, _SUSTAIN, _CHANGE = Say(), Closed(), Sustain(), Change()


@replaceable
class Mood(NamedTuple):
    """Hidden state of a client.

    Attributes:
        motive: What it would change for.
        doubt: What holds it back: whether it can, or whether it matters.
        stage: 0 precontemplation, 1 contemplation, 2 preparation; it moves.
        receptive: Whether it is open to the counsellor; it moves.
    """

    motive: Motive
    doubt: str
    stage: int
    receptive: bool


@dataclass(frozen=True)
class Client:
    """A client's mind.

    Args:
        game: The rules.
        motives: Weight of each motive.
        contemplating: Share of clients who begin in contemplation; the others begin in precontemplation.
        receptive: Share of clients who begin receptive.
        opens: Probability that a reflection makes a client receptive.
        change: Probability that a receptive client answers a reflection with change talk, by stage.
        resolves: Probability that what meets the doubt makes a contemplating client ready.
    """

    game: Session
    motives: tuple[float, ...] = (0.4, 0.35, 0.25)
    contemplating: float = 0.4
    receptive: float = 0.5
    opens: float = 0.7
    change: tuple[float, ...] = (0.15, 0.5, 0.85)
    resolves: float = 0.8

    def prior(self) -> Belief[Mood]:
        """Every motive with every doubt, in the first two stages, receptive or not; independent."""
        return self._prior

    def react(self, hidden: Mood, state: Talk) -> Belief[tuple[Mood, Act]]:
        """What the client says to what was said, and how it moves."""
        key = (hidden, state.last, state.plan, state.declined)
        found = self._reactions.get(key)
        if found is None:
            found = self._reactions[key] = Belief(self._answer(hidden, state))
        return found

    def candidates(self, state: Talk, support: tuple[Mood, ...]) -> Iterator[Act]:
        """All acts that can gain something.

        Talk wastes a turn, and so does everything but a reflection where nobody listens. As long as nobody is ready, to
        explore shows at least as much as to elicit or to advise, and does no harm. Who has told a plan is ready, and
        will agree to it and to no other. In the last turn only a plan, or what makes ready, counts.
        """
        yield Close()
        if state.turn + 1 < self.game.turns:
            yield Reflect()
        if not any(hidden.receptive for hidden in support):
            return
        ready = any(hidden.stage == 2 and hidden.receptive for hidden in support)
        yield from (Affirm(), Inform())
        if state.turn + 1 < self.game.turns:
            motives = {hidden.motive for hidden in support}
            yield from (Explore(topic) for topic in MOTIVES if topic in motives)
            if ready and not state.plan:
                yield Elicit()
        if ready:
            yield from map(Advise, [state.plan] if state.plan else left(state))

    @cached_property
    def _prior(self) -> Belief[Mood]:
        return Belief(
            (Mood(motive, doubt, stage, receptive), p * q * r)
            for motive, p in zip(MOTIVES, self.motives, strict=True)
            for doubt in DOUBTS
            for stage, q in enumerate((1.0 - self.contemplating, self.contemplating))
            for receptive, r in ((False, 1.0 - self.receptive), (True, self.receptive))
        )

    @cached_property
    def _reactions(self) -> dict[tuple, Belief[tuple[Mood, Act]]]:
        return {}

    def _answer(self, hidden: Mood, state: Talk) -> list[tuple[tuple[Mood, Act], float]]:
        act = state.last
        if act is None:
            return [((hidden, _SAY), 1.0)]
        if isinstance(act, Reflect):
            opened, change = (1.0 if hidden.receptive else self.opens), self.change[hidden.stage]
            then = hidden._replace(receptive=True)
            said = ((_CHANGE, change), (_SUSTAIN, 1.0 - change))
            return [*(((then, word), opened * p) for word, p in said), ((hidden, _CLOSED), 1.0 - opened)]
        if not hidden.receptive:
            return [((hidden, _CLOSED), 1.0)]
        if isinstance(act, Explore):
            moved = hidden._replace(stage=max(1, hidden.stage))
            return [((moved, Evoked(act.topic)) if act.topic == hidden.motive else (hidden, _SUSTAIN), 1.0)]
        ready = hidden._replace(stage=2)
        if hidden.stage < 2:
            if isinstance(act, Elicit):
                return [((hidden, _SUSTAIN), 1.0)]
            if hidden.stage == 1 and FITS.get(type(act)) == hidden.doubt:
                return [((ready, _CHANGE), self.resolves), ((hidden, _SUSTAIN), 1.0 - self.resolves)]
            return [((hidden._replace(receptive=False), _SUSTAIN), 1.0)]
        if isinstance(act, Elicit):
            plans: list[Plan] = [state.plan] if state.plan else left(state)
            return [((hidden, Propose(plan)), 1.0 / len(plans)) for plan in plans]
        if isinstance(act, Advise):
            own = float(act.plan == state.plan) if state.plan else 1.0 / len(left(state))
            return [((hidden, Agree()), own), ((hidden, Decline()), 1.0 - own)]
        return [((hidden, _CHANGE), 1.0)]
