"""The page of a family is enough to rebuild its optimum: every number is read from there, none from the mind's code."""

from __future__ import annotations

import importlib
import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.alternating.game import Accept as Take
from dialogym.envs.alternating.game import AlternatingOffers, Propose
from dialogym.envs.car_dealer.game import Ask as AskBuyer
from dialogym.envs.car_dealer.game import Buy, Lot
from dialogym.envs.car_dealer.game import Leave as BuyerLeaves
from dialogym.envs.car_dealer.game import Offer as OfferCar
from dialogym.envs.car_dealer.game import Refuse as RefuseCar
from dialogym.envs.car_dealer.game import Tell as BuyerTells
from dialogym.envs.classroom.game import Class
from dialogym.envs.classroom.mind import Chances, Pupilhood
from dialogym.envs.clinic.game import Consultation as Visit
from dialogym.envs.clinic.mind import Waiting
from dialogym.envs.coaching.game import Consultation
from dialogym.envs.coaching.mind import Client
from dialogym.envs.counselling.game import Session as Interview
from dialogym.envs.counselling.mind import Client as Changing
from dialogym.envs.data_teaching.game import Rounds
from dialogym.envs.data_teaching.mind import Chances as OfModels
from dialogym.envs.data_teaching.mind import Learner
from dialogym.envs.drafting.game import Aspect, Commission
from dialogym.envs.drafting.mind import Kind as KindOfUser
from dialogym.envs.drafting.mind import User
from dialogym.envs.guessing.game import Mystery, Quest
from dialogym.envs.guessing.mind import Teller, Thinker
from dialogym.envs.guessing.optimum import solution
from dialogym.envs.guessing.subjects import Table as Answers
from dialogym.envs.guided_solving.game import Attempt, GuidedSteps, Hint, Nudge, Show, Try
from dialogym.envs.helpdesk.game import Line
from dialogym.envs.helpdesk.mind import Caller
from dialogym.envs.negotiation.game import Accept, Offer, PriceBargaining, Walk
from dialogym.envs.persuasion.game import MOVERS, Campaign
from dialogym.envs.persuasion.mind import Persuadee, Temper
from dialogym.envs.recommendation.game import Rewards, Shelf
from dialogym.envs.recommendation.mind import Guest, Wanted
from dialogym.envs.recommendation.mind import Kind as KindOfGuest
from dialogym.envs.search.game import FACETS, UNSURE, VALUES, Clarify, Confirm, Correct
from dialogym.envs.search.game import Desk as SearchDesk
from dialogym.envs.search.game import Leave as Gone
from dialogym.envs.search.game import Search as Look
from dialogym.envs.search.game import Tell as Told
from dialogym.envs.search.mind import Need, Searcher
from dialogym.envs.service.game import Helpline
from dialogym.envs.service.mind import Callers, Customer
from dialogym.envs.spacing.game import Calendar, Flashcards
from dialogym.envs.spacing.mind import Memory, Student
from dialogym.envs.spacing.optimum import SpacingSolution
from dialogym.envs.support.game import Session as Listening
from dialogym.envs.support.mind import Person
from dialogym.envs.tutoring.game import Tutorial
from dialogym.envs.tutoring.mind import Kind
from dialogym.envs.tutoring.mind import Student as Pupil
from dialogym.envs.tutoring.optimum import Optimum
from dialogym.scripts import docs
from dialogym.scripts.person import person

from ..reach import in_few

PAGES = {name: (docs.DOCS / f"{name}.md").read_text(encoding="utf-8") for name in docs.families()}


def read(name):
    """Variant -> the numbers of its page, and its optimum as the page states it."""
    section = PAGES[name].partition("\n## The simulated person in numbers\n")[2].partition("\n## Numbers\n")[0]
    ids = re.findall(r"^### (\S+-v0)$", PAGES[name], re.MULTILINE)
    numbers = defaultdict(dict)
    for path, variants, value in re.findall(r"^\| `(\S+)` \| (.+?) \| `(.*)` \|$", section, re.MULTILINE):
        for env_id in ids if variants == "all" else variants.split(", "):
            numbers[env_id][path] = json.loads(value)
    for env_id, found in numbers.items():
        own = PAGES[name].partition(f"\n### {env_id}\n")[2].partition("\n### ")[0]
        stated = re.search(r"^\| optimum \| (\S+)", own, re.MULTILINE)
        found["optimum"] = float(stated[1]) if stated else None
    return numbers


