"""What an algorithm can be told whichever policy it trains: a language model, or a small policy that chooses acts.

Each class here holds the fields of one algorithm or kind of algorithm. A configuration takes them together with
`TrainerConfig` or `ActsConfig`, and sets the defaults that suit such a policy. An *action* is a turn or a token of a
language model, and an act of an act policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...core.checks import above, at_least, between, one_of
from ..config import Checked
from ..credit import make_credit

RESPECT = ("off", "not-bad", "good")


@dataclass(frozen=True)
class Recorded(Checked):
    """Learning from recorded episodes."""

    episodes_path: Path | None = None
    """Recorded episodes; without it they are collected."""
    demonstrator: str = "scripted"
    """Policy that plays the episodes, if they are to be collected."""
    demonstrations: int = 4000
    """Episodes to collect."""
    epochs: float = 2.0
    """Passes over the episodes."""
    batch_size: int = 16
    """Episodes a step, of all processes together."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "demonstrations", "batch_size")
        above(self, 0, "epochs")


@dataclass(frozen=True)
class Cloning(Checked):
    """Behaviour cloning of all episodes, or of the best."""

    best_of: int = 1
    """Attempts at each demonstration, against the same partner; the best is kept."""
    best_share: float = 1.0
    """Share of the episodes to learn from, those of highest payoff; below 1 it is filtered behaviour cloning."""
    respect: str = "off"
    """Which turns are cloned by how the person takes them in its next words: all (`off`), those that it does not take
    badly (`not-bad`), or those that it takes well (`good`)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, RESPECT, "respect")
        above(self, 0, "best_share", most=1)
        at_least(self, 1, "best_of")


@dataclass(frozen=True)
class Offline(Checked):
    """Learning values from recorded episodes."""

    demonstrator: str = "scripted+random"
    """Policy that plays the episodes, if they are to be collected: good ones and bad ones."""
    reward: str | None = None
    """What the episodes are rewarded for, such as `goal=1,turn_cost=0.01`; by default what it was when recorded."""
    discount: float = 1.0
    """Discount of later rewards, for each own token (of an act policy, each turn) between; above 0 and at most 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "discount", most=1)


@dataclass(frozen=True)
class Guided(Checked):
    """A clone that is guided by values."""

    beta: float = 4.0
    """Weight of the values where it acts: nats for each standard deviation of the returns."""
    cql: float = 0.01
    """Weight of the term that keeps the values of actions low that were not taken."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "beta", "cql")


@dataclass(frozen=True)
class ILQL(Checked):
    """Implicit Q-learning."""

    tau: float = 0.7
    """Expectile of Q that V learns: 0.5 is the mean of what was done, near 1 the best of it."""
    td_lambda: float = 0.95
    """How far Q looks ahead: 0 is the next action's V alone, as in the paper; 1 the whole return, as `mc` does."""
    polyak: float = 0.05
    """Share by which the target heads follow the Q heads after each step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "tau", below=1)
        between(self, 0, 1, "td_lambda")
        above(self, 0, "polyak", most=1)


@dataclass(frozen=True)
class AWR(Checked):
    """Advantage-weighted regression."""

    temperature: float = 0.5
    """Advantage, in standard deviations of the returns, at which an action counts e times. The lower it is, the more
    only the best counts."""
    clip: float = 20.0
    """Largest weight of an action."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "temperature", "clip")


@dataclass(frozen=True)
class Rewarded(Checked):
    """Playing episodes and learning from them."""

    reward: str = "goal"
    """What to train on: a registered reward, or several with weights, such as `goal=1,turn_cost=0.01`."""


@dataclass(frozen=True)
class GRPO(Checked):
    """Group-relative policy optimisation."""

    groups: int = 16
    """Scenarios in a batch, each with its partner; over all processes."""
    group_size: int = 8
    """Episodes of each scenario."""
    credit: str = "turn"
    """What a turn is judged by, see docs/credit.md. For instance `trajectory` (the return of its episode), `turn` (what
    came after it) or `critic(lambda=0.95)`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "groups")
        at_least(self, 2, "group_size")
        make_credit(self.credit)


@dataclass(frozen=True)
class RLOO(GRPO):
    """REINFORCE with a leave-one-out baseline."""

    credit: str = "leave-one-out"
    """What a turn is judged by: the return of its episode less the mean of the others of its group. Another credit
    makes it another algorithm."""


@dataclass(frozen=True)
class PPO(Checked):
    """Proximal policy optimisation."""

    episodes: int = 128
    """Episodes of a batch, over all processes."""
    critic: str = "privileged"
    """What the critic is: a `head` on the policy, a `separate` network (of language models), or `privileged`. A
    privileged critic sees what only the simulator knows; the policy never does."""
    discount: float = 1.0
    """Discount of later rewards, by action; above 0 and at most 1."""
    gae_lambda: float = 0.95
    """Lambda of generalised advantage estimation: 1 waits for the return, 0 trusts the critic about the next action."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "episodes")
        above(self, 0, "discount", most=1)
        between(self, 0, 1, "gae_lambda")


@dataclass(frozen=True)
class Clipped(Checked):
    """Several clipped steps on a batch."""

    steps: int = 40
    """Batches of episodes."""
    epochs: int = 4
    """Most passes of the policy over a batch, see `target_kl`."""
    minibatches: int = 2
    """Gradient steps of the policy in a pass."""
    clip: float = 0.2
    """Clipping range of an action's probability ratio."""
    target_kl: float = 0.05
    """KL divergence from the policy that played a batch at which it is left, in nats an action; 0 never leaves."""
    max_grad_norm: float = 1.0
    """Norm that gradients are scaled down to; 0 leaves them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "steps", "epochs", "minibatches")
        at_least(self, 0, "target_kl", "max_grad_norm")
        above(self, 0, "clip")


@dataclass(frozen=True)
class SelfPlay(Checked):
    """Playing oneself in all seats."""

    groups: int = 16
    """Scenarios in a batch."""
    group_size: int = 8
    """Duels of each scenario."""
    past_share: float = 0.0
    """Share of the scenarios in which past selves sit in all seats but one, which alone learns."""
    past_every: int = 10
    """Steps between the selves that are kept to be met again."""
    exploitability: bool = False
    """Measure at the end what a best response of each seat gains, in a small game: few rounds, few people."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "groups", "past_every")
        at_least(self, 2, "group_size")
        between(self, 0, 1, "past_share")


@dataclass(frozen=True)
class ExpertIteration(Checked):
    """Expert iteration, or online filtered behaviour cloning."""

    rounds: int = 10
    """Rounds of playing and learning."""
    scenarios: int = 64
    """New scenarios in a round, each with its partner; over all processes."""
    attempts: int = 8
    """Episodes of each scenario, against the same hidden partner."""
    keep: float = 0.25
    """Share of a scenario's attempts to learn from: the best by return, and only those above the scenario's mean."""
    epochs: int = 1
    """Passes over what is learned from in a round."""
    batch_size: int = 16
    """Episodes a gradient step, over all processes."""
    eval_every: int = 1
    """Rounds between evaluations; 0 for none."""
    save_every: int = 1
    """Rounds between checkpoints."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "rounds", "scenarios", "epochs", "batch_size")
        at_least(self, 2, "attempts")
        above(self, 0, "keep", below=1)
