"""The environments of the suite: found by a scan that imports no family, and registered with gymnasium.

A family is a package with two names in its ``__init__.py``: ``FAMILY``, the class in its module ``family``, and
``VARIANTS``, the settings of each id. The packages in this folder are found by themselves; those of other
distributions by the entry-point group ``dialogym.families``, whose entries name such packages.
"""

from __future__ import annotations

import warnings
from importlib import import_module, metadata
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import gymnasium as gym

from ..core.modules import import_own

GROUP = "dialogym.families"

TABLE: dict[str, tuple[str, dict[str, Any]]] = {}
"""Id -> family (``"module:Class"``) and settings, in the order of registration."""

_REPRESENTATIVES: dict[str, str | None] = {}
"""Family -> id that stands for it on the leaderboard; ``None`` if it has no place there."""


def ids() -> tuple[str, ...]:
    """Every environment id of the suite, also those registered by users with `register`."""
    return tuple(TABLE)


def families() -> dict[str, tuple[str, ...]]:
    """Family (``"module:Class"``) -> its ids, in the order of registration."""
    found: dict[str, tuple[str, ...]] = {}
    for env_id, (path, _) in TABLE.items():
        found[path] = (*found.get(path, ()), env_id)
    return found


def register(env_id: str, family: str, **settings: Any) -> None:
    """Add an environment to the suite and to gymnasium.

    Args:
        env_id: Such as ``"Haggling-v0"``.
        family: ``"module:Class"`` of a `Family`.
        **settings: Its settings; JSON-ready.

    Raises:
        ValueError: If `env_id` is taken by something else, or `family` is not of that form.
    """
    if not isinstance(family, str) or family.count(":") != 1:
        raise ValueError(f"family must be 'module:Class', got {family!r}")
    if TABLE.get(env_id, (family, settings)) != (family, settings):
        raise ValueError(f"{env_id} is registered already, as {TABLE[env_id]!r}")
    TABLE[env_id] = (family, settings)
    if env_id not in gym.registry:
        gym.register(
            id=env_id,
            entry_point="dialogym.envs.faces:make_env",
            vector_entry_point="dialogym.envs.faces:make_vector",
            kwargs={"family": family, **settings},
        )


def register_family(package: str) -> tuple[str, ...]:
    """Register all variants of a family that is a package: ``register_family(__name__)``, last in its ``__init__.py``.

    Args:
        package: Name of the package. It has ``FAMILY`` and ``VARIANTS``; it may have ``LEADERBOARD``, the id that
            stands for the family on the leaderboard (the first one by default; ``None`` for no place there). The class
            is in its module ``family``.

    Returns:
        The ids.

    Raises:
        ValueError: If the package lacks one of the names, or if an id is taken.
    """
    home = import_module(package)
    kind, variants = getattr(home, "FAMILY", None), getattr(home, "VARIANTS", None)
    if not isinstance(kind, str) or not isinstance(variants, dict) or not variants:
        raise ValueError(f"{package} must have FAMILY, the name of a class, and VARIANTS, the settings of each id")
    path = f"{package}.family:{kind}"
    for env_id, settings in variants.items():
        register(env_id, path, **settings)
    standing = getattr(home, "LEADERBOARD", next(iter(variants)))
    if standing is not None and standing not in variants:
        raise ValueError(f"LEADERBOARD of {package} must be one of {', '.join(variants)}; got {standing!r}")
    _REPRESENTATIVES[path] = standing
    return tuple(variants)


def lookup(env_id: str) -> tuple[str, dict[str, Any]]:
    """Family and settings of an id; before it may stand a module to import first, as in ``"help_desk:HelpDesk-v0"``.

    Raises:
        ValueError: If the id is unknown; the message lists the valid ones. If there is no such module.
    """
    if not isinstance(env_id, str):
        raise ValueError(f"environment must be a registered id, such as 'Negotiation-v0'; got {env_id!r}")
    module, _, name = env_id.rpartition(":")
    if module and module != "dialogym":
        import_own(module)
    if name not in TABLE:
        raise ValueError(
            f"environment must be one of {', '.join(TABLE)}; got {env_id!r}. Those of another module are there when it "
            "has been imported (MODULE:ID; commands also: --module NAME)"
        )
    return TABLE[name]


def bare(env_id: str) -> str:
    """An id without the module that may stand before it."""
    return env_id.rpartition(":")[2]


def representatives() -> tuple[str, ...]:
    """The id of each family that stands for it on the leaderboard, if it has a place there."""
    found = (_REPRESENTATIVES.get(path, env_ids[0]) for path, env_ids in families().items())
    return tuple(env_id for env_id in found if env_id is not None)


def ranked(path: str) -> bool:
    """Whether a family has a place on the leaderboard: its optima hold against a person that the suite defines."""
    return _REPRESENTATIVES.get(path, "") is not None


def register_all() -> None:
    """Find the families and register their variants; harmless when repeated."""
    home = __name__.rpartition(".")[0]
    for name in sorted(name for _, name, is_package in iter_modules([str(Path(__file__).parent)]) if is_package):
        register_family(f"{home}.{name}")
    for entry in metadata.entry_points(group=GROUP):
        try:
            register_family(entry.value)
        except Exception as error:  # what somebody else installed must not keep the suite from being imported
            warnings.warn(f"the families of {entry.value} could not be registered: {error}", stacklevel=2)
