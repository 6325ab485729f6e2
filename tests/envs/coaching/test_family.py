"""Coaching: its optimum, its rules as an environment, the published numbers about clients who can be led."""

from __future__ import annotations

import math
import re

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.mind import Contradiction, blind_listen, listen
from dialogym.core.solver import Solution
from dialogym.envs.coaching.domains import DOMAINS, PATTERN, PRESETS, extract
from dialogym.envs.coaching.family import Coaching
from dialogym.envs.coaching.game import Answer, Ask, Consultation, Leave, Recommend, Session, Suggest
from dialogym.envs.coaching.mind import Client
from dialogym.envs.coaching.policies import HEURISTICS, sweep
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.scripts.pages.coaching import farm, gains, pair, planned

VARIANTS = {
    env_id: settings for env_id, (path, settings) in TABLE.items() if path == "dialogym.envs.coaching.family:Coaching"
}


def make(env_id="Coaching-v0", **settings):
    return load_family("dialogym.envs.coaching.family:Coaching", {**VARIANTS[env_id], **settings})


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("turns", "pushing"), [(2, True), (3, True), (4, False)])
def test_solver_against_unpruned_brute_force(turns, pushing):
    """Three strategies, attributes of one and of two traits, uneven credit, with and without suggestions."""
    credit = ((1.0, 0.3, 0.0), (0.3, 1.0, 0.1), (0.0, 0.2, 0.9))
    game = Consultation(("a", "b", "c"), ("x", "y", "z"), credit, turns, 0.03, pushing)
    mind = Client(game, ((1, 1, 0), (1, 1, -1), (-1, -1, 1)), 0.8, 0.5 if pushing else 0.0)
    assert mind.groups == ((0, 1), (2,))
    exact = Solution(game, mind, "coach", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "coach"), abs=1e-12)
    assert exact > max(sum(row[k] for row in credit) / 3 for k in range(3)) + 0.01  # it pays to ask


@pytest.mark.parametrize(
    "settings",
    [{"preset": "small", "turns": 4}, {"preset": "pair", "turns": 5, "conformity": 0.6, "reliability": 0.75}],
)
def test_pruned_candidates_lose_nothing(settings):
    setting = Coaching(**settings).setting(Coaching().scenarios()[0])
    game, mind = setting.game, setting.mind
    pruned, full = Solution(game, mind, "coach", mind.candidates), Solution(game, mind, "coach")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


def test_a_shared_solution_is_right_whatever_was_asked_in_whatever_domain():
    """Attributes asked about in an odd order, in the words of another domain: beside a solution that knows no symmetry."""
    family = Coaching("small", turns=5, cost=0.03, reliability=0.8)
    rng = np.random.default_rng(0)
    scenarios = {scenario.domain: scenario for scenario in family.scenarios()}
    assert len(classes(family)) == 1 and len(scenarios) >= 2
    for scenario in scenarios.values():
        setting = family.setting(scenario)
        game = setting.game
        full = Solution(game, setting.mind, "coach")
        for _ in range(4):
            state, belief = Session(0, "coach"), setting.prior
            for place in rng.permutation(len(game.attributes))[:2]:
                courses = setting.seen(state, belief, Ask(game.attributes[place]))
                _, exchange, belief = courses[rng.integers(len(courses))]
                state = exchange.after
            assert setting.solution.value(state, belief) == pytest.approx(full.value(state, belief), abs=1e-12)
            best = setting.solution.best_act(state, belief)
            assert full.act_value(state, belief, best) == pytest.approx(full.value(state, belief), abs=1e-12)
            for horizon in (1, 2):
                short, long = (s.short_sighted(horizon).best_act(state, belief) for s in (setting.solution, full))
                assert full.short_sighted(horizon).act_value(state, belief, short) == pytest.approx(
                    full.short_sighted(horizon).act_value(state, belief, long), abs=1e-12
                )


