"""`dialogym tournament` as a user types it: what it prints, and what it writes."""

from __future__ import annotations

import json

import pytest
from dialogym.scripts.main import main

from ..toy_duel import ULTIMATUM


def test_a_tournament_is_printed_and_written(capsys, tmp_path):
    out = tmp_path / "cup"
    assert main(["tournament", ULTIMATUM, "--players", "greedy", "random", "--rounds", "3", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert "ToyUltimatum-v0 · 3 rounds (seeds 0 to 2) · natural grammar · 12 dialogues" in printed.out
    assert "Mean payoff of the seller (row), against the buyer (column)" in " ".join(printed.out.split())
    assert "fewer than 30 rounds" in " ".join(printed.out.split()) and "12 of 12 dialogues" in printed.err
    lines = [json.loads(line) for line in (out / "tournament.jsonl").read_text().splitlines()]
    assert len(lines) == 12 and lines[0]["players"] == {"seller": "greedy", "buyer": "greedy"}
    assert set(lines[0]["payoffs"]) == {"seller", "buyer"} and lines[0]["turns"][0]["text"] == "[ask 3]"
    told = json.loads((out / "tournament.json").read_text())
    mean = told["payoffs"]["seller"]["greedy"]["random"]["mean"]
    own = [line["payoffs"]["seller"] for line in lines if line["players"] == {"seller": "greedy", "buyer": "random"}]
    assert mean == pytest.approx(sum(own) / 3) and told["dropped"] == 0
    assert f"{mean:.3f}" in (out / "tournament.md").read_text()


def test_the_matrix_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    assert (
        main(["tournament", ULTIMATUM, "--players", "greedy", "random", "--rounds", "2", "--out", str(tmp_path)]) == 0
    )
    drawn = (tmp_path / "tournament.svg").read_text()
    means = json.loads((tmp_path / "tournament.json").read_text())["payoffs"]
    cells = [f">{means[seat][a][b]['mean']:.3f}<" for seat in means for a in means[seat] for b in means[seat][a]]
    assert len(cells) == 8 and [text for text in (">greedy<", ">random<", *cells) if text not in drawn] == []


def test_a_wrong_player_is_explained(capsys):
    assert main(["tournament", "Division-v0", "--players", "scripted", "optimal", "--rounds", "1"]) == 1
    assert "SEAT=POLICY" in capsys.readouterr().err
