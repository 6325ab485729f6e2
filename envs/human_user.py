"""A person in the simulated person's seat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from ..core.acts import Act, IllegalAct, Say
from ..core.dialogue import Dialogue, turns_of
from ..core.game import view_of
from ..core.grammar import Grammar, Heard
from ..core.mind import foresee
from ..core.setting import Exchange
from ..core.stream import Stream
from ..simulated_users.llm_voice import framed
from ..simulated_users.personas import describe, persona_of
from ..simulated_users.user import Cue, Failure, ScriptedUser
from .base import Family

_INTRODUCED = "human user introduced"
_CHOICE = re.compile(r"\s*(\d{1,3})(?:[.):]|\b)\s*(.*)", re.DOTALL)


class HumanUser:
    """Asks in the terminal what the simulated person does and says.

    The person is told who it is to be: the public facts, the persona, and what it alone knows. It is not
    held to that: any legal act may be made. Where both seats can learn in a family, the person speaks freely, and its
    words are read by the family's grammar, as a learner's are. Elsewhere it chooses among the acts that can be made
    now, by number, and may add words; without them the phrase bank speaks.

    Words are taken before the engine has recorded those they answer: show the learner's words before you step. End of
    input raises `EOFError`.

    Args:
        family: The family.
        grammar: Reads the person's words where they are free.
        console: Where it is asked.
        seat: Whose seat it takes, where there are several people; the others stay simulated. By default the first.
    """

    def __init__(
        self, family: Family, grammar: Grammar | None = None, console: Console | None = None, seat: str | None = None
    ):
        self.family = family
        self.seat = seat or family.partner
        self.grammar = grammar or family.grammar
        self.personas = family.voice.personas
        self._console = console or Console(highlight=False)
        self._said: dict[int, str] = {}

    def decide(self, dialogues: Sequence[Dialogue], heards: Sequence[Heard | None]) -> list[Exchange | Failure]:
        """Ask about one dialogue after the other."""
        return [self._decide(dialogue, heard) for dialogue, heard in zip(dialogues, heards, strict=True)]

    def speak(
        self,
        dialogues: Sequence[Dialogue],
        heards: Sequence[Heard | None],
        texts: Sequence[str],
        exchanges: Sequence[Exchange],
    ) -> list[str]:
        """The person's words, after the reason if the learner's turn was lost; without any, the phrase bank's."""
        said = []
        for dialogue, heard, text, exchange in zip(dialogues, heards, texts, exchanges, strict=True):
            words = self._said.pop(id(dialogue), "")
            voice = ScriptedUser(_Framed(self.family, words, self.seat) if words else self.family.voice)
            said += voice.speak([dialogue], [heard], [text], [exchange])
            own = [turn.text for turn in turns_of(exchange, said[-1]) if turn.seat in (self.seat, "")]
            if own and "\n".join(own) != words:
                self._console.print(f"[dim]You said: {escape(' '.join(own))}[/dim]")
        return said

    def introduce(self, dialogue: Dialogue) -> None:
        """Tell the person who it is; once in each dialogue, before it is first asked."""
        if _INTRODUCED in dialogue.memo:
            return
        dialogue.memo[_INTRODUCED] = True
        lines = [
            f"You talk to {self._learner}. You both know: {_facts(dialogue.public)}.",
            f"Only you know: {_facts(self._own(dialogue, dialogue.hidden)) or 'nothing'}.",
        ]
        lines.append(describe(persona_of(dialogue.persona, self.seat)))
        if self._free:
            lines.append(f"Answer in plain words, or with one tag: {self.grammar.help()}.")
        else:
            lines.append(
                "Where you have a choice, begin with its number. Your own words may follow; without them, words are "
                "found for you."
            )
        self._console.print(
            Panel(Text("\n".join(lines)), title=f"You are {self.family.called(self.seat)}", border_style="yellow")
        )

    def _decide(self, dialogue: Dialogue, heard: Heard | None) -> Exchange:
        self.introduce(dialogue)
        self._said.pop(id(dialogue), None)  # of a dialogue that was left in the middle of a turn
        before = self._own(dialogue, dialogue.hidden)
        if heard is not None and heard.problem:
            self._console.print(
                f"[dim]This says nothing that binds; {self._learner} will be told: {escape(heard.reason)}[/dim]"
            )
        exchange = dialogue.setting.answered(
            dialogue.state,
            dialogue.hidden,
            heard and heard.act,
            lambda state, seat: self._ask(dialogue, state) if seat == self.seat else None,
            dialogue.stream,
        )
        after = self._own(dialogue, exchange.hidden)
        if after != before and not exchange.over:
            self._console.print(
                f"[dim]You have changed. {escape(_facts({k: v for k, v in after.items() if before.get(k) != v}))}[/dim]"
            )
        return exchange

    def _own(self, dialogue: Dialogue, hidden: Any) -> dict[str, Any]:
        """What is hidden in this seat, as far as it knows of it, in plain values."""
        return self.family.known(self.seat, dialogue.reveal(hidden))

    @property
    def _learner(self) -> str:
        called = self.family.called(self.family.role)
        return "the learner" if called == "you" else called

    @property
    def _free(self) -> bool:
        """Whether the grammar reads the acts of both seats."""
        return self.family.duel is not None and self.family.shared_grammar is self.family.grammar

    def _ask(self, dialogue: Dialogue, state: Any) -> Act:
        act, words = self._freely(dialogue, state) if self._free else self._by_number(dialogue, state)
        self._said[id(dialogue)] = words
        return act

    def _freely(self, dialogue: Dialogue, state: Any) -> tuple[Act, str]:
        game, there = dialogue.setting.game, dialogue.fork()
        mover = game.mover(state) or ""
        there.state, there.setting = view_of(game, state, mover), copy(dialogue.setting)
        there.setting.seat = mover  # the words are read from this seat, not from the learner's
        context = self.family.context(there)
        while True:
            words = " ".join(self._input().split())
            heard = self.grammar.parse(words, context)
            try:
                after = game.apply(state, mover, heard.act)
            except IllegalAct as illegal:
                heard = Heard(Say(), "illegal", str(illegal))
            else:
                if (
                    not dialogue.steps
                    and dialogue.opening_exchange is None
                    and state == game.start()
                    and game.mover(after) is None
                ):
                    heard = Heard(Say(), "illegal", "You cannot end it before the other side has said a word.")
            if not words:
                heard = Heard(Say(), "illegal", "Please say something.")
            if not heard.problem:
                return heard.act, "" if words == self.grammar.print(heard.act) else words
            self._console.print(f"[dim]{escape(heard.reason)}[/dim]")

    def _by_number(self, dialogue: Dialogue, state: Any) -> tuple[Act, str]:
        mind = dialogue.setting.mind
        acts = [act for act, _, _ in foresee(mind, dialogue.belief(), state)]
        if len(acts) == 1:
            return acts[0], " ".join(self._input().split())
        likely = mind.react(dialogue.hidden, state).map(lambda outcome: outcome[1])
        for number, act in enumerate(acts, 1):
            self._console.print(
                f"  {number}. {escape(self._label(act))}   [dim](somebody like you: "
                f"{likely.probability(act):.0%})[/dim]"
            )
        while True:
            choice = _CHOICE.match(self._input())
            if choice and 1 <= int(choice[1]) <= len(acts):
                return acts[int(choice[1]) - 1], " ".join(choice[2].split())
            self._console.print(
                f"[dim]Please begin with a number from 1 to {len(acts)}; your own words may follow it.[/dim]"
            )

    def _label(self, act: Act) -> str:
        return self.grammar.print(act).strip("[]") or "talk"

    def _input(self) -> str:
        return self._console.input("[bold yellow]You:[/bold yellow] ")


