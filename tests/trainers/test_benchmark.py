"""The benchmark: a run gives a result that can be trusted, what is done is not repeated, one failure loses nothing, and the page says what the results say."""

from __future__ import annotations

import dataclasses
import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.episodes import read_episodes
from dialogym.evaluation.datasets import recipes
from dialogym.policies.collect import collect
from dialogym.scripts.benchmark import leaderboard, main, seeds_played
from dialogym.trainers import benchmark
from dialogym.trainers.algorithms import BENCHMARKED
from dialogym.trainers.benchmark import Job, results

from ..toy import TOY


def job(out, algorithm, seed=0, env_id=TOY):
    return Job(env_id, algorithm, seed, out, demonstrations=200, steps=2, final_episodes=40)


def row(env_id, algorithm, seed, score):
    return {
        "env_id": env_id, "algorithm": algorithm, "seed": seed, "error": "", "score": score, "score_interval": [score, score], "mean_return": score,
        "curve": [[0, 0.0, score / 2], [128, 1.0, score]], "cpu_minutes": 2.0, "minutes": 2.0, "collecting_cpu_minutes": 0.5,
        "demonstrations": 2000, "steps": 20, "final_episodes": 20, "zero": "random", "over_random": score,
    }  # fmt: skip


def test_a_clone_and_what_goes_on_from_it(tmp_path, capsys):
    clone = benchmark.run(job(tmp_path, "bc"))
    assert capsys.readouterr() == ("", "") and (tmp_path / f"{TOY}-seed0" / "bc.log").read_text()
    assert clone["error"] == "" and -1.0 < clone["score"] <= 1.0 and clone["cpu_minutes"] > 0.0
    data = sorted((tmp_path / f"{TOY}-seed0" / "dataset").iterdir())
    (tmp_path / f"{TOY}-seed0" / "rloo" / "rloo" / "model").mkdir(parents=True)  # an interrupted run has left it
    later = benchmark.run(job(tmp_path, "rloo"))
    assert later["error"] == "" and later["curve"] and sorted((tmp_path / f"{TOY}-seed0" / "dataset").iterdir()) == data
    evaluations = json.loads((tmp_path / f"{TOY}-seed0" / "rloo" / "evaluation.json").read_text())
    assert [evaluation["policy"] for evaluation in evaluations] == ["trained"]
    assert evaluations[0]["score"] == later["score"] and evaluations[0]["episodes"] == 40


def test_a_dataset_that_was_cut_short_is_completed(tmp_path):
    collect(TOY, recipes(TOY)["mixed"], 30, tmp_path / f"{TOY}-seed0" / "dataset", 0)
    assert benchmark.run(job(tmp_path, "bc"))["error"] == ""
    assert sorted(episode.seed for episode in read_episodes(tmp_path / f"{TOY}-seed0" / "dataset")) == list(range(200))


def test_a_failure_is_told_and_not_counted(tmp_path):
    failed = benchmark.run(job(tmp_path, "grpo"))  # there is no clone
    assert "model must be a folder that exists" in failed["error"]
    (tmp_path / "results.jsonl").write_text(
        "".join(json.dumps(each) + "\n" for each in (failed, row(TOY, "bc", 0, 0.5), row(TOY, "bc", 0, 0.75)))
    )
    assert [(each["algorithm"], each["score"]) for each in results(tmp_path)] == [("bc", 0.75)]


