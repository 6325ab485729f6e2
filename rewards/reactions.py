"""How the person takes what was said, read from its next words.

After RLUF (Han et al. 2025) and ReSpect (Chen et al. 2024).

People show in what they say next whether they were served: they thank, or they say it once more. That costs no label.
It is a weak sign, and one that can be fished for.
"""

from __future__ import annotations

import re

from ..core.dialogue import Step
from .registry import register_reward

GOOD = (
    r"thank(?:s| you)\b", r"\bgreat\b", r"\bperfect\b", r"\bwonderful\b", r"\blovely\b", r"\bbrilliant\b",
    r"\b(?:that|it|this) (?:really )?(?:helps|helped|works|makes sense)\b", r"\bi appreciate\b", r"\bmuch better\b",
    r"\b(?:sounds|very|so) (?:good|kind|helpful|fair)\b", r"\bgood (?:idea|point)\b", r"\bi(?:'m| am) (?:so )?glad\b",
    r"\bdeal\b", r"\bi like (?:it|that|this)\b", r"\byou(?:'re| are) right\b", r"\bgladly\b",
)  # fmt: skip
BAD = (
    r"\bi (?:already|just) (?:said|told|answered)\b", r"\b(?:as|like) i (?:said|told)\b", r"\bi told you\b",
    r"\bnot what i\b", r"\b(?:annoy|ridiculous|rude|useless|unfair|insult|upset|angry|fed up|nonsense)\w*",
    r"\bwaste of\b", r"\bleave me\b", r"\bstop (?:it|that|asking|pushing)\b", r"\bno way\b", r"\bforget it\b",
    r"\bdo(?:n't| not) (?:push|press|understand|follow)\b", r"\b(?:could|did|can)(?:n't| not) follow\b",
    r"\bnot (?:helpful|possible|fair|convinced|happy|so sure|for me|enough)\b", r"\benough of\b", r"\bwhatever\b",
    r"\bwhy (?:do|would|are) you (?:keep|ask)\b",
)  # fmt: skip
_NO_THANKS = re.compile(r"\bno,? (?:thank you|thanks)\b", re.IGNORECASE)
_GOOD, _BAD = (re.compile("|".join(one), re.IGNORECASE) for one in (GOOD, BAD))
_DENIED = re.compile(r"(?:\b(?:not|no|never|hardly)|n't)(?: \w+)?(?: \w+)?\s*$", re.IGNORECASE)


def reaction(words: str) -> int:
    """1 for words that take well what was said before, -1 for words that take it badly, 0 for others and for both."""
    words = _NO_THANKS.sub(" ", words)
    good = any(not _DENIED.search(words[: found.start()]) for found in _GOOD.finditer(words))
    bad = any(not _DENIED.search(words[: found.start()]) for found in _BAD.finditer(words))
    return int(good) - int(bad)


@register_reward("user/reaction")
def user_reaction(step: Step) -> float:
    """How the person's next words take what was said: 1, 0 or -1."""
    return 0.0 if step.error else float(reaction(step.reply))
