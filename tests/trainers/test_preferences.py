"""Preferences from dialogues, and DPO and KTO on them: the better is really better, both learn and resume."""

from __future__ import annotations

import dataclasses
import json
import random
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from datasets import load_dataset
from dialogym.envs.make import make_engine
from dialogym.policies.collect import collect
from dialogym.policies.language_model import load_model
from dialogym.policies.rollout import rollout
from dialogym.rewards.judges import Preference
from dialogym.rewards.preferred import Preferences
from dialogym.trainers.branching import BranchingPolicy, Candidate, ForwardSampling, exact_values, from_branches
from dialogym.trainers.dpo import DPOConfig, PairTrainer, train_dpo
from dialogym.trainers.kto import JudgementTrainer, KTOConfig, train_kto
from dialogym.trainers.preference_trainer import completion_logprobs
from dialogym.trainers.preferences import (
    Alternatives,
    Collected,
    Continuation,
    above_and_below,
    best_and_worst,
    from_episodes,
    from_rollouts,
    write_pairs,
)
from dialogym.trainers.rounds import read_round

from ..resuming import interrupted, same_weights
from ..toy import DRINKS, TOY

TALK = "let me see"


def speaker(tokenizer, lines=(*[f"[serve {drink}]" for drink in DRINKS], TALK), seed=0):
    """A policy without a model: it says one of `lines` at random."""
    rng = random.Random(seed)
    return BranchingPolicy(
        None,
        tokenizer,
        generate=lambda prompts: (
            [[*tokenizer.encode(rng.choice(lines)), tokenizer.eos_token_id] for _ in prompts],
            None,
        ),
    )


def ordered(prompt):
    return next(drink for drink in DRINKS if drink in prompt[-1]["content"])


# ---- collecting and choosing -----------------------------------------------------------------------------------------


