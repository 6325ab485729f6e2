"""Commons: several villagers harvest what grows back only if enough of it is left."""

from typing import Any

FAMILY = "Commons"

VARIANTS: dict[str, dict[str, Any]] = {
    "Commons-v0": {},
    "CommonsLong-v0": {"months": 12, "village": "wary"},
    "CommonsSmall-v0": {"villagers": 2, "months": 6, "every": 3, "village": "rough"},
}
