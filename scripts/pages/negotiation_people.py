"""What the NegotiationPeople page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...envs.base import Family
from ...envs.negotiation.game import TICKS, Offer
from ...envs.negotiation_people.policies import sweep
from ...evaluation.exact import classes, optimum
from ..docs import KINDS, best_of_each_kind, measured, sources, table, variant

PAYOFF = "the discounted gain as a share of the list price"
NOTE = (
    "Two turns ahead is nearly all the planning that these sellers ask for: they answer the offer at hand, and no "
    "clock moves them. That is how the data have it, and likeness to people comes first here; where planning further "
    "is to matter, take Negotiation. `scripted` is a buyer as people are. The fixed heuristics have their best "
    "parameters, see below."
)
SHARES = (0.0, 0.1, 0.2, 0.25, 0.5, 1.0)
_MEASURES = ("b1", "s1", "final", "offers b", "counters s", "turns", "conc. b", "conc. s")
_RATIOS = {
    "people of the other split": (1.13, 0.99, 0.90, 1.58, 0.85, 1.41, 1.26, 0.98),
    "**these types** (fitted to distances)": (1.10, 1.32, 1.19, 1.41, 0.95, 1.19, 1.54, 1.32),
    "the same structure, by likelihood": (1.14, 1.72, 1.25, 1.65, 1.59, 1.12, 1.54, 1.38),
    "Negotiation-v0": (1.95, 3.51, 2.10, 10.7, 4.57, 6.41, 3.76, 1.48),
}
_BITS = (
    ("the same structure, by likelihood", "1.71"),
    ("**these types** (fitted to distances)", "1.75"),
    ("how often people of the other split act so after such an offer", "1.84"),
    ("Negotiation-v0", "6.3"),
)


def sections() -> Iterator[str]:
    """Where the sellers come from, how like people they are, lowballs, exploits, the sweep, sources."""
    yield from _origin()
    yield from _likeness()
    yield from _lowballs()
    yield from _exploits()
    yield from _swept()
    yield from sources(_SOURCES)


def _origin() -> Iterator[str]:
    yield "## Where the sellers come from"
    yield (
        "They were fitted before they became this environment, in a study of CraigslistBargain (He et al. 2018): on "
        "the validation split, from the words alone, since the copy at hand lacks the buttons. A seller is one of 126 "
        "types (7 floors, 6 shares kept, 1 to 3 counters), the three independent. Their weights, `silent`, `again` and "
        "the buyer's numbers were changed at random for as long as the distances of simulated dialogues from those of "
        "people became less: of first prices, concessions, final prices, numbers of prices and turns. The numbers lie "
        "in `envs/negotiation_people/fitted.toml` and `buyer.toml`. No dialogue, no word and no count of anybody is "
        "shipped, and none of the figures of this section and the next has been measured again with this code. To "
        "measure it on dialogues of yours:"
    )
    yield "```console\ndialogym people FILE --format craigslist --env NegotiationPeople-v0\n```"
    yield (
        "What is not fitted: that some sellers leave at lowballs (`leaves`), that a buyer who goes below its own "
        "earlier offer is not answered with a price, the deadline, the discount, and what the item is worth to the "
        "buyer. The first two close what a learner could exploit where there are few dialogues to tell how people "
        "would take it; they are [below](#exploits-that-were-closed). They are not in the figures of the next section."
    )


def _likeness() -> Iterator[str]:
    yield "## How like people they are"
    yield (
        "As measured in that study, on the test split, with a buyer that was fitted together with the sellers (that of "
        "`scripted`, but with the people's own targets). The ratio is the Kolmogorov-Smirnov distance of half of the "
        "people from as many simulated dialogues, over that of two halves of the people, 200 splits: 1 is as close as "
        "people are to each other. For comparison, the people of the validation split stand in the place of the "
        "simulated ones. n is 38 to 181 dialogues of people, by the measure: those of the test split that have such a "
        "value. *b1* and *s1* are the first prices of buyer and seller, *conc.* the mean concession."
    )
    yield table(["", *_MEASURES], [[name, *(f"{one:.2f}" for one in row)] for name, row in _RATIOS.items()])
    yield (
        "So these dialogues are about as close to people's as those of other people are; furthest are what a buyer "
        "gives way (1.54) and how many prices it names (1.41). The same structure, with weights by the likelihood of "
        "the human sellers' acts (expectation maximisation), foresees people a little better, and is further away in "
        "three measures. These types were taken because none of the sellers' own measures is more than 1.32 times as "
        "far from people as people are from each other. What people's acts cost, in bits an act of a human seller, on "
        "the test split (508 to 546 acts; 10% of the probability is spread evenly over 16 acts), by the exact belief "
        "given the acts so far:"
    )
    yield table(["who is expected", "bits an act"], _BITS)
    yield (
        "Distances of single measures do not tell the types apart: two fits with like ratios cost 1.71 and 1.88 bits "
        "when they were scored as mixtures, these types 1.67. The test split was looked at four times while the "
        "structure of the seller changed, so its figures are somewhat too good. About 45% of those dialogues end "
        "without an agreement in words, for it was a press of a button."
    )
    yield "What the dialogues of this environment are like, by buyer (2,000 dialogues, seeds from 0):"
    yield measured(variant("NegotiationPeople-v0"), ("scripted", "optimal", "fixed-offer"))


def _lowballs() -> Iterator[str]:
    yield "## Lowballs"
    yield (
        "These sellers answer in proportion to the offer. Taken as they were fitted, the best opening would be an "
        "offer of less than half of the list price, where there is hardly any dialogue to fit: 5% of human buyers "
        "begin below 47% of it. Who lets a learner profit from that teaches it to exploit what nobody knows. So a "
        "share of the sellers, whatever their type, leaves at such an offer. Nobody knows that share either; but the "
        "optimum does not depend on it where it is at least a fifth, since then nobody should offer so little:"
    )
    rows = []
    for share in SHARES:
        family = replace(variant("NegotiationPeople-v0"), leaves=share)
        rows.append([f"{share:g}", f"{optimum(family):.5f}", _openings(family)])
    yield table(["`leaves`", "optimum", "best first offer, by value"], rows)


def _openings(family: Family) -> str:
    """The best first act for each value, in percent of the list price."""
    found = {}
    for scenario, _ in classes(family):
        setting = family.setting(scenario)
        game = setting.game
        state = game.apply(game.start(), "seller", Offer(scenario.list_price))
        act: Any = setting.solution.best_act(state, setting.prior)
        value, price = (one * 100 // scenario.list_price for one in (scenario.value, act.price))
        found[value] = f"{price}% (value {value}%)"
    return ", ".join(found[value] for value in sorted(found))


def _exploits() -> Iterator[str]:
    yield "## Exploits that were closed"
    yield (
        "Each has a test. *Lowballs*: see above. *Going back*: a seller who answers in proportion to an offer would "
        "come down when the buyer goes down; the optimum gained about 2% by that. An offer below an earlier one is now "
        "answered like talk. *Prices nobody takes seriously*: below 40% of the list price an offer is talk. *Asking "
        "again and again*: an offer that is answered without a price tells nothing about a type, and costs a round; a "
        "seller comes back to an earlier offer by itself only while it has counters left, and each uses one up. "
        "*Waiting for the deadline*: a seller who did not accept leaves, and does not come down to its floor by "
        "itself. *Words*: a seller that answers without a price says the same whatever its type, and an answer that is "
        "certain takes as many random numbers as one that is not."
    )


def _swept() -> Iterator[str]:
    yield "## The fixed heuristics"
    grid = {name: rule for name, rule in sweep().items() if not name.startswith("linear") or name[-2] in "234"}
    yield (
        f"Each kind was tried with every parameter of Negotiation's grid ({len(grid)} rules in all; concessions over "
        f"at most 4 rounds), exactly. Prices are in ticks of {100 // TICKS}% of the list price. A linear concession "
        "that is as good as the best concedes nothing; the table of the optimum has one that does."
    )
    rows = best_of_each_kind(variant("NegotiationPeople-v0"), grid)
    yield table(KINDS, sorted(rows, key=lambda row: float(row[3]), reverse=True))


_SOURCES = (
    (
        "CraigslistBargain",
        "He, Chen, Balakrishnan and Liang (2018) had pairs of people bargain over goods of an advertisement, buyer "
        "and seller with a target each, over text and with buttons for offers. Kept: the advertisement's price stands "
        "from the start, and what is asked stands until another price is named; how people open, counter, give way "
        "and fall silent, as far as the types can have it. Changed: prices move in steps of 5% of the list price; the "
        "item is worth something to the learner, who is paid by it; there is a deadline, and time costs. The data "
        "themselves have no licence that is stated, and are not in the package.",
    ),
)
