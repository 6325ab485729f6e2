"""Baselines for persuasion: random, a typical volunteer, and the strategies of the literature by name.

The fixed strategies hold the exact belief to choose between the two appeals and the two sums; what they do when is
fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal, cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .charities import CHARITIES
from .game import AMOUNTS, FACTS, KINDS, MOVERS, Appeal, Campaign, Inquire, Kind, Plea, Propose, React, Stop
from .mind import Mindset
from .voice import GRAMMAR, SUMS

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the persuadee into telling; see `evaluation.attacks`."""

SHYNESS = 0.35  # how often the typical volunteer asks no personal question
HASTE = 0.15  # how often it asks for money a turn too early
MODESTY = 0.4  # how often it asks for the smaller sum

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Campaign, Plea, Belief], Act]

_INQUIRE, _STOP = Inquire(), Stop()
_LESS, _MORE = (Propose(cents) for cents in AMOUNTS)


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return "It is a good thing, believe me." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical volunteer in short words: often asks first, tells three facts by what it hears, then asks for money."""
    act = _volunteer(dialogue, stream)
    phrases = PHRASES[act.tag()]
    facts = CHARITIES[dialogue.scenario.charity].facts
    fact = facts[act.kind][dialogue.state.told[KINDS.index(act.kind)]] if isinstance(act, Appeal) else ""
    asked = SUMS[act.cents] if isinstance(act, Propose) else ""
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), fact=fact, sum=asked)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same volunteer, who says nothing but what binds."""
    return GRAMMAR.print(_volunteer(dialogue, stream))


def _volunteer(dialogue: Dialogue, stream: Stream) -> Act:
    state, turns = dialogue.state, dialogue.setting.game_as(Campaign).turns
    if state.given:
        return _MORE if state.turn < turns and stream.random() < 0.7 else _STOP
    if state.turn == 0 and stream.random() >= SHYNESS:
        return _INQUIRE
    if state.turn + 1 >= turns or (state.turn >= 2 and stream.random() < HASTE):
        return _LESS if stream.random() < MODESTY else _MORE
    said = [(before.topic, act.word) for before, act in _answers(dialogue)]
    told: list[Kind] = [topic.kind for topic, _ in said if isinstance(topic, Appeal)]
    wanted: list[Kind] = [kind for topic, word in said if isinstance(topic, Inquire) for kind in KINDS if kind == word]
    nodded: list[Kind] = [topic.kind for topic, word in said if isinstance(topic, Appeal) and word == "nod"]
    hopes: list[Kind] = [*wanted, *(kind for kind in nodded if kind in MOVERS)]
    for kind in hopes:
        if told.count(kind) < (1 if kind == "trust" else FACTS):
            return Appeal(kind)
    fresh: list[Kind] = [kind for kind in KINDS if kind not in told]
    open_ones: list[Kind] = fresh or [kind for kind in KINDS if told.count(kind) < FACTS]
    return Appeal(open_ones[stream.choose(len(open_ones))])


def _answers(dialogue: Dialogue) -> Iterator[tuple[Plea, React]]:
    for step in dialogue.steps:
        for before, _, act in step.exchange.replies:
            if isinstance(act, React):
                yield before, act


# ---- fixed strategies


def likely_kind(belief: Belief[Mindset]) -> Kind:
    """What is likeliest to move the person; of equals, reason."""
    return max(MOVERS, key=lambda kind: round(sum(p for hidden, p in belief if hidden.kind == kind), 9))


def best_ask(state: Plea, belief: Belief[Mindset]) -> Act:
    """The sum that is worth most now; nothing, if no more is to be had."""
    open_ones = [proposal for proposal in (_MORE, _LESS) if proposal.cents > state.given]

    def worth(proposal: Propose) -> float:
        return (proposal.cents - state.given) * sum(p for hidden, p in belief if hidden.gives(proposal.cents))

    return max(open_ones, key=worth) if open_ones else _STOP


