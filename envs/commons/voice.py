"""The commons in plain English: how a seat is understood without tags, how villagers speak, what the warden prints."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, NAMES, Agree, Propose, Refuse, Take
from .places import PLACES

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
COUNTED: tuple[str, ...] = WORDS["numbers"]
"""How 0, 1, 2 and so on are said."""
PATTERNS = Patterns(content(__file__, "reading.toml"), ("number",))
"""What plain words bind to."""
_UNITS = "|".join(
    sorted({word for place in PLACES.values() for word in (place.unit, place.units)} | {"units?", "tons?"})
)


_GROWN = "|".join(sorted({place.of for place in PLACES.values()} | {"fish", "it"}))


class Shared(NamedTuple):
    """What everybody knows."""

    place: str
    people: int
    months: int
    every: int


def _called(number: int) -> str:
    """What a number may be called, with the unit."""
    words = ("no|zero", "one|a|an|a single", "two|a couple of|a pair of", "three", "four")
    spelled = words[number] if number < len(words) else COUNTED[number]
    unit = rf"(?: (?:{_UNITS})(?: of (?:{_GROWN}))?)"
    bare = rf"(?:{number}|{COUNTED[number]})(?! ?(?:months?|people|of us|villagers|votes?|times|years?|/|%|\.\d))"
    return rf"(?:{number}|{spelled}){unit}|(?<![/.,]){bare}{unit}?"


VOCABULARY = Vocabulary({"number": {number: _called(number) for number in range(len(COUNTED))}})


def understand(text: str, context: str) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: The phase: ``"council"``, ``"vote"`` or ``"harvest"``.
    """
    found = read(text, PATTERNS, VOCABULARY)
    if context == "vote":
        votes: dict[Act, str] = {}
        for act, _, _ in found:
            if act == "agree":
                votes[Agree()] = "agree"
            elif act == "refuse":
                votes[Refuse()] = "refuse"
        return bind(votes)
    acts: dict[Act, str] = {}
    unclear = False
    for act, clause, _ in found:
        numbers = clause.values("number")
        if context == "council" and act in ("propose", "bare"):
            acts |= {Propose(number): f"propose {COUNTED[number]} for each" for number in numbers}
        elif context == "harvest" and act in ("take", "nothing"):
            acts |= {Take(number): f"take {COUNTED[number]}" for number in numbers or [0]}
        unclear = unclear or act == "unclear"
    if not acts and unclear and context == "harvest":
        return Heard(Say(), "ambiguous", "How many do you take yourself, this month?")
    return bind(acts) if acts else TALK


@cache
def counted(number: int, place: str) -> str:
    """A number with its unit, in words: "two crates"."""
    where = PLACES[place]
    said = COUNTED[number] if number < len(COUNTED) else str(number)
    return f"{said} {where.unit if number == 1 else where.units}"


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk where the chair has only talked."""
    act, state, place = cue.act, cue.before, PLACES[cue.public.place]
    number = act.units if isinstance(act, Take) else state.cap
    if isinstance(act, Take):
        slot = "take" if number else "nothing"
    elif isinstance(act, (Agree, Refuse)):
        slot = act.tag()
    else:
        slot = "opening" if cue.opening else "talk"
    said = counted(number, cue.public.place)
    values = (cue.seat.capitalize(), said, said[:1].upper() + said[1:], place.of, place.about, place.work)
    return slot, values, "chat" if slot == "talk" else ""


def printed(cue: Cue) -> str:
    """What the warden prints: how the council has ended, or the month's count."""
    state, public = cue.before, cue.public
    units, people = PLACES[public.place].units, public.people
    if state.phase == "closed":
        vote = f"{state.votes} of {people} for it" if state.votes else "no proposal"
        rule = f"nobody is to take more than {state.cap} a month until the next council" if state.agreed else "no limit"
        return f"{vote}; {rule}. Month {state.month + 1} of {public.months}: how many {units} does each take?"
    baskets = ", ".join(
        f"{name} {n}" for name, n in zip(("chair", *map(str.capitalize, NAMES)), state.caught, strict=False)
    )
    count = f"{state.taken} taken, {state.pool} {units} there now. In all: {baskets}."
    if state.pool < 1:
        return f"{count} Nothing is left to grow back. It is over."
    if state.month >= public.months:
        return f"{count} That was the last month."
    council = bool(public.every) and state.month % public.every == 0
    return f"{count} Month {state.month + 1} of {public.months}{': the council meets' if council else ''}."


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
