"""The table of environments, and their registration with gymnasium."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

NEGOTIATION = "dialogym.envs.negotiation:Negotiation"
COACHING = "dialogym.envs.coaching:Coaching"
GUIDED_SOLVING = "dialogym.envs.guided_solving:GuidedSolving"
SPACING = "dialogym.envs.spacing:Spacing"
TUTORING = "dialogym.envs.tutoring:Tutoring"

TABLE: dict[str, tuple[str, dict[str, Any]]] = {
    "Negotiation-v0": (NEGOTIATION, {}),
    "NegotiationEasy-v0": (NEGOTIATION, {"population": "easy", "discount": 0.98, "values": (17, 19, 21, 23)}),
    "NegotiationHard-v0": (NEGOTIATION, {"population": "hard", "rounds": 9, "discount": 0.93, "values": (14, 15, 16)}),
    "Coaching-v0": (COACHING, {}),
    "CoachingSmall-v0": (COACHING, {"preset": "small", "cost": 0.03, "reliability": 0.8}),
    "CoachingSuggestible-v0": (COACHING, {"preset": "pair", "near": 0.0, "reliability": 0.75, "conformity": 0.6}),
    "GuidedSolving-v0": (GUIDED_SOLVING, {}),
    "GuidedSolvingEasy-v0": (GUIDED_SOLVING, {"population": "easy"}),
    "GuidedSolvingHard-v0": (GUIDED_SOLVING, {"population": "hard", "leak": "hard", "leak_weight": 0.3}),
    "Spacing-v0": (SPACING, {}),
    "SpacingSmall-v0": (SPACING, {"cards": 3, "sessions": 2, "turns": 4, "pause": 3, "exam": 16, "cost": 0.015}),
    "Tutoring-v0": (TUTORING, {}),
    "TutoringEasy-v0": (TUTORING, {"turns": 7, "kinds": (("both", 1.0, 0.7, 0.9),), "guess": 0.05, "explain_cost": 0.05, "example_cost": 0.08}),
    "TutoringHard-v0": (
        TUTORING,
        {"skills": 4, "mastery": (0.40, 0.30, 0.15, 0.10, 0.05), "slip": 0.10, "guess": 0.25, "explain_cost": 0.06, "example_cost": 0.08},
    ),
    "TutoringUnmarked-v0": (TUTORING, {"marked": False}),
}
"""Id -> family and settings. A variant of a family is a line here."""


def ids() -> tuple[str, ...]:
    """Every environment id of the suite, also those registered by users with `register`."""
    return tuple(TABLE)


def register(env_id: str, family: str, **settings: Any) -> None:
    """Add an environment to the suite and to gymnasium.

    Args:
        env_id: Such as ``"Haggling-v0"``.
        family: ``"module:Class"`` of a `Family`.
        **settings: Its settings; JSON-ready.

    Raises:
        ValueError: If `env_id` is taken by something else.
    """
    if TABLE.get(env_id, (family, settings)) != (family, settings):
        raise ValueError(f"{env_id} is registered already, as {TABLE[env_id]!r}")
    TABLE[env_id] = (family, settings)
    if env_id not in gym.registry:
        gym.register(
            id=env_id,
            entry_point="dialogym.envs.dialogue_env:DialogueEnv",
            vector_entry_point="dialogym.envs.vector_env:DialogueVectorEnv",
            kwargs={"family": family, **settings},
        )


def lookup(env_id: str) -> tuple[str, dict[str, Any]]:
    """Family and settings of an id; with or without the prefix ``dialogym:``.

    Raises:
        ValueError: If the id is unknown; the message lists the valid ones.
    """
    name = env_id.removeprefix("dialogym:")
    if name not in TABLE:
        raise ValueError(f"environment must be one of {', '.join(TABLE)}; got {env_id!r}")
    return TABLE[name]


def register_all() -> None:
    """Register the table with gymnasium; harmless when repeated."""
    for env_id, (family, settings) in list(TABLE.items()):
        register(env_id, family, **settings)