def test_trajectories_are_compared_within_a_scenario(engine, tokenizer):
    found = from_rollouts(engine, speaker(tokenizer), range(40), attempts=6)
    assert found.played == 240 and found.failed == 0 and len(found.returns) == 240
    pairs, dropped = best_and_worst(found.alternatives, 0.01)
    assert len(pairs) > 20 and len(pairs) + sum(dropped.values()) == 40
    alone = {d.seed: d for d in rollout(engine, speaker(tokenizer), range(40))}
    for some, chosen, rejected in pairs:
        assert (
            some.prompt == alone[some.seed].messages()[:1]
        )  # the same scenario and the same first words, which name what is hidden
        assert (chosen.value, rejected.value) == (1.0, 0.0)
        assert chosen.messages[-1]["content"] == f"[serve {ordered(some.prompt)}]"
        for one in (chosen, rejected):
            text = tokenizer.decode(one.ids)
            assert [m["role"] for m in one.messages] == ["assistant", "user"] * (len(one.messages) // 2) + ["assistant"]
            own = tokenizer.decode([token for token, mine in zip(one.ids, one.mask, strict=True) if mine])
            assert own == "".join(m["content"] + "<|end|>" for m in one.messages if m["role"] == "assistant")
            assert all(m["content"] in text for m in one.messages)


def test_a_judge_compares_the_attempts_at_a_scenario(engine, tokenizer):
    """It prefers tea, whatever was ordered: that counts more than the payoff, and between two others the payoff does."""

    def prefer(items):
        tea = [["tea" in seen.lines[1] for seen in (a, b)] for _, a, b in items]
        return [Preference(*[0.5 + 0.5 * (a - b)] * 3) for a, b in tea]

    preferences = Preferences(SimpleNamespace(prefer=prefer), lambda scenario: (), 5.0)
    lines = [f"[serve {drink}]" for drink in DRINKS]
    found = from_rollouts(engine, speaker(tokenizer, lines), range(20), 6, preferences)
    pairs, _ = best_and_worst(found.alternatives, 0.01)
    assert len(pairs) > 10
    for _, chosen, rejected in pairs:
        assert "tea" in chosen.messages[0]["content"] and "tea" not in rejected.messages[0]["content"]
    assert sum(found.returns) == pytest.approx(20 * 5.0 * 3 + sum(found.payoffs))


def test_turns_are_judged_by_playing_on(engine, tokenizer):
    found = from_branches(engine, speaker(tokenizer), range(30), 6, ForwardSampling(futures=8))
    pairs, _ = best_and_worst(found.alternatives, 0.5)
    assert len(pairs) > 25
    for some, chosen, rejected in pairs:
        right = f"[serve {ordered(some.prompt)}]"
        assert rejected.messages[0]["content"] != right
        assert chosen.messages[0]["content"] in (right, TALK)
        assert len(some.prompt) == 2 * some.turn + 1 and all(chosen.mask) and all(rejected.mask)
        assert tokenizer.decode(some.prompt_ids).endswith("<|assistant|>")
    values = {"right": [], "wrong": [], "talk": []}
    for some in found.alternatives:
        for one in some.continuations:
            said = one.messages[0]["content"]
            values[
                "talk" if said == TALK else "right" if said == f"[serve {ordered(some.prompt)}]" else "wrong"
            ].append((some.turn, one.value))
    assert {value for _, value in values["right"]} == {1.0} and {value for _, value in values["wrong"]} == {0.0}
    # after talk in the first turn the rest is the policy's: right with 1/4, or talk again (1/4) and then right with
    # 1/4; a third talk ends it
    first = [value for turn, value in values["talk"] if turn == 0]
    assert len(first) > 15 and np.mean(first) == pytest.approx(0.25 + 0.25 * 0.25, abs=0.1)
    assert {value for turn, value in values["talk"] if turn == 2} <= {0.0}


def test_turns_are_judged_by_the_solver(engine, tokenizer):
    found = from_branches(engine, speaker(tokenizer), range(30), 6, exact_values)
    assert any(some.turn for some in found.alternatives)
    for some in found.alternatives:
        for one in some.continuations:
            said = one.messages[0]["content"]
            best = f"[serve {ordered(some.prompt)}]"
            assert one.value == (1.0 if said == best or (said == TALK and some.turn < 2) else 0.0)
    for _, chosen, rejected in best_and_worst(found.alternatives, 0.01)[0]:
        assert (chosen.value, rejected.value) == (1.0, 0.0)


def test_a_lost_turn_is_worth_what_it_comes_to(engine, tokenizer):
    policy = speaker(
        tokenizer, lines=("[serve beer]", "[serve gin]")
    )  # mean nothing: talk, and after three in a row the end
    values = [
        [one.value for one in some.continuations]
        for some in from_branches(engine, policy, [0], 9, exact_values).alternatives
    ]
    assert values == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]


def test_exact_values_need_an_exact_solution(tokenizer):
    engine = make_engine("Spacing-v0")
    with pytest.raises(ValueError, match="solved exactly"):
        from_branches(engine, speaker(tokenizer), [0], 2, exact_values)


def test_branches_leave_the_dialogue_alone(engine, tokenizer):
    """The histories are those of the same policy without branches, and its own tokens as they were sampled."""
    strange = [*tokenizer.encode("let me"), *tokenizer.encode(" se"), *tokenizer.encode("e"), tokenizer.eos_token_id]
    assert strange[:-1] != tokenizer.encode(TALK)

    other = [*tokenizer.encode(TALK), tokenizer.eos_token_id]

    def talker(branches):
        return BranchingPolicy(
            None,
            tokenizer,
            generate=lambda prompts: ([list(other if i % branches else strange) for i in range(len(prompts))], None),
        )

    plain, policy = list(rollout(engine, (alone := talker(1)), range(5))), talker(3)
    some = from_branches(engine, policy, range(5), 3, ForwardSampling(2)).alternatives
    assert len(some) == sum(len(dialogue.steps) for dialogue in plain)
    for one in some:
        dialogue = next(d for d in plain if d.seed == one.seed)
        record = alone.record(dialogue)
        start = record.turns[one.turn][0]
        assert one.prompt == dialogue.messages()[: 2 * one.turn + 1]
        assert one.prompt_ids == record.prompt_ids + record.completion_ids[:start]
        assert [(c.ids, c.count) for c in one.continuations] == [(strange, 1), (other, 2)]
    nothing = from_branches(engine, talker(1), range(5), 3, exact_values)
    assert nothing.alone == len(some) and not nothing.alternatives


