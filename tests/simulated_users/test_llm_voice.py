"""A language model as a voice: what passes is what was meant, what fails is asked again and then spoken by the bank, and no secret is ever asked about."""

from __future__ import annotations

import copy
import pickle
from collections import Counter

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.stream import Stream
from dialogym.envs.engine import Engine, Options
from dialogym.envs.make import load_family
from dialogym.envs.registration import lookup
from dialogym.envs.users import examples_of, make_user
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.backends.backend import Reply, Request
from dialogym.simulated_users.llm_voice import LLMVoice, Spoken, framed, tidy, unbroken
from dialogym.simulated_users.user import Failure, ScriptedUser

from ..reach import in_few

FAMILIES = ["Negotiation-v0", "Tutoring-v0", "GuidedSolving-v0", "SpacingSmall-v0", "Coaching-v0"]


class Model:
    """A backend that says what a function of the request says, and keeps every request."""

    name = "model"

    def __init__(self, say):
        self.say, self.requests = say, []

    def generate(self, requests):
        self.requests += requests
        return [
            said if isinstance(said := self.say(request), Failure) else Reply(said, 10, 5, 0.5) for request in requests
        ]

    def close(self):
        pass


class Recorder:
    """A guide that remembers the lines it has made."""

    def __init__(self, guide):
        self.lines, self.guide = [], guide

    def __getattr__(self, name):
        return getattr(self.guide, name)

    def line(self, cue, stream):
        self.lines.append(self.guide.line(cue, stream))
        return self.lines[-1]


def parrot(request):
    """Repeats an example: sometimes fit, mostly not."""
    said = [words for role, words in request.messages if role == "assistant"]
    return said[request.seed % len(said)] if said else "Hm."


def voiced(env_id, say, **options):
    family = load_family(*lookup(env_id))
    voice = LLMVoice(family.voice, family.guide, Model(say), examples_of(family), **options)
    return Engine(family, Options(user=ScriptedUser(voice))), voice


def played(engine, episodes, policy="scripted"):
    return list(rollout(engine, make_policy(policy, engine), range(episodes)))


def exchanges(dialogues):
    return [[dialogue.opening_exchange, *(step.exchange for step in dialogue.steps)] for dialogue in dialogues]


@pytest.mark.parametrize("env_id", in_few(FAMILIES))
def test_every_word_is_verified(env_id):
    """Of a model that repeats what it was shown, right or wrong, only what passes is heard; the rest is the bank's. 10,000 utterances in all families."""
    engine, voice = voiced(env_id, parrot)
    guide, bank = engine.family.guide, engine.family.voice
    heard = []

    class Auditor(LLMVoice):
        """Keeps each cue with the line that was to be worded and what was said."""

        def say(self, cues, streams):
            self.guide = Recorder(guide)
            said = super().say(cues, streams)
            heard.extend(zip(cues, self.guide.lines, said, strict=True))
            return said

    auditor = Auditor(bank, guide, voice.backend, voice.examples)
    engine.user = ScriptedUser(auditor)
    seed = 0
    while len(heard) < 2000:
        list(rollout(engine, make_policy("random", engine), range(seed, seed + 64)))
        seed += 64
    kinds = Counter()
    for cue, line, said in heard:
        assert isinstance(said, Spoken)
        kinds["fallback" if said.fallback else "first" if said.attempts == 1 else "retried"] += 1
        assert said.startswith(line.before) and said.endswith(line.after), (line, said)
        if not said.fallback:
            assert not guide.check(cue, line, said.removeprefix(line.before).removesuffix(line.after).strip()), (
                cue,
                said,
            )
    counts = auditor.counts
    assert counts.utterances == len(heard) == counts.first_try + counts.retried + counts.fallbacks
    assert (kinds["first"], kinds["retried"], kinds["fallback"]) == (counts.first_try, counts.retried, counts.fallbacks)
    assert min(kinds.values()) > 10 and counts.tokens == 5 * len(voice.backend.requests)


