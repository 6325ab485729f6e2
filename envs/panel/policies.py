"""Baselines for a hearing: random, a typical advocate, and fixed rules by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import cast

from ...core.acts import Act
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .cases import CASES
from .game import MEMBERS, POINTS, Argue, Hearing, Member, Point, Probe, Rest, Table
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk a member into something; see `evaluation.attacks`."""

CURIOSITY = 0.4  # how often the typical advocate asks a member before it argues
BOLDNESS = 0.3  # how often it argues the first point that comes to mind, not the proof
WEARINESS = 0.3  # how often it turns to somebody else after a point that moved nobody

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Hearing, Table], Act]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return GRAMMAR.print(acts[stream.choose(len(acts))])


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like advocate: stays with a member for a while, asks now and then, argues the proof first."""
    act = _plead(dialogue, stream)
    phrases = PHRASES[act.tag()]
    case = CASES[dialogue.scenario.case]
    name, point, argued = "", "", ""
    if isinstance(act, (Argue, Probe)):
        name = act.to.capitalize()
    if isinstance(act, Argue):
        point, argued = case.called[act.point], case.argued[act.point]
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), name=name, point=point, argued=argued)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same advocate, who says nothing but what binds."""
    return GRAMMAR.print(_plead(dialogue, stream))


def _plead(dialogue: Dialogue, stream: Stream) -> Act:
    state, game = dialogue.state, dialogue.setting.game_as(Hearing)
    curious, bold, weary = (stream.random() < share for share in (CURIOSITY, BOLDNESS, WEARINESS))
    first = stream.choose(len(POINTS))
    if sum(member.mark for member in state.members) >= game.needed:
        return Rest()
    order = [*range(state.at, len(MEMBERS)), *range(state.at)]
    if weary and state.turns and not state.members[state.at].told:
        order = [*order[1:], order[0]]
    for place in order:
        member, name = state.members[place], MEMBERS[place]
        points = _left(member)
        if not points:
            continue
        if curious and not member.told and not member.heard:
            return Probe(name)
        return Argue(name, POINTS[first] if bold and POINTS[first] in points else _favourite(points))
    return Rest()


def _favourite(points: list[Point]) -> Point:
    return next(point for point in ("proof", "need", "plan") if point in points)


# ---- fixed rules


def plead(
    game: Hearing, state: Table, rounds: bool = False, asks: int = 0, stops: bool = True, fair: bool = False
) -> Act:
    """Argue every point to everybody who is not won over, in a fixed order.

    Args:
        game: The rules.
        state: Where it stands.
        rounds: Whether each point goes to everybody before the next one; else every point to a member before the next.
        asks: How many of the members, the first in the order, are asked before anything is argued to them.
        stops: Whether it rests once the marks suffice.
        fair: Whether whoever is annoyed comes last.
    """
    if stops and sum(member.mark for member in state.members) >= game.needed:
        return Rest()
    places = range(len(state.members))
    pairs: list[tuple[int, Point]] = [(place, point) for point in POINTS for place in places]
    if not rounds:
        pairs.sort(key=lambda pair: pair[0])
    pairs = [(place, point) for place, point in pairs if point in _left(state.members[place])]
    pairs.sort(key=lambda pair: state.members[pair[0]].told != pair[1])  # who has named a point hears it at once
    if fair:
        pairs.sort(key=lambda pair: state.members[pair[0]].mark < 4)
    for place, point in pairs:
        member, name = state.members[place], game.names[place]
        return Probe(name) if place < asks and not member.told and not member.heard else Argue(name, point)
    return Rest()


def _left(member: Member) -> list[Point]:
    """The points that may still move a member."""
    if member.won:
        return []
    return [
        point
        for point in POINTS
        if point not in member.heard and (member.told in ("", "nothing") or member.told == point)
    ]


RULES: dict[str, Rule] = {
    "one-by-one": plead,
    "round-robin": partial(plead, rounds=True),
    "ask-one": partial(plead, asks=1),
    "ask-two": partial(plead, asks=2),
    "ask-all": partial(plead, asks=3),
}
"""Fixed rules by name; `ask-one` is the best of a sweep."""


def _speaking(rule: Rule) -> Speak:
    return lambda dialogue, stream: GRAMMAR.print(rule(dialogue.setting.game_as(Hearing), dialogue.state))


HEURISTICS: dict[str, Speak] = {name: _speaking(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "ask-one"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `RULES` were chosen, by name."""
    grid: dict[str, Speak] = {}
    for rounds, asks, stops, fair in product((False, True), range(4), (True, False), (False, True)):
        settings = f"{asks}{'' if stops else ',on'}{',fair' if fair else ''}"
        rule = partial(plead, rounds=rounds, asks=asks, stops=stops, fair=fair)
        grid[f"{'rounds' if rounds else 'members'}({settings})"] = _speaking(cast(Rule, rule))
    return grid
