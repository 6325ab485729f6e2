"""llama.cpp in this process: any GGUF file, with grammars. Requests run one after the other."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...core.checks import integer, text
from ...core.thoughts import left_open, spoken
from ..user import Failure
from .backend import Reply, Request, Running, lacking
from .chat import PLAIN_STOP, render, words
from .weights import fingerprint

MIN_P = 0.05
"""Tokens less likely than this share of the likeliest are never drawn: a small model's tail makes no sense."""

ATTEMPTS = 3
"""Seeds tried until a reply is not empty."""

THOUGHT_ONLY = "holds thinking only; raise max_tokens (of a mind: mind_tokens)"
_GRAMMARS = 1024  # kept


class LlamaBackend(Running):
    """Runs a GGUF file in llama.cpp, with its own chat template, or as a plain transcript if it has none.

    The prompt's beginning that is the same as in the request before is not read again; so the requests of a call run in
    the order of their messages.

    A request gives the same words again up to rounding: how much of the prompt was still in the cache decides how sums
    are ordered, and rarely a token.

    Args:
        path: The file.
        adapter: A LoRA adapter, as a GGUF file; ``""`` for none.
        context: Tokens of prompt and reply at most.
        threads: Threads of the CPU; 0 takes ``OMP_NUM_THREADS``, or if that is not set, lets llama.cpp choose. More
            threads than free cores slow it down greatly.
        gpu_layers: How many layers are on the GPU, if llama.cpp was built for one; -1 for all.
        name: Replaces the name under which replies are recorded.

    Attributes:
        name: ``llama:``, the file's name and a fingerprint of the weights; those of the adapter behind ``+``.

    Raises:
        ImportError: If llama-cpp-python is not installed.
        ValueError: If the file cannot be read as a model.
    """

    def __init__(
        self,
        path: str | Path,
        adapter: str | Path = "",
        *,
        context: int = 2048,
        threads: int = 0,
        gpu_layers: int = -1,
        name: str = "",
    ):
        try:
            import llama_cpp
            from llama_cpp.llama_chat_format import Jinja2ChatFormatter
        except ImportError as error:
            raise lacking("a model in llama.cpp needs llama-cpp-python", "llm") from error
        integer(0, context=context, threads=threads)
        integer(-1, gpu_layers=gpu_layers)
        text(name=name)
        if not isinstance(adapter, str | Path):
            raise ValueError(f"adapter must be a file, got {adapter!r}")
        path = Path(path)
        for what, file in (("file", path), *([("adapter", Path(adapter))] if adapter else [])):
            if not file.is_file():
                raise ValueError(f"there is no {what} {str(file)!r}; llama.cpp needs a .gguf file")
        tuned = f"+{Path(adapter).name}-{fingerprint(Path(adapter))}" if adapter else ""
        self.name = name or f"llama:{path.name}-{fingerprint(path)}{tuned}"
        cores = threads or int(os.environ.get("OMP_NUM_THREADS", "0")) or None
        try:
            self._llama: Any = llama_cpp.Llama(
                str(path),
                n_ctx=context,
                n_threads=cores,
                n_threads_batch=cores,
                n_gpu_layers=gpu_layers,
                lora_path=str(adapter) or None,
                verbose=False,
            )
        except ValueError as error:
            raise ValueError(f"llama.cpp cannot read {str(path)!r}: {error}") from error
        self._library: Any = llama_cpp
        self._grammars: dict[str, Any] = {}
        self._template, self._opened = None, ""
        if source := self._llama.metadata.get("tokenizer.chat_template"):
            end, begin = self._text(self._llama.token_eos()), self._text(self._llama.token_bos())
            form = Jinja2ChatFormatter(source, eos_token=end, bos_token=begin)
            self._template = lambda chat: form(messages=chat, enable_thinking=False).prompt
            self._opened = left_open(render((("user", "Hello."),), self._template))
        self._thinks = bool(self._opened)  # so that a stop text, or a grammar, would end or forbid the thoughts
        self._lock = threading.Lock()

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """One reply for each request; see `Backend`."""
        replies: list[Any] = [None] * len(requests)
        with self._lock:
            for i in sorted(range(len(requests)), key=lambda i: requests[i].messages):
                replies[i] = self._answer(requests[i])
        return replies

    @property
    def weighs(self) -> bool:
        """Whether it can tell the probabilities of replies; not where thoughts come first."""
        return not self._thinks

    def close(self) -> None:
        """Free the model's memory."""
        with self._lock:
            if self._llama is not None:
                self._llama.close()
                self._llama = None

    def _answer(self, request: Request) -> Reply | Failure:
        if self._llama is None:
            return Failure(f"{self.name} is closed")
        begun = time.perf_counter()
        try:
            if request.choices:
                return self._weigh(request, begun)
            prompt = self._tokens(render(request.messages, self._template))
            room = self._llama.n_ctx() - len(prompt)
            if room < 1:
                size = f"the prompt has {len(prompt)} tokens, the context is {self._llama.n_ctx()}"
                return Failure(f"{self.name}: {size}; the option 'context' widens it")
            for attempt in range(ATTEMPTS if request.temperature > 0 else 1):
                text, tokens = self._complete(request, prompt, min(room, request.max_tokens), request.seed + attempt)
                if text:
                    return Reply(text, len(prompt), tokens, time.perf_counter() - begun)
        except (ValueError, RuntimeError) as error:  # a bad grammar, or a full context
            self._llama.reset()
            return Failure(f"{self.name}: {error}")
        except BaseException:
            self._llama.reset()  # Ctrl-C may have come between reading tokens and noting them
            raise
        return Failure(f"{self.name}: the reply {THOUGHT_ONLY if self._thinks else 'is empty'}")

    def _complete(self, request: Request, prompt: list[int], max_tokens: int, seed: int) -> tuple[str, int]:
        answer = self._llama.create_completion(
            prompt,
            max_tokens=max_tokens,
            temperature=request.temperature,
            seed=seed % 2**32,
            stop=[*(() if self._thinks else request.stop), *([] if self._template else [PLAIN_STOP])],
            grammar=self._grammar(request.grammar) if request.grammar and not self._thinks else None,
            top_p=1.0,
            top_k=0,
            min_p=MIN_P,
        )
        text = self._opened + answer["choices"][0]["text"]
        self._thinks = self._thinks or spoken(text) != text
        return words(text, request.stop), answer["usage"]["completion_tokens"]

    def _weigh(self, request: Request, begun: float) -> Reply:
        """The log-probabilities of the choices; see `Request`.

        Raises:
            ValueError: If the prompt has no room in the context.
        """
        *chat, (_, said) = request.messages
        text = render(chat, self._template) + said
        prompt = self._tokens(text)
        endings = []
        for choice in request.choices:
            whole = self._tokens(text + choice)
            apart = whole[: len(prompt)] != prompt
            endings.append(self._tokens(choice) if apart else whole[len(prompt) :])
        if len(prompt) + max(map(len, endings)) > self._llama.n_ctx():
            raise ValueError(f"the prompt has {len(prompt)} tokens; the option 'context' widens it")
        known: dict[tuple[int, ...], np.ndarray] = {}
        odds = []
        for ending in endings:
            total = 0.0
            for place, token in enumerate(ending):
                before = tuple(ending[:place])
                if before not in known:
                    known[before] = self._next([*prompt, *before])
                total += float(known[before][token])
            odds.append(round(total, 6))
        return Reply(json.dumps(odds), len(prompt), len(odds), time.perf_counter() - begun)

    def _next(self, tokens: list[int]) -> np.ndarray:
        """Log-probabilities of the next token, shape (vocabulary,); what is in the cache is not read again."""
        llama = self._llama
        held = llama.input_ids[: llama.n_tokens].tolist()
        same = next((i for i, (a, b) in enumerate(zip(held, tokens, strict=False)) if a != b), len(held))
        llama.n_tokens = keep = min(same, len(tokens) - 1)
        llama.eval(tokens[keep:])
        at = self._library.llama_get_logits_ith(llama._ctx.ctx, -1)
        logits = np.ctypeslib.as_array(at, shape=(llama.n_vocab(),)).astype(np.float64)
        logits -= logits.max()
        return logits - np.log(np.exp(logits).sum())

    def _grammar(self, source: str) -> Any:
        """The grammar, once it is known that llama.cpp takes it: it dies of one that it does not.

        Raises:
            ValueError: If it does not.
        """
        if source not in self._grammars:
            sampler = self._library.llama_sampler_init_grammar(self._llama._model.vocab, source.encode(), b"root")
            if not sampler:
                raise ValueError(f"llama.cpp does not take the grammar {source[:80]!r}")
            self._library.llama_sampler_free(sampler)
            if len(self._grammars) >= _GRAMMARS:
                self._grammars.clear()
            self._grammars[source] = self._library.LlamaGrammar.from_string(source, verbose=False)
        return self._grammars[source]

    def _tokens(self, prompt: str) -> list[int]:
        """Token ids; a template writes the beginning-of-sequence token itself, or not."""
        ids = self._llama.tokenize(prompt.encode(), add_bos=False, special=True)
        begin = self._llama.token_bos()
        return ids if begin < 0 or not self._llama._model.add_bos_token() or ids[:1] == [begin] else [begin, *ids]

    def _text(self, token: int) -> str:
        return self._llama._model.token_get_text(token) if token >= 0 else ""
