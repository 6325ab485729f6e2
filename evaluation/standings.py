"""What a tournament came to: the cross-play matrix and the ranking.

In a round, one player beats another if it earns more in the seats of the dialogue, each in turn, with the other in all
other seats, than the other earns with it. Both have then had the same seats with the same private facts, as in
duplicate bridge, so that the luck of the deal and what a seat is worth cancel. Strengths are those of Bradley and
Terry, see `ratings`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .ratings import ratings
from .statistics import FEW, Interval, mean_interval
from .tables import PADDING, Printable, estimate, markdown, number

_EQUAL = 1e-9  # payoffs that differ by less, by rounding, are equal
_NAME = 24  # columns of a player's name in a table; longer ones are folded


class Estimate(NamedTuple):
    """A mean of some dialogues and its 95% interval."""

    mean: float
    interval: Interval
    dialogues: int


@dataclass(frozen=True)
class Meeting:
    """One dialogue of a tournament.

    Attributes:
        seed: Of scenario and private facts.
        players: Seat -> the name of the player in it.
        payoffs: Seat -> what it got; empty for a dialogue that was dropped.
        turns: What was said, in order: seat, text, act (as its tag, ``""`` for talk) and problem.
        error: What failed in the machinery of a player; ``""`` if nothing did.
        failed: The name of that player.
    """

    seed: int
    players: dict[str, str]
    payoffs: dict[str, float]
    turns: list[dict[str, str]]
    error: str = ""
    failed: str = ""


class Standing(NamedTuple):
    """A player's place in the ranking.

    Attributes:
        player: Its name.
        rating: On the scale of Elo, with its interval; ``None`` if it was never compared.
        wins: Share of the comparisons that it has won, draws as halves; ``None`` as above.
        payoff: Mean in a seat among copies of another player; ``None`` if there was no such dialogue.
        lost: Turns that it lost in a dialogue (malformed, ambiguous or illegal), on average.
        failures: Dialogues that were dropped because of it.
    """

    player: str
    rating: tuple[float, Interval] | None
    wins: float | None
    payoff: Estimate | None
    lost: float
    failures: int


@dataclass(frozen=True)
class Tournament(Printable):
    """What a tournament came to.

    Attributes:
        env_id: Where it was played.
        players: Their names.
        seats: Of the dialogues.
        seeds: One a round.
        grammar: ``"natural"`` or ``"tagged"``.
        meetings: Every dialogue, those that were dropped too.
    """

    env_id: str
    players: tuple[str, ...]
    seats: tuple[str, ...]
    seeds: tuple[int, ...]
    grammar: str
    meetings: tuple[Meeting, ...]

    @cached_property
    def payoffs(self) -> NDArray:
        """What a player gets in a seat among copies of another, not a number where the dialogue was dropped.

        Shape (players, others, seats, rounds).
        """
        size, rounds = len(self.players), {seed: place for place, seed in enumerate(self.seeds)}
        table = np.full((size, size, len(self.seats), len(rounds)), np.nan)
        for meeting in self.meetings:
            who = [self.players.index(meeting.players[seat]) for seat in self.seats]
            for place, seat in enumerate(self.seats):
                others = set(who[:place] + who[place + 1 :])
                if len(others) == 1 and not meeting.error:
                    table[who[place], others.pop(), place, rounds[meeting.seed]] = meeting.payoffs[seat]
        return table

    @cached_property
    def scores(self) -> NDArray:
        """For each round 1 if i beats j, 0.5 for a draw, 0 if it loses; shape (rounds, players, players).

        Not a number where a dialogue of the comparison was dropped.
        """
        earned = self.payoffs.sum(2)
        gain = (earned - earned.swapaxes(0, 1)).transpose(2, 0, 1)
        return np.where(np.isnan(gain), np.nan, np.where(np.abs(gain) < _EQUAL, 0.5, gain > 0.0))

    @property
    def dropped(self) -> int:
        """Dialogues that failed, and were never scored."""
        return sum(bool(meeting.error) for meeting in self.meetings)

    def cell(self, player: str, other: str, seat: str | None = None) -> Estimate | None:
        """The mean payoff of a player in a seat among copies of another; in the mean of all seats without `seat`.

        Returns:
            ``None`` if every such dialogue was dropped.

        Raises:
            ValueError: If there is no such player or seat.
        """
        if player not in self.players or other not in self.players:
            raise ValueError(f"players are {', '.join(self.players)}; got {player!r} and {other!r}")
        if seat is not None and seat not in self.seats:
            raise ValueError(f"seat must be one of {', '.join(self.seats)}; got {seat!r}")
        rows = self.payoffs[self.players.index(player), self.players.index(other)]
        return _estimate(rows if seat is None else rows[self.seats.index(seat)][None])

    @cached_property
    def ranking(self) -> list[Standing]:
        """The players, the strongest first."""
        size, failures = len(self.players), Counter(meeting.failed for meeting in self.meetings)
        others = ~np.eye(size, dtype=bool)
        found = []
        for place, (player, rating) in enumerate(zip(self.players, ratings(self.scores), strict=True)):
            score = self.scores[:, place, others[place]]
            wins = float(np.nanmean(score)) if rating is not None else None
            earned = self.payoffs[place, others[place]].reshape(-1, len(self.seeds))
            lost = self._lost[player] / self._played[player]
            found.append(Standing(player, rating, wins, _estimate(earned), lost, failures[player]))
        return sorted(found, key=lambda one: -np.inf if one.rating is None else one.rating[0], reverse=True)

    @cached_property
    def _lost(self) -> Counter[str]:
        """Turns that each player has lost."""
        return Counter(m.players[turn["seat"]] for m in self.meetings for turn in m.turns if turn["problem"])

    @cached_property
    def _played(self) -> Counter[str]:
        """Dialogues of each player; one in which it sits twice counts twice."""
        return Counter(player for meeting in self.meetings for player in meeting.players.values())

    def to_json(self) -> dict[str, Any]:
        """Ranking and matrix, without the dialogues."""
        views = self.views()
        return {
            "env_id": self.env_id,
            "players": list(self.players),
            "seats": list(self.seats),
            "seeds": list(self.seeds),
            "grammar": self.grammar,
            "dialogues": len(self.meetings),
            "dropped": self.dropped,
            "ranking": [_plain(standing) for standing in self.ranking],
            "payoffs": {
                seat or "all": {
                    player: {other: _plain(self.cell(player, other, seat)) for other in self.players}
                    for player in self.players
                }
                for seat in views
            },
        }

    def to_markdown(self) -> str:
        """Ranking and matrices as Markdown tables."""
        parts = [self.about(), markdown(self._ranks())]
        for seat, title in self.views().items():
            rows = [
                [f"`{player}`", *(_said(self.cell(player, other, seat)) for other in self.players)]
                for player in self.players
            ]
            parts += [title, markdown([["", *(f"`{other}`" for other in self.players)], *rows])]
        return "\n\n".join(parts) + "\n"

    def __rich__(self) -> RenderableType:
        """Ranking and matrices for the terminal."""
        ranks = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False)
        header, *rows = self._ranks()
        for name in header:
            ranks.add_column(name, overflow="fold", max_width=_NAME if name == "player" else None)
        for row in rows:
            ranks.add_row(*(cell.strip("`") for cell in row))
        parts: list[RenderableType] = [Text(self.about(), style="bold"), ranks]
        for seat, title in self.views().items():
            table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False, title=title, title_justify="left")
            table.add_column("", overflow="fold", max_width=_NAME)
            for other in self.players:
                table.add_column(other, justify="right", overflow="fold", max_width=_NAME)
            for player in self.players:
                table.add_row(player, *(_short(self.cell(player, other, seat)) for other in self.players))
            parts.append(table)
        return Group(*parts, Text(self._notes(), style="dim"))

    def about(self) -> str:
        """What was played, and what was dropped."""
        span = f"seed {self.seeds[0]}" if len(self.seeds) == 1 else f"seeds {self.seeds[0]} to {self.seeds[-1]}"
        failing = ", ".join(f"{one.player} {one.failures}" for one in self.ranking if one.failures)
        dropped = f"; {self.dropped} dropped, since a player failed ({failing})" if failing else ""
        return (
            f"{self.env_id} · {len(self.seeds)} round{'s' * (len(self.seeds) != 1)} ({span}) · {self.grammar} grammar "
            f"· {len(self.meetings)} dialogues{dropped}"
        )

    def _ranks(self) -> list[list[str]]:
        rows = [["player", "rating", "wins", "payoff", "lost turns", "failed"]]
        for one in self.ranking:
            rating = "–"
            if one.rating is not None:
                rating = f"{one.rating[0]:.0f} [{one.rating[1].low:.0f}, {one.rating[1].high:.0f}]"
            wins = "–" if one.wins is None else f"{one.wins:.0%}"
            rows.append([f"`{one.player}`", rating, wins, _said(one.payoff), number(one.lost, 2), str(one.failures)])
        return rows if self.dropped else [row[:-1] for row in rows]

    def views(self) -> dict[str | None, str]:
        """Which matrices are shown, with what stands over them: one for each of two seats, of more their mean."""
        if len(self.seats) > 2:
            return {None: "Mean payoff in a seat (row) among copies of another player (column), over all seats"}
        one, other = (seat if seat == "you" else f"the {seat}" for seat in self.seats)
        first, second = list(self.seats)
        return {
            first: f"Mean payoff of {one} (row), against {other} (column)",
            second: f"Mean payoff of {other} (row), against {one} (column)",
        }

    def _notes(self) -> str:
        notes = (
            "rating: strength by Bradley and Terry on the scale of Elo, mean 1000; a player beats another in a round "
            "by earning more over all seats than the other does in its place; payoff: mean of a seat among copies of "
            "the others; brackets and ±: 95% intervals"
        )
        return notes + f"; with fewer than {FEW} rounds those of ratings are too short" * (len(self.seeds) < FEW)

    def write(self, folder: Path) -> None:
        """Write `tournament.jsonl`, a dialogue a line, and `tournament.md` and `tournament.json`, what it came to."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "tournament.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(meeting), ensure_ascii=False) + "\n" for meeting in self.meetings)
        (folder / "tournament.md").write_text(self.to_markdown(), encoding="utf-8")
        (folder / "tournament.json").write_text(json.dumps(self.to_json(), indent=2) + "\n", encoding="utf-8")


def _estimate(rows: NDArray) -> Estimate | None:
    """Of payoffs of shape (kinds, rounds), those of a round together; ``None`` if all were dropped."""
    there = ~np.isnan(rows)
    some = there.any(0)
    if not some.any():
        return None
    means = np.nanmean(rows[:, some], axis=0)
    return Estimate(float(means.mean()), mean_interval(means), int(there.sum()))


def _said(value: Estimate | None) -> str:
    return "–" if value is None else estimate(value.mean, value.interval).strip()


def _short(value: Estimate | None) -> str:
    if value is None:
        return "–"
    return f"{number(value.mean)}\n±{number((value.interval.high - value.interval.low) / 2)}"


def _plain(value: Any) -> Any:
    """Named tuples as objects, for JSON."""
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
