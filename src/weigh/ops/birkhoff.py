"""From chances to a lottery over matchings, after Birkhoff and von Neumann.

Every matrix whose rows sum to 1 at most and whose columns sum to the seats at most is a mean of matchings. It is found
by taking, again and again, a matching from what is left and as much of it as can be had.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]
Places = NDArray[np.int64]

TINY = 1e-11  #: chances below it are rounding


def lottery(chances: ArrayLike, seats: ArrayLike | None = None, *, tolerance: float = 1e-7) -> tuple[Array, Places]:
    """Matchings and their probabilities, whose mean is the chances.

    Parameters
    ----------
    chances : array of float, shape (n, m)
        Of each person for each place; rows sum to 1 at most, columns to the seats at most.
    seats : array of int, shape (m,), optional
        Of each place; 1 by default.
    tolerance : float
        By which sums may be too large, as a solver's are; the chances are then scaled down.

    Returns
    -------
    probability : array of float, shape (t,)
        Above 0, sum 1, largest first.
    place : array of int, shape (t, n)
        Where each person goes; −1 for nowhere.

    Raises
    ------
    InputError
        Negative chances, sums that are too large, or seats that are no whole numbers, one a place.

    References
    ----------
    Birkhoff, G. (1946); von Neumann, J. (1953).

    Examples
    --------
    >>> probability, place = lottery([[0.25, 0.75], [0.75, 0.25]])
    >>> probability.tolist(), place.tolist()
    ([0.75, 0.25], [[1, 0], [0, 1]])
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    p = np.array(chances, dtype=np.float64)
    if p.ndim != 2 or not p.size or not np.isfinite(p).all():
        raise InputError(f"chances have shape {p.shape}; expected (people, places), finite")
    caps = np.ones(p.shape[1], dtype=np.int64) if seats is None else whole_numbers("seats", seats)
    if caps.shape != (p.shape[1],):
        raise InputError(f"seats have shape {caps.shape}; expected ({p.shape[1]},)")
    over = max(p.sum(axis=1).max() - 1, (p.sum(axis=0) - caps).max(), -p.min())
    if over > tolerance:
        raise InputError(f"chances are negative, or sum to {over:.3g} too much in a row or column; they are no lottery")
    p = np.maximum(p, 0.0)
    p /= np.maximum(1.0, p.sum(axis=1, keepdims=True))
    p *= np.minimum(1.0, caps / np.maximum(p.sum(axis=0), TINY))
    square, owner = _doubly_stochastic(p, caps)
    n, size = len(p), len(square)
    going = np.concatenate([owner, np.full(n, -1)])
    left, probabilities, places = 1.0, [], []
    while left > TINY:
        match = maximum_bipartite_matching(csr_array(square > TINY), perm_type="column")
        if (match < 0).any():
            break  # what is left is rounding
        share = float(square[np.arange(size), match].min())
        square[np.arange(size), match] -= share
        left -= share
        probabilities.append(share)
        places.append(going[match[:n]])
    if left > 1e-6:
        raise InputError(f"a share of {left:.3g} of the chances is left over; expected sums that are right to 1e-9")
    probability, place = np.array(probabilities), np.array(places, dtype=np.int64)
    same, at = np.unique(place, axis=0, return_inverse=True)
    merged = np.bincount(at.ravel(), weights=probability)
    order = np.argsort(-merged, kind="stable")
    return merged[order] / merged.sum(), same[order]


def _doubly_stochastic(p: Array, caps: Places) -> tuple[Array, Places]:
    """A square matrix with all sums 1 that holds p, each seat a column of its own; the place of each such column."""
    # the chances of a place fill its seats one after the other, as water fills cups in a row
    owner = np.repeat(np.arange(len(caps)), caps)
    seat = np.concatenate([np.arange(c) for c in caps]) if len(owner) else np.empty(0, dtype=np.int64)
    ends = np.cumsum(p, axis=0)[:, owner]
    spread = np.clip(ends - seat, 0, 1) - np.clip(ends - p[:, owner] - seat, 0, 1)
    n, m = spread.shape
    square = np.zeros((n + m, n + m))
    square[:n, :m] = spread
    square[n:, m:] = spread.T
    square[np.arange(n), m + np.arange(n)] = np.maximum(1 - spread.sum(axis=1), 0.0)
    square[n + np.arange(m), np.arange(m)] = np.maximum(1 - spread.sum(axis=0), 0.0)
    return square, owner
