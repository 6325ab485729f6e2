"""Scale: an episode of a seed is the same whatever the batch, and what saves memory changes no training."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.core.stream import Stream
from dialogym.envs.make import make_engine
from dialogym.policies.generation import CachedGenerator
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.rollout import rollout
from dialogym.trainers.bc import BCConfig, train_bc
from dialogym.trainers.grpo import DialogueRollout, GRPOConfig, train_grpo

from ..toy import TOY
from .conftest import SMALL, trained


@pytest.fixture(scope="module")
def bargainer():
    """A model that speaks at random, with numbers and words in it."""
    engine = make_engine("Negotiation-v0", rounds=4)
    model, tokenizer = load_model("tiny", engine)
    return engine, model, tokenizer


def episodes(bargainer, batch, order=1, attempt=0):
    engine, model, tokenizer = bargainer
    policy = LanguageModelPolicy(model, tokenizer, max_turn_tokens=6, temperature=1.0)
    played = {}
    for dialogue in rollout(engine, policy, range(12)[::order], batch=batch, attempts=attempt):
        played[dialogue.seed] = ([step.text for step in dialogue.steps], policy.record(dialogue).completion_ids)
    return played


def test_an_episode_is_the_same_whatever_the_batch(bargainer):
    together = episodes(bargainer, 64)
    assert len({tuple(ids) for _, ids in together.values()}) == 12  # it does sample
    assert episodes(bargainer, 1) == episodes(bargainer, 3) == together
    assert episodes(bargainer, 3, order=-1) == together
    assert episodes(bargainer, 64, attempt=1) != together


def test_torch_has_no_say_in_it(bargainer):
    torch.manual_seed(0)
    before = episodes(bargainer, 12)
    torch.manual_seed(1)
    assert episodes(bargainer, 12) == before


class Fixed(torch.nn.Module):
    """Gives the same logits everywhere."""

    device = torch.device("cpu")

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, input_ids, **_):
        from types import SimpleNamespace

        return SimpleNamespace(logits=self.logits.expand(input_ids.shape[0], 1, -1))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_from_the_inverse_distribution_function(temperature):
    logits = [0.0, 1.0, -float("inf"), 2.0, -float("inf")]
    weights = (torch.tensor(logits) / temperature).softmax(-1)
    edges = weights.cumsum(-1).tolist()
    eps = 1e-5
    draws = [
        0.0,
        edges[0] - eps,
        edges[0] + eps,
        edges[1] - eps,
        edges[1] + eps,
        1.0 - 1e-12,
    ]  # the last is 1 in single precision
    generator = CachedGenerator(Fixed(logits), end=9, max_new_tokens=1, temperature=temperature)
    sampled, scores = generator([object() for _ in draws], [[5]] * len(draws), [[u] for u in draws])
    assert [ids[0] for ids in sampled] == [0, 0, 1, 1, 3, 3]
    expected = torch.tensor(logits).log_softmax(-1)
    assert [row[0] for row in scores] == pytest.approx([float(expected[ids[0]]) for ids in sampled])


def test_sampled_frequencies():
    logits = [0.0, 1.0, 2.0]
    stream = Stream(np.random.default_rng(0))
    generator = CachedGenerator(Fixed(logits), end=9, max_new_tokens=50, temperature=1.0)
    sampled, _ = generator(
        [object() for _ in range(400)], [[5]] * 400, [[stream.random() for _ in range(50)] for _ in range(400)]
    )
    counts = torch.tensor(sampled).flatten().bincount(minlength=3) / 20_000
    assert torch.allclose(counts, torch.tensor(logits).softmax(-1), atol=0.012)


class Local:
    """What a rollout needs of a trainer."""

    use_vllm = False

    class generation_config:
        max_new_tokens = 99

    class accelerator:
        unwrap_model = staticmethod(lambda model: model)


def test_a_group_is_the_same_whoever_plays_it(bargainer):
    engine, model, tokenizer = bargainer
    trainer = Local()
    trainer.model = model
    play = DialogueRollout(engine, tokenizer, GRPOConfig("Negotiation-v0", max_turn_tokens=6, max_episode_tokens=512))
    prompts = [[{"role": "user", "content": "", "seed": seed}] for seed in (3, 3, 3, 3, 4, 4, 4, 4)]
    whole = play(prompts, trainer)["completion_ids"]
    assert len({tuple(ids) for ids in whole}) == 8
    torch.manual_seed(7)
    assert play(prompts[4:], trainer)["completion_ids"] == whole[4:]


def test_vllm_speaks_turn_by_turn_and_its_logprobs_are_kept():
    engine = make_engine(TOY)
    model, tokenizer = load_model("tiny", engine)

    class Served(Local):
        """TRL with vLLM: it speaks turns of different lengths, and asks back once."""

        use_vllm = True
        limits = []

        class vllm_generation:
            max_completion_length = 768

        def _generate_single_turn(self, prompts, images, fields, generations):
            self.limits.append(self.vllm_generation.max_completion_length)
            words = ["What?" if len(self.limits) == 1 else "[serve tea]"] * len(prompts)
            ids = [
                tokenizer.encode(text) + [tokenizer.eos_token_id] * (i % 2) for i, text in enumerate(words)
            ]  # every second one is cut
            return ids, [[-0.5 - k for k in range(len(row))] for row in ids]

    trainer = Served()
    out = DialogueRollout(engine, tokenizer, GRPOConfig(TOY, max_turn_tokens=8, vllm="colocate"))(
        [[{"role": "user", "content": "", "seed": s}] for s in (0, 1)], trainer
    )
    assert trainer.limits == [8, 8] and trainer.vllm_generation.max_completion_length == 768
    for ids, mask, logprobs in zip(out["completion_ids"], out["env_mask"], out["logprobs"], strict=True):
        assert len(ids) == len(mask) == len(logprobs)
        assert [own == 1 for own in mask] == [logprob < 0 for logprob in logprobs]


def test_vllm_says_what_is_missing(tmp_path):
    if importlib.util.find_spec("vllm"):
        pytest.skip("vLLM is installed")
    with pytest.raises(ModuleNotFoundError, match="needs the package vllm"):
        train_grpo(GRPOConfig(TOY, out=tmp_path, vllm="colocate"))


# ---- memory and precision --------------------------------------------------------------------------------------------


@pytest.mark.long
def test_gradient_checkpointing_changes_no_weight(alone, tmp_path):
    train_bc(
        BCConfig(TOY, out=tmp_path, episodes_path=alone / "demonstrations", gradient_checkpointing=True, **SMALL["bc"])
    )
    train_grpo(
        GRPOConfig(TOY, out=tmp_path, model=str(alone / "bc" / "model"), gradient_checkpointing=True, **SMALL["grpo"])
    )
    for stage in ("bc", "grpo"):
        a, b = trained(alone, stage)[0], trained(tmp_path, stage)[0]
        assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


@pytest.mark.long
def test_bfloat16(alone, tmp_path):
    train_bc(BCConfig(TOY, out=tmp_path, episodes_path=alone / "demonstrations", bf16=True, **SMALL["bc"]))
    train_grpo(GRPOConfig(TOY, out=tmp_path, model=str(alone / "bc" / "model"), bf16=True, **SMALL["grpo"]))
    for stage in ("bc", "grpo"):
        (a, losses, _), (b, rounded, _) = trained(alone, stage), trained(tmp_path, stage)
        assert all(weight.dtype == torch.float32 for weight in b.values())  # only the computation is rounded
        assert any(not torch.equal(a[name], b[name]) for name in a)
        if stage == "bc":  # the same batch; GRPO's is sampled
            assert rounded[0]["grad_norm"] == pytest.approx(losses[0]["grad_norm"], rel=0.05)
