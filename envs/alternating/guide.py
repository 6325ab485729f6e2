"""A language model as somebody with whom a pot is shared: what it is told, and what its words must hold.

Words are read by the same rules as the learner's (`understand`), so that what they come to cannot depend on who reads,
and against lists of what a voice cannot know (limits, patience, last offers) or may not promise. In doubt they fail.
"""

from __future__ import annotations

from typing import Any

from ...core.acts import Say
from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .game import Accept, Propose
from .pots import POTS
from .voice import NAMES, VOICE, sums, understand

_SAID = Wording(__file__)
_NEVER = ("limit", "moving", "terms", "foreign")


class AlternatingGuide(PartnerGuide):
    """What a language model is told in order to share a pot, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and the pot."""
        return {"name": public.name, "pot": public.dollars, "about": POTS[public.pot].about}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words come to the act by the rules of the family, and name no other sum."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        name, pot = facts["name"], facts["pot"]
        greets = slot in ("opening", "first")
        text = words.lower().replace(facts["about"].lower(), "there")
        if fault := fault_of_names(words, name, NAMES) or _SAID.fault(text, "role", *_NEVER):
            return fault
        if name in words and not greets:
            return f"You are {name}; do not talk to yourself."
        if greets and name not in words:
            return f"Say that you are {name}."
        named, allowed = set(sums(text, pot)), {pot}
        if isinstance(cue.act, (Propose, Accept)):
            allowed |= {facts["mine"], facts["yours"]}
        if other := named - allowed:
            return f"Do not name ${min(other)}."
        standing = cue.before.standing
        # read without what stands where it would be repeated: the order is the act, whatever the other side has said
        heard = understand(text, (pot, standing if isinstance(cue.act, Accept) or slot == "reject" else None))
        if isinstance(cue.act, Propose):
            clear = heard.act == cue.act and not _SAID.found(text, "closes", "refuses")
            return (
                "" if clear else f"Say that you get ${facts['mine']} and they get ${facts['yours']}, and nothing else."
            )
        if isinstance(cue.act, Accept):
            clear = heard.act == cue.act and not _SAID.found(text, "refuses", "wavers")
            return "" if clear else "Say clearly that you accept."
        if heard.act != Say() or heard.problem or _SAID.found(text, "closes"):
            return "Propose nothing, and accept nothing."
        told = greets or _SAID.found(text, "refuses" if slot == "reject" else "ends")
        return "" if told else "Say that it is over, and that nobody gets anything."


GUIDE = AlternatingGuide(VOICE, _SAID)
