"""Transcripts for people: plain text, and colours in the terminal."""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from ..core.dialogue import Dialogue, Step
from .base import Family


class Utterance(NamedTuple):
    """What a seat said, as a console is told to print it."""

    seat: str
    words: str
    colour: str

    def __rich__(self) -> Text:
        """As it looks in a terminal."""
        return Text.assemble((f"{self.seat.capitalize()}:", f"bold {self.colour}"), " ", self.words)


class Transcript:
    """Writes dialogues of one family.

    Args:
        family: Names the seats.
        console: Where `show_opening` and `show_step` print.
    """

    def __init__(self, family: Family, console: Console | None = None):
        self.family = family
        self._console = console

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied, without a terminal that was opened."""
        return {"family": self.family, "_console": None}

    def text(self, dialogue: Dialogue) -> str:
        """The whole dialogue as plain text, a line an utterance; the outcome last."""
        lines = [dialogue.brief, ""]
        if dialogue.opening:
            lines.append(f"{self.family.partner.capitalize()}: {dialogue.opening}")
        for step in dialogue.steps:
            mark = f"   ({step.problem})" if step.problem else ""
            lines.append(f"{self.family.role.capitalize()}: {step.text}{mark}")
            if step.reply:
                lines.append(f"{self.family.partner.capitalize()}: {step.reply}")
        if dialogue.done:
            lines += ["", self.ending(dialogue)]
        return "\n".join(lines)

    def ending(self, dialogue: Dialogue) -> str:
        """One line on how it ended."""
        if dialogue.error:
            return f"Cut off: {dialogue.error}"
        step = dialogue.steps[-1]
        outcome = self.family.outcome(dialogue)
        shown = ", ".join(
            f"{name} {_plain(value)}" for name, value in outcome.items() if value not in (None, "", 0, False)
        )
        hidden = ", ".join(
            f"{name} {value}" for name, value in self.family.reveal(dialogue.scenario, dialogue.hidden).items()
        )
        ending = f"{'Truncated' if step.truncated else 'Over'}: payoff {step.payoff:.3f}"
        return "; ".join(part for part in (ending, shown, f"hidden: {hidden}") if part)

    def show_opening(self, dialogue: Dialogue) -> None:
        """Print the brief and the partner's first words."""
        self._out.print(Panel(Text(dialogue.brief), title=f"You are the {self.family.role}", border_style="cyan"))
        if dialogue.opening:
            self._say(self.family.partner, dialogue.opening, "yellow")

    def show_words(self, seat: str, words: str) -> None:
        """Print one utterance."""
        self._say(seat, words, "green" if seat == self.family.role else "yellow")

    def show_step(self, step: Step, echo: bool = True, answer: bool = True) -> None:
        """Print one exchange, and the ending if it was the last.

        Args:
            step: The exchange.
            echo: Whether to print the learner's words.
            answer: Whether to print the partner's.
        """
        if echo:
            self._say(self.family.role, step.text + (f"   ({step.problem})" if step.problem else ""), "green")
        if step.reply and answer:
            self._say(self.family.partner, step.reply, "yellow")
        if step.done:
            self._out.print(f"[dim]{escape(self.ending(step.dialogue))}[/dim]")

    @property
    def _out(self) -> Console:
        if self._console is None:
            self._console = Console(highlight=False)
        return self._console

    def _say(self, seat: str, words: str, colour: str) -> None:
        self._out.print(Utterance(seat, words, colour))


def _plain(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
