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
    leads,
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
from .voice import NAMES, WORDS, claim

_REACTIONS = (*WORDS["topics"], "chat", "unclear", "illegal")
_IT = "this thing"  # stands for what was suggested while words are read

_NAME = "\ue001"  # stands for the client's name: a private-use character, nobody types it
_INTRODUCED = re.compile(
    rf"(?i:\b(?:i am|i'm|name is|name's|this is|it's|it is|call me)) {_NAME}|{_NAME} here\b"
    rf"|(?:\A|(?<=[.!?] )){_NAME}[.!,]"
)
_CLAUSE = re.compile(r"[.!?;:,…–—()]|\bbut\b|(?<= )-(?= )")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_YES = re.compile(
    r"\b(?:yes|yeah|yep|yup|indeed|certainly|definitely|absolutely|of course|for sure|very much(?: so)?|i must say yes"
    r"|that(?:'s| is) (?:true|right|correct)|true|you are right|you're right|exactly)\b(?! not\b)"
)
_SHORT_YES = re.compile(
    r"(?:oh |well |um |and |because )*(?:sure|right|totally|correct|guilty|that(?:'s| is)(?: so)? me"
    r"|i (?:really |certainly |sure )?do|i (?:really |certainly )?am|i would|i have|it is|it does|they (?:do|are)"
    r"|i (?:think|guess|suppose|believe) so)(?: (?:indeed|actually|a lot|very much|really))?"
)
_NO = re.compile(
    r"\b(?:no|nope|nah|not|never|none|nothing|nobody|neither|nor|hardly|barely|seldom|rarely|cannot|cant|dont"
    r"|without)\b|n't\b"
)
_AGAINST = re.compile(
    r"\b(?:avoid\w*|hate[sd]?|dislike[sd]?|refuse|lack|few|less|boring|bored?|dull|tiring|tired of|unpleasant|tense"
    r"|scare[sd]?|scary|afraid|away from|apart|stop(?:ped)?|gave up|give up|rather|instead|wrong|unlikely"
    r"|too (?:much|many|loud|wild|crowded)|short|useless|pointless|waste|alone|(?<!a )little)\b"
)
_OUTRIGHT_NO = re.compile(
    r"(?:(?:oh|um|well|hm|ah|er|and|sorry|honestly|actually|i am afraid|i'm afraid|i must say|i have to say|i would say"
    r"|i'd say|the answer is|so) )*(?:no|nope|nah|not|never|hardly|barely|rarely|seldom|neither)\b.*"
    r"|.*\b(?:i(?:'m| am)? (?:afraid|suppose|think|guess|believe) not)"
    r"|that(?:'s| is)(?:n't| not) (?:the case|so|true|me|like me)|i (?:really |just )?(?:do not|don't|am not|would not"
    r"|wouldn't|have not|haven't|can't|cannot|never)"
)
_FIRST_NO = re.compile(r"\b(?:i|i'm|it|they|that|my \w+)\b.*(?:\b(?:not|never|no|hardly|seldom|rarely|cannot)\b|n't\b)")
_TURNED = re.compile(  # negations that come to a yes
    r"\b(?:no doubt|no problem|no question|why not|not only|not just|not bad|nothing (?:better|beats|like)|no better"
    r"|never (?:miss|say no|without|get enough)|(?:can't|cannot|can not|couldn't|could not|don't"
    r"|do not) (?:\w+ ){0,2}(?:without|wait|get enough|live|resist)|not (?:\w+ )?without|never (?:\w+ )?without)\b"
    r"|(?:\b(?:not|never|no longer)|n't) (?:\w+ ){0,2}(?:avoid|hate|dislike|mind|bor(?:ed|ing)|dull|tir(?:ed|ing)"
    r"|refuse|lack|unpleasant|scared|afraid|alone|short|without)\b"
)
_UNSURE = re.compile(
    r"\b(?:maybe|perhaps|possibly|sometimes|occasionally|depends?|not sure|unsure|do not know|don't know|no idea"
    r"|yes and no|either|both|it varies|might|hard to say|can't say|cannot say)\b"
)
_WAVERS = re.compile(r"\b(?:not sure|unsure|do not know|don't know|no idea|yes and no|depends)\b")
_NOT_ME = re.compile(
    r"\b(?:(?:do|would|could|can|did)(?: not|n't)|cannot) (?:think|believe|imagine|see|say|dare|want)\b"
)
_LIKES_IT = re.compile(
    rf"\bsee myself\b|\bimagine\b|\bcould try\b|\b(?:{_IT}|it|that) (?:does )?(?:sounds?|seems?)(?: \w+)? (?:lovely"
    r"|good|great|fun|nice|all right|fine|perfect|like me|right)\b"
    rf"|\b(?:{_IT}|it|that)(?: is|'s| could be| would be| might be|)(?: really| just| quite"
    r"| exactly)? (?:(?:my|the)(?: right)? thing|me|for me|like me|suitable|in my character)\b"
)
_BYE = re.compile(
    r"\b(?:(?:good ?)?bye|farewell|time is (?:up|over)|time's up|(?:no more|out of) time|all the time"
    r"|(?:have|need|got|has|ought) to (?:go|leave|run|be going|head)"
    r"|must (?:be )?(?:go|going|leave|run|take my leave|end)|take my leave|need to end|waiting for me|see you)\b"
)
_COACH = re.compile(
    r"\b(?:i (?:would |strongly )?(?:recommend|suggest|advise)|my (?:advice|recommendation|suggestion)"
    r"|you (?:should|could|ought to|need to) (?:try|do|go|take|join|start)"
    r"|(?:do|are) you (?:like|enjoy|prefer|feel|often|work|miss)|as your coach|i(?:'m| am) (?:a|your|the) coach"
    r"|the client)\b"
)
_SELF = re.compile(  # a client that was not asked says nothing about itself
    r"\bi(?:'m| am| do| have)?(?: (?:really|also|just|mostly|rather|so|very|not|don't|a))? (?:like|love|enjoy|prefer"
    r"|hate|dislike|always|never|often|usually|seldom|rarely|work|live|avoid|spend|alone|busy|stressed|lonely"
    r"|competitive|shy person|early|training|exercise (?:with|alone|every|in|at)|study (?:with|alone|every|in|at))\b"
)
_SIDES = re.compile(  # words that give away a side of the client, whichever attribute they come with
    r"\b(?:alone|by myself|on my own|solitude|loner|introvert\w*|extravert\w*|extrovert\w*|sociable|outgoing|company"
    r"|competit\w+|rival\w*|outdoors?|indoors?|outside|inside|haste|leisure|busy|stress\w*|calm|quiet|noise|numbers"
    r"|freedom|paper)\b"
)
_STRATEGY = {
    "hiking": "hik(?:e|es|ing)",
    "dancing": "danc(?:e|es|ing)",
    "intervals": "intervals?",
    "swimming": "swim(?:s|ming)?",
    "debates": "debat(?:e|es|ing)",
    "quizzes": "quiz(?:zes)?",
    "mindmaps": "mind ?maps?",
    "flashcards": "flash ?cards?",
    "podcasts": "podcasts?",
    "timetable": "timetables?",
}
"""What a client names a strategy by besides its own name; narrower than what a coach may (`Domain.heard`)."""
_WISH = {"exercise": "exercis", "study": "study"}
"""Domain -> what the words of its goal must hold; elsewhere all of the goal."""


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
        small_talk = _small_talk(cue.persona, cue.public)
        if words in small_talk and isinstance(cue.act, Say) and not cue.opening:
            return ""
        words = without_lead(words, small_talk)
        if fault := fault_of_form(words):
            return fault
        if any(character.isdigit() or character in "$%" for character in words):
            return "Use no figures."
        name, goal = cue.public.name, DOMAINS[cue.public.domain].goal
        if any(re.search(rf"\b{other}\b", words) for other in NAMES if other != name):
            return f"Your name is {name}; name nobody else."
        if _NAME in _INTRODUCED.sub("", re.sub(rf"\b{name}\b", _NAME, words)):
            return f"You are {name}; do not talk to yourself."
        text = words.lower()
        if _COACH.search(text):
            return "You are the client, not the coach."
        if isinstance(cue.act, Answer):
            return _fault_of_answer(cue, cue.act.word, text)
        if isinstance(cue.act, Leave):
            goodbye = "" if _BYE.search(text) else "Say that you have to go, and say goodbye."
            return _fault_of_talk(cue, text) or goodbye
        if _BYE.search(text):
            return "Do not leave yet."
        yours = re.search(r"\byou (?:want|need|would like|wish) to\b(?! know)", text)
        if cue.opening and (yours or _WISH.get(cue.public.domain, goal) not in text):
            return f"Say that you want to {goal}."
        return _fault_of_talk(cue, text)

    def grammar(self, cue: Cue, line: Line) -> str:
        """A yes or no with free words or a known claim after it; or the farewell; or free words alone."""
        public, topic, domain = cue.public, cue.before.topic, DOMAINS[cue.public.domain]
        first = f"{literal(normal(cue.reason) + ' ')} " if cue.reason else ""
        if isinstance(cue.act, Answer):
            yes = cue.act.word == "yes"
            if isinstance(topic, Ask):
                claims = domain.topics[topic.attribute].yes if yes else domain.topics[topic.attribute].no
            else:
                doing = domain.strategies[topic.strategy]
                claims = (
                    (f"I can see myself {doing}", f"{doing} sounds like me")
                    if yes
                    else (f"I cannot see myself {doing}", f"{doing} is not for me")
                )
            ways = (
                ("Yes", "Oh yes", "Yes, indeed", "Yes, I think so")
                if yes
                else ("No", "Oh no", "No, not really", "No, I think not")
            )
            said = f'{one_of(ways)} [,.!:] " " {one_of(claims)} [.!] (" " start [.!])?'
        elif isinstance(cue.act, Leave):
            ways = ("My time is up", "I have to go now", "I must leave now", "I am out of time")
            bye = one_of(("Goodbye", "Bye", "Thank you, goodbye"))
            said = f'(start [.!] " ")? {one_of(ways)} [.!] " " {bye} [.!]'
        elif cue.opening:
            who = one_of((f"I am {public.name}", f"My name is {public.name}", f"{public.name} here"))
            verbs = ("I want to", "I would like to", "I need to", "I have decided to")
            wish = one_of(f"{verb} {domain.goal}" for verb in verbs)
            said = f'(start [.!] " ")? {who} [.!] " " {wish} ("," words)? [.!]'
        else:
            said = "start [.!?]"
        return f"root ::= {first}{said}\n{FREE_WORDS}"


