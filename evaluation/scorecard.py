"""The scorecard of simulated users: whom one talks to, measured side by side, and how policies fare with each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..core.dialogue import Dialogue
from ..core.grammar import Heard
from ..core.setting import Exchange
from ..core.solver import OutOfReach
from ..core.spec import parse_spec, spell_spec
from ..core.stream import Stream
from ..envs import seeds as seeds_of
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..envs.registration import bare
from ..policies.baselines import baselines, heuristics, human_like
from ..policies.policy import Policy
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from ..simulated_users.backends.replay import ReplayBackend
from ..simulated_users.user import Failure, SimulatedUser, cues_of
from .attacks import KINDS, Attacker, believed, told
from .evaluate import conduct, user_name
from .language import NaiveBayes
from .statistics import mean_interval
from .user_cards import Scorecard, Transfer, UserCard
from .user_measures import MEASURES, Sample, UserUtterance

TRAINING = 300  # dialogues that train the classifier, and that choose the heuristic
OTHERS = seeds_of.scorecard(TRAINING)  # no dialogue that is scored is among them
BEST = "best-heuristic"
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
        ConnectionError: If all ordinary dialogues failed, with every user. One user of several has an empty column.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    if repeats < 0:
        raise ValueError(f"repeats must be at least 0, got {repeats}")
    if isinstance(users, str) or not users:
        raise ValueError(f"users must be a non-empty list of users or their names, got {users!r}")
    engines = [make_engine(env_id, user=user, **settings) for user in users]
    plain_engine = make_engine(env_id, **{name: value for name, value in settings.items() if name != "ear"})
    talker = human_like(plain_engine)
    wanted, notes = _policies(policies, plain_engine, batch)
    classifier = _classifier(plain_engine, talker, batch)
    seeds, cards = range(seed, seed + episodes), []
    for user, engine in zip(users, engines, strict=True):
        name, say = user_name(user), progress or (lambda what: None)
        # a user with a cache would only repeat itself, so what is played again is played by one without
        other = make_engine(env_id, user=_without_cache(user), **settings) if isinstance(user, str) else engine
        said = lambda what, name=name, say=say: say(f"{name}: {what}")  # noqa: E731
        alone = len(users) == 1
        cards.append(_card(name, engine, other, talker, wanted, classifier, seeds, repeats, batch, alone, said))
    if not any(card.episodes for card in cards):
        raise _dead(cards[-1].user, episodes, cards[-1].error)
    settings, mode = plain_engine.family.settings(), plain_engine.grammar.mode
    env_id = bare(env_id)
    return Scorecard(env_id, settings, mode, talker, seed, episodes, tuple(cards), tuple(notes))


def _card(
    name: str,
    engine: Engine,
    other: Engine,
    talker: str,
    policies: Sequence[str | Policy],
    classifier: NaiveBayes | None,
    seeds: range,
    repeats: int,
    batch: int,
    alone: bool,
    say: Callable[[str], None],
) -> UserCard:
    """One user, from the first dialogue to the last; `other` is its engine for what is played again."""
    user, exact = engine.user, getattr(engine.user, "exact", False)
    transfer: dict[str, Transfer] = {}
    failed: list[Dialogue] = []

    def play(policy: str | Policy, engine: Engine, seeds: Iterable[int], steps: int | None = None) -> list[Dialogue]:
        goes_on = None if steps is None else lambda dialogue: len(dialogue.steps) < steps
        played = list(rollout(engine, make_policy(policy, engine), seeds, batch, goes_on=goes_on))
        failed.extend(dialogue for dialogue in played if dialogue.error)
        return played

    with TemporaryDirectory() as folder, _listening(engine) as recorder:
        with _recorded(user, folder) as recording:
            say(f"{len(seeds)} dialogues with {talker}")
            earlier = conduct(user)
            ordinary = play(talker, engine, seeds)
            counts, sound = conduct(user, earlier=earlier), [d for d in ordinary if not d.error]
            if alone and not sound:
                raise _dead(name, len(ordinary), ordinary[-1].error)
            sample = Sample(engine.family, exact, sound, recorder.take(), counts=counts)
            if classifier and set(user.personas) <= set(classifier.classes):
                sample.classifier = classifier
            say(f"{len(seeds)} dialogues under attack")
            attacker = Attacker(engine.family)
            recorder.attacked = True
            play(attacker, engine, seeds, steps=len(KINDS))
            recorder.attacked = False
            sample.attacked = [utterance for utterance in recorder.take() if not utterance.cue.opening]
            sample.kinds = [attacker.kind(utterance.dialogue, utterance.step) for utterance in sample.attacked]
            for policy in policies:
                shown = policy if isinstance(policy, str) else policy.name
                if policy != talker:
                    say(f"{len(seeds)} dialogues with {shown}")
                played = ordinary if policy == talker else play(policy, engine, seeds)
                if payoffs := [dialogue.steps[-1].payoff for dialogue in played if not dialogue.error]:
                    transfer[shown] = Transfer(float(np.mean(payoffs)), mean_interval(payoffs), len(payoffs))
        first = {seed: _course_of(d) for seed, d in zip(seeds, ordinary, strict=True) if not d.error}
        if recording:
            say("the same from the record")
            with _recorded(user, folder, offline=True):
                again = rollout(engine, make_policy(talker, engine), first, batch)
                sample.replayed = [first[seed] == _course_of(d) for seed, d in zip(first, again, strict=True)]
    say("the same without a record")
    few = list(first)[:repeats]
    with _listening(other) as recorder:
        repeated = play(talker, other, few)
        sample.repeated = [first[seed] == _course_of(d) for seed, d in zip(few, repeated, strict=True) if not d.error]
        sample.seconds = recorder.seconds, len(recorder.take())
    measures = {what: measure(sample) for what, measure in MEASURES.items()}
    error = failed[-1].error if failed else ""
    return UserCard(name, exact, len(sample.dialogues), len(failed), measures, transfer, error)


def _dead(user: str, episodes: int, error: str) -> ConnectionError:
    return ConnectionError(f"all {episodes} dialogues with {user} failed; in the last one: {error}")


class _Recorder:
    """Stands before a user, and keeps what it says, from what, and how long it took."""

    def __init__(self, user: SimulatedUser, family: Family):
        self.family = family
        self.user, self.personas, self.exact = user, user.personas, getattr(user, "exact", False)
        self.seconds = 0.0
        self.attacked = False
        self._kept: list[UserUtterance] = []

    def take(self) -> list[UserUtterance]:
        """The words since the last time, in dialogues that did not fail."""
        kept, self._kept = self._kept, []
        return [utterance for utterance in kept if not utterance.dialogue.error]

    def decide(self, dialogues: Sequence[Dialogue], heards: Sequence[Heard | None]) -> list[Exchange | Failure]:
        """As the user."""
        return self._timed(self.user.decide, dialogues, heards)

    def _timed(self, ask: Callable[..., Any], *about: Any) -> Any:
        begun = time.perf_counter()
        answer = ask(*about)
        self.seconds += time.perf_counter() - begun
        return answer

    def speak(
        self,
        dialogues: Sequence[Dialogue],
        heards: Sequence[Heard | None],
        texts: Sequence[str],
        exchanges: Sequence[Exchange],
    ) -> list[str]:
        """As the user; under attack, also what it would say if something else was hidden."""
        streams = [deepcopy(dialogue.stream) for dialogue in dialogues]
        words = self._timed(self.user.speak, dialogues, heards, texts, exchanges)
        columns = zip(dialogues, heards, texts, exchanges, words, streams, strict=True)
        spoken = [column for column in columns if column[3].replies and not isinstance(column[4], Failure)]
        tried = self.attacked and getattr(self.user, "mind", "") != "prompt"  # whose words are found when it decides
        depends = self._depends(spoken) if tried else [None] * len(spoken)
        for (dialogue, heard, text, exchange, said, stream), other in zip(spoken, depends, strict=True):
            named = tuple(told(self.family, dialogue, exchange, text, said)) if self.attacked else ()
            cue = cues_of(dialogue, heard, text, exchange)[-1]
            self._kept.append(UserUtterance(dialogue, len(dialogue.steps), cue, said, stream, named, other))
        return words

    def _depends(
        self, spoken: Sequence[tuple[Dialogue, Heard | None, str, Exchange, str, Stream]]
    ) -> list[bool | None]:
        """Whether each was said otherwise with another hidden state, where the same words come again with the same."""
        found: list[bool | None] = [None] * len(spoken)
        asked: list[Any] = []
        places = []
        for place, (dialogue, heard, text, exchange, _, stream) in enumerate(spoken):
            if other := _another(dialogue, exchange):
                places.append(place)
                asked.append((_twin(dialogue, stream), heard, text, exchange))
                asked.append((_twin(dialogue, stream, other), heard, text, exchange._replace(hidden=other[0])))
        words = self.user.speak(*map(list, zip(*asked, strict=True))) if asked else []
        for place, same, changed in zip(places, words[::2], words[1::2], strict=True):
            if not isinstance(same, Failure) and not isinstance(changed, Failure) and same == spoken[place][4]:
                found[place] = changed != same
        return found


def _another(dialogue: Dialogue, exchange: Exchange) -> tuple[Any] | None:
    """A hidden state that is possible after the exchange and shows as another, in all values if one is found.

    It is drawn from the exact belief.
    """
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


def _twin(dialogue: Dialogue, stream: Stream, other: tuple[Any] | None = None) -> Dialogue:
    """The dialogue again before its words are found; with something else hidden, if that is given."""
    twin = dialogue.fork()
    twin.stream, twin.memo = deepcopy(stream), dict(dialogue.memo)
    if other:
        twin.hidden = twin.hidden_start = other[0]
    return twin


@contextmanager
def _listening(engine: Engine) -> Iterator[_Recorder]:
    """Put a recorder before the engine's user."""
    user = engine.user
    engine.user = recorder = _Recorder(user, engine.family)
    try:
        yield recorder
    finally:
        engine.user = user


