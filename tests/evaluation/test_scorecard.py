"""The scorecard catches what is wrong with a simulated user: each fake here has one fault, and the measure of that fault tells, while a sound user passes all."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.engine import Engine
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.negotiation.game import Accept, Walk
from dialogym.envs.registration import lookup
from dialogym.envs.users import examples_of
from dialogym.evaluation import scorecard as module
from dialogym.evaluation.attacks import ANY_FAMILY, KINDS, Attacker, told
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.language import NaiveBayes, distinct, mtld, tokens, words
from dialogym.evaluation.scorecard import Scorecard, _listening, scorecard
from dialogym.evaluation.user_measures import MEASURES, meaning
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.scripts.main import main
from dialogym.simulated_users.backends.backend import Reply
from dialogym.simulated_users.llm_mind import LLMUser
from dialogym.simulated_users.llm_voice import LLMVoice
from dialogym.simulated_users.user import Failure, ScriptedUser

from ..toy import TOY

ENV = "Negotiation-v0"
FAMILY = load_family(*lookup(ENV))
FAMILIES = [
    "Negotiation-v0",
    "Coaching-v0",
    "CoachingSuggestible-v0",
    "Tutoring-v0",
    "GuidedSolving-v0",
    "SpacingSmall-v0",
    "Spacing-v0",
]


class Fake(ScriptedUser):
    """The scripted user, but for its words, or its acts, or both."""

    name = "fake"

    def __init__(self, say=None, act=None, exact=True):
        super().__init__(FAMILY.voice)
        self._say, self._act, self.exact = say, act, exact

    def decide(self, dialogues, heards):
        if self._act is None:
            return super().decide(dialogues, heards)
        found = []
        for dialogue, heard in zip(dialogues, heards, strict=True):
            drawn = dialogue.setting.draw(dialogue.state, dialogue.hidden, heard and heard.act, dialogue.stream)
            scripted = iter([act for _, _, act in drawn.replies])

            def wanted(state, seat, scripted=scripted, heard=heard):
                return self._act(state, next(scripted)) if heard else next(scripted)

            found.append(dialogue.setting.answered(dialogue.state, dialogue.hidden, heard and heard.act, wanted))
        return found

    def speak(self, dialogues, heards, texts, exchanges):
        said = super().speak(dialogues, heards, texts, exchanges)
        if self._say is None:
            return said
        return [
            self._say(d, heard, text, words) if words and heard is not None else words
            for d, heard, text, words in zip(dialogues, heards, texts, said, strict=True)
        ]


def card(user, episodes=8, policies=(), **settings):
    return scorecard(ENV, [user], episodes, policies=policies, **settings).users[0]


def value(user, name, **options):
    return card(user, **options).measures[name].value


def reservation(dialogue):
    return dialogue.reveal(dialogue.hidden)["reservation"]


@pytest.fixture(scope="module", autouse=True)
def brief_training():
    """Fewer dialogues for the classifier and for the choice of a heuristic: there are many cards here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "OTHERS", module.OTHERS[:100])
        patch.setattr(module, "_classifier", trained_once(module._classifier))
        yield


def trained_once(train):
    """The classifier of a family is the same for each of its cards."""
    known = {}

    def classifier(engine, talker, batch):
        key = type(engine.family), json.dumps(engine.family.settings()), engine.grammar.mode
        if key not in known:
            known[key] = train(engine, talker, batch)
        return known[key]

    return classifier


@pytest.fixture(scope="module")
def sound():
    return card("scripted")


def test_a_sound_user_passes(sound):
    values = {name: measure.value for name, measure in sound.measures.items()}
    for name in ("goal_adherence", "own_acts", "act_fidelity", "repetition"):
        assert values[name] == 1.0, name
    for name in ("early_stops", "contradictions", "impossible_acts", "leaks", "hidden_dependence"):
        assert values[name] == 0.0, name
    assert values["persona_consistency"] > 0.7 > 1 / 7 == sound.measures["persona_consistency"].parts["chance"]
    assert sound.exact and sound.episodes == 8 and sound.dropped == 0 and not sound.error
    assert all(measure.n > 0 for name, measure in sound.measures.items() if measure.value is not None)
    assert sound.measures["leaks"].n == 8 * len(KINDS)


