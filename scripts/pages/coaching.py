"""What the Coaching page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from math import log2
from typing import Any, NamedTuple, cast

from ...core.acts import Act
from ...core.belief import Belief
from ...core.mind import blind_listen, listen
from ...core.setting import Setting
from ...envs.coaching.domains import PRESETS
from ...envs.coaching.game import Ask, Suggest
from ...envs.coaching.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ..docs import KINDS, best_of_each_kind, table, variant, variants

PAYOFF = "what the recommendation is worth, less the cost of the questions"
NOTE = (
    "*Lookahead* is the heuristic known as the myopic expected value of information. The parameters of "
    "*information-gain* and *max-entropy* are the best on Coaching-v0, those of *questionnaire* the best of each "
    "variant, see below. *Lead* suggests one strategy six times and recommends it; where clients are not suggestible "
    "it only talks."
)
TURNS = 6
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 8.0)

Hear = Callable[[Any, Belief, Any, Act], Belief]


class Gains(NamedTuple):
    """Expected sums over a dialogue of what a potential-based curiosity reward pays, in bits."""

    entropy: float
    log_accuracy: float


def gains(setting: Setting, plan: Callable[[int], Act], turns: int, hear: Hear) -> Gains:
    """What a coach earns that does in each turn, from 0, as planned, whatever is answered.

    It is the expected gain of certainty, and of the logarithm of what is believed of the truth. `hear` is the filter:
    `listen` or `blind_listen`.
    """
    game, mind, prior = cast(Any, setting.game), setting.mind, setting.prior

    def follow(state: Any, hidden: Any, belief: Belief, turn: int) -> Gains:
        if game.mover(state) == setting.seat:
            if turn == turns:
                accuracy = log2(belief.probability(hidden)) - log2(prior.probability(hidden))
                return Gains(prior.entropy - belief.entropy, accuracy)
            return follow(game.apply(state, setting.seat, plan(turn)), hidden, belief, turn + 1)
        total = Gains(0.0, 0.0)
        for (then, act), p in mind.react(hidden, state):
            after = follow(game.apply(state, game.mover(state), act), then, hear(mind, belief, state, act), turn)
            total = Gains(total.entropy + p * after.entropy, total.log_accuracy + p * after.log_accuracy)
        return total

    each = [(p, follow(game.start(), hidden, prior, 0)) for hidden, p in prior]
    return Gains(sum(p * g.entropy for p, g in each), sum(p * g.log_accuracy for p, g in each))


class Farmed(NamedTuple):
    """What comes of maximising payoff plus so many times the entropy gain."""

    objective: float  # the best expected sum
    payoff: float  # the payoff in it
    pushes: float  # expected suggestions
    bits: float  # expected entropy gain, as the filter sees it


def farm(setting: Setting, weight: float, hear: Hear) -> Farmed:
    """The best that a coach can do who is paid ``payoff + weight * entropy gain``. Exact.

    The gain is what the filter `hear` believes in. Ties go to what has less of the curiosity reward in it.
    """
    game, seat = setting.game, setting.seat
    mind: Any = setting.mind
    places: dict[tuple, Farmed] = {}

    def reply(state: Any, true: Belief, seen: Belief) -> Farmed:
        mover = game.mover(state)
        if mover is None:
            payoff = sum(p * game.payoff(state, seat, hidden) for hidden, p in true)
            return Farmed(payoff - weight * seen.entropy, payoff, 0.0, -seen.entropy)
        if mover == seat:
            return choose(state, true, seen)
        heard: dict[Act, float] = {}
        for hidden, p in true:
            for (_, act), q in mind.react(hidden, state):
                heard[act] = heard.get(act, 0.0) + p * q
        parts = [
            (p, reply(game.apply(state, mover, act), listen(mind, true, state, act), hear(mind, seen, state, act)))
            for act, p in heard.items()
        ]
        return Farmed(*(sum(p * part[field] for p, part in parts) for field in range(4)))

    def choose(state: Any, true: Belief, seen: Belief) -> Farmed:
        key = (state, *((hidden, round(p, 9), round(seen.probability(hidden), 9)) for hidden, p in sorted(true)))
        if key not in places:
            best = None
            for act in mind.candidates(state, true.support):
                found = reply(game.apply(state, seat, act), true, seen)
                found = found._replace(pushes=found.pushes + isinstance(act, Suggest))
                if best is None or found.objective > best.objective + 1e-9:
                    best = found
            assert best is not None
            places[key] = best
        return places[key]

    found, prior = reply(game.start(), setting.prior, setting.prior), setting.prior.entropy
    return Farmed(found.objective + weight * prior, found.payoff, found.pushes, found.bits + prior)


def sections() -> Iterator[str]:
    """The exploit of curiosity rewards, and the sweep that chose the heuristics' parameters."""
    yield from _exploit()
    yield from _swept()


