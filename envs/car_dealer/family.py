"""CarDealer: selling a car to a buyer of hidden budget, taste and temper, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ...core.checks import above, between, whole
from ...core.dialogue import Dialogue
from ..base import Family
from .game import ACTS, CARS, DEAREST, Ask, Lot, Offer, Visit
from .lots import HOUSES
from .mind import Buyer, BuyerMind
from .voice import CALLED, NAMES, PATTERNS, VOICE, understand


class Counter(NamedTuple):
    """What both sides know."""

    house: str
    name: str


@dataclass(frozen=True, slots=True)
class Customer:
    """One scenario: where, and who comes in."""

    house: str
    name: str

    @property
    def public(self) -> Counter:
        """All of it."""
        return Counter(self.house, self.name)


@dataclass(frozen=True)
class CarDealer(Family):
    """Selling a car: a dealer finds out what a buyer wants and can pay, and names a car and a price.

    ## Description

    A buyer comes to a lot of five cars. What kind of car it wants, how much it can spend, and how it bargains are
    hidden. Some say openly what they want and soon leave if it is not to be had; some warm to a price slowly; some
    refuse the first two offers whatever they are, and make themselves out to be poorer than they are; some answer
    nothing and lose their patience. To sell dear, the dealer has to find the car, then to stand the refusals that will
    pass, and to come down for those that will not, before the buyer leaves.

    Buyers, cars and dealers are made up, and so are all numbers.

    ## Scenario

    One of six lots, whose five cars have other names but the same kinds and prices, and one of eight names, all equally
    likely. The buyer's `budget` ($10,000 to $90,000), the `kind` of car that it wants (`sedan`, `suv` or `luxury`,
    equally likely) and its `temper` are drawn independently, by the weights on this page. A car of that kind is worth
    the budget to it, but at most 110% of the list price; another one 60% of the budget, but at most 70% of the list
    price.

    | temper | says of its budget | says its kind | pays | leaves |
    |---|---|---|---|---|
    | *open* | the truth | yes | what the car is worth | at the third refusal |
    | *slow* | nothing | yes | 55% of that, and 15% more for each refused offer of its kind | at the fifth |
    | *haggler* | 20 thousand less | yes | what it is worth, after two refused offers of its kind | at the fourth |
    | *angry* | nothing | no | what it is worth | at the second; questions count as well |

    A budget is told as low (below 30 thousand), middle, or high (from 70 thousand on). Who refuses says whether the car
    is too dear or not of the kind that is wanted; a refusal is final only if the buyer leaves with it.

    ## Acts

    An utterance is free text with at most one tag: `[ask budget]`, `[ask kind]`, or `[offer CAR PRICE]` with the number
    of a car and a price in thousands of dollars, from the dealer's price list: 70, 80, 90, 100 and 110% of the list
    price of that car. Without a tag it is talk. The buyer speaks first. Each question can be asked once.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below. An offer needs a price (`$36,000`, `36k`, `36 thousand`) and a car by its name or number; a
    price alone is for the car that was offered last (`I can go down to 36`). A car without a price, two cars or two
    prices are ambiguous: the turn is lost.

    ## Observation

    Text. The first observation is the brief (the cars with their price lists, what buyers are like, the turns, the
    discount, tags) and the buyer's hello; after that, each reply. The buyer's words depend on what it does, the public
    facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: `discount ** (turns - 1)` times the price of the sale, as a share of the largest budget. Without
    a sale it is 0. A turn that was lost or only talked in counts as any other.

    ## Episode end

    Terminated by a sale, or when the buyer leaves, at the latest after `turns` turns. Truncated by the third lost turn
    in a row, which pays 0, or by a failure of the simulated user's machinery; in the second case `info["error"]` says
    what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden state
    (Kaelbling et al. 1998). All scenarios share a solution. Talk only costs, so the solver leaves it out.

    ## Registered configurations

    | id | turns | discount |
    |---|---:|---:|
    | `CarDealer-v0` | 8 | 0.97 |

    ## Metrics

    `info["outcome"]`, at the end: `sold`, `revenue` (the price in thousands, 0 without a sale; LMRL-Gym's reward is a
    thousandth of the price in dollars), `of_mean` (the price as a share of the mean of budget and list price, which is
    its other reward; sales only), `of_list` (of the list price), `of_worth` (of what the car was worth to the buyer;
    sales only), `right_kind` (whether a car of the wanted kind was sold; sales only), `refusals`, `questions`, `turns`,
    `ending` (`sold`, `left`, `limit` or `truncated`), `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds `budget`, `kind`, `temper`, and `patience` and `seen` as they are in the end.

    ## References

    - M. Abdulhai, I. White, C. Snell, C. Sun, J. Hong, Y. Zhai, K. Xu and S. Levine (2023). LMRL Gym: benchmarks for
      multi-turn reinforcement learning with language models. arXiv:2311.18232. Its Car Dealer task.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        turns: Turns of the dealer. 5 to 10.
        discount: What is left of a price after each turn but the first; above 0, at most 1.
    """

    turns: int = 8
    discount: float = 0.97

    role = "dealer"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "sold": "share of buyers who bought a car",
        "revenue": "price in thousands of dollars, 0 without a sale",
        "of_mean": "price over the mean of budget and list price, sales only",
        "of_list": "price over list price, sales only",
        "of_worth": "price over what the car was worth to the buyer, sales only",
        "right_kind": "share of sales of the wanted kind",
        "refusals": "offers refused",
        "questions": "questions asked",
        "turns": "turns of the dealer",
    }

    def __post_init__(self) -> None:
        whole(self, 5, 10, "turns")
        above(self, 0.0, "discount")
        between(self, 0.0, 1.0, "discount")

    def scenarios(self) -> Sequence[Customer]:
        """Every lot with every name, all equally likely."""
        return [Customer(house, name) for house in HOUSES for name in NAMES]

    def parts(self, scenario: Customer) -> tuple[Lot, BuyerMind]:
        """Game and mind, the same for all scenarios."""
        game = Lot(self.turns, self.discount)
        return game, BuyerMind(game)

    def task(self, scenario: Customer) -> str:
        """The cars and their price lists, what buyers are like, what counts."""
        house, game, name = HOUSES[scenario.house], Lot(), scenario.name
        cars = "\n".join(
            f"{number}: {house.cars[number - 1]}, {CALLED[kind]}, list price {price}: "
            f"{', '.join(map(str, game.prices(number)))}"
            for number, (kind, price) in enumerate(CARS, 1)
        )
        return (
            f"You sell cars at {house.called}. {name} wants one. Your cars, with their price lists in thousands of "
            f"dollars:\n{cars}\nYou score the price as a share of {DEAREST} thousand; each turn after the first keeps "
            f"{self.discount:.0%} of it. You have {self.turns} turns. A buyer wants a sedan, an SUV or a luxury car, "
            f"and has 10, 30, 50, 70 or {DEAREST} thousand. A car of its kind is worth the budget to it, at most 110% "
            "of the list price; another at most 60% of the budget and 70% of the list price. Some buyers tell the "
            "truth and leave at the third refusal. Some warm up slowly: they pay 55% of what a car is worth, and 15% "
            "more for each refused offer of their kind. Some haggle: they refuse two offers of their kind whatever the "
            "price, and say that they have less than they do. Some are angry: they answer nothing and leave soon. You "
            "can ask once for the budget and once for the kind, [ask budget] and [ask kind], and offer a car by its "
            "number at a price of its list, such as [offer car=2 price=36].\n"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The lot, and the car that was offered last."""
        offered = [step.act.car for step in dialogue.steps if isinstance(step.act, Offer)]
        return dialogue.scenario.house, offered[-1] if offered else 0

    def success(self, game: Lot, state: Visit, hidden: Buyer) -> bool:
        """Whether a car was sold."""
        return state.sold > 0

    def measures(self, game: Lot, state: Visit, hidden: Buyer) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means."""
        return {"sold": float(state.sold > 0), "revenue": float(state.sold), "turns": float(state.turn)}

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden = dialogue.state, dialogue.hidden
        acts = [step.act for step in dialogue.steps]
        offers = [act for act in acts if isinstance(act, Offer)]
        kind, listed = CARS[offers[-1].car - 1] if state.sold else ("", 0)
        mind: Any = dialogue.setting.mind
        return {
            "sold": state.sold > 0,
            "revenue": state.sold,
            "of_mean": state.sold / ((hidden.budget + listed) / 2) if state.sold else None,
            "of_list": state.sold / listed if state.sold else None,
            "of_worth": state.sold / mind.worth(hidden, offers[-1].car) if state.sold else None,
            "right_kind": kind == hidden.kind if state.sold else None,
            "refusals": len(offers) - (state.sold > 0),
            "questions": sum(isinstance(act, Ask) for act in acts),
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """The price of the sale."""
        return f"sold a car for ${outcome['revenue']},000" if outcome["sold"] else "sold nothing"
