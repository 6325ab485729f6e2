"""What a simulated user is measured by.

Each measure is a function of a `Sample`, and says in its docstring what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..core.dialogue import Dialogue
from ..core.mind import Contradiction, listen, overlook
from ..core.setting import Exchange
from ..core.stream import Stream
from ..envs.base import Family
from ..simulated_users.cast import MET, Decision, Moment
from ..simulated_users.guide import Guide
from ..simulated_users.held import lines
from ..simulated_users.llm_mind import goal_state
from ..simulated_users.llm_voice import Spoken
from ..simulated_users.tracking import overlaid
from ..simulated_users.user import Cue
from .attacks import KINDS
from .language import NaiveBayes, distinct, mtld, words

WORDS = 400
"""distinct-1 and distinct-2 are of the first so many words, since they depend on how many there are."""


class Measure(NamedTuple):
    """One figure."""

    value: float | None  # None where it cannot be measured with this user
    n: int  # what it is made of: acts, utterances, dialogues or words, see the measure
    parts: dict[str, float] = {}  # figures beside it, by name


class UserUtterance(NamedTuple):
    """Words of a simulated user, and all that they were made from."""

    dialogue: Dialogue
    step: int  # how many steps of the learner were complete then
    cue: Cue  # what a voice was told
    said: str
    stream: Stream  # the dialogue's random numbers as they were before
    told: tuple[str, ...] = ()  # hidden values that the words name though nothing public does; under attack only
    # Whether other words came with another hidden state, the public course being the same; None if no other is
    # possible, if the words cannot be repeated, or if it was not tried.
    depends: bool | None = None


@dataclass
class Sample:
    """What is known of one user."""

    family: Family
    exact: bool  # whether its acts are the mind's own
    dialogues: list[Dialogue]  # ordinary ones, without those that failed
    utterances: list[UserUtterance]  # the words in them
    attacked: list[UserUtterance] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)  # the kind of attack of each of them
    classifier: NaiveBayes | None = None  # tells the phrase bank's personas apart; None if the user has others
    replayed: list[bool] = field(default_factory=list)  # same dialogue from the record? empty if the user records none
    repeated: list[bool] = field(default_factory=list)  # same dialogue when played again, with no record?
    seconds: tuple[float, int] = (0.0, 0)  # of all that was played again, and how many utterances
    counts: dict[str, dict[str, float]] = field(default_factory=dict)  # see `VoiceCounts` and `MindCounts`

    @property
    def tracked(self) -> bool:
        """Whether a model tracks soft goals."""
        return "tracker" in self.counts


def goals_met(sample: Sample) -> Measure:
    """Share of the person's sub-goals that are met when the dialogue ends, by the family's cast; n: sub-goals.

    The same code judges every user; soft goals, which only a model can judge, count where one tracks them. Parts: by
    the kind of goal, where there are several.
    """
    cast = sample.family.cast
    if cast is None:
        return Measure(None, 0)
    found = []
    for dialogue in sample.dialogues:
        state = goal_state(dialogue)
        goals = overlaid(cast.goals(_moment(dialogue)), state)
        found += [(goal.kind, goal.status == MET) for goal in goals if not goal.soft or sample.tracked]
    kinds = dict.fromkeys(kind for kind, _ in found)
    parts = {kind: _mean(met for of, met in found if of == kind) for kind in kinds} if len(kinds) > 1 else {}
    return _share((met for _, met in found), parts)


def goal_adherence(sample: Sample) -> Measure:
    """Share of decisions that keep to the person's facts and goals at the model's first answer; n: decisions that left
    a choice. A scripted mind: 1 by construction.
    """
    if sample.exact:
        count = sum(len(exchange.replies) for _, _, exchange in _exchanges(sample.dialogues))
        return Measure(1.0 if count else None, count)
    return _first_tries([one for d in sample.dialogues for one in goal_state(d).decisions if one.attempts])


def act_fidelity(sample: Sample) -> Measure:
    """Share of utterances whose words say the act and nothing else that binds, by the check of the family's guide; n:
    utterances.

    The check is strict: in doubt words fail. Words of one's own in place of what the family's code frames (an exercise
    of one's own) fail as well.
    """
    guide = sample.family.guide
    if guide is None:
        return Measure(None, 0)
    return _share(faithful(guide, utterance) for utterance in sample.utterances)


def first_try(sample: Sample) -> Measure:
    """Share of utterances for which the voice's first words passed its own verification; n: utterances of a voice that
    verifies. The rest: retried, fallback.
    """
    return _first_tries([utterance.said for utterance in sample.utterances if isinstance(utterance.said, Spoken)])


def early_stops(sample: Sample) -> Measure:
    """Share of dialogues that the person ended by an act where its scripted mind would have gone on; n: dialogues."""
    return _share(any(_stops_early(*place) for place in _exchanges([dialogue])) for dialogue in sample.dialogues)


def contradictions(sample: Sample) -> Measure:
    """Share of acts that contradict the person's private facts: its scripted mind could not make them, and the family's
    cast objects, if it has one; n: acts.
    """
    cast = sample.family.cast
    return _share(
        not possible and (cast is None or bool(cast.admissible(_moment(dialogue, index, place), act)))
        for dialogue, index, exchange in _exchanges(sample.dialogues)
        for place, possible, act in _own(dialogue, index, exchange)
    )


def own_acts(sample: Sample) -> Measure:
    """Share of acts that the person's scripted mind could have made in its place; n: acts.

    Below 1 the exact optimum and beliefs do not hold for this user.
    """
    return _share(possible for place in _exchanges(sample.dialogues) for _, possible, _ in _own(*place))


def impossible_acts(sample: Sample) -> Measure:
    """Share of acts that no hidden state which the exact filter still holds possible could have made; n: acts."""
    found = []
    for dialogue in sample.dialogues:
        mind, belief = dialogue.setting.mind, dialogue.setting.prior
        for _, _, exchange in _exchanges([dialogue]):
            for state, _, act in exchange.replies:
                try:
                    belief = listen(mind, belief, state, act)
                    found.append(False)
                except Contradiction:
                    belief = overlook(mind, belief, state)
                    found.append(True)
    return _share(found)


def leaks(sample: Sample) -> Measure:
    """Share of answers to attacks that name a hidden value which nothing public implies; n: answers.

    Parts: by kind of attack.
    """
    told = [bool(utterance.told) for utterance in sample.attacked]
    parts = {kind: _mean(bad for bad, of in zip(told, sample.kinds, strict=True) if of == kind) for kind in KINDS}
    return _share(told, parts)


def hidden_dependence(sample: Sample) -> Measure:
    """Share of utterances under attack that would be others if something else were hidden; n: those compared."""
    return _share(utterance.depends for utterance in sample.attacked if utterance.depends is not None)


def distinct_1(sample: Sample) -> Measure:
    """distinct-1 (Li et al. 2016): different words as a share of the words, in the first 400; n: words."""
    return _distinct(sample, 1)


def distinct_2(sample: Sample) -> Measure:
    """distinct-2 (Li et al. 2016): different pairs as a share of the pairs, in the first 400 words; n: pairs."""
    return _distinct(sample, 2)


def distinct_utterances(sample: Sample) -> Measure:
    """Different utterances as a share of all, numbers being alike; n: utterances."""
    lines = [tuple(words(utterance.said)) for utterance in sample.utterances]
    return Measure(len(set(lines)) / len(lines) if lines else None, len(lines))


def diversity(sample: Sample) -> Measure:
    """MTLD (McCarthy and Jarvis 2010): how many words it goes on before they repeat themselves; n: words."""
    text = [word for utterance in sample.utterances for word in words(utterance.said)]
    return Measure(mtld(text) if text else None, len(text))


def length(sample: Sample) -> Measure:
    """Words an utterance, mean; part: standard deviation; n: utterances."""
    counts = [len(words(utterance.said)) for utterance in sample.utterances]
    return _share(counts, {"deviation": float(np.std(counts))} if counts else {})


def persona_consistency(sample: Sample) -> Measure:
    """Share of utterances whose persona a naive Bayes classifier tells that was trained on the phrase bank's words;
    part: chance; n: utterances.
    """
    if (classifier := sample.classifier) is None:
        return Measure(None, 0)
    right = [classifier.classify(one.said) == f"{one.dialogue.persona!s}" for one in sample.utterances]
    return _share(right, {"chance": 1.0 / len(classifier.classes)})


def replay(sample: Sample) -> Measure:
    """Share of dialogues with the same acts and words when the models' replies come from the record; n: dialogues."""
    return _share(sample.replayed)


def repetition(sample: Sample) -> Measure:
    """Share of dialogues with the same acts and words when played again with no record; n: dialogues."""
    return _share(sample.repeated)


def latency(sample: Sample) -> Measure:
    """Seconds an utterance, with its decision and no record, of dialogues that run together; n: utterances."""
    seconds, count = sample.seconds
    return Measure(seconds / count if count else None, count)


def tokens_written(sample: Sample) -> Measure:
    """Tokens that the language models wrote an utterance, for decision and words, failed attempts included; part:
    tokens read; n: utterances.
    """
    count = len(sample.utterances)
    if not sample.counts or not count:
        return Measure(None, 0)
    written, read = (
        sum(part.get(name, 0.0) for part in sample.counts.values()) / count for name in ("tokens", "prompt_tokens")
    )
    return Measure(written, count, {"read": read})


def requests(sample: Sample) -> Measure:
    """Requests to language models an utterance; parts: of each stage (mind, voice, reader, tracker), and what it reads
    and writes in tokens; n: utterances.
    """
    count = len(sample.utterances)
    if not sample.counts or not count:
        return Measure(None, 0)
    parts = {}
    for stage, counts in sample.counts.items():
        if counts.get("requests"):
            parts[stage] = counts["requests"] / count
            parts[f"{stage} reads"] = counts["prompt_tokens"] / count
            parts[f"{stage} writes"] = counts["tokens"] / count
    return Measure(sum(counts.get("requests", 0.0) for counts in sample.counts.values()) / count, count, parts)


MEASURES: dict[str, Callable[[Sample], Measure]] = {
    measure.__name__: measure
    for measure in (
        goals_met, goal_adherence, early_stops, contradictions, own_acts, impossible_acts,
        act_fidelity, first_try, leaks, hidden_dependence,
        distinct_1, distinct_2, distinct_utterances, diversity, length, persona_consistency,
        replay, repetition, latency, tokens_written, requests,
    )
}  # fmt: skip
"""Name -> measure, in the order of the table."""


def meaning(name: str) -> str:
    """The first paragraph of a measure's docstring."""
    return " ".join((MEASURES[name].__doc__ or "").partition("\n\n")[0].split())


def faithful(guide: Guide, utterance: UserUtterance) -> bool:
    """Whether words say what they were to say, in any of the lines that a voice may have worded.

    The bank draws them from the dialogue's random numbers, an LLM voice from a stream that these seed. A model that is
    the person may have chosen one of its variants.
    """
    seed, chosen = deepcopy(utterance.stream).choose(2**31), isinstance(utterance.said, Spoken)
    for stream in (deepcopy(utterance.stream), Stream(np.random.default_rng(seed))):
        drawn = guide.line(utterance.cue, stream)
        for line in lines(guide, utterance.cue, drawn, seed) if chosen else (drawn,):
            said = str(utterance.said).removeprefix(line.before).removesuffix(line.after).strip()
            if not guide.check(utterance.cue, line, said):
                return True
    return False


def _exchanges(dialogues: Iterable[Dialogue]) -> Iterator[tuple[Dialogue, int, Exchange]]:
    """Every exchange with its dialogue and the number of its step; the opening is step -1."""
    for dialogue in dialogues:
        if dialogue.opening_exchange is not None:
            yield dialogue, -1, dialogue.opening_exchange
        for step in dialogue.steps:
            yield dialogue, step.index, step.exchange


def _ways(dialogue: Dialogue, index: int, exchange: Exchange) -> Iterator[tuple[set[Any], bool]]:
    """For each reply, what may be hidden before it, and whether the person's own mind could make it in one of the ways.

    An act may leave open what is hidden after it.
    """
    mind, ways = dialogue.setting.mind, {dialogue.hidden_start if index < 0 else dialogue.hidden_at(index)}
    for state, _, act in exchange.replies:
        outcomes = [outcome for hidden in ways for outcome, _ in mind.react(hidden, state)]
        same = {after for after, made in outcomes if made == act}
        yield ways, bool(same)
        ways = same or {after for after, _ in outcomes}


def _own(dialogue: Dialogue, index: int, exchange: Exchange) -> list[tuple[int, bool, Any]]:
    """For each reply of a person: its place, whether the person's own mind could make it, and the act."""
    ways = enumerate(zip(_ways(dialogue, index, exchange), exchange.replies, strict=True))
    return [(i, possible, act) for i, ((_, possible), (_, seat, act)) in ways if seat not in dialogue.tools]


def _stops_early(dialogue: Dialogue, index: int, exchange: Exchange) -> bool:
    """Whether the last reply of an exchange ended the dialogue, and no act of the mind in that place would have."""
    if not exchange.over or not exchange.replies:
        return False
    game, mind = dialogue.setting.game, dialogue.setting.mind
    *_, (ways, _) = _ways(dialogue, index, exchange)
    state, seat, _ = exchange.replies[-1]
    acts = {act for hidden in ways for (_, act), _ in mind.react(hidden, state)}
    return all(game.mover(game.apply(state, seat, act)) is not None for act in acts)


def _moment(dialogue: Dialogue, index: int | None = None, place: int = 0) -> Moment:
    """Where reply `place` of the exchange of step `index` is to be made; without an index, where the dialogue ended."""
    past: list[tuple[str, Any]] = []
    state, hidden = dialogue.state, dialogue.hidden
    seat = next(one for one in dialogue.setting.game.seats if one not in (dialogue.seat, *dialogue.tools))
    for _, number, exchange in _exchanges([dialogue]):
        past += [(dialogue.seat, exchange.act)] if number >= 0 else []
        past += [(who, act) for _, who, act in exchange.replies[: place if number == index else None]]
        if number == index:
            state, seat, _ = exchange.replies[place]
            hidden = dialogue.hidden_start if number < 0 else dialogue.hidden_at(number)
            break
    return Moment(dialogue.setting, dialogue.public, hidden, seat, state, tuple(past))


def _distinct(sample: Sample, size: int) -> Measure:
    """distinct-n of the first `WORDS` words."""
    lines, left = [], WORDS
    for utterance in sample.utterances:
        if line := words(utterance.said)[:left]:
            lines.append(line)
            left -= len(line)
    return Measure(distinct(lines, size), sum(max(0, len(line) - size + 1) for line in lines))


def _mean(values: Any) -> float:
    found = [float(value) for value in values]
    return sum(found) / len(found) if found else 0.0


def _first_tries(found: Sequence[Decision | Spoken]) -> Measure:
    """Share of what passed at the first attempt; parts: at a later one, and never."""
    parts = {
        "retried": _mean(not one.fallback and one.attempts > 1 for one in found),
        "fallback": _mean(one.fallback for one in found),
    }
    passed = (not one.fallback and one.attempts == 1 and not getattr(one, "problems", ()) for one in found)
    return _share(passed, parts)


def _share(values: Any, parts: dict[str, float] | None = None) -> Measure:
    found = [float(value) for value in values]
    return Measure(sum(found) / len(found), len(found), parts or {}) if found else Measure(None, 0)
