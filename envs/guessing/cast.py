"""Guessing for a language model that decides: there is nothing to decide, since answers are true.

A riddle is told by somebody who hears every question well and has time: no answer is wrong, and nobody leaves early.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Solution
from ...simulated_users.cast import FAILED, MET, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .game import Leave, Reply
from .mind import Story, Teller

_TEXT = content(__file__, "cast.toml")


class GuessingCast:
    """A thinker whose answers follow from what it thinks of. See `Cast`."""

    grammar = Grammar((Reply, Leave))

    def facts(self, moment: Moment) -> str:
        """What is thought of."""
        hidden = moment.hidden
        shown = ", ".join(f"{k} {v}" for k, v in hidden._asdict().items()) if isinstance(hidden, Story) else hidden
        return fill(_TEXT["thinker"], {"name": moment.public.name, "hidden": shown})

    def goals(self, moment: Moment) -> list[Goal]:
        """To answer, and truly."""
        own = [act for act in moment.own() if isinstance(act, Reply)]
        asked = sum(not isinstance(act, Say) for seat, act in moment.past if seat != moment.seat)
        return [Goal(_TEXT["goals"][0], MET if len(own) + 1 >= asked else FAILED), Goal(_TEXT["goals"][1], MET)]

    def situation(self, moment: Moment) -> str:
        """The question."""
        topic = moment.state.topic
        return "" if topic is None else fill(_TEXT["asked"], {"question": str(topic)})

    def acts(self, moment: Moment) -> list[Act]:
        """The one true act."""
        return [_true(moment)]

    def admissible(self, moment: Moment, act: Act) -> str:
        """That act."""
        right = _true(moment)
        return "" if act == right else f"All that you can do now is {self.grammar.print(right) or '[talk]'}."

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """The optimum against answers that are all true: of a riddle, with a teller who hears well and stays."""
        mind = setting.mind
        if not isinstance(mind, Teller):
            value = setting.solution.start_value()
            return value, value
        kind = replace(mind, noise=0.0, hurried=0.0, leave=0.0)
        value = Solution(kind.game, kind, setting.seat, kind.candidates).start_value()
        return value, value


CAST = GuessingCast()


def _true(moment: Moment) -> Act:
    """What the scripted mind most likely does if it stays."""
    mind: Any = moment.setting.mind
    outcomes = mind.react(moment.hidden, moment.state)
    staying = [(act, p) for (_, act), p in outcomes if not isinstance(act, Leave)]
    if not staying:
        return Leave()
    return max(staying, key=lambda outcome: outcome[1])[0]
