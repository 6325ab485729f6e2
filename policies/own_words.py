"""Whether a learner would be judged by the model that it is, or was trained from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core.spec import parse_spec

_FORMS = ("lm:", "llm:", "openai:", "acts:", "llama:", "transformers:", "replay:")


def see_judge(policy: Any, judge: Any) -> None:
    """See that nobody judges its own words.

    Args:
        policy: The learner's, or the name of a model.
        judge: Of the engine; ``None`` for nobody.

    Raises:
        ValueError: If one of the judges is the model of the learner, or the one that it was trained from, and does not
            say ``self=true``.
    """
    learner = {one for name in _names(policy) for one in origins(name)}
    for one in getattr(judge, "judges", (judge,)):
        backend = getattr(getattr(one, "backend", None), "name", "")
        names = {plain for name in (getattr(one, "model", ""), getattr(one, "name", ""), backend) if name
                 for plain in origins(str(name))}  # fmt: skip
        if learner & names and not getattr(one, "itself", False):
            raise ValueError(
                f"the judge {getattr(one, 'model', one.name)} would judge what it says itself or what is trained from "
                "it, and models favour their own words: take another judge, or say self=true of this one"
            )


def origins(name: str) -> Iterator[str]:
    """A model, and those that it was trained from as far as its folders tell, each by its bare name."""
    seen = set()
    while name and name not in seen:
        bare = parse_spec(name)[0] if name.endswith(")") else name
        bare = next((bare.removeprefix(form) for form in _FORMS if bare.startswith(form)), bare)
        seen |= {name, bare}
        yield bare
        if "#" in bare:
            yield bare.rpartition("#")[2]
        name = _parent(Path(bare))


def _parent(folder: Path) -> str:
    """What the model of a folder was trained from; ``""`` if that is not known."""
    for file, key in (
        (folder / "adapter_config.json", "base_model_name_or_path"),
        (folder.parent / "config.json", "model"),
    ):
        try:
            return str(json.loads(file.read_text()).get(key, ""))
        except (OSError, ValueError, AttributeError):
            continue
    return ""


def _names(policy: Any) -> Iterator[str]:
    """What the model behind a policy is called, if there is one."""
    if isinstance(policy, str):
        yield policy
        return
    name = str(getattr(policy, "name", ""))
    backend = getattr(getattr(policy, "backend", None), "name", "")
    yield from (one for one in (name, backend) if one and (backend or one.startswith(_FORMS)))
