"""Clinic for a language model that decides: who the patient is, and the answers that keep to it."""

from __future__ import annotations

from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...simulated_users.cast import FAILED, MET, OPEN, Goal, Moment
from ...simulated_users.speech import fill
from ..content import content
from .complaints import COMPLAINTS
from .game import Answer, Ask, Leave, Reassure, Visit
from .mind import Patient, Waiting

_TEXT = content(__file__, "cast.toml")
_YES, _NO = Answer("yes"), Answer("no")
_LIKELY = 0.8  # what is so likely is certain for a patient that a model plays, and what is so unlikely never so


class ClinicCast:
    """A patient who answers by a model's decisions. See `Cast`.

    The scripted patient has a finding with some probability. This one is held to what is likely or unlikely with its
    illness; in between it decides freely. What it conceals it denies until it was reassured.
    """

    grammar = Grammar((Answer, Leave))

    def facts(self, moment: Moment) -> str:
        """What the patient has, what it says yes and no to, and what it conceals."""
        mind, hidden, public = _mind(moment.setting), cast(Patient, moment.hidden), moment.public
        sides = {name: _side(mind, hidden, name, calm=True) for name in mind.game.questions}
        yes, no, free = (", ".join(name for name in sides if sides[name] is side) for side in (_YES, _NO, None))
        told = ["person", *(["free"] if free else []), *(["guarded"] if hidden.guarded else [])]
        who = {"name": public.name, "trouble": COMPLAINTS[public.complaint].trouble, "illness": hidden.illness}
        who |= {
            "yes": yes or "nothing",
            "no": no or "nothing",
            "free": free,
            "delicate": " and ".join(mind.game.questions[place] for place in mind.delicate),
        }
        return " ".join(fill(_TEXT[name], who) for name in told)

    def goals(self, moment: Moment) -> list[Goal]:
        """Answer, keep to it, stay to the end, and get what helps and does no harm."""
        mind, hidden, state = _mind(moment.setting), cast(Patient, moment.hidden), moment.state
        asked, calm, missed, wrong, left = None, False, False, False, False
        for seat, act in moment.past:
            if seat != moment.seat:
                calm = calm or isinstance(act, Reassure)
                asked = act if isinstance(act, Ask) else None
            else:
                missed |= asked is not None and not isinstance(act, (Answer, Leave))
                wrong |= asked is not None and isinstance(act, Answer) and bool(_fault(mind, hidden, asked, calm, act))
                left |= isinstance(act, Leave) and state.turn < mind.game.turns
                asked = None
        good = state.drug is not None and mind.game.worth(hidden.illness, hidden.risk, state.drug) > 0.0
        helped = OPEN if state.mover is not None else MET if good else FAILED
        statuses = [FAILED if failed else MET for failed in (missed, wrong, left)]
        return list(map(Goal, _TEXT["goals"], (*statuses, helped)))

    def situation(self, moment: Moment) -> str:
        """The turn, whether it was reassured, and the question."""
        state: Visit = moment.state
        if state.mover is None:
            return "It is over."
        parts = [f"Turn {state.turn} of {_mind(moment.setting).game.turns}."]
        if state.calm:
            parts.append(_TEXT["calm"])
        if isinstance(state.topic, Ask):
            parts.append(fill(_TEXT["asked"], {"finding": state.topic.finding}))
        return " ".join(parts)

    def acts(self, moment: Moment) -> list[Act]:
        """Yes or no to a question; otherwise there is no choice."""
        state = moment.state
        if state.turn >= _mind(moment.setting).game.turns:
            return [Leave()]
        return [_YES, _NO] if isinstance(state.topic, Ask) else [Say()]

    def admissible(self, moment: Moment, act: Act) -> str:
        """An answer if there was a question, and one that is like the patient."""
        possible = self.acts(moment)
        if act not in possible:
            shown = " or ".join(self.grammar.print(one) or "[talk]" for one in possible)
            early = "It is not yet time to leave. " if isinstance(act, Leave) else ""
            return f"{early}All that you can do now is {shown}."
        state, hidden = moment.state, cast(Patient, moment.hidden)
        if isinstance(act, Answer):
            return _fault(_mind(moment.setting), hidden, state.topic, state.calm, act)
        return ""

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """At least what ends best at once; at most what a doctor gets that is told what is hidden.

        Both as of the prior; they do not depend on `hidden`.
        """
        mind, prior = _mind(setting), setting.prior
        end = mind.game.apply(Visit(mover="doctor"), "doctor", mind.game.best_end(prior))
        return setting.expected_payoff(end, prior), mind.known()


CAST = ClinicCast()


def _mind(setting: Setting) -> Waiting:
    return cast(Waiting, setting.mind)


def _side(mind: Waiting, hidden: Patient, finding: str, calm: bool) -> Answer | None:
    """What the patient has to answer; ``None`` if it is free."""
    p = mind.chance(hidden, Ask(finding), calm)
    return _YES if p >= _LIKELY else _NO if p <= 1.0 - _LIKELY else None


def _fault(mind: Waiting, hidden: Patient, topic: Any, calm: bool, act: Answer) -> str:
    """What is wrong with an answer for this patient."""
    right = _side(mind, hidden, topic.finding.lower(), calm)
    return (
        "" if right in (None, act) else f"That is not what you say: about {topic.finding.lower()} you say {right.word}."
    )
