"""Baselines for support: random, human-like, and what the literature on helping does by rule.

The rules from `mirror` on hold the exact belief; they differ in what they wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from ...core.acts import Act
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import (
    CAUSES,
    PLAN_FOR,
    Better,
    Close,
    Cool,
    Disclose,
    Inform,
    Question,
    Reassure,
    Reflect,
    Restate,
    Session,
    Suggest,
    Warm,
    once,
)
from .situations import SITUATIONS

WORDS = content(__file__, "policies.toml")
ATTACKS: dict[str, tuple[str, ...]] = WORDS["attacks"]
"""What a learner says that tries to talk the seeker into telling; see `evaluation.attacks`."""

LISTEN: dict[str, type[Act]] = {"feeling": Reflect, "thinking": Restate}
COMFORT: dict[str, type[Act]] = {"feeling": Reassure, "thinking": Inform}
HASTE = 0.06  # how often the human-like supporter advises before anything was told
HABIT = 0.25  # how often it listens in the other way than the replies speak for

Speak = Callable[[Dialogue, Stream], str]
Pick = Callable[[Dialogue], Act]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the acts that are possible, talk included; the plans count as one."""
    acts = [act for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat) if type(act) is not Suggest] + [
        Suggest("lighten")
    ]
    act = acts[stream.choose(len(acts))]
    if isinstance(act, Suggest):
        return _tag(Suggest(PLAN_FOR[CAUSES[stream.choose(len(CAUSES))]]))
    return _tag(act) or "Take all the time you need."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like supporter in short words: listens in the way that seems to work, asks, comforts, then advises."""
    act = _supporter(dialogue, stream)
    situation = SITUATIONS[dialogue.scenario.situation]
    kind = f"suggest {act.plan}" if isinstance(act, Suggest) else act.tag()
    phrases = WORDS["phrases"][kind]
    words = {"tag": _tag(act), "you": situation.you, "about": situation.about}
    return phrases[stream.choose(len(phrases))].format(**words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same supporter, who says nothing but what binds."""
    return _tag(_supporter(dialogue, stream))


def _supporter(dialogue: Dialogue, stream: Stream) -> Act:
    """What the replies so far speak for, with a habit of its own and some haste."""
    state, game = dialogue.state, dialogue.setting.game_as(Session)
    said = [(step.act, step.exchange.replies[-1][2]) for step in dialogue.steps if step.exchange.replies]
    score = {"feeling": 0.0, "thinking": 0.0}
    for act, reply in said:
        for way in score:
            if isinstance(act, LISTEN[way]):
                score[way] += 1.0 if isinstance(reply, Warm) else -0.6
            elif isinstance(act, COMFORT[way]):
                score[way] += 1.5 if isinstance(reply, Better) else -1.5
    way, other = sorted(score, key=lambda name: (-score[name], stream.random()))
    if stream.random() < HABIT:
        way = other
    warm = sum(isinstance(reply, (Warm, Better)) for _, reply in said)
    last = state.turn + 1 >= game.turns
    cool_advice = not state.told and (last or stream.random() < HASTE)
    if cool_advice:
        return Suggest(PLAN_FOR[CAUSES[stream.choose(2)]])
    if state.told and (last or (warm > 1 and state.turn + 2 >= game.turns)):
        return Suggest(PLAN_FOR[state.told])
    evaded = bool(said) and isinstance(said[-1][0], Question) and isinstance(said[-1][1], Cool)
    if not state.told and not evaded and (warm > 0 or state.turn > 2):
        return Question()
    if state.told and not state.used & once(COMFORT[way]) and state.distress == game.distress and warm > 1:
        return COMFORT[way]()
    if not state.used & once(Disclose) and state.turn > 1 and stream.random() < 0.3:
        return Disclose()
    return LISTEN[way]()


# ---- rules of the literature


def advise(dialogue: Dialogue) -> Act:
    """The problem solver: at once the plan for what is told, or likeliest."""
    state = dialogue.state
    cause = state.told or _likeliest(dialogue, lambda hidden: hidden.cause)
    return Suggest(PLAN_FOR[cause])


def soothe(dialogue: Dialogue) -> Act:
    """Comforts and nothing else: listens, then reassures or informs once trust is likely, then closes."""
    kind = _likeliest(dialogue, lambda hidden: hidden.kind)
    if dialogue.state.used & (once(Reassure) | once(Inform)):
        return Close()
    return COMFORT[kind]() if _trust(dialogue, 1) >= 0.7 else LISTEN[kind]()


