"""Repeated games in plain English: how an option is understood without tags, and how a person speaks."""

from __future__ import annotations

from functools import cache

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, HANDS, Match, MatrixGame, Play, Promise
from .stories import STORIES

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields.
``results``: persona -> what the last round came to for the speaker -> sentences.
"""

PATTERNS = Patterns(content(__file__, "reading.toml"), ("option",))
"""What plain words bind to."""

_CHOOSING = ("move", "reveal")


def context(story: str, state: Match) -> tuple[str, bool]:
    """What the reading looks at: the story, and whether it is time to choose."""
    return story, state.phase in _CHOOSING


def understand(text: str, context: tuple[str, bool]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: The story, and whether it is time to choose; else options that are named are promised.
    """
    key, choosing = context
    kind, verb = (Play, "choose") if choosing else (Promise, "promise")
    acts: dict[Act, str] = {}
    for found in read(text, PATTERNS, vocabulary(key)):
        if found.act != "bare" or choosing:
            acts |= {kind(option): f"{verb} {option}" for option in found.clause.values("option")}
    return bind(acts)


@cache
def vocabulary(key: str) -> Vocabulary:
    """What the options of a story are called."""
    story = STORIES[key]
    return Vocabulary({"option": {option: story.called(place) for place, option in enumerate(story.options)}})


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the learner has only talked."""
    act, public = cue.act, cue.public
    story, do = STORIES[public.story], ""
    if isinstance(act, (Promise, Play)):
        slot, do = act.tag(), story.do[story.options.index(act.option)]
    else:
        slot = "opening" if cue.opening else "talk"
    talks = slot == "talk" and cue.before.mine is None and bool(cue.heard)
    result = _result(cue.persona, cue.before) if story.game == HANDS and slot == "play" else ""
    return slot, (public.name, story.thing, do, result), "chat" if talks else ""


def _result(persona: str, state: Match) -> str:
    """What the last round came to for the speaker, in a sentence; "" before the second. Nothing is drawn for it."""
    if state.last is None or persona not in WORDS["results"]:
        return ""
    won = MatrixGame(HANDS).points("partner", *state.last)
    said = WORDS["results"][persona][("same", "won", "lost")[won]]
    return said[state.round % len(said)] + " "


GRAMMAR = Grammar(ACTS, understand)
SILENT_GRAMMAR = Grammar((Play,), understand)
"""Where no round begins with a word."""
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
