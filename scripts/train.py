"""`dialogym train`: train a policy, a model of the user, or a voice."""

from __future__ import annotations

import json
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

from ..core.checks import writable
from ..envs.make import make_engine
from ..evaluation.results import Comparison, Evaluation
from ..evaluation.tables import between, number, score_bars
from ..trainers.algorithms import ACTS, ALGORITHMS, algorithm
from .options import imported, typed

USAGE = "usage: dialogym train ALGORITHM ENV [OPTIONS]\n       dialogym train ALGORITHM --help"
HEADINGS = {
    "offline": "from recorded episodes",
    "online": "from episodes that they play",
    "self-play": "against itself",
    "user": "not a policy",
}


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Train and print how good the result is.

    Raises:
        ValueError: If the algorithm is unknown.
    """
    console = Console(highlight=False)
    if not arguments or arguments[0] in ("-h", "--help"):
        console.print(USAGE, markup=False)
        for kind, heading in HEADINGS.items():
            console.print(f"\n{heading}:", markup=False)
            for name, one in ALGORITHMS.items():
                if one.kind == kind:
                    console.print(f"  {name:17}{one.about}", markup=False)
        console.print(f"\nwith --model acts, a small policy that chooses acts: {', '.join(ACTS)}", markup=False)
        return
    name = arguments[0]
    chosen = algorithm(name, _model(arguments))
    config = tyro.cli(chosen.options(), args=list(arguments[1:]), prog=f"dialogym train {name}")
    if hasattr(config, "settings"):
        config = replace(config, settings={**config.settings, **settings})
    _look_ahead(config)
    Console(stderr=True).print("loading torch and what it needs, up to half a minute ...", style="dim")
    from transformers.utils import logging

    from ..trainers.run import finished

    logging.disable_progress_bar()  # of reading and writing weights; that of the training stays
    _, train = chosen.load()
    done = getattr(config, "go_on", False) and finished(config.out / name)
    result = train(config)
    if done:
        console.print(f"{config.out / name} is finished already: nothing to do", markup=False)
    tell = {"user-model": _user_model, "reward": _reward, "voice": _voice}.get(name, _policy)
    for line in tell(config, name, result):
        console.print(line, markup=False)


def _look_ahead(config: Any) -> None:
    """Refuse what the training would refuse, before anybody waits for torch.

    Raises:
        OSError: If the folder cannot be written to.
        ValueError: If there is no such environment, or it has no such setting or reward.
    """
    if hasattr(config, "out"):
        writable(config.out / "config.json")
    if hasattr(config, "env_id"):
        # no model is loaded for this
        paid = {"reward": reward} if (reward := getattr(config, "reward", None)) and "judge" not in reward else {}
        plain = {name: value for name, value in config.settings.items() if name not in ("user", "ear", "judge")}
        make_engine(config.env_id, **{**plain, **paid})


def _model(arguments: Sequence[str]) -> str:
    """What is said of the model: its options depend on it."""
    for place, argument in enumerate(arguments):
        if argument.startswith("--model="):
            return argument.removeprefix("--model=")
        if argument == "--model" and place + 1 < len(arguments):
            return arguments[place + 1]
    return ""


def outcome(evaluation: Evaluation) -> str:
    """How good a policy turned out, in one sentence."""
    played = f"{evaluation.episodes:,} episodes"
    if evaluation.score is not None:
        interval, exact = evaluation.exact_score_interval, number(evaluation.exact_score)
        exact = "" if evaluation.exact_score is None else f"; by exact regret {exact} {between(interval)}".rstrip()
        return (
            f"score {number(evaluation.score)} {between(evaluation.score_interval)} over {played}{exact}; 0 is "
            f"{evaluation.zero}, 1 the exact optimum"
        )
    if evaluation.optimum is None:
        return (
            f"mean return {number(evaluation.mean_return)} {between(evaluation.return_interval)} over {played}; no "
            "score, as the exact optimum is out of reach"
        )
    return f"no score: over {played} the optimum did no better than the zero, {evaluation.zero}: raise --final-episodes"


def _policy(config: Any, name: str, result: Any) -> list[Any]:
    from ..trainers import processes

    if not processes.is_main():
        return []
    folder = config.out / name
    played = list(map(Evaluation.from_json, json.loads((folder / "evaluation.json").read_text())))
    shown = [Comparison(tuple(played)), score_bars(played)] if len(played) > 1 else []
    kind = "acts" if hasattr(config, "cell") else "lm"  # how a policy of a folder is called
    game = typed(config.env_id, config.settings)
    steps = [f"dialogym report {config.out}", f"dialogym play {game} --policy {kind}:{folder / 'model'}"]
    return [*shown, f"{outcome(played[0])}; model in {folder / 'model'}", "Next:", *(f"  {step}" for step in steps)]


def _user_model(config: Any, name: str, result: Any) -> list[Any]:
    return [result, f"model in {config.out}; rewards use it as curiosity/entropy(model={config.out})"]


def _reward(config: Any, name: str, result: Any) -> list[Any]:
    form = f"reward_model:{config.out}"
    return [
        result,
        f"model in {config.out}; --reward goal=1,{form}=0.2 pays it. Measure it before that:",
        " ".join([f"  dialogym judge card {form} --env {config.env_id}", *imported()]),
    ]


def _voice(config: Any, name: str, result: Any) -> list[str]:
    from ..trainers.voice import first_try_rates

    rates = first_try_rates(f"{config.model}+{result}", shots=0, plain=True, temperature=0.3, constrain=False)
    passed = ", ".join(f"{family} {rate:.0%}" for family, rate in rates.items())
    options = "shots=0,plain=true,temperature=0.3,constrain=false"
    return [
        f"adapter in {result}; words that pass at the first try: {passed}",
        f'gym.make(..., user="voiced:{config.model}+{result}({options})")',
    ]
