"""Figures say what the tables of their page say."""

from __future__ import annotations

import pytest
from dialogym.scripts.docs import DOCS, families, picture, picture_of
from dialogym.scripts.figures import described, draw_payoffs, payoffs

PAGE = """# Cafe

### Cafe-v0

| policy | as guest | as host |
| --- | ---: | ---: |
| optimum | 0.5000 (100%) | 0.4000 (100%) |
| random | -0.1000 ± 0.0100 (-20%) | 0.0000 (0%) |
| polite |  | 0.2500 ± 0.0200 (63%) |

|  | as guest | as host |
| --- | ---: | ---: |
| scenarios | 3 | 3 |

### CafeLong-v0

| policy | expected payoff |
| --- | ---: |
| upper bound | 0.9000 |
| polite | 0.1000 |

### Another section

| policy of the house | tables |
| --- | --- |
| polite | 4 |
"""


def test_the_tables_of_a_page_are_read():
    assert payoffs(PAGE) == {
        "Cafe-v0": {
            "as guest": {"optimum": (0.5, 0.0), "random": (-0.1, 0.01)},
            "as host": {"optimum": (0.4, 0.0), "random": (0.0, 0.0), "polite": (0.25, 0.02)},
        },
        "CafeLong-v0": {"expected payoff": {"upper bound": (0.9, 0.0), "polite": (0.1, 0.0)}},
    }


def test_a_figure_has_a_panel_for_each_variant_and_a_row_for_each_policy(tmp_path):
    pytest.importorskip("matplotlib")
    draw_payoffs(PAGE, tmp_path / "cafe.svg")
    drawn = (tmp_path / "cafe.svg").read_text()
    texts = ("Cafe-v0", "CafeLong-v0", "random", "polite", "optimum", "upper bound", "as guest", "as host")
    assert [text for text in texts if f">{text}<" not in drawn] == []
    assert "Cafe-v0, as guest: optimum 0.5 ± 0.0, random -0.1 ± 0.01." in drawn
    with pytest.raises(ValueError, match="page must have a section"):
        draw_payoffs("# Cafe\n", tmp_path / "none.svg")


@pytest.mark.parametrize("family", families())
def test_the_picture_of_a_page_is_of_its_tables(family):
    page = (DOCS / f"{family}.md").read_text()
    assert picture(family) in page
    assert described(payoffs(page)) in (DOCS / picture_of(family)).read_text(), (
        f"run python -m dialogym.scripts.docs {family}"
    )
