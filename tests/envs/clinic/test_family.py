"""Clinic: its optimum and bound, its rules as an environment, its metrics by hand, and tricks that gain nothing."""

from __future__ import annotations

import re

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.belief import Belief
from dialogym.core.free_answers import free_answers
from dialogym.core.mind import listen
from dialogym.core.solver import OutOfReach, Solution
from dialogym.envs.clinic import game as rules
from dialogym.envs.clinic.complaints import COMPLAINTS, DELICATE, FOUND, MEDICINES, PRESETS, SHOWN, extract
from dialogym.envs.clinic.family import Clinic
from dialogym.envs.clinic.game import Answer, Ask, Consultation, Leave, Prescribe, Reassure, Refer, Result, Visit
from dialogym.envs.clinic.mind import Patient, Waiting
from dialogym.envs.clinic.policies import HEURISTICS, sweep
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play

PATH = "dialogym.envs.clinic.family:Clinic"
VARIANTS = {env_id: settings for env_id, (path, settings) in TABLE.items() if path == PATH}
SOLVED = [env_id for env_id in VARIANTS if env_id != "ClinicLarge-v0"]


def make(env_id="Clinic-v0", **settings):
    return load_family(PATH, {**VARIANTS[env_id], **settings})


# ---- the optimum -----------------------------------------------------------------------------------------------------


def small(turns=4, guarded=0.5, second=0.75, tests=("scan",)):
    game = Consultation(("a", "b"), ("x", "shame", "medicines"), tests, turns, 0.02, 0.05, second, 0.5, 1.0, 0.35)
    shown = ((0.05, 0.9),) * len(tests)
    return game, Waiting(game, (0.6, 0.4), ((0.8, 0.2), (0.1, 0.9)), shown, (1, 2), 0.3, guarded)


@pytest.mark.parametrize(("turns", "guarded"), [(2, 0.5), (3, 0.5), (4, 0.8), (4, 0.0)])
def test_solver_against_unpruned_brute_force(turns, guarded):
    game, mind = small(turns, guarded)
    exact = Solution(game, mind, "doctor", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "doctor"), abs=1e-12)
    at_once = game.apply(Visit(mover="doctor"), "doctor", game.best_end(mind.prior(), abstain=False))
    at_once = mind.prior().expectation(lambda hidden: game.payoff(at_once, "doctor", hidden))
    assert exact > max(game.refer, at_once) + 0.01 * (turns > 2)  # it pays to ask


def test_reassurance_in_closed_form():
    """One illness, no test; to promise and to ask about medicines, or to give drops at once."""
    game = Consultation(("a",), ("medicines",), (), 4, 0.02, 0.1, 0.75, 0.5, 1.0, 0.0)
    for guarded in (0.0, 0.5, 1.0):
        mind = Waiting(game, (1.0,), (), (), (0,), 0.3, guarded)
        told = {calm: 0.95 * (1.0 - guarded + guarded * (1.0 if calm else 0.1)) for calm in (False, True)}
        asked = {
            calm: -0.02 * (1 + calm)
            + 0.3 * told[calm] * 0.75
            + max(0.7 - 0.3 * (1 - told[calm]), 0.75 * (1 - 0.3 * told[calm]))
            for calm in told
        }  # after a no, whichever is better
        expected = max(0.75, 0.7 - 0.3, *asked.values())
        assert Solution(game, mind, "doctor", mind.candidates).start_value() == pytest.approx(expected, abs=1e-12)
        assert (asked[True] > asked[False]) is (guarded > 0.0)


@pytest.mark.parametrize("settings", [{}, {"guarded": 1.0}, {"refer": 0.0, "wrong": 0.0}])
def test_pruned_candidates_lose_nothing(settings):
    setting = Clinic(turns=4, **settings).setting(Clinic().scenarios()[0])
    game, mind = setting.game, setting.mind
    pruned, full = Solution(game, mind, "doctor", mind.candidates), Solution(game, mind, "doctor")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


def test_the_best_end_is_the_best_of_all_ends():
    game, mind = small()
    rng = np.random.default_rng(0)
    for _ in range(50):
        belief = Belief(zip(mind.prior().support, rng.dirichlet([0.3] * len(mind.prior())), strict=True))
        worth = {Prescribe(d): belief.expectation(lambda h, d=d: game.worth(h.illness, h.risk, d)) for d in game.drugs}
        assert worth[game.best_end(belief, abstain=False)] == pytest.approx(max(worth.values()))
        best = {**worth, Refer(): game.refer}
        assert best[game.best_end(belief)] == pytest.approx(max(best.values()))


