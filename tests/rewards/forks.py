"""Every way in which a dialogue can go on, as dialogues of their own: for expectations that are summed and not sampled."""

from __future__ import annotations

from copy import copy

from dialogym.core.dialogue import Dialogue, Step
from dialogym.core.grammar import Heard
from dialogym.core.stream import Stream


class Scenario:
    public = None


def openings(setting, reveal=None):
    """(probability, dialogue) for each hidden state and each opening."""
    for hidden, p in setting.prior:
        dialogue = Dialogue(setting, Scenario(), "", "", hidden, Stream(None), None, reveal)
        if setting.game.mover(dialogue.state) == setting.seat:
            yield p, dialogue
            continue
        for exchange, q in setting.exchange(dialogue.state, hidden, None):
            opened = twin(dialogue)
            opened.begin(exchange, "Hello.")
            yield p * q, opened


def twin(dialogue):
    """The same dialogue so far, to go another way."""
    other = copy(dialogue)
    other.steps, other.memo, other._beliefs = list(dialogue.steps), {}, []
    return other


def forks(dialogue, act, hidden=None):
    """(probability, dialogue after `act`) for each thing that can follow; `hidden` in place of the true hidden state."""
    for exchange, p in dialogue.setting.exchange(dialogue.state, dialogue.hidden if hidden is None else hidden, act):
        other = twin(dialogue)
        other.record(Step(other, "...", Heard(act, "", ""), exchange, "..."))
        yield p, other


def play_out(dialogues, acts):
    """(probability, dialogue) after a fixed sequence of acts; `acts` may be a function of a dialogue, called until it gives ``None``."""
    world, ended = list(dialogues), []
    choose = acts if callable(acts) else lambda dialogue: acts[len(dialogue.steps)] if len(dialogue.steps) < len(acts) else None
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
