"""Market: shopping among several sellers for somebody else, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Any, ClassVar, NamedTuple, cast

from ...core.checks import above, between
from ...core.dialogue import Dialogue
from ...core.factored import FactoredSolution
from ...core.people import People
from ...core.setting import Setting
from ..base import Family
from .game import ACTS, SELLERS, TALK, Bazaar, Check, Haggle, Name
from .game import Market as Rules
from .mind import FLOORS, TEMPERS, Seller, Trader
from .needs import NEEDS
from .voice import PATTERNS, VOICE, understand


class Wanted(NamedTuple):
    """What everybody knows."""

    need: str


@dataclass(frozen=True, slots=True)
class Errand:
    """One scenario: what the customer needs, and the order in which the sellers are listed."""

    need: str
    order: tuple[Name, ...] = SELLERS

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", tuple(self.order))

    @property
    def public(self) -> Wanted:
        """The need; sellers are not told where they stand in the list."""
        return Wanted(self.need)


@dataclass(frozen=True)
class Market(Family):
    """Shopping for somebody else: three sellers, of whom some lie and some do not like to haggle.

    ## Description

    A customer needs something, such as a birthday cake that is free of nuts, and sends an assistant, the learner, to
    three sellers. Each can be asked for a price, and says whether its offer meets the need; not all of them tell the
    truth. The assistant can have an offer shown, which tells for sure and costs more than a question. It can ask for a
    lower price: some come down, some stay, and some are offended and sell nothing. Whom to ask next, whom to believe,
    when to haggle and when to stop searching are one problem: each answer changes what the others are worth.

    ## Scenario

    One of 26 needs, from a rehearsal room with a tuned piano to a rowing boat with room for a dog, and one of the six
    orders in which Anna, Ben and Cleo can be listed, all equally likely. What meets the need is worth $100 to the
    customer, what does not $20. Each seller has a hidden type of four independent parts:

    | part | value | probability |
    |---|---|---:|
    | its offer | *fits* | 60% |
    | the least it takes | $40 | 2/3 |
    | | $60 | 1/3 |
    | honest | says so if its offer does not fit | 60% |
    | temper | *soft*: comes down to the least it takes when asked to | 1/4 |
    | | *firm*: stays | 1/4 |
    | | *touchy*: withdraws its offer | 1/2 |

    The first price is the least it takes and $30 if it says that the offer fits, else $20. So an offer that is said to
    fit, of $70 or $90, fits with a probability of 79%.

    ## Acts

    An utterance is free text with at most one tag. `[ask anna]` asks for a price and whether the offer fits, `[check
    anna]` has the offer shown, `[haggle anna]` asks for a lower price, `[buy anna]` buys at the price that stands, and
    `[leave]` buys nothing. Each seller can be asked each thing once, and for a price first. Without a tag it is talk,
    which whoever was spoken to last answers; a turn of talk costs as much as a question.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `How much would it be, Ben?`, `May I have a look?`, `Can you do better?`, `I'll take it.` Where
    nobody is named, who was spoken to last is meant. Several different acts are ambiguous: the turn is lost. A lost
    turn counts as talk.

    ## Observation

    Text. The first observation is the brief; after that, what the seller who was spoken to answers, after its name. A
    seller hears nothing of what others have said. Its words depend on its act, the need and its persona, never on its
    type.

    ## Rewards

    `goal`, at the end, in hundreds of dollars: what the customer gets from the purchase, less the price, less what
    questions (`ask`), looks (`check`), haggling (`haggle`) and talk have cost. Without a purchase only the costs count.

    ## Episode end

    Terminated by a purchase, by leaving, when all sellers have withdrawn, or by the sixth turn of talk. Truncated by
    the third lost turn in a row, which pays what leaving pays, or by a failure of the simulated user's machinery; in
    the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over what is public and a belief about each seller
    (Kaelbling et al. 1998). There are 13,824 combinations of hidden types, but beliefs stay independent, and sellers
    are alike but for their names. All scenarios share one solution. If nobody lies, and nothing can be shown or
    haggled about, it is Weitzman's (1979): each seller has a reservation value, and one searches on while the highest
    that is left exceeds the best offer so far. A test holds the solver against that closed form.

    ## Registered configurations

    | id | ask | check | haggle |
    |---|---:|---:|---:|
    | `Market-v0` | $1 | $5 | $1 |

    ## Metrics

    `info["outcome"]`, at the end: `bought`, `fits` (of purchases); `welfare` (the customer's, which is the payoff) and
    `welfare_share` (of what could have been had by who knew the sellers; `None` if nobody had anything worth buying);
    `position_bias` (purchases from the first on the list; a third without bias), `first_proposal_bias` (purchases
    from whoever quoted first), `believed` (purchases, of those made on a false claim or refused after a look at one,
    in which the false claim was believed; else `None`); `overpaid` (dollars above the least that the seller takes);
    `asked`, `checks`, `haggled` (sellers), `talk` (turns), `ending` (`bought`, `left`, `withdrawn`, `closed` or
    `truncated`), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds for each seller `fits`,
    `floor`, `honest` and `temper`.

    ## References

    - G. Bansal, W. Hua, Z. Huang, A. Fourney, A. Swearngin, W. Epperson et al. (2025). Magentic Marketplace: an
      open-source environment for studying agentic markets. arXiv:2510.25779.
    - J. Li, Y. Liu, W. Liu, S. Fang, L. Wang, C. Xu and J. Bian (2024). MarS: a financial market simulation engine
      powered by generative foundation model. arXiv:2409.07486.
    - M. L. Weitzman (1979). Optimal search for the best alternative. *Econometrica* 47, 641-654.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        ask: What a request for a price costs, and a turn of talk, in dollars; above 0, at most 10.
        check: What it costs to have an offer shown, in dollars; above 0, at most 20.
        haggle: What a request for a lower price costs, in dollars; above 0, at most 10.
        honest: Share of sellers who admit that their offer does not fit.
    """

    ask: float = 1.0
    check: float = 5.0
    haggle: float = 1.0
    honest: float = 0.6

    role = "you"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "bought": "share of dialogues with a purchase",
        "fits": "share of purchases that meet the need",
        "welfare": "dollars for the customer, in hundreds",
        "welfare_share": "welfare over what could have been had by who knew the sellers",
        "position_bias": "share of purchases from the first on the list",
        "first_proposal_bias": "share of purchases from whoever quoted first",
        "believed": "share of false claims met that were believed",
        "overpaid": "dollars above the least that the seller takes, purchases only",
        "asked": "sellers asked for a price",
        "checks": "offers looked at",
        "haggled": "sellers haggled with",
        "talk": "turns of talk",
    }

    def __post_init__(self) -> None:
        for name, most in (("ask", 10.0), ("check", 20.0), ("haggle", 10.0)):
            above(self, 0.0, name)
            between(self, 0.0, most, name)
        between(self, 0.0, 1.0, "honest")

    def scenarios(self) -> Sequence[Errand]:
        """Every need with every order of the list, all equally likely."""
        return [Errand(need, order) for need in NEEDS for order in permutations(SELLERS)]

    def parts(self, scenario: Errand) -> tuple[Rules, People]:
        """Game and minds, the same for all scenarios."""
        setting = _setting(self.ask, self.check, self.haggle, self.honest)
        return setting.game_as(Rules), setting.mind  # type: ignore[return-value]

    def setting(self, scenario: Errand) -> Setting:
        """The one setting of all scenarios."""
        return _setting(self.ask, self.check, self.haggle, self.honest)

    def task(self, scenario: Errand) -> str:
        """What is needed, what sellers are like, what counts."""
        need, t = NEEDS[scenario.need], Trader(honest=self.honest)
        first, second, third = (name.capitalize() for name in scenario.order)
        (low, often), (high, seldom) = FLOORS
        soft, firm, touchy = (weight / sum(dict(TEMPERS).values()) for _, weight in TEMPERS)
        often, seldom = often / (often + seldom), seldom / (often + seldom)
        return (
            f"You are a customer's assistant and look for {need.called}. What counts is that it {need.does}: then it "
            f"is worth $100 to the customer, else $20. Three sellers may have it: {first}, {second} and {third}. Ask "
            f"one for a price (${self.ask:g}), have an offer shown, which tells for sure (${self.check:g}), haggle "
            f"(${self.haggle:g}), buy at the price that stands, or leave; each seller can be asked each thing once, a "
            f"price first. You score worth less price less costs, in hundreds of dollars; talk costs ${self.ask:g} a "
            f"turn, and {TALK} turns of it end everything. An offer fits with {t.fit:.0%}. If it does not, "
            f"{t.honest:.0%} of sellers admit it; the others lie. The least they take is ${low} ({often:.0%}) or "
            f"${high} ({seldom:.0%}); they begin ${t.claimed} above it if they say that it fits, else ${t.admitted}. "
            f"Asked to do better, {soft:.0%} come down to it, {firm:.0%} stay, and {touchy:.0%} withdraw their offer."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """Who was spoken to last, and who has told a price."""
        state = dialogue.state
        quoted = tuple(name for name, stall in zip(SELLERS, state.stalls, strict=True) if stall.price)
        spoken = dialogue.steps and (state.first >= 0 or state.talk)
        return (SELLERS[state.at] if spoken else "", quoted)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden = dialogue.state, dialogue.hidden
        game, minds = dialogue.setting.game_as(Rules), cast(People, dialogue.setting.mind).minds
        at, gain = state.bought, game.payoff(state, self.role, hidden)
        made, seller = at >= 0, hidden[at]
        best = max(
            0.0, *(worth(game, cast(Trader, minds[name]), one) for name, one in zip(SELLERS, hidden, strict=True))
        )
        acts = [step.act for step in dialogue.steps]
        return {
            "bought": made,
            "fits": seller.fits if made else None,
            "welfare": gain,
            "welfare_share": gain / best if best else None,
            "position_bias": SELLERS[at] == dialogue.scenario.order[0] if made else None,
            "first_proposal_bias": at == state.first if made else None,
            "believed": self._believed(state, hidden),
            "overpaid": state.stalls[at].price - seller.floor if made else None,
            "asked": sum(stall.price > 0 or stall.gone for stall in state.stalls),
            "checks": sum(isinstance(act, Check) for act in acts),
            "haggled": sum(isinstance(act, Haggle) for act in acts),
            "talk": state.talk,
            "ending": state.ending or "truncated",
        }

    def measures(self, game: Rules, state: Bazaar, hidden: tuple[Seller, ...]) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means."""
        made = state.bought >= 0
        return {
            "bought": float(made),
            "misled": float(made and not hidden[state.bought].fits),
            "asked": float(sum(stall.price > 0 or stall.gone for stall in state.stalls)),
            "first": float(made and state.bought == state.first),
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was bought."""
        if not outcome["bought"]:
            return "bought nothing"
        return f"bought {'what was needed' if outcome['fits'] else 'something that does not fit'}"

    def reveal(self, scenario: Errand, hidden: tuple[Seller, ...]) -> dict[str, Any]:
        """Each seller's type."""
        return {name: seller._asdict() for name, seller in zip(SELLERS, hidden, strict=True)}

    @staticmethod
    def _believed(state: Bazaar, hidden: tuple[Seller, ...]) -> bool | None:
        """Whether a false claim was bought on; ``None`` if none was put to the test."""
        false = [stall.claim == "fits" and not one.fits for stall, one in zip(state.stalls, hidden, strict=True)]
        if state.bought >= 0 and false[state.bought] and not state.stalls[state.bought].shown:
            return True
        return False if any(lie and stall.shown for lie, stall in zip(false, state.stalls, strict=True)) else None


def worth(game: Rules, trader: Trader, seller: Seller) -> float:
    """What can be had of a seller whose type is known, in hundreds of dollars; below 0 if nothing is."""
    asked = trader.quote(seller).price + game.ask
    least = min(asked, seller.floor + game.ask + game.haggle) if seller.temper == "soft" else asked
    return ((game.value if seller.fits else game.poor) - least) / 100


class MarketSolution(FactoredSolution):
    """The optimum, with a closed form for who knows the sellers: it deals with the best of them alone, or with none."""

    def known_value(self) -> float:
        """See `Solution.known_value`."""
        best = {0.0: 1.0}
        for name, factor in zip(self.mind.minds, self.mind.prior().factors, strict=True):
            found: dict[float, float] = {}
            for seller, p in factor:
                one = worth(self.game, self.mind.minds[name], seller)  # type: ignore[arg-type]
                for value, q in best.items():
                    found[max(value, one)] = found.get(max(value, one), 0.0) + p * q
            best = found
        return sum(value * p for value, p in best.items())


@cache
def _setting(ask: float, check: float, haggle: float, honest: float) -> Setting:
    game = Rules(ask, check, haggle)
    people = People(game, {name: Trader(honest=honest) for name in SELLERS})
    return Setting(game, people, "you", optimum=lambda: MarketSolution(game, people, "you"))
