"""`dialogym bench`: how fast the environments are, beside TextArena where it is installed."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import tyro
from rich.console import Console
from rich.table import Table

from ..core.checks import above, at_least, integer, writable
from ..envs.make import make_engine
from ..policies.baselines import baselines
from ..policies.registry import make_policy
from ..policies.rollout import rollout

TALK = ("Could you do better?", "Let me think.", "That is a bit much for me.", "What can you tell me about it?")
TALK_EVERY = 4  # one utterance in four is talk
RAW = "TextArena raw"
VECTOR = 256
WATCHED = 4000  # steps whose stages are timed

Repertoire = dict[Any, tuple[str, ...]]
"""Scenario -> what the agent says in it, over and over."""


@dataclass(frozen=True)
class Bench:
    """Player turns a second in one process, and where the time of a step goes.

    One `step` of an environment is two player turns. The agent says what the scripted policy said in the same scenario
    in other episodes, and some talk. TextArena hears the same sentences, with its own offers, in SimpleNegotiation-v0:
    raw, and in the wrappers that it registers by default. A partner's opening is not counted, a last word that nobody
    answers counts double.
    """

    env_id: tyro.conf.Positional[str] = "Negotiation-v0"
    """Environment; `dialogym list` shows them."""
    seconds: float = 2.0
    """Seconds of one measurement."""
    repeats: int = 5
    """Measurements of each contender; they take turns, and the median counts."""
    server: str = ""
    """OpenAI-compatible server (http://HOST:PORT/v1#MODEL) to measure instead: requests a second of voiced dialogues,
    beside bare ones. Options of the voice may follow in parentheses. `stand-in` starts a server of its own."""
    sampler: str = ""
    """Language model to measure instead: its own tokens a second as a learner, against the plain loop. `tiny` (cloned
    from scripted play first, which takes a minute), `smollm2` or a model folder."""
    dialogues: int = 64
    """How many dialogues run at once, of voiced users or of a language model as the learner."""
    requests: int = 256
    """How many requests are made in one measurement of a server."""
    delay: float = 1.0
    """Seconds that the stand-in takes for a request."""
    out: Path | None = None
    """Write the numbers here too, as JSON."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Measure and print."""
    options = tyro.cli(Bench, args=list(arguments), prog="dialogym bench")
    above(options, 0, "seconds")
    at_least(options, 0, "delay")
    integer(1, repeats=options.repeats, dialogues=options.dialogues, requests=options.requests)
    if options.out is not None:
        writable(options.out)
        options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.sampler:
        from .bench_sampler import line
        from .bench_sampler import measure as sampled

        found = sampled(options.env_id, options.sampler, options.dialogues, options.repeats, settings)
        Console().print(line(found), soft_wrap=True)
        if options.out is not None:
            options.out.write_text(json.dumps(found, indent=2) + "\n")
        return
    said = repertoire(options.env_id, settings)
    if options.server:
        from .bench_users import measure as voiced

        asked = (options.dialogues, options.requests, options.repeats, options.delay)
        Console().print(voiced(options.env_id, options.server, *asked, said, settings))
        return
    contenders: dict[str, Callable[[float], float]] = {
        "gym.make": lambda seconds: _single(options.env_id, settings, said, seconds),
        f"vector of {VECTOR}": lambda seconds: _vector(options.env_id, settings, said, seconds),
    }
    if find_spec("textarena"):
        texts = tuple(_in_textarena(text) for texts in said.values() for text in texts)
        contenders[RAW] = lambda seconds: _textarena("SimpleNegotiation-v0-raw", texts, seconds)
        contenders[f"{RAW}, talk only"] = lambda seconds: _textarena("SimpleNegotiation-v0-raw", TALK, seconds)
        contenders["TextArena wrapped"] = lambda seconds: _textarena("SimpleNegotiation-v0", texts, seconds)
    for measure in contenders.values():
        measure(options.seconds / 5)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.repeats):
        for name, measure in contenders.items():
            rates[name].append(measure(options.seconds))
    spent = stages(options.env_id, settings, said)
    console = Console()
    console.print(_table(rates))
    console.print(_stage_table(spent))
    if RAW not in rates:
        console.print("[dim]pip install textarena to see it in the same run[/dim]")
    if options.out is not None:
        numbers = {"player_turns_per_second": rates, "microseconds_per_step": spent}
        options.out.write_text(json.dumps(numbers, indent=2) + "\n")


def repertoire(env_id: str, settings: dict[str, Any], episodes: int = 2000) -> Repertoire:
    """What the scripted policy says in each scenario, with some talk in between; the random one where there is none."""
    engine = make_engine(env_id, **settings)
    speaker = make_policy("scripted" if "scripted" in baselines(engine) else "random", engine)
    said: dict[Any, list[str]] = {scenario: [] for scenario in engine.family.scenarios()}
    talk = cycle(TALK)
    for dialogue in rollout(engine, speaker, range(episodes)):
        texts = said[dialogue.scenario]
        for step in dialogue.steps:
            texts.append(step.text)
            if len(texts) % TALK_EVERY == TALK_EVERY - 1:
                texts.append(next(talk))
    return {scenario: tuple(texts) or TALK for scenario, texts in said.items()}


