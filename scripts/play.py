"""`dialogym play`: take either side of a dialogue, or watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import tyro
from gymnasium.utils import seeding
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from ..core.acts import IllegalAct, Say
from ..core.dialogue import Dialogue, Step
from ..core.episode import Episode
from ..core.game import is_pending
from ..core.solver import OutOfReach
from ..core.stream import Stream
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.episodes import EpisodeStore, record
from ..envs.human_user import HumanUser
from ..envs.make import load_family, make_engine
from ..envs.registration import lookup
from ..envs.transcript import Transcript
from ..envs.wording import put, tag_of
from ..evaluation.regret import dialogue_regret, likeliest_facts
from ..policies.human import HumanPolicy
from ..policies.policy import Policy, see_words
from ..policies.registry import make_policy
from ..policies.rollout import policy_stream
from ..simulated_users.user import Failure
from .options import Dialogues
from .web import Condition, Room, page, read_conditions

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
    web: bool = False
    """Play in a browser, several people at once (extra `web`)."""
    host: str = "127.0.0.1"
    """Where the page is served; by default for this machine alone."""
    port: int = 7860
    """Port of the page; 0 for any that is free."""
    conditions: Path | None = None
    """Arms of an experiment in the browser, a TOML file; see docs/people.md."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Play in the terminal."""
    options = tyro.cli(Play, args=list(arguments), prog="dialogym play")
    if options.episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {options.episodes}")
    if options.web:
        serve(options, settings)
        return
    if options.conditions is not None:
        raise ValueError("conditions are for the browser: give --web too")
    console = Console(highlight=False)
    table = seat(options, settings, console)
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
            store.append([record(dialogue, options.env_id, table.engine, table.speaker.name)])
            console.print(f"[dim]{len(store)} dialogues recorded in {escape(str(store.path))}[/dim]")


def seat(
    options: Play, settings: dict[str, Any], console: Console, user: Any = None, advice: bool | None = None
) -> _Table:
    """Give everybody a seat.

    Args:
        options: Who sits where.
        settings: Of the environment.
        console: Where a person is shown the dialogue, and asked.
        user: The simulated person, if it is not made anew as `options` name it.
        advice: In place of that of `options`.
    """
    family, other, policy = _seats(options, settings)
    settings = {**settings, **({"role": family.role} if "role" in family.settings() else {})}
    human = HumanUser(family, family.grammar.using(options.grammar), console, other) if other else None
    engine = make_engine(options.env_id, grammar=options.grammar, user=human or user or options.user, **settings)
    speaker = HumanPolicy(engine, console) if policy == "human" else make_policy(policy, engine)
    advice = options.advice if advice is None else advice
    table = _Table(engine, speaker, console, as_learner=policy == "human", as_partner=bool(other), advice=advice)
    if advice and isinstance(speaker, HumanPolicy):
        speaker.after = table.advise
    return table


def serve(options: Play, settings: dict[str, Any]) -> None:
    """Play in a browser, until the server is stopped."""
    room = room_of(options, settings)
    app = page(room, options.env_id, recorded=options.record is not None)
    app.launch(
        server_name=options.host, server_port=options.port or None, share=False, max_threads=200, show_error=True,
        footer_links=[],
    )  # fmt: skip


def room_of(options: Play, settings: dict[str, Any]) -> Room:
    """Where the visitors of a page play.

    Raises:
        ValueError: If nobody could sit anywhere, or if the conditions cannot be read.
    """
    conditions = read_conditions(options.conditions, options.advice) if options.conditions else []
    conditions = conditions or [Condition(advice=options.advice)]
    tables = [seat(options, {**settings, **one.settings}, Console(file=StringIO())) for one in conditions]
    table = tables[0]
    if not (table.as_learner or table.as_partner):
        raise ValueError("in the browser somebody plays: leave out --policy, or add --as partner")
    # language models are loaded once
    users = {one.name: found.engine.user for one, found in zip(conditions, tables, strict=True)}

    def play(condition: Condition, seed: int, console: Console) -> Episode:
        given = {**settings, **condition.settings}
        table = seat(options, given, console, users[condition.name], condition.advice)
        dialogue = table.play(seed)
        table.review(dialogue)
        return record(dialogue, options.env_id, table.engine, table.speaker.name)

    user = table.engine.user
    mine = user.seat if isinstance(user, HumanUser) else table.engine.family.role
    store = EpisodeStore(options.record) if options.record else None
    return Room(play, conditions, lambda seat: seat == mine, options.seed, store, options.record)


