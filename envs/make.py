"""The one way to an engine: from a registered id or a family, and the arguments of ``gym.make``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from typing import Any

from ..core.spec import parse_spec
from ..rewards.judges import make_judge
from .base import Family
from .ears import make_ear
from .engine import OPTIONS, Engine, Options
from .registration import lookup
from .users import make_user


def make_engine(env_id: str, **arguments: Any) -> Engine:
    """The engine behind ``gym.make(env_id, ...)``, for code that plays many dialogues.

    Args:
        env_id: A registered id.
        **arguments: `Options`, and settings of the family.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """
    path, registered = lookup(env_id)
    return engine_for(path, {**registered, **arguments})


def engine_for(family: str | Family, arguments: Mapping[str, Any]) -> Engine:
    """The engine of a family.

    Args:
        family: A family, or ``"module:Class"``.
        arguments: `Options`, and, where `family` is a path, its settings.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """
    chosen, settings = split_options(arguments)
    if isinstance(family, str):
        family = load_family(family, settings)
    elif settings:
        raise ValueError(f"a family that is made already takes no settings; got {', '.join(map(str, settings))}")
    options = Options(**chosen)
    made = resolved(options, family)
    engine = Engine(family, made)
    engine.made = engine_for, (family, chosen)
    engine.owned = [
        part
        for given, part in ((options.user, made.user), (options.ear, made.ear), (options.judge, made.judge))
        if given not in (part, "scripted")
    ]
    return engine


def split_options(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The `Options` among the arguments of ``gym.make``, and the settings of the family."""
    chosen = {name: value for name, value in arguments.items() if name in OPTIONS}
    return chosen, {name: value for name, value in arguments.items() if name not in OPTIONS}


def resolved(options: Options, family: Family) -> Options:
    """The options with language models in the place of their names."""
    by_name = isinstance(options.user, str) and options.user != "scripted"
    user = make_user(options.user, family)
    return replace(
        options,
        user=user,
        judge=make_judge(options.judge, _models(options.user, user)) if options.judge not in ("", None) else "",
        personas=("rich" if by_name else "styles") if options.personas == "auto" else options.personas,
        ear=make_ear(options.ear, family, family.grammar.using(options.grammar)) or "grammar",
    )


def _models(given: Any, user: Any) -> set[str]:
    """What the models of a simulated user are called: by whoever asked for it, and by themselves."""
    names = {parse_spec(given, "user")[0].partition(":")[2]} if isinstance(given, str) else set()
    for part in (user, getattr(user, "voice", None)):
        names.add(getattr(getattr(part, "backend", None), "name", ""))
    return names - {""}


def load_family(path: str, settings: Mapping[str, Any], besides: Sequence[str] = OPTIONS) -> Family:
    """Make a family from ``"module:Class"`` and its settings.

    Args:
        path: ``"module:Class"``.
        settings: Its settings.
        besides: What may be given with them, for the message if one is unknown.

    Raises:
        ValueError: If a setting is unknown; the message lists the valid ones. If the class is no `Family`.
    """
    module, _, name = path.partition(":")
    kind: Any = getattr(import_module(module), name, None)
    if not isinstance(kind, type) or not issubclass(kind, Family):
        raise ValueError(f"{path} must name a class that derives from dialogym.envs.base.Family; got {kind!r}")
    if not is_dataclass(kind):
        raise ValueError(f"{path} must be a dataclass (frozen): its fields are its settings")
    valid = [field.name for field in fields(kind) if field.init]
    for given in settings:
        if given not in valid:
            raise ValueError(
                f"{name} has no setting {given!r}; valid settings are {', '.join(valid) or 'none'}; besides them there "
                f"are {', '.join(besides)}"
            )
    return kind(**settings)
