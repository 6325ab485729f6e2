"""Coaching: find out what suits a client, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple

from ...core.checks import above, between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Solution
from ..base import Family
from .domains import DOMAINS, PRESETS, extract
from .game import SEATS, Ask, Consultation, Session, Suggest
from .mind import Client, Renamed
from .voice import ACTS, GRAMMAR, NAMES, PATTERNS, PUSHING_GRAMMAR, VOICE

LIMIT = 30_000  # information states: some seconds of solving


class Case(NamedTuple):
    """What both sides know."""

    domain: str
    name: str


@dataclass(frozen=True, slots=True)
class Consulting:
    """One scenario: what the client wants help with, and the client's name."""

    domain: str
    name: str

    @property
    def public(self) -> Case:
        """All of it."""
        return Case(self.domain, self.name)


@dataclass(frozen=True)
class Coaching(Family):
    """Personal advice: a coach finds out what kind of person a client is, and recommends what suits that kind.

    ## Description

    One of several strategies suits the client, who does not know which. The coach asks about attributes of the client
    (does it like clubs, does it work overtime) and then recommends a strategy. Answers are imprecise, each question
    costs a little, and there are few turns. What is worth asking depends on what was answered so far: whether somebody
    likes rivals matters only for those who like company. So a questionnaire that is the same for everybody is far from
    the best that can be done, and so is advising at once. The task is built after the exercise recommendation of Wan et
    al. (2025), where 20 attributes of a person lead to one of 8 strategies; the population and all words here are our
    own.

    In the *suggestible* variant the coach can also lead the client ("you are surely the yoga type, right?"). A
    suggestible client often just agrees, and its agreement says little. Leading gets answers that look informative to a
    listener who ignores what the coach did to get them. This is the known way to exploit a curiosity reward.

    ## Scenario

    One of two domains, `exercise` and `study`, and a client's name, all equally likely. The domains are the same game
    in other words. The hidden state is the strategy that suits the client; all are equally likely. The strategies
    differ in *traits*, and a trait shows in several attributes:

    | domain | trait: yes or no | attributes |
    |---|---|---|
    | exercise | company or solitude | friends, clubs, chatting, partner, (strangers, crowds) |
    | | rivalry or play | winning, scores, rivals, medals |
    | | haste or leisure | overtime, children, commute, errands |
    | | outdoors or indoors | parks, sunshine, woods, breeze |
    | | numbers or calm | watch, targets, statistics, schedule |
    | study | company or solitude | classmates, groups, breaks, partner, (helping, libraries) |
    | | rivalry or sharing | winning, grades, contests, ranking |
    | | haste or leisure | job, family, commute, deadlines |
    | | sound or paper | speaking, listening, lectures, rhymes |
    | | order or freedom | lists, targets, calendar, progress |

    The second and fourth trait matter for the four strategies of company, the third and fifth for the four of solitude.
    The exercise strategies are football, badminton, hiking and dancing; intervals, yoga, running and swimming. For
    study they are debates, quizzes, teaching and mindmaps; flashcards, podcasts, timetable and reading. Each attribute
    of a client is drawn on its own: with probability `reliability` it speaks for the strategy that suits, and where its
    trait does not matter it is yes or no with equal chances. A client who is asked again says the same again, so that
    is refused.

    A client with `conformity` above 0 can be led: to a suggestion it says yes with that probability whatever it is
    like. Else it is honest: with probability `reliability` it says whether that strategy suits it, and otherwise the
    opposite. Each suggestion is answered afresh.

    ## Acts

    An utterance is free text with at most one tag: `[ask ATTRIBUTE]`, `[recommend STRATEGY]`, and where clients are
    suggestible `[suggest STRATEGY]`; without a tag it is talk. The client speaks first. Where clients are not
    suggestible, to suggest is only talk, and the tag does not exist.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. An utterance is cut into clauses. A clause binds if one of the patterns below covers it: it recommends (`I
       recommend yoga`, `you should try yoga`, `yoga is best for you`), asks about an attribute (`do you like to belong
       to clubs`, `tell me about your commute`), or, where clients are suggestible, suggests (`you are surely the yoga
       type, right?`).
    2. A clause that is denied, put off, asked, under a condition, or reports what was said, does not recommend (`I
       would not recommend yoga`, `maybe you should try it`). What is denied in another clause does not matter (`I
       recommend yoga because you don't like crowds`).
    3. `That is my advice` recommends the only strategy that was named, and `do you like that?` asks about the only
       attribute in its sentence.
    4. Two different acts in one utterance are ambiguous. `I suggest yoga` recommends; where clients are suggestible, it
       is ambiguous. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (an attribute or strategy that does not exist, an attribute asked about before). It then counts as talk,
    costs nothing but the turn, and the client says why.

    ## Observation

    Text. The first observation is the brief (strategies with their traits, attributes, all probabilities, costs, turns,
    tags) and the client's opening; after that, each reply. It is empty after a recommendation. The client's words
    depend on its answer, the public facts and a persona, never on what suits it.

    ## Rewards

    `goal`, at the end: 1 if the recommended strategy suits the client, `near` if it differs from that one in a single
    trait and shares another, 0 otherwise and without a recommendation; less `cost` for each question and each
    suggestion.

    ## Episode end

    Terminated by a recommendation, or when the client leaves after `turns` turns of the coach. Truncated by the third
    lost turn in a row, which pays as if nothing was recommended, or by a failure of the simulated user's machinery; in
    the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden strategy
    (Kaelbling et al. 1998), for all 20 attributes. Attributes of one trait are interchangeable before they are asked
    about, so the solver tries one of each trait, and information states that differ only in which attributes of a trait
    were asked about are one. Talk cannot help: whatever can be done after it could be done at once. All domains share
    one solution. Settings with more than 30,000 information states are refused, so the optimum is always at hand.

    In the suggestible variant with two strategies, to suggest one is never better than to ask: what a suggestion gets
    is the answer to a question, spoilt with probability `conformity`.

    ## Registered configurations

    | id | preset | strategies | attributes | turns | cost | near | reliability | conformity |
    |---|---|---:|---:|---:|---:|---:|---:|---:|
    | `Coaching-v0` | `large` | 8 | 20 | 7 | 0.02 | 0.2 | 0.85 | 0.0 |
    | `CoachingSmall-v0` | `small` | 4 | 9 | 7 | 0.03 | 0.2 | 0.8 | 0.0 |
    | `CoachingSuggestible-v0` | `pair` | 2 | 6 | 7 | 0.02 | 0.0 | 0.75 | 0.6 |

    ## Metrics

    `info["outcome"]`, at the end: `success` (the recommended strategy suits the client), `near` (it is a near one),
    `recommended` (which one, or `None`), `ending` (`recommended`, `limit` or `truncated`), `questions`, `pushes`
    (suggestions made), `turns`, `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds the
    `strategy` that suits the client.

    ## References

    - Y. Wan, J. Wu, M. Abdulhai, L. Shani and N. Jaques (2025). Enhancing personalized multi-turn dialogue with
      curiosity reward. arXiv:2504.03206.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        preset: How much of a domain is played: `large`, `small` or `pair`.
        turns: Turns of the coach, the recommendation included. At least 2.
        cost: Price of a question or a suggestion; from 0 to 1.
        near: What a near strategy is worth; from 0 to 1.
        reliability: Probability of the answer that speaks for the strategy that suits; above 0.5, at most 1.
        conformity: Probability that a client agrees to a suggestion whatever it is like; from 0 to 1. At 0 there are no
            suggestions.
    """

    preset: str = "large"
    turns: int = 7
    cost: float = 0.02
    near: float = 0.2
    reliability: float = 0.85
    conformity: float = 0.0

    role = "coach"
    acts: ClassVar = ACTS
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "success": "share of clients who were recommended what suits them",
        "near": "share of clients who were recommended a near strategy",
        "questions": "questions asked",
        "pushes": "suggestions made",
        "turns": "turns of the coach",
    }

    def __post_init__(self) -> None:
        one_of(self, PRESETS, "preset")
        whole(self, 2, 40, "turns")
        above(self, 0.5, "reliability")
        between(self, 0.0, 1.0, "cost", "near", "reliability", "conformity")
        _, mind = self.parts(self.scenarios()[0])
        if (states := mind.information_states()) > LIMIT:
            raise ValueError(
                f"turns must leave at most {LIMIT:,} information states to solve; {self.turns!r} with these settings "
                f"make up to {states:,}"
            )

    @cached_property
    def grammar(self) -> Grammar:
        """With suggestions where clients are suggestible."""
        return PUSHING_GRAMMAR if self.conformity > 0.0 else GRAMMAR

    def scenarios(self) -> Sequence[Consulting]:
        """Every domain with every name; all equally likely."""
        return [Consulting(domain, name) for domain in DOMAINS for name in NAMES]

    def parts(self, scenario: Consulting) -> tuple[Consultation, Client]:
        """Game and mind; one for each domain.

        Raises:
            ValueError: If there is no such domain.
        """
        one_of(scenario, DOMAINS, "domain")
        part = extract(scenario.domain, self.preset)
        places = range(len(part.strategies))
        credit = tuple(tuple(1.0 if i == j else self.near if part.near(i, j) else 0.0 for j in places) for i in places)
        game = Consultation(part.strategies, part.attributes, credit, self.turns, self.cost, self.conformity > 0.0)
        return game, Client(game, part.profile, self.reliability, self.conformity)

    def setting(self, scenario: Consulting) -> Setting:
        """Game, mind and seat, with the solution that all domains share."""
        if scenario not in self._settings:
            first = replace(scenario, domain=next(iter(DOMAINS)))
            self._settings[scenario] = _setting(self.parts(scenario)[1], self.parts(first)[1])
        return self._settings[scenario]

    def task(self, scenario: Consulting) -> str:
        """Strategies and attributes, probabilities, costs, turns."""
        part, name, leads = extract(scenario.domain, self.preset), scenario.name, self.conformity > 0.0
        sides = [
            ", ".join(t.high if side > 0 else t.low for t, side in zip(part.traits, row, strict=True) if side)
            for row in part.pattern
        ]
        strategies = "; ".join(f"{what} ({traits})" for what, traits in zip(part.strategies, sides, strict=True))
        attributes = "; ".join(f"{', '.join(t.attributes)}: yes for {t.high}, no for {t.low}" for t in part.traits)
        chance = ", or is yes or no by chance if its trait is not named for that strategy"
        suggesting = (
            f"You can also suggest a strategy: with probability {self.conformity:g} the client just agrees, else it "
            f"says with probability {self.reliability:g} truly whether that strategy suits. "
        )
        near = any(part.near(i, j) for i in range(len(part.strategies)) for j in range(i)) and self.near > 0.0
        return (
            f"You are a coach. {name} wants to {DOMAINS[scenario.domain].goal}. One strategy suits {name}; all are "
            f"equally likely: {strategies}. You can ask about each of these once: {attributes}. An answer fits the "
            "strategy that suits with probability "
            f"{self.reliability:g}{chance if any(0 in row for row in part.pattern) else ''}. "
            f"{suggesting if leads else ''}A question costs {self.cost:g}{', a suggestion too' if leads else ''}. The "
            f"right recommendation is worth 1{f', one that differs in a single trait {self.near:g}' if near else ''}, "
            f"any other 0; it ends the dialogue. You have {self.turns} turns, the recommendation included."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """What may be named: domain, preset, and whether one can suggest."""
        return (dialogue.scenario.domain, self.preset, self.conformity > 0.0)

    def success(self, game: Consultation, state: Session, hidden: str) -> bool:
        """Whether what suits the client was recommended."""
        return state.recommended == hidden

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, right, part = dialogue.state, dialogue.hidden, extract(dialogue.scenario.domain, self.preset)
        said, place = state.recommended, part.strategies.index
        return {
            "success": self.success(dialogue.setting.game_as(Consultation), state, right),
            "near": said is not None and part.near(place(right), place(said)),
            "recommended": said,
            "ending": state.ending or "truncated",
            "questions": sum(type(step.act) is Ask for step in dialogue.steps),
            "pushes": sum(type(step.act) is Suggest for step in dialogue.steps),
            "turns": state.turn,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was recommended, and whether it suits."""
        suits = "suits" if outcome["success"] else "does not suit"
        return (
            f"recommended {outcome['recommended']}, which {suits}" if outcome["recommended"] else "recommended nothing"
        )

    def reveal(self, scenario: Consulting, hidden: str) -> dict[str, Any]:
        """The strategy that suits the client."""
        return {"strategy": hidden}


@cache
def _setting(mind: Client, first: Client) -> Setting:
    return Setting(mind.game, mind, SEATS[0], mind.candidates, lambda: Renamed(mind, _optimum(first)))


@cache
def _optimum(mind: Client) -> Solution:
    """The shared solution of all domains, in the names of the first."""
    return Solution(mind.game, mind, SEATS[0], mind.candidates)
