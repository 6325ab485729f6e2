"""A second language model that reads what the first one wants to say, and may object: DuetSim (Luo et al. 2024)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .asking import Chat, ModelCounts
from .backends.backend import Backend, Request
from .user import Failure

Objects = Callable[[Mapping[int, str], int], Mapping[int, str | Failure]]
"""Words that pass so far, by number, and the attempt -> what is wrong with those that do not fit, or a `Failure`."""

CHECK = (
    "You check the words of a person in a dialogue. They must say what was to be said, and they must be words of this "
    "person. Answer YES if they do, else NO, and nothing else."
)
VETO = "Somebody who knows this person says that these words do not fit."


@dataclass
class ReaderCounts(ModelCounts):
    """What a second reader has read so far.

    Attributes:
        read: Utterances.
        vetoes: Those it objected to.
    """

    read: int = 0
    vetoes: int = 0


class SecondReader:
    """Asks a model whether words fit.

    Args:
        backend: The model.
    """

    def __init__(self, backend: Backend):
        self.backend = backend
        self.counts = ReaderCounts()

    def objects(self, about: Sequence[str], seeds: Sequence[int]) -> Objects:
        """What it objects to, when words come.

        Args:
            about: For each number, all that the reader is told besides the words.
            seeds: Of sampling.
        """

        def object_to(said: Mapping[int, str], attempt: int) -> dict[int, str | Failure]:
            asked = [
                Request(_question(about[i], words), 4, 0.0, seeds[i] + attempt, (), YES) for i, words in said.items()
            ]
            found: dict[int, str | Failure] = {}
            for i, reply in zip(said, self.backend.generate(asked) if asked else [], strict=True):
                self.counts.meter(reply)
                self.counts.read += 1
                if isinstance(reply, Failure):
                    found[i] = reply
                elif re.match(r"\W*no\b", reply.text, re.IGNORECASE):
                    self.counts.vetoes += 1
                    found[i] = VETO
            return found

        return object_to

    def close(self) -> None:
        """Close the backend."""
        self.backend.close()


YES = 'root ::= "YES" | "NO"'


def _question(about: str, words: str) -> Chat:
    said = " ".join(words.split()).replace('"', "'")
    return ("system", CHECK), ("user", f'{about}\nThe person says: "{said}"\nDo these words fit? YES or NO?')
