"""Division: bargaining over several issues at once, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import permutations
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act
from ...core.checks import above, between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.duel import Seats, SmallDuel
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Mass, Rescaled, Solution
from ...core.stream import Stream
from ..base import Family
from .duel import small_duel
from .game import ACTS, AIMS, KINDS, OUTSIDE, PARTNER, VALUES, YOU, Package, Talks
from .game import Division as Rules
from .mind import Haggler, Interests
from .scenes import SCENES, SINGULAR, all_of, joined
from .voice import GRAMMARS, PATTERNS, VOICE, understand

SHOWN = {"things": 2, "camp": 10, "job": 10}
"""In how many scenes each of them is met."""


class PublicFacts(NamedTuple):
    """What both sides know."""

    kind: str
    scene: str
    name: str
    counts: Package


@dataclass(frozen=True, slots=True)
class Bargain:
    """One scenario: the scene, how many units there are of each issue, and what a unit is worth to the learner."""

    kind: str
    scene: str
    counts: Package
    values: Package
    seat: str = YOU

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", tuple(self.counts))
        object.__setattr__(self, "values", tuple(self.values))

    @property
    def public(self) -> PublicFacts:
        """All but the values."""
        scene = SCENES[self.kind][self.scene]
        return PublicFacts(self.kind, self.scene, scene.name if self.seat == YOU else scene.other, self.counts)


@dataclass(frozen=True)
class Division(Family):
    """Bargaining over several issues at once with a simulated person whose values and tactic are hidden.

    ## Description

    Two people have to agree on how to divide what lies between them: a book, some hats and balls; food, water and
    firewood for two camps; or salary, leave and remote days of a contract. Both count every issue, but not alike: what
    is dear to the one may be cheap to the other, so a good trade makes both better off, and half of everything is
    rarely one. What the partner values is hidden, and so is whether it comes down by itself, only for something in
    return, or not before the last round. Each further round costs a share of the gain.

    ## Scenario

    With `kind="things"`, 60 scenarios: one, two and three, or one, two and four, of books, hats and balls, in any
    order, each with the learner's values, which make ten points in all, in ten scenes. With `"camp"` there are three
    packages each of food, water and firewood, worth 5, 4 and 3 points in an order of the learner's own; with `"job"` a
    salary, days of leave and remote days, with four steps each, worth 6, 3 and 1 points a step; ten scenes for each of
    the six orders. All are equally likely. The learner is the `bargainer`.

    The hidden state has three independent parts. The partner's *values*: of things, all whole values by which
    everything is worth ten points to it, nothing is worthless to both sides and something is worth having to both (up
    to 112 hidden states); else any order of the same numbers (48). Its *floor*, the fewest points that it settles for:

    | `kind` | points in all | demand at first | floors, equally likely | step of a reciprocator |
    |---|---:|---:|---|---:|
    | `things` | 10 | 9 | 2, 6 | 1 |
    | `camp` | 36 | 30 | 9, 18 | 3 |
    | `job` | 40 | 36 | 8, 20 | 4 |

    And its *tactic*, which says how the demand falls to the floor:

    | tactic | share | what it demands |
    |---|---:|---|
    | `conceder` | 1/9 | falls with time, fast at first (Faratin et al. 1998, beta 4) |
    | `boulware` | 1/9 | falls with time, late (beta 0.25) |
    | `holder` | 3/9 | stands by the first demand, and comes to the floor in the last round |
    | `reciprocator` | 4/9 | falls by a step for each offer that leaves it more units than any before, else stays |

    The partner takes an offer that meets its demand. Else it counters: of what is cheapest to it, it gives away as much
    as its demand allows, so a counteroffer tells something of its values. Whether it reciprocates depends on units, not
    on what they are worth: to give away what one does not need is a concession too.

    ## Acts

    An utterance is free text with at most one tag; without a tag it is talk. With things or packages, an offer says
    what its **speaker** would get, and the other side gets the rest: `[offer books=1 hats=0 balls=2]`, `[offer food=2
    water=1 firewood=3]`. In the contract it names all three terms, which are the same for both: `[offer salary=46
    leave=24 remote=3]`. `[accept]` takes the other side's standing offer and binds both; `[walk]` leaves. The partner
    says hello, and the learner begins. An offer stands until the other side has answered.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below.

    1. `I take the hats, you get the rest`, `both hats for me`, `could I have the book and two balls?`: what the speaker
       and what the other side would get are read apart. Where only the speaker's share is named, the rest is the
       other side's. What does not add up, leaves open who gets a thing, asks for `one more` without saying what that
       makes in all, or is less than what stands, is asked about: the turn is lost.
    2. Of a contract, terms that are not named are as in the standing offer (`how about 46 thousand instead?`).
    3. To want what is offered is to accept it. `Deal`, `I accept` and approval (`that works for me`) accept what stands
       unless something is asked, denied or wanted beside it.
    4. What one likes or needs is talk (`hats matter to me`); so is a question about it, and any threat or plea.

    ## Observation

    Text. The first observation is the brief (the scene, what there is, the learner's values, rounds, discount, tags)
    and the partner's hello; after that, each reply. It is empty if the learner ended the dialogue. The partner's words
    depend on its act, the public facts and a persona, never on its values.

    ## Rewards

    `goal`, at the end: `discount ** rounds_completed * points / total`, where `points` are the learner's and `total` is
    the most that it can have. The first round is not discounted. Without a deal each side has 0 points; at the camp
    site it has 5, as whoever walks away there has in the source. With `aim="nash"` it is the root of the product of
    both sides' points that counts, with `aim="joint"` their mean.

    ## Episode end

    Terminated by a deal, when the learner walks away, or after the last round (the partner leaves). Truncated by the
    third lost turn in a row, which pays like leaving, or by a failure of the simulated user's machinery; in the second
    case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden state
    (Kaelbling et al. 1998). Of offers that the same partners would take, and that are a concession alike, only the one
    that pays most is tried: nothing else in a partner's answer depends on an offer. Scenarios that differ in names
    alone share a solution.

    ## Registered configurations

    | id | kind | rounds | discount |
    |---|---|---:|---:|
    | `Division-v0` | `things` | 7 | 0.95 |
    | `DivisionCamp-v0` | `camp` | 7 | 0.95 |
    | `DivisionJob-v0` | `job` | 7 | 0.95 |

    ## Metrics

    `info["outcome"]`, at the end: `deal` (the agreement rate of Deal or No Deal, the completion rate of LAMEN),
    `points` and `partner_points` (a side's points as a share of the most it can have; 0 without a deal), `joint` (the
    points of both, as a share of the most that both together can have), `nash` (the product of both sides' points, as a
    share of the highest), `pareto` (whether no other division is better for one side and no worse for the other) of
    deals, `rounds`, `ending` (`deal`, `walk`, `deadline` or `truncated`), `malformed` (ambiguous turns included),
    `illegal`. `info["hidden"]` then holds the partner's `values`, `tactic` and `floor`.

    ## References

    - M. Lewis, D. Yarats, Y. Dauphin, D. Parikh and D. Batra (2017). Deal or no deal? End-to-end learning for
      negotiation dialogues. *EMNLP*.
    - T. R. Davidson, V. Veselovsky, M. Josifoski, M. Peyrard, A. Bosselut, M. Kosinski and R. West (2024). Evaluating
      language model agency through negotiations. *ICLR*. Its LAMEN.
    - K. Chawla, J. Ramirez, R. Clever, G. Lucas, J. May and J. Gratch (2021). CaSiNo: a corpus of campsite negotiation
      dialogues for automatic negotiation systems. *NAACL*.
    - P. Faratin, C. Sierra and N. R. Jennings (1998). Negotiation decision functions for autonomous agents. *Robotics
      and Autonomous Systems* 24, 159-182.
    - H. Raiffa (1982). *The Art and Science of Negotiation*. Harvard University Press.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        kind: What is divided: `things`, `camp` or `job`.
        rounds: The dialogue ends after so many; a round is one turn of each seat. 4 to 8.
        discount: What is left of a gain after each further round; above 0, at most 1.
        aim: What is paid: the learner's own points (`own`), the root of the product of both sides' (`nash`) or their
            mean (`joint`).
    """

    kind: str = "things"
    rounds: int = 7
    discount: float = 0.95
    aim: str = "own"

    role = YOU
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "deal": "share of dialogues that end in an agreement",
        "points": "the learner's points, as a share of the most it can have; 0 without a deal",
        "partner_points": "the partner's points, likewise",
        "joint": "points of both sides, as a share of the most that both together can have; deals only",
        "nash": "product of both sides' points, as a share of the highest there is; deals only",
        "pareto": "share of deals that nobody can better without the other losing",
        "rounds": "rounds used",
    }

    def __post_init__(self) -> None:
        one_of(self, KINDS, "kind")
        whole(self, 4, 8, "rounds")
        above(self, 0.0, "discount")
        between(self, 0.0, 1.0, "discount")
        one_of(self, AIMS, "aim")

    @property
    def acts(self) -> tuple[type[Act], ...]:  # type: ignore[override]
        """The learner's acts that have tags: an offer names the issues of the kind."""
        return ACTS[self.kind]

    @cached_property
    def grammar(self) -> Grammar:
        """Reads and prints the acts, in natural mode."""
        return GRAMMARS[self.kind]

    def scenarios(self) -> Sequence[Bargain]:
        """Every arrangement of `VALUES` in some scenes; all equally likely."""
        scenes, found = list(SCENES[self.kind]), []
        for counts, values in VALUES[self.kind]:
            for pairs in sorted(set(permutations(zip(counts, values, strict=True)))):
                for _ in range(SHOWN[self.kind]):
                    scene = scenes[len(found) % len(scenes)]
                    found.append(Bargain(self.kind, scene, tuple(c for c, _ in pairs), tuple(v for _, v in pairs)))
        return found

    def parts(self, scenario: Bargain) -> tuple[Rules, Haggler]:
        """Game and mind; those of one arrangement are equal, whatever the scene.

        Raises:
            ValueError: If the scenario is of another kind, or if values or counts are not those of three issues.
        """
        if scenario.kind != self.kind or len(scenario.counts) != 3 or len(scenario.values) != 3:
            raise ValueError(f"scenario must be of kind {self.kind!r} and have three counts and values; got {scenario}")
        game = Rules(self.kind, scenario.counts, scenario.values, self.rounds, self.discount, self.aim)
        return game, Haggler(game)

    def setting(self, scenario: Bargain) -> Setting:
        """Game, mind and seat, with the solution that all scenarios share which differ in names alone."""
        if scenario not in self._settings:
            self._settings[scenario] = _setting(*self.parts(scenario))
        return self._settings[scenario]

    def task(self, scenario: Bargain) -> str:
        """What there is, what it is worth to the learner, and what counts."""
        scene, kind, name = SCENES[self.kind][scenario.scene], KINDS[self.kind], scenario.public.name
        first = scenario.seat == YOU
        total = sum(count * value for count, value in zip(scenario.counts, scenario.values, strict=True))
        own = joined(
            [f"{_unit(self.kind, issue)} {value}" for issue, value in zip(kind.issues, scenario.values, strict=True)]
        )
        told = (scene.told if first or not scene.asked else scene.asked).format(name=name)
        if self.kind == "job":
            up, down = "up", "down"
            there = (
                "Open are the salary (40 to 48 thousand a year, in steps of 2), the leave (20 to 28 days a year, in "
                f"steps of 2) and the remote days (0 to 4 a week). Your points for each step {up if first else down}: "
                f"{own}, {total} in all. {name} has the same numbers for steps {down if first else up}, in an order of "
                f"{name}'s own that is hidden. "
            )
            offer = "An offer names all three terms."
        else:
            there = f"There are {all_of(self.kind, scenario.counts)}. Points for you: {own}, {total} in all. "
            there += (
                f"{name} has the same numbers, in an order of {name}'s own that is hidden. "
                if self.kind == "camp"
                else f"It is {total} in all for {name} too, whose values are hidden: none is 0 to both of you, "
                "and one at least is worth something to both. "
            )
            offer = f"Your offer says what you would get; {name} gets the rest."
        aims = {
            "own": "your points",
            "nash": "the root of the product of both sides' points",
            "joint": "the mean of both sides' points",
        }
        return (
            f"{told} {there}You score {aims[self.aim]} as a share of {total}; without a deal each side has "
            f"{OUTSIDE[self.kind]}. There are {self.rounds} rounds; each further round keeps {self.discount:.0%}. "
            f"{offer}"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """Kind, counts, and the standing offer as the learner would make it."""
        return _context(dialogue.setting.game_as(Rules), dialogue.state)

    def measures(self, game: Rules, state: Talks, hidden: Interests) -> dict[str, float]:
        """Points of both sides, for exact means."""
        return _points(game, state, hidden.values)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, game, values = dialogue.state, dialogue.setting.game_as(Rules), dialogue.hidden.values
        return {
            "deal": state.deal is not None,
            **_points(game, state, values),
            **_quality(game.counts, game.values, values, state.deal),
            "rounds": min(max(1, state.round + (state.ending in ("deal", "walk"))), self.rounds),
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How much of the points was won."""
        return f"won {outcome['points']:.0%} of the points" if outcome["deal"] else "made no deal"

    def reveal(self, scenario: Bargain, hidden: Interests) -> dict[str, Any]:
        """What the partner values, its tactic, and what it settles for."""
        values = dict(zip(KINDS[self.kind].issues, hidden.values, strict=True))
        return {"values": values, "tactic": hidden.tactic, "floor": hidden.floor}

    def duel(self, stream: Stream) -> Seats:
        """A bargain between two learners: the partner's values are drawn like those of a simulated one."""
        scenario = self.sample(stream)
        others = self.setting(scenario).prior.sample(stream).values
        game = replace(self.parts(scenario)[0], others=others)
        scenarios = {YOU: scenario, PARTNER: replace(scenario, values=others, seat=PARTNER)}
        briefs = {seat: self.brief(mine, self.grammar) for seat, mine in scenarios.items()}
        return Seats(game, briefs, scenarios, lambda state: _context(game, state))

    def small_duel(self, **options: Any) -> SmallDuel:
        """The same bargain with few packages to propose; see `envs.division.duel`."""
        return small_duel(self, **options)

    def listener(self, seat: str, scenario: Bargain) -> Setting | None:
        """The bargainer meets a simulated partner; nobody is simulated in the seat of the bargainer."""
        return self.setting(scenario) if seat == YOU else None


def _unit(kind: str, issue: str) -> str:
    return f"a {SINGULAR[issue]}" if kind == "things" else f"a package of {issue}" if kind == "camp" else issue


def _context(game: Rules, state: Talks) -> Hashable:
    standing = None if state.standing is None else game.offers[state.mover or YOU][state.standing]
    return game.kind, game.counts, standing


def _points(game: Rules, state: Talks, values: Package) -> dict[str, float]:
    if state.deal is None:
        return {"points": 0.0, "partner_points": 0.0}
    return {
        "points": game.mine(state.deal) / game.total,
        "partner_points": game.theirs(values, state.deal) / game.total,
    }


@cache
def _quality(counts: Package, own: Package, other: Package, deal: Package | None) -> dict[str, Any]:
    """How good a deal is for both together."""
    if deal is None:
        return {"joint": None, "nash": None, "pareto": None}
    game = Rules("things", counts, own)
    pairs = [(game.mine(package), game.theirs(other, package)) for package in game.packages]
    mine, theirs = game.mine(deal), game.theirs(other, deal)
    return {
        "joint": (mine + theirs) / max(a + b for a, b in pairs),
        "nash": mine * theirs / max(a * b for a, b in pairs),
        "pareto": not any(a >= mine and b >= theirs and a + b > mine + theirs for a, b in pairs),
    }


class Renamed(Rescaled[Interests]):
    """A solution that borrows that of a game whose issues stand in another order."""

    def __init__(self, game: Rules, mind: Haggler, base: Solution[Interests], order: tuple[int, ...]):
        self.order = order
        other: Any = base.game
        acts = {other.offers[YOU][self.moved(package)]: act for package, act in game.offers[YOU].items()}

        def project(state: Talks) -> Talks:
            return state if state.standing is None else state._replace(standing=self.moved(state.standing))

        super().__init__(game, mind, base, project, lambda act: acts.get(act, act))

    def moved(self, package: Package) -> Package:
        """What stands in the order of the other game."""
        return tuple([package[issue] for issue in self.order])

    def short_sighted(self, horizon: int) -> Solution[Interests]:
        """See `Solution.short_sighted`."""
        game: Any = self.game
        mind: Any = self.mind
        return Renamed(game, mind, self.base.short_sighted(horizon), self.order)

    def _solve(self, state: Talks, mass: Mass) -> tuple[float, Act]:
        moved = [(hidden._replace(values=self.moved(hidden.values)), p) for hidden, p in mass]
        return super()._solve(state, self.base._canonical(moved))


@cache
def _setting(game: Rules, mind: Haggler) -> Setting:
    order = tuple(sorted(range(len(game.counts)), key=lambda issue: (game.counts[issue], game.values[issue])))

    def optimum() -> Solution:
        counts, values = (tuple(some[issue] for issue in order) for some in (game.counts, game.values))
        return Renamed(game, mind, _optimum(replace(game, counts=counts, values=values)), order)

    return Setting(game, mind, YOU, mind.candidates, optimum)


@cache
def _optimum(game: Rules) -> Solution:
    """The solution of all games that differ in names alone."""
    mind = Haggler(game)
    return Solution(game, mind, YOU, mind.candidates)
