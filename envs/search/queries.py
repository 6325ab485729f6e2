"""What is searched for: ambiguous queries, and the words for their meanings and for what can be wanted of them."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content

_WORDS = content(__file__, "queries.toml")
USERS: tuple[str, ...] = _WORDS["users"]


class Query(NamedTuple):
    """An ambiguous query.

    Attributes:
        meanings: What each meaning is called, the most usual first.
        patterns: What names each in plain words.
    """

    meanings: tuple[str, ...]
    patterns: tuple[str, ...]


class Words(NamedTuple):
    """How a user says a value, and what names it in plain words."""

    says: tuple[str, ...]
    pattern: str


QUERIES = {query["text"]: Query(query["meanings"], query["patterns"]) for query in _WORDS["queries"]}
QUESTIONS: dict[str, str] = {facet: words["question"] for facet, words in _WORDS["facets"].items()}
FACET_PATTERNS: dict[str, str] = {facet: words["pattern"] for facet, words in _WORDS["facets"].items()}
_VALUES = {value: Words(words["says"], words["pattern"]) for value, words in _WORDS["values"].items()}


def words_of(query: str, value: str) -> Words:
    """The words of a value; of a meaning, whose value is its number, those of the query."""
    if not value.isdigit():
        return _VALUES[value]
    place = int(value) - 1
    meaning, pattern = QUERIES[query].meanings[place], QUERIES[query].patterns[place]
    return Words((f"I mean {meaning}", f"I am thinking of {meaning}", f"I am after {meaning}"), pattern)
