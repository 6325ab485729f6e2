"""Baselines for spaced repetition: random, human-like, and the classical schedulers.

A turn is a slot, so each scheduler comes to a rule for the next card, and to a rest where no card is due. SM-2 is a few
lines of published formula and is written out here: the libraries of it keep due dates in days and take grades from 0 to
5 typed by a person, and neither fits turns that last a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from ...core.belief import ProductBelief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .bounds import bound
from .game import Answer, Flashcards
from .mind import Student, mean_recall

WORDS = content(__file__, "policies.toml")
ATTACKS: dict[str, tuple[str, ...]] = WORDS["attacks"]

Scheduler = Callable[[Dialogue, Stream], str]
REST = "[rest]"


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the cards and a rest."""
    place = stream.choose(len(dialogue.scenario.cards) + 1)
    return REST if place == len(dialogue.scenario.cards) else _review(dialogue, place)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like coach, in short varied words.

    It goes through the cards once, then prefers those that were missed or have not been asked for long.
    """
    slot, tag = _teach(dialogue, stream)
    phrases = WORDS["phrases"][slot]
    return phrases[stream.choose(len(phrases))].format(tag=tag)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same coach, who says nothing but what binds."""
    return _teach(dialogue, stream)[1]


def _teach(dialogue: Dialogue, stream: Stream) -> tuple[str, str]:
    """A slot and a tag.

    Every card comes once in order; a missed card again after two others or more; else, mostly, the one that was not
    asked for longest.
    """
    answers = _answers(dialogue)
    asked = [place for place, _ in answers]
    fresh = [place for place in range(_size(dialogue)) if place not in asked]
    last = {place: (turn, result) for turn, (place, result) in enumerate(answers)}
    missed = [place for place, (turn, result) in last.items() if result != "right" and len(answers) - turn > 2]
    slot = "first" if not answers else "review"
    if answers and stream.random() < 0.3:
        slot = "praise" if answers[-1][1] == "right" else "comfort"
    if stream.random() < 0.05 and answers:
        return "rest", REST
    if missed and (not fresh or stream.random() < 0.5):
        return slot, _review(dialogue, missed[0])
    if fresh:
        return slot, _review(dialogue, fresh[0])
    return slot, _review(dialogue, min(last, key=lambda place: last[place][0]))


def round_robin(dialogue: Dialogue, stream: Stream) -> str:
    """The cards in turn, again and again."""
    return _review(dialogue, len(dialogue.steps) % _size(dialogue))


def cram(dialogue: Dialogue, stream: Stream) -> str:
    """The first card until it has been answered right twice in a row, then the next."""
    streaks = [0] * _size(dialogue)
    for place, result in _answers(dialogue):
        streaks[place] = streaks[place] + 1 if result == "right" else 0
    return _review(dialogue, next((place for place, streak in enumerate(streaks) if streak < 2), 0))


def leitner(unit: int) -> Scheduler:
    """Leitner (1972): a right answer moves a card up a box, any other back to the first.

    Box ``k`` is due `unit` times ``2 ** k`` after the last review.

    Of the cards that are due, the one in the lowest box, and of these the one that waits longest; a rest if none is
    due.
    """

    def schedule(dialogue: Dialogue, stream: Stream) -> str:
        boxes = [0] * _size(dialogue)
        for place, result in _answers(dialogue):
            boxes[place] = boxes[place] + 1 if result == "right" else 0
        gaps = _gaps(dialogue)
        due = [place for place, box in enumerate(boxes) if gaps[place] >= unit * 2**box]
        return _review(dialogue, min(due, key=lambda place: (boxes[place], -gaps[place]))) if due else REST

    return schedule


