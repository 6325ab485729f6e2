"""Baselines for drafting: random, human-like, and the ways to deal with a half-said order that the literature names.

The heuristics fill what they were not told with what is likeliest under the exact belief; they differ in what they ask,
show and wait for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .domains import DOMAINS
from .game import Ask, Deliver, Draft, Examples, Search, Unsure, Want, Work
from .mind import User
from .voice import grammar

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{question}`` for it in words."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the user into telling; see `evaluation.attacks`."""

HASTE = 0.06  # how often the human-like assistant shows or delivers something before it has asked all
MOODS = 0.06  # how often it does something else than it is used to

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[User, Work, Belief], Act]
_SAY = Say()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return _print(dialogue, acts[stream.choose(len(acts))]) or "Tell me more."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like assistant in short words.

    It asks about one aspect after the other; where the user cannot say, it shows something, and asks again or drafts.
    """
    act = _assistant(dialogue, stream)
    phrases = PHRASES[act.tag()]
    question = DOMAINS[dialogue.scenario.domain].topics[act.aspect].question if isinstance(act, Ask) else ""
    return phrases[stream.choose(len(phrases))].format(tag=_print(dialogue, act), question=question)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same assistant, who says nothing but what binds."""
    return _print(dialogue, _assistant(dialogue, stream)) or PHRASES["say"][0]


def _assistant(dialogue: Dialogue, stream: Stream) -> Act:
    """What a person would do who keeps in mind what it was told, and guesses the rest."""
    mind, state, belief = _mind(dialogue), dialogue.state, dialogue.belief()
    game = mind.game
    if state.turn + 1 >= game.turns or state.told == game.everything or stream.random() < HASTE:
        return _final(mind, state, belief)
    if stream.random() < MOODS:
        return _draft(mind, state, belief) if game.drafting else _SAY
    if game.showing == "examples" and not state.shown and (not state.turn or stream.random() < 0.5):
        return Examples()
    replies = [reply for step in dialogue.steps for reply in step.exchange.replies]
    lost = [(game.places[act.aspect], before) for before, _, act in replies if isinstance(act, Unsure)]
    lost = [(place, before) for place, before in lost if not state.told >> place & 1]
    if lost and game.showing == "search":
        place, before = lost[-1]
        if any(isinstance(act, Want) and said.topic is None for said, _, act in replies):
            return _SAY  # it speaks when it likes to
        if not before.shown >> place & 1 and not state.shown >> place & 1:
            return Search(game.aspects[place].name)
        if before.shown >> place & 1:
            return _SAY
    if len(lost) > 1 and game.drafting:
        return _draft(mind, state, belief)
    open_ones = _open(mind, state, belief)
    if open_ones:
        return game.asks[open_ones[0]]
    return _draft(mind, state, belief) if game.drafting else _final(mind, state, belief)


# ---- heuristics: functions of the mind's numbers, the public state and the belief


def _open(mind: User, state: Work, belief: Belief) -> list[int]:
    """Places of the aspects that can be asked about and are not known."""
    return [k for k in range(len(mind.game.aspects)) if not state.asked >> k & 1 and len(_values(belief, k)) > 1]


def _values(belief: Belief, place: int) -> set[int]:
    return {hidden.spec[place] for hidden in belief.support}


def _final(mind: User, state: Work, belief: Belief) -> Deliver:
    """Deliver what is worth most."""
    return mind.delivery(state, dict(belief.map(lambda hidden: hidden.spec)))


def _draft(mind: User, state: Work, belief: Belief) -> Act:
    """Show what would be delivered; where there are no drafts, or nothing is to be learnt, deliver it."""
    final = _final(mind, state, belief)
    last = state.turn + 1 >= mind.game.turns or len(belief.map(lambda hidden: hidden.spec)) == 1
    return final if last or not mind.game.drafting else Draft(final.version)


def interview(asks: int, drafts: int, show: bool = False) -> Rule:
    """So many questions in order, whatever is answered, then so many drafts, then delivery.

    Args:
        asks: Questions.
        drafts: Drafts.
        show: Show examples first; in a trip, search for each aspect before its question.
    """

    def rule(mind: User, state: Work, belief: Belief) -> Act:
        game, left = mind.game, mind.game.turns - state.turn
        open_ones = _open(mind, state, belief) if state.asks < asks and left > 1 else []
        if show and open_ones and left > 2:
            if game.showing == "examples" and not state.shown:
                return Examples()
            if game.showing == "search" and not state.shown >> open_ones[0] & 1:
                return Search(game.aspects[open_ones[0]].name)
        if open_ones:
            return game.asks[open_ones[0]]
        return (_draft if state.drafts < drafts else _final)(mind, state, belief)

    return rule


