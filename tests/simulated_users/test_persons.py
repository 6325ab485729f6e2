"""Further models beside the one that is the person: a speaker, a second reader, a tracker; and a person of one prompt."""

from __future__ import annotations

import re

import gymnasium as gym
import pytest
from dialogym.core.acts import Say
from dialogym.envs.engine import Engine, Options
from dialogym.envs.make import make_engine
from dialogym.envs.open.family import Open
from dialogym.envs.open.game import Reply
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.scorecard import scorecard
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.scenario import TEMPLATE
from dialogym.simulated_users.backends.backend import Reply as Answer
from dialogym.simulated_users.cast import ATTEMPTED, FAILED, MET, OPEN, Goal, GoalState
from dialogym.simulated_users.llm_mind import LLMUser, goal_state
from dialogym.simulated_users.llm_voice import LLMVoice
from dialogym.simulated_users.prompt_user import PromptUser
from dialogym.simulated_users.second_reader import SecondReader
from dialogym.simulated_users.tracking import Tracker, found_in, overlaid
from dialogym.simulated_users.user import Failure

GOALS = """
[[goal]]
id = "forgiven"
text = "Be forgiven."
soft = true
[[goal]]
id = "friendly"
text = "Stay friendly."
soft = true
kind = "policy"
[[goal]]
text = "Have the bike repaired."
kind = "requirement"
when = { moved = "offer_repair" }

[score]
"""


class Model:
    """A backend that says what a function of the request says, and keeps every request."""

    deterministic = True

    def __init__(self, say, name="model"):
        self.say, self.name, self.requests, self.closed = say, name, [], False

    def generate(self, requests):
        self.requests += requests
        said = [self.say(request) for request in requests]
        return [one if isinstance(one, Failure) else Answer(one, 10, 5, 0.5) for one in said]

    def close(self):
        self.closed = True


@pytest.fixture
def bike(tmp_path):
    (tmp_path / "bike.toml").write_text(TEMPLATE.read_text().replace("[score]\n", GOALS))
    return Open(str(tmp_path / "bike.toml"))


def played(family, user, texts, seed=0):
    policy = FunctionPolicy("fixed", lambda dialogue, stream: texts[len(dialogue.steps)])
    (dialogue,) = rollout(Engine(family, Options(user=user)), policy, [seed])
    return dialogue


# a person of one prompt


def test_a_person_of_one_prompt_says_what_the_model_says_and_the_words_are_read():
    said = iter(["Well, it is W-4711, and the neighbours? No, I have not asked the neighbours.", "Money back? My money back, please.", "I am leaving. [bye]"])  # fmt: skip
    user = PromptUser(Open().voice, Open().cast, Model(lambda request: next(said)))
    dialogue = played(Open(), user, ["Hello.", "What do you want?", "Hm.", "Hm."])
    first, second, third = dialogue.steps
    assert first.reply == "Well, it is W-4711, and the neighbours? No, I have not asked the neighbours."
    assert first.exchange.replies[0][2] == Reply("order+neighbour"), "told against the rules"
    assert {"order"} <= set(first.after.told)
    assert second.exchange.replies[0][2].told == "wish:refund"
    assert third.reply == "I am leaving." and third.over and dialogue.state.outcome == "closed"
    assert [bool(one.problems) for one in goal_state(dialogue).decisions] == [
        True,
        dialogue.hidden.drawn[1] != "refund",
        True,
    ]
    system = user.backend.requests[0].messages[0][1]
    assert "not asked the neighbours" in system and user.backend.requests[1].messages[1:][1][0] == "user"
    assert [role for role, _ in user.backend.requests[1].messages] == [
        "system",
        "assistant",
        "user",
        "assistant",
        "user",
    ]


def test_where_the_rules_close_the_dialogue_it_is_closed():
    user = PromptUser(Open().voice, Open().cast, Model(lambda request: "Whatever you say."))
    dialogue = played(Open(), user, ["[refund W-4711]"])
    assert dialogue.over and dialogue.state.outcome == "refunded" and dialogue.steps[0].reply == "Whatever you say."


