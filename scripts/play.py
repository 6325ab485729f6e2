"""`dialogym play`: talk to a simulated person, or watch a policy do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tyro
from gymnasium.utils import seeding
from rich.console import Console
from rich.markup import escape

from ..envs.transcript import Transcript
from ..policies.registry import make_policy
from ..policies.rollout import make_engine, policy_stream


@dataclass(frozen=True)
class Play:
    """Talk to a simulated person, or watch a policy do it."""

    env_id: tyro.conf.Positional[str]
    """Environment; `dialogym list` shows them."""
    policy: str = "human"
    """Who speaks for the learner."""
    seed: int = 0
    """Of the episode."""
    grammar: str = "natural"
    """`natural` understands plain words, `tagged` only tags."""
    advice: bool = False
    """After each exchange, tell what the optimal policy would have said and how much the turn has lost against it."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Play one dialogue in the terminal."""
    options = tyro.cli(Play, args=list(arguments), prog="dialogym play")
    console = Console(highlight=False)
    engine = make_engine(options.env_id, grammar=options.grammar, **settings)
    policy = make_policy(options.policy, engine)
    transcript = Transcript(engine.family, console)
    dialogue = engine.open([seeding.np_random(options.seed)[0]], seeds=[options.seed])[0]
    if dialogue.error:
        raise ConnectionError(f"the simulated user failed before the first word: {dialogue.error}")
    stream = policy_stream(options.seed)
    human = options.policy == "human"
    if not human:
        transcript.show_opening(dialogue)
    while not dialogue.done:
        try:
            text = policy.respond([dialogue], [stream])[0]
        except EOFError:
            console.print("[dim]You left.[/dim]")
            return
        step = engine.step([dialogue], [text])[0]
        if not human or step.done:
            transcript.show_step(step, echo=not human)
        if options.advice:
            solution, belief = dialogue.setting.solution, step.belief_before()
            best = engine.grammar.print(solution.best_act(step.before, belief)) or "talk"
            lost = solution.value(step.before, belief) - solution.act_value(step.before, belief, step.act)
            console.print(f"[dim]best: {escape(best)}   lost: {max(0.0, lost):.4f}[/dim]", markup=True)
