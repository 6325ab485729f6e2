"""What has been done: the stories that people talk about."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Story:
    """What one of the company has done.

    Attributes:
        where: The company, in words that follow "somebody".
        did: What one of them has done, in words that follow "who".
        place: What is searched, in words that follow "your".
        found: What is found there if it was that one.
        alibis: What people say they did instead, in words that follow "I".
        clues: What is held against somebody, in words that follow a name.
    """

    where: str
    did: str
    place: str
    found: str
    alibis: tuple[str, ...]
    clues: tuple[str, ...]


STORIES: dict[str, Story] = {key: Story(**story) for key, story in content(__file__, "stories.toml")["stories"].items()}
"""They differ in words alone."""
