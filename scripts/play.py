"""`dialogym play`: take either side of a dialogue, or watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from gymnasium.utils import seeding
from rich.console import Console
from rich.markup import escape

from ..core.dialogue import Dialogue, Step
from ..core.solver import OutOfReach
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.episodes import EpisodeStore, record
from ..envs.human_user import HumanUser
from ..envs.make import load_family, make_engine
from ..envs.registration import lookup
from ..envs.transcript import Transcript
from ..envs.wording import tag_of
from ..policies.policy import Policy
from ..policies.registry import make_policy
from ..policies.rollout import policy_stream
from ..simulated_users.user import Failure
from .options import Dialogues

HUMAN = ("", "human")


@dataclass(frozen=True)
class Play(Dialogues):
    """Take either side of a dialogue, against a simulated person or against a policy, or watch the two."""

    side: Annotated[str, tyro.conf.arg(name="as")] = ""
    """Your side: `learner`, `partner` (the simulated person) or a seat; by default the learner, unless a policy is."""
    policy: str = ""
    """Who speaks for the learner: you, if no policy is named and you are not the partner."""
    user: str = "scripted"
    """Who is the simulated person: `scripted`, `voiced:MODEL` or `llm:MODEL`."""
    episodes: int = 1
    """How many episodes are played, one after the other."""
    advice: bool = False
    """After each exchange, tell what the optimal policy would have said and how much the turn has lost against it."""
    record: Path | None = None
    """Folder to append finished dialogues to."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Play in the terminal."""
    options = tyro.cli(Play, args=list(arguments), prog="dialogym play")
    if options.episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {options.episodes}")
    console = Console(highlight=False)
    family, as_partner, policy = _seats(options, settings)
    settings = {**settings, **({"role": family.role} if "role" in family.settings() else {})}
    user = HumanUser(family, family.grammar.using(options.grammar), console) if as_partner else options.user
    engine = make_engine(options.env_id, grammar=options.grammar, user=user, **settings)
    speaker = make_policy(policy, engine)
    table = _Table(engine, speaker, console, as_learner=policy == "human", as_partner=as_partner, advice=options.advice)
    store = EpisodeStore(options.record) if options.record else None
    for seed in range(options.seed, options.seed + options.episodes):
        try:
            dialogue = table.play(seed)
        except EOFError:
            kept = " This dialogue is not recorded; earlier ones are." if store is not None else ""
            console.print(f"[dim]You left.{kept}[/dim]")
            return
        except NotImplementedError as error:  # the optimum of this family is out of reach
            raise ValueError(str(error)) from error
        if store is not None:
            store.append([record(dialogue, options.env_id, engine, speaker.name)])
            console.print(f"[dim]{len(store)} dialogues recorded in {escape(str(store.path))}[/dim]")


def _seats(options: Play, settings: dict[str, Any]) -> tuple[Family, bool, str]:
    """The family with its roles given out, whether the person is the simulated one, and the learner's policy.

    Raises:
        ValueError: If there is no such seat, or if it is taken.
    """
    path, registered = lookup(options.env_id)
    family = load_family(path, {**registered, **settings})
    side, alone = options.side, options.policy in HUMAN
    if side not in ("", "learner", "partner", *family.seats):
        raise ValueError(f"as must be learner, partner, or one of the seats {', '.join(family.seats)}; got {side!r}")
    if side in family.seats:
        # Against a simulated person one learns; against a policy one is the partner.
        learner = side if alone else next(seat for seat in family.seats if seat != side)
        if learner != family.role and "role" in family.settings() and "role" not in settings:
            family = load_family(path, {**registered, **settings, "role": learner})
        side = "learner" if side == family.role else "partner"
    if side == "learner" and not alone:
        clash = f"--policy {options.policy} speaks for the {family.role}, and so would you"
        raise ValueError(f"{clash}: leave out one of the two, or play --as {family.partner}")
    if side == "partner" and options.user != "scripted":
        raise ValueError(f"--user {options.user} speaks for the {family.partner}, and so would you: leave it out")
    as_partner = side == "partner"
    return family, as_partner, options.policy or ("demonstrator" if as_partner else "human")


@dataclass
class _Table:
    """Who sits where, and what is shown."""

    engine: Engine
    speaker: Policy
    console: Console
    as_learner: bool
    as_partner: bool
    advice: bool

    def play(self, seed: int) -> Dialogue:
        """One dialogue, to its end.

        Raises:
            EOFError: If the person leaves.
            ConnectionError: If the simulated user's machinery failed before the first word.
        """
        transcript = Transcript(self.engine.family, self.console)
        dialogue = self.engine.open([seeding.np_random(seed)[0]], seeds=[seed])[0]
        if dialogue.error:
            raise ConnectionError(f"the simulated user failed before the first word: {dialogue.error}")
        if isinstance(self.engine.user, HumanUser):
            self.engine.user.introduce(dialogue)
        stream = policy_stream(seed)
        if not (self.as_learner or self.as_partner):
            transcript.show_opening(dialogue)
        while not dialogue.done:
            text = self.speaker.respond([dialogue], [stream])[0]
            if isinstance(text, Failure):
                raise ConnectionError(text)
            if self.as_partner and not self.as_learner:
                transcript.show_words(self.engine.family.role, text)
            step = self.engine.step([dialogue], [text])[0]
            if step.done or not (self.as_learner or self.as_partner):
                transcript.show_step(step, echo=not (self.as_learner or self.as_partner), answer=not self.as_partner)
            if self.advice:
                self._advise(step)
        if not dialogue.error:
            self.console.print(self._verdict(dialogue), markup=False)
        return dialogue

    def _verdict(self, dialogue: Dialogue) -> str:
        """How it went, and how it could: what the best learner expects in this scenario before its first word."""
        family, role, payoff = self.engine.family, self.engine.family.role, dialogue.steps[-1].payoff
        told = family.in_words(family.outcome(dialogue))
        came_to = f"{told}: a payoff of {payoff:.3f}" if told else f"got a payoff of {payoff:.3f}"
        try:
            best = f"the best {role} expects {dialogue.setting.solution.start_value():.3f}"
        except OutOfReach:
            bound = family.bound and family.bound(dialogue.scenario)
            best = "" if bound is None else f"no {role} can expect more than {bound:.3f}"
        return f"{'You' if self.as_learner else f'The {role}'} {came_to}{'; ' * bool(best)}{best}."

    def _advise(self, step: Step) -> None:
        solution, belief = step.dialogue.setting.solution, step.belief_before()
        best = tag_of(self.engine, step.dialogue, solution.best_act(step.before, belief)) or "talk"
        lost = solution.value(step.before, belief) - solution.act_value(step.before, belief, step.act)
        self.console.print(f"[dim]best: {escape(best)}   lost: {max(0.0, lost):.4f}[/dim]", markup=True)
