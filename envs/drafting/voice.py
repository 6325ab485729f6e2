"""Drafting in plain English: how an assistant is understood without tags, and how a user speaks."""

from __future__ import annotations

from functools import cache
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Clause, Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .domains import DOMAINS
from .game import Accept, Ask, Deliver, Draft, Edit, Examples, Leave, Point, Reject, Search, Unsure, Want

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
COUNTS = ("nothing", "one thing", "two things", "three things")
"""How a user counts what is wrong."""

KINDS = ("value", "aspect")
_NEEDS_QUESTION = ", with a question mark"
PATTERNS = Patterns(content(__file__, "reading.toml"), KINDS)


def understand(text: str, context: tuple[str, bool, str]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A draft or a delivery has the values that the whole utterance names outside of what it denies or supposes. Where it
    has none of an aspect, or two, the user asks which. A question is about the aspect that it names, or whose values.

    Args:
        text: Any string.
        context: Domain, whether drafts can be shown, and what else can be: see `Commission.showing`.
    """
    domain, drafting, showing = context
    marked, mentions = _vocabulary(domain).mark(plain(text))
    heard = clauses(marked, mentions)
    acts: dict[Act, str] = {}
    short: dict[Act, str] = {}  # questions of a word or two: what a proposal with a question mark ends in
    found: set[str] = set()
    for act, clause, _ in PATTERNS.find(heard):
        kind = act.removesuffix(_NEEDS_QUESTION)
        if kind != act and not clause.asked:
            continue
        found.add(kind)
        if kind == "ask":
            asks = acts if kind == act else short
            asks |= {Ask(name): f"ask about the {name}" for name in _about(clause)}
        elif kind == "search" and showing == "search":
            acts |= {Search(name): f"search for the {name}" for name in _about(clause)}
        elif kind == "examples" and showing == "examples":
            acts[Examples()] = "show me examples"
    final = "deliver" in found
    if not final and not ("draft" in found and drafting):
        return bind(acts | short)
    named: dict[str, list[str]] = {aspect.name: [] for aspect in DOMAINS[domain].aspects}
    for clause in heard:
        if not (clause.negated or clause.supposed or clause.told):
            for aspect, value in clause.values("value"):
                named[aspect].append(value)
    if not any(named.values()):
        return bind(acts | short)
    if acts or any(len(set(values)) != 1 for values in named.values()):
        return _open(named, final)
    version = "-".join(values[0] for values in named.values())
    return Heard(Deliver(version) if final else Draft(version))


def _open(named: dict[str, list[str]], final: bool) -> Heard:
    """The question about what a version leaves open."""
    which = next((name for name, values in named.items() if len(set(values)) != 1), next(iter(named)))
    what = "delivery" if final else "draft"
    return Heard(Say(), "ambiguous", f"Which {which} do you mean? A {what} has one value of each aspect.")


def _about(clause: Clause) -> list[str]:
    """The aspects that a clause names, or else those whose values it names."""
    return clause.values("aspect") or list(dict.fromkeys(aspect for aspect, _ in clause.values("value")))


@cache
def _vocabulary(domain: str) -> Vocabulary:
    topics = DOMAINS[domain].topics.items()
    values = {(name, value): called for name, topic in topics for value, called in topic.values.items()}
    aspects = {name: topic.pattern for name, topic in topics}
    return Vocabulary({"value": values, "aspect": aspects})


def wish(cue: Cue) -> str:
    """How a user says what it wants; what varies it is public."""
    act: Any = cue.act
    wishes = DOMAINS[cue.public.domain].topics[act.aspect].wishes[act.value]
    return wishes[(cue.before.turn + len(cue.public.request)) % len(wishes)]


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the assistant has only talked."""
    act, topic = cue.act, cue.before.topic
    domain = DOMAINS[cue.public.domain]
    said = about = count = ""
    if isinstance(act, (Want, Edit)):
        said = wish(cue)
        slot = "edit" if isinstance(act, Edit) else "want" if topic else "slip"
    elif isinstance(act, (Unsure, Point)):
        slot, about = act.tag(), domain.topics[act.aspect].about
    elif isinstance(act, Reject):
        slot, count = ("count", COUNTS[act.wrong]) if act.wrong else ("reject", "")
    elif isinstance(act, (Accept, Leave)):
        slot = act.tag()
    else:
        slot = "opening" if cue.opening else "seen" if topic else "talk"
    request = domain.requests[cue.public.request]
    values = (_upper(request), request, said, _upper(said), about, _upper(about), count, domain.work)
    return slot, values, "chat" if topic is None else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])


@cache
def grammar(drafting: bool, showing: str) -> Grammar:
    """Reads and prints the acts that there are."""
    more: dict[str, tuple[type[Act], ...]] = {"nothing": (), "examples": (Examples,), "search": (Search,)}
    return Grammar((Ask, *more[showing], *((Draft,) if drafting else ()), Deliver), understand)
