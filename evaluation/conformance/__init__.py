"""What every registered environment must do, as checks that anybody can run on any family: ``dialogym check ID``.

A check takes a `Subject` and raises a `Violation` if something is wrong; the message says what, and what to do about
it. They stand in an order in which the first that fails is likely to be the cause of others.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from . import optima, parts, play
from .subject import Subject, Violation

Check = Callable[[Subject], None]

CHECKS: tuple[Check, ...] = (
    parts.settings_make_the_same_family_again,
    parts.scenarios_survive_a_recording,
    parts.the_mind_is_a_distribution,
    parts.acts_can_be_said,
    parts.states_never_change,
    parts.talk_is_always_possible,
    parts.payoffs_are_finite,
    parts.the_words_are_there,
    play.gymnasium_accepts_it,
    play.seeds_matter,
    play.secrets_come_at_the_end,
    play.words_do_not_tell_the_secret,
    play.calls_come_in_order,
    parts.illegal_acts_are_refused_in_words,
    play.any_string_is_answered,
    play.strange_words_cost_a_turn,
    play.three_lost_turns_end_it,
    play.it_can_be_shown,
    play.outcomes_are_complete,
    play.one_seed_is_one_dialogue,
    play.recorded_episodes_replay,
    play.both_seats_can_play,
    parts.a_language_model_can_speak,
    optima.baselines_never_lose_a_turn,
    optima.belief_value_and_best_act_agree,
    optima.nothing_better_was_left_out,
    optima.nobody_beats_the_optimum,
    optima.no_exit_pays_more,
    optima.thoughtless_tricks_do_not_pay,
)
"""All checks."""


def run(subject: Subject) -> Iterator[tuple[str, str]]:
    """Make all the checks.

    Yields:
        The name of each check in words, and what is wrong, or ``""``. What was said by an earlier check already is not
        said again.
    """
    said: dict[str, str] = {}
    for check in CHECKS:
        name, problem = check.__name__.replace("_", " "), ""
        try:
            check(subject)
        except Violation as violation:
            problem = str(violation)
        except Exception as error:
            problem = _unforeseen(error)
        if problem in said:
            problem = f"as with: {said[problem]}"
        elif problem:
            said[problem] = name
        yield name, problem


def _unforeseen(error: Exception) -> str:
    """An error that a family's own code has raised, and where: the last line that is not of a library."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f for f in reversed(frames) if "site-packages" not in f.filename), frames[-1])
    where = f"{Path(place.filename).name}, line {place.lineno}, in {place.name}"
    return f"{type(error).__name__}: {error} ({where})"


__all__ = ["CHECKS", "Check", "Subject", "Violation", "run"]
