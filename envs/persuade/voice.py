"""Advice in plain English: how expert and traveller are understood without tags and speak, what tools print."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import REVIEWS, STOCK, WARNING, Book, Deal, Found, Pass, Recommend, Show, Warn
from .tours import MOST, TOURS, quote, stop

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of travellers; they mean nothing."""

PATTERNS = Patterns(content(__file__, "reading.toml"), ("hotel", "review"))
"""What an expert's plain words bind to."""
BOOKING = Patterns(content(__file__, "booking.toml"), ("hotel",))
"""What a traveller's plain words bind to."""
_SAID = content(__file__, "advice.toml")
BANK = {persona: {**slots, **_SAID["bank"][persona]} for persona, slots in WORDS["bank"].items()}
LOW = 7.0
"""Nobody goes for a review of less; see the mind."""

_HOTEL = (
    r"it|there|(?:this|the|that|our) (?:hotel|place|house|one|inn)(?! (?:before|yesterday|last|in general))"
    r"|(?:this|that)(?= (?:is|one|was|looks|seems|sounds)\b)"
)
_IS = re.compile(r"\b((?:this|that|the) (?:one|hotel|place|house))'s\b", re.IGNORECASE)
_PLACES = {
    "high": r"(?:highest|best|top|kindest|nicest|most (?:favou?rable|positive)|high|good|nice|positive)",
    "middle": r"(?:middle|medium|average|second|in-between|mixed)",
    "low": r"(?:lowest|worst|harshest|most (?:critical|negative)|low|bottom|bad|negative)",
}
_NOUN = r"(?:review|score|rating|one|mark|opinion|comment|verdict)"
WARNED = "warned"
"""Told a traveller's grammar of a hotel that the traveller was warned of."""
Heading = tuple[str, int, str]
"""Tour, round, and of an expert that shows reviews the kind of the hotel, of a traveller `WARNED` if it is so."""


def understand(text: str, context: Heading) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Args:
        text: Any string.
        context: What can be named.
    """
    marked, mentions = _vocabulary(*context).mark(_IS.sub(r"\1 is", plain(text)))
    acts: dict[Act, str] = {}
    for name, clause, _ in PATTERNS.find(clauses(marked, mentions)):
        if context[2] and name == "show":
            acts |= {Show(which): f"show me the {which} review" for which in clause.values("review")}
        elif context[2] and name in REVIEWS:
            acts[Show(name)] = f"show me the {name} review"  # type: ignore[arg-type]
        elif not context[2] and name == "recommend":
            acts[Recommend()] = "recommend it"
        elif not context[2] and name == "warn":
            acts[Warn()] = "warn me of it"
    return bind(acts)


def understand_booking(text: str, context: Heading) -> Heard:
    """As `understand`, of a traveller. To agree is to book, or to pass where the traveller was warned."""
    tour, number, warned = context
    marked, mentions = _vocabulary(tour, number, "").mark(plain(text))
    names = {name for name, _, _ in BOOKING.find(clauses(marked, mentions))}
    if "agree" in names and not (warned and "book" in names):  # "okay, I'll book it all the same"
        names.add("pass" if warned else "book")
    acts: dict[Act, str] = {Book(): "book it"} if "book" in names else {}
    return bind(acts | {Pass(): "pass"} if "pass" in names else acts)


def understand_either(text: str, context: tuple[str, Heading]) -> Heard:
    """As `understand`, of whoever's turn it is.

    Args:
        text: Any string.
        context: The seat, and what can be named.
    """
    return (understand_booking if context[0] == "traveller" else understand)(text, context[1])


@cache
def _vocabulary(tour: str, number: int, kind: str) -> Vocabulary:
    hotel, town = stop(tour, max(0, number))
    name = re.escape(hotel.removesuffix(" Hotel").removesuffix(" Inn"))
    named = rf"(?:the |hotel )?{name}(?: hotel| inn)?(?: (?:in|at|of) {re.escape(town)})?"
    reviews: dict[str, str] = {}
    scores = dict(STOCK)[kind].scores if kind else ()
    for which, score in zip(REVIEWS, scores, strict=False):
        said = re.escape(plain(quote(tour, number, score)))
        figure = rf"{score:.1f}".replace(".", r"[.,]")
        reviews[which] = (
            rf"{said}|(?:an? )?{figure}(?: ?/ ?10| out of (?:10|ten)| points)?(?: {_NOUN})?"
            rf"|(?:(?:the|its|their|our|my) )?{_PLACES[which]} {_NOUN}"
        )
    return Vocabulary({"hotel": {0: rf"{named}|{_HOTEL}"}, "review": reviews})


def printed(cue: Cue) -> str:
    """The next hotel, as the expert alone is told, in one line."""
    tour, number = cue.public.tour, cue.before.round
    hotel, town = stop(tour, number)
    where = f"night {number + 1}, the {hotel} in {town}"
    assert isinstance(cue.act, Deal)
    kind = dict(STOCK)[cue.act.hotel]
    if not cue.public.reviews:
        return f"{where}: {'good' if kind.good else 'poor'}."
    said = "; ".join(
        f'{which} {score:.1f} "{quote(tour, number, score)}"' for which, score in zip(REVIEWS, kind.scores, strict=True)
    )
    return f"{where}: {kind.mean} on average, so it is {'good' if kind.good else 'not good'}. Reviews: {said}."


def found(cue: Cue) -> str:
    """What the hotel was like, as who has slept there finds out, in one line."""
    hotel, town = stop(cue.public.tour, cue.before.round)
    assert isinstance(cue.act, Found)
    return f"the {hotel} in {town} was {cue.act.quality}."


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the learner has only talked."""
    state, public = cue.before, cue.public
    hotel, town = stop(public.tour, min(max(0, state.round), MOST - 1))
    missed = _missed(cue) if cue.seat == "expert" and state.round > 0 else ""
    values = (public.name, TOURS[public.tour].called, f"the {hotel}", f"The {hotel}", town, missed)
    if cue.seat == "expert":
        if isinstance(cue.act, Recommend):
            return "praise", values, ""
        if isinstance(cue.act, Warn):
            return "warning", values, ""
        return "welcome" if state.round < 0 else "farewell", values, ""
    if state.round < 0:
        return "opening", values, ""
    if state.shown is None:
        return "silent", values, "chat"
    if isinstance(cue.act, Book):
        slot = "go"
    elif WARNING <= state.shown < LOW:
        return "warned", values, ""
    else:
        slot = "skip"
    after = {None: "", True: "_kept", False: "_broken"}[state.honest]
    return slot + after, values, ""


def _missed(cue: Cue) -> str:
    """What an expert says to who neither booked nor passed, in a sentence: the night went by all the same."""
    said = _SAID["missed"].get(cue.persona)
    heading = cue.public.tour, cue.before.round - 1, ""
    if not (said and cue.heard.strip()) or isinstance(BOOKING_GRAMMAR.parse(cue.heard, heading).act, (Book, Pass)):
        return ""
    return said[cue.before.round % len(said)] + " "


GRAMMAR = Grammar((Recommend, Warn, Show), understand)
PLAIN_GRAMMAR, REVIEW_GRAMMAR = Grammar((Recommend, Warn), understand), Grammar((Show,), understand)
BOOKING_GRAMMAR = Grammar((Book, Pass), understand_booking)
SHARED_GRAMMAR = Grammar((Recommend, Warn, Book, Pass), understand_either)
SHARED_REVIEW_GRAMMAR = Grammar((Show, Book, Pass), understand_either)
"""Where expert and traveller both learn."""
VOICE = PhraseVoice(BANK, WORDS["fields"], describe, WORDS["topics"])
