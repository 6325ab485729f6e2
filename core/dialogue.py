"""Records of a dialogue while it runs: what was said, what it came to, what followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from sys import getrefcount
from typing import Any, ClassVar, NamedTuple, Protocol
from weakref import proxy

from .acts import Act
from .belief import Belief
from .grammar import Heard
from .setting import Exchange, Setting
from .stream import Stream
from .tools import HINT, call_of

YOU_OPEN = "You speak first."
"""What the user says where the learner opens, and the brief is a system message."""

(_UNKEPT,) = map(getrefcount, [object()])  # references to what is in a list and nowhere else, so counted


class Home(Protocol):
    """What a dialogue asks of the family that it is of."""

    tools: ClassVar[Mapping[str, Callable[[Any], str]]]
    """Seats of no person, and what prints for them."""

    def setting(self, scenario: Any) -> Setting:
        """Game, mind and seat of a scenario."""
        ...

    def reveal(self, scenario: Any, hidden: Any) -> dict[str, Any]:
        """A hidden state in plain values."""
        ...

    def meant(self, text: str, scenario: Any) -> str:
        """An utterance in the units of the acts."""
        ...

    def kept(self, dialogue: Dialogue) -> tuple[str, str, Sequence[Step]] | None:
        """Brief, opening and steps that the learner is still shown; ``None``: all."""
        ...


class Together(str):
    """What several seats said in one turn of theirs, a line each.

    Attributes:
        parts: The words of each, in order.
    """

    parts: tuple[str, ...]

    def __new__(cls, parts: Sequence[str]) -> Together:
        """Lines of the parts."""
        said = super().__new__(cls, "\n".join(parts))
        said.parts = tuple(parts)
        return said

    def __reduce__(self) -> tuple[Any, ...]:
        """To be copied and sent to other processes."""
        return Together, (self.parts,)


def together(parts: Sequence[str]) -> str:
    """What was said in one turn: a single utterance as it is, nothing as ``""``."""
    return Together(parts) if len(parts) > 1 else parts[0] if parts else ""


class Turn(NamedTuple):
    """One utterance.

    Attributes:
        seat: Who spoke.
        text: What was said.
        act: What it came to; ``None`` where several acts were worded together.
        problem: ``"malformed"``, ``"ambiguous"`` or ``"illegal"`` for a lost turn, else ``""``.
    """

    seat: str
    text: str
    act: Act | None
    problem: str


class Step:
    """One step of the learner: its utterance, what it came to, the reply. Rewards are functions of it.

    Attributes:
        dialogue: The dialogue so far; this step is its last only while it is being rewarded.
        index: Number of the step, from 0.
        text: The learner's utterance.
        heard: What the grammar made of it.
        before: Public state in which it was spoken.
        exchange: What followed, see `Exchange`.
        reply: The others' words.
        truncated: Whether the dialogue was cut off here (three lost turns in a row, or a failure).
        error: What failed in the simulated user's machinery; ``""`` if nothing did.
        rewards: The reward terms of this step, by name, once they were computed.
        reward: Their sum.
        feedback: What a critic said of this step in words, if one was asked; see `policies.feedback`.
    """

    __slots__ = (
        "dialogue", "index", "text", "heard", "before", "exchange", "reply", "truncated", "error", "rewards", "reward",
        "feedback",
    )  # fmt: skip

    def __init__(self, dialogue: Dialogue, text: str, heard: Heard, exchange: Exchange | None = None, reply: str = ""):
        self.dialogue = dialogue
        self.index = len(dialogue.steps)
        self.text = text
        self.heard = heard
        self.before = dialogue.state
        self.exchange: Exchange = exchange  # type: ignore[assignment]  # until the others have decided
        self.reply = reply
        self.truncated = False
        self.error = ""
        self.rewards: dict[str, float] = {}
        self.reward = 0.0
        self.feedback = ""

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """The attributes, to be pickled or copied; with the dialogue itself, where `Dialogue.release` has left less."""
        state = {name: getattr(self, name) for name in Step.__slots__}
        return None, {**state, "dialogue": self.dialogue.record.__self__}  # a proxy's methods are bound to the object

    @property
    def act(self) -> Act:
        """The act that was applied; ``Say()`` for a lost turn."""
        return self.exchange.act

    @property
    def after(self) -> Any:
        """Public state at the learner's next turn, or the final one."""
        return self.exchange.after

    @property
    def problem(self) -> str:
        """``"malformed"``, ``"ambiguous"`` or ``"illegal"`` if the turn was lost, else ``""``."""
        return self.heard.problem or self.exchange.problem

    @property
    def reason(self) -> str:
        """What to tell the learner about the problem."""
        return self.heard.reason or self.exchange.reason

    @property
    def answers(self) -> list[Turn]:
        """The others' utterances, each with who made it."""
        return turns_of(self.exchange, self.reply) if self.reply else []

    @property
    def over(self) -> bool:
        """Whether the dialogue has reached a final state."""
        return self.exchange.over

    @property
    def done(self) -> bool:
        """Whether the learner speaks no more: over or truncated."""
        return self.exchange.over or self.truncated

    @property
    def payoff(self) -> float:
        """What the learner gets for the final state, or for that in which the dialogue was cut off; 0 before."""
        return self.exchange.payoff

    def belief_before(self) -> Belief:
        """The exact belief when the learner spoke."""
        return self.dialogue.belief_at(self.index)

    def belief_after(self) -> Belief:
        """The exact belief after the reply."""
        return self.dialogue.belief_at(self.index + 1)


