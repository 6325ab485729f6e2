"""Baselines for the help desk: random, human-like, and the rules that the literature on troubleshooting knows.

The rules hold the exact belief about faults and skill; they differ in whether they explain, look first, and wait with
the restart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import cast

from ...core.acts import Act
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .calls import NAMED
from .game import (
    ACTS,
    BITS,
    PARTS,
    PHONE,
    PLAN,
    RESTART,
    Call,
    Check,
    Escalate,
    Fix,
    Guide,
    Part,
    Record,
    Report,
    Restart,
)
from .mind import Caller, Phone

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{what}`` for it in words."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the customer into telling; see `evaluation.attacks`."""

PATIENCE = 0.8  # how often the human-like agent explains to somebody who did not find a thing
HASTE = 0.5  # how often it tries a restart after one repair
HABIT = 0.4  # how often it looks the plan up before it asks anything

Rule = Callable[[Caller, Call, Belief[Phone]], Act]
"""What to do in a state under a belief."""
Speak = Callable[[Dialogue, Stream], str]
_GUIDE, _RESTART, _ESCALATE = Guide(), Restart(), Escalate()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return _tag(act) if isinstance(act, ACTS) else "One moment, please."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like agent in short words: takes every report at its word, and explains where somebody is lost."""
    act = _agent(dialogue, stream)
    what = ""
    if isinstance(act, (Check, Fix)):
        named = NAMED[act.part]
        what = named.look if isinstance(act, Check) else named.fix
    phrases = PHRASES[act.tag()]
    return phrases[stream.choose(len(phrases))].format(tag=_tag(act), what=what)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same agent, who says nothing but what binds."""
    return _tag(_agent(dialogue, stream))


def _agent(dialogue: Dialogue, stream: Stream) -> Act:
    """Look part by part, put right what looks wrong, restart; hand over when time is short."""
    state, left = dialogue.state, _mind(dialogue).game.turns - dialogue.state.turn
    odd: list[Part] = []  # what looked wrong and was not put right
    unseen, mended, lost = list(PARTS), 0, False
    for step in dialogue.steps:
        act = step.act
        mended = 0 if act == _RESTART else mended + isinstance(act, Fix)
        if isinstance(act, Fix):
            odd = [part for part in odd if part != act.part]
            unseen = [part for part in unseen if part != act.part]
        for before, _, reply in step.exchange.replies:
            topic = before.topic
            if isinstance(topic, Check) and reply != Report("lost"):
                unseen = [part for part in unseen if part != topic.part]
                odd += [topic.part] * (reply in (Report("odd"), Record("suspended")))  # type: ignore[assignment]
            lost = reply == Report("lost")
    if left <= RESTART:
        return _RESTART if left == RESTART and mended else _ESCALATE
    if lost and not state.guided and stream.random() < PATIENCE:
        return _GUIDE
    if odd:
        return Fix(odd[0])  # type: ignore[arg-type]
    unseen = [part for part in unseen if not state.checked & BITS[part]]
    if mended and (not unseen or stream.random() < HASTE):
        return _RESTART
    if PLAN in unseen and (len(unseen) == 1 or stream.random() < HABIT):
        return Check(PLAN)
    return Check(next(part for part in unseen if part != PLAN)) if unseen else _ESCALATE  # type: ignore[arg-type]


# ---- rules


def workflow(guide: bool = False, order: tuple[Part, ...] = PARTS) -> Rule:
    """The manual: look at each part in turn, put right at once what is rather wrong than not, then restart.

    Args:
        guide: Whether to explain before all else.
        order: Of the parts.
    """

    def pick(mind: Caller, state: Call, belief: Belief[Phone]) -> Act:
        left, wrong, clean, _ = _known(mind, state, belief)
        if left <= RESTART:
            return _last(mind, left, clean)
        if guide and not state.guided:
            return _GUIDE
        for part in order:
            if state.checked & BITS[part] and wrong[part] > 0.5:
                return Fix(part)
        if clean > 0.5:
            return _RESTART
        for part in order:
            if not state.checked & BITS[part] and wrong[part] > 0.0:
                return Check(part)
        return _last(mind, RESTART, clean)

    return pick


def troubleshoot(explain: float, look: float, ready: float, desk: str = "", doubt: float = 1.0) -> Rule:
    """Put right what is likeliest to be wrong, as the ratio of probability and cost says; look where none is likely.

    Args:
        explain: How likely an unsure customer has to be for an explanation.
        look: How likely a part has to be wrong to be put right at once; else what is least certain is looked at.
        ready: How likely all has to be right for a restart.
        desk: If not empty, the plan is looked up before all else; if it is suspended, then ``"fix"`` puts it right,
            ``"spare"`` does so last and explains nothing, and ``"triage"`` hands over.
        doubt: How likely an unsure customer has to be for a handover, if nothing was explained.
    """

    def pick(mind: Caller, state: Call, belief: Belief[Phone]) -> Act:
        left, wrong, clean, unsure = _known(mind, state, belief)
        if left <= RESTART:
            return _last(mind, left, clean)
        if not state.guided and unsure > doubt:
            return _ESCALATE
        if desk and wrong[PLAN] > 0.0:
            if not state.checked & BITS[PLAN]:
                return Check(PLAN)
            if desk == "triage":
                return _ESCALATE
            if desk == "fix" or left == RESTART + 1:
                return Fix(PLAN)
        suspended = desk == "spare" and wrong[PLAN] > 0.0
        if not state.guided and unsure > explain and not suspended:
            return _GUIDE
        if clean > ready:
            return _RESTART
        open_ = PHONE if suspended else PARTS
        part: Part = max(open_, key=lambda one: round(wrong[one], 9))
        if wrong[part] > look:
            return Fix(part)
        unseen = [one for one in PARTS if not state.checked & BITS[one] and wrong[one] > 0.0]
        if unseen:
            return Check(min(unseen, key=lambda one: round(abs(wrong[one] - 0.5), 9)))  # type: ignore[arg-type]
        return Fix(part) if wrong[part] > mind.game.escalate else _last(mind, RESTART, clean)

    return pick


