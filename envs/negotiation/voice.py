"""Price bargaining in plain English: how it is understood without tags, and how a partner speaks it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...core.acts import Say
from ...core.grammar import TALK, Grammar, Heard
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Accept, Offer, Walk
from .prices import FRACTION, MARK, mark_prices

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""

_REACH = 80  # characters around a price in which a word can bear on it; it also keeps the reading linear

_SYMBOLS = re.compile(r"[^\w\s.,:;!?'$€£%#/–—-]+")  # brackets, quotes, stars, emoji: they separate as a comma does
_SENTENCE = re.compile(r"([^.!?;]+)([.!?;]*)")
# A clause ends at punctuation, at "but", and where somebody turns to a proposal ("I can't do 300 would you take 250").
_BREAK = re.compile(
    r"[,:]+|(?<= )-+(?= )|[–—]|\b(?:but|however|though|although|so|then)\b"
    r"|\b(?=(?:how|what) about\b|(?:would|could|can|will) (?:you|we|i)\b|let's\b|let us\b|make it\b)"
)
_TAG_QUESTION = re.compile(
    r"[, ](?:right|ok|okay|yes|no|agreed|alright|what do you say|how about (?:it|that)|isn't it) ?\?"
)
_CONDITION = re.compile(r"\b(?:if|unless|when|once|until|provided|as long as|as soon as|only|before|or|otherwise)\b")
_DEMAND = re.compile(
    r"(?:please )?(?:just )?(?:throw|lower|drop|raise|come(?! on)|go(?! on)|give|make|add|include|bring|knock|take"
    r"|reduce|meet|deliver)\b"
)

# What a clause must begin with to accept or to leave, after words that commit to nothing.
_LEAD = (
    r"(?:(?:ok|okay|yes|yeah|yep|sure|fine|alright|all right|great|perfect|good|well|very well|oh|um|hmm?|thanks"
    r"|thank you|wonderful|excellent|lovely|right|fair enough|in that case|no problem|hi|hello) )*"
)
_IT = (
    r"(?:it|that|this|(?:the|your)(?: (?:last|first|current))?(?: (?:offer|price|deal|bid|proposal))?"
    rf"(?: of)?(?: {MARK})?|{MARK})"
)
_ACCEPT = re.compile(
    rf"{_LEAD}(?:"
    r"(?:(?:it's|it is|that's|that is|you've got|you have|you got|we've got|we have|we got|call it|consider it)"
    r"(?: yourself)? a )?(?:done )?deal"
    rf"|i(?: do| can|'ll| will|'m happy to| am happy to)?(?: gladly| happily)? accept(?: {_IT})?"
    rf"|(?:i|we)(?:'ll| will)(?: gladly| happily)? (?:take|buy) {_IT}"
    rf"|(?:i|we)(?: do| can)? agree(?: (?:to|with|on) {_IT})?"
    r"|accept(?:ed|ing)?(?: (?:the|your) (?:offer|price|deal|bid))?|agreed|sold|done"
    rf")(?: (?:at|for|to|on) (?:{MARK}|(?:you|that|this|it)\b).*"
    rf"| (?:now|thanks|thank|my friend|mate|sir|indeed|and|off your hands|{MARK}).*)?\Z"
)
_YES = re.compile(
    r"(?:yes|yeah|yep|ok|okay|sure|fine|alright|all right|that works|works|sounds good|sounds fair)"
    r"(?: (?:yes|ok|okay|sure|fine|for me|to me|please|thanks|thank you|that works|sounds good))*"
)
_LEAVE = re.compile(
    rf"{_LEAD}(?:(?:no|nope|sorry|no thanks|no thank you|i think|i guess|i'm afraid|i am afraid) )*(?:"
    r"(?:it's |it is |that's |there is |there's )?no deal"
    r"|(?:i'm|i am) (?:out|leaving)"
    r"|i(?:'ll| will|'m going to| have to)? pass(?: on (?:it|this|that)(?: one)?)?"
    r"|(?:i'm |i am )?(?:not|no longer) interested(?: in (?:it|this|that|buying|selling|a deal))?"
    r"|(?:(?:i'm|i am|i'll|i will|i)(?: going to| have to)? )?walk(?:ing)?(?: away| out)?"
    r"|forget (?:about )?it"
    r")(?: (?:now|here|of here|anymore|any more|today|sorry|thanks|thank|bye|goodbye|mate|this time|at all"
    r"|for (?:now|today|me|us)).*)?\Z"
)
_BYE = re.compile(rf"{_LEAD}(?:sorry )?(?:good ?bye|bye)\b")

# What is said about a price: that it is refused, or that it is somebody else's and only spoken of.
_NEGATION = re.compile(
    r"(?<!why )\b(?:can't|cant|cannot|can not|couldn't|could not|won't|wont|will not|wouldn't|would not|don't|dont"
    r"|do not|didn't|isn't|is not|not|never|no way|unable|refuse)\b(?! (?:you|we|i)\b)"
)
# "I can't pay more than 240" offers 240
_BOUND = re.compile(r"\b(?:more|less|higher|lower|above|below|over|under|beyond|past|better)\b")
_TOO = r"(?<!not )(?<!n't )too (?:much|high|low|little|expensive|steep|pricey|cheap|far)"
_REFUSED = re.compile(
    rf"\b(?:{_TOO}|(?:is|was)(?:n't| not)(?! (?:negotiable|bad|much|too)\b)"
    r"|won't|will not|doesn't|does not|wouldn't|would not|can't|cannot"
    r"|not (?:enough|possible|going to|okay|ok|acceptable)|impossible|no way|out of the question"
    r"|ridiculous|crazy|insane|a joke|a lot|steep|never|way (?:over|above|below|under)"
    r"|(?:more|less|higher|lower) than (?:i|my|what)|(?:above|over|beyond|below) (?:my|what))\b"
)
_ASIDE = re.compile(
    r"\b(?:if|unless|because|since|as|while|when|or|and(?! (?:that's|that is|it's|it is) (?:way |far |just )?(?:too"
    r"|a lot)))\b"
)
_ECHO_REFUSED = re.compile(
    rf"(?:(?:that's|that is|it's|it is) )?(?:way |far |just |a bit |really )?(?:{_TOO}|a lot|ridiculous|crazy"
    r"|impossible|no way|never)\b"
)
_THEIRS_BEFORE = re.compile(
    r"(?:(?<!would )(?<!will )(?<!could )(?<!can )\byou(?:'re| are| were|'ve| have|'d)?"
    r"(?: just| only| really| still| already| first)?"
    r" (?:said|say(?! to)|ask|asked|asking|want|wanted|wanting|offer|offered|offering|demand|demanded|quoted|mentioned"
    r"|listed|proposed|wrote)(?: \w+){0,3}"
    r"|\byour(?: (?:asking|list|listed|listing|offer|price|first|last|current|opening|of|is|was|at|bid))*"
    r"|\blisted(?: at| for)?|\bthe (?:asking|list|listed|original) price(?: of| is| was| at)?"
    r"|\b(?:appreciate|thanks for|thank you for|received|understand)(?: \w+){0,6}"
    r"|\b(?:instead of|rather than|down from|up from)) ?\Z"
)
_THEIRS_AFTER = re.compile(r" (?:is |as )?(?:really |still |just )?your\b")
_ELSEWHERE = re.compile(
    r"\b(?:elsewhere|online|brand new|saw (?:it|one|this)(?: cheaper| listed)? (?:for|at)"
    r"|(?:another|other) (?:seller|buyer|shop|store|offer|person|people)|some(?:one|body) else)\b"
)
_WHY = re.compile(r"(?:\w+ )?(?:why(?! not\b| (?:don't|can't|won't) (?:we|you|i)\b)|how come)\b")
_ASKED_BEFORE = re.compile(r"(?:(?:is (?:the|that|it|this)\b.*|really|only|what|wow) )?\Z")
_ASKED_AFTER = re.compile(
    r"(?: (?:really |still |just )?(?:negotiable|flexible|firm|fixed|final"
    r"|the (?:best|lowest|highest|last|final)\b.*))?\Z"
)


class _Clause(NamedTuple):
    text: str
    question: bool
    conditional: bool
    demanding: bool


def understand(text: str, context: tuple[int, int | None]) -> Heard:
    """Read an utterance without a tag. Deterministic, linear in the text, and never raises.

    1. Prices are found by `mark_prices`. A price is no offer if it is refused ("I won't pay 300", "300 is too much";
       but "I can't pay more than 240" offers 240) or if it is somebody else's and only spoken of ("you want 300", "why
       300?", "it is 200 elsewhere").
    2. Acceptance must begin a clause ("deal", "I accept", "I'll take it", "agreed", "sold", "done") that is neither a
       question nor under a condition; an utterance that is nothing but a yes counts while an offer stands. With another
       price than the standing one it is an offer of that price.
    3. Leaving must begin a clause in the same way ("no deal", "I'm out", "goodbye", "I'll pass", "not interested",
       "forget it").
    4. One price offered is an offer; two are ambiguous, as are a price with a fraction and accepting and leaving at
       once. Everything else is talk: when in doubt, nothing binds.

    Args:
        text: Any string.
        context: The list price, and the price that the speaker may accept or ``None``.
    """
    list_price, standing = context
    lines = _SYMBOLS.sub(", ", text.lower().replace("’", "'")).splitlines()
    plain, prices = mark_prices(" ".join("; ".join(lines).split()), list_price)
    clauses = _clauses(_TAG_QUESTION.sub("?", plain))
    certain = [clause for clause in clauses if not (clause.question or clause.conditional)]
    accepting = [clause for clause in certain if not clause.demanding and _ACCEPT.match(clause.text)]
    offered, refused = _offers(clauses, accepting, prices, standing)
    leaves = any(_LEAVE.match(clause.text) for clause in certain)
    accepts = bool(accepting) or (
        standing is not None and not prices and len(certain) == len(clauses) and _is_yes(plain)
    )

    if accepts:
        offered = [price for price in offered if price != standing]
    if FRACTION in offered:
        return Heard(Say(), "ambiguous", "Prices are whole numbers; which one do you mean?")
    if len(offered) > 1:
        named = [f"${price}" for price in offered[:3]]
        return Heard(
            Say(), "ambiguous", f"You mentioned {', '.join(named[:-1])} and {named[-1]}; which one do you offer?"
        )
    if accepts and leaves and not offered:
        return Heard(Say(), "ambiguous", "Do you accept or do you leave?")
    if accepts and not offered:
        return TALK if standing in refused else Heard(Accept())
    if offered and not (leaves and offered[0] in context):
        return Heard(Offer(offered[0]))
    return Heard(Walk()) if leaves or any(_BYE.match(clause.text) for clause in certain) else TALK


def _is_yes(plain: str) -> bool:
    return bool(_YES.fullmatch(" ".join(re.findall(r"[\w']+", plain))))


def _clauses(plain: str) -> list[_Clause]:
    clauses = []
    for sentence, end in _SENTENCE.findall(plain):
        texts = [text.strip() for text in _BREAK.split(sentence) if text.strip()]
        conditional = bool(_CONDITION.search(sentence))
        demanding = any(_DEMAND.match(text) for text in texts)
        clauses += [
            _Clause(text, "?" in end and place == len(texts), conditional, demanding)
            for place, text in enumerate(texts, 1)
        ]
    return clauses


def _offers(
    clauses: list[_Clause], accepting: list[_Clause], prices: list[int], standing: int | None
) -> tuple[list[int], set[int]]:
    """The distinct prices offered, in order, and those refused."""
    offered: dict[int, None] = {}
    refused = set()
    remaining = iter(prices)
    for number, clause in enumerate(clauses):
        following = clauses[number + 1].text if number + 1 < len(clauses) else ""
        for match in re.finditer(MARK, clause.text):
            price = next(remaining)
            before = clause.text[max(0, match.start() - _REACH) : match.start()]
            after = clause.text[match.end() : match.end() + _REACH].split(MARK)[0]
            echo = not before and not after and _ECHO_REFUSED.match(following)
            if echo or _negated(before) or _REFUSED.search(_ASIDE.split(after)[0]):
                refused.add(price)
            elif clause in accepting or not _theirs(clause, before, after, price == standing):
                offered[price] = None
    return list(offered), refused


def _negated(before: str) -> bool:
    negations = list(_NEGATION.finditer(before))
    return bool(negations) and not _BOUND.search(before, negations[-1].end())


def _theirs(clause: _Clause, before: str, after: str, stands: bool) -> bool:
    """Whether a price is somebody else's and only spoken of."""
    if (
        _WHY.match(clause.text)
        or _THEIRS_BEFORE.search(before)
        or _THEIRS_AFTER.match(after)
        or _ELSEWHERE.search(before)
        or _ELSEWHERE.search(after)
    ):
        return True
    asked = _ASKED_BEFORE.match(before) if not after else _ASKED_AFTER.match(after)
    return clause.question and stands and bool(asked)


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the learner has only talked."""
    act, public, price = cue.act, cue.public, cue.before.standing
    otherwise = "chat" if price is None else ""
    if isinstance(act, Offer):
        slot, price = "opening" if cue.opening else "counter", act.price
    else:
        slot = "accept" if isinstance(act, Accept) else "walk" if isinstance(act, Walk) else "talk"
    return slot, (price, public.item, public.detail), otherwise


GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