class Dialogue:
    """A dialogue between the learner and a simulated user, as it runs.

    Attributes:
        setting: Game, mind and seat.
        scenario: The family's public and learner-private facts.
        public: Those that both sides, and so the partner's voice, may know.
        brief: What the learner is told before the first word.
        persona: Name of the partner's way of speaking; it may hold more (see `simulated_users.personas.Persona`).
        hidden: The partner's hidden state now. Not for voices, and not for honest policies.
        hidden_start: The partner's hidden state at the start.
        state: Public state.
        opening: The partner's first words; ``""`` if the learner opens.
        opening_exchange: What they came to.
        steps: The learner's steps so far.
        stream: Its random numbers.
        lost_in_row: Turns lost in a row just now.
        done: Whether the learner speaks no more: over, or cut off.
        error: What failed in the simulated user's machinery, at the opening or later; ``""`` if nothing did.
        seed: What the dialogue was seeded with, if that is known.
        hearing: The learner's words that are being answered just now; ``""`` at the opening.
        memo: What others derived from the record and want to keep as long as the dialogue lives, by a key of their own.
            Pickles and deep copies keep what has a string as its key.
    """

    __slots__ = (
        "setting", "scenario", "brief", "persona", "hidden", "hidden_start", "state", "opening", "opening_exchange",
        "steps", "stream", "lost_in_row", "done", "error", "seed", "public", "hearing", "memo", "_beliefs", "_family",
        "__weakref__",
    )  # fmt: skip

    def __init__(
        self,
        setting: Setting,
        scenario: Any,
        brief: str,
        persona: str,
        hidden: Any,
        stream: Stream,
        seed: int | None = None,
        family: Home | None = None,
    ):
        self.steps: list[Step] = []
        self.setting, self.scenario, self.brief, self.persona = setting, scenario, brief, persona
        self.public = scenario.public
        self.hidden = self.hidden_start = hidden
        self.state = setting.game.start()
        self.opening = ""
        self.opening_exchange: Exchange | None = None
        self.stream = stream
        self.lost_in_row = 0
        self.done = False
        self.error = ""
        self.seed = seed
        self.hearing = ""
        self.memo: dict[Any, Any] = {}
        self._beliefs: list[Belief] = []
        self._family = family

    def __getstate__(self) -> dict[str, Any]:
        """The record, to be pickled or copied, without what the family or the record give again.

        A setting holds its solution and functions of its own, so that it is not pickled where a family can make it.
        """
        state = {name: getattr(self, name) for name in _FIELDS}
        state |= {"memo": {key: kept for key, kept in self.memo.items() if isinstance(key, str)}, "_beliefs": []}
        if self._family is not None:
            del state["setting"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        if self._family is not None:
            self.setting = self._family.setting(self.scenario)

    def __del__(self) -> None:
        """Live on with a step that somebody has kept; `release` has left the steps nothing to hold the dialogue by."""
        steps = getattr(self, "steps", ())
        if max(map(getrefcount, steps), default=0) > _UNKEPT:
            for step in steps:
                step.dialogue = self

    @property
    def seat(self) -> str:
        """The learner's seat."""
        return self.setting.seat

    @property
    def over(self) -> bool:
        """Whether a final state was reached."""
        return self.setting.game.mover(self.state) is None

    @property
    def tools(self) -> Mapping[str, Callable[[Any], str]]:
        """Seats of no person, which the mind alone decides for: see `Family.tools`."""
        return {} if self._family is None else self._family.tools

    def meant(self, text: str) -> str:
        """An utterance in the units of the acts; the same as it was said, but for families that are told in others."""
        return text if self._family is None else self._family.meant(text, self.scenario)

    def begin(self, exchange: Exchange, words: str) -> None:
        """Record the others' opening."""
        self.opening_exchange, self.opening = exchange, words
        self.state, self.hidden = exchange.after, exchange.hidden

    def record(self, step: Step) -> None:
        """Append a finished step and move on to the state after it."""
        self.steps.append(step)
        exchange = step.exchange
        self.state, self.hidden, self.done = exchange.after, exchange.hidden, exchange.over

    def cut(self, error: str = "") -> None:
        """End the dialogue here: too many turns were lost, or the simulated user's machinery failed.

        Without an error it pays what the game pays in this state: to be cut off erases neither costs nor gains, so that
        it is no better an exit than those of the rules.
        """
        self.done, self.error = True, str(error)
        if self.steps:
            last = self.steps[-1]
            last.truncated, last.error = True, self.error
            if not error:
                payoff = self.setting.game.payoff(last.after, self.seat, last.exchange.hidden)
                last.exchange = last.exchange._replace(payoff=payoff)

    def fork(self) -> Dialogue:
        """A copy that can go on in another way.

        It shares the steps so far, which remain those of this dialogue, and the random numbers.
        """
        other = object.__new__(Dialogue)
        for name in _FIELDS:
            setattr(other, name, getattr(self, name))
        other.steps, other._beliefs, other.memo = list(self.steps), list(self._beliefs), {}
        return other

    def release(self) -> None:
        """Let the steps no longer keep the dialogue alive, for an environment that is done with it.

        Otherwise each dialogue is a cycle that waits for the garbage collector, and in a large batch half of the time
        goes there. A step that is kept elsewhere keeps it alive all the same; see `__del__`.
        """
        weak: Any = proxy(self)
        for step in self.steps:
            step.dialogue = weak

    def observation(self) -> str:
        """The text of the latest observation: the brief with the opening, then each reply."""
        if self.steps:
            return self.steps[-1].reply
        return f"{self.brief}\n\n{self.opening}" if self.opening else self.brief

    def kept(self) -> tuple[str, str, Sequence[Step]] | None:
        """Brief, opening and steps that the learner is still shown; ``None``: all of them."""
        return None if self._family is None else self._family.kept(self)

    def messages(self, system: bool = False, tools: bool = False) -> list[dict[str, Any]]:
        """The chat so far, or what is still shown of it; utterances of the learner are the assistant's.

        Everything else is the user's.

        Args:
            system: Put the brief into a system message of its own; where the learner opens, the user then says
                `YOU_OPEN`.
            tools: Show what the learner did as calls of functions (see `core.tools`), with the replies as their
                results; mere words, and those that nobody understood, stay words.
        """
        brief, opening, steps = self.kept() or (self.brief, self.opening, self.steps)
        brief = f"{brief} {HINT}" if tools else brief
        if system:
            messages: list[dict[str, Any]] = [{"role": "system", "content": brief}]
            messages.append({"role": "user", "content": opening or YOU_OPEN})
        else:
            messages = [{"role": "user", "content": f"{brief}\n\n{opening}" if opening else brief}]
        for step in steps:
            call = call_of(step.heard.act, step.text, step.index) if tools else None
            if call:
                messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": step.reply})
            else:
                messages.append({"role": "assistant", "content": step.text})
                messages.append({"role": "user", "content": step.reply})
        return messages

    def turns(self) -> Iterator[Turn]:
        """Every utterance in order, the opening first."""
        if self.opening_exchange is not None and self.opening:
            yield from turns_of(self.opening_exchange, self.opening)
        for step in self.steps:
            yield Turn(self.seat, step.text, step.act, step.problem)
            yield from step.answers

    def hidden_at(self, index: int) -> Any:
        """The partner's hidden state before step `index`."""
        if index:
            return self.steps[index - 1].exchange.hidden
        return self.opening_exchange.hidden if self.opening_exchange else self.hidden_start

    def reveal(self, hidden: Any) -> dict[str, Any]:
        """A hidden state of the partner in the family's plain values.

        Raises:
            ValueError: If the dialogue was made without a family.
        """
        if self._family is None:
            raise ValueError("the dialogue was made without a family, which alone puts hidden states into plain values")
        return self._family.reveal(self.scenario, hidden)

    def belief(self) -> Belief:
        """What a perfect listener believes about the hidden state now."""
        return self.belief_at(len(self.steps))

    def believe(self, belief: Belief) -> None:
        """Keep what `belief_at` would compute next, for whoever has computed it already."""
        self._beliefs.append(belief)

    def belief_at(self, index: int) -> Belief:
        """What a perfect listener believed before step `index`; computed once and kept."""
        beliefs = self._beliefs
        if not beliefs:
            first = self.setting.prior
            beliefs.append(self.setting.listen(first, self.opening_exchange) if self.opening_exchange else first)
        while len(beliefs) <= index:
            beliefs.append(self.setting.listen(beliefs[-1], self.steps[len(beliefs) - 1].exchange))
        return beliefs[index]


_FIELDS = Dialogue.__slots__[:-1]  # without __weakref__


def turns_of(exchange: Exchange, words: str) -> list[Turn]:
    """Who said what in an exchange, where that can be told apart."""
    replies, parts = exchange.replies, words.parts if isinstance(words, Together) else (words,)
    if len(replies) == len(parts):
        return [Turn(seat, said, act, "") for (_, seat, act), said in zip(replies, parts, strict=True)]
    return [Turn(replies[-1][1] if replies else "", words, None, "")]
