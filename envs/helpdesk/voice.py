"""Helpdesk in plain English: how an agent is understood without tags, how a customer speaks, what the desk prints."""

from __future__ import annotations

from functools import cache

from ...core.acts import Act
from ...core.grammar import Heard
from ...core.reading import Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .calls import NAMED
from .game import PLAN, Check, Done, Escalate, Fix, Guide, HangUp, Leave, Outcome, Record, Report, Restart

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
VOCABULARY = Vocabulary({"part": {part: named.pattern for part, named in NAMED.items()}})
PATTERNS = Patterns(content(__file__, "reading.toml"), VOCABULARY.kinds)
_PLAIN: dict[str, tuple[Act, str]] = {
    "guide": (Guide(), "explain where things are"),
    "restart": (Restart(), "have me restart the phone"),
    "escalate": (Escalate(), "hand me over"),
}

_IT = r"it|that one|this one|(?:that|this)(?= (?:for|now|then|please|again|back|off|on)\b|\W*\Z|[.!?,;])"


def understand(text: str, context: str = "") -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    What is named before a question about "it" is meant by that ("and the SIM card, is it in?"). Where no part is named,
    to put "it" right is to do so with the part that the last turn was about.

    Args:
        text: Any string.
        context: The part that the last turn was about; ``""`` for none.
    """
    acts, named, parts = _read(text, VOCABULARY)
    if not acts and len(parts) <= 1:
        if part := next(iter(named), ""):
            acts, _, _ = _read(text, _pointing(part))
        elif context and not parts:
            meant, _, _ = _read(text, _pointing(context))
            acts |= {act: does for act, does in meant.items() if isinstance(act, Fix)}
    return bind(acts)


def _read(text: str, vocabulary: Vocabulary) -> tuple[dict[Act, str], dict[str, None], set[str]]:
    """The acts, the parts that are only named, and all parts that are named."""
    marked, mentions = vocabulary.mark(plain(text))
    acts: dict[Act, str] = {}
    named: dict[str, None] = {}
    for name, clause, _ in PATTERNS.find(clauses(marked, mentions)):
        kind, _, seat = name.partition(", ")
        if kind == "name":
            named |= dict.fromkeys(clause.values("part"))
            continue
        if kind in _PLAIN:
            act, does = _PLAIN[kind]
            acts[act] = does
            continue
        for part in clause.values("part"):
            if seat and (part == PLAN) != (seat == "at the desk"):
                continue
            acts[Check(part) if kind == "check" else Fix(part)] = f"{kind} {NAMED[part].said}"
    return acts, named, {mention.value for mention in mentions}


@cache
def _pointing(part: str) -> Vocabulary:
    """A vocabulary in which "it" is that part."""
    return Vocabulary({"part": {part: _IT}})


def claim(cue: Cue) -> str:
    """What a customer says of a part; what varies it is public."""
    topic = cue.before.topic
    if not isinstance(topic, (Check, Fix)):
        return ""
    named = NAMED[topic.part]
    claims = named.done if isinstance(cue.act, Done) else getattr(named, getattr(cue.act, "word", "fine"))
    return claims[(cue.before.turn + len(cue.public.name)) % len(claims)]


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the agent has only talked."""
    act, public, said = cue.act, cue.public, ""
    if isinstance(act, (Report, Done)):
        slot, said = act.word if isinstance(act, Report) else "done", claim(cue)
    elif isinstance(act, Outcome):
        slot = act.word
    elif isinstance(act, (Leave, HangUp)):
        slot = "leave" if isinstance(act, Leave) else "hung_up"
    else:
        slot = "opening" if cue.opening else "guided" if isinstance(cue.before.topic, Guide) else "talk"
    values = (said, public.name, public.phone, public.plan, public.place)
    return slot, values, "chat" if cue.before.topic is None else ""


VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
_PRINTED = {
    "active": "{plan}: active, paid, nothing to do",
    "suspended": "{plan}: suspended",
    "resumed": "{plan}: resumed, active from the next restart",
    "charged": "{plan}: was active; a top-up was charged to the customer",
}


def printed(cue: Cue) -> str:
    """What the desk prints, after its name: the record, literally."""
    assert isinstance(cue.act, Record)
    return _PRINTED[cue.act.value].format(plan=cue.public.plan)