def test_futures_are_seeded_and_common(tokenizer):
    """What a candidate is worth depends on no other one, and equal candidates are worth the same."""
    engine = make_engine("Negotiation-v0")

    def value(texts):
        policy = speaker(tokenizer, lines=("[offer 40]",))
        dialogue = engine.open([np.random.default_rng(5)], seeds=[5])[0]
        candidates = []
        for text in texts:
            fork = policy.fork(dialogue)
            policy.respond([fork])
            candidates.append(Candidate(dialogue, fork, text))
        before = (dialogue.hidden, dialogue.state, len(dialogue.steps), dialogue.messages())
        values = ForwardSampling(3)(engine, policy, candidates, Collected())
        assert before == (dialogue.hidden, dialogue.state, len(dialogue.steps), dialogue.messages())
        return values

    one, other = value(["[offer 55]", "[offer 48]"]), value(["[offer 48]", "[offer 55]", "[offer 48]"])
    assert one == [other[1], other[0]] and other[0] == other[2]


def test_futures_meet_the_same_person_or_one_that_is_believed(tokenizer):
    engine = make_engine("Negotiation-v0")
    policy = speaker(tokenizer, lines=("[offer 40]",))
    dialogue = engine.open([np.random.default_rng(3)], seeds=[3])[0]
    engine.step([dialogue], ["[offer 30]"])
    belief, candidate = dialogue.belief(), Candidate(dialogue, dialogue, "")
    assert len(belief) > 2
    same = [ForwardSampling(1)._open(policy, candidate, number).hidden for number in range(50)]
    assert set(same) == {dialogue.hidden}
    drawn = [ForwardSampling(1, "believed")._open(policy, candidate, number).hidden for number in range(2000)]
    for hidden, p in belief:
        assert drawn.count(hidden) / len(drawn) == pytest.approx(p, abs=0.05)


def test_recorded_episodes_of_a_seed_are_alternatives(tmp_path, tokenizer):
    chat = speaker(tokenizer).chat
    for policy in ("random", "scripted", "always-tea"):
        store = collect(TOY, policy, 30, tmp_path / "episodes", seed=7)
    found = from_episodes(store, chat)
    assert found.played == 90 and len(found.alternatives) == 30
    assert {len(some.continuations) for some in found.alternatives} == {3}
    pairs, dropped = best_and_worst(found.alternatives, 0.01)
    assert pairs and len(pairs) + dropped["ties"] == 30
    for some, chosen, rejected in pairs:
        assert chosen.messages[0]["content"] == f"[serve {ordered(some.prompt)}]" != rejected.messages[0]["content"]
        assert chosen.ids == chat.turn(chosen.messages[0]["content"])
    unseeded = [dataclasses.replace(episode, seed=None) for episode in store]
    assert len(from_episodes(unseeded, chat).alternatives) == 90


def alternatives(*values, counts=None):
    counts = counts or [1] * len(values)
    return Alternatives(
        [0],
        [{"role": "user", "content": ""}],
        0,
        0,
        [Continuation([i], [1], [], v, n) for i, (v, n) in enumerate(zip(values, counts, strict=True))],
    )


def test_best_and_worst_by_hand():
    some = [alternatives(0.2, 0.9, 0.5), alternatives(0.5, 0.55), alternatives(0.7), alternatives(0.3, 0.3)]
    pairs, dropped = best_and_worst(some, 0.1)
    assert [(p.chosen.value, p.rejected.value) for p in pairs] == [(0.9, 0.2)]
    assert dropped == {"ties": 2, "alone": 1}
    assert len(best_and_worst(some, 0.0)[0]) == 2
    pairs, dropped = best_and_worst([alternatives(0.5, 0.1, 0.9, 0.4, 0.2)], 0.25, matches=4)
    assert [(p.chosen.value, p.rejected.value) for p in pairs] == [(0.9, 0.1), (0.5, 0.2)] and dropped == {
        "ties": 0,
        "alone": 0,
    }


