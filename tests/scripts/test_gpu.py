"""The script for a GPU, on a processor with two steps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

pytest.importorskip("torch")
pytest.importorskip("trl")

SCRIPT = Path(__file__).parents[2] / "scripts" / "gpu.sh"
SMALL = {
    "MODEL": "tiny",
    "DEMONSTRATIONS": "16",
    "STEPS": "2",
    "GROUPS_": "1",
    "SIZE": "4",
    "UPDATES": "2",
    "MICROBATCH": "1",
    "TOKENS": "8",
    "EPISODES": "2",
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_model_is_cloned_and_goes_on_learning(tmp_path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = tmp_path / "run"
    told = {**os.environ, "PATH": path, "ENV": "NegotiationEasy-v0", "RUN": str(run), **SMALL}
    done = subprocess.run(["bash", str(SCRIPT)], env=told, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "minutes  episodes  score" in done.stdout and "4 updates" in done.stdout and (run / "report.html").exists()
    config = json.loads((run / "grpo" / "config.json").read_text())
    assert config["settings"] == {"prices": "relative"} and config["microbatch"] == 1
