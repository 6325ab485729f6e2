"""What the Recommendation page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.acts import Act
from ...core.belief import Belief
from ...core.setting import Setting
from ...envs.base import Family
from ...envs.recommendation.family import REWARDS
from ...envs.recommendation.game import Shelf
from ...envs.recommendation.mind import PEOPLE, Guest
from ...envs.recommendation.places import catalogue
from ...envs.recommendation.policies import sweep
from ...evaluation.exact import optimum
from ..docs import KINDS, best_of_each_kind, table, variant

PAYOFF = "whether the guest takes something, less the cost of questions and refused shows"
NOTE = (
    "*Max-entropy* shows once what heads the list is taken with a probability of 0.5; *ask-then-show* and "
    "*look-first* ask three questions. See below for other numbers."
)


def facts(family: Family) -> dict[str, str]:
    """How much there is to choose from."""
    game = family.setting(family.scenarios()[0]).game_as(Shelf)
    return {"houses": str(len(game.rows)), "attributes": str(len(game.attributes))}


def sections() -> Iterator[str]:
    """The sources, the sweep that chose the heuristics' parameters, what makes planning matter, and exploits."""
    yield from _sources()
    yield "## The fixed heuristics"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. *Follow* is a plan that was made "
        "for this very game after a look at its optimum: show something first; if the guest says what is wrong, go "
        "on showing, else ask. It is no heuristic of the literature, and it is nearly all that there is to find: "
        "what is hard in Recommendation-v0 is to discover that a show which will probably fail should come first, "
        "not to carry the plan out."
    )
    for env_id in ("Recommendation-v0", "RecommendationClassic-v0"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep()))
    yield from _ingredients()
    yield from _exploits()


def _sources() -> Iterator[str]:
    yield "## Where it comes from"
    yield (
        "**CRM** (Sun and Zhang 2018). Kept: in each turn the agent asks about an attribute or recommends, by what it "
        "believes of the user's wish; the heuristic that alternates the two. Changed: the belief is exact, and not "
        "learnt from utterances, because what a guest will say has stated probabilities here, so that there is an "
        "optimum. For context: in the later multi-round setting it succeeds within 15 turns with .325 on LastFM, in "
        "13.75 turns on the mean (table 2 of SCPR's paper, as a review has it)."
    )
    yield (
        "**EAR** (Lei et al. 2020). Kept: many rounds, in which a refusal teaches something, and success within T "
        "turns and the turns it took, where a failure counts with all T (SR@T, AT). Changed: what a refusal teaches is "
        "a step of Bayes' rule, and a "
        "*critic* says what is wrong, because items are few enough to be reckoned with one by one. The user does not "
        "give the first attribute away, because to find it is a good part of the game. For context, from the same "
        "table: .429 and 12.88 turns."
    )
    yield (
        "**SCPR** (Lei et al. 2020). Kept: the policy decides when to ask and when to show, and the ranker is not the "
        "learner's; the baselines Abs Greedy and Max Entropy. Changed: which attribute is asked about is the learner's "
        "choice, too, because there are few; popularity stands in for a learned ranker and the graph of attributes, "
        "because the catalogue is small enough to be read and solved. For context, from the same table: .465 and 12.86 "
        "turns, where Abs Greedy has .222 and 13.48, Max Entropy .283 and 13.91; with the large set of attributes "
        "(table 3) Max Entropy, which learns nothing, is ahead of CRM and EAR, too (.669 against .580 and .595)."
    )
    yield (
        "**UNICORN** (Deng et al. 2021). Kept: one policy for what to ask, what to show and when; the rewards (0.01, "
        "-0.1, 1, -0.1, and -0.3 when the turns are used up) and the 15 turns of its code "
        "(`RL/env_enumerated_question.py` of its repository dengyang17/unicorn), in the classic and the large variant; "
        "the metric hDCG. Changed: three items are shown at a time and not ten, because there are few; an attribute "
        "that a user cannot answer costs what a rejected one does, because either brought nothing; rewards come at the "
        "end. Its abstract and its repository give no figure."
    )
    yield (
        "None of these figures can be compared with ours: LastFM has 7,432 items (SCPR's repository), ten are shown at "
        "a time, and its simulated users answer truly and never leave."
    )
    yield (
        "**RecoWorld** (Liu et al. 2025). Kept: a user who may disengage, and who instructs the recommender when it is "
        "shown the wrong thing (the *critic*); retention as an aim (`retained`). Changed: it is a blueprint with "
        "language models as users and reports no numbers of this kind; here what a user will say is a probability that "
        "is known, so that there is an optimum."
    )
    yield (
        "**RecAgent** (Wang et al. 2023). Kept: users of different character whose reactions drive the simulation. "
        "Changed: a character is one of three kinds with stated probabilities, and not a profile that a language model "
        "acts out, because only so is the best recommender known. Left out: memory over many sessions, browsing of "
        "pages, and talk among users, because a guest looks for one house on one evening. Its repository reports up to "
        "1,000 users at a time and no success of a recommender: it asks how believable the users are."
    )


