"""What the Helpdesk page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from ...envs.base import Family
from ...envs.engine import Engine
from ...envs.helpdesk.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ...policies.registry import make_policy
from ...policies.rollout import rollout
from ..docs import KINDS, best_of_each_kind, table, variant

PAYOFF = "1 for mobile data that works or the worth of a handover, less the cost of the call"
NOTE = (
    "All rules hold the exact belief about faults and skill. *Escalate* hands everybody over, *off-and-on* restarts "
    "once before it does. *Workflow* is a manual: look at each part in turn, put right what is rather wrong than not, "
    "restart when all is rather right; *guided-workflow* explains first. *Likeliest-first* puts right what is "
    "likeliest to be wrong, the rule of probability over cost where all repairs cost the same; *guided-likeliest* "
    "explains before it. *Look-first* begins with a look, and puts right only what it finds likely to be wrong. "
    "*Desk-first* settles the plan, explains, and then puts right what is likeliest. *Guide-the-lost* looks at the "
    "plan and at a part of the phone, and explains where the customer seems unsure after that. The parameters of "
    "*look-first* are the best of a grid, see below."
)
EPISODES = 2000
ENV = "Helpdesk-v0"
SHOWN = ("solved", "escalated", "user_actions", "action_success", "agent_actions", "guided", "hung_up", "turns")

SOURCES = (
    "**τ²-bench, telecom** (Barres et al. 2025). Kept: dual control, where the agent has tools of its own for the line "
    "and only the customer can look at and touch the phone; the mobile data that does not work, its causes (airplane "
    "mode, SIM card, APN, a suspended line) that come alone or together, and the restart; a handover to a human as the "
    "way out; success is the state of the device, not what was said; customers who know their way and customers who do "
    "not. Changed: phone, desk and customer are a table with probabilities and no program with 30 tools and a language "
    "model, so that the best agent is known; four causes where the source composes 2,285 tasks and samples 114; skill "
    "is hidden, and decides what comes of an instruction; an explanation, the handover and the turns have prices. Left "
    "out: finding the customer's record, roaming, picture messages, bills, and the written policy. For context, the "
    "paper's runs on the leaderboard of its repository: in telecom, under dual control, GPT-4.1 solves 34.0% of the "
    "tasks at once and 20.4% in each of four trials (pass^4), Claude 3.7 Sonnet 49.0% and 37.2%, o4-mini 50.2% and "
    "32.4%. They have to find words and tools, and policies here only acts, so the shares cannot be compared.",
    "**Decision-theoretic troubleshooting** (Heckerman, Breese and Rommelse 1995; Kalagnanam and Henrion 1990). Kept: "
    "a device with faults of known probability, looks and repairs with a price, the service call as the last resort, "
    "and their rule, to repair in the order of probability over cost, as a heuristic. Changed: several faults at a "
    "time, which the rule leaves out; whether all is right shows only after a restart; and a repair goes through the "
    "hands of somebody who may leave it undone or spoil it.",
)
EXPLOITS = (
    "*Everything repaired unseen.* Somebody unsure spoils parts that were in order, and a plan that was active is "
    "charged.",
    "*The same look again.* What was looked at can be looked at again only after a repair, or an explanation.",
    "*A question for a diagnosis.* What is wrong, and whether somebody is sure of hand, no words tell: asked about it, "
    "the customer does not know, and says done in any case.",
    "*An explanation for everybody.* It costs, and some of those who know all that hang up.",
    "*Work in the last turn.* What the customer is told then is not done any more; a restart needs two turns.",
    "*To say nothing.* Silence until the end is worth less than a handover at once.",
)


def sections() -> Iterator[str]:
    """The metrics of the source, dual control, the sweep; the sources, and what was closed."""
    yield from _measured()
    yield from _controlled()
    yield "## The fixed heuristics"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. The parameters of *troubleshoot* "
        "are how likely an unsure customer has to be for an explanation, a fault for a repair without a look, and a "
        "phone without faults for a restart; what is done with a suspended plan, if the plan is looked up first; and "
        "whether an unsure customer is handed over. *Probe* begins with a look at the phone. "
        "`dialogym.envs.helpdesk.policies.sweep` defines the grid."
    )
    yield f"### Sweep on {ENV}"
    yield table(KINDS, best_of_each_kind(variant(ENV), sweep(), first=True))
    yield "## What it is built after"
    yield from SOURCES
    yield "## Tricks that gain nothing"
    yield "Each is held by a test.\n\n" + "\n".join(f"- {line}" for line in EXPLOITS)


def _measured() -> Iterator[str]:
    yield "## The metrics of the source"
    yield (
        f"{ENV}, {EPISODES:,} dialogues of each policy on the same seeds. *Solved* is the source's success; *action "
        "success* is the share of the customer's looks and repairs that came off."
    )
    family, rows = variant(ENV), []
    for name in (
        "optimal",
        "lookahead",
        "look-first",
        "desk-first",
        "guide-the-lost",
        "workflow",
        "off-and-on",
        "scripted",
    ):
        rows.append([name, *_means(family, name)])
    yield table(["policy", *(name.replace("_", " ") for name in SHOWN)], rows)


def _means(family: Family, policy: str) -> Iterator[str]:
    engine = Engine(family)
    found = [family.outcome(one) for one in rollout(engine, make_policy(policy, engine), range(EPISODES))]
    for name in SHOWN:
        values = [outcome[name] for outcome in found if outcome[name] is not None]
        yield f"{statistics.fmean(values):.2f}" if values else "-"


def _controlled() -> Iterator[str]:
    yield "## What the customer's hands cost"
    yield (
        f"{ENV} with other shares of customers who are sure of hand, exactly: the optimum, and what policies keep of "
        "it. With all of them sure of hand the agent might as well hold the phone itself, but for what a look or a "
        "repair misses."
    )
    rows = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        family = replace(variant(ENV), able=share)
        best = optimum(family)
        names = ("lookahead", "look-first", "desk-first", "guide-the-lost")
        rows.append(
            [f"`able={share:g}`", f"{best:.4f}", *(f"{expected_return(family, name) / best:.0%}" for name in names)]
        )
    yield table(["setting", "optimum", "lookahead", "look-first", "desk-first", "guide-the-lost"], rows)
