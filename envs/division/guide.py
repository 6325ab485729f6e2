"""A language model as a partner: what it is told, and what its words must hold.

Its words are read as a learner's are: they pass if they bind to the very act that was decided, and to nothing else.
"""

from __future__ import annotations

import re
from typing import Any

from ...core.acts import Act, Say
from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names, fill, manner
from ...simulated_users.user import Cue
from .game import KINDS, Accept, Walk
from .scenes import SCENES, all_of
from .voice import VOICE, amounts, describe, understand

_SAID = Wording(__file__)
_NAMES = {scene.name for scenes in SCENES.values() for scene in scenes.values()}
_FIGURE = re.compile(r"\d")


class DivisionGuide(PartnerGuide):
    """What a language model is told in order to be a partner, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and what is divided."""
        topic = SCENES[public.kind][public.scene].topic
        return {"name": public.name, "topic": topic, "all": all_of(public.kind, public.counts)}

    def scene(self, cue: Cue) -> str:
        """See `Guide.scene`."""
        told = self.words.text["scenes"][f"{cue.seat} {cue.public.kind}"]
        return f"{fill(told, self.known(cue.public))} {manner(cue.persona)}".strip()

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a partner's, and say the act and nothing else."""
        text, act, slot = words.lower(), cue.act, describe(cue)[0]
        if fault := fault_of_form(words) or _SAID.fault(text, "role"):
            return fault
        if words in self.stock(cue):
            return ""
        if fault := fault_of_names(words, cue.public.name, _NAMES):
            return fault
        if fault := _SAID.fault(text, "worth"):
            return fault
        heard = understand(words, _context(cue))
        if cue.opening or isinstance(act, Say):
            if heard.act != Say() or heard.problem or _FIGURE.search(text):
                return "Propose nothing and agree to nothing."
            if _SAID.found(text, "bye", "ended"):
                return "Do not leave."
            begins = _SAID.found(text, "begins") or re.search(rf"\b{cue.public.name}\b|\?", words)
            return "" if begins or not cue.opening else f"Say that you are {cue.public.name}, or ask something."
        if heard.problem or heard.act != act or (isinstance(act, Accept) and not _SAID.found(text, "agrees")):
            return fill(_WRONG[slot], self.facts(cue)[1])
        leaves = _SAID.found(text, "bye", "ended")
        return "Do not leave." if leaves and not isinstance(act, Walk) else ""


_WRONG = {
    "offer": "Propose just this: you get {mine}, and the other gets {yours}.",
    "terms": "Propose just these terms: {mine}.",
    "accept": "Say that you accept. You get {mine}, and the other gets {yours}.",
    "sign": "Say that you accept these terms: {mine}.",
    "walk": "Say that there is no deal, and goodbye.",
}


def _context(cue: Cue) -> tuple[str, tuple[int, ...], Act | None]:
    """What the speaker could accept, as `understand` needs it."""
    public, standing = cue.public, None
    if isinstance(cue.act, Accept):
        offer: Any = KINDS[public.kind].offer
        standing = offer(*amounts(public.kind, public.counts, cue.before.standing, cue.seat))
    return public.kind, public.counts, standing


GUIDE = DivisionGuide(VOICE, _SAID)
