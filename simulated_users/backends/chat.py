"""What the backends share: chats as text for models without a chat template, and replies as clean words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Messages = Sequence[tuple[str, str]]

PLAIN_STOP = "\nUser:"
"""Where a model that continues a plain transcript begins to speak for the other side."""

_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


def words(text: str) -> str:
    """A reply without the thinking that some models write before it, and without surrounding white space."""
    return encodable(_THOUGHT.sub("", text, count=1)).strip()


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
        folded = _folded(chat)
        if folded == chat:
            raise
        return template(folded)


def _folded(chat: list[dict[str, str]]) -> list[dict[str, str]]:
    """The chat with system messages told by the user, and turns of one role in a row joined."""
    folded: list[dict[str, str]] = []
    for turn in chat:
        role = "assistant" if turn["role"] == "assistant" else "user"
        if folded and folded[-1]["role"] == role:
            folded[-1]["content"] += "\n\n" + turn["content"]
        else:
            folded.append({"role": role, "content": turn["content"]})
    return folded
