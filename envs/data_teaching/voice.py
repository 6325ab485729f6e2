"""Data teaching in plain English: how a teacher is understood without tags, and how a trainer speaks."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import cast

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, plain, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .domains import DOMAINS, KINDS, vocabulary
from .game import ACTS, SKILLS, Errors, Explore, Make, Over, Report, Stop

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["trainers"]
"""Names of trainers; they mean nothing."""
PATTERNS = Patterns(content(__file__, "reading.toml"), KINDS)
"""What a teacher's plain words bind to."""
SHOWN = ("few", "half", "most", "errors")
"""Slots that show something of the model. With ``_last`` behind it, no round is left."""


def understand(text: str, context: tuple[str, str]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Where data is wanted for a part, the skill that is named with it only says where the part belongs. A bare name asks
    for data, as "what about" does, unless its sentence asks where it goes wrong. Where nothing is named, data on "that"
    is data on what was spoken of last.

    Args:
        text: Any string.
        context: The domain, and the skill or part that was spoken of last; ``""`` for none.
    """
    domain, last = context
    acts = _read(text, domain, vocabulary(domain))
    if not acts and last and not vocabulary(domain).mark(plain(text))[1]:
        meant = _read(text, domain, _pointing(last))
        acts |= {act: does for act, does in meant.items() if isinstance(act, Make)}
    return bind(acts)


@cache
def _pointing(key: str) -> Vocabulary:
    """A vocabulary in which "that" is this skill or part."""
    names = {key: "that|those|them|the same(?: thing)?"}
    return Vocabulary({"skill": names if key in SKILLS else {}, "part": {} if key in SKILLS else names})


def _read(text: str, domain: str, vocabulary: Vocabulary) -> dict[Act, str]:
    acts: dict[Act, str] = {}
    called = DOMAINS[domain]
    found = list(read(text, PATTERNS, vocabulary))
    asking = {clause.sentence for act, clause, _ in found if act == "where"}
    for act, clause, _ in found:
        skills, parts = clause.values("skill"), clause.values("part")
        if act == "explore" or (act in ("name", "about", "view") and clause.sentence in asking):
            acts |= {Explore(skill): f"look into the errors in {called[skill]}" for skill in skills}
        elif act in ("make", "name", "about"):
            wanted = [skill for skill in skills if not any(part[0] == skill for part in parts)] + parts
            acts |= {Make(data): f"make data on {called[data]}" for data in wanted}
        elif act == "stop":
            acts[Stop()] = "stop the training"
    return acts


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the teacher has only talked."""
    act, topic, called = cue.act, cue.before.topic, DOMAINS[cue.public.domain]
    data = topic.data if isinstance(topic, Make) else topic.skill if isinstance(topic, Explore) else ""
    what, skill = (called[data], called[data[0]]) if data else ("", "")
    part = called[act.part] if isinstance(act, Errors) else ""
    slot = "opening" if cue.opening else "over" if isinstance(act, Over) else "talk"
    if isinstance(act, (Report, Errors)):
        slot = act.right if isinstance(act, Report) else "errors"
        slot += "" if cue.before.left else "_last"
    values = (cue.public.trainer, called["called"], called["a"], called["b"], what, skill, part)
    return slot, values, "chat" if topic is None else ""


def _joined(slots: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The slots of a persona, where what is shown in the last round is followed by the words for its end."""
    last = {f"{slot}_last": tuple(f"{a} {b}" for a, b in product(slots[slot], slots["over"])) for slot in SHOWN}
    return slots | last


GRAMMAR = Grammar(ACTS, understand)
BANK = {persona: _joined(slots) for persona, slots in cast(dict, WORDS["bank"]).items()}
VOICE = PhraseVoice(BANK, WORDS["fields"], describe, WORDS["topics"])
