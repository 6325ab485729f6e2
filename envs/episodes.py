"""Recorded episodes: the Parquet store, replay, and rescoring under another reward."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core.acts import Act, Say
from ..core.dialogue import Dialogue, Step, together
from ..core.episode import SCHEMA_VERSION, Episode, EpisodeTurn
from ..core.grammar import TALK, Heard
from ..core.mind import foresee
from ..core.setting import Setting
from ..core.stream import Stream
from ..rewards.judges import make_judge
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.personas import read_persona
from .columns import JSON, SAME, to_table
from .engine import Engine
from .make import engine_for
from .registration import bare, lookup


class EpisodeStore:
    """A folder of Parquet files, one an `append`.

    Each file appears whole or not at all, so a crash or a full disk loses nothing that was written before. The record
    of an episode that failed stays in its file, but is not read or counted once the episode was played again.

    ``datasets.load_dataset("parquet", data_files=f"{folder}/*.parquet")`` and ``pandas.read_parquet(folder)`` read it.

    Args:
        path: The folder; made on the first `append`.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path).expanduser()
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"path must be a folder for episodes, but {self.path} is a file")

    def append(self, episodes: Sequence[Episode]) -> None:
        """Write episodes as one more file.

        Raises:
            OSError: If the file cannot be written; nothing of it is left, and earlier files are intact.
        """
        if not episodes:
            return
        table = to_table(episodes)
        self.path.mkdir(parents=True, exist_ok=True)
        part = self.path / f".writing-{os.getpid()}.tmp"
        try:
            pq.write_table(table, part, compression="zstd")
            while True:
                try:
                    os.link(part, self._next())
                    break
                except FileExistsError:  # another process took the number
                    continue
        except OSError as error:
            reason = error.strerror or error
            raise OSError(
                error.errno,
                f"could not write {len(episodes)} episodes to {self.path} ({reason}); earlier episodes are intact",
            ) from error
        finally:
            part.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """The Parquet files, in the order they were written."""
        return sorted(self.path.glob("*.parquet"))

    def __iter__(self) -> Iterator[Episode]:
        left_out, found = self._played_again(), chain.from_iterable(map(_read, self.files()))
        return (episode for place, episode in enumerate(found) if place not in left_out)

    def values(self, column: str) -> list[Any]:
        """The different values of one column, in the order of first sight; without reading the rest.

        Args:
            column: A field of `Episode`, but not ``"turns"``.

        Raises:
            ValueError: If a file is damaged.
        """
        texts = dict.fromkeys(value for file in self.files() for value in _column(file, column))
        return [json.loads(text) for text in texts] if column in JSON else list(texts)

    def seeds(self, **same: Any) -> list[int | None]:
        """The seeds of the episodes of which all that is given holds, in order; without reading the rest.

        Args:
            **same: Fields of `Episode`, but not ``turns``, and their values.

        Raises:
            ValueError: If a file is damaged.
        """
        wanted = [json.dumps(value) if name in JSON else value for name, value in same.items()]
        return [seed for seed, *values in self.rows("seed", *same) if values == wanted]

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of every record, as they are in the files; see `values`."""
        return [row for file in self.files() for row in zip(*(_column(file, one) for one in columns), strict=True)]

    def __len__(self) -> int:
        return len(self.rows("error")) - len(self._played_again())

    def failures(self) -> dict[int | None, str]:
        """The seeds of the episodes that failed and were not played again since, and why."""
        again, rows = self._played_again(), self.rows("seed", "error")
        return {seed: error for place, (seed, error) in enumerate(rows) if error and place not in again}

    def _played_again(self) -> set[int]:
        """Places of the failed records of episodes that were played again since."""
        if not any(error for (error,) in self.rows("error")):
            return set()
        rows = self.rows("error", "seed", *SAME)
        last = {row[1:]: place for place, row in enumerate(rows) if row[1] is not None}
        return {place for place, row in enumerate(rows) if row[0] and last.get(row[1:], place) != place}

    def _next(self) -> Path:
        last = self.files()[-1:]
        number = int(last[0].stem.split("-")[1]) + 1 if last else 0
        return self.path / f"episodes-{number:06d}.parquet"


def read_episodes(path: str | Path) -> list[Episode]:
    """Read a store, or a single Parquet file.

    Raises:
        FileNotFoundError: If there are no episodes at `path`.
        ValueError: If a file is damaged or of another schema; the message names it.
    """
    path = Path(path).expanduser()
    if path.is_file():
        return list(_read(path))
    episodes = list(EpisodeStore(path)) if path.is_dir() else []
    if not episodes:
        raise FileNotFoundError(f"no episodes at {path}: expected a folder of Parquet files (see `dialogym collect`)")
    return episodes


def record(dialogue: Dialogue, env_id: str, engine: Engine, policy: str) -> Episode:
    """The record of a finished dialogue; of one whose partner failed before the first word, a record without turns."""
    from .. import __version__

    family, setting, last = engine.family, dialogue.setting, dialogue.steps[-1] if dialogue.steps else None
    turns: list[EpisodeTurn] = []
    opening = dialogue.opening_exchange
    state, hidden, opening_branch = setting.game.start(), dialogue.hidden_start, -1
    if opening is not None:
        possible = setting.exchange(state, hidden, None).support
        opening_branch = possible.index(opening) if opening in possible else -1
        hidden = opening.hidden
    for turn in dialogue.turns():
        tag = engine.grammar.print(turn.act) if turn.act is not None else ""
        turns.append(EpisodeTurn(turn.seat or family.partner, str(turn.text), tag, turn.problem))
    own = [turn for turn in turns if turn.seat == dialogue.seat]
    for turn, step in zip(own, dialogue.steps, strict=True):
        possible = setting.exchange(step.before, hidden, step.heard.act).support
        turn.branch = possible.index(step.exchange) if step.exchange in possible else -1
        turn.reward, turn.reward_terms, turn.feedback = step.reward, dict(step.rewards), step.feedback
        hidden = step.exchange.hidden
    return Episode(
        env_id=bare(env_id),
        settings=family.settings(),
        grammar=engine.grammar.mode,
        policy=policy,
        seed=dialogue.seed,
        seat=dialogue.seat,
        scenario=asdict(dialogue.scenario),
        persona=dialogue.persona,
        brief=dialogue.brief,
        turns=turns,
        hidden=family.reveal(dialogue.scenario, dialogue.hidden),
        hidden_start=setting.prior.support.index(dialogue.hidden_start),
        opening_branch=opening_branch,
        outcome={} if dialogue.error else family.outcome(dialogue),
        reward=engine.reward.describe(),
        episode_return=sum(turn.reward for turn in own),
        payoff=last.payoff if last and not dialogue.error else 0.0,
        truncated=bool(dialogue.error or (last and last.truncated)),
        error=dialogue.error,
        version=__version__,
    )


def engine_of(episode: Episode, reward: RewardSpec | Reward = "goal", judge: Any = "") -> Engine:
    """The engine that an episode was recorded with, under another reward."""
    path, _ = lookup(bare(episode.env_id))  # what is read must not choose what is imported
    return engine_for(path, {**episode.settings, "reward": reward, "grammar": episode.grammar, "judge": judge})


def replay(episode: Episode, engine: Engine | None = None) -> Iterator[Step]:
    """The steps of a recorded episode, rewarded by the engine as they were when it ran.

    ``step.dialogue`` has just got that far when a step is yielded.

    Args:
        episode: A record.
        engine: Of the same family and settings; made if missing.

    Raises:
        ValueError: If the record does not fit the family, or the episode failed.
    """
    if episode.error:
        raise ValueError(f"the episode failed ({episode.error}) and cannot be replayed")
    engine = engine or engine_of(episode)
    family = engine.family
    scenario = family.scenario_type(**episode.scenario)
    setting = family.setting(scenario)
    hidden = setting.prior.support[episode.hidden_start]
    unused = Stream(np.random.default_rng(0))  # what was drawn is in the record
    dialogue = Dialogue(setting, scenario, episode.brief, episode.persona, hidden, unused, episode.seed, family)
    turns = list(episode.turns)

    def replies() -> list[EpisodeTurn]:
        """What the others said until the learner's next turn."""
        place = next((place for place, turn in enumerate(turns) if turn.seat == episode.seat), len(turns))
        said, turns[:place] = turns[:place], []
        return said

    if setting.game.mover(dialogue.state) != setting.seat:
        said = replies()
        if episode.opening_branch >= 0:
            opening = setting.exchange(dialogue.state, hidden, None).support[episode.opening_branch]
        else:
            opening = setting.answered(dialogue.state, hidden, None, _made(said, engine, setting))
        dialogue.begin(opening, together([turn.text for turn in said]))
    while turns:
        turn, said = turns.pop(0), replies()
        heard = _heard(engine.grammar.parse(turn.text, family.context(dialogue)), turn, engine)
        if turn.branch >= 0:
            exchange = setting.exchange(dialogue.state, dialogue.hidden, heard.act).support[turn.branch]
        elif said:
            exchange = setting.answered(dialogue.state, dialogue.hidden, heard.act, _made(said, engine, setting))
        else:
            raise ValueError(
                "the episode holds a turn that the mind did not draw, and no answer to it: it cannot be replayed"
            )
        step = Step(dialogue, turn.text, heard, exchange, together([turn.text for turn in said]))
        dialogue.record(step)
        if episode.truncated and not turns:
            dialogue.cut()
        step.reward = engine.reward(step)
        yield step


