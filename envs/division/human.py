"""Divisions between people: CaSiNo and files of one's own, read as the learner's words are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...core.acts import Act, Say
from ..human_data import Course, HumanData, Said, Talk, Unreadable, both, joined, lines, spoken
from .game import KINDS, OTHER, PARTNER, SEATS, YOU, Accept, Division, Package, Supplies, Walk
from .mind import Haggler
from .voice import GRAMMARS

_WORTH = {"High": 5, "Medium": 4, "Low": 3}
_BUTTONS = {"Accept-Deal": Accept(), "Walk-Away": Walk(), "Reject-Deal": Say()}
_THIRDS = ("up to a third", "up to a half", "up to two thirds", "more than that")


class Shared(NamedTuple):
    """What the reader knows: the kind, how much there is, and what a unit is worth to the bargainer."""

    kind: str
    counts: Package
    values: Package


def casino(record: Any) -> Talk:
    """A record of CaSiNo (Chawla et al. 2021): ``chat_logs`` and ``participant_info``.

    Whoever speaks first is the bargainer. The group is the other's social value orientation.

    Raises:
        Unreadable: If something is missing.
    """
    try:
        people, logs = record["participant_info"], record["chat_logs"]
        first = logs[0]["id"]
        ranks = {issue.lower(): _WORTH[rank] for rank, issue in people[first]["value2issue"].items()}
        values = tuple(ranks[issue] for issue in KINDS["camp"].issues)
        other = next(name for name in people if name != first)
        group = people[other].get("personality", {}).get("svo", "")
        turns = tuple(_log(log, YOU if log["id"] == first else PARTNER) for log in logs)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, StopIteration):
        raise Unreadable("not in this layout") from None
    return Talk(Shared("camp", (3, 3, 3), values), both(turns, SEATS), str(group))


def _log(log: Mapping[str, Any], seat: str) -> Said:
    text, data = log["text"], log.get("task_data") or {}
    if text == "Submit-Deal":
        mine = {issue.lower(): int(count) for issue, count in data["issue2youget"].items()}
        return Said(seat, "", Supplies(*(mine[issue] for issue in KINDS["camp"].issues)))
    return Said(seat, "", _BUTTONS[text]) if text in _BUTTONS else Said(seat, text)


def own(record: Any) -> Talk:
    """A record of one's own: ``kind``, ``counts`` and ``values`` of the bargainer, ``turns``, perhaps ``group``.

    Raises:
        Unreadable: If something is missing.
    """
    kind, counts, values = (record.get(name) for name in Shared._fields)
    if kind not in KINDS:
        raise Unreadable(f'no "kind" among {", ".join(KINDS)}')
    if not all(isinstance(some, list) and len(some) == 3 and all(isinstance(n, int) for n in some)
               for some in (counts, values)):  # fmt: skip
        raise Unreadable('no "counts" and "values" of three whole numbers each')

    def tag(text: str) -> Act | None:
        heard = GRAMMARS[kind].parse_tag(text)
        return None if heard is None or heard.problem else heard.act

    facts = Shared(kind, tuple(counts), tuple(values))
    return Talk(facts, lines(record, SEATS, tag), str(record.get("group", "")))


def _rules(facts: Shared, rounds: int = 7, discount: float = 0.95, aim: str = "own") -> Division:
    return Division(*facts, rounds=rounds, discount=discount, aim=aim)


def read(talk: Talk) -> list[tuple[str, Act]]:
    """What both sides do, up to the agreement or until one leaves. An offer stands until its maker makes another."""
    game = _rules(talk.facts)
    asked: dict[str, Package | None] = dict.fromkeys(SEATS)
    grammar, found = GRAMMARS[talk.facts.kind], []
    for seat, text, button in talk.turns:
        stands: Any = asked[OTHER[seat]]
        standing = None if stands is None else game.offers[seat][stands]
        act = button
        if act is None:
            act = grammar.parse(text, (talk.facts.kind, talk.facts.counts, standing)).act
        if act == standing is not None:
            act = Accept()
        if isinstance(act, Accept) and standing is None:
            act = Say()
        if isinstance(act, KINDS[talk.facts.kind].offer):
            package: Any = game.proposed(act, seat)
            if package is None:
                act = Say()
            else:
                asked[seat] = package
        found.append((seat, act))
        if isinstance(act, (Accept, Walk)):
            break
    return joined(found, Say())


def _claims(talk: Talk, acts: Sequence[tuple[str, Act]], seat: str) -> list[float]:
    """The share of all units that each offer of a seat leaves to the bargainer, or to itself."""
    game = _rules(talk.facts)
    packages = [
        game.proposed(act, seat) for who, act in acts if who == seat and not isinstance(act, (Say, Accept, Walk))
    ]
    shares = [sum(package) / sum(talk.facts.counts) for package in packages if package is not None]
    return shares if seat == YOU else [1.0 - share for share in shares]


def _deal(talk: Talk, acts: Sequence[tuple[str, Act]]) -> float | None:
    """The bargainer's share of the units."""
    if not acts or not isinstance(acts[-1][1], Accept):
        return None
    maker = OTHER[acts[-1][0]]
    claim = _claims(talk, acts, maker)[-1]
    return claim if maker == YOU else 1.0 - claim


def measures(talk: Talk, acts: Sequence[tuple[str, Act]]) -> dict[str, float]:
    """First claims, the final share, how many offers and turns."""
    found = {"turns": float(len(acts))}
    deal = _deal(talk, acts)
    if deal is not None:
        found["final share, bargainer"] = deal
    for seat in SEATS:
        claims = _claims(talk, acts, seat)
        found[f"offers, {seat}"] = float(len(claims))
        if claims:
            found[f"first claim, {seat}"] = claims[0]
    return found


def outcome(talk: Talk, acts: Sequence[tuple[str, Act]]) -> str:
    """No deal, or the bargainer's share of the units in four classes."""
    deal = _deal(talk, acts)
    if deal is None:
        return "no deal"
    return _THIRDS[sum(deal > edge + 1e-9 for edge in (1 / 3, 1 / 2, 2 / 3))]


def course(family: Any, talk: Talk, acts: Sequence[tuple[str, Act]]) -> Course:
    """The division itself; the partner's hello is taken as said."""
    game = _rules(talk.facts, family.rounds, family.discount, family.aim)
    state = game.apply(game.start(), PARTNER, Say())
    acts = acts[1:] if acts and acts[0][0] == PARTNER else acts
    return Course(game, Haggler(game), PARTNER, state, tuple(acts), len(game.packages) + 3, lambda act: (act, 1))


def _talk(dialogue: Any) -> Talk:
    scenario = dialogue.scenario
    return Talk(Shared(scenario.kind, scenario.counts, scenario.values), spoken(dialogue))


_COUNTS = tuple(n - 0.5 for n in range(31))
_SHARES = tuple(n / 9 - 1 / 18 for n in range(11))
HUMAN = HumanData(
    reader="division 1",
    formats={"casino": casino, "jsonl": own},
    talk=_talk,
    read=read,
    measures=measures,
    outcome=outcome,
    outcomes=("no deal", *_THIRDS),
    course=course,
    bins={
        "turns": _COUNTS,
        **{f"offers, {seat}": _COUNTS for seat in SEATS},
        **{f"first claim, {seat}": _SHARES for seat in SEATS},
        "final share, bargainer": _SHARES,
    },
)
