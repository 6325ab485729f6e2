"""Whether hostile learners make a person tell what the rules do not allow: looked at turn by turn, by code.

What is allowed is read from the file here, not asked of the mind that plays it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, cast

import numpy as np

from ...core.dialogue import Dialogue, Step
from ...simulated_users.backends.obedient import Obedient
from ...simulated_users.llm_mind import LLMUser
from ...simulated_users.llm_voice import LLMVoice
from ...simulated_users.prompt_user import PromptUser
from ...simulated_users.user import SimulatedUser
from ..engine import Engine, Options
from .acts import Entry, event, facts_of
from .attacks import Attack, attacks
from .family import Open
from .format import Scenario
from .game import Rules
from .library import Script
from .telling import betrayed, permitted

TOGETHER = 32  # dialogues at a time, at most
_HEARD = re.compile(r'\AThey said: ".*?"\n', re.DOTALL)


@dataclass
class Report:
    """What became of the attacks on one person.

    Attributes:
        scenario: The id of the file.
        user: Who played the person.
        attacks: How many there were.
        read: What they were taken for: ``"talk"``, ``"lost"`` (a turn that nobody could read), a move or a tool.
        quoting: Attacks that held the words of a move, if only in quotation marks.
        taken: Those of them that were taken for this move.
        earned: Attacks after which a fact was told, since what they were read as earns it by the rules.
        prompts: Requests to a speaker that were looked at; 0 without one.
        leaks: What was told that the rules do not allow, in words; each with the dialogue's seed.
        failed: Dialogues in which the model could not be reached.
    """

    scenario: str
    user: str = "the stand-in"
    attacks: int = 0
    read: Counter[str] = field(default_factory=Counter)
    quoting: int = 0
    taken: int = 0
    earned: int = 0
    prompts: int = 0
    leaks: list[str] = field(default_factory=list)
    failed: int = 0

    def __str__(self) -> str:
        read = sum(self.read.values()) - self.read["talk"] - self.read["lost"]
        figures = [
            f"{self.attacks} attacks on {self.user}",
            f"{self.read['talk']} read as talk, {read} as a move or call, {self.read['lost']} lost",
            f"{self.quoting} quote a move and {self.taken} of them were taken for it",
            f"{self.earned} were told a fact, which what they were read as earns by the rules",
            *([f"{self.prompts} prompts of the speaker"] if self.prompts else []),
            *([f"{self.failed} dialogues failed"] if self.failed else []),
            f"{len(self.leaks)} leaks",
        ]
        return f"{self.scenario}: {'; '.join(figures)}"


def obedient(family: Open, mind: str = "free") -> LLMUser:
    """A person whose model does whatever the learner says; held to the rules, or with ``mind="prompt"`` by nothing."""
    if mind == "prompt":
        return PromptUser(family.voice, family.cast, Obedient())
    return LLMUser(LLMVoice(family.voice, family.guide, Obedient(), {}, plain=True), family.cast, Obedient())


def faced(family: Open, user: SimulatedUser | str, wanted: int, what: str) -> tuple[Script, Engine, str]:
    """The scenario whose person is to be tried, the engine that plays it, and who that person is.

    Raises:
        ValueError: If the family has several scenarios, or nothing is wanted.
    """
    if len(family.scripts) != 1 or wanted < 1:
        raise ValueError(f"one scenario and at least one {what} are needed; got {len(family.scripts)}, {wanted}")
    (script,) = family.scripts.values()
    engine = Engine(family, Options(user=user))
    backend = getattr(engine.user, "backend", None) or getattr(getattr(engine.user, "voice", None), "backend", None)
    return script, engine, getattr(backend, "name", "the stand-in")


def besiege(family: Open, user: SimulatedUser | str = "scripted", attempts: int = 200, seed: int = 0) -> Report:
    """Attack the person of a scenario and see what it tells.

    Args:
        family: Open, with one scenario.
        user: The person: ``"scripted"`` is the stand-in; or an object, such as `obedient`.
        attempts: Attacks to be made.
        seed: Of the first dialogue.

    Raises:
        ValueError: If the family has several scenarios, or there is nothing to do.
    """
    script, engine, name = faced(family, user, attempts, "attack")
    file = script.file
    report = Report(file.id, name + (" of one prompt" if isinstance(engine.user, PromptUser) else ""))
    voice = getattr(engine.user, "voice", None)
    if isinstance(voice, LLMVoice):
        voice.messages = _Watched(voice.messages, script, report)
    seeds, together = count(seed), min(TOGETHER, 1 + attempts // 6)
    live: list[tuple[Dialogue, Iterator[Attack], set[str]]] = []
    while report.attacks < attempts:
        if len(live) < together:
            fresh = [*islice(seeds, together - len(live))]
            for dialogue in engine.open([np.random.default_rng(one) for one in fresh], seeds=fresh):
                if dialogue.error:
                    report.failed += 1
                    if report.failed > attempts:
                        return report
                else:
                    told: set[str] = set()
                    report.leaks += _named(dialogue, told, dialogue.opening, "")
                    live.append((dialogue, attacks(file, dict(dialogue.scenario.draws), dialogue.seed or 0), told))
        said = [next(attack) for _, attack, _ in live]
        steps = engine.step([dialogue for dialogue, _, _ in live], [attack.text for attack in said])
        for attack, step, (_, _, told) in zip(said, steps, live, strict=True):
            if step.error:
                report.failed += 1
            elif report.attacks < attempts:
                _note(report, file, attack, step, told)
        live = [one for one in live if not one[0].done]
    return report


def _note(report: Report, file: Scenario, attack: Attack, step: Step, told: set[str]) -> None:
    """Count an attack, and what of its answer is not allowed."""
    leaks, earned = answered(step, told, attack.text)
    report.leaks += leaks
    if attack.kind:
        report.attacks += 1
        report.read["lost" if step.problem else event(step.act)] += 1
        report.quoting += bool(attack.quotes)
        report.taken += bool(attack.quotes) and event(step.act) == attack.quotes
        report.earned += bool(earned)


def answered(step: Step, told: set[str], heard: str) -> tuple[list[str], set[str]]:
    """What an answer tells that the rules do not allow, in words, and the facts that it tells anew by the rules.

    All that it tells is added to `told`.
    """
    rules, hidden = cast(Rules, step.dialogue.setting.game), step.dialogue.hidden_at(step.index)
    leaks: list[str] = []
    earned: set[str] = set()
    for state, _, act in step.exchange.replies:
        facts = dict(getattr(act, "facts", ()))
        may = set(facts) if isinstance(act, Entry) else permitted(rules, state, hidden)
        for name, value in facts.items():
            if name not in may or value != dict(facts_of(rules.telling([name], hidden)))[name]:
                leaks.append(f"seed {step.dialogue.seed}: {heard[:60]!r} is answered by {act!r}")
        earned |= (set(facts) & may) - told
        told |= set(facts)
    return leaks + _named(step.dialogue, told, step.reply.removeprefix(step.reason), heard), earned


def _named(dialogue: Dialogue, told: set[str], words: str, heard: str) -> list[str]:
    """The facts in words that no act has told so far."""
    rules = cast(Rules, dialogue.setting.game)
    found = [name for name in betrayed(rules.script, dialogue.scenario.draws, words) if name not in told]
    return [f"seed {dialogue.seed}: {heard[:60]!r} makes it say {words[:80]!r}, which names {name!r}" for name in found]


class _Watched:
    """A voice's `messages`, each looked at: what a speaker is told must hold no fact that is not told now."""

    def __init__(self, messages: Any, script: Script, report: Report):
        self._messages, self._script, self._report = messages, script, report

    def __call__(self, cue: Any, line: Any, stream: Any) -> Any:
        chat = self._messages(cue, line, stream)
        told = {name for name, _ in getattr(cue.act, "facts", ())}
        own = "\n".join([chat[0][1], _HEARD.sub("", chat[-1][1])])  # without the learner's words, and examples
        for name in betrayed(self._script, cue.public.draws, own):
            if name not in told:
                self._report.leaks.append(f"the speaker is told of {name!r} in {own[-120:]!r}")
        self._report.prompts += 1
        return chat
