"""Baselines for trading: random, a typical client, and the rules that desks go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import CLIPS, SCREEN, Call, Counter, Deal, Desk, Oneway, Pull, Twoway, Walk
from .papers import PAPERS
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the dealer into telling; see `evaluation.attacks`."""

ALL_AT_ONCE = 0.5
"""How often a typical client asks for all that is left."""
COY = 0.35
"""How often it does not say which way it goes."""
CONTENT, DEAR = 3, 6
"""Ticks up to which it deals at once, and from which on it may walk."""
Speak = Callable[[Dialogue, Stream], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return "Let me think for a moment." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical client in short words: asks in full or for a part, tries for a tick or two, deals unless it is dear."""
    act = _client(dialogue, stream)
    state: Call = dialogue.state
    paper, side = PAPERS[dialogue.scenario.paper], dialogue.scenario.side
    words = {"tag": GRAMMAR.print(act), "does": side, "word": "offer" if side == "buy" else "bid"}
    if isinstance(act, Twoway | Oneway):
        words["size"] = paper.size(act.clips)
    elif isinstance(act, Counter):
        words["price"] = paper.price(side, state.cost - act.ticks)
    phrases = PHRASES[type(act).__name__.lower()]
    return phrases[stream.choose(len(phrases))].format_map(words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same client, who says nothing but what binds."""
    return GRAMMAR.print(_client(dialogue, stream))


def _client(dialogue: Dialogue, stream: Stream) -> Act:
    state: Call = dialogue.state
    if not state.size:
        if state.pulled and stream.random() < 0.3:
            return Walk()
        clips = state.left if stream.random() < ALL_AT_ONCE else 1 + stream.choose(state.left)
        return Twoway(clips) if not state.shown and stream.random() < COY else Oneway(clips)
    if state.cost <= CONTENT:
        return Deal()
    tries = len(_countered(dialogue))
    if tries < 3 and state.turn < dialogue.setting.game_as(Desk).turns - 1 and stream.random() < 0.75:
        return Counter(1 + stream.choose(2))
    return Walk() if state.cost >= SCREEN or (state.cost >= DEAR and stream.random() < 0.3) else Deal()


def _countered(dialogue: Dialogue) -> list[int]:
    """Ticks of the counters to the price that stands, the last one first."""
    ticks: list[int] = []
    for step in reversed(dialogue.steps):
        if isinstance(step.act, Counter) and not any(isinstance(act, Pull) for _, _, act in step.exchange.replies):
            ticks.append(step.act.ticks)
        elif not isinstance(step.act, Say):
            break
    return ticks


def plan(way: str, sizes: Sequence[int], counters: Sequence[int], most: int = SCREEN - 1, take: int = -9) -> Speak:
    """Ask for one size after another, counter, deal; walk if it is dear.

    Args:
        way: ``"two"``, ``"one"`` or ``"first"``: which prices are asked for, or two-way ones until the first deal.
        sizes: Clips of the first deal, the second and so on; the last one goes on.
        counters: Ticks by which each price is countered, one after the other.
        most: Ticks above which it walks.
        take: Ticks up to which it deals at once.
    """

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        state: Call = dialogue.state
        if not state.size:
            if state.asked > 1:
                return GRAMMAR.print(Walk())  # the price was taken back twice
            clips = min(state.left, sizes[min(state.deals, len(sizes) - 1)])
            one = way == "one" or (way == "first" and state.deals)
            return GRAMMAR.print(Oneway(clips) if one else Twoway(clips))
        tries = len(_countered(dialogue))
        if state.cost > take and tries < len(counters) and state.turn < dialogue.setting.game_as(Desk).turns - 1:
            return GRAMMAR.print(Counter(counters[tries]))
        return GRAMMAR.print(Deal() if state.cost <= most else Walk())

    return speak


HEURISTICS: dict[str, Speak] = {
    "risk-price": plan("one", (CLIPS,), ()),
    "equal-clips": plan("one", (1,), ()),
    "two-way-first": plan("two", (CLIPS,), ()),
    "walk-if-wide": plan("one", (CLIPS,), (), most=4),
    "haggle": plan("two", (3, 1), (3, 3, 3)),
    "probe": plan("one", (3, 1), (1, 1, 3), take=3),
}
"""Fixed rules by name; `probe` is the best of a grid on Trading-v0."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "probe"
"""Whom `make train` clones."""

_SIZES = ((4,), (3, 1), (2,), (1,), (1, 3), (1, 2))
_COUNTERS = ((), (1,), (2,), (3,), (2, 1), (1, 1, 1), (1, 1, 3), (3, 3, 3), (2, 2, 2))
_TAKES = (-9, 2, 3, 4)


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    grid: dict[str, Speak] = {}
    for way, sizes, counters, most, take in product(("one", "two", "first"), _SIZES, _COUNTERS, (5, 7), _TAKES):
        if counters or take < 0:
            shown = ("".join(map(str, sizes)), "".join(map(str, counters)), str(most), str(take) if take > 0 else "")
            grid[f"{way}({','.join(one or '-' for one in shown)})"] = plan(way, sizes, counters, most, take)
    return grid
