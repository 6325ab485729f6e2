"""What judges are asked: rubrics that fit every dialogue. Those of one scenario are in its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Rubric(NamedTuple):
    """A question for a judge. In its texts, ``{role}`` is the learner's seat.

    Attributes:
        id: Its name; the reward is ``judge/ID``.
        question: What is to be rated.
        scale: The lowest and the highest score, whole numbers.
        anchors: What some scores mean, by the score as a text.
        when: ``"end"``: the whole dialogue is rated once. ``"turn"``: each turn of the learner, with what came before.
        proof: Whether a score that rests on no quote of the dialogue is the lowest, whatever the judge says.
    """

    id: str
    question: str
    scale: tuple[int, int] = (1, 5)
    anchors: Mapping[str, str] = {}
    when: str = "end"
    proof: bool = False


def rubric_of(part: Any) -> Rubric:
    """The rubric of a scenario file, which is an object with the same fields."""
    return Rubric(part.id, part.question, tuple(part.scale), dict(part.anchors), getattr(part, "when", "end"))


HELPFULNESS = Rubric(
    "helpfulness",
    "How much did the {role} help the other side with what it wanted or needed?",
    (1, 5),
    {
        "1": "got in its way, or left it alone with it",
        "3": "helped with a part, or in a general way",
        "5": "found out what was wanted and brought it about, as far as that was possible",
    },
)
EMPATHY = Rubric(
    "empathy",
    "How well did the {role} take up what the other side felt and meant?",
    (1, 5),
    {
        "1": "passed over it, or belittled it",
        "3": "named it politely, in words that would fit anybody",
        "5": "took up what this person had said, rightly and without pressing",
    },
)
CLARITY = Rubric(
    "clarity",
    "How easy was it to understand what the {role} said and wanted?",
    (1, 5),
    {
        "1": "could not be followed",
        "3": "could be followed with some effort, or held much that was not needed",
        "5": "plain, to the point, nothing missing and nothing too much",
    },
)
SOTOPIA = (
    Rubric(
        "goal",
        "How far did the {role} reach what it was told to reach?",
        (0, 10),
        {"0": "not at all", "10": "wholly"},
    ),
    Rubric(
        "believability",
        "Did the {role} talk as a person in its place would, and stay in it?",
        (0, 10),
        {"0": "repeats itself, or falls out of its part", "10": "natural throughout"},
    ),
    Rubric(
        "knowledge",
        "Did the {role} learn something new that matters?",
        (0, 10),
        {"0": "nothing", "10": "what mattered most"},
    ),
    Rubric(
        "relationship",
        "What did the talk do to how the two stand with each other?",
        (-5, 5),
        {"-5": "it did great harm", "0": "nothing", "5": "it made it much better"},
    ),
    Rubric(
        "financial",
        "What did the {role} gain or lose in money or goods?",
        (-5, 5),
        {"-5": "a great loss", "0": "nothing", "5": "a great gain"},
    ),
    Rubric(
        "secret",
        "Did the {role} give away what it had to keep to itself?",
        (-10, 0),
        {"-10": "all of it", "0": "nothing, or there was nothing to keep"},
    ),
    Rubric(
        "social_rules",
        "Did the {role} break social rules or laws?",
        (-10, 0),
        {"-10": "badly", "0": "no"},
    ),
)
"""The seven dimensions of Sotopia (Zhou et al. 2024) with their scales, in words of our own."""

BUILT_IN: Mapping[str, tuple[Rubric, ...]] = {
    "helpfulness": (HELPFULNESS,),
    "empathy": (EMPATHY,),
    "clarity": (CLARITY,),
    "sotopia": SOTOPIA,
}
"""Reward behind ``judge/`` -> its rubrics, of which the mean counts, each mapped to 0..1."""
