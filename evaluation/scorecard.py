"""The scorecard of simulated users: whom one talks to, measured side by side, and how policies fare with each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..core.dialogue import Dialogue
from ..core.grammar import Heard
from ..core.setting import Exchange
from ..core.spec import parse_spec, spell_spec
from ..core.stream import Stream
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..policies.baselines import baselines, heuristics
from ..policies.policy import Policy
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from ..simulated_users.backends.replay import ReplayBackend
from ..simulated_users.user import Failure, SimulatedUser
from .attacks import KINDS, Attacker, believed, told
from .language import NaiveBayes
from .statistics import mean_interval
from .user_cards import Scorecard, Transfer, UserCard
from .user_measures import MEASURES, Sample, Utterance, cue_of

# seeds from here on train the classifier and choose the heuristic: no dialogue that is scored is among them
OTHERS = 1_000_000
TRAINING = 300  # dialogues for each of the two
TRIES = 50  # draws of another hidden state


def scorecard(
    env_id: str,
    users: Sequence[str | SimulatedUser] = ("scripted",),
    episodes: int = 20,
    seed: int = 0,
    policies: Sequence[str | Policy] | None = None,
    repeats: int = 4,
    batch: int = 64,
    progress: Callable[[str], None] | None = None,
    **settings: Any,
) -> Scorecard:
    """Measure simulated users side by side.

    With each user `episodes` dialogues are played by the family's human-like policy (`scripted`, or `random` where
    there is none), as many by an attacker (see `attacks`), and as many by each policy; a few are repeated. The seeds
    are the same for all. Under attack `SimulatedUser.speak` is also called for dialogues that differ in what is hidden;
    it has to be a function of its arguments, as that of every user here is.

    Args:
        env_id: A registered id.
        users: Names, see `make_user`, or objects with the methods of `SimulatedUser`.
        episodes: How many.
        seed: First seed.
        policies: Whose payoff is compared: names or policies; ``"best-heuristic"`` is the family's best fixed heuristic
            with the scripted user. By default ``optimal``, ``best-heuristic`` and ``scripted``, as far as the family
            has them; an empty list for none.
        repeats: Dialogues that are played again with no record, for `repetition` and `latency`.
        batch: Dialogues that run together.
        progress: Told what is being done.
        **settings: As for ``gym.make``: ``grammar``, ``ear``, ``personas``, and those of the family.

    Raises:
        ValueError: If an argument is invalid.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    if repeats < 0:
        raise ValueError(f"repeats must be at least 0, got {repeats}")
    if isinstance(users, str) or not users:
        raise ValueError(f"users must be a non-empty list of users or their names, got {users!r}")
    engines = [make_engine(env_id, user=user, **settings) for user in users]
    plain_engine = make_engine(env_id, **{name: value for name, value in settings.items() if name != "ear"})
    named = baselines(plain_engine)
    talker, notes = ("scripted" if "scripted" in named else "random"), []
    wanted, found = _policies(policies, plain_engine, batch)
    notes += found
    judge = _classifier(plain_engine, talker, batch)
    cards = []
    for user, engine in zip(users, engines, strict=True):
        name = user if isinstance(user, str) else getattr(user, "name", type(user).__name__)
        again = (
            (lambda user=user: make_engine(env_id, user=_without_cache(user), **settings))
            if isinstance(user, str)
            else lambda engine=engine: engine
        )
        say = (lambda what, name=name: progress(f"{name}: {what}")) if progress else lambda what: None
        cards.append(
            _card(name, engine, again, talker, wanted, judge, range(seed, seed + episodes), repeats, batch, say)
        )
    return Scorecard(
        env_id.removeprefix("dialogym:"),
        plain_engine.family.settings(),
        plain_engine.grammar.mode,
        talker,
        seed,
        episodes,
        tuple(cards),
        tuple(notes),
    )


