"""Commons: several villagers share what grows back only if enough is left, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...core.acts import Act
from ...core.checks import one_of, whole
from ...core.dialogue import Dialogue
from ...core.duel import Seats, SmallDuel
from ...core.people import People
from ...core.stream import Stream
from ..base import Family
from ..small_duel import open_duel
from .game import ACTS, CAPS, MOST, NAMES, SHARE, CommonPool, Count, Month, Pool, Propose, Take, shared, survey
from .mind import VILLAGES, village
from .places import PLACES
from .voice import PATTERNS, VOICE, Shared, printed, understand


@dataclass(frozen=True, slots=True)
class Village:
    """One scenario: what is shared, and by how many for how long."""

    place: str
    people: int = 5
    months: int = 8
    every: int = 4

    @property
    def public(self) -> Shared:
        """All of it."""
        return Shared(self.place, self.people, self.months, self.every)


@dataclass(frozen=True)
class Commons(Family):
    """A common pool: several villagers harvest what grows back only if enough of it is left.

    ## Description

    A village lives on something that grows: fish, hay, mushrooms. What is left at the end of a month doubles until the
    next, up to what the place can hold. If everybody takes a fair share, it lasts for ever; who takes more gains at
    once, and if many do, nothing is left. Every few months a council meets. The learner has the chair: it can propose a
    limit for each, and the villagers vote. Nobody can be forced to keep to it. Each villager has a norm of its own,
    which nobody knows: some take what is fair, some answer greed with greed, some keep their word as long as the chair
    does, some take all they can, whatever they have said. The learner has to find out who they are from votes and
    baskets, keep the place alive with those who go along, and know when to leave nothing to those who do not.

    ## Scenario

    One of 24 places with what grows there, all equally likely; they differ in names alone. Each villager's norm is
    drawn independently, with the weights on this page:

    | norm | votes for a limit | takes |
    |---|---|---|
    | *fair* | if it is at most 2 | its part of half of what is there, rounded down |
    | *reciprocal* | if it is at most 2 | the same; but 4 after a month in which more than half of it was taken |
    | *pledger* | unless the chair has ever broken one | the limit, if one holds and the chair has broken none; else 3 |
    | *greedy* | never | 4 |
    | *hypocrite* | always | 4 |

    The pool is full at first and holds four units for each seat, so that two units for each can be taken month after
    month for ever.

    ## Acts

    An utterance is free text with at most one tag. At the council, `[propose CAP]` (1 to 3) is put to the vote; it
    holds until the next council if more than half of all, the chair among them, are for it. To talk at the council
    proposes nothing, and what held before goes on. In each month `[take UNITS]` (0 to 4) says what one wants: all say
    it at once, and hear of the others when everybody has. If that is more than there is, each gets its part of it,
    rounded down. To talk at the harvest takes nothing. Where other seats learn, they vote by `[agree]` and `[refuse]`;
    to talk is no vote for it.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: at the council a number that is meant for each (`two each, at most`), at the harvest a number
    that the speaker takes (`I take two crates`). Two numbers, or at the harvest a number of which it is not clear that
    the speaker takes it, are ambiguous: the turn is lost. A lost turn counts as talk.

    ## Observation

    Text. The first observation is the brief and a villager's greeting; after that, what each villager says, a line each
    after its name, and what the warden prints: how the vote ended, how much was taken, how much is there now, and what
    each has in all. People's words depend on their act, the place and a persona of their own, never on their norm.

    ## Rewards

    `goal`, at the end: the units that the learner has got, divided by two for each month of the game, so that 1 is the
    fair share of a pool that is kept full. With `aim="group"` it is what all have got together, divided by the same for
    all.

    ## Episode end

    Terminated after the last month, or as soon as less than one unit is there. Truncated by the third lost turn in a
    row, which pays what was got so far, or by a failure of the simulated user's machinery; in the second case
    `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and a belief about each villager
    (Kaelbling et al. 1998). What was caught so far is taken out of the states, and villagers about whom the same is
    believed count as alike. All places share one solution.

    ## Registered configurations

    | id | villagers | months | council every | village |
    |---|---:|---:|---:|---|
    | `Commons-v0` | 4 | 8 | 4 months | `mixed` |
    | `CommonsLong-v0` | 4 | 12 | 4 months | `wary` |
    | `CommonsSmall-v0` | 2 | 6 | 3 months | `rough` |

    ## Metrics

    `info["outcome"]`, at the end, as in GovSim: `survived` (survival rate: all months are over and something is left),
    `survival_time` (months), `efficiency` (1 less the share of the sustainable catch that was missed), `equality` (1
    less the Gini coefficient of all baskets), `over_usage` (share of all takes above a seat's part of what the pool
    bears); `gain` (the learner's units), `total` (those of all), `agreed` (councils that agreed, of those held),
    `broken` (whether the learner took more than a limit that held), `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds each villager's `norm`.

    ## References

    - G. Piatti, Z. Jin, M. Kleiman-Weiner, B. Schölkopf, M. Sachan and R. Mihalcea (2024). Cooperate or collapse:
      emergence of sustainable cooperation in a society of LLM agents. *NeurIPS*. arXiv:2404.16698.
    - G. Hardin (1968). The tragedy of the commons. *Science* 162, 1243-1248.
    - E. Ostrom (1990). *Governing the commons*. Cambridge University Press.
    - U. Fischbacher, S. Gächter and E. Fehr (2001). Are people conditionally cooperative? Evidence from a public goods
      experiment. *Economics Letters* 71, 397-404.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        villagers: People besides the learner; 1 to 4.
        months: Months until it is over; 4 to 12.
        every: Months from one council to the next; 0 for none.
        village: Which norms people can have: `mixed`, `wary` or `rough`.
        aim: What is paid: the learner's `own` catch, or that of the whole `group`.
    """

    villagers: int = 4
    months: int = 8
    every: int = 4
    village: str = "mixed"
    aim: str = "own"

    role = "you"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar = {"warden": printed}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "survived": "share of dialogues in which the pool outlives all months",
        "survival_time": "months until the pool is empty or all is over",
        "efficiency": "1 less the share of the sustainable catch that was missed",
        "equality": "1 less the Gini coefficient of all baskets",
        "over_usage": "share of takes above a seat's part of what the pool bears",
        "gain": "the learner's units",
        "total": "units of all",
        "agreed": "councils that agreed on a limit, of those held",
        "broken": "share of dialogues in which the learner broke a limit that held",
    }

    def __post_init__(self) -> None:
        whole(self, 1, len(NAMES), "villagers")
        whole(self, 4, 12, "months")
        whole(self, 0, 12, "every")
        one_of(self, tuple(VILLAGES), "village")
        one_of(self, ("own", "group"), "aim")

    def rules(self, greeting: bool = True) -> CommonPool:
        """The game."""
        return CommonPool(self.villagers, self.months, self.every, MOST, self.aim, greeting)

    def scenarios(self) -> Sequence[Village]:
        """Every place, all equally likely."""
        return [Village(place, self.villagers + 1, self.months, self.every) for place in PLACES]

    def parts(self, scenario: Village) -> tuple[CommonPool, People]:
        """Game and people, the same in all places."""
        game = self.rules()
        return game, village(game, VILLAGES[self.village])

    def task(self, scenario: Village) -> str:
        """The place, the rules, the aim."""
        return self._told(scenario, "you")

    def context(self, dialogue: Dialogue) -> Hashable:
        """The phase."""
        return dialogue.state.phase

    def hauls(self, dialogue: Dialogue) -> list[Month]:
        """Each month of a dialogue: what was there, wanted and got."""
        found = []
        last = NAMES[self.villagers - 1]
        for step in dialogue.steps:
            for state, seat, act in step.exchange.replies:
                if seat == last and state.phase == "harvest":
                    wanted = (*state.wanted, act.units if isinstance(act, Take) else 0)
                    found.append(Month(state.pool, wanted, shared(state.pool, wanted)))
        return found

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, months = dialogue.state, self.hauls(dialogue)
        game = dialogue.setting.game_as(CommonPool)
        votes = [
            before.agreed
            for step in dialogue.steps
            for before, seat, _ in step.exchange.replies
            if seat == "warden" and before.phase == "closed" and before.votes
        ]
        held = sum(
            before.phase == "closed"
            for s in dialogue.steps
            for before, seat, _ in s.exchange.replies
            if seat == "warden"
        )
        return {
            **survey(game, months),
            "gain": state.caught[0] if state.caught else 0,
            "total": sum(state.caught),
            "agreed": sum(votes) / held if held else None,
            "broken": state.broken,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """The basket, and what became of the pool."""
        lived = "the pool lives on" if outcome["survived"] else f"the pool lived {outcome['survival_time']:.0f} months"
        return f"got {outcome['gain']} of {outcome['total']} units; {lived}"

    def reveal(self, scenario: Village, hidden: Any) -> dict[str, Any]:
        """Each villager's norm."""
        return {name: {"norm": norm} for name, norm in zip(NAMES[: self.villagers], hidden, strict=False)}

    def shown(self, state: Pool) -> Iterable[Any]:
        """The limit, the votes and the warden's count."""
        return (state.cap, state.votes, state.taken, state.pool, *state.caught)

    def duel(self, stream: Stream) -> Seats:
        """A place for several learners; nobody greets, and villagers who do not learn are simulated."""
        scenario = self.sample(stream)
        game = self.rules(greeting=False)
        seats = game.seats[:-1]
        how = self.grammar.help()
        briefs = {seat: f"{self._told(scenario, seat)} What binds is one tag a message: {how}." for seat in seats}
        minds = village(game, VILLAGES[self.village]).minds
        people = {name: minds[name] for name in seats[1:]}
        return Seats(game, briefs, dict.fromkeys(seats, scenario), _phase, _count, people)

    def small_duel(self, takes: Sequence[int] = (SHARE, MOST), caps: Sequence[int] = (SHARE,)) -> SmallDuel:
        """The same commons with fewer numbers to name; nobody talks at a vote.

        Args:
            takes: Units that can be taken.
            caps: Limits that can be proposed.

        Raises:
            ValueError: If there are no such numbers.
        """
        if not takes or not set(takes) <= set(range(MOST + 1)) or not set(caps) <= set(CAPS):
            raise ValueError(f"takes must be of 0 to {MOST} and caps of {CAPS}; got {takes!r} and {caps!r}")
        game = self.rules(greeting=False)

        def menu(state: Pool, seat: str) -> list[Act]:
            kept = {Take: [*map(Take, takes)], Propose: [*map(Propose, caps)]}
            return [act for act in game.choices(state, seat) if act in kept.get(type(act), (act,))]

        return open_duel(self, menu)

    def _told(self, scenario: Village, seat: str) -> str:
        place, chair = PLACES[scenario.place], seat == "you"
        others = [name.capitalize() for name in NAMES[: self.villagers] if name != seat]
        if not chair:
            others.append("the chair")
        named = f"{', '.join(others[:-1])} and {others[-1]}" if len(others) > 1 else others[0]
        lines = [f"You and {named} share {place.about} and live on its {place.of}."]
        if not chair:
            lines.insert(0, f"You are {seat.capitalize()}.")
        full = 2 * SHARE * scenario.people
        lines.append(
            f"There are {full} {place.units} at first, and never more. In each of {scenario.months} months everybody "
            f"says at once how many {place.units} to take, 0 to {MOST}; what is left doubles until the next month, up "
            f"to {full}. If less than one is left, it is over. Who only talks then takes nothing, and if all want more "
            f"than there is, each gets its part, rounded down."
        )
        if scenario.every:
            who, vote = ("you chair", "propose") if chair else ("the chair leads", "hear and vote on")
            lines.append(
                f"In the first month and after every {scenario.every} months there is a council, which {who}: there "
                f"you can {vote} a limit of {CAPS[0]} to {CAPS[-1]} a month for each. It holds until the next council "
                "if more than half of all are for it, but nobody can be forced to keep to it."
            )
        lines.append(
            f"You score {'what all of you take together' if self.aim == 'group' else 'what you take'}: 1 is {SHARE} a "
            f"month{' for each' if self.aim == 'group' else ''}. What the others have in mind, you do not know."
        )
        return " ".join(lines)


def _phase(state: Pool) -> str:
    return state.phase


def _count(state: Pool) -> Act:
    return Count()