def probed(rule: Rule, desk: bool = False) -> Rule:
    """A rule that begins with a look at a part of the phone, which tells something of the customer too.

    Args:
        rule: What comes after it.
        desk: Whether the plan is looked up before that.
    """
    first: tuple[Part, ...] = (PLAN, PHONE[0]) if desk else PHONE[:1]
    return lambda mind, state, belief: (
        Check(first[state.turn]) if state.turn < len(first) else rule(mind, state, belief)
    )


def off_and_on(mind: Caller, state: Call, belief: Belief[Phone]) -> Act:
    """Restart at once, and hand over what that did not cure."""
    return _ESCALATE if state.turn else _RESTART


def _known(mind: Caller, state: Call, belief: Belief[Phone]) -> tuple[int, dict[Part, float], float, float]:
    """Turns left; how likely each part is wrong; how likely none is; how likely the customer is unsure of hand."""
    wrong = dict.fromkeys(PARTS, 0.0)
    clean = unsure = 0.0
    for hidden, p in belief:
        clean += p * (not hidden.faults)
        unsure += p * (not hidden.able)
        for part in hidden.faults:
            wrong[part] += p
    return mind.game.turns - state.turn, wrong, clean, unsure


def _last(mind: Caller, left: int, clean: float) -> Act:
    """A restart, if there is time and it is worth more than the handover; else the handover."""
    worth = clean - RESTART * mind.game.cost
    return _RESTART if left >= RESTART and worth > mind.game.escalate else _ESCALATE


RULES: dict[str, Rule] = {
    "escalate": lambda mind, state, belief: _ESCALATE,
    "off-and-on": off_and_on,
    "workflow": workflow(),
    "guided-workflow": workflow(guide=True),
    "likeliest-first": troubleshoot(1.0, 0.0, 0.5),
    "guided-likeliest": troubleshoot(0.0, 0.2, 0.6),
    "look-first": probed(troubleshoot(1.0, 0.4, 0.4)),
    "desk-first": troubleshoot(0.35, 0.2, 0.8, "fix"),
    "guide-the-lost": probed(troubleshoot(0.6, 0.2, 0.6, "fix"), desk=True),
}
"""The same rules as functions of game, state and belief."""


def follow(rule: Rule) -> Speak:
    """A rule as a policy; what it does is remembered, for dialogues begin alike."""
    choose = lru_cache(maxsize=20_000)(rule)
    return lambda dialogue, stream: _tag(choose(_mind(dialogue), dialogue.state, dialogue.belief()))


HEURISTICS: dict[str, Speak] = {name: follow(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
EXPLAIN, LOOK, READY = (0.35, 0.6, 0.8, 1.0), (0.0, 0.1, 0.2, 0.3, 0.4, 0.6), (0.4, 0.6, 0.8)


def grid() -> dict[str, Rule]:
    """All rules that were tried, by name: ``kind(parameters)``; *probe* is a *troubleshoot* that begins with a look."""
    orders: tuple[tuple[Part, ...], ...] = (PARTS, (PLAN, *PHONE), ("apn", "sim", "airplane", PLAN))
    rules = {
        f"workflow({'guide, ' if guide else ''}{', '.join(order)})": workflow(guide, order)
        for guide in (False, True)
        for order in orders
    }
    for explain, look, ready in product(EXPLAIN, LOOK, READY):
        for desk, doubt in product(("", "fix", "spare", "triage"), (1.0, 0.7) if explain == 1.0 else (1.0,)):
            rule = troubleshoot(explain, look, ready, desk, doubt)
            said = (
                f"{explain:g}, {look:g}, {ready:g}{f', {desk}' if desk else ''}{', hand over' if doubt < 1.0 else ''}"
            )
            rules[f"troubleshoot({said})"] = rule
            rules[f"probe({said})"] = probed(rule, desk=bool(desk))
    return rules


def sweep() -> dict[str, Speak]:
    """The grid as policies."""
    return {name: follow(rule) for name, rule in grid().items()}


def _mind(dialogue: Dialogue) -> Caller:
    return cast(Caller, dialogue.setting.mind)


def _tag(act: Act) -> str:
    part = getattr(act, "part", "")
    return f"[{f'{act.tag()} {part}'.strip()}]"
