"""Mafia: one of the company did it; a bystander decides whom to question, whom to accuse, and when to be silent."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from ...core.checks import above, between, whole
from ...core.dialogue import Dialogue
from ...core.people import People
from ...core.setting import Setting
from ..base import Family
from .game import ACTS, NAMES, Circle, Company, Name, Search
from .mind import Secret, company
from .stories import STORIES
from .voice import PATTERNS, VOICE, Affair, listed, printed, understand


@dataclass(frozen=True, slots=True)
class Evening:
    """One scenario: what has been done."""

    story: str
    needed: int = 3

    @property
    def public(self) -> Affair:
        """All of it."""
        return Affair(self.story, self.needed)


@dataclass(frozen=True)
class Mafia(Family):
    """A company in which one did it: a bystander listens, questions, accuses, and has to choose the moment.

    ## Description

    Somebody ate the birthday cake before the party, or howls at night and frightens the sheep. It was Anna, Ben, Cleo
    or Dan, and not the learner, who sits with them. Moment by moment, somebody speaks: one suspects somebody for a
    reason, another just joins in. At the end of the day, the one whom most voices are against is searched. If it is the
    wrong one, he or she goes home, hurt; in the night the guilty one talks somebody else into staying away; and there
    is a second, shorter day. What people say tells something of who did it, most of all what they suspect on their
    own. But people follow: a voice that is raised early is joined by others, who then say nothing of what they know.
    Who speaks all the time is not listened to. So the question is not only whom to speak against, but when.

    ## Scenario

    One of 26 stories, all equally likely; they differ in words alone. Who did it is drawn with equal chances, and is
    one secret of the whole table. When the learner waits or accuses, the host gives the word to one of those who are
    there; the guilty one gets it half as often as each of the others. Who has the word, and sees one person alone
    ahead, joins those against that person in half of all cases (unless it is that person), and suspects nobody yet in
    80% if nobody is alone ahead. Else somebody is suspected for a reason: by an innocent, the guilty one four times as
    often as each of the others; by the guilty one, anybody else. Who is questioned has an alibi that convinces with a
    probability of 4/7, the guilty one with 1/7; one that does not is a voice against that person.

    ## Acts

    An utterance is free text with at most one tag. `[question anna]` asks for an alibi, which Anna has to give at once.
    `[accuse anna]` raises a voice against Anna; then somebody else has the word. Who has questioned or accused in the
    moment before cannot accuse: nobody listens to somebody who speaks all the time. Without a tag it is talk: the
    learner waits, and hears somebody. Each of these takes a moment.

    With `grammar="tagged"` only tags bind. With `grammar="natural"`, the default, an utterance without a tag is read by
    the patterns below: `Ben, where were you?`, `I think it was Ben.` Where nobody is named, "you" is who has spoken
    last. Several different acts are ambiguous: the turn is lost. A lost turn counts as talk.

    ## Observation

    Text. The first observation is the brief, and how Anna opens the talk; after that, what the host prints (who has the
    word, how a day ends, who is missing) and what people say, a line each after the name. People's words depend on
    their act, the story and a persona of their own, never on who did it.

    ## Rewards

    `goal`, at the end: 1 if the guilty one is found on the first day, `late` if on the second, 0 if never; less `cost`
    for each question and accusation.

    ## Episode end

    Terminated when the guilty one is found, or after the second day. Truncated by the third lost turn in a row, which
    pays what not finding anybody pays, or by a failure of the simulated user's machinery; in the second case
    `info["error"]` says what failed.

    ## Optimum

    The best expected payoff is computed exactly, by expectimax over public states and a belief about who did it
    (Kaelbling et al. 1998). People are alike but for the voices against them and what is believed of them; acts that
    name them are named back. All stories share one solution.

    ## Registered configurations

    | id | moments of the first day | of the second | voices needed | cost | late |
    |---|---:|---:|---:|---:|---:|
    | `Mafia-v0` | 4 | 2 | 3 | 0.02 | 0.5 |

    ## Metrics

    `info["outcome"]`, at the end: `found` (whether the guilty one was, the win rate of bystanders in Time to Talk),
    `found_first` (on the first day), `wrong` (innocents searched), `vote_share` (share of the voices that were against
    the guilty one when they were counted); of the learner's timing, as there: `messages` (questions and accusations;
    number of messages), `speaking_rate` (share of all messages, which its scheduler holds against 1/n),
    `time_difference` (messages of others before a message of the learner, since its last one; all of them if there is
    none), `silence` (share of moments in which the learner waits), `words` (spoken); `malformed` (ambiguous turns
    included), `illegal`. `info["hidden"]` then holds `guilty`.

    ## References

    - N. Eckhaus, U. Berger and G. Stanovsky (2025). Time to talk: LLM agents for asynchronous group communication in
      Mafia games. *Findings of EMNLP 2025*, 11356-11368. arXiv:2506.05309.
    - S. Bikhchandani, D. Hirshleifer and I. Welch (1992). A theory of fads, fashion, custom, and cultural change as
      informational cascades. *Journal of Political Economy* 100, 992-1026.
    - L. P. Kaelbling, M. L. Littman and A. R. Cassandra (1998). Planning and acting in partially observable stochastic
      domains. *Artificial Intelligence* 101, 99-134.

    Args:
        first: Moments of the first day; 4 or 5.
        second: Moments of the second day; 1 to 3.
        needed: Voices without which nobody is searched; 1 to 5.
        cost: What a question or an accusation costs; above 0, at most 0.2.
        late: What it pays to find the guilty one on the second day; 0 to 1.
        follows: How often people join those who are ahead; 0 to 0.9.
    """

    first: int = 4
    second: int = 2
    needed: int = 3
    cost: float = 0.02
    late: float = 0.5
    follows: float = 0.5

    role = "you"
    acts: ClassVar = ACTS
    understand: ClassVar = understand
    patterns: ClassVar = PATTERNS
    voice: ClassVar = VOICE
    tools: ClassVar = {"host": printed}
    metrics_of: ClassVar[Mapping[str, str]] = {
        "found": "share of dialogues in which the guilty one is found",
        "found_first": "share of dialogues in which that is on the first day",
        "wrong": "innocents searched",
        "vote_share": "share of the voices that were against the guilty one when they were counted",
        "messages": "questions and accusations",
        "speaking_rate": "the learner's share of all messages",
        "time_difference": "messages of others before one of the learner, since its last",
        "silence": "share of moments in which the learner waits",
        "words": "words that the learner speaks",
    }

    def __post_init__(self) -> None:
        whole(self, 4, 5, "first")
        whole(self, 1, 3, "second")
        whole(self, 1, 5, "needed")
        above(self, 0.0, "cost")
        between(self, 0.0, 0.2, "cost")
        between(self, 0.0, 1.0, "late")
        between(self, 0.0, 0.9, "follows")

    def scenarios(self) -> Sequence[Evening]:
        """Every story, all equally likely."""
        return [Evening(story, self.needed) for story in STORIES]

    def parts(self, scenario: Evening) -> tuple[Company, People]:
        """Game and people, the same for all stories."""
        setting = self.setting(scenario)
        return setting.game_as(Company), setting.mind  # type: ignore[return-value]

    def setting(self, scenario: Evening) -> Setting:
        """The one setting of all stories."""
        return _setting(self.first, self.second, self.needed, self.cost, self.late, self.follows)

    def task(self, scenario: Evening) -> str:
        """What has been done, the rules, what people are like, what counts."""
        story, mind = STORIES[scenario.story], Secret(Company(), follows=self.follows)
        innocent, guilty = mind.convinces
        return (
            f"Somebody {story.where} {story.did}: {listed(NAMES, 'or')}, each as likely, and not you. You sit together "
            f"and talk, {self.first} moments on the first day, {self.second} on the second. In each you question one, "
            "who has to give an alibi; or accuse one, a voice against him or her, unless you have questioned or "
            "accused in the moment before; or say anything else, and so wait. Unless you question, the host then gives "
            "somebody else the word. At the end of the day the one with most voices against, if no other has as many "
            f"and they are {self.needed} or more, is searched. If it is the wrong one, he or she goes home; then the "
            "guilty one gets somebody else to stay away, and the second day begins with no voices. You score 1 if the "
            f"guilty one is found on the first day, {self.late:g} on the second, less {self.cost:g} for each question "
            f"and accusation. The guilty one gets the word {mind.quiet:.0%} as often as another. If one alone is "
            f"ahead, {self.follows:.0%} just join; if nobody is, {mind.unsure:.0%} suspect nobody yet; else an "
            f"innocent suspects the guilty one {mind.keen:g} times as often as each other one, the guilty one anybody. "
            f"An alibi convinces with {innocent:.0%}, of the guilty one with {guilty:.0%}; one that does not is a "
            "voice against."
        )

    def context(self, dialogue: Dialogue) -> Hashable:
        """Who has spoken last of those who are still there."""
        state = dialogue.state
        for step in reversed(dialogue.steps):
            for _, seat, _ in reversed(step.exchange.replies):
                if seat in NAMES and state.here[NAMES.index(seat)]:
                    return seat
        return ""

    def success(self, game: Company, state: Circle, hidden: tuple[Name]) -> bool:
        """Whether the guilty one is found."""
        return state.ending in Company.ENDINGS

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics of a finished dialogue."""
        state, guilty = dialogue.state, dialogue.hidden[0]
        replies = [reply for step in dialogue.steps for reply in step.exchange.replies]
        counts = [(before, act) for before, seat, act in replies if seat == "host" and isinstance(act, Search)]
        voices = sum(sum(before.voices) for before, _ in counts)
        against = sum(before.voices[NAMES.index(guilty)] for before, _ in counts)
        gaps, others, spoken = [], 1, 0  # the opening is a message, too
        for step in dialogue.steps:
            if isinstance(step.act, ACTS):
                gaps.append(others)
                others, spoken = 0, spoken + 1
            others += sum(seat in NAMES for _, seat, _ in step.exchange.replies)
        said = 1 + sum(seat in NAMES for _, seat, _ in replies)
        words = sum(len(self._plain(step.text).split()) for step in dialogue.steps)
        return {
            "found": self.success(dialogue.setting.game_as(Company), state, dialogue.hidden),
            "found_first": state.ending == "first",
            "wrong": sum(act.word == "clean" for _, act in counts),
            "vote_share": against / voices if voices else 0.0,
            "messages": spoken,
            "speaking_rate": spoken / (spoken + said),
            "time_difference": sum(gaps) / len(gaps) if gaps else float(said),
            "silence": 1.0 - spoken / len(dialogue.steps) if dialogue.steps else 1.0,
            "words": words,
        }

    def measures(self, game: Company, state: Circle, hidden: tuple[Name]) -> dict[str, float]:
        """The metrics of a final state that are numbers of their own, for exact means."""
        return {
            "found": float(state.ending in Company.ENDINGS),
            "first": float(state.ending == "first"),
            "messages": float(state.spoken),
        }

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """Whether the guilty one was found, and when."""
        if not outcome["found"]:
            return "did not find out who it was"
        return f"found out who it was on the {'first' if outcome['found_first'] else 'second'} day"

    def reveal(self, scenario: Evening, hidden: tuple[Name]) -> dict[str, Any]:
        """Who did it."""
        return {"guilty": hidden[0]}

    def _plain(self, text: str) -> str:
        """An utterance without its tags."""
        return " ".join(part.partition("]")[2] if i else part for i, part in enumerate(text.split("[")))


@cache
def _setting(first: int, second: int, needed: int, cost: float, late: float, follows: float) -> Setting:
    game = Company(first, second, needed, cost, late)
    return Setting(game, company(Secret(game, follows=follows)), Mafia.role)
