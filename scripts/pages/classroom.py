"""What the Classroom page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...envs.base import Family
from ...envs.classroom.family import Classroom
from ...envs.classroom.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ..docs import KINDS, best_of_each_kind, measured, sources, table, variant, variants

PAYOFF = "the share of the class that masters it, less what was done has cost"
NOTE = (
    "*Lecture*, *lecture-exercise* and *think-pair-share* (an exercise, then every pair in turn; after Lyman 1981) are "
    "plans that are kept whatever is answered. *Call-then-teach* and *call-then-pair* call on one or two students, "
    "teach by what they say, and use what is left for pair work; *reteach* asks nobody, and teaches twice by the "
    "belief alone, which comes to the same as *lecture-exercise*. These three hold the exact belief; their parameters "
    "are from the grid below."
)
SOURCES = (
    (
        "SimClass",
        "Zhang et al. (2024) put one human student into a class of language models: a teacher who goes through slides, "
        "an assistant, and classmates, with a controller that decides who speaks next. Its talk is analysed after "
        "Flanders. Kept: a class of several students, a teacher that decides whether to lecture or to let somebody "
        "speak, and Flanders' measure of who talks (`teacher_talk`). Changed: the learner is the teacher, not a "
        "student; the class has a state of knowledge with stated probabilities, and what counts is what it can do in "
        "the end, not how lively the talk was, because only so is the best lesson known. The controller is gone: who "
        "speaks next is the teacher's own act. Its abstract gives no figure: two courses were held, and their talk and "
        "what learners felt were analysed; 82 to 85% of the talk was the teacher's (read in notes on the paper). That "
        "is no mastery, and `teacher_talk` counts turns, so there is nothing to compare.",
    ),
    (
        "CGMI",
        "Shi et al. (2023) simulate a teacher and students with personalities in the form of a tree, memory and "
        "reflection, and look at the lessons that come of it. Kept: that the same act of a teacher works for one class "
        "and not for another, and that students answer by name. Changed: in place of personalities there is one hidden "
        "need of the class, which has to be found out from what students say, because that much can be found out "
        "within a lesson; manners of speaking are personas and mean nothing. Its abstract gives no figure either: "
        "simulated lessons are held to be much like real ones. No teacher is scored there.",
    ),
    (
        "Flanders",
        "His system (1970) codes a lesson every three seconds as teacher talk, student talk or silence. Here a turn is "
        "the unit: a lecture or mere talk is the teacher's, all else gives the floor to students. It is reported and "
        "never paid for: much teacher talk is right for a class that needs to listen.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What it would be worth to be told honestly, or nothing."""
    room: Any = family
    best = optimum(room)
    found = {}
    for told, candid in (("nothing is told of what helps", 0.5), ("what helps is always told truly", 1.0)):
        value = optimum(replace(room, candid=candid))
        found[f"optimum if {told}"] = f"{value:.4f} ({value / best:.0%})"
    return found


def sections() -> Iterator[str]:
    """What the optimal teacher does, the sweep, other settings, what was closed, and the sources."""
    yield from _measured()
    yield from _settings()
    yield "## Plans and rules"
    yield (
        "All plans of up to two lessons, alone and followed by pair work, and every rule of a grid, exactly; the one "
        "of each kind that gets most. `adapted(C,L)` calls on C students, teaches L times by what is likelier to help, "
        "and puts together who likely can do it with who likely cannot. `dialogym.envs.classroom.policies.sweep` "
        "defines the grid."
    )
    for env_id, _ in variants("classroom"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep()))
    yield "## What was closed"
    yield (
        "Tests try it: one act alone until the bell, both ways of teaching, talk, claims that it is learnt, orders to "
        "the class in plain words; and `dialogym check`, which the suite runs, every way to be cut off, and idle "
        "tricks such as to stall, to repeat and to shout."
    )
    yield (
        "- *To teach both ways.* A lecture and an exercise cost twice, and the one that does not suit undoes half of "
        "the other.\n"
        "- *To ask the class at large.* Nobody says whether teaching has helped; only a student who is called on "
        "answers, for itself.\n"
        "- *To declare it learnt.* Mastery moves by acts alone; praise and claims are talk.\n"
        "- *More of the same.* No single act that is repeated, and no fixed plan, gets near the optimum.\n"
        "- *To leave at once* pays what the class could do before; to be cut off pays what stopping pays."
    )
    yield from sources(SOURCES)


def _measured() -> Iterator[str]:
    yield "## What a good lesson looks like"
    yield "Means of 2,000 dialogues of each policy on Classroom-v0 (seeds 0 to 1,999), where a number was reported."
    yield measured(Classroom(), ("scripted", "lecture", "think-pair-share", "call-then-teach", "optimal"))


def _settings() -> Iterator[str]:
    yield "## Other settings"
    yield "Classroom-v0 with one setting changed, exactly."
    rows = []
    changes: list[dict[str, Any]] = [
        {}, {"turns": 5}, {"confuses": 0.0}, {"confuses": 1.0}, {"candid": 0.6}, {"candid": 1.0},
        {"costs": (10, 10, 1, 2)},
    ]  # fmt: skip
    for change in changes:
        family = Classroom(**change)
        best = optimum(family)
        shares = [expected_return(family, name) for name in ("myopic", "lookahead", "call-then-teach")]
        name = ", ".join(f"`{key}={value}`" for key, value in change.items()) or "as registered"
        rows.append([name, f"{best:.4f}", *(f"{x / best:.0%}" for x in shares)])
    yield table(["settings", "optimum", "myopic", "lookahead", "call-then-teach"], rows)
