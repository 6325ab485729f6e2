"""Policies that read and choose acts: they speak like anybody, and nothing hidden reaches them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from dialogym.envs.encoding import Encoding
from dialogym.envs.make import make_engine
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies.acts.network import ActNetwork, Shape, load_network, save_network
from dialogym.policies.acts.policy import ActPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout

from ..envs.test_encoding import without_secrets
from ..reach import ONE_OF_EACH, in_few
from ..toy import TOY


def policy_for(env_id, cell="transformer", seed=0, **options):
    engine = make_engine(env_id)
    encoding = Encoding(engine.family)
    torch.manual_seed(seed)
    slots = len(encoding.slots)
    network = ActNetwork(encoding.sizes, {"policy": slots, "value": 1, "q": slots}, Shape(cell, 16, 1))
    with torch.no_grad():
        for weights in network.heads.parameters():
            weights.normal_(std=0.5)  # acts and values that differ
    return engine, ActPolicy(network, encoding, engine, **options)


def story(dialogue):
    return [(step.act, step.reply, step.payoff) for step in dialogue.steps]


def deeds(dialogue):
    """What happened, apart from words: the others answer words that mean the same in their own way."""
    return [(step.act, step.exchange.replies, step.after, step.payoff) for step in dialogue.steps]


@pytest.mark.parametrize("env_id", in_few([*ONE_OF_EACH, TOY]))
def test_words_do_what_the_acts_say(env_id):
    engine, policy = policy_for(env_id, temperature=1.0)
    worded = list(rollout(engine, policy, range(16)))
    assert all(not step.problem for dialogue in worded for step in dialogue.steps)
    for dialogue in worded:
        chosen = [policy.encoding.act(dialogue.scenario, slot) for slot in policy.memory(dialogue).slots]
        assert chosen == [step.act for step in dialogue.steps]
    terse = ActPolicy(policy.network, policy.encoding, engine, temperature=0.0, worded=False)
    wordy = ActPolicy(policy.network, policy.encoding, engine, temperature=0.0)
    one, other = (list(rollout(engine, speaker, range(16))) for speaker in (terse, wordy))
    assert list(map(deeds, one)) == list(map(deeds, other))


def test_it_has_ways_to_put_an_act():
    engine, policy = policy_for("Negotiation-v0", temperature=1.0)
    said = {step.text for dialogue in rollout(engine, policy, range(40)) for step in dialogue.steps}
    assert any(not text.startswith("[") and "[offer" in text for text in said)
    engine, policy = policy_for("Negotiation-v0", temperature=1.0, worded=False)
    assert all(
        text.startswith("[") or text == "Let me think about it."
        for text in {step.text for dialogue in rollout(engine, policy, range(40)) for step in dialogue.steps}
    )


@pytest.mark.parametrize("cell", ["transformer", "gru"])
def test_a_dialogue_does_not_depend_on_the_others_of_the_batch(cell):
    engine, policy = policy_for("Coaching-v0", cell, temperature=1.0)
    together = list(rollout(engine, policy, range(12)))
    alone = list(rollout(engine, policy, range(12), batch=1))
    assert list(map(story, together)) == list(map(story, alone))
    for one, other in zip(together, alone, strict=True):
        assert policy.memory(one).logprobs == pytest.approx(policy.memory(other).logprobs, abs=1e-5)


@pytest.mark.parametrize("cell", ["transformer", "gru"])
def test_a_turn_sees_no_later_one(cell):
    _, policy = policy_for("Tutoring-v0", cell)
    turns = torch.randint(0, 2, (3, 6, len(policy.encoding.sizes)))
    whole = policy.network(turns)
    for length in (1, 3):
        part = policy.network(turns[:, :length])
        assert all(torch.allclose(part[name], whole[name][:, :length], atol=1e-5) for name in whole)
    later = turns.clone()
    later[:, 3:] = 1 - later[:, 3:]
    assert torch.allclose(policy.network(later)["policy"][:, :3], whole["policy"][:, :3], atol=1e-5)
    assert not torch.allclose(policy.network(later)["policy"][:, 3:], whole["policy"][:, 3:], atol=1e-5)


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "SpacingSmall-v0"])
def test_what_it_says_follows_from_public_things_alone(env_id):
    engine, policy = policy_for(env_id)
    for dialogue in rollout(engine, make_policy("random", engine), range(8)):
        assert policy.respond([without_secrets(dialogue)]) == policy.respond([dialogue])


def test_it_goes_on_where_others_spoke():
    engine, policy = policy_for("GuidedSolving-v0", temperature=1.0)
    scripted = make_policy("scripted", engine)

    class Relay:
        name = "relay"

        def respond(self, dialogues, streams):
            own = len(dialogues[0].steps) % 2
            return (policy if own else scripted).respond(dialogues, streams)

    for dialogue in rollout(engine, Relay(), range(8)):
        slots = policy.memory(dialogue).slots if policy in dialogue.memo else []
        assert all(slots[k] >= 0 for k in range(1, len(slots), 2)) and all(
            slots[k] == -1 for k in range(0, len(slots), 2)
        )


def test_the_same_numbers_give_the_same_words_and_likelier_acts_are_drawn_more_often():
    engine, policy = policy_for("Negotiation-v0", temperature=1.0)
    one, other = (list(map(story, rollout(engine, policy, range(20)))) for _ in range(2))
    assert one == other
    firsts = list(rollout(engine, policy, [5] * 2000, 2000, attempts=range(2000)))
    slots = np.array([policy.memory(dialogue).slots[0] for dialogue in firsts])
    logprobs = {policy.memory(d).slots[0]: policy.memory(d).logprobs[0] for d in firsts}
    for slot, logprob in logprobs.items():
        share, p = (slots == slot).mean(), np.exp(logprob)
        assert abs(share - p) < 4.5 * np.sqrt(p * (1 - p) / 2000) + 1e-3


def test_values_guide_it():
    engine, policy = policy_for("Coaching-v0")
    plain = [policy.memory(dialogue).slots for dialogue in rollout(engine, policy, range(8))]
    policy.guide = 1e6
    for dialogue, unguided in zip(rollout(engine, policy, range(8)), plain, strict=True):
        memory = policy.memory(dialogue)
        worth = policy.network(torch.from_numpy(np.stack(memory.rows))[None])["q"][0]
        best = worth.masked_fill(~torch.from_numpy(np.stack(memory.legal)), -1e9).argmax(-1).tolist()
        assert memory.slots == best != unguided


# ---- on disk


def test_it_is_saved_and_loaded_by_name(tmp_path):
    engine, policy = policy_for("Tutoring-v0")
    save_network(tmp_path, policy.network, policy.encoding, guide=0.5)
    loaded = make_policy(f"acts:{tmp_path}", engine)
    policy.guide = 0.5
    assert list(map(story, rollout(engine, loaded, range(12)))) == list(map(story, rollout(engine, policy, range(12))))
    assert loaded.name == f"acts:{tmp_path}" and loaded.guide == 0.5
    result = evaluate("Tutoring-v0", f"acts:{tmp_path}", 20)
    assert result.policy == f"acts:{tmp_path}" and result.score is not None
    other = make_engine("TutoringEasy-v0")  # of the same family, with other settings
    assert len(list(rollout(other, make_policy(f"acts:{tmp_path}", other), range(4)))) == 4


def test_what_cannot_be_loaded_says_so(tmp_path):
    engine, policy = policy_for(TOY)
    with pytest.raises(ValueError, match=r"folder with acts\.json"):
        make_policy(f"acts:{tmp_path}", engine)
    save_network(tmp_path, policy.network, policy.encoding)
    with pytest.raises(ValueError, match=r"must be of envs\.coaching\.family:Coaching"):
        load_network(tmp_path, make_engine("Coaching-v0").family)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"cell": "lstm"}, "cell must be one of"), ({"width": 30}, "multiple of heads"), ({"layers": 0}, "at least 1")],
)
def test_shapes_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        Shape(**options)
