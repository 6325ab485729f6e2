"""A language model as the student with flashcards: what it is told, and what its words must hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from ...core.stream import Stream
from ...simulated_users import student
from ...simulated_users.guide import Line
from ...simulated_users.speech import Wording
from ...simulated_users.user import Cue
from .decks import DECKS, Card
from .game import Answer, fold
from .voice import SLIPS, VOICE, card_of, mistake

_SAID = Wording(__file__, **student.MARKS)
_COMMON, _FUNCTION = frozenset(_SAID.text["common"]), frozenset(_SAID.text["function"])
_SIGNS = {"right": student.GIVEN, "blank": student.SHOWN}


class SpacingGuide(student.StudentGuide):
    """A student who is asked flashcards and shown their answers.

    What it remembers shows in its answers alone, so it says neither how hard a card is nor whether it will know it next
    time.
    """

    def known(self, public: Any) -> dict[str, Any]:
        """What the deck is about."""
        return {"title": DECKS[public.deck].title}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """The card and its question, too."""
        slot, facts = super().facts(cue)
        return slot, facts | {"question": DECKS[cue.public.deck].question.format(name=facts["name"])}

    def line(self, cue: Cue, stream: Stream) -> Line:
        """What to say, and how the turn ends."""
        line, closes = super().line(cue, stream), cue.before.closes
        if not closes:
            return line
        return Line(f"{line.order} {_SAID.text['orders'][closes]}", intent=f"{line.intent}, {closes}")

    def mistakes(self, cue: Cue, line: Line) -> tuple[str, Mapping[str, str]]:
        """The mistakes about the card; who is wrong about it again makes the same."""
        if cue.act != Answer("wrong"):
            return "", {}
        card = _card(cue)
        return f"card {card.name}", dict.fromkeys(card.mistakes[:SLIPS], "")

    def drawn(self, cue: Cue, stream: Stream) -> str:
        """A mistake."""
        return mistake(cue, stream) if cue.act == Answer("wrong") else ""

    def given(self, cue: Cue, line: Line) -> str:
        """A mistake, or what stands on the card."""
        if not isinstance(cue.act, Answer):
            return ""
        card = _card(cue)
        if cue.act.result != "wrong":
            return card.answer
        return next(text for text in card.mistakes if f'Answer "{text}"' in line.order)

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with `words`, or ``""``."""
        closes, result = cue.before.closes, cue.act.result if isinstance(cue.act, Answer) else ""
        words = _coded(fold(words))
        if result:
            card, given = _card(cue), self.given(cue, line)
            wrong = ((given, student.GIVEN), (card.answer, student.SHOWN))
            for text, sign in wrong if result == "wrong" else ((given, _SIGNS[result]),):
                words = _put(words, text, sign)
                if sign not in words:
                    return f'Say "{text}", written like that.'
            if len(card.name) > 2 and card.name not in card.mistakes:
                words = student.mark(words, [fold(card.name)], student.NAMED)
        if fault := student.adrift(words) or _SAID.fault(words, "figures"):
            return fault
        if _terms().search(words):
            return "Name no card and no answer but those that you were told to name."
        if result and (fault := _marked(words, result)):
            return fault
        told = ("claim",) if result else ("judged", "claim", "boast")
        if fault := _SAID.fault(words, *told, *(() if closes else ("end",))):
            return fault
        if closes == "lesson":
            return "Not only the session is over, but the lesson." if _SAID.found(words, "session") else ""
        return _SAID.fault(words, "test")

    def shape(self, cue: Cue, line: Line) -> str:
        """What says the act, and the end of the session or the lesson."""
        closes = cue.before.closes if isinstance(cue.act, Answer) else ""
        return f"{super().shape(cue, line)} {_SAID.text['shapes'][closes] if closes else ''}"


def _card(cue: Cue) -> Card:
    """The card that was asked."""
    return card_of(cue.public.deck, cue.public.cards[cue.before.asked])


def _coded(words: str) -> str:
    """Each letter in Morse code as one word, so that none is found within a longer one."""
    return _SAID["code"].sub(lambda match: "_".join(re.findall("dot|dash", match[0])), words)


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
        if not _SAID.found(lead, "blank") or _SAID.found(after, "yes"):
            return "Say that you do not know it, then read the answer from the card."
        return student.denied(lead.rsplit(".")[-1] + student.GIVEN)
    if student.denied(lead + student.GIVEN):
        return "Give the answer plainly; do not deny it."
    if result == "right":
        denied = _SAID.found(words, "failed") or _SAID.found(_SAID["tag"].sub("", after), "no")
        plain = _SAID.found(after, "yes") and not denied
        return "" if plain else "Say after the answer that it is right, and nothing against it."
    if student.SHOWN in lead or _SAID.found(after, "graded") or not _SAID.found(after, "corrected"):
        return "Say your own answer, then that it is wrong, then what the card says."
    return student.denied(after.partition(student.SHOWN)[0].rpartition(".")[2] + student.GIVEN)


GUIDE = SpacingGuide(VOICE, _SAID)
