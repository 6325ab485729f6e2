"""Baselines for selling cars: random, a typical dealer, and the rules that dealers go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations_with_replacement, product

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import CARS, KINDS, TOPICS, Ask, Lot, Offer, Refuse, Tell, Topic
from .lots import HOUSES
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the buyer into telling; see `evaluation.attacks`."""

CURIOUS = (0.8, 0.4)
"""How often a typical dealer asks for the kind, and for the budget."""
RESTLESS = 0.35
"""How often it turns to another car after a second refusal of one."""

Speak = Callable[[Dialogue, Stream], str]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return "They are all good cars." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A typical dealer in short words: asks first, starts at or above the list price and comes down step by step."""
    act = _dealer(dialogue, stream)
    slot = act.about if isinstance(act, Ask) else "offer"
    words = {"tag": GRAMMAR.print(act)}
    if isinstance(act, Offer):
        words |= {"car": HOUSES[dialogue.scenario.house].cars[act.car - 1], "price": str(act.price)}
    phrases = PHRASES[slot]
    return phrases[stream.choose(len(phrases))].format_map(words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same dealer, who says nothing but what binds."""
    return GRAMMAR.print(_dealer(dialogue, stream))


def _dealer(dialogue: Dialogue, stream: Stream) -> Act:
    game, state = dialogue.setting.game_as(Lot), dialogue.state
    tries, _ = _past(dialogue)
    if not tries:
        for place in (1, 0):  # the kind first
            if not state.asked[place] and len(dialogue.steps) < 2 and stream.random() < CURIOUS[1 - place]:
                return Ask(TOPICS[place])
    cars = _open_cars(dialogue) or list(range(len(CARS), 0, -1))
    last = next(reversed(tries), 0)
    if last in cars and not (tries[last] >= 2 and stream.random() < RESTLESS):
        car = last
    else:
        fresh = [car for car in cars if car not in tries] or cars
        car = fresh[stream.choose(len(fresh))]
    start = 4 if stream.random() < 0.5 else 3
    prices = game.prices(car)
    before = [step.act.price for step in dialogue.steps if isinstance(step.act, Offer) and step.act.car == car]
    return Offer(car, prices[max(0, prices.index(before[-1]) - 1)] if before else prices[start])


def _past(dialogue: Dialogue) -> tuple[dict[int, int], dict[str, bool]]:
    """How often each car was offered, the last one last; and kinds that are known to be wanted or not."""
    tries: dict[int, int] = {}
    wanted: dict[str, bool] = {}
    for step in dialogue.steps:
        if isinstance(step.act, Offer):
            tries[step.act.car] = tries.pop(step.act.car, 0) + 1
        for _, _, act in step.exchange.replies:
            if isinstance(act, Tell) and act.answer in KINDS:
                wanted[act.answer] = True
            elif isinstance(act, Refuse) and isinstance(step.act, Offer):
                wanted[CARS[step.act.car - 1][0]] = act.why == "dear"
    return tries, wanted


def _open_cars(dialogue: Dialogue) -> list[int]:
    """The cars of the kind that is known to be wanted, else those of kinds not known to be unwanted; dearest first."""
    wanted = _past(dialogue)[1]
    known = {kind for kind, right in wanted.items() if right}
    numbers = range(len(CARS), 0, -1)
    if known:
        return [car for car in numbers if CARS[car - 1][0] in known]
    return [car for car in numbers if wanted.get(CARS[car - 1][0], True)]


def ladder(asks: Sequence[Topic], steps: Sequence[int], order: Sequence[int] = (5, 4, 3, 2, 1)) -> Speak:
    """Ask, then offer a car at one price after another, then the next car.

    Args:
        asks: What is asked first.
        steps: The prices, as places in the price list from 0, the cheapest.
        order: Of the cars, by number, as long as their kind may be wanted.
    """

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        game, state = dialogue.setting.game_as(Lot), dialogue.state
        for topic in asks:
            if not state.asked[TOPICS.index(topic)]:
                return GRAMMAR.print(Ask(topic))
        tries, _ = _past(dialogue)
        cars = [car for car in order if car in _open_cars(dialogue)] or list(order)
        car = next((car for car in cars if tries.get(car, 0) < len(steps)), cars[-1])
        place = steps[min(tries.get(car, 0), len(steps) - 1)]
        return GRAMMAR.print(Offer(car, game.prices(car)[place]))

    return speak


HEURISTICS: dict[str, Speak] = {
    "list-price": ladder((), (3,)),
    "low-ball": ladder((), (0,), (2, 4, 5, 3, 1)),
    "anchor": ladder((), (4, 3, 2, 1)),
    "needs-first": ladder(("kind",), (4, 4, 2, 0), (2, 4, 5, 3, 1)),
    "qualify": ladder(("kind", "budget"), (3, 2, 1, 0)),
}
"""Fixed rules by name; `needs-first` is the best of a grid on CarDealer-v0."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "needs-first"
"""Whom `make train` clones."""

_ASKS: tuple[tuple[Topic, ...], ...] = ((), ("kind",), ("kind", "budget"))
_ORDERS = ((5, 4, 3, 2, 1), (2, 4, 5, 3, 1), (1, 2, 3, 4, 5))


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    grid: dict[str, Speak] = {}
    falling = [steps for length in range(1, 5) for steps in combinations_with_replacement((4, 3, 2, 1, 0), length)]
    for asks, steps, (number, order) in product(_ASKS, falling, enumerate(_ORDERS)):
        named = "".join(topic[0] for topic in asks) or "-"
        grid[f"ladder({named},{''.join(map(str, steps))},{number})"] = ladder(asks, steps, order)
    return grid
