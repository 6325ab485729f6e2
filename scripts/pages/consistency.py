"""`python -m dialogym.scripts.pages.consistency`: `docs/consistency.md`, how reliably policies succeed.

All of it is summed exactly: about a minute on one core.
"""

from __future__ import annotations

from pathlib import Path

from ...envs.engine import Engine
from ...evaluation.consistency import Consistency, by_task
from ...policies.baselines import heuristics
from ..docs import DOCS, variant

WORDS = Path(__file__).with_suffix(".md")
FIRST = "Service-v0"
POLICIES = ("optimal", "by-temper", "wish-which-look", "which-look-wish", "look-wish", "lookahead")  # of the first
OTHERS = {
    "Support-v0": "no distress is left",
    "Counselling-v0": "the client agrees to a plan",
    "Clinic-v0": "a drug against the right illness",
    "Helpdesk-v0": "the mobile data works",
    "Coaching-v0": "what suits the client",
    "Drafting-v0": "right in every aspect",
    "Search-v0": "the page needed comes first",
    "Recommendation-v0": "something is taken",
    "Persuasion-v0": "something is given",
    "Classroom-v0": "all students master it",
    "DataTeaching-v0": "all skills are mastered",
    "Tutoring-v0": "",
    "GuidedSolving-v0": "",
    "Riddle-v0": "all of it is explained",
    "Rule-v0": "the right value",
    "TwentyQuestions-v0": "the thing is named",
    "GuessCity-v0": "the city is named",
    "CarDealer-v0": "a car is sold",
    "Trading-v0": "the order is filled",
    "Negotiation-v0": "",
}
"""One environment of each family, of Guessing all four, and what is a success there, if the family says so."""


def main() -> None:
    """Write the page."""
    rows = "\n".join(row(env_id) for env_id in OTHERS)
    words = WORDS.read_text(encoding="utf-8")
    for name, text in {"first": first(), "others": rows}.items():
        words = words.replace(f"{{{name}}}", text)
    (DOCS / WORDS.name).write_text(words, encoding="utf-8")


def first() -> str:
    """The table of the first environment."""
    text = by_task(FIRST, POLICIES).to_markdown().rstrip("\n").replace("|  |", f"| {FIRST} |", 1)
    for name in POLICIES:
        text = text.replace(f"| {name} |", f"| `{name}` |", 1)
    return text


def row(env_id: str) -> str:
    """An environment's line: what a success is, the optimum, and the rule with the highest pass^8."""
    rules = heuristics(Engine(variant(env_id)))
    best, *others = by_task(env_id, ["optimal", *rules]).rows
    return line(env_id, best, max((one for one in others if one.exact), key=lambda one: (one.passes[8], one.passes[1])))


def line(env_id: str, *rows: Consistency) -> str:
    """An environment's line, of these policies."""
    cells = [f"{cell:.3f}" for one in rows for cell in (one.passes[1], one.passes[8])]
    return f"| {env_id} | {OTHERS[env_id] or 'half of what could be had'} | {' | '.join(cells)} | `{rows[-1].policy}` |"


if __name__ == "__main__":
    main()
