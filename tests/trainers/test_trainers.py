"""The trainers: they learn a trivial environment, resume as if nothing had happened, and train on the model's own tokens only."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.episodes import read_episodes
from dialogym.envs.make import make_engine
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.results import Evaluation
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.rollout import rollout
from dialogym.trainers import checkpoints
from dialogym.trainers.bc import BCConfig, train_bc
from dialogym.trainers.grpo import DialogueRollout, GRPOConfig, train_grpo
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ..resuming import Interrupt, interrupted, same_weights
from ..toy import DRINKS, TOY

SHORT = {"demonstrations": 80, "save_every": 5, "eval_episodes": 4, "final_episodes": 4}  # 15 steps


def bc(out, **changes):
    return BCConfig(
        **{
            "env_id": TOY,
            "out": out,
            "demonstrations": 500,
            "batch_size": 16,
            "epochs": 3.0,
            "final_episodes": 60,
            "eval_episodes": 20,
            "compare": False,
            "threads": 1,
            **changes,
        }
    )


def grpo(out, model, **changes):
    small = {
        "groups": 4,
        "group_size": 8,
        "steps": 24,
        "learning_rate": 2e-3,
        "max_turn_tokens": 8,
        "eval_every": 0,
        "final_episodes": 60,
        "compare": False,
        "threads": 1,
    }
    return GRPOConfig(**{"env_id": TOY, "out": out, "model": str(model), **small, **changes})


@pytest.fixture(scope="module")
def cloned(clone_of):
    return clone_of("scripted", 500)


def test_bc_learns_its_demonstrations(cloned):
    out, score = cloned
    assert score > 0.5
    assert {row["stage"] for row in map(json.loads, (out / "metrics.jsonl").read_text().splitlines())} == {"bc"}
    assert len(read_episodes(out / "episodes")) == 60
    assert json.loads((out / "evaluation.json").read_text())[0]["policy"] == "trained"
    assert list((out / "tensorboard").rglob("events*"))


def test_exact_scores_have_one_name_in_every_log(cloned):
    """Here is no luck but that of what the guest orders, so that both scores are the same."""
    out, score = cloned
    logged = EventAccumulator(str(out / "tensorboard" / "bc")).Reload()
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    rows = [row for row in rows if "score" in row]
    assert len(rows) > 1 and all(0.0 <= row["exact_score_error"] < 0.1 for row in rows)
    for name in ("score", "exact_score"):
        written = {event.step: event.value for event in logged.Scalars(name)}
        assert written == pytest.approx({row["step"]: row[name] for row in rows})
    result = Evaluation.from_json(json.loads((out / "evaluation.json").read_text())[0])
    assert result.judged == 60 and result.score == score and result.exact_score == pytest.approx(score, abs=0.1)


@pytest.mark.long
def test_grpo_from_noise_to_the_optimum(noise, tmp_path):
    """GRPO must find by itself what the clone has seldom seen. At this learning rate kl holds its words together."""
    score = train_grpo(grpo(tmp_path / "run", noise, steps=14, updates=4, groups=8, kl=0.1))
    assert score >= 0.9
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert {"reward", "loss"} <= set(rows[0])


def test_microbatches_give_the_same_gradient(cloned, tmp_path):
    def norms(microbatch):
        out = tmp_path / str(microbatch)
        train_grpo(grpo(out, cloned[0] / "bc" / "model", steps=2, updates=2, microbatch=microbatch, final_episodes=20))
        rows = map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
        return [row["grad_norm"] for row in rows if "grad_norm" in row]

    whole = norms(0)
    assert len(whole) == 4 and norms(4) == pytest.approx(whole, rel=1e-3)
    with pytest.raises(ValueError, match="microbatch must divide the 16 episodes"):
        norms(5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A short run that nothing has interrupted."""
    config = bc(tmp_path_factory.mktemp("whole"), **SHORT)
    train_bc(config)
    return config


@pytest.mark.long
def test_filtered_bc_keeps_the_best(tmp_path):
    assert train_bc(bc(tmp_path, best_share=0.6)) >= 0.9


def test_bc_resumed_equals_bc_uninterrupted(whole, tmp_path, monkeypatch):
    from trl import SFTTrainer

    broken = bc(tmp_path, **SHORT)
    interrupted(monkeypatch, SFTTrainer, lambda: train_bc(broken), at=12)
    train_bc(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "bc" / "model", broken.out / "bc" / "model")
    lines = [
        [
            (r["step"], r.get("loss"))
            for r in map(json.loads, (c.out / "metrics.jsonl").read_text().splitlines())
            if "loss" in r
        ]
        for c in (whole, broken)
    ]
    assert lines[0] == lines[1]


