"""Policies by name."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ..envs.engine import Engine
from .planning import PLANNERS, planner
from .policy import FunctionPolicy, Policy


def baselines(engine: Engine) -> tuple[str, ...]:
    """Names of the policies that need no model and no person, for the engine's family: random first, then by skill."""
    return ("random", "scripted", *heuristics(engine), "myopic", "lookahead", "optimal")


def heuristics(engine: Engine) -> tuple[str, ...]:
    """Names of the family's fixed heuristics."""
    return tuple(_module(engine).HEURISTICS)


def make_policy(spec: str | Policy, engine: Engine) -> Policy:
    """A policy for the engine's family.

    Args:
        spec: A policy (returned as it is); a baseline's name; ``"human"`` (asks in the terminal); ``"clairvoyant"`` (is told the hidden state);
            ``"lm:NAME"`` with a preset, a local folder or a Hugging Face id.
        engine: Names the family and the grammar.

    Raises:
        ValueError: If the name is unknown; the message lists the valid ones.
    """
    if not isinstance(spec, str):
        if callable(getattr(spec, "respond", None)):
            return spec
        raise ValueError(f"policy must be a name or have a method respond(dialogues, streams); got {spec!r}")
    if spec.startswith("lm:"):
        from .language_model import LanguageModelPolicy

        return LanguageModelPolicy.load(spec.removeprefix("lm:"), engine)
    if spec == "human":
        from .human import HumanPolicy

        return HumanPolicy(engine)
    if spec in PLANNERS:
        return planner(spec, engine.grammar)
    family = _module(engine)
    named = {"random": family.improvise, "scripted": family.demonstrate, **family.HEURISTICS}
    if spec not in named:
        raise ValueError(f"policy must be one of {', '.join([*named, *PLANNERS, 'human', 'lm:NAME'])}; got {spec!r}")
    return FunctionPolicy(spec, named[spec])


def _module(engine: Engine) -> ModuleType:
    """The baselines of a family live in a module of the family's own file name, in this folder or beside a family that lives elsewhere."""
    family = type(engine.family)
    home = getattr(family, "baselines", f"{__package__}.{family.__module__.rpartition('.')[2]}")
    return import_module(home)
