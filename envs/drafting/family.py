"""Drafting: write what somebody wants who has said only half of it, as an environment."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple

from ...core.acts import Act
from ...core.checks import between, one_of, whole
from ...core.dialogue import Dialogue
from ...core.grammar import Grammar
from ...core.setting import Setting
from ...core.solver import Solution
from ..base import Family
from .domains import DOMAINS, PRESETS, requests
from .game import SEATS, Ask, Commission, Deliver, Draft, Edit, Examples, Search, Want, Work
from .mind import FEEDBACK, Kind, Renamed, User, Wish
from .voice import PATTERNS, VOICE, grammar

WEIGHTS = ((0.4, 0.35, 0.25), (0.55, 0.45), (0.55, 0.45))
"""Shares of the values of each aspect, in the order of the domain."""
LIMIT = 8  # turns: beyond, solving takes minutes


class Request(NamedTuple):
    """What both sides know."""

    domain: str
    request: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One scenario: what is to be written, and the first request."""

    domain: str
    request: str

    @property
    def public(self) -> Request:
        """All of it, the request in words too."""
        return Request(self.domain, self.request, DOMAINS[self.domain].requests[self.request])


@dataclass(frozen=True)
class Drafting(Family):
    """Underspecified orders: an assistant finds out what a first request leaves open, and hands over the right version.

    ## Description

    Somebody asks for a letter, a note or a small function, and leaves three aspects open. A version is worth something
    only if it is right in all of them. The assistant can ask about an aspect, show a draft, or deliver. How an aspect
    can be got out of a user depends on its kind, which is hidden: a *stylist* can say how the work should come out but
    not what should be in it, a *planner* the other way round; both say of a wrong draft only that it is wrong. An
    *editor* can hardly say anything when asked, and puts the first wrong aspect of a draft right in place. Questions
    cost the user a little, drafts more, and over a wrong draft a user may leave. So a plan of questions or of drafts
    that is the same for everybody is far from the best that can be done, and so is a premature answer.

    In the *vague* variant the assistant can also show examples, which pay nothing themselves: afterwards stylists and
    planners can speak of every aspect. In the *graded* variant a version that is partly right is worth something. In
    the *trip* variant there are no drafts. The assistant searches: who has seen what there is can say what it wants,
    and what was searched is booked at its best. A *planner* can say everything when asked, a *dreamer* only of what it
    has seen, and a *rambler* answers no question but comes out with its wishes when it is let talk.

    What a version says beyond its aspects is not judged: whoever writes a whole letter in front of the tag is free to.
    Requests are everyday ones: there is no crisis among them, and none asks for medical advice.

    ## Scenario

    A kind of work and a first request, all equally likely: 24 requests for letters, notes and functions, 20 for
    functions where nothing else is written, and 20 for trips. Kinds of work are the same game in other words. The
    hidden state is the version that the user wants, and the user's kind. Aspects are independent, with shares of 40, 35
    and 25% of the first aspect's values, 55 and 45% of the
    others'.

    | work | aspect | values |
    |---|---|---|
    | letter | tone | formal, friendly, firm |
    | | length | short, long |
    | | layout | prose, points |
    | note | mood | cheerful, sober, funny |
    | | detail | bare, whole |
    | | sender | signed, unsigned |
    | function | order | rising, falling, untouched |
    | | duplicates | kept, dropped |
    | | blanks | skipped, refused |
    | trip | stay | hotel, cabin, hostel |
    | | journey | train, flight |
    | | dinner | seafood, vegetarian |

    | kind | share | can say, when asked | of a wrong draft | comes out with an aspect during talk |
    |---|---:|---|---|---:|
    | stylist | 35% | the first aspect: `able`; others: `unable`, after examples `able` | `feedback` | - |
    | planner | 35% | the second and third: `able`; first: `unable`, after examples `able` | `feedback` | - |
    | editor | 30% | `unable` | puts the first wrong aspect right | - |
    | planner of a trip | 35% | `able` | | 10% |
    | dreamer | 35% | `unable`, of what was searched `able` | | 10% |
    | rambler | 30% | `unable` | | `talkative` |

    An answer is drawn once, so an aspect can be asked about once; and once more after something of it was shown, if
    the user has not said what it wants. What a user says is true, and it never changes its mind.

    ## Acts

    An utterance is free text with at most one tag: `[ask ASPECT]`, `[draft VERSION]`, `[deliver VERSION]`; in the vague
    variant `[examples]`, and in the trip variant `[search ASPECT]` and no drafts. A version is one value of each
    aspect, joined by hyphens: `[draft formal-short-points]`. Their order does not matter. Without a tag it is talk. The
    user speaks first.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    these rules, which are deterministic:

    1. An utterance is cut into clauses. A clause binds if one of the patterns below covers it: it asks (`what tone
       would you like?`, `should it be short or long?`), shows (`here is a draft`, `how about a formal letter`),
       delivers (`here is your letter`, `I will book`), and where there is such an act, gives examples or searches.
    2. A draft or a delivery takes its values from all clauses of the utterance that do not deny or suppose. If it has
       none of an aspect, or two, the user asks which.
    3. A question is about the aspect that it names, or whose values it names. Two aspects at once are ambiguous, and so
       is a question beside a draft.
    4. Everything else is talk: when in doubt, nothing binds.

    A turn is lost if it is malformed (a tag that cannot be read, two tags, more than 2,000 characters), ambiguous, or
    illegal (an aspect or a version that does not exist, an aspect that was asked about or told before). It then counts
    as talk, costs nothing but the turn, and the user says why.

    ## Observation

    Text. The first observation is the brief (aspects, values and their shares, kinds of users, all probabilities,
    costs, turns, tags) and the first request; after that, each reply. It is empty after a delivery. The user's words
    depend on its act, the public facts and a persona, never on what it wants beyond the act.

    ## Rewards

    `goal`, at the end: 1 if the accepted or delivered version is right in every aspect; else `partial` times the share
    of aspects that are right, and 0 without a version. Less `ask_cost` a question, `draft_cost` a draft, and
    `show_cost` for examples or each search. In the trip variant, a right version is worth the mean over its aspects of
    1 for those that were searched and `unseen` for the others.

    ## Episode end

    Terminated when a draft is accepted, when a version is delivered, when the user leaves over a wrong draft, or when
    it leaves after `turns` turns of the assistant. Truncated by the third lost turn in a row, which pays as if nothing
    was delivered, or by a failure of the simulated user's machinery; in the second case `info["error"]` says what
    failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about wish and kind
    (Kaelbling et al. 1998). Of all deliveries the solver takes the one that is worth most at once. It leaves out what
    cannot help: a draft that cannot be right, anything but a delivery in the last turn, and talk where nobody comes out
    with anything. All kinds of work share one solution.

    The environment's act values, `env.act_values()`, are the exact multiturn-aware reward of Wu et al. (2025): what a
    reply is worth if the best follows, which they estimate by sampling conversations.

    ## Registered configurations

    | id | preset | turns | showing | a draft costs | showing costs | partial |
    |---|---|---:|---|---:|---:|---:|
    | `Drafting-v0` | `work` | 5 | - | 0.1 | - | 0.0 |
    | `DraftingVague-v0` | `work` | 5 | examples | 0.1 | 0.1 | 0.0 |
    | `DraftingGraded-v0` | `work` | 5 | - | 0.1 | - | 0.5 |
    | `DraftingFunction-v0` | `function` | 5 | - | 0.1 | - | 0.0 |
    | `DraftingTrip-v0` | `trip` | 7 | search | no drafts | 0.05 | 0.0 |

    ## Metrics

    `info["outcome"]`, at the end: `all_right` (the final version is right in every aspect), `aspects_right` (share of
    aspects that are, 0 without a version), `ending` (`accepted`, `delivered`, `left`, `limit` or `truncated`),
    `premature` (it delivered with more than one aspect open, of which the user had said nothing), `contradictions`
    (drafts and deliveries that go against what the user had said), `questions`, `drafts`, `tokens_read` (words of the
    assistant that the user had to read), `active` (share of aspects that the user said when asked, or by an edit),
    `passive` (share that it came out with), `best` (share of aspects that are right and were searched), `turns`,
    `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds the `version` that was wanted and the
    user's `kind`.

    ## References

    - P. Laban, H. Hayashi, Y. Zhou and J. Neville (2025). LLMs get lost in multi-turn conversation. arXiv:2505.06120.
    - S. Wu, M. Galley, B. Peng, H. Cheng, G. Li, Y. Dou, W. Cai, J. Zou, J. Leskovec and J. Gao (2025). CollabLLM: from
      passive responders to active collaborators. arXiv:2502.00640.
    - X. Wang, Z. Wang, J. Liu, Y. Chen, L. Yuan, H. Peng and H. Ji (2024). MINT: evaluating LLMs in multi-turn
      interaction with tools and language feedback. arXiv:2309.10691.
    - C. Miao et al. (2025). RECODE-H: a benchmark for research code development with interactive human feedback.
      arXiv:2510.06186.
    - Y. Choi, M. Lee, S. Moon, S. Cho, C. Chung, M. Park and D. Kim (2025). In-place feedback: a new paradigm for
      guiding LLMs in multi-turn reasoning. arXiv:2510.00777.
    - D. Jiang, A. Zhang, A. Wang, N. Andrews and D. Khashabi (2025). Feedback friction: LLMs struggle to fully
      incorporate external feedback. arXiv:2506.11930.
    - C. Qian et al. (2025). UserBench: an interactive gym environment for user-centric agents. arXiv:2507.22034.
    - C. Qian et al. (2025). UserRL: training interactive user-centric agent via reinforcement learning.
      arXiv:2509.19736.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        preset: `work` (letters, notes, functions), `function` (those alone) or `trip`.
        turns: Turns of the assistant, the delivery included; from 4 to 8.
        ask_cost: Price of a question; from 0 to 1.
        draft_cost: Price of a draft; from 0 to 1.
        show_cost: Price of examples, or of a search; from 0 to 1.
        partial: What a version that is right in some aspects is worth, times their share; from 0 to 1.
        unseen: What a right aspect is worth that was not searched, in the preset `trip`; from 0 to 1.
        examples: Whether the assistant can show examples, but for trips.
        able: Probability that somebody can say what it knows; from 0 to 1.
        unable: Probability that somebody can say what it does not know; from 0 to 1.
        leaves: Probability that a user leaves over a wrong draft; from 0 to 1.
        feedback: What stylists and planners say of a wrong draft: `no`, `count` (how many aspects are wrong), `point`
            (which is the first) or `edit` (what it should be).
        talkative: Probability that a rambler comes out with an aspect while the assistant only talks; from 0 to 1.
    """

    preset: str = "work"
    turns: int = 5
    ask_cost: float = 0.04
    draft_cost: float = 0.1
    show_cost: float = 0.1
    partial: float = 0.0
    unseen: float = 1.0
    examples: bool = False
    able: float = 0.9
    unable: float = 0.15
    leaves: float = 0.15
    feedback: str = "no"
    talkative: float = 0.7

    role = "assistant"
    acts: ClassVar[tuple[type[Act], ...]] = (Ask, Examples, Search, Draft, Deliver)
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "all_right": "share of dialogues whose final version is right in every aspect",
        "aspects_right": "share of aspects that are right in the final version, 0 without one",
        "premature": "share of dialogues with a delivery of which more than one aspect was open",
        "contradictions": "drafts and deliveries that go against what the user had said",
        "questions": "questions asked",
        "drafts": "drafts shown",
        "tokens_read": "words of the assistant that the user had to read",
        "active": "share of aspects that were said when asked, or by an edit",
        "passive": "share of aspects that the user came out with by itself",
        "best": "share of aspects that are right and were searched",
        "turns": "turns of the assistant",
    }

    def __post_init__(self) -> None:
        one_of(self, PRESETS, "preset")
        one_of(self, FEEDBACK, "feedback")
        one_of(self, (False, True), "examples")
        whole(self, 4, LIMIT, "turns")
        between(self, 0.0, 1.0, "ask_cost", "draft_cost", "show_cost", "partial", "unseen", "able", "unable", "leaves")
        between(self, 0.0, 1.0, "talkative")
        if self.preset == "trip" and self.examples:
            raise ValueError("examples must be False in the preset 'trip', where one searches; got True")

    @property
    def showing(self) -> str:
        """What can be shown besides drafts: see `Commission`."""
        return "search" if self.preset == "trip" else "examples" if self.examples else "nothing"

    @cached_property
    def grammar(self) -> Grammar:
        """With the acts of the variant."""
        return grammar(self.preset != "trip", self.showing)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of users."""
        yes, no, said = self.able, self.unable, self.feedback
        if self.preset == "trip":
            return (
                Kind("planner", 0.35, (yes, yes, yes), yes, talks=0.1),
                Kind("dreamer", 0.35, (no, no, no), yes, talks=0.1),
                Kind("rambler", 0.3, (no, no, no), no, talks=self.talkative),
            )
        return (
            Kind("stylist", 0.35, (yes, no, no), yes, said),
            Kind("planner", 0.35, (no, yes, yes), yes, said),
            Kind("editor", 0.3, (no, no, no), no, "edit"),
        )

    def scenarios(self) -> Sequence[Order]:
        """Every request; all equally likely."""
        return [Order(domain, request) for domain, request in requests(self.preset)]

    def parts(self, scenario: Order) -> tuple[Commission, User]:
        """Game and mind; one for each domain.

        Raises:
            ValueError: If the preset has no such domain.
        """
        one_of(scenario, PRESETS[self.preset], "domain")
        costs = (self.turns, self.ask_cost, self.draft_cost, self.show_cost, self.partial, self.unseen)
        game = Commission(DOMAINS[scenario.domain].aspects, *costs, self.preset != "trip", self.showing)
        return game, User(game, WEIGHTS, self.kinds, self.leaves)

    def setting(self, scenario: Order) -> Setting:
        """Game, mind and seat, with the solution that all domains share."""
        if scenario not in self._settings:
            first = replace(scenario, domain=PRESETS[self.preset][0])
            self._settings[scenario] = _setting(self.parts(scenario)[1], self.parts(first)[1])
        return self._settings[scenario]

    def task(self, scenario: Order) -> str:
        """Aspects with values, kinds of users, probabilities, costs, turns."""
        domain = DOMAINS[scenario.domain]
        first, second, third = (aspect.name for aspect in domain.aspects)
        said = "; ".join(
            f"{aspect.name}: {', '.join(f'{value} {share:.0%}' for value, share in zip(aspect.values, w, strict=True))}"
            for aspect, w in zip(domain.aspects, WEIGHTS, strict=True)
        )
        example = "-".join(aspect.values[0] for aspect in domain.aspects)
        return " ".join(
            (
                f"You are an assistant. A user wants a {domain.work} and leaves three aspects open, each on its own: "
                f"{said}. A version is one value of each aspect, such as {example}.",
                *(self._travellers() if self.preset == "trip" else self._writers(first, f"{second} and {third}")),
                f"You have {self.turns} turns, the delivery included.",
            )
        )

    def _writers(self, first: str, others: str) -> Iterator[str]:
        says = {"no": "no", "count": "how many aspects are wrong", "point": "which aspect is wrong first"}
        verdict = says.get(self.feedback, "what the first wrong aspect should be")
        yes, no = f"{self.able:.0%}", f"{self.unable:.0%}"
        yield (
            f"There are three kinds of users. Stylists (35%), asked about the {first}, can say what they want with "
            f"probability {yes}, about {others} with {no}; planners (35%) about {others} with {yes}, about the {first} "
            f"with {no}; editors (30%) about anything with {no}. A right draft is accepted. Over a wrong one a user "
            f"leaves with probability {self.leaves:.0%}; else stylists and planners say {verdict}, and editors put the "
            f"first wrong aspect right, in the order above."
        )
        if self.examples:
            yield (
                f"You can show examples once, at {self.show_cost:g}: then stylists and planners can speak of every "
                f"aspect with {yes}, and can be asked again about what they could not say."
            )
        yield f"A question costs {self.ask_cost:g}, a draft {self.draft_cost:g}."
        part = f", one that is right in part {self.partial:g} times its share of right aspects" if self.partial else ""
        yield f"A final version that is right in all aspects is worth 1{part}, else 0; to deliver ends the dialogue."

    def _travellers(self) -> Iterator[str]:
        yes, no = f"{self.able:.0%}", f"{self.unable:.0%}"
        yield (
            f"There are three kinds of users. Planners (35%), asked about an aspect, can say what they want with "
            f"probability {yes}; dreamers (35%) with {no}, but with {yes} once you have searched for it; ramblers "
            f"(30%) with {no}. While you only talk, planners and dreamers come out with the first aspect that they "
            f"have not spoken of with probability 10%, ramblers with {self.talkative:.0%}. After a search for an "
            f"aspect you can ask about it again. A question costs {self.ask_cost:g}, a search {self.show_cost:g}."
        )
        share = f"{self.partial:g} times its share of right aspects"
        part = f" One that is right in part is worth {share}." if self.partial else ""
        yield (
            "A final version that is right in all aspects is worth the mean of 1 for each aspect that you searched for "
            f"and {self.unseen:g} for each other, else 0; to deliver ends the dialogue.{part}"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """What may be named: the domain, and which acts there are."""
        return (dialogue.scenario.domain, self.preset != "trip", self.showing)

    def success(self, game: Commission, state: Work, hidden: Wish) -> bool:
        """Whether the final version is right in every aspect."""
        return state.final == hidden.spec

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        game, state, want = dialogue.setting.game_as(Commission), dialogue.state, dialogue.hidden.spec
        every, final = len(game.aspects), state.final
        told: dict[int, int] = {}
        passive, contradictions, premature = 0, 0, False
        for step in dialogue.steps:
            if isinstance(step.act, (Draft, Deliver)):
                spec = game.spec(step.act.version)
                contradictions += any(spec[place] != value for place, value in told.items())
                premature = isinstance(step.act, Deliver) and every - len(told) > 1
            for before, _, act in step.exchange.replies:
                if isinstance(act, (Want, Edit)):
                    place = game.places[act.aspect]
                    told[place] = game.aspects[place].values.index(act.value)
                    passive += before.topic is None
        right = [] if final is None else [place for place in range(every) if final[place] == want[place]]
        return {
            "all_right": self.success(game, state, dialogue.hidden),
            "aspects_right": len(right) / every,
            "ending": state.ending or "truncated",
            "premature": premature,
            "contradictions": contradictions,
            "questions": state.asks,
            "drafts": state.drafts,
            "tokens_read": sum(len(step.text.split()) for step in dialogue.steps),
            "active": (len(told) - passive) / every,
            "passive": passive / every,
            "best": sum(state.shown >> place & 1 for place in right) / every,
            "turns": state.turn,
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """How many aspects of the final version are right."""
        if outcome["ending"] not in ("accepted", "delivered"):
            return "handed over nothing"
        right = round(3 * outcome["aspects_right"])
        return f"handed over a version that is right in {'all' if right == 3 else right} of 3 aspects"

    def reveal(self, scenario: Order, hidden: Wish) -> dict[str, Any]:
        """The version that is wanted, and the kind of the user."""
        return {"version": self.parts(scenario)[0].version(hidden.spec), "kind": hidden.kind}


@cache
def _setting(mind: User, first: User) -> Setting:
    return Setting(mind.game, mind, SEATS[0], mind.candidates, lambda: Renamed(mind, _optimum(first)))


@cache
def _optimum(mind: User) -> Solution:
    """The shared solution of all domains, in the names of the first."""
    return Solution(mind.game, mind, SEATS[0], mind.candidates)
