"""Guessing in plain English: how a guesser is understood without tags, and how a thinker speaks."""

from __future__ import annotations

import re
from functools import cache

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Clause, Found, Patterns, Vocabulary, bind, clauses, plain
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import Answer, Ask, Explain, Guess, Leave, Reply, Try
from .subjects import PRESET, answer, called, questions, story

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""

READING = content(__file__, "reading.toml")
"""What a guesser's plain words bind to, as `Patterns` reads it."""
KINDS = ("question", "trait", "matter", "thing", "fact", "input", "number")
_QUESTIONS = KINDS[:3]
PATTERNS = Patterns(READING, KINDS)
_NEEDS_QUESTION = ", with a question mark"
_AND = r"(?: ?, ?(?:and )?| and | )"
_NUMBERS = re.compile(
    rf"[(]?\b(?:a ?(?:=|is) ?)?([0-9]{{1,2}}){_AND}(?:b ?(?:=|is) ?)?([0-9]{{1,2}}){_AND}"
    r"(?:c ?(?:=|is) ?)?([0-9]{1,2})\b[)]?(?!\d)"
)
_INPUT = re.compile(r"input(\d+)x(\d+)x(\d+)")
_IS = r" ?(?:[:=,]|is|was)? ?"
_FIELDS = ("cause", "how", "who", "alone", "dark")


def understand(text: str, subject: str) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A thing that is named in a clause which asks a question of the bank is not guessed. An explanation binds if it
    states all five facts; if it is announced and lacks some, it is asked for them.

    Args:
        text: Any string.
        subject: What is guessed at.
    """
    words = plain(text)
    if PRESET[subject] == "rule":
        words = _NUMBERS.sub(lambda m: f" input{int(m[1])}x{int(m[2])}x{int(m[3])} ", words.lower())
    marked, mentions = _vocabulary(subject).mark(words)
    found = PATTERNS.find(clauses(marked, mentions))
    asking = {id(one.clause) for one in found if one.act.startswith("ask")}
    acts: dict[Act, str] = {}
    for one in found:
        clause = one.clause
        if one.act.startswith("ask") and (clause.asked or not one.act.endswith(_NEEDS_QUESTION)):
            asked = (mention.value for mention in clause.mentions if mention.kind in _QUESTIONS)
            acts |= {Ask(name): f"ask about {name}" for name in asked}
        elif one.act in ("guess", "name") and id(clause) not in asking:
            acts |= {Guess(thing): f"guess {thing}" for thing in clause.values("thing")}
        elif one.act == "check" and clause.asked:
            yes = [fact.removesuffix("=yes") for fact in clause.values("fact") if fact.endswith("=yes")]
            acts |= {Ask(name): f"ask about {name}" for name in yes}
        elif one.act == "try":
            acts |= {act: f"try {act.a}, {act.b}, {act.c}" for act in _tried(clause)}
        elif one.act == "answer":
            said = [int(mention.said) for mention in clause.mentions if mention.kind == "number"]
            acts |= {Answer(number): f"answer {number}" for number in said}
    return bind(acts) if acts else _explained(found)


def _tried(clause: Clause) -> list[Try]:
    said = (_INPUT.match(mention.said) for mention in clause.mentions if mention.kind == "input")
    return [Try(*map(int, match.groups())) for match in said if match]


def _explained(found: list[Found]) -> Heard:
    """The explanation that the clauses state together, if it is whole."""
    stated: dict[str, set[str]] = {}
    for one in found:
        if one.act == "explain" and not one.clause.asked:
            for fact in one.clause.values("fact"):
                name, _, word = fact.partition("=")
                if name in ("mishap", "plan"):
                    other = {"mishap": "plan", "plan": "mishap"}[name]
                    stated.setdefault("cause", set()).add(name if word == "yes" else other)
                elif name in _FIELDS:
                    stated.setdefault(name, set()).add(word)
                else:
                    cause, _, name = name.partition("-")
                    stated.setdefault("cause", set()).add(cause)
                    stated.setdefault(name, set()).add(word)
    if any(len(words) > 1 for words in stated.values()):
        return Heard(Say(), "ambiguous", "That cannot all be so. Tell one story, please.")
    missing = [name for name in _FIELDS if name not in stated]
    if not missing:
        return Heard(Explain(*[next(iter(stated[name])) for name in _FIELDS]))  # type: ignore[arg-type]
    if stated and any(one.act == "open" for one in found):
        return Heard(Say(), "ambiguous", f"A whole explanation says more: what about {', '.join(missing)}?")
    return bind({})


@cache
def _vocabulary(subject: str) -> Vocabulary:
    bank = questions(subject)
    told = [name for name, each in bank.items() if each.says != "{answer}"]
    facts = {
        f"{name}={word}": re.escape(fact)
        for name, each in bank.items()
        for word, fact in (("yes", each.yes), ("no", each.no))
        if fact
    }
    rule, riddle = PRESET[subject] == "rule", PRESET[subject] == "riddle"
    if riddle:  # as short as a tag: "cause: plan, how: yes"
        facts |= {
            f"{cause}=yes": rf"{facts[f'{cause}=yes']}|cause{_IS}(?:an? )?{cause}" for cause in ("mishap", "plan")
        }
        for name in ("how", "who"):
            facts |= {f"{name}={word}": rf"{name}{_IS}{word}" for word in ("yes", "no")}
        for name in ("alone", "dark"):
            facts |= {f"{name}={word}": rf"{facts[f'{name}={word}']}|{name}{_IS}{word}" for word in ("yes", "no")}
    return Vocabulary(
        {
            "question": {name: each.heard for name, each in bank.items() if riddle},
            "trait": {name: each.heard for name, each in bank.items() if not riddle and name not in told},
            "matter": {name: bank[name].heard for name in told},
            "thing": called(subject),
            "fact": facts,
            "input": {"input": r"input\d+x\d+x\d+"} if rule else {},
            "number": {"number": r"-?\d{1,4}"} if rule else {},
        }
    )


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the guesser has only talked."""
    act, public, topic = cue.act, cue.public, cue.before.topic
    preset, said = PRESET[public.subject], ""
    if cue.opening:
        slot = f"opening {preset}"
    elif isinstance(act, Leave):
        slot = "limit" if preset != "riddle" else "leave"
    elif isinstance(act, Reply):
        slot, said = _replied(act, topic, public.subject)
    else:
        slot = "talk"
    values = (said, said[:1].upper() + said[1:], public.name, story(public.subject))
    return slot, values, "chat" if topic is None else ""


def _replied(act: Reply, topic: Act | None, subject: str) -> tuple[str, str]:
    """Slot of an answer, and what it says."""
    if isinstance(topic, Try):
        return "value", f"{topic.a}, {topic.b} and {topic.c} give {act.word}"
    if isinstance(topic, Ask) and act.word not in ("yes", "no", "beside"):
        return "fact", questions(subject)[topic.question].says.replace("{answer}", answer(act.word))
    return (f"{act.word} curt" if act.manner == "curt" else act.word), ""


ACTS: dict[str, tuple[type[Act], ...]] = {
    "things": (Ask, Guess),
    "cities": (Ask, Guess),
    "riddle": (Ask, Explain),
    "rule": (Try, Answer),
}
"""Preset -> what a guesser can do."""
GRAMMARS = {preset: Grammar(acts, understand) for preset, acts in ACTS.items()}
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
