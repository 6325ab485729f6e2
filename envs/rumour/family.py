"""Rumour: moderate what a town tells itself, as an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .game import ACTS, SEATS, Check, Debunk, Label, Moderation, Report
from .law import Law, untouched
from .mind import Crowd, Tales, TownSolution
from .stories import STORIES
from .towns import Places, Townspeople, alone
from .voice import COUNTS, NAMES, PATTERNS, VOICE, understand

WEIGHTS = (0.0, 0.5, 1.0)
"""How much talk each level of a report is."""
SMALL, LARGE = (8, 20), (1_000, 100_000)
"""How many people a town has in which all hear all, and one on a network."""


class Talk(NamedTuple):
    """What both sides know."""

    story: str
    assistant: str


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario: what is told, and who helps the moderator."""

    story: str
    assistant: str

    @property
    def public(self) -> Talk:
        """All of it."""
        return Talk(self.story, self.assistant)


@dataclass(frozen=True)
class Rumour(Family):
    """A story goes round in a town: a moderator has to act before it is known whether it is true.

    ## Description

    The learner moderates the network of a town. A story is going round, and an assistant tells every evening how
    many believe it. The learner can have it checked, show it with a warning, write to those who believe it, or wait.
    A check takes a day, and is not always right. A warning slows the story down, and should not stand on a true one. A
    letter makes many give the story up, and costs; against a true story it does harm. How catching the story is is
    hidden, and so is whether it is true. So to wait for certainty costs most where the story spreads fast, and to act
    without it costs most where the story is true; nothing that is done pays on its own day.

    The town is a made-up one of a few numbers. Nothing is claimed about real stories, people or networks.

    ## Scenario

    One of 26 stories (about the bridge, the swans, the street lights...), each of which may be true or false, and one
    of six assistants' names, all equally likely. They are words only: all share one solution. Hidden are the story's
    `virulence`, .2 or 2 with one half each, whether it is `true` (with .4, whatever the virulence), and the number of
    `believers`, which moves.

    *A small town* (`size` to 20): everybody hears everybody; 1 to 5 believe the story at the start, with weights 8, 4,
    2, 1, 1. *A large town* (`size` from 1,000): each listens to 10 people on the mean. It is one of eight, which is
    hidden, too: four scale-free networks, on which some are heard by hundreds, and four small worlds, in which all
    listen to neighbours and a tenth of the links goes anywhere; of each kind one in which 2%, 5%, 10%, 20% believe the
    story at the start. The eight networks, first believers and chances are fixed: they follow from their numbers.

    **The law.** On each day, who does not believe the story comes to believe it with probability `1 - exp(-v * s)`,
    where `s` is the share of believers in the morning, among those whom the person hears, and `v` the virulence, of
    which a label leaves .35. Who believes it gives it up with .05, on the day of a letter with .45, and may come to
    believe it again at once, with the probability above. All do so independently.

    ## Acts

    An utterance is free text with at most one tag; without a tag it is talk, and the day passes. The assistant speaks
    first.

    | act | cost | what it does |
    |---|---:|---|
    | `[check]` | `check` | in the evening the checkers say true or false; right with `clarity`, each time anew |
    | `[label]` | | from today on the story is shown with a warning |
    | `[unlabel]` | | from today on it is shown without one |
    | `[debunk]` | `letter` | a letter to all who believe it, today |

    In the evening the assistant tells whether few people (below .25), many (from .25) or most (from .6) believe it.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `let us have it checked`, `put a warning on it`, `take the label off`, `write to those who
    believe it`. One act a message: two different ones are ambiguous, and the assistant asks which is meant. Everything
    else is talk.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (a label on what has one, or off what has none). It then counts as talk, and the assistant says why.

    ## Observation

    Text. The first observation is the brief (all probabilities, costs, days, tags) and what the assistant says first;
    after that, each report. The words depend on the report, the public facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: the harm that was averted. The harm of a false story is the talk of it: a day on which most
    believe it in the evening counts 1, one with many .5, one with few 0, as a mean over the days. The harm of a true
    story is what is done against it: a day with a label counts `wrong`, a letter twice that. To either, costs are
    added. Averted is what a town with this virulence and this truth suffers on the mean if it is left alone, less what
    this one has suffered; the unit is the mean harm of all towns that are left alone. So to do nothing gets 0 on the
    mean, and 1 would be all harm averted, at no cost.

    ## Episode end

    Terminated after `days` days. Truncated by the third lost turn in a row, where the days to come count as if most
    believed the story and the label stayed, or by a failure of the simulated user's machinery; in the second case
    `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly: a partially observed decision problem with a hidden state that moves,
    solved over beliefs (Kaelbling et al. 1998). All scenarios share one solution. The harm so far adds up and changes
    nothing that is to come; it is taken out of the state, as a mean over the belief.

    A large town is solved exactly, too. What its people draw is a function of town, day and person (counter-based
    random numbers, Salmon et al. 2011), so how many believe it follows from town, virulence and what was done on each
    day: the belief is about 32 possible origins, and every person of each is computed. The optimum knows what the eight
    towns do; the brief does not tell it, and a learner finds out by playing.

    ## Registered configurations

    | id | size | days | check, letter cost | wrong | checks are right |
    |---|---:|---:|---|---:|---:|
    | `RumourSmall-v0` | 12 | 4 | .02, .04 | .3 | .85 |
    | `Rumour-v0` | 10,000 | 5 | .02, .04 | .3 | .85 |

    ## Metrics

    `info["outcome"]`, at the end: `believers` (share of the town in the last evening), `talk` (mean talk a day),
    `averted` (the payoff without costs), `cost` (of checks and letters, in the unit of the payoff), `checks`,
    `letters`, `labelled` (days with a label), `wrong_label` (days with a label on a true story; `None` if it is false),
    `early` (whether label or letter came on the first two days of a false story; else `None`), `malformed` (ambiguous
    turns included), `illegal`. `info["hidden"]` then holds `virulence`, `true` and `believers`; of a large town also
    `town`, its number, and `past`, what was done on each day: `L` with a label, `D` a letter, `B` both, `-` neither.

    ## References

    - Y. Liu, X. Chen, X. Zhang, X. Gao, J. Zhang and R. Yan (2024). From skepticism to acceptance: simulating the
      attitude dynamics toward fake news. IJCAI. arXiv:2403.09498 (FPS).
    - Y. Liu et al. (2024). From a tiny slip to a giant leap: an LLM-based simulation
      for fake news evolution. arXiv:2410.19064 (FUSE).
    - G. Liu, V. Le, S. Rahman, E. Kreiss, M. Ghassemi and S. Gabriel (2025). MOSAIC: modeling social AI for content
      dissemination and regulation in multi-agent simulations. arXiv:2504.07830.
    - C. Gao et al. (2023). S3: social-network simulation system with large language model-empowered agents.
      arXiv:2307.14984.
    - J. Piao et al. (2025). AgentSociety: large-scale simulation of LLM-driven generative agents advances understanding
      of human behaviors and society. arXiv:2502.08691.
    - X. Zhang et al. (2025). SocioVerse: a world model for social simulation powered by LLM agents and a pool of 10
      million real-world users. arXiv:2504.10157.
    - S. L. Feld (1991). Why your friends have more friends than you do. *American Journal of Sociology* 96, 1464-1477.
    - J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw (2011). Parallel random numbers: as easy as 1, 2, 3. SC11.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        size: How many people live in the town: 8 to 20, who all hear each other, or 1,000 to 100,000, on a network.
        days: How many there are, 4 or 5.
        check: What a check costs, as a share of a day on which most believe a false story, over all days; 0 to 1.
        letter: What a letter costs, likewise.
        wrong: What a day with a label counts if the story is true; 0 to 1.
        clarity: Probability that a check is right, 0.5 to 1.
    """

    size: int = 12
    days: int = 4
    check: float = 0.02
    letter: float = 0.04
    wrong: float = 0.3
    clarity: float = 0.85

    role = SEATS[0]
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "believers": "share of the town that believes the story in the last evening",
        "talk": "mean talk a day, from 0 to 1",
        "averted": "harm averted, without costs",
        "cost": "of checks and letters",
        "checks": "checks a dialogue",
        "letters": "letters a dialogue",
        "labelled": "days with a label",
        "wrong_label": "days with a label on a true story",
        "early": "share of false stories with a label or a letter on the first two days",
    }

    def __post_init__(self) -> None:
        whole(self, SMALL[0], LARGE[1], "size")
        if SMALL[1] < self.size < LARGE[0]:
            raise ValueError(f"size must be {SMALL[0]} to {SMALL[1]}, or {LARGE[0]} to {LARGE[1]}; got {self.size}")
        whole(self, 4, 5, "days")
        between(self, 0.0, 1.0, "check", "letter", "wrong")
        between(self, 0.5, 1.0, "clarity")

    def scenarios(self) -> Sequence[Case]:
        """Every story with every assistant; all equally likely."""
        return [Case(story, assistant) for story in STORIES for assistant in NAMES]

    def setting(self, scenario: Case) -> Setting:
        """Game, mind and seat: the same for all scenarios.

        Raises:
            ValueError: If there is no such story.
        """
        one_of(scenario, STORIES, "story")
        return _setting(self)

    def task(self, scenario: Case) -> str:
        """The law, all probabilities, costs, days."""
        mind = _mind(self)
        tales, law = mind.tales, mind.law
        total = sum(weight for _, weight in tales.virulences)
        catching = " or ".join(f"{v:g} ({weight / total:.0%})" for v, weight in tales.virulences)
        few, many, most = (count.removesuffix(" people") for count in COUNTS)
        low, high = tales.levels
        among = "" if isinstance(mind, Crowd) else " among those whom they listen to"
        return (
            f"You moderate the network of a town of {self.size:,} people for {self.days} days. A story goes round that "
            f"{STORIES[scenario.story]['says']}; it is true with {tales.true:.0%}. {_people(mind)} Its virulence v is "
            f"{catching}. Each day who does not believe it comes to with probability 1 - exp(-v x share of "
            f"believers{among}), and v is only {law.label:.0%} of itself while the story has a label; who believes it "
            f"gives it up with {law.forget:.0%}, with {law.letter:.0%} on the day of a letter. Each evening "
            f"{scenario.assistant} tells you whether {few} (below {low:.0%} of all), {many} or {most} (from "
            f"{high:.0%}) people believe it. A check is right with {tales.clarity:.0%}, each anew; its result comes in "
            f"the evening. You can do one thing a day; talk takes it, too.\n"
            f"You score the harm that you avert, as a share of {mind.game.harm:.3f}, the mean harm of doing nothing. "
            f"Each day harms by {WEIGHTS[2]:g} if the story is false and most believe it in the evening, "
            f"{WEIGHTS[1]:g} if many do, {WEIGHTS[0]:g} if few; if it is true, by {self.wrong:g} with a label and "
            f"{2 * self.wrong:g} for a letter. The mean over the days counts, and {self.check:g} more for each check, "
            f"{self.letter:g} for each letter."
        )

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        game, state, hidden = dialogue.setting.game_as(Moderation), dialogue.state, dialogue.hidden
        acts = [step.act for step in dialogue.steps]
        days = [(before, act) for step in dialogue.steps for before, _, act in step.exchange.replies]
        labelled = sum(before.labelled for before, act in days if isinstance(act, Report))
        cut = 0 if state.mover is None else state.left
        return {
            "believers": hidden.believers / self.size,
            "talk": state.talk / max(1, self.days - cut),
            "averted": game.payoff(state, SEATS[0], hidden) + state.spent / game.harm,
            "cost": state.spent / game.harm,
            "checks": sum(isinstance(act, Check) for act in acts),
            "letters": sum(isinstance(act, Debunk) for act in acts),
            "labelled": labelled,
            "wrong_label": float(labelled) if hidden.true else None,
            "early": None if hidden.true else float(any(isinstance(act, (Label, Debunk)) for act in acts[:2])),
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How many believe it."""
        return f"left a town in which {outcome['believers']:.0%} believe the story"


def _people(mind: Crowd | Townspeople) -> str:
    """How many believe it at the start, and who listens to whom."""
    if isinstance(mind, Crowd):
        of = sum(weight for _, weight in mind.tales.first)
        return f"So many believe it now: {', '.join(f'{n} ({weight / of:.0%})' for n, weight in mind.tales.first)}."
    places = mind.places
    some = sorted(set(places.shares))
    each = places.shares.count(some[0]) / len(places.shares)
    shares = ", ".join(f"{first:.0%}" for first in some)
    return (
        f"It is one of {len(places.shares)} towns, whose shares of believers now are {shares} ({each:.0%} each). A "
        f"person listens to {2 * places.links} others on the mean. In half of the towns a few people are heard by "
        f"hundreds; in the others all listen to their neighbours, and {places.rewired:.0%} of the links go anywhere."
    )


@lru_cache(maxsize=64)
def _mind(family: Rumour) -> Crowd | Townspeople:
    if family.size >= LARGE[0]:
        places, tales = Places(family.size), Tales(first=(), clarity=family.clarity)
        return Townspeople(_game(family, tales, tuple(alone(places, tales, WEIGHTS, family.days))), places, tales)
    tales, law = Tales(clarity=family.clarity), Law()
    weights = {n: WEIGHTS[tales.level(n / family.size)] for n in range(family.size + 1)}
    left = tuple(
        (virulence, untouched(law, family.size, tales.first, virulence, family.days, weights))
        for virulence, _ in tales.virulences
    )
    return Crowd(_game(family, tales, left), family.size, tales, law)


def _game(family: Rumour, tales: Tales, left: tuple[tuple[float, float], ...]) -> Moderation:
    """The rules, where a town that is left alone talks so much."""
    total = sum(weight for _, weight in tales.virulences)
    mean = sum(weight / total * talk for (_, weight), (_, talk) in zip(tales.virulences, left, strict=True))
    harm = (1.0 - tales.true) * mean
    return Moderation(family.days, WEIGHTS, left, harm, family.check, family.letter, family.wrong)


@lru_cache(maxsize=64)
def _setting(family: Rumour) -> Setting[Any]:
    mind = _mind(family)
    game, seat = mind.game, SEATS[0]
    return Setting(game, mind, seat, optimum=lambda: TownSolution(game, mind, seat))
