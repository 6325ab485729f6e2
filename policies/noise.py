"""A policy that is not always itself: for near-optimal datasets, and for play that strays so that others can learn."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.dialogue import Dialogue
from ..core.spec import spell_spec
from ..core.stream import Stream
from .policy import Policy, respond_by

SHARE = 0.05  # of the turns, where a name does not say


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
