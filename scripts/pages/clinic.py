"""What the Clinic page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from ...envs.base import Family
from ...envs.clinic.policies import THRESHOLDS, follow, gain, sweep
from ...envs.engine import Engine
from ...evaluation.exact import expected_return, optimum, upper_bound
from ...policies.policy import FunctionPolicy
from ...policies.registry import make_policy
from ...policies.rollout import rollout
from ..docs import KINDS, best_of_each_kind, table, variant

PAYOFF = "what the prescription or the referral is worth to the patient, less the cost of the consultation"
NOTE = (
    "All rules hold the exact belief and end with what is best under it. *History* asks every question in order, "
    "*careful-history* reassures before it and asks about medicines first, *tests-first* makes the tests. *Mediq* asks "
    "or tests what is expected to tell most about illness and risk, until an illness is likely enough; *gain* sets "
    "what a test tells against its price; *reassured-gain* reassures before all else. Their parameters are the best on "
    "Clinic-v0, see below."
)
EPISODES = 2000
SMALL, LARGE = ("Clinic-v0", "ClinicEasy-v0", "ClinicHard-v0"), "ClinicLarge-v0"
SHOWN = (
    "accuracy",
    "adverse",
    "referred",
    "abstention_accuracy",
    "missed_medicines",
    "reassured",
    "questions",
    "tests",
)

SOURCES = (
    "**AgentClinic** (Schmidgall et al. 2024). Kept: a doctor who talks to a patient and orders tests from a "
    "measurement seat of its own, a limit of turns (20 there), a patient that may not trust the doctor, and diagnostic "
    "accuracy. Changed: patient and lab are a table with probabilities and no language models that hold a case, so "
    "that the best doctor is known and nothing can be talked out of them; a result is printed and not written by a "
    "model; code and not a moderator model says whether the illness was the right one; distrust is hidden and can be "
    "overcome. Left out: images, specialties, languages, biases of the doctor, and what the patient model thinks of "
    "the doctor. For context: the best model of that paper, Claude 3.5 Sonnet, is right in 62.1% of its MedQA cases.",
    "**MediQ** (Li et al. 2024). Kept: the doctor decides in each turn whether to ask on or to answer, and the rule "
    "that asks until it is confident. Changed: to abstain for good is an act with a worth of its own, `refer`; "
    "confidence is the exact posterior and not what a model says of itself; questions cost something, because else "
    "there is no reason ever to stop. Its upper bound, full information from the start, is computed here: *free "
    "answers*. For context: deciding by confidence whether to ask on improved accuracy by 22.3% in its abstract, and "
    "stayed below full information.",
    "**AI Hospital** (Fan et al. 2024). Kept: patient, examiner and doctor as seats of their own, of whom the examiner "
    "answers only what was ordered, and counts of what was collected and examined beside the diagnosis. Changed: a "
    "test that is not on the list cannot be ordered, where the examiner there says that nothing is abnormal; there is "
    "no chief physician and no dispute among doctors, because one learner has one seat. For context: its models did "
    "clearly worse in dialogue than when given all at once.",
    "**RxSafeBench** (Zhao et al. 2025). Kept: a drug that is right for the illness may be wrong for the patient, and "
    "that has to be found out; the worst outcome is the harmful prescription, not the wrong one. Changed: drugs, "
    "interactions and patients are invented, where the source has 2,443 consultations built on real ones; it asks a "
    "question with three options at the end of a given dialogue, and here the doctor must ask itself, because to find "
    "out is what is to be learnt. What it calls implied risk is here a patient who conceals. For context: the best of "
    "eight models on its repository's leaderboard, DeepSeek-R1, scores 59.3 on contraindications and 38.1 on "
    "interactions; its abstract finds models weakest where the risk is implied.",
    "**Synthetic patients** (Chu and Goodell 2024, arXiv:2405.19941): on video, with a language model behind them, for "
    "physicians who practise hard conversations. Kept: persons and manners of speaking that do not depend on the case, "
    "and delicate matters, of which one has to learn to speak. Changed: what comes out, and after which words, is "
    "decided by the mind, because a model that decides it can be talked round, and the best doctor would not be known; "
    "a language model may word it (`voiced:MODEL`) or decide within what is true of the patient (`llm:MODEL`), held to "
    "both by code. Left out: talk about the end of life, because no crisis belongs here. It is a tool for teaching, "
    "and its abstract gives no score of anybody.",
)
EXPLOITS = (
    "*A diagnosis by talk.* What the patient has, only the tables tell: naming an illness is talk, the patient does "
    "not know it, and no words depend on it. Beliefs stay as they are.",
    "*The same question in other words.* All names of a finding are one question, which can be asked once; so nobody "
    "draws the answer again.",
    "*Kind words for a promise.* Only the tag, or a promise that it stays in the room or is not judged, reassures. "
    "Friendly small talk does not, and the promise costs a turn.",
    "*Concealment that gives itself away.* A patient who conceals says the same plain no as one who has nothing to "
    "conceal; a language model's words for it fail if they speak of secrets, or would rather not say.",
    "*A question in the last breath.* What is asked or tested in the last turn costs and is not answered.",
)


def sections() -> Iterator[str]:
    """The metrics of the sources, reassurance, the bound, the sweep; the sources, and what was closed."""
    yield from _measured()
    yield from _guarded()
    yield from _bound()
    yield from _swept()
    yield "## What it is built after"
    yield from SOURCES
    yield "## Tricks that gain nothing"
    yield "Each is held by a test.\n\n" + "\n".join(f"- {line}" for line in EXPLOITS)


def _measured() -> Iterator[str]:
    yield "## The metrics of the sources"
    yield (
        f"{SMALL[0]}, {EPISODES:,} dialogues of each policy on the same seeds. *Accuracy* is AgentClinic's, *adverse* "
        "and *missed medicines* are RxSafeBench's matter. *Abstention accuracy*, after MediQ, is the share of "
        "referrals where the prescription that seemed best would have failed, by the illness or by the harm."
    )
    family, rows = variant(SMALL[0]), []
    for name in ("optimal", "lookahead", "reassured-gain", "mediq", "careful-history", "prescribe-now", "scripted"):
        rows.append([name, *_means(family, name)])
    yield table(["policy", *(name.replace("_", " ") for name in SHOWN)], rows)


def _means(family: Family, policy: str) -> Iterator[str]:
    engine = Engine(family)
    found = [family.outcome(one) for one in rollout(engine, make_policy(policy, engine), range(EPISODES))]
    for name in SHOWN:
        values = [outcome[name] for outcome in found if outcome[name] is not None]
        yield f"{statistics.fmean(values):.2f}" if values else "-"


def _guarded() -> Iterator[str]:
    yield "## What guarded patients cost"
    yield (
        "Clinic-v0 with other shares of guarded patients, exactly: the optimum, and what two rules keep of it that "
        "differ in nothing but that one reassures."
    )
    rows = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        family = replace(variant(SMALL[0]), guarded=share)
        best = optimum(family)
        kept = [f"{expected_return(family, name) / best:.0%}" for name in ("gain", "reassured-gain", "lookahead")]
        rows.append([f"`guarded={share:g}`", f"{best:.4f}", *kept])
    yield table(["setting", "optimum", "gain", "reassured-gain", "lookahead"], rows)


def _bound() -> Iterator[str]:
    yield "## Between the bounds"
    yield (
        "*Free answers* beside the optimum where there is one. The bound knows neither prices nor the limit of turns, "
        "so it is the nearer the more can be asked for little."
    )
    rows = []
    for env_id in SMALL:
        bound, best = upper_bound(variant(env_id)), optimum(variant(env_id))
        assert bound is not None
        rows.append([env_id, f"{best:.4f}", f"{bound:.4f} ({bound / best:.0%})"])
    yield table(["", "optimum", "free answers"], rows)
    family = variant(LARGE)
    bound, engine = upper_bound(family), Engine(family)
    assert bound is not None
    yield f"{LARGE}, {EPISODES:,} dialogues for each threshold of *reassured-gain*; the bound is {bound:.4f}."
    rows = []
    for threshold in THRESHOLDS[2:]:
        policy = FunctionPolicy("gain", follow(gain(threshold, first=True)))
        payoffs = [dialogue.steps[-1].payoff for dialogue in rollout(engine, policy, range(EPISODES))]
        mean, error = statistics.fmean(payoffs), statistics.stdev(payoffs) / EPISODES**0.5
        rows.append([f"{threshold:g}", f"{mean:.4f} ± {1.96 * error:.4f}", f"{mean / bound:.0%}"])
    yield table(["threshold", "mean payoff", "share of the bound"], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed heuristics"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. A history asks and tests the same "
        "of everybody: the numbers are the places of questions and tests in the brief, from 0; 5 is medicines. "
        "`dialogym.envs.clinic.policies.sweep` defines the grid."
    )
    for env_id in SMALL:
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep(), first=True))
