"""Price bargaining for a language model: what the partner is told to say, and how its words are held to that.

Words are read twice: by the same rules as the learner's (`understand`), so that what they come to cannot depend on who
reads; and against lists of what a voice cannot know (limits, last offers, other buyers) or may not promise (delivery,
extras, terms of payment). In doubt the words fail, and others are asked for.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...core.acts import Act, Say
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
from .game import OTHER, Accept, Offer, Walk
from .prices import MARK, mark_prices
from .voice import WORDS, stated, understand

_REACTIONS = (*WORDS["topics"], "chat", "unclear", "illegal")
_THING = "thing"  # stands for the item while words are read, so that no name of an item is taken for more

_FOREIGN = re.compile(r"[€£¥₹]|\b(?:euros?|eur|pounds?|gbp|quid|yen|rupees?|rs|francs?|pesos?|cad|aud|cents?)\b")
_LIMIT = re.compile(
    r"\b(?:lowest|highest|minimum|maximum|min|max|limits?|floor|ceiling|budget|reservation|bottom|final|afford|firm"
    r"|negotiable|non-?negotiable|at (?:least|most)|last (?:price|offer|word|chance|number)"
    r"|(?:very |absolute )?best (?:price|offer|deal|i|we|number)|(?:no|not|nothing|any|anything|much|little"
    r"|bit) (?:less|more|lower|higher|below|above|cheaper)(?! about| than that\b| to say\b)"
    r"|(?:less|more|lower|higher) than(?! that\b)|(?:the|my) (?:least|most)(?! welcome)|as (?:low|high|far) as|up to"
    r"|down to|take it or leave it|all i (?:can|have|got)|(?:can't|cannot|can not|won't|will not|couldn't|could not"
    r"|unable to) (?:\w+ ){0,3}(?:go|lower|higher|less|more|below|above|under|over|any))\b"
)
_CONCEDING = re.compile(
    r"(?<!you )\b(?:come|coming|go|going|drop|dropping|move|moving|bring|bringing|get|knock) (?:it |the price "
    r"|my price )?(?:down|up|lower|higher)\b|(?<!you )\b(?:lower|reduc|rais|increas|cut)(?:e|ed|ing|ting|s)? (?:it|the"
    r"|my|this|that)\b"
)
_TERMS = re.compile(
    r"\b(?:for free|a free|free (?:of|delivery|shipping|gift)|deliver\w*|ship|shipping|postage|discount\w*|rebate"
    r"|refund\w*|returns?|returned|warrant\w+|guarantee\w*|bonus|extras?|throw(?:ing)? in|thrown in|includ\w+"
    r"|comes? with|along with|on top|hold (?:it|this|that|on to)|reserved?|instal+ments?|payments?|swap|trade|tomorrow"
    r"|next week|cash|credit|card|per (?:month|week|day|year)|(?:a|each|every) (?:month|week|piece)|monthly|weekly"
    r"|each(?! other)|apiece|plus|tax(?:es)?|fees?|receipt|on condition|provided|as long as|unless|until|once|otherwise"
    r"|in case|in exchange|in return|sign(?:ed|ing)?|contract|promise|special (?:deal|price|offer)"
    r"|(?:have|get|give you) (?:anything|everything|whatever))\b|%"
)
_CLAIMS = re.compile(
    r"\b(?:(?:another|other) (?:\w+ )?(?:buyers?|sellers?|offers?|people|persons?|bids?|customers?)"
    r"|(?:some(?:one|body)|any(?:one|body)) else|competitors?|new(?! home| owner)|mint"
    r"|(?:perfect|excellent|great|good|pristine|new) condition|never used|the (?:buyer|seller|customer)"
    r"|(?:buyer|seller) (?:says|said|asks|wants)|paid|(?:is|it's|was) worth|market (?:price|value))\b"
)
_VAGUE = re.compile(
    r"\b(?:roughly|approximately|somewhere|or so|ish|or best|half|double|twice|triple|third|quarter|percent|per cent"
    r"|dozens?|hundreds?|thousands?|grand|couple|dollars?|bucks?|usd|two|three|four|(?<!high )five|six|seven|eight"
    rf"|nine)\b|\b(?:around|nearly|almost|just|under|over|below|above|between|from) {MARK}"
    rf"|{MARK} (?:or|to|and up|ish)\b|[#$]"
)
_I = (
    r"\b(?:i|we)(?:'ll|'d|'m| am| will| would| could| can| may| might| do| shall| want to| like to| love to| happily"
    r"| gladly| be happy to| be willing to| willing to)*"
)
_NOT_SELLER = re.compile(
    rf"{_I} (?:buy|buying|pay|paying|purchase|bid|afford|take (?:it|this|the|your))\b|\bbought\b|\bmy bid\b"
    rf"|\b(?:to|for) (?:buy|purchase)\b|\byour {_THING}\b|\binterested in (?:it|buying|your)\b"
    rf"|\byou(?: can|'ll| will| would)? (?:get|earn|receive) {MARK}|\b(?:give|hand|pay|offer) you {MARK}"
)
_NOT_BUYER = re.compile(
    rf"{_I} (?:sell|selling|ask|asking|part with)\b|\b(?:selling|sold|for sale|sell it to you|let it go"
    rf"|(?:it's|it is|is) yours|yours? (?:for|at))\b|\bmy {_THING}\b|\bmy (?:asking|list|listed) price\b"
    rf"|\byou(?: can|'ll| will| could| may)? (?:buy|have it|pay)\b|\b(?:give|hand|pay) me {MARK}"
)
_FOR_OTHERS = re.compile(
    r"(?<!if )(?<!would )(?<!could )(?<!can )(?<!will )(?<!do )(?<!should )\byou(?:'ve| have| just)? (?:accept(?:ed)?"
    r"|agreed?)\b"
)
_CLOSES = re.compile(
    r"\b(?:sold|agreed|(?:we have|it's|it is|that's|we've got|you have|you've got|you got)(?: yourself)? a deal"
    r"|i accept|accepted|congratulations)\b"
)
_LEAVES = re.compile(
    r"\b(?:good ?bye|bye|farewell|walk(?:ing)? away|no deal|(?:out of|no more) time|i(?:'m| am) (?:out|leaving))\b"
)
_PARTS = re.compile(
    r"\b(?:have to (?:go|leave|walk away|say no)|(?:can't|cannot|could not|couldn't|can not|won't|will not|unable to"
    r"|did not|didn't) (?:agree|reach|find|make|come to|meet)|i(?:'m| am| will be|'ll be) (?:leaving|walking away"
    r"|going)|(?:there|it) is no deal|not a deal|end (?:it|this|things|the talk) here"
    r"|leave it (?:there|here|at that))\b"
)
_WAVERS = re.compile(
    r"\b(?:not|never|no)\b (?:\w+ ){0,2}(?:accept|agree|deal|take|buy|buying|sell|selling|sold|want|interested|sure"
    r"|happy)\b|n't (?:\w+ ){0,2}(?:accept|agree|deal|take|buy|sell|want|sure)\b"
    r"|\b(?:maybe|perhaps|think about|unsure)\b"
)
_CONDITION = re.compile(
    r"\bif\b(?! (?:you (?:like|want|agree|accept|wish|please|don't mind)|that|it|possible|i may)\b)"
)
_INVITES = re.compile(
    r"\?\W*\Z|\b(?:you|we|deal)\b[^.!?]*\?|\b(?:how about|what about|(?:would|could|can|will|shall) (?:you|we)|what if"
    r"|let's (?!leave|end|part)|if you|reconsider|change your mind|counter|make me|come back)\b"
)


class NegotiationGuide:
    """What a language model is told in order to bargain for a seller or a buyer, and how its words are checked.

    See `Guide`.
    """

    def scene(self, cue: Cue) -> str:
        """The item, the list price, the seat, the manner."""
        public = cue.public
        doing = (
            "You are selling your" if cue.seat == "seller" else "You want to buy a second-hand item from its owner: the"
        )
        text = (
            f"{doing} {public.item} ({public.detail}). Its list price is ${public.list_price}. You are the {cue.seat} "
            f"and talk to the {OTHER[cue.seat]}."
        )
        return f"{text} {manner(cue.persona)}".strip()

    def line(self, cue: Cue, stream: Stream) -> Line:
        """The act in plain words; where a turn was lost, first its reason."""
        order, kind = _order(cue)
        if cue.reason:
            order, kind = f'First say word for word: "{cue.reason}" Then do this: {order}', f"{kind} lost"
        return Line(order, intent=f"{cue.seat} {kind}")

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """See `Guide.check`. Deterministic, linear in `said`, never raises.

        Prices that may be named are that of the act, and beside it in a counter-offer the list price and the learner's
        last offer, if by the reading of the family only the act's price binds.
        """
        public, act = cue.public, cue.act
        words, fault = without_reason(normal(said), normal(cue.reason))
        if fault:
            return fault
        small_talk = _small_talk(cue.persona, cue.seat, public)
        if words in small_talk and isinstance(act, Say):
            return ""
        words = without_lead(words, small_talk)
        text = _hide(words, public)
        if _FOREIGN.search(text.lower()):
            return "Name prices in dollars."
        if fault := fault_of_form(text):
            return fault
        text = text.lower()
        plain, prices = mark_prices(text, public.list_price)
        return (
            _fault_of_words(plain, cue.seat)
            or _fault_of_prices(cue, set(prices))
            or _fault_of_act(act, cue, words, text, plain)
        )

    def grammar(self, cue: Cue, line: Line) -> str:
        """Free words without figures around what binds: the price, the acceptance, or the farewell."""
        act, public = cue.act, cue.public
        first = f"{literal(normal(cue.reason) + ' ')} " if cue.reason else ""
        if isinstance(act, Offer):
            item = f'start " " {literal(public.item)} ([:,] " " {literal(public.detail)} | words)? [.!]? " "'
            said = f'{item if cue.opening else ""} (start " ")? {literal(f"${act.price}")} words? [.!?]'
        elif isinstance(act, (Accept, Walk)):
            if isinstance(act, Walk):
                ways = ["No deal", "Goodbye", "No deal today. Goodbye", "Sorry, no deal", "We have no deal. Goodbye"]
            else:
                taken = "Sold for" if cue.seat == "seller" else "I'll take it for"
                begin = ("Deal at", "Deal,", "I accept", "We have a deal at", "Agreed,", taken)
                ways = [f"{words} ${cue.before.standing}" for words in begin]
            said = f'(start [.!] " ")? {one_of(ways)} [.!]'
        else:
            said = "start [.!?]"
        return f"root ::= {first}{said}\n{FREE_WORDS}"


GUIDE = NegotiationGuide()


def _order(cue: Cue) -> tuple[str, str]:
    """What to do, and the kind of act."""
    act, public, selling = cue.act, cue.public, cue.seat == "seller"
    if isinstance(act, Offer):
        order = f"Ask for ${act.price}." if selling else f"Offer ${act.price}."
        item = f"Present the {public.item}: {public.detail}." if selling else f"Say that you want the {public.item}."
        return (f"{item} {order}", "opening") if cue.opening else (order, "offer")
    if isinstance(act, Accept):
        order = "Accept the buyer's offer: sell" if selling else "Accept the seller's price: buy"
        return f"{order} for ${cue.before.standing}.", "accept"
    if isinstance(act, Walk):
        return "Say that there is no deal, and say goodbye.", "walk"
    return "Say a few words that name no price and decide nothing.", "talk"


@cache
def _small_talk(persona: str, seat: str, public: Any) -> tuple[str, ...]:
    """What the phrase bank may say before an act, longest first. It is true whatever follows, and need not be read."""
    slots = [name for slot in _REACTIONS for name in (slot, f"{slot} {seat}")]
    return leads(WORDS["bank"].get(persona, {}), slots, item=public.item, detail=public.detail, price="")


def _hide(words: str, public: Any) -> str:
    """Without the public facts: what they say need not be judged, and their words must not be misread."""
    for fact, stand_in in ((public.detail, "as you see"), (public.item, _THING)):
        if fact:
            words = re.sub(rf"\b{re.escape(normal(fact))}", stand_in, words, flags=re.IGNORECASE)
    return words


def _fault_of_words(plain: str, seat: str) -> str:
    """What must not be said, whatever the act."""
    if _LIMIT.search(plain):
        return "Say nothing about limits, or about what is your best or last price."
    if _CONCEDING.search(plain):
        return "Do not say that you come closer; only name the price."
    if _TERMS.search(plain):
        return "Promise nothing, and set no terms: only the price counts."
    if _CLAIMS.search(plain):
        return "Claim nothing about the item or about other people."
    if _FOR_OTHERS.search(plain):
        return f"Do not say what the {OTHER[seat]} has decided."
    if (_NOT_SELLER if seat == "seller" else _NOT_BUYER).search(plain):
        return f"You are the {seat}, not the {OTHER[seat]}."
    return "Name a price by its figure, and no other number." if _VAGUE.search(plain) else ""


def _fault_of_prices(cue: Cue, prices: set[int]) -> str:
    """Whether each price is one that may be named, and whether the one that is meant is named."""
    act, standing = cue.act, cue.before.standing
    if isinstance(act, Offer):
        if act.price not in prices:
            return f"Name the price, ${act.price}."
        allowed = {act.price, cue.public.list_price, standing}
    elif isinstance(act, Accept):
        allowed = {standing}
    else:
        allowed = {standing, cue.public.list_price} if isinstance(act, Walk) else set()
    if prices <= allowed:
        return ""
    if isinstance(act, (Offer, Accept)):
        return f"Name no other price than ${act.price if isinstance(act, Offer) else standing}."
    return "Name no price."


def _fault_of_act(act: Act, cue: Cue, words: str, text: str, plain: str) -> str:
    """Whether the words come to the act, by the rules of the family."""
    list_price, standing = cue.public.list_price, cue.before.standing
    if isinstance(act, Offer):
        heard = understand(text, (list_price, None if standing == act.price else standing, cue.seat)).act
        _, acts = stated(text, list_price, cue.seat)
        closes = not acts.keys().isdisjoint(("accept", "approve", "leave", "bye"))
        if heard != act or closes or any(pattern.search(plain) for pattern in (_CLOSES, _LEAVES, _CONDITION)):
            return (
                f"Make it clear that ${act.price} is what you {'ask' if cue.seat == 'seller' else 'offer'}; do not "
                "accept and do not leave."
            )
        return (
            f"Say that it is about the {cue.public.item}." if cue.opening and not _names(words, cue.public.item) else ""
        )
    heard = understand(text, (list_price, standing, cue.seat)).act
    if isinstance(act, Accept):
        named = not stated(text, list_price, cue.seat)[1].keys().isdisjoint(("accept", "approve"))
        clear = named and heard == act and not any(pattern.search(plain) for pattern in (_LEAVES, _WAVERS, _CONDITION))
        return "" if clear else f"Say clearly that you accept ${standing}."
    if isinstance(act, Walk):
        if not (heard == act or (heard == Say() and _PARTS.search(plain))):
            return "Say clearly that there is no deal, and say goodbye."
        return "Leave, and invite nothing further." if _INVITES.search(plain) else ""
    if heard != Say() or _CLOSES.search(plain) or _LEAVES.search(plain):
        return "Decide nothing: neither accept nor leave."
    return ""


def _names(words: str, item: str) -> bool:
    """Whether an item is named, or called by the last word of its name."""
    parts = item.lower().split()
    return not parts or parts[-1] in words.lower()
