"""Advice between games: it names what was lost, stands in the next prompt, and changes nothing of the game or its record."""

from __future__ import annotations

import re

import pytest
from dialogym.envs.make import make_engine
from dialogym.policies.advised import AdvisedPolicy, ExactCritic, ModelCritic
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.remote import RemotePolicy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.backends.backend import Reply
from dialogym.simulated_users.user import Failure

from ..toy import TOY

ENV = "Negotiation-v0"


@pytest.fixture(scope="module")
def cafe():
    return make_engine(TOY)


class Told:
    """A backend that keeps what it is asked, and answers by a function of it."""

    name = "told"

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def generate(self, requests):
        self.asked += [request.messages for request in requests]
        said = [self.answer(request.messages) for request in requests]
        return [text if isinstance(text, Failure) else Reply(text, 1, 1, 0.0) for text in said]

    def close(self):
        pass


def test_the_exact_critic_names_the_turn_that_lost_most(cafe):
    """Water to who wanted tea pays 0, where the right drink pays 1; talk loses nothing before the last turn."""
    critic = ExactCritic(cafe)
    wrong = {"tea": "water", "coffee": "tea", "water": "coffee"}

    def miss(dialogue):
        wanted = next(drink for drink in wrong if drink in dialogue.opening)
        return f"[serve {wrong[wanted]}]" if dialogue.steps else "Lovely weather."

    (dialogue,) = rollout(cafe, make_policy(miss, cafe), [0])
    wanted = next(drink for drink in wrong if drink in dialogue.opening)
    assert critic(dialogue) == f"In turn 2 [serve {wanted}] was worth 1.00 more than [serve {wrong[wanted]}]."
    (right,) = rollout(cafe, make_policy("optimal", cafe), [0])
    assert critic(right) == ""
    (idle,) = rollout(cafe, make_policy(lambda dialogue: "Hm.", cafe), [0])
    assert critic(idle).startswith("In turn 3 [serve ") and critic(idle).endswith(" was worth 1.00 more than to talk.")
    (lost,) = rollout(cafe, make_policy(lambda dialogue: "[serve soup]", cafe), [0])
    assert critic(lost) == "Turn 3 was lost, because it was malformed: do one thing in a message."


def test_an_early_end_and_the_way_of_a_number_are_named():
    engine = make_engine(ENV)
    critic = ExactCritic(engine)
    hasty = [said for one in rollout(engine, make_policy("accept-now", engine), range(9)) if (said := critic(one))]
    early = r"You ended it too early: in turn 1 \[offer \d+\] was worth 0\.\d\d more than \[accept\]\."
    assert len(hasty) > 3 and all(re.fullmatch(early, said) for said in hasty)
    dear = make_policy(lambda dialogue: f"[offer {dialogue.scenario.value}]", engine)
    said = [critic(dialogue) for dialogue in rollout(engine, dear, range(6))]
    assert any(text.startswith("Go lower. In turn ") for text in said)
    assert critic(next(rollout(engine, make_policy("optimal", engine), [0]))) == ""


def test_advice_is_told_before_the_next_game_alone(cafe):
    said = iter(["Ask first.", "", "Ask first.", "Smile.", "Wait."])
    seen = []

    def speak(dialogue, stream):
        seen.append((dialogue.brief, dialogue.memo["advice"], dialogue.messages()[0]["content"]))
        return "Hm."

    policy = AdvisedPolicy(FunctionPolicy("speaker", speak), lambda dialogue: next(said), keep=2)
    dialogues = list(rollout(cafe, policy, range(6)))
    assert [advice for _, advice, _ in seen[::3]] == [
        (), ("Ask first.",), ("Ask first.",), ("Ask first.",), ("Smile.", "Ask first."), ("Wait.", "Smile."),
    ]  # fmt: skip
    assert all(one == two == three for one, two, three in zip(seen[::3], seen[1::3], seen[2::3], strict=True))
    last = seen[-1]
    assert last[0].endswith("\n\nAdvice from your last games:\n- Wait.\n- Smile.") and "- Smile." in last[2]
    assert not any("Advice" in dialogue.brief for dialogue in dialogues)  # the record is that of the game
    plain = list(rollout(cafe, make_policy(lambda dialogue: "Hm.", cafe), range(6)))
    assert [one.messages() for one in dialogues] == [other.messages() for other in plain]
    assert policy.advice == ["Ask first.", "Ask first.", "Smile.", "Wait."]  # of the last game nobody asked


def test_who_follows_the_advice_gets_better():
    """It accepts at once, until it is told that a turn was too early."""
    engine = make_engine(ENV)

    def speak(dialogue, stream):
        early = re.findall(r"too early: in turn (\d+)", " ".join(dialogue.memo.get("advice", ())))
        state, scenario, turn = dialogue.state, dialogue.scenario, len(dialogue.steps) + 1
        if turn > max(map(int, early), default=0) and state.standing and state.standing < scenario.value:
            return "[accept]"
        tick = scenario.list_price // 20
        return f"[offer {tick * min(4 + 2 * turn, scenario.value // tick - 1)}]"

    apprentice = FunctionPolicy("apprentice", speak)
    alone, advised = (
        sum(dialogue.steps[-1].payoff for dialogue in rollout(engine, policy, range(100))) / 100
        for policy in (apprentice, AdvisedPolicy(apprentice, ExactCritic(engine)))
    )
    assert advised > 1.2 * alone > 0.0


def test_a_language_model_reads_it_and_another_gives_it(cafe):
    learner, critic = Told(lambda messages: "[serve tea]"), Told(lambda messages: "Listen to the guest.\nAlways.")
    policy = AdvisedPolicy(RemotePolicy(learner, "model"), ModelCritic(critic))
    assert policy.name == "advised:model"
    dialogues = list(rollout(cafe, policy, range(3)))
    assert "Advice" not in learner.asked[0][0][1]
    assert learner.asked[1][0][1].count("- Listen to the guest.") == 1 and "Always" not in learner.asked[2][0][1]
    (_, task), (_, told) = critic.asked[0]
    assert "one sentence" in task and "Player: [serve tea]" in told and dialogues[0].brief in told
    assert f"payoff was {dialogues[0].steps[-1].payoff:.2f}" in told
    assert ModelCritic(Told(lambda messages: Failure("gone")))(dialogues[0]) == ""


def test_it_has_a_name(cafe):
    policy = make_policy("advised:noisy:scripted(share=0.5,keep=1)", cafe)
    assert policy.name == "advised:noisy:scripted(share=0.5,keep=1)" and policy.at_once == policy.keep == 1
    assert policy.policy.name == "noisy:scripted(share=0.5)"
    for spec, message in (
        ("advised:scripted(keep=0)", "keep must be a whole number of at least 1, got 0"),
        ("advised:nobody", "policy must be one of"),
        ("advised:scripted(critic=./none.gguf)", "none.gguf"),
    ):
        with pytest.raises(ValueError, match=message):
            make_policy(spec, cafe)
