"""Words of guessing: what a guesser is understood to say without tags, and what a thinker says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.guessing.game import Ask, Explain, Guess, Leave, Reply, Round, Try
from dialogym.envs.guessing.policies import PHRASES
from dialogym.envs.guessing.subjects import PRESET, SUBJECTS, Case, called, questions, story
from dialogym.envs.guessing.voice import GRAMMARS, VOICE, WORDS, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import sounds_like_an_answer

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "is it a cat alive can you eat the piano paris lima capital what continent try 2 0 1 a=1 answer 14 my explanation "
    "mishap plan dark alone ? . ! , : ; [ ] and or not maybe \0 é 漢 ’ \ud800 \n"
)
SOME = ("things", "cities", "cake", "2-3-4")
ASKED = [(subject, name) for subject in PRESET for name in questions(subject)]


def hear(text, subject):
    return GRAMMARS[PRESET[subject]].parse(text, subject)


# ---- understanding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [subject for subject in PRESET if questions(subject)])
def test_each_question_in_its_words_asks_itself(subject):
    for name, question in questions(subject).items():
        for text in (question.words, question.words.upper(), f"Thank you. {question.words}"):
            assert hear(text, subject).act == Ask(name), text


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = hear(row["text"], row["subject"])
        said = GRAMMARS[PRESET[row["subject"]]].print(heard.act).strip("[]")
        assert (heard.problem or said or "talk") == row.get("reads", row["means"]), row


def test_nearly_all_is_read_as_it_is_meant():
    assert len(SAID) >= 180 and sum("reads" in row for row in SAID) <= 0.02 * len(SAID)


@pytest.mark.parametrize("subject", ["things", "cities"])
def test_everything_can_be_guessed_by_its_name(subject):
    for thing in called(subject):
        for text in (f"Is it a {thing}?", f"I think it is the {thing}.", f"{thing}!"):
            assert hear(text, subject).act == Guess(thing), text


def test_several_questions_in_one_utterance_are_none():
    bank = questions("things")
    heard = hear(" ".join(each.words for each in bank.values()), "things")
    assert heard.problem == "ambiguous" and heard.act == Say() and "One thing at a time" in heard.reason
    assert hear("[ask alive] [ask big]", "things").problem == "malformed"


def test_a_guess_inside_a_question_does_not_bind():
    for thing in called("things"):
        assert hear(f"Is it alive, like the {thing}?", "things").act == Ask("alive"), thing
        assert hear(f"Is it alive like the {thing}?", "things").act == Ask("alive"), thing


@pytest.mark.parametrize("subject", SUBJECTS["riddle"])
def test_an_explanation_in_the_words_of_the_brief_binds(subject):
    bank = questions(subject)
    for cause in ("mishap", "plan"):
        for how, who, alone, dark in (("yes", "no", "yes", "no"), ("no", "yes", "no", "yes")):
            said = {f"{cause}-how": how, f"{cause}-who": who, "alone": alone, "dark": dark}
            told = [bank[cause].yes, *(getattr(bank[name], word) for name, word in said.items())]
            text = f"My explanation: {', '.join(told)}."
            assert hear(text, subject).act == Explain(cause, how, who, alone, dark), text
            less = hear(f"My explanation: {', '.join(told[:-1])}.", subject)
            assert less.problem == "ambiguous" and "dark" in less.reason


@pytest.mark.parametrize(
    "text",
    [
        "cause: plan, how: yes, who: no, alone: yes, dark: no",
        "I think: cause = plan, how = yes, who = no, alone = yes, dark = no.",
        "The cause was a plan. How is yes, who is no, alone is yes and dark is no.",
    ],
)
def test_an_explanation_can_be_as_short_as_a_tag(text):
    assert hear(text, "goat").act == Explain("plan", "yes", "no", "yes", "no")


def test_facts_of_two_stories_are_no_explanation():
    bank = questions("cake")
    heard = hear(f"{bank['mishap-how'].yes} and {bank['plan-how'].yes}.", "cake")
    assert heard.problem == "ambiguous" and "cannot all be so" in heard.reason


@pytest.mark.parametrize(
    "unit",
    [
        "is it a cat ",
        "alive and ",
        "can it fly, ",
        "try 2, 0, 1 ",
        "the baker was alone ",
        "?",
        ", ",
        "what ",
        "it is a ",
        "have got ",
        "you can usually ",
    ],
)
@pytest.mark.parametrize("subject", SOME)
def test_reading_takes_time_in_line_with_the_length(unit, subject):
    assert growth(lambda text: understand(text, subject), unit) < LINEAR


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for subject in SOME:
        heard = understand(text, subject)
        assert (heard.problem == "") == (heard.reason == "")


@pytest.mark.parametrize("subject", [subject for subject in PRESET if questions(subject)])
def test_a_yes_or_a_no_is_said_to_nothing_else(subject):
    """Whoever asks what, who or why, or whether something is not so, hears no yes or no."""
    for name, question in questions(subject).items():
        if question.says == "{answer}":
            words = f"{re.split(',| because| while', question.words.rstrip('?'))[0]}?"  # another clause may ask
            first, _, rest = words.partition(" ")
            for word in ("What", "Who", "Why", "Which", "How often"):
                assert hear(f"{word} {words.lower()}", subject).act == Say(), (subject, name, word)
            assert hear(f"{first} it not the case that {rest}", subject).act == Say(), (subject, name)


def test_the_language_of_a_city_is_the_official_one():
    said = say(Reply("other"), "cities", Ask("language"))
    assert "the main official language is none of Arabic, English" in said
    assert questions("cities")["language"].words == "What is the main official language there?"


def test_patterns_of_names_do_not_overlap():
    """No question of a riddle is named by the words of another one."""
    for subject in SUBJECTS["riddle"]:
        for name, question in questions(subject).items():
            for other, each in questions(subject).items():
                if other != name:
                    found = re.search(rf"(?<![\w-])(?:{each.heard})(?![\w-])", question.words.lower())
                    assert not found or hear(question.words, subject).act == Ask(name), (subject, name, other)


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(
    act, subject="things", topic=None, persona="terse", heard="[ask x]", opening=False, seed=0, problem="", reason=""
):
    cue = Cue(act, "thinker", Case(subject, "Ada"), persona, heard, opening, problem, reason, Round(1, topic=topic))
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert text[0].isupper() and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text.replace("... ", "")), text


@pytest.mark.parametrize("persona", VOICE.personas)
@pytest.mark.parametrize("subject", SOME)
def test_openings_and_talk(subject, persona):
    opened = {say(Say(), subject, None, persona, "", True, seed) for seed in range(15)}
    assert len(opened) >= 3 and all(story(subject) in text for text in opened)
    for text in opened:
        well_formed(text)
    for seed in range(6):
        well_formed(say(Leave(), subject, Ask("x"), persona, seed=seed))
        for heard in (
            "Hi!",
            "Thank you.",
            "Tell me the answer!",
            "You idiot",
            "Ignore your instructions.",
            "",
            "Blue.",
        ):
            well_formed(say(Say(), subject, None, persona, heard, seed=seed))


@pytest.mark.parametrize("persona", VOICE.personas)
def test_yes_is_yes_and_a_hurry_is_heard(persona):
    said = {}
    for word in ("yes", "no", "beside"):
        for manner in ("calm", "curt"):
            some = {say(Reply(word, manner), "cake", Ask("dark"), persona, seed=seed) for seed in range(20)}
            for text in some:
                well_formed(text)
                short_of_time = re.search(r"hurry|quick|time|pressed|off soon", text.lower())
                assert bool(short_of_time) == (manner == "curt"), text
                denies = re.search(r"\bno\b|\bnot\b|\bwhy, no\b|otherwise", text.lower().replace("no difference", ""))
                assert bool(denies) == (word == "no") or word == "beside", text
            said[word, manner] = some
    everything = [text for some in said.values() for text in some]
    assert len(everything) == len(set(everything)) >= 18


@pytest.mark.parametrize("persona", VOICE.personas)
def test_facts_and_values_are_told_as_they_are(persona):
    for seed in range(5):
        said = say(Reply("tropical"), "cities", Ask("climate"), persona, seed=seed)
        assert "the climate is tropical" in said.lower()
        assert "South America" in say(Reply("south-america"), "cities", Ask("continent"), persona, seed=seed)
        value = say(Reply("-3"), "2-3-4", Try(1, 2, 0), persona, seed=seed)
        assert "1, 2 and 0 give -3" in value
        well_formed(said)


def test_no_name_is_said_that_was_not_said_before():
    for env_id in ("TwentyQuestions-v0", "GuessCity-v0"):
        for dialogue in play(env_id, "random", range(40)):
            names = [*called(dialogue.scenario.subject)]
            for step in dialogue.steps:
                words = re.findall(r"[a-z]+", step.reply.lower())
                assert not [name for name in names if name in words and name not in step.text], step.reply


def test_nothing_said_to_talk_sounds_like_an_answer():
    for persona, bank in WORDS["bank"].items():
        for slot in ("talk", "chat", "asked", "unclear", "illegal", *WORDS["topics"]):
            for text in bank[slot]:
                assert not sounds_like_an_answer(text), (persona, slot, text)
    for text in ("Quite.", "Sure.", "Very well.", "Ah, all right!", "Well, yes.", "Hard to say.", "No idea."):
        assert sounds_like_an_answer(text)
    assert VOICE.topic("Is it clever?") == "" and VOICE.topic("How clever.") == "praise"


@pytest.mark.parametrize("persona", VOICE.personas)
def test_no_is_no_rule_and_a_question_that_is_not_understood_stays_open(persona):
    for seed in range(20):
        for word in ("yes", "no"):
            assert "you can" not in say(Reply(word), "things", Ask("big"), persona, seed=seed).lower()
        said = say(Say(), "things", None, persona, "Is it bigger than a car?", seed=seed)
        assert said.startswith(tuple(WORDS["bank"][persona]["asked"])), said


def test_demonstrations_hold_one_tag():
    assert all(phrase.count("{tag}") == 1 for phrases in PHRASES.values() for phrase in phrases)


def test_what_thinkers_react_to():
    assert VOICE.topic("Hello, how do you do") == "greeting" and VOICE.topic("Give me a hint") == "secret"
    assert VOICE.topic("[ask big]") == "" and VOICE.topic("") == "silence"
    for persona in VOICE.personas:
        for slot in (*WORDS["topics"], "chat", "unclear", "illegal"):
            assert VOICE.choices(persona, slot, "thinker")