def rebuild(name):
    """What finds the optimum from the numbers of a page: a function of this file, or of a file in `rebuilt`."""
    here = globals().get(name)
    return here or getattr(importlib.import_module(f".rebuilt.{name}", __package__), name)


def tuples(value):
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def negotiation(n):
    """The mean over what the item may be worth; prices are in ticks."""
    total = 0.0
    for value in n["setting.values"]:
        game = PriceBargaining(n["TICKS"], n["game.opener"], (value, None), n["setting.rounds"], n["setting.discount"])
        mind = Seller(game, n)
        total += Solution(game, mind, "buyer", mind.candidates).start_value()
    return total / len(n["setting.values"])


class Seller:
    """As the page says; written for this test alone. A hidden state is floor, tactic and demand."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        some = ((f, t, p * q) for f, p in self.n["population.floors"] for t, q in self.n["population.tactics"])
        return Belief([((floor, tactic, self.n["ANCHOR"]), weight) for floor, tactic, weight in some])

    def least(self, hidden, number, conceded):
        """What it settles for in a round, and its hidden state then."""
        (floor, tactic, demand), top, last = hidden, self.n["ANCHOR"], self.game.rounds - 1
        if tactic == "holder":
            return hidden, floor if number >= last else top
        if tactic == "reciprocator":
            demand = max(floor, demand - self.n["STEP"]) if conceded else demand
            return (floor, tactic, demand), demand
        fallen = (min(number, last) / last) ** (1.0 / self.n["FARATIN"][tactic]) * (top - floor)
        return hidden, math.ceil(top - fallen - 1e-9)

    def react(self, hidden, state):
        if state.round < 0:
            return Belief.certain((hidden, Offer(self.n["ANCHOR"])))
        hidden, least = self.least(hidden, state.round + 1, state.conceded)
        if state.standing is not None and state.standing >= least:
            return Belief.certain((hidden, Accept()))
        if state.round + 1 >= self.game.rounds:
            return Belief.certain((hidden, Walk()))
        step = self.n["STEP"]
        return Belief.certain((hidden, Offer(math.ceil(least / step) * step)))

    def candidates(self, state, support):
        """Every whole tick that anybody could take."""
        yield from (Say(), Walk())
        if state.standing is not None:
            yield Accept()
        yield from map(Offer, range(min(floor for floor, _ in self.n["population.floors"]), self.n["ANCHOR"] + 1))


class Sharing:
    """As the page says; written for this test alone. A hidden state is kind and level."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        return Belief(((kind, level), weight) for kind, level, weight in self.n["population"])

    def keeps(self, level, number):
        """The share that the maker of an offer keeps: all but what waiting for the next one is worth to the other."""
        if number >= self.game.offers - 1:
            return 1.0 if number < self.game.offers else 0.0
        return 1.0 - (self.game.discounts[0] if number % 2 else level) * self.keeps(level, number + 1)

    def least(self, hidden, number):
        """Units that it takes after so many offers, and what it asks for in its own."""
        (kind, level), last, units = hidden, self.game.offers - 1, self.n["UNITS"]
        if kind == "rational":
            keeps = self.keeps(level, number)
            return level * keeps * units, math.floor(keeps * units + 1e-9)
        if kind == "fair":
            return level * units, max(level, 0.5) * units
        progress = number / last
        if kind == "holder":
            level = level if progress >= 1 else self.n["ANCHOR"] / units
        elif kind in self.n["TACTICS"]:
            fallen = min(1.0, progress) ** self.n["TACTICS"][kind] * (self.n["ANCHOR"] - level * units)
            level = (self.n["ANCHOR"] - fallen) / units
        return level * units, level * units

    def react(self, hidden, state):
        if state.offers < 0:
            return Belief.certain((hidden, Say()))
        least, ask = self.least(hidden, state.offers)
        if state.standing is not None and state.standing >= least - 1e-9:
            return Belief.certain((hidden, Take()))
        step = self.n["grain"]
        asked = min(self.n["UNITS"], math.ceil(math.ceil(ask - 1e-9) / step) * step)
        return Belief.certain((hidden, Propose(self.n["UNITS"] - asked)))


def alternating(n):
    """A pot of so many dollars as units."""
    game = AlternatingOffers(n["UNITS"], n["setting.offers"], (n["setting.discount"], None))
    return Solution(game, Sharing(game, n), "opener").start_value()


