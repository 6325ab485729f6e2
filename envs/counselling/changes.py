"""What a change would be about, and what a client would change for."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content
from .game import MOTIVES


class Habit(NamedTuple):
    """An everyday habit that somebody would like the client to change.

    Attributes:
        says: What the client opens with, without a full stop.
        you: The same in the counsellor's mouth.
        doing: The change.
        motives: Motive -> what the client would change for, without a full stop.
    """

    says: str
    you: str
    doing: str
    motives: dict[str, str]


HABITS: dict[str, Habit] = {
    name: Habit(said["says"], said["you"], said["doing"], {motive: said[motive] for motive in MOTIVES})
    for name, said in content(__file__, "changes.toml").items()
}
