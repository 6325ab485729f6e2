"""Reading plain words: what every family's reading of an utterance without a tag is made of.

An utterance is cut into clauses. Of each clause it is known whether it asks, denies, supposes, or reports. The things
that a family's acts are about (a price, a card, a skill) are found first and stand as marks in the clauses. A family
states patterns, in the file ``reading.toml`` beside its code, and nothing else: **an act binds on positive evidence
only**, which is a pattern that covers the clause. What is spoken of in any other way is talk.

Everything here is deterministic, takes time linear in the text, and never raises on any text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from .acts import Act, Say
from .grammar import TALK, Heard

_FIRST_MARK = 0xE000
"""Marks are private-use characters, one for each kind of thing; nobody types them."""
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_SYMBOLS = re.compile(r"[^\w\s.,:;!?'$€£%#()/+=\ue000-\uf8ff–—-]+")  # quotes, stars, emoji separate as a comma does

_SENTENCE = re.compile(r"((?:[^.!?;\n]|(?<=\d)\.(?=\d))+)([.!?;\n]*)")
# A clause ends at punctuation, at a conjunction, and where somebody turns to a proposal ("I can't do 300 would you").
_BREAK = re.compile(
    r"[,:()–—]+|(?<= )-+(?= )|\b(?:but|however|though|although|because|cause|since|so(?! (?:good|far|much|that|high"
    r"|low)\b)|then(?!\Z)|while|whereas)\b"
    r"|\b(?:and|or)\b(?= (?:(?:i|you|we|he|she|it|that)\b|then|let|can|could|please|would|not)\b)"
    r"|(?<=[\w\ue000-\uf8ff])(?<!\bhow)(?<!\bwhat)(?<!\bwhere)(?<!\bwhy)(?<!\bwhen)(?<!\bwhich) "
    r"(?=(?:instead of|rather than|(?:how|what) about|(?:would|could|can|will) (?:you|we|i)"
    r"|let's|let us|let me)\b)"
)
_WHY_NOT = re.compile(r"\bwhy (?:(?:don't|do not) (?:we|you|i)|not)\b")  # it proposes
_OPTIONAL_END = re.compile(r" \[([^\[\]]*)\](?=(?: \[[^\[\]]*\])*(?:\Z|[|)\x01]))")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]( ?)")


_WORD = r"[^\s\ue000-\uf8ff]+"


def _several(mark: str) -> str:
    return rf"{mark}(?:(?: (?:and|or|then|to|also|maybe|even|the|a)){{1,3}} {mark}){{0,8}}"


def _compiled(pattern: str, parts: Mapping[str, str]) -> str:
    """A pattern as a regular expression."""

    def part(match: re.Match[str]) -> str:
        if match[1] not in parts:
            raise ValueError(f"pattern {pattern!r} names an unknown part {match[1]!r}; known are {', '.join(parts)}")
        return parts[match[1]]

    made = pattern.replace(" ...", "\1").replace("... ", "\2")
    # What may be left out takes the space after it along, or at the end the one before it.
    made = _OPTIONAL_END.sub(r"(?: (?:\1))?", made)
    made = _OPTIONAL.sub(lambda match: f"(?:(?:{match[1]}){match[2]})?", made)
    made = re.sub(r"\((?!\?)", "(?:", made)
    made = made.replace("\1", rf"(?: {_WORD}){{0,8}}").replace("\2", rf"(?:{_WORD} ){{0,8}}")
    return re.sub(r"\{(\w+)\}", part, made)


_ENGLISH = tomllib.loads(Path(__file__).with_name("english.toml").read_text(encoding="utf-8"))
_SAID = {
    name: "|".join(_compiled(pattern, {}) for pattern in patterns)
    for name, patterns in _ENGLISH.items()
    if name != "short"
}
LEAD = rf"(?:(?:{_SAID['lead']}) ){{0,8}}"
"""Words before an act that commit to nothing."""
TAIL = rf"(?: (?:{_SAID['tail']})){{0,6}}"
"""Words after an act that change nothing."""
_FILLER = re.compile(rf"(?:(?:{_SAID['lead']}|{_SAID['tail']})(?: |\Z)){{1,8}}\Z")
_POLITE, _CONDITION, _SUPPOSITION, _REPORT = (
    re.compile(rf"\b(?:{_SAID[name]})\b") for name in ("polite", "condition", "supposition", "report")
)
_QUESTION_TAG = re.compile(rf"(?:{_SAID['question_tag']})\Z")
_SHORT = re.compile(rf"(?<![\w'])(?:{'|'.join(map(re.escape, _ENGLISH['short']))})(?![\w'])")
_NEGATION = re.compile(rf"\b(?:{_SAID['negation']})\b|n't\b")


class Mention(NamedTuple):
    """A thing that was spoken of.

    Attributes:
        kind: What sort of thing it is, such as ``"price"``.
        value: Which one.
        said: As it was said.
    """

    kind: str
    value: Any
    said: str


class Clause(NamedTuple):
    """A clause of an utterance.

    Attributes:
        text: Its words, in lower case, with single spaces, without punctuation; a mark stands for each mention.
        words: The same with the mentions as they were said.
        mentions: The things that are spoken of in it, in order.
        sentence: Number of its sentence.
        asked: Whether it is the last clause of a question, or the one before its tag ("right?").
        negated: Whether something in it is denied.
        supposed: Whether it is under a condition, put off, or only thought of.
        told: Whether it reports what has been, or what somebody said.
    """

    text: str
    words: str
    mentions: tuple[Mention, ...]
    sentence: int
    asked: bool
    negated: bool
    supposed: bool
    told: bool

    def values(self, kind: str) -> list[Any]:
        """The distinct things of that kind in it, in order."""
        return list(dict.fromkeys(mention.value for mention in self.mentions if mention.kind == kind))


class Found(NamedTuple):
    """An act that a clause states.

    Attributes:
        act: Its name in the family's patterns.
        clause: Where.
        match: Of the pattern.
    """

    act: str
    clause: Clause
    match: re.Match[str]


class Vocabulary:
    """The things that a family's acts are about: how each is called.

    Args:
        kinds: Kind -> value -> a regular expression for all that it is called. Where one name lies within another
            ("adding" in "adding mixed numbers"), the longer counts.
        cased: Values whose names count only as they are written; all others in any case.
    """

    def __init__(self, kinds: Mapping[str, Mapping[Any, str]], cased: Iterable[Any] = ()):
        self.kinds, exact = tuple(kinds), frozenset(cased)
        self._patterns = [
            (kind, value, re.compile(rf"(?<![\w-])(?:{called})(?![\w-]|'\w)", 0 if value in exact else re.IGNORECASE))
            for kind, values in kinds.items()
            for value, called in values.items()
        ]

    def mark(self, text: str) -> tuple[str, list[Mention]]:
        """The text with a mark for each thing, and what the marks stand for."""
        places = sorted(
            (match.start(), -match.end(), order)
            for order, (_, _, pattern) in enumerate(self._patterns)
            for match in pattern.finditer(text)
        )
        parts, mentions, reach = [], [], 0
        for start, end, order in places:
            if start >= reach:
                kind, value, _ = self._patterns[order]
                parts += [text[reach:start], mark_of(self.kinds.index(kind))]
                mentions.append(Mention(kind, value, text[start:-end]))
                reach = -end
        return "".join([*parts, text[reach:]]), mentions


def mark_of(number: int) -> str:
    """The mark of a kind of things, by the kind's place in the vocabulary."""
    return chr(_FIRST_MARK + number)


