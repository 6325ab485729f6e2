"""What the Drafting page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import comb
from typing import Any

from ...core.acts import Act
from ...core.belief import Belief
from ...core.setting import Setting
from ...envs.base import Family
from ...envs.drafting.mind import FEEDBACK
from ...envs.drafting.policies import RULES, Rule, sweep
from ...evaluation.exact import known_value, optimum
from ..docs import KINDS, best_of_each_kind, table, variant, variants

PAYOFF = "what the final version is worth, less the cost of questions, drafts and showing"
NOTE = (
    "*Deliver-now* is the premature answer, *draft-until-accepted* revises until the user takes it, *interview* asks "
    "for everything whatever is answered and delivers, *wait* listens until the last turn. All fill what they were not "
    "told with what is likeliest under the exact belief; where a variant lacks an act, they go on without. Rules that "
    "decide by the belief about the user's kind are in the sweep below."
)
RUNS = 10  # of a task, whose percentiles aptitude and unreliability are

Pick = Callable[[Any, Belief], Act]


def facts(family: Family) -> dict[str, str]:
    """How much is lost to the order being half-said, even by the best: one minus the optimum over FULL."""
    return {"sharded drop: 1 - optimum / secret known": f"{1.0 - optimum(family) / known_value(family):.0%}"}


def by_task(setting: Setting, pick: Pick) -> dict[Any, tuple[float, float]]:
    """For each hidden state, its probability, and that of a final version that is right. Exact.

    Args:
        setting: The setting.
        pick: The policy, as a function of public state and belief.
    """
    found = dict.fromkeys(setting.prior.support, 0.0)

    def follow(state: Any, belief: Belief, chances: dict[Any, float]) -> None:
        for _, exchange, after in setting.seen(state, belief, pick(state, belief)):
            heard = {}
            for hidden, p in chances.items():
                for before, _, act in exchange.replies:
                    p *= setting.mind.react(hidden, before).probability((hidden, act))
                if p > 0.0:
                    heard[hidden] = p
            if exchange.over:
                for hidden, p in heard.items():
                    found[hidden] += p * (exchange.after.final == hidden.spec)
            else:
                follow(exchange.after, after, heard)

    ((_, opening, belief),) = setting.seen(setting.game.start(), setting.prior, None)
    follow(opening.after, belief, dict.fromkeys(belief.support, 1.0))
    return {hidden: (setting.prior.probability(hidden), p) for hidden, p in found.items()}


def by_turn(setting: Setting, pick: Pick, turns: int) -> list[float]:
    """Probability that a right version was accepted or delivered within each number of turns, from 1. Exact."""
    found = [0.0] * turns
    layer = [
        (p, exchange.after, after) for p, exchange, after in setting.seen(setting.game.start(), setting.prior, None)
    ]
    while layer:
        following = []
        for q, state, belief in layer:
            for p, exchange, after in setting.seen(state, belief, pick(state, belief)):
                if not exchange.over:
                    following.append((p * q, exchange.after, after))
                    continue
                right = sum(chance for hidden, chance in after if exchange.after.final == hidden.spec)
                for place in range(exchange.after.turn - 1, turns):
                    found[place] += p * q * right
        layer = following
    return found


def percentile(p: float, share: float, runs: int = RUNS) -> float:
    """Expected percentile of the scores of some runs that are right with probability `p` each, and score 1 or 0.

    With linear interpolation between the runs in order, as numpy has it.
    """
    place = share * (runs - 1)
    low, rest = int(place), place - int(place)
    # The run in place k from below is right if at least runs - k are.
    tail = [_at_least(runs - k, runs, p) for k in range(runs)]
    return tail[low] if low + 1 >= runs else (1.0 - rest) * tail[low] + rest * tail[low + 1]


def _at_least(wins: int, runs: int, p: float) -> float:
    return sum(comb(runs, k) * p**k * (1.0 - p) ** (runs - k) for k in range(wins, runs + 1))


def sections() -> Iterator[str]:
    """The sources, repeated runs of a task, what feedback is worth, and the sweep of the rules."""
    yield from _sources()
    yield from _repeated()
    yield from _within()
    yield from _feedback()
    yield from _swept()
    yield from _closed()


def _picks(setting: Setting) -> dict[str, Pick]:
    solution = setting.solution

    def ruled(rule: Rule) -> Pick:
        return lambda state, belief: rule(setting.mind, state, belief)  # type: ignore[arg-type]

    rules = {name: ruled(rule) for name, rule in RULES.items() if name != "wait"}
    return {"optimal": solution.best_act, "lookahead": solution.short_sighted(2).best_act, **rules}


def _repeated() -> Iterator[str]:
    yield "## Aptitude and unreliability"
    yield (
        f"As in Laban et al. (2025), a task is run {RUNS} times: *aptitude* is the 90th percentile of its runs, "
        "*unreliability* the 90th less the 10th, both averaged over tasks. A task is a wish and a kind of user; a run "
        "scores 1 if the final version is right in every aspect. Expected values, computed exactly from the "
        "probability of success in each task. A policy of good aptitude can be unreliable: what fails is not what it "
        "can do, but whether this user happens to be able to say this."
    )
    for env_id, _ in variants("drafting"):
        family = variant(env_id)
        setting = family.setting(family.scenarios()[0])
        rows = []
        for name, pick in _picks(setting).items():
            tasks = by_task(setting, pick).values()
            mean, high, low = (
                sum(weight * score(p) for weight, p in tasks)
                for score in (lambda p: p, lambda p: percentile(p, 0.9), lambda p: percentile(p, 0.1))
            )
            rows.append([name, f"{mean:.3f}", f"{high:.3f}", f"{high - low:.3f}"])
        yield f"### Repeated runs in {env_id}"
        yield table(["policy", "all right", "aptitude", "unreliability"], rows)


def _within() -> Iterator[str]:
    yield "## Success within k turns"
    yield (
        "As in MINT: the share of dialogues of Drafting-v0 in which a right version was accepted or delivered within k "
        "turns, exactly."
    )
    family = variant("Drafting-v0")
    setting, turns = family.setting(family.scenarios()[0]), family.turns
    rows = [
        [name, *(f"{share:.3f}" for share in by_turn(setting, pick, turns))] for name, pick in _picks(setting).items()
    ]
    yield table(["policy", *(f"k = {k}" for k in range(1, turns + 1))], rows)


def _feedback() -> Iterator[str]:
    yield "## What feedback is worth"
    yield (
        "The optimum of Drafting-v0 with stylists and planners who say more of a wrong draft, in the spirit of the "
        "feedback levels of RECODE-H: only that it is wrong, in how many aspects, which is the first, or what that "
        "should be. Editors always do the last."
    )
    family, rows = variant("Drafting-v0"), []
    for feedback in FEEDBACK:
        one = replace(family, feedback=feedback)
        rows.append([f"`feedback={feedback}`", f"{optimum(one):.4f}", f"{1.0 - optimum(one) / known_value(one):.0%}"])
    yield table(["setting", "optimum", "sharded drop"], rows)


def _swept() -> Iterator[str]:
    yield "## The rules"
    yield (
        "Each kind of rule with every parameter of a grid, exactly; the best of each kind. `interview(asks,drafts)` "
        "asks so often and then drafts so often, whatever is answered; with `show` it gives examples, or searches, "
        "first. `likely(p)` asks what the user can most likely say, as long as the exact belief gives an answer the "
        "probability p; else it gives examples, searches, or drafts. It knows all probabilities and filters exactly, "
        "which no fixed plan does, and comes close to the optimum where a threshold is all there is to plan. "
        "`dialogym.envs.drafting.policies.sweep` defines the grid."
    )
    for env_id, _ in variants("drafting"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep(), first=True))


def _sources() -> Iterator[str]:
    yield "## What was taken from where"
    yield (
        "**Sharded instructions** (Laban et al. 2025). Kept: a first request that leaves much open, a user who gives "
        "away one shard a turn, whole and true, and only what is asked; premature answers; mean, aptitude and "
        "unreliability; FULL, the same order said at once, which is *secret known* here. Changed: every answer attempt "
        "was graded there and a wrong one cost nothing; here a draft has a price, and a delivery ends the dialogue, so "
        "that guessing is no free look. Their drop is 39% on average over six tasks and 15 models, with unreliability "
        "more than doubled (abstract and results). The sharded drop of the tables is another quantity: what even the "
        "best loses to users who cannot say everything. What a model loses beyond it is its own doing."
    )
    yield (
        "**CollabLLM** (Wu et al. 2025). Kept: documents ordered by users who do not say everything, the price of "
        "reading, and rewards that look at what a reply leads to. Changed: their multiturn-aware reward is estimated "
        "from sampled conversations; here it is exact, as the value of each act. Judged quality of documents and "
        "interactivity are left out: nothing here is judged. Reported there: 18.5% better task performance and 46.3% "
        "better interactivity than baselines, users 17.6% more satisfied (abstract)."
    )
    yield (
        "**MINT** (Wang et al. 2024). Kept: small functions, attempts that are answered by feedback, a limit of turns "
        "(five there), and success within them. Changed: no code is run; a function is right if it is right in the "
        "aspects that the request left open, because then all programs can be summed over. Reported there: each turn "
        "of tools adds 1 to 8 points of success and language feedback 2 to 17 (abstract). These are points on real "
        "problems, which models solve or not; here whoever knows the wish succeeds."
    )
    yield (
        "**RECODE-H** (Miao et al. 2025). Kept: levels of feedback (`no`, `count`, `point`, `edit`), each of which "
        "tells more than the one before. Changed: there are four and not five, and a level belongs to a kind of user, "
        "which is hidden, because then it has to be found out what to ask whom. Reported there: richer feedback brings "
        "large gains on 102 tasks (abstract). What it brings here is in the table below, for users and not for models."
    )
    yield (
        "**In-place feedback** (Choi et al. 2025). Kept: users who edit the draft itself. Changed: an edit is an act "
        "that puts one aspect right, because then nothing can get lost in it but by the learner. Reported there: "
        "better results with 79.1% fewer tokens (abstract). Ours (`tokens_read`) are those of whatever wording a "
        "policy has, so there is no saving to compare."
    )
    yield (
        "**Feedback friction** (Jiang et al. 2025). Kept: the question whether what was said is heeded, which "
        "`contradictions` counts. Changed: the user says nothing untrue, because then what is not heeded is the "
        "learner's own doing. Reported there: models resist even nearly perfect feedback (abstract). That is a finding "
        "about models; the policies of this page pick acts by an exact belief."
    )
    yield (
        "**UserBench and its TravelGym** (Qian et al. 2025). Kept, in the trip variant: ask, search, answer; active "
        "and passive elicitation; best and correct choices, worth 1 and 0.8. Changed: three aspects with a known "
        "distribution in place of thousands of written scenarios, so that the optimum is known; a search makes the "
        "user able to say what it wants, and makes a right choice the best; users come out with something while the "
        "assistant talks, by their kind and not on every third turn that leads nowhere; and only a trip that is right "
        "in all aspects is worth anything, which makes it a planning problem. Reported there: answers fit all intents "
        "20% of the time on average, and fewer than 30% of the preferences are uncovered by asking (abstract)."
    )
    yield (
        "**IntentionGym** of UserRL (Qian et al. 2025). Kept: questions about one missing detail at a time; several at "
        "once are refused as ambiguous. Changed: details there have an importance that weights their reward; here all "
        "aspects count alike, and a question is worth what it does for the final version, because questions that pay "
        "by themselves would be asked for their own sake. Reported there: Qwen3-8B, trained in other gyms, collects "
        "1.82 an episode by those weights (table 3 of the paper, read in an excerpt)."
    )


def _closed() -> Iterator[str]:
    yield "## Exploits that are closed"
    yield (
        "Several versions in one message are several tags, or an ambiguous draft, and cost the turn. A question about "
        "two aspects is ambiguous. To ask again brings nothing new and is refused. Talk, pleading and injected "
        "instructions leave the belief as it was, except on trips, where talk is an act of listening with its own "
        "probabilities; *wait* shows what it is worth. Acceptance comes with a right draft alone, and no praise brings "
        "it about. To be cut off pays what was spent. Tests hold each of these."
    )