def test_elsewhere_a_tag_says_what_is_done():
    said = ["Take it. [accept]", "[offer 7777777]", "No.", "Hm. [sing]", "[walk]"]
    family = make_engine("Negotiation-v0").family
    user = PromptUser(family.voice, family.cast, Model(lambda request: said[len(request.messages) // 2 - 1]))
    dialogue = played(family, user, ["I offer [offer 100]"])
    assert dialogue.steps[0].reply == "Take it." and dialogue.state.deal == 100, (
        "below its limit, perhaps; nothing holds it"
    )
    assert not user.bounded and PromptUser(Open().voice, Open().cast, Model(str)).bounded
    user.backend.say = lambda request: "No [sing]"
    dialogue = played(family, user, ["I offer [offer 100]"] * 20)
    assert (
        all(act == Say() for step in dialogue.steps for _, _, act in step.exchange.replies) and user.counts.unreadable
    )


def test_the_scorecard_shows_the_leaks_of_a_person_of_one_prompt():
    chatty = PromptUser(Open().voice, Open().cast, Model(lambda request: "I have not asked the neighbours."))
    held = LLMUser(LLMVoice(Open().voice, Open().guide, Model(lambda r: "I have not asked the neighbours."), {}), Open().cast, Model(lambda r: "ACT: [reply neighbour]"))  # fmt: skip
    card = scorecard("Open-v0", ["scripted", chatty, held], episodes=4, policies=[], repeats=1)
    leaks = [user.measures["leaks"].value for user in card.users]
    assert leaks[0] == leaks[2] == 0.0 and leaks[1] == 1.0
    assert (
        card.users[1].measures["goal_adherence"].value < 0.5
        and card.users[1].measures["hidden_dependence"].value is None
    )
    costs = card.users[2].measures["requests"]
    assert costs.value == pytest.approx(costs.parts["mind"] + costs.parts["voice"]) and costs.parts[
        "mind reads"
    ] == pytest.approx(10 * costs.parts["mind"])
    assert card.users[0].measures["requests"].value is None


def test_all_by_name(monkeypatch):
    made = {}

    def load(name, also=(), **options):
        made[name] = Model(lambda request: "Hm.", name)
        return made[name]

    monkeypatch.setattr("dialogym.simulated_users.backends.presets.load_backend", load)
    env = gym.make("Open-v0", user="llm:one(mind=prompt)")
    env.reset(seed=1)
    assert env.step("Hello.")[-1]["mind"] == "prompt"
    user = make_engine("Open-v0", user="llm:one(speaker=two,verify=three,track=same)").user
    assert (user.backend.name, user.voice.backend.name, user.voice.reader.backend.name, user.tracker.backend) == ("one", "two", "three", made["one"])  # fmt: skip
    user.close()
    assert all(model.closed for model in made.values())
    user = make_engine("Tutoring-v0", user="llm:one(speaker=two)").user
    assert (user.backend.name, user.speaker.backend.name) == ("one", "two")
    with pytest.raises(ValueError, match="no cast"):
        make_engine("Tutoring-v0", user="llm:one(mind=prompt)")
    with pytest.raises(ValueError, match="free, held or prompt, got 'wild'"):
        make_engine("Open-v0", user="llm:one(mind=wild)")


# a second reader


def test_words_that_a_second_model_objects_to_are_asked_for_again():
    second = Model(
        lambda request: "NO" if "Never." in request.messages[1][1].partition("The person says")[2] else "YES"
    )
    said = iter(["Never.", "All right, then."] * 50)
    voice = LLMVoice(Open().voice, Open().guide, Model(lambda request: next(said)), {}, reader=SecondReader(second))
    user = LLMUser(voice, Open().cast, Model(lambda request: "ACT: [talk]"))
    dialogue = played(Open(), user, ["Nice weather."] * 8)
    assert all("Never" not in step.reply for step in dialogue.steps) and voice.reader.counts.vetoes >= len(
        dialogue.steps
    )
    assert all("have not asked the neighbours" in request.messages[1][1] for request in second.requests), "it may know"
    assert not any("asked the neighbours" in text for request in voice.backend.requests for _, text in request.messages)


def test_a_second_model_that_cannot_be_reached_cuts_the_dialogue():
    voice = LLMVoice(Open().voice, Open().guide, Model(lambda request: "Hm."), {}, reader=SecondReader(Model(lambda request: Failure("gone"))))  # fmt: skip
    family = Open()
    assert (
        played(family, LLMUser(voice, family.cast, Model(lambda request: "ACT: [talk]")), ["Hi."] * 8).error == "gone"
    )


# goals


def test_soft_goals_are_tracked_and_must_be_quoted(bike):
    def track(request):
        asked = request.messages[1][1]
        if "I forgive you" in asked:
            return '1: complete "I forgive you for it"\n2: misaligned "you are a bad friend"'
        return '1: attempted "hello there friend"\n2: aligned'

    tracker = Tracker(Model(track))
    user = LLMUser(LLMVoice(bike.voice, bike.guide, Model(lambda request: "Well."), {}), bike.cast, Model(lambda request: "ACT: [talk]"), tracker=tracker)  # fmt: skip
    policy = FunctionPolicy(
        "fixed", lambda d, s: ["Hello there, friend. How is the bike?", "I forgive you for it.", "[bye]"][len(d.steps)]
    )
    engine = Engine(bike, Options(user=user))
    (dialogue,) = rollout(engine, policy, [0], goes_on=lambda d: len(d.steps) < 1)
    assert [goal.status for goal in goal_state(dialogue).goals][:3] == [ATTEMPTED, MET, OPEN]
    engine.step([dialogue], ["I forgive you for it."])
    assert [goal.status for goal in goal_state(dialogue).goals][:3] == [MET, MET, OPEN], (
        "nobody said that of a bad friend"
    )
    assert tracker.counts.unquoted == 1
    engine.step([dialogue], ["[bye]"])
    assert [goal.status for goal in goal_state(dialogue).goals][:3] == [MET, MET, FAILED]
    assert "Be forgiven. (attempted)" in user.backend.requests[0].messages[1][1]
    asked = tracker.backend.requests[-1].messages[1][1]
    assert "Be forgiven" not in asked and "Stay friendly. (aligned / misaligned)" in asked, "complete is final"
    assert "Have the bike" not in asked, "code looks at that"


def test_a_quotation_must_stand_in_one_utterance():
    spoken = [("They", "I am sorry, really."), ("The person", "Do not be.")]
    assert found_in('"I am sorry"', spoken) == "I am sorry" and found_in("“i AM  sorry, really”", spoken)
    assert (
        not found_in('"really do not be"', spoken)
        and not found_in('"sorry"', spoken)
        and not found_in("I am sorry", spoken)
    )
    assert not found_in('"am sor"', spoken)


def test_statuses_of_soft_goals_lie_over_those_of_the_file():
    goals = [Goal("a", OPEN, soft=True), Goal("b", OPEN, "policy", True), Goal("c", FAILED)]
    state = GoalState(tracked={"a": ("attempted", "x"), "c": ("complete", "x")})
    assert [goal.status for goal in overlaid(goals, state)] == [ATTEMPTED, MET, FAILED]


def test_soft_goals_count_where_somebody_tracks_them(bike, tmp_path):
    (file,) = tmp_path.glob("*.toml")
    model = Model(lambda request: '1: complete "{}"'.format(re.findall(r"They: (.*)", request.messages[1][1])[0]))
    user = LLMUser(LLMVoice(bike.voice, bike.guide, Model(lambda request: "Well."), {}), bike.cast, Model(lambda request: "ACT: [talk]"), tracker=Tracker(model))  # fmt: skip
    card = scorecard("Open-v0", ["scripted", user], episodes=3, policies=[], repeats=0, scenario=str(file))
    plain, tracked = (one.measures["goals_met"] for one in card.users)
    assert (plain.n, tracked.n) == (3 * 2, 3 * 4) and set(tracked.parts) == {"objective", "policy", "requirement"}
    assert tracked.parts["objective"] == 1.0


def test_what_these_models_did_stands_in_the_result(bike, tmp_path):
    (file,) = tmp_path.glob("*.toml")
    voice = LLMVoice(
        bike.voice, bike.guide, Model(lambda request: "Well."), {}, reader=SecondReader(Model(lambda request: "NO"))
    )
    tracker = Tracker(Model(lambda request: '1: complete "never said so"\n2: aligned'))
    user = LLMUser(voice, bike.cast, Model(lambda request: "ACT: [talk]"), tracker=tracker)
    result = evaluate("Open-v0", "random", 4, user=user, scenario=str(file))
    assert set(result.conduct) == {"voice", "mind", "reader", "tracker"}
    said = " ".join(str(result).split())
    assert (
        f"of {voice.reader.counts.read} utterances that passed were objected to" in said and voice.reader.counts.vetoes
    )
    assert f"of {tracker.counts.goals} answers about goals claimed something without words" in said
