"""The walk of one step, for one dialogue or for many together. Every face and every rollout goes through here.

A step has four phases: the learner's words are *heard*, the others *decide* what they do, they *speak*, and all of it
is *recorded* and rewarded. Each phase serves all dialogues of a batch in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..core.checks import of_types
from ..core.dialogue import Dialogue, Step
from ..core.grammar import TALK, Heard
from ..core.setting import Exchange
from ..core.stream import Stream
from ..core.thoughts import spoken
from ..rewards.judged import Bench
from ..rewards.judges import JudgeLike
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.personas import Draw, PersonaDistribution, people_of
from ..simulated_users.user import Failure, ScriptedUser, SimulatedUser, is_refusal, speak
from .base import Family
from .ears import LLMEar
from .seeds import check_split, drawn

PATIENCE = 3  # lost turns in a row that end an episode
PERSONAS = ("auto", "styles", "rich")
ON_ERROR = ("truncate", "raise")


@dataclass(frozen=True)
class Options:
    """How dialogues of a family are played: what every way to an environment takes besides the family's own settings.

    Attributes:
        reward: A registered name, a mapping of names to weights, or a callable ``Step -> float``; see `Reward`.
        grammar: ``"natural"`` understands plain words besides tags; ``"tagged"`` binds only tags.
        user: ``"scripted"``, ``"voiced:MODEL"``, ``"llm:MODEL"``, or an object with the methods of `SimulatedUser`;
            see `make_user`. All replies that are needed at a time are asked of it in one call.
        personas: Who is met. ``"styles"``: a persona is the name of its style and nothing else. ``"rich"``: it is a
            `Persona`, with age, occupation, traits, patience and expertise; or give the `PersonaDistribution` to draw
            them from. ``"auto"``: rich for the language models that `make_user` knows by name, since only they can
            show it, else styles. The dialogue of a seed has the same style, and the same of everything else, either
            way.
        ear: What reads plain words: ``"grammar"``, or ``"llm:MODEL"``, a language model that the grammar holds in
            check; see `make_ear`.
        judge: What rates dialogues, for the rewards ``judge/ID``: a model's name, several joined by ``+``, or an
            object; see `make_judge`. ``""``: nobody. What is not paid for is reported too, in ``info["judge"]``.
        split: ``"train"``, ``"validation"`` or ``"test"``: seeds count from the first of this split's own, and
            dialogues without a seed are drawn among them; see `seeds.SPLITS`. ``None``: seeds are taken as they are.
        on_error: What becomes of a dialogue in which the simulated user's machinery fails. ``"truncate"``: it is cut
            off, and says so. ``"raise"``: a `ConnectionError`, for frameworks that have their own notion of a failed
            rollout; not where a content filter refused the words, which is the doing of who said them.
    """

    reward: RewardSpec | Reward = "goal"
    grammar: str = "natural"
    user: str | SimulatedUser = "scripted"
    personas: str | PersonaDistribution = "auto"
    ear: str | LLMEar = "grammar"
    judge: str | JudgeLike = ""
    split: str | None = None
    on_error: str = "truncate"


OPTIONS = tuple(field.name for field in fields(Options))


@dataclass(slots=True)
class Opening:
    """The first words of a dialogue that the others open, before they are said."""

    dialogue: Dialogue
    exchange: Exchange


class Engine:
    """Opens and steps dialogues of one family.

    Args:
        family: The family.
        options: How they are played. Language models are objects here; `make_engine` makes them of their names.

    Raises:
        ValueError: If an option is not among the valid ones.
    """

    def __init__(self, family: Family, options: Options | None = None):
        options = options or Options()
        self.family = family
        self.grammar = family.grammar.using(options.grammar)
        user = ScriptedUser(family.voice) if options.user == "scripted" else options.user
        ear = None if options.ear == "grammar" else options.ear
        judge = options.judge or None
        if isinstance(user, str) or isinstance(ear, str) or isinstance(judge, str):
            got = f"make_engine knows them by name; got {user!r}, {ear!r}, {judge!r}"
            raise ValueError(f"user, ear and judge must be objects here, and {got}")
        self.user, self.ear, self.judge = user, ear, judge
        bench = None if judge is None else Bench(judge, family.rubrics, family.scenarios())
        self.reward = Reward(options.reward).bound(bench)
        check_split(options.split)
        self.split = options.split
        self.raises = check_on_error(options.on_error) == "raise"
        self.company = family.company if len(family.company) > 1 else ()  # whose words stand after their names
        self.owned: Sequence[Any] = ()  # what was made for this engine alone, and ends with it
        self.made: tuple[Callable[..., Engine], tuple[Any, ...]] = Engine, (family, options)  # how to make it again
        personas = options.personas
        if not isinstance(personas, PersonaDistribution) and personas not in PERSONAS:
            raise ValueError(
                f"personas must be one of {', '.join(PERSONAS)}, or a PersonaDistribution; got {personas!r}"
            )
        self.people = (
            personas if isinstance(personas, PersonaDistribution) else people_of(family) if personas == "rich" else None
        )

    @property
    def deterministic(self) -> bool:
        """Whether the same seeds and utterances give the same dialogues for sure.

        They do not with a language model that is asked anew.
        """
        judged = self.judge is None or getattr(self.judge, "deterministic", False)
        return judged and self.ear is None and getattr(self.user, "deterministic", True)

    def __reduce__(self) -> tuple[Any, ...]:
        """How it was made: a pickle holds the names of language models, and connects to them anew."""
        return self.made

    def __copy__(self) -> Engine:
        """An engine that shares everything, and leaves it to this one to close the language models."""
        other = object.__new__(Engine)
        vars(other).update(vars(self), owned=())
        return other

    def __deepcopy__(self, memo: Any) -> Engine:
        """As `__copy__`: what belongs to one dialogue is kept in the dialogue."""
        return copy(self)

    def close(self) -> None:
        """Give back threads, connections and memory of the language models that were made for this engine.

        A user or an ear that was given as an object is left as it is.
        """
        for part in self.owned:
            part.close()

    def open(
        self,
        generators: Sequence[np.random.Generator],
        options: Mapping[str, Any] | None = None,
        seeds: Sequence[int | None] | None = None,
    ) -> list[Dialogue]:
        """Start one dialogue for each generator.

        Args:
            generators: Sources of all randomness of the dialogue.
            options: May hold ``"scenario"`` (a scenario, or a mapping of fields to replace in the one drawn),
                ``"hidden"`` (the partner's hidden state) and ``"persona"`` (the name of a style, a `Persona`, or a
                mapping of its fields, the others being drawn; of several people it is the same for all, or a mapping
                of their seats to such).
            seeds: Kept in the records. A dialogue without one has, in a split, a seed that its generator draws.

        Returns:
            The dialogues. Where the simulated user's machinery failed before the first word, ``error`` is set and the
            dialogue is done.

        Raises:
            ValueError: If an option is unknown or invalid.
        """
        options = dict(options or {})
        if unknown := set(options) - {"scenario", "hidden", "persona"}:
            raise ValueError(
                f"options may hold scenario, hidden and persona; got {', '.join(sorted(map(str, unknown)))}"
            )
        dialogues, openings = self._begin(generators, options, seeds)
        self._speak([], openings)
        return dialogues

    def step(self, dialogues: Sequence[Dialogue], texts: Sequence[str]) -> list[Step]:
        """One utterance of the learner in each dialogue, and what follows.

        Args:
            dialogues: Dialogues that are not done.
            texts: Any strings.

        Returns:
            The steps, recorded and rewarded. A step that failed has no reward terms.

        Raises:
            ConnectionError: If the simulated user's machinery failed, and this is to be raised; the steps are recorded.
        """
        return self.step_and_renew(dialogues, texts, ())[0]

    def step_and_renew(
        self, dialogues: Sequence[Dialogue], texts: Sequence[str], generators: Sequence[np.random.Generator]
    ) -> tuple[list[Step], dict[int, Dialogue]]:
        """`step`, and a new dialogue in the place of each one that it ends.

        Last words and first words are asked for in one call.

        Args:
            dialogues: As for `step`.
            texts: As for `step`.
            generators: One for each dialogue, which its successor goes on with; none for no successors.

        Returns:
            The steps, and the successors by place. Where a voice failed on the last words there is none yet; one that
            failed itself has an ``error``.
        """
        steps = self._hear(dialogues, texts)
        self._decide(steps)
        successors, openings = self._renew(steps, generators)
        self._speak(steps, openings)
        self._record(steps)
        return steps, successors

    # ---- the four phases

    def _hear(self, dialogues: Sequence[Dialogue], texts: Sequence[str]) -> list[Step]:
        """What each utterance comes to. Thoughts are taken off here: nobody hears them, and no record keeps them."""
        texts = list(map(spoken, texts))
        if self.ear is None:
            parse, alone, context = self.grammar.parse, self.grammar.alone, self.family.context
            heards: Sequence[Heard] = [
                alone(text) or parse(text, context(dialogue)) for dialogue, text in zip(dialogues, texts, strict=True)
            ]
        else:
            heards = self.ear.hear(dialogues, texts)
        steps = list(map(Step, dialogues, texts, heards))
        for step in steps:
            step.dialogue.hearing = step.text
        return steps

    def _decide(self, steps: Sequence[Step]) -> None:
        """What the others do. Where their machinery fails, nothing happens, and the step says why."""
        exchanges = self.user.decide([step.dialogue for step in steps], [step.heard for step in steps])
        if len(exchanges) != len(steps):
            raise ValueError(
                f"the simulated user must answer each of {len(steps)} dialogues; got {len(exchanges)} exchanges"
            )
        for step, exchange in zip(steps, exchanges, strict=True):
            if isinstance(exchange, Failure):
                step.error, step.heard = exchange, TALK
                exchange = step.dialogue.setting.stay(step.dialogue.state, step.dialogue.hidden)
            step.exchange = exchange

    def _renew(
        self, steps: Sequence[Step], generators: Sequence[np.random.Generator]
    ) -> tuple[dict[int, Dialogue], list[Opening]]:
        """The successors of the dialogues that end with these steps, by place, and what they begin with."""
        ending = []
        for place, step in enumerate(steps):
            exchange = step.exchange
            if exchange.over or ((step.heard.problem or exchange.problem) and _gives_up(step)):
                ending.append(place)
        for place in ending:
            steps[place].dialogue.stream.reserve()
        if not generators or not ending:
            return {}, []
        ending = [place for place in ending if not steps[place].error]
        fresh, openings = self._begin([generators[place] for place in ending], {}, None)
        return dict(zip(ending, fresh, strict=True)), openings

    def _speak(self, steps: Sequence[Step], openings: Sequence[Opening]) -> None:
        """The words of replies and openings, all asked for in one call."""
        asked = [step for step in steps if not step.error]
        dialogues = [step.dialogue for step in asked] + [opening.dialogue for opening in openings]
        if not dialogues:
            return
        heards: list[Heard | None] = [step.heard for step in asked]
        words = speak(
            self.user,
            self.family.tools,
            dialogues,
            heards + [None] * len(openings),
            [step.text for step in asked] + [""] * len(openings),
            [step.exchange for step in asked] + [opening.exchange for opening in openings],
            bool(self.company),
        )
        if len(words) != len(dialogues):
            raise ValueError(
                f"the simulated user must answer each of {len(dialogues)} dialogues; got {len(words)} utterances"
            )
        for step, said in zip(asked, words, strict=False):
            if isinstance(said, Failure):
                step.error = said
            else:
                step.reply = said
        for opening, said in zip(openings, words[len(asked) :], strict=True):
            if isinstance(said, Failure):
                opening.dialogue.cut(said)
            else:
                opening.dialogue.begin(opening.exchange, said)

    def _record(self, steps: Sequence[Step]) -> None:
        """Append each step to its dialogue and reward it; a failed one ends the dialogue unrewarded."""
        rewarded, failed = [], []
        for step in steps:
            dialogue = step.dialogue
            if step.error:
                dialogue.record(step)
                dialogue.cut(step.error)
                failed.append(dialogue)
                continue
            lost = step.heard.problem or step.exchange.problem
            gives_up = lost and _gives_up(step)
            dialogue.record(step)
            dialogue.lost_in_row = dialogue.lost_in_row + 1 if lost else 0
            if gives_up:
                dialogue.cut()
            rewarded.append(step)
        for place, failure in self.reward.many(rewarded).items():
            rewarded[place].dialogue.cut(failure)
            failed.append(rewarded[place].dialogue)
        if failed and self.raises:
            raise_errors(failed)

    # ---- the beginning

    def _begin(
        self,
        generators: Sequence[np.random.Generator],
        options: Mapping[str, Any],
        seeds: Sequence[int | None] | None,
    ) -> tuple[list[Dialogue], list[Opening]]:
        """New dialogues, and the openings of those that the others open. The words are still to come."""
        seeds = seeds or [None] * len(generators)
        if self.split is not None and None in seeds:
            pairs = list(zip(seeds, generators, strict=True))
            seeds = [drawn(self.split, generator) if seed is None else seed for seed, generator in pairs]
            generators = [
                np.random.default_rng(new) if old is None else generator
                for new, (old, generator) in zip(seeds, pairs, strict=True)
            ]
        dialogues = [
            self._open(Stream(generator), options, seed) for generator, seed in zip(generators, seeds, strict=True)
        ]
        waiting = [dialogue for dialogue in dialogues if dialogue.setting.game.mover(dialogue.state) != dialogue.seat]
        decided = self.user.decide(waiting, [None] * len(waiting)) if waiting else []
        return dialogues, list(_openings(waiting, decided))

    def _open(self, stream: Stream, options: Mapping[str, Any], seed: int | None) -> Dialogue:
        family = self.family
        scenario = family.sample(stream)
        if "scenario" in options:
            scenario = _override(scenario, options["scenario"], family.scenario_type)
        setting = family.setting(scenario)
        hidden = setting.prior.sample(stream)
        if "hidden" in options:
            hidden = options["hidden"]
            if setting.prior.probability(hidden) <= 0.0:
                raise ValueError(
                    "options['hidden'] must be one of the possible hidden states, such as "
                    f"{setting.prior.support[0]!r}; got {hidden!r}"
                )
        place = stream.random() * len(self.user.personas)
        persona = self.user.personas[int(place)]
        if self.company or self.people is not None or "persona" in options:
            draw = Draw(self.user.personas, self.people, people_of(family), family.traits(scenario))
            if self.company:
                persona = draw.company(options.get("persona"), self.company, place % 1.0)
            else:
                persona = draw.persona(options.get("persona", persona), persona, place % 1.0)
        brief = family.brief(scenario, self.grammar)
        return Dialogue(setting, scenario, brief, persona, hidden, stream, seed, family)


def _openings(waiting: Sequence[Dialogue], decided: Sequence[Exchange | Failure]) -> Iterator[Opening]:
    """What the others begin with; a dialogue in which they failed is cut."""
    for dialogue, exchange in zip(waiting, decided, strict=True):
        if isinstance(exchange, Failure):
            dialogue.cut(exchange)
        else:
            yield Opening(dialogue, exchange)


def check_on_error(on_error: str) -> str:
    """The same; a `ValueError` if it is not among the valid ones."""
    if on_error not in ON_ERROR:
        raise ValueError(f"on_error must be one of {', '.join(ON_ERROR)}; got {on_error!r}")
    return on_error


def raise_errors(dialogues: Sequence[Dialogue]) -> None:
    """Raise a `ConnectionError` if the machinery failed in some of these dialogues.

    Where a content filter refused the learner's words, nothing has failed: nobody may choose what counts.
    """
    if errors := [d.error for d in dialogues if d.error and not is_refused(d)]:
        raise ConnectionError(f"{len(errors)} of {len(dialogues)} dialogues failed: {errors[0]}")


def is_refused(dialogue: Dialogue) -> bool:
    """Whether a content filter ended a dialogue in which the learner had its say, or was about to."""
    begun = dialogue.steps or dialogue.setting.game.mover(dialogue.state) == dialogue.seat
    return bool(begun) and is_refusal(dialogue.error)


def _gives_up(step: Step) -> bool:
    """Whether this is one lost turn too many, before it is recorded."""
    lost = step.heard.problem or step.exchange.problem
    return bool(lost) and step.dialogue.lost_in_row + 1 >= PATIENCE and not step.exchange.over


def _override(scenario: Any, wanted: Any, kind: type) -> Any:
    if isinstance(wanted, kind):
        return wanted
    if not isinstance(wanted, Mapping):
        raise ValueError(f"options['scenario'] must be a {kind.__name__} or a mapping of its fields, got {wanted!r}")
    names = [field.name for field in fields(scenario)]
    if unknown := set(wanted) - set(names):
        raise ValueError(f"options['scenario'] may hold {', '.join(names)}; got {', '.join(sorted(map(str, unknown)))}")
    of_types(type(scenario), wanted, "options['scenario']")
    return replace(scenario, **wanted)
