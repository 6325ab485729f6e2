"""What the Persuade page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...core.solver import Solution
from ...envs.persuade.adviser import COMMITS, EXPERTS, LAST, LIES, MIXES, Expert
from ...envs.persuade.bookings import sweep
from ...envs.persuade.game import Trips, plain_stock
from ...envs.persuade.mind import NEVER, Accountant, Guest
from ...envs.persuade.nights import Nights
from ...envs.persuade.voice import BOOKING
from ..docs import KINDS, best_of_each_kind, table, variant

PAYOFF = "the share of rounds in which the traveller goes; in PersuadeBuyer-v0, what the traveller gains a night"
NOTE = (
    "*Always-praise* recommends every hotel, *honest* tells the truth in the most favourable words. *Near-miss* "
    "praises good and fair hotels (without reviews there are no fair ones). *Middle* shows the middle review; without "
    "reviews it recommends good hotels and says nothing of others. *Repent* praises, and is honest once after a lie. "
    "*While-believed* praises as long as the traveller went for the last praise, else it is honest. *Late-liar* is "
    "honest until the last three rounds, and praises everything then. Of the traveller: *trust* books whatever is "
    "recommended, *doubt* nothing. *One-strike* and *two-strikes* trust until so many recommended hotels were poor. "
    "*Two-trials* trusts twice, and then only who was never wrong. *But-the-last* trusts, but for the last night. "
    "*Lesson* forgives the first poor hotel, if the three nights after it are good."
)
SOURCES = (
    (
        "GLEE",
        "In its persuasion game a seller knows whether a product is good, which a known chance says, and sends the "
        "buyer a message before each of 20 rounds, in free text or as yes or no; the buyer stays or is another one "
        "each round. Shapira et al. (2024) let language models, and people with them, play it, and report self-gain, "
        "efficiency and fairness. Kept: the game, the chance of 1/3 of a good product, the yes or no beside free "
        "text, a buyer who stays. Changed: hotels in place of products and no prices; 10 rounds; the buyer is a "
        "traveller from a finite population whose trust is stated, so that the best play is known; it learns how a "
        "hotel was also where it did not go. In the buyer's seat it learns that only where it went, as GLEE's buyers "
        "do; there the expert is one of seven kinds. Our `efficiency` and `fairness` are shares of good hotels that "
        "were sold and of others that were not; where the source's formulas differ, ours are those of this page.",
    ),
    (
        "Human Choice Prediction",
        "Shapira et al. (2025) let people choose among hotels over ten rounds each: an artificial expert shows one of "
        "a hotel's scored reviews, and a hotel is good from a mean of 8 on. They collected 87,000 decisions, and "
        "report that simulated decision makers beside human ones improve the prediction of choices with unseen experts "
        "by 7.1% on the hardest 15% of cases. Kept: the reviews, the mean of 8, experts' rules by what they "
        "are (the best review, the middle one, an honest one), travellers who mind the score and the past, `right`. "
        "Changed: three reviews of a hotel and three kinds of hotels, so that all can be summed over; the text of a "
        "review says no more than its score; travellers are deterministic given their hidden type; eight rounds.",
    ),
    (
        "LLMs for choice labs",
        "Shapira et al. (2024) predict people's choices in this game from data that language models made, and find "
        "that the history of the interaction matters more than the tone of a review. Kept: just this: our travellers "
        "go by whether past words were true, and not by tone. The source's accuracies are about prediction and do not "
        "compare with scores here.",
    ),
    (
        "Bayesian persuasion",
        "An expert that binds itself to a rule which the traveller knows can sell chance / share of the rounds, if "
        "somebody goes from that share of true recommendations on (Kamenica and Gentzkow 2011). Here nobody binds "
        "itself: `of_commitment` measures sales against it, for a share of one half.",
    ),
)


def sections() -> Iterator[str]:
    """The closed forms, the sources, the exploits."""
    yield "## Closed forms"
    yield (
        "The optimum where hotels are recommended or not and good ones have the chance 1/3, a round: against a "
        "traveller who trusts at once and never forgives, by the solver and by the recursion of the section *Optimum*; "
        "and against one who keeps a record, and follows while at least half of the recommendations were true. The "
        "second tends towards 2/3, what an expert with commitment sells."
    )
    rows = []
    for rounds in (5, 10, 20, 40):
        game = Trips(rounds, plain_stock(1 / 3))
        grim = Solution(game, Guest(game, ((8.0, 0, NEVER, 1.0),)), "expert").start_value()
        record = Solution(game, Accountant(game), "expert").start_value()
        rows.append([str(rounds), f"{grim:.4f}", f"{grim_value(rounds, 1 / 3):.4f}", f"{record:.4f}"])
    yield table(["rounds", "grim", "grim, by the recursion", "record keeper"], rows)
    yield from _traveller()
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** Free text that claims more than the tag says changes nothing: the tag is what "
        "was said. The traveller's words are drawn without the hotel, which is no part of its view, so it cannot tell "
        "it either. To stay silent keeps trust as it is and sells nothing. Vows, apologies and begging are talk. "
        "To be cut off by lost turns pays what was sold until then, and no more."
    )


def _traveller() -> Iterator[str]:
    yield "## The traveller's seat"
    family: Any = variant("PersuadeBuyer-v0")
    rounds, chance, loss = family.rounds, family.chance, family.loss
    game, total = Nights(rounds, loss), sum(weight for _, weight in EXPERTS)
    yield (
        "The experts of `PersuadeBuyer-v0`, and what a traveller gains a night who knows whom it faces: by the solver, "
        "and where there is a closed form by that. The last kind is not in the sources: without somebody who can be "
        "taught, to look one turn ahead is all but the best that a traveller can do, since what is recommended tells "
        "much for nothing, and every night in a hotel that looks good tells the rest."
    )
    rows = []
    for kind, weight in EXPERTS:
        value = Solution(game, Expert(game, chance, ((kind, 1.0),)), "traveller").start_value()
        formula = CLOSED[kind](rounds, chance, loss) if kind in CLOSED else None
        shown = "" if formula is None else f"{formula:.3f}"
        rows.append([kind, LIES[kind], f"{weight / total:.0%}", f"{value:.3f}", shown])
    yield table(["kind", "poor hotels that it recommends", "share", "optimum if known", "formula"], rows)
    yield "Each kind of fixed rule with every number of `dialogym.envs.persuade.bookings.sweep`, exactly."
    yield table(KINDS, best_of_each_kind(family, sweep()))
    yield "What a traveller's plain words bind to, as it stands in `booking.toml`:"
    for act, said in BOOKING.table():
        lines = "\n".join(said.split(" · ") if isinstance(said, str) else said)
        yield f"<details><summary><code>{act}</code></summary>\n\n```text\n{lines}\n```\n\n</details>"


def taught(rounds: int, chance: float, loss: float) -> float:
    """What a traveller gains a night from an expert who lies until it is found out."""
    value = 0.0
    for left in range(1, rounds + 1):
        value = max(0.0, chance * (1.0 + value) + (1.0 - chance) * (chance * (left - 1) - loss))
    return value / rounds


CLOSED: dict[str, Callable[[int, float, float], float]] = {
    "honest": lambda rounds, chance, loss: chance,
    "puffer": lambda rounds, chance, loss: max(0.0, chance - (1 - chance) * loss),
    "mixer": lambda rounds, chance, loss: max(0.0, chance - (1 - chance) * MIXES * loss),
    "committed": lambda rounds, chance, loss: max(0.0, chance - (1 - chance) * COMMITS * loss),
    "long-con": lambda rounds, chance, loss: (
        (chance * (rounds - LAST) + LAST * max(0.0, chance - (1 - chance) * loss)) / rounds
    ),
    "chastened": taught,
}
"""Kind -> optimum a night against it, by rounds, chance and loss."""


def grim_value(rounds: int, chance: float) -> float:
    """What can be sold a round to somebody who trusts until the first lie, and never after it."""
    value = 0.0
    for _ in range(rounds):
        value = chance * (1.0 + value) + (1.0 - chance) * max(value, 1.0)
    return value / rounds
