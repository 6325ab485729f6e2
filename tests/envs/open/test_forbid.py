"""What a file forbids, and what it says of its person: solved, told apart from words, and kept by code."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import pytest
from dialogym.envs.engine import Engine, Options
from dialogym.envs.make import make_engine
from dialogym.envs.open.acts import Bye, Do, Reply, kinds_of
from dialogym.envs.open.format import read
from dialogym.envs.open.game import State
from dialogym.envs.open.library import script
from dialogym.envs.open.lint import lint
from dialogym.envs.open.person import Length, nearest
from dialogym.evaluation.brute_force import brute_force
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.backends.backend import Reply as Answer
from dialogym.simulated_users.llm_mind import LLMUser
from dialogym.simulated_users.llm_voice import LLMVoice
from dialogym.simulated_users.user import ScriptedUser

FORBIDDEN = """
[[forbid]]
id = "blind"
called = "draft"
when = { not = { told = "day", before = "draft" } }
penalty = 0.7
[[forbid]]
id = "six"
called = "draft"
args = { guests = "6" }
words = ['\\bsix of us\\b']
examples = ["It is six of us."]
penalty = 0.2
[[forbid]]
id = "oath"
by = "person"
doc = "swear"
words = ['\\bdamn']
examples = ["Damn it."]
"""
PERSON = """
words = { mean = 8, sd = 2 }
passages = ["The ferry to the island leaves at noon.", "Mushrooms grow by the old mill.", "The mill by the river grinds rye and wheat.", "A ferry is a slow boat."]
profile = { facts = ["You are 34.", "You bake bread."], style = "short and dry", text = "You like {name}." }
"""
TEXT = (Path(__file__).parent / "drafts.toml").read_text().replace("[score]", f"{FORBIDDEN}\n[score]")
WHOLE = TEXT.replace('a guest."\n', f'a guest."{PERSON}')


def family_of(text, tmp_path):
    (tmp_path / "one.toml").write_text(text)
    return make_engine("Open-v0", scenario=str(tmp_path / "one.toml")).family


@pytest.fixture
def one(tmp_path):
    family = family_of(TEXT, tmp_path)
    return family.setting(family.scenarios()[0])


def drafted(game, **values):
    return kinds_of(game.file)["draft"](**{"day": "none", "guests": "none", "length": "short"} | values)


def test_the_solver_has_what_is_done(one):
    state = State(turn=2, mover="waiter")
    tree = brute_force(one.game, one.mind, one.seat, state, one.prior, 1_000_000)
    assert one.solution.value(state, one.prior) == pytest.approx(tree, abs=1e-12)
    assert one.solution.start_value() == pytest.approx(0.9), "ask, and write it for eight"
    last = State(turn=3, mover="waiter")
    assert one.solution.value(last, one.prior) == pytest.approx(-0.15), "a guess gets a half, and costs 0.7: go"


def test_what_was_done_is_done_once_and_stays(one):
    game, hidden = one.game, one.prior.support[0]

    def payoff(*acts):
        state = State(1, "waiter")
        for act in acts:
            state = game.apply(state, "waiter", act)
            if state.mover:
                state = game.apply(state, "guest", Reply(one.game.telling(["day"], hidden) if act == Do("ask") else ""))
        return game.payoff(state, "waiter", hidden) + 0.05 * state.turn

    six = drafted(game, guests="6")
    assert payoff(Bye()) == 0.0 == payoff(Do("ask"), Bye())
    assert payoff(six, Bye()) == pytest.approx(-0.9) == payoff(six, six, Bye())
    assert payoff(six, Do("ask"), Bye()) == pytest.approx(-0.9), "what is asked later undoes nothing"
    assert payoff(Do("ask"), six, drafted(game), Bye()) == pytest.approx(-0.2)
    assert game.broken(game.apply(State(1, "waiter"), "waiter", six), hidden, ()) == {"blind": 0.0, "six": 0.0}


def test_words_take_away_beside_the_payoff_and_once(tmp_path):
    (tmp_path / "one.toml").write_text(TEXT)
    env = gym.make("Open-v0", scenario=str(tmp_path / "one.toml"), reward={"goal": 1, "forbidden_words": 1})

    def played(*said):
        env.reset(seed=0)
        for text in said[:-1]:
            assert env.step(text)[1] == 0.0
        *_, reward, over, _, info = env.step(said[-1])
        assert over
        return reward, env.unwrapped.dialogue.steps[-1].payoff, info["outcome"]

    reward, payoff, outcome = played("Six of us. Which day?", "I said: six of us. Bye!")
    assert payoff == pytest.approx(-0.05) and reward == pytest.approx(-0.25) and outcome["penalty of words"] == 0.2
    assert (outcome["forbidden six"], outcome["forbidden blind"]) == (True, False) and "forbidden oath" not in outcome
    reward, payoff, outcome = played("Six of us. Which day?", "```draft\nFor 6.\n```", "Bye!")
    assert reward == payoff == pytest.approx(-0.3) and outcome["forbidden six"] and outcome["penalty of words"] == 0.0
    assert played("Which day?", "Bye!")[0] == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "six"', 'id = "blind"', "forbidden things are named twice: blind"),
        ("penalty = 0.2", "", "forbid.1: penalty must be above 0"),
        ("penalty = 0.2", "penalty = -0.2", "forbid.1.penalty"),
        ('examples = ["It is six of us."]', "", "words and examples of them belong together"),
        ('doc = "swear"', "penalty = 0.1", "to the person words alone are forbidden"),
        ('doc = "swear"', 'moved = "ask"', "to the person words alone are forbidden"),
        ('before = "draft" } }', 'before = "ask" } }', "need before, which is the one act"),
        ('told = "day", before = "draft" }', 'outcome = "done" }', "when can ask for draws"),
        ('id = "six"\ncalled = "draft"', 'id = "six"\ncalled = "draught"', "tool 'draught' is not among draft"),
        ('id = "blind"\ncalled = "draft"', 'id = "blind"\nmoved = "shout"', "need before, which is the one act"),
        ('args = { guests = "6" }', 'args = { guest = "6" }', "forbid.six: argument 'guest' is not among"),
        ("\\bdamn'", "(damn'", "forbid.oath.words: '(damn' is no regular expression"),
    ],
)  # fmt: skip
def test_faults_are_named(old, new, said):
    assert TEXT.count(old) == 1
    with pytest.raises(ValueError) as error:
        read(TEXT.replace(old, new), "my.toml")
    assert said in str(error.value)


def test_what_is_odd_is_said():
    odd = [
        ('args = { guests = "6" }', 'args = { guests = "7" }', "forbidden 'six' can be done by nobody"),
        ('["It is six of us."]', '["We are six."]', "none of its `words` is in 'We are six.'"),
        ("['\\bsix of us\\b']\nexamples = [", "['which day', 'six of us']\nexamples = [", "'Which day?' has words that are forbidden to the learner"),
        ("['\\bsix of us\\b']\nexamples = [", "['monday', 'six of us']\nexamples = [", "has words that are forbidden to the learner ('six')"),
        ("['\\bdamn']", "['\\bdamn', 'good']", "rule 2: 'Good.' has words that are forbidden to the person"),
        ("mean = 8, sd = 2", "mean = 2, sd = 0.1", "has more than 3 words"),
        ("grinds rye and wheat", "grinds at the last of the week", "person.passages: 'The mill by the river grinds at the last of the week.' gives away"),
        ("You bake bread.", "It is the first of the week.", "person.profile: 'It is the first of the week.' gives away"),
    ]  # fmt: skip
    for old, new, said in odd:
        assert WHOLE.count(old) == 1, old
        faults = lint(script(WHOLE.replace(old, new))).faults
        assert any(said in fault for fault in faults), (said, faults)
    assert not lint(script(WHOLE)).faults


class Model:
    """A backend that says what a function of the request says, and keeps every request."""

    name = "model"

    def __init__(self, say):
        self.say, self.asked = say, []

    def generate(self, requests):
        self.asked += [" ".join(text for _, text in request.messages) for request in requests]
        return [Answer(self.say(request), 1, 1, 0.0) for request in requests]

    def close(self):
        pass


def test_what_the_person_must_not_say_is_asked_again_and_then_the_banks(tmp_path):
    family, policy = family_of(WHOLE, tmp_path), FunctionPolicy("once", lambda d, _: "[bye]" if d.steps else "Hm.")
    for words, kept in (("Damn it all.", False), ("word " * 13, False), ("All right, so be it.", True)):
        model = Model(lambda request, words=words: words)
        voice = LLMVoice(family.voice, family.guide, model, {}, attempts=2)
        (dialogue,) = rollout(Engine(family, Options(user=ScriptedUser(voice))), policy, [0])
        reply = dialogue.steps[0].reply
        assert (
            (reply == words) == kept and reply.fallback == (not kept) and (kept or reply in family.files["my/one"].idle)
        )
        assert any("You never say this: swear." in text for text in model.asked)
        assert all("How you speak: short and dry" in text and "You like {name}" not in text for text in model.asked)
        assert all("Use about" in text and "ferry" not in text for text in model.asked)
        assert any("Do not say that (swear)." in text for text in model.asked) == words.startswith("Damn")
        assert any("Use at most 12 words." in text for text in model.asked) == (words[0] == "w")


def test_who_decides_is_shown_the_nearest_passages(tmp_path):
    family, mind = family_of(WHOLE.replace('on = "ask"\n', 'on = "ask"\nchance = 0.5\n'), tmp_path), Model(lambda _: "")
    user = LLMUser(LLMVoice(family.voice, family.guide, Model(lambda _: ""), {}), family.cast, mind, attempts=1)
    said = ["Which day does the ferry leave?", "Bye!"]
    rollout_ = rollout(Engine(family, Options(user=user)), FunctionPolicy("one", lambda d, _: said[len(d.steps)]), [0])
    assert not next(iter(rollout_)).error
    (asked,) = mind.asked
    assert "What you have read:\n- The ferry to the island leaves at noon.\n- A ferry is a slow boat.\n" in asked
    assert "Mushrooms" not in asked and "You are 34. You bake bread. You like " in asked


def test_nearest():
    texts = ["the cat and the dog", "the cat", "an okapi of the zoo", "the end"]
    assert nearest(texts, "THE cat!") == ["the cat", "the cat and the dog"], "of like texts the shorter one"
    assert nearest(texts, "the cat or the okapi") == [texts[2], "the cat"], "what is rare counts more"
    assert nearest(texts, "nothing shared") == [] == nearest([], "the")


def test_lengths():
    length = Length(mean=8, sd=2)
    assert length.most == 12 and [length.at(chance) for chance in (0.001, 0.5, 0.999)] == [2, 8, 12]
    assert Length(mean=55, sd=5).most == 60 and Length(mean=2, sd=2).at(0.01) == 1
