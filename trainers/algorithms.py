"""The algorithms of `dialogym train` and of the benchmark: one table, which loads no module before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from ..policies.model_folder import ACTS as ACTS_FILE

Kind = Literal["offline", "online", "self-play", "user"]


@dataclass(frozen=True)
class Algorithm:
    """One algorithm.

    Attributes:
        module: Of `trainers`.
        config: Name of its configuration, a dataclass.
        function: Name of the function that trains.
        about: What it is, in a line.
        kind: What it learns from: recorded episodes (``"offline"``), episodes that it plays (``"online"``), both seats
            of a duel (``"self-play"``). ``"user"``: not a policy, but something of the simulated user.
        benchmark: Fields of its configuration in the benchmark; ``None`` if it has no part in it.
        episodes_a_round: Where online training goes in rounds: how many episodes the benchmark plays in one; 0 for all
            in one round.
    """

    module: str
    config: str
    function: str
    about: str
    kind: Kind
    benchmark: Mapping[str, Any] | None = None
    episodes_a_round: int = 0

    def options(self) -> type[Any]:
        """The configuration; this does not load torch."""
        home = self.module.rpartition(".")[0]
        return getattr(import_module(f".{home}.configs" if home else ".configs", __package__), self.config)

    def load(self) -> tuple[type[Any], Callable[[Any], Any]]:
        """The configuration and the function."""
        return self.options(), getattr(import_module(f".{self.module}", __package__), self.function)


_GO_ON = {"learning_rate": 1e-3, "epochs": 2.0}
_THREE_PASSES = {**_GO_ON, "epochs": 6.0}  # over a third of the episodes, for one pass over all
_COOL = {"temperature": 0.5}  # the clone of a mixture plays far worse when it is sampled than its likeliest words do
_ATTEMPTS = {**_COOL, "attempts": 8}
_GROUPS = {**_COOL, "groups": 16, "group_size": 8, "updates": 4}
_BY_TURN = {**_GROUPS, "credit": "turn"}

ALGORITHMS = {
    "bc": Algorithm("bc", "BCConfig", "train_bc", "behaviour cloning of recorded episodes", "offline", {"epochs": 4.0}),
    "filtered-bc": Algorithm(
        "bc", "FilteredBCConfig", "train_bc", "behaviour cloning of the best of them", "offline", _THREE_PASSES
    ),
    "fcp": Algorithm("bc", "FCPConfig", "train_bc", "behaviour cloning conditioned on feedback in words", "offline"),
    "mc": Algorithm("mc", "MCConfig", "train_mc", "decoding guided by Monte-Carlo returns", "offline", _GO_ON),
    "ilql": Algorithm("ilql", "ILQLConfig", "train_ilql", "implicit language Q-learning", "offline", _GO_ON),
    "awr": Algorithm("awr", "AWRConfig", "train_awr", "advantage-weighted regression", "offline", _GO_ON),
    "grpo": Algorithm("grpo", "GRPOConfig", "train_grpo", "group-relative policy optimisation", "online", _BY_TURN),
    "rloo": Algorithm(
        "rloo", "RLOOConfig", "train_rloo", "REINFORCE with a leave-one-out baseline", "online", {**_GROUPS, "kl": 0.05}
    ),
    "ppo": Algorithm(
        "ppo",
        "PPOConfig",
        "train_ppo",
        "proximal policy optimisation, by turn or token",
        "online",
        {**_COOL, "episodes": 128},
    ),
    "dpo": Algorithm(
        "dpo", "DPOConfig", "train_dpo", "preferences between rollouts", "online", {**_ATTEMPTS, "matches": 4}
    ),
    "kto": Algorithm("kto", "KTOConfig", "train_kto", "good and bad rollouts, unpaired", "online", _ATTEMPTS),
    "expert-iteration": Algorithm(
        "expert_iteration",
        "ExpertIterationConfig",
        "train_expert_iteration",
        "cloning one's own best episodes",
        "online",
        _ATTEMPTS,
        640,
    ),
    "self-play": Algorithm("self_play", "SelfPlayConfig", "train_self_play", "both seats of a game", "self-play"),
    "user-model": Algorithm(
        "user_model",
        "UserModelConfig",
        "train_user_model",
        "a learned model of the simulated user, for curiosity rewards",
        "user",
    ),
    "reward": Algorithm(
        "reward_model",
        "RewardModelConfig",
        "train_reward_model",
        "a learned reward: what a message is worth, from exact values",
        "user",
    ),
    "voice": Algorithm(
        "voice", "VoiceConfig", "train_voice", "a language model as the voice of simulated users", "user"
    ),
}
"""By name, in the order of the tables."""

_ACTS: tuple[tuple[str, str, str, str, Kind], ...] = (
    ("bc", "bc", "BCConfig", "behaviour cloning of recorded episodes", "offline"),
    ("filtered-bc", "bc", "FilteredBCConfig", "behaviour cloning of the best of them", "offline"),
    ("mc", "mc", "MCConfig", "a clone guided by Monte-Carlo returns", "offline"),
    ("ilql", "ilql", "ILQLConfig", "implicit Q-learning", "offline"),
    ("awr", "awr", "AWRConfig", "advantage-weighted regression", "offline"),
    ("reinforce", "reinforce", "ReinforceConfig", "the plain policy gradient", "online"),
    ("grpo", "grpo", "GRPOConfig", "group-relative policy optimisation", "online"),
    ("rloo", "grpo", "RLOOConfig", "policy gradient with a leave-one-out baseline", "online"),
    ("ppo", "ppo", "PPOConfig", "proximal policy optimisation", "online"),
    ("expert-iteration", "expert_iteration", "ExpertIterationConfig", "cloning one's own best episodes", "online"),
    ("self-play", "self_play", "SelfPlayConfig", "both seats of a game", "self-play"),
)
ACTS = {
    name: Algorithm(f"acts.{module}", config, f"train_{module}", about, kind, None if kind == "self-play" else {}, 1024)
    for name, module, config, about, kind in _ACTS
}
"""Those of act policies (see `policies.acts`), by name."""


def algorithm(name: str, model: str = "") -> Algorithm:
    """An algorithm for the kind of policy that `model` is: `acts` or the folder of an act policy, or a language model.

    Raises:
        ValueError: If there is no such algorithm, or none for such a policy; the message lists those that there are.
    """
    acts = model == "acts" or (bool(model) and (Path(model) / ACTS_FILE).is_file())
    table = ACTS if acts or (name in ACTS and name not in ALGORITHMS) else ALGORITHMS
    if name not in table:
        of = f" with model={model!r}" if acts else ""
        raise ValueError(f"algorithm{of} must be one of {', '.join(table)}; got {name!r}")
    return table[name]
