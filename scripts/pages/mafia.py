"""What the Mafia page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from statistics import fmean
from typing import Any

from ...core.factored import FactoredSolution
from ...envs.engine import Engine
from ...envs.mafia.game import Company
from ...envs.mafia.mind import Secret, company
from ...envs.mafia.policies import HEURISTICS, RULES, exactly, sweep
from ...evaluation.exact import expected_return, known_value, optimum
from ...policies.registry import make_policy
from ...policies.rollout import rollout
from ..docs import KINDS, table, variant

ID = "Mafia-v0"
EPISODES = 500
SHARES = ("found", "found_first", "speaking_rate", "silence")
PAYOFF = "1 for finding the guilty one on the first day, half on the second, less what speaking costs"
NOTE = (
    "*Listen* only waits. *Bandwagon* accuses whom most voices are against as soon as it can, *interrogate* questions "
    "that person in each moment. *Scheduler* speaks while its share of all messages is below 1/n, as the source's "
    "scheduler is told to. The others know Bayes' rule and accuse the likeliest: *accuse-last* in the last moment of "
    "each day, *sure* as soon as that is likely with 40%, *early-and-late* in every second moment from the first on, "
    "when nothing is known yet."
)
SOURCES = (
    (
        "Time to Talk",
        "Eckhaus et al. (2025) let a language model play Mafia in group chats with people: a scheduler decides at each "
        "moment whether to send a message or to wait, and is told to be more talkative where its share of messages is "
        "below 1/n, and to listen where it is above; a generator decides what to say. Bystanders vote somebody out at "
        "the end of a day, the mafia somebody at night. Kept: secret roles, days of talk with a vote and a night, "
        "waiting as an act of its own, the 1/n rule (`scheduler`), and timing measures by name: number of messages, "
        "speaking rate, time differences. Changed: there are five seats with one guilty among four, the learner is a "
        "bystander, and time is counted in moments, not seconds, so that a record can be replayed; who speaks next is "
        "drawn by the host. Two days, since one makes rules nearly optimal. What people say, and how often, is "
        "ours. The stories are about cakes and garden gnomes, and nobody is killed.",
    ),
    (
        "Published results",
        "In the source, the agent performs on par with people, in winning and in blending in, and the times at which "
        "it speaks are like theirs, while its words differ. Those are games with people, whose ways nobody knows, and "
        "not to be compared with the table above.",
    ),
    (
        "Cascades",
        "People who follow tell nothing of what they know, and a few early voices decide (Bikhchandani et al. 1992). "
        "There, people infer and then imitate; here they imitate with a fixed probability, which is public, so that a "
        "voice of one who follows is known to mean nothing.",
    ),
)


def sections() -> Iterator[str]:
    """How each rule plays, the closed form, other companies, the sweep, the sources, the exploits."""
    yield "## How they play"
    yield (
        f"Means over {EPISODES} dialogues, by the metrics of the environment: how often the guilty one is found, and "
        "on the first day; innocents searched; questions and accusations; the learner's share of all messages, and how "
        "many of others' messages are between its own; the share of moments in which it waits."
    )
    names = ("found", "found_first", "wrong", "messages", "speaking_rate", "time_difference", "silence")
    rows = []
    for name in ("optimal", "lookahead", "scripted", *HEURISTICS):
        found = _metrics(name)
        shares = [f"{found[key]:.0%}" if key in SHARES else f"{found[key]:.2f}" for key in names]
        rows.append(["optimum" if name == "optimal" else name, *shares])
    yield table(["policy", *(f"`{name}`" for name in names)], rows)
    yield "## A closed form"
    yield (
        "A company that has one day, in which one voice is enough to have somebody searched, and people suspect nobody "
        "on their own. Then there are three ways to play: accuse one of four at once, which finds the guilty one with "
        "1/4; question one after another until an answer is bad, which finds it with (1 - b)(1 + a + a² + ...)/4, a "
        "term for each of T moments, where an alibi convinces with probabilities a (of an innocent) and b (of the "
        "guilty one); or question one and, if the answer is good, wait, and accuse another: (1 - b + a)/4, from three "
        "moments on. Each question and accusation costs 0.02."
    )
    rows = []
    for first, answers in product((1, 2, 3), ((4 / 7, 1 / 7), (0.9, 0.1), (0.6, 0.4))):
        solved, formula = lonely(answers, first, 0.02), by_hand(answers, first, 0.02)
        rows.append([str(first), f"{answers[0]:.3f}", f"{answers[1]:.3f}", f"{solved:.6f}", f"{formula:.6f}"])
    yield table(["moments", "a", "b", "solver", "formula"], rows)
    yield "## Other companies"
    yield (
        "The optimum with other settings, and what is left of it to two-step lookahead and to two rules. Where people "
        "follow less, more can be learnt, and an early voice is worth less."
    )
    rows = []
    for settings in ({}, {"follows": 0.0}, {"follows": 0.8}, {"needed": 2}, {"cost": 0.05}, {"late": 1.0}):
        family: Any = replace(variant(ID), **settings)
        best = optimum(family)
        setting = family.setting(family.scenarios()[0])
        rules = [exactly(RULES[name], setting) for name in ("accuse-last", "early-and-late")]
        shares = [value / best for value in (expected_return(family, "lookahead"), *rules)]
        named = ", ".join(f"`{name}={value!r}`" for name, value in settings.items()) or "default"
        rows.append([named, f"{best:.4f}", *(f"{one:.0%}" for one in shares), f"{known_value(family) / best:.0%}"])
    yield table(["settings", "optimum", "lookahead", "accuse-last", "early-and-late", "secret known"], rows)
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. `plan` has a letter for each moment "
        "of both days: accuse the likeliest, question it, or wait. `sure(P,Q)` accuses the likeliest where that "
        "is possible and as likely as P, and else questions it where it is as likely as Q. "
        "`dialogym.envs.mafia.policies.sweep` defines the grid."
    )
    yield table(KINDS, _best_of_each_kind())
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** Pleas, threats and flattery move nobody: words alone are waiting. An accusation "
        "right after a question or an accusation is refused, and the turn is lost. What people say around their act "
        "is drawn without knowing who did it, and a clue or an alibi is told by guilty and innocent in the same words. "
        "To be cut off by lost turns pays what finding nobody pays. The host decides nothing that does not follow "
        "from the voices, but for who has the word, and who is missing, whose chances are stated."
    )


def _metrics(policy: str) -> dict[str, float]:
    """Means of the metrics."""
    family = variant(ID)
    engine = Engine(family)
    found = [family.outcome(dialogue) for dialogue in rollout(engine, make_policy(policy, engine), range(EPISODES))]
    return {name: fmean(float(one[name]) for one in found) for name in family.metrics_of}


def _best_of_each_kind() -> Iterator[list[str]]:
    """As `docs.best_of_each_kind`, over information states: there are too many histories."""
    family = variant(ID)
    setting, kinds = family.setting(family.scenarios()[0]), {}
    for name, rule in sweep().items():
        kinds.setdefault(name.partition("(")[0], []).append((exactly(rule, setting), name))
    for kind, tried in kinds.items():
        value, name = max(tried)
        yield [kind, str(len(tried)), f"`{name}`", f"{value:.4f}", f"{value / optimum(family):.0%}"]


def lonely(answers: tuple[float, float], first: int, cost: float) -> float:
    """The optimum of a company of one day in which nobody but the learner suspects anybody, and one voice is enough."""
    game = Company(first=first, second=1, needed=1, cost=cost, late=0.0)
    mind = Secret(game, follows=1.0, unsure=1.0, quiet=1.0, convinces=answers)
    return FactoredSolution(game, company(mind), "you").start_value()


def by_hand(answers: tuple[float, float], first: int, cost: float) -> float:
    """The same, by the best of three plans; up to three moments."""
    a, b = answers
    asked = [(k * a ** (k - 1) * b + (4 - k) * a**k) / 4 if k else 1.0 for k in range(first)]  # all have answered well
    questions = sum((1 - b) * a**k / 4 - cost * asked[k] for k in range(first))
    another = (1 - b + a) / 4 - cost * (1 + (b + 3 * a) / 4) if first >= 3 else 0.0
    return max(0.25 - cost, questions, another)
