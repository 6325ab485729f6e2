"""Recommendation: find the house that a guest wants, as an environment."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act
from ...core.belief import Belief
from ...core.checks import one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ...core.solver import Mass, OutOfReach, Solution
from ..base import Family
from .bounds import free_answers
from .game import ANY, SEATS, Criticise, Rewards, Round, Shelf, Tell
from .mind import PEOPLE, Guest, Kind, Wanted
from .places import GUESTS, OCCASIONS, REGION, TOWNS, Catalogue, catalogue
from .voice import ACTS, PATTERNS, VOICE, understand

REWARDS = {"sale": Rewards(-0.02, -0.02, -0.1, 1.0, -0.1), "unicorn": Rewards(0.01, -0.1, -0.1, 1.0, -0.3)}
CATALOGUES = ("town", "region")
HARD = 6  # turns beyond which mixed guests take too long to solve


class Public(NamedTuple):
    """What both sides know."""

    where: str
    guest: str
    occasion: str


@dataclass(frozen=True, slots=True)
class Evening:
    """One scenario: where somebody wants to eat, who it is, and what for."""

    where: str
    guest: str
    occasion: str

    @property
    def public(self) -> Public:
        """All of it."""
        return Public(self.where, self.guest, self.occasion)


@dataclass(frozen=True)
class Recommendation(Family):
    """A guide to restaurants: ask a guest what it wants, or show it a place, before it loses patience.

    ## Description

    A guest wants one of the houses of a guide and would know it if it saw it. In each turn the recommender asks about
    an attribute (cuisine, price, area, mood) or shows what heads its list, which is the most popular house that fits
    all that was said. This is the multi-round setting of CRM, EAR, SCPR and UNICORN. Their simulated users answer
    truly and never leave. In `Recommendation-v0` people differ in what they are able to say, and that decides
    what should come first. *Plain* guests can say what they want, and are annoyed by a wrong show. *Unsure* ones can
    say little before they have seen something, and do not mind a wrong first show: it **teaches** them what they want,
    and pays only several turns later. *Critics* can say little at any time and soon tire of questions, but
    say of what they refuse what is wrong with it.

    All names of towns and houses are invented. Talk is of an evening out: there is no crisis in it, and no medical
    advice, nor any about diets.

    ## Scenario

    A town of five with 24 houses, or the whole region with 120 and `town` as a further attribute; a guest's name and an
    occasion. All are equally likely. The towns are the same game under other names. The hidden state is the house that
    is wanted, with a probability in proportion to 1 / (19 + its rank in popularity), and the kind of guest. Neither
    ever changes.

    | kind | share | cannot answer | says what is wrong | leaves: refusal | answered | not answered |
    |---|---:|---|---:|---|---|---|
    | plain | 0.3 | 0.2 | 0.1 | 0.3 | never | never |
    | unsure | 0.4 | 0.6, then 0.2 | 0.1 | never, then 0.3 | 0.1, then never | 0.4, then never |
    | critic | 0.3 | 0.7 | 0.8 | 0.1 | 0.4 | 0.4 |

    The last three columns tell how likely a guest leaves after it has refused a show, after a question that it can
    answer, and after one that it cannot. *Then* means after its first look at a house; the first refusal comes before.

    A guest takes the house that it wants as soon as that is shown. What is wrong is the first attribute, in the order
    of the brief, in which the house (of several the first) differs from the one that is wanted; the guest says what it
    should be. With `guests="plain"` there is one kind only: it cannot say with probability 0.2, refuses without a word
    why, and never leaves; and a look teaches nothing.

    ## Acts

    An utterance is free text with at most one tag: `[ask ATTRIBUTE]`, `[show]` or `[stop]`; without a tag it is talk.
    The guest speaks first. An attribute can be asked about once. Where guests are mixed, what a guest could not say can
    be asked about once more after its first look. `[stop]` ends the dialogue without a sale. The ranker is part of the
    game, so `[show]` names no house.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. A clause binds if one of the patterns below covers it. What names an attribute or one of its values asks about
       the attribute (`what sort of mood do you have in mind`, `would you like it quiet`).
    2. To put forward the house that heads the list shows it (`how about Il Faro`), and so does what names none (`let me
       show you something`). Another house is refused, and the turn is lost: the guest says what heads the list.
    3. Two different acts in one utterance are ambiguous. Everything else is talk.

    A turn is lost if it is malformed, ambiguous or illegal. It then counts as talk, costs nothing but the turn, and the
    guest says why.

    ## Observation

    Text. The first observation is the brief (all houses with their attributes, all probabilities, rewards, turns, tags)
    and the guest's opening; after that, each reply. It is empty after `[stop]`. The guest's words depend on its act,
    the public facts and a persona.

    ## Rewards

    `goal`, at the end:

    | `rewards` | question answered | not answered | show refused | taken | nothing taken |
    |---|---:|---:|---:|---:|---:|
    | `sale` | -0.02 | -0.02 | -0.1 | 1 | -0.1 |
    | `unicorn` | 0.01 | -0.1 | -0.1 | 1 | -0.3 |

    The second row is that of UNICORN's code, all of it paid at the end. A question after which the guest leaves counts
    as not answered.

    ## Episode end

    Terminated when something is taken, when the guest leaves, by `[stop]`, or after `turns` turns of the recommender.
    Truncated by the third lost turn in a row, which pays as if nothing was taken, or by a failure of the simulated
    user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs, where a town is served.
    Houses that were refused and no longer fit are forgotten, and all towns share one solution. In the region it is out
    of reach: a proven upper bound stands in its place, for a recommender that is told all answers for nothing and may
    show any houses (`envs/recommendation/bounds.py`).

    Without a critique and with patient guests, simple rules come close to the optimum: `RecommendationClassic-v0` and
    `RecommendationLarge-v0` test the language of the setting rather than planning.

    ## Registered configurations

    | id | catalogue | houses | attributes | guests | rewards | turns | length |
    |---|---|---:|---:|---|---|---:|---:|
    | `Recommendation-v0` | `town` | 24 | 4 | `mixed` | `sale` | 5 | 1 |
    | `RecommendationClassic-v0` | `town` | 24 | 4 | `plain` | `unicorn` | 5 | 1 |
    | `RecommendationLarge-v0` | `region` | 120 | 5 | `plain` | `unicorn` | 15 | 3 |

    ## Metrics

    `info["outcome"]`, at the end: `success` (something was taken; its mean is the sources' SR@T, with T the number of
    `turns`), `turns` (that the dialogue took), `at` (its mean is the sources' AT, to which a failure counts with all T
    turns, however early it came), `hdcg` (UNICORN's hDCG of the turn and the place in the list at which it was taken, 0
    if it was not), `asks`, `shows`, `vague` (answers that said nothing), `critiques`, `retained` (the guest did not
    leave, RecoWorld's aim), `taken` (the name of the house, or `None`), `ending` (`taken`, `left`, `stopped`, `limit`
    or `truncated`), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds `place` (the name of
    the house that was wanted) and `kind`.

    ## References

    - Y. Sun and Y. Zhang (2018). Conversational recommender system. SIGIR. (CRM)
    - W. Lei et al. (2020). Estimation-Action-Reflection: towards deep interaction between conversational and
      recommender systems. WSDM. (EAR)
    - W. Lei, G. Zhang, X. He, Y. Miao, X. Wang, L. Chen and T.-S. Chua (2020). Interactive path reasoning on graph for
      conversational recommendation. KDD, 2073-2083. arXiv:2007.00194. (SCPR)
    - Y. Deng, Y. Li, F. Sun, B. Ding and W. Lam (2021). Unified conversational recommendation policy learning via
      graph-based reinforcement learning. SIGIR. arXiv:2105.09710. (UNICORN)
    - F. Liu et al. (2025). RecoWorld: building simulated environments for agentic recommender systems.
      arXiv:2509.10397.
    - L. Wang et al. (2023). User behavior simulation with large language model based agents. arXiv:2306.02552.
      (RecAgent)

    Args:
        catalogue: What is served: `town` (24 houses) or `region` (120).
        guests: Who comes: `mixed` (three kinds) or `plain`.
        rewards: What is paid: `sale` or `unicorn`.
        turns: Turns of the recommender. At least 4; with mixed guests, who are served in a town only, at most 6.
        length: How many houses are shown at a time. From 1 to 10.
    """

    catalogue: str = "town"
    guests: str = "mixed"
    rewards: str = "sale"
    turns: int = 5
    length: int = 1

    role = "recommender"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "success": "share of guests who took something (SR@T)",
        "turns": "turns of the recommender",
        "at": "turns until something was taken, and all there are where nothing was (AT)",
        "hdcg": "hDCG: how early, and how high in the list, it was taken",
        "asks": "questions asked",
        "shows": "shows",
        "vague": "questions that were not answered",
        "critiques": "refusals that said what was wrong",
        "retained": "share of guests who did not leave",
    }

    def __post_init__(self) -> None:
        one_of(self, CATALOGUES, "catalogue")
        one_of(self, PEOPLE, "guests")
        one_of(self, REWARDS, "rewards")
        whole(self, 4, 40, "turns")
        whole(self, 1, 10, "length")
        if self.guests == "mixed" and (self.catalogue != "town" or self.turns > HARD):
            raise ValueError(
                f"catalogue must be 'town' and turns at most {HARD} where guests are 'mixed', or the optimum is out of "
                f"reach; got {self.catalogue!r} and {self.turns!r}"
            )

    def scenarios(self) -> Sequence[Evening]:
        """Every place with every guest, each guest with one occasion after the other."""
        places = TOWNS if self.catalogue == "town" else (REGION,)
        return [
            Evening(where, guest, OCCASIONS[(k + j) % len(OCCASIONS)])
            for j, where in enumerate(places)
            for k, guest in enumerate(GUESTS)
        ]

    def parts(self, scenario: Evening) -> tuple[Shelf, Guest]:
        """Game and mind; the same for all towns."""
        houses = catalogue(scenario.where)
        rewards, mixed = REWARDS[self.rewards], self.guests == "mixed"
        game = Shelf(houses.attributes, houses.rows, self.turns, self.length, rewards, mixed)
        return game, Guest(game, self.guests)

    def setting(self, scenario: Evening) -> Setting:
        """Game, mind and seat; without an optimum in the region.

        Raises:
            ValueError: If there is no such place.
        """
        one_of(scenario, (*TOWNS, REGION), "where")
        return _setting(self.parts(scenario)[1])

    def bound(self, scenario: Evening) -> float:
        """What nobody can get more than, in expectation: a sale at once, or the bound of free answers."""
        game, mind = self.parts(scenario)
        if self.guests == "mixed":
            return game.rewards.taken + len(game.attributes) * max(0.0, game.rewards.told)
        (kind,) = mind.kinds.values()
        return free_answers(game, kind.vague[0])

    def task(self, scenario: Evening) -> str:
        """The houses, the guests, rewards, turns."""
        houses, pay = catalogue(scenario.where), REWARDS[self.rewards]
        values = "; ".join(
            f"{name} ({', '.join(dict.fromkeys(row[k] for row in houses.rows))})"
            for k, name in enumerate(houses.attributes)
        )
        asked = (
            f"An answer pays {pay.told:g}; a question that is not answered costs {-pay.vague:g},"
            if pay.told > 0.0
            else f"A question costs {-pay.told:g},"
        )
        many = (
            f"the {self.length} most popular houses that fit" if self.length > 1 else "the most popular house that fits"
        )
        return (
            f"You run a guide to restaurants in {scenario.where}. {scenario.guest} wants one of them, and takes it "
            "once it is shown. You can ask once about each of these: "
            f"{values}. What you can show is {many} all that was said and was not refused.\n"
            "The houses, the most popular first; the one of rank k is wanted with a probability in proportion to "
            f"1 / (19 + k){_order(houses)}: {_rows(houses)}.\n"
            f"{_told(self.guests)}\n"
            f"{asked} a show that is refused {-pay.refused:g}. A sale is worth {pay.taken:g}, no sale {pay.lost:g}. "
            f"You have {self.turns} turns, or you stop before.\n"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """Where the houses are, and which of them head the list."""
        return (dialogue.scenario.where, dialogue.setting.game_as(Shelf).list(dialogue.state))

    def success(self, game: Shelf, state: Round, hidden: Wanted) -> bool:
        """Whether something was taken: the sources' SR."""
        return bool(state.taken)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state = dialogue.state
        said = [act for step in dialogue.steps for _, _, act in step.exchange.replies]
        names = catalogue(dialogue.scenario.where).names
        return {
            "success": self.success(dialogue.setting.game_as(Shelf), state, dialogue.hidden),
            "turns": state.turn,
            "at": state.turn if state.taken else self.turns,
            "hdcg": hdcg(state.turn, state.taken) if state.taken else 0.0,
            "asks": state.asks,
            "shows": state.shows,
            "vague": sum(act == Tell(ANY) for act in said),
            "critiques": sum(isinstance(act, Criticise) for act in said),
            "retained": state.ending != "left",
            "taken": names[state.shown[state.taken - 1]] if state.taken else None,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was found."""
        return f"found {outcome['taken']}" if outcome["taken"] else "found nothing"

    def reveal(self, scenario: Evening, hidden: Any) -> dict[str, Any]:
        """The name of the house that was wanted, and the kind of guest."""
        return {"place": catalogue(scenario.where).names[hidden.place], "kind": hidden.kind}


def hdcg(turn: int, place: int) -> float:
    """Hierarchical discounted cumulative gain of one thing taken, as UNICORN computes it (Deng et al. 2021, 4.1.3).

    Args:
        turn: In which turn it was taken, from 1.
        place: The how-manieth of the list, from 1.
    """
    late = 1.0 / math.log2(turn + 2)
    return late + (1.0 / math.log2(turn + 1) - late) / math.log2(place + 1)


def _order(houses: Catalogue) -> str:
    return f". Of each sort there is one in {', '.join(TOWNS)}, in this order" if "town" in houses.attributes else ""


def _rows(houses: Catalogue) -> str:
    """The houses; those that differ in nothing but the town together."""
    like: dict[tuple[str, ...], list[str]] = {}
    for name, row in zip(houses.names, houses.rows, strict=True):
        like.setdefault(row[:4], []).append(name)
    return "; ".join(f"{', '.join(names)} ({', '.join(row)})" for row, names in like.items())


def _told(people: str) -> str:
    """What the brief says of the guests."""
    if people == "plain":
        (kind,) = PEOPLE[people]
        return f"The guest cannot answer a question with probability {kind.vague[0]:g}, and never leaves."
    said = []
    for kind in PEOPLE[people]:
        before, after = kind.vague
        cannot = f"{before:g}" if before == after else f"{before:g}, after its first look {after:g}"
        asked = f"after a question that it answers {kind.answered[0]:g}, after one that it cannot {kind.puzzled[0]:g}"
        soothed = ", but no more after its first look" if kind.puzzled[0] > kind.puzzled[1] else ""
        said.append(
            f"{kind.name.capitalize()} ({kind.share:g} of all): cannot answer {cannot}; says what is wrong "
            f"{kind.critique:g}; leaves {_leaving(kind)}, "
            f"{f'{asked}{soothed}' if kind.puzzled[0] else 'after a question never'}."
        )
    return (
        f"There are three kinds of guest, who do this with these probabilities. {' '.join(said)} What is wrong with a "
        "house is the first attribute in which it differs from the one that is wanted. After its first look a guest "
        "can be asked again what it could not answer."
    )


def _leaving(kind: Kind) -> str:
    """How likely a guest leaves after it has refused something."""
    first, later = kind.refused
    if first == later:
        return f"after a refusal {first:g}"
    return f"after its first refusal {f'{first:g}' if first else 'never'}, after a later one {later:g}"


class Unsolved(Solution):
    """No optimum: there are too many information states. Plans of a turn or two can be had."""

    def act_value(self, state: Any, belief: Belief, act: Act) -> float:
        """Raise `OutOfReach`, in the last turn as well."""
        return self._solve(state, ())[0]

    def _solve(self, state: Any, mass: Mass) -> tuple[float, Any]:
        raise OutOfReach(
            "the exact optimum of the region is out of reach; Recommendation.bound gives a proven upper bound"
        )


@cache
def _setting(mind: Guest) -> Setting:
    game, seat = mind.game, SEATS[0]
    if "town" in game.attributes:
        return Setting(game, mind, seat, mind.candidates, lambda: Unsolved(game, mind, seat, mind.candidates))
    return Setting(game, mind, seat, mind.candidates)
