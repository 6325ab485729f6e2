"""Price bargaining: its optimum, its rules as an environment, its published claims."""

from __future__ import annotations

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.game import Accept, Offer, PriceBargaining, Walk
from dialogym.envs.negotiation.mind import POPULATIONS, Haggler, Population
from dialogym.evaluation.brute_force import brute_force
from dialogym.policies.collect import play


class Coarse(PriceBargaining):
    """Offers at each tick up to the list price: everything above is dominated, and the brute force stays feasible."""

    def prices(self):
        return tuple(range(8, 21)) if self.opener == "seller" else tuple(range(12, 25))


@pytest.mark.parametrize("seat", ["buyer", "seller"])
def test_solver_against_unpruned_brute_force(seat):
    population = Population(
        floors=((10, 1.0), (13, 2.0), (16, 1.0)),
        tactics=(("boulware", 1.0), ("conceder", 1.0), ("holder", 1.0), ("reciprocator", 2.0)),
    )
    partner = "seller" if seat == "buyer" else "buyer"
    values = (16, None) if seat == "buyer" else (None, 16)
    game = Coarse(20, partner, values, 3, 0.9)
    mind = Haggler(game, partner, population)
    assert Solution(game, mind, seat, mind.candidates).start_value() == pytest.approx(
        brute_force(game, mind, seat), abs=1e-12
    )


@pytest.mark.parametrize("population", list(POPULATIONS))
def test_pruned_candidates_lose_nothing(population):
    game = PriceBargaining(20, "seller", (16, None), 6, 0.93)
    mind = Haggler(game, "seller", POPULATIONS[population])
    pruned, full = Solution(game, mind, "buyer", mind.candidates), Solution(game, mind, "buyer")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


def test_pruned_candidates_lose_nothing_at_any_price():
    """Prices between ticks, above the list price and absurd ones: none is better than what the solver considers."""
    game = PriceBargaining(100, "seller", (80, None), 4, 0.95)
    mind = Haggler(game, "seller")
    solution = Solution(game, mind, "buyer", mind.candidates)
    engine = make_engine("Negotiation-v0", rounds=4)
    dialogue = engine.open([np.random.default_rng(0)], {"scenario": {"list_price": 100, "value": 80}})[0]
    while not dialogue.done:
        best = solution.value(dialogue.state, dialogue.belief())
        for price in range(1, 201):
            assert solution.act_value(dialogue.state, dialogue.belief(), Offer(price)) <= best + 1e-12
        engine.step([dialogue], ["[offer 53]"])


def test_roles_mirror_each_other():
    """A seller who gives up what a buyer pays has the same optimum: both sides bargain over the same range."""
    buyer, seller = Negotiation(), Negotiation(role="seller")
    for one, other in zip(buyer.scenarios()[:5], seller.scenarios()[:5], strict=True):
        assert buyer.setting(one).solution.start_value() == pytest.approx(
            seller.setting(other).solution.start_value(), abs=1e-12
        )


def test_scale_does_not_matter():
    family = Negotiation()
    values = {
        s.list_price: family.setting(s).solution.start_value()
        for s in family.scenarios()
        if s.value * 20 == 17 * s.list_price
    }
    assert len(values) > 5 and len(set(values.values())) == 1
    game = PriceBargaining(240, "seller", (204, None))
    mind = Haggler(game, "seller")
    assert Solution(game, mind, "buyer", mind.candidates).start_value() == pytest.approx(values[240], abs=1e-12)


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_nobody_goes_below_their_floor(role):
    family, deals = Negotiation(role=role), 0
    for dialogue in play("Negotiation-v0", "random", range(3000), role=role):
        if (price := dialogue.state.deal) is not None:
            deals += 1
            reservation = family.reveal(dialogue.scenario, dialogue.hidden)["reservation"]
            assert price >= reservation if role == "buyer" else price <= reservation
    assert deals > 500


