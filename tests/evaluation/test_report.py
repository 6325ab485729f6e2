"""The report of a run: whole, self-contained, forgiving of what is missing, and right about regret."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from dialogym.envs.episodes import read_episodes
from dialogym.envs.make import make_engine
from dialogym.evaluation import figures
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.regret import episode_regret, mean_regret_by_turn, select_episodes
from dialogym.evaluation.report import write_report
from dialogym.evaluation.run import read_run
from dialogym.policies.collect import collect
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy

from ..toy import TOY
from .test_evaluate import unsolved  # noqa: F401

ENV, EPISODES, SEED = "Negotiation-v0", 60, 700
INJECTION = '<script>alert("[offer")</script> see https://example.com'


def trained(env_id):
    """Scripted, but for some turns as a badly trained model would have them."""
    inner = make_policy("scripted", make_engine(env_id))

    def speak(dialogue, stream):
        text = inner.respond([dialogue], [stream])[0]
        return INJECTION if stream.random() < 0.1 else text

    return FunctionPolicy("trained", speak)


def synthesise(path, env_id=ENV, episodes=EPISODES):
    policy = trained(env_id)
    results = [evaluate(env_id, one, episodes, SEED) for one in (policy, "random", "scripted", "optimal")]
    collect(env_id, policy, episodes, path / "episodes", seed=SEED)
    (path / "config.json").write_text(
        json.dumps({"algorithm": "grpo", "env_id": env_id, "seed": 0, "learning_rate": 1e-5})
    )
    (path / "evaluation.json").write_text(json.dumps([result.to_json() for result in results]))
    rows = [
        {"stage": "bc", "step": s, "episodes": 16 * s, "seconds": s, "score": s / 200, "loss": 2 - s / 100}
        for s in range(0, 101, 20)
    ]
    rows += [
        {
            "stage": "grpo",
            "step": s,
            "episodes": 64 * s,
            "seconds": 5 * s,
            "score": None,
            "reward": s / 1000,
            "loss": 0.0,
        }
        for s in range(1, 50)
    ]
    rows += [
        {"stage": "grpo", "step": s, "episodes": 64 * s, "seconds": 5 * s, "score": 0.5 + s / 200}
        for s in range(0, 51, 10)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (path / "summary.json").write_text(json.dumps({"bc": {"train_seconds": 100.0}, "grpo": {"train_seconds": 300.0}}))
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return synthesise(tmp_path_factory.mktemp("run"))


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture(scope="module")
def judged(finished):
    return [episode_regret(episode) for episode in read_episodes(finished / "episodes")]


def page_of(run, episodes=500):
    return write_report(run, episodes=episodes).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(finished, tmp_path_factory):
    return write_report(finished, tmp_path_factory.mktemp("page") / "page.html").read_text(encoding="utf-8")


def test_page_is_whole(finished, page):
    for heading in ("Learning curve", "Comparison", "Metrics", "Outcomes", "Where value was lost", "Dialogues"):
        assert f"<h2>{heading}</h2>" in page
    score = json.loads((finished / "evaluation.json").read_text())[0]["score"]
    assert f"{score:.3f}" in page
    for name in ("random", "scripted", "optimal"):
        assert f"<td>{name}</td>" in page
    assert "behaviour cloning" in page and "GRPO" in page
    assert "Largest regret" in page and page.count('class="card"') == 6
    assert 'class="notes"' not in page
    assert "agreed price as a share of the list price" in page
    assert "exact regret" not in page.split("<h2>Learning curve</h2>")[1].split("<figure")[0]  # none was logged


def test_exact_scores_are_shown_of_every_policy_and_in_the_curve(run):
    """With the acts that lose most; the sampled score is then one of the diagnostics."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    told = [{**row, **({"exact_score": row["score"] / 2} if row.get("score") is not None else {})} for row in rows]
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told))
    found = read_run(run)
    keys = found.keys()
    assert found.score_key() == "exact_score" and "score" in keys and "exact_score" not in keys
    page = page_of(run)
    assert "by exact regret" in page.split("<h2>Learning curve</h2>")[1].split("<figure")[0]
    assert "sampled score in evaluations" in page
    comparison = page.split("<h2>Comparison</h2>")[1].split("<h2>")[0]
    for evaluation in found.evaluations:
        assert f"{evaluation.exact_score:.3f}" in comparison
    acts = page.split("<h2>Acts that lose most</h2>")[1].split("<h2>")[0]
    worst, loss = found.evaluations[0].lost[0], 1.0 - found.evaluations[0].exact_score
    assert acts.index("trained did") < acts.index("random did") and "optimal did" not in acts
    for cell in (worst.after, worst.act, worst.best, worst.turns, f"{100 * worst.share:.0f}%"):
        assert f">{cell}</td>" in acts
    assert f"{worst.share * loss:.3f}" in acts


