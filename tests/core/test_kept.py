"""Solutions on disk: what is read is what was found, and nothing else is ever read."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import time
import zlib
from dataclasses import fields, is_dataclass
from io import BytesIO

import dialogym
import pytest
from dialogym.core import kept
from dialogym.core.kept import ENVIRONMENT, Unknown, describe
from dialogym.core.search import Search
from dialogym.core.setting import Setting
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation

from ..toy import TOY

# One person; a desk besides; several people, payoffs that add up, people who can be exchanged.
IDS = ("Persuasion-v0", "ServiceHard-v0", "CommonsSmall-v0")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    return tmp_path


def fresh(env_id):
    """A solution that knows nothing yet, of the first scenario of an environment."""
    family = make_engine(env_id).family
    known = family.setting(family.scenarios()[0]).solution
    return type(known)(known.game, known.mind, known.seat, known._finder.candidates)


def written(folder):
    return sorted(folder.rglob("*.bin"))


def facts(solution, off=False):
    """Values and best acts down the likeliest path; with `off`, the value of every other act on it, too."""
    game, found = solution.game, [solution.start_value()]
    opening = Setting(game, solution.mind, solution.seat).seen(game.start(), solution.mind.prior(), None)
    _, exchange, belief = max(opening, key=lambda seen: seen[0])
    state = exchange.after
    while game.mover(state) == solution.seat:
        act = solution.best_act(state, belief)
        found += [act, solution.value(state, belief)]
        if off:
            found.append(solution.act_values(state, belief))
        _, state, belief = max(solution.branches(state, belief, act), key=lambda branch: branch[0])
    return [*found, solution.states]


@pytest.mark.parametrize("env_id", IDS)
def test_what_is_read_is_what_was_found(env_id, folder, monkeypatch):
    first = fresh(env_id)
    found = facts(first)
    (file,) = written(folder)

    def searched(self, place, mass):
        raise AssertionError(f"searched again in {place.state!r}")

    monkeypatch.setattr(Search, "_choose", searched)
    again = fresh(env_id)
    assert facts(again) == found and again.states == first.states
    monkeypatch.undo()
    monkeypatch.setenv(ENVIRONMENT, "")
    alone = fresh(env_id)
    assert facts(alone) == found and written(folder) == [file]


def test_what_was_not_asked_before_is_found_as_ever(folder, monkeypatch):
    """Off the best path a search goes on from what was read, and comes to the same numbers."""
    fresh("Persuasion-v0").start_value()
    read = fresh("Persuasion-v0")
    first, found = facts(read)[-1], facts(read, off=True)
    assert found[-1] > first
    monkeypatch.setenv(ENVIRONMENT, "")
    assert facts(fresh("Persuasion-v0"), off=True) == found


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"x" * 32 + data[32:],
        lambda data: signed(pickle.dumps({"described": "another"})),
        lambda data: signed(pickle.dumps(3)),
        lambda data: signed(b"no pickle"),
    ],
)
def test_a_damaged_file_is_not_read(folder, damage):
    value = fresh("Persuasion-v0").start_value()
    (file,) = written(folder)
    data = file.read_bytes()
    file.write_bytes(damage(data))
    assert fresh("Persuasion-v0").start_value() == value
    assert len(file.read_bytes()) > 0.9 * len(data)  # and it is written anew


def signed(data):
    packed = zlib.compress(data)
    return hashlib.sha256(packed).digest() + packed


class Evil:
    def __init__(self, call, *given):
        self.asked = call, given

    def __reduce__(self):
        return self.asked


@pytest.mark.parametrize("call", [os.mkdir, exec, getattr, Negotiation.__init__, dialogym.make_engine, kept.Kept])
def test_a_file_makes_nothing_but_values(folder, call, tmp_path):
    one = fresh("Persuasion-v0")
    value = one.start_value()
    (file,) = written(folder)
    target = str(tmp_path / "made")
    file.write_bytes(signed(pickle.dumps({"described": one._kept.described, "memo": Evil(call, target)})))
    with pytest.raises(pickle.UnpicklingError, match="is no part of a solution"):
        kept._Reader(BytesIO(zlib.decompress(file.read_bytes()[32:]))).load()
    assert fresh("Persuasion-v0").start_value() == value
    assert not os.path.exists(target)


def test_other_code_is_another_place(folder, monkeypatch):
    value = fresh("Persuasion-v0").start_value()
    monkeypatch.setattr(kept, "code", lambda: "changed")
    assert fresh("Persuasion-v0").start_value() == value
    assert len({file.parent for file in written(folder)}) == 2


def test_what_others_have_left_is_deleted_after_some_time(folder):
    for name, age in (("old", 20.0), ("newer", 2.0)):
        (folder / "solutions" / name).mkdir(parents=True)
        then = time.time() - age * 86_400
        os.utime(folder / "solutions" / name, (then, then))
    fresh("Persuasion-v0").start_value()
    assert {path.name for path in (folder / "solutions").iterdir()} == {"newer", kept.code()}


def test_the_code_is_named_by_what_it_holds(tmp_path, monkeypatch):
    """Each file counts, with its name; what is no code or content does not."""
    monkeypatch.setattr(kept, "_HOME", tmp_path)
    monkeypatch.setattr(kept, "__file__", str(tmp_path / "core" / "kept.py"))
    found = []
    with pytest.raises(FileNotFoundError, match="no code at"):
        kept.code.__wrapped__()
    for file, text in (("core/kept.py", "1"), ("envs/a/b.toml", "1"), ("envs/a/b.toml", "2"), ("envs/a/notes", "1")):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
        found.append(kept.code.__wrapped__())
    (tmp_path / "envs/a/b.toml").rename(tmp_path / "envs/a/c.toml")
    found.append(kept.code.__wrapped__())
    assert len(set(found)) == 4 and found[2] == found[3]


@pytest.mark.parametrize("where", ["", "/proc/nowhere"])
def test_where_nothing_can_be_kept(where, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(ENVIRONMENT, where)
    assert fresh("Persuasion-v0").start_value() > 0.0
    assert list(tmp_path.iterdir()) == []


def test_without_a_word_it_is_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT)
    fresh("Persuasion-v0").start_value()
    assert len(written(tmp_path / ".cache" / "dialogym" / "solutions" / kept.code())) == 1


def test_a_family_of_ones_own_is_solved_anew(folder):
    assert fresh(TOY).start_value() > 0.0
    engine = make_engine(TOY)
    solution = engine.family.setting(engine.family.scenarios()[0]).solution
    with pytest.raises(Unknown):
        describe((solution.game, solution.mind))
    assert written(folder) == []


def parts():
    """Game and mind of the first scenario of every environment whose solution is searched."""
    for env_id in dialogym.ids():
        family = make_engine(env_id).family
        setting = family.setting(family.scenarios()[0])
        yield env_id, setting.game, setting.mind


def test_unlike_games_are_described_unlike():
    """Nothing that tells two games or two minds apart is left out of their description."""
    known = {}
    for env_id, game, mind in parts():
        for what in (game, mind):
            try:
                spelled = repr(describe(what))
            except Unknown:
                continue
            assert known.setdefault(spelled, what) == what, env_id
            if is_dataclass(what):
                assert all(f"'{field.name}'" in spelled for field in fields(what)), env_id
    assert len(known) > 80


def test_a_description_is_the_same_in_every_process():
    code = (
        "from dialogym.core.kept import describe; from dialogym.envs.make import make_engine\n"
        "for name in ('Clinic-v0', 'Service-v0', 'Market-v0', 'Drafting-v0'):\n"
        "    family = make_engine(name).family; setting = family.setting(family.scenarios()[0])\n"
        "    print(describe((setting.game, setting.mind)))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1 and len(said.pop()) > 1_000


@pytest.mark.parametrize("what", [lambda: 0, Evil(print), {1: object()}, (1, [Solution.value, os.mkdir])])
def test_what_cannot_be_told_in_full_is_refused(what):
    with pytest.raises(Unknown):
        describe(what)
