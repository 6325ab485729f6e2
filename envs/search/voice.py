"""Search in plain English: how an assistant is understood without tags, and how a user speaks."""

from __future__ import annotations

from functools import cache
from typing import cast

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import (
    ACTS,
    FACETS,
    UNSURE,
    VALUES,
    Clarify,
    Confirm,
    Correct,
    Explain,
    Facet,
    Leave,
    Search,
    Show,
    Stop,
    Tell,
)
from .queries import FACET_PATTERNS, QUERIES, words_of

BANK = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
KINDS = ("facet", "value", "meaning")
PATTERNS = Patterns(content(__file__, "reading.toml"), KINDS)
_NEEDS_QUESTION = ", with a question mark"
_FACET_OF = {value: facet for facet, values in zip(FACETS, VALUES, strict=True) for value in values}


def understand(text: str, context: tuple[str, str]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A question that names values asks about their facet; one that names meanings asks about the meaning. To search for
    "that" is to search for the meaning that the user has told.

    Args:
        text: Any string.
        context: The query, and the meaning that the user has told; ``""`` if it has not.
    """
    query, told = context
    acts: dict[Act, str] = {}
    for found, clause, _ in read(text, PATTERNS, _vocabulary(query)):
        act = found.removesuffix(_NEEDS_QUESTION)
        if act != found and not clause.asked:
            continue
        if act == "clarify":
            named = (*clause.values("facet"), *(_FACET_OF[value] for value in clause.values("value")))
            acts |= {Clarify(cast(Facet, facet)): f"ask about the {facet}" for facet in named}
        elif act in ("meaning", "aspect"):
            acts[Clarify(act)] = f"ask about the {act}"  # type: ignore[arg-type]
        elif act == "search":
            meanings = QUERIES[query].meanings
            acts |= {Search(k): f"search for {meanings[k - 1]}" for k in clause.values("meaning")}
        elif act == "search, for that":
            acts |= {Search(int(told)): "search for that"} if told else {}
        else:
            acts[{"explain": Explain(), "show": Show(), "stop": Stop()}[act]] = {
                "explain": "explain why you ask",
                "show": "show what you have found",
                "stop": "give up",
            }[act]
    return bind(acts)


@cache
def _vocabulary(query: str) -> Vocabulary:
    return Vocabulary(
        {
            "facet": FACET_PATTERNS,
            "value": {value: words_of(query, value).pattern for values in VALUES[1:] for value in values},
            "meaning": {k: words_of(query, str(k)).pattern for k in (1, 2, 3)},
        }
    )


def claim(cue: Cue, value: str) -> str:
    """What a user says who wants this value; what varies it is public."""
    says = words_of(cue.public.query, value).says
    return says[(cue.before.turn + len(cue.public.user)) % len(says)]


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the assistant has only talked."""
    act, topic, query = cue.act, cue.before.topic, cue.public.query
    said = thing = ""
    if isinstance(act, Tell):
        slot = "unsure" if act.value == UNSURE else "tell"
        said = claim(cue, act.value) if slot == "tell" else ""
    elif isinstance(act, Confirm) and isinstance(topic, Search):
        slot, thing = "confirm", QUERIES[query].meanings[topic.meaning - 1]
    elif isinstance(act, Correct):
        slot, said = "correct", claim(cue, str(act.meaning))
    elif isinstance(act, Leave):
        slot = "leave"
    elif cue.opening:
        slot = "opening"
    else:
        slot = "told" if isinstance(topic, Explain) else "wait" if isinstance(topic, Search) else "talk"
    return slot, (said, thing, query, cue.public.user), "chat" if topic is None else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(BANK["bank"], BANK["fields"], _describe, BANK["topics"])
