"""Service for a language model that decides: who the customer is, and the answers that keep to it.

The desk is not cast: it returns what its orders are.
"""

from __future__ import annotations

from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .domains import DOMAINS
from .game import Ask, Confirm, HangUp, Helpline, Tell
from .mind import Callers

_TEXT = content(__file__, "cast.toml")
SHORTEST = 4  # turns of the shortest way to a change: identity, lookup, proposal, deed


class ServiceCast:
    """A customer who answers by a model's decisions. See `Cast`.

    Wish, order and alternative are told as they are. It decides freely whether it is curt, whether it agrees to what it
    does not want, and, if it is in a hurry, when it hangs up.
    """

    grammar = Grammar((Tell, HangUp))

    def facts(self, moment: Moment) -> str:
        """What the customer wants, and what it is like."""
        public, hidden, domain = moment.public, moment.hidden, DOMAINS[moment.public.domain]
        other = _mind(moment.setting).game.other(hidden.wish)
        who = {
            "name": public.name,
            "place": public.place,
            "one": domain.one,
            "things": domain.things,
            "doing": domain.doing[hidden.wish],
            "instead": domain.instead.get(other, ""),
            "item": public.items[hidden.order - 1],
        }
        told = [
            "person",
            "remembers" if hidden.remembers else "forgot",
            "flexible" if hidden.flexible else "fixed",
        ]
        told = [*(["impostor"] if hidden.impostor else told), "hurried" if hidden.hurried else "calm"]
        return " ".join(fill(_TEXT[name], who) for name in told)

    def goals(self, moment: Moment) -> list[Goal]:
        """Get what is wanted; say what is so; stay."""
        state, game = moment.state, _mind(moment.setting).game
        got = MET if state.done == game.target(moment.hidden) else OPEN if state.mover else FAILED
        wrong = left = False
        for _, act in moment.past:
            left |= isinstance(act, HangUp) and not moment.hidden.hurried
            wrong |= act == Tell("unsure") and moment.hidden.remembers
        return list(map(Goal, _TEXT["goals"], (got, FAILED if wrong else MET, FAILED if left else MET)))

    def situation(self, moment: Moment) -> str:
        """The turn, and what has to be answered."""
        state, topic, domain = moment.state, moment.state.pending, DOMAINS[moment.public.domain]
        if state.mover is None:
            return "It is over."
        about = ""
        if isinstance(topic, Ask):
            about = fill(_TEXT["asked"][topic.topic], {"thing": domain.thing})
        elif isinstance(topic, Confirm):
            about = fill(
                _TEXT["asked"]["confirm"], {"deed": topic.action, "item": moment.public.items[topic.number - 1]}
            )
        return f"Turn {state.turn} of the agent. {about}".strip()

    def acts(self, moment: Moment) -> list[Act]:
        """What fits the question; to hang up for those in a hurry, from the third turn on."""
        hidden, state, mind = moment.hidden, moment.state, _mind(moment.setting)
        topic, acts = state.pending, list[Act]()
        if isinstance(topic, Confirm):
            acts += [Tell("yes")] if mind.wants(hidden, topic) else [Tell("yes"), Tell("no")]
        elif isinstance(topic, Ask) and topic.topic == "identity":
            acts += [Tell("email"), Tell("email", "curt"), *[Tell("unsure")] * hidden.impostor]
        else:
            acts.append(Tell(mind.fact(hidden, topic.topic)) if isinstance(topic, Ask) else Say())
        return [*acts, HangUp()] if hidden.hurried and state.turn > 2 else acts

    def admissible(self, moment: Moment, act: Act) -> str:
        """One of the acts that fit."""
        possible = self.acts(moment)
        if act in possible:
            return ""
        return f"All that you can do now is {' or '.join(self.grammar.print(one) or '[talk]' for one in possible)}."

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """At least what closing at once pays, at most what the shortest way to the right end pays.

        Both as of the prior; they do not depend on `hidden`.
        """
        game = setting.game_as(Helpline)
        nothing = setting.prior.map(game.target).probability(None)
        return nothing, nothing + (1.0 - nothing) * (1.0 - SHORTEST * game.cost)


CAST = ServiceCast()


def _mind(setting: Setting) -> Callers:
    return cast(Callers, setting.mind)
