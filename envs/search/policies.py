"""Baselines for search: random, human-like, and the ways to clarify that the literature compares.

The rules hold the exact belief and search for the likeliest meaning. They differ in what they ask, and when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
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
DOUBT = 0.5  # how often it explains, and does not search, where a question was not answered

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
    """A human-like assistant: asks for the meaning, explains or searches if it is not said, asks again, shows."""
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
    """Without probabilities: by what was said, and in two minds about who does not answer."""
    state, left = dialogue.state, _left(dialogue)
    said, needed = state.facts[0], 1 if state.sought else 2
    known = said in VALUES[0]
    meaning = int(said) if known else state.sought or 1
    refused, silent = UNSURE in state.facts, state.sought and not known
    if left > needed + 1 and not state.explained:
        early = not state.turn and stream.random() < COURTESY
        if early or silent or (refused and (state.sought or stream.random() < DOUBT)):
            return Explain()
    if left > needed and not refused and stream.random() >= HASTE:
        for facet, fact in list(zip(FACETS, state.facts, strict=True))[: 2 if state.sought else 1]:
            if not fact:
                return Clarify(cast(Facet, facet))
    if state.sought != meaning and left > 1:
        return Search(meaning)
    return Show() if state.sought else Stop()


def plan(before: Sequence[str], after: Sequence[str], explain: str = "never", refused: str = "on") -> Choose:
    """Asks some facets before the search and some after it, in order; then shows.

    Args:
        before: Facets to ask about before the search.
        after: Facets to ask about after it.
        explain: When to explain: `never`, `first`, `unsure` (once a question was not answered), `silent` (once a search
            did not bring the meaning out), `either` of these, or `sought` (after a search, whatever came of it).
        refused: What to do once a question was not answered: go `on` with the next one; `search`, and ask what was to
            be asked before it after it; or `rush`, which asks nothing more.
    """

    def choose(dialogue: Dialogue) -> Act:
        state, left = dialogue.state, _left(dialogue)
        needed = 1 if state.sought else 2
        if left < needed:
            return Stop()
        meanings = dialogue.belief().map(lambda need: int(need.page[0]))
        likeliest = max((1, 2, 3), key=lambda k: (round(meanings.probability(k), 9), -k))
        unsure, silent = UNSURE in state.facts, bool(state.sought) and state.facts[0] not in VALUES[0]
        found = {"unsure": unsure, "silent": silent, "either": unsure or silent, "sought": bool(state.sought)}
        if not state.explained and (
            (explain == "first" and not state.turn) or (found.get(explain) and left > needed + 1)
        ):
            return Explain()
        asking = not (unsure and refused == "rush")
        if not state.sought:
            go = unsure and refused == "search"
            return (asking and not go and left > 2 and _open(state, before)) or Search(likeliest)
        if state.sought != likeliest and meanings.probability(likeliest) > 0.5 and left > 1:
            return Search(likeliest)
        rest = (*(before if refused == "search" else ()), *after)
        return (asking and left > 1 and _open(state, rest)) or Show()

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
    "explain-unsure": _speak(plan(("meaning",), ("aspect",), "unsure")),
    "explain-silent": _speak(plan((), ("meaning", "aspect"), "silent")),
    "search-unsure": _speak(plan(("meaning", "aspect"), (), "never", "search")),
}
"""No clarification and one clarifying question (the settings of ConvSim), every detail by importance (IntentionGym's
aim), feedback to a search before questions, an explanation before anything else; and what adapts to what was heard: an
explanation for who does not answer or does not react, and a search for who does not answer.
"""

PLACES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = tuple(
    (order[:k], order[k:]) for n in range(4) for order in permutations(FACETS, n) for k in range(n + 1)
)
"""Facets to ask about before the search, and after it: every choice in every order."""
EXPLAIN = ("never", "first", "unsure", "silent", "either", "sought")
REFUSED = ("on", "search", "rush")


def sweep() -> dict[str, Speak]:
    """Every plan: which facets before the search and which after it, when to explain, and what if one is refused."""
    return {
        f"{explain}-{refused}({'+'.join(before) or 'nothing'}, search, {'+'.join(after) or 'nothing'})": _speak(
            plan(before, after, explain, refused)
        )
        for before, after in PLACES
        for explain in EXPLAIN
        for refused in REFUSED
        if refused == "on" or before or after
    }
