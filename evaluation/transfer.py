"""Do policies keep their order with other people than those they were trained with? Every policy plays every person.

A *person* is a kind of simulated user: settings of `make_engine`, with another user, another population or another
registered id of the same acts. What a policy earns with whom is a table; how far two kinds of people agree about which
policy is better is the rank correlation of the policies' mean payoffs, as SimulatorArena holds simulated users against
real ones (Dou et al. 2025).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from ..core.belief import OutOfReach
from ..core.checks import integer
from ..core.spec import read_value, split_commas
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..envs.registration import TABLE, bare, families, lookup
from ..envs.seeds import seed_in
from ..policies.baselines import PLANNERS
from ..policies.policy import PolicySpec
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from .judge_card import rank_correlation
from .statistics import Interval, mean_interval
from .tables import PADDING, Printable, between, markdown, number

EPISODES = 500
FEW = 10
"""Dialogues with a person for whom a language model is asked."""
_DRAWS = 2000
_LABEL = re.compile(r"[\w. -]+")


@dataclass(frozen=True)
class Transfer(Printable):
    """What every policy earned with every kind of person. Intervals are of 95%.

    Attributes:
        env_id: Whose game it is.
        seed: The first; all play the same seeds.
        payoffs: Person -> policy -> payoff of each dialogue, shape (episodes,); NaN where the machinery failed.
    """

    env_id: str
    seed: int
    payoffs: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def persons(self) -> tuple[str, ...]:
        """Kinds of people, in the order given."""
        return tuple(self.payoffs)

    @property
    def policies(self) -> tuple[str, ...]:
        """Policies, in the order given."""
        return tuple(next(iter(self.payoffs.values())))

    def cell(self, policy: str, person: str) -> tuple[float, Interval]:
        """Mean payoff of a policy with a person, and its interval."""
        counted = _counted(self.payoffs[person][policy])
        return float(counted.mean()), mean_interval(counted)

    def agreement(self, one: str, other: str) -> tuple[float, Interval]:
        """Rank correlation (Spearman) of the policies' mean payoffs with two persons.

        The interval is that of the dialogues' luck (bootstrap over each person's dialogues, all policies together); it
        says nothing of policies that are not there.
        """
        means = [[self.cell(policy, person)[0] for policy in self.policies] for person in (one, other)]
        generator = np.random.default_rng(0)
        drawn = [self._drawn(person, generator) for person in (one, other)]
        found = [rank_correlation(a, b) for a, b in zip(*(one.tolist() for one in drawn), strict=True)]
        return rank_correlation(*means), Interval(*np.quantile(found, (0.025, 0.975)).tolist())

    def _drawn(self, person: str, generator: np.random.Generator) -> np.ndarray:
        """Means of dialogues drawn again, shape (draws, policies)."""
        table = np.stack([self.payoffs[person][policy] for policy in self.policies], axis=1)
        table = table[~np.isnan(table).any(axis=1)]
        return table[generator.integers(0, len(table), (_DRAWS, len(table)))].mean(axis=1)

    def episodes(self, person: str) -> int:
        """Dialogues that each policy had with a person."""
        return len(next(iter(self.payoffs[person].values())))

    def to_json(self) -> dict[str, Any]:
        """Means, intervals and rank correlations, in plain values."""
        cells: dict[str, dict[str, list[float]]] = {person: {} for person in self.persons}
        for person, found in cells.items():
            for policy in self.policies:
                mean, interval = self.cell(policy, person)
                found[policy] = [mean, *interval]
        pairs = [
            {"persons": [one, other], "correlation": value, "interval": list(interval)}
            for one, other in self._pairs()
            for value, interval in [self.agreement(one, other)]
        ]
        episodes = {person: self.episodes(person) for person in self.persons}
        return {
            "env_id": self.env_id,
            "seed": self.seed,
            "episodes": episodes,
            "payoffs": cells,
            "rank_correlation": pairs,
        }

    def to_markdown(self) -> str:
        """Two tables for a page: payoffs with half intervals, and rank correlations with intervals."""
        tables = [markdown([["policy", *self._heads()], *self._rows()])]
        if len(self.policies) > 2 and len(self.persons) > 1:
            head, *rest = self._correlations()
            tables.append(markdown([head, *rest]))
        return "\n\n".join(tables)

    def __rich__(self) -> RenderableType:
        heads, title = self._heads(), f"{self.env_id} · mean payoff · seeds from {self.seed}"
        played = {self.episodes(person) for person in self.persons}
        if len(played) == 1:  # narrower
            heads, title = list(self.persons), f"{title}, {played.pop()} dialogues each"
        tables = [_table(["policy", *heads], self._rows(), title)]
        if len(self.policies) > 2 and len(self.persons) > 1:
            head, *rest = self._correlations()
            tables.append(_table(head, rest, f"rank correlation over {len(self.policies)} policies"))
        return Group(*tables)

    def _heads(self) -> list[str]:
        return [f"{person} ({self.episodes(person)})" for person in self.persons]

    def _rows(self) -> list[list[str]]:
        best = {person: max(self.policies, key=lambda one: self.cell(one, person)[0]) for person in self.persons}
        rows = []
        for policy in self.policies:
            row = [policy]
            for person in self.persons:
                mean, (low, high) = self.cell(policy, person)
                row.append(f"{number(mean)} ± {number((high - low) / 2)}{' *' * (best[person] == policy)}")
            rows.append(row)
        return rows

    def _pairs(self) -> list[tuple[str, str]]:
        return [(one, other) for place, one in enumerate(self.persons) for other in self.persons[place + 1 :]]

    def _correlations(self) -> list[list[str]]:
        rows = [["", *self.persons[1:]]]
        for place, one in enumerate(self.persons[:-1]):
            found = [self.agreement(one, other) for other in self.persons[place + 1 :]]
            rows.append([one, *[""] * place, *(f"{number(value, 2)} {between(spread)}" for value, spread in found)])
        return rows


def transfer(
    env_id: str,
    policies: Sequence[str] | Mapping[str, PolicySpec],
    persons: Sequence[str] | Mapping[str, Mapping[str, Any]] | None = None,
    episodes: int = EPISODES,
    seed: int = 0,
    *,
    few: int = FEW,
    split: str | None = None,
    batch: int = 256,
    progress: Callable[[str], None] | None = None,
    **settings: Any,
) -> Transfer:
    """Let every policy play every kind of person, on the same seeds.

    Args:
        env_id: A registered id.
        policies: Two or more: names as for `make_policy`, each with a name of one's own before it if need be
            (``"tough=acts:FOLDER"``), or a mapping.
        persons: Two or more: ``"scripted"``, a registered id with the same acts, or settings as for `make_engine`, such
            as ``"population=hard"``, ``"user=llm:smollm2"`` or several with commas; or a mapping from a name to such
            settings (with ``env_id``, if it is another id). By default every id of the family that has the same acts.
        episodes: Dialogues of each policy with each person.
        seed: Of the first.
        few: Dialogues with a person for whom a language model is asked.
        split: As for `evaluate`.
        batch: Dialogues that run together.
        progress: Is told how far it has come.
        **settings: Of all persons.

    Raises:
        ValueError: If an argument is not among the valid ones.
        OutOfReach: If the optimum is to play where nobody can compute it. Nothing was played then.
        ConnectionError: If the machinery failed in every dialogue of a policy with a person.
    """
    named = _labelled(policies)
    home = make_engine(env_id, **settings)
    relatives = _relatives(home, env_id, settings) if persons is None else ()
    persons = relatives if persons is None else persons
    people = {key: _settings(key) for key in persons} if not isinstance(persons, Mapping) else dict(persons)
    for name, found in (("policies", named), ("persons", people)):
        if len(found) < 2 or (not isinstance(found, Mapping) and len(set(found)) < len(found)):
            such = " (such as --on scripted population=hard)" if name == "persons" else ""
            raise ValueError(f"{name} must be two or more, each once{such}; got {', '.join(found) or 'none'}")
    integer(1, episodes=episodes, few=few, batch=batch)
    integer(0, seed=seed)
    payoffs: dict[str, dict[str, np.ndarray]] = {}
    engines: dict[str, Engine] = {}
    for person, given in people.items():  # what is wrong with one is said before anything is played
        engine = engines[person] = make_engine(**{"env_id": env_id, **settings, **given})
        if engine.family.acts != home.family.acts:
            raise ValueError(f"persons must play the same game; {person!r} has other acts than {env_id!r}")
        try:
            _plan(named, {"env_id": env_id, **settings, **given})
        except OutOfReach as error:
            if person not in relatives[1:]:
                raise
            del engines[person]
            if progress is not None:
                progress(f"without {person}: {error}")
    for person, engine in engines.items():
        own = {**settings, **people[person]}
        number_of = few if str(own.get("user", "scripted")) != "scripted" else episodes
        first = seed_in(split, seed, number_of)
        payoffs[person] = {}
        for name, policy in named.items():
            payoffs[person][name] = _played(
                engine, policy, range(first, first + number_of), batch, f"{name} with {person}"
            )
            if progress is not None:
                progress(f"{name} with {person}: {number(float(_counted(payoffs[person][name]).mean()))}")
    return Transfer(bare(env_id), seed_in(split, seed), payoffs)


def _relatives(home: Engine, env_id: str, settings: Mapping[str, Any]) -> list[str]:
    """The id itself, then the others of its family with the same acts."""
    own = bare(env_id)
    others = [other for other in families()[TABLE[own][0]] if other != own]
    return [own, *(other for other in others if make_engine(other, **settings).family.acts == home.family.acts)]


def _plan(policies: Mapping[str, PolicySpec], settings: Mapping[str, Any]) -> None:
    """Let those that plan play one dialogue, with the scripted person: an optimum out of reach shows there."""
    engine = make_engine(**{**settings, "user": "scripted"})
    for name, policy in policies.items():
        if isinstance(policy, str) and policy in PLANNERS:
            _played(engine, policy, range(1), 1, name)


def _played(engine: Engine, policy: PolicySpec, seeds: range, batch: int, about: str) -> np.ndarray:
    speaker, found = make_policy(policy, engine), np.full(len(seeds), np.nan)
    for place, dialogue in enumerate(rollout(engine, speaker, seeds, batch)):
        if not dialogue.error:
            found[place] = dialogue.steps[-1].payoff
    if np.isnan(found).all():
        raise ConnectionError(f"all {len(seeds)} dialogues failed: {about}")
    return found


def _counted(payoffs: np.ndarray) -> np.ndarray:
    return payoffs[~np.isnan(payoffs)]


def _labelled(policies: Sequence[str] | Mapping[str, PolicySpec]) -> dict[str, PolicySpec]:
    if isinstance(policies, Mapping):
        return dict(policies)
    found: dict[str, PolicySpec] = {}
    for policy in policies:
        label, sign, rest = policy.partition("=")
        named = bool(sign) and _LABEL.fullmatch(label) is not None
        if (label if named else policy) in found:
            raise ValueError(f"policies must each be there once; got {policy!r} again")
        found[label if named else policy] = rest if named else policy
    return found


def _settings(person: str) -> dict[str, Any]:
    """What a person is in settings: of one's own id, or another id."""
    if person == "scripted":
        return {}
    if "=" not in person:
        try:
            lookup(person)
        except ValueError as error:
            raise ValueError(
                f"a person must be 'scripted', a registered id or settings such as user=llm:MODEL; got {person!r}"
            ) from error
        return {"env_id": person}
    pairs = (part.partition("=") for part in split_commas(person))
    return {name.strip(): read_value(value) for name, _, value in pairs}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> Table:
    table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False, title=title, title_justify="left")
    table.add_column(head[0], overflow="fold")
    for one in head[1:]:
        table.add_column(one, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
