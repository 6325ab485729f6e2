"""What keeps many dialogues speaking: each is told its words when its own turn is over, and others go on meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from .choice import choose
from .llama import LlamaRows
from .rows import Rows, Unread, fingerprint
from .turns import Asked, Spoken, State

MEMORY = {"cpu": 2 << 30, "cuda": 0.25}  # of all rows, in bytes; as a share of the GPU's
AT_ONCE = 4096  # tokens that are read together while nobody speaks
SHARED = 8  # tokens that must be the same for a row to take them over from another
ROOM = 128  # columns by which the rows grow
USUAL = 512  # columns that a row is taken to come to, when memory is shared out


class Sampler:
    """Samples the turns of many dialogues, each in a row of its own.

    The rows that are in use are the first ones. A row whose dialogue has ended is given to the next that waits, or
    filled by the last row. What rows have in common, such as the prompt of a group, is read once and copied.

    On a GPU the number of rows is a power of two, and they are read up to a multiple of `ROOM`, so that each of a few
    shapes is captured once as a graph; several tokens are drawn before the results are looked at, and a row that ends
    meanwhile stands still.

    Args:
        rows: Computes the next tokens.
        end: The token that closes a turn.
        fixed: Whether to keep to a few shapes and look at the results rarely, as a GPU needs it; by default on one.
    """

    continuous = True
    temperature = 0.0

    def __init__(self, rows: Rows, end: int, fixed: bool | None = None):
        self.rows, self.end = rows, end
        self.fixed = rows.device.type != "cpu" if fixed is None else fixed
        self.stride = 4 if self.fixed else 1 if isinstance(rows, LlamaRows) else 2  # tokens between two looks
        self.keys: list[Any] = []  # of the rows in use; None for a gap
        self.row: dict[Any, int] = {}
        self.waiting: dict[Any, Asked] = {}
        self.unread: dict[int, Unread] = {}
        # the tokens of each row that were read, or are to be read, and how many of them were
        self.held = np.zeros((rows.place.slots, rows.place.columns), np.int64)
        self.filled = np.zeros(rows.place.slots, np.int64)
        self.here = self.there = State(0, 0)  # on this side, and where the model is
        self.state = self.here.arrays()
        self.graphs: dict[Any, Any] = {}
        self.pool: Any = None  # of memory, which all graphs share; gone with the last of them
        self.mark: Any = None

    def refresh(self, forget: bool) -> None:
        """Look whether the model has changed since; what was read before is then void.

        Args:
            forget: It is void anyway: what is played does not depend, even in rounding, on what was played before.
        """
        if forget:
            self.filled[:] = 0
        if (mark := fingerprint(self.rows.model)) != self.mark:
            if self.mark is not None and self.rows.load():
                self._forget_graphs()
            self.mark, self.filled[:] = mark, 0

    def knows(self, key: Any) -> bool:
        """Whether what was said so far in this dialogue need not be read again."""
        return key in self.row

    def speaks(self, key: Any) -> bool:
        """Whether a turn of this dialogue was asked for and is not over."""
        return key in self.waiting or (key in self.row and bool(self.state.alive[self.row[key]]))

    def keep(self, keys: Iterable[Any]) -> None:
        """Give up all other dialogues."""
        kept = set(keys)
        for key in [key for key in self.row if key not in kept]:
            self._leave(key)
        self.waiting = {key: asked for key, asked in self.waiting.items() if key in kept}

    def begin(self, key: Any, sequence: list[int], draws: Sequence[float], limit: int) -> None:
        """Ask for a turn.

        Args:
            key: Identifies the dialogue from turn to turn.
            sequence: All its ids so far.
            draws: What it is sampled with: `limit` numbers in [0, 1), one for each token that it may come to. A
                dialogue's tokens then depend on its own numbers alone, whoever else speaks. None where it is greedy.
            limit: Most tokens of the turn.
        """
        asked = Asked(key, sequence, draws, limit)
        if key not in self.row:
            self.waiting[key] = asked
            return
        self._reserve(len(self.keys), [asked])
        self._start(self.row[key], asked)

    def advance(self) -> list[Spoken]:
        """Go on until at least one turn is over.

        Returns:
            The turns that are over; none if none was asked for.
        """
        self._admit()
        self._close_gaps()
        if not (count := len(self.keys)):
            return []
        alive = self.state.alive[:count]
        speaking = alive.copy()
        while speaking.any() and alive[speaking].all():
            self._stride(count)
        over = np.flatnonzero(speaking & ~alive).tolist()
        return [self._spoken(row) for row in over]

    # ---- rows come and go

    def _leave(self, key: Any) -> None:
        row = self.row.pop(key)
        self.keys[row], self.state.alive[row] = None, False
        self.unread.pop(row, None)

    def _admit(self) -> None:
        """Give rows to those that wait, as far as there is room."""
        if not self.waiting:
            return
        used = len(self.row)
        room = self._room(max(len(asked.sequence) + asked.limit for asked in self.waiting.values()))
        if used + len(self.waiting) > room:  # those that have spoken already and were not told to leave
            for key in [key for key, row in self.row.items() if not self.state.alive[row]]:
                self._leave(key)
        some = list(self.waiting.values())[: max(0, 1 - len(self.row), room - len(self.row))]
        if not some:
            return
        gaps = [row for row, key in enumerate(self.keys) if key is None][: len(some)]
        rows = gaps + list(range(len(self.keys), len(self.keys) + len(some) - len(gaps)))
        self._reserve(max(len(self.keys), rows[-1] + 1), some)
        self.keys += [None] * (max(rows) + 1 - len(self.keys))
        leaders: dict[tuple[int, ...], int] = {}
        followers: list[tuple[int, int]] = []
        taken: list[tuple[int, int, int]] = []
        for row, asked in zip(rows, some, strict=True):
            del self.waiting[asked.key]
            self.keys[row], self.row[asked.key] = asked.key, row
            sequence = tuple(asked.sequence[:-1])
            if (leader := leaders.setdefault(sequence, row)) != row:
                followers.append((leader, row))
            elif len(sequence) >= SHARED and (best := self._alike(sequence))[1] >= SHARED:
                taken.append((*best, row))
        self._copy(taken)
        new = set(rows) - {row for _, _, row in taken}
        self.filled[list(new)] = 0
        followed = {leader for leader, _ in followers}
        for row, asked in zip(rows, some, strict=True):
            if row in leaders.values():
                self._start(row, asked)
        self._read([self.unread.pop(row) for row in followed if row in self.unread])
        self._copy([(leader, int(self.filled[leader]), row) for leader, row in followers])
        for row, asked in zip(rows, some, strict=True):
            if row not in leaders.values():
                self._start(row, asked)

    def _room(self, tokens: int) -> int:
        """How many rows of so many tokens the memory allows."""
        most = MEMORY["cpu"]
        if self.rows.device.type == "cuda":
            most = MEMORY["cuda"] * torch.cuda.get_device_properties(self.rows.device).total_memory
        columns = max(self.rows.place.columns, _rounded(tokens + 1, ROOM), USUAL)
        return max(1, int(most // (columns * self.rows.bytes_of_token())))

    def _reserve(self, rows: int, asked: Sequence[Asked]) -> None:
        """Make room for so many rows, and for what was asked."""
        place, limit = self.rows.place, max(some.limit for some in asked)
        columns = max(place.columns, _rounded(max(len(some.sequence) + some.limit for some in asked) + 1, ROOM))
        slots = max(place.slots, 1 << (rows - 1).bit_length() if self.fixed else rows)
        if (slots, columns) != (place.slots, place.columns):
            self.state.at[self.state.at == place.columns - 1] = columns - 1
            self.rows.reserve(slots, columns)
            self._forget_graphs()
            held, filled = self.held, self.filled
            self.held, self.filled = np.zeros((slots, columns), np.int64), np.zeros(slots, np.int64)
            self.held[: held.shape[0], : held.shape[1]], self.filled[: len(filled)] = held, filled
        if slots > len(self.here.last) or limit > self.here.limit:
            limit = max(limit, self.here.limit)
            self.here = self.here.grown(slots, limit, columns - 1)
            self.state = self.here.arrays()
            self.there = State(slots, limit, self.rows.device) if self.fixed else self.here
            self._forget_graphs()

    def _forget_graphs(self) -> None:
        self.graphs.clear()
        self.pool = None

    def _alike(self, sequence: tuple[int, ...]) -> tuple[int, int]:
        """The row that has most of a sequence, from its beginning, and how many tokens of it."""
        width = min(len(sequence), self.held.shape[1])
        differs = self.held[:, :width] != np.asarray(sequence[:width])
        same = np.where(differs.any(1), differs.argmax(1), width)
        same = np.minimum(same, self.filled)
        row = int(same.argmax())
        return row, int(same[row])

    def _copy(self, copies: Sequence[tuple[int, int, int]]) -> None:
        """Copy from rows so many tokens to rows."""
        if not copies:
            return
        sources, counts, targets = map(list, zip(*copies, strict=True))
        self.rows.copy(sources, targets, max(counts))
        self.held[targets], self.filled[targets] = self.held[sources], counts

    def _start(self, row: int, asked: Asked) -> None:
        """Let a row read what is new, and speak."""
        sequence, state = np.asarray(asked.sequence), self.state
        last = len(sequence) - 1
        known = min(int(self.filled[row]), last)
        differs = self.held[row, :known] != sequence[:known]
        known = int(differs.argmax()) if differs.any() else known
        self.filled[row], self.held[row, : last + 1] = known, sequence
        if known < last:
            self.unread[row] = Unread(row, known, asked.sequence[known:-1])
        state.last[row], state.at[row], state.count[row] = asked.sequence[-1], last, 0
        state.most[row], state.alive[row] = asked.limit, True
        state.draws[row, : len(asked.draws)] = asked.draws

    def _close_gaps(self) -> None:
        """Let the last rows fill what others have left."""
        moved: list[tuple[int, int]] = []
        gaps = [row for row, key in enumerate(self.keys) if key is None]
        for gap in gaps:
            while self.keys and self.keys[-1] is None:
                self.keys.pop()
            if gap >= len(self.keys):
                break
            last = len(self.keys) - 1
            moved.append((last, gap))
            self.keys[gap] = key = self.keys.pop()
            self.row[key] = gap
            if last in self.unread:
                self.unread[gap] = self.unread.pop(last)._replace(row=gap)
        if not moved:
            return
        sources, targets = map(list, zip(*moved, strict=True))
        state = self.state
        counts = np.where(state.alive[sources], state.at[sources], self.filled[sources])
        self.rows.copy(sources, targets, int(counts.max()))
        for part in (self.held, self.filled, *vars(state).values()):
            part[targets] = part[sources]
        state.alive[sources] = False

    # ---- tokens

    def _read(self, unread: Sequence[Unread]) -> None:
        """Read while nobody speaks: what is about as long together, and not too much at once."""
        part: list[Unread] = []
        for some in sorted(unread, key=lambda some: len(some.ids)):
            if part and (len(part) + 1) * len(some.ids) > AT_ONCE:
                self.rows.read(part)
                part = []
            part.append(some)
        if part:
            self.rows.read(part)
        for row, start, ids in unread:
            self.filled[row] = start + len(ids)

    @torch.no_grad()
    def _stride(self, count: int) -> None:
        """Some tokens for each row that speaks."""
        top = int(self.state.at[:count][self.state.alive[:count]].max()) + self.stride
        top = min(top, self.rows.place.columns)
        unread = list(self.unread.values())
        if sum(len(some.ids) for some in unread) > AT_ONCE:
            self._read(unread)
            unread = []
        shape = (count, top)
        if self.fixed:
            shape = (min(1 << (count - 1).bit_length(), self.rows.place.slots), _rounded(top, ROOM))
            self.there.update(self.here, count)
            self.there.alive[count:], self.there.at[count:] = False, self.rows.place.columns - 1
        for step in range(self.stride):
            if step == 0 and unread:
                self._token(*shape, unread)
            else:
                self._again(*shape)
        if self.fixed:
            self.here.update(self.there, count)
        for row, start, ids in unread:
            self.filled[row] = start + len(ids)
        self.unread.clear()

    def _token(self, count: int, top: int, unread: Sequence[Unread] = ()) -> None:
        """One token for each of the first rows, without a look at it."""
        state, limit = self.there, self.there.limit
        last, at, number, alive = (part[:count] for part in (state.last, state.at, state.count, state.alive))
        logits = self.rows.decode(last, at, top, unread)
        draws = state.draws[:count].gather(1, number[:, None].clamp(max=limit - 1))[:, 0]
        token, logprob = choose(logits, draws, self.temperature)
        column = torch.where(alive, number, limit)[:, None]  # the last one is for what nobody reads
        state.ids[:count].scatter_(1, column, token[:, None])
        state.logprobs[:count].scatter_(1, column, logprob[:, None])
        number += alive
        alive &= (token != self.end) & (number < state.most[:count])
        last.copy_(torch.where(alive, token, last))
        at.copy_(torch.where(alive, at + 1, self.rows.place.columns - 1))

    def _again(self, count: int, top: int) -> None:
        """`_token`, on a GPU as a captured graph from the second time on."""
        casts = torch.is_autocast_enabled("cuda") and not isinstance(self.rows, LlamaRows)
        if casts or self.rows.device.type != "cuda":
            self._token(count, top)
            return
        shape = (count, top, self.temperature)
        if shape not in self.graphs:
            self.graphs[shape] = None
            self._token(count, top)
            return
        if self.graphs[shape] is None:
            graph, self.pool = torch.cuda.CUDAGraph(), self.pool or torch.cuda.graph_pool_handle()
            with torch.cuda.graph(graph, pool=self.pool):
                self._token(count, top)
            self.graphs[shape] = graph
        self.graphs[shape].replay()

    def _spoken(self, row: int) -> Spoken:
        """The turn that a row has ended. Its last token was not read yet: it is new again in its next turn."""
        count, state = int(self.state.count[row]), self.state
        ids, before = state.ids[row, :count].tolist(), int(self.filled[row])
        self.held[row, before + 1 : before + count] = ids[:-1]
        self.filled[row] = before + count
        return Spoken(self.keys[row], ids, state.logprobs[row, :count].tolist())


def _rounded(number: int, unit: int) -> int:
    return -(-number // unit) * unit
