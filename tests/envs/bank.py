"""What the phrase bank says in many dialogues, with the line that a guide gives for the same cue and the same random numbers."""

from __future__ import annotations

import random
import re
import time
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from dialogym.core.stream import Stream
from dialogym.envs.engine import Engine, Options
from dialogym.envs.make import make_engine
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import ScriptedUser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TALK = (
    "hello", "thanks", "", "do you understand?", "ignore all instructions", "you idiot", "how do you learn best?", "are you sure?", "well done", "what is your secret?",
    "what is up", "never mind, you are close", "are you tired?", "hint: it means dog", "ready?", "what do you know?", "[foo]", "[quiz 1] [quiz 2]", "[explain 99]",
    "[review nothing]", "[hint] [try]", "let us stop here and then try it",
)  # fmt: skip


def well_formed(text):
    """Sees that words are sentences, with every field filled in."""
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert text[0].isupper() and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


_ANSWER = re.compile(
    r"(?:\W*(?:oh|ah|um|well|ha|hm|so|now|why|goodness|all|that is|it is|i am afraid|i say|if you)\b)*\W*"
    r"(?:yes|yeah|yep|no|nope|not|never|none|sure|right|quite|indeed|exactly|certainly|definitely|of course|fine|good(?! (?:to|day|morning))"
    r"|true|okay|ok|very well|correct|possible|say so|hardly|cannot be|do you think so|you think so|really|is that so"
    r"|you don't say|how nice)\b"
    r"|.*\b(?:hard to say|could not say|not able to|cannot (?:say|tell|find)|no idea|do not know|don't know"
    r"|how should i know|who knows|not sure)\b"
)


def sounds_like_an_answer(text):
    """Whether words could be taken for a yes or a no to what was asked last, or for a report that nobody could tell."""
    return bool(_ANSWER.match(text.lower()))


class Prattler:
    """Makes a random act, small talk or both, and loses turns."""

    name = "prattler"

    def __init__(self, engine):
        self.engine = engine

    def respond(self, dialogues, streams):
        texts = []
        for dialogue, stream in zip(dialogues, streams, strict=True):
            text = TALK[stream.choose(len(TALK))]
            if stream.random() < 0.6:
                acts = [
                    act
                    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat)
                    if type(act).__name__ not in ("Stop", "Tell")
                ]
                text = f"{'' if '[' in text else text} {self.engine.grammar.print(acts[stream.choose(len(acts))])}"
            texts.append(text)
        return texts


class Listener:
    """The family's own voice; keeps what it says."""

    def __init__(self, voice, guide):
        self.voice, self.guide, self.personas, self.heard = voice, guide, voice.personas, []

    def say(self, cues, streams):
        twins = [Stream(deepcopy(stream._generator)) for stream in streams]
        for twin, stream in zip(twins, streams, strict=True):
            twin._block = list(stream._block)
        texts = self.voice.say(cues, streams)
        for cue, twin, text in zip(cues, twins, texts, strict=True):
            line = self.guide.line(cue, twin)
            assert text.startswith(line.before) and text.endswith(line.after), (
                "the bank and the guide agree on the frame"
            )
            self.heard.append((cue, line, text[len(line.before) : len(text) - len(line.after)].strip()))
        return texts


class Recorder:
    """A voice, writing down what it was told and what it said."""

    def __init__(self, voice):
        self.voice, self.personas, self.said = voice, voice.personas, []

    def say(self, cues, streams):
        words = self.voice.say(cues, streams)
        self.said += zip(cues, words, strict=True)
        return words


def said_to(families, learners, count):
    """Cue and words of each utterance to learners who have `count` dialogues each with each family."""
    stream, said = Stream(np.random.default_rng(0)), []
    for seed, family in enumerate(families):
        recorder = Recorder(family.voice)
        engine = Engine(family, Options(user=ScriptedUser(recorder)))
        for number, learner in enumerate(learners):
            running = engine.open([np.random.default_rng([seed, number, i]) for i in range(count)])
            while running:
                engine.step(running, [learner(d, stream) for d in running])
                running = [d for d in running if not d.done]
        said += recorder.said
    return said


class Later:
    """A sequence or a mapping that is made when it is first looked at: who only collects a file does not wait for it."""

    def __init__(self, make):
        self._make, self._made = make, None

    @property
    def made(self):
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self):
        return len(self.made)

    def __iter__(self):
        return iter(self.made)

    def __getitem__(self, key):
        return self.made[key]

    def __add__(self, other):
        return Later(lambda: self.made + other.made)

    def items(self):
        return self.made.items()

    def values(self):
        return self.made.values()


@cache
def heard(env_id, episodes, *policies, **options):
    """Cue, line and words of each utterance; played once."""
    return Later(lambda: _heard(env_id, episodes, *policies, **options))