def campaign(
    inquire: bool = False, trust: int = 0, facts: int = 0, foot: bool = False, follow: Kind | Literal["", "both"] = ""
) -> Rule:
    """Ask the personal question or not, then facts that speak for the charity, then others, then ask for money.

    Args:
        inquire: Whether it begins with the personal question.
        trust: Facts for the charity.
        facts: Facts of reason or feeling after these.
        foot: Whether the smaller sum is asked for first (the foot in the door).
        follow: The kind of those facts; ``""`` takes the likelier one, ``"both"`` one of each in turn.
    """

    def rule(game: Campaign, state: Plea, belief: Belief) -> Act:
        told = state.told[0] + state.told[1]
        last = state.turn + 1 >= game.turns
        if inquire and not state.inquired and not last:
            return _INQUIRE
        if state.told[2] < trust and not last:
            return Appeal("trust")
        if told < facts and not last and not state.given:
            kind = MOVERS[told % 2] if follow == "both" else follow or likely_kind(belief)
            place = KINDS.index(kind)
            return Appeal(kind if state.told[place] < FACTS else MOVERS[1 - place])
        if state.turn >= game.turns:
            return _STOP
        return _LESS if foot and not state.given and not last else best_ask(state, belief)

    return rule


def confident(doubt: float, sure: float, inquire: bool = True) -> Rule:
    """Speak for the charity while doubts are likely, tell facts, ask for a dollar once a yes is likely.

    Args:
        doubt: Facts for the charity are told while doubts are at least so likely.
        sure: A dollar is asked for as soon as a yes to it is at least so likely.
        inquire: Whether it begins with the personal question.
    """

    def rule(game: Campaign, state: Plea, belief: Belief) -> Act:
        if inquire and not state.inquired:
            return _INQUIRE
        yes = sum(p for hidden, p in belief if hidden.gives(AMOUNTS[-1]))
        kind = likely_kind(belief)
        kinds: list[Kind] = [kind, MOVERS[1 - MOVERS.index(kind)]]
        if sum(p for hidden, p in belief if hidden.doubts) >= doubt:
            kinds.insert(0, "trust")
        open_ones: list[Kind] = [kind for kind in kinds if state.told[KINDS.index(kind)] < FACTS]
        if state.turn + 1 >= game.turns or yes >= sure or not open_ones:
            return best_ask(state, belief) if state.turn < game.turns else _STOP
        return Appeal(open_ones[0])

    return rule


RULES: dict[str, Rule] = {
    "ask-at-once": campaign(),
    "rotate": campaign(trust=1, facts=2, follow="both"),
    "logical-appeals": campaign(facts=2, follow="reason"),
    "emotional-appeals": campaign(facts=2, follow="feeling"),
    "foot-in-the-door": campaign(trust=1, facts=1, foot=True),
    "inquire-then-appeal": campaign(inquire=True, trust=1, facts=2),
    "confident": confident(0.45, 0.6),
}
"""Fixed strategies by name; `inquire-then-appeal` and `confident` are the best of their kinds on Persuasion-v0."""

HEURISTICS: dict[str, Speak] = {
    name: lambda dialogue, stream, rule=rule: GRAMMAR.print(
        rule(cast(Campaign, dialogue.setting.game), dialogue.state, dialogue.belief())
    )
    for name, rule in RULES.items()
}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""


def sweep() -> dict[str, Speak]:
    """The grid from which `RULES` were chosen, by name."""
    grid: dict[str, Rule] = {}
    for inquire, trust, facts, foot in product((False, True), (0, 1, 2), (0, 1, 2, 3), (False, True)):
        grid[f"campaign({'inquire,' if inquire else ''}{trust},{facts}{',foot' if foot else ''})"] = campaign(
            inquire, trust, facts, foot
        )
    for doubt, sure, inquire in product((0.15, 0.3, 0.45, 0.6), (0.4, 0.5, 0.6, 0.7, 0.8), (False, True)):
        grid[f"confident({doubt},{sure}{',inquire' if inquire else ''})"] = confident(doubt, sure, inquire)
    return {
        name: lambda dialogue, stream, rule=rule: GRAMMAR.print(
            rule(cast(Campaign, dialogue.setting.game), dialogue.state, dialogue.belief())
        )
        for name, rule in grid.items()
    }
