"""A causal language model in the learner's seat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from transformers import AutoModelForCausalLM, AutoTokenizer

from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine
from .generation import CachedGenerator
from .tokens import ChatFormat, TokenRecord

Generate = Callable[[list[list[int]]], list[list[int]]]


def load_model(name: str, engine: Engine, seed: int = 0) -> tuple[Any, Any]:
    """A model and its tokenizer.

    Args:
        name: ``"tiny"`` (made new for the engine's family), a local folder, or a Hugging Face id. A folder with a LoRA adapter loads its base model too.
        engine: The environment.
        seed: Of the random weights of ``"tiny"``.

    Raises:
        ValueError: If nothing can be loaded under `name`; the message says why.
    """
    if name == "tiny":
        from .tiny import tiny_model, tiny_tokenizer

        tokenizer = tiny_tokenizer(engine)
        return tiny_model(tokenizer, seed), tokenizer
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        if (Path(name) / "adapter_config.json").exists():
            from peft import AutoPeftModelForCausalLM

            model = AutoPeftModelForCausalLM.from_pretrained(name, is_trainable=True)
        else:
            model = AutoModelForCausalLM.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(f"model must be 'tiny', a local model folder or a Hugging Face id; {name!r} could not be loaded: {error}") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


class LanguageModelPolicy:
    """Speaks with a causal language model: all live dialogues of a batch are generated together, and their token records kept.

    Args:
        model: A causal language model; ``None`` if `generate` does without.
        tokenizer: Its tokenizer; needs a chat template.
        max_turn_tokens: Tokens of one utterance at most; a longer one is cut.
        temperature: 0 is greedy and deterministic.
        generate: Replaces the model's own generation: prompts in, sampled ids out (with or without the end-of-turn token).
        name: Shown in tables.
    """

    def __init__(self, model: Any, tokenizer: Any, max_turn_tokens: int = 24, temperature: float = 0.0, generate: Generate | None = None, name: str = "lm"):
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.chat = ChatFormat(tokenizer)
        self.max_turn_tokens, self.temperature = max_turn_tokens, temperature
        self._generate = generate
        self._cached: CachedGenerator | None = None
        self._records: WeakKeyDictionary[Dialogue, TokenRecord] = WeakKeyDictionary()

    @classmethod
    def load(cls, name: str, engine: Engine, **options: Any) -> LanguageModelPolicy:
        """From a preset, a folder or an id; see `load_model`."""
        model, tokenizer = load_model(name, engine)
        return cls(model, tokenizer, name=f"lm:{name}", **options)

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream] = ()) -> list[str]:
        """One utterance a dialogue."""
        records = [self._catch_up(dialogue) for dialogue in dialogues]
        prompts = [record.ids for record in records]
        if self._generate is not None:
            turns, logprobs = self._generate(prompts), [[] for _ in prompts]
        else:
            if not any(dialogue.steps for dialogue in dialogues) or self._cached is None:
                self._cached = CachedGenerator(self.model, self.chat.eos, self.max_turn_tokens, self.temperature)
            turns, logprobs = self._cached(dialogues, prompts)
        texts = []
        for record, ids, scores in zip(records, turns, logprobs, strict=True):
            forced = not ids or ids[-1] != self.chat.eos  # a forced end of turn is not the model's own, and never trained on
            own = [1] * len(ids) + [0] * forced
            record.speak([*ids, self.chat.eos] if forced else ids, own, [*scores, 0.0] if scores and forced else scores)
            texts.append(self.chat.text(ids))
        return texts

    def record(self, dialogue: Dialogue) -> TokenRecord:
        """The token record of a dialogue that this policy played, with the rewards of its steps."""
        record = self._records[dialogue]
        record.rewards = [sum(step.rewards.values()) for step in dialogue.steps]
        return record

    def _catch_up(self, dialogue: Dialogue) -> TokenRecord:
        """The record, up to what the model is to answer now."""
        record = self._records.get(dialogue)
        if record is None or len(record.turns) != len(dialogue.steps):
            record = self.chat.record(dialogue.messages()[: 2 * len(dialogue.steps) + 1])
            self._records[dialogue] = record
        if dialogue.steps:
            record.hear(self.chat.reply(dialogue.steps[-1].reply))
        return record
