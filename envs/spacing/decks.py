"""The decks: questions with their answers, and the mistakes that people make."""

from __future__ import annotations

from typing import NamedTuple


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


def _deck(title: str, question: str, lines: str) -> Deck:
    """A card a line: name, answer, and the mistakes after a colon."""
    cards = []
    for line in lines.strip().splitlines():
        known, mistakes = line.split(":")
        name, answer = known.split("=")
        cards.append(Card(name.strip(), answer.strip(), tuple(mistake.strip() for mistake in mistakes.split(","))))
    return Deck(title, question, tuple(cards))


DECKS: dict[str, Deck] = {
    "spanish": _deck(
        "Spanish vocabulary",
        "What does '{name}' mean?",
        """
        perro = dog : but, cat, fox
        embarazada = pregnant : embarrassed, barefoot, angry
        zapato = shoe : shovel, cabbage, shirt
        llave = key : lamp, wash, rain
        mantequilla = butter : blanket, mantle, margarine
        cuchara = spoon : knife, cup, fork
        cuchillo = knife : spoon, pillow, whisper
        carpeta = folder : carpet, tent, envelope
        sopa = soup : soap, blow, sauce
        jabón = soap : ham, soup, cushion
        ventana = window : sale, curtain, door
        éxito = success : exit, example, excess
        mariposa = butterfly : ladybird, seashell, flower
        tormenta = storm : torment, turmoil, wind
        hombro = shoulder : man, hunger, shadow
        hambre = hunger : man, shoulder, ham
        lluvia = rain : key, light, cloud
        recordar = to remember : to record, to cut, to forget
        actual = current : actual, active, ancient
        sordo = deaf : dirty, silent, left
        zurdo = left-handed : deaf, clumsy, right-handed
        pulpo = octopus : pulp, thumb, chicken
        abeja = bee : sheep, lamb, grandmother
        oveja = sheep : bee, ear, egg
        ferrocarril = railway : hardware, iron, carriage
        madrugada = early morning : godmother, midnight, mother-in-law
        """,
    ),
    "capitals": _deck(
        "capitals of the world",
        "What is the capital of {name}?",
        """
        Australia = Canberra : Sydney, Melbourne, Perth
        Canada = Ottawa : Toronto, Montreal, Vancouver
        Brazil = Brasília : Rio de Janeiro, São Paulo, Salvador
        Turkey = Ankara : Istanbul, Izmir, Antalya
        Switzerland = Bern : Zurich, Geneva, Basel
        Morocco = Rabat : Casablanca, Marrakesh, Tangier
        Nigeria = Abuja : Lagos, Kano, Accra
        Kenya = Nairobi : Mombasa, Kampala, Kisumu
        Vietnam = Hanoi : Saigon, Hue, Vientiane
        Myanmar = Naypyidaw : Yangon, Mandalay, Bagan
        Kazakhstan = Astana : Almaty, Tashkent, Bishkek
        Pakistan = Islamabad : Karachi, Lahore, Kabul
        India = New Delhi : Mumbai, Kolkata, Chennai
        Ecuador = Quito : Guayaquil, Lima, Bogotá
        Tanzania = Dodoma : Dar es Salaam, Arusha, Nairobi
        Slovenia = Ljubljana : Bratislava, Zagreb, Maribor
        Slovakia = Bratislava : Ljubljana, Prague, Brno
        Latvia = Riga : Vilnius, Tallinn, Minsk
        Lithuania = Vilnius : Riga, Tallinn, Kaunas
        Bulgaria = Sofia : Bucharest, Skopje, Plovdiv
        Romania = Bucharest : Budapest, Sofia, Cluj
        Hungary = Budapest : Bucharest, Vienna, Debrecen
        Mongolia = Ulaanbaatar : Astana, Ulan-Ude, Hohhot
        Nepal = Kathmandu : Thimphu, Pokhara, Lhasa
        Bhutan = Thimphu : Kathmandu, Paro, Dhaka
        Uruguay = Montevideo : Asunción, Buenos Aires, Santiago
        """,
    ),
    "elements": _deck(
        "chemical symbols",
        "Which element has the symbol {name}?",
        """
        Na = sodium : nitrogen, nickel, neon
        K = potassium : krypton, calcium, phosphorus
        Fe = iron : fluorine, francium, lead
        Pb = lead : polonium, boron, tin
        Sn = tin : tungsten, strontium, antimony
        Sb = antimony : tin, scandium, strontium
        Ag = silver : gold, argon, mercury
        Au = gold : silver, aluminium, argon
        Hg = mercury : hafnium, hydrogen, silver
        W = tungsten : vanadium, tin, molybdenum
        Cu = copper : curium, cobalt, chromium
        Mn = manganese : magnesium, molybdenum, mendelevium
        Mg = magnesium : manganese, mercury, molybdenum
        Sr = strontium : silver, sodium, scandium
        Rn = radon : rhenium, rhodium, radium
        Ra = radium : radon, rubidium, rhodium
        Rb = rubidium : ruthenium, radium, boron
        Be = beryllium : boron, barium, bismuth
        Bi = bismuth : beryllium, bromine, barium
        As = arsenic : astatine, actinium, argon
        At = astatine : arsenic, gold, actinium
        Pt = platinum : plutonium, palladium, potassium
        Pd = palladium : lead, platinum, promethium
        Pu = plutonium : platinum, polonium, praseodymium
        Zr = zirconium : zinc, yttrium, strontium
        Tl = thallium : tellurium, titanium, thorium
        """,
    ),
    "morse": _deck(
        "Morse code",
        "What is the letter {name} in Morse code?",
        """
        A = dot dash : dash dot, dot dot, dot dash dash
        B = dash dot dot dot : dot dot dot dash, dash dot dot, dot dash dot dot
        C = dash dot dash dot : dash dash dot dot, dot dash dot dash, dash dot dash
        D = dash dot dot : dot dot dash, dash dot, dash dot dot dot
        E = dot : dash, dot dot, dot dash
        F = dot dot dash dot : dot dash dot dot, dash dash dot dash, dot dot dash
        G = dash dash dot : dot dot dash, dash dash dash, dash dot dash
        H = dot dot dot dot : dot dot dot, dash dash dash dash, dot dot dot dash
        I = dot dot : dash dash, dot, dot dot dot
        J = dot dash dash dash : dash dash dash dot, dot dash dash, dot dash dash dot
        K = dash dot dash : dot dash dot, dash dot dash dash, dash dash dot
        L = dot dash dot dot : dot dot dash dot, dash dot dash dash, dot dash dot
        M = dash dash : dot dot, dash dash dash, dash
        N = dash dot : dot dash, dash dash, dash dot dot
        O = dash dash dash : dot dot dot, dash dash, dash dash dash dash
        P = dot dash dash dot : dash dot dot dash, dot dash dash, dot dash dash dash
        Q = dash dash dot dash : dash dot dash dash, dot dot dash dot, dash dash dot
        R = dot dash dot : dash dot dash, dot dash, dot dash dot dot
        S = dot dot dot : dash dash dash, dot dot, dot dot dot dot
        T = dash : dot, dash dash, dash dot
        U = dot dot dash : dash dash dot, dash dot dot, dot dot dot dash
        V = dot dot dot dash : dash dot dot dot, dot dot dash, dot dot dot dot
        W = dot dash dash : dash dash dot, dash dot dot, dot dash dash dot
        X = dash dot dot dash : dot dash dash dot, dash dash dot dot, dash dot dash
        Y = dash dot dash dash : dash dash dot dash, dash dot dash, dot dash dot dot
        Z = dash dash dot dot : dot dot dash dash, dash dash dot, dash dot dot dash
        """,
    ),
}
"""Name -> deck. Where a mistake is a real answer in the deck, it is another card's."""
