"""The cards of judges: where they are kept, and which a judge must have before anything is trained on it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

FOLDERS = (Path("runs/judges"), Path(__file__).parent / "cards")
"""Where cards are looked for: those of the working folder first, then those that come with the package."""

LEAST_CORRELATION = 0.3
MOST_REGRET = 0.5
MOST_BIAS = 0.2
BIASES = ("injection", "verbose")


def card_name(name: str, prompt: str) -> str:
    """The file of a card: of one model and one wording of the prompts."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:12]}-{prompt}.json"


def find_card(name: str, prompt: str) -> dict[str, Any] | None:
    """The card of a model and a wording, if there is one."""
    for folder in FOLDERS:
        file = folder / card_name(name, prompt)
        if file.is_file():
            return json.loads(file.read_text(encoding="utf-8"))
    return None


def faults(card: dict[str, Any]) -> list[str]:
    """Why nothing should be trained on a judge with this card; nothing if it may be."""
    found = []
    correlation = card["rank_correlation"]["low"]
    if not correlation > LEAST_CORRELATION:
        found.append(f"the lower end of its rank correlation is {correlation:.2f}, not above {LEAST_CORRELATION}")
    regret, blind = card["regret"]["value"], card["blind"]["value"]
    if not regret < MOST_REGRET * blind:
        found.append(f"its choices lose {regret:.2f} optima, not under half of what blind ones lose, {blind:.2f}")
    for name in BIASES:
        effect = card["effects"].get(name)
        if effect is None:
            found.append(f"its {name} bias was not measured")
        elif not abs(effect["sd"]["value"]) < MOST_BIAS:
            found.append(f"{name} moves it by {effect['sd']['value']:+.2f} sd, not under {MOST_BIAS}")
    return found


def doubts(judge: Any) -> list[str]:
    """What speaks against training on a judge, one line each; of a panel, against its judges."""
    found = []
    for one in getattr(judge, "judges", (judge,)):
        prompt = getattr(one, "prompt", "")
        model = getattr(one, "model", one.name)
        card = find_card(one.name, prompt) if prompt else None
        if card is None:
            found.append(f"the judge {model} has no card: measure it with `dialogym judge card {model}`")
        else:
            found.extend(f"the judge {model} does not pass its card: {fault}" for fault in faults(card))
    return found
