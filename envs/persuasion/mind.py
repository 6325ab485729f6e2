"""Who is asked: people whom different things move to give, some of whom doubt the charity, and whose will changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import AMOUNTS, MOVERS, Appeal, Campaign, Inquire, Kind, Leave, Plea, Propose, React

_SAY, _LEAVE = Say(), Leave()
_NOD, _SHRUG, _YES, _ENOUGH, _NO = (React(word) for word in ("nod", "shrug", "yes", "enough", "no"))
MOST = len(AMOUNTS)


@replaceable
class Mindset(NamedTuple):
    """Hidden state of a persuadee.

    Attributes:
        kind: What moves it: ``"reason"`` or ``"feeling"``.
        doubts: Whether it doubts the charity. As long as it does, it gives nothing, and no fact moves it up.
        will: For how much it would say yes: 0 nothing, 1 50 cents, 2 a dollar.
    """

    kind: str
    doubts: bool
    will: int

    def gives(self, cents: int) -> bool:
        """Whether it says yes to so much."""
        return not self.doubts and AMOUNTS.index(cents) < self.will


@replaceable
class Temper(NamedTuple):
    """What people are like: probabilities.

    Attributes:
        doubts: Somebody doubts the charity at first.
        will: How far somebody is willing at first: 0, 1, 2.
        clears: A fact that speaks for the charity takes a doubt away.
        vain: Told to somebody without doubts, such a fact lowers its will: it had not asked for that.
        fits: A fact of its own kind raises the will.
        strays: One of the other kind does.
        annoys: One of the other kind lowers the will; and so does any fact but `clears` as long as there are doubts.
        nods: It nods if something has changed for the better.
        polite: It nods if not.
        tells: Asked what it needs, somebody with doubts says so.
        hints: Somebody without doubts says so, too.
        candid: Who does not speak of trust names what moves it, not the other thing.
        content: Who has said yes to less than a dollar is done with it.
        foot: Who is not is more willing now, the foot in the door.
    """

    doubts: float = 0.5
    will: tuple[float, ...] = (0.45, 0.45, 0.1)
    clears: float = 0.85
    vain: float = 0.5
    fits: float = 0.8
    strays: float = 0.05
    annoys: float = 0.5
    nods: float = 0.8
    polite: float = 0.2
    tells: float = 0.9
    hints: float = 0.1
    candid: float = 0.95
    content: float = 0.6
    foot: float = 0.3


PEOPLE = Temper()
"""Those of the registered environments."""


@dataclass(frozen=True)
class Persuadee:
    """A person's mind.

    Args:
        game: The rules.
        profile: What the persuader was told moves the person; ``""`` if nothing.
        right: How often such a profile is right.
        temper: What people are like.
    """

    game: Campaign
    profile: str = ""
    right: float = 0.5
    temper: Temper = PEOPLE

    def prior(self) -> Belief[Mindset]:
        """Kind, doubts and will, independent of each other."""
        t = self.temper
        kinds = {kind: self.right if kind == self.profile else 1.0 - self.right for kind in MOVERS}
        if not self.profile:
            kinds = dict.fromkeys(MOVERS, 1.0 / len(MOVERS))
        return Belief(
            (Mindset(kind, doubts, will), p * q * r)
            for kind, p in kinds.items()
            for doubts, q in ((False, 1.0 - t.doubts), (True, t.doubts))
            for will, r in enumerate(t.will)
        )

    def react(self, hidden: Mindset, state: Plea) -> Belief[tuple[Mindset, Act]]:
        """React to a fact, a question or a proposal; leave when the time is up."""
        topic = state.topic
        if state.turn >= self.game.turns and not isinstance(topic, Propose):
            return Belief.certain((hidden, _LEAVE))
        if topic is None:
            return Belief.certain((hidden, _SAY))
        key = hidden, topic
        found = self._reactions.get(key)
        if found is None:
            found = self._reactions[key] = self._reaction(hidden, topic)
        return found

    def _reaction(self, hidden: Mindset, topic: Act) -> Belief[tuple[Mindset, Act]]:
        t = self.temper
        if isinstance(topic, Propose):
            if not hidden.gives(topic.cents):
                return Belief.certain((hidden, _NO))
            if topic.cents == AMOUNTS[-1]:
                return Belief.certain((hidden, _YES))
            goes_on, keener = 1.0 - t.content, hidden._replace(will=min(MOST, hidden.will + 1))
            return Belief(
                [
                    ((hidden, _ENOUGH), t.content),
                    ((keener, _YES), goes_on * t.foot),
                    ((hidden, _YES), goes_on * (1.0 - t.foot)),
                ]
            )
        if isinstance(topic, Inquire):
            trust = t.tells if hidden.doubts else t.hints
            said: dict[Kind, float] = {"trust": trust}
            said |= {kind: (1.0 - trust) * (t.candid if kind == hidden.kind else 1.0 - t.candid) for kind in MOVERS}
            return Belief(((hidden, React(word)), p) for word, p in said.items())
        assert isinstance(topic, Appeal)
        return Belief(
            ((then, act), p * q)
            for then, p, better in self._moved(hidden, topic.kind)
            for nods in (t.nods if better else t.polite,)
            for act, q in ((_NOD, nods), (_SHRUG, 1.0 - nods))
        )

    def _moved(self, hidden: Mindset, kind: str) -> list[tuple[Mindset, float, bool]]:
        """What a fact of that kind makes of somebody, how likely, and whether that is for the better."""
        t = self.temper
        up, down = (hidden._replace(will=will) for will in (min(MOST, hidden.will + 1), max(0, hidden.will - 1)))
        if kind == "trust" and hidden.doubts:
            return [(hidden._replace(doubts=False), t.clears, True), (hidden, 1.0 - t.clears, False)]
        if kind == "trust":
            return [(down, t.vain, False), (hidden, 1.0 - t.vain, False)]
        if hidden.doubts:
            return [(down, t.annoys, False), (hidden, 1.0 - t.annoys, False)]
        if kind == hidden.kind:
            return [(up, t.fits, True), (hidden, 1.0 - t.fits, False)]
        return [(up, t.strays, True), (down, t.annoys, False), (hidden, 1.0 - t.strays - t.annoys, False)]

    @cached_property
    def _reactions(self) -> dict[tuple[Mindset, Act], Belief[tuple[Mindset, Act]]]:
        return {}
