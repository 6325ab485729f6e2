"""Division in plain English: how an offer is understood without tags, and how a partner speaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from operator import le
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.reading import Clause, Found, Patterns, Vocabulary, bind, clauses, mark_of, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, KINDS, Accept, Package, Walk
from .scenes import NUMBERS, SCENES, SINGULAR, all_of, in_words, joined

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""

PATTERNS = Patterns(content(__file__, "reading.toml"), ("thing", "rest"))
"""What plain words bind to."""

Context = tuple[str, Package, Act | None]
"""Kind, counts, and the standing offer as its hearer would make it; ``None`` if there is none."""

ALL = -1  # an amount: however many there are
_MARK = f"[{mark_of(0)}{mark_of(1)}]"
_LISTED = re.compile(rf"({_MARK}) ?(?:, ?(?:and |plus |with )?|(?:plus|with|as well as) )(?={_MARK})")
_SIDES = re.compile(r"\b((?:for|to) (?:me|you)) and\b|(?<!what) \b(?=if (?:i|you|we)\b)", re.IGNORECASE)
_TURNED = re.compile(
    rf"({_MARK}|\bdeal|\bagreed) (?=(?:you|i|ill)(?:'ll|'d| can| could| will| would)? (?:take|get|keep|have)\b)",
    re.IGNORECASE,
)
_SHARED = re.compile(
    rf"{_MARK}(?:(?:,| and|, and) {_MARK}){{0,8}} (?:is|are|be|goe?s?|would|will|stays?|(?:for|to) (?:me|you))\b"
)
_BESIDE = re.compile(rf"({_MARK})(?: please)? (?:(?:please )?and (?=(?:please )?{_MARK})|(?={_MARK}))")
_EACH = re.compile(rf"\b({'|'.join(NUMBERS[1:])}|\d) (?:packages? )?of each\b", re.IGNORECASE)
_CLAIMS = re.compile(r"\b(?:take|keep|leave|have|get|each|split)\b")
_FURTHER = re.compile(r"\b(?:more|another|also|too|as well|extra|additional|on top|in addition|besides)\b")
_ENDED = re.compile(r"[.!?;\n]|\b(?:for|to) (?:me|you)\b")
_PERSON = re.compile(r"\b(?:i|me|you|we)\b")
_YES = re.compile(
    r"\b(?:deal|accept|agree|agreed|ok|okay|yes|yeah|fine|good|fair|works?|sure|right|great|sounds|settled|sign)\b"
)
_REST = {
    "rest": "(?:all )?(?:of )?(?:(?:the )?rest|the (?:others?|remainder))(?: of (?:it|them|the (?:things|packages)))?"
    "|everything else|all else|the remaining (?:ones?|things?|items?|packages?)|what remains"
    "|(?:what|whatever)(?: i|')s left",
    "everything": "(?:everything|all of (?:it|them|that)|it all)(?! (?:but|except|apart|without)\\b)"
    "|the (?:whole )?lot|the whole (?:thing|box|basket|parcel)",
    "nothing": "nothing(?: at all)?|none of (?:it|them)",
}
_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty"}
_PACKED = "(?:packages?|packs?|units?|boxes|box|bundles?|bottles?|crates?|portions?|lots?)"
_CALLED = {"food": "foods?", "water": "waters?", "firewood": "(?:fire ?)?wood"}


def understand(text: str, context: Context) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    1. What the speaker would get and what the other side would get are read apart. Of things that are shared out, what
       is named for neither is the other side's if only the speaker's share is named. `the rest` and `everything` go
       where they are said to go. Of a contract, terms that are not named are as in the standing offer.
    2. What leaves something open, does not add up, asks for something more without saying what that makes in all, or
       gives the speaker less than the standing offer does, is asked about.
    3. To offer what stands is to accept it. Approval accepts where nothing else is offered.

    Args:
        text: Any string.
        context: What is on the table.
    """
    kind, counts, standing = context
    names = KINDS[kind].issues
    each = _EACH.sub(lambda match: " and ".join(f"{match[1]} {name}" for name in names), text)
    marked, mentions = _vocabulary(kind, counts).mark(plain(_SIDES.sub(r"\1, ", each)))
    marked = _BESIDE.sub(r"\1 and ", marked)
    heard = clauses(_LISTED.sub(_listed, _TURNED.sub(r"\1, ", marked)), mentions)
    found = PATTERNS.find(heard)
    said = {one.act for one in found}
    read = {id(one.clause) for one in found}
    unread = [clause for clause in heard if clause.mentions and id(clause) not in read]
    if _objects(text.lower()) or unread or any(map(str.isdigit, marked)):
        said -= {"accept", "approve"}
    acts: dict[Act, str] = {}
    offered, problem = _terms(found, context) if kind == "job" else _shares(found, unread, context)
    if problem:
        return Heard(Say(), "ambiguous", problem)
    if offered is not None and offered != standing:
        acts[offered] = "make another offer"
    agrees = "accept" in said or ("approve" in said and standing is not None)
    if offered == standing is not None or (agrees and (not acts or ("accept" in said and standing is not None))):
        acts[Accept()] = "accept my offer"
    if "leave" in said:
        acts[Walk()] = "leave"
    return bind(acts) if acts else TALK


