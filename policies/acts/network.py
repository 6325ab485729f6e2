"""A small network over the turns of a dialogue: what to do next, and what is to be expected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from ...core.checks import at_least, one_of
from ...envs.base import Family
from ...envs.encoding import Encoding
from ...envs.seated import seated
from ..model_folder import ACTS

CELLS = ("transformer", "gru")
WEIGHTS = "acts.safetensors"
TURNS = 128  # of a dialogue at most


@dataclass(frozen=True)
class Shape:
    """What a network is like.

    Attributes:
        cell: ``"transformer"`` or ``"gru"``.
        width: Of its hidden states; a multiple of `heads`.
        layers: How many.
        heads: Of attention.
    """

    cell: str = "transformer"
    width: int = 64
    layers: int = 2
    heads: int = 4

    def __post_init__(self) -> None:
        one_of(self, CELLS, "cell")
        at_least(self, 1, "width", "layers", "heads")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads ({self.heads}), got {self.width}")


class Block(nn.Module):
    """A layer of a transformer, with its norms before attention and before the feed-forward part.

    The source is Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture".
    """

    def __init__(self, width: int, heads: int, layers: int):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attend, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        for last in (self.mix, self.narrow):  # what is added up over the layers begins small
            last.weight.data.mul_((2 * layers) ** -0.5)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Shape (episodes, turns, width) to the same; a turn sees itself and those before."""
        episodes, turns, width = hidden.shape
        parts = self.attend(self.norms[0](hidden)).view(episodes, turns, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        hidden = hidden + self.mix(seen.transpose(1, 2).reshape(episodes, turns, width))
        return hidden + self.narrow(gelu(self.widen(self.norms[1](hidden))))


class Recurrent(nn.Module):
    """A gated recurrent unit (Cho et al. 2014) in the place of a transformer's layer."""

    def __init__(self, width: int):
        super().__init__()
        self.norm, self.cell = nn.LayerNorm(width), nn.GRU(width, width, batch_first=True)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Shape (episodes, turns, width) to the same; a turn sees itself and those before."""
        return hidden + self.cell(self.norm(hidden))[0]


class Worth(nn.Module):
    """Values of the slots: that of the turn, and what each act adds to it.

    The duelling form of Wang et al. 2016, section 3: an act that was never done is worth what the turn is, not more.
    """

    def __init__(self, width: int, slots: int):
        super().__init__()
        self.turn, self.added = nn.Linear(width, 1), nn.Linear(width, slots)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Shape (..., width) to (..., slots)."""
        return self.turn(hidden) + self.added(hidden)


class ActNetwork(nn.Module):
    """Reads the turns of dialogues and says how to go on.

    A turn is the sum of the embeddings of its whole numbers (see `Encoding`) and of its place.

    Args:
        sizes: How many whole numbers each number of a turn takes.
        outputs: Heads by name, and how many numbers each gives. ``policy`` gives the logits of the slots; others of
            more than one number give values of the slots.
        shape: What it is like.
    """

    offsets: torch.Tensor

    def __init__(self, sizes: Sequence[int], outputs: Mapping[str, int], shape: Shape):
        super().__init__()
        self.outputs, self.shape = dict(outputs), shape
        self.register_buffer("offsets", torch.tensor(np.cumsum([0, *sizes[:-1]])), persistent=False)
        self.told = nn.EmbeddingBag(sum(sizes), shape.width, mode="sum")
        self.place = nn.Parameter(torch.zeros(TURNS, shape.width))
        nn.init.normal_(self.told.weight, std=len(sizes) ** -0.5)
        nn.init.normal_(self.place, std=0.1)
        self.layers = nn.ModuleList(
            Block(shape.width, shape.heads, shape.layers) if shape.cell == "transformer" else Recurrent(shape.width)
            for _ in range(shape.layers)
        )
        self.norm = nn.LayerNorm(shape.width)
        self.heads = nn.ModuleDict(
            {
                name: Worth(shape.width, size) if name != "policy" and size > 1 else nn.Linear(shape.width, size)
                for name, size in outputs.items()
            }
        )
        for name, weights in self.heads.named_parameters():  # all acts about as likely, every value 0
            weights.data.mul_(0.1 if name == "policy.weight" else 0.0)

    def hidden(self, turns: torch.Tensor) -> torch.Tensor:
        """Whole numbers of shape (episodes, turns, columns) to hidden states of shape (episodes, turns, width)."""
        episodes, length, columns = turns.shape
        flat = (turns + self.offsets).view(-1, columns)
        hidden = self.told(flat).view(episodes, length, -1) + self.place[:length]
        for layer in self.layers:
            hidden = layer(hidden)
        return self.norm(hidden)

    def forward(self, turns: torch.Tensor) -> dict[str, torch.Tensor]:
        """What each head says of each turn, by name: shape (episodes, turns, outputs of the head).

        ``state`` is what they read, of shape (episodes, turns, width).
        """
        state = self.hidden(turns)
        return {"state": state, **{name: head(state) for name, head in self.heads.items()}}


def log_policy(logits: torch.Tensor, legal: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of the slots; what is not legal has none to speak of. Both of shape (..., slots)."""
    return logits.masked_fill(~legal, -1e9).log_softmax(-1)


def save_network(folder: str | Path, network: ActNetwork, encoding: Encoding, **about: Any) -> None:
    """Write a network and its encoding into a folder, so that `load_network` makes them again."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}, path / WEIGHTS
    )
    family = type(encoding.family)
    facts = {
        "family": f"{family.__module__.removeprefix('dialogym.')}:{family.__name__}",
        "seat": encoding.family.role,
        "shape": asdict(network.shape),
        "outputs": network.outputs,
        "encoding": encoding.to_json(),
        **about,
    }
    (path / ACTS).write_text(json.dumps(facts))


def load_network(
    folder: str | Path, family: Family, other: bool = False
) -> tuple[ActNetwork, Encoding, dict[str, Any]]:
    """What `save_network` wrote: the network, its encoding, and all that is stored about it.

    Args:
        folder: Where it is.
        family: In which it is to play.
        other: Whether one of another seat will do, where the seat is no setting of the family.

    Raises:
        ValueError: If there is nothing that can be read, or if it was made for another family or seat.
    """
    path = Path(folder)
    try:
        about, weights = json.loads((path / ACTS).read_text()), load_file(path / WEIGHTS)
    except Exception as error:
        raise ValueError(
            f"an act policy must be a folder with {ACTS} and {WEIGHTS}; {folder} cannot be read: {error}"
        ) from error
    mine = f"{type(family).__module__.removeprefix('dialogym.')}:{type(family).__name__}"
    if about["family"] != mine:
        raise ValueError(
            f"the act policy in {folder} must be of {mine}, in which it is to play; it is of {about['family']}"
        )
    seat = about.get("seat", family.role)
    if seat != family.role and other and "role" not in {field.name for field in fields(cast(Any, family))}:
        family = seated(family, seat)
    if seat != family.role:
        raise ValueError(f"the act policy in {folder} must be of the {family.role}; it is of the {seat}")
    encoding = Encoding(family, about["encoding"])
    network = ActNetwork(encoding.sizes, about["outputs"], Shape(**about["shape"]))
    network.load_state_dict(weights)
    return network, encoding, about
