"""Guided solving in plain English: how a tutor is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice, drawn, spread
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Attempt, Hint, Nudge, Show, Stop, Tell, Try

WORDS = content(__file__, "phrases.toml")
WRONG = 3  # how many wrong results each step has
_BANK = spread(WORDS["bank"], WRONG, "wrong")

_SENTENCE = re.compile(r"([^.!?;\n]+)([.!?;\n]*)")
_CLAUSE = re.compile(r",|:| - |\bbut\b|\bso\b")
_NEGATION = re.compile(
    r"\b(?:not|never|no|don't|dont|won't|can't|cannot|wouldn't|shouldn't|couldn't|didn't|isn't|without|instead of"
    r"|before|rather than)\b"
)
_CONDITION = re.compile(r"\b(?:if|unless|when|once|until|or|want|would like|need|later)\b")

_IT = (
    r"(?:it|this|that|(?:this|that|the)(?: (?:next|first|second|third|last))? (?:step|one|part)"
    r"|step (?:\d|one|two|three))"
)
_GO = r"(?:(?:ok|okay|now|well|right|good|great|then|and|please|alright|all right) )*"
_LET_ME = r"(?:let me|i'll|i will|i am going to|i'm going to) (?:just )?"
_HERE_IS = r"(?:here is|here's|here comes|this is|let me give you|i'll give you|i will give you)"
_STATED = "this_is_told"

_NOW = r"(?:here|now|there|this|for (?:today|now))"
_READINGS = {  # how a clause that means an act begins
    act: re.compile(rf"{_GO}(?:{'|'.join(patterns)})")
    for act, patterns in {
        Tell: (rf"{_LET_ME}(?:tell|give) you the (?:final )?(?:answer|solution|result)\b", rf".*\b{_STATED}"),
        Show: (
            rf"{_LET_ME}(?:show you|work {_IT} out|(?:do|solve) {_IT} for you)\b",
            r"watch (?:me|how i)\b",
            rf"{_HERE_IS} (?:how (?:you do|to do|it is done|it's done|it works)|the worked step)\b",
        ),
        Hint: (
            rf"(?:{_HERE_IS} )?(?:a|another|the) hint\b",
            rf"hint\b|{_HERE_IS} the idea\b",
            r"the (?:key |main )?(?:idea|trick|key) (?:here )?is\b",
        ),
        Nudge: (
            r"(?:just )?think (?:again )?about (?:what|how|why|which|where)\b",
            rf"ask yourself\b|{_HERE_IS} a (?:nudge|question for you)\b",
            r"what (?:do you (?:notice|know already|already know)|are you asked|is (?:being )?asked)\b",
            r"what (?:would happen|happens)\b",
        ),
        Try: (
            rf"(?:just )?(?:give {_IT} (?:a|another) (?:try|go|shot)|have (?:a|another) (?:try|go|shot))\b",
            rf"(?:just )?(?:try {_IT}|try again|you try)\b",
            rf"(?:can|could|would) you (?:please )?(?:try|do|solve|work out|have a go at) {_IT}\b",
            r"what (?:do|did|would) you get\b",
            r"(?:it's |it is )?your turn\b",
            r"(?:now you|go ahead)\Z",
        ),
        Stop: (
            rf"(?:let's|let us|we'll|we will|we can|i'll|i will) (?:stop|finish|end|leave it) {_NOW}\b",
            r"(?:that is|that's|this is) (?:all|enough|it) for (?:today|now)\b",
            r"(?:good ?bye|bye)\b",
        ),
    }.items()
}
_ASKABLE = (Nudge, Try)  # what a question or a condition may mean
_NAMES = {
    Nudge: "ask me something",
    Hint: "give me a hint",
    Show: "show me the step",
    Try: "have me try",
    Tell: "tell me the answer",
    Stop: "stop",
}


def understand(text: str, answer: str) -> Heard:
    """Read an utterance without a tag. Deterministic, linear in the text, and never raises.

    1. A clause means an act if it begins like one of the readings above: "let me show you" shows, "here is a hint"
       hints, "ask yourself" nudges, "have a go" has the student try, "let's stop here" stops. Words such as "okay, now"
       may come before.
    2. A sentence with a negation means nothing ("I won't tell you the answer"). A question or a condition can only
       nudge or ask for a try.
    3. Who states the final answer as the answer ("the answer is 27 dollars") tells it.
    4. Several acts at once are ambiguous. All else is talk: when in doubt, nothing binds.

    Args:
        text: Any string.
        answer: The final answer of the problem.
    """
    meant: dict[type[Act], None] = {}
    for sentence, end in _SENTENCE.findall(_stating(answer).sub(_STATED, text.lower().replace("’", "'"))):
        if _NEGATION.search(sentence):
            continue
        uncertain = "?" in end or bool(_CONDITION.search(sentence))
        for clause in _CLAUSE.split(sentence):
            clause = " ".join(clause.split())
            for kind, pattern in _READINGS.items():
                if (kind in _ASKABLE or not uncertain) and pattern.match(clause):
                    meant[kind] = None
    if len(meant) > 1:
        named = [_NAMES[kind] for kind in meant]
        return Heard(Say(), "ambiguous", f"Do you want to {', '.join(named[:-1])} or {named[-1]}?")
    return Heard(next(iter(meant))()) if meant else TALK


@cache
def _stating(answer: str) -> re.Pattern[str]:
    """Where the final answer is stated as such. It is found before sentences are split, because it may hold a point."""
    stated = r"\b(?:answer|solution|result)(?: is| would be| has to be| must be| comes out as)?[ :=]+"
    return re.compile(rf"{stated}{re.escape(answer.lower())}(?!\w|[.,]\w)")


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the fields, and small talk if the tutor has only talked."""
    state, problem, act = cue.before, cue.public, cue.act
    steps, given = problem.steps, type(state.given)
    here = state.step
    step, last = steps[here], here + 1 == len(steps)
    following = step if last else steps[here + 1]
    values = (problem.subject, here + 1, step.goal, step.result, here + 2, following.goal)
    if isinstance(act, Attempt):
        slot = "wrong" if act.outcome == "wrong" else "solved" if last else "right"
        return slot, (*values, *step.wrong), ""
    if cue.opening:
        return "opening", values, ""
    if given is Show:
        return ("shown last" if last else "shown"), values, ""
    return {Nudge: "nudged", Hint: "hinted"}.get(given, "talk"), values, "chat" if given is Say else ""


def wrong_result(cue: Cue, stream: Stream) -> str:
    """The result of a student who gets the step wrong: what the phrase bank says with the same random numbers."""
    return cue.public.steps[cue.before.step].wrong[drawn(_BANK, cue.persona, "wrong", WRONG, stream)]


GRAMMAR = Grammar(ACTS, understand)
FIELDS = (*WORDS["fields"], *(f"wrong{number}" for number in range(1, WRONG + 1)))
VOICE = PhraseVoice(_BANK, FIELDS, describe, WORDS["topics"])