GUIDE = CoachingGuide()


class _Known(NamedTuple):
    """A domain's words, made once."""

    attributes: dict[str, re.Pattern[str]]
    strategies: dict[str, re.Pattern[str]]
    claims: tuple[tuple[str, str], ...]


@cache
def _known(domain: str) -> _Known:
    topics = DOMAINS[domain].topics.items()
    return _Known(
        {name: re.compile(rf"\b(?:{topic.pattern})\b") for name, topic in topics},
        {name: re.compile(rf"\b{_STRATEGY.get(name, name)}\b") for name in DOMAINS[domain].strategies},
        tuple((name, said.lower()) for name, topic in topics for said in topic.yes + topic.no),
    )


def _order(cue: Cue) -> tuple[str, str]:
    """What to do, and the kind of act."""
    act, topic, domain = cue.act, cue.before.topic, DOMAINS[cue.public.domain]
    if isinstance(act, Answer) and isinstance(topic, Ask):
        question = domain.topics[topic.attribute].question
        return f'The coach asks: "{question}" Answer with {act.word}: {claim(cue)}.', act.word
    if isinstance(act, Answer):
        doing = domain.strategies[topic.strategy]
        agree, disagree = f"Agree that {doing} is like you.", f"Disagree: {doing} is not for you."
        return (agree, "agree") if act.word == "yes" else (disagree, "disagree")
    if isinstance(act, Leave):
        return "Say that your time is up, and say goodbye.", "leave"
    if cue.opening:
        return f"Say that you are {cue.public.name} and want to {domain.goal}.", "opening"
    return "Let the coach go on, and say nothing about yourself.", "talk"


