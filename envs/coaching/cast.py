"""Coaching for a language model that decides: who the client is, and the answers that keep to it."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .domains import DOMAINS
from .game import Answer, Ask, Leave, Suggest
from .mind import Client

_TEXT = content(__file__, "cast.toml")
_YES, _NO = Answer("yes"), Answer("no")


class CoachingCast:
    """A client who answers by a model's decisions. See `Cast`.

    The scripted client answers imprecisely. This one is held to what speaks for the strategy that suits it; it decides
    freely where an attribute has nothing to do with that, and where a suggestible client is led towards another
    strategy.
    """

    grammar = Grammar((Answer, Leave))

    def facts(self, moment: Moment) -> str:
        """What the client wants, what would suit it, and what it says yes and no to."""
        public, domain, sides = moment.public, DOMAINS[moment.public.domain], _sides(moment)
        yes, no, free = (", ".join(name for name in sides if sides[name] == side) for side in (1, -1, 0))
        told = ["person", *(["free"] if free else []), *(["suggestible"] if _mind(moment.setting).conformity else [])]
        who = {"name": public.name, "goal": domain.goal, "strategy": moment.hidden}
        who |= {"doing": domain.strategies[moment.hidden], "yes": yes or "none", "no": no or "none", "free": free}
        return " ".join(fill(_TEXT[name], who) for name in told)

    def goals(self, moment: Moment) -> list[Goal]:
        """Answer, truly, stay to the end, and be recommended what suits."""
        state, asked, missed, wrong, left = moment.state, None, False, False, False
        for seat, act in moment.past:
            if seat != moment.seat:
                asked = act if isinstance(act, (Ask, Suggest)) else None
            else:
                missed |= asked is not None and not isinstance(act, (Answer, Leave))
                wrong |= asked is not None and isinstance(act, Answer) and bool(_fault(moment, asked, act))
                left |= isinstance(act, Leave) and state.turn < _mind(moment.setting).game.turns
                asked = None
        suited = OPEN if state.mover is not None else MET if state.recommended == moment.hidden else FAILED
        statuses = [FAILED if failed else MET for failed in (missed, wrong, left)]
        return list(map(Goal, _TEXT["goals"], (*statuses, suited)))

    def situation(self, moment: Moment) -> str:
        """The turn and the question."""
        state, topic = moment.state, moment.state.topic
        if state.mover is None:
            return "It is over."
        about = ""
        if isinstance(topic, Ask):
            about = fill(_TEXT["asked"], {"attribute": topic.attribute})
        elif isinstance(topic, Suggest):
            doing = DOMAINS[moment.public.domain].strategies[topic.strategy]
            about = fill(_TEXT["suggested"], {"strategy": topic.strategy, "doing": doing})
        return f"Turn {state.turn} of {_mind(moment.setting).game.turns}. {about}".strip()

    def acts(self, moment: Moment) -> list[Act]:
        """Yes or no to a question; otherwise there is no choice."""
        state = moment.state
        if state.turn >= _mind(moment.setting).game.turns:
            return [Leave()]
        return [Say()] if state.topic is None else [_YES, _NO]

    def admissible(self, moment: Moment, act: Act) -> str:
        """An answer if there was a question, and one that is like the client."""
        possible = self.acts(moment)
        if act not in possible:
            shown = " or ".join(self.grammar.print(one) or "[talk]" for one in possible)
            early = "It is not yet time to leave. " if isinstance(act, Leave) else ""
            return f"{early}All that you can do now is {shown}."
        return _fault(moment, moment.state.topic, act) if isinstance(act, Answer) else ""

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """What can be found out with yes and no.

        At most: the best tree of questions that could be, had each answer whatever meaning the coach liked best. At
        least: the best that asks only about what every client still possible has to answer truly. Both as of the prior;
        they do not depend on `hidden`.
        """
        mind = _mind(setting)
        return _bounds(mind.profile, mind.game.credit, mind.game.cost, mind.game.turns)


CAST = CoachingCast()


def _mind(setting: Setting) -> Client:
    return cast(Client, setting.mind)


def _sides(moment: Moment) -> dict[str, int]:
    """Attribute -> 1 if the client says yes to it, -1 for no, 0 if it is free."""
    mind = _mind(moment.setting)
    return dict(zip(mind.game.attributes, mind.profile[mind.game.strategies.index(moment.hidden)], strict=True))


def _fault(moment: Moment, topic: Act | None, act: Answer) -> str:
    """What is wrong with an answer for this client."""
    if isinstance(topic, Ask):
        side = _sides(moment).get(topic.attribute.lower(), 0)
        if side and act.word != ("yes" if side > 0 else "no"):
            return f"That is not true of you: about {topic.attribute.lower()} you say {'yes' if side > 0 else 'no'}."
    if isinstance(topic, Suggest):
        suits = topic.strategy.lower() == moment.hidden
        if suits and act.word == "no":
            return f"{topic.strategy} is what suits you: say yes."
        if not suits and act.word == "yes" and _mind(moment.setting).conformity == 0.0:
            return f"{topic.strategy} does not suit you: say no."
    return ""


@cache
def _bounds(
    profile: tuple[tuple[int, ...], ...], credit: tuple[tuple[float, ...], ...], cost: float, turns: int
) -> tuple[float, float]:
    total = len(credit)
    near = max((credit[i][j] for i in range(total) for j in range(total) if i != j), default=0.0)
    best = max(credit[i][i] for i in range(total))

    @cache
    def most(count: int, questions: int) -> float:
        """Of `count` clients who are equally likely."""
        value = (best + (count - 1) * max(near, 0.0)) / count
        if questions and count > 1:
            split = max(
                (a * most(a, questions - 1) + (count - a) * most(count - a, questions - 1)) / count
                for a in range(1, count // 2 + 1)
            )
            value = max(value, split - cost)
        return value

    @cache
    def least(possible: tuple[int, ...], questions: int) -> float:
        value = max(sum(credit[right][said] for right in possible) / len(possible) for said in range(total))
        if questions and len(possible) > 1:
            for column in {tuple(profile[right][place] for right in possible) for place in range(len(profile[0]))}:
                if 0 in column or len(set(column)) < 2:
                    continue  # somebody may answer either way, or it tells nothing
                sides = [
                    tuple(right for right, answer in zip(possible, column, strict=True) if answer == side)
                    for side in (1, -1)
                ]
                value = max(value, sum(len(side) * least(side, questions - 1) for side in sides) / len(possible) - cost)
        return value

    # a recommendation takes the last turn
    return max(0.0, least(tuple(range(total)), turns - 1)), most(total, turns - 1)
