"""Guessing: closed forms, optima, rules, the published numbers of the page."""

from __future__ import annotations

import re
from itertools import chain, combinations, product

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.guessing.family import Guessing, Puzzle
from dialogym.envs.guessing.game import QUESTIONS, Answer, Ask, Explain, Guess, Leave, Mystery, Quest, Reply, Round, Try
from dialogym.envs.guessing.mind import Story, Teller, Thinker
from dialogym.envs.guessing.optimum import Fastest, bound, fewest_turns
from dialogym.envs.guessing.policies import HEURISTICS, patient_thread
from dialogym.envs.guessing.subjects import SUBJECTS, Table, table, value
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

VARIANTS = {i: settings for i, (path, settings) in TABLE.items() if path == "dialogym.envs.guessing.family:Guessing"}


def make(env_id="Riddle-v0", **settings):
    return load_family("dialogym.envs.guessing.family:Guessing", {**VARIANTS[env_id], **settings})


def quest(rows, turns=6, cost=0.05, values=()):
    """A table of rows of answers, one a question."""
    names = tuple(f"t{n}" for n in range(len(rows[0])))
    asked = tuple(product((0, 1), repeat=3))[: len(rows)] if values else tuple(f"q{n}" for n in range(len(rows)))
    return Quest(Table(names, asked, tuple(map(tuple, rows)), tuple(values)), turns, cost)


# ---- closed forms ----------------------------------------------------------------------------------------------------


def test_fewest_turns_by_hand():
    # two: name one, then the other. three: 1 + 2 + 3. four: the same, or a question and twice two. five: a question first
    assert [fewest_turns(n) for n in range(6)] == [0, 1, 3, 6, 10, 14]
    assert fewest_turns(8) == 28 and bound(8) == pytest.approx(1 - 0.05 * (28 / 8 - 1))
    assert bound(158) == pytest.approx(0.6608, abs=5e-5) and bound(24) == pytest.approx(0.8)


