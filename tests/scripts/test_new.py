"""`dialogym new`: what it writes works at once, outside and inside of the package, and what it cannot write it refuses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from dialogym.scripts import new
from dialogym.scripts.main import main


def command(folder, *arguments, before=""):
    """Runs the command in a process of its own, in a folder; gives exit status and output."""
    code = f"{before}\nimport sys; from dialogym.scripts.main import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "COLUMNS": "80"}
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.long
def test_what_is_written_passes_and_plays(tmp_path):
    status, out, _ = command(tmp_path, "new", "help_desk")
    assert status == 0 and sorted(path.name for path in tmp_path.iterdir()) == ["help_desk"]
    steps = [line.split() for line in out.splitlines() if line.startswith("  dialogym ")]
    assert [step[1] for step in steps] == ["check", "play", "evaluate"]
    for step in steps:
        if step[1] != "play":
            status, out, errors = command(tmp_path, *step[1:])
            assert status == 0, out + errors
    assert "scripted" in out and "optimal" in out
    assert command(tmp_path, "check", "HelpDeskShort-v0", "--module", "help_desk")[0] == 0


def test_a_module_in_a_package_registers_too(tmp_path):
    (tmp_path / "mine").mkdir()
    assert command(tmp_path, "new", "help_desk", "--out", "mine")[1].count("cd mine") == 1
    code = "import dialogym, mine.help_desk; assert 'HelpDesk-v0' in dialogym.ids(); import mine.help_desk.family"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_inside_of_the_package_the_scan_finds_it(tmp_path):
    """The folder of the families is made to go on in another one, so that nothing is written into the checkout."""
    inside = (
        "import dialogym; from pathlib import Path; from dialogym import envs; from dialogym.envs import registration\n"
        f"from dialogym.scripts import new; new.SUITE = Path({str(tmp_path)!r}); envs.__path__.append({str(tmp_path)!r})\n"
        "registration.__file__ = str(new.SUITE / 'registration.py'); dialogym.register_all()"
    )
    status, out, errors = command(tmp_path, "new", "help_desk", "--out", str(tmp_path), before=inside)
    assert status == 0 and "python -m dialogym.scripts.docs help_desk" in out and "--module" not in out, errors
    text = (tmp_path / "help_desk" / "family.py").read_text(encoding="utf-8")
    assert "from ...core.acts import" in text and "from ..base import Family" in text and "from dialogym" not in text
    assert "register" not in (tmp_path / "help_desk" / "__init__.py").read_text(encoding="utf-8")
    status, out, errors = command(tmp_path, "check", "HelpDesk-v0", before=inside)
    assert status == 0, out + errors


def test_it_is_clean_and_short(tmp_path):
    """As the repository's own style wants it, docstrings apart."""
    new.write("help_desk", tmp_path)
    config = str(new.SUITE.parent / "pyproject.toml")
    for arguments in (["check", "--ignore", "D"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *arguments, "--config", config, str(tmp_path)]
        ran = subprocess.run(ruff, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout
    assert len((tmp_path / "help_desk" / "family.py").read_text(encoding="utf-8").splitlines()) <= 180


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("HelpDesk", "small letters, figures and underscores"),
        ("help-desk", "small letters, figures and underscores"),
        ("2fast", "small letters, figures and underscores"),
        ("_desk", "small letters, figures and underscores"),
        ("class", "small letters, figures and underscores"),
        ("../desk", "small letters, figures and underscores"),
        ("negotiation", "Negotiation-v0 is registered already"),
        ("guided_solving", "GuidedSolving-v0 is registered already"),
        ("case", "Case is the name of something else in family.py"),
        ("family", "Family is the name of something else"),
        ("json", "the name of a Python module"),
    ],
)
def test_names_that_cannot_be(tmp_path, monkeypatch, capsys, name, message):
    monkeypatch.chdir(tmp_path)
    assert main(["new", name]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "help_desk").mkdir()
    (tmp_path / "other.py").touch()
    for name in ("help_desk", "other"):
        assert main(["new", name, "--out", str(tmp_path)]) == 1
        assert "exists already" in " ".join(capsys.readouterr().err.split())
    assert not list((tmp_path / "help_desk").iterdir()) and not (tmp_path / "other").exists()
    assert main(["new", "help_desk", "--out", str(tmp_path / "nowhere")]) == 1
    assert "there is no folder" in " ".join(capsys.readouterr().err.split())


def test_what_is_written_checks_its_settings_and_says_how_to_go_on(tmp_path):
    command(tmp_path, "new", "help_desk")
    play = ("evaluate", "HelpDesk-v0", "--module", "help_desk", "--episodes", "2")
    for setting, wanted in {
        "turns=four": "turns must be a whole number from 4 to 100, got 'four'",
        "turns=2": "turns must be a whole number from 4 to 100, got 2",
        "cost=-5": "cost must be a number from 0 to 1, got -5",
    }.items():
        status, _, errors = command(tmp_path, *play, "--set", setting)
        assert status == 1 and wanted in " ".join(errors.split())
    status, out, _ = command(tmp_path, *play, "--policy", "all", "--set", "turns=5")
    follow = [line.split("  ")[1] for line in out[out.index("Next:") :].splitlines()[1:]]
    assert follow[0].startswith("dialogym play HelpDesk-v0 --set turns=5 --module help_desk")
    assert follow[1].startswith("dialogym train bc HelpDesk-v0 --set turns=5 --module help_desk")
