"""What the Persuasion page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...core.acts import Act
from ...core.belief import Belief
from ...core.setting import Setting
from ...envs.base import Family
from ...envs.persuasion.mind import Mindset
from ...envs.persuasion.policies import RULES, sweep
from ...evaluation.exact import optimum
from ...evaluation.pareto import expected_metrics
from ..docs import KINDS, best_of_each_kind, table, variant, variants

ID = "Persuasion-v0"
PAYOFF = "the dollars promised, less what the turns cost"
NOTE = (
    "The fixed strategies hold the exact belief, but only to choose between the two appeals and between the two sums; "
    "*confident* also looks how likely doubts and a yes are. Their parameters are the best of a grid, see below. "
    "*Foot-in-the-door* asks for 50 cents after two facts, and then for a dollar."
)

Choose = Callable[[Any, Belief], Act]


@dataclass(frozen=True)
class Remembering:
    """A mind that remembers who somebody was at the start: hidden states are pairs of then and now."""

    mind: Any

    def prior(self) -> Belief[tuple[Mindset, Mindset]]:
        """As of the mind itself."""
        return Belief(((hidden, hidden), p) for hidden, p in self.mind.prior())

    def react(self, hidden: tuple[Mindset, Mindset], state: Any) -> Belief[tuple[tuple[Mindset, Mindset], Act]]:
        """As of the mind itself, whoever it was."""
        then, now = hidden
        return Belief((((then, after), act), p) for (after, act), p in self.mind.react(now, state))


def by_start(setting: Setting, choose: Choose) -> dict[Mindset, tuple[float, float]]:
    """Hidden state at the start -> share of these people who give, and dollars that they give on average; exact."""
    remembering = Remembering(setting.mind)
    twin = Setting(setting.game, remembering, setting.seat)
    given: dict[Mindset, list[float]] = {hidden: [0.0, 0.0] for hidden in setting.prior.support}
    ends = [(p, exchange.after, belief) for p, exchange, belief in twin.seen(twin.game.start(), twin.prior, None)]
    while ends:
        p, state, belief = ends.pop()
        if twin.game.mover(state) is None:
            for (then, _), q in belief:
                given[then][0] += p * q * (state.given > 0)
                given[then][1] += p * q * state.given / 100
            continue
        act = choose(state, belief.map(lambda pair: pair[1]))
        ends += [(p * q, exchange.after, after) for q, exchange, after in twin.seen(state, belief, act)]
    prior = dict(setting.prior)
    return {hidden: (some / prior[hidden], much / prior[hidden]) for hidden, (some, much) in given.items()}


def facts(family: Family) -> dict[str, str]:
    """What the optimal persuader comes to."""
    found = expected_metrics(family)
    return {
        "donors, under the optimum": f"{found['donors']:.0%}",
        "donation in dollars, under the optimum": f"{found['donation']:.3f}",
        "turns, under the optimum": f"{found['turns']:.2f}",
    }


def sections() -> Iterator[str]:
    """Who is persuaded, what a profile is worth, the sweep, and where the family comes from."""
    yield from _persuaded()
    yield from _profiles()
    yield "## The fixed strategies"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. `campaign(T,F)` tells T facts for "
        "the charity, then F others, then asks for money; `inquire` puts the personal question first, `foot` asks for "
        "50 cents first. `confident(D,S)` speaks for the charity while doubts have a probability of at least D, and "
        "asks for a dollar once a yes has at least S. `dialogym.envs.persuasion.policies.sweep` defines the grid."
    )
    for env_id, _ in variants("persuasion"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep()))
    yield from _sources()


def _persuaded() -> Iterator[str]:
    setting = variant(ID).setting(variant(ID).scenarios()[0])
    policies: dict[str, Choose] = {
        "optimum": setting.solution.best_act,
        "inquire-then-appeal": lambda state, belief: RULES["inquire-then-appeal"](setting.game, state, belief),
        "rotate": lambda state, belief: RULES["rotate"](setting.game, state, belief),
    }
    found = {name: by_start(setting, choose) for name, choose in policies.items()}
    yield "## Who is persuaded"
    yield (
        f"Share of people who give something in {ID}, by what they were at the start, and in brackets the dollars that "
        "they give on average. Exact."
    )
    rows = []
    for hidden in setting.prior.support:
        cells = [f"{some:.0%} ({much:.2f})" for some, much in (values[hidden] for values in found.values())]
        rows.append([hidden.kind, "yes" if hidden.doubts else "no", str(hidden.will), *cells])
    yield table(["kind", "doubts", "will", *policies], rows)


def _profiles() -> Iterator[str]:
    yield "## What a profile is worth"
    yield (
        "A persuader who is told something of the person beforehand can begin with the right appeal. The optimum for "
        "profiles that are right more or less often; 50% tells nothing. Doubts are a matter that no profile speaks of."
    )
    best = optimum(variant(ID))
    rows = []
    for right in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        value = optimum(replace(variant(ID), profile=right))
        rows.append([f"{right:.0%}", f"{value:.4f}", f"{value / best - 1:+.1%}"])
    yield table(["the profile is right", "optimum", "more than without"], rows)


def _sources() -> Iterator[str]:
    yield "## Where it comes from"
    yield (
        "**PersuasionForGood** (Wang et al. 2019) is a collection of 1,017 dialogues in which one crowd worker asks "
        "another to give part of a payment to a children's charity; its persuaders' sentences are labelled with ten "
        "strategies. Kept: the task, small sums, the logical, emotional and credibility appeals, the personal "
        "question, the foot in the door, donation information as facts of the charity, donors and donation as what is "
        "measured, and that different people are moved by different appeals. Changed: real charities and people are "
        "replaced by made-up ones, the strategies that tell something of the persuader (self-modelling, personal "
        "story) are left out, because a program has no story of its own that is true, and the person has hidden "
        "reasons with stated probabilities instead of being a crowd worker whom nobody can score against."
    )
    yield (
        "**PersuadeGym** of UserRL (Qian et al. 2025) has a language model that agrees strongly with a statement and "
        "is to be talked through seven stances to strong disagreement; 1, 2 and 3 levels changed are rewarded with "
        "0.6, 0.8 and 0.9, and the judge of an argument is the model itself. Kept: a stance that moves in steps, up "
        "and down, and `levels` as a metric. Changed: the stance is the will to give, has three steps, and moves by "
        "stated probabilities, not by what a model finds convincing; what is paid is what the person does in the end, "
        "not how far its stance has moved, so nothing is gained by moving somebody who then gives nothing."
    )
    yield (
        "**Persuasiveness trials** (Salvi et al. 2025): in debates with people, GPT-4 that had been told about its "
        "opponent was more persuasive than a human 64.4% of the time where they were not equally persuasive (81.2% "
        "higher odds of agreement; N = 900). Kept: the comparison with and without knowledge of the person, as "
        "PersuasionProfile-v0 and the table above. Changed: agreement is a donation, and the knowledge is one bit that "
        "is right with a stated probability, because then what it is worth can be computed. What a profile adds here "
        "follows from made-up numbers; it is no estimate for people."
    )
    yield (
        "For context: in all 10,600 persuader turns of PersuasionForGood, labelled by language models (Petrova et al. "
        "2026), the strategies alone explain little of who gives; only making people feel guilty went with fewer "
        "donations (23 points). There is no such act here: pressure in words is talk, and the person answers that it "
        "does not want to be pushed."
    )
    yield (
        "**Exploits that are closed.** Nagging: a no ends the dialogue. Asking for next to nothing: only 50 cents and "
        "a dollar can be asked for. False claims: only facts of the brief bind in plain words, everything else is talk "
        "and costs a turn. Around a tag anything can be written, and the simulated person does not hear it; `made_up` "
        "counts the turns with a figure that stands in no fact, so that a policy that learns to lie beside its tags "
        "shows. Talking the person into promises: words never make a donation, only `[propose ...]` does. Tests try "
        "it: a dollar asked for again and again, talk to no end, figures that stand in no fact; and `dialogym check`, "
        "which the suite runs, every way to be cut off, and idle tricks such as to stall, to repeat and to shout."
    )
