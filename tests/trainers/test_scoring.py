"""The fast log-probabilities against the plain computation."""

from __future__ import annotations

import torch
from datasets import Dataset
from dialogym.envs.make import make_engine
from dialogym.policies.language_model import load_model
from dialogym.trainers.bc import RecordTrainer
from dialogym.trainers.scoring import own_logprobs, plain_head
from transformers import LlamaConfig, LlamaForCausalLM
from trl import SFTConfig, SFTTrainer


def test_as_the_plain_computation_with_gradients():
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2)
    )
    assert plain_head(model)
    ids = torch.randint(0, 50, (21, 12))
    mask = torch.ones_like(ids)
    for row in range(21):  # padded on both sides
        mask[row, : row % 3] = 0
        mask[row, 12 - row % 4 :] = 0
    own = mask * (torch.arange(12) % 3 != 0)
    own[:, :4] = 0
    found, entropy = own_logprobs(model, ids, mask, own, temperature=0.7)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1] / 0.7
    scores = logits.log_softmax(-1)
    expected = scores.gather(-1, ids[:, 1:, None])[..., 0] * own[:, 1:]
    torch.testing.assert_close(found[:, 1:], expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(entropy[:, 1:], -(scores.exp() * scores).sum(-1) * own[:, 1:], atol=1e-5, rtol=1e-5)
    assert not found[:, 0].any()
    weights = torch.rand_like(expected)
    ours = torch.autograd.grad((found[:, 1:] * weights).sum(), list(model.parameters()))
    theirs = torch.autograd.grad((expected * weights).sum(), list(model.parameters()))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_the_loss_of_cloning_is_trls(tmp_path):
    model, tokenizer = load_model("tiny", make_engine("Negotiation-v0"), 0)
    data = Dataset.from_list(
        [{"input_ids": list(range(5, 5 + n)), "labels": [-100] * 4 + list(range(9, 5 + n))} for n in (6, 9, 14)]
    )
    options = SFTConfig(output_dir=str(tmp_path), per_device_train_batch_size=3, report_to=[], bf16=False)
    trainer = RecordTrainer(model=model, processing_class=tokenizer, train_dataset=data, args=options)
    inputs = next(iter(trainer.get_train_dataloader()))
    ours = trainer.compute_loss(trainer.model, dict(inputs))
    theirs = SFTTrainer.compute_loss(trainer, trainer.model, dict(inputs))
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*map(torch.tensor, trainer._metrics["train"]["entropy"]))
