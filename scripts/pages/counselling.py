"""What the Counselling page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...envs.base import Family
from ...envs.counselling.family import Counselling
from ...envs.counselling.policies import sweep
from ...evaluation.exact import expected_return, optimum
from ..docs import KINDS, best_of_each_kind, measured, sources, table, variant, variants

PAYOFF = "1 for an agreed plan, something for a client who is ready, less the cost of the turns"
NOTE = (
    "*Prescribe* is the reflex to set things right: one plan after the other. *Soft* only reflects until the client is "
    "likely to be ready. *Interview* goes through a fixed list of reflections, topics and things to tell; *stagewise* "
    "stays in each stage until the belief has reached a threshold. *Soft* and *stagewise* hold the exact belief. The "
    "parameters of *interview* and *stagewise* are the best on Counselling-v0, see below. The plan is drawn when it "
    "first comes up, so *secret known* does not hold it."
)
SOURCES = (
    (
        "Consistent MI clients",
        "Yang et al. (2025) simulate clients by a state of change, motives, beliefs, a preferred plan and a "
        "receptivity, with one module each for the transition of the state, the choice of an act, the choice of what "
        "to tell and the wording, all of them language models; they judge whether a client stays consistent in motive, "
        "belief, plan and receptivity. Kept: the three stages, a motive whose topic has to be found, a plan of the "
        "client's own that alone is accepted, receptivity, and the separation of state, act and words. Changed: the "
        "state and the act are drawn from a table that is told in the brief, so that the optimum is known, and this "
        "client is consistent by construction; beliefs have become one doubt out of two kinds; the twelve or so client "
        "acts have become seven replies; health topics have become everyday habits, because nothing here is to be "
        "taken for advice. Theirs, for context (its repository): as GPT-4 reads the sessions, motives agree with the "
        "profile to 73%, beliefs to 72% and plans to 69%, where a prompt with the profile alone comes to 53%, 67% and "
        "55%; receptivity correlates by .58 against .31. These judge the client; what is scored here is the "
        "counsellor. How consistent a *language model* stays as the client can be measured here exactly, against the "
        "table, in the scorecard of simulated users.",
    ),
    (
        "Counsellor and client",
        "Qiu and Lan (2024, arXiv:2408.15787) let GPT-4 play both sides, a client with a profile from real life and a "
        "counsellor, and train a smaller counsellor on their talk. Kept: two seats, a profile that only the client's "
        "side knows, and whole sessions. Changed: the counsellor is the learner and the client a table, because where "
        "judges choose the better words, words are what is learnt, and a table gives each act its worth; people in "
        "distress have become people with habits, because no crisis belongs here. Theirs, for context (its "
        "repository): five experts rate the counsellor trained so at an Elo of 1,872, the next of four others at "
        "1,356. An Elo compares models with each other, and with nothing here.",
    ),
    (
        "Stages of change",
        "Prochaska and DiClemente (1983) describe five stages. Kept: the first three, in order. Left out: action and "
        "maintenance, which lie behind the end of a session, and relapse within it.",
    ),
    (
        "Motivational interviewing and MITI",
        "Miller and Rollnick (2013) teach open questions, affirmations, reflections and information with permission, "
        "and to resist the reflex to set things right; MITI (Moyers et al. 2016) counts them. Kept: these acts, change "
        "talk and sustain talk as what one listens for, and the ratio of reflections to questions. Changed: each act "
        "has one fixed effect, whatever its words; summaries are reflections. MITI calls a ratio of 1 fair and of 2 "
        "good; see the table for what the best policy here comes to, in its few turns.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What receptivity and the stage at the start are worth."""
    client: Any = family
    best = optimum(client)
    named = {
        "optimum if all are receptive at the start": optimum(replace(client, receptive=1.0)),
        "optimum if all contemplate at the start": optimum(replace(client, contemplating=1.0)),
    }
    return {name: f"{value:.4f} ({value / best:.0%})" for name, value in named.items()}


def sections() -> Iterator[str]:
    """What good counselling looks like, more or fewer turns, the sweep, what was closed, and the sources."""
    yield from _measured()
    yield from _turns()
    yield from _swept()
    yield "## What was closed"
    yield (
        "- *To declare an agreement.* Only the client's own act ends a session with one; to be thanked or "
        "congratulated is talk.\n"
        "- *To try every plan at once.* Before the client is ready each proposal shuts it off, and a plan that was "
        "declined cannot come again.\n"
        "- *To tell everything.* What does not meet the doubt shuts off as well.\n"
        "- *To ask for the motive.* The client tells it where its topic is asked about, and nothing of its doubt, its "
        "stage or its receptivity, whoever speaks for it.\n"
        "- *To leave at once* pays 0, and to be cut off pays what closing pays."
    )
    yield from sources(SOURCES)


def _measured() -> Iterator[str]:
    yield "## What good counselling looks like"
    yield (
        "Means of 2,000 dialogues of each policy on Counselling-v0 (seeds 0 to 1,999). A ratio counts where it means "
        "something."
    )
    yield measured(Counselling(), ("scripted", "prescribe", "interview", "stagewise", "optimal"))


def _turns() -> Iterator[str]:
    yield "## More or fewer turns"
    yield "Counselling-v0 with another number of turns, exactly."
    rows = []
    for turns in range(5, 10):
        family = Counselling(turns=turns)
        best = optimum(family)
        shares = [expected_return(family, name) for name in ("myopic", "lookahead", "stagewise")]
        rows.append([str(turns), f"{best:.4f}", *(f"{x / best:.0%}" for x in shares)])
    yield table(["turns", "optimum", "myopic", "lookahead", "stagewise"], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. The numbers are the arguments of "
        "the kind's function in `dialogym.envs.counselling.policies`; `sweep` there defines the grid."
    )
    for env_id, _ in variants("counselling"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep(), first=True))
