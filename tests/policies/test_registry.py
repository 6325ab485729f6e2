"""Policies by name: what the baselines may never do, what the messages say, and what a family without baselines gets."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import ClassVar

import gymnasium as gym
import pytest
from dialogym.core.acts import Say
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import read_episodes
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.game import Accept, Offer, PriceBargaining, Walk
from dialogym.envs.negotiation.policies import sweep
from dialogym.evaluation.consistency import by_task
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.exact import expected_return
from dialogym.policies.baselines import PLANNERS, baselines, heuristics
from dialogym.policies.collect import collect, play
from dialogym.policies.human import HumanPolicy
from dialogym.policies.policy import FunctionPolicy, NoisyPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import policy_stream, rollout
from gymnasium.utils import seeding
from rich.console import Console

from ..toy import TOY, Cafe

ENV = "Negotiation-v0"


@dataclass(frozen=True)
class Bare(Cafe):
    """A family whose file has no module of baselines."""

    baselines: ClassVar = None


@dataclass(frozen=True)
class Unaided(Negotiation):
    """Negotiation without its baselines."""

    baselines: ClassVar = None


@pytest.mark.parametrize("role", ["buyer", "seller"])
@pytest.mark.parametrize("grammar", ["natural", "tagged"])
@pytest.mark.parametrize("name", baselines(make_engine(ENV)))
def test_baselines_never_lose_a_turn(name, grammar, role):
    dialogues = list(play(ENV, name, range(150), grammar=grammar, role=role))
    assert not [step.text for dialogue in dialogues for step in dialogue.steps if step.problem]
    assert all(dialogue.over for dialogue in dialogues)


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_both_grammars_hear_the_same(role):
    """What the scripted policy says binds it to the same acts with or without the natural grammar: its phrases hold nothing but the tag that binds."""
    acts = [
        [[step.act for step in d.steps] for d in play(ENV, "scripted", range(100), grammar=grammar, role=role)]
        for grammar in ("natural", "tagged")
    ]
    assert acts[0] == acts[1]


@cache
def payoffs(name, role):
    return [dialogue.steps[-1].payoff for dialogue in play(ENV, name, range(400), role=role)]


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_scripted_never_makes_a_bad_deal_and_random_does(role):
    assert min(payoffs("scripted", role)) >= 0.0 and min(payoffs("random", role)) < 0.0
    assert sum(payoffs("random", role)) < sum(payoffs("scripted", role)) < sum(payoffs("optimal", role))


def test_random_uses_every_kind_of_act():
    kinds = Counter(type(step.act) for dialogue in play(ENV, "random", range(300)) for step in dialogue.steps)
    assert set(kinds) == {Offer, Accept, Walk, Say} and min(kinds.values()) > 0.15 * kinds.total()


def test_the_same_seed_says_the_same():
    for name in ("random", "scripted"):
        said = [[step.text for step in dialogue.steps] for dialogue in play(ENV, name, range(20))]
        assert said == [[step.text for step in dialogue.steps] for dialogue in play(ENV, name, range(20), batch=3)]


def test_the_sweep_holds_only_policies_that_run():
    engine = make_engine(ENV)
    for name, speak in list(sweep().items())[::23]:
        dialogue = next(rollout(engine, FunctionPolicy(name, speak), [4]))
        assert dialogue.over and not any(step.problem for step in dialogue.steps), name


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Optimal", "cunning", "lm"])
def test_a_wrong_name_lists_the_valid_ones(name):
    engine = make_engine(ENV)
    with pytest.raises(ValueError, match="policy must be one of") as raised:
        make_policy(name, engine)
    for valid in (*baselines(engine), *PLANNERS, "human", "lm:NAME"):
        assert valid in str(raised.value)
    assert repr(name) in str(raised.value)


@pytest.mark.parametrize("policy", [None, 3, object()])
def test_what_is_no_policy_is_refused(policy):
    with pytest.raises(
        ValueError, match="must be a name, a function of a dialogue that returns what to say, or have a method"
    ):
        make_policy(policy, make_engine(ENV))


def test_an_object_is_its_own_policy():
    policy = FunctionPolicy("mine", lambda dialogue, stream: "[walk]")
    assert make_policy(policy, make_engine(ENV)) is policy


@pytest.mark.parametrize(
    "env_id", ["Negotiation-v0", "Tutoring-v0", "GuidedSolving-v0", "SpacingSmall-v0", "Coaching-v0"]
)
def test_every_family_has_a_demonstrator(env_id):
    made = make_policy("demonstrator", make_engine(env_id))
    named = getattr(make_engine(env_id).family.baselines, "DEMONSTRATOR", "scripted")
    assert made.name == named
    assert all(dialogue.over for dialogue in play(env_id, "demonstrator", range(20)))


def test_a_mixture_speaks_each_dialogue_in_one_voice():
    """Each dialogue is, word for word, that of one of the parts; all parts get their turn, alone or in a batch."""
    engine = make_engine("Tutoring-v0")
    parts = ("in-order", "stop-now", "teach-then-quiz")
    alone = {name: [list(d.turns()) for d in play("Tutoring-v0", name, range(40))] for name in parts}
    mixed = [list(dialogue.turns()) for dialogue in play("Tutoring-v0", "+".join(parts), range(40))]
    chosen = [[name for name in parts if alone[name][i] == turns] for i, turns in enumerate(mixed)]
    assert all(chosen) and {name for names in chosen for name in names if len(names) == 1} == set(parts)
    assert [list(d.turns()) for i in range(5) for d in play("Tutoring-v0", "+".join(parts), [i])] == mixed[:5]
    assert make_policy("in-order+stop-now", engine).name == "in-order+stop-now"
    with pytest.raises(ValueError, match="'nobody'"):
        make_policy("in-order+nobody", engine)


def test_names_of_a_family_beside_the_suite():
    engine = make_engine(TOY)
    assert baselines(engine) == ("random", "scripted", "always-tea", "myopic", "lookahead", "optimal")
    assert heuristics(engine) == ("always-tea",)


# ---- planners --------------------------------------------------------------------------------------------------------


def test_planners_say_acts_of_the_solver():
    engine = make_engine(ENV)
    dialogue = engine.open([seeding.np_random(3)[0]])[0]
    stream = policy_stream(3)
    while not dialogue.done:
        solution, belief = dialogue.setting.solution, dialogue.belief()
        texts = {name: make_policy(name, engine).respond([dialogue], [stream])[0] for name in PLANNERS}
        acts = {name: engine.grammar.parse(text, engine.family.context(dialogue)).act for name, text in texts.items()}
        assert acts["optimal"] == solution.best_act(dialogue.state, belief)
        assert all(
            solution.act_value(dialogue.state, belief, act) <= solution.value(dialogue.state, belief) + 1e-12
            for act in acts.values()
        )
        engine.step([dialogue], [texts["optimal"]])


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_what_planners_know_is_worth_something(role):
    total = {name: sum(payoffs(name, role)) for name in PLANNERS}
    assert total["myopic"] <= total["lookahead"] < total["optimal"] < total["clairvoyant"]


# ---- a person --------------------------------------------------------------------------------------------------------


class Keyboard(Console):
    """A console on which somebody has typed already."""

    def __init__(self, *typed):
        super().__init__(file=io.StringIO(), width=120)
        self._typed = list(typed)

    def input(self, *args, **kwargs):
        if not self._typed:
            raise EOFError
        return self._typed.pop(0)


def test_a_person_sees_the_dialogue_and_speaks():
    engine = make_engine(ENV)
    keyboard = Keyboard("Any scratches on it?", "[walk]")
    dialogue = next(rollout(engine, HumanPolicy(engine, keyboard), [0]))
    shown = " ".join(keyboard.file.getvalue().split())
    assert [step.text for step in dialogue.steps] == ["Any scratches on it?", "[walk]"]
    assert "You are the buyer" in shown and dialogue.opening[:20] in shown and dialogue.steps[0].reply[:20] in shown
    assert "Any scratches on it?" not in shown  # the person has just typed it


def test_a_person_has_one_dialogue_at_a_time(tmp_path):
    """Several episodes come one after the other, each recorded when it is over."""
    engine = make_engine(ENV)
    first, second = rollout(engine, HumanPolicy(engine, Keyboard("One?", "[walk]", "Two?", "[walk]")), [0, 1])
    assert [[step.text for step in dialogue.steps] for dialogue in (first, second)] == [
        ["One?", "[walk]"],
        ["Two?", "[walk]"],
    ]
    with pytest.raises(EOFError):
        collect(ENV, HumanPolicy(engine, Keyboard("One?", "[walk]", "Two?")), 2, tmp_path)
    assert len(read_episodes(tmp_path)) == 1


def test_a_person_writes_a_block_of_several_lines():
    engine = make_engine("Open-v0", scenario="cowork/invitation-letter")
    draft = "Here it is: ```draft", "Dear all,", "please come.", "```"
    whole = "```draft Dear all, please come."
    dialogue = next(rollout(engine, HumanPolicy(engine, Keyboard(*draft, whole)), [0]))
    assert [step.text for step in dialogue.steps] == ["\n".join(draft), whole]
    assert [step.act.tag() for step in dialogue.steps] == ["card", "card"]


def test_a_person_may_leave():
    engine = make_engine(ENV)
    with pytest.raises(EOFError):
        list(rollout(engine, HumanPolicy(engine, Keyboard("Hm.")), [0]))
    assert make_policy("human", engine).name == "human"


# ---- a family without baselines --------------------------------------------------------------------------------------


def test_without_baselines_there_is_random_and_the_planners():
    engine = Engine(Bare())
    assert baselines(engine) == ("random", "myopic", "lookahead", "optimal") and heuristics(engine) == ()
    with pytest.raises(ValueError, match=r"policy must be one of random, optimal, .*got 'scripted'"):
        make_policy("scripted", engine)


@pytest.mark.parametrize("role", ["buyer", "seller"])
@pytest.mark.parametrize("grammar", ["natural", "tagged"])
def test_generic_random_is_always_legal(role, grammar):
    engine = Engine(replace(Unaided(), role=role), Options(grammar=grammar))
    dialogues = list(rollout(engine, make_policy("random", engine), range(600)))
    steps = [step for dialogue in dialogues for step in dialogue.steps]
    assert not [step.text for step in steps if step.problem]
    kinds = Counter(type(step.act) for step in steps)
    assert set(kinds) == {Offer, Accept, Walk, Say}
    assert max(kinds.values()) < 1.5 * min(
        kinds.values()
    )  # by kind, not by act: there are forty prices and one way to accept
    ticks = {
        step.act.price * 20 / dialogue.scenario.list_price
        for dialogue in dialogues
        for step in dialogue.steps
        if isinstance(step.act, Offer)
    }
    assert ticks == set(PriceBargaining(20).prices())


def test_generic_random_serves_every_drink():
    engine = Engine(Bare())
    acts = Counter(
        step.act for dialogue in rollout(engine, make_policy("random", engine), range(400)) for step in dialogue.steps
    )
    served = [count for act, count in acts.items() if type(act) is not Say]
    assert len(acts) == 4 and max(served) < 1.5 * min(served)


# ---- what else may speak ---------------------------------------------------------------------------------------------


class Said:
    """Responds with something that is no list of one string a dialogue."""

    name = "said"

    def __init__(self, what):
        self.what = what

    def respond(self, dialogues, streams):
        return self.what


@pytest.mark.parametrize(
    "what", ["hello", ["hello"], [1, 2], [None, "hello"], [["a"], ["b"]], None, 3, b"ab", (x for x in "ab")]
)
def test_what_a_policy_says_is_a_string_a_dialogue(what):
    with pytest.raises(ValueError, match=r"policy must respond with a list of strings, .* 2 dialogues; 'said' gave"):
        list(rollout(make_engine(TOY), Said(what), range(2)))


@pytest.mark.parametrize("play", [evaluate, lambda env_id, policy: by_task(env_id, [policy])])
@pytest.mark.parametrize("noisy", [False, True])
def test_so_it_is_told_wherever_it_speaks(play, noisy):
    policy = Said(None)
    with pytest.raises(ValueError, match=r"policy must respond with a list of strings, .*; 'said' gave None"):
        play(TOY, NoisyPolicy(policy, make_policy("random", make_engine(TOY))) if noisy else policy)


def test_so_it_is_told_where_every_end_is_summed():
    with pytest.raises(ValueError, match=r"policy must respond with a list of strings, .*; 'said' gave None"):
        expected_return(Cafe(), Said(None))


def test_a_function_may_speak(tmp_path):
    def polite(dialogue):
        return "What would you like?" if not dialogue.steps else "[serve tea]"

    result = evaluate(TOY, polite, 6)
    assert result.policy == "polite" and result.episodes == 6
    assert [episode.policy for episode in collect(TOY, polite, 2, tmp_path)] == ["polite"] * 2
    drawn = evaluate(TOY, lambda dialogue, stream: "[serve tea]" if stream.random() < 0.5 else "Hm?", 4)
    assert drawn.policy == "<lambda>"
    with pytest.raises(ValueError, match="policy must be a name, a function of a dialogue"):
        make_policy(Said, make_engine(TOY))


OWN = """
class Tea:
    def __init__(self, drink="tea"):
        self.name, self.drink = f"{drink} drinker", drink

    def respond(self, dialogues, streams):
        return [f"[serve {self.drink}]"] * len(dialogues)


