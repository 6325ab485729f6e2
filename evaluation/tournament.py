"""Policies that meet each other: who earns what against whom, and who is the strongest.

Every player sits in every seat, among copies of every player, on the same seeds. With two seats that is every ordered
pair. A *round* is all that is played on one seed. What comes of it is in `standings`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from ..core.checks import integer
from ..core.spec import split_commas
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..envs.registration import bare
from ..envs.seated import with_role
from ..envs.seeds import check_split, seed_in
from ..policies.baselines import PLANNERS, heuristics, human_like
from ..policies.duel import Duel, listener, play_duels
from ..policies.policy import Policy, PolicySpec
from ..policies.registry import make_policy
from ..policies.remote import is_remote
from ..policies.rollout import TOGETHER
from .standings import Meeting, Tournament

ROUNDS = 200
_ABSENT = {
    "clairvoyant": "it is told what is hidden in a simulated person, and there is none",
    "human": "a person cannot play so many dialogues at once",
}


def tournament(
    env_id: str,
    players: Sequence[str] | Mapping[str, PolicySpec | Mapping[str, PolicySpec]] | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
    *,
    grammar: str = "natural",
    split: str | None = None,
    batch: int = TOGETHER,
    progress: Callable[[str], None] | None = None,
    **settings: Any,
) -> Tournament:
    """Let policies meet each other in a family whose seats can learn.

    Args:
        env_id: A registered id; its family has `duel`.
        players: Two or more: names as for `make_policy`, or a name of one's own for each policy. What plays one seat
            only, such as an act policy, makes a player together with what plays the others:
            ``"buyer=acts:FOLDER,seller=scripted"``, or a mapping from seat to policy. Planners hold the belief, and
            play the best response, of somebody who takes the other seats for the simulated people of the family. By
            default the optimum (two heuristics of the family where it cannot sit in every seat), scripted play and
            random play.
        rounds: How many seeds are played.
        seed: The first of them.
        grammar: ``"natural"`` or ``"tagged"``.
        split: As for `evaluate`: seeds count from the first of its own.
        batch: Dialogues that run together.
        progress: Is told how far it has come.
        **settings: Of the family.

    Raises:
        ValueError: If an argument is not among the valid ones, or a policy cannot sit in a seat.
    """
    named = None if players is None else _named(players)
    integer(1, rounds=rounds, batch=batch)
    integer(0, seed=seed)
    check_split(split)
    engine = make_engine(env_id, grammar=grammar, **settings)
    family: Any = engine.family
    if family.duel is None:
        raise ValueError(f"env_id must be of a family in which several seats can learn; {env_id!r} has one")
    seats, seeds = family.people_seats, tuple(seed_in(split, seed + place) for place in range(rounds))
    roles = all(with_role(family, seat) for seat in seats)  # a policy is asked as if its seat had that role
    engines = {seat: make_engine(env_id, grammar=grammar, **settings, role=seat) if roles else engine for seat in seats}
    both = Duel(family, seeds[0]).env.both
    heard = {seat: listener(family, both, seat) is not None for seat in seats}
    if named is None:
        best = ("optimal",) if all(heard.values()) else heuristics(engine)[:2]
        named = _named((*best, human_like(engine), "random"))
    seated = _seated(named, engine, engines, heard)
    tables = list(dict.fromkeys(_tables(list(named), seats)))
    meetings: list[Meeting] = []
    for table in tables:
        who = {seat: seated[player][seat] for seat, player in zip(seats, table, strict=True)}
        for first in range(0, rounds, batch):
            some = seeds[first : first + batch]
            duels = play_duels(family, [who] * len(some), some, grammar=grammar, listening=True)
            meetings += [_meeting(duel, dict(zip(seats, table, strict=True))) for duel in duels]
            if progress is not None:
                progress(f"{len(meetings)} of {len(tables) * rounds} dialogues")
    for policy in {id(policy): policy for sides in seated.values() for policy in sides.values()}.values():
        getattr(policy, "close", lambda: None)()
    return Tournament(bare(env_id), tuple(named), seats, seeds, grammar, tuple(meetings))


def _named(players: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(players, str) or not isinstance(players, (Mapping, Sequence)):
        raise ValueError(f"players must be a list of names of policies, or policies by name; got {players!r}")
    named = dict(players) if isinstance(players, Mapping) else {name: name for name in players}
    if len(named) < len(players):
        again = [name for name, times in Counter(players).items() if times > 1]
        raise ValueError(f"players must differ in name; got {', '.join(again)} more than once")
    if len(named) < 2:
        raise ValueError(f"players must be two or more, got {', '.join(named) or 'none'}")
    return named


def _tables(players: Sequence[str], seats: Sequence[str]) -> list[tuple[str, ...]]:
    """Who sits where: each player in each seat among copies of each player."""
    return [
        tuple(player if place == seat else other for place in range(len(seats)))
        for player, other in product(players, repeat=2)
        for seat in range(len(seats))
    ]


def _seated(
    named: Mapping[str, Any], engine: Engine, engines: Mapping[str, Engine], heard: Mapping[str, bool]
) -> dict[str, dict[str, Policy]]:
    """The policy of each player in each seat."""
    family = engine.family
    made: dict[tuple[str, int], Policy] = {}
    seated: dict[str, dict[str, Policy]] = {}
    for player, given in named.items():
        seated[player] = {}
        for seat, spec in _team(player, given, family.people_seats).items():
            if not isinstance(spec, str):
                seated[player][seat] = make_policy(spec, engines[seat])
                continue
            _check(spec, seat, heard[seat])
            # a language model is one for all seats, since it takes much memory
            where = engine if spec.startswith("lm:") or is_remote(spec) else engines[seat]
            if (spec, id(where)) not in made:
                made[spec, id(where)] = make_policy(spec, where)
            seated[player][seat] = made[spec, id(where)]
    return seated


def _team(player: str, given: Any, seats: Sequence[str]) -> dict[str, PolicySpec]:
    """Who plays each seat for a player."""
    if isinstance(given, str) and given.startswith(tuple(f"{seat}=" for seat in seats)):
        given = {seat: spec for seat, _, spec in (part.strip().partition("=") for part in split_commas(given))}
    if not isinstance(given, Mapping):
        return dict.fromkeys(seats, given)
    if set(given) != set(seats):
        raise ValueError(f"player {player!r} must have a policy for each of {', '.join(seats)}; got {', '.join(given)}")
    return {seat: given[seat] for seat in seats}


def _check(spec: str, seat: str, heard: bool) -> None:
    """Refuse what cannot play, before anything is played."""
    for name in re.split(r"\+|noisy:|\(", spec):
        if name in _ABSENT:
            raise ValueError(f"players must do without {name!r}: {_ABSENT[name]}")
        if name in PLANNERS and not heard:
            raise ValueError(
                f"players must do without {name!r} as the {seat}: it plans with the mind of a simulated person, and "
                f"nobody is simulated opposite the {seat}; say who plays each seat, as SEAT=POLICY,SEAT=POLICY"
            )


def _meeting(duel: Duel, players: dict[str, str]) -> Meeting:
    turns = [
        {"seat": move.seat, "text": move.text, "act": duel.env.grammar.print(move.act), "problem": move.problem}
        for move in duel.env.room.told
    ]
    if duel.error:
        return Meeting(duel.seed, players, {}, turns, duel.error, players[duel.failed])
    return Meeting(duel.seed, players, duel.payoffs, turns)
