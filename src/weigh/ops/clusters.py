"""How many groups a cloud of points falls into, and which: k-means from Ward's tree, k by silhouette, one by test.

Nothing is drawn at random but the clouds that the number of groups is tested against: every group of points can be cut
into two, so a cut counts only if it is cleaner than the best cut of a single normal cloud of the same covariance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.location import blocks, checked_points

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

SAMPLE = 500  # points that the number of groups is chosen on
NULLS = 39
MOST_STEPS = 300


class Clusters(NamedTuple):
    """Groups of points, the heaviest first.

    Attributes
    ----------
    label : array of int, shape (k,)
        Group of each point.
    centre : array, shape (n_groups, n)
        Weighted means.
    silhouette : dict of int to float
        Mean silhouette of each number of groups that was tried, −1 to 1.
    p : float
        Share of single normal clouds, the points' own cut among them, that can be cut as cleanly; NaN where the
        number was given.
    """

    label: Labels
    centre: Array
    silhouette: dict[int, float]
    p: float


def k_means(points: ArrayLike, centre: ArrayLike, weight: ArrayLike | None = None) -> tuple[Labels, Array]:
    """Lloyd's iteration from given centres: each point to the nearest, each centre to the mean of its points.

    Parameters
    ----------
    points : array of float, shape (k, n)
        Finite.
    centre : array of float, shape (n_groups, n)
        Where to begin. A centre that loses all points stays where it is.
    weight : array of float, shape (k,), optional
        1 by default.

    Returns
    -------
    label : array of int, shape (k,)
    centre : array, shape (n_groups, n)

    Raises
    ------
    InputError
        As in `mean_location`; also centres of another dimension.

    Examples
    --------
    >>> label, centre = k_means([[0.0], [1.0], [9.0]], [[0.0], [5.0]])
    >>> label.tolist(), centre.tolist()
    ([0, 0, 1], [[0.5], [9.0]])
    """
    x, a = checked_points(points, weight)
    at = np.array(centre, dtype=float)
    if at.ndim != 2 or at.shape[1] != x.shape[1] or not len(at):
        raise InputError(f"centres have shape {at.shape}; expected (n_groups, {x.shape[1]})")
    label = np.full(len(x), -1)
    for _ in range(MOST_STEPS):
        before, label = label, _nearest(x, at)
        if (label == before).all():
            break
        total = np.bincount(label, weights=a, minlength=len(at))
        sums = np.stack([np.bincount(label, weights=a * column, minlength=len(at)) for column in x.T], axis=1)
        at = np.where(total[:, None] > 0, sums / np.where(total > 0, total, 1.0)[:, None], at)
    return label, at


def cluster(
    points: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    n_groups: int | None = None,
    most: int = 6,
    level: float = 0.05,
    rng: np.random.Generator,
) -> Clusters:
    """Put points into groups.

    Parameters
    ----------
    points : array of float, shape (k, n)
        Finite.
    weight : array of float, shape (k,), optional
        0 or more; points of weight 0 are put into a group and make none.
    n_groups : int, optional
        How many; by default the number from 2 to `most` with the highest mean silhouette, or one where a single normal
        cloud is cut as cleanly with a probability above `level`.
    most : int
        Most groups that are tried.
    level : float
        Size of that test.
    rng : numpy.random.Generator
        Source of the normal clouds, and of the 500 points on which the number is chosen where there are more.

    Returns
    -------
    Clusters

    Raises
    ------
    InputError
        As in `mean_location`; also fewer than one group, or more groups than distinct points.

    References
    ----------
    Ward, J. H. (1963). JASA 58, 236-244. Rousseeuw, P. J. (1987). Silhouettes. Journal of Computational and Applied
    Mathematics 20, 53-65. Liu, Y., Hayes, D. N., Nobel, A. & Marron, J. S. (2008). Statistical significance of
    clustering for high-dimension, low-sample size data. JASA 103, 1281-1293.
    """
    x, a = checked_points(points, weight)
    who = np.flatnonzero(a > 0)
    sample = x[np.sort(rng.choice(who, SAMPLE, replace=False))] if len(who) > SAMPLE else x[who]
    distinct = len(np.unique(sample.round(12), axis=0))
    if n_groups is not None and not 1 <= n_groups <= distinct:
        raise InputError(f"{n_groups} groups were asked for; expected 1 to {distinct}, as many as there are points")
    if n_groups == 1 or distinct < 3 or len(sample) < 4:
        return _ordered(x, a, x[who].mean(axis=0)[None], {}, float("nan"))
    tried = range(2, min(most, distinct - 1) + 1) if n_groups is None else (n_groups,)
    found, starts = _cuts(sample, tried)
    if n_groups is not None:
        return _ordered(x, a, starts[n_groups], found, float("nan"))
    best = max(found, key=lambda k: found[k])
    size, turned = np.linalg.eigh(np.cov(sample.T).reshape((x.shape[1],) * 2))
    root = np.sqrt(np.maximum(size, 0.0))[:, None] * turned.T
    clouds = (rng.standard_normal(sample.shape) @ root for _ in range(NULLS))
    as_clean = sum(max(_cuts(cloud, tried)[0].values()) >= found[best] for cloud in clouds)
    p = (1 + as_clean) / (1 + NULLS)
    return _ordered(x, a, starts[best] if p <= level else x[who].mean(axis=0)[None], found, p)


def _cuts(x: Array, tried: range | tuple[int, ...]) -> tuple[dict[int, float], dict[int, Array]]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform

    apart = pdist(x)
    tree, square = linkage(apart, "ward"), squareform(apart)
    silhouette, starts = {}, {}
    for k in tried:
        label = fcluster(tree, k, "maxclust") - 1
        start = np.stack([x[label == group].mean(axis=0) for group in np.unique(label)])
        label, starts[k] = k_means(x, start)
        silhouette[k] = _silhouette(square, label)
    return silhouette, starts


def _silhouette(apart: Array, label: Labels) -> float:
    one_hot = (label[:, None] == np.unique(label)).astype(float)
    size = one_hot.sum(axis=0)
    if len(size) < 2:
        return -1.0
    total = apart @ one_hot
    own = size[one_hot.argmax(axis=1)]
    inside = (total * one_hot).sum(axis=1) / np.maximum(own - 1, 1)
    outside = np.where(one_hot > 0, np.inf, total / size).min(axis=1)
    most = np.maximum(inside, outside)
    # a point alone in its group has 0, by convention
    return float(np.where((own > 1) & (most > 0), (outside - inside) / np.where(most > 0, most, 1.0), 0.0).mean())


def _ordered(x: Array, a: Array, start: Array, silhouette: dict[int, float], p: float) -> Clusters:
    label, centre = k_means(x, start, a)
    total = np.bincount(label, weights=a, minlength=len(centre))
    order = [group for group in np.argsort(-total, kind="stable") if total[group] > 0]
    place = np.full(len(centre), 0)
    place[order] = np.arange(len(order))
    return Clusters(place[label], centre[order], silhouette, p)


def _nearest(x: Array, centre: Array) -> Labels:
    label = np.empty(len(x), dtype=np.int64)
    for rows in blocks(len(x), centre.size):
        apart = x[rows, None, :] - centre[None]
        label[rows] = np.einsum("kgn,kgn->kg", apart, apart).argmin(axis=1)
    return label
