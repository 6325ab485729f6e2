"""What tests of resuming share: a training that dies on the way, and what it left against what it should have."""

from __future__ import annotations

import pytest


class Interrupt(Exception):
    pass


def interrupted(monkeypatch, trainer_class, train, at):
    """Call `train`, and have its trainer (one of transformers or TRL) die at step `at`."""
    from transformers import TrainerCallback

    class Bomb(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            if state.global_step == at:
                raise Interrupt

    original = trainer_class.train

    def train_with_bomb(self, **kwargs):
        self.add_callback(Bomb())
        return original(self, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(trainer_class, "train", train_with_bomb)
        with pytest.raises(Interrupt):
            train()


def same_weights(one, other, file="model.safetensors"):
    """Whether two folders hold the same tensors in `file`."""
    import torch
    from safetensors.torch import load_file

    a, b = (load_file(folder / file) for folder in (one, other))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
