"""Baselines for data teaching: random, a typical teacher, and the source's ways to make data by name.

A plan keeps to its acts whatever is reported. The rules hold the exact belief; what they do when is fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import comb
from typing import cast

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .domains import DOMAINS
from .game import EXPLORES, PARTS, PIECES, SKILLS, TOP, WHOLES, Errors, Explore, Make, Report, Rounds, Stop, place_of
from .mind import Learner
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the trainer into telling; see `evaluation.attacks`."""

CURIOSITY = 0.7  # how often the typical teacher has a skill explored before it makes data for it
LOYALTY = 0.8  # how often it stays with a skill that is not yet nearly all right
DOUBT = 0.5  # how often it tries the other part after few right answers
WORTH = 0.2  # least chance to master a skill that the rules work for

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Dialogue], Act]
Seen = list[tuple[Act, Act]]

_STOP = Stop()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return "Let me think for a moment." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical teacher in short words: one skill after the other, by what was said of it last."""
    act = _teacher(dialogue, stream)
    phrases = PHRASES[type(act).__name__.lower()]
    data = act.data if isinstance(act, Make) else act.skill if isinstance(act, Explore) else ""
    named = DOMAINS[dialogue.scenario.domain].get(data, "")
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), data=named)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same teacher, who says nothing but what binds."""
    return GRAMMAR.print(_teacher(dialogue, stream))


def _teacher(dialogue: Dialogue, stream: Stream) -> Act:
    of = _shown(dialogue)
    good = [bool(seen) and seen[-1][1] == Report("most") for seen in of]
    if all(good):
        return _STOP
    done = [step.act for step in dialogue.steps if isinstance(step.act, (Explore, Make))]
    last = _place(done[-1]) if done else stream.choose(len(SKILLS))
    place = last if good[1 - last] or (not good[last] and stream.random() < LOYALTY) else 1 - last
    if not of[place] and dialogue.state.left > 1 and stream.random() < CURIOSITY:
        return EXPLORES[place]
    if not dialogue.state.explored[place]:
        return WHOLES[place]
    part = _next_part(place, of[place], stream.random() < DOUBT)
    return PIECES[place][PARTS[place].index(part)]


def _shown(dialogue: Dialogue) -> list[Seen]:
    """For each skill, what was done for it and what the trainer then showed."""
    of: list[Seen] = [[] for _ in SKILLS]
    for step in dialogue.steps:
        for _, _, act in step.exchange.replies:
            if isinstance(act, (Report, Errors)):
                of[_place(step.act)].append((step.act, act))
    return of


def _place(act: Act) -> int:
    return SKILLS.index(act.skill) if isinstance(act, Explore) else place_of(cast(Make, act).data)


def _next_part(place: int, seen: Seen, doubts: bool) -> str:
    """The part that was last worked on, or named; the other one after few right answers, if that raises doubts."""
    data = [act.data for act, _ in seen if isinstance(act, Make) and len(act.data) > 1]
    told = [act.part for _, act in seen if isinstance(act, Errors)]
    part = data[-1] if data else told[-1]
    if data and doubts and seen[-1][1] == Report("few"):
        return next(other for other in PARTS[place] if other != part)
    return part


# ---- plans and rules


def planned(*acts: Act) -> Rule:
    """These acts in this order, then the end."""

    def rule(dialogue: Dialogue) -> Act:
        done = dialogue.setting.game_as(Rounds).turns - dialogue.state.left
        return acts[done] if done < len(acts) else _STOP

    return rule


def follow(dialogue: Dialogue) -> Act:
    """One skill after the other: its errors, then data for the part that was named, till nearly all is right.

    After few right answers it is the other part's turn.
    """
    for place, seen in enumerate(_shown(dialogue)):
        if not seen:
            return EXPLORES[place]
        if seen[-1][1] != Report("most"):
            return PIECES[place][PARTS[place].index(_next_part(place, seen, True))]
    return _STOP


def adapted(explores: int, worth: float = WORTH) -> Rule:
    """Work for the skill that is likeliest to be mastered with the rounds that are left, on what likeliest helps.

    Args:
        explores: How often a skill is explored before data is made for it; with 0, data is for whole skills.
        worth: Least chance to master a skill; where it is below that for both, the training is stopped.
    """

    def rule(dialogue: Dialogue) -> Act:
        best, chosen = worth, _STOP
        for place, skill in enumerate(SKILLS):
            missing = explores - sum(step.act == Explore(skill) for step in dialogue.steps)
            chance, act = _outlook(dialogue, place, max(missing, 0))
            if chance > best + 1e-9:
                best, chosen = chance, act
        return chosen

    return rule


def _outlook(dialogue: Dialogue, place: int, missing: int) -> tuple[float, Act]:
    """How likely a skill is mastered with as many tries as it needs and one more, and what to do for it now."""
    state, belief, chances = dialogue.state, dialogue.belief(), cast(Learner, dialogue.setting.mind).chances
    tries = state.left - missing
    short = [(hidden.weak[place], TOP - hidden.levels[place], p) for hidden, p in belief if hidden.levels[place] < TOP]
    if not short or tries < 1:
        return 0.0, _STOP
    parts = {part: round(sum(p for weak, _, p in short if weak == part), 9) for part in PARTS[place]}
    part = max(PARTS[place], key=parts.__getitem__)
    act: Act = PIECES[place][PARTS[place].index(part)] if state.explored[place] else WHOLES[place]
    if missing:
        act = EXPLORES[place]
    chance = 0.0
    for weak, need, p in short:
        lift = chances.broad
        if missing:
            lift = chances.clarity * chances.fits
        elif state.explored[place]:
            lift = chances.fits if weak == part else 0.0
        n = min(tries, need + 1)
        chance += p * sum(comb(n, k) * lift**k * (1.0 - lift) ** (n - k) for k in range(need, n + 1))
    return chance, act


RULES: dict[str, Rule] = {
    "no-state": planned(WHOLES[0], WHOLES[1], WHOLES[0], WHOLES[1]),
    "follow-errors": follow,
    "skill-list": adapted(0),
    "skill-tree": adapted(1),
    "explore-twice": adapted(2),
}
"""Plans and rules by name; the names are those of the source's environments where they are alike."""


def _spoken(rule: Rule) -> Speak:
    return lambda dialogue, stream: GRAMMAR.print(rule(dialogue))


HEURISTICS: dict[str, Speak] = {name: _spoken(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""


def sweep() -> dict[str, Speak]:
    """All plans of two to four rounds of data for whole skills, and the grid of rules, by name."""
    grid: dict[str, Rule] = {}
    for rounds in (2, 3, 4):
        for acts in product(WHOLES, repeat=rounds):
            if acts[0] == WHOLES[0]:  # the skills are alike
                grid[f"plan({','.join(act.data for act in acts)})"] = planned(*acts)
    for explores, worth in product((0, 1, 2), (0.05, 0.1, 0.15, 0.2, 0.3)):
        grid[f"adapted({explores},{worth})"] = adapted(explores, worth)
    return {name: _spoken(rule) for name, rule in grid.items()}
