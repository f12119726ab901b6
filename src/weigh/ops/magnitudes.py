"""By how much, not only which: scales of raters, and three losses that weigh pairs by what is at stake.

A pair has a magnitude z ≥ 0 (what somebody would pay, on a scale shared by raters) in favour of the option chosen, and
a model a margin h: for direct preference optimisation (DPO) the chosen less the rejected log-ratio to the reference.

- weighted: (z / mean z) · −ln σ(βh). Pairs count by stakes; z constant gives DPO.
- offset: −ln σ(βh − κz). The margin must exceed what is at stake; κ = 0 gives DPO.
- regression: (βh − κz)². The margin is the magnitude itself; z may be signed or 0.

The first is invariant to the unit of z, the others are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.location import weighted_median

Array = NDArray[np.float64]


class Loss(NamedTuple):
    """A loss a pair and its derivative in the margin h, both of shape (n,)."""

    value: Array
    slope: Array


def rater_scales(gap: ArrayLike, rater: ArrayLike, weight: ArrayLike | None = None, *, fewest: int = 2) -> Array:
    """The unit of each row's rater: the median size of what they would pay where they would pay anything.

    Parameters
    ----------
    gap : array of float, shape (n,)
        Magnitudes in each rater's own unit; signs do not matter.
    rater : array, shape (n,)
        Whose they are.
    weight : array of float, shape (n,), optional
        0 or more.
    fewest : int
        A rater with fewer gaps that are not 0 has no median to go by and gets the median of the other raters'.

    Returns
    -------
    array of float, shape (n,)
        Above 0.

    Raises
    ------
    InputError
        Every gap is 0: nobody would pay for anything.

    Examples
    --------
    >>> rater_scales([1, 2, 30, 10, 7], ["Ada", "Ada", "Bo", "Bo", "Cy"]).tolist()
    [1.5, 1.5, 20.0, 20.0, 10.75]
    """
    size, names = np.abs(np.asarray(gap, dtype=np.float64)), np.asarray(rater)
    w = np.ones(size.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if size.ndim != 1 or size.shape != names.shape or w.shape != size.shape or not np.isfinite(size).all():
        raise InputError(f"gaps, raters and weights have shapes {size.shape}, {names.shape}, {w.shape}; expected one")
    used = (size > 0) & (w > 0)
    if not used.any():
        raise InputError("every gap is 0: nobody would pay for any difference, so that there is nothing to weigh")
    found = {
        name: weighted_median(size[mine], w[mine])
        for name in dict.fromkeys(names.tolist())
        if (mine := used & (names == name)).sum() >= fewest
    }
    scales = list(found.values())
    pooled = float(np.median(scales)) if scales else weighted_median(size[used], w[used])
    return np.array([found.get(name, pooled) for name in names.tolist()])


def winsorised(x: ArrayLike, share: float = 0.95) -> Array:
    """Numbers brought back to the quantile of their sizes below which a share of them lies; signs stay.

    Parameters
    ----------
    x : array of float, shape (n,)
        Signed magnitudes.
    share : float
        Above 0 and up to 1; 1 changes nothing.

    Raises
    ------
    InputError
        No numbers, NaN, or a share out of range.

    Examples
    --------
    >>> winsorised([1, -2, 3, -100], 0.75).tolist()
    [1.0, -2.0, 3.0, -3.0]
    """
    numbers = np.asarray(x, dtype=np.float64)
    if not 0 < share <= 1 or numbers.size == 0 or np.isnan(numbers).any():
        raise InputError(f"share is {share!r} of {numbers.size} numbers; expected above 0 and up to 1, and no NaN")
    # an element, not a blend of two, so that rows given twice change nothing
    top = float(np.quantile(np.abs(numbers), share, method="inverted_cdf"))
    return np.clip(numbers, -top, top)


def weighted_loss(h: ArrayLike, z: ArrayLike, *, beta: float = 0.1) -> Loss:
    """(z / mean z) · −ln σ(βh).

    Parameters
    ----------
    h : array of float, shape (n,)
        Margins of the chosen over the rejected.
    z : array of float, shape (n,)
        Magnitudes, 0 or more, not all 0; a pair of magnitude 0 counts nothing.
    beta : float
        Above 0.

    Raises
    ------
    InputError
        Shapes that differ, NaN, a β that is not above 0, or magnitudes that are negative or all 0.

    Examples
    --------
    >>> weighted_loss([0.0, 0.0], [1.0, 3.0]).value.round(4).tolist()
    [0.3466, 1.0397]
    """
    margin, stakes = _pairs(h, z, beta)
    if (stakes < 0).any() or not stakes.sum() > 0:
        raise InputError("magnitudes are negative or all 0; expected 0 or more in favour of the option chosen")
    w = stakes / stakes.mean()
    return Loss(w * np.logaddexp(0, -beta * margin), -w * beta * _sigmoid(-beta * margin))


def offset_loss(h: ArrayLike, z: ArrayLike, *, beta: float = 0.1, kappa: float = 1.0) -> Loss:
    """−ln σ(βh − κz).

    Parameters
    ----------
    h, z : array of float, shape (n,)
        Margins, and magnitudes of 0 or more.
    beta : float
        Above 0.
    kappa : float
        Margin asked for a unit of magnitude, 0 or more.

    Raises
    ------
    InputError
        Shapes that differ, NaN, a β that is not above 0, or a magnitude or κ that is negative.

    Examples
    --------
    >>> offset_loss([20.0], [2.0]).value.round(4).tolist()
    [0.6931]
    """
    margin, stakes = _pairs(h, z, beta)
    if (stakes < 0).any() or kappa < 0:
        raise InputError("a magnitude or kappa is negative; expected 0 or more in favour of the option chosen")
    left = beta * margin - kappa * stakes
    return Loss(np.logaddexp(0, -left), -beta * _sigmoid(-left))


def regression_loss(h: ArrayLike, z: ArrayLike, *, beta: float = 0.1, kappa: float = 1.0) -> Loss:
    """(βh − κz)².

    Parameters
    ----------
    h, z : array of float, shape (n,)
        Margins, and magnitudes of any sign.
    beta, kappa : float
        β above 0, κ of any size.

    Raises
    ------
    InputError
        Shapes that differ, NaN, or a β that is not above 0.

    Examples
    --------
    >>> regression_loss([20.0], [1.0]).value.tolist()
    [1.0]
    """
    margin, stakes = _pairs(h, z, beta)
    left = beta * margin - kappa * stakes
    return Loss(left**2, 2 * beta * left)


def _pairs(h: ArrayLike, z: ArrayLike, beta: float) -> tuple[Array, Array]:
    margin, stakes = np.asarray(h, dtype=np.float64), np.asarray(z, dtype=np.float64)
    if margin.ndim != 1 or margin.shape != stakes.shape or not margin.size:
        raise InputError(f"h has shape {margin.shape}, z {stakes.shape}; expected one number a pair in both")
    if not (np.isfinite(margin).all() and np.isfinite(stakes).all() and beta > 0):
        raise InputError(f"h or z is not finite, or beta = {beta!r} is not above 0")
    return margin, stakes


def _sigmoid(x: Array) -> Array:
    from scipy.special import expit

    return expit(x)
