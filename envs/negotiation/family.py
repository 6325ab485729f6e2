"""Negotiation: price bargaining over one item, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act
from ...core.checks import above, between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.duel import Seats, SmallDuel
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Rescaled, Solution
from ...core.stream import Stream
from ...simulated_users.guide import Guide
from ...simulated_users.phrase_bank import PhraseVoice
from ..base import Family
from .duel import small_duel
from .game import MIRROR, OTHER, SEATS, TICKS, Haggle, Offer, PriceBargaining
from .items import ITEMS, a
from .mind import POPULATIONS, TEMPERS, Bargainer, Haggler, Population, tempered
from .prices import mark_prices
from .shares import NOTE, SHARE_VOICE, ShareGrammar, meant, told
from .voice import ACTS, PATTERNS, VOICE, understand

PRICES = ("absolute", "relative")


class PublicFacts(NamedTuple):
    """What both sides know."""

    item: str
    detail: str
    list_price: int
    temper: str = ""


@dataclass(frozen=True, slots=True)
class Bargain:
    """One scenario: the item, its list price and what it is worth to the learner, and the partner's temper if it shows.

    Prices are in whole currency units.
    """

    item: str
    detail: str
    list_price: int
    value: int
    temper: str = ""

    @property
    def public(self) -> PublicFacts:
        """The facts without the learner's value."""
        return PublicFacts(self.item, self.detail, self.list_price, self.temper)


class _VoiceByPrices:
    """The voice of a family by its setting `prices`; of the class, that of the default."""

    def __get__(self, family: Negotiation | None, kind: type[Negotiation]) -> PhraseVoice:
        return SHARE_VOICE if family is not None and family.relative else VOICE