def test_grpo_resumed_equals_grpo_uninterrupted(cloned, tmp_path, monkeypatch):
    from trl import GRPOTrainer

    model = cloned[0] / "bc" / "model"
    whole, broken = (
        grpo(tmp_path / name, model, steps=3, save_every=1, updates=2, group_size=4) for name in ("whole", "broken")
    )
    train_grpo(whole)
    interrupted(monkeypatch, GRPOTrainer, lambda: train_grpo(broken), at=5)
    train_grpo(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "grpo" / "model", broken.out / "grpo" / "model")


def test_a_checkpoint_that_was_not_finished_is_passed_over(whole, tmp_path, monkeypatch):
    from trl import SFTTrainer

    broken = bc(tmp_path, **SHORT)
    save = SFTTrainer._save_optimizer_and_scheduler

    def save_half(self, output_dir):
        """The weights have been written by now."""
        if output_dir.endswith("checkpoint-10"):
            raise Interrupt
        save(self, output_dir)

    with monkeypatch.context() as patch:
        patch.setattr(SFTTrainer, "_save_optimizer_and_scheduler", save_half)
        with pytest.raises(Interrupt):
            train_bc(broken)
    assert (broken.out / "bc" / "checkpoints" / "checkpoint-10" / "model.safetensors").exists()
    train_bc(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "bc" / "model", broken.out / "bc" / "model")


def test_the_last_whole_checkpoint_is_found(tmp_path):
    assert checkpoints.last(tmp_path / "none") is None
    for step, state in ((9, "{}"), (10, "{"), (100, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert checkpoints.last(tmp_path) == tmp_path / "checkpoint-9"
    assert [folder.name for folder in tmp_path.iterdir()] == ["checkpoint-9"]
    checkpoints.write(tmp_path, 11, {})
    assert checkpoints.last(tmp_path) == tmp_path / "checkpoint-11"


def test_resume_and_overwrite_are_guarded(cloned, tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        train_bc(bc(tmp_path, resume=True))
    with pytest.raises(FileExistsError, match="use --resume"):
        train_bc(bc(cloned[0]))


def test_a_run_is_resumed_as_it_was_begun(whole, tmp_path):
    shutil.copytree(whole.out, tmp_path, dirs_exist_ok=True)
    with pytest.raises(
        ValueError, match=r"learning_rate must be 0\.004 to resume the run in .*bc, which was begun with it; got 0\.01"
    ):
        train_bc(bc(tmp_path, **SHORT, learning_rate=0.01, resume=True))
    assert train_bc(bc(tmp_path, **{**SHORT, "save_every": 50, "final_episodes": 7}, resume=True)) is not None
    assert json.loads((tmp_path / "bc" / "evaluation.json").read_text())[0]["episodes"] == 7


def test_a_run_is_not_a_model(cloned, tmp_path):
    with pytest.raises(ValueError, match=f"holds none: did you mean {cloned[0] / 'bc' / 'model'}"):
        train_bc(bc(tmp_path / "run", model=str(cloned[0])))
    assert not list((tmp_path / "run").glob("*.json*"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"best_share": 0.0}, "best_share"),
        ({"batch_size": 0}, "batch_size"),
        ({"epochs": -1.0}, "epochs"),
        ({"demonstrations": 0}, "demonstrations"),
        ({"best_of": 0}, "best_of"),
        ({"lora_rank": 4}, "lora_rank"),
        ({"model": "/no/such/model"}, "model must be a folder that exists"),
        ({"env_id": "No-v0"}, "environment must be one of"),
    ],
)
def test_wrong_arguments(tmp_path, config, message):
    with pytest.raises(ValueError, match=message):
        train_bc(bc(tmp_path, **config))


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("steps", 0),
        ("groups", 0),
        ("updates", 5),
        ("clip", -1.0),
        ("temperature", 0.0),
        ("kl", -1.0),
        ("entropy", -0.1),
        ("max_episode_tokens", 8),
    ],
)
def test_wrong_arguments_of_grpo(tmp_path, wrong, value):
    with pytest.raises(ValueError, match=wrong):
        grpo(tmp_path, "tiny", **{wrong: value})


