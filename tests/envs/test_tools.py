"""A seat that is no person: what it does comes from the mind, is printed as it is, and goes by its own name wherever a dialogue is shown."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from dialogym.core.duel import Seats
from dialogym.envs.clinic.mind import Patient
from dialogym.envs.data_teaching.mind import Student
from dialogym.envs.encoding import Encoding, View
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import EpisodeStore, record, replay
from dialogym.envs.helpdesk.mind import Phone
from dialogym.envs.human_user import HumanUser
from dialogym.envs.make import make_engine
from dialogym.envs.pettingzoo_env import DialogueAEC
from dialogym.envs.service.mind import Customer
from dialogym.envs.transcript import Transcript
from dialogym.envs.users import examples_of, guide_of
from dialogym.evaluation.conformance import CHECKS, Subject
from dialogym.evaluation.regret import dialogue_regret
from dialogym.policies.duel import Duel
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.user_model import words_of
from dialogym.scripts.main import main
from dialogym.scripts.web import PageConsole
from dialogym.simulated_users.backends.backend import Reply
from dialogym.simulated_users.llm_mind import LLMUser, goal_state
from dialogym.simulated_users.llm_voice import LLMVoice
from dialogym.simulated_users.user import Failure, ScriptedUser
from dialogym.trainers.user_model import words_of_episode
from rich.console import Console

from .. import toy_desk

FAMILY, IDS = toy_desk.Parcels(), (toy_desk.DESK, toy_desk.NOISY, toy_desk.BOTH)


class Model:
    """A backend that says what a function of the request says, and keeps every request."""

    name = "model"

    def __init__(self, say):
        self.say, self.requests = say, []

    def generate(self, requests):
        self.requests += requests
        said = map(self.say, requests)
        return [one if isinstance(one, Failure) else Reply(one, 10, 5, 0.5) for one in said]

    def close(self):
        pass


def opened(family, user, seed=0):
    engine = Engine(family, Options(user=user))
    return engine, engine.open([np.random.default_rng(seed)], seeds=[seed])[0]


def voice(family, say):
    return LLMVoice(family.voice, guide_of(family), Model(say), examples_of(family))


def mind(family, say):
    return LLMUser(family.voice, family.cast, Model(say))


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance(env_id, check, subjects={}):  # noqa: B006
    check(subjects.setdefault(env_id, Subject(env_id)))


def test_what_a_tool_does_is_printed_under_its_name():
    engine, dialogue = opened(FAMILY, "scripted")
    (step,) = engine.step([dialogue], ["Let me see. [look left]"])
    found = "parcel" if dialogue.hidden.shelf == "left" else "nothing"
    assert step.reply == f"Desk: left shelf: {found}"
    assert [(turn.seat, turn.act) for turn in step.answers] == [("desk", toy_desk.Found(found))]
    assert dialogue.messages()[-1] == {"role": "user", "content": step.reply}
    assert FAMILY.partner == "guest" and FAMILY.people_seats == ("clerk", "guest")
    lines = Transcript(FAMILY).text(dialogue).splitlines()
    assert lines[-2:] == ["Clerk: Let me see. [look left]", step.reply] and lines[2].startswith("Guest: ")


def test_it_takes_no_random_number():
    one, other = (opened(FAMILY, "scripted", 3) for _ in range(2))
    one[0].step([one[1]], ["[look left]"])
    assert one[1].stream.random() == other[1].stream.random()


def test_all_replies_of_a_turn_are_worded():
    family = toy_desk.Parcels(both=True)
    engine, dialogue = opened(family, "scripted")
    look, lost = (engine.step([dialogue], [text])[0] for text in ("[look left]", "[look left]"))
    desk, guest = look.reply.splitlines()
    assert desk.startswith("Desk: left shelf: ") and guest in {
        s for said in toy_desk.BANK.values() for s in said["talk"]
    }
    assert [turn.seat for turn in look.answers] == ["desk", "guest"] and look.reply.parts == (desk, guest)
    assert lost.reply.count("That shelf has been looked at.") == 1
    assert pickle.loads(pickle.dumps(look.reply)).parts == look.reply.parts
    assert Transcript(family).text(dialogue).count("Desk: ") == 1


@pytest.mark.parametrize("env_id", IDS)
def test_records_hold_every_reply(env_id, tmp_path):
    subject = Subject(env_id)
    engine = subject.engine
    for dialogue in rollout(engine, make_policy("scripted", engine), range(5)):
        episode = record(dialogue, env_id, engine, "scripted")
        store = EpisodeStore(tmp_path / str(dialogue.seed))
        store.append([episode])
        (again,) = store
        messages = dialogue.messages()
        assert again.messages() == messages[: -1 if messages[-1]["content"] == "" else None]
        assert {turn.seat for turn in again.turns} == {"clerk", "guest", "desk"}
        steps = list(replay(again, engine))
        assert [step.reply for step in steps] == [step.reply for step in dialogue.steps]
        assert [step.exchange for step in steps] == [step.exchange for step in dialogue.steps]
        assert words_of_episode(again) == words_of(dialogue, len(dialogue.steps))
        assert [turn.answers for turn in dialogue_regret(dialogue, engine.grammar).turns] == [
            tuple(step.answers) for step in dialogue.steps
        ]


@pytest.mark.parametrize("both", [False, True])
def test_no_model_voices_it(both):
    family = toy_desk.Parcels(both=both)
    llm = voice(family, lambda request: "Take your time.")
    engine, dialogue = opened(family, ScriptedUser(llm))
    asked = len(llm.backend.requests)
    (step,) = engine.step([dialogue], ["[look left]"])
    assert step.reply.splitlines()[0].startswith("Desk: left shelf: ") and len(step.answers) == 1 + both
    new = llm.backend.requests[asked:]
    assert bool(new) == both and not any("shelf:" in text for request in new for _, text in request.messages)


def test_a_failure_of_the_voice_is_one_of_the_turn():
    family = toy_desk.Parcels(both=True)
    llm = voice(family, lambda request: "Take your time.")
    engine, dialogue = opened(family, ScriptedUser(llm))
    llm.backend.say = lambda request: Failure("it is down")
    (step,) = engine.step([dialogue], ["[look left]"])
    assert dialogue.done and "it is down" in step.error and step.reply == ""


@pytest.mark.parametrize("both", [False, True])
def test_no_model_decides_for_it(both):
    family = toy_desk.Parcels(right=0.8, both=both)
    right = []
    for seed in range(60):
        user = mind(family, lambda request: "PLAN: I say something.\nACT: [tell unsure]")
        engine, dialogue = opened(family, user, seed)
        look, ask = (engine.step([dialogue], [text])[0] for text in ("[look left]", "[ask]"))
        right.append((look.answers[0].act.what == "parcel") == (dialogue.hidden.shelf == "left"))
        assert len(user.backend.requests) == 1 and ask.answers[-1].act == toy_desk.Tell("unsure")
        assert len(goal_state(dialogue).decisions) == 2 + both  # the opening, the answer, and the talk after a look
        engine.step([dialogue], ["[fetch left]"])
        episode = record(dialogue, toy_desk.NOISY, engine, "test")
        assert [step.exchange for step in replay(episode, engine)] == [step.exchange for step in dialogue.steps]
    assert 0.65 < sum(right) / len(right) < 0.95


def test_a_person_is_not_asked_to_play_it():
    class Scripted(Console):
        def input(self, *_, **__):
            return pending.pop(0)

    pending = ["A parcel for me.", "1", "I told you, it is small."]
    user = HumanUser(FAMILY, console=Scripted(file=io.StringIO()))
    engine, dialogue = opened(FAMILY, user)
    (look,) = engine.step([dialogue], ["[look left]"])
    assert len(pending) == 2 and look.reply.startswith("Desk: ")
    (talk,) = engine.step([dialogue], ["[ask]"])
    assert len(pending) == 1 and [turn.seat for turn in talk.answers] == ["guest"]
    for step, shown in ((look, ["**Desk:** left shelf: " + look.answers[0].act.what]), (talk, [])):
        page = PageConsole(lambda seat: seat == "guest")
        Transcript(FAMILY, page).show_step(step, echo=False, answer=False)
        assert [message["content"] for message in page.messages] == shown


class Counter(toy_desk.Parcels):
    """Both clerk and guest learn."""

    def duel(self, stream):
        scenario, hidden = self.sample(stream), toy_desk.Parcel(toy_desk.SHELVES[stream.choose(3)], True)
        mind = toy_desk.Mind()
        people = ("clerk", "guest")
        return Seats(
            self.parts(scenario)[0], dict.fromkeys(people, "Talk."), dict.fromkeys(people, scenario), lambda state: None,
            lambda state: mind.react(hidden, state).support[0][1],
        )  # fmt: skip


def test_two_learners_both_see_what_it_prints():
    env = DialogueAEC(Counter(), render_mode="ansi")
    env.reset(seed=0)
    assert env.possible_agents == ["clerk", "guest"] and env.agent_selection == "guest"
    for text in ("A parcel, please.", "[look left]"):
        env.step(text)
    printed = env.observe("clerk")["utterance"]
    assert printed in ("Desk: left shelf: parcel", "Desk: left shelf: nothing") and env.agent_selection == "clerk"
    assert env.observe("guest")["utterance"] == f"[look left]\n{printed}"
    env.step("It is not there, I think.")
    assert env.observe("guest")["utterance"] == f"[look left]\n{printed}\nIt is not there, I think."
    assert env.agent_selection == "guest" and env.render().splitlines()[2] == printed


def test_policies_meet_where_there_is_a_tool():
    duel = Duel(Counter(), 0)
    for text in ("A parcel, please.", "[look left]", "It is not there, I think."):
        duel.say(text)
    step = duel.dialogues["clerk"].steps[0]
    assert [seat for _, seat, _ in step.exchange.replies] == ["desk"] and step.reply.startswith("Desk: left shelf: ")


def test_a_person_cannot_sit_in_it(capsys):
    assert main(["play", toy_desk.DESK, "--as", "desk"]) != 0
    assert "one of the seats clerk, guest" in " ".join(capsys.readouterr().err.split())


def test_the_encoding_tells_who_answered():
    encoding = Encoding(FAMILY)
    (place,) = [k for k, column in enumerate(encoding.columns) if {"desk", "guest"} <= set(column.values)]
    engine, dialogue = opened(FAMILY, "scripted")
    seats = []
    for text in ("[look left]", "[ask]"):
        engine.step([dialogue], [text])
        seats.append(encoding.columns[place].values[encoding.row(View.of(dialogue))[1 + place] - 1])
    assert seats == ["desk", "guest"]


def told(env_id, hidden):
    """The facts of a person who plays the partner, where that is hidden."""
    family = make_engine(env_id).family
    console = Console(file=io.StringIO(), width=400)
    engine, dialogue = opened(family, ScriptedUser(family.voice))
    dialogue.hidden = hidden
    HumanUser(family, console=console).introduce(dialogue)
    return next(line.strip("│ ") for line in console.file.getvalue().splitlines() if "Only you know" in line)


@pytest.mark.parametrize(
    ("env_id", "hidden", "facts"),
    [
        (
            "Service-v0",
            Customer(("pending", "delivered"), 2, "return", False, True, False),
            "order 2; wish return; flexible no; remembers yes; hurried no; impostor no.",
        ),
        (
            "Service-v0",
            Customer(("pending", "delivered"), 2, "return", False, False, True),
            "wish return; flexible no; remembers no; hurried yes; impostor no.",
        ),
        ("Helpdesk-v0", Phone(("apn", "plan"), True), "able yes."),
        ("Clinic-v0", Patient("flu", True, False), "risk yes; guarded no."),
        ("DataTeaching-v0", Student(("a2", "b1"), (0, 1)), "nothing."),
    ],
)
def test_who_plays_the_partner_is_told_what_that_seat_knows(env_id, hidden, facts):
    assert told(env_id, hidden) == f"Only you know: {facts}"


def test_who_knows_nothing_alone_is_told_that(capsys):
    family = make_engine("Donor-v0").family
    assert family.known("visitor", family.reveal(None, ("steady",))) == {}
    assert family.known("neighbour", family.reveal(None, ("steady",))) == {"society": "steady"}
