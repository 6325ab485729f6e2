"""The columns of recorded episodes: what a row of a Parquet file holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import pyarrow as pa

from ..core.episode import Episode
from ..simulated_users.personas import spell_persona

JSON = ("settings", "scenario", "hidden", "outcome", "reward")
"""Columns of objects whose keys differ between families."""

SAME = ("env_id", "settings", "grammar", "policy", "reward")
"""What records of one episode share, besides its seed."""
TURN = pa.struct(
    [
        ("seat", pa.string()),
        ("text", pa.string()),
        ("act", pa.string()),
        ("problem", pa.string()),
        ("reward", pa.float64()),
        ("reward_terms", pa.string()),
        ("branch", pa.int32()),
        ("feedback", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [
        ("env_id", pa.string()),
        ("settings", pa.string()),
        ("grammar", pa.string()),
        ("policy", pa.string()),
        ("seed", pa.int64()),
        ("seat", pa.string()),
        ("scenario", pa.string()),
        ("persona", pa.string()),
        ("brief", pa.string()),
        ("turns", pa.list_(TURN)),
        ("hidden", pa.string()),
        ("hidden_start", pa.int64()),
        ("opening_branch", pa.int32()),
        ("outcome", pa.string()),
        ("reward", pa.string()),
        ("episode_return", pa.float64()),
        ("payoff", pa.float64()),
        ("truncated", pa.bool_()),
        ("error", pa.string()),
        ("version", pa.string()),
        ("schema", pa.int32()),
    ]
)
"""A row an episode; ``turns`` is a list of structs.

The columns in `JSON`, and ``reward_terms``, hold JSON; ``persona`` the name of a style, or JSON of a `Persona`.
"""

CHAT = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
"""The column ``messages`` of exported episodes, as `datasets` and TRL read it."""


def to_table(episodes: Sequence[Episode], messages: bool = False) -> pa.Table:
    """Episodes as a table, a row an episode.

    Args:
        episodes: Records.
        messages: Add the column ``messages``, the chat that `Episode.messages` gives. A store has none: it follows from
            ``brief`` and ``turns``, and would make the files larger by more than half.
    """
    table = pa.Table.from_pylist([_row(episode) for episode in episodes], schema=SCHEMA)
    if messages:
        table = table.append_column("messages", pa.array([_chat(episode) for episode in episodes], CHAT))
    return table


def _row(episode: Episode) -> dict[str, Any]:
    row = {field.name: getattr(episode, field.name) for field in fields(episode)}
    for name in JSON:
        row[name] = json.dumps(row[name])
    row["persona"] = spell_persona(episode.persona)
    row["turns"] = [
        {**asdict(turn), "text": _encodable(turn.text), "reward_terms": json.dumps(turn.reward_terms)}
        for turn in episode.turns
    ]
    return {name: _encodable(value) if isinstance(value, str) else value for name, value in row.items()}


def _chat(episode: Episode) -> list[dict[str, str]]:
    return [{**message, "content": _encodable(message["content"])} for message in episode.messages()]


def _encodable(text: str) -> str:
    """The text as a file can hold it: half an emoji, as broken JSON gives it, becomes the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