@pytest.mark.parametrize("questions", [1, 3, 5])
def test_majority_vote_in_closed_form(questions):
    """Two strategies and questions for nothing: ask them all and go with the majority."""
    family = Coaching("pair", turns=questions + 1, cost=0.0, near=0.0, reliability=0.75)
    right = sum(
        math.comb(questions, k) * 0.75**k * 0.25 ** (questions - k) for k in range(questions // 2 + 1, questions + 1)
    )
    assert optimum(family) == pytest.approx(right, abs=1e-12)


def test_the_large_optimum_by_counting():
    """Backward induction over the numbers of yeses and noes a trait, written from the rules and sharing no code with the solver."""
    family, traits, most = make(), len(PATTERN[0]), 4
    yes = np.array([[0.5 + side * (family.reliability - 0.5) for side in row] for row in PATTERN])
    agree = np.array([[sum(a != b for a, b in zip(r, s, strict=True)) for s in PATTERN] for r in PATTERN])
    credit = np.where(agree == 0, 1.0, np.where(agree == 1, family.near, 0.0))
    layers = [{(0,) * (2 * traits): np.full(8, 1 / 8)}]
    for _ in range(family.turns - 1):
        layers.append(after := {})
        for counts, mass in layers[-2].items():
            for k in range(2 * traits):
                if counts[k] + counts[k ^ 1] < most:
                    likelihood = yes[:, k // 2] if k % 2 == 0 else 1 - yes[:, k // 2]
                    after.setdefault((*counts[:k], counts[k] + 1, *counts[k + 1 :]), mass * likelihood)
    values = {}
    for asked, layer in reversed(list(enumerate(layers))):
        later, values = values, {}
        for counts, mass in layer.items():
            best = (mass @ credit).max() - family.cost * asked * mass.sum()
            for k in range(0, 2 * traits, 2) if later else ():
                if counts[k] + counts[k + 1] < most:
                    best = max(best, sum(later[(*counts[:j], counts[j] + 1, *counts[j + 1 :])] for j in (k, k + 1)))
            values[counts] = best
    assert optimum(family) == pytest.approx(values[(0,) * (2 * traits)], abs=1e-12)
    assert sum(map(len, layers)) == family.setting(family.scenarios()[0]).mind.information_states() == 7703


def test_told_the_secret_one_recommends_at_once():
    for env_id in VARIANTS:
        setting = make(env_id).setting(make(env_id).scenarios()[0])
        assert setting.solution.known_value() == pytest.approx(1.0)


@pytest.mark.long
@pytest.mark.parametrize("env_id", ["Coaching-v0", "CoachingSmall-v0"])
def test_planning_matters(env_id):
    """The published claims, exactly: see docs/coaching.md. Every questionnaire is among those tried."""
    family = make(env_id)
    best = optimum(family)
    assert expected_return(family, "optimal") == pytest.approx(best, abs=1e-9)
    assert expected_return(family, "myopic") <= 0.5 * best
    assert expected_return(family, "lookahead") <= 0.9 * best
    assert expected_return(family, "recommend-now") <= 0.5 * best
    assert expected_return(family, "max-entropy") <= 0.9 * best
    counts = [count for _, count in PRESETS[family.preset].attributes]
    fixed = {
        n: expected_return(family, FunctionPolicy(n, s))
        for n, s in sweep(len(counts), max(counts)).items()
        if n.startswith("questionnaire")
    }
    assert max(fixed.values()) <= 0.9 * best
    assert max(fixed.values()) == pytest.approx(expected_return(family, "questionnaire"), abs=1e-9)
    assert 0.93 * best <= expected_return(family, "information-gain") <= 0.97 * best


@pytest.mark.long
def test_random_is_far_below_and_the_human_like_coach_in_between():
    for env_id in VARIANTS:
        mean = {
            name: np.mean([d.steps[-1].payoff for d in play(env_id, name, range(1500))])
            for name in ("random", "scripted")
        }
        best = optimum(make(env_id))
        assert mean["random"] < 0.5 * best < 0.7 * best < mean["scripted"] < 0.95 * best, env_id


# ---- clients who can be led ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "hear", "entropy", "log_accuracy"),
    [
        ("suggest", blind_listen, 0.750, -1.18),
        ("ask", blind_listen, 0.677, 0.677),
        ("ask", listen, 0.677, 0.677),
        ("suggest", listen, 0.244, 0.244),
    ],
)
def test_published_gains(plan, hear, entropy, log_accuracy):
    """Two equally likely types, 6 turns; asked, a client answers its type with probability .75; pushed, it conforms with probability .6, else answers honestly."""
    found = gains(pair(), planned()[plan], 6, hear)
    assert found.entropy == pytest.approx(entropy, abs=5e-4)
    assert found.log_accuracy == pytest.approx(log_accuracy, abs=5e-3 if log_accuracy < 0 else 5e-4)
    control_index = found.entropy - found.log_accuracy
    assert control_index == pytest.approx(1.93 if (plan, hear) == ("suggest", blind_listen) else 0.0, abs=5e-3)


def test_gains_are_those_of_dialogues():
    """The same numbers from dialogues that were played."""
    engine = make_engine("CoachingSuggestible-v0")
    entropy = log_accuracy = 0.0
    seeds = range(3000)
    push = FunctionPolicy("push", lambda d, s: f"[suggest {d.setting.game.strategies[0]}]")
    for dialogue in play("CoachingSuggestible-v0", push, seeds):
        belief = dialogue.setting.prior
        for step in dialogue.steps[:6]:
            for state, _, act in step.exchange.replies:
                belief = blind_listen(dialogue.setting.mind, belief, state, act)
        entropy += 1.0 - belief.entropy
        log_accuracy += 1.0 + math.log2(belief.probability(dialogue.hidden))
    assert engine.family.conformity == 0.6
    assert entropy / len(seeds) == pytest.approx(0.750, abs=0.03)
    assert log_accuracy / len(seeds) == pytest.approx(-1.177, abs=0.25)


def test_filters_differ_only_about_suggestions():
    setting = pair()
    mind, game, prior = setting.mind, setting.game, setting.prior
    start = game.apply(game.start(), "client", mind.react(prior.support[0], game.start()).support[0][1])
    asked, pushed = (game.apply(start, "coach", act) for act in (Ask(game.attributes[0]), Suggest(game.strategies[0])))
    for word in ("yes", "no"):
        assert blind_listen(mind, prior, asked, Answer(word)) == listen(mind, prior, asked, Answer(word))
    assert listen(mind, prior, pushed, Answer("yes")).probability(game.strategies[0]) == pytest.approx(0.9 / 1.6)
    assert blind_listen(mind, prior, pushed, Answer("yes")).probability(game.strategies[0]) == pytest.approx(0.75)
    with pytest.raises(Contradiction):
        blind_listen(mind, prior, pushed, Leave())


def test_a_mind_that_cannot_be_pushed_is_heard_alike():
    dialogue = next(play("Negotiation-v0", "scripted", [3]))
    mind = dialogue.setting.mind
    belief = dialogue.setting.prior
    for step in dialogue.steps:
        for state, _, act in step.exchange.replies:
            assert blind_listen(mind, belief, state, act) == listen(mind, belief, state, act)


def test_pushing_is_bad_for_the_task_and_good_for_a_naive_reward():
    best = optimum(make("CoachingSuggestible-v0"))
    alone = farm(pair(), 0.0, blind_listen)
    assert alone.payoff == alone.objective == pytest.approx(best, abs=1e-9) and alone.pushes == 0.0
    naive, exact = (farm(pair(), 1.0, hear) for hear in (blind_listen, listen))
    assert naive.pushes > 2.0 and naive.payoff < 0.95 * best and naive.bits > 0.8
    assert exact.pushes == 0.0 and exact.payoff > naive.payoff and exact.bits <= 0.677
    assert expected_return(make("CoachingSuggestible-v0"), "lead") < 0.5 * best


def test_suggestions_are_never_better_than_questions():
    """With two strategies a suggestion is a question whose answer is spoilt now and then, so having it in the game changes nothing."""
    led, plain = make("CoachingSuggestible-v0"), make("CoachingSuggestible-v0", conformity=0.0)
    assert optimum(led) == pytest.approx(optimum(plain), abs=1e-12)


# ---- the environment -------------------------------------------------------------------------------------------------


def outcome_of(script, env_id="Coaching-v0", hidden="yoga", **settings):
    env = gym.make(env_id, **settings)
    env.reset(seed=0, options={"scenario": {"domain": "exercise"}, "hidden": hidden})
    for text in script:
        obs, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info, obs
    raise AssertionError("not over")


@pytest.mark.parametrize(
    ("recommended", "worth"),
    [("yoga", 1.0), ("swimming", 0.2), ("intervals", 0.2), ("running", 0.0), ("football", 0.0), ("hiking", 0.0)],
)
def test_what_a_recommendation_is_worth(recommended, worth):
    reward, info, obs = outcome_of(["[ask clubs]", "Hm.", "[ask errands]", f"[recommend {recommended}]"])
    assert reward == pytest.approx(worth - 0.04) and obs == ""
    outcome = info["outcome"]
    assert outcome["success"] is (worth == 1.0) and outcome["near"] is (worth == 0.2)
    assert (outcome["questions"], outcome["pushes"], outcome["turns"], outcome["ending"]) == (2, 0, 4, "recommended")
    assert info["hidden"] == {"strategy": "yoga"}


def test_time_runs_out():
    script = [f"[ask {name}]" for name in ("clubs", "friends", "parks", "woods", "watch", "rivals", "medals")]
    reward, info, obs = outcome_of(script)
    engine = make_engine("Coaching-v0")
    dialogue = engine.open([np.random.default_rng(0)], {"scenario": {"domain": "exercise"}})[0]
    replies = [engine.step([dialogue], [text])[0].exchange.replies[-1][2] for text in script]
    assert {type(reply) for reply in replies[:-1]} == {Answer} and replies[
        -1
    ] == Leave()  # the last question is not answered any more
    assert reward == pytest.approx(-0.14) and obs
    assert (
        info["outcome"]["ending"] == "limit"
        and info["outcome"]["recommended"] is None
        and not info["outcome"]["success"]
    )


def test_suggestions_cost_and_are_counted():
    reward, info, _ = outcome_of(
        ["[suggest football]", "[suggest football]", "[ask clubs]", "[recommend running]"],
        "CoachingSuggestible-v0",
        "running",
    )
    assert reward == pytest.approx(0.94) and info["outcome"]["pushes"] == 2 and info["outcome"]["questions"] == 1


def test_without_suggestible_clients_there_are_no_suggestions():
    env = gym.make("Coaching-v0")
    first, _ = env.reset(seed=0)
    assert "suggest" not in first.replace("suggestion", "")
    assert env.step("[suggest yoga]")[4]["problem"] == "malformed"
    first, _ = gym.make("CoachingSuggestible-v0").reset(seed=0)
    assert "[suggest STRATEGY]" in first and "0.6" in first


def test_asking_again_is_refused_and_costs_no_money():
    env = gym.make("Coaching-v0")
    env.reset(seed=0, options={"scenario": {"domain": "exercise"}})
    env.step("[ask Clubs]")
    obs, _, _, _, info = env.step("[ask clubs]")
    assert (
        info["problem"] == "illegal"
        and "You have asked about clubs before" in obs
        and "Still open: friends, chatting" in obs
    )
    obs, _, _, _, info = env.step("[ask strangers]")  # an attribute of another preset
    assert info["problem"] == "illegal" and "You can ask about friends" in obs
    env.step("Well.")
    obs, _, _, _, info = env.step("[recommend chess]")
    assert info["problem"] == "illegal" and "The strategies are football, badminton" in obs
    assert env.step("[recommend football]")[4]["outcome"]["illegal"] == 3


def test_answers_have_the_published_probabilities():
    env_id, hits = "Coaching-v0", {1: [], 0: [], -1: []}
    engine = make_engine(env_id)
    part = {domain: extract(domain, "large") for domain in DOMAINS}
    for dialogue in play(env_id, "random", range(3000)):
        here = part[dialogue.scenario.domain]
        row = here.profile[here.strategies.index(dialogue.hidden)]
        for step in dialogue.steps:
            if isinstance(step.act, Ask) and isinstance(step.exchange.replies[-1][2], Answer):
                hits[row[here.attributes.index(step.act.attribute)]].append(step.exchange.replies[-1][2].word == "yes")
    assert engine.family.reliability == 0.85
    for side, share in {1: 0.85, 0: 0.5, -1: 0.15}.items():
        assert len(hits[side]) > 500 and np.mean(hits[side]) == pytest.approx(share, abs=0.05)


def test_what_is_told_does_not_depend_on_the_secret():
    engine = make_engine("Coaching-v0")
    opened = {
        h: engine.open([np.random.default_rng(5)], {"scenario": {"domain": "study"}, "hidden": h})[0].observation()
        for h in extract("study", "large").strategies
    }
    assert len(set(opened.values())) == 1
    (first,) = set(opened.values())
    for word in (
        *extract("study", "large").strategies,
        *extract("study", "large").attributes,
        "0.85",
        "0.02",
        "7 turns",
    ):
        assert word in first


def test_domains_fill_the_pattern():
    for domain, whole in DOMAINS.items():
        assert len(whole.traits) == len(PATTERN[0]) and len(whole.strategies) == len(PATTERN)
        large = extract(domain, "large")
        assert len(large.attributes) == 20 and len(large.strategies) == 8
        names = [
            *(name for trait in whole.traits for name in trait.attributes),
            *whole.strategies,
        ]
        assert len(set(names)) == len(names) and all(name.isalpha() and name.islower() for name in names)
    assert extract("study", "small").profile[0] == (1, 1, 1, 1, 1, 1, 0, 0, 0)


def test_one_seat_can_learn():
    with pytest.raises(ValueError, match="only one seat"):
        dialogym.aec("Coaching-v0")


@pytest.mark.parametrize("env_id", list(VARIANTS))
def test_demonstrations_use_every_kind_of_act(env_id):
    kinds = {type(step.act) for dialogue in play(env_id, "scripted", range(100)) for step in dialogue.steps}
    assert kinds == ({Ask, Recommend, Suggest} if env_id == "CoachingSuggestible-v0" else {Ask, Recommend})


def test_heuristics_are_of_the_sweep():
    assert set(HEURISTICS) >= {"questionnaire", "information-gain", "max-entropy"} and len(sweep()) > 400


@pytest.mark.parametrize("env_id", list(VARIANTS))
def test_the_docstring_describes_the_registered_settings(env_id):
    family = make(env_id)
    part = extract("study", family.preset)
    numbers = [
        len(part.strategies),
        len(part.attributes),
        family.turns,
        family.cost,
        family.near,
        family.reliability,
        family.conformity,
    ]
    row = rf"\| `{env_id}` \| `{family.preset}` \| " + r" \| ".join(map(str, numbers)) + r" \|"
    assert re.search(row, Coaching.__doc__), row
    for domain in DOMAINS.values():
        for trait in domain.traits:
            assert re.search(rf"\| {trait.high} or {trait.low} \| {', '.join(trait.attributes[:4])}", Coaching.__doc__)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "huge"}, "preset must be one of large, small, pair; got 'huge'"),
        ({"turns": 1}, "turns must be a whole number from 2 to 40, got 1"),
        ({"turns": 2.5}, "turns must be"),
        ({"turns": 12}, r"turns must leave at most 30,000 information states to solve; 12"),
        ({"conformity": 0.6}, "turns must leave at most"),
        ({"cost": -0.1}, "cost must be a number from 0 to 1, got -0.1"),
        ({"near": "much"}, "near must be"),
        ({"reliability": 0.5}, "reliability must be above 0.5, got 0.5"),
        ({"reliability": float("nan")}, "reliability must be"),
        ({"conformity": 1.5}, "conformity must be"),
        ({"colour": "red"}, "valid settings are preset"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Coaching-v0", **settings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scenario": {"domain": "cooking"}}, "domain must be one of exercise, study; got 'cooking'"),
        ({"hidden": "chess"}, "must be one of the possible hidden states"),
        ({"scenario": {"colour": 1}}, "may hold domain, name"),
    ],
)
def test_wrong_reset_options(options, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Coaching-v0").reset(options=options)
