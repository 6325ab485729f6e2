"""`dialogym train`: train a policy, or a model of the user."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

# Before torch: telemetry off, and no warning about forked tokenizers.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore", category=FutureWarning)  # TRL and transformers deprecate each other's arguments

import tyro
from rich.console import Console

ALGORITHMS = ("bc", "grpo", "user-model", "voice")


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Train and print how good the result is.

    Raises:
        ValueError: If the algorithm is unknown.
    """
    console = Console(highlight=False)
    if not arguments or arguments[0] in ("-h", "--help"):
        console.print(f"usage: dialogym train {{{','.join(ALGORITHMS)}}} ENV [OPTIONS]   (dialogym train bc --help explains them)", markup=False)
        return
    algorithm, rest = arguments[0], list(arguments[1:])
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}; got {algorithm!r}")
    if algorithm == "user-model":
        from ..trainers.user_model import UserModelConfig, train_user_model

        options = tyro.cli(UserModelConfig, args=rest, prog="dialogym train user-model")
        console.print(train_user_model(replace(options, settings={**options.settings, **settings})))
        console.print(f"model in {options.out}; rewards use it as curiosity/entropy(model={options.out})", markup=False)
        return
    if algorithm == "voice":
        from ..trainers.voice import VoiceConfig, first_try_rates, train_voice

        voice = tyro.cli(VoiceConfig, args=rest, prog="dialogym train voice")
        adapter = train_voice(voice)
        rates = first_try_rates(f"{voice.model}+{adapter}", shots=0, plain=True)
        console.print(
            f"adapter in {adapter}; words that pass at the first try: " + ", ".join(f"{name} {rate:.0%}" for name, rate in rates.items()), markup=False
        )
        console.print(f'gym.make(..., user="voiced:{voice.model}+{adapter}(shots=0)")', markup=False)
        return
    if algorithm == "bc":
        from ..trainers.bc import BCConfig as Config
        from ..trainers.bc import train_bc as train
    else:
        from ..trainers.grpo import GRPOConfig as Config  # type: ignore[assignment]
        from ..trainers.grpo import train_grpo as train  # type: ignore[assignment]
    config = tyro.cli(Config, args=rest, prog=f"dialogym train {algorithm}")
    score = train(replace(config, settings={**config.settings, **settings}))  # type: ignore[arg-type]
    shown = "no score: this family has no exact optimum" if score is None else f"score {score:.3f} (0 is random, 1 the exact optimum)"
    console.print(f"{shown}; model in {config.out / algorithm / 'model'}")