def test_a_shared_solution_is_right_in_every_complaint():
    family = Clinic(turns=4)
    scenarios = {scenario.complaint: scenario for scenario in family.scenarios()}
    assert len(scenarios) == len(COMPLAINTS) == 3 and len(family.scenarios()) == 24 and len(classes(family)) == 1
    rng = np.random.default_rng(0)
    for scenario in scenarios.values():
        setting = family.setting(scenario)
        full = Solution(setting.game, setting.mind, "doctor")
        state, belief = Visit(mover="doctor"), setting.prior
        for name in rng.permutation(list(setting.game.items))[:2]:
            courses = setting.seen(state, belief, setting.game.items[name][1])
            _, exchange, belief = courses[rng.integers(len(courses))]
            state = exchange.after
            assert setting.solution.value(state, belief) == pytest.approx(full.value(state, belief), abs=1e-12)
            best = setting.solution.best_act(state, belief)
            assert full.act_value(state, belief, best) == pytest.approx(full.value(state, belief), abs=1e-12)
            short = setting.solution.short_sighted(2).best_act(state, belief)
            assert short in list(setting.game.choices(state, "doctor"))


@pytest.mark.parametrize("env_id", SOLVED)
def test_told_the_secret_one_prescribes_at_once(env_id):
    family = make(env_id)
    assert known_value(family) == pytest.approx(1.0 - family.risk + family.risk * family.second)
    assert expected_return(family, "optimal") == pytest.approx(optimum(family), abs=1e-9)


@pytest.mark.long
def test_planning_matters():
    """The published claims, exactly: see docs/clinic.md."""
    best = {env_id: optimum(make(env_id)) for env_id in SOLVED}
    rules_of = {env_id: max(expected_return(make(env_id), name) for name in HEURISTICS) for env_id in SOLVED}
    for env_id in ("Clinic-v0", "ClinicHard-v0"):
        assert expected_return(make(env_id), "lookahead") <= 0.9 * best[env_id]
        assert rules_of[env_id] <= 0.9 * best[env_id]
        assert known_value(make(env_id)) >= 1.15 * best[env_id]
    assert expected_return(make(), "reassured-gain") > expected_return(make(), "gain") + 0.03
    assert expected_return(make("ClinicEasy-v0"), "reassured-gain") < expected_return(make("ClinicEasy-v0"), "gain")
    assert best["ClinicEasy-v0"] > best["Clinic-v0"] > best["ClinicHard-v0"]


def test_the_bound_lies_between_the_optimum_and_the_secret():
    for env_id in SOLVED:
        family = make(env_id)
        assert optimum(family) <= family.bound(family.scenarios()[0]) <= known_value(family)
    dear = make(cost=1.0, test_cost=1.0)
    # to ask is worth less than to end at once
    assert dear.bound(dear.scenarios()[-1]) == pytest.approx(optimum(dear)) == dear.refer
    free = Clinic(cost=0.0, test_cost=0.0, turns=8, guarded=0.0, refer=0.0)
    assert optimum(free) <= free.bound(free.scenarios()[0])  # 8 items, 7 turns before the last
    game, mind = small(turns=7, guarded=0.9)
    free_game = Consultation(game.illnesses, game.questions, game.tests, 7, 0.0, 0.0)
    bound = Solution(free_game, Waiting(free_game, mind.share, mind.found, mind.shown, (1, 2), 0.3, 0.9), "doctor")
    # who may ask everything for nothing, and reassures first, gets exactly what the bound says
    assert bound.start_value() == pytest.approx(free_bound(free_game, mind), abs=1e-12)


def free_bound(game, mind):
    kinds = [(h, p) for h, p in mind.prior() if not h.guarded]
    total = sum(p for _, p in kinds)
    yes = [[mind.chance(h, topic, True) for h, _ in kinds] for _, topic in game.items.values()]
    worth = [[game.refer] * len(kinds), *([game.worth(h.illness, h.risk, d) for h, _ in kinds] for d in game.drugs)]
    return free_answers([p / total for _, p in kinds], yes, worth)


