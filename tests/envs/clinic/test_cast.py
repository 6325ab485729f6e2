"""The cast of the clinic: which answers keep to what a patient has and conceals, and what a doctor can expect of it."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.clinic.family import Clinic
from dialogym.envs.clinic.game import Answer, Ask, Leave, Prescribe, Reassure, Visit
from dialogym.envs.clinic.mind import Patient
from dialogym.simulated_users.cast import FAILED, MET, OPEN, Moment

FAMILY = Clinic()
SCENARIO = FAMILY.scenarios()[0]
SETTING = FAMILY.setting(SCENARIO)
YES, NO = Answer("yes"), Answer("no")


def moment(finding, hidden, calm=False, past=(), **state):
    public = Visit(1, "patient", 1, calm, Ask(finding) if finding else None)._replace(**state)
    return Moment(SETTING, SCENARIO.public, hidden, "patient", public, past)


def may(finding, hidden, calm=False):
    """The answers that the patient may give."""
    here = moment(finding, hidden, calm)
    return {act.word for act in FAMILY.cast.acts(here) if not FAMILY.cast.admissible(here, act)}


def test_a_patient_answers_as_it_is():
    surge = Patient("surge", False, False)
    assert may("nausea", surge) == {"yes"} and may("fever", surge) == {"no"} and may("stress", surge) == {"yes", "no"}
    assert may("medicines", surge) == {"no"} and may("medicines", surge._replace(risk=True)) == {"yes"}


def test_a_guarded_patient_denies_until_it_was_reassured():
    echo = Patient("echo", True, True)
    for finding in ("painkillers", "medicines"):
        assert may(finding, echo) == {"no"} and may(finding, echo, calm=True) == {"yes"}
        assert may(finding, echo._replace(guarded=False)) == {"yes"}
    assert "rather not talk about painkillers and medicines" in FAMILY.cast.facts(moment("", echo))
    assert "rather not" not in FAMILY.cast.facts(moment("", echo._replace(guarded=False)))
    assert "say yes: painkillers, medicines" in FAMILY.cast.facts(moment("", echo))


def test_there_is_a_choice_only_where_something_was_asked():
    echo = Patient("echo", True, True)
    assert FAMILY.cast.acts(moment("", echo)) == [Say()] and FAMILY.cast.acts(moment("", echo, turn=6)) == [Leave()]
    assert FAMILY.cast.admissible(moment("", echo), Leave()) and FAMILY.cast.admissible(moment("fever", echo), Say())
    assert "Turn 1 of 6" in FAMILY.cast.situation(moment("fever", echo)) and "fever" in FAMILY.cast.situation(
        moment("fever", echo)
    )
    assert "promised" in FAMILY.cast.situation(moment("fever", echo, calm=True))


def test_goals():
    echo = Patient("echo", True, True)
    past = (("doctor", Ask("painkillers")), ("patient", NO), ("doctor", Reassure()), ("patient", Say()))
    assert [goal.status for goal in FAMILY.cast.goals(moment("", echo, past=past))] == [MET, MET, MET, OPEN]
    wrong = (*past, ("doctor", Ask("medicines")), ("patient", NO), ("doctor", Prescribe("echo-tablets")))
    ended = moment("", echo, past=wrong, mover=None, drug="echo-tablets", ending="prescribed")
    assert [goal.status for goal in FAMILY.cast.goals(ended)] == [MET, FAILED, MET, FAILED]
    helped = moment("", echo, past=past, mover=None, drug="echo-drops", ending="prescribed")
    assert [goal.status for goal in FAMILY.cast.goals(helped)] == [MET, MET, MET, MET]


def test_bounds():
    assert FAMILY.cast.bounds(SETTING, None) == pytest.approx((0.35, 0.7 + 0.3 * 0.75))
