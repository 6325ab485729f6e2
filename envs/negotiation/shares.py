"""Prices as percent of the list price: `Negotiation(prices="relative")` is told and read so.

Acts, states and records hold prices in whole currency units all the same. Only at the border, where words are told or
read, a price becomes a share of the list price, with as many digits as it takes to tell two prices apart.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from typing import Any

from ...core.grammar import Grammar, Heard
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from .game import ACTS
from .prices import as_price, in_currency
from .voice import VOICE, WORDS, understand

NOTE = "All prices are in percent of the list price."
_OURS = re.compile(r"\$([0-9]+)|(?<=\[offer )([0-9]+)(?=\])")  # how phrases, orders and tags hold a price
_TAG = re.compile(r"(\[\s*offer)(?:\s*:\s*|\s+)(?:(?:price|percent)\s*=)?([^\[\]=]*)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"(\[[^\[\]]*\])")
_FIGURE = re.compile(
    r"([+-]?)[$€£]? ?([0-9]{1,9}(?:\.[0-9]{1,9}|,[0-9]{1,2})?|[0-9]{1,3}(?:,[0-9]{3})+) ?[$€£]?"
    r"(?:%|percent|per cent|pct)?",
    re.IGNORECASE,
)


def share(price: int, list_price: int) -> str:
    """A price in percent of the list price: ``"80"``, ``"62.5"``. Different prices have different shares.

    With a step of at most half of what lies between two prices, `as_price` always finds the price again.
    """
    digits = max(0, len(str(list_price - 1)) - 2)  # the least with 10 ** digits * 100 >= list_price
    text = f"{100 * price / list_price:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def told(text: str, list_price: int) -> str:
    """Our own words, in which a price stands as ``$240`` or in a tag, with shares in place of prices."""

    def replaced(match: re.Match[str]) -> str:
        return f"{share(int(match[1]), list_price)}%" if match[1] else share(int(match[2]), list_price)

    return _OURS.sub(replaced, text)


def meant(text: str, list_price: int) -> str:
    """Anybody's words with prices in currency in place of shares, for a model that thinks in currency."""
    parts = _BRACKETS.split(text)
    return "".join(
        _tags_in_currency(part, list_price) if number % 2 else in_currency(part, list_price)
        for number, part in enumerate(parts)
    )


def _tags_in_currency(text: str, list_price: int) -> str:
    """With a whole price in each tag that offers a share; what is no share is spoilt, lest it be read as a price."""

    def replaced(match: re.Match[str]) -> str:
        said = match[2].strip(" .!?")
        figure = _FIGURE.fullmatch(said)
        if figure is None:
            return f"{match[1]} {said} %]" if said else match[0]
        number = figure[2].replace(",", "" if figure[2][-4:-3] == "," else ".")
        return f"{match[1]} {figure[1]}{as_price(Fraction(number), list_price)}]"

    return _TAG.sub(replaced, text)


class ShareGrammar(Grammar):
    """Reads shares of the list price, which is the first part of the context. See `Grammar`.

    What `print` writes and `parse_tag` reads are the tags of records, in currency; what a learner says is for `parse`.

    Args:
        mode: See `Grammar`.
        list_price: Of the only scenario that it is for: it then prints shares.
    """

    def __init__(self, mode: str = "natural", list_price: int = 0):
        super().__init__(ACTS, partial(understand, shares=True), mode)
        self.list_price = list_price

    def using(self, mode: str) -> Grammar:
        """The same grammar in another mode."""
        return ShareGrammar(mode, self.list_price)

    def print(self, act: Any) -> str:
        """The tag of `act`."""
        tag = super().print(act)
        return told(tag, self.list_price) if self.list_price else tag

    def alone(self, text: str) -> Heard | None:
        """See `Grammar.alone`: a figure means nothing without the list price."""
        return None if any(map(str.isdigit, text)) else self.parse_tag(text)

    def parse(self, text: str, context: Any = None) -> Heard:
        """See `Grammar.parse`."""
        heard = self.parse_tag(_tags_in_currency(text, context[0]))
        if heard is None:
            heard = super().parse(text, context)
            return heard._replace(reason=told(heard.reason, context[0])) if heard.problem else heard
        if heard.problem:
            raw = self.parse_tag(text)  # in the words of who said it
            heard = raw if raw and raw.problem else heard
            return heard._replace(reason=heard.reason.replace("PRICE must be a whole", "PERCENT must be a"))
        return heard

    def _form(self, act: Any) -> str:
        return super()._form(act).replace("PRICE", "PERCENT")


class ShareVoice(PhraseVoice):
    """The phrase bank, in shares."""

    def _utter(self, cue: Cue, stream: Stream) -> str:
        return told(super()._utter(cue, stream), cue.public.list_price)

    def possible(self, cue: Cue) -> tuple[list[str], list[str]]:
        """See `PhraseVoice.possible`."""
        leads, sentences = super().possible(cue)
        price = cue.public.list_price
        return [told(words, price) for words in leads], [told(words, price) for words in sentences]


SHARE_VOICE = ShareVoice(WORDS["bank"], WORDS["fields"], VOICE.describe, WORDS["topics"])