def test_the_large_one_is_out_of_reach_and_bounded():
    family = make("ClinicLarge-v0")
    part = extract("cough", "large")
    assert (len(part.illnesses), len(part.questions), len(part.tests)) == (8, 14, 5)
    with pytest.raises(OutOfReach, match=r"Clinic\.bound"):
        optimum(family)
    bound = family.bound(family.scenarios()[0])
    mean = np.mean([d.steps[-1].payoff for d in play("ClinicLarge-v0", "reassured-gain", range(150))])
    assert 0.75 * bound < mean < bound < known_value(family)


# ---- the environment -------------------------------------------------------------------------------------------------

MASK = Patient("mask", True, True)


def outcome_of(script, env_id="Clinic-v0", hidden=MASK, seed=0, **settings):
    env = gym.make(env_id, **settings)
    env.reset(seed=seed, options={"scenario": {"complaint": "headache"}, "hidden": hidden})
    for text in script:
        obs, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info, obs
    raise AssertionError("not over")


@pytest.mark.parametrize(
    ("end", "worth", "hidden"),
    [
        ("[prescribe mask-tablets]", 1.0, Patient("mask", False, True)),
        ("[prescribe mask-tablets]", -1.0, MASK),
        ("[prescribe Mask-Drops]", 0.75, MASK),
        ("[prescribe echo-drops]", -0.5, MASK),
        ("[prescribe echo-tablets]", -1.0, MASK),
        ("[prescribe echo-tablets]", -0.5, Patient("mask", False, True)),
        ("[refer]", 0.35, MASK),
    ],
)
def test_what_an_end_is_worth(end, worth, hidden):
    """Two turns for the price of a question, and a test."""
    reward, info, obs = outcome_of(["[ask nausea]", "Hm.", "[test scan]", end], hidden=hidden)
    assert reward == pytest.approx(worth - 2 * 0.02 - 0.08) and obs == ""
    outcome = info["outcome"]
    assert (outcome["questions"], outcome["tests"], outcome["turns"]) == (1, 1, 4)
    assert outcome["cost"] == pytest.approx(0.12)
    assert outcome["accuracy"] is ("mask" in end.lower()) and outcome["adverse"] is (worth == -1.0)
    assert outcome["referred"] is (end == "[refer]") and outcome["missed_medicines"] is (end != "[refer]")
    assert info["hidden"] == hidden._asdict()


def test_medicines_that_were_asked_about_are_not_missed():
    _, info, _ = outcome_of(["[reassure]", "[ask medicines]", "[prescribe mask-drops]"])
    assert info["outcome"]["missed_medicines"] is False and info["outcome"]["reassured"] is True


def test_abstention_accuracy_by_hand():
    """Under the prior the best prescription is drops for one of the two commonest illnesses."""
    for illness, failing in (("surge", False), ("mask", True), ("echo", True)):
        _, info, _ = outcome_of(["[refer]"], hidden=Patient(illness, False, False))
        assert info["outcome"]["abstention_accuracy"] is failing
    # with a fever it is tablets for a mask headache, without it something else; where tablets harm, both fail
    for risk, failing in ((False, {"yes": False, "no": True}), (True, {"yes": True, "no": True})):
        for seed in range(12):
            env = gym.make("Clinic-v0", risk=0.05).unwrapped
            about = {"scenario": {"complaint": "headache"}, "hidden": Patient("mask", risk, False)}
            env.reset(seed=seed, options=about)
            env.step("[ask fever]")
            word = env.dialogue.steps[0].exchange.replies[-1][2].word
            assert env.step("[refer]")[4]["outcome"]["abstention_accuracy"] is failing[word]
    assert outcome_of(["[prescribe mask-drops]"])[1]["outcome"]["abstention_accuracy"] is None


def test_time_runs_out():
    """Neither what is asked nor what is tested in the last turn is answered."""
    for last in ("[ask stress]", "[test diary]"):
        script = ["[ask nausea]", "[ask fever]", "[reassure]", "[ask onesided]", "Well.", last]
        reward, info, obs = outcome_of(script)
        assert reward == pytest.approx(-0.02 * 5 - (0.08 if "test" in last else 0.02)) and obs
        assert info["outcome"]["ending"] == "limit" and not info["outcome"]["accuracy"]
        engine = make_engine("Clinic-v0")
        dialogue = engine.open([np.random.default_rng(0)], {"scenario": {"complaint": "headache"}})[0]
        replies = [engine.step([dialogue], [text])[0].exchange.replies[-1][2] for text in script]
        assert replies[-1] == Leave()


