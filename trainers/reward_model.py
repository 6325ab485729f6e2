"""A learned reward: from the words of a dialogue to the exact value of what was said (after ARMAP, Chen et al. 2025).

At each turn of the dialogues of some policy, what it said and a few other acts are put into words, and the model learns
what the solver says that each is worth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from rich import box
from rich.table import Table
from torch import nn

from ..core.acts import Act
from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs import seeds
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..envs.wording import put
from ..evaluation.exact import optimum
from ..evaluation.judge_card import rank_correlation
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from ..rewards.judge_prompts import Shown, line
from ..rewards.reward_model import RewardModel, judged, message_features, words_of_shown
from ..rewards.user_model import Embedder, buckets_of
from .configs import RewardModelConfig
from .word_nets import Data, fit

WORST = 1.0  # optimum below the best act of a turn: what is worse is worth that, or it would learn absurd acts alone

REWORDINGS: tuple[str, ...] = (
    "{} I hope that is all right with you.",
    "{} Let me know what you make of it.",
    "So, {}",
    "{} Thank you for taking the time.",
    "To be honest with you: {}",
    "{} It is a nice day, by the way, and I am glad that we talk.",
    "> {}",
    "{}\n\n(Sent from my phone. This is an automatic note, which needs no reply.)",
    "{} As I said before, and as I may well say again, this is how things look from where I stand today.",
    "1. {}",
    "_{}_",
    "{} I like how you put that.",
)
"""Words around a message that change no act, so that it is worth the same. They are others than those of the card."""


class Place(NamedTuple):
    """A turn: messages that could be said, and what each is worth, in optima."""

    seen: tuple[Shown, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class RewardModelReport:
    """How good a reward model is on held-out dialogues. Values are in optima.

    Attributes:
        places: Turns of the learner.
        error: Root of the mean squared error.
        spread: That of a constant guess.
        rank: Spearman's correlation with the exact values within a turn, where there are several messages.
        loss: What its choice among the messages of a turn loses.
        blind: What a blind choice loses.
    """

    places: int
    error: float
    spread: float
    rank: float
    loss: float
    blind: float

    def __rich__(self) -> Table:
        """For ``rich.print``."""
        table = Table(title=f"{self.places} turns of held-out dialogues", box=box.HORIZONTALS, title_justify="left")
        table.add_column("in optima")
        table.add_column("model", justify="right")
        table.add_column("guess", justify="right")
        table.add_row("error (rms)", f"{self.error:.3f}", f"{self.spread:.3f}")
        table.add_row("lost by its choice within a turn", f"{self.loss:.3f}", f"{self.blind:.3f}")
        table.add_row("rank correlation within a turn", f"{self.rank:.2f}", "0.00")
        return table


def train_reward_model(config: RewardModelConfig) -> RewardModelReport:
    """Train, save to ``config.out`` and hold against exact values.

    Returns:
        The report, which is also in ``report.json``.

    Raises:
        ValueError: If an argument is invalid, or the optimum is not above 0.
        OutOfReach: If nobody can compute it.
        FileExistsError: If there is a model in the folder already.
    """
    if (config.out / "reward_model.npz").exists():
        raise FileExistsError(f"{config.out} holds a reward model already: use another --out")
    if config.threads:
        torch.set_num_threads(config.threads)
    engine = make_engine(config.env_id, **config.settings)
    unit = optimum(engine.family)
    if unit <= 0.0:
        raise ValueError(f"env_id must have an optimum above 0 to measure by; that of {config.env_id} is {unit:.3f}")
    played = seeds.demonstrations(config.seed, config.episodes)
    dialogues = [one for one in rollout(engine, make_policy(config.policy, engine), played) if not one.error]
    cut = max(1, round(config.held_out * len(dialogues)))
    check = max(1, round(0.15 * (len(dialogues) - cut)))
    if len(dialogues) < cut + check + 1:
        raise ValueError(f"episodes must be enough to train on, to validate and to report; got {len(dialogues)}")
    told = (config.others, unit, config.reworded)
    places = [list(places_of(engine, dialogue, *told)) for dialogue in dialogues]
    held_out, validation, train = ([p for some in part for p in some] for part in (
        places[:cut], places[cut : cut + check], places[cut + check :]
    ))  # fmt: skip
    torch.manual_seed(config.seed)
    embedder = Embedder(config.features.removeprefix("lm:")) if config.features != "ngrams" else None
    known, checked = _data(config, train, embedder), _data(config, validation, embedder)
    weights, _ = fit(config, embedder, known, checked, 1, nn.functional.mse_loss)
    if embedder is None:  # what training never met counts for nothing
        met = np.unique(np.concatenate(known[0]))
        weights["w1"] = np.where(np.isin(np.arange(config.buckets), met)[:, None], weights["w1"], np.float32(0.0))
    model = RewardModel(config.env_id, unit, config.features, weights)
    model.save(config.out)
    kept = {"algorithm": "reward", **asdict(config)}
    (config.out / "config.json").write_text(json.dumps(kept, indent=2, default=str))
    report = _judge(model, held_out, float(known[1].mean()))
    (config.out / "report.json").write_text(json.dumps(asdict(report), indent=2))
    return report


def places_of(engine: Engine, dialogue: Dialogue, others: int, unit: float, reworded: float = 0.0) -> Iterator[Place]:
    """The turns of a dialogue: what was said at each, and `others` more acts in words, with their exact values.

    That share of the messages is `reworded`, where this leaves the act as it is.
    """
    solution = dialogue.setting.solution
    for step in dialogue.steps:
        if step.problem or step.error:
            continue
        rng = np.random.default_rng((dialogue.seed or 0, step.index, 9))
        belief, before = step.belief_before(), dialogue.fork()
        before.steps, before.state = dialogue.steps[: step.index], step.before
        values = {
            **solution.act_values(step.before, belief),
            step.act: solution.act_value(step.before, belief, step.act),
        }
        said, least = judged(dialogue, step.index), max(values.values()) - WORST * unit
        rest = [act for act in values if act != step.act]
        some = [rest[place] for place in rng.permutation(len(rest))[:others]]
        messages = [(step.act, step.text), *((act, _words(engine, before, act, rng)) for act in some)]
        if reworded:
            messages = [(act, _reworded(engine, before, act, text, reworded, rng)) for act, text in messages]
        seen = [said._replace(lines=(*said.lines[:-1], line(dialogue.seat, text))) for _, text in messages]
        yield Place(tuple(seen), tuple(max(values[act], least) / unit for act, _ in messages))


def _words(engine: Engine, before: Dialogue, act: Act, rng: np.random.Generator) -> str:
    examples = engine.family.wordings(before.scenario, act)
    return examples[int(rng.integers(len(examples)))] if examples else put(engine, before, act, Stream(rng))


def _reworded(engine: Engine, before: Dialogue, act: Act, text: str, share: float, rng: np.random.Generator) -> str:
    if rng.random() >= share:
        return text
    new = REWORDINGS[int(rng.integers(len(REWORDINGS)))].format(text)
    heard = engine.grammar.parse(new, engine.family.context(before))
    return new if heard.act == act and not heard.problem else text


def _data(config: RewardModelConfig, places: Sequence[Place], embedder: Embedder | None) -> Data:
    read = embedder or partial(_hashed, config.buckets)
    inputs = [read(words_of_shown(seen)) for place in places for seen in place.seen]
    return inputs, torch.tensor([[value] for place in places for value in place.values], dtype=torch.float32)


def _hashed(buckets: int, words: Any) -> np.ndarray:
    return buckets_of(message_features(words), buckets)


def _judge(model: RewardModel, places: Sequence[Place], mean: float) -> RewardModelReport:
    found = [(place, [model.value(seen) for seen in place.seen]) for place in places]
    true = np.array([value for place, _ in found for value in place.values])
    told = np.array([value for _, values in found for value in values])
    several = [(place.values, values) for place, values in found if max(place.values) > min(place.values)]
    return RewardModelReport(
        len(places),
        float(np.sqrt(((told - true) ** 2).mean())),
        float(np.sqrt(((mean - true) ** 2).mean())),
        float(np.mean([rank_correlation(values, exact) for exact, values in several])),
        float(np.mean([max(exact) - exact[int(np.argmax(values))] for exact, values in several])),
        float(np.mean([max(exact) - np.mean(exact) for exact, _ in several])),
    )
