"""Comparisons of two items as numbers, what a model of them is to say, and how well it says it.

Rows about one pair are summed before anything is fitted, as a likelihood needs their totals alone: cost goes with
distinct pairs. A row says how far its left item is preferred, 0 to 1, and its weight says how many votes it stands for.
The models are in `weigh.ops.paired` and `weigh.ops.ranked`. Pure functions on numpy arrays; items are numbers from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.comparison_graph import Linkage, linkage
from weigh.ops.strengths import sums

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

INDIFFERENT = 1e-4


class Pairs(NamedTuple):
    """Comparisons summed by pair, from `gather`.

    Attributes
    ----------
    left, right : array of int, shape (m,)
        Distinct pairs, left < right, in order.
    p_left : array, shape (m,)
        Mean preference for left, by weight.
    weight : array, shape (m,)
        Votes, above 0.
    for_left, for_right : array, shape (m,)
        Votes of the rows on either side of ½; the rest are ties.
    n_items, n_rows : int
        Items, and rows that were summed.
    """

    left: Indices
    right: Indices
    p_left: Array
    weight: Array
    for_left: Array
    for_right: Array
    n_items: int
    n_rows: int


@dataclass(frozen=True, eq=False)
class PairedFit:
    """Utilities, how sure they are, and how well they foretell the evidence.

    Parameters
    ----------
    mean : array, shape (n,)
        Utilities, of mean zero.
    variance : array, shape (n,), or None
        Thurstone's variances in the squared unit of the means; None for the logistic models.
    cov : array, shape (n, n), or None
        Covariance of the means' errors; each of its rows sums to zero. None where it was not asked for or is unknown.
    linkage : Linkage
        Components of the graph of comparisons.
    log_loss : float
        Mean −log p of what was chosen, in nats a vote.
    chance : float
        The same for equal utilities.
    accuracy : float
        Share of the votes that the utilities foretell; ties are left out, and even odds count half. NaN for ties only.
    n_rows, n_pairs : int
        Rows of evidence, and distinct pairs (or choices) among them.
    n_votes : float
        Total weight.
    converged : bool
        Whether the optimum was found.
    no_preference : bool
        Whether every pair is so close to even that there is nothing to fit.
    sd : float
        Standard deviation of the utilities before they were standardised, in units of the noise of a comparison; it
        says how decisive the choices are. 1 where nothing was standardised.
    """

    mean: Array
    variance: Array | None
    cov: Array | None
    linkage: Linkage
    log_loss: float
    chance: float
    accuracy: float
    n_rows: int
    n_pairs: int
    n_votes: float
    converged: bool
    no_preference: bool = False
    sd: float = 1.0


def gather(
    left: ArrayLike, right: ArrayLike, p_left: ArrayLike, weight: ArrayLike | None = None, *, n_items: int | None = None
) -> Pairs:
    """Sum rows by pair; what is said of (b, a) is turned round and counts for (a, b).

    Parameters
    ----------
    left, right : array of int, shape (n,)
        The two items of each row, from 0.
    p_left : array, shape (n,)
        How far left is preferred, 0 to 1; the share of votes, or a probability.
    weight : array, shape (n,), optional
        Votes that the row stands for, 0 or more; 1 by default. Rows of weight 0 are left out.
    n_items : int, optional
        Items in all; by default as many as the largest number needs.

    Returns
    -------
    Pairs

    Raises
    ------
    InputError
        No row with a weight, an item compared with itself or out of range, NaN, a preference outside [0, 1], or columns
        of different length.

    Examples
    --------
    >>> pairs = gather([0, 1, 1], [1, 0, 2], [1.0, 1.0, 0.75])
    >>> pairs.left, pairs.right, pairs.p_left, pairs.weight
    (array([0, 1]), array([1, 2]), array([0.5 , 0.75]), array([2., 1.]))
    """
    a, b = np.asarray(left), np.asarray(right)
    y = np.asarray(p_left, dtype=float)
    w = np.ones(y.shape) if weight is None else np.asarray(weight, dtype=float)
    if not (a.ndim == 1 and a.shape == b.shape == y.shape == w.shape) or a.dtype.kind + b.dtype.kind not in (
        "ii", "iu", "ui", "uu",
    ):  # fmt: skip
        raise InputError(
            f"left, right, p_left and weight have shapes {a.shape}, {b.shape}, {y.shape}, {w.shape} and left, right "
            f"hold {a.dtype}, {b.dtype}; expected four columns of one length, the first two of whole numbers"
        )
    if not (np.isfinite(y).all() and np.isfinite(w).all() and y.size and w.min() >= 0 and w.max() > 0):
        raise InputError("expected at least one comparison, finite p_left, and finite weights of 0 or more, not all 0")
    if (a == b).any() or y.min() < 0 or y.max() > 1:
        raise InputError("expected two different items in each row, and p_left from 0 to 1")
    low, high = int(min(a.min(), b.min())), int(max(a.max(), b.max()))
    n = high + 1 if n_items is None else int(n_items)
    if low < 0 or high >= n:
        raise InputError(f"items go from {low} to {high}; expected 0 to {n - 1}")
    kept = w > 0
    a, b, y, w = a[kept].astype(np.int64), b[kept].astype(np.int64), y[kept], w[kept]
    turned = a > b
    y = np.where(turned, 1 - y, y)
    codes, row = np.unique(np.where(turned, b, a) * n + np.where(turned, a, b), return_inverse=True)

    m = len(codes)
    votes = sums(row, w, m)
    p = np.clip(sums(row, w * y, m) / votes, 0.0, 1.0)
    return Pairs(codes // n, codes % n, p, votes, sums(row, w * (y > 0.5), m), sums(row, w * (y < 0.5), m), n, len(y))


def links(pairs: Pairs) -> Linkage:
    """Components of the graph of comparisons; a pair that was ever preferred both ways is a win each way.

    Parameters
    ----------
    pairs : Pairs
        From `gather`.
    """
    up, down = pairs.p_left > 0, pairs.p_left < 1
    winner = np.concatenate([pairs.left[up], pairs.right[down]])
    loser = np.concatenate([pairs.right[up], pairs.left[down]])
    return linkage(pairs.n_items, winner, loser)


def indifferent(pairs: Pairs) -> bool:
    """Whether the pairs are even: the mean of (p − ½)² over votes is below 1e-4, whichever side they are written from.

    Parameters
    ----------
    pairs : Pairs
        From `gather`.
    """
    return bool(np.average((pairs.p_left - 0.5) ** 2, weights=pairs.weight) < INDIFFERENT)


def p_left(mean: Array, variance: Array | None, left: ArrayLike, right: ArrayLike) -> Array:
    """Probability that left is preferred.

    Φ((μ_l − μ_r) / √(v_l + v_r)) with variances, 1 / (1 + e^−(μ_l − μ_r)) without.

    Parameters
    ----------
    mean : array, shape (n,)
        Utilities.
    variance : array, shape (n,), or None
        As a fit gives it.
    left, right : array of int, shape (m,)
        Items.

    Returns
    -------
    array, shape (m,)
        0 to 1.
    """
    from scipy.special import expit, ndtr

    a, b = np.asarray(left), np.asarray(right)
    if variance is None:
        return expit(mean[a] - mean[b])
    return ndtr((mean[a] - mean[b]) / np.sqrt(variance[a] + variance[b]))


def score(pairs: Pairs, mean: Array, variance: Array | None = None, *, clip: float = 0.0) -> tuple[float, float]:
    """Log-loss and accuracy of utilities on comparisons, those that they were fitted to or others.

    Parameters
    ----------
    pairs : Pairs
        From `gather`, with the same numbering of items.
    mean : array, shape (n,)
        Utilities.
    variance : array, shape (n,), or None
        As a fit gives it.
    clip : float
        Keep probabilities this far from 0 and 1; published figures have 1e-5.

    Returns
    -------
    log_loss : float
        Mean over votes of −(y log p + (1 − y) log(1 − p)), in nats; infinite where a certainty was wrong.
    accuracy : float
        Share of votes on the side of ½ that was foretold; ties are left out, even odds count half. NaN for ties only.
    """
    from scipy.special import xlogy

    p = np.clip(p_left(mean, variance, pairs.left, pairs.right), clip, 1 - clip)
    q = np.clip(p_left(mean, variance, pairs.right, pairs.left), clip, 1 - clip)
    loss = -np.average(xlogy(pairs.p_left, p) + xlogy(1 - pairs.p_left, q), weights=pairs.weight)
    sided = (pairs.for_left + pairs.for_right).sum()
    right = np.where(p > q, pairs.for_left, np.where(p < q, pairs.for_right, (pairs.for_left + pairs.for_right) / 2))
    return float(loss), float(right.sum() / sided) if sided > 0 else float("nan")
