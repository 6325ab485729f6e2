"""The card that comes with the package is what the recorded replies say, and the page shows it."""

from __future__ import annotations

import json
from pathlib import Path

from dialogym.rewards.judge_cards import FOLDERS, card_name, faults
from dialogym.scripts.judge import Card, measured, rows, verdict

ROOT = Path(__file__).parents[2]


def test_the_card_of_smollm2_is_made_from_the_record_again():
    (file,) = FOLDERS[1].glob("*.json")
    card = json.loads(file.read_text())
    replies = f"replay:{ROOT / 'docs' / 'figures' / 'judges'}(evidence=false)"
    again = measured(Card(replies, tuple(card["env"]), card["places"]), {})
    assert file.name == card_name(again["name"], again["prompt"])

    assert rows(again) == rows(card) and again["cases"] == card["cases"]
    assert len(faults(card)) >= 3 and verdict(card)[0] == "Do not train on it:"
    page = (ROOT / "docs" / "judges.md").read_text()
    for row in rows(card):
        assert "| " + " | ".join(row).rstrip() + " |" in page, row
    assert all(fault in page for fault in faults(card))
