"""Likeness to people: the protocol by closed forms, and both layouts of people's files on dialogues made up here."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.envs.division.game import Supplies
from dialogym.envs.division.human import HUMAN as DIVISIONS
from dialogym.envs.human_data import Course
from dialogym.envs.make import load_family
from dialogym.envs.negotiation.game import Accept, Offer, Walk
from dialogym.envs.negotiation.human import HUMAN as BARGAINS
from dialogym.evaluation.beside_people import compare, read_all
from dialogym.evaluation.likeness import bits, group_score, ks, split_half
from dialogym.policies.collect import play
from dialogym.scripts.main import main


def bargain(number: int, *events: tuple[int, str, object], price: float = 200.0) -> dict:
    """A dialogue in the layout in which CraigslistBargain was published."""
    item = {"Category": "bike", "Images": [], "Price": price, "Description": ["A red one."], "Title": "Bike"}
    kbs = [
        {"personal": {"Role": role, "Target": 1.0, "Bottomline": None}, "item": item} for role in ("buyer", "seller")
    ]
    said = [{"agent": a, "action": action, "data": data, "time": "1", "start_time": "1"} for a, action, data in events]
    return {"uuid": f"C_{number}", "scenario": {"category": "bike", "kbs": kbs}, "events": said, "outcome": None}


HAGGLED = bargain(
    0,
    (1, "message", "Hello, the bike is still here."),
    (0, "message", "It looks nice."),
    (0, "message", "Would you take $120?"),
    (1, "message", "I could do $170."),
    (0, "message", "How about $150?"),
    (1, "message", "Okay, deal!"),
    (0, "offer", {"price": 150.0, "sides": ""}),
    (1, "accept", None),
)


def test_distance_of_samples_by_hand():
    assert ks([1, 2, 3, 4], [1, 2, 3, 4]) == 0.0
    assert ks([1, 2], [3, 4]) == 1.0
    assert ks([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5


def test_people_are_as_close_as_people():
    draw = np.random.default_rng(0)
    people, others = draw.normal(size=400), draw.normal(size=4000)
    assert split_half(people, others).ratio == pytest.approx(1.0, abs=0.2)
    assert split_half(people, others + 1.0).ratio > 4.0
    assert split_half(people, others[:5]).ratio is None
    with pytest.raises(ValueError, match="splits must be at least 1"):
        split_half(people, others, 0)


@dataclass(frozen=True)
class Coin:
    """A person who says one of two prices; which is hidden, and never changes."""

    def prior(self):
        return Belief({10: 0.5, 12: 0.5})

    def react(self, hidden, state):
        return Belief.certain((hidden, Offer(hidden)))


def test_bits_are_those_of_the_exact_filter():
    """The first price costs a coin's toss, the second next to nothing, and one that nobody names as much as can be."""
    game = BARGAINS.course(load_family("dialogym.envs.negotiation.family:Negotiation", {}), TALK, []).game
    acts = [("seller", Offer(10)), ("buyer", Say()), ("seller", Offer(10)), ("buyer", Say()), ("seller", Offer(17))]
    start = game.start()._replace(round=0, mover="seller")
    course = Course(game, Coin(), "seller", start, tuple(acts), 10, lambda act: (act, 1))
    spread = 0.1
    costs = [-math.log2((1 - spread) * p + spread / 10) for p in (0.5, 1.0, 0.0)]
    found = bits([course], spread)
    assert found.value == pytest.approx(sum(costs) / 3)
    assert (found.n, found.unscored, found.impossible) == (3, 0, pytest.approx(1 / 3))
    with pytest.raises(ValueError, match="spread must be above 0"):
        bits([course], 0.0)


def test_groups_by_hand():
    classes = ("a", "b", "c", "d")
    assert group_score("aabb", "aabb", classes) == 1.0
    assert group_score("abcd", "aabb", classes) == 0.0
    assert group_score("cccc", "aabb", classes) == pytest.approx(-1.0)


TALK = BARGAINS.formats["craigslist"](HAGGLED)


def test_a_bargain_is_read_as_the_learner_is():
    acts = BARGAINS.read(TALK)
    assert [act for _, act in acts] == [Say(), Offer(120), Offer(170), Offer(150), Accept()]
    found = BARGAINS.measures(TALK, acts)
    assert found == pytest.approx(
        {
            "turns": 5,
            "final price": 0.75,
            "offers, buyer": 2,
            "first buyer offer": 0.6,
            "concession, buyer": 0.15,
            "counters, seller": 1,
            "first seller counter": 0.85,
        }
    )
    assert BARGAINS.outcome(TALK, acts) == "70% to 80%"


def test_buttons_and_the_list_price():
    by_button = bargain(
        1, (0, "message", "Hi"), (1, "message", "I want $200."), (0, "offer", {"price": 140.0}), (1, "reject", None)
    )
    acts = BARGAINS.read(BARGAINS.formats["craigslist"](by_button))
    assert [act for _, act in acts] == [Say(), Say(), Offer(140), Walk()]
    taken = BARGAINS.formats["craigslist"](bargain(2, (1, "message", "Hello."), (0, "message", "I'll take it!")))
    acts = BARGAINS.read(taken)
    assert acts[-1] == ("buyer", Accept()) and BARGAINS.measures(taken, acts)["final price"] == 1.0


def test_the_layout_of_the_loader_is_read_alike():
    events = HAGGLED["events"]
    texts = [event["data"] if event["action"] == "message" else "" for event in events]
    intents = ["" if event["action"] == "message" else event["action"] for event in events]
    loaded = {
        "agent_info": {"Bottomline": ["None", "None"], "Role": ["buyer", "seller"], "Target": [150.0, 200.0]},
        "agent_turn": [event["agent"] for event in events],
        "dialogue_acts": {"intent": intents, "price": [150.0 if i == "offer" else -1.0 for i in intents]},
        "utterance": texts,
        "items": {"Category": ["bike", "bike"], "Price": [200.0, 200.0]},
    }
    assert BARGAINS.formats["craigslist"](loaded) == TALK