class CarBuyer:
    """As the page says; written for this test alone. A hidden state is budget, kind, temper, refusals, those of its kind."""

    def __init__(self, game, n):
        self.game, self.n, self.tempers = game, n, dict(n["tempers"])

    def prior(self):
        kinds = dict.fromkeys(kind for kind, _ in self.n["game.cars"])
        tempers = [(name, temper["weight"]) for name, temper in self.tempers.items()]
        drawn = product(self.n["budgets"], kinds, tempers)
        return Belief(((budget, kind, name, 0, 0), p * q) for (budget, p), kind, (name, q) in drawn)

    def react(self, hidden, state):
        (budget, kind, name, no, seen), topic = hidden, state.topic
        temper, (share, cheap) = self.tempers[name], self.n["other"]
        silent = not temper["kind"]
        if isinstance(topic, OfferCar):
            of, price = self.n["game.cars"][topic.car - 1]
            wanted = of == kind
            worth = min(budget, self.n["above"] * price) if wanted else min(share * budget, cheap * price)
            pays = min(1.0, temper["start"] + temper["step"] * seen) * worth
            if seen >= temper["holds"] and topic.price <= pays + 1e-9:
                return Belief.certain((hidden, Buy()))
            answer, no = RefuseCar("dear" if wanted else "kind"), no + 1
            seen = min(4, seen + wanted)
        elif isinstance(topic, AskBuyer) and topic.about == "kind":
            answer, no = BuyerTells("nothing" if silent else kind), no + silent
        elif isinstance(topic, AskBuyer):
            named = budget - (self.n["UNDERSTATED"] if temper["tells"] == "less" else 0)
            level = max((least, word) for word, least in self.n["LEVELS"].items() if named >= least)[1]
            answer, no = BuyerTells("nothing" if temper["tells"] == "nothing" else level), no + silent
        else:
            answer = Say()
        over = no > temper["patience"] or state.turn >= self.game.turns
        return Belief.certain(((budget, kind, name, no, seen), BuyerLeaves() if over else answer))


def car_dealer(n):
    game = Lot(n["setting.turns"], n["setting.discount"], tuples(n["game.cars"]))
    return Solution(game, CarBuyer(game, n), "dealer", game.candidates).start_value()


def coaching(n):
    profile, credit = tuples(n["profile"]), tuples(n["game.credit"])
    strategies = tuple(f"s{place}" for place in range(len(profile)))
    attributes = tuple(f"a{place}" for place in range(len(profile[0])))
    game = Consultation(strategies, attributes, credit, n["setting.turns"], n["setting.cost"], n["game.pushing"])
    mind = Client(game, profile, n["setting.reliability"], n["setting.conformity"])
    return Solution(game, mind, "coach", mind.candidates).start_value()


def classroom(n):
    game = Class(tuple(n["game.students"]), n["setting.turns"], tuples(n["setting.costs"]))
    told = {name: tuples(n[f"chances.{name}"]) for name in ("doer", "starts", "suits", "helps", "right", "guess")}
    mind = Pupilhood(game, Chances(**told, confuses=n["setting.confuses"], candid=n["setting.candid"]))
    return Solution(game, mind, "teacher", game.candidates).start_value()


def clinic(n):
    kinds = {"i": n["share"], "q": n["found"], "t": n["shown"]}
    names = [tuple(f"{kind}{place}" for place in range(len(rows))) for kind, rows in kinds.items()]
    prices = [n[f"setting.{name}"] for name in ("turns", "cost", "test_cost", "second", "wrong", "harm", "refer")]
    game = Visit(names[0], (*names[1], "medicines"), names[2], *prices)
    shares = [n[f"setting.{name}"] for name in ("risk", "guarded")]
    mind = Waiting(
        game, *(tuples(n[key]) for key in ("share", "found", "shown", "delicate")), *shares, n["candid"], n["slips"]
    )
    return Solution(game, mind, "doctor", mind.candidates).start_value()


def support(n):
    game = Listening(n["setting.turns"], n["setting.cost"], n["game.distress"])
    names = ("causes", "trust", "grows", "warm", "disclosed", "hurts")
    mind = Person(game, *(tuples(n[f"setting.{name}"]) for name in names))
    return Solution(game, mind, "supporter", mind.candidates).start_value()