def wait(mind: User, state: Work, belief: Belief) -> Act:
    """Listen until the last turn, then deliver what is likeliest: lives on what users come out with."""
    return _SAY if state.turn + 1 < mind.game.turns else _final(mind, state, belief)


def likely(least: float) -> Rule:
    """Ask what the user can most likely say, if that is likely enough under the exact belief; else show, or draft.

    Args:
        least: Probability of an answer from which on a question is asked.
    """

    def rule(mind: User, state: Work, belief: Belief) -> Act:
        game = mind.game
        if state.turn + 1 >= game.turns or len(belief.map(lambda hidden: hidden.spec)) == 1:
            return _final(mind, state, belief)
        chances = {place: _answers(mind, state, belief, place) for place in _open(mind, state, belief)}
        best = max(chances, key=lambda place: (round(chances[place], 9), -place), default=0)
        if chances and chances[best] >= least:
            return game.asks[best]
        if game.showing == "examples" and not state.shown and state.turn + 2 < game.turns:
            return Examples()
        hidden = [k for k in range(len(game.aspects)) if len(_values(belief, k)) > 1 and not state.shown >> k & 1]
        if game.showing == "search" and hidden and state.turn + 2 < game.turns:
            return Search(game.aspects[hidden[0]].name)
        return _draft(mind, state, belief) if game.drafting else _SAY

    return rule


def _answers(mind: User, state: Work, belief: Belief, place: int) -> float:
    """Probability that the user can say what it wants of an aspect."""
    kinds = {kind.name: kind.seen if state.shown >> place & 1 else kind.knows[place] for kind in mind.kinds}
    return sum(p * kinds[hidden.kind] for hidden, p in belief)


def information_gain(confidence: float) -> Rule:
    """Do what tells most about the wish, in bits; deliver once a version has this probability, or nothing tells more.

    Args:
        confidence: Probability of the likeliest version from which on it is delivered.
    """

    def rule(mind: User, state: Work, belief: Belief) -> Act:
        wishes = belief.map(lambda hidden: hidden.spec)
        if state.turn + 1 >= mind.game.turns or max(p for _, p in wishes) >= confidence:
            return _final(mind, state, belief)
        acts = list(mind.moves(state, wishes.support))
        gains = [round(_gain(mind, state, belief, act), 9) for act in acts]
        best = max(gains, default=0.0)
        return acts[gains.index(best)] if best > 0.0 else _final(mind, state, belief)

    return rule


def _gain(mind: User, state: Work, belief: Belief, act: Act) -> float:
    """Expected loss of entropy of the wish, in bits."""
    after = mind.game.apply(state, "assistant", act)
    heard: dict[Act, dict[tuple[int, ...], float]] = {}
    for hidden, p in belief:
        for (_, said), q in mind.react(hidden, after):
            wishes = heard.setdefault(said, {})
            wishes[hidden.spec] = wishes.get(hidden.spec, 0.0) + p * q
    rest = sum(sum(wishes.values()) * Belief(wishes).entropy for wishes in heard.values())
    return belief.map(lambda hidden: hidden.spec).entropy - rest


def _spoken(rule: Rule) -> Speak:
    """A rule as a policy."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        act = rule(_mind(dialogue), dialogue.state, dialogue.belief())
        return _print(dialogue, act) or PHRASES["say"][0]

    return speak


RULES: dict[str, Rule] = {
    "deliver-now": lambda mind, state, belief: _final(mind, state, belief),
    "draft-until-accepted": interview(0, 9),
    "interview": interview(3, 0),
    "interview-then-draft": interview(3, 9),
    "two-questions-then-draft": interview(2, 9),
    "show-then-interview": interview(3, 9, show=True),
    "wait": wait,
    "information-gain": information_gain(0.8),
}
"""Premature answers, revision alone, interviews with and without drafts, passive listening, greedy information."""

VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {name: _spoken(rule) for name, rule in RULES.items()}
"""See `RULES`."""


def sweep() -> dict[str, Speak]:
    """The parameter grid from which `HEURISTICS` were chosen, and rules that follow the exact belief, by name."""
    grid: dict[str, Rule] = {}
    for asks in range(4):
        for drafts in (0, 1, 2, 9):
            for show in (False, True) if asks else (False,):
                grid[f"interview({asks},{drafts}{',show' if show else ''})"] = interview(asks, drafts, show)
    for confidence in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        grid[f"information-gain({confidence})"] = information_gain(confidence)
    for least in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7):
        grid[f"likely({least})"] = likely(least)
    return {name: _spoken(rule) for name, rule in grid.items()}


def _print(dialogue: Dialogue, act: Act) -> str:
    game = _mind(dialogue).game
    return grammar(game.drafting, game.showing).print(act)


def _mind(dialogue: Dialogue) -> User:
    return cast(User, dialogue.setting.mind)
