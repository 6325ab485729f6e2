"""Personas: what they say of themselves, where they come from, that they are recorded; and partners whose tactic depends on their patience."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dialogym.core.solver import Solution
from dialogym.core.stream import Stream
from dialogym.envs.columns import SCHEMA
from dialogym.envs.engine import Engine, Options
from dialogym.envs.episodes import EpisodeStore, read_episodes, record, replay
from dialogym.envs.make import engine_for, make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.game import PriceBargaining
from dialogym.envs.negotiation.mind import POPULATIONS, TEMPERS, Haggler, Population, tempered
from dialogym.envs.negotiation.voice import VOICE
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.policies.collect import collect
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.llm_voice import LLMVoice
from dialogym.simulated_users.personas import (
    FIELDS,
    LEVELS,
    PEOPLE,
    PUPILS,
    Persona,
    PersonaDistribution,
    describe,
    level_of,
    read_persona,
    spell_persona,
)
from dialogym.simulated_users.user import Cue, ScriptedUser

NURSE = Persona("terse", 54, "nurse", conscientiousness="low", agreeableness=0.9, patience="low", expertise="high")


def stream(seed):
    return Stream(np.random.default_rng(seed))


def transcript(dialogue):
    return [(turn.seat, turn.text, turn.act, turn.problem) for turn in dialogue.turns()]


def dialogues_of(engine, n=30, policy="random"):
    return list(rollout(engine, make_policy(policy, engine), range(n)))


# ---- what a persona is -----------------------------------------------------------------------------------------------


def test_a_persona_describes_itself():
    assert NURSE.describe() == (
        "You are a 54-year-old nurse; not very organised, warm, impatient. You know a lot about the matter. Your "
        "manner is terse."
    )
    assert Persona("shy", 18, "cook").describe() == "You are an 18-year-old cook. Your manner is shy."
    assert describe(NURSE) == NURSE.describe() and describe("terse") == "Your manner is terse."


def test_a_persona_is_its_style_to_whoever_asks_for_no_more():
    assert (
        isinstance(NURSE, str)
        and f"{NURSE}" == NURSE == "terse"
        and {"terse": 1}[NURSE] == 1
        and {NURSE: 1}["terse"] == 1
    )
    assert type(NURSE.style) is str and type(Persona(NURSE).style) is str


@pytest.mark.parametrize(
    "copied",
    [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy, lambda p: read_persona(spell_persona(p)), copy.copy],
)
def test_copies_hold_every_field(copied):
    assert (
        isinstance(copied(NURSE), Persona) and copied(NURSE).as_dict() == NURSE.as_dict() and copied(NURSE) == "terse"
    )


@pytest.mark.parametrize(
    ("number", "level"),
    [(0, "low"), (0.3, "low"), (0.34, "medium"), (0.6, "medium"), (0.7, "high"), (1.0, "high"), ("low", "low")],
)
def test_levels(number, level):
    assert level_of(number, "patience") == level


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"style": ""}, "style must be"),
        ({"style": "terse", "age": 3}, "age must be a whole number from 5 to 110"),
        ({"style": "terse", "age": True}, "age must be"),
        ({"style": "terse", "occupation": " "}, "occupation must be"),
        ({"style": "terse", "openness": "huge"}, "openness must be one of low, medium, high"),
        ({"style": "terse", "patience": 1.5}, "patience must be"),
        ({"style": "terse", "expertise": float("nan")}, "expertise must be"),
        ({"style": "terse", "neuroticism": True}, "neuroticism must be"),
    ],
)
def test_wrong_fields(fields, message):
    with pytest.raises(ValueError, match=message):
        Persona(**fields)


def test_a_persona_is_frozen():
    with pytest.raises(AttributeError):
        NURSE.age = 20  # type: ignore[misc]


def test_the_distribution_is_seeded_and_uses_all_it_has():
    drawn = [PEOPLE.sample("terse", stream(seed)) for seed in range(3000)]
    assert [p.as_dict() for p in drawn[:20]] == [PEOPLE.sample("terse", stream(seed)).as_dict() for seed in range(20)]
    assert {p.age for p in drawn} == set(range(18, 80)) and {p.occupation for p in drawn} == set(PEOPLE.occupations)
    for name in FIELDS[3:]:
        counts = Counter(getattr(p, name) for p in drawn)
        assert set(counts) == set(LEVELS) and max(counts.values()) < 1150  # 1000 each, six standard deviations
    assert np.corrcoef([p.age for p in drawn], [LEVELS.index(p.patience) for p in drawn])[0, 1] == pytest.approx(
        0.0, abs=0.08
    )


@pytest.mark.parametrize(
    "given", [{"ages": (30, 20)}, {"ages": (1, 20)}, {"occupations": ()}, {"traits": ("huge",)}, {"patience": (2.0,)}]
)
def test_wrong_distributions(given):
    with pytest.raises(ValueError):
        PersonaDistribution(**given)


# ---- who is met ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Coaching-v0", "Tutoring-v0"])
def test_rich_personas_change_nothing_else(env_id):
    """The same seed gives the same style, scenario, hidden state, acts and words, whether more is known of the persona or not."""
    plain, rich = dialogues_of(make_engine(env_id)), dialogues_of(make_engine(env_id, personas="rich"))
    for one, other in zip(plain, rich, strict=True):
        assert type(one.persona) is str and isinstance(other.persona, Persona)
        assert (one.persona, one.scenario, one.hidden_start, transcript(one)) == (
            other.persona.style,
            other.scenario,
            other.hidden_start,
            transcript(other),
        )
    assert len({repr(d.persona) for d in rich}) == len(rich)
    assert [repr(d.persona) for d in rich] == [
        repr(d.persona) for d in dialogues_of(make_engine(env_id, personas="rich"))
    ]


def test_the_style_costs_one_number_as_it_always_did():
    """What `Engine.open` drew for Negotiation before there were personas: scenario, hidden state, style, and then words."""
    family = Negotiation()
    engine = Engine(family)
    for seed in range(50):
        numbers = Stream(np.random.default_rng(seed))
        scenario = family.scenarios()[numbers.choose(len(family.scenarios()))]
        hidden = family.setting(scenario).prior.sample(numbers)
        style = VOICE.personas[numbers.choose(len(VOICE.personas))]
        dialogue = engine.open([np.random.default_rng(seed)])[0]
        assert (dialogue.scenario, dialogue.hidden, dialogue.persona) == (scenario, hidden, style)
        assert dialogue.stream.random() == (numbers.random(), numbers.random())[1]  # one number for the opening words


def test_students_are_pupils_and_show_nothing_of_what_they_know():
    for dialogue in dialogues_of(make_engine("Tutoring-v0", personas="rich"), 20):
        assert (
            dialogue.persona.occupation == "pupil"
            and 10 <= dialogue.persona.age <= 18
            and dialogue.persona.expertise == "low"
        )
    assert make_engine("Tutoring-v0", personas="rich").people is PUPILS


def test_a_family_may_have_its_own_people():
    class Village(Negotiation):
        people = PersonaDistribution(ages=(70, 75), occupations=("farmer",))

    engine = Engine(Village(), Options(personas="rich"))
    assert {d.persona.occupation for d in engine.open([np.random.default_rng(seed) for seed in range(9)])} == {"farmer"}


def test_a_distribution_can_be_given():
    env = gym.make("Negotiation-v0", personas=PersonaDistribution(ages=(20, 20), occupations=("cook",))).unwrapped
    env.reset(seed=0)
    assert (env.dialogue.persona.age, env.dialogue.persona.occupation) == (20, "cook")


def test_vectors_meet_the_same_people():
    vector = gym.make_vec("Negotiation-v0", num_envs=4, personas="rich")
    vector.reset(seed=5)
    for i, dialogue in enumerate(vector.unwrapped.dialogues):
        env = gym.make("Negotiation-v0", personas="rich").unwrapped
        env.reset(seed=5 + i)
        assert repr(dialogue.persona) == repr(env.dialogue.persona)


def test_only_users_that_can_show_them_get_rich_personas_by_themselves(monkeypatch):
    scripted = ScriptedUser(VOICE)
    monkeypatch.setattr("dialogym.envs.make.make_user", lambda user, family: scripted)
    met = {
        user: engine_for(Negotiation(), {"user": user}).people
        for user in ("scripted", "voiced:smollm2", "llm:gpt-4o-mini", scripted)
    }
    assert met == {"scripted": None, "voiced:smollm2": PEOPLE, "llm:gpt-4o-mini": PEOPLE, scripted: None}
    assert engine_for(Negotiation(), {"user": "voiced:smollm2", "personas": "styles"}).people is None


@pytest.mark.parametrize("personas", ["fancy", None, 3])
def test_wrong_personas(personas):
    with pytest.raises(ValueError, match="personas must be one of auto, styles, rich, or a PersonaDistribution"):
        gym.make("Negotiation-v0", personas=personas)


@pytest.mark.parametrize("personas", ["styles", "rich"])
def test_personas_are_given(personas):
    env = gym.make("Negotiation-v0", personas=personas).unwrapped

    def met(persona):
        env.reset(seed=3, options={"persona": persona})
        return env.dialogue.persona

    assert met(NURSE).as_dict() == NURSE.as_dict()
    some = met({"age": 54, "occupation": "nurse"})
    assert (some.age, some.occupation) == (54, "nurse") and some in VOICE.personas and some.openness in LEVELS
    assert met({**NURSE.as_dict()}).as_dict() == NURSE.as_dict()
    assert met("formal") == "formal" and isinstance(met("formal"), Persona) == (personas == "rich")


@pytest.mark.parametrize(
    ("persona", "message"),
    [
        ("ghost", "must be one of terse, friendly"),
        (Persona("ghost"), "must be one of terse, friendly"),
        ({"style": "ghost"}, "must be one of terse, friendly"),
        ({"shoe size": 43}, "a persona has the fields style, age.*got shoe size"),
        ({"age": "old"}, "age must be"),
        (None, "must be one of terse, friendly"),
        (7, "must be one of terse, friendly"),
    ],
)
def test_wrong_personas_given(persona, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Negotiation-v0").reset(options={"persona": persona})


def test_a_language_model_is_told_all_and_a_phrase_bank_the_style(tmp_path):
    prompts = []

    class Overheard:
        name = "overheard"

        def generate(self, requests):
            prompts.extend(request.messages[0] for request in requests)
            return [SimpleNamespace(text="?", prompt_tokens=0, tokens=0, seconds=0.0) for _ in requests]

    guide = SimpleNamespace(
        scene=lambda cue: "A shop.",
        line=lambda cue, s: SimpleNamespace(order="Hm.", before="", after="", intent="x"),
        check=lambda *_: "No.",
        grammar=lambda *_: "",
    )
    voice = LLMVoice(VOICE, guide, Overheard(), {}, attempts=1)
    engine = Engine(Negotiation(), Options(user=ScriptedUser(voice)))
    dialogue = engine.open([np.random.default_rng(0)], {"persona": NURSE})[0]
    assert prompts[0][0] == "system" and NURSE.describe() in prompts[0][1]
    assert dialogue.opening  # the bank's words, found by the style
    engine.step([dialogue], ["[walk]"])
    EpisodeStore(tmp_path).append([record(dialogue, "Negotiation-v0", engine, "somebody")])
    (episode,) = read_episodes(tmp_path)
    assert episode.persona.as_dict() == NURSE.as_dict() and episode.turns[0].text == dialogue.opening
    before, seat, act = dialogue.opening_exchange.replies[0]
    said = [
        VOICE.say([Cue(act, seat, dialogue.public, persona, "", True, "", "", before)], [stream(0)])
        for persona in (NURSE, "terse")
    ]
    assert said[0] == said[1]


# ---- the record ------------------------------------------------------------------------------------------------------


def test_personas_are_recorded_and_replayed(tmp_path):
    store = collect("Negotiation-v0", "scripted", 12, tmp_path / "e", personas="rich")
    met = [d.persona for d in dialogues_of(make_engine("Negotiation-v0", personas="rich"), 12, "scripted")]
    for episode, persona in zip(read_episodes(store.path), met, strict=True):
        assert isinstance(episode.persona, Persona) and episode.persona.as_dict() == persona.as_dict()
        steps = list(replay(episode))
        assert repr(steps[-1].dialogue.persona) == repr(persona)
    column = pq.read_table(store.files()[0]).column("persona")
    assert column.type == pa.string() and column[0].as_py().startswith('{"style": ')


def test_files_without_personas_are_read_as_before(tmp_path):
    engine = make_engine("Negotiation-v0")
    store = EpisodeStore(tmp_path / "e")
    store.append([record(d, "Negotiation-v0", engine, "random") for d in dialogues_of(engine, 5)])
    table = pq.read_table(store.files()[0])
    assert set(table.column("persona").to_pylist()) <= set(VOICE.personas) and table.schema.equals(SCHEMA)
    rows = table.to_pylist()
    for row in rows:  # as they were written before the setting and the field existed
        row["settings"], row["scenario"] = (
            row["settings"].replace(', "patience": false', ""),
            row["scenario"].replace(', "temper": ""', ""),
        )
        assert "patience" not in row["settings"] and "temper" not in row["scenario"]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / "old.parquet")
    for episode in read_episodes(tmp_path / "old.parquet"):
        assert type(episode.persona) is str and list(replay(episode))[-1].payoff == episode.payoff


# ---- patience that changes the tactic --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(POPULATIONS))
def test_both_tempers_together_are_the_population(name):
    population = POPULATIONS[name]
    halves = [tempered(population, temper).types for temper in TEMPERS]
    for kind, p in population.types:
        assert np.mean([half.probability(kind) for half in halves]) == pytest.approx(p, abs=1e-15)
    patient, impatient = (half.map(lambda kind: kind.tactic).probability for half in halves)
    for half in halves:  # floors tell no temper
        for floor, p in population.types.map(lambda kind: kind.floor):
            assert half.map(lambda kind: kind.floor).probability(floor) == pytest.approx(p, abs=1e-15)
    tactics = [tactic for tactic, _ in population.tactics]
    assert all(patient(t) > impatient(t) for t in tactics if t in ("boulware", "holder"))
    assert all(impatient(t) > patient(t) for t in tactics if t == "conceder")
    assert tempered(population, "") is population


def test_the_learner_is_told_and_so_is_the_voice():
    for role in ("buyer", "seller"):
        engine = make_engine("Negotiation-v0", patience=True, role=role)
        seen = Counter()
        for dialogue in engine.open([np.random.default_rng(seed) for seed in range(200)]):
            temper = dialogue.scenario.temper
            seen[temper] += 1
            assert f"The {engine.family.partner} seems {temper}." in dialogue.brief and dialogue.public.temper == temper
        assert set(seen) == set(TEMPERS) and min(seen.values()) > 60


def test_personas_are_as_patient_as_their_tactic_suggests():
    engine = make_engine("Negotiation-v0", patience=True, personas="rich")
    for seed in range(20):
        for options in ({}, {"persona": {"patience": "medium"}}, {"persona": NURSE}):
            dialogue = engine.open([np.random.default_rng(seed)], options)[0]
            assert dialogue.persona.patience == {"impatient": "low", "patient": "high"}[dialogue.scenario.temper]
    dialogue = engine.open([np.random.default_rng(0)], {"scenario": {"temper": "impatient"}})[0]
    assert dialogue.persona.patience == "low" and "impatient" in dialogue.persona.describe()


@pytest.mark.parametrize("seat", ["buyer", "seller"])
@pytest.mark.parametrize("temper", TEMPERS)
def test_optimum_of_each_temper_against_brute_force(seat, temper):
    class Coarse(PriceBargaining):
        def prices(self):
            return tuple(range(8, 21)) if self.opener == "seller" else tuple(range(12, 25))

    population = Population(
        floors=((10, 1.0), (14, 2.0)),
        tactics=(("boulware", 1.0), ("conceder", 2.0), ("holder", 1.0), ("reciprocator", 1.0)),
    )
    game = Coarse(20, "seller" if seat == "buyer" else "buyer", (16, None) if seat == "buyer" else (None, 16), 3, 0.9)
    mind = Haggler(game, game.opener, tempered(population, temper))
    assert Solution(game, mind, seat, mind.candidates).start_value() == pytest.approx(
        brute_force(game, mind, seat), abs=1e-12
    )


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "NegotiationHard-v0"])
def test_information_never_hurts(env_id):
    """The optimum with the temper told is at least that without, for each value of the learner; what it gains is no more than knowing everything gains."""
    settings = TABLE[env_id][1]
    blind, told = Negotiation(**settings), Negotiation(**settings, patience=True)
    gained = 0.0
    for scenario in {s.value * 20 // s.list_price: s for s in blind.scenarios()}.values():
        both = [
            told.setting(s).solution.start_value()
            for s in told.scenarios()
            if (s.item, s.value) == (scenario.item, scenario.value)
        ]
        assert len(both) == 2
        solution = blind.setting(scenario).solution
        assert solution.start_value() - 1e-12 <= np.mean(both) <= solution.known_value() + 1e-12
        gained += np.mean(both) - solution.start_value()
    assert env_id != "Negotiation-v0" or gained > 1e-5  # in the hard variant the best act is the same either way
    assert optimum(told) == pytest.approx(expected_return(told, "optimal"), abs=1e-12)


def test_without_the_setting_everything_is_as_it_was():
    family = Negotiation()
    assert all(scenario.temper == "" for scenario in family.scenarios()) and len(
        Negotiation(patience=True).scenarios()
    ) == 2 * len(family.scenarios())
    assert family.setting(family.scenarios()[0]).prior == POPULATIONS["default"].types and "seems" not in family.brief(
        family.scenarios()[0], family.grammar
    )
    assert family.traits(family.scenarios()[0]) == {}


def test_wrong_tempers():
    with pytest.raises(ValueError, match="patience must be True or False"):
        gym.make("Negotiation-v0", patience="much")
    with pytest.raises(ValueError, match=r"temper must be '' with patience=False"):
        gym.make("Negotiation-v0").reset(options={"scenario": {"temper": "patient"}})
    with pytest.raises(ValueError, match=r"temper must be 'patient' or 'impatient' with patience=True; got 'angry'"):
        gym.make("Negotiation-v0", patience=True).reset(options={"scenario": {"temper": "angry"}})


def test_in_a_duel_nobody_is_told_a_temper():
    both = Negotiation(patience=True).duel(stream(0))
    assert all("seems" not in brief for brief in both.briefs.values())


def test_recorded_tempers_are_replayed(tmp_path):
    store = collect("Negotiation-v0", "scripted", 8, tmp_path / "e", patience=True)
    for episode in read_episodes(store.path):
        assert episode.scenario["temper"] in TEMPERS and episode.settings["patience"] is True
        assert list(replay(episode))[-1].payoff == episode.payoff
