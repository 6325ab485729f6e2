"""Baselines for guided solving: random, a typical tutor, and the fixed rules that people try first.

A rule is a function of the game and the public state, so that its expected payoff can be summed exactly
(`evaluation.pareto.expected_metrics`).
"""

from __future__ import annotations

from collections.abc import Callable

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import Guidance, GuidedSteps, Hint, Nudge, Show, Stop, Tell, Try
from .voice import GRAMMAR

WORDS = content(__file__, "policies.toml")
ATTACKS: dict[str, tuple[str, ...]] = WORDS["attacks"]
PHRASES: dict[str, tuple[str, ...]] = WORDS["phrases"]

Rule = Callable[[GuidedSteps, Guidance], Act]

_NUDGE, _HINT, _SHOW, _TRY, _TELL, _STOP = Nudge(), Hint(), Show(), Try(), Tell(), Stop()
FIRST = ("try", "nudge", "hint")
TOP = ("nudge", "hint")
AFTER = ("stop", "tell", "show", "show-once", "show-but-last")


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what is possible, talk included."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return _pick(PHRASES["talk"], stream) if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical tutor, in short varied words.

    A hint comes first (sometimes a question), then a try; after a second failure it shows the step, but not the last.
    """
    return _speak(dialogue, stream, _tutor(dialogue, stream), PHRASES)


def worded(dialogue: Dialogue, stream: Stream) -> str:
    """The same tutor, in the words that the problem holds for the step."""
    return _speak(dialogue, stream, _tutor(dialogue, stream), {**PHRASES, **WORDS["worded"]})


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same tutor, who says nothing but what binds."""
    return GRAMMAR.print(_tutor(dialogue, stream))


def _tutor(dialogue: Dialogue, stream: Stream) -> Act:
    state = dialogue.state
    fresh = not (state.nudged or state.hinted or state.tried)
    if fresh and stream.random() < 0.1:
        return _TRY
    if not state.tried and not fresh:
        return _TRY
    if not state.nudged and not state.hinted:
        return _NUDGE if stream.random() < 0.4 else _HINT
    if not state.hinted:
        return _HINT
    return _show_but_last(_game(dialogue), state)


def _game(dialogue: Dialogue) -> GuidedSteps:
    return dialogue.setting.game_as(GuidedSteps)


def ladder(first: str, top: str, after: str, fade: bool = False) -> Rule:
    """Help a little more after each failure.

    Args:
        first: With what a step begins: ``"try"``, ``"nudge"`` or ``"hint"``. A try follows each help.
        top: The strongest help short of the worked step.
        after: What comes when that has failed: ``"stop"``, ``"tell"``, ``"show"``, ``"show-once"`` (one step of the
            problem, else stop) or ``"show-but-last"``.
        fade: Leave the leading question out once a step has taken more than it (the contingent shift of Wood and
            Middleton 1975, one way).

    Raises:
        ValueError: If an argument is not among these.
    """
    for name, value, valid in (("first", first, FIRST), ("top", top, TOP), ("after", after, AFTER)):
        if value not in valid:
            raise ValueError(f"{name} must be one of {', '.join(valid)}; got {value!r}")

    def rule(game: GuidedSteps, state: Guidance) -> Act:
        fresh = not (state.nudged or state.hinted or state.tried)
        if not state.tried and not (fresh and first != "try"):
            return _TRY
        strict = top == "hint" and (first == "hint" or (fade and state.hints + state.shown > 0))
        if not state.nudged and not state.hinted and not strict:
            return _NUDGE
        if not state.hinted and top == "hint":
            return _HINT
        return _AFTER[after](game, state)

    return rule


def _show_but_last(game: GuidedSteps, state: Guidance) -> Act:
    return _STOP if state.step + 1 == game.steps else _SHOW


_AFTER: dict[str, Rule] = {
    "stop": lambda game, state: _STOP,
    "tell": lambda game, state: _TELL,
    "show": lambda game, state: _SHOW,
    "show-once": lambda game, state: _STOP if state.shown else _SHOW,
    "show-but-last": _show_but_last,
}


def _never_listens(*acts: Act) -> Rule:
    """At each step the same acts in order, whatever happens, and then the step is shown."""

    def rule(game: GuidedSteps, state: Guidance) -> Act:
        return next((act for act in acts if not (state.nudged if act == _NUDGE else state.hinted)), _SHOW)

    return rule


RULES: dict[str, Rule] = {
    "tell-at-once": lambda game, state: _TELL,
    "show-all": _never_listens(),
    "help-then-show": _never_listens(_NUDGE, _HINT),
    "always-nudge": ladder("nudge", "nudge", "stop"),
    "nudge-ladder": ladder("nudge", "hint", "stop"),
    "hint-ladder": ladder("hint", "hint", "show"),
    "contingent": ladder("nudge", "hint", "stop", fade=True),
}
"""Fixed rules by name.

By an exact sweep on GuidedSolving-v0, `contingent` is the best ladder and `hint-ladder` the best without `fade`.
"""


def sweep() -> dict[str, Rule]:
    """The grid of ladders from which those of `RULES` were chosen, by name."""
    grid: dict[str, Rule] = {}
    for first in FIRST:
        for top in TOP[first == "hint" :]:
            for after in AFTER:
                for fade in (False, True) if top == "hint" and first != "hint" else (False,):
                    grid[f"ladder({first},{top},{after}{',fade' if fade else ''})"] = ladder(first, top, after, fade)
    return grid


def _said(rule: Rule) -> Callable[[Dialogue, Stream], str]:
    return lambda dialogue, stream: GRAMMAR.print(rule(_game(dialogue), dialogue.state))


HEURISTICS: dict[str, Callable[[Dialogue, Stream], str]] = {name: _said(rule) for name, rule in RULES.items()}
"""`RULES`, in tags."""

VARIANTS = {"terse": terse, "worded": worded}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""


def _speak(dialogue: Dialogue, stream: Stream, act: Act, phrases: dict[str, tuple[str, ...]]) -> str:
    problem, step = dialogue.public, dialogue.public.steps[dialogue.state.step]
    template = _pick(phrases[act.tag()], stream)
    return template.format(
        tag=GRAMMAR.print(act), nudge=step.nudge, hint=step.hint, worked=step.worked, answer=problem.answer
    )


def _pick(phrases: tuple[str, ...], stream: Stream) -> str:
    return phrases[stream.choose(len(phrases))]
