"""A language model as a villager: what it is told, and what its words must hold.

A catch names its number and no other, a vote is a plain yes or no, and neither gives a reason, promises anything, or
speaks of others: the voice does not know the norm behind them.
"""

from __future__ import annotations

from typing import Any

from ...core.reading import plain
from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .game import NAMES, Take
from .places import PLACES
from .voice import VOCABULARY, VOICE, understand

_SAID = Wording(__file__)
_CALLED = tuple(name.capitalize() for name in NAMES)


class CommonsGuide(PartnerGuide):
    """What a language model is told in order to be a villager, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The place, and what grows there."""
        place = PLACES[public.place]
        return {"about": place.about, "of": place.of, "work": place.work}

    def scene(self, cue: Cue) -> str:
        """See `Guide.scene`."""
        return f"You are {cue.seat.capitalize()}. {super().scene(cue._replace(seat='other'))}"

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a villager's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        name = facts["name"]
        text = words.lower().replace(facts["about"].lower(), "it").replace(facts["of"].lower(), "it")
        if fault := fault_of_names(words, name, _CALLED) or _SAID.fault(text, "role", "plans"):
            return fault
        if (name in words) != (slot == "opening"):
            return f"Say that you are {name}." if slot == "opening" else f"You are {name}; do not talk to yourself."
        numbers = {mention.value for mention in VOCABULARY.mark(plain(text))[1]} - {0}
        if isinstance(cue.act, Take):
            clear = understand(words, "harvest").act == cue.act and numbers == {cue.act.units} - {0}
            clear = clear and (slot == "nothing" or not _SAID.found(text, "refuses"))
            return "" if clear else f"Say that you take {facts['said'] if slot == 'take' else 'nothing'}, and no more."
        if numbers or any(character.isdigit() for character in text):
            return "Name no number."
        agrees, refuses = _SAID.found(text, "agrees"), _SAID.found(text, "refuses")
        if slot == "agree":
            return "" if agrees and not refuses else "Vote plainly for the proposal."
        if slot == "refuse":
            plainly = refuses and not _SAID.found(text.replace("agree", ""), "agrees")
            return "" if plainly else "Vote plainly against the proposal."
        if agrees or refuses:
            return "Agree to nothing and refuse nothing."
        return "" if slot == "opening" or _SAID.found(text, "onward") else "Say only that you can go on."


GUIDE = CommonsGuide(VOICE, _SAID)
