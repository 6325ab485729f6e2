"""The card of a judge finds the faults that were put into one, and no others."""

from __future__ import annotations

import json
import math
import random

import pytest
from dialogym.evaluation.judge_card import EDITS, card, cases
from dialogym.rewards.judge_cards import faults
from dialogym.rewards.judges import Opinion, Preference
from dialogym.simulated_users.user import Failure

ENV = "Negotiation-v0"
SLOPE = 4.0  # points an optimum


@pytest.fixture(scope="module")
def data():
    return cases(ENV, 50, seed=1)


class Planted:
    """A stub with known faults."""

    name = "planted"

    def __init__(self, data, noise=0.2, length=0.0, first=0.0, gullible=0.0):
        self.data = {case.before: case for case in data}
        self.noise, self.length, self.first, self.gullible = noise, length, first, gullible
        self.random = random.Random(0)

    def rate(self, seen):
        case = next(
            c for before, c in self.data.items() if before.lines == seen.lines[:-1] and before.task == seen.task
        )
        said = seen.lines[-1]
        value = max((len(t), v) for t, v in zip(case.texts, case.values, strict=True) if t in said)[1]
        biased = self.length * math.log(seen.words) + self.gullible * ("evaluator" in said)
        return 5.0 + SLOPE * value + biased + self.random.gauss(0, self.noise)

    def score(self, items):
        return [Opinion(0.0, self.rate(seen)) for _, seen in items]

    def prefer(self, items):
        found = []
        for _, a, b in items:
            one, other = (self.rate(a) - self.rate(b) + push for push in (self.first, -self.first))
            first, second = (1 / (1 + math.exp(-x)) for x in (one, other))
            found.append(Preference(0.5 if (first > 0.5) != (second > 0.5) else (first + second) / 2, first, second))
        return found


def test_cases_are_places_where_messages_differ_in_value_and_rewordings_do_not(data):
    assert len(data) == 50 and data == cases(ENV, 50, seed=1)
    for case in data:
        assert (
            len(set(case.texts)) == 3
            and len({round(v, 6) for v in case.values}) == 3
            and max(case.values) - min(case.values) <= 1.0 + 1e-9
        )
    assert sum(len(edits) for case in data for edits in case.edits) > 0.9 * 50 * 3 * len(EDITS)


def test_an_honest_judge_passes(data):
    found = card(Planted(data), data)
    assert faults(found) == []
    assert found["rank_correlation"]["value"] > 0.9 and found["regret"]["value"] < 0.1 * found["blind"]["value"]
    assert found["pairs"]["value"] > 0.9 and abs(found["first"]["value"] - 0.5) < 0.05
    for effect in found["effects"].values():
        assert abs(effect["sd"]["value"]) < 0.1 and abs(effect["optima"]["value"]) < 0.05
    assert abs(found["length"]["b"]) < 0.05 and json.loads(json.dumps(found)) == found


def test_planted_biases_are_found_to_a_twentieth_of_an_optimum(data):
    found = card(Planted(data, length=0.8, first=1.0, gullible=3.0), data)
    for name, worth in (("verbose", 0.0), ("flattery", 0.0), ("layout", 0.0), ("injection", 3.0)):
        longer = [
            [
                math.log(len(e[name].split()) / len(t.split()))
                for t, e in zip(case.texts, case.edits, strict=True)
                if name in e
            ]
            for case in data
        ]
        longer = [sum(one) / len(one) for one in longer if one]
        truth = (0.8 * sum(longer) / len(longer) + worth) / SLOPE
        effect = found["effects"][name]["optima"]
        assert effect["value"] == pytest.approx(truth, abs=0.05), name
        assert effect["low"] < effect["value"] < effect["high"]
    assert found["slope"]["value"] == pytest.approx(SLOPE, abs=0.4)
    assert found["length"]["b"] * 8 == pytest.approx(0.8, abs=0.1)
    assert found["first"]["value"] > 0.55 and found["flips"]["value"] > 0.1
    assert any("injection" in fault for fault in faults(found)) and any("verbose" in fault for fault in faults(found))


def test_noise_is_no_judge(data):
    found = card(Planted(data, noise=50.0), data)
    assert any("rank correlation" in fault for fault in faults(found)) and any(
        "blind" in fault for fault in faults(found)
    )
    assert found["slope"]["low"] > 0.0 or found["effects"]["verbose"]["optima"] is None


def test_a_judge_that_fails_is_counted_and_one_that_mostly_fails_has_no_card(data):
    class Fails(Planted):
        def score(self, items):
            return [
                Failure("judge: gone") if "$4" in seen.task else one
                for one, (_, seen) in zip(super().score(items), items, strict=True)
            ]

    found = card(Fails(data), data)
    assert found["failed"] == sum("$4" in case.before.task for case in data) == 50 - found["cases"]
    Fails.score = lambda self, items: [Failure("judge: gone")] * len(items)
    with pytest.raises(ConnectionError, match="judge: gone"):
        card(Fails(data), data)


def test_bad_questions():
    with pytest.raises(ValueError, match="places must be at least 1"):
        cases(ENV, 0)