def test_the_lab_answers_literally():
    env = gym.make("Clinic-v0")
    seen = set()
    for seed in range(12):
        env.reset(seed=seed, options={"scenario": {"complaint": "headache"}})
        obs, *_ = env.step("Let us do a scan.")
        seen.add(obs)
    assert seen == {"Lab: scan: positive", "Lab: scan: negative"}
    assert Clinic().partner == "patient" and Clinic().seats == ("doctor", "patient", "lab")


def test_what_cannot_be_done_is_refused_in_words():
    env = gym.make("Clinic-v0", turns=40)
    env.reset(seed=0, options={"scenario": {"complaint": "headache"}})
    said = [
        ("[ask Nausea]", "", ""),
        (
            "[ask nausea]",
            "illegal",
            "You have asked about nausea before, and it would come out the same. Still open: onesided",
        ),
        ("[test diary]", "", ""),
        ("[test diary]", "illegal", "You have the result of diary before"),
        ("[ask snoring]", "illegal", "You can ask about onesided"),  # of the other preset
        ("[reassure]", "", ""),
        ("[reassure]", "illegal", "You have promised me that"),
        ("Hm.", "", ""),
        ("[prescribe aspirin]", "illegal", "What can be prescribed is surge-tablets, surge-drops"),
    ]
    for text, problem, reason in said:
        obs, _, _, _, info = env.step(text)
        assert info.get("problem", "") == problem and reason in obs, text


def test_findings_and_results_have_the_probabilities_of_the_table():
    """Of patients who conceal nothing, and of those who do, before and after they were reassured."""
    setting = make().setting(make().scenarios()[0])
    mind, preset = setting.mind, PRESETS["small"]
    for place, illness in enumerate(mind.game.illnesses):
        for guarded in (False, True):
            for calm in (False, True):
                for risk in (False, True):
                    for number, name in enumerate(mind.game.questions):
                        p = (FOUND[number][place] if name != MEDICINES else 0.95 * risk) * (
                            0.1 if guarded and not calm and (number in DELICATE or name == MEDICINES) else 1.0
                        )
                        state = Visit(1, "patient", 0, calm, Ask(name))
                        hidden = Patient(illness, risk, guarded)
                        assert mind.react(hidden, state).probability((hidden, Answer("yes"))) == pytest.approx(p)
        for number, name in enumerate(mind.game.tests):
            state = Visit(1, "lab", 0, False, rules.Test(name))
            hidden = Patient(illness, False, True)
            p = mind.react(hidden, state).probability((hidden, Result(name, "positive")))
            assert p == pytest.approx(SHOWN[number][place])
    assert sum(preset.share) == pytest.approx(1.0) == pytest.approx(sum(PRESETS["large"].share))


def test_played_answers_have_those_probabilities():
    """The no of a guarded patient tells next to nothing: shares in dialogues that were played."""
    heard = {True: [], False: []}
    for seed in range(400):
        env = gym.make("Clinic-v0").unwrapped
        about = {"scenario": {"complaint": "cough"}, "hidden": Patient("tickle", True, seed % 2 > 0)}
        env.reset(seed=seed, options=about)
        env.step("[ask medicines]")
        heard[seed % 2 > 0].append(env.dialogue.steps[0].exchange.replies[-1][2] == Answer("yes"))
    assert np.mean(heard[False]) == pytest.approx(0.95, abs=0.06) and np.mean(heard[True]) == pytest.approx(
        0.095, abs=0.08
    )


def test_equal_acts_get_equal_words_whatever_is_concealed():
    """The no of one that conceals is, to the letter, the no of one that does not."""
    env, alike = gym.make("Clinic-v0").unwrapped, 0
    for seed in range(60):
        said = {}
        for hidden in (Patient("mask", True, False), Patient("mask", True, True)):
            env.reset(seed=seed, options={"scenario": {"complaint": "headache"}, "hidden": hidden})
            words = env.step("[ask medicines]")[0]
            said.setdefault(env.dialogue.steps[-1].exchange.replies[-1][2], set()).add(words)
        assert all(len(words) == 1 for words in said.values())
        alike += len(said) == 1
    assert 2 < alike < 30  # mostly one says yes and the other no


# ---- tricks that gain nothing ----------------------------------------------------------------------------------------


