"""A causal language model in this process, by transformers. Requests are generated in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from ...core.checks import integer, text
from ...core.thoughts import left_open, spoken
from ..user import Failure
from .backend import Reply, Request, Running, lacking
from .chat import PLAIN_STOP, Decoder, render, words
from .gguf_file import read_once
from .llama import ATTEMPTS, MIN_P, THOUGHT_ONLY
from .weights import fingerprint

_SHARED = 16  # tokens at the beginning of all prompts from which on it pays to read them once


class LocalBackend(Running):
    """Runs a model folder, a Hugging Face id or a GGUF file in transformers.

    Each request is sampled with random numbers of its own, so its words do not depend on the requests beside it, up to
    rounding: a sum over a padded row may differ in its last digit, and seldom turn a token. Grammars are ignored.

    Args:
        model: A folder, an id or a ``.gguf`` file.
        adapter: Folder of a LoRA adapter to merge into the weights.
        device: Where to run; by default a CUDA device if there is one.
        dtype: Type of the weights, as torch names it; by default float32 on a CPU, and elsewhere that of the file.
        batch: Requests generated together at most.
        name: Replaces the name under which replies are recorded.

    Attributes:
        name: ``transformers:``, the model's name and a fingerprint of local weights; the same of the adapter.

    Raises:
        ImportError: If transformers, torch or what a file format needs is not installed.
        ValueError: If nothing can be loaded.
    """

    def __init__(
        self,
        model: str | Path,
        adapter: str | Path = "",
        *,
        device: str = "",
        dtype: str = "",
        batch: int = 32,
        name: str = "",
    ):
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
        except ImportError as error:
            raise lacking("a model in transformers needs torch", "llm,train") from error
        integer(1, batch=batch)
        text(device=device, dtype=dtype, name=name)
        path = Path(model)
        file = {"gguf_file": path.name} if path.is_file() else {}
        source: dict[str, Any] = {"pretrained_model_name_or_path": str(path.parent if file else model), **file}
        self.name = name or "transformers:" + "+".join(_identity(part) for part in (model, adapter) if str(part))
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            torch.device(device)
        except RuntimeError as error:
            raise ValueError(f"device must be one of torch's, such as cpu or cuda, got {device!r}") from error
        dtype = dtype or ("float32" if device == "cpu" else "auto")
        if dtype != "auto" and not isinstance(getattr(torch, dtype, None), torch.dtype):
            raise ValueError(f"dtype must be a type of torch's, such as float32 or bfloat16, or auto; got {dtype!r}")
        try:
            with read_once():
                self._tokenizer: Any = AutoTokenizer.from_pretrained(**source)
                self._model: Any = AutoModelForCausalLM.from_pretrained(**source, dtype=dtype)
            if str(adapter):
                from peft import PeftModel

                self._model = PeftModel.from_pretrained(self._model, str(adapter)).merge_and_unload()
        except ImportError as error:
            raise lacking(f"{model} cannot be loaded: {error}", "llm,train") from error
        except (OSError, ValueError) as error:
            tuned = f" with the adapter {str(adapter)!r}" if str(adapter) else ""
            raise ValueError(f"no model can be loaded from {str(model)!r}{tuned}: {error}") from error
        self._model.to(device).eval()
        ends = self._model.generation_config.eos_token_id
        self._ends = sorted({*(ends if isinstance(ends, list) else [ends]), self._tokenizer.eos_token_id} - {None})
        pad = self._tokenizer.pad_token_id
        self._pad = pad if pad is not None else (self._ends or [0])[0]
        # A published model's own settings (penalties, top-k) would act beside ours.
        self._model.generation_config = GenerationConfig(
            do_sample=False, pad_token_id=self._pad, eos_token_id=self._ends or None
        )
        config = self._model.config.get_text_config()
        self._context = getattr(config, "max_position_embeddings", None) or 2**30
        # With a window of attention, the padding between a shared beginning and the rest would use up part of it.
        whole = "full_attention" if getattr(config, "sliding_window", None) is None else "sliding_attention"
        layers = set(getattr(config, "layer_types", None) or [whole])
        self._shares = layers == {"full_attention"} and not self._model._is_stateful
        self._template, self._opened = None, ""
        if self._tokenizer.chat_template:
            self._template = lambda chat: self._tokenizer.apply_chat_template(
                chat, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
            with suppress(Exception):  # the template's own, told of when there is something to say
                self._opened = left_open(render((("user", "Hello."),), self._template))
        self._decode = Decoder(self._tokenizer)
        self._batch, self._torch = batch, torch
        self._lock = threading.Lock()

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """One reply for each request; see `Backend`."""
        with self._lock:
            if self._model is None:
                return [Failure(f"{self.name} is closed") for _ in requests]
            replies: list[Any] = [None] * len(requests)
            prompts = [self._tokens(request) for request in requests]
            left = []
            for i, (request, prompt) in enumerate(zip(requests, prompts, strict=True)):
                if isinstance(prompt, Failure):
                    replies[i] = prompt
                elif len(prompt) + request.max_tokens > self._context:
                    size = f"{len(prompt)} + {request.max_tokens} tokens, the context is {self._context}"
                    replies[i] = Failure(f"{self.name}: prompt and reply have {size}")
                else:
                    left.append(i)
            left.sort(key=lambda i: prompts[i])  # like beginnings side by side, to be read together
            for attempt in range(ATTEMPTS):
                for start in range(0, len(left), self._batch):
                    part = left[start : start + self._batch]
                    asked = [requests[i]._replace(seed=requests[i].seed + attempt) for i in part]
                    for i, reply in zip(part, self._answer(asked, [prompts[i] for i in part]), strict=True):
                        replies[i] = reply
                left = [i for i in left if replies[i] is None and requests[i].temperature > 0]
            nothing = Failure(f"{self.name}: the reply {THOUGHT_ONLY if self._opened else 'is empty'}")
            return [nothing if reply is None else reply for reply in replies]

    def close(self) -> None:
        """Free the model's memory."""
        with self._lock:
            self._model = self._tokenizer = None

    def _tokens(self, request: Request) -> Any:
        """Token ids of the prompt, or a `Failure`."""
        try:
            text = render(request.messages, self._template)
        except Exception as error:  # the template's own
            return Failure(f"{self.name}: the chat template does not take the messages: {error}")
        return self._tokenizer(text, add_special_tokens=self._template is None).input_ids or [self._pad]

    def _answer(self, requests: Sequence[Request], prompts: Sequence[list[int]]) -> list[Reply | Failure | None]:
        """Replies to one batch; ``None`` where there are no words."""
        begun = time.perf_counter()
        torch = self._torch
        shared = _common(prompts) if self._shares and len(prompts) > 1 else 0
        shared = shared if shared >= _SHARED else 0
        width = max(map(len, prompts))
        # Padding stands between the shared beginning and a row's own part: masked, and not counted in positions.
        rows = [[*prompt[:shared], *[self._pad] * (width - len(prompt)), *prompt[shared:]] for prompt in prompts]
        mask = [[1] * shared + [0] * (width - len(prompt)) + [1] * (len(prompt) - shared) for prompt in prompts]
        stops = [(*request.stop, *(() if self._template else (PLAIN_STOP,))) for request in requests]
        writing = _Writing(torch, lambda ids: self._opened + self._decode(ids), requests, stops, self._ends)
        device = self._model.device
        try:
            with torch.inference_mode():
                self._model.generate(
                    input_ids=torch.tensor(rows, device=device),
                    attention_mask=torch.tensor(mask, device=device),
                    past_key_values=self._read(prompts[0][:shared], len(prompts)),
                    max_new_tokens=max(request.max_tokens for request in requests),
                    logits_processor=[writing.choose],
                    stopping_criteria=[writing.finished],
                )
        except RuntimeError as error:  # such as too little memory
            return [Failure(f"{self.name}: {error}") for _ in requests]
        seconds = time.perf_counter() - begun
        return [
            Reply(text, len(prompt), len(ids), seconds) if text else None
            for text, prompt, ids in zip(writing.texts(), prompts, writing.written, strict=True)
        ]

    def _read(self, shared: list[int], rows: int) -> Any:
        """The key-value cache of a beginning, for that many rows."""
        if not shared:
            return None
        from transformers import DynamicCache

        cache = DynamicCache(config=self._model.config)
        ids = self._torch.tensor([shared], device=self._model.device)
        self._model(input_ids=ids, past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(rows)
        return cache


class _Writing:
    """What transformers asks at each token of a batch: which token each row takes, and whether the row is finished."""

    def __init__(
        self,
        torch: Any,
        decode: Callable[[list[int]], str],
        requests: Sequence[Request],
        stops: Sequence[tuple[str, ...]],
        ends: Sequence[int],
    ):
        self._torch, self._decode = torch, decode
        self._requests, self._stops, self._ends = requests, stops, set(ends)
        self._randoms = [Random(request.seed) for request in requests]
        self._done = [False] * len(requests)
        self.written: list[list[int]] = [[] for _ in requests]

    def choose(self, input_ids: Any, scores: Any) -> Any:
        """All scores but the drawn token's become minus infinity, so that taking the best takes it."""
        torch = self._torch
        device = scores.device
        temperatures = torch.tensor([request.temperature for request in self._requests], device=device)[:, None]
        greedy = scores.argmax(-1, keepdim=True)
        likely = (scores.float() / temperatures.clamp(min=1e-4)).softmax(-1)
        likely = torch.where(likely >= MIN_P * likely.amax(-1, keepdim=True), likely, 0.0)
        heights = likely.double().cumsum(-1)
        drawn = torch.tensor([[random.random()] for random in self._randoms], dtype=torch.double, device=device)
        token = torch.searchsorted(heights, drawn * heights[:, -1:], right=True).clamp(max=scores.shape[-1] - 1)
        token = torch.where(temperatures > 0, token, greedy)
        return torch.full_like(scores, -torch.inf).scatter_(-1, token, 0.0)

    def finished(self, input_ids: Any, scores: Any) -> Any:
        """Which rows have ended, after a token was added to each."""
        for row, token in enumerate(input_ids[:, -1].tolist()):
            if not self._done[row]:
                self.written[row].append(token)
                self._done[row] = (
                    token in self._ends
                    or len(self.written[row]) >= self._requests[row].max_tokens
                    or any(text in spoken(self._decode(self.written[row])) for text in self._stops[row])
                )
        return self._torch.tensor(self._done, device=input_ids.device)

    def texts(self) -> list[str]:
        """The words of each row, up to the first stop text."""
        return [words(self._decode(ids), stop) for ids, stop in zip(self.written, self._stops, strict=True)]


def _common(prompts: Sequence[list[int]]) -> int:
    """How many tokens all prompts begin with, at least one of each left over."""
    most = min(map(len, prompts)) - 1
    return next((n for n, column in enumerate(zip(*prompts, strict=False)) if n >= most or len(set(column)) > 1), most)


def _identity(model: str | Path) -> str:
    path = Path(model)
    return f"{path.resolve().name}-{fingerprint(path)}" if path.exists() else str(model)
