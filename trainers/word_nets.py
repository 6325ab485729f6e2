"""Small networks that read a dialogue's words, as they are trained; used without torch (see `rewards.user_model`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from ..rewards.user_model import Embedder
from .configs.users import WordsConfig

Data = tuple[list[np.ndarray], torch.Tensor]
"""Features (or embeddings) of each example, and what the network is to say about it."""


class Net(nn.Module):
    """Bag of hashed features (or an embedding), one hidden layer, and outputs."""

    def __init__(self, config: WordsConfig, inputs: int, outputs: int):
        super().__init__()
        hashed, size = config.features == "ngrams", config.hidden
        self.first = nn.EmbeddingBag(inputs, size, mode="sum") if hashed else nn.Linear(inputs, size, bias=False)
        if hashed:
            nn.init.normal_(self.first.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(config.hidden))
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(config.hidden, outputs)

    def forward(self, inputs: list[np.ndarray]) -> torch.Tensor:
        """Outputs of each input, shape (inputs, outputs)."""
        if isinstance(self.first, nn.EmbeddingBag):
            places = torch.from_numpy(np.concatenate(inputs))
            sizes = np.array([len(one) for one in inputs])
            offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(sizes)[:-1]]))
            first = self.first(places, offsets) / torch.from_numpy(np.sqrt(np.maximum(1, sizes)))[:, None].float()
        else:
            first = self.first(torch.from_numpy(np.stack(inputs)))
        return self.out(self.dropout(torch.relu(first + self.bias)))


def fit(
    config: WordsConfig,
    embedder: Embedder | None,
    train: Data,
    validation: Data,
    outputs: int,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> tuple[dict[str, Any], torch.Tensor]:
    """Train until the loss of validation no longer falls.

    Args:
        config: See its fields; the caller has set torch's seed.
        embedder: The language model under the network, if there is one.
        train: To learn from.
        validation: To stop by.
        outputs: How many numbers the network gives.
        loss: Of outputs and targets.

    Returns:
        The weights of the best pass as a `WordNet` has them, and its outputs on `validation`.
    """
    (inputs, targets), (inputs_v, targets_v) = train, validation
    centre, spread = 0.0, 1.0
    if embedder is not None:  # embeddings are standardised for training, which is folded into the weights
        stacked = np.stack(inputs)
        centre, spread = stacked.mean(axis=0), stacked.std(axis=0) + 1e-6
        inputs, inputs_v = ([(one - centre) / spread for one in some] for some in (inputs, inputs_v))
    net = Net(config, config.buckets if embedder is None else embedder.size, outputs)
    optimiser = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    rng = np.random.default_rng(config.seed)
    best, kept, waited = math.inf, {}, 0
    for _ in range(config.epochs):
        net.train()
        order = rng.permutation(len(inputs))
        for start in range(0, len(order), config.batch_size):
            batch = order[start : start + config.batch_size]
            lost = loss(net([inputs[i] for i in batch]), targets[batch])
            optimiser.zero_grad()
            lost.backward()
            optimiser.step()
        loss_v = float(loss(_outputs(net, inputs_v), targets_v))
        waited += 1
        if loss_v < best:
            best, kept, waited = loss_v, {name: value.clone() for name, value in net.state_dict().items()}, 0
        if waited >= config.patience:
            break
    net.load_state_dict(kept)
    state = {name: value.numpy() for name, value in net.state_dict().items()}
    weights: dict[str, Any] = {"b1": state["bias"], "w2": state["out.weight"].T, "b2": state["out.bias"]}
    if embedder is None:
        weights["w1"] = state["first.weight"]
    else:
        weights["w1"] = state["first.weight"].T / np.reshape(spread, (-1, 1))
        weights["b1"] = weights["b1"] - centre @ weights["w1"]
    plain = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()}
    return plain, _outputs(net, inputs_v)


def _outputs(net: Net, inputs: list[np.ndarray]) -> torch.Tensor:
    net.eval()
    with torch.no_grad():
        return torch.cat([net(inputs[start : start + 1024]) for start in range(0, len(inputs), 1024)])
