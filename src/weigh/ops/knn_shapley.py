"""Shapley values of rows for a nearest-neighbour score, exactly and without fitting anything.

The score of a set S of rows at one test row is the share of the K nearest that bear its label,

    v(S) = (1/K) Σ_{k ≤ min(K, |S|)} 1[label of the k-th nearest in S = label of the test row],

and 0 for no rows; over many test rows it is the mean. It is linear in the votes, and is not the accuracy of the vote.
With rows sorted by distance, matches m_1 … m_N and w_i = 1 / max(K, i),

    φ_N = m_N w_N,    φ_i = φ_{i+1} + (m_i − m_{i+1}) w_i.

Source: Jia, R. et al. (2019), Efficient task-specific data valuation for nearest neighbor algorithms, arXiv:1908.08619,
theorem 1. Departs: there φ_N = m_N / N, which holds for K ≤ N only. And where rows are equally far, their order is a
matter of chance: each gets its mean over all orders of its ties, so that equal rows are worth the same and the order of
the file changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

CELLS = 1 << 19  # distances held at a time, so that they stay in the processor's cache
TIED = 1e-12  # of the squared size of the data: rounding of a squared distance


def knn_shapley(X: ArrayLike, y: ArrayLike, X_test: ArrayLike, y_test: ArrayLike, *, k: int = 5) -> Array:
    """Exact Shapley values of training rows for the score of their K nearest neighbours.

    Parameters
    ----------
    X : array of float, shape (n, d)
        Training rows.
    y : array, shape (n,)
        Their labels; anything that can be compared for equality.
    X_test : array of float, shape (n_test, d)
        Rows on which the score is taken.
    y_test : array, shape (n_test,)
        Their labels.
    k : int
        Number of neighbours, 1 or more; it may exceed n.

    Returns
    -------
    array of float, shape (n,)
        Sums to the score of all rows, a share from 0 to 1.

    Raises
    ------
    InputError
        No rows, shapes that do not fit, NaN, or k below 1.

    Examples
    --------
    >>> knn_shapley([[0.0], [1.0], [5.0]], [1, 0, 1], [[0.1]], [1], k=1).round(4).tolist()
    [0.8333, -0.1667, 0.3333]
    """
    rows, tests = np.asarray(X, dtype=float), np.asarray(X_test, dtype=float)
    label, wanted = np.asarray(y), np.asarray(y_test)
    n = rows.shape[0] if rows.ndim else 0
    if rows.ndim != 2 or tests.ndim != 2 or rows.shape[1] != tests.shape[1] or not n or not len(tests):
        raise InputError(
            f"X has shape {rows.shape} and X_test {tests.shape}; expected (n, d) and (n_test, d) with rows"
        )
    if label.shape != (n,) or wanted.shape != (len(tests),):
        raise InputError(f"y has shape {label.shape} and y_test {wanted.shape}; expected one label a row")
    if not (np.isfinite(rows).all() and np.isfinite(tests).all()):
        raise InputError("X or X_test holds NaN or an infinity; leave such rows out")
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k is {k!r}; expected a whole number of neighbours, 1 or more")
    centre = rows.mean(axis=0)
    rows, tests = rows - centre, tests - centre
    length = (rows**2).sum(axis=1)
    slack = TIED * float(length.max() + (tests**2).sum(axis=1).max())
    w = 1.0 / np.maximum(k, np.arange(1, n + 1))
    total = np.zeros(n)
    step = max(1, CELLS // n)
    for start in range(0, len(tests), step):
        block = slice(start, start + step)
        # the farthest first; a test row's own length moves all of its distances alike
        near = 2 * tests[block] @ rows.T - length
        order = np.argsort(near, axis=1)
        match = (label[order] == wanted[block, None]).astype(float)
        near = np.take_along_axis(near, order, axis=1)
        ties = near[:, 1:] - near[:, :-1] <= slack
        due = _due_with_ties(match[:, ::-1], w, ties[:, ::-1])[:, ::-1] if ties.any() else _due(match, w[::-1])
        total += np.bincount(order.ravel(), due.ravel(), n)
    return total / len(tests)


def _due(match: Array, w: Array) -> Array:
    """By the recursion, the farthest first."""
    due = match.copy()
    due[:, 1:] -= match[:, :-1]
    due *= w
    return np.cumsum(due, axis=1, out=due)


def _due_with_ties(match: Array, w: Array, ties: NDArray[np.bool_]) -> Array:
    """Means over the orders of ties, by φ_i = m_i w_i − Σ_{j > i} m_j (w_{j−1} − w_j)."""
    n_test, n = match.shape
    starts = np.column_stack([np.ones(n_test, dtype=bool), ~ties]).ravel()
    first = np.flatnonzero(starts)
    group = np.cumsum(starts) - 1
    size = np.diff(np.append(first, match.size))
    matches = np.add.reduceat(match.ravel(), first)
    mean_w = np.add.reduceat(np.tile(w, n_test), first) / size
    last_w = np.tile(w, n_test)[first + size - 1]
    before = np.tile(np.append(w[0], w[:-1]), n_test)[first]
    # what later groups take away: their mean match times the fall of w over them
    taken = (matches / size * (before - last_w))[group].reshape(n_test, n)
    taken[~starts.reshape(n_test, n)] = 0.0
    later = np.cumsum(taken[:, ::-1], axis=1)[:, ::-1] - taken
    own, c = match.ravel(), matches[group]
    others = np.where(size[group] > 1, (c - own) / np.maximum(size[group] - 1, 1), 0.0)
    due = own * mean_w[group] - others * (mean_w - last_w)[group]
    return due.reshape(n_test, n) - later
