"""Selling a car in plain English: how a dealer is understood without tags, and how a buyer speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Mention, Patterns, bind, clauses, mark_of, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, CARS, KINDS, Ask, Buy, Leave, Offer, Refuse, Tell
from .lots import HOUSES

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of buyers; they mean nothing."""
CALLED: dict[str, str] = WORDS["kinds"]
"""Kind -> how one car of it is called."""

MARKS = ("car", "price", "kind")
PATTERNS = Patterns(content(__file__, "reading.toml"), MARKS)
"""What plain words bind to."""

_DOES = {"budget": "ask for my budget", "kind": "ask which kind I want"}
_NUMBERS = ("one", "two", "three", "four", "five")
_KINDS = {"sedan": r"sedans?|saloons?", "suv": r"suvs?|off-?roaders?|four-by-four", "luxury": r"luxury(?: cars?)?"}
_UNIT = r"(?! ?(?:doors?|seats?|miles?|years?|kilomet\w+|km|mph|percent|%|horsepower|hp|days?|months?|minutes?|of)\b)"
_PRICE = (
    r"(?P<price>(?<![\w.,/-])\$ ?(?P<big>\d{1,3},\d{3}|\d{4,6})(?![\d,.]\d)"
    r"|(?<![\w.,/-])\$ ?(?P<short>\d{1,3})(?: ?(?:k|thousand|grand))?(?![\w,.]\d)\b"
    r"|(?<![\w.,/-])(?P<thousands>\d{1,3}) ?(?:k|thousand|grand)\b(?: dollars)?"
    r"|(?<![\w.,/-])(?P<plain>\d{1,3},\d{3}|\d{4,6})(?: ?(?:dollars|\$|bucks))?(?![\w,.]\d)\b"
    rf"|(?<![\w.,/-])(?P<bare>\d{{1,3}})(?![\w,.]\d)\b{_UNIT})"
)


_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPELT = re.compile(
    rf"\b({'|'.join(_TENS[2:])})(?:[ -]({'|'.join(_ONES[1:])}))?(?= (?:thousand|grand)\b)", re.IGNORECASE
)


def understand(text: str, context: tuple[str, int]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: The house, and the number of the car that was offered last, or 0.
    """
    house, last = context
    said = clauses(*_marked(text, house))
    found = PATTERNS.find(said)
    acts: dict[Act, str] = {}
    cars: dict[int, None] = {}
    prices: dict[int | None, None] = {}
    for act, clause, _ in found:
        if act == "kinds" and clause.asked and not prices:
            acts[Ask("kind")] = _DOES["kind"]
        elif act in _DOES:
            acts[Ask(act)] = _DOES[act]  # type: ignore[arg-type]
        elif act in ("offer", "show", "lower"):
            cars |= dict.fromkeys(clause.values("car"))
            prices |= dict.fromkeys(clause.values("price"))
    if prices:
        if acts:
            return bind({**acts, Offer(0, 0): "offer me a car"})
        named = cars or {car: None for clause in said for car in clause.values("car")}
        return _offered(list(named), list(prices), last)
    if acts:
        return bind(acts)
    if cars:
        return Heard(Say(), "ambiguous", "And what is the price?")
    return TALK


def _offered(cars: list[int], prices: list[int | None], last: int) -> Heard:
    if len(cars) > 1 or len(prices) > 1:
        return Heard(Say(), "ambiguous", "One car at one price, please; which one do you mean?")
    price, car = prices[0], cars[0] if cars else last
    if price is None:
        return Heard(Say(), "ambiguous", "Let us stay with whole thousands; what is the price?")
    return Heard(Offer(car, price)) if car else Heard(Say(), "ambiguous", "Which car do you mean?")


def _marked(text: str, house: str) -> tuple[str, list[Mention]]:
    """The text with a mark for each car, price and kind, and what they stand for."""
    mentions: list[Mention] = []
    text = _SPELT.sub(
        lambda match: str(10 * _TENS.index(match[1].lower()) + _ONES.index((match[2] or "").lower())), text
    )

    def mark(match: re.Match[str]) -> str:
        kind = "price" if match["price"] else "car" if match["car"] else "kind"
        value = _price(match) if kind == "price" else _car(match["car"], house) if kind == "car" else match["kind"]
        mentions.append(Mention(kind, value, match[0]))
        return f" {mark_of(MARKS.index(kind))} "

    return _pattern(house).sub(mark, plain(text).lower()), mentions


@cache
def _pattern(house: str) -> re.Pattern[str]:
    names = "|".join(name.lower() for name in HOUSES[house].cars)
    numbers = f"(?:[1-{len(CARS)}]|{'|'.join(_NUMBERS)})"
    kinds = "|".join(_KINDS.values())
    car = rf"(?P<car>\b(?:the |our |this |that )?(?:(?:{kinds}) )?(?:car |number |no\. ?|car number ){numbers}\b"
    return re.compile(
        rf"{car}|\b(?:the |our |this |that )?(?:(?:{kinds}) )?(?:{names})\b"
        rf"|\b(?:the|our|this|that) luxury (?:car|one)\b)|{_PRICE}|\b(?P<kind>{kinds})\b"
    )


def _car(words: str, house: str) -> int:
    for number, name in enumerate(HOUSES[house].cars, 1):
        if words.split()[-1] == name.lower():
            return number
    if words.endswith(("luxury car", "luxury one")):
        return len(CARS)
    said = words.split()[-1].removeprefix("no.")
    return _NUMBERS.index(said) + 1 if said in _NUMBERS else int(said)


def _price(match: re.Match[str]) -> int | None:
    """The price in thousands; ``None`` if it is not whole."""
    if figure := match["big"] or match["plain"]:
        dollars = int(figure.replace(",", ""))
        return None if dollars % 1000 else dollars // 1000
    return int(match["short"] or match["thousands"] or match["bare"])


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the dealer has only talked."""
    act, state, public = cue.act, cue.before, cue.public
    topic = state.topic
    match act:
        case Tell(answer):
            asked = "budget" if isinstance(topic, Ask) and topic.about == "budget" else "kind"
            slot = f"no {asked}" if answer == "nothing" else "tells" if answer in KINDS else answer
        case Refuse(why):
            slot = why
        case Buy():
            slot = "buy"
        case Leave():
            slot = "leave"
        case _:
            slot = "opening" if cue.opening else "talk"
    house = HOUSES[public.house]
    car, price = (house.cars[topic.car - 1], f"${topic.price},000") if isinstance(topic, Offer) else ("", "")
    kind = CALLED[CARS[topic.car - 1][0]] if isinstance(topic, Offer) else ""
    if isinstance(act, Tell) and act.answer in CALLED:
        kind = CALLED[act.answer]
    return slot, (public.name, house.called, car, price, kind), "chat" if topic is None else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