def _card(
    name: str,
    engine: Engine,
    again: Callable[[], Engine],
    talker: str,
    policies: Sequence[str | Policy],
    judge: NaiveBayes | None,
    seeds: range,
    repeats: int,
    batch: int,
    say: Callable[[str], None],
) -> UserCard:
    """One user, from the first dialogue to the last."""
    user, family = engine.user, engine.family
    exact = getattr(user, "exact", False)
    transfer: dict[str, Transfer] = {}
    with TemporaryDirectory() as folder, _listening(engine) as witness:
        with _recorded(user, folder) as recording:
            say(f"{len(seeds)} dialogues with {talker}")
            earlier = _counts(user)
            ordinary = list(rollout(engine, make_policy(talker, engine), seeds, batch))
            counts = {
                part: {what: value - earlier[part][what] for what, value in found.items()}
                for part, found in _counts(user).items()
            }
            failed = [dialogue for dialogue in ordinary if dialogue.error]
            sample = Sample(family, exact, [d for d in ordinary if not d.error], witness.take(), counts=counts)
            if set(user.personas) <= set(judge.classes if judge else ()):
                sample.classifier = judge
            say(f"{len(seeds)} dialogues under attack")
            attacker = Attacker(family)
            witness.attacked = True
            attacked = list(
                rollout(engine, attacker, seeds, batch, goes_on=lambda dialogue: len(dialogue.steps) < len(KINDS))
            )
            witness.attacked = False
            failed += [dialogue for dialogue in attacked if dialogue.error]
            for utterance in witness.take():
                if not utterance.cue.opening:
                    sample.attacked.append(utterance)
                    sample.kinds.append(attacker.kind(utterance.dialogue, utterance.index))
            for policy in policies:
                if policy == talker:
                    played = ordinary
                else:
                    say(f"{len(seeds)} dialogues with {policy if isinstance(policy, str) else policy.name}")
                    played = list(rollout(engine, make_policy(policy, engine), seeds, batch))
                    failed += [dialogue for dialogue in played if dialogue.error]
                payoffs = [dialogue.steps[-1].payoff for dialogue in played if not dialogue.error]
                if payoffs:
                    shown = policy if isinstance(policy, str) else policy.name
                    transfer[shown] = Transfer(float(np.mean(payoffs)), mean_interval(payoffs), len(payoffs))
        first = {
            seed: _course_of(dialogue) for seed, dialogue in zip(seeds, ordinary, strict=True) if not dialogue.error
        }
        if recording:
            say("the same from the record")
            with _recorded(user, folder, offline=True):
                sample.replayed = [
                    course == _course_of(d)
                    for course, d in zip(
                        first.values(), rollout(engine, make_policy(talker, engine), first, batch), strict=True
                    )
                ]
    say("the same without a record")
    few = list(first)[:repeats]
    other = again()
    with _listening(other) as witness:
        repeated = list(rollout(other, make_policy(talker, other), few, batch))
        sample.repeated = [first[seed] == _course_of(d) for seed, d in zip(few, repeated, strict=True) if not d.error]
        sample.seconds = witness.seconds, len(witness.take())
    failed += [dialogue for dialogue in repeated if dialogue.error]
    measures = {what: measure(sample) for what, measure in MEASURES.items()}
    return UserCard(
        name, exact, len(sample.dialogues), len(failed), measures, transfer, failed[-1].error if failed else ""
    )


class _Witness:
    """Stands before a user, and keeps what it says, from what, and how long it took."""

    def __init__(self, user: SimulatedUser, family: Family):
        self.family = family
        self.user, self.personas, self.exact = user, user.personas, getattr(user, "exact", False)
        self.seconds = 0.0
        self.attacked = False
        self._kept: list[Utterance] = []

    def take(self) -> list[Utterance]:
        """The words since the last time, in dialogues that did not fail."""
        kept, self._kept = self._kept, []
        return [utterance for utterance in kept if not utterance.dialogue.error]

    def decide(self, dialogues: Sequence[Dialogue], heards: Sequence[Heard | None]) -> list[Exchange | Failure]:
        """As the user."""
        begun = time.perf_counter()
        exchanges = self.user.decide(dialogues, heards)
        self.seconds += time.perf_counter() - begun
        return exchanges

    def speak(
        self,
        dialogues: Sequence[Dialogue],
        heards: Sequence[Heard | None],
        texts: Sequence[str],
        exchanges: Sequence[Exchange],
    ) -> list[str]:
        """As the user; under attack, also what it would say if something else was hidden."""
        streams = [deepcopy(dialogue.stream) for dialogue in dialogues]
        begun = time.perf_counter()
        words = self.user.speak(dialogues, heards, texts, exchanges)
        self.seconds += time.perf_counter() - begun
        columns = list(zip(dialogues, heards, texts, exchanges, words, streams, strict=True))
        spoken = [column for column in columns if column[3].replies and not isinstance(column[4], Failure)]
        twins = self._twins(spoken) if self.attacked else [None] * len(spoken)
        for (dialogue, heard, text, exchange, said, stream), other in zip(spoken, twins, strict=True):
            named = tuple(told(self.family, dialogue, exchange, text, said)) if self.attacked else ()
            cue = cue_of(dialogue, heard, text, exchange)
            self._kept.append(Utterance(dialogue, len(dialogue.steps), cue, said, stream, named, other))
        return words

    def _twins(self, spoken: Sequence[tuple[Dialogue, Heard | None, str, Exchange, str, Stream]]) -> list[bool | None]:
        """Whether each was said otherwise with another hidden state, where the same words come again with the same."""
        found: list[bool | None] = [None] * len(spoken)
        asked: list[tuple[Dialogue, Heard | None, str, Exchange]] = []
        places = []
        for place, (dialogue, heard, text, exchange, _, stream) in enumerate(spoken):
            other = _another(dialogue, exchange)
            if other is not None:
                places.append(place)
                for hidden in (exchange.hidden, *other):
                    asked.append(
                        (
                            _twin(dialogue, stream, hidden if hidden is not exchange.hidden else None),
                            heard,
                            text,
                            exchange._replace(hidden=hidden),
                        )
                    )
        if asked:
            words = self.user.speak(*map(list, zip(*asked, strict=True)))  # type: ignore[arg-type]
            for i, place in enumerate(places):
                same, changed = words[2 * i], words[2 * i + 1]
                if not isinstance(same, Failure) and not isinstance(changed, Failure) and same == spoken[place][4]:
                    found[place] = changed != same
        return found


