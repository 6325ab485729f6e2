"""Baselines for service: random, human-like, and procedures as a service manual writes them down.

The procedures hold the exact belief, where a person would go by what was said: it tells them what is known already, and
what is likeliest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from ...core.acts import Act
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import Ask, Call, Close, Confirm, Deed, Helpline, Lookup, Tell, Write
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{question}`` for it in words."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the customer into telling; see `evaluation.attacks`."""

STRAYING = 0.08  # how often the human-like agent asks something else that is open
HASTE = 0.06  # how often it makes the change without a yes

_SURE = 1.0 - 1e-9

Speak = Callable[[Dialogue, Stream], str]
Pick = Callable[[Helpline, Call, Belief], Act]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    return GRAMMAR.print(acts[stream.choose(len(acts))]) or "Thank you for calling."


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like agent: identity, wish, order, look it up, propose, do; now and then it strays or is hasty."""
    act = _agent(dialogue, stream)
    phrases = PHRASES[act.tag()]
    question = _WORDS["questions"][act.topic] if isinstance(act, Ask) else ""
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), question=question)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same agent, who says nothing but what binds."""
    return GRAMMAR.print(_agent(dialogue, stream))


def _agent(dialogue: Dialogue, stream: Stream) -> Act:
    """Goes by what was said, and keeps no belief."""
    game, state = cast(Helpline, dialogue.setting.game), dialogue.state
    said = _said(dialogue)
    if state.done or "nothing" in said.values() or said.get("identity") == "unsure":
        return Close()
    if state.agreed:
        return Write(*state.agreed)
    topics = [topic for topic in ("identity", "wish", "which") if topic not in state.asked]
    if topics:
        return Ask(topics[stream.choose(len(topics)) if stream.random() < STRAYING else 0])  # type: ignore[arg-type]
    number = int(said["which"]) if said["which"].isdigit() else 0
    wish, looked = said["wish"], [place for place, status in enumerate(state.status, 1) if status]
    hasty = bool(looked) and game.turns - state.turn <= 2  # just time to propose and to do it
    if not hasty and (number or 1 + len(looked)) not in (*looked, game.orders + 1):
        return Lookup(number or 1 + len(looked))
    fits = [place for place in looked if game.allowed(state.status[place - 1], wish) and number in (0, place)]
    if not fits and "alternative" not in state.asked and not hasty:
        return Ask("alternative")
    action = wish if fits else game.other(wish)
    places = fits or [number] * bool(number) or looked
    open_ones = [
        place
        for place in places
        if f"{action} {place}" not in state.asked and game.allowed(state.status[place - 1], action)
    ]
    if not open_ones or state.proposals >= game.confirms:
        return Close()
    return (Write if stream.random() < HASTE else Confirm)(action, open_ones[stream.choose(len(open_ones))])


def _said(dialogue: Dialogue) -> dict[str, str]:
    """Topic -> what the customer answered."""
    said = {}
    for step in dialogue.steps:
        for before, _, act in step.exchange.replies:
            if isinstance(act, Tell) and isinstance(before.pending, Ask):
                said[before.pending.topic] = act.word
    return said


