"""Recommendation in plain English: how a recommender is understood without tags, and how a guest speaks."""

from __future__ import annotations

from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, ANY, Ask, Criticise, Leave, Refuse, Show, Stop, Take, Tell
from .places import REGION, WORDS, catalogue

BANK = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
KINDS = ("attribute", "value", "place")
PATTERNS = Patterns(content(__file__, "reading.toml"), KINDS)
_QUESTIONS = {
    "ask, with a question mark": "ask",
    "price": "price",
    "cuisine": "cuisine",
    "area": "area",
    "town": "town",
}


def understand(text: str, context: tuple[str, tuple[int, ...]]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    What names a value asks about its attribute ("do you like it quiet?"). What names a house shows it, if it heads the
    list now; else the turn is lost, because the list says what is shown.

    Args:
        text: Any string.
        context: Where the houses are, and which of them head the list.
    """
    where, heads = context
    names, attributes = catalogue(where).names, catalogue(where).attributes
    acts: dict[Act, str] = {}
    for act, clause, _ in read(text, PATTERNS, _vocabulary(where)):
        if act in _QUESTIONS and not clause.asked:
            continue
        topic = _QUESTIONS.get(act, act)
        if topic in attributes:
            acts[Ask(topic)] = f"ask about the {topic}"
        elif topic == "ask":
            named = (*clause.values("attribute"), *(attribute for attribute, _ in clause.values("value")))
            acts |= {Ask(name): f"ask about the {name}" for name in named}
        elif topic == "stop":
            acts[Stop()] = "say goodbye"
        elif topic in ("show", "anything"):
            other = [names[place] for place in clause.values("place") if place not in heads]
            if other:
                first = f"; {names[heads[0]]} does" if heads else ""
                return Heard(Say(), "ambiguous", f"{other[0]} does not head your list{first}.")
            acts[Show()] = "show what heads your list"
    return bind(acts)


@cache
def _vocabulary(where: str) -> Vocabulary:
    houses = catalogue(where)
    return Vocabulary(
        {
            "attribute": {name: WORDS[name].pattern for name in houses.attributes},
            "value": {
                (name, value): wish.pattern for name in houses.attributes for value, wish in WORDS[name].values.items()
            },
            "place": {place: name.lower() for place, name in enumerate(houses.names)},
        }
    )


def claim(cue: Cue, attribute: str, value: str) -> str:
    """What a guest says who wants this value; what varies it is public."""
    says = WORDS[attribute].values[value].says
    return says[(cue.before.turn + len(cue.public.guest)) % len(says)]


def listed(names: list[str]) -> str:
    """``"A, B or C"``."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the recommender has only talked."""
    act, before, public = cue.act, cue.before, cue.public
    said, names = "", [catalogue(public.where).names[place] for place in before.shown]
    if isinstance(act, Tell):
        slot = "vague" if act.value == ANY else "tell"
        said = claim(cue, before.topic, act.value) if slot == "tell" else ""
    elif isinstance(act, Criticise):
        slot, said = "criticise", claim(cue, act.attribute, act.value)
    elif isinstance(act, Take):
        slot, names = "take", names[act.number - 1 : act.number]
    elif isinstance(act, Refuse):
        slot = "refuse"
    elif isinstance(act, Leave):
        slot = "gone" if names else "leave"
    else:
        slot = "opening" if cue.opening else "talk"
    where = "around here" if public.where == REGION else f"in {public.where}"
    values = (said, listed(names), where, public.guest, public.occasion)
    return slot, values, "" if before.topic or before.shown else "chat"


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(BANK["bank"], BANK["fields"], _describe, BANK["topics"])
