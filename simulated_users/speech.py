"""What holds for the words of every simulated person, and how a file states what a family's words are held to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

MAX_WORDS = 60
_MAX_CHARACTERS = 600  # it also bounds the time that any pattern takes
_STRANGE = re.compile(r"[^A-Za-zÀ-ÖØ-öø-ÿ0-9 .,;:!?'’‘…–—()$%&/-]")
_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
_SELF = "\ue001"  # stands for the speaker's own name: a private-use character, nobody types it
_INTRODUCED = re.compile(
    rf"(?i:\b(?:i am|i'm|name is|name's|this is|it's|it is|call me)) {_SELF}|{_SELF} here\b"
    rf"|(?:\A|(?<=[.!?] )){_SELF}[.!,]"
)
_GROUP = re.compile(r"(?<!\\)\((?!\?)")


class Wording:
    """Patterns and sentences of a guide, from the file beside its module: ``guide.toml`` beside ``guide.py``.

    The file's table ``patterns`` tells what words are searched for: a list of alternatives, or a table of such a list,
    ``says``, and of what the speaker is told where one is found, ``fault``. An alternative is a regular expression of
    whole words in lower case; ``~`` at its start or end means that a word may go on there. Parentheses without a
    question mark do not capture, and ``{name}`` stands for one of ``parts``, lists of further alternatives.

    Args:
        module: The module's ``__file__``.
        parts: More parts, by name: regular expressions.

    Attributes:
        text: All that the file states.
    """

    def __init__(self, module: str, **parts: str):
        self.text: dict[str, Any] = tomllib.loads(Path(module).with_suffix(".toml").read_text(encoding="utf-8"))
        for name, said in self.text.get("parts", {}).items():
            parts[name] = f"(?:{'|'.join(_expanded(said, parts))})"
        stated = self.text.get("patterns", {})
        self._faults = {name: said["fault"] for name, said in stated.items() if isinstance(said, dict)}
        self._patterns = {
            name: whole_words(_expanded(said["says"] if name in self._faults else said, parts))
            for name, said in stated.items()
        }

    def __getitem__(self, name: str) -> re.Pattern[str]:
        """The pattern of that name."""
        return self._patterns[name]

    def found(self, words: str, *names: str) -> bool:
        """Whether one of these patterns is found in `words`."""
        return any(self._patterns[name].search(words) for name in names)

    def fault(self, words: str, *names: str, **values: Any) -> str:
        """What is wrong by the first of these patterns that is found in `words`; ``""`` if none is."""
        return next((fill(self._faults[name], values) for name in names if self._patterns[name].search(words)), "")

    def fault_of_slot(self, words: str, slot: str) -> str:
        """What is wrong with words that stand for a slot of the phrase bank; ``""`` if nothing is.

        The file's table ``slots`` tells for each the names of patterns of which one must be found (``says``, if there
        are any) and of which none may be (``never``), and what the speaker is told otherwise, ``fault``.
        """
        rules = self.text["slots"][slot]
        said = self.found(words, *rules["says"]) if "says" in rules else True
        return rules["fault"] if not said or self.found(words, *rules.get("never", ())) else ""


def whole_words(alternatives: Iterable[str]) -> re.Pattern[str]:
    """A pattern of alternatives, of which each ends where words end, but for where a ``~`` stands."""
    alike: dict[tuple[bool, bool], list[str]] = {}
    for one in alternatives:
        alike.setdefault((one.startswith("~"), one.endswith("~")), []).append(one.strip("~"))
    edges = {False: r"\b", True: ""}
    return re.compile("|".join(f"{edges[a]}(?:{'|'.join(some)}){edges[b]}" for (a, b), some in alike.items()))


def _expanded(alternatives: Sequence[str], parts: Mapping[str, str]) -> list[str]:
    return [fill(_GROUP.sub("(?:", one), parts) for one in alternatives]


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`template` with values in place of their names in braces.

    Raises:
        KeyError: If it holds another name.
    """
    if unknown := [name for name in _NAME.findall(template) if name not in values]:
        raise KeyError(f"{template!r} names {', '.join(unknown)}; known are {', '.join(values)}")
    return _NAME.sub(lambda match: str(values[match[1]]), template)


_SAID = Wording(__file__)
MANNERS: dict[str, str] = _SAID.text["manners"]
"""Persona -> its manner, in a sentence to the speaker."""


def manner(persona: str) -> str:
    """A sentence about how the speaker talks; a persona that is not known by name is taken for a description."""
    return MANNERS.get(persona) or (f"This is how you speak: {persona}." if persona else "")


def normal(text: str) -> str:
    """Single spaces and straight apostrophes; a line break within the text stays one."""
    return "\n".join(" ".join(line.split()) for line in text.strip().replace("’", "'").replace("‘", "'").splitlines())


def without_reason(said: str, reason: str) -> tuple[str, str]:
    """`said` without the reason of a lost turn, and what is wrong if that is missing or if nothing else is said.

    They have to be told as they are: the learner can hold to nothing else, and a summary of them cannot be verified.
    """
    if not reason:
        return said, ""
    found = re.search(re.escape(reason), said, re.IGNORECASE)
    if not found:
        return said, f"Say this word for word before you go on: {reason}"
    return normal(f"{said[: found.start()]} {said[found.end() :]}"), ""


def fault_of_form(said: str) -> str:
    """What is wrong with words, whoever speaks and whatever is meant; ``""`` if nothing is."""
    if "\n" in said or "\r" in said:
        return "Say it in one line."
    if not any(character.isalnum() for character in said):
        return "Say something."
    if len(said) > _MAX_CHARACTERS or len(said.split()) > MAX_WORDS:
        return f"Be shorter: {MAX_WORDS} words at most."
    if strange := _STRANGE.search(said):
        return f"Use plain words in English, without the sign {strange[0]!r}."
    return fault_of_role(said)


def fault_of_role(said: str) -> str:
    """What is wrong with words of somebody who stands beside its role: a name before them, talk about the task."""
    return _SAID.fault(said.lower(), "label", "meta")


def fault_of_names(said: str, name: str, names: Iterable[str]) -> str:
    """What is wrong if another one of `names` than the speaker's is named; ``""`` if none is."""
    others = any(re.search(rf"\b{other}\b", said) for other in names if other != name)
    return f"Your name is {name}; name nobody else." if others else ""


def fault_of_address(said: str, name: str) -> str:
    """What is wrong if the speaker is named without introducing itself; ``""`` if it is not."""
    rest = _INTRODUCED.sub("", re.sub(rf"\b{name}\b", _SELF, said))
    return f"You are {name}; do not talk to yourself." if _SELF in rest else ""


def escaped(text: str) -> str:
    """`text` as it stands within a terminal of a GBNF grammar."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")


def literal(text: str) -> str:
    """`text` as a terminal of a GBNF grammar."""
    return f'"{escaped(text)}"'


def one_of(texts: Iterable[str]) -> str:
    """Alternatives, in parentheses, as a part of a GBNF rule."""
    return f"({' | '.join(map(literal, texts))})"
