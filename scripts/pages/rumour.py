"""What the Rumour page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...envs.base import Family
from ...envs.rumour.family import Rumour
from ...envs.rumour.law import Law, mean_field
from ...envs.rumour.policies import sweep
from ...envs.rumour.town import Network, Town, scale_free, small_world
from ...evaluation.exact import optimum
from ...policies.collect import play
from ...policies.policy import FunctionPolicy
from ..docs import DOCS, KINDS, best_of_each_kind, measured, sources, table, variant, variants
from ..figures import BLUE, INK, MUTED, RED, drawing

PAYOFF = "the harm of a story that is averted, as a share of the mean harm of doing nothing, less costs"
NOTE = (
    "*Early-label* labels the story on the first day and does no more; *debunk-daily* writes a letter every day. "
    "*Community-notes* labels what many believe, and unlabels what few do. *Third-party-check* has the story checked, "
    "and labels it if it is found false; *check-then-debunk* also writes letters then, as long as many believe it, and "
    "*debunk-late* only as long as most do. "
    "*Label-then-check* labels it meanwhile, and takes the label off if it is found true. *Check-twice* acts when two "
    "more checks have found it false than true. None of these holds a belief."
)
PEOPLE, DAYS, VIRULENCE, SHARE = 10_000, 12, 1.2, 0.02  # of the figure of the mean field
LINKS = (5, 20, 50)  # of the table of its gaps
CURVES = 1_000  # dialogues of the figure of policies
PARTS = Path(__file__).with_suffix(".md")
"""What was measured once about towns in parts."""
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
    names = ("scripted", "early-label", "community-notes", "third-party-check", "label-then-check", "optimal")
    for env_id, _ in variants("rumour"):
        yield f"Means of 2,000 dialogues of each policy on {env_id} (seeds 0 to 1,999), where a number was reported."
        yield measured(variant(env_id), names)


def _large() -> Iterator[str]:
    yield "## A large town"
    yield (
        "`Rumour-v0` has the same law for every person of a network, a day of everybody at once (compressed sparse "
        "rows, numpy: `dialogym.envs.rumour.town`). The picture shows two small towns of the two kinds, and when "
        "people came to believe a story of virulence 2 that nobody did anything about: in a small world it goes from "
        "neighbour to neighbour, and jumps where a link goes anywhere; in a scale-free network it comes up everywhere "
        "at once. Large dots listen to many. They do not come to believe first: what counts is the share of believers "
        "among those whom they hear, and in a small world that share soon is large around the first believers."
    )
    yield "![Two networks, and the day on which each person came to believe](figures/rumour_networks.svg)"
    draw_networks(DOCS / "figures" / "rumour_networks.svg")
    yield (
        f"The next one shows what moderators do about stories of virulence 2 in `Rumour-v0`: the share of believers, "
        f"evening by evening, as a mean of {CURVES} dialogues of each policy (seeds 0 to {CURVES - 1}, of which those "
        "with such a story count). The dashed line is the law in the mean field: its recursion with each share in the "
        "place of its mean, from the mean share at the start, if nothing is done. The best moderator holds false "
        "stories down, and leaves true ones alone."
    )
    yield "![The share of believers by day and policy, of false and of true stories](figures/rumour_policies.svg)"
    draw_policies(DOCS / "figures" / "rumour_policies.svg")
    yield "## The mean field"
    yield (
        "The picture shows towns of 10,000 people "
        f"(virulence {VIRULENCE:g}, {SHARE:.0%} believe at the start, everybody links to 5 others, so that each "
        "listens to 10 on the mean; one town of each kind), without measures and with a label from the third day on. "
        "The line is the mean field. It is an "
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
        cells = [
            f"{degrees.mean():.1f}",
            f"{over_links:.1f}",
            f"{fewer:.0%}",
            f"{_gap(net):.3f}",
            f"{_speed(net):,.0f}",
        ]
        rows.append([name, *cells])
    heads = ["network", "mean degree", "E[d^2] / E[d]", "fewer friends than their friends", "largest gap"]
    heads.append("days a CPU second")
    yield table(heads, rows)
    yield (
        "*Fewer friends than their friends* is the share of people who listen to fewer than those do whom they listen "
        "to, on average. The largest gap is that between the town and the mean field, over the evenings, without "
        "measures. A day is a step of a learner; days a second are of one core of the machine that made this page."
    )
    yield (
        "At degree 10 more people do not close the gap; more links do. Random networks (all links go anywhere), the "
        "mean of the largest gaps of five towns each:"
    )
    cells = [
        [f"{people:,}", *(f"{_mean_gap(people, links):.3f}" for links in LINKS)] for people in (1_000, 10_000, 100_000)
    ]
    yield table(["people", *(f"degree {2 * links}" for links in LINKS)], cells)
    yield "## The friendship paradox"
    yield (
        "Each dot is a person of town 0 of `Rumour-v0` (scale-free) or of town 1 (a small world): to how many it "
        "listens, and to how many those do, on the mean. Above the line are those whose friends have more friends than "
        "they have. Red: the mean over links, E[d^2] / E[d]."
    )
    yield "![Friends of people, and friends of their friends](figures/rumour_friends.svg)"
    draw_friends(DOCS / "figures" / "rumour_friends.svg")
    yield PARTS.read_text(encoding="utf-8").strip()


def _networks() -> dict[str, Network]:
    rng = np.random.default_rng(0)
    return {
        "random": small_world(PEOPLE, 5, 1.0, rng),
        "small world": small_world(PEOPLE, 5, 0.05, rng),
        "scale-free": scale_free(PEOPLE, 5, rng),
    }


def _path(net: Network, labelled: range | tuple[int, ...], seed: int = 2) -> list[float]:
    people = len(net.starts) - 1
    first = np.zeros(people, bool)
    first[np.random.default_rng(seed).choice(people, int(SHARE * people), replace=False)] = True
    town = Town(net, Law(), VIRULENCE, first, seed)
    return [town.step(day in labelled) for day in range(DAYS)]


def _gap(net: Network, seed: int = 2) -> float:
    """The largest between a town that is left alone and the mean field."""
    return float(np.abs(np.array(_path(net, (), seed)) - np.array(mean_field(Law(), VIRULENCE, SHARE, DAYS))).max())


def _mean_gap(people: int, links: int) -> float:
    net = small_world(people, links, 1.0, np.random.default_rng(0))
    return float(np.mean([_gap(net, seed) for seed in range(5)]))


def _speed(net: Network) -> float:
    """Days a second of processor time, the best of five stretches of 100 days."""
    town = Town(net, Law(), VIRULENCE, np.arange(PEOPLE) < SHARE * PEOPLE, 0)
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


def draw_networks(path: Path) -> None:
    """Two small towns, and when each person came to believe."""
    people, last = 150, 6
    small, free = (make(people, 3, 0) for make in (_small_world, _scale_free))
    angles = 2 * np.pi * np.arange(people) / people
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    turned = 2.39996 * np.arange(people)  # the golden angle: the oldest, who are heard by most, in the middle
    disc = np.sqrt(np.arange(people) / people)[:, None] * np.column_stack([np.cos(turned), np.sin(turned)])
    with drawing(path, 8.0, 4.1, 1, 2, False, "Two networks and who believes by which day; see the page.") as (
        figure,
        panels,
    ):
        for axes, net, places, title in zip(
            panels, (small, free), (ring, disc), ("small world", "scale-free"), strict=True
        ):
            town = Town(net, Law(), 2.0, np.arange(people) % 75 == 20, 0)
            since = np.where(town.believers, 0, last + 1)
            for day in range(1, last + 1):
                town.step()
                since = np.minimum(since, np.where(town.believers, day, last + 1))
            for person, (start, end) in enumerate(pairwise(net.starts)):
                for other in net.listens[start:end]:
                    if person < other:
                        axes.plot(*places[[person, other]].T, color=MUTED, linewidth=0.3, alpha=0.5, zorder=1)
            axes.scatter(*places.T, s=6 + 2 * net.degrees, c=since, cmap="plasma", vmin=0, vmax=last + 1, zorder=2)
            axes.set_title(f"{title}, {people} people", loc="left", fontsize=10)
            axes.set_aspect("equal")
            axes.set_axis_off()
        figure.colorbar(
            panels[0].collections[0], ax=list(panels), shrink=0.7, label=f"believes since day ({last + 1}: not yet)"
        )


def _small_world(people: int, links: int, seed: int) -> Network:
    return small_world(people, links, 0.1, np.random.default_rng(seed))


def _scale_free(people: int, links: int, seed: int) -> Network:
    return scale_free(people, links, np.random.default_rng(seed))


def draw_policies(path: Path) -> None:
    """The curve of believers in `Rumour-v0`, by policy, of false and true stories."""
    family: Any = variant("Rumour-v0")
    mind = family.setting(family.scenarios()[0]).mind
    start, catching = float(np.mean(mind.places.shares)), max(v for v, _ in mind.tales.virulences)
    styles = {"do nothing": (MUTED, "-"), "early-label": (MUTED, ":"), "third-party-check": (BLUE, "-")}
    styles |= {"label-then-check": (BLUE, ":"), "optimal": (RED, "-")}
    with drawing(path, 8.0, 3.0, 1, 2, True, "Share of believers by day and policy; see the page.") as (figure, panels):
        for name, (colour, style) in styles.items():
            policy = FunctionPolicy(name, lambda dialogue, stream: "Let us wait.") if name == "do nothing" else name
            played = list(play("Rumour-v0", policy, range(CURVES)))
            for axes, true in zip(panels, (False, True), strict=True):
                days = [
                    [step.exchange.hidden.believers / family.size for step in dialogue.steps]
                    for dialogue in played
                    if dialogue.hidden.true == true and dialogue.hidden.virulence == catching
                ]
                axes.plot(range(family.days + 1), [start, *np.mean(days, 0)], color=colour, linestyle=style, label=name)
        for axes, title in zip(panels, ("false stories", "true stories"), strict=True):
            field = mean_field(mind.law, catching, start, family.days)
            axes.plot(range(family.days + 1), [start, *field], color=INK, linestyle="--", label="mean field, nothing")
            axes.set_title(title, loc="left", fontsize=10)
            axes.set_xlabel("day", color=INK)
            axes.set_ylim(0, 1)
        panels[0].set_ylabel("share of believers", color=INK)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)


def draw_friends(path: Path) -> None:
    """Degrees of people and of those whom they listen to."""
    nets = {
        "scale-free": _scale_free(PEOPLE, 5, 0),
        "small world": _small_world(PEOPLE, 5, 1),
    }
    with drawing(path, 8.0, 3.2, 1, 2, True, "Degrees of people and of their friends; see the page.") as (_, panels):
        for axes, (name, net) in zip(panels, nets.items(), strict=True):
            degrees, friends = net.degrees, net.friends()
            some = np.random.default_rng(0).choice(PEOPLE, 1_000, replace=False)
            axes.scatter(degrees[some], friends[some], s=5, color=BLUE, alpha=0.35, linewidths=0)
            limits = [degrees.min(), degrees[some].max()]
            axes.plot(limits, limits, color=INK, linewidth=0.8)
            over_links = float(np.mean(degrees.astype(float) ** 2) / degrees.mean())
            axes.axhline(over_links, color=RED, linewidth=0.8)
            fewer = np.mean(friends > degrees)
            axes.set_title(f"{name}: {fewer:.0%} are above the line", loc="left", fontsize=10)
            axes.set_xlabel("listens to", color=INK)
            if name == "scale-free":
                axes.set_xscale("log")
                axes.set_yscale("log")
        panels[0].set_ylabel("those whom it listens to do to", color=INK)
