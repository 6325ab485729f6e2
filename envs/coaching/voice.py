"""Coaching in plain English: how a coach is understood without tags, and how a client speaks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import chain

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Clause, Patterns, Vocabulary, bind, by_sentence, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .domains import DOMAINS, extract
from .game import ACTS, PUSHING_ACTS, Answer, Ask, Leave, Recommend, Suggest

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of clients; they mean nothing."""

READING = content(__file__, "reading.toml")
"""What a coach's plain words bind to, as `Patterns` reads it."""
KINDS = ("strategy", "attribute")
PATTERNS = Patterns(READING, KINDS)
_NEEDS_QUESTION = ", with a question mark"


def understand(text: str, context: tuple[str, str, bool]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A recommendation that names no strategy ("that is my advice") is of the only one that the utterance names, and a
    question that names no attribute ("do you like that") of the only one in its sentence.

    Args:
        text: Any string.
        context: Domain, preset, and whether strategies can be suggested.
    """
    domain, preset, pushing = context
    marked, mentions = _vocabulary(domain, preset).mark(plain(text))
    heard = clauses(marked, mentions)
    near = {sentence: _only(each.values("attribute") for each in part) for sentence, part in by_sentence(heard).items()}
    plainly_named = _only(each.values("strategy") for each in heard if _plainly(each))
    acts: dict[Act, str] = {}
    for act, clause, _ in PATTERNS.find(heard):
        kind = act.removesuffix(_NEEDS_QUESTION)
        if kind != act and not clause.asked:
            continue
        strategies = clause.values("strategy")
        if kind == "ask":
            topics = clause.values("attribute") or near[clause.sentence]
            acts |= {Ask(name): f"ask about {name}" for name in topics}
        if kind in ("recommend", "propose"):
            meant = strategies or plainly_named
            acts |= {Recommend(name): f"recommend {name}" for name in meant}
        if pushing and kind in ("suggest", "propose"):
            acts |= {Suggest(name): f"suggest {name}" for name in strategies}
    return bind(acts)


def _only(named: Iterable[list[str]]) -> list[str]:
    """What is named, if it is one thing."""
    names = set(chain.from_iterable(named))
    return list(names) if len(names) == 1 else []


def _plainly(clause: Clause) -> bool:
    return not (clause.asked or clause.negated or clause.supposed or clause.told)


@cache
def _vocabulary(domain: str, preset: str) -> Vocabulary:
    part, words = extract(domain, preset), DOMAINS[domain]
    return Vocabulary(
        {
            "strategy": {name: words.heard.get(name, name) for name in part.strategies},
            "attribute": {name: words.topics[name].pattern for name in part.attributes},
        }
    )


_YES = Answer("yes")


def claim(cue: Cue) -> str:
    """What a client claims who answers a question; what varies it is public."""
    words = DOMAINS[cue.public.domain].topics[cue.before.topic.attribute]
    claims = words.yes if cue.act == _YES else words.no
    return claims[(cue.before.turn + len(cue.public.name)) % len(claims)]


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the coach has only talked."""
    act, public, topic = cue.act, cue.public, cue.before.topic
    domain = DOMAINS[public.domain]
    said = doing = ""
    if isinstance(act, Answer) and isinstance(topic, Ask):
        slot, said = act.word, claim(cue)
    elif isinstance(act, Answer):
        slot, doing = "agree" if act.word == "yes" else "disagree", domain.strategies[topic.strategy]
    else:
        slot = "opening" if cue.opening else "leave" if isinstance(act, Leave) else "talk"
    values = (said, doing, doing[:1].upper() + doing[1:], domain.goal, public.name)
    return slot, values, "chat" if topic is None else ""


GRAMMAR = Grammar(ACTS, understand)
PUSHING_GRAMMAR = Grammar(PUSHING_ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
