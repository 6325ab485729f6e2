"""Tournaments: strengths by hand, seats that are not confused, seeds that decide, failures that are never scored."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.mind import Haggler
from dialogym.evaluation.ratings import MEAN, ODDS, bradley_terry, ratings
from dialogym.evaluation.tournament import tournament
from dialogym.policies.duel import Duel, listener
from dialogym.simulated_users.user import Failure

from ..toy_duel import ULTIMATUM
from ..toy_table import TABLE


class Asking:
    """Asks for a price as the seller, and as the buyer takes what is not above a limit; its server may fail."""

    def __init__(self, price, limit, fails=()):
        self.name, self.price, self.limit, self.fails = "asking", price, limit, fails

    def respond(self, dialogues, streams):
        return [Failure("down") if d.seed in self.fails else self.speak(d) for d in dialogues]

    def speak(self, dialogue):
        if dialogue.seat == "seller":
            return f"[ask {self.price}]"
        return "[take]" if dialogue.state.price <= self.limit else "[leave]"


GREEDY, MEEK = Asking(3, 3), Asking(1, 3)


# ---- strengths


def test_strengths_of_two_players_by_hand():
    """Seven wins against three, with half a win more for each: odds of 7.5 to 3.5."""
    one, other = bradley_terry([[0, 7], [3, 0]])
    assert one - other == pytest.approx(log(7.5 / 3.5)) and one + other == pytest.approx(0.0)
    one, other = bradley_terry([[0, 7], [3, 0]], draws=1e-6)
    assert one - other == pytest.approx(log(7 / 3), abs=1e-5)


def test_strengths_that_explain_all_wins_are_found():
    """Wins that are just what strengths of log 4, log 2 and log 1 expect, in as many games of each pair."""
    worth = np.array([4.0, 2.0, 1.0])
    wins = 6e6 * worth[:, None] / (worth[:, None] + worth)
    found = bradley_terry(wins)
    assert np.exp(found - found[2]) == pytest.approx(worth, abs=1e-4)


def test_the_likelihood_is_largest_where_expected_wins_are_those_that_were_had():
    wins = np.random.default_rng(0).integers(0, 50, (3, 5, 5)).astype(float)
    wins[0, 0], wins[0, :, 0] = 60.0, 0.0  # one who has won everything
    found = bradley_terry(wins)
    had = (wins + 0.5) * (1 - np.eye(5))
    chance = 1 / (1 + np.exp(found[:, None, :] - found[:, :, None]))
    expected = (had + had.swapaxes(1, 2)) * chance
    assert expected.sum(-1) == pytest.approx(had.sum(-1))
    assert np.isfinite(found).all() and found.argmax(-1)[0] == 0


def test_ratings_have_intervals_and_none_for_who_was_never_compared():
    scores = np.full((60, 3, 3), np.nan)
    scores[:, 0, 1], scores[:, 1, 0] = np.tile([1, 1, 0.5], 20), np.tile([0, 0, 0.5], 20)
    one, other, absent = ratings(scores, resamples=200)
    assert absent is None
    assert one[0] - other[0] == pytest.approx(ODDS * log(50.5 / 10.5))
    assert one[1].low < one[0] < one[1].high and one[1].high - one[1].low > 10
    assert ratings(scores, resamples=200) == [one, other, None]


@pytest.mark.parametrize("wins", [[[0, 1]], [[0, -1], [0, 0]], [[0, np.nan], [0, 0]], [0, 1]])
def test_wins_must_be_a_square(wins):
    with pytest.raises(ValueError, match="wins must be a square"):
        bradley_terry(wins)
    with pytest.raises(ValueError, match="draws must be above 0"):
        bradley_terry([[0, 1], [1, 0]], draws=0)


# ---- who meets whom


def test_seats_are_not_confused():
    found = tournament(ULTIMATUM, {"greedy": GREEDY, "meek": MEEK}, rounds=4)
    sold = {(a, b): found.cell(a, b, "seller").mean for a in ("greedy", "meek") for b in ("greedy", "meek")}
    bought = {(a, b): found.cell(a, b, "buyer").mean for a in ("greedy", "meek") for b in ("greedy", "meek")}
    assert sold == {("greedy", b): 0.75 for b in ("greedy", "meek")} | {("meek", b): 0.25 for b in ("greedy", "meek")}
    assert bought == {(a, "greedy"): 0.25 for a in ("greedy", "meek")} | {(a, "meek"): 0.75 for a in ("greedy", "meek")}
    assert len(found.meetings) == 4 * 4 and found.cell("greedy", "meek").mean == 0.75
    assert [(one.player, one.wins) for one in found.ranking] == [("greedy", 1.0), ("meek", 0.0)]
    assert found.ranking[0].rating[0] == pytest.approx(MEAN + ODDS * log(4.5 / 0.5) / 2)
    assert found.ranking[0].payoff.mean == 0.75 and found.ranking[1].payoff.mean == 0.25
    for meeting in found.meetings:
        assert meeting.turns[0]["act"] == ("[ask 3]" if meeting.players["seller"] == "greedy" else "[ask 1]")


def test_a_player_may_have_a_policy_for_each_seat():
    found = tournament(ULTIMATUM, {"sharp": {"seller": GREEDY, "buyer": Asking(1, 1)}, "meek": MEEK}, rounds=2)
    assert found.cell("sharp", "sharp", "seller").mean == 0.0 and found.cell("sharp", "meek", "seller").mean == 0.75
    text = tournament(ULTIMATUM, ["seller=greedy,buyer=noisy:random(share=0.5)", "greedy+random"], rounds=2)
    assert text.players == ("seller=greedy,buyer=noisy:random(share=0.5)", "greedy+random")


def test_equal_players_are_equally_strong():
    """They have the same random numbers in the same seats, so that each round is a draw."""
    found = tournament("Negotiation-v0", {"one": "scripted", "other": "scripted"}, rounds=6)
    assert [(one.rating[0], one.wins) for one in found.ranking] == [(MEAN, 0.5)] * 2
    assert found.ranking[0].payoff == found.ranking[1].payoff
    assert set(found.scores[:, 0, 1]) == {0.5}


def test_seeds_decide():
    players = ("scripted", "random")
    found = tournament("Negotiation-v0", players, rounds=5, seed=3)
    assert found.meetings == tournament("Negotiation-v0", players, rounds=5, seed=3, batch=2).meetings
    later = tournament("Negotiation-v0", players, rounds=2, seed=5)
    same = [meeting for meeting in found.meetings if meeting.seed in (5, 6)]
    assert later.meetings == tuple(same) and later.seeds == (5, 6)
    assert found.meetings[0].turns != found.meetings[1].turns
    assert tournament("Negotiation-v0", players, rounds=1, split="test").seeds == (5_000_000,)


def test_more_than_two_seats_are_played_by_one_among_copies_of_another():
    class Eater:
        def __init__(self, pieces):
            self.name, self.pieces = str(pieces), pieces

        def respond(self, dialogues, streams):
            return [f"[take {self.pieces}]" for _ in dialogues]

    found = tournament(TABLE, {"three": Eater(3), "one": Eater(1)}, rounds=2)
    assert len(found.meetings) == 2 * (2 * 3 + 2)
    assert found.payoffs.shape == (2, 2, 3, 2) and not np.isnan(found.payoffs).any()
    assert found.cell("three", "one").mean > found.cell("one", "three").mean
    assert found.ranking[0].player == "three" and "over all seats" in str(found)


# ---- what a planner believes


def test_a_planner_plays_the_best_response_to_the_simulated_person_it_takes_the_other_for():
    engine = make_engine("Negotiation-v0")
    both = Duel(engine.family, 0).env.both
    for seat in ("buyer", "seller"):
        setting = listener(engine.family, both, seat)
        assert setting.game.start() == both.game.start() and setting.mind.seat != seat
    assert listener(make_engine(TABLE).family, Duel(make_engine(TABLE).family, 0).env.both, "anna") is None
    assert listener(make_engine(TABLE).family, Duel(make_engine(TABLE).family, 0).env.both, "you") is not None
    duel = Duel(engine.family, 0, listening=True)
    duel.say("[offer 99999]")  # a price that nobody may offer
    assert duel.dialogues["seller"].setting.prior == listener(engine.family, both, "seller").prior
    with pytest.raises(NotImplementedError, match="the other seat is a policy"):
        Duel(engine.family, 0).dialogues["seller"].setting.solution.start_value()


def test_the_candidates_of_a_seller_who_opens_hold_the_best_of_all_acts():
    """Against the solver that tries every price, from the first offer on."""
    family = Negotiation(rounds=2)
    scenario = family.scenarios()[0]
    for value in (9, 13):
        game = family.rules(scenario, "seller", (None, value * scenario.list_price // 20)).canonical()
        mind = Haggler(game, "buyer")
        pruned = Solution(game, mind, "seller", mind.candidates).start_value()
        assert pruned == pytest.approx(Solution(game, mind, "seller").start_value(), abs=1e-12) and pruned > 0.1


# ---- what goes wrong


def test_a_failed_dialogue_is_dropped_and_counted():
    found = tournament(ULTIMATUM, {"greedy": Asking(3, 3, fails=(1,)), "meek": MEEK}, rounds=3)
    failed = [meeting for meeting in found.meetings if meeting.error]
    assert [(m.seed, m.failed, m.error, m.payoffs) for m in failed] == [(1, "greedy", "down", {})] * 3
    assert found.dropped == 3 and {one.player: one.failures for one in found.ranking} == {"greedy": 3, "meek": 0}
    assert found.cell("greedy", "meek", "seller").dialogues == 2 and found.cell("meek", "meek", "seller").dialogues == 3
    assert np.isnan(found.scores[1, 0, 1]) and found.scores[0, 0, 1] == 1.0
    assert "3 dropped, since a player failed (greedy 3)" in found.about()


def test_a_player_that_always_fails_has_no_rating():
    found = tournament(ULTIMATUM, {"down": Asking(3, 3, fails=range(9)), "greedy": GREEDY, "meek": MEEK}, rounds=2)
    last = found.ranking[-1]
    assert (last.player, last.rating, last.wins, last.payoff) == ("down", None, None, None)
    assert found.cell("down", "meek") is None and found.ranking[0].rating is not None
    assert "–" in str(found) and "–" in found.to_markdown()


@pytest.mark.parametrize(
    ("env_id", "players", "options", "said"),
    [
        ("Negotiation-v0", ["scripted"], {}, "players must be two or more"),
        ("Negotiation-v0", ["random", "random"], {}, "players must differ in name; got random"),
        ("Negotiation-v0", "random", {}, "players must be a list"),
        ("Negotiation-v0", ["random", "clever"], {}, "policy must be one of"),
        ("Negotiation-v0", ["random", "noisy:clairvoyant"], {}, "without 'clairvoyant'"),
        ("Negotiation-v0", ["random", "human"], {}, "without 'human'"),
        ("Negotiation-v0", ["random", "buyer=scripted"], {}, "must have a policy for each of buyer, seller"),
        ("Negotiation-v0", ["random", "scripted"], {"rounds": 0}, "rounds must be at least 1"),
        ("Negotiation-v0", ["random", "scripted"], {"split": "none"}, "split must be"),
        ("Division-v0", ["random", "optimal"], {}, "nobody is simulated opposite the partner"),
        ("Coaching-v0", ["random", "scripted"], {}, "several seats can learn"),
        ("Nowhere-v0", ["random", "scripted"], {}, "environment must be one of"),
    ],
)
def test_bad_arguments_are_named(env_id, players, options, said):
    with pytest.raises(ValueError, match=said):
        tournament(env_id, players, **options)


def test_cells_are_asked_for_by_known_names():
    found = tournament(ULTIMATUM, {"greedy": GREEDY, "meek": MEEK}, rounds=1)
    with pytest.raises(ValueError, match="players are greedy, meek"):
        found.cell("greedy", "none")
    with pytest.raises(ValueError, match="seat must be one of"):
        found.cell("greedy", "meek", "judge")


@pytest.mark.parametrize(
    ("env_id", "players"),
    [("Negotiation-v0", ("optimal",)), ("Division-v0", ("accept-first", "ask-for-all"))],
)
def test_by_default_the_optimum_or_heuristics_where_it_cannot_sit_in_every_seat(env_id, players):
    assert tournament(env_id, rounds=1).players == (*players, "scripted", "random")
