"""`dialogym train`: train a policy, a model of the user, or a voice."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

# Before torch: telemetry off, and no warning about forked tokenizers.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore", category=FutureWarning)  # TRL and transformers deprecate each other's arguments

import tyro
from rich.console import Console

from ..evaluation.results import Evaluation
from ..evaluation.tables import between, number

POLICIES = {
    "bc": ("bc", "BCConfig", "train_bc", "behaviour cloning of recorded episodes"),
    "filtered-bc": ("bc", "FilteredBCConfig", "train_bc", "behaviour cloning of the best of them"),
    "mc": ("mc", "MCConfig", "train_mc", "offline: decoding guided by Monte-Carlo returns"),
    "ilql": ("ilql", "ILQLConfig", "train_ilql", "offline: implicit language Q-learning"),
    "awr": ("awr", "AWRConfig", "train_awr", "offline: advantage-weighted regression"),
    "grpo": ("grpo", "GRPOConfig", "train_grpo", "online: group-relative policy optimisation"),
    "rloo": ("rloo", "RLOOConfig", "train_rloo", "online: REINFORCE with a leave-one-out baseline"),
    "ppo": ("ppo", "PPOConfig", "train_ppo", "online: proximal policy optimisation, by turn or token"),
    "dpo": ("dpo", "DPOConfig", "train_dpo", "preferences between rollouts"),
    "kto": ("kto", "KTOConfig", "train_kto", "good and bad rollouts, unpaired"),
    "expert-iteration": (
        "expert_iteration",
        "ExpertIterationConfig",
        "train_expert_iteration",
        "online: cloning one's own best episodes",
    ),
    "self-play": ("self_play", "SelfPlayConfig", "train_self_play", "both seats of a game"),
}
"""Algorithm -> module, configuration, function, what it is."""

OTHERS = {
    "user-model": "a learned model of the simulated user, for curiosity rewards",
    "voice": "a language model as the voice of simulated users",
}

ALGORITHMS = (*POLICIES, *OTHERS)


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Train and print how good the result is.

    Raises:
        ValueError: If the algorithm is unknown.
    """
    console = Console(highlight=False)
    if not arguments or arguments[0] in ("-h", "--help"):
        lines = [f"  {name:17}{what}" for name, (_, _, _, what) in POLICIES.items()] + [
            f"  {name:17}{what}" for name, what in OTHERS.items()
        ]
        console.print(
            "\n".join(
                ["usage: dialogym train ALGORITHM ENV [OPTIONS]", "       dialogym train ALGORITHM --help", "", *lines]
            ),
            markup=False,
        )
        return
    algorithm, rest = arguments[0], list(arguments[1:])
    if algorithm in POLICIES:
        _train_policy(algorithm, rest, settings, console)
    elif algorithm == "user-model":
        _train_user_model(rest, settings, console)
    elif algorithm == "voice":
        _train_voice(rest, console)
    else:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}; got {algorithm!r}")


def _train_policy(algorithm: str, arguments: list[str], settings: dict[str, Any], console: Console) -> None:
    from transformers.utils import logging

    from ..trainers import processes

    logging.disable_progress_bar()  # of reading and writing weights; that of the training stays
    file, config_name, function, _ = POLICIES[algorithm]
    module = import_module(f"..trainers.{file}", __package__)
    config = tyro.cli(getattr(module, config_name), args=arguments, prog=f"dialogym train {algorithm}")
    getattr(module, function)(replace(config, settings={**config.settings, **settings}))
    if processes.is_main():
        folder = config.out / algorithm
        trained = Evaluation.from_json(json.loads((folder / "evaluation.json").read_text())[0])
        console.print(f"{outcome(trained)}; model in {folder / 'model'}", markup=False)


def outcome(evaluation: Evaluation) -> str:
    """How good a policy turned out, in one sentence."""
    played = f"{evaluation.episodes:,} episodes"
    if evaluation.score is not None:
        return (
            f"score {number(evaluation.score)} {between(evaluation.score_interval)} over {played}; 0 is random, 1 the "
            "exact optimum"
        )
    if evaluation.optimum is None:
        return (
            f"mean return {number(evaluation.mean_return)} {between(evaluation.return_interval)} over {played}; no "
            "score, as the exact optimum is out of reach"
        )
    return f"no score: over {played} the random policy did no worse than the optimum, raise --final-episodes"


def _train_user_model(arguments: list[str], settings: dict[str, Any], console: Console) -> None:
    from ..trainers.user_model import UserModelConfig, train_user_model

    options = tyro.cli(UserModelConfig, args=arguments, prog="dialogym train user-model")
    console.print(train_user_model(replace(options, settings={**options.settings, **settings})))
    console.print(f"model in {options.out}; rewards use it as curiosity/entropy(model={options.out})", markup=False)


def _train_voice(arguments: list[str], console: Console) -> None:
    from ..trainers.voice import VoiceConfig, first_try_rates, train_voice

    options = tyro.cli(VoiceConfig, args=arguments, prog="dialogym train voice")
    adapter = train_voice(options)
    rates = first_try_rates(f"{options.model}+{adapter}", shots=0, plain=True, temperature=0.3, constrain=False)
    console.print(
        f"adapter in {adapter}; words that pass at the first try: "
        + ", ".join(f"{name} {rate:.0%}" for name, rate in rates.items()),
        markup=False,
    )
    console.print(
        f'gym.make(..., user="voiced:{options.model}+{adapter}(shots=0,plain=true,temperature=0.3,constrain=false)")',
        markup=False,
    )
