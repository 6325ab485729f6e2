"""`dialogym scenario`: write, check and list scenario files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..core.spec import parse_spec
from ..envs.open.family import Open
from ..envs.open.format import Scenario
from ..envs.open.hostile import besiege, obedient
from ..envs.open.library import built_in, find, places
from ..envs.open.lint import lint, shared_tools
from ..envs.open.probes import interview
from ..envs.users import make_user
from ..simulated_users.user import SimulatedUser

TEMPLATE = Path(__file__).with_name("new_scenario.toml.txt")
FIGURES = ("optimum", "secret known")


@dataclass(frozen=True)
class New:
    """Write a small scenario that works, to change into one of your own."""

    file: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="FILE")]]
    """Such as `my.toml`; it must not be there yet."""


@dataclass(frozen=True)
class Check:
    """Say in words what is wrong with scenarios: what nobody can reach, what pays for nothing, what gives away."""

    files: tyro.conf.Positional[tuple[str, ...]]
    """Files, folders, or names of the library, such as `service/*`."""


@dataclass(frozen=True)
class Attack:
    """Set hostile learners on the person of each scenario; what is told against the rules is a fault."""

    files: tyro.conf.Positional[tuple[str, ...]]
    """Files, folders, or names of the library, such as `service/*`."""
    user: tuple[str, ...] = ("scripted", "obedient")
    """Who plays the person: `scripted`; `obedient`, a model that does whatever the learner says; the same in one
    prompt, `obedient(mind=prompt)`, which nothing holds; `llm:MODEL`."""
    attacks: int = 200
    """How many on each."""
    seed: int = 0
    """Of the first dialogue."""


@dataclass(frozen=True)
class Probe:
    """Interview the person of each scenario: is it told what it may tell, is anything made up, is the role left?"""

    files: tyro.conf.Positional[tuple[str, ...]]
    """Files, folders, or names of the library, such as `service/*`."""
    user: tuple[str, ...] = ("scripted",)
    """Who plays the person: `scripted`; `obedient`, a model that does whatever the learner says; `llm:MODEL`."""
    answers: int = 60
    """How many of each are looked at."""
    seed: int = 0
    """Of the first dialogue."""


@dataclass(frozen=True)
class List:
    """Show the library. The optimum is the one against the stand-in: it says nothing about people or models."""


@dataclass(frozen=True)
class Schema:
    """Print the JSON Schema of a scenario, by which editors complete and check it."""


COMMANDS = {"new": New, "check": Check, "attack": Attack, "probe": Probe, "list": List, "schema": Schema}
USAGE = "usage: dialogym scenario COMMAND [ARGUMENTS]\n       dialogym scenario COMMAND --help"


def main(arguments: Sequence[str], settings: dict[str, Any]) -> int:
    """Run one of the commands.

    Returns:
        1 if a scenario has a fault, else 0.

    Raises:
        ValueError: If there is no such command.
    """
    console = Console(highlight=False, soft_wrap=True)
    if not arguments or arguments[0] in ("-h", "--help"):
        shown = [f"  {name:8}{(kind.__doc__ or '').partition('. ')[0].rstrip('.')}" for name, kind in COMMANDS.items()]
        console.print("\n".join([USAGE, "", *shown]), markup=False)
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        raise ValueError(f"scenario command must be one of {', '.join(COMMANDS)}; got {name!r}")
    options = tyro.cli(COMMANDS[name], args=rest, prog=f"dialogym scenario {name}")
    if isinstance(options, New):
        _new(options.file, console)
    elif isinstance(options, Check):
        return _check(options.files, console)
    elif isinstance(options, Attack):
        return _attack(options, console)
    elif isinstance(options, Probe):
        _probe(options, console)
    elif isinstance(options, List):
        _list(console)
    else:
        print(json.dumps(Scenario.model_json_schema(), indent=1))
    return 0


def _new(path: Path, console: Console) -> None:
    if path.exists():
        raise ValueError(f"{path} is there already; name a file that is not")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    steps = [
        f"dialogym scenario check {path}",
        f"dialogym play Open-v0 --set scenario={path}",
        f"dialogym evaluate Open-v0 --policy all --set scenario={path}",
    ]
    console.print("\n".join([f"wrote {path}", "Now type:", *(f"  {step}" for step in steps)]), markup=False)


def _check(files: Sequence[str], console: Console) -> int:
    """A line for each scenario, with what its stand-in is worth, and one for each fault."""
    faulty = 0
    scripts = find(files)
    for script in scripts:
        verdict = lint(script)
        faulty += bool(verdict.faults)
        best, known = (verdict.figures[name] for name in ("optimum", "secret known"))
        idle, name = max((value, name) for name, value in verdict.figures.items() if name not in FIGURES)
        sign = "[bold red]no[/bold red]" if verdict.faults else "[green]ok[/green]"
        console.print(
            f"{sign}  {escape(script.file.id)}: optimum {best:.3f} against the stand-in, secret known {known:.3f}; "
            f"{escape(name)} {idle:.3f}"
        )
        for fault in verdict.faults:
            console.print(f"      {fault}", markup=False)
        for note in verdict.notes:
            console.print(f"      note: {note}", markup=False)
    for note in shared_tools(scripts):
        console.print(f"note: {note}", markup=False)
    if len(scripts) > 1:
        console.print(f"\n{faulty} of {len(scripts)} have faults" if faulty else f"\nall {len(scripts)} are fine")
    return int(faulty > 0)


def _attack(options: Attack, console: Console) -> int:
    """A line for each scenario and person: what the attacks were read as, and what was told; then each fault."""
    faulty = 0
    for name in places(options.files):
        family = Open(name)
        for user in options.user:
            report = besiege(family, _person(user, family), options.attacks, options.seed)
            faulty += bool(report.leaks or report.failed)
            console.print(
                f"[bold red]no[/bold red]  {escape(str(report))}"
                if report.leaks
                else f"[green]ok[/green]  {escape(str(report))}"
            )
            for leak in sorted(set(report.leaks)):
                console.print(f"      {leak}", markup=False)
    return int(faulty > 0)


def _person(user: str, family: Open) -> SimulatedUser:
    spec, given = parse_spec(user, "user")
    return obedient(family, **given) if spec == "obedient" else make_user(user, family)  # type: ignore[arg-type]


def _probe(options: Probe, console: Console) -> None:
    """A line for each scenario and person: four shares, each with how many answers it is of; then what was wrong."""
    for name in places(options.files):
        family = Open(name)
        for user in options.user:
            found = interview(family, _person(user, family), options.answers, options.seed)
            console.print(str(found), markup=False)
            for fault in sorted({*found.faults, *(f"made up: {word}" for word in found.invented_words)}):
                console.print(f"      {fault}", markup=False)
            if found.failed:
                console.print(f"      {found.failed} dialogues failed", markup=False)


def _list(console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("scenario", "", "turns"):
        table.add_column(name, justify="right" if name == "turns" else "left")
    for script in find(built_in()):
        table.add_row(escape(script.file.id), escape(script.file.title), str(script.file.turns))
    console.print(table)
