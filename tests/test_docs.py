"""The documentation is true: its examples run, its links lead somewhere, its numbers are those of the code."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import pytest
from dialogym.envs.family import load_family
from dialogym.envs.negotiation import Negotiation
from dialogym.envs.registration import NEGOTIATION
from dialogym.games.negotiation import SEATS, TICKS
from dialogym.policies.negotiation import HEURISTICS
from dialogym.rewards import registry
from dialogym.scripts.docs import optimum, page_text, variants
from dialogym.scripts.main import COMMANDS
from dialogym.scripts.train import ALGORITHMS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?P<mark><!-- no-run -->\n)?^```python\n(?P<code>.*?)^```\n(?:\n<!-- output -->\n```text\n(?P<output>.*?)^```)?", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(match["code"], match["output"], id=f"{page.name}:{page.read_text()[: match.start()].count(chr(10)) + 1}")
    for page in PAGES
    for match in BLOCK.finditer(page.read_text())
    if not match["mark"]
]


@pytest.mark.parametrize(("code", "output"), EXAMPLES)
def test_examples_run(code, output, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "example", "exec"), {"__name__": "__main__"})
    if output is not None:
        assert printed.getvalue() == output


def test_every_promised_output_follows_an_example():
    promised = sum(page.read_text().count("\n<!-- output -->\n") for page in PAGES)
    assert promised == sum(param.values[1] is not None for param in EXAMPLES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = Path(os.path.normpath(page.parent / file)) if file else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, f"{page.name} links to {target}"


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "index.md").read_text()
    assert all(f"({page.name})" in index for page in (ROOT / "docs").glob("*.md") if page.name != "index.md")


def test_the_negotiation_page_is_the_docstring():
    assert page_text(Negotiation) in (ROOT / "docs" / "negotiation.md").read_text(), "run python -m dialogym.scripts.docs"


def test_the_docstring_names_every_setting_metric_and_variant():
    text = page_text(Negotiation)
    names = [*Negotiation().settings(), *Negotiation.metrics, *(env_id for env_id, _ in variants())]
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize(("env_id", "settings"), list(variants()), ids=[env_id for env_id, _ in variants()])
def test_printed_optima_are_computed_ones(env_id, settings):
    section = (ROOT / "docs" / "negotiation.md").read_text().split(f"\n### {env_id}\n")[1]
    printed = re.search(r"^\| optimum \| ([\d.]+) \(100%\) \| ([\d.]+) \(100%\) \|$", section, re.MULTILINE)
    assert printed, "run python -m dialogym.scripts.docs"
    for role, value in zip(SEATS, printed.groups(), strict=True):
        assert value == f"{optimum(load_family(NEGOTIATION, {**settings, 'role': role})):.4f}"
    shares = dict(re.findall(r"^\| ([\w -]+) \| [\d.]+ \((\d+%)\) \|", section.split("\n### ")[0], re.MULTILINE))
    best = max((shares[name] for name in HEURISTICS), key=lambda share: int(share[:-1]))
    row = f"| `{env_id}` | {printed[1]} | {shares['secret known']} | {shares['lookahead']} | {best} |"
    assert row in (ROOT / "README.md").read_text(), row


@pytest.mark.parametrize(("env_id", "settings"), list(variants()), ids=[env_id for env_id, _ in variants()])
def test_the_docstring_describes_the_registered_settings(env_id, settings):
    family = load_family(NEGOTIATION, settings)
    values = ", ".join(f"{value / TICKS:.2f}" for value in family.values)
    row = rf"\| `{env_id}` \| `{family.population}`[^|]*\| {family.rounds} \| {family.discount} \| {values} \|"
    assert re.search(row, page_text(Negotiation)), row


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page):
    text = page.read_text()
    consoles = "\n".join(re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    given = re.findall(r"^dialogym (\S+)(?: (\S+))?", consoles, re.MULTILINE)
    given += re.findall(r"`dialogym ([a-z]+)(?: ([^`\s]+))?[^`\n]*`", text)
    for command, first in given:
        assert command in COMMANDS, f"dialogym {command}"
        assert command != "train" or not first or first in ALGORITHMS, f"dialogym train {first}"


def test_the_readme_shows_every_command():
    text = (ROOT / "README.md").read_text()
    assert all(f"\ndialogym {command}" in text for command in COMMANDS)
    assert len(text.splitlines()) < 150
