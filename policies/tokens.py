"""Token records: what a language model was shown and what it said, in ids. Trainers read these and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.thoughts import closing, left_open
from ..simulated_users.backends.chat import Decoder

_ASKED, _SAID, _THOUGHT = "Q7A7", "Q7B7", "Q7C7"  # words that no template has
_REMEDY = (
    "Give the tokenizer a template that keeps every turn as it is: edit chat_template.jinja in the model's folder, or "
    "for many models set tokenizer.chat_template = trl.chat_template_utils.get_training_chat_template(tokenizer) and "
    "save the tokenizer into the folder"
)


@dataclass(slots=True)
class TokenRecord:
    """One dialogue from a language model's side.

    Attributes:
        prompt_ids: Everything before the model's first token.
        completion_ids: The model's turns and the replies between them, up to the last model turn.
        mask: 1 for the model's own tokens, 0 for all others; as long as `completion_ids`.
        logprobs: Log-probability of each of the model's own tokens when it was sampled, 0 elsewhere; empty if they were
            not kept.
        turns: Half-open spans of `completion_ids`, one for each of the model's turns.
        rewards: The reward of each of the model's turns.
    """

    prompt_ids: list[int]
    completion_ids: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    turns: list[tuple[int, int]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        """Prompt and completion."""
        return self.prompt_ids + self.completion_ids

    @property
    def labels(self) -> list[int]:
        """`ids` with -100 wherever the token is not the model's own."""
        return [-100] * len(self.prompt_ids) + [
            token if own else -100 for token, own in zip(self.completion_ids, self.mask, strict=True)
        ]

    def speak(self, ids: Sequence[int], own: Sequence[int] | None = None, logprobs: Sequence[float] = ()) -> None:
        """Append a turn of the model.

        Args:
            ids: Its tokens, the end-of-turn token included.
            own: 1 where the model sampled the token, 0 where it was forced; all 1 by default.
            logprobs: Of each token, if known.
        """
        start = len(self.completion_ids)
        self.completion_ids.extend(ids)
        self.mask.extend(own if own is not None else [1] * len(ids))
        self.logprobs.extend(logprobs)
        self.turns.append((start, len(self.completion_ids)))

    def hear(self, ids: Sequence[int]) -> None:
        """Append what was shown to the model between two turns."""
        self.completion_ids.extend(ids)
        self.mask.extend([0] * len(ids))
        if self.logprobs:
            self.logprobs.extend([0.0] * len(ids))


class ChatFormat:
    """How a tokenizer's chat template frames a dialogue, as ids.

    Sampled ids are kept as they are: nothing is decoded and encoded again. Thoughts are part of the turn, and the
    learner's own tokens, though nobody else hears them.

    Args:
        tokenizer: With a chat template and an end-of-sequence token that closes a turn.

    Attributes:
        thought: The mark of the thought that the template opens for the model, such as ``"<think>"``; ``""`` if it
            opens none.

    Raises:
        ValueError: If the template is missing, closes turns with another token, rewrites earlier turns when a later one
            is added, or takes the thoughts off them; the message says what helps.
    """

    def __init__(self, tokenizer: Any):
        if not getattr(tokenizer, "chat_template", None) or tokenizer.eos_token_id is None:
            raise ValueError("the tokenizer needs a chat template and an end-of-sequence token")
        self.tokenizer = tokenizer
        self.eos: int = tokenizer.eos_token_id
        turns = [_user(_ASKED), _assistant(_SAID)]
        if tokenizer.eos_token not in self._render(turns).rpartition(_SAID)[2] or self.eos not in self._encode(
            turns, False
        ):
            raise ValueError(
                "the tokenizer's chat template must close turns with its end-of-sequence token, "
                f"{tokenizer.eos_token!r}; set eos_token to what it writes"
            )
        before = self._closed(turns)
        if self._encode([*turns, _user("c")], prompt=True)[: len(before)] != before:
            raise ValueError(
                "the tokenizer's chat template rewrites earlier turns when a later one is added; it cannot be used for "
                f"token records. {_REMEDY}"
            )
        thinking = [turns[0], _assistant(f"<think>\n{_THOUGHT}\n</think>\n\n{_SAID}"), _user("c")]
        if _THOUGHT not in self._render(thinking):
            raise ValueError(
                "the tokenizer's chat template takes the thoughts off earlier turns: a model would be shown other "
                f"turns than it has written, and token records would not hold. {_REMEDY}"
            )
        self.thought = left_open(self._render(turns[:1], prompt=True))
        self._before = len(self._closed([_user("x"), _assistant("x")]))
        self._decode = Decoder(tokenizer)
        self._cache: dict[str, list[int]] = {}

    def opening(self, text: str, system: str = "") -> list[int]:
        """Ids up to the model's first token, when it is shown `text` first; after a system message, if there is one."""
        before = [{"role": "system", "content": system}] if system else []
        return self._encode([*before, _user(text)], prompt=True)

    def reply(self, text: str) -> list[int]:
        """Ids between the end of one model turn and the first token of the next, when it is shown `text`."""
        found = self._cache.get(text)
        if found is None:
            found = self._encode([_user("x"), _assistant("x"), _user(text)], prompt=True)[self._before :]
            if len(self._cache) > 50_000:
                self._cache.clear()
            self._cache[text] = found
        return found

    def turn(self, text: str) -> list[int]:
        """Ids of a model turn that says `text`, for demonstrations; a thought that the template opens is closed."""
        closed = f"\n{closing(self.thought)}\n\n" if self.thought else ""
        return [*self.tokenizer.encode(closed + text, add_special_tokens=False), self.eos]

    def text(self, ids: Sequence[int]) -> str:
        """A model turn in words, with its thoughts, which `spoken` takes off."""
        return (self.thought + self._decode(ids)).strip()

    def record(self, messages: Sequence[dict[str, str]], rewards: Sequence[float] = ()) -> TokenRecord:
        """The token record of a chat that was written, not sampled; it ends with the last turn of the assistant.

        A system message may come first. Calls of functions have no place in it.
        """
        system, messages = (messages[0]["content"], messages[1:]) if messages[0]["role"] == "system" else ("", messages)
        record = TokenRecord(self.opening(messages[0]["content"], system))
        last = max((i for i, message in enumerate(messages) if message["role"] == "assistant"), default=0)
        for message in messages[1 : last + 1]:
            if message["role"] == "assistant":
                record.speak(self.turn(message["content"]))
            else:
                record.hear(self.reply(message["content"]))
        record.rewards = list(rewards)
        return record

    def _render(self, messages: list[dict[str, str]], prompt: bool = False) -> str:
        return self.tokenizer.apply_chat_template(messages, add_generation_prompt=prompt, tokenize=False)

    def _encode(self, messages: list[dict[str, str]], prompt: bool) -> list[int]:
        return list(
            self.tokenizer.apply_chat_template(messages, add_generation_prompt=prompt, tokenize=True, return_dict=False)
        )

    def _closed(self, messages: list[dict[str, str]]) -> list[int]:
        """Ids up to and including the token that closes the last turn; some templates add a newline after it."""
        ids = self._encode(messages, prompt=False)
        return ids[: len(ids) - ids[::-1].index(self.eos)]


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}
