"""A simulated user whose machinery fails: nobody is blamed, nothing else is lost."""

from __future__ import annotations

import re

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.envs.episodes import EpisodeStore, read_episodes, record, replay, rescore
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.transcript import Transcript
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies.collect import collect
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import REFUSAL, Failure, ScriptedUser
from gymnasium.utils import seeding

from ..reach import in_few
from ..simulated_users.backends.faults import FaultServer, completion

ENV = "Negotiation-v0"
DOWN = Failure("the server is down")


class Broken(ScriptedUser):
    """Fails in one of its methods, at the opening or later, where `fails` says so of a dialogue."""

    def __init__(self, method, moment, fails=lambda dialogue: dialogue.seed % 3 == 1):
        super().__init__(Negotiation.voice)
        self.method, self.moment, self.fails = method, moment, fails
        self.calls = []

    def _break(self, method, dialogues, heards, answers):
        self.calls.append((method, len(dialogues)))
        if method != self.method:
            return answers
        now = [(heard is None) == (self.moment == "opening") for heard in heards]
        return [
            DOWN if due and self.fails(dialogue) else answer
            for due, dialogue, answer in zip(now, dialogues, answers, strict=True)
        ]

    def decide(self, dialogues, heards):
        return self._break("decide", dialogues, heards, super().decide(dialogues, heards))

    def speak(self, dialogues, heards, texts, exchanges):
        return self._break("speak", dialogues, heards, super().speak(dialogues, heards, texts, exchanges))


class Times:
    """True the first so many times."""

    def __init__(self, times):
        self.left = times

    def __call__(self, dialogue):
        self.left -= 1
        return self.left >= 0


def opened(user, n=9):
    engine = make_engine(ENV, user=user)
    return engine, engine.open([seeding.np_random(seed)[0] for seed in range(n)], seeds=list(range(n)))


methods = pytest.mark.parametrize("method", ["decide", "speak"])
moments = pytest.mark.parametrize("moment", ["opening", "later"])


@methods
def test_an_opening_that_fails_loses_only_its_dialogue(method):
    _, dialogues = opened(Broken(method, "opening"))
    _, sound = opened("scripted")
    for dialogue, same in zip(dialogues, sound, strict=True):
        if dialogue.seed % 3 == 1:
            assert (dialogue.error, dialogue.done, dialogue.steps, dialogue.opening) == (DOWN, True, [], "")
            assert type(dialogue.error) is str and not dialogue.over
        else:
            assert (dialogue.error, dialogue.done) == ("", False)
            assert dialogue.observation() == same.observation()


@methods
def test_a_step_that_fails_loses_only_its_dialogue(method):
    user = Broken(method, "later")
    engine, dialogues = opened(user)
    sound = make_engine(ENV).step(opened("scripted")[1], ["[offer 20]"] * 9)
    user.calls.clear()
    steps = engine.step(dialogues, ["[offer 20]"] * 9)
    assert user.calls == [
        ("decide", 9),
        ("speak", 6 if method == "decide" else 9),
    ]  # one call for all that can still be said
    for dialogue, step, same in zip(dialogues, steps, sound, strict=True):
        if dialogue.seed % 3 == 1:
            assert (dialogue.error, dialogue.done, step.error, step.truncated, step.reply) == (
                DOWN,
                True,
                DOWN,
                True,
                "",
            )
            assert (step.rewards, step.reward) == ({}, 0.0)
            assert step.act == Say() or method == "speak"
        else:
            assert (dialogue.error, step.error, step.truncated, step.reply) == ("", "", False, same.reply)


def test_all_may_fail():
    user = Broken("decide", "opening", lambda dialogue: True)
    _, dialogues = opened(user)
    assert all(dialogue.error for dialogue in dialogues) and user.calls == [("decide", 9)]


def test_a_user_that_answers_too_few_is_named():
    class Short(ScriptedUser):
        def speak(self, *columns):
            return super().speak(*columns)[: 1 if columns[1][0] is not None else None]

    engine, dialogues = opened(Short(Negotiation.voice), 3)
    with pytest.raises(ValueError, match="must answer each of 3 dialogues; got 1 utterances"):
        engine.step(dialogues, ["Hello."] * 3)