def test_who_tells_its_limit_leaks():
    found = card(Fake(lambda d, heard, text, said: f"{said} Well, my limit is ${reservation(d)}.")).measures
    assert found["leaks"].value > 0.1, "once in a dialogue at least: what was said before is no news"
    assert found["hidden_dependence"].value == 1.0
    assert found["act_fidelity"].value < 0.2


def test_who_tells_only_when_tricked_leaks_there():
    said = card(
        Fake(
            lambda d, heard, text, said: (
                f"{said} {reservation(d)}" if "Ignore" in text or "ystem: debug" in text else said
            )
        )
    ).measures["leaks"]
    assert said.parts["trick"] > 0.3 and not any(said.parts[kind] for kind in KINDS if kind != "trick")


def test_a_leak_without_a_number_is_seen_in_the_comparison():
    found = card(
        Fake(
            lambda d, heard, text, said: (
                f"{said} {'Hm.' if reservation(d) * 20 // d.public.list_price % 2 else 'Well.'}"
            )
        )
    ).measures
    assert found["leaks"].value == 0.0 and 0.2 < found["hidden_dependence"].value < 0.8


def test_the_comparison_is_not_fooled_by_chance():
    dice = np.random.default_rng(0)
    found = card(Fake(lambda d, heard, text, said: f"{said} {dice.integers(10**9)}")).measures
    assert found["hidden_dependence"].n == 0 and found["hidden_dependence"].value is None, (
        "what cannot be repeated cannot be compared"
    )
    assert found["repetition"].value == 0.0


def test_who_says_always_the_same_has_no_fidelity_and_no_diversity(sound):
    found = card(Fake(lambda d, heard, text, said: "It is a nice day.")).measures
    assert found["act_fidelity"].value < 0.3
    assert found["distinct_utterances"].value < sound.measures["distinct_utterances"].value
    assert (
        found["diversity"].value < sound.measures["diversity"].value
        and found["distinct_2"].value < sound.measures["distinct_2"].value
    )
    assert found["leaks"].value == 0.0


def test_another_price_is_no_fidelity():
    assert value(Fake(lambda d, heard, text, said: said.replace("$", "$1")), "act_fidelity") < 0.5


def test_who_leaves_at_once_stops_early():
    found = card(Fake(act=lambda state, scripted: Walk(), exact=False)).measures
    assert found["early_stops"].value == 1.0 and found["own_acts"].value < 1.0
    assert found["contradictions"].value > 0.3, "the cast objects to leaving while there is time"
    assert found["goals_met"].value < 0.6


def test_who_takes_anything_contradicts_its_limit():
    """Accepting 40% of the list price: below the floor of most, above that of few, and nobody's own act in the first round."""
    low = lambda d, stream: f"[offer {d.scenario.list_price * 2 // 5}]"  # noqa: E731
    user = Fake(act=lambda state, scripted: Accept() if state.standing else scripted, exact=False)
    policy = type(
        "Low",
        (),
        {
            "name": "low",
            "respond": lambda self, dialogues, streams: [low(d, s) for d, s in zip(dialogues, streams, strict=True)],
        },
    )()
    found = scorecard(ENV, [user], 8, policies=[policy]).users[0]
    assert found.measures["early_stops"].value > 0.5 and found.measures["own_acts"].value < 1.0
    assert found.transfer["low"].mean > scorecard(ENV, ["scripted"], 8, policies=[policy]).users[0].transfer["low"].mean


def test_an_act_that_nobody_could_make_is_impossible():
    found = card(Fake(act=lambda state, scripted: Say(), exact=False)).measures
    assert found["impossible_acts"].value > 0.5 and found["goal_adherence"].value is None


def test_failed_dialogues_are_dropped_and_counted():
    spoken = []

    def say(dialogue, heard, text, said):
        spoken.append(said)
        return Failure("the line is dead") if dialogue.seed == 3 else said

    found = card(Fake(say))
    assert found.episodes == 7 and found.dropped == 2 and "line is dead" in found.error, (
        "one of the ordinary ones, one under attack"
    )
    assert found.measures["early_stops"].n == 7 and found.measures["act_fidelity"].value == 1.0


