"""What can sit in the learner's seat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from ..core.dialogue import Dialogue
from ..core.spec import spell_spec
from ..core.stream import Stream


class Policy(Protocol):
    """Speaks for the learner in a batch of dialogues.

    An honest policy reads ``messages()``, ``state``, ``scenario``, ``steps`` and ``belief()`` of a dialogue, never
    ``hidden``. One that cannot hold many dialogues at a time, such as a person, has an attribute ``at_once``: how many
    it can. One that can speak in some dialogues while it has not finished in others is ``continuous``, and has a method
    ``respond_some``: `respond`, with ``None`` for those in which it goes on when it is asked again.
    """

    name: str

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """The next utterance in each dialogue.

        Args:
            dialogues: Dialogues in which the learner is to speak.
            streams: The policy's own random numbers for each of them.
        """
        ...


PolicySpec = str | Policy | Callable[..., str]
"""What `make_policy` makes a policy of."""


def see_words(policy: Policy, texts: Any, number: int, some: bool = False) -> None:
    """A policy has responded with the words that it was asked for.

    Args:
        policy: The policy.
        texts: What it gave.
        number: Of the dialogues in which it was asked.
        some: Whether some may be missing still.

    Raises:
        ValueError: If these are not a string a dialogue.
    """
    kinds = (str, type(None)) if some else str
    if (
        isinstance(texts, str)
        or not isinstance(texts, Collection)
        or len(texts) != number
        or not all(isinstance(text, kinds) for text in texts)
    ):
        raise ValueError(
            f"policy must respond with a list of strings, one for each of the {number} dialogues; "
            f"{getattr(policy, 'name', policy)!r} gave {texts!r:.200}"
        )


def respond_by(
    policies: Sequence[Policy], turns: Sequence[int], dialogues: Sequence[Dialogue], streams: Sequence[Stream]
) -> list[str]:
    """Let each dialogue's own policy speak, all dialogues of a policy together.

    Args:
        policies: Who may speak.
        turns: For each dialogue the number of its policy.
        dialogues: Dialogues in which the learner is to speak.
        streams: Random numbers for each of them.
    """
    said = [""] * len(dialogues)
    for number, policy in enumerate(policies):
        if places := [place for place, turn in enumerate(turns) if turn == number]:
            words = policy.respond([dialogues[place] for place in places], [streams[place] for place in places])
            see_words(policy, words, len(places))
            for place, text in zip(places, words, strict=True):
                said[place] = text
    return said


SHARE = 0.05  # of the turns in which a `NoisyPolicy` strays, where a name does not say

Speak = Callable[[Dialogue, Stream], str]


class FunctionPolicy:
    """A policy made of a function of one dialogue."""

    def __init__(self, name: str, speak: Speak):
        self.name = name
        self._speak = speak

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """Ask the function for each dialogue."""
        return [self._speak(dialogue, stream) for dialogue, stream in zip(dialogues, streams, strict=True)]


class MixedPolicy:
    """Several policies: each dialogue is spoken by one of them from its first word to its last, drawn at random.

    A clone of one deterministic policy has nothing to choose from. A clone of several doubts where they differ, so that
    reinforcement learning can pick the better way at each point.
    """

    def __init__(self, policies: Sequence[Policy]):
        self.policies = list(policies)
        self.name = "+".join(policy.name for policy in policies)

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """Let each dialogue's own policy speak, all dialogues of a policy together."""
        for dialogue, stream in zip(dialogues, streams, strict=True):
            if self not in dialogue.memo:
                dialogue.memo[self] = stream.choose(len(self.policies))
        return respond_by(self.policies, [dialogue.memo[self] for dialogue in dialogues], dialogues, streams)


class NoisyPolicy:
    """Each turn is spoken by another policy with a small probability, whatever was said before.

    Epsilon-greedy play (Sutton and Barto 2018, section 2.2).

    Args:
        policy: Speaks most turns.
        noise: Speaks the others.
        share: Probability of such a turn; 0 to 1.

    Raises:
        ValueError: If `share` is no number from 0 to 1.
    """

    def __init__(self, policy: Policy, noise: Policy, share: float = SHARE):
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0.0 <= share <= 1.0:
            raise ValueError(f"share of noisy:{policy.name} must be a number from 0 to 1, got {share!r}")
        self.policy, self.noise, self.share = policy, noise, float(share)
        self.name = spell_spec(f"noisy:{policy.name}", {"share": self.share})

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """Draw who speaks in each dialogue, then let each policy speak in all of its dialogues together."""
        strays = [int(stream.random() < self.share) for stream in streams]
        return respond_by((self.policy, self.noise), strays, dialogues, streams)
