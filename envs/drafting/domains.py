"""What is written, what a first request leaves open in it, and the requests. Public facts of all dialogues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..content import content
from .game import Aspect

PRESETS: dict[str, tuple[str, ...]] = {
    "work": ("letter", "note", "function"),
    "function": ("function",),
    "trip": ("trip",),
}
"""Preset -> its domains."""


class Topic(NamedTuple):
    """An aspect in words.

    Attributes:
        question: How an assistant asks about it.
        pattern: What names it in plain words.
        about: What a user calls it.
        values: Value -> what names it in plain words.
        wishes: Value -> how a user says that it wants it.
    """

    question: str
    pattern: str
    about: str
    values: Mapping[str, str]
    wishes: Mapping[str, tuple[str, ...]]


class Domain(NamedTuple):
    """A kind of work.

    Attributes:
        work: What is to be written.
        topics: Aspect -> its words.
        requests: Name of a request -> its words.
        further: Names of those that are made only where nothing else is written.
        keys: Name of a request -> a pattern that it holds in whatever words.
        aspects: The aspects as the game has them.
    """

    work: str
    topics: Mapping[str, Topic]
    requests: Mapping[str, str]
    further: tuple[str, ...]
    keys: Mapping[str, str]
    aspects: tuple[Aspect, ...]


def _domain(said: Mapping) -> Domain:
    topics = {name: Topic(**words) for name, words in said["aspects"].items()}
    aspects = tuple(Aspect(name, tuple(topic.values)) for name, topic in topics.items())
    further = said.get("further", {})
    return Domain(said["work"], topics, {**said["requests"], **further}, tuple(further), said["keys"], aspects)


DOMAINS: dict[str, Domain] = {name: _domain(said) for name, said in content(__file__, "domains.toml").items()}


def requests(preset: str) -> list[tuple[str, str]]:
    """Domain and name of each request of a preset, in order."""
    some, alone = PRESETS[preset], len(PRESETS[preset]) == 1
    return [(d, name) for d in some for name in DOMAINS[d].requests if alone or name not in DOMAINS[d].further]


def value_of(version: str, aspect: str, domain: str) -> str:
    """The value that a version, as the game writes it, has in an aspect."""
    place = next(k for k, one in enumerate(DOMAINS[domain].aspects) if one.name == aspect)
    return version.split("-")[place]