def test_a_batch_has_an_update_for_each_32_episodes():
    sizes = {(32, 8): 8, (16, 8): 4, (1, 2): 1, (5, 7): 1, (16, 6): 3, (10, 10): 2}
    for (groups, size), updates in sizes.items():
        assert GRPOConfig(TOY, groups=groups, group_size=size).updates == updates
    assert GRPOConfig(TOY, updates=4).updates == 4


def test_an_adapter_takes_no_other(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"lora_rank must be 0, got 4: model .* is a LoRA adapter already"):
        grpo(tmp_path, tmp_path, lora_rank=4)


@pytest.mark.parametrize("model", ["tiny", "smollm2"])
def test_trl_needs_a_saved_model_to_stay_close_to(tmp_path, model):
    with pytest.raises(ValueError, match="kl must be 0 where model is"):
        train_grpo(grpo(tmp_path, model, kl=0.1))


# ---- token records ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def speaker(cloned):
    engine = make_engine("Negotiation-v0")
    model, tokenizer = load_model("tiny", engine)
    return engine, LanguageModelPolicy(model, tokenizer, max_turn_tokens=12, temperature=1.0)


def test_records_hold_what_was_shown_and_what_was_said(speaker):
    engine, policy = speaker
    torch.manual_seed(0)
    for dialogue in rollout(engine, policy, range(12)):
        record = policy.record(dialogue)
        assert len(record.completion_ids) == len(record.mask) and len(record.turns) == len(record.rewards) == len(
            dialogue.steps
        )
        assert record.prompt_ids == policy.chat.opening(dialogue.messages()[0]["content"])
        for (start, end), step in zip(record.turns, dialogue.steps, strict=True):
            assert policy.chat.text(record.completion_ids[start:end]) == step.text
            assert record.completion_ids[end - 1] == policy.chat.eos
        for (_, end), (start, _), step in zip(record.turns, record.turns[1:], dialogue.steps, strict=False):
            assert record.completion_ids[end:start] == policy.chat.reply(step.reply)
            assert not any(record.mask[end:start])
        own = [token for token, label in zip(record.ids, record.labels, strict=True) if label != -100]
        assert len(own) == sum(record.mask)


def test_written_chats_are_framed_like_sampled_ones(speaker):
    engine, policy = speaker
    from dialogym.policies.registry import make_policy

    for dialogue in rollout(engine, make_policy("scripted", engine), range(5)):
        record = policy.chat.record(dialogue.messages())
        template = policy.tokenizer.apply_chat_template(
            dialogue.messages()[: 2 * len(dialogue.steps)], return_dict=True, return_assistant_tokens_mask=True
        )
        assert record.ids == template["input_ids"]
        assert [0] * len(record.prompt_ids) + record.mask == template["assistant_masks"]


def test_dialogues_that_failed_give_no_return():
    from dialogym.simulated_users.user import Failure, ScriptedUser

    engine = make_engine(TOY)

    class Flaky(ScriptedUser):
        def speak(self, dialogues, heards, texts, exchanges):
            return [
                Failure("server gone") if d.seed == 1 and h is not None else w
                for d, h, w in zip(dialogues, heards, super().speak(dialogues, heards, texts, exchanges), strict=True)
            ]

    engine = make_engine(TOY, user=Flaky(engine.family.voice))
    model, tokenizer = load_model("tiny", engine)

    class Trainer:
        use_vllm = True  # has TRL's own generation asked

        class generation_config:
            max_new_tokens = 99

        def _generate_single_turn(self, ids, *_):
            return [tokenizer.encode(f"[serve {DRINKS[0]}]") + [tokenizer.eos_token_id] for _ in ids], None

    out = DialogueRollout(engine, tokenizer, GRPOConfig(TOY))(
        [[{"role": "user", "content": "", "seed": s}] for s in (0, 1, 2)], Trainer()
    )
    assert [r is None for r in out["dialogue_return"]] == [False, True, False]
    assert all(len(ids) == len(mask) for ids, mask in zip(out["completion_ids"], out["env_mask"], strict=True))
    assert Trainer.generation_config.max_new_tokens == 99


def test_a_trained_folder_is_a_policy(cloned):
    result = evaluate(TOY, f"lm:{cloned[0] / 'bc' / 'model'}", episodes=40)
    assert result.score == pytest.approx(evaluate(TOY, f"lm:{cloned[0] / 'bc' / 'model'}", episodes=40).score)
