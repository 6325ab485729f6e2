"""Trainers of act policies: each gets to the optimum of a trivial environment, and goes on exactly where it stopped."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.core.duel import seat_dialogue
from dialogym.core.stream import Stream
from dialogym.envs.encoding import Encoding
from dialogym.envs.make import make_engine
from dialogym.envs.seated import seated
from dialogym.evaluation.exploitability import exploitability
from dialogym.policies.acts.network import ActNetwork, Shape
from dialogym.policies.acts.policy import ActPolicy
from dialogym.policies.duel import play_duels
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import Failure, ScriptedUser
from dialogym.trainers import checkpoints, turn_critic
from dialogym.trainers.acts import configs
from dialogym.trainers.acts.configs import SelfPlayConfig
from dialogym.trainers.acts.critic import PrivilegedCritic, hidden_facts
from dialogym.trainers.acts.expert_iteration import best_of_groups
from dialogym.trainers.acts.ilql import targets
from dialogym.trainers.acts.ppo import gae
from dialogym.trainers.acts.self_play import train_self_play
from dialogym.trainers.acts.training import Batch, Training, returns_to_go
from dialogym.trainers.algorithms import ACTS, ALGORITHMS, algorithm
from safetensors.torch import load_file

from ..resuming import Interrupt
from ..toy import TOY
from ..toy_duel import ULTIMATUM, small_ultimatum
from ..toy_table import TABLE
from .test_glossary import METRICS, unknown

SMALL = {"width": 16, "layers": 1, "eval_every": 0, "eval_episodes": 20, "final_episodes": 100}
ONLINE = {**SMALL, "steps": 12, "save_every": 5, "learning_rate": 1e-2}
OFFLINE = {**SMALL, "demonstrations": 256, "epochs": 6.0, "batch_size": 32, "save_every": 7, "learning_rate": 1e-2}
BUDGETS = {
    "bc": OFFLINE,
    "filtered-bc": OFFLINE,
    "awr": OFFLINE,
    "mc": OFFLINE,
    "ilql": OFFLINE,
    "ppo": {**ONLINE, "episodes": 64},
    "grpo": {**ONLINE, "groups": 8},
    "rloo": {**ONLINE, "groups": 8},
    "reinforce": {**ONLINE, "episodes": 64, "steps": 24},
    "expert-iteration": {**SMALL, "rounds": 8, "scenarios": 16, "save_every": 3, "learning_rate": 1e-2},
}


def run(name, out, **changes):
    kind, train = ACTS[name].load()
    return train(kind(env_id=TOY, out=out, **{**BUDGETS[name], "compare": False, **changes}))


def weights(out, name):
    return load_file(out / name / "model" / "acts.safetensors")


def rows(out):
    lines = map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
    return [{key: value for key, value in row.items() if key != "seconds"} for row in lines]


@pytest.mark.parametrize("name", list(BUDGETS))
def test_each_algorithm_gets_to_the_optimum(name, tmp_path):
    compare = name == "ppo"
    assert run(name, tmp_path, compare=compare) > 0.95
    engine = make_engine(TOY)
    loaded = make_policy(f"acts:{tmp_path / name / 'model'}", engine)
    assert np.mean([dialogue.steps[-1].payoff for dialogue in rollout(engine, loaded, range(60))]) > 0.95
    logged = {key for row in rows(tmp_path) for key in row}
    assert {"loss", "learning_rate", "grad_norm"} <= logged and unknown(logged, METRICS) == []
    results = json.loads((tmp_path / name / "evaluation.json").read_text())
    names = [result["policy"] for result in results]
    assert names[0] == "trained" and ({"random", "optimal"} <= {*names} if compare else len(names) == 1)


@pytest.mark.parametrize(
    "name",
    ["ilql", "ppo", *(pytest.param(name, marks=pytest.mark.long) for name in ("bc", "grpo", "expert-iteration"))],
)
def test_a_run_goes_on_exactly_where_it_stopped(name, tmp_path, monkeypatch):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(name, whole)
    original, steps = Training.descend, []

    def descend(self, *arguments, **options):
        if list(self.run.checkpoints.glob("checkpoint-*")):
            steps.append(1)
        if len(steps) > 2:  # in the middle of what follows the first checkpoint
            raise Interrupt
        return original(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "descend", descend)
        with pytest.raises(Interrupt):
            run(name, stopped)
    assert (stopped / name / "checkpoints").exists()
    run(name, stopped, resume=True)
    assert rows(stopped) == rows(whole)
    one, other = weights(whole, name), weights(stopped, name)
    assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def self_play(out, **changes):
    small = {**ONLINE, "groups": 8, "past_share": 0.5, "past_every": 4, "compare": False}
    return train_self_play(SelfPlayConfig(ULTIMATUM, out=out, **{**small, **changes}))


def test_both_seats_learn(tmp_path):
    """Taking pays whatever is asked, and then asking for 3 does."""
    self_play(tmp_path, steps=16)
    logged = rows(tmp_path)
    assert logged[-1]["payoff_seller"] > 0.7 > 0.5 > logged[0]["payoff_seller"]
    assert {"payoff_buyer", "entropy_weight", "reward"} <= {*logged[0]} and unknown(logged[0], METRICS) == []
    seats = [make_policy(f"acts:{tmp_path / 'self-play' / name}", make_engine(ULTIMATUM, role=seat))
             for name, seat in (("model", "seller"), ("partner", "buyer"))]  # fmt: skip
    duel = play_duels(make_engine(ULTIMATUM).family, [dict(zip(("seller", "buyer"), seats, strict=True))], [7])[0]
    assert duel.payoffs == {"seller": 0.75, "buyer": 0.25}
    for policy in seats:
        policy.temperature = 1.0
    assert exploitability(small_ultimatum(), dict(zip(("seller", "buyer"), seats, strict=True))).nash_conv < 0.2
    # and both go on from there, in either seat
    model, partner = str(tmp_path / "self-play" / "model"), str(tmp_path / "self-play" / "partner")
    self_play(tmp_path / "more", steps=1, model=model, partner=partner, learning_rate=1e-9)
    assert rows(tmp_path / "more")[0]["payoff_seller"] > 0.7
    with pytest.raises(ValueError, match="must be of the buyer; it is of the seller"):
        self_play(tmp_path / "other", steps=1, partner=model)


@pytest.mark.long
def test_self_play_goes_on_exactly(tmp_path, monkeypatch):
    self_play(tmp_path / "whole")
    original = checkpoints.write

    def stop(*arguments):
        original(*arguments)
        raise Interrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "write", stop)
        with pytest.raises(Interrupt):
            self_play(tmp_path / "stopped")
    self_play(tmp_path / "stopped", resume=True)
    assert rows(tmp_path / "stopped") == rows(tmp_path / "whole")


@pytest.mark.long
def test_all_of_three_seats_learn_also_among_minds(tmp_path):
    """A plate to share is emptied: each takes more, and all get less. Each seat's policy sits in its own seat alone."""
    small = {**ONLINE, "groups": 8, "steps": 10, "past_share": 0.3, "past_every": 4, "minds_share": 0.3}
    train_self_play(SelfPlayConfig(TABLE, out=tmp_path, compare=False, **small))
    logged = rows(tmp_path)
    assert {"payoff_you", "payoff_anna", "payoff_ben"} <= {*logged[0]}
    assert logged[-1]["reward"] < logged[0]["reward"]
    engine, made = make_engine(TABLE), tmp_path / "self-play"
    folders = {"you": made / "model", "anna": made / "partner" / "anna", "ben": made / "partner" / "ben"}
    policies = {seat: make_policy(f"acts:{folder}", engine) for seat, folder in folders.items()}
    (duel,) = play_duels(engine.family, [policies], [7])
    assert all(not step.problem for dialogue in duel.dialogues.values() for step in dialogue.steps)
    assert [engine.grammar.print(dialogue.steps[-1].act) for dialogue in duel.dialogues.values()] == ["[take 3]"] * 3
    with pytest.raises(ValueError, match="must sit in the seat 'ben', got 'anna'"):
        play_duels(engine.family, [{**policies, "anna": policies["ben"]}], [7])
    with pytest.raises(ValueError, match="minds_share must be 0"):
        self_play(tmp_path / "nobody", minds_share=0.5)


