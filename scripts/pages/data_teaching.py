"""What the DataTeaching page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...envs.base import Family
from ...envs.data_teaching.family import DataTeaching
from ...envs.data_teaching.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ..docs import KINDS, best_of_each_kind, measured, sources, table, variant, variants

PAYOFF = "the share of the skills that are mastered, less what was done has cost"
NOTE = (
    "*No-state* is a plan: data for both skills in turn, twice, whatever is reported, as of the source's agents that "
    "are not shown how their student does. *Follow-errors* takes one skill after the other, explores it, makes data "
    "for the part that was named, and for the other one after few right answers. *Skill-list* makes data for whole "
    "skills, and *skill-tree* explores a skill once and *explore-twice* twice before there is data for a part; these "
    "hold the exact belief, and work for the skill that is likeliest to be mastered in time. Their parameters are "
    "from the grid below."
)
SOURCES = (
    (
        "DataEnvGym",
        "Khan et al. (2025) let agents teach a model: in each iteration the agent gets the student's state, plans and "
        "generates training data, and the student is trained on it and evaluated; the reward is what it has gained. "
        "There are three levels of structure. In Open-Ended the agent sees answers and errors, in Skill-List the "
        "accuracy of inferred skills, and in Skill-Tree it explores, which adds subskills to a skill, or exploits, "
        "which moves the budget of data among those that there are. Domains are mathematics, programming, questions "
        "about pictures and tool use; the students are models of a few billion parameters, and one iteration takes "
        "training on GPUs. Kept: teacher and student, rounds with a budget, feedback after each as errors and as "
        "accuracy by skill, data for a skill or for a part of one, that a skill has to be explored before there are "
        "parts to make data for, and the names of its environments for baselines. Changed: the student is a hidden "
        "state of a few numbers, so that a round costs nothing and the optimum is known; two skills of two parts in "
        "place of many; data is named and not written, so that what is learnt here is which data to make, not how to "
        "write it. A colleague reports, because it is to be a dialogue. The payoff counts mastered skills and not "
        "accuracy, which is a metric (`accuracy`, and `improvement` as in the source): with a goal that is reached by "
        "steps it matters to plan ahead. Theirs, for context (of the paper, read in notes on it): with GPT-4o as the "
        "teacher, Gemma2-2B rises from 15.8 to 23.4 on MATH (Open-Ended) and PaliGemma-3B by 5.6 points on GQA "
        "(Skill-Tree); teachers that see the student's state are ahead of others by 3.5, 2.1 and 1.1 points "
        "(Open-Ended, Skill-List, Skill-Tree). These are accuracies of models that were trained, and cannot be "
        "compared with skills of a made-up one.",
    ),
    (
        "Knowledge tracing",
        "That a skill is at a hidden level, that teaching lifts it by chance, and that answers show it with slips and "
        "guesses is the model of Corbett and Anderson (1995), with three levels in place of two. New is the hidden "
        "part that decides which teaching helps.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What it would be worth if errors told all, or nothing."""
    run: Any = family
    best = optimum(run)
    found = {}
    for told, clarity in (("errors tell nothing", 0.5), ("errors always tell truly", 1.0)):
        value = optimum(replace(run, clarity=clarity))
        found[f"optimum if {told}"] = f"{value:.4f} ({value / best:.0%})"
    return found


def sections() -> Iterator[str]:
    """What the optimal teacher does, other settings, the sweep, what was closed, and the sources."""
    yield from _measured()
    yield from _settings()
    yield "## Plans and rules"
    yield (
        "All plans of two to four rounds of data for whole skills, and every rule of a grid, exactly; the one of each "
        "kind that gets most. `adapted(E,W)` explores a skill E times before it makes data for a part of it (with 0, "
        "data is for whole skills), works for the skill that is likeliest to be mastered in time, and stops where "
        "that is below W. `dialogym.envs.data_teaching.policies.sweep` defines the grid."
    )
    for env_id, _ in variants("data_teaching"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep()))
    yield "## What was closed"
    yield (
        "Tests try it: one act alone until the end, data for a part before its skill was explored, claims that it is "
        "mastered, orders to the trainer in plain words; and `dialogym check`, which the suite runs, every way to be "
        "cut off, and idle tricks such as to stall, to repeat and to shout."
    )
    yield (
        "- *Data for everything.* There is no data for both skills at once, and two acts in a message are ambiguous.\n"
        "- *Parts by guessing.* Data for a part before its skill was explored is refused, and the round is lost.\n"
        "- *To explore for ever.* It costs rounds and a little of the score, and masters nothing.\n"
        "- *To declare it mastered*, or to ask the trainer what the model lacks. Levels move by data alone, and the "
        "trainer knows no more than the errors and the test show.\n- *To leave at once* pays what was mastered before "
        "(.1 on the mean); to be cut off pays what stopping pays."
    )
    yield from sources(SOURCES)


def _measured() -> Iterator[str]:
    yield "## What a good teacher does"
    yield "Means of 2,000 dialogues of each policy on DataTeaching-v0 (seeds 0 to 1,999), where a number was reported."
    yield measured(DataTeaching(), ("scripted", "no-state", "follow-errors", "skill-list", "skill-tree", "optimal"))


def _settings() -> Iterator[str]:
    yield "## Other settings"
    yield "DataTeaching-v0 with one setting changed, exactly."
    rows = []
    changes: list[dict[str, Any]] = [
        {}, {"turns": 4}, {"clarity": 0.6}, {"clarity": 0.8}, {"broad": 0.3}, {"broad": 0.5}, {"costs": (2, 5)},
        {"costs": (2, 9)},
    ]  # fmt: skip
    names = ("myopic", "lookahead", "follow-errors", "skill-tree")
    for change in changes:
        family = DataTeaching(**change)
        best = optimum(family)
        shares = [expected_return(family, name) for name in names]
        name = ", ".join(f"`{key}={value}`" for key, value in change.items()) or "as registered"
        rows.append([name, f"{best:.4f}", *(f"{x / best:.0%}" for x in shares)])
    yield table(["settings", "optimum", *names], rows)
