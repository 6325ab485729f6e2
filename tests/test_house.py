"""The house itself: its laws, each shown to fail when it is broken; what importing costs; what is shipped."""

from __future__ import annotations

import ast
import pkgutil
import re
import subprocess
import sys
import tomllib
from copy import deepcopy
from pathlib import Path

import dialogym
import grimp
import pytest
from dialogym.envs.registration import families
from importlinter import configuration
from importlinter.application.use_cases import _register_contract_types, read_user_options
from importlinter.domain.contract import registry

ROOT = Path(__file__).parent.parent
configuration.configure()
OPTIONS = read_user_options(str(ROOT / "pyproject.toml"))
_register_contract_types(OPTIONS)


def law(options):
    """A law of pyproject.toml, as import-linter reads it."""
    kind = registry.get_contract_class(options["type"])
    given = {name: value for name, value in options.items() if name not in ("name", "type", "id")}
    return kind(name=options["name"], session_options=OPTIONS.session_options, contract_options=given)


LAWS = {options["name"]: options for options in OPTIONS.contracts_options}


@pytest.fixture(scope="module")
def house():
    return grimp.build_graph("dialogym", include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_kept(house, name):
    assert law(LAWS[name]).check(deepcopy(house), verbose=False).kept


BROKEN = {
    "The floors": [
        ("core.solver", "envs.make"),
        ("simulated_users.user", "rewards.goal"),
        ("rewards.goal", "envs.engine"),
        ("envs.base", "policies.policy"),
        ("policies.rollout", "evaluation.evaluate"),
        ("evaluation.evaluate", "trainers.grpo"),
        ("trainers.grpo", "adapters.session"),
        ("adapters.session", "scripts.main"),
    ],
    "core is": [("core.belief", "torch"), ("core.grammar", "gymnasium"), ("core.dialogue", "openai")],
    "What is hidden": [
        ("envs.negotiation.voice", "envs.negotiation.mind"),
        ("envs.tutoring.voice", "envs.tutoring.family"),
        ("envs.coaching.guide", "envs.coaching.mind"),
        ("envs.coaching.guide", "envs.coaching.cast"),
        ("envs.spacing.guide", "envs.spacing.policies"),
        ("envs.spacing.decks", "envs.spacing.mind"),  # on a way round
    ],
    "A game knows": [
        ("envs.negotiation.game", "envs.negotiation.mind"),
        ("envs.tutoring.game", "envs.tutoring.voice"),
        ("envs.coaching.game", "simulated_users.user"),
    ],
    "Nothing shared": [
        ("core.game", "envs.negotiation.game"),
        ("simulated_users.llm_mind", "envs.negotiation.cast"),
        ("envs.engine", "envs.tutoring.curricula.loops"),
        ("evaluation.attacks", "envs.negotiation.prices"),
        ("trainers.self_play", "envs.negotiation.duel"),
        ("adapters.session", "envs.negotiation.game"),
        ("scripts.docs", "envs.spacing.family"),
    ],
}


@pytest.mark.parametrize(
    ("start", "importer", "imported"),
    [
        pytest.param(start, *edge, marks=pytest.mark.long if place else ())
        for start, edges in BROKEN.items()
        for place, edge in enumerate(edges)
    ],
)
def test_a_law_fails_when_it_is_broken(house, start, importer, imported):
    (name,) = (name for name in LAWS if name.startswith(start))
    graph = broken(house, importer, imported)
    assert not law(LAWS[name]).check(graph, verbose=False).kept


def broken(house, importer, imported):
    """The house with one import more; both modules must be there, or nothing would be shown."""
    graph = deepcopy(house)
    target = imported if imported in ("torch", "gymnasium", "openai") else f"dialogym.{imported}"
    assert {f"dialogym.{importer}"} <= graph.modules
    if target not in graph.modules:
        assert "." not in target
        graph.add_module(target, is_squashed=True)
    graph.add_import(importer=f"dialogym.{importer}", imported=target)
    return graph


def test_every_law_is_shown_to_fail():
    assert all(sum(name.startswith(start) for start in BROKEN) == 1 for name in LAWS)


def strangers(graph):
    """Families that know each other, as chains of imports; one may know those that it derives from."""
    kinds = {
        path.rpartition(".family:")[0]: pkgutil.resolve_name(path)
        for path in families()
        if path.startswith("dialogym.envs.")
    }
    return [
        chain
        for one, kind in kinds.items()
        for other, base in kinds.items()
        if not issubclass(kind, base) and (chain := graph.find_shortest_chain(one, other, as_packages=True))
    ]


def test_families_do_not_know_each_other(house):
    assert len(families()) >= 5
    assert strangers(house) == []
    assert strangers(broken(house, "envs.tutoring.voice", "envs.spacing.decks"))
    assert strangers(broken(house, "envs.negotiation.voice", "envs.negotiation_people.mind"))


def circles(graph):
    """Groups of modules of the house that import each other in a circle (Tarjan 1972)."""
    number, least, stack, found = {}, {}, [], []

    def visit(module):
        number[module] = least[module] = len(number)
        stack.append(module)
        for other in graph.find_modules_directly_imported_by(module):
            if other not in number:
                visit(other)
                least[module] = min(least[module], least[other])
            elif other in stack:
                least[module] = min(least[module], number[other])
        if least[module] == number[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in sorted(graph.modules):
        if module not in number:
            visit(module)
    return found


def test_no_import_goes_round_in_a_circle():
    """Types aside: an import under TYPE_CHECKING may close one."""
    graph = grimp.build_graph("dialogym", exclude_type_checking_imports=True, cache_dir=None)
    assert circles(graph) == []
    assert circles(broken(graph, "policies.policy", "policies.registry"))


@pytest.mark.parametrize(
    "statement", ["import dialogym", "import dialogym, gymnasium; gymnasium.make('Negotiation-v0').reset(seed=0)"]
)
def test_nothing_heavy_is_imported(statement):
    heavy = ["torch", "transformers", "openai", "llama_cpp", "datasets", "matplotlib", "trl", "ray", "minari"]
    code = f"{statement}\nimport sys; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_to_import_dialogym_loads_no_family():
    code = (
        "import dialogym, sys; print([m for m in sys.modules if m.startswith('dialogym.envs.') and m.count('.') > 2])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_package_is_shipped():
    """The one list that setuptools gets is made from the folders, so it must hold whatever can be imported."""
    code = "import setuptools; setuptools.setup = lambda packages, **_: print(*packages); exec(open('setup.py').read())"
    code = code.replace("exec(", "__file__ = 'setup.py'; exec(")
    listed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    graph = grimp.build_graph("dialogym", cache_dir=None)
    assert {module for module in graph.modules if graph.find_children(module)} <= set(listed.split())


def test_the_version_is_semantic_and_said_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", dialogym.__version__)
    assert "version" not in project and project["dynamic"] == ["version"]
    assert not re.search("^version:", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert f"\n## {dialogym.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_no_reserved_words():
    """Names that say nothing, and files too long to read in one sitting."""
    for file in ROOT.rglob("*.py"):
        if any(part.startswith(".") or part in ("build", "runs") for part in file.relative_to(ROOT).parts):
            continue
        assert file.name not in ("utils.py", "helpers.py", "misc.py"), file
        assert len(file.read_text().splitlines()) <= (520 if "tests" in file.parts else 420), file


FLOORS = ("core", "simulated_users", "rewards", "envs", "policies", "evaluation", "trainers", "adapters", "scripts")


def documented(node):
    """Names under ``Args:`` of a docstring."""
    text = ast.get_docstring(node) or ""
    block = re.search(r"^Args:\n((?:    .*\n?|\n)+)", text, re.MULTILINE)
    return re.findall(r"^    \*{0,2}(\w+):", block[1], re.MULTILINE) if block else []


def takes(node, classes):
    """The parameters of a function, or of what makes a class; ``None`` where a class has these from elsewhere."""
    if not isinstance(node, ast.ClassDef):
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        return {one.arg for one in every if one is not None}
    init = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if init is not None:
        return takes(init, classes)
    found = {one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    for base in node.bases:
        name = base.id if isinstance(base, ast.Name) else ""
        inherited = takes(classes[name], classes) if name in classes else set() if name == "NamedTuple" else None
        if inherited is None:
            return None
        found |= inherited
    return found


def test_what_is_documented_is_taken():
    """The API reference is made of docstrings: an argument that a signature does not have stops `make site`."""
    wrong, looked_at = [], 0
    for file in (file for folder in FLOORS for file in (ROOT / folder).rglob("*.py")):
        if " Args:\n" not in (text := file.read_text()):
            continue
        tree = ast.parse(text)
        classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (names := documented(node)):
                known = takes(node, classes)
                looked_at += 1
                if known is not None and (extra := set(names) - known):
                    wrong.append(f"{file.relative_to(ROOT)}: {node.name} has no {', '.join(sorted(extra))}")
    assert wrong == [] and looked_at > 400
