"""Utilities as a page shows them: intervals, a ladder, means of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core import figure
from weigh.measure.utility_engineering.fit import Utilities

Array = NDArray[np.float64]

MOST_SHOWN = 60


def bounds(found: Utilities) -> tuple[Array | None, Array | None]:
    """Ends of the 95 % intervals; None where they are unknown."""
    if found.cov is None:
        return None, None
    margin = _quantile(found) * np.sqrt(np.maximum(np.diag(found.cov), 0.0))
    return found.mean - margin, found.mean + margin


def ladder(found: Utilities, names: Mapping[str, str], groups: Mapping[str, str] | None = None) -> figure.Figure:
    """Utilities with their intervals, the best on top; of more than sixty the thirty best and the thirty worst.

    Parameters
    ----------
    found : Utilities
        What is drawn.
    names : mapping of str to str
        Text of each item by its id.
    groups : mapping of str to str, optional
        Heading that each item belongs under.
    """
    low, high = bounds(found)
    rows, order = [], np.argsort(-found.mean, kind="stable")
    half = MOST_SHOWN // 2
    for i in order if len(order) <= MOST_SHOWN else np.concatenate([order[:half], order[-half:]]):
        item = found.items[i]
        ends = {} if low is None or high is None else {"low": float(low[i]), "high": float(high[i])}
        series = {"series": groups[item]} if groups and groups.get(item) else {}
        rows.append({"item": names.get(item, item), "mean": float(found.mean[i]), **ends, **series})
    note = "mean 0 and SD 1 over the outcomes; 95 % intervals"
    note += f"; the {half} best and the {half} worst of {len(order)}" if len(order) > MOST_SHOWN else ""
    return figure.intervals("Utilities", rows, unit="SD", note=note)


def group_means(found: Utilities, groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Mean utility of each group of items, the best first.

    Parameters
    ----------
    found : Utilities
        What is averaged.
    groups : mapping of str to str
        Group of each item by its id; items without one are left out.

    Returns
    -------
    list of dict
        group, mean, and low and high (95 %) where errors are known.
    """
    rows = []
    for name in dict.fromkeys(groups.values()):
        share = np.array([float(groups.get(item) == name) for item in found.items])
        share /= share.sum()
        row: dict[str, Any] = {"group": name, "mean": float(share @ found.mean)}
        if found.cov is not None:
            margin = _quantile(found) * float(np.sqrt(max(share @ found.cov @ share, 0.0)))
            row |= {"low": row["mean"] - margin, "high": row["mean"] + margin}
        rows.append(row)
    return sorted(rows, key=lambda row: -row["mean"])


def _quantile(found: Utilities) -> float:
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(found.dof, 0.975)) if found.dof else float(ndtri(0.975))
