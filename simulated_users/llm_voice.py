"""A language model as a voice: it words what a mind has decided, its words are verified, and where they fail the phrase bank speaks.

The model is given `Cue`s alone, which hold no secret: there is nothing that it could be talked into revealing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from ..core.stream import Stream
from .backends.backend import Backend, Request
from .guide import Guide, Line
from .personas import describe
from .user import Cue, Failure, Voice

RULES = (
    "Each message tells you what the other person has said, and what you are to say now. Answer with your words alone: "
    "one or two short sentences of natural "
    "speech in the first person. Say what you are told to say, and add no other fact, number or promise."
)


class Example(NamedTuple):
    """A line that was worded well: what was to be said, and the words.

    Attributes:
        cue: What the voice was told.
        line: What it was to say.
        words: What it said.
    """

    cue: Cue
    line: Line
    words: str


Examples = Mapping[tuple[str, str], Sequence[Example]]
"""(intent, persona) -> examples."""


class Spoken(str):
    """Words of a language model.

    Attributes:
        attempts: How often the model was asked.
        fallback: Whether all its words failed, and these are the phrase bank's.
    """

    attempts: int
    fallback: bool

    def __new__(cls, words: str, attempts: int, fallback: bool) -> Spoken:
        """Words with their history."""
        said = super().__new__(cls, words)
        said.attempts, said.fallback = attempts, fallback
        return said

    def __getnewargs__(self) -> tuple[str, int, bool]:  # type: ignore[override]
        """To be copied and sent to other processes."""
        return str(self), self.attempts, self.fallback


@dataclass
class VoiceCounts:
    """What a voice has said so far.

    Attributes:
        utterances: Utterances asked of the voice.
        first_try: Those whose first words passed.
        retried: Those that passed at a later attempt.
        fallbacks: Those that the phrase bank had to speak.
        failures: Those that the model's machinery failed on.
        prompt_tokens: Tokens read by the model.
        tokens: Tokens written by it.
        seconds: Its time, summed over requests.
    """

    utterances: int = 0
    first_try: int = 0
    retried: int = 0
    fallbacks: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        return asdict(self)


class LLMVoice:
    """Words acts by a language model.

    Each utterance takes one random number of the dialogue, whatever the model says; so the decisions of a dialogue do
    not depend on its words, and the same seeds ask the same requests.

    Args:
        bank: Speaks where the model's words fail, and names the personas.
        guide: What the model is told, and the verification of its words.
        backend: The model.
        examples: Worded lines to show (see `envs.users.examples_of`).
        shots: How many of them each request shows.
        attempts: How often the model is asked for one utterance at most.
        temperature: Of sampling.
        constrain: Whether to send the guide's grammar, for backends that can hold to one.
        max_tokens: Tokens of an utterance at most, beside the reason why a turn was lost.
        plain: Whether to send no more than scene, manner and order, without rules for speaking: for models that were
            trained as voices.
    """

    def __init__(
        self,
        bank: Voice,
        guide: Guide,
        backend: Backend,
        examples: Examples,
        shots: int = 4,
        attempts: int = 3,
        temperature: float = 0.7,
        constrain: bool = True,
        max_tokens: int = 60,
        plain: bool = False,
    ):
        if attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {attempts}")
        if shots < 0:
            raise ValueError(f"shots must be at least 0, got {shots}")
        self.personas = bank.personas
        self.bank, self.guide, self.backend, self.examples = bank, guide, backend, examples
        self.shots, self.attempts, self.temperature, self.constrain, self.max_tokens = (
            shots,
            attempts,
            temperature,
            constrain,
            max_tokens,
        )
        self.plain = plain
        self.counts = VoiceCounts()

    @property
    def deterministic(self) -> bool:
        """Whether the same seeds get the same words for sure."""
        return getattr(self.backend, "deterministic", False)

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """One utterance (`Spoken`) or `Failure` for each cue; what has to be asked again is asked again together."""
        private = [stream.choose(2**31) for stream in streams]
        lines = [self.guide.line(cue, _stream(seed)) for cue, seed in zip(cues, private, strict=True)]
        chats = [
            self.messages(cue, line, _stream(seed + 1)) for cue, line, seed in zip(cues, lines, private, strict=True)
        ]
        said: list[str] = [""] * len(cues)
        waiting = list(range(len(cues)))
        self.counts.utterances += len(cues)
        for attempt in range(1, self.attempts + 1):
            requests = [self._request(cues[i], lines[i], chats[i], private[i] + attempt) for i in waiting]
            rest = []
            for i, reply in zip(waiting, self.backend.generate(requests) if requests else [], strict=True):
                if isinstance(reply, Failure):
                    self.counts.failures += 1
                    said[i] = reply
                    continue
                self.counts.prompt_tokens += reply.prompt_tokens
                self.counts.tokens += reply.tokens
                self.counts.seconds += reply.seconds
                words = tidy(reply.text)
                problem = self.guide.check(cues[i], lines[i], words)
                if not problem:
                    self.counts.first_try += attempt == 1
                    self.counts.retried += attempt > 1
                    said[i] = Spoken(framed(lines[i], words), attempt, False)
                else:
                    chats[i] = (
                        *chats[i],
                        ("assistant", words or "..."),
                        ("user", f"Not like that. {problem} {lines[i].order}"),
                    )
                    rest.append(i)
            waiting = rest
        for i in waiting:
            self.counts.fallbacks += 1
            said[i] = Spoken(self.bank.say([cues[i]], [_stream(private[i])])[0], self.attempts, True)
        return said

    def messages(self, cue: Cue, line: Line, stream: Stream) -> tuple[tuple[str, str], ...]:
        """The chat that asks for a line: the scene, examples of the same kind of line, and the order."""
        whom = f"Your manner is {cue.persona!s}." if self.plain else f"{describe(cue.persona)} {RULES}"
        chat = [("system", f"{self.guide.scene(cue)} {whom}")]
        for example in self._shown(cue, line, stream):
            chat += [("user", asked(example.cue, example.line)), ("assistant", example.words)]
        return (*chat, ("user", asked(cue, line)))

    def _shown(self, cue: Cue, line: Line, stream: Stream) -> list[Example]:
        """Different examples, of the same persona."""
        pool = list(self.examples.get((line.intent, cue.persona), ()))
        return [pool.pop(stream.choose(len(pool))) for _ in range(min(self.shots, len(pool)))]

    def _request(self, cue: Cue, line: Line, chat: tuple[tuple[str, str], ...], seed: int) -> Request:
        grammar = self.guide.grammar(cue, line) if self.constrain else ""
        return Request(
            chat, self.max_tokens + len(cue.reason) // 3, self.temperature, seed, ("\n",), grammar
        )  # a reason is said in full


def asked(cue: Cue, line: Line) -> str:
    """The message that asks for a line."""
    heard = " ".join(cue.heard.split())[:300]
    return f'They said: "{heard}"\n{line.order}' if heard and not cue.opening else line.order


def tidy(text: str) -> str:
    """The first paragraph, without the quotation marks that models like to put around speech."""
    words = " ".join(text.strip().partition("\n")[0].split())
    for mark in ('""', "“”", "''"):
        if len(words) > 1 and words[0] == mark[0] and words[-1] == mark[1] and mark[0] not in words[1:-1]:
            words = words[1:-1].strip()
    return words


def framed(line: Line, words: str) -> str:
    """The words with what code puts around them."""
    return " ".join(part for part in (line.before, words, line.after) if part)


def _stream(seed: int) -> Stream:
    return Stream(np.random.default_rng(seed))
