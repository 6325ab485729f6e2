"""Coaching for a language model: what the client is told to say, and how its words are held to that.

An answer may be one of the claims that the phrase bank makes, which are known to mean yes or no, or it may be put in
other words. Those have to say yes or no outright, and nothing in them may point the other way. No words may tell the
coach of anything that was not asked about. In doubt the words fail.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from ...core.acts import Say
from ...core.stream import Stream
from ...simulated_users.guide import Line
from ...simulated_users.speech import (
    FREE_WORDS,
    fault_of_form,
    literal,
    manner,
    normal,
    one_of,
    without_lead,
    without_reason,
)
from ...simulated_users.user import Cue
from .domains import DOMAINS
from .game import Answer, Ask, Leave
from .phrases import NAMES, PHRASES, TOPICS, TOPICS_OF

_REACTIONS = (*TOPICS, "chat", "unclear", "illegal")
_IT = "this thing"  # stands for what was suggested while words are read

_NAME = "\ue001"  # stands for the client's name: a private-use character, nobody types it
_INTRODUCED = re.compile(
    rf"(?i:\b(?:i am|i'm|name is|name's|this is|it's|it is|call me)) {_NAME}|{_NAME} here\b|(?:\A|(?<=[.!?] "
    rf")){_NAME}[.!,]"
)
_CLAUSE = re.compile(r"[.!?;:,…–—()]|\bbut\b|(?<= )-(?= )")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_YES = re.compile(
    r"\b(?:yes|yeah|yep|yup|indeed|certainly|definitely|absolutely|of course|for sure|very much(?: so)?|i must say "
    r"yes|that(?:'s| is) (?:true|right|correct)|true"
    r"|you are right|you're right|exactly)\b(?! not\b)"
)
_SHORT_YES = re.compile(
    r"(?:oh |well |um |and |because )*(?:sure|right|totally|correct|guilty|that(?:'s| is)(?: so)? me|i (?:really "
    r"|certainly |sure )?do|i (?:really |certainly )?am|i would|i have"
    r"|it is|it does|they (?:do|are)|i (?:think|guess|suppose|believe) so)(?: (?:indeed|actually|a lot|very "
    r"much|really))?"
)
_NO = re.compile(
    r"\b(?:no|nope|nah|not|never|none|nothing|nobody|neither|nor|hardly|barely|seldom|rarely|cannot|cant|dont|without)\b|n't\b"
)
_AGAINST = re.compile(
    r"\b(?:avoid\w*|hate[sd]?|dislike[sd]?|refuse|lack|few|less|boring|bored?|dull|tiring|tired "
    r"of|unpleasant|tense|scare[sd]?|scary|afraid|away from|apart|stop(?:ped)?"
    r"|gave up|give up|rather|instead|wrong|unlikely|too "
    r"(?:much|many|loud|wild|crowded)|short|useless|pointless|waste|alone|(?<!a )little)\b"
)
_OUTRIGHT_NO = re.compile(
    r"(?:(?:oh|um|well|hm|ah|er|and|sorry|honestly|actually|i am afraid|i'm afraid|i must say|i have to say|i would "
    r"say|i'd say|the answer is|so) )*"
    r"(?:no|nope|nah|not|never|hardly|barely|rarely|seldom|neither)\b.*|.*\b(?:i(?:'m| am)? "
    r"(?:afraid|suppose|think|guess|believe) not)"
    r"|that(?:'s| is)(?:n't| not) (?:the case|so|true|me|like me)|i (?:really |just )?(?:do not|don't|am not|would "
    r"not|wouldn't|have not|haven't|can't|cannot|never)"
)
_FIRST_NO = re.compile(r"\b(?:i|i'm|it|they|that|my \w+)\b.*(?:\b(?:not|never|no|hardly|seldom|rarely|cannot)\b|n't\b)")
_TURNED = re.compile(  # negations that come to a yes
    r"\b(?:no doubt|no problem|no question|why not|not only|not just|not bad|nothing (?:better|beats|like)|no "
    r"better|never (?:miss|say no|without|get enough)"
    r"|(?:can't|cannot|can not|couldn't|could not|don't|do not) (?:\w+ ){0,2}(?:without|wait|get "
    r"enough|live|resist)|not (?:\w+ )?without|never (?:\w+ )?without)\b"
    r"|(?:\b(?:not|never|no longer)|n't) (?:\w+ ){0,2}(?:avoid|hate|dislike|mind|bor(?:ed|ing)|dull|tir(?:ed|ing)|refuse|lack|unpleasant|scared|afraid|alone|short|without)\b"
)
_UNSURE = re.compile(
    r"\b(?:maybe|perhaps|possibly|sometimes|occasionally|depends?|not sure|unsure|do not know|don't know|no idea|yes "
    r"and no|either|both|it varies|might"
    r"|hard to say|can't say|cannot say)\b"
)
_WAVERS = re.compile(r"\b(?:not sure|unsure|do not know|don't know|no idea|yes and no|depends)\b")
_NOT_ME = re.compile(
    r"\b(?:(?:do|would|could|can|did)(?: not|n't)|cannot) (?:think|believe|imagine|see|say|dare|want)\b"
)
_LIKES_IT = re.compile(
    rf"\bsee myself\b|\bimagine\b|\bcould try\b|\b(?:{_IT}|it|that) (?:does )?(?:sounds?|seems?)(?: \w+)? "
    r"(?:lovely|good|great|fun|nice|all right|fine|perfect|like me|right)\b"
    rf"|\b(?:{_IT}|it|that)(?: is|'s| could be| would be| might be|)(?: really| just| quite| exactly)? "
    r"(?:(?:my|the)(?: right)? thing|me|for me|like me|suitable|in my character)\b"
)
_BYE = re.compile(
    r"\b(?:(?:good ?)?bye|farewell|time is (?:up|over)|time's up|(?:no more|out of) time|all the "
    r"time|(?:have|need|got|has|ought) to (?:go|leave|run|be going|head)"
    r"|must (?:be )?(?:go|going|leave|run|take my leave|end)|take my leave|need to end|waiting for me|see you)\b"
)
_COACH = re.compile(
    r"\b(?:i (?:would |strongly )?(?:recommend|suggest|advise)|my (?:advice|recommendation|suggestion)|you "
    r"(?:should|could|ought to|need to) (?:try|do|go|take|join|start)"
    r"|(?:do|are) you (?:like|enjoy|prefer|feel|often|work|miss)|as your coach|i(?:'m| am) (?:a|your|the) coach|the "
    r"client)\b"
)
_SELF = re.compile(  # a client that was not asked says nothing about itself
    r"\bi(?:'m| am| do| have)?(?: (?:really|also|just|mostly|rather|so|very|not|don't|a))? "
    r"(?:like|love|enjoy|prefer|hate|dislike|always|never|often|usually|seldom"
    r"|rarely|work|live|avoid|spend|alone"
    r"|busy|stressed|lonely|competitive|shy person|early|training|exercise (?:with|alone|every|in|at)|study "
    r"(?:with|alone|every|in|at))\b"
)
_SIDES = re.compile(  # words that give away a side of the client, whichever attribute they come with
    r"\b(?:alone|by myself|on my own|solitude|loner|introvert\w*|extravert\w*|extrovert\w*|sociable|outgoing|company|competit\w+|rival\w*|outdoors?|indoors?|outside"
    r"|inside|haste|leisure|busy|stress\w*|calm|quiet|noise|numbers|freedom|paper)\b"
)
_STRATEGY = {
    "hiking": "hik(?:e|es|ing)", "dancing": "danc(?:e|es|ing)", "intervals": "intervals?", "running": "running", "swimming": "swim(?:s|ming)?",
    "debates": "debat(?:e|es|ing)", "quizzes": "quiz(?:zes)?", "teaching": "teaching", "mindmaps": "mind ?maps?", "flashcards": "flash ?cards?",
    "podcasts": "podcasts?", "timetable": "timetables?", "reading": "reading",
}  # fmt: skip


class CoachingGuide:
    """What a language model is told in order to be a client, and how its words are checked. See `Guide`."""

    def scene(self, cue: Cue) -> str:
        """The name, what the client wants, the manner."""
        public = cue.public
        return (
            f"You are {public.name}, and you want to {DOMAINS[public.domain].goal}. You are the client and talk to a "
            f"coach. {manner(cue.persona)}"
        ).strip()

    def line(self, cue: Cue, stream: Stream) -> Line:
        """The act in plain words, an answer with a claim that goes with it; where a turn was lost, first its reason."""
        order, kind = _order(cue)
        if cue.reason:
            order, kind = f'First say word for word: "{cue.reason}" Then do this: {order}', f"{kind} lost"
        return Line(order, intent=kind)

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """See `Guide.check`. Deterministic, linear in `said`, never raises."""
        words, fault = without_reason(normal(said), normal(cue.reason))
        if fault:
            return fault
        leads = _leads(cue.persona, cue.public)
        if words in leads and isinstance(cue.act, Say) and not cue.opening:
            return ""  # small talk alone
        words = without_lead(words, leads)
        if fault := fault_of_form(words):
            return fault
        if any(character.isdigit() or character in "$%" for character in words):
            return "Use no figures."
        if any(re.search(rf"\b{other}\b", words) for other in NAMES if other != cue.public.name):
            return f"Your name is {cue.public.name}; name nobody else."
        if _NAME in _INTRODUCED.sub("", re.sub(rf"\b{cue.public.name}\b", _NAME, words)):
            return f"You are {cue.public.name}; do not talk to yourself."
        text, kind = words.lower(), type(cue.act)
        if _COACH.search(text):
            return "You are the client, not the coach."
        if kind is Answer:
            return _fault_of_answer(cue, text)
        if kind is Leave:
            return _fault_of_talk(cue, text) or (
                "" if _BYE.search(text) else "Say that you have to go, and say goodbye."
            )
        if _BYE.search(text):
            return "Do not leave yet."
        goal = (
            "exercis"
            if cue.public.domain == "exercise"
            else "study"
            if cue.public.domain == "study"
            else DOMAINS[cue.public.domain].goal
        )
        if cue.opening and (goal not in text or re.search(r"\byou (?:want|need|would like|wish) to\b(?! know)", text)):
            return f"Say that you want to {DOMAINS[cue.public.domain].goal}."
        return _fault_of_talk(cue, text)

    def grammar(self, cue: Cue, line: Line) -> str:
        """A yes or no with free words or a known claim after it; or the farewell; or free words alone."""
        public, topic = cue.public, cue.before.topic
        first = f"{literal(normal(cue.reason) + ' ')} " if cue.reason else ""
        if isinstance(cue.act, Answer):
            yes = cue.act.word == "yes"
            ways = (
                ["Yes", "Oh yes", "Yes, indeed", "Yes, I think so"]
                if yes
                else ["No", "Oh no", "No, not really", "No, I think not"]
            )
            if isinstance(topic, Ask):
                known = TOPICS_OF[public.domain][topic.attribute]
                claims = one_of(known.yes if yes else known.no)
            else:
                doing = dict(DOMAINS[public.domain].strategies)[topic.strategy]
                claims = one_of(
                    [f"I can see myself {doing}", f"{doing} sounds like me"]
                    if yes
                    else [f"I cannot see myself {doing}", f"{doing} is not for me"]
                )
            return f'root ::= {first}{one_of(ways)} [,.!:] " " {claims} [.!] (" " start [.!])?\n{FREE_WORDS}'
        if isinstance(cue.act, Leave):
            ways = ["My time is up", "I have to go now", "I must leave now", "I am out of time"]
            return (
                f'root ::= {first}(start [.!] " ")? {one_of(ways)} [.!] " " '
                f"{one_of(['Goodbye', 'Bye', 'Thank you, goodbye'])} [.!]\n{FREE_WORDS}"
            )
        if cue.opening:
            who = one_of([f"I am {public.name}", f"My name is {public.name}", f"{public.name} here"])
            wish = one_of(
                [
                    f"{verb} {DOMAINS[public.domain].goal}"
                    for verb in ("I want to", "I would like to", "I need to", "I have decided to")
                ]
            )
            return f'root ::= {first}(start [.!] " ")? {who} [.!] " " {wish} ("," words)? [.!]\n{FREE_WORDS}'
        return f"root ::= {first}start [.!?]\n{FREE_WORDS}"


GUIDE = CoachingGuide()


class _Known(NamedTuple):
    """A domain's words, made once."""

    attributes: tuple[tuple[str, re.Pattern[str]], ...]
    strategies: tuple[tuple[str, re.Pattern[str]], ...]
    claims: tuple[tuple[str, str], ...]