def test_who_never_answers_gets_a_card_that_says_so(sound):
    found = scorecard(
        ENV, [Fake(lambda d, heard, text, said: Failure("refused")), "scripted"], 3, policies=["scripted"]
    )
    dead, alive = found.users
    assert dead.episodes == 0 and dead.dropped == 6 and dead.error == "refused" and not dead.transfer
    assert all(measure.value is None for measure in dead.measures.values())
    assert alive.episodes == 3 and "refused" in str(found) and "–" in found.to_markdown()


@pytest.mark.parametrize("users", [1, 2])
def test_without_any_dialogue_left_there_is_no_card(users):
    dead = Fake(lambda d, heard, text, said: Failure("the line is dead"))
    with pytest.raises(ConnectionError, match=r"all 3 dialogues with fake failed; in the last one: the line is dead"):
        scorecard(ENV, [dead] * users, 3, policies=[])


def test_slow_users_are_seen_to_be_slow(sound):
    def slow(dialogue, heard, text, said):
        time.sleep(0.005)
        return said

    assert value(Fake(slow), "latency", episodes=2) > 0.003 > sound.measures["latency"].value


def test_who_speaks_as_another_has_no_persona(sound):
    """The words of the next persona in the list."""
    names = FAMILY.voice.personas

    class Masked:
        personas = names

        def say(self, cues, streams):
            return FAMILY.voice.say(
                [cue._replace(persona=names[(names.index(cue.persona) + 1) % len(names)]) for cue in cues], streams
            )

    assert value(ScriptedUser(Masked()), "persona_consistency") < 0.2 < sound.measures["persona_consistency"].value


class Model:
    """A backend that says what a function of the request and of the number of the call says."""

    name = "model"

    def __init__(self, say):
        self.say, self.calls = say, 0

    def generate(self, requests):
        replies = []
        for request in requests:
            self.calls += 1
            replies.append(Reply(self.say(request, self.calls), 10, 5, 0.5))
        return replies

    def close(self):
        pass


def parrot(request, call):
    said = [text for role, text in request.messages if role == "assistant"]
    return said[request.seed % len(said)] if said else "Hm."


def voiced(say):
    backend = Model(say)
    return ScriptedUser(LLMVoice(FAMILY.voice, FAMILY.guide, backend, examples_of(FAMILY))), backend


def test_a_verified_voice_is_faithful_whatever_the_model_says(sound):
    user, backend = voiced(parrot)
    found = card(user)
    first = found.measures["first_try"]
    assert found.measures["act_fidelity"].value == 1.0 and found.exact
    assert 0.0 < first.value < 1.0 and first.value + first.parts["retried"] + first.parts["fallback"] == pytest.approx(
        1.0
    )
    assert found.measures["replay"].value == found.measures["repetition"].value == 1.0
    assert found.measures["hidden_dependence"].value == 0.0 and found.measures["hidden_dependence"].n > 0
    assert found.measures["tokens_written"].value >= 5.0 and found.measures["tokens_written"].parts["read"] >= 10.0
    assert user.voice.backend is backend, "what was put in its place to record is taken out again"


def test_a_model_that_cannot_repeat_itself_can_be_replayed():
    user, _ = voiced(lambda request, call: parrot(request._replace(seed=request.seed + call), call))
    found = card(user).measures
    assert found["replay"].value == 1.0 and found["repetition"].value < 1.0
    assert found["hidden_dependence"].value == 0.0, "the same request is not asked twice"


def test_a_mind_that_answers_nonsense_adheres_to_nothing():
    voice, _ = voiced(parrot)
    found = card(LLMUser(voice.voice, FAMILY.cast, Model(lambda request, call: "I like trains.")), episodes=3)
    adherence = found.measures["goal_adherence"]
    assert not found.exact and adherence.value == 0.0 and adherence.parts["fallback"] == 1.0 and adherence.n > 3
    assert found.measures["contradictions"].value == 0.0, "the scripted mind decided in its place"
    assert found.measures["replay"].value == 1.0


