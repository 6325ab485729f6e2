"""A language model as the student with flashcards: what it is told, and what its words must hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from ...core.stream import Stream
from ...simulated_users import student
from ...simulated_users.guide import Line
from ...simulated_users.speech import literal, manner
from ...simulated_users.user import Cue
from .decks import DECKS, Card
from .game import Answer, fold
from .voice import card_of, mistake

_CODE = re.compile(r"\b(?:dot|dash)(?:(?: |-|, ?)(?:dot|dash))*\b")  # a letter in Morse code, as far as it goes
# Words on cards that a student may use without meaning the card: they count where they stand as an answer.
_COMMON = frozenset((
    "active", "actual", "but", "cat", "cup", "current", "cut", "door", "ear", "empty", "example", "exit", "fox", "gold",
    "head", "iron", "key", "lead", "left", "light", "lost", "man", "rain", "silent", "success", "tin", "wind", "window",
))  # fmt: skip
_FUNCTION = frozenset(("but", "left"))
_YES = re.compile(
    r"\b(?:right(?!-)|correct|yes|yep|yeah|yay|indeed|agrees|exactly|got it|true|hooray|hurray)\b"
    r"|\bthat(?:'s| is) it\b(?! for)|\bit (?:is|could)(?=[.,!]|\Z)|\bis it(?=!)"
)
_NO = re.compile(r"\b(?:wrong|incorrect|not|nope|sorry|mistake|false|silly|pity)\b|n't\b|\bno\b(?! more)|\boh dear\b")
_TAG = re.compile(r"\bisn't it\b|\bisn't that\b|\bdo not tell\b")
_GRADED = re.compile(r"(?<!not )(?<!not quite )(?<!n't )\b(?:right(?!-)|correct|yes|yep|yeah|yay|exactly)\b|\bgot it\b")
_BLANK = re.compile(
    r"\b(?:no (?:idea|clue|answer)|nothing|gone|blank|pass|escapes?|escaped|forg[eo]t\w*|empty|slipped|not guess)\b"
    r"|(?:\bnot|n't|\bcannot|\bnever|\bunable to) (?:\w+ )?(?:know|recall|remember|find|think of|say|come|tell me)\b"
)
_FAILED = re.compile(
    r"\b(?:no (?:idea|clue)(?! how)|forgot\w*|nothing comes"
    r"|i (?:don't|do not) (?:know|remember|recall)(?! before| without| until)"
    r"|(?:can't|cannot) (?:remember|recall)|drawing a blank)\b"
)
_CORRECTED = re.compile(
    r"\b(?:no|not|nope|wrong|incorrect|sorry|corrected|mistake|says|see|oh|actually|lost|lied|instead|should)\b|n't\b"
)
_CLAIM = re.compile(
    r"\bi(?:'ll| will| shall| won't| would| will not) (?:\w+ )?(?:remember|forget|know)\b"
    r"|\bi (?:never|always|often|keep) (?:remember|forget|forgetting|know|mix|mixing)"
    r"|\bi knew\b|\bby heart\b|\bmemori[sz]ed?\b"
    r"|\bi(?:'m| am| was) (?:\w+ )?(?:sure|certain|positive|confident)\b(?<!not sure)"
    r"|\bof course\b|\bobvious\w*|\blucky\b"
    r"|\b\w+ (?:easy|hard|tough|tricky|difficult|simple|challenging)\b(?! to (?:say|tell))"
    r"|\b(?:easy|hard|tough|tricky|difficult) (?:one|card|word)|\bmakes? sense\b"
    r"|\bguess(?:ed|ing)?\b(?<!rather not guess)|\bi (?:understand|learn|studied|practi[sc]ed|reviewed|need)\b"
)
_BOAST = re.compile(
    r"\bi(?:'ve)? (?:(?:still|already|now|all|can|can't|don't|do not|did|didn't) )*"
    r"(?:remember|recall|know|forget|forgot|forgotten|learned|learnt)"
    r" (?:it|this|that|these|those|them|all|most|every\w*|some|many|the|my|you|how)\b(?! before)"
)
_END = re.compile(
    r"\b(?:session|lesson)(?: is| was|'s)? (?:\w+ )?(?:over|ends?|finished|done|already)\b"
    r"|\b(?:good ?bye|bye)\b|(?<!to )\bsee you\b|\buntil (?:the )?next\b|\btill next\b"
)
_JUDGED = re.compile(
    r"\b(?:that|it|which|this)(?:'s| is| was) (?:\w+ )?(?:right|correct|wrong)\b"
    r"|\b(?:in)?correct\b|\bthe card says\b|\bmarked\b"
)
_SIGNS = {"right": student.GIVEN, "blank": student.SHOWN}
_TEST = re.compile(r"\b(?:the|my|a) (?:final )?(?:test|exam)\b")
_END_ORDERS = {
    "": "",
    "session": " Then say goodbye until the next session.",
    "lesson": " Then say that the test comes now.",
}
_END_SHAPES = {
    "": "",
    "session": ' (" See you next time." | " Bye for now." | " That is it for this session.")',
    "lesson": ' (" Now the test." | " And now comes the test.")',
}


class SpacingGuide(student.StudentGuide):
    """A student who is asked flashcards and shown their answers.

    What it remembers shows in its answers alone, so it says neither how hard a card is nor whether it will know it next
    time.
    """

    def scene(self, cue: Cue) -> str:
        """What the deck is about, and the student's manner."""
        return (
            f"You are a student who learns {DECKS[cue.public.deck].title} with flashcards. A coach asks you one card "
            "at a time, you answer, and then you see the answer on the card. "
            f"You never say how hard a card is or whether you will remember it. {manner(cue.persona)}"
        )

    def line(self, cue: Cue, stream: Stream) -> Line:
        """What to say, and how the turn ends."""
        closes, line = cue.before.closes, super().line(cue, stream)
        intent = f"{line.intent}, {closes}" if closes else line.intent
        return Line(line.order + _END_ORDERS[closes], intent=intent)

    def order(self, cue: Cue, stream: Stream) -> Line:
        """What to say of the card; the words come without a frame."""
        if not isinstance(cue.act, Answer):
            return Line("No card was asked. React to the coach in a few words, and answer no card.", intent="talk")
        result, card = cue.act.result, _card(cue)
        if result == "right":
            said = f'You recall it. Answer "{card.answer}", then say that this is right.'
        elif result == "wrong":
            said = (
                f'Answer "{mistake(cue, stream)}". Then say that this is wrong and that the card says "{card.answer}".'
            )
        else:
            said = f'Say that you do not know. Then read the answer from the card: "{card.answer}".'
        return Line(f"The card asks: {DECKS[cue.public.deck].question.format(name=card.name)} {said}", intent=result)

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with `words`, or ``""``."""
        closes, result = cue.before.closes, cue.act.result if isinstance(cue.act, Answer) else ""
        words = _coded(fold(words))
        if result:
            card, given = _card(cue), _given(cue, line)
            wrong = ((given, student.GIVEN), (card.answer, student.SHOWN))
            for text, sign in wrong if result == "wrong" else ((given, _SIGNS[result]),):
                words = _put(words, text, sign)
                if sign not in words:
                    return f'Say "{text}", written like that.'
            if len(card.name) > 2 and card.name not in card.mistakes:
                words = student.mark(words, [fold(card.name)], student.NAMED)
        if fault := student.adrift(words) or ("Say no number." if re.search(r"[0-9%=+$€£/]", words) else ""):
            return fault
        if _terms().search(words):
            return "Name no card and no answer but those that you were told to name."
        if result and (fault := _marked(words, result)):
            return fault
        if not result and _JUDGED.search(words):
            return "No card was asked, so nothing is right or wrong."
        if _CLAIM.search(words) or (not result and _BOAST.search(words)):
            return "Do not say how hard a card is, how sure you are or what you will remember."
        if not closes and _END.search(words):
            return "The session is not over."
        if closes == "lesson" and re.search(r"\bsession\b", words):
            return "Not only the session is over, but the lesson."
        return "The test does not come yet." if closes != "lesson" and _TEST.search(words) else ""

    def shape(self, cue: Cue, line: Line) -> str:
        """An answer and its mark, in short sentences; `start` is any words in letters."""
        if not isinstance(cue.act, Answer):
            return student.reacting()
        given, end, shown = _given(cue, line), _END_SHAPES[cue.before.closes], literal(f" {_card(cue).answer}")
        if cue.act.result == "right":
            mark = '(" That is right" | " Right" | " Correct" | " Yes, it is" | " Yes, that is right") [.!]'
            return student.giving(given, mark + end)
        if cue.act.result == "wrong":
            mark = '(" No, it is" | " Wrong, it is" | " Oh, that is wrong, it is" | " The card says")'
            return student.giving(given, f"{mark}{shown} [.!]{end}")
        gone = '("I do not know" | "No idea" | "Nothing comes to mind" | "I cannot recall it" | "Sorry, it is gone")'
        return (
            f'root ::= {gone} next{{0,4}} [.!] (" It is" | " So it is" | " The card says" | " Ah, it is"){shown} '
            f"[.!]{end}{student.WORDS}"
        )


def _card(cue: Cue) -> Card:
    """The card that was asked."""
    return card_of(cue.public.deck, cue.public.cards[cue.before.asked])


def _given(cue: Cue, line: Line) -> str:
    """The answer that a line orders: a mistake, or what stands on the card."""
    card, act = _card(cue), cue.act
    if isinstance(act, Answer) and act.result != "wrong":
        return card.answer
    return next(text for text in card.mistakes if f'Answer "{text}"' in line.order)


def _coded(words: str) -> str:
    """Each letter in Morse code as one word, so that none is found within a longer one."""
    return _CODE.sub(lambda match: "_".join(re.findall("dot|dash", match[0])), words)


def _put(words: str, text: str, sign: str) -> str:
    """Marks an answer. One that is a function word counts where it stands as an answer."""
    term = _coded(fold(text))
    if term in _FUNCTION:
        return re.sub(_standing([term]), sign, words)
    return student.mark(words, [term], sign)


def _standing(terms: Iterable[str]) -> str:
    """Words where they stand as an answer: at the end of a part of a sentence, and without an article."""
    before = r"(?<![\w-])(?<!\bthe )(?<!\ba )(?<!\ban )(?<!\bmy )(?<!\bof )"
    return rf"{before}(?:{'|'.join(map(re.escape, terms))})(?=\Z|[.,:;!?\"'](?!\w))"


@cache
def _terms() -> re.Pattern[str]:
    """Every answer, mistake and card."""
    cards = [card for deck in DECKS.values() for card in deck.cards]
    texts = {text for card in cards for text in (card.answer, *card.mistakes)} | {
        card.name for card in cards if len(card.name) > 2
    }
    terms = {_coded(fold(text)) for text in texts}
    plain = "|".join(re.escape(term) for term in sorted(terms - _COMMON, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{plain})(?![\w-])|{_standing(sorted(terms & _COMMON))}|\b(?:dot|dash)(?:_|\b)")


def _marked(words: str, result: str) -> str:
    """What is wrong with what is said about the answer: before it if it is blank, after it if it is right or wrong."""
    lead, _, after = words.partition(_SIGNS.get(result, student.GIVEN))
    after = after.removeprefix(" it is")  # "so dog it is"
    if result == "blank":
        if not _BLANK.search(lead) or _YES.search(after):
            return "Say that you do not know it, then read the answer from the card."
        return student.denied(lead.rsplit(".")[-1] + student.GIVEN)
    if student.denied(lead + student.GIVEN):
        return "Give the answer plainly; do not deny it."
    if result == "right":
        if _FAILED.search(words) or _NO.search(_TAG.sub("", after)) or not _YES.search(after):
            return "Say after the answer that it is right, and nothing against it."
        return ""
    if student.SHOWN in lead or _GRADED.search(after) or not _CORRECTED.search(after):
        return "Say your own answer, then that it is wrong, then what the card says."
    return student.denied(after.partition(student.SHOWN)[0].rpartition(".")[2] + student.GIVEN)


GUIDE = SpacingGuide()
