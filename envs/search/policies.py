"""Baselines for search: random, human-like, and the ways to clarify that the literature compares.

The rules hold the exact belief and search for the likeliest meaning. They differ in what they ask, and when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import cast

from ...core.acts import Act
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import FACETS, UNSURE, VALUES, Clarify, Desk, Explain, Facet, Search, Session, Show, Stop
from .queries import QUERIES, QUESTIONS
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the user into telling; see `evaluation.attacks`."""

HASTE = 0.1  # how often the human-like assistant leaves a question out
COURTESY = 0.15  # how often it explains before it has to

Speak = Callable[[Dialogue, Stream], str]
Choose = Callable[[Dialogue], Act]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return GRAMMAR.print(acts[stream.choose(len(acts))]) or "There is so much to be found."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like assistant: asks what matters most first, explains itself to who does not answer, searches, shows."""
    act = _person(dialogue, stream)
    phrases = PHRASES[act.tag()]
    question = QUESTIONS[act.facet] if isinstance(act, Clarify) else ""
    if question and act == Clarify("meaning"):
        meanings = QUERIES[dialogue.scenario.query].meanings
        question = f"Do you mean {', '.join(meanings[:-1])} or {meanings[-1]}?"
    meaning = QUERIES[dialogue.scenario.query].meanings[act.meaning - 1] if isinstance(act, Search) else ""
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), question=question, meaning=meaning)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same assistant, who says nothing but what binds."""
    return GRAMMAR.print(_person(dialogue, stream))


def _person(dialogue: Dialogue, stream: Stream) -> Act:
    """Without probabilities: by what was said."""
    state, left = dialogue.state, _left(dialogue)
    said, needed = state.facts[0], 1 if state.sought else 2
    meaning = int(said) if said in VALUES[0] else state.sought or 1
    if left > needed:
        refused = UNSURE in state.facts
        if not state.explained and left > needed + 1 and (refused or (not state.turn and stream.random() < COURTESY)):
            return Explain()
        if not refused and stream.random() >= HASTE:
            for facet, fact in zip(FACETS, state.facts, strict=True):
                if not fact:
                    return Clarify(cast(Facet, facet))
    if state.sought != meaning and left > 1:
        return Search(meaning)
    return Show() if state.sought else Stop()


def plan(before: Sequence[str], after: Sequence[str], explain: str = "never") -> Choose:
    """Asks some facets before the search and some after it, whatever is answered; then shows.

    Args:
        before: Facets to ask about before the search.
        after: Facets to ask about after it.
        explain: When to explain: `never`, `first` or `unsure` (once a question was not answered, which is then asked
            again). With `rush` it asks no more once a question was not answered.
    """

    def choose(dialogue: Dialogue) -> Act:
        state, left = dialogue.state, _left(dialogue)
        needed = 1 if state.sought else 2
        if left < needed:
            return Stop()
        meanings = dialogue.belief().map(lambda need: int(need.page[0]))
        likeliest = max((1, 2, 3), key=lambda k: (round(meanings.probability(k), 9), -k))
        refused = UNSURE in state.facts
        if not state.explained and (
            (explain == "first" and not state.turn) or (explain == "unsure" and refused and left > needed + 1)
        ):
            return Explain()
        asking = not (explain == "rush" and refused)
        if not state.sought:
            return (asking and left > 2 and _open(state, before)) or Search(likeliest)
        if state.sought != likeliest and meanings.probability(likeliest) > 0.5 and left > 1:
            return Search(likeliest)
        return (asking and left > 1 and _open(state, after)) or Show()

    return choose


def _open(state: Session, facets: Sequence[str]) -> Act | None:
    return next((Clarify(cast(Facet, one)) for one in facets if not state.facts[FACETS.index(one)]), None)


def _left(dialogue: Dialogue) -> int:
    return dialogue.setting.game_as(Desk).turns - dialogue.state.turn


def _speak(choose: Choose) -> Speak:
    return lambda dialogue, stream: GRAMMAR.print(choose(dialogue))


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""

HEURISTICS: dict[str, Speak] = {
    "no-question": _speak(plan((), ())),
    "one-question": _speak(plan(("meaning",), ())),
    "by-importance": _speak(plan(FACETS, ())),
    "search-first": _speak(plan((), ("meaning", "aspect"))),
    "explain-first": _speak(plan(("meaning",), ("aspect", "depth"), "first")),
}
"""No clarification and one clarifying question (the settings of ConvSim), every detail by importance (IntentionGym's
aim), feedback to a search before questions, and an explanation before anything else.
"""


def sweep() -> dict[str, Speak]:
    """Every plan: which facets before the search and which after it, and when to explain; by name."""
    found = {}
    for places in product((0, 1, 2), repeat=3):
        before, after = (tuple(f for f, place in zip(FACETS, places, strict=True) if place == k) for k in (1, 2))
        for explain in ("never", "first", "rush", "unsure"):
            name = f"{explain}({'+'.join(before) or 'nothing'}, search, {'+'.join(after) or 'nothing'})"
            found[name] = _speak(plan(before, after, explain))
    return found
