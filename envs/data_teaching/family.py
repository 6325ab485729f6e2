"""Data teaching: a teacher makes training data for a model whose skills are hidden, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .domains import DOMAINS
from .game import ACTS, PARTS, SEATS, SKILLS, TOP, Explore, Make, Rounds, Training, place_of
from .mind import MODELS, Learner, Student
from .voice import NAMES, PATTERNS, VOICE, understand


class Project(NamedTuple):
    """What both sides know."""

    domain: str
    trainer: str


@dataclass(frozen=True, slots=True)
class Run:
    """One scenario: what the model is to learn, and who trains it."""

    domain: str
    trainer: str

    @property
    def public(self) -> Project:
        """All of it."""
        return Project(self.domain, self.trainer)


@dataclass(frozen=True)
class DataTeaching(Family):
    """A model in training: a teacher makes data for it, round by round, and has to find out what it lacks.

    ## Description

    A language model is to learn two skills, such as algebra and geometry. The learner is its teacher and makes the
    training data; a colleague trains the model on it, tests it, and looks through its errors. In each skill the model
    lacks one of two parts, such as factoring, and how far it is with either is hidden. Data for a whole skill helps at
    times; data for the part that is lacking helps nearly always, and data for the other part never. Which part that is
    can be read from the errors, not surely. Only once the errors of a skill were sorted can there be data for a part
    alone. So to explore pays nothing itself, and takes one of few rounds; a skill counts only when it is mastered,
    which may take two steps; and there is hardly time for both.

    The model is a made-up one of a few numbers. Nothing is trained, and nothing is claimed about real models. None of
    the domains is about a crisis or gives medical advice.

    ## Scenario

    One of 26 domains (school maths, Python programming, reading charts...), each with two skills of two parts, and one
    of six trainers' names, all equally likely. They are words only: all share one solution. Hidden are, for each skill
    on its own, its `weak` part (either with one half) and its level (`levels`): 0 with .35, 1 with .55, else 2, which
    is mastery. Levels move, as below.

    ## Acts

    An utterance is free text with at most one tag: `[explore SKILL]`, `[make DATA]` or `[stop]`; without a tag it is
    talk. A skill is `a` or `b`; data is for a skill, or for a part of it: `a1`, `a2`, `b1` or `b2`. Each act but
    `[stop]` takes a round, and so does talk. The trainer speaks first.

    | act | cost | what it does |
    |---|---:|---|
    | `explore` | .02 | the trainer says where most errors are: in the weak part with .7 (if mastered, with .5) |
    | `make` a skill | .07 | lifts it by a level with .4 |
    | `make` a part | .07 | lifts its skill by a level with .95 if it is the weak part, else never; only once explored |

    After each round of data the trainer tests the skill, and says how much of the test was right:

    | level | few | half | most | right answers expected |
    |---:|---:|---:|---:|---:|
    | 0 | .65 | .30 | .05 | .20 |
    | 1 | .25 | .50 | .25 | .50 |
    | 2 | 0 | .10 | .90 | .95 |

    Errors are drawn anew whenever a skill is explored.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `where does it go wrong in algebra?` explores, `here are new examples on factoring` makes data,
    `let us stop here` stops. One act a message: two different ones are ambiguous, and the trainer asks which is meant.
    Everything else is talk.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (data for a part of a skill that was not explored). It then counts as talk, and the trainer says why.

    ## Observation

    Text. The first observation is the brief (domain, skills and parts, all probabilities, costs, rounds, tags) and what
    the trainer says first; after that, each reply. The words depend on the act, the public facts and a persona, never
    on what is hidden.

    ## Rewards

    `goal`, at the end: the share of the skills that are mastered, less the costs.

    ## Episode end

    Terminated by `[stop]`, or after `turns` rounds. Truncated by the third lost turn in a row, which pays as `[stop]`
    does, or by a failure of the simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly: a partially observed decision problem with a hidden state that moves,
    solved over beliefs (Smallwood and Sondik 1973). All scenarios share one solution. Talk is not tried, which only
    passes the time. Where the belief is the same for both skills, or for both parts of one, one of the two is tried; in
    the last round only the one act that most likely masters a skill is.

    ## Registered configurations

    | id | rounds | explore, make cost | errors tell truly |
    |---|---:|---|---:|
    | `DataTeaching-v0` | 5 | .02, .07 | .7 |

    ## Metrics

    `info["outcome"]`, at the end: `accuracy` (right answers expected in a test, mean of the skills; see the table),
    `improvement` (the same, less that of the start: what the source rewards), `mastery` (share of skills mastered),
    `data` (rounds of data), `explored` (rounds of exploring), `on_target` (data for a part that was the weak one, as a
    share of all data for parts; else `None`), `wasted` (rounds of data that could not help: for a part that was not the
    weak one, or for a skill that was mastered already), `turns`, `ending` (`stop`, `limit` or `truncated`), `malformed`
    (ambiguous turns included), `illegal`. `info["hidden"]` then holds `weak`, by name, and `levels`.

    ## References

    - Z. Khan, E. Stengel-Eskin, J. Cho and M. Bansal (2025). DataEnvGym: data generation agents in teacher environments
      with student feedback. ICLR. arXiv:2410.06215.
    - A. T. Corbett and J. R. Anderson (1995). Knowledge tracing: modeling the acquisition of procedural knowledge.
      *User Modeling and User-Adapted Interaction* 4, 253-278.
    - R. D. Smallwood and E. J. Sondik (1973). The optimal control of partially observable Markov processes over a
      finite horizon. *Operations Research* 21, 1071-1088.

    Args:
        turns: Rounds of the teacher, 4 or 5.
        costs: What it costs to explore and to make data, in hundredths; each from 0 to 100.
        clarity: Probability that most errors are said to be in the weak part; from 0.5 to 1.
        broad: Probability that data for a whole skill lifts it; from 0 to 1.
    """

    turns: int = 5
    costs: tuple[int, ...] = (2, 7)
    clarity: float = 0.7
    broad: float = 0.4

    role = "teacher"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "accuracy": "right answers expected in a test, in the end",
        "improvement": "accuracy less that of the start",
        "mastery": "share of skills mastered in the end",
        "data": "rounds of data",
        "explored": "rounds of exploring",
        "on_target": "share of the data for parts that was for the weak one",
        "wasted": "rounds of data that could not help",
        "turns": "rounds of the teacher",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 5, "turns")
        between(self, 0.5, 1.0, "clarity")
        between(self, 0.0, 1.0, "broad")
        costs = tuple(self.costs) if isinstance(self.costs, (tuple, list)) else ()
        if len(costs) != 2 or not all(type(cost) is int and 0 <= cost <= 100 for cost in costs):
            raise ValueError(f"costs must be 2 whole numbers from 0 to 100, got {self.costs!r}")
        object.__setattr__(self, "costs", costs)

    def scenarios(self) -> Sequence[Run]:
        """Every domain with every trainer; all equally likely."""
        return [Run(domain, trainer) for domain in DOMAINS for trainer in NAMES]

    def setting(self, scenario: Run) -> Setting:
        """Game, mind and seat: the same for all scenarios.

        Raises:
            ValueError: If there is no such domain.
        """
        one_of(scenario, DOMAINS, "domain")
        exploring, making = self.costs
        game = Rounds(self.turns, (exploring, making))
        return _setting(Learner(game, replace(MODELS, clarity=self.clarity, broad=self.broad)))

    def task(self, scenario: Run) -> str:
        """Skills and parts, all probabilities, costs, rounds."""
        called, t = DOMAINS[scenario.domain], MODELS
        exploring, making = (cost / 100 for cost in self.costs)
        skills = "; ".join(
            f"{skill} ({called[skill]}), with the parts {one} ({called[one]}) and {other} ({called[other]})"
            for skill, (one, other) in zip(SKILLS, PARTS, strict=True)
        )
        tests = "; ".join(
            f"at level {level} with {few:.0%}, {half:.0%} and {most:.0%}"
            for level, (few, half, most) in enumerate(t.tests)
        )
        low, middle, high = t.starts
        parts = ", ".join((*SKILLS, *(part for pair in PARTS for part in pair)))
        return (
            f"A language model is to learn {called['called']}, in {self.turns} rounds at most. You make its training "
            f"data, and {scenario.trainer} trains it on that and tests it. There are two skills: {skills}. Each is at "
            f"level 0 ({low:.0%}), 1 ({middle:.0%}) or {TOP} ({high:.0%}) at the start; at level {TOP} it is mastered. "
            "In each, one part is the weak one (50% each). You score the share of the two skills that are mastered in "
            f"the end, less what your acts cost.\nTo explore a skill costs {exploring:g}: {scenario.trainer} sorts its "
            f"errors, and says in which part most are, which is the weak part with {self.clarity:.0%} (50% if the "
            f"skill is mastered). Errors are drawn anew each time. To make data costs {making:g}. Data for a whole "
            f"skill lifts it by a level with {self.broad:.0%}. Once you have explored a skill, you can make data for a "
            f"part of it, which lifts the skill with {t.fits:.0%} if it is the weak part, and never if it is not. "
            f"After that {scenario.trainer} tests the skill, and says whether few, about half or nearly all answers "
            f"were right: {tests}. One thing in each round, which talk takes, too; data is for one of {parts}."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The domain, whose skills and parts may be named, and what was spoken of last."""
        last = ""
        for step in dialogue.steps:
            for act in (step.act, *(act for _, _, act in step.exchange.replies)):
                last = getattr(act, "part", "") or getattr(act, "data", "") or getattr(act, "skill", "") or last
        return dialogue.scenario.domain, last

    def success(self, game: Rounds, state: Training, hidden: Student) -> bool:
        """Whether every skill is mastered."""
        return all(level == TOP for level in hidden.levels)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, then, now = dialogue.state, dialogue.hidden_start, dialogue.hidden
        acts = [step.act for step in dialogue.steps]
        made = [(act.data, dialogue.hidden_at(k).levels) for k, act in enumerate(acts) if isinstance(act, Make)]
        parts = [data in now.weak for data, _ in made if data not in SKILLS]
        return {
            "accuracy": accuracy(now),
            "improvement": accuracy(now) - accuracy(then),
            "mastery": sum(level == TOP for level in now.levels) / len(SKILLS),
            "data": len(made),
            "explored": sum(isinstance(act, Explore) for act in acts),
            "on_target": sum(parts) / len(parts) if parts else None,
            "wasted": sum(
                levels[place_of(data)] == TOP or not (data in SKILLS or data in now.weak) for data, levels in made
            ),
            "turns": self.turns - state.left,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How many skills are mastered."""
        return f"left a model that has mastered {round(outcome['mastery'] * len(SKILLS))} of {len(SKILLS)} skills"

    def known(self, seat: str, told: dict[str, Any]) -> dict[str, Any]:
        """Nothing: what the model lacks, the trainer sees in tests and errors alone."""
        return {}

    def reveal(self, scenario: Run, hidden: Student) -> dict[str, Any]:
        """The weak parts, as in the brief, and the levels."""
        called = DOMAINS[scenario.domain]
        return {"weak": [f"{part} ({called[part]})" for part in hidden.weak], "levels": list(hidden.levels)}


def accuracy(hidden: Student) -> float:
    """Right answers expected in a test, mean of the skills: few count 0, about half .5 and nearly all 1."""
    return sum(MODELS.tests[level][1] / 2 + MODELS.tests[level][2] for level in hidden.levels) / len(SKILLS)


@lru_cache(maxsize=64)
def _setting(mind: Learner) -> Setting:
    return Setting(mind.game, mind, SEATS[0], mind.candidates)
