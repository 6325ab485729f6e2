"""`dialogym check`: a family that is well passes, and each way to break one is named in words."""

from __future__ import annotations

import importlib
import itertools
import re
import sys

import gymnasium as gym
import pytest
from dialogym.envs.registration import TABLE
from dialogym.evaluation.conformance import CHECKS, Subject, Violation, run
from dialogym.evaluation.conformance.parts import a_language_model_can_speak
from dialogym.scripts.main import main
from dialogym.scripts.new import write

NUMBERS = itertools.count()


@pytest.fixture
def family(tmp_path, monkeypatch):
    """Writes a new family, changes its text, and registers it; gives its id and module."""
    made = []

    def call(*changes):
        name = f"broken_{next(NUMBERS)}"
        env_id = write(name, tmp_path)
        file = tmp_path / name / "family.py"
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        importlib.import_module(name)
        made.append(name)
        return env_id, name

    monkeypatch.syspath_prepend(tmp_path)
    yield call
    for name in made:
        for env_id in [env_id for env_id, (path, _) in TABLE.items() if path.startswith(f"{name}.")]:
            del TABLE[env_id], gym.registry[env_id]
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]


MUMBLE = """class Mumble(Act):
    mood: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Answer(Act):"""
SILENT = """class Silent:
    personas = ("plain",)

    def say(self, cues, streams):
        return [f"{cue.public.device}, {stream.choose(100)}" for cue, stream in zip(cues, streams)]


@dataclass(frozen=True)
class Caller:"""
PRUNED = """    def setting(self, scenario: Case) -> Any:
        from dialogym.core.setting import Setting

        return Setting(*self.parts(scenario), "helper", lambda state, support: [Say(), *map(Fix, PARTS)])

    def task("""

