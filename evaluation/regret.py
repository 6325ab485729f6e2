"""Where a dialogue lost value: every turn of a recorded episode against the exact optimum.

The regret of a turn is ``V(state, belief) - Q(state, belief, act)``: what an honest optimal player could still expect
before it, less what it can expect after it. Luck is no part of it. The expected payoff of a policy is the optimum less
its expected total regret, because the value of the optimum is a martingale while the optimum is played (the performance
difference lemma of Kakade and Langford 2002, lemma 6.1, over information states).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.belief import LISTED, Belief, ProductBelief
from ..core.episode import Episode
from ..core.solver import OutOfReach
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.episodes import engine_of, replay


@dataclass(frozen=True)
class TurnRegret:
    """One turn of the learner against the optimum. Values are in payoff, as of the start of the dialogue.

    `best`, `value` and `act_value` are ``None`` where the optimum is out of reach.
    """

    text: str  # what the learner said
    act: str  # the tag of what it came to; "" for talk and for a lost turn
    problem: str  # malformed, ambiguous, illegal or ""
    reply: str  # the partner's
    belief: Belief  # exact, before the turn
    best: str | None  # the tag of an optimal act; "" for talk
    value: float | None  # best expected payoff before the turn
    act_value: float | None  # expected payoff of the act made and the best acts ever after

    @property
    def regret(self) -> float:
        """What the turn lost; 0 where the optimum is out of reach."""
        return 0.0 if self.value is None or self.act_value is None else self.value - self.act_value


@dataclass(frozen=True)
class EpisodeRegret:
    """A recorded episode with each of the learner's turns judged."""

    episode: Episode
    scenario: Any
    turns: tuple[TurnRegret, ...]
    forfeited: float  # what going on would have been worth more when the episode was truncated; 0 if it was not

    @property
    def regret(self) -> float:
        """Total over the turns, and what was forfeited."""
        return sum(turn.regret for turn in self.turns) + self.forfeited


def episode_regret(episode: Episode, engine: Engine | None = None) -> EpisodeRegret:
    """Hold each turn of an episode against the optimum. The engine has the same settings; it is made if missing.

    Raises:
        ValueError: If the episode cannot be replayed, see `replay`.
    """
    engine = engine or engine_of(episode)
    grammar, turns, step = engine.grammar, [], None
    for step in replay(episode, engine):
        belief, best, value, act_value = step.belief_before(), None, None, None
        try:
            solution = step.dialogue.setting.solution
            best = grammar.print(solution.best_act(step.before, belief))
            value, act_value = solution.value(step.before, belief), solution.act_value(step.before, belief, step.act)
        except OutOfReach:
            pass
        turns.append(
            TurnRegret(step.text, grammar.print(step.act), step.problem, step.reply, belief, best, value, act_value)
        )
    forfeited = 0.0
    if step is not None and step.truncated and not step.over and turns[-1].value is not None:
        setting, belief = step.dialogue.setting, step.belief_after()
        forfeited = setting.solution.value(step.after, belief) - setting.expected_payoff(step.after, belief)
    scenario = engine.family.scenario_type(**episode.scenario)
    return EpisodeRegret(episode, scenario, tuple(turns), forfeited)


def mean_regret_by_turn(judged: Sequence[EpisodeRegret]) -> list[float]:
    """What each turn (first, second, ...) loses in the mean of all episodes.

    With what was forfeited it adds up to the distance from the optimum.
    """
    longest = max((len(one.turns) for one in judged), default=0)
    return [sum(one.turns[i].regret for one in judged if i < len(one.turns)) / len(judged) for i in range(longest)]


def likeliest_facts(family: Family, scenario: Any, belief: Belief, facts: int = 3) -> list[tuple[str, str, float]]:
    """(fact, its likeliest value, probability) for the first few hidden facts, as a perfect listener sees them."""
    names = list(family.reveal(scenario, belief.support[0]))[:facts]
    if isinstance(belief, ProductBelief) and len(belief) > LISTED:
        marginals = [_marginal(family, scenario, belief, name) for name in names]
    else:
        revealed = {hidden: family.reveal(scenario, hidden) for hidden in belief.support}
        marginals = [belief.map(lambda hidden, name=name: str(revealed[hidden][name])) for name in names]
    return [(name, *max(marginal, key=lambda item: item[1])) for name, marginal in zip(names, marginals, strict=True)]


def _marginal(family: Family, scenario: Any, belief: ProductBelief, name: str) -> Belief[str]:
    """The marginal of a fact that one part of the hidden state decides, without listing the others."""
    mode = tuple(max(factor, key=lambda item: item[1])[0] for factor in belief.factors)
    for place, factor in enumerate(belief.factors):
        rest = mode[:place], mode[place + 1 :]
        marginal = factor.map(lambda part, rest=rest: str(family.reveal(scenario, (*rest[0], part, *rest[1]))[name]))
        if len(marginal) > 1:
            return marginal
    return Belief.certain(str(family.reveal(scenario, mode)[name]))


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
