"""What a game is about: what the options are, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Story:
    """A game in words.

    Attributes:
        game: Which of the games of ``game.py`` it is.
        about: Who chooses between what, in sentences to `you`; holds ``{name}``.
        thing: What it is about, in words that follow "the".
        options: What the options are called in tags, a word each; the first option first.
        do: What who takes an option does, in words that follow "I will".
        hear: What else an option is called: regular expressions.
    """

    game: str
    about: str
    thing: str
    options: tuple[str, ...]
    do: tuple[str, ...]
    hear: tuple[str, ...]

    def called(self, place: int) -> str:
        """A regular expression for all that an option is called."""
        return "|".join((re.escape(self.do[place]), self.hear[place], self.options[place]))  # the longer first


_CONTENT = content(__file__, "stories.toml")
STORIES: dict[str, Story] = {key: Story(**story) for key, story in _CONTENT["stories"].items()}
"""Those of one game share one exact solution."""
NAMES: tuple[str, ...] = _CONTENT["names"]
"""Names of people; they mean nothing."""