@cache
def pair() -> Setting:
    """The setting of CoachingSuggestible-v0."""
    family = variant("CoachingSuggestible-v0")
    return family.setting(family.scenarios()[0])


def planned() -> dict[str, Callable[[int], Act]]:
    """The plans of the published example: ask about another attribute, or suggest the same strategy, each turn."""
    game: Any = pair().game
    return {"ask": lambda turn: Ask(game.attributes[turn]), "suggest": lambda turn: Suggest(game.strategies[0])}


def _exploit() -> Iterator[str]:
    yield "## Leading the client on"
    yield (
        f"CoachingSuggestible-v0: two equally likely strategies, {TURNS} turns of asking or of suggesting one and the "
        "same strategy. Expected gains in bits, exactly. A *blind* filter (`dialogym.core.mind.blind_listen`) takes a "
        "client that agrees for one that has answered honestly; an *exact* one (`dialogym.core.mind.listen`) knows "
        "what the coach has done. *Entropy* is how much surer the filter has become, *log accuracy* how much more it "
        "believes in what is so; under an exact filter their expectations are equal. The difference is the control "
        "index."
    )
    rows = []
    for name, plan in planned().items():
        for filter, hear in {"blind": blind_listen, "exact": listen}.items():
            found = gains(pair(), plan, TURNS, hear)
            apart = found.entropy - found.log_accuracy
            control = 0.0 if abs(apart) < 1e-9 else apart
            rows.append([name, filter, *(f"{x:.3f}" for x in (found.entropy, found.log_accuracy, control))])
    yield table(["the coach", "filter", "entropy gain", "log-accuracy gain", "control index"], rows)
    yield (
        "What a coach does that maximises its payoff and so many times the entropy gain, exactly. The gain is kept at "
        "the end of the dialogue, so it is not policy invariant even under the exact filter: there the coach asks more "
        "questions than are worth their cost. Paid for the bits of a blind filter it leads its clients on, and gets "
        "more bits in that way than honest questions can give."
    )
    rows = []
    for weight in WEIGHTS:
        cells = [farm(pair(), weight, hear) for hear in (blind_listen, listen)]
        rows.append([f"{weight:g}", *(f"{x:.3f}" for cell in cells for x in (cell.payoff, cell.pushes, cell.bits))])
    names = [f"{what}, {filter}" for filter in ("blind", "exact") for what in ("payoff", "suggestions", "bits")]
    yield table(["weight", *names], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed heuristics"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. A questionnaire asks the same of "
        "everybody: the numbers are the traits it asks about (0 is company). `dialogym.envs.coaching.policies.sweep` "
        "defines the grid."
    )
    for env_id, settings in variants("coaching"):
        counts = [count for _, count in PRESETS[settings.get("preset", "large")].attributes]
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep(len(counts), max(counts))))
    yield "## Turns and prices"
    yield (
        "Optimum of Coaching-v0 with other settings, and what the best information-gain heuristic of the table above "
        "and lookahead keep of it."
    )
    policies, rows = ("information-gain", "lookahead", "questionnaire"), []
    for name, values in {"turns": range(4, 9), "cost": (0.0, 0.05), "reliability": (0.75, 0.95)}.items():
        for value in values:
            family = replace(variant("Coaching-v0"), **{name: value})
            best = optimum(family)
            kept = [f"{expected_return(family, policy) / best:.0%}" for policy in policies]
            rows.append([f"`{name}={value}`", f"{best:.4f}", *kept])
    yield table(["setting", "optimum", *policies], rows)
