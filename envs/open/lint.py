"""What is wrong with a scenario that can be read: what nobody can reach, what pays for nothing, what gives away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Solution
from .family import matches, understand
from .format import Scenario
from .game import Bye, Do, Inner, Reply, Rules, State
from .library import Script
from .mind import StandIn

_TAGS = Grammar(())
COURSES = 300_000  # hidden situations that are looked at
WORDS = 40  # of a line
OPENINGS = 12  # ways to begin
IDLE = 0.75  # share of the optimum that thoughtless play may get at most


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a file, and what is known of it.

    Attributes:
        faults: What must be mended.
        figures: What the stand-in is worth, by name.
    """

    faults: list[str]
    figures: dict[str, float]


@dataclass
class Reached:
    """What can happen at all, whatever the learner does."""

    facts: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    held: dict[str, set[bool]] = field(default_factory=dict)
    complete: bool = True


def lint(script: Script) -> Verdict:
    """Look at a file from all sides."""
    rules = Rules(script, ("learner", "person"))
    reached = reach(rules)
    faults = [*_unreachable(script.file, reached), *_words(script), *_cues(script)]
    worth = values(rules)
    best = worth["optimum"]
    if best <= 0.0:
        faults.append(
            f"the optimum is {best:.3f}: nobody gains anything; raise what the checks are worth or cut the cost"
        )
    for name, value in worth.items():
        if name not in ("optimum", "secret known") and value > IDLE * best:
            faults.append(
                f"{name} gets {value:.3f}, and the optimum is {best:.3f}: thoughtless play must get at most "
                f"{IDLE:.0%} of it; let it cost something, or let more depend on what is asked"
            )
    return Verdict(faults, worth)


def values(rules: Rules) -> dict[str, float]:
    """The optimum, what the hidden state is worth, and what thoughtless play gets: silence, leaving, pressing."""
    mind = StandIn(rules)
    setting = Setting(rules, mind, rules.seats[0])
    solution = setting.solution
    found = {"optimum": solution.start_value(), "secret known": solution.known_value()}
    for act in rules.acts:
        name = "silence" if act == Say() else "to leave at once" if act == Bye() else f"{_named(act)} again and again"
        only = Solution(rules, mind, setting.seat, lambda state, support, act=act: [act])
        found[name] = only.start_value()
    return found


def reach(rules: Rules) -> Reached:
    """Everything that can come about, over all acts, draws and chances; turns are not told apart."""
    mind, file = StandIn(rules), rules.file
    found = Reached(held={check.id: set() for check in file.score.check})
    begin: list[tuple[State, Inner]] = []
    for hidden in mind.prior().support:
        begin += _next(rules, mind, rules.start(), hidden, found)
    seen = {(state._replace(turn=0), hidden) for state, hidden in begin}
    open_ = list(begin)
    while open_:
        state, hidden = open_.pop()
        _note(rules, state._replace(outcome=state.outcome or "time"), hidden, found)  # time may be up anywhere
        if state.mover is None:
            continue
        for act in rules.acts:
            after = rules.apply(state._replace(turn=0), rules.seats[0], act)
            ends = [(after, hidden)] if after.mover is None else _next(rules, mind, after, hidden, found)
            for one in ends:
                key = (one[0]._replace(turn=0), one[1])
                if key not in seen:
                    if len(seen) >= COURSES:
                        found.complete = False
                        return found
                    seen.add(key)
                    open_.append(key)
    return found


def _next(rules: Rules, mind: StandIn, state: State, hidden: Inner, found: Reached) -> list[tuple[State, Inner]]:
    """What the person makes of it."""
    after = []
    for (moved, act), p in mind.react(hidden, state):
        if p > 0.0 and isinstance(act, Reply):
            found.facts |= {name for name, _ in act.facts}
            found.lines.update(act.line.split("+"))
            after.append((rules.apply(state, rules.seats[1], act), moved))
    return after


def _note(rules: Rules, state: State, hidden: Inner, found: Reached) -> None:
    found.outcomes.add(state.outcome)
    for check in rules.file.score.check:
        found.held[check.id].add(rules.holds(check.when, state, hidden))


def _unreachable(file: Scenario, reached: Reached) -> Iterator[str]:
    if not reached.complete:
        yield f"there are more than {COURSES:,} situations: have fewer draws, variables or moves"
        return
    for fact in file.fact:
        if fact.id not in reached.facts:
            yield f"fact {fact.id!r} is never told: give a rule that tells it and can be reached"
    for number, rule in enumerate(file.rule):
        first = next(k for k, other in enumerate(file.rule) if other.say == rule.say)
        if rule.say and f"rule-{first}" not in reached.lines:
            place = f"rule {number + 1} (on {', '.join(rule.on)})"
            yield f"{place} never fits: an earlier one covers it, or its condition cannot hold"
    for end in file.end:
        if end.outcome not in reached.outcomes:
            yield f"the end {end.outcome!r} is never reached"
    for check in file.score.check:
        if reached.held[check.id] == {False}:
            yield f"check {check.id!r} can never hold"
        if reached.held[check.id] == {True}:
            yield f"check {check.id!r} always holds: it rewards nothing"


def _words(script: Script) -> Iterator[str]:
    """Lines that are too long, and words that tell what has not been told; whoever speaks is told who the person is."""
    file = script.file
    ways = len(set(file.opening)) * len([*product(*file.random.values())])
    if ways < OPENINGS:
        yield f"it can begin in {ways} ways only: have {OPENINGS}, by sentences of `opening` and draws of [random]"
    lines = [("opening", "", line) for line in file.opening] + [("idle", "", line) for line in file.idle]
    for number, rule in enumerate(file.rule):
        lines += [(f"rule {number + 1}", name, line) for line in rule.say for name in [",".join(rule.tell)]]
    lines += [(f"end {end.outcome!r}", "", line) for end in file.end for line in end.say]
    for fact in file.fact:
        said = fact.say.values() if isinstance(fact.say, dict) else [fact.say]
        lines += [(f"fact {fact.id!r}", fact.id, line) for some in said for line in some]
        for line in (line for some in said for line in some):
            if fact.words and not any(re.search(words, line, re.IGNORECASE) for words in fact.words):
                yield f"fact {fact.id!r}: none of its `words` is in {line!r}, so nobody would notice that it is told"
    for place, _, line in lines:
        if len(line.split()) > WORDS:
            yield f"{place}: {line[:40]!r}... has more than {WORDS} words"
    told = [*lines, ("the learner's brief", "", file.learner.brief), ("person.about", "", file.person.about)]
    for fact in file.fact:
        for words in fact.words:
            for place, tells, line in told:
                if fact.id not in tells.split(",") and re.search(words, line, re.IGNORECASE):
                    yield f"{place}: {line[:60]!r} gives away the fact {fact.id!r} (by {words!r})"


def _cues(script: Script) -> Iterator[str]:
    """Moves whose examples are not read as they are meant."""
    for move in script.file.move:
        for example in move.examples:
            also = sorted({name for name in matches(example, script) if name != move.id})
            if understand(example, script).act != Do(move.id):
                yield f"move {move.id!r}: {example!r} is read as {', '.join(also) or 'talk'}; mend its cues"
            elif also:
                yield f"move {move.id!r}: {example!r} is also read as {', '.join(also)}; make the cues narrower"


def _named(act: Act) -> str:
    return repr(act.move) if isinstance(act, Do) else _TAGS.print(act)
