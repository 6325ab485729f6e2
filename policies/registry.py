"""Policies by name."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ..core.acts import Act
from ..core.dialogue import Dialogue
from ..core.spec import parse_spec
from ..core.stream import Stream
from ..envs.engine import Engine
from .noise import NoisyPolicy
from .planning import PLANNERS, planner
from .policy import FunctionPolicy, MixedPolicy, Policy, Speak


def baselines(engine: Engine) -> tuple[str, ...]:
    """Names of the policies that need no model and no person, for the engine's family: random first, then by skill."""
    return (*_fixed(engine), "myopic", "lookahead", "optimal")


def heuristics(engine: Engine) -> tuple[str, ...]:
    """Names of the family's fixed heuristics."""
    return tuple(name for name in _fixed(engine) if name not in ("random", "scripted"))


def make_policy(spec: str | Policy, engine: Engine) -> Policy:
    """A policy for the engine's family.

    Args:
        spec: A policy (returned as it is); a baseline's name; ``"human"`` (asks in the terminal); ``"clairvoyant"`` (is told the hidden state);
            ``"lm:NAME"`` with a preset, a local folder or a Hugging Face id; ``"demonstrator"`` (whom `make train` learns from in this family); or several
            names with ``+`` between them: each dialogue is spoken by one of them, drawn at random. ``"noisy:NAME(share=0.05)"`` is a policy in whose place
            ``"random"`` speaks in that share of the turns.
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
    if spec == "demonstrator":
        return make_policy(getattr(_module(engine), "DEMONSTRATOR", "scripted" if _module(engine) else "random"), engine)
    if "+" in spec:
        return MixedPolicy([make_policy(name, engine) for name in spec.split("+")])
    if spec.startswith("noisy:"):
        name, options = parse_spec(spec.removeprefix("noisy:"), "policy")
        if unknown := set(options) - {"share"}:
            raise ValueError(f"noisy:{name} has the parameter share; got {', '.join(sorted(unknown))}")
        return NoisyPolicy(make_policy(name, engine), make_policy("random", engine), **options)  # type: ignore[arg-type]
    if spec in PLANNERS:
        return planner(spec, engine.grammar)
    named = {**_fixed(engine), **getattr(_module(engine), "VARIANTS", {})}
    if spec not in named:
        raise ValueError(f"policy must be one of {', '.join([*named, *PLANNERS, 'demonstrator', 'human', 'lm:NAME', 'noisy:NAME(share=P)'])}; got {spec!r}")
    return FunctionPolicy(spec, named[spec])


def _fixed(engine: Engine) -> dict[str, Speak]:
    """The family's own baselines by name; of a family that has none, only a random policy that knows no more than the rules."""
    module = _module(engine)
    if module is None:
        return {"random": _improvise(engine)}
    return {"random": module.improvise, "scripted": module.demonstrate, **module.HEURISTICS}


def _module(engine: Engine) -> ModuleType | None:
    """The baselines of a family live in a module of the family's own file name in this folder, or in the one that its ``baselines`` names."""
    family = type(engine.family)
    home = getattr(family, "baselines", None)
    if home is not None:
        return import_module(home)
    folder, _, name = family.__module__.rpartition(".")
    if folder != Engine.__module__.rpartition(".")[0]:  # not one of the suite's own families: a file of the same name here would be another's
        return None
    home = f"{__package__}.{name}"
    try:
        return import_module(home)
    except ModuleNotFoundError as error:
        if error.name != home:
            raise
        return None


def _improvise(engine: Engine) -> Speak:
    """Uniform over the kinds of act that the game offers, then over the acts of that kind: else the many prices would drown the one way to accept."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        kinds: dict[type[Act], list[Act]] = {}
        for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
            kinds.setdefault(type(act), []).append(act)
        acts = list(kinds.values())[stream.choose(len(kinds))]
        return engine.grammar.print(acts[stream.choose(len(acts))]) or "Let me think about it."

    return speak
