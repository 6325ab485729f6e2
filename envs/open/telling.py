"""What words tell of the facts of a file, and what its rules let the person tell, read from the file itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from .acts import event
from .game import Inner, Rules, State
from .library import Script
from .parts import Fact


def permitted(rules: Rules, state: State, hidden: Inner) -> set[str]:
    """The facts that the rules let the person tell now, by what the learner was read as doing."""
    may: set[str] = set()
    for rule in rules.file.rule:
        fits = event(state.last) in rule.on and rules.holds(rule.when, state, hidden)
        if fits and all(getattr(state.last, name, None) == value for name, value in rule.args.items()):
            may |= set(rule.tell)
            if rule.chance >= 1.0:
                break
    return may


def betrayed(script: Script, draws: tuple[tuple[str, str], ...], words: str) -> list[str]:
    """The facts that words name: by the patterns of the file, or in whatever way the file has them said."""
    return [fact for fact, pattern in _patterns(script, draws) if pattern.search(words)]


@lru_cache(maxsize=1024)
def _patterns(script: Script, draws: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((fact.id, _pattern(fact, dict(draws))) for fact in script.file.fact)


def _pattern(fact: Fact, draws: Mapping[str, str]) -> re.Pattern[str]:
    said = fact.say.values() if isinstance(fact.say, dict) else [fact.say]
    texts = fact.text.values() if isinstance(fact.text, dict) else [fact.text]
    whole = [re.escape(line.format(**draws).rstrip(".!? ")) for line in (*(s for some in said for s in some), *texts)]
    return re.compile("|".join([*(f"(?:{words})" for words in fact.words), *whole]), re.IGNORECASE)


def values_named(fact: Fact, words: str) -> list[str]:
    """The values of the fact's draw of which words speak, as far as its patterns tell them apart."""
    said = fact.say if isinstance(fact.say, dict) else {}
    named = [set(of) for pattern, of in of_values(fact).items() if of and re.search(pattern, words, re.IGNORECASE)]
    return [value for value in said if any(value in of for of in named)]


def of_values(fact: Fact) -> dict[str, set[str]]:
    """For each pattern of a fact the values of its draw whose lines it is found in."""
    said = fact.say if isinstance(fact.say, dict) else {}
    return {
        words: {value for value, lines in said.items() if any(re.search(words, line, re.IGNORECASE) for line in lines)}
        for words in fact.words
    }
