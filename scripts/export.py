"""`dialogym export`: dialogues as data for others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..core.episode import Episode
from ..envs.chat_export import dpo_rows, kto_rows, sft_rows
from ..envs.episodes import EpisodeStore, read_episodes
from ..envs.minari_export import export_minari
from ..envs.registration import bare
from ..envs.seeds import seed_in
from ..evaluation.dataset_card import export_hub
from ..evaluation.decisions import decisions
from .options import Dialogues

CHATS = {"sft": sft_rows, "dpo": dpo_rows, "kto": kto_rows}


@dataclass(frozen=True)
class Recorded:
    """Write recorded episodes in the format of others; `dialogym export ENV_ID --decisions --help` tells of decisions.

    `sft`, `dpo` and `kto` are JSON lines for TRL, `minari` is a Minari dataset, `hub` a folder of Parquet files with a
    dataset card. Nothing is uploaded.
    """

    paths: tyro.conf.Positional[tuple[Path, ...]]
    """Folders of episodes, or a folder that holds such folders."""
    to: Literal["sft", "dpo", "kto", "minari", "hub"] | None = None
    """The format."""
    out: Path | None = None
    """File or folder to write; `runs/exports/NAME-FORMAT` by default. Minari has a folder of its own."""
    name: str = ""
    """Of a Minari dataset, such as `dialogym/negotiation/mine-v0`."""
    licence: str = "apache-2.0"
    """Of the dataset on the Hub."""


@dataclass(frozen=True)
class Export(Dialogues):
    """Write single decisions, with the exact value of every act, as JSON lines: tasks of one turn, tests for judges."""

    decisions: bool = False
    """What is written."""
    policy: str = "scripted"
    """Who has brought the dialogues to where they stand."""
    episodes: int = 100
    """Dialogues that the decisions are from."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own."""
    out: Path | None = None
    """File to write; `runs/ENV_ID-decisions.jsonl` by default."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Export, and say where it is."""
    if "--decisions" in arguments:
        _decisions(tyro.cli(Export, args=list(arguments), prog="dialogym export"), settings)
    else:
        _recorded(tyro.cli(Recorded, args=list(arguments), prog="dialogym export"))


def _decisions(options: Export, settings: dict[str, Any]) -> None:
    out = options.out or Path("runs") / f"{bare(options.env_id)}-decisions.jsonl"
    first = seed_in(options.split, options.seed, options.episodes)
    given = {"grammar": options.grammar, **settings}
    rows = decisions(options.env_id, options.policy, range(first, first + options.episodes), **given)
    if not (count := _write(out, rows)):
        raise ValueError(f"nothing was written: there are no decisions in any of {options.episodes} dialogues")
    _say(f"{count} decisions of {options.episodes} dialogues in {out}")


def _recorded(options: Recorded) -> None:
    if not options.paths:
        raise ValueError("paths must name one or more folders of episodes")
    if options.to is None:
        raise ValueError(
            "say what to export: --to sft, dpo, kto, minari or hub of recorded episodes, or --decisions of an "
            "environment"
        )
    if options.to == "minari" and not options.name:
        raise ValueError("name must be that of the new dataset, such as --name dialogym/negotiation/mine-v0")
    if options.to == "minari" and options.out is not None:
        raise ValueError(
            "out must be left out with --to minari: Minari keeps a dataset under its --name, in its own folder (its "
            f"environment variable MINARI_DATASETS_PATH says where); got {options.out}"
        )
    paths = [one for path in options.paths for one in _stores(path)]
    first = options.paths[0].resolve()
    out = options.out or Path("runs/exports") / f"{first.stem}-{options.to}{'.jsonl' if options.to in CHATS else ''}"
    if options.to == "hub":
        _say(f"dataset with its card in {export_hub(paths, out, options.licence)}")
        return
    episodes: list[Episode] = [episode for path in paths for episode in read_episodes(path)]
    if options.to == "minari":
        dataset = export_minari(episodes, options.name)
        _say(f"Minari: {options.name}, {dataset.total_episodes} episodes")
        return
    rows = CHATS[options.to](episodes)
    if not (count := _write(out, rows)):
        raise ValueError(f"nothing was written: {_why_nothing(options.to, episodes)}")
    _say(f"{count} rows of {len(episodes)} episodes in {out}")


def _why_nothing(to: str, episodes: Sequence[Episode]) -> str:
    """Why there are no rows of these episodes."""
    if all(episode.error for episode in episodes):
        return f"all {len(episodes)} episodes failed; in the last one: {episodes[-1].error}"
    if to == "sft":
        return f"the learner says nothing in any of {len(episodes)} episodes"
    several = ", several of the same seed, such as those of `dialogym datasets`" if to == "dpo" else ""
    return f"{to} needs episodes that differ in return{several}"


def _stores(path: Path) -> list[Path]:
    """The path, or the stores in it if it is no store itself."""
    within = sorted(one for one in path.expanduser().glob("*/") if EpisodeStore(one).files())
    return within if within and not EpisodeStore(path).files() else [path]


def _write(out: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows as JSON lines; returns how many. The file is replaced when all are written, and not for none."""
    rows = iter(rows)
    if (first := next(rows, None)) is None:
        return 0
    out.parent.mkdir(parents=True, exist_ok=True)
    out = out.resolve()
    plain = out.is_file() or not out.exists()  # and no pipe
    part, count = out.with_name(f".{out.name}-{os.getpid()}.tmp") if plain else out, 0
    try:
        with part.open("w", encoding="utf-8") as file:
            for row in chain((first,), rows):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        if plain:
            part.replace(out)
    finally:
        if plain:
            part.unlink(missing_ok=True)
    return count


def _say(text: str) -> None:
    Console(highlight=False).print(text, markup=False, soft_wrap=True)
