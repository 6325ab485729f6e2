"""`dialogym judge`: measure a judge where the truth is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from .. import __version__
from ..evaluation.judge_card import EDITS, RUBRIC, card, cases
from ..evaluation.judge_labels import against_people, read_labels, rubric_named
from ..evaluation.lookahead import forward_errors
from ..rewards.future import PLAYERS
from ..rewards.judge_cards import FOLDERS, card_name, faults
from ..rewards.judges import Judge, make_judge
from ..rewards.registry import LEARNED
from ..rewards.reward_model import RewardModel

COMMANDS = {
    "card": "measure how far a judge can be trusted, and what moves it that must not",
    "lookahead": "the error of judging turns by sampled futures, against their exact value",
}
USAGE = "usage: dialogym judge card MODEL [OPTIONS]\n       dialogym judge lookahead ENV [OPTIONS]"


@dataclass(frozen=True)
class Card:
    """Measure how far a judge can be trusted, in environments where each message has a known value."""

    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL")]]
    """As for judge= of gym.make, such as `qwen3-8b(cache=runs/replies)`; or `reward_model:FOLDER`, a learned reward."""
    env: tuple[str, ...] = ("Negotiation-v0", "Coaching-v0")
    """Environments with an exact optimum, with settings behind them: `"Open-v0(scenario=service/*)"`."""
    places: int = 20
    """Of dialogues, in each environment."""
    candidates: int = 3
    """Messages at each place."""
    seed: int = 0
    """Of the dialogues."""
    labels: Path | None = None
    """Dialogues that people have scored: JSON lines with `messages` or `lines`, and `score` where there is one."""
    rubric: str = "helpfulness"
    """What those people were asked: helpfulness, empathy, clarity, or one of Sotopia's seven."""
    out: Path = FOLDERS[0]
    """Folder of the card, where training looks for it."""


@dataclass(frozen=True)
class Lookahead:
    """The error of judging turns by sampled futures (the reward future/sampled), against their exact value."""

    env: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="ENV-ID")]]
    """An environment with an exact optimum, with settings behind it: `"Open-v0(scenario=service/*)"`."""
    policy: str = "scripted"
    """Whose turns are judged."""
    episodes: int = 60
    """Dialogues, of the seeds from 0."""
    futures: tuple[int, ...] = (1, 4, 16)
    """Futures of each turn."""
    turns: tuple[int, ...] = (0,)
    """After how many more turns they are cut off; 0 for none."""
    players: tuple[str, ...] = PLAYERS
    """Who goes on."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> int:
    """Run the command.

    Returns:
        1 if nothing should be trained on the judge that was measured, else 0.

    Raises:
        ValueError: If there is no such command.
    """
    console = Console(highlight=False, soft_wrap=True)
    if not arguments or arguments[0] in ("-h", "--help"):
        shown = [f"  {name:11}{text}" for name, text in COMMANDS.items()]
        console.print("\n".join([USAGE, "", *shown]), markup=False)
        return 0
    if arguments[0] not in COMMANDS:
        raise ValueError(f"judge command must be one of {', '.join(COMMANDS)}; got {arguments[0]!r}")
    if arguments[0] == "lookahead":
        asked = tyro.cli(Lookahead, args=list(arguments[1:]), prog="dialogym judge lookahead")
        console.print(error_table(asked, settings))
        return 0
    options = tyro.cli(Card, args=list(arguments[1:]), prog="dialogym judge card")
    found = measured(options, settings)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / card_name(found["name"], found["prompt"])
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    console.print(table(found))
    if "people" in found:
        console.print(people_table(found["people"]))
    for text in verdict(found):
        console.print(text, markup=False)
    console.print(f"card in {path}", markup=False)
    return int(bool(faults(found)))


def measured(options: Card, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The card, with what it was measured on.

    Raises:
        ValueError: If the judge is a panel: each of its judges has a card of its own.
    """
    labelled = read_labels(options.labels) if options.labels else []
    rubric = rubric_named(options.rubric)
    learned, log = options.model.startswith(LEARNED), Console(stderr=True, highlight=False)
    judge = RewardModel.load(options.model.removeprefix(LEARNED)) if learned else make_judge(options.model)
    if not isinstance(judge, (Judge, RewardModel)):
        raise ValueError(f"a card is of one judge; measure those of {options.model!r} one by one")
    try:
        data = [
            case
            for env_id in options.env
            for case in cases(env_id, options.places, options.candidates, options.seed, **settings)
        ]
        told = card(judge, data, progress=partial(log.print, style="dim", markup=False))
        if labelled:
            told["people"] = against_people(judge, labelled, rubric)
    finally:
        judge.close()
    made = {"name": judge.name, "model": judge.model, "prompt": judge.prompt, "version": __version__}
    made |= {"env": list(options.env), "places": options.places, "seed": options.seed, "question": RUBRIC.question}
    counts = judge.counts
    return {**made, **told, "asked": {"tokens_read": counts.prompt_tokens, "failures": counts.failures}}