def _seats(options: Play, settings: dict[str, Any]) -> tuple[Family, str, str]:
    """The family with its roles given out, the seat that the person takes of the simulated ones, and the learner's
    policy.

    Raises:
        ValueError: If there is no such seat, or if it is taken.
    """
    path, registered = lookup(options.env_id)
    family = load_family(path, {**registered, **settings})
    side, alone = options.side, options.policy in HUMAN
    seats = family.people_seats
    if side not in ("", "learner", "partner", *seats):
        raise ValueError(f"as must be learner, partner, or one of the seats {', '.join(seats)}; got {side!r}")
    if side in seats:
        # Against a simulated person one learns; against a policy one is the partner.
        learner = side if alone else next(seat for seat in seats if seat != side)
        if learner != family.role and "role" in family.settings() and "role" not in settings:
            family = load_family(path, {**registered, **settings, "role": learner})
        side = "learner" if side == family.role else side
    if side == "learner" and not alone:
        clash = f"--policy {options.policy} speaks for the {family.role}, and so would you"
        raise ValueError(f"{clash}: leave out one of the two, or play --as {family.partner}")
    other = {"": "", "learner": "", "partner": family.partner}.get(side, side)
    if other and options.user != "scripted":
        raise ValueError(f"--user {options.user} speaks for the {other}, and so would you: leave it out")
    return family, other, options.policy or ("demonstrator" if other else "human")


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
        transcript = Transcript(self.engine.family, self.console, apart=self.as_partner and not self.as_learner)
        dialogue = self.engine.open([seeding.np_random(seed)[0]], seeds=[seed])[0]
        if dialogue.error:
            raise ConnectionError(f"the simulated user failed before the first word: {dialogue.error}")
        if isinstance(self.engine.user, HumanUser):
            self.engine.user.introduce(dialogue)
        stream, words = policy_stream(seed), policy_stream(seed, 1)  # what is drawn for words changes no act
        if not (self.as_learner or self.as_partner):
            transcript.show_opening(dialogue)
        while not dialogue.done:
            said = self.speaker.respond([dialogue], [stream])
            see_words(self.speaker, said, 1)
            text = said[0]
            if isinstance(text, Failure):
                raise ConnectionError(text)
            if self.as_partner and not self.as_learner:
                text = self._worded(dialogue, text, words)
            sealed = self._sealed(dialogue, text)
            if self.as_partner and not self.as_learner and not sealed:
                transcript.show_words(self.engine.family.role, text)
            step = self.engine.step([dialogue], [text])[0]
            if step.done or not self.as_learner:
                echo = not self.as_learner and (sealed or not self.as_partner)
                transcript.show_step(step, echo=echo, answer=self._others)
            if self.advice and (step.done or not self.as_learner):
                self.advise(step)
        if not dialogue.error:
            self.console.print(self._verdict(dialogue), markup=False)
        return dialogue

    @property
    def _others(self) -> bool | str:
        """Whose answers are shown: everybody's, or but for the seat that the person has."""
        return self.engine.user.seat if isinstance(self.engine.user, HumanUser) else not self.as_partner

    def _worded(self, dialogue: Dialogue, text: str, stream: Stream) -> str:
        """What a policy says to a person: a bare tag in the words of the learner's phrase bank, all else as it is."""
        act = self.engine.grammar.parse(text, self.engine.family.context(dialogue)).act
        bare = not isinstance(act, Say) and text == tag_of(self.engine, dialogue, act)
        return put(self.engine, dialogue, act, stream) if bare else text

    def _sealed(self, dialogue: Dialogue, text: str) -> bool:
        """Whether these words come with a move that the others are not to hear before they have made theirs."""
        game = dialogue.setting.game
        act = self.engine.grammar.parse(text, self.engine.family.context(dialogue)).act
        try:
            return is_pending(game, game.apply(dialogue.state, dialogue.seat, act))
        except IllegalAct:
            return is_pending(game, game.apply(dialogue.state, dialogue.seat, Say()))

    def _verdict(self, dialogue: Dialogue) -> str:
        """How it went, and how it could: what the best learner expects in this scenario before its first word."""
        family, payoff = self.engine.family, dialogue.steps[-1].payoff
        called = family.called(family.role)
        learner, best_one = ("The learner", "best") if called == "you" else (f"T{called[1:]}", f"best {family.role}")
        told = family.in_words(family.outcome(dialogue))
        came_to = f"{told}: a payoff of {payoff:.3f}" if told else f"got a payoff of {payoff:.3f}"
        try:
            best = f"the {best_one} expects {dialogue.setting.solution.start_value():.3f}"
        except OutOfReach:
            bound = family.bound and family.bound(dialogue.scenario)
            nobody = "nobody" if called == "you" else f"no {family.role}"
            best = "" if bound is None else f"{nobody} can expect more than {bound:.3f}"
        return f"{'You' if self.as_learner else learner} {came_to}{'; ' * bool(best)}{best}."

    def review(self, dialogue: Dialogue) -> None:
        """Show what the best would have done at each turn, where that can be computed."""
        judged = dialogue_regret(dialogue, self.engine.grammar)
        for number, turn in enumerate(judged.turns, 1):
            if turn.value is not None:
                did, best = turn.act or turn.problem or "talk", turn.best or "talk"
                told = f"{number}. {did}: nothing was lost" if turn.regret < 1e-9 else (
                    f"{number}. {did}: lost {turn.regret:.3f}; best was {best}"
                )  # fmt: skip
                self.console.print(Text(self.engine.family.told(told, dialogue.scenario)))

    def advise(self, step: Step) -> None:
        """Say what would have been best and what was lost, and what a perfect listener believes and expects now."""
        dialogue, solution, belief = step.dialogue, step.dialogue.setting.solution, step.belief_before()
        best = tag_of(self.engine, dialogue, solution.best_act(step.before, belief)) or "talk"
        lost = solution.value(step.before, belief) - solution.act_value(step.before, belief, step.act)
        told = f"best: {best}; lost: {max(0.0, lost):.4f}"
        if not step.done:
            after = step.belief_after()
            believed = ", ".join(
                f"{name.replace('_', ' ')} {value} ({share:.0%})"
                for name, value, share in likeliest_facts(self.engine.family, dialogue.scenario, after)
            )
            told += f"; value now: {solution.value(step.after, after):.4f}; likeliest: {believed}"
        self.console.print(Text(told, style="dim"))
