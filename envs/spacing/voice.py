"""Flashcards in plain English: how a coach is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from unicodedata import normalize

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Found, Patterns, Vocabulary, bind, read
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice, drawn, spread
from ...simulated_users.user import Cue
from ..content import content
from .decks import DECKS, Card
from .game import ACTS, Answer, Rest, Review, fold

WORDS = content(__file__, "phrases.toml")
SLIPS = 3  # how many mistakes of each card are made
PHRASES = spread(WORDS["bank"], SLIPS, "slip", "Slip")
FIELDS = (
    "name", "answer", "Answer", *(f"{word}{number}" for number in range(1, SLIPS + 1) for word in ("slip", "Slip"))
)  # fmt: skip

PATTERNS = Patterns(content(__file__, "reading.toml"), ("card",))
_WORD = re.compile(r"\w+")
_QUOTES = re.compile(r"[\"“”«»*_`]|(?<!\w)['‘’]|['’](?!\w)")


@cache
def _vocabulary(names: tuple[str, ...]) -> Vocabulary:
    """The cards by their names, with or without accents and the end of a possessive ("Turkey's").

    Names of one or two letters (``As``, ``I``) are words, too: they count only as they are written on the card.
    """
    called = {
        name: "".join(f"[{letter}{fold(letter)}]" if letter != fold(letter) else letter for letter in name.lower())
        if len(name) > 2
        else name
        for name in names
    }
    cards = {name: f"{written}(?:'s)?" for name, written in called.items()}
    return Vocabulary({"card": cards}, cased=[name for name in names if len(name) < 3])


def _readings(text: str, names: tuple[str, ...]) -> Iterator[Found]:
    """What is stated, where a name that may be a mere word ("I want to hear A") is taken for a card and for a word.

    It is read once with all names, and once with each short name that occurs as the only one of the short.
    """
    long = tuple(name for name in names if len(name) > 2)
    short = tuple(dict.fromkeys(word for word in _WORD.findall(text) if len(word) < 3 and word in names))
    for some in dict.fromkeys([(*long, *short), *((*long, name) for name in short)]):
        yield from read(text, PATTERNS, _vocabulary(some))


def understand(text: str, context: tuple[str, ...]) -> Heard:
    """Read an utterance without a tag, by the patterns in ``reading.toml``.

    Args:
        text: Any string.
        context: The names of the cards.
    """
    acts: dict[Act, str] = {}
    for found in _readings(_QUOTES.sub(" ", normalize("NFC", text)), context):
        if found.act == "rest":
            acts[Rest()] = "rest"
        elif found.act == "review":
            acts |= {Review(name): f"review {name}" for name in found.clause.values("card")}
    return bind(acts)


@cache
def card_of(deck: str, name: str) -> Card:
    """The card of that name."""
    return next(card for card in DECKS[deck].cards if card.name == name)


def mistake(cue: Cue, stream: Stream) -> str:
    """The answer of a student who is wrong about a card: what the phrase bank says with the same random numbers."""
    card = card_of(cue.public.deck, cue.public.cards[cue.before.asked])
    return card.mistakes[drawn(PHRASES, cue.persona, "wrong", SLIPS, stream)]


@cache
def _values(deck: str, name: str) -> tuple[str, ...]:
    """The values of `FIELDS` for a card."""
    card = card_of(deck, name)
    answers = (card.answer, *card.mistakes[:SLIPS])
    return (name, *(form for answer in answers for form in (answer, answer[0].upper() + answer[1:])))


_NOTHING = ("",) * len(FIELDS)


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """The slot is the result; there is none where no card was asked."""
    act, public = cue.act, cue.public
    if type(act) is not Answer:
        return "talk", _NOTHING, ""
    return act.result, _values(public.deck, public.cards[cue.before.asked]), ""


class StudentVoice(PhraseVoice):
    """A student's words; at the end of a session with a word of goodbye, for one random number more."""

    def _utter(self, cue: Cue, stream: Stream) -> str:
        words = super()._utter(cue, stream)
        if not cue.before.closes:
            return words
        choices = self.choices(cue.persona, cue.before.closes, cue.seat)
        return f"{words} {choices[int(stream.random() * len(choices))](*_NOTHING)}"


GRAMMAR = Grammar(ACTS, understand)
VOICE = StudentVoice(PHRASES, FIELDS, _describe, WORDS["topics"])
