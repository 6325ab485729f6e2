"""A language model as somebody with whom a game is played: what it is told, and what its words must hold.

Words are read by the same rules as the learner's (`understand`), so that what they come to cannot depend on who reads,
and against lists of what a voice cannot know: rules, other rounds, what the other does. In doubt they fail.
"""

from __future__ import annotations

from typing import Any

from ...core.acts import Say
from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .game import Play, Promise
from .stories import NAMES, STORIES
from .voice import VOICE, context, understand, vocabulary

_SAID = Wording(__file__)
_NEVER = ("rules", "terms", "others", "points")


class RepeatedGuide(PartnerGuide):
    """What a language model is told in order to play a game, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and what the game is about."""
        return {"name": public.name, "thing": STORIES[public.story].thing}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words come to the act by the rules of the family, and say nothing else."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        name, story, text = facts["name"], cue.public.story, words.lower()
        if fault := fault_of_names(words, name, NAMES) or _SAID.fault(text, "role", *_NEVER):
            return fault
        if (name in words) != cue.opening:
            return f"Say that you are {name}." if cue.opening else f"You are {name}; do not talk to yourself."
        named = {mention.value for mention in vocabulary(story).mark(text)[1]}
        if not isinstance(cue.act, (Promise, Play)):
            heard = understand(text, context(story, cue.before))
            fine = not named and heard.act == Say() and not heard.problem
            return "" if fine else "Promise nothing, and name none of the options."
        if fault := _SAID.fault(text, "wavers"):
            return fault
        clear = named == {cue.act.option} and understand(text, (story, slot == "play")).act == cue.act
        return "" if clear else f"Say that you {facts['do']}, and nothing else."


GUIDE = RepeatedGuide(VOICE, _SAID)