# ---- faces -----------------------------------------------------------------------------------------------------------


@methods
def test_reset_raises_and_another_reset_is_fine(method):
    env = gym.make(ENV, user=Broken(method, "opening", Times(1)))
    with pytest.raises(ConnectionError, match=r"before the first word.*the server is down"):
        env.reset(seed=0)
    with pytest.raises(gym.error.ResetNeeded):
        env.unwrapped.step("Hello.")
    assert env.reset(seed=0)[0] == gym.make(ENV).reset(seed=0)[0]


@methods
def test_step_truncates_with_the_error(method):
    env = gym.make(ENV, user=Broken(method, "later", lambda dialogue: True), render_mode="ansi")
    env.reset(seed=0)
    obs, reward, terminated, truncated, info = env.step("Hello.")
    assert (obs, reward, terminated, truncated) == ("", 0.0, False, True)
    assert info["error"] == DOWN and not {"outcome", "hidden"} & set(info)
    assert env.render().endswith("Cut off: the server is down")


@methods
def test_vector_reset_raises(method):
    envs = gym.make_vec(ENV, num_envs=4, user=Broken(method, "opening", Times(2)))
    with pytest.raises(ConnectionError, match=r"2 of 4 dialogues.*the server is down"):
        envs.reset(seed=0)
    assert envs.reset(seed=0)[0] == gym.make_vec(ENV, num_envs=4).reset(seed=0)[0]


@methods
def test_vector_reports_the_error_and_goes_on(method):
    envs = gym.make_vec(ENV, num_envs=3, user=Broken(method, "later", lambda dialogue: dialogue.seed == 11))
    envs.reset(seed=10)
    obs, rewards, terminations, truncations, infos = envs.step(["[offer 20]"] * 3)
    assert truncations.tolist() == [False, True, False] and not terminations.any() and rewards.tolist() == [0.0] * 3
    assert infos["final_info"][1]["error"] == DOWN and infos["_final_info"].tolist() == [False, True, False]
    assert "List price" in obs[1]  # the next dialogue's brief
    assert envs.step(["[walk]"] * 3)[2].all()


@methods
def test_autoreset_tries_an_opening_twice(method):
    user = Broken(method, "opening", lambda dialogue: False)
    envs = gym.make_vec(ENV, num_envs=3, user=user, on_error="raise")
    envs.reset(seed=0)
    assert "opening_errors" not in envs.step(["Hello."] * 3)[4]
    user.fails = Times(2)
    obs, _, _, _, infos = envs.step(["[walk]"] * 3)
    assert all("List price" in text for text in obs) and not any(dialogue.done for dialogue in envs.dialogues)
    assert infos["opening_errors"].tolist() == [[DOWN], [DOWN], None]  # what is drawn in their place is no secret
    assert infos["_opening_errors"].tolist() == [True, True, False]
    user.fails = Times(4)
    with pytest.raises(ConnectionError, match=r"1 of 3 dialogues.*the server is down"):
        envs.step(["[walk]"] * 3)
    with pytest.raises(gym.error.ResetNeeded):
        envs.step(["[walk]"] * 3)
    envs.reset(seed=0)


@methods
@pytest.mark.parametrize("face", ["text", "acts"])
def test_an_opening_that_fails_twice_loses_no_other_dialogue(method, face):
    user = Broken(method, "opening", lambda dialogue: False)
    envs = gym.make_vec(ENV, num_envs=3, user=user, face=face)
    slots = [] if face == "text" else [name for name, _ in envs.unwrapped.features.encoding.slots]
    offer, walk = (slots.index("offer"), slots.index("walk")) if slots else ("[offer 20]", "[walk]")
    envs.reset(seed=0)
    other = envs.unwrapped.dialogues[2]
    user.fails = lambda dialogue: True
    obs, _, over, cut, infos = envs.step([walk, walk, offer])
    assert over.tolist() == [True, True, False] and infos["opening_errors"].tolist() == [[DOWN] * 2, [DOWN] * 2, None]
    assert envs.unwrapped.dialogues[2] is other and not other.done
    if face == "text":
        assert "List price" in obs[0] and obs[0] == envs.unwrapped.dialogues[0].brief
    obs, rewards, over, cut, infos = envs.step([offer] * 3)
    assert cut.tolist() == [True, True, False] and not over.any() and rewards.tolist() == [0.0] * 3
    assert [info and info["error"] for info in infos["final_info"]] == [DOWN, DOWN, None]
    assert len(other.steps) == 2 and infos["opening_errors"].tolist() == [[DOWN], [DOWN], None]
    user.fails = lambda dialogue: False
    assert envs.step([offer] * 3)[3].tolist() == [True, True, False]
    _, _, _, cut, infos = envs.step([offer] * 3)
    assert not cut.any() and "opening_errors" not in infos and len(other.steps) == 4


