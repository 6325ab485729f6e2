"""Thoughts are taken off what a language model says, in whatever way it marks them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from dialogym.core.acts import Act, Say
from dialogym.core.grammar import MAX_LENGTH, Grammar, Heard
from dialogym.core.thoughts import closing, left_open, spoken


@dataclass(frozen=True, slots=True)
class Offer(Act):
    price: int


SAID = "[offer 200]"


@pytest.mark.parametrize(
    "text",
    [
        "<think>I could [offer 100]</think>[offer 200]",
        "<think>\nI could [offer 100]\n</think>\n\n[offer 200]\n",
        "<THINK>I could [offer 100]</Think>[offer 200]",
        "< think >I could [offer 100]</ think >[offer 200]",
        "<thinking>I could [offer 100]</thinking>[offer 200]",
        "<think>I could [offer 100]</thinking>[offer 200]",
        "<thought>I could [offer 100]</thought>[offer 200]",
        "<reasoning>I could [offer 100]</reasoning>[offer 200]",
        "<reflection>I could [offer 100]</reflection>[offer 200]",
        "<scratchpad>I could [offer 100]</scratchpad>[offer 200]",
        "<analysis>I could [offer 100]</analysis>[offer 200]",
        "<seed:think>I could [offer 100]</seed:think>[offer 200]",
        "[THINK]I could [offer 100][/THINK][offer 200]",
        "◁think▷I could [offer 100]◁/think▷[offer 200]",
        "<|channel>thought\nI could [offer 100]<channel|>[offer 200]",
        "<|START_THINKING|>I could [offer 100]<|END_THINKING|><|START_RESPONSE|>[offer 200]<|END_RESPONSE|>",
        "I could [offer 100]</think>[offer 200]",
        "I could [offer 100]\n</reasoning>\n[offer 200]",
        "I could [offer 100][/THINK][offer 200]",
        "<think>[offer 100]</think>[offer 200]<think>[offer 300]</think>",
        "<think>[offer 100]</think>[offer 200]<think>[offer 300]",
        "<think>a <think>b [offer 1]</think> c [offer 2]</think>[offer 200]",
        "<think>I must use <think> tags. [offer 1]</think>[offer 200]",
        "<think>I write </think> at the end [offer 1]</think>[offer 200]",
        "<think>a <reasoning>b</reasoning> [offer 1]</think>[offer 200]",
        "<|channel|>analysis<|message|>[offer 100]?<|end|><|start|>assistant<|channel|>final<|message|>[offer 200]<|return|>",
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=f<|message|>[offer 1]<|call|>"
        "<|start|>assistant<|channel|>final<|message|>[offer 200]",
        "<|start|>assistant<|channel|>final<|message|>[offer 200]<|end|>",
        "<|channel|>final<|message|>[offer 200]<|end|><|start|>assistant<|channel|>analysis<|message|>[offer 100]",
        "analysisI could [offer 100]assistantfinal[offer 200]",
    ],
)
def test_what_is_left_is_what_is_said(text):
    assert spoken(text) == SAID and Grammar([Offer]).parse(text) == Heard(Offer(200))


@pytest.mark.parametrize(
    "text",
    [
        "<think>I could [offer 100]",
        "<thinking>\n",
        "[THINK]I could [offer 100]",
        "<|channel|>analysis<|message|>I could [offer 100]",
        "<think>a <reasoning>b</reasoning> [offer 1]",
        "I could [offer 100]</think>",
        "<think>[offer 1]</think>\n",
    ],
)
def test_a_thought_without_words_says_nothing(text):
    assert spoken(text) == "" and Grammar([Offer]).parse(text) == Grammar([Offer]).parse("") == Heard(Say())


@pytest.mark.parametrize(
    "text",
    ["", "Hello. ", " 5 < 7 > 3", "<smiles> Fine.", "I think so [offer 200]", "<b>No</b>", "[think]", "analysis first", "<thinks> Hm.", "</b>", "<thinking aloud> 200?"],
)  # fmt: skip
def test_words_without_thoughts_stay_as_they_are(text):
    assert spoken(text) is text


def test_thoughts_do_not_count_for_the_length():
    grammar = Grammar([Offer])
    assert grammar.parse("<think>" + "hm " * MAX_LENGTH + "</think>[offer 200]").act == Offer(200)
    assert grammar.parse("<think>hm</think>" + "a" * (MAX_LENGTH + 1)).problem == "malformed"
    assert f"{MAX_LENGTH + 1} characters" in grammar.parse("<think>hm</think>" + "a" * (MAX_LENGTH + 1)).reason


def test_plain_words_are_understood_without_the_thoughts():
    heard = []
    grammar = Grammar([Offer], lambda text, context: heard.append(text) or Heard(Say()))
    grammar.parse("<think>200?</think>Hello.")
    assert heard == ["Hello."]


def test_a_prompt_may_leave_a_thought_open():
    assert left_open("<|im_start|>assistant\n<think>\n") == "<think>"
    assert left_open("<|im_start|>assistant\n<think>\n\n</think>\n\n") == left_open("<think> so") == left_open("") == ""
    assert left_open("[THINK]") == "[THINK]" and left_open("a<|START_THINKING|>") == "<|START_THINKING|>"


@pytest.mark.parametrize(
    "mark", ["<think>", "<reasoning>", "[THINK]", "◁think▷", "<|START_THINKING|>", "<|channel>thought"]
)
def test_each_mark_can_be_closed(mark):
    assert spoken(f"{mark}\nhm\n{closing(mark)}\n\nHello.") == "Hello."


@pytest.mark.parametrize(
    "part",
    [
        "<think>",
        "</think>",
        "<",
        "< ",
        "<think",
        "<|channel|> ",
        "<think>a</thought>",
        "analysis",
        "<|channel|>" + " " * 999,
    ],
)
def test_no_text_takes_long(part):
    text = (part * 200_000)[:200_000]
    begun = time.process_time()
    spoken(text)
    assert time.process_time() - begun < 2.0
