"""Baselines for coaching: random, human-like, and the heuristics that the literature on asking questions knows.

The heuristics hold the exact belief and recommend what is best under it; they differ in what they ask and in when they
stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import cast

from ...core.acts import Act
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .domains import DOMAINS
from .game import Answer, Ask, Recommend, Suggest
from .mind import Client

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{question}`` for it in words."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the client into telling; see `evaluation.attacks`."""

PATIENCE = 0.3  # how often the human-like coach asks once more about a trait
STRAYING = 0.15  # how often it asks about something else
HASTE = 0.08  # how often it recommends before it has asked all that matters
LEADING = 0.25  # how often it leads a client who can be led

Binding = Ask | Recommend | Suggest
Speak = Callable[[Dialogue, Stream], str]
Score = Callable[[float, Belief, Belief, Belief], float]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return _tag(act) if isinstance(act, (Ask, Recommend, Suggest)) else "Tell me more about yourself."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like coach in short words: one trait after the other, some twice, then what most answers speak for."""
    act = _coach(dialogue, stream)
    phrases = PHRASES[act.tag()]
    topics = DOMAINS[dialogue.scenario.domain].topics
    question = topics[act.attribute].question if isinstance(act, Ask) else ""
    return phrases[stream.choose(len(phrases))].format(tag=_tag(act), question=question)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same coach, who says nothing but what binds."""
    return _tag(_coach(dialogue, stream))


def _coach(dialogue: Dialogue, stream: Stream) -> Binding:
    """Ask about each trait that still matters; recommend the strategy that most answers fit."""
    state, mind, answers = dialogue.state, _mind(dialogue), _answers(dialogue)
    game = mind.game
    fits = [
        sum(side * answers.get(name, 0) for name, side in zip(game.attributes, sides, strict=True))
        for sides in mind.profile
    ]
    best = [place for place, fit in enumerate(fits) if fit == max(fits)]
    if state.turn + 1 < game.turns and not (answers and stream.random() < HASTE):
        if game.pushing and stream.random() < LEADING:
            return Suggest(game.strategies[best[stream.choose(len(best))]])
        if stream.random() < STRAYING and (
            places := [place for place in range(len(game.attributes)) if not state.asked >> place & 1]
        ):
            return Ask(game.attributes[places[stream.choose(len(places))]])
        for group in mind.groups:
            open_ones = [place for place in group if not state.asked >> place & 1]
            matters = len({mind.profile[place][group[0]] for place in best}) > 1
            if open_ones and (matters or (len(open_ones) + 1 == len(group) and stream.random() < PATIENCE)):
                return Ask(game.attributes[open_ones[stream.choose(len(open_ones))]])
    return Recommend(game.strategies[best[stream.choose(len(best))]])


def _answers(dialogue: Dialogue) -> dict[str, int]:
    """Attribute -> 1 for yes, -1 for no, of those asked about."""
    said = {}
    for step in dialogue.steps:
        for before, _, act in step.exchange.replies:
            if isinstance(act, Answer) and isinstance(before.topic, Ask):
                said[before.topic.attribute] = 1 if act.word == "yes" else -1
    return said


def _advise(dialogue: Dialogue) -> str:
    """Recommend what is best under the belief."""
    game, belief = _mind(dialogue).game, dialogue.belief()
    worth = [
        sum(p * game.credit[game.strategies.index(hidden)][place] for hidden, p in belief)
        for place in range(len(game.strategies))
    ]
    return _tag(Recommend(game.strategies[_first_best(worth)]))


