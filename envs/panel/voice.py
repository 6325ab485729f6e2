"""A hearing in plain English: how an advocate is understood without tags, and how members speak."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Found, Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .cases import CASES
from .game import ACTS, MEMBERS, POINTS, Argue, Move, Name, Probe, Rest, Tell

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""

PATTERNS = Patterns(content(__file__, "reading.toml"), ("member", "point"))
"""What plain words bind to."""

_TAGS = {"need": "needs?|the need", "proof": "proofs?|evidence", "plan": "plans?"}


@cache
def vocabulary(case: str) -> Vocabulary:
    """What the members and the points of a case are called."""
    told = CASES[case]
    points = {point: f"{told.called[point]}|{told.heard[point]}|{_TAGS[point]}" for point in POINTS}
    return Vocabulary({"member": {name: rf"{name}(?:'s)?" for name in MEMBERS}, "point": points})


def understand(text: str, context: tuple[str, Name | Literal[""]]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: The case, and who was spoken to last and is not won over; ``""`` for nobody.
    """
    case, last = context
    marked, mentions = vocabulary(case).mark(plain(text))
    said = clauses(marked, mentions)
    named: list[Name] = list(dict.fromkeys(mention.value for mention in mentions if mention.kind == "member"))
    acts: dict[Act, str] = {}
    found = PATTERNS.find(said)
    asking = {one.clause.sentence for one in found if one.act == "probe"}  # "what matters: the photos, or the rent?"
    for one in found:
        if one.act == "thanks" or (one.act == "argue" and one.clause.sentence in asking):
            continue
        if one.act == "rest":
            acts[Rest()] = "rest your case"
            continue
        whom = _meant(one, said, named) or ([last] if last else [])
        if not whom:
            return Heard(Say(), "ambiguous", "Whom do you mean: Anna, Ben or Cleo?")
        for name in whom:
            if one.act == "probe":
                acts[Probe(name)] = f"ask {name.capitalize()}"
            else:
                acts |= {
                    Argue(name, point): f"argue the {point} to {name.capitalize()}"
                    for point in one.clause.values("point")
                }
    if not acts and any(one.act == "thanks" for one in found):
        acts[Rest()] = "rest your case"
    return bind(acts)


def _meant(found: Found, said: Sequence, named: list[Name]) -> list[Name]:
    """Whom an act concerns: who is named in its sentence, or anywhere if that is one alone."""
    own = found.clause.values("member")
    beside = [name for clause in said if clause.sentence == found.clause.sentence for name in clause.values("member")]
    return own or list(dict.fromkeys(beside)) or (named if len(named) == 1 else [])


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the advocate has only talked."""
    act, before, case = cue.act, cue.before, CASES[cue.public.case]
    place = MEMBERS.index(cue.seat)  # type: ignore[arg-type]
    mark, point, name = before.members[place].mark, "", ""
    if isinstance(act, Tell):
        slot, point = "tell", case.called[act.point]
    elif isinstance(act, Move):
        mark += act.by
        if before.at != place:
            slot, name = ("join" if act.by > 0 else "keep"), MEMBERS[before.at].capitalize()
        elif before.asked == "probe":
            slot = "resent"
        else:
            slot, point = ("won" if act.by > 0 else "annoyed" if act.by < 0 else "cold"), case.called[before.asked]
    else:
        slot = "talk"
    values = (mark, point, name, point[:1].upper() + point[1:])
    return slot, values, "chat" if isinstance(act, Say) else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
