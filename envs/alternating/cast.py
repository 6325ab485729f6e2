"""Alternating offers for a language model that decides: what a person takes, and the acts that keep to it."""

from __future__ import annotations

from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .game import ACTS, OTHER, UNITS, Accept, AlternatingOffers, Propose
from .mind import ANCHOR, terms
from .pots import POTS

_TEXT = content(__file__, "cast.toml")


class AlternatingCast:
    """Somebody who shares a pot by a model's decisions. See `Cast`.

    What it takes and does not take now follows from its kind, as for the scripted person. What it asks for is its own
    choice, between that and its last demand. Greeting and first offer are fixed.
    """

    grammar = Grammar(ACTS)

    def facts(self, moment: Moment) -> str:
        """The pot, the kind."""
        public, kind = moment.public, moment.hidden
        level = f"{kind.level:.0%}"
        about = fill(_TEXT["facts"], {"name": public.name, "pot": public.dollars, "about": POTS[public.pot].about})
        return f"{about} {fill(_TEXT['kinds'][kind.kind], {'level': level, 'anchor': f'{ANCHOR / UNITS:.0%}'})}"

    def goals(self, moment: Moment) -> list[Goal]:
        """A deal, a large part, and never less than it takes."""
        state, over = moment.state, moment.state.mover is None
        made = state.deal is not None
        mine = _game(moment).share(state, moment.seat)
        taken = any(isinstance(act, Accept) for act in moment.own())
        low = taken and mine * UNITS + 1e-9 < min(_least(moment, number) for number in range(_game(moment).offers + 1))
        statuses = (
            MET if made else FAILED if over else OPEN,
            OPEN if not over else MET if made and mine >= 0.5 else FAILED,
            FAILED if low else MET,
        )
        return list(map(Goal, _TEXT["goals"], statuses))

    def situation(self, moment: Moment) -> str:
        """The offer that stands, the offers left, and the least that the person takes now."""
        state, game = moment.state, _game(moment)
        if state.mover is None:
            return "It is over."
        left = game.offers - max(0, state.offers)
        least = _least(moment, max(0, state.offers)) * game.pot // UNITS
        stands = "Nothing stands." if state.standing is None else f"They offer you ${state.standing}."
        told = f"{stands} Of {game.offers} offers {left} {'is' if left == 1 else 'are'} left."
        return f"{told} You take ${least} or more now, and no less." + (
            "" if left else " Accept it, or nobody gets it."
        )

    def acts(self, moment: Moment) -> list[Act]:
        """Whole units from the last demand down to what is taken; accept; talk only where nothing else is possible."""
        state, game = moment.state, _game(moment)
        if state.offers <= 0:
            return [act for (_, act), _ in moment.setting.mind.react(moment.hidden, state)]
        acts: list[Act] = [] if state.standing is None else [Accept()]
        if state.offers >= game.offers:
            return [*acts, Say()]
        unit = game.pot // UNITS
        return [*acts, *(Propose(give * unit) for give in range(UNITS + 1) if not self._fault(moment, give * unit))]

    def admissible(self, moment: Moment, act: Act) -> str:
        """What is at least taken is accepted, and nothing less; demands do not rise."""
        state, game = moment.state, _game(moment)
        if state.offers <= 0:
            own = self.acts(moment)
            return "" if act in own else f"Begin with {self.grammar.print(own[0]) or 'a greeting'}."
        enough = state.standing is not None and state.standing * UNITS // game.pot >= _least(moment, state.offers)
        if isinstance(act, Accept):
            return "" if enough else "That is less than you take now: do not accept it."
        if enough:
            return f"${state.standing} is enough for you now: accept it."
        if isinstance(act, Propose):
            return self._fault(moment, act.give)
        return "" if state.offers >= game.offers else "Make a proposal; who only talks forgoes an offer."

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """Nothing if nobody ever agrees; at most what the person leaves where it takes least, as early as it does."""
        game = setting.game_as(AlternatingOffers)
        seat = OTHER[setting.seat]
        discount = game.discounts[game.seats.index(setting.seat)]
        assert discount is not None
        least = [terms(hidden, game, seat, number)[0] for number in range(1, game.offers + 1)]
        return 0.0, max(discount**late * (1.0 - units / UNITS) for late, units in enumerate(least))

    def _fault(self, moment: Moment, give: int) -> str:
        """What is wrong with an offer."""
        game, state = _game(moment), moment.state
        mine = game.pot - give
        before = next((act.give for act in reversed(moment.own()) if isinstance(act, Propose)), 0)
        if give < before:
            return f"You offered them ${before} before: do not go back on it."
        least = min(_least(moment, number) for number in range(state.offers, game.offers + 1))
        if mine * UNITS < least * game.pot and give > before:
            return f"Ask for ${-(-least * game.pot // UNITS)} or more for yourself."
        return ""


CAST = AlternatingCast()


def _game(moment: Moment) -> AlternatingOffers:
    return moment.setting.game_as(AlternatingOffers)


def _least(moment: Moment, number: int) -> int:
    """The least units that the person takes after so many offers."""
    return terms(moment.hidden, _game(moment), moment.seat, number)[0]
