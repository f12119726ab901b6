"""Whether what a lottery is worth is the mean of what its outcomes are worth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import Interval, correlation_interval
from weigh.ops.contrasts import pearson

Array = NDArray[np.float64]

TIED = 1e-6  #: utilities that differ by less are of one worth


class LotteryFit(NamedTuple):
    """How well utilities of lotteries follow their expected utilities.

    Attributes
    ----------
    correlation : Interval
        Pearson's r with its 95 % interval; NaN where one of them does not vary.
    slope, intercept : float
        Of utility on expected utility: 1 and 0 where utilities are expected utilities, NaN where these do not vary.
    mae : float
        Mean |utility − expected utility|, in the utilities' own unit.
    mae_standardised : float
        The same after each is brought to mean 0 and SD 1 over the lotteries, as the source has it; NaN where one does
        not vary.
    same_order : float
        Share of all pairs of lotteries that utility and expected utility put in one order.
    n : int
        Number of lotteries.
    """

    correlation: Interval
    slope: float
    intercept: float
    mae: float
    mae_standardised: float
    same_order: float
    n: int


def expected_utilities(shares: ArrayLike, utility: ArrayLike) -> Array:
    """Expected utility of lotteries, Σ_o p_lo u_o.

    Parameters
    ----------
    shares : array of float, shape (n_lotteries, n_outcomes)
        Probability of each outcome; each row sums to 1.
    utility : array of float, shape (n_outcomes,)
        What each outcome is worth.

    Returns
    -------
    array of float, shape (n_lotteries,)

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, negative probabilities, or a row that does not sum to 1.
    """
    p, u = np.asarray(shares, dtype=float), np.asarray(utility, dtype=float)
    if p.ndim != 2 or u.shape != (p.shape[1],):
        raise InputError(f"shares have shape {p.shape} and utilities {u.shape}; expected (n, k) and (k,)")
    if not np.isfinite(u).all() or not np.all(p >= 0) or not np.allclose(p.sum(axis=1), 1.0, rtol=0, atol=1e-6):
        raise InputError("a lottery's probabilities are 0 or more and sum to 1, and utilities are finite; got others")
    return p @ u


def lottery_fit(utility: ArrayLike, expected: ArrayLike) -> LotteryFit:
    """Compare utilities of lotteries with their expected utilities.

    The source standardises each of the two, which hides a slope other than 1: an agent that is indifferent to all
    lotteries but for one part in a hundred passes. So the slope and the error in the utilities' own unit stand beside.

    Parameters
    ----------
    utility : array of float, shape (n,)
        Of the lotteries, on one scale with that of their outcomes.
    expected : array of float, shape (n,)
        Σ p u over their outcomes.

    Returns
    -------
    LotteryFit

    Raises
    ------
    InputError
        Fewer than two lotteries, different shapes, or NaN.

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640.

    Examples
    --------
    >>> found = lottery_fit([0.0, 0.5, 1.0], [0.0, 1.0, 2.0])
    >>> round(found.slope, 3), round(found.mae, 3), round(found.mae_standardised, 3), found.same_order
    (0.5, 0.5, 0.0, 1.0)
    """
    u, e = np.asarray(utility, dtype=float), np.asarray(expected, dtype=float)
    if u.ndim != 1 or u.shape != e.shape or len(u) < 2 or not (np.isfinite(u).all() and np.isfinite(e).all()):
        raise InputError(f"a comparison needs two or more lotteries, without NaN; got shapes {u.shape} and {e.shape}")
    r = pearson(u, e)
    # by their range, as the variance of equal numbers may be a rounding error
    u_varies, e_varies = bool(np.ptp(u) > 0), bool(np.ptp(e) > 0)
    slope = float(((e - e.mean()) * (u - u.mean())).mean() / e.var()) if e_varies else float("nan")
    both = u_varies and e_varies
    z = np.abs((u - u.mean()) / u.std() - (e - e.mean()) / e.std()).mean() if both else np.nan
    i, j = np.triu_indices(len(u), 1)
    order = [np.sign(np.where(np.abs(x[i] - x[j]) <= TIED, 0.0, x[i] - x[j])) for x in (u, e)]
    interval = correlation_interval(r, len(u)) if np.isfinite(r) else Interval(np.nan, -1.0, 1.0)
    return LotteryFit(
        interval, slope, float(u.mean() - slope * e.mean()), float(np.abs(u - e).mean()), float(z),
        float((order[0] == order[1]).mean()), len(u),
    )  # fmt: skip
