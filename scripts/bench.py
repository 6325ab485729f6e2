"""`dialogym bench`: how fast the environments are, beside TextArena where it is installed."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym
import tyro
from rich.console import Console
from rich.table import Table

from ..envs.registration import lookup

UTTERANCES = ("Would you take [offer {}]?", "I can do [offer {}].", "[offer {}]", "Could you come down a bit?")
VECTOR = 256


@dataclass(frozen=True)
class Bench:
    """Player turns a second in one process; one `step` of an environment is two player turns."""

    env_id: tyro.conf.Positional[str] = "Negotiation-v0"
    """Environment."""
    seconds: float = 2.0
    """Length of one measurement."""
    repeats: int = 5
    """Measurements of each contender; they take turns, and the median counts."""
    out: Path | None = None
    """Write the numbers here too, as JSON."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Measure and print."""
    options = tyro.cli(Bench, args=list(arguments), prog="dialogym bench")
    lookup(options.env_id)
    contenders: dict[str, Callable[[float], float]] = {
        "gym.make": lambda seconds: _single(options.env_id, settings, seconds),
        f"native vector of {VECTOR}": lambda seconds: _vector(options.env_id, settings, seconds),
    }
    if find_spec("textarena"):
        contenders["TextArena SimpleNegotiation-v0-raw"] = lambda seconds: _textarena("SimpleNegotiation-v0-raw", seconds)
        contenders["TextArena SimpleNegotiation-v0"] = lambda seconds: _textarena("SimpleNegotiation-v0", seconds)
    for measure in contenders.values():
        measure(0.2)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.repeats):
        for name, measure in contenders.items():
            rates[name].append(measure(options.seconds))
    console = Console()
    console.print(_table(rates))
    if not find_spec("textarena"):
        console.print("[dim]pip install textarena to see it in the same run[/dim]")
    if options.out is not None:
        options.out.write_text(json.dumps(rates, indent=2) + "\n")


def _table(rates: dict[str, list[float]]) -> Table:
    table = Table("contender", "player turns/s (median)", "min", "max", "ratio to TextArena raw")
    raw = rates.get("TextArena SimpleNegotiation-v0-raw")
    for name, values in rates.items():
        ratio = statistics.median([ours / theirs for ours, theirs in zip(values, raw, strict=True)]) if raw else None
        shown = "" if ratio is None else f"{ratio:.2f}"
        table.add_row(name, f"{statistics.median(values):,.0f}", f"{min(values):,.0f}", f"{max(values):,.0f}", shown)
    return table


def _texts() -> list[str]:
    return [utterance.format(price) for price in range(40, 400, 7) for utterance in UTTERANCES]


def _single(env_id: str, settings: dict[str, Any], seconds: float) -> float:
    env = gym.make(env_id, **settings)
    env.reset(seed=0)
    texts, turns, i = _texts(), 0, 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(200):
            i += 1
            _, _, terminated, truncated, _ = env.step(texts[i % len(texts)])
            if terminated or truncated:
                env.reset()
        turns += 400
    return turns / (time.perf_counter() - start)


def _vector(env_id: str, settings: dict[str, Any], seconds: float) -> float:
    envs = gym.make_vec(env_id, num_envs=VECTOR, **settings)
    envs.reset(seed=0)
    texts, turns, i = _texts() * 3, 0, 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        i = (i + 37) % 100
        envs.step(texts[i : i + VECTOR])
        turns += 2 * VECTOR
    return turns / (time.perf_counter() - start)


def _textarena(name: str, seconds: float) -> float:
    import textarena

    env = textarena.make(name)
    env.reset(num_players=2, seed=0)
    turns = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        env.get_observation()
        done, _ = env.step("I could trade some wheat. What would you like?")
        turns += 1
        if done:
            env.close()
            env.reset(num_players=2, seed=turns)
    return turns / (time.perf_counter() - start)
