"""Panel: an advocate before three members who have tempers, as an environment."""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any, ClassVar

from ...core.acts import Act, Say
from ...core.checks import above, between, whole
from ...core.dialogue import Dialogue
from ...core.factored import FactoredSolution
from ...core.people import People
from ...core.setting import Setting
from ..base import Family
from .cases import CASES
from .game import ACTS, MEMBERS, POINTS, START, Argue, Hearing, Move, Probe, Rest, Table
from .mind import Judge, Opinion
from .voice import PATTERNS, VOICE, understand


@dataclass(frozen=True, slots=True)
class Matter:
    """One scenario: what is decided, before whom."""

    case: str

    @property
    def public(self) -> Matter:
        """Everything."""
        return self


@dataclass(frozen=True)
class Panel(Family):
    """To convince a panel of three, each by the point that it cares about, in the order that their tempers allow.

    ## Description

    Somebody stands before three people who decide: the author of a paper before reviewers, a tenant before lay judges,
    a parent before the town council, a cellist before the board of a foundation. Everybody gives a mark of 1 to 10; it
    is decided in the learner's favour if the marks add up to enough at the end. There are three points to argue, and
    each member can be won over by one of them. Who asks a member what it cares about is told, but some resent the
    question. Some go along only with others, some never do: the first who is won over changes what the rest are worth,
    and those who have heard something think again at once. There are few turns, so that whom to ask, whom to argue
    with first and what to try unasked are one problem.

    ## Scenario

    One of 24 cases, all equally likely, with words of its own for each point: `need` (why it matters), `proof` (what
    speaks for it) and `plan` (how it is done). Each member begins with a mark of 4 and has a hidden type of two
    independent parts, the point that it cares about, all equally likely, and a temper:

    | temper | probability | its point | another point | is asked |
    |---|---:|---|---|---|
    | *open* | 20% | +2 | 0 | names its point |
    | *proud* | 20% | +3 | -1 | -1, and says nothing |
    | *follower* | 20% | +2 if somebody else was won over, else 0 | 0 | names its point |
    | *contrarian* | 40% | +2 if nobody else was won over, else 0 | 0 | names its point |

    Who moves up is won over, and is done. When the first is won over, everybody else to whom something was argued
    before says where it stands now: a follower that has heard its point moves up by 2, all others stay.

    The cases before lay judges are about small sums between neighbours, and are no legal advice.

    ## Acts

    An utterance is free text with at most one tag. `[argue to=anna point=proof]` argues a point to a member, `[probe
    anna]` asks it what it cares about, `[rest]` rests the case: the members decide. Nobody hears a point twice or is
    asked twice, and whoever was won over is left alone. Without a tag it is talk, which whoever was spoken to last
    answers; it takes a turn and costs as much as a question.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `Anna, what would convince you?`, `Ben, these photos show clean walls.`, `I rest my case.` To
    speak of a point is to argue it. Where nobody is named, who was spoken to last is meant. Several different acts are
    ambiguous: the turn is lost. A lost turn counts as talk.

    ## Observation

    Text. The first observation is the brief; after that, what the members say who answer, each after its name, with
    its mark after each move. Everybody hears everything. Words depend on what is done, the case and the speaker's
    persona, never on its type.

    ## Rewards

    `goal`, at the end: `decisive` if the marks add up to `needed`, and the rest of 1 for each six marks gained in all
    (less for marks lost), less what arguments (`argue`), questions and talk (`probe`) and irritation (`civil`) cost.

    ## Episode end

    Terminated by resting the case, when everybody is won over, or after `turns` turns; marks are added up then.
    Truncated by the third lost turn in a row, which pays what resting pays, or by a failure of the simulated user's
    machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over what is public and a belief about each member
    (Kaelbling et al. 1998). There are 1,728 combinations of hidden types, but beliefs stay independent, and members are
    alike but for their names. All scenarios share one solution. For a single member who is surely open there is a
    closed form: to ask and then to argue costs `probe` and one argument, to try out three points costs two arguments
    on average. For who knows the members there is one, too: the best set of members to win over, of whom one
    contrarian at most, first, and followers only in company. Tests hold the solver against both.

    ## Registered configurations

    | id | turns | needed | argument | question | irritation |
    |---|---:|---:|---:|---:|---:|
    | `Panel-v0` | 5 | 16 | 0.03 | 0.01 | 0.05 |

    ## Metrics

    `info["outcome"]`, at the end: `decision` (whether it is in the learner's favour; ReviewMT's), `gain` (marks
    gained in all), `spread` (standard deviation of the marks: DEBATE's disagreement within a group; 0 at the start),
    `on_point` (arguments to a member about what it cares about, as a share of all; `None` without any), four dimensions
    of Sotopia: `aim` (share of the way to the decision, at most 1; Sotopia's goal), `relationship` (members won over
    less members irritated), `financial` (what turns cost, below 0), `social_rules` (lost turns, below 0); `won`
    (members), `irritated` (members), `arguments`, `probes`, `talk` (turns), `ending` (`rested`, `unanimous`, `closed`
    or `truncated`), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds for each member
    `cares` and `temper`.

    ## References

    - C. Tan, D. Lyu, S. Li, Z. Gao, J. Wei, S. Ma, Z. Liu and S. Z. Li (2024). Peer review as a multi-turn and
      long-context dialogue with role-based interactions. arXiv:2406.05688.
    - G. Chen, L. Fan, Z. Gong, N. Xie, Z. Li, Z. Liu, C. Li, Q. Qu, H. Alinejad-Rokny, S. Ni and M. Yang (2024).
      AgentCourt: simulating court with adversarial evolvable lawyer agents. arXiv:2408.08089.
    - Y.-S. Chuang, R. Tu, C. Dai, S. Vasani, Y. Li, B. Yao et al. (2025). DEBATE: a large-scale benchmark for
      evaluating opinion dynamics in role-playing LLM agents. arXiv:2510.25110.
    - X. Zhou, H. Zhu, L. Mathur, R. Zhang, H. Yu, Z. Qi, L.-P. Morency, Y. Bisk, D. Fried, G. Neubig and M. Sap (2024).
      SOTOPIA: interactive evaluation for social intelligence in language agents. *ICLR*. arXiv:2310.11667.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        turns: Turns of the learner, 4 to 6.
        needed: The sum of marks at which it is decided in the learner's favour, 13 to 21.
        argue: What it costs to argue a point; above 0, at most 0.2.
        probe: What it costs to ask a member, and a turn of talk; likewise.
        civil: What it costs to irritate a member, at most 0.2.
        decisive: Weight of the decision, at most 1.
    """

    turns: int = 5
    needed: int = 16
    argue: float = 0.03
    probe: float = 0.01
    civil: float = 0.05
    decisive: float = 0.6

    role = "you"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "decision": "share of hearings decided in the learner's favour",
        "gain": "marks gained in all",
        "spread": "standard deviation of the marks",
        "on_point": "share of arguments about what the member cares about",
        "aim": "share of the way to the decision",
        "relationship": "members won over less members irritated",
        "financial": "what turns cost, below 0",
        "social_rules": "lost turns, below 0",
        "won": "members won over",
        "irritated": "members irritated",
        "arguments": "points argued",
        "probes": "members asked",
        "talk": "turns of talk",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 6, "turns")
        whole(self, 3 * START + 1, 3 * (START + 3), "needed")
        above(self, 0.0, "argue", "probe", most=0.2)
        between(self, 0.0, 0.2, "civil")
        between(self, 0.0, 1.0, "decisive")

    def scenarios(self) -> Sequence[Matter]:
        """Every case, all equally likely."""
        return [Matter(case) for case in CASES]

    def parts(self, scenario: Matter) -> tuple[Hearing, People]:
        """Game and minds, the same for all scenarios."""
        setting = self.setting(scenario)
        return setting.game_as(Hearing), setting.mind  # type: ignore[return-value]

    def setting(self, scenario: Matter) -> Setting:
        """The one setting of all scenarios."""
        return _setting(Hearing(self.turns, self.needed, self.argue, self.probe, self.civil, self.decisive))

    def task(self, scenario: Matter) -> str:
        """Who decides what, what can be argued, what members are like, what counts."""
        case, mind = CASES[scenario.case], Opinion()
        total = sum(weight for _, weight in mind.tempers)
        share = {temper: f"{weight / total:.0%}" for temper, weight in mind.tempers}
        points = ", ".join(f"{point} ({case.called[point]})" for point in POINTS)
        rest = (1.0 - self.decisive) / Hearing().scale
        return (
            f"You {case.you}. Three {case.members} decide whether {case.wish}: Anna, Ben and Cleo. Each gives a mark "
            f"of 1 to 10, {START} at first; you win if they add up to {self.needed} or more when you rest your case, "
            f"at the latest after {self.turns} turns. Argue a point to one of them, each only once: {points}; or ask "
            f"one what it cares about, once.\n"
            f"Each cares about one point, all equally likely, and moves up once: the open ({share['open']}) by "
            f"{mind.won} for their point; the proud ({share['proud']}) by {mind.proud}, but {mind.resents} down for "
            f"another or for being asked; the contrarian ({share['contrarian']}) by {mind.won}, but only while you "
            f"have won over nobody else; followers ({share['follower']}) by {mind.won} once somebody else is won over, "
            f"even if they heard their point before. All but the proud tell the truth when asked.\n"
            f"You score {self.decisive:g} for the decision and {rest:.3g} a mark gained, less {self.argue:g} an "
            f"argument, {self.probe:g} a question or a turn of talk, {self.civil:g} whenever you annoy somebody."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The case, and who was spoken to last, unless it is won over."""
        state = dialogue.state
        spoken = bool(dialogue.steps) and not state.members[state.at].won
        return dialogue.scenario.case, MEMBERS[state.at] if spoken else ""

    def success(self, game: Hearing, state: Table, hidden: tuple[Judge, ...]) -> bool:
        """Whether it is decided in the learner's favour."""
        return sum(member.mark for member in state.members) >= self.needed

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden = dialogue.state, dialogue.hidden
        marks = [member.mark for member in state.members]
        gain, won = sum(marks) - START * len(marks), sum(member.won for member in state.members)
        acts = [step.act for step in dialogue.steps]
        argued = [act for act in acts if isinstance(act, Argue)]
        replies = [reply for step in dialogue.steps for reply in step.exchange.replies]
        irritated = len({seat for _, seat, act in replies if isinstance(act, Move) and act.by < 0})
        lost = sum(bool(step.problem) for step in dialogue.steps)
        right = [act.point == hidden[MEMBERS.index(act.to)].cares for act in argued]
        return {
            "decision": self.success(dialogue.setting.game_as(Hearing), state, hidden),
            "gain": gain,
            "spread": statistics.pstdev(marks),
            "on_point": sum(right) / len(right) if right else None,
            "aim": min(gain / (self.needed - START * len(marks)), 1.0),
            "relationship": won - irritated,
            "financial": self.civil * sum(isinstance(act, Move) and act.by < 0 for _, _, act in replies) - state.spent,
            "social_rules": -lost,
            "won": won,
            "irritated": irritated,
            "arguments": len(argued),
            "probes": sum(isinstance(act, Probe) for act in acts),
            "talk": sum(isinstance(act, Say) for act in acts),
            "ending": _ending(state, acts[-1] if acts else None),
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was decided."""
        return "won the panel over" if outcome["decision"] else "did not win the panel over"

    def reveal(self, scenario: Matter, hidden: tuple[Judge, ...]) -> dict[str, Any]:
        """Each member's type."""
        return {name: judge._asdict() for name, judge in zip(MEMBERS, hidden, strict=True)}


def _ending(state: Table, last: Act | None) -> str:
    if not state.over:
        return "truncated"
    if isinstance(last, Rest):
        return "rested"
    return "unanimous" if all(member.won for member in state.members) else "closed"


def known(game: Hearing, minds: Sequence[Opinion], judges: Sequence[Judge]) -> float:
    """What can be had of members whose types are known, if there are turns for all: the best set to win over.

    A contrarian has to be the first, and a follower is won in company alone.
    """
    best = 0.0
    for count in range(1, len(judges) + 1):
        for places in combinations(range(len(judges)), count):
            tempers = [judges[place].temper for place in places]
            if tempers.count("contrarian") > 1 or tempers.count("follower") == count:
                continue
            gain = sum(minds[p].proud if judges[p].temper == "proud" else minds[p].won for p in places)
            decided = START * len(judges) + gain >= game.needed
            value = game.decisive * decided + (1.0 - game.decisive) * gain / game.scale - game.argue * count
            best = max(best, value)
    return best


class PanelSolution(FactoredSolution):
    """The optimum, with a closed form for who knows the members."""

    def known_value(self) -> float:
        """See `Solution.known_value`."""
        minds: Any = list(self.mind.minds.values())
        factors = [factor.items() for factor in self.mind.prior().factors]
        game: Any = self.game
        return math.fsum(
            math.prod(p for _, p in pairs) * known(game, minds, [judge for judge, _ in pairs])
            for pairs in product(*factors)
        )


@cache
def _setting(game: Hearing) -> Setting:
    people = People(game, {name: Opinion() for name in game.names})
    return Setting(game, people, "you", optimum=lambda: PanelSolution(game, people, "you"))