def counselling(n):
    game = Interview(*(n[f"setting.{name}"] for name in ("turns", "cost", "ready")))
    names = ("motives", "contemplating", "receptive", "opens", "change", "resolves")
    mind = Changing(game, *(tuples(n[f"setting.{name}"]) for name in names))
    return Solution(game, mind, "counsellor", mind.candidates).start_value()


def data_teaching(n):
    game = Rounds(n["setting.turns"], tuples(n["setting.costs"]))
    told = {name: tuples(n[f"chances.{name}"]) for name in ("starts", "fits", "tests")}
    mind = Learner(game, OfModels(**told, broad=n["setting.broad"], clarity=n["setting.clarity"]))
    return Solution(game, mind, "teacher", mind.candidates).start_value()


def tutoring(n):
    skills = tuple(f"s{place}" for place in range(n["setting.skills"]))
    costs = (n[f"setting.{name}_cost"] for name in ("explain", "example", "quiz"))
    game = Tutorial(skills, n["setting.turns"], *costs)
    kinds = tuple(Kind(**kind) for kind in n["kinds"])
    mind = Pupil(game, tuples(n["setting.mastery"]), kinds, n["setting.slip"], n["setting.guess"])
    return Optimum(game, mind).start_value()


def guided_solving(n):
    game = GuidedSteps(
        n["game.steps"],
        n["setting.turns"],
        turn_cost=n["setting.turn_cost"],
        leak_weight=n["setting.leak_weight"],
        leak=n["setting.leak"],
        **{name: n[f"game.{name}"] for name in ("hint_leak", "slip", "guess", "recall")},
    )
    return Solution(
        game, Solver(game, n["POPULATIONS"][n["setting.population"]]), "tutor", game.candidates
    ).start_value()


@dataclass(frozen=True)
class Knows:
    strength: str
    understood: tuple[bool, ...]


class Solver:
    """As the page says; written for this test alone."""

    def __init__(self, game, population):
        self.game, self.population = game, population

    def prior(self):
        steps, weights = self.game.steps, []
        for name, kind in self.population.items():
            for known in range(steps):
                p = kind["share"] * kind["start"] ** known * (1.0 - kind["start"] if known + 1 < steps else 1.0)
                weights.append((Knows(name, tuple(step < known for step in range(steps))), p))
        return Belief(weights)

    def react(self, hidden, state):
        given, known = type(state.given), hidden.understood[min(state.step, self.game.steps - 1)]
        if given is Try:
            right = 1.0 - self.game.slip if known else self.game.guess
            return Belief({(hidden, Attempt("right")): right, (hidden, Attempt("wrong")): 1.0 - right})
        helps: dict[Any, str] = {Nudge: "nudge", Hint: "hint", Show: "show"}
        if given not in helps or known:
            return Belief.certain((hidden, Say()))
        wiser = Knows(hidden.strength, tuple(k or i == state.step for i, k in enumerate(hidden.understood)))
        p = self.population[hidden.strength][helps[given]]
        return Belief({(wiser, Say()): p, (hidden, Say()): 1.0 - p})


def spacing(n):
    calendar = Calendar(*(n[f"setting.{name}"] for name in ("sessions", "turns", "pause", "exam", "before")))
    game = Flashcards(tuple(f"c{place}" for place in range(n["setting.cards"])), calendar, n["setting.cost"])
    names = ("half_lives", "start", "start_hard", "hard", "learn", "grow", "slip")
    memory = Memory(**{name: tuples(n[f"memory.{name}"]) for name in names})
    return SpacingSolution(game, Student(game, memory)).start_value()


