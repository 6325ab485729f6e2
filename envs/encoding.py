"""A dialogue as whole numbers: what can be done, what was done and heard, and what is public, for any family.

Nothing here is told about a family. Random play through the public rules shows which acts there are and which values
the public facts take; from these follow

* the **slots**: the learner's acts, the same number in every scenario. ``slot`` and ``act`` translate, ``legal`` says
  which of them are open now (those of `Game.choices`, which between them do everything that can be done).
* the **columns**: a few whole numbers that say what a turn begins with. They are the learner's last act, the others'
  replies to it (as the record has them: perfect ears), the public state and the scenario as the learner knows it.

A scenario has its own prices and names: a price of 240 means nothing without the list price. So a number may be told as
it is or as a share of the scenario's scale (the largest number that an act may hold), a name as it is or by its place
among the names that acts may hold. Whichever takes fewer different values over all scenarios is chosen: prices become
shares, turns stay counts.

What is hidden never comes here: an `Encoding` is handed the public side of a dialogue alone, see `View`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from ..core.acts import Act, Say
from ..core.dialogue import Dialogue
from ..core.game import view_of
from ..core.setting import Exchange, Setting
from ..core.stream import Stream
from .base import Family

SCENARIOS = 256  # explored at most, evenly spaced
PLAYS = 8  # random dialogues of a scenario, by which its acts are found
LEAST = 512  # random dialogues of all scenarios together
VALUES = 64  # of a column; numbers that take more are told by the nearest of so many, words are left out
_CACHE = 50_000  # states of a scenario that are remembered

Reply = tuple[str, Act]
_SAY = Say()


class View(NamedTuple):
    """What a learner with perfect ears has seen of a dialogue at its turn. Nothing in it depends on what is hidden.

    Attributes:
        scenario: Public facts and those of the learner.
        state: Public state.
        said: The learner's last act as it was applied; ``None`` before its first.
        replies: What the others did since, as (seat, act), the latest first.
    """

    scenario: Any
    state: Any
    said: Act | None
    replies: tuple[Reply, ...]

    @classmethod
    def of(cls, dialogue: Dialogue, turn: int | None = None) -> View:
        """Of a dialogue before the learner's turn of that number; by default before the next one."""
        turn = len(dialogue.steps) if turn is None else turn
        exchange = dialogue.steps[turn - 1].exchange if turn else dialogue.opening_exchange
        state = dialogue.steps[turn].before if turn < len(dialogue.steps) else dialogue.state
        said = exchange.act if turn and exchange else None
        return cls(dialogue.scenario, state, said, _replies(exchange))


@dataclass(frozen=True)
class Column:
    """One of the whole numbers that tell a turn.

    Attributes:
        path: Where the value is found, such as ``"state.round"``.
        number: Whether it is a number, told by the nearest of `values`; else a word, told by its place among them.
        relative: Whether it is told relative to the scenario; see the module.
        values: The values that are told apart, in order. 0 stands for none and for an unknown word.
    """

    path: str
    number: bool
    relative: bool
    values: tuple[Any, ...]

    @property
    def size(self) -> int:
        """How many whole numbers from 0 it takes."""
        return len(self.values) + 1


