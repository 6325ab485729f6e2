"""Baselines for the market: random, a typical shopper, and fixed rules of search by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import cast

from ...core.acts import Act
from ...core.belief import ProductBelief
from ...core.dialogue import Dialogue
from ...core.people import People
from ...core.setting import Setting
from ...core.stream import Stream
from ..content import content
from .game import SELLERS, Ask, Bazaar, Buy, Check, Haggle, Leave, Market, Name, Stall
from .mind import Trader
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{name}`` for the seller."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk a seller into telling; see `evaluation.attacks`."""

HASTE = 0.3  # how often the typical shopper takes the first offer that is said to fit
TRUST = 0.4  # how often it believes what it is told
SHYNESS = 0.4  # how often it does not haggle

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Setting, Bazaar, ProductBelief, tuple[Name, ...]], Act]
"""Setting, state, belief about each seller, and the sellers in the order of the list."""


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act that can gain something, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return GRAMMAR.print(acts[stream.choose(len(acts))])


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like shopper in short words: asks one or a few in the order of the list, often trusts what it is told."""
    act = _shop(dialogue, stream)
    phrases = PHRASES[act.tag()]
    name = act.who.capitalize() if isinstance(act, (Ask, Check, Haggle, Buy)) else ""
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), name=name)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same shopper, who says nothing but what binds."""
    return GRAMMAR.print(_shop(dialogue, stream))


def _shop(dialogue: Dialogue, stream: Stream) -> Act:
    state, order = dialogue.state, dialogue.scenario.order
    hasty, trusting, shy = (stream.random() < share for share in (HASTE, TRUST, SHYNESS))
    fitting = _fitting(state, order)
    fresh = _fresh(state, order)
    if fresh and (not fitting or (not hasty and len(fresh) > 1)):
        return Ask(fresh[0])
    if not fitting:
        return Leave()
    best = min(fitting, key=lambda name: _stall(state, name).price)
    stall = _stall(state, best)
    if not stall.shown and not trusting:
        return Check(best)
    if not stall.haggled and not shy:
        return Haggle(best)
    return Buy(best) if stall.shown or stall.price < 80 else Check(best)


# ---- fixed rules


def shop(count: int = 1, look: bool = False, haggle: str = "", dear: int = 0, choosy: bool = True) -> Rule:
    """Ask down the list until there are so many quotes, then try the cheapest offer that is said to fit.

    Args:
        count: Quotes to collect before it looks closer at any.
        look: Whether it sees for itself before it buys.
        haggle: When it asks for a lower price, ``"before"`` or ``"after"`` it looks; ``""`` for never.
        dear: It haggles about prices above that, in dollars.
        choosy: Whether an offer must be said to fit. Otherwise anything is taken.
    """
    return _searching(lambda quotes, cheapest: quotes < count, look, haggle, dear, choosy)


def reserve(limit: int, look: bool = False, haggle: str = "", dear: int = 0) -> Rule:
    """Ask down the list until an offer that is said to fit costs no more than the limit, then try the cheapest.

    Args:
        limit: The reservation price, in dollars.
        look: See `shop`.
        haggle: See `shop`.
        dear: See `shop`.
    """
    return _searching(lambda quotes, cheapest: cheapest > limit, look, haggle, dear)


def _searching(
    goes_on: Callable[[int, int], bool], look: bool, haggle: str, dear: int = 0, choosy: bool = True
) -> Rule:
    """Ask on while `goes_on`, of quotes so far and the lowest price, or while there is nothing to try."""

    def rule(setting: Setting, state: Bazaar, belief: ProductBelief, order: tuple[Name, ...]) -> Act:
        quotes = sum(stall.price > 0 or stall.gone for stall in state.stalls)
        fresh, good = _fresh(state, order), _fitting(state, order, choosy)
        best = min(good, key=lambda name: _stall(state, name).price, default=None)
        if fresh and (best is None or goes_on(quotes, _stall(state, best).price)):
            return Ask(fresh[0])
        if best is None:
            return Leave()
        stall = _stall(state, best)
        bargains = bool(haggle) and not stall.haggled and stall.price > dear
        if look and not stall.shown and not (bargains and haggle == "before"):
            return Check(best)
        return Haggle(best) if bargains else Buy(best)

    return rule