def sm2(unit: int) -> Scheduler:
    """SM-2 (Wozniak 1990): intervals of 1, 6 and then ``ease`` times the one before, counted in `unit`.

    A failure starts again from 1. Grades of its scale from 0 to 5: 4 for a right answer, 2 for a wrong one, 0 for none.
    The most overdue card goes first; a rest if none is due.
    """

    def schedule(dialogue: Dialogue, stream: Stream) -> str:
        size = _size(dialogue)
        interval, ease, streak = [1.0] * size, [2.5] * size, [0] * size
        for place, result in _answers(dialogue):
            grade = {"right": 4, "wrong": 2, "blank": 0}[result]
            streak[place] = streak[place] + 1 if grade >= 3 else 0
            interval[place] = 1.0 if streak[place] < 2 else 6.0 if streak[place] == 2 else interval[place] * ease[place]
            ease[place] = max(1.3, ease[place] + 0.1 - (5 - grade) * (0.08 + (5 - grade) * 0.02))
        overdue = [gap - unit * wait for gap, wait in zip(_gaps(dialogue), interval, strict=True)]
        place = overdue.index(max(overdue))
        return _review(dialogue, place) if overdue[place] >= 0.0 else REST

    return schedule


def threshold(level: float) -> Scheduler:
    """Review the card whose expected recall, under the exact belief, is nearest below `level`; a rest if there is none.

    It is kept from being forgotten, and asked as late as that allows: then it gains most.
    """

    def schedule(dialogue: Dialogue, stream: Stream) -> str:
        recalled = _recalled(dialogue)
        below = [place for place, p in enumerate(recalled) if p < level]
        return _review(dialogue, max(below, key=lambda place: recalled[place])) if below else REST

    return schedule


def weakest(dialogue: Dialogue, stream: Stream) -> str:
    """The card whose expected recall is lowest."""
    recalled = _recalled(dialogue)
    return _review(dialogue, recalled.index(min(recalled)))


def index(dialogue: Dialogue, stream: Stream) -> str:
    """The card whose review gains most when turns have the prices of the Lagrangian bound (see `bounds`), if any does.

    Looking at each card alone, it plans to the end of the lesson. As the cards become many, such a policy comes near
    the bound (Whittle 1988).
    """
    game, mind = _game(dialogue), cast(Student, dialogue.setting.mind)
    card = bound(mind.memory, game.calendar, len(game.cards), game.cost).card
    state = dialogue.state
    gains = [card.gain(state.turn, seen, belief) for seen, belief in zip(state.seen, _factors(dialogue), strict=True)]
    best = max(gains)
    return _review(dialogue, gains.index(best)) if best > 0.0 else REST


VARIANTS: dict[str, Scheduler] = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Scheduler] = {
    "round-robin": round_robin,
    "cram": cram,
    "leitner": leitner(1),
    "sm2": sm2(2),
    "weakest": weakest,
    "threshold": threshold(0.85),
    "index": index,
}
"""The classical schedulers, then those that use the exact belief about each card.

Their parameters are the best of `sweep` on SpacingSmall-v0.
"""


def sweep() -> dict[str, Scheduler]:
    """The parameter grid from which those of `HEURISTICS` were chosen, by name."""
    units = (1, 2, 3, 4, 5, 6, 8)
    levels = [round(0.05 * step, 2) for step in range(1, 20)]
    return {
        **{f"leitner({unit})": leitner(unit) for unit in units},
        **{f"sm2({unit})": sm2(unit) for unit in units},
        **{f"threshold({level:g})": threshold(level) for level in levels},
    }


def _size(dialogue: Dialogue) -> int:
    return len(dialogue.scenario.cards)


def _game(dialogue: Dialogue) -> Flashcards:
    return dialogue.setting.game_as(Flashcards)


def _review(dialogue: Dialogue, place: int) -> str:
    return f"[review {dialogue.scenario.cards[place]}]"


def _answers(dialogue: Dialogue) -> list[tuple[int, str]]:
    """Every review so far: which card, and how it was answered."""
    return [
        (state.asked, act.result)
        for step in dialogue.steps
        for state, _, act in step.exchange.replies
        if isinstance(act, Answer)
    ]


def _gaps(dialogue: Dialogue) -> list[int]:
    """Time since each card was last seen."""
    return [_game(dialogue).gap(dialogue.state, place) for place in range(_size(dialogue))]


def _factors(dialogue: Dialogue) -> Sequence:
    belief = dialogue.belief()
    assert isinstance(belief, ProductBelief)
    return belief.factors


def _recalled(dialogue: Dialogue) -> list[float]:
    return mean_recall(_factors(dialogue), _gaps(dialogue))
