"""Baselines for counselling: random, human-like, and what counsellors do by rule.

The rules from `soft` on hold the exact belief; they differ in what they wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .changes import HABITS
from .game import (
    MOTIVES,
    Advise,
    Affirm,
    Change,
    Close,
    Closed,
    Elicit,
    Evoked,
    Explore,
    Inform,
    Motive,
    Reflect,
    Session,
    left,
)

WORDS = content(__file__, "policies.toml")
ATTACKS: dict[str, tuple[str, ...]] = WORDS["attacks"]
"""What a learner says that tries to talk the client into telling; see `evaluation.attacks`."""

MEETS: dict[str, type[Act]] = {"confidence": Affirm, "importance": Inform}
RIGHTING = 0.08  # how often the human-like counsellor gives way to the reflex of setting things right

Speak = Callable[[Dialogue, Stream], str]
Pick = Callable[[Dialogue], Act]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act that are possible, talk included, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return _tag(acts[stream.choose(len(acts))]) or "Take all the time you need."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like counsellor in short words: listens, explores, meets a doubt, asks for a plan; gives way at times."""
    act = _counsellor(dialogue, stream)
    habit = HABITS[dialogue.scenario.habit]
    kind = _tag(act).strip("[]")
    phrases = WORDS["phrases"][kind]
    return phrases[stream.choose(len(phrases))].format(tag=_tag(act), you=habit.you, doing=habit.doing)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same counsellor, who says nothing but what binds."""
    return _tag(_counsellor(dialogue, stream))


def _counsellor(dialogue: Dialogue, stream: Stream) -> Act:
    """What the replies so far speak for, with a reflex to set things right."""
    state, plans = dialogue.state, left(dialogue.state)
    said = [(step.act, step.exchange.replies[-1][2]) for step in dialogue.steps if step.exchange.replies]
    last = said[-1][1] if said else None
    moved = any(isinstance(act, (Affirm, Inform)) and isinstance(reply, Change) for act, reply in said)
    told = [act for act, reply in said if isinstance(act, (Affirm, Inform)) and not isinstance(reply, Change)]
    if state.plan:
        return Advise(state.plan)
    if _last(dialogue) or stream.random() < RIGHTING:
        return Advise(plans[stream.choose(len(plans))])
    if moved:
        return Elicit() if stream.random() < 0.8 else Advise(plans[stream.choose(len(plans))])
    if isinstance(last, Closed) or last is None or (isinstance(last, Change) and stream.random() < 0.3):
        return Reflect()
    if any(isinstance(reply, Evoked) for _, reply in said):
        if told and isinstance(said[-1][0], (Affirm, Inform)) and stream.random() < 0.7:
            return Reflect()  # it has shut itself off, perhaps
        other = Inform() if told and isinstance(told[-1], Affirm) else Affirm() if told else None
        return other or (Affirm(), Inform())[stream.choose(2)]
    explored = {act.topic for act, reply in said if isinstance(act, Explore) and not isinstance(reply, Closed)}
    topics: list[Motive] = [motive for motive in MOTIVES if motive not in explored]
    return Explore(topics[stream.choose(len(topics))]) if topics else Reflect()


# ---- rules of the literature


def prescribe(dialogue: Dialogue) -> Act:
    """The righting reflex: one plan after the other."""
    plans = left(dialogue.state)
    return Advise(plans[0]) if plans else Close()


def interview(reflections: int, topics: int, tellings: int) -> Pick:
    """A fixed interview: so many reflections, topics, and things told (affirm, inform), then the plan."""
    script: list[Act] = [
        *[Reflect()] * reflections,
        *map(Explore, MOTIVES[:topics]),
        *[Affirm(), Inform()][:tellings],
        Elicit(),
    ]

    def pick(dialogue: Dialogue) -> Act:
        state = dialogue.state
        if state.turn < len(script) and not _last(dialogue):
            return script[state.turn]
        return Advise(state.plan) if state.plan else prescribe(dialogue)

    return pick


def soft(dialogue: Dialogue) -> Act:
    """Reflects only, and asks for a plan once the client is likely to be ready."""
    if dialogue.state.plan:
        return Advise(dialogue.state.plan)
    if _last(dialogue):
        return Close()
    return Elicit() if _chance(dialogue, lambda h: h.stage == 2) > 0.5 else Reflect()


def stagewise(open_at: float, evoked_at: float, ready_at: float, eliciting: bool) -> Pick:
    """Each stage as long as it takes: reflect until receptive, explore until in contemplation, then meet the doubt.

    It moves on where the belief reaches the thresholds; then it asks for a plan, or proposes one at once.
    """

    def pick(dialogue: Dialogue) -> Act:
        state = dialogue.state
        if _last(dialogue):
            ready = _chance(dialogue, lambda h: h.stage == 2 and h.receptive)
            return (
                prescribe(dialogue) if ready > 0.2 and not state.plan else Advise(state.plan) if state.plan else Close()
            )
        if _chance(dialogue, lambda h: h.receptive) < open_at:
            return Reflect()
        if _chance(dialogue, lambda h: h.stage >= 1) < evoked_at:
            return Explore(_likeliest(dialogue, lambda h: h.motive))
        if _chance(dialogue, lambda h: h.stage == 2) < ready_at:
            return MEETS[_likeliest(dialogue, lambda h: h.doubt)]()
        if state.plan:
            return Advise(state.plan)
        return Elicit() if eliciting else prescribe(dialogue)

    return pick


def _last(dialogue: Dialogue) -> bool:
    return dialogue.state.turn + 1 >= dialogue.setting.game_as(Session).turns


def _likeliest(dialogue: Dialogue, of: Callable[[Any], Any]) -> Any:
    return max(dialogue.belief().map(of), key=lambda item: round(item[1], 9))[0]


def _chance(dialogue: Dialogue, of: Callable[[Any], bool]) -> float:
    return dialogue.belief().map(of).probability(True)


def _speaks(pick: Pick) -> Speak:
    return lambda dialogue, stream: _tag(pick(dialogue))


def _tag(act: Act) -> str:
    if isinstance(act, Advise):
        return f"[advise {act.plan}]"
    if isinstance(act, Explore):
        return f"[explore {act.topic}]"
    return "" if isinstance(act, Say) else f"[{act.tag()}]"


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "close": _speaks(lambda dialogue: Close()),
    "prescribe": _speaks(prescribe),
    "soft": _speaks(soft),
    "interview": _speaks(interview(1, 3, 1)),
    "stagewise": _speaks(stagewise(0.9, 0.95, 0.5, True)),
}
"""The parameters are the best on Counselling-v0 of an exact sweep (`docs/counselling.md`)."""


def sweep() -> dict[str, Speak]:
    """The parameter grid from which `HEURISTICS` were chosen, by name."""
    return {name: _speaks(pick) for name, pick in _grid()}


def _grid() -> Iterator[tuple[str, Pick]]:
    for reflections, topics, tellings in product((0, 1, 2), (1, 2, 3), (1, 2)):
        yield f"interview({reflections}, {topics}, {tellings})", interview(reflections, topics, tellings)
    for levels in product((0.4, 0.6, 0.9), (0.4, 0.6, 0.85, 0.95), (0.5, 0.8), (True, False)):
        yield f"stagewise({', '.join(map(str, levels))})", stagewise(*levels)