def test_above_and_below_by_hand():
    judged, dropped = above_and_below([alternatives(0.0, 1.0, counts=[3, 1]), alternatives(0.5, 0.5)], 0.0)
    assert [(j.continuation.value, j.desirable) for j in judged] == [(0.0, False)] * 3 + [(1.0, True)]
    assert dropped == {"ties": 2}
    near, dropped = above_and_below([alternatives(0.0, 1.0, counts=[3, 1])], 0.3)  # the mean is 0.25
    assert [j.desirable for j in near] == [True] and dropped == {"ties": 3}
    lone, _ = above_and_below([alternatives(0.1), alternatives(0.2), alternatives(0.9)], 0.0)  # the mean is 0.4
    assert [j.desirable for j in lone] == [False, False, True]


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.parquet"])
def test_pairs_are_written_for_others(tmp_path, engine, tokenizer, name):
    pairs, _ = best_and_worst(from_rollouts(engine, speaker(tokenizer), range(20), 4).alternatives)
    file = tmp_path / "data" / name
    assert write_pairs(pairs, file) == len(pairs)
    kind = "json" if name.endswith("jsonl") else "parquet"
    read = load_dataset(kind, data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    for row, (some, chosen, rejected) in zip(read, pairs, strict=True):
        assert (row["prompt"], row["chosen"], row["rejected"]) == (some.prompt, chosen.messages, rejected.messages)
        assert (row["chosen_value"], row["rejected_value"], row["seed"], row["turn"]) == (1.0, 0.0, some.seed, 0)
    with pytest.raises(ValueError, match="path must end in"):
        write_pairs(pairs, tmp_path / "pairs.csv")


# ---- training --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cloned(clone_of):
    """A clone of two hosts: one serves what was ordered two times in three, the other tea.

    It has seen what is right, and serves tea.
    """
    run, score = clone_of("always-tea+scripted", 800)
    assert score < 0.4
    return run / "bc" / "model"


def settings(out, model, **changes):
    small = {"max_turn_tokens": 8, "final_episodes": 60, "eval_episodes": 20, "threads": 1, "batch_size": 16}
    small |= {"compare": False}
    return {"env_id": TOY, "out": out, "model": str(model), **small, **changes}


def rows_of(out):
    return [json.loads(row) for row in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.long
@pytest.mark.parametrize("pairs", ["trajectory", "turn"])
def test_dpo_lifts_a_clone(cloned, tmp_path, pairs):
    config = DPOConfig(
        **settings(tmp_path, cloned, pairs=pairs, scenarios=96, attempts=4, futures=2, epochs=3.0, learning_rate=5e-4)
    )
    assert train_dpo(config) >= 0.9
    rows = rows_of(tmp_path)
    assert {"loss", "margin", "accuracy", "episodes", "seconds"} <= set(rows[1])
    if pairs == "trajectory":
        assert rows[0]["pairs"] + rows[0]["ties"] == 96 and rows[0]["played"] == 384 and 0 < rows[0]["payoff"] < 1
        assert rows[1]["margin"] == pytest.approx(0.0, abs=1e-4) and rows[-1]["margin"] > 0.1


@pytest.mark.long
def test_kto_lifts_a_clone(cloned, tmp_path):
    config = KTOConfig(
        **settings(tmp_path, cloned, scenarios=96, attempts=4, epochs=2.0, learning_rate=5e-4, batch_size=32)
    )
    assert train_kto(config) >= 0.9
    rows = rows_of(tmp_path)
    assert {"loss", "margin", "kl"} <= set(rows[1])
    assert rows[0]["judgements"] + rows[0]["ties"] == 384 == rows[0]["played"]


@pytest.mark.long
@pytest.mark.parametrize(("algorithm", "at"), [("dpo", "first"), ("kto", "middle")])
def test_resumed_equals_uninterrupted(cloned, tmp_path, monkeypatch, algorithm, at):
    """Interrupted within the second round, or within the first so that the second is played after the resumption."""
    make, train, kind = (
        (DPOConfig, train_dpo, PairTrainer) if algorithm == "dpo" else (KTOConfig, train_kto, JudgementTrainer)
    )
    common = {
        "scenarios": 10,
        "attempts": 4,
        "rounds": 2,
        "batch_size": 2,
        "save_every": 2,
        "final_episodes": 1,
        "eval_every": 4,
        "eval_episodes": 2,
    }
    whole, broken = (make(**settings(tmp_path / name, cloned, **common)) for name in ("whole", "broken"))
    train(whole)
    starts = [row["step"] for row in rows_of(whole.out) if "played" in row]
    assert len(starts) == 2
    interrupted(monkeypatch, kind, lambda: train(broken), at=3 if at == "first" else starts[1] + 3)
    train(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / algorithm / "model", broken.out / algorithm / "model")
    lines = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in rows_of(config.out)] for config in (whole, broken)
    ]
    assert lines[0] == lines[1]
    (broken.out / algorithm / "model" / "model.safetensors").unlink()
    train(dataclasses.replace(broken, resume=True))  # there is nothing left to do but to save and to evaluate
    assert same_weights(whole.out / algorithm / "model", broken.out / algorithm / "model")