@cache
def _known(domain: str) -> _Known:
    attributes = tuple((name, re.compile(rf"\b(?:{topic.pattern})\b")) for name, topic in TOPICS_OF[domain].items())
    strategies = tuple(
        (name, re.compile(rf"\b{_STRATEGY.get(name, name)}\b")) for name, _ in DOMAINS[domain].strategies
    )
    return _Known(
        attributes,
        strategies,
        tuple((name, claim.lower()) for name, topic in TOPICS_OF[domain].items() for claim in topic.yes + topic.no),
    )


def _order(cue: Cue) -> tuple[str, str]:
    """What to do, and the kind of act."""
    act, public, topic = cue.act, cue.public, cue.before.topic
    if isinstance(act, Answer):
        if isinstance(topic, Ask):
            known = TOPICS_OF[public.domain][topic.attribute]
            claims = known.yes if act.word == "yes" else known.no
            claim = claims[
                (cue.before.turn + len(public.name)) % len(claims)
            ]  # the one that the phrase bank would make
            return f'The coach asks: "{known.question}" Answer with {act.word}: {claim}.', act.word
        doing = dict(DOMAINS[public.domain].strategies)[topic.strategy]
        return (
            (f"Agree that {doing} is like you.", "agree")
            if act.word == "yes"
            else (f"Disagree: {doing} is not for you.", "disagree")
        )
    if isinstance(act, Leave):
        return "Say that your time is up, and say goodbye.", "leave"
    if cue.opening:
        return f"Say that you are {public.name} and want to {DOMAINS[public.domain].goal}.", "opening"
    return "Let the coach go on, and say nothing about yourself.", "talk"


