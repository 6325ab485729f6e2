"""Drafting for a language model that decides: what the user wants, and the acts that keep to it."""

from __future__ import annotations

from typing import Any, cast

from ...core.acts import Act
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .domains import DOMAINS
from .game import Accept, Ask, Draft, Edit, Leave, Point, Reject, Unsure, Want
from .mind import User

_TEXT = content(__file__, "cast.toml")


class DraftingCast:
    """A user who answers by a model's decisions. See `Cast`.

    What it says is true, right drafts are taken, and a wrong draft is answered in the way of the user's kind. It
    decides freely whether it can say what it is asked about, whether it leaves over a wrong draft, and whether it comes
    out with something during talk: wherever the scripted user draws.
    """

    grammar = Grammar((Want, Unsure, Reject, Point, Edit, Accept, Leave))

    def facts(self, moment: Moment) -> str:
        """The request, what is wanted, and what the user is like."""
        domain, aspects = DOMAINS[moment.public.domain], _user(moment.setting).game.aspects
        first, *others = (aspect.name for aspect in aspects)
        kinds = _TEXT["kinds"]["work" if _user(moment.setting).game.drafting else "trip"]
        wish = ", ".join(f"{a.name} {a.values[k]}" for a, k in zip(aspects, moment.hidden.spec, strict=True))
        kind = fill(kinds[moment.hidden.kind], {"first": first, "others": " and ".join(others)})
        request = domain.requests[moment.public.request]
        return fill(_TEXT["user"], {"work": domain.work, "request": request, "wish": wish, "kind": kind})

    def goals(self, moment: Moment) -> list[Goal]:
        """Say what is true, take what is right, and get it."""
        game, want, state = _user(moment.setting).game, moment.hidden.spec, moment.state
        lied, taken, shown = False, False, None
        for seat, act in moment.past:
            if seat != moment.seat:
                shown = act
            elif isinstance(act, (Want, Edit)):
                place = game.places[act.aspect]
                lied |= game.aspects[place].values[want[place]] != act.value
            elif isinstance(shown, Draft):
                taken |= isinstance(act, Accept) != (game.spec(shown.version) == want)
        got = OPEN if state.mover is not None else MET if state.final == want else FAILED
        work = {"work": DOMAINS[moment.public.domain].work}
        statuses = (FAILED if lied else MET, FAILED if taken else MET, got)
        return [Goal(fill(text, work), status) for text, status in zip(_TEXT["goals"], statuses, strict=True)]

    def situation(self, moment: Moment) -> str:
        """The turn, and what there is to answer."""
        state, user = moment.state, _user(moment.setting)
        if state.mover is None:
            return "It is over."
        about, topic = "", state.topic
        if isinstance(topic, Ask):
            about = fill(_TEXT["asked"], {"aspect": topic.aspect})
        elif isinstance(topic, Draft):
            wrong = [user.game.aspects[place].name for place in user.wrong(topic, moment.hidden.spec)]
            verdict = fill(_TEXT["wrong"], {"wrong": ", ".join(wrong)}) if wrong else _TEXT["right"]
            about = fill(_TEXT["drafted"], {"version": topic.version, "verdict": verdict})
        elif topic is not None:
            about = _TEXT["shown"]
        return f"Turn {state.turn} of {user.game.turns}. {about}".strip()

    def acts(self, moment: Moment) -> list[Act]:
        """What such a user may do here; it is what the scripted one may draw."""
        return [act for _, act in _user(moment.setting).react(moment.hidden, moment.state).support]

    def admissible(self, moment: Moment, act: Act) -> str:
        """One of these acts."""
        possible = self.acts(moment)
        if act in possible:
            return ""
        shown = " or ".join(self.grammar.print(one) or "[talk]" for one in possible)
        problem = "It is not yet time to leave. " if isinstance(act, Leave) else ""
        if isinstance(act, (Want, Edit)) and any(type(one) is type(act) for one in possible):
            problem = "That is not what you want. "
        return f"{problem}All that you can do now is {shown}."

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """What can be had from anybody.

        At least: the likeliest version, delivered at once. At most: the right one, with as many searches as pay. Both
        as of the prior; they do not depend on `hidden`.
        """
        user = _user(setting)
        game, every = user.game, len(user.game.aspects)
        start = game.start()
        chance = dict(setting.prior.map(lambda one: one.spec))
        final = game.spec(user.delivery(start, chance).version)
        least = sum(p * game.worth(0, game.agree(final, spec)) for spec, p in chance.items())
        shows = range(min(every, game.turns - 1) + 1 if game.showing == "search" else 1)
        return least, max(game.worth((1 << k) - 1, every) - k * game.show_cost for k in shows)


CAST = DraftingCast()


def _user(setting: Setting) -> User:
    return cast(User, setting.mind)
