"""Search for a language model: what the user is told to say, and how its words are held to that.

A value may be told in the words of the query or in others that name it. No words may name another value or meaning than
the one that is told. In doubt the words fail.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names, whole_words
from ...simulated_users.user import Cue
from .game import UNSURE, VALUES, Confirm, Correct, Leave, Search, Tell
from .queries import USERS, words_of
from .voice import VOICE

_SAID = Wording(__file__)


class SearchGuide(PartnerGuide):
    """What a language model is told in order to be a user, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The user and the query."""
        return {"name": public.user, "query": public.query}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """All claims for the value, too."""
        slot, facts = super().facts(cue)
        if (value := _value(cue)) and not isinstance(cue.act, Confirm):
            facts |= {"claims": words_of(cue.public.query, value).says}
        return slot, facts

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a user's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if fault := fault_of_names(words, cue.public.user, USERS):
            return fault
        act, query = cue.act, cue.public.query
        rest, value = words.lower(), _value(cue)
        claimed = False
        for said in sorted(words_of(query, value).says, key=len, reverse=True) if value else ():
            claimed |= said.lower() in rest
            rest = rest.replace(said.lower(), "")
        if fault := _SAID.fault(rest, "assistant"):
            return fault
        if isinstance(act, Leave) != _SAID.found(rest, "bye"):
            return "Say goodbye." if isinstance(act, Leave) else "Do not leave yet."
        named = _named(query, rest)
        if other := [one for one in named if one != value]:
            return f"Say nothing about {other[0] if not other[0].isdigit() else 'another meaning'}."
        return _fault_of_saying(cue, rest, value, claimed or value in named)


GUIDE = SearchGuide(VOICE, _SAID)


def _value(cue: Cue) -> str:
    """The value that the act says; of a meaning, its number; ``""`` if it says none."""
    act, topic = cue.act, cue.before.topic
    if isinstance(act, Correct):
        return str(act.meaning)
    if isinstance(act, Confirm) and isinstance(topic, Search):
        return str(topic.meaning)
    return act.value if isinstance(act, Tell) and act.value != UNSURE else ""


def _fault_of_saying(cue: Cue, rest: str, value: str, said: bool) -> str:
    """Whether what the act says is there; `rest` is without what is known to say the value."""
    act, query = cue.act, cue.public.query
    if isinstance(act, Confirm):
        if _SAID.found(rest, "no"):
            return "It is right; say nothing against it."
        return "" if said or _SAID.found(rest, "yes") else "Say that it is right."
    if value:
        if not said:
            return "Say what you mean."
        if re.search(rf"\b(?:not|no|never|without)\b[^.!?,;:]*(?:{words_of(query, value).pattern})", rest):
            return "Say what you want, not what you do not want."
        return "Say nothing that confirms it." if isinstance(act, Correct) and _SAID.found(rest, "yes") else ""
    if isinstance(act, Tell):
        return "" if _SAID.found(rest, "hurry") else "Do not answer: tell the assistant to just search."
    if cue.opening:
        return "" if query in rest else f"Say that you are looking for {query}."
    return "Answer nothing." if re.match(r"(?:oh |um |well )*(?:yes|no|exactly|indeed)\b", rest) else ""


@cache
def _patterns(query: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, whole_words([words_of(query, value).pattern])) for values in VALUES for value in values)


def _named(query: str, text: str) -> list[str]:
    """The values that a text names; the query itself names none."""
    return [value for value, pattern in _patterns(query) if pattern.search(text.replace(query, ""))]