class Nameless:
    def respond(self, dialogues, streams):
        return ["[serve tea]"] * len(dialogues)


def speak(dialogue):
    return "[serve tea]"


def made(drink):
    return Tea(drink)


ready = Tea()
"""


def test_one_of_ones_own_is_named_by_its_module(tmp_path, monkeypatch):
    """A class, an object, a function that speaks, a function that makes one; alone, with noise and in a mixture."""
    (tmp_path / "agents_of_a_user.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    engine, own = make_engine(TOY), "agents_of_a_user"
    wanted = {
        "Tea": "tea drinker",
        "Tea(drink=coffee)": "coffee drinker",
        "made(drink=coffee)": "coffee drinker",
        "ready": "tea drinker",
        "speak": "speak",
        "speak+random": "speak+random",
        "Tea(drink=coffee)+random": "coffee drinker+random",
    }
    assert {what: make_policy(f"{own}:{what}", engine).name for what in wanted} == wanted
    assert make_policy(f"noisy:{own}:Tea(share=0.5)", engine).name == "noisy:tea drinker(share=0.5)"
    assert evaluate(TOY, f"{own}:Tea", 4).policy == "tea drinker"
    assert [episode.policy for episode in collect(TOY, f"{own}:ready", 2, tmp_path / "e")] == ["tea drinker"] * 2
    for what, message in {
        f"{own}:Coffee": "the module agents_of_a_user has no Coffee",
        f"{own}:Tea(sugar=1)": "'agents_of_a_user:Tea(sugar=1)' cannot be made: .*'sugar'",
        f"{own}:Nameless": "policy must have a name, a string; that of <.*Nameless object at .*> is None",
        "agents_of_nobody:Tea": "there is no module 'agents_of_nobody': neither here nor among what is installed",
    }.items():
        with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
            make_policy(what, engine)
    sys.modules.pop(own)


def test_an_environment_is_named(tmp_path):
    with pytest.raises(ValueError, match="environment must be a registered id, such as 'Negotiation-v0'; got <"):
        evaluate(gym.make(ENV), "random", 2)
    for play_some in (
        lambda: evaluate(TOY, "random", 2, seed=-1),
        lambda: collect(TOY, "random", 2, tmp_path, seed=-1),
    ):
        with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
            play_some()


def test_no_judge_rates_its_own_words(tmp_path):
    """Not the model itself, and not what was trained from it; a judge that says self=true may."""
    (tmp_path / "bc" / "model").mkdir(parents=True)
    (tmp_path / "bc" / "config.json").write_text('{"model": "smollm2"}')
    (tmp_path / "grpo" / "model").mkdir(parents=True)
    (tmp_path / "grpo" / "config.json").write_text(json.dumps({"model": str(tmp_path / "bc" / "model")}))
    judge = SimpleNamespace(model="smollm2", name="llama:SmolLM2-f00", deterministic=True, score=list, close=list)
    engine = make_engine("Negotiation-v0", judge=judge)

    def spoken(name, backend=None):
        behind = {"backend": SimpleNamespace(name=backend)} if backend else {}
        return SimpleNamespace(name=name, respond=lambda dialogues, streams: ["Hm."] * len(dialogues), **behind)

    for own in ("lm:smollm2", f"lm:{tmp_path / 'bc' / 'model'}", f"lm:{tmp_path / 'grpo' / 'model'}"):
        with pytest.raises(ValueError, match="favour their own words"):
            make_policy(spoken(own), engine)
        with pytest.raises(ValueError, match="favour their own words"):
            evaluate("Negotiation-v0", spoken(own), 1, judge=judge)
    for other in ("lm:tiny", "smollm2", f"lm:{tmp_path}"):
        assert make_policy(spoken(other), engine).name == other
    judge.itself = True
    assert make_policy(spoken("lm:smollm2"), engine)

    judge.itself, judge.model, judge.name = False, "qwen3-8b", "https://a.b/v1#qwen3-8b"
    with pytest.raises(ValueError, match="the judge qwen3-8b"):
        make_policy(spoken("http://127.0.0.1/v1#qwen3-8b(temperature=0)", "http://127.0.0.1/v1#qwen3-8b"), engine)
    assert make_policy(spoken("gpt", "https://a.b/v1#gpt"), engine)
    assert make_policy("scripted", engine)