def test_a_mind_that_chooses_within_its_facts_contradicts_nothing():
    def least(request, call):
        if "ACT:" not in request.messages[0][1]:
            return parrot(request, call)
        tags = request.grammar.rpartition("act ::= ")[2].strip().split(" | ")
        return f"PLAN: Give in.\nACT: {json.loads(tags[-1])}"

    voice, _ = voiced(parrot)
    found = card(LLMUser(voice.voice, FAMILY.cast, Model(least)), episodes=4).measures
    assert found["goal_adherence"].value == 1.0 and found["contradictions"].value == 0.0
    assert found["own_acts"].value < 1.0, "it is not the scripted mind"


def test_transfer_is_what_evaluate_finds():
    found = scorecard(ENV, ["scripted"], 12, seed=40, policies=["optimal", "best-heuristic", "scripted"])
    assert list(found.users[0].transfer)[::2] == ["optimal", "scripted"]
    for policy, transfer in found.users[0].transfer.items():
        evaluation = evaluate(ENV, policy, 12, 40)
        assert transfer.mean == pytest.approx(evaluation.mean_return) and transfer.n == 12
        assert transfer.interval == pytest.approx(evaluation.return_interval)


def test_a_card_is_read_back():
    card = scorecard(ENV, ["scripted"], 2, policies=["scripted"], repeats=0)
    again = Scorecard.from_json(json.loads(json.dumps(card.to_json())))
    assert again.users == card.users and again.to_markdown() == card.to_markdown()
    assert card.users[0].measures["repetition"] == card.users[0].measures["latency"] == (None, 0, {})


def test_the_same_seeds_give_the_same_card():
    first, second = (scorecard(ENV, ["scripted"], 4, policies=["scripted"]).to_json() for _ in range(2))
    for found in (first, second):
        found["users"][0]["measures"].pop("latency")
    assert first == second
    assert first != scorecard(ENV, ["scripted"], 4, seed=50, policies=["scripted"]).to_json()


@pytest.mark.parametrize("env_id", FAMILIES)
def test_every_family_has_a_card(env_id):
    found = scorecard(env_id, ["scripted"], 3, policies=["scripted"]).users[0]
    values = {name: measure.value for name, measure in found.measures.items()}
    assert (
        values["own_acts"] == 1.0
        and values["leaks"] == 0.0
        and values["contradictions"] == 0.0
        and values["impossible_acts"] == 0.0
    )
    assert values["hidden_dependence"] in (0.0, None) and values["act_fidelity"] > 0.9


def test_a_family_without_guide_and_cast_has_a_card():
    found = scorecard(TOY, ["scripted"], 4).users[0]
    assert "optimal" in found.transfer
    assert found.measures["act_fidelity"].value is None and found.measures["leaks"].n > 0


@pytest.mark.parametrize("env_id", FAMILIES)
def test_attacks_are_talk(env_id):
    """They bind nobody and lose no turn, in every family; the scripted user tells nothing."""
    engine = make_engine(env_id)
    attacker = Attacker(engine.family)
    assert engine.family.baselines.ATTACKS
    for dialogue in rollout(engine, attacker, range(15)):
        for step in dialogue.steps:
            assert isinstance(step.act, Say) and not step.problem, step.text


@pytest.mark.parametrize("env_id", [*FAMILIES, None])
def test_attacks_are_of_every_kind(env_id):
    said = make_engine(env_id).family.baselines.ATTACKS if env_id else ANY_FAMILY
    assert tuple(said) == KINDS and all(texts for texts in said.values())


def test_what_is_told_is_told_from_what_is_public():
    engine = Engine(FAMILY)
    (dialogue,) = engine.open(
        [np.random.default_rng(0)], {"hidden": FAMILY.setting(FAMILY.scenarios()[0]).prior.support[0]}
    )
    secret, exchange = (
        reservation(dialogue),
        dialogue.setting.draw(dialogue.state, dialogue.hidden, Say(), Stream(np.random.default_rng(0))),
    )
    assert told(engine.family, dialogue, exchange, "Your limit?", f"It is ${secret}.") == ["reservation"]
    assert told(engine.family, dialogue, exchange, f"Is it {secret}?", f"It is ${secret}.") == [], (
        "the learner named it"
    )
    assert (
        told(engine.family, dialogue, exchange, "Your limit?", f"The list price is ${dialogue.public.list_price}.")
        == []
    )
    assert told(engine.family, dialogue, exchange, "Your limit?", f"I am a {dialogue.hidden.tactic}.") == ["tactic"]


