"""Who is coached: clients of as many types as strategies, who answer imprecisely and may be talked into an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.solver import Mass, Rescaled, Solution
from .game import Answer, Ask, Consultation, Leave, Recommend, Session, Suggest

_SAY, _LEAVE, _YES, _NO = Say(), Leave(), Answer("yes"), Answer("no")

Reaction = Belief[tuple[str, Act]]


@dataclass(frozen=True)
class Client:
    """A client whom one of the strategies suits; the hidden state is that strategy.

    Each attribute of the client is drawn once, on its own given the strategy: with probability `reliability` it is what
    speaks for the strategy, and it is yes or no with equal chances where it has nothing to do with it. An attribute can
    be asked about once (`Consultation`), so drawing it when it is asked is the same as having drawn it at the start,
    and the strategy is all that has to be kept.

    A client to whom a strategy is suggested agrees with probability `conformity`, whatever suits it. Else it answers
    honestly: yes with probability `reliability` if the strategy suits it, and with what is missing to 1 if not. Each
    suggestion is a new draw.

    Args:
        game: The rules.
        profile: Strategy -> the answer of each attribute that speaks for it: 1 yes, -1 no, 0 neither; in the order of
            the game's names.
        reliability: Probability of the answer that speaks for the strategy that suits.
        conformity: Probability of agreeing to a suggestion regardless.
    """

    game: Consultation
    profile: tuple[tuple[int, ...], ...]
    reliability: float = 0.85
    conformity: float = 0.0

    def prior(self) -> Belief[str]:
        """Every strategy suits equally many."""
        return Belief.uniform(self.game.strategies)

    def react(self, hidden: str, state: Session) -> Reaction:
        """Answer what was asked or suggested; say something if it was nothing; leave when the time is up."""
        if state.turn >= self.game.turns:
            return self._silent[hidden, _LEAVE]
        topic = state.topic
        return self._silent[hidden, _SAY] if topic is None else self._answers[hidden, topic]

    def honest_react(self, hidden: str, state: Session) -> Reaction:
        """`react` of a client without conformity: what `blind_listen` takes every client for."""
        topic = state.topic
        if isinstance(topic, Suggest) and state.turn < self.game.turns:
            return self._honest[hidden, topic]
        return self.react(hidden, state)

    def candidates(self, state: Session, support: Sequence[str]) -> Iterator[Act]:
        """One attribute of each group, because those of a group are interchangeable.

        Talk gains nothing, and in the last turn neither does a question.
        """
        game = self.game
        yield from (Recommend(strategy) for strategy in game.strategies)
        if state.turn + 1 >= game.turns:
            return
        for group in self.groups:
            place = next((place for place in group if not state.asked >> place & 1), None)
            if place is not None:
                yield Ask(game.attributes[place])
        if game.pushing:
            yield from (Suggest(strategy) for strategy in game.strategies)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Places of the attributes, those together that every type of client answers alike."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for place, column in enumerate(zip(*self.profile, strict=True)):
            groups.setdefault(column, []).append(place)
        return tuple(map(tuple, groups.values()))

    def canonical(self, state: Session) -> Session:
        """The same state but for names: of each group, the first attributes were asked about instead of others."""
        asked = self._first.get(state.asked)
        if asked is None:
            asked = 0
            for group in self.groups:
                count = sum(state.asked >> place & 1 for place in group)
                asked |= sum(1 << place for place in group[:count])
            self._first[state.asked] = asked
        return state if asked == state.asked else state._replace(asked=asked)

    def open_place(self, state: Session, place: int) -> int:
        """Place of the first attribute not asked about in the group of the one in `place`."""
        return next(other for group in self.groups if place in group for other in group if not state.asked >> other & 1)

    def information_states(self) -> int:
        """How many information states of the coach there are at most.

        There is one for each number of yeses and noes in each group and to each suggestion.
        """
        turns = self.game.turns
        counts = [1] + [0] * (turns - 1)  # number of questions -> ways to share them out
        for size in [*map(len, self.groups), *[turns] * (len(self.game.strategies) if self.game.pushing else 0)]:
            counts = [sum((n + 1) * counts[total - n] for n in range(min(size, total) + 1)) for total in range(turns)]
        return sum(counts)

    @cached_property
    def _first(self) -> dict[int, int]:
        return {}

    @cached_property
    def _silent(self) -> dict[tuple[str, Act], Reaction]:
        return {
            (hidden, act): Belief.certain((hidden, act)) for hidden in self.game.strategies for act in (_SAY, _LEAVE)
        }

    @cached_property
    def _answers(self) -> dict[tuple[str, Act], Reaction]:
        answers = dict(self._honest)
        for (hidden, topic), honest in self._honest.items():
            if isinstance(topic, Suggest):
                p = honest.probability((hidden, _YES))
                answers[hidden, topic] = self._yes(hidden, self.conformity + (1.0 - self.conformity) * p)
        return answers

    @cached_property
    def _honest(self) -> dict[tuple[str, Act], Reaction]:
        answers: dict[tuple[str, Act], Reaction] = {}
        for hidden, sides in zip(self.game.strategies, self.profile, strict=True):
            for attribute, side in zip(self.game.attributes, sides, strict=True):
                answers[hidden, Ask(attribute)] = self._yes(hidden, 0.5 + side * (self.reliability - 0.5))
            for strategy in self.game.strategies if self.game.pushing else ():
                p = self.reliability if strategy == hidden else 1.0 - self.reliability
                answers[hidden, Suggest(strategy)] = self._yes(hidden, p)
        return answers

    @staticmethod
    def _yes(hidden: str, p: float) -> Reaction:
        return Belief({(hidden, _YES): p, (hidden, _NO): 1.0 - p})


class Renamed(Rescaled[str]):
    """A solution in the names of another domain, and whichever attributes of a group were asked about.

    Args:
        mind: The client of this domain, with its game.
        base: The solution to borrow: of the same game and client under other names.
    """

    def __init__(self, mind: Client, base: Solution[str]):
        game = mind.game
        super().__init__(game, mind, base, mind.canonical, lambda act: act)
        theirs = cast(Client, base.mind).game
        self._client = mind
        self._names = dict(zip(game.strategies, theirs.strategies, strict=True))
        self._back = dict(zip(theirs.strategies, game.strategies, strict=True))
        self._places = {name: place for place, name in enumerate(theirs.attributes)}

    def short_sighted(self, horizon: int) -> Solution[str]:
        """See `Solution.short_sighted`; in the names of this setting."""
        return Renamed(self._client, self.base.short_sighted(horizon))

    def _solve(self, state: Session, mass: Mass) -> tuple[float, Act]:
        value, act = self.base._solve(
            self._project(state), self.base._canonical([(self._names[hidden], p) for hidden, p in mass])
        )
        if isinstance(act, Ask):
            place = self._client.open_place(state, self._places[act.attribute])
            return value, Ask(self._client.game.attributes[place])
        return value, type(act)(self._back[act.strategy]) if isinstance(act, (Recommend, Suggest)) else act
