"""A judge's preferences in groups: both orders, ties, and what fails is dropped and never 0."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.envs.make import make_engine
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.rewards import Reward
from dialogym.rewards.judges import Judge, Panel, Preference
from dialogym.rewards.preferred import PREFER, Preferences, Preferred, parted
from dialogym.rewards.rubrics import EMPATHY, HELPFULNESS
from dialogym.simulated_users.user import Failure

from .test_judges import Model

WORDS = ("kind", "kinder", "rude", "kind")


def worth(seen):
    return ("rude", "kind", "kinder").index(seen.lines[-1 if seen.lines[-1].startswith("Buyer") else 1].split()[1])


class Kind:
    """Prefers the kinder one; it fails on whatever holds a word of `fails`."""

    name = "kind"

    def __init__(self, fails=()):
        self.fails, self.calls = fails, []

    def prefer(self, items):
        self.calls.append(items)
        found = []
        for _, a, b in items:
            if any(word in line.split() for seen in (a, b) for line in seen.lines for word in self.fails):
                found.append(Failure("judge: kind: gone"))
            else:
                found.append(Preference(*[float(worth(a) > worth(b))] * 3))
        return found


def played(words=WORDS):
    engine, left = make_engine("Negotiation-v0"), list(words)
    policy = FunctionPolicy("words", lambda dialogue, stream: left.pop(0))
    return list(rollout(engine, policy, [5] * len(words), 1, 0, lambda dialogue: False))


def paid(judge, words=WORDS, weight=2.0, groups=None, **parameters):
    dialogues = played(words)
    Preferences(judge, lambda scenario: (), weight, Preferred(**parameters)).pay(dialogues, groups or [0] * len(words))
    return dialogues, [None if d.error else d.steps[-1].rewards.get(PREFER) for d in dialogues]


def test_each_is_paid_the_share_that_it_beats_and_the_same_words_are_not_asked_about():
    judge = Kind()
    dialogues, values = paid(judge)
    assert values == pytest.approx([2.0 * 1.5 / 3, 2.0, 0.0, 2.0 * 1.5 / 3])
    (asked,) = judge.calls
    assert len(asked) == 5 and all(rubric == HELPFULNESS for rubric, _, _ in asked)
    assert dialogues[1].steps[-1].reward == pytest.approx(2.0 + dialogues[1].steps[-1].rewards["goal"])


def test_both_orders_are_one_call_and_a_flip_is_a_tie():
    model = Model(lambda request: '{"better": "A"}')
    _, values = paid(Judge(model), weight=1.0)
    assert values == [0.5] * 4 and [len(call) for call in model.calls] == [10]


def test_a_pair_that_fails_is_left_out_and_who_has_none_is_dropped():
    dialogues, values = paid(Kind(fails=("rude",)), weight=1.0)
    assert values == [0.25, 1.0, None, 0.25]
    assert dialogues[2].error == "judge: kind: gone" and dialogues[2].done
    dialogues, values = paid(Kind(), ("kind", "rude", "kinder"), groups=[0, 0, 1])
    assert values[2] is None and "no other dialogue" in dialogues[2].error and values[:2] == [2.0, 0.0]


def test_fewer_opponents():
    assert len(Preferred().pairs(8)) == 28 and len(Preferred(opponents=9).pairs(8)) == 28
    for wanted in (1, 2, 3, 4):
        pairs = Preferred(opponents=wanted).pairs(8)
        assert len(pairs) == len(set(pairs)) < 28
        assert all(wanted <= sum(i in pair for pair in pairs) <= wanted + 1 for i in range(8))


def test_a_panel_counts_by_its_median_and_none_of_it_may_fail():
    class Says(Kind):
        def prefer(self, items):
            return [Preference(*[self.fails] * 3) for _ in items]

    for judge in (panel := [Says(0.1), Says(0.8), Says(0.9)]):
        judge.deterministic = True
    assert Panel(panel).prefer([("a", "b", "c")]) == [Preference(0.8, 0.8, 0.8)]
    panel[0].prefer = lambda items: [Failure("judge: gone")] * len(items)
    assert Panel(panel).prefer([("a", "b", "c")]) == ["judge: gone"]


def test_what_is_asked():
    assert Preferred().asked(()) == HELPFULNESS and Preferred().asked((EMPATHY,)) == EMPATHY
    assert Preferred("empathy").asked((HELPFULNESS,)) == EMPATHY
    with pytest.raises(ValueError, match="must be one of helpfulness"):
        Preferred("manners").asked(())


def test_it_is_parted_from_the_rest_and_refused_where_one_plays_alone():
    reward, prefer = parted("goal=1,judge/prefer(opponents=2)=0.5")
    assert reward.describe() == {"goal": 1.0} and prefer == (0.5, Preferred(opponents=2))
    assert parted("judge/prefer")[0].describe() == {} and parted("goal")[1] is None
    with pytest.raises(ValueError, match="compares the dialogues of a group"):
        gym.make("Negotiation-v0", reward={"judge/prefer": 1.0})
    with pytest.raises(ValueError, match="once"):
        parted("judge/prefer=1,judge/prefer(opponents=2)=1")
    with pytest.raises(ValueError, match="opponents must be"):
        Reward("judge/prefer(opponents=-1)")