def test_records_without_exact_scores_tell_of_acts_all_the_same(run):
    """From the recorded episodes, of the trained policy alone."""
    values = json.loads((run / "evaluation.json").read_text())
    new = ("exact_score", "exact_score_interval", "exact_score_error", "judged", "lost")
    old = [{name: value for name, value in one.items() if name not in new} for one in values]
    (run / "evaluation.json").write_text(json.dumps(old))
    page = page_of(run)
    assert "Exact score" not in page
    acts = page.split("<h2>Acts that lose most</h2>")[1].split("<h2>")[0]
    assert "trained did" in acts and "random did" not in acts and "Score lost" not in acts


def test_page_is_self_contained(page):
    assert not re.findall(r"<(?:script|link|iframe|img|object)\b|@import|\bsrc\s*=", page)
    assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', page))
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    assert set(re.findall(r"https?://[^\s<&]*", page)) == {"https://example.com"}  # only as words that the policy said
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert "&lt;script&gt;" in page
    assert not re.findall(r"#(0\d)\1\1\b", page)  # every marker colour was exchanged


def test_page_is_the_same_each_time(run, page):
    again = write_report(run)
    assert again == run / "report.html" and again.read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("missing", "gone", "kept", "note"),
    [
        ("config.json", "Configuration", "Comparison", "config.json is missing"),
        ("metrics.jsonl", "<h2>Learning curve", "<h2>Comparison", "metrics.jsonl is missing"),
        ("evaluation.json", "<h2>Comparison", "<h2>Dialogues", "evaluation.json is missing"),
        ("episodes", "<h2>Dialogues", "<h2>Comparison", "no recorded episodes"),
    ],
)
def test_missing_parts_are_noted(run, missing, gone, kept, note):
    (shutil.rmtree if (run / missing).is_dir() else type(run).unlink)(run / missing)
    page = page_of(run, episodes=10)
    assert gone not in page and kept in page and note in page


