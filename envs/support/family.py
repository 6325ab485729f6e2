"""Support: listen to somebody in distress until help is wanted, as an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .game import (
    CAUSES,
    PLAN_FOR,
    SEATS,
    Disclose,
    Inform,
    Question,
    Reassure,
    Reflect,
    Restate,
    Session,
    Suggest,
    Talk,
)
from .mind import Person, Seeker
from .situations import SITUATIONS
from .voice import ACTS, NAMES, PATTERNS, VOICE, understand

COMFORT = (Reflect, Restate, Disclose, Reassure, Inform)


class Case(NamedTuple):
    """What both sides know."""

    situation: str
    name: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One scenario: what the seeker comes with, and its name."""

    situation: str
    name: str

    @property
    def public(self) -> Case:
        """All of it."""
        return Case(self.situation, self.name)


@dataclass(frozen=True)
class Support(Family):
    """Emotional support: somebody tells of an everyday trouble; listen, ask, comfort, and suggest what helps.

    ## Description

    What is behind the trouble is told only to somebody who is trusted, and a suggestion relieves only as far as trust
    goes. Trust is won by listening in the way that suits the seeker: one kind wants to hear its feelings named, the
    other wants to hear the facts said back. Comfort of the wrong kind sounds empty and costs trust. So there is an
    order to be kept (listen, ask, comfort, suggest), but how long to stay with each has to be read from warm and cool
    replies. Nothing but this makes the stages that Hill (2009) teaches helpers: they are what pays.

    The acts are the support strategies of ESConv (Liu et al. 2021), as PPDPP (Deng et al. 2024) plans with them. The
    people and all words here are our own. They tell of everyday troubles only: no crisis is among them, nothing here
    is medical or psychological advice, and the numbers of the mind are made up.

    ## Scenario

    One of 20 situations (a new job, a move, an old garden...) and one of ten names, all equally likely. They are words
    only: all share one solution. The hidden state is what is behind the trouble (`overload` with probability .4,
    `conflict` .35 or `loss` .25), the kind of the seeker (`feeling` or `thinking`, each half) and its trust from 0 to 2
    (0 with probability .6, else 1), drawn independently. The first words do not depend on it: each situation may come
    of any cause. Trust moves, as below.

    ## Acts

    An utterance is free text with at most one tag: `[question]`, `[restate]`, `[reflect]`, `[disclose]`, `[reassure]`,
    `[inform]`, `[suggest PLAN]` (`lighten` for overload, `settle` for conflict, `remember` for loss) or `[close]`;
    without a tag it is talk, what ESConv calls *others*. Each act but `[close]` takes a turn. The seeker speaks first.

    | act | strategy of ESConv | what it does |
    |---|---|---|
    | `reflect` | reflection of feelings | trust grows with probability .7 if the kind is `feeling`, else .1 |
    | `restate` | restatement or paraphrasing | the same for the kind `thinking` |
    | `disclose` | self-disclosure | once; trust that is there grows with probability .8, and the reply shows it |
    | `question` | question | the cause is told if trust is at least 1; else the seeker evades |
    | `reassure` | affirmation and reassurance | once; relieves `feeling` with trust by a step, costs others trust |
    | `inform` | information | once; the same with `thinking` |
    | `suggest` | providing suggestions | ends the talk: relieves as far as trust goes; a wrong plan adds a step |

    To `reflect` and `restate` the reply is warm with probability .75 where it fits the kind and .35 where not, whether
    trust has grown or not. A second `reassure`, `inform` or `disclose` is refused.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below, which are deterministic: `what is behind it?` asks, `so you have not slept since the move`
    restates, `you must feel exhausted` reflects, `I went through something similar` discloses, `you can get through
    this` reassures, `many people feel like that at first` informs, `how about making a list?` suggests. Suggestions may
    be asked and supposed. One strategy a message: where comfort leads up to a question (`that must be hard. What
    happened?`), the question is answered and binds; other two are ambiguous (`you are not alone. Many people feel like
    that`), and the seeker asks which is meant. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (what helps once, a second time). It then counts as talk, and the seeker says why.

    ## Observation

    Text. The first observation is the brief (strategies, all probabilities, costs, turns, tags) and the seeker's
    opening; after that, each reply. How it feels is said with it: a reply to comfort or to a plan says whether it
    helped. The words depend on the act, the public facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: the share of the 3 steps of distress that was relieved (below 0 if it has grown), less `cost`
    for each turn.

    ## Episode end

    Terminated by a suggestion, by `[close]`, or after the reply to the last of `turns` turns. Truncated by the third
    lost turn in a row, which pays as if the talk was closed, or by a failure of the simulated user's machinery; in the
    second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly: a partially observed decision problem with a hidden state that moves,
    solved over beliefs (Smallwood and Sondik 1973). All scenarios share one solution. Some acts are not tried, because
    they gain nothing: talk, questions to which all who are possible would give the same reply, listening where trust
    cannot grow and the kind is known or of no more use, plans for a cause that is ruled out, and in the last turn
    whatever relieves nothing.

    ## Registered configurations

    | id | turns | trust grows: other kind, own | warm reply: other, own | empty comfort costs trust | turn costs |
    |---|---:|---|---|---:|---:|
    | `Support-v0` | 6 | .1, .7 | .35, .75 | 1 | .02 |
    | `SupportEasy-v0` | 6 | 0, 1 | .2, .8 | 0 | .03 |
    | `SupportHard-v0` | 7 | .1, .6 | .35, .75 | 1 | .02 |

    ## Metrics

    `info["outcome"]`, at the end: `solved` (the share of talks that end with no distress left: the success rate SR of
    PPDPP), `turns` (that the talk took; to its average turn AT a talk that fails counts with all turns, here with those
    that it took), `relief` (share of the distress that was relieved), `told` (the cause came out), `advice_too_early`
    (a plan was suggested with trust below 2), `right_plan` (a plan that fits the cause was suggested), `comforting`
    (turns of listening, disclosure and comfort), `questions`, `ending` (`suggested`, `closed`, `limit` or `truncated`),
    `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds `cause`, `kind` and `trust`.

    ## References

    - S. Liu, C. Zheng, O. Demasi, S. Sabour, Y. Li, Z. Yu, Y. Jiang and M. Huang (2021). Towards emotional support
      dialog systems. *ACL 2021*. arXiv:2106.01144.
    - Y. Deng, W. Zhang, W. Lam, S.-K. Ng and T.-S. Chua (2024). Plug-and-play policy planner for large language model
      powered dialogue agents. *ICLR 2024*. arXiv:2311.00262.
    - C. E. Hill (2009). *Helping Skills: Facilitating Exploration, Insight, and Action*. American Psychological
      Association.
    - R. D. Smallwood and E. J. Sondik (1973). The optimal control of partially observable Markov processes over a
      finite horizon. *Operations Research* 21, 1071-1088.

    Args:
        turns: Turns of the supporter, 4 to 7.
        cost: Price of a turn; from 0 to 1.
        grows: Probability that listening wins a step of trust: of the other kind of seeker, of its own.
        warm: Probability of a warm reply to listening: of the other kind, of its own.
        hurts: Probability that comfort of the wrong kind costs a step of trust.
        disclosed: Probability that a disclosure wins a step of trust, where there is some.
        causes: Weight of each cause.
        trust: Weight of each level of trust at the start, from 0 to 2.
    """

    turns: int = 6
    cost: float = 0.02
    grows: tuple[float, ...] = (0.1, 0.7)
    warm: tuple[float, ...] = (0.35, 0.75)
    hurts: float = 1.0
    disclosed: float = 0.8
    causes: tuple[float, ...] = (0.4, 0.35, 0.25)
    trust: tuple[float, ...] = (0.6, 0.4, 0.0)

    role = "supporter"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "solved": "share of talks that end with no distress left (SR)",
        "turns": "turns of the supporter",
        "relief": "share of the distress that was relieved",
        "told": "share of talks in which the cause came out",
        "advice_too_early": "share of talks in which a plan was suggested before there was full trust",
        "right_plan": "share of talks in which a plan for the cause was suggested",
        "comforting": "turns of listening, disclosure and comfort",
        "questions": "questions asked",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 7, "turns")
        between(self, 0.0, 1.0, "cost", "hurts", "disclosed")
        for name, length in (("grows", 2), ("warm", 2), ("causes", 3), ("trust", 3)):
            values = tuple(getattr(self, name)) if isinstance(getattr(self, name), (tuple, list)) else ()
            if len(values) != length or not all(isinstance(x, (int, float)) and 0.0 <= x <= 1.0 for x in values):
                raise ValueError(f"{name} must be {length} numbers from 0 to 1, got {getattr(self, name)!r}")
            object.__setattr__(self, name, values)
        for name in ("causes", "trust"):
            if sum(getattr(self, name)) <= 0.0:
                raise ValueError(f"{name} must hold a weight above 0, got {getattr(self, name)!r}")

    def scenarios(self) -> Sequence[Trouble]:
        """Every situation with every name; all equally likely."""
        return [Trouble(situation, name) for situation in SITUATIONS for name in NAMES]

    def setting(self, scenario: Trouble) -> Setting:
        """Game, mind and seat: the same for all scenarios.

        Raises:
            ValueError: If there is no such situation.
        """
        one_of(scenario, SITUATIONS, "situation")
        game = Session(self.turns, self.cost)
        mind = Person(game, self.causes, self.trust, self.grows, self.warm, self.disclosed, self.hurts)
        return _setting(game, mind)

    def task(self, scenario: Trouble) -> str:
        """The strategies with all probabilities, costs, turns."""
        name, total = scenario.name, sum(self.causes)
        (other, own), (other_warm, own_warm) = self.grows, self.warm
        causes = "; ".join(
            f"{cause} ({weight / total:.0%}; plan: {PLAN_FOR[cause]})"
            for cause, weight in zip(CAUSES, self.causes, strict=True)
        )
        starts = ", ".join(
            f"{level} ({weight / sum(self.trust):.0%})" for level, weight in enumerate(self.trust) if weight
        )
        return (
            f"You listen to {name}, who says: {SITUATIONS[scenario.situation].says}. {name}'s distress is 3 steps; "
            f"what counts is the share that is relieved in the end, less {self.cost:g} for each of your turns, of "
            f"which you have {self.turns}. Behind it is {causes}. {name} is moved by feelings or by thoughts (50% "
            f"each), and trusts you by {starts} to begin with, at most by 2. Reflect feelings, or restate what was "
            f"said: trust grows by a step with probability {own:g} if that suits {name} (feelings: reflect; thoughts: "
            f"restate), else {other:g}; the reply is warm with probability {own_warm:g} or {other_warm:g}. Disclose "
            "something of yourself, once: where there is trust, it grows with probability "
            f"{self.disclosed:g}, and only then the reply is warm. A question is answered with the cause where there "
            "is trust. Reassure (suits feelings) and inform (suits thoughts) relieve by 1 step where they suit and "
            "there is trust; where they do not suit, they cost a step of trust with probability "
            f"{self.hurts:g}; each helps once. A suggestion ends the talk: the right plan relieves by as many steps "
            "as there is trust, a wrong one adds a step. One strategy a message."
        )

    def success(self, game: Session, state: Talk, hidden: Seeker) -> bool:
        """Whether no distress is left: the sources' SR."""
        return state.distress == 0

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden, game = dialogue.state, dialogue.hidden, dialogue.setting.game_as(Session)
        acts = [step.act for step in dialogue.steps]
        plan = next((act.plan for act in acts if isinstance(act, Suggest)), None)
        return {
            "solved": self.success(game, state, hidden),
            "turns": state.turn,
            "relief": (game.distress - state.distress) / game.distress,
            "told": bool(state.told),
            "advice_too_early": plan is not None and hidden.trust < 2,
            "right_plan": plan == PLAN_FOR[hidden.cause],
            "comforting": sum(isinstance(act, COMFORT) for act in acts),
            "questions": sum(isinstance(act, Question) for act in acts),
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How much distress was relieved."""
        relief = outcome["relief"]
        return f"relieved {relief:.0%} of the distress" if relief >= 0.0 else "left somebody more troubled than before"


@lru_cache(maxsize=64)
def _setting(game: Session, mind: Person) -> Setting:
    return Setting(game, mind, SEATS[0], mind.candidates)
