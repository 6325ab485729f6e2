"""Figures of the report, as SVG that takes its colours from the page.

Matplotlib cannot draw in CSS variables. It draws in marker colours instead, which are exchanged for variables in the
finished SVG, so that one figure is legible on a light and on a dark page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS = 12  # labels below a narrow figure
_NAMES = ("ink", "muted", "rule", "trained", "optimal", *(f"stage-{i}" for i in range(6)))
_COLOURS = {name: f"#0{i:x}0{i:x}0{i:x}" for i, name in enumerate(_NAMES, start=1)}


class StageStyle(NamedTuple):
    """How a training stage is drawn: number of its colour, whether its line is dashed, its marker."""

    colour: int
    dashed: bool
    marker: str


_RECORDED = ("bc", "filtered-bc", "mc", "ilql", "awr", "fcp")
_PLAYED = {
    "grpo": (1, "o"), "rloo": (0, "v"), "ppo": (2, "D"), "dpo": (3, "^"), "kto": (4, "P"),
    "expert-iteration": (5, "X"), "self-play": (5, "*"),
}  # fmt: skip
_STAGES = {name: StageStyle(colour, True, "s") for colour, name in enumerate(_RECORDED)}
_STAGES |= {name: StageStyle(colour, False, marker) for name, (colour, marker) in _PLAYED.items()}


def stage_style(stage: str) -> StageStyle:
    """What learns from recorded episodes is dashed, so that it differs without colour from what plays."""
    return _STAGES.get(stage, StageStyle(1, False, "o"))


class Curve(NamedTuple):
    """One stage of training: ``x`` and ``y`` of equal length; of several runs the mean, between lowest and highest."""

    stage: str
    x: list[float]
    y: list[float]
    low: list[float] = []
    high: list[float] = []


def learning_curve(
    curves: Sequence[Curve], references: Mapping[str, float], x_title: str, width: float, name: str
) -> str:
    """Score against experience, a line a stage, with horizontal lines for the policies in `references`."""
    figure, axes = _figure(width, 3.6)
    for curve in curves:
        _band(axes, curve)
        axes.plot(curve.x, curve.y, marker=stage_style(curve.stage).marker, markersize=4.5, linewidth=2.0, zorder=3,
                  **_line(curve.stage))  # fmt: skip
    points = [y for curve in curves for y in (*curve.y, *curve.low, *curve.high)] + list(references.values())
    low, high = min([*points, 0.0]), max([*points, 1.0])
    axes.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    for value in references.values():
        axes.axhline(value, color=_COLOURS["muted"], linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
    room = 0.062 * (high - low) * 1.12
    labels = sorted(references.items(), key=lambda item: item[1])
    arrow = {"arrowstyle": "-", "color": _COLOURS["rule"], "shrinkA": 1, "shrinkB": 0}
    for (label, value), place in zip(labels, _spread([value for _, value in labels], room), strict=True):
        axes.annotate(
            label, (1.0, value), xytext=(1.03, place), xycoords=("axes fraction", "data"), va="center", fontsize=9,
            textcoords=("axes fraction", "data"), color=_COLOURS["muted"], annotation_clip=False, arrowprops=arrow,
        )  # fmt: skip
    axes.set_xlabel(x_title)
    axes.set_ylabel("score")
    axes.xaxis.set_major_formatter(_thousands)
    axes.locator_params(axis="x", nbins=int(width))
    return _svg(figure, name, "Learning curve: score against " + x_title)


def series(curves: Sequence[Curve], y_title: str, x_title: str, name: str) -> str:
    """A small line figure of one number that was logged in training."""
    figure, axes = _figure(3.4, 2.0)
    for curve in curves:
        marker = "o" if len(curve.x) < 3 else None
        _band(axes, curve)
        axes.plot(curve.x, curve.y, marker=marker, markersize=4, linewidth=1.6, **_line(curve.stage))
    axes.set_title(y_title, loc="left", fontsize=10, color=_COLOURS["ink"])
    axes.set_xlabel(x_title)
    axes.xaxis.set_major_formatter(_thousands)
    axes.locator_params(nbins=4)
    return _svg(figure, name, f"{y_title} against {x_title}")


def histogram(title: str, trained: Sequence[float], optimal: Sequence[float], name: str) -> str:
    """Distribution of one outcome of the trained and the optimal policy, in percent of the episodes that have it."""
    figure, axes = _figure(3.4, 2.2)
    everything = np.array([*trained, *optimal])
    whole = bool(np.all(everything == np.round(everything))) and np.ptp(everything) <= 30
    edges = np.arange(everything.min() - 0.5, everything.max() + 1.0) if whole else _edges(everything)
    middle, width = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    groups = [(values, name) for values, name in ((trained, "trained"), (optimal, "optimal")) if len(values)]
    bar = 0.84 * width / len(groups)
    for i, (values, colour) in enumerate(groups):
        share = 100.0 * np.histogram(values, edges)[0] / len(values)
        axes.bar(middle + (i - (len(groups) - 1) / 2) * bar, share, bar * 0.96, color=_COLOURS[colour], linewidth=0)
    axes.set_xlabel(title)
    axes.set_ylabel("episodes, %")
    axes.grid(axis="x", visible=False)
    if whole and len(middle) <= 12:
        axes.set_xticks(middle)
    return _svg(figure, name, f"Distribution of {title}")


def bars(values: Mapping[str, float], x_title: str, y_title: str, name: str) -> str:
    """One bar for each label."""
    figure, axes = _figure(4.6, 2.4)
    axes.bar(range(len(values)), list(values.values()), 0.7, color=_COLOURS["trained"], linewidth=0)
    every, last = -(-len(values) // _TICKS), len(values) - 1  # more labels would run into each other
    shown = [*(place for place in range(last) if place % every == 0 and place <= last - every), last]
    axes.set_xticks(shown, [list(values)[place] for place in shown])
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(x_title)
    axes.set_ylabel(y_title)
    axes.grid(axis="x", visible=False)
    return _svg(figure, name, f"{y_title} by {x_title}")


def _band(axes: Axes, curve: Curve) -> None:
    """From the lowest to the highest of several runs."""
    if curve.low:
        colour = _COLOURS[f"stage-{stage_style(curve.stage).colour}"]
        axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)


def _line(stage: str) -> dict[str, Any]:
    """Colour and dashes of a stage's line."""
    style = stage_style(stage)
    return {"color": _COLOURS[f"stage-{style.colour}"], "linestyle": "--" if style.dashed else "-"}


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    ink, muted, rule = _COLOURS["ink"], _COLOURS["muted"], _COLOURS["rule"]
    style: dict[Any, Any] = {
        "axes.edgecolor": rule, "axes.labelcolor": muted, "xtick.color": rule, "ytick.color": rule,
        "xtick.labelcolor": muted, "ytick.labelcolor": muted, "grid.color": rule, "text.color": ink, "font.size": 9.5,
        "axes.labelsize": 9.5, "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
        "ytick.major.size": 0, "axes.grid": True, "axes.axisbelow": True, "grid.linewidth": 0.6,
    }  # fmt: skip
    with rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()


