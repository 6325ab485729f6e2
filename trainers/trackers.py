"""Where the numbers of a training go beside ``metrics.jsonl``: every trainer logs through its `Run`, so all alike."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

TRACKERS = ("tensorboard", "trackio", "wandb", "none")
PROJECT = "dialogym"


class Tracker(Protocol):
    """What the runs of trackio and of Weights & Biases have in common."""

    def log(self, values: dict[str, float], step: int) -> None:
        """Take the numbers of a step."""

    def finish(self) -> None:
        """Write what is left, and close."""


class TensorBoard:
    """TensorBoard's files as a tracker.

    Args:
        folder: For them.
        step: What was written of later steps is replaced; -1 replaces nothing.
    """

    def __init__(self, folder: Path, step: int):
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder), purge_step=step + 1 if step >= 0 else None)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """A panel for each number."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def finish(self) -> None:
        """Write what is left, and close."""
        self.writer.close()


def see_installed(name: str) -> None:
    """Raise a `ModuleNotFoundError` that says what to install, if a tracker is missing."""
    if name != "none" and find_spec(name) is None:
        extra = "train" if name == "tensorboard" else name
        raise ModuleNotFoundError(f'track={name!r} needs {name}: pip install "dialogym[{extra}]"', name=name)


def start_tracker(name: str, run: Path, stage: str, settings: dict[str, Any], step: int) -> Tracker | None:
    """Open a tracker for a stage; for one process only.

    Args:
        name: One of `TRACKERS`.
        run: Folder of the run. TensorBoard's files go there, or to the folder that the environment variable
            ``TENSORBOARD_LOGGING_DIR`` names. For the others the run is called ``RUN-STAGE``, in the project that
            ``TRACKIO_PROJECT`` or ``WANDB_PROJECT`` names.
        stage: Of the run.
        settings: The configuration, for those that show it.
        step: The stage goes on after this one; -1 if it begins. A tracker goes on with the run that it had then.
    """
    if name == "none":
        return None
    if name == "tensorboard":
        return TensorBoard(Path(os.environ.get("TENSORBOARD_LOGGING_DIR") or run / "tensorboard") / stage, step)
    resumed, folder = step >= 0, run.resolve().name
    told = {"project": os.environ.get(f"{name.upper()}_PROJECT", PROJECT), "config": settings}
    told |= {"name": f"{folder}-{stage}", "group": folder}
    if name == "trackio":
        return import_module(name).init(**told, resume="allow" if resumed else "never")
    file = run / stage / "wandb-id.txt"
    if not (resumed and file.exists()):
        file.write_text(secrets.token_hex(4))
    return import_module(name).init(**told, dir=str(run), id=file.read_text(), resume="allow")
