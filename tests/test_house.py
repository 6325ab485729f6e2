"""The house itself: its floors, what importing costs, what is shipped."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_floors_of_the_house():
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "statement", ["import dialogym", "import dialogym, gymnasium; gymnasium.make('Negotiation-v0').reset(seed=0)"]
)
def test_nothing_heavy_is_imported(statement):
    code = (
        f"{statement}\nimport sys; print([m for m in ('torch', 'transformers', 'openai', 'llama_cpp', 'datasets', "
        "'matplotlib', 'trl', 'ray', 'minari') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_every_package_is_shipped():
    configured = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {"dialogym"}
    for folder in (
        "core",
        "games",
        "simulated_users",
        "rewards",
        "envs",
        "policies",
        "evaluation",
        "trainers",
        "scripts",
    ):
        found |= {
            ".".join(["dialogym", *init.parent.relative_to(ROOT).parts])
            for init in (ROOT / folder).rglob("__init__.py")
        }
    assert configured == found


def test_no_reserved_words():
    """Names that say nothing, and files too long to read in one sitting."""
    for file in ROOT.rglob("*.py"):
        if any(part.startswith(".") or part in ("build", "runs") for part in file.relative_to(ROOT).parts):
            continue
        assert file.name not in ("utils.py", "helpers.py", "misc.py"), file
        if not file.stem.endswith("_phrases"):  # data
            assert len(file.read_text().splitlines()) <= (520 if "tests" in file.parts else 420), file