def test_a_distribution_is_what_is_drawn(tmp_path):
    engine = make_engine(TABLE)
    facing = seated(engine.family, "anna")
    encoding = Encoding(facing)
    assert not any("wanted" in column.path for column in encoding.columns)  # which is sealed
    torch.manual_seed(0)
    network = ActNetwork(encoding.sizes, {"policy": len(encoding.slots)}, Shape(width=16, layers=1))
    policy = ActPolicy(network, encoding, engine, 1.0, worded=False)
    setting = facing.setting(facing.scenarios()[0])
    dialogue = seat_dialogue(setting.game, "anna", facing.scenarios()[0], "")
    (told,) = policy.distribution([dialogue])
    assert sum(p for _, p in told) == pytest.approx(1.0) and len(told) == 4  # she can take 0 to 3
    streams = [Stream(np.random.default_rng((3, i))) for i in range(500)]
    counted = Counter(policy.respond([dialogue.fork() for _ in streams], streams))
    for text, p in told:
        assert counted[text] / 500 == pytest.approx(p, abs=0.08)
    policy.temperature = 0.0
    assert policy.distribution([dialogue]) == [[(policy.respond([dialogue.fork()])[0], 1.0)]]
    with pytest.raises(ValueError, match="seat must be one in which a learner can sit; got 'dan'"):
        seated(engine.family, "dan")