class _Framed:
    """A voice that says what it was given, with what code puts around any words.

    That is the reason why a turn was lost, or the text of an exercise and its mark.
    """

    def __init__(self, family: Family, words: str, seat: str):
        self.personas, self._guide, self._words = family.voice.personas, family.guide, words
        self._voice, self._seat = family.voice, seat

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        said = []
        for cue, stream in zip(cues, streams, strict=True):
            if cue.seat != self._seat:
                said += self._voice.say([cue], [stream])
                continue
            words = f"{cue.reason} {self._words}" if cue.reason else self._words
            said.append(framed(self._guide.line(cue, stream), words) if self._guide else words)
        return said


def _facts(facts: Any) -> str:
    """Facts in one line; what has no value is left out, and of what has parts again the first is given."""
    if hasattr(facts, "_asdict"):
        facts = facts._asdict()
    elif is_dataclass(facts):
        facts = {field.name: getattr(facts, field.name) for field in fields(facts)}
    if isinstance(facts, dict):
        return "; ".join(
            f"{name.replace('_', ' ')} {_facts(value)}" for name, value in facts.items() if value not in ("", None, ())
        )
    if isinstance(facts, (tuple, list)):
        return ", ".join(str(fact[0]) if isinstance(fact, tuple) and fact else str(fact) for fact in facts) or "none"
    return ("no", "yes")[facts] if isinstance(facts, bool) else str(facts)
