"""Who a simulated person is, beside what it wants: style, age, occupation, Big Five traits, patience and expertise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple, cast

import numpy as np

from ..core.stream import Stream

LEVELS = ("low", "medium", "high")
Level = str | float
"""One of `LEVELS`, or a number from 0 to 1: below 1/3 is low, above 2/3 high."""

WORDS: dict[str, tuple[str, str]] = {
    "openness": ("conventional", "curious"),
    "conscientiousness": ("not very organised", "organised"),
    "extraversion": ("quiet", "outgoing"),
    "agreeableness": ("cool", "warm"),
    "neuroticism": ("calm", "easily worried"),
    "patience": ("impatient", "patient"),
}
"""What a low and a high level are called; a medium one goes unsaid.

The first five are the Big Five of Goldberg (1990).
"""

EXPERTISE = {"low": " You know little about the matter.", "medium": "", "high": " You know a lot about the matter."}


@dataclass(frozen=True, eq=False)
class Persona(str):
    """A simulated person's character. It never depends on what is hidden.

    It is the name of its style to whoever asks for no more: a string that equals ``"terse"``, prints as it, and finds
    the same phrases. So two personas of one style are equal, as strings; `as_dict` tells them apart.

    Attributes:
        style: One of the phrase bank's ways of speaking.
        age: In years, 5 to 110.
        occupation: Such as ``"nurse"``.
        openness: A level, as the next four: Big Five traits.
        conscientiousness: Orderly or not.
        extraversion: Outgoing or not.
        agreeableness: Warm or not.
        neuroticism: Easily worried or not.
        patience: A level.
        expertise: How much it knows about the matter; a level.

    Raises:
        ValueError: If a field is not among the valid ones.
    """

    style: str
    age: int = 40
    occupation: str = "office clerk"
    openness: Level = "medium"
    conscientiousness: Level = "medium"
    extraversion: Level = "medium"
    agreeableness: Level = "medium"
    neuroticism: Level = "medium"
    patience: Level = "medium"
    expertise: Level = "medium"

    def __new__(cls, style: str, *fields: Any, **more: Any) -> Persona:
        """A string that is the style."""
        if not isinstance(style, str) or not style:
            raise ValueError(f"style must be the name of a way of speaking, got {style!r}")
        return super().__new__(cls, style)

    def __post_init__(self) -> None:
        object.__setattr__(self, "style", str(self.style))  # the bare name, where it was given by another persona
        if isinstance(self.age, bool) or not isinstance(self.age, int) or not 5 <= self.age <= 110:
            raise ValueError(f"age must be a whole number from 5 to 110, got {self.age!r}")
        if not isinstance(self.occupation, str) or not self.occupation.strip():
            raise ValueError(f"occupation must be a word or a few, got {self.occupation!r}")
        for name in (*WORDS, "expertise"):
            level_of(getattr(self, name), name)

    def describe(self) -> str:
        """Two or three short sentences to a language model that is to be this person."""
        said = [
            words[level == "high"]
            for name, words in WORDS.items()
            if (level := level_of(getattr(self, name), name)) != "medium"
        ]
        character = f"; {', '.join(said)}" if said else ""
        article = "an" if self.age in (8, 11, 18) or 80 <= self.age <= 89 else "a"
        expertise = EXPERTISE[level_of(self.expertise, "expertise")]
        who = f"You are {article} {self.age}-year-old {self.occupation}{character}."
        return f"{who}{expertise} Your manner is {self.style}."

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, in plain values."""
        return asdict(self)


FIELDS = tuple(field.name for field in fields(Persona))


def level_of(value: Any, name: str) -> str:
    """The level that a trait's value stands for.

    Raises:
        ValueError: If it is neither a level nor a number from 0 to 1.
    """
    if isinstance(value, str) and value in LEVELS:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value <= 1.0:
        return LEVELS[(value >= 1 / 3) + (value > 2 / 3)]
    raise ValueError(f"{name} must be one of {', '.join(LEVELS)}, or a number from 0 to 1; got {value!r}")


class Company(str):
    """The personas of several people, by seat. As a string it names them all, such as ``"anna: terse, ben: warm"``.

    Attributes:
        seats: The persona of each seat.
    """

    seats: dict[str, str]

    def __new__(cls, seats: Mapping[str, str]) -> Company:
        """A string that tells who speaks how."""
        company = super().__new__(cls, ", ".join(f"{seat}: {persona!s}" for seat, persona in seats.items()))
        company.seats = dict(seats)
        return company

    def __reduce__(self) -> tuple[Any, ...]:
        """To be copied and sent to other processes."""
        return Company, (self.seats,)


def persona_of(persona: str, seat: str) -> str:
    """The persona of one seat: in a `Company` its own."""
    return persona.seats.get(seat, persona) if isinstance(persona, Company) else persona


def describe(persona: str) -> str:
    """What a language model is told about whom it is to be: all there is, or the manner where no more is known."""
    return persona.describe() if isinstance(persona, Persona) else f"Your manner is {persona}."


def adjusted(persona: Persona, changes: Mapping[str, Any]) -> Persona:
    """The persona with some fields replaced.

    Raises:
        ValueError: If there is no such field, or a value is not valid.
    """
    if unknown := [str(name) for name in changes if name not in FIELDS]:
        raise ValueError(f"a persona has the fields {', '.join(FIELDS)}; got {', '.join(sorted(unknown))}")
    return replace(persona, **changes)