def test_self_play_needs_two_seats(tmp_path):
    with pytest.raises(ValueError, match="two seats that can learn"):
        train_self_play(SelfPlayConfig(TOY, out=tmp_path))


def test_a_policy_goes_on_from_a_clone(tmp_path):
    clone = run("bc", tmp_path, epochs=1.0, learning_rate=1e-3)
    better = run("ppo", tmp_path, model=str(tmp_path / "bc" / "model"), steps=8)
    assert clone < better and better > 0.9
    named = json.loads((tmp_path / "ppo" / "model" / "acts.json").read_text())
    assert named["shape"]["width"] == 16  # the clone's, whatever is asked for


def test_a_gru_learns_too(tmp_path):
    assert run("ppo", tmp_path, cell="gru") > 0.95


def test_failed_episodes_are_left_out(tmp_path, monkeypatch):
    original = ScriptedUser.decide

    def decide(self, dialogues, heards):
        exchanges = original(self, dialogues, heards)
        failed = [dialogue.seed % 3 == 0 and dialogue.opening for dialogue in dialogues]
        return [Failure("out of order") if no else one for no, one in zip(failed, exchanges, strict=True)]

    monkeypatch.setattr(ScriptedUser, "decide", decide)
    kind, _ = ACTS["grpo"].load()
    lab = Training(kind(env_id=TOY, out=tmp_path, **{**BUDGETS["grpo"], "groups": 9}))
    for step in lab.steps(1, 72):
        batch, dialogues = lab.play_groups(step, 9, 8)
        assert len(dialogues) == 72 and len(batch) == 48
    lab.run.leave()
    monkeypatch.setattr(ScriptedUser, "decide", lambda self, dialogues, heards: [Failure("gone")] * len(dialogues))
    with pytest.raises(ConnectionError, match="failed in all 8 episodes"):
        lab.play(range(8))


# ---- parts


def episodes():
    """A batch of two episodes, of three turns and one."""
    shape = (2, 3)
    there = torch.tensor([[True, True, True], [True, False, False]])
    rewards = torch.tensor([[0.1, 0.0, 1.0], [0.5, 0.0, 0.0]])
    values = torch.tensor([[0.3, 0.6, 0.2], [0.4, 9.0, 9.0]])
    empty = torch.zeros(shape)
    turns, legal = torch.zeros((*shape, 4), dtype=torch.long), torch.ones((*shape, 5), dtype=torch.bool)
    return Batch(turns, legal, empty.long(), there, there, rewards, empty, values, rewards.sum(1))


@pytest.mark.parametrize(("discount", "lambda_"), [(1.0, 0.95), (0.9, 0.5), (1.0, 0.0)])
def test_gae_is_that_of_the_other_trainers(discount, lambda_):
    batch = episodes()
    advantages, returns = gae(batch, discount, lambda_)
    for row, n in ((0, 3), (1, 1)):
        rewards, values = batch.rewards[row, :n].tolist(), batch.values[row, :n].numpy()
        wanted = turn_critic.gae(rewards, values, discount, lambda_)
        assert advantages[row, :n].numpy() == pytest.approx(wanted, abs=1e-6)
        assert returns[row, :n].numpy() == pytest.approx(wanted + values, abs=1e-6)
    assert not advantages[1, 1:].any()


def test_what_q_learns():
    batch = episodes()
    whole = targets(batch, batch.values, 1.0, 0.9, 1.0)
    assert whole[0].tolist() == pytest.approx([0.1 + 0.9 * (0.9 * 1.0), 0.9, 1.0])
    near = targets(batch, batch.values, 2.0, 1.0, 0.0)
    assert near[0].tolist() == pytest.approx([0.05 + 0.6, 0.2, 0.5]) and float(near[1, 0]) == pytest.approx(0.25)
    assert returns_to_go(batch.rewards, 0.5)[0].tolist() == pytest.approx([0.35, 0.5, 1.0])


def test_the_best_of_a_group_that_are_above_its_mean():
    returns = np.array([0.0, 1.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0, np.nan, 5.0, 1.0, np.nan])
    assert best_of_groups(returns, 4, 0.5).tolist() == [3, 2, 8]  # ties have no best; places do not count the failed
    assert best_of_groups(returns, 4, 0.25).tolist() == [3, 8]


