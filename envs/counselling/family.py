"""Counselling: motivational interviewing, as an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act
from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .changes import HABITS
from .game import (
    MOTIVES,
    PLANS,
    SEATS,
    Advise,
    Affirm,
    Agree,
    Change,
    Closed,
    Elicit,
    Evoked,
    Explore,
    Inform,
    Propose,
    Reflect,
    Session,
    Sustain,
    Talk,
)
from .mind import Client, Mood
from .voice import ACTS, NAMES, PATTERNS, VOICE, understand

CHANGE_TALK: tuple[type[Act], ...] = (Change, Evoked, Propose, Agree)
SUSTAIN_TALK: tuple[type[Act], ...] = (Sustain,)
TELLING: tuple[type[Act], ...] = (Affirm, Inform, Advise)


class Case(NamedTuple):
    """What both sides know."""

    habit: str
    name: str


@dataclass(frozen=True, slots=True)
class Referral:
    """One scenario: which habit it is about, and the client's name."""

    habit: str
    name: str

    @property
    def public(self) -> Case:
        """All of it."""
        return Case(self.habit, self.name)


@dataclass(frozen=True)
class Counselling(Family):
    """Motivational interviewing: somebody has been told to change a habit; evoke why and how it would want to.

    ## Description

    A client comes because somebody else would like it to change. It may not have thought of it yet, and it may not
    listen. Telling such a client what to do makes it dig in. What moves it is its own reason to change, which it has
    to be asked for; then its doubt, whether it can or whether it matters, has to be met; then it has to say how it
    would go about it. Each step is possible only after the one before, none of them shows by itself how far the client
    has got, and what comes too early shuts it off. The counsellor reads from change talk and sustain talk where it
    stands.

    The client has the four parts of Yang et al. (2025): a stage of change, receptivity, a motive and a plan of its own,
    besides a doubt. In their system, language models move the state and choose what is said; here the whole person is
    a small table, so that the best interview is known. Habits and words are our own, everyday and harmless: nothing
    here is medical or psychological advice, no crisis is among it, and the numbers of the mind are made up.

    ## Scenario

    One of 20 habits (the phone, bedtime, the piano...) and one of ten names, all equally likely. They are words only:
    all share one solution. The hidden state, drawn independently: the *motive* (`family` with probability .4, `energy`
    .35, `pride` .25), the *doubt* (`confidence` or `importance`, each half), the *stage* (0 precontemplation with
    probability .6, else 1 contemplation; 2 is preparation) and whether it is *receptive* (half). The last two move. The
    first words do not depend on any of it. The client's own plan, one of `steps`, `company` and `dates`, is drawn when
    it is first asked for or proposed: nothing before tells of it.

    ## Acts

    An utterance is free text with at most one tag: `[explore TOPIC]` (`family`, `energy`, `pride`), `[reflect]`,
    `[affirm]`, `[inform]`, `[elicit]`, `[advise PLAN]` (`steps`, `company`, `dates`) or `[close]`; without a tag it is
    talk. Each act but `[close]` takes a turn. The client speaks first. Who is not receptive shuts itself off (`closed`)
    whatever is said, and does not move but for a reflection. A receptive client:

    | act | in stage 0 or 1 | in stage 2 |
    |---|---|---|
    | `reflect` | change talk with probability .15 in stage 0, .5 in stage 1, else sustain talk | change talk with .85 |
    | `explore`, its motive | tells it (`evoked`); from stage 0 it moves to stage 1 | tells it |
    | `explore`, another topic | sustain talk | sustain talk |
    | `affirm` | stage 1, doubt `confidence`: with .8 change talk and stage 2, else sustain talk | change talk |
    | `inform` | the same with the doubt `importance` | change talk |
    | either, otherwise | sustain talk, and it is no longer receptive | |
    | `elicit` | sustain talk | says its plan |
    | `advise` | sustain talk, and it is no longer receptive | agrees if the plan is its own, else declines |

    A reflection makes one that is not receptive so with probability .7, and the reply then is that of a receptive one.
    A plan that was declined cannot be proposed again.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below, which are deterministic: `how do the people around you see it?` explores, `it sounds as if you
    are torn` reflects, `you have managed harder things` affirms, `many people lose two hours a day to it` informs,
    `how would you go about it?` elicits, `how about starting small?` advises. One act a message: where a reflection
    leads up to a question, the question is answered and binds; other two are ambiguous, and the client asks which is
    meant. Everything else is talk: when in doubt, nothing binds. `Why do you want to change?` names nothing, and is
    talk.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (a plan that was declined). It then counts as talk, and the client says why.

    ## Observation

    Text. The first observation is the brief (all probabilities, costs, turns, tags) and the client's opening; after
    that, each reply. The words depend on the act, what it answers, the public facts and a persona, never on what is
    hidden.

    ## Rewards

    `goal`, at the end: 1 if the client has agreed to a plan, which then is its own; else `ready` if it is in stage 2;
    else 0; less `cost` for each turn.

    ## Episode end

    Terminated when the client agrees to a plan, by `[close]`, or after the reply to the last of `turns` turns.
    Truncated by the third lost turn in a row, which pays as if the session was closed, or by a failure of the simulated
    user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly: a partially observed decision problem with a hidden state that moves,
    solved over beliefs (Smallwood and Sondik 1973), in under a second. All scenarios share one solution. Some acts are
    not tried, because they gain nothing: talk; all but a reflection where nobody listens; to elicit or advise as long
    as nobody can be ready, since to explore shows as much and does no harm; other plans than one that was told; and in
    the last turn what neither makes ready nor proposes a plan.

    ## Registered configurations

    | id | turns | contemplating | receptive | a reflection opens | doubt resolved |
    |---|---:|---:|---:|---:|---:|
    | `Counselling-v0` | 7 | .4 | .5 | .7 | .8 |
    | `CounsellingEasy-v0` | 8 | .4 | .6 | .85 | .9 |
    | `CounsellingHard-v0` | 7 | .2 | .3 | .6 | .8 |

    ## Metrics

    `info["outcome"]`, at the end: `agreed` (share of clients who agreed to a plan of their own), `ready` (share who end
    in stage 2), `change_talk` (share of change talk among the change and sustain talk of the client; `None` without
    any), `reflections_to_questions` (the ratio R:Q of MITI; `None` without questions), `resisted` (times that something
    was affirmed, told or advised and met sustain talk or silence), `evoked` (the motive came out), `turns`, `ending`
    (`agreed`, `closed`, `limit` or `truncated`), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]`
    then holds `motive`, `doubt`, `stage` and `receptive`.

    ## References

    - Y. Yang, P. Achananuparp, H. Huang, J. Jiang, N. G. Lim, C. T. S. Ern, P. L. Kit, J. G. Xiuhui, J. Pinto and E.-P.
      Lim (2025). Consistent client simulation for motivational interviewing-based counseling. *ACL 2025*.
      arXiv:2502.02802.
    - W. R. Miller and S. Rollnick (2013). *Motivational Interviewing: Helping People Change*. Guilford.
    - J. O. Prochaska and C. C. DiClemente (1983). Stages and processes of self-change of smoking. *Journal of
      Consulting and Clinical Psychology* 51, 390-395.
    - T. B. Moyers, L. N. Rowell, J. K. Manuel, D. Ernst and J. M. Houck (2016). The Motivational Interviewing Treatment
      Integrity code (MITI 4). *Journal of Substance Abuse Treatment* 65, 36-42.
    - R. D. Smallwood and E. J. Sondik (1973). The optimal control of partially observable Markov processes over a
      finite horizon. *Operations Research* 21, 1071-1088.

    Args:
        turns: Turns of the counsellor, 4 to 9.
        cost: Price of a turn; from 0 to 1.
        ready: What a client is worth that ends in stage 2 without a plan; from 0 to 1.
        contemplating: Share of clients who begin in stage 1.
        receptive: Share of clients who begin receptive.
        opens: Probability that a reflection makes a client receptive.
        resolves: Probability that what meets the doubt makes a contemplating client ready.
        change: Probability of change talk after a reflection, by stage.
        motives: Weight of each motive.
    """

    turns: int = 7
    cost: float = 0.02
    ready: float = 0.3
    contemplating: float = 0.4
    receptive: float = 0.5
    opens: float = 0.7
    resolves: float = 0.8
    change: tuple[float, ...] = (0.15, 0.5, 0.85)
    motives: tuple[float, ...] = (0.4, 0.35, 0.25)

    role = "counsellor"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "agreed": "share of clients who agreed to a plan of their own",
        "ready": "share of clients who end in preparation",
        "change_talk": "share of change talk among change and sustain talk",
        "reflections_to_questions": "reflections for each question (R:Q)",
        "resisted": "times that something was told or advised and resisted",
        "evoked": "share of clients whose motive came out",
        "turns": "turns of the counsellor",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 9, "turns")
        between(self, 0.0, 1.0, "cost", "ready", "contemplating", "receptive", "opens", "resolves")
        for name in ("change", "motives"):
            given = getattr(self, name)
            values = tuple(given) if isinstance(given, (tuple, list)) else ()
            if len(values) != 3 or not all(isinstance(x, (int, float)) and 0.0 <= x <= 1.0 for x in values):
                raise ValueError(f"{name} must be 3 numbers from 0 to 1, got {given!r}")
            object.__setattr__(self, name, values)
        if sum(self.motives) <= 0.0:
            raise ValueError(f"motives must hold a weight above 0, got {self.motives!r}")

    def scenarios(self) -> Sequence[Referral]:
        """Every habit with every name; all equally likely."""
        return [Referral(habit, name) for habit in HABITS for name in NAMES]

    def setting(self, scenario: Referral) -> Setting:
        """Game, mind and seat: the same for all scenarios.

        Raises:
            ValueError: If there is no such habit.
        """
        one_of(scenario, HABITS, "habit")
        game = Session(self.turns, self.cost, self.ready)
        chances = (self.contemplating, self.receptive, self.opens, self.change, self.resolves)
        return _setting(game, Client(game, self.motives, *chances))

    def task(self, scenario: Referral) -> str:
        """The client's moves with all probabilities, costs, turns."""
        name, habit, total = scenario.name, HABITS[scenario.habit], sum(self.motives)
        motives = ", ".join(f"{motive} ({p / total:.0%})" for motive, p in zip(MOTIVES, self.motives, strict=True))
        zero, one, two = (f"{p:g}" for p in self.change)
        return (
            f"You are a counsellor. {name} says: {habit.says}. It is about {habit.doing}. {name} begins in stage 0 "
            f"({1 - self.contemplating:.0%}: does not think of a change) or stage 1 ({self.contemplating:.0%}: thinks "
            f"of it), and can get to stage 2 (ready). {name} is receptive to begin with in {self.receptive:.0%} of all "
            "cases; who is not shuts off whatever you say, but each time that you reflect becomes receptive with "
            f"probability {self.opens:g}. Who is receptive answers a reflection with change talk with probability "
            f"{zero}, {one} or {two} in stage 0, 1 or 2, else with sustain talk. There is a motive to change for: "
            f"{motives}. Explore it, and {name} tells it and gets to stage 1 at least; another topic gets sustain "
            f"talk. In stage 1 a doubt is in the way, whether one can (affirm) or whether it matters (inform), 50% "
            f"each: what meets it leads to stage 2 with probability {self.resolves:g}, and shows in change talk. To "
            "affirm or inform otherwise before stage 2, or to advise before it, makes the client shut off. In stage 2 "
            f"elicit gets its own plan ({', '.join(PLANS)}; all equally likely), and to advise that one ends the "
            "session with an agreement; another is declined. An agreement is worth 1, a client in stage 2 without one "
            f"{self.ready:g}; a turn costs {self.cost:g}, and you have {self.turns}. One act a message."
        )

    def success(self, game: Session, state: Talk, hidden: Mood) -> bool:
        """Whether the client agreed to a plan of its own."""
        return state.ending == "agreed"

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden = dialogue.state, dialogue.hidden
        said = [(step.act, reply) for step in dialogue.steps for _, _, reply in step.exchange.replies]
        change, sustain = (sum(isinstance(reply, kinds) for _, reply in said) for kinds in (CHANGE_TALK, SUSTAIN_TALK))
        acts = [step.act for step in dialogue.steps]
        questions = sum(isinstance(act, (Explore, Elicit)) for act in acts)
        return {
            "agreed": self.success(dialogue.setting.game_as(Session), state, hidden),
            "ready": hidden.stage == 2,
            "change_talk": change / (change + sustain) if change + sustain else None,
            "reflections_to_questions": sum(isinstance(act, Reflect) for act in acts) / questions
            if questions
            else None,
            "resisted": sum(isinstance(act, TELLING) and isinstance(reply, (Sustain, Closed)) for act, reply in said),
            "evoked": any(isinstance(reply, Evoked) for _, reply in said),
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How far the client has come."""
        return "agreed on a plan" if outcome["agreed"] else f"left the client {'' if outcome['ready'] else 'not '}ready"


@lru_cache(maxsize=64)
def _setting(game: Session, mind: Client) -> Setting:
    return Setting(game, mind, SEATS[0], mind.candidates)