def _questionnaire(plans: Mapping[int, Sequence[int]]) -> Speak:
    """Number of traits in play -> the traits to ask about, once or more, whatever is answered; then recommend."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        mind, state = _mind(dialogue), dialogue.state
        plan = plans[len(mind.groups)]
        done = state.asked.bit_count()
        if done >= len(plan) or state.turn + 1 >= mind.game.turns:
            return _advise(dialogue)
        place = mind.groups[plan[done]][plan[:done].count(plan[done])]
        return _tag(Ask(mind.game.attributes[place]))

    return speak


def _greedy(score: Score, confidence: float = 1.0, least: float = -1.0) -> Speak:
    """Ask what scores highest; recommend once some belief reaches `confidence`, or nothing scores above `least`."""

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        belief = dialogue.belief()
        if dialogue.state.turn + 1 < _mind(dialogue).game.turns and max(p for _, p in belief) < confidence:
            options = list(_questions(dialogue, belief))
            scores = [score(p, yes, no, belief) for _, p, yes, no in options]
            if scores and scores[place := _first_best(scores)] > least:
                return _tag(options[place][0])
        return _advise(dialogue)

    return speak


def _questions(dialogue: Dialogue, belief: Belief) -> Iterator[tuple[Ask, float, Belief, Belief]]:
    """What can be asked, with the probability of a yes and the beliefs after yes and no; of like attributes one."""
    for act in _mind(dialogue).candidates(dialogue.state, belief.support):
        if isinstance(act, Ask):
            branches = {
                exchange.replies[-1][2]: (p, after)
                for p, exchange, after in dialogue.setting.seen(dialogue.state, belief, act)
            }
            p, yes = branches.get(Answer("yes"), (0.0, belief))
            yield act, p, yes, branches.get(Answer("no"), (0.0, belief))[1]


def _information_gain(p: float, yes: Belief, no: Belief, belief: Belief) -> float:
    """Expected information gain in bits: entropy before, less the expected entropy after."""
    return belief.entropy - p * yes.entropy - (1.0 - p) * no.entropy


def _answer_entropy(p: float, yes: Belief, no: Belief, belief: Belief) -> float:
    """Entropy of the answer in bits, whatever it is about."""
    return Belief([(True, p), (False, 1.0 - p)]).entropy


def _lead(times: int) -> Speak:
    """Suggest the first strategy so often, then recommend it: what a naive curiosity reward pays for.

    Where there are no suggestions, it only talks so.
    """

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        game, state = _mind(dialogue).game, dialogue.state
        first = game.strategies[0]
        if state.turn < min(times, game.turns - 1):
            return _tag(Suggest(first)) if game.pushing else "I know your type, believe me."
        return _tag(Recommend(first))

    return speak


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "recommend-now": lambda dialogue, stream: _advise(dialogue),
    "questionnaire": _questionnaire({5: (0, 1, 2, 3, 4), 3: (0, 0, 0, 1, 2), 1: (0, 0, 0, 0, 0)}),
    "information-gain": _greedy(_information_gain, 0.8),
    "max-entropy": _greedy(_answer_entropy, 0.6),
    "lead": _lead(6),
}
"""The value of the next question alone (myopic EVOI) is ``lookahead``.

The parameters are the best found by an exact sweep (`docs/coaching.md`): the questionnaires for each preset, the others
on Coaching-v0.
"""


def sweep(traits: int = 5, most: int = 4) -> dict[str, Speak]:
    """The parameter grid from which `HEURISTICS` were chosen, by name.

    The questionnaires are all of up to six questions.

    Args:
        traits: Traits in play.
        most: Attributes of a trait in play.
    """
    grid: dict[str, Speak] = {}
    for plan in _plans(traits, most, 6):
        grid[f"questionnaire({','.join(map(str, plan))})"] = _questionnaire({traits: plan})
    for confidence in (0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0):
        grid[f"information-gain({confidence})"] = _greedy(_information_gain, confidence)
        grid[f"max-entropy({confidence})"] = _greedy(_answer_entropy, confidence)
    for least in (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        grid[f"information-gain(least={least})"] = _greedy(_information_gain, least=least)
    return grid


def _plans(traits: int, most: int, questions: int) -> Iterator[tuple[int, ...]]:
    """Which traits to ask about, each at most so often; their order makes no difference to what is learnt."""
    for length in range(1, questions + 1):
        for plan in combinations_with_replacement(range(traits), length):
            if max(map(plan.count, plan)) <= most:
                yield plan


def _first_best(values: Sequence[float]) -> int:
    """Place of the largest value; of those that differ by rounding only, the first."""
    top = max(values)
    return next(place for place, value in enumerate(values) if math.isclose(value, top, abs_tol=1e-9))


def _mind(dialogue: Dialogue) -> Client:
    return cast(Client, dialogue.setting.mind)


def _tag(act: Binding) -> str:
    return f"[{act.tag()} {act.attribute if isinstance(act, Ask) else act.strategy}]"
