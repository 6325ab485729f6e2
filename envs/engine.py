"""The walk of one step, for one dialogue or for many together. Every face and every rollout goes through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ..core.dialogue import Dialogue, Step
from ..core.grammar import TALK, Heard
from ..core.setting import Exchange
from ..core.stream import Stream
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.personas import Persona, PersonaDistribution, adjusted, people_of
from ..simulated_users.user import Failure, SimulatedUser
from .ears import LLMEar, make_ear
from .family import Family
from .users import make_user

PATIENCE = 3  # lost turns in a row that end an episode
PERSONAS = ("auto", "styles", "rich")


class Engine:
    """Opens and steps dialogues of one family.

    Args:
        family: The family.
        reward: See `Reward`.
        grammar: ``"natural"`` or ``"tagged"``.
        user: See `make_user`.
        personas: Who is met. ``"styles"``: a persona is the name of its style and nothing else. ``"rich"``: it is a `Persona`, with age, occupation, traits,
            patience and expertise; or give the `PersonaDistribution` to draw them from. ``"auto"``: rich for the language models that `make_user` knows by
            name, since only they can show it, else styles. The dialogue of a seed has the same style, and the same of everything else, either way.
        ear: What reads plain words: ``"grammar"``, or ``"llm:MODEL"``; see `make_ear`.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """

    def __init__(
        self,
        family: Family,
        reward: RewardSpec | Reward = "goal",
        grammar: str = "natural",
        user: str | SimulatedUser = "scripted",
        personas: str | PersonaDistribution = "auto",
        ear: str | LLMEar = "grammar",
    ):
        self.family = family
        self.reward = Reward(reward)
        self.grammar = family.grammar.using(grammar)
        self.user = make_user(user, family)
        self.ear = make_ear(ear, family, self.grammar)
        if not isinstance(personas, PersonaDistribution) and personas not in PERSONAS:
            raise ValueError(f"personas must be one of {', '.join(PERSONAS)}, or a PersonaDistribution; got {personas!r}")
        if personas == "auto":
            personas = "rich" if isinstance(user, str) and user != "scripted" else "styles"
        self.people = people_of(family) if personas == "rich" else None if personas == "styles" else personas

    @property
    def deterministic(self) -> bool:
        """Whether the same seeds and utterances give the same dialogues for sure: not with a language model that is asked anew."""
        return self.ear is None and getattr(self.user, "deterministic", True)

    def open(
        self, generators: Sequence[np.random.Generator], options: Mapping[str, Any] | None = None, seeds: Sequence[int | None] | None = None
    ) -> list[Dialogue]:
        """Start one dialogue for each generator.

        Args:
            generators: Sources of all randomness of the dialogue.
            options: May hold ``"scenario"`` (a scenario, or a mapping of fields to replace in the one drawn), ``"hidden"`` (the partner's hidden state) and
                ``"persona"`` (the name of a style, a `Persona`, or a mapping of its fields, the others being drawn).
            seeds: Kept in the records.

        Returns:
            The dialogues. Where the simulated user's machinery failed before the first word, ``error`` is set and the dialogue is done.

        Raises:
            ValueError: If an option is unknown or invalid.
        """
        options = dict(options or {})
        if unknown := set(options) - {"scenario", "hidden", "persona"}:
            raise ValueError(f"options may hold scenario, hidden and persona; got {', '.join(sorted(map(str, unknown)))}")
        dialogues, opening, exchanges = self._begin(generators, options, seeds)
        words = self.user.speak(opening, [None] * len(opening), [""] * len(opening), exchanges) if opening else []
        _greet(opening, exchanges, words)
        return dialogues

    def _begin(
        self, generators: Sequence[np.random.Generator], options: Mapping[str, Any], seeds: Sequence[int | None] | None
    ) -> tuple[list[Dialogue], list[Dialogue], list[Exchange]]:
        """New dialogues; those of them that the others open, and with what acts. The words are still to come."""
        dialogues = [self._open(Stream(generator), options, seeds[i] if seeds else None) for i, generator in enumerate(generators)]
        opening = [d for d in dialogues if d.setting.game.mover(d.state) != d.seat]
        exchanges = self.user.decide(opening, [None] * len(opening)) if opening else []
        if Failure in map(type, exchanges):
            for dialogue, exchange in zip(opening, exchanges, strict=True):
                if isinstance(exchange, Failure):
                    dialogue.cut(exchange)
            opening = [dialogue for dialogue in opening if not dialogue.done]
            exchanges = [exchange for exchange in exchanges if not isinstance(exchange, Failure)]
        return dialogues, opening, exchanges  # type: ignore[return-value]

    def step(self, dialogues: Sequence[Dialogue], texts: Sequence[str]) -> list[Step]:
        """One utterance of the learner in each dialogue, and what follows.

        Args:
            dialogues: Dialogues that are not done.
            texts: Any strings.

        Returns:
            The steps, recorded and rewarded. A step that failed has no reward terms.
        """
        return self.step_and_renew(dialogues, texts, ())[0]

    def step_and_renew(
        self, dialogues: Sequence[Dialogue], texts: Sequence[str], generators: Sequence[np.random.Generator]
    ) -> tuple[list[Step], dict[int, Dialogue]]:
        """`step`, and a new dialogue in the place of each one that it ends. Last words and first words are asked for in one call.

        Args:
            dialogues: As for `step`.
            texts: As for `step`.
            generators: One for each dialogue, which its successor goes on with; none for no successors.

        Returns:
            The steps, and the successors by place. Where a voice failed on the last words there is none yet; one that failed itself has an ``error``.
        """
        parse, parse_tag, context = self.grammar.parse, self.grammar.parse_tag, self.family.context
        if self.ear is None:
            heards = [parse_tag(text) or parse(text, context(dialogue)) for dialogue, text in zip(dialogues, texts, strict=True)]
        else:
            heards = self.ear.hear(dialogues, texts)
        for dialogue, text in zip(dialogues, texts, strict=True):
            dialogue.hearing = text
        exchanges = self.user.decide(dialogues, heards)
        if len(exchanges) != len(dialogues):
            raise ValueError(f"the simulated user must answer each of {len(dialogues)} dialogues; got {len(exchanges)} exchanges")
        failed: dict[int, Failure] = {}
        if Failure in map(type, exchanges):
            failed = {i: exchange for i, exchange in enumerate(exchanges) if isinstance(exchange, Failure)}
            heards = [TALK if i in failed else heard for i, heard in enumerate(heards)]
            exchanges = [d.setting.stay(d.state, d.hidden) if i in failed else e for i, (d, e) in enumerate(zip(dialogues, exchanges, strict=True))]
        ending = [i for i, exchange in enumerate(exchanges) if exchange.over or self._gives_up(dialogues[i], heards[i], exchange)]  # type: ignore[union-attr, arg-type]
        for i in ending:
            dialogues[i].stream.reserve()
        ending = [i for i in ending if i not in failed] if generators else []
        fresh, opening, first = self._begin([generators[i] for i in ending], {}, None) if ending else ([], [], [])
        asked = [i for i in range(len(dialogues)) if i not in failed]
        some = [dialogues, heards, texts, exchanges] if not failed else [[column[i] for i in asked] for column in (dialogues, heards, texts, exchanges)]
        if opening:
            some = [[*column, *more] for column, more in zip(some, (opening, [None] * len(opening), [""] * len(opening), first), strict=True)]
        words = self.user.speak(*some) if some[0] else []  # type: ignore[arg-type]
        if len(words) != len(some[0]):
            raise ValueError(f"the simulated user must answer each of {len(some[0])} dialogues; got {len(words)} utterances")
        _greet(opening, first, words[len(asked) :])
        if failed:
            answers = iter(words)
            words = [failed[i] if i in failed else next(answers) for i in range(len(dialogues))]
        return list(map(self._finish, dialogues, texts, heards, exchanges, words)), dict(zip(ending, fresh, strict=True))  # type: ignore[arg-type]

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
                raise ValueError(f"options['hidden'] must be one of the possible hidden states, such as {setting.prior.support[0]!r}; got {hidden!r}")
        place = stream.random() * len(self.user.personas)
        persona = self.user.personas[int(place)]
        if self.people is not None or "persona" in options:
            persona = self._persona(options.get("persona", persona), persona, place % 1.0, scenario)
        return Dialogue(setting, scenario, family.brief(scenario, self.grammar), persona, hidden, stream, seed, family.reveal)

    def _persona(self, wanted: Any, drawn: str, chance: float, scenario: Any) -> str:
        """The persona that is wanted. What is left to chance follows from one number, so that nothing else in the dialogue depends on it."""
        style = wanted.get("style", drawn) if isinstance(wanted, Mapping) else wanted
        if style not in self.user.personas:
            raise ValueError(f"options['persona'] must be one of {', '.join(self.user.personas)}, a Persona of such a style, or its fields; got {wanted!r}")
        if isinstance(wanted, Persona):
            whole = wanted
        elif self.people is None and not isinstance(wanted, Mapping):
            return wanted
        else:
            people = self.people or people_of(self.family)
            whole = people.sample(style, Stream(np.random.default_rng(int(chance * 2**32))))
            if isinstance(wanted, Mapping):
                whole = adjusted(whole, wanted)
        traits = getattr(self.family, "traits", None)
        return adjusted(whole, traits(scenario)) if traits else whole

    def _finish(self, dialogue: Dialogue, text: str, heard: Heard, exchange: Exchange, said: str) -> Step:
        step = Step(dialogue, text, heard, exchange, said)
        dialogue.record(step)
        if isinstance(said, Failure):
            step.reply = ""
            dialogue.cut(said)
            return step
        if heard.problem or exchange.problem:
            if self._gives_up(dialogue, heard, exchange):
                dialogue.cut()
            dialogue.lost_in_row += 1
        else:
            dialogue.lost_in_row = 0
        step.reward = self.reward(step)
        return step

    def _gives_up(self, dialogue: Dialogue, heard: Heard, exchange: Exchange) -> bool:
        """Whether this is one lost turn too many."""
        return dialogue.lost_in_row + 1 >= PATIENCE and bool(heard.problem or exchange.problem) and not exchange.over


def _greet(opening: Sequence[Dialogue], exchanges: Sequence[Exchange], words: Sequence[str]) -> None:
    """Begin the dialogues with the others' first words."""
    for dialogue, exchange, said in zip(opening, exchanges, words, strict=True):
        if isinstance(said, Failure):
            dialogue.cut(said)
        else:
            dialogue.begin(exchange, said)


def _override(scenario: Any, wanted: Any, kind: type) -> Any:
    if isinstance(wanted, kind):
        return wanted
    if not isinstance(wanted, Mapping):
        raise ValueError(f"options['scenario'] must be a {kind.__name__} or a mapping of its fields, got {wanted!r}")
    names = [field.name for field in fields(scenario)]
    if unknown := set(wanted) - set(names):
        raise ValueError(f"options['scenario'] may hold {', '.join(names)}; got {', '.join(sorted(map(str, unknown)))}")
    return replace(scenario, **wanted)
