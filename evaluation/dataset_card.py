"""Recorded episodes as a folder that the Hugging Face Hub, or anybody's `datasets`, reads: Parquet files and a card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ..core.episode import Episode
from ..envs.columns import to_table
from ..envs.episodes import EpisodeStore, engine_of, read_episodes
from ..envs.registration import bare
from .exact import optimum
from .statistics import Interval, mean_interval
from .tables import markdown

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
QUALITY = "quality.json"  # of `make_datasets`, beside its folders

CARD = """---
{header}
---

# Dialogues of {env_id}

{total} dialogues of a policy with a simulated person, recorded in the environment `{env_id}` of dialogym {version}.

- settings of the environment: {settings}; grammar: {grammar}
- seeds: {seeds}
- best expected return with the scripted person: {best}

{table}

A return is the payoff of a dialogue, whatever reward was recorded; in brackets the 95% interval of the mean. The score
is 0 for the better of random play and doing nothing, and 1 for the exact optimum, both on the same seeds; a dash where
it was not measured.

```python
from datasets import load_dataset

dialogues = load_dataset("PATH_OR_ID", "{name}", split="train")
print(dialogues[0]["messages"])
```

`messages` is the chat from the learner's side, as TRL's `SFTTrainer` reads it. `turns` has each utterance with its act,
problem and reward; `settings`, `scenario`, `hidden`, `outcome` and `reward` hold JSON. With dialogym,
`read_episodes("data/{name}.parquet")` reads all of it, and `replay` gives the exact belief after each turn.
"""


@dataclass(frozen=True)
class _Part:
    """One store: what its line of the card says. Returns are payoffs, whatever the reward."""

    name: str
    policies: str
    episodes: int
    mean: float
    interval: Interval
    most: float
    score: float | None

    @classmethod
    def of(cls, name: str, episodes: Sequence[Episode], known: Mapping[str, Any] | None) -> _Part:
        payoffs = [episode.payoff for episode in episodes]
        policies = ", ".join(f"`{policy}`" for policy in dict.fromkeys(episode.policy for episode in episodes))
        mean, score = sum(payoffs) / len(payoffs), known["score"] if known else None
        return cls(name, policies, len(payoffs), mean, mean_interval(payoffs), max(payoffs), score)

    def cells(self) -> list[str]:
        low, high = self.interval
        score = "-" if self.score is None else f"{self.score:.3f}"
        mean = f"{self.mean:.4f} ({low:.4f} to {high:.4f})"
        return [f"`{self.name}`", self.policies, f"{self.episodes:,}", mean, f"{self.most:.4f}", score]


def export_hub(paths: Sequence[str | Path], folder: str | Path, licence: str = "apache-2.0") -> Path:
    """Write stores as a dataset with a card. Nothing is uploaded.

    Args:
        paths: Stores of one environment with the same settings; each becomes a configuration with the name of its
            folder. Failed episodes are left out.
        folder: A new or empty one. Gets ``README.md`` and ``data/NAME.parquet``: the columns of a store (so that
            `read_episodes` reads it), and ``messages``.
        licence: Of the dataset, by its name on the Hub.

    Returns:
        The folder.

    Raises:
        ValueError: If there are no episodes, if they are of several environments, if two stores have one name, or if
            `folder` holds something.
        FileNotFoundError: If there are no episodes at a path.
    """
    folder, parts, first = Path(folder), [], None
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"folder must be new or empty, but {folder} holds something")
    stores = {Path(path).resolve().stem: Path(path) for path in paths}
    if len(stores) < len(paths):
        raise ValueError(f"paths must differ in the names of their folders, got {', '.join(map(str, paths))}")
    found = {name: [episode for episode in read_episodes(path) if not episode.error] for name, path in stores.items()}
    for name, episodes in found.items():
        if not episodes:
            raise ValueError(f"all episodes of {stores[name]} have failed: there is nothing to export")
        first = first or episodes[0]
        for episode in episodes:
            for field in ("env_id", "settings", "grammar"):
                if getattr(episode, field) != getattr(first, field):
                    raise ValueError(
                        f"a dataset is of one environment, but {field} is {getattr(first, field)!r} and "
                        f"{getattr(episode, field)!r}"
                    )
        parts.append(_Part.of(name, episodes, _known(stores[name])))
    if first is None:
        raise ValueError("paths must name at least one store")
    (folder / "data").mkdir(parents=True)
    for name, episodes in found.items():
        pq.write_table(to_table(episodes, messages=True), folder / "data" / f"{name}.parquet", compression="zstd")
    seeds = [episode.seed for episodes in found.values() for episode in episodes if episode.seed is not None]
    (folder / "README.md").write_text(_card(first, parts, seeds, licence))
    return folder


def _known(store: Path) -> Mapping[str, Any] | None:
    """What `make_datasets` has measured of a store, if it is as it was then."""
    file = store.parent / QUALITY
    known = json.loads(file.read_text()).get(store.name) if file.exists() else None
    same = known and store.is_dir() and known["episodes"] + known["failed"] == len(EpisodeStore(store))
    return known if same else None


def _card(first: Episode, parts: Sequence[_Part], seeds: Sequence[int], licence: str) -> str:
    from .. import __version__

    env_id, total = bare(first.env_id), sum(part.episodes for part in parts)
    head = {
        "license": licence,
        "language": ["en"],
        "pretty_name": f"Dialogues of {env_id}",
        "size_categories": [next((name for most, name in _SIZES if total < most), "n>1M")],
        "task_categories": ["reinforcement-learning", "text-generation"],
        "tags": ["dialogym", "multi-turn", "offline-rl", env_id],
        "configs": [{"config_name": part.name, "data_files": f"data/{part.name}.parquet"} for part in parts],
    }
    header = "\n".join(f"{name}: {json.dumps(value)}" for name, value in head.items())  # JSON is YAML
    table = [["configuration", "policy", "episodes", "mean return", "maximum", "score"], *(p.cells() for p in parts)]
    settings = ", ".join(f"`{name}={value!r}`" for name, value in first.settings.items()) or "none"
    drawn = f"from {min(seeds):,} to {max(seeds):,}" if seeds else "not kept"
    return CARD.format(
        header=header,
        env_id=env_id,
        total=f"{total:,}",
        version=__version__,
        settings=settings,
        grammar=first.grammar,
        seeds=drawn,
        best=_best(first),
        table=markdown(table),
        name=parts[0].name,
    )


def _best(episode: Episode) -> str:
    try:
        return f"{optimum(engine_of(episode).family):.4f}, exact"
    except NotImplementedError:
        return "not known"