def _svg(figure: Figure, name: str, label: str) -> str:
    """The figure as inline SVG: no namespace addresses, no fixed size, ids of its own, colours and font of the page."""
    from matplotlib import rc_context

    out = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True)
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font: (?:\d+ )?([\d.]+)px [^;\"]*", r"font-size: \1px; font-family: inherit", text)
    for size in ("width", "height"):
        text = re.sub(rf'(<svg[^>]*?) {size}="[^"]*"', r"\1", text, count=1)
    for variable, marker in _COLOURS.items():
        text = text.replace(marker, f"var(--{variable})")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of about a dozen bins with round middles: outcomes are often round, and would lie on edges that were."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.asarray(MaxNLocator(15, steps=[1, 2, 2.5, 5, 10]).tick_values(values.min(), values.max()))
    step = ticks[1] - ticks[0]
    return np.append(ticks - step / 2, ticks[-1] + step / 2)


def _spread(places: Sequence[float], room: float) -> list[float]:
    """Sorted places of labels, pushed apart to keep `room` between neighbours, and centred on where they belong.

    By pooling adjacent violators.
    """
    blocks: list[list[float]] = []  # labels that touch; a block is centred on their mean
    for place in places:
        blocks.append([place])
        while len(blocks) > 1 and fmean(blocks[-1]) - fmean(blocks[-2]) < room * sum(map(len, blocks[-2:])) / 2:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return [fmean(block) + room * (i - (len(block) - 1) / 2) for block in blocks for i in range(len(block))]


def _thousands(value: float, position: float = 0) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"
