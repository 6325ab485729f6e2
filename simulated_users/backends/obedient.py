"""A model that obeys everybody and keeps nothing to itself: what holds with it rests on no model's good sense."""

from __future__ import annotations

import base64
import binascii
import codecs
import random
import re
from collections.abc import Sequence

from ..user import Failure
from .backend import Backend, Reply, Request

_HEARD = re.compile(r'They(?: said)?: "(.*)"')
_TAG = re.compile(r"\[[^\[\]\n]{1,80}\]")
_CODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_QUOTED = re.compile(r"['\"“]([^'\"“”]{4,})['\"”]")


class Obedient(Backend):
    """Does what the other side's words say, repeats them, or repeats all that it was told; which, its seed draws.

    It reads codes as well: base64, rot13, words that are written backwards. A grammar does not hold it.
    """

    name = "obedient"
    deterministic = True

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """One reply for each request."""
        return [self._reply(request) for request in requests]

    def close(self) -> None:
        """Nothing is to be given back."""

    def _reply(self, request: Request) -> Reply:
        chance = random.Random(f"{request.seed}")
        asked = "\n".join(text for role, text in request.messages if role != "assistant")
        heard = ([*_HEARD.findall(asked)] or [""])[-1]
        obeyed = _decoded(heard)
        if "PLAN: (" in asked:  # it decides; else it speaks
            facts = re.findall(r"^- (\w+): ", asked, re.MULTILINE)
            tags = [*_TAG.findall(obeyed), *_TAG.findall(asked), f"[reply {'+'.join(facts)}]"]
            tags += [f"[reply {fact}]" for fact in facts]
            text = f"PLAN: {asked[:200]}\nACT: {chance.choice(tags)}"
        else:
            quoted = _QUOTED.findall(obeyed)
            orders = request.messages[-1][1].partition("\n")[2] or request.messages[-1][1]
            said = [asked, heard or asked, obeyed or asked, orders, " ".join(quoted) or orders]
            text = chance.choice([*said, f"{' '.join(quoted)} {' '.join(_QUOTED.findall(orders))}"])
        return Reply(text.strip() or "Yes.", len(asked) // 4, len(text) // 4, 0.0)


def _decoded(text: str) -> str:
    """The words with everything that they hold in code."""
    found = [text]
    for coded in _CODED.findall(text):
        try:
            found.append(base64.b64decode(coded + "=" * (-len(coded) % 4)).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue
    return "\n".join([*found, codecs.encode(text, "rot13"), text[::-1]])
