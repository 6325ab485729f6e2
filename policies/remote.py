"""A language model behind an API in the learner's seat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from ..core.checks import flag, integer, number
from ..core.dialogue import Dialogue
from ..core.spec import Parameter, parse_spec, spell_spec
from ..core.stream import Stream
from ..core.tools import tools as functions
from ..envs.engine import Engine
from ..simulated_users.backends.backend import Backend, Request
from ..simulated_users.backends.presets import load_backend
from ..simulated_users.user import Failure

FORMS = ("http://", "https://", "openai:", "replay:")
"""What the name of such a policy begins with."""
SERVER: dict[str, Parameter] = {"silent": True, "concurrency": 256, "timeout": 180.0}
"""How a server is asked for a learner's words, unless something else is said."""
_OWN = ("system", "tools", "max_tokens", "temperature", "input_price", "output_price")
_UNSAID = ("cache", "concurrency", "timeout", "attempts", "input_price", "output_price")  # no part of what it says


def is_remote(spec: str) -> bool:
    """Whether a policy's name is that of a model behind an API."""
    return spec.startswith(FORMS)


def with_parameters(spec: str, more: Mapping[str, Parameter]) -> str:
    """The name with more parameters; those that it has already stay as they are."""
    model, options = parse_spec(spec, "policy")
    return spell_spec(model, {**more, **options})


@dataclass
class Usage:
    """What a model in the learner's seat was asked for so far.

    Attributes:
        requests: Turns.
        failures: Turns that could not be had: the dialogue is then dropped, or, where a content filter refused the
            words, cut off.
        prompt_tokens: Tokens that it read.
        tokens: Tokens that it wrote, thoughts included.
        seconds: Its time, summed over requests; recorded replies take none.
        cost: Of all these tokens, also of those in recorded replies, at the prices given.
    """

    requests: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        return asdict(self)


class RemotePolicy:
    """Speaks with a language model behind an API. All live dialogues of a batch are asked for at once.

    A turn that cannot be had is a `Failure`: the dialogue is dropped. An empty reply, or one that is all thought, is
    the model's own.

    Args:
        backend: The model.
        name: Shown in tables.
        system: Send the brief as a system message; else it is the beginning of the first message of the user.
        max_tokens: Of a turn, thoughts included.
        temperature: Of sampling. The seed of a request follows from that of the episode.
        input_price: Of a million tokens that it reads.
        output_price: Of a million tokens that it writes.

    Attributes:
        counts: What it was asked for so far.

    Raises:
        ValueError: If a number is out of its range.
    """

    def __init__(
        self,
        backend: Backend,
        name: str = "",
        *,
        system: bool = False,
        max_tokens: int = 2048,
        temperature: float = 0.7,
        input_price: float = 0.0,
        output_price: float = 0.0,
    ):
        flag(system=system)
        integer(1, max_tokens=max_tokens)
        number(0, temperature=temperature, input_price=input_price, output_price=output_price)
        self.backend, self.name = backend, name or backend.name
        self.system, self.max_tokens, self.temperature = system, max_tokens, temperature
        self._prices = input_price / 1e6, output_price / 1e6
        self.counts = Usage()

    @classmethod
    def load(cls, spec: str, engine: Engine) -> RemotePolicy:
        """From one line of text.

        Args:
            spec: ``"http://HOST:PORT/v1#MODEL"`` or ``"openai:MODEL"``, see `load_backend`, or ``"replay:FOLDER"``. In
                parentheses may follow: arguments of this class; ``tools=true``, which offers the acts as functions
                (see `core.tools`); ``cache=FOLDER``, where replies are recorded, and come from the next time; arguments
                of `ServerBackend`.
            engine: Has the acts.

        Raises:
            ValueError: If there is no such model, or an argument is invalid.
            ImportError: If the client is not installed.
        """
        model, options = parse_spec(spec, "policy")
        own = {name: options[name] for name in _OWN if name in options}
        flag(tools=own.get("tools", False))
        rest: dict[str, object] = {name: value for name, value in options.items() if name not in _OWN}
        if not model.startswith("replay:"):
            rest = {**SERVER, **rest}
            if own.pop("tools", False):
                rest |= {"extra": {"tools": functions(engine.grammar)}, "name": f"{model} with tools"}
        own.pop("tools", None)
        name = spell_spec(model, {key: value for key, value in options.items() if key not in _UNSAID})
        backend = load_backend(model, _OWN, **rest)  # type: ignore[arg-type]
        return cls(backend, name, **own)  # type: ignore[arg-type]

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """One utterance a dialogue, without thoughts; a `Failure` where there is none to be had."""
        requests = []
        for dialogue, stream in zip(dialogues, streams, strict=True):
            chat = tuple((message["role"], message["content"]) for message in dialogue.messages(self.system))
            requests.append(Request(chat, self.max_tokens, self.temperature, stream.choose(2**31)))
        said, counts, (read, written) = [], self.counts, self._prices
        for reply in self.backend.generate(requests):
            counts.requests += 1
            if isinstance(reply, Failure):
                counts.failures += 1
                said.append(Failure(f"the learner's model failed: {reply}"))
                continue
            counts.prompt_tokens += reply.prompt_tokens
            counts.tokens += reply.tokens
            counts.seconds += reply.seconds
            counts.cost += reply.prompt_tokens * read + reply.tokens * written
            said.append(reply.text)
        return said

    def close(self) -> None:
        """Give back threads and connections."""
        self.backend.close()