def test_recorded_turns_keep_their_acts_and_rewards():
    engine = make_engine("Negotiation-v0", reward="goal=1,turn_cost=0.1")
    encoding = Encoding(engine.family)
    dialogues = list(rollout(engine, make_policy("scripted", engine), range(12)))
    batch = Batch.of(dialogues, encoding)
    assert batch.there.sum() == sum(len(dialogue.steps) for dialogue in dialogues)
    assert batch.rewards.sum(1).tolist() == pytest.approx(
        [sum(step.reward for step in dialogue.steps) for dialogue in dialogues], abs=1e-5
    )
    for row, dialogue in enumerate(dialogues):
        for turn, step in enumerate(dialogue.steps):
            assert batch.own[row, turn] and batch.legal[row, turn, batch.slots[row, turn]]
            assert encoding.act(dialogue.scenario, int(batch.slots[row, turn])) == step.act
    part = batch[np.array([int(batch.there.sum(1).argmin())])]
    assert part.turns.shape[1] == int(batch.there.sum(1).min())


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (configs.PPOConfig, {"gae_lambda": 2}, "gae_lambda must be a number from 0 to 1"),
        (configs.GRPOConfig, {"credit": "luck"}, "credit must be one of"),
        (configs.GRPOConfig, {"group_size": 1}, "group_size must be at least 2"),
        (configs.BCConfig, {"best_share": 0.0}, "best_share must be above 0"),
        (configs.PPOConfig, {"cell": "lstm"}, "cell must be one of transformer, gru"),
    ],
)
def test_settings_are_checked(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(env_id=TOY, **options)


# ---- the command


def test_the_command_trains_acts(tmp_path, capsys):
    from dialogym.scripts.train import main

    small = ["--width", "16", "--layers", "1", "--final-episodes", "40", "--no-compare", "--eval-every", "0"]
    main(["bc", TOY, "--model", "acts", "--out", str(tmp_path), "--demonstrations", "128", *small], {})
    assert "score" in (said := capsys.readouterr().out) and str(tmp_path / "bc" / "model") in said
    # a folder says by itself what it holds
    main(["grpo", TOY, f"--model={tmp_path / 'bc' / 'model'}", "--out", str(tmp_path), "--steps", "2", *small], {})
    assert weights(tmp_path, "grpo").keys() == weights(tmp_path, "bc").keys()


def test_which_algorithms_there_are_for_acts(tmp_path):
    assert algorithm("reinforce") is ACTS["reinforce"] and algorithm("ppo") is not ACTS["ppo"]
    assert algorithm("ppo", "acts") is ACTS["ppo"] and algorithm("ppo", "smollm2") is ALGORITHMS["ppo"]
    with pytest.raises(ValueError, match=r"with model='acts' must be one of bc, .* got 'dpo'"):
        algorithm("dpo", "acts")
    with pytest.raises(ValueError, match=r"algorithm must be one of bc, .* got 'magic'"):
        algorithm("magic")


# ---- a critic that sees what is hidden


def test_only_the_critic_sees_what_is_hidden(tmp_path):
    """Its loss has no gradient in the policy, and nothing of it is saved with it."""
    kind, _ = ACTS["ppo"].load()
    lab = Training(kind(env_id="Coaching-v0", out=tmp_path, **BUDGETS["ppo"]), critic=PrivilegedCritic)
    assert lab.critic is not None
    for _ in lab.steps(1, 16):
        batch, dialogues = lab.play(range(16))
        facts = hidden_facts(dialogues)
        assert facts.shape[:2] == batch.own.shape and len({tuple(row) for row in facts[:, 0].tolist()}) > 1
        state = lab.network(batch.turns)["state"]
        torch.nn.init.normal_(lab.critic.value.weight)
        lab.critic(state[batch.own], facts[batch.own]).sum().backward()
        assert all(weights.grad is None for weights in lab.network.parameters())
        assert all(weights.grad is not None and weights.grad.any() for weights in lab.critic.parameters())
        other = facts[batch.own].roll(1, 0)
        assert not torch.allclose(lab.critic(state[batch.own], facts[batch.own]), lab.critic(state[batch.own], other))
    lab.save(str(tmp_path / "model"))
    saved = load_file(tmp_path / "model" / "acts.safetensors")
    assert saved.keys() == dict(lab.network.state_dict()).keys()
    lab.run.leave()


def test_a_group_meets_one_person_or_each_attempt_its_own(tmp_path):
    kind, _ = ACTS["grpo"].load()
    config = kind(env_id="Coaching-v0", out=tmp_path, width=16, layers=1, eval_every=0)
    lab = Training(config)
    for step, redrawn in zip(lab.steps(2, 48), (False, True), strict=True):
        _, dialogues = lab.play_groups(step, 8, 6, redrawn)
        groups = [dialogues[place : place + 6] for place in range(0, 48, 6)]
        assert all(len({dialogue.scenario for dialogue in group}) == 1 for group in groups)
        people = [len({dialogue.hidden for dialogue in group}) for group in groups]
        assert (max(people) == 1) != redrawn
    assert kind(env_id="Coaching-v0", partner="redrawn").partner == "redrawn"
    with pytest.raises(ValueError, match="partner must be one of same, redrawn"):
        kind(env_id="Coaching-v0", partner="new")