@cache
def _leads(persona: str, public: Any) -> tuple[str, ...]:
    """What the phrase bank may say before an act, longest first. It is true of any client, and need not be read."""
    bank = PHRASES.get(persona, {})
    goal = DOMAINS[public.domain].goal
    said = {
        normal(template.format(claim="", doing="", Doing="", goal=goal, name=public.name))
        for slot in _REACTIONS
        for template in bank.get(slot, ())
    }
    return tuple(sorted(said, key=len, reverse=True))


def _without(text: str, phrases: tuple[str, ...]) -> str:
    """`text` with a comma in the place of each of `phrases`; both in lower case."""
    for phrase in sorted(phrases, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(phrase.lower())}\b", ", ", text)
    return text


def _fault_of_answer(cue: Cue, text: str) -> str:
    """Whether the words are the yes or the no that is meant, about what was asked and nothing else."""
    yes, topic, domain = cue.act.word == "yes", cue.before.topic, cue.public.domain  # type: ignore[attr-defined]
    name, claimed, pattern = "", False, re.compile(re.escape(_IT))
    if isinstance(topic, Ask):
        known, name = TOPICS_OF[domain][topic.attribute], topic.attribute
        pattern = next(pattern for attribute, pattern in _known(domain).attributes if attribute == name)
        right, wrong = (known.yes, known.no) if yes else (known.no, known.yes)
        rest = _without(text, right)
        claimed = rest != text
        if _without(rest, wrong) != rest:
            return f"Your answer is {cue.act.word}; you say the opposite."  # type: ignore[attr-defined]
    else:
        doing = dict(DOMAINS[domain].strategies)[topic.strategy].lower()  # type: ignore[union-attr]
        rest = re.sub(rf"\b{re.escape(doing)}\b", _IT, text)
        rest = dict(_known(domain).strategies)[topic.strategy].sub(_IT, rest)  # type: ignore[union-attr]
    if fault := _fault_of_telling(rest, domain, name):
        return fault
    if _BYE.search(rest):
        return "Do not leave yet."
    asking = [sentence for sentence in _SENTENCE.findall(rest) if "?" in sentence]
    if (name and (any(pattern.search(sentence) for sentence in asking) or _UNSURE.search(rest))) or _WAVERS.search(
        rest
    ):
        return f"Answer with a plain {cue.act.word}."  # type: ignore[attr-defined]
    stated = " ".join(sentence for sentence in _SENTENCE.findall(rest) if "?" not in sentence)
    if yes:
        return _fault_of_yes(stated, claimed, not name)
    return _fault_of_no(stated, claimed, pattern, not name)


