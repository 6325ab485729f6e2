"""The policies of a family that need no model and no person, by name: its own, random, and the planners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.acts import Act
from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine
from .policy import FunctionPolicy, Speak

PLANNERS: dict[str, Callable[[Dialogue], Act]] = {
    "optimal": lambda d: d.setting.solution.best_act(d.state, d.belief()),
    "lookahead": lambda d: d.setting.solution.short_sighted(2).best_act(d.state, d.belief()),
    "myopic": lambda d: d.setting.solution.short_sighted(1).best_act(d.state, d.belief()),
    "clairvoyant": lambda d: d.setting.solution.best_act(d.state, Belief.certain(d.hidden)),
}
"""Name -> act.

``optimal`` is the exact Bayes optimum; ``lookahead`` sees two of its own turns, ``myopic`` one; ``clairvoyant`` knows
the hidden state: it bounds what information is worth and is no honest policy."""


def baselines(engine: Engine) -> tuple[str, ...]:
    """Names of the policies that need no model and no person, for the engine's family: random first, then by skill."""
    return (*_fixed(engine), "myopic", "lookahead", "optimal")


def heuristics(engine: Engine) -> tuple[str, ...]:
    """Names of the family's fixed heuristics."""
    return tuple(name for name in _fixed(engine) if name not in ("random", "scripted"))


def human_like(engine: Engine) -> str:
    """``"scripted"``, or ``"random"`` where a family has no human-like policy."""
    return "scripted" if "scripted" in _fixed(engine) else "random"


def demonstrator(engine: Engine) -> str:
    """Whom `make train` clones in this family."""
    return getattr(engine.family.baselines, "DEMONSTRATOR", human_like(engine))


def named(engine: Engine) -> tuple[str, ...]:
    """Every name that `make_baseline` knows."""
    return (*_speakers(engine), *PLANNERS)


def make_baseline(name: str, engine: Engine) -> FunctionPolicy:
    """A policy of `named`.

    Raises:
        KeyError: If there is none of that name.
    """
    told = engine.family.told
    if name not in PLANNERS:
        speak = _speakers(engine)[name]
        return FunctionPolicy(name, lambda dialogue, stream: told(speak(dialogue, stream), dialogue.scenario))
    pick = PLANNERS[name]
    return FunctionPolicy(name, lambda dialogue, stream: told(_in_tags(engine, pick(dialogue)), dialogue.scenario))


def _in_tags(engine: Engine, act: Act) -> str:
    return engine.grammar.print(act) or "Let me think about it."


def _fixed(engine: Engine) -> dict[str, Speak]:
    """The family's own baselines; of a family that has none, a random policy that knows no more than the rules."""
    module: Any = engine.family.baselines
    found: dict[str, Speak] = {"random": getattr(module, "improvise", None) or _improvise(engine)}
    if hasattr(module, "demonstrate"):
        found["scripted"] = module.demonstrate
    return found | getattr(module, "HEURISTICS", {})


def _speakers(engine: Engine) -> dict[str, Speak]:
    """The fixed baselines, and the variants of them that have no row of their own in tables."""
    return _fixed(engine) | getattr(engine.family.baselines, "VARIANTS", {})


def _improvise(engine: Engine) -> Speak:
    """Uniform over the kinds of act that the game offers, then over the acts of the kind.

    Else the many numbers that can be offered would drown the one way to accept.
    """

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        kinds: dict[type[Act], list[Act]] = {}
        for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
            kinds.setdefault(type(act), []).append(act)
        acts = list(kinds.values())[stream.choose(len(kinds))]
        return _in_tags(engine, acts[stream.choose(len(acts))])

    return speak