def test_what_is_done_is_not_repeated(tmp_path):
    (tmp_path / "results.jsonl").write_text(json.dumps(row(TOY, "bc", 0, 0.5)) + "\n")
    told = []
    assert len(benchmark.benchmark([TOY], ["bc"], [0], tmp_path, 2000, 20, 20, tell=told.append)) == 1 and not told
    with pytest.raises(ValueError, match=r"holds results of {'steps': 20}"):
        benchmark.benchmark([TOY], ["bc"], [0], tmp_path, 2000, 5, 20)
    with pytest.raises(ValueError, match="algorithms must be among"):
        benchmark.benchmark([TOY], ["alchemy"], [0], tmp_path, 10, 1, 10)
    with pytest.raises(ValueError, match="Spacing-v0 has none"):
        benchmark.benchmark([TOY, "Spacing-v0"], ["bc"], [0], tmp_path, 10, 1, 10)
    with pytest.raises(ValueError, match="final_episodes must be at least 1"):
        benchmark.benchmark([TOY], ["bc"], [0], tmp_path, 10, 1, 0)


@pytest.mark.parametrize("algorithm", BENCHMARKED)
def test_every_configuration_is_valid(algorithm, tmp_path):
    config = job(tmp_path, algorithm).config()
    assert config.out == tmp_path / f"{TOY}-seed0" / algorithm and not config.compare
    assert type(config).__name__.removesuffix("Config").lower() == algorithm.replace("-", "")


def test_budgets_are_equal(tmp_path):
    def config(algorithm):
        return dataclasses.replace(job(tmp_path, algorithm), steps=20).config()

    grpo, ppo = config("grpo"), config("ppo")
    assert grpo.steps * grpo.groups * grpo.group_size == ppo.steps * ppo.episodes == 2560
    for fields in map(config, ("expert-iteration", "dpo", "kto")):
        assert fields.rounds * fields.scenarios * fields.attempts == 2560


def test_the_page_says_what_the_results_say(tmp_path):
    rows = [
        row("CoachingSmall-v0", name, seed, score + 0.1 * seed)
        for name, score in (("bc", 0.4), ("grpo", 0.6))
        for seed in (0, 1, 2)
    ]
    board = leaderboard(rows, ["CoachingSmall-v0"], ["bc", "grpo", "ppo"])
    assert "| `bc` | 0.500 ± 0.248 |" in board and "| `grpo` | 0.700 ± 0.248 |" in board and "| `ppo` |  |" in board
    assert seeds_played(rows[:-1], ["CoachingSmall-v0"], ["bc", "grpo"]) == "CoachingSmall 2 to 3"
    two = [*rows, *(row("Tutoring-v0", name, seed, 0.5) for name in ("bc", "grpo") for seed in range(3))]
    assert seeds_played(two, ["CoachingSmall-v0", "Tutoring-v0"], ["bc", "grpo"]) == "3 for each environment"
    assert (
        seeds_played(two[:-1], ["CoachingSmall-v0", "Tutoring-v0"], ["bc", "grpo"])
        == "CoachingSmall 3, Tutoring 2 to 3"
    )
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    page = tmp_path / "docs" / "leaderboard.md"
    main(
        [
            "--env",
            "CoachingSmall-v0",
            "--algorithm",
            "bc",
            "grpo",
            "--out",
            str(tmp_path),
            "--episodes",
            "20",
            "--page",
            str(page),
        ],
        {},
    )
    text = page.read_text()
    assert "Seeds: CoachingSmall 3." in text
    assert "{{" not in text and "| `grpo` | +0.200 ± 0.000 |" in text and "best fixed heuristic" in text
    assert "CoachingSmall" in (page.parent / "figures" / "leaderboard.svg").read_text()
    assert [
        json.loads(line) for line in (page.parent / "figures" / "leaderboard.jsonl").read_text().splitlines()
    ] == rows
    assert "| random | 0.000 |" in text and "| do nothing | -" in text  # what 0 is
    old = [{name: value for name, value in each.items() if name != "zero"} for each in rows]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in old))
    with pytest.raises(ValueError, match="with another zero"):
        main(["--env", "CoachingSmall-v0", "--algorithm", "bc", "--out", str(tmp_path), "--episodes", "20"], {})


def test_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match="seeds must be at least 1"):
        main(["--seeds", "0"], {})
    with pytest.raises(ValueError, match="--set cannot be given"):
        main([], {"population": "hard"})
