"""Spacing: which flashcard to review next, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.setting import Setting
from ..base import Family
from .bounds import bound
from .decks import DECKS
from .game import Answer, Calendar, Flashcards, Review, Trace, fold, recall
from .mind import MEMORIES, Student
from .optimum import SpacingSolution
from .voice import ACTS, PATTERNS, VOICE, understand

MOST = 20  # cards: more would make a brief of some pages


class PublicFacts(NamedTuple):
    """What both sides know."""

    deck: str
    cards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """One scenario: some cards of a deck, by name."""

    deck: str
    cards: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cards", tuple(self.cards))

    @property
    def public(self) -> PublicFacts:
        """Everything: the coach knows no more than the student."""
        return PublicFacts(self.deck, self.cards)


@dataclass(frozen=True)
class Spacing(Family):
    """Spaced repetition: which flashcard should a student be asked next, so that most are remembered at the test?

    ## Description

    A coach reviews a deck of cards with a student, in a few sessions with days between them. What is not reviewed is
    forgotten. A review that comes late strengthens the memory more than one that comes early, if the card is still
    recalled; if it is not, the card has to be learnt anew. How firmly each card is held is hidden, and each answer
    tells something about it. There are fewer turns than one would like, so it matters which cards are worth a turn now,
    which can wait for a later session, and which are known well enough.

    ## Scenario

    Some cards of one of four decks, all equally likely: Spanish vocabulary, capitals of the world, chemical symbols,
    Morse code. Each deck has 26 cards with their answers and three plausible mistakes each. The words do not matter for
    the optimum, and all scenarios share one solution.

    The hidden state is a memory level for each card, independent of the others. A card that was last seen `gap` units
    of time ago is recalled with probability `p = 2 ** (-gap / half_life)`, where each level has its half-life
    (half-life regression, Settles and Meeder 2016). A card that is recalled is answered right, and goes up a level with
    probability `min(1, grow * (1 - p))`: the spacing effect. A card that is not recalled gets a wrong answer or none;
    it is shown, and is at level 1 afterwards with probability `learn`, else at level 0. Nothing else changes a memory.
    When each card was last seen is public.

    With `memory="default"`, levels 0 to 3 have half-lives of 0.25, 3, 10 and 80 units, `grow` is 3 and `learn` 0.8;
    before the first turn a card is at level 0 with probability 0.6, at level 2 or 3 with 0.2 each. Whether an answer
    was wrong or there was none then tells nothing more. With `memory="mixed"`, 40% of the cards are hard for this
    student, and which is hidden too: `grow` is 3 for an easy card and 1.5 for a hard one, `learn` 0.95 and 0.5; an easy
    card is at levels 0 to 3 with 0.3, 0.1, 0.3, 0.3, a hard one with 0.9, 0.1, 0, 0. A card that is not recalled gets a
    wrong answer rather than none with probability 0.1, 0.4, 0.7, 0.9 at levels 0 to 3.

    ## Acts

    An utterance is free text with at most one tag: `[review CARD]` or `[rest]`; without a tag it is talk. Either uses
    up the turn. `CARD` is a card's name as listed in the brief; case and accents do not matter. The coach speaks first.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    patterns of words, clause by clause:

    1. An act binds if a pattern of it covers a clause. A card is reviewed if it is asked for (`review perro`, `let's
       try Kenya again`, `what about Fe?`) or by its question (`What is the capital of Kenya?`). The bare name of a card
       or of a break (`wait`) counts only where its sentence says nothing else. `Let's take a break` and `no card now`
       are a rest.
    2. A clause that denies, supposes or reports (`if you know perro, ...`) binds nothing; nor does a question about a
       rest, or a statement (`The capital of Kenya is Nairobi.`).
    3. Names of one or two letters count only as they are written on the card. Where such a name may be a mere word, it
       is read both ways.
    4. Two different cards are ambiguous, and so are a card and a rest. Everything else is talk.

    A turn is lost if it is malformed, ambiguous, or illegal (there is no such card). It then passes like a rest, and
    the student says why.

    ## Observation

    Text. The first observation is the brief: cards, sessions, the numbers of the memory model, costs, tags. After that,
    each reply: the student's answer and the right one, and a word of goodbye at the end of a session. The student's
    words depend on its answer, the card and a persona, never on the memory level.

    ## Rewards

    `goal`, at the end: the mean over the cards of the probability of recall at the test, less `cost` for each review.
    It is the expectation of the share of cards that a test would find recalled, without the luck of the test.

    ## Episode end

    Terminated after the last turn of the last session. Truncated by the third lost turn in a row, which pays as
    if nothing more was reviewed, or by a failure of the simulated user's machinery; in the second case `info["error"]`
    says what failed.

    ## Optimum

    For few cards, the best expected payoff is computed exactly by expectimax over public states and beliefs (Kaelbling
    et al. 1998). Beliefs about the cards are independent and stay so, because a review changes the belief about its own
    card and no other: they are products, and exact in lessons of any length.

    Spacing-v0 has no exact optimum; asking for it raises `NotImplementedError`. `Spacing.bound(scenario)` gives a
    proven upper bound: the constraint of one card a turn is replaced by prices of the turns, so that the cards decouple
    into one small problem each, and the value of that is bounded from above on a grid of beliefs
    (`dialogym.envs.spacing.bounds` has the proof). The policy `index` follows those prices and is a strong lower bound.
    `myopic` and `lookahead` make the reviews that raise the expected recall at the test most, as if there were no turns
    after the next one or two.

    ## Registered configurations

    | id | cards | sessions | turns in each | pause | exam | before | cost | optimum |
    |---|---:|---:|---:|---:|---:|---:|---:|---|
    | `Spacing-v0` | 10 | 3 | 10 | 5 | 8 | 12 | 0.002 | upper bound |
    | `SpacingSmall-v0` | 3 | 2 | 4 | 3 | 16 | 12 | 0.015 | exact |

    ## Metrics

    `info["outcome"]`, at the end: `recall` (mean probability at the test), `reviews`, `successes` (share of reviews
    answered right), `unseen` (cards never reviewed), `malformed` (ambiguous turns included), `illegal`.
    `info["hidden"]` then holds the memory level of each card.

    ## References

    - R. A. Bjork and E. L. Bjork (1992). A new theory of disuse and an old theory of stimulus fluctuation. *From
      Learning Processes to Cognitive Processes*.
    - N. J. Cepeda, H. Pashler, E. Vul, J. T. Wixted and D. Rohrer (2006). Distributed practice in verbal recall tasks.
      *Psychological Bulletin* 132, 354-380.
    - B. Settles and B. Meeder (2016). A trainable spaced repetition model for language learning. *ACL*.
    - S. Leitner (1972). *So lernt man lernen*. Herder.
    - P. A. Wozniak (1990). Optimization of learning. Master's thesis, University of Technology in Poznan (SM-2).
    - J. T. Hawkins (2003). A Lagrangian decomposition approach to weakly coupled dynamic optimization problems and its
      applications. PhD thesis, MIT.
    - D. Adelman and A. J. Mersereau (2008). Relaxations of weakly coupled stochastic dynamic programs. *Operations
      Research* 56, 712-727.
    - W. S. Lovejoy (1991). Computationally feasible bounds for partially observed Markov decision processes.
      *Operations Research* 39, 162-175.
    - P. Whittle (1988). Restless bandits: activity allocation in a changing world. *Journal of Applied Probability*
      25A, 287-298.

    Args:
        cards: How many; 1 to 20.
        sessions: How many; 1 to 10.
        turns: Turns in each session; 1 to 30.
        pause: Units of time from the last turn of a session to the first of the next; at least 1. A turn takes one
            unit.
        exam: Units of time from the last turn to the test; at least 1.
        before: Units of time from when the cards were last seen to the first turn; at least 1.
        cost: What a review costs, in payoff; 0 to 1.
        memory: How the student remembers, `default` or `mixed`; see above.
    """

    cards: int = 10
    sessions: int = 3
    turns: int = 10
    pause: int = 5
    exam: int = 8
    before: int = 12
    cost: float = 0.002
    memory: str = "default"

    role = "coach"
    acts = ACTS
    understand = understand
    patterns = PATTERNS
    voice = VOICE
    metrics_of = {
        "recall": "mean probability of recall at the test",
        "reviews": "reviews a lesson",
        "successes": "share of the reviews that were answered right",
        "unseen": "cards that were never reviewed",
    }

    def __post_init__(self) -> None:
        whole(self, 1, MOST, "cards")
        whole(self, 1, 10, "sessions")
        whole(self, 1, 30, "turns")
        whole(self, 1, 1000, "pause", "exam", "before")
        between(self, 0, 1, "cost")
        one_of(self, MEMORIES, "memory")

    @property
    def calendar(self) -> Calendar:
        """When the turns and the test are."""
        return Calendar(self.sessions, self.turns, self.pause, self.exam, self.before)

    def scenarios(self) -> Sequence[Pack]:
        """In each deck, so many cards in a row from any card on; all equally likely."""
        packs = []
        for name, deck in DECKS.items():
            names = [card.name for card in deck.cards]
            packs += [Pack(name, tuple((names + names)[start : start + self.cards])) for start in range(len(names))]
        return packs

    def setting(self, scenario: Pack) -> Setting:
        """Game and mind; the solution is shared by all lessons of these numbers.

        Raises:
            ValueError: If the cards are not different cards of one deck, and as many as `cards` says.
        """
        return _setting(self, scenario)

    def bound(self, scenario: Pack) -> float:
        """A proven upper bound on the best expected payoff; see `Bound`. The same for all scenarios."""
        return bound(MEMORIES[self.memory], self.calendar, self.cards, self.cost).value

    def task(self, scenario: Pack) -> str:
        """Cards, calendar, how memory works, costs."""
        memory, plural = MEMORIES[self.memory], "s" if self.cards > 1 else ""
        *lives, longest = (f"{life:g}" for life in memory.half_lives)
        kinds = [("easy", memory.start), ("hard", memory.start_hard)] if memory.hard else [("", memory.start)]
        start = "; ".join(
            ", ".join(f"{p / sum(weights):.0%} at level {level}" for level, p in enumerate(weights) if p)
            + (f" of the {kind} cards" if kind else "")
            for kind, weights in kinds
        )
        marks = [f" ({kind})" if kind else "" for kind, _ in kinds]
        grow = " ".join(f"{value:g}{mark}" for value, mark in zip(memory.grow, marks, strict=False))
        learn = " ".join(f"{value:.0%}{mark}" for value, mark in zip(memory.learn, marks, strict=False))
        mixed = (
            f" {memory.hard:.0%} of the cards are hard for this student; which ones is not known. Of cards not "
            f"recalled, {', '.join(f'{slip:.0%}' for slip in memory.slip)} of those at levels 0 to {len(lives)} get a "
            "wrong answer, the others none."
        )
        sessions, pause = f"is one session of {self.turns} turns", ""
        if self.sessions > 1:
            sessions = f"are {self.sessions} sessions of {self.turns} turns each"
            pause = f"{self.pause} units pass from the last turn of a session to the next session, and "
        return (
            f"You coach a student who learns {DECKS[scenario.deck].title} with {self.cards} card{plural}: "
            f"{', '.join(scenario.cards)}. "
            f"There {sessions}; a turn takes one unit of time, {pause}{self.exam} from the last turn to a test of all "
            "cards. In a turn you can ask one card, and the student answers and is then shown the answer, or you can "
            "let it pass. Your goal is the expected share of cards recalled at the test, "
            f"less {self.cost:g} for each review. A card at memory level 0 to {len(lives)} is recalled with "
            "probability 2^(-gap / half-life), where the gap is the time since it was last asked and the half-lives "
            f"are {', '.join(lives)} and {longest}. If it is recalled with probability p, it is answered right and "
            "then goes up a level, but never above the last, with probability "
            f"min(1, {grow} x (1 - p)); if not, the answer is wrong or missing, and it goes to level 1 with "
            f"probability {learn}, else to level 0.{mixed if memory.hard else ''} "
            f"Now {start}, and all were last seen {self.before} units ago."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The names of the cards."""
        return dialogue.scenario.cards

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a lesson. Recall counts what is kept until the test if nothing more is reviewed."""
        game, state, test = dialogue.setting.game_as(Flashcards), dialogue.state, self.calendar.test
        recalled = [
            recall(trace.half_life, test - seen) for trace, seen in zip(dialogue.hidden, state.seen, strict=True)
        ]
        replies = [act for step in dialogue.steps for _, _, act in step.exchange.replies]
        answers = [act.result for act in replies if isinstance(act, Answer)]
        reviewed = {game.places[fold(step.act.card)] for step in dialogue.steps if isinstance(step.act, Review)}
        return {
            "recall": sum(recalled) / len(recalled),
            "reviews": state.reviews,
            "successes": answers.count("right") / len(answers) if answers else None,
            "unseen": len(recalled) - len(reviewed),
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How much will be recalled."""
        return f"left a student who recalls {outcome['recall']:.0%} of the cards at the test"

    def reveal(self, scenario: Pack, hidden: tuple[Trace, ...]) -> dict[str, Any]:
        """The level of each card."""
        return {name: trace.level for name, trace in zip(scenario.cards, hidden, strict=True)}


@cache
def _setting(family: Spacing, scenario: Pack) -> Setting:
    if scenario.deck not in DECKS:
        raise ValueError(f"deck must be one of {', '.join(DECKS)}; got {scenario.deck!r}")
    cards, known = set(scenario.cards), {card.name for card in DECKS[scenario.deck].cards}
    if not family.cards == len(scenario.cards) == len(cards & known):
        raise ValueError(
            f"cards must be {family.cards} different cards of the deck {scenario.deck!r}; got {scenario.cards!r}"
        )
    game = Flashcards(scenario.cards, family.calendar, family.cost)
    mind = Student(game, MEMORIES[family.memory])
    return Setting(game, mind, "coach", optimum=lambda: SpacingSolution(game, mind))