def _listed(match: re.Match[str]) -> str:
    """One list of things, unless a new clause begins with the last of them: "I take the hats, the balls are yours"."""
    text, here = match.string, match.start()
    before = _ENDED.split(text[max(0, here - 200) : here].lower())[-1]
    return match[0] if _SHARED.match(text, match.end()) and _PERSON.search(before) else f"{match[1]} and "


def _objects(text: str) -> bool:
    """Whether a "but" follows what approves."""
    return text.rfind(" but ") > max((yes.start() for yes in _YES.finditer(text)), default=len(text))


def _shares(found: list[Found], unread: list[Clause], context: Context) -> tuple[Act | None, str]:
    """The division that is offered, if any, and what is not clear about it."""
    kind, counts, standing = context
    named: dict[str, dict[int, int]] = {"mine": {}, "yours": {}}
    rest = ""
    if any(one.act in named for one in found):
        found = [one._replace(act="mine") if one.act == "need" else one for one in found]
    for act, clause, _ in found:
        if act not in named:
            continue
        if clause.mentions and _FURTHER.search(clause.words):  # "let me have one ball more": than what?
            return None, "Who would get what in all, then?"
        other = "yours" if act == "mine" else "mine"
        for what in clause.values("rest"):
            side = other if what == "nothing" else act
            if rest not in ("", side):
                return None, "Who gets the rest: you or I?"
            rest = side
        for issue, amount in clause.values("thing"):
            amount = counts[issue] if amount == ALL else amount
            if named[act].setdefault(issue, amount) != amount:
                return None, f"How many {KINDS[kind].issues[issue]} do you mean?"
    mine, yours = named["mine"], named["yours"]
    if not (mine or yours or rest):
        return None, ""
    if not rest and mine and not yours:
        rest = "yours"
    agreed = standing if any(one.act == "accept" for one in found) else None
    here = {one.clause.sentence for one in found if one.act in named}
    claimed = [clause for clause in unread if clause.sentence in here and _CLAIMS.search(clause.text)]
    open_ = {issue for clause in claimed for issue, _ in clause.values("thing")}
    amounts, unclear = [], []
    for issue, (name, count) in enumerate(zip(KINDS[kind].issues, counts, strict=True)):
        if issue in mine and issue in yours and mine[issue] + yours[issue] != count:
            return None, f"That does not add up: there {'is' if count == 1 else 'are'} {count} of the {name}."
        if issue in mine or issue in yours:
            amounts.append(mine[issue] if issue in mine else count - yours[issue])
        else:
            amounts.append(count if rest == "mine" else getattr(agreed, name, 0) if not rest else 0)
            unclear += [] if (rest or agreed) and issue not in open_ else [name]
    if unclear:
        return None, f"And who gets the {joined(unclear)}?"
    offers: Any = KINDS[kind].offer
    offer, stands = offers(*amounts), standing and [getattr(standing, name) for name in KINDS[kind].issues]
    if stands and offer != standing and all(map(le, amounts, stands)):
        return None, "By my offer you would get more than that; do you want to accept it?"
    return offer, ""


def _terms(found: list[Found], context: Context) -> tuple[Act | None, str]:
    """The contract that is offered, if any, and what is not clear about it."""
    kind, _, standing = context
    issues = KINDS[kind].issues
    named: dict[int, int] = {}
    for act, clause, _ in found:
        for issue, amount in clause.values("thing") if act in ("mine", "yours", "terms") else ():
            if named.setdefault(issue, amount) != amount:
                return None, f"Which {issues[issue]} do you mean, {named[issue]} or {amount}?"
    if not named:
        return None, ""
    unclear = [name for issue, name in enumerate(issues) if issue not in named]
    if unclear and standing is None:
        return None, f"And what about {joined([_ASKED[name] for name in unclear])}?"
    offer: Any = KINDS[kind].offer
    return offer(*(named.get(issue, getattr(standing, name, 0)) for issue, name in enumerate(issues))), ""


_ASKED = {"salary": "the salary", "leave": "the days of leave", "remote": "the days at home"}


