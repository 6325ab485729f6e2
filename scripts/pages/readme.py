"""`python -m dialogym.scripts.pages.readme`: `docs/figures/readme.png`, a dialogue beside learning curves.

The dialogue is the one of the README, played anew. The curves are of act policies, one line of
`docs/figures/acts.jsonl` a run; with `RUN ...` they are taken from these run folders first. Each run trained a clone of
`scripted` (`dialogym train bc Negotiation-v0 --model acts --seed S`) with `--eval-every 5`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from ...envs.make import make_engine
from ...evaluation.evaluate import evaluate
from ...policies.policy import FunctionPolicy
from ...policies.rollout import rollout
from ..docs import DOCS

ENV_ID, SEED = "Negotiation-v0", 14
SAID = ("It needs new tyres. Would you take [offer 420]?", "I could stretch to 480.", "Half way then: [offer 510]")
BLUE = "#1f5fa8"
ALGORITHMS = {"ppo": BLUE, "grpo": "#c2571a"}
HEURISTIC = "split-difference"
PICTURE, CURVES = DOCS / "figures" / "readme.png", DOCS / "figures" / "acts.jsonl"


def play() -> tuple[list[tuple[bool, str]], dict[str, Any]]:
    """What is said in the README's dialogue, each with whether the learner says it, and what is revealed at the end."""
    buyer, engine = FunctionPolicy("buyer", lambda dialogue, stream: SAID[len(dialogue.steps)]), make_engine(ENV_ID)
    dialogue = next(iter(rollout(engine, buyer, [SEED])))
    lines = [(False, dialogue.messages()[0]["content"].rpartition("\n\n")[2])]
    for step in dialogue.steps:
        lines += [(True, step.text), (False, step.reply)]
    return lines, engine.family.reveal(dialogue.scenario, dialogue.hidden)


def keep(runs: Sequence[str]) -> None:
    """Write the curves of run folders to `CURVES`: episodes, seconds and score of each evaluation."""
    lines = []
    for run in map(Path, runs):
        rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        told = json.loads((run / "config.json").read_text(encoding="utf-8"))
        curve = [(row["episodes"], row["seconds"], round(row["score"], 4)) for row in rows if "score" in row]
        lines.append(json.dumps({"algorithm": rows[0]["stage"], "seed": told["seed"], "curve": curve}))
    CURVES.write_text("\n".join(lines) + "\n", encoding="utf-8")


def curves() -> dict[str, np.ndarray]:
    """Algorithm -> episodes and score at each evaluation of each seed; shape (seeds, evaluations, 2)."""
    found = defaultdict(list)
    for line in CURVES.read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        found[run["algorithm"]].append([(episodes, score) for episodes, _, score in run["curve"]])
    return {name: np.array(found[name], dtype=float) for name in ALGORITHMS}


def draw(path: Path) -> None:
    """Write the picture."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "font.family": "sans-serif",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with rc_context(style):
        figure = Figure(figsize=(10, 4.6), layout="constrained", facecolor="white")
        talk, learning = figure.subplots(1, 2, width_ratios=(1.12, 1.0))
        _talk(talk, *play())
        _learning(learning)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=160, metadata={"Software": None})


def _talk(axes: Any, lines: list[tuple[bool, str]], hidden: dict[str, Any]) -> None:
    """Bubbles, the learner's at the right."""
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    axes.set_title("A simulated seller with a hidden limit", loc="left", fontweight="bold")
    place = 0.97
    for mine, text in lines:
        rows = wrap(text.replace("$", r"\$"), 40)
        axes.text(
            *(0.98 if mine else 0.02, place, "\n".join(rows)),
            ha="right" if mine else "left",
            va="top",
            color="white" if mine else "black",
            bbox={"boxstyle": "round,pad=0.4", "facecolor": BLUE if mine else "#e6e6e6", "edgecolor": "none"},
        )
        place -= 0.055 * len(rows) + 0.062
    told = f"told at the end: would have taken \\${hidden['reservation']}; a {hidden['tactic']}"
    axes.text(0.02, 0.0, told, va="bottom", style="italic", color="#555555")


def _learning(axes: Any) -> None:
    """Scores while training, between doing nothing and the optimum."""
    best = evaluate(ENV_ID, HEURISTIC, 300, 5_000_000).score or 0.0
    for level, name in ((1.0, "exact optimum"), (best, "best fixed rule"), (0.0, "does nothing")):
        axes.axhline(level, color="#888888", linewidth=1, linestyle="--" if level else "-")
        below = 0.0 < level < 1.0  # there the curves are above the line
        axes.text(
            51, level + (-0.015 if below else 0.012), name, color="#555555", ha="right", va="top" if below else "bottom"
        )
    for name, runs in curves().items():
        episodes, scores = runs[0, :, 0] / 1000, runs[:, :, 1]
        axes.fill_between(
            episodes, scores.min(axis=0), scores.max(axis=0), color=ALGORITHMS[name], alpha=0.2, linewidth=0
        )
        axes.plot(episodes, scores.mean(axis=0), linewidth=2.2, color=ALGORITHMS[name], label=name)
    axes.set(xlim=(0, None), ylim=(-0.05, 1.12), xlabel="thousand episodes played, after cloning", ylabel="score")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.14), frameon=False)
    axes.set_title("About a minute on one core", loc="left", fontweight="bold")


if __name__ == "__main__":
    if sys.argv[1:]:
        keep(sys.argv[1:])
    draw(PICTURE)
    print(f"wrote {PICTURE}")
