"""Curiosity rewards: they leave the best policy alone where they say so, pay for knowledge and not for pushing, and work in every family."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from dialogym.core.belief import Belief
from dialogym.core.mind import Contradiction, listen
from dialogym.core.setting import Setting
from dialogym.envs.coaching.game import Ask, Suggest
from dialogym.envs.episodes import record, rescore
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.negotiation.game import Offer
from dialogym.envs.negotiation.voice import VOICE
from dialogym.envs.registration import lookup
from dialogym.evaluation.shaping import best_policies, forks, openings
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.beliefs import Filter
from dialogym.rewards.curiosity import AccuracyGain, EntropyGain, InformationGain, LogAccuracyGain
from dialogym.rewards.registry import Reward
from dialogym.simulated_users.user import ScriptedUser

from ..core.test_solver import Chain, Quiz, Student, Teach
from ..reach import in_few
from .forks import play_out

POTENTIAL = {
    "curiosity/accuracy": AccuracyGain,
    "curiosity/log_accuracy": LogAccuracyGain,
    "curiosity/entropy": EntropyGain,
}
NAMES = (*POTENTIAL, "curiosity/information_gain", "information/expected_gain", "information/value")


def coaching(env_id="CoachingSuggestible-v0"):
    family = load_family(*lookup(env_id))
    scenario = family.scenarios()[0]
    return family.setting(scenario)


# ---- policy invariance -----------------------------------------------------------------------------------------------


class Pair:
    """Who says which of two types it is, right three times in four; and who, if pushed, just agrees with probability .6."""

    def prior(self):
        return Belief({1: 0.6, 2: 0.4})

    def react(self, hidden, state):
        p = 0.75 if hidden == state.last.skill else 0.25
        return (
            Belief({(hidden, "yes"): p, (hidden, "no"): 1 - p})
            if isinstance(state.last, Quiz)
            else self.pushed(hidden, p)
        )

    def pushed(self, hidden, p):
        return Belief({(hidden, "yes"): 0.6 + 0.4 * p, (hidden, "no"): 0.4 * (1 - p)})

    def honest_react(self, hidden, state):
        p = 0.75 if hidden == state.last.skill else 0.25
        return Belief({(hidden, "yes"): p, (hidden, "no"): 1 - p})


SMALL = {
    "a student who learns": Setting(Chain(3), Student(), "tutor"),
    "a client who can be pushed": Setting(Chain(3), Pair(), "tutor"),
}


@pytest.mark.parametrize("world", SMALL)
@pytest.mark.parametrize("filter", ["exact", "blind"])
@pytest.mark.parametrize("name", POTENTIAL)
def test_potential_based_terms_leave_the_best_policy_unchanged(world, name, filter):
    setting = SMALL[world]
    value, acts = best_policies(setting, "goal")
    shaped, acts_shaped = best_policies(setting, {"goal": 1.0, f"{name}(filter={filter})": 3.0})
    assert acts_shaped == acts and len(acts) > 80
    start = sum(p * POTENTIAL[name](filter=filter).potential(dialogue, 0) for p, dialogue in openings(setting))
    assert shaped == pytest.approx(value - 3.0 * start, abs=1e-9)


@pytest.mark.parametrize("name", POTENTIAL)
def test_so_they_do_with_a_discount_of_the_return_if_it_is_theirs(name):
    setting = SMALL["a student who learns"]
    _, acts = best_policies(setting, "goal", gamma=0.8)
    assert best_policies(setting, {"goal": 1.0, f"{name}(gamma=0.8)": 3.0}, gamma=0.8)[1] == acts
    assert best_policies(setting, {"goal": 1.0, f"{name}(gamma=1)": 3.0}, gamma=0.8)[1] != acts


@pytest.mark.parametrize(
    "term", ["curiosity/entropy(terminal_potential=keep)", "curiosity/information_gain", "information/expected_gain"]
)
def test_the_others_change_it(term):
    """The brute force can tell: a term that is an objective of its own moves the best acts."""
    setting = SMALL["a student who learns"]
    assert best_policies(setting, {"goal": 1.0, term: 3.0})[1] != best_policies(setting, "goal")[1]


@pytest.mark.parametrize("name", POTENTIAL)
def test_keep_telescopes_to_a_bonus_at_the_end(name):
    setting, kind = SMALL["a student who learns"], POTENTIAL[name]
    bonus, keep = kind(terminal_potential="keep"), Reward(f"{name}(terminal_potential=keep)")

    def at_the_end(step):
        return bonus.potential(step.dialogue, step.index + 1) if step.done else 0.0

    value, acts = best_policies(setting, lambda step: step.payoff + 3.0 * at_the_end(step))
    kept, acts_kept = best_policies(setting, lambda step: step.payoff + 3.0 * keep(step))
    start = sum(p * bonus.potential(dialogue, 0) for p, dialogue in openings(setting))
    assert acts_kept == acts and kept == pytest.approx(value - 3.0 * start, abs=1e-9)


# ---- pushing ---------------------------------------------------------------------------------------------------------


def expected(name, acts, filter, setting=None):
    reward = Reward(f"{name}(terminal_potential=keep,filter={filter})")
    return sum(
        p * sum(reward(step) for step in dialogue.steps)
        for p, dialogue in play_out(openings(setting or coaching()), acts)
    )


def test_pushing_farms_the_entropy_reward_of_a_blind_filter_and_not_of_ours():
    """Two equally likely types, six turns; asked, a client answers right with probability .75; pushed, it agrees with probability .6 or else answers so."""
    game = coaching().game
    ask, push = [Ask(name) for name in game.attributes[:6]], [Suggest(game.strategies[0])] * 6
    seen = {(what, filter, kind): expected(f"curiosity/{kind}", acts, filter)
            for what, acts in (("ask", ask), ("push", push)) for filter in ("exact", "blind") for kind in ("entropy", "log_accuracy")}  # fmt: skip
    assert seen["ask", "blind", "entropy"] == pytest.approx(0.677, abs=5e-4) == seen["ask", "exact", "entropy"]
    assert (
        seen["ask", "blind", "log_accuracy"] == pytest.approx(0.677, abs=5e-4) == seen["ask", "exact", "log_accuracy"]
    )
    assert seen["push", "blind", "entropy"] == pytest.approx(0.750, abs=5e-4)
    assert seen["push", "blind", "log_accuracy"] == pytest.approx(-1.18, abs=5e-3)
    assert seen["push", "exact", "entropy"] == pytest.approx(0.244, abs=5e-4) == seen["push", "exact", "log_accuracy"]


# ---- single terms ----------------------------------------------------------------------------------------------------


def test_closed_forms_of_one_answer():
    setting = coaching()
    dialogue = next(d for _, d in openings(setting))
    ask = Ask(setting.game.attributes[0])
    for p, after in forks(dialogue, ask):
        step, right = after.steps[-1], p == pytest.approx(0.75)
        b = 0.75 if right else 0.25
        assert AccuracyGain()(step) == pytest.approx(b - 0.5)
        assert LogAccuracyGain()(step) == pytest.approx(math.log2(b) + 1)
        h = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))
        assert EntropyGain()(step) == pytest.approx(1 - h) == InformationGain()(step)
        assert EntropyGain(gamma=0.9)(step) == pytest.approx(1 - 0.9 * h)


def test_a_lesson_that_tells_nothing_gives_no_information():
    """After a lesson for those who know nothing yet everybody says the same, and the student is known less well or better: entropy moves, information does not."""
    setting = Setting(Chain(2), Student(), "tutor")
    for _, dialogue in openings(setting):
        for _, after in forks(dialogue, Teach(1)):
            step = after.steps[-1]
            assert abs(EntropyGain()(step)) > 0.05
            assert InformationGain()(step) == pytest.approx(0.0, abs=1e-12)
        for _, after in forks(dialogue, Quiz(2)):
            assert InformationGain()(after.steps[-1]) > 0.05


def test_the_truth_is_that_of_the_moment():
    setting = Setting(Chain(2), Student(), "tutor")
    dialogue = next(d for _, d in openings(setting) if d.hidden == 0)
    learned = next(after for _, after in forks(dialogue, Teach(1)) if after.hidden == 1)
    assert Filter().truth(learned, 0) == 0 and Filter().truth(learned, 1) == 1
    after = 0.3 + 0.4 * 0.6
    assert AccuracyGain()(learned.steps[-1]) == pytest.approx(after - 0.4)


def test_the_belief_about_one_fact():
    engine = make_engine("Negotiation-v0", reward="curiosity/entropy(about=tactic,terminal_potential=keep)")
    for dialogue in rollout(engine, make_policy("scripted", engine), range(20)):
        start, end = (dialogue.belief_at(i).map(lambda hidden: hidden.tactic).entropy for i in (0, len(dialogue.steps)))
        assert sum(step.reward for step in dialogue.steps) == pytest.approx(start - end)


def test_lost_turns_are_rewarded_as_talk_and_the_truncated_dialogue_has_ended():
    engine = make_engine("Negotiation-v0", reward="curiosity/entropy")
    dialogue = engine.open([np.random.default_rng(0)])[0]
    for _ in range(3):
        engine.step([dialogue], ["[unknown]"])
    assert dialogue.steps[-1].truncated and not dialogue.over
    assert sum(step.reward for step in dialogue.steps) == pytest.approx(dialogue.belief_at(0).entropy)


class Stranger(ScriptedUser):
    """Does what the mind never does: asks for twice the price."""

    def decide(self, dialogues, heards):
        exchanges = super().decide(dialogues, heards)
        for i, (dialogue, exchange) in enumerate(zip(dialogues, exchanges, strict=True)):
            if dialogue.steps and exchange.replies and not exchange.over:
                ((state, seat, _),) = exchange.replies
                act = Offer(2 * dialogue.setting.game.list_price)
                exchanges[i] = exchange._replace(
                    replies=((state, seat, act),), after=dialogue.setting.game.apply(state, seat, act)
                )
        return exchanges


def test_a_user_without_the_mind_gives_finite_rewards():
    engine = make_engine("Negotiation-v0", reward=dict.fromkeys(NAMES, 1.0), user=Stranger(VOICE))
    for dialogue in rollout(engine, make_policy("wait", engine), range(10)):
        assert len(dialogue.steps) > 2 and all(math.isfinite(step.reward) for step in dialogue.steps)
        with pytest.raises(Contradiction):  # the mind could not have done it
            play_by_the_book(dialogue)
        assert math.fsum(p for _, p in dialogue.belief()) == pytest.approx(1.0)


def play_by_the_book(dialogue):
    belief = dialogue.setting.prior
    for exchange in (dialogue.opening_exchange, *(step.exchange for step in dialogue.steps)):
        for state, _, act in exchange.replies:
            belief = listen(dialogue.setting.mind, belief, state, act)


# ---- every family ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", in_few())
def test_every_term_in_every_family(env_id):
    """Finite, the same when a recorded episode is scored, and telescoping."""
    spec = {**dict.fromkeys(NAMES, 0.5), **{f"{name}(filter=blind,terminal_potential=keep)": 0.5 for name in POTENTIAL}}
    engine = make_engine(env_id, reward=spec)
    episodes, dialogues = [], []
    for dialogue in rollout(engine, make_policy("random", engine), range(12)):
        episodes.append(record(dialogue, env_id, engine, "random"))
        dialogues.append(dialogue)
        rows = [step.rewards for step in dialogue.steps]
        assert all(math.isfinite(value) for row in rows for value in row.values())
        assert all(row[name] >= 0.0 for row in rows for name in NAMES if name not in POTENTIAL)
        for name, kind in POTENTIAL.items():
            assert 2 * sum(row[name] for row in rows) == pytest.approx(-kind().potential(dialogue, 0), abs=1e-9)
            blind, end = kind(filter="blind"), len(rows)
            gained = blind.potential(dialogue, end) - blind.potential(dialogue, 0)
            assert 2 * sum(row[f"{name}(filter=blind,terminal_potential=keep)"] for row in rows) == pytest.approx(
                gained, abs=1e-9
            )
    for episode, again, dialogue in zip(episodes, rescore(episodes, spec), dialogues, strict=True):
        assert_equal(again, episode)
        assert episode.reward == spec
        own = [turn.reward_terms for turn in episode.turns if turn.seat == episode.seat]
        assert own == [step.rewards for step in dialogue.steps]
    for again, episode in zip(rescore(episodes, episodes[0].reward), episodes, strict=True):
        assert_equal(again, episode)  # what is recorded is itself a reward


def assert_equal(one, other):
    """But for the last digits of values: of two beliefs that are equal up to rounding, the first one met is solved."""
    assert replace(one, turns=()) == replace(other, turns=())
    for mine, theirs in zip(one.turns, other.turns, strict=True):
        assert replace(mine, reward=0.0, reward_terms={}) == replace(theirs, reward=0.0, reward_terms={})
        assert mine.reward == pytest.approx(theirs.reward, abs=1e-12)
        assert mine.reward_terms == pytest.approx(theirs.reward_terms, abs=1e-12)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("curiosity/entropy(gamma=0)", "gamma must be above 0 and at most 1"),
        ("curiosity/entropy(gamma=high)", "gamma must be above 0 and at most 1"),
        ("curiosity/entropy(gamma=true)", "gamma must be above 0 and at most 1"),
        ("curiosity/accuracy(terminal_potential=drop)", "terminal_potential must be one of zero, keep"),
        ("curiosity/log_accuracy(filter=deaf)", "filter must be one of exact, blind"),
        (
            "curiosity/information_gain(gamma=1)",
            "parameters of reward 'curiosity/information_gain' are filter, model, about; got 'gamma'",
        ),
        ("information/value(horizon=-1)", "horizon must be a whole number"),
        ("information/value(horizon=1.5)", "horizon must be a whole number"),
    ],
)
def test_refusals(term, message):
    with pytest.raises(ValueError, match=message):
        Reward(term)


def test_unknown_facts_and_models():
    with pytest.raises(FileNotFoundError, match="no user model in nowhere"):
        Reward("curiosity/entropy(model=nowhere)")
    engine = make_engine("Negotiation-v0", reward="curiosity/entropy(about=mood)")
    with pytest.raises(ValueError, match="about must be one of reservation, tactic; got 'mood'"):
        next(rollout(engine, make_policy("scripted", engine), range(1)))
