"""Price bargaining in plain English: how it is understood without tags, and how a partner speaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...core.acts import Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Clause, Mention, Patterns, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Accept, Offer, Walk
from .prices import FRACTION, MARK, mark_prices

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""

PATTERNS = Patterns(content(__file__, "reading.toml"), ("price",))
"""What plain words bind to."""

_TAG_QUESTION = re.compile(r"(?:right|ok|okay|yes|no|agreed|alright)")
_CORRECTED = re.compile(
    r"(?:no|oh|wait|sorry|ok|okay|well|hm+) (?:wait|sorry|i mean|i meant)\b|(?:no|sorry)\Z|(?:wait|scratch that"
    r"|i meant?|make that|or rather|correction|actually|oops|on second thought|meet (?:me )?(?:in the middle|half ?way)"
    r"|split the difference|let's|let us|(?:and )?now i'm at)\b"
)
# A price is not offered where goods or service are wanted for it, or where it is only wished for.
_CONDITION = re.compile(r"\b(?:if|unless|until|once|provided|as long as|as soon as|only when)\b")
_WANTED = re.compile(
    r"\b(?:came with|also|as well|both|seat|inclu\w+|throw\w*|add\w*|fix\w*|deliver\w*|ship\w*|replac\w+|repair\w*"
    r"|were|was|had|isn't|wasn't|weren't|bought|cover|come with|comes with|brand new|lock|helmet|pump)\b"
)
_WISHED = re.compile(
    r"\b(?:let me think|los(?:e|ing) (?:money|out)|love to (?:pay|give|offer|do|be able)|wish\w*"
    r"|ha(?:d|ve) to (?:spend|pay|put)|(?:should|would|could) have(?! to\b))\b"
)
_THEIRS = re.compile(  # somebody else's price, or another thing's
    r"\byou(?:'re| are|'ve| have|'d| were)?(?: just| only| really| still)? (?:ask|asked|asking|want|wanted|list|listed"
    r"|said|quoted|mentioned|wrote)\b|\b(?:another|other|else|some(?:one|body)|people|persons?|guy|friend|neighbou?r"
    r"|brother|cousin|stores?|shops?|amazon|ebay|craigslist|walmart|target|online|elsewhere|worth|(?<!if i )paid|spent"
    r"|costs? me|brand new|retail|similar|listed|seen|listing|(?:deliver|ship|fix|repair|replace)\w*)\b"
)
_DEMAND = re.compile(
    r"(?:please |just )*(?:throw|lower|drop|raise|come (?:down|up|lower|closer)|go(?! on)|give|make|add"
    r"|include|bring(?! (?:the |your )?(?:money|cash))|knock|reduce|meet|deliver)\b"
)
_WHY = re.compile(r"\A(?:why|how come)\b")
_HUH = re.compile(r"(?:huh|hm+|wow|oh|whoa|really|um+|well|ouch|seriously)")
_FROM = re.compile(r"\b(?:from|instead of|rather than|than your|of your|need an?) \Z")
_ASIDE = re.compile(r" (?:of new|worth of|into|in (?:repairs|parts)|an hour|a (?:month|week|year|day)|across town)\b")
_REFUSED = re.compile(
    r"\b(?<!not )(?<!n't )too (?:much|high|low|little|expensive|steep|pricey|cheap|far|rich)\b|\bout of (?:my|the) \w+"
    r"|\bnot enough\b|\b(?:is|seems|sounds|feels|would be|that's) (?:a bit |pretty |quite |really |very |just |so )?"
    r"(?:a lot|steep|high|low|expensive|tough|hard|ridiculous|crazy|a stretch|insane|nothing|a joke|robbery)\b"
)


def understand(text: str, context: tuple[int, int | None, str], shares: bool = False) -> Heard:
    """Read an utterance without a tag. Deterministic, linear in the text, and never raises.

    1. Prices are found by `mark_prices`. A price is offered by words that cover the clause ("how about 240", "I can do
       240 cash", "I can't pay more than 240", or nothing but "240"). A price that is spoken of in any other way is
       talk. So is one under a condition that is not about the price, one that is only taken up to be refused ("280?
       That's too much."), and the standing price in a question ("280?").
    2. Acceptance ("deal", "I accept", "I'll take it", "sold") binds where it is not asked, denied, or under a condition
       or demand, and not taken back. So does approval of an offer that stands ("that works for me", "fair enough"), if
       nothing is asked beside it, and a bare yes. To offer the standing price is to accept it; acceptance of another
       price offers that.
    3. Leaving: "no deal", "I'm out", "goodbye", "I'll have to pass", "not interested", "good luck with the sale".
    4. The last price counts where the speaker corrects itself ("240, no wait, 250"). Otherwise two prices are
       ambiguous, and so are a price with a fraction, and accepting and leaving at once. An offer that is worse for the
       speaker than the standing one is asked about. Everything else is talk: when in doubt, nothing binds.

    Args:
        text: Any string.
        context: The list price, the price that the speaker may accept or ``None``, and the speaker's seat.
        shares: Whether prices are said in percent of the list price.
    """
    list_price, standing, seat = context
    said, acts = stated(text, list_price, seat, shares)
    accepting = _kept(said, acts)
    offered = _offered(said, acts, accepting, standing)
    if FRACTION in offered:
        return Heard(Say(), "ambiguous", "Prices are whole numbers; which one do you mean?")
    accepts = bool(accepting) or standing in offered or (standing is not None and _approves(said, acts))
    leaves = "leave" in acts
    others = [] if offered and offered[-1] == standing else [price for price in offered if price != standing]
    if len(others) > 1:
        named = [f"${price}" for price in others[:3]]
        return Heard(
            Say(), "ambiguous", f"You mentioned {', '.join(named[:-1])} and {named[-1]}; which one do you offer?"
        )
    if others:
        (price,) = others
        if standing is not None and (price > standing if seat == "buyer" else price < standing):
            return Heard(Say(), "ambiguous", f"${standing} is on the table already; do you really mean ${price}?")
        return Heard(Offer(price))
    if accepts and leaves:
        return Heard(Say(), "ambiguous", "Do you accept or do you leave?")
    return Heard(Accept()) if accepts else Heard(Walk()) if leaves or "bye" in acts else TALK


def stated(text: str, list_price: int, seat: str, shares: bool = False) -> tuple[list[Clause], dict[str, list[int]]]:
    """The clauses of an utterance, and what they state: name of an act in ``reading.toml`` -> numbers of clauses."""
    marked, prices = mark_prices(plain(text).lower(), list_price, shares)
    said = clauses(marked, [Mention("price", price, f"${price}") for price in prices])
    acts: dict[str, list[int]] = {}
    for one in PATTERNS.find(said):
        if one.act != "ask" or seat == "seller":
            acts.setdefault(one.act, []).append(said.index(one.clause))
    return said, acts


def _kept(said: list[Clause], acts: Mapping[str, list[int]]) -> list[int]:
    """Acceptances that come with no demand, with no refusal after them, and are not asked ("deal, ok?")."""
    demanding = {clause.sentence for clause in said if _DEMAND.match(clause.text)}
    refusals = {*acts.get("refuse", ())} | {n for n, clause in enumerate(said) if _REFUSED.search(clause.text)}
    refused = max(refusals, default=-1)

    def asked(number: int) -> bool:
        after = said[number + 1] if number + 1 < len(said) else None
        return after is not None and after.asked and bool(_TAG_QUESTION.fullmatch(after.text))

    return [n for n in acts.get("accept", ()) if n >= refused and said[n].sentence not in demanding and not asked(n)]


def _approves(said: list[Clause], acts: Mapping[str, list[int]]) -> bool:
    """Whether an offer that stands is approved of, and nothing else is wanted."""
    if any(clause.mentions for clause in said):
        return False
    agrees = {*acts.get("approve", ()), *acts.get("yes", ())}
    beside = [clause for n, clause in enumerate(said) if n not in agrees and n not in acts.get("arrange", ())]
    if "approve" in acts:
        return not any(
            clause.asked or clause.negated or clause.supposed or _REFUSED.search(clause.text) for clause in beside
        )
    return "yes" in acts and not beside


def _offered(
    said: list[Clause], acts: Mapping[str, list[int]], accepting: list[int], standing: int | None
) -> list[int]:
    """The distinct prices offered, in order; after a correction, those that follow it."""
    offering = {n for name in ("offer", "own", "have", "limit") for n in acts.get(name, ())} | {*accepting}
    offering = offering or {*acts.get("ask", ())}
    offered: dict[int, None] = {}
    corrected = False
    for number, clause in enumerate(said):
        corrected = corrected or bool(_CORRECTED.match(clause.text))
        if number not in offering or any(no.search(clause.text) for no in (_WISHED, _THEIRS, _WHY)):
            continue
        prices = _spoken_for(clause)
        after = clause.text.rpartition(MARK)[2]
        quoted = (clause.asked and prices == [standing]) or _echoed(number, said, acts)
        if quoted or _REFUSED.search(after) or _ASIDE.match(after):
            continue
        if not _wanted_for_it(clause, said):
            if corrected or prices == [standing]:  # "I was hoping for 250, but okay, I'll do 280"
                offered = {}
            offered |= dict.fromkeys(prices)
            corrected = False
    return list(offered)


def _echoed(number: int, said: list[Clause], acts: Mapping[str, list[int]]) -> bool:
    """Whether a price alone is taken up only to be refused: "$300, huh? That's a lot."."""
    following = number + 1
    while following < len(said) and _HUH.fullmatch(said[following].text):
        following += 1
    return len(said[number].text.split()) < 3 and following in acts.get("refuse", ())


def _spoken_for(clause: Clause) -> list[int]:
    """The distinct prices in a clause, without those that somebody comes from."""
    befores = clause.text.split(MARK)
    return list(
        dict.fromkeys(
            mention.value for mention, before in zip(clause.mentions, befores, strict=False) if not _FROM.search(before)
        )
    )


def _wanted_for_it(clause: Clause, said: list[Clause]) -> bool:
    """Whether the sentence has a condition under which something else than the price is wanted."""
    return any(
        _WANTED.search(other.text, found.end())
        for other in said
        if other.sentence == clause.sentence and (found := _CONDITION.search(other.text))
    )


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
