"""What a town may tell itself: content of ``stories.toml``."""

from __future__ import annotations

from ..content import content

STORIES: dict[str, dict[str, str]] = content(__file__, "stories.toml")
"""Story -> how it is ``called``, after "the story", and what it ``says``, after "they say that"."""
