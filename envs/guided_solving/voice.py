"""Guided solving in plain English: how a tutor is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from .game import ACTS, Attempt, Hint, Nudge, Show, Stop, Tell, Try
from .phrases import FIELDS, PHRASES, TOPICS

_SENTENCE = re.compile(r"([^.!?;\n]+)([.!?;\n]*)")
_CLAUSE = re.compile(r",|:| - |\bbut\b|\bso\b")
_NEGATION = re.compile(
    r"\b(?:not|never|no|don't|dont|won't|can't|cannot|wouldn't|shouldn't|couldn't|didn't|isn't|without|instead "
    r"of|before|rather than)\b"
)
_CONDITION = re.compile(r"\b(?:if|unless|when|once|until|or|want|would like|need|later)\b")

_IT = (
    r"(?:it|this|that|(?:this|that|the)(?: (?:next|first|second|third|last))? (?:step|one|part)|step "
    r"(?:\d|one|two|three))"
)
_GO = r"(?:(?:ok|okay|now|well|right|good|great|then|and|please|alright|all right) )*"
_LET_ME = r"(?:let me|i'll|i will|i am going to|i'm going to) (?:just )?"
_HERE_IS = r"(?:here is|here's|here comes|this is|let me give you|i'll give you|i will give you)"
_STATED = "this_is_told"


def _reading(act: type[Act], question: bool, *patterns: str) -> tuple[type[Act], bool, re.Pattern[str]]:
    return act, question, re.compile(rf"{_GO}(?:{'|'.join(patterns)})")


_READINGS = (  # act, whether a question may mean it, how a clause that means it begins
    _reading(
        Tell, False, rf"{_LET_ME}(?:tell|give) you the (?:final )?(?:answer|solution|result)\b", rf".*\b{_STATED}"
    ),
    _reading(
        Show, False, rf"{_LET_ME}(?:show you|work {_IT} out|(?:do|solve) {_IT} for you)\b", r"watch (?:me|how i)\b"
    ),
    _reading(Show, False, rf"{_HERE_IS} (?:how (?:you do|to do|it is done|it's done|it works)|the worked step)\b"),
    _reading(
        Hint,
        False,
        rf"(?:{_HERE_IS} )?(?:a|another|the) hint\b",
        rf"hint\b|{_HERE_IS} the idea\b",
        r"the (?:key |main )?(?:idea|trick|key) (?:here )?is\b",
    ),
    _reading(
        Nudge,
        True,
        r"(?:just )?think (?:again )?about (?:what|how|why|which|where)\b",
        rf"ask yourself\b|{_HERE_IS} a (?:nudge|question for you)\b",
    ),
    _reading(
        Nudge,
        True,
        (
            r"what (?:do you (?:notice|know already|already know)|are you asked|is (?:being )?asked|would "
            r"happen|happens)\b"
        ),
    ),
    _reading(
        Try,
        True,
        (
            rf"(?:just )?(?:give {_IT} (?:a|another) (?:try|go|shot)|have (?:a|another) (?:try|go|shot)|try {_IT}|try "
            r"again|you try)\b"
        ),
    ),
    _reading(
        Try,
        True,
        rf"(?:can|could|would) you (?:please )?(?:try|do|solve|work out|have a go at) {_IT}\b",
        r"what (?:do|did|would) you get\b",
    ),
    _reading(Try, True, r"(?:it's |it is )?your turn\b", r"(?:now you|go ahead)\Z"),
    _reading(
        Stop,
        False,
        (
            r"(?:let's|let us|we'll|we will|we can|i'll|i will) (?:stop|finish|end|leave it) "
            r"(?:here|now|there|this|for "
            r"(?:today|now))\b"
        ),
    ),
    _reading(Stop, False, r"(?:that is|that's|this is) (?:all|enough|it) for (?:today|now)\b", r"(?:good ?bye|bye)\b"),
)
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
            for kind, askable, pattern in _READINGS:
                if (askable or not uncertain) and pattern.match(clause):
                    meant[kind] = None
    if len(meant) > 1:
        named = [_NAMES[kind] for kind in meant]
        return Heard(Say(), "ambiguous", f"Do you want to {', '.join(named[:-1])} or {named[-1]}?")
    return Heard(next(iter(meant))()) if meant else TALK


@cache
def _stating(answer: str) -> re.Pattern[str]:
    """Where the final answer is stated as such. It is found before sentences are split, because it may hold a point."""
    return re.compile(
        r"\b(?:answer|solution|result)(?: is| would be| has to be| must be| comes out as)?[ "
        rf":=]+{re.escape(answer.lower())}(?!\w|[.,]\w)"
    )


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of `FIELDS`, and small talk if the tutor has only talked."""
    state, problem, act = cue.before, cue.public, cue.act
    steps, given = problem.steps, type(state.given)
    here = state.step
    step, last = steps[here], here + 1 == len(steps)
    following = step if last else steps[here + 1]
    values = (problem.subject, here + 1, step.goal, step.result, here + 2, following.goal)
    if isinstance(act, Attempt):
        return (("solved" if last else "right") if act.outcome == "right" else "wrong"), (*values, *step.wrong), ""
    if cue.opening:
        return "opening", values, ""
    if given is Show:
        return ("shown last" if last else "shown"), values, ""
    return (
        ("nudged" if given is Nudge else "hinted" if given is Hint else "talk"),
        values,
        "chat" if given is Say else "",
    )


WRONG = 3  # how many wrong results each step has


def wrong_result(cue: Cue, stream: Stream) -> str:
    """The result that a student who gets the step wrong comes to: the one that the phrase bank says with the same random numbers."""
    # The bank has each template once for each wrong result, see `_spread`.
    ways = WRONG * len(PHRASES[cue.persona]["wrong"]) if cue.persona in PHRASES else WRONG
    return cue.public.steps[cue.before.step].wrong[stream.choose(ways) % WRONG]


def _spread(templates: tuple[str, ...]) -> tuple[str, ...]:
    """Each template that names a wrong result, once for each of them."""
    return tuple(
        spread
        for template in templates
        for spread in (
            [template.replace("{wrong}", f"{{wrong{i}}}") for i in range(WRONG)]
            if "{wrong}" in template
            else [template]
        )
    )


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(
    {persona: {slot: _spread(templates) for slot, templates in bank.items()} for persona, bank in PHRASES.items()},
    (*FIELDS, *(f"wrong{i}" for i in range(WRONG))),
    describe,
    TOPICS,
)
