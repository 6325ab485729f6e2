"""The guide of guessing: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.guessing.game import Ask, Guess, Leave, Reply, Round, Try
from dialogym.envs.guessing.guide import GUIDE
from dialogym.envs.guessing.subjects import PRESET, Case, called, questions, table
from dialogym.envs.guessing.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import fault_by, words_tests


def make(act, subject="things", topic=None, persona="friendly", heard="[ask x]", opening=False, problem="", reason=""):
    state = Round(0 if opening else 1, "thinker", topic=topic)
    return Cue(act, "thinker", Case(subject, "Ada"), persona, heard, opening, problem, reason, state)


fault = fault_by(GUIDE)


@cache
def cues():
    """Everything that a thinker may have to say, about every subject."""
    found = []
    for subject, preset in PRESET.items():
        found += [make(Say(), subject, opening=True), make(Say(), subject), make(Leave(), subject, Ask("x"))]
        if preset == "rule":
            found.append(make(Reply("-3"), subject, Try(1, 2, 0)))
        for name in questions(subject):
            words = ("yes", "no", "beside") if preset == "riddle" else set(table(subject).rows[name])
            manners = ("calm", "curt") if preset == "riddle" else ("calm",)
            found += [make(Reply(word, manner), subject, Ask(name)) for word in words for manner in manners]
        found += [make(Reply(word), subject, Guess(thing)) for thing in called(subject) for word in ("right", "wrong")]
    return found


@pytest.mark.long
def test_every_utterance_of_the_bank_passes():
    failed, tried = {}, 0
    for cue in cues():
        for persona in VOICE.personas:
            leads, sentences = VOICE.possible(cue._replace(persona=persona))
            for words in (*sentences, *(f"{lead} {sentences[0]}" for lead in leads)):
                tried += 1
                if found := fault(cue._replace(persona=persona), words):
                    failed[words] = found
    assert tried > 20_000 and not failed, list(failed.items())[:10]


def test_the_bank_of_another_answer_fails():
    """Whoever is to say yes may not say no, and so on: no sentence of another act passes."""
    wrong = [cue for cue in cues() if isinstance(cue.act, Reply)][::7]
    for cue in wrong:
        others = {
            "yes": ["no", "beside"],
            "no": ["yes", "beside"],
            "beside": ["yes", "no"],
            "right": ["wrong"],
            "wrong": ["right"],
        }
        for word in others.get(cue.act.word, []):
            if word == "beside" and PRESET[cue.public.subject] != "riddle":
                continue
            for words in VOICE.possible(cue._replace(act=Reply(word, cue.act.manner)))[1]:
                assert fault(cue, words), (cue.act, words)
        if PRESET[cue.public.subject] == "riddle":
            other = Reply(cue.act.word, "curt" if cue.act.manner == "calm" else "calm")
            for words in VOICE.possible(cue._replace(act=other))[1]:
                assert fault(cue, words), (cue.act, words)


YES, NO = make(Reply("yes"), topic=Ask("alive")), make(Reply("no"), topic=Ask("alive"))
HURRIED = make(Reply("yes", "curt"), "cake", Ask("mishap"))
BESIDE = make(Reply("beside"), "cake", Ask("plan-how"))
WRONG, RIGHT = (make(Reply(word), topic=Guess("cat")) for word in ("wrong", "right"))
FACT = make(Reply("south-america"), "cities", Ask("continent"))
VALUE = make(Reply("-3"), "2-3-4", Try(1, 2, 0))
TALK = make(Say())
LEAVE = make(Leave(), "cake", Ask("dark"))
GOOD = {
    YES: ["Yes, it is.", "Yes!", "Indeed, that is so."],
    NO: ["No, it is not so.", "Nope.", "I am afraid not at all."],
    HURRIED: ["Yes, but I am in a hurry.", "Yes! Quick, please."],
    BESIDE: ["That does not matter.", "It is beside the point."],
    WRONG: ["No, it is not a cat.", "Wrong, sorry."],
    RIGHT: ["Yes, a cat! You have found it.", "That is right!"],
    FACT: ["It is in South America.", "You will find it in South America."],
    VALUE: ["That gives -3.", "1, 2 and 0 give -3."],
    TALK: ["Go on, please.", "What is next?"],
    LEAVE: ["I have to go. Goodbye!"],
}
BAD = {
    YES: ["No.", "Yes and no.", "It is a cat.", "Yes, like a dog.", "Maybe.", "Yes! 3 legs.", "That does not matter.", "Yes, goodbye!"],
    NO: ["Yes.", "It is a tool, so no, a hammer.", "Perhaps.", ""],
    HURRIED: ["Yes.", "Yes, a dog ate it, hurry.", "No, hurry."],
    BESIDE: ["Yes.", "No, that does not matter, the box was of cardboard.", "No."],
    WRONG: ["Yes, it is a cat.", "No, it is a dog.", "Right!"],
    RIGHT: ["No, not a cat.", "Hm."],
    FACT: ["It is in Africa.", "It is in South America, in Lima.", "It is not in South America.", "Somewhere nice."],
    VALUE: ["That gives 3.", "That gives -3 or 4.", "1, 2 and 0 give 5.", "Hm."],
    TALK: ["Yes.", "It is a cat.", "No more.", "Goodbye!"],
    LEAVE: ["Yes.", "Goodbye!", "It was dark. I have to go. Goodbye, the dog did it."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_the_riddle_is_told_as_it_is():
    cue = make(Say(), "cake", opening=True)
    assert fault(cue, "Here is a riddle: a baker laughs. Why?")
    assert fault(make(Say(), "cake", opening=True), VOICE.possible(cue)[1][0]) == ""


def test_a_lost_turn_is_answered_with_its_reason():
    lost = TALK._replace(problem="illegal", reason="It is one of these: cat, dog.")
    assert fault(lost, f"Sorry! {lost.reason} What is next?") == "" and lost.reason in fault(lost, "What is next?")


def test_no_prompt_names_what_is_hidden():
    """Nothing that a model is told depends on it: a guide sees cues, and these hold no secret."""
    for cue in cues():
        line, scene = GUIDE.line(cue, Stream(np.random.default_rng(0))), GUIDE.scene(cue)
        for thing in called(cue.public.subject):
            assert f" {thing} " not in f" {line.order.lower()} ".replace(".", " ") or "riddle" in line.order, line
            assert f" {thing} " not in f" {scene.lower()} ".replace(".", " ")


def test_what_the_grammar_allows_holds_the_act(regular):
    yes, fact, value = (
        regular(GUIDE.grammar(cue, GUIDE.line(cue, Stream(np.random.default_rng(0))))) for cue in (YES, FACT, VALUE)
    )
    assert yes.fullmatch("Yes, that is so.") and not yes.fullmatch("No.")
    assert fact.fullmatch("It is in South America.") and not fact.fullmatch("It is in Asia.")
    assert value.fullmatch("1, 2 and 0 give -3.") and not value.fullmatch("1, 2 and 0 give 3.")
