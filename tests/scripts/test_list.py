"""The table of environments: readable, honest where an optimum is out of reach, and quick."""

from __future__ import annotations

import re

import pytest
from dialogym.core.solver import Rescaled
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.registration import TABLE
from dialogym.evaluation.exact import known_value, optimum
from dialogym.scripts import list as command

from ..evaluation.test_exact import Lessons, Unsolved


@pytest.fixture
def shown(monkeypatch, capsys):
    """What the command prints about some environments, in lines of at most so many columns."""

    def call(table, columns=100, arguments=()):
        monkeypatch.setenv("COLUMNS", str(columns))
        for env_id in list(TABLE):
            monkeypatch.delitem(TABLE, env_id)
        TABLE.update(table)
        command.main(arguments, {})
        lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        assert max(map(len, lines)) <= min(columns, 80)
        return lines

    kept = dict(TABLE)
    yield call
    TABLE.clear()
    TABLE.update(kept)


def row(lines, env_id):
    return next(re.split(r"\s{2,}", line) for line in lines if line.startswith(f"{env_id} "))


NEGOTIATIONS = {
    env_id: entry for env_id, entry in TABLE.items() if entry[0] == "dialogym.envs.negotiation.family:Negotiation"
}
LESSONS = {
    "Lessons-v0": (f"{Lessons.__module__}:Lessons", {}),
    "Unsolved-v0": (f"{Lessons.__module__}:Unsolved", {"turns": [2, 4]}),
}


def test_families_stay_together(shown):
    mixed = {"Negotiation-v0": NEGOTIATIONS["Negotiation-v0"], **LESSONS, **NEGOTIATIONS}
    lines = shown(mixed)
    first = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert [word for word in first if word in (*TABLE, "Negotiation:", "Lessons:", "Unsolved:")] == [
        "Negotiation:", *NEGOTIATIONS, "Lessons:", "Lessons-v0", "Unsolved:", "Unsolved-v0",
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_what_is_listed(shown, columns):
    lines = shown(NEGOTIATIONS, columns)
    family = Negotiation()
    assert row(lines, "Negotiation-v0") == [
        "Negotiation-v0",
        "260",
        f"{optimum(family):.4f}",
        f"{known_value(family):.4f}",
    ]
    hard = next(i for i, line in enumerate(lines) if line.startswith("NegotiationHard-v0"))
    assert lines[hard + 1].strip() == "population=hard, rounds=9, discount=0.93, values=(14, 15, 16)"
    assert " ".join(lines).count("secret known") == 1


def test_an_optimum_out_of_reach(shown, monkeypatch):
    assert row(shown(LESSONS), "Unsolved-v0")[1:] == ["4", f"at most {(0.5 + 3 * 1.0) / 4:.4f}", "-"]
    monkeypatch.delattr(Unsolved, "bound")
    assert row(shown(LESSONS), "Unsolved-v0")[1:] == ["4", "-", "-"]


def test_a_shared_solution_is_asked_once(shown, monkeypatch):
    asked = []
    original = Rescaled.start_value
    monkeypatch.setattr(Rescaled, "start_value", lambda self: asked.append(self) or original(self))
    solved = shown(NEGOTIATIONS, arguments=["--solve"])
    assert solved == shown(NEGOTIATIONS)
    assert len(asked) == sum(len(Negotiation(**settings).values) for _, settings in NEGOTIATIONS.values())