def test_a_diagnosis_by_talk_is_talk():
    env = gym.make("Clinic-v0").unwrapped
    env.reset(seed=1, options={"scenario": {"complaint": "headache"}, "hidden": MASK})
    before = env.belief()
    for text in (
        "It is a mask headache, is it not?",
        "You have a surge headache.",
        "Would you say it is the mask headache?",
    ):
        env.step(text)
        assert env.belief() == before and env.dialogue.steps[-1].act == rules.Say(), text


def test_a_question_in_other_words_is_the_same_question():
    env = gym.make("Clinic-v0", turns=20)
    env.reset(seed=1, options={"scenario": {"complaint": "headache"}})
    assert not env.step("Do you feel queasy?")[4].get("problem")
    for text in ("Any nausea?", "Do you feel sick when it comes?", "[ask NAUSEA]"):
        assert env.step(text)[4]["problem"] == "illegal", text
        env.step("Well.")


def test_kind_words_do_not_reassure():
    env = gym.make("Clinic-v0", turns=20).unwrapped
    env.reset(seed=1)
    for text in (
        "Don't worry, it will be fine.",
        "You are safe, relax.",
        "I understand, that must be hard.",
        "Trust me.",
    ):
        env.step(text)
        assert not env.dialogue.state.calm, text
    env.step("What you tell me stays between us.")
    assert env.dialogue.state.calm


def test_a_promise_tells_nothing_by_itself():
    setting = make().setting(make().scenarios()[0])
    state = setting.game.apply(Visit(mover="doctor"), "doctor", Reassure())
    assert listen(setting.mind, setting.prior, state, rules.Say()) == setting.prior


# ---- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", list(VARIANTS))
def test_demonstrations_use_every_kind_of_act(env_id):
    kinds = {type(step.act) for dialogue in play(env_id, "scripted", range(80)) for step in dialogue.steps}
    assert kinds == {Ask, rules.Test, Reassure, Prescribe, Refer}


def test_random_is_far_below_and_the_human_like_doctor_in_between():
    mean = {
        name: np.mean([d.steps[-1].payoff for d in play("Clinic-v0", name, range(800))])
        for name in ("random", "scripted")
    }
    assert mean["random"] < 0.0 < mean["scripted"] < 0.8 * optimum(make())


def test_heuristics_are_of_the_sweep():
    names = {name.partition("(")[0] for name in sweep()}
    assert names == {"history", "mediq", "gain", "reassured-gain"} and names <= set(HEURISTICS)


def test_complaints_fill_the_tables():
    for name, words in COMPLAINTS.items():
        assert len(words.illnesses) == len(FOUND[0]) == len(SHOWN[0]) == 8
        assert len(words.topics) == len(FOUND) + 1 and len(words.tests) == len(SHOWN)
        named = [*words.illnesses, *words.topics, *words.tests]
        assert len(set(named)) == len(named) and all(one.isalpha() and one.islower() for one in named), name
        for topic in words.topics.values():
            assert all(claim.startswith("I ") and claim[-1].isalpha() for claim in (*topic.yes, *topic.no))
            assert topic.question.endswith("?")


def test_the_brief_tells_the_tables():
    for env_id in VARIANTS:
        family = make(env_id)
        scenario = family.scenarios()[-1]
        text, part = family.task(scenario), extract(scenario.complaint, family.preset)
        for word in (*part.illnesses, *part.questions, *part.tests, "made-up world", "nothing is medical advice"):
            assert word in text
        assert ("conceal" in text) is (family.guarded > 0.0) and f"{family.turns} turns" in text


@pytest.mark.parametrize("env_id", list(VARIANTS))
def test_the_docstring_describes_the_registered_settings(env_id):
    family, names = make(env_id), ("turns", "cost", "test_cost", "wrong", "harm", "refer", "risk", "guarded")
    row = (
        rf"\| `{env_id}` \| `{family.preset}` \| " + r" \| ".join(f"{getattr(family, name)}" for name in names) + r" \|"
    )
    assert re.search(row, Clinic.__doc__), row


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "huge"}, "preset must be one of small, large; got 'huge'"),
        ({"turns": 3}, "turns must be a whole number from 4 to 40, got 3"),
        ({"risk": 1.5}, "risk must be a number from 0 to 1, got 1.5"),
        ({"harm": -1}, "harm must be at least 0, got -1"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Clinic(**settings)