class Encoding:
    """How the dialogues of a family are told as whole numbers.

    Attributes:
        slots: The learner's acts, by number, as (kind, fields); what is in the fields may be relative to the scenario.
        columns: What tells a turn, besides the learner's last act, which comes first.
        sizes: How many whole numbers each of the numbers of a turn takes, the learner's last act first.

    Args:
        family: The family.
        made: What `to_json` returned; without it the family is explored, which takes about a second.
    """

    def __init__(self, family: Family, made: Mapping[str, Any] | None = None):
        self.family = family
        self._kinds = {**family.grammar.acts, Say.tag(): Say}
        self._frames: dict[Any, _Frame] = {}
        made = made or _explore(family)
        self._relative = {name: str(how) for name, how in made["fields"].items()}
        self.slots = tuple((str(kind), tuple(values)) for kind, values in made["slots"])
        self._numbers = {slot: number for number, slot in enumerate(self.slots)}
        self.columns = tuple(Column(**{**column, "values": tuple(column["values"])}) for column in made["columns"])
        self.sizes = (len(self.slots) + 1, *(column.size for column in self.columns))
        self._readers: dict[str, list[tuple[int, str, Callable[[Any, _Frame], int]]]] = {}
        for place, column in enumerate(self.columns, 1):
            root = column.path.partition(".")[0]
            self._readers.setdefault(root, []).append((place, column.path, _reader(column)))

    def to_json(self) -> dict[str, Any]:
        """What makes the same encoding again, JSON-ready."""
        columns = [{**vars(column), "values": list(column.values)} for column in self.columns]
        slots = [[kind, list(values)] for kind, values in self.slots]
        return {"fields": dict(self._relative), "slots": slots, "columns": columns}

    def row(self, view: View) -> np.ndarray:
        """What a turn begins with: a whole number from 0 for each of `sizes`; shape (columns + 1,)."""
        frame = self._frame(view.scenario)
        row = frame.row.copy()
        row[0] = 0 if view.said is None else 1 + self._number(frame, view.said)
        for root, part, known in (("state", view.state, frame.states), ("heard", view.replies, frame.heard)):
            found = known.get(part)
            if found is None:
                if len(known) >= _CACHE:
                    known.clear()
                found = known[part] = self._read(root, part, frame)
            row[found[0]] = found[1]
        return row

    def legal(self, view: View) -> np.ndarray:
        """Which slots are open now; shape (slots,), bool."""
        frame = self._frame(view.scenario)
        found = frame.legal.get(view.state)
        if found is None:
            if len(frame.legal) >= _CACHE:
                frame.legal.clear()
            found = np.zeros(len(self.slots), bool)
            setting = frame.setting
            open_now = (frame.numbers.get(act, -1) for act in setting.game.choices(view.state, setting.seat))
            found[[number for number in open_now if number >= 0]] = True
            if not found.any():  # nothing that was seen in exploring: talk is always possible
                raise ValueError(f"none of the acts that are possible in {view.state!r} has a slot")
            frame.legal[view.state] = found
        return found

    def act(self, scenario: Any, slot: int) -> Act:
        """The act of a slot.

        Raises:
            KeyError: If the scenario has no such act.
        """
        return self._frame(scenario).acts[slot]

    def slot(self, scenario: Any, act: Act) -> int | None:
        """The slot of an act, or of the nearest if it holds a number that no slot has; ``None`` if there is none."""
        number = self._number(self._frame(scenario), act)
        return None if number < 0 else number

    def told(self, scenario: Any, value: int | float | str) -> Any:
        """A value relative to a scenario: a number as a share of its scale, a word by its place among those of acts."""
        return self._frame(scenario).told(value)

    def name(self, slot: int) -> str:
        """A slot in words."""
        kind, values = self.slots[slot]
        return " ".join([kind, *map(str, values)])

    def _frame(self, scenario: Any) -> _Frame:
        frame = self._frames.get(scenario)
        if frame is None:
            setting = self.family.setting(scenario)
            frame = self._frames[scenario] = _Frame(setting, _menu(setting, self._kinds))
            for act in frame.menu:
                number = self._numbers.get(frame.key(act, self._relative))
                if number is not None:
                    frame.acts[number], frame.numbers[act] = act, number
            frame.row = np.zeros(len(self.sizes), np.int64)
            places, numbers = self._read("scenario", scenario, frame)
            frame.row[places] = numbers
        return frame

    def _number(self, frame: _Frame, act: Act) -> int:
        """The slot of an act, or of that of the same kind and words whose numbers are nearest; -1 if there is none."""
        found = frame.numbers.get(act)
        if found is None:
            mine, best = _fields(act), (np.inf, -1)
            for number, other in frame.acts.items():
                if type(other) is type(act):
                    pairs = list(zip(mine.values(), _fields(other).values(), strict=True))
                    if all(_is_number(a) or str(a).lower() == str(b).lower() for a, b in pairs):
                        best = min(best, (sum(abs(a - b) for a, b in pairs if _is_number(a)), number))
            found = frame.numbers[act] = best[1]
        return found

    def _read(self, root: str, part: Any, frame: _Frame) -> tuple[list[int], list[int]]:
        """Places and whole numbers of the columns beneath a root."""
        found = dict(leaves(root, part))
        readers = self._readers.get(root, ())
        return [place for place, _, _ in readers], [read(found.get(path), frame) for _, path, read in readers]


