"""How good an alternative is for several people together: welfare functions on utilities, people by alternatives.

Each takes utilities of shape (n people, m alternatives) and weights of people, and gives one number an alternative.
Weights are multiplicities: a person of weight 2 counts like two who feel alike, and one of weight 0 is not there. All
are anonymous: who is who does not matter. What may be done to utilities without changing the order of alternatives:

- `utilitarian`: one change of unit for all, and a zero of one's own for each;
- `maximin`, `leximin`, `percentile`: one increasing rewriting that is the same for all;
- `nash`: a unit and a zero of one's own for each, the starting point moving along. It alone needs no comparison of one
  person's utility with another's;
- `gini`, `atkinson` (of `weigh.ops.inequality`, less is better): one change of unit for all, and no other zero.

What is better for some and worse for nobody is better for `utilitarian`, `leximin` and `nash`, and not worse for
`maximin` and `percentile`; the indices of inequality promise nothing here. Equal utilities give equal numbers;
`weigh.ops.alternatives.best` names all alternatives that tie at the top.
"""

from __future__ import annotations

from functools import cmp_to_key

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.alternatives import TIE, best, efficient, people
from weigh.ops.inequality import atkinson, gini

__all__ = [
    "atkinson",
    "best",
    "efficient",
    "gini",
    "leximin",
    "maximin",
    "most_gainers",
    "nash",
    "people",
    "percentile",
    "utilitarian",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def utilitarian(utility: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """The sum.

    Σ_i w_i u_i.

    Parameters
    ----------
    utility : array of float, shape (n, m)
        What each alternative is worth to each person.
    weights : array of float, shape (n,), optional
        0 or more, not all 0.

    Returns
    -------
    array, shape (m,)

    Raises
    ------
    InputError
        No people or alternatives, NaN, or weights that are negative or all 0.

    Examples
    --------
    >>> utilitarian([[1.0, 3.0], [2.0, 1.0]]).tolist()
    [3.0, 4.0]
    """
    u, w = people(utility, weights)
    return w @ u


def maximin(utility: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """What the worst-off get (Rawls).

    min_i u_i over people of weight above 0.

    Parameters
    ----------
    utility, weights
        As in `utilitarian`, with the same errors.

    Examples
    --------
    >>> maximin([[1.0, 3.0], [2.0, 1.0]]).tolist()
    [1.0, 1.0]
    """
    return people(utility, weights)[0].min(axis=0)


def leximin(utility: ArrayLike, weights: ArrayLike | None = None) -> Indices:
    """Place of each alternative when the worst-off decide, then the next, and so on.

    Utilities are sorted from below and compared in the order of a dictionary; with weights it is the curves of utility
    against the share of people that are compared, from below.

    Parameters
    ----------
    utility, weights
        As in `utilitarian`, with the same errors. Utilities nearer than 1e-9 of the largest are equal.

    Returns
    -------
    array of int, shape (m,)
        0 for the best; those that tie share a place, and no place is left out.

    References
    ----------
    Sen, A. (1970). Collective Choice and Social Welfare. Holden-Day.

    Examples
    --------
    >>> leximin([[1.0, 3.0, 1.0], [2.0, 1.0, 1.5]]).tolist()
    [1, 0, 2]
    """
    u, w = people(utility, weights)
    # differences below this are rounding
    u = np.round(u / max(np.abs(u).max(), np.finfo(float).tiny) / TIE)
    order = np.argsort(u, axis=0, kind="stable")
    rising = np.take_along_axis(u, order, axis=0)
    if np.ptp(w) <= TIE * w.max():
        by = np.lexsort(rising[::-1])[::-1]
        steps = (rising[:, by[1:]] != rising[:, by[:-1]]).any(axis=0)
    else:
        mass = w[order]

        def compare(a: int, b: int) -> int:
            return _from_below(rising[:, a], mass[:, a], rising[:, b], mass[:, b])

        by = np.array(sorted(range(u.shape[1]), key=cmp_to_key(compare), reverse=True))
        steps = np.array([compare(a, b) != 0 for a, b in zip(by[1:], by[:-1], strict=True)], dtype=bool)
    place = np.empty(u.shape[1], dtype=np.int64)
    place[by] = np.r_[0, np.cumsum(steps)]
    return place


def nash(utility: ArrayLike, weights: ArrayLike | None = None, *, start: ArrayLike = 0.0) -> Array:
    """Logarithm of Nash's product of gains over what people have without an agreement.

    Σ_i w_i log(u_i − d_i).

    Parameters
    ----------
    utility, weights
        As in `utilitarian`, with the same errors.
    start : array of float, shape (n,), or float
        The disagreement point d, in the utilities' unit.

    Returns
    -------
    array, shape (m,)
        −∞ where somebody gains nothing; `most_gainers` tells such alternatives apart.

    Raises
    ------
    InputError
        As in `utilitarian`; also a starting point of another shape, or NaN in it.

    References
    ----------
    Nash, J. F. (1950). The bargaining problem. Econometrica 18, 155-162. Kaneko, M. & Nakamura, K. (1979). The Nash
    social welfare function. Econometrica 47, 423-435.

    Examples
    --------
    >>> nash([[2.0, 3.0], [2.0, 1.0]]).round(4).tolist()
    [1.3863, 1.0986]
    """
    gain, w = _gains(utility, weights, start)
    total = w @ np.log(np.where(gain > 0, gain, 1.0))
    return np.where((gain > 0).all(axis=0), total, -np.inf)


def most_gainers(
    utility: ArrayLike, weights: ArrayLike | None = None, *, start: ArrayLike = 0.0
) -> tuple[Array, Array]:
    """Nash's product where nobody can make everybody gain: first how many gain, then the product of their gains.

    Compared in this order it ranks alternatives as `nash` does where all gain, and keeps its invariance where not all
    can: no small number is added to the gains.

    Parameters
    ----------
    utility, weights, start
        As in `nash`, with the same errors. A gain of at most 1e-9 of the largest number is none.

    Returns
    -------
    gainers : array, shape (m,)
        Weight of those who gain.
    product : array, shape (m,)
        Σ_i w_i log(u_i − d_i) over them.

    References
    ----------
    Caragiannis, I. et al. (2019). The unreasonable fairness of maximum Nash welfare. ACM Transactions on Economics and
    Computation 7(3), 12 (the rule for a maximum of 0).

    Examples
    --------
    >>> most_gainers([[2.0, 3.0], [0.0, 1.0]])
    (array([1., 2.]), array([0.69314718, 1.09861229]))
    """
    gain, w = _gains(utility, weights, start)
    return w @ (gain > 0), w @ np.log(np.where(gain > 0, gain, 1.0))


def percentile(utility: ArrayLike, weights: ArrayLike | None = None, *, share: float = 0.2) -> Array:
    """What the person has below whom a share of people is: the smallest utility that this share does not exceed.

    min {u_i : Σ_j w_j [u_j ≤ u_i] ≥ share · Σ_j w_j}, which is a utility that somebody has, and counts weights as
    multiplicities; interpolating percentiles do neither.

    Parameters
    ----------
    utility, weights
        As in `utilitarian`, with the same errors.
    share : float
        Above 0, at most 1.

    Examples
    --------
    >>> percentile([[5.0], [1.0], [4.0], [2.0], [3.0]], share=0.4).tolist()
    [2.0]
    """
    u, w = people(utility, weights)
    if not 0 < share <= 1:
        raise InputError(f"share is {share!r}; expected a number above 0 and at most 1, such as 0.2")
    order = np.argsort(u, axis=0, kind="stable")
    below = np.cumsum(w[order], axis=0)
    at = (below >= share * w.sum() * (1 - 1e-12)).argmax(axis=0)
    return np.take_along_axis(np.take_along_axis(u, order, axis=0), at[None], axis=0)[0]


def _gains(utility: ArrayLike, weights: ArrayLike | None, start: ArrayLike) -> tuple[Array, Array]:
    u, w = people(utility, weights)
    everybody = np.asarray(utility, dtype=float)
    d = np.asarray(start, dtype=float)
    if d.shape not in ((), everybody.shape[:1]) or not np.isfinite(d).all():
        raise InputError(
            f"start has shape {d.shape}; expected one finite number, or one a person: {everybody.shape[:1]}"
        )
    d = np.broadcast_to(d, everybody.shape[:1])
    d = d if weights is None else d[np.asarray(weights, dtype=float) > 0]
    nothing = TIE * np.maximum(np.abs(u).max(axis=1), np.abs(d))
    gain = u - d[:, None]
    return np.where(gain > nothing[:, None], gain, 0.0), w


def _from_below(u: Array, m: Array, v: Array, n: Array) -> int:
    """Which of two curves of utility against the share of people is higher where they first differ: 1, −1, or 0."""
    i = j = 0
    left_u, left_v = float(m[0]), float(n[0])
    while True:
        if u[i] != v[j]:
            return 1 if u[i] > v[j] else -1
        step = min(left_u, left_v)
        left_u, left_v = left_u - step, left_v - step
        tiny = TIE * float(m.sum())
        if left_u <= tiny:
            i += 1
            left_u += float(m[i]) if i < len(m) else 0.0
        if left_v <= tiny:
            j += 1
            left_v += float(n[j]) if j < len(n) else 0.0
        if i >= len(m) or j >= len(n):
            return 0
