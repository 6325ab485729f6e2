"""Before whom the learner speaks, and what there is to argue."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content
from .game import POINTS


@dataclass(frozen=True, slots=True)
class Case:
    """A hearing.

    Attributes:
        you: What the learner does, after "You".
        members: Who the three are.
        wish: What they decide about, after "whether".
        called: Point -> what it is called.
        heard: Point -> what else it is known by: a regular expression.
        argued: Point -> what can be argued.
    """

    you: str
    members: str
    wish: str
    called: dict[str, str]
    heard: dict[str, str]
    argued: dict[str, str]


def _case(said: dict) -> Case:
    called, heard, argued = ({point: said[point][place] for point in POINTS} for place in range(3))
    return Case(said["you"], said["members"], said["wish"], called, heard, argued)


CASES: dict[str, Case] = {key: _case(said) for key, said in content(__file__, "cases.toml")["cases"].items()}
"""All have the same numbers, so that they share one exact solution."""
