"""Who orders the work: people who know what they want when they see it, and differ in how it can be got out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple, cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.solver import Mass, Rescaled, Solution, weighed
from .game import (
    Accept,
    Ask,
    Commission,
    Deliver,
    Draft,
    Edit,
    Examples,
    Leave,
    Point,
    Reject,
    Search,
    Spec,
    Unsure,
    Want,
    Work,
)

FEEDBACK = ("no", "count", "point", "edit")
"""What a user may say of a wrong draft: nothing but no, how many aspects are wrong, which is the first, or what it
should be."""
TIE = 1e-12  # worth that differs by less is equal
_SAY, _LEAVE, _ACCEPT = Say(), Leave(), Accept()

Reaction = Belief[tuple["Wish", Act]]


class Wish(NamedTuple):
    """What is hidden in a user: the version that is right, and its kind."""

    spec: Spec
    kind: str


class Kind(NamedTuple):
    """A kind of user.

    Attributes:
        name: What it is called.
        weight: Its share.
        knows: For each aspect, the probability that it can say what it wants when asked.
        seen: The same for an aspect of which it was shown something.
        feedback: What it says of a wrong draft, one of `FEEDBACK`.
        talks: Probability that it comes out with an aspect by itself while the assistant only talks.
    """

    name: str
    weight: float
    knows: tuple[float, ...]
    seen: float
    feedback: str = "no"
    talks: float = 0.0


@dataclass(frozen=True)
class User:
    """A user who wants one value of each aspect, each drawn on its own, and is of one kind; both never change.

    Asked about an aspect, it says what it wants with a probability that depends on its kind, on the aspect, and on
    whether something of the aspect was shown; else it cannot say. What it says is true. A right draft is accepted. Over
    a wrong one it leaves with probability `leaves`, else it says what is usual for its kind; wrong aspects are named in
    their order. Where the assistant only talks, it may come out with what it wants of the first aspect of which it has
    not said so.

    Args:
        game: The rules.
        weights: For each aspect, the shares of its values.
        kinds: The kinds of users.
        leaves: Probability that a user leaves over a wrong draft.
    """

    game: Commission
    weights: tuple[tuple[float, ...], ...]
    kinds: tuple[Kind, ...]
    leaves: float = 0.15

    def prior(self) -> Belief[Wish]:
        """Every version with every kind, independent of each other."""
        return Belief(
            (Wish(spec, kind.name), kind.weight * prod(w[k] for w, k in zip(self.weights, spec, strict=True)))
            for spec in self.game.specs
            for kind in self.kinds
        )

    def react(self, hidden: Wish, state: Work) -> Reaction:
        """Answer a question or a draft, look at what is shown, or talk; leave when the time is up."""
        topic, late = state.topic, state.turn >= self.game.turns
        public = 0
        if isinstance(topic, Ask):
            public = state.shown >> self.game.places[topic.aspect] & 1
        elif topic is None and state.turn:
            public = self.game.everything & ~state.told
        key = (hidden, topic, late, public)
        found = self._reactions.get(key)
        if found is None:
            found = self._reactions[key] = self._reaction(hidden, topic, late, public)
        return found

    def _reaction(self, hidden: Wish, topic: Act | None, late: bool, public: int) -> Reaction:
        kind = self._kinds[hidden.kind]
        if isinstance(topic, Draft):
            wrong = self.wrong(topic, hidden.spec)
            leaves = 1.0 if late else self.leaves
            if not wrong:
                return Belief.certain((hidden, _ACCEPT))
            return _one_of(hidden, {self._verdict(hidden, wrong): 1.0 - leaves, _LEAVE: leaves})
        if late:
            return Belief.certain((hidden, _LEAVE))
        if isinstance(topic, Ask):
            place = self.game.places[topic.aspect]
            p = kind.seen if public else kind.knows[place]
            return _one_of(hidden, {self._want(hidden, place): p, Unsure(topic.aspect): 1.0 - p})
        if topic is None and public and kind.talks > 0.0:
            first = (public & -public).bit_length() - 1
            return _one_of(hidden, {self._want(hidden, first): kind.talks, _SAY: 1.0 - kind.talks})
        return Belief.certain((hidden, _SAY))

    def _verdict(self, hidden: Wish, wrong: Sequence[int]) -> Act:
        how, first = self._kinds[hidden.kind].feedback, self.game.aspects[wrong[0]]
        if how == "edit":
            return Edit(first.name, first.values[hidden.spec[wrong[0]]])
        return Point(first.name) if how == "point" else Reject(len(wrong) if how == "count" else 0)

    def _want(self, hidden: Wish, place: int) -> Want:
        aspect = self.game.aspects[place]
        return Want(aspect.name, aspect.values[hidden.spec[place]])

    def wrong(self, draft: Draft, spec: Spec) -> list[int]:
        """Places of the aspects in which a draft is not what `spec` wants."""
        return [k for k, (a, b) in enumerate(zip(self.game.spec(draft.version), spec, strict=True)) if a != b]

    @weighed
    def candidates(self, state: Work, mass: Mass) -> Iterator[Act]:
        """The delivery that is worth most, and what `moves` has."""
        chance: dict[Spec, float] = {}
        for hidden, p in mass:
            chance[hidden.spec] = chance.get(hidden.spec, 0.0) + p
        yield self.delivery(state, chance)
        yield from self.moves(state, tuple(chance))

    def delivery(self, state: Work, chance: Mapping[Spec, float]) -> Deliver:
        """What is best delivered if versions are right with these chances; of equally good ones the first.

        Where part of a version pays, one that cannot be right may be the best; else only those that can are tried.
        """
        game = self.game
        full, best, choice = game.worth(state.shown, len(game.aspects)), float("-inf"), None
        for spec in game.specs if game.partial else chance:
            worth = full * chance.get(spec, 0.0)
            if game.partial:
                part = (p * game.worth(state.shown, game.agree(spec, one)) for one, p in chance.items() if one != spec)
                worth += sum(part)
            if worth > best + TIE:
                best, choice = worth, spec
        assert choice is not None
        return Deliver(game.version(choice))

    def moves(self, state: Work, specs: Sequence[Spec]) -> Iterator[Act]:
        """What is worth doing before a delivery, if the wish is among `specs`.

        In the last turn nothing is, and a draft that cannot be right tells less than one that can. Talk tells nothing
        but where somebody comes out with something.
        """
        game = self.game
        if state.turn + 1 >= game.turns:
            return
        several = len(specs) > 1
        if several and game.drafting:
            yield from (Draft(game.version(spec)) for spec in specs)
        for place, ask in enumerate(game.asks):
            if several and not state.asked >> place & 1:
                yield ask
            if game.showing == "search" and not state.shown >> place & 1:
                yield Search(ask.aspect)
        if game.showing == "examples" and several and not state.shown:
            yield Examples()
        if several and self._talkative:
            yield _SAY

    @cached_property
    def _talkative(self) -> bool:
        return any(kind.talks > 0.0 for kind in self.kinds)

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def _reactions(self) -> dict[tuple, Reaction]:
        return {}


def _one_of(hidden: Wish, acts: dict[Act, float]) -> Reaction:
    return Belief({(hidden, act): p for act, p in acts.items() if p > 0.0})


class Renamed(Rescaled[Wish]):
    """A solution in the names of another domain; hidden states, and states in which the assistant moves, have none.

    Args:
        mind: The user of this domain, with its game.
        base: The solution to borrow: of the same game and user under other names.
    """

    def __init__(self, mind: User, base: Solution[Wish]):
        super().__init__(mind.game, mind, base, lambda state: state, self._named)
        self._user = mind

    def short_sighted(self, horizon: int) -> Solution[Wish]:
        """See `Solution.short_sighted`; in the names of this setting."""
        return Renamed(self._user, self.base.short_sighted(horizon))

    def _solve(self, state: Work, mass: Mass) -> tuple[float, Act]:
        value, act = self.base._solve(state, self.base._canonical(mass))
        return value, self._named(act)

    def _named(self, act: Act) -> Act:
        theirs, ours = cast(User, self.base.mind).game, self._user.game
        if isinstance(act, (Draft, Deliver)):
            return type(act)(ours.version(theirs.spec(act.version)))
        if isinstance(act, (Ask, Search)):
            return type(act)(ours.aspects[theirs.places[act.aspect]].name)
        return act
