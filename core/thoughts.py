"""Thoughts that a language model writes before it speaks: they are taken off, for whoever listens."""

from __future__ import annotations

import re

_NAMES = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis)"
_OPENS = rf"""
    <\s*(?:seed:)?(?P<opened>(?i:{_NAMES}))\s*>
    | \[THINK\] | ◁think▷ | <\|START_THINKING\|> | <\|channel>thought    # Mistral, Kimi, Cohere, Gemma
    | <\|channel\|>\s*(?!final)\w+                                       # harmony: all channels but the final one
"""
_MARK = re.compile(
    rf"""(?P<open>{_OPENS})
    | <\s*/\s*(?:seed:)?(?P<closed>(?i:{_NAMES}))\s*>
    | \[/THINK\] | ◁/think▷ | <\|END_THINKING\|> | <channel\|>
    | <\|channel\|>\s*final(?:\s*<\|message\|>)?
    | \Aanalysis(?s:.*?)assistantfinal                                   # harmony whose special tokens are gone
    """,
    re.VERBOSE,
)
_LEFT_OPEN = re.compile(rf"(?:{_OPENS})\s*\Z", re.VERBOSE)
_THOUGHT = re.compile(r"<(\w+)\0>.*?(?:</\1\0>|\Z)", re.DOTALL)
_REST = re.compile(r"\A.*</\w+\0>", re.DOTALL)
_FRAME = re.compile(r"<\|start\|>assistant|<\|(?:end|return|message|START_RESPONSE|END_RESPONSE)\|>")


def spoken(text: str) -> str:
    """What is said aloud in `text`.

    A thought ends with the mark that closes it. One that is never closed goes on to the end, and what stands before a
    mark that closes nothing is a thought too: many chat templates open it in the prompt.

    Args:
        text: Any string, such as ``"<think>Is 200 too much?</think>[offer 200]"``.

    Returns:
        The text itself if it has no thoughts; else what is left, without surrounding white space.
    """
    if "<" not in text and "THINK]" not in text and "◁" not in text and not text.startswith("analysis"):
        return text
    marked, found = _MARK.subn(_plain, text)
    return _FRAME.sub("", _REST.sub("", _THOUGHT.sub("", marked))).strip() if found else text


def left_open(prompt: str) -> str:
    """The mark of a thought that is open at the end of a prompt, so that a reply begins inside it; ``""`` if none."""
    found = _LEFT_OPEN.search(prompt[-100:])
    return found[0].strip() if found else ""


def closing(mark: str) -> str:
    """The mark that closes a thought which `mark` has opened."""
    return {"<|START_THINKING|>": "<|END_THINKING|>", "<|channel>thought": "<channel|>"}.get(
        mark, re.sub(r"[<\[◁]", r"\g<0>/", mark, count=1)
    )


def _plain(mark: re.Match[str]) -> str:
    """A mark in the one spelling that is read: by the name, and with a character that nobody writes."""
    name = mark["opened"] or mark["closed"] or "think"
    name = next((stem for stem in ("think", "thought", "reason") if name.lower().startswith(stem)), name.lower())
    return f"<{name}\0>" if mark["open"] else f"</{name}\0>"
