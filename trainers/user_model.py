"""A learned user model: from the words of a dialogue to a belief about the person.

It serves curiosity rewards where there is no exact mind; where there is one, it is judged by it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from rich import box
from rich.table import Table
from torch import nn

from ..core.belief import Belief
from ..core.episode import Episode
from ..envs import seeds
from ..envs.engine import Engine
from ..envs.episodes import engine_of, read_episodes, replay
from ..envs.make import make_engine
from ..evaluation.information import BeliefQuality, quality
from ..policies.collect import collect
from ..rewards.beliefs import Filter
from ..rewards.facts import plain
from ..rewards.user_model import Embedder, UserModel, Words, buckets_of, opening_features, scale, turn_features
from .configs import UserModelConfig
from .word_nets import fit

TEMPERATURES = [2.0 ** (k / 4) for k in range(-6, 17)]


@dataclass(frozen=True)
class UserModelReport:
    """How good a user model is on held-out episodes: its quality by turn, before the first, after it, and so on.

    Attributes:
        about: The fact that is predicted.
        model: The learned model.
        exact: The exact filter, marginalised to the fact; empty where the episodes cannot be replayed.
        prior: A constant guess: how often each value occurs in the training episodes.
        overall: The same three, over all turns.
    """

    about: str
    model: list[BeliefQuality]
    exact: list[BeliefQuality]
    prior: list[BeliefQuality]
    overall: dict[str, BeliefQuality]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        lists = {name: [one.to_json() for one in getattr(self, name)] for name in ("model", "exact", "prior")}
        return {"about": self.about, **lists, "overall": {name: one.to_json() for name, one in self.overall.items()}}

    def __rich__(self) -> Table:
        """For ``rich.print``."""
        kinds = [kind for kind in ("model", "exact", "prior") if kind in self.overall]
        title = f"belief about {self.about}, held-out episodes: {' / '.join(kinds)}"
        table = Table(title=title, box=box.HORIZONTALS, title_justify="left")
        for name in ("turns heard", "dialogues", "accuracy", "log loss (bits)", "calibration error"):
            table.add_column(name, justify="right")
        rows = [(str(turn), {kind: getattr(self, kind)[turn] for kind in kinds}) for turn in range(len(self.model))]
        for name, row in [*rows, ("all", self.overall)]:
            numbers = ("accuracy", "log_loss", "calibration_error")
            cells = [" / ".join(f"{getattr(row[kind], number):.3f}" for kind in kinds) for number in numbers]
            table.add_row(name, str(row["model"].count), *cells)
        return table


class Example(NamedTuple):
    """An episode: what was said; the fact before the first turn, after it, and so on; the exact beliefs at these times.

    There are none if the episode cannot be replayed.
    """

    words: Words
    truths: list[Any]
    exact: list[Belief]


def train_user_model(config: UserModelConfig) -> UserModelReport:
    """Train, save to ``config.out`` and judge.

    Returns:
        The report, which is also in ``report.json``.

    Raises:
        ValueError: If an argument is invalid, or the episodes do not tell anything apart.
        FileNotFoundError: If there are no episodes where they should be.
        FileExistsError: If there is a model in the folder already.
    """
    if (config.out / "user_model.npz").exists():
        raise FileExistsError(f"{config.out} holds a user model already: use another --out")
    if config.threads:
        torch.set_num_threads(config.threads)
    episodes = _episodes(config)
    about = config.about or _coarsest(episodes)
    engines: dict[tuple[str, str], Engine] = {}
    examples = [_example(episode, about, engines) for episode in episodes]
    train, validation, held_out = _split(examples, [episode.seed for episode in episodes], config)
    rest = [*train, *validation]
    if not train or not validation or not held_out:
        raise ValueError(f"{len(examples)} episodes are too few to train on, to validate and to report")
    truths = [truth for example in rest for truth in example.truths]
    labels = tuple(sorted(set(truths), key=lambda label: (str(type(label)), label)))
    if len(labels) < 2:
        raise ValueError(f"about must be a fact that differs between people; {about!r} was {labels} in every episode")
    model = _fit(config, about, labels, train, validation)
    config.out.mkdir(parents=True, exist_ok=True)
    model.save(config.out)
    told = {"algorithm": "user-model", **asdict(config)}
    (config.out / "config.json").write_text(json.dumps(told, indent=2, default=str))
    report = _judge(model, Belief((truth, 1.0) for truth in truths), held_out)
    (config.out / "report.json").write_text(json.dumps(report.to_json(), indent=2))
    return report


def _episodes(config: UserModelConfig) -> list[Episode]:
    if config.episodes_path is not None:
        episodes = read_episodes(config.episodes_path)
    else:
        path = config.out / "episodes"
        if not path.exists():
            first = seeds.demonstrations(config.seed, config.episodes).start
            collect(config.env_id, config.policy, config.episodes, path, first, progress=True, **config.settings)
        episodes = read_episodes(path)
    wanted = make_engine(config.env_id, **config.settings).family
    found = {type(engine_of(episode).family) for episode in {e.env_id: e for e in episodes}.values()}
    if found != {type(wanted)}:
        raise ValueError(
            f"episodes must be of the family of {config.env_id}; got {', '.join(sorted({e.env_id for e in episodes}))}"
        )
    return [episode for episode in episodes if not episode.error and episode.turns]


def _coarsest(episodes: Sequence[Episode]) -> str:
    """The revealed fact that takes the fewest values, but more than one."""
    values: dict[str, set[Any]] = defaultdict(set)
    for episode in episodes:
        for name, value in episode.hidden.items():
            values[name].add(plain(value))
    differing = [name for name, some in values.items() if len(some) > 1]
    if not differing:
        raise ValueError("the episodes reveal nothing that differs between people")
    return min(differing, key=lambda name: len(values[name]))


def _example(episode: Episode, about: str, engines: dict[tuple[str, str], Engine]) -> Example:
    """By replay, which knows a hidden state that moves.

    Where the mind did not draw the replies, what was revealed at the end stands for all of it.
    """
    words = words_of_episode(episode)
    if about not in episode.hidden:
        raise ValueError(f"about must be one of {', '.join(episode.hidden)}; got {about!r}")
    key = (episode.env_id, json.dumps(episode.settings, sort_keys=True) + episode.grammar)
    if key not in engines:
        engines[key] = engine_of(episode)
    try:
        dialogue = list(replay(episode, engines[key]))[-1].dialogue
    except ValueError:
        return Example(words, [plain(episode.hidden[about])] * (len(words.turns) + 1), [])
    source, times = Filter(about=about), range(len(dialogue.steps) + 1)
    return Example(words, [source.truth(dialogue, i) for i in times], [source.belief(dialogue, i) for i in times])


def words_of_episode(episode: Episode) -> Words:
    """The words of a recorded episode."""
    opening: list[str] = []
    turns: list[tuple[str, list[str]]] = []
    for turn in episode.turns:
        if turn.seat == episode.seat:
            turns.append((turn.text, []))
        else:
            (turns[-1][1] if turns else opening).append(turn.text)
    return Words(episode.brief, "\n".join(opening), tuple((said, "\n".join(replies)) for said, replies in turns))


def _split(
    examples: Sequence[Example], seeds: Sequence[int | None], config: UserModelConfig
) -> tuple[list[Example], list[Example], list[Example]]:
    """To train on, to validate, to report. Episodes of one seed share a person, and so stay together."""
    together: dict[Any, list[Example]] = defaultdict(list)
    for place, (example, seed) in enumerate(zip(examples, seeds, strict=True)):
        together[("place", place) if seed is None else seed].append(example)
    people = list(together.values())
    order = np.random.default_rng(config.seed).permutation(len(people))
    rest, held_out = _cut([people[i] for i in order], config.held_out)
    train, validation = _cut(rest, 0.15)
    parts = [[example for person in part for example in person] for part in (train, validation, held_out)]
    return parts[0], parts[1], parts[2]


def _cut(people: list[list[Example]], share: float) -> tuple[list[list[Example]], list[list[Example]]]:
    place = len(people) - max(1, round(share * len(people)))
    return people[:place], people[place:]


def _fit(
    config: UserModelConfig, about: str, labels: tuple[Any, ...], train: list[Example], validation: list[Example]
) -> UserModel:
    torch.manual_seed(config.seed)
    embedder = Embedder(config.features.removeprefix("lm:")) if config.features != "ngrams" else None
    known, checked = (_inputs(config, part, labels, embedder) for part in (train, validation))
    weights, logits = fit(config, embedder, known, checked, len(labels), nn.functional.cross_entropy)
    truths = checked[1]
    temperature = min(TEMPERATURES, key=lambda t: float(nn.functional.cross_entropy(logits / t, truths)))
    cooled = {name: value / temperature if name in ("w2", "b2") else value for name, value in weights.items()}
    return UserModel(about, labels, config.features, cooled)


def _inputs(
    config: UserModelConfig, examples: list[Example], labels: tuple[Any, ...], embedder: Embedder | None
) -> tuple[list[np.ndarray], torch.Tensor]:
    """Features and label of every prefix of every episode.

    A label that training never met belongs to no class and is left out.
    """
    places = {label: place for place, label in enumerate(labels)}
    inputs, targets = [], []
    for (brief, opening, turns), truths, _ in examples:
        unit = scale(Words(brief, opening, ()))
        bag = buckets_of(opening_features(Words(brief, opening, ()), unit), config.buckets)
        for index, truth in enumerate(truths):
            if embedder is not None:
                inputs.append(embedder(Words(brief, opening, turns[:index])))
            else:
                if index:
                    added = turn_features(index - 1, *turns[index - 1], unit)
                    bag = np.concatenate([bag, buckets_of(added, config.buckets)])
                inputs.append(bag)
            targets.append(places[truth])
    return inputs, torch.tensor(targets)


def _judge(model: UserModel, prior: Belief, held_out: list[Example]) -> UserModelReport:
    kinds = ("model", "exact", "prior") if all(example.exact for example in held_out) else ("model", "prior")
    guesses: dict[str, list[list[tuple[Belief, Any]]]] = {kind: [] for kind in ("model", "exact", "prior")}
    for words, truths, exact in held_out:
        for index, truth in enumerate(truths):
            said = words._replace(turns=words.turns[:index])
            beliefs = {"model": model.believe(said), "exact": exact[index] if exact else prior, "prior": prior}
            for kind, belief in beliefs.items():
                by_turn = guesses[kind]
                if kind in kinds:
                    by_turn.extend([] for _ in range(index + 1 - len(by_turn)))
                    by_turn[index].append((belief, truth))
    learned, known, constant = ([quality(turn) for turn in by_turn] for by_turn in guesses.values())
    overall = {kind: quality([guess for turn in guesses[kind] for guess in turn]) for kind in kinds}
    return UserModelReport(model.about, learned, known, constant, overall)
