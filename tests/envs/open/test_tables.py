"""Sessions, records, drafts, facts of two draws, goals: each in a small file whose value is known by hand or by force."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import gymnasium as gym
import pytest
from dialogym.core.acts import Say
from dialogym.envs.encoding import Encoding
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import make_engine
from dialogym.envs.open.acts import Bye, Do, Entry, Reply, Scene
from dialogym.envs.open.format import read
from dialogym.envs.open.game import State
from dialogym.envs.open.library import script
from dialogym.envs.open.lint import lint, shared_tools
from dialogym.evaluation.brute_force import brute_force
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.judges import Opinion
from dialogym.simulated_users.backends.backend import Reply as Answer
from dialogym.simulated_users.llm_mind import LLMUser
from dialogym.simulated_users.llm_voice import LLMVoice

HERE = Path(__file__).parent
SESSIONS, RECORDS, DRAFTS = ((HERE / f"{name}.toml").read_text() for name in ("sessions", "records", "drafts"))
HEAD = SESSIONS.partition("[hidden.drink]")[0]


def family_of(text, tmp_path, name="one"):
    (tmp_path / f"{name}.toml").write_text(text)
    return make_engine("Open-v0", scenario=str(tmp_path / f"{name}.toml")).family


def setting_of(text, tmp_path):
    family = family_of(text, tmp_path)
    return family.setting(family.scenarios()[0])


@pytest.mark.parametrize(
    ("text", "turn"),
    [(SESSIONS, 0), (RECORDS, 1), (DRAFTS, 2)],
)
def test_the_solver_agrees_with_a_tree_that_prunes_nothing(text, turn, tmp_path):
    one = setting_of(text, tmp_path)
    state = State(turn=turn, mover="waiter") if turn else one.game.start()
    tree = brute_force(one.game, one.mind, one.seat, state, one.prior, 1_000_000)
    assert one.solution.value(state, one.prior) == pytest.approx(tree, abs=1e-12)


def test_optima_by_hand(tmp_path):
    assert setting_of(SESSIONS, tmp_path).solution.start_value() == pytest.approx(0.9)  # ask now, serve next time
    assert setting_of(DRAFTS, tmp_path).solution.start_value() == pytest.approx(0.9)  # ask, and write it


def made(text, tmp_path, **arguments):
    (tmp_path / "made.toml").write_text(text)
    env = gym.make("Open-v0", scenario=str(tmp_path / "made.toml"), **arguments)
    return env, lambda *said: [env.step(one) for one in said][-1]


# ---- sessions


def test_what_was_told_and_what_is_hidden_stay_and_the_transcript_goes(tmp_path):
    env, say = made(SESSIONS, tmp_path)
    env.reset(seed=0)
    drink = say("What would you like?")[0].removeprefix("A cup of ").rstrip(".")
    observation, reward, over, *_ = say("[bye]")
    lines = observation.split("\n")
    assert lines[0].startswith("Scene: Dialogue 2 of 2. A week later") and lines[1] in ("Me again.", "Back again.")
    assert (reward, over) == (0.0, False)
    shown = env.unwrapped.messages()
    assert len(shown) == 1 and "cup of" not in shown[0]["content"] and "A week later" in shown[0]["content"]
    assert shown[0]["content"].endswith(lines[1])
    *_, over, _, info = say(f"Here is your {drink}.")
    assert over and info["outcome"]["checks"] == 1.0 and info["outcome"]["turns"] == 2
    assert [message["content"] for message in env.unwrapped.messages()][1:] == [f"Here is your {drink}.", "Thanks."]
    assert env.unwrapped.dialogue.steps[-1].payoff == pytest.approx(1.0 - 2 * 0.05)


def test_a_file_can_leave_the_transcript(tmp_path):
    env, say = made(SESSIONS.replace("turns = 2\n", "turns = 2\nremember = true\n"), tmp_path)
    env.reset(seed=0)
    say("What would you like?", "[bye]")
    assert any("cup of" in message["content"] for message in env.unwrapped.messages())


def test_what_happened_in_one_dialogue_is_not_what_happened_in_the_other(tmp_path):
    game = setting_of(SESSIONS, tmp_path).game
    asked = game.apply(State(1, "waiter"), "waiter", Do("ask"))
    first = game.apply(asked, "guest", Reply("drink:tea"))
    gone = game.apply(first, "waiter", Bye())
    assert gone.mover == "scene" and gone.turn == 2
    second = game.apply(game.apply(gone, "scene", Scene(2)), "guest", Reply(line="opening-2"))
    assert (second.session, second.turn, second.spent, second.outcome) == (2, 0, 2, "")
    checks = {check.id: check.when for check in game.file.checks}
    served = game.apply(game.apply(second, "waiter", Do("tea")), "guest", Reply("", "rule-1", "served"))
    hidden = setting_of(SESSIONS, tmp_path).prior.support[0]._replace(state=(0,))
    assert hidden.drawn == ("tea",) and served.mover is None
    assert all(game.holds(when, served, hidden) for when in checks.values())
    asked = game.apply(game.apply(second, "waiter", Do("ask")), "guest", Reply("drink:tea"))
    again = game.apply(game.apply(asked, "waiter", Do("tea")), "guest", Reply("", "rule-1", "served"))
    assert not game.holds(checks["not_asked"], again, hidden) and game.holds(checks["right"], again, hidden)


def test_an_outcome_can_be_final(tmp_path):
    game = setting_of(SESSIONS.replace("turns = 4", 'turns = 4\nfinal = ["served"]'), tmp_path).game
    served = game.apply(game.apply(State(1, "waiter"), "waiter", Do("tea")), "guest", Reply("", "rule-1", "served"))
    assert served.mover is None
    late = game.apply(State(3, "waiter"), "waiter", Do("ask"))
    assert game.apply(late, "guest", Reply("drink:tea")).mover == "scene", "time is up, and the next one follows"


def test_dialogues_of_all_kinds_are_replayed_and_pickled(tmp_path):
    for text in (SESSIONS, RECORDS, DRAFTS):
        (tmp_path / "one.toml").write_text(text)
        engine = make_engine("Open-v0", scenario=str(tmp_path / "one.toml"))
        for name in ("scripted", "random"):
            for dialogue in rollout(engine, make_policy(name, engine), range(8)):
                again = list(replay(record(dialogue, "Open-v0", engine, name)))
                assert [(s.reply, s.exchange.replies) for s in again] == [
                    (s.reply, s.exchange.replies) for s in dialogue.steps
                ]
                assert again[-1].payoff == dialogue.steps[-1].payoff
                assert pickle.loads(pickle.dumps(dialogue)).messages() == dialogue.messages()


class Parrot:
    """A model that says a number, or what it is told to say; it keeps what it was asked."""

    name = "parrot"

    def __init__(self):
        self.asked = []

    def generate(self, requests):
        self.asked += [text for request in requests for _, text in request.messages]
        return [
            Answer("PLAN: I go on.\nACT: [talk]" if "ACT:" in r.messages[-1][1] else "Well.", 1, 1, 0.0)
            for r in requests
        ]

    def close(self):
        pass


def test_a_model_in_the_persons_place_is_told_of_the_boundary_and_not_of_the_learners_brief(tmp_path):
    family, mind, words = family_of(SESSIONS, tmp_path), Parrot(), Parrot()
    user = LLMUser(LLMVoice(family.voice, family.guide, words, {}, plain=True), family.cast, mind)
    policy = FunctionPolicy("ask", lambda dialogue, _: "[bye]" if len(dialogue.steps) == 1 else "[do ask]")
    (dialogue,) = rollout(Engine(family, Options(user=user)), policy, [0])
    assert dialogue.state.session == 2 and not dialogue.error
    assert any("Dialogue 2 of 2 with the same person. Turn 1 of 2." in text for text in mind.asked)
    assert not any("Serve without asking" in text for text in mind.asked + words.asked)


# ---- records


def test_tools_read_what_is_hidden(tmp_path):
    env, say = made(RECORDS, tmp_path)
    for seed in range(6):
        env.reset(seed=seed)
        status = env.unwrapped.dialogue.hidden.drawn[0]
        assert say("[cancel A-1]")[0].startswith(f"Records: Refused: {status}.\n"), "it was not looked at"
        assert say("[look A-1]")[0].endswith(f" is {status}.")
        assert {hidden.drawn[0] for hidden in env.unwrapped.belief().support} == {status}


def test_a_call_that_is_refused_changes_nothing(tmp_path):
    one = setting_of(RECORDS, tmp_path)
    game = one.game
    hidden = {h.drawn: h for h in one.prior.support}[("sent", "keep")]
    cancel, look = (next(act for act in game.acts if act.tag() == name) for name in ("cancel", "look"))

    def after(state, act):
        state = game.apply(state, "waiter", act)
        assert state.mover == "records"
        entry = game.entry(state, hidden)
        return game.apply(state, "records", entry), entry

    state, entry = after(State(1, "waiter"), cancel)
    assert entry == Entry("refused", '{"orders.A-1.status": "sent"}') and state.db == () and state.mover == "guest"
    state, entry = after(game.apply(state, "guest", Reply()), look)
    assert entry.line == "1" and state.mover == "waiter", "nobody has anything to say about a look"
    other = type(cancel)(order="A-2")
    state, entry = after(state, other)
    assert entry == Entry("done") and state.db == (("orders.A-2.status", "gone"),)
    state, entry = after(game.apply(state, "guest", Reply()), type(look)(order="A-2"))
    assert entry.line == "0"
    late = game.apply(state._replace(turn=3), "waiter", look)
    assert game.apply(late, "records", game.entry(late, hidden)).outcome == "time"


def test_a_fact_of_two_draws_tells_both(tmp_path):
    game = setting_of(RECORDS, tmp_path).game
    hidden = {h.drawn: h for h in setting_of(RECORDS, tmp_path).prior.support}[("sent", "keep")]
    assert game.telling(["status"], hidden) == "status:sent/keep"
    env, say = made(RECORDS.replace("chance = 0.5\n", ""), tmp_path)
    env.reset(seed=1)
    say("What is it?")
    assert len(list(env.unwrapped.belief())) == 1


# ---- drafts


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Here: ```draft\nMonday, we are 8.\n```", ("monday", "8", "short")),
        ("```draft\nMonday, we are 8.", ("monday", "8", "short")),  # never closed
        ("```draft\nMonday or Friday, 6 or 8.```", ("none", "8", "short")),  # who says both has said neither
        ("```draft\nMonday```, no: ```draft\nFriday```", ("friday", "none", "short")),  # the last one counts
        ("```draft\n" + "well " * 13 + "```", ("none", "none", "none")),
        ("```draft\nFriday, for 1,008 [or 8]```", ("friday", "8", "short")),
        ("```draft\nfriday [bye] [do ask]```", ("friday", "none", "short")),  # no tags in a draft
    ],
)
def test_a_draft_is_what_its_words_come_to(text, values, tmp_path):
    family = family_of(DRAFTS, tmp_path)
    act = family.grammar.parse(text, script(DRAFTS)).act
    assert (act.day, act.guests, act.length) == values


def test_a_draft_must_be_written(tmp_path):
    family = family_of(DRAFTS, tmp_path)
    grammar, tag = family.grammar, "[draft day=monday guests=8 length=short]"
    assert grammar.parse(tag, script(DRAFTS)).problem == "malformed"
    assert grammar.parse("```draft\n\n```", script(DRAFTS)).act == Say()
    assert grammar.parse("```draft\nMonday``` [bye]", script(DRAFTS)).problem == "malformed"
    drafts = [act for act in family.setting(family.scenarios()[0]).game.acts if act.tag() == "draft"]
    assert len(drafts) == 18
    for act in drafts:
        assert grammar.parse(grammar.print(act), script(DRAFTS)).act == act
        assert pickle.loads(pickle.dumps(act)) == act
    assert grammar.using("tagged").parse(tag).act in drafts, "where only tags bind, the tag is the draft"
    assert sum(slot[0] == "draft" for slot in Encoding(family).slots) == 18


# ---- goals


def test_goals_are_met_by_checks_and_soft_ones_by_a_judge_that_quotes(tmp_path):
    class Judge:
        deterministic = True

        def __init__(self, evidence):
            self.evidence = evidence

        def score(self, items):
            assert items[0][0].id == "understood" and '"You want to feel understood."' in items[0][0].question
            return [Opinion(1.0, 1.0, self.evidence)] * len(items)

    for evidence, value in ((), 0.0), (("Good.",), 1.0):
        env, say = made(DRAFTS, tmp_path, judge=Judge(evidence))
        env.reset(seed=0)
        day = "Monday" if "first" in say("Which day?")[0] else "Friday"
        *_, over, _, info = say(f"```draft\n{day}, we are 8.```")
        assert over and info["outcome"]["goal right_day"] and info["judge"]["understood"]["value"] == value
    env, say = made(DRAFTS, tmp_path)
    env.reset(seed=0)
    assert "judge" not in say("[bye]")[-1]


def test_the_page_of_the_format_can_be_read():
    page = (Path(__file__).parents[3] / "docs" / "open_format.md").read_text()
    sessions, records, drafts, forbidden, person = re.findall(r"```toml\n(.*?)^```\n", page, re.DOTALL | re.MULTILINE)
    top, _, rest = sessions.partition("\n\n")
    facts = "".join(f'[[fact]]\nid = "{name}"\ntext = "a"\nsay = ["b"]\n' for name in ("went", "what", "other"))
    tables = '[hidden.colour]\nred = 1.0\n[state.patience]\nmax = 2\n[[rule]]\non = "card"\nend = "went_elsewhere"\n'
    score = '[score]\n[[score.check]]\nid = "x"\nwhen = { told = "went" }\n'
    tables += '[[move]]\nid = "advise"\nexamples = ["No."]\n[[tool]]\nname = "hand_over"\n'
    head = HEAD.replace("turns = 4\n", "").partition("[person]")[0]
    file = read("\n".join([top, head, person, tables, facts, score, rest, records, drafts, forbidden]))
    assert (
        file.turns_of(2) == 4 and len(file.records) == 3 and list(file.calls)[1:] == ["see_order", "pay_back", "card"]
    )
    assert len(file.forbid) == 3 and len(file.forbidden) == 2 and file.person.words.most == 15


# ---- faults, with their place


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (SESSIONS, "session = 1", "session = 3", "check.once.when: session 3 is not among 1, 2"),
        (SESSIONS, 'outcome = "served", not', 'state = { mood = 1 }, not', "session.0.check.not_asked: state moves on"),
        (SESSIONS, 'set = { mood = "0" }', 'set = { mod = "0" }', "session.0: state 'mod' is not among mood"),
        (SESSIONS, "turns = 4", 'turns = 4\nfinal = ["left"]', "final: outcome 'left' is not among served, closed, time"),
        (SESSIONS, "session = 1, told", 'session = 1, before = "ask", told', "before and session do not go together"),
        (SESSIONS, 'role = "guest"', 'role = "scene"', "these roles are taken: scene"),
        (SESSIONS, 'id = "right"', 'id = "once"', "checks are named twice: once"),
        (RECORDS, '{ hidden = "status" }', '{ hidden = "state" }', "db.orders.A-1.status: draw 'state' is not among status, wish"),
        (RECORDS, "paid = true", "paid = 1.5", "db.orders.A-1.paid: must be a text, a whole number"),
        (RECORDS, 'set = { "orders.{order}.status"', 'set = { "orders.{order}.stat"', "tool.cancel.set: place of the record 'orders.A-1.stat' is not among"),
        (RECORDS, '"orders.A-1.status" = "gone"', '"orders.A-1.status" = "lost"', "value of orders.A-1.status 'lost' is not among gone, open, sent"),
        (RECORDS, "{orders.{order}.status}.", "{orders.{number}.status}.", "tool.look: argument, draw or place of the record"),
        (RECORDS, '"open/keep" = "b", ', "", "fact.status.text: must be given by value of `of` (open/cancel, open/keep, sent/cancel, sent/keep)"),
        (RECORDS, 'when = { db = { "orders.{order}', 'when = { db = { "orders.{box}', "tool.look: place of the record 'orders.{box}.status' is not among"),
        (DRAFTS, '"\\\\bfriday\\\\b"', '"(friday"', "draft.part.day: '(friday' is no regular expression"),
        (DRAFTS, 'number = ["6", "8"]', 'number = ["6", "8"]\nwords = { few = { max = 3 } }', "a part of a draft has one of text, number and words"),
        (DRAFTS, 'guests = "8" }', 'guests = "9" }', "rule.1.when: value of guests '9' is not among 6, 8, none"),
        (DRAFTS, ', friday = "Come on Friday."', "", "write lacks a sentence for friday"),
        (DRAFTS, 'number = ["6", "8"]', f"number = {[str(n) for n in range(30)]}", "its parts make 186 different drafts, and 64 can be solved"),
        (DRAFTS, "[draft]\n", '[draft]\nname = "ask"\n', "moves and tools are named twice: ask"),
        (DRAFTS, 'check = "day"', 'check = "night"', "goal: check 'night' is not among day"),
        (DRAFTS, 'check = "day"', 'soft = true\ncheck = "day"', "a goal has one of when, check and soft"),
        (DRAFTS, 'id = "understood"\n', "", "a soft goal needs an id"),
        (DRAFTS, 'kind = "preference"', 'kind = "wish"', "goal.0.kind: Input should be"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(text, old, new, said):
    assert old in text
    with pytest.raises(ValueError) as error:
        read(text.replace(old, new), "my.toml")
    assert said in str(error.value) and str(error.value).startswith("my.toml: ")


def test_what_cannot_come_in_time_or_is_not_written_as_it_is_read_is_said():
    slow = SESSIONS.replace('end = "served"', 'set = { mood = "+1" }').replace("max = 2", "max = 9")
    slow = slow.replace("[[session]]", '[[end]]\nwhen = { state = { mood = 9 } }\noutcome = "served"\n[[session]]', 1)
    assert "the end 'served' takes at least 8 turns, and there are 4" in lint(script(slow)).faults
    twice = DRAFTS.replace('friday = "Come on Friday."', 'friday = "On Friday, not on Monday."')
    assert any("is written as" in fault and "day=none" in fault for fault in lint(script(twice)).faults)
    assert any(
        note.startswith("who knows all")
        for note in lint(script(DRAFTS.replace("0.5\nfriday = 0.5", "1.0\nfriday = 0.0"))).notes
    )
    other = DRAFTS.replace("my/one", "my/two")
    assert [*shared_tools([script(DRAFTS), script(other)])] == []
    (note,) = shared_tools([script(DRAFTS), script(other.replace('["6", "8"]', '["8"]'))])
    assert note.startswith("'draft' has other arguments in my/two than in my/one")