def test_what_fails_is_asked_again_and_then_spoken_by_the_bank():
    engine, voice = voiced("Negotiation-v0", lambda request: "You can have it for $1.", attempts=2)
    dialogue = engine.open([np.random.default_rng(0)])[0]
    assert dialogue.opening.fallback and dialogue.opening.attempts == 2
    assert str(dialogue.opening_exchange.replies[-1][2].price) in dialogue.opening
    first, second = voice.backend.requests
    assert second.messages[: len(first.messages)] == first.messages and second.seed != first.seed
    (_, said), (role, told) = second.messages[-2:]
    assert (
        said == "You can have it for $1."
        and role == "user"
        and told.startswith("Not like that.")
        and told.endswith(first.messages[-1][1])
    )


@pytest.mark.parametrize("env_id", FAMILIES)
def test_no_request_depends_on_a_secret(env_id):
    """On one course of public events, what a request is made of (the cue, and random numbers that nobody knows) is the same whatever is hidden."""
    told, compared = {}, 0
    family = load_family(*lookup(env_id))
    scenario = family.scenarios()[0]
    support = family.setting(scenario).prior.support

    class Asked(LLMVoice):
        def say(self, cues, streams):
            cues_seen.extend(cues)
            return super().say(cues, streams)

    for number in range(6):
        voice = Asked(family.voice, family.guide, Model(parrot), examples_of(family))
        engine = Engine(family, Options(user=ScriptedUser(voice)))
        for seed in range(20):
            cues_seen = []
            options = {
                "hidden": support[number * (len(support) - 1) // 5],
                "scenario": scenario,
                "persona": family.voice.personas[0],
            }
            dialogue = engine.open([np.random.default_rng(seed)], options)[0]
            speak, stream = make_policy("random", engine), Stream(np.random.default_rng(seed))
            course = [dialogue.opening_exchange and dialogue.opening_exchange.replies]
            while not dialogue.done:
                step = engine.step([dialogue], speak.respond([dialogue], [stream]))[0]
                course.append((step.text, step.exchange.replies))
                before = told.setdefault(tuple(course), (number, tuple(cues_seen)))
                assert before[1] == tuple(cues_seen)
                compared += before[0] != number
    assert compared > 20


def test_decisions_do_not_depend_on_words():
    """Whether the model speaks well, badly, or differently: the same seeds decide the same."""
    runs = []
    for say in (parrot, lambda request: "Mumble.", lambda request: request.messages[-1][1]):
        engine, _ = voiced("Tutoring-v0", say)
        runs.append(exchanges(played(engine, 30, "mastery-threshold")))
    assert runs[0] == runs[1] == runs[2]


def test_a_batch_is_asked_for_together():
    """One call for all openings, one for all replies, and one each time for what has to be asked again."""
    engine, voice = voiced("Negotiation-v0", lambda request: "Mumble.", attempts=2)
    calls, generate = [], voice.backend.generate
    voice.backend.generate = lambda requests: calls.append(len(requests)) or generate(requests)
    dialogues = engine.open([np.random.default_rng(seed) for seed in range(8)])
    engine.step(dialogues, ["Hello."] * 8)
    assert len(calls) == 4 and calls[0] == calls[2] == 8


def test_a_model_that_fails_is_not_the_learners_fault():
    """Where the machinery fails, the dialogue is cut off without a reward; the others of the batch go on."""
    asked = Counter()

    def say(request):
        asked["n"] += 1
        return Failure("the server is gone") if asked["n"] % 9 == 0 else "Mumble."

    engine, voice = voiced("Negotiation-v0", say)
    dialogues = played(engine, 60)
    failed = [dialogue for dialogue in dialogues if dialogue.error]
    assert 0 < len(failed) < 60 and voice.counts.failures == len(failed)
    for dialogue in failed:
        assert dialogue.error == "the server is gone"
        if dialogue.steps:
            assert dialogue.steps[-1].truncated and dialogue.steps[-1].reward == 0.0 and not dialogue.steps[-1].rewards


def test_evaluation_drops_and_counts_failures():
    family = load_family(*lookup("Negotiation-v0"))
    model = Model(lambda request: Failure("no answer") if request.seed % 31 == 0 else "Mumble.")
    user = ScriptedUser(LLMVoice(family.voice, family.guide, model, examples_of(family)))
    result = evaluate("Negotiation-v0", "scripted", episodes=40, user=user)
    assert 0 < result.dropped < 40
    assert np.isnan(result.returns).sum() == result.dropped


def test_info_tells_how_the_words_came_about():
    family = load_family(*lookup("Negotiation-v0"))
    voice = LLMVoice(family.voice, family.guide, Model(lambda request: "Mumble."), examples_of(family))
    env = gym.make("Negotiation-v0", user=ScriptedUser(voice))
    env.reset(seed=0)
    *_, info = env.step("[offer 40]")
    assert info["voice"] == {"attempts": 3, "fallback": True}
    plain = gym.make("Negotiation-v0")
    plain.reset(seed=0)
    assert "voice" not in plain.step("[offer 40]")[-1]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('"Deal at $50."', "Deal at $50."),
        ("“Fine.”\nBuyer: no", "Fine."),
        ('"A" and "B"', '"A" and "B"'),
        ("  two   words ", "two words"),
        ("", ""),
        ('"', '"'),
    ],
)
def test_tidy(said, words):
    assert tidy(said) == words


