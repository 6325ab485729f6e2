"""Panel: an advocate convinces three members, each by the point that it cares about, before they decide."""

from typing import Any

FAMILY = "Panel"

VARIANTS: dict[str, dict[str, Any]] = {"Panel-v0": {}}
