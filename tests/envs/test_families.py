"""What the words and the baselines of every family must do beside the conformance suite."""

from __future__ import annotations

import pytest
from dialogym.envs.make import make_engine
from dialogym.envs.registration import families
from dialogym.policies.collect import play
from hypothesis import given, settings
from hypothesis import strategies as st

from ..reach import FEW, in_few
from .bank import grammars, heard, samples, seconds, survives

FAMILIES = {ids[0]: ids for path, ids in families().items() if path.startswith("dialogym.envs.")}
CASES = [(env_id, {}) for env_id in FAMILIES] + [("CoachingSuggestible-v0", {}), ("Negotiation-v0", {"role": "seller"})]
each_case = pytest.mark.parametrize(("env_id", "options"), CASES)
some_cases = pytest.mark.parametrize(
    ("env_id", "options"),
    [pytest.param(*case, marks=() if case[0] in FEW else pytest.mark.long) for case in CASES],
)

LONG = (
    "a " * 100_000, "2/3 " * 50_000, "dog. " * 50_000, "$240 " * 50_000, "not " * 290 + "2/3", "not " * 140 + "15 dollars", "a'" * 300, "i now " * 95, "i will " * 84,
    "all " * 145, "step 1 " * 80, "dot dash " * 65, "\ue000" * 599, "1" * 590, "(" * 590, "ﷺ" * 590, "İ" * 590, ", ".join(["dot dash"] * 50),
)  # fmt: skip


def spoken(env_id, options):
    """One utterance of the bank for each intent, with the line that orders it."""
    return samples(heard(env_id, 15, "random", **options))


@each_case
@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=300))
def test_a_guide_judges_any_words_and_always_alike(env_id, options, text):
    survives(make_engine(env_id).family.guide, spoken(env_id, options), text)


@some_cases
def test_long_words_take_a_guide_no_time(env_id, options):
    guide = make_engine(env_id).family.guide
    for text in LONG:
        assert seconds(guide, spoken(env_id, options), text) < 0.2


@each_case
def test_llama_cpp_reads_the_grammars_of_a_guide(env_id, options, accepted_grammar):
    guide, said = make_engine(env_id).family.guide, spoken(env_id, options)
    quoted = [(cue._replace(reason='In [a B], it is not "\\".', problem="malformed"), *rest) for cue, *rest in said]
    made = grammars(guide, [*said, *quoted])
    assert len(made) >= len(said)
    for grammar in made:
        assert accepted_grammar(grammar) and not accepted_grammar(grammar + "root ::= (")


@pytest.mark.parametrize("env_id", in_few(env_id for ids in FAMILIES.values() for env_id in ids))
def test_policies_that_decide_as_others_lose_no_turn(env_id):
    for name in make_engine(env_id).family.baselines.VARIANTS:
        for grammar in ("natural", "tagged"):
            dialogues = list(play(env_id, name, range(60), grammar=grammar))
            assert all(dialogue.over for dialogue in dialogues)
            assert not [step.text for dialogue in dialogues for step in dialogue.steps if step.problem], name


@some_cases
def test_demonstrations_come_to_the_same_with_tags_alone(env_id, options):
    acts = [
        [[step.act for step in d.steps] for d in play(env_id, "scripted", range(100), grammar=grammar, **options)]
        for grammar in ("natural", "tagged")
    ]
    assert acts[0] == acts[1]
