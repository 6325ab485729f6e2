"""Repeated: games of two or three options each, played round after round, as an environment."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...core.checks import one_of, whole
from ...core.dialogue import Dialogue
from ...core.duel import Seats, SmallDuel
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Rescaled, Solution
from ...core.stream import Stream
from ..base import Family
from ..small_duel import open_duel
from .game import ACTS, HANDS, PAYOFFS, MatrixGame, Play, Promise
from .mind import POPULATIONS, Partner, Strategist
from .stories import NAMES, STORIES
from .voice import GRAMMAR, PATTERNS, SILENT_GRAMMAR, VOICE, context, understand

GAMES = ("mixed", *PAYOFFS, HANDS)


class Met(NamedTuple):
    """What both sides know."""

    story: str
    name: str
    options: str = ""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One scenario: the story, with whom it is played, and whether its last option is told first."""

    story: str
    name: str
    turned: bool = False

    @property
    def public(self) -> Met:
        """All but the order in which the learner is told."""
        return Met(self.story, self.name, " or ".join(STORIES[self.story].options))


@dataclass(frozen=True)
class Repeated(Family):
    """A repeated game: two people choose at once, round after round, and may say before what they will do.

    ## Description

    Two people play a game of two options each for ten rounds. In each round the learner first says something: it may
    promise an option, which binds nobody. The person answers, perhaps with a promise of its own. Then both choose at
    once. The game is a prisoner's dilemma, a battle of the sexes, a stag hunt or a game of chicken, in everyday
    stories. The person follows a rule, such as tit-for-tat, which nobody is told: some forgive and some do not, some
    take turns, some keep their word as long as the learner keeps its own, some lie. The learner has to find out whom
    it faces without spoiling it, and the end is known.

    In `RepeatedHands-v0`, the game is rock, paper, scissors or a hand game like it: three options, of which each beats
    one and is beaten by one, eight rounds and no talk. What one wins the other loses, so nobody can be won over; but
    people who think that they choose at random have habits, and who sees through them wins. **It tests inference, and
    not planning**: to do what is best for the round at hand is the best that can be done (see the numbers below).

    ## Scenario

    One of six stories of each game, one of eight names, and the order in which the options are told, all equally
    likely. `mixed` is the first four games. Points of the learner and of the person, the learner's option first:

    | game | both first | first, second | second, first | both second |
    |---|---:|---:|---:|---:|
    | `dilemma` | 8, 8 | 0, 10 | 10, 0 | 5, 5 |
    | `battle` | 10, 7 | 0, 0 | 0, 0 | 7, 10 |
    | `stag` | 10, 10 | 1, 8 | 8, 1 | 5, 5 |
    | `chicken` | 6, 6 | 3, 10 | 10, 3 | 0, 0 |

    In `hands`, the second option beats the first, the third the second, and the first the third. A win is worth 1, a
    defeat -1, and the same option 0.

    The person's kind is drawn from the tables on this page, independently of the scenario.

    ## Acts

    An utterance is free text with at most one tag: `[promise OPTION]` when it is time to talk, `[play OPTION]` when it
    is time to choose, with the options' names of the story. Who only talks promises nothing, and when it is time to
    choose does what it did in the last round (in the first round, the second option). The person says hello first.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: an option that is named as what one will do is promised when it is time to talk, and chosen when
    it is time to choose. Who proposes that both do it promises it. Both options at once are ambiguous: the turn is
    lost. A lost turn counts as talk. Without talk there is nothing to promise.

    ## Observation

    Text. The first observation is the brief (the story, the points, the rounds, tags) and the person's greeting; after
    that, each reply: an answer, or what the person has chosen. What it chooses was decided before it has heard the
    learner's choice, and its words are held to that: they are made without the learner's words of that turn. In hands
    it begins with who won the last round.

    ## Rewards

    `goal`, at the end: `(points - rounds * secure) / (rounds * (fair - secure))`. `secure` is what the learner can
    secure alone in a round, by its best mixture (von Neumann 1928): 5 in the dilemma and the stag hunt, 70/17 in the
    battle, 3 in chicken. `fair` is half of the most that both can get together: 8, 8.5, 10 and 6.5. So 0 is what one
    gets alone, and 1 full cooperation in equal parts; more is possible at the other's expense. In `hands` it is the
    rounds won less the rounds lost, over all rounds: `secure` is 0, by choosing at random, and 1 is to win them all.

    ## Episode end

    Terminated after the last round. Truncated by the third lost turn in a row, which pays for the rounds played, or by
    a failure of the simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden kind
    (Kaelbling et al. 1998). Points so far are kept out of the information state. All stories of a game share one
    solution. Best responses to single kinds have closed forms, which the solver is tested against.

    ## Registered configurations

    | id | game | rounds |
    |---|---|---:|
    | `Repeated-v0` | `mixed`: the four alike | 10 |
    | `RepeatedDilemma-v0` | `dilemma` | 10 |
    | `RepeatedBattle-v0` | `battle` | 10 |
    | `RepeatedHands-v0` | `hands`, without talk | 8 |

    ## Metrics

    `info["outcome"]`, at the end: `points` (a round), `joint` (points of both, over the most that both can get; not in
    hands), `of_best` (payoff over that of the best response to this person's rule, where that is above 0),
    `cooperation` (share of rounds in which the learner takes the first option; not in the battle or in hands),
    `forgiveness` (the same, of rounds right after the person took the second), `agreement` (share of rounds in which
    both take options of the same place; not in hands), `stalemates` (the same, in hands: nobody wins then),
    `alternation` (share of rounds in which the learner changes its option), `kept` (share of its promises that it
    keeps), `entropy` (of its options, in bits), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]`
    then holds `kind` and `memory`.

    ## References

    - E. Akata, L. Schulz, J. Coda-Forno, S. J. Oh, M. Bethge and E. Schulz (2025). Playing repeated games with large
      language models. *Nature Human Behaviour* 9, 1380-1390. arXiv:2305.16867.
    - R. Axelrod (1984). *The evolution of cooperation*. Basic Books.
    - M. Nowak and K. Sigmund (1993). A strategy of win-stay, lose-shift that outperforms tit-for-tat in the Prisoner's
      Dilemma game. *Nature* 364, 56-58.
    - J. von Neumann (1928). Zur Theorie der Gesellschaftsspiele. *Mathematische Annalen* 100, 295-320.
    - J. Farrell and M. Rabin (1996). Cheap talk. *Journal of Economic Perspectives* 10, 103-118.
    - A. Vidler and T. Walsh (2025). Playing games with large language models: randomness and strategy.
      arXiv:2503.02582.
    - Z. Wang, B. Xu and H.-J. Zhou (2014). Social cycling and conditional responses in the Rock-Paper-Scissors game.
      *Scientific Reports* 4, 5830.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        game: `dilemma`, `battle`, `stag`, `chicken`, `hands`, or `mixed` for the first four alike.
        rounds: Rounds that are played. 4 to 16.
        talk: Whether each round begins with a word of both.
    """

    game: str = "mixed"
    rounds: int = 10
    talk: bool = True

    role = "you"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "points": "points a round",
        "joint": "points of both, over the most that both can get; not in hands",
        "of_best": "payoff over that of the best response to this rule, where that is above 0",
        "cooperation": "share of rounds with the learner's first option; not in the battle or in hands",
        "forgiveness": "the same, right after the person took its second; not in the battle or in hands",
        "agreement": "share of rounds in which both take options of the same place; not in hands",
        "stalemates": "the same, in hands, where nobody wins then",
        "alternation": "share of rounds in which the learner changes its option",
        "kept": "share of the learner's promises that it keeps",
        "entropy": "of the learner's options, in bits",
    }

    def __post_init__(self) -> None:
        one_of(self, GAMES, "game")
        whole(self, 4, 16, "rounds")

    @cached_property
    def grammar(self) -> Grammar:
        """Reads and prints the acts; without talk there are no promises."""
        return GRAMMAR if self.talk else SILENT_GRAMMAR

    def scenarios(self) -> Sequence[Meeting]:
        """Every story with every name, told in both orders, all equally likely."""
        games = tuple(PAYOFFS) if self.game == "mixed" else (self.game,)
        stories = [key for key, story in STORIES.items() if story.game in games]
        return [Meeting(key, name, turned) for key in stories for name in NAMES for turned in (False, True)]

    def parts(self, scenario: Meeting) -> tuple[MatrixGame, Strategist]:
        """Game and mind; they depend on the story alone."""
        story = STORIES[scenario.story]
        game = MatrixGame(story.game, self.rounds, self.talk, story.options)
        return game, Strategist(game, POPULATIONS[story.game])

    def setting(self, scenario: Meeting) -> Setting:
        """Game, mind and seat, with the solution that all stories of a game share."""
        found = self._settings.get(scenario)
        if found is None:
            found = self._settings[scenario] = _setting(*self.parts(scenario))
        return found

    def task(self, scenario: Meeting) -> str:
        """The story, the rules, the points."""
        return self._told(scenario, self.parts(scenario)[0], self.role)

    def context(self, dialogue: Dialogue) -> Hashable:
        """The story, and whether it is time to choose."""
        return context(dialogue.scenario.story, dialogue.state)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        game, state = dialogue.setting.game_as(MatrixGame), dialogue.state
        played = list(_rounds(dialogue, game))
        choices = [mine for _, mine, _ in played]
        told = [promised == mine for promised, mine, _ in played if promised is not None]
        kind, shared = game.game not in ("battle", HANDS), game.game != HANDS
        after = [choices[i + 1] == 0 for i, (_, _, theirs) in enumerate(played[:-1]) if theirs == 1]
        best = dialogue.setting.solution.known_value_of(Partner(dialogue.hidden.kind))
        number = len(played)
        same = _mean([mine == theirs for _, mine, theirs in played])
        return {
            "points": state.points[0] / number if number else None,
            "joint": sum(state.points) / (2 * game.fair * number) if shared and number else None,
            "of_best": game.payoff(state, self.role) / best if best > 1e-9 else None,
            "cooperation": choices.count(0) / number if kind and number else None,
            "forgiveness": sum(after) / len(after) if kind and after else None,
            "agreement": same if shared else None,
            "stalemates": None if shared else same,
            "alternation": _mean([a != b for a, b in pairwise(choices)]),
            "kept": _mean(told),
            "entropy": _entropy([choices.count(one) / number for one in set(choices)]) if number else None,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """The points of a round; in hands what was won and lost."""
        points, drawn = outcome["points"], outcome["stalemates"]
        if points is None:
            return ""
        if drawn is None:
            return f"got {points:.1f} points a round"
        won = (1.0 - drawn + points) / 2
        return f"won {won:.0%} of the rounds and lost {won - points:.0%}"

    def duel(self, stream: Stream) -> Seats:
        """The same game between two learners; the mind can hold the partner's seat."""
        mine = self.sample(stream)
        others = [name for name in NAMES if name != mine.name]
        game = replace(self.parts(mine)[0], greeting=False)
        scenarios = {"you": mine, "partner": replace(mine, name=others[stream.choose(len(others))])}
        briefs = {}
        for seat, scenario in scenarios.items():
            tags = self.grammar.help()
            briefs[seat] = f"{self._told(scenario, game, seat)} What binds is one tag a message: {tags}."
        mind = Strategist(game, POPULATIONS[game.game])
        return Seats(game, briefs, scenarios, lambda state: context(mine.story, state), minds={"partner": mind})

    def small_duel(self, seed: int = 0) -> SmallDuel:
        """The game of one draw of `duel`, in full; few rounds and no talk, or there are too many courses.

        Args:
            seed: Of the draw.
        """
        game = self.duel(Stream(np.random.default_rng(seed))).game
        return open_duel(self, lambda state, mover: list(game.choices(state, mover)), seed)

    def _told(self, scenario: Meeting, game: MatrixGame, seat: str) -> str:
        """The brief of a seat; its own option comes first in a pair."""
        story, name, other = STORIES[scenario.story], scenario.name, "partner" if seat == "you" else "you"
        order = range(len(game.options))[:: -1 if scenario.turned else 1]
        said = [story.about.format(name=name)]
        if game.game == "battle":
            own = 0 if seat == "you" else 1
            said.append(f"You would rather {story.do[own]}, {name} would rather {story.do[1 - own]}.")
        *most, meant = (f"{game.options[place]} ({story.do[place]})" for place in order)
        said.append(f"You play {self.rounds} rounds. In each, both choose at once: {', '.join(most)} or {meant}.")
        if game.game == HANDS:
            wins = ", ".join(f"{game.options[place]} over {game.options[place - 1]}" for place in order)
            said.append(f"What wins: {wins}. Who wins gets 1 point, and who loses -1; the same option of both gets 0.")
        else:
            pairs = []
            for mine in order:
                for theirs in order:
                    both = (mine, theirs) if seat == "you" else (theirs, mine)
                    got, given = game.points(seat, *both), game.points(other, *both)
                    pairs.append(f"{game.options[mine]}/{game.options[theirs]} {got} and {given}")
            said.append(f"Points of you and {name}, your option first: {', '.join(pairs)}.")
        if self.talk:
            first, second = ("you say", f"{name} answers") if seat == "you" else (f"{name} says", "you answer")
            said.append(
                f"Before each choice {first} something and {second}; both may promise an option, which binds nobody."
            )
        said.append(f"Who names no option when it is time to choose repeats its last one, at first {game.options[1]}.")
        if game.game == HANDS:
            said.append(
                f"You score your points a round. How {name} chooses, you do not know. Words besides your option change "
                f"nothing; who won a round is said with the next."
            )
        else:
            said.append(
                f"You score what you get beyond the {game.secure(seat):.3g} points a round that you can secure alone; "
                f"1 stands for {game.fair:.3g} points a round. What rule {name} follows, you do not know."
            )
        return " ".join(said)


def _rounds(dialogue: Dialogue, game: MatrixGame) -> Iterator[tuple[int | None, int, int]]:
    """Of each round what the learner promised, what it chose, and what the person chose."""
    for step in dialogue.steps:
        for state, seat, act in step.exchange.replies:
            if state.phase == "reveal":
                last = game.apply(state, seat, act).last
                assert last is not None
                yield (state.mine, *last)


def _mean(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _entropy(shares: Sequence[float]) -> float:
    """Of the options that were taken, in bits."""
    return -sum(share * math.log2(share) for share in shares) + 0.0


@cache
def _setting(game: MatrixGame, mind: Strategist) -> Setting:
    base = game.canonical()
    names = dict(zip(base.options, game.options, strict=True))

    def named(act: Any) -> Any:
        return replace(act, option=names[act.option]) if isinstance(act, (Promise, Play)) else act

    def optimum() -> Solution:
        return Rescaled(game, mind, _optimum(base, mind.population), lambda state: state, named)

    return Setting(game, mind, "you", None, optimum)


@cache
def _optimum(game: MatrixGame, population: tuple[tuple[str, float], ...]) -> Solution:
    """The solution that all stories of a game share."""
    return Solution(game, Strategist(game, population), "you")
