"""Recommendation for a language model that decides: who the guest is, and the acts that keep to it."""

from __future__ import annotations

from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .game import ANY, Criticise, Leave, Refuse, Take, Tell
from .mind import Guest
from .places import REGION, catalogue
from .voice import listed

_TEXT = content(__file__, "cast.toml")


class RecommendationCast:
    """A guest who decides by a model. See `Cast`.

    It is held to the house that it wants: it takes that one and no other, and what it says of its wishes is true. When
    it can say something, what it says against a house, and when it leaves are its own.
    """

    grammar = Grammar((Tell, Take, Refuse, Criticise, Leave))

    def facts(self, moment: Moment) -> str:
        """What the guest wants, and what kind of person it is."""
        public, houses, hidden = moment.public, catalogue(moment.public.where), moment.hidden
        row = ", ".join(
            f"{name} {value}" for name, value in zip(houses.attributes, houses.rows[hidden.place], strict=True)
        )
        where = "around here" if public.where == REGION else f"in {public.where}"
        who = {"name": public.guest, "where": where, "occasion": public.occasion, "row": row}
        return " ".join((fill(_TEXT["person"], who | {"house": houses.names[hidden.place]}), _TEXT[hidden.kind]))

    def goals(self, moment: Moment) -> list[Goal]:
        """Be truthful, take what it wants, stay, and find it."""
        state, mind, wanted = moment.state, _mind(moment.setting), moment.hidden.place
        row = dict(zip(mind.game.attributes, mind.game.rows[wanted], strict=True))
        own = moment.own()
        untrue = any(isinstance(act, Criticise) and act.value != row.get(act.attribute) for act in own)
        untrue |= any(fact not in ("", ANY, row[name]) for name, fact in zip(row, state.facts, strict=True))
        missed = wanted in state.refused
        left = any(isinstance(act, Leave) for act in own)
        found = OPEN if state.mover is not None else MET if state.ending == "taken" else FAILED
        return list(map(Goal, _TEXT["goals"], (*(FAILED if bad else MET for bad in (untrue, missed, left)), found)))

    def situation(self, moment: Moment) -> str:
        """The turn, and the question or what is shown."""
        state, mind = moment.state, _mind(moment.setting)
        if state.mover is None:
            return "It is over."
        about = ""
        if state.topic:
            value = mind.game.rows[moment.hidden.place][mind.game.attributes.index(state.topic)]
            about = fill(_TEXT["asked"], {"attribute": state.topic, "value": value})
        elif state.shown:
            names = [catalogue(moment.public.where).names[place] for place in state.shown]
            about = fill(_TEXT["shown"], {"shown": listed(names)})
        return f"Turn {state.turn} of {mind.game.turns}. {about}".strip()

    def acts(self, moment: Moment) -> list[Act]:
        """To what it wants there is no choice; else a true answer or none, a refusal with or without a true reason."""
        state, mind, wanted = moment.state, _mind(moment.setting), moment.hidden.place
        game = mind.game
        if state.shown:
            if wanted in state.shown:
                return [Take(state.shown.index(wanted) + 1)]
            pairs = zip(game.attributes, game.rows[wanted], game.rows[state.shown[0]], strict=True)
            return [Refuse(), *(Criticise(name, right) for name, right, wrong in pairs if right != wrong), Leave()]
        if state.topic:
            value = game.rows[wanted][game.attributes.index(state.topic)]
            return [Tell(value), Tell(ANY), Leave()]
        return [Say()]

    def admissible(self, moment: Moment, act: Act) -> str:
        """One of these acts."""
        possible = self.acts(moment)
        if act in possible:
            return ""
        return f"All that you can do now is {' or '.join(self.grammar.print(one) or '[talk]' for one in possible)}."

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """What can be had of a guest who answers, criticises and leaves as it likes.

        At least: the better of stopping at once and of shows in every turn, of which all but the first may be lost. At
        most: a sale in the first turn with the probability that the first show is right, and else in the second. Both
        as of the prior; they do not depend on `hidden`.
        """
        mind = _mind(setting)
        game, pay = mind.game, mind.game.rewards
        first = sum(p for wanted, p in mind.prior() if wanted.place in game.list(game.start()))
        least = max(pay.lost, first * pay.taken + (1.0 - first) * (pay.lost + game.turns * pay.refused))
        asking = len(game.attributes) * max(0.0, pay.told)
        most = pay.taken + max(
            first * asking + (1.0 - first) * (pay.refused + asking), max(pay.told, pay.vague) + asking
        )
        return least, max(most, pay.lost)


CAST = RecommendationCast()


def _mind(setting: Setting) -> Guest:
    return cast(Guest, setting.mind)