class _Frame:
    """What one scenario is told relative to: its acts, its scale and its names."""

    def __init__(self, setting: Setting, menu: Sequence[Act]):
        self.setting, self.menu = setting, menu
        self.ranks: dict[str, dict[Any, int]] = {}  # field -> value -> its place among those of the field
        for act in menu:
            for name, value in _fields(act).items():
                self.ranks.setdefault(f"{act.tag()}.{name}", {}).setdefault(value, 0)
        for name, values in self.ranks.items():
            numbers = all(map(_is_number, values))
            self.ranks[name] = {value: k for k, value in enumerate(sorted(values) if numbers else values)}
        held = [abs(value) for values in self.ranks.values() for value in values if _is_number(value)]
        self.scale = max(held, default=0)
        self.places: dict[str, str] = {}  # word -> its place among the words of acts
        for name, values in self.ranks.items():
            for value, k in values.items():
                if isinstance(value, str):
                    self.places.setdefault(value.lower(), f"{name}#{k}")
        self.acts: dict[int, Act] = {}
        self.numbers: dict[Act, int] = {}
        self.row = np.zeros(0, np.int64)  # of the scenario's own columns
        self.states: dict[Any, tuple[list[int], list[int]]] = {}
        self.heard: dict[Any, tuple[list[int], list[int]]] = {}
        self.legal: dict[Any, np.ndarray] = {}

    def told(self, value: Any) -> Any:
        """A value relative to the scenario."""
        if _is_number(value):
            return round(value / self.scale, 6) if self.scale else value
        return self.places.get(str(value).lower(), str(value))

    def ways(self, name: str, value: Any) -> dict[str, Any]:
        """The ways to tell a value of an act's field."""
        return {"plain": value, "relative": self.told(value), "place": self.ranks[name].get(value, -1)}

    def key(self, act: Act, how: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
        """An act as slots name it."""
        tag = act.tag()
        values = (
            self.ways(f"{tag}.{name}", value)[how.get(f"{tag}.{name}", "plain")] for name, value in _fields(act).items()
        )
        return tag, tuple(values)


# ---- exploring a family


@lru_cache(maxsize=64)
def _explore(family: Family) -> Mapping[str, Any]:
    """Slots and columns of a family, JSON-ready; found once for equal families."""
    kinds = {**family.grammar.acts, Say.tag(): Say}
    some, plays = explored(family)
    frames, points = [], []
    for scenario in some:
        setting = family.setting(scenario)
        frames.append(frame := _Frame(setting, _menu(setting, kinds)))
        turns = (turn for play in wander(setting, plays, len(frames)) for turn in play)
        view = partial(view_of, setting.game, seat=setting.seat)
        seen = dict.fromkeys((view(state), _replies(last)) for state, last, choices in turns if choices)
        fixed = dict(leaves("scenario", scenario))
        points += [
            (frame, {**dict(leaves("heard", replies)), **dict(leaves("state", state)), **fixed})
            for state, replies in seen
        ]
    how = _fewest(frames)
    slots = dict.fromkeys(frame.key(act, how) for frame in frames for act in frame.menu)
    order = list(kinds)
    listed = sorted(slots, key=lambda slot: (order.index(slot[0]), *(v if _is_number(v) else 0 for v in slot[1])))
    return {"fields": how, "slots": listed, "columns": [vars(column) for column in _columns(points)]}


def explored(family: Family) -> tuple[list[Any], int]:
    """The scenarios that are explored, and the number of random dialogues in each."""
    scenarios = tuple(family.scenarios())
    some = [scenarios[k] for k in sorted({k * len(scenarios) // SCENARIOS for k in range(SCENARIOS)})]
    return some, max(PLAYS, -(-LEAST // len(some)))


def _fewest(frames: Sequence[_Frame]) -> dict[str, str]:
    """For each field of an act, the way to tell it that takes the fewest different values."""
    how = {}
    for name in dict.fromkeys(name for frame in frames for name in frame.ranks):
        told = [frame.ways(name, value) for frame in frames for value in frame.ranks.get(name, ())]
        how[name] = min(told[0], key=lambda way: len({ways[way] for ways in told}))
    return how


def _columns(points: Sequence[tuple[_Frame, Mapping[str, Any]]]) -> Iterator[Column]:
    """The columns that tell something which the ones before do not."""
    seen: set[tuple[int, ...]] = set()
    for path in dict.fromkeys(path for _, leaves in points for path in leaves):
        values = [leaves.get(path) for _, leaves in points]
        number = all(value is None or _is_number(value) for value in values)
        plain = values if number else [None if value is None else str(value) for value in values]
        told = [None if value is None else frame.told(value) for (frame, _), value in zip(points, values, strict=True)]
        relative = len(set(told)) < len(set(plain))
        chosen: list[Any] = told if relative else plain
        different = {value: k for k, value in enumerate(dict.fromkeys(chosen))}
        partition = tuple(different[value] for value in chosen)
        different.pop(None, None)
        if partition in seen or not any(partition) or (len(different) > VALUES and not number):
            continue
        seen.add(partition)
        kept: Any = sorted(different) if number else list(different)
        if len(kept) > VALUES:
            kept = sorted({float(value) for value in np.quantile(kept, np.linspace(0.0, 1.0, VALUES))})
        yield Column(path, number, relative, tuple(kept))


def _menu(setting: Setting, kinds: Mapping[str, type[Act]]) -> list[Act]:
    """Every act that the learner can choose in some random dialogues, kind by kind, in order of first sight."""
    order = list(kinds)
    return sorted((act for act in _chosen(setting) if act.tag() in kinds), key=lambda act: order.index(act.tag()))


@lru_cache(maxsize=256)
def _chosen(setting: Setting) -> tuple[Act, ...]:
    """The acts of `_menu`; found once for all scenarios that have the setting."""
    return tuple(dict.fromkeys(act for play in wander(setting, PLAYS, 0) for _, _, acts in play for act in acts))


def wander(setting: Setting, plays: int, seed: int) -> Iterator[list[tuple[Any, Exchange | None, list[Act]]]]:
    """Random dialogues under the public rules: of each, the turns of the learner as (state, last exchange, choices).

    The first turn of a dialogue that the learner opens has no last exchange. The end has no choices.

    The kind of act is drawn first. In every other dialogue nothing is done that ends it at once, as long as there is
    anything else to do.
    """
    game, seat = setting.game, setting.seat
    for play in range(plays):
        stream = Stream(np.random.default_rng((seed, play)))
        state, hidden, act = game.start(), setting.prior.sample(stream), None
        opening = game.mover(state) != seat
        turns = []
        while True:
            exchange = None
            if opening or act is not None:
                exchange = setting.draw(state, hidden, act, stream)
                state, hidden = exchange.after, exchange.hidden
                if exchange.over:
                    break
            opening = False
            choices = list(game.choices(state, seat))
            turns.append((state, exchange, choices))
            if play % 2:
                choices = [act for act in choices if game.mover(game.apply(state, seat, act)) is not None] or choices
            by_kind: dict[type[Act], list[Act]] = {}
            for one in choices:
                by_kind.setdefault(type(one), []).append(one)
            acts = list(by_kind.values())[stream.choose(len(by_kind))]
            act = acts[stream.choose(len(acts))]
        yield [*turns, (state, exchange, [])]


def _replies(exchange: Exchange | None) -> tuple[Reply, ...]:
    return tuple((seat, act) for _, seat, act in reversed(exchange.replies)) if exchange else ()


# ---- values


def leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The plain values in a value, each with the path that leads to it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        yield path, value
    elif isinstance(value, Act):
        yield path, value.tag()
        for name, part in _fields(value).items():
            yield from leaves(f"{path}.{value.tag()}.{name}", part)
    elif isinstance(value, (set, frozenset)):
        for part in value:
            yield f"{path}.{part}", True
    else:
        for name, part in _parts(value):
            yield from leaves(f"{path}.{name}", part)


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    if is_dataclass(value):
        return ((field.name, getattr(value, field.name)) for field in fields(value))
    if hasattr(value, "_fields"):
        return zip(value._fields, value, strict=True)
    return enumerate(value) if isinstance(value, (tuple, list)) else ()


def _fields(act: Act) -> dict[str, Any]:
    return {field.name: getattr(act, field.name) for field in fields(act)}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _reader(column: Column) -> Callable[[Any, _Frame], int]:
    """How a column's value becomes its whole number."""
    if not column.number:
        places = {value: k for k, value in enumerate(column.values, 1)}
        if column.relative:
            return lambda value, frame: 0 if value is None else places.get(frame.told(value), 0)
        return lambda value, frame: 0 if value is None else places.get(str(value), 0)
    middles = [(a + b) / 2 for a, b in zip(column.values[:-1], column.values[1:], strict=True)]
    if column.relative:
        return lambda value, frame: 0 if value is None else 1 + bisect_left(middles, frame.told(value))
    return lambda value, frame: 0 if value is None else 1 + bisect_left(middles, value)
