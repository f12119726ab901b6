"""What pooled shares are shown with: opinions, sentences, figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.figure import graph, heatmap, intervals
from weigh.ops.clusters import Clusters
from weigh.ops.location import mean_location
from weigh.ops.location_error import location_covariance
from weigh.ops.log_ratios import clr_inverse
from weigh.ops.rating_table import Shares
from weigh.ops.simplex import share_errors

Array = NDArray[np.float64]

SURE = 0.95
NAMED = 200  # people up to whom each is told of by name
MOST_EDGES = 12  # items up to which every open pair is drawn
TIE = 1e-9


def opinions_of(given: Shares, z: Array, groups: Clusters) -> list[dict[str, Any]]:
    """The groups that people fall into, each with its size, its geometric mean and its people."""
    found = []
    for group in range(len(groups.centre)):
        inside = groups.label == group
        middle = mean_location(z[inside], given.weight[inside])
        mean, error = clr_inverse(middle.point), location_covariance(z[inside], middle, given.weight[inside])
        low = high = np.full(len(mean), np.nan)
        if error is not None:
            from scipy.special import stdtrit

            low, high, _ = share_errors(middle.point, error, float(stdtrit(inside.sum() - 1, 0.975)))
        names = [who for who, there in zip(given.people, inside.tolist(), strict=True) if there]
        found.append({
            "people": int(inside.sum()),
            "weight": float(given.weight[inside].sum() / given.weight.sum()),
            "who": names if len(given.people) <= NAMED else [],
            "mean": dict(zip(given.items, mean.tolist(), strict=True)),
            "low": dict(zip(given.items, low.tolist(), strict=True)),
            "high": dict(zip(given.items, high.tolist(), strict=True)),
        })  # fmt: skip
    return found


def told(
    given: Shares, mean: Array, above: Array, held: list[dict[str, Any]], spread: bool, converged: bool
) -> list[str]:
    """What must be said beside the numbers."""
    said = []
    if len(held) > 1:
        sizes = [str(one["people"]) for one in held]
        listed = f"{', '.join(sizes[:-1])} and {sizes[-1]}"
        said.append(f"People fall into {len(held)} opinions, of {listed}; no one pool speaks for all of them.")
    plain = given.weight @ given.shares / given.weight.sum()
    slack = TIE * np.abs(mean).max()
    turned = np.argwhere(
        (mean[:, None] > mean[None, :] + slack) & (plain[:, None] < plain[None, :] - slack)
    ).tolist()  # fmt: skip
    if turned:
        i, j = turned[0]
        more = f", and {len(turned) - 1} pairs more" if len(turned) > 1 else ""
        said.append(f"The arithmetic mean would put {given.items[j]!r} above {given.items[i]!r}{more}; ratios do not.")
    n_open = int((np.triu(np.maximum(above, above.T), 1) < SURE)[np.triu_indices(len(mean), 1)].sum())
    if n_open and spread:
        said.append(f"{n_open} of {len(mean) * (len(mean) - 1) // 2} pairs have an order that is less than 95 % sure.")
    if not spread:
        said.append("Too few people, or too far apart, for an interval: nothing is said of how sure the shares are.")
    if not converged:
        said.append("The centre had not settled when the steps ran out; try another centre.")
    return said


def figures(
    items: tuple[str, ...],
    mean: Array,
    low: Array | None,
    high: Array | None,
    above: Array,
    held: list[dict[str, Any]],
    variation: Array,
) -> list[dict[str, Any]]:
    """The pool with its opinions, the credal ranking, the variation of ratios."""
    forest, *credal = credal_figures(items, mean, low, high, above)
    order = np.argsort(-mean, kind="stable").tolist()
    for number, one in enumerate(held if len(held) > 1 else [], 1):
        name = f"opinion {number} ({one['people']} {'person' if one['people'] == 1 else 'people'})"
        for i in order:
            bounds = {part: one[part][items[i]] for part in ("mean", "low", "high")}
            forest["data"]["rows"].append({"item": items[i], **bounds, "series": name})
    named: list[str] = [items[i] for i in order]
    differ = heatmap(
        "How much people differ about each ratio", named, named, variation[np.ix_(order, order)].tolist(),
        unit="variance of the log-ratio", note="0 where everybody gives two items the same ratio.",
    )  # fmt: skip
    return [forest, *credal, differ.to_json()]


def credal_figures(
    items: tuple[str, ...], mean: Array, low: Array | None, high: Array | None, above: Array
) -> list[dict[str, Any]]:
    """Shares with their intervals, and how sure their order is: as a graph and as a matrix."""
    order = np.argsort(-mean, kind="stable").tolist()
    forest = [
        {"item": items[i], "mean": mean[i], "low": None if low is None else low[i],
         "high": None if high is None else high[i], "series": "all"}
        for i in order
    ]  # fmt: skip
    nodes = [{"name": items[i], "weight": float(mean[i])} for i in order]
    edges = [
        {"source": items[i], "target": items[j], "weight": float(2 * above[i, j] - 1), "label": f"{above[i, j]:.2f}"}
        for at, i in enumerate(order)
        for place, j in enumerate(order[at + 1 :])
        if above[i, j] >= 0.5 and (place == 0 or (len(order) <= MOST_EDGES and above[i, j] < SURE))
    ]
    drawn = ", and all pairs that are less than 95 % sure." if len(order) <= MOST_EDGES else " only."
    named: list[str] = [items[i] for i in order]
    return [
        intervals("Pooled shares", forest, unit="share").to_json(),
        graph(
            "Credal ranking", nodes, edges, note="An arrow leads from an item to one below it, with the probability of "
            f"that order. Neighbours are drawn{drawn}",
        ).to_json(),
        heatmap(
            "How sure each order is", named, named, above[np.ix_(order, order)].tolist(), centre=0.5,
            unit="probability that the row is above the column",
        ).to_json(),
    ]  # fmt: skip