def test_empty_folder_and_missing_folder(finished, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_report(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no training run in"):
        write_report(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert page_of(tmp_path).count("<li>") == 3
    with pytest.raises(FileNotFoundError, match=f"did you mean {tmp_path}"):
        shutil.copytree(finished, tmp_path / "other" / "run")
        write_report(tmp_path / "other")


def test_damage_is_noted(run):
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"stage": "gr')
    (run / "evaluation.json").write_text('[{"policy": "trained"}]')
    (run / "config.json").write_text("[")
    (run / "summary.json").unlink()
    page = page_of(run, episodes=10)
    assert "1 of 62 lines of metrics.jsonl" in page
    assert "An entry of evaluation.json cannot be read (an evaluation must hold env_id" in page
    assert "config.json cannot be read" in page


def test_stages_follow_each_other(run):
    found = read_run(run)
    title, (bc, grpo) = found.curves("score")
    assert (title, bc.stage, grpo.stage) == ("training episodes", "bc", "grpo")
    assert bc.x[-1] == 1600 and grpo.x[0] == 1600 and grpo.x[-1] == 1600 + 64 * 50
    assert found.experience() == 1600 + 64 * 50
    assert found.curves("reward")[1][0].x[0] == 1600 + 64  # after cloning, though cloning logs no reward
    assert found.seconds == {"bc": 100.0, "grpo": 300.0}
    (run / "summary.json").unlink()
    assert read_run(run).seconds == {"bc": 100.0, "grpo": 250.0}


def test_stages_begin_where_their_model_comes_from(run):
    def curves():
        return {curve.stage: (curve.x[0], curve.x[-1]) for curve in read_run(run).curves("score")[1]}

    for stage, model in (("bc", "tiny"), ("grpo", run / "bc" / "model")):
        (run / stage).mkdir()
        (run / stage / "config.json").write_text(json.dumps({"model": str(model)}))
    with (run / "metrics.jsonl").open("a") as file:
        for step in (0, 1):
            file.write(json.dumps({"stage": "ppo", "step": step, "episodes": 64 * step, "score": 0.5}) + "\n")
    assert curves() == {
        "bc": (0, 1600),
        "grpo": (1600, 4800),
        "ppo": (4800, 4864),
    }  # after the one before, where nothing else is known
    (run / "ppo").mkdir()
    for model, start in ((run / "bc" / "model", 1600), (run / "grpo" / "model", 4800), ("elsewhere", 0)):
        (run / "ppo" / "config.json").write_text(json.dumps({"model": str(model)}))
        assert curves() == {"bc": (0, 1600), "grpo": (1600, 4800), "ppo": (start, start + 64)}
    assert read_run(run).experience() == 4800


def test_no_two_algorithms_are_drawn_alike():
    from dialogym.evaluation.figures import stage_style
    from dialogym.trainers.algorithms import ALGORITHMS

    names = [name for name, algorithm in ALGORITHMS.items() if algorithm.kind != "user"]
    assert len({stage_style(name) for name in names}) == len(names)


def test_steps_serve_where_episodes_do_not_tell_apart(tmp_path):
    rows = [{"stage": "bc", "step": step, "episodes": 0, "score": step / 10} for step in range(5)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    title, (curve,) = read_run(tmp_path).curves("score")
    assert title == "training steps" and curve.x == [0, 1, 2, 3, 4]
    assert "<h2>Learning curve</h2>" in page_of(tmp_path)


def test_no_turn_beats_the_optimum(judged):
    regrets = [turn.regret for one in judged for turn in one.turns]
    assert min(regrets) >= -1e-9 and max(regrets) > 0.01
    assert all(one.forfeited >= 0.0 for one in judged)


def test_regret_is_what_the_optimum_would_have_earned_more(judged):
    """Optimum less regret less payoff is luck: zero in the mean."""
    luck = np.array([one.turns[0].value - one.regret - one.episode.payoff for one in judged])
    assert abs(luck.mean()) < 4 * luck.std() / np.sqrt(len(luck))
    lost = sum(mean_regret_by_turn(judged)) + np.mean([one.forfeited for one in judged])
    assert lost == pytest.approx(np.mean([one.regret for one in judged]))


def test_the_optimum_regrets_nothing(tmp_path):
    for episode in collect(ENV, "optimal", 25, tmp_path / "episodes"):
        one = episode_regret(episode)
        assert one.regret == pytest.approx(0.0, abs=1e-9)
        assert [turn.best for turn in one.turns] == [turn.act for turn in one.turns]


def test_being_cut_off_forfeits_the_rest(tmp_path):
    babbler = FunctionPolicy("babbler", lambda dialogue, stream: "[nonsense]")
    (episode,) = collect(ENV, babbler, 1, tmp_path / "episodes", seed=4)
    one = episode_regret(episode)
    assert episode.truncated and len(one.turns) == 3 and one.turns[0].problem == "malformed"
    assert one.forfeited > 0.0
    assert one.regret == pytest.approx(one.forfeited + sum(turn.value - turn.act_value for turn in one.turns))


def test_dialogues_are_chosen_for_their_regret(judged):
    chosen = select_episodes(judged)
    assert len({id(one) for _, one in chosen}) == 6
    assert chosen[0][1].regret == max(one.regret for one in judged)
    assert [one for _, one in select_episodes(judged[:2])] and len(select_episodes(judged[:2])) == 2
    assert [one.episode.seed for _, one in select_episodes(judged)] == [one.episode.seed for _, one in chosen]


def test_any_family_will_do(tmp_path):
    page = page_of(synthesise(tmp_path, TOY, 20))
    assert "share of guests who got what they ordered" in page
    assert "<h2>Dialogues</h2>" in page and "drink" in page


def test_without_an_exact_optimum(tmp_path, unsolved):  # noqa: F811
    page = page_of(synthesise_unsolved(tmp_path, unsolved))
    assert "out of reach" in page and "<h2>Dialogues</h2>" in page
    assert "<h2>Where value was lost</h2>" not in page


def synthesise_unsolved(path, env_id):
    collect(env_id, "scripted", 12, path / "episodes")
    (path / "evaluation.json").write_text(
        json.dumps([evaluate(env_id, name, 12).to_json() for name in ("scripted", "random")])
    )
    return path


# ---- several seeds, scales and labels


@pytest.mark.long
def test_curves_of_several_seeds_have_bands(finished, tmp_path):
    other = shutil.copytree(finished, tmp_path / "other")
    rows = [json.loads(line) for line in (other / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        if row.get("score") is not None:
            row["score"] += 0.1
    (other / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:-1]))  # stopped earlier
    one, two = read_run(finished), read_run(other)
    (bc, grpo), (mean_bc, mean_grpo) = one.curves("score")[1], one.over_seeds([two], "score")[1]
    assert mean_bc.x == bc.x and mean_grpo.x == grpo.x[:-1]
    assert mean_bc.y == pytest.approx([y + 0.05 for y in bc.y]) and mean_bc.low == bc.y
    assert mean_grpo.high == pytest.approx([y + 0.1 for y in grpo.y[:-1]])
    assert one.over_seeds([], "score") == one.curves("score")
    target = tmp_path / "page.html"
    page = write_report(finished, target, episodes=5, others=[other]).read_text(encoding="utf-8")
    assert "Score over 2 seeds" in page and "bands reach from the lowest to the highest" in page
    assert "PolyCollection" in page and "PolyCollection" not in page_of(finished, 5)


def test_bars_of_regret_have_one_scale(page):
    lost = re.findall(r'<span class="lost">([\d.]+)</span><span class="meter" style="width: ([\d.]+)%"', page)
    values = [(float(value), float(width)) for value, width in lost]
    most = max(value for value, _ in values)
    assert len(values) > 10 and max(width for _, width in values) == 100.0
    assert all(width == pytest.approx(100.0 * value / most, abs=60.0 * 0.001 / most) for value, width in values)


def test_nothing_is_said_of_an_outcome_without_values(judged):
    from dialogym.evaluation.report import _dialogue

    family = make_engine(ENV).family
    one = judged[0]
    assert _dialogue(family, "", one, 1.0)["said"].startswith("Outcome: ")
    empty = replace(one, episode=replace(one.episode, outcome={"deal": False, "price": None, "illegal": 0}))
    assert _dialogue(family, "", empty, 1.0)["said"].startswith("Hidden until now: ")
    nothing = replace(one, episode=replace(one.episode, outcome={}, hidden={}))
    assert _dialogue(family, "", nothing, 1.0)["said"] == ""


def boxes(svg):
    """Where the words of a figure stand, roughly: left, right, top, bottom."""
    found = []
    for style, attributes, text in re.findall(r'<text style="([^"]*)"([^>]*)>([^<]*)<', svg):
        size = float(re.search(r"font-size: ([\d.]+)", style)[1])
        x, y = (float(re.search(rf'\b{axis}="(-?[\d.]+)"', attributes)[1]) for axis in "xy")
        if "rotate(-90" in attributes or "rotate(90" in attributes:
            continue
        width = 0.5 * size * len(text)
        left = x - (width if "end" in style else width / 2 if "middle" in style else 0.0)
        found.append((left, left + width, y - 0.7 * size, y, text))
    return found


def overlapping(svg):
    some = boxes(svg)
    return [
        (a[4], b[4])
        for i, a in enumerate(some)
        for b in some[:i]
        if a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
    ]


def test_labels_do_not_overlap():
    curve = figures.Curve("grpo", [100_000.0 * n for n in range(13)], [n / 20 for n in range(13)])
    names = ("random", "do nothing", "optimal", "scripted", "linear-concession", "split-difference")
    close = dict(zip(names, (0.0, 0.01, 1.0, 0.5, 0.51, 0.52), strict=True))
    for width in (8.6, 4.4):
        svg = figures.learning_curve([curve], close, "training episodes", width, "c")
        assert all(name in svg for name in names) and len(boxes(svg)) > 10
        assert not overlapping(svg)
    many = {**{str(turn): 0.1 for turn in range(1, 31)}, "cut off": 0.2}
    assert not overlapping(figures.bars(many, "turn", "mean regret, payoff", "b"))
    assert not overlapping(figures.series([curve], "mean return in training", "training episodes", "s"))


def test_the_zero_is_drawn_and_named(finished, page):
    """In Negotiation random play loses money: 0 is doing nothing, and random is far below."""
    evaluations = json.loads((finished / "evaluation.json").read_text())
    assert evaluations[0]["zero"] == "do nothing"
    assert "of what can be gained over doing nothing" in page and "On the axis 0 is do nothing" in page
    assert ">do nothing</text>" in page  # its line in the learning curve
    assert "Over random" in page
