"""Words of a hearing: what an advocate is understood to say without tags, and what members say."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.content import content
from dialogym.envs.panel.cases import CASES
from dialogym.envs.panel.game import MEMBERS, POINTS, Argue, Probe, Rest
from dialogym.envs.panel.policies import PHRASES
from dialogym.envs.panel.voice import VOICE, understand
from dialogym.policies.collect import play

from ..bank import well_formed

SAID = content(__file__, "utterances.toml")
CONTEXT = ("deposit", "ben")
ROWS = [(text, Say()) for text in SAID["talk"]["said"]] + [(text, Rest()) for text in SAID["rest"]["all"]]
ROWS += [(text, Probe(who)) for who, some in SAID["probe"].items() for text in some]
ROWS += [(text, Argue(who, point)) for point in POINTS for who, some in SAID[point].items() for text in some]


@pytest.mark.parametrize(("text", "act"), ROWS)
def test_what_people_say_is_read_as_they_mean_it(text, act):
    heard = understand(text, CONTEXT)
    assert not heard.problem and heard.act == act


@pytest.mark.parametrize("text", SAID["ambiguous"]["said"])
def test_several_acts_are_ambiguous(text):
    assert understand(text, CONTEXT).problem == "ambiguous"


@pytest.mark.parametrize("case", SAID["elsewhere"])
def test_each_case_has_words_of_its_own(case):
    text, means = SAID["elsewhere"][case]
    assert understand(text, (case, "ben")).act == Argue(*means.split()[1:])
    assert understand(text, CONTEXT).act == Say()


def test_where_nobody_was_spoken_to_somebody_has_to_be_named():
    heard = understand("These photos show clean walls.", ("deposit", ""))
    assert heard.problem == "ambiguous" and "Anna, Ben or Cleo" in heard.reason
    assert understand("Hello Anna!", ("deposit", "")).act == Say()
    assert understand("I rest my case.", ("deposit", "")).act == Rest()


@pytest.mark.parametrize("key", CASES)
def test_what_a_case_argues_is_read_as_that_point(key):
    case = CASES[key]
    for point in POINTS:
        texts = [case.argued[point], f"Let me say something about {case.called[point]}.", f"I have a {point}."]
        texts += [
            phrase.format(tag="", name="Cleo", argued=case.argued[point], point=case.called[point]).strip()
            for phrase in PHRASES["argue"][1:]
        ]
        for text in texts:
            who = "cleo" if "Cleo" in text else "ben"
            heard = understand(text, (key, "cleo" if who == "cleo" else "ben"))
            assert heard.act == Argue(who, point), (text, heard)


@pytest.mark.parametrize("kind", ["probe", "rest"])
def test_demonstrations_read_as_they_bind(kind):
    for phrase in PHRASES[kind][1:]:
        act = understand(phrase.format(tag="", name="Cleo").strip(), CONTEXT).act
        assert act == (Probe("cleo") if kind == "probe" else Rest()), phrase


def test_cases_are_well_formed():
    assert len(CASES) >= 20
    for case in CASES.values():
        assert all(case.called[point].startswith("the ") for point in POINTS)
        assert not any(character.isdigit() for point in POINTS for character in case.called[point])
        for text in case.argued.values():
            well_formed(text)
        for point in POINTS:
            others = [case.called[other] for other in POINTS if other != point]
            assert not any(case.called[point] in other for other in others)


def test_members_do_not_repeat_each_other():
    replies = [step.reply for dialogue in play("Panel-v0", "scripted", range(200)) for step in dialogue.steps]
    said = {line.partition(": ")[2] for text in replies for line in text.splitlines()} - {""}
    assert len(said) >= 250
    for text in said:
        well_formed(text)


def test_each_has_a_way_of_speaking():
    assert set(VOICE.personas) == {"terse", "friendly", "formal", "chatty", "shy"}
    [dialogue] = play("Panel-v0", "scripted", [3])
    assert {seat for seat, _ in dialogue.persona} == set(MEMBERS) if isinstance(dialogue.persona, tuple) else True