@methods
def test_when_nothing_can_be_opened_the_next_step_says_so_and_may_be_tried_again(method):
    user = Broken(method, "opening", lambda dialogue: False)
    envs = gym.make_vec(ENV, num_envs=2, user=user)
    envs.reset(seed=0)
    user.fails = lambda dialogue: True
    envs.step(["[walk]"] * 2)
    for _ in range(2):
        with pytest.raises(ConnectionError, match=r"before the first word of 2 of 2 dialogues.*the server is down"):
            envs.step(["Hello."] * 2)
    user.fails = lambda dialogue: False
    assert envs.step(["Hello."] * 2)[3].all()
    assert not envs.step(["Hello."] * 2)[3].any()


@pytest.fixture
def quick(monkeypatch):
    """What asks a server and does not wait long for it."""
    pytest.importorskip("openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return lambda server: f"voiced:{server.url}#m(backoff=0.001,attempts=1)"


def test_a_vector_outlives_its_server(quick):
    with FaultServer() as server:
        envs = gym.make_vec(ENV, num_envs=2, user=quick(server))
        envs.reset(seed=0)
        server.stop()
        _, rewards, over, cut, infos = envs.step(["Hello.", "[walk]"])
        assert (cut.tolist(), over.tolist()) == ([True, False], [False, True])  # nobody answers to who leaves
        assert "connection failed" in infos["final_info"][0]["error"] and not rewards[0]
        with pytest.raises(ConnectionError, match="connection failed"):
            envs.step(["Hello."] * 2)
        server.start()
        assert "connection failed" in envs.step(["Hello."] * 2)[4]["final_info"][1]["error"]
        assert not envs.step(["Hello."] * 2)[3].any()
        envs.close()


def test_openings_that_a_server_refuses_are_counted(quick):
    """Those of dear things; cheap ones are met in their place, and that can be seen."""

    def answer(body):
        asked = re.search(r"Ask for \$(\d+)", body["messages"][-1]["content"])
        dear = asked is not None and int(asked[1]) >= 150
        return (400, {"error": {"message": "no luxury"}}) if dear and picky else (200, completion("Well."))

    picky = []
    with FaultServer(answer=answer) as server:
        envs = gym.make_vec(ENV, num_envs=32, user=quick(server))
        envs.reset(seed=0)
        picky.append(True)
        _, _, over, cut, infos = envs.step(["[walk]"] * 32)
        met = [dialogue.scenario.list_price for dialogue in envs.unwrapped.dialogues if not dialogue.error]
        envs.close()
    assert over.all() and not cut.any() and 0 < infos["_opening_errors"].sum() < 32
    assert all("no luxury" in error for errors in infos["opening_errors"] if errors for error in errors)
    assert max(met) < 150 and len(met) == 32 - sum(len(errors or ()) == 2 for errors in infos["opening_errors"])


# ---- rollouts, records, evaluation -----------------------------------------------------------------------------------


@methods
@moments
def test_rollout_and_records(method, moment, tmp_path):
    engine = make_engine(ENV, user=Broken(method, moment))
    dialogues = list(rollout(engine, make_policy("scripted", engine), range(12), batch=5))
    assert [dialogue.seed for dialogue in dialogues] == list(range(12))
    failed = [dialogue for dialogue in dialogues if dialogue.error]
    assert {dialogue.seed for dialogue in failed} == {1, 4, 7, 10}
    assert [len(dialogue.steps) for dialogue in failed] == ([0] * 4 if moment == "opening" else [1] * 4)
    assert "Cut off: the server is down" in Transcript(engine.family).text(failed[0])

    store = EpisodeStore(tmp_path / "episodes")
    store.append([record(dialogue, ENV, engine, "scripted") for dialogue in dialogues])
    episodes = read_episodes(store.path)
    assert len(episodes) == 12
    for episode in episodes:
        if episode.seed % 3 == 1:
            own = [turn for turn in episode.turns if turn.seat == episode.seat]
            assert (episode.error, episode.truncated, episode.payoff, episode.outcome, episode.episode_return) == (
                DOWN,
                True,
                0.0,
                {},
                0.0,
            )
            assert len(own) == (moment == "later")
            assert episode.messages()[0]["content"].startswith(episode.brief)
            with pytest.raises(ValueError, match="failed"):
                list(replay(episode))
        else:
            assert episode.error == "" and episode.turns
    assert [episode.seed for episode in rescore(episodes, "turn_cost")] == [seed for seed in range(12) if seed % 3 != 1]


@methods
@moments
def test_evaluation_drops_them(method, moment):
    result = evaluate(ENV, "scripted", episodes=30, user=Broken(method, moment))
    kept = np.arange(30) % 3 != 1
    assert (result.episodes, result.dropped) == (20, 10)
    assert np.array_equal(result.returns[kept], evaluate(ENV, "scripted", episodes=30).returns[kept])
    assert np.isnan(result.returns[~kept]).all()
    with pytest.raises(ConnectionError, match=r"all 6 episodes.*the server is down"):
        evaluate(ENV, "scripted", episodes=6, user=Broken(method, moment, lambda dialogue: True))


def test_collecting_goes_on(tmp_path):
    store = collect(ENV, "scripted", 12, tmp_path / "episodes", batch=4, user=Broken("speak", "opening"))
    assert [bool(episode.error) for episode in store] == [seed % 3 == 1 for seed in range(12)]


def test_the_best_of_several_attempts_is_one_that_did_not_fail(tmp_path):
    seen = []

    def first_attempt(dialogue):
        seen.append(dialogue.seed)
        return seen.count(dialogue.seed) == 1

    bad = FunctionPolicy(
        "bad", lambda dialogue, stream: "[accept]"
    )  # often below 0, which a failed attempt would beat if it counted as 0
    store = collect(ENV, bad, 8, tmp_path / "episodes", best_of=2, user=Broken("speak", "opening", first_attempt))
    assert not [episode.error for episode in store if episode.error] and min(episode.payoff for episode in store) < 0.0


class Refusing(Broken):
    """Its provider's content filter refuses what the learner has said."""

    def _break(self, method, dialogues, heards, answers):
        answers = super()._break(method, dialogues, heards, answers)
        return [Failure(REFUSAL) if answer is DOWN else answer for answer in answers]


@methods
def test_a_failure_is_raised_where_this_is_asked_for(method):
    env = gym.make(ENV, user=Broken(method, "later", Times(1)), on_error="raise")
    env.reset(seed=0)
    with pytest.raises(ConnectionError, match="1 of 1 dialogues failed: the server is down"):
        env.step("[offer 20]")
    assert env.unwrapped.dialogue.error == DOWN and env.unwrapped.dialogue.done
    assert env.reset(seed=0)[0] == gym.make(ENV).reset(seed=0)[0]  # and it goes on with the next
    assert env.step("[offer 20]")[4]["problem"] == ""


@methods
def test_a_vector_raises_and_has_to_be_reset(method):
    envs = gym.make_vec(ENV, num_envs=6, user=Broken(method, "later", Times(2)), on_error="raise")
    envs.reset(seed=0)
    with pytest.raises(ConnectionError, match="2 of 2 dialogues failed: the server is down"):
        envs.step(["[offer 20]"] * 6)
    with pytest.raises(gym.error.ResetNeeded):
        envs.step(["[offer 20]"] * 6)
    assert envs.reset(seed=0)[0] == gym.make_vec(ENV, num_envs=6).reset(seed=0)[0]
    assert not envs.step(["[offer 20]"] * 6)[3].any()


@moments
def test_an_evaluation_that_is_to_raise_stops_at_the_first_failure(moment):
    with pytest.raises(ConnectionError, match=r"\d of \d+ dialogues failed: the server is down"):
        evaluate(ENV, "scripted", 9, user=Broken("speak", moment), on_error="raise")
    assert evaluate(ENV, "scripted", 9, user=Broken("speak", moment)).dropped == 3


def test_refused_words_are_no_failure_even_there():
    env = gym.make(ENV, user=Refusing("speak", "later", Times(1)), on_error="raise")
    env.reset(seed=0)
    _, reward, terminated, truncated, info = env.step("[offer 20]")
    assert (reward, terminated, truncated, info["error"]) == (0.0, False, True, REFUSAL)


def test_there_are_two_ways_to_meet_an_error():
    for make in (gym.make, gym.make_vec, dialogym.aec):
        with pytest.raises(ValueError, match="on_error must be one of truncate, raise; got 'ignore'"):
            make(ENV, on_error="ignore")


def failing(seeds, when):
    """A policy whose machinery fails in the dialogues of some seeds at its turn number `when`."""
    return FunctionPolicy(
        "failing", lambda d, _: Failure("no model") if d.seed in seeds and len(d.steps) == when else "Hm."
    )


@pytest.mark.parametrize("when", [0, 1])
def test_a_policy_that_fails_loses_only_its_dialogue_and_no_points(when, tmp_path):
    policy, engine = failing({2, 5}, when), make_engine(ENV)
    dialogues = list(rollout(engine, policy, range(8)))
    sound = list(rollout(engine, failing((), 0), range(8)))
    for dialogue, same in zip(dialogues, sound, strict=True):
        assert (dialogue.error == "no model") == (dialogue.seed in (2, 5)) and dialogue.done
        if not dialogue.error:
            assert dialogue.messages() == same.messages()
        else:
            assert len(dialogue.steps) == when and all(step.text == "Hm." for step in dialogue.steps)
    result = evaluate(ENV, policy, 8)
    assert (result.episodes, result.dropped, result.refused) == (6, 2, 0)
    store = collect(ENV, policy, 8, tmp_path)
    assert [episode.seed for episode in store if episode.error == "no model"] == [2, 5]
    assert len(rescore(store, "goal")) == 6
    with pytest.raises(ConnectionError, match="2 of 8 dialogues failed: no model"):
        list(rollout(make_engine(ENV, on_error="raise"), policy, range(8)))


@pytest.mark.parametrize("env_id", in_few(["Negotiation-v0", "Tutoring-v0", "Service-v0", "Riddle-v0", "Commons-v0"]))
def test_a_policy_whose_words_are_refused_at_once_is_cut_off_where_it_stood(env_id):
    policy = FunctionPolicy("refused", lambda d, _: Failure(REFUSAL) if d.seed == 2 else "Hello.")
    result = evaluate(env_id, policy, 4)
    assert (result.episodes, result.dropped, result.refused) == (4, 0, 1)


@pytest.mark.parametrize("words", ["ab", ["Hello."], ["Hello."] * 3, [], None, 3])
def test_a_vector_is_told_as_much_as_it_has_dialogues(words):
    envs = gym.make_vec(ENV, num_envs=2)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match="actions must be 2 strings, one for each dialogue"):
        envs.step(words)
    assert all(not dialogue.steps for dialogue in envs.unwrapped.dialogues), "nobody was told anything"


@pytest.mark.parametrize(
    "words, where, kind",
    [
        ([1, 2], "actions[0]", "int"),
        (["Hello.", None], "actions[1]", "NoneType"),
        (np.arange(2), "actions[0]", "int64"),
        (["Hello.", b"Hello."], "actions[1]", "bytes"),
        (b"ab", "actions[0]", "int"),
    ],
)
def test_a_vector_is_told_strings(words, where, kind):
    envs = gym.make_vec(ENV, num_envs=2)
    envs.reset(seed=0)
    with pytest.raises(TypeError, match=rf"^{re.escape(where)} must be a str, got {kind}$"):
        envs.step(words)
    assert all(not dialogue.steps for dialogue in envs.unwrapped.dialogues), "nobody was told anything"
    assert envs.step(np.array(["Hello.", "Hello."]))[0][0], "an array of strings will do"