def test_spoken_words_travel():
    words = pickle.loads(pickle.dumps(Spoken("Deal.", 2, True)))
    assert (words, words.attempts, words.fallback) == ("Deal.", 2, True) and copy.deepcopy(words).attempts == 2


def test_plain_prompts_are_short():
    family = load_family(*lookup("Negotiation-v0"))
    example = next(iter(examples_of(family).values()))[0]
    stream = Stream(np.random.default_rng(0))
    long, short = (
        LLMVoice(family.voice, family.guide, Model(parrot), {}, plain=plain).messages(example.cue, example.line, stream)
        for plain in (False, True)
    )
    assert long[1:] == short[1:] and len(short[0][1]) < len(long[0][1]) and "Your manner is" in short[0][1]


def test_frame():
    family = load_family(*lookup("Negotiation-v0"))
    assert framed(next(iter(examples_of(family).values()))[0].line, "Hello.") == "Hello."


def test_examples_are_lines_of_their_kind():
    for env_id in FAMILIES:
        family = load_family(*lookup(env_id))
        examples = examples_of(family)
        assert examples is examples_of(family)
        for (intent, persona), pool in examples.items():
            assert all(example.line.intent == intent and example.cue.persona == persona for example in pool)
            assert not any(family.guide.check(example.cue, example.line, example.words) for example in pool)


@pytest.mark.parametrize(
    "user",
    [
        "voiced",
        "voiced:",
        "spoken:smollm2",
        "",
        7,
        "voiced:smollm2(attempts=0)",
        "voiced:smollm2(colour=red)",
        "voiced:no such model!",
    ],
)
def test_wrong_users(user):
    with pytest.raises((ValueError, TypeError, ImportError)):
        gym.make("Negotiation-v0", user=user)


def test_a_family_without_a_guide_says_so():
    from ..toy import TOY

    with pytest.raises(ValueError, match="no guide"):
        make_user("voiced:smollm2", load_family(*lookup(TOY)))


def test_words_that_were_cut_off_end_with_their_last_sentence():
    request = Request((("user", "Hello."),), max_tokens=8)
    for text, tokens, words in (
        ("I want $240. But I am not", 8, "I want $240."),
        ('He said "no." And then', 9, 'He said "no."'),
        ("I want $240. But I am not", 7, "I want $240. But I am not"),
        ("No end in", 8, "No end in"),
        ("It costs 2.50 and", 8, "It costs 2.50 and"),
    ):
        assert unbroken(Reply(text, 5, tokens, 0.1), request) == words
