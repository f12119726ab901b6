"""Alternatives that several people judge: the check of their utilities, the top of a score, and who is dominated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

TIE = 1e-9  # of the largest number; closer than that is equal


def people(utility: ArrayLike, weights: ArrayLike | None = None) -> tuple[Array, Array]:
    """Utilities and weights of those who count, checked.

    Parameters
    ----------
    utility : array of float, shape (n, m)
        What each alternative is worth to each person.
    weights : array of float, shape (n,), optional
        0 or more, not all 0; 1 by default.

    Returns
    -------
    utility : array, shape (k, m)
    weights : array, shape (k,)
        Of the k people whose weight is above 0.

    Raises
    ------
    InputError
        No people or alternatives, NaN, or weights that are negative or all 0.
    """
    u = np.asarray(utility, dtype=float)
    if u.ndim != 2 or not u.size or not np.isfinite(u).all():
        raise InputError(
            f"utilities have shape {u.shape}; expected finite numbers, (n people, m alternatives), not none"
        )
    w = np.ones(len(u)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (len(u),) or not np.isfinite(w).all() or w.min() < 0 or w.max() <= 0:
        raise InputError(f"weights have shape {w.shape}; expected ({len(u)},), finite, 0 or more and not all 0")
    return u[w > 0], w[w > 0]


def best(*scores: ArrayLike) -> Indices:
    """All alternatives at the top, by the first score, then among those that tie by the second, and so on.

    Parameters
    ----------
    *scores : array of float, shape (m,)
        More is better; −∞ is allowed. Numbers nearer than 1e-9 of the largest finite one are equal.

    Returns
    -------
    array of int
        One or more places, in rising order.

    Raises
    ------
    InputError
        No scores, no alternatives, scores of different shape, or NaN.

    Examples
    --------
    >>> best([1.0, 2.0, 2.0], [9.0, 1.0, 1.0]).tolist()
    [1, 2]
    """
    given = [np.asarray(score, dtype=float) for score in scores]
    if not given or given[0].ndim != 1 or not given[0].size or any(one.shape != given[0].shape for one in given):
        raise InputError(f"scores have shapes {[one.shape for one in given]}; expected one or more of one shape (m,)")
    left = np.arange(len(given[0]))
    for score in given:
        if np.isnan(score).any():
            raise InputError("a score is NaN; expected numbers, or −inf for an alternative that is out of the question")
        here = score[left]
        known = np.abs(here[np.isfinite(here)])
        left = left[(here == here.max()) | (here >= here.max() - TIE * known.max(initial=0.0))]
    return left


def efficient(utility: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Which alternatives nobody can be given more in without somebody getting less (Pareto).

    Parameters
    ----------
    utility, weights
        As in `people`, with the same errors; people of weight 0 have no say.

    Returns
    -------
    array of bool, shape (m,)
        False where another alternative is at least as good for all and better for one; alternatives that are alike for
        all stand or fall together.

    Examples
    --------
    >>> efficient([[1.0, 2.0, 1.0], [2.0, 1.0, 1.0]]).tolist()
    [True, True, False]
    """
    u, inverse = np.unique(people(utility, weights)[0], axis=1, return_inverse=True)
    # whoever has a larger sum cannot be dominated by who comes later
    order = np.lexsort((*u, u.sum(axis=0)))[::-1]
    kept = np.zeros(u.shape[1], dtype=bool)
    left = order
    while len(left):
        first, others = u[:, left[:1]], u[:, left[1:]]
        kept[left[0]] = True
        worse = np.all(others <= first, axis=0) & np.any(others < first, axis=0)
        left = left[1:][~worse]
    return kept[inverse.ravel()]
