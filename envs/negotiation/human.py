"""Bargains between people: CraigslistBargain and files of one's own, read as the learner's words are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ...core.acts import Act, Say
from ..human_data import Course, HumanData, Said, Talk, Unreadable, both, joined, lines, spoken
from .game import OTHER, SEATS, TICKS, Accept, Haggle, Offer, PriceBargaining, Walk
from .mind import POPULATIONS, STEP, Haggler
from .voice import GRAMMAR

LOWEST = 8  # ticks: cheaper counters are counted as this one
ALPHABET = len(range(LOWEST, TICKS)) + 3  # a price below the list price; to accept, to leave, to talk
_EVENTS = {"accept": Accept(), "quit": Walk(), "reject": Walk()}
_EDGES = tuple(n / 20 for n in range(41))
_DEALS = ("below 60%", "60% to 70%", "70% to 80%", "80% to 90%", "90% and above")


class Advertised(NamedTuple):
    """What the reader knows."""

    list_price: int


def craigslist(record: Any) -> Talk:
    """A record of CraigslistBargain (He et al. 2018), as it was published or as Hugging Face's loader gives it.

    The first has ``scenario`` with ``kbs``, and ``events`` with the actions ``message``, ``offer``, ``accept``,
    ``reject`` and ``quit``; the second ``agent_info``, ``agent_turn``, ``dialogue_acts``, ``utterance`` and ``items``.

    Raises:
        Unreadable: If something is missing.
    """
    try:
        if "events" in record:
            kbs = record["scenario"]["kbs"]
            seats: list[str] = [kb["personal"]["Role"] for kb in kbs]
            price, group = kbs[0]["item"]["Price"], record["scenario"].get("category", "")
            said = [_event(seats, event) for event in record["events"]]
        else:
            seats, items = list(record["agent_info"]["Role"]), record["items"]
            price, group = items["Price"][0], items["Category"][0]
            acts = record["dialogue_acts"]
            rows = zip(record["agent_turn"], record["utterance"], acts["intent"], acts["price"], strict=False)
            said = [_row(seats, *row) for row in rows]
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Unreadable("not in this layout") from None
    turns = tuple(one for one in said if one is not None)
    return Talk(Advertised(_listed(price)), both(turns, SEATS), str(group))


def own(record: Any) -> Talk:
    """A record of one's own: ``list_price``, ``turns``, and perhaps ``group``.

    Raises:
        Unreadable: If something is missing.
    """
    facts = Advertised(_listed(record.get("list_price")))
    return Talk(facts, lines(record, SEATS, _tag), str(record.get("group", "")))


def _tag(text: str) -> Act | None:
    heard = GRAMMAR.parse_tag(text)
    return None if heard is None or heard.problem else heard.act


def _listed(price: Any) -> int:
    try:
        whole = round(float(price))
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("no list price") from None
    if whole < 1:
        raise Unreadable("no list price")
    return whole


def _event(seats: list[str], event: Mapping[str, Any]) -> Said | None:
    seat, action, data = seats[event["agent"]], event["action"], event.get("data")
    if action == "message":
        return Said(seat, str(data)) if str(data or "").strip() else None
    if action == "offer":
        price = (data or {}).get("price")
        return None if price is None else Said(seat, "", Offer(round(price)))
    return Said(seat, "", _EVENTS[action]) if action in _EVENTS else None


def _row(seats: list[str], agent: int, text: str, intent: str, price: float | None) -> Said | None:
    if (text or "").strip():
        return Said(seats[agent], text)
    if intent == "offer" and price is not None and price > 0:
        return Said(seats[agent], "", Offer(round(price)))
    return Said(seats[agent], "", _EVENTS[intent]) if intent in _EVENTS else None


def read(talk: Talk) -> list[tuple[str, Act]]:
    """What both sides do, up to the deal or until one leaves.

    A price stands until its maker names another, as between people, and that of the advertisement at first. A seller
    who names the list price, or more, only talks: it is on the advertisement.
    """
    listed: int = talk.facts.list_price
    asked: dict[str, int | None] = {"seller": listed, "buyer": None}
    found: list[tuple[str, Act]] = []
    for seat, text, button in talk.turns:
        standing = asked[OTHER[seat]]
        act = GRAMMAR.parse(text, (listed, standing, seat)).act if button is None else button
        if isinstance(act, Accept) and standing is None:
            act = Say()
        if isinstance(act, Offer):
            if act.price == standing:
                act = Accept()
            elif not 1 <= act.price <= 2 * listed or (seat == "seller" and act.price >= listed):
                act = Say()
            else:
                asked[seat] = act.price
        found.append((seat, act))
        if isinstance(act, (Accept, Walk)):
            break
    return joined(found, Say())


def _prices(talk: Talk, acts: Sequence[tuple[str, Act]], seat: str) -> list[float]:
    return [act.price / talk.facts.list_price for who, act in acts if who == seat and isinstance(act, Offer)]


def _deal(talk: Talk, acts: Sequence[tuple[str, Act]]) -> float | None:
    if not acts or not isinstance(acts[-1][1], Accept):
        return None
    prices = _prices(talk, acts, OTHER[acts[-1][0]])
    return prices[-1] if prices else 1.0


def measures(talk: Talk, acts: Sequence[tuple[str, Act]]) -> dict[str, float]:
    """First prices, final price, how many prices and turns, and the mean concession of each side."""
    found = {"turns": float(len(acts))}
    deal = _deal(talk, acts)
    if deal is not None:
        found["final price"] = deal
    for seat, first, count, sign in (
        ("buyer", "first buyer offer", "offers, buyer", 1),
        ("seller", "first seller counter", "counters, seller", -1),
    ):
        prices = _prices(talk, acts, seat)
        found[count] = float(len(prices))
        if prices:
            found[first] = prices[0]
        if len(prices) > 1:
            moves = [sign * (after - before) for before, after in pairwise(prices)]
            found[f"concession, {seat}"] = sum(moves) / len(moves)
    return found


def outcome(talk: Talk, acts: Sequence[tuple[str, Act]]) -> str:
    """No deal, or the final price in five classes."""
    deal = _deal(talk, acts)
    if deal is None:
        return "no deal"
    return _DEALS[min(4, max(0, int((deal - 0.5) * 10 + 1e-9)))]


def in_ticks(talk: Talk, acts: Sequence[tuple[str, Act]]) -> tuple[tuple[str, Act], ...]:
    """The acts at a list price of `TICKS`, from the buyer's first turn on: the advertisement stands for a greeting."""
    scaled = [
        (seat, Offer(min(2 * TICKS, max(1, round(act.price * TICKS / talk.facts.list_price)))))
        if isinstance(act, Offer)
        else (seat, act)
        for seat, act in acts
    ]
    return tuple(scaled[1:] if scaled and scaled[0][0] == "seller" else scaled)


