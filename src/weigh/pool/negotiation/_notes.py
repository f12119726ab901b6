"""What a negotiation's result says beside its numbers: figures, sentences, and what overstating would gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.figure import Figure, heatmap, lines, points
from weigh.pool.negotiation.bargaining import Bargain, bargain
from weigh.pool.negotiation.optima import frontier
from weigh.pool.negotiation.problem import Problem, misreported

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

POINTS = 60  # of a figure, up to which the names of packages are written beside them


def gains_by_misreporting(problem: Problem, start: Indices, agreed: Indices, how: Mapping[str, Any]) -> dict[str, Any]:
    """By its honest ratings: what each group gains, and the others lose, where it doubles what matters most to it."""
    honest = problem.worth(agreed[None])[:, 0]
    found = {}
    for at, group in enumerate(problem.groups):
        other = bargain(misreported(problem, at), start, **how).package
        change = problem.worth(other[None])[:, 0] - honest
        found[group] = {"own_gain": change[at], "gain_of_others": float(change.sum() - change[at])}
    return found


def compared(welfare: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """How much of what was possible was gained, by what each of the optima is the best in."""
    rows = {}
    for part, package in (("total", "utilitarian"), ("worst_off", "leximin"), ("mean_gain", "nash")):
        if package not in welfare:
            continue
        start, agreed, most = (welfare[name][part] or 0.0 for name in ("start", "agreed", package))
        gained = (agreed - start) / (most - start) if most - start > 1e-12 * (1 + abs(most)) else None
        rows[part] = {"start": start, "agreed": agreed, package: most, "share_of_possible_gain": gained}
    return rows


def figures(
    problem: Problem, packages: Mapping[str, Indices], u: Array, done: Bargain, listed: Indices | None
) -> list[Figure]:
    at: dict[tuple[float, float], list[str]] = {}
    for place, name in enumerate(packages):
        at.setdefault((round(float(u[:, place].sum()), 9), round(float(u[:, place].min()), 9)), []).append(name)
    named = [{"x": x, "y": y, "label": ", ".join(names), "series": "package"} for (x, y), names in at.items()]
    edge = [] if listed is None else [{"x": x, "y": y, "series": "frontier"} for x, y in frontier(problem, listed)]
    cloud = [] if listed is None else _some(problem, listed, POINTS - len(named) - len(edge))
    steps = problem.worth(np.stack(done.path))
    curves = {
        group: {"x": list(range(len(done.path))), "y": steps[k].tolist()} for k, group in enumerate(problem.groups)
    }
    return [
        points(
            "What was agreed, and what could have been",
            [*cloud, *edge, *named],
            x="total",
            y="worst-off",
            note="On the frontier no affordable package has more of both; the others are a sample.",
        ),
        heatmap(
            "What each package is worth to each group",
            list(problem.groups),
            list(packages),
            u.tolist(),
            note="The agreed package leaves no group below the start.",
        ),
        *([lines("Round by round", curves, x="round", y="utility")] if len(done.path) > 1 else []),
    ]


def _some(problem: Problem, listed: Indices, most: int) -> list[dict[str, Any]]:
    """Packages from the lowest total to the highest, evenly apart."""
    u = problem.worth(listed)
    order = np.argsort(u.sum(axis=0), kind="stable")
    kept = order[np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int))]
    return [{"x": float(u[:, k].sum()), "y": float(u[:, k].min()), "series": "other packages"} for k in kept.tolist()]


def told(
    problem: Problem,
    packages: Mapping[str, Indices],
    u: Array,
    welfare: Mapping[str, Mapping[str, Any]],
    done: Bargain,
    proven: bool,
) -> list[str]:
    start, agreed = welfare["start"], welfare["agreed"]
    names = list(packages)

    def possible(package: str, part: str) -> str:
        return f" ({welfare[package][part]:.4g} is possible)" if package in welfare else ""

    said = [
        f"It ended after {done.rounds} changes: {done.ended}. The total goes from {start['total']:.4g} to "
        f"{agreed['total']:.4g}{possible('utilitarian', 'total')}, the worst-off from {start['worst_off']:.4g} to "
        f"{agreed['worst_off']:.4g}{possible('leximin', 'worst_off')}."
    ]
    still = np.abs(u[:, names.index("agreed")] - u[:, names.index("start")]) <= problem.rounding
    if still.any():
        quiet = ", ".join(group for group, one in zip(problem.groups, still, strict=True) if one)
        said.append(f"Nothing is gained by {quiet}.")
    if agreed["unmet_red_lines"]:
        said.append(f"Red lines that are not met: {', '.join(agreed['unmet_red_lines'])}.")
    failed = sum(row["status"] == "not understood" for row in done.transcript)
    if failed:
        said.append(f"{failed} offers could not be used; the transcript says why.")
    if not proven:
        said.append("The search for the best packages ran out of time; better ones than those shown may exist.")
    return said
