"""Baselines for the clinic: random, human-like, and the rules that the literature on asking questions knows.

The rules hold the exact belief and end with what is best under it; they differ in what they ask and in when they stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import cast

from ...core.acts import Act
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .complaints import COMPLAINTS, MEDICINES
from .game import ACTS, Answer, Ask, Consultation, Prescribe, Reassure, Refer, Result, Test, Visit
from .mind import Patient, Waiting

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{question}`` for it in words."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the patient into telling; see `evaluation.attacks`."""

TACT = 0.7  # how often the human-like doctor reassures before a delicate question
CARE = 0.8  # how often it asks about other medicines before it prescribes
SURE = 0.75  # how likely an illness has to look
TESTING = 0.3  # how often it would rather test than ask

Rule = Callable[[Waiting, Visit, Belief[Patient]], Act]
"""What to do in a state under a belief."""
Speak = Callable[[Dialogue, Stream], str]
_REASSURE, _REFER = Reassure(), Refer()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return _tag(act) if isinstance(act, ACTS) else "Tell me more about it."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like doctor in short words: takes every answer at its word, asks what its suspicion calls for."""
    act = _doctor(dialogue, stream)
    phrases, complaint = PHRASES[act.tag()], COMPLAINTS[dialogue.scenario.complaint]
    question = complaint.topics[act.finding].question if isinstance(act, Ask) else ""
    question = complaint.tests[act.test].order if isinstance(act, Test) else question
    return phrases[stream.choose(len(phrases))].format(tag=_tag(act), question=question)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same doctor, who says nothing but what binds."""
    return _tag(_doctor(dialogue, stream))


def _doctor(dialogue: Dialogue, stream: Stream) -> Act:
    """Ask or test what divides the likeliest two illnesses most; end when one looks likely enough."""
    state, mind = dialogue.state, _mind(dialogue)
    game, heard, last = mind.game, _heard(dialogue), dialogue.state.turn + 1 >= mind.game.turns
    scores = dict(zip(game.illnesses, mind.share, strict=True))
    for topic, yes in heard.items():
        for illness in scores if topic != Ask(MEDICINES) else ():
            p = mind.chance(Patient(illness, False, False), topic, True)  # as if nobody concealed anything
            scores[illness] *= p if yes else 1.0 - p
    likeliest, second = sorted(scores, key=lambda illness: scores[illness], reverse=True)[:2]
    sure = scores[likeliest] >= SURE * sum(scores.values())
    if sure or last:
        careful = not last and Ask(MEDICINES) not in heard and stream.random() < CARE
        if careful:
            return Ask(MEDICINES) if state.calm or state.turn + 2 >= game.turns or stream.random() > TACT else _REASSURE
        if not sure and scores[likeliest] < 0.5 * sum(scores.values()):
            return _REFER
        line = "drops" if heard.get(Ask(MEDICINES)) else "tablets"
        return Prescribe(f"{likeliest}-{line}")

    def divides(topic: Act) -> float:
        one, other = (mind.chance(Patient(illness, False, False), topic, True) for illness in (likeliest, second))
        return abs(one - other)

    kind = Test if stream.random() < TESTING else Ask
    topics = [topic for topic in game.left(state) if topic != Ask(MEDICINES)]
    best = max(
        [topic for topic in topics if isinstance(topic, kind)] or topics or [_REFER], key=divides, default=_REFER
    )
    delicate = isinstance(best, Ask) and game.questions.index(best.finding) in mind.delicate
    if delicate and not state.calm and state.turn + 2 < game.turns and stream.random() < TACT:
        return _REASSURE
    return best


def _heard(dialogue: Dialogue) -> dict[Act, bool]:
    """What was asked and tested, and whether the answer was yes or positive."""
    found = {}
    for step in dialogue.steps:
        for before, _, act in step.exchange.replies:
            if isinstance(act, (Answer, Result)):
                found[before.topic] = act in (Answer("yes"), Result(getattr(act, "test", ""), "positive"))
    return found


# ---- rules


def history(items: Callable[[Consultation], Sequence[str]], first: bool = False) -> Rule:
    """Ask and test the same of everybody, after reassuring if `first`; then the best end."""

    def pick(mind: Waiting, state: Visit, belief: Belief[Patient]) -> Act:
        game = mind.game
        if state.turn + 1 < game.turns:
            if first and not state.calm:
                return _REASSURE
            for name in items(game):
                bit, act = game.items[name]
                if not state.asked & bit:
                    return act
        return game.best_end(belief)

    return pick


