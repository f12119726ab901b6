"""How far raters agree: in the classes that they put things into, in the numbers that they give, and between groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]


class Agreement(NamedTuple):
    """Share of pairs of raters that agree, and Fleiss' κ; NaN where all ratings fall into one class."""

    observed: float
    kappa: float


class Split(NamedTuple):
    """Squares of ratings about their mean; shape (m,), one a thing that is rated.

    Attributes
    ----------
    between : array
        Of group means about the mean of all, Σ_g n_g (x̄_g − x̄)².
    total : array
        Of ratings about it, Σ (x − x̄)².
    """

    between: Array
    total: Array

    def eta_squared(self) -> float:
        """Share of all squares that lies between groups, 0 to 1; NaN where all agree on everything.

        Groups drawn at random have (g − 1) / (n − 1) of it on average.
        """
        total = float(self.total.sum())
        return float(self.between.sum()) / total if total > 0 else float("nan")


def fleiss_kappa(counts: ArrayLike) -> Agreement:
    """Agreement of several raters, corrected for chance.

    P_i = (Σ_j n_ij² − n) / (n (n − 1)), P̄ their mean, p_j the share of class j, P_e = Σ_j p_j²;
    κ = (P̄ − P_e) / (1 − P_e).

    Parameters
    ----------
    counts : array of int, shape (n_things, n_classes)
        How many raters put each thing into each class; two or more raters, as many for every thing.

    Returns
    -------
    Agreement
        `observed` P̄, from 0 to 1, and κ, at most 1.

    Raises
    ------
    InputError
        No things, fewer than two raters, counts below 0, or things rated by different numbers.

    References
    ----------
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76, 378-382.

    Examples
    --------
    >>> round(fleiss_kappa([[2, 0], [0, 2], [1, 1]]).observed, 4)
    0.6667
    """
    given = np.asarray(counts, dtype=float)
    if given.ndim != 2 or not given.size or not np.isfinite(given).all() or given.min() < 0:
        raise InputError(f"counts have shape {given.shape}; expected (n_things, n_classes), each 0 or more")
    raters = given.sum(axis=1)
    n = raters[0]
    if n < 2 or not (raters == n).all():
        raise InputError("Fleiss' kappa needs two or more raters, the same number for every thing; leave the rest out")
    observed = float((((given**2).sum(axis=1) - n) / (n * (n - 1))).mean())
    expected = float(((given.sum(axis=0) / given.sum()) ** 2).sum())
    kappa = float("nan") if expected >= 1 else (observed - expected) / (1 - expected)
    return Agreement(observed, kappa)


def split_by_group(ratings: ArrayLike, group: ArrayLike) -> Split:
    """Squares of ratings between groups and in all.

    Parameters
    ----------
    ratings : array of float, shape (n, m)
        Of n people on m things; NaN where a person did not rate a thing.
    group : array of int, shape (n,)
        Group of each person, from 0.

    Raises
    ------
    InputError
        Arrays that do not fit, or an infinity.

    Examples
    --------
    >>> split_by_group([[1.0], [3.0], [5.0], [7.0]], [0, 0, 1, 1]).eta_squared()
    0.8
    """
    x, of = np.asarray(ratings, dtype=float), whole_numbers("group", group)
    if x.ndim != 2 or not x.size or of.shape != x.shape[:1] or np.isinf(x).any():
        raise InputError(f"ratings have shape {x.shape}, groups {of.shape}; expected (n, m), finite or NaN, and (n,)")
    known = ~np.isnan(x)
    # from the lowest on, so that ratings that are all alike are 0 to the last bit
    value = np.where(known, x - np.where(known, x, np.inf).min(axis=0), 0.0)
    member = (of[:, None] == np.unique(of)).astype(float)
    count = member.T @ known
    n = count.sum(axis=0)
    mean = value.sum(axis=0) / np.maximum(n, 1)
    about = np.where(known, value - mean, 0.0)
    sums = member.T @ about
    return Split((sums**2 / np.maximum(count, 1)).sum(axis=0), (about**2).sum(axis=0))


def intraclass_correlation(ratings: ArrayLike) -> float:
    """How far one rater's number can stand for another's: ICC(A,1), two-way, absolute agreement, single rater.

    (MS_things − MS_error) / (MS_things + (k − 1) MS_error + k (MS_raters − MS_error) / n).

    Parameters
    ----------
    ratings : array of float, shape (k, n)
        Of k raters on n things; two or more of each.

    Returns
    -------
    float
        At most 1; below 0 where raters agree less than by chance; NaN where no rating differs from any other.

    Raises
    ------
    InputError
        Fewer than two raters or things, or NaN.

    References
    ----------
    McGraw, K. O. & Wong, S. P. (1996). Forming inferences about some intraclass correlation coefficients. Psychological
    Methods 1, 30-46. It is ICC(2,1) of Shrout, P. E. & Fleiss, J. L. (1979), Psychological Bulletin 86, 420-428.
    """
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 2 or min(x.shape) < 2 or not np.isfinite(x).all():
        raise InputError(
            f"ratings have shape {x.shape}; expected finite numbers, two raters or more on two things or more"
        )
    x = x - x.min()  # ratings that are all alike are 0 to the last bit
    (k, n), mean = x.shape, x.mean()
    things = k * ((x.mean(axis=0) - mean) ** 2).sum() / (n - 1)
    raters = n * ((x.mean(axis=1) - mean) ** 2).sum() / (k - 1)
    rest = x - x.mean(axis=0) - x.mean(axis=1, keepdims=True) + mean
    error = (rest**2).sum() / ((n - 1) * (k - 1))
    below = things + (k - 1) * error + k * (raters - error) / n
    return float((things - error) / below) if below > 0 else float("nan")
