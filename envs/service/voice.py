"""Service in plain English: how an agent is understood without tags, how a customer speaks, what the desk prints."""

from __future__ import annotations

import re
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

_ALL = re.compile(
    r"\b(?:both|all)(?: of)?(?: (?:the|your|these|those))?(?: two| three)? (?:orders|bookings)\b"
    r"|\b(?:both|all) of them\b|\bthem both\b",
    re.IGNORECASE,
)
"""What names all that the customer has."""
_SAID = {slot: re.compile("|".join(said)) for slot, said in WORDS["said"].items()}
_SENTENCE = re.compile(r"(?<=[.!?\n])")
_TAG = re.compile(r"\[[^\[\]]*\]")
_ASKED = ", with a question mark"

Heading = tuple[str, tuple[str, ...], tuple[int, ...], int, tuple[str, int] | None]
"""What plain words can name: domain, items and the desk's numbers; the order that was spoken of last, 0 for none; and
the deed that was agreed."""


def understand(text: str, context: Heading) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    All orders are each of them. Where no order is named, "it" is the one that was spoken of last, and to "do that" is
    to do what was agreed.

    Args:
        text: Any string.
        context: What can be named.
    """
    *named, last, _ = context
    orders = range(1, len(context[1]) + 1)
    if len(orders) > 1:  # of several orders each is one
        thing = DOMAINS[context[0]].thing
        text = _ALL.sub(" and ".join(f"{thing} {number}" for number in orders), text)
    acts, numbers = _read(text, context, _vocabulary(*named))
    if not acts and not numbers and last:
        acts, _ = _read(text, context, _pointing(context[0], last))
    return bind(acts)


def _read(text: str, context: Heading, vocabulary: Vocabulary) -> tuple[dict[Act, str], bool]:
    """The acts, and whether an order is named."""
    marked, mentions = vocabulary.mark(plain(text))
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
        elif kind == "do":
            acts |= {Write(*context[4]): "do it"} if context[4] else {}
        elif kind == "lookup":
            acts |= {Lookup(number): f"look {thing} {number} up" for number in clause.values("number")}
        elif kind == "confirm":
            acts |= {Confirm(*deed): f"propose to {deed[0]} {thing} {deed[1]}" for deed in deeds}
        else:
            acts |= {Write(*deed): f"{deed[0]} {thing} {deed[1]}" for deed in deeds}
    return acts, any(mention.kind == "number" for mention in mentions)


@cache
def _pointing(domain: str, number: int) -> Vocabulary:
    """A vocabulary in which "it" is that order."""
    words = DOMAINS[domain]
    it = rf"it|that one|this one|(?:that|this|the|your) {words.thing}"
    return Vocabulary({"action": {action: words.heard[action] for action in words.actions}, "number": {number: it}})


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
            + (rf"|{the}{item.split()[-1]}" if sum(item.split()[-1] in one for one in items) == 1 else "")
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
    elif topic is None:
        slot = _of_talk(cue)
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
    return slot, values, "chat" if slot == "talk" and topic is None else ""


def _of_talk(cue: Cue) -> str:
    """The slot that answers talk: what the agent only says that it has done, or will do, has not happened."""
    heard = _TAG.sub("", cue.heard).lower().replace("’", "'")
    if cue.problem:
        return "talk"
    heard = "".join(sentence for sentence in _SENTENCE.split(heard.rstrip()) if not sentence.endswith("?"))
    found = next((slot for slot, pattern in _SAID.items() if pattern.search(heard)), "talk")
    return "talk" if found == "claimed" and cue.before.done else found


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