def guessing(n):
    """The tables of things, cities and rules stand on the page, too."""
    if n["setting.preset"] == "riddle":
        game = Mystery(
            n["setting.turns"], n["setting.cost"], *(n[f"game.{x}"] for x in ("twist", "half", "circumstance"))
        )
        names = {x: n[x] for x in ("likely", "sign", "tell", "leave")}
        teller = Teller(game, **names, noise=n["setting.noise"], hurried=n["setting.hurried"])
        return Solution(game, teller, "guesser", teller.candidates).start_value()
    section = PAGES["guessing"].partition("\n## What can be thought of\n")[2]
    tables = {
        head: re.findall(r"^\| (.+) \|$", part, re.M)
        for head, _, part in (s.partition(" |") for s in section.split("\n\n| "))
    }
    if n["setting.preset"] == "things":
        yes = {row.split(" | ")[0]: row.split(" | ")[1].split(", ") for row in tables["thing"][1:]}
        bank = tuple(dict.fromkeys(name for names in yes.values() for name in names))
        rows = tuple(tuple("yes" if name in yes[thing] else "no" for thing in yes) for name in bank)
        known = [Answers(tuple(yes), bank, rows)]
    elif n["setting.preset"] == "cities":
        cities = {name: answers for name, *answers in (row.split(" | ") for row in tables["city"][1:])}
        known = [Answers(tuple(cities), tuple(range(6)), tuple(zip(*cities.values(), strict=True)))]
    else:
        line = re.search(r"^Rules: (.*)\. Tests: (.*)\.$", section, re.M)
        rules, tests = (re.findall(r"`(.*?)`", part) for part in line.groups())
        inputs = tuple(product(range(3), repeat=3))
        rows = tuple(tuple(str(eval(rule, dict(zip("abc", x, strict=True)))) for rule in rules) for x in inputs)
        wanted = [dict(zip("abc", map(int, test.split("-")), strict=True)) for test in tests]
        known = [Answers(tuple(rules), inputs, rows, tuple(eval(rule, dict(w)) for rule in rules)) for w in wanted]
    games = [Quest(table, n["setting.turns"], n["setting.cost"]) for table in known]
    return sum(solution(game, Thinker(game)).start_value() for game in games) / len(games)


def recommendation(n):
    game = Shelf(
        tuples(n["game.attributes"]),
        tuples(n["game.rows"]),
        n["setting.turns"],
        n["setting.length"],
        Rewards(**n["game.rewards"]),
        n["game.teaches"],
    )
    kinds = [KindOfGuest(**{key: tuples(value) for key, value in kind.items()}) for kind in n["PEOPLE"][n["people"]]]
    mind = Guest(game, n["people"])
    vars(mind)["kinds"] = {kind.name: kind for kind in kinds}
    weights = [1 / (place + n["TAIL"]) for place in range(len(game.rows))]
    prior = Belief((Wanted(k, kind.name), w * kind.share) for k, w in enumerate(weights) for kind in kinds)
    return Solution(game, mind, "recommender", mind.candidates).value(game.start(), prior)


class Hurrying:
    """A user of search, by the numbers and the rules of the page."""

    def __init__(self, n):
        self.n, self.game = n, SearchDesk(n["setting.turns"])
        self.candidates = Searcher(self.game, n["setting.impatient"], n["setting.browsing"]).candidates

    def prior(self):
        impatient, browsing, likely = self.n["setting.impatient"], self.n["setting.browsing"], self.n["POPULARITY"]
        kinds = {"ready": 1 - impatient - browsing, "impatient": impatient, "browsing": browsing}
        places = product(*(list(zip(values, p, strict=True)) for values, p in zip(VALUES, likely, strict=True)))
        pages = [(tuple(v for v, _ in page), math.prod(p for _, p in page)) for page in places]
        return Belief((Need(page, kind), p * q) for page, p in pages for kind, q in kinds.items() if q)

    def react(self, hidden, state):
        topic, page, m, says = state.topic, hidden.page, self.n[hidden.kind.upper()], {Say(): 1.0}
        eased = {"ready": True, "impatient": state.explained, "browsing": state.sought > 0}[hidden.kind]
        stays = 1.0 - m["tires"] * (state.turn >= self.n["TIRING"])
        if isinstance(topic, Clarify):
            of = self.n["READY"] if eased else m
            p = of["meaning" if topic.facet == "meaning" else "detail"]
            says, stays = {Told(page[FACETS.index(topic.facet)]): p, Told(UNSURE): 1 - p}, stays * (1 - of["asked"])
        elif isinstance(topic, Look) and topic.meaning == int(page[0]):
            says = {Confirm(): m["confirms"], Say(): 1 - m["confirms"]}
        elif isinstance(topic, Look):
            says, stays = {Correct(int(page[0])): m["corrects"], Say(): 1 - m["corrects"]}, stays * (1 - m["misled"])
        said = [((hidden, act), p * stays) for act, p in says.items()]
        return Belief([*said, ((hidden, Gone()), 1 - stays)])


def search(n):
    user = Hurrying(n)
    return Solution(user.game, user, "assistant", user.candidates).start_value()


