"""Sharing in plain English: how a split is understood without tags, and how a person speaks."""

from __future__ import annotations

import re
from fractions import Fraction

from ...core.acts import Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Clause, Found, Mention, Patterns, clauses, mark_of, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Accept, Propose
from .pots import POTS

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of people; they mean nothing."""

KINDS = ("sum", "even", "pair")
PATTERNS = Patterns(content(__file__, "reading.toml"), KINDS)
"""What plain words bind to."""

_ORDER = WORDS["numbers"]
_ONES = {word: n for n, word in enumerate(_ORDER[:9], 1)}
_TEENS = {word: n for n, word in enumerate(_ORDER[9:19], 10)}
_TENS = {word: 10 * n for n, word in enumerate(_ORDER[19:], 2)}
_WORTH = {**_ONES, **_TEENS, **_TENS, "a": 1}
_ONE, _TEEN, _TEN = ("|".join(words) for words in (_ONES, _TEENS, _TENS))
_BELOW = rf"(?:{_TEN})(?:[ -](?:{_ONE}))?\b|(?:{_TEEN})\b"
_SPELLED = rf"(?:a|{_ONE}) (?:hundred|thousand)\b(?:(?: and)? (?:{_BELOW}))?|{_BELOW}"
_MONEY = r" ?(?:%|(?:percent|per cent|dollars?|bucks?|usd)\b|\$)"
_UNIT = r"(?! ?(?:days?|hours?|minutes?|seconds?|weeks?|years?|times?|offers?|rounds?|turns?|people|of us|am|pm)\b)"
_FOUND = re.compile(
    r"(?P<even>\b(?:50 ?[/-] ?50|50 to 50|fifty[ -](?:to[ -])?fifty|half[ -]and[ -]half|half[ -]half)\b)"
    r"|(?P<pair>(?<![\w.,/-])\$?(?P<left>\d{1,4}) ?(?:/|-|to) ?\$?(?P<right>\d{1,4})(?![\w/-]|[.,]\d))"
    rf"|(?P<sum>(?<![\w.,/-])\$ ?(?P<priced>\d{{1,3}}(?:,\d{{3}})+|\d{{1,9}})(?P<cents>[.]\d+)?(?![\w/])"
    rf"|(?<![\w.,/-])(?P<plain>\d{{1,3}}(?:,\d{{3}})+|\d{{1,9}})(?P<part>[.]\d+)?(?P<unit>{_MONEY})?(?![\w/]){_UNIT}"
    rf"|\b(?P<spelled>{_SPELLED})(?P<said>{_MONEY})?{_UNIT}"
    r"|\b(?P<share>(?:(?:a|the other|my|your) )?half(?! (?:a|an)\b)(?: (?:of )?(?:it|the (?:money|pot|total)))?"
    r"|(?:a|one) quarter(?: of (?:it|the (?:money|pot)))?|three quarters(?: of (?:it|the (?:money|pot)))?"
    r"|everything|(?:all|the whole) of (?:it|the money)|all the money|the (?:whole )?lot|nothing)\b)"
)
_UNCLEAR = ("bare", "pair")
_CLEAR = ("give", "keep", "give_keep", "keep_give", "even", "pair_mine", "pair_yours")
_SHARES = {"half": Fraction(1, 2), "one quarter": Fraction(1, 4), "a quarter": Fraction(1, 4)}
_SHARES |= {"three quarters": Fraction(3, 4), "nothing": Fraction(0)}


def sums(text: str, pot: int) -> list[int]:
    """The sums that a text names, in figures or in words, in whole dollars."""
    found = [mention.value for mention in _marked(text, pot)[1] if mention.kind == "sum"]
    return [value.numerator for value in found if value.denominator == 1]


def _marked(text: str, pot: int) -> tuple[str, list[Mention]]:
    """The text with a mark for each sum, equal parts and pair of sums, and what they stand for."""
    mentions: list[Mention] = []

    def mark(match: re.Match[str]) -> str:
        kind = next(kind for kind in KINDS if match[kind])
        value: object = None
        if kind == "pair":
            value = (int(match["left"]), int(match["right"]))
        elif kind == "sum":
            value = _value(match, pot)
        mentions.append(Mention(kind, value, match[0]))
        return f" {mark_of(KINDS.index(kind))} "

    return _FOUND.sub(mark, plain(text).lower()), mentions


def _value(match: re.Match[str], pot: int) -> Fraction:
    """The dollars of a sum; shares are of the pot."""
    if match["share"]:
        share = next((part for words, part in _SHARES.items() if words in match["share"]), Fraction(1))
        return share * pot
    figure = match["priced"] or match["plain"]
    amount = Fraction(figure.replace(",", "")) if figure else Fraction(_spelled(match["spelled"]))
    if part := match["cents"] or match["part"]:
        amount += Fraction(f"0{part[:9]}")
    unit = match["unit"] or match["said"] or ""
    return amount * pot / 100 if "%" in unit or "cent" in unit else amount


def _spelled(words: str) -> int:
    total = 0
    for word in words.replace("-", " ").split():
        if word in ("hundred", "thousand"):
            total *= 100 if word == "hundred" else 1000
        elif word != "and":
            total += _WORTH[word]
    return total


def understand(text: str, context: tuple[int, int | None]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: The dollars of the pot, and what the speaker would get if it accepted, or ``None``.
    """
    pot, standing = context
    said = clauses(*_marked(text, pot))
    found = PATTERNS.find(said)
    if any(one.act in _CLEAR for one in found):  # "40? No, I want 60."
        found = [one for one in found if one.act not in _UNCLEAR]
    splits: dict[Fraction, None] = {}
    reason = ""
    for act, clause, _ in found:
        given = _given(act, clause, pot)
        if isinstance(given, str):
            reason = reason or given
        elif given is not None:
            splits[given] = None
    if len(splits) > 1:
        reason = reason or "I heard two different splits; which one do you propose?"
    accepts = any(one.act == "accept" for one in found) if splits else _accepts(said, found, standing)
    if splits and not reason:
        give = next(iter(splits))
        if give.denominator != 1:
            reason = "Let us stay with whole dollars; how much is it?"
        elif standing is not None and pot - give == standing:
            return Heard(Accept())
        elif accepts:
            reason = "Do you accept my split, or do you propose another?"
        elif standing is not None and pot - give < standing:
            reason = f"You would get ${standing} already; do you really want ${pot - give}?"
        else:
            return Heard(Propose(int(give)))
    if reason:
        return Heard(Say(), "ambiguous", reason)
    return Heard(Accept()) if accepts else TALK


