"""What the Repeated page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.solver import Solution
from ...envs.repeated.family import Repeated
from ...envs.repeated.game import PAYOFFS, MatrixGame
from ...envs.repeated.mind import FAVOURS, HABITS, LEAD, POPULATIONS, RULES, SURE, Strategist
from ...envs.repeated.policies import sweep, sweep_hands
from ...evaluation.exact import expected_return, known_value, optimum
from ...policies.policy import FunctionPolicy
from ..docs import KINDS, best_of_each_kind, table, variant

PAYOFF = "points beyond what one can secure alone, as a share of fair cooperation (in hands, of winning each round)"
NOTE = (
    "*Insist* promises and takes the first option always, *second* the second, without a word. *Tit-for-tat* and "
    "*pavlov* promise the first option always, *unforgiving* and *alternate* what they do. *Unforgiving* takes the "
    "second option for good once the person has taken it. *Insist-then-copy* takes the first option for three rounds "
    "and then what the person did. *By-game* is the best rule of each game, see below; in hands it takes the option "
    "that the person's last one beats. The others count the first two options of hands as those of the other games."
)
SOURCES = (
    (
        "Playing repeated games with LLMs",
        "Akata et al. (2025) let language models play 2x2 games of ten rounds against each other, against simple rules "
        "and against people, with neutral option names whose order is varied. Published there: models did well in the "
        "family of the prisoner's dilemma, where self-interest pays, and badly where turns have to be taken; GPT-4 "
        "never forgave a single defection, and did not follow a partner who alternates, unless asked to predict the "
        "partner first. Kept: the payoffs of the dilemma (10, 8, 5, 0) and of the battle (10, 7), ten rounds, simple "
        "rules as partners, the order of options drawn at random, forgiveness and alternation as metrics. Changed: the "
        "partner's rule is drawn and hidden, so that there is something to find out and a best play; options have "
        "everyday names; there is talk before each round; scores are shares of the optimum. Their numbers are of "
        "other partners and cannot be compared with these.",
    ),
    (
        "Randomness and strategy",
        "Vidler and Walsh (2025) let GPT-4o-mini play rock, paper, scissors and the prisoner's dilemma against itself, "
        "and find that its choices are far from random where it is asked for random ones, and that repeated rounds of "
        "rock, paper, scissors run into stalemates. Wang et al. (2014) had people play it for 300 rounds, and found "
        "that who wins tends to stay and who does not tends to move on. Kept: the game, stalemates and the entropy of "
        "one's options as metrics, habits in place of chance. Changed: the habit is drawn and hidden, so that there is "
        "something to find out; eight rounds. The weights of the habits are ours, and none of the sources' numbers "
        "compare with these.",
    ),
    (
        "Tournaments of rules",
        "Axelrod (1984) had programs play the repeated prisoner's dilemma; Nowak and Sigmund (1993) added win-stay, "
        "lose-shift (*pavlov*). Kept: the rules by name. Changed: the learner is measured against a population of "
        "them and not they against each other, the end is known, and some people listen to promises.",
    ),
    (
        "Cheap talk",
        "Promises bind nobody (Farrell and Rabin 1996). Kept: they cost nothing, and who believes them is up to "
        "the other side. Changed: *keepers* and *listeners* believe until they were deceived once, and remember it; "
        "*cons* promise and do not keep it; nobody else looks at them.",
    ),
)


def sections() -> Iterator[str]:
    """The rules, each game, closed forms, the sweep, the sources, the exploits."""
    yield "## Who is met"
    yield "In the battle the first option is the learner's favourite and the second the person's. Shares in percent."
    totals = {game: sum(weight for _, weight in some) for game, some in POPULATIONS.items()}
    shares = {game: {kind: 100 * w / totals[game] for kind, w in some} for game, some in POPULATIONS.items()}
    rows = [
        [kind, does, *(f"{shares[game][kind]:.0f}" if kind in shares[game] else "" for game in PAYOFFS)]
        for kind, does in RULES.items()
    ]
    yield table(["kind", "takes", *PAYOFFS], rows)
    yield from _hands()
    yield from _games()
    yield from _closed_forms()
    yield "## The fixed rules"
    yield (
        "Each kind with every way to end and to promise of `dialogym.envs.repeated.policies.sweep`, exactly, in "
        "Repeated-v0 and in each of its games; the best of each kind, and below it the best of each game."
    )
    yield table(KINDS, best_of_each_kind(variant("Repeated-v0"), sweep()))
    rows = []
    for game in PAYOFFS:
        family: Any = replace(_family(), game=game)
        found = {name: expected_return(family, FunctionPolicy(name, rule)) for name, rule in sweep().items()}
        best = max(found, key=lambda name: found[name])
        rows.append([game, f"`{best}`", f"{found[best]:.4f}", f"{found[best] / optimum(family):.0%}"])
    yield table(["game", "best rule", "return", "share of the optimum"], rows)
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** Promises are free, so who broke one is not believed again by anybody who "
        "listens. The last round is known, to both: some people defect before it. What is chosen is sealed: neither "
        "rule nor words of the person depend on the learner's choice of the round, or on its words with it. To say "
        "nothing repeats an option and gains nothing. Points are counted outside of what people look at. Being cut off "
        "pays for the rounds played alone."
    )


def _hands() -> Iterator[str]:
    yield "## Hands"
    yield (
        "Who is met in `RepeatedHands-v0`. The next option is the one that beats the one before. People take what "
        f"their habit says with probability {SURE:g}; else they take the same as before or, where that is what the "
        f"habit says, the next one. The favourite is taken with {FAVOURS:g} and the others alike; who is restless "
        f"takes each of the others alike. At first, all but who has a favourite take the first option with {LEAD:g}, "
        "and the others alike. With the kind known, the solver and a formula give the same; there is a simple one only "
        "where nothing that one does moves the person."
    )
    family: Any = variant("RepeatedHands-v0")
    mind = family.parts(family.scenarios()[0])[1]
    population, total = dict(mind.population), sum(weight for _, weight in mind.population)
    rows = []
    for kind, does in HABITS.items():
        alone = Solution(mind.game, Strategist(mind.game, ((kind, 1.0),)), "you").start_value()
        formula = f"{CLOSED_HANDS[kind](family.rounds):.3f}" if kind in CLOSED_HANDS else ""
        rows.append([kind, does, f"{population[kind] / total:.0%}", f"{alone:.3f}", formula])
    yield table(["kind", "takes", "share", "optimum if known", "formula"], rows)
    yield (
        "Fixed rules for hands, exactly: an option always, or counted from one's own last option or the person's "
        "(`own(1)`: the next one after one's own). Against somebody who chooses at random every rule gets 0."
    )
    found = {name: expected_return(family, FunctionPolicy(name, rule)) for name, rule in sweep_hands().items()}
    rows = [[f"`{name}`", f"{value:.4f}", f"{value / optimum(family):.0%}"] for name, value in found.items()]
    yield table(["rule", "return", "share of the optimum"], rows)


CLOSED_HANDS = {
    "upward": lambda rounds: ((LEAD - (1 - LEAD) / 2) + (rounds - 1) * (2 * SURE - 1)) / rounds,
    "downward": lambda rounds: ((LEAD - (1 - LEAD) / 2) + (rounds - 1) * SURE) / rounds,
    "favourite": lambda rounds: FAVOURS - (1 - FAVOURS) / 2,
    "restless": lambda rounds: ((LEAD - (1 - LEAD) / 2) + (rounds - 1) / 2) / rounds,
}
"""Kind -> optimum against it, by the rounds: beat what it means to do. If who goes up slips, that loses, and if who
goes down slips, nobody wins; of the two options of who is restless, one beats the other."""


def _family() -> Repeated:
    found: Any = variant("Repeated-v0")
    return found


def _games() -> Iterator[str]:
    yield "## Each game, with and without talk"
    yield "The optimum, and what shares of it planners and the secret make."
    rows = []
    for game in PAYOFFS:
        for talk in (True, False):
            family = replace(_family(), game=game, talk=talk)
            best = optimum(family)
            looks = [f"{expected_return(family, name) / best:.0%}" for name in ("myopic", "lookahead")]
            rows.append([game, "yes" if talk else "no", f"{best:.4f}", *looks, f"{known_value(family) / best:.0%}"])
    yield table(["game", "talk", "optimum", "myopic", "lookahead", "secret known"], rows)


CLOSED = {
    "cooperator": ("10 T", lambda n: 10 * n),
    "defector": ("5 T", lambda n: 5 * n),
    "tit-for-tat": ("8 (T - 1) + 10", lambda n: 8 * (n - 1) + 10),
    "grim": ("8 (T - 1) + 10", lambda n: 8 * (n - 1) + 10),
    "pavlov": ("8 (T - 1) + 10", lambda n: 8 * (n - 1) + 10),
    "suspicious": ("8 (T - 2) + 10", lambda n: 8 * (n - 2) + 10),
    "late": ("8 (T - 3) + 10 + 2 * 5", lambda n: 8 * (n - 3) + 20),
    "two-tats": ("8 k + 10 (T - k), k = floor((T - 1) / 2)", lambda n: 8 * ((n - 1) // 2) + 10 * (n - (n - 1) // 2)),
}
"""Kind -> points of the best response in the dilemma without talk, as a formula and as a function of the rounds."""


def _closed_forms() -> Iterator[str]:
    yield "## Closed forms"
    yield (
        "Points of the best response to a known rule in the dilemma without talk, by the algebra of T rounds and by "
        "the solver for ten."
    )
    rows = []
    for kind, (formula, points) in CLOSED.items():
        game = MatrixGame("dilemma", 10, talk=False)
        value = Solution(game, Strategist(game, ((kind, 1.0),)), "you").start_value()
        secure = game.secure("you")
        rows.append([kind, formula, str(points(10)), f"{10 * (value * (game.fair - secure) + secure):.2f}"])
    yield table(["kind", "formula", "T = 10", "solver"], rows)
