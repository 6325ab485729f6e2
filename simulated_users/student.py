"""What any student's words must keep to, whatever the act: the part of the checks that the teaching families share.

All of it works on words in lower case in which what was meant to be said is replaced by a mark of one character, so
that what is left can be judged: it must not hold a number, a symbol or a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ..core.stream import Stream
from .guide import Line
from .speech import MAX_WORDS, literal, without_reason
from .user import Cue

GIVEN, SHOWN, NAMED = "\ue000\ue001\ue002"
"""Marks: the answer that is meant, the right answer where another was given, and what else may be named."""

_TAG = re.compile(r"\btags?\b")
_LONG = f"Say it in at most {MAX_WORDS} words."
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": ", ", "−": "-", "…": "...", "\xa0": " "})
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_TIGHT = re.compile(
    r"(?<=\d),(?=\d{3}(?!\d))| *([=+*/<>]) *|(?:(?<=[\d)])|(?<=\b[a-z])) (-) (?=[\w(])|(?<=\() +| +(?=\))"
)
_REPEATED = re.compile(r"\b((?:[\w']+[ ,.!?]+){5}[\w']+)\b.*\b\1\b")
_BRACKETS = re.compile(r"[\[\]{}<>()|\\*#_`~^@]")
_FOREIGN = re.compile(rf"[^a-z0-9à-öø-ɏ .,;:!?'\"&{GIVEN}{SHOWN}{NAMED}%=+$€£/-]")
_SYMBOL = re.compile(r"[%=+$€£/&]")
_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(
    r"\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundreds?|thousands?|millions?|dozen"
    r"|half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)\b"
    r"|\b(?:is|it's|say|get|got|answer|be|maybe|perhaps|makes|equals|um|or|not)[,:]? one\b(?! of| more)"
)
_LABEL = re.compile(
    r"\b(?:tutor|teacher|student|coach|user|assistant|system|learner|human|speaker|narrator|answer sheet|exercise"
    r"|question|order|instruction|note|note to self|response|reply|output|card|persona|hint|explanation|example)s? ?:"
)
_META = re.compile(
    r"\bas an? (?:ai\b|artificial|(?:large )?language|assistant|llm|chat ?bot|virtual|simulated|text|student\b)"
    r"|language model|\b(?:ai|llm|chatgpt|openai|chat ?bot)\b"
    r"|\bi(?:'m| am) (?:only |just |merely )?"
    r"(?:an? )?(?:assistant|bot|program|computer|machine|simulat\w+|not (?:a )?(?:real|human))\b"
    r"|\b(?:system )?prompts?\b|role-? ?play|\bsimulat\w+|\bpersonas?\b|\b(?:can't|cannot) (?:assist|comply|fulfil)"
    r"|\bin character\b|\bmy (?:instructions|role|guidelines)\b|\bhidden state"
    r"|\bword for word\b|\btags?\b|\bthe (?:order|act|sentence) (?:is|says)\b"
)
_DRIFT = re.compile(
    r"\b(?:well done|(?:good|great|nice|excellent) (?:job|work|try|question,? student)|keep up|keep it up|proud of you"
    r"|your (?:answer|attempt|progress|score|task)s?"
    r"|let me (?:explain|teach|help|quiz|test you|show you|tell you|know if)"
    r"|i(?:'ll| will| can| could|'d like to| would like to| am here to|'m here to) "
    r"(?:explain|teach|help you|quiz you|assist|guide you|provide)"
    r"|how (?:can|may|could) i (?:help|assist)|feel free|do you want me|if you (?:have|need|want|would like)"
    r"|anything else|(?:ready|happy|glad|here) to (?:help|assist)"
    r"|(?:please|now|you should|you can|you could) try\b|you (?:should(?! ask)|need to|have to|must)\b|remember to\b"
    r"|make sure (?:to|that|you)\b|do(?:n't| not) forget to"
    r"|here(?:'s| is) (?:an?|the|another|your) (?:\w+ )?"
    r"(?:example|exercise|question|problem|hint|quiz|explanation|answer sheet|answer to)"
    r"|can you (?:solve|tell me what|answer)|(?:dear|hello|hi|hey),? student"
    r"|you(?:'re| are) (?:doing|correct|close|a (?:good|great) student|almost))"
)
_CLAIM = re.compile(
    # somebody grasps or does not grasp it
    r"\b(?:i|we|me|it all|everything)(?:'ve|'m| am| have| do| did| can| could| will|'ll|'d)? "
    r"(?:(?:now|really|finally|just|totally|fully|already|think i|still|can|almost|not|never|don't|do not|didn't"
    r"|did not|completely|perfectly|kind of|sort of) )*"
    r"(?:understand|understood|get (?:it|this|that|the (?:idea|hang|point|concept))\b|got (?:it|this|that|the hang)\b"
    r"|know (?:how|this|that(?! until| before| without)|it\b|the|why|now|more|a lot"
    r"|what (?:to|the|that|this|it|is|you)\b)"
    r"|see (?:how|why|now|it now|what you mean|the)|grasp|learn(?:ed|t)?\b(?! about)"
    r"|master|figured|follow(?:ed)? (?:it|that|this|you|everything)"
    r"|(?:can )?(?:now )?(?:do|solve|handle) (?:it|this|that|these|those|them|the|any)\b|able to"
    r"|(?:do|did)(?:n't| not) know (?:how|this|that|the|anything|what (?:to|the))|remember how|knew)"
    r"|\b(?:understand(?:ing|s)?|understood|comprehend)\b(?! (?:not|nothing))"
    r"|\bmakes? (?:\w+ ){0,2}sense|\bmade sense|\bgot it\b|\b(?:do not|don't) get\b"
    r"|\bnow i (?:see|know|get|can)|\baha\b|\beureka\b|\bfinally\b|\bof course\b|\bmastered\b"
    r"|\blearn(?:ed|t) (?:a lot|so much|something|how|that)|\bnew to me\b"
    # it is clear or hard
    r"|\bclear(?:er|ly)?\b|\bobvious|\bconfus\w+|\bstruggl\w+"
    r"|\b(?:easy|simple|hard|tough|tricky|difficult|challenging)\b(?! to (?:say|write|tell|find out))"
    # somebody is good at it, or needs something
    r"|\bi(?:'m| am) (?:\w+ ){0,4}"
    r"(?:lost|stuck|good at|bad at|weak|strong|confident|certain|positive|learning|getting)\b"
    r"|\bi(?:'m| am) (?:\w+ )?ready for (?:the|a|my|another)\b"
    r"|\b(?:i|i'll|i will|i have|i've) (?:need|want) (?:more|another|some|a bit|help|to (?:see|hear|go over))"
    r"|\bi (?:learn|prefer)\b"
)
_LOST = re.compile(
    r"\b(?:did|do|could|can)(?:n't| not|not) (?:quite |really )?(?:understand|get|follow|catch|hear|read|know)"
    r"(?: (?:that|you|it|this|the))?\b|\bunclear\b|\b(?:am|was) confused\b"
)
_SURE = re.compile(
    r"\b(?:not|n't|never) (?:\w+ )?(?:sure|certain)\b|\bno idea why\b"
    r"|\b(?:is|was|does|do|would|should|could|did)n't (?:it|that|you)\b|\b(?:do not|don't) (?:laugh|mind)\b"
)
_DENIED = re.compile(
    r"(?:\bnot\b|n't\b|\bnever\b|\bneither\b|\bnor\b|\brather than\b|\binstead of\b|\bexcept\b|\bbesides\b|\bunlike\b"
    r"|\bif\b|\bunless\b|\bwhether\b|\bno longer\b"
    r"|\b(?:less|more|greater|bigger|smaller|fewer|other|larger|higher|lower) than\b"
    rf"|\bat (?:least|most)\b|\bbetween\b|\bwithout\b)[^.:;!?,]*{GIVEN}"
    r"|\b(?:plus|minus|times|negative|twice|double|about|almost|nearly|around|roughly|over|under|and a|of|point"
    rf"|to the) {GIVEN}"
    rf"|{GIVEN}(?: (?:times|plus|minus|percent|and a|of|point|or|over|to the|too (?:many|much|few))\b"
    r"|[^.!?]*(?:\bnot\b|n't\b|\bnever\b|\bwrong\b))"
    rf"|{GIVEN}[.!?, ]*(?:no|nope|or|wait|actually|hm+,? no|i mean)\b"
)
GRADED = re.compile(
    r"(?<!all )\bright\b(?![?-])(?! (?:then|now|away|here|back|there|after|in front|next))"
    r"(?!, (?:so|then|now|let|okay|ok|i|what|step)\b)|\bwrong\b|\b(?:in)?correct(?:ly)?\b"
    r"|\bmark(?:ed|s (?:it|that|this|me|my))\b"
)
"""Words that mark an answer as right or wrong."""


class StudentGuide:
    """What the guides of the teaching families share: how a lost turn is answered, and the form of all words.

    A family says `scene`, `order`, `judge` and `shape`.
    """

    def line(self, cue: Cue, stream: Stream) -> Line:
        """What to say now: why the turn was lost, or else the `order`."""
        if cue.problem:
            return Line(
                f"Say politely that you could not follow, then say why, word for word: {cue.reason}", intent="lost"
            )
        return self.order(cue, stream)

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """What is wrong with `said`, or ``""``: with its form, or as `judge` finds."""
        words, fault = heard(cue, said)
        return self.judge(cue, line, words) if words and not fault else fault

    def grammar(self, cue: Cue, line: Line) -> str:
        """A grammar of what can pass: any words about a lost turn with its reason, or else the `shape`."""
        return reacting(cue.reason) if cue.problem else self.shape(cue, line)

    def order(self, cue: Cue, stream: Stream) -> Line:
        """What to say where no turn was lost."""
        raise NotImplementedError

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with words in the form that `heard` gives them, or ``""``."""
        raise NotImplementedError

    def shape(self, cue: Cue, line: Line) -> str:
        """A grammar of what can pass where no turn was lost."""
        raise NotImplementedError


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
    return tight(_TAG.sub("", words) if cue.problem else words), ""  # who lost a turn to a tag may be told of it


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
    if _LABEL.search(words):
        return "Say only the student's own words, without a label."
    if _BRACKETS.search(words) or _FOREIGN.search(words):
        return "Use plain words only, no brackets, symbols or foreign letters."
    if _META.search(words):
        return "Speak as the student and about nothing else."
    if _DRIFT.search(words):
        return "You are the student; do not speak like a tutor."
    spoken = re.findall(r"[^\W_]+", words)
    again = _REPEATED.search(words) or (len(spoken) > 4 and 2 * len(set(spoken)) < len(spoken))
    return "Say nothing twice." if again else ""


