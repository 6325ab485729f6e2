"""The benchmark: a run gives a result that can be trusted, what is done is not repeated, one failure loses nothing, and the page says what the results say."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.episodes import read_episodes
from dialogym.evaluation.datasets import recipes
from dialogym.policies.collect import collect
from dialogym.scripts.benchmark import Options, commands, draw, draw_scores, leaderboard, main, seeds_played
from dialogym.trainers import benchmark
from dialogym.trainers.benchmark import Budget, Job, algorithms, results

from ..toy import TOY


def job(out, algorithm, seed=0, env_id=TOY, model="tiny", played=256):
    return Job(
        env_id, algorithm, seed, "mixed", Budget(out, model, demonstrations=200, played=played, final_episodes=40)
    )


def row(env_id, algorithm, seed, score, data="mixed"):
    return {
        "env_id": env_id, "algorithm": algorithm, "seed": seed, "data": data, "error": "",
        "score": 0.0, "score_interval": [0.0, 0.0], "exact_score": score, "exact_score_interval": [score, score],
        "curve": [[0, 0.0, score / 2], [128, 1.0, score]], "cpu_minutes": 2.0, "minutes": 2.0, "collecting_cpu_minutes": 0.5,
        "model": "acts", "demonstrations": 2000, "played": 30_720, "final_episodes": 20, "zero": "random",
    }  # fmt: skip


def test_a_clone_and_what_goes_on_from_it(tmp_path, capsys):
    folder = tmp_path / f"{TOY}-seed0" / "mixed"
    clone = benchmark.run(job(tmp_path, "bc"))
    assert capsys.readouterr() == ("", "") and (folder / "bc.log").read_text()
    assert clone["error"] == "" and -1.0 < clone["score"] <= 1.0 and clone["cpu_minutes"] > 0.0
    data = sorted((folder / "dataset").iterdir())
    (folder / "rloo" / "rloo" / "model").mkdir(parents=True)  # an interrupted run has left it
    later = benchmark.run(job(tmp_path, "rloo"))
    assert later["error"] == "" and later["curve"] and sorted((folder / "dataset").iterdir()) == data
    evaluations = json.loads((folder / "rloo" / "evaluation.json").read_text())
    assert [evaluation["policy"] for evaluation in evaluations] == ["trained"]
    assert evaluations[0]["score"] == later["score"] and evaluations[0]["episodes"] == 40
    assert evaluations[0]["exact_score"] == later["exact_score"] <= 1.0


class Here(ThreadPoolExecutor):
    """Runs in this process, which knows the toy."""

    def __init__(self, workers, **_):
        super().__init__(1)


def test_act_policies_from_data_of_each_quality(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "ProcessPoolExecutor", Here)
    budget = Budget(tmp_path, "acts", demonstrations=100, played=1024, final_episodes=40)
    told = []
    rows = benchmark.benchmark([TOY], ["bc", "awr", "grpo"], [0], ["random", "scripted"], budget, tell=told.append)
    found = {(each["algorithm"], each["data"]): each for each in rows}
    assert len(told) == len(rows) == 5 and not any(each["error"] for each in rows)
    assert {*found} == {(name, data) for name in ("bc", "awr") for data in ("random", "scripted")} | {
        ("grpo", "random")
    }
    assert found["bc", "scripted"]["exact_score"] > found["bc", "random"]["exact_score"]
    assert found["grpo", "random"]["exact_score"] > found["bc", "random"]["exact_score"]
    assert found["grpo", "random"]["curve"][-1][0] == 1024


@pytest.mark.long
def test_a_dataset_that_was_cut_short_is_completed(tmp_path):
    collect(TOY, recipes(TOY)["mixed"], 30, tmp_path / f"{TOY}-seed0" / "mixed" / "dataset", 0)
    assert benchmark.run(job(tmp_path, "bc"))["error"] == ""
    assert sorted(episode.seed for episode in read_episodes(tmp_path / f"{TOY}-seed0" / "mixed" / "dataset")) == list(
        range(200)
    )


def test_a_failure_is_told_and_not_counted(tmp_path):
    failed = benchmark.run(job(tmp_path, "grpo"))  # there is no clone
    assert "model must be a folder that exists" in failed["error"]
    (tmp_path / "results.jsonl").write_text(
        "".join(json.dumps(each) + "\n" for each in (failed, row(TOY, "bc", 0, 0.5), row(TOY, "bc", 0, 0.75)))
    )
    assert [(each["algorithm"], each["exact_score"]) for each in results(tmp_path)] == [("bc", 0.75)]


@pytest.mark.long
def test_what_is_done_is_not_repeated(tmp_path):
    (tmp_path / "results.jsonl").write_text(json.dumps(row(TOY, "bc", 0, 0.5)) + "\n")
    told = []

    def asked(names=("bc",), env_ids=(TOY,), data=("mixed",), played=30_720):
        budget = Budget(tmp_path, "acts", 2000, played, 20)
        return benchmark.benchmark(env_ids, names, [0], data, budget, tell=told.append)

    assert len(asked()) == 1 and not told
    with pytest.raises(ValueError, match=r"holds results of {'played': 30720}"):
        asked(played=5)
    with pytest.raises(ValueError, match="algorithms must be among"):
        asked(names=["alchemy"])
    with pytest.raises(ValueError, match="data must be among random, scripted"):
        asked(data=["best"])
    with pytest.raises(ValueError, match="Spacing-v0 has none"):
        asked(env_ids=[TOY, "Spacing-v0"])
    with pytest.raises(ValueError, match="final_episodes must be at least 1"):
        Budget(tmp_path, "acts", 10, 1, 0)


@pytest.mark.parametrize(
    ("model", "algorithm"), [(model, name) for model in ("acts", "tiny") for name in algorithms(model)]
)
def test_every_configuration_is_valid(model, algorithm, tmp_path):
    config = job(tmp_path, algorithm, model=model).config()
    assert config.out == tmp_path / f"{TOY}-seed0" / "mixed" / algorithm and not config.compare
    assert type(config).__name__.removesuffix("Config").lower() == algorithm.replace("-", "")


@pytest.mark.parametrize(("model", "played"), [("tiny", 2560), ("acts", 5120)])
def test_budgets_are_equal(model, played, tmp_path):
    for name, algorithm in algorithms(model).items():
        if algorithm.kind == "online":
            told = job(tmp_path, name, model=model, played=played).config()
            rounds = getattr(told, "rounds", 0) or told.steps
            batch = getattr(told, "episodes", 0) or (
                told.scenarios * told.attempts if hasattr(told, "rounds") else told.groups * told.group_size
            )
            assert rounds * batch == played, name


def test_the_page_says_what_the_results_say(tmp_path):
    rows = [
        row("CoachingSmall-v0", name, seed, score + 0.1 * seed)
        for name, score in (("bc", 0.4), ("grpo", 0.6))
        for seed in (0, 1, 2)
    ]
    rows += [row("CoachingSmall-v0", "bc", seed, 0.9, "near-optimal") for seed in (0, 1, 2)]
    first = rows[:-3]
    board = leaderboard(first, ["CoachingSmall-v0"], ["bc", "grpo", "ppo"])
    assert "| environment | `bc` | `grpo` | `ppo` |" in board
    assert "| CoachingSmall | 0.500 ± 0.248 | 0.700 ± 0.248 |  |" in board
    assert seeds_played(first[:-1]) == "2 to 3 for each environment"
    two = [*first, *(row("Tutoring-v0", name, seed, 0.5) for name in ("bc", "grpo") for seed in range(3))]
    assert seeds_played(two) == "3 for each environment"
    assert seeds_played(two[:-1]) == "3 for CoachingSmall; 2 to 3 for Tutoring"
    sizes = "--demonstrations 2000 --played 30720 --episodes 1000"
    assert commands([*two, rows[-1]], Options(page="a.md")) == [
        f"dialogym benchmark --env CoachingSmall-v0 Tutoring-v0 --algorithm bc grpo --seeds 3 --data mixed {sizes}",
        f"dialogym benchmark --env CoachingSmall-v0 --algorithm bc --seeds 3 --data near-optimal {sizes} --page a.md",
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    page = tmp_path / "docs" / "leaderboard.md"
    main(
        [
            "--env",
            "CoachingSmall-v0",
            "--algorithm",
            "bc",
            "grpo",
            "--data",
            "mixed",
            "near-optimal",
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
    assert "Seeds: 3 for each environment." in text
    assert "{{" not in text and "| CoachingSmall | +0.200 ± 0.000 |" in text and "best fixed heuristic" in text
    assert "CoachingSmall" in (page.parent / "figures" / "leaderboard.svg").read_text()
    assert "bc 0.500 (0.252 to 0.748)" in (page.parent / "figures" / "leaderboard_scores.svg").read_text()
    assert [
        json.loads(line) for line in (page.parent / "figures" / "leaderboard.jsonl").read_text().splitlines()
    ] == rows
    assert "| environment | `random play` |" not in text and "| environment | random play | doing nothing |" in text
    assert "| CoachingSmall | `mixed` | `near-optimal` |" in text and "| `bc` | 0.500 ± 0.248 | 0.900 ± 0.000 |" in text


def test_the_scores_are_dots_with_intervals(tmp_path):
    rows = [row("Tutoring-v0", "bc", seed, score) for seed, score in enumerate((0.4, 0.5, 0.6))]
    rows += [row("Coaching-v0", "ppo", 0, 0.75) | {"exact_score_interval": [0.7, 0.8]}]
    draw_scores(
        rows,
        ["Tutoring-v0", "Coaching-v0"],
        ["bc", "ppo"],
        {"Tutoring-v0": 0.8, "Coaching-v0": 0.9},
        tmp_path / "a.svg",
    )
    drawn = (tmp_path / "a.svg").read_text()
    # of three runs by Student's t: 4.303 * 0.1 / sqrt(3) on each side; of one run, its own
    assert "Tutoring-v0: bc 0.500 (0.252 to 0.748). Coaching-v0: ppo 0.750 (0.700 to 0.800)." in drawn
    assert all(
        f">{text}<" in drawn for text in ("Tutoring-v0", "Coaching-v0", "bc", "ppo", "optimum", "best fixed heuristic")
    )


def test_the_legend_names_what_any_panel_shows(tmp_path):
    rows = [row("Coaching-v0", "ppo", 0, 0.7), row("Tutoring-v0", "rloo", 0, 0.6), row("Tutoring-v0", "ppo", 0, 0.6)]
    fixed = {"Coaching-v0": 0.9, "Tutoring-v0": 0.8}
    draw(rows, ["Coaching-v0", "Tutoring-v0"], ["ppo", "rloo"], fixed, tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text()
    assert [drawn.count(f">{name}<") for name in ("ppo", "rloo", "best fixed heuristic")] == [1, 1, 1]


def test_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match="seeds must be at least 1"):
        main(["--seeds", "0"], {})
    with pytest.raises(ValueError, match="--set cannot be given"):
        main([], {"population": "hard"})
