"""Baselines for rumours: random, a typical moderator, and the literature's strategies by name.

The rules look at the level, the label and the checks so far, never at the exact belief.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import cast

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import Check, Days, Debunk, Label, Unlabel
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the assistant into telling; see `evaluation.attacks`."""

CARE = 0.85  # how often the typical moderator has a story checked before it does anything
HASTE = 0.5  # how often it labels first what it does not have checked first
THRIFT = 0.8  # how often it leaves a story alone that few believe

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Days], Act]

_SAY, _CHECK, _LABEL, _UNLABEL, _DEBUNK = Say(), Check(), Label(), Unlabel(), Debunk()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the acts that are possible, waiting included."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    return _tagged(acts[stream.choose(len(acts))])


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical moderator in short words: has it checked, and goes by the last result."""
    act = _moderator(dialogue.state, stream)
    phrases = PHRASES[type(act).__name__.lower()]
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act))


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same moderator, who says nothing but what binds."""
    return _tagged(_moderator(dialogue.state, stream))


def _tagged(act: Act) -> str:
    return "Let us wait." if isinstance(act, Say) else GRAMMAR.print(act)


def _moderator(state: Days, stream: Stream) -> Act:
    careful, hasty, thrifty = (stream.random() < p for p in (CARE, HASTE, THRIFT))
    if state.balance > 0:
        if not state.labelled:
            return _LABEL
        return _DEBUNK if state.level or not thrifty else _SAY
    if state.balance < 0:
        return _UNLABEL if state.labelled else _SAY
    if careful:
        return _CHECK
    return _LABEL if hasty and not state.labelled else _SAY


# ---- rules


def measured(early: bool, surveys: int, sure: int, letters: int) -> Rule:
    """A rule of a grid.

    Args:
        early: Whether the story is labelled before anything is known of it.
        surveys: The least level at which it is checked.
        sure: How many more checks must find it false than true before it is labelled and written about; with 0, none.
        letters: The least level at which a letter is sent to those who believe what is held to be false.
    """

    def rule(state: Days) -> Act:
        if state.balance < 0:
            return _UNLABEL if state.labelled else _SAY
        if early and not state.labelled:
            return _LABEL
        if state.balance < sure:
            return _CHECK if state.level >= surveys else _SAY
        if not state.labelled:
            return _LABEL
        return _DEBUNK if state.level >= letters else _SAY

    return rule


def community(state: Days) -> Act:
    """A label as soon as many believe it, whether it is true or not; it comes off again where few do."""
    if state.labelled:
        return _SAY if state.level else _UNLABEL
    return _LABEL if state.level else _SAY


RULES: dict[str, Rule] = {
    "early-label": lambda state: _SAY if state.labelled else _LABEL,
    "debunk-daily": lambda state: _DEBUNK,
    "community-notes": community,
    "third-party-check": measured(False, 0, 1, 9),
    "check-then-debunk": measured(False, 0, 1, 1),
    "debunk-late": measured(False, 0, 1, 2),
    "label-then-check": measured(True, 0, 1, 1),
    "check-twice": measured(False, 0, 2, 1),
}
"""Rules by name; the names are those of moderation strategies in the literature where they are alike."""


def _spoken(rule: Rule) -> Speak:
    return lambda dialogue, stream: _tagged(rule(cast(Days, dialogue.state)))


HEURISTICS: dict[str, Speak] = {name: _spoken(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""


def sweep() -> dict[str, Speak]:
    """The grid of rules, by name."""
    return dict(_grid())


def _grid() -> Iterator[tuple[str, Speak]]:
    for early, surveys, sure, letters in product((False, True), (0, 1), (0, 1, 2), (0, 1, 2, 9)):
        yield f"measured({int(early)},{surveys},{sure},{letters})", _spoken(measured(early, surveys, sure, letters))
