"""What a language model is told in order to speak for a simulated person, and how its words are checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ..core.stream import Stream
from .phrase_bank import PhraseVoice
from .speech import Wording, escaped, fill, manner, one_of
from .user import Cue


class Line(NamedTuple):
    """One utterance to be worded.

    Attributes:
        order: What to say, as an instruction to the speaker ("Ask for $240."). It holds every price, item and answer
            that the words have to hold.
        before: Words that code puts before the model's, such as the text of an exercise.
        after: Words that code puts after them.
        intent: Name of the kind of act, the same for all lines that can serve as examples to each other.
    """

    order: str
    before: str = ""
    after: str = ""
    intent: str = ""


class Option(NamedTuple):
    """One way of making an act.

    Attributes:
        says: What a model that chooses is shown.
        changes: Fields of the line that it changes.
        kept: What it shows of the person, who stays with it for the rest of the dialogue; ``""`` for nothing.
    """

    says: str
    changes: Mapping[str, str]
    kept: str = ""


class Choice(NamedTuple):
    """What an act leaves open.

    No option pays more than another, and none tells more of what is hidden, so that whoever chooses leaves payoffs,
    beliefs and optimum as they are.

    Attributes:
        asks: The question to who chooses.
        options: At least two. Options of different choices change different fields.
        key: What the choice is about. Of one thing a person keeps to what it has shown (`Option.kept`).
    """

    asks: str
    options: tuple[Option, ...]
    key: str = ""


class Guide(Protocol):
    """A family's part in an LLM voice. It sees what a voice sees, `Cue`s, and so no secret."""

    def scene(self, cue: Cue) -> str:
        """Who is speaking to whom about what: the public facts, in one to three sentences addressed to the speaker.

        The same in all turns of a dialogue.
        """
        ...

    def line(self, cue: Cue, stream: Stream) -> Line:
        """What to say now. `stream` serves where the act leaves something open, such as which wrong answer to give."""
        ...

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """What is wrong with `said`, the model's words without `before` and `after`; ``""`` if nothing is.

        It is a short sentence that the model can be told. Words pass if they say the act and nothing else that binds:
        each price, item, answer and decision is the one meant, and nothing more is promised. Deterministic, linear in
        `said`, never raises.
        """
        ...

    def grammar(self, cue: Cue, line: Line) -> str:
        """A GBNF grammar of the words that can pass, for backends that can constrain decoding; ``""`` for none.

        `check` is applied all the same.
        """
        ...


@runtime_checkable
class Varied(Protocol):
    """A guide whose lines leave something open, for a model that is the person; a mere voice takes them as they are."""

    def variants(self, cue: Cue, line: Line, stream: Stream) -> tuple[Choice, ...]:
        """What `line` leaves open, for this cue. It sees no secret either."""
        ...


class WordedGuide:
    """What the families' guides share: they fill the sentences of a ``guide.toml``.

    The file's ``scenes`` are named by the seat. Its ``orders`` and ``shapes`` (GBNF) are named by the slot of the
    phrase bank that says the act, or by slot and seat (``"counter seller"``), as there. A lost turn, and the form of
    words, are the matter of `PartnerGuide` and `StudentGuide`; a family says `known` and `judge`.

    Args:
        voice: The family's phrase bank, which tells acts apart.
        words: The file.
    """

    def __init__(self, voice: PhraseVoice, words: Wording):
        self.voice, self.words = voice, words

    def known(self, public: Any) -> dict[str, str]:
        """The public facts, by their names in the sentences."""
        raise NotImplementedError

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with words that have the right form, or ``""``."""
        raise NotImplementedError

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """The slot of the act, and what fills its sentences: public facts and the fields of the phrase bank."""
        slot, values, _ = self.voice.describe(cue)
        return slot, self.known(cue.public) | dict(zip(self.voice.fields, values, strict=False))

    def scene(self, cue: Cue) -> str:
        """See `Guide.scene`; the manner comes last."""
        return f"{fill(self.words.text['scenes'][cue.seat], self.known(cue.public))} {manner(cue.persona)}".strip()

    def drawn(self, cue: Cue, stream: Stream) -> str:
        """The answer that is to be given, ``{given}`` in orders, where the act leaves it open; else ``""``."""
        return ""

    def given(self, cue: Cue, line: Line) -> str:
        """The answer that `line` orders, ``{given}`` in shapes; ``""`` if it orders none."""
        return ""

    def order(self, cue: Cue, stream: Stream) -> Line:
        """What to say, wherever no turn was lost."""
        slot, facts = self.facts(cue)
        return Line(fill(self._of("orders", slot, cue), facts | {"given": self.drawn(cue, stream)}), intent=slot)

    def shape(self, cue: Cue, line: Line) -> str:
        """A GBNF rule for what can pass, wherever no turn was lost; a tuple among the facts means any of it."""
        slot, facts = self.facts(cue)
        given = self.given(cue, line)
        facts |= {"given": given, "Given": given[:1].upper() + given[1:]}
        rules = {name: one_of(fact) if isinstance(fact, tuple) else escaped(str(fact)) for name, fact in facts.items()}
        return fill(self._of("shapes", slot, cue), rules)

    def _of(self, table: str, slot: str, cue: Cue) -> str:
        """The sentence of a slot; of one that the table does not name, that of ``other``."""
        named = self.words.text[table]
        return named.get(f"{slot} {cue.seat}") or named.get(slot) or named["other"]