def procedure(steps: Sequence[str], likely: float = 0.0) -> Pick:
    """A procedure: identity, then the steps in order, those left out that tell nothing new; then propose, and do.

    When only a proposal and the deed fit into the time that is left, it proposes what is likeliest.

    Args:
        steps: ``"wish"``, ``"which"``, ``"look"`` or ``"alternative"``. Where the policy forbids all that may be wished
            for, it asks for an alternative in any case.
        likely: Proposes before the steps are done once a deed is as likely as this; 0 for never.
    """

    def pick(game: Helpline, state: Call, belief: Belief) -> Act:
        wanted = belief.map(game.target)
        if state.done or wanted.probability(None) > _SURE:
            return Close()
        if state.agreed:
            return Write(*state.agreed)
        if "identity" not in state.asked:
            return Ask("identity")
        early = _best(game, state, wanted)
        if early and (game.turns - state.turn <= 2 or 0.0 < likely <= wanted.probability(early)):
            return Confirm(*early)
        meant, flexible = belief.map(lambda hidden: hidden.order), belief.map(lambda hidden: hidden.flexible)
        allowed = belief.map(lambda hidden: game.allowed(hidden.statuses[hidden.order - 1], hidden.wish))
        for step in (*steps, *(["alternative"] if allowed.probability(True) == 0.0 else [])):
            if step == "look":
                for number, status in enumerate(state.status, 1):
                    if not status and meant.probability(number) > 0.0:
                        return Lookup(number)
            elif step == "alternative":
                if step not in state.asked and game.refused(state) and len(flexible) > 1:
                    return Ask(step)
            elif step not in state.asked and not (step == "which" and len(meant) == 1):
                return Ask(step)  # type: ignore[arg-type]
        return Confirm(*early) if early else Close()

    return pick


def _best(game: Helpline, state: Call, wanted: Belief) -> Deed | None:
    """The likeliest deed that can be proposed now."""
    if state.proposals >= game.confirms:
        return None
    open_ones = [
        (p, deed)
        for deed, p in wanted
        if deed and state.status[deed[1] - 1] and f"{deed[0]} {deed[1]}" not in state.asked
    ]
    return max(open_ones, key=lambda item: item[0], default=(0.0, None))[1]


def _eager(game: Helpline, state: Call, belief: Belief) -> Act:
    """Asks for wish and order, and does it at once, whatever the policy says."""
    for topic in ("wish", "which"):
        if topic not in state.asked:
            return Ask(topic)  # type: ignore[arg-type]
    hidden = max(belief, key=lambda item: item[1])[0]
    tried = state.done or state.status[hidden.order - 1]
    return Close() if tried else Write(hidden.wish, hidden.order)


def by_temper(calm: Pick, curt: Pick) -> Pick:
    """One procedure for customers who sound curt, another for the rest."""

    def pick(game: Helpline, state: Call, belief: Belief) -> Act:
        hurried = belief.map(lambda hidden: hidden.hurried).probability(True)
        return (curt if hurried > 0.5 else calm)(game, state, belief)

    return pick


def _speaking(pick: Pick) -> Speak:
    def speak(dialogue: Dialogue, stream: Stream) -> str:
        act = pick(cast(Helpline, dialogue.setting.game), dialogue.state, dialogue.belief())
        return GRAMMAR.print(act)

    return speak


PROCEDURES: dict[str, Pick] = {
    "close": lambda game, state, belief: Close(),
    "eager": _eager,
    "wish-which-look": procedure(("wish", "which", "look")),
    "which-look-wish": procedure(("which", "look", "wish")),
    "look-wish": procedure(("look", "wish")),
    "likely-deed": procedure(("wish", "which", "alternative", "look"), likely=0.5),
    "by-temper": by_temper(procedure(("wish", "which", "look")), procedure(("which", "look", "wish"), likely=0.3)),
}
"""Name -> the act in a game, a state and under a belief."""
STEPS: tuple[tuple[str, ...], ...] = (
    ("wish", "which", "look"), ("wish", "which", "alternative", "look"), ("wish", "look"), ("wish", "look", "which"),
    ("wish", "alternative", "look"), ("which", "look", "wish"), ("look", "wish"), ("look",),
)  # fmt: skip
LIKELY = (0.0, 0.3, 0.5, 0.7)


def sweep() -> dict[str, Pick]:
    """The procedures from which those of `PROCEDURES` were chosen, by name; without the pairs of them."""
    return {f"{'-'.join(steps)} {likely:g}": procedure(steps, likely) for steps in STEPS for likely in LIKELY}


VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
HEURISTICS: dict[str, Speak] = {name: _speaking(pick) for name, pick in PROCEDURES.items()}
DEMONSTRATOR = "scripted"
