"""Who seeks support: people who have to trust somebody before they tell what is behind it, or take advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import (
    CAUSES,
    PLAN_FOR,
    Better,
    Cause,
    Close,
    Cool,
    Disclose,
    Inform,
    Question,
    Reassure,
    Reflect,
    Restate,
    Session,
    Suggest,
    Talk,
    Tell,
    Warm,
    Worse,
    once,
)

KINDS = ("feeling", "thinking")
FITS: dict[type[Act], str] = {Reflect: "feeling", Reassure: "feeling", Restate: "thinking", Inform: "thinking"}
"""The kind of seeker that is comforted by it."""
_COMFORT = once(Reassure) | once(Inform)
_SAY, _WARM, _COOL = Say(), Warm(), Cool()


@replaceable
class Seeker(NamedTuple):
    """Hidden state of a seeker.

    Attributes:
        cause: What is behind it.
        kind: What it is comforted by: ``"feeling"`` or ``"thinking"``.
        trust: From 0 to 2; it moves.
    """

    cause: Cause
    kind: str
    trust: int


@dataclass(frozen=True)
class Person:
    """A seeker's mind.

    Args:
        game: The rules.
        causes: Weight of each cause.
        trust: Weight of each level of trust at the start.
        grows: Probability that listening which does not fit, and which fits, wins a step of trust.
        warm: Probability of a warm word in answer to listening that does not fit, and that fits.
        disclosed: Probability that a disclosure wins a step of trust, where there is some.
        hurts: Probability that comfort of the wrong kind costs a step of trust.
    """

    game: Session
    causes: tuple[float, ...] = (0.4, 0.35, 0.25)
    trust: tuple[float, ...] = (0.6, 0.4, 0.0)
    grows: tuple[float, ...] = (0.1, 0.7)
    warm: tuple[float, ...] = (0.35, 0.75)
    disclosed: float = 0.8
    hurts: float = 1.0

    def prior(self) -> Belief[Seeker]:
        """Every cause with every kind and every level of trust; independent."""
        return self._prior

    def react(self, hidden: Seeker, state: Talk) -> Belief[tuple[Seeker, Act]]:
        """What the seeker says to the strategy that was used, and whether it trusts more."""
        return self._reactions[hidden, state.last]

    def candidates(self, state: Talk, support: tuple[Seeker, ...]) -> Iterator[Act]:
        """All acts that can gain something; of plans, those for a cause that is still possible.

        Talk wastes a turn. So does a question to which everybody would give the same reply, and listening where trust
        cannot grow and the kind is known or of no more use. In the last turn only relief counts.
        """
        yield Close()
        causes = {hidden.cause for hidden in support}
        if state.turn + 1 < self.game.turns:
            trusting = {hidden.trust > 0 for hidden in support}
            if len(trusting) > 1 or (len(causes) > 1 and True in trusting):
                yield Question()
            grows = any(hidden.trust < 2 for hidden in support)
            if grows or (state.used & _COMFORT < _COMFORT and len({hidden.kind for hidden in support}) > 1):
                yield Reflect()
                yield Restate()
            if grows and not state.used & once(Disclose):
                yield Disclose()
        yield from (kind() for kind in (Reassure, Inform) if not state.used & once(kind))
        yield from (Suggest(PLAN_FOR[cause]) for cause in CAUSES if cause in causes)

    @cached_property
    def _prior(self) -> Belief[Seeker]:
        return Belief(
            (Seeker(cause, kind, trust), p * q)
            for cause, p in zip(CAUSES, self.causes, strict=True)
            for kind in KINDS
            for trust, q in enumerate(self.trust)
        )

    @cached_property
    def _reactions(self) -> dict[tuple[Seeker, Act | None], Belief[tuple[Seeker, Act]]]:
        """Made once: nothing but the last act matters."""
        made: dict[tuple[Seeker, Act | None], Belief[tuple[Seeker, Act]]] = {}
        acts = (Question(), Reflect(), Restate(), Disclose(), Reassure(), Inform(), *map(Suggest, PLAN_FOR.values()))
        for hidden in (Seeker(cause, kind, trust) for cause in CAUSES for kind in KINDS for trust in range(3)):
            made[hidden, None] = Belief.certain((hidden, _SAY))
            for act in acts:
                made[hidden, act] = Belief(self._answer(hidden, act))
        return made

    def _answer(self, hidden: Seeker, act: Act) -> list[tuple[tuple[Seeker, Act], float]]:
        more = hidden._replace(trust=min(2, hidden.trust + 1))
        if isinstance(act, (Reflect, Restate)):
            fits = FITS[type(act)] == hidden.kind
            grows, warm = self.grows[fits], self.warm[fits]
            return [
                ((then, said), p * q)
                for then, p in ((more, grows), (hidden, 1.0 - grows))
                for said, q in ((_WARM, warm), (_COOL, 1.0 - warm))
            ]
        if isinstance(act, Disclose):  # it shows whether it was taken well
            taken = self.disclosed if hidden.trust else 0.0
            return [((more, _WARM), taken), ((hidden, _COOL), 1.0 - taken)]
        if isinstance(act, (Reassure, Inform)) and FITS[type(act)] != hidden.kind:
            less = hidden._replace(trust=max(0, hidden.trust - 1))
            return [((less, _COOL), self.hurts), ((hidden, _COOL), 1.0 - self.hurts)]
        return [((hidden, self._certain(hidden, act)), 1.0)]

    def _certain(self, hidden: Seeker, act: Act) -> Act:
        """The answer where it follows from what is hidden."""
        if isinstance(act, Question):
            return Tell(hidden.cause) if hidden.trust else _COOL
        if isinstance(act, Suggest):
            if act.plan != PLAN_FOR[hidden.cause]:
                return Worse()
            return Better(hidden.trust) if hidden.trust else _COOL
        return Better(1) if hidden.trust and FITS[type(act)] == hidden.kind else _COOL
