"""Rank alternatives from experts' intervals, without asking anybody for weights: TOPSIS on clouds.

Each interval is a normal curve about its middle; the curves of one cell become one cloud, whose En holds the width of
the intervals and how far experts lie apart, and whose He how much they differ in width. Alternatives are ranked by how
near they are to the best Ex with the least blur. With numbers in place of intervals, on which experts agree, this is
plain TOPSIS. Weights of criteria may be given, or found from what sets the alternatives apart.

Source: Khorshidi, H. A. & Aickelin, U., Multicriteria Group Decision-Making Under Uncertainty Using Interval Data and
Cloud Models, arXiv:2012.01569. Departs: the formulas of aggregation and the upper level are ours, as the paper's were
not at hand. The cloud is the backward transform of the mixture, in closed form; the upper level maximises the variance
of closeness, no criterion below half of an equal weight, as otherwise one often gets all. Even so it is an option and
equal weights the default: where all criteria matter, found weights rank far worse (reproductions/cloud.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.figure import heatmap
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.cloud_weights import deviation_weights, spread_weights
from weigh.ops.clouds import Clouds, closeness, floating_clouds, mixture_clouds, normalised
from weigh.ops.decision_table import DecisionTable, decision_table, importance_of

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SCALE = Scale("ordinal", "unit", "closeness")
AGGREGATES = {"mixture": mixture_clouds, "floating": floating_clouds}
SHOWN = 60  # alternatives up to which leaving each expert out is tried and the figure is drawn


@method(
    slug="cloud-mcgdm",
    paper="arXiv:2012.01569",
    takes=Ratings,
    gives=Values,
    family="decision table",
    departs="clouds by the backward transform of the mixture; equal weights by default, as found ones rank worse; the "
    "paper's own formulas were not at hand",
)
def cloud(
    ratings: Ratings,
    *,
    cost: Sequence[str] = (),
    importance: Values | None = None,
    weights: Literal["equal", "spread", "deviation"] = "equal",
    aggregate: Literal["mixture", "floating"] = "mixture",
    trust: Literal["equal", "narrow"] = "equal",
    least_weight: float | None = None,
    n_resamples: int = 200,
    seed: int = 0,
) -> Values:
    """Rank alternatives by TOPSIS on clouds made of experts' intervals.

    Parameters
    ----------
    ratings : Ratings
        `item` is the alternative, `criterion` the criterion, `who` the expert, `low` and `high` the interval (or
        `value`, a number without width). An expert may leave cells out, as long as somebody fills each.
    cost : sequence of str
        Criteria of which less is better.
    importance : Values, optional
        Weights of the criteria, such as `pool/compositional` gives; `weights` is not used then.
    weights : {"equal", "spread", "deviation"}
        What weights are without them: all alike; what sets alternatives' closeness apart most, as in the paper's model
        of two levels; or in proportion to the distances between alternatives. The latter two say what tells
        alternatives apart, not what matters.
    aggregate : {"mixture", "floating"}
        Whether experts who lie apart make a cloud wide, or their widths alone do.
    trust : {"equal", "narrow"}
        Whether all intervals count alike, or by 1/width², which trusts those who say that they are sure.
    least_weight : float, optional
        Least weight of a criterion with weights="spread"; by default half of an equal one.
    n_resamples : int
        Draws of experts, for the intervals; 0 for none.
    seed : int
        Of the draws, and of where the search for weights begins.

    Returns
    -------
    Values
        Closeness from 0 to 1, of which only the order has a meaning, with 95 % intervals over experts, weights held,
        where there are several. Notes: weights, clouds, which alternative leads without each expert.

    Raises
    ------
    InputError
        Fewer than two alternatives, a cell that nobody fills, criteria on which all are alike, an unknown cost, weights
        that do not fit, or an interval without width with trust="narrow".

    Examples
    --------
    >>> said = Ratings(who=["Ada"] * 4, item=["bus", "bus", "car", "car"], criterion=["price", "comfort"] * 2,
    ...                low=[1, 4, 7, 5], high=[3, 6, 9, 9])
    >>> values = cloud(said, cost=["price"], weights="equal")
    >>> values.items[int(values.mean.argmax())]
    'bus'
    """
    if (
        weights not in ("spread", "deviation", "equal")
        or aggregate not in AGGREGATES
        or trust not in ("equal", "narrow")
    ):
        raise InputError(
            f"weights is {weights!r}, aggregate {aggregate!r}, trust {trust!r}; expected equal, spread, deviation; "
            "mixture, floating; equal, narrow"
        )
    if n_resamples < 0:
        raise InputError(f"n_resamples is {n_resamples}; expected 0 or more")
    table = decision_table(ratings, cost)
    counted = _counted(table, trust)
    raw, flat = _clouds(table, counted, aggregate)
    clouds, kept = normalised(raw, table.is_cost)
    notes: dict[str, Any] = {}
    criteria = tuple(name for name, is_kept in zip(table.criteria, kept.tolist(), strict=True) if is_kept)
    if not kept.all():
        left = [name for name in table.criteria if name not in criteria]
        notes["left_out"] = f"all alternatives are alike on {', '.join(left)}"
    if importance is not None:
        w, notes["weights_closed"] = importance_of(criteria, importance)
    else:
        w = _weights(clouds, weights, least_weight, seed)
    if flat:
        notes["flat_clouds"] = f"{flat} of {raw.ex.size} cells are flatter than a normal curve, so that their He is 0"
    mean = closeness(clouds, w)
    low, high = _interval(table, counted, aggregate, kept, w, mean, n_resamples, seed)
    few = len(table.items) <= SHOWN
    notes |= {
        "experts": len(table.experts),
        "criterion_weights": dict(zip(criteria, w.tolist(), strict=True)),
        "without_each_expert": _without_each(table, counted, aggregate, kept, w) if few else {},
        "clouds": _told(table, raw) if few else {},
        "figures": [_figure(table.items, criteria, clouds, w, mean)],
    }
    return Values(table.items, ("all",), mean, low, high, scale=SCALE, method="pool/cloud", notes=notes)


def _counted(table: DecisionTable, trust: str) -> Array:
    if trust == "equal":
        return table.weight
    if table.spread.min() == 0:
        row = int(table.spread.argmin())
        raise InputError(
            f"{table.experts[table.expert[row]]!r} gives {table.items[table.cell[row] // table.shape[1]]!r} an "
            "interval without width, which would outweigh all others; use trust='equal', or give it a width"
        )
    return table.weight / table.spread**2


def _clouds(table: DecisionTable, counted: Array, aggregate: str, rows: Any = slice(None)) -> tuple[Clouds, int]:
    n = table.shape[0] * table.shape[1]
    parts = (table.cell[rows], table.middle[rows], table.spread[rows], counted[rows])
    found, flat = AGGREGATES[aggregate](*parts, n)
    return Clouds(*(part.reshape(table.shape) for part in found)), flat


def _weights(clouds: Clouds, weights: str, least: float | None, seed: int) -> Array:
    m = clouds.ex.shape[1]
    chance = rng(seed, "weights of criteria")
    if weights == "equal":
        return np.full(m, 1 / m)
    if weights == "deviation":
        return deviation_weights(clouds, rng=chance)
    return spread_weights(clouds, least=0.5 / m if least is None else least, rng=chance)


def _again(table: DecisionTable, counted: Array, aggregate: str, kept: Any, w: Array, times: Indices) -> Array | None:
    """Closeness when each expert is taken so many times; None where that leaves a cell empty or alternatives alike."""
    rows = times[table.expert] > 0
    if len(np.unique(table.cell[rows])) < table.shape[0] * table.shape[1]:
        return None
    raw, _ = _clouds(table, counted * times[table.expert], aggregate, rows)
    if not (np.ptp(raw.ex[:, kept], axis=0) > 0).any():
        return None
    return closeness(Clouds(*(part[:, kept] for part in raw)), w, table.is_cost[kept])


def _interval(
    table: DecisionTable, counted: Array, aggregate: str, kept: Any, w: Array, mean: Array, n_resamples: int, seed: int
) -> tuple[Array | None, Array | None]:
    k = len(table.experts)
    if k < 2 or n_resamples < 1:
        return None, None
    chance = rng(seed, "experts")
    drawn = [np.bincount(chance.integers(k, size=k), minlength=k) for _ in range(n_resamples)]
    tried = [_again(table, counted, aggregate, kept, w, times) for times in drawn]
    found = [one for one in tried if one is not None]
    if 2 * len(found) < n_resamples:
        # cells that one expert alone filled are empty in too many draws
        return None, None
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return np.minimum(low, mean), np.maximum(high, mean)


def _without_each(table: DecisionTable, counted: Array, aggregate: str, kept: Any, w: Array) -> dict[str, str]:
    found = {}
    for out, name in enumerate(table.experts if len(table.experts) > 1 else ()):
        near = _again(table, counted, aggregate, kept, w, np.where(np.arange(len(table.experts)) == out, 0, 1))
        found[name] = "unknown" if near is None else table.items[int(near.argmax())]
    return found


def _told(table: DecisionTable, raw: Clouds) -> dict[str, dict[str, list[float]]]:
    return {
        item: {
            name: [float(part[i, j]) for part in raw] for j, name in enumerate(table.criteria)
        }
        for i, item in enumerate(table.items)
    }  # fmt: skip


def _figure(items: tuple[str, ...], criteria: tuple[str, ...], clouds: Clouds, w: Array, mean: Array) -> dict[str, Any]:
    order = np.argsort(-mean, kind="stable").tolist()[:SHOWN]
    columns = [f"{name or 'rating'} ({share:.2f})" for name, share in zip(criteria, w.tolist(), strict=True)]
    names: list[str] = [items[i] for i in order]
    return heatmap(
        "Where each alternative stands on each criterion", names, columns, clouds.ex[order].tolist(),
        unit="expectation, 0 worst to 1 best", note="Best alternative first; a criterion's weight is in brackets.",
    ).to_json()  # fmt: skip
