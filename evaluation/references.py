"""What scores are measured with: what the optimum, random play and doing nothing get on the same seeds.

Random play loses money in some families: whoever does nothing then looks skilled. So the zero of scores is the better
of the random policy and of doing nothing. Two ways to do nothing are open in every family, since they need no act of
its own and look at nothing: to say nothing until the end, and to be gone before one's first word, which pays what the
game pays in that state. An act that binds at once, such as to accept the asking price, is a decision, and no zero.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core.setting import Setting
from ..core.solver import OutOfReach
from ..envs import seeds as seeds_of
from ..envs.engine import Engine, Options
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from .exact import SILENT, NotEnumerable, expected_return, over_scenarios
from .regret import dialogue_regret, expected_payoffs

NOTHING = "do nothing"
EPISODES = 1000  # always the same ones, by which random play is compared with doing nothing
_FEW, _CLEAR = 200, 5.0  # a difference of so many standard errors in the first few needs no more
_LEAVE = "leave"
_TURNS = 20_000  # of the exact sum; more are simulated
_KNOWN: dict[tuple, Any] = {}


class References(NamedTuple):
    """Payoffs in the same episodes, with the scripted user; shape (n,) each."""

    random: np.ndarray
    nothing: np.ndarray
    optimal: np.ndarray | None  # None where the optimum is out of reach
    zero: str  # "random" or "do nothing": which of the two expects more

    @property
    def low(self) -> np.ndarray:
        """Those of the zero."""
        return self.random if self.zero == "random" else self.nothing


def references(engine: Engine, seeds: Sequence[int], batch: int = 256) -> References:
    """The references in the episodes of these seeds; kept for the process.

    Args:
        engine: Names the family and the grammar.
        seeds: One for each episode.
        batch: Dialogues that run together.
    """
    plain = _plain(engine)
    random, nothing = (_returns(name, plain, seeds, batch) for name in ("random", _way(plain)))
    try:
        optimal = _returns("optimal", plain, seeds, batch)
    except OutOfReach:
        optimal = None
    return References(random, nothing, optimal, zero_of(plain))


def zero_of(engine: Engine) -> str:
    """The zero of scores in a family: ``"random"`` or ``"do nothing"``, whichever expects more.

    It does not depend on the episodes of an evaluation, so that scores of other seeds have the same zero.
    """
    key = _key("zero", engine)
    if key not in _KNOWN:
        plain = _plain(engine)
        nothing, trials = nothing_value(plain), seeds_of.trials(EPISODES)
        random = _returns("random", plain, trials[:_FEW])
        if abs(random.mean() - nothing) <= _CLEAR * random.std() / _FEW**0.5:
            random = _returns("random", plain, trials)
        _KNOWN[key] = "random" if random.mean() > nothing else NOTHING
    return _KNOWN[key]


def zero_value(engine: Engine) -> float:
    """What the zero of scores expects over all scenarios: the same number whatever episodes an evaluation has.

    Of doing nothing it is that of `nothing_value`. Of random play it is the mean of the same 1,000 episodes, of the
    optimum less the exact regret: see `regret.exact_score`.

    Raises:
        OutOfReach: If nobody can compute the optimum.
    """
    plain, key = _plain(engine), _key("zero value", engine)
    if key not in _KNOWN and zero_of(plain) == "random":
        played = rollout(plain, make_policy("random", plain), seeds_of.trials(EPISODES))
        _KNOWN[key] = float(
            np.mean(expected_payoffs([dialogue_regret(dialogue, plain.grammar) for dialogue in played]))
        )
    return _KNOWN[key] if key in _KNOWN else nothing_value(plain)


def nothing_value(engine: Engine) -> float:
    """What doing nothing expects over all scenarios, in the better of the two ways."""
    return max(_idle(engine).values())


def _plain(engine: Engine) -> Engine:
    """With the scripted user and the grammar's ear."""
    return Engine(engine.family, Options(grammar=engine.grammar.mode))


def _way(engine: Engine) -> str:
    """The better way to do nothing."""
    values = _idle(engine)
    return max(values, key=lambda way: values[way])


def _idle(engine: Engine) -> dict[str, float]:
    """What the two ways to do nothing expect over all scenarios; exact, if silence can be summed."""
    key = _key("idle", engine)
    if key not in _KNOWN:
        try:
            silent = expected_return(engine.family, SILENT, limit=_TURNS)
        except NotEnumerable:
            silent = float(_returns(SILENT.name, engine, seeds_of.trials(EPISODES)).mean())
        family = engine.family
        leave = over_scenarios(family, lambda scenario: _left(family.setting(scenario)))
        _KNOWN[key] = {SILENT.name: silent, _LEAVE: leave}
    return _KNOWN[key]


def _left(setting: Setting) -> float:
    """What a scenario pays before the learner's first word."""
    opened = setting.seen(setting.game.start(), setting.prior, None)
    return math.fsum(p * setting.expected_payoff(exchange.after, belief) for p, exchange, belief in opened)


def _returns(name: str, engine: Engine, seeds: Sequence[int], batch: int = 256) -> np.ndarray:
    known: dict[int, float] = _KNOWN.setdefault(_key(name, engine), {})
    if missing := [seed for seed in seeds if seed not in known]:
        leaves = name == _LEAVE
        policy = SILENT if leaves or name == SILENT.name else make_policy(name, engine)
        goes_on = (lambda dialogue: False) if leaves else None
        for seed, dialogue in zip(missing, rollout(engine, policy, missing, batch, goes_on=goes_on), strict=True):
            state, hidden = dialogue.steps[0].before, dialogue.hidden_at(0)
            left = dialogue.setting.game.payoff(state, dialogue.seat, hidden) if leaves else 0.0
            known[seed] = left if leaves else dialogue.steps[-1].payoff
    return np.array([known[seed] for seed in seeds])


def _key(name: str, engine: Engine) -> tuple:
    family = engine.family
    return name, type(family), json.dumps(family.settings(), sort_keys=True), engine.grammar.mode
