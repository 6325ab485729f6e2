"""Finding the prices in an utterance: figures and number words, told apart from ages, sizes, shares and discounts.

Every pattern here runs in time linear in the text: no repeated group can match the same characters in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

MARK = "\ue000"
"""Stands in the text for a price, so that rules about words need not know how prices are written.

A private-use character: nobody types it.
"""
FRACTION = -1
"""In the list of prices: one that is not a whole number."""

_ONES = {word: n for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1)}
_TEENS = {
    word: n
    for n, word in enumerate(
        ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
        10,
    )
}
_TENS = {
    word: 10 * n
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_VALUES = {**_ONES, **_TEENS, **_TENS}
_ONE, _TEEN, _TEN = (f"(?:{'|'.join(words)})" for words in (_ONES, _TEENS, _TENS))
_BELOW_100 = rf"(?:{_TEN}(?:[ -]{_ONE})?|{_TEEN}|{_ONE})\b"
_HUNDREDS = rf"(?:{_BELOW_100}[ -])?hundred\b(?:(?: and)? {_BELOW_100}(?! (?:hundred|thousand)\b))?"
_THOUSANDS = rf"(?:{_BELOW_100}[ -])?(?:thousand|grand)\b(?:(?: and)? (?:{_HUNDREDS}|{_BELOW_100}))?"
_TWO_FORTY = rf"{_ONE}[ -](?:{_TEN}(?:[ -]{_ONE})?|{_TEEN})\b"  # said for 240
_SPELLED = re.compile(
    rf"(?<![0-9] )(?<!couple )(?<!couple of )(?<!few )\b(?:{_THOUSANDS}|{_HUNDREDS}|{_TWO_FORTY}"
    rf"|{_TEN}(?:[ -]{_ONE})?\b|{_TEEN}\b)"
)
_HALF_PRICE = re.compile(r"\bhalf(?: of)?(?: the| your| its)?(?: asking| list| full)? price\b")

_CURRENCY = r"[$€£]|(?:usd|eur|gbp|dollars?|bucks?|euros?|pounds?|quid)\b"
_UNITS = (  # spaces are escaped for the verbose pattern below
    r"%|(?:percent|per\ cent|years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|km|kms"
    r"|kilomet(?:er|re)s?|miles?|inch|inches|cm|mm|m|met(?:er|re)s?|feet|foot|ft|kgs?|kilos?|kilograms?|grams?|lbs?"
    r"|gears?|speeds?|owners?|times|people|persons?|o'?clock|am|pm|lit(?:er|re)s?|watts?|volts?|gb|tb|mb|pages?|pieces?"
    r"|pcs|drawers?|doors?|seats?|wheels?|strings?|keys|kids|children|others?|buyers?|sellers?|offers?|messages?"
    r"|rounds?|turns?|things?|items?|of\ them|of\ these)\b"
)
_NUMBER = re.compile(
    rf"""
    (?: (?P<sign>[$€£]\ ?|\b(?:usd|eur|gbp)\ ?) | (?<!\w)(?<!\w[.,:/]) )
    (?P<whole>
        [0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9]) | [0-9]{{1,3}}(?:\ [0-9]{{3}})+(?=\ ?(?:{_CURRENCY})(?!\ ?[0-9])) | [0-9]+
    )
    (?P<part> \.[0-9]+ | ,[0-9]{{1,2}}(?![0-9]) )?
    (?P<clock> (?:[:/][0-9]+)+ )?
    (?: \ ?(?P<scale>k|hundred|thousand|grand)\b )?
    (?: \ ?(?P<currency>{_CURRENCY}) )?
    (?: -?ish\b )?
    (?P<glued> [^\W\d_]\w* )?
    (?P<unit> [ -]?(?:{_UNITS}) )?
    (?P<step> \ (?:off|more(?!\ or\ less)|less|extra|lower|higher|cheaper|on\ top)\b )?
    """,
    re.VERBOSE,
)
_CENTS = re.compile(r"([$€£] ?)\.(?=[0-9])")
_LESS = re.compile(r"(?<![\w.,])([$€£]?)([0-9]{1,7}) (?:less|minus) [$€£]?([0-9]{1,7})(?![\w%]|[.,][0-9])(?! ?%)")
_STEP = re.compile(r"\b(?:by|off|extra|add|another|discount of) ?\Z")  # 20 in "lower it by 20" is no price
_LABEL = re.compile(
    r"(?:#|\b(?:size|model|version|number|mark|round|turn|step|page|exit|apt|unit|room|gate"
    r"|route|highway|bus|buzzer|lot) ?)\Z"
)
_SCALE = {"k": 1000, "hundred": 100, "thousand": 1000, "grand": 1000}
_DIGITS = 15  # longer numbers are no prices, and tags do not take them either
_SHARE = re.compile(  # not "20% off", nor "100% sure", nor a share of something else
    r"(?<![\w$€£])(?<!\w[.,:/])([0-9]+(?:[.,][0-9]+)?) ?(?:%|(?:percent|per cent|pct)\b)"
    r"(?: of (?:(?:the|your|my|its|that|this) )?(?:(?:list(?:ed|ing)?|asking|full|original)(?: price)?|price)\b)?"
    r"(?! of\b)(?! ?(?:off|discount|less|more|lower|higher|cheaper|below|above|under|over|reduc\w+|cut|sure|certain"
    r"|serious|honest|positive|interested|agree\w*|with)\b)"
)


def mark_prices(text: str, list_price: int, shares: bool = False) -> tuple[str, list[int]]:
    """Replace each price by `MARK` and every other number by ``#``.

    A number with a currency is always a price; another is one from a tenth to twice the list price, unless a unit
    follows or a label (``size 42``) precedes it. Differences (``20 off``, ``by 20``) are not prices.

    Args:
        text: In lower case, with single spaces.
        list_price: In whole currency units.
        shares: Whether prices are said in percent of the list price: ``80``, ``80%``, ``80 percent of the list price``.

    Returns:
        The text with marks and the prices in order, in currency; `FRACTION` for each that is not whole. A share comes
        to the nearest whole price.
    """
    prices: list[int] = []

    def mark(price: int) -> str:
        prices.append(price)
        return f" {MARK} "

    return " ".join(_replaced(text, list_price, shares, mark, " # ").split()), prices


def in_currency(text: str, list_price: int) -> str:
    """A text in lower case that names prices by their shares, with ``$240`` in place of each."""
    return _replaced(text.lower(), list_price, True, lambda price: f"${price}")


def as_price(percent: Fraction, list_price: int) -> int:
    """The whole price that is nearest to a share of the list price."""
    return round(percent * list_price / 100)


def _replaced(text: str, list_price: int, shares: bool, say: Callable[[int], str], other: str | None = None) -> str:
    """The text with each price as `say` has it, and every other number as `other`, or as it is."""
    scale = 100 if shares else list_price
    text = text.replace(MARK, " ")
    text = _HALF_PRICE.sub(f"${scale // 2}", text)
    text = _SPELLED.sub(lambda match: str(_value(match[0])), text)
    text = _SHARE.sub(r"$\1", text) if shares else text
    text = _LESS.sub(_difference, _CENTS.sub(r"\g<1>0.", text))

    def replaced(match: re.Match[str]) -> str:
        number = _price(match, scale)
        if number is None:
            return match[0] if other is None else other
        if shares:
            return say(as_price(number, list_price))
        return say(number.numerator if number.denominator == 1 else FRACTION)

    return _NUMBER.sub(replaced, text)


def _difference(match: re.Match[str]) -> str:
    """300 less 30 is 270."""
    return f"{match[1]}{max(0, int(match[2]) - int(match[3]))}"


def _price(match: re.Match[str], list_price: int) -> Fraction | None:
    before = match.string[max(0, match.start() - 14) : match.start()]
    whole = match["whole"].replace(",", "").replace(" ", "")
    if match["clock"] or match["step"] or _STEP.search(before) or len(whole) > _DIGITS:
        return None
    part = (match["part"] or "")[1:_DIGITS].rstrip("0")
    price = Fraction(int(whole + part) * _SCALE.get(match["scale"], 1), 10 ** len(part))
    plausible = (
        not match["glued"]
        and not match["unit"]
        and not _LABEL.search(before)
        and list_price <= 10 * (price // 1) <= 20 * list_price
    )
    if not plausible and not match["sign"] and not match["currency"]:
        return None
    return price


def _value(words: str) -> int:
    """The number that English words stand for."""
    total = current = 0
    for word in words.replace("-", " ").split():
        if word in _VALUES:
            value = _VALUES[word]
            current = 100 * current + value if current < 10 <= value else current + value
        elif word == "hundred":
            current = 100 * max(1, current)
        elif word != "and":
            total, current = total + 1000 * max(1, current), 0
    return total + current
