"""What can sit in the learner's seat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..core.dialogue import Dialogue
from ..core.stream import Stream


class Policy(Protocol):
    """Speaks for the learner in a batch of dialogues.

    An honest policy reads ``messages()``, ``state``, ``scenario``, ``steps`` and ``belief()`` of a dialogue, never ``hidden``.
    """

    name: str

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """The next utterance in each dialogue.

        Args:
            dialogues: Dialogues in which the learner is to speak.
            streams: The policy's own random numbers for each of them.
        """
        ...


Speak = Callable[[Dialogue, Stream], str]


class FunctionPolicy:
    """A policy made of a function of one dialogue."""

    def __init__(self, name: str, speak: Speak):
        self.name = name
        self._speak = speak

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """Ask the function for each dialogue."""
        return [self._speak(dialogue, stream) for dialogue, stream in zip(dialogues, streams, strict=True)]