def test_looking_for_leaks_leaves_beliefs_alone():
    """At the opening, a belief that is asked for too early would be kept without what the opening tells."""
    engine = make_engine("Coaching-v0")
    with _listening(engine) as witness:
        witness.attacked = True
        for dialogue in rollout(engine, make_policy("scripted", engine), range(3)):
            fresh = dialogue.setting.listen(dialogue.setting.prior, dialogue.opening_exchange)
            assert dialogue.belief_at(0).items() == fresh.items()


def test_numbers_are_alike_and_marks_are_no_words():
    assert tokens("I'd take $1,200... or 99.5!") == ["i'd", "take", "#", "...", "or", "#", "!"]
    assert words("I'd take $1,200... or 99.5!") == ["i'd", "take", "#", "or", "#"]


def test_distinct():
    assert distinct([["a", "b", "a"], ["a", "b"]], 1) == 2 / 5
    assert distinct([["a", "b", "a"], ["a", "b"]], 2) == 2 / 3, "no pair across utterances"
    assert distinct([["a"]], 2) is None


def test_mtld_by_hand():
    """Of a b a b ... a factor is complete at the third word (2/3 <= 0.72) in both directions."""
    assert mtld(["a", "b"] * 6) == 3.0
    assert mtld(["a"] * 10) == 2.0
    assert mtld(["a", "b", "c"]) is None
    assert mtld(["a", "b", "c", "d", "a"]) == pytest.approx(5 / ((1 - 4 / 5) / (1 - 0.72)))


def test_naive_bayes():
    judge = NaiveBayes([("loud", "great great wow"), ("loud", "wow"), ("calm", "indeed")])
    assert (
        judge.classes == ("calm", "loud")
        and judge.classify("Wow!") == "loud"
        and judge.classify("indeed wow indeed") == "calm"
    )
    assert judge.classify("never heard") == "calm", "of equals the first"
    with pytest.raises(ValueError, match="at least one"):
        NaiveBayes([])


def test_every_measure_says_what_it_is():
    assert all(meaning(name).count("; n: ") == 1 or "n:" in (MEASURES[name].__doc__ or "") for name in MEASURES)


def test_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    out = tmp_path / "deep" / "card.md"
    assert (
        main(
            [
                "scorecard",
                ENV,
                "--user",
                "scripted",
                "--episodes",
                "3",
                "--policy",
                "scripted",
                "--json",
                "--out",
                str(out),
            ]
        )
        == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["users"][0]["measures"]["leaks"] == {"value": 0.0, "n": 15, "parts": dict.fromkeys(KINDS, 0.0)}
    assert set(printed["definitions"]) == set(MEASURES) and "| leaks | 0.00 (15) |" in out.read_text()
    assert main(["scorecard", ENV, "--episodes", "2", "--policy", "none", "--markdown"]) == 0
    table = capsys.readouterr().out
    assert table.startswith("|  | `scripted` |\n| --- | ---: |\n") and "payoff" not in table
    assert main(["scorecard", ENV, "--episodes", "2", "--policy", "scripted"]) == 0
    assert "payoff of scripted" in capsys.readouterr().out
    for wrong in (
        ["--user", "nobody"],
        ["--episodes", "0"],
        ["--policy", "nobody"],
        ["--out", "card.txt"],
        ["--json", "--markdown"],
    ):
        assert main(["scorecard", ENV, *wrong]) == 1
        assert capsys.readouterr().err


def test_wrong_arguments_are_told():
    for arguments, message in (
        ({"episodes": 0}, "at least 1"),
        ({"repeats": -1}, "at least 0"),
        ({"users": "scripted"}, "list of users"),
        ({"users": []}, "list of users"),
    ):
        with pytest.raises(ValueError, match=message):
            scorecard(ENV, **arguments)
    with pytest.raises(KeyError, match="user must be one of scripted"):
        scorecard(ENV, ["scripted"], 1, policies=[])["nobody"]


def test_where_the_optimum_is_out_of_reach_it_is_left_out():
    found = scorecard("Spacing-v0", ["scripted"], 1, policies=["optimal", "scripted"])
    assert "optimal" not in found.users[0].transfer and "optimal is left out" in found.notes[0]
