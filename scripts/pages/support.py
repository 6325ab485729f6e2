"""What the Support page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...envs.base import Family
from ...envs.support.family import Support
from ...envs.support.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ..docs import KINDS, best_of_each_kind, measured, sources, table, variant, variants

PAYOFF = "the share of the distress that was relieved, less the cost of the turns"
NOTE = (
    "*Advise* is the problem solver, who suggests at once the plan for the likeliest cause. *Soothe* only listens and "
    "comforts. *Stages* keeps to fixed lengths, *mirror* listens until the last two turns, *gate* stays in each stage "
    "until trust is believed. All but *stages* and *close* hold the exact belief. The parameters of *stages* and "
    "*gate* are the best on Support-v0, see below."
)
SOURCES = (
    (
        "ESConv",
        "Liu et al. (2021) collected conversations of crowd workers, marked with eight support strategies after Hill's "
        "stages. Kept: the eight strategies as acts, with talk for *others*; several strategies in one turn are not "
        "possible, since each is one act. Changed: the stages are not annotated but follow from trust; the eight "
        "strategies have fixed effects that are told in the brief, because only so is the best order of them known; "
        "the topics of the data set that touch on illness or crisis are left out, and all words are our own. A "
        "strategy by itself is all that counts here; how well it is worded does not. Theirs, for context: of the "
        "strategies in the data 20.7% are questions, 16.1% suggestions and 15.4% affirmation and reassurance. What "
        "people do often need not be what pays here.",
    ),
    (
        "PPDPP",
        "Deng et al. (2024) plan with these strategies against a language model as the seeker; another one judges "
        "after each turn whether the seeker feels worse, the same, better, or has solved its problem (-1, -.5, .5, 1), "
        "and a dialogue succeeds above .5, within eight turns. Metrics: success rate SR and average turn AT. Kept: "
        "success rate and turns (`solved`, `turns`; a failure counts with the turns that it took), worse, same and "
        "better as what the seeker says of itself, a price of turns. Changed: the verdict is a public number in place "
        "of a judgement, so that nobody can be talked into it; the "
        "payoff is what was relieved at the end. Its abstract tells that it outperforms other planners on negotiation, "
        "support and tutoring, without a figure, and its repository holds none; of a later one with a language model "
        "as seeker and judge, DialogXpert (Rakib et al. 2025, arXiv:2505.17795), the abstract reports success rates "
        "above 94% within three turns on the three. No comparison: the seeker here is not to be had so cheaply, see "
        "the optimum's `solved` and `turns` above.",
    ),
    (
        "ESC-Eval",
        "Zhao et al. (2024, arXiv:2406.14952) let supporters talk with a seeker that plays a part from a card, and "
        "judge the dialogues by fluency, expression, empathy, information, skill, humanness and as a whole. Kept: a "
        "supporter is measured in whole dialogues, with a simulated seeker in a situation of its own. Changed: none of "
        "these marks enters the payoff, because they concern words, and what hangs on words can be talked up; a voice "
        "can be judged so, a policy over acts cannot. Theirs, for context (the table in its repository): in English "
        "the mean mark is 63.8 for GPT-4 and 65.3 for the best, ChatCounselor. Nothing here is on that scale.",
    ),
    (
        "CharacterChat",
        "Tu et al. (2023, arXiv:2308.10278) match supporters to seekers by personality type. Kept: that one and the "
        "same strategy helps one person and not another. Changed: in place of sixteen types there are two kinds, and "
        "nobody is sent for who fits: the kind has to be found out from how the seeker takes what is said, because "
        "that is what makes listening a matter of planning. Its abstract and its repository give no figure.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What trust at the start is worth."""
    support: Any = family
    best = optimum(support)
    trusting = optimum(replace(support, trust=(0.0, 1.0, 0.0)))
    return {"optimum if all trust by 1 at the start": f"{trusting:.4f} ({trusting / best:.0%})"}


def sections() -> Iterator[str]:
    """What the best supporter does, the sweep, more or fewer turns, what was closed, and the sources."""
    yield from _measured()
    yield from _turns()
    yield from _swept()
    yield "## What was closed"
    yield (
        "- *Praise for a solution.* The seeker's distress moves by acts alone: to be told that all is well, or to be "
        "thanked, is talk.\n"
        "- *More of the same.* Trust ends at 2, and a second reassurance, fact or story is refused, so that nothing "
        "can be had by repetition.\n"
        "- *To comfort both ways.* Comfort of the wrong kind costs trust, so one cannot simply do both.\n"
        "- *To advise in passing.* A suggestion ends the talk; there is no second one.\n"
        "- *To leave at once* pays 0, and to be cut off pays what closing pays, less the turns.\n"
        "- *To ask the seeker what it is like.* It says nothing of its kind or its trust, whoever speaks for it."
    )
    yield from sources(SOURCES)


def _measured() -> Iterator[str]:
    yield "## What good support looks like"
    yield "Means of 2,000 dialogues of each policy on Support-v0 (seeds 0 to 1,999)."
    yield measured(Support(), ("scripted", "advise", "stages", "gate", "optimal"))


def _turns() -> Iterator[str]:
    yield "## More or fewer turns"
    yield "Support-v0 with another number of turns, exactly."
    rows = []
    for turns in range(4, 8):
        family = Support(turns=turns)
        best = optimum(family)
        shares = [expected_return(family, name) for name in ("myopic", "lookahead", "gate")]
        rows.append([str(turns), f"{best:.4f}", *(f"{x / best:.0%}" for x in shares)])
    yield table(["turns", "optimum", "myopic", "lookahead", "gate"], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. The numbers are the arguments of "
        "the kind's function in `dialogym.envs.support.policies`; `sweep` there defines the grid."
    )
    for env_id, _ in variants("support"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep(), first=True))
