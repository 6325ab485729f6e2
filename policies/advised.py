"""Feedback between games: a critic reads each finished dialogue, and its advice stands in the prompt of the next one.

Advice is words, put at the end of the brief, so that any language model reads it; another policy finds the sentences in
``dialogue.memo["advice"]``. Verbal feedback in place of gradients is Reflexion's (Shinn et al. 2023); a critic who
coaches a bargainer between games is Fu et al.'s (2023). Unlike theirs, `ExactCritic` knows what each turn was worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

from ..core.acts import Act
from ..core.dialogue import Dialogue
from ..core.solver import OutOfReach
from ..core.stream import Stream
from ..envs.engine import Engine
from ..simulated_users.backends.backend import Backend, Request
from ..simulated_users.backends.presets import load_backend
from ..simulated_users.user import Failure
from .policy import Policy

KEEP = 3
LEAST = 0.02
ADVICE = "advice"
"""Key of the sentences in the memo of a dialogue."""
_ASK = (
    "You coach somebody who plays the same kind of game again and again, each time with another person. You are shown "
    "one game. Give one short piece of advice for the next game, in one sentence that begins with a verb."
)
_LONGEST = 300  # characters of a model's advice

Critic = Callable[[Dialogue], str]
"""Reads a finished dialogue and returns one sentence for the next; ``""`` if it has nothing to say."""


class AdvisedPolicy:
    """A policy that is told before each game what a critic has said of those before.

    It plays one game at a time, since it learns from one to the next. Its words are recorded as any; the advice is no
    part of the record, and what the simulated person is told does not change.

    Args:
        policy: Speaks.
        critic: Reads finished dialogues.
        keep: So many pieces of advice are told, the latest first; equal ones once.
        name: Shown in tables.

    Attributes:
        advice: All that was said so far, the latest last.
    """

    at_once = 1

    def __init__(self, policy: Policy, critic: Critic, keep: int = KEEP, name: str = ""):
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
            raise ValueError(f"keep must be a whole number of at least 1, got {keep!r}")
        self.policy, self.critic, self.keep, self.name = policy, critic, keep, name or f"advised:{policy.name}"
        self.advice: list[str] = []
        self._played: list[Dialogue] = []

    def respond(self, dialogues: Sequence[Dialogue], streams: Sequence[Stream]) -> list[str]:
        """What the policy says that has read the advice."""
        self._learn()
        return self.policy.respond([self._told(dialogue) for dialogue in dialogues], streams)

    def _learn(self) -> None:
        """Hear the critic about what has ended since."""
        ended = [dialogue for dialogue in self._played if dialogue.done]
        self._played = [dialogue for dialogue in self._played if not dialogue.done]
        self.advice += [said for one in ended if not one.error and (said := " ".join(self.critic(one).split()))]

    def _told(self, dialogue: Dialogue) -> Dialogue:
        """The dialogue as the policy sees it: another brief, the same course."""
        told = dialogue.memo.get(self)
        if told is None:
            said = tuple(dict.fromkeys(reversed(self.advice)))[: self.keep]
            told = dialogue.memo[self] = dialogue.fork()
            told.steps, told.memo[ADVICE] = dialogue.steps, said
            if said:
                told.brief = "\n".join([dialogue.brief, "", "Advice from your last games:", *(f"- {s}" for s in said)])
            self._played.append(dialogue)
        for name in ("state", "hidden", "lost_in_row", "done", "error"):
            setattr(told, name, getattr(dialogue, name))
        return told


class ExactCritic:
    """Names the turn that lost most against the exact optimum, and what was better in it.

    It knows what an honest player could know in that turn and the optimum, and nothing that is hidden: luck is not
    blamed.

    Args:
        engine: The environment: its grammar prints the acts.
        least: What a turn must have lost to be worth a word, in payoff.
    """

    def __init__(self, engine: Engine, least: float = LEAST):
        self.engine, self.least = engine, least

    def __call__(self, dialogue: Dialogue) -> str:
        """The sentence; ``""`` if no turn lost as much, or no optimum is known."""
        worst, said = self.least, ""
        solution = dialogue.setting.solution
        try:
            for turn, step in enumerate(dialogue.steps):
                belief = step.belief_before()
                lost = solution.value(step.before, belief) - solution.act_value(step.before, belief, step.act)
                if lost >= worst:
                    worst = lost
                    best = solution.best_act(step.before, belief)
                    said = self._words(dialogue, turn, best, lost)
        except OutOfReach:
            return ""
        return said

    def _words(self, dialogue: Dialogue, turn: int, best: Act, lost: float) -> str:
        step, game = dialogue.steps[turn], dialogue.setting.game
        if step.problem:
            return f"Turn {turn + 1} was lost, because it was {step.problem}: do one thing in a message."
        did, better = (self._tag(dialogue, act) for act in (step.act, best))
        ends = [game.mover(game.apply(step.before, dialogue.seat, act)) is None for act in (step.act, best)]
        more = f"in turn {turn + 1} {better} was worth {lost:.2f} more than {did}."
        if ends == [True, False]:
            return f"You ended it too early: {more}"
        if ends == [False, True]:
            return f"You went on too long: {more}"
        return f"{_direction(step.act, best)}{more[0].upper()}{more[1:]}"

    def _tag(self, dialogue: Dialogue, act: Act) -> str:
        return self.engine.family.told(self.engine.grammar.print(act), dialogue.scenario) or "to talk"


class ModelCritic:
    """A language model that reads what was said and what came out of it.

    It sees what the learner saw, and the payoff; nothing hidden.

    Args:
        backend: The model.
        max_tokens: Of its advice.
    """

    def __init__(self, backend: Backend, max_tokens: int = 60):
        self.backend, self.max_tokens = backend, max_tokens

    def __call__(self, dialogue: Dialogue) -> str:
        """Its first line; ``""`` where it cannot be had."""
        told = [dialogue.brief, ""]
        told += [f"{'Player' if turn.seat == dialogue.seat else 'Other'}: {turn.text}" for turn in dialogue.turns()]
        payoff = dialogue.steps[-1].payoff if dialogue.steps else 0.0
        told += ["", f"The player's payoff was {payoff:.2f}. Advice for the next game:"]
        request = Request((("system", _ASK), ("user", "\n".join(told))), self.max_tokens, 0.0, stop=("\n",))
        (reply,) = self.backend.generate([request])
        return "" if isinstance(reply, Failure) else reply.text.strip().split("\n")[0][:_LONGEST]


def make_critic(spec: str, engine: Engine, least: float = LEAST) -> Critic:
    """``"exact"``, or the language model that `load_backend` finds under a name.

    Raises:
        ValueError: If there is no such model.
    """
    return ExactCritic(engine, least) if spec == "exact" else ModelCritic(load_backend(spec))


def _direction(did: Act, best: Act) -> str:
    """Which way the one number of an act should have gone."""
    if type(did) is not type(best):
        return ""
    pairs = [(getattr(did, field.name), getattr(best, field.name)) for field in fields(did)]
    if len(pairs) != 1 or not all(isinstance(value, int) for value in pairs[0]):
        return ""
    return f"Go {'lower' if pairs[0][1] < pairs[0][0] else 'higher'}. "
