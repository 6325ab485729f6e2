"""What the Rumour page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...envs.base import Family
from ...envs.rumour.family import Rumour
from ...envs.rumour.law import Law, mean_field
from ...envs.rumour.policies import sweep
from ...envs.rumour.town import Network, Town, scale_free, small_world
from ...evaluation.exact import optimum
from ..docs import DOCS, KINDS, best_of_each_kind, measured, sources, table, variant, variants
from ..figures import BLUE, INK, MUTED, RED, drawing

PAYOFF = "the harm of a story that is averted, as a share of the mean harm of doing nothing, less costs"
NOTE = (
    "*Early-label* labels the story on the first day and does no more; *debunk-daily* writes a letter every day. "
    "*Community-notes* labels what many believe, and unlabels what few do. *Third-party-check* has the story checked, "
    "and labels it if it is found false; *check-then-debunk* also writes letters then, as long as many believe it. "
    "*Label-then-check* labels it meanwhile, and takes the label off if it is found true. *Check-twice* acts when two "
    "more checks have found it false than true. None of these holds a belief."
)
PEOPLE, DAYS, VIRULENCE, SHARE = 10_000, 12, 1.2, 0.02  # of the figure
SOURCES = (
    (
        "FPS",
        "Liu et al. (2024) let agents of language models talk about fake news day by day, and watch the numbers of "
        "susceptible, infected and recovered opinions. Kept: days, believers as a state of each person, belief that "
        "comes by exposure and may be given up, and the finding that early intervention pays, which here follows from "
        "the law. Changed: a person's change of mind is one stated probability and not a language model's text. Left "
        "out: traits and memories of each person, since the moderator of this town sees only counts.",
    ),
    (
        "FUSE",
        "Liu et al. (2024) give people roles (spreaders, commentators, verifiers, bystanders) on small-world and "
        "scale-free networks, and measure how far retold news deviates from what happened. Kept: the networks, in the "
        "large town; the verifier, as a check that may be asked for. Left out: the deviation of retold news, which is "
        "a matter of words: a story keeps its words here.",
    ),
    (
        "MOSAIC",
        "Liu et al. (2025) let agents like, share and flag posts, and compare community-based, third-party and hybrid "
        "fact checking. Kept: these strategies, as the rules `community-notes`, `third-party-check` and "
        "`label-then-check`, and that a warning lessens what is passed on. Changed: the moderator chooses day by day "
        "among them, and pays for errors in both directions.",
    ),
    (
        "S3",
        "Gao et al. (2023) simulate emotion, attitude and what is posted on networks of real users, and compare with "
        "what they did. Kept: attitudes that move by exposure along the links. Left out: emotions, and fits to data: "
        "the numbers of this law are made up.",
    ),
    (
        "AgentSociety",
        "Piao et al. (2025) run 10,000 agents of language models with 5 million interactions. Kept: that number of "
        "people, in the large town, where a day of everybody is a few array operations. Changed: no person speaks; "
        "one who counts reports, so that only one voice is needed whatever the number of people.",
    ),
    (
        "SocioVerse",
        "Zhang et al. (2025) align simulated populations with a pool of ten million users. Left out: there are no "
        "demographics here, so that there is nothing to align. People differ by their place in the network alone.",
    ),
    (
        "The friendship paradox",
        "Most people have fewer friends than their friends have on average (Feld 1991): over links, the mean degree is "
        "E[d^2] / E[d] and not E[d]. A test holds this closed form against the networks of the large town.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What it would be worth if checks told all, or nothing."""
    run: Any = family
    best = optimum(run)
    found = {}
    for told, clarity in (("checks tell nothing", 0.5), ("checks are always right", 1.0)):
        value = optimum(Rumour(**{**run.settings(), "clarity": clarity}))
        found[f"optimum if {told}"] = f"{value:.4f} ({value / best:.0%})"
    return found


def sections() -> Iterator[str]:
    """What a good moderator does, the sweep, the large town, what was closed, and the sources."""
    yield from _measured()
    yield "## Rules"
    yield (
        "Every rule of a grid, exactly; the one that gets most. `measured(E,S,C,L)` labels at once if E is 1, has the "
        "story checked where the level is at least S, until C more checks have found it false than true, and then "
        "labels it and writes letters where the level is at least L; it takes the label off where more checks have "
        "found it true. `dialogym.envs.rumour.policies.sweep` defines the grid."
    )
    for env_id, _ in variants("rumour"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep()))
    yield from _large()
    yield "## What was closed"
    yield (
        "- *To be cut off.* The days to come then count as if all talked, and the label stays.\n"
        "- *To label whatever comes.* A label on a true story counts on every day that it stands.\n"
        "- *To ask the assistant*, or to declare the story false: it counts posts, and knows no more than it says.\n"
        "- *To read the opening.* It depends on nothing hidden, and every story may be true."
    )
    yield from sources(SOURCES)