def _fault_of_yes(stated: str, claimed: bool, suggested: bool) -> str:
    plain = stated.replace("why not", "")
    if _NO.search(plain) or _AGAINST.search(plain):
        return "Your answer is yes; say nothing that denies it."
    said = claimed or _YES.search(plain) or any(_SHORT_YES.fullmatch(clause.strip()) for clause in _CLAUSE.split(plain))
    return "" if said or (suggested and _LIKES_IT.search(plain)) else "Your answer is yes; say so."


def _fault_of_no(stated: str, claimed: bool, pattern: re.Pattern[str], suggested: bool) -> str:
    if _YES.search(stated) or _TURNED.search(stated):
        return "Your answer is no; say nothing that affirms it."
    clauses = [clause.strip() for clause in _CLAUSE.split(stated) if clause.strip()]
    about = [clause for clause in clauses if pattern.search(clause)]
    if any(not _NO.search(clause) and not _AGAINST.search(clause) for clause in about):
        return "Your answer is no; what you say after it sounds like yes."
    denied = any(map((_NO if suggested else _FIRST_NO).search, about)) or (
        suggested and any(map(_NOT_ME.search, clauses))
    )
    if claimed or denied or any(map(_OUTRIGHT_NO.fullmatch, clauses)):
        return ""
    return "Your answer is no; say so."


def _fault_of_telling(rest: str, domain: str, name: str) -> str:
    """What is told of the client beyond the attribute `name`."""
    known = _known(domain)
    for other, pattern in known.attributes:
        if other != name and pattern.search(rest):
            return f"Say nothing about {other}."
    for other, claim in known.claims:
        if other != name and claim in rest:
            return f"Say nothing about {other}."
    for strategy, pattern in known.strategies:
        if pattern.search(rest):
            return f"Say nothing about {strategy}."
    return "Say nothing more about yourself." if _SIDES.search(rest) else ""


def _fault_of_talk(cue: Cue, text: str) -> str:
    """What must not be said where nothing was asked: anything about the client, and any answer."""
    domain = cue.public.domain
    rest = _without(text, (DOMAINS[domain].goal,))
    if fault := _fault_of_telling(rest, domain, ""):
        return fault
    if not cue.opening and any(
        re.match(r"(?:oh |um |well )*(?:yes|no(?! more)|yeah|nope)\b", clause.strip()) for clause in _CLAUSE.split(rest)
    ):
        return "Answer nothing."
    return "Say nothing about yourself." if _SELF.search(rest) else ""
