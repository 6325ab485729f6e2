"""A language model as a voice: it words what a mind has decided.

Its words are verified; where they fail, the phrase bank speaks. The model is given `Cue`s alone, which hold no secret:
there is nothing that it could be talked into revealing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..core.checks import flag, integer, number
from ..core.stream import Stream
from .asking import Chat, ModelCounts, Verdict, ask, private_stream
from .backends.backend import Backend, Reply, Request
from .guide import Guide, Line
from .personas import describe
from .second_reader import Objects, SecondReader
from .user import Cue, Failure, Voice

RULES = (
    "Each message tells you what the other person has said, and what you are to say now. Answer with your words alone: "
    "one or two short sentences of natural speech in the first person. Say what you are told to say, and add no other "
    "fact, number or promise."
)

REDRAWN = 3000  # draws of the bank's until it says what was chosen; of the rarest of Tutoring's answers one in 272


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

    def __reduce__(self) -> tuple[Any, ...]:
        """To be copied and sent to other processes."""
        return Spoken, (str(self), self.attempts, self.fallback)


@dataclass
class VoiceCounts(ModelCounts):
    """What a voice has said so far. A question to the model asks for one utterance.

    Attributes:
        utterances: Utterances asked of the voice.
    """

    utterances: int = 0


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
        temperature: Temperature of sampling.
        constrain: Whether to send the guide's grammar, for backends that can hold to one.
        max_tokens: Tokens of an utterance at most, beside the reason why a turn was lost.
        plain: Whether to send no more than scene, manner and order, without rules for speaking: for models that were
            trained as voices.
        reader: A second model, which is asked whether words fit; its objection counts as a failed attempt.
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
        reader: SecondReader | None = None,
    ):
        integer(0, shots=shots)
        integer(1, attempts=attempts, max_tokens=max_tokens)
        number(0, temperature=temperature)
        flag(constrain=constrain, plain=plain)
        self.personas = bank.personas
        self.bank, self.guide, self.backend, self.examples = bank, guide, backend, examples
        self.shots, self.attempts, self.temperature = shots, attempts, temperature
        self.constrain, self.max_tokens, self.plain, self.reader = constrain, max_tokens, plain, reader
        self.counts = VoiceCounts()

    @property
    def deterministic(self) -> bool:
        """Whether the same seeds get the same words for sure."""
        asked = [self.backend] if self.reader is None else [self.backend, self.reader.backend]
        return all(getattr(backend, "deterministic", False) for backend in asked)

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream], known: Sequence[str] = ()) -> list[str]:
        """One utterance (`Spoken`) or `Failure` for each cue; what has to be asked again is asked again together.

        What the second reader may know of each person besides is `known`; the model that speaks is not told it.
        """
        seeds = [stream.choose(2**31) for stream in streams]
        lines = [self.guide.line(cue, private_stream(seed)) for cue, seed in zip(cues, seeds, strict=True)]
        return self.word(cues, lines, seeds, [False] * len(cues), known)

    def word(
        self,
        cues: Sequence[Cue],
        lines: Sequence[Line],
        seeds: Sequence[int],
        chosen: Sequence[bool],
        known: Sequence[str] = (),
    ) -> list[str]:
        """As `say`, for lines of these seeds, or for variants of them that somebody has chosen."""
        self.counts.utterances += len(cues)

        def request(i: int, chat: Chat, attempt: int) -> Request:
            return self._request(cues[i], lines[i], chat, seeds[i] + attempt)

        object_to = self._objects(cues, lines, seeds, known)

        def judge(texts: Mapping[int, str], attempt: int) -> dict[int, Verdict | Failure]:
            found: dict[int, Any] = {i: self._judge(cues[i], lines[i], text) for i, text in texts.items()}
            passed = {i: answer.result for i, answer in found.items() if not answer.problem}
            for i, problem in (object_to(passed, attempt) if object_to else {}).items():
                complaint = f"Not like that. {problem} {lines[i].order}"
                failed = isinstance(problem, Failure)
                found[i] = problem if failed else found[i]._replace(problem=problem, complaint=complaint)
            return found

        chats = {i: self.messages(cues[i], lines[i], private_stream(seed + 1)) for i, seed in enumerate(seeds)}
        found = ask(self.backend, self.counts, self.attempts, chats, request, judge, unbroken)
        said: list[str] = []
        for i, (cue, line, seed) in enumerate(zip(cues, lines, seeds, strict=True)):
            answer = found.get(i)
            if answer is None:
                said.append(Spoken(self._by_the_bank(cue, line, seed, chosen[i]), self.attempts, True))
            elif isinstance(answer, Failure):
                said.append(answer)
            else:
                said.append(Spoken(framed(line, answer[0]), answer[1], False))
        return said

    def _objects(
        self, cues: Sequence[Cue], lines: Sequence[Line], seeds: Sequence[int], known: Sequence[str]
    ) -> Objects | None:
        """What the second reader objects to, if there is one."""
        if self.reader is None:
            return None
        about = [
            "\n".join(filter(None, (self.guide.scene(cue), more, f"To be said: {asked(cue, line)}")))
            for cue, line, more in zip(cues, lines, known or [""] * len(cues), strict=True)
        ]
        return self.reader.objects(about, seeds)

    def _by_the_bank(self, cue: Cue, line: Line, seed: int, chosen: bool) -> str:
        """The phrase bank's words for a line: those of its first draw, or of the first that says what was chosen."""
        for other in range(seed, seed + REDRAWN * chosen):
            drawn = self.guide.line(cue, private_stream(other))
            framed_alike = line.before.startswith(drawn.before) and line.after.endswith(drawn.after)
            if drawn.order == line.order and framed_alike:
                said = self.bank.say([cue], [private_stream(other)])[0]
                return framed(line, said.removeprefix(drawn.before).removesuffix(drawn.after).strip())
        return self.bank.say([cue], [private_stream(seed)])[0]

    def close(self) -> None:
        """Close the backends."""
        self.backend.close()
        if self.reader is not None:
            self.reader.close()

    def messages(self, cue: Cue, line: Line, stream: Stream) -> Chat:
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

    def _request(self, cue: Cue, line: Line, chat: Chat, seed: int) -> Request:
        grammar = self.guide.grammar(cue, line) if self.constrain else ""
        room = self.max_tokens + len(cue.reason) // 3  # a reason is said in full
        return Request(chat, room, self.temperature, seed, ("\n",), grammar)

    def _judge(self, cue: Cue, line: Line, text: str) -> Verdict:
        words = tidy(text)
        problem = self.guide.check(cue, line, words)
        return Verdict(words, problem, words or "...", f"Not like that. {problem} {line.order}")


_SENTENCES = re.compile(r""".*[.!?…]["”']?(?=\s|$)""", re.DOTALL)


def asked(cue: Cue, line: Line) -> str:
    """The message that asks for a line."""
    heard = " ".join(cue.heard.split())[:300]
    return f'They said: "{heard}"\n{line.order}' if heard and not cue.opening else line.order


def unbroken(reply: Reply, request: Request) -> str:
    """The words of a reply; where it was cut off by the limit of tokens, up to its last whole sentence, if any."""
    if reply.tokens < request.max_tokens:
        return reply.text
    whole = _SENTENCES.match(reply.text)
    return whole[0] if whole else reply.text


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
