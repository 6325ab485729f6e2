"""Transcripts for people: plain text, and colours in the terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import takewhile
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from ..core.dialogue import Dialogue, Step, Turn
from ..core.game import hears
from ..simulated_users.user import signed
from .base import Family
from .engine import PATIENCE


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
        apart: Whether the person who reads sits opposite the learner: a learner whose seat is ``"you"`` is shown as the
            learner then.
    """

    def __init__(self, family: Family, console: Console | None = None, apart: bool = False):
        self.family, self.apart = family, apart
        self._console = console

    def __getstate__(self) -> dict[str, Any]:
        """To be pickled or copied, without a terminal that was opened."""
        return {**vars(self), "_console": None}

    def text(self, dialogue: Dialogue) -> str:
        """The whole dialogue as plain text, a line an utterance; the outcome last."""
        lines = [dialogue.brief, ""]
        for turn in dialogue.turns():
            seat, words = attributed(self.family, turn.seat, turn.text)
            lines.append(f"{seat.capitalize()}: {words}" + (f"   ({turn.problem})" if turn.problem else ""))
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
            f"{name} {plainly(value)}" for name, value in outcome.items() if value not in (None, "", 0, False)
        )
        secret = self.family.reveal(dialogue.scenario, dialogue.hidden)
        hidden = ", ".join(f"{name} {plainly(value)}" for name, value in secret.items() if value != {})
        over = f"Truncated after {PATIENCE} lost turns in a row" if step.truncated else "Over"
        ending = f"{over}: payoff {step.payoff:.3f}"
        return "; ".join(part for part in (ending, shown, f"hidden: {hidden}") if part)

    def show_opening(self, dialogue: Dialogue) -> None:
        """Print the brief and the partner's first words."""
        self._out.print(Panel(Text(dialogue.brief), title=_title(self.family, self.family.role), border_style="cyan"))
        for turn in takewhile(lambda turn: turn.seat != dialogue.seat, dialogue.turns()):
            self._answer(turn)

    def show_words(self, seat: str, words: str) -> None:
        """Print one utterance."""
        self._say(seat, words, "green" if seat == self.family.role else "yellow")

    def show_step(self, step: Step, echo: bool = True, answer: bool | str = True) -> None:
        """Print one exchange, and the ending if it was the last.

        Args:
            step: The exchange.
            echo: Whether to print the learner's words.
            answer: Whether to print the others'; or the seat of a person, which knows its own.
        """
        if echo:
            self._say(self.family.role, step.text + (f"   ({step.problem})" if step.problem else ""), "green")
        game, apart = step.dialogue.setting.game, isinstance(answer, str)
        for turn in step.answers:
            made = (state for state, seat, _ in step.exchange.replies if seat == turn.seat)
            if apart and not all(hears(game, state, turn.seat, str(answer)) for state in made):
                continue
            if turn.seat != answer if isinstance(answer, str) else answer or turn.seat in self.family.tools:
                self._answer(turn)
        if step.done:
            self._out.print(f"[dim]{escape(self.ending(step.dialogue))}[/dim]")

    @property
    def _out(self) -> Console:
        if self._console is None:
            self._console = Console(highlight=False)
        return self._console

    def _answer(self, turn: Turn) -> None:
        self._say(
            *attributed(self.family, turn.seat, turn.text), "magenta" if turn.seat in self.family.tools else "yellow"
        )

    def _say(self, seat: str, words: str, colour: str) -> None:
        seat = "learner" if self.apart and seat == "you" else seat
        self._out.print(Utterance(seat, words, colour))


def attributed(family: Family, seat: str, words: str) -> tuple[str, str]:
    """Who spoke, and the words; without the seat's name before them, which tools have, and people in company."""
    seat = seat or family.partner
    return seat, words.removeprefix(signed(seat, "")) if seat in family.tools or len(family.company) > 1 else words


def _title(family: Family, seat: str) -> str:
    called = family.called(seat)
    return "You" if called == "you" else f"You are {called}"


def plainly(value: object) -> str:
    """A fact of `Family.reveal` or `Family.outcome` as a person reads it, without Python's brackets and quotes."""
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name} {plainly(one)}' for name, one in value.items())})"
    if isinstance(value, Collection) and not isinstance(value, str):
        return " and ".join(map(plainly, value)) or "none"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
