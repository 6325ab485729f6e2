"""Who calls: customers with a wish about one of their orders, and the desk that knows the orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import Ask, Call, Close, Confirm, HangUp, Helpline, Record, Tell, Write, deed_of

_SAY, _HANG_UP = Say(), HangUp()
_YES, _NO, _UNSURE, _EMAIL, _CURT = Tell("yes"), Tell("no"), Tell("unsure"), Tell("email"), Tell("email", "curt")

WISHES = (0.4, 0.4, 0.2)
"""How often each action is wished for."""


class Customer(NamedTuple):
    """What is hidden; nothing of it changes.

    Attributes:
        statuses: Of each order; only the desk knows them.
        order: Number of the order that is meant, from 1.
        wish: The action that the customer wants.
        flexible: Whether another action will do; only where the policy forbids the one that is wished for.
        remembers: Whether the customer knows which order it means.
        hurried: Whether it is in a hurry.
        impostor: Whether it is somebody else, who has no business with the orders.
    """

    statuses: tuple[str, ...]
    order: int
    wish: str
    flexible: bool
    remembers: bool
    hurried: bool
    impostor: bool = False


@dataclass(frozen=True)
class Callers:
    """Customers who call about one of their orders, and the desk.

    Each order has either status with equal chances, or the third one with `barred`; the order that is meant is any of
    them, and the wish (`WISHES`) has nothing to do with its status: customers do not know the policy. Where it forbids
    the wish and not the other action, they may be flexible. An impostor is somebody else who calls in the customer's
    name: it gives the address with `passes`, else it says that it has none; it never knows which order, and never takes
    anything else.

    Asked who it is, it gives its e-mail address, curtly with probability `curt` if it is hurried and `calm_curt` if
    not. It says what it wants, which order it means (if it remembers), and what else would do. To a proposal that is
    its wish, or what should be done, it says yes; to another, it says yes all the same with probability `slip`, as
    people do who have not listened. From the third turn of the agent on, it hangs up at each utterance with
    probability `leave` if it is hurried and `calm_leave` if not. Calls of a tool it does not notice.

    The desk never errs: it tells the status, does what the status allows, and refuses the rest by telling the status.

    Args:
        game: The rules.
        flexible: Share of customers who take the other action, of those whose wish the policy forbids.
        remembers: Share of customers who know which order it is.
        slip: Probability of a yes to what it does not want.
        hurried: Share of customers in a hurry.
        leave: Probability that a hurried customer hangs up at an utterance.
        calm_leave: The same of others.
        curt: Probability that a hurried customer gives its address curtly.
        calm_curt: The same of others.
        barred: Share of orders for which the policy allows nothing.
        impostors: Share of calls by somebody else.
        passes: Probability that an impostor knows the address.
    """

    game: Helpline
    flexible: float = 0.8
    remembers: float = 0.4
    slip: float = 0.1
    hurried: float = 0.5
    leave: float = 0.4
    calm_leave: float = 0.02
    curt: float = 0.85
    calm_curt: float = 0.1
    barred: float = 0.0
    impostors: float = 0.0
    passes: float = 0.6

    def prior(self) -> Belief[Customer]:
        """Every customer with every state of the orders."""
        game = self.game
        found: list[tuple[Customer, float]] = []
        numbers = range(1, game.orders + 1)
        share = dict(zip(game.statuses, (1.0 - self.barred, 1.0 - self.barred, 2.0 * self.barred), strict=False))
        for statuses, order in product(product(game.statuses, repeat=game.orders), numbers):
            status = statuses[order - 1]
            there = prod(share[one] for one in statuses)
            for wish, likely in zip(game.actions, WISHES, strict=True):
                bends = _either(self.flexible) if game.allowed(status, game.other(wish)) else [(False, 1.0)]
                kinds = product(bends, _either(self.remembers), _either(self.hurried))
                for (flexible, f), (remembers, r), (hurried, u) in kinds:
                    one = Customer(statuses, order, wish, flexible, remembers, hurried)
                    found.append((one, (1.0 - self.impostors) * there * likely * f * r * u))
                if self.impostors:
                    for hurried, u in _either(self.hurried):
                        other = Customer(statuses, order, wish, False, False, hurried, True)
                        found.append((other, self.impostors * there * likely * u))
        return Belief(found)

    def react(self, hidden: Customer, state: Call) -> Belief[tuple[Customer, Act]]:
        """The customer's answer, or what the tool returns."""
        if state.mover == "desk":
            return Belief.certain((hidden, Record(self.returned(hidden, state.pending))))
        leave = (self.leave if hidden.hurried else self.calm_leave) if state.turn > 2 else 0.0
        said = self._answers(hidden, state.pending)
        if len(said) == 1 and not leave:
            return Belief.certain((hidden, said[0][0]))
        if not leave:
            return Belief({(hidden, act): p for act, p in said})
        return Belief({**{(hidden, act): p * (1.0 - leave) for act, p in said}, (hidden, _HANG_UP): leave})

    def returned(self, hidden: Customer, call: Act | None) -> str:
        """What the desk returns."""
        status = hidden.statuses[call.number - 1]  # type: ignore[union-attr]
        return "done" if isinstance(call, Write) and self.game.allowed(status, call.action) else status

    def wants(self, hidden: Customer, deed: Confirm) -> bool:
        """Whether the customer agrees for sure: the deed is its wish, or what should be done."""
        return deed_of(deed) in ((hidden.wish, hidden.order), self.game.target(hidden))

    def _answers(self, hidden: Customer, topic: Act | None) -> list[tuple[Act, float]]:
        if isinstance(topic, Confirm):
            yes = 1.0 if self.wants(hidden, topic) else self.slip
            return [(_YES, yes), (_NO, 1.0 - yes)]
        if not isinstance(topic, Ask):
            return [(_SAY, 1.0)]
        if topic.topic == "identity":
            curt, knows = self.curt if hidden.hurried else self.calm_curt, self.passes if hidden.impostor else 1.0
            said: list[tuple[Act, float]] = [(_EMAIL, (1.0 - curt) * knows), (_CURT, curt * knows)]
            return [*said, (_UNSURE, 1.0 - knows)] if hidden.impostor else said
        return [(Tell(self.fact(hidden, topic.topic)), 1.0)]

    def fact(self, hidden: Customer, topic: str) -> str:
        """What the customer says to a question about its wish, the order, or an alternative."""
        if topic == "wish":
            return hidden.wish
        if topic == "which":
            return str(hidden.order) if hidden.remembers else "unsure"
        return self.game.other(hidden.wish) if hidden.flexible else "nothing"

    def candidates(self, state: Call, support: Sequence[Customer]) -> Iterator[Act]:
        """What can be best: nothing is done without a yes, or proposed that nobody could need, or asked that is known.

        Talk gains nothing. Before the last turn ends, only a deed or closing can pay.
        """
        yield Close()
        wanted = {self.game.target(hidden) for hidden in support} - {None}
        if state.done or state.violated or not wanted:
            return
        last = state.turn + 1 >= self.game.turns
        for act in self.game.possible(state):
            if last and not isinstance(act, Write):
                continue
            if isinstance(act, Ask):
                known = {"which": 1, "alternative": 3}.get(act.topic)
                if known is not None and len({hidden[known] for hidden in support}) == 1:
                    continue
            elif isinstance(act, Write):
                if state.agreed != deed_of(act) or deed_of(act) not in wanted:
                    continue
            elif isinstance(act, Confirm) and deed_of(act) not in wanted:
                continue
            yield act


def _either(p: float) -> list[tuple[bool, float]]:
    """Yes with probability `p`."""
    return [(yes, q) for yes, q in ((True, p), (False, 1.0 - p)) if q > 0.0]
