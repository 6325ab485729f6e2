"""The `dialogym` command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.markup import escape

from ..core.belief import OutOfReach
from ..core.modules import ASKED, import_own
from ..core.spec import read_value

COMMANDS = {
    "list": "the environments, with their optimum",
    "new": "write a small family of your own, to start from",
    "scenario": "write, check and list scenarios that are files (Open-v0)",
    "check": "whether an environment keeps what all of them promise",
    "serve": "an environment behind HTTP and WebSocket, as OpenEnv has it",
    "play": "talk to a simulated person yourself",
    "evaluate": "score one policy, or compare several",
    "tournament": "let policies meet each other: cross-play matrix and ranking",
    "transfer": "let policies play several kinds of people: do these agree on which is better?",
    "scorecard": "measure simulated users side by side",
    "judge": "measure a language model that is to judge dialogues: its card",
    "people": "hold a simulated person against dialogues between people, from your own file",
    "collect": "record episodes of a policy",
    "export": "episodes for TRL, Minari or the Hub; decisions with the value of every act",
    "datasets": "episodes of known quality, from random to near-optimal",
    "train": "train a policy, a model of the user, or a voice",
    "benchmark": "train every algorithm on every family, and write the leaderboard",
    "report": "write the page of a training run",
    "bench": "measure the speed of the environments",
}
USAGE = "usage: dialogym COMMAND [ARGUMENTS]\n       dialogym COMMAND --help\n       dialogym --version"
FOR_ALL = {
    "--set NAME=VALUE": "a setting of the environment, as for gym.make",
    "--module NAME": "a module of your own to import first: of environments, or of rewards",
    "--debug": "show where in the code an error comes from",
}
"""Arguments of every command."""
OF_TRAINING = ("accelerate", "datasets", "peft", "torch", "transformers", "trl")
"""Modules of the extra ``train``: whoever lacks one is told what to install. Other extras say so where needed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. The arguments are those of the process by default, without the program's name.

    Returns:
        The exit status: 0, 1 for an error that is explained, 2 for a wrong command, 130 when interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--version"]:
        from .. import __version__

        print(f"dialogym {__version__}")
        return 0
    if not given or given[0] in ("-h", "--help"):
        commands = [f"  {name:10} {text}" for name, text in COMMANDS.items()]
        Console(highlight=False).print("\n".join([USAGE, "", *commands, "", _for_all()]), markup=False)
        return 0
    if given[0] not in COMMANDS:
        return _complain(f"command must be one of {', '.join(COMMANDS)}; got {given[0]!r}\n{USAGE}", 2)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    helps = any(argument in ("-h", "--help") for argument in given)
    try:
        rest, settings = split_settings(given[1:])
        status = import_module(f".{given[0]}", __package__).main(rest, settings) or 0
        if helps:  # `train` without an algorithm shows its help itself
            Console(highlight=False).print(_for_all(), markup=False)
        return status
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        if debug:
            raise
        if missing := _missing(error):
            return _complain(f'{missing}; install it with: pip install "dialogym[train]"', 1)
        if isinstance(error, RuntimeError) and not isinstance(error, OutOfReach):
            raise
        return _complain(str(error), 1)
    except SystemExit as end:
        if not end.code and helps:  # the command has shown its help
            Console(highlight=False).print(_for_all(), markup=False)
        raise
    except KeyboardInterrupt:
        return _complain("interrupted; what was written so far is intact", 130)


def split_settings(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """Take `FOR_ALL` out of the arguments: modules are imported, settings are returned.

    Raises:
        ValueError: If one of them is incomplete.
    """
    rest: list[str] = []
    settings: dict[str, Any] = {}
    pending = iter(arguments)
    ASKED.clear()
    for argument in pending:
        if argument not in ("--set", "--module"):
            rest.append(argument)
            continue
        value = next(pending, None)
        if value is None or (argument == "--set" and "=" not in value):
            wanted = "NAME=VALUE" if argument == "--set" else "the name of a module"
            raise ValueError(f"{argument} must be followed by {wanted}")
        if argument == "--module":
            import_own(value)
            ASKED.append(value)
            continue
        name, _, text = value.partition("=")
        settings[name] = read_value(text)
    return rest, settings


def _missing(error: BaseException | None) -> ModuleNotFoundError | None:
    """The missing module of `OF_TRAINING` that an error tells of; a lazy import makes a `RuntimeError` of it."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in OF_TRAINING:
            return error
        error = (error.__cause__ or error.__context__) if isinstance(error, RuntimeError) else None
    return None


def _for_all() -> str:
    lines = [f"  {name:17} {text}" for name, text in FOR_ALL.items()]
    return "\n".join(["Every command also takes:", *lines])


def _complain(message: str, status: int) -> int:
    Console(stderr=True, highlight=False).print(f"[bold red]dialogym:[/bold red] {escape(message)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