def _marked(call: Callable[..., Any], marks: list[float]) -> Callable[..., Any]:
    """The function, which notes when it is called and when it has answered."""

    def marked(*asked: Any) -> Any:
        marks.append(time.perf_counter())
        answer = call(*asked)
        marks.append(time.perf_counter())
        return answer

    return marked


def stages(env_id: str, settings: dict[str, Any], said: Repertoire, steps: int = WATCHED) -> dict[str, float]:
    """Mean microseconds of each stage of one step of ``gym.make``; a reset is shared among the steps of its dialogue.

    The clock is inside the numbers: six readings of it cost some tenths of a microsecond a step.
    """
    env = gym.make(env_id, **settings)
    face: Any = env.unwrapped
    engine, marks, clock = face.engine, list[float](), time.perf_counter
    decide, speak = _marked(engine.user.decide, marks), _marked(engine.user.speak, marks)
    engine.user = SimpleNamespace(personas=engine.user.personas, decide=decide, speak=speak)
    engine.step = _marked(engine.step, marks)
    names = ("parse", "decide", "speak", "record and reward", "info and wrappers", "reset (shared)")
    totals = dict.fromkeys(names, 0.0)
    env.reset(seed=0)
    texts = cycle(said[face.dialogue.scenario])
    for _ in range(steps):
        marks.clear()
        text, start = next(texts), clock()
        _, _, terminated, truncated, _ = env.step(text)
        end = clock()
        entered, asked, decided, cued, spoken, left = marks
        totals["parse"] += asked - entered
        totals["decide"] += decided - asked
        totals["speak"] += spoken - cued
        totals["record and reward"] += left - spoken + cued - decided
        totals["info and wrappers"] += end - left + entered - start
        if terminated or truncated:
            env.reset()
            totals["reset (shared)"] += clock() - end
            texts = cycle(said[face.dialogue.scenario])
    return {name: 1e6 * seconds / steps for name, seconds in totals.items()}


def _stage_table(spent: dict[str, float]) -> Table:
    whole = sum(spent.values())
    table = Table("stage", "us a step", "share", title=f"gym.make, mean of {WATCHED:,} steps")
    for name, each in [*spent.items(), ("together", whole)]:
        table.add_row(name, f"{each:.2f}", f"{each / whole:.0%}" if name != "together" else "")
    return table


def _table(rates: dict[str, list[float]]) -> Table:
    table = Table("contender", "player turns/s", "us a turn", "min", "max", "x raw", title="median of each contender")
    for name, values in rates.items():
        middle = statistics.median(values)
        ratios = [ours / theirs for ours, theirs in zip(values, rates.get(RAW, []), strict=False)]
        ratio = f"{statistics.median(ratios):.2f}" if ratios else ""
        shown = (f"{middle:,.0f}", f"{1e6 / middle:.2f}", f"{min(values):,.0f}", f"{max(values):,.0f}")
        table.add_row(name, *shown, ratio)
    return table


def _single(env_id: str, settings: dict[str, Any], said: Repertoire, seconds: float) -> float:
    env = gym.make(env_id, **settings)
    env.reset(seed=0)
    face: Any = env.unwrapped
    texts, turns = cycle(said[face.dialogue.scenario]), 0
    start = time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        for _ in range(200):
            _, _, terminated, truncated, _ = env.step(next(texts))
            if terminated or truncated:
                env.reset()
                texts = cycle(said[face.dialogue.scenario])
        turns += 400
    return turns / spent


def _vector(env_id: str, settings: dict[str, Any], said: Repertoire, seconds: float) -> float:
    envs: Any = gym.make_vec(env_id, num_envs=VECTOR, **settings)
    envs.reset(seed=0)
    turns, spent = 0, 0.0
    while spent < seconds:
        known = [said[dialogue.scenario] for dialogue in envs.dialogues]
        texts = [some[(turns + i) % len(some)] for i, some in enumerate(known)]
        start = time.perf_counter()
        envs.step(texts)
        spent += time.perf_counter() - start
        turns += 2 * VECTOR
    return turns / spent


def _textarena(name: str, said: Sequence[str], seconds: float) -> float:
    import textarena

    env = textarena.make(name)
    env.reset(num_players=2, seed=0)
    texts, turns = cycle(said), 0
    start = time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        for _ in range(100):
            env.get_observation()
            done, _ = env.step(next(texts))
            if done:
                env.close()
                env.reset(num_players=2)
        turns += 100
    return turns / spent


def _in_textarena(text: str) -> str:
    """The same sentence in TextArena's game: goods that each of its players has, and its spelling of the tags."""
    tag = r"\[(?!accept)[^\]]*?(\d*)\]"
    return re.sub(tag, lambda match: f"[Offer: {int(match[1] or 1) % 4 + 1} Wheat -> 1 Ore]", text)
