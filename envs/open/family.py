"""Dialogues that are written down in a scenario file."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, ClassVar, cast

from ...core.acts import Act
from ...core.dialogue import Dialogue, Step
from ...core.grammar import TALK, Grammar, Heard
from ...core.setting import Exchange
from ...rewards.rubrics import Rubric, rubric_of
from ..base import Family
from .acts import Bye, Do, Entry, Scene, kinds_of
from .cast import FileCast
from .drafts import FileGrammar, block_of, read
from .format import Scenario
from .game import Inner, Rules, seats_of
from .guide import FileGuide
from .library import Script, find
from .mind import StandIn
from .parts import RECORDS, SCENE
from .telling import betrayed, permitted
from .voice import FileVoice, Public


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scenario of a file with its public draws."""

    scenario: str
    draws: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "draws", tuple((name, value) for name, value in self.draws))

    @property
    def public(self) -> Public:
        """All of it."""
        return Public(self.scenario, self.draws)


@lru_cache(maxsize=1024)
def _cues(script: Script) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((move.id, re.compile(cue, re.IGNORECASE)) for move in script.file.move for cue in move.cues)


MET = 'Is this, which the {role} was to see to, complete by the end: "{goal}"?'
NO_YES = {"0": "not, or only attempted", "1": "complete, and words of the dialogue prove it"}
_MOVES = "[do MOVE]"
_BYE = re.compile(r"\b(?:good ?bye|bye(?:[ -]bye)?)\b", re.IGNORECASE)


def matches(text: str, script: Script) -> list[str]:
    """Every move that a cue finds in the words, and ``"bye"``, in the order in which they end there."""
    found = [(match.end(), match.start(), move) for move, cue in _cues(script) for match in cue.finditer(text)]
    found += [(match.end(), match.start(), "bye") for match in _BYE.finditer(text)]
    return [move for _, _, move in sorted(set(found))]


def understand(text: str, script: Script | None) -> Heard:
    """A draft, where one is shown; else the move whose cue stands last in the words.

    People say what they are after at the end.
    """
    if script is not None and script.file.draft is not None and (block := block_of(text)):
        draft = script.file.draft
        return Heard(kinds_of(script.file)[draft.name](**read(draft, block)))
    found = matches(text, script) if script is not None else []
    return Heard(Bye() if found[-1] == "bye" else Do(found[-1])) if found else TALK