def spell_persona(persona: str) -> str:
    """The text under which a persona is recorded: the name of its style, or JSON of its fields; of a `Company`, JSON of
    the texts by seat.
    """
    if isinstance(persona, Company):
        return json.dumps({"seats": {seat: spell_persona(one) for seat, one in persona.seats.items()}})
    return json.dumps(persona.as_dict()) if isinstance(persona, Persona) else persona


def read_persona(text: str) -> str:
    """What `spell_persona` was given."""
    if not text.startswith("{"):
        return text
    told = json.loads(text)
    if set(told) == {"seats"}:
        return Company({seat: read_persona(one) for seat, one in told["seats"].items()})
    return Persona(**told)


OCCUPATIONS = (
    "nurse", "teacher", "electrician", "accountant", "bus driver", "cook", "shop assistant", "engineer", "gardener",
    "librarian", "carpenter", "journalist", "hairdresser", "postal worker", "farmer", "software developer",
    "social worker", "musician", "police officer", "dentist", "waiter", "warehouse worker", "architect", "cleaner",
)  # fmt: skip


@dataclass(frozen=True)
class PersonaDistribution:
    """Where personas are drawn from: each field independent of the others, and uniform over what is given here.

    It claims no likeness to a population.

    Attributes:
        ages: Least and greatest age.
        occupations: What they may do.
        traits: Levels of each of the Big Five.
        patience: Levels of patience.
        expertise: Levels of expertise.
    """

    ages: tuple[int, int] = (18, 79)
    occupations: tuple[str, ...] = OCCUPATIONS
    traits: tuple[Level, ...] = LEVELS
    patience: tuple[Level, ...] = LEVELS
    expertise: tuple[Level, ...] = LEVELS

    def __post_init__(self) -> None:
        low, high = self.ages
        if low > high:
            raise ValueError(f"ages must be the least and the greatest age, got {self.ages!r}")
        for name in ("occupations", "traits", "patience", "expertise"):
            if not getattr(self, name):
                raise ValueError(f"{name} must hold at least one value")
        for age in self.ages:
            Persona("any", age)
        for name, levels in (("traits", self.traits), ("patience", self.patience), ("expertise", self.expertise)):
            for level in levels:
                level_of(level, name)

    def sample(self, style: str, stream: Stream) -> Persona:
        """Draw a persona of a style; it takes nine random numbers."""
        low, high = self.ages
        age = low + stream.choose(high - low + 1)
        choices = (self.occupations, *[self.traits] * 5, self.patience, self.expertise)
        drawn = [some[stream.choose(len(some))] for some in choices]
        return Persona(style, age, *cast(list[Any], drawn))


PEOPLE = PersonaDistribution()
"""Adults of any kind."""

PUPILS = PersonaDistribution(ages=(10, 18), occupations=("pupil",), expertise=("low",))
"""Who learns in lessons.

How much of the matter is known is hidden in them, so that the persona tells nothing about it.
"""


def people_of(family: Any) -> PersonaDistribution:
    """Who may be met in a family: its own ``people``; by default pupils in place of a student, and people elsewhere."""
    return family.people or (PUPILS if family.partner == "student" else PEOPLE)


class Draw(NamedTuple):
    """How the persona of a dialogue comes about. What is left to chance follows from one number.

    Attributes:
        styles: The ways of speaking that there are.
        met: Who is met, as far as more than the style is told; else ``None``.
        people: Who may be met at all.
        traits: The fields that the scenario fixes.
    """

    styles: Sequence[str]
    met: PersonaDistribution | None
    people: PersonaDistribution
    traits: Mapping[str, str]

    def persona(self, wanted: Any, drawn: str, chance: float) -> str:
        """The persona that is wanted: the name of a style, a `Persona`, or a mapping of its fields.

        Args:
            wanted: What is wanted.
            drawn: The style where none is.
            chance: A number from 0 to 1, from which follows what is left to chance.

        Raises:
            ValueError: If there is no such style or field.
        """
        style = wanted.get("style", drawn) if isinstance(wanted, Mapping) else wanted
        if style not in self.styles:
            raise ValueError(
                f"options['persona'] must be one of {', '.join(self.styles)}, a Persona of such a style, or its "
                f"fields; got {wanted!r}"
            )
        if isinstance(wanted, Persona):
            whole = wanted
        elif self.met is None and not isinstance(wanted, Mapping):
            return wanted
        else:
            people = self.met or self.people
            whole = people.sample(style, Stream(np.random.default_rng(int(chance * 2**32))))
            if isinstance(wanted, Mapping):
                whole = adjusted(whole, wanted)
        return adjusted(whole, self.traits)

    def company(self, wanted: Any, seats: Sequence[str], chance: float) -> Company:
        """A persona for each of several people: of each seat that `wanted` names, or the same for all."""
        named = isinstance(wanted, Mapping) and bool(wanted) and not set(wanted) - set(seats)
        stream, found = Stream(np.random.default_rng(int(chance * 2**32))), {}
        for seat in seats:
            place = stream.random() * len(self.styles)
            drawn = self.styles[int(place)]
            asked = wanted.get(seat) if named else wanted
            if self.met is None and asked is None:
                found[seat] = drawn
            else:
                found[seat] = self.persona(drawn if asked is None else asked, drawn, place % 1.0)
        return Company(found)
