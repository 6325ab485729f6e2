"""Where a dialogue lost value: every turn against the exact optimum.

The regret of a turn is ``V(state, belief) - Q(state, belief, act)``: what an honest optimal player could still expect
before it, less what it can expect after it. Luck is no part of it. The expected payoff of a policy is the optimum less
its expected total regret, because the value of the optimum is a martingale while the optimum is played (the performance
difference lemma of Kakade and Langford 2002, lemma 6.1, over information states). That holds for who knows no more than
the dialogue has shown, so not for a policy that looks at what is hidden.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np

from ..core.acts import Act, Say
from ..core.belief import LISTED, Belief, ProductBelief
from ..core.dialogue import Dialogue, Turn
from ..core.episode import Episode
from ..core.grammar import Grammar
from ..core.setting import Exchange
from ..core.solver import OutOfReach
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.episodes import engine_of, replay
from ..envs.transcript import plainly
from .statistics import Interval, normalised_score, score_error, score_interval

TALK = "talk"
LOST = "lost turn"
CUT = "cut off"
ROUNDING = 1e-9  # regret below it is none


class Kinds(NamedTuple):
    """A turn without its particulars, so that like turns can be counted together."""

    after: str  # what the partner had done before, such as "answer no"; "" if it had not spoken
    act: str  # what the learner did, such as "offer"; `TALK`, `LOST`, or `CUT` where the dialogue was cut off
    best: str  # what was best, such as "accept" or "offer, lower"


@dataclass(frozen=True)
class TurnRegret:
    """One turn of the learner against the optimum. Values are in payoff, as of the start of the dialogue.

    `best`, `value` and `act_value` are ``None`` where the optimum is out of reach.
    """

    text: str  # what the learner said
    act: str  # the tag of what it came to; "" for talk and for a lost turn
    problem: str  # malformed, ambiguous, illegal or ""
    answers: tuple[Turn, ...]  # the others'
    belief: Belief  # exact, before the turn
    best: str | None  # the tag of an optimal act; "" for talk
    value: float | None  # best expected payoff before the turn
    act_value: float | None  # expected payoff of the act made and the best acts ever after
    kinds: Kinds | None = None  # of a turn that lost something

    @property
    def regret(self) -> float:
        """What the turn lost; 0 where the optimum is out of reach."""
        return 0.0 if self.value is None or self.act_value is None else self.value - self.act_value


@dataclass(frozen=True)
class DialogueRegret:
    """A dialogue with each of the learner's turns judged.

    `optimum` is ``None`` where it is out of reach, or where it is for one of the turns.
    """

    turns: tuple[TurnRegret, ...]
    forfeited: float  # what going on would have been worth more when the dialogue was cut off; 0 if it was not
    optimum: float | None  # best expected payoff before the first word

    @property
    def regret(self) -> float:
        """Total over the turns, and what was forfeited."""
        return sum(turn.regret for turn in self.turns) + self.forfeited


@dataclass(frozen=True)
class EpisodeRegret(DialogueRegret):
    """A recorded episode with each of the learner's turns judged."""

    episode: Episode
    scenario: Any


@dataclass(frozen=True)
class LostActs:
    """What turns of one kind lose, over many dialogues."""

    after: str  # see `Kinds`
    act: str
    best: str
    turns: int  # how many there were
    turn: float  # their mean number in the dialogue, from 1
    regret: float  # lost by them in a dialogue, in the mean of all dialogues; in payoff
    share: float  # of all that was lost


def dialogue_regret(dialogue: Dialogue, grammar: Grammar) -> DialogueRegret:
    """Hold each turn of a finished dialogue against the optimum. Where machinery failed, it counts as cut off there."""
    opening, setting = dialogue.opening_exchange, dialogue.setting
    turns, answered, forfeited = [], "" if opening is None else _last(opening), 0.0
    solution, optimum = None, None
    try:
        solution = setting.solution
        optimum = solution.start_value()
    except OutOfReach:
        pass
    for step in dialogue.steps:
        if step.error and step.after == step.before:
            break  # nothing happened, see `Setting.stay`
        belief, best, value, act_value, kinds = step.belief_before(), None, None, None, None
        try:
            if solution is not None:
                wanted = solution.best_act(step.before, belief)
                best = grammar.print(wanted)
                value, act_value = (
                    solution.value(step.before, belief),
                    solution.act_value(step.before, belief, step.act),
                )
                if value - act_value > ROUNDING:
                    kinds = Kinds(answered, *((LOST, kind(wanted)) if step.problem else _pair(step.act, wanted)))
        except OutOfReach:
            optimum = None
        tag = grammar.print(step.act)
        turns.append(
            TurnRegret(step.text, tag, step.problem, tuple(step.answers), belief, best, value, act_value, kinds)
        )
        answered = _last(step.exchange)
    if solution is not None and optimum is not None and not dialogue.over:
        belief = dialogue.belief()
        forfeited = solution.value(dialogue.state, belief) - setting.expected_payoff(dialogue.state, belief)
    return DialogueRegret(tuple(turns), forfeited, optimum)


