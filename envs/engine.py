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
from ..simulated_users.user import Failure, ScriptedUser, SimulatedUser
from .family import Family

PATIENCE = 3  # lost turns in a row that end an episode


class Engine:
    """Opens and steps dialogues of one family.

    Args:
        family: The family.
        reward: See `Reward`.
        grammar: ``"natural"`` or ``"tagged"``.
        user: ``"scripted"``, or an object with the methods of `SimulatedUser`.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """

    def __init__(self, family: Family, reward: RewardSpec | Reward = "goal", grammar: str = "natural", user: str | SimulatedUser = "scripted"):
        self.family = family
        self.reward = Reward(reward)
        self.grammar = family.grammar.using(grammar)
        if isinstance(user, str):
            if user != "scripted":
                raise ValueError(f"user must be 'scripted' or an object with the methods of SimulatedUser; got {user!r}")
            self.user: SimulatedUser = ScriptedUser(family.voice)
        elif callable(getattr(user, "decide", None)) and callable(getattr(user, "speak", None)):
            self.user = user
        else:
            raise ValueError(f"user must be 'scripted' or an object with the methods of SimulatedUser (decide, speak, personas); got {user!r}")

    def open(
        self, generators: Sequence[np.random.Generator], options: Mapping[str, Any] | None = None, seeds: Sequence[int | None] | None = None
    ) -> list[Dialogue]:
        """Start one dialogue for each generator.

        Args:
            generators: Sources of all randomness of the dialogue.
            options: May hold ``"scenario"`` (a scenario, or a mapping of fields to replace in the one drawn), ``"hidden"`` (the partner's hidden state) and
                ``"persona"``.
            seeds: Kept in the records.

        Returns:
            The dialogues. Where the simulated user's machinery failed before the first word, ``error`` is set and the dialogue is done.

        Raises:
            ValueError: If an option is unknown or invalid.
        """
        options = dict(options or {})
        if unknown := set(options) - {"scenario", "hidden", "persona"}:
            raise ValueError(f"options may hold scenario, hidden and persona; got {', '.join(sorted(map(str, unknown)))}")
        dialogues = [self._open(Stream(generator), options, seeds[i] if seeds else None) for i, generator in enumerate(generators)]
        opening = [d for d in dialogues if d.setting.game.mover(d.state) != d.seat]
        exchanges = self.user.decide(opening, [None] * len(opening)) if opening else []
        if Failure in map(type, exchanges):
            for dialogue, exchange in zip(opening, exchanges, strict=True):
                if isinstance(exchange, Failure):
                    dialogue.cut(exchange)
            opening = [dialogue for dialogue in opening if not dialogue.done]
            exchanges = [exchange for exchange in exchanges if not isinstance(exchange, Failure)]
        words = self.user.speak(opening, [None] * len(opening), [""] * len(opening), exchanges) if opening else []  # type: ignore[arg-type]
        for dialogue, exchange, said in zip(opening, exchanges, words, strict=True):
            if isinstance(said, Failure):
                dialogue.cut(said)
            else:
                dialogue.begin(exchange, said)  # type: ignore[arg-type]
        return dialogues

    def step(self, dialogues: Sequence[Dialogue], texts: Sequence[str]) -> list[Step]:
        """One utterance of the learner in each dialogue, and what follows.

        Args:
            dialogues: Dialogues that are not done.
            texts: Any strings.

        Returns:
            The steps, recorded and rewarded. A step that failed has no reward terms.
        """
        parse, parse_tag, context = self.grammar.parse, self.grammar.parse_tag, self.family.context
        heards = [parse_tag(text) or parse(text, context(dialogue)) for dialogue, text in zip(dialogues, texts, strict=True)]
        exchanges = self.user.decide(dialogues, heards)
        if Failure in map(type, exchanges):
            words = self._speak_rest(dialogues, heards, texts, exchanges)
            heards = [TALK if isinstance(e, Failure) else heard for heard, e in zip(heards, exchanges, strict=True)]
            exchanges = [d.setting.stay(d.state, d.hidden) if isinstance(e, Failure) else e for d, e in zip(dialogues, exchanges, strict=True)]
        else:
            words = self.user.speak(dialogues, heards, texts, exchanges)  # type: ignore[arg-type]
        if not len(dialogues) == len(exchanges) == len(words):
            raise ValueError(f"the simulated user must answer each of {len(dialogues)} dialogues; got {len(exchanges)} exchanges and {len(words)} utterances")
        return list(map(self._finish, dialogues, texts, heards, exchanges, words))  # type: ignore[arg-type]

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
        personas = self.user.personas
        persona = personas[stream.choose(len(personas))]
        if "persona" in options:
            persona = options["persona"]
            if persona not in personas:
                raise ValueError(f"options['persona'] must be one of {', '.join(personas)}; got {persona!r}")
        return Dialogue(setting, scenario, family.brief(scenario, self.grammar), persona, hidden, stream, seed, family.reveal)

    def _finish(self, dialogue: Dialogue, text: str, heard: Heard, exchange: Exchange, said: str) -> Step:
        step = Step(dialogue, text, heard, exchange, said)
        dialogue.record(step)
        if isinstance(said, Failure):
            step.reply = ""
            dialogue.cut(said)
            return step
        if heard.problem or exchange.problem:
            dialogue.lost_in_row += 1
            if dialogue.lost_in_row >= PATIENCE and not exchange.over:
                dialogue.cut()
        else:
            dialogue.lost_in_row = 0
        step.reward = self.reward(step)
        return step

    def _speak_rest(self, dialogues: Sequence[Dialogue], heards: Sequence[Heard], texts: Sequence[str], exchanges: Sequence[Exchange | Failure]) -> list[str]:
        """The words where the user could decide, asked for in one call; its failures in the places of the others."""
        words: list[Any] = list(exchanges)
        rest = [i for i, exchange in enumerate(exchanges) if not isinstance(exchange, Failure)]
        if rest:
            some = [[column[i] for i in rest] for column in (dialogues, heards, texts, exchanges)]
            for i, said in zip(rest, self.user.speak(*some), strict=True):  # type: ignore[arg-type]
                words[i] = said
        return words


def _override(scenario: Any, wanted: Any, kind: type) -> Any:
    if isinstance(wanted, kind):
        return wanted
    if not isinstance(wanted, Mapping):
        raise ValueError(f"options['scenario'] must be a {kind.__name__} or a mapping of its fields, got {wanted!r}")
    names = [field.name for field in fields(scenario)]
    if unknown := set(wanted) - set(names):
        raise ValueError(f"options['scenario'] may hold {', '.join(names)}; got {', '.join(sorted(map(str, unknown)))}")
    return replace(scenario, **wanted)
