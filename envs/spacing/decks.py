"""The decks: questions with their answers, and the mistakes that people make."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content


class Card(NamedTuple):
    """A flashcard.

    Attributes:
        name: The word by which it is named in tags, unique in its deck.
        answer: The right answer.
        mistakes: Plausible wrong answers.
    """

    name: str
    answer: str
    mistakes: tuple[str, ...]


class Deck(NamedTuple):
    """Cards of one kind.

    Attributes:
        title: As it is named to both sides.
        question: Template of the question, over ``{name}``.
        cards: The cards.
    """

    title: str
    question: str
    cards: tuple[Card, ...]


DECKS = {
    name: Deck(deck["title"], deck["question"], tuple(Card(card, **told) for card, told in deck["cards"].items()))
    for name, deck in content(__file__, "decks.toml").items()
}
