"""Mafia in plain English: how a bystander is understood without tags, how people speak, what the host prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Found, Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, NAMES, Accuse, Call, Circle, Follow, Missing, Name, Question, Suspect
from .stories import STORIES

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
VOCABULARY = Vocabulary({"person": {name: rf"{name}(?:'s)?" for name in NAMES}})
PATTERNS = Patterns(content(__file__, "reading.toml"), VOCABULARY.kinds)
"""What plain words bind to."""
COUNTED: tuple[str, ...] = WORDS["numbers"]


class Affair(NamedTuple):
    """What everybody knows.

    Attributes:
        story: What has been done.
        needed: Voices without which nobody is searched.
    """

    story: str
    needed: int


_KINDS: dict[str, Any] = {"question": Question, "accuse": Accuse}
_DOES = {"question": "question {}", "accuse": "accuse {}"}


def understand(text: str, context: str) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: Who has spoken last, whom "you" means where nobody is named; ``""`` for nobody.
    """
    marked, mentions = VOCABULARY.mark(plain(text))
    said = clauses(marked, mentions)
    named = list(dict.fromkeys(mention.value for mention in mentions))
    acts: dict[Act, str] = {}
    for one in PATTERNS.find(said):
        whom = _meant(one, said, named) or ([context] if context else [])
        if not whom:
            return Heard(Say(), "ambiguous", "Whom of us do you mean?")
        acts |= {_KINDS[one.act](name): _DOES[one.act].format(name.capitalize()) for name in whom}
    return bind(acts) if acts else TALK


def _meant(found: Found, said: Sequence, named: list[Name]) -> list[Name]:
    """Whom an act concerns: who is named in its clause, in its sentence, or anywhere if that is one alone."""
    own = found.clause.values("person")
    if own:
        return own
    beside = [name for clause in said if clause.sentence == found.clause.sentence for name in clause.values("person")]
    return list(dict.fromkeys(beside)) or (named if len(named) == 1 else [])


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot and values of the templates' fields.

    Which alibi and which clue is told follows from who speaks, and when. Who has voices against itself denies.
    """
    act, state, story = cue.act, cue.before, STORIES[cue.public.story]
    slot = "opening" if cue.opening else act.tag() if not isinstance(act, Say) else "unsure"
    if slot == "unsure" and state.voices and state.voices[NAMES.index(cue.seat)]:
        slot = "deny"
    who: Any = act.who if isinstance(act, (Suspect, Follow)) else cue.seat
    turn = state.moment + 2 * state.day + state.at
    alibi = story.alibis[turn % len(story.alibis)]
    clue = story.clues[(turn + NAMES.index(who)) % len(story.clues)]
    return slot, (cue.seat.capitalize(), who.capitalize(), story.where, story.did, story.place, alibi, clue), ""


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in a row."""
    some = [name.capitalize() for name in names]
    return f"{', '.join(some[:-1])} {last} {some[-1]}" if len(some) > 1 else some[0]


def counted(state: Circle) -> str:
    """The voices of a day: "Ben three, Cleo one"."""
    pairs = [(name.capitalize(), n) for name, n in zip(NAMES, state.voices, strict=False) if n]
    return ", ".join(f"{name} {n}" for name, n in pairs) or "none"


def printed(cue: Cue) -> str:
    """What the host prints: who has the word, what is found, or who is missing."""
    state, story = cue.before, STORIES[cue.public.story]
    act: Any = cue.act
    if isinstance(act, Call):
        return f"{act.who.capitalize()} has the word."
    if isinstance(act, Missing):
        there = [n for n, here in zip(NAMES, state.here, strict=False) if here and n != act.who]
        gone = f"The next morning {act.who.capitalize()} is missing: somebody has talked {act.who.capitalize()} into "
        return f"{gone}staying at home. {listed(there)} are left. The second and last day begins, without any voices."
    over = " It is over, and nobody knows who it was." if state.day else ""
    votes = f"The day is over. Voices: {counted(state)}."
    if act.word == "nobody":
        short = f"Nobody is alone ahead with {COUNTED[cue.public.needed]} voices or more"
        return f"{votes} {short}: nobody is searched.{over}"
    top = max(state.voices)
    name = NAMES[state.voices.index(top)].capitalize()
    if act.word == "guilty":
        return f"{votes} We look into {name}'s {story.place}: {story.found}! It was {name} who {story.did}."
    return f"{votes} We look into {name}'s {story.place}: nothing. {name} is innocent, and goes home, hurt.{over}"


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
