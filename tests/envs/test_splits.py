"""Splits by name: who counts seeds from 0 gets those of the split, everywhere, and no two splits share one."""

from __future__ import annotations

import pickle

import dialogym
import gymnasium as gym
import pytest
from dialogym.envs import seeds
from dialogym.envs.make import make_engine
from dialogym.evaluation.evaluate import compare, evaluate
from dialogym.policies.collect import collect, play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.main import main

ENV = "Negotiation-v0"
FIRST = {"train": 100_000_000, "validation": 6_000_000, "test": 5_000_000}
splits = pytest.mark.parametrize("split", FIRST)
WALK = FunctionPolicy("walk", lambda dialogue, stream: "[walk]")


@splits
def test_an_environment_counts_from_the_first_of_the_split(split):
    for seed in (0, 7):
        inside, plain = gym.make(ENV, split=split), gym.make(ENV)
        assert inside.reset(seed=seed) == plain.reset(seed=FIRST[split] + seed)
        assert inside.unwrapped.dialogue.seed == FIRST[split] + seed
        assert inside.step("Would you take [offer 200]?") == plain.step("Would you take [offer 200]?")
    assert gym.make(ENV).reset(seed=0)[0] != gym.make(ENV, split=split).reset(seed=0)[0]


@splits
def test_dialogues_without_a_seed_are_of_the_split(split):
    env, seen = gym.make(ENV, split=split), []
    env.reset(seed=3)
    for _ in range(20):
        env.step("[walk]")
        observation, _ = env.reset()
        seen.append(env.unwrapped.dialogue.seed)
        assert observation == gym.make(ENV).reset(seed=seen[-1])[0]  # the dialogue of a seed, whoever draws the seed
    assert all(seed in seeds.SPLITS[split] for seed in seen) and len(set(seen)) == 20
    fresh = gym.make(ENV, split=split)
    fresh.reset()
    assert fresh.unwrapped.dialogue.seed in seeds.SPLITS[split]


@splits
def test_vectors_count_so_too_and_go_on_like_single_environments(split):
    envs = gym.make_vec(ENV, num_envs=3, split=split)
    observations, _ = envs.reset(seed=4)
    singles = [gym.make(ENV, split=split) for _ in range(3)]
    assert list(observations) == [env.reset(seed=4 + i)[0] for i, env in enumerate(singles)]
    for _ in range(3):
        observations = envs.step(["[walk]"] * 3)[0]
        for env in singles:
            env.step("[walk]")
        assert list(observations) == [env.reset()[0] for env in singles]
        drawn = [dialogue.seed for dialogue in envs.dialogues]
        assert drawn == [env.unwrapped.dialogue.seed for env in singles]
        assert all(seed in seeds.SPLITS[split] for seed in drawn)


@splits
def test_two_learners_count_so_too(split):
    inside, plain = dialogym.aec(ENV, split=split, on_error="raise"), dialogym.aec(ENV)
    inside.reset(seed=2)
    plain.reset(seed=FIRST[split] + 2)
    assert inside.both.briefs == plain.both.briefs
    inside.reset()
    again = pickle.loads(pickle.dumps(inside))
    assert again.both.briefs == inside.both.briefs
    again.reset(), inside.reset()
    assert again.both.briefs == inside.both.briefs


@splits
def test_whatever_plays_by_seeds_counts_so_too(split, tmp_path):
    first = FIRST[split]
    one = evaluate(ENV, "scripted", episodes=12, seed=5, split=split)
    same = evaluate(ENV, "scripted", episodes=12, seed=first + 5)
    assert one.seed == first + 5 and one == same and (one.returns == same.returns).all()
    assert compare(ENV, ["scripted"], 12, 5, split=split)["scripted"] == one
    store = collect(ENV, "scripted", 4, tmp_path / "a", seed=1, split=split)
    plain = collect(ENV, "scripted", 4, tmp_path / "b", seed=first + 1)
    assert list(store) == list(plain) and store.values("seed") == [first + i for i in range(1, 5)]
    collect(ENV, "scripted", 6, tmp_path / "a", seed=1, split=split, resume=True)
    assert store.values("seed") == [first + i for i in range(1, 7)]
    played = play(ENV, "scripted", range(3), split=split)
    assert [dialogue.seed for dialogue in played] == [first, first + 1, first + 2]
    engine = make_engine(ENV, split=split)
    assert [d.seed for d in rollout(engine, WALK, [9])] == [first + 9]


def test_no_two_splits_share_a_scenario_s_seed():
    for one in seeds.SPLITS.values():
        for other in seeds.SPLITS.values():
            assert one is other or one.stop <= other.start or other.stop <= one.start


def test_commands_count_so_too(tmp_path, capsys):
    out = str(tmp_path / "store")
    assert main(["collect", ENV, "--episodes", "3", "--split", "test", "--out", out]) == 0
    assert dialogym.read_episodes(out)[0].seed == 5_000_000
    assert main(["evaluate", ENV, "--policy", "scripted", "--episodes", "3", "--split", "train", "--seed", "2"]) == 0
    assert "seeds 100000002 to 100000004" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: gym.make(ENV, split="dev"), "split must be None or one of train, validation, test; got 'dev'"),
        (lambda: dialogym.aec(ENV, split="dev"), "split must be None or one of train, validation, test; got 'dev'"),
        (lambda: evaluate(ENV, "random", 5, split="dev"), "split must be None or one of"),
        (lambda: evaluate(ENV, "random", 5, seed=999_996, split="test"), "there are seeds for 1,000,000 episodes"),
        (lambda: gym.make(ENV, split="test").reset(seed=1_000_000), "there are seeds for 1,000,000 episodes"),
        (lambda: gym.make(ENV, split="test").reset(seed=-1), "seed must be at least 0, got -1"),
    ],
)
def test_what_no_split_has_is_refused(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()


def test_a_run_has_splits_of_its_own():
    pytest.importorskip("trl")
    from dialogym.trainers.configs import BCConfig

    with pytest.raises(ValueError, match="settings must hold no split"):
        BCConfig(ENV, settings={"split": "train"})
    assert seeds.train(0, 8)[0] in seeds.SPLITS["train"]
