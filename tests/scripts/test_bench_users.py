"""`dialogym bench --server`: what is compared is the same work, and failures are no numbers."""

from __future__ import annotations

import asyncio

import pytest
from dialogym.scripts import bench_users
from dialogym.scripts.bench import repertoire
from dialogym.scripts.main import main

from ..simulated_users.backends.faults import FaultServer

pytest.importorskip("openai")
ENV = "Negotiation-v0"


def test_the_stand_in_takes_its_time_for_all_together():
    with bench_users._serving(bench_users.STAND_IN, 0.2) as address:
        playing = bench_users._Dialogues(ENV, address, 8, repertoire(ENV, {}, 50), {})
        rate = playing.play(24)
        assert 24 <= len(playing.kept.asked) <= 24 + 16 and playing.kept.failed == 0
        assert (
            rate <= 8 * 2 / 0.2
        )  # a step takes 0.2 s at least, and no more than two requests a dialogue are made in it
        assert asyncio.run(bench_users._bare(address, playing.kept.asked[:2], 1)) <= 1 / 0.2
        playing.kept.close()


@pytest.mark.long
def test_the_command(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    options = {"delay": 0.05, "dialogues": 4, "requests": 32, "repeats": 2}
    given = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    assert main(["bench", ENV, "--server", "stand-in", *given]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "4 dialogues at once" in out and "4 bare requests at once" in out and "paired" in out


def test_failures_are_no_numbers(capsys):
    with FaultServer(otherwise="400") as server:
        assert main(["bench", ENV, "--server", f"{server.url}#m", "--dialogues", "2", "--repeats", "1"]) == 1
    assert "status 400" in capsys.readouterr().err