def _accepts(said: list[Clause], found: list[Found], standing: int | None) -> bool:
    """Whether what stands is accepted, or approved of, and nothing is denied or supposed beside it."""
    agreeing = [one for one in found if one.act == "accept" or (one.act in ("approve", "yes") and standing is not None)]
    heard = {id(one.clause) for one in agreeing}
    return bool(agreeing) and not any(clause.negated or clause.supposed for clause in said if id(clause) not in heard)


def _given(act: str, clause: Clause, pot: int) -> Fraction | str | None:
    """What a clause gives the other side; a question if that is not clear, ``None`` if the clause is no split."""
    named = [mention.value for mention in clause.mentions if mention.kind == "sum"]
    if act == "even":
        return Fraction(pot, 2)
    if act in ("give", "keep"):
        return "Which sum do you mean?" if len(named) != 1 else named[0] if act == "give" else pot - named[0]
    if act in ("keep_give", "give_keep") and len(named) == 2:
        keep, give = named if act == "keep_give" else reversed(named)
        if keep + give != pot:
            return f"That does not add up to ${pot}; how much is for whom?"
        return give
    if act in ("pair_mine", "pair_yours"):
        left, right = clause.values("pair")[0]
        if left + right not in (100, pot):
            return f"That does not add up to ${pot}; how much is for whom?"
        mine = Fraction(max(left, right) if act == "pair_mine" else min(left, right)) * pot / (left + right)
        return pot - mine
    return "Is that for you or for me?" if act in _UNCLEAR else None


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the learner has only talked."""
    act, public, standing = cue.act, cue.public, cue.before.standing
    pot = public.dollars
    mine = yours = 0
    if isinstance(act, Propose):
        mine, yours = pot - act.give, act.give
        slot = "first" if cue.opening else "all" if not yours else "half" if mine == yours else "counter"
    elif isinstance(act, Accept):
        mine, yours, slot = standing, pot - standing, "accept"
    else:
        slot = "opening" if cue.opening else "over" if standing is None else "reject"
    values = (mine, yours, pot, POTS[public.pot].about, public.name)
    return slot, values, "chat" if standing is None and slot != "over" else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