def index(setting: Setting, state: Bazaar, belief: ProductBelief, order: tuple[Name, ...]) -> Act:
    """Weitzman's rule: ask as long as the reservation value of somebody who was not asked exceeds the best so far.

    What a seller is worth is what could be had of it if there were no other, by looking, haggling and buying.
    """
    game, minds = cast(Market, setting.game), cast(People, setting.mind).minds
    best, top, act = 0.0, -1.0, None
    for name in order:
        place, single = SELLERS.index(name), _single(game, cast(Trader, minds[name]))
        stall, part = state.stalls[place], ProductBelief([belief.factors[place]])
        if stall.gone:
            continue
        if not stall.price:
            top = max(top, _reservation(game, cast(Trader, minds[name])))
            continue
        worth = single.solution.value(Bazaar((stall,)), part)
        if worth > best + 1e-9:
            best, act = worth, type(single.solution.best_act(Bazaar((stall,)), part))(name)  # type: ignore[call-arg]
    fresh = _fresh(state, order)
    return Ask(fresh[0]) if fresh and top > best else act or Leave()


def reservation(outcomes: Sequence[tuple[float, float]], cost: float) -> float:
    """The value r with E[max(x - r, 0)] = cost (Weitzman 1979), of pairs of a value x and its probability.

    Args:
        outcomes: What may be found; probabilities sum to 1.
        cost: What it costs to find out; above 0.
    """
    total = mass = r = 0.0
    for x, p in sorted(outcomes, reverse=True):
        if mass and x <= r:
            break
        total, mass = total + p * x, mass + p
        r = (total - cost) / mass
    return r


def weitzman(game: Market, trader: Trader) -> float:
    """What the index rule gets where a quote tells all: where sellers are honest and firm, and nothing is shown.

    It is the mean of the greatest of 0 and min(x, r), over independent sellers (Weitzman 1979).
    """
    gains = [
        ((game.value if seller.fits else game.poor) - trader.quote(seller).price, p) for seller, p in trader.prior()
    ]
    r = reservation(gains, game.ask)
    total = below = 0.0
    for top in sorted({max(0.0, min(x, r)) for x, _ in gains}):
        up_to = sum(p for x, p in gains if max(0.0, min(x, r)) <= top) ** len(game.names)
        total, below = total + top * (up_to - below), up_to
    return total / 100


@cache
def _reservation(game: Market, trader: Trader) -> float:
    """Of a seller who was not asked yet."""
    single = _single(game, trader)
    seen = single.seen(single.game.start(), single.prior, Ask(SELLERS[0]))
    cost = game.ask / 100
    return reservation([(single.solution.value(end.after, after) + cost, p) for p, end, after in seen], cost)


@cache
def _single(game: Market, trader: Trader) -> Setting:
    """The market with that seller alone."""
    alone = replace(game, names=SELLERS[:1])
    return Setting(alone, People(alone, {SELLERS[0]: trader}), "you")


RULES: dict[str, Rule] = {
    "first-proposal": shop(choosy=False),
    "first-claim": shop(),
    "compare": shop(3, look=True, haggle="before"),
    "reservation-price": reserve(70, look=True, haggle="before", dear=70),
    "index": index,
}
"""Fixed rules by name; `reservation-price` is the best of its kind, by a sweep, `compare` of those that ask all."""


def _speaking(rule: Rule) -> Speak:
    return lambda dialogue, stream: GRAMMAR.print(
        rule(dialogue.setting, dialogue.state, cast(ProductBelief, dialogue.belief()), dialogue.scenario.order)
    )


HEURISTICS: dict[str, Speak] = {name: _speaking(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "reservation-price"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `RULES` were chosen, by name."""
    grid: dict[str, Rule] = {}
    for look, (haggle, dear) in product(
        (False, True), (("", 0), ("before", 0), ("before", 70), ("after", 0), ("after", 70))
    ):
        close = f"{',look' if look else ''}{f',{haggle}' if haggle else ''}{f'>{dear}' if dear else ''}"
        grid |= {f"shop({count}{close})": shop(count, look, haggle, dear) for count in (1, 2, 3)}
        grid |= {f"reserve({limit}{close})": reserve(limit, look, haggle, dear) for limit in (70, 90)}
    grid["shop(1,any)"] = shop(choosy=False)
    return {name: _speaking(rule) for name, rule in grid.items()}


def _stall(state: Bazaar, name: str) -> Stall:
    return state.stalls[SELLERS.index(cast(Name, name))]


def _fresh(state: Bazaar, order: tuple[Name, ...]) -> list[Name]:
    """Who was not asked yet."""
    return [name for name in order if not _stall(state, name).price and not _stall(state, name).gone]


def _fitting(state: Bazaar, order: tuple[Name, ...], choosy: bool = True) -> list[Name]:
    """Who has an offer that is said to fit, and was not seen to lack it."""
    return [
        name
        for name in order
        if (stall := _stall(state, name)).price and stall.shown != "lacks" and (stall.claim == "fits" or not choosy)
    ]
