"""Scores by exact regret: without bias, 1 for the optimum, not to be beaten by any exit, and right about what loses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from dialogym.core.solver import OutOfReach
from dialogym.envs.guided_solving.family import GuidedSolving
from dialogym.envs.make import make_engine
from dialogym.evaluation.evaluate import compare, evaluate
from dialogym.evaluation.references import nothing_value, references, zero_value
from dialogym.evaluation.regret import dialogue_regret, expected_payoffs, lost_acts
from dialogym.evaluation.results import Evaluation
from dialogym.evaluation.statistics import normalised_score, score_error, score_interval
from dialogym.evaluation.stochastic import expected_payoff
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import REFUSAL, Failure, ScriptedUser

from .test_evaluate import FlakyUser, unsolved  # noqa: F401

SOLVED = {
    "Negotiation-v0": {},
    "NegotiationHard-v0": {"role": "seller"},
    "Tutoring-v0": {},
    "GuidedSolving-v0": {},
    "Coaching-v0": {},
    "CoachingSuggestible-v0": {},
    "SpacingSmall-v0": {},
}
each = pytest.mark.parametrize(("env_id", "settings"), SOLVED.items(), ids=SOLVED)
REFUSED = f"server: status 400: {REFUSAL} (content_filter)"


def stumbling(engine):
    """Random play that also loses turns, up to being cut off: tags that cannot be read, and acts against the rules."""
    random = make_policy("random", engine)

    def speak(dialogue, stream):
        luck = stream.random()
        first = f"[{next(iter(engine.grammar.acts))}"
        return f"{first}" if luck < 0.3 else f"{first} 0]" if luck < 0.5 else random.respond([dialogue], [stream])[0]

    return FunctionPolicy("stumbling", speak)


def judged_of(engine, policy, episodes=300, seed=0):
    dialogues = list(rollout(engine, policy, range(seed, seed + episodes)))
    return dialogues, [dialogue_regret(dialogue, engine.grammar) for dialogue in dialogues]


@each
def test_the_optimum_scores_one(env_id, settings):
    result = evaluate(env_id, "optimal", episodes=40, **settings)
    assert result.exact_score == pytest.approx(1.0, abs=1e-9) and result.exact_score_error == 0.0
    assert result.exact_score_interval == pytest.approx((1.0, 1.0), abs=1e-9)
    assert result.lost == () and np.abs(result.regrets).max() < 1e-9 and result.judged == 40


@each
@pytest.mark.parametrize("name", ["scripted", "stumbling"])
def test_what_is_expected_and_what_is_paid_differ_by_luck_alone(env_id, settings, name):
    """Over many dialogues the optimum less the regret is the payoff; no dialogue loses less than nothing."""
    engine = make_engine(env_id, **settings)
    dialogues, judged = judged_of(engine, stumbling(engine) if name == "stumbling" else make_policy(name, engine))
    luck = np.array([dialogue.steps[-1].payoff for dialogue in dialogues]) - expected_payoffs(judged)
    regrets = np.array([one.regret for one in judged])
    error = luck.std() / len(luck) ** 0.5
    assert abs(luck.mean()) < 4 * error
    assert min(turn.regret for one in judged for turn in one.turns) > -1e-9  # no exit is worth more than the optimum
    assert min(one.forfeited for one in judged) > -1e-9
    if name == "stumbling":
        assert regrets.mean() > 5 * error  # so that a turn that is not counted would show
        problems = {turn.problem for one in judged for turn in one.turns}
        assert {"malformed"} < problems and max(one.forfeited for one in judged) > 0.01
        assert sum(step.truncated for dialogue in dialogues for step in dialogue.steps) > 5


@pytest.mark.parametrize("env_id", [pytest.param("TutoringEasy-v0", marks=pytest.mark.long), "CoachingSuggestible-v0"])
def test_random_play_is_worth_what_the_exact_sum_says(env_id):
    engine = make_engine(env_id)
    exact = expected_payoff(engine.family, "random")
    values = expected_payoffs(judged_of(engine, make_policy("random", engine), 800, 50_000)[1])
    error = values.std() / 800**0.5
    assert abs(values.mean() - exact) < 4 * error < 0.06
    assert abs(zero_value(engine) - exact) < 4 * error  # of as many other episodes


def test_both_scores_agree_and_the_exact_one_is_surer():
    engine, n = make_engine("Coaching-v0"), 500
    known, result = references(engine, range(n)), evaluate("Coaching-v0", "scripted", episodes=n)
    sampled = score_error(result.returns, known.low, known.optimal)
    assert abs(result.score - result.exact_score) < 4 * sampled
    assert result.exact_score_error < 0.5 * sampled
    low, high = result.exact_score_interval
    assert (high - low) / 2 == pytest.approx(1.96 * result.exact_score_error, rel=0.15)
    assert result.exact_score == pytest.approx(
        1.0 - np.mean(result.regrets) / (result.optimum - zero_value(engine)), abs=1e-9
    )


def test_the_standard_error_of_a_score():
    rng = np.random.default_rng(0)
    own, gap = rng.normal(0.3, 1.0, 2000), rng.normal(2.0, 0.5, 2000)
    own += 0.4 * gap
    assert score_error(own, 0.0 * own, np.ones(2000)) == pytest.approx(own.std(ddof=1) / 2000**0.5)
    low, high = score_interval(own, 0.0 * own, gap)
    assert score_error(own, 0.0 * own, gap) == pytest.approx((high - low) / 3.92, rel=0.1)
    assert score_error(gap, 0.0 * gap, gap) == 0.0 and normalised_score(gap, 0.0 * gap, gap) == 1.0
    assert score_error([1.0], [0.0], [2.0]) is None and score_error([1.0, 2.0], [2.0, 2.0], [1.0, 2.0]) is None


def test_dialogues_are_played_once_and_only_some_are_judged(monkeypatch):
    played = []

    def speak(dialogue, stream):
        played.append(dialogue.seed)
        return "[walk]"

    walker = FunctionPolicy("walker", speak)
    some = evaluate("Negotiation-v0", walker, episodes=50, regret=20)
    assert sorted(played) == list(range(50))
    assert some.judged == 20 and np.isnan(some.regrets).tolist() == [False] * 20 + [True] * 30
    every, none = (evaluate("Negotiation-v0", walker, episodes=50, regret=regret) for regret in (50, 0))
    assert np.array_equal(every.regrets[:20], some.regrets[:20]) and "of 20 episodes" in str(some)
    assert (none.exact_score, none.judged, none.lost) == (None, 0, ()) and none.score == every.score
    assert "exact score" in str(every) and "exact score" not in str(none)
    with pytest.raises(ValueError, match="regret must be at least 0, got -1"):
        evaluate("Negotiation-v0", walker, regret=-1)


def test_it_is_about_the_payoff_whatever_is_rewarded():
    plain, other = (
        evaluate("GuidedSolving-v0", "scripted", episodes=60, reward=reward)
        for reward in ("goal", {"goal": 0.5, "turn_cost": 0.3})
    )
    assert plain.mean_reward != other.mean_reward and plain.lost == other.lost
    assert (plain.exact_score, plain.exact_score_error) == (other.exact_score, other.exact_score_error)


def test_failed_dialogues_are_not_judged_and_refused_ones_count_as_cut_off():
    def played(text):
        user = FlakyUser(lambda seed: seed % 4 == 0, text, GuidedSolving)
        return evaluate("GuidedSolving-v0", "scripted", episodes=40, user=user)

    plain, filtered = played("the server is down"), played(REFUSED)
    kept = np.arange(40) % 4 != 0
    assert plain.judged == 30 and np.array_equal(np.isnan(plain.regrets), ~kept)
    assert filtered.judged == 40 and np.array_equal(filtered.regrets[kept], plain.regrets[kept])
    engine = make_engine("GuidedSolving-v0")
    stood = rollout(engine, make_policy("scripted", engine), range(0, 40, 4), goes_on=lambda dialogue: False)
    cut = [dialogue_regret(dialogue, engine.grammar) for dialogue in stood]
    assert filtered.regrets[::4].tolist() == [one.regret for one in cut]
    assert min(one.forfeited for one in cut) > 0.01 and filtered.exact_score < plain.exact_score
    assert ("", "cut off", "go on") in {(acts.after, acts.act, acts.best) for acts in filtered.lost}


class Unwilling(ScriptedUser):
    """Decides nothing in the second exchange."""

    def decide(self, dialogues, heards):
        made = super().decide(dialogues, heards)
        return [
            Failure(REFUSED) if len(dialogue.steps) == 1 else exchange
            for dialogue, exchange in zip(dialogues, made, strict=True)
        ]


def test_a_turn_that_nobody_answered_is_none():
    """The words were refused before anything came of them: all that counts is the first turn, and what was forfeited."""
    engine, family = make_engine("GuidedSolving-v0"), GuidedSolving()
    result = evaluate("GuidedSolving-v0", "scripted", episodes=12, user=Unwilling(family.voice))
    stood = list(rollout(engine, make_policy("scripted", engine), range(12), goes_on=lambda dialogue: False))
    assert result.refused == 12
    assert result.regrets.tolist() == [dialogue_regret(dialogue, engine.grammar).regret for dialogue in stood]


@pytest.mark.long
def test_where_there_is_none(unsolved):  # noqa: F811
    out = evaluate(unsolved, "scripted", episodes=20)
    assert (out.exact_score, out.exact_score_interval, out.judged, out.lost) == (None, None, 0, ())
    assert "exact score" not in str(out)
    seer = compare("GuidedSolving-v0", ["clairvoyant"], episodes=40)
    assert seer["clairvoyant"].score > 1.0 and seer["clairvoyant"].exact_score is None
    assert "–" in next(line for line in str(seer).splitlines() if "clairvoyant" in line)
    other = type("Other", (ScriptedUser,), {"exact": False})(GuidedSolving.voice)
    result = evaluate("GuidedSolving-v0", "scripted", episodes=10, user=other)
    assert (result.score, result.exact_score, result.judged) == (None, None, 0)
    engine = make_engine(unsolved)
    with pytest.raises(OutOfReach):
        expected_payoffs(judged_of(engine, make_policy("scripted", engine), 3)[1])


def test_the_acts_that_lose_most():
    stop = evaluate("GuidedSolving-v0", FunctionPolicy("stop", lambda dialogue, stream: "[stop]"), episodes=30)
    (only,) = stop.lost
    assert (only.act, only.best, only.turns, only.turn, only.share) == ("stop", "nudge", 30, 1.0, 1.0)
    assert (
        only.regret
        == pytest.approx(stop.regrets.mean())
        == pytest.approx(stop.optimum - nothing_value(make_engine("GuidedSolving-v0")))
    )
    assert "'stop'" in str(stop) and "best: 'nudge'" in str(stop)
    engine = make_engine("Negotiation-v0")
    _, judged = judged_of(engine, stumbling(engine), 200)
    every = lost_acts(judged, most=1000)
    assert sum(acts.share for acts in every) == pytest.approx(1.0)
    assert sum(acts.regret for acts in every) == pytest.approx(np.mean([one.regret for one in judged]))
    assert [acts.regret for acts in every] == sorted((acts.regret for acts in every), reverse=True)
    assert lost_acts(judged, most=3) == every[:3]
    kinds = {(acts.act, acts.best) for acts in every}
    assert {("offer", "offer, lower"), ("offer", "offer, higher"), ("accept", "offer"), ("cut off", "go on")} <= kinds
    assert ("lost turn", "offer") in kinds and all(acts.act != acts.best for acts in every)
    asked = evaluate("Coaching-v0", "scripted", episodes=60).lost
    assert {(acts.after, acts.act, acts.best) for acts in asked} >= {("answer no", "ask", "ask, another")}


def test_records_from_before_can_be_read():
    result = evaluate("Tutoring-v0", "scripted", episodes=20)
    values = json.loads(json.dumps(result.to_json()))
    assert Evaluation.from_json(values) == result and values["lost"][0]["share"] > 0.0
    new = ("exact_score", "exact_score_interval", "exact_score_error", "judged", "lost")
    old = Evaluation.from_json({name: value for name, value in values.items() if name not in new})
    assert (old.exact_score, old.judged, old.lost, old.score) == (None, 0, (), result.score)
    assert "exact score" not in str(old)
