"""Language models as judges: pointwise by a rubric, pairwise in both orders, and panels of several."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from ..core.checks import flag, integer, number
from ..core.spec import parse_spec
from ..simulated_users.asking import Chat, ModelCounts, Verdict, ask
from ..simulated_users.backends.backend import Backend, Request
from ..simulated_users.user import Failure
from .judge_cards import find_card
from .judge_critic import thought_over
from .judge_prompts import PROMPT_HASH, Shown, endings_of, form_of, pair, point, steps_of
from .rubrics import Rubric

SAMPLES = 3
ATTEMPTS = 3
PAIR_GRAMMAR = 'root ::= "{\\"better\\": \\"" ("A" | "B") "\\"}"\n'
OPTIONS = ("samples", "attempts", "temperature", "max_tokens", "evidence", "critic", "constrain", "length")


class Opinion(NamedTuple):
    """What a judge thinks of a dialogue.

    Attributes:
        value: From 0 (the lowest score of the scale) to 1.
        score: On the scale.
        evidence: Quotes that the score rests on; those of the first judge of a panel.
        spread: Highest value less lowest, of the judges of a panel.
    """

    value: float
    score: float
    evidence: tuple[str, ...] = ()
    spread: float = 0.0


class Preference(NamedTuple):
    """Which of two a judge prefers.

    Attributes:
        value: The probability that it is the first, 0.5 where the judge chose by place.
        first: The same with the first one shown first.
        second: With the first one shown second.
    """

    value: float
    first: float
    second: float


class JudgeLike(Protocol):
    """A judge, or a panel of them; also an object of your own."""

    name: str
    deterministic: bool

    def score(self, items: Sequence[tuple[Rubric, Shown]]) -> list[Opinion | Failure]:
        """An opinion on each, all asked for together."""
        ...

    def close(self) -> None:
        """Give back what the models hold."""
        ...


class Judge:
    """A language model that rates dialogues.

    Args:
        backend: The model. One that says `weighs` gives the mean score under its own probabilities; of others the mean
            of several samples is taken.
        samples: How many samples, each of which must be had.
        attempts: How often an answer is asked for, until it can be read and its quotes are in the dialogue.
        temperature: Of sampling.
        max_tokens: Of an answer.
        evidence: Whether it must quote the dialogue before it gives a score.
        critic: Whether it writes a critique, and checks that, before it answers: two more calls.
        constrain: Send a grammar to backends that can hold to one.
        length: Length control: take off what the judge's own card says that words are worth to it.
        model: What the model was called by.

    Raises:
        ValueError: If an argument is invalid, or there is no card for the length control.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        samples: int = SAMPLES,
        attempts: int = ATTEMPTS,
        temperature: float = 0.7,
        max_tokens: int = 160,
        evidence: bool = True,
        critic: bool = False,
        constrain: bool = True,
        length: bool = False,
        model: str = "",
    ):
        integer(1, samples=samples, attempts=attempts, max_tokens=max_tokens)
        number(0, temperature=temperature)
        flag(evidence=evidence, critic=critic, constrain=constrain, length=length)
        self.backend, self.samples, self.attempts, self.temperature = backend, samples, attempts, temperature
        self.max_tokens, self.evidence, self.critic, self.constrain = max_tokens, evidence, critic, constrain
        self.name, self.model, self.counts = backend.name, model or backend.name, ModelCounts()
        self.deterministic = bool(getattr(backend, "deterministic", False))
        self.itself = False  # whether it may judge its own words
        self.prompt = f"{PROMPT_HASH}{'' if evidence else '-bare'}{'-critic' if critic else ''}"
        self._per_word, self._median = 0.0, 1.0
        if length:
            card = find_card(self.name, self.prompt)
            if card is None:
                raise ValueError(f"length=true of a judge needs its card: dialogym judge card {self.model}")
            self._per_word, self._median = card["length"]["b"], card["length"]["median"]

    def score(self, items: Sequence[tuple[Rubric, Shown]]) -> list[Opinion | Failure]:
        """An opinion on each, all asked for together; a `Failure` where not all of its answers could be had."""
        weighs = bool(getattr(self.backend, "weighs", False))
        samples = 1 if weighs else self.samples
        bases = [point(rubric, seen, self.evidence) for rubric, seen in items]
        chats, read = self._prepared(
            {i * samples + k: (base, items[i][1].role) for i, base in enumerate(bases) for k in range(samples)}
        )
        if not weighs or self.evidence:
            read |= self._asked(
                chats,
                lambda i, text: self._read(text, *items[i // samples]),
                lambda i: self._grammar(items[i // samples][0]),
            )
        opinions: list[Opinion | Failure] = []
        for i, (rubric, seen) in enumerate(items):
            answers = [read.get(i * samples + k, (0.0, ())) for k in range(samples)]
            failed = [answer for answer in answers if isinstance(answer, Failure)]
            good = [answer for answer in answers if not isinstance(answer, Failure)]
            score = _mean([one for one, _ in good])
            opinions.append(failed[0] if failed else self._opinion(rubric, seen, score, good[0][1]))
        return self._weighed(items, chats, opinions) if weighs else opinions

    def prefer(self, items: Sequence[tuple[Rubric, Shown, Shown]]) -> list[Preference | Failure]:
        """Which of two did better; both orders are asked for together. A choice by place is a tie."""
        both = [(pair(rubric, *two), two[0].role) for rubric, a, b in items for two in ((a, b), (b, a))]
        chats, answers = self._prepared(dict(enumerate(both)))
        if getattr(self.backend, "weighs", False):
            asked = [Request((*chat, ("assistant", '{"better": "')), choices=("A", "B")) for chat in chats.values()]
            for place, odds in zip(chats, self._odds(asked).values(), strict=True):
                answers[place] = odds if isinstance(odds, Failure) else odds[0]
        else:
            answers |= self._asked(chats, lambda i, text: _better(text), lambda i: PAIR_GRAMMAR)
        found: list[Preference | Failure] = []
        for i in range(len(items)):
            one, other = answers[2 * i], answers[2 * i + 1]
            if isinstance(one, Failure) or isinstance(other, Failure):
                found.append(one if isinstance(one, Failure) else other)  # type: ignore[arg-type]
            else:
                second = 1.0 - other
                flipped = (one > 0.5) != (second > 0.5)
                found.append(Preference(0.5 if flipped else (one + second) / 2.0, one, second))
        return found

    def close(self) -> None:
        """Give back what the model holds."""
        self.backend.close()

    # ---- asking

    def _prepared(self, chats: Mapping[int, tuple[Chat, str]]) -> tuple[dict[int, Chat], dict[int, Any]]:
        """The chats in which to answer, with what a critic has thought before; and where that could not be had."""
        plain = {i: chat for i, (chat, _) in chats.items()}
        if not self.critic:
            return plain, {}
        found = thought_over(plain, {i: role for i, (_, role) in chats.items()}, self._asked)
        lost: dict[int, Any] = {i: one for i, one in found.items() if isinstance(one, Failure)}
        return {i: found[i] for i in plain if i not in lost}, lost  # type: ignore[misc]

    def _weighed(
        self, items: Sequence[tuple[Rubric, Shown]], bases: Mapping[int, Chat], opinions: Sequence[Opinion | Failure]
    ) -> list[Opinion | Failure]:
        """The opinions with the scores' mean under the model's own probabilities."""
        asked, places = [], []
        for i, opinion in enumerate(opinions):
            if not isinstance(opinion, Failure):
                quotes = f'"evidence": {json.dumps(list(opinion.evidence))}, ' if self.evidence else ""
                steps = steps_of(items[i][0])
                asked.append(Request((*bases[i], ("assistant", f'{{{quotes}"score": ')), choices=endings_of(steps)))
                places.append(i)
        weighed = list(opinions)
        for place, (_, odds) in zip(places, sorted(self._odds(asked).items()), strict=True):
            rubric, seen = items[place]
            if isinstance(odds, Failure):
                weighed[place] = odds
            else:
                score = sum(p * step for p, step in zip(odds, steps_of(rubric), strict=True))
                weighed[place] = self._opinion(rubric, seen, score, opinions[place].evidence)  # type: ignore[union-attr]
        return weighed

    def _odds(self, asked: Sequence[Request]) -> dict[int, list[float] | Failure]:
        """The probabilities of the choices of each request."""
        found: dict[int, list[float] | Failure] = {}
        for i, reply in enumerate(self.backend.generate(list(asked)) if asked else ()):
            self.counts.meter(reply)
            if isinstance(reply, Failure):
                found[i] = Failure(f"judge: {self.name}: {reply}")
            else:
                logs = json.loads(reply.text)
                odds = [math.exp(one - max(logs)) for one in logs]
                found[i] = [one / sum(odds) for one in odds]
        return found

    def _asked(
        self, chats: Mapping[int, Chat], read: Callable[[int, str], Verdict], grammar: Callable[[int], str]
    ) -> dict[int, Any]:
        """A readable answer to each chat, or a `Failure`; what cannot be reached is tried again as well."""

        def request(i: int, chat: Chat, attempt: int) -> Request:
            seed = int.from_bytes(hashlib.sha256(repr((i % self.samples, attempt, chat)).encode()).digest()[:4], "big")
            held = grammar(i) if self.constrain else ""
            return Request(chat, self.max_tokens, self.temperature, seed, grammar=held)

        def verdicts(texts: Mapping[int, str], attempt: int) -> dict[int, Verdict | Failure]:
            return {i: read(i, text) for i, text in texts.items()}

        found: dict[int, Any] = {}
        waiting = dict(chats)
        for _ in range(self.attempts):
            answers = ask(self.backend, self.counts, self.attempts, waiting, request, verdicts)
            unread = f"judge: {self.name}: no answer that can be read, after {self.attempts} attempts"
            for i in waiting:
                answer = answers.get(i, Failure(unread))
                found[i] = Failure(f"judge: {self.name}: {answer}") if i in answers and _lost(answer) else answer
                found[i] = found[i] if isinstance(found[i], Failure) else answer[0]
            waiting = {i: chats[i] for i, answer in answers.items() if _lost(answer)}
            if not waiting:
                break
        return found

    # ---- reading

    def _read(self, text: str, rubric: Rubric, seen: Shown) -> Verdict:
        """Score and quotes of an answer, if the score is on the scale and the quotes are in the dialogue."""
        low, high = rubric.scale
        try:
            answer = json.loads(text[text.index("{") : text.rindex("}") + 1])
            score = answer["score"]
            quotes = tuple(map(str, answer["evidence"])) if self.evidence else ()
        except (ValueError, KeyError, TypeError):
            return Verdict(None, "no JSON", text, f"Answer with JSON alone: {form_of(rubric, self.evidence)}")
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not low <= score <= high:
            return Verdict(None, "no score", text, f"The score must be a number from {low} to {high}.")
        said = " ".join(map(_plain, seen.lines))
        if self.evidence and (not quotes or not all(_plain(quote) and _plain(quote) in said for quote in quotes)):
            return Verdict(None, "no quote", text, "Each piece of evidence must be words copied from the dialogue.")
        return Verdict((float(score), quotes))

    def _opinion(self, rubric: Rubric, seen: Shown, score: float, quotes: tuple[str, ...]) -> Opinion:
        low, high = rubric.scale
        value = (score - low) / (high - low)
        if self._per_word and seen.words:
            value -= self._per_word * math.log(seen.words / self._median)
        return Opinion(min(1.0, max(0.0, value)), score, quotes)

    def _grammar(self, rubric: Rubric) -> str:
        steps = " | ".join(f'"{step}"' for step in steps_of(rubric))
        if not self.evidence:
            return f'root ::= "{{\\"score\\": " score "}}"\nscore ::= {steps}\n'
        start = 'root ::= "{\\"evidence\\": [" quote (", " quote)? "], \\"score\\": " score "}"'
        return f'{start}\nquote ::= "\\"" [^"\\\\\\n]+ "\\""\nscore ::= {steps}\n'


class Panel:
    """Several judges: the median of their values.

    Args:
        judges: At least one.
    """

    def __init__(self, judges: Sequence[JudgeLike]):
        self.judges = tuple(judges)
        self.name = "+".join(judge.name for judge in judges)
        self.deterministic = all(judge.deterministic for judge in judges)

    def score(self, items: Sequence[tuple[Rubric, Shown]]) -> list[Opinion | Failure]:
        """The median of the opinions on each; a `Failure` where one judge fails, since a mean must not lose one."""
        rows = zip(*(judge.score(items) for judge in self.judges), strict=True)
        return [_median_of(row) for row in rows]

    def prefer(self, items: Sequence[tuple[Rubric, Shown, Shown]]) -> list[Preference | Failure]:
        """The median of the preferences in each pair; a `Failure` where one judge fails."""
        rows = zip(*(judge.prefer(items) for judge in self.judges), strict=True)  # type: ignore[attr-defined]
        return [_preference_of(row) for row in rows]

    def close(self) -> None:
        """Give back what the models hold."""
        for judge in self.judges:
            judge.close()


def _median_of(opinions: Sequence[Opinion | Failure]) -> Opinion | Failure:
    good: list[Opinion] = []
    for opinion in opinions:
        if isinstance(opinion, Failure):
            return opinion
        good.append(opinion)
    values = [opinion.value for opinion in good]
    score = statistics.median(opinion.score for opinion in good)
    return Opinion(statistics.median(values), score, good[0].evidence, max(values) - min(values))


def _preference_of(preferences: Sequence[Preference | Failure]) -> Preference | Failure:
    good: list[Preference] = []
    for preference in preferences:
        if isinstance(preference, Failure):
            return preference
        good.append(preference)
    return Preference(*(statistics.median(column) for column in zip(*good, strict=True)))


def _better(text: str) -> Verdict:
    try:
        better = json.loads(text[text.index("{") : text.rindex("}") + 1])["better"]
    except (ValueError, KeyError, TypeError):
        better = None
    if better not in ("A", "B"):
        return Verdict(None, "no choice", text, 'Answer with JSON alone: {"better": "A"} or {"better": "B"}')
    return Verdict(float(better == "A"))


def _lost(answer: Any) -> bool:
    return isinstance(answer, Failure)


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


# ---- by name


def make_judge(judge: str | JudgeLike, used: Iterable[str] = ()) -> JudgeLike:
    """A judge by its name.

    Args:
        judge: What `load_backend` takes, with ``llm:`` before it or not, and parameters of `Judge` and of the backend
            behind it: ``"qwen3-8b(cache=runs/replies)"``. Several joined by ``+`` are a `Panel`. An object with the
            methods of `JudgeLike` is returned as it is.
        used: Names of the models of the simulated user, or of the learner. None of them may judge, unless the judge
            says ``self=true``.

    Raises:
        ValueError: If there is no such model, a parameter is invalid, or it judges itself.
        ImportError: If what the model needs is not installed.
    """
    if not isinstance(judge, str):
        if callable(getattr(judge, "score", None)):
            return judge
        raise ValueError(
            f"judge must be the name of a model, or an object with the methods of JudgeLike; got {judge!r}"
        )
    taken, judges = frozenset(used), list[Judge]()
    try:
        for part in split_panel(judge):
            judges.append(_load(part, taken))
    except BaseException:
        for one in judges:
            one.close()
        raise
    if len({one.name for one in judges}) < len(judges):
        raise ValueError(f"a panel must be of different models; got {judge!r}")
    return judges[0] if len(judges) == 1 else Panel(judges)


def _load(part: str, used: frozenset[str]) -> Judge:
    from ..simulated_users.backends.presets import load_backend

    name, options = parse_spec(part, "judge")
    model = name.removeprefix("llm:")
    own: dict[str, Any] = {key: options.pop(key) for key in OPTIONS if key in options}
    flag(self=(itself := options.pop("self", False)))
    backend = None if model in used and not itself else load_backend(model, (*OPTIONS, "self"), **cast(Any, options))
    if backend is None or (backend.name in used and not itself):
        _ = backend and backend.close()
        raise ValueError(
            f"the judge {model!r} is the model of the simulated user or of the learner, and models favour their own "
            f"words: take another, or say self=true, as in judge='{model}(self=true)'"
        )
    judge = Judge(backend, model=model, **own)
    judge.itself = bool(itself)
    return judge


def split_panel(text: str) -> Iterator[str]:
    """The models of a panel. A plus sign may also stand before the adapter of a model."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "+" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    whole: list[str] = []
    for part in parts:
        path = Path(part.partition("(")[0])
        if whole and (path.suffix == ".gguf" or (path / "adapter_config.json").is_file()):
            whole[-1] += f"+{part}"
        else:
            whole.append(part.strip())
    if not all(whole):
        raise ValueError(f"judge must be names of models joined by +, got {text!r}")
    yield from whole
