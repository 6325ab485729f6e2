"""Baselines for Mafia: random, human-like, and fixed rules of whom to speak against, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any, cast

from ...core.acts import Act, Say
from ...core.belief import ProductBelief
from ...core.dialogue import Dialogue
from ...core.factored import FactoredSolution
from ...core.setting import Setting
from ...core.stream import Stream
from ..content import content
from .game import Accuse, Circle, Company, Name, Question
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{name}`` for the person."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk people into telling; see `evaluation.attacks`."""

EAGER = 0.25
"""How often the human-like bystander questions somebody although it has heard nothing against anybody."""
JOINS = 0.6
"""How often it accuses whom most voices are against, or who has faltered."""

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Company, Circle, Mapping[Name, float], int], Act]
"""Rules, state, how likely it is of each that he or she did it, and the place from which on equals are preferred."""
_SAY = Say()


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what can be done."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return "Let us hear the others." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like bystander in short words: listens at first, joins the others, now and then questions somebody."""
    act = _sit(dialogue, stream)
    phrases = PHRASES[act.tag()]
    name = act.who.capitalize() if isinstance(act, (Question, Accuse)) else ""
    return phrases[stream.choose(len(phrases))].format(tag=GRAMMAR.print(act), name=name)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same bystander, who says nothing but what binds."""
    act = _sit(dialogue, stream)
    return "I wait." if isinstance(act, Say) else GRAMMAR.print(act)


def _sit(dialogue: Dialogue, stream: Stream) -> Act:
    game, state = _game(dialogue), cast(Circle, dialogue.state)
    drawn = stream.random()
    some: list[Name] = [n for n, here in zip(game.names, state.here, strict=True) if here]
    against: list[Name] = [
        n for n, voices in zip(game.names, state.voices, strict=True) if voices and voices == max(state.voices)
    ]
    if against and state.fresh and drawn < JOINS:
        return Accuse(against[stream.choose(len(against))])
    if drawn > 1.0 - EAGER:
        return Question((against or some)[stream.choose(len(against or some))])
    return _SAY


# ---- fixed rules


def likeliest(game: Company, state: Circle, belief: Mapping[Name, float], start: int = 0) -> Name:
    """Who it most probably was, by Bayes' rule; of equals who most voices are against."""
    by: dict[Name, Any] = {name: (round(p, 9), state.voices[game.names.index(name)]) for name, p in belief.items()}
    return _most(game, by, by.__getitem__, start)


def hottest(game: Company, state: Circle, belief: Mapping[Name, float], start: int = 0) -> Name:
    """Who most voices are against, of those who are there."""
    there: list[Name] = [name for name, here in zip(game.names, state.here, strict=True) if here]
    return _most(game, there, lambda name: state.voices[game.names.index(name)], start)


def _most(game: Company, some: Iterable[Name], by: Callable[[Name], Any], start: int) -> Name:
    return max(some, key=lambda name: (by(name), (start - game.names.index(name)) % game.people))


def plan(days: tuple[str, str]) -> Rule:
    """A letter for each moment of both days: ``A`` accuses the likeliest, ``Q`` questions it, ``W`` waits.

    Where it cannot accuse, it waits.
    """

    def rule(game: Company, state: Circle, belief: Mapping[Name, float], start: int = 0) -> Act:
        day = days[state.day]
        letter = day[min(state.moment, len(day) - 1)]
        if letter == "W" or (letter == "A" and not state.fresh):
            return _SAY
        name = likeliest(game, state, belief, start)
        return Accuse(name) if letter == "A" else Question(name)

    return rule


def sure(least: float, asks: float = 2.0) -> Rule:
    """Accuse the likeliest where that is possible and it is likely enough; question the likeliest otherwise, or wait.

    Args:
        least: How likely it has to be to be accused.
        asks: How likely it has to be to be questioned; above 1 for never.
    """

    def rule(game: Company, state: Circle, belief: Mapping[Name, float], start: int = 0) -> Act:
        name = likeliest(game, state, belief, start)
        if state.fresh and belief[name] >= least - 1e-9:
            return Accuse(name)
        return Question(name) if belief[name] >= asks - 1e-9 else _SAY

    return rule


