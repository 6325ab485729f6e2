"""Baselines of the expert: random, human-like, and the rules that people and the literature propose."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import GOOD, REVIEWS, Book, Pass, Recommend, Show, Trips, Visit, Warn
from .tours import stop
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the traveller into telling; see `evaluation.attacks`."""

TEMPTED = 0.3
"""How often the human-like expert praises a hotel that is not good, while it seems to be trusted."""
NEAR = 7.0
"""A hotel of so much is nearly good."""

Rule = Callable[[Trips, Visit, Dialogue], bool]
"""Whether to praise a hotel that is not good."""
Speak = Callable[[Dialogue, Stream], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what can be said."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return "Let me think." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like expert in short words: mostly honest, tempted while it is believed, more so at the end.

    After a lie that was found out it tells the truth once; it praises nearly good hotels rather than poor ones.
    """
    act = _advise(dialogue, stream)
    if isinstance(act, (Book, Pass)) or dialogue.state.round < 0:
        return f"{'Hello, here I am.' if dialogue.state.round < 0 else 'Well, then.'} {GRAMMAR.print(act)}".strip()
    hotel, town = stop(dialogue.scenario.tour, dialogue.state.round)
    phrases = PHRASES[act.tag()]
    words = {"tag": GRAMMAR.print(act), "hotel": hotel, "town": town}
    return phrases[stream.choose(len(phrases))].format_map(words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same person, who says nothing but what binds."""
    return GRAMMAR.print(_advise(dialogue, stream)) or "Hello."


def _advise(dialogue: Dialogue, stream: Stream) -> Act:
    game, state = dialogue.setting.game_as(Trips), dialogue.state
    if dialogue.seat == "traveller":
        return _follow(dialogue) if state.honest is not False or stream.random() < TEMPTED else Pass()
    hotel, late = game.hotel(state), state.round >= game.rounds - 2
    chance = 0.0 if state.honest is False and not late else TEMPTED + 0.4 * late
    if not _went(dialogue) and not late:
        chance /= 3
    if game.reviews and hotel.mean < NEAR:
        chance /= 2
    return _praise(game, state) if hotel.good or stream.random() < chance else _honest(game, state)


def _follow(dialogue: Dialogue) -> Act:
    """What a traveller does who believes what it is told."""
    state: Visit = dialogue.state
    if state.round < 0:
        return Say()
    return Book() if state.shown is not None and state.shown >= GOOD else Pass()


def _followed(dialogue: Dialogue) -> str:
    """The same in words; whatever its rule is as an expert, a rule believes as a traveller."""
    return GRAMMAR.print(_follow(dialogue)) or "Hello."


def _by(rule: Rule) -> Speak:
    """Praise what is good, and what is not if the rule says so; else be honest."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        game, state = dialogue.setting.game_as(Trips), dialogue.state
        if dialogue.seat == "traveller":
            return _followed(dialogue)
        praise = game.hotel(state).good or rule(game, state, dialogue)
        return GRAMMAR.print(_praise(game, state) if praise else _honest(game, state))

    return speak


def late_liar(last: int) -> Speak:
    """Honest, but for the last rounds: praise everything there.

    Args:
        last: How many rounds.
    """
    return _by(lambda game, state, dialogue: state.round >= game.rounds - last)


def middle(dialogue: Dialogue, stream: Stream) -> str:
    """Show the middle review of each hotel; without reviews, praise the good ones and say nothing of the others."""
    game, state = dialogue.setting.game_as(Trips), dialogue.state
    if dialogue.seat == "traveller":
        return _followed(dialogue)
    if game.reviews:
        return "[show middle]"
    return "[recommend]" if game.hotel(state).good else "I do not know that one."


def sequel(before: int) -> Speak:
    """Honest until the traveller has gone so often in a row, then praise; honest again where it stays away."""

    def rule(game: Trips, state: Visit, dialogue: Dialogue) -> bool:
        praised = [act for step in dialogue.steps if _praised(step.act) for _, seat, act in step.exchange.replies[:1]]
        return len(praised) >= before and all(isinstance(act, Book) for act in praised[-before:])

    return _by(rule)


HEURISTICS: dict[str, Speak] = {
    "always-praise": _by(lambda game, state, dialogue: True),
    "honest": _by(lambda game, state, dialogue: False),
    "near-miss": _by(lambda game, state, dialogue: game.hotel(state).mean >= NEAR),
    "middle": middle,
    "repent": _by(lambda game, state, dialogue: state.honest is not False),
    "while-believed": sequel(1),
    "late-liar": late_liar(3),
}
"""Fixed rules. The number of *late-liar* is the best of both variants by an exact sweep."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "late-liar"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    grid: dict[str, Speak] = {f"late-liar({last})": late_liar(last) for last in range(13)}
    return grid | {f"while-believed({before})": sequel(before) for before in range(1, 4)}


def _praise(game: Trips, state: Visit) -> Act:
    return Show("high") if game.reviews else Recommend()


def _honest(game: Trips, state: Visit) -> Act:
    """The most favourable word that is true."""
    hotel = game.hotel(state)
    if not game.reviews:
        return Recommend() if hotel.good else Warn()
    true = [which for which, score in zip(REVIEWS, hotel.scores, strict=True) if (score >= GOOD) == hotel.good]
    return Show(true[0])  # type: ignore[arg-type]  # one of the three words


def _praised(act: Act) -> bool:
    return isinstance(act, Recommend) or act == Show("high")


def _went(dialogue: Dialogue) -> bool:
    """Whether the traveller went for the last praise; also where there was none yet."""
    for step in reversed(dialogue.steps):
        if _praised(step.act):
            return any(isinstance(act, Book) for _, _, act in step.exchange.replies)
    return True
