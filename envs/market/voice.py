"""The market in plain English: how a shopper is understood without tags, and how sellers speak."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Found, Patterns, Vocabulary, bind, clauses, mark_of, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, SELLERS, Answer, Ask, Buy, Check, Haggle, Leave, Name, Quote, Show, Withdraw
from .needs import NEEDS

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""

VOCABULARY = Vocabulary({"seller": {name: rf"{name}(?:'s)?" for name in SELLERS}})
PATTERNS = Patterns(content(__file__, "reading.toml"), VOCABULARY.kinds)
"""What plain words bind to."""
# Who is spoken to by name, without a comma: "Ben what do you charge?"
_ADDRESSED = re.compile(
    rf"((?:^|[.,!?;:] ?|\b(?:hi|hello|hey|ok|okay|and|now|so|well|hm|hmm) ){mark_of(0)}) "
    r"(?=(?:what|how|can|could|would|will|do|are|please|show|let|i|i'll|i'd|we|you)\b)",
    re.IGNORECASE,
)

_KINDS = {"ask": Ask, "turn": Ask, "called": Ask, "check": Check, "haggle": Haggle, "buy": Buy}
_DOES = {
    "ask": "ask {} for a price",
    "turn": "ask {} for a price",
    "called": "ask {} for a price",
    "check": "have a look at what {} has",
    "haggle": "haggle with {}",
    "buy": "buy from {}",
}


def understand(text: str, context: tuple[str, tuple[str, ...]]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: Who was spoken to last, ``""`` for nobody, and those who have quoted a price.
    """
    last, quoted = context
    marked, mentions = VOCABULARY.mark(plain(text))
    said = clauses(_ADDRESSED.sub(r"\1, ", marked), mentions)
    acts: dict[Act, str] = {}
    found = [one for one in PATTERNS.find(said) if one.act != "called" or one.clause.asked]
    named = list(dict.fromkeys(mention.value for mention in mentions))
    for one in found:
        if one.act == "leave":
            acts[Leave()] = "leave"
            continue
        whom = _meant(one, said, named) or ([last] if last else [])
        if not whom:
            return Heard(Say(), "ambiguous", "Whom do you mean: Anna, Ben or Cleo?")
        if one.act in ("turn", "called"):
            whom = [name for name in whom if name not in quoted]
        acts |= {_KINDS[one.act](name): _DOES[one.act].format(name.capitalize()) for name in whom}
    if any(isinstance(act, Leave) for act in acts) and len(acts) > 1:
        acts = {act: does for act, does in acts.items() if not isinstance(act, Leave)}  # "I'll take it. Bye!"
    return bind(acts) if acts else TALK


def _meant(found: Found, said: Sequence, named: list[Name]) -> list[Name]:
    """Whom an act concerns: who is named in its clause, in its sentence, or anywhere if that is one alone."""
    own = found.clause.values("seller")
    if own:
        return own
    beside = [name for clause in said if clause.sentence == found.clause.sentence for name in clause.values("seller")]
    return list(dict.fromkeys(beside)) or (named if len(named) == 1 else [])


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the shopper has only talked."""
    act, stall = cue.act, cue.before.stalls[cue.before.at]
    need, price = NEEDS[cue.public.need], stall.price
    if isinstance(act, Quote):
        slot, price = f"quote_{act.word}", act.price
    elif isinstance(act, Show):
        slot = f"show_{act.word}"
    elif isinstance(act, Answer):
        slot, price = "lower" if act.price < stall.price else "stay", act.price
    elif isinstance(act, Withdraw):
        slot = "withdraw"
    else:
        slot = "again" if stall.price else "talk"
    values = (price, need.called, need.does, need.lacks, need.called[:1].upper() + need.called[1:])
    return slot, values, "chat" if isinstance(act, Say) else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
