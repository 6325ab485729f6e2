"""What is taught: curricula with real content, for the words of the tutoring families."""

from __future__ import annotations

from .acids import ACIDS_AND_BASES
from .curriculum import Curriculum
from .fractions import FRACTIONS
from .loops import LOOPS

CURRICULA: dict[str, Curriculum] = {curriculum.name: curriculum for curriculum in (FRACTIONS, LOOPS, ACIDS_AND_BASES)}