@pytest.mark.long
@pytest.mark.parametrize("reference", ["start", "last"])
def test_the_reference_of_a_later_round(cloned, tmp_path, tokenizer, reference):
    changes = {
        "scenarios": 12,
        "attempts": 4,
        "rounds": 2,
        "batch_size": 2,
        "save_every": 100,
        "learning_rate": 1e-3,
        "final_episodes": 1,
    }
    train_dpo(DPOConfig(**settings(tmp_path, cloned, reference=reference, **changes)))
    first, second = (read_round(tmp_path / "dpo" / "rounds" / f"round-00{number}.parquet") for number in (0, 1))
    start = next(row["step"] for row in rows_of(tmp_path) if "played" in row and row["step"])
    assert start == len(first[0]) // 2
    held = load_model(str(cloned), make_engine(TOY))[0]
    row = second[0][0]
    from_start = completion_logprobs(
        held, [(row["prompt_ids"] + row["chosen_ids"], [0] * len(row["prompt_ids"]) + row["chosen_mask"])], 0
    )[0]
    assert (from_start == pytest.approx(row["ref_chosen_logps"], abs=1e-4)) == (reference == "start")
    begun = next(row for row in rows_of(tmp_path) if row["step"] == start + 1 and "margin" in row)
    assert (abs(begun["margin"]) < 1e-4) == (reference == "last")


@pytest.mark.long
def test_kto_learns_from_recorded_episodes_and_lora(cloned, tmp_path):
    collect(TOY, "scripted", 60, tmp_path / "episodes")
    config = KTOConfig(
        **settings(tmp_path / "run", cloned, episodes_path=tmp_path / "episodes", lora_rank=4, final_episodes=5)
    )
    train_kto(config)
    row = rows_of(config.out)[0]
    assert row["judgements"] == 60 and row["played"] == 60 and 20 < row["desirable"] < 60
    assert (config.out / "kto" / "model" / "adapter_config.json").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": "words"}, "pairs must be one of trajectory, turn, exact"),
        ({"partner": "ghost"}, "partner must be one of same, believed"),
        ({"reference": "best"}, "reference must be one of start, last"),
        ({"attempts": 1}, "attempts must be at least 2"),
        ({"branches": 1}, "branches must be at least 2"),
        ({"beta": 0.0}, "beta must be above 0"),
        ({"matches": 0}, "matches must be at least 1"),
        ({"imitation": -1.0}, "imitation must be at least 0"),
        ({"pairs": "exact", "reward": "turn_cost"}, "reward must be 'goal'"),
        ({"episodes_path": "x", "rounds": 2}, "single round"),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        DPOConfig(TOY, **changes)


@pytest.mark.long
def test_nothing_to_learn_from(cloned, tmp_path):
    with pytest.raises(ValueError, match="nothing to learn from"):
        train_dpo(DPOConfig(**settings(tmp_path, cloned, scenarios=8, min_gap=5.0, final_episodes=1)))
    train_dpo(
        DPOConfig(**settings(tmp_path, cloned, scenarios=8, final_episodes=1))
    )  # what the first attempt has left behind is not used
    assert rows_of(tmp_path)[-1]["loss"] > 0
    with pytest.raises(FileNotFoundError, match="no episodes"):
        train_kto(KTOConfig(**settings(tmp_path / "b", cloned, episodes_path=tmp_path / "none")))
    with pytest.raises(ValueError, match="futures must be"):
        ForwardSampling(0)
