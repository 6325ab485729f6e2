"""How families are found: by a scan of the folder, by one call, by an entry point."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dialogym
import gymnasium as gym
import pytest
from dialogym.envs import registration
from dialogym.envs.base import Family
from dialogym.envs.make import load_family
from dialogym.envs.registration import families, ranked, register, register_family, representatives

from ..toy import TOY


@pytest.fixture
def tables(monkeypatch):
    """Both tables as they are, to be put back."""
    monkeypatch.setattr(registration, "TABLE", dict(registration.TABLE))
    monkeypatch.setattr(registration, "_REPRESENTATIVES", dict(registration._REPRESENTATIVES))


def package(folder: Path, name: str, init: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(init)
    toy = Path(__file__).parent.parent / "toy.py"
    (folder / name / "family.py").write_text(toy.read_text().replace("dialogym.register(TOY", "(lambda *_: None)(TOY"))


def test_the_suite_is_what_its_folders_hold():
    ours = [path for path in families() if path.startswith("dialogym.envs.")]
    folders = sorted(init.parent.name for init in Path(registration.__file__).parent.glob("*/__init__.py"))
    assert [path.split(".")[2] for path in ours] == folders
    assert set(registration.ids()) == {env_id for some in families().values() for env_id in some}
    assert len(representatives()) == sum(map(ranked, families())) and "SpacingSmall-v0" in representatives()
    assert [path for path in families() if not ranked(path)] == ["dialogym.envs.open.family:Open"]


def test_one_call_registers_a_family(tables, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    package(
        tmp_path,
        "tavern",
        'FAMILY = "Cafe"\nVARIANTS = {"Tavern-v0": {}, "TavernTwo-v0": {}}\nLEADERBOARD = "TavernTwo-v0"\n',
    )
    assert register_family("tavern") == ("Tavern-v0", "TavernTwo-v0")
    assert gym.make("Tavern-v0").reset(seed=0)[0] and "TavernTwo-v0" in representatives()
    assert register_family("tavern") == ("Tavern-v0", "TavernTwo-v0"), "twice is harmless"


@pytest.mark.parametrize(
    ("init", "message"),
    [
        ("", "must have FAMILY"),
        ('FAMILY = "Cafe"\nVARIANTS = {}', "must have FAMILY"),
        (
            'FAMILY = "Cafe"\nVARIANTS = {"Inn-v0": {}}\nLEADERBOARD = "Pub-v0"',
            "LEADERBOARD of inn must be one of Inn-v0",
        ),
        ('FAMILY = "Cafe"\nVARIANTS = {"Negotiation-v0": {}}', "is registered already"),
    ],
)
def test_what_is_wrong_with_a_package_is_said(tables, tmp_path, monkeypatch, init, message):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "inn", raising=False)
    package(tmp_path, "inn", init)
    with pytest.raises(ValueError, match=message):
        register_family("inn")
    sys.modules.pop("inn", None)


def installed(folder: Path, name: str, init: str) -> None:
    """A package and the metadata that an installer would write."""
    package(folder, name, init)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[dialogym.families]\n{name} = {name}\n")


def test_an_installed_family_is_found_by_its_entry_point(tmp_path):
    installed(tmp_path, "bistro", 'FAMILY = "Cafe"\nVARIANTS = {"Bistro-v0": {}}\n')
    installed(tmp_path, "broken", "1 / 0\n")
    code = "import dialogym, gymnasium, sys; print(gymnasium.make('Bistro-v0').reset(seed=0)[0], 'Negotiation-v0' in dialogym.ids())"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[serve DRINK]" in done.stdout and done.stdout.rstrip().endswith("True")
    assert "the families of broken could not be registered: division by zero" in done.stderr


def test_names_of_families_are_checked(tables):
    with pytest.raises(ValueError, match="family must be 'module:Class'"):
        register("Odd-v0", "no colon")
    register("NoFamily-v0", "dialogym.core.acts:Act")
    with pytest.raises(ValueError, match=r"must name a class that derives from dialogym\.envs\.base\.Family"):
        gym.make("NoFamily-v0", disable_env_checker=True)
    with pytest.raises(
        ValueError, match=r"Cafe has no setting 'size'; valid settings are none; besides them there are reward, grammar"
    ):
        gym.make(TOY, size=3, disable_env_checker=True)


def test_what_a_family_need_not_say_is_none():
    family = load_family(*registration.lookup(TOY))
    assert isinstance(family, Family)
    for name in ("bound", "measures", "duel", "small_duel", "people", "guide", "cast"):
        assert getattr(family, name) is None, name
    assert family.baselines.__name__ == type(family).__module__ and dialogym.ids()


def test_a_module_may_stand_before_an_id(tmp_path, tables, monkeypatch):
    (tmp_path / "corner_cafe.py").write_text(
        "import dialogym\ndialogym.register('Corner-v0', 'dialogym.tests.toy:Cafe')\n".replace(
            "dialogym.tests.toy", registration.lookup(TOY)[0].partition(":")[0]
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    result = dialogym.evaluate("corner_cafe:Corner-v0", "random", episodes=2)
    assert result.env_id == "Corner-v0" and registration.bare("dialogym:Corner-v0") == "Corner-v0"
    with pytest.raises(ValueError, match="there is no module 'no_such_cafe'"):
        dialogym.evaluate("no_such_cafe:Corner-v0", "random", episodes=2)
    with pytest.raises(ValueError, match=r"environment must be one of .*; got 'corner_cafe:Other-v0'"):
        dialogym.make_engine("corner_cafe:Other-v0")
