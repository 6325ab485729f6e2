"""Dialogues played out in every way, for expectations that are summed and not sampled."""

from __future__ import annotations

from dialogym.evaluation.shaping import forks


def play_out(dialogues, acts):
    """(probability, dialogue) after a fixed sequence of acts; `acts` may be a function of a dialogue, called until it gives ``None``."""
    world, ended = list(dialogues), []
    choose = (
        acts
        if callable(acts)
        else lambda dialogue: acts[len(dialogue.steps)] if len(dialogue.steps) < len(acts) else None
    )
    while world:
        after = []
        for p, dialogue in world:
            act = None if dialogue.done else choose(dialogue)
            if act is None:
                ended.append((p, dialogue))
            else:
                after.extend((p * q, other) for q, other in forks(dialogue, act))
        world = after
    return ended
