"""What the Guessing page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator

from ...envs.base import Family
from ...envs.guessing.mind import Teller
from ...envs.guessing.optimum import bound, fewest_turns
from ...envs.guessing.policies import patient_thread, sweep
from ...envs.guessing.subjects import SUBJECTS, TESTS, questions, story
from ...envs.guessing.subjects import table as answers_of
from ...evaluation.exact import expected_return, optimum
from ...policies.policy import FunctionPolicy
from ..docs import KINDS, best_of_each_kind, table, variant, variants

PAYOFF = "what the last word is worth, less the questions, or the turns before it"
NOTE = (
    "*Guess-now* says at once what is likeliest. *List* asks the same of everybody, but for what cannot tell anything. "
    "*Information-gain* asks what tells most about all that is hidden, *gain-about-the-answer* about the value of the "
    "rule, or about cause, how and who of the riddle. *Thread* follows the likelier cause of a riddle: cause, how, "
    "who, then the circumstances; elsewhere it is *list*. All of them know the exact belief. In the games of many "
    "turns, *lookahead* counts nothing beyond two turns, and so guesses."
)
SIZES = (8, 16, 24, 32, 64, 158, 401)


def facts(family: Family) -> dict[str, str]:
    """Of riddles: what a rule gets that follows the thread, and explains once a hurry is likelier than not."""
    setting = family.setting(family.scenarios()[0])
    if not isinstance(setting.mind, Teller):
        return {}
    value = expected_return(family, FunctionPolicy("patient", patient_thread()))
    return {"thread while the teller seems to have time": f"{value:.4f} ({value / optimum(family):.0%})"}


def sections() -> Iterator[str]:
    """The closed form, the sweep of the rules, the source systems, and all tables."""
    yield from _closed()
    yield from _swept()
    yield from _sources()
    yield from _tables()


def _closed() -> Iterator[str]:
    yield "## Twenty questions about any number of things"
    yield (
        "The bound of the closed form (section Optimum), for questions of the learner's own choice whose answers are "
        "yes or no: expected turns, payoff, and the same as a return of LMRL-Gym, -1 for each turn but the last. "
        "LMRL-Gym plays with 158 objects, TelepathyGym with 401."
    )
    rows = []
    for n in SIZES:
        mean, most = fewest_turns(n) / n, bound(n)
        rows.append([str(n), f"{mean:.3f}", f"{most:.4f}", f"{20.0 * (most - 1.0):.2f}"])
    yield table(["things", "turns", "payoff", "return of LMRL-Gym"], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. The number is the confidence from "
        "which on it says its last word; of *thread-while-calm*, which watches for a hurry, the probability of a hurry "
        "at which it explains. `dialogym.envs.guessing.policies.sweep` defines the grid. Even a rule that knows what "
        "to watch for, with the best threshold, falls short in `Riddle-v0`; elsewhere asking what tells most is as "
        "good as planning."
    )
    for env_id, settings in variants("guessing"):
        yield f"### Rules on {env_id}"
        riddle = settings.get("preset", "riddle") == "riddle"
        grid = {name: rule for name, rule in sweep().items() if riddle or not name.startswith("thread")}
        yield table(KINDS, best_of_each_kind(variant(env_id), grid, first=True))


def _sources() -> Iterator[str]:
    yield "## What is kept of the sources, and what is not"
    yield (
        "**Twenty Questions (LMRL-Gym).** Kept: twenty turns, -1 for each but the one that names it, a guess is a "
        "question, objects of several categories. Changed: the thinker answers out of a table and not by a language "
        "model, so that an answer is the same whoever asks, and the optimum is known; questions are those of a bank, "
        "and other words are talk. There, an utterance that lists several objects in one question is answered; here "
        "two questions in one utterance are none. There are 32 things instead of 158 (17 categories), so that the "
        "brief can hold all answers. Theirs, for context: a clone of the data returns -16.0, their best trained model "
        "-13.9, GPT-4 -13.0 (table 4 of the paper). These cannot be compared with ours: a language model answers "
        "there, rightly or not, and anything can be asked."
    )
    yield (
        "**Guess My City (LMRL-Gym).** Kept: questions with other answers than yes and no, the same turns and prices. "
        "Changed: cities answer from six public facts each, so what is said is true; languages are told apart only "
        "where several cities share one, or a single question would name the city. Theirs, for context: a clone "
        "returns -17.0, the best trained model -11.2, GPT-4 -10.1 (table 4); the cities, the questions and the one who "
        "answers are others, so this is no comparison."
    )
    yield (
        "**TelepathyGym (UserRL).** It thinks of one of 401 entities, answers yes or no for 20 steps, and takes one "
        "final answer. Kept: all but the answer; it is Twenty Questions. Changed: a guess that is wrong is a turn "
        "lost, as in LMRL-Gym, because one game then serves both. The bound for 401 things is in the table. Theirs, "
        "for context: Qwen3-8B, trained in other gyms, names .561 of the 41 entities for testing with GPT-4o as the "
        "user, and .780 with five students in its place, who gave hints at times (tables 3 and 5 of the paper, read in "
        "an excerpt). Our thinkers give none, and answer a bank of questions."
    )
    yield (
        "**TurtleGym (UserRL).** 471 stories; answers are yes, no or maybe, an explanation is graded for each of "
        "several criteria, and success is a score of at least 0.9. Kept: the end of a story is told, questions that do "
        "not matter are answered so, an explanation is worth the sum over its facts (`score`, `found`). Changed: the "
        "stories are our own and gentle, all have the same five facts, so that a judge is not needed; there is one "
        "explanation, where the source pays what each one gains over the best so far; and tellers can be in a hurry, "
        "because without them to ask what tells most would be all there is to it. Theirs, for context: the same model "
        "scores .185 with GPT-4o as the user, and .313 with the students (table 5, read in an excerpt); a judge marks "
        "what it explains, so this is no comparison."
    )
    yield (
        "**FunctionGym (UserRL).** 538 rules of a, b, c and d; inputs but that of the test can be tried, then its "
        "value is told. Kept: all of it, for three numbers and 32 rules, of which one is drawn. Changed: inputs are 0, "
        "1 and 2, so that one try does not tell everything; a try costs, so that the fewest are best. Theirs, for "
        "context: over all eight gyms of the source its best model comes to .565, GPT-4o to .445 (table 3, read in an "
        "excerpt); each gym pays on a scale of its own."
    )
    yield (
        "**Exploits that are closed, each with a test.** Several questions in one utterance, or a list of all; a guess "
        "hidden in a question; an answer in the form of a question, which would bring a second one; asking a riddle "
        "the same again for another draw of the noise; asking what is beside the point for its tone alone, which costs "
        "as any question; words of the thinker that start with yes although it denies, by which LMRL-Gym knows that a "
        "dialogue is over: here an act ends it. No words of the thinker name what was not asked."
    )


def _tables() -> Iterator[str]:
    yield "## What can be thought of"
    things, cities = answers_of("things"), answers_of("cities")
    yield "Things, and the questions that are answered with yes:"
    yield table(
        ["thing", "yes"],
        [[t, ", ".join(q for q, row in things.rows.items() if row[at] == "yes")] for t, at in things.place.items()],
    )
    yield "Cities:"
    yield table(
        ["city", *cities.questions], [[c, *(row[at] for row in cities.rows.values())] for c, at in cities.place.items()]
    )
    rules = answers_of(SUBJECTS["rule"][0]).things
    yield f"Rules: {', '.join(f'`{rule}`' for rule in rules)}. Tests: {', '.join(f'`{test}`' for test in TESTS)}."
    yield "Riddles, with the questions how and who of a mishap and of a plan:"
    rows = []
    for subject in SUBJECTS["riddle"]:
        own = [each.words for name, each in questions(subject).items() if "-" in name]
        rows.append([subject, story(subject), *own])
    yield table(["riddle", "what is told", "mishap-how", "mishap-who", "plan-how", "plan-who"], rows)