def staged(comfort: int, explore: int, kind: str) -> Pick:
    """Hill's stages with fixed lengths: so many turns of listening, up to so many questions, comfort, then a plan.

    `kind` is what the supporter takes everybody for.
    """

    def pick(dialogue: Dialogue) -> Act:
        state = dialogue.state
        if state.turn < comfort:
            return LISTEN[kind]()
        if not state.told and state.turn < comfort + explore:
            return Question()
        if state.told and not state.used & once(COMFORT[kind]) and not _last(dialogue):
            return COMFORT[kind]()
        return advise(dialogue)

    return pick


def mirror(dialogue: Dialogue) -> Act:
    """Listens in the way that is likelier to suit until the last two turns, then asks, and advises."""
    turns = dialogue.setting.game_as(Session).turns
    if _last(dialogue):
        return advise(dialogue)
    if dialogue.state.turn + 2 >= turns and not dialogue.state.told:
        return Question()
    return LISTEN[_likeliest(dialogue, lambda hidden: hidden.kind)]()


def gate(some: float, full: float, disclosing: bool, comfort_first: bool) -> Pick:
    """Trust by threshold, each stage as long as it takes.

    Listens until trust is believed with probability `some`, then asks and comforts, then listens until full trust is
    believed with probability `full`, and advises; in the last turn in any case.
    """

    def pick(dialogue: Dialogue) -> Act:
        state = dialogue.state
        if _last(dialogue):
            return advise(dialogue)
        kind = _likeliest(dialogue, lambda hidden: hidden.kind)
        turns = dialogue.setting.game_as(Session).turns
        if disclosing and not state.used & once(Disclose) and _trust(dialogue, 1) >= some:
            return Disclose()
        if _trust(dialogue, 1) < some and state.turn < turns - 2:
            return LISTEN[kind]()
        fresh = state.distress == dialogue.setting.game_as(Session).distress and not state.used & once(COMFORT[kind])
        if comfort_first and fresh:
            return COMFORT[kind]()
        if not state.told:
            return Question()
        if fresh:
            return COMFORT[kind]()
        return LISTEN[kind]() if _trust(dialogue, 2) < full else advise(dialogue)

    return pick


def _last(dialogue: Dialogue) -> bool:
    return dialogue.state.turn + 1 >= dialogue.setting.game_as(Session).turns


def _likeliest(dialogue: Dialogue, of: Callable[[Any], str]) -> str:
    return max(dialogue.belief().map(of), key=lambda item: round(item[1], 9))[0]


def _trust(dialogue: Dialogue, level: int) -> float:
    """Probability that the seeker trusts by at least so much."""
    return dialogue.belief().map(lambda hidden: hidden.trust >= level).probability(True)


def _speaks(pick: Pick) -> Speak:
    return lambda dialogue, stream: _tag(pick(dialogue))


def _tag(act: Act) -> str:
    if isinstance(act, Suggest):
        return f"[suggest {act.plan}]"
    return f"[{act.tag()}]" if type(act).__name__ != "Say" else ""


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "close": _speaks(lambda dialogue: Close()),
    "advise": _speaks(advise),
    "soothe": _speaks(soothe),
    "stages": _speaks(staged(3, 1, "feeling")),
    "mirror": _speaks(mirror),
    "gate": _speaks(gate(0.65, 0.6, True, False)),
}
"""The parameters are the best on Support-v0 of an exact sweep (`docs/support.md`)."""


def sweep() -> dict[str, Speak]:
    """The parameter grid from which `HEURISTICS` were chosen, by name."""
    return {name: _speaks(pick) for name, pick in _grid()}


def _grid() -> Iterator[tuple[str, Pick]]:
    for comfort, explore, kind in product((0, 1, 2, 3), (1, 2), LISTEN):
        yield f"stages({comfort}, {explore}, {kind})", staged(comfort, explore, kind)
    for some, full, disclosing, first in product((0.5, 0.65, 0.8), (0.4, 0.6, 0.75), (True, False), (True, False)):
        yield f"gate({some}, {full}, {disclosing}, {first})", gate(some, full, disclosing, first)
