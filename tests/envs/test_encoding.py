"""The encoding of dialogues as whole numbers: the same rules for every family, and nothing hidden in it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.dialogue import Dialogue
from dialogym.envs.encoding import Encoding, View
from dialogym.envs.make import make_engine
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from gymnasium.utils import seeding

from ..reach import ONE_OF_EACH, in_few
from ..toy import TOY

pytestmark = pytest.mark.usefixtures("explored_less")


@pytest.fixture(scope="module")
def encodings(explored_less):
    made = {}

    def of(env_id):
        if env_id not in made:
            engine = make_engine(env_id)
            made[env_id] = engine, Encoding(engine.family)
        return made[env_id]

    return of


def played(engine, policy="random", seeds=range(12)):
    return list(rollout(engine, make_policy(policy, engine), seeds))


class Secret:
    """Whoever looks at it is caught."""

    def __getattribute__(self, name):
        raise AssertionError(f"something hidden was looked at: {name}")


def without_secrets(dialogue):
    """The same dialogue with nothing but traps where something hidden was, rewards and payoffs among it."""
    other = dialogue.fork()
    other.hidden = other.hidden_start = other.persona = other.stream = Secret()
    if other.opening_exchange is not None:
        other.opening_exchange = other.opening_exchange._replace(hidden=Secret(), payoff=Secret())
    for place, step in enumerate(other.steps):
        fake = type(step)(other, step.text, step.heard, step.exchange._replace(hidden=Secret(), payoff=Secret()), "")
        fake.before = step.before
        other.steps[place] = fake
    return other


@pytest.mark.parametrize("env_id", in_few([*ONE_OF_EACH, TOY]))
def test_the_mask_is_what_can_be_done(encodings, env_id):
    engine, encoding = encodings(env_id)
    for dialogue in played(engine):
        game, seat = dialogue.setting.game, dialogue.seat
        for turn, step in enumerate(dialogue.steps):
            legal = encoding.legal(View.of(dialogue, turn))
            acts = [encoding.act(dialogue.scenario, slot) for slot in np.flatnonzero(legal)]
            assert set(acts) == set(game.choices(step.before, seat))
            for act in acts:
                game.apply(step.before, seat, act)  # raises where it is illegal
                assert encoding.act(dialogue.scenario, encoding.slot(dialogue.scenario, act)) == act


@pytest.mark.parametrize("env_id", in_few([*ONE_OF_EACH, TOY]))
def test_a_turn_is_whole_numbers_within_bounds(encodings, env_id):
    engine, encoding = encodings(env_id)
    for dialogue in played(engine):
        for turn in range(len(dialogue.steps)):
            row = encoding.row(View.of(dialogue, turn))
            assert row.shape == (len(encoding.sizes),) and (row >= 0).all() and (row < encoding.sizes).all()
            said = row[0] - 1
            assert (said < 0) == (turn == 0)


@pytest.mark.parametrize("env_id", [*ONE_OF_EACH, TOY])
def test_nothing_hidden_is_looked_at(encodings, env_id):
    engine, encoding = encodings(env_id)
    fresh = Encoding(engine.family, encoding.to_json())  # nothing is remembered
    for dialogue in played(engine, seeds=range(6)):
        blind = without_secrets(dialogue)
        for turn in range(len(dialogue.steps)):
            seen, told = View.of(blind, turn), View.of(dialogue, turn)
            assert (fresh.row(seen) == encoding.row(told)).all() and (fresh.legal(seen) == encoding.legal(told)).all()


@pytest.mark.parametrize("env_id", ONE_OF_EACH)
def test_equal_public_histories_are_told_alike_whatever_is_hidden(encodings, env_id):
    engine, encoding = encodings(env_id)
    first = engine.open([seeding.np_random(3)[0]], seeds=[3])[0]
    support, known, twins = list(first.setting.prior.support)[:60], {}, 0
    for hidden in support:
        dialogue = engine.open([seeding.np_random(3)[0]], {"scenario": first.scenario, "hidden": hidden})[0]
        for _ in range(3):
            if dialogue.done:
                break
            engine.step([dialogue], ["Hm."])
            history = str([step.exchange.replies for step in dialogue.steps]), str(dialogue.state)
            row = tuple(encoding.row(View.of(dialogue))) if not dialogue.done else ()
            other = known.setdefault(history, (hidden, row))
            assert other[1] == row
            twins += other[0] != hidden
    assert twins, "no two hidden states had an equal history: the test has compared nothing"


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Coaching-v0", "SpacingSmall-v0"])
def test_it_is_made_again_from_json(encodings, env_id):
    engine, encoding = encodings(env_id)
    again = Encoding(engine.family, json.loads(json.dumps(encoding.to_json())))
    assert again.slots == encoding.slots and again.sizes == encoding.sizes and again.columns == encoding.columns
    for dialogue in played(engine, seeds=range(6)):
        views = [View.of(dialogue, turn) for turn in range(len(dialogue.steps))]
        assert all((again.row(view) == encoding.row(view)).all() for view in views)
    assert Encoding(engine.family).to_json() == encoding.to_json()


# ---- what is relative to the scenario


def bargain(engine, list_price, ticks):
    """A bargain over something at a list price, in which so many ticks are offered one after the other."""
    scenario = next(one for one in engine.family.scenarios() if one.list_price == list_price)
    scenario = replace(scenario, value=17 * list_price // 20)
    dialogue = engine.open([seeding.np_random(1)[0]], {"scenario": scenario, "hidden": hidden_of(engine, scenario)})[0]
    for tick in ticks:
        if not dialogue.done:
            engine.step([dialogue], [f"[offer {tick * list_price // 20}]"])
    return dialogue


def hidden_of(engine, scenario):
    return engine.family.setting(scenario).prior.support[-1]


def test_prices_are_told_as_shares(encodings):
    engine, encoding = encodings("Negotiation-v0")
    prices = sorted({one.list_price for one in engine.family.scenarios()})
    cheap, dear = (bargain(engine, price, (9, 10, 12)) for price in (prices[0], prices[-1]))
    assert len(cheap.steps) == len(dear.steps) > 1
    same = np.array([True, *(column.path not in ("scenario.item", "scenario.detail") for column in encoding.columns)])
    for turn in range(len(cheap.steps)):
        rows = [encoding.row(View.of(dialogue, turn)) for dialogue in (cheap, dear)]
        assert (rows[0] == rows[1])[same].all()
    first, second = (encoding.slot(one.scenario, one.steps[0].act) for one in (cheap, dear))
    assert first is not None and first == second
    assert not any(
        column.path == "scenario.list_price" for column in encoding.columns
    )  # as a share of the scale it says nothing


def test_a_price_between_is_the_nearest(encodings):
    engine, encoding = encodings("Negotiation-v0")
    dialogue = bargain(engine, 400, ())
    offer = type(encoding.act(dialogue.scenario, 0))
    slot = encoding.slot(dialogue.scenario, offer(213))
    assert slot is not None and encoding.act(dialogue.scenario, slot) == offer(220)
    view = View.of(dialogue)._replace(said=offer(213))
    assert encoding.row(view)[0] == slot + 1


def test_names_are_told_by_their_place(encodings):
    engine, encoding = encodings("Coaching-v0")
    domains = {scenario.domain: scenario for scenario in engine.family.scenarios()}
    assert len(domains) > 1
    menus = [[encoding.act(scenario, slot) for slot in range(len(encoding.slots))] for scenario in domains.values()]
    assert all(len(set(acts)) == len(encoding.slots) for acts in menus)
    assert len({len(acts) for acts in menus}) == 1 and menus[0] != menus[1]


def test_an_act_that_nobody_can_choose_has_no_slot(encodings):
    engine, encoding = encodings("Negotiation-v0")
    scenario = engine.family.scenarios()[0]
    _, other = encodings("GuidedSolving-v0")
    stop = other.act(make_engine("GuidedSolving-v0").family.scenarios()[0], 0)
    assert encoding.slot(scenario, stop) is None and encoding.slot(scenario, Say()) is not None


def test_a_view_of_the_past_is_what_was_seen_then(encodings):
    engine, encoding = encodings("Tutoring-v0")
    seen = []

    class Watcher:
        name = "watcher"

        def respond(self, dialogues, streams):
            seen.append([(dialogue, encoding.row(View.of(dialogue))) for dialogue in dialogues])
            return make_policy("random", engine).respond(dialogues, streams)

    list(rollout(engine, Watcher(), range(8)))
    for turn, rows in enumerate(seen):
        for dialogue, row in rows:
            assert isinstance(dialogue, Dialogue) and (encoding.row(View.of(dialogue, turn)) == row).all()
