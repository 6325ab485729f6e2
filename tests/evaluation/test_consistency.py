"""pass^k, percentiles and the rest by hand, and the exact sums against simulation."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from dialogym.core.belief import Belief
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import TABLE
from dialogym.evaluation.consistency import _ends, _summed, by_task, exact_tasks, percentile, unbiased
from dialogym.evaluation.exact import classes, expected_return
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.scripts.main import main
from dialogym.scripts.pages import consistency

from ..reach import OUT_OF_REACH, SHIPPED
from ..toy import HEURISTICS as HEURISTICS
from ..toy import TOY, Cafe, CafeGame, Order, improvise  # noqa: F401


def test_the_estimate_is_that_of_all_choices_of_k_trials():
    for trials in range(1, 7):
        for successes in range(trials + 1):
            ones = [1] * successes + [0] * (trials - successes)
            for k in range(1, trials + 1):
                chosen = [all(some) for some in itertools.combinations(ones, k)]
                assert unbiased(successes, trials, k) == pytest.approx(sum(chosen) / len(chosen))
    p, n, k = 0.3, 6, 4
    mean = sum(math.comb(n, c) * p**c * (1 - p) ** (n - c) * unbiased(c, n, k) for c in range(n + 1))
    assert mean == pytest.approx(p**k)


def test_percentiles_by_hand():
    values, weights = [3.0, 1.0, 2.0], [0.1, 0.1, 0.8]
    assert [percentile(values, weights, q) for q in (0.1, 0.11, 0.5, 0.9, 0.91)] == [1.0, 2.0, 2.0, 2.0, 3.0]
    assert percentile([5.0], [1.0], 0.1) == 5.0


def test_a_cafe_where_all_get_tea():
    """One guest of three wants tea: pass^k is 1/3 for all k, and no task is uncertain."""
    (row,) = by_task(TOY, ["always-tea"]).rows
    assert row.exact and row.tasks == 3 and row.passes == pytest.approx(dict.fromkeys((1, 2, 4, 8), 1 / 3))
    assert row.percentiles == (0.0, 0.0, 1.0)
    assert (row.aptitude, row.unreliability) == (pytest.approx(1 / 3), pytest.approx(0.0))
    assert by_task(TOY, ["optimal"]).rows[0].passes[8] == 1.0


class Served(NamedTuple):
    mover: str | None = "host"
    liked: bool = False


@dataclass(frozen=True)
class MoodGame(CafeGame):
    """The host serves tea; the guest drinks it or asks for coffee."""

    def start(self):
        return Served()

    def apply(self, state, seat, act):
        return Served("guest") if seat == "host" else Served(None, act == Order("tea"))

    def payoff(self, state, seat, hidden=None):
        return float(state.liked)


@dataclass(frozen=True)
class Moody:
    """Of two kinds, one likes tea half of the time and one nine times in ten. Which it is now is forgotten at once."""

    def prior(self):
        return Belief([(0.5, 0.75), (0.9, 0.25)])

    def react(self, hidden, state):
        return Belief([((0.0, Order("tea")), hidden), ((0.0, Order("coffee")), 1.0 - hidden)])


@dataclass(frozen=True)
class Mood(Cafe):
    def parts(self, scenario):
        return MoodGame(), Moody()


def test_two_kinds_of_guests_by_hand():
    """The kind that counts is the one at the start, though what is hidden moves."""
    tasks = exact_tasks(Mood(), "always-tea")
    assert [(task.weight, task.success) for task in tasks] == [(0.75, 0.5), (0.25, pytest.approx(0.9))]
    assert [dict(task.passes)[4] for task in tasks] == pytest.approx([0.5**4, 0.9**4])
    assert [(task.low, task.high) for task in tasks] == [(0.0, 1.0), (0.0, 1.0)]  # not liked in a tenth of the time
    row = _summed("Mood", "always-tea", tasks, True, 0)
    assert row.passes == pytest.approx({k: 0.75 * 0.5**k + 0.25 * 0.9**k for k in (1, 2, 4, 8)})
    assert row.percentiles == pytest.approx((0.5, 0.5, 0.9)) and (row.aptitude, row.unreliability) == (1.0, 1.0)


@pytest.mark.parametrize(
    "family", [Mood(), make_engine("CoachingSmall-v0").family, make_engine("ServiceEasy-v0").family]
)
def test_the_sum_of_the_tasks_is_the_exact_return(family):
    """The same payoffs, gathered by who was met."""
    name = {"Mood": "always-tea"}.get(type(family).__name__, "optimal")
    total = math.fsum(
        share * p * family.setting(scenario).game.payoff(state, family.role, now)
        for scenario, share in classes(family)
        for p, state, _, now in _ends(family, name, scenario, 20_000, known=False)
    )
    assert total == pytest.approx(expected_return(family, name), abs=1e-12)


def test_what_is_sampled_agrees_with_what_is_summed():
    """`noisy:optimal` without noise is the optimum, but draws random numbers: so it is sampled."""
    exact, sampled = by_task("CoachingSmall-v0", ["optimal", "noisy:optimal(share=0.0)"], episodes=800).rows
    assert exact.exact and not sampled.exact and (sampled.tasks, sampled.trials) == (100, 8)
    for k in (1, 2, 4):
        assert sampled.passes[k] == pytest.approx(exact.passes[k], abs=0.12)
    assert sampled.passes[1] != exact.passes[1]  # it was indeed played


def test_who_looks_at_what_is_hidden():
    (row,) = by_task("CoachingSmall-v0", ["clairvoyant"]).rows
    assert row.exact and row.passes[8] == 1.0


def test_a_familys_own_success_counts():
    """In Service a payoff of half of what is possible is no success where nothing had to be done."""
    family = make_engine("ServiceEasy-v0").family
    tasks = exact_tasks(family, "close")
    assert {task.success for task in tasks} == {0.0, 1.0}  # right where no change was to be made
    game = family.setting(family.scenarios()[0]).game
    right = sum(p for hidden, p in family.setting(family.scenarios()[0]).prior if game.target(hidden) is None)
    assert sum(task.weight * task.success for task in tasks) == pytest.approx(right)


METRICS = {
    "CarDealer-v0": "sold",
    "Classroom-v0": "all_master",
    "Clinic-v0": "accuracy",
    "Coaching-v0": "success",
    "Counselling-v0": "agreed",
    "DataTeaching-v0": "mastery",
    "Drafting-v0": "all_right",
    "GuessCity-v0": "found",
    "Helpdesk-v0": "solved",
    "Mafia-v0": "found",
    "Panel-v0": "decision",
    "Persuasion-v0": "donors",
    "Recommendation-v0": "success",
    "Riddle-v0": "found",
    "Rule-v0": "found",
    "Search-v0": "success",
    "Service-v0": "success",
    "Support-v0": "solved",
    "Trading-v0": "filled",
    "TwentyQuestions-v0": "found",
}
"""The metric of each family that is its success: one where all went well."""


def test_every_family_that_tells_a_success_is_held_to_a_metric():
    telling = {path for env_id, (path, _) in TABLE.items() if env_id in SHIPPED and load_family(path, {}).success}
    assert telling == {TABLE[env_id][0] for env_id in METRICS}


@pytest.mark.parametrize("env_id", METRICS)
def test_a_success_is_the_familys_metric(env_id):
    engine, metric, met = make_engine(env_id), METRICS[env_id], set()
    for name in ("scripted", "random"):
        for dialogue in rollout(engine, make_policy(name, engine), range(40)):
            success = engine.family.success(dialogue.setting.game, dialogue.state, dialogue.hidden)
            assert success == (engine.family.measure(dialogue)[metric] == 1.0)
            met.add(success)
    assert met == {False, True}


def test_the_rate_of_success_is_the_mean_of_the_metric():
    """That of the source. Half of what the informed could expect is had by talks that leave somebody in distress."""
    (row,) = by_task("Support-v0", ["gate"]).rows
    engine = make_engine("Support-v0")
    solved = [
        engine.family.measure(dialogue)["solved"]
        for dialogue in rollout(engine, make_policy("gate", engine), range(1000))
    ]
    assert row.exact and row.passes[1] == pytest.approx(sum(solved) / len(solved), abs=0.05)


@pytest.mark.parametrize("env_id", ["ClinicLarge-v0", "RecommendationLarge-v0"])
def test_what_is_out_of_reach_is_sampled(env_id):
    """To tell a success needs no optimum."""
    assert env_id in OUT_OF_REACH
    (row,) = by_task(env_id, ["scripted"], episodes=80).rows
    assert not row.exact and (row.tasks, row.trials) == (10, 8) and 0.0 < row.passes[1] <= 1.0


def test_the_command_writes_it(tmp_path, capsys):
    out = tmp_path / "a.json"
    assert main(["evaluate", TOY, "--by-task", "--policy", "always-tea", "--out", str(out)]) == 0
    assert "pass^8" in capsys.readouterr().out and '"unreliability": 0.0' in out.read_text()
    with pytest.raises(ValueError, match="trials must be from 1"):
        by_task(TOY, ["optimal"], trials=0)


PAGE = (consistency.DOCS / "consistency.md").read_text(encoding="utf-8")
QUICK = ("Classroom-v0", "Counselling-v0", "Persuasion-v0", "Tutoring-v0")
"""Of these the page's whole line is made anew, of the others the rule's part."""


def test_the_page_is_that_of_its_words():
    told = PAGE.split("\n")
    assert [part for part in consistency.WORDS.read_text(encoding="utf-8").split("\n") if part not in told] == [
        "{first}",
        "{others}",
    ]
    assert {env_id for env_id in METRICS if env_id not in (consistency.FIRST, "Mafia-v0", "Panel-v0")} == {
        env_id for env_id, success in consistency.OTHERS.items() if success
    }


@pytest.mark.parametrize(
    "env_id",
    [
        pytest.param(env_id, marks=() if success or env_id in QUICK else pytest.mark.long)  # solves it for the informed
        for env_id, success in consistency.OTHERS.items()
    ],
)
def test_the_page_has_the_numbers_of_every_family(env_id):
    (line,) = [line for line in PAGE.split("\n") if line.startswith(f"| {env_id} |")]
    if env_id in QUICK:
        assert line == consistency.row(env_id)
        return
    name = line.split("`")[1]
    (rule,) = by_task(env_id, [name]).rows
    alone = consistency.line(env_id, rule).split(" | ")
    told = line.split(" | ")
    assert rule.exact and told[:2] + told[4:] == alone