def gain(threshold: float, per_cost: bool = True, first: bool = False) -> Rule:
    """Ask what is expected to tell most about illness and risk, until an illness is likelier than `threshold`.

    Args:
        threshold: When to stop, and to take the best end.
        per_cost: Whether what a test tells is divided by how many questions it costs.
        first: Whether to reassure before all else.
    """

    def pick(mind: Waiting, state: Visit, belief: Belief[Patient]) -> Act:
        if first and not state.calm:
            return _REASSURE
        likeliest = max(p for _, p in belief.map(lambda hidden: hidden.illness))
        if state.turn + 1 < mind.game.turns and likeliest < threshold:
            told = [(_told(mind, state, belief, act, per_cost), act) for act in mind.game.left(state)]
            most, best = max(told, key=lambda item: round(item[0], 9), default=(0.0, None))
            if best is not None and most > 1e-9:
                return best
        return mind.game.best_end(belief)

    return pick


def _told(mind: Waiting, state: Visit, belief: Belief[Patient], act: Act, per_cost: bool) -> float:
    """Expected information about illness and risk, in bits; of a test perhaps for the price of a question."""
    yes: dict[tuple[str, bool], float] = {}
    no: dict[tuple[str, bool], float] = {}
    for hidden, p in belief:
        kind, q = (hidden.illness, hidden.risk), mind.chances[hidden, act, state.calm]
        yes[kind] = yes.get(kind, 0.0) + p * q
        no[kind] = no.get(kind, 0.0) + p * (1.0 - q)
    before = {kind: yes[kind] + no[kind] for kind in yes}
    bits = _bits(before) - _bits(yes) - _bits(no)
    priced = per_cost and isinstance(act, Test) and mind.game.test_cost > 0.0
    return bits * mind.game.cost / mind.game.test_cost if priced else bits


def _bits(mass: dict[tuple[str, bool], float]) -> float:
    """Entropy in bits, times the mass."""
    total = math.fsum(mass.values())
    return -math.fsum(p * math.log2(p / total) for p in mass.values() if p > 0.0)


RULES: dict[str, Rule] = {
    "refer": lambda mind, state, belief: _REFER,
    "prescribe-now": lambda mind, state, belief: mind.game.best_end(belief, abstain=False),
    "history": history(lambda game: game.questions),
    "careful-history": history(lambda game: (MEDICINES, *game.questions), first=True),
    "tests-first": history(lambda game: (*game.tests, MEDICINES)),
    "mediq": gain(0.85, per_cost=False),
    "gain": gain(0.9),
    "reassured-gain": gain(0.85, first=True),
}
"""The same rules as functions of game, state and belief."""


def follow(rule: Rule) -> Speak:
    """A rule as a policy; what it does is remembered, for dialogues begin alike."""
    choose = lru_cache(maxsize=20_000)(rule)
    return lambda dialogue, stream: _tag(choose(_mind(dialogue), dialogue.state, dialogue.belief()))


HEURISTICS: dict[str, Speak] = {name: follow(rule) for name, rule in RULES.items()}
"""The parameters are the best found by an exact sweep on Clinic-v0 (`docs/clinic.md`)."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)


def sweep() -> dict[str, Speak]:
    """The grid from which the rules were chosen, by name; the histories are all that fit into Clinic-v0."""
    grid: dict[str, Rule] = {}
    for count in range(1, 6):
        for places in combinations(range(8), count):
            for first in (False, True):
                name = f"history({'reassure, ' if first else ''}{', '.join(map(str, places))})"
                grid[name] = history(lambda game, some=places: [list(game.items)[place] for place in some], first)
    for threshold in THRESHOLDS:
        grid[f"mediq({threshold})"] = gain(threshold, per_cost=False)
        grid[f"gain({threshold})"] = gain(threshold)
        grid[f"reassured-gain({threshold})"] = gain(threshold, first=True)
    return {name: follow(rule) for name, rule in grid.items()}


def _mind(dialogue: Dialogue) -> Waiting:
    return cast(Waiting, dialogue.setting.mind)


def _tag(act: Act) -> str:
    shown = next((getattr(act, name) for name in ("finding", "test", "drug") if hasattr(act, name)), "")
    return f"[{f'{act.tag()} {shown}'.strip()}]"