def bandwagon(game: Company, state: Circle, belief: Mapping[Name, float], start: int = 0) -> Act:
    """Join whoever is against somebody: accuse whom most voices are against, as soon as there are any."""
    return Accuse(hottest(game, state, belief, start)) if state.fresh and any(state.voices) else _SAY


def interrogate(game: Company, state: Circle, belief: Mapping[Name, float], start: int = 0) -> Act:
    """Question whom most voices are against, moment by moment."""
    return Question(hottest(game, state, belief, start))


def exactly(rule: Rule, setting: Setting) -> float:
    """What a rule gets, exactly. People are alike, so that of equals in belief and voices it may prefer any."""
    game, solution = setting.game_as(Company), cast(FactoredSolution, setting.solution)
    return solution.value_of(lambda state, mass: rule(game, state, dict(mass[0]), 0))


def _speaking(rule: Rule) -> Speak:
    def speak(dialogue: Dialogue, stream: Stream) -> str:
        game = _game(dialogue)
        belief = dict(cast(ProductBelief, dialogue.belief()).factors[0])
        act = rule(game, cast(Circle, dialogue.state), belief, stream.choose(game.people))
        return "Let us hear the others." if isinstance(act, Say) else GRAMMAR.print(act)

    return speak


def scheduled(dialogue: Dialogue, stream: Stream) -> str:
    """Time to Talk's scheduler: speaks while its share of all messages is below 1/n, and else waits.

    It accuses whom most voices are against; if there are none, it questions who has spoken last.
    """
    game, state = _game(dialogue), cast(Circle, dialogue.state)
    start = stream.choose(game.people)
    said = _speakers(dialogue)
    if state.spoken * (sum(state.here) + 1) >= len(said) + 1 + state.spoken:  # the opening is a message, too
        return "I wait."
    if any(state.voices):
        act: Act = Accuse(hottest(game, state, {}, start)) if state.fresh else _SAY
    else:
        last: Name | None = next((seat for seat in reversed(said) if state.here[game.names.index(seat)]), None)
        act = Question(last or hottest(game, state, {}, start))
    return "I wait." if isinstance(act, Say) else GRAMMAR.print(act)


RULES: dict[str, Rule] = {
    "listen": plan(("W", "W")),
    "bandwagon": bandwagon,
    "interrogate": interrogate,
    "accuse-last": plan(("WWWA", "WA")),
    "early-and-late": plan(("AWAW", "AW")),
    "sure": sure(0.4),
}
"""Fixed rules by name. The last three accuse the likeliest; `early-and-late` is the best of a grid."""
HEURISTICS: dict[str, Speak] = {**{name: _speaking(rule) for name, rule in RULES.items()}, "scheduler": scheduled}
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "early-and-late"
"""Whom `make train` clones."""


def sweep() -> dict[str, Rule]:
    """The grid from which `RULES` were chosen, by name."""
    grid: dict[str, Rule] = {}
    for first, second in product(("WWWA", "WAWA", "AWAW", "AWWA", "QWAW", "QQWA"), ("WA", "AW", "QQ")):
        grid[f"plan({first},{second})"] = plan((first, second))
    for least, asks in product((0.3, 0.4, 0.5, 0.6), (0.3, 0.5, 2.0)):
        grid[f"sure({least:g},{asks:g})"] = sure(least, asks)
    return grid


def _speakers(dialogue: Dialogue) -> list[Name]:
    """Who of the company has spoken, in order."""
    return [cast(Name, seat) for step in dialogue.steps for _, seat, _ in step.exchange.replies if seat != "host"]


def _game(dialogue: Dialogue) -> Company:
    return dialogue.setting.game_as(Company)
