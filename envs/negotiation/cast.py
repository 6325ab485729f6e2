"""Price bargaining for a language model that decides: limits, manners, goals, and the acts that keep to them."""

from __future__ import annotations

from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .game import ACTS, OTHER, Accept, Haggle, Offer, PriceBargaining, Walk

_TEXT = content(__file__, "cast.toml")


class NegotiationCast:
    """A seller or a buyer who bargains by a model's decisions. See `Cast`.

    The opening price is fixed, as it is for the scripted partner. After it the person may ask for any price that keeps
    to its limit and to what it said before.
    """

    grammar = Grammar(ACTS)

    def facts(self, moment: Moment) -> str:
        """The item, the seat, the limit, the tactic."""
        public = moment.public
        told = {"item": public.item, "detail": public.detail, "list_price": public.list_price, "limit": _limit(moment)}
        return f"{_told(moment, 'facts', **told)} {_TEXT['tactics'][moment.hidden.tactic]}"

    def goals(self, moment: Moment) -> list[Goal]:
        """A deal, a good one, within the limit, and no leaving while there is time."""
        over, deal = moment.state.mover is None, moment.state.deal
        agreed = [act.price for act in moment.own() if isinstance(act, Offer)] + ([] if deal is None else [deal])
        walked = any(isinstance(act, Walk) for act in moment.own()) and not _ending(moment)
        statuses = (
            MET if deal is not None else FAILED if over else OPEN,
            OPEN if not over else MET if deal is not None and _gain(moment, deal) > 0 else FAILED,
            FAILED if any(_gain(moment, price) < 0 for price in agreed) else MET,
            FAILED if walked else MET,
        )
        texts = [fill(goal, {"limit": _limit(moment)}) for goal in _TEXT[moment.seat]["goals"]]
        return list(map(Goal, texts, statuses))

    def situation(self, moment: Moment) -> str:
        """The round, the learner's offer, the own last offer."""
        state, last = moment.state, _last(moment)
        if state.mover is None:
            return "It is over."
        rounds = moment.setting.game_as(PriceBargaining).rounds
        offered = "made no offer just now" if state.standing is None else f"just offered ${state.standing}"
        parts = [f"Round {min(state.round + 1, rounds)} of {rounds}. The {moment.setting.seat} has {offered}."]
        parts += [] if last is None else [_told(moment, "last", last=last)]
        parts += ["This is the last round: accept, or leave without a deal."] if _ending(moment) else []
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
            standing, last = state.standing, _last(moment)
            prices = {
                price
                for price in moment.setting.game_as(PriceBargaining).prices()
                if (standing is None or _gain(moment, price) > _gain(moment, standing))
                and (last is None or _gain(moment, price) <= _gain(moment, last))
            }
            prices |= {last} if last is not None else set()
            acts += [Offer(price) for price in sorted(prices - {standing}, reverse=moment.seat == "seller")]
        if state.standing is not None:
            acts.append(Accept())
        return [*acts, Say(), Walk()]

    def admissible(self, moment: Moment, act: Act) -> str:
        """Within the limit, no step back, no offer that is worse than what is offered, no leaving and no stalling."""
        state, limit, last = moment.state, _limit(moment), _last(moment)
        if state.round < 0:
            own = self.acts(moment)
            return "" if act in own else f"Open with {self.grammar.print(own[0])}."
        standing, ending = state.standing, _ending(moment)
        within = standing is not None and _gain(moment, standing) >= 0
        if isinstance(act, Accept):
            beyond = _told(moment, "beyond", price=standing, limit=limit)
            return "" if within else f"{beyond}: you cannot accept it."
        if isinstance(act, Walk):
            if not ending:
                return "There is time left: do not leave yet."
            return f"${standing} is within your limit, and a deal is better than none: accept it." if within else ""
        if ending:
            return f"It is the last round, and nobody could answer that. {'Accept' if within else 'Leave'} now."
        if not isinstance(act, Offer):
            stalled = moment.own()[-1:] == [Say()]
            return "You named no price last time: now answer with a price, or accept." if stalled else ""
        gain = _gain(moment, act.price)
        if gain < 0:
            return f"{_told(moment, 'beyond', price=act.price, limit=limit)}."
        if standing is not None and gain <= _gain(moment, standing):
            return _told(moment, "offered", standing=standing)
        back = last is not None and gain > _gain(moment, last)
        return f"You said ${last} before: do not go back on it." if back else ""

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """At most what there is to share at the person's limit, in the first round; to walk away gets 0."""
        game = setting.game_as(PriceBargaining)
        deal = Haggle(0, None, deal=game.price(setting.seat, hidden.floor))
        return 0.0, max(0.0, game.payoff(deal, setting.seat))


CAST = NegotiationCast()


def _told(moment: Moment, name: str, **values: Any) -> str:
    """A sentence to somebody in that seat."""
    return fill(_TEXT[moment.seat][name], values)


def _limit(moment: Moment) -> int:
    """The reservation price in currency units."""
    return moment.setting.game_as(PriceBargaining).price(OTHER[moment.seat], moment.hidden.floor)


def _gain(moment: Moment, price: int) -> int:
    """What a price is worth to the person, over its limit."""
    return price - _limit(moment) if moment.seat == "seller" else _limit(moment) - price


def _last(moment: Moment) -> int | None:
    """The person's own last offer."""
    return next((act.price for act in reversed(moment.own()) if isinstance(act, Offer)), None)


def _ending(moment: Moment) -> bool:
    """Whether the person's turn ends the last round."""
    return moment.state.round + 1 >= moment.setting.game_as(PriceBargaining).rounds
