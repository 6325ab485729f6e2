"""What the guides of the teaching families share: what any student's words must keep to, whatever the act.

All of it works on words in lower case in which what was meant to be said is replaced by a mark of one character, so
that what is left can be judged: it must not hold a number, a symbol or a claim. The patterns are in ``student.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from ..core.stream import Stream
from .guide import Choice, Line, Option, WordedGuide
from .speech import MAX_WORDS, Wording, fill, literal, without_reason
from .user import Cue

GIVEN, SHOWN, NAMED = "\ue000\ue001\ue002"
"""Marks: the answer that is meant, the right answer where another was given, and what else may be named."""
MARKS = {"given": GIVEN, "shown": SHOWN, "named": NAMED}
SAID = Wording(__file__, **MARKS)

ASIDES = 0.3
"""How often a student who is a language model may make a remark or hesitate, whatever it knows and answers."""

_LONG = f"Say it in at most {MAX_WORDS} words."
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": ", ", "−": "-", "…": "...", "\xa0": " "})
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_TIGHT = re.compile(
    r"(?<=\d),(?=\d{3}(?!\d))| *([=+*/<>]) *|(?:(?<=[\d)])|(?<=\b[a-z])) (-) (?=[\w(])|(?<=\() +| +(?=\))"
)
_REPEATED = re.compile(r"\b((?:[\w']+[ ,.!?]+){5}[\w']+)\b.*\b\1\b")
_FOREIGN = re.compile(rf"[^a-z0-9à-öø-ɏ .,;:!?'\"&{GIVEN}{SHOWN}{NAMED}%=+$€£/-]")
_FREE_WORDS = r"""
start ::= [A-Z] [a-z']{0,11} next{0,6}
next ::= ","? " " [a-z'] [a-z']{0,11}
more ::= " " start [.!]
"""
"""Rules of GBNF: the start of a sentence without a number, and a short sentence."""


class StudentGuide(WordedGuide):
    """A guide that answers a lost turn with its reason alone. See `WordedGuide`.

    A student leaves open which mistake it makes (``[mistake]`` in the file, `mistakes`), and whether it adds something
    of its own (``[aside]``: ``place`` names the field of the line that the remark changes, ``says`` holds sentences by
    kind).
    """

    def line(self, cue: Cue, stream: Stream) -> Line:
        """What to say now: why the turn was lost, or else the `order`."""
        if cue.problem:
            return Line(
                f"Say politely that you could not follow, then say why, word for word: {cue.reason}", intent="lost"
            )
        return self.order(cue, stream)

    def mistakes(self, cue: Cue, line: Line) -> tuple[str, Mapping[str, str]]:
        """What a wrong answer is about, and each that may be given with how one comes to it, ``""`` if nobody says."""
        return "", {}

    def variants(self, cue: Cue, line: Line, stream: Stream) -> tuple[Choice, ...]:
        """Which wrong answer, and which remark; nothing at the opening and of a lost turn. See `Varied`.

        A remark is chosen by who does not know what is answered, so that it tells nothing of what is known.
        """
        if cue.problem or cue.opening:
            return ()
        choices, given = [], self.given(cue, line)
        about, wrong = self.mistakes(cue, line)
        if len(wrong) > 1:
            orders = {answer: line.order.replace(f'"{given}"', f'"{answer}"') for answer in wrong}
            options = [
                Option(f'"{answer}"{how and f" ({how})"}', {"order": orders[answer]}, how or answer)
                for answer, how in wrong.items()
            ]
            asks = fill(self.words.text["mistake"]["asks"], self.facts(cue)[1] | {"exercise": line.before})
            choices.append(Choice(asks, tuple(options), about))
        aside = self.words.text["aside"]
        drawn = [(kind, said[stream.choose(len(said))]) for kind, said in aside["says"].items()]
        if stream.random() < ASIDES and (given or not aside["answers"]):
            place = aside["place"]
            options = [Option(aside["nothing"], {})]
            for kind, said in drawn:
                parts = (said, line.after) if place == "after" else (line.before, said)
                options.append(Option(f'{kind}: "{said}"', {place: " ".join(filter(None, parts))}))
            choices.append(Choice(aside["asks"], tuple(options)))
        return tuple(choices)

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """What is wrong with `said`, or ``""``: with its form, or as `judge` finds."""
        words, fault = heard(cue, said)
        return self.judge(cue, line, words) if words and not fault else fault

    def grammar(self, cue: Cue, line: Line) -> str:
        """A grammar of what can pass: short sentences without a number about a lost turn and its reason, or a shape."""
        if not cue.problem:
            return f"root ::= {self.shape(cue, line)}{_FREE_WORDS}"
        reason = f"{literal(f' {cue.reason}')} " if cue.reason else ""
        return f"root ::= start [.!?] {reason}more?{_FREE_WORDS}"


def heard(cue: Cue, said: str) -> tuple[str, str]:
    """The words to be judged, and what is wrong with the form of `said`.

    Returns:
        Lower case, on one line, with plain quotation marks and dashes, without needless spaces and separators in
        numbers and formulas; the reason why a turn was lost, which has to be there, is taken out. No words and no
        fault: there is nothing to be judged.
    """
    if len(said) > 10 * MAX_WORDS + len(cue.reason):  # bounds the time that any pattern takes
        return "", _LONG
    words, fault = without_reason(_one_line(said), _one_line(cue.reason) if cue.problem else "")
    if fault:
        return "", f"Say this word for word: {cue.reason}"
    if _PRIVATE.search(words):
        return "", "Use plain letters only."
    if not any(character.isalnum() for character in words):
        return "", "" if cue.problem and cue.reason else "Say something."
    if len(words.split()) > MAX_WORDS:
        return "", _LONG
    return tight(SAID["tag"].sub("", words) if cue.problem else words), ""  # who lost a turn to a tag may be told of it


def tight(words: str) -> str:
    """Without the spaces of formulas and the separators of thousands.

    ``range(1, n + 1)`` and ``range(1, n+1)`` are one.
    """
    return _TIGHT.sub(lambda match: match[1] or match[2] or "", words)


def mark(words: str, terms: Iterable[str], sign: str) -> str:
    """`words` with `sign` in place of each of `terms`, where they stand alone, the longest first."""
    found = sorted({tight(_one_line(term)) for term in terms if term}, key=len, reverse=True)
    return _alone(tuple(found)).sub(sign, words) if found else words


@lru_cache(4096)
def _alone(terms: tuple[str, ...]) -> re.Pattern[str]:
    """The terms as whole words and numbers.

    ``3`` is neither in ``1/3`` nor in ``3.5``, ``1, 3`` is not in ``1, 3, 5``.
    """
    parts = []
    for term in terms:
        number = term[0].isdigit() or term[-1].isdigit()
        before = (
            r"(?<![\w.+*/=-])(?<!\d, )(?<!\d )" if term[0].isdigit() else r"(?<![\w-])" if term[0].isalnum() else ""
        )
        after = r"(?!\w|[.:/]\d|[+*/=(-]|,? \d)" if number else r"(?![\w-])" if term[-1].isalnum() else r"(?!\w)"
        parts.append(f"{before}{re.escape(term)}{after}")
    return re.compile("|".join(parts))


def adrift(words: str) -> str:
    """What is wrong with `words`, whoever the student is and whatever the act; what may be said is marked in them."""
    if fault := SAID.fault(words, "label"):
        return fault
    if _FOREIGN.search(words):
        return "Use plain words only, no brackets, symbols or foreign letters."
    if fault := SAID.fault(words, "meta", "drift"):
        return fault
    spoken = re.findall(r"[^\W_]+", words)
    again = _REPEATED.search(words) or (len(spoken) > 4 and 2 * len(set(spoken)) < len(spoken))
    return "Say nothing twice." if again else ""


def numbered(words: str) -> str:
    """What is wrong with `words` if no number but those marked may be said."""
    return SAID.fault(words, "figures", "number")


def claimed(cue: Cue, words: str) -> str:
    """What is wrong with `words` if nothing may be said about what the student understands, finds easy or needs.

    Who lost a turn may be told that it was not understood.
    """
    return SAID.fault(SAID["lost"].sub("", words) if cue.problem else words, "claim")


def denied(words: str) -> str:
    """What is wrong with `words` if the marked answer is to be given plainly."""
    return SAID.fault(SAID["sure"].sub("", words), "denied")


def _one_line(text: str) -> str:
    return " ".join(text.translate(_PLAIN).lower().split())
