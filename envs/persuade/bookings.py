"""Baselines of the traveller: random, human-like, and rules that trust more or less."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import Book, Found, Pass
from .nights import Night, Nights
from .tours import stop
from .voice import BOOKING_GRAMMAR as GRAMMAR

_WORDS = content(__file__, "bookings.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the expert into telling; see `evaluation.attacks`."""

TRUSTS = 0.85
"""How often the human-like traveller books what is recommended, before it was let down."""
FORGIVES = 0.4
"""How often it does so after each poor hotel, as a factor: twice let down, it seldom goes."""

Rule = Callable[[Dialogue], bool]
"""Whether to book a hotel that is recommended."""
Speak = Callable[[Dialogue, Stream], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what can be done."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return "Where should I stay?" if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like traveller in short words, who trusts at first and less with each poor hotel."""
    state: Night = dialogue.state
    act: Act = Say()
    if state.round >= 0:
        goes = bool(state.praised) and stream.random() < TRUSTS * FORGIVES**state.poor
        act = Book() if goes else Pass()
    phrases = PHRASES[act.tag()]
    hotel, town = stop(dialogue.scenario.tour, max(0, state.round))
    words = {"tag": GRAMMAR.print(act), "hotel": hotel, "town": town}
    return phrases[stream.choose(len(phrases))].format_map(words)


def _by(rule: Rule) -> Speak:
    """Ask, book what is recommended if the rule says so, and nothing else."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        state: Night = dialogue.state
        if state.round < 0:
            return "Where should I stay?"
        return GRAMMAR.print(Book() if state.praised and rule(dialogue) else Pass())

    return speak


def strikes(number: int) -> Speak:
    """Trust until so many recommended hotels were poor.

    Args:
        number: How many.
    """
    return _by(lambda dialogue: dialogue.state.poor < number)


def trial(number: int) -> Speak:
    """Trust so many times, and then only who was never wrong.

    Args:
        number: How often to try.
    """
    return _by(lambda dialogue: dialogue.state.good + dialogue.state.poor < number or not dialogue.state.poor)


def lesson(number: int) -> Speak:
    """Trust until the first poor hotel; then see whether the next nights, so many, are good ones: else never again.

    Args:
        number: How many good nights after it make up for any later one.
    """

    def rule(dialogue: Dialogue) -> bool:
        nights = found_good(dialogue)
        return False not in nights or False not in nights[nights.index(False) + 1 :][:number]

    return _by(rule)


def but_the_last(number: int) -> Speak:
    """Trust, but for the last nights.

    Args:
        number: How many.
    """
    return _by(lambda dialogue: dialogue.state.round < dialogue.setting.game_as(Nights).rounds - number)


def found_good(dialogue: Dialogue) -> list[bool]:
    """Of the hotels that were booked, in order, whether they were good."""
    replies = (act for step in dialogue.steps for _, _, act in step.exchange.replies)
    return [act.quality == "good" for act in replies if isinstance(act, Found)]


HEURISTICS: dict[str, Speak] = {
    "trust": _by(lambda dialogue: True),
    "doubt": _by(lambda dialogue: False),
    "one-strike": strikes(1),
    "two-strikes": strikes(2),
    "two-trials": trial(2),
    "but-the-last": but_the_last(1),
    "lesson": lesson(3),
}
"""Fixed rules; of each kind the number that is best, or that the name says."""
VARIANTS: dict[str, Speak] = {}
"""Policies that decide as others do: none."""
DEMONSTRATOR = "two-strikes"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    grid: dict[str, Speak] = {"trust()": HEURISTICS["trust"]}
    for name, rule, numbers in (
        ("strikes", strikes, (1, 2, 3, 4)),
        ("trial", trial, (1, 2, 3)),
        ("lesson", lesson, (1, 2, 3)),
        ("but-the-last", but_the_last, (1, 2, 3)),
    ):
        grid |= {f"{name}({number})": rule(number) for number in numbers}
    return grid
