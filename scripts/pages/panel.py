"""What the Panel page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.factored import FactoredSolution
from ...core.people import People
from ...envs.base import Family
from ...envs.panel.cases import CASES
from ...envs.panel.game import MEMBERS, START, Argue, Hearing, Move, Probe, Tell
from ...envs.panel.mind import TEMPERS, Opinion
from ...envs.panel.policies import RULES, sweep
from ...envs.panel.voice import GRAMMAR
from ...evaluation.exact import ends, expected_return, known_value, optimum
from ..docs import KINDS, best_of_each_kind, table, variant

ID = "Panel-v0"
PAYOFF = "the decision and marks gained, less what arguments, questions and irritation cost"
NOTE = (
    "All rules go through the members in a fixed order and rest once the marks suffice. *One-by-one* argues every "
    "point to a member before it turns to the next, *round-robin* a point to everybody before the next point. "
    "*Ask-one*, *ask-two* and *ask-all* are *one-by-one*, but ask the first one, two or all three what they care about "
    "before they argue anything to them. See the sweep below."
)
BEGINNINGS: tuple[tuple[Any, ...], ...] = (
    ("nothing",),
    ("proof left her cold", Argue("anna", "proof"), Move(0)),
    ("proof annoyed her", Argue("anna", "proof"), Move(-1)),
    ("proof won her, by 2 marks", Argue("anna", "proof"), Move(2)),
    ("proof won her, by 3 marks", Argue("anna", "proof"), Move(3)),
    ("asked, she named proof", Probe("anna"), Tell("proof")),
    ("asked, she resented it", Probe("anna"), Move(-1)),
    ("asked, she named proof, which left her cold", Probe("anna"), Tell("proof"), Argue("anna", "proof"), Move(0)),
)
"""What was done and answered, for the table of best acts."""
SOURCES = (
    (
        "ReviewMT",
        "Tan et al. (2024) write peer review as a dialogue of several turns between authors, reviewers and a decision "
        "maker: reviews with scores, rebuttals, final reviews, the decision. Kept: the author's seat, answers to each "
        "reviewer, scores of 1 to 10 that move after a rebuttal, a decision from all of them, and the measures of "
        "scores and decision. Changed: reviewers have stated probabilities in place of being written by a language "
        "model, so that the best rebuttal is known; a review is a few sentences, and there is no paper to read; the "
        "decision maker adds up. For context, the source's data holds 26,841 papers with 92,017 reviews, which are "
        "used to train and to compare language models in the reviewers' seats; nothing of it is used here.",
    ),
    (
        "AgentCourt",
        "Chen et al. (2024) simulate 1,000 civil cases with language models as lawyers, judge, clerk and parties; the "
        "lawyers gather experience, and people who know the law rate cognitive agility, professional knowledge and "
        "logical rigor. Kept: a case that is pleaded before others who decide, and that arguments have to meet what "
        "the judge looks for, here `on_point`. Changed: there is no opponent and no law; the cases before lay judges "
        "are about a deposit, a fence and a bicycle. For context, the source reports that lawyers who have gathered "
        "experience gain 12.1% on its benchmark.",
    ),
    (
        "DEBATE",
        "Chuang et al. (2025) collected public messages and private opinions of people in groups, and hold groups of "
        "role-playing language models against them: those converge more strongly than people do. Kept: opinions are "
        "hidden, what is said is not; members move each other; `spread` measures how far they are apart. Changed: "
        "whether a member follows others, stays by itself or moves away from a majority is its temper, drawn with "
        "stated probabilities, so that convergence is no artefact of a model. For context, its cleaned data holds "
        "2,788 participants in 697 groups and 107 topics.",
    ),
    (
        "Sotopia",
        "Zhou et al. (2024) let language models play social scenes with private goals, and rate seven dimensions: "
        "goal (0 to 10), believability (0 to 10), knowledge (0 to 10), secret (-10 to 0), relationship (-5 to 5), "
        "social rules (-10 to 0), financial benefits (-5 to 5). Kept: four of them, computed and not rated: `aim`, "
        "`relationship`, `social_rules`, `financial`, in units of their own. Changed: the payoff is one sum with "
        "stated weights, since an optimum needs one. Left out: believability and knowledge are qualities of words, "
        "which the game does not see; the learner has no secret.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What the optimum comes to."""
    found = _metrics(family, "optimal")
    return {
        "decisions won, under the optimum": f"{found['decision']:.1%}",
        "members won over, under the optimum": f"{found['won']:.2f}",
        "turns, under the optimum": f"{found['turns']:.2f}",
    }


def sections() -> Iterator[str]:
    """How each rule pleads, the closed form, other panels, the cases, the sweep, the sources, the exploits."""
    yield from _pleading()
    yield from _best()
    yield from _closed_form()
    yield from _panels()
    yield from _cases()
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. `members(N)` argues every point to "
        "a member before the next member, `rounds(N)` a point to everybody before the next point; N members are asked "
        "first; `on` goes on when the marks suffice, and `fair` leaves whoever is annoyed for the end. "
        "`dialogym.envs.panel.policies.sweep` defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), sweep()))
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** Talk takes a turn, costs as much as a question and tells nothing. Nobody can be "
        "told the same point or asked twice, so that no member can be worn down. Praise, threats, tears and bribes "
        "move nobody: only the point of an argument counts, not its words. Which members were won over is public, but "
        "nobody says why a mark stays: whoever cares about something else, waits for others or will never move uses "
        "the same words. Being cut off by lost turns pays what resting pays."
    )