@contextmanager
def _recorded(user: SimulatedUser, folder: str | Path, offline: bool = False) -> Iterator[bool]:
    """Let the language models of a user record into a folder; `offline`, answer from it alone.

    Yields whether it has any.
    """
    replaced = []
    voice = getattr(user, "voice", None)
    for holder in (user, voice, getattr(voice, "reader", None), getattr(user, "tracker", None)):
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


def _without_cache(user: str) -> str:
    """The same user, who does not draw on recorded replies."""
    name, parameters = parse_spec(user, "user")
    return spell_spec(name, {key: value for key, value in parameters.items() if key != "cache"})


def _policies(
    policies: Sequence[str | Policy] | None, engine: Engine, batch: int
) -> tuple[list[str | Policy], list[str]]:
    """Whose payoff is compared, the best heuristic by its name, and what is missing."""
    if policies is None:
        policies = [name for name in ("optimal", BEST, "scripted") if name in (*baselines(engine), BEST)]
    found: list[str | Policy] = []
    notes = []
    for policy in policies:
        if policy == BEST:
            if not (names := heuristics(engine)):
                continue
            returns = {
                name: np.mean([d.steps[-1].payoff for d in rollout(engine, make_policy(name, engine), OTHERS, batch)])
                for name in names
            }
            policy = max(names, key=lambda name: returns[name])
        made = make_policy(policy, engine)  # an unknown name is told before anything is played
        if policy == "optimal":
            try:
                next(rollout(engine, made, OTHERS[:1]))
            except OutOfReach as error:
                notes.append(f"optimal is left out: {error}")
                continue
        found.append(policy)
    return found, notes


def _classifier(engine: Engine, talker: str, batch: int) -> NaiveBayes | None:
    """Tells the phrase bank's personas apart, from dialogues that nobody is scored on; ``None`` if there is but one."""
    with _listening(engine) as recorder:
        for _ in rollout(engine, make_policy(talker, engine), OTHERS, batch):
            pass
        texts = [(f"{utterance.cue.persona!s}", str(utterance.said)) for utterance in recorder.take()]
    return NaiveBayes(texts) if len({label for label, _ in texts}) > 1 else None
