"""Baselines for the commons: random, human-like, and the rules that people and the literature propose."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import CAPS, SHARE, Agree, CommonPool, Pool, Propose, Refuse, Take, fair
from .voice import GRAMMAR, counted

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk people into telling; see `evaluation.attacks`."""

COOPERATES = 0.5
"""Share of the months without a rule in which the human-like chair takes what the pool bears; else one more."""
MATCHES = 0.6
"""How often it takes more after a month in which too much was taken, as conditional cooperators do."""

Speak = Callable[[Dialogue, Stream], str]
Amount = Callable[[CommonPool, Pool], int]


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what can be done."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return "Let us talk about it." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like chair in short words: proposes the fair share, mostly keeps to it, answers greed, ends greedily.

    As in experiments, most people cooperate on condition that others do (Fischbacher et al. 2001), and take more at
    the end.
    """
    act = _lead(dialogue, stream)
    phrases = PHRASES[act.tag()]
    number = act.cap if isinstance(act, Propose) else act.units if isinstance(act, Take) else 0
    said = counted(number, dialogue.scenario.place)
    words = {"tag": GRAMMAR.print(act), "said": said, "Said": said[:1].upper() + said[1:]}
    if isinstance(act, Take) and not number:
        return f"Nothing for me this month. {words['tag']}"
    return phrases[stream.choose(len(phrases))].format_map(words)


def terse(dialogue: Dialogue, stream: Stream) -> str:
    """The same chair, who says nothing but what binds."""
    return GRAMMAR.print(_lead(dialogue, stream))


def _lead(dialogue: Dialogue, stream: Stream) -> Act:
    game, state = _game(dialogue), dialogue.state
    drawn = stream.random()
    if state.phase == "council":
        return Say() if drawn < 0.1 else Propose(SHARE if drawn < 0.85 else CAPS[stream.choose(len(CAPS))])
    if state.phase == "vote":
        return Agree() if state.cap <= SHARE else Refuse()
    if state.phase != "harvest":
        return Say()
    share = fair(state.pool, game.people)
    if state.month == game.months - 1:
        return Take(game.most if drawn < 0.7 else share)
    if state.agreed:
        return Take(min(game.most, state.cap + (drawn > 0.85)))
    greedy = drawn < MATCHES if state.over else drawn > COOPERATES
    return Take(min(game.most, share + greedy + (greedy and state.over)))


def plan(amount: Amount, cap: int = 0, last: int = 0) -> Speak:
    """Propose `cap` at each council, take `amount`, and in the `last` months all that one can.

    Args:
        amount: Units, by the rules and the state.
        cap: 0 to propose nothing. Who does not propose votes for as much or less.
        last: Months.
    """

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        game, state = _game(dialogue), dialogue.state
        if state.phase == "council":
            return f"[propose {cap}]" if cap else "Let us begin."
        if state.phase == "vote":
            return "[agree]" if state.cap <= cap else "[refuse]"
        if state.phase != "harvest":
            return "Let us begin."
        units = game.most if state.month >= game.months - last else amount(game, state)
        return f"[take {units}]"

    return speak


def grabs(game: CommonPool, state: Pool) -> int:
    """All that one can."""
    return game.most


def universal(game: CommonPool, state: Pool) -> int:
    """What the pool bears if everybody does the same: the universalisation of GovSim."""
    return fair(state.pool, game.people)


def keeps(game: CommonPool, state: Pool) -> int:
    """The cap that holds; without one what the pool bears."""
    return state.cap if state.agreed else universal(game, state)


def restores(game: CommonPool, state: Pool) -> int:
    """The share, but nothing while the pool is not full."""
    return SHARE if state.pool == game.capacity else 0


def reciprocates(game: CommonPool, state: Pool) -> int:
    """What the pool bears, unless last month too much was taken."""
    return game.most if state.over else universal(game, state)


HEURISTICS: dict[str, Speak] = {
    "grab": plan(grabs),
    "universal": plan(universal),
    "reciprocal": plan(reciprocates),
    "restore": plan(restores, SHARE, 2),
    "keep": plan(keeps, SHARE),
    "keep-then-grab": plan(keeps, SHARE - 1, 2),
    "reciprocal-then-grab": plan(reciprocates, SHARE, 2),
}
"""Fixed rules. What the last two propose, and when they begin to grab, is the best of a grid for the default."""
VARIANTS = {"terse": terse}
"""Policies that decide as others do, and so have no row of their own in tables of baselines."""
DEMONSTRATOR = "keep"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    amounts = {"universal": universal, "reciprocal": reciprocates, "restore": restores, "keep": keeps}
    grid: dict[str, Speak] = {"grab(0)": plan(grabs)} | {f"grab({cap})": plan(grabs, cap) for cap in CAPS}
    for name, amount in amounts.items():
        for cap in (0, *CAPS):
            grid |= {f"{name}({cap},{last})": plan(amount, cap, last) for last in range(4)}
    return grid


def _game(dialogue: Dialogue) -> CommonPool:
    return dialogue.setting.game_as(CommonPool)
