"""Decoding that is guided by learned values: the scores of next tokens are raised where they were worth more.

With Q the value of saying a token and V that of the state, the tokens are drawn in proportion to ``pi(a|s) exp(beta
(Q(s, a) - V(s)))``, where pi is the language model: the perturbed policy of Snell et al. 2023 ("Offline RL for Natural
Language Generation with Implicit Language Q Learning", section 4.2). V is the same for all tokens of a state, so it is
left out. Where there are two Q heads the lesser counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

HEADS = "value_heads.safetensors"
ABOUT = "value_heads.json"


class ValueHead(nn.Module):
    """Values from hidden states, by one hidden layer.

    The value of a token is that of the state plus what the token adds (the duelling form of Wang et al. 2016, "Dueling
    Network Architectures for Deep Reinforcement Learning", section 3): what all tokens have in common is learned once,
    and a token that was never said is worth what the state is, not more.

    Args:
        hidden_size: Of the language model.
        width: Of the hidden layer.
        outputs: 1 for the value of a state; the size of the vocabulary for the value of each next token.
        start: About where the values begin.
    """

    def __init__(self, hidden_size: int, width: int, outputs: int, start: float = 0.0):
        super().__init__()
        self.inner, self.state = nn.Linear(hidden_size, width), nn.Linear(width, 1)
        nn.init.constant_(self.state.bias, start)
        self.added = nn.Linear(width, outputs) if outputs > 1 else None
        if self.added is not None:
            nn.init.zeros_(self.added.weight)
            nn.init.zeros_(self.added.bias)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Shape (..., hidden size) to (..., outputs), in single precision whatever the model's."""
        with torch.autocast(hidden.device.type, enabled=False):
            inner = self.inner(hidden.float()).relu()
            return self.state(inner) if self.added is None else self.state(inner) + self.added(inner)


class ValueGuidedModel(nn.Module):
    """A causal language model with value heads, to be used in its place: `forward` returns guided logits.

    Args:
        lm: A causal language model; PEFT adapters are used.
        heads: By name. Those that begin with ``q`` give the value of each next token, and guide together: the least of
            them counts. Without one, nothing is guided.
        beta: How much the values count: of one unit of value, in nats.
        about: What else is stored beside the heads, such as the unit of their values.
    """

    def __init__(self, lm: Any, heads: dict[str, ValueHead], beta: float, about: dict[str, Any] | None = None):
        super().__init__()
        self.lm, self.heads, self.beta, self.about = lm, nn.ModuleDict(heads), beta, about or {}

    @property
    def device(self) -> torch.device:
        """Where the language model is."""
        return self.lm.device

    @property
    def config(self) -> Any:
        """Of the language model."""
        return self.lm.config

    def values(self, hidden: torch.Tensor) -> torch.Tensor:
        """What saying each token is worth, in units of the heads: shape (..., hidden size) to (..., vocabulary)."""
        return torch.stack([head(hidden) for head in self.guides()]).amin(0)

    def guides(self) -> list[nn.Module]:
        """The heads that guide."""
        return [head for name, head in self.heads.items() if name.startswith("q")]

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **options: Any) -> Any:
        """As the language model's own, with guided logits."""
        out = self.lm(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True, **options)
        if self.beta and self.guides():
            hidden = out.hidden_states[-1][:, -out.logits.shape[1] :]
            out.logits = out.logits.float() + self.beta * self.values(hidden)
        out.hidden_states = None  # else every layer's would be kept as long as the output
        return out

    def save(self, folder: str | Path) -> None:
        """Write the language model, and the heads beside it."""
        self.lm.save_pretrained(str(folder))
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.heads.state_dict().items()}
        save_file(tensors, str(Path(folder) / HEADS))
        about = {"beta": self.beta, "heads": list(self.heads), **self.about}
        (Path(folder) / ABOUT).write_text(json.dumps(about, indent=2))


def load_heads(folder: str | Path) -> tuple[dict[str, ValueHead], dict[str, Any]]:
    """The heads of a folder that `ValueGuidedModel.save` wrote, and what is stored about them.

    Raises:
        ValueError: If a file is damaged or missing; the message names it.
    """
    try:
        about, tensors = json.loads((Path(folder) / ABOUT).read_text()), load_file(str(Path(folder) / HEADS))
        heads = {}
        for name in about["heads"]:
            width, size = tensors[f"{name}.inner.weight"].shape
            heads[name] = ValueHead(size, width, len(tensors.get(f"{name}.added.bias", [0])))
            own = {key: tensor for key, tensor in tensors.items() if key.startswith(f"{name}.")}
            heads[name].load_state_dict({key.removeprefix(f"{name}."): tensor for key, tensor in own.items()})
    except Exception as error:
        raise ValueError(f"the value heads in {folder} could not be read ({ABOUT}, {HEADS}): {error}") from error
    return heads, about


def guided(model: Any, folder: str | Path) -> Any:
    """The model as it is to be played: guided, if value heads lie in its folder, else itself."""
    if not (Path(folder) / ABOUT).exists():
        return model
    heads, about = load_heads(folder)
    return ValueGuidedModel(model, heads, about.pop("beta"), about).to(model.device)


def make_heads(model: Any, names: Sequence[str], width: int, start: float) -> dict[str, ValueHead]:
    """New heads for a model: ``q...`` and ``target_q...`` over its vocabulary, others of one value.

    Args:
        model: A causal language model.
        names: Of the heads.
        width: Of their hidden layers.
        start: About where the values begin: the mean return, say.
    """
    size, vocabulary = model.config.get_text_config().hidden_size, model.get_output_embeddings().weight.shape[0]
    return {
        name: ValueHead(size, width, vocabulary if name.removeprefix("target_").startswith("q") else 1, start)
        for name in names
    }
