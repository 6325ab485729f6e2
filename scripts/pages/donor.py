"""What the Donor page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from ...core.factored import FactoredSolution
from ...envs.donor.game import DonorGame
from ...envs.donor.generations import NORMS, Make, generations, planner, ruled, scripted
from ...envs.donor.mind import ENFORCING, SOCIETIES, everybody
from ...envs.donor.policies import RULES, sweep
from ..docs import KINDS, best_of_each_kind, sources, table, variant

ID = "Donor-v0"
RUNS, COUNT = 200, 10
PAYOFF = "twice what was got, less what was given, as a share of what each has where all always give two"
NOTE = (
    "*Selfish* gives nothing, *one* gives one to everybody, *always-give* two. *Image-scoring* gives as much as the "
    "visitor gave last: it refuses those who gave nothing, which some norms excuse. *Tit-for-tat* gives two at first, "
    "and then what the last neighbour gave. *Patient* gives two until two neighbours in a row gave nothing, and begins "
    "again when one has given. *Probe* gives two twice, and goes on with it only if a neighbour after the first one "
    "has given two."
)
SOURCES = (
    (
        "Cultural Evolution of Cooperation",
        "Vallinder and Hughes (2024) let a society of language models play the donor game for twelve rounds: each "
        "begins with ten units, a random pair meets, the donor is told what the recipient did before and gives some of "
        "what it has, and the recipient gets twice as much. The half with more resources stays for the next of ten "
        "generations, and newcomers, who are told their strategies, make their own. Kept: gifts worth twice their "
        "cost, strangers, what is known of them, resources and donations as measures, and, as an outer loop, "
        "generations; punishment as a setting. Changed: one learner among simulated people, whose norms are stated and "
        "hidden, so that the best play is known; gifts of nothing, one or two units that do not depend on wealth; six "
        "rounds, in each of which the learner gives once and gets once; what is known of a visitor is its last gift "
        "alone; strategies are norms from a list, and not prose.",
    ),
    (
        "Published numbers",
        "In the source, societies of Claude 3.5 Sonnet end with more resources than those of Gemini 1.5 Flash, and "
        "these with more than those of GPT-4o; only the first gains by punishment; runs of the same model differ much "
        "by seed. They are of language models among themselves, and not to be compared with the tables above.",
    ),
    (
        "Indirect reciprocity",
        "Nowak and Sigmund (1998) show that helping strangers pays if the chance that it is known and answered exceeds "
        "cost over benefit; here that is the share of neighbours who answer, against one half: see *Closed forms*. "
        "With standing (Leimar and Hammerstein 2001) a justified refusal does no harm. People give more often to those "
        "who have given (Wedekind and Milinski 2000): the `scripted` policy is made so; its numbers are ours.",
    ),
)
PLAYERS: tuple[str, ...] = ("", "selfish", "optimal", "probe", "scripted", "image-scoring", "always-give")
"""What is added to two of each norm; ``""`` is nothing."""


def made(name: str) -> Make:
    """A player by its name."""
    return {"optimal": planner, "scripted": scripted}[name]() if name not in RULES else ruled(RULES[name])


def lived(name: str, runs: int = RUNS) -> dict[str, float]:
    """Means over runs of ten generations from two of each norm and two players: shares at the end, and how it went."""
    first = dict.fromkeys(NORMS, 2)
    if name:
        first[name] = first.get(name, 0) + 2
    players = {name: made(name)} if name and name not in NORMS else {}
    # of the eleventh generation only the shares count: they are what ten have left
    found = [generations(first, players, COUNT + 1, seed=seed) for seed in range(runs)]
    shares = {kind: fmean(run[-1].shares.get(kind, 0.0) for run in found) for kind in (*NORMS, *players)}
    went = {
        f"{what} {number}": fmean(getattr(run[number - 1], what) for run in found)
        for what in ("cooperation", "resources")
        for number in (1, COUNT)
    }
    return shares | went


def standing(share: float, rounds: int, stingy: float) -> float:
    """What is got from a known society of standing: to refuse a stingy visitor after a gift of two costs nothing.

    Args:
        share: Of neighbours with that norm; the others give nothing.
        rounds: Of an episode.
        stingy: Share of visitors who had given nothing.
    """
    gift, free = 4.0 * share - 2.0, 4.0 * share
    good = bad = 0.0  # what is still to be got after a gift of two, and after a refusal
    for _ in range(rounds - 1):
        good, bad = stingy * max(free + bad, gift + good) + (1 - stingy) * (gift + good), gift + good
    first = max(gift + good, 2.0 * share + bad)  # the gift before the first is of one unit
    return (stingy * first + (1 - stingy) * (gift + good)) / (2 * rounds)


CLOSED = {
    "image": ("2q - 1", lambda t: 2 * 0.8 - 1),
    "steady": ("q (T - 1) / T", lambda t: 0.7 * (t - 1) / t),
    "strict": ("(4q (T - 1) - 2T) / 2T", lambda t: (3.2 * (t - 1) - 2 * t) / (2 * t)),
    "standing": ("a recursion", lambda t: standing(0.8, t, 0.4)),
    "selfish": ("0", lambda t: 0.0),
    "kind": ("q", lambda t: 0.8),
}
"""Society -> its best response in words, and in numbers for so many rounds."""


def known(society: str, rounds: int) -> float:
    """The optimum where the society is known."""
    game = DonorGame(rounds)
    return FactoredSolution(game, everybody(game, tuple(s for s in SOCIETIES if s[0] == society)), "you").start_value()


def sections() -> Iterator[str]:
    """Closed forms, the fixed rules, generations, punishment, the sources, the exploits."""
    yield "## Closed forms"
    yield (
        "Best responses to a known society, with the share q of its first norm and T rounds. Against image scorers a "
        "unit given brings 2q back: to give pays if q is more than cost over benefit, one half (Nowak and Sigmund "
        "1998), as among image scorers (q = 0.8) and not among the selfish (0.2 image scorers). *Strict* neighbours "
        "pay from the second gift on; *steady* ones give one unit at first. With *standing*, to refuse a stingy "
        "visitor after a gift of two costs nothing and is as good as a gift, but not twice in a row: a recursion over "
        "the rounds."
    )
    rows = [
        [name, formula, *(f"{value(t):.4f}, {known(name, t):.4f}" for t in (4, 6))]
        for name, (formula, value) in CLOSED.items()
    ]
    yield table(["society", "best response", "T = 4: formula, solver", "T = 6: formula, solver"], rows)
    yield "## The fixed rules"
    yield (
        "Of those with parameters each with every parameter of a grid, exactly; the best of each kind. *Patient* has "
        "the neighbours in a row after whom it stops; *probe* the rounds that it tries, and how many neighbours at "
        "first do not count. `dialogym.envs.donor.policies.sweep` defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), sweep()))
    yield "## Generations"
    yield (
        "An outer loop around episodes, and no part of the game: `dialogym.envs.donor.generations.generations` plays a "
        "population of norms and players for some generations. In each round everybody is asked once and asks once, "
        "people who differ each time; after six rounds the half with more stays, and each of them has a successor of "
        "its kind. The first generation holds two of each norm of this page, and two players of the kind that the "
        "first column names (*selfish*: two more of that norm); a player's kind spreads and dies out as norms do. "
        "*Optimal* plays the optimum of `Donor-v0`, so it takes each generation for one of the societies above, and "
        f"begins anew with its first belief if nothing explains what it sees. Means over {RUNS} runs, seeds from 0."
    )
    rows = []
    for name in PLAYERS:
        found = lived(name)
        own = f"{found[name]:.0%}" if name else "-"
        rows.append([name or "nobody", own, *(f"{found[norm]:.0%}" for norm in NORMS), *_went(found)])
    heads = ["added", "its share", *NORMS, "cooperation: first, tenth", "resources: first, tenth"]
    yield table(heads, rows)
    yield (
        "Shares are those of the population after ten generations; two of fourteen are 14%. Of what is added, planners "
        "spread most, and with them there is most to share after ten generations; but the selfish live on what they "
        "bring in, and spread, too. Who always gives, and who probes, is kind to the selfish more than to itself. With "
        "two who answer stinginess, by *image-scoring*, fewest are selfish in the end."
    )
    yield "## Punishment"
    harsh = DonorGame(punish=True)
    places = (ENFORCING, SOCIETIES + ENFORCING)
    known_to, hidden = (
        [FactoredSolution(game, everybody(game, some), "you").start_value() for game in (harsh, DonorGame())]
        for some in places
    )
    yield (
        "With `punish=True` the learner can pay 1 to take 2 from a visitor, and there is a seventh society, in which "
        "80% of the neighbours give two to who gave two last or punished somebody who had given nothing. To punish is "
        "a cheaper way to good standing than a gift there, and useless elsewhere. "
        f"The optimum is {hidden[0]:.4f} then, and would be {hidden[1]:.4f} in the same places without the act; where "
        f"it is known to be that society, {known_to[0]:.4f} and {known_to[1]:.4f}. No registered variant has it."
    )
    yield from sources(SOURCES)
    yield (
        "**Exploits that are closed.** What is said around a tag changes nothing: promises, threats and begging are "
        "talk, and neighbours know the record alone. To talk, or to lose a turn, gives nothing, and is known as that. "
        "Visitors come from elsewhere, so what gossip tells of them tells nothing of the society. Everybody takes as "
        "many random numbers whatever the society is, so that words do not tell it. To be cut off by lost turns pays "
        "what was got until then, and no more."
    )


def _went(found: dict[str, float]) -> list[str]:
    return [f"{found[f'{what} 1']:.2f}, {found[f'{what} {COUNT}']:.2f}" for what in ("cooperation", "resources")]