@pytest.mark.parametrize("things", range(2, 8))
def test_with_every_question_there_is_the_optimum_is_the_closed_form(things):
    subsets = chain.from_iterable(combinations(range(things), k) for k in range(1, things // 2 + 1))
    rows = [["yes" if n in subset else "no" for n in range(things)] for subset in subsets]
    game = quest(rows, turns=20)
    assert Fastest(game, Thinker(game)).start_value() == pytest.approx(bound(things), abs=1e-12)


def test_no_bank_of_yes_or_no_beats_the_closed_form():
    family = make("TwentyQuestions-v0")
    assert optimum(family) == pytest.approx(bound(32), abs=1e-12)  # this one attains it
    rng = np.random.default_rng(0)
    for things in (5, 7, 9):
        game = quest(rng.choice(["yes", "no"], (6, things)).tolist(), turns=20)
        assert Fastest(game, Thinker(game)).start_value() <= bound(things) + 1e-12


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_branch_and_bound_against_unpruned_brute_force(seed):
    """Random tables with two to three answers, and so few turns that some things cannot be reached."""
    rng = np.random.default_rng(seed)
    things, turns = (5, 3) if seed % 2 else (4, 4)
    game = quest(rng.choice(["a", "b", "c"][: 2 + seed % 2], (3, things)).tolist(), turns, 0.2)
    mind = Thinker(game)
    assert Fastest(game, mind).start_value() == pytest.approx(brute_force(game, mind, "guesser"), abs=1e-12)


@pytest.mark.parametrize("env_id", ["TwentyQuestions-v0", "GuessCity-v0"])
def test_branch_and_bound_anywhere(env_id):
    """Beside the solver of the core, which tries every act, from random places on where little is left."""
    family = make(env_id, turns=7)
    setting = family.setting(family.scenarios()[0])
    full, rng, compared = Solution(setting.game, setting.mind, "guesser"), np.random.default_rng(1), 0
    for _ in range(200):
        state, belief = Round(0, "guesser"), setting.prior
        while setting.game.mover(state) == "guesser" and compared < 12:
            if len(belief) <= 5 and state.turn >= 4:
                compared += 1
                assert setting.solution.value(state, belief) == pytest.approx(full.value(state, belief), abs=1e-12)
                best = setting.solution.best_act(state, belief)
                assert full.act_value(state, belief, best) == pytest.approx(full.value(state, belief), abs=1e-12)
            acts = [Ask(name) for name in setting.game.table.questions]
            courses = setting.seen(state, belief, acts[rng.integers(len(acts))])
            _, exchange, belief = courses[rng.choice(len(courses), p=[p for p, _, _ in courses])]
            state = exchange.after
    assert compared == 12


def test_a_rule_against_unpruned_brute_force():
    game = quest(["11223", "01010", "55566"], 3, 0.1, (7, 7, 8, 8, 9))
    mind = Thinker(game)
    exact = Solution(game, mind, "guesser", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "guesser"), abs=1e-12) and exact == pytest.approx(0.9)


@pytest.mark.parametrize("turns", [2, 3])
def test_a_riddle_against_a_solver_that_tries_everything(turns):
    mind = Teller(Mystery(turns))
    pruned = Solution(mind.game, mind, "guesser", mind.candidates).start_value()
    if turns == 2:
        assert pruned == pytest.approx(brute_force(mind.game, mind, "guesser"), abs=1e-12)
    full = Solution(mind.game, mind, "guesser", lambda state, support: mind.game.choices(state, "guesser"))
    assert pruned == pytest.approx(full.start_value(), abs=1e-12)


def test_the_best_explanation_is_the_best_of_all():
    setting = make().setting(Puzzle("cake", "Ada"))
    game, mind = setting.game_as(Mystery), setting.mind
    rng = np.random.default_rng(0)
    for _ in range(40):
        mass = tuple(
            (story, float(p)) for story, p in zip(setting.prior.support, rng.dirichlet([0.3] * 64), strict=True)
        )
        worth = {
            e: sum(p * game.worth(s, e) for s, p in mass)
            for e in game.choices(Round(), "guesser")
            if isinstance(e, Explain)
        }
        assert worth[mind.explanation(mass)] == pytest.approx(max(worth.values()), abs=1e-12)


def test_without_noise_and_hurry_a_riddle_by_hand():
    """Four questions: the cause (two of them after a plan), how, who, and after a mishap whether somebody was alone."""
    family = make(noise=0.0, hurried=0.0)
    mishap = 0.5 + 0.25 * (1 + 0.5) - 4 * 0.03
    plan = 0.5 + 0.25 * (0.8 + 0.5) - 4 * 0.03
    got = expected_return(family, "thread")
    assert got == pytest.approx(0.75 * mishap + 0.25 * plan, abs=1e-12)
    assert got <= optimum(family)


@pytest.mark.long
def test_planning_matters_in_riddles_and_nowhere_else():
    family = make()
    best = optimum(family)
    assert known_value(family) == pytest.approx(1.0) and best < 1.0 / 1.15
    assert expected_return(family, "lookahead") <= 0.9 * best
    got = {name: expected_return(family, name) / best for name in HEURISTICS}
    assert max(got.values()) <= 0.9 and got["thread"] > 0.8, got
    assert 0.9 * best < expected_return(family, FunctionPolicy("aware", patient_thread(0.5))) < 0.95 * best
    for env_id in ("TwentyQuestions-v0", "GuessCity-v0", "Rule-v0"):
        family, rule = make(env_id), "gain-about-the-answer" if env_id == "Rule-v0" else "information-gain"
        assert expected_return(family, rule) >= 0.99 * optimum(family), env_id
        assert known_value(family) == pytest.approx(1.0) and optimum(family) < 1.0 / 1.15


@pytest.mark.parametrize("env_id", list(VARIANTS))
def test_the_human_like_guesser_is_between_random_and_the_optimum(env_id):
    mean = {n: np.mean([d.steps[-1].payoff for d in play(env_id, n, range(150))]) for n in ("random", "scripted")}
    assert mean["random"] < mean["scripted"] < 0.99 * optimum(make(env_id)), mean


# ---- the people ------------------------------------------------------------------------------------------------------


def test_a_teller_answers_with_the_probabilities_of_the_page():
    mind = Teller(Mystery())
    calm, hurried = (Story("mishap", "yes", "no", "yes", "no", word) for word in ("no", "yes"))
    state = Round(1, "thinker", 1, 0, 0, Ask("mishap"))
    said = {act: p for (_, act), p in mind.react(calm, state)}
    assert said == pytest.approx(
        {Reply("yes", "calm"): 0.95 * 0.85, Reply("yes", "curt"): 0.95 * 0.15, Reply("no", "calm"): 0.05 * 0.85, Reply("no", "curt"): 0.05 * 0.15}
    )  # fmt: skip
    said = {act: p for (_, act), p in mind.react(hurried, state)}
    assert said[Leave()] == pytest.approx(0.5) and said[Reply("yes", "curt")] == pytest.approx(0.5 * 0.95 * 0.85)
    beside = {act: p for (_, act), p in mind.react(calm, state._replace(topic=Ask("mishap-how")))}
    assert beside == pytest.approx({Reply("beside", "calm"): 0.85, Reply("beside", "curt"): 0.15})
    settled = state._replace(topic=Ask("plan-how"), settled=1 << QUESTIONS.index("plan"))
    assert sum(p for (_, act), p in mind.react(calm, settled) if act.word == "no") == pytest.approx(0.95)
    prior = mind.prior()
    assert sum(p for s, p in prior if s.cause == "mishap") == pytest.approx(0.75)
    assert sum(p for s, p in prior if s.hurried == "yes") == pytest.approx(0.35)
    assert sum(p for s, p in prior if s.cause == "plan" and s.alone == "yes") == pytest.approx(0.25 * 0.2)
    assert sum(p for s, p in prior if s.dark == "yes" and s.how == "no") == pytest.approx(0.25)


def test_facts_about_cities_are_whole():
    cities = table("cities")
    assert len(cities.things) >= 24 and len(set(cities.things)) == len(cities.things)
    assert set(cities.rows["continent"]) == {"africa", "asia", "europe", "north-america", "south-america", "oceania"}
    assert set(cities.rows["climate"]) == {"tropical", "dry", "mild", "cold"}
    known = dict(zip(cities.things, zip(*cities.rows.values(), strict=True), strict=True))
    assert known["paris"] == ("europe", "french", "no", "mild", "middling", "yes")
    assert known["cairo"][3] == "dry" and known["miami"][5] == "no" and known["canberra"][5] == "yes"
    assert all(cities.rows["language"].count(word) >= 3 for word in set(cities.rows["language"]))


def test_rules_are_worked_out_right():
    assert value("a+b*c", (2, 3, 4)) == 14 and value("(a+b)*c", (2, 3, 4)) == 20 and value("c-a+b", (0, 1, 2)) == 3
    rules = table("2-3-4")
    assert rules.rows[1, 0, 2][rules.place["a*a+c"]] == "3" and rules.values[rules.place["a*b*c"]] == 24
    assert (2, 3, 4) not in rules.rows


# ---- the environment -------------------------------------------------------------------------------------------------


def played(env_id, hidden, script, subject):
    env = gym.make(env_id)
    env.reset(seed=0, options={"scenario": {"subject": subject}, "hidden": hidden})
    for text in script:
        obs, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info["outcome"], info["hidden"], obs
    raise AssertionError("not over")


def test_twenty_questions_pay_as_in_lmrl_gym():
    """-1 for each turn but the one that names it; the payoff is (20 + return) / 20."""
    script = ["[ask alive]", "Hm.", "[guess dog]", "[ask flies]", "Is it a cat?"]
    reward, outcome, hidden, _ = played("TwentyQuestions-v0", "cat", script, "things")
    assert outcome["lmrl_return"] == -4 and reward == pytest.approx(0.8) == pytest.approx((20 - 4) / 20)
    assert outcome["found"] and outcome["score"] == pytest.approx(1.0) and hidden == {"thing": "cat"}
    assert (outcome["questions"], outcome["turns"], outcome["ending"]) == (2, 5, "found")
    reward, outcome, _, obs = played("TwentyQuestions-v0", "cat", ["[ask alive]"] * 20, "things")
    assert (
        reward == 0.0
        and outcome["lmrl_return"] == -20
        and outcome["ending"] == "limit"
        and not outcome["found"]
        and obs
    )
    reward, outcome, _, _ = played("TwentyQuestions-v0", "cat", ["[ask alive]"] * 19 + ["[guess cat]"], "things")
    assert reward == pytest.approx(0.05) and outcome["lmrl_return"] == -19


def test_a_rule_pays_for_the_right_value():
    reward, outcome, _, obs = played("Rule-v0", "a+b*c", ["[try a=2 b=0 c=1]", "Try 0, 2, 2", "[answer 14]"], "2-3-4")
    assert reward == pytest.approx(0.8) and outcome["found"] and outcome["questions"] == 2 and obs == ""
    assert outcome["lmrl_return"] is None
    reward, outcome, _, _ = played("Rule-v0", "a+b*c", ["[try a=2 b=0 c=1]", "[answer 15]"], "2-3-4")
    assert reward == pytest.approx(-0.1) and not outcome["found"] and outcome["score"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("said", "worth"),
    [
        (("mishap", "yes", "no", "yes", "no"), 1.0),
        (("mishap", "yes", "yes", "yes", "no"), 0.625),
        (("mishap", "no", "yes", "yes", "no"), 0.5),
        (("plan", "yes", "no", "yes", "no"), 0.5),
        (("plan", "yes", "no", "no", "yes"), 0.0),
        (("mishap", "yes", "no", "no", "no"), 0.75),
    ],
)
def test_what_an_explanation_is_worth(said, worth):
    story = Story("mishap", "yes", "no", "yes", "no", "no")
    assert Mystery().worth(story, Explain(*said)) == pytest.approx(worth)


def test_a_riddle_from_end_to_end():
    story = Story("mishap", "yes", "no", "yes", "no", "no")
    explain = "[explain cause=mishap how=yes who=no alone=yes dark=no]"
    engine = make_engine("Riddle-v0")
    options = {"scenario": {"subject": "cake"}, "hidden": story}
    dialogue = engine.open([np.random.default_rng(3)], options)[0]
    for text in ("[ask plan-who]", "[ask dark]", explain):
        engine.step([dialogue], [text])
    outcome = engine.family.outcome(dialogue)
    assert dialogue.steps[0].exchange.replies[-1][2].word == "beside"
    assert (outcome["found"], outcome["beside"], outcome["questions"], outcome["ending"]) == (True, 1, 2, "said")
    assert dialogue.steps[-1].payoff == pytest.approx(1.0 - 2 * 0.03) and outcome["score"] == pytest.approx(1.0)
    told = engine.family.reveal(dialogue.scenario, story)
    assert told["solution"] == (
        "it was a mishap; the baker slipped on a step; pigeons ate the cake; the baker was alone; it was light"
    )


def test_an_answered_question_is_not_answered_again():
    game = Mystery()
    state = Round(1, "guesser", 1, 1 << QUESTIONS.index("dark"))
    with pytest.raises(IllegalAct, match="the answer stays the same: dark"):
        game.apply(state, "guesser", Ask("dark"))
    asked = game.apply(state, "guesser", Ask("mishap-how"))
    answered = game.apply(asked, "thinker", Reply("beside"))
    assert answered.asked == state.asked and game.apply(answered, "guesser", Ask("mishap-how")).questions == 3


def test_only_a_yes_settles_a_cause():
    game = Mystery()
    state = game.apply(Round(0, "guesser"), "guesser", Ask("plan"))
    assert not game.open("plan-how", game.apply(state, "thinker", Reply("no")))
    assert game.open("plan-how", game.apply(state, "thinker", Reply("yes", "curt")))
    assert not game.open("mishap-how", game.apply(state, "thinker", Reply("yes")))


def test_wrong_acts_are_refused_in_words():
    things, riddle = (make(i).setting(make(i).scenarios()[0]).game for i in ("TwentyQuestions-v0", "Riddle-v0"))
    rule = make("Rule-v0").setting(make("Rule-v0").scenarios()[0]).game
    start = Round(0, "guesser")
    for game, act, message in (
        (things, Guess("unicorn"), "It is one of these: cat, dog"),
        (things, Ask("colour"), "You can ask about alive, pet"),
        (things, Answer(3), "You can ask or guess"),
        (rule, Try(2, 3, 4), "whole numbers from 0 to 2"),
        (rule, Guess("cat"), "You can try numbers"),
        (riddle, Ask("why"), "You can ask about mishap, plan"),
        (riddle, Guess("cat"), "You can ask, or explain"),
        (riddle, Reply("yes"), "You can ask, or explain"),
    ):
        with pytest.raises(IllegalAct, match=message):
            game.apply(start, "guesser", act)
    with pytest.raises(IllegalAct, match="not your turn"):
        things.apply(start, "thinker", Say())
    assert things.apply(start, "guesser", Guess("Cat")).topic == Guess("cat")


def test_who_leaves_first_gets_nothing_but_the_bill():
    reward, outcome, hidden, _ = next(end for seed in range(30) if (end := _asked_on(seed))[1]["ending"] == "left")
    assert reward == pytest.approx(-0.03 * outcome["questions"]) and hidden["hurried"] == "yes"


def _asked_on(seed):
    env = gym.make("Riddle-v0")
    env.reset(seed=seed)
    for name in ("mishap", "plan", "alone", "dark", "mishap-how"):
        obs, reward, terminated, _, info = env.step(f"[ask {name}]")
        if terminated:
            return reward, info["outcome"], info["hidden"], obs
    raise AssertionError("not over")


def test_the_brief_says_it_all():
    for env_id, words in {
        "Riddle-v0": (
            "0.75",
            "0.8",
            "0.05",
            "0.35",
            "0.85",
            "0.125",
            "5 turns",
            "beside the point",
            "[explain cause=CAUSE",
        ),
        "TwentyQuestions-v0": ("cat: alive, pet, legs", "20 turns", "0.05", "[guess THING]"),
        "GuessCity-v0": ("paris: europe, french, no, mild, middling, yes", "What is the climate like?"),
        "Rule-v0": ("a*b+c", "from 0 to 2", "0.1", "5 turns", "[answer VALUE]"),
    }.items():
        first, _ = gym.make(env_id).reset(seed=0)
        assert all(word in first for word in words), (env_id, [word for word in words if word not in first])
    closed, _ = gym.make("GuessCity-v0", open_book=False).reset(seed=0)
    assert "french" not in closed and "lisbon, paris" in closed


def test_all_riddles_and_all_names_share_a_solution():
    assert [len(classes(make(env_id))) for env_id in VARIANTS] == [1, 1, 1, 5]
    assert len(SUBJECTS["riddle"]) >= 20 and all(len(make(i).scenarios()) >= 20 for i in VARIANTS)


@pytest.mark.parametrize("env_id", list(VARIANTS))
def test_the_docstring_describes_the_registered_settings(env_id):
    family = make(env_id)
    riddle = family.preset == "riddle"
    numbers = [family.turns, family.cost, *((family.noise, family.hurried) if riddle else "--")]
    row = rf"\| `{env_id}` \| `{family.preset}` \| " + r" \| ".join(map(str, numbers)) + r" \|"
    assert re.search(row, Guessing.__doc__), row


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "films"}, "preset must be one of things, cities, riddle, rule; got 'films'"),
        ({"turns": 1}, "turns must be a whole number from 2 to 7, got 1"),
        ({"turns": 8}, "turns must be a whole number from 2 to 7"),
        (
            {"preset": "things", "turns": 30, "cost": 0.05},
            r"cost must leave something for the last turn: at most 1 / 29",
        ),
        ({"noise": 1.5}, "noise must be a number from 0 to 1, got 1.5"),
        ({"hurried": "often"}, "hurried must be"),
        ({"open_book": "yes"}, "open_book must be True or False, got 'yes'"),
        ({"colour": "red"}, "valid settings are preset"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Riddle-v0", **settings)


def test_a_subject_of_another_preset_is_refused():
    with pytest.raises(ValueError, match="subject must be one of cake, shoes"):
        gym.make("Riddle-v0").reset(options={"scenario": {"subject": "things"}})
