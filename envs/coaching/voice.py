"""Coaching in plain English: how a coach is understood without tags, and how a client speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .domains import DOMAINS, extract
from .game import ACTS, PUSHING_ACTS, Answer, Ask, Leave, Recommend, Suggest

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of clients; they mean nothing."""

_SENTENCE = re.compile(r"([^.!?;]+)([.!?;]*)")
_SYMBOLS = re.compile(r"[^\w\s.,:;!?'-]+")
_RECOMMENDS = re.compile(
    r"\b(?:i|we)(?:'d| would| will|'ll)?(?: strongly| warmly| really| gladly| therefore| definitely)? (?:recommend"
    r"|advise|prescribe)\b|\bmy (?:final )?(?:recommendation|advice)\b"
    r"|\byou should (?:try|do|go|take|start|join|choose|pick)\b|\bi(?:'d| would)? (?:choose|pick)\b"
    r"|\b(?:is|will be) (?:right|best|perfect|ideal|the (?:right|best) (?:one|choice|thing|strategy)) for you\b"
)
_LEADS = re.compile(
    r"\b(?:surely|certainly|clearly|obviously|definitely|right|type|kind of person|admit|wouldn't you|don't you"
    r"|aren't you|isn't it|you must|(?:you'd|you would)(?: surely| probably| rather)? (?:like|love|enjoy|prefer)"
    r"|(?:would|could) (?:suit|be for) you|sounds? like you)\b"
)
_TELL = re.compile(
    r"\b(?:tell me (?:more )?(?:about|if|whether)|i (?:wonder|would like to know|want to know|'d like to know)"
    r"|let me ask)\b"
)
_UNSURE = re.compile(
    r"\b(?:not|never|n't|no|if|unless|before|until|when|while|maybe|perhaps|might|may|could|can(?:not)?|instead of"
    r"|rather than|or|either|neither)\b|n't\b"
)


def understand(text: str, context: tuple[str, str, bool]) -> Heard:
    """Read an utterance without a tag. Deterministic, linear in the text, and never raises.

    1. A sentence recommends if it says so in the first person or says what the client should do or what is right for it
       ("I recommend yoga", "my advice is yoga", "you should try yoga", "yoga is best for you"), and is neither a
       question nor in doubt ("I would not recommend yoga", "maybe you should try it").
    2. A question, or a sentence with "tell me about" or "I wonder", that names attributes asks about them.
    3. Where suggestions are possible, a question that names a strategy and leads ("you are surely the yoga type,
       right?") suggests it.
    4. One act in an utterance binds. Two different ones are ambiguous. Everything else is talk: when in doubt, nothing
       binds.

    Args:
        text: Any string.
        context: Domain, preset, and whether strategies can be suggested.
    """
    domain, preset, pushing = context
    strategies, attributes = _vocabulary(domain, preset)
    acts: dict[Act, None] = {}
    plain = _SYMBOLS.sub(", ", " ".join(text.lower().replace("’", "'").split()))
    for sentence, end in _SENTENCE.findall(plain):
        named = [name for name, pattern in strategies if pattern.search(sentence)]
        question = "?" in end
        if named and not question and _RECOMMENDS.search(sentence) and not _UNSURE.search(sentence):
            acts |= dict.fromkeys(Recommend(name) for name in named)
        elif question or _TELL.search(sentence):
            if asked := [Ask(name) for name, pattern in attributes if pattern.search(sentence)]:
                acts |= dict.fromkeys(asked)
            elif named and pushing and _LEADS.search(sentence):
                acts |= dict.fromkeys(Suggest(name) for name in named)
    if not acts:
        return TALK
    if len(acts) > 1:
        said = [f"{_VERBS[type(act)]} {getattr(act, 'attribute', '') or getattr(act, 'strategy', '')}" for act in acts]
        return Heard(Say(), "ambiguous", f"Do you {', or '.join(said[:3])}? Please one at a time.")
    return Heard(next(iter(acts)))


_YES = Answer("yes")
_VERBS = {Ask: "ask about", Recommend: "recommend", Suggest: "suggest"}


@cache
def _vocabulary(
    domain: str, preset: str
) -> tuple[list[tuple[str, re.Pattern[str]]], list[tuple[str, re.Pattern[str]]]]:
    part, words = extract(domain, preset), DOMAINS[domain]
    strategies = [(name, re.compile(rf"\b(?:{words.heard.get(name, name)})\b")) for name in part.strategies]
    return strategies, [(name, re.compile(rf"\b(?:{words.topics[name].pattern})\b")) for name in part.attributes]


def claim(cue: Cue) -> str:
    """What a client claims who answers a question; what varies it is public."""
    words = DOMAINS[cue.public.domain].topics[cue.before.topic.attribute]
    claims = words.yes if cue.act == _YES else words.no
    return claims[(cue.before.turn + len(cue.public.name)) % len(claims)]


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the coach has only talked."""
    act, public, topic = cue.act, cue.public, cue.before.topic
    domain = DOMAINS[public.domain]
    said = doing = ""
    if isinstance(act, Answer) and isinstance(topic, Ask):
        slot, said = act.word, claim(cue)
    elif isinstance(act, Answer):
        slot, doing = "agree" if act.word == "yes" else "disagree", domain.strategies[topic.strategy]
    else:
        slot = "opening" if cue.opening else "leave" if isinstance(act, Leave) else "talk"
    values = (said, doing, doing[:1].upper() + doing[1:], domain.goal, public.name)
    return slot, values, "chat" if topic is None else ""


GRAMMAR = Grammar(ACTS, understand)
PUSHING_GRAMMAR = Grammar(PUSHING_ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
