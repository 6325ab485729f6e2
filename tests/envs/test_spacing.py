"""Spaced repetition: its optimum and its bound, beliefs that stay products, its rules as an environment, its published claims."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief, ProductBelief
from dialogym.core.mind import Contradiction, foresee, listen
from dialogym.core.solver import ShortSighted, Solution
from dialogym.envs.make import make_engine
from dialogym.envs.registration import TABLE
from dialogym.envs.spacing.bounds import Bound, PricedCard, bound
from dialogym.envs.spacing.family import Spacing
from dialogym.envs.spacing.game import Answer, Calendar, Flashcards, Rest, Review, Trace, recall
from dialogym.envs.spacing.mind import MEMORIES, Memory, Student, answer
from dialogym.envs.spacing.optimum import Plan, SpacingSolution
from dialogym.envs.spacing.policies import HEURISTICS, sweep
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.spacing import best_fixed_plan

from ..core.brute_force import brute_force

SMALL = Spacing(**TABLE["SpacingSmall-v0"][1])
PLAIN = MEMORIES["default"]
TINY = Calendar(2, 2, 3, 6, 5)


def lesson(calendar=TINY, cards=2, cost=0.01, memory=PLAIN):
    game = Flashcards(tuple("abcdef"[:cards]), calendar, cost)
    return game, Student(game, memory)


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", list(MEMORIES))
@pytest.mark.parametrize(
    ("calendar", "cards"), [(Calendar(1, 3, 3, 6, 5), 2), (Calendar(3, 1, 4, 9, 12), 2), (Calendar(1, 2, 1, 4, 3), 3)]
)
def test_solver_against_unpruned_brute_force(memory, calendar, cards):
    game, mind = lesson(calendar, cards, memory=MEMORIES[memory])
    assert SpacingSolution(game, mind).start_value() == pytest.approx(brute_force(game, mind, "coach"), abs=1e-12)


@pytest.mark.parametrize("memory", list(MEMORIES))
def test_solver_agrees_with_the_solver_of_core_everywhere(memory):
    """Values, act values, branches and what the secret is worth: the joint enumeration of `Solution` comes to the same along a dialogue."""
    game, mind = lesson(memory=MEMORIES[memory])
    ours, joint = SpacingSolution(game, mind), Solution(game, mind, "coach")
    assert ours.known_value() == pytest.approx(joint.known_value(), abs=1e-12)
    rng = np.random.default_rng(0)
    for _ in range(6):
        state, belief = game.start(), mind.prior()
        while game.mover(state) is not None:
            plain = Belief(list(belief))
            expected = joint.act_values(state, plain)
            assert ours.value(state, belief) == pytest.approx(joint.value(state, plain), abs=1e-12)
            assert {act: pytest.approx(value, abs=1e-12) for act, value in expected.items()} == ours.act_values(
                state, belief
            )
            assert ours.act_value(state, belief, ours.best_act(state, belief)) == pytest.approx(
                ours.value(state, belief), abs=1e-12
            )
            branches = ours.branches(state, belief, list(expected)[rng.integers(len(expected))])
            assert math.fsum(p for p, _, _ in branches) == pytest.approx(1.0)
            _, state, belief = branches[rng.integers(len(branches))]


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_short_sight_is_the_best_of_what_the_next_turns_add(horizon):
    """Against a lesson that really ends there: the test is at the same time, and nothing is reviewed in the turns cut off."""
    calendar = Calendar(1, 4, 1, 7, 5)
    game, mind = lesson(calendar)
    short = Calendar(1, horizon, 1, calendar.test - horizon + 1, calendar.before)
    cut, shorter = lesson(short)
    assert short.test == calendar.test
    seen = SpacingSolution(game, mind).short_sighted(horizon)
    exact = SpacingSolution(cut, shorter)
    assert seen.value(game.start(), mind.prior()) == pytest.approx(exact.start_value(), abs=1e-12)
    assert seen.best_act(game.start(), mind.prior()) == exact.best_act(cut.start(), shorter.prior())
    assert not isinstance(seen, ShortSighted)


def test_one_card_in_one_turn_in_closed_form():
    """Review if recall at the test gains more than it costs: p [u r(2) + (1-u) r(l)] + (1-p) [learn r(1) + (1-learn) r(0)] against r with the old gap."""
    memory = Memory((1.0, 4.0), (0.0, 1.0), (0.0, 1.0), 0.0, (0.5, 0.5), (1.0, 1.0), (0.5, 0.5))
    game, mind = lesson(Calendar(1, 1, 1, 3, 2), 1, 0.02, memory)
    p = 2 ** (-2 / 4)
    reviewed = p * 2 ** (-3 / 4) + (1 - p) * (0.5 * 2 ** (-3 / 4) + 0.5 * 2**-3) - 0.02
    solution = SpacingSolution(game, mind)
    values = solution.act_values(game.start(), mind.prior())
    assert values == {Rest(): pytest.approx(2 ** (-5 / 4)), Review("a"): pytest.approx(reviewed)}
    assert solution.start_value() == pytest.approx(max(reviewed, 2 ** (-5 / 4)))


def test_a_belief_that_ties_cards_together_is_refused():
    game, mind = lesson()
    one, other = mind.prior().support[0], mind.prior().support[-1]
    with pytest.raises(ValueError, match="ProductBelief"):
        SpacingSolution(game, mind).value(game.start(), Belief.uniform([one, other]))
    assert SpacingSolution(game, mind).value(game.start(), Belief.certain(one)) > 0.0


def test_what_is_out_of_reach_says_so():
    family = Spacing()
    solution = family.setting(family.scenarios()[0]).solution
    start, prior = solution.game.start(), solution.mind.prior()
    for ask in (
        solution.start_value,
        solution.known_value,
        lambda: solution.value(start, prior),
        lambda: solution.best_act(start, prior),
    ):
        with pytest.raises(NotImplementedError, match=r"10 cards in 30 turns is out of reach; Spacing\.bound"):
            ask()
    assert isinstance(solution.short_sighted(1).best_act(start, prior), Review | Rest)


# ---- the bound -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", list(MEMORIES))
@pytest.mark.parametrize(
    ("calendar", "cards", "cost"),
    [(TINY, 2, 0.01), (TINY, 3, 0.0), (Calendar(3, 1, 4, 9, 12), 4, 0.02), (Calendar(1, 5, 1, 4, 8), 2, 0.0)],
)
def test_the_bound_is_one_and_finer_grids_are_tighter(memory, calendar, cards, cost):
    game, mind = lesson(calendar, cards, cost, MEMORIES[memory])
    best = SpacingSolution(game, mind).start_value()
    found = [Bound(MEMORIES[memory], calendar, cards, cost, resolution).value for resolution in (1, None)]
    assert best - 1e-9 <= found[1] <= found[0] + 1e-9
    assert found[1] <= 1.25 * best


def test_any_prices_give_a_bound():
    game, mind = lesson(TINY, 3)
    best = SpacingSolution(game, mind).start_value()
    card = PricedCard(PLAIN, TINY, 3, 0.01, 4)
    for seed in range(20):
        prices = np.random.default_rng(seed).random(4) * 0.2
        assert prices.sum() + 3 * card.solve(prices) >= best - 1e-9


def test_the_priced_card_is_its_own_partially_observed_problem():
    """Without a limit on reviews a turn, one card alone: the grid lies above its exact value at every price and comes near it; on free turns it is the optimum."""
    prices = np.array([0.03, 0.0, 0.05, 0.01])

    def exact(turn, seen, belief):
        base = Plan(PLAIN, TINY, 1, 0.01)
        if turn == 4:
            return belief.expectation(lambda trace: recall(trace.half_life, TINY.test - seen))
        now, rest = TINY.times[turn], exact(turn + 1, seen, belief)
        reviewed = sum(
            p * exact(turn + 1, now, base.beliefs[after])
            for p, after, _ in base.review(base.number(belief), now - seen)
        )
        return max(rest, reviewed - 0.01 - prices[turn])

    value = exact(0, -TINY.before, PLAIN.prior)
    gaps = [PricedCard(PLAIN, TINY, 1, 0.01, resolution).solve(prices) - value for resolution in (1, 4, 16)]
    assert gaps[0] >= gaps[1] >= gaps[2] >= -1e-12 and gaps[2] < 0.01
    game, mind = lesson(cards=1)
    assert PricedCard(PLAIN, TINY, 1, 0.01, 16).solve(np.zeros(4)) == pytest.approx(
        SpacingSolution(game, mind).start_value(), abs=0.01
    )


def test_the_slope_of_the_bound_is_the_use_of_the_turns():
    """The subgradient against finite differences, at random prices where the plan does not change."""
    card, step = PricedCard(PLAIN, TINY, 3, 0.01, 6), 1e-7
    prices = np.array([0.031, 0.017, 0.023, 0.011])
    start = card.solve(prices)
    use = card.use()
    for turn in range(4):
        raised = prices.copy()
        raised[turn] += step
        assert (card.solve(raised) - start) / step == pytest.approx(-use[turn], abs=1e-4)


def test_interpolation_keeps_the_mean():
    card = PricedCard(MEMORIES["mixed"], TINY, 2, 0.0, 3)
    beliefs = np.random.default_rng(0).dirichlet(np.full(len(card.traces), 0.4), size=300)
    beliefs = np.vstack([beliefs, np.eye(len(card.traces)), np.full(len(card.traces), 1 / len(card.traces))])
    places, weights = card._interpolate(beliefs)
    np.testing.assert_allclose((weights[..., None] * card.grid[places]).sum(axis=1), beliefs, atol=1e-9)
    assert (weights >= 0.0).all()


def test_the_registered_bounds():
    """As published: within 6% of the optimum for three cards; for ten, the index policy comes within 5% of the bound."""
    assert optimum(SMALL) <= SMALL.bound(SMALL.scenarios()[0]) <= 1.06 * optimum(SMALL)
    large = Spacing()
    best = large.bound(large.scenarios()[0])
    returns = [dialogue.steps[-1].payoff for dialogue in play("Spacing-v0", "index", range(400))]
    error = np.std(returns) / len(returns) ** 0.5
    assert 0.94 * best <= np.mean(returns) <= best + 2 * error
    seen = bound(PLAIN, large.calendar, large.cards, large.cost, 1)
    assert best < 0.95 * seen.value


# ---- beliefs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", list(MEMORIES))
def test_the_factored_filter_is_the_joint_filter(memory):
    """Along random lessons: the product and the belief that lists every hidden state agree, and so does the mind whose parts nobody told of."""

    class Joint:
        def __init__(self, mind):
            self.react = mind.react

    game, mind = lesson(memory=MEMORIES[memory])
    for seed in range(10):
        rng = np.random.default_rng(seed)
        state, factored, hidden = game.start(), mind.prior(), mind.prior().sample(rng)
        joint = Belief(list(factored))
        while state.mover is not None:
            state = game.apply(state, "coach", list(game.choices(state, "coach"))[rng.integers(3)])
            foreseen = {act: (p, after) for act, p, after in foresee(mind, factored, state)}
            hidden, act = mind.react(hidden, state).sample(rng)
            after = listen(mind, factored, state, act)
            assert isinstance(after, ProductBelief) and foreseen[act][1] == after
            joint = listen(Joint(mind), joint, state, act)
            assert {outcome: pytest.approx(p, abs=1e-12) for outcome, p in after} == dict(joint)
            state, factored = game.apply(state, "student", act), after
        assert factored.probability(hidden) > 0.0


def test_react_is_made_of_what_the_card_does():
    game, mind = lesson(cards=3)
    state = game.apply(game.start(), "coach", Review("b"))
    for hidden in mind.prior().support[::5]:
        one = mind.react_factor(hidden[1], state)
        assert mind.react(hidden, state) == Belief((((hidden[0], after, hidden[2]), act), p) for (after, act), p in one)


def test_impossible_answers_are_contradictions():
    game, mind = lesson()
    talking, asked = game.apply(game.start(), "coach", Rest()), game.apply(game.start(), "coach", Review("a"))
    for state, act in ((talking, Answer("right")), (asked, Review("a"))):
        with pytest.raises(Contradiction):
            listen(mind, mind.prior(), state, act)


def test_beliefs_of_the_large_deck_are_exact_and_calibrated():
    """A product all along; and what is held likely happens as often as it is held likely."""
    stated, true, entropies = [], [], []
    for dialogue in rollout(
        make_engine("Spacing-v0"), FunctionPolicy("x", lambda d, s: HEURISTICS["threshold"](d, s)), range(150)
    ):
        belief = dialogue.belief()
        assert isinstance(belief, ProductBelief) and belief.probability(dialogue.hidden) > 0.0
        entropies.append((dialogue.belief_at(0).entropy, belief.entropy))
        for factor, trace in zip(belief.factors, dialogue.hidden, strict=True):
            for candidate in PLAIN.traces:
                stated.append(factor.probability(candidate))
                true.append(candidate == trace)
    stated, true = np.array(stated), np.array(true)
    for low, high in itertools.pairwise([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01]):
        inside = (stated >= low) & (stated < high)
        if inside.sum() > 100:
            assert true[inside].mean() == pytest.approx(stated[inside].mean(), abs=4 * (0.25 / inside.sum()) ** 0.5)
    assert np.mean(entropies, axis=0)[0] > np.mean(entropies, axis=0)[1]


# ---- the memory model ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", MEMORIES.values(), ids=list(MEMORIES))
def test_a_late_success_gains_more_and_a_failure_starts_anew(memory):
    for trace in memory.traces:
        p = [
            answer(memory, trace, gap).map(lambda outcome: outcome[1]).probability(Answer("right"))
            for gap in (1, 5, 25)
        ]
        assert p == [pytest.approx(2 ** (-gap / trace.half_life)) for gap in (1, 5, 25)] and p[0] > p[1] > p[2]
        rises = []
        for gap in (1, 5, 25):
            outcomes = answer(memory, trace, gap)
            right = [(after, q) for (after, act), q in outcomes if act == Answer("right")]
            assert {after.level - trace.level for after, _ in right} <= {0, 1} and {
                after.hard for (after, _), _ in outcomes
            } == {trace.hard}
            rises.append(
                sum(q for after, q in right if after.level > trace.level) / max(1e-300, sum(q for _, q in right))
            )
            assert {after.level for (after, act), _ in outcomes if act != Answer("right")} <= {0, 1}
        assert rises[0] <= rises[1] <= rises[2] and (
            rises[2] > rises[0] or trace.level in (0, len(memory.half_lives) - 1)
        )


def test_hidden_states_that_answer_alike_look_alike():
    """Words follow the answer: students of every memory who say the same result say it in the same words."""
    engine = make_engine("SpacingSmall-v0")
    said: dict[tuple, set[str]] = {}
    for hidden in engine.family.setting(engine.family.scenarios()[0]).prior.support:
        for seed in range(6):
            dialogue = engine.open(
                [np.random.default_rng(seed)], {"scenario": engine.family.scenarios()[0], "hidden": hidden}
            )[0]
            step = engine.step([dialogue], [f"[review {dialogue.scenario.cards[0]}]"])[0]
            said.setdefault((seed, step.exchange.replies[0][2]), set()).add(step.reply)
    assert (
        len(said) > 6
        and len({next(iter(words)) for words in said.values()}) > 6
        and all(len(words) == 1 for words in said.values())
    )


# ---- rules -----------------------------------------------------------------------------------------------------------


def test_the_calendar():
    assert Calendar(2, 3, 5, 7, 4).times == (0, 1, 2, 7, 8, 9) and Calendar(2, 3, 5, 7, 4).test == 16
    assert Calendar(2, 3).closes == ("", "", "session", "", "", "lesson")
    game, _ = lesson(Calendar(1, 3, 1, 2, 4))
    state = game.start()
    for act, reply in ((Review("b"), Answer("blank")), (Rest(), None), (Review("a"), Answer("right"))):
        state = game.apply(state, "coach", act)
        state = game.apply(state, "student", reply or Rest())
    assert state.mover is None and state.seen == (2, 0) and state.reviews == 2
    hidden = (Trace(0, 2.0, False), Trace(1, 8.0, False))
    assert game.payoff(state, "coach", hidden) == pytest.approx((2 ** (-2 / 2) + 2 ** (-4 / 8)) / 2 - 0.02)
    assert game.expected_payoff(state, "coach", [Belief.certain(trace) for trace in hidden]) == pytest.approx(
        game.payoff(state, "coach", hidden)
    )


def play_out(texts, seed=0, env_id="SpacingSmall-v0", **settings):
    env = gym.make(env_id, **settings).unwrapped
    env.reset(seed=seed, options={"scenario": {"deck": "spanish", "cards": ["perro", "jabón", "llave"]}})
    results = [env.step(text) for text in texts]
    return env, results


def test_a_lesson_from_start_to_end():
    env, results = play_out(
        [
            "[review perro]",
            "[review JABON]",
            "Hm.",
            "[rest]",
            "what about llave?",
            "[review jabón]",
            "[review perro]",
            "[rest]",
        ]
    )
    assert [result[2] for result in results] == [False] * 7 + [True]
    outcome, hidden = results[-1][4]["outcome"], results[-1][4]["hidden"]
    assert outcome["reviews"] == 5 and outcome["unseen"] == 0 and set(hidden) == {"perro", "jabón", "llave"}
    assert results[-1][1] == pytest.approx(outcome["recall"] - 5 * 0.015)
    assert all(result[1] == 0.0 for result in results[:-1])


def test_no_such_card():
    _, results = play_out(["[review gato]"])
    assert results[0][4]["problem"] == "illegal" and "perro, jabón, llave" in results[0][0]


def test_both_faces_of_a_turn_that_passes_are_worth_the_same():
    game, mind = lesson()
    solution = SpacingSolution(game, mind)
    assert solution.act_value(game.start(), mind.prior(), Say()) == solution.act_value(
        game.start(), mind.prior(), Rest()
    )


# ---- claims ----------------------------------------------------------------------------------------------------------


def test_planning_and_listening_matter():
    """The published claims about the small preset, exactly; see docs/spacing.md."""
    best = optimum(SMALL)
    got = {name: expected_return(SMALL, name) / best for name in ("myopic", "lookahead", *HEURISTICS)}
    assert got.pop("index") <= 1.0 + 1e-9  # a planner: it uses the prices of the bound
    assert max(got.values()) <= 0.9
    assert max(got[name] for name in ("round-robin", "cram", "leitner", "sm2")) <= 0.75
    plan, cards = best_fixed_plan(SMALL)
    assert plan <= 0.85 * best and sorted(sum(cards, ())) == sorted(set(sum(cards, ())))


def test_the_best_fixed_plan_is_what_it_is_said_to_be():
    """Played as a policy it gets its value; and no other plan that asks each card as often gets more."""
    family = replace(SMALL, cards=2, sessions=2, turns=2)

    def follow(plan):
        return FunctionPolicy(
            "plan",
            lambda d, s: next(
                (f"[review {d.scenario.cards[i]}]" for i, own in enumerate(plan) if len(d.steps) in own), "[rest]"
            ),
        )

    value, plan = best_fixed_plan(family)
    assert expected_return(family, follow(plan)) == pytest.approx(value, abs=1e-12)
    every = [
        tuple(tuple(t for t in range(4) if choice[t] == card) for card in range(2))
        for choice in itertools.product(range(3), repeat=4)
    ]
    assert max(expected_return(family, follow(other)) for other in every) == pytest.approx(value, abs=1e-12)


def test_index_uses_what_it_knows():
    assert expected_return(SMALL, "index") >= 0.97 * optimum(SMALL)


def test_the_sweep_holds_only_policies_that_run():
    engine = make_engine("SpacingSmall-v0")
    for name, speak in list(sweep().items())[::4]:
        dialogue = next(rollout(engine, FunctionPolicy(name, speak), [4]))
        assert dialogue.over and not any(step.problem for step in dialogue.steps), name


@pytest.mark.parametrize("name", ["random", "scripted", "terse", *HEURISTICS])
@pytest.mark.parametrize("grammar", ["natural", "tagged"])
def test_baselines_never_lose_a_turn(name, grammar):
    for env_id in ("Spacing-v0", "SpacingSmall-v0"):
        dialogues = list(play(env_id, name, range(12), grammar=grammar))
        assert all(dialogue.over for dialogue in dialogues) and not any(
            step.problem for dialogue in dialogues for step in dialogue.steps
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cards": 0}, "cards must be a whole number from 1 to 20, got 0"),
        ({"cards": 2.5}, "cards must be"),
        ({"sessions": 11}, "sessions must be"),
        ({"turns": True}, "turns must be"),
        ({"pause": 0}, "pause must be"),
        ({"exam": -1}, "exam must be"),
        ({"before": 0}, "before must be"),
        ({"cost": 2.0}, "cost must be a number from 0 to 1"),
        ({"cost": float("nan")}, "cost must be"),
        ({"memory": "elephant"}, "memory must be one of default, mixed"),
        ({"colour": "red"}, "valid settings are cards"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Spacing-v0", **settings)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ({"deck": "klingon"}, "deck must be one of spanish"),
        ({"deck": "capitals"}, "cards must be 3 different cards of the deck 'capitals'"),
        ({"deck": "spanish", "cards": ["perro", "perro", "llave"]}, "different cards"),
        ({"deck": "spanish", "cards": ["perro"]}, "cards must be 3"),
    ],
)
def test_wrong_scenarios(scenario, message):
    start = {"deck": "spanish", "cards": ["perro", "sopa", "llave"]}
    with pytest.raises(ValueError, match=message):
        gym.make("SpacingSmall-v0").reset(options={"scenario": start | scenario})


def test_other_settings_play():
    for settings in ({"memory": "mixed"}, {"cards": 20, "sessions": 1}, {"cards": 1, "sessions": 1, "turns": 1}):
        env = gym.make("Spacing-v0", **settings)
        brief, _ = env.reset(seed=1)
        assert ("hard" in brief) == (settings.get("memory") == "mixed") and f"{settings.get('cards', 10)} card" in brief
        for _ in range(200):
            if env.step("[rest]")[2]:
                break
        else:
            raise AssertionError("never over")
