"""What the backends share: chats as text for models without a chat template, and replies as clean words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core.thoughts import spoken

Messages = Sequence[tuple[str, str]]

PLAIN_STOP = "\nUser:"
"""Where a model that continues a plain transcript begins to speak for the other side."""


def words(text: str, stop: Sequence[str] = ()) -> str:
    """What is said aloud in a reply (see `spoken`), up to the first stop text, without surrounding white space."""
    said = encodable(spoken(text)).strip()
    for part in stop:
        said = said.partition(part)[0]
    return said.rstrip()


class Decoder:
    """Ids of a tokenizer as text: without special tokens, except for those that mark thoughts.

    Args:
        tokenizer: One of transformers'.
    """

    def __init__(self, tokenizer: Any):
        self._tokenizer = tokenizer
        special = {id: str(token) for id, token in tokenizer.added_tokens_decoder.items() if token.special}
        marks = {id for id, token in special.items() if spoken(f"a{token}b") != f"a{token}b"}
        self._dropped = special.keys() - marks if marks else None

    def __call__(self, ids: Sequence[int]) -> str:
        """The text."""
        if self._dropped is None:
            return self._tokenizer.decode(ids, skip_special_tokens=True)
        return self._tokenizer.decode([id for id in ids if id not in self._dropped])


def encodable(text: str) -> str:
    """`text` with question marks for its lone surrogates, which no tokenizer or server takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def dicts(messages: Messages) -> list[dict[str, str]]:
    """A chat in the form that servers and chat templates read."""
    return [{"role": role, "content": encodable(content)} for role, content in messages]


def render(messages: Messages, template: Callable[[list[dict[str, str]]], str] | None) -> str:
    """The prompt of a chat, up to where the assistant begins to speak.

    Args:
        messages: The chat.
        template: The model's own; it raises what it likes if it does not take the chat. Without one the prompt is a
            plain transcript.
    """
    chat = dicts(messages)
    if template is None:
        names = {"user": "User: ", "assistant": "Assistant: "}
        return "\n".join(names.get(turn["role"], "") + turn["content"] for turn in chat) + "\nAssistant:"
    try:
        return template(chat)
    except Exception:
        # Templates reject system messages or roles that do not alternate, each with an exception of its own kind.
        folded = fold(chat)
        if folded == chat:
            raise
        return template(folded)


def fold(chat: list[dict[str, str]]) -> list[dict[str, str]]:
    """The chat with system messages told by the user, and turns of one role in a row joined."""
    folded: list[dict[str, str]] = []
    for turn in chat:
        role = "assistant" if turn["role"] == "assistant" else "user"
        if folded and folded[-1]["role"] == role:
            folded[-1]["content"] += "\n\n" + turn["content"]
        else:
            folded.append({"role": role, "content": turn["content"]})
    return folded
