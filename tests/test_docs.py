"""The documentation is true: its examples run, its links lead somewhere, its numbers are those of the code."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from dialogym.envs.engine import Engine
from dialogym.envs.make import load_family
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.game import TICKS
from dialogym.envs.registration import TABLE, ranked
from dialogym.evaluation.exact import optimum, upper_bound
from dialogym.policies.baselines import heuristics
from dialogym.rewards import registry
from dialogym.scripts.docs import (
    contents,
    families,
    family_class,
    limits,
    marked,
    overview,
    page_text,
    seatings,
    variants,
    words,
)
from dialogym.scripts.main import COMMANDS
from dialogym.scripts.page_numbers import KEPT, as_json, kept_limits
from dialogym.scripts.pages.readme import curves, play
from dialogym.scripts.train import ALGORITHMS

from .reach import in_time

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?P<mark><!-- no-run -->\n)?^```python\n(?P<code>.*?)^```\n(?:\n<!-- output -->\n```text\n(?P<output>.*?)^```)?"
    r"(?:\n<!-- holds: (?P<holds>[^\n]*) -->)?",
    re.MULTILINE | re.DOTALL,
)
TRAIN = ("agent.md", "classic.md", "loop.md", "self_play.md", "trl.md")
"""Pages whose examples train something, or play until all is said."""
EXAMPLES = [
    pytest.param(
        match["code"],
        match["output"],
        match["holds"],
        id=f"{page.name}:{page.read_text()[: match.start()].count(chr(10)) + 1}",
        marks=pytest.mark.long if page.name in TRAIN else (),
    )
    for page in PAGES
    for match in BLOCK.finditer(page.read_text())
    if not match["mark"]
]

FAMILIES = tuple(families())  # those of the suite: what users or other tests have registered has no page
SETTINGS = {env_id: (name, settings) for name in FAMILIES for env_id, settings in variants(name)}
VARIANTS = [pytest.param(name, env_id, settings, id=env_id) for env_id, (name, settings) in SETTINGS.items()]


def page_of(family):
    page = ROOT / "docs" / f"{family}.md"
    assert page.exists(), f"run python -m dialogym.scripts.docs {family}"
    return page.read_text()


def numbers_of(family, env_id):
    """The part of the page about one variant."""
    page, heading = page_of(family), f"\n### {env_id}\n"
    assert heading in page, f"run python -m dialogym.scripts.docs {family}"
    return page.split(heading)[1].split("\n#")[0]


def row_of(numbers, name):
    """The cells of a row; ``None`` if there is none."""
    found = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", numbers, re.MULTILINE)
    return found and found[1].split(" | ")


def test_every_family_of_the_suite_has_a_page_of_its_own():
    assert "negotiation" in FAMILIES
    assert {env_id for name in FAMILIES for env_id, _ in variants(name)} == {
        env_id for env_id, (path, _) in TABLE.items() if path.startswith("dialogym.") and ranked(path)
    }
    assert (ROOT / "docs" / "open.md").exists() and "open" not in FAMILIES, "its optima depend on the file"


class Buyer(BaseHTTPRequestHandler):
    """A language model that takes any price."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        said = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Fine. [accept]"}}
        reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "it", "choices": [said]}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def buyers():
    """A server for all examples: to close one takes half a second."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Buyer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(buyers, monkeypatch):
    """What examples find that ask OpenAI's client; ``asked`` are the requests."""
    buyers.asked = []
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{buyers.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    return buyers


@pytest.mark.parametrize(("code", "output", "holds"), EXAMPLES)
def test_examples_run(code, output, holds, server, monkeypatch, tmp_path):
    for extra in ("openai", "sb3_contrib", "torch", "trl"):
        if re.search(rf"^(import|from) {extra}\b", code, re.MULTILINE):
            pytest.importorskip(extra)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    printed, names = io.StringIO(), {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "example", "exec"), names)
    if output is not None:
        assert printed.getvalue() == output
    if holds is not None:
        assert eval(holds, {**names, "asked": server.asked}), holds


def test_every_promised_output_follows_an_example():
    for place, mark in ((1, "output -->"), (2, "holds: ")):
        promised = sum(page.read_text().count(f"\n<!-- {mark}") for page in PAGES)
        assert promised == sum(param.values[place] is not None for param in EXAMPLES) >= 3


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
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, (
                f"{page.name} links to {target}"
            )


def test_the_index_lists_every_page():
    index = (ROOT / "docs" / "index.md").read_text()
    missing = [
        page.name for page in (ROOT / "docs").glob("*.md") if page.name != "index.md" and f"({page.name})" not in index
    ]
    assert not missing, f"docs/index.md has no line for {', '.join(missing)}"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_begins_with_what_is_made_of_docstring_patterns_and_mind(family):
    made = words(family)
    assert page_of(family).startswith(made), f"run python -m dialogym.scripts.docs --words {family}"
    _, *sections = page_text(family_class(family)).partition("\n\n## ")
    assert "".join(sections) in made


