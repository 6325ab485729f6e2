"""The site has every page and every public module, its links lead where they lead on GitHub, and it builds without a warning."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import dialogym
import pytest
from dialogym.scripts import website

ROOT = Path(__file__).parent.parent.parent
DOCS = {page.name for page in (ROOT / "docs").glob("*.md")}
OUTSIDE = {name: page for name, page in website.OUTSIDE.items() if name != "README.md"}


def test_the_navigation_names_every_page_once():
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    named = re.findall(r"(\S+\.md)$", nav, re.MULTILINE)
    assert sorted(named) == sorted(DOCS | set(OUTSIDE.values())), "mkdocs.yml: nav must name every page of docs/"
    assert f": {website.REFERENCE}\n" in nav


def test_the_reference_has_a_page_for_each_public_module():
    pages = website.pages()
    assert pages["core/solver"] == "reference/core/solver.md" and pages["rewards"] == "reference/rewards/index.md"
    assert len(set(pages.values())) == len(pages) > 100
    assert {module.partition("/")[0] for module in pages} == set(website.FOLDERS)
    for module in pages:
        assert (ROOT / f"{module}.py").exists() or (ROOT / module / "__init__.py").exists(), module
    assert not [module for module in pages if "/_" in module or module.startswith("envs/negotiation")]
    listed = json.dumps(website.navigation())
    assert [page for page in pages.values() if listed.count(f'"{page}"') != 1] == []
    assert website.reference()["reference/core/solver.md"] == "::: dialogym.core.solver\n"


@pytest.mark.long
def test_the_reference_begins_with_what_the_package_offers():
    offered = website.offered()
    assert set(offered) == set(dialogym.__all__) - {"__version__"}
    for name, home in offered.items():
        assert getattr(dialogym, name).__module__ == f"dialogym.{home}"
        line = inspect.getdoc(getattr(dialogym, name)).partition("\n")[0].rstrip(".")
        assert f"- [`dialogym.{name}`][dialogym.{home}.{name}]: {line}\n" in website.front()


@pytest.mark.parametrize(
    ("source", "written", "made"),
    [
        ("docs/a.md", "[scores](scores.md#episodes-that-fail)", "[scores](scores.md#episodes-that-fail)"),
        ("docs/a.md", "[how](../CONTRIBUTING.md#a-family)", "[how](contributing.md#a-family)"),
        ("docs/a.md", "[envs/base.py](../envs/base.py)", "[envs/base.py](reference/envs/base.md)"),
        ("docs/a.md", "[rewards](../rewards/__init__.py)", "[rewards](reference/rewards/index.md)"),
        ("docs/a.md", "[core/english.toml](../core/english.toml)", "`core/english.toml`"),
        ("docs/a.md", "![a picture](figures/a.svg)", "![a picture](figures/a.svg)"),
        ("docs/a.md", "[elsewhere](https://example.org/a.md)", "[elsewhere](https://example.org/a.md)"),
        ("docs/a.md", "[here](#here)", "[here](#here)"),
        ("CONTRIBUTING.md", "[reading](docs/reading.md)", "[reading](reading.md)"),
        ("CONTRIBUTING.md", "[a test](tests/toy.py)", "`a test`"),
    ],
)
def test_links_of_the_repository_become_those_of_the_site(source, written, made):
    assert website.LINK.sub(lambda link: website.linked(link, source), written) == made


@pytest.mark.parametrize("source", [*OUTSIDE, *(f"docs/{name}" for name in sorted(DOCS))])
def test_links_lead_to_something_on_the_site(source):
    known = DOCS | set(OUTSIDE.values()) | set(website.pages().values())
    for part in website.FENCED.split((ROOT / source).read_text())[::2]:
        made = website.LINK.sub(lambda link: website.linked(link, source), part)
        for _, target, _ in website.LINK.findall(made):
            assert target in known or (ROOT / "docs" / target).exists(), f"{source} links to {target}"


class Page:
    def __init__(self, uri):
        self.file = self
        self.src_uri = uri


def test_code_and_the_reference_stay_as_they_are():
    text = (
        "<details open><summary>x</summary>\n\n```text\n<details> [a](../core/acts.py)\n```\n\n[a](../core/acts.py)\n"
    )
    made = website.on_page_markdown(text, Page("a.md"))
    assert made.startswith(
        '<details markdown="1" open><summary>x</summary>\n\n```text\n<details> [a](../core/acts.py)\n'
    )
    assert made.endswith("\n[a](reference/core/acts.md)\n")
    assert website.on_page_markdown(text, Page("reference/index.md")) == text


def test_anchors_are_those_of_github():
    assert website.anchor("A reward, a user: `user=` and more") == "a-reward-a-user-user-and-more"
    assert website.anchor("snake_case stays") == "snake_case-stays"


def test_the_site_builds_without_a_warning(tmp_path):
    for module in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        pytest.importorskip(module)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert built.returncode == 0 and "WARNING" not in built.stderr, built.stderr
    pages = [*(DOCS | set(OUTSIDE.values())), *website.pages().values(), f"{website.REFERENCE}index.md"]
    missing = [page for page in pages if not (tmp_path / page).with_suffix(".html").exists()]
    assert missing == []
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img)[^>]*? (?:src|href)="?(https?:[^"\s>]*)', page.read_text())
        assert loaded == [], f"{page.name} loads {loaded}"
    known = {entry["location"] for entry in json.loads((tmp_path / "search" / "search_index.json").read_text())["docs"]}
    assert {"negotiation.html#acts", "reference/core/solver.html#dialogym.core.solver.Solution"} <= known