@dataclass(frozen=True)
class Open(Family):
    """Dialogues that are written down in files; the optimum is the one against the stand-in that a file describes."""

    scenario: str | tuple[str, ...] = "service/late-parcel"

    understand: ClassVar[Any] = staticmethod(understand)
    metrics_of: ClassVar = {
        "checks": "share of the checks that hold at the end, by weight; those that punish do not count",
        "turns": "turns of the learner",
    }

    def __post_init__(self) -> None:
        if isinstance(self.scenario, list):
            object.__setattr__(self, "scenario", tuple(self.scenario))
        self.kinds  # noqa: B018 - tools that do not fit together are named now

    @cached_property
    def files(self) -> dict[str, Scenario]:
        """The scenarios, by id."""
        return {name: script.file for name, script in self.scripts.items()}

    @cached_property
    def scripts(self) -> dict[str, Script]:
        """The files, by the id of their scenario."""
        found: dict[str, Script] = {}
        for script in find(self.scenario):
            if found.setdefault(script.file.id, script) is not script:
                raise ValueError(f"two files have the id {script.file.id!r}")
        return found

    @cached_property
    def kinds(self) -> dict[str, type[Act]]:
        """The acts of all tools."""
        found: dict[str, type[Act]] = {}
        for name, file in self.files.items():
            for tool, kind in kinds_of(file).items():
                if found.setdefault(tool, kind) is not kind:
                    raise ValueError(
                        f"the tool {tool!r} of {name} has other arguments than in another file: play them apart"
                    )
        return found

    @cached_property
    def grammar(self) -> FileGrammar:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Reads and prints the acts, and drafts in their blocks."""
        return FileGrammar(self.acts, understand)

    @property
    def acts(self) -> tuple[type[Act], ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What the learner can do with a tag."""
        return (Do, *self.kinds.values(), Bye)

    @cached_property
    def voice(self) -> FileVoice:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The lines of the files."""
        return FileVoice(self.files)

    @cached_property
    def guide(self) -> FileGuide:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What a language model is told that speaks for the person."""
        return FileGuide(self.files)

    @property
    def cast(self) -> FileCast:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What a language model is told that decides for the person."""
        return FileCast()

    @cached_property
    def tools(self) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What prints for the records, and where a further dialogue begins; only what some file needs."""
        printed = {RECORDS: self.voice.entry, SCENE: self.voice.scene}
        needed = {seat for file in self.files.values() for seat in seats_of(file, ())}
        return {seat: prints for seat, prints in printed.items() if seat in needed}

    @property
    def role(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The learner's seat."""
        return self.seats[0]

    @property
    def seats(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Learner and person by their roles; where scenarios of different ones are drawn from, as what they are."""
        return (*self._seats, *self.tools)

    @cached_property
    def _seats(self) -> tuple[str, str]:
        roles = {(file.learner.role, file.person.role) for file in self.files.values()}
        return roles.pop() if len(roles) == 1 else ("learner", "person")

    def scenarios(self) -> Sequence[Drawn]:
        """Every file with each combination of its public draws."""
        return [
            Drawn(name, tuple(zip(file.random, draws, strict=True)))
            for name, file in self.files.items()
            for draws in product(*file.random.values())
        ]

    def parts(self, scenario: Drawn) -> tuple[Rules, StandIn]:
        """The state machine of the file."""
        script = self.scripts[scenario.scenario]
        rules = Rules(script, seats_of(script.file, self._seats))
        return rules, StandIn(rules)

    def brief(self, scenario: Drawn, grammar: Grammar) -> str:
        """What the file tells the learner, and its tools."""
        return self._brief(scenario, grammar.mode, 1)

    def _brief(self, scenario: Drawn, mode: str, session: int) -> str:
        file = self.files[scenario.scenario]
        if session > 1:
            told = [self.voice.announced(scenario.public, session)]
        else:
            told = [file.learner.brief.format(**dict(scenario.draws)).strip(), f"You have {file.turns} turns."]
            if file.session:
                told.append(f"It is the first of {len(file.session) + 1} dialogues with the same person.")
        for tool in file.tool:
            form = " ".join([tool.name, *(f"{arg}={'|'.join(values)}" for arg, values in tool.args.items())])
            told.append(f"[{form}]: {tool.doc}" if tool.doc else f"[{form}]")
        if draft := file.draft:
            parts = " ".join(f"{name}={'|'.join(part.values)}" for name, part in draft.part.items())
            form = (
                "A block that begins with ```draft and ends with ```"
                if mode == "natural"
                else f"[{draft.name} {parts}]"
            )
            told.append(f"{form}: {draft.doc or 'shows a draft.'}")
        if mode == "tagged":
            told.append(f"{_MOVES} makes a move: {', '.join(move.id for move in file.move)}.")
        told.append("[bye] ends the dialogue.")
        return " ".join(told)

    def kept(self, dialogue: Dialogue) -> tuple[str, str, Sequence[Step]] | None:
        """In a further dialogue: its brief and its opening, and the steps since; what was before is closed."""
        file = self.files[dialogue.scenario.scenario]
        for step in reversed(dialogue.steps if file.session else ()):
            for place, (_, _, act) in enumerate(step.exchange.replies):
                if isinstance(act, Scene) and not file.session[act.session - 2].remember:
                    said = [turn.text for turn in step.answers[place + 1 :]]
                    mode = "tagged" if _MOVES in dialogue.brief else "natural"
                    brief = self._brief(dialogue.scenario, mode, act.session)
                    return brief, "\n".join(said), dialogue.steps[step.index + 1 :]
        return None

    def wordings(self, scenario: Drawn, act: Act) -> tuple[str, ...]:
        """Those of the move in the file."""
        moves = self.files[scenario.scenario].move
        return next((move.examples for move in moves if act == Do(move.id)), ())

    def context(self, dialogue: Dialogue) -> Hashable:
        """The file, whose cues are looked for."""
        return self.scripts[dialogue.scenario.scenario]

    def called(self, seat: str) -> str:
        """The person by its role."""
        return seat if seat == "you" else f"the {seat}"

    def rubrics(self, scenario: Drawn) -> tuple[Rubric, ...]:
        """Those of the file, and one for each soft goal: whether it was met, which the judge must prove by a quote."""
        file, draws = self.files[scenario.scenario], dict(scenario.draws)
        soft = [
            Rubric(
                goal.id, MET.format(role=file.person.role, goal=goal.text.format(**draws)), (0, 1), NO_YES, "end", True
            )
            for goal in file.goal
            if goal.soft
        ]
        return (*map(rubric_of, file.score.judge), *soft)

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The score, which checks hold, and what was forbidden; what only words tell is no part of the payoff."""
        rules, state, hidden = cast(Rules, dialogue.setting.game), dialogue.state, dialogue.hidden
        checks = [check for check in rules.file.checks if check.weight > 0]
        met = sum(check.weight for check in checks if rules.holds(check.when, state, hidden))
        held: dict[str, Any] = {
            f"check {check.id}": rules.holds(check.when, state, hidden) for check in rules.file.checks
        }
        for goal, when in rules.file.aims:
            if goal.id and when is not None:
                held[f"goal {goal.id}"] = rules.holds(when, state, hidden)
        if mine := [one.id for one in rules.file.forbid if one.by == "learner"]:
            broken = rules.broken(state, hidden, [step.text for step in dialogue.steps])
            held |= {f"forbidden {name}": name in broken for name in mine}
            held["penalty of words"] = sum(broken.values())
        return {
            "checks": met / sum(check.weight for check in checks),
            "turns": state.turn + state.spent,
            "ending": state.outcome,
            **held,
        }

    def leaked(self, dialogue: Dialogue, exchange: Exchange, said: str) -> list[str]:
        """The facts that words name and that no rule has told."""
        rules, known, hidden = cast(Rules, dialogue.setting.game), set[str](), dialogue.hidden_start
        for past in (dialogue.opening_exchange, *(step.exchange for step in dialogue.steps), exchange):
            for state, _, act in past.replies if past else ():
                told = {name for name, _ in getattr(act, "facts", ())}
                known |= told if isinstance(act, Entry) else told & permitted(rules, state, hidden)
            hidden = past.hidden if past else hidden
        words = said.removeprefix(exchange.reason)
        return [name for name in betrayed(rules.script, dialogue.scenario.draws, words) if name not in known]

    def reveal(self, scenario: Drawn, hidden: Inner) -> dict[str, Any]:
        """Draws and state variables by name."""
        file = self.files[scenario.scenario]
        return {**dict(zip(file.hidden, hidden.drawn, strict=True)), **dict(zip(file.state, hidden.state, strict=True))}