def numbered(words: str) -> str:
    """What is wrong with `words` if no number but those marked may be said."""
    if _DIGIT.search(words) or _SYMBOL.search(words):
        return "Say no number that you were not told to say."
    return "Say no other number, not even in letters." if _NUMBER.search(words) else ""


def claimed(cue: Cue, words: str) -> str:
    """What is wrong with `words` if nothing may be said about what the student understands, finds easy or needs.

    Who lost a turn may be told that it was not understood.
    """
    found = _CLAIM.search(_LOST.sub("", words) if cue.problem else words)
    return "Do not say whether you understand it, how hard it is or what you need." if found else ""


def denied(words: str) -> str:
    """What is wrong with `words` if the marked answer is to be given plainly."""
    return "Give the answer plainly; do not deny or change it." if _DENIED.search(_SURE.sub("", words)) else ""


def capital(text: str) -> str:
    """With a capital letter at the start."""
    return text[:1].upper() + text[1:]


WORDS = r"""
start ::= [A-Z] [a-z']{0,11} next{0,6}
next ::= ","? " " [a-z'] [a-z']{0,11}
more ::= " " start [.!]
"""
"""Rules of GBNF: the start of a sentence without a number, and a short sentence."""


def giving(answer: str, tail: str) -> str:
    """A grammar of short words that hold `answer` once: it opens the first sentence or ends it.

    What follows is `tail`.
    """
    return f"root ::= (start [,:]? {literal(' ' + answer)} | {literal(capital(answer))}) [.!?] {tail}{WORDS}"


def reacting(reason: str = "") -> str:
    """A grammar of one or two short sentences without a number; after the first stands the reason for a lost turn."""
    return f"root ::= start [.!?] {literal(' ' + reason) + ' ' if reason else ''}more?{WORDS}"


def _one_line(text: str) -> str:
    return " ".join(text.translate(_PLAIN).lower().split())
