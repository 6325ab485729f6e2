"""`dialogym new`: a family to start from."""

from __future__ import annotations

import keyword
import os
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..envs.registration import TABLE

TEMPLATE = Path(__file__).with_name("new_family.py.txt")
SUITE = Path(__file__).parent.parent / "envs"
IMPORTS = {
    "core.acts": "Act, IllegalAct, Say",
    "core.belief": "Belief",
    "core.checks": "between, whole",
    "core.dialogue": "Dialogue",
    "core.stream": "Stream",
    "simulated_users.phrase_bank": "PhraseVoice",
    "simulated_users.user": "Cue",
    "envs.base": "Family",
}
"""What the template needs."""


@dataclass(frozen=True)
class New:
    """Write a small family of dialogues that works, as a folder to change into one of your own."""

    name: tyro.conf.Positional[str]
    """Of the folder, such as `help_desk`; the environment is then called HelpDesk-v0."""
    out: Path = Path()
    """Where the folder is made; in a checkout of dialogym, its folder `envs` makes it a part of the suite."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Write the family, and say what to type next."""
    options = tyro.cli(New, args=list(arguments), prog="dialogym new")
    env_id = write(options.name, options.out)
    inside = options.out.resolve() == SUITE.resolve()
    module = "" if inside else f" --module {options.name}"
    steps = [
        f"dialogym check {env_id}{module}",
        f"dialogym play {env_id}{module}",
        f"dialogym evaluate {env_id} --policy all{module}",
    ]
    if inside:
        steps.append(f"python -m dialogym.scripts.docs {options.name}")
    elif options.out.resolve() != Path.cwd():
        steps.insert(0, f"cd {options.out}")
    print_ = Console(highlight=False, soft_wrap=True).print
    print_(
        f"wrote {os.path.join(options.out, options.name, '')}: the family is in family.py, its variants in __init__.py"
    )
    print_("\n".join(["Now type:", *(f"  {step}" for step in steps)]), markup=False)


def write(name: str, folder: Path) -> str:
    """Write the package of a family in a folder.

    Returns:
        The id of its environment.

    Raises:
        ValueError: If the name cannot be used, or is taken; nothing is written then.
        FileExistsError: If there is something of that name in the folder.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise ValueError(f"name must be of small letters, figures and underscores, such as help_desk; got {name!r}")
    kind = "".join(word.capitalize() for word in name.split("_"))
    env_id, home = f"{kind}-v0", folder / name
    if env_id in TABLE:
        raise ValueError(f"{env_id} is registered already, as {TABLE[env_id][0]}: choose another name")
    template = TEMPLATE.read_text(encoding="utf-8")
    if re.search(rf"\b{kind}\b", template):
        raise ValueError(f"{kind} is the name of something else in family.py: choose another name")
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    if home.exists() or (folder / f"{name}.py").exists():
        raise FileExistsError(f"{home} exists already: choose another name, or another folder with --out")
    inside = folder.resolve() == SUITE.resolve()
    if not inside and find_spec(name) is not None:
        raise ValueError(f"{name} is the name of a Python module that is installed: choose another")
    words = {
        "name": kind,
        "title": name.replace("_", " ").capitalize(),
        "env_id": env_id,
        "module": "" if inside else f" --module {name}",
        "imports": "\n".join(sorted(f"from {_module(path, inside)} import {names}" for path, names in IMPORTS.items())),
    }
    family = string.Template(template).substitute(words)
    home.mkdir()
    (home / "__init__.py").write_text(_init(words, inside), encoding="utf-8")
    (home / "family.py").write_text(family, encoding="utf-8")
    return env_id


def _init(words: dict[str, str], inside: bool) -> str:
    lines = [f'"""{words["title"]}: the ids, each with the settings in which it differs."""', ""]
    lines += [] if inside else ["import dialogym", ""]
    lines += [f'FAMILY = "{words["name"]}"', ""]
    lines += [f'VARIANTS = {{"{words["env_id"]}": {{}}, "{words["name"]}Short-v0": {{"turns": 4}}}}']
    lines += [] if inside else ["", "dialogym.register_family(__name__)"]
    return "\n".join(lines) + "\n"


def _module(path: str, inside: bool) -> str:
    """A module of the suite, as a family inside or outside of it names it."""
    if not inside:
        return f"dialogym.{path}"
    return f"..{path.removeprefix('envs.')}" if path.startswith("envs.") else f"...{path}"