BROKEN = {
    "a list among the settings": (
        [("    turns: int = 6", "    days: tuple = (1, 2)\n    turns: int = 6")],
        "settings make the same family again", r"settings\(\) gives .* turn lists into tuples in __post_init__",
    ),
    "a tuple in a scenario": (
        [("    device: str\n", '    device: str\n    days: tuple = ("Monday",)\n')],
        "scenarios survive a recording", r"field days holds \('Monday',\), which a recording gives back as \['Monday'\]",
    ),
    "what JSON cannot hold": (
        [("    device: str\n", "    device: str\n    kinds: frozenset = frozenset()\n")],
        "scenarios survive a recording", r"cannot be written as JSON .*frozenset",
    ),
    "a mind that draws": (
        [("        p = 0.95 if", "        import random\n        p = random.random() if")],
        "the mind is a distribution", "gives two answers to one question: it must compute the distribution",
    ),
    "a mind that is no distribution": (
        [("return Belief.certain((hidden, Say()))", "return {(hidden, Say()): 1.0}")],
        "the mind is a distribution", r"react\(hidden, state\) must return a Belief",
    ),
    "a person who does what the rules forbid": (
        [('        if seat == "caller":\n', '        if seat == "caller" and act != Answer("odd"):\n')],
        "the mind is a distribution", r"IllegalAct|the game refuses",
    ),
    "no end": (
        [("over = state.turn + 1 >= self.turns", "over = False")],
        "the mind is a distribution", "has not ended after 1,000 turns: let the game end it, at a deadline",
    ),
    "a tag that is not read back": (
        [('Part = Literal["cable", "fan", "screen"]', "Part = str"), ("get_args(Part)", '("power cable", "fan", "screen")')],
        "acts can be said", r"is printed as \[(ask|fix) power cable\], which is read as",
    ),
    "an act that nobody can say": (
        [("acts: ClassVar = (Ask, Fix)", "acts: ClassVar = (Fix,)")],
        "acts can be said", "Ask is not among the family's `acts`",
    ),
    "a state that can change": (
        [('    fixed: str = ""', '    fixed: str = ""\n    seen: list = []')],
        "acts can be said|states never change|the mind is a distribution", "unhashable|not hashable",
    ),
    "talk that is refused": (
        [("isinstance(act, (Ask, Say))", "isinstance(act, Ask)"), ("return (Say(), *map", "return (*map")],
        "the mind is a distribution|talk is always possible", "A helper can ask about a part|must take Say",
    ),
    "talk that ends it at once": (
        [("over = state.turn + 1 >= self.turns", "over = state.turn + 1 >= self.turns or type(act) is Say")],
        "talk is always possible", "mere talk can end the dialogue in its first turn",
    ),
    "a payoff that is no number": (
        [("== hidden.broken else 0.0", '== hidden.broken else float("nan")')],
        "payoffs are finite", r"payoff\(\) is nan in State\(.* return a finite number",
    ),
    "an act without words": (
        [('        "fine": (', '        "other": (')],
        "the words are there", "has nothing to say from slot 'fine'",
    ),
    "a reason that is not told": (
        [('PhraseVoice(BANK, ("device", "part"), describe)', "Silent()"), ("class Caller:", SILENT)],
        "the words are there", "must say cue.reason",
    ),
    "few beginnings": (
        [('("printer", "laptop", "projector", "radio", "television", "heater")', '("printer", "laptop")')],
        "seeds matter", "begin in only 6 ways: have more scenarios, personas or phrases",
    ),
    "an opening that tells": (
        [("return Belief.certain((hidden, Say()))", 'return Belief.certain((hidden, Answer("odd") if hidden.careful else Say()))'),
         ('"opening" if cue.opening else cue.act.word', "cue.act.word")],
        "words do not tell the secret|seeds matter", "the opening depends on what is hidden: .* Let the simulated person open",
    ),
    "words that tell the secret": (
        [("class Answer(Act):", MUMBLE), ("import dataclass", "import dataclass, field"),
         ("return Belief.certain((hidden, Say()))", "return Belief.certain((hidden, Mumble(hidden.broken if state.turn else \"\")))"),
         ('"Shall I look at something?"', '"Well {mood}."'), ('("device", "part"), describe', '("device", "part", "mood"), describe'),
         ("cue.before.asked), ", 'cue.before.asked, getattr(cue.act, "mood", "")), ')],
        "words do not tell the secret", "the words tell the secret: after the same acts, .* A voice may use the cue alone",
    ),
    "an error instead of a refusal": (
        [("class Ask(Act):\n    part: Part", "class Ask(Act):\n    part: str"),
         ("        if isinstance(act, (Ask, Say)):", "        if isinstance(act, Ask):\n            PARTS.index(act.part)\n        if isinstance(act, (Ask, Say)):")],
        "illegal acts are refused in words", r"apply\(\) raises ValueError .* raise IllegalAct with a sentence",
    ),
    "too short for three lost turns": (
        [("turns: int = 6", "turns: int = 2"), ('whole(self, 4, 100, "turns")', 'whole(self, 1, 100, "turns")')],
        "three lost turns end it", "the third lost turn in a row must, and no other",
    ),
    "a metric that is missing": (
        [('return {"right":', 'return {"wrong":')],
        "outcomes are complete", r"the metric right is 'missing' in the outcome: measure\(\) must return a number",
    ),
    "a policy that loses turns": (
        [('f"Then we fix it. [fix {PARTS[len(answers) - 1]}]"', '"Then we fix it. [fix everything]"')],
        "baselines never lose a turn", r"'scripted' loses a turn with 'Then we fix it. \[fix everything\]'",
    ),
    "a best act that is not a candidate": (
        [("    def task(", PRUNED)],
        "belief value and best act agree", "leave out an act that is better than all they hold",
    ),
    "a best act that is not a choice": (
        [("*map(Fix, PARTS))", "*map(Fix, PARTS[:1]))")],
        "nothing better was left out|nobody beats the optimum", "leave out an act that is better than all they hold",
    ),
    "an exit that pays": (
        [("== hidden.broken else 0.0", '== hidden.broken else 2.0 if state.mover == "helper" else 0.0')],
        "no exit pays more", "to be cut off in .* pays 2.0",
    ),
    "idle talk that pays": (
        [("== hidden.broken else 0.0", "== hidden.broken else 0.0 if state.fixed else 0.9")],
        "thoughtless tricks do not pay", "the trick 'oscillate' pays 0.9000, and the scripted policy is at",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
def test_each_way_to_break_a_family_is_named(family, way):
    """The first check that fails is the one whose business it is."""
    changes, name, message = BROKEN[way]
    env_id, _ = family(*changes)
    first = next((name, problem) for name, problem in run(Subject(env_id)) if problem)
    assert re.fullmatch(name, first[0]) and re.search(message, first[1]), first


def test_what_is_well_passes(family, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    env_id, name = family()
    assert main(["check", env_id, "--module", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("ok  ")]) == len(CHECKS)
    assert lines[-1] == f"{env_id}: all {len(CHECKS)} checks passed"


def test_what_is_wrong_is_said_once_in_short_lines(family, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    env_id, name = family(("        if not state.asked:", "        if not state.asked_about:"))
    assert main(["check", env_id, "--module", name]) == 1
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert out.count("AttributeError") == 1 and re.search(r"\(family.py,\s+line\s+\d+,\s+in\s+react\)", out)
    assert out.count("(as with: the mind is a distribution)") > 10
    assert re.search(r"\d\d of \d\d checks failed$", out)


def test_settings_are_those_of_the_family(family):
    env_id, _ = family(("whole(self, 4,", "whole(self, 1,"))
    with pytest.raises(Violation, match="more than 3 turns"):
        next(check for check in CHECKS if check.__name__ == "three_lost_turns_end_it")(Subject(env_id, turns=2))


def test_an_unknown_environment(capsys):
    assert main(["check", "Nowhere-v0"]) == 1
    assert "environment must be one of" in " ".join(capsys.readouterr().err.split())


def test_a_guide_that_cannot_be_read_is_no_missing_guide(family, tmp_path):
    env_id, name = family()
    (tmp_path / name / "guide.py").write_text('import tomllib\n\nGUIDE = tomllib.loads("persona: ]")\n')
    importlib.invalidate_caches()
    with pytest.raises(ValueError, match=r"persona|Expected"):
        a_language_model_can_speak(Subject(env_id))
