"""Baselines for repeated games: random, human-like, and the rules of the literature."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...core.acts import Act, Say
from ...core.dialogue import Dialogue
from ...core.stream import Stream
from ..content import content
from .game import HANDS, Match, MatrixGame, Play, Promise
from .stories import STORIES
from .voice import GRAMMAR

_WORDS = content(__file__, "policies.toml")
PHRASES: Mapping[str, tuple[str, ...]] = _WORDS["phrases"]
"""Kind of act -> ways to word a demonstration; ``{tag}`` stands for the act, ``{do}`` for what its option does."""
ATTACKS: dict[str, tuple[str, ...]] = _WORDS["attacks"]
"""What a learner says that tries to talk the person into telling; see `evaluation.attacks`."""

COOPERATES = {None: 0.95, 0: 0.95, 1: 0.2}
"""How often the human-like player takes the first option at first, and after the first or second of the person."""
BREAKS_AT_LAST = 0.4
"""How often it takes the second option in the last round whatever has been."""
PROMISES = 0.9
"""How often it says what it will do."""

KEEPS = 0.95
"""How often it then does so."""

CYCLES = 0.75
"""How often, in `HANDS`, it stays after a win and else takes the next option (Wang et al. 2014); else any."""

Speak = Callable[[Dialogue, Stream], str]
Rule = Callable[[Dialogue], int]
"""The place of the option that is taken in a round, as the seat counts them; it is asked before the talk and again
before the choice.
"""


def improvise(dialogue: Dialogue, stream: Stream) -> str:
    """Uniform over what is open."""
    acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
    act = acts[stream.choose(len(acts))]
    return "Let us talk about it." if isinstance(act, Say) else GRAMMAR.print(act)


def demonstrate(dialogue: Dialogue, stream: Stream) -> str:
    """A human-like player in short words: a conditional cooperator who mostly keeps its word.

    Where both want to be together it insists at first, and then tends to go where the other went.
    """
    act = _human(dialogue, stream)
    phrases = PHRASES["talk" if isinstance(act, Say) else act.tag()]
    words = {"tag": GRAMMAR.print(act), "do": ""}
    if isinstance(act, (Promise, Play)):
        story = STORIES[dialogue.scenario.story]
        words["do"] = story.do[story.options.index(act.option)]
    return phrases[stream.choose(len(phrases))].format_map(words)


def _human(dialogue: Dialogue, stream: Stream) -> Act:
    game, state, last = _game(dialogue), dialogue.state, _seen(dialogue, dialogue.state)
    theirs = last[1] if last else None
    promised = state.mine if dialogue.seat == "you" else state.theirs
    if not _talking(dialogue) and promised is not None and stream.random() < KEEPS:
        place = _turned(dialogue, promised)
    elif game.game == HANDS:
        place = stream.choose(3)
        if last and stream.random() < CYCLES:
            place = last[0] if (last[0] - last[1]) % 3 == 1 else (last[0] + 1) % 3
    elif game.game == "battle":
        place = 0 if state.round < 2 or theirs is None or stream.random() < 0.3 else theirs
    else:
        place = int(stream.random() >= COOPERATES[theirs])
    if _talking(dialogue):
        return Promise(_named(dialogue, place)) if stream.random() < PROMISES else Say()
    if game.game not in ("battle", HANDS) and _at_last(dialogue) and stream.random() < BREAKS_AT_LAST:
        place = 1
    return Play(_named(dialogue, place))


def follow(move: Rule, say: Rule | None = None) -> Speak:
    """Play by a rule.

    Args:
        move: What is chosen.
        say: What is promised; nothing without it.
    """

    def speak(dialogue: Dialogue, stream: Stream) -> str:
        if _talking(dialogue):
            return GRAMMAR.print(Promise(_named(dialogue, say(dialogue)))) if say else "Let us see."
        return GRAMMAR.print(Play(_named(dialogue, move(dialogue))))

    return speak


def first(dialogue: Dialogue) -> int:
    """Always the first option."""
    return 0


def second(dialogue: Dialogue) -> int:
    """Always the second option."""
    return 1


def tit_for_tat(dialogue: Dialogue) -> int:
    """The first option at first, then what the person did."""
    last = _seen(dialogue, dialogue.state)
    return last[1] if last else 0


def pavlov(dialogue: Dialogue) -> int:
    """The first option at first and after both did the same, else the second (Nowak and Sigmund 1993)."""
    last = _seen(dialogue, dialogue.state)
    return int(last is not None and last[0] != last[1])


def unforgiving(dialogue: Dialogue) -> int:
    """The first option until the person takes its second once, then the second for good."""
    states = [step.before for step in dialogue.steps] + [dialogue.state]
    return int(any((last := _seen(dialogue, state)) is not None and last[1] == 1 for state in states))


def alternate(dialogue: Dialogue) -> int:
    """The second option first, then in turns."""
    return 1 - dialogue.state.round % 2


def insist_then_copy(rounds: int) -> Rule:
    """The first option for so many rounds, then what the person did in the last one."""
    return lambda dialogue: 0 if dialogue.state.round < rounds else tit_for_tat(dialogue)


def shifted(whose: int, by: int) -> Rule:
    """In `HANDS`, so many options on from an own last one (0) or the person's (1); the second at first."""

    def rule(dialogue: Dialogue) -> int:
        last = _seen(dialogue, dialogue.state)
        return (last[whose] + by) % 3 if last else 1

    return rule