def _heard(heard: Heard, turn: EpisodeTurn, engine: Engine) -> Heard:
    """What an utterance came to: as the grammar reads it, or if it was read otherwise, as it was recorded."""
    if turn.problem in ("malformed", "ambiguous") and not heard.problem:
        return Heard(Say(), turn.problem)
    if turn.problem or (not heard.problem and engine.grammar.print(heard.act) == turn.act):
        return heard
    return (engine.grammar.parse_tag(turn.act) if turn.act else None) or TALK


def _made(said: Sequence[EpisodeTurn], engine: Engine, setting: Setting) -> Callable[[Any, str], Act]:
    """Who answers as it was recorded, where the answer is none that the mind would have given."""
    tags = [turn.act for turn in said]

    def answer(state: Any, seat: str) -> Act:
        tag = tags.pop(0) if len(tags) > 1 else tags[0]
        if not tag:
            return Say()
        heard = engine.grammar.parse_tag(tag)
        if heard is not None and engine.grammar.print(heard.act) == tag:
            return heard.act
        for act, _, _ in foresee(setting.mind, setting.prior, state):
            if engine.grammar.print(act) == tag:
                return act
        raise ValueError(f"the episode holds the act {tag!r}, which nobody can make here: it cannot be replayed")

    return answer


def rescore(episodes: Iterable[Episode], reward: RewardSpec | Reward, judge: Any = "") -> list[Episode]:
    """The same episodes with the rewards they would have earned under `reward`. Failed ones are left out.

    Args:
        episodes: Records.
        reward: See `Reward`.
        judge: Who judges, if the reward says so; see `make_judge`.
    """
    judge = make_judge(judge) if judge else ""
    rescored, engines = [], {}
    for episode in episodes:
        if episode.error:
            continue
        key = (episode.env_id, json.dumps(episode.settings, sort_keys=True), episode.grammar)
        engine = engines.get(key)
        if engine is None:
            engine = engines[key] = engine_of(episode, reward, judge)
        steps = iter(list(replay(episode, engine)))
        turns = []
        for turn in episode.turns:
            terms = next(steps).rewards if turn.seat == episode.seat else {}
            turns.append(replace(turn, reward=sum(terms.values()), reward_terms=dict(terms)))
        values = {field.name: getattr(episode, field.name) for field in fields(episode)}
        values |= {
            "turns": turns,
            "reward": engine.reward.describe(),
            "episode_return": sum(turn.reward for turn in turns),
        }
        rescored.append(Episode(**values))
    return rescored


@contextmanager
def _reading(file: Path, column: str = "schema") -> Iterator[pq.ParquetFile]:
    """A file of episodes, which has that column."""
    try:
        found = pq.ParquetFile(file)
        if column not in found.schema_arrow.names:
            raise ValueError(f"{file} holds no episodes: it has no column {column!r}; move it away to read the others")
        yield found
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{file} is damaged or no Parquet file ({error}); move it away to read the others") from error


def _column(file: Path, column: str) -> list[Any]:
    with _reading(file, column) as found:
        return found.read([column]).column(column).to_pylist()


def _read(file: Path) -> Iterator[Episode]:
    with _reading(file) as found:
        rows = found.read().to_pylist()
    for row in rows:
        if row["schema"] != SCHEMA_VERSION:
            raise ValueError(f"{file} has schema {row['schema']!r}; this version reads {SCHEMA_VERSION}")
        for name in JSON:
            row[name] = json.loads(row[name])
        row["persona"] = read_persona(row["persona"])
        row.pop("messages", None)  # of an export
        row["turns"] = [
            EpisodeTurn(**{**turn, "reward_terms": json.loads(turn["reward_terms"])}) for turn in row["turns"]
        ]
        yield Episode(**row)
