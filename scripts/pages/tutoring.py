"""What the Tutoring page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...envs.base import Family
from ...envs.tutoring.curricula import CURRICULA
from ...envs.tutoring.family import Tutoring
from ...envs.tutoring.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ...policies.policy import FunctionPolicy
from ..docs import KINDS, best_of_each_kind, table, variant, variants

PAYOFF = "the share of the skills mastered in the end, less the cost of the lessons and quizzes"
NOTE = (
    "Stopping is free and takes no turn, so both short-sighted tutors count what is mastered after the turns that they "
    "see. The parameters of the fixed heuristics are the best on Tutoring-v0, see below; *mastery-95* has those that "
    "are customary."
)
CHAIN: dict[str, Any] = {
    "mastery": (0.4, 0.3, 0.2, 0.1),
    "kinds": (("any", 1.0, 0.6, 0.6),),
    "guess": 0.1,
    "explain_cost": 0.05,
    "example_cost": 0.05,
}
"""The chain of prerequisites with one kind of student and one kind of lesson."""


def facts(family: Family) -> dict[str, str]:
    """The optimum without quizzes, and with the hidden state in sight."""
    best = optimum(family)
    named = {"optimum without quizzes": without_quizzes(family), "hidden state seen before each turn": observed(family)}
    return {name: f"{value:.4f} ({value / best:.0%})" for name, value in named.items()}


def without_quizzes(family: Any) -> float:
    """The optimum of a tutor who never asks: where a quiz costs more than there is to win."""
    return optimum(replace(family, quiz_cost=2.0))


def observed(family: Any) -> float:
    """What a tutor could expect that sees the hidden state before each of its turns."""
    return family.setting(family.scenarios()[0]).solution.base.observed_value()


def sections() -> Iterator[str]:
    """The chain with one kind of student, the number of turns, the sweep of the heuristics, and the curricula."""
    yield from _chain()
    yield from _turns()
    yield from _swept()
    yield from _taught()


def _chain() -> Iterator[str]:
    yield "## The plain chain"
    arguments = ", ".join(f"{name}={value!r}" for name, value in CHAIN.items())
    yield (
        f"With one kind of student, who learns as well from explanations as from examples: `Tutoring({arguments})`. "
        "Exactly:"
    )
    family = Tutoring(**CHAIN)
    rows = {
        "optimum": optimum(family),
        "without quizzes": without_quizzes(family),
        "myopic": expected_return(family, "myopic"),
        "hidden state seen before each turn": observed(family),
    }
    yield table(["policy", "expected payoff"], [[name, f"{value:.4f}"] for name, value in rows.items()])


def _turns() -> Iterator[str]:
    yield "## More or fewer turns"
    yield "Tutoring-v0 with another number of turns, exactly."
    rows = []
    for turns in range(1, 9):
        family = Tutoring(turns=turns)
        best = optimum(family)
        shares = [without_quizzes(family), *(expected_return(family, name) for name in ("myopic", "lookahead"))]
        shares.append(max(expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()))
        rows.append([str(turns), f"{best:.4f}", *(f"{x / best:.0%}" for x in shares), f"{observed(family):.4f}"])
    policies = ("optimum", "without quizzes", "myopic", "lookahead", "best heuristic of the grid", "hidden state seen")
    yield table(["turns", *policies], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed heuristics"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. The numbers are the arguments of "
        "the kind's function in `dialogym.envs.tutoring.policies`; `sweep` there defines the grid. To *switch* is to "
        "change from explanations to examples, or back, when a quiz on what was last taught is failed."
    )
    for env_id, settings in variants("tutoring"):
        if settings.get("marked", True):  # without marks it is the same problem
            yield f"### Sweep on {env_id}"
            yield table(KINDS, best_of_each_kind(variant(env_id), sweep(), first=True))


def _taught() -> Iterator[str]:
    yield "## The curricula"
    yield (
        "The skills in order, each with its number of exercises, one of them, and a wrong answer that a misconception "
        "leads to."
    )
    rows = []
    for curriculum in CURRICULA.values():
        for skill in curriculum.skills:
            count = len(skill.exercises)
            shown = skill.exercises[count // 2]
            wrong = f"{shown.wrong[0].answer} ({shown.wrong[0].misconception})"
            rows.append([curriculum.name, skill.name, str(count), shown.question, shown.answer, wrong])
    yield table(["curriculum", "skill", "exercises", "for example", "right", "wrong"], rows)
