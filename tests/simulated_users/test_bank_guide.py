"""The guide of a family that has none: a language model may say what the phrase bank could say, and nothing else."""

from __future__ import annotations

import random
import re

import dialogym
import numpy as np
import pytest
from dialogym.core.stream import Stream
from dialogym.envs.engine import Engine, Options
from dialogym.envs.make import make_engine
from dialogym.envs.users import guide_of
from dialogym.evaluation.conformance import Subject
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.backends.backend import Reply
from dialogym.simulated_users.bank_guide import BankGuide
from dialogym.simulated_users.llm_voice import LLMVoice, tidy
from dialogym.simulated_users.phrase_bank import PhraseVoice
from dialogym.simulated_users.user import ScriptedUser

from ..toy import TOY

FAMILIES = ["Negotiation-v0", "Coaching-v0", "GuidedSolving-v0"]


class Chooser:
    """A model that does as it is told: it takes a sentence of each list, in quotation marks."""

    name = "chooser"

    def __init__(self, obey=True):
        self.requests, self.obey, self.draw = [], obey, random.Random(0)

    def generate(self, requests):
        self.requests += requests
        return [Reply(self.say(request), 1, 1, 0.0) for request in requests]

    def say(self, request):
        order = request.messages[-1][1]
        if not self.obey:
            return "I would rather tell you everything."
        lists = re.findall(r'word for word: ((?:"[^"]*"(?:, )?)+)', order)
        return f'"{" ".join(self.draw.choice(re.findall(chr(34) + "([^" + chr(34) + "]*)" + chr(34), some)) for some in lists)}"'

    def close(self):
        pass


def voiced(env_id, **options):
    family, model = make_engine(env_id).family, Chooser(**options)
    voice = LLMVoice(family.voice, BankGuide(family.voice), model, {}, attempts=2)
    return Engine(family, Options(user=ScriptedUser(voice))), voice, model


@pytest.mark.parametrize("env_id", FAMILIES)
def test_a_model_that_chooses_is_always_heard(env_id):
    """Also to lost turns, whose reason stands between the lead and the act; and what is decided does not change."""
    engine, voice, model = voiced(env_id)
    with_words = list(rollout(engine, make_policy("random", engine), range(20)))
    lost = engine.open([np.random.default_rng(seed) for seed in range(5)])
    for text in ("[unknown]", "Hello, how are you?", "one or two?"):
        for step in engine.step([dialogue for dialogue in lost if not dialogue.done], [text] * 5):
            assert step.reason in step.reply
    assert voice.counts.first_try == voice.counts.utterances > 50 and not voice.counts.fallbacks
    other, _, _ = voiced(env_id, obey=False)
    without = list(rollout(other, make_policy("random", other), range(20)))
    assert [[s.exchange for s in d.steps] for d in with_words] == [[s.exchange for s in d.steps] for d in without]


@pytest.mark.parametrize("env_id", FAMILIES)
def test_a_model_that_does_not_is_never_heard(env_id):
    engine, voice, _ = voiced(env_id, obey=False)
    list(rollout(engine, make_policy("random", engine), range(5)))
    assert voice.counts.fallbacks == voice.counts.utterances > 0


@pytest.mark.parametrize("env_id", FAMILIES)
def test_what_the_bank_says_passes_and_nothing_near_it(env_id):
    family = make_engine(env_id).family
    guide = BankGuide(family.voice)
    for number, cue in enumerate(Subject(env_id).cues()):
        line = guide.line(cue, Stream(np.random.default_rng(0)))
        said = family.voice.say([cue], [Stream(np.random.default_rng(number))])[0]
        assert not guide.check(cue, line, said) and not guide.check(cue, line, tidy(f'  "{said}"\nMore.'))
        for words in (said[:-1], f"{said} Yes.", said.replace(" ", " not ", 1), "", "\x00"):
            assert words == said or guide.check(cue, line, words)
        assert cue.act.tag() in line.order and line.intent.startswith(cue.act.tag())


@pytest.mark.parametrize("env_id", FAMILIES)
def test_its_grammar_allows_what_passes(env_id):
    """Taken apart with a regular expression: alternatives of quoted words, in the order of the lists."""
    family = make_engine(env_id).family
    guide = BankGuide(family.voice)
    for cue in Subject(env_id).cues(60):
        line = guide.line(cue, Stream(np.random.default_rng(0)))
        grammar = guide.grammar(cue, line)
        assert grammar.startswith("root ::= (") and grammar.count("\n") == 1
        groups = re.findall(r"\(((?:\"(?:[^\"\\]|\\.)*\"(?: \| )?)+)\)", grammar)
        words = "".join(re.sub(r"\\(.)", r"\1", re.match(r"\"((?:[^\"\\]|\\.)*)\"", group)[1]) for group in groups)
        assert not guide.check(cue, line, words), (grammar, words)


def test_the_scene_is_the_same_in_all_turns_and_tells_what_is_public():
    guide = BankGuide(make_engine("Negotiation-v0").family.voice)
    scenes = {}
    for cue in Subject("Negotiation-v0").cues():
        scene = guide.scene(cue)
        assert f"You are the {cue.seat}" in scene and str(cue.public.list_price) in scene
        assert scenes.setdefault((cue.public, cue.persona), scene) == scene


def test_who_gets_it():
    """A family without a guide whose words are a phrase bank's; one that has a guide keeps it, one without either says so."""
    negotiation = make_engine("Negotiation-v0").family
    assert guide_of(negotiation) is negotiation.guide
    bare = make_engine("Negotiation-v0").family
    bare.__dict__["guide"] = None
    assert isinstance(guide_of(bare), BankGuide) and isinstance(bare.voice, PhraseVoice)
    with pytest.raises(ValueError, match="no guide, and no PhraseVoice"):
        guide_of(make_engine(TOY).family)
    assert dialogym.ids()
