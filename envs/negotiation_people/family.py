"""Price bargaining with sellers who answer as people do, as an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

from ...core.acts import Act
from ...core.checks import above, between, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ...core.solver import Rescaled, Solution
from ..negotiation.family import Bargain, Negotiation
from ..negotiation.game import MIRROR, TICKS, Offer
from .game import StandingAsk, Talks
from .mind import People, Seller
from .voice import VOICE


@dataclass(frozen=True)
class NegotiationPeople(Negotiation):
    """Price bargaining with a simulated seller whose answers were fitted to those of human sellers.

    ## Description

    A buyer bargains over the price of a second-hand item. It is the bargain of [Negotiation](negotiation.md), with its
    items, words and rules of reading, but with other sellers: they answer *what they were offered*, as people do, and
    the clock moves none of them. Some keep nearly the whole gap between the offer and their price, others meet the
    buyer; some are firm after one counter, others after three; and often an answer names no price at all. The weights
    of these types were fitted to dialogues between people (CraigslistBargain); how, and how like people they are, is
    told [below](#where-the-sellers-come-from). To do well the buyer has to find an offer that is low but will be
    answered, to learn from the counter how the seller moves, and to know when to take what is asked.

    ## Scenario

    One of Negotiation's 52 everyday items with a list price of 40 to 800 currency units, and one of the learner's
    `values`, all equally likely: by default the buyer values the item at 75% or 90% of the list price. The seller's
    hidden type is drawn independently of the scenario: its floor (the lowest price that it settles for, 40% to 95% of
    the list price), the share of the gap that it keeps when it counters (0 to 1), how many counters it makes before it
    is firm (1 to 3), and whether it leaves when it is offered less than half of the list price.

    ## Acts

    An utterance is free text with at most one tag: `[offer PRICE]`, `[accept]` or `[walk]`; without a tag it is talk. A
    price is a whole number from 1 to twice the list price. What the seller asks stands, as between people, until it
    names another price: the buyer can take it in any of its turns, whatever was said in between. An offer of the buyer
    stands until the seller has answered. Accepting is binding for both. The seller speaks first, and asks for the list
    price.

    Plain words are read as in [Negotiation](negotiation.md#acts), with `grammar="natural"` (the default); with
    `grammar="tagged"` only tags bind. A turn is lost if it is malformed, ambiguous or illegal. It then counts as talk,
    and the seller says why.

    ## Observation

    Text. The first observation is the brief (item, list price, own value, number of rounds, discount, tags) and the
    seller's opening; after that, each reply. It is empty if the learner ended the dialogue. The seller's words depend
    on its act, the public facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: `discount ** rounds_completed * (value - price) / list_price`. Without a deal it is 0. A deal
    above the learner's value pays its real negative amount. The first round is not discounted.

    ## Episode end

    Terminated by a deal, when either side walks away, or in the last round (a seller who does not accept leaves).
    Truncated by the third lost turn in a row, which pays like leaving, or by a failure of the simulated user's
    machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden type
    (Kaelbling et al. 1998). How often an offer is answered without a price is the same for every type, so that such an
    answer tells nothing; talk that is answered with talk makes it likelier that the seller is firm. The belief is
    Bayes' rule. Bargains that differ only in scale share one solution. `env.unwrapped.value()`, `.best_act()`,
    `.act_values()` and `.belief()` answer at any point of a dialogue.

    ## Registered configurations

    | id | rounds | discount | values, as a share of the list price |
    |---|---:|---:|---|
    | `NegotiationPeople-v0` | 5 | 0.96 | 0.75, 0.90 |

    ## Metrics

    `info["outcome"]`, at the end: those of Negotiation, which are `deal`, `ending` (`deal`, `walk`, `deadline` or
    `truncated`), `agreed_price`, `price` (as a share of the list price), `surplus`, `surplus_share`, `rounds`,
    `missed_deal`, `false_deal`, `malformed`, `illegal`; and three that are measured of people too: `first_offer` and
    `first_counter` (first prices of buyer and seller after the list price, as shares of it) and `counters` (how many
    prices the seller named after the list price). `info["hidden"]` then holds the seller's `reservation` price, the
    share that it `keeps` and the `counters` that it would still have made, and whether it `leaves` at lowballs.

    ## References

    - H. He, D. Chen, A. Balakrishnan and P. Liang (2018). Decoupling strategy and generation in negotiation dialogues.
      *EMNLP* (CraigslistBargain).
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        rounds: The dialogue ends after so many; a round is one turn of each seat. 4 to 20.
        discount: What is left of a gain after each further round; above 0, at most 1.
        values: What the item may be worth to the buyer, in ticks of 5% of the list price.
        leaves: Probability that a seller leaves when it is offered less than half of the list price. This is no fitted
            number, see below.
    """

    rounds: int = 5
    values: tuple[int, ...] = (15, 18)
    leaves: float = 0.25

    # What can be chosen in Negotiation is fixed here: people were observed in the seller's seat.
    role: ClassVar[str] = "buyer"  # pyright: ignore[reportIncompatibleVariableOverride]
    population: ClassVar[str] = "default"  # pyright: ignore[reportIncompatibleVariableOverride]
    patience: ClassVar[bool] = False  # pyright: ignore[reportIncompatibleVariableOverride]
    prices: ClassVar[str] = "absolute"  # pyright: ignore[reportIncompatibleVariableOverride]

    voice: ClassVar[Any] = VOICE
    cast: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride]
    duel: ClassVar[None] = None  # pyright: ignore[reportIncompatibleMethodOverride]
    listener: ClassVar[None] = None  # pyright: ignore[reportIncompatibleMethodOverride]
    small_duel: ClassVar[None] = None  # pyright: ignore[reportIncompatibleMethodOverride]
    metrics_of: ClassVar[Mapping[str, str]] = {
        **Negotiation.metrics_of,
        "first_offer": "the buyer's first price as a share of the list price, dialogues with one only",
        "first_counter": "the seller's first price after the list price as a share of it, dialogues with one only",
        "counters": "prices that the seller named after the list price",
    }

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        whole(self, 4, 20, "rounds")
        above(self, 0.0, "discount")
        between(self, 0.0, 1.0, "discount", "leaves")
        if not self.values or not all(isinstance(v, int) and 1 <= v < MIRROR for v in self.values):
            raise ValueError(
                f"values must be whole ticks (5% of the list price) from 1 to {MIRROR - 1}, got {self.values!r}"
            )

    def parts(self, scenario: Bargain) -> tuple[StandingAsk, People]:  # pyright: ignore
        """Game and mind; those of items of one price and value are equal.

        Raises:
            ValueError: If the list price or the value is not a positive whole multiple of 5% of the list price.
        """
        price, value = scenario.list_price, scenario.value
        if price < TICKS or price % TICKS or value * TICKS % price:
            raise ValueError(
                f"list_price must be a positive multiple of {TICKS} and value a multiple of a tick of it; got "
                f"{price!r} and {value!r}"
            )
        game = StandingAsk(price, "seller", (value, None), self.rounds, self.discount)
        return game, People(game, self.leaves)

    def setting(self, scenario: Bargain) -> Setting:
        """Game, mind and seat, with the solution that all bargains share which differ only in scale."""
        if scenario not in self._settings:
            self._settings[scenario] = _setting(*self.parts(scenario))
        return self._settings[scenario]

    def task(self, scenario: Bargain) -> str:
        """As in Negotiation, and that what is asked stands."""
        return f"{super().task(scenario)} What the seller asks stands until it names another price."

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """Negotiation's metrics, and the first prices of both sides."""
        listed, prices = dialogue.scenario.list_price, {"buyer": [], "seller": []}
        for turn in list(dialogue.turns())[1:]:
            if isinstance(turn.act, Offer):
                prices[turn.seat].append(turn.act.price / listed)
        first = {seat: some[0] if some else None for seat, some in prices.items()}
        return {
            **super().measure(dialogue),
            "first_offer": first["buyer"],
            "first_counter": first["seller"],
            "counters": len(prices["seller"]),
        }

    def reveal(self, scenario: Bargain, hidden: Seller) -> dict[str, Any]:  # pyright: ignore
        """The seller's reservation price, in currency units, and how it bargains."""
        own = hidden._asdict()
        del own["floor"]
        return {"reservation": hidden.floor * scenario.list_price // TICKS, **own}


@cache
def _setting(game: StandingAsk, mind: People) -> Setting:
    tick = game.list_price // TICKS

    def shrink(state: Talks) -> Talks:
        standing = None if state.standing is None else state.standing // tick
        return state._replace(standing=standing, ask=state.ask // tick)

    def grow(act: Act) -> Act:
        return Offer(act.price * tick) if isinstance(act, Offer) else act

    def optimum() -> Solution:
        scaled: Any = game.canonical()
        return Rescaled(game, mind, _optimum(replace(mind, game=scaled)), shrink, grow)

    return Setting(game, mind, "buyer", game.candidates, optimum)


@cache
def _optimum(mind: People) -> Solution:
    """The shared solution of all bargains that differ only in scale."""
    return Solution(mind.game, mind, "buyer", mind.game.candidates)
