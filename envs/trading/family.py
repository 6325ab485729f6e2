"""Trading: working an order with a dealer of hidden position and style, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ...core.checks import between, whole
from ...core.dialogue import Dialogue
from ..base import Family
from .game import ACTS, SCREEN, Both, Call, Counter, Desk, Done, Oneway, Price, Twoway
from .mind import BASE, HALF, Dealer, DealerMind
from .papers import PAPERS
from .voice import NAMES, PATTERNS, VOICE, understand


class Line(NamedTuple):
    """What both sides know. The side is there so that prices can be said; no dealer acts on it before it is shown."""

    paper: str
    side: str
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """One scenario: what is traded, which way, and with whom."""

    paper: str
    side: str
    name: str

    @property
    def public(self) -> Line:
        """All of it."""
        return Line(self.paper, self.side, self.name)


@dataclass(frozen=True)
class Trading(Family):
    """Working an order: a client asks a dealer for prices, haggles, splits the size, deals, or walks to the screen.

    ## Description

    A client has to buy or sell four clips of a bond, or of another thing that is traded by asking dealers for a price.
    It may ask for both sides of the price, which does not tell which way it goes, or for its own side alone, which is a
    closer price. It chooses the size, may deal, ask for a better price, or leave; whatever is not dealt is done on the
    screen, which is dear. The dealer's position and style are hidden: it may need just what the client brings, or have
    the same to do; and the first price may be its best, or have room in it. Some dealers come down tick by tick, some
    only after two refusals, some take the price back when it is not good enough, and some read each deal as a sign that
    more will come, and move. So what is learnt from a price, or from a small deal, has to be weighed against what it
    gives away.

    Issuers, markets, dealers and all numbers are made up. This is a game and no advice on investments.

    ## Scenario

    One of 26 things to trade, from government bonds to coffee, each to buy or to sell, and a dealer's name; all equally
    likely. Prices are counted in ticks against the client, from the middle of the market, which is known and stays. So
    all orders are alike, and buying and selling too. The dealer's `position` and `style` are drawn independently, by
    the weights on this page.

    | position | ticks on a clip | as long as |
    |---|---:|---|
    | *axed* | 2 less | the client's first two clips |
    | *flat* | 0 | |
    | *wrong* | 2 more | the whole order |

    | style | room in a price | what it does with a counter below its limit | once it knows the side | after each deal |
    |---|---:|---|---:|---:|
    | *plain* | 0 | takes the price back; later prices are 2 worse | 0 | 0 |
    | *keen* | 2 | comes down by one tick | 0 | 0 |
    | *hard* | 3 | stays; it refuses the first two counters whatever they are | 0 | 0 |
    | *sharp* | 1 | stays | 1 worse | 2 worse |

    A dealer's *limit* for a clip is 2 ticks, with the ticks of the tables, 1 more for two or three clips and 2 more for
    four, and 1 more for each price that was asked for since the last deal. Over a size of which the position needs only
    a part, the ticks of the position are the mean, rounded up. A one-way price is the limit and the room. A two-way
    price is 6 ticks to both sides, with the same for size and requests; *plain* and *keen* dealers move both sides by
    the ticks of their position, *hard* and *sharp* ones hide them; what was read moves it, too. A counter is taken if
    it is at the limit or better for the dealer.

    ## Acts

    An utterance is free text with at most one tag: `[twoway CLIPS]` or `[oneway CLIPS]` for a price in one to four
    clips, no more than are left; `[deal]` at the price that stands, in its size; `[counter TICKS]`, to deal at a price
    that is 1 to 3 ticks better, which binds; `[walk]`. Without a tag it is talk. The dealer speaks first. A price
    stands until the next one is asked for, or until it is taken back.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below, with sizes in clips or units (`10 million`, `the rest`), prices in full or by their last two
    figures (`98.43`, `43`), and ticks. A price asked for without a size, or on the wrong side, a counter that does not
    say how much, and one that is worse than the dealer's own price are ambiguous: the turn is lost.

    ## Observation

    Text. The first observation is the brief (what is traded, the middle of the market, the screen, what dealers are
    like, the turns, tags) and the dealer's hello; after that, each reply. The dealer's words depend on what it does,
    the public facts and a persona, never on what is hidden. The side of the order is public in records, and a dealer of
    this page acts on it only when it was shown; a person in the dealer's seat sees prices as ticks on that side.

    ## Rewards

    `goal`, at the end: ticks saved against the screen over all clips, as a share of what the whole order costs there
    (8 ticks a clip), less `wait` for each turn after the first; to walk costs nothing. A turn that was lost or only
    talked in counts as any other.

    ## Episode end

    Terminated when the order is filled, when the client walks, or when the dealer has no more time, after `turns`
    turns. Truncated by the third lost turn in a row, which pays for what was dealt, or by a failure of the simulated
    user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden state
    (Kaelbling et al. 1998). All scenarios share a solution. Talk only costs, so the solver leaves it out.

    ## Registered configurations

    | id | turns | wait |
    |---|---:|---:|
    | `Trading-v0` | 8 | 0.015 |

    ## Metrics

    `info["outcome"]`, at the end: `filled` (share of the order that was dealt), `trade_to_order` (clips dealt over
    clips in which prices were asked for, TraderTalk's trade-to-order volume ratio between two people), `hit_rate`
    (deals over prices asked for), `shortfall` (implementation shortfall in ticks a clip, the rest at the screen's
    price; Perold 1988), `cost` (ticks a clip that was dealt), `improvement` (ticks a clip by which deals were better
    than the price first named), `first_price` (ticks of the first price, on the client's side), `requests`, `counters`,
    `deals`, `blind` (whether the first request was two-way), `turns`, `ending` (`filled`, `walked`, `limit` or
    `truncated`), `malformed` (ambiguous turns included), `illegal`. What does not exist, such as the cost of no deal,
    is `None`. `info["hidden"]` then holds `position` and `style`.

    ## References

    - A. Vidler and T. Walsh (2024). TraderTalk: an LLM behavioural ABM applied to simulating human bilateral trading
      interactions. arXiv:2410.21280.
    - T. Ho and H. R. Stoll (1981). Optimal dealer pricing under transactions and return uncertainty. *Journal of
      Financial Economics* 9, 47-73.
    - R. Almgren and N. Chriss (2001). Optimal execution of portfolio transactions. *Journal of Risk* 3(2), 5-39.
    - A. F. Perold (1988). The implementation shortfall: paper versus reality. *Journal of Portfolio Management* 14(3),
      4-9.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        turns: Turns of the client. 5 to 9.
        wait: What each turn after the first costs, 0 to 0.1.
    """

    turns: int = 8
    wait: float = 0.015

    role = "client"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "filled": "share of the order that was dealt",
        "trade_to_order": "clips dealt over clips in which prices were asked for",
        "hit_rate": "deals over prices asked for",
        "shortfall": "ticks a clip from the middle, the rest at the screen's price",
        "cost": "ticks a clip that was dealt",
        "improvement": "ticks a clip better than the price first named",
        "first_price": "ticks of the first price",
        "requests": "prices asked for",
        "counters": "counters made",
        "deals": "deals",
        "blind": "share of dialogues whose first request was two-way",
        "turns": "turns of the client",
    }

    def __post_init__(self) -> None:
        whole(self, 5, 9, "turns")
        between(self, 0.0, 0.1, "wait")

    def scenarios(self) -> Sequence[Order]:
        """Everything that is traded, to buy and to sell, all equally likely."""
        return [
            Order(paper, side, NAMES[(2 * number + place) % len(NAMES)])
            for number, paper in enumerate(PAPERS)
            for place, side in enumerate(("buy", "sell"))
        ]

    def parts(self, scenario: Order) -> tuple[Desk, DealerMind]:
        """Game and mind, the same for all scenarios."""
        game = Desk(self.turns, self.wait)
        return game, DealerMind(game)

    def task(self, scenario: Order) -> str:
        """The order, the market, what dealers are like, what counts."""
        paper, side = PAPERS[scenario.paper], scenario.side
        better = "lower" if side == "buy" else "higher"
        return (
            f"You have to {side} {paper.size(4)} of {paper.called}, in clips of {paper.size(1)}; you may deal with "
            f"{scenario.name}, a dealer, and the rest is done on the screen at {paper.price(side, SCREEN)}. The middle "
            f"of the market is {paper.price(side, 0)} and a tick {paper.tick:g}, so the screen is {SCREEN} ticks off; "
            f"{better} prices are better for you. You score the ticks that you save against the screen, as a share of "
            f"all that the order costs there, less {self.wait:g} for each turn after the first, of {self.turns}.\n"
            f"A dealer would deal one clip {BASE} ticks off: 2 less if it needs your first two clips, 2 more if it has "
            "the same to do as you, 1 or 2 more for larger sizes, 1 more for each price that you asked for without "
            "dealing. Some name just that, and take it back if you ask for better; some add 2 ticks and give way tick "
            "by tick; some add 3 and refuse twice whatever you ask; some add 1, and move by 2 after each deal that "
            "they see.\n"
            f"Ask for your side of the price with [oneway 2], or for both with [twoway 2], which are {HALF} ticks to "
            f'each side and do not tell which way you go: in clips, or in words, as in "a two-way price in '
            f'{paper.size(2)}". Then [deal], [counter 1] to deal at a tick better (up to 3), or [walk].\n'
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """What is traded, the side, what is left, and the price that stands."""
        state: Call = dialogue.state
        return dialogue.scenario.paper, dialogue.scenario.side, state.left, state.size, state.cost

    def success(self, game: Desk, state: Call, hidden: Dealer) -> bool:
        """Whether the order was filled."""
        return state.ending == "filled"

    def measures(self, game: Desk, state: Call, hidden: Dealer) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means."""
        return {
            "filled": 1.0 - state.left / game.clips,
            "shortfall": game.screen - state.saved / game.clips,
            "deals": float(state.deals),
            "turns": float(state.turn),
        }

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state: Call = dialogue.state
        game = dialogue.setting.game_as(Desk)
        asked, first, clip, dealt, better = 0, None, 0, 0, 0
        named = standing = 0
        acts = [step.act for step in dialogue.steps]
        for step in dialogue.steps:
            if isinstance(step.act, Twoway | Oneway):
                clip = step.act.clips
                asked += clip
            for _, _, reply in step.exchange.replies:
                if isinstance(reply, Price | Both):
                    standing = reply.cost
                    if not isinstance(step.act, Counter):
                        named = standing
                        first = named if first is None else first
                elif isinstance(reply, Done):
                    price = standing - (step.act.ticks if isinstance(step.act, Counter) else 0)
                    dealt, better = dealt + clip, better + clip * (named - price)
        requests = sum(isinstance(act, Twoway | Oneway) for act in acts)
        return {
            "filled": dealt / game.clips,
            "trade_to_order": dealt / asked if asked else None,
            "hit_rate": state.deals / requests if requests else None,
            "shortfall": game.screen - state.saved / game.clips,
            "cost": game.screen - state.saved / dealt if dealt else None,
            "improvement": better / dealt if dealt else None,
            "first_price": None if first is None else float(first),
            "requests": requests,
            "counters": sum(isinstance(act, Counter) for act in acts),
            "deals": state.deals,
            "blind": isinstance(next((act for act in acts if isinstance(act, Twoway | Oneway)), None), Twoway),
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How much was dealt, and at what cost."""
        if not outcome["deals"]:
            return "dealt nothing"
        return f"dealt {outcome['filled']:.0%} of the order, at {outcome['cost']:.1f} ticks from the middle"