def episode_regret(episode: Episode, engine: Engine | None = None) -> EpisodeRegret:
    """Hold each turn of an episode against the optimum. The engine has the same settings; it is made if missing.

    Raises:
        ValueError: If the episode cannot be replayed, see `replay`.
    """
    engine = engine or engine_of(episode)
    steps = list(replay(episode, engine))
    judged = dialogue_regret(steps[-1].dialogue, engine.grammar) if steps else DialogueRegret((), 0.0, None)
    scenario = engine.family.scenario_type(**episode.scenario)
    return EpisodeRegret(judged.turns, judged.forfeited, judged.optimum, episode, scenario)


class ExactScore(NamedTuple):
    """A score by exact regret; all ``None`` where the optimum is not better than the zero."""

    exact_score: float | None
    exact_score_interval: Interval | None
    exact_score_error: float | None  # standard error over the dialogues; None of a single one


def expected_payoffs(judged: Sequence[DialogueRegret]) -> np.ndarray:
    """What could be expected of each dialogue, from what the learner did in it: the optimum less the regret.

    The mean estimates the expected payoff of the policy, without bias.

    Raises:
        OutOfReach: If the optimum of one of them is.
    """
    if any(one.optimum is None for one in judged):
        raise OutOfReach("the optimum of some dialogues is out of reach, and so is what was lost against it")
    optimal = np.array([one.optimum for one in judged])
    regrets = np.array([one.regret for one in judged])
    return optimal - np.where(np.abs(regrets) < ROUNDING, 0.0, regrets)


def exact_score(judged: Sequence[DialogueRegret], zero: float) -> ExactScore:
    """The score without luck: ``mean(optimum - regret - zero) / mean(optimum - zero)``, over judged dialogues.

    It estimates what `normalised_score` does. In place of what a dialogue paid it has what could be expected of what
    the learner did; in place of what the references got there, what they can expect. Only the luck of where dialogues
    lead is left. No policy that is honest scores above 1, and the optimum scores 1 in each dialogue.

    Args:
        judged: Dialogues of one policy, the optimum of each being known.
        zero: What scores 0, see `references.zero_value`.

    Raises:
        OutOfReach: If the optimum of one of them is.
    """
    own = expected_payoffs(judged)
    columns = own, np.full(own.shape, zero), np.array([one.optimum for one in judged], float)
    return ExactScore(normalised_score(*columns), score_interval(*columns), score_error(*columns))


def lost_acts(judged: Sequence[DialogueRegret], most: int = 8) -> tuple[LostActs, ...]:
    """The kinds of turns that lose most, the worst first; none where nothing was lost."""
    found: dict[Kinds, list[tuple[float, int]]] = {}
    for one in judged:
        for number, turn in enumerate(one.turns, start=1):
            if turn.kinds is not None:
                found.setdefault(turn.kinds, []).append((turn.regret, number))
        if one.forfeited > ROUNDING:
            found.setdefault(Kinds("", CUT, "go on"), []).append((one.forfeited, len(one.turns)))
    sums = {kinds: sum(regret for regret, _ in turns) for kinds, turns in found.items()}
    total, worst = sum(sums.values()), sorted(sums, key=lambda kinds: -sums[kinds])[:most]
    return tuple(
        LostActs(
            *kinds,
            turns=len(found[kinds]),
            turn=sum(number for _, number in found[kinds]) / len(found[kinds]),
            regret=sums[kinds] / len(judged),
            share=sums[kinds] / total,
        )
        for kinds in worst
    )


def kind(act: Act) -> str:
    """An act in short: its name, and of its fields those that are words of a list or a yes or no."""
    if isinstance(act, Say):
        return TALK
    told = [_told(name, getattr(act, name)) for name in _words(type(act))]
    return " ".join([act.tag(), *told])


