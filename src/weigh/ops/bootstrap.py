"""The bootstrap of a mean whose members come in clusters: bias-corrected and accelerated (BCa)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import InputError
from weigh.core.stats import Interval

N_RESAMPLES = 9999
CELLS = 4_000_000  # numbers drawn at a time
TINY = 1e-12


def bca_mean(
    sums: ArrayLike,
    sizes: ArrayLike,
    *,
    rng: np.random.Generator,
    n_resamples: int = N_RESAMPLES,
    level: float = 0.95,
) -> Interval:
    """Mean over all members of all clusters, with the BCa interval that draws whole clusters.

    m = Σ_c sums_c / Σ_c sizes_c; clusters are drawn with replacement, as members of one are not independent. With sizes
    of 1 this is the plain bootstrap of a mean.

    Parameters
    ----------
    sums : array of float, shape (n_clusters,)
        Sum over each cluster's members.
    sizes : array of float, shape (n_clusters,)
        Number, or weight, of its members, above 0.
    rng : numpy.random.Generator
        Source of the draws.
    n_resamples : int
        Draws, 2 or more.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        In the unit of `sums`. With one cluster the ends are NaN, as its spread is unknown; where all clusters have one
        mean they are that mean.

    Raises
    ------
    InputError
        No clusters, arrays of different length, NaN, a size that is not above 0, a level outside (0, 1), or too few
        draws.

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.

    Examples
    --------
    >>> found = bca_mean([1.0, 4.0, 2.0, 7.0], [2, 4, 2, 4], rng=np.random.default_rng(0))
    >>> round(found.estimate, 4), bool(found.low < found.estimate < found.high)
    (1.1667, True)
    """
    from scipy import stats

    total, size = np.asarray(sums, dtype=float), np.asarray(sizes, dtype=float)
    if total.ndim != 1 or total.shape != size.shape or not len(total):
        raise InputError(f"sums have shape {total.shape} and sizes {size.shape}; expected one of each a cluster")
    if not (np.isfinite(total).all() and np.isfinite(size).all() and (size > 0).all()):
        raise InputError("sums and sizes must be finite, and sizes above 0; leave empty clusters out")
    if not 0 < level < 1 or n_resamples < 2:
        raise InputError(
            f"level is {level!r} and n_resamples {n_resamples!r}; expected 0 < level < 1 and 2 or more draws"
        )
    mean = float(total.sum() / size.sum())
    if len(total) == 1:
        return Interval(mean, float("nan"), float("nan"))
    if np.ptp(total / size) <= TINY * (1 + abs(mean)):
        return Interval(mean, mean, mean)

    def ratio(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
        return a.sum(axis=axis) / b.sum(axis=axis)

    drawn = stats.bootstrap(
        (total, size), ratio, paired=True, vectorized=True, n_resamples=n_resamples, confidence_level=level, rng=rng,
        method="percentile", batch=max(1, CELLS // len(total)),
    )  # fmt: skip
    low, high = (float(end) for end in drawn.confidence_interval)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # where BCa has no value, as all draws lie on one side, percentiles stand
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        corrected = stats.bootstrap(
            (total, size), ratio, paired=True, vectorized=True, n_resamples=0, confidence_level=level, method="BCa",
            bootstrap_result=drawn,
        ).confidence_interval  # fmt: skip
    if np.isfinite(corrected.low) and np.isfinite(corrected.high):
        low, high = float(corrected.low), float(corrected.high)
    return Interval(mean, min(low, mean), max(high, mean))
