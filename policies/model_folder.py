"""Whether a folder holds a model: asked before anything is made or looked for elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

ACTS = "acts.json"
"""What is stored about an act policy, in its folder."""


def see_folder(name: str) -> None:
    """See that a model's name, if it can only be that of a folder, is that of one which holds a model.

    Args:
        name: As for ``load_model``.

    Raises:
        ValueError: If there is no such folder, or no model in it; the message names folders beneath that hold one.
    """
    path = Path(name)
    if not path.is_dir():
        beneath_something = name.count("/") > 1 or ("/" in name and path.parent.is_dir())
        if path.is_absolute() or name.startswith((".", "~")) or beneath_something:  # unlike a Hugging Face id
            raise ValueError(
                f"model must be a folder that exists, a Hugging Face id, 'tiny' or 'smollm2'; there is no {name!r}"
            )
        return
    if not _holds_model(path):
        beneath = [str(folder) for folder in sorted(path.glob("**/model")) if _holds_model(folder)]
        hint = f": did you mean {' or '.join(beneath[:3])}?" if beneath else ""
        raise ValueError(f"model must be the folder of a model; {name!r} holds none{hint}")


def _holds_model(folder: Path) -> bool:
    try:
        adapter = (folder / "adapter_config.json").exists()
        return adapter or (folder / ACTS).exists() or "model_type" in json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return False
