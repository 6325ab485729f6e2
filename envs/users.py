"""Simulated users by name: ``"scripted"``, or a language model as the voice or as the mind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from ..core.checks import integer
from ..core.spec import parse_spec
from ..core.stream import Stream
from ..simulated_users.bank_guide import BankGuide
from ..simulated_users.cast import Cast
from ..simulated_users.guide import Guide
from ..simulated_users.held import HeldUser
from ..simulated_users.llm_mind import LLMUser
from ..simulated_users.llm_voice import Example, LLMVoice
from ..simulated_users.phrase_bank import PhraseVoice
from ..simulated_users.prompt_user import PromptUser
from ..simulated_users.second_reader import SecondReader
from ..simulated_users.tracking import Tracker
from ..simulated_users.user import Cue, ScriptedUser, SimulatedUser
from .base import Family
from .engine import Engine, Options

FORMS = (
    "'scripted', 'voiced:MODEL', 'llm:MODEL', or an object with the methods of SimulatedUser (decide, speak, personas)"
)
VOICE_OPTIONS = ("shots", "attempts", "temperature", "constrain", "max_tokens", "plain")
MIND_OPTIONS = ("attempts", "temperature", "constrain")  # set for the voice and the mind together
TRAINED: dict[str, dict[str, Any]] = {
    "smollm2-voice": {"shots": 0, "plain": True, "temperature": 0.3, "constrain": False}
}
"""Options that suit a model which was trained as a voice; those that are given come first."""
MINDS = ("free", "held", "prompt")
OTHERS = {
    "voiced": ("verify",),
    "held": ("verify", "speaker"),
    "free": ("verify", "speaker", "verifier", "track"),
    "prompt": ("track",),
}
"""Parameters that name a further model, by what the first one does."""
SAME = ("True", "same")
"""What names the first model in such a parameter."""
POOL = 12  # examples kept for each intent and persona
PLAYED = 400  # dialogues played to find them


def make_user(user: str | SimulatedUser, family: Family) -> SimulatedUser:
    """A simulated user for a family.

    Args:
        user: ``"scripted"``: the mind, spoken by the family's phrase bank. ``"voiced:MODEL"``: the same mind, spoken by
            a language model; the optimum stays known, and the model knows no secret. ``"llm:MODEL"``: the model decides
            as well: freely, held to the person's facts, where the family has a cast; elsewhere, and with ``mind=held``,
            held: the mind decides, the optimum stays known, and the model chooses among variants of each act that pay
            the same (see `HeldUser`); with ``mind=prompt`` nothing holds it (see `PromptUser`). MODEL is what
            `load_backend` takes: ``smollm2-voice``, ``smollm2``, ``http://HOST:PORT/v1#NAME``, a path, or a name of
            OpenAI's. Parameters of `load_backend`, of the model's class and of `LLMVoice` follow in parentheses:
            ``"voiced:smollm2(cache=runs/replies,temperature=0.5)"``. With ``llm:``, ``mind_tokens`` limits the mind's
            answers. Further models, ``same`` for the first: ``speaker=MODEL`` finds the words, ``verify=MODEL`` is
            asked whether they fit; of a free mind ``verifier=MODEL`` checks the acts, and ``track=MODEL`` says how far
            soft goals have come. An object with the methods of `SimulatedUser` is returned as it is.
        family: The family.

    Raises:
        ValueError: If there is no such user, or if a language model cannot play it in this family.
        ImportError: If what the model needs is not installed.
    """
    if not isinstance(user, str):
        if callable(getattr(user, "decide", None)) and callable(getattr(user, "speak", None)):
            return user
        raise ValueError(f"user must be {FORMS}; got {user!r}")
    if user == "scripted":
        return ScriptedUser(family.voice)
    name, options = parse_spec(user, "user")
    kind, _, model = name.partition(":")
    if kind not in ("voiced", "llm") or not model:
        raise ValueError(f"user must be {FORMS}; got {user!r}")
    guide = guide_of(family)
    asked = str(options.pop("mind", "")) if kind == "llm" else ""
    if asked not in ("", *MINDS):
        raise ValueError(f"mind must be {', '.join(MINDS[:-1])} or {MINDS[-1]}, got {asked!r}")
    chosen = asked or ("held" if family.cast is None else "free")
    cast = cast_of(family) if kind == "llm" and chosen != "held" else None
    from ..simulated_users.backends.presets import load_backend

    own: dict[str, Any] = {
        **TRAINED.get(model, {}),
        **{name: options.pop(name) for name in VOICE_OPTIONS if name in options},
    }
    mind = {name: own[name] for name in MIND_OPTIONS if name in own}
    if kind == "llm" and "mind_tokens" in options:
        mind["max_tokens"] = options.pop("mind_tokens")
        integer(1, mind_tokens=mind["max_tokens"])
    further = OTHERS[kind if kind == "voiced" else chosen]
    others = {name: str(given) for name in further if (given := options.pop(name, ""))}
    also = (*VOICE_OPTIONS, *(("mind", "mind_tokens") if kind == "llm" else ()), *further)
    cache = str(options.get("cache", ""))
    loaded: dict[str, Any] = {model: load_backend(model, also, **options)}  # type: ignore[arg-type]
    for name in others.values():
        loaded.setdefault(name, loaded[model] if name in SAME else load_backend(name, cache=cache))
    other = {part: loaded[name] for part, name in others.items()}
    backend = loaded[model]
    if chosen == "prompt" and cast is not None:
        given = {"max_tokens": own.get("max_tokens", 60), **mind}
        return PromptUser(family.voice, cast, backend, **given, tracker=_tracker(other))
    reader = SecondReader(other["verify"]) if "verify" in other else None
    voice = LLMVoice(family.voice, guide, other.get("speaker", backend), examples_of(family), **own, reader=reader)
    if kind == "voiced":
        return ScriptedUser(voice)
    if cast is None:
        return HeldUser(voice, **{name: value for name, value in mind.items() if name == "max_tokens"}, backend=backend)
    return LLMUser(voice, cast, backend, other.get("verifier"), **mind, tracker=_tracker(other))


def _tracker(other: dict[str, Any]) -> Tracker | None:
    return Tracker(other["track"]) if "track" in other else None


def guide_of(family: Family) -> Guide:
    """The family's guide; without one, a guide that chooses among the lines of its phrase bank.

    Raises:
        ValueError: If it has neither.
    """
    if family.guide is not None:
        return family.guide
    if not isinstance(family.voice, PhraseVoice):
        raise ValueError(
            f"{type(family).__name__} has no guide, and no PhraseVoice to choose lines from: a language model cannot "
            "speak in it; only user='scripted' can"
        )
    return BankGuide(family.voice)


def cast_of(family: Family) -> Cast:
    """The family's cast.

    Raises:
        ValueError: If it has none.
    """
    cast = family.cast
    if cast is None:
        raise ValueError(
            f"{type(family).__name__} has no cast, so a language model cannot decide freely in it. user='llm:MODEL' "
            "without mind=free is held: the scripted mind draws each act, the model chooses how to make it and words it"
        )
    return cast


def examples_of(family: Family, first_seed: int = 0) -> dict[tuple[str, str], list[Example]]:
    """Lines worded by the family's phrase bank, by intent and persona; always the same for a seed.

    They are from dialogues with a learner that makes random acts.
    """
    return _examples(type(family), json.dumps(family.settings(), sort_keys=True), first_seed)


@cache
def _examples(kind: type, settings: str, first_seed: int) -> dict[tuple[str, str], list[Example]]:
    family = kind(**json.loads(settings))
    listener = _Listener(family)
    engine = Engine(family, Options(user=ScriptedUser(listener)))
    dialogues = engine.open([np.random.default_rng(seed) for seed in range(first_seed, first_seed + PLAYED)])
    while dialogues:
        texts = []
        for dialogue in dialogues:
            acts = list(dialogue.setting.game.choices(dialogue.state, dialogue.seat))
            chance = dialogue.stream.random()
            act = acts[dialogue.stream.choose(len(acts))]
            texts.append(
                "Hm, let me think."
                if chance < 0.1
                else "[offer]"
                if chance < 0.15
                else engine.grammar.print(act) or "Hm."
            )
        dialogues = [step.dialogue for step in engine.step(dialogues, texts) if not step.done]
    return listener.heard


class _Listener:
    """The phrase bank, and a record of what it was told and said."""

    def __init__(self, family: Family):
        self.bank, self.guide, self.personas = family.voice, guide_of(family), family.voice.personas
        self.heard: dict[tuple[str, str], list[Example]] = {}

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """What the bank says."""
        return [self._say(cue, stream.choose(2**31)) for cue, stream in zip(cues, streams, strict=True)]

    def _say(self, cue: Cue, seed: int) -> str:
        numbers = partial(np.random.default_rng, seed)  # made for a stream that is drawn from
        line = self.guide.line(cue, Stream(numbers))
        pool = self.heard.setdefault((line.intent, cue.persona), [])
        if len(pool) == POOL:
            return "Hm."  # nobody listens: the learner acts at random
        said = self.bank.say([cue], [Stream(numbers)])[0]
        words = said.removeprefix(line.before).removesuffix(line.after).strip()
        if not self.guide.check(cue, line, words):
            pool.append(Example(cue, line, words))
        return said
