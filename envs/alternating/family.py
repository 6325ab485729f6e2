"""Alternating: sharing a pot that shrinks, by alternating offers, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act
from ...core.checks import above, between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.duel import Seats
from ...core.setting import Setting
from ...core.solver import Rescaled, Solution
from ...core.stream import Stream
from ..base import Family
from .game import ACTS, OTHER, SEATS, UNITS, AlternatingOffers, Pie, Propose
from .mind import PATIENCE, Sharer, SharingMind, equilibrium
from .pots import POTS
from .voice import NAMES, PATTERNS, VOICE, sums, understand


class Shared(NamedTuple):
    """What both sides know."""

    pot: str
    name: str
    dollars: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """One scenario: what is shared, with whom, and what is left of a dollar to the learner after each offer."""

    pot: str
    name: str
    patience: float = 0.95

    @property
    def public(self) -> Shared:
        """All but the learner's patience."""
        return Shared(self.pot, self.name, POTS[self.pot].dollars)


@dataclass(frozen=True)
class Alternating(Family):
    """Sharing a pot of money that shrinks: two people take turns to propose a split until one accepts.

    ## Description

    Two people have to share some money. One proposes a split; the other accepts it, or rejects it by proposing
    another. Each offer that is not accepted makes the money worth less, and after the last one it is lost. Some people
    reckon: they take what waiting would be worth to them, and nobody knows how patient they are. Others want what is
    fair, stand firm, come down with time, or hold out until the very end. The learner has to find out whom it faces
    while the money melts: to offer much at once is dear with some, and to wait is dear with all.

    ## Scenario

    One of 26 pots of $20 to $1,000, from a quiz prize to an old rowing boat, and one of eight names, all equally
    likely. The learner's `discount` is what is left of a dollar to it after each offer but the first. The person's
    hidden type is drawn from the table on this page, independently of the scenario. All of it is in units of 5% of the
    pot:

    | kind | takes | asks for |
    |---|---|---|
    | *rational* | what equilibrium play from the next offer on is worth, by its patience | what that leaves it |
    | *fair* | its level | half, or its level if that is more |
    | *firm* | its level | its level |
    | *linear* | what it asks for | falls evenly from 80% to its level |
    | *boulware* | what it asks for | falls from 80% to its level, by the cube of the progress: late |
    | *holder* | what it asks for | 80%; its level at the last offer |

    What is asked for is rounded up to 10% of the pot, so that types pool. Patience of the rational is 0.5 to 0.99, and
    is the level of their type; they know the learner's patience, and take the learner to be rational and to know
    theirs. With `role="responder"` the person opens, by asking for 80% whoever it is.

    ## Acts

    An utterance is free text with at most one tag: `[propose GIVE]` offers the other side so many dollars, and the rest
    is for oneself; `[accept]` takes the split that stands. A proposal rejects what stood. Without a tag it is talk: who
    talks in its turn rejects what stood and forgoes its offer. The person says hello first.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below. A split needs a sum and whose it is (`I keep 60 and you get 40`, `40 for you`, `I want 60%`), or
    equal parts (`half each`, `fifty-fifty`). Two sums must add up to the pot. To propose the split that stands is to
    accept it. A sum of which nobody knows whose it is (`how about 60?`, `60/40`), two splits, or less for oneself than
    what stands is ambiguous: the turn is lost. A lost turn counts as talk.

    ## Observation

    Text. The first observation is the brief (the pot, the offers, the own discount, tags) and the person's greeting;
    after that, each reply. It is empty if the learner ended the dialogue. The person's words depend on its act, the
    public facts and a persona, never on its type.

    ## Rewards

    `goal`, at the end: `discount ** (offers - 1) * share`, where the share is the learner's part of the pot and
    `offers` counts those made or forgone until the deal. Without a deal it is 0.

    ## Episode end

    Terminated by a deal, or when the last offer is not accepted. Truncated by the third lost turn in a row, which pays
    0, or by a failure of the simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden type
    (Kaelbling et al. 1998). All pots share one solution. Against a single rational type it is the subgame perfect
    equilibrium: with n offers of each side and patience d of the learner and e of the person it comes to
    (1 - e)(1 - (de)^n)/(1 - de), which tends to Rubinstein's (1 - e)/(1 - de) (Stahl 1972, Rubinstein 1982); with six
    offers of each side it is still far from it.

    ## Registered configurations

    | id | offers | discount | role |
    |---|---:|---:|---|
    | `Alternating-v0` | 12 | 0.95 | `opener` |

    ## Metrics

    `info["outcome"]`, at the end: `deal`; `self_gain` (the payoff), `efficiency` (the discounted shares of both sides
    together; people who are not rational are counted with the learner's discount) and `fairness` (1 - 4(x - 0.5)^2 of
    the learner's share x), which are GLEE's; `share` (undiscounted, deals only), `at_once` (deal on the first offer),
    `of_equilibrium` (the payoff as a share of what equilibrium play against this person pays, rational people only),
    `offers`, `ending` (`deal`, `deadline` or `truncated`), `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds `kind` and `level`.

    ## References

    - A. Rubinstein (1982). Perfect equilibrium in a bargaining model. *Econometrica* 50, 97-109.
    - I. Stahl (1972). *Bargaining theory*. Stockholm School of Economics.
    - E. Shapira, O. Madmon, I. Reinman, S. J. Amouyal, R. Reichart and M. Tennenholtz (2024). GLEE: a unified framework
      and benchmark for language-based economic environments. arXiv:2410.05254.
    - J. Ochs and A. E. Roth (1989). An experimental study of sequential bargaining. *American Economic Review* 79,
      355-384.
    - P. Faratin, C. Sierra and N. R. Jennings (1998). Negotiation decision functions for autonomous agents. *Robotics
      and Autonomous Systems* 24, 159-182.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        role: The learner's seat: `opener` makes the first offer, `responder` the second.
        offers: Offers that can be made, by both sides together. 8 to 20.
        discount: What is left of a dollar to the learner after each offer but the first; above 0, at most 1.
    """

    role: str = "opener"
    offers: int = 12
    discount: float = 0.95

    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "deal": "share of dialogues that end in a deal",
        "self_gain": "the learner's discounted share of the pot",
        "efficiency": "both sides' discounted shares together",
        "fairness": "1 for equal parts, 0 for all or nothing; deals only",
        "share": "the learner's share of the pot, deals only",
        "at_once": "share of dialogues in which the first offer is accepted",
        "of_equilibrium": "payoff over that of equilibrium play, rational people only",
        "offers": "offers made or forgone",
    }

    def __post_init__(self) -> None:
        one_of(self, SEATS, "role")
        whole(self, 8, 20, "offers")
        above(self, 0.0, "discount")
        between(self, 0.0, 1.0, "discount")

    def rules(self, dollars: int, patience: Mapping[str, float | None], greeting: bool) -> AlternatingOffers:
        """The game over a pot, with what is left of a dollar to each seat."""
        discounts = (patience.get("opener"), patience.get("responder"))
        return AlternatingOffers(dollars, self.offers, discounts, greeting)

    def scenarios(self) -> Sequence[Sharing]:
        """Every pot with every name, all equally likely."""
        return [Sharing(pot, name, self.discount) for pot in POTS for name in NAMES]

    def parts(self, scenario: Sharing) -> tuple[AlternatingOffers, SharingMind]:
        """Game and mind; they depend on the pot and the patience alone."""
        dollars = scenario.public.dollars
        game = self.rules(dollars, {self.role: scenario.patience}, self.role == "opener")
        return game, SharingMind(game, OTHER[self.role])

    def setting(self, scenario: Sharing) -> Setting:
        """Game, mind and seat, with the solution that all pots share."""
        found = self._settings.get(scenario)
        if found is None:
            found = self._settings[scenario] = _setting(*self.parts(scenario), self.role)
        return found

    def task(self, scenario: Sharing) -> str:
        """The pot, the rules, the discount."""
        pot, name, opens = POTS[scenario.pot], scenario.name, self.role == "opener"
        return (
            f"You and {name} have to share the ${pot.dollars} {pot.about}. {pot.shrinks} You take turns to propose a "
            f"split, {'you' if opens else name} first; to propose rejects what stood, and who only talks forgoes an "
            f"offer. There are {self.offers} offers in all; if the last is not accepted, the money is gone. Of a "
            f"dollar {scenario.patience:.0%} is left to you after each offer but the first; you score your share of "
            f"the pot, so discounted. How patient or firm {name} is, you do not know. In [propose GIVE], GIVE is what "
            f"{name} gets, in dollars; the rest is yours."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The dollars of the pot, and what the speaker would get if it accepted."""
        return (dialogue.scenario.public.dollars, dialogue.state.standing)

    def measures(self, game: AlternatingOffers, state: Pie, hidden: Sharer) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means."""
        return {"deal": float(state.deal is not None), "efficiency": self._efficiency(game, state, hidden)}

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, hidden, game = dialogue.state, dialogue.hidden, dialogue.setting.game_as(AlternatingOffers)
        made, share, gain = state.deal is not None, game.share(state, self.role), game.payoff(state, self.role)
        best = self.equilibrium_payoff(hidden, dialogue.scenario.patience)
        return {
            "deal": made,
            "self_gain": gain,
            "efficiency": self._efficiency(game, state, hidden),
            "fairness": 1.0 - 4.0 * (share - 0.5) ** 2 if made else None,
            "share": share if made else None,
            "at_once": made and state.offers == 1,
            "of_equilibrium": gain / best if best else None,
            "offers": max(0, min(state.offers, self.offers)),
            "ending": state.ending or "truncated",
        }

    def equilibrium_payoff(self, hidden: Sharer, patience: float) -> float | None:
        """What equilibrium play pays the learner against a rational person; ``None`` against others."""
        if hidden.kind != "rational":
            return None
        known = {self.role: patience, OTHER[self.role]: hidden.level}
        left = equilibrium(self.offers, known["opener"], known["responder"])[0]
        return 1.0 - left if self.role == "opener" else left

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """The share, if there was a deal."""
        return f"got {outcome['share']:.0%} of the pot" if outcome["deal"] else "made no deal"

    def named(self, text: str, public: Shared) -> Iterable[int]:
        """The sums that a text names, in figures or in words."""
        return sums(text, public.dollars)

    def shown(self, state: Pie) -> Iterable[Any]:
        """The standing offer."""
        return (state.standing,)

    def duel(self, stream: Stream) -> Seats:
        """A pot between two learners: the other's patience is drawn like that of a rational person."""
        mine = self.sample(stream)
        theirs = PATIENCE.sample(stream)
        patience = {self.role: mine.patience, OTHER[self.role]: theirs}
        game = self.rules(mine.public.dollars, patience, greeting=False)
        others = [name for name in NAMES if name != mine.name]
        names = {self.role: mine.name, OTHER[self.role]: others[stream.choose(len(others))]}
        scenarios = {seat: replace(mine, name=names[seat], patience=patience[seat]) for seat in SEATS}
        briefs = {seat: replace(self, role=seat).brief(scenarios[seat], self.grammar) for seat in SEATS}
        return Seats(game, briefs, scenarios, lambda state: (mine.public.dollars, state.standing))

    def listener(self, seat: str, scenario: Sharing) -> Setting:
        """The pot of `duel`, before which nobody says hello, with a simulated person opposite."""
        game = self.rules(scenario.public.dollars, {seat: scenario.patience}, greeting=False)
        return _setting(game, SharingMind(game, OTHER[seat]), seat)

    def _efficiency(self, game: AlternatingOffers, state: Pie, hidden: Sharer) -> float:
        mine = game.discounts[SEATS.index(self.role)]
        assert mine is not None
        theirs = hidden.level if hidden.kind == "rational" else mine
        late, share = state.offers - 1, game.share(state, self.role)
        return mine**late * share + theirs**late * (1.0 - share) if state.deal is not None else 0.0


@cache
def _setting(game: AlternatingOffers, mind: SharingMind, role: str) -> Setting:
    unit = game.pot // UNITS

    def shrink(state: Pie) -> Pie:
        return state if state.standing is None else state._replace(standing=state.standing // unit)

    def grow(act: Act) -> Act:
        return Propose(act.give * unit) if isinstance(act, Propose) else act

    def optimum() -> Solution:
        return Rescaled(game, mind, _optimum(game.canonical(), role), shrink, grow)

    return Setting(game, mind, role, None, optimum)


@cache
def _optimum(game: AlternatingOffers, role: str) -> Solution:
    """The solution that all pots share."""
    return Solution(game, SharingMind(game, OTHER[role]), role)