def _ingredients() -> Iterator[str]:
    yield "## What makes planning matter"
    yield ("The optimum of Recommendation-v0 under other rules, and what the lookahead of two turns keeps of it.")
    rows = []
    pay, houses = REWARDS["sale"], catalogue("Saltmere")
    for name, turns, people, teaches in (
        ("as registered", 5, "mixed", True),
        ("a look does not reopen questions", 5, "mixed", False),
        ("plain guests only", 5, "plain", False),
        ("a turn less", 4, "mixed", True),
    ):
        game = Shelf(houses.attributes, houses.rows, turns, 1, pay, teaches)
        mind = Guest(game, people)
        setting = Setting(game, mind, "recommender", mind.candidates)
        best, known = setting.solution.start_value(), setting.solution.known_value()
        rows.append([name, f"{best:.4f}", f"{_followed(setting, 2) / best:.0%}", f"{known / best:.0%}"])
    yield table(["setting", "optimum", "lookahead", "secret known"], rows)
    kinds = len(PEOPLE["mixed"])
    family = variant("Recommendation-v0")
    told = _kinds_known()
    yield (
        f"A recommender that knew which of the {kinds} kinds it serves, but not what the guest wants, could expect "
        f"{told:.4f}: {told / optimum(family):.0%} of the optimum."
    )


def _followed(setting: Setting, horizon: int) -> float:
    """Expected payoff of the best acts of a seat that sees so many of its own turns."""
    short = setting.solution.short_sighted(horizon)

    def value(state: Any, belief: Any, act: Act | None) -> float:
        return sum(
            p * (end.payoff if end.over else value(end.after, after, short.best_act(end.after, after)))
            for p, end, after in setting.seen(state, belief, act)
        )

    return value(setting.game.start(), setting.prior, None)


def _kinds_known() -> float:
    """Best expected payoff of a recommender that is told the kind of guest."""
    family = variant("Recommendation-v0")
    setting = family.setting(family.scenarios()[0])
    total = 0.0
    for kind in PEOPLE["mixed"]:
        belief = Belief((hidden, p) for hidden, p in setting.prior if hidden.kind == kind.name)
        total += kind.share * setting.solution.value(setting.game.start(), belief)
    return total


def _exploits() -> Iterator[str]:
    yield "## Exploits that are closed"
    yield (
        "Tests try it: to ask twice, to name a house that does not head the list, to wait, to show when nothing fits; "
        "and `dialogym check`, which the suite runs, every way to be cut off, and idle tricks such as to stall, to "
        "repeat and to shout."
    )
    yield (
        "- To ask twice: an answer is drawn once, and the second question is refused (but for what a first look "
        "reopens).\n"
        "- To name the right house by luck or from the talk: only what heads the list can be shown, and what the "
        "guest says depends on its act alone.\n"
        "- To collect 0.01 for questions whose answer is known: each attribute pays once, and the optimum counts "
        "it.\n"
        "- To wait the refusals out: talk costs a turn, and no sale costs the same whenever the dialogue ends."
    )
