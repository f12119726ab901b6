"""How far apart orders are: Kendall's distance, with ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]


def kendall_distances(scores: ArrayLike, others: ArrayLike | None = None) -> Array:
    """Share of pairs of items that two people order differently, for all pairs of people.

    A pair that one puts one way and the other the other way counts 1, and one on which only one of them has a tie ½:
    d(a, b) = Σ_{i<j} |sgn(a_i − a_j) − sgn(b_i − b_j)| / (n (n − 1)). Without ties, (1 − Kendall's τ) / 2.

    Parameters
    ----------
    scores : array of float, shape (k, n)
        Scores or ranks of n items by each of k people; only their order counts.
    others : array of float, shape (l, n), optional
        Other people, on the same items and in the same direction; the same ones by default.

    Returns
    -------
    array, shape (k, k) or (k, l)
        0 where the orders are the same, 1 where they are opposite.

    Raises
    ------
    InputError
        Fewer than two items, arrays that do not fit, or NaN.

    References
    ----------
    Kemeny, J. G. & Snell, J. L. (1962). Mathematical Models in the Social Sciences, chapter II (the distance for orders
    with ties; here divided by its largest value).

    Examples
    --------
    >>> kendall_distances([[1, 2, 3], [3, 2, 1], [1, 1, 1]]).tolist()
    [[0.0, 1.0, 0.5], [1.0, 0.0, 0.5], [0.5, 0.5, 0.0]]
    """
    from scipy.spatial.distance import cdist

    first = _signs(scores)
    other = first if others is None else _signs(others)
    if first.shape[1] != other.shape[1]:
        raise InputError("the two tables are of different numbers of items; expected the same items in both")
    return cdist(first, other, "cityblock") / (2 * first.shape[1])


def _signs(scores: ArrayLike) -> Array:
    x = np.asarray(scores, dtype=float)
    if x.ndim != 2 or not len(x) or x.shape[1] < 2 or not np.isfinite(x).all():
        raise InputError(
            f"scores have shape {x.shape}; expected finite numbers of one person or more on two items or more"
        )
    i, j = np.triu_indices(x.shape[1], 1)
    return np.sign(x[:, i] - x[:, j])
