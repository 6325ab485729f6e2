"""Prices in percent of the list price: the same game in other words."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import dialogym  # noqa: F401 - registers the environments
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.ears import LLMEar
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Bargain, Negotiation
from dialogym.envs.negotiation.game import SEATS, Accept, Offer, Walk
from dialogym.envs.negotiation.prices import as_price
from dialogym.envs.negotiation.shares import share
from dialogym.envs.pettingzoo_env import DialogueAEC
from dialogym.envs.wording import TALK, put
from dialogym.evaluation.conformance import Subject, parts, play
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.cast import Moment
from dialogym.simulated_users.llm_mind import LLMUser

from ..bank import said_to
from ..test_ears import Reader

FAMILIES = {seat: Negotiation(role=seat, prices="relative") for seat in SEATS}
LIST_PRICES = sorted({scenario.list_price for scenario in Negotiation().scenarios()})


def heard(text, list_price=300, standing=240, seat="buyer"):
    return FAMILIES[seat].grammar.parse(text, (list_price, standing, seat))


@pytest.mark.parametrize("list_price", [20, *LIST_PRICES, 980, 1000, 1020, 12_340])
def test_every_price_is_found_again_in_its_share(list_price):
    said = [share(price, list_price) for price in range(1, 2 * list_price + 1)]
    assert len({*said}) == len(said), "two prices read alike"
    assert [as_price(Fraction(text), list_price) for text in said] == list(range(1, 2 * list_price + 1))


@pytest.mark.parametrize("seat", SEATS)
def test_every_act_of_every_list_price_is_read_as_it_is_told(seat):
    family = FAMILIES[seat]
    for scenario in {s.list_price: s for s in family.scenarios()}.values():
        game = family.setting(scenario).game
        state = game.apply(game.start(), game.opener, Offer(scenario.list_price))
        if seat != state.mover:
            state = game.apply(state, state.mover, Offer(scenario.value))
        acts = [*game.choices(state, seat), *map(Offer, range(1, 2 * scenario.list_price + 1))]
        bound = family.grammar_of(scenario)
        for act in acts:
            tag = family.told(family.grammar.print(act), scenario)
            read = family.grammar.parse(f"Well then. {tag}", (scenario.list_price, None, seat))
            assert (read.act, read.problem) == (act, ""), tag
            assert bound.print(act) == tag
            if isinstance(act, Offer):
                words = f"How about {share(act.price, scenario.list_price)}%?"
                assert family.grammar.parse(words, (scenario.list_price, None, seat)).act == act, words
                game.apply(state, seat, act)


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "NegotiationHard-v0"])
@pytest.mark.parametrize("role", SEATS)
@pytest.mark.parametrize("name", ["scripted", "random", "split-difference"])
def test_the_same_seeds_are_the_same_dialogues_in_other_words(env_id, role, name):
    plain, shares = (make_engine(env_id, role=role, prices=prices) for prices in ("absolute", "relative"))
    pairs = [rollout(engine, make_policy(name, engine), range(40)) for engine in (plain, shares)]
    for one, other in zip(*pairs, strict=True):
        assert one.scenario == other.scenario and one.hidden_start == other.hidden_start and one.state == other.state
        assert [(s.act, s.problem, s.exchange, s.reward) for s in one.steps] == [
            (s.act, s.problem, s.exchange, s.reward) for s in other.steps
        ]
        assert plain.family.outcome(one) == shares.family.outcome(other)
        words = [turn.text for turn in other.turns()]
        assert words == [shares.family.told(turn.text, one.scenario) for turn in one.turns()]
        assert not re.search(r"\$", " ".join([other.brief, *words])) and "$" in one.brief


def test_what_was_so_before_stays():
    assert "prices" not in Negotiation().settings() and Negotiation(**Negotiation().settings()) == Negotiation()
    assert FAMILIES["buyer"].settings()["prices"] == "relative"
    with pytest.raises(ValueError, match="prices must be one of absolute, relative"):
        Negotiation(prices="percent")


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("[offer 85]", Offer(255)),
        ("[offer 62.4%]", Offer(187)),
        ("[OFFER: 85 percent]", Offer(255)),
        ("I can do this: [offer price=70]!", Offer(210)),
        ("[offer percent=70%]", Offer(210)),
        ("[offer $85]", Offer(255)),  # there is no other money here
        ("[offer 62,4]", Offer(187)),
        ("how about 75%?", Offer(225)),
        ("I can do 72 percent.", Offer(216)),
        ("How about 75% of the list price?", Offer(225)),
        ("I'd pay 70", Offer(210)),
        ("seventy-five percent", Offer(225)),
        ("I can offer you half price", Offer(150)),
        ("No, 70%, wait, 72%.", Offer(216)),
        ("I can't pay more than 70%", Offer(210)),
        ("let's meet at 77.4%", Offer(232)),
        ("what about 0.5%", Offer(2)),
        ("80%", Accept()),
        ("deal at 80%", Accept()),
        ("[accept 80%]", Accept()),
        ("[walk]", Walk()),
        ("How about 20% off?", Say()),
        ("Can you do 20% less?", Say()),
        ("I'm 100% sure.", Say()),
        ("You keep 75% of the gain.", Say()),
        ("85%? That's too much.", Say()),
        ("70% if you include the lock", Say()),
        ("I offer 240", Say()),  # no share is so large; in doubt nothing binds
        ("Lower it by 10%.", Say()),
        ("It is 3 years old.", Say()),
    ],
)
def test_shares_are_read_as_people_say_them(text, act):
    assert heard(text) == (act, "", "")


@pytest.mark.parametrize(
    ("text", "problem", "reason"),
    [
        ("[offer cheap]", "malformed", "In [offer PERCENT], PERCENT must be a number, not 'cheap'."),
        ("[offer 85 or 90]", "malformed", "not '85 or 90'"),
        ("[offer 1,2,3]", "malformed", "must be a number"),
        ("[offer 8 5]", "malformed", "must be a number"),
        ("[offer 999999999999999]", "malformed", "must be a number"),
        ("[offer]", "malformed", "The tag is written [offer PERCENT]."),
        ("[offer 85] [offer 90]", "malformed", "one tag at a time"),
        ("75% or 78%?", "ambiguous", "You mentioned 75% and 78%; which one do you offer?"),
        ("I'll give you 95%", "ambiguous", "80% is on the table already; do you really mean 95%?"),
    ],
)
def test_what_cannot_be_read_is_told_so_in_shares(text, problem, reason):
    found = heard(text)
    assert found.act == Say() and found.problem == problem and reason in found.reason


@pytest.mark.parametrize("text", ["[offer 0]", "[offer 201]", "[offer -5]", "[offer 1,000]", "[offer 0.1]"])
def test_a_share_out_of_range_loses_the_turn_politely(text):
    env = gym.make("Negotiation-v0", prices="relative").unwrapped
    env.reset(seed=3)
    reply, _, _, _, info = env.step(text)
    assert info["problem"] == "illegal"
    assert "A price must be above 0% and at most 200%." in reply and "$" not in reply


def test_only_tags_bind_where_only_tags_are_to_bind():
    grammar = FAMILIES["buyer"].grammar.using("tagged")
    assert grammar.parse("How about 75%?", (300, 240, "buyer")) == (Say(), "", "")
    assert grammar.parse("[offer 75]", (300, 240, "buyer")).act == Offer(225)


def test_a_record_holds_the_acts_in_currency_and_is_replayed():
    engine = make_engine("Negotiation-v0", prices="relative")
    for dialogue in rollout(engine, make_policy("scripted", engine), range(20)):
        kept = record(dialogue, "Negotiation-v0", engine, "scripted")
        assert kept.settings["prices"] == "relative"
        steps = list(replay(kept))
        assert [step.act for step in steps] == [step.act for step in dialogue.steps]
        assert [turn.act for turn in kept.turns if turn.seat == "buyer"] == [
            engine.grammar.print(step.act) for step in dialogue.steps
        ]


@pytest.fixture(scope="module")
def subject():
    return Subject("Negotiation-v0", prices="relative")


WORDS = [  # of the checks that every registered environment passes, those that look at words
    parts.acts_can_be_said,
    parts.the_words_are_there,
    parts.illegal_acts_are_refused_in_words,
    parts.a_language_model_can_speak,
    play.gymnasium_accepts_it,
    play.words_do_not_tell_the_secret,
    play.any_string_is_answered,
    play.it_can_be_shown,
    play.recorded_episodes_replay,
    play.both_seats_can_play,
]


@pytest.mark.parametrize("check", WORDS, ids=lambda check: check.__name__)
def test_it_conforms(subject, check):
    check(subject)


# ---- language models


def utterances():
    talk = ["Hi!", "What is your limit?", "[offer lots]", "[offer 999]", "70% or 72%?", "[bid 3]", "[accept]", ""]
    policies = [make_policy(name, Engine(FAMILIES["buyer"])) for name in ("scripted", "random", "split-difference")]
    speakers = [lambda d, s, p=p: p.respond([d], [s])[0] for p in policies]
    mixed = [lambda d, s, p=p: talk[s.choose(len(talk))] if s.random() < 0.5 else p(d, s) for p in speakers]
    return said_to(list(FAMILIES.values()), [*speakers, *mixed], 10)


def test_a_voice_is_told_shares_and_its_words_are_held_to_them():
    guide, said = FAMILIES["buyer"].guide, utterances()
    assert len(said) > 500 and {cue.problem for cue, _ in said} == {"", "malformed", "ambiguous", "illegal"}
    other, figure = 0, re.compile(r"[0-9.]+%")
    for cue, words in said:
        line = guide.line(cue, Stream(np.random.default_rng(0)))
        told = " ".join([guide.scene(cue), line.order, guide.grammar(cue, line).split("\n")[0]])
        assert "$" not in told and "percent of the list price" in told
        assert str(cue.public.list_price) not in re.findall(r"\d+", told) or cue.public.list_price <= 200
        assert guide.check(cue, line, words) == "", words
        if isinstance(cue.act, Offer) and not cue.reason:
            wrong = figure.sub("66%", words)
            assert wrong == words or guide.check(cue, line, wrong) == f"Name the price, {figure.search(words)[0]}."
            in_dollars = figure.sub(f"${cue.act.price}", words)
            assert guide.check(cue, line, in_dollars) == "Name prices in percent of the list price."
            other += 1
    assert other > 100


def test_a_mind_thinks_in_currency_and_is_shown_the_dialogue_so():
    family = FAMILIES["buyer"]
    engine = Engine(family)
    (dialogue,) = engine.open([np.random.default_rng(1)])
    dialogue.hearing = "How about 50%? [offer 50]"
    user = LLMUser(family.voice, family.cast, backend=None)
    moment = Moment(dialogue.setting, dialogue.public, dialogue.hidden, "seller", dialogue.state, ())
    chat = "\n".join(text for _, text in user.messages(dialogue, moment))
    half, full = dialogue.scenario.list_price // 2, dialogue.scenario.list_price
    assert f"how about ${half}? [offer {half}]" in chat and f"list price ${full}" in chat and "%" not in chat


def test_names_of_prices_are_found_in_shares():
    public = Bargain("desk", "a scratch", 300, 240).public
    assert list(FAMILIES["buyer"].named("I could go as low as 62% or seventy percent.", public)) == [186, 210]


# ---- other faces


def test_both_seats_of_a_duel_speak_in_shares():
    env = DialogueAEC(FAMILIES["buyer"])
    env.reset(seed=2)
    price = env.both.scenarios["buyer"].list_price
    for seat, text in (
        ("seller", "I want 95%."),
        ("buyer", "[offer 60]"),
        ("seller", "[offer 90]"),
        ("buyer", "Deal!"),
    ):
        assert env.agent_selection == seat and "percent of the list price" in env.observe(seat)["brief"]
        env.step(text)
    assert env.state_.deal == price * 90 // 100


def test_a_small_duel_prints_shares():
    duel = replace(FAMILIES["buyer"], rounds=2).small_duel()
    _, standing, seat = price, _, _ = duel.context(duel.game("buyer", 0).start().state)
    assert duel.grammar.print(Offer(price // 2)) == "[offer 50]"
    assert duel.grammar.parse("[offer 50]", (price, standing, seat)).act == Offer(price // 2)


def test_learners_of_acts_are_worded_in_shares():
    engine, drawn = Engine(FAMILIES["buyer"]), Stream(np.random.default_rng(0))
    (dialogue,) = engine.open([np.random.default_rng(5)])
    for act in dialogue.setting.game.choices(dialogue.state, "buyer"):
        text = put(engine, dialogue, act, drawn)
        assert engine.grammar.parse(text, FAMILIES["buyer"].context(dialogue)).act == act, text
    assert put(engine, dialogue, Say(), drawn) != TALK


@pytest.mark.parametrize("name", ["optimal", "share-of-value"])
def test_planners_and_heuristics_speak_in_shares(name):
    engine = make_engine("Negotiation-v0", prices="relative")
    for dialogue in rollout(engine, make_policy(name, engine), range(10)):
        assert not any(step.problem for step in dialogue.steps)
        for step in dialogue.steps:
            if isinstance(step.act, Offer):
                assert step.text == f"[offer {share(step.act.price, dialogue.scenario.list_price)}]"


def test_an_ear_reads_the_words_in_currency():
    reader = Reader(lambda words: f"[offer {re.search(r'[$]([0-9]+)', words)[1]}]")
    family = FAMILIES["buyer"]
    engine = Engine(family, Options(ear=LLMEar(family, family.grammar, reader)))
    (dialogue,) = engine.open([np.random.default_rng(1)])
    (step,) = engine.step([dialogue], ["Maybe we could settle somewhere near 65%, who knows."])
    assert step.act == Offer(dialogue.scenario.list_price * 65 // 100)
    assert f'The other side has said: "{dialogue.meant(dialogue.opening)}' in reader.requests[0].messages[-1][1]
    assert "%" not in reader.requests[0].messages[-1][1]