@dataclass(frozen=True)
class Negotiation(Family):
    """Price bargaining over one item with a simulated seller (or buyer) who hides a reservation price and a tactic.

    ## Description

    Two people bargain over the price of a second-hand item. The learner knows what the item is worth to it; the
    partner's reservation price is hidden. Each further round costs a share of the gain, there is a deadline, and in
    some scenarios no price suits both. To do well, the learner has to find out whom it faces while it pays for the
    time: some partners come down by themselves, some only when they are met, some not before the last round.

    ## Scenario

    One of 52 everyday items with a list price of 40 to 800 currency units, and one of the learner's `values`, all
    equally likely. In the default setting a buyer values the item at 65% to 105% of the list price. The partner's
    hidden type is drawn from the `population`, independently of the scenario: a reservation price in steps of 5% of the
    list price, and a tactic. *Boulware*, *linear* and *conceder* partners concede with time (Faratin et al. 1998, beta
    0.2, 1 and 4). A *holder* stands by its opening and comes to its reservation price only in the last round but one. A
    *reciprocator* comes down by 10% of the list price for each offer that reaches a new step of 10% (50% of the list
    price is the first), and else stays where it is. No partner ever goes below its reservation price. What partners say
    is rounded to 10% of the list price, so that types pool. A partner who buys is a partner who sells, seen in a
    mirror: it opens at 60% of the list price where a seller opens at 100%.

    With `patience=True` the learner is told whether the partner seems patient or impatient; the one is as likely as the
    other. Most conceders are impatient, most Boulware partners and holders are patient; both halves together are the
    `population`.

    ## Acts

    An utterance is free text with at most one tag: `[offer PRICE]`, `[accept]` or `[walk]`; without a tag it is talk. A
    price is a whole number from 1 to twice the list price. An offer stands until the other side has answered; accepting
    it is binding for both. The partner speaks first.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below. They bind on positive evidence only: words that propose, accept or leave, and cover their
    clause.

    1. A number is a price if it has a currency sign or word, or if it lies between a tenth of the list price and twice
       the list price. Numbers with a unit (`3 years`, `20%`, `size 42`) and differences (`20 off`) are no prices.
       English number words count (`two forty`), and so do `half price` and `300 less 30`.
    2. A price that is proposed (`how about 240`, `I can do 240 cash`, `I can't pay more than 240`) or stands alone is
       an offer. A price that is spoken of is talk (`280 is high`, `it cost me 450`), and so is one for which something
       else is wanted (`250 if you include the lock`). To offer the standing price is to accept it.
    3. Acceptance (`deal`, `I'll take it`, `sold`) binds unless it is asked, denied, conditional or taken back; approval
       of an offer that stands (`that works for me`, `fair enough`, a bare `yes`) does so too.
    4. Leaving: `no deal`, `I'm out`, `goodbye`, `I'll have to pass`, `good luck with the sale`.
    5. Who corrects a price (`240, no wait, 250`) offers the last. Two prices are ambiguous otherwise, and so are a
       price with a fraction, accepting and leaving at once, and an offer worse for its maker than the standing one.
       Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (a price out of range, or accepting when nothing stands). It then counts as talk, and the partner says why.

    With `prices="relative"` prices are told, said and read in percent of the list price: `[offer 85]` and `how about
    85%` both offer 85% of it, and what is not whole comes to the nearest whole price. Nothing else changes, and the
    acts of a record are the same. A model that learns then needs to find out but once what a good price is, not anew
    for every list price.

    ## Observation

    Text. The first observation is the brief (item, list price, own value, number of rounds, discount, tags) and the
    partner's opening; after that, each reply. It is empty if the learner ended the dialogue. The partner's words depend
    on its act, the public facts and a persona, never on its reservation price.

    ## Rewards

    `goal`, at the end: `discount ** rounds_completed * gain / list_price`, where the gain is value less price for a
    buyer and price less value for a seller. Without a deal it is 0. A deal worse than the learner's own value pays its
    real negative amount. The first round is not discounted.

    ## Episode end

    Terminated by a deal, when either side walks away, or after the last round (the partner leaves). Truncated by the
    third lost turn in a row, which pays like leaving, or by a failure of the simulated user's machinery; in the second
    case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden type
    (Kaelbling et al. 1998). Bargains that differ only in scale share one solution; with `patience=True` there is one
    for each temper. `env.unwrapped.value()`, `.best_act()`, `.act_values()` and `.belief()` answer at any point of a
    dialogue.

    ## Registered configurations

    | id | population | rounds | discount | values, as a share of the list price (buyer) |
    |---|---|---:|---:|---|
    | `Negotiation-v0` | `default`: all five tactics | 8 | 0.96 | 0.65, 0.75, 0.85, 0.95, 1.05 |
    | `NegotiationEasy-v0` | `easy`: linear and conceder | 8 | 0.98 | 0.85, 0.95, 1.05, 1.15 |
    | `NegotiationHard-v0` | `hard`: Boulware, holder and reciprocator | 9 | 0.93 | 0.70, 0.75, 0.80 |

    ## Metrics

    `info["outcome"]`, at the end: `deal`, `ending` (`deal`, `walk`, `deadline` or `truncated`), `agreed_price`, `price`
    (as a share of the list price), `surplus` (undiscounted, as a share of the list price), `surplus_share` (of what
    there was to share; only for deals where there was something), `rounds`, `missed_deal` (no deal although one was
    possible), `false_deal` (worse than the learner's value), `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds the partner's `reservation` price and `tactic`.

    ## References

    - P. Faratin, C. Sierra and N. R. Jennings (1998). Negotiation decision functions for autonomous agents. *Robotics
      and Autonomous Systems* 24, 159-182.
    - H. He, D. Chen, A. Balakrishnan and P. Liang (2018). Decoupling strategy and generation in negotiation dialogues.
      *EMNLP* (CraigslistBargain).
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        role: The learner's seat, `buyer` or `seller`.
        rounds: The dialogue ends after so many; a round is one turn of each seat. 2 to 20.
        discount: What is left of a gain after each further round; above 0, at most 1.
        population: Who may be met: `default`, `easy` or `hard`.
        values: What the item may be worth to a buyer, in ticks of 5% of the list price. A seller's values are these in
            the mirror, 32 ticks less each.
        patience: Whether the learner is told if the partner is patient or impatient, on which its tactic depends.
        prices: How prices are told, said and read: `absolute`, in currency, or `relative`, in percent of the list
            price.
    """

    role: str = "buyer"
    rounds: int = 8
    discount: float = 0.96
    population: str = "default"
    values: tuple[int, ...] = (13, 15, 17, 19, 21)
    patience: bool = False
    prices: str = "absolute"

    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar[Any] = _VoiceByPrices()
    metrics_of: ClassVar[Mapping[str, str]] = {
        "deal": "share of dialogues that end in a deal",
        "price": "agreed price as a share of the list price, deals only",
        "surplus_share": "the learner's share of the whole surplus, deals with a zone of agreement only",
        "rounds": "rounds used",
        "missed_deal": "share without a deal although one was possible",
        "false_deal": "share of deals worse than the learner's value",
    }

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        one_of(self, SEATS, "role")
        whole(self, 2, 20, "rounds")
        above(self, 0.0, "discount")
        between(self, 0.0, 1.0, "discount")
        one_of(self, POPULATIONS, "population")
        if not self.values or not all(isinstance(v, int) and 1 <= v < MIRROR for v in self.values):
            raise ValueError(
                f"values must be whole ticks (5% of the list price) from 1 to {MIRROR - 1}, got {self.values!r}"
            )
        if not isinstance(self.patience, bool):
            raise ValueError(f"patience must be True or False, got {self.patience!r}")
        one_of(self, PRICES, "prices")

    @property
    def relative(self) -> bool:
        """Whether prices are told and read in percent of the list price."""
        return self.prices == "relative"

    def settings(self) -> dict[str, Any]:
        """The arguments that make this family again; `prices` only where it is not the default, as in older records."""
        return {name: value for name, value in super().settings().items() if (name, value) != ("prices", PRICES[0])}

    @cached_property
    def grammar(self) -> Grammar:
        """Reads and prints the acts, in natural mode."""
        return ShareGrammar() if self.relative else super().grammar

    def grammar_of(self, scenario: Bargain) -> Grammar:
        """The grammar where there is but this scenario: what it prints is as the learner is to say it."""
        return ShareGrammar(list_price=scenario.list_price) if self.relative else self.grammar

    @cached_property
    def guide(self) -> Guide | None:
        """What a language model is told that speaks for the partner."""
        return self._beside("guide", "SHARE_GUIDE" if self.relative else "GUIDE")

    def told(self, text: str, scenario: Bargain) -> str:
        """See `Family.told`."""
        return told(text, scenario.list_price) if self.relative else text

    def meant(self, text: str, scenario: Bargain) -> str:
        """See `Family.meant`."""
        return meant(text, scenario.list_price) if self.relative else text

    def rules(
        self, scenario: Bargain, opener: str = "seller", values: tuple[int | None, int | None] = (None, None)
    ) -> PriceBargaining:
        """The game of a scenario."""
        return PriceBargaining(scenario.list_price, opener, values, self.rounds, self.discount, self.relative)

    @property
    def _tempers(self) -> tuple[str, ...]:
        return TEMPERS if self.patience else ("",)

    def scenarios(self) -> Sequence[Bargain]:
        """Every item with every value of the learner, and every temper that shows; all equally likely."""
        return [
            Bargain(item.name, item.detail, price, PriceBargaining(price).price(self.role, value), temper)
            for item in ITEMS
            for price in (item.list_price,)
            for value in self.values
            for temper in self._tempers
        ]

    def parts(self, scenario: Bargain) -> tuple[PriceBargaining, Haggler]:
        """Game and mind; those of items of one price and value are equal.

        Raises:
            ValueError: If the list price or the value is not a positive whole multiple of 5% of the list price, or if
                there is no such temper here.
        """
        price, value, temper = scenario.list_price, scenario.value, scenario.temper
        if temper not in self._tempers:
            valid = " or ".join(map(repr, self._tempers))
            raise ValueError(f"temper must be {valid} with patience={self.patience}; got {temper!r}")
        if price < TICKS or price % TICKS or value * TICKS % price:
            raise ValueError(
                f"list_price must be a positive multiple of {TICKS} and value a multiple of a tick of it; got "
                f"{price!r} and {value!r}"
            )
        partner = OTHER[self.role]
        values = (value, None) if self.role == "buyer" else (None, value)
        game = self.rules(scenario, partner, values)
        return game, Haggler(game, partner, tempered(POPULATIONS[self.population], temper))

    def setting(self, scenario: Bargain) -> Setting:
        """Game, mind and seat, with the solution that all bargains share which differ only in scale."""
        if scenario not in self._settings:
            self._settings[scenario] = _setting(*self.parts(scenario), self.role)
        return self._settings[scenario]

    def traits(self, scenario: Bargain) -> dict[str, str]:
        """A persona is as patient as the learner is told."""
        return {"patience": "low" if scenario.temper == "impatient" else "high"} if scenario.temper else {}

    def task(self, scenario: Bargain) -> str:
        """Item, list price, own value, rounds, discount."""
        buying = self.role == "buyer"
        listed = NOTE if self.relative else f"List price: ${scenario.list_price}."
        worth = self.told(f"${scenario.value}", scenario)
        return (
            f"You {'want to buy' if buying else 'are selling'} {a(scenario.item)} ({scenario.detail}). {listed} It is "
            f"worth {worth} to you: your gain is "
            f"{'that minus the price' if buying else 'the price minus that'}, or 0 without a deal. "
            f"{f'The {self.partner} seems {scenario.temper}. ' if scenario.temper else ''}You have {self.rounds} "
            f"rounds; each further round keeps {self.discount:.0%} of the gain."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """List price, standing offer, and the speaker's seat."""
        return (dialogue.scenario.list_price, dialogue.state.standing, dialogue.seat)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue, and the agreed price in currency units."""
        state, scenario = dialogue.state, dialogue.scenario
        reservation = self._reservation(scenario, dialogue.hidden)
        sign = 1 if self.role == "buyer" else -1
        zone = sign * (scenario.value - reservation)  # what there is to share
        surplus = sign * (scenario.value - state.deal) if state.deal is not None else 0
        return {
            "deal": state.deal is not None,
            "ending": state.ending or "truncated",
            "agreed_price": state.deal,
            "price": None if state.deal is None else state.deal / scenario.list_price,
            "surplus": surplus / scenario.list_price,
            "surplus_share": surplus / zone if state.deal is not None and zone > 0 else None,
            "rounds": max(1, min(state.round + (state.ending in ("deal", "walk")), self.rounds)),
            "missed_deal": state.deal is None and zone > 0,
            "false_deal": surplus < 0,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """The price, if there was a deal."""
        verb = "paid" if self.role == "buyer" else "sold it for"
        if not outcome["deal"]:
            return "made no deal"
        return f"{verb} {outcome['price']:.0%}" if self.relative else f"{verb} ${outcome['agreed_price']}"

    def reveal(self, scenario: Bargain, hidden: Bargainer) -> dict[str, Any]:
        """The partner's reservation price, in currency units, and its tactic."""
        return {"reservation": self._reservation(scenario, hidden), "tactic": hidden.tactic}

    def named(self, text: str, public: PublicFacts) -> Iterable[int]:
        """The prices that a text names, in figures or in words."""
        return mark_prices(" ".join(text.lower().split()), public.list_price, self.relative)[1]

    def shown(self, state: Haggle) -> Iterable[Any]:
        """The standing offer."""
        return (state.standing,)

    def duel(self, stream: Stream) -> Seats:
        """A bargain between two learners: the partner's private value is drawn like a partner's reservation price."""
        scenario = replace(self.sample(stream), temper="")  # nobody is simulated
        reservation = self._reservation(scenario, POPULATIONS[self.population].types.sample(stream))
        worth = {self.role: scenario.value, self.partner: reservation}
        game = self.rules(scenario, "seller", (worth["buyer"], worth["seller"]))
        scenarios = {seat: replace(scenario, value=worth[seat]) for seat in SEATS}
        briefs = {seat: replace(self, role=seat).brief(scenarios[seat], self.grammar) for seat in SEATS}
        return Seats(game, briefs, scenarios, lambda state: (scenario.list_price, state.standing, state.mover))

    def listener(self, seat: str, scenario: Bargain) -> Setting:
        """The bargain of `duel`, in which the seller opens whoever learns, with a simulated person opposite."""
        values = (scenario.value, None) if seat == "buyer" else (None, scenario.value)
        game = self.rules(scenario, "seller", values)
        return _setting(game, Haggler(game, OTHER[seat], POPULATIONS[self.population]), seat)

    def small_duel(self, **options: Any) -> SmallDuel:
        """The same bargain on a grid of prices; see `envs.negotiation.duel`."""
        return small_duel(self, **options)

    def _reservation(self, scenario: Bargain, hidden: Bargainer) -> int:
        return PriceBargaining(scenario.list_price).price(self.role, hidden.floor)


@cache
def _setting(game: PriceBargaining, mind: Haggler, role: str) -> Setting:
    tick = game.list_price // TICKS

    def shrink(state: Haggle) -> Haggle:
        return state if state.standing is None else state._replace(standing=state.standing // tick)

    def grow(act: Act) -> Act:
        return Offer(act.price * tick) if isinstance(act, Offer) else act

    def optimum() -> Solution:
        return Rescaled(game, mind, _optimum(game.canonical(), mind.population, role), shrink, grow)

    return Setting(game, mind, role, mind.candidates, optimum)


@cache
def _optimum(game: PriceBargaining, population: Population, role: str) -> Solution:
    """The shared solution of all bargains that differ only in scale."""
    mind = Haggler(game, OTHER[role], population)
    return Solution(game, mind, role, mind.candidates)
