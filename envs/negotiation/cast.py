"""Price bargaining for a language model that decides: limits, manners, goals, and the acts that keep to them."""

from __future__ import annotations

from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from .game import ACTS, OTHER, Accept, Haggle, Offer, PriceBargaining, Walk

MANNERS = {
    "boulware": "You concede very little until the end is near, and then quickly.",
    "linear": "You come closer by about the same amount in every round.",
    "conceder": "You come closer early on, and little later.",
    "holder": "You stand by your first price until the last round but one, and then come to your limit.",
    "reciprocator": "You come one step closer when the other side does, and stay where you are otherwise.",
}
"""Tactic -> what the person is told about it."""


class NegotiationCast:
    """A seller or a buyer who bargains by a model's decisions. See `Cast`.

    The opening price is fixed, as it is for the scripted partner. After it the person may ask for any price that keeps
    to its limit and to what it said before.
    """

    grammar = Grammar(ACTS)

    def facts(self, moment: Moment) -> str:
        """The item, the seat, the limit, the tactic."""
        public, selling, limit = moment.public, moment.seat == "seller", _limit(moment)
        doing = f"You are selling your {public.item}" if selling else f"You want to buy the {public.item} of somebody"
        bound = (
            f"your lowest price is ${limit}: never sell for less"
            if selling
            else f"your highest price is ${limit}: never pay more"
        )
        return (
            f"{doing} ({public.detail}; list price ${public.list_price}). You are the {moment.seat}. Only you know "
            f"that {bound}. A deal at ${limit} is still better for you than none. {MANNERS[moment.hidden.tactic]}"
        )

    def goals(self, moment: Moment) -> list[Goal]:
        """A deal, a good one, within the limit, and no leaving while there is time."""
        state, limit, selling = moment.state, _limit(moment), moment.seat == "seller"
        over, deal = state.mover is None, state.deal
        offers = [act.price for act in moment.own() if isinstance(act, Offer)] + ([] if deal is None else [deal])
        gains = [_gain(moment, price) for price in offers]
        walked = any(isinstance(act, Walk) for act in moment.own()) and not _ending(moment)
        return [
            Goal("Reach a deal.", MET if deal is not None else FAILED if over else OPEN),
            Goal(
                f"Get a price {'above' if selling else 'below'} ${limit}, the {'higher' if selling else 'lower'} the "
                "better.",
                OPEN if not over else MET if deal is not None and _gain(moment, deal) > 0 else FAILED,
            ),
            Goal(
                f"Never agree to {'less' if selling else 'more'} than ${limit}.",
                FAILED if any(gain < 0 for gain in gains) else MET,
            ),
            Goal("Do not walk away before the last round.", FAILED if walked else MET),
        ]

    def situation(self, moment: Moment) -> str:
        """The round, the learner's offer, the own last offer."""
        state, other = moment.state, moment.setting.seat
        if state.mover is None:
            return "It is over."
        rounds = moment.setting.game_as(PriceBargaining).rounds
        parts = [f"Round {min(state.round + 1, rounds)} of {rounds}."]
        parts.append(
            f"The {other} has just offered ${state.standing}."
            if state.standing is not None
            else f"The {other} has made no offer just now."
        )
        if (last := _last(moment)) is not None:
            parts.append(f"You last {'asked for' if moment.seat == 'seller' else 'offered'} ${last}.")
        if _ending(moment):
            parts.append("This is the last round: accept, or leave without a deal.")
        return " ".join(parts)

    def acts(self, moment: Moment) -> list[Act]:
        """Prices at whole ticks from the own last offer to the learner's; accept, talk, walk.

        At the opening, what the scripted partner opens with.
        """
        state: Haggle = moment.state
        if state.round < 0:
            return [act for (_, act), _ in moment.setting.mind.react(moment.hidden, state)]
        acts: list[Act] = []
        if not _ending(moment):
            selling, last = moment.seat == "seller", _last(moment)
            whole = moment.setting.game_as(PriceBargaining).prices()
            prices = {price for price in whole if _within(price, state.standing, last, selling)}
            prices |= {last} if last is not None else set()
            acts += [Offer(price) for price in sorted(prices - {state.standing}, reverse=selling)]
        if state.standing is not None:
            acts.append(Accept())
        return [*acts, Say(), Walk()]

    def admissible(self, moment: Moment, act: Act) -> str:
        """Within the limit, no step back, no offer that is worse than what is offered, no leaving and no stalling."""
        state, limit, selling = moment.state, _limit(moment), moment.seat == "seller"
        if state.round < 0:
            own = self.acts(moment)
            return "" if act in own else f"Open with {self.grammar.print(own[0])}."
        standing, ending = state.standing, _ending(moment)
        within = standing is not None and _gain(moment, standing) >= 0
        if isinstance(act, Accept):
            return (
                ""
                if within
                else f"${standing} is {'less' if selling else 'more'} than ${limit}, your limit: you cannot accept it."
            )
        if isinstance(act, Walk):
            if not ending:
                return "There is time left: do not leave yet."
            return f"${standing} is within your limit, and a deal is better than none: accept it." if within else ""
        if ending:
            return f"It is the last round, and nobody could answer that. {'Accept' if within else 'Leave'} now."
        if not isinstance(act, Offer):
            stalled = moment.own()[-1:] == [Say()]
            return "You named no price last time: now answer with a price, or accept." if stalled else ""
        if _gain(moment, act.price) < 0:
            return f"${act.price} is {'less' if selling else 'more'} than ${limit}, your limit."
        if standing is not None and (act.price <= standing if selling else act.price >= standing):
            return f"They offer ${standing} already: accept that, or {'ask for more' if selling else 'offer less'}."
        last = _last(moment)
        if last is not None and (act.price > last if selling else act.price < last):
            return f"You said ${last} before: do not go back on it."
        return ""

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """At most what there is to share at the person's limit, in the first round; to walk away gets 0."""
        game = setting.game_as(PriceBargaining)
        deal = Haggle(0, None, deal=game.price(setting.seat, hidden.floor))
        return 0.0, max(0.0, game.payoff(deal, setting.seat))


CAST = NegotiationCast()


def _limit(moment: Moment) -> int:
    """The reservation price in currency units."""
    return moment.setting.game_as(PriceBargaining).price(OTHER[moment.seat], moment.hidden.floor)


def _gain(moment: Moment, price: int) -> int:
    return price - _limit(moment) if moment.seat == "seller" else _limit(moment) - price


def _last(moment: Moment) -> int | None:
    """The person's own last offer."""
    return next((act.price for act in reversed(moment.own()) if isinstance(act, Offer)), None)


def _ending(moment: Moment) -> bool:
    """Whether the person's turn ends the last round."""
    return moment.state.round + 1 >= moment.setting.game_as(PriceBargaining).rounds


def _within(price: int, standing: int | None, last: int | None, selling: bool) -> bool:
    if selling:
        return (standing is None or price > standing) and (last is None or price <= last)
    return (standing is None or price < standing) and (last is None or price >= last)