@cache
def _vocabulary(kind: str, counts: Package) -> Vocabulary:
    """How amounts are called: of an issue by its place, so many or `ALL`."""
    if kind == "job":
        return Vocabulary({"thing": _of_terms(), "rest": {}})
    the = "(?:(?:of )?(?:the|these|those|my|your) )"
    things: dict[tuple[int, int], str] = {}
    for issue, (name, count) in enumerate(zip(KINDS[kind].issues, counts, strict=True)):
        if kind == "camp":
            what = _CALLED[name]
            noun, bare = rf"(?:{_PACKED} )?(?:of )?(?:the )?{what}(?: {_PACKED})?", rf"(?:{_PACKED} of )?{what}"
        else:
            noun, bare = f"{SINGULAR[name]}s?", name
        things[issue, ALL] = f"(?:all )?{the}?{bare}|all {the}?(?:{_number(count)} )?{noun}"
        for n in range(10):
            several = "no|zero|0" if n == 0 else _number(n) + {1: "|an?|a single", 2: "|both"}.get(n, "")
            things[issue, n] = f"(?:(?:the|those|these|your|my|only|just) )?(?:{several}) {the}?{noun}"
        if kind == "things":
            things[issue, 1] += f"|(?:(?:the|that|this|my|your) )?(?:single |only )?{SINGULAR[name]}"
    return Vocabulary({"thing": things, "rest": _REST})


def _of_terms() -> dict[tuple[int, int], str]:
    """How the terms of a contract are called."""
    said: dict[tuple[int, int], str] = {}
    home = "(?:remote(?:ly)?|(?:at|from) home|of (?:remote work|home office|working from home)|in home office)"
    week, off = "(?: (?:a|per|each) week)?", "(?:paid |annual )?(?:leave|holidays?|vacation|off)"
    thousand, year = "(?: ?k\\b|,?000| thousand| grand)", "(?: (?:a|per) year)?"
    bare = r"(?=,? (?:and )?\d|[.,!?]|\Z)"  # a figure that is all: one of a list, or the last word
    for n in range(70):
        number = "(?:no|zero|0)" if n == 0 else _number(n)
        if n >= 20:
            said[0, n] = (
                rf"(?:an? )?(?:salary|pay|wage)s? (?:of|at|to) [$€£]?{number}{thousand}?"
                rf"|[$€£]?{number}{thousand}{year}(?: (?:in|of|as) (?:salary|pay))?"
                rf"|[$€£]?{number} (?:in|of|as) (?:salary|pay)" + (rf"|[$€£]?{n}{bare}" if n >= 35 else "")
            )
        said[1, n] = (
            rf"{number}(?: paid)? days?(?: (?:of|as|for))? {off}"
            rf"|{number} days(?! (?:a|per|each|at|from|remote|of|in)\b)"
            rf"|{number} (?:paid )?(?:holidays|(?:leave|vacation|holiday) days)"
            + (rf"|{n}{bare}" if 10 <= n < 35 else "")
        )
        if n < 10:
            said[2, n] = rf"{number} (?:remote|home)(?: office)? days?{week}|{number}(?: days?)?{week} {home}{week}"
            said[2, n] += rf"|(?:to )?(?:work(?:ing)? )?from home {number} days?{week}|(?<=and ){n}{bare}"
    return said


def _number(n: int) -> str:
    """How a number is written: in figures or in words."""
    teens = (
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    )
    if n < 10:
        return f"(?:{n}|{NUMBERS[n]})"
    tens, rest = divmod(n, 10)
    words = teens[rest] if tens == 1 else _TENS.get(tens, "sixty") + (f"[ -]{NUMBERS[rest]}" if rest else "")
    return f"(?:{n}|{words})"


def amounts(kind: str, counts: Package, package: Package, seat: str) -> Package:
    """What an offer of a seat would name, that leaves the bargainer so much."""
    return tuple(KINDS[kind].amount(i, x, c, seat) for i, (x, c) in enumerate(zip(package, counts, strict=True)))


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the learner has only talked."""
    act, public, state = cue.act, cue.public, cue.before
    kind, counts, mine = public.kind, public.counts, None
    job = kind == "job"
    if isinstance(act, KINDS[kind].offer):
        slot, mine = "terms" if job else "offer", tuple(getattr(act, name) for name in KINDS[kind].issues)
    elif isinstance(act, Accept):
        slot, mine = "sign" if job else "accept", amounts(kind, counts, state.standing, cue.seat)
    else:
        slot = "walk" if isinstance(act, Walk) else f"opening {kind}" if cue.opening else "talk"
    own = "" if mine is None else in_words(kind, counts, mine)
    theirs = ""
    if mine is not None and not job:
        theirs = in_words(kind, counts, tuple(c - n for c, n in zip(counts, mine, strict=True)))
    values = (
        public.name,
        SCENES[kind][public.scene].topic,
        own,
        theirs,
        _upper(own),
        _upper(theirs),
        all_of(kind, counts),
    )
    return slot, values, "chat" if state.standing is None else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


GRAMMARS: Mapping[str, Grammar] = {kind: Grammar(acts, understand) for kind, acts in ACTS.items()}
"""Of each kind."""
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], describe, WORDS["topics"])