def _told(name: str, value: Any) -> str:
    return value if isinstance(value, str) else name if value else f"not {name}"


@cache
def _words(act: type[Act]) -> tuple[str, ...]:
    hints = typing.get_type_hints(act)
    return tuple(name for name, hint in hints.items() if hint is bool or typing.get_origin(hint) is Literal)


def _pair(made: Act, best: Act) -> tuple[str, str]:
    """Kinds of an act and of a better one; of two alike, how they differ."""
    did, wanted = kind(made), kind(best)
    if type(made) is not type(best) or did != wanted:
        return did, wanted
    pairs = [(getattr(made, field.name), getattr(best, field.name)) for field in fields(made)]
    differing = [(a, b) for a, b in pairs if a != b]
    if len(differing) == 1 and isinstance(differing[0][0], int):
        return did, f"{wanted}, {'higher' if differing[0][1] > differing[0][0] else 'lower'}"
    return did, f"{wanted}, another"


def _last(exchange: Exchange) -> str:
    return kind(exchange.replies[-1][2]) if exchange.replies else ""


def mean_regret_by_turn(judged: Sequence[DialogueRegret]) -> list[float]:
    """What each turn (first, second, ...) loses in the mean of all episodes.

    With what was forfeited it adds up to the distance from the optimum.
    """
    longest = max((len(one.turns) for one in judged), default=0)
    return [sum(one.turns[i].regret for one in judged if i < len(one.turns)) / len(judged) for i in range(longest)]


def likeliest_facts(family: Family, scenario: Any, belief: Belief, facts: int = 3) -> list[tuple[str, str, float]]:
    """(fact, its likeliest value, probability) for the first few hidden facts, as a perfect listener sees them."""
    names, shown = list(family.reveal(scenario, belief.support[0]))[:facts], dict[str, str]()

    def noted(fact: Any) -> str:
        """To be told apart by, since facts need not be hashable and what is shown may be rounded."""
        shown[str(fact)] = plainly(fact)
        return str(fact)

    if isinstance(belief, ProductBelief) and len(belief) > LISTED:
        marginals = [_marginal(family, scenario, belief, name, noted) for name in names]
    else:
        revealed = {hidden: family.reveal(scenario, hidden) for hidden in belief.support}
        marginals = [belief.map(lambda hidden, name=name: noted(revealed[hidden][name])) for name in names]
    likeliest = [max(marginal, key=lambda item: item[1]) for marginal in marginals]
    return [(name, shown[fact], share) for name, (fact, share) in zip(names, likeliest, strict=True)]


def _marginal(
    family: Family, scenario: Any, belief: ProductBelief, name: str, noted: Callable[[Any], str]
) -> Belief[str]:
    """The marginal of a fact that one part of the hidden state decides, without listing the others."""
    mode = tuple(max(factor, key=lambda item: item[1])[0] for factor in belief.factors)
    for place, factor in enumerate(belief.factors):
        rest = mode[:place], mode[place + 1 :]
        marginal = factor.map(lambda part, rest=rest: noted(family.reveal(scenario, (*rest[0], part, *rest[1]))[name]))
        if len(marginal) > 1:
            return marginal
    return Belief.certain(noted(family.reveal(scenario, mode)[name]))


def select_episodes(judged: Sequence[EpisodeRegret], count: int = 6) -> list[tuple[str, EpisodeRegret]]:
    """A few episodes worth reading, each with the reason; the same ones for the same records."""
    by_regret = sorted(judged, key=lambda one: one.regret)
    picks = {
        "Largest regret": by_regret[::-1],
        "Median regret": by_regret[len(by_regret) // 2 :],
        "Smallest regret": sorted(judged, key=lambda one: (round(one.regret, 9), -len(one.turns))),
        "Highest payoff": sorted(judged, key=lambda one: -one.episode.payoff),
        "Lowest payoff": sorted(judged, key=lambda one: one.episode.payoff),
        "Most turns": sorted(judged, key=lambda one: -len(one.turns)),
    }
    chosen: dict[int, tuple[str, EpisodeRegret]] = {}
    for reason, order in list(picks.items())[:count]:
        if one := next((one for one in order if id(one) not in chosen), None):
            chosen[id(one)] = reason, one
    return list(chosen.values())
