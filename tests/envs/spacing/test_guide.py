"""Flashcards by a language model: what is said means the act, whoever words it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.spacing.decks import DECKS
from dialogym.envs.spacing.family import Pack, Spacing
from dialogym.envs.spacing.game import Answer, Lesson
from dialogym.envs.spacing.guide import GUIDE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, by_intent, constrained, faults, heard, swapped

SPOKEN = heard("SpacingSmall-v0", 80, "random") + heard("Spacing-v0", 15, "random")
INTENTS = by_intent(SPOKEN)
ANSWERS = ("right", "wrong", "blank")


def cue_for(act, name="perro", deck="spanish", closes="", **rest):
    facts = {"persona": "terse", "heard": "", "opening": False, "problem": "", "reason": "", **rest}
    asked = 0 if isinstance(act, Answer) else None
    return Cue(
        act, "student", Pack(deck, (name,)).public, before=Lesson(3, "student", asked, (0,), closes=closes), **facts
    )


def fault(cue, said, meant=""):
    """What `check` says; of the lines of a wrong answer, one that orders `meant`."""
    for seed in range(200):
        line = GUIDE.line(cue, Stream(np.random.default_rng(seed)))
        if f'Answer "{meant}"' in line.order or not meant:
            return GUIDE.check(cue, line, said)
    raise AssertionError(meant)


RIGHT, WRONG, BLANK, TALK = cue_for(Answer("right")), cue_for(Answer("wrong")), cue_for(Answer("blank")), cue_for(Say())


def test_all_that_the_phrase_bank_says_passes():
    assert len(SPOKEN) > 4000 and set(INTENTS) == {*ANSWERS, "talk", "lost"}
    assert {cue.persona for cue, _, _ in SPOKEN} == set(Spacing().voice.personas)
    assert {cue.public.deck for cue, _, _ in SPOKEN} == set(DECKS) and {cue.before.closes for cue, _, _ in SPOKEN} == {
        "",
        "session",
        "lesson",
    }
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", ANSWERS)
def test_an_answer_passes_for_no_other_act(one):
    for other in (*ANSWERS, "talk", "lost"):
        if other != one:
            assert swapped(GUIDE, INTENTS[one], INTENTS[other], 1000) == []
            assert swapped(GUIDE, INTENTS[other], INTENTS[one], 1000) == []


def test_an_answer_passes_for_no_other_card():
    for one in ANSWERS:
        for order, words in swapped(GUIDE, INTENTS[one], INTENTS[one], 3000):
            for answer in re.findall(r'"([^"]+)"', order):
                assert re.search(rf"(?<!dash )(?<!dot )\b{re.escape(answer)}\b(?! dash| dot)", words, re.I), (
                    order,
                    words,
                )


@pytest.mark.parametrize("deck", DECKS)
def test_right_wrong_and_blank_are_told_apart_for_every_card(deck):
    """The worst case: the same card, the same words."""
    for card in DECKS[deck].cards:
        right, wrong, blank, talk = (
            cue_for(act, card.name, deck) for act in (Answer("right"), Answer("wrong"), Answer("blank"), Say())
        )
        said = {
            "right": f"I'd say {card.answer}. Yes, that is right.", "blank": f"I don't remember. The card says {card.answer}.",
            **{slip: f"I think {slip}. No, wrong, it is {card.answer}." for slip in card.mistakes},
        }  # fmt: skip
        for act, words in said.items():
            assert bool(fault(right, words)) == (act != "right"), (card, words, fault(right, words))
            assert bool(fault(blank, words)) == (act != "blank"), (card, words, fault(blank, words))
            assert fault(talk, words), (card, words)
            for slip in card.mistakes:
                assert bool(fault(wrong, words, slip)) == (act != slip), (card, slip, words, fault(wrong, words, slip))
        for slip in card.mistakes:
            assert fault(right, f"I'd say {slip}. Yes, that is right."), (card, slip)
            assert fault(right, f"{card.answer}. Yes. Or {slip}."), (card, slip)
            assert fault(blank, f"I don't remember. The card says {slip}."), (card, slip)
            assert fault(wrong, f"I think {slip}. Yes, that is right.", slip), (card, slip)
            assert fault(wrong, f"It is {card.answer}. No, {slip}.", slip), (card, slip)


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        (RIGHT, "Oh, I know this one... dog! Yes, correct."), (RIGHT, "Perro means dog. That's right!"), (RIGHT, "Is it dog? It is right, great."),
        (BLANK, "Hmm, I forgot that one. It's dog."), (BLANK, "I can't recall it, so dog it is."), (BLANK, "No clue. Ah, dog, I see."), (TALK, "Sure, whenever you like."),
        (TALK, "Fine, I'll wait for the next card."), (cue_for(Say(), closes="session"), "Okay, no card. See you next time!"),
        (cue_for(Answer("right"), closes="lesson"), "Dog. Right! And now comes the test."), (cue_for(Answer("right"), "Brazil", "capitals"), "Brasilia! Yes, that's right."),
        (cue_for(Answer("right"), "A", "morse"), "Dot-dash. Right."), (cue_for(Answer("blank"), "Brazil", "capitals"), "I have no idea. It's Brasília, then."),
    ],
)  # fmt: skip
def test_other_words_pass(cue, said):
    assert not fault(cue, said), fault(cue, said)


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        (RIGHT, "Dog."), (RIGHT, "Right."), (RIGHT, "Dog. No, wrong."), (RIGHT, "It is not dog. Right."), (RIGHT, "Dog. Right. I'll never forget that."), (RIGHT, "Dog. Right. That was easy."),
        (RIGHT, "Dog. Right. And zapato is shoe."), (RIGHT, "I don't know. Dog. Right."), (RIGHT, "Dog. Right. The session is over."), (RIGHT, "Dog. Right. Now the test."),
        (RIGHT, "I was sure it is dog. Right."), (RIGHT, "Hotdog. Right."), (RIGHT, "Coach: dog. Right."), (RIGHT, "Dog [rest]. Right."), (RIGHT, "Dog, собака. Right."),
        (BLANK, "No idea."), (BLANK, "Dog."), (BLANK, "No idea. It is not dog."), (BLANK, "I don't know. Dog! Yes, right."), (BLANK, "No idea. Dog. I will remember it now."),
        (BLANK, "I always forget this one. It is dog."), (BLANK, "This one is hard, no idea. It is dog."), (TALK, "Dog."), (TALK, "That is correct."), (TALK, "I know them all."),
        (TALK, "Ask me zapato."), (TALK, "I remember this one."), (TALK, "Goodbye, see you."), (TALK, "Cat?"), (TALK, "Now the test."), (TALK, "I will remember them."),
        (cue_for(Say(), closes="lesson"), "The session is over."), (cue_for(Say(), closes="session"), "Now the test."),
    ],
)  # fmt: skip
def test_other_words_fail(cue, said):
    assert fault(cue, said), said


def test_words_that_happen_to_be_on_cards_may_be_used():
    assert not fault(RIGHT, "Well, but I think it is dog. Yes, right.") and not fault(
        TALK, "I was looking out of the window, but go on."
    )
    assert fault(RIGHT, "But, hm. Dog. Right.") and fault(TALK, "Is it window?")


def test_orders_hold_the_answers_and_scenes_do_not():
    for cue, line, _ in SPOKEN:
        card = next(
            (
                c
                for c in DECKS[cue.public.deck].cards
                if cue.before.asked is not None and c.name == cue.public.cards[cue.before.asked]
            ),
            None,
        )
        if cue.problem or card is None:
            continue
        assert f'"{card.answer}"' in line.order and (
            any(f'Answer "{slip}"' in line.order for slip in card.mistakes)
        ) == (cue.act.result == "wrong")
        assert not re.search(rf"\b{re.escape(card.answer)}\b", GUIDE.scene(cue)) or card.answer in ("to remember",)


@pytest.mark.parametrize("said", JUNK)
def test_junk_never_passes(said):
    for cue in (RIGHT, WRONG, BLANK, TALK):
        assert fault(cue, said), said
    assert len(said) < 6 or fault(RIGHT, f"Dog. Right. {said}")


def test_a_lost_turn_is_told_with_its_reason():
    cue = cue_for(Say(), problem="illegal", reason="There is no such card; the cards are perro.")
    assert cue.reason in GUIDE.line(cue, Stream(np.random.default_rng(0))).order
    assert not fault(cue, f"Sorry, that doesn't work. {cue.reason} I'm listening.") and not fault(cue, cue.reason)
    for said in (
        "Sorry?",
        "There is no such card.",
        f"Dog. {cue.reason}",
        f"{cue.reason} Dog. Right.",
        f"{cue.reason} I know them all.",
    ):
        assert fault(cue, said), said


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_grammars_hold_the_answers(regular, data):
    """All words that a grammar allows; the free ones among them may still be wrong for another reason."""
    utterance = data.draw(st.sampled_from([u for intent in ANSWERS for u in INTENTS[intent]][:200]))
    assert not constrained(GUIDE, utterance, regular, data).startswith('Say "')
