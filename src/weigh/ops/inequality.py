"""How unevenly people fare under each alternative: indices of inequality, 0 for perfectly even.

They say nothing about how much there is: burning what the better-off have makes both fall. Both are anonymous, unmoved
by a change of unit that is the same for all, and fall when a richer person gives to a poorer one without changing
places with them (Pigou and Dalton). Adding the same amount to everybody makes them fall, so 0 must mean nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.alternatives import people

Array = NDArray[np.float64]


def gini(utility: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Gini's coefficient: half the mean difference of two people, by the mean.

    Σ_ij w_i w_j |u_i − u_j| / (2 W² ū), W = Σ w.

    Parameters
    ----------
    utility, weights
        As in `weigh.ops.alternatives.people`, with the same errors.

    Returns
    -------
    array, shape (m,)
        0 where all have the same, also where all have 0; up to 1 − 1/n for n people of one weight.

    Raises
    ------
    InputError
        As in `people`; also a negative utility, of which shares have no meaning.

    Examples
    --------
    >>> gini([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]).round(4).tolist()
    [0.0, 0.6667]
    """
    u, w = _not_negative(utility, weights, "Gini's coefficient")
    order = np.argsort(u, axis=0, kind="stable")
    mass, rising = w[order], np.take_along_axis(u, order, axis=0)
    upto = np.cumsum(mass, axis=0)
    # every pair once: what a person has counts by how many are below less how many are above
    apart = (mass * rising * (2 * upto - mass - w.sum())).sum(axis=0)
    total = w.sum() * (w @ u)
    return np.clip(np.where(total > 0, apart / np.where(total > 0, total, 1.0), 0.0), 0.0, 1.0)


def atkinson(utility: ArrayLike, weights: ArrayLike | None = None, *, aversion: float = 1.0) -> Array:
    """Atkinson's index: the share of the total that could be given up if the rest were spread evenly.

    1 − (Σ w u^(1−ε) / W)^(1/(1−ε)) / ū, and with the geometric mean for ε = 1.

    Parameters
    ----------
    utility, weights
        As in `weigh.ops.alternatives.people`, with the same errors.
    aversion : float
        ε, above 0: the larger, the more the worst-off count.

    Returns
    -------
    array, shape (m,)
        0 to 1; 0 where all have 0. Where somebody has 0 and ε is 1 or more it is 1.

    Raises
    ------
    InputError
        As in `gini`; also an aversion that is not above 0.

    References
    ----------
    Atkinson, A. B. (1970). On the measurement of inequality. Journal of Economic Theory 2, 244-263.

    Examples
    --------
    >>> atkinson([[1.0, 1.0], [1.0, 4.0]]).round(4).tolist()
    [0.0, 0.2]
    """
    from scipy.special import logsumexp

    u, w = _not_negative(utility, weights, "Atkinson's index")
    if not (aversion > 0 and np.isfinite(aversion)):
        raise InputError(f"aversion is {aversion!r}; expected a number above 0")
    mean = w @ u / w.sum()
    share = u / np.where(mean > 0, mean, 1.0)
    none = (share <= 0).any(axis=0) & (aversion >= 1)
    with np.errstate(divide="ignore"):
        logs = np.log(np.where(none, 1.0, share))
    part, power = (w / w.sum())[:, None], 1 - aversion
    # in logarithms, as powers by a strong aversion leave the range of floats
    even = np.exp((part * logs).sum(axis=0) if abs(power) < 1e-9 else logsumexp(power * logs, axis=0, b=part) / power)
    return np.where(mean > 0, np.where(none, 1.0, np.clip(1 - even, 0.0, 1.0)), 0.0)


def _not_negative(utility: ArrayLike, weights: ArrayLike | None, what: str) -> tuple[Array, Array]:
    u, w = people(utility, weights)
    if u.min() < 0:
        raise InputError(f"a utility is {u.min():g}; {what} is for 0 or more: shift the scale so that 0 means nothing")
    return u, w