@pytest.mark.long
def test_planning_matters():
    """The published claims about the default settings, exactly: see docs/negotiation.md."""
    from dialogym.envs.negotiation.policies import HEURISTICS
    from dialogym.evaluation.exact import expected_return

    family = Negotiation()
    optimum = expected_return(family, "optimal")
    assert expected_return(family, "myopic") <= 0.75 * optimum
    assert expected_return(family, "lookahead") <= 0.75 * optimum
    assert max(expected_return(family, name) for name in HEURISTICS) <= 0.85 * optimum
    scenarios = {s.value * 20 // s.list_price: s for s in family.scenarios()}.values()
    known = np.mean([family.setting(s).solution.known_value() for s in scenarios])
    assert known >= 1.03 * optimum


@pytest.mark.long
def test_hard_punishes_short_sight_and_rules_of_thumb():
    """Exactly: what the registered hard variant is for.

    The optimum is small but not nothing, and it takes planning, adapting and finding out to get it.
    """
    from dialogym.envs.negotiation.policies import HEURISTICS
    from dialogym.envs.registration import TABLE
    from dialogym.evaluation.exact import expected_return

    family = Negotiation(**TABLE["NegotiationHard-v0"][1])
    optimum = expected_return(family, "optimal")
    assert optimum >= 0.05
    assert expected_return(family, "lookahead") <= 0.75 * optimum
    assert max(expected_return(family, name) for name in HEURISTICS) <= 0.75 * optimum
    assert expected_return(family, "clairvoyant") >= 1.05 * optimum


def test_easy_is_easier():
    from dialogym.envs.registration import TABLE
    from dialogym.evaluation.exact import expected_return

    optima = [
        expected_return(Negotiation(**TABLE[env_id][1]), "optimal")
        for env_id in ("NegotiationHard-v0", "Negotiation-v0", "NegotiationEasy-v0")
    ]
    assert optima[0] < 0.5 * optima[1] < 0.25 * optima[2]


def test_one_scenario_in_six_has_no_zone_of_agreement():
    family, share, floors = Negotiation(), [], POPULATIONS["default"].types.map(lambda t: t.floor)
    for value in family.values:
        share.append(sum(p for floor, p in floors if floor > value))
    assert np.mean(share) == pytest.approx(1 / 6, abs=0.02)


def test_scenarios():
    family = Negotiation()
    assert len({s.item for s in family.scenarios()}) >= 40
    for scenario in family.scenarios():
        assert scenario.list_price % 20 == 0 and scenario.value * 20 % scenario.list_price == 0


def outcome_of(script, seed=0, **settings):
    env = gym.make("Negotiation-v0", **settings)
    env.reset(seed=seed, options={"scenario": {"list_price": 100, "value": 90}})
    for text in script:
        _, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info
    raise AssertionError("not over")


def test_paying_the_list_price_is_no_success():
    reward, info = outcome_of(["[accept]"])
    assert reward == pytest.approx(-0.1)
    assert info["outcome"]["deal"] and info["outcome"]["false_deal"] and info["outcome"]["agreed_price"] == 100


def test_overpaying_costs_its_real_amount():
    reward, info = outcome_of(["I insist: [offer 150]"])
    assert reward == pytest.approx(-0.6) and info["outcome"]["price"] == 1.5


def test_walking_pays_nothing():
    reward, info = outcome_of(["Hello.", "[walk]"])
    assert reward == 0.0 and not info["outcome"]["deal"] and info["outcome"]["ending"] == "walk"


def test_the_discount_is_a_round():
    rewards = [outcome_of(["Hello."] * wait + ["[offer 100]"])[0] for wait in (0, 1, 2)]
    assert rewards == pytest.approx([-0.1, -0.1 * 0.96, -0.1 * 0.96**2])


def test_the_deadline_ends_it():
    env = gym.make("Negotiation-v0", rounds=4)
    env.reset(seed=0)
    flags = [env.step("Hm.")[2] for _ in range(4)]
    assert flags == [False, False, False, True]


def test_illegal_prices_are_explained():
    env = gym.make("Negotiation-v0")
    env.reset(seed=0, options={"scenario": {"list_price": 100, "value": 90}})
    obs, _, _, _, info = env.step("[offer 999999]")
    assert info["problem"] == "illegal" and "from 1 to 200" in obs


def test_custom_rewards_and_roles_together():
    @dialogym.register_reward("quick")
    def quick(step):
        return -1.0 if not step.over else 0.0

    env = gym.make("Negotiation-v0", reward={"goal": 1.0, "quick": 0.02}, role="seller", grammar="tagged")
    env.reset(seed=0)
    _, reward, _, _, info = env.step("Would you take it for 50?")
    assert reward == pytest.approx(-0.02) and info["reward_terms"] == {"goal": 0.0, "quick": -0.02}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"role": "thief"}, "role must be one of buyer, seller"),
        ({"grammar": "klingon"}, "grammar must be one of natural, tagged"),
        ({"reward": "gaol"}, "reward must be one of .*goal"),
        ({"reward": {"goal": float("nan")}}, "weight of reward 'goal'"),
        ({"rounds": 0}, "rounds must be"),
        ({"discount": 1.5}, "discount must be"),
        ({"population": "mars"}, "population must be one of default"),
        ({"colour": "red"}, "valid settings are role"),
        ({"user": "nobody"}, "user must be"),
        ({"values": (99,)}, "values must be"),
    ],
)
def test_wrong_arguments(settings, message):
    for make in (gym.make, lambda env_id, **kw: gym.make_vec(env_id, num_envs=2, **kw)):
        with pytest.raises(ValueError, match=message):
            make("Negotiation-v0", **settings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"secret": 1}, "options may hold scenario, hidden and persona"),
        ({"scenario": {"list_price": 33}}, "list_price must be"),
        ({"scenario": {"colour": 1}}, "may hold item"),
        ({"hidden": 7}, "must be one of the possible hidden states"),
        ({"persona": "ghost"}, "must be one of"),
    ],
)
def test_wrong_reset_options(options, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Negotiation-v0").reset(options=options)


def test_acts_are_what_the_solver_speaks():
    env = gym.make("Negotiation-v0").unwrapped
    env.reset(seed=0)
    assert all(
        isinstance(act, (Offer, Accept, Walk)) or env.engine.grammar.print(act) == "" for act in env.act_values()
    )