def course(family: Any, talk: Talk, acts: Sequence[tuple[str, Act]]) -> Course:
    """The bargain at a list price of `TICKS`, from the advertisement on: prices come to the nearest tick.

    Raises:
        ValueError: If the simulated person buys: what it opens with is no advertisement.
    """
    if family.partner != "seller":
        raise ValueError(f"role must be 'buyer' here: likeness is that of a simulated seller; got {family.role!r}")
    game = PriceBargaining(TICKS, "seller", (None, None), family.rounds, family.discount)
    mind = Haggler(game, "seller", POPULATIONS[family.population])
    return Course(game, mind, "seller", Haggle(0, "buyer", TICKS), in_ticks(talk, acts), ALPHABET, _coarse)


def _coarse(act: Act) -> tuple[Act, int]:
    """A simulated seller names every second tick: such a price stands for two, evenly. The list price is only talk."""
    if not isinstance(act, Offer):
        return act, 1
    price = max(LOWEST, act.price)
    if price >= TICKS:
        return Say(), 1
    return (Offer(price), 1) if price in (LOWEST, TICKS - 1) else (Offer(-(-price // STEP) * STEP), STEP)


def _talk(dialogue: Any) -> Talk:
    return Talk(Advertised(dialogue.scenario.list_price), spoken(dialogue))


_MOVES = tuple(n / 40 for n in range(-8, 25))
_COUNTS = tuple(n - 0.5 for n in range(31))
HUMAN = HumanData(
    reader="negotiation 1",
    formats={"craigslist": craigslist, "jsonl": own},
    talk=_talk,
    read=read,
    measures=measures,
    outcome=outcome,
    outcomes=("no deal", *_DEALS),
    course=course,
    bins={
        "turns": _COUNTS,
        "offers, buyer": _COUNTS,
        "counters, seller": _COUNTS,
        "first buyer offer": _EDGES,
        "first seller counter": _EDGES,
        "final price": _EDGES,
        "concession, buyer": _MOVES,
        "concession, seller": _MOVES,
    },
)
