"""Simulated users side by side: the figures of each, as tables and as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .statistics import Interval
from .tables import PADDING, WIDTH, Printable, estimate, markdown, number
from .user_measures import MEASURES, Measure, meaning

_BESIDE = 2  # users beside each other in the terminal; more stand below
_PLAIN = ("env_id", "settings", "grammar", "talker", "seed", "episodes")  # fields of a `Scorecard`, as they are


class Transfer(NamedTuple):
    """How a policy fared with a user."""

    mean: float  # payoff
    interval: Interval  # 95%
    n: int  # dialogues


@dataclass(frozen=True)
class UserCard:
    """One user's column."""

    user: str
    exact: bool  # whether its acts are the family's own mind's
    episodes: int  # ordinary dialogues that count
    dropped: int  # dialogues of all kinds that failed in its machinery, and count nowhere
    measures: dict[str, Measure]  # see `MEASURES`
    transfer: dict[str, Transfer]  # policy -> payoff; a policy is missing if all its dialogues failed
    error: str = ""  # what failed last


@dataclass(frozen=True)
class Scorecard(Printable):
    """Users of one environment side by side."""

    env_id: str
    settings: dict[str, Any]  # every setting of the family
    grammar: str
    talker: str  # the policy of the ordinary dialogues
    seed: int  # the first; episode ``i`` has the seed ``seed + i``, with every user
    episodes: int  # of each kind with each user
    users: tuple[UserCard, ...]
    notes: tuple[str, ...] = ()  # what could not be measured, a sentence each

    def __getitem__(self, user: str) -> UserCard:
        """The column of a user.

        Raises:
            KeyError: If there is none; the message lists those there are.
        """
        for card in self.users:
            if card.user == user:
                return card
        raise KeyError(f"user must be one of {', '.join(card.user for card in self.users)}; got {user!r}")

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the definition of each measure."""
        users = []
        for card in self.users:
            transfer = {policy: {**t._asdict(), "interval": list(t.interval)} for policy, t in card.transfer.items()}
            measures = {name: measure._asdict() for name, measure in card.measures.items()}
            users.append({**asdict(card), "measures": measures, "transfer": transfer})
        values = {name: getattr(self, name) for name in _PLAIN}
        definitions = {name: meaning(name) for name in MEASURES}
        return {**values, "users": users, "notes": list(self.notes), "definitions": definitions}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Scorecard:
        """Read `to_json` back; a `KeyError` if something is missing."""
        users = []
        for card in values["users"]:
            measures = {name: Measure(**measure) for name, measure in card["measures"].items()}
            transfer = {
                policy: Transfer(t["mean"], Interval(*t["interval"]), t["n"]) for policy, t in card["transfer"].items()
            }
            users.append(UserCard(**{**card, "measures": measures, "transfer": transfer}))
        known: dict[str, Any] = {name: values[name] for name in _PLAIN}
        return cls(**known, users=tuple(users), notes=tuple(values["notes"]))

    def to_markdown(self) -> str:
        """A table with a column for each user, and one of how the policies fared."""
        users = [f"`{card.user}`" for card in self.users]
        text = markdown([["", *users], *([label, *cells] for label, _, cells in self.rows())]) + "\n"
        if transfer := self.transfer_rows():
            text += "\n" + markdown([["payoff of policy", *users], *transfer]) + "\n"
        return text

    def rows(self) -> list[tuple[str, str, list[str]]]:
        """Label, definition and cells of each measure that was taken of somebody."""
        columns = {name: [card.measures.get(name, Measure(None, 0)) for card in self.users] for name in MEASURES}
        return [
            (name.replace("_", " "), meaning(name), [_cell(name, measure) for measure in measures])
            for name, measures in columns.items()
            if any(measure.value is not None for measure in measures)
        ]

    def transfer_rows(self) -> list[list[str]]:
        """Policy and cells."""
        names = dict.fromkeys(policy for card in self.users for policy in card.transfer)
        return [[policy, *(_payoff(card.transfer.get(policy)) for card in self.users)] for policy in names]

    def __rich__(self) -> RenderableType:
        """For ``rich.print``."""
        last = self.seed + self.episodes - 1
        about = Text.assemble(
            (self.env_id, "bold"),
            f" · {self.episodes} dialogues of each kind (seeds {self.seed} to {last}) · {self.grammar} grammar",
        )
        shown = range(0, len(self.users), _BESIDE)
        tables = [replace(self, users=self.users[first : first + _BESIDE])._table(self) for first in shown]
        notes = [f"{label}: {text}" for label, text, _ in self.rows()] + list(self.notes)
        notes += [f"{card.user}: {card.error}" for card in self.users if card.error]
        return Group(about, *tables, Text("\n".join(notes), style="dim"))

    def _table(self, whole: Scorecard) -> Table:
        """The columns of these users, in the rows of all."""
        table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False, width=WIDTH)
        table.add_column("")
        for card in self.users:
            table.add_column(card.user, justify="right", overflow="fold")
        dropped = [f"{card.episodes}" + (f" ({card.dropped} dropped)" if card.dropped else "") for card in self.users]
        table.add_row(f"dialogues with {self.talker}", *dropped, style="dim")
        places = [whole.users.index(card) for card in self.users]
        for label, _, cells in whole.rows():
            table.add_row(label, *(cells[place] for place in places))
        if transfer := whole.transfer_rows():
            table.add_section()
        for policy, *cells in transfer:
            table.add_row(f"payoff of {policy}", *(cells[place] for place in places))
        return table


def _cell(name: str, measure: Measure) -> str:
    """A figure with what it is made of."""
    if measure.value is None:
        return "–"
    digits = 1 if name in ("diversity", "length", "tokens_written") else 2
    # the kinds of attack, and what each stage reads and writes, are in the JSON
    parts = {} if name == "leaks" else {part: n for part, n in measure.parts.items() if " " not in part}
    beside = "".join(f", {part} {number(value, digits)}" for part, value in parts.items())
    return f"{number(measure.value, digits)} ({measure.n}{beside})"


def _payoff(transfer: Transfer | None) -> str:
    return "–" if transfer is None else f"{estimate(transfer.mean, transfer.interval).strip()} ({transfer.n})"
