"""Gifts in plain English: how somebody is understood who is asked for help, and how people ask, thank and give."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ...core.acts import Act
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, MOST, PUNISHED, Give, Meet, Punish
from .villages import PLACES, neighbour, visitor

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
COUNTED: tuple[str, ...] = ("nothing", "one", "two", "three", "four", "five")
"""How numbers of units are said."""
_UNITS = "|".join(sorted({word for place in PLACES.values() for word in (place.unit, place.units)} | {"units?"}))
_GOODS = "|".join(sorted({place.of for place in PLACES.values()}))
_OF = f"{_GOODS}|it|them|mine|these"
_CALLED = ("no|zero", "one|a|an|a single|just one", "two|a couple(?: of)?|a pair(?: of)?|both", "three", "four", "five")


def _called(number: int) -> str:
    """What a number may be called, with the unit."""
    unit = rf"(?: (?:{_UNITS}|{_GOODS})(?: of (?:{_OF}|(?:my|the) (?:{_OF}|{_UNITS})))?)"
    more = "|both|a couple of (?:them|these|mine)|a couple" if number == 2 else ""
    bare = rf"(?:{number}|{COUNTED[number] if number else 'zero'}{more})"
    after = (
        r"(?! ?(?:months?|weeks?|days?|people|of us|times|years?|/|%|\.\d|more question|question|other|thing|moment))"
    )
    return rf"(?:{number}|{_CALLED[number]}){unit}|(?<![/.,]){bare}{after}(?: of (?:(?:my |the )?(?:{_OF}|{_UNITS})))?"


VOCABULARY = Vocabulary({"number": {number: _called(number) for number in range(len(COUNTED))}})
PATTERNS = Patterns(content(__file__, "reading.toml"), VOCABULARY.kinds)
"""What plain words bind to."""


def understand(text: str, context: bool) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: Whether people can be punished.
    """
    acts: dict[Act, str] = {}
    some = False
    for act, clause, _ in read(text, PATTERNS, VOCABULARY):
        if act == "give":
            acts |= {Give(n): f"give me {COUNTED[n]}" for n in clause.values("number")}
        elif act == "refuse":
            acts[Give(0)] = "give me nothing"
        elif act == "punish" and context:
            acts[Punish()] = "punish me"
        elif act == "plenty":
            acts[Give(MOST)] = f"give me {COUNTED[MOST]}"
        some = some or act == "some"
    if len(acts) > 1:
        acts.pop(Give(0), None)  # "No, I cannot give you two, but I will give you one."
    if not acts and some:
        return Heard(Give(1))
    return bind(acts) if acts else TALK


@cache
def counted(number: int, place: str) -> str:
    """A number with its unit, in words: "two sacks"."""
    where = PLACES[place]
    return COUNTED[number] if number < 1 else f"{COUNTED[number]} {where.unit if number == 1 else where.units}"


def did(number: int, place: str) -> str:
    """What somebody did who was asked: "gave two sacks"."""
    return "punished somebody" if number == PUNISHED else f"gave {counted(number, place)}"


def printed(cue: Cue) -> str:
    """What gossip tells of the visitor and of the learner, in one line."""
    assert isinstance(cue.act, Meet)
    state, place = cue.before, cue.public.place
    name, _ = visitor(place, state.round)
    older, last = (did(units, place) for units in state.record)
    last = last.removeprefix("gave ") if older.startswith("gave ") else last
    reason = ", to somebody who had given nothing" if state.excused else ""
    return (
        f"round {state.round + 1} of {cue.public.rounds}. {name} {did(cue.act.last, place)} when last asked. "
        f"You {older}, then {last}{reason}."
    )


_KINDS = {PUNISHED: "punished", 0: "refused", 1: "one", 2: "two"}


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk to somebody who gives nothing."""
    state, place = cue.before, cue.public.place
    name, why = visitor(place, state.round)
    number = max(0, state.record[1])
    if state.phase == "receive":
        name = neighbour(place, state.round)
        number = cue.act.units if isinstance(cue.act, Give) else 0
        slot = f"give_{number}"
    else:
        slot = "ask" if state.phase == "ask" else _KINDS[state.record[1]]
    said = counted(number, place)
    where = PLACES[place]
    of, last = where.of, did(state.record[1], place)
    return slot, (name, why, of, said, said[:1].upper() + said[1:], last), "chat" if slot == "refused" else ""


class VillageVoice(PhraseVoice):
    """A phrase bank whose visitors answer what they were told; neighbours, and the next visitor, have not heard it."""

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """See `PhraseVoice.say`."""
        return super().say(list(map(_heard, cues)), streams)

    def possible(self, cue: Cue) -> tuple[list[str], list[str]]:
        """See `PhraseVoice.possible`."""
        return super().possible(_heard(cue))


def _heard(cue: Cue) -> Cue:
    return cue if cue.opening or cue.before.phase == "thank" else cue._replace(heard="", sealed=True)


GRAMMAR = Grammar(ACTS, understand)
VOICE = VillageVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
