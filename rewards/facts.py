"""Facts about a simulated person: what a family reveals of a hidden state, as plain values."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

from ..core.dialogue import Dialogue


def fact(dialogue: Dialogue, hidden: Any, about: str) -> Hashable:
    """What the family reveals of a hidden state under the name `about`, as a plain hashable value.

    Raises:
        ValueError: If the family reveals nothing of that name; the message lists the names.
    """
    revealed = dialogue.reveal(hidden)
    if about not in revealed:
        raise ValueError(f"about must be one of {', '.join(revealed)}; got {about!r}")
    return plain(revealed[about])


def plain(value: Any) -> str | int | float | bool:
    """A revealed value as something hashable that JSON keeps; lists and the like become their JSON."""
    return value if isinstance(value, (str, int, float)) else json.dumps(value, sort_keys=True, default=str)
