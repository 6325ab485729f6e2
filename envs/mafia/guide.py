"""A language model as one of the company: what it is told, and what its words must hold.

A clue and an alibi are told in the words of the story, where the act says so, and nowhere else; nobody is named but who
is suspected; and nobody confesses, since the voice does not know who did it.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form
from ...simulated_users.user import Cue
from .game import NAMES
from .stories import STORIES
from .voice import VOICE, listed

_SAID = Wording(__file__)


class MafiaGuide(PartnerGuide):
    """What a language model is told in order to be one of the company, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """What has been done, and where it would be found."""
        story = STORIES[public.story]
        return {"where": story.where, "did": story.did, "place": story.place, "all": listed(NAMES)}

    def scene(self, cue: Cue) -> str:
        """See `Guide.scene`."""
        return f"You are {cue.seat.capitalize()}. {super().scene(cue._replace(seat='other'))}"

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words say the act and nothing else."""
        if fault := fault_of_form(words) or _SAID.fault(words.lower(), "role"):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        story = STORIES[cue.public.story]
        named = {name for name in map(str.capitalize, NAMES) if re.search(rf"\b{name}\b", words)}
        wanted = {facts["who"]} if slot in ("suspect", "follow") else set()
        if named != wanted:
            return f"Name {' and '.join(wanted)} and nobody else." if wanted else "Name nobody."
        rest = words
        told = {"suspect": facts["clue"], "explain": f"I {facts['alibi']}", "opening": facts["did"]}.get(slot, "")
        if told:
            if told not in words:
                return f'Say with these words: "{told}".'
            rest = words.replace(told, "it", 1)
        if any(phrase in rest for phrase in (*story.alibis, *story.clues)):
            return "Say nothing of clues and alibis but what you were told."
        return _SAID.fault(rest.lower(), "confession") or _SAID.fault_of_slot(rest.lower(), slot)


GUIDE = MafiaGuide(VOICE, _SAID)
