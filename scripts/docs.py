"""`python -m dialogym.scripts.docs`: render ``docs/negotiation.md`` from the family's docstring and from numbers computed here."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from ..core.solver import Solution
from ..envs.family import Family, load_family
from ..envs.negotiation import Bargain, Negotiation
from ..envs.registration import NEGOTIATION, TABLE
from ..evaluation.exact import expected_return
from ..evaluation.human_likeness import compare_with_people
from ..games.negotiation import SEATS
from ..policies.negotiation import HEURISTICS, sweep
from ..policies.policy import FunctionPolicy
from ..simulated_users.negotiation import POPULATIONS, Haggler

PAGE = Path(__file__).parent.parent / "docs" / "negotiation.md"
PLANNERS = ("myopic", "lookahead")
DIALOGUES = 3000


def main() -> None:
    """Compute and write; takes a minute or two, most of it for the sweep."""
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE}")


def render() -> str:
    """The whole page."""
    parts = [
        "<!-- Made by `python -m dialogym.scripts.docs` from the docstring of dialogym.envs.negotiation.Negotiation. Edit that, not this. -->",
        page_text(Negotiation),
        "# Numbers",
        "Everything below was computed by `python -m dialogym.scripts.docs`.",
        *_variants(),
        *_people(),
        *_swept(),
    ]
    return "\n\n".join(parts) + "\n"


def page_text(family: type) -> str:
    """A family's docstring as Markdown: the one-line summary becomes the introduction, ``Args:`` becomes a list of settings."""
    text, _, arguments = inspect.cleandoc(family.__doc__ or "").partition("\nArgs:\n")
    page = f"# {family.__name__}\n\n{text.strip()}"
    if arguments:
        page += "\n\n## Settings\n\n" + "\n".join(_settings(arguments.splitlines()))
    return page


