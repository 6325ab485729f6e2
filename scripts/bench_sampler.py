"""`dialogym bench --sampler MODEL`: how fast a language model speaks, beside the plain loop in the same run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ..core.dialogue import Dialogue
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.rollout import rollout
from ..policies.tokens import TokenRecord
from ..trainers.bc import train_bc
from ..trainers.configs import BCConfig

GROUP = 8  # attempts at each scenario, as in training
CLONED = 1000  # episodes that `tiny` is trained on first: of random weights it does not talk like anybody


def measure(env_id: str, name: str, dialogues: int, rounds: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Own tokens a second of the sampler and of the plain loop, in turns, over the same dialogues.

    A second is one of processor time, on a GPU one of the clock. Both sample at temperature 1, turns of at most 24
    tokens, and play against the scripted user.

    Args:
        env_id: A registered id.
        name: ``"tiny"``, which is cloned from scripted play first, or as for `load_model`.
        dialogues: How many run together.
        rounds: How often each of the two plays.
        settings: As for ``gym.make``.

    Returns:
        The tokens a second of each round, the ratios, and how far the two agree.
    """
    engine = make_engine(env_id, **settings)
    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = load_model(_cloned(env_id, settings, Path(folder)) if name == "tiny" else name, engine)
    model = model.to("cuda" if torch.cuda.is_available() else "cpu")
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    policies = [LanguageModelPolicy(model, tokenizer, temperature=1.0, lockstep=plain) for plain in (False, True)]
    _play(engine, policies[0], 0, dialogues, clock)
    rates: tuple[list[float], list[float]] = [], []
    same, apart = 0, 0.0
    for number in range(1, rounds + 1):
        played = [_play(engine, policy, number, dialogues, clock) for policy in policies]
        for rate, (seconds, _, records) in zip(rates, played, strict=True):
            rate.append(sum(sum(record.mask) for record in records) / seconds)
        (_, ours, mine), (_, theirs, other) = played
        for one, two, record, reference in zip(ours, theirs, mine, other, strict=True):
            if one.messages() == two.messages() and record.ids == reference.ids:
                same += 1
                pairs = zip(record.logprobs, reference.logprobs, strict=True)
                apart = max(apart, max((abs(a - b) for a, b in pairs), default=0.0))
    return {
        "own_tokens_per_second": rates[0],
        "reference_tokens_per_second": rates[1],
        "ratios": [new / old for new, old in zip(*rates, strict=True)],
        "dialogues": dialogues * rounds,
        "same_dialogues": same,
        "largest_difference_of_logprobs": apart,
    }


def line(found: dict[str, Any]) -> str:
    """What was measured, in words."""
    rate, ratios = statistics.median(found["own_tokens_per_second"]), found["ratios"]
    return (
        f"sampler: {rate:,.0f} own tokens/s, {statistics.median(ratios):.2f} times the reference loop "
        f"({len(ratios)} rounds, {min(ratios):.2f}-{max(ratios):.2f}); {found['same_dialogues']} of "
        f"{found['dialogues']} dialogues are the same, log-probabilities of these within "
        f"{found['largest_difference_of_logprobs']:.0e}"
    )


def _cloned(env_id: str, settings: dict[str, Any], folder: Path) -> str:
    """The folder of a `tiny` that talks like the scripted policy."""
    sizes: dict[str, Any] = {"demonstrations": CLONED, "eval_episodes": 10, "final_episodes": 10, "compare": False}
    train_bc(BCConfig(env_id, out=folder, settings=settings, **sizes))
    return str(folder / "bc" / "model")


def _play(
    engine: Engine, policy: LanguageModelPolicy, number: int, dialogues: int, clock: Callable[[], float]
) -> tuple[float, Sequence[Dialogue], list[TokenRecord]]:
    """Seconds, dialogues and token records of a round."""
    seeds = [1000 * number + place // GROUP for place in range(dialogues)]
    attempts = [place % GROUP for place in range(dialogues)]
    start = clock()
    played = list(rollout(engine, policy, seeds, dialogues, attempts))
    return clock() - start, played, [policy.record(dialogue) for dialogue in played if dialogue.steps]