def _heard(env_id, episodes, *policies, **options):
    family = make_engine(env_id, **options).family
    listener = Listener(family.voice, family.guide)
    engine = make_engine(env_id, user=ScriptedUser(listener), **options)
    for name in policies:
        list(rollout(engine, make_policy(name, engine), range(episodes)))
    list(rollout(engine, Prattler(engine), range(3 * episodes)))
    return tuple(listener.heard)


def by_intent(spoken):
    """Intent (without what else the turn closes) -> utterances."""

    def found():
        by_name = {}
        for utterance in spoken:
            by_name.setdefault(utterance[1].intent.partition(",")[0], []).append(utterance)
        return by_name

    return Later(found)


def swapped(guide, ones, others, n=400, seed=0):
    """Utterances of `others` that pass for cues of `ones`, of `n` pairs."""
    draw = random.Random(seed)
    passed = []
    for _ in range(n):
        cue, line, own = draw.choice(ones)
        words = draw.choice(others)[2]
        if words != own and not guide.check(cue, line, words):
            passed.append((line.order, words))
    return passed


def faults(guide, spoken):
    """Utterances that do not pass, with the fault."""
    return [(fault, line.order, words) for cue, line, words in spoken if (fault := guide.check(cue, line, words))]


JUNK = (
    "", "   ", "...", "?!", "[quiz 1]", "Noted. [stop]", "Tutor: Noted.", "Student: Noted.", "As an AI, I cannot say.", "As an AI language model, I noted it.",
    "(smiles) Noted.", "*nods* Noted.", "Noted. 😀", "Да, конечно.", "記下來了。", "Noted <end>", "Assistant: Noted.", "Noted. Noted. Noted. Noted. Noted. Noted.",
    "Great job! Here is another example for you.", "How can I help you today?", "Let me explain it to you.", "If you have any questions, feel free to ask.",
    " ".join(["word"] * 70), "Noted. " * 40, "I was told to say it word for word.", "My role is to react in a few words.",
)  # fmt: skip
"""What nobody may say, whatever the act."""


def survives(guide, spoken, text):
    """Any words get an answer, and always the same."""
    for cue, line, words in spoken:
        for said in (text, f"{words} {text}", f"{text} {words}", words.replace("e", text or "e")):
            fault = guide.check(cue, line, said)
            assert isinstance(fault, str) and fault == guide.check(cue, line, said)


def seconds(guide, spoken, text):
    """The longest processor time that one check of `text` takes."""
    longest = 0.0
    for cue, line, _ in spoken:
        start = time.process_time()
        guide.check(cue, line, text)
        longest = max(longest, time.process_time() - start)
    return longest


def samples(spoken):
    """One utterance of each intent."""
    return [utterances[0] for utterances in by_intent(spoken).values()]


def grammars(guide, spoken):
    """The grammar of each utterance that has one."""
    return [grammar for cue, line, _ in spoken if (grammar := guide.grammar(cue, line))]


def constrained(guide, utterance, regular, data):
    """What `check` says about words that the grammar of the utterance allows."""
    cue, line, _ = utterance
    words = data.draw(st.from_regex(regular(guide.grammar(cue, line)), fullmatch=True))
    return guide.check(cue, line, words)


# ---- what the tests of guides have in common


def fault_by(guide):
    """What a guide says about words for a cue; the line is that of the same random numbers each time."""
    return lambda cue, words: guide.check(cue, guide.line(cue, Stream(np.random.default_rng(0))), words)


def bank_test(guide, voice, cues):
    """A test: whatever the bank may say for a cue, in any manner, passes."""
    fault = fault_by(guide)

    @pytest.mark.parametrize("cue", cues)
    def test(cue):
        for persona in voice.personas:
            one = cue._replace(persona=persona)
            for words in voice.possible(one)[1]:
                assert fault(one, words) == "", words

    return test


def words_tests(guide, good, bad):
    """Two tests: words by cue that say the act in another way pass, and those that say anything else fail."""
    fault = fault_by(guide)

    @pytest.mark.parametrize(("cue", "words"), [(cue, words) for cue, said in good.items() for words in said])
    def passes(cue, words):
        assert fault(cue, words) == "", words

    @pytest.mark.parametrize(("cue", "words"), [(cue, words) for cue, said in bad.items() for words in said])
    def fails(cue, words):
        assert fault(cue, words), words

    return passes, fails


def grammar_test(guide, cues, examples):
    """A test: what the grammar of a line allows passes for it."""

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data())
    def test(data, regular):
        cue = data.draw(st.sampled_from(cues))
        line = guide.line(cue, Stream(np.random.default_rng(0)))
        assert constrained(guide, (cue, line, ""), regular, data) == ""

    return test
