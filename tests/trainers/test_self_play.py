"""Self-play: both seats learn what pays against each other, past selves are met, and an interrupted run goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.make import make_engine
from dialogym.evaluation.exploitability import exploitability
from dialogym.policies.duel import play_duels
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.registry import make_policy
from dialogym.trainers import self_play
from dialogym.trainers.self_play import SelfPlayConfig, SelfPlayTrainer, lessons, train_self_play
from safetensors.torch import load_file

from ..toy import TOY
from ..toy_duel import SEATS, ULTIMATUM, small_ultimatum
from ..toy_table import TABLE


@pytest.fixture(scope="module")
def engine():
    return make_engine(ULTIMATUM)


@pytest.fixture(scope="module")
def start(engine, tmp_path_factory):
    """A model that has seen both seats act at random, and does so."""
    model, tokenizer = load_model("tiny", engine)
    random = make_policy("random", engine)
    policy = LanguageModelPolicy(model, tokenizer, max_turn_tokens=8)
    duels = play_duels(engine.family, [dict.fromkeys(SEATS, random)] * 192, range(192))
    records = [policy.chat.record(duel.dialogues[seat].messages()) for duel in duels for seat in SEATS]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98))
    for first in range(0, len(records), 16):
        some = [self_play.Lesson(record, 1.0) for record in records[first : first + 16]]
        player = object.__new__(SelfPlayTrainer)
        player.config, player.tokenizer, player.device = SelfPlayConfig(ULTIMATUM), tokenizer, torch.device("cpu")
        player._backward(model, some, sum(sum(lesson.record.mask) for lesson in some))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    path = tmp_path_factory.mktemp("start") / "model"
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def config(out, start, **changes):
    small = {
        "groups": 4,
        "group_size": 8,
        "steps": 20,
        "max_turn_tokens": 8,
        "eval_every": 0,
        "final_episodes": 20,
        "compare": False,
        "threads": 1,
        "learning_rate": 5e-4,
    }
    return SelfPlayConfig(**{"env_id": ULTIMATUM, "out": out, "model": str(start), **small, **changes})


def players_of(engine, *paths):
    return {
        seat: LanguageModelPolicy(*load_model(str(path), engine), max_turn_tokens=8, temperature=1.0)
        for seat, path in zip(SEATS, paths, strict=True)
    }


def rows(out):
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.long
@pytest.mark.parametrize("separate", [False, True])
def test_both_seats_learn(engine, start, tmp_path, separate):
    """Taking pays whatever is asked, and then asking for 3 does."""
    before = exploitability(small_ultimatum(), players_of(engine, start, start))
    assert before.nash_conv > 0.3 and before.covered > 0.7
    score = train_self_play(config(tmp_path, start, separate=separate, steps=12, learning_rate=1e-3))
    assert isinstance(score, float)
    folder = tmp_path / "self-play"
    after = exploitability(
        small_ultimatum(), players_of(engine, folder / "model", folder / ("partner" if separate else "model"))
    )
    assert after.nash_conv < 0.6 * before.nash_conv
    logged = rows(tmp_path)
    assert {"loss", "reward", "payoff_seller", "payoff_buyer", "entropy", "grad_norm"} <= set(logged[0])
    assert sum(row["payoff_seller"] for row in logged[-3:]) > 1.3 * sum(row["payoff_seller"] for row in logged[:3])


@pytest.mark.long
def test_three_seats_have_models_of_their_own(start, tmp_path):
    """All learn in some groups, one of them alone in the others."""
    few = {"steps": 2, "groups": 4, "group_size": 2, "past_share": 0.5, "past_every": 1, "entropy": 0.1}
    train_self_play(config(tmp_path, start, env_id=TABLE, separate=True, **few))
    assert {"payoff_you", "payoff_anna", "payoff_ben", "reward"} <= set(rows(tmp_path)[0])
    folder = tmp_path / "self-play"
    weights = [load_file(folder / name / "model.safetensors") for name in ("model", "partner/anna", "partner/ben")]
    assert not any(
        torch.equal(weights[0][key], other[key]) for other in weights[1:] for key in ["model.embed_tokens.weight"]
    )
    again = config(tmp_path, start, env_id=TABLE, separate=True, **few)
    players = SelfPlayTrainer(again, make_engine(TABLE), folder / "league")
    _, seated = players.play(1)
    met = [sorted(policy.name for policy in table.values()) for table in seated]
    assert all(names in (["now"] * 3, ["now", "past", "past"]) for names in met) and ["now", "past", "past"] in met


@pytest.mark.long
def test_the_past_is_met_and_does_not_learn(engine, start, tmp_path):
    train_self_play(config(tmp_path, start, steps=6, past_share=0.5, past_every=2, eval_every=3, save_every=3))
    assert sorted(path.name for path in (tmp_path / "self-play" / "league").iterdir()) == [
        "step-0.pt",
        "step-2.pt",
        "step-4.pt",
    ]
    assert [row["step"] for row in rows(tmp_path) if "score" in row] == [0, 3, 6]
    players = SelfPlayTrainer(
        config(tmp_path, start, past_share=1.0, past_every=2), engine, tmp_path / "self-play" / "league"
    )
    duels, seated = players.play(5)
    assert all(sorted(policy.name for policy in pair.values()) == ["now", "past"] for pair in seated)
    found = lessons(duels, seated, 8)
    assert sum(len(some) for some in found.values()) == sum(
        bool(duel.dialogues[seat].steps)
        for duel, pair in zip(duels, seated, strict=True)
        for seat in SEATS
        if pair[seat].name == "now"
    )
    kept = torch.load(tmp_path / "self-play" / "league" / "step-0.pt")[0]
    original = load_file(start / "model.safetensors")
    assert all(torch.equal(kept[name], weight) for name, weight in original.items())


def test_lessons_by_hand(engine, start):
    players = SelfPlayTrainer(config(start.parent, start), engine, start.parent)
    duels, seated = players.play(0)
    found = lessons(duels, seated, 8)
    for seat in SEATS:
        spoke = [place for place, duel in enumerate(duels) if duel.dialogues[seat].steps]
        for place, lesson in zip(spoke, found[seat], strict=True):
            group = range(place // 8 * 8, place // 8 * 8 + 8)
            mean = sum(duels[i].payoffs[seat] for i in group if i != place) / 7
            assert lesson.advantage == pytest.approx(duels[place].payoffs[seat] - mean)
    again, _ = players.play(0)
    assert [duel.payoffs for duel in again] == [duel.payoffs for duel in duels]
    assert [duel.payoffs for duel in players.play(1)[0]] != [duel.payoffs for duel in duels]


def test_the_gradient_is_that_of_the_definition_and_of_own_tokens_only(engine, start):
    players = SelfPlayTrainer(config(start.parent, start, entropy=0.3, temperature=0.8), engine, start.parent)
    duels, seated = players.play(0)
    some = lessons(duels, seated, 8)["buyer"][:3]
    model, tokens = players.distinct[0], sum(sum(lesson.record.mask) for lesson in some)
    loss, entropy = players._backward(model, some, tokens)
    found = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    model.zero_grad()
    gain, spread = 0.0, 0.0
    for lesson in some:
        record = lesson.record
        scores = (model(torch.tensor([record.ids])).logits[0, :-1] / 0.8).log_softmax(-1)
        for place, own in enumerate(record.mask, len(record.prompt_ids)):
            if own:
                gain = gain + lesson.advantage * scores[place - 1, record.ids[place]]
                spread = spread - (scores[place - 1].exp() * scores[place - 1]).sum()
    (-gain / tokens - 0.3 * spread / tokens).backward()
    assert loss == pytest.approx((-gain / tokens - 0.3 * spread / tokens).item(), abs=1e-6)
    assert entropy == pytest.approx((spread / tokens).item(), rel=1e-5)
    for name, parameter in model.named_parameters():
        assert torch.allclose(found[name], parameter.grad, atol=1e-6), name


class Interrupt(Exception):
    pass


@pytest.mark.long
def test_resumed_equals_uninterrupted(start, tmp_path, monkeypatch):
    whole, broken = (
        config(tmp_path / name, start, steps=6, save_every=2, past_share=0.5, past_every=2, separate=True)
        for name in ("whole", "broken")
    )
    train_self_play(whole)
    learn = SelfPlayTrainer.learn

    def until_five(self, found, step):
        if step == 5:
            raise Interrupt
        return learn(self, found, step)

    with monkeypatch.context() as patch:
        patch.setattr(SelfPlayTrainer, "learn", until_five)
        with pytest.raises(Interrupt):
            train_self_play(broken)
    train_self_play(dataclasses.replace(broken, resume=True))
    for name in ("model", "partner"):
        a, b = (load_file(run.out / "self-play" / name / "model.safetensors") for run in (whole, broken))
        assert all(torch.equal(a[key], b[key]) for key in a)
    assert [row.get("loss") for row in rows(whole.out)] == [row.get("loss") for row in rows(broken.out)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"past_share": 1.5}, "past_share"),
        ({"group_size": 1}, "group_size"),
        ({"temperature": 0.0}, "temperature"),
        ({"env_id": TOY}, "two seats"),
        ({"exploitability": True}, "a family with a small duel"),
        ({"env_id": "Negotiation-v0", "exploitability": True}, "--set rounds=2"),
    ],
)
def test_wrong_arguments(start, tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        train_self_play(config(tmp_path, start, **changes))
