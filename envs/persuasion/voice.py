"""Persuasion in plain English: how a persuader is understood without tags, and how a persuadee speaks."""

from __future__ import annotations

from functools import cache

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .charities import CHARITIES
from .game import ACTS, AMOUNTS, Appeal, Inquire, Leave, Propose, React, Stop

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of persuadees; they mean nothing."""
SUMS: dict[int, str] = dict(zip(AMOUNTS, WORDS["sums"], strict=True))
"""Cents -> how the sum is called."""

READING = content(__file__, "reading.toml")
PATTERNS = Patterns(READING, ("fact", "amount"))
_CALLED = {
    50: r"50 ?(?:cents?\b|c\b)|fifty cents|half a (?:dollar|buck)|\$ ?0?\.50|0\.50 (?:dollars|\$)|[$]\.5",
    100: r"(?:a|one|1|(?:the|a) whole|a full) (?:dollar|buck)|\$ ?1(?:\.00)?(?![\d.])|(?:100|a hundred) ?(?:cents|c\b)",
}
_DOES = {
    "reason": "tell me what the money does",
    "feeling": "tell me about somebody",
    "trust": "tell me why to trust you",
}


def understand(text: str, context: str) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: The charity.
    """
    marked, mentions = _vocabulary(context).mark(plain(text))
    found = PATTERNS.find(clauses(marked, mentions))
    asking = {id(one.clause) for one in found if one.act == "propose"}  # "would you give a dollar for 25 loans?"
    acts: dict[Act, str] = {}
    for act, clause, _ in found:
        if act == "appeal" and id(clause) not in asking:
            acts |= {Appeal(kind): _DOES[kind] for kind in clause.values("fact")}
        elif act == "propose":
            acts |= {Propose(cents): f"ask for {SUMS[cents]}" for cents in clause.values("amount")}
        elif act == "inquire":
            acts[Inquire()] = "ask what I would need"
        elif act == "stop":
            acts[Stop()] = "stop here"
    if not acts and any(one.act == "thanks" for one in found):
        acts[Stop()] = "stop here"
    return bind(acts)


@cache
def _vocabulary(charity: str) -> Vocabulary:
    return Vocabulary({"fact": CHARITIES[charity].heard, "amount": _CALLED})


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the persuader has only talked."""
    act, state = cue.act, cue.before
    if isinstance(act, React):
        slot = act.word
    else:
        slot = "opening" if cue.opening else "leave" if isinstance(act, Leave) else "talk"
    topic = state.topic
    asked = SUMS[topic.cents] if isinstance(topic, Propose) else ""
    values = (cue.public.name, CHARITIES[cue.public.charity].called, asked, asked[:1].upper() + asked[1:])
    return slot, values, "chat" if topic is None else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
