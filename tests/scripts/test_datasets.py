"""Datasets of known quality: the same command gives the same bytes, and what is said of them is so."""

from __future__ import annotations

import json
import sys
from collections import Counter

import numpy as np
import pytest
from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.envs.make import make_engine
from dialogym.evaluation import datasets
from dialogym.evaluation.datasets import NAMES, make_datasets, recipes
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.evaluation.regret import episode_regret
from dialogym.evaluation.stochastic import NotEnumerable, expected_payoff
from dialogym.policies.collect import collect, play
from dialogym.policies.policy import FunctionPolicy, NoisyPolicy
from dialogym.policies.registry import make_policy
from dialogym.scripts.main import main

from ..reach import ONE_OF_EACH, OUT_OF_REACH, in_few
from ..toy import TOY, Cafe


def written(path):
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def command(*arguments):
    return main(["datasets", *map(str, arguments)])


# ---- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="module")
def little_time():
    """Sums that take long are given up early; the one of `random` in Tutoring-v0 is not among them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "LIMIT", 30_000)
        yield


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    path = tmp_path_factory.mktemp("lessons") / "d"
    assert command("Tutoring-v0", "--episodes", 300, "--seed", 20, "--out", path) == 0
    return path


@pytest.mark.long
def test_the_same_command_gives_the_same_bytes(tmp_path, capsys):
    few = tmp_path / "few"
    for path in (few, tmp_path / "again"):
        assert command("Tutoring-v0", "--episodes", 40, "--seed", 20, "--out", path) == 0
        assert (few / "quality.md").read_text() in capsys.readouterr().out
    assert written(tmp_path / "again") == written(few)
    assert {name.split("/")[0] for name in written(few)} == {*NAMES, "quality.json", "quality.md"}
    small = [tmp_path / name for name in ("this", "that")]
    for seed, path in zip((20, 21), small, strict=True):
        assert command(TOY, "--episodes", 20, "--seed", seed, "--out", path) == 0
    assert written(small[0])["random/episodes-000000.parquet"] != written(small[1])["random/episodes-000000.parquet"]


@pytest.mark.long
def test_a_repeated_command_plays_what_is_missing(lessons, tmp_path):
    for name, policy in list(recipes("Tutoring-v0").items())[:3]:
        collect("Tutoring-v0", policy, 256 if name == "scripted" else 300, tmp_path / "d" / name, seed=20)
    make_datasets("Tutoring-v0", tmp_path / "d", 300, 20)
    assert written(tmp_path / "d") == written(lessons)
    with pytest.raises(ValueError, match="holds other seeds too, such as 20"):
        make_datasets("Tutoring-v0", tmp_path / "d", 300, 21)
    with pytest.raises(ValueError, match="cannot be resumed"):
        make_datasets("TutoringEasy-v0", tmp_path / "d", 300, 20)


@pytest.mark.long
def test_qualities_are_those_of_the_episodes(lessons):
    """Everything in the table, computed again from the files."""
    found = json.loads((lessons / "quality.json").read_text())
    assert tuple(found) == NAMES
    best = optimum(make_engine("Tutoring-v0").family)
    played = [evaluate("Tutoring-v0", name, 300, 20) for name in ("random", "optimal")]
    references = [played[0].nothing_return, played[1].mean_return]
    assert "score (0: do nothing)" in (lessons / "quality.md").read_text()
    for name, quality in found.items():
        episodes = read_episodes(lessons / name)
        payoffs = np.array([episode.payoff for episode in episodes])
        assert [episode.seed for episode in episodes] == list(range(20, 320)) and {
            episode.policy for episode in episodes
        } == {quality["policy"]}
        assert (quality["episodes"], quality["failed"]) == (300, 0)
        assert quality["mean_return"] == pytest.approx(payoffs.mean())
        assert (quality["min_return"], quality["max_return"]) == (payoffs.min(), payoffs.max())
        assert quality["score"] == pytest.approx((payoffs.mean() - references[0]) / (references[1] - references[0]))
        assert quality["optimum"] == best and quality["bound"] is None
        assert quality["estimated_return"] == pytest.approx(
            best - np.mean([episode_regret(episode).regret for episode in episodes])
        )
        for middle, (low, high) in (
            (quality["mean_return"], quality["return_interval"]),
            (quality["estimated_return"], quality["estimated_interval"]),
        ):
            assert low < middle < high
    exact = expected_payoff(make_engine("Tutoring-v0").family, "random")
    assert found["random"]["expected_return"] == exact and found["mixed"]["expected_return"] is None
    low, high = found["random"]["estimated_interval"]
    assert low - 0.01 < exact < high + 0.01
    scores = [found[name]["score"] for name in ("random", "scripted", "near-optimal")]
    assert scores[0] < 0.0 and scores == sorted(scores) and scores[2] > 0.8
    width = {
        name: np.diff(found[name]["estimated_interval"])[0] / np.diff(found[name]["return_interval"])[0]
        for name in NAMES
    }
    assert width["near-optimal"] < 0.6  # what the regret takes out is luck


@pytest.mark.long
def test_the_parts_of_a_mixture_are_those_that_spoke(lessons):
    found = json.loads((lessons / "quality.json").read_text())["mixed"]
    parts = {part["policy"]: part for part in found["parts"]}
    assert "+".join(parts) == found["policy"]
    mixed = {episode.seed: [turn.text for turn in episode.turns] for episode in read_episodes(lessons / "mixed")}
    spoke = Counter()
    for seed, turns in mixed.items():
        alone = (
            {name: [turn.text for turn in next(play_again(name, seed)).turns()] for name in parts} if seed < 50 else {}
        )
        spoke[next((name for name, said in alone.items() if said == turns), "") if alone else "unknown"] += 1
    assert not spoke[""]
    assert (
        sum(part["episodes"] for part in parts.values()) == 300
        and min(part["episodes"] for part in parts.values()) > 70
    )
    assert sum(part["episodes"] * part["mean_return"] for part in parts.values()) == pytest.approx(
        300 * found["mean_return"]
    )
    assert (
        parts["random"]["mean_return"]
        < parts["scripted"]["mean_return"]
        < parts[f"noisy:optimal(share={datasets.SHARE})"]["mean_return"]
    )


def play_again(name, seed):
    """As it speaks in a mixture, whose choice has taken the first random number."""
    engine = make_engine("Tutoring-v0")
    policy, drawn = make_policy(name, engine), set()

    class Late:
        name = "late"

        def respond(self, dialogues, streams):
            for dialogue, stream in zip(dialogues, streams, strict=True):
                if dialogue.seed not in drawn:
                    drawn.add(dialogue.seed)
                    stream.choose(3)
            return policy.respond(dialogues, streams)

    return play("Tutoring-v0", Late(), [seed])


@pytest.mark.parametrize("env_id", in_few(env_id for env_id in ONE_OF_EACH if env_id not in OUT_OF_REACH))
def test_every_family_has_its_four(env_id, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "LIMIT", 100)
    found = make_datasets(env_id, tmp_path / "d", 16)
    assert tuple(found) == NAMES
    for name, quality in found.items():
        assert quality.episodes == 16 and len(EpisodeStore(tmp_path / "d" / name)) == 16
        assert quality.optimum == pytest.approx(optimum(make_engine(env_id).family))
        assert quality.max_return >= quality.mean_return >= quality.min_return
    assert found["near-optimal"].estimated_return > found["random"].estimated_return


@pytest.mark.long
def test_where_the_optimum_is_out_of_reach(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_TRIALS", 10)
    monkeypatch.setattr(datasets, "baselines", lambda engine: ("random", "scripted", "threshold", "index", "optimal"))
    assert recipes("Spacing-v0")["near-optimal"] == f"noisy:index(share={datasets.SHARE})"
    quality = make_datasets("Spacing-v0", tmp_path / "d", 12)["near-optimal"]
    assert quality.optimum is quality.score is quality.optimal_return is quality.estimated_return is None
    assert quality.bound == pytest.approx(0.4932, abs=1e-4) and "59,049 hidden states" in quality.parts[0].reason
    assert "at most 0.4932" in (tmp_path / "d" / "quality.md").read_text()


def test_a_family_of_a_user_has_its_four(tmp_path):
    found = make_datasets(TOY, tmp_path / "d", 200)
    assert found["random"].expected_return == pytest.approx(1 / 3) and found["near-optimal"].optimum == 1.0
    assert found["near-optimal"].expected_return == pytest.approx(1.0 - datasets.SHARE * 2 / 3)
    assert found["scripted"].score == pytest.approx(2 / 3, abs=0.15)


def test_exports_and_settings(tmp_path, monkeypatch, capsys):
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    assert (
        command(
            "TutoringEasy-v0", "--episodes", 5, "--out", tmp_path / "d", "--minari", "dialogym/easy", "--set", "turns=4"
        )
        == 0
    )
    printed = capsys.readouterr().out
    for name in NAMES:
        assert f"Minari: dialogym/easy/{name}-v0" in printed
        dataset = minari.load_dataset(f"dialogym/easy/{name}-v0")
        assert [list(read.actions) for read in dataset] == [
            [turn.text for turn in episode.turns if turn.seat == episode.seat]
            for episode in read_episodes(tmp_path / "d" / name)
        ]
        assert dataset.recover_environment().unwrapped.family.turns == 4
    assert command("Nowhere-v0", "--out", tmp_path / "n") == 1 and "Nowhere-v0" in capsys.readouterr().err


def test_without_minari_the_message_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "minari", None)
    assert command(TOY, "--episodes", 3, "--out", tmp_path / "d", "--minari", "toy") == 1
    assert "dialogym[data]" in capsys.readouterr().err
    assert len(EpisodeStore(tmp_path / "d" / "mixed")) == 3


# ---- noise -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_noise_takes_its_share_of_the_turns(share):
    always, never = (
        FunctionPolicy("walker", lambda dialogue, stream: "[walk]"),
        FunctionPolicy("talker", lambda dialogue, stream: "Hm."),
    )
    policy = NoisyPolicy(never, always, share)
    dialogues = list(play("Negotiation-v0", policy, range(400)))
    turns = Counter(step.text for dialogue in dialogues for step in dialogue.steps)
    assert turns["[walk]"] / turns.total() == pytest.approx(share, abs=0.04)
    assert policy.name == f"noisy:talker(share={share})"


def test_noise_by_name():
    engine = make_engine("Negotiation-v0")
    assert make_policy("noisy:optimal", engine).name == "noisy:optimal(share=0.05)"
    assert make_policy("random+noisy:optimal(share=0.2)", engine).name == "random+noisy:optimal(share=0.2)"
    alone = [d.messages() for d in play("Negotiation-v0", "noisy:scripted(share=0.3)", range(8))]
    assert alone == [
        d.messages() for i in range(8) for d in play("Negotiation-v0", "noisy:scripted(share=0.3)", [i], batch=1)
    ]
    for name, words in (
        ("noisy:nobody", "'nobody'"),
        ("noisy:optimal(part=1)", "parameter share; got part"),
        ("noisy:optimal(share=2)", "from 0 to 1, got 2"),
    ):
        with pytest.raises(ValueError, match=words):
            make_policy(name, engine)


# ---- exact sums of policies that draw
# ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env_id", "policy"),
    [
        ("GuidedSolving-v0", "random"),
        ("CoachingSuggestible-v0", "random"),
        pytest.param("CoachingSuggestible-v0", "noisy:optimal(share=0.2)", marks=pytest.mark.long),
    ],
)
def test_sums_agree_with_simulation(env_id, policy):
    payoffs = [dialogue.steps[-1].payoff for dialogue in play(env_id, policy, range(7, 2007))]
    assert abs(expected_payoff(make_engine(env_id).family, policy) - np.mean(payoffs)) < 3.5 * np.std(
        payoffs
    ) / np.sqrt(len(payoffs))


def test_without_noise_it_is_the_optimum():
    family = make_engine("CoachingSuggestible-v0").family
    assert expected_payoff(family, "noisy:optimal(share=0)") == pytest.approx(optimum(family), abs=1e-9)
    assert expected_payoff(family, "optimal") == pytest.approx(optimum(family), abs=1e-9)
    assert expected_payoff(family, "questionnaire") == expected_return(family, "questionnaire")


def test_thresholds_and_choices_are_summed_by_hand():
    """Serves what was ordered unless one of two draws says otherwise: the exact share of each way."""

    def speak(dialogue, stream):
        luck = stream.random()
        if luck < 0.25:
            return "[serve tea]" if luck < 0.1 else f"[serve {('tea', 'coffee', 'water')[stream.choose(3)]}]"
        return f"[serve {dialogue.belief().support[0]}]"

    family = Cafe()
    assert expected_payoff(family, FunctionPolicy("moody", speak)) == pytest.approx(0.75 + 0.25 / 3)


@pytest.mark.parametrize(
    ("speak", "words"),
    [
        (
            lambda dialogue, stream: "[serve tea]" if stream.random() * 2 < 1 else "Hm.",
            "calculates with random numbers",
        ),
        (
            lambda dialogue, stream: "[serve tea]" if len(dialogue.steps) + stream.choose(2) else "Hm.",
            "looks at 'steps'",
        ),
        (
            lambda dialogue, stream: (
                f"[serve {('tea', 'coffee')[stream.choose(2)]}]"
                if dialogue.hidden == "tea"
                else f"[serve {stream.choose(2)}]"
            ),
            "looks at 'hidden'",
        ),
        (lambda dialogue, stream: f"[serve {stream.choose(3)}]", "lose a turn"),
        (lambda dialogue, stream: f"Hm {stream.choose(100)} {stream.choose(100)}", "more than 5,000 ways"),
    ],
)
def test_what_cannot_be_summed_is_said(speak, words):
    with pytest.raises(NotEnumerable, match=words):
        expected_payoff(Cafe(), FunctionPolicy("wild", speak))


def test_sums_know_their_limits():
    with pytest.raises(NotEnumerable, match="more than 50 pairs"):
        expected_payoff(make_engine("TutoringEasy-v0").family, "random", limit=50)
    with pytest.raises(NotEnumerable, match="does not do the same in scenarios that share a solution"):
        expected_payoff(make_engine("Negotiation-v0").family, "random")