def _measured() -> Iterator[str]:
    yield "## What a good moderator does"
    yield "Means of 2,000 dialogues of each policy on RumourSmall-v0 (seeds 0 to 1,999), where a number was reported."
    yield measured(
        Rumour(), ("scripted", "early-label", "community-notes", "third-party-check", "label-then-check", "optimal")
    )


def _large() -> Iterator[str]:
    yield "## A large town"
    yield (
        "`dialogym.envs.rumour.town` has the same law for every person of a network, a day of everybody at once "
        "(compressed sparse rows, numpy). It is a simulator, and not yet an environment: no optimum and no bound is "
        "known for it. The picture shows the share of believers, evening by evening, in towns of 10,000 people "
        f"(virulence {VIRULENCE:g}, {SHARE:.0%} believe at the start, everybody links to 5 others, so that each "
        "listens to 10 on the mean; one town of each kind), without measures and with a label from the third day on. "
        "The line is the mean field: the recursion of the law with each share in the place of its mean. It is an "
        "*approximation* and no bound: it is the limit of many people who all hear each other, and stays away from "
        "networks on which each hears few, however many there are."
    )
    yield "![The share of believers over twelve days](figures/rumour_believers.svg)"
    draw(DOCS / "figures" / "rumour_believers.svg")
    rows = []
    for name, net in _networks().items():
        degrees = net.degrees
        fewer = float(np.mean(net.friends() > degrees))
        over_links = float(np.mean(degrees.astype(float) ** 2) / degrees.mean())
        gap = np.abs(np.array(_path(net, ())) - np.array(mean_field(Law(), VIRULENCE, SHARE, DAYS))).max()
        cells = [f"{degrees.mean():.1f}", f"{over_links:.1f}", f"{fewer:.0%}", f"{gap:.3f}", f"{_speed(net):,.0f}"]
        rows.append([name, *cells])
    heads = ["network", "mean degree", "E[d^2] / E[d]", "fewer friends than their friends", "largest gap"]
    heads.append("days a CPU second")
    yield table(heads, rows)
    yield (
        "*Fewer friends than their friends* is the share of people who listen to fewer than those do whom they listen "
        "to, on average. The largest gap is that between the town and the mean field, over the evenings, without "
        "measures. A day is a step of a learner; days a second are of one core of the machine that made this page."
    )


def _networks() -> dict[str, Network]:
    rng = np.random.default_rng(0)
    return {
        "random": small_world(PEOPLE, 5, 1.0, rng),
        "small world": small_world(PEOPLE, 5, 0.05, rng),
        "scale-free": scale_free(PEOPLE, 5, rng),
    }


def _path(net: Network, labelled: range | tuple[int, ...]) -> list[float]:
    first = np.zeros(PEOPLE, bool)
    first[np.random.default_rng(1).choice(PEOPLE, int(SHARE * PEOPLE), replace=False)] = True
    town = Town(net, Law(), VIRULENCE, first, np.random.default_rng(2))
    return [town.step(day in labelled) for day in range(DAYS)]


def _speed(net: Network) -> float:
    """Days a second of processor time, the best of five stretches of 100 days."""
    town = Town(net, Law(), VIRULENCE, np.arange(PEOPLE) < SHARE * PEOPLE, np.random.default_rng(0))
    taken = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(100):
            town.step()
        taken.append(time.process_time() - start)
    return 100 / min(taken)


def draw(path: Path) -> None:
    """The curve of believers in three networks and in the mean field."""
    colours = dict(zip(_networks(), (BLUE, MUTED, RED), strict=True))
    with drawing(path, 8.0, 3.0, 1, 2, True, "Share of believers by day; see the page.") as (figure, panels):
        for axes, labelled, title in zip(
            panels, ((), range(2, DAYS)), ("no measures", "label from day 3 on"), strict=True
        ):
            field = mean_field(Law(), VIRULENCE, SHARE, DAYS, labelled)
            axes.plot(range(DAYS + 1), [SHARE, *field], color=INK, linestyle="--", label="mean field (approximation)")
            for name, net in _networks().items():
                path_of = [SHARE, *_path(net, labelled)]
                axes.plot(range(DAYS + 1), path_of, color=colours[name], label=name)
            axes.set_title(title, loc="left", fontsize=10)
            axes.set_xlabel("day", color=INK)
            axes.set_ylim(0, 1)
        panels[0].set_ylabel("share of believers", color=INK)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
