"""Helpdesk: look, put right, restart; only the customer can touch the phone."""

from typing import Any

FAMILY = "Helpdesk"

VARIANTS: dict[str, dict[str, Any]] = {
    "Helpdesk-v0": {},
}
