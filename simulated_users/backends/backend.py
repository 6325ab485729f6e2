"""Ways to reach a language model: one small protocol, batched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn, Protocol

from ..user import Failure


class Request(NamedTuple):
    """One completion to be made.

    Attributes:
        messages: The chat as (role, content) pairs; roles are ``system``, ``user`` and ``assistant``.
        max_tokens: Tokens of the reply at most.
        temperature: Temperature of sampling; 0 is greedy.
        seed: Seed of sampling, for backends that can repeat themselves.
        stop: Texts at which the reply ends; they are not part of it.
        grammar: A GBNF grammar of the replies that are wanted, for backends that can hold to one; others ignore it.
        choices: Texts of which the probabilities are wanted, for backends that say `weighs`. The last message is then
            the assistant's, and its text the beginning of the reply that the choices go on with. The reply's text is
            the JSON list of their log-probabilities.
    """

    messages: tuple[tuple[str, str], ...]
    max_tokens: int = 64
    temperature: float = 0.7
    seed: int = 0
    stop: tuple[str, ...] = ()
    grammar: str = ""
    choices: tuple[str, ...] = ()


class Reply(NamedTuple):
    """A completion.

    Attributes:
        text: The words, never empty, without surrounding white space.
        prompt_tokens: Tokens read.
        tokens: Tokens written.
        seconds: From asking to the last token; 0 from a cache.
    """

    text: str
    prompt_tokens: int
    tokens: int
    seconds: float


def lacking(what: str, extra: str) -> ImportError:
    """The error where a package is missing."""
    return ImportError(f'{what}; install with: pip install "dialogym[{extra}]"')


class Running:
    """A language model that runs, or is connected to, in this process alone. Copies of what asks it share it."""

    name: str

    def __deepcopy__(self, memo: Any) -> Running:
        """The model itself."""
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        """Say how to do without a pickle.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            f"the language model {self.name} runs in this process and cannot be pickled: give an environment its "
            "name, such as user='voiced:MODEL', or make the environment in the process that uses it"
        )


class Backend(Protocol):
    """A language model, wherever it runs.

    One that can tell probabilities says so by ``weighs = True``; see `Request`.

    Attributes:
        name: Identifies model and weights; part of the key under which replies are recorded.
    """

    name: str

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """One reply for each request, all asked for together.

        What cannot be had, after retries, is a `Failure` that says why; nothing is raised for it.
        """
        ...

    def close(self) -> None:
        """Give back threads, connections and memory. A closed backend answers no more."""
        ...
