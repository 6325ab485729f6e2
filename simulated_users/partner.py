"""What the guides of families share whose simulated person is a partner: small talk, and lost turns."""

from __future__ import annotations

from functools import cache

from ..core.acts import Say
from ..core.stream import Stream
from .guide import Line, WordedGuide
from .phrase_bank import PhraseVoice
from .speech import literal, normal, without_reason
from .user import Cue

FREE_WORDS = """\
start ::= [A-Z] [a-z']{0,11} words? [,:]?
words ::= (","? " " word){1,10}
word ::= [a-z] [a-z']{0,11} | "I" ("'" [a-z]{1,2})?
"""
"""Rules of GBNF: ``start``, words that begin a sentence, and ``words``, some that go on; without figures.

Counted in words, so that none is cut off.
"""


class PartnerGuide(WordedGuide):
    """A guide that answers a lost turn with its reason and the act. See `WordedGuide`."""

    def line(self, cue: Cue, stream: Stream) -> Line:
        """The act in plain words; where a turn was lost, first its reason."""
        line = self.order(cue, stream)
        if not cue.reason:
            return line
        order = f'First say word for word: "{cue.reason}" Then do this: {line.order}'
        return Line(order, intent=f"{line.intent} lost")

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """See `Guide.check`. Small talk of the phrase bank is true whatever follows, and need not be read."""
        words, fault = without_reason(normal(said), normal(cue.reason))
        if fault:
            return fault
        known = self.known(cue.public)
        leads = _leads(self.voice, cue.persona, cue.seat, tuple(known.get(name, "") for name in self.voice.fields))
        if words in leads and isinstance(cue.act, Say) and not cue.opening:
            return ""
        lead = next((lead for lead in leads if words.startswith(f"{lead} ")), None)
        return self.judge(cue, line, words if lead is None else words[len(lead) + 1 :])

    def stock(self, cue: Cue) -> frozenset[str]:
        """What the phrase bank says for the act, in any persona: that is known to say it, and need not be read."""
        slot, facts = self.facts(cue)
        return _stock(self.voice, slot, cue.seat, tuple(facts[name] for name in self.voice.fields))

    def grammar(self, cue: Cue, line: Line) -> str:
        """Free words without figures around what binds."""
        first = f"{literal(normal(cue.reason) + ' ')} " if cue.reason else ""
        return f"root ::= {first}{self.shape(cue, line)}\n{FREE_WORDS}"


@cache
def _stock(voice: PhraseVoice, slot: str, seat: str, values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(normal(say(*values)) for persona in voice.personas for say in voice.choices(persona, slot, seat))


@cache
def _leads(voice: PhraseVoice, persona: str, seat: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """What may stand before an act, longest first."""
    slots = (*voice.topics, "chat", "unclear", "illegal") if persona in voice.personas else ()
    said = {normal(lead(*values)) for slot in slots for lead in voice.choices(persona, slot, seat)}
    return tuple(sorted(said, key=len, reverse=True))
