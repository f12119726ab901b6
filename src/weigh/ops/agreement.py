"""How far raters who put the same things into classes agree, beyond what chance would give."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import InputError


class Agreement(NamedTuple):
    """Share of pairs of raters that agree, and Fleiss' κ; NaN where all ratings fall into one class."""

    observed: float
    kappa: float


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