def persuasion(n):
    """The mean over what a persuader may be told."""
    game, temper = (
        Campaign(n["setting.turns"], n["setting.cost"]),
        Temper(**{k: tuples(v) for k, v in n["temper"].items()}),
    )
    minds = [Persuadee(game, told, n["right"], temper) for told in (MOVERS if n["profile"] else ("",))]
    return sum(Solution(game, mind, "persuader", game.candidates).start_value() for mind in minds) / len(minds)


def drafting(n):
    """How aspects and values are called does not matter."""
    shares = tuples(n["weights"])
    aspects = tuple(Aspect(f"a{i}", tuple(f"v{i}{j}" for j in range(len(some)))) for i, some in enumerate(shares))
    names = ("turns", "ask_cost", "draft_cost", "show_cost", "partial", "unseen")
    game = Commission(aspects, *(n[f"setting.{name}"] for name in names), n["game.drafting"], n["game.showing"])
    kinds = tuple(KindOfUser(**{key: tuples(value) for key, value in kind.items()}) for kind in n["kinds"])
    mind = User(game, shares, kinds, n["setting.leaves"])
    return Solution(game, mind, "assistant", mind.candidates).start_value()


def service(n):
    """Who calls is drawn here, as the page says."""
    statuses, actions, orders = tuples(n["game.statuses"]), tuples(n["game.actions"]), n["setting.orders"]
    prices = (n[f"setting.{name}"] for name in ("turns", "confirms", "cost", "harm"))
    game = Helpline(statuses, actions, orders, *prices)
    names = ("flexible", "remembers", "slip", "hurried", "leave", "calm_leave")
    strangers = (n["setting.barred"], n["setting.impostors"], n["passes"])
    mind = Callers(game, *(n[f"setting.{name}"] for name in names), n["curt"], n["calm_curt"], *strangers)
    flexible, remembers, hurried = (
        {True: n[f"setting.{name}"], False: 1 - n[f"setting.{name}"]} for name in ("flexible", "remembers", "hurried")
    )
    wishes = zip(actions, n["WISHES"], strict=True)
    barred, others = n["setting.barred"], n["setting.impostors"]
    found = {}
    for held, order, (wish, p) in product(product(statuses, repeat=orders), range(1, orders + 1), wishes):
        for status in held:
            p *= barred if status in statuses[2:] else (1 - barred) / 2
        forbidden = (held[order - 1], wish) in zip(statuses[:2], reversed(actions[:2]), strict=True)
        bends = flexible if forbidden else {False: 1}
        for hurry in hurried if others else ():
            found[Customer(held, order, wish, False, False, hurry, True)] = p * others * hurried[hurry]
        for bend, memory, hurry in product(bends, remembers, hurried):
            found[Customer(held, order, wish, bend, memory, hurry)] = (
                p * (1 - others) * bends[bend] * remembers[memory] * hurried[hurry]
            )
    return Solution(game, mind, "agent", mind.candidates).value(game.start(), Belief(found))


def helpdesk(n):
    game = Line(*(n[f"setting.{name}"] for name in ("turns", "cost", "guide_cost", "charge", "handover")))
    told = {name: tuples(n[name]) for name in ("shares", "lost", "sees", "does")}
    mind = Caller(game, *(n[f"setting.{name}"] for name in ("able", "breaks", "annoyed")), **told)
    return Solution(game, mind, "agent", mind.candidates).start_value()


REBUILT = {env_id: name for name in PAGES for env_id, found in read(name).items() if found["optimum"] is not None}


def test_every_solved_variant_is_rebuilt():
    assert set(REBUILT.values()) == set(docs.families()) and len(REBUILT) >= 14


@pytest.mark.parametrize("env_id", in_few(REBUILT))
def test_the_optimum_follows_from_the_page(env_id):
    name = REBUILT[env_id]
    numbers = read(name)[env_id]
    assert rebuild(name)(numbers) == pytest.approx(numbers["optimum"], abs=6e-5)


@pytest.mark.parametrize("name", docs.families())
def test_the_page_states_the_numbers_as_they_are(name):
    variants = {env_id: docs.variant(env_id) for env_id, _ in docs.variants(name)}
    assert "\n\n".join(person(variants)) in PAGES[name], "run python -m dialogym.scripts.docs --words"


def test_a_number_that_is_wrong_is_noticed():
    numbers = dict(read("negotiation")["NegotiationEasy-v0"])
    numbers["population.floors"] = [[floor, 1.0] for floor, _ in numbers["population.floors"]]
    assert abs(negotiation(numbers) - numbers["optimum"]) > 1e-3
