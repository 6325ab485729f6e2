"""Counselling in plain English: how a counsellor is understood without tags, and how a client speaks."""

from __future__ import annotations

import re
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Found, Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .changes import HABITS
from .game import (
    ACTS,
    Advise,
    Affirm,
    Agree,
    Change,
    Close,
    Closed,
    Decline,
    Elicit,
    Evoked,
    Explore,
    Inform,
    Propose,
    Reflect,
    Sustain,
)

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates; ``plans``: how a client says a plan; the rest as `PhraseVoice` takes it."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of clients; they mean nothing."""

READING = content(__file__, "reading.toml")
VOCABULARY = Vocabulary(
    {kind: {name: "|".join(said) for name, said in READING[f"{kind}s"].items()} for kind in ("plan", "topic")}
)
PATTERNS = Patterns(READING, VOCABULARY.kinds)
"""What a counsellor's plain words bind to."""

_KINDS: dict[str, type[Act]] = {
    "reflect": Reflect,
    "affirm": Affirm,
    "inform": Inform,
    "elicit": Elicit,
    "close": Close,
}
_SAID = {
    "reflect": "say back what you heard",
    "affirm": "tell me what I am good at",
    "inform": "tell me a fact",
    "elicit": "ask me how I would do it",
    "close": "end the talk",
}
_PLAN = {"steps": "take small steps", "company": "do it in company", "dates": "set fixed dates"}
_TOPIC = {"family": "the people around me", "energy": "my energy", "pride": "my pride"}
_STRONGER = ("advise", "close", "affirm", "inform", "elicit", "explore", "reflect")
"""Of several acts that the same clause states, the first of these counts; if it is asked, a question that it may be."""
_ASKED = ("elicit", "explore")
_QUESTIONS = (Elicit, Explore)
_SO = re.compile(r"\bso (?=\w+ (?:for|to|about|of)\b)", re.IGNORECASE)
"""Before an adjective, where it begins no clause."""


def understand(text: str, context: Any = None) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A reflection that leads up to a question is said in passing: the question binds.

    Args:
        text: Any string.
        context: Nothing.
    """
    stated: dict[int, list[Found]] = {}
    for found in read(_SO.sub("very ", text), PATTERNS, VOCABULARY):
        stated.setdefault(id(found.clause), []).append(found)
    acts: dict[Act, str] = {}
    for several in stated.values():
        clause, kinds = several[0].clause, {found.act for found in several}
        asks = [kind for kind in _ASKED if kind in kinds] if clause.asked and "advise" not in kinds else []
        kind = asks[0] if asks else min(kinds, key=_STRONGER.index)
        if kind == "advise":
            acts |= {Advise(plan): f"suggest that I {_PLAN[plan]}" for plan in clause.values("plan")}
        elif kind == "explore":
            acts |= {Explore(topic): f"ask about {_TOPIC[topic]}" for topic in clause.values("topic")}
        else:
            acts[_KINDS[kind]()] = _SAID[kind]
    if (
        len(acts) == 2
        and isinstance(next(iter(acts)), Reflect)
        and isinstance(last := next(reversed(acts)), _QUESTIONS)
    ):
        return Heard(last)  # one answers what one is asked, whatever was said back before
    return bind(acts)


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the counsellor has only talked."""
    act, public, before = cue.act, cue.public, cue.before
    habit = HABITS[public.habit]
    told = habit.motives[act.topic] if isinstance(act, Evoked) else ""
    plan = ""
    if isinstance(act, Propose):
        ways = WORDS["plans"][act.plan]
        plan = ways[(before.turn + len(public.name)) % len(ways)]
    chat = "chat" if before.last is None else ""
    return slot_of(cue), (habit.says, told, plan, habit.doing, public.name), chat


def slot_of(cue: Cue) -> str:
    """The slot of the phrase bank that says the act; it depends on what the act answers, too."""
    act, last = cue.act, cue.before.last
    if isinstance(act, Say):
        return "opening" if cue.opening else "talk"
    if isinstance(act, Sustain):
        return _SUSTAIN.get(type(last), "sustain")
    if isinstance(act, Change):
        return "change" if isinstance(last, Reflect) else "moved"
    return _SLOTS[type(act)]


_SLOTS: dict[type, str] = {Closed: "closed", Evoked: "evoked", Propose: "propose", Agree: "agree", Decline: "decline"}
_SUSTAIN: dict[type, str] = {Explore: "beside", Elicit: "unready", Advise: "resist"}
"""What sustain talk answers -> its slot."""

GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
