"""Gaps between what one person gave to items on one prompt: from ratings, to values by least squares, to win rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.ops.comparison_graph import linkage
from weigh.ops.strengths import inverse_on_sums, laplacian, sums

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def gaps_of(ratings: Ratings) -> dict[str, list[Any]]:
    """Columns left, right, gap, weight, who, prompt: a row for each two items that one person rated on one prompt."""
    cells: dict[tuple[str, str], dict[str, list[float]]] = {}
    columns = (ratings.who, ratings.criterion, ratings.item, ratings.value, ratings.weight)
    for who, prompt, item, value, weight in zip(*(column.tolist() for column in columns), strict=True):
        if weight > 0:
            sums = cells.setdefault((who, prompt), {}).setdefault(item, [0.0, 0.0])
            sums[0], sums[1] = sums[0] + weight * value, sums[1] + weight
    gaps: dict[str, list[Any]] = {name: [] for name in ("left", "right", "gap", "weight", "who", "prompt")}
    for (who, prompt), rated in sorted(cells.items()):
        mean = {item: sums[0] / sums[1] for item, sums in sorted(rated.items())}
        block = sum(sums[1] for sums in rated.values()) / len(rated)
        for at, a in enumerate(mean):
            for b in list(mean)[at + 1 :]:
                # a block of k items has k(k−1)/2 gaps and k−1 degrees of freedom: 2/k each
                row = (a, b, mean[a] - mean[b], 2 * block / len(rated), who, prompt)
                for name, cell in zip(gaps, row, strict=True):
                    gaps[name].append(cell)
    return gaps


def least_squares(
    left: Places, right: Places, z: Array, weight: Array, cluster: NDArray[Any], n: int
) -> tuple[Array, Array | None, int]:
    """Values of mean 0 whose differences are nearest to the gaps z, their covariance by cluster, number of clusters."""
    linked = linkage(n, left, right)
    if linked.n_components > 1:
        raise InputError(
            f"the gaps fall into {linked.n_components} groups of items that nothing links; fit one group at a time"
        )
    # not a pseudo-inverse, which may take the shift of all values for something that is known
    inverse = inverse_on_sums(laplacian(left, right, weight, n), linked, 0.0)
    mean = inverse @ (sums(left, weight * z, n) - sums(right, weight * z, n))
    names, at = np.unique(cluster, return_inverse=True)
    if len(names) < 2:
        return mean, None, len(names)
    off = weight * (z - mean[left] + mean[right])
    scores = np.zeros((len(names), n))
    np.add.at(scores, (at, left), off)
    np.add.at(scores, (at, right), -off)
    cov = inverse @ (scores.T @ scores) @ inverse * len(names) / (len(names) - 1)
    return mean, (cov + cov.T) / 2, len(names)


def win_rates(left: Places, right: Places, gap: Array, weight: Array, n: int) -> Array:
    """Share of its gaps in which each item is ahead; a tie counts half."""
    won, met = np.zeros(n), np.zeros(n)
    share = (np.sign(gap) + 1) / 2
    for side, part in ((left, share), (right, 1 - share)):
        np.add.at(won, side, weight * part)
        np.add.at(met, side, weight)
    return won / met
