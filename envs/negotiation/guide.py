"""Price bargaining for a language model: what the partner is told to say, and how its words are held to that.

Words are read twice: by the same rules as the learner's (`understand`), so that what they come to cannot depend on who
reads; and against lists of what a voice cannot know (limits, last offers, other buyers) or may not promise (delivery,
extras, terms of payment). In doubt the words fail, and others are asked for.
"""

from __future__ import annotations

import re
from typing import Any

from ...core.acts import Say
from ...core.stream import Stream
from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, normal
from ...simulated_users.user import Cue
from .game import OTHER, Accept, Offer, Walk
from .prices import MARK, mark_prices
from .shares import NOTE, SHARE_VOICE, told
from .voice import VOICE, stated, understand

_THING = "thing"  # stands for the item while words are read, so that no name of an item is taken for more
_SAID = Wording(__file__, mark=MARK, thing=_THING)
_CLOSING = frozenset(("accept", "approve"))


class NegotiationGuide(PartnerGuide):
    """What a language model is told in order to bargain for a seller or a buyer, and how its words are checked.

    See `Guide`.
    """

    shares = False
    """Whether prices are said in percent of the list price."""

    def known(self, public: Any) -> dict[str, Any]:
        """The item and the list price."""
        return {"item": public.item, "detail": public.detail, "list_price": public.list_price}

    def order(self, cue: Cue, stream: Stream) -> Line:
        """The act in plain words; sellers are no examples to buyers."""
        line = super().order(cue, stream)
        return line._replace(intent=f"{cue.seat} {'offer' if line.intent == 'counter' else line.intent}")

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words name the right prices, and come to the act by the rules of the family.

        Prices that may be named are that of the act, and beside it in a counter-offer the list price and the learner's
        last offer, if by the reading of the family only the act's price binds.
        """
        said, seat = _hide(words, cue.public), cue.seat
        text = said.lower()
        if self.shares and ("$" in text or _SAID.found(text, "foreign")):
            return "Name prices in percent of the list price."
        if fault := _SAID.fault(text, "foreign") or fault_of_form(said):
            return fault
        plain, prices = mark_prices(text, cue.public.list_price, self.shares)
        never = ("limit", "conceding", "terms", "claims", "for_others", f"not_{seat}", "vague")
        return (
            _SAID.fault(plain, *never, seat=seat, other=OTHER[seat])
            or _fault_of_prices(cue, set(prices))
            or _fault_of_act(cue, words, text, plain, self.shares)
        )


class ShareGuide(NegotiationGuide):
    """What a language model is told that bargains in shares. See `Guide`."""

    shares = True

    def scene(self, cue: Cue) -> str:
        """See `Guide.scene`."""
        return told(f"{super().scene(cue)} {NOTE}", cue.public.list_price)

    def line(self, cue: Cue, stream: Stream) -> Line:
        """See `Guide.line`."""
        line = super().line(cue, stream)
        return line._replace(order=told(line.order, cue.public.list_price))

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """See `Guide.check`."""
        return told(super().check(cue, line, said), cue.public.list_price)

    def grammar(self, cue: Cue, line: Line) -> str:
        """See `Guide.grammar`."""
        return told(super().grammar(cue, line), cue.public.list_price)


GUIDE = NegotiationGuide(VOICE, _SAID)
SHARE_GUIDE = ShareGuide(SHARE_VOICE, _SAID)


def _hide(words: str, public: Any) -> str:
    """Without the public facts: what they say need not be judged, and their words must not be misread."""
    for fact, stand_in in ((public.detail, "as you see"), (public.item, _THING)):
        if fact:
            words = re.sub(rf"\b{re.escape(normal(fact))}", stand_in, words, flags=re.IGNORECASE)
    return words


def _fault_of_prices(cue: Cue, prices: set[int]) -> str:
    """Whether each price is one that may be named, and whether the one that is meant is named."""
    act, standing, list_price = cue.act, cue.before.standing, cue.public.list_price
    if isinstance(act, (Offer, Accept)):
        meant, beside = (act.price, {list_price, standing}) if isinstance(act, Offer) else (standing, set())
        if isinstance(act, Offer) and meant not in prices:
            return f"Name the price, ${meant}."
        return "" if prices <= {meant, *beside} else f"Name no other price than ${meant}."
    return "" if prices <= ({standing, list_price} if isinstance(act, Walk) else set()) else "Name no price."


def _fault_of_act(cue: Cue, words: str, text: str, plain: str, shares: bool) -> str:
    """Whether the words come to the act, by the rules of the family."""
    act, seat, list_price, standing = cue.act, cue.seat, cue.public.list_price, cue.before.standing
    offered = isinstance(act, Offer) and act.price == standing
    heard = understand(text, (list_price, None if offered else standing, seat), shares).act
    acts = stated(text, list_price, seat, shares)[1].keys()
    if isinstance(act, Offer):
        decided = not acts.isdisjoint((*_CLOSING, "leave", "bye")) or _SAID.found(plain, "closes", "leaves")
        if heard != act or decided or _SAID.found(plain, "condition"):
            means = f"${act.price} is what you {'ask' if seat == 'seller' else 'offer'}"
            return f"Make it clear that {means}; do not accept and do not leave."
        named = not cue.opening or all(part in words.lower() for part in cue.public.item.lower().split()[-1:])
        return "" if named else f"Say that it is about the {cue.public.item}."
    if isinstance(act, Accept):
        clear = heard == act and not acts.isdisjoint(_CLOSING)
        clear = clear and not _SAID.found(plain, "leaves", "wavers", "condition")
        return "" if clear else f"Say clearly that you accept ${standing}."
    if isinstance(act, Walk):
        if heard != act and not (heard == Say() and _SAID.found(plain, "parts")):
            return "Say clearly that there is no deal, and say goodbye."
        return _SAID.fault(plain, "invites")
    decided = heard != Say() or _SAID.found(plain, "closes", "leaves")
    return "Decide nothing: neither accept nor leave." if decided else ""
