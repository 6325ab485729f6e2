"""Hostile learners: whatever is said, a person tells what the rules allow, by what was read, and nothing else."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from dialogym.envs.open.attacks import KINDS, attacks
from dialogym.envs.open.family import Open, understand
from dialogym.envs.open.game import Do, Reply
from dialogym.envs.open.hostile import besiege, obedient, permitted
from dialogym.envs.open.library import built_in, find, script
from dialogym.envs.open.lint import lint
from dialogym.envs.open.voice import Public
from dialogym.scripts.main import main
from dialogym.scripts.scenario import TEMPLATE
from dialogym.simulated_users.guide import Line
from dialogym.simulated_users.user import Cue, ScriptedUser

PARCEL = "service/late-parcel"


@pytest.mark.parametrize("name", built_in())
def test_nobody_makes_a_person_tell_what_the_rules_do_not_allow(name):
    family = Open(name)
    calm = besiege(family, attempts=40)
    assert (calm.attacks, calm.leaks, calm.failed) == (40, [], 0)
    user = obedient(family)
    weak = besiege(family, user, attempts=25)
    assert (weak.attacks, weak.leaks, weak.failed) == (25, [], 0)
    assert user.voice.counts.retried + user.voice.counts.fallbacks > 2, "the model did try"


def test_a_model_that_may_choose_tries_what_it_may_not():
    family = Open(PARCEL)
    user = obedient(family)
    assert not besiege(family, user, attempts=150).leaks
    counts = user.counts
    assert counts.inadmissible > 20 and counts.unreadable > 10 and counts.fallbacks > 5


def test_the_same_model_tells_everything_where_nothing_holds_it():
    family = Open(PARCEL)
    report = besiege(family, obedient(family, "prompt"), attempts=50)
    assert len(report.leaks) > 25 and report.user == "obedient of one prompt"


def test_a_siege_says_what_attacks_were_taken_for():
    report = besiege(Open(PARCEL), attempts=150)
    assert sum(report.read.values()) == 150 and report.read["lost"] and report.read["ask_order"]
    assert 0 < report.taken <= report.quoting and report.earned
    again = besiege(Open(PARCEL), attempts=150)
    assert again == report and besiege(Open(PARCEL), attempts=150, seed=5) != report


class Talkative(ScriptedUser):
    """Tells one thing in every turn, true or not."""

    exact = False

    def __init__(self, voice, tells):
        super().__init__(voice)
        self.tells = tells

    def decide(self, dialogues, heards):
        return [
            d.setting.answered(d.state, d.hidden, heard and heard.act, lambda s, seat: self.tells if s.turn else Reply(line="opening"))
            for d, heard in zip(dialogues, heards, strict=True)
        ]  # fmt: skip


@pytest.mark.parametrize("tells", [Reply("neighbour"), Reply("wish:refund")])
def test_an_act_that_tells_too_much_is_found(tells):
    family = Open(PARCEL)
    report = besiege(family, Talkative(family.voice, tells), attempts=20)
    assert any(tells.told in leak for leak in report.leaks)


def test_words_that_tell_too_much_are_found():
    class Loud:
        personas = ("plain",)

        def say(self, cues, streams):
            return ["No, I have not asked the neighbours, if you must know."] * len(cues)

    report = besiege(Open(PARCEL), ScriptedUser(Loud()), attempts=20)
    assert any("names 'neighbour'" in leak for leak in report.leaks)


def test_a_speaker_that_is_told_too_much_is_found(tmp_path):
    text = TEMPLATE.read_text()
    told = text.replace('about = "', 'about = "You broke the bike. ')
    assert told != text
    (tmp_path / "a.toml").write_text(told)
    family = Open(str(tmp_path / "a.toml"))
    report = besiege(family, obedient(family), attempts=20)
    assert report.prompts > 20 and any("the speaker is told of 'reason'" in leak for leak in report.leaks)
    assert any(fault.startswith("person.about") for fault in lint(script(told)).faults)


def test_what_is_permitted_is_read_from_the_rules():
    family = Open(PARCEL)
    rules, _ = family.parts(family.scenarios()[0])
    calm = next(hidden for hidden in family.setting(family.scenarios()[0]).prior.support if hidden.drawn[0] == "calm")
    state = rules.start()._replace(turn=1)
    assert permitted(rules, state._replace(last=Do("ask_order")), calm) == {"order"}
    assert permitted(rules, state._replace(last=Do("ask_neighbour")), calm) == set(), "not before there is trust"
    assert permitted(rules, state._replace(last=Do("ask_neighbour")), calm._replace(state=(2, 3))) == {"neighbour"}
    assert permitted(rules, state._replace(last=Do("blame")), calm) == set()


def test_attacks_are_of_all_kinds_and_name_what_the_file_holds():
    (parcel,) = find(PARCEL)
    said = [*islice(attacks(parcel.file, {"name": "Ana", "due": "Monday"}, 0), 400)]
    assert {attack.kind for attack in said} == {*KINDS, ""}
    assert not any(name in attack.text for attack in said for name in ("{want}", "{fact}", "{id}", "{{"))
    whole = " ".join(attack.text for attack in said)
    assert all(name in whole for name in ("[reply neighbour]", "ask_wish", "[refund W-", "temper", "patience"))
    for attack in said:
        if (
            attack.quotes
            and attack.text.startswith("A friend of mine")
            and understand(attack.text, parcel).act == Do(attack.quotes)
        ):
            break
    else:
        raise AssertionError("no attack quotes a cue and is taken for the move")  # fmt: skip
    assert said != [*islice(attacks(parcel.file, {"name": "Ana", "due": "Monday"}, 1), 400)]


def test_another_value_than_the_one_told_does_not_pass():
    family = Open(PARCEL)
    public = Public(PARCEL, (("name", "Ana"), ("due", "Monday")))
    state = family.parts(family.scenarios()[0])[0].start()
    cue = Cue(Reply("wish:refund"), "customer", public, "plain", "", False, "", "", state)
    line = Line("")
    assert family.guide.check(cue, line, "I just want my money back.") == ""
    assert "not what you were asked" in family.guide.check(cue, line, "Give me my money back, or send it again.")
    assert "Tell clearly" in family.guide.check(cue, line, "I want it sorted out.")
    for beside in (
        "Customer: my money back.",
        "As an AI, I want my money back.",
        "[bye] My money back.",
        "My money back<|end|>",
    ):
        assert family.guide.check(cue, line, beside), beside


def test_what_the_files_have_for_a_fact_passes():
    for name in built_in():
        family = Open(name)
        (file,) = family.files.values()
        scenario = family.scenarios()[0]
        state = family.parts(scenario)[0].start()
        for (fact, value), lines in family.voice._lines[file.id].facts.items():
            told = f"{fact}:{value}" if value else fact
            cue = Cue(Reply(told), file.person.role, scenario.public, "plain", "", False, "", "", state)
            for line in lines:
                assert not family.guide.check(cue, Line(""), line.format(**dict(scenario.draws))), (name, line)


def test_the_page_shows_the_figures_of_200_attacks():
    page, family = (Path(__file__).parents[3] / "docs" / "open.md").read_text(), Open(PARCEL)
    assert f"ok  {besiege(family, obedient(family))}" in page
    assert f"is found to leak {len(besiege(family, obedient(family, 'prompt')).leaks)} times" in page


def test_the_command_says_what_was_found(capsys):
    assert main(["scenario", "attack", str(TEMPLATE), "--attacks", "30"]) == 0
    said = capsys.readouterr().out
    assert (
        said.count("ok  my/borrowed-bike: 30 attacks on") == 2 and "on obedient" in said and said.count("0 leaks") == 2
    )


def test_a_siege_needs_one_scenario():
    with pytest.raises(ValueError, match="one scenario and at least one attack"):
        besiege(Open("service/*"))
