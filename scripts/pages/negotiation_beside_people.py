"""How like people a population bargains: its offers beside those of human buyers and sellers.

The human figures are of 376 dialogues of CraigslistBargain (He, Chen, Balakrishnan and Liang 2018), as shares of the
list price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...core.dialogue import Dialogue
from ...envs.negotiation.game import Offer
from ...evaluation.likeness import split_half
from ...policies.collect import play

DIALOGUES_OF_PEOPLE = 376
FIRST_AGAINST_FINAL = 0.60
"""Correlation of a person's first offer with the final price."""


def concession_deviation(first: tuple[float, float], final: tuple[float, float], concession: float) -> float:
    """The least standard deviation that one concession can have among people, from figures that are published.

    From the first offer X to the final price Y a person moves by N = (mean Y - mean X) / (mean concession) concessions.
    The whole move Y - X has the variance s_X^2 + s_Y^2 - 2 r s_X s_Y. If it falls into N concessions that rise and fall
    together, one has 1/N of its deviation; independent ones would have more, 1/sqrt(N) of it.

    Args:
        first: Mean and standard deviation of the first offer.
        final: Those of the final price.
        concession: Mean of one concession.
    """
    moves = abs(final[0] - first[0]) / concession
    variance = first[1] ** 2 + final[1] ** 2 - 2 * FIRST_AGAINST_FINAL * first[1] * final[1]
    return math.sqrt(variance) / max(moves, 1.0)


_BUYER, _SELLER, _FINAL = (0.726, 0.19), (0.871, 0.165), (0.815, 0.134)
_CONCEDED = {
    "buyer": (0.069, concession_deviation(_BUYER, _FINAL, 0.069)),
    "seller": (0.056, concession_deviation(_SELLER, _FINAL, 0.056)),
}

PEOPLE: dict[str, tuple[float, float | None]] = {
    "first buyer offer": _BUYER,
    "first seller counter": _SELLER,
    "final price": _FINAL,
    "concession an offer, buyer": _CONCEDED["buyer"],
    "concession an offer, seller": _CONCEDED["seller"],
    "concession an offer that moves, buyer": _CONCEDED["buyer"],
    "concession an offer that moves, seller": _CONCEDED["seller"],
    "turns": (7.3, None),
}
"""Measure -> mean and standard deviation among people, ``None`` where only the mean is known.

Prices are shares of the list price. The deviations of concessions are not published: they are `concession_deviation`,
from the other figures.
"""


@dataclass(frozen=True)
class Likeness:
    """One measure of a population beside people: means and standard deviations."""

    measure: str  # one of `PEOPLE`
    people: float
    people_deviation: float | None  # None where it is not known
    ours: float  # in our dialogues; NaN if there is no value
    ours_deviation: float
    count: int  # how many values ours is made of
    ratio: float | None  # of split halves, see `compare_with_people`; None where the deviation is not known


def compare_with_people(
    env_id: str = "Negotiation-v0", policy: str = "scripted", episodes: int = 3000, seed: int = 0, **settings: Any
) -> list[Likeness]:
    """Play a policy against a population of bargainers and hold the offers of both sides against those of people.

    The list price that a seller opens with stands for the advertisement that people start from: it is not counted as an
    offer.

    The ratio is that of `evaluation.likeness.split_half`: 1 is as close as people are to each other. Of people only
    mean and deviation are published, so as many normal values with these stand for them.

    Returns:
        A row for each of `PEOPLE`.
    """
    values: dict[str, list[float]] = {measure: [] for measure in PEOPLE}
    for dialogue in play(env_id, policy, range(seed, seed + episodes), **settings):
        for measure, value in _measures(dialogue):
            values[measure].append(value)
    rows = []
    for measure, (mean, deviation) in PEOPLE.items():
        ours = values[measure]
        seen = ours or [float("nan")]
        ratio = None
        if deviation is not None:
            people = np.random.default_rng(seed).normal(mean, deviation, DIALOGUES_OF_PEOPLE)
            ratio = split_half(people, ours, seed=seed).ratio
        rows.append(Likeness(measure, mean, deviation, float(np.mean(seen)), float(np.std(seen)), len(ours), ratio))
    return rows


def _measures(dialogue: Dialogue) -> list[tuple[str, float]]:
    list_price = dialogue.scenario.list_price
    turns = list(dialogue.turns())
    found = [("turns", float(len(turns)))]
    if dialogue.state.deal is not None:
        found.append(("final price", dialogue.state.deal / list_price))
    for seat, first, sign in (("buyer", "first buyer offer", 1), ("seller", "first seller counter", -1)):
        offers = [turn.act.price / list_price for turn in turns if turn.seat == seat and isinstance(turn.act, Offer)]
        if turns[0].seat == seat == "seller":
            offers = offers[1:]
        if offers:
            found.append((first, offers[0]))
        for before, after in pairwise(offers):
            found.append((f"concession an offer, {seat}", sign * (after - before)))
            if after != before:
                found.append((f"concession an offer that moves, {seat}", sign * (after - before)))
    return found
