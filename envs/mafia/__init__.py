"""Mafia: a bystander among four others, one of whom did it, decides whom to question, whom to accuse, and when."""

from typing import Any

FAMILY = "Mafia"

VARIANTS: dict[str, dict[str, Any]] = {"Mafia-v0": {}}
