"""Policies by name."""

from __future__ import annotations

from inspect import signature
from typing import Any, cast

from ..core.spec import parse_spec, spell_spec
from ..envs.engine import Engine
from .advised import KEEP, LEAST, AdvisedPolicy, make_critic
from .baselines import demonstrator, make_baseline, named
from .own import is_own, load_own
from .own_words import see_judge
from .policy import SHARE, FunctionPolicy, MixedPolicy, NoisyPolicy, Policy, PolicySpec
from .remote import RemotePolicy, is_remote

_ADVISED = {"critic": "exact", "keep": KEEP, "least": LEAST}


def make_policy(spec: PolicySpec, engine: Engine) -> Policy:
    """A policy for the engine's family.

    Args:
        spec: A policy (returned as it is); a function of a dialogue, or of a dialogue and the policy's random numbers,
            that returns what to say; a baseline's name; ``"human"`` (asks in the terminal); ``"clairvoyant"`` (is
            told the hidden state); ``"lm:NAME"`` with a preset, a local folder or a Hugging Face id; ``"acts:FOLDER"``
            with the folder of a trained act policy; ``"http://HOST:PORT/v1#MODEL"`` or ``"openai:MODEL"``, a model
            behind an API (see `RemotePolicy.load`); ``"demonstrator"`` (whom `make train` learns from in this family);
            ``"MODULE:NAME"``, one of your own from a module (see `load_own`);
            or several names with ``+`` between them: each dialogue is spoken by one of them, drawn at random.
            ``"noisy:NAME(share=0.05)"`` is a policy in whose place ``"random"`` speaks in that share of the turns.
            ``"advised:NAME(critic=exact)"`` is told before each game what a critic has said of the last ones; the
            critic may be a language model, and ``keep`` says how many pieces of advice are told.
        engine: Names the family and the grammar.

    Raises:
        ValueError: If the name is unknown; the message lists the valid ones. Or if the engine's judge is the model that
            speaks, or that it was trained from, without saying ``self=true``.
    """
    policy = _make(spec, engine)
    if engine.judge is not None:
        see_judge(policy, engine.judge)
    return policy


def _make(spec: PolicySpec, engine: Engine) -> Policy:
    if not isinstance(spec, str):
        if callable(getattr(spec, "respond", None)) and not isinstance(spec, type):
            if not isinstance(name := getattr(spec, "name", None), str):
                raise ValueError(f"policy must have a name, a string; that of {spec!r} is {name!r}")
            return cast(Policy, spec)
        if callable(spec) and not isinstance(spec, type):
            name, takes = getattr(spec, "__name__", type(spec).__name__), len(signature(spec).parameters)
            return FunctionPolicy(name, spec if takes > 1 else lambda dialogue, stream: spec(dialogue))
        raise ValueError(
            "policy must be a name, a function of a dialogue that returns what to say, or have a method "
            f"respond(dialogues, streams); got {spec!r}"
        )
    if spec.startswith("advised:"):
        name, options = parse_spec(spec.removeprefix("advised:"), "policy")
        critic, keep, least = (cast(Any, options.pop(key, value)) for key, value in _ADVISED.items())
        speaks = make_policy(spell_spec(name, options), engine)
        return AdvisedPolicy(speaks, make_critic(critic, engine, least), keep, spec)
    if spec.startswith("lm:"):
        from .language_model import LanguageModelPolicy

        return LanguageModelPolicy.load(spec.removeprefix("lm:"), engine)
    if spec.startswith("acts:"):
        from .acts.policy import ActPolicy

        return ActPolicy.load(spec.removeprefix("acts:"), engine)
    if is_remote(spec):
        return RemotePolicy.load(spec, engine)
    if spec == "human":
        from .human import HumanPolicy

        return HumanPolicy(engine)
    if spec == "demonstrator":
        return make_policy(demonstrator(engine), engine)
    if "+" in spec:
        return MixedPolicy([make_policy(name, engine) for name in spec.split("+")])
    if spec.startswith("noisy:"):
        name, options = parse_spec(spec.removeprefix("noisy:"), "policy")
        if unknown := set(options) - {"share"}:
            raise ValueError(f"noisy:{name} has the parameter share; got {', '.join(sorted(unknown))}")
        share: Any = options.get("share", SHARE)
        return NoisyPolicy(make_policy(name, engine), make_policy("random", engine), share)
    if is_own(spec):
        return _make(load_own(spec), engine)
    try:
        return make_baseline(spec, engine)
    except KeyError:
        known = (
            *named(engine),
            "demonstrator",
            "human",
            "lm:NAME",
            "acts:FOLDER",
            "noisy:NAME(share=P)",
            "advised:NAME(critic=C)",
        )
        known += ("http://HOST:PORT/v1#MODEL", "openai:MODEL", "MODULE:NAME of your own")
        raise ValueError(f"policy must be one of {', '.join(known)}; got {spec!r}") from None