class Patterns:
    """What a family reads: patterns of words for each act.

    A pattern is words, in lower case. ``(a|b)`` is one of several, ``[a|b]`` may be left out, ``{name}`` is a part, or
    a thing of the vocabulary or several ("yoga or running": `Clause.values` says which), ``...`` is up to eight further
    words, none of the vocabulary. It must cover the clause, after `LEAD` and before
    `TAIL`. An act binds if its clause is neither a question nor negated, supposed or told; ``may`` lifts some of this.

    Args:
        stated: Content of ``reading.toml``: the table ``parts`` (name -> alternatives, in the form of a pattern), and
            ``acts`` (name of an act -> ``says``: its patterns, ``may``: any of ``"ask"``, ``"negate"``,
            ``"suppose"``, ``"tell"``, and ``alone``: whether it counts only where nothing else is said in the
            sentence, as for a bare name). An act may have several such tables.
        kinds: The kinds of the vocabulary, in its order.

    They are compiled when the first utterance is read: it takes up to half a second, and tags alone need none.

    Raises:
        ValueError: If a pattern names an unknown part; when the first utterance is read, if one cannot be compiled.
    """

    def __init__(self, stated: Mapping[str, Any], kinds: Sequence[str] = ()):
        self.stated = stated
        parts = {kind: _several(mark_of(number)) for number, kind in enumerate(kinds)}
        for name, said in stated.get("parts", {}).items():
            parts[name] = f"(?:{_compiled(said if isinstance(said, str) else '|'.join(said), parts)})"
        self._expressions = ["|".join(_compiled(said, parts) for said in rules["says"]) for _, rules in self._rules()]

    @cached_property
    def _acts(self) -> list[tuple[str, re.Pattern[str], frozenset[str], bool]]:
        acts = []
        for (act, rules), said in zip(self._rules(), self._expressions, strict=True):
            try:
                pattern = re.compile(rf"{LEAD}(?:{said}){TAIL}\Z")
            except re.error as error:
                raise ValueError(f"the patterns of {act!r} cannot be read: {error}") from error
            acts.append((act, pattern, frozenset(rules.get("may", ())), rules.get("alone", False)))
        return acts

    def _rules(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for act, rules in self.stated["acts"].items():
            for group in [rules] if isinstance(rules, Mapping) else rules:
                yield act, group

    def find(self, clauses: Iterable[Clause]) -> list[Found]:
        """The acts that the clauses state, in order."""
        found, alone = [], []
        clauses = list(clauses)
        for clause in clauses:
            for act, pattern, may, needs_all in self._acts:
                if (
                    (clause.asked and "ask" not in may)
                    or (clause.negated and "negate" not in may)
                    or (clause.supposed and "suppose" not in may)
                    or (clause.told and "tell" not in may)
                ):
                    continue
                match = pattern.match(clause.text) or pattern.match(clause.words)
                if match:
                    found.append(Found(act, clause, match))
                    alone.append(needs_all)
        if any(alone):
            stating = {id(one.clause) for one in found}
            more = {each.sentence for each in clauses if id(each) not in stating and not _FILLER.match(each.text)}
            found = [
                one for one, needs in zip(found, alone, strict=True) if not (needs and one.clause.sentence in more)
            ]
        return found

    def table(self) -> list[tuple[str, str]]:
        """For a page: each act with its patterns, as they are stated."""
        said: dict[str, list[str]] = {}
        for act, rules in self._rules():
            said.setdefault(act, []).extend(rules["says"])
        return [(act, " · ".join(patterns)) for act, patterns in said.items()]


def plain(text: str) -> str:
    """Straight apostrophes, no symbols that mean nothing, single spaces within lines."""
    text = _PRIVATE.sub(" ", text).replace("’", "'").replace("‘", "'")
    lines = (" ".join(_SYMBOLS.sub(", ", line).split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def clauses(text: str, mentions: Sequence[Mention] = ()) -> list[Clause]:
    """Cut an utterance into clauses.

    Args:
        text: As from `plain`, perhaps with marks.
        mentions: What the marks stand for, in order.
    """
    left = list(reversed(mentions))
    found: list[Clause] = []
    lowered = _SHORT.sub(lambda match: _ENGLISH["short"][match[0]], text.lower())
    lowered = _WHY_NOT.sub("let us", _POLITE.sub(" ", lowered))
    for number, (sentence, end) in enumerate(_SENTENCE.findall(lowered)):
        parts = [part for part in (" ".join(part.split()).strip(" '-") for part in _BREAK.split(sentence)) if part]
        condition = bool(_CONDITION.search(sentence))
        asking = () if "?" not in end else (len(parts), len(parts) - bool(parts and _QUESTION_TAG.match(parts[-1])))
        for place, part in enumerate(parts, 1):
            here = tuple(left.pop() for _ in _PRIVATE.findall(part) if left)
            said = iter(here)
            words = _PRIVATE.sub(lambda _, said=said: next(said).said.lower(), part) if here else part
            found.append(
                Clause(
                    part,
                    words,
                    here,
                    number,
                    asked=place in asking,
                    negated=bool(_NEGATION.search(part)),
                    supposed=condition or bool(_SUPPOSITION.search(part)),
                    told=bool(_REPORT.search(part)),
                )
            )
    return found


def by_sentence(heard: Iterable[Clause]) -> dict[int, list[Clause]]:
    """The clauses of each sentence: what is near is looked for once, and not for each act that is found."""
    found: dict[int, list[Clause]] = {}
    for clause in heard:
        found.setdefault(clause.sentence, []).append(clause)
    return found


def read(text: str, patterns: Patterns, vocabulary: Vocabulary | None = None) -> list[Found]:
    """The acts that an utterance states."""
    words = plain(text)
    marked, mentions = vocabulary.mark(words) if vocabulary else (words, [])
    return patterns.find(clauses(marked, mentions))


def bind(acts: Mapping[Act, str]) -> Heard:
    """What an utterance comes to that states these acts: none is talk, one binds, several are ambiguous.

    Args:
        acts: The acts, each with what it does in the speaker's mouth: ``"explain adding"``.
    """
    if len(acts) < 2:
        return Heard(next(iter(acts))) if acts else TALK
    said = list(acts.values())[:3]
    return Heard(
        Say(), "ambiguous", f"Do you want to {', '.join(said[:-1])} or {said[-1]}? One thing at a time, please."
    )
