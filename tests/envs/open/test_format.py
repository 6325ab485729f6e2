"""Scenario files: what is wrong with one is said with its place, and what can be read can be linted."""

from __future__ import annotations

import pickle

import pytest
from dialogym.envs.open.format import Scenario, read
from dialogym.envs.open.library import built_in, find, script
from dialogym.envs.open.lint import lint
from dialogym.scripts.scenario import TEMPLATE

TEXT = TEMPLATE.read_text()


def changed(old, new, count=1):
    assert old in TEXT
    return TEXT.replace(old, new, count)


def test_the_template_is_fine():
    verdict = lint(script(TEXT))
    assert verdict.faults == [] and verdict.figures["optimum"] == pytest.approx(0.94)


def in_time(names):
    """The first of most topics is tried by `make test`; the others, and those that take seconds, by `make test-long`."""
    topics = {"cowork", "court", "review"}
    for name in names:
        topic = name.split("/")[0]
        yield pytest.param(name, marks=pytest.mark.long) if topic in topics else name
        topics.add(topic)


@pytest.mark.parametrize("name", in_time(built_in()))
def test_every_scenario_of_the_library_is_fine(name):
    """Among other things its optimum is well above silence, leaving at once, and pressing."""
    (found,) = find(name)
    assert found.file.id == name
    verdict = lint(found)
    assert verdict.faults == [] and verdict.figures["optimum"] <= verdict.figures["secret known"] + 1e-12


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tell = "reason"', 'tell = "raeson"', "rule.0: fact 'raeson' is not among reason"),
        ('on = "demand"', 'on = "demnad"', "move or tool 'demnad' is not among ask_kindly, demand"),
        ('when = { hidden = { reason = "broken" } }', 'when = { hidden = { reason = "lost" } }', "value of reason 'lost' is not among broken, needed"),
        ("state = { mood = 0 }", "state = { mod = 0 }", "state 'mod' is not among mood"),
        ('outcome = "settled"', 'outcome = "setled"', "outcome 'setled' is not among"),
        ("{name} your bike", "{nome} your bike", "{nome} is not among name"),
        ('of = "reason"', 'off = "reason"', "fact.0.off: Extra inputs are not permitted"),
        ("turns = 6", "turns = 2", "turns: Input should be greater than or equal to 4"),
        ("broken = 0.5", "broken = -0.5", "hidden.reason: probabilities must not be negative"),
        ('id = "demand"', 'id = "offer_repair"', "moves and tools are named twice: offer_repair"),
        ('cues = ["\\\\brepair"', 'cues = ["(repair"', "is no regular expression"),
        ("start = 2", "start = 7", "state.mood: start must lie between min and max"),
        ('role = "borrower"', 'role = "friend"', "learner and person need different roles"),
        ("[score]", "[score", "line"),
        ('before = "offer_repair" }', 'before = "offer_repair", moved = "offer_repair" }', "'offer_repair' cannot come before itself"),
        ('on = "demand"\n', 'on = "demand"\nargs = { how = "loudly" }\n', "argument 'how' is not among none"),
        ("broken = [\"To be honest", "lost = [\"To be honest", "fact.reason.say: must be given by value of `of` (broken, needed)"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(old, new, said):
    with pytest.raises(ValueError) as error:
        read(changed(old, new), "my.toml")
    assert said in str(error.value) and str(error.value).startswith("my.toml: ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tell = "reason"', 'say = ["It is a secret."]', "fact 'reason' is never told"),
        ('when = { state = { mood = { min = 2 } } }', "", "rule 2 (on ask_kindly) never fits"),
        ('say = ["No need to shout."', 'say = ["You broke it, no need to shout."', "gives away the fact 'reason'"),
        ('"Is everything all right with the bike?"', '"Tell me all about the bike."', "is read as talk; mend its cues"),
        ('"Bring it at once."', '"Bring it at once, or repair it."', "is read as offer_repair"),
        ('"Oh, hi. You look as if you wanted something.",', "", "it can begin in 9 ways only"),
        ("cost = 0.03", "cost = 0.6", "nobody gains anything"),
        ('"Hey! What brings you here?"', f'"{"well " * 50}"', "has more than 40 words"),
        ('words = ["broke", "to work"]', 'words = ["bike shop"]', "nobody would notice that it is told"),
    ],
)  # fmt: skip
def test_what_is_odd_is_said(old, new, said):
    assert any(said in fault for fault in lint(script(changed(old, new))).faults)


def test_a_check_that_always_or_never_holds_is_named():
    always = changed('when = { outcome = "settled" }', "when = { state = { mood = { min = 0 } } }")
    assert "check 'settled' always holds: it rewards nothing" in lint(script(always)).faults
    never = changed(
        'when = { outcome = "settled" }',
        'when = { outcome = "settled", hidden = { reason = "broken" }, moved = "agree_date", not = { moved = "agree_date" } }',
    )
    assert "check 'settled' can never hold" in lint(script(never)).faults


def test_thoughtless_play_must_not_pay():
    easy = changed('when = { outcome = "settled" }', 'when = { not = { outcome = "quarrel" } }').replace("0.7", "0.95")
    faults = lint(script(easy)).faults
    assert any(fault.startswith("to leave at once gets 0.950, and the optimum is 1.190") for fault in faults)


def test_scenarios_are_found_by_name_pattern_file_and_folder(tmp_path):
    (tmp_path / "a.toml").write_text(TEXT)
    (tmp_path / "b.toml").write_text(changed("my/borrowed-bike", "my/other"))
    assert [one.file.id for one in find(str(tmp_path))] == ["my/borrowed-bike", "my/other"]
    assert find(str(tmp_path / "a.toml")) == (script(TEXT),)
    assert {one.file.id for one in find(["service/*", str(tmp_path / "a.toml")])} >= {
        "my/borrowed-bike",
        "service/late-parcel",
    }
    with pytest.raises(ValueError, match="service/late-parcel"):
        find("service/lost-parcel")
    with pytest.raises(ValueError, match="must be a name"):
        find(3)


def test_two_of_the_same_text_are_the_same():
    one = script(TEXT)
    again = pickle.loads(pickle.dumps(one))
    assert again == one and hash(again) == hash(one) and again.file == one.file


def test_the_schema_holds_every_table():
    assert {"hidden", "state", "fact", "move", "tool", "rule", "end", "score"} <= set(
        Scenario.model_json_schema()["properties"]
    )