@cache
def _small_talk(persona: str, public: Any) -> tuple[str, ...]:
    """What the phrase bank may say before an act, longest first. It is true of any client, and need not be read."""
    said, goal = WORDS["bank"].get(persona, {}), DOMAINS[public.domain].goal
    return leads(said, _REACTIONS, claim="", doing="", Doing="", goal=goal, name=public.name)


def _without(text: str, phrases: tuple[str, ...]) -> str:
    """`text` with a comma in the place of each of `phrases`; both in lower case."""
    for phrase in sorted(phrases, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(phrase.lower())}\b", ", ", text)
    return text


def _fault_of_answer(cue: Cue, word: str, text: str) -> str:
    """Whether the words are the yes or the no that is meant, about what was asked and nothing else."""
    yes, topic, domain = word == "yes", cue.before.topic, DOMAINS[cue.public.domain]
    known = _known(cue.public.domain)
    name, claimed, pattern = "", False, re.compile(re.escape(_IT))
    if isinstance(topic, Ask):
        name, words = topic.attribute, domain.topics[topic.attribute]
        pattern = known.attributes[name]
        right, wrong = (words.yes, words.no) if yes else (words.no, words.yes)
        rest = _without(text, right)
        claimed = rest != text
        if _without(rest, wrong) != rest:
            return f"Your answer is {word}; you say the opposite."
    else:
        doing = domain.strategies[topic.strategy].lower()
        rest = re.sub(rf"\b{re.escape(doing)}\b", _IT, text)
        rest = known.strategies[topic.strategy].sub(_IT, rest)
    if fault := _fault_of_telling(rest, cue.public.domain, name):
        return fault
    if _BYE.search(rest):
        return "Do not leave yet."
    sentences = _SENTENCE.findall(rest)
    asked_back = any("?" in sentence and pattern.search(sentence) for sentence in sentences)
    if (name and (asked_back or _UNSURE.search(rest))) or _WAVERS.search(rest):
        return f"Answer with a plain {word}."
    stated = " ".join(sentence for sentence in sentences if "?" not in sentence)
    return _fault_of_yes(stated, claimed, not name) if yes else _fault_of_no(stated, claimed, pattern, not name)


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
    for other, pattern in known.attributes.items():
        if other != name and pattern.search(rest):
            return f"Say nothing about {other}."
    for other, said in known.claims:
        if other != name and said in rest:
            return f"Say nothing about {other}."
    for strategy, pattern in known.strategies.items():
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
