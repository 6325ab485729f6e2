"""ILQL, implicit language Q-learning.

The source is Snell et al. 2023, "Offline RL for Natural Language Generation with Implicit Language Q Learning",
section 4.

Every own token is a step. V learns an upper expectile of Q over the tokens that were said (Kostrikov et al. 2022,
"Offline Reinforcement Learning with Implicit Q-Learning", section 4.2), and Q of a token the reward after it and V of
the next own token's state, which lies beyond the partner's reply if the token ended the turn. So values flow back from
the best continuations that were seen, without asking for the value of what nobody said. Two Q heads learn the same, the
lesser counts; V learns from slowly following copies of them. The CQL term keeps Q low for tokens that were not said.
Decoding perturbs the clone by ``beta Q``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import TrainerCallback

from ..policies.value_guided import ValueGuidedModel
from .configs import ILQLConfig
from .offline import OwnTokens, train_offline

Q_HEADS = ("q1", "q2")


def train_ilql(config: ILQLConfig) -> float | None:
    """Learn values by ILQL; see `train_offline`."""
    heads = [*Q_HEADS, "v", *(f"target_{name}" for name in Q_HEADS)]

    def loss(tokens: OwnTokens, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return ilql_loss(tokens, values, config.discount, config.td_lambda, config.tau, config.cql, config.bc)

    return train_offline(config, "ilql", heads, config.beta, loss, lambda model: TargetFollows(model, config.polyak))


def ilql_loss(
    tokens: OwnTokens,
    values: dict[str, torch.Tensor],
    discount: float,
    td_lambda: float,
    tau: float,
    cql: float,
    bc: float,
) -> dict[str, torch.Tensor]:
    """The terms of the loss, each of shape (N,); for the options see `ILQLConfig`.

    The heads `q1`, `q2`, `target_q1` and `target_q2` give values of shape (N, vocabulary), and `v` of shape (N, 1).
    """
    state, said = values["v"][:, 0], tokens.ids[:, None]
    target = td_target(tokens, state.detach(), discount, td_lambda)
    lesser = torch.minimum(*(values[f"target_{name}"].gather(1, said)[:, 0] for name in Q_HEADS)).detach()
    errors = [(values[name].gather(1, said)[:, 0] - target) ** 2 for name in Q_HEADS]
    unsaid = [cross_entropy(values[name], tokens.ids, reduction="none") for name in Q_HEADS]
    return {
        "q_loss": 0.5 * sum(errors, torch.zeros_like(target)),
        "v_loss": expectile_loss(lesser - state, tau),
        "cql_loss": cql * sum(unsaid, torch.zeros_like(target)),
        "bc_loss": bc * cross_entropy(tokens.logits, tokens.ids, reduction="none"),
    }


def td_target(tokens: OwnTokens, state: torch.Tensor, discount: float, td_lambda: float = 0.0) -> torch.Tensor:
    """What Q learns; shape (N,): the reward after each token and the discounted value of what follows.

    That is a mixture of V at the next own token and of that token's own target (the lambda-return of Sutton and Barto
    2018, equation 12.2), whose share is `td_lambda`. With 0 a reward at the end takes as many steps of learning to
    reach the first words as there are own tokens between. `state` is the value before each token, shape (N,).
    """
    targets, following, target = [], 0.0, 0.0
    tokens_in_order = zip(tokens.rewards.tolist(), state.tolist(), tokens.last.tolist(), strict=True)
    for reward, value, last in reversed(list(tokens_in_order)):
        target = reward + (0.0 if last else discount * ((1.0 - td_lambda) * following + td_lambda * target))
        following = value
        targets.append(target)
    return state.new_tensor(targets[::-1])


def expectile_loss(error: torch.Tensor, tau: float) -> torch.Tensor:
    """The square of each error, times `tau` if it is positive, else ``1 - tau`` (Kostrikov et al. 2022, equation 5)."""
    return torch.where(error > 0, tau, 1.0 - tau) * error**2


class TargetFollows(TrainerCallback):
    """Has the target heads follow the Q heads a share of the way after each step; they learn nothing themselves."""

    def __init__(self, model: ValueGuidedModel, polyak: float):
        self.model, self.polyak = model, polyak
        for name in Q_HEADS:
            model.heads[f"target_{name}"].requires_grad_(False)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start from copies."""
        if state.global_step == 0:
            self.follow(1.0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Follow a little."""
        self.follow(self.polyak)

    @torch.no_grad()
    def follow(self, share: float) -> None:
        """Go that share of the way."""
        for name in Q_HEADS:
            pair = self.model.heads[f"target_{name}"].parameters(), self.model.heads[name].parameters()
            for target, source in zip(*pair, strict=True):
                target.lerp_(source, share)
