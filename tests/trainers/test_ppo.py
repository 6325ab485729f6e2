"""PPO: what it reads, what its critic is shown, and runs in a trivial environment."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

import dialogym
from dialogym.core.dialogue import Dialogue
from dialogym.envs.make import make_engine
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import Failure, ScriptedUser
from dialogym.trainers import configs, critics, scoring
from dialogym.trainers.critics import SIZE, privileged_features
from dialogym.trainers.experience import Experience, Minibatch
from dialogym.trainers.ppo import PPOConfig, PPOTrainer, policy_terms, train_ppo

from .. import toy
from ..resuming import Interrupt, same_weights
from ..toy import TOY

ROOT = Path(__file__).parents[2]
MUMBLE = "ToyMumble-v0"


class Mumble(toy.Cafe):
    """The guest cannot be understood: only who sees the hidden state knows what is worth what."""

    voice = type("Mumbling", (), {"personas": ("plain",), "say": lambda self, cues, streams: ["Mmh."] * len(cues)})()


improvise = demonstrate = toy.improvise
HEURISTICS = {}
dialogym.register(MUMBLE, f"{__name__}:Mumble")


def config(out=Path("unused"), model="tiny", **changes):
    small = {
        "steps": 20,
        "episodes": 64,
        "minibatches": 4,
        "value_epochs": 2,
        "value_minibatches": 4,
        "learning_rate": 1e-3,
        "max_turn_tokens": 8,
    }
    small |= {"eval_every": 0, "final_episodes": 60, "compare": False, "threads": 1}
    return PPOConfig(**{"env_id": TOY, "out": out, "model": str(model), **small, **changes})


@pytest.fixture(scope="module")
def clone(noise):
    return noise


# ---- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["turn", "token"])
def test_actions_of_a_dialogue(clone, level):
    engine = make_engine(TOY, reward="goal=1,turn_cost=0.1")
    model, tokenizer = load_model(str(clone), engine)
    lengths = iter(range(1, 99))
    policy = LanguageModelPolicy(
        model, tokenizer, generate=lambda prompts: ([tokenizer.encode("a") * next(lengths) for _ in prompts], None)
    )  # ends are forced
    for dialogue in rollout(engine, policy, range(4)):
        record = policy.record(dialogue)
        experience = Experience.of(dialogue, record, level, "both")
        part = Minibatch.of([experience], pad=0)
        turns = [sum(record.mask[start:end]) for start, end in record.turns]
        assert experience.ids == record.ids and sum(experience.own) == sum(turns) == sum(experience.actions) == len(
            part.action_of
        )
        assert (
            turns == sorted(set(turns))
            and len(turns) == 3
            and sum(experience.rewards) == pytest.approx(sum(record.rewards))
        )
        places = np.flatnonzero(experience.own)
        begins = [len(record.prompt_ids) + start for start, _ in record.turns]
        if level == "turn":
            assert experience.actions == turns and experience.rewards == record.rewards
            assert list(places[part.starts]) == begins
        else:
            ends = np.cumsum(turns) - 1
            assert [experience.rewards[k] for k in ends] == record.rewards
            assert not any(reward for k, reward in enumerate(experience.rewards) if k not in ends)
            assert list(places[part.starts]) == list(places)
        assert experience.seen.shape == (len(experience.actions), SIZE)


@pytest.fixture(scope="module")
def learner(clone):
    return PPOTrainer(config(model=clone, episodes=12, level="turn", normalise=False), make_engine(TOY))


@pytest.fixture(scope="module")
def batch(learner):
    played, _ = learner.play(0)
    learner.compute_advantages(played)
    return played


def test_gradients_reach_own_tokens_only(learner, batch, monkeypatch):
    part = Minibatch.of(batch, pad=learner.speaker.tokenizer.pad_token_id)
    states = []

    def hidden(model, ids, mask, own):
        state = model.base_model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        state.retain_grad()
        states.append(state)
        return state[:, :-1][own[:, 1:].bool()]

    monkeypatch.setattr(scoring, "own_hidden", hidden)
    _, logprobs, entropies = learner.modules[0](part.ids, part.mask, part.own)
    terms = policy_terms(logprobs, entropies, part, clip=0.2)
    part.reference = part.logprobs - 0.1
    (terms["policy"] + terms["entropy"] + policy_terms(logprobs, entropies, part, 0.2)["kl"]).backward()
    learner.optimizers[0].zero_grad()
    reached = states[0].grad.abs().sum(-1) > 0
    assert torch.equal(reached[:, :-1], part.own[:, 1:].bool()) and not reached[:, -1].any()


def test_the_critic_has_no_gradient_in_the_policy(learner, batch):
    before = {name: value.clone() for name, value in learner.modules[0].state_dict().items()}
    learner.update_critic(batch, 0)
    assert all(parameter.grad is None for parameter in learner.modules[0].parameters())
    assert all(torch.equal(before[name], value) for name, value in learner.modules[0].state_dict().items())


def gradient_of(learner, batch):
    def loss(part, actions, tokens):
        _, logprobs, entropies = learner.reader(part.ids, part.mask, part.own)
        mean = policy_terms(logprobs, entropies, part, 0.2)["policy"] / actions - entropies.sum() / tokens
        return mean, mean[None]

    learner._gradient(batch, learner.reader, loss)
    gradient = torch.cat([parameter.grad.flatten() for parameter in learner.modules[0].parameters()])
    learner.optimizers[0].zero_grad()
    return gradient


def test_less_memory_same_gradient(learner, batch, clone, monkeypatch):
    whole = gradient_of(learner, batch)
    assert whole.abs().max() > 0.01
    other = PPOTrainer(config(model=clone, episodes=12, microbatch=5, gradient_checkpointing=True), make_engine(TOY))
    other._checkpoint_activations(True)
    torch.testing.assert_close(gradient_of(other, batch), whole, atol=1e-5, rtol=1e-3)
    monkeypatch.setattr(scoring, "plain_head", lambda model: False)  # any other model
    torch.testing.assert_close(gradient_of(learner, batch), whole, atol=1e-5, rtol=1e-3)


def test_a_batch_says_what_was_thought_when_it_was_played(learner, batch):
    part = Minibatch.of(batch, pad=learner.speaker.tokenizer.pad_token_id)
    with torch.no_grad():
        _, logprobs, _ = learner.modules[0](part.ids, part.mask, part.own)
    torch.testing.assert_close(logprobs, part.logprobs, atol=1e-4, rtol=1e-4)
    sampled = [
        sum(k for k, own in zip(r.logprobs, r.mask, strict=True) if own)
        for r in map(learner.player.record, kept(learner))
    ]
    assert sorted(sampled) == pytest.approx(sorted(episode.logprobs.sum() for episode in batch), abs=1e-3)


def kept(learner):
    return list(learner.player._records)


# ---- the privileged critic -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "env_id", ["Negotiation-v0", "Tutoring-v0", "Coaching-v0", "Spacing-v0", "GuidedSolving-v0", TOY]
)
def test_what_is_privileged(env_id):
    engine = make_engine(env_id)
    for dialogue in rollout(engine, make_policy("random", engine), range(2)):
        for k in range(len(dialogue.steps)):
            views = {sees: privileged_features(dialogue, k, sees) for sees in configs.SEES}
            assert all(
                view.shape == (SIZE,) and np.isfinite(view).all() and np.abs(view).max() < 50 for view in views.values()
            )
            elsewhere = privileged_features(with_hidden(dialogue, k), k, "both")
            np.testing.assert_array_equal(privileged_features(with_hidden(dialogue, k), k, "belief"), views["belief"])
            if len(dialogue.belief_at(k).support) > 1:
                assert not np.array_equal(elsewhere, views["both"])
                assert not np.array_equal(views["belief"], views["hidden"])


def with_hidden(dialogue, index):
    """The dialogue as it would look if the partner were somebody else whom it might be."""
    other = dialogue.fork()
    support = dialogue.belief_at(index).support
    someone = next((hidden for hidden in support if hidden != dialogue.hidden_at(index)), dialogue.hidden_at(index))

    class Else(Dialogue):
        __slots__ = ()

        def hidden_at(self, index):
            return someone

    other.__class__ = Else
    return other


def explained(critic, steps=4):
    """How much of the variance of returns a critic explains in the end, where tea is served whatever was ordered."""
    learner = PPOTrainer(
        config(env_id=MUMBLE, critic=critic, episodes=48, value_epochs=8, learning_rate=2e-3), make_engine(MUMBLE)
    )
    learner.modules[0].requires_grad_(False)
    tea = learner.player.chat.turn("[serve tea]")
    learner.player = LanguageModelPolicy(
        learner.player.model, learner.player.tokenizer, 8, generate=lambda prompts: ([tea] * len(prompts), None)
    )
    for step in range(steps):
        learner.set_rates(step)
        played, _ = learner.play(step)
        numbers = learner.compute_advantages(played)
        learner.update_critic(played, step)
    return numbers["explained_variance"]


def test_the_privileged_critic_knows_more():
    assert explained("privileged") > 0.8
    assert explained("head") < 0.2


def test_the_policy_sees_nothing_of_it(clone):
    plays = []
    for critic in critics.CRITICS:
        played, _ = PPOTrainer(config(model=clone, episodes=6, critic=critic), make_engine(TOY)).play(0)
        plays.append([(episode.ids, episode.logprobs.tolist()) for episode in played])
    assert plays[0] == plays[1] == plays[2]


# ---- runs ------------------------------------------------------------------------------------------------------------


def rows(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.long
@pytest.mark.parametrize(
    ("level", "critic"), [pytest.param("turn", "privileged", marks=pytest.mark.long), ("token", "head")]
)
def test_from_noise_to_the_optimum(clone, tmp_path, level, critic):
    budget = {"steps": 12, "learning_rate": 7e-4, "kl": 0.02}
    assert train_ppo(config(tmp_path, clone, level=level, critic=critic, **budget)) >= 0.9
    logged = rows(tmp_path)
    assert {
        "loss",
        "reward",
        "payoff",
        "entropy",
        "kl",
        "grad_norm",
        "learning_rate",
        "seconds",
        "episodes",
        "explained_variance",
    } <= set(logged[0])
    assert [row["episodes"] for row in logged] == [64 * (k + 1) for k in range(12)]
    assert list((tmp_path / "tensorboard").rglob("events*"))
    assert json.loads((tmp_path / "evaluation.json").read_text())[0]["policy"] == "trained"


@pytest.mark.parametrize(("critic", "at"), [pytest.param("privileged", 5, marks=pytest.mark.long), ("separate", 3)])
def test_resumed_equals_uninterrupted(clone, tmp_path, monkeypatch, critic, at):
    small = {
        "episodes": 8,
        "minibatches": 2,
        "value_minibatches": 2,
        "steps": 6,
        "save_every": 2,
        "critic": critic,
        "kl": 0.1,
        "value_epochs": 2,
        "final_episodes": 8,
        "eval_every": 3,
        "eval_episodes": 8,
    }
    whole, broken = (config(tmp_path / name, clone, **small) for name in ("whole", "broken"))
    train_ppo(whole)
    fit = PPOTrainer.update_critic

    def until(self, batch, step):
        if step == at:
            raise Interrupt
        return fit(self, batch, step)

    with monkeypatch.context() as patch:
        patch.setattr(PPOTrainer, "update_critic", until)
        with pytest.raises(Interrupt):
            train_ppo(broken)
    torch.manual_seed(99)
    train_ppo(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "ppo" / "model", broken.out / "ppo" / "model")
    lines = [
        [{key: value for key, value in row.items() if key != "seconds"} for row in rows(run.out)]
        for run in (whole, broken)
    ]
    assert lines[0] == lines[1]
    assert [row["step"] for row in lines[0] if "score" in row] == [0, 3, 6]
    assert any(row["kl"] > 0 for row in lines[0] if "kl" in row)
    with pytest.raises(FileExistsError, match="use --resume"):
        train_ppo(whole)


def test_the_policy_stops_where_it_has_moved_enough(clone):
    learner = PPOTrainer(config(model=clone, episodes=16, target_kl=0.001, learning_rate=5e-3), make_engine(TOY))
    played, _ = learner.play(0)
    learner.compute_advantages(played)
    learner.set_rates(0)
    numbers = learner.update_policy(played, 0)
    assert 1 <= numbers["updates"] < 16 and numbers["approx_kl"] > 0.001
    assert all(
        parameter.grad is None for parameter in learner.modules[0].parameters()
    )  # the last gradient was thrown away


@pytest.mark.long
def test_adapters_in_bfloat16(clone, tmp_path):
    settings = {
        "lora_rank": 4,
        "kl": 0.1,
        "bf16": True,
        "gradient_checkpointing": True,
        "critic": "separate",
        "episodes": 8,
        "steps": 2,
        "final_episodes": 8,
    }
    train_ppo(config(tmp_path, clone, **settings))
    logged = rows(tmp_path)
    assert 0.0 <= logged[0]["kl"] < 0.05 and logged[0]["grad_norm"] > 0.0
    engine = make_engine(TOY)
    model, _ = load_model(str(tmp_path / "ppo" / "model"), engine)
    assert any(
        "lora" in name and parameter.abs().sum() > 0 for name, parameter in model.named_parameters() if "lora_B" in name
    )


def test_dialogues_that_failed_are_dropped(clone):
    class Flaky(ScriptedUser):
        bad = (1, 3)

        def speak(self, dialogues, heards, texts, exchanges):
            said = super().speak(dialogues, heards, texts, exchanges)
            return [
                Failure("server gone") if d.seed % 10 in self.bad else words
                for d, words in zip(dialogues, said, strict=True)
            ]

    user = Flaky(make_engine(TOY).family.voice)
    learner = PPOTrainer(config(model=clone, episodes=10), make_engine(TOY, user=user))
    played, numbers = learner.play(0)
    assert len(played) == 8 and numbers["dropped"] == 2
    Flaky.bad = range(10)
    with pytest.raises(ConnectionError, match="server gone"):
        learner.play(1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"level": "word"}, "level must be one of turn, token; got 'word'"),
        ({"critic": "oracle"}, "critic must be one of head, separate, privileged; got 'oracle'"),
        ({"gae_lambda": 1.5}, "gae_lambda must be a number from 0 to 1, got 1.5"),
        ({"discount": 0.0}, "discount must be above 0 and at most 1, got 0.0"),
        ({"clip": 0.0}, "clip must be above 0, got 0.0"),
        ({"minibatches": 0}, "minibatches must be at least 1, got 0"),
        ({"target_kl": -1.0}, "target_kl must be at least 0, got -1.0"),
        ({"target_kl": float("nan")}, "target_kl must be at least 0, got nan"),
    ],
)
def test_wrong_arguments(wrong, message):
    with pytest.raises(ValueError, match=message):
        config(**wrong)
