"""Baselines for guessing: random, human-like, and the heuristics that the literature on asking questions knows.

The heuristics hold the exact belief, and say at last what is best under it; they differ in what they ask, and in when
they stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, cast

from ...core.acts import Act
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import QUESTIONS, Answer, Ask, Explain, Guess, Mystery, Quest, Try
from .mind import Teller
from .subjects import questions

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{question}`` for it in words."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the other into telling; see `evaluation.attacks`."""

STRAYING = 0.15  # how often the human-like guesser asks just anything
HASTE = 0.08  # how often it guesses before its time

Speak = Callable[[Dialogue, Stream], str]
Of = Callable[[Any], Any]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return _tag(acts[stream.choose(len(acts))]) or "Let me think about it."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like guesser in short words: sensible questions, now and then an odd or a hasty one."""
    act = _player(dialogue, stream)
    phrases = PHRASES[act.tag()]
    words = questions(dialogue.scenario.subject)[act.question].words if isinstance(act, Ask) else ""
    return phrases[stream.choose(len(phrases))].format(tag=_tag(act), question=words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same guesser, who says nothing but what binds."""
    return _tag(_player(dialogue, stream))


def _player(dialogue: Dialogue, stream: Stream) -> Act:
    """A riddle is followed like a thread, other things are halved; sometimes it strays, sometimes it is hasty."""
    last = dialogue.state.turn + 1 >= _game(dialogue).turns
    if last or (dialogue.state.questions and stream.random() < HASTE):
        return _final(dialogue)
    open_ones = list(_asks(dialogue))
    if open_ones and stream.random() < STRAYING:
        return open_ones[stream.choose(len(open_ones))]
    if isinstance(dialogue.setting.game, Mystery):
        return _follow(dialogue, all_of_it=False) or _final(dialogue)
    if not open_ones or (isinstance(dialogue.setting.game, Quest) and len(dialogue.belief()) <= 2):
        return _final(dialogue)
    few = [open_ones[stream.choose(len(open_ones))] for _ in range(4)]  # those that come to mind
    return max(few, key=lambda act: _gain(dialogue, act, lambda hidden: hidden))


def _final(dialogue: Dialogue) -> Act:
    """What is best to say now, were it the last word."""
    setting, belief = dialogue.setting, dialogue.belief()
    if isinstance(setting.mind, Teller):
        return setting.mind.explanation(belief.items())
    return next(iter(cast(Any, setting.mind).candidates(dialogue.state, belief.items())))


def _asks(dialogue: Dialogue) -> Iterator[Act]:
    """The questions that are worth asking; of those that split alike one."""
    acts = cast(Any, dialogue.setting.mind).candidates(dialogue.state, dialogue.belief().items())
    return (act for act in acts if isinstance(act, (Ask, Try)))


def _gain(dialogue: Dialogue, act: Act, of: Of) -> float:
    """Expected information gain in bits about ``of(hidden)``."""
    belief = dialogue.belief()
    after = dialogue.setting.seen(dialogue.state, belief, act)
    return belief.map(of).entropy - math.fsum(p * then.map(of).entropy for p, _, then in after)


def _greedy(confidence: float, of: str = "all") -> Speak:
    """Ask what is expected to tell most; say what is best once some belief reaches `confidence`."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        what = _about(dialogue, of)
        belief = cast(Belief, dialogue.belief()).map(what)
        if max(p for _, p in belief) < confidence and dialogue.state.turn + 1 < _game(dialogue).turns:
            best, choice = 1e-9, None
            for act in _asks(dialogue):
                gain = _gain(dialogue, act, what)
                if gain > best + 1e-9:
                    best, choice = gain, act
            if choice is not None:
                return _tag(choice)
        return _tag(_final(dialogue))

    return speak


def _about(dialogue: Dialogue, of: str) -> Of:
    """All that is to be found out; or, with ``"answer"``, the value of the rule, or the twist of the riddle."""
    game = dialogue.setting.game
    if isinstance(game, Mystery):
        return (lambda story: story[:3]) if of == "answer" else (lambda story: story[:5])
    if of == "answer" and isinstance(game, Quest) and game.table.values:
        return dict(zip(game.table.things, game.table.values, strict=True)).__getitem__
    return lambda hidden: hidden


def _listed(dialogue: Dialogue, stream: Stream) -> str:
    """The same questions in the same order for everybody, but for those that can tell nothing; then the last word."""
    if dialogue.state.turn + 1 < _game(dialogue).turns:
        for act in _asks(dialogue):
            if _gain(dialogue, act, _about(dialogue, "all")) > 1e-9:
                return _tag(act)
    return _tag(_final(dialogue))


def _thread(dialogue: Dialogue, stream: Stream) -> str:
    """Of a riddle, follow the likelier cause: ask for it, for how and who, then for the rest. Elsewhere `_listed`."""
    if not isinstance(dialogue.setting.game, Mystery):
        return _listed(dialogue, stream)
    return _tag((_follow(dialogue) if dialogue.state.turn + 1 < _game(dialogue).turns else None) or _final(dialogue))


def _follow(dialogue: Dialogue, all_of_it: bool = True) -> Act | None:
    belief = dialogue.belief().map(lambda story: story.cause)
    cause = max(("mishap", "plan"), key=belief.probability)
    game, state = cast(Mystery, dialogue.setting.game), dialogue.state
    for name in (cause, f"{cause}-how", f"{cause}-who", *(("alone", "dark") if all_of_it else ())):
        if not state.asked >> QUESTIONS.index(name) & 1 and game.open(name, state):
            return Ask(name)
    return None


def patient_thread(limit: float = 0.5) -> Speak:
    """`_thread`, but explain as soon as the teller is in a hurry with more than this probability."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        hurried = isinstance(dialogue.setting.game, Mystery) and dialogue.belief().map(
            lambda story: story.hurried
        ).probability("yes")
        return _tag(_final(dialogue)) if hurried > limit else _thread(dialogue, stream)

    return speak


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "guess-now": lambda dialogue, stream: _tag(_final(dialogue)),
    "list": _listed,
    "information-gain": _greedy(0.3),
    "gain-about-the-answer": _greedy(0.7, "answer"),
    "thread": _thread,
}


def sweep() -> dict[str, Speak]:
    """The parameter grid of the heuristics, by name; with rules that watch for a hurry."""
    grid: dict[str, Speak] = {}
    for confidence in (0.3, 0.51, 0.7, 0.9, 1.0):
        grid[f"information-gain({confidence})"] = _greedy(confidence)
        grid[f"gain-about-the-answer({confidence})"] = _greedy(confidence, "answer")
    for limit in (0.3, 0.4, 0.5, 0.6, 0.7):
        grid[f"thread-while-calm({limit})"] = patient_thread(limit)
    return grid


def _game(dialogue: Dialogue) -> Any:
    return dialogue.setting.game


def _tag(act: Act) -> str:
    """The act as it is written; ``""`` for talk."""
    if isinstance(act, Ask):
        return f"[ask {act.question}]"
    if isinstance(act, Guess):
        return f"[guess {act.thing}]"
    if isinstance(act, Answer):
        return f"[answer {act.value}]"
    if isinstance(act, (Explain, Try)):
        names = [*act.__dataclass_fields__]
        return f"[{act.tag()} {' '.join(f'{name}={getattr(act, name)}' for name in names)}]"
    return ""
