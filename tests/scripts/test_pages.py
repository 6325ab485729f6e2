"""Pages are made for any family: one role or several, solved or out of reach, with further sections or without."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from dialogym.core.solver import Solution, solve
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.registration import TABLE
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.scripts import docs

from ..evaluation.test_exact import LessonGame, Lessons, Student, Unsolved, adaptive, setting_of
from ..toy import TOY

LESSONS = f"{Lessons.__module__}:Lessons"
HEURISTICS = {"adaptive": adaptive, "coin": lambda dialogue, stream: "[teach]" if stream.random() < 0.5 else "[stop]"}


@pytest.fixture
def lessons(monkeypatch):
    """Lessons, registered as a family of the suite with two fixed heuristics, of which one draws random numbers."""
    setting_of.cache_clear()  # others may have asked for more than the optimum
    baselines = ModuleType("lesson_baselines")
    baselines.HEURISTICS = HEURISTICS
    baselines.improvise = lambda dialogue, stream: ("[teach]", "[quiz]", "[stop]")[stream.choose(3)]
    baselines.demonstrate = lambda dialogue, stream: "[teach]" if stream.random() < 0.9 else "[stop]"
    monkeypatch.setitem(sys.modules, baselines.__name__, baselines)
    monkeypatch.setattr(Lessons, "baselines", baselines)
    known = {**docs.families(), "test_exact": LESSONS}
    monkeypatch.setattr(docs, "families", lambda: known)
    monkeypatch.setattr(docs, "EPISODES", 50)
    monkeypatch.setitem(TABLE, "Lessons-v0", (LESSONS, {}))
    monkeypatch.setitem(TABLE, "LessonsAgain-v0", (LESSONS, {"turns": [4]}))
    monkeypatch.setitem(TABLE, "LessonsLong-v0", (LESSONS, {"opener": "student", "turns": [2, 5]}))
    return "test_exact"


def rows(text):
    return {
        cells[0]: cells[1:]
        for cells in (
            [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
        )
    }


def test_families_of_users_have_no_page():
    assert TOY in TABLE
    assert docs.families()["negotiation"] == "dialogym.envs.negotiation.family:Negotiation"
    assert all(path.startswith("dialogym.envs.") for path in docs.families().values())
    assert [env_id for env_id, _ in docs.variants("negotiation")] == [
        "Negotiation-v0",
        "NegotiationEasy-v0",
        "NegotiationHard-v0",
    ]


def test_a_column_for_each_role():
    seatings = docs.seatings("negotiation", {"rounds": 5})
    assert {head: family.settings()["role"] for head, family in seatings.items()} == {
        "as buyer": "buyer",
        "as seller": "seller",
    }
    assert {family.settings()["rounds"] for family in seatings.values()} == {5}
    assert [family.settings()["role"] for family in docs.seatings("negotiation", {"role": "seller"}).values()] == [
        "seller"
    ]


def test_a_family_with_one_role(lessons):
    page = docs.render(lessons)
    assert page.startswith(
        f"<!-- Made by `python -m dialogym.scripts.docs` from the docstring of {LESSONS.replace(':', '.')}."
    )
    assert docs.page_text(Lessons) in page
    short, long = (
        rows(page.split(f"### {env_id}\n")[1].split("### ")[0]) for env_id in ("Lessons-v0", "LessonsLong-v0")
    )
    solved = ["optimum", "secret known", "do nothing", "myopic", "lookahead", "adaptive", "coin"]
    assert list(short)[:9] == ["policy", "---", *solved]
    assert short["optimum"] == [f"{optimum(Lessons()):.4f} (100%)"]
    family = Lessons("student", (2, 5))
    best = optimum(family)
    for name, value in {"secret known": known_value(family), "lookahead": expected_return(family, "lookahead")}.items():
        assert long[name] == [f"{value:.4f} ({value / best:.0%})"]
    assert (
        " ± " in long["coin"][0] and " ± " not in long["adaptive"][0]
    )  # what cannot be summed is simulated, and says so
    assert "means of 50 simulated dialogues" in page and "upper bound" not in page
    assert (
        long["scenarios"] == ["4"]
        and long["hidden states"] == ["3"]
        and long["scenario classes (a solution each)"] == ["2"]
    )
    again = rows(page.split("### LessonsAgain-v0\n")[1].split("### ")[0])
    time = "seconds to solve a class, mean (longest)"
    assert (
        again["optimum"] == short["optimum"]
        and again[time] == ["solved already"]
        and float(short[time][0].split()[0]) >= 0.0
    )
    solved = sum(solve(LessonGame(turns, "student"), Student(), "tutor").states for turns in (2, 5))
    assert long["information states solved, all classes"] == [f"{solved:,}"]


def test_a_family_whose_optimum_is_out_of_reach(lessons, monkeypatch):
    monkeypatch.setattr(sys.modules[Lessons.__module__], "Lessons", Unsolved)
    page = docs.render(lessons)
    numbers = rows(page.split("### Lessons-v0\n")[1].split("### ")[0])
    unsolved = ["upper bound", "do nothing", "random", "scripted", "adaptive", "coin"]
    assert list(numbers)[:8] == ["policy", "---", *unsolved]
    assert numbers["upper bound"] == ["1.0000"]
    assert all(
        " ± " in numbers[name][0] and "%" not in numbers[name][0] for name in ("random", "scripted", "adaptive", "coin")
    )
    assert "no policy can get more than the *upper bound*" in page and "summed exactly" not in page
    assert numbers["scenarios"] == ["3"] and not any("solve" in row for row in numbers)


def test_what_a_module_of_pages_adds(lessons, monkeypatch):
    extra = ModuleType("extra")
    extra.PAYOFF = "what is mastered, less the cost"
    extra.NOTE = "Nothing is free."
    extra.facts = lambda family: {"turns": str(max(family.turns))}
    extra.sections = lambda: iter(["## Further", "A figure."])
    monkeypatch.setattr(docs, "_extra", lambda name: extra)
    page = docs.render(lessons)
    assert page.endswith("## Further\n\nA figure.\n")
    assert "; the payoff is what is mastered, less the cost." in page and " Nothing is free. " in page
    assert rows(page.split("### LessonsLong-v0\n")[1])["turns"] == ["5"]


def test_simulated_means_have_their_standard_error():
    mean, error = docs.simulate(Negotiation(), "share-of-value", 400)
    assert 0.0 < error < 0.02
    assert abs(mean - expected_return(Negotiation(), "share-of-value")) < 3.5 * error


def test_unknown_families_are_named():
    with pytest.raises(SystemExit, match=r"family must be one of .*coaching, .*; got 'chess'"):
        docs.main(["chess"])


@pytest.fixture
def site(monkeypatch, tmp_path):
    """A folder of pages, with a README and an index around what is made."""
    monkeypatch.setattr(docs, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(docs, "KEPT", tmp_path / "optima.json")
    (tmp_path / "docs").mkdir()
    for page in (tmp_path / "README.md", tmp_path / "docs" / "index.md"):
        page.write_text("before\n<!-- environments -->\nold\n<!-- /environments -->\nafter\n")
    return tmp_path


def test_only_what_is_asked_for_is_written(lessons, site, capsys):
    docs.main([lessons])
    written = {str(page.relative_to(site / "docs")) for page in (site / "docs").rglob("*.*")}
    assert written == {f"{lessons}.md", "index.md", f"figures/{lessons}_payoffs.svg"}
    assert f"]({docs.picture_of(lessons)})" in (site / "docs" / f"{lessons}.md").read_text()
    assert capsys.readouterr().out == f"wrote {site / 'docs' / f'{lessons}.md'}\n"


def test_readme_and_index_follow_the_page(lessons, site, monkeypatch):
    docs.main([lessons])
    page, readme = (site / "docs" / f"{lessons}.md").read_text(), (site / "README.md").read_text()
    shown = {row: cells[0] for row, cells in rows(page.split("### Lessons-v0\n")[1].split("\n\n|  |")[0]).items()}
    share = {row: cell.split("(")[1].rstrip(")") for row, cell in shown.items() if "(" in cell}
    best = max(("adaptive", "coin"), key=lambda row: float(shown[row].split()[0]))
    assert rows(readme)["`Lessons-v0`"] == [
        f"{optimum(Lessons()):.4f}", share["secret known"], share["lookahead"], share[best],
    ]  # fmt: skip
    assert list(rows(readme)) == ["id", "---", "`Lessons-v0`", "`LessonsAgain-v0`", "`LessonsLong-v0`"]
    assert f"- [Lessons](docs/{lessons}.md): " in readme
    index = (site / "docs" / "index.md").read_text()
    assert f"- [Lessons]({lessons}.md): {docs.summary(Lessons)}" in index
    assert all(text.startswith("before\n") and text.endswith("after\n") for text in (readme, index))
    assert "old" not in readme + index


def test_the_docstring_is_renewed_without_the_numbers(lessons, site, monkeypatch):
    page = site / "docs" / f"{lessons}.md"
    page.write_text(f"{docs.words(lessons)}{docs.NUMBERS}\nSome numbers.\n")
    monkeypatch.setattr(Lessons, "__doc__", "Other words.")
    docs.main(["--words", lessons])
    assert page.read_text() == f"{docs.words(lessons)}{docs.NUMBERS}\nSome numbers.\n"
    assert "# Lessons\n\nOther words.\n" in page.read_text()
    assert "Other words." in (site / "docs" / "index.md").read_text()


def test_where_the_optimum_is_out_of_reach_the_share_is_of_the_bound(lessons, site):
    section = "| policy | expected payoff |\n| upper bound | 0.5000 |\n| random | 0.2000 ± 0.0100 |\n"
    fixed = "| adaptive | 0.4000 ± 0.0100 |\n| coin | -0.1000 ± 0.0100 |\n"
    (site / "docs" / f"{lessons}.md").write_text(f"\n### Lessons-v0\n\n{section}{fixed}\n|  |  |\n| scenarios | 3 |\n")
    assert next(docs.overview_rows(lessons)) == ["`Lessons-v0`", "at most 0.5000", "", "", "80% of that bound"]


def test_marks_that_are_missing_are_asked_for():
    with pytest.raises(ValueError, match="lacks the marks"):
        docs.marked("# A page\n<!-- environments -->\n", "a table")


def test_no_secret_is_solved_where_the_optimum_is_out_of_reach(lessons, monkeypatch):
    def refuse(self):
        raise NotImplementedError("too large to solve")

    monkeypatch.setattr(Solution, "start_value", refuse)
    monkeypatch.setattr(Solution, "known_value", lambda self: pytest.fail("this could take for ever"))
    found = docs.returns(Lessons())
    assert "secret known" not in found and "optimum" not in found
    assert found["lookahead"][1] is not None  # planning a turn or two ahead is another matter
