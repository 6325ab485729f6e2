"""What holds for the words of every simulated person: their form, small talk before them, the reason of a lost turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_WORDS = 60
_MAX_CHARACTERS = 600  # it also bounds the time that any pattern takes

MANNERS = {
    "terse": "You are a person of very few words.",
    "friendly": "You are warm and friendly.",
    "formal": "You speak politely and formally.",
    "chatty": "You like to chat.",
    "gruff": "You are gruff and blunt, but not rude.",
    "cheerful": "You are cheerful.",
    "shy": "You are shy and a bit hesitant.",
}
"""Persona -> its manner, in a sentence to the speaker."""

FREE_WORDS = """\
start ::= [A-Z] [a-z']{0,11} words? [,:]?
words ::= (","? " " word){1,10}
word ::= [a-z] [a-z']{0,11} | "I" ("'" [a-z]{1,2})?
"""
"""Rules of GBNF: ``start``, words that begin a sentence, and ``words``, some that go on; without figures.

Counted in words, so that none is cut off.
"""

_STRANGE = re.compile(r"[^A-Za-zÀ-ÖØ-öø-ÿ0-9 .,;:!?'’‘…–—()$%&/-]")
_LABEL = re.compile(
    r"(?:\A|[.!?]\s*)\W*(?:the )?(?:buyer|seller|client|coach|customer|owner|user|assistant|system|me|you|ai|bot"
    r"|speaker|order|answer|reply|response|note|example|output|instructions?)\s*:",
    re.IGNORECASE,
)
_META = re.compile(
    r"\b(?:as an? (?:ai|language|assistant|chatbot|model|seller|buyer|client|helpful)|language model|an ai\b"
    r"|ai (?:assistant|model)|chat ?bot|prompt|role-?play\w*|here(?:'s| is) (?:a|an|the|my|one"
    r"|your) (?:\w+ )?(?:sentence|reply|response|answer|message|example|line|rewrite|rewritten|possible|short)"
    r"|in (?:the )?character of|stay(?:ing)? in character|the (?:order|instruction|sentence|speaker) (?:is|says|was)"
    r"|word for word|i(?:'m| am) here to help)\b",
    re.IGNORECASE,
)


def manner(persona: str) -> str:
    """A sentence about how the speaker talks; a persona that is not known by name is taken for a description."""
    return MANNERS.get(persona) or (f"This is how you speak: {persona}." if persona else "")


def normal(text: str) -> str:
    """Single spaces and straight apostrophes; a line break within the text stays one."""
    return "\n".join(" ".join(line.split()) for line in text.strip().replace("’", "'").replace("‘", "'").splitlines())


def leads(said: Mapping[str, Iterable[str]], slots: Iterable[str], **values: str) -> tuple[str, ...]:
    """What a persona may say before an act from some slots of its phrase bank, longest first, for `without_lead`."""
    filled = {normal(template.format(**values)) for slot in slots for template in said.get(slot, ())}
    return tuple(sorted(filled, key=len, reverse=True))


def without_lead(said: str, leads: Iterable[str]) -> str:
    """`said` without the first of `leads` that it begins with, unless nothing would be left."""
    for lead in leads:
        if said.startswith(lead + " "):
            return said[len(lead) + 1 :]
    return said


def without_reason(said: str, reason: str) -> tuple[str, str]:
    """`said` without the reason of a lost turn, and what is wrong if that is missing or if nothing else is said.

    They have to be told as they are: the learner can hold to nothing else, and a summary of them cannot be verified.
    """
    if not reason:
        return said, ""
    found = re.search(re.escape(reason), said, re.IGNORECASE)
    if not found:
        return said, f"Say this word for word before you go on: {reason}"
    return normal(f"{said[: found.start()]} {said[found.end() :]}"), ""


def fault_of_form(said: str) -> str:
    """What is wrong with words, whoever speaks and whatever is meant; ``""`` if nothing is."""
    if "\n" in said or "\r" in said:
        return "Say it in one line."
    if not any(character.isalnum() for character in said):
        return "Say something."
    if len(said) > _MAX_CHARACTERS or len(said.split()) > MAX_WORDS:
        return f"Be shorter: {MAX_WORDS} words at most."
    if strange := _STRANGE.search(said):
        return f"Use plain words in English, without the sign {strange[0]!r}."
    if _LABEL.search(said):
        return "Say only your own words, without a name and a colon before them."
    if _META.search(said):
        return "Speak as the person that you are, not about your task."
    return ""


def literal(text: str) -> str:
    """`text` as a terminal of a GBNF grammar."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def one_of(texts: Iterable[str]) -> str:
    """Alternatives, in parentheses, as a part of a GBNF rule."""
    return f"({' | '.join(map(literal, texts))})"
