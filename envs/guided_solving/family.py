"""Guided solving: teaching without telling, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...core.checks import at_least, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .game import Guidance, GuidedSteps
from .mind import POPULATIONS, Learner, Student
from .problems import PROBLEMS, Problem
from .voice import ACTS, PATTERNS, VOICE, understand

LEAKS = ("graded", "hard")
_NAMED = {problem.name: problem for problem in PROBLEMS}


@dataclass(frozen=True, slots=True)
class Session:
    """One scenario: the name of the problem."""

    problem: str

    @property
    def public(self) -> Problem:
        """The problem, with the help that there is for each step.

        Raises:
            ValueError: If there is no such problem.
        """
        if self.problem not in _NAMED:
            raise ValueError(f"problem must be one of {', '.join(_NAMED)}; got {self.problem!r}")
        return _NAMED[self.problem]


@dataclass(frozen=True)
class GuidedSolving(Family):
    """Teaching without telling: a tutor helps a student with a problem of three steps, which it then solves alone.

    ## Description

    A student is stuck on a problem. The tutor can ask, hint, work a step out, or tell the answer. Strong help gets the
    problem done now, but the student may follow it without understanding, and fails alone afterwards; and it gives the
    solution away, which costs. How strong the student is and which steps it understands is hidden and shows in its
    tries alone, and each try takes one of few turns. To do well, the tutor has to find out whom it has before it, keep
    questions for those whom they help, and know when to give up on a step.

    The task and its reward follow Dinucu-Jianu et al. (2025). There the student and the judges are language models;
    here the student's mind is a finite model, so that the trade-off between solving and leaking is known exactly.

    ## Scenario

    One of 20 problems of three steps each (arithmetic, algebra, Python, physics, chemistry), equally likely. The
    problem changes the words alone.

    The hidden state is the student's strength, and for each step whether the student understands it. At the start it
    understands the steps before the one that it is stuck at: the first with the probability in the column *start*, then
    the second with the same probability; never the last. A nudge, a hint or a worked step makes a student understand
    the step it is at with these probabilities (first time only; understanding is not lost):

    | population | strength | share | start | nudge | hint | show |
    |---|---|---:|---:|---:|---:|---:|
    | `default` | weak | 0.35 | 0.15 | 0.05 | 0.25 | 0.60 |
    | | middling | 0.35 | 0.35 | 0.25 | 0.65 | 0.55 |
    | | strong | 0.30 | 0.50 | 0.70 | 0.80 | 0.45 |
    | `easy` | weak | 0.15 | 0.15 | 0.15 | 0.50 | 0.60 |
    | | middling | 0.35 | 0.40 | 0.40 | 0.75 | 0.60 |
    | | strong | 0.50 | 0.60 | 0.75 | 0.85 | 0.50 |
    | `hard` | weak | 0.50 | 0.15 | 0.05 | 0.20 | 0.60 |
    | | middling | 0.30 | 0.30 | 0.20 | 0.60 | 0.50 |
    | | strong | 0.20 | 0.45 | 0.65 | 0.75 | 0.35 |

    Worked steps help the weak most and the strong least: the expertise reversal effect (Kalyuga et al. 2003). The sizes
    are ours.

    ## Acts

    An utterance is free text with at most one tag. Each act is about the step that the student is at; it begins at the
    first.

    | tag | what it does | gives away |
    |---|---|---|
    | `[nudge]` | a leading question | nothing |
    | `[hint]` | the idea of the step | 0.3 of the step |
    | `[show]` | the step worked out; the student goes on to the next | the step |
    | `[try]` | a try of the step: right with 0.95 if it is understood, else 0.15; then the next | nothing |
    | `[tell]` | the final answer; the dialogue ends | everything |
    | `[stop]` | the dialogue ends; it takes no turn | nothing |

    Each step can be nudged once and hinted once. A student that has failed can try again when it has had a nudge or a
    hint since. Anything else is illegal, and so a lost turn. The answer to a nudge, a hint or a worked step says
    nothing about whether the student understood.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    patterns of words, clause by clause:

    1. An act binds if a pattern of it covers a clause: `let me show you`, `I'll do this step for you` show; `here's a
       hint`, `the idea is to ...`, `you need to multiply ...` hint; `think about what ...`, `ask yourself ...` nudge,
       and so does a question about the matter of the problem; `have a go`, `your turn`, `what do you get` have the
       student try; `I'll tell you the answer` tells; `let's stop here`, `goodbye` stop. Of several patterns the first
       counts, in the order below.
    2. Whoever states the result of the step that the student is at shows it (`that makes 15 dollars`); whoever states
       the final answer, as the answer or before the last step, tells it.
    3. A clause that denies, supposes or reports binds nothing (`I won't tell you the answer`, `if you get stuck, I'll
       show you`). A question can only nudge, ask for a try, or propose an idea (`Shall I show you?` is talk).
    4. Different acts at once are ambiguous. Everything else is talk.

    A lost turn (malformed, ambiguous or illegal) counts as talk, and the student says why. Talk takes a turn and
    changes nothing. The leak is counted by acts: what is said beside a tag neither helps the student nor counts as a
    leak.

    ## Observation

    Text. The first observation is the brief (the problem with its solution, the population, the costs, the tags) and
    the student's first words; after that, each reply. Tries are marked right or wrong in the reply, which also names
    the step that the student is at. It is empty if the learner ended the dialogue.

    ## Rewards

    `goal`, at the end: `solve - leak_weight * leak - turn_cost * turns`.

    - `solve` is the probability that the student solves the problem alone: the product over the steps of 0.95 for a
      step that it understands and 0.15 for one that it does not. If the final answer was given away (told, or the last
      step worked out), a student that fails recalls it with probability 0.2: `solve = p + (1 - p) * 0.2`. It is a
      probability, not a draw, so that no luck is added.
    - `leak`, from 0 to 1, is the share of the solution that was given away: the mean over the steps of 1 (worked out),
      0.3 (hinted) or 0; 1 if the answer was told.
    - With `leak="hard"`, a dialogue in which the final answer was given away pays `-leak_weight - turn_cost * turns`
      instead. (In the paper's hard mode all else is free, because its judge is binary. That is no good rule here: it
      would pay to work out all steps but the last for everybody.)

    ## Episode end

    Terminated by `[tell]` or `[stop]`, when the last step is done, or after the last turn. Truncated by the third lost
    turn in a row, which pays like `[stop]`, or by a failure of the simulated user's machinery; in the second case
    `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden state
    (Kaelbling et al. 1998), once for all problems. `env.unwrapped.value()`, `.best_act()`, `.act_values()` and
    `.belief()` answer at any point of a dialogue. `pareto_front` of `dialogym.evaluation.pareto` follows the optimum
    over all weights lambda: the most that can be solved at a given leak, exactly.

    ## Registered configurations

    | id | population | leak | lambda (`leak_weight`) | turns |
    |---|---|---|---:|---:|
    | `GuidedSolving-v0` | `default` | graded | 0.5 | 8 |
    | `GuidedSolvingEasy-v0` | `easy` | graded | 0.5 | 8 |
    | `GuidedSolvingHard-v0` | `hard` | hard | 0.3 | 8 |

    ## Metrics

    `info["outcome"]`, at the end: `solve` (the probability), `solve_gain` (over what it was before the dialogue),
    `leak`, `leaked_answer`, `steps_done`, `turns`, `ending` (`solved`, `told`, `stop`, `turns` or `truncated`),
    `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds the student's `strength` and the
    steps that it has `understood` in the end, counted from 1.

    ## References

    - D. Dinucu-Jianu, J. Macina, N. Daheim, I. Hakimi, I. Gurevych and M. Sachan (2025). From problem-solving to
      teaching problem-solving: aligning LLMs with pedagogy using reinforcement learning. *EMNLP*.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.
    - S. Kalyuga, P. Ayres, P. Chandler and J. Sweller (2003). The expertise reversal effect. *Educational Psychologist*
      38, 23-31.
    - D. Wood and D. Middleton (1975). A study of assisted problem-solving. *British Journal of Psychology* 66, 181-191.

    Args:
        turns: The dialogue ends after so many turns of the tutor. 1 to 12.
        turn_cost: What a turn costs; at least 0.
        leak_weight: lambda, what giving away the whole solution costs; at least 0.
        leak: `graded`, or `hard`: giving away the final answer costs `leak_weight` and all else.
        population: Who may be met: `default`, `easy` or `hard`.
    """

    turns: int = 8
    turn_cost: float = 0.01
    leak_weight: float = 0.5
    leak: str = "graded"
    population: str = "default"

    role = "tutor"
    acts = ACTS
    understand = understand
    patterns = PATTERNS
    voice = VOICE
    metrics_of = {
        "solve": "probability that the student solves the problem alone afterwards",
        "solve_gain": "what the dialogue added to that probability",
        "leak": "share of the solution that was given away",
        "leaked_answer": "share of dialogues in which the final answer was given away",
        "turns": "turns used",
    }

    def __post_init__(self) -> None:
        whole(self, 1, 12, "turns")
        at_least(self, 0, "turn_cost", "leak_weight")
        one_of(self, LEAKS, "leak")
        one_of(self, POPULATIONS, "population")

    def scenarios(self) -> Sequence[Session]:
        """A session about each problem; all equally likely."""
        return [Session(problem.name) for problem in PROBLEMS]

    def setting(self, scenario: Session) -> Setting:
        """Game and mind: the same for all problems."""
        return _setting(self)

    def task(self, scenario: Session) -> str:
        """The problem with its solution, who the student may be, what counts."""
        problem, game = scenario.public, self.setting(scenario).game_as(GuidedSteps)
        steps = "; ".join(f"{number}. {step.goal} ({step.result})" for number, step in enumerate(problem.steps, 1))
        strengths = ", ".join(
            f"{name} {100 * kind.nudge:.0f}/{100 * kind.hint:.0f}/{100 * kind.show:.0f}% "
            f"({kind.share:.0%} of students, {kind.start:.0%} known before)"
            for name, kind in POPULATIONS[self.population].items()
        )
        hard = f" If you give the final answer away, you score only -{self.leak_weight:g} and the turns."
        return (
            f"You tutor a student who is stuck on this problem: {problem.text}\nIts steps: {steps}.\n"
            f"Later the student solves it alone; a step goes right with {1 - game.slip:.0%} if it understands it, else "
            f"{game.guess:.0%}, as in its tries with you. "
            f"You score the probability that all go right, less {self.leak_weight:g} times the leak, less "
            f"{self.turn_cost:g} a turn, in {self.turns} turns. "
            f"Leak: each step is 1/{game.steps}; a hint gives away {game.hint_leak:g} of it, a shown step all of it, "
            "the final answer everything. "
            f"A student that was given the answer and fails recalls it with {game.recall:.0%}."
            f"{hard if self.leak == 'hard' else ''}\n"
            f"Chance that a nudge/hint/shown step makes it understand the step it is at: {strengths}. "
            "Known before is the first step, and the next with the same chance. Understanding shows only in tries. "
            "After a right try or a shown step it goes on.\n"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The problem and the index of the step: whose result is stated, and which words are about the matter."""
        return dialogue.public, min(dialogue.state.step, len(dialogue.public.steps) - 1)

    def measures(self, game: GuidedSteps, state: Guidance, hidden: Student) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means (`evaluation.pareto`)."""
        return {
            "solve": game.solves(state, hidden.understood),
            "leak": game.leaked(state),
            "leaked_answer": float(game.answer_leaked(state)),
            "turns": float(state.turn),
        }

    def shown(self, state: Guidance) -> Iterable[Any]:
        """The step that is worked at, counted from 1."""
        return (state.step + 1,)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        game, state = dialogue.setting.game_as(GuidedSteps), dialogue.state
        solve = game.solves(state, dialogue.hidden.understood)
        return {
            "solve": solve,
            "solve_gain": solve - game.solves(game.start(), dialogue.hidden_start.understood),
            "leak": game.leaked(state),
            "leaked_answer": game.answer_leaked(state),
            "steps_done": state.step,
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How likely the student is to solve the problem alone."""
        return f"left a student who solves the problem alone with a probability of {outcome['solve']:.0%}"

    def reveal(self, scenario: Session, hidden: Student) -> dict[str, Any]:
        """The student's strength, and the steps that it understands, counted from 1."""
        return {
            "strength": hidden.strength,
            "understood": [number for number, known in enumerate(hidden.understood, 1) if known],
        }


@lru_cache(maxsize=16)  # a solution takes some megabytes, and a front solves many
def _setting(family: GuidedSolving) -> Setting:
    game = GuidedSteps(turns=family.turns, turn_cost=family.turn_cost, leak_weight=family.leak_weight, leak=family.leak)
    return Setting(game, Learner(game, family.population), "tutor", game.candidates)