@pytest.mark.parametrize("family", FAMILIES)
def test_the_docstring_has_every_section(family):
    headings = re.findall(r"^## (.*)$", page_text(family_class(family)), re.MULTILINE)
    sections = (
        "Description, Scenario, Acts, Observation, Rewards, Episode end, Optimum, Registered configurations, Metrics, "
        "References, Settings"
    )
    assert [section for section in sections.split(", ") if section not in headings] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_the_docstring_names_every_setting_metric_and_variant(family):
    text, kind = page_text(family_class(family)), family_class(family)
    names = [*kind().settings(), *kind().metrics, *(env_id for env_id, _ in variants(family))]
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize("env_id", in_time(SETTINGS))
def test_printed_optima_are_computed_ones(env_id):
    """Where the optimum is out of reach, so it is with the bound."""
    family, settings = SETTINGS[env_id]
    numbers, columns = numbers_of(family, env_id), seatings(family, settings)
    try:
        row, expected = "optimum", [f"{optimum(column):.4f} (100%)" for column in columns.values()]
    except NotImplementedError:
        assert row_of(numbers, "optimum") is None
        bounds = [upper_bound(column) for column in columns.values()]
        assert None not in bounds, "a family whose optimum is out of reach has a method bound(scenario)"
        row, expected = "upper bound", [f"{bound:.4f}" for bound in bounds]
    assert row_of(numbers, row) == expected, f"run python -m dialogym.scripts.docs {family}"
    assert row_of(numbers, "scenarios") == [f"{len(column.scenarios()):,}" for column in columns.values()]


@pytest.mark.parametrize(("family", "env_id", "settings"), VARIANTS)
def test_the_readme_has_a_row_from_the_page(family, env_id, settings):
    numbers, readme = numbers_of(family, env_id), (ROOT / "README.md").read_text()
    best = row_of(numbers, "optimum")
    names = heuristics(Engine(load_family(TABLE[env_id][0], settings)))
    if best is None:
        bound = float(row_of(numbers, "upper bound")[0])
        fixed = max(float(row_of(numbers, name)[0].split()[0]) for name in names)
        row = f"| `{env_id}` | at most {bound:.4f} |  |  | {fixed / bound:.0%} of that bound |"
    else:

        def share(name):
            return re.search(r"\((-?\d+)%\)$", row_of(numbers, name)[0])[1]

        fixed = max(map(share, names), key=int)
        row = f"| `{env_id}` | {best[0].split()[0]} | {share('secret known')}% | {share('lookahead')}% | {fixed}% |"
    assert row in readme, f"run python -m dialogym.scripts.docs --words {family}; README.md needs this row: {row}"


def test_readme_and_index_are_what_the_pages_say():
    for page, block in ((ROOT / "README.md", overview()), (ROOT / "docs" / "index.md", contents())):
        text = page.read_text()
        assert text == marked(text, block), f"run python -m dialogym.scripts.docs --words: {page.name} is out of date"


def test_the_list_shows_what_the_pages_say():
    assert KEPT.read_text() == as_json(limits()), "run python -m dialogym.scripts.docs --words"
    assert set(kept_limits()) == set(SETTINGS) and all(found for found in kept_limits().values())


@pytest.mark.parametrize(("env_id", "settings"), variants("negotiation"))
def test_the_negotiation_page_describes_the_registered_settings(env_id, settings):
    family = load_family("dialogym.envs.negotiation.family:Negotiation", settings)
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
    assert len(marked(text, "").splitlines()) < 125  # what is made of the families does not count


def test_the_picture_shows_the_dialogue_of_the_readme():
    lines, hidden = play()
    text = (ROOT / "README.md").read_text()
    assert [said for _, said in lines if said not in text] == []
    assert str(hidden) in text
    for runs in curves().values():
        assert (runs[:, 0, 1] < runs[:, -1, 1]).all() and (runs[:, :, 1] < 1.0).all()


@pytest.mark.long
def test_messages_of_the_troubleshooting_page_are_in_the_code():
    texts = {
        node.value
        for file in ROOT.rglob("*.py")
        if not {"tests", ".venv", "build"} & set(file.relative_to(ROOT).parts)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    said = "\0".join(texts)
    messages = re.findall(r"^\| `([^`]*)` \|", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)
    parts = [part for message in messages for part in message.split("…") if part]
    assert len(messages) > 25
    assert [part for part in parts if part not in said] == []
