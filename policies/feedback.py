"""Feedback in words on each turn of a finished dialogue; it is kept in records, and a clone can be asked for good ones.

The exact critic knows what each turn was worth against what an honest player could know in it; the other listens to how
the person takes it. A policy that was trained with the feedback on each message before it is asked for messages of the
best (feedback-conditional policies, Luo et al. 2025).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from ..core.dialogue import Dialogue, Step
from ..envs.engine import Engine
from ..rewards.reactions import reaction

CRITICS = ("exact", "reaction")
LITTLE, MUCH = 0.02, 0.1  # of payoff, lost by a turn
GOOD = {"exact": "Good: nothing was better.", "reaction": "The person takes it well."}
"""What the best of messages are told by each critic."""
_LOST = "Bad: it was not understood."
_TAKEN = {1: GOOD["reaction"], 0: "The person does not say how it takes it.", -1: "The person takes it badly."}
_FILE = "feedback.json"


def make_turn_critic(name: str, engine: Engine) -> Callable[[Dialogue], None]:
    """Writes ``step.feedback`` of each step of a finished dialogue.

    Args:
        name: ``"exact"``, which needs an optimum, or ``"reaction"``, which needs none.
        engine: The environment: its grammar prints the acts.

    Raises:
        ValueError: If there is no such critic.
    """
    if name not in CRITICS:
        raise ValueError(f"critic must be one of {', '.join(CRITICS)}; got {name!r}")

    def comment(dialogue: Dialogue) -> None:
        for step in dialogue.steps:
            if not step.error:
                step.feedback = _exact(step, engine) if name == "exact" else _TAKEN[reaction(step.reply)]

    return comment


def _exact(step: Step, engine: Engine) -> str:
    if step.problem:
        return _LOST
    solution, belief = step.dialogue.setting.solution, step.belief_before()
    lost = solution.value(step.before, belief) - solution.act_value(step.before, belief, step.act)
    if lost < LITTLE:
        return GOOD["exact"]
    best = engine.grammar.print(solution.best_act(step.before, belief))
    better = engine.family.told(best, step.dialogue.scenario) or "to talk"
    return f"{'Bad: much' if lost >= MUCH else 'Fair: a little'} was lost; {better} was better."


def noted(text: str, feedback: str) -> str:
    """What a model is shown before a message on which this is the feedback."""
    return f"{text}\n(On your next message: {feedback})" if feedback else text


def with_feedback(messages: Sequence[dict[str, str]], feedback: Iterator[str]) -> list[dict[str, str]]:
    """A chat in which the feedback on each message of the assistant stands before it."""
    found = [dict(message) for message in messages]
    for before, message in pairwise(found):
        if message["role"] == "assistant":
            before["content"] = noted(before["content"], next(feedback, ""))
    if found and found[-1]["role"] == "user":
        found[-1]["content"] = noted(found[-1]["content"], next(feedback, ""))
    return found


def keep_wanted(folder: str | Path, wanted: str) -> None:
    """Write what a model of this folder is to be told before each of its messages."""
    (Path(folder) / _FILE).write_text(json.dumps({"wanted": wanted}))


def wanted_in(folder: str | Path) -> str:
    """What a model of this folder is told before each of its messages; ``""`` for nothing."""
    file = Path(folder) / _FILE
    return str(json.loads(file.read_text())["wanted"]) if file.is_file() else ""
