"""What customers look for, and what it has to do."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Need:
    """A thing or service that is looked for.

    Attributes:
        called: What it is, with its article.
        does: What it has to be or do, after "it".
        lacks: That it is or does not, after "it".
    """

    called: str
    does: str
    lacks: str


NEEDS: dict[str, Need] = {key: Need(**said) for key, said in content(__file__, "needs.toml")["needs"].items()}
"""All are worth the same, so that they share one exact solution."""
