"""Flashcards in plain English: how a coach is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Say
from ...core.grammar import TALK, Grammar, Heard
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

_NOISE = re.compile(r"[^\w\s.,:;!?'-]+")
_SENTENCE = re.compile(r"[^.!?;]+[.!?;]*")
_NEGATION = re.compile(
    r"\b(?:not|no|don't|won't|never|without|stop|enough|skip|instead|isn't|can't|shouldn't|if|unless|later|tomorrow"
    r"|yesterday|already)\b",
    re.I,
)
_QUESTION = re.compile(r"\A(?:\w+,? ){0,3}(?:what|what's|which|how|do you|can you|could you|tell me)\b", re.I)
_REST = re.compile(
    r"(?:(?:ok|okay|well|good|right|so|now|then|please|hm+|thanks|fine),? ?)*(?:"
    r"(?:let's|let us|let me|we|i|you|i'll|we'll|i will|we will|you can|we can|i would like to|i'd like to|time to)?"
    r"(?: just| now| should| could| can)? ?"
    r"(?:rest|wait|pause|pass|take (?:a|one|another) (?:short |little |quick )?(?:break|rest|pause)"
    r"|have a (?:short |little |quick )?(?:break|rest|pause)"
    r"|skip (?:this|a|one|the) turn|do nothing|leave it for now)"
    r"|(?:a |short |little |quick )*(?:break|pause)|no (?:card|review) (?:now|this time|this turn|for now|yet)"
    r"|nothing (?:now|this turn|this time|for now)"
    r")(?: (?:a (?:bit|little|while|moment)|for (?:a (?:bit|while|moment|turn)|now|one turn|this turn)|one turn"
    r"|this turn|now|here|please|then|first|again))*\Z",
    re.I,
)
_LEAD = (
    r"(?:review|ask(?: you| me)?(?: about| for)?|quiz(?: you| me)?(?: on| about)?|test(?: you| me)?(?: on)?|repeat"
    r"|revise|practi[sc]e|drill|try|recall|study|take|go over|(?:go |come )?back to|(?:how|what) about|on to"
    r"|next(?: card| one| up)?(?: is|:|,)?|now|card:?|again:?|capital of|symbols? (?:for|of|is)|symbol"
    r"|letter|what(?:'s| is| does| do)|what was|translate|meaning of|means?|code (?:for|of|is)"
    r"|do you (?:know|remember))"
)
_FILLER = (
    r"(?: (?:again|once more|now|please|the|card|word|spanish|country|symbol|letter|element|element with the symbol"
    r"|meaning of|capital of|morse code (?:for|of)|on|with)){0,12}"
)  # without an end, a text of nothing else would take time by the square of its length


@cache
def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A card where it is asked for; one that is named beside another; an utterance that is nothing but one.

    Names of one or two letters (``As``, ``I``) are words, too: they count only as they are written on the card.
    """
    words = sorted(names, key=len, reverse=True)
    some = "|".join(re.escape(word) if len(word) < 3 else f"(?i:{re.escape(word)})" for word in words)
    card = rf"'?({some})(?![\w-])(?!'\w)"
    asked = re.compile(rf"(?<![\w-])(?i:{_LEAD}{_FILLER}):? {card}'?")
    beside = re.compile(rf"'?(?:,| and| or| then|, and| and then| & ) ?(?:(?:the|then) )?{card}")
    before = r"(?i:(?:ok|okay|and|now|next|then|so|right|good|great|well done|please|again),? )*"
    alone = re.compile(rf"{before}{card}'?(?i:,? (?:again|please|now|next|then))*")
    return asked, beside, alone


def understand(text: str, context: tuple[str, ...]) -> Heard:
    """Read an utterance without a tag. Deterministic, linear in the text, and never raises.

    1. A card is reviewed if it is asked for (`review perro`, `let's try Kenya again`, `what about Fe?`), by its
       question (`What is the capital of Kenya?`), or by an utterance that is nothing but its name. A sentence with a
       negation, a condition or another time asks for none; nor does a statement (`The capital of Kenya is Nairobi.`).
    2. Two different cards are ambiguous. So are a card and a rest.
    3. A sentence that says nothing but that there shall be a break (`let's wait`, `take a short break`, `no card now`)
       is a rest. Everything else is talk, and lets the turn pass as well.

    Args:
        text: Any string.
        context: The names of the cards.
    """
    plain = " ".join(_NOISE.sub(" ", text.replace("’", "'").replace('"', "'")).split())
    asked, beside, alone = _patterns(context)
    found: dict[str, None] = {}
    rests = False
    for sentence in _SENTENCE.findall(plain):
        body = sentence.strip(" .!?;,:")
        if only := alone.fullmatch(body):
            found[fold(only[1])] = None
            continue
        if _REST.fullmatch(body):
            rests = True
            continue
        if _NEGATION.search(body):
            continue
        states = "?" not in sentence and not _QUESTION.match(body)
        for match in asked.finditer(body):
            rest = body[match.end() :]
            if states and re.match(r"\W*(?:is|means|are|was|has|stands|:)\b", rest):
                continue  # tells the answer
            found[fold(match[1])] = None
            while more := beside.match(rest):
                found[fold(more[1])] = None
                rest = rest[more.end() :]
    names = [name for name in context if fold(name) in found]
    if len(names) > 1:
        both = f"{', '.join(names[:-1])} and {names[-1]}"
        return Heard(Say(), "ambiguous", f"You mentioned {both}; which one do you want to review?")
    if names and rests:
        return Heard(Say(), "ambiguous", f"Shall we review {names[0]}, or rest?")
    if names:
        return Heard(Review(names[0]))
    return Heard(Rest()) if rests else TALK


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