def _metrics(family: Family, policy: str) -> dict[str, float]:
    """Exact means of the metrics of final states."""
    found: dict[str, float] = {}
    for p, dialogue, _, _ in ends(family, policy, family.scenarios()[0], 10**6, known=False):
        state: Any = dialogue.state
        game = dialogue.setting.game_as(Hearing)
        marks = sum(member.mark for member in state.members)
        values = {
            "decision": float(marks >= game.needed),
            "gain": float(marks - START * len(MEMBERS)),
            "won": float(sum(member.won for member in state.members)),
            "costs": state.spent,
            "turns": float(state.turns),
            "payoff": game.payoff(state, "you"),
        }
        for name, value in values.items():
            found[name] = found.get(name, 0.0) + p * value
    return found


def _pleading() -> Iterator[str]:
    yield "## How they plead"
    yield (
        f"Exact means over {ID}: the share of decisions won, marks gained, members won over, what turns and irritation "
        "cost, and turns."
    )
    rows = []
    for name in ("optimal", "lookahead", *RULES):
        m = _metrics(variant(ID), name)
        label = "optimum" if name == "optimal" else name
        cells = (
            f"{m['decision']:.0%}",
            f"{m['gain']:.2f}",
            f"{m['won']:.2f}",
            f"{m['costs']:.3f}",
            f"{m['turns']:.2f}",
        )
        rows.append([label, *cells, f"{m['payoff']:.4f}"])
    yield table(["policy", "decisions won", "marks gained", "won over", "costs", "turns", "payoff"], rows)


def _best() -> Iterator[str]:
    yield "## What is best"
    yield (
        "The best act after some beginnings with Anna, what it is worth, and the best act of each other kind. Who "
        "stays cold is not proud, so that a question would annoy nobody. Who has named a point that then leaves it "
        "cold, with nobody won over yet, is a follower, and comes along unasked once somebody else is: that is worth "
        "more than a point that is known and not yet argued, since that member may be a contrarian, too."
    )
    family = variant(ID)
    solution: Any = family.setting(family.scenarios()[0]).solution
    game, rows = solution.game, []
    for label, *acts in BEGINNINGS:
        state, belief = game.start(), solution.mind.prior()
        for act, answer in zip(acts[::2], acts[1::2], strict=True):
            after = game.apply(game.apply(state, "you", act), act.to, answer)
            [belief] = [then for _, end, then in solution.branches(state, belief, act) if end == after]
            state = after
        values = solution.act_values(state, belief)
        best = max(values, key=values.__getitem__)
        others: dict[type, Any] = {}
        for act, value in values.items():
            if type(act) is not type(best) and value > values.get(others.get(type(act)), -9.0):
                others[type(act)] = act
        told = ", ".join(f"`{GRAMMAR.print(act)}` {values[act]:.3f}" for act in others.values())
        rows.append([label, f"`{GRAMMAR.print(best)}`", f"{values[best]:.3f}", told])
    yield table(["so far", "best", "worth", "otherwise"], rows)


def _closed_form() -> Iterator[str]:
    yield "## The closed form"
    yield (
        "One member who is surely open, and whose mark alone decides: to ask and then to argue costs a question and "
        "one argument, to try the points in turn costs two arguments on average. The optimum is the decision and two "
        "marks, less the cheaper of the two."
    )
    rows = []
    for probe, argue in ((0.01, 0.03), (0.03, 0.03), (0.09, 0.03)):
        game = Hearing(needed=6, probe=probe, argue=argue, names=MEMBERS[:1])
        people = People(game, {game.names[0]: Opinion(tempers=(("open", 1.0),))})
        solved = FactoredSolution(game, people, "you").start_value()
        formula = game.decisive + (1.0 - game.decisive) * 2 / game.scale - min(probe + argue, 2 * argue)
        rows.append([f"{probe:g}", f"{argue:g}", f"{solved:.6f}", f"{formula:.6f}"])
    yield table(["question", "argument", "solver", "formula"], rows)


def _panels() -> Iterator[str]:
    yield "## Other panels"
    yield (
        "The optimum with other settings, and what is left of it to two-step lookahead, to *one-by-one* and to "
        "*ask-one*. Lookahead that sees nothing worth two turns leaves at once, and gets 0%."
    )
    rows = []
    for settings in (
        {},
        {"turns": 4},
        {"needed": 15},
        {"needed": 17},
        {"probe": 0.03},
        {"civil": 0.0},
        {"decisive": 0.3},
    ):
        family: Any = replace(variant(ID), **settings)
        best = optimum(family)
        shares = [expected_return(family, name) / best for name in ("lookahead", "one-by-one", "ask-one")]
        named = ", ".join(f"`{name}={value!r}`" for name, value in settings.items()) or "default"
        rows.append([named, f"{best:.4f}", *(f"{one:.0%}" for one in shares), f"{known_value(family) / best:.0%}"])
    yield table(["settings", "optimum", "lookahead", "one-by-one", "ask-one", "secret known"], rows)
    yield (
        "And with other tempers: all four equally likely, or all members of one temper. A panel of followers can never "
        "be won, and of contrarians one at most moves."
    )
    rows = []
    for label, tempers in (
        ("default", TEMPERS),
        ("alike", tuple((temper, 1.0) for temper, _ in TEMPERS)),
        *((temper, ((temper, 1.0),)) for temper, _ in TEMPERS),
    ):
        game = Hearing()
        people = People(game, {name: Opinion(tempers=tempers) for name in game.names})
        rows.append([label, f"{FactoredSolution(game, people, 'you').start_value():.4f}"])
    yield table(["tempers", "optimum"], rows)


def _cases() -> Iterator[str]:
    yield "## The cases"
    yield "What is decided, by whom, and what the three points are."
    rows = [[key, f"Three {case.members}: whether {case.wish}", *case.called.values()] for key, case in CASES.items()]
    yield table(["case", "decision", "need", "proof", "plan"], rows)
