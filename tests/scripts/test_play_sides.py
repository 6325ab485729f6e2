"""`dialogym play` with a person on either side: who sits where, what the person is told and asked, what is recorded, how one leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from dialogym.core.belief import Belief
from dialogym.core.mind import foresee, overlook
from dialogym.core.stream import Stream
from dialogym.envs.episodes import read_episodes, record, replay, rescore
from dialogym.envs.human_user import HumanUser
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.game import Offer, Walk
from dialogym.envs.tutoring.game import Explain, Quiz
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.scripts.main import main
from rich.console import Console

from ..reach import ONE_OF_EACH

ENV = "Negotiation-v0"


@pytest.fixture
def play(monkeypatch, capsys):
    """Plays with scripted answers; when they are used up, the person leaves.

    Gives the exit status, standard output and standard error, without line breaks.
    """
    monkeypatch.setenv("COLUMNS", "400")

    def call(answers, *arguments):
        pending = iter(answers)

        def answer(*_):
            said = next(pending, EOFError)
            if isinstance(said, type):
                raise said
            return said

        monkeypatch.setattr("builtins.input", answer)
        try:
            status = main(["play", *(str(argument) for argument in arguments)])
        except SystemExit as left:
            status = left.code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return status, " ".join(printed.out.split()), " ".join(printed.err.split())

    return call


def human(env_id, answers, **settings):
    """An engine whose simulated person is asked, with scripted answers."""
    family = make_engine(env_id, **settings).family

    class Scripted(Console):
        def input(self, *_, **__):
            return next(pending)

    pending = iter(answers)
    return make_engine(env_id, user=HumanUser(family, console=Scripted(file=open(os.devnull, "w"))), **settings)


def same(episode):
    """The replay of an episode, which must be what was recorded."""
    steps = list(replay(episode))
    own = [turn for turn in episode.turns if turn.seat == episode.seat]
    assert [step.text for step in steps] == [turn.text for turn in own] and [step.reward for step in steps] == [
        turn.reward for turn in own
    ]
    assert steps[-1].payoff == episode.payoff and steps[-1].dialogue.reveal(steps[-1].dialogue.hidden) == episode.hidden
    return steps


# ---- the learner's side ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [(), ("--as", "learner"), ("--as", "buyer"), ("--policy", "human")])
def test_a_person_learns_in_the_usual_seat(play, tmp_path, sides):
    status, out, _ = play(["Hello!", "no deal"], ENV, *sides, "--record", tmp_path / "e")
    assert (
        status == 0
        and "You are the buyer" in out
        and "It is worth $" in out
        and "Only you know" not in out
        and "1 dialogues recorded" in out
    )
    (episode,) = read_episodes(tmp_path / "e")
    assert (episode.policy, episode.seat, episode.outcome["ending"]) == ("human", "buyer", "walk")
    assert [turn.text for turn in episode.turns if turn.seat == "buyer"] == ["Hello!", "no deal"]
    same(episode)


def test_a_person_learns_in_the_other_seat(play, tmp_path):
    status, out, _ = play(["I can do 1", "bye"], ENV, "--as", "seller", "--record", tmp_path / "e")
    assert status == 0 and "You are the seller" in out and "You are selling" in out
    (episode,) = read_episodes(tmp_path / "e")
    assert episode.seat == "seller" and episode.settings["role"] == "seller"
    same(episode)


def test_any_user_can_be_met(play, monkeypatch):
    met = []

    def make_user(user, family):
        met.append(user)
        from dialogym.simulated_users.user import ScriptedUser

        return ScriptedUser(family.voice)

    monkeypatch.setattr("dialogym.envs.make.make_user", make_user)
    status, out, _ = play(["bye"], ENV, "--user", "voiced:smollm2")
    assert status == 0 and met == ["voiced:smollm2"] and "Over" in out


# ---- the simulated person's side
# ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sides",
    [("--as", "partner"), ("--as", "seller", "--policy", "scripted"), ("--as", "seller", "--set", "role=buyer")],
)
def test_a_person_is_the_partner(play, tmp_path, sides):
    status, out, err = play(
        ["Good day, I want 240 for it", "no, 230", "I could do 225", *["[offer 221]"] * 9],
        ENV,
        *sides,
        "--seed",
        3,
        "--record",
        tmp_path / "e",
    )
    assert status == 0 and not err
    assert (
        "You are the seller" in out
        and "Only you know: reservation" in out
        and "list price 240" in out
        and "It is worth $" not in out
    )
    (episode,) = read_episodes(tmp_path / "e")
    asked = [turn for turn in episode.turns if turn.seat == "seller"]
    assert episode.seat == "buyer" and asked[0].text == "Good day, I want 240 for it" and asked[0].act == "[offer 240]"
    assert [turn.text for turn in same(episode)[-1].dialogue.turns()] == [turn.text for turn in episode.turns]


def test_a_person_is_the_partner_in_the_other_role(play, tmp_path):
    status, out, _ = play(
        ["Hello, 10 dollars?", *["15 dollars"] * 12],
        ENV,
        "--as",
        "buyer",
        "--policy",
        "optimal",
        "--record",
        tmp_path / "e",
    )
    assert status == 0 and "You are the buyer" in out and "Only you know: reservation" in out
    (episode,) = read_episodes(tmp_path / "e")
    assert episode.seat == "seller" and episode.policy == "optimal"
    same(episode)


def test_the_person_is_free_to_do_what_no_mind_does(play, tmp_path):
    """Talk at the opening, odd prices, offers that get worse: the optimal policy goes on, and every dialogue can be replayed and scored again."""
    wild = ["Hello!", "Lovely weather.", "I want 237.", "239!", "231 then", "Hm.", "Well.", "No way.", "Never.", "No."]
    status, out, _ = play(
        wild, ENV, "--as", "partner", "--policy", "optimal", "--advice", "--seed", 3, "--record", tmp_path / "e"
    )
    assert status == 0 and "best:" in out
    (episode,) = read_episodes(tmp_path / "e")
    assert episode.opening_branch == -1 and episode.turns[0].text == "Hello!" and episode.turns[0].act == ""
    steps = same(episode)
    assert steps[0].before.standing is None and any(
        isinstance(act, Offer) and act.price == 237 for step in steps for _, _, act in step.exchange.replies
    )
    assert rescore([episode], {"goal": 2.0})[0].episode_return == pytest.approx(2 * episode.payoff)


def test_what_cannot_be_is_asked_again(play):
    answers = ["", "I walk away", "[offer 99999]", "200 or 300", "[accept]", "[offer 240]"]
    status, out, _ = play(answers, ENV, "--as", "partner", "--policy", "wait", "--seed", 3)
    assert status == 0 and "You left." in out
    for hint in (
        "Please say something",
        "You cannot end it before",
        "from 1 to 480",
        "which one do you offer",
        "no offer on the table",
    ):
        assert hint in out


def test_a_bare_tag_is_put_into_words(play, tmp_path):
    status, out, _ = play(
        ["[offer 240]", "[walk]"], ENV, "--as", "partner", "--policy", "wait", "--seed", 3, "--record", tmp_path / "e"
    )
    (episode,) = read_episodes(tmp_path / "e")
    assert (
        status == 0
        and "240" in episode.turns[0].text
        and "[" not in episode.turns[0].text
        and episode.turns[0].text in out
    )
    assert (
        episode.outcome["ending"] == "walk"
        and episode.turns[-1].seat == "seller"
        and "[walk]" not in episode.turns[-1].text
    )


def test_lost_turns_are_told_to_both(play, tmp_path, monkeypatch):
    confused = type(
        "Confused",
        (),
        {"name": "confused", "respond": lambda self, dialogues, streams: ["[offer 999999]"] * len(dialogues)},
    )()
    monkeypatch.setattr("dialogym.scripts.play.make_policy", lambda spec, engine: confused)
    status, out, _ = play(
        ["240 please", "What?", "What??", "What???"], ENV, "--as", "partner", "--seed", 3, "--record", tmp_path / "e"
    )
    (episode,) = read_episodes(tmp_path / "e")
    assert status == 0 and episode.truncated and episode.outcome["illegal"] == 3
    assert [turn.text for turn in episode.turns if turn.seat == "seller"][
        1
    ] == "A price must be a whole number from 1 to 480. What?"
    same(episode)


@pytest.mark.parametrize("env_id", ["Coaching-v0", "GuidedSolving-v0", "SpacingSmall-v0", "Tutoring-v0"])
def test_where_words_are_not_read_acts_are_chosen_by_number(play, tmp_path, env_id):
    family = make_engine(env_id).family
    answers = ["nonsense", "77", *["1 If you say so!", "2"] * 40]
    for seed in range(3):
        status, out, err = play(
            answers, env_id, "--as", "partner", "--policy", "random", "--seed", seed, "--record", tmp_path / "e"
        )
        assert status == 0 and not err and f"You are the {family.partner}" in out and "Only you know:" in out
    for seed, episode in enumerate(read_episodes(tmp_path / "e")):
        assert (episode.seed, episode.seat) == (seed, family.role)
        same(episode)
    texts = [
        turn.text for episode in read_episodes(tmp_path / "e") for turn in episode.turns if turn.seat == family.partner
    ]
    assert any("If you say so!" in text for text in texts) and any("If you say so!" not in text for text in texts)


def test_the_exercise_and_its_mark_stand_around_own_words():
    engine = human("Tutoring-v0", ["Hi.", "2 I say a hundred"])
    dialogue = engine.open([np.random.default_rng(0)], {"scenario": {"marked": True}})[0]
    reply = engine.step([dialogue], ["[quiz 1]"])[0].reply
    assert reply.startswith("(exercise: ") and "I say a hundred" in reply and "(answer sheet: wrong" in reply


def test_choices_are_no_surprise_to_the_belief():
    """What may be chosen by number is what a mind could do: the belief after it is the exact one."""
    engine = human("Coaching-v0", ["Hi!", "1 Sure", "2 Not at all"])
    dialogue = engine.open([np.random.default_rng(0)])[0]
    prior = dialogue.belief()
    engine.step([dialogue], [f"[ask {dialogue.setting.game.attributes[0]}]"])
    assert dialogue.belief().entropy < prior.entropy
    engine.step([dialogue], [f"[recommend {dialogue.setting.game.strategies[0]}]"])
    assert all(
        turn.branch >= 0 for turn in record(dialogue, "Coaching-v0", engine, "somebody").turns if turn.seat == "coach"
    )


def test_the_hidden_state_goes_on_as_it_would():
    """A person who answers as the mind would is in no way different from it: the same distribution of hidden states, the same record."""
    family = make_engine("Tutoring-v0").family
    setting = family.setting(family.scenarios()[0])
    before = setting.exchange(setting.game.start(), setting.prior.support[0], None).support[0].after
    rng = Stream(np.random.default_rng(1))
    branching = 0
    for hidden in setting.prior.support:
        for act in (Explain("1"), Quiz("1")):
            possible = setting.exchange(before, hidden, act)
            branching += len(possible) > 1
            for made in {exchange.replies[0][2] for exchange in possible.support}:
                same = Belief((exchange, p) for exchange, p in possible if exchange.replies[0][2] == made)
                drawn = [
                    setting.answered(before, hidden, act, lambda state, seat, made=made: made, rng) for _ in range(1000)
                ]
                assert all(drawn.count(exchange) / 1000 == pytest.approx(p, abs=0.07) for exchange, p in same) and set(
                    drawn
                ) <= set(same.support)
                assert (
                    setting.answered(before, hidden, act, lambda state, seat, made=made: made)
                    == max(same, key=lambda item: item[1])[0]
                )
    assert branching > 3


@pytest.mark.parametrize("env_id", ONE_OF_EACH)
def test_what_tells_nothing_is_the_mean_of_all_that_could_be_told(env_id):
    """The law of total probability: overlooking an act is to believe the average of what each act would have made one believe."""
    engine = make_engine(env_id)
    compared = 0
    for dialogue in rollout(engine, make_policy("random", engine), range(4)):
        setting, belief = dialogue.setting, dialogue.setting.prior
        for exchange in [e for e in (dialogue.opening_exchange, *(step.exchange for step in dialogue.steps[:4])) if e]:
            for state, _, _ in exchange.replies[:1]:
                blind = overlook(setting.mind, belief, state)
                told = [(p, after) for _, p, after in foresee(setting.mind, belief, state)]
                pairs = (
                    zip(blind.factors, *(after.factors for _, after in told), strict=True)
                    if hasattr(blind, "factors")
                    else [(blind, *(after for _, after in told))]
                )
                for mean, *each in pairs:
                    mixed = Belief(
                        (outcome, p * q) for (p, _), part in zip(told, each, strict=True) for outcome, q in part
                    )
                    assert all(
                        mean.probability(outcome) == pytest.approx(p, abs=1e-12) for outcome, p in mixed
                    ) and len(mean) == len(mixed)
                compared += 1
            belief = setting.listen(belief, exchange)
    assert compared


# ---- refusals, and leaving
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as", "thief"), "as must be learner, partner, or one of the seats buyer, seller; got 'thief'"),
        (("--as", "learner", "--policy", "optimal"), "--policy optimal speaks for the buyer, and so would you"),
        (
            ("--as", "partner", "--user", "voiced:smollm2"),
            "--user voiced:smollm2 speaks for the seller, and so would you",
        ),
        (("--episodes", "0"), "episodes must be at least 1"),
        (("--user", "nobody"), "user must be"),
    ],
)
def test_refusals(play, arguments, message):
    status, _, err = play([], ENV, *arguments)
    assert status == 1 and message in err


def test_only_one_seat_can_learn(play):
    status, _, err = play([], "Tutoring-v0", "--as", "tutor", "--policy", "random")
    assert status == 1 and "--policy random speaks for the tutor, and so would you" in err and "--as student" in err
    status, out, _ = play([], "Tutoring-v0", "--as", "student", "--policy", "random")
    assert status == 0 and "You are the student" in out and "You left." in out
    status, out, _ = play([], "Tutoring-v0", "--as", "student")
    assert status == 0 and "You are the student" in out


def test_an_optimum_out_of_reach_is_said_so(play):
    status, _, err = play(["1"] * 99, "Spacing-v0", "--as", "partner", "--policy", "optimal")
    assert status == 1 and "out of reach" in err


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [(EOFError, 0, "You left. This dialogue is not recorded"), (KeyboardInterrupt, 130, "interrupted")],
)
@pytest.mark.parametrize("side", ["learner", "partner"])
def test_who_leaves_keeps_what_is_recorded(play, tmp_path, how, status, said, side):
    answers = (
        ["Hello.", "no deal", "Hello again.", how] if side == "learner" else ["240!", "no deal", "Hello again.", how]
    )
    extra = () if side == "learner" else ("--policy", "wait")
    got, out, err = play(answers, ENV, "--as", side, *extra, "--episodes", 3, "--seed", 3, "--record", tmp_path / "e")
    assert got == status and said in out + err
    (episode,) = read_episodes(tmp_path / "e")
    assert episode.seed == 3 and same(episode)


def test_watching_is_as_it_was(play, tmp_path):
    status, out, _ = play([], ENV, "--policy", "optimal", "--episodes", 2, "--record", tmp_path / "e")
    assert status == 0 and out.count("You are the buyer") == 2 and "2 dialogues recorded" in out
    engine = make_engine(ENV)
    expected = [record(d, ENV, engine, "optimal") for d in rollout(engine, make_policy("optimal", engine), range(2))]
    assert read_episodes(tmp_path / "e") == expected


def test_two_people(play, tmp_path):
    """One in each seat, at one keyboard."""
    status, out, _ = play(
        ["240, please", "I offer 200", "deal"],
        ENV,
        "--as",
        "partner",
        "--policy",
        "human",
        "--seed",
        3,
        "--record",
        tmp_path / "e",
    )
    assert status == 0 and "You are the seller" in out and "You are the buyer" in out
    (episode,) = read_episodes(tmp_path / "e")
    assert episode.outcome["agreed_price"] == 200
    same(episode)


def test_control_c_in_a_real_terminal_process(tmp_path):
    command = [
        sys.executable,
        "-m",
        "dialogym.scripts.main",
        "play",
        ENV,
        "--as",
        "partner",
        "--policy",
        "wait",
        "--episodes",
        "5",
        "--record",
        str(tmp_path / "e"),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        process.stdin.write("Hello!\nno deal\nHello again!\n")
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not list((tmp_path / "e").glob("*.parquet")):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        time.sleep(1.0)  # until it waits for the next words
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and "interrupted" in err and "Traceback" not in err
    (episode,) = read_episodes(tmp_path / "e")
    same(episode)


def test_human_users_answer_a_batch_in_order():
    engine = human(ENV, ["200!", "300!", "[walk]", "[walk]"], role="buyer")
    dialogues = engine.open(
        [np.random.default_rng(seed) for seed in (3, 4)],
        {"scenario": Negotiation().scenarios()[0].__class__("bike", "old", 400, 300)},
    )
    assert [dialogue.opening for dialogue in dialogues] == ["200!", "300!"]
    steps = engine.step(dialogues, ["Hm.", "Hm."])
    assert all(step.over and step.exchange.replies[0][2] == Walk() and step.reply for step in steps)


def test_who_is_not_the_one_is_not_told_who_is(play):
    told = [play(["1"], "Mafia-v0", "--as", "anna", "--policy", "random", "--seed", seed)[1] for seed in range(6)]
    for out in told:
        assert "Only you know: guilty not you." in out or "Only you know: guilty anna." in out
    assert len({"guilty anna." in out for out in told}) == 2


def test_a_policy_speaks_to_a_person_in_the_words_of_the_phrase_bank(play, tmp_path):
    answers = ["", *["1"] * 8]
    status, out, _ = play(
        answers, "Service-v0", "--as", "customer", "--policy", "optimal", "--seed", 21, "--record", tmp_path / "e"
    )
    (episode,) = read_episodes(tmp_path / "e")
    said = [turn.text for turn in episode.turns if turn.seat == "agent"]
    assert status == 0 and all(f"Agent: {text}" in out for text in said)
    assert said[0].endswith("[ask identity]") and sum(not text.startswith("[") for text in said) > 3
    assert [step.text for step in replay(episode)] == said


def test_what_is_drawn_for_words_changes_no_act(play, tmp_path):
    played = []
    for worded in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not worded:
                patch.setattr("dialogym.scripts.play.put", lambda engine, dialogue, act, _: engine.grammar.print(act))
            play(["", *["1"] * 9], "Service-v0", "--as", "customer", "--policy", "random", "--seed", 3, "--record",
                 tmp_path / str(worded))  # fmt: skip
        (episode,) = read_episodes(tmp_path / str(worded))
        played.append([turn.act for turn in episode.turns])
    assert played[0] == played[1]
