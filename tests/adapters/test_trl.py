"""TRL's trainer plays the dialogues of gymnasium through a tool, and gives a failed one no reward."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")
trl = pytest.importorskip("trl")

from datasets import Dataset
from dialogym.adapters.trl import FIRST, OVER, environment
from dialogym.envs.make import make_engine
from dialogym.policies.tiny import tiny_tokenizer
from transformers import LlamaConfig, LlamaForCausalLM
from trl import GRPOConfig, GRPOTrainer

from .learner import flaky, plain, speak

CHAT = re.compile(r"<\|im_start\|>\s*(user|assistant|tool)\s*\n(.*?)<\|im_end\|>", re.DOTALL)
EPISODES = int(os.environ.get("DIALOGYM_EPISODES", "3"))
TEMPLATE = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"


class Scripted(GRPOTrainer):
    """What the model says is `speak`'s; all else is TRL's own."""

    def _generate_single_turn(self, prompt_ids, *_, **__):
        return [self.spoken(ids) for ids in prompt_ids], None

    def spoken(self, ids):
        chat = [{"role": role, "content": text} for role, text in CHAT.findall(self.processing_class.decode(ids))]
        chat[0]["content"] = chat[0]["content"].partition(FIRST)[2].strip()
        text = "Done."
        if OVER not in chat[-1]["content"]:
            call = {"name": "say", "arguments": {"text": speak(chat)}}
            text = f"<tool_call>\n{json.dumps(call)}\n</tool_call>"
        return self.processing_class(f"{text}<|im_end|>", add_special_tokens=False)["input_ids"]


def trained(tmp_path, env_id, seeds, **settings):
    """The trainer after it has played these seeds, and for each episode what a reward function saw."""
    tokenizer = tiny_tokenizer(make_engine(env_id))
    tags = ["<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>"]
    tokenizer.add_special_tokens({"additional_special_tokens": tags})
    tokenizer.eos_token, tokenizer.chat_template = "<|im_end|>", TEMPLATE.read_text()
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=8192, **small))
    seen = []

    def watch(environments, seed, **_):
        seen.extend((s, one.get_reward(), one.rewards, one.end) for s, one in zip(seed, environments, strict=True))
        return [0.0] * len(seed)

    trainer = Scripted(
        model=model,
        processing_class=tokenizer,
        reward_funcs=watch,
        train_dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": ""}], "seed": s} for s in seeds]),
        environment_factory=environment(env_id, **settings),
        args=GRPOConfig(
            output_dir=str(tmp_path),
            max_steps=1,
            per_device_train_batch_size=2 * len(seeds),
            num_generations=2,
            max_completion_length=4000,
            max_tool_calling_iterations=20,
            chat_template_kwargs={"enable_thinking": False},
            use_cpu=True,
            gradient_checkpointing=False,
            report_to=[],
            logging_steps=1,
            save_strategy="no",
        ),
    )
    trainer.train()
    return trainer, seen


@pytest.mark.parametrize("env_id", ["Negotiation-v0", pytest.param("Tutoring-v0", marks=pytest.mark.long)])
def test_returns_are_those_of_gymnasium(tmp_path, env_id):
    trainer, seen = trained(tmp_path, env_id, range(EPISODES))
    assert sorted(seed for seed, *_ in seen) == sorted(2 * list(range(EPISODES)))
    for seed, got, rewards, end in seen:
        expected, info = plain(env_id, seed, "train")
        assert (got, rewards, end["outcome"]) == (sum(expected), expected, info["outcome"])
        assert len(end["advantages"]) == len(expected)
    logged = trainer.state.log_history[0]
    mean = sum(got for _, got, *_ in seen) / len(seen)
    assert logged["rewards/Dialogue/mean"] == pytest.approx(mean, rel=1e-5) and logged["tools/failure_frequency"] == 0


def test_a_failed_dialogue_has_no_reward():
    one = environment("Negotiation-v0", split=None, user=flaky())()
    one.reset(seed=1)
    assert one.say("Hello.") == OVER and one.get_reward() is None and "503" in one.error
    one.reset(seed=0)
    assert one.say("[walk]").endswith(OVER) and one.get_reward() == 0.0 and one.say("Hello.") == OVER


def test_who_leaves_pays_what_was_spent():
    """To leave is worth as much as to be cut off: in GuidedSolving turns cost."""
    one = environment("GuidedSolving-v0")()
    one.reset(seed=0)
    one.say("Hello.")
    left = one.get_reward()
    expected = one._session.env.outcome()["payoff"]
    assert left == expected == one.get_reward() and one.end["return"] == left
    assert one.end["outcome"]["turns"] == 1 and len(one.end["advantages"]) == 1
    one.reset(seed=0)
    assert one.get_reward() > left and one.end["advantages"] == []
