"""Baselines for recommendation: random, human-like, and the rules that the literature compares itself with.

The rules hold the exact belief. They differ in when they ask and when they show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ...core.acts import Act
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import ANY, Ask, Criticise, Shelf, Show, Stop, Tell
from .places import WORDS, catalogue
from .voice import GRAMMAR, listed

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the guest into telling; see `evaluation.attacks`."""

HASTE = 0.15  # how often the human-like recommender shows something before it has asked what it wanted to
STRAYING = 0.2  # how often it asks about what comes to its mind instead of what matters most
PLENTY = 3  # things that may fit when it begins to show

Speak = Callable[[Dialogue, Stream], str]
Choose = Callable[[Dialogue], Act]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return GRAMMAR.print(acts[stream.choose(len(acts))]) or "There is so much to choose from here."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like recommender: asks what matters, shows something once a guest cannot answer, follows a critique."""
    act = _person(dialogue, stream)
    phrases = PHRASES[act.tag()]
    question = WORDS[act.attribute].question if isinstance(act, Ask) else ""
    names = catalogue(dialogue.scenario.where).names
    shown = listed([names[place] for place in _game(dialogue).list(dialogue.state)]) if isinstance(act, Show) else ""
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), question=question, shown=shown)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same recommender, who says nothing but what binds."""
    return GRAMMAR.print(_person(dialogue, stream))


def _person(dialogue: Dialogue, stream: Stream) -> Act:
    """Without probabilities: how many things fit, and what the guest did last."""
    state, game = dialogue.state, _game(dialogue)
    if not game.list(state):
        return Stop()
    last = [act for step in dialogue.steps for _, _, act in step.exchange.replies][-1:]
    open_ones = [name for name, fact in zip(game.attributes, state.facts, strict=True) if not fact]
    fits = [row for place, row in enumerate(game.rows) if _fits(row, state.facts) and place not in state.refused]
    if (
        not open_ones
        or state.turn + 1 >= game.turns
        or len(fits) <= PLENTY
        or (last and isinstance(last[0], Criticise))
        or (last and last[0] == Tell(ANY) and not state.shows)
        or stream.random() < HASTE
    ):
        return Show()
    if stream.random() < STRAYING:
        return Ask(open_ones[stream.choose(len(open_ones))])
    kinds = {name: len({row[game.attributes.index(name)] for row in fits}) for name in open_ones}
    return Ask(max(open_ones, key=lambda name: kinds[name]))


def _fits(row: tuple[str, ...], facts: tuple[str, ...]) -> bool:
    return all(fact in ("", ANY, value) for fact, value in zip(facts, row, strict=True))


def _question(dialogue: Dialogue) -> Act:
    """The open question of largest answer entropy; a show where no answer could tell anything."""
    game, best, found = _game(dialogue), 1e-9, cast(Act, Show())
    places = dialogue.belief().map(lambda hidden: hidden.place)
    for k, (name, fact) in enumerate(zip(game.attributes, dialogue.state.facts, strict=True)):
        entropy = 0.0 if fact else places.map(lambda place, k=k: game.rows[place][k]).entropy
        if entropy > best + 1e-9:
            best, found = entropy, Ask(name)
    return found


def _likely(dialogue: Dialogue) -> float:
    """Probability that what heads the list is taken."""
    shown = _game(dialogue).list(dialogue.state)
    return sum(p for hidden, p in dialogue.belief() if hidden.place in shown)


def _last(dialogue: Dialogue) -> bool:
    return dialogue.state.turn + 1 >= _game(dialogue).turns


def abs_greedy(dialogue: Dialogue) -> Act:
    """Only shows."""
    return Show()


def alternate(dialogue: Dialogue) -> Act:
    """A question, a show, a question, a show."""
    return Show() if dialogue.state.turn % 2 or _last(dialogue) else _question(dialogue)


def max_entropy(enough: float) -> Choose:
    """Asks what is least certain until what heads the list is taken with that probability, then shows."""
    return lambda dialogue: Show() if _last(dialogue) or _likely(dialogue) >= enough else _question(dialogue)


def ask_then_show(count: int) -> Choose:
    """So many questions, of largest entropy first, then shows."""
    return lambda dialogue: Show() if _last(dialogue) or dialogue.state.asks >= count else _question(dialogue)


def look_first(count: int) -> Choose:
    """A show, so many questions, then shows."""

    def choose(dialogue: Dialogue) -> Act:
        state = dialogue.state
        return Show() if _last(dialogue) or not state.shows or state.asks >= count else _question(dialogue)

    return choose


def follow(enough: float) -> Choose:
    """A show; if the guest says what is wrong, further shows; else questions as `max_entropy`, then shows.

    A plan made for this very game.
    """

    def choose(dialogue: Dialogue) -> Act:
        if not dialogue.state.shows or _last(dialogue) or _likely(dialogue) >= enough:
            return Show()
        critic = sum(p for hidden, p in dialogue.belief() if hidden.kind == "critic")
        return Show() if critic > 0.5 else _question(dialogue)

    return choose


def _speak(choose: Choose) -> Speak:
    def speak(dialogue: Dialogue, stream: Stream) -> str:
        act = choose(dialogue)
        return GRAMMAR.print(act if not isinstance(act, Show) or _game(dialogue).list(dialogue.state) else Stop())

    return speak


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "abs-greedy": _speak(abs_greedy),
    "max-entropy": _speak(max_entropy(0.5)),
    "alternate": _speak(alternate),
    "ask-then-show": _speak(ask_then_show(3)),
    "look-first": _speak(look_first(3)),
}
"""Abs Greedy and Max Entropy are baselines of SCPR and UNICORN; CRM alternates; the others are fixed orders.

Other parameters are in `sweep`.
"""


def sweep() -> dict[str, Speak]:
    """Every rule with every parameter of a grid, by name."""
    levels = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    return {
        "abs-greedy()": _speak(abs_greedy),
        "alternate()": _speak(alternate),
        **{f"max-entropy({level})": _speak(max_entropy(level)) for level in levels},
        **{f"ask-then-show({count})": _speak(ask_then_show(count)) for count in range(1, 5)},
        **{f"look-first({count})": _speak(look_first(count)) for count in range(1, 5)},
        **{f"follow({level})": _speak(follow(level)) for level in levels},
    }


def _game(dialogue: Dialogue) -> Shelf:
    return dialogue.setting.game_as(Shelf)
