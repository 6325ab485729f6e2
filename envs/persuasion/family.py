"""Persuasion: a small donation for a good cause, as an environment."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ...core.checks import between, whole
from ...core.dialogue import Dialogue
from ..base import Family
from .charities import CHARITIES
from .game import ACTS, FACTS, KINDS, MOVERS, Appeal, Campaign, Plea
from .mind import PEOPLE, Mindset, Persuadee
from .voice import NAMES, PATTERNS, SUMS, VOICE, understand

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_TAG = re.compile(r"\[[^\[\]]*\]")


class Encounter(NamedTuple):
    """What both sides know."""

    charity: str
    name: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """One scenario: for which charity, who is met, and what the persuader was told of that person."""

    charity: str
    name: str
    profile: str = ""

    @property
    def public(self) -> Encounter:
        """All but the profile."""
        return Encounter(self.charity, self.name)


@dataclass(frozen=True)
class Persuasion(Family):
    """Asking for a good cause: a volunteer wins a small donation from a stranger, with honest facts.

    ## Description

    A volunteer of a small charity talks to a stranger and asks for 50 cents or a dollar. Some people are moved by what
    their money does, others by the people whom it helps, and half of them doubt the charity and must be won over before
    anything else counts. The wrong fact puts people off, a no ends the dialogue, and who has given a little is often
    done with it. So the volunteer has to find out what the stranger needs, and to ask neither too early nor for too
    little. Its only means are facts: all that can be told is true of the charity, and there is no act for anything
    else.

    People and charities are made up, and so are all probabilities. Nothing here tells how to treat real people. No
    charity is about a crisis or an illness, and nothing is medical advice.

    ## Scenario

    One of eight charities and one of six names, all equally likely; with a `profile` also what the volunteer was told
    of the person. The hidden state is a `kind` (`reason` or `feeling`, equally likely), `doubts` (half of the people)
    and a `will` of 0 (45%), 1 (45%) or 2 (10%), which are independent. Somebody with doubts says yes to nothing;
    somebody without them to 50 cents from a will of 1 on, and to a dollar at 2. Doubts and will move:

    | what is done | what comes of it |
    |---|---|
    | `[appeal trust]` to somebody with doubts | the doubts go with 85% |
    | `[appeal trust]` to somebody without | will -1 with 50%: nobody had asked for that |
    | `[appeal reason]` or `[appeal feeling]` to somebody with doubts | will -1 with 50% |
    | the same to somebody without, of its own kind | will +1 with 80% |
    | of the other kind | will +1 with 5%, -1 with 50% |
    | `[inquire]` | with doubts it speaks of trust with 90%, without with 10%; else of its kind (95%) or the other |
    | `[propose 50]`, `[propose 100]` | yes if the will is enough and there are no doubts; else no, which ends it |
    | a yes to 50 cents | with 60% that is all and ends it; else the talk goes on, and with 30% the will is now 2 |

    After a fact the person nods with 80% if it has worked, and with 20% if not (a polite nod), and else shrugs.

    ## Acts

    An utterance is free text with at most one tag: `[appeal KIND]` with `reason`, `feeling` or `trust` (the logical,
    the emotional and the credibility appeal), `[inquire]`, `[propose CENTS]` with 50 or 100, `[stop]`; without a tag it
    is talk. The persuadee speaks first. Each charity has two facts of each kind, so each appeal is possible twice, and
    the personal question once.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below. A fact of the charity binds as its kind of appeal, in whatever words it is told (`Mina waits at
    the stop each Tuesday`); a claim that is no fact of the charity is talk, and costs a turn. A proposal needs its sum
    (`could you spare 50 cents?`). Two different acts in one utterance are ambiguous: the turn is lost.

    ## Observation

    Text. The first observation is the brief (the charity with all its facts, all probabilities, costs, turns, tags) and
    the persuadee's hello; after that, each reply. It is empty after `[stop]`. The persuadee's words depend on what it
    shows, the public facts and a persona, never on what is hidden.

    ## Rewards

    `goal`, at the end: the dollars promised less `cost` for each turn. A turn that was lost or only talked in counts as
    any other; `[stop]` costs nothing.

    ## Episode end

    Terminated by `[stop]`, by a no, by a yes to a dollar, by a yes to 50 cents that is to be all, or when the persuadee
    leaves after `turns` turns. Truncated by the third lost turn in a row, which pays like `[stop]`, or by a failure of
    the simulated user's machinery; in the second case `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and beliefs about the hidden state
    (Kaelbling et al. 1998). All charities and names share a solution. Talk only costs, and in the last turn a fact or a
    question does too, so the solver leaves them out there.

    ## Registered configurations

    | id | profile | turns | cost |
    |---|---|---:|---:|
    | `Persuasion-v0` | none | 5 | 0.02 |
    | `PersuasionProfile-v0` | right with 70% | 5 | 0.02 |

    ## Metrics

    `info["outcome"]`, at the end: `donation` (dollars; of PersuasionForGood, as are `donors`), `donors` (whether
    anything was given), `levels` (how far the will has moved: the levels changed of PersuadeGym), `convinced`
    (doubts taken away, of those who had any; else `None`), `made_up` (turns in which the persuader named a figure that
    stands in no fact of the brief), `appeals`, `turns`, `ending` (`donated`, `enough`, `refused`, `stopped`, `limit` or
    `truncated`), `malformed` (ambiguous turns included), `illegal`. `info["hidden"]` then holds `kind`, `doubts` and
    `will` as they are in the end.

    ## References

    - X. Wang, W. Shi, R. Kim, Y. Oh, S. Yang, J. Zhang and Z. Yu (2019). Persuasion for good: towards a personalized
      persuasive dialogue system for social good. *ACL*.
    - C. Qian et al. (2025). UserRL: training interactive user-centric agent via reinforcement learning.
      arXiv:2509.19736. Its PersuadeGym.
    - F. Salvi, M. Horta Ribeiro, R. Gallotti and R. West (2025). On the conversational persuasiveness of GPT-4. *Nature
      Human Behaviour*.
    - T. Petrova, S. Sokol and R. State (2026). How much does persuasion strategy matter? LLM-annotated evidence from
      charitable donation dialogues. arXiv:2604.19783.
    - J. L. Freedman and S. C. Fraser (1966). Compliance without pressure: the foot-in-the-door technique. *Journal of
      Personality and Social Psychology* 4, 195-202.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        turns: Turns of the persuader. 4 to 6.
        cost: What each of them costs, in dollars; from 0 to 0.2.
        profile: How often what the persuader was told of the person's kind is right; from 0.5 to 1. At 0 it is told
            nothing.
    """

    turns: int = 5
    cost: float = 0.02
    profile: float = 0.0

    role = "persuader"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    metrics_of: ClassVar[Mapping[str, str]] = {
        "donation": "dollars given",
        "donors": "share of people who gave something",
        "levels": "how far the will has moved",
        "convinced": "share of people with doubts who lost them",
        "made_up": "turns with a figure that stands in no fact",
        "appeals": "facts told",
        "turns": "turns of the persuader",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 6, "turns")
        between(self, 0.0, 0.2, "cost")
        if self.profile != 0.0:
            between(self, 0.5, 1.0, "profile")

    def scenarios(self) -> Sequence[Meeting]:
        """Every charity with every name, and with a profile each of the kinds; all equally likely."""
        profiles = MOVERS if self.profile else ("",)
        return [Meeting(charity, name, profile) for charity in CHARITIES for name in NAMES for profile in profiles]

    def parts(self, scenario: Meeting) -> tuple[Campaign, Persuadee]:
        """Game and mind; they depend on the profile alone."""
        game = Campaign(self.turns, self.cost)
        return game, Persuadee(game, scenario.profile, self.profile or 0.5)

    def task(self, scenario: Meeting) -> str:
        """The charity with its facts, what people are like, what counts."""
        charity, name, t = CHARITIES[scenario.charity], scenario.name, PEOPLE
        facts = "\n".join(f"{kind}: {' '.join(charity.facts[kind])}" for kind in KINDS)
        profile = (
            f"You were told that {name} is one for {scenario.profile}; that is right with {self.profile:.0%}. "
            if scenario.profile
            else ""
        )
        low, middle, high = (f"{share:.0%}" for share in t.will)
        return (
            f"You are a volunteer of {charity.called}, which {charity.does}, and ask {name}, a stranger, for "
            f"{' or '.join(SUMS.values())}. Tell only what is true:\n{facts}\n"
            f"You score the dollars promised, less {self.cost:g} a turn, in {self.turns} turns. {profile}"
            f"People are for reason or for feeling ({'else ' if profile else ''}equally likely); {t.doubts:.0%} doubt "
            f"you. Their will is 0 ({low}), 1 ({middle}) or 2 ({high}): for nothing, {SUMS[50]}, {SUMS[100]}; with "
            f"doubts they give nothing. A trust fact takes doubts away ({t.clears:.0%}); where there are none, it "
            f"lowers the will ({t.vain:.0%}). Another fact lowers the will of somebody with doubts ({t.annoys:.0%}). "
            f"Without doubts, one of the person's kind raises it ({t.fits:.0%}); one of the other kind lowers "
            f"({t.annoys:.0%}) or raises it ({t.strays:.0%}). People nod with {t.nods:.0%} if a fact has worked, else "
            f"with {t.polite:.0%}. Asked what they need, they speak of trust ({t.tells:.0%} with doubts, {t.hints:.0%} "
            f"without), else of their kind ({t.candid:.0%}) or the other. Each fact can be told once ({FACTS} of a "
            f"kind), the question asked once. A no ends the talk. Who gives {SUMS[50]} is done with {t.content:.0%}; "
            f"else the will is now 2 with {t.foot:.0%}.\n"
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """The charity, whose facts count."""
        return dialogue.scenario.charity

    def measures(self, game: Campaign, state: Any, hidden: Mindset) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means."""
        return {"donation": state.given / 100, "donors": float(state.given > 0), "turns": float(state.turn)}

    def success(self, game: Campaign, state: Plea, hidden: Mindset) -> bool:
        """Whether something is given, as Persuasion for Good counts donors."""
        return state.given > 0

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, then, now = dialogue.state, dialogue.hidden_start, dialogue.hidden
        return {
            "donation": state.given / 100,
            "donors": self.success(dialogue.setting.game_as(Campaign), state, now),
            "levels": now.will - then.will,
            "convinced": not now.doubts if then.doubts else None,
            "made_up": sum(self._makes_up(step.text, dialogue.scenario.charity) for step in dialogue.steps),
            "appeals": sum(isinstance(step.act, Appeal) for step in dialogue.steps),
            "turns": state.turn,
            "ending": state.ending or "truncated",
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What was given."""
        return f"won {SUMS[round(100 * outcome['donation'])] if outcome['donors'] else 'nothing'}"

    @staticmethod
    def _makes_up(text: str, charity: str) -> bool:
        """Whether a figure is named that stands in no fact and is no sum to ask for."""
        known = {
            figure for facts in CHARITIES[charity].facts.values() for fact in facts for figure in _FIGURE.findall(fact)
        }
        known |= {"1", "50", "100", "0.50", "1.00", "1.0"}
        return any(figure not in known for figure in _FIGURE.findall(_TAG.sub("", text)))
