"""What the page says of SmolLM2 as the person of an open scenario is made again from its recorded replies, with no model.

After a change of what the model is told, record anew: with ``cache=FOLDER`` in place of the record's folder, and
``smollm2`` in place of ``replay:``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from dialogym.evaluation.scorecard import scorecard
from dialogym.scripts.main import main

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "open.md").read_text()
REPLIES = f"replay:{DOCS / 'figures' / 'open'}"
PROMPT, FREE = "mind=prompt,max_tokens=40", "shots=0,attempts=2,mind_tokens=40,max_tokens=30"
ATTACKED = "shots=1,attempts=2,mind_tokens=40,max_tokens=30"


def test_the_attacks_on_smollm2(capsys):
    assert (
        main(["scenario", "attack", "service/late-parcel", "--user", f"llm:{REPLIES}({ATTACKED})", "--attacks", "8"])
        == 0
    )
    said = capsys.readouterr().out.strip()
    assert said.endswith("0 leaks") and said in PAGE, said


@pytest.fixture(scope="module")
def card():
    users = ["scripted", f"llm:{REPLIES}({PROMPT})", f"llm:{REPLIES}({FREE})"]
    return scorecard("Open-v0", users, episodes=2, policies=[], repeats=0)


def test_the_scorecard_of_smollm2(card):
    assert [user.dropped for user in card.users] == [0, 0, 0]
    for label, _, cells in card.rows():
        if label not in ("latency", "repetition"):
            assert f"| {label} | {' | '.join(cells)} |" in PAGE, (label, cells)
