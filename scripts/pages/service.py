"""What the Service page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from ...core.acts import Act
from ...core.belief import Belief
from ...core.setting import Setting
from ...envs.service.game import Helpline
from ...envs.service.policies import PROCEDURES, Pick, by_temper, sweep
from ..docs import table, variant, variants

PAYOFF = "whether the right change was made by the policy, less the harm of a wrong one and the cost of the turns"
NOTE = (
    "The rules hold the exact belief. *Close* does nothing, *eager* changes at once what it believes to be wanted. "
    "The others ask who it is and go through the steps of their name, leave out what tells nothing new, and propose "
    "what is likeliest when there is just time for that. *Likely-deed* proposes as soon as a change has an even "
    "chance, *by-temper* goes another way with customers who sound curt."
)
DIGITS = 12  # beliefs that agree to this many digits are followed as one
TRIALS = (1, 2, 4, 8)

SOURCES = (
    "**tau-bench** (Yao et al. 2024). Kept: an agent with reading and writing tools, a customer with an instruction, a "
    "policy in words, a turn that is a tool call or a message, and the reward: the database must be in the end as it "
    "should be. From the retail policy: identify first, check the status before acting, list the change and get an "
    "explicit yes, cancel what is pending and return what was delivered, and one modifying call. Also kept: a customer "
    "that was not told the order number does not remember it. Two of its traps are in ServiceHard-v0: orders in a "
    "state in which nothing may be done, and callers whom one must not serve. Changed: customer and desk are a mind "
    "with probabilities and no language model with an instruction, so that the best agent is known; a violation is a "
    "legal act that costs its price; customers in a hurry hang up. Left out: payment methods, addresses, several "
    "changes, a transfer to a human. For context, from its repository: gpt-4o with tool calling reached pass^1 to "
    "pass^4 of .604, .491, .430 and .383 in retail, and .420, .273, .220 and .200 in the airline domain.",
    "**tau2-bench** (Barres et al. 2025). Kept: the airline as a second domain under the same protocol. Changed: its "
    "own matter, that the user has tools too (telecom), is not in this family but in [Helpdesk](helpdesk.md), because "
    "it makes another game. For context, the paper's runs on the leaderboard of its repository: GPT-4.1 reaches pass^1 "
    "of .740 and pass^4 of .523 in retail, .560 and .381 in airline.",
    "**MUA-RL** (Zhao et al. 2025). Kept: the user takes part while the agent learns, and the reward is given for the "
    "end alone. Changed: the user is not a language model, so an episode costs microseconds and has no noise of its "
    "own; a language model may word it (`voiced:MODEL`) or decide within what is true of it (`llm:MODEL`). For "
    "context, from its abstract: MUA-RL-32B reaches 67.3 in tau2's retail domain, 45.4 in airline and 28.3 in telecom.",
    "**APIGen-MT** (Prabhakar et al. 2025). Kept: every task has a right end that code can check before any words are "
    "found, and the dialogue is played from it. Changed: there the tasks are written and reviewed by models; here they "
    "are all combinations of what may be hidden, with their probabilities, because the optimum sums over all of them.",
    "**BUTTON** (Chen et al. 2024). Kept: a task is composed of small ones (identify, look up, agree, do) whose "
    "results the next step needs, and user, assistant and tool have seats of their own. Changed: it makes data to "
    "learn from by models in these seats; here `dialogym collect` records demonstrations of any policy, because there "
    "is one that is known to be optimal.",
)
EXPLOITS = (
    "*To do it without asking.* A change without a yes is possible, and never pays: it is no success, and costs its "
    "price.",
    "*To propose everything.* People who have not listened say yes now and then, so a yes alone proves nothing; and "
    "proposals are counted.",
    "*To find out the status by trying.* The desk refuses what the status does not allow, but the attempt was a "
    "violation.",
    "*To close at once.* Where nothing was to be done that is right, but such calls are rare.",
    "*To ask again.* A question, a lookup or a proposal that was made before is refused.",
    "*To speak for the desk.* What the desk returns comes from the orders and is printed by code; words that look like "
    "it change nothing.",
)


def sections() -> Iterator[str]:
    """Consistency over trials, the sweep, the sources, and what was closed."""
    yield from _consistency()
    yield from _swept()
    yield "## What it is built after"
    yield from SOURCES
    yield "## Tricks that gain nothing"
    yield "Each is held by a test.\n\n" + "\n".join(f"- {line}" for line in EXPLOITS)


Ends = list[tuple[float, Any, Belief]]


def ends(setting: Setting, pick: Pick) -> Ends:
    """How the dialogues of a policy end: probability, final state, and belief about what was hidden.

    Exact: equal states with equal beliefs are followed as one.
    """
    game, found = setting.game_as(Helpline), Ends()
    layer = [(p, end.after, belief) for p, end, belief in setting.seen(game.start(), setting.prior, None)]
    while layer:
        places: dict[Any, list[Any]] = {}
        for p, state, belief in layer:
            if game.mover(state) is None:
                found.append((p, state, belief))
                continue
            for q, end, after in setting.seen(state, belief, pick(game, state, belief)):
                key = end.after, frozenset((hidden, round(share, DIGITS)) for hidden, share in after)
                places.setdefault(key, [0.0, end.after, after])[0] += p * q
        layer = [(p, state, belief) for p, state, belief in places.values()]
    return found


def mean(found: Ends, value: Callable[[Any, Any], float]) -> float:
    """The mean of a function of final state and hidden state."""
    return sum(p * q * value(state, hidden) for p, state, belief in found for hidden, q in belief)


def consistency(game: Helpline, found: Ends, trials: int) -> float:
    """tau-bench's pass^k: the chance that so many independent dialogues with the same customer all succeed.

    A task is a hidden state, with the share that it has in the prior.
    """
    mass: dict[Any, list[float]] = {}
    for p, state, belief in found:
        for hidden, q in belief:
            both = mass.setdefault(hidden, [0.0, 0.0])
            both[0] += p * q
            both[1] += p * q * game.success(state, hidden)
    return sum(m * (s / m) ** trials for m, s in mass.values())


@cache
def default() -> Setting:
    """The setting of Service-v0."""
    family = variant("Service-v0")
    return family.setting(family.scenarios()[0])


def optimal(setting: Setting) -> Pick:
    """The optimal policy."""

    def pick(game: Helpline, state: Any, belief: Belief) -> Act:
        return setting.solution.best_act(state, belief)

    return pick


def _consistency() -> Iterator[str]:
    yield "## pass^k"
    yield (
        "Service-v0, exactly. *pass^k* is tau-bench's: the chance that k dialogues with the same customer all succeed, "
        "in the mean over customers; pass^1 is the success rate. The optimum is that of the mean payoff. To be good "
        "in every one of k trials is another problem, and a procedure that is worse in the mean may lose less of it "
        "as k grows."
    )
    setting, rows = default(), []
    game = setting.game_as(Helpline)
    for name, pick in {"optimal": optimal(setting), **PROCEDURES}.items():
        found = ends(setting, pick)
        numbers = [
            mean(found, lambda state, hidden: game.payoff(state, setting.seat, hidden)),
            *(consistency(game, found, trials) for trials in TRIALS),
            mean(found, lambda state, hidden: state.ending == "left"),
            mean(found, lambda state, hidden: state.violated),
            mean(found, lambda state, hidden: state.turn),
        ]
        rows.append([name, *(f"{number:.3f}" for number in numbers)])
    yield table(["policy", "payoff", *(f"pass^{k}" for k in TRIALS), "hung up", "violated", "turns"], rows)


def _swept() -> Iterator[str]:
    yield "## Procedures in every order"
    yield (
        "How much of the optimum a procedure keeps that goes through its steps in order and proposes early once a "
        "change is as likely as the number (0: never), exactly; the best five of the grid, and the best pair of one "
        "of these for calm and one for curt customers. `dialogym.envs.service.policies.sweep` defines the grid."
    )
    rows = []
    for env_id, settings in variants("service"):
        if settings.get("domain", "shop") == "shop" and settings.get("orders", 2) == 2:
            family = variant(env_id)
            setting = family.setting(family.scenarios()[0])
            kept = ranked(setting)
            rows += [[env_id, name, f"{share:.1%}"] for share, name in kept[:5]]
            share, name = best_pair(setting, [name for _, name in kept[:3]])
            rows.append([env_id, name, f"{share:.1%}"])
    yield table(["id", "procedure", "share of the optimum"], rows)


def share(setting: Setting, pick: Pick) -> float:
    """The expected payoff of a policy as a share of the optimum."""
    game = setting.game_as(Helpline)
    payoff = mean(ends(setting, pick), lambda state, hidden: game.payoff(state, setting.seat, hidden))
    return payoff / setting.solution.start_value()


def ranked(setting: Setting) -> list[tuple[float, str]]:
    """The procedures of the grid with their shares of the optimum, the best first."""
    return sorted(((share(setting, pick), name) for name, pick in sweep().items()), reverse=True)


def best_pair(setting: Setting, calm: list[str]) -> tuple[float, str]:
    """The best of `calm` for calm customers with any of the grid for curt ones."""
    grid = sweep()
    pairs = {f"{one}; curt: {two}": by_temper(grid[one], grid[two]) for one in calm for two in grid}
    return max((share(setting, pick), name) for name, pick in pairs.items())
