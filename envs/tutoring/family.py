"""Tutoring: a chain of skills and a student who has mastered some of it, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from ...core.acts import Act
from ...core.checks import at_least, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ...core.solver import Rescaled
from ..base import Family
from .curricula import CURRICULA
from .game import Example, Explain, Teaching, Tutorial
from .mind import Kind, Pupil, Student
from .optimum import Optimum
from .voice import ACTS, PATTERNS, VOICE, understand

NAMES = ("Ada", "Ben", "Chen", "Dana", "Elif", "Femi", "Gita", "Hugo", "Ines", "Jonas", "Kofi", "Lena")


class PublicFacts(NamedTuple):
    """What both sides know."""

    curriculum: str
    subject: str
    student: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One scenario: what is taught, to whom, and whether there is an answer sheet."""

    curriculum: str
    student: str
    marked: bool = True

    @property
    def public(self) -> PublicFacts:
        """All of it is public."""
        return _public(self)


@dataclass(frozen=True)
class Tutoring(Family):
    """A tutor teaches a student a chain of skills, without knowing what the student has mastered or how it learns.

    ## Description

    Each skill needs the one before, and the student has mastered the first few. A lesson is wasted unless it is on the
    very next skill, and given in the way that the student learns from; whether it has worked does not show. A quiz
    tells something about it, with slips and guesses, and costs little but a turn. The tutor has few turns. To do well,
    it has to find out where the student stands and what it learns from while it teaches, and to stop when more would
    not pay.

    ## Scenario

    One of three curricula and one of twelve names, all equally likely. *fractions*: simplifying, adding, mixed,
    equations. *loops* (in Python): ranges, totals, conditions, nesting. *acids* (in chemistry): scale, salts, moles,
    titration. The first `skills` of them are taught. Each has explanations and worked examples (for the words of
    tutors) and at least 20 exercises with the right answer and wrong ones that come of known misconceptions (for the
    quizzes).

    The hidden state is what the student learns from and how many skills it has mastered, drawn independently from
    `kinds` and `mastery`. It moves as in Bayesian Knowledge Tracing (Corbett and Anderson 1995), along a chain: an
    explanation (example) of skill k teaches it with the probability of the student's kind if exactly the k-1 skills
    before it are mastered, and else does nothing. Nothing is forgotten. A quiz on a mastered skill is answered wrong
    with probability `slip`, one on another skill right with probability `guess`.

    ## Acts

    An utterance is free text with at most one tag: `[explain SKILL]`, `[example SKILL]`, `[quiz SKILL]` or `[stop]`;
    without a tag it is talk. A skill is given by its name or its number from 1. Talk takes a turn, and stopping does
    not. The student speaks first.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. An utterance is cut into clauses. A clause binds if one of the patterns below covers it: it explains (`let me
       explain mixed numbers`, `simplifying means dividing top and bottom`), shows an example (`here is an example of
       adding`), sets a quiz (`now try an exercise on adding`, `what is 1/2 + 1/3?`) or stops (`let us stop here`, `that
       is all for today`, `goodbye`).
    2. A clause that is denied, put off, under a condition, or asked (`shall I explain adding?`) is talk. Only a quiz
       can be asked for. What is denied in another clause does not matter (`that's not right, let me explain adding`).
    3. The skill is the one that the clause names by its name, by other words for it or by an exercise of it; if none
       does, the only one in its sentence, else in the utterance. An act without a skill is ambiguous, and so is one
       with two.
    4. Two acts are ambiguous. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (no such skill). It then counts as talk, and the student says why.

    ## Observation

    Text. The first observation is the brief (the skills, all probabilities and costs, the tags) and the student's
    opening; after that, each reply. To a lesson the student says something that does not show whether it has learnt. To
    a quiz it says what comes of the exercise: `(exercise: What is 1/2 + 1/3 as one fraction in lowest terms?) I get
    2/5. (answer sheet: wrong; it is 5/6)`. With `marked=False` there is no answer sheet, and the tutor has to check the
    answer itself. It is the same problem: policies that see acts, and the optimum, know what is right. The observation
    is empty if the tutor stopped.

    ## Rewards

    `goal`, at the end: the share of the skills mastered then, less `explain_cost`, `example_cost` and `quiz_cost` for
    each explanation, example and quiz.

    ## Episode end

    Terminated when the tutor stops, or after the reply to its last turn. Truncated by the third lost turn in a row,
    which pays like stopping, or by a failure of the simulated user's machinery; in the second case `info["error"]` says
    what failed.

    ## Optimum

    The best expected payoff is computed exactly: a partially observed decision problem with a hidden state that moves,
    solved over beliefs (Smallwood and Sondik 1973). Curricula and names share one solution. It takes about 0.1 s in the
    default setting, six times as long with each further turn, and eight turns are the most. `env.unwrapped.value()`,
    `.best_act()`, `.act_values()` and `.belief()` answer at any point of a dialogue.

    ## Registered configurations

    | id | skills | turns | students learn from | slip, guess | costs: explanation, example, quiz |
    |---|---:|---:|---|---|---|
    | `Tutoring-v0` | 3 | 6 | half explanations .9, else .05; half examples .95, else .05 | .05, .20 | .07, .09, .005 |
    | `TutoringEasy-v0` | 3 | 7 | explanations .7, examples .9 | .05, .05 | .05, .08, .005 |
    | `TutoringHard-v0` | 4 | 6 | as in `Tutoring-v0` | .10, .25 | .06, .08, .005 |
    | `TutoringUnmarked-v0` | 3 | 6 | as in `Tutoring-v0`, without an answer sheet | .05, .20 | .07, .09, .005 |

    ## Metrics

    `info["outcome"]`, at the end: `mastery` (share of the skills mastered), `gain` (how much of it was learnt in the
    dialogue), `lessons` (explanations and examples), `quizzes`, `wasted_lessons` (of a skill that was mastered already,
    or out of reach), `rounds`, `ending` (`stop`, `limit` or `truncated`), `malformed` (ambiguous turns included),
    `illegal`. `info["hidden"]` then holds how many skills the student has `mastered`, and what it `learns_from`.

    ## References

    - A. T. Corbett and J. R. Anderson (1995). Knowledge tracing: modeling the acquisition of procedural knowledge.
      *User Modeling and User-Adapted Interaction* 4, 253-278.
    - R. D. Smallwood and E. J. Sondik (1973). The optimal control of partially observable Markov processes over a
      finite horizon. *Operations Research* 21, 1071-1088.
    - T. Käser, S. Klingler, A. G. Schwing and M. Gross (2017). Dynamic Bayesian networks for student modeling. *IEEE
      Transactions on Learning Technologies* 10, 450-462 (skills that depend on each other).

    Args:
        skills: How many skills are taught, 2 to 4.
        turns: Turns of the tutor, 1 to 8.
        mastery: Weight of each number of skills mastered at the start, from 0 to all.
        kinds: The kinds of student: name (what it learns from), weight, probability that an explanation teaches,
            probability that an example does.
        slip: Probability of a wrong answer on a mastered skill; 0 to below 0.5.
        guess: Probability of a right answer on another; 0 to below 1, and below ``1 - slip``.
        explain_cost: Cost of an explanation, as a share of full mastery; at least 0.
        example_cost: Cost of an example.
        quiz_cost: Cost of a quiz.
        marked: Whether the observation holds a mark from the answer sheet after each quiz.
    """

    skills: int = 3
    turns: int = 6
    mastery: tuple[float, ...] = (0.50, 0.30, 0.15, 0.05)
    kinds: tuple[tuple[str, float, float, float], ...] = (
        ("explanations", 0.5, 0.9, 0.05),
        ("examples", 0.5, 0.05, 0.95),
    )
    slip: float = 0.05
    guess: float = 0.20
    explain_cost: float = 0.07
    example_cost: float = 0.09
    quiz_cost: float = 0.005
    marked: bool = True

    role = "tutor"
    acts = ACTS
    understand = understand
    patterns = PATTERNS
    voice = VOICE
    metrics_of = {
        "mastery": "share of the skills mastered in the end",
        "gain": "share of the skills learnt in the dialogue",
        "lessons": "explanations and examples a dialogue",
        "quizzes": "quizzes a dialogue",
        "wasted_lessons": "lessons on a skill that was mastered already or out of reach, a dialogue",
        "rounds": "turns used",
    }

    def __post_init__(self) -> None:
        object.__setattr__(self, "mastery", tuple(self.mastery))
        object.__setattr__(self, "kinds", tuple(tuple(kind) for kind in self.kinds))
        whole(self, 2, 4, "skills")
        whole(self, 1, 8, "turns")
        at_least(self, 0, "explain_cost", "example_cost", "quiz_cost")
        if len(self.mastery) != self.skills + 1 or min(self.mastery) < 0.0 or sum(self.mastery) <= 0.0:
            raise ValueError(
                f"mastery must hold {self.skills + 1} weights, one for each number of skills from 0 to {self.skills}; "
                f"got {self.mastery!r}"
            )
        kinds = self.kinds
        if not kinds or not all(map(_is_kind, kinds)) or len({kind[0] for kind in kinds}) < len(kinds):
            raise ValueError(
                "kinds must hold (name, weight above 0, probability, probability) for each kind of student, by "
                f"different names; got {kinds!r}"
            )
        if not 0.0 <= self.slip < 0.5:
            raise ValueError(f"slip must be at least 0 and below 0.5, got {self.slip!r}")
        if not 0.0 <= self.guess < 1.0 - self.slip:
            raise ValueError(f"guess must be at least 0 and below 1 - slip, got {self.guess!r}")
        if not isinstance(self.marked, bool):
            raise ValueError(f"marked must be True or False, got {self.marked!r}")

    def scenarios(self) -> Sequence[Course]:
        """Every curriculum with every name; all equally likely."""
        return [Course(curriculum, name, self.marked) for curriculum in CURRICULA for name in NAMES]

    def setting(self, scenario: Course) -> Setting:
        """Game and mind; the names of students share them, and all curricula one solution.

        Raises:
            ValueError: If there is no such curriculum.
        """
        if scenario.curriculum not in CURRICULA:
            raise ValueError(f"curriculum must be one of {', '.join(CURRICULA)}; got {scenario.curriculum!r}")
        return _setting(self, scenario.curriculum)

    def sides(self, skills: tuple[str, ...]) -> tuple[Tutorial, Student]:
        """Game and mind where the skills have these names."""
        game = Tutorial(skills, self.turns, self.explain_cost, self.example_cost, self.quiz_cost)
        return game, Student(game, self.mastery, tuple(Kind(*kind) for kind in self.kinds), self.slip, self.guess)

    def task(self, scenario: Course) -> str:
        """The skills, the student, all probabilities and costs."""
        curriculum, name = CURRICULA[scenario.curriculum], scenario.student
        total, weights = sum(self.mastery), sum(kind[1] for kind in self.kinds)
        skills = ", ".join(
            f"{number} {skill.name} ({skill.title})" for number, skill in enumerate(curriculum.skills[: self.skills], 1)
        )
        *mastered, last = (f"{number} ({weight / total:.0%})" for number, weight in enumerate(self.mastery))
        ways = "; ".join(
            f"{f'{weight / weights:.0%} of students: ' if len(self.kinds) > 1 else ''}explanation {explanation:.0%}, "
            f"example {example:.0%}"
            for _, weight, explanation, example in self.kinds
        )
        return (
            f"You tutor {name} in {curriculum.subject}. Skills, each needing the one before: {skills}. "
            f"{name} has mastered the first {', '.join(mastered)} or {last} of them. "
            f"A lesson on the first skill not yet mastered teaches it with some probability ({ways}), and does not "
            "show it; other lessons do nothing. "
            f"A quiz is answered right with {1 - self.slip:.0%} if the skill is mastered, else with {self.guess:.0%}"
            f"{'' if scenario.marked else '; there is no answer sheet, check the answer yourself'}. "
            f"You have {self.turns} turns. You get the share of the skills mastered in the end, "
            f"less {self.explain_cost:g} for each explanation, {self.example_cost:g} for each example, "
            f"{self.quiz_cost:g} for each quiz. Stopping is free."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The curriculum, and how many of its skills are taught."""
        return (dialogue.scenario.curriculum, self.skills)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, game = dialogue.state, dialogue.setting.game_as(Tutorial)
        wasted, hidden = 0, dialogue.hidden_start
        for step in dialogue.steps:
            if isinstance(step.act, Explain | Example):
                wasted += game.number(step.act.skill) != hidden.mastered + 1
            hidden = step.exchange.hidden
        return {
            "mastery": dialogue.hidden.mastered / self.skills,
            "gain": (dialogue.hidden.mastered - dialogue.hidden_start.mastered) / self.skills,
            "lessons": state.explanations + state.examples,
            "quizzes": state.quizzes,
            "wasted_lessons": wasted,
            "rounds": self.turns - state.left,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How much the student has mastered."""
        return f"left a student who has mastered {outcome['mastery']:.0%} of the skills"

    def reveal(self, scenario: Course, hidden: Pupil) -> dict[str, Any]:
        """How many skills the student has mastered, and what it learns from."""
        return {"mastered": hidden.mastered, "learns_from": hidden.learns}


def _is_kind(kind: tuple) -> bool:
    return len(kind) == 4 and isinstance(kind[0], str) and kind[1] > 0.0 and all(0.0 <= p <= 1.0 for p in kind[2:])


@cache
def _public(course: Course) -> PublicFacts:
    return PublicFacts(course.curriculum, CURRICULA[course.curriculum].subject, course.student, course.marked)


@cache
def _setting(family: Tutoring, curriculum: str) -> Setting:
    names = tuple(skill.name for skill in CURRICULA[curriculum].skills[: family.skills])
    numbers = tuple(str(number + 1) for number in range(family.skills))
    game, mind = family.sides(names)

    def lift(act: Act) -> Act:
        return type(act)(names[int(act.skill) - 1]) if isinstance(act, Teaching) else act

    def optimum() -> Rescaled:
        return Rescaled(game, mind, _optimum(*family.sides(numbers)), lambda state: state, lift)

    return Setting(game, mind, "tutor", mind.candidates, optimum)


@cache
def _optimum(game: Tutorial, mind: Student) -> Optimum:
    """The solution that all curricula share; in it, skills go by their numbers."""
    return Optimum(game, mind)