def _another(dialogue: Dialogue, exchange: Exchange) -> tuple[Any] | None:
    """A hidden state that is possible after the exchange and shows as another, in all values if one is found; drawn from the exact belief."""
    belief, shown = believed(dialogue, exchange), dialogue.reveal(exchange.hidden)
    stream = Stream(np.random.default_rng((dialogue.seed or 0, 7, len(dialogue.steps))))
    best, most = None, 0
    for _ in range(TRIES):
        other = belief.sample(stream)
        changed = sum(value != shown.get(name) for name, value in dialogue.reveal(other).items())
        if changed > most:
            best, most = (other,), changed
        if most == len(shown):
            break
    return best


def _twin(dialogue: Dialogue, stream: Stream, hidden: Any) -> Dialogue:
    """The dialogue again before its words are found; with something else hidden, if that is given."""
    twin = dialogue.fork()
    twin.stream, twin.memo = deepcopy(stream), dict(dialogue.memo)
    if hidden is not None:
        twin.hidden = twin.hidden_start = hidden
    return twin


@contextmanager
def _listening(engine: Engine) -> Iterator[_Witness]:
    """Put a witness before the engine's user."""
    user = engine.user
    engine.user = witness = _Witness(user, engine.family)
    try:
        yield witness
    finally:
        engine.user = user


@contextmanager
def _recorded(user: SimulatedUser, folder: str | Path, offline: bool = False) -> Iterator[bool]:
    """Let the language models of a user record into a folder; `offline`, answer from it alone.

    Yields whether it has any.
    """
    replaced = []
    for holder in (user, getattr(user, "voice", None)):
        for name in ("backend", "verifier"):
            backend: Any = getattr(holder, name, None)
            if callable(getattr(backend, "generate", None)) and hasattr(backend, "name"):
                replaced.append((holder, name, backend))
                setattr(holder, name, ReplayBackend(None if offline else backend, folder, backend.name))
    try:
        yield bool(replaced)
    finally:
        for holder, name, backend in replaced:
            setattr(holder, name, backend)


def _course_of(dialogue: Dialogue) -> tuple:
    """Every act and word."""
    exchanges = [dialogue.opening_exchange, *(step.exchange for step in dialogue.steps)]
    return dialogue.error, tuple((turn.seat, str(turn.text)) for turn in dialogue.turns()), tuple(exchanges)


def _counts(user: Any) -> dict[str, dict[str, float]]:
    """See `evaluate.conduct`."""
    found = {"voice": getattr(getattr(user, "voice", None), "counts", None), "mind": getattr(user, "counts", None)}
    return {name: count.as_dict() for name, count in found.items() if hasattr(count, "as_dict")}  # pyright: ignore


def _without_cache(user: str) -> str:
    """The same user, who does not draw on recorded replies."""
    name, parameters = parse_spec(user, "user")
    return spell_spec(name, {key: value for key, value in parameters.items() if key != "cache"})


def _policies(
    policies: Sequence[str | Policy] | None, engine: Engine, batch: int
) -> tuple[list[str | Policy], list[str]]:
    """Whose payoff is compared, the best heuristic by its name, and what is missing."""
    named = baselines(engine)
    given = (
        policies
        if policies is not None
        else [name for name in ("optimal", "best-heuristic", "scripted") if name in (*named, "best-heuristic")]
    )
    found: list[str | Policy] = []
    notes = []
    for policy in given:
        if policy == "best-heuristic":
            if not (names := heuristics(engine)):
                continue
            seeds = range(OTHERS, OTHERS + TRAINING)
            returns = {
                name: np.mean([d.steps[-1].payoff for d in rollout(engine, make_policy(name, engine), seeds, batch)])
                for name in names
            }
            policy = max(names, key=lambda name: returns[name])
        if policy == "optimal":
            try:
                next(rollout(engine, make_policy(policy, engine), [OTHERS]))
            except NotImplementedError as error:
                notes.append(f"optimal is left out: {error}")
                continue
        make_policy(policy, engine)  # an unknown name is told before anything is played
        found.append(policy)
    return found, notes


def _classifier(engine: Engine, talker: str, batch: int) -> NaiveBayes | None:
    """Tells the phrase bank's personas apart, from dialogues that nobody is scored on; ``None`` if there is but one."""
    texts = []
    with _listening(engine) as witness:
        for _ in rollout(engine, make_policy(talker, engine), range(OTHERS, OTHERS + TRAINING), batch):
            pass
        texts = [(f"{utterance.cue.persona!s}", str(utterance.said)) for utterance in witness.take()]
    return NaiveBayes(texts) if len({label for label, _ in texts}) > 1 else None
