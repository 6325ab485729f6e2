"""What a language model is told in order to speak for a simulated person, and how its words are checked."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ..core.stream import Stream
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
        each price, item, answer and decision is the one meant, and nothing more is promised.
        """
        ...

    def grammar(self, cue: Cue, line: Line) -> str:
        """A GBNF grammar of the words that can pass, for backends that can constrain decoding; ``""`` for none.

        `check` is applied all the same.
        """
        ...
