"""Baselines of the donor game: random, human-like, and the rules of the literature by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import MOST, DonorGame, Give, Street
from .voice import GRAMMAR, counted

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk people into telling; see `evaluation.attacks`."""

HELPS = (0.5, 0.8, 0.9)
"""How often the human-like learner helps somebody who gave nothing, one or two units last."""
GENEROUS = 0.85
"""How often it gives two, and not one, if it helps."""
GRATEFUL = 0.95
"""How often it helps anybody, after one of the last two neighbours gave it two."""
SOUR = 0.3
"""By this its readiness falls after two neighbours in a row who gave nothing, and again in the last round."""

Rule = Callable[[Street, Sequence[int]], int]
"""Units to give, by the state and by what all neighbours gave so far."""
Speak = Callable[[Dialogue, Stream], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what can be done."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return "Let me think." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like learner in short words: helps, rather those who have helped, less where it is not helped.

    As in experiments, people give more often to those who have given (Wedekind and Milinski 2000).
    """
    act = _lead(dialogue, stream)
    if not isinstance(act, Give):  # it is another seat's turn, which only talks
        return "Well, then."
    phrases = PHRASES[("none", "one", "two")[act.units]]
    said = counted(act.units, dialogue.scenario.place)
    words = {"tag": GRAMMAR.print(act), "said": said, "Said": said[:1].upper() + said[1:]}
    return phrases[stream.choose(len(phrases))].format_map(words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same person, who says nothing but what binds."""
    return GRAMMAR.print(_lead(dialogue, stream))


def _lead(dialogue: Dialogue, stream: Stream) -> Act:
    game, state = dialogue.setting.game_as(DonorGame), dialogue.state
    return Give(human(game, state, received(dialogue), stream))


def human(game: DonorGame, state: Street, got: Sequence[int], stream: Stream) -> int:
    """What the human-like learner gives."""
    chance = GRATEFUL if MOST in got[-2:] else HELPS[state.asked]
    if len(got) >= 2 and not any(got[-2:]):
        chance *= SOUR
    if state.round == game.rounds - 1:
        chance *= SOUR
    drawn, much = stream.random(), stream.random() < GENEROUS
    return 1 + much if drawn < chance else 0


def received(dialogue: Dialogue) -> list[int]:
    """What all neighbours gave so far."""
    return [
        act.units if isinstance(act, Give) else 0
        for step in dialogue.steps
        for _, seat, act in step.exchange.replies
        if seat == "neighbour"
    ]


def _by(rule: Rule) -> Speak:
    def speak(dialogue: Dialogue, stream: Stream) -> str:
        return GRAMMAR.print(Give(rule(dialogue.state, received(dialogue))))

    return speak


def selfish(state: Street, got: Sequence[int]) -> int:
    """Nothing."""
    return 0


def one(state: Street, got: Sequence[int]) -> int:
    """One unit to everybody."""
    return 1


def always(state: Street, got: Sequence[int]) -> int:
    """The most, to everybody."""
    return MOST


def image(state: Street, got: Sequence[int]) -> int:
    """What the visitor gave last: image scoring (Nowak and Sigmund 1998), and where it is excused, good standing."""
    return state.asked


def tit_for_tat(state: Street, got: Sequence[int]) -> int:
    """The most at first, then what the last neighbour gave (upstream reciprocity)."""
    return got[-1] if got else MOST


def probe(rounds: int, skip: int) -> Rule:
    """The most for some rounds, and on if a neighbour has given the most; else nothing.

    Args:
        rounds: For so many.
        skip: So many neighbours at first do not count.
    """
    return lambda state, got: MOST if len(got) < rounds or MOST in got[skip:] else 0


def patient(zeros: int) -> Rule:
    """The most, but nothing after so many neighbours in a row who gave nothing."""
    return lambda state, got: 0 if len(got) >= zeros and not any(got[-zeros:]) else MOST


RULES: dict[str, Rule] = {
    "selfish": selfish,
    "one": one,
    "always-give": always,
    "image-scoring": image,
    "tit-for-tat": tit_for_tat,
    "patient": patient(2),
    "probe": probe(2, 1),
}
"""Fixed rules. The numbers of the last two are the best of a grid for the default."""
HEURISTICS: dict[str, Speak] = {name: _by(rule) for name, rule in RULES.items()}
"""The same, as policies."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "probe"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    grid = {f"patient({zeros})": patient(zeros) for zeros in (1, 2, 3)}
    grid |= {f"probe({rounds}, {skip})": probe(rounds, skip) for rounds in (1, 2, 3) for skip in (0, 1)}
    return {name: _by(rule) for name, rule in grid.items()}
