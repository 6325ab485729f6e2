"""A simulated person beside people, by the protocol of `likeness`. One reader makes acts of the words of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..core.acts import Act
from ..envs.base import Family
from ..envs.human_data import HumanData, Talk, Unreadable
from ..envs.make import make_engine
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from .likeness import FEWEST, SPLITS, Bits, Ratio, Wording, bits, group_score, split_half, wording
from .tables import PADDING, WIDTH, Printable, markdown, number


@dataclass(frozen=True)
class Likeness(Printable):
    """A simulated person beside people."""

    env_id: str
    user: str
    policy: str  # who talks to it
    reader: str
    people: int  # dialogues that could be read
    simulated: int
    refused: dict[str, int]  # why others could not, and how many
    dropped: int  # simulated dialogues that failed in the user's machinery
    ratios: dict[str, Ratio]
    bits: Bits | None
    why_no_bits: str
    wording: tuple[Wording, Wording]  # people, simulated
    groups: dict[str, tuple[int, float | None]]  # dialogues of people, score
    counts: dict[str, dict[str, list[float]]]  # of people: measure -> edges of the bins, and how many in each

    def to_json(self) -> dict[str, Any]:
        """Plain values; `counts` hold no word of anybody."""
        ratios = {name: {**one._asdict(), "ratio": one.ratio} for name, one in self.ratios.items()}
        plain = ("env_id", "user", "policy", "reader", "people", "simulated", "refused", "dropped", "counts")
        return {
            **{name: getattr(self, name) for name in plain},
            "ratios": ratios,
            "bits": None if self.bits is None else self.bits._asdict(),
            "wording": {name: one._asdict() for name, one in zip(("people", "simulated"), self.wording, strict=True)},
            "groups": {name: {"n": n, "score": score} for name, (n, score) in self.groups.items()},
        }

    def to_markdown(self) -> str:
        """Every table."""
        return "\n\n".join(markdown(rows) for rows in self._tables()) + "\n\n" + "\n".join(self._notes()) + "\n"

    def _tables(self) -> Iterator[list[list[str]]]:
        rows = [["measure", "people", self.user, "n", "ratio"]]
        for name, one in self.ratios.items():
            rows.append([name, number(one.people), number(one.simulated), f"{one.n}, {one.n_simulated}",
                         number(one.ratio, 2)])  # fmt: skip
        yield rows
        rows = [["words", "people", self.user]]
        for name in Wording._fields:
            label = {"overlap": "first-turn overlap", "ended": "ended by the person"}.get(name, name.replace("_", "-"))
            rows.append([label, *(number(getattr(side, name), 2) for side in self.wording)])
        yield rows
        if self.groups:
            yield [
                ["group", "people", "1 - TVD/TVD even"],
                *([name, str(n), number(score, 2)] for name, (n, score) in self.groups.items()),
            ]

    def _notes(self) -> list[str]:
        n = sum(self.refused.values())
        notes = [f"{n} of {n + self.people} records were refused."] if n else ["No record was refused."]
        notes += [f"{count} refused: {why}." for why, count in sorted(self.refused.items(), key=lambda one: -one[1])]
        if self.dropped:
            notes.append(f"{self.dropped} simulated dialogues failed and do not count.")
        if self.bits is None:
            notes.append(f"No bits an act: {self.why_no_bits}.")
        else:
            b = self.bits
            other = "" if b.frequencies is None else f"{b.frequencies:.2f} by the frequencies of the other half, "
            notes.append(
                f"Bits an act: {b.value:.2f} ({b.n} acts of people; {other}{b.even:.2f} if all acts were alike); "
                f"{b.impossible:.0%} of the acts are such that this person never makes."
            )
            if b.unscored:
                notes.append(f"{b.unscored} acts of people come after the end that these rules give a dialogue.")
        return notes

    def __rich__(self) -> RenderableType:
        """For ``rich.print``."""
        about = Text.assemble(
            (self.env_id, "bold"),
            f" · {self.people} dialogues of people, {self.simulated} of {self.policy} with {self.user} · "
            f"reader {self.reader}",
        )
        shown: list[RenderableType] = [about]
        for header, *rows in self._tables():
            table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False, width=WIDTH)
            for place, name in enumerate(header):
                table.add_column(name, justify="right" if place else "left")
            for row in rows:
                table.add_row(*row)
            shown.append(table)
        legend = (
            "ratio: KS distance of half of the people from as many simulated dialogues, over that of two halves of the "
            f"people; 1 is as close as people are. Left out below {FEWEST} values."
        )
        return Group(*shown, Text("\n".join(self._notes())), Text(legend, style="dim"))


def read_all(data: HumanData, records: Iterable[Any], layout: str) -> tuple[list[Talk], dict[str, int]]:
    """The records of a layout that can be used, and why others cannot, each reason with its count.

    Raises:
        ValueError: If the family does not read this layout.
    """
    if layout not in data.formats:
        raise ValueError(f"format must be one of {', '.join(data.formats)} for this environment; got {layout!r}")
    talks, refused = [], Counter()
    for record in records:
        try:
            if not isinstance(record, Mapping):
                raise Unreadable("no JSON object")
            talks.append(data.formats[layout](record))
        except Unreadable as why:
            refused[str(why)] += 1
    return talks, dict(refused)


def compare(
    env_id: str,
    records: Iterable[Any],
    layout: str,
    user: Any = "scripted",
    policy: str = "scripted",
    episodes: int | None = None,
    seed: int = 0,
    splits: int = SPLITS,
    **settings: Any,
) -> Likeness:
    """Hold a simulated person against dialogues between people. Both are read from their words, by the same code.

    Args:
        env_id: A registered id of a family that can read people.
        records: Those of a file.
        layout: Its layout.
        user: The simulated person.
        policy: Who talks to it.
        episodes: How many dialogues are simulated; by default as many as there are of people, but at least 200.
        seed: Of the first simulated dialogue, and of the splits.
        splits: How often people are halved.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid, or no record can be read.
    """
    engine = make_engine(env_id, user=user, **settings)
    family: Family = engine.family
    data = family.human
    if data is None:
        raise ValueError(f"{env_id} does not read dialogues between people")
    talks, refused = read_all(data, records, layout)
    if not talks:
        reasons = "; ".join(f"{count}: {why}" for why, count in refused.items()) or "there is none"
        raise ValueError(f"no record of the file can be read as {layout} ({reasons})")
    if episodes is not None and episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    count = max(200, len(talks)) if episodes is None else episodes
    played = list(rollout(engine, make_policy(policy, engine), range(seed, seed + count)))
    kept = [dialogue for dialogue in played if not dialogue.error]
    if not kept:
        raise ValueError(f"no simulated dialogue was finished: {played[-1].error}")
    both = talks, [data.talk(dialogue) for dialogue in kept]
    acts = [[data.read(talk) for talk in side] for side in both]
    values = [_columns(data, side, read) for side, read in zip(both, acts, strict=True)]
    ends = [
        [data.outcome(t, a) for t, a in zip(side, read, strict=True)] for side, read in zip(both, acts, strict=True)
    ]
    cost, why = None, ""
    try:
        cost = bits(data.course(family, talk, read) for talk, read in zip(talks, acts[0], strict=True))
        why = "people do nothing that could be foreseen"
    except ValueError as error:
        why = str(error)
    closing = _closing(family)
    return Likeness(
        env_id,
        str(user) if isinstance(user, str) else type(user).__name__,
        policy,
        data.reader,
        len(talks),
        len(kept),
        refused,
        len(played) - len(kept),
        {name: split_half(values[0][name], values[1][name], splits, seed) for name in data.bins},
        cost,
        why,
        (wording(both[0], acts[0], family.partner, closing), wording(both[1], acts[1], family.partner, closing)),
        _groups(talks, ends, data.outcomes),
        _counted(values[0], data.bins),
    )


def _columns(data: HumanData, talks: Sequence[Talk], read: Sequence[Any]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {name: [] for name in data.bins}
    for talk, acts in zip(talks, read, strict=True):
        for name, value in data.measures(talk, acts).items():
            columns[name].append(value)
    return columns


def _closing(family: Family) -> Callable[[Act], bool]:
    """Whether an act is one by which somebody ends a dialogue: to accept or to leave."""
    kinds = tuple(kind for kind in family.acts if kind.tag() in ("accept", "walk"))
    return lambda act: isinstance(act, kinds)


def _groups(
    talks: Sequence[Talk], ends: Sequence[Sequence[str]], classes: Sequence[str]
) -> dict[str, tuple[int, float | None]]:
    """Score of everybody, and of each group of enough people."""
    found: dict[str, list[str]] = {"everybody": list(ends[0])}
    for talk, end in zip(talks, ends[0], strict=True):
        if talk.group:
            found.setdefault(talk.group, []).append(end)
    return {
        name: (len(some), group_score(ends[1], some, classes))
        for name, some in found.items()
        if name == "everybody" or len(some) >= FEWEST
    }


def _counted(
    columns: Mapping[str, Sequence[float]], bins: Mapping[str, Sequence[float]]
) -> dict[str, dict[str, list[float]]]:
    """How many values lie in each bin; those outside are in the first or the last."""
    found = {}
    for name, edges in bins.items():
        inside: NDArray = np.clip(columns[name], edges[0], edges[-1] - 1e-9)
        found[name] = {"edges": list(edges), "counts": np.histogram(inside, edges)[0].tolist()}
    return found
