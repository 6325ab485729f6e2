"""Trading in plain English: how a client is understood without tags, and how a dealer speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Clause, Mention, Patterns, bind, clauses, mark_of, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Both, Close, Counter, Deal, Done, Firm, Oneway, Price, Pull, Twoway, Walk
from .papers import PAPERS, Paper

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of dealers; they mean nothing."""

MARKS = ("size", "price", "ticks")
PATTERNS = Patterns(content(__file__, "reading.toml"), MARKS)
"""What plain words bind to."""

_COUNT = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "another": 1, "a single": 1}
_UNITS = {
    "million": r"millions?|mio|mln|mm|m|mil",
    "thousand tonnes": r"thousand (?:tonnes?|tons?)|kt|k|thousand",
    "tonnes": r"tonnes?|tons?|mt|t",
    "megawatts": r"megawatts?|mws?",
    "kilos": r"kilos?|kilograms?|kgs?|bars?",
}
_OTHER = {"buy": ("selling", "sells", "yours"), "sell": ("buying", "buys", "mine")}
"""What is said by who goes the other way."""
_REST = (
    r"(?:the )?(?:whole|full|entire|complete) (?:lot|size|order|amount|thing|ticket)|all of it|everything|the lot"
    r"|(?:all )?the (?:rest|remainder|balance)(?: of (?:it|the order|my order))?|full size"
    r"|what(?: i|'s| is) (?:have )?left"
)


