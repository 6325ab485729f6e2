"""A person in the learner's seat."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rich.console import Console

from ..core.dialogue import Dialogue, Step
from ..core.stream import Stream
from ..envs.engine import Engine
from ..envs.transcript import Transcript

_OPEN = re.compile(r"(?:[^`]|`(?!``))*```\w*\s*")  # a block that begins at the end of the line


class HumanPolicy:
    """Shows each dialogue in the terminal and reads what the person says.

    An utterance is a line; where a block begins at its end, as with ` ```draft `, it goes on to the end of the block.
    End of input leaves the dialogue by `EOFError`.

    Args:
        engine: The environment.
        console: Where it is shown and read.
        after: Called with each exchange once it is shown, before the person is asked again.
    """

    name = "human"
    at_once = 1

    def __init__(self, engine: Engine, console: Console | None = None, after: Callable[[Step], None] | None = None):
        self._console = console or Console(highlight=False)
        self.transcript, self.after = Transcript(engine.family, self._console), after

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """Ask for one utterance a dialogue."""
        said = []
        for dialogue in dialogues:
            if dialogue.steps:
                self.transcript.show_step(dialogue.steps[-1], echo=False)
                if self.after is not None:
                    self.after(dialogue.steps[-1])
            else:
                self.transcript.show_opening(dialogue)
            said.append(self._words())
        return said

    def _words(self) -> str:
        words = self._console.input("[bold green]You:[/bold green] ")
        if _OPEN.fullmatch(words):
            while words.count("```") < 2:
                words += "\n" + self._console.input("[bold green]...[/bold green] ")
        return words
