"""Spaced repetition: beliefs that stay products, the memory model, its rules as an environment."""

from __future__ import annotations

import itertools

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief, ProductBelief
from dialogym.core.mind import Contradiction, foresee, listen
from dialogym.envs.make import make_engine
from dialogym.envs.registration import TABLE
from dialogym.envs.spacing.family import Spacing
from dialogym.envs.spacing.game import Answer, Calendar, Flashcards, Rest, Review, Trace
from dialogym.envs.spacing.mind import MEMORIES, Student, answer
from dialogym.envs.spacing.optimum import SpacingSolution
from dialogym.envs.spacing.policies import HEURISTICS, sweep
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

SMALL = Spacing(**TABLE["SpacingSmall-v0"][1])
PLAIN = MEMORIES["default"]
TINY = Calendar(2, 2, 3, 6, 5)


def lesson(calendar=TINY, cards=2, cost=0.01, memory=PLAIN):
    game = Flashcards(tuple("abcdef"[:cards]), calendar, cost)
    return game, Student(game, memory)


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


# ---- policies and settings --------------------------------------------------------------------------------------------


def test_the_sweep_holds_only_policies_that_run():
    engine = make_engine("SpacingSmall-v0")
    for name, speak in list(sweep().items())[::4]:
        dialogue = next(rollout(engine, FunctionPolicy(name, speak), [4]))
        assert dialogue.over and not any(step.problem for step in dialogue.steps), name


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