def understand(text: str, context: tuple[str, str, int, int, int]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: What is traded, the client's side, clips left, and clips and ticks of the price that stands, or 0.
    """
    key, side, left, size, cost = context
    paper, acts, vague = PAPERS[key], dict[Act, str](), False
    for name, clause, _ in PATTERNS.find(clauses(*_marked(text, paper, left))):
        sizes = clause.values("size")
        if name in _OTHER[side]:
            return Heard(Say(), "ambiguous", "Which way are you, to buy or to sell?")
        if name in ("buying", "selling", "either"):
            name = "oneway"
        elif name in ("buys", "sells"):
            name = "deal" if size else "sizeless"
        if name in ("twoway", "oneway", "sizeless"):
            if name == "sizeless" or len(set(sizes)) != 1 or sizes[0] is None:
                return Heard(Say(), "ambiguous", f"In what size? We deal in clips of {paper.size(1)}.")
            way = (Twoway if name == "twoway" else Oneway)(sizes[0])
            acts[way] = "hear both sides of my price" if name == "twoway" else "hear one side of my price"
        elif name == "better" and size and not clause.mentions:
            vague = True
        elif name == "walk":
            acts[Walk()] = "leave it"
        elif isinstance(found := _dealt(name, clause, paper, side, size, cost), Heard):
            return found
        else:
            acts[found] = "deal" if isinstance(found, Deal) else "have a better price"
    if Deal() in acts:  # "one better and I deal" counters; "I buy 10" asks where no price stands
        if any(isinstance(act, Counter) for act in acts) or (not size and len(acts) > 1):
            del acts[Deal()]
        elif size:
            acts = {act: does for act, does in acts.items() if not isinstance(act, Oneway)}
    if vague and not acts:
        return Heard(Say(), "ambiguous", "Better by how much?")
    return bind(acts) if acts else TALK


def _dealt(name: str, clause: Clause, paper: Paper, side: str, size: int, cost: int) -> Act | Heard:
    """Dealing at a price or at a better one."""
    if not size:
        return Deal() if name in ("deal", "mine", "yours") else Counter(1)  # no price stands: the rules say so
    if any(named != size for named in clause.values("size")):
        return Heard(Say(), "ambiguous", f"My price is for {paper.size(size)}; do you want that?")
    prices, ticks = set(clause.values("price")), set(clause.values("ticks"))
    if len(prices) + len(ticks) > 1:
        return Heard(Say(), "ambiguous", "One price, please; which one do you mean?")
    if ticks:
        return Counter(ticks.pop())
    if not prices:
        return Deal()
    price = prices.pop()
    named = paper.cost(side, price)
    if named is None:
        return Heard(Say(), "ambiguous", f"The price moves in steps of {paper.tick:g}; what do you mean?")
    if named > cost:
        return Heard(Say(), "ambiguous", f"My own price is better for you, at {paper.price(side, cost)}.")
    return Counter(cost - named) if named < cost else Deal()


def _marked(text: str, paper: Paper, left: int) -> tuple[str, list[Mention]]:
    """The text with a mark for each size, price and number of ticks, and what they stand for."""
    mentions: list[Mention] = []

    def mark(match: re.Match[str]) -> str:
        found = _found(match, paper, left)
        if found is None:
            return match[0]
        mentions.append(Mention(found[0], found[1], match[0]))
        return f" {mark_of(MARKS.index(found[0]))} "

    return _pattern(paper.unit).sub(mark, _named(paper.called).sub("", plain(text).lower())), mentions


def _found(match: re.Match[str], paper: Paper, left: int) -> tuple[str, float | int | None] | None:
    if match["rest"]:
        return "size", left
    if match["count"]:
        return ("ticks" if match["tick"] else "size"), _COUNT[match["count"]]
    value = float(match["number"].replace(",", ""))
    if match["ticks"]:
        return ("ticks", int(value)) if value == int(value) else None
    if match["clips"]:
        return "size", int(value) if value == int(value) else None
    if match["unit"]:
        clips = value / paper.clip
        return "size", int(clips) if clips == int(clips) else None
    if abs(value - paper.mid) <= 99 * paper.tick:
        return "price", value
    if value in [paper.clip * clips for clips in range(1, 5)]:
        return "size", int(value / paper.clip)
    if value < 100 and len(match["number"].lstrip(".")) == 2 and paper.digits == 2:  # the last two figures alone
        cents = value if value >= 1 else value * 100
        near = min((int(paper.mid) + more + cents / 100 for more in (-1, 0, 1)), key=lambda full: abs(full - paper.mid))
        return ("price", round(near, 2)) if paper.cost("buy", near) is not None else None
    return None


@cache
def _named(called: str) -> re.Pattern[str]:
    """The name of what is traded, or a part of it, with what leads to it: it is clear what is meant without it."""
    words = {word.lower() for word in called.split()} - {"the", "of", "for", "at", "on", "in", "next", "end", "and"}
    word = "|".join(f"{re.escape(word)}(?:s(?![a-z]))?" for word in sorted(words, key=len, reverse=True))
    some = rf"(?<![\w.])(?:{word})(?![\w%])"
    return re.compile(rf"(?: (?:of|in|on|for))?(?: (?:the|this|your|some))? {some}(?: (?:of |for |at |the )?{some})*")


@cache
def _pattern(unit: str) -> re.Pattern[str]:
    count = "|".join(sorted(_COUNT, key=len, reverse=True))
    return re.compile(
        rf"\b(?P<rest>{_REST})\b"
        rf"|\b(?P<count>{count}) (?:more )?(?:(?P<tick>ticks?|pips?)|clips?)\b"
        r"|(?<![\w.,/-])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,7}(?:\.\d{1,6})?|\.\d\d)(?![\d,.]\d)"
        rf"(?: ?(?:(?P<ticks>ticks?|pips?)|(?P<clips>clips?)|(?P<unit>{_UNITS[unit]}))\b|(?![\w%]))"
    )


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the client has only talked."""
    act, state, public = cue.act, cue.before, cue.public
    paper, side = PAPERS[public.paper], public.side
    size, price, bid, offer = paper.size(state.size) if state.size else "", "", "", ""
    match act:
        case Both(cost, back):
            slot, other = "both", "sell" if side == "buy" else "buy"
            near, far = paper.price(side, cost), paper.price(other, back)
            bid, offer = (far, near) if side == "buy" else (near, far)
        case Price(cost):
            slot, price = "better" if isinstance(state.topic, Counter) else "price", paper.price(side, cost)
        case Done():
            ticks = state.topic.ticks if isinstance(state.topic, Counter) else 0
            slot, price = "done", paper.price(side, state.cost - ticks)
        case Firm():
            slot, price = "firm", paper.price(side, state.cost)
        case Pull():
            slot = "pull"
        case Close():
            slot = "close"
        case _:
            slot = "opening" if cue.opening else "talk"
    word = "offer" if side == "buy" else "bid"
    return slot, (public.name, paper.called, size, price, bid, offer, word, side), "chat" if state.topic is None else ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