def variants() -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and settings of each registered variant."""
    for env_id, (path, settings) in TABLE.items():
        if path == NEGOTIATION:
            yield env_id, settings


def classes(family: Negotiation) -> list[Bargain]:
    """One scenario for each value of the learner: those that differ only in scale share a solution, and all are equally many."""
    return list({round(s.value / s.list_price, 6): s for s in family.scenarios()}.values())


def optimum(family: Negotiation) -> float:
    """Best expected payoff, as the mean over scenarios."""
    return _mean(family.setting(scenario).solution.start_value() for scenario in classes(family))


def _settings(lines: Sequence[str]) -> Iterator[str]:
    """Google-style arguments as a Markdown list, an item a line."""
    item = ""
    for line in lines:
        name, colon, text = line.strip().partition(": ")
        if line.startswith("     "):
            item += " " + line.strip()
        elif line.strip() and colon:
            if item:
                yield item
            item = f"- `{name}`: {text}"
    yield item


def _variants() -> Iterator[str]:
    yield "## The optimum of each variant"
    yield (
        "Expected payoffs, summed exactly over every scenario and every hidden type; the payoff is the discounted gain as a share of the list price. "
        "In brackets: the share of the optimum. Both roles have the same optimum, because each side bargains over the same range; each column is computed "
        "apart. *Secret known* is what a learner could get that is told the hidden type at the start. *Myopic* maximises the payoff of its next turn alone, "
        "*lookahead* of its next two. The parameters of the fixed heuristics are the best on Negotiation-v0, see below. The seconds are of the machine that "
        "made this page, in one process."
    )
    for env_id, settings in variants():
        yield f"### {env_id}"
        columns, facts = [], []
        for role in SEATS:
            family = load_family(NEGOTIATION, {**settings, "role": role})
            assert isinstance(family, Negotiation)
            facts.append(_facts(family))
            columns.append(_returns(family))
        best = [column["optimum"] for column in columns]
        rows = [[name, *(f"{c[name]:.4f} ({c[name] / b:.0%})" for c, b in zip(columns, best, strict=True))] for name in columns[0]]
        yield _table(["policy", *(f"as {role}" for role in SEATS)], rows)
        yield _table(["", *(f"as {role}" for role in SEATS)], [[name, *(fact[name] for fact in facts)] for name in facts[0]])


def _returns(family: Negotiation) -> dict[str, float]:
    known = _mean(family.setting(scenario).solution.known_value() for scenario in classes(family))
    played = {name: expected_return(cast(Family, cast(Any, family)), name) for name in (*PLANNERS, *HEURISTICS)}
    return {"optimum": optimum(family), "secret known": known, **played}


def _facts(family: Negotiation) -> dict[str, str]:
    states, seconds, apart = 0, [], []
    for scenario in classes(family):
        setting = family.setting(scenario)
        game = setting.game.canonical()
        mind = Haggler(game, family.partner, POPULATIONS[family.population])
        solution = Solution(game, mind, family.role, mind.candidates)  # a new one, that nobody has asked for anything yet
        start = time.perf_counter()
        solution.start_value()
        seconds.append(time.perf_counter() - start)
        states += solution.states
        sign = 1 if family.role == "buyer" else -1
        reservations = setting.prior.map(lambda hidden, s=scenario: family.reveal(s, hidden)["reservation"])
        apart.append(math.fsum(p for reservation, p in reservations if sign * (reservation - scenario.value) > 0))
    return {
        "scenarios": str(len(family.scenarios())),
        "hidden types": str(len(family.setting(family.scenarios()[0]).prior)),
        "scenarios without a zone of agreement": f"{_mean(apart):.1%}",
        "scenario classes (one for each value)": str(len(seconds)),
        "information states solved, all classes": f"{states:,}",
        "seconds to solve a class, mean (longest)": f"{_mean(seconds):.3f} ({max(seconds):.3f})",
    }


def _people() -> Iterator[str]:
    yield "## Beside people"
    yield (
        f"The `scripted` buyer against the default population, {DIALOGUES:,} dialogues, beside 376 dialogues between people of CraigslistBargain (He et al. "
        "2018). Mean and standard deviation; prices are shares of the list price. For people, no spread is given of the concessions and the number of turns. "
        "The list price that the seller opens with stands for the advertisement: it is not counted as an offer, though it is counted as a turn. "
        "The concessions are given twice, over all offers and without those that repeat the price before, because the human figures do not say which they are. "
        "Ours repeat more prices, and our dialogues are longer."
    )
    rows = []
    for row in compare_with_people(episodes=DIALOGUES):
        people = f"{row.people:.3g}" + (f" ± {row.people_deviation:.3g}" if row.people_deviation is not None else "")
        apart = "" if row.distance is None else f"{row.distance:.2f}"
        rows.append([row.measure, people, f"{row.ours:.3f} ± {row.ours_deviation:.3f}", f"{row.count:,}", apart])
    yield _table(["measure", "people", "ours", "values", "human standard deviations apart"], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed heuristics"
    family = Negotiation()
    best = optimum(family)
    kinds: dict[str, list[tuple[float, str]]] = {}
    for name, speak in sweep().items():
        kinds.setdefault(name.partition("(")[0], []).append((expected_return(cast(Family, cast(Any, family)), FunctionPolicy(name, speak)), name))
    total = sum(map(len, kinds.values()))
    yield (
        f"Each kind was tried on Negotiation-v0 with every parameter of a grid ({total} rules in all), exactly. These are the best of each kind. Prices are in "
        "ticks of 5% of the list price; `dialogym.policies.negotiation.sweep` defines the grid, and says what the parameters are."
    )
    rows = [[kind, str(len(tried)), f"`{max(tried)[1]}`", f"{max(tried)[0]:.4f}", f"{max(tried)[0] / best:.0%}"] for kind, tried in kinds.items()]
    yield _table(["kind", "tried", "best", "return", "share of the optimum"], sorted(rows, key=lambda row: float(row[3]), reverse=True))


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
