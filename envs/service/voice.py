"""Service in plain English: how an agent is understood without tags, how a customer speaks, what the desk prints."""

from __future__ import annotations

from functools import cache

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .domains import DOMAINS
from .game import ACTS, Ask, Close, Confirm, HangUp, Lookup, Tell, Write

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of customers; they mean nothing."""

PATTERNS = Patterns(content(__file__, "reading.toml"), ("action", "number"))
"""What an agent's plain words bind to."""

_ASKED = ", with a question mark"

Heading = tuple[str, tuple[str, ...], tuple[int, ...]]
"""Domain, items and the desk's numbers: what plain words can name."""


def understand(text: str, context: Heading) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: What can be named.
    """
    marked, mentions = _vocabulary(*context).mark(plain(text))
    acts: dict[Act, str] = {}
    for name, clause, _ in PATTERNS.find(clauses(marked, mentions)):
        kind, _, topic = name.removesuffix(_ASKED).partition(" ")
        if name.endswith(_ASKED) and not clause.asked:
            continue
        thing = DOMAINS[context[0]].thing
        deeds = [(action, number) for action in clause.values("action") for number in clause.values("number")]
        if kind == "ask":
            acts[Ask(topic)] = f"ask about {topic}"  # type: ignore[arg-type]
        elif kind == "close":
            acts[Close()] = "close"
        elif kind == "lookup":
            acts |= {Lookup(number): f"look {thing} {number} up" for number in clause.values("number")}
        elif kind == "confirm":
            acts |= {Confirm(*deed): f"propose to {deed[0]} {thing} {deed[1]}" for deed in deeds}
        else:
            acts |= {Write(*deed): f"{deed[0]} {thing} {deed[1]}" for deed in deeds}
    return bind(acts)


@cache
def _vocabulary(domain: str, items: tuple[str, ...], numbers: tuple[int, ...]) -> Vocabulary:
    words = DOMAINS[domain]
    thing, places = words.thing, (("first", "1st"), ("second", "2nd"), ("third", "3rd"))
    the, called = "(?:(?:the|your|that|this) )?", {}
    for place, (item, number) in enumerate(zip(items, numbers, strict=True)):
        short = item.rpartition(" to ")[2]
        called[place + 1] = (
            rf"{the}(?:{thing} )?(?:(?:number|no\.?|#) ?)?#?{number}"
            rf"|{the}{thing} (?:number |#)?{place + 1}"
            rf"|{the}(?:{'|'.join(places[place])}) (?:one|{thing})"
            rf"|{the}(?:{thing} (?:of|with|for) )?(?:(?:the|your|an?) )?{item}(?: {thing})?"
            + (rf"|{the}{short} (?:flight|{thing})" if short != item else "")
        )
    return Vocabulary({"action": {action: words.heard[action] for action in words.actions}, "number": called})


def printed(cue: Cue) -> str:
    """What the desk returns, in one line: nothing but what the tool was asked for."""
    call, public, value = cue.before.pending, cue.public, getattr(cue.act, "value", "")
    place = call.number - 1
    what = f"{DOMAINS[public.domain].thing} {call.number} (number {public.numbers[place]}, {public.items[place]})"
    if isinstance(call, Lookup):
        return f"{what}: {value}"
    return f"{call.action} {what}: {'done' if value == 'done' else f'refused, it is {value}'}"


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the agent has only talked."""
    act, public, topic = cue.act, cue.public, cue.before.pending
    domain, slot, doing, item, number = DOMAINS[public.domain], "talk", "", "", ""
    if cue.opening:
        slot = "opening"
    elif isinstance(act, HangUp):
        slot = "hangup"
    elif isinstance(act, Tell):
        slot = act.word
        if isinstance(topic, Ask) and topic.topic == "identity":
            slot = "nobody" if act.word == "unsure" else "curt" if act.tone == "curt" else "email"
        elif isinstance(topic, Ask) and act.word in domain.actions:
            slot, named = ("wish", domain.doing) if topic.topic == "wish" else ("instead", domain.instead)
            doing = named[act.word]
        elif act.word.isdigit():
            slot, place = "which", int(act.word) - 1
            item, number = public.items[place], str(public.numbers[place])
    first, _, last = public.name.partition(" ")
    email = f"{first}.{last} at mail.example".lower()
    values = (public.name, email, public.place, domain.one, domain.thing, domain.things, doing, item, number)
    return slot, values, "" if topic else "chat"


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
