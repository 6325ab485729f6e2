"""Checkpoints of the training loops of our own, and the last one of any loop.

Loops of transformers and TRL write theirs.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import nn

FILE = "state.pt"
KEPT = 2


def last(folder: Path) -> Path | None:
    """The last checkpoint that is whole; ``None`` if there is none.

    Those of transformers are written file by file, ``trainer_state.json`` at the end. One that was interrupted before
    that is removed.
    """
    found = sorted(folder.glob("checkpoint-*"), key=step_of)
    while found and not _whole(found[-1]):
        shutil.rmtree(found.pop())
    return found[-1] if found else None


def step_of(checkpoint: Path | str) -> int:
    """The step after which a checkpoint was written."""
    return int(str(checkpoint).rpartition("-")[2])


def _whole(checkpoint: Path) -> bool:
    if (checkpoint / FILE).exists():
        return True
    try:
        json.loads((checkpoint / "trainer_state.json").read_text())
    except (OSError, ValueError):
        return False
    return True


def write(folder: Path, step: int, state: dict[str, Any]) -> None:
    """Write ``folder/checkpoint-STEP``, whole or not at all, and drop all but the last two."""
    part, whole = folder / "writing", folder / f"checkpoint-{step}"
    for old in (part, whole):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    torch.save(state, part / FILE)
    part.rename(whole)
    for old in sorted(folder.glob("checkpoint-*"), key=step_of)[:-KEPT]:
        shutil.rmtree(old)


def read(checkpoint: Path, device: torch.device | str) -> tuple[int, dict[str, Any]]:
    """The step and the state of a checkpoint."""
    return step_of(checkpoint), torch.load(checkpoint / FILE, map_location=device, weights_only=True)


def learned(module: nn.Module) -> dict[str, torch.Tensor]:
    """What a module has learned: its weights that are trained, and its buffers.

    The others are where the model was loaded from.
    """
    names = {name for name, parameter in module.named_parameters() if parameter.requires_grad} | {
        name for name, _ in module.named_buffers()
    }
    return {name: value for name, value in module.state_dict().items() if name in names}
