"""What is wrong with a scenario that can be read: what nobody can reach, what pays for nothing, what gives away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from ...core.acts import Act, Say
from ...core.grammar import Grammar
from ...core.setting import Setting
from .acts import Bye, Do, Entry, Reply, Scene, kinds_of
from .drafts import FileGrammar
from .family import matches, understand
from .faults import calls_of, filled
from .format import Scenario
from .game import Inner, Rules, State, seats_of
from .library import Script
from .mind import StandIn
from .parts import CLOSED, TIME

_TAGS, _TEXTS = Grammar(()), FileGrammar(())
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
        notes: What may be meant so.
    """

    faults: list[str]
    figures: dict[str, float]
    notes: list[str] = field(default_factory=list)


@dataclass
class Reached:
    """What can happen at all, whatever the learner does.

    Attributes:
        facts: What can be told.
        lines: What can be said, by the names that acts use.
        ends: Session and outcome -> after how many turns of its dialogue it can come about.
        held: Check -> whether it holds at an end -> after how many turns that can come about.
        done: Forbidden thing -> whether it was done, at an end.
        complete: Whether everything was looked at.
    """

    facts: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    ends: dict[tuple[int, str], int] = field(default_factory=dict)
    held: dict[str, dict[bool, int]] = field(default_factory=dict)
    done: dict[str, set[bool]] = field(default_factory=dict)
    complete: bool = True


def lint(script: Script) -> Verdict:
    """Look at a file from all sides."""
    rules = Rules(script, seats_of(script.file, ("learner", "person")))
    reached = reach(rules)
    faults = [*_unreachable(script.file, reached), *_words(script), *_cues(script), *_drafts(script, rules)]
    faults += _forbidden(script, rules)
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
    notes = []
    if worth["secret known"] - best < 1e-9:
        notes.append(
            "who knows all that is hidden gets no more than the optimum: asking costs nothing, or is not needed"
        )
    return Verdict(faults, worth, notes)


def shared_tools(scripts: Sequence[Script]) -> Iterator[str]:
    """Tools that scenarios cannot be drawn together for: of one name, with other arguments."""
    found: dict[str, tuple[str, object]] = {}
    for script in scripts:
        for name, kind in kinds_of(script.file).items():
            first, other = found.setdefault(name, (script.file.id, kind))
            if other is not kind:
                yield f"{name!r} has other arguments in {script.file.id} than in {first}: they cannot be drawn together"


def values(rules: Rules) -> dict[str, float]:
    """The optimum, what the hidden state is worth, and what thoughtless play gets: silence, leaving, pressing."""
    mind = StandIn(rules)
    setting = Setting(rules, mind, rules.seats[0])
    solution = setting.solution
    found = {"optimum": solution.start_value(), "secret known": solution.known_value()}
    for act in rules.acts:
        name = "silence" if act == Say() else "to leave at once" if act == Bye() else f"{_named(act)} again and again"
        only = solution.among(lambda state, support, act=act: [act])
        found[name] = only.start_value()
    return found


def reach(rules: Rules) -> Reached:
    """Everything that can come about, over all acts, draws and chances.

    Turns are not told apart: what is found is looked at in the order in which it can first come about.
    """
    mind, file = StandIn(rules), rules.file
    found = Reached(held={check.id: {} for check in file.checks})
    waiting = [pair for hidden in mind.prior().support for pair in _next(rules, mind, rules.start(), hidden, found, 0)]
    seen = {(state._replace(turn=0), hidden) for state, hidden in waiting}
    for session in range(1, len(file.session) + 2):
        turns, layer = 0, [pair for pair in waiting if pair[0].session == session]
        waiting = [pair for pair in waiting if pair[0].session > session]
        while layer:
            after = []
            for state, hidden in layer:
                after += _from(rules, mind, state._replace(turn=0), hidden, found, turns)
            turns, layer = turns + 1, []
            for state, hidden in after:
                key = (state._replace(turn=0, spent=0), hidden)
                if key not in seen:
                    if len(seen) >= COURSES:
                        found.complete = False
                        return found
                    seen.add(key)
                    (layer if state.session == session else waiting).append(key)
    return found


def _from(
    rules: Rules, mind: StandIn, state: State, hidden: Inner, found: Reached, turns: int
) -> list[tuple[State, Inner]]:
    """What each act of the learner leads to."""
    after = _next(rules, mind, rules.over(state, TIME), hidden, found, turns)  # time may be up anywhere
    for act in rules.acts:
        made = rules.apply(state, rules.seats[0], act)
        after += _next(rules, mind, made, hidden, found, turns + (not isinstance(act, Bye)))
    return after


def _next(
    rules: Rules, mind: StandIn, state: State, hidden: Inner, found: Reached, turns: int
) -> list[tuple[State, Inner]]:
    """What the others make of it, until it is the learner's turn again."""
    mover = rules.mover(state)
    if mover is None:
        _note(rules, state, hidden, found, turns)
        return []
    if mover == rules.seats[0]:
        return [(state, hidden)]
    after = []
    for (moved, act), p in mind.react(hidden, state):
        if p > 0.0:
            if isinstance(act, (Reply, Entry)):
                found.facts |= {name for name, _ in act.facts}
                found.lines.update(act.line.split("+"))
            if isinstance(act, Scene):
                found.ends.setdefault((state.session, state.outcome), turns)
            after += _next(rules, mind, rules.apply(state, mover, act), moved, found, turns)
    return after


