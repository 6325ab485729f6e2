"""Guessing: find out what somebody is thinking of, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Solution
from ..base import Family
from .briefs import brief
from .game import SEATS, Answer, Ask, Explain, Guess, Mystery, Quest, Reply, Round, Try
from .mind import Story, Teller, Thinker
from .optimum import solution
from .subjects import NAMES, SUBJECTS, Case, story, table
from .subjects import solution as told
from .voice import GRAMMARS, PATTERNS, VOICE


@dataclass(frozen=True, slots=True)
class Puzzle:
    """One scenario: what is guessed at, and the name of the one who thinks of it."""

    subject: str
    name: str

    @property
    def public(self) -> Case:
        """All of it."""
        return Case(self.subject, self.name, story(self.subject))


@dataclass(frozen=True)
class Guessing(Family):
    """Guessing games: ask, and say what somebody is thinking of: a thing, a city, a rule, or how a riddle came about.

    ## Description

    Somebody thinks of something, and the learner asks until it can say what it is. There are four games with one set of
    rules. Three of them are games of the literature: twenty questions about things, a city to be guessed from public
    facts, a secret rule that can be tried on numbers. Their answers are true, and to ask whatever tells most is all but
    the best that can be done (see the numbers below). **`TwentyQuestions-v0`, `GuessCity-v0` and `Rule-v0` test
    language and information, and not planning.** They are for learners that have to understand answers, keep track of
    what is left, and know what to ask.

    In the fourth, `Riddle-v0`, planning matters. The end of a story is told; what has happened is to be explained. The
    questions that lead to the point (how it came, and who was in it) make sense only when the cause is found, which
    pays nothing itself. How and who pay little unless both are right. There is one explanation, which cannot be taken
    back. And some tellers are in a hurry: they sound curt, and may leave at any question. Whoever asks on loses
    everything with them, and whoever explains at once gets little from the others.

    No story, city or thing is about harm to anybody: there is no crisis among them, and no medical advice. The riddles
    are our own; they have no solution but the one that is drawn.

    ## Scenario

    The `preset`, what is guessed at, and the name of the one who thinks of it, which means nothing; all are equally
    likely.

    | preset | what there is | hidden |
    |---|---|---|
    | `riddle` | 20 riddles of one pattern | cause, how, who, alone, dark; and whether the teller is in a hurry |
    | `things` | 32 things, 24 questions with yes or no | the thing |
    | `cities` | 44 cities, 6 questions with two to six answers | the city |
    | `rule` | 32 rules for three numbers, 27 inputs, 5 tests | the rule |

    All things, all cities and all rules are equally likely, and stay what they are. The answers are in the brief; with
    `open_book` off, that of things and cities names the questions and what can be thought of only, and the learner has
    to know the world. Facts about cities are public ones: the main official language (of several, the one that the
    authorities use most), climate by the main group of Köppen's classification, inhabitants of the city itself.

    A riddle has a *cause*: a mishap (probability 0.75) or somebody's plan. Of either, *how* and *who* are yes or no
    with equal chances. So is *dark*; *alone* is yes with probability 0.8 after a mishap, and with 0.2 after a plan.
    Each answer of the teller is wrong with probability `noise`. With probability `hurried` the teller is in a hurry:
    then each question makes it leave with probability 0.5, and its answers are curt with probability 0.85. Those of
    others are curt with 0.15.

    ## Acts

    An utterance is free text with at most one tag; without a tag it is talk. The thinker speaks first.

    | preset | acts |
    |---|---|
    | `things`, `cities` | `[ask QUESTION]`, `[guess THING]` |
    | `rule` | `[try a=A b=B c=C]` with numbers from 0 to 2, `[answer VALUE]` |
    | `riddle` | `[ask QUESTION]`, `[explain cause=CAUSE how=HOW who=WHO alone=ALONE dark=DARK]` |

    A wrong guess is a turn lost; an answer or an explanation ends the dialogue. The questions of a riddle are `mishap`,
    `plan`, `mishap-how`, `mishap-who`, `plan-how`, `plan-who`, `alone` and `dark`. Those of a cause are *beside the
    point* until the question for that cause has been answered with yes. A question that is beside the point costs as
    any other and can be asked again; one that was answered cannot, because the answer stays the same.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. A clause that asks (`can it fly?`, `what language do they speak there?`, `I would like to know if it was dark`)
       asks the question of the bank that it names. Two questions in one utterance are ambiguous, and the thinker asks
       which. What is not in the bank is not answered as if it were (`does it have legs?` is not `does it have four
       legs?`), and to a question with what, who or why nobody says yes or no.
    2. `Is it a cat?`, `I think it is Lima` and a bare name guess, as in LMRL-Gym, where a guess is a question. A thing
       that is named within a question of the bank is not guessed (`is it alive, like a cat?`).
    3. `What does 2, 0, 1 give?` tries; `my answer is 14` and `it is 14` answer; `is it 14?` is talk, since an answer
       ends the dialogue.
    4. An explanation binds if its clauses state the cause and all four facts in the words of the brief, or as in a tag
       (`cause: plan, how: yes`). If it is announced (`my explanation: ...`) and lacks some, the teller asks for them.
    5. What is denied or only supposed does not bind, and everything else is talk.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (no such question, an answered question). It then counts as talk, and the thinker says why.

    ## Observation

    Text. The first observation is the brief and the thinker's opening; after that, each reply. It is empty after an
    answer or an explanation. The thinker's words depend on its answer, the public facts and a persona, never on what is
    hidden; that it sounds curt is part of the answer.

    ## Rewards

    `goal`, at the end.

    - `things`, `cities`: 1 less `cost` for each turn but the one that named it; 0 if it was not named. With a cost of
      0.05 and 20 turns that is (20 + the return of LMRL-Gym) / 20.
    - `rule`: 1 for the right value, less `cost` for each try.
    - `riddle`: with the right cause, 0.5 for how and who, and 0.125 for one of them; 0.25 each for alone and dark,
      whatever the cause; less `cost` for each question, answered or not.

    ## Episode end

    Terminated when it is named, answered or explained, when a teller leaves, or after `turns` turns of the learner.
    Truncated by the third lost turn in a row, which pays as if nothing was said, or by a failure of the simulated
    user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    Computed exactly (Kaelbling et al. 1998). All names share a solution, and so do all riddles, which are one game in
    other words. Talk cannot help. In a riddle and with a rule the solver tries all questions, and of the last words the
    one that is best under the belief.

    For things and cities the belief is uniform over what is left. The fewest turns in all for n things, with whatever
    yes-or-no questions there could be, are f(1) = 1, f(n) = n + min(f(n - 1), min over k of f(k) + f(n - k)): each
    thing spends this turn, on a guess or on a question. So nobody can expect more than 1 - `cost` (f(n) / n - 1), in
    words of its own or out of a bank. The exact search passes over an act only where this bound (for questions with
    more answers, its like) shows it to be no better. The bank of `TwentyQuestions-v0` attains the bound.

    ## Registered configurations

    | id | preset | turns | cost | noise | hurried |
    |---|---|---:|---:|---:|---:|
    | `Riddle-v0` | `riddle` | 5 | 0.03 | 0.05 | 0.35 |
    | `TwentyQuestions-v0` | `things` | 20 | 0.05 | - | - |
    | `GuessCity-v0` | `cities` | 20 | 0.05 | - | - |
    | `Rule-v0` | `rule` | 5 | 0.1 | - | - |

    ## Metrics

    `info["outcome"]`, at the end: `found` (it was named; the value was right, FunctionGym's *correct*; every fact of
    the riddle was right), `score` (what the last word was worth before costs; of a riddle TurtleGym's *score*),
    `ending` (`found`, `said`, `left`, `limit` or `truncated`), `questions` (tries included), `beside` (questions beside
    the point), `turns`, `lmrl_return` (of things and cities: -1 for each turn but the one that named it), `malformed`
    (ambiguous turns included), `illegal`. `info["hidden"]` then holds the `thing`, or the facts of the riddle, also in
    words (`solution`).

    ## References

    - M. Abdulhai, I. White, C. Snell, C. Sun, J. Hong, Y. Zhai, K. Xu and S. Levine (2023). LMRL Gym: Benchmarks for
      multi-turn reinforcement learning with language models. arXiv:2311.18232. Twenty Questions and Guess My City.
    - C. Qian et al. (2025). UserRL: Training interactive user-centric agent via reinforcement learning.
      arXiv:2509.19736. TelepathyGym, TurtleGym and FunctionGym.
    - Y. Zhang, J. Lu and N. Jaitly (2024). Probing the multi-turn planning capabilities of LLMs via 20 question games.
      arXiv:2310.01468.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        preset: What is guessed at: `riddle`, `things`, `cities` or `rule`.
        turns: Turns of the learner, the last word included. At least 2; at most 40 for things and cities, 7 else.
        cost: Price of a turn but the last (things, cities), of a try, or of a question; from 0 to 1.
        noise: Probability that an answer of a riddle is wrong; from 0 to 1. Others are true.
        hurried: Probability that the teller of a riddle is in a hurry; from 0 to 1.
        open_book: Whether the brief tells the answers for each thing and city.
    """

    preset: str = "riddle"
    turns: int = 5
    cost: float = 0.03
    noise: float = 0.05
    hurried: float = 0.35
    open_book: bool = True

    role = SEATS[0]
    acts: ClassVar = (Ask, Guess, Explain, Try, Answer)
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "found": "share in which the thing was named, the value was right, or all of the explanation was",
        "score": "what the last word was worth, before costs; of a riddle for each fact",
        "questions": "questions and tries",
        "beside": "questions that were beside the point",
        "turns": "turns of the guesser",
        "lmrl_return": "-1 for each turn but the one that named it, as LMRL-Gym counts; of things and cities only",
    }

    def __post_init__(self) -> None:
        one_of(self, SUBJECTS, "preset")
        whole(self, 2, 40 if self.preset in ("things", "cities") else 7, "turns")
        between(self, 0.0, 1.0, "cost", "noise", "hurried")
        if not isinstance(self.open_book, bool):
            raise ValueError(f"open_book must be True or False, got {self.open_book!r}")
        if self.preset in ("things", "cities") and self.cost * (self.turns - 1) > 1.0:
            raise ValueError(
                f"cost must leave something for the last turn: at most 1 / {self.turns - 1}, got {self.cost!r}"
            )

    @cached_property
    def grammar(self) -> Grammar:
        """The acts of the preset."""
        return GRAMMARS[self.preset]

    def scenarios(self) -> Sequence[Puzzle]:
        """Every subject of the preset with every name; all equally likely."""
        return [Puzzle(subject, name) for subject in SUBJECTS[self.preset] for name in NAMES]

    def setting(self, scenario: Puzzle) -> Setting:
        """Game, mind and solution, which all names and all riddles share.

        Raises:
            ValueError: If the preset has no such subject.
        """
        one_of(scenario, SUBJECTS[self.preset], "subject")
        if self.preset == "riddle":
            return _riddle(self.turns, self.cost, self.noise, self.hurried)
        return _table(scenario.subject, self.turns, self.cost)

    def task(self, scenario: Puzzle) -> str:
        """What can be thought of, what can be asked, and what it pays."""
        return brief(scenario.public, self.turns, self.cost, self.open_book, self.setting(scenario).mind)

    def context(self, dialogue: Dialogue) -> Hashable:
        """What may be named."""
        return dialogue.scenario.subject

    def success(self, game: Quest | Mystery, state: Round, hidden: Any) -> bool:
        """Whether the thing was named, the value was right, or all of the explanation was."""
        return self._score(game, state, hidden) > 1.0 - 1e-9

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state = dialogue.state
        game: Any = dialogue.setting.game
        replies = [act for step in dialogue.steps for _, _, act in step.exchange.replies]
        named = state.ending == "found"
        return {
            "found": self.success(game, state, dialogue.hidden),
            "score": self._score(game, state, dialogue.hidden),
            "ending": state.ending or "truncated",
            "questions": sum(isinstance(step.act, (Ask, Try)) for step in dialogue.steps),
            "beside": sum(isinstance(act, Reply) and act.word == "beside" for act in replies),
            "turns": state.turn,
            "lmrl_return": (1 if named else 0) - state.turn if self.preset in ("things", "cities") else None,
        }

    def _score(self, game: Quest | Mystery, state: Round, hidden: Any) -> float:
        """What the last word was worth, before costs."""
        if state.ending not in ("found", "said"):
            return 0.0
        paid = self.cost * (state.turn - 1 if self.preset in ("things", "cities") else state.questions)
        return game.payoff(state, SEATS[0], hidden) + paid

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How it ended."""
        if outcome["ending"] not in ("found", "said"):
            return "did not come to an answer"
        if self.preset == "riddle":
            return f"explained the riddle, which was worth {outcome['score']:.2f}"
        return f"{'found it' if outcome['found'] else 'were wrong'} in turn {outcome['turns']}"

    def reveal(self, scenario: Puzzle, hidden: Any) -> dict[str, Any]:
        """What was thought of; of a riddle also in words."""
        if not isinstance(hidden, Story):
            return {"thing": hidden}
        return hidden._asdict() | {"solution": told(scenario.subject, hidden._asdict())}


@cache
def _table(subject: str, turns: int, cost: float) -> Setting:
    game = Quest(table(subject), turns, cost)
    mind = Thinker(game)
    return Setting(game, mind, SEATS[0], mind.candidates, lambda: solution(game, mind))


@cache
def _riddle(turns: int, cost: float, noise: float, hurried: float) -> Setting:
    game = Mystery(turns, cost)
    mind = Teller(game, noise=noise, hurried=hurried)
    return Setting(game, mind, SEATS[0], mind.candidates, lambda: Solution(game, mind, SEATS[0], mind.candidates))