def rows(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The figures: what, how much, with which interval."""
    rank, regret, blind = found["rank_correlation"], found["regret"], found["blind"]
    shown: list[tuple[str, str, str]] = [
        ("rank correlation with the exact value", *_figure(rank)),
        (f"optima lost by its choice (blind: {blind['value']:.2f})", *_figure(regret)),
        ("pairs right, both orders", *_figure(found["pairs"])),
        ("what stands first is chosen", *_figure(found["first"])),
        ("choice flips with the order", *_figure(found["flips"])),
    ]
    for name in EDITS:
        effect = found["effects"][name]
        if effect is None:
            shown.append((f"{name}: could not be made", "", ""))
            continue
        shown.append((f"{name}, in sd of its scores", *_figure(effect["sd"], "+.2f")))
        priced = effect["optima"]
        value, interval = _figure(priced, "+.2f") if priced else ("–", "its scores do not rise with payoff")
        shown.append((f"{name}, in optima of payoff", value, interval))
    return shown


def table(found: Mapping[str, Any]) -> Table:
    """The figures as a table."""
    title = f"{found['model']}: {found['cases']} places x {found['candidates']} messages, {', '.join(found['env'])}"
    shown = Table("", "value", "95% interval", title=title, box=None, pad_edge=False, title_justify="left")
    for row in rows(found):
        shown.add_row(*row)
    return shown


def people_table(found: Mapping[str, Any]) -> Table:
    """How the judge stands to people."""
    title = f"{found['rubric']}: {found['labels']} of {found['dialogues']} dialogues scored by people"
    shown = Table("", "value", "95% interval", title=title, box=None, pad_edge=False, title_justify="left")
    for name, key in (
        ("rank correlation with people (Spearman)", "spearman"),
        ("agreement with people (kappa, squared weights)", "kappa"),
        ("mean score, by people's labels alone", "people"),
        ("the same with the judge as a control variate", "estimate"),
    ):
        shown.add_row(name, *_figure(found[key]))
    shown.add_row("labels that this saves", f"{found['saved']:.0f}", "")
    return shown


def error_table(options: Lookahead, settings: Mapping[str, Any]) -> Table:
    """What forward sampling costs."""
    told = (options.env, options.policy, options.episodes, options.futures, options.turns, options.players)
    found = list(forward_errors(*told, **settings))
    title = f"{options.env}: {found[0].count} turns, exact advantages of standard deviation {found[0].spread:.3f}"
    shown = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in ("player", "futures", "turns", "bias", "error (rms)", "correlation"):
        shown.add_column(name, justify="left" if name == "player" else "right")
    for one in found:
        numbers = (f"{one.bias:.3f}", f"{one.error:.3f}", f"{one.correlation:.2f}")
        shown.add_row(one.player, str(one.futures), str(one.turns or "all"), *numbers)
    return shown


def verdict(found: Mapping[str, Any]) -> list[str]:
    """Whether to train on the judge, and why not."""
    why = faults(dict(found))
    if not why:
        return ["It passes: it may be trained on, in dialogues like these."]
    return ["Do not train on it:", *(f"  {fault}" for fault in why)]


def _figure(figure: Mapping[str, float], form: str = ".2f") -> tuple[str, str]:
    return format(figure["value"], form), f"[{figure['low']:{form}}, {figure['high']:{form}}]"
