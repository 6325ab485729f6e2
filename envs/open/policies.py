"""Baselines for any scenario file: random, and somebody who looks a step ahead and is not always attentive."""

from __future__ import annotations

from typing import cast

from ...core.acts import Act
from ...core.dialogue import Dialogue
from ...core.grammar import Grammar
from ...core.stream import Stream
from .acts import Bye, Do
from .drafts import FileGrammar
from .game import Rules

CARELESS = 0.3  # share of turns in which the demonstrator does whatever comes to mind
_TAGS, _TEXTS = Grammar(()), FileGrammar(())


def _print(act: Act) -> str:
    """The tag of an act; of a draft its text, too."""
    return f"{_TEXTS.print(act)} {_TAGS.print(act)}" if hasattr(act, "table") else _TAGS.print(act)


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over all moves and calls, and talk; it never leaves."""
    return _print(_any(dialogue, stream)) or "Let me think about it."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """Looks one reply ahead, with the exact belief; in three turns of ten it does something else. Words of the file."""
    act = _next(dialogue, stream)
    file = cast(Rules, dialogue.setting.game).file
    examples = next((move.examples for move in file.move if act == Do(move.id)), ())
    words = examples[stream.choose(len(examples))] if examples else ""
    return f"{words} {_print(act)}".strip() or "Let me think about it."


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same, who says nothing but what binds."""
    return _print(_next(dialogue, stream)) or "Let me think about it."


VARIANTS = {"terse": terse}


def _next(dialogue: Dialogue, stream: Stream) -> Act:
    if stream.random() < CARELESS:
        return _any(dialogue, stream)
    return dialogue.setting.solution.short_sighted(2).best_act(dialogue.state, dialogue.belief())


def _any(dialogue: Dialogue, stream: Stream) -> Act:
    acts = [act for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat) if not isinstance(act, Bye)]
    return acts[stream.choose(len(acts))]
