"""Clinic in plain English: how a doctor is understood without tags, how a patient speaks, and what the lab prints."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ...core.acts import Act
from ...core.grammar import Heard
from ...core.reading import Clause, Patterns, Vocabulary, bind, by_sentence, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .complaints import COMPLAINTS, extract
from .game import Answer, Ask, Leave, Prescribe, Reassure, Refer, Result, Test

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of patients; they mean nothing."""

KINDS = ("finding", "test", "drug")
PATTERNS = Patterns(content(__file__, "reading.toml"), KINDS)
_NEEDS_QUESTION = ", with a question mark"
_LINES = {"tablets": "tablets?|pills?", "drops": "drops?"}


def understand(text: str, context: tuple[str, str]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A prescription that names no drug ("my prescription: ...") is of those in its sentence.

    Args:
        text: Any string.
        context: Complaint and preset.
    """
    marked, mentions = _vocabulary(*context).mark(plain(text))
    heard = clauses(marked, mentions)
    near = {sentence: _drugs(part) for sentence, part in by_sentence(heard).items()}
    acts: dict[Act, str] = {}
    for act, clause, _ in PATTERNS.find(heard):
        kind = act.removesuffix(_NEEDS_QUESTION)
        if kind != act and not clause.asked:
            continue
        if kind == "ask" and not clause.values("test") and not clause.values("drug"):
            acts |= {Ask(name): f"ask about {name}" for name in clause.values("finding")}
        elif kind == "test":
            acts |= {Test(name): f"order {name}" for name in clause.values("test")}
        elif kind == "prescribe":
            drugs = clause.values("drug") or near[clause.sentence]
            acts |= {Prescribe(name): f"prescribe {name}" for name in drugs}
        elif kind == "reassure":
            acts[Reassure()] = "promise me that it stays between us"
        elif kind == "refer":
            acts[Refer()] = "refer me"
    return bind(acts)


def _drugs(heard: Iterable[Clause]) -> list[str]:
    """The drugs that are named and not denied, each once."""
    return list(dict.fromkeys(name for each in heard if not each.negated for name in each.values("drug")))


@cache
def _vocabulary(complaint: str, preset: str) -> Vocabulary:
    part, words = extract(complaint, preset), COMPLAINTS[complaint]
    return Vocabulary(
        {
            "finding": {name: words.topics[name].pattern for name in part.questions},
            "test": {name: words.tests[name].pattern for name in part.tests},
            "drug": {
                f"{name}-{line}": _called(complaint, words.illnesses[name], said)
                for name in part.illnesses
                for line, said in _LINES.items()
            },
        }
    )


def _called(complaint: str, illness: str, line: str) -> str:
    """What a drug is called: "surge tablets", "surge headache tablets", "the tablets for a surge headache"."""
    meant = rf"(?:{illness})(?:[- ]{complaint}s?)?"
    return rf"{meant}[- ](?:{line})|(?:{line}) (?:for|against) (?:(?:the|a|an|your) )?{meant}"


_YES = Answer("yes")


def claim(cue: Cue) -> str:
    """What a patient claims who answers a question; what varies it is public."""
    topic = COMPLAINTS[cue.public.complaint].topics[cue.before.topic.finding]
    claims = topic.yes if cue.act == _YES else topic.no
    return claims[(cue.before.turn + len(cue.public.name)) % len(claims)]


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the doctor has only talked."""
    act, public, topic = cue.act, cue.public, cue.before.topic
    complaint, said = COMPLAINTS[public.complaint], ""
    if isinstance(act, Answer):
        slot, said = act.word, claim(cue)
    elif isinstance(act, Leave):
        slot = "leave"
    else:
        slot = "opening" if cue.opening else "calmed" if isinstance(topic, Reassure) else "talk"
    return slot, (said, complaint.trouble, complaint.about, public.name), "chat" if topic is None else ""


VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])


def printed(cue: Cue) -> str:
    """What the lab prints, after its name: the result, literally."""
    result = cue.act
    assert isinstance(result, Result)
    return f"{result.test}: {result.value}"
