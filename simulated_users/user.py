"""Simulated users: a mind that decides and a voice that speaks, kept apart so that secrets cannot leak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..core.acts import Act
from ..core.dialogue import Dialogue, Together, together
from ..core.grammar import Heard
from ..core.setting import Exchange
from ..core.stream import Stream
from .personas import persona_of


class Cue(NamedTuple):
    """All that a voice is told: the act to be said, public facts, a persona.

    No hidden state, no private value of the learner.

    Attributes:
        act: What to say.
        seat: Who says it.
        public: The family's public facts.
        persona: The speaker's way of speaking; a `Persona` where more is known about it.
        heard: The learner's last utterance; ``""`` at the opening, and for who moves at once with it.
        opening: Whether these are the first words of the dialogue.
        problem: ``"malformed"``, ``"ambiguous"`` or ``"illegal"`` if the learner's turn was lost.
        reason: A sentence that tells the learner why.
        before: Public state in which the act is made, as its seat may see it.
        sealed: Whether it moves at once with the learner, and so has heard nothing; that is no silence.
    """

    act: Act
    seat: str
    public: Any
    persona: str
    heard: str
    opening: bool
    problem: str
    reason: str
    before: Any
    sealed: bool = False


def cues_of(dialogue: Dialogue, heard: Heard | None, text: str, exchange: Exchange) -> list[Cue]:
    """What a voice is told about each reply of an exchange; `heard` is ``None`` at the opening.

    Why a turn was lost is told with the first. Who moves in a sealed round has heard nothing of it, and is told the
    state as its seat may see it.
    """
    game, public, persona = dialogue.setting.game, dialogue.public, dialogue.persona
    if heard is None:
        problem = reason = ""
    else:
        problem, reason = heard.problem or exchange.problem, heard.reason or exchange.reason
    cues = []
    view, pending = getattr(game, "view", None), getattr(game, "pending", None)  # see `view_of` and `is_pending`
    for before, seat, act in exchange.replies:
        sealed = pending is not None and pending(before)
        said = "" if heard is None or sealed else text
        who = persona_of(persona, seat)
        seen = before if view is None else view(before, seat)
        cues.append(Cue(act, seat, public, who, said, heard is None, problem, reason, seen, sealed))
        problem = reason = ""
    return cues


class Failure(str):
    """Returned by a voice or a user in place of words when its machinery failed; the text says what happened.

    The dialogue is truncated, never scored.
    """


REFUSAL = "a content filter refused the words"
"""Part of the text of a `Failure` that the words of the dialogue have caused, and so perhaps the learner."""


def is_refusal(error: str) -> bool:
    """Whether an error, also one read back from a record, says that a content filter refused the words."""
    return REFUSAL in error


class Voice(Protocol):
    """Puts acts into words."""

    personas: tuple[str, ...]

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """One utterance (or `Failure`) for each cue; `streams` are the dialogues' random numbers."""
        ...


class SimulatedUser(Protocol):
    """Everybody but the learner. Both methods are batched: one call serves all dialogues that wait for a reply.

    One whose acts are the setting's own mind's has ``exact = True``, which others need not have: only what it earns can
    be held against the exact optimum.
    """

    personas: tuple[str, ...]

    def decide(self, dialogues: Sequence[Dialogue], heards: Sequence[Heard | None]) -> list[Exchange | Failure]:
        """What follows each learner's utterance; ``None`` stands for the opening."""
        ...

    def speak(
        self,
        dialogues: Sequence[Dialogue],
        heards: Sequence[Heard | None],
        texts: Sequence[str],
        exchanges: Sequence[Exchange],
    ) -> list[str]:
        """The words for each exchange; ``""`` where nobody answers, a `Failure` where the machinery failed.

        Where several seats answer, the words are a `Together`. Tools are printed elsewhere: what they do is not here.
        """
        ...


class ScriptedUser:
    """The default: the setting's own mind, spoken by `voice`."""

    exact = True

    def __init__(self, voice: Voice):
        self.voice = voice
        self.personas = voice.personas

    @property
    def deterministic(self) -> bool:
        """Whether the same seeds give the same dialogues for sure; a voice that does not say is taken to."""
        return getattr(self.voice, "deterministic", True)

    def close(self) -> None:
        """Close the voice, if there is something to close."""
        close = getattr(self.voice, "close", None)
        if close is not None:
            close()

    def decide(self, dialogues: Sequence[Dialogue], heards: Sequence[Heard | None]) -> list[Exchange | Failure]:
        """Draw from the exact distribution of what follows."""
        return [
            d.setting.draw(d.state, d.hidden, heard and heard.act, d.stream)
            for d, heard in zip(dialogues, heards, strict=True)
        ]

    def speak(
        self,
        dialogues: Sequence[Dialogue],
        heards: Sequence[Heard | None],
        texts: Sequence[str],
        exchanges: Sequence[Exchange],
    ) -> list[str]:
        """Word the replies of each exchange."""
        cues, streams, owners = [], [], []
        for dialogue, heard, text, exchange in zip(dialogues, heards, texts, exchanges, strict=True):
            for cue in cues_of(dialogue, heard, text, exchange):
                cues.append(cue)
                streams.append(dialogue.stream)
                owners.append(dialogue)
        said = iter(self.worded(cues, streams, owners))
        return [_whole([next(said) for _ in exchange.replies]) for exchange in exchanges]

    def worded(self, cues: Sequence[Cue], streams: Sequence[Stream], owners: Sequence[Dialogue]) -> list[str]:
        """One utterance for each cue; `owners` are the dialogues that they are of."""
        return self.voice.say(cues, streams)


def speak(
    user: SimulatedUser,
    tools: Mapping[str, Callable[[Cue], str]],
    dialogues: Sequence[Dialogue],
    heards: Sequence[Heard | None],
    texts: Sequence[str],
    exchanges: Sequence[Exchange],
    company: bool = False,
) -> Sequence[str]:
    """`SimulatedUser.speak`, but what tools do is printed after their names, and the user not asked for it.

    In `company`, where the learner talks with several people, their words stand after their names too.
    """
    if not tools and not company:
        return user.speak(dialogues, heards, texts, exchanges)
    people = [
        exchange._replace(replies=tuple([reply for reply in exchange.replies if reply[1] not in tools]))
        if any(reply[1] in tools for reply in exchange.replies)
        else exchange
        for exchange in exchanges
    ]
    asked = [place for place, exchange in enumerate(people) if exchange.replies]
    columns: Any = [[column[place] for place in asked] for column in (dialogues, heards, texts, people)]
    words = dict(zip(asked, user.speak(*columns) if asked else (), strict=True))
    found = []
    for place, about in enumerate(zip(dialogues, heards, texts, exchanges, strict=True)):
        said = words.get(place, "")
        rest = iter(said.parts if isinstance(said, Together) else (said,))
        parts = [
            signed(cue.seat, tools[cue.seat](cue))
            if cue.seat in tools
            else _signed(cue.seat, next(rest, ""))
            if company
            else next(rest, "")
            for cue in cues_of(*about)
        ]
        found.append(_whole([part for part in parts if part]))
    return found


def signed(seat: str, words: str) -> str:
    """Words after the name of who says them."""
    return f"{seat.capitalize()}: {words}"


def _signed(seat: str, words: str) -> str:
    """A person's words after its name; nothing and a `Failure` as they are."""
    return words if not words or isinstance(words, Failure) else signed(seat, words)


def _whole(parts: Sequence[str]) -> str:
    """What was said in one turn; a `Failure` if one of the voices failed."""
    for part in parts:
        if isinstance(part, Failure):
            return part
    return together(parts)
