"""Judges against people: figures by hand, and an estimate that is unbiased and says what labels it saves."""

from __future__ import annotations

import json

import numpy as np
import pytest
from dialogym.evaluation.judge_labels import Labelled, against_people, kappa, read_labels, rubric_named
from dialogym.rewards.judge_prompts import Shown
from dialogym.rewards.judges import Judge, Opinion
from dialogym.rewards.rubrics import HELPFULNESS
from dialogym.scripts.judge import main
from dialogym.simulated_users.user import Failure

from ..rewards.test_judges import Model


class Scores:
    """A judge that reads its score from the dialogue."""

    name = "scores"

    def score(self, items):
        said = [seen.lines[0] for _, seen in items]
        return [Failure("gone") if text == "fail" else Opinion(0.0, float(text)) for text in said]


def rows(judged, people):
    seen = [Shown("agent", "", (str(score),)) for score in judged]
    return [Labelled(one, score) for one, score in zip(seen, people, strict=True)]


def test_figures_by_hand():
    found = against_people(Scores(), rows([1, 2, 3, 4, 5, 5], [1, 1, 4, 4, 5, None]), HELPFULNESS)
    assert (found["labels"], found["dialogues"]) == (5, 6)
    assert found["spearman"]["value"] == pytest.approx(9.0 / np.sqrt(10.0 * 9.0))  # ranks 1.5, 1.5, 3.5, 3.5, 5
    assert found["estimate"]["value"] == pytest.approx(20 / 6 + 0.0) and found["people"]["value"] == 3.0
    assert kappa([1, 2, 3], [1, 2, 3]) == 1.0 and kappa([1, 3], [3, 1]) == -1.0
    assert kappa([1, 1, 4, 4], [1, 4, 1, 4]) == pytest.approx(0.0)


def test_the_estimate_is_unbiased_and_its_interval_holds_and_labels_are_saved(monkeypatch):
    monkeypatch.setattr("dialogym.evaluation.judge_card.RESAMPLES", 2)
    rng, covered, errors, saved = np.random.default_rng(0), 0, [], []
    for _ in range(60):
        true = rng.uniform(1, 5, 400)
        judged = np.clip(0.7 * true + 2.0 + rng.normal(0, 0.3, 400), -9, 9)  # too kind, and less far apart
        told = [score if i < 40 else None for i, score in enumerate(true)]
        found = against_people(Scores(), rows(judged, told), HELPFULNESS)
        errors.append(found["estimate"]["value"] - 3.0)
        covered += found["estimate"]["low"] <= 3.0 <= found["estimate"]["high"]
        saved.append(found["saved"])
    assert abs(np.mean(errors)) < 0.03 and covered / 60 > 0.88
    equal = np.std(errors) ** 2 / (16 / 12)  # labels that would be as accurate: the variance of a score is 16 / 12
    assert np.mean(saved) == pytest.approx(1.0 / equal - 40, rel=0.4) and np.mean(saved) > 60


def test_noise_saves_nothing():
    rng = np.random.default_rng(1)
    people = [float(score) for score in rng.uniform(1, 5, 60)] + [None] * 400
    found = against_people(Scores(), rows(rng.uniform(1, 5, 460), people), HELPFULNESS)
    assert found["saved"] < 0 and found["spearman"]["low"] < 0 < found["spearman"]["high"]


def test_what_fails_is_left_out_and_little_is_refused():
    found = against_people(Scores(), rows([1, 2, "fail", 4], [1, 2, 3, 4]), HELPFULNESS)
    assert (found["failed"], found["labels"], found["dialogues"]) == (1, 3, 3)
    with pytest.raises(ConnectionError, match="gone"):
        against_people(Scores(), rows(["fail"] * 3 + [1], [1] * 4), HELPFULNESS)
    with pytest.raises(ValueError, match="at least 3"):
        against_people(Scores(), rows([1, 2, 3], [1, None, None]), HELPFULNESS)
    with pytest.raises(ValueError, match="from 1 to 5, got 7"):
        against_people(Scores(), rows([1, 2, 3], [1, 2, 7]), HELPFULNESS)


def test_files(tmp_path):
    path = tmp_path / "labels.jsonl"
    chat = [("system", "Help."), ("user", "Hi\nthere."), ("assistant", "What is it?"), ("user", "Nothing.")]
    messages = [{"role": role, "content": text} for role, text in chat]
    told = [{"messages": messages, "score": 4}, {"lines": ["Agent: Hm, yes.", "Guest: No."], "task": "Be kind."}]
    path.write_text("\n".join(map(json.dumps, told)) + "\n\n")
    first, second = read_labels(path)
    assert first == (
        Shown("agent", "Help.", ("Partner: Hi there.", "Agent: What is it?", "Partner: Nothing."), 3.0),
        4.0,
    )
    assert second == (Shown("agent", "Be kind.", ("Agent: Hm, yes.", "Guest: No."), 2.0), None)
    for bad in ("[]", '{"score": 1}', '{"lines": ["a"], "score": "good"}', "no"):
        path.write_text(f"{json.dumps(told[0])}\n{bad}\n")
        with pytest.raises(ValueError, match=r"line 2: expected an object"):
            read_labels(path)
    with pytest.raises(ValueError, match="rubric must be one of helpfulness"):
        rubric_named("manners")


def test_the_command_prints_and_keeps_them(tmp_path, monkeypatch, capsys):
    judge = Judge(Model(_told))
    judge.evidence, judge.samples = False, 1
    monkeypatch.setattr("dialogym.scripts.judge.make_judge", lambda name: judge)
    path = tmp_path / "labels.jsonl"
    told = [{"lines": [f"Agent: {'yes ' * n}"], **({"score": n} if n < 4 else {})} for n in (1, 2, 3, 4, 5)]
    path.write_text("\n".join(map(json.dumps, told)))
    options = ["--env", "CoachingSmall-v0", "--places", "2", "--labels", str(path), "--out", str(tmp_path)]
    assert main(["card", "model", *options], {}) == 1
    shown = capsys.readouterr().out
    assert "helpfulness: 3 of 5 dialogues scored by people" in shown and "labels that this saves" in shown
    (card,) = tmp_path.glob("*.json")
    assert json.loads(card.read_text())["people"]["spearman"]["value"] == pytest.approx(1.0)


def _told(request):
    text = request.messages[-1][1]
    if "In which way" in text:
        return '{"better": "A"}'
    return json.dumps({"score": min(5, max(1, text.count("yes")))})
