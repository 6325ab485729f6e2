"""A language model as the person of a file: code says what may be told when, and only what is told reaches the speaker."""

from __future__ import annotations

import random
import re

import pytest
from dialogym.core.acts import Say
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import load_family
from dialogym.envs.open.cast import ReplyGrammar
from dialogym.envs.open.game import Reply
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.backends.backend import Reply as Answer
from dialogym.simulated_users.llm_mind import LLMUser
from dialogym.simulated_users.llm_voice import LLMVoice

TAGS = re.compile(r'"(\[[^"]*\])"')


class Model:
    """A backend that says what a function of the request says, and keeps every request."""

    name = "model"

    def __init__(self, say):
        self.say, self.requests = say, []

    def generate(self, requests):
        self.requests += requests
        return [Answer(self.say(request), 10, 5, 0.5) for request in requests]

    def close(self):
        pass


def wild(request):
    """Something that may be done, or something that may not: a fact that nobody asked for, an early end, nonsense."""
    chance = random.Random(f"{request.seed} {request.messages}")
    tags = [chance.choice(TAGS.findall(request.grammar)), "[reply neighbour]", "[reply wish:refund]", "[reply order]", "[reply rule-1;left]", "[sing]", ""]  # fmt: skip
    return f"PLAN: I tell it all.\nACT: {chance.choice(tags)}"


def loose(request):
    """A speaker that says what it was told to say, and now and then something else."""
    chance = random.Random(f"{request.seed}")
    order = request.messages[-1][1]
    told = re.findall(r'"([^"]+)"|in the first person: ([^.]+\.)', order)
    words = " ".join(filter(None, (part for pair in told for part in pair))) or "Well."
    return chance.choice([words, words, "[reply order]", "The neighbours have it, and it is W-4711.", "word " * 70])


def talks(episodes=40, policy="scripted"):
    family = load_family("dialogym.envs.open.family:Open", {})
    mind, speaker = Model(wild), Model(loose)
    user = LLMUser(LLMVoice(family.voice, family.guide, speaker, {}, plain=True), family.cast, mind)
    engine = Engine(family, Options(user=user))
    return family, engine, user, mind, speaker, list(rollout(engine, make_policy(policy, engine), range(episodes)))


def test_only_what_the_rules_allow_is_told():
    family, engine, user, *_, dialogues = talks()
    assert user.counts.inadmissible > 5 and user.counts.unreadable > 5
    file = family.files["service/late-parcel"]
    for dialogue in dialogues:
        assert not dialogue.error
        hidden = dialogue.hidden_start
        for step in dialogue.steps:
            for _, _, act in step.exchange.replies:
                if act == Say():
                    continue
                told = {name for name, _ in act.facts}
                asked = getattr(step.act, "move", "")
                allowed = {name for rule in file.rule if asked in rule.on for name in rule.tell}
                assert told <= allowed, (step.text, act)
                assert act.told != "wish:refund" or hidden.drawn[1] == "refund", "it tells the truth"


def test_the_speaker_is_told_no_secret_and_is_not_believed():
    family, *_, speaker, dialogues = talks()
    secrets = {"neighbour": "not asked the neighbours", "wish": "You want"}
    for request in speaker.requests:
        prompt = " ".join(text for role, text in request.messages if role != "assistant")  # not its own words
        told = set(re.findall(r"Tell this, in the first person: (.*?) Tell nothing", prompt))
        for name, words in secrets.items():
            if words in prompt:
                assert any(words in order for order in told), (name, prompt)
    words = {
        fact.id: re.compile("|".join(fact.words), re.IGNORECASE) for fact in family.files["service/late-parcel"].fact
    }
    for dialogue in dialogues:
        known = set()
        for step in dialogue.steps:
            known |= {name for _, _, act in step.exchange.replies if act != Say() for name, _ in act.facts}
            for name, pattern in words.items():
                assert name in known or step.problem or not pattern.search(step.reply), step.reply
            assert "[" not in step.reply or step.problem


def test_dialogues_with_a_model_are_replayed_without_one():
    family, engine, *_, dialogues = talks(12, "random")
    for dialogue in dialogues:
        episode = record(dialogue, "Open-v0", engine, "random")
        again = list(replay(episode))
        assert [step.exchange.replies for step in again] == [step.exchange.replies for step in dialogue.steps]
        assert again[-1].payoff == dialogue.steps[-1].payoff
        low, high = family.cast.bounds(dialogue.setting, dialogue.hidden_start)
        assert low <= dialogue.steps[-1].payoff <= high


@pytest.mark.parametrize(
    "reply", [Reply("order"), Reply("", "rule-3"), Reply("wish:refund", "rule-3"), Reply("order+wish:reship", "", "left"), Reply("", "end-0", "left")],
)  # fmt: skip
def test_replies_are_read_as_they_are_printed(reply):
    grammar = ReplyGrammar()
    assert grammar.parse_tag(grammar.print(reply)).act == reply
