"""The losses of DPO and KTO: by hand, as TRL has them, and of own tokens only."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from datasets import Dataset
from dialogym.policies.language_model import load_model
from dialogym.trainers import dpo, kto
from dialogym.trainers.branching import exact_values, from_branches
from dialogym.trainers.dpo import DPOConfig, PairTrainer
from dialogym.trainers.kto import JudgementTrainer, KTOConfig
from dialogym.trainers.preference_trainer import completion_logprobs
from dialogym.trainers.preferences import (
    Alternatives,
    Collected,
    Continuation,
    best_and_worst,
    from_rollouts,
)
from transformers import LlamaConfig, LlamaForCausalLM
from trl import DPOConfig as TRLDPOConfig
from trl import DPOTrainer, KTOTrainer
from trl import KTOConfig as TRLKTOConfig

from ..toy import TOY
from .test_preferences import speaker


def make_trainer(kind, model, tokenizer, folder, **options):
    arguments = {
        "output_dir": str(folder),
        "report_to": [],
        "max_length": None,
        "bf16": False,
        "gradient_checkpointing": False,
        "max_steps": 1,
        **options,
    }
    common = {"model": model, "processing_class": tokenizer, "train_dataset": Dataset.from_list([{"row": 0}])}
    trl_config, collator = (TRLDPOConfig, dpo.OwnTurns) if kind is PairTrainer else (TRLKTOConfig, kto.OwnTurns)
    common["data_collator"] = collator(tokenizer.pad_token_id)
    return kind(**common, args=trl_config(precompute_ref_log_probs=True, per_device_train_batch_size=4, **arguments))


@pytest.fixture(scope="module")
def compared(engine, tokenizer):
    """Pairs of several turns on both sides, a policy and a reference."""
    found = from_rollouts(engine, speaker(tokenizer, seed=3), range(12), 6)
    pairs = [
        pair
        for pair in best_and_worst(found.alternatives)[0]
        if len(pair.chosen.messages) + len(pair.rejected.messages) > 2
    ]
    found.alternatives = [pair.alternatives for pair in pairs][:4]
    assert len(found.alternatives) == 4
    model, reference = (load_model("tiny", engine, seed)[0] for seed in (0, 1))
    return found, model, reference


def by_hand(model, tokenizer, prompt, ids, mask):
    """Sum of the log-probabilities of the own tokens, one at a time."""
    whole = torch.tensor([prompt + ids])
    scores = model(whole).logits.float().log_softmax(-1)[0]
    return sum(scores[len(prompt) + i - 1, token] for i, (token, own) in enumerate(zip(ids, mask, strict=True)) if own)


def test_dpo_loss_by_hand_and_by_trl(compared, tokenizer, tmp_path, monkeypatch):
    found, model, reference = compared
    model, beta = deepcopy(model), 0.3
    trainer = make_trainer(PairTrainer, model, tokenizer, tmp_path, beta=beta)
    rows, facts = dpo.arrange(
        DPOConfig(TOY),
        found,
        np.random.default_rng(0),
        lambda some: completion_logprobs(reference, some, tokenizer.pad_token_id, 3),
    )
    assert facts["pairs"] == 4
    batch = trainer.data_collator(rows)
    ours = trainer.compute_loss(model, batch)
    plainly = DPOTrainer._compute_loss(trainer, model, batch, False)  # through TRL's own head, as on a GPU
    losses, margins = [], []
    for row in rows:
        ratios = []
        for side in ("chosen", "rejected"):
            policy, held = (
                by_hand(m, tokenizer, row["prompt_ids"], row[f"{side}_ids"], row[f"{side}_mask"])
                for m in (model, reference)
            )
            assert held.item() == pytest.approx(row[f"ref_{side}_logps"], rel=1e-5)
            ratios.append(policy - held)
        margins.append((beta * (ratios[0] - ratios[1])).item())
        losses.append(-torch.nn.functional.logsigmoid(beta * (ratios[0] - ratios[1])))
    assert ours.item() == pytest.approx((sum(losses) / 4).item(), rel=1e-5)
    assert plainly.item() == pytest.approx(ours.item(), rel=1e-5)
    imitating = make_trainer(
        PairTrainer,
        deepcopy(model),
        tokenizer,
        tmp_path,
        beta=beta,
        loss_type=["sigmoid", "sft"],
        loss_weights=[1.0, 0.5],
    )
    said = [
        (by_hand(model, tokenizer, row["prompt_ids"], row["chosen_ids"], row["chosen_mask"]), sum(row["chosen_mask"]))
        for row in rows
    ]
    cloning = -sum(logps.item() for logps, _ in said) / sum(count for _, count in said)
    assert imitating.compute_loss(imitating.model, batch).item() == pytest.approx(ours.item() + 0.5 * cloning, rel=1e-5)
    assert trainer._metrics["train"]["rewards/margins"][0] == pytest.approx(np.mean(margins), rel=1e-4)
    assert trainer._metrics["train"]["rewards/accuracies"][0] == np.mean(np.array(margins) > 0)
    names, parameters = zip(*model.named_parameters(), strict=True)
    for name, one, other in zip(
        names, torch.autograd.grad(ours, parameters), torch.autograd.grad(sum(losses) / 4, parameters), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-5), name


def test_dpo_equals_trl_where_nobody_answers(engine, tokenizer, compared, tmp_path):
    """On pairs of single turns nothing has to be masked:

    TRL's trainer, which encodes the chat itself, must come to the same loss.
    """
    _, model, reference = compared
    pairs, _ = best_and_worst(from_branches(engine, speaker(tokenizer), range(4), 5, exact_values).alternatives)
    found = Collected([pair.alternatives for pair in pairs][:4])
    rows, _ = dpo.arrange(
        DPOConfig(TOY),
        found,
        np.random.default_rng(0),
        lambda some: completion_logprobs(reference, some, tokenizer.pad_token_id),
    )
    ours = make_trainer(PairTrainer, deepcopy(model), tokenizer, tmp_path / "a", beta=0.2)
    texts = [
        {"prompt": p.alternatives.prompt, "chosen": p.chosen.messages, "rejected": p.rejected.messages}
        for p in pairs[:4]
    ]
    arguments = TRLDPOConfig(
        output_dir=str(tmp_path / "b"),
        report_to=[],
        max_length=None,
        bf16=False,
        beta=0.2,
        gradient_checkpointing=False,
    )
    theirs = DPOTrainer(
        deepcopy(model),
        deepcopy(reference),
        arguments,
        train_dataset=Dataset.from_list(texts),
        processing_class=tokenizer,
    )
    loss = theirs.compute_loss(theirs.model, theirs.data_collator(list(theirs.train_dataset)))
    assert ours.compute_loss(ours.model, ours.data_collator(rows)).item() == pytest.approx(loss.item(), rel=1e-5)


def test_kto_loss_by_hand(compared, tokenizer, tmp_path):
    found, model, reference = compared
    model, beta = deepcopy(model), 0.3
    trainer = make_trainer(JudgementTrainer, model, tokenizer, tmp_path, beta=beta)
    logps = lambda some: completion_logprobs(reference, some, tokenizer.pad_token_id)  # noqa: E731
    rows, facts = kto.arrange(KTOConfig(TOY, batch_size=4), found, np.random.default_rng(0), logps)
    assert facts["judgements"] == len(rows) > facts["desirable"] > 0
    rows = next(rows[i : i + 4] for i in range(0, len(rows), 4) if len({row["label"] for row in rows[i : i + 4]}) == 2)
    trainer.rounds = type("Rounds", (), {"facts": [{"judgements": 4, "desirable": 1, "emphasis": 1.5}]})
    ours = trainer.compute_loss(model, batch := trainer.data_collator(rows))
    plainly = KTOTrainer._compute_loss(trainer, model, batch, False)
    ratios, mismatched = [], []
    for place, row in enumerate(rows):
        neighbour = rows[place - 1]
        assert (row["KL_completion_ids"], row["KL_completion_mask"]) == (
            neighbour["completion_ids"],
            neighbour["completion_mask"],
        )
        for into, one in ((ratios, row), (mismatched, neighbour)):
            policy, held = (
                by_hand(m, tokenizer, row["prompt_ids"], one["completion_ids"], one["completion_mask"])
                for m in (model, reference)
            )
            into.append(policy - held)
    kl = max(0.0, (sum(mismatched) / 4).item())
    better, worse = (
        0.6 * 4 / 1,
        0.4 * 4 / 3,
    )  # one of four is better, and all that is better weighs 1.5 times as much as all that is worse
    losses = [
        better * (1 - torch.sigmoid(beta * (ratio - kl)))
        if row["label"]
        else worse * (1 - torch.sigmoid(beta * (kl - ratio)))
        for ratio, row in zip(ratios, rows, strict=True)
    ]
    assert ours.item() == pytest.approx((sum(losses) / 4).item(), rel=1e-5)
    assert plainly.item() == pytest.approx(ours.item(), rel=1e-5)


@pytest.mark.parametrize("algorithm", ["dpo", "kto"])
def test_no_gradient_at_the_partners_tokens(tokenizer, tmp_path, algorithm):
    """In a model without layers a token's input embedding matters for the next token's probability only: it has a gradient where that one is the model's own."""
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=0,
            num_attention_heads=2,
            tie_word_embeddings=False,
        )
    )
    prompt, first, second = [10, 11, 12], list(range(20, 30)), list(range(40, 47))
    masks = [1, 1, 1, 0, 0, 0, 0, 1, 1, 0], [1, 1, 0, 0, 1, 1, 1]
    sides = [
        Continuation(ids, mask, [], value) for ids, mask, value in zip((first, second), masks, (1.0, 0.0), strict=True)
    ]
    found = Collected([Alternatives(prompt, [], 0, 0, sides)])
    module, config, kind = (dpo, DPOConfig, PairTrainer) if algorithm == "dpo" else (kto, KTOConfig, JudgementTrainer)
    rows, facts = module.arrange(
        config(TOY), found, np.random.default_rng(0), lambda some: [-1.0 - i for i in range(len(some))]
    )
    trainer = make_trainer(kind, model, tokenizer, tmp_path)
    trainer.rounds = type("Rounds", (), {"facts": [facts]})
    trainer.compute_loss(model, trainer.data_collator(rows)).backward()
    moved = {token for token in range(len(tokenizer)) if model.get_input_embeddings().weight.grad[token].any()}
    expected = {prompt[-1]}
    for ids, mask in zip((first, second), masks, strict=True):
        expected |= {ids[i] for i in range(len(ids) - 1) if mask[i + 1]}
    assert moved == expected
