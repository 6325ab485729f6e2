"""Classroom: a teacher has a few turns to get a small class to master something, as an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act, Say
from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .game import ACTS, SEATS, Call, Class, Exercise, Lecture, Lesson, Pair
from .mind import CLASS, Pupilhood, Pupils
from .subjects import SUBJECTS
from .voice import NAMES, PATTERNS, STUDENTS, VOICE, understand


class Timetable(NamedTuple):
    """What both sides know."""

    subject: str
    teacher: str


@dataclass(frozen=True, slots=True)
class Hour:
    """One scenario: what is taught, and by whom."""

    subject: str
    teacher: str

    @property
    def public(self) -> Timetable:
        """All of it."""
        return Timetable(self.subject, self.teacher)


@dataclass(frozen=True)
class Classroom(Family):
    """A lesson: a teacher has a few turns to get a small class to master something.

    ## Description

    Three students sit in a class, and some of them can already do what is taught. Today the class needs one of two
    things to get on: that it is explained, or that they try it themselves. A lecture or an exercise reaches all at once
    and is dear; the wrong one of the two also makes those unsure who could do it. To call on a student is cheap, and
    tells a little of both: the answer is right or wrong, and the student says what helps. Who can do it may bring on a
    partner in pair work, which is cheap, too, but is of use only if one of the two can do it. So the teacher has to
    find out, without spending the lesson on it, which way to teach and whom to put together.

    What a class needs is a property of the lesson, drawn for all of it, and no claim about people: that individuals
    have learning styles to which teaching should be matched is not borne out (Pashler et al. 2008). Students and
    numbers are made up. Subjects are those of a school: there is no crisis among them, and no medical advice.

    ## Scenario

    One of 26 subjects (adding fractions, the seasons, loops in a program...) and one of six teachers' names, all
    equally likely. They are words only: all share one solution. The students are Ada, Ben and Cleo. The hidden state is
    what the class needs (`doers`: to do it itself, half of the classes; else to listen) and for each student whether it
    `masters` the subject (at the start with probability .2), drawn independently. Mastery moves, as below.

    ## Acts

    An utterance is free text with at most one tag: `[lecture]`, `[exercise]`, `[call STUDENT]`,
    `[pair first=STUDENT second=STUDENT]` or `[stop]`; without a tag it is talk. Each act but `[stop]` takes a turn. The
    class speaks first.

    | act | cost | what it does |
    |---|---:|---|
    | `lecture` | .20 | if the class needs to listen, who cannot do it learns it (.85); else who can is unsure (.5) |
    | `exercise` | .20 | the same in a class that needs to do it itself |
    | `call` | .01 | it answers right with .95 if it can do it, else with .05; it says truly what helps with .8 |
    | `pair` | .02 | if one of the two can do it, the other learns it with .8 |

    An answer is drawn anew whenever a student is called on; the question stays the same.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `let me explain it once more` lectures, `please try it on your own` sets an exercise, `Ben, what
    do you think?` calls on Ben, `Ada and Cleo, work together` pairs them, `that is all for today` stops. One act a
    message: two different ones are ambiguous, and the class asks which is meant. Everything else is talk.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (a student who is not in the class, or one paired with itself). It then counts as talk, and the class says
    why.

    ## Observation

    Text. The first observation is the brief (subject, question and answers, all probabilities, costs, turns, tags) and
    what the class says when the teacher comes in; after that, each reply. A student who is called on answers by name.
    Whether a lecture, an exercise or pair work has helped is not said. The words depend on the act, the public facts
    and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: the share of students who master it, less the costs.

    ## Episode end

    Terminated by `[stop]`, or by the bell after `turns` turns. Truncated by the third lost turn in a row, which pays as
    `[stop]` does, or by a failure of the simulated user's machinery; in the second case `info["error"]` says what
    failed.

    ## Optimum

    The best expected payoff is computed exactly: a partially observed decision problem with a hidden state that moves,
    solved over beliefs (Smallwood and Sondik 1973). Pair work ties the students' states together, so beliefs are over
    the whole class. All scenarios share one solution. Talk is not tried, which only passes the time, nor a call in the
    last turn, whose answer would be of no use.

    ## Registered configurations

    | id | students | turns | lecture, exercise, call, pair cost | tells truly what helps |
    |---|---:|---:|---|---:|
    | `Classroom-v0` | 3 | 4 | .20, .20, .01, .02 | .8 |

    ## Metrics

    `info["outcome"]`, at the end: `mastery` (share of students who master it), `gain` (the same, less the share at the
    start), `all_master` (whether all do), `teacher_talk` (share of the turns in which only the teacher talks, by
    lecture or mere talk: the talk ratio of Flanders 1970; else `None`), `calls`, `called` (how many different students
    were called on), `pairs`, `suited` (lectures and exercises of the kind that the class needs, of all; else `None`),
    `turns`, `ending` (`stop`, `bell` or `truncated`), `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds `doers` and `masters`.

    ## References

    - Z. Zhang, D. Zhang-Li, J. Yu, L. Gong, J. Zhou et al. (2024). Simulating classroom education
      with LLM-empowered agents. arXiv:2406.19226. Its SimClass.
    - S. Jinxin, Z. Jiabao, W. Yilei, W. Xingjiao, L. Jiawen and H. Liang (2023). CGMI: configurable general multi-agent
      interaction framework. arXiv:2308.12503.
    - N. A. Flanders (1970). *Analyzing Teaching Behavior*. Addison-Wesley.
    - F. Lyman (1981). The responsive classroom discussion: the inclusion of all students. *Mainstreaming Digest*,
      University of Maryland. Think, pair, share.
    - H. Pashler, M. McDaniel, D. Rohrer and R. Bjork (2008). Learning styles: concepts and evidence. *Psychological
      Science in the Public Interest* 9, 105-119.
    - R. D. Smallwood and E. J. Sondik (1973). The optimal control of partially observable Markov processes over a
      finite horizon. *Operations Research* 21, 1071-1088.

    Args:
        turns: Turns of the teacher, 4 or 5.
        costs: What a lecture, an exercise, a call and pair work cost, in hundredths; each from 0 to 100.
        confuses: Probability that who can do it is unsure again after a lecture or exercise of the wrong kind.
        candid: Probability that a student who is called on tells truly what the class needs; from 0.5 to 1.
    """

    turns: int = 4
    costs: tuple[int, ...] = (20, 20, 1, 2)
    confuses: float = 0.5
    candid: float = 0.8

    role = "teacher"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "mastery": "share of students who master it in the end",
        "gain": "mastery less that of the start",
        "all_master": "share of lessons after which all master it",
        "teacher_talk": "share of turns in which only the teacher talks (Flanders)",
        "calls": "times that somebody was called on",
        "called": "different students who were called on",
        "pairs": "times that two worked together",
        "suited": "share of lectures and exercises of the kind that the class needs",
        "turns": "turns of the teacher",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 5, "turns")
        between(self, 0.0, 1.0, "confuses")
        between(self, 0.5, 1.0, "candid")
        costs = tuple(self.costs) if isinstance(self.costs, (tuple, list)) else ()
        if len(costs) != 4 or not all(type(cost) is int and 0 <= cost <= 100 for cost in costs):
            raise ValueError(f"costs must be 4 whole numbers from 0 to 100, got {self.costs!r}")
        object.__setattr__(self, "costs", costs)

    def scenarios(self) -> Sequence[Hour]:
        """Every subject with every teacher; all equally likely."""
        return [Hour(subject, teacher) for subject in SUBJECTS for teacher in NAMES]

    def setting(self, scenario: Hour) -> Setting:
        """Game, mind and seat: the same for all scenarios.

        Raises:
            ValueError: If there is no such subject.
        """
        one_of(scenario, SUBJECTS, "subject")
        lecture, exercise, call, pair = self.costs
        game = Class(STUDENTS, self.turns, (lecture, exercise, call, pair))
        return _setting(game, Pupilhood(game, replace(CLASS, confuses=self.confuses, candid=self.candid)))

    def task(self, scenario: Hour) -> str:
        """What is taught, all probabilities, costs, turns."""
        subject, t, names = SUBJECTS[scenario.subject], CLASS, [name.capitalize() for name in STUDENTS]
        lecture, exercise, call, pair = (cost / 100 for cost in self.costs)
        return (
            f"You are {scenario.teacher} and teach {', '.join(names[:-1])} and {names[-1]}, in {self.turns} turns: "
            f"{subject.called}. You score the share of them who can do it in the end, less what your acts cost: a "
            f"lecture {lecture:g}, an exercise {exercise:g}, a call {call:g}, pair work {pair:g}. Each can do it "
            f"already with {t.starts[0]:.0%}. The whole class needs either to listen or to do it itself "
            f"({t.doer:.0%} each). A lecture suits the first, an exercise the second: each who cannot do it then "
            f"learns it ({t.suits:.0%}). If it does not suit, each who can do it is unsure again "
            f"({self.confuses:.0%}). In pair work, who cannot do it learns it from one who can ({t.helps:.0%}). Whom "
            f'you call on is asked: "{subject.question}" The answer is {subject.right} ({t.right:.0%}) from one who '
            f"can do it, and {subject.wrong} ({1 - t.guess:.0%}) from one who cannot; besides it says what helps the "
            f"class, truly with {self.candid:.0%}. One thing at a time."
        )

    def success(self, game: Class, state: Lesson, hidden: Pupils) -> bool:
        """Whether all master it."""
        return all(hidden.masters)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, then, now = dialogue.state, dialogue.hidden_start, dialogue.hidden
        acts: list[Act] = [step.act for step in dialogue.steps]
        called = [act.student.lower() for act in acts if isinstance(act, Call)]
        taught = [isinstance(act, Exercise) == now.doers for act in acts if isinstance(act, (Lecture, Exercise))]
        talked = sum(isinstance(act, (Lecture, Say)) for act in acts)
        share = sum(now.masters) / len(now.masters)
        return {
            "mastery": share,
            "gain": share - sum(then.masters) / len(then.masters),
            "all_master": self.success(dialogue.setting.game_as(Class), state, now),
            "teacher_talk": talked / state.turn if state.turn else None,
            "calls": len(called),
            "called": len(set(called)),
            "pairs": sum(isinstance(act, Pair) for act in acts),
            "suited": sum(taught) / len(taught) if taught else None,
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How many can do it."""
        count = round(outcome["mastery"] * len(STUDENTS))
        return f"left a class in which {count} of {len(STUDENTS)} can do it"


@lru_cache(maxsize=64)
def _setting(game: Class, mind: Pupilhood) -> Setting:
    return Setting(game, mind, SEATS[0], game.candidates)