def camp(*logs: tuple[int, str, dict]) -> dict:
    """A dialogue in the layout of CaSiNo."""
    said = [{"text": text, "task_data": data, "id": f"mturk_agent_{who}"} for who, text, data in logs]
    info = {
        "value2issue": {"Low": "Water", "Medium": "Food", "High": "Firewood"},
        "personality": {"svo": "prosocial"},
    }
    return {"chat_logs": said, "participant_info": {"mturk_agent_1": info, "mturk_agent_2": info}}


DEAL = {"issue2youget": {"Firewood": "3", "Water": "0", "Food": "1"}, "issue2theyget": {}}
CAMP = camp(
    (2, "Hello! Are you ready for the trip?", {}),
    (1, "Yes! I take 2 food, 3 water and 1 firewood, you get the rest.", {}),
    (2, "Submit-Deal", DEAL),
    (1, "Accept-Deal", {"data": "accept_deal", "issue2youget": {}, "issue2theyget": {}}),
)


def test_a_division_is_read_as_the_learner_is():
    talk = DIVISIONS.formats["casino"](CAMP)
    assert talk.facts.values == (4, 3, 5) and talk.group == "prosocial"
    acts = DIVISIONS.read(talk)
    assert [seat for seat, _ in acts] == ["bargainer", "partner", "bargainer", "partner"]
    assert [act.tag() for _, act in acts[1:]] == ["offer", "offer", "accept"]
    assert acts[1][1] == Supplies(2, 3, 1) and acts[2][1] == Supplies(1, 0, 3)
    found = DIVISIONS.measures(talk, acts)
    assert found["final share, bargainer"] == pytest.approx(4 / 9)
    assert found["first claim, partner"] == pytest.approx(6 / 9)


def test_what_cannot_be_read_is_counted_with_its_reason():
    silent = bargain(3, (0, "message", "Hello?"))
    talks, refused = read_all(BARGAINS, [HAGGLED, silent, {"a": 1}, 7, bargain(4, price=0.0)], "craigslist")
    assert len(talks) == 1
    assert refused == {"only one side speaks": 1, "not in this layout": 1, "no JSON object": 1, "no list price": 1}
    line = {"list_price": 200, "turns": [{"seat": "buyer", "text": "Hi"}, {"seat": "owner", "text": "Hi"}]}
    _, refused = read_all(BARGAINS, [line], "jsonl")
    assert refused == {'a turn without a "seat" among buyer, seller': 1}
    with pytest.raises(ValueError, match="format must be one of craigslist, jsonl"):
        read_all(BARGAINS, [], "casino")
    with pytest.raises(ValueError, match="no record of the file can be read as craigslist"):
        compare("Negotiation-v0", [silent], "craigslist")
    with pytest.raises(ValueError, match="does not read dialogues between people"):
        compare("Coaching-v0", [], "jsonl")


@pytest.mark.long
def test_people_who_are_the_simulated_ones_are_like_them():
    """Dialogues of other seeds, written down as a file of people's: close by every measure, and foreseen by the mind."""

    def written(dialogue):
        turns = [{"seat": turn.seat, "text": turn.text} for turn in dialogue.turns() if turn.text]
        return {"list_price": dialogue.scenario.list_price, "turns": turns}

    people = [written(dialogue) for dialogue in play("Negotiation-v0", "scripted", range(1000, 1400))]
    same = compare("Negotiation-v0", people, "jsonl", splits=60)
    other = compare("Negotiation-v0", people, "jsonl", splits=60, population="hard")
    assert same.people == 400
    ratios = [one.ratio for one in same.ratios.values() if one.ratio]
    assert len(ratios) == 8 and min(ratios) > 0.7 and max(ratios) < 1.6
    assert same.bits.value < other.bits.value < same.bits.even
    themselves = compare("Negotiation-v0", people, "jsonl", seed=1000, episodes=400, splits=1)
    assert themselves.groups == {"everybody": (400, 1.0)}
    assert all(one.people == pytest.approx(one.simulated) for one in themselves.ratios.values())
    assert themselves.wording[0] == themselves.wording[1]
    assert sum(same.counts["turns"]["counts"]) == same.people


def test_the_command(tmp_path, capsys):
    path, out = tmp_path / "people.json", tmp_path / "figures.json"
    path.write_text(json.dumps([HAGGLED] * 12 + [{"a": 1}]))
    asked = [
        "people",
        str(path),
        "--format",
        "craigslist",
        "--episodes",
        "20",
        "--source",
        "made up",
        "--out",
        str(out),
    ]
    assert main(asked) == 0
    assert "1 of 13 records were refused." in capsys.readouterr().out
    figures = json.loads(out.read_text())
    assert figures["source"] == "made up" and figures["reader"] == "negotiation 1"
    assert sum(figures["counts"]["final price"]["counts"]) == 12
    assert "bike is still here" not in out.read_text()
    path.write_text("\n".join(map(json.dumps, [CAMP] * 3)))
    assert main(["people", str(path), "--format", "casino", "--episodes", "20"]) == 0
    assert "DivisionCamp-v0" in capsys.readouterr().out
    assert main(["people", str(path), "--format", "jsonl"]) == 1
    path.write_text("[1, 2")
    assert main(["people", str(path), "--format", "casino"]) == 1
    assert "must be a JSON list" in " ".join(capsys.readouterr().err.split())
