"""Baselines for division: random, human-like, and the rules that people try first. They look at public facts alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import OTHER, YOU, Accept, Division, Package, Talks
from .scenes import in_words
from .voice import GRAMMARS, amounts

_WORDS = content(__file__, "policies.toml")
PHRASES: dict[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the partner into telling; see `evaluation.attacks`."""

FIRST_ASK = (0.85, 0.1)  # mean and spread of what the human-like bargainer asks for at first, as a share of its points
CONCESSION = (0.09, 0.06)  # and of what it comes down by with each further offer
LEAST = 0.3  # it asks for no less

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Division, Talks, Dialogue], Act]
_ACCEPT, _SAY = Accept(), Say()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over the kinds of act, then over the acts of that kind."""
    kinds: dict[type[Act], list[Act]] = {}
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        kinds.setdefault(type(act), []).append(act)
    acts = list(kinds.values())[stream.choose(len(kinds))]
    act = acts[stream.choose(len(acts))]
    return "Let me see what we have here." if isinstance(act, Say) else _printed(dialogue, act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like bargainer in short words: asks for much, comes down bit by bit, gives what is cheap to it."""
    act, game = _bargain(dialogue, stream), _game(dialogue)
    package, slot = game.proposed(act, dialogue.seat), act.tag()
    own = theirs = ""
    if package is not None:
        slot = "terms" if game.kind == "job" else "offer"
        own, theirs = (
            in_words(game.kind, game.counts, amounts(game.kind, game.counts, package, seat))
            for seat in (dialogue.seat, OTHER[dialogue.seat])
        )
    phrases = PHRASES[slot]
    said = phrases[stream.choose(len(phrases))]
    return said.format(tag=_printed(dialogue, act), mine=own, yours=theirs, Mine=own[:1].upper() + own[1:])


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same bargainer, who says nothing but what binds."""
    return _printed(dialogue, _bargain(dialogue, stream))


def _bargain(dialogue: Dialogue, stream: Stream) -> Act:
    game, state = _game(dialogue), dialogue.state
    last = state.round >= game.rounds - 1
    asked = _last_ask(dialogue)
    if asked is None:
        ask = _normal(stream, *FIRST_ASK)
    else:
        ask = asked - max(0.0, _normal(stream, *CONCESSION))
    ask = min(1.0, max(LEAST, ask))
    offered = 0.0 if state.standing is None else game.points_of(dialogue.seat, state.standing)
    if state.standing is not None and (offered >= ask or (last and offered >= 0.15)):
        return _ACCEPT
    if last and asked is not None:
        ask = max(LEAST, ask - 0.1)
    return _asking(game, dialogue.seat, ask)


def _game(dialogue: Dialogue) -> Division:
    return dialogue.setting.game_as(Division)


def _printed(dialogue: Dialogue, act: Act) -> str:
    return GRAMMARS[_game(dialogue).kind].print(act)


def _last_ask(dialogue: Dialogue) -> float | None:
    """What the learner has asked for last, as a share of its points."""
    game, seat = _game(dialogue), dialogue.seat
    for step in reversed(dialogue.steps):
        package = game.proposed(step.act, seat)
        if package is not None:
            return game.points_of(seat, package)
    return None


def _asking(game: Division, seat: str, share: float) -> Act:
    """Of the offers that give the speaker so much, the one that leaves most units to the other side."""
    fit = [package for package in game.packages if game.points_of(seat, package) >= share - 1e-9]
    sign = 1 if seat == YOU else -1
    return game.offers[seat][min(fit, key=lambda package: (sign * sum(package), -game.points_of(seat, package)))]


def _normal(stream: Stream, mean: float, spread: float) -> float:
    """A normal number, by the polar form of Box and Muller (1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - stream.random()))
    return mean + spread * radius * math.cos(2.0 * math.pi * stream.random())


# ---- fixed rules


def aspiring(aspire: Callable[[Division, Talks, Dialogue], float]) -> Rule:
    """Offer what gives the share that is aspired to; take an offer that is as good, in the last round any of worth."""

    def rule(game: Division, state: Talks, dialogue: Dialogue) -> Act:
        seat, share = dialogue.seat, aspire(game, state, dialogue)
        if state.standing is not None:
            offered = game.points_of(seat, state.standing)
            if offered >= share - 1e-9 or (state.round >= game.rounds - 1 and offered > 0):
                return _ACCEPT
        return _asking(game, seat, share)

    return rule


def conceding(high: float, low: float) -> Rule:
    """Aspire to `high` at first, to `low` in the last round, and evenly between.

    Args:
        high: Share of the own points.
        low: The same, at most `high`.
    """
    return aspiring(lambda game, state, _: high + (low - high) * state.round / (game.rounds - 1))


def _mirroring(game: Division, state: Talks, dialogue: Dialogue) -> float:
    """Come down by as much as the partner's last offer is better than its first (relative tit-for-tat)."""
    offers = [
        game.points_of(dialogue.seat, package)
        for step in dialogue.steps
        for _, seat, act in step.exchange.replies
        if (package := game.proposed(act, seat)) is not None
    ]
    return max(LEAST, 1.0 - (offers[-1] - offers[0])) if offers else 1.0


def _accept_first(game: Division, state: Talks, dialogue: Dialogue) -> Act:
    return _SAY if state.standing is None else _ACCEPT


def _halve(game: Division, state: Talks, dialogue: Dialogue) -> Act:
    """Half of each issue, rounded up for oneself, whatever it is worth; takes what is worth a half."""
    if state.standing is not None and game.points_of(dialogue.seat, state.standing) >= 0.5:
        return _ACCEPT
    half: Package = tuple((count + (dialogue.seat == YOU)) // 2 for count in game.counts)
    return game.offers[dialogue.seat][half]


RULES: dict[str, Rule] = {
    "accept-first": _accept_first,
    "ask-for-all": aspiring(lambda *_: 1.0),
    "halves": _halve,
    "hold(0.9)": conceding(0.9, 0.9),
    "tit-for-tat": aspiring(_mirroring),
    "concede(0.9,0.3)": conceding(0.9, 0.3),
}
"""Fixed rules by name; the parameters are the best on Division-v0."""


def _spoken(rule: Rule) -> Speak:
    return lambda dialogue, _: _printed(dialogue, rule(_game(dialogue), dialogue.state, dialogue)) or "Go on."


HEURISTICS: dict[str, Speak] = {name: _spoken(rule) for name, rule in RULES.items()}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""


def sweep() -> dict[str, Speak]:
    """The grid from which the parameters were chosen, by name."""
    shares = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    return dict(_grid(shares))


def _grid(shares: tuple[float, ...]) -> Iterator[tuple[str, Speak]]:
    for high in shares:
        for low in shares:
            if low == high:
                yield f"hold({high})", _spoken(conceding(high, low))
            elif low < high:
                yield f"concede({high},{low})", _spoken(conceding(high, low))
