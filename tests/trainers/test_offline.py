"""Offline RL: losses by hand, what they may touch, learning from mixed episodes, decoding by values, resuming."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.core.episode import Episode, EpisodeTurn
from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.envs.make import make_engine
from dialogym.policies.collect import collect
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.policies.value_guided import ValueGuidedModel, guided, load_heads, make_heads
from dialogym.trainers.awr import AWRConfig, awr_loss, awr_weights, train_awr
from dialogym.trainers.bc import BCConfig, train_bc
from dialogym.trainers.ilql import ILQLConfig, TargetFollows, expectile_loss, ilql_loss, td_target, train_ilql
from dialogym.trainers.mc import MCConfig, mc_loss, train_mc
from dialogym.trainers.offline import (
    OfflineTrainer,
    OwnTokens,
    TrainableValueModel,
    collate,
    own_tokens,
    rewarded,
    token_rows,
)

from ..resuming import interrupted, same_weights
from ..toy import DRINKS, TOY

TRAINERS = {"mc": (MCConfig, train_mc), "ilql": (ILQLConfig, train_ilql), "awr": (AWRConfig, train_awr)}


def careless(dialogue, stream):
    """Serves what was ordered a little less often than tea, whatever was ordered; and talks before, one time in four.

    Its clone serves tea.
    """
    if stream.random() < 0.25:
        return "One moment."
    ordered = next(drink for drink in DRINKS if drink in dialogue.opening)
    return f"[serve {ordered if stream.random() < 0.45 else 'tea'}]"


@pytest.fixture(scope="module")
def mixed(once):
    """Episodes, and the folder of their clone."""
    common = {"env_id": TOY, "threads": 1, "final_episodes": 60, "eval_episodes": 10, "compare": False}

    def clone(folder):
        collect(TOY, FunctionPolicy("careless", careless), 800, folder / "data")
        return train_bc(BCConfig(out=folder, episodes_path=folder / "data", epochs=2.0, **common))

    folder, score = once("careless", clone)
    return folder / "data", folder / "bc" / "model", score, common


def train(name, mixed, out, **changes):
    config, run = TRAINERS[name]
    return run(config(out=out, episodes_path=mixed[0], **{**mixed[3], **changes}))


# ---- by hand
# -----------------------------------------------------------------------------------------------------------------------------------------


def tokens(ids, rewards, last, returns=None, first=None, vocabulary=3):
    n = len(ids)
    logits = torch.arange(n * vocabulary).float().reshape(n, vocabulary).requires_grad_()
    returns, first = returns or [0.0] * n, first or list(range(n))
    made = torch.tensor(ids), torch.tensor(rewards), torch.tensor(returns), torch.tensor(last), torch.tensor(first)
    return OwnTokens(*made, torch.zeros(n, 1), logits)


def test_the_expectile_weighs_what_was_better_than_expected():
    assert expectile_loss(torch.tensor([2.0, -2.0, 0.0]), 0.75).tolist() == [3.0, 1.0, 0.0]
    values = torch.tensor([0.0, 1.0])  # its minimum over a constant: tau = 0.5 is the mean, tau near 1 the larger
    grid = torch.linspace(0, 1, 1001)
    for tau, expected in ((0.5, 0.5), (0.8, 0.8), (0.95, 0.95)):
        losses = expectile_loss(values[:, None] - grid, tau).sum(0)
        assert grid[losses.argmin()].item() == pytest.approx(expected, abs=2e-3)


def test_the_target_leads_to_the_next_own_token_and_ends_with_the_episode():
    """Two episodes of two tokens; the second reward is the last of the first episode."""
    own = tokens([0, 1, 2, 0], [0.0, 5.0, 0.0, 1.0], [False, True, False, True])
    state = torch.tensor([10.0, 20.0, 30.0, 40.0])
    assert td_target(own, state, 0.5).tolist() == [10.0, 5.0, 20.0, 1.0]
    assert td_target(own, state, 0.5, td_lambda=1.0).tolist() == [2.5, 5.0, 0.5, 1.0]  # the returns
    assert td_target(own, state, 0.5, td_lambda=0.2).tolist() == pytest.approx(
        [0.8 * 10.0 + 0.2 * 2.5, 5.0, 0.8 * 20.0 + 0.2 * 0.5, 1.0]
    )


def test_the_terms_of_ilql():
    own = tokens([0, 2], [0.0, 3.0], [False, True])
    q1 = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]], requires_grad=True)
    q2 = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 1.0]], requires_grad=True)
    target1, target2 = (
        torch.tensor([[4.0, 9.0, 9.0], [9.0, 9.0, 0.5]], requires_grad=True),
        torch.tensor([[5.0, 9.0, 9.0], [9.0, 9.0, 7.0]], requires_grad=True),
    )
    v = torch.tensor([[1.0], [1.5]], requires_grad=True)
    values = {"q1": q1, "q2": q2, "target_q1": target1, "target_q2": target2, "v": v}
    terms = ilql_loss(own, values, discount=0.9, td_lambda=0.0, tau=0.75, cql=0.1, bc=2.0)
    # targets: 0 + 0.9 * 1.5 = 1.35 and, at the end, 3
    assert terms["q_loss"].tolist() == pytest.approx([0.5 * (0.35**2 + 0.65**2), 0.5 * (1.0 + 4.0)])
    # the lesser target values of what was said are 4 and 0.5: errors 3 and -1
    assert terms["v_loss"].tolist() == pytest.approx([0.75 * 9.0, 0.25 * 1.0])
    cql = [0.1 * sum(math.log(math.exp(a) + 2.0) - a for a in pair) for pair in ((1.0, 2.0), (2.0, 1.0))]
    assert terms["cql_loss"].tolist() == pytest.approx(cql, rel=1e-5)
    softmax = math.log(1 + math.e + math.e**2)
    assert terms["bc_loss"].tolist() == pytest.approx([2.0 * softmax, 2.0 * (softmax - 2.0)], rel=1e-5)
    terms["v_loss"].sum().backward(retain_graph=True)
    assert v.grad[:, 0].tolist() == pytest.approx([-2 * 0.75 * 3.0, 2 * 0.25 * 1.0])
    assert q1.grad is None and target1.grad is None
    v.grad = None
    terms["q_loss"].sum().backward()
    assert v.grad is None and target1.grad is None
    assert q1.grad is not None and q1.grad.tolist() == [
        [pytest.approx(-0.35), 0.0, 0.0],
        [0.0, 0.0, pytest.approx(-1.0)],
    ]


def test_the_terms_of_mc():
    own = tokens([1, 0], [0.0, 1.0], [False, True], returns=[0.5, 1.0])
    values = {"q": torch.tensor([[0.0, 2.5, 0.0], [0.0, 0.0, 0.0]])}
    terms = mc_loss(own, values, cql=0.5, bc=0.0)
    assert terms["q_loss"].tolist() == [2.0, 0.5]
    assert terms["cql_loss"].tolist() == pytest.approx(
        [0.5 * (math.log(math.exp(2.5) + 2.0) - 2.5), 0.5 * math.log(3.0)], rel=1e-5
    )
    assert terms["bc_loss"].tolist() == [0.0, 0.0]


def test_the_weights_of_awr():
    own = tokens([0, 1, 2], [0.0, 0.0, 0.0], [False, False, True], returns=[1.0, 1.0, 9.0], first=[0, 0, 2])
    state = torch.tensor([0.5, 2.0, 0.0])
    token = awr_weights(own, state, 0.5, 20.0, "token")
    assert token.tolist() == pytest.approx([math.e, math.exp(-2.0), 20.0])
    assert awr_weights(own, state, 0.5, 20.0, "turn").tolist() == pytest.approx([math.e, math.e, 20.0])
    learned = state.clone().requires_grad_()
    terms = awr_loss(own, learned, 0.5, 20.0, "token")
    assert terms["v_loss"].tolist() == pytest.approx([0.125, 0.5, 40.5])
    terms["bc_loss"].sum().backward()
    assert learned.grad is None  # the baseline is not learned from the clone's term
    assert terms["bc_loss"][0].item() == pytest.approx(math.e * math.log(1 + math.e + math.e**2), rel=1e-5)


# ---- token rows
# ------------------------------------------------------------------------------------------------------------------------------------------


def episode(turns, rewards):
    said = iter(rewards)
    made = [EpisodeTurn(seat, text, "", "", next(said) if seat == "host" else 0.0) for seat, text in turns]
    plain = {
        "env_id": TOY,
        "settings": {},
        "grammar": "natural",
        "policy": "",
        "seed": 0,
        "seat": "host",
        "scenario": {},
        "persona": "plain",
        "brief": "Work!",
    }
    after = {
        "hidden": {},
        "hidden_start": 0,
        "opening_branch": 0,
        "outcome": {},
        "reward": {},
        "payoff": 0.0,
        "truncated": False,
        "error": "",
        "version": "",
    }
    return Episode(**plain, turns=made, episode_return=sum(rewards), **after)


@pytest.fixture(scope="module")
def speaker(mixed):
    model, tokenizer = load_model(str(mixed[1]), make_engine(TOY))
    return model, LanguageModelPolicy(model, tokenizer, max_turn_tokens=8)


TALK = [("guest", "tea!"), ("host", "One moment."), ("guest", "tea!"), ("host", "[serve tea]"), ("guest", "Thanks!")]


def test_rewards_come_with_the_last_token_of_a_turn(speaker):
    chat = speaker[1].chat
    (row,) = token_rows([episode(TALK, [1.0, 3.0])], chat, discount=0.5, scale=2.0)
    first, second = chat.turn("One moment."), chat.turn("[serve tea]")
    opening, reply = chat.opening("Work!\n\ntea!"), chat.reply("tea!")
    assert row["input_ids"] == opening + first + reply + second
    assert row["own"] == [0] * len(opening) + [1] * len(first) + [0] * len(reply) + [1] * len(second)
    a, b = len(first), len(second)
    own = [place for place, mine in enumerate(row["own"]) if mine]
    assert [row["rewards"][place] for place in own] == [0.0] * (a - 1) + [0.5] + [0.0] * (b - 1) + [1.5]
    last = [1.5 * 0.5 ** (b - 1 - k) for k in range(b)]
    assert [row["returns"][place] for place in own] == pytest.approx(
        [(0.5 + 0.5 * last[0]) * 0.5 ** (a - 1 - k) for k in range(a)] + last
    )
    assert [row["last"][place] for place in own] == [0] * (a + b - 1) + [1]
    assert [row["first"][place] for place in own] == [0] * a + [a] * b
    assert not any(
        row[name][place]
        for name in ("rewards", "returns", "last", "first")
        for place, mine in enumerate(row["own"])
        if not mine
    )


def test_a_batch_is_read_row_by_row(speaker):
    chat = speaker[1].chat
    rows = token_rows([episode(TALK, [1.0, 3.0]), episode(TALK[:2], [2.0]), episode(TALK[:1], [])], chat, 1.0, 1.0)
    assert len(rows) == 2  # an episode in which the learner never spoke has nothing to learn from
    batch = collate(rows, pad=0)
    assert len({tuple(column.shape) for column in batch.values()}) == 1
    own = own_tokens(batch, torch.zeros(0), torch.zeros(0))
    a, b = len(chat.turn("One moment.")), len(chat.turn("[serve tea]"))
    assert own.first.tolist() == [0] * a + [a] * b + [a + b] * a
    assert own.last.nonzero()[:, 0].tolist() == [a + b - 1, 2 * a + b - 1]
    assert own.ids.tolist() == chat.turn("One moment.") + chat.turn("[serve tea]") + chat.turn("One moment.")
    assert own.returns.tolist() == [4.0] * a + [3.0] * b + [2.0] * a
    state = torch.arange(2 * a + b).float()
    assert (
        td_target(own, state, 1.0)[a - 1].item() == 1.0 + a
    )  # beyond the partner's reply lies the first token of the next turn
    assert td_target(own, state, 1.0)[-1].item() == 2.0


def ilql_learner(model):
    torch.manual_seed(3)
    heads = make_heads(model, ["q1", "q2", "v", "target_q1", "target_q2"], 16, 0.5)
    for head in heads.values():
        torch.nn.init.normal_((head.state if head.added is None else head.added).weight, std=0.1)
    return TrainableValueModel(model, heads, beta=1.0)


def test_gradients_reach_only_own_tokens(speaker, monkeypatch):
    model, policy = speaker
    learner = ilql_learner(model)
    batch = collate(token_rows([episode(TALK, [1.0, 3.0]), episode(TALK[:2], [2.0])], policy.chat, 1.0, 1.0), pad=0)

    def gradients():
        learner.zero_grad()
        hidden, logits, values = learner(batch["input_ids"], batch["attention_mask"], own=batch["own"])
        terms = ilql_loss(own_tokens(batch, hidden, logits), values, 1.0, 0.5, 0.7, 0.1, 1.0)
        torch.stack([term.sum() for term in terms.values()]).sum().backward()
        return {name: weight.grad.clone() for name, weight in learner.named_parameters() if weight.grad is not None}

    lean = gradients()
    kept = []
    monkeypatch.setattr("dialogym.trainers.scoring.plain_head", lambda model: False)

    def keep(module, arguments, out):
        out.logits.retain_grad()
        out.hidden_states[-1].retain_grad()
        kept.append(out)

    hook = model.register_forward_hook(keep)
    plain = gradients()
    hook.remove()
    before = torch.cat(
        [batch["own"][:, 1:].bool(), torch.zeros(2, 1).bool()], 1
    )  # the positions whose next token is the model's own
    assert torch.equal(kept[0].logits.grad.abs().sum(-1) > 0, before)
    # hidden states also get the gradient of all logits, which is 0 where those have none
    assert torch.equal(kept[0].hidden_states[-1].grad.abs().sum(-1) > 0, before)
    assert lean.keys() == plain.keys() and not any(
        name.startswith("heads.target") and grad.any() for name, grad in lean.items()
    )
    for name, grad in lean.items():
        torch.testing.assert_close(grad, plain[name], atol=1e-5, rtol=1e-4)


def test_target_heads_follow(speaker):
    learner = ilql_learner(speaker[0])
    source, target = learner.heads["q1"].added.weight, learner.heads["target_q1"].added.weight
    follows = TargetFollows(learner, polyak=0.25)
    assert source.requires_grad and not target.requires_grad
    before = target.clone()
    follows.on_step_end(None, None, None)
    torch.testing.assert_close(target, 0.75 * before + 0.25 * source)

    class State:
        global_step = 0

    follows.on_train_begin(None, State, None)
    assert torch.equal(target, source)


# ---- learning
# ----------------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(mixed, once):
    def trainings(folder):
        epochs = {"mc": 2.0, "ilql": 1.0, "awr": 1.0}
        changes = {"model": str(mixed[1]), "learning_rate": 1e-3}
        return {name: train(name, mixed, folder / name, epochs=epochs[name], **changes) for name in TRAINERS}

    folder, scores = once("offline", trainings)
    return {name: (folder / name / name / "model", score) for name, score in scores.items()}


@pytest.mark.long
@pytest.mark.parametrize("name", TRAINERS)
def test_beats_the_clone_of_the_same_episodes(mixed, trained, name):
    assert mixed[2] < 0.5
    assert trained[name][1] >= mixed[2] + 0.3
    rows = [json.loads(line) for line in (trained[name][0].parents[1] / "metrics.jsonl").read_text().splitlines()]
    assert all(
        {"loss", "bc_loss", "grad_norm"} <= set(row) or {"score", "mean_return", "episodes", "seconds"} <= set(row)
        for row in rows
    )


def spoken(policy, seeds=range(5_000_000, 5_000_030)):
    return [[step.text for step in dialogue.steps] for dialogue in rollout(make_engine(TOY), policy, seeds)]


@pytest.mark.long
@pytest.mark.parametrize("name", TRAINERS)
def test_a_folder_acts_as_it_did_in_training(trained, name):
    folder = trained[name][0]
    played = [
        [turn.text for turn in episode.turns if turn.seat == "host"]
        for episode in read_episodes(folder.parents[1] / "episodes")
    ][:30]
    assert spoken(LanguageModelPolicy.load(str(folder), make_engine(TOY))) == played


@pytest.mark.long
@pytest.mark.parametrize("name", ["mc", "ilql"])
def test_without_beta_it_is_the_clone(trained, name):
    engine = make_engine(TOY)
    policy = LanguageModelPolicy.load(str(trained[name][0]), engine)
    assert isinstance(policy.model, ValueGuidedModel)
    clone = spoken(LanguageModelPolicy(*load_model(str(trained[name][0]), engine)))
    assert spoken(policy) != clone
    policy.model.beta = 0.0
    assert spoken(LanguageModelPolicy(policy.model, policy.tokenizer)) == clone


def test_logits_are_raised_by_the_lesser_value(speaker):
    model, policy = speaker
    learner = ilql_learner(model).eval()
    learner.beta = 2.5
    ids = torch.tensor([policy.chat.opening("Work!\n\ntea!")])
    plain = model(input_ids=ids, output_hidden_states=True)
    hidden = plain.hidden_states[-1]
    expected = plain.logits + 2.5 * torch.minimum(learner.heads["q1"](hidden), learner.heads["q2"](hidden))
    torch.testing.assert_close(learner(ids).logits, expected)
    torch.testing.assert_close(learner(ids, logits_to_keep=1).logits, expected[:, -1:])


def test_heads_are_stored_beside_the_model(speaker, tmp_path):
    learner = ilql_learner(speaker[0])
    learner.about = {"unit": 0.25}
    learner.save(tmp_path)
    heads, about = load_heads(tmp_path)
    assert list(heads) == list(learner.heads) and about["unit"] == 0.25 and about["beta"] == 1.0
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            learner.heads.state_dict().values(), guided(speaker[0], tmp_path).heads.state_dict().values(), strict=True
        )
    )
    (tmp_path / "value_heads.safetensors").write_bytes(b"torn")
    with pytest.raises(ValueError, match="value heads"):
        guided(speaker[0], tmp_path)


# ---- resuming
# ----------------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few(mixed, tmp_path_factory):
    """A fifth of the episodes: reading and encoding them takes as long as such short trainings do."""
    path = tmp_path_factory.mktemp("few") / "data"
    EpisodeStore(path).append(read_episodes(mixed[0])[:160])
    return path, *mixed[1:]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ilql", {}),
        pytest.param("mc", {}, marks=pytest.mark.long),
        pytest.param("awr", {}, marks=pytest.mark.long),
        pytest.param("ilql", {"lora_rank": 4}, marks=pytest.mark.long),
    ],
)
def test_resumed_equals_uninterrupted(few, tmp_path, monkeypatch, name, options):
    small = {
        "model": str(few[1]),
        "epochs": 1.0,
        "save_every": 3,
        "final_episodes": 4,
        "eval_episodes": 4,
        "learning_rate": 1e-3,
        **options,
    }  # 8 steps
    train(name, few, tmp_path / "whole", **small)
    interrupted(monkeypatch, OfflineTrainer, lambda: train(name, few, tmp_path / "broken", **small), at=5)
    train(name, few, tmp_path / "broken", resume=True, **small)
    weights = "adapter_model.safetensors" if options else "model.safetensors"
    for file in (weights, "value_heads.safetensors"):
        assert same_weights(*(tmp_path / run / name / "model" for run in ("whole", "broken")), file)
    losses = [
        [json.loads(line).get("loss") for line in (tmp_path / run / "metrics.jsonl").read_text().splitlines()]
        for run in ("whole", "broken")
    ]
    assert losses[0] == losses[1]


# ---- what goes in
# ------------------------------------------------------------------------------------------------------------------------------------


def test_failed_episodes_are_dropped_and_rewards_replaced(mixed, tmp_path):
    good = read_episodes(mixed[0])[:3]
    EpisodeStore(tmp_path / "some").append([*good, dataclasses.replace(good[0], error="server gone")])
    episodes, dropped = rewarded(MCConfig(TOY, episodes_path=tmp_path / "some", reward="goal=2"))
    assert dropped == 1 and [e.episode_return for e in episodes] == [2 * e.episode_return for e in good]
    EpisodeStore(tmp_path / "none").append([dataclasses.replace(good[0], error="server gone")])
    with pytest.raises(ValueError, match="episodes_path"):
        rewarded(MCConfig(TOY, episodes_path=tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="no episodes"):
        rewarded(MCConfig(TOY, episodes_path=tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        (MCConfig, {"beta": -1.0}),
        (MCConfig, {"discount": 0.0}),
        (MCConfig, {"batch_size": 0}),
        (MCConfig, {"epochs": 0.0}),
        (MCConfig, {"lora_rank": 8}),
        (ILQLConfig, {"tau": 1.0}),
        (ILQLConfig, {"polyak": 0.0}),
        (ILQLConfig, {"cql": -0.1}),
        (AWRConfig, {"temperature": 0.0}),
        (AWRConfig, {"level": "word"}),
    ],
)
def test_wrong_arguments(config, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        config(TOY, **wrong)
