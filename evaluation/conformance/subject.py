"""An environment that is looked at, and what is played on it: each thing once, for all checks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import gymnasium as gym
import numpy as np

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.dialogue import Dialogue
from ...core.game import is_pending, view_of
from ...core.setting import Setting
from ...core.solver import OutOfReach
from ...core.stream import Stream
from ...envs.dialogue_env import DialogueEnv
from ...envs.make import make_engine, split_options
from ...policies.baselines import baselines
from ...policies.registry import make_policy
from ...policies.rollout import rollout
from ...simulated_users.user import Cue
from ..exact import optimum

SCRIPT = (
    "Hello! How are you?", "Could you do better?", "[accept", "[nonsense 3]", "one or two?",
    "What is the least you would take?", "Hm.", "[walk]",
)  # fmt: skip
"""What anybody may say anywhere."""
STRANGE = (
    "", " ", "\x00\x07\x1b[31m", "x" * 10_000, "[" * 5000, "[offer " + "9" * 5000 + "]", "[offer -5]", "[offer 2.5]",
    "[offer 1][offer 2]", "[offer]", "[]", "[accept now]", "[unknown]", "出价四百", "١٢٣", "🙂🙂", "[offer ١٢]",
    "[offer 1e9]", "[offer 0]", "\ud800", "%s{0}{price}",
)  # fmt: skip
"""What nobody should say."""
LOST = "[unknown]"  # no family has such a tag

T = TypeVar("T")


class Violation(AssertionError):
    """An environment does not keep its word. The message says in which way, and what to do about it."""


class Place(NamedTuple):
    """Where the learner speaks, or where a dialogue is over: what is public, and what a perfect listener believes."""

    scenario: Any
    setting: Setting
    state: Any
    belief: Belief
    first: bool
    over: bool


class Reply(NamedTuple):
    """A move of the simulated person that is possible."""

    scenario: Any
    before: Any
    seat: str
    act: Act
    learner: Act | None  # what the learner did before; None at the opening


class Subject:
    """A registered environment.

    Attributes:
        tree: The most turns of a policy's tree that is summed exactly; a larger one is sampled.
        thin: By which samples are divided, and how far is searched without pruning.
        compared: The replies that could be compared for different secrets.
    """

    tree = 20_000
    thin = 1

    def __init__(self, env_id: str, **settings: Any):
        self.env_id = env_id
        self.settings = split_options(settings)[1]
        self.engine = make_engine(env_id, **self.settings)
        self.family = self.engine.family
        self.compared = 0
        self._played: dict[tuple[str, str], list[Dialogue]] = {}
        self._replies: dict[Reply, None] = {}

    def make(self, **arguments: Any) -> DialogueEnv:
        """The environment, without gymnasium's wrappers."""
        return gym.make(self.env_id, disable_env_checker=True, **self.settings, **arguments).unwrapped  # type: ignore[return-value]

    @cached_property
    def solved(self) -> bool:
        """Whether the optimum is within reach."""
        try:
            self.family.setting(self.family.scenarios()[0]).solution.start_value()
        except OutOfReach:
            return False
        return True

    @cached_property
    def optimum(self) -> float:
        """The best expected payoff over all scenarios."""
        return optimum(self.family)

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """The baselines; without those that need the optimum where it is out of reach."""
        return tuple(name for name in baselines(self.engine) if self.solved or name != "optimal")

    def few(self, episodes: int) -> int:
        """How many are played where a sample is to have so many."""
        return -(-episodes // self.thin)

    def played(self, policy: str, episodes: int, grammar: str = "natural") -> list[Dialogue]:
        """Finished dialogues of a policy, of the seeds from 0 on."""
        known = self._played.setdefault((policy, grammar), [])
        if len(known) < episodes:
            engine = self.engine if grammar == "natural" else self._tagged
            known += rollout(engine, make_policy(policy, engine), range(len(known), episodes))
        return known[:episodes]

    def payoffs(self, policy: str, episodes: int) -> np.ndarray:
        """What a policy got."""
        return np.array([dialogue.steps[-1].payoff for dialogue in self.played(policy, episodes)])

    @cached_property
    def _tagged(self) -> Any:
        return make_engine(self.env_id, grammar="tagged", **self.settings)

    # ---- without words

    @cached_property
    def walks(self) -> list[list[Place]]:
        """Courses of dialogues in which the learner's acts are drawn: kinds of act at random, then acts of the kind.

        In every other one the learner ends nothing as long as it can help it.

        Raises:
            Violation: If somebody does what it cannot do.
        """
        return [self._walk(seed) for seed in range(40)]

    @cached_property
    def places(self) -> list[Place]:
        """Where the learner speaks, in all the walks; the same information state once."""
        found = {(place.setting, place.state, place.belief): place for walk in self.walks for place in walk}
        return [place for place in found.values() if not place.over]

    @cached_property
    def replies(self) -> list[Reply]:
        """Every move of the simulated person that is possible on the way, each once."""
        self.walks  # noqa: B018
        return list(self._replies)

    def cues(self, most: int = 400) -> list[Cue]:
        """What a voice may be told: replies at random, to talk, to turns that were lost, and by every style."""
        draw = random.Random(0)
        replies = [reply for reply in self.replies if reply.seat not in self.family.tools]
        replies = replies if len(replies) <= most else draw.sample(replies, most)
        found = []
        for number, reply in enumerate(replies):
            scenario, before, seat, act, learner = reply
            persona = self.family.voice.personas[number % len(self.family.voice.personas)]
            heard, problem, reason = (
                draw.choice(_HEARD)
                if isinstance(learner, Say)
                else ("" if learner is None else "Well, what now?", "", "")
            )
            game = self.family.setting(scenario).game
            sealed = is_pending(game, before)
            heard = "" if sealed else heard
            told = (heard, learner is None, problem, reason, view_of(game, before, seat), sealed)
            found.append(Cue(act, seat, scenario.public, persona, *told))
        return found

    def _walk(self, seed: int) -> list[Place]:
        stream = Stream(np.random.default_rng(seed))
        scenario = self.family.sample(stream)
        setting = self.family.setting(scenario)
        state, hidden, belief, act = setting.game.start(), setting.prior.sample(stream), setting.prior, None
        walk: list[Place] = []
        while not walk or not walk[-1].over:
            if walk or setting.game.mover(state) != setting.seat:
                for _, exchange, _ in setting.seen(state, belief, act):
                    for before, seat, made in exchange.replies:
                        self._replies[Reply(scenario, before, seat, made, act)] = None
                exchange = setting.draw(state, hidden, act, stream)
                belief = setting.listen(belief, exchange)
                state, hidden = exchange.after, exchange.hidden
                if belief.probability(hidden) <= 0.0:
                    raise Violation(
                        f"a perfect listener rules out the truth, {hidden!r}, in {state!r}: react(hidden, state) must "
                        "return the very distribution that is drawn from, the same each time it is asked"
                    )
            walk.append(Place(scenario, setting, state, belief, not walk, setting.game.mover(state) is None))
            if len(walk) > 1000:
                raise Violation("a dialogue has not ended after 1,000 turns: let the game end it, at a deadline")
            act = None if walk[-1].over else _drawn(setting, state, stream, patient=seed % 2 > 0)
        return walk


_HEARD = (
    ("Hello.", "", ""),
    ("", "", ""),
    ("Are you sure? Thank you, you are very kind.", "", ""),
    ("[unknown]", "malformed", "I do not know the tag [unknown]."),
    ("one or two", "ambiguous", "Which one do you mean?"),
    ("[something]", "illegal", "That is not possible now."),
)
"""Ways to do nothing: what was heard, what was wrong with it, and what is to be said about that."""


def _drawn(setting: Setting, state: Any, stream: Stream, patient: bool) -> Act:
    game, seat = setting.game, setting.seat
    acts = list(dict.fromkeys((Say(), *game.choices(state, seat))))
    if patient:
        acts = [act for act in acts if game.mover(game.apply(state, seat, act)) is not None] or acts
    kinds: dict[type, list[Act]] = {}
    for act in acts:
        kinds.setdefault(type(act), []).append(act)
    ways = list(kinds.values())
    acts = ways[stream.choose(len(ways))]
    return acts[stream.choose(len(acts))]


def transcript(env: gym.Env, seed: int, script: Sequence[str] = SCRIPT) -> list[tuple]:
    """Everything that an agent sees and gets in one episode."""
    seen: list[tuple] = [env.reset(seed=seed)]
    for text in script:
        seen.append(env.step(text))
        if seen[-1][2] or seen[-1][3]:
            break
    return seen


def spread(items: Sequence[T], most: int) -> Sequence[T]:
    """At most so many items, evenly from the whole."""
    return items[:: max(1, -(-len(items) // most))]


def strange_strings(subject: Subject, count: int) -> Iterator[str]:
    """Strings that somebody might send: any characters, broken tags, tags with odd values, and distorted phrases."""
    draw = random.Random(1)
    spoken = [step.text for name in subject.policies[:2] for d in subject.played(name, 12) for step in d.steps]
    forms = [tag for act in subject.engine.grammar.acts for tag in (f"[{act} ", f"[{act}]", act)]
    values = ("-5", "0", "1e9", "9" * 400, "2.5", "$1,000", "x=1", "a b", "]", "=", "ß", "yes", "١٢")
    for _ in range(count):
        kind = draw.randrange(4)
        if kind == 0:
            codes = (draw.choice((draw.randrange(256), draw.randrange(0x10000))) for _ in range(draw.randrange(80)))
            yield "".join(map(chr, codes))
        elif kind == 1:
            yield "".join(draw.choices("[]offeraccptwlk 0123456789.-$=?!'", k=draw.randrange(30)))
        elif kind == 2:
            yield "".join(map(draw.choice, (("", "Well, "), forms, values, ("]", "]]", ""))))
        else:
            text = draw.choice(spoken)
            cut, end = sorted((draw.randrange(len(text) + 1), draw.randrange(len(text) + 1)))
            head, tail = text[:cut], text[cut:]
            yield draw.choice((text[cut:end], head + text[end:], f"{text} {text}", f"{head}not {tail}"))
