"""Baselines for alternating offers: random, human-like, and the rules that people and theory propose."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import SEATS, UNITS, Accept, AlternatingOffers, Propose
from .mind import equilibrium, in_units
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the person into telling; see `evaluation.attacks`."""

FIRST_DEMAND = (0.57, 0.07)
"""Mean and spread of the share that people ask for first."""
CONCESSION = (0.03, 0.03)
"""By how much they come down with each offer of their own."""
LEAST_TAKEN = 0.4
"""A share that they seldom refuse."""

Speak = Callable[[Dialogue, Stream], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the legal kinds of act, then over splits in whole units."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    kinds = list(dict.fromkeys(type(act) for act in acts))
    kind = kinds[stream.choose(len(kinds))]
    some = [act for act in acts if type(act) is kind]
    act = some[stream.choose(len(some))]
    return "Let us talk about it." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like sharer in short words: asks for somewhat more than half, comes down slowly, takes what is near it.

    As in experiments, first demands lie between half and the equilibrium, and low offers are refused although to take
    them would pay more (Ochs and Roth 1989).
    """
    act = _share(dialogue, stream)
    slot = "half" if isinstance(act, Propose) and 2 * act.give == _game(dialogue).pot else act.tag()
    phrases = PHRASES[slot]
    words = {"tag": GRAMMAR.print(act), "mine": 0, "yours": 0}
    if isinstance(act, Propose):
        words |= {"mine": _game(dialogue).pot - act.give, "yours": act.give}
    return phrases[stream.choose(len(phrases))].format_map(words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same person, who says nothing but what binds."""
    return GRAMMAR.print(_share(dialogue, stream))


def _share(dialogue: Dialogue, stream: Stream) -> Act:
    offered, units = _offered(dialogue), UNITS
    before = [step.act.give for step in dialogue.steps if isinstance(step.act, Propose)]
    if before:
        ask = units - before[-1] * units / _game(dialogue).pot - units * max(0.0, _normal(stream, *CONCESSION))
    else:
        ask = units * _normal(stream, *FIRST_DEMAND)
    ask = min(max(round(ask), 9), 17)
    if offered is not None and (offered >= ask - 1 or offered >= LEAST_TAKEN * units or (_over(dialogue) and offered)):
        return Accept()
    return Say() if _over(dialogue) else _asking(dialogue, ask)


def _keeping(plan: Callable[[Dialogue], int]) -> Speak:
    """Ask for what is planned; take what is as good, and in the end anything."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        ask, offered = plan(dialogue), _offered(dialogue)
        if offered is not None and (offered >= ask or _over(dialogue)):
            return "[accept]"
        return "No." if _over(dialogue) else GRAMMAR.print(_asking(dialogue, ask))

    return speak


def split(keep: int) -> Speak:
    """Ask for the same in each offer.

    Args:
        keep: Units of 5%.
    """
    return _keeping(lambda dialogue: keep)


def concede(start: int, end: int) -> Speak:
    """Come down evenly from `start` to `end`, in units, until the last offer."""
    return _keeping(lambda d: round(start + (end - start) * d.state.offers / _game(d).offers))


def theory(patience: float) -> Speak:
    """Equilibrium play against a rational person of that patience."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        game, number, offered = _game(dialogue), dialogue.state.offers, _offered(dialogue)
        mine = SEATS.index(dialogue.seat)
        own = game.discounts[mine]
        assert own is not None
        leaves = equilibrium(game.offers, *((own, patience) if mine == 0 else (patience, own)))
        worth = 0.0 if _over(dialogue) else own * UNITS * (1.0 - leaves[number])
        if offered is not None and offered >= worth:
            return "[accept]"
        return "No." if _over(dialogue) else GRAMMAR.print(_asking(dialogue, UNITS - in_units(leaves[number])))

    return speak


def wait(offers: int) -> Speak:
    """Talk until so many offers were made, then take whatever is offered."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        return "[accept]" if dialogue.state.standing is not None and dialogue.state.offers >= offers else "And else?"

    return speak


HEURISTICS: dict[str, Speak] = {
    "accept-now": wait(0),
    "equal-split": split(10),
    "split": split(12),
    "concede": concede(13, 12),
    "equilibrium": theory(0.5),
}
"""Fixed rules. `split`, `concede` and `equilibrium` are the best of their kinds by an exact sweep."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "split"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    grid: dict[str, Speak] = {f"wait({offers})": wait(offers) for offers in range(0, 14, 2)}
    grid |= {f"split({keep})": split(keep) for keep in range(6, 19)}
    grid |= {f"concede({start},{end})": concede(start, end) for start in range(8, 19) for end in range(5, start)}
    grid |= {f"equilibrium({patience})": theory(patience) for patience in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)}
    return grid


def _game(dialogue: Dialogue) -> AlternatingOffers:
    return dialogue.setting.game_as(AlternatingOffers)


def _over(dialogue: Dialogue) -> bool:
    """Whether no offer is left."""
    return dialogue.state.offers >= _game(dialogue).offers


def _offered(dialogue: Dialogue) -> int | None:
    """What the other side offers now, in whole units."""
    standing = dialogue.state.standing
    return None if standing is None else standing * UNITS // _game(dialogue).pot


def _asking(dialogue: Dialogue, ask: int) -> Propose:
    return Propose((UNITS - ask) * _game(dialogue).pot // UNITS)


def _normal(stream: Stream, mean: float, deviation: float) -> float:
    """Box and Muller (1958)."""
    return mean + deviation * math.sqrt(-2.0 * math.log(1.0 - stream.random())) * math.cos(
        2.0 * math.pi * stream.random()
    )
