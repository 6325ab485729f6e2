"""What a guesser is told, in the words of ``briefs.toml``."""

from __future__ import annotations

from typing import Any

from ...simulated_users.speech import fill
from ..content import content
from .game import Mystery
from .mind import Teller
from .subjects import LARGEST, PRESET, TESTS, Case, questions, story, table

_TEXT: dict[str, str] = content(__file__, "briefs.toml")


def brief(case: Case, turns: int, cost: float, open_book: bool, mind: Any) -> str:
    """All that a guesser must know.

    Args:
        case: What is guessed at, and who thinks of it.
        turns: Turns.
        cost: Price of a turn, of a try or of a question.
        open_book: Whether the answers for each thing are told.
        mind: Who thinks of it.
    """
    preset, bank = PRESET[case.subject], questions(case.subject)
    told = {"name": case.name, "turns": turns, "cost": f"{cost:g}"}
    told["questions"] = "; ".join(f"{name} ({each.words})" for name, each in bank.items())
    if isinstance(mind, Teller):
        told |= _riddle(case, mind)
    elif preset == "rule":
        told |= dict(zip("abc", TESTS[case.subject], strict=True))
        told |= {"rules": ", ".join(table(case.subject).things), "largest": LARGEST}
    else:
        told["known"] = _known(case.subject, open_book)
    return fill(_TEXT[preset], told)


def _known(subject: str, open_book: bool) -> str:
    known = table(subject)
    if not open_book:
        return fill(_TEXT["closed"], {"lists": ", ".join(known.things)})
    lists = []
    for thing, place in known.place.items():
        said = {name: answers[place] for name, answers in known.rows.items()}
        told = [name for name in said if said[name] == "yes"] if subject == "things" else said.values()
        lists.append(f"{thing}: {', '.join(told)}")
    return fill(_TEXT[f"{subject}_open"], {"lists": "; ".join(lists)})


def _riddle(case: Case, mind: Teller) -> dict[str, Any]:
    rest = {name: each for name, each in questions(case.subject).items() if name not in ("mishap", "plan")}
    game: Mystery = mind.game
    numbers = {name: getattr(mind, name) for name in ("likely", "sign", "noise", "hurried", "leave", "tell")}
    numbers |= {name: getattr(game, name) for name in ("twist", "half", "circumstance")}
    numbers |= {"less_sign": 1.0 - mind.sign, "less_tell": 1.0 - mind.tell}
    facts = "; ".join(f"{name}: yes means that {each.yes}, no that {each.no}" for name, each in rest.items())
    return {name: f"{number:g}" for name, number in numbers.items()} | {"facts": facts, "story": story(case.subject)}