def _note(rules: Rules, state: State, hidden: Inner, found: Reached, turns: int) -> None:
    found.ends.setdefault((state.session, state.outcome), turns)
    for check in rules.file.checks:
        found.held[check.id].setdefault(rules.holds(check.when, state, hidden), turns)
    for one, condition in rules.file.forbidden:
        found.done.setdefault(one.id, set()).add(rules.holds(condition, state, hidden))


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
        if end.outcome not in {outcome for _, outcome in reached.ends}:
            yield f"the end {end.outcome!r} is never reached"
    yield from _too_late(file, reached)
    for check in file.checks:
        if set(reached.held[check.id]) == {False}:
            yield f"check {check.id!r} can never hold"
        if set(reached.held[check.id]) == {True}:
            yield f"check {check.id!r} always holds: it rewards nothing"
    for name, done in reached.done.items():
        if len(done) < 2:
            yield f"forbidden {name!r} {'is done whatever happens' if True in done else 'can be done by nobody'}"


def _too_late(file: Scenario, reached: Reached) -> Iterator[str]:
    """What can come about, but not in the turns that there are."""
    for outcome in dict.fromkeys(outcome for _, outcome in reached.ends if outcome not in (CLOSED, TIME)):
        least = {session: turns for (session, named), turns in reached.ends.items() if named == outcome}
        if all(turns > file.turns_of(session) for session, turns in least.items()):
            session, turns = min(least.items(), key=lambda item: item[1])
            yield f"the end {outcome!r} takes at least {turns} turns, and there are {file.turns_of(session)}"
    most = max(map(file.turns_of, range(1, len(file.session) + 2)))
    for check in file.checks:
        if (turns := reached.held[check.id].get(True, 0)) > most:
            yield f"check {check.id!r} takes at least {turns} turns, and there are {most}"


def _drafts(script: Script, rules: Rules) -> Iterator[str]:
    """Drafts that are not read as they are written for those who choose acts."""
    for act in rules.acts:
        if hasattr(act, "table"):
            text = _TEXTS.print(act)
            if (heard := understand(text, script).act) != act:
                shown = _TAGS.print(heard) or "talk"
                yield f"the draft {_TAGS.print(act)} is written as {text[9:-4][:60]!r}, which is read as {shown}"


def _forbidden(script: Script, rules: Rules) -> Iterator[str]:
    """Patterns that nothing shows, and those that forbid what has to be said: the optimum must stay within reach."""
    own = [(place, line) for place, _, line in _lines(script.file)]
    for one in script.file.forbid:
        for example in one.examples:
            if not one.is_said(example):
                yield f"forbidden {one.id!r}: none of its `words` is in {example!r}, so nobody would notice it"
        moves = [
            (f"move {move.id!r}", line)
            for move in script.file.move
            if move.id not in one.moved
            for line in move.examples
        ]
        drafts = [
            (f"the draft {_TAGS.print(act)}", _TEXTS.print(act))
            for act in rules.acts
            if hasattr(act, "table") and not one.does(act)
        ]
        for place, line in own if one.by == "person" else (*moves, *drafts):
            if one.is_said(line):
                yield f"{place}: {line[:60]!r} has words that are forbidden to the {one.by} ({one.id!r})"


def _lines(file: Scenario) -> list[tuple[str, str, str]]:
    """All that the person says, with its place and the facts that it may tell."""
    lines = [("opening", "", line) for line in file.opening] + [("idle", "", line) for line in file.idle]
    for number, rule in enumerate(file.rule):
        lines += [(f"rule {number + 1}", name, line) for line in rule.say for name in [",".join(rule.tell)]]
    for number, session in enumerate(file.session, 2):
        lines += [(f"opening {number}", "", line) for line in session.opening]
    lines += [(f"end {end.outcome!r}", "", line) for end in file.end for line in end.say]
    for fact in file.fact:
        said = fact.say.values() if isinstance(fact.say, dict) else [fact.say]
        lines += [(f"fact {fact.id!r}", fact.id, line) for some in said for line in some]
    return lines


def _words(script: Script) -> Iterator[str]:
    """Lines that are too long, and words that tell what has not been told; whoever speaks is told who the person is."""
    file = script.file
    ways = len(set(file.opening)) * len([*product(*file.random.values())])
    if ways < OPENINGS:
        yield f"it can begin in {ways} ways only: have {OPENINGS}, by sentences of `opening` and draws of [random]"
    lines, length = _lines(file), file.person.words
    for fact in file.fact:
        said = fact.say.values() if isinstance(fact.say, dict) else [fact.say]
        for line in (line for some in said for line in some):
            if fact.words and not any(re.search(words, line, re.IGNORECASE) for words in fact.words):
                yield f"fact {fact.id!r}: none of its `words` is in {line!r}, so nobody would notice that it is told"
    for place, _, line in lines:
        if len(line.split()) > (most := min(WORDS, length.most) if length else WORDS):
            yield f"{place}: {line[:40]!r}... has more than {most} words"
    told = [*lines, ("the learner's brief", "", file.learner.brief), ("person.about", "", file.person.about)]
    profile = file.person.profile
    told += [("person.profile", "", line) for line in (*profile.facts, profile.style, profile.text)]
    told += [("person.passages", "", passage) for passage in file.person.passages]
    told += [(f"forbidden {one.id!r}", "", one.doc) for one in file.forbid if one.by == "person"]  # speakers see it
    told += [(f"the brief of dialogue {number}", "", part.brief) for number, part in enumerate(file.session, 2)]
    for tool in file.tool:
        texts = [("", tool.refused), *((",".join(part.tell), part.text) for part in tool.returns)]
        told += [(f"tool {tool.name!r}", of, filled(text, args)) for of, text in texts for args in calls_of(tool.args)]
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