def but_at_last(rule: Rule) -> Rule:
    """A rule, but for the second option in the last round."""
    return lambda dialogue: 1 if _at_last(dialogue) else rule(dialogue)


_BY_GAME: dict[str, Speak] = {
    "dilemma": follow(but_at_last(insist_then_copy(2)), first),
    "battle": follow(first, first),
    "stag": follow(insist_then_copy(2), first),
    "chicken": follow(but_at_last(first), first),
    HANDS: follow(shifted(1, 2)),
}


def by_game(dialogue: Dialogue, stream: Stream) -> str:
    """In each game the rule that is the best one there."""
    return _BY_GAME[_game(dialogue).game](dialogue, stream)


HEURISTICS: dict[str, Speak] = {
    "insist": follow(first, first),
    "second": follow(second),
    "tit-for-tat": follow(tit_for_tat, first),
    "unforgiving": follow(unforgiving, unforgiving),
    "pavlov": follow(pavlov, first),
    "alternate": follow(alternate, alternate),
    "insist-then-copy": follow(insist_then_copy(3), insist_then_copy(3)),
    "by-game": by_game,
}
"""Fixed rules. All but `second` promise: `tit-for-tat` and `pavlov` the first option always, others what they do."""
VARIANTS: dict[str, Speak] = {}
"""Policies that decide as others do: none."""
DEMONSTRATOR = "by-game"
"""Whom `make train` clones."""


def sweep() -> dict[str, Speak]:
    """The grid from which `HEURISTICS` were chosen, by name."""
    rules: dict[str, Rule] = {
        "first()": first,
        "second()": second,
        "tit_for_tat()": tit_for_tat,
        "pavlov()": pavlov,
        "unforgiving()": unforgiving,
        "alternate()": alternate,
    }
    rules |= {f"insist_then_copy({rounds})": insist_then_copy(rounds) for rounds in (1, 2, 3, 4)}
    grid: dict[str, Speak] = {}
    for name, rule in rules.items():
        kind, _, rest = name.partition("(")
        for end, move in (("", rule), ("last second", but_at_last(rule))):
            for said, say in (("silent", None), ("promises first", first), ("promises it", rule)):
                told = ", ".join(filter(None, (rest.rstrip(")"), said, end)))
                grid[f"{kind}({told})"] = follow(move, say)
    return grid


def sweep_hands() -> dict[str, Speak]:
    """The grid for `HANDS`: an option always, or one counted from an own last one or the person's."""
    grid = {f"always({place})": follow(lambda dialogue, place=place: place) for place in range(3)}
    counted = {"own": 0, "theirs": 1}
    return grid | {f"{name}({by})": follow(shifted(whose, by)) for name, whose in counted.items() for by in range(3)}


def _game(dialogue: Dialogue) -> MatrixGame:
    return dialogue.setting.game_as(MatrixGame)


def _talking(dialogue: Dialogue) -> bool:
    """Whether it is time to promise, and not to choose."""
    return dialogue.state.phase in ("talk", "answer")


def _turned(dialogue: Dialogue, place: int) -> int:
    """A place as the seat counts them, or back: where both want to be together, its own favourite is the first."""
    return 1 - place if dialogue.seat == "partner" and _game(dialogue).game == "battle" else place


def _named(dialogue: Dialogue, place: int) -> str:
    """The option at a place, as the seat counts them."""
    return _game(dialogue).options[_turned(dialogue, place)]


def _seen(dialogue: Dialogue, state: Match) -> tuple[int, int] | None:
    """What the seat and the other did last, by places as the seat counts them."""
    if state.last is None:
        return None
    mine, theirs = state.last if dialogue.seat == "you" else reversed(state.last)
    return _turned(dialogue, mine), _turned(dialogue, theirs)


def _at_last(dialogue: Dialogue) -> bool:
    return dialogue.state.round == _game(dialogue).rounds - 1
