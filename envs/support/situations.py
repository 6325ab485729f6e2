"""What brings people to ask for support, and what may be behind it."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content


class Situation(NamedTuple):
    """An everyday trouble.

    Attributes:
        says: What the seeker opens with, without a full stop.
        you: The same in the supporter's mouth.
        about: What it is about.
        causes: Cause -> what the seeker tells of it.
    """

    says: str
    you: str
    about: str
    causes: dict[str, str]


SITUATIONS: dict[str, Situation] = {
    name: Situation(said["says"], said["you"], said["about"], {key: said[key] for key in list(said)[3:]})
    for name, said in content(__file__, "situations.toml").items()
}
