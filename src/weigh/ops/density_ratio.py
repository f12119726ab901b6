"""How much likelier a row is in one population than in another, and how many rows are left once it is weighed so.

Rows of the source with weights r(x) = p_target(x) / p_source(x) stand for the target. The ratio needs neither density:
a classifier that tells the two populations apart has it in its odds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

NEVER = 1e-12


def ratio_of_probability(p_target: ArrayLike, n_source: int, n_target: int) -> Array:
    """Density ratio from the probability that a row is of the target.

    r = p / (1 − p) · n_source / n_target, n being the rows that the classifier was trained on.

    Parameters
    ----------
    p_target : array of float
        From 0 to 1; brought into [1e-12, 1 − 1e-12].
    n_source, n_target : int
        Rows of each that the classifier was trained on, 1 or more.

    Raises
    ------
    InputError
        A probability out of range, NaN, or no rows.

    References
    ----------
    Sugiyama, M., Suzuki, T. & Kanamori, T. (2012). Density ratio estimation in machine learning, ch. 4.

    Examples
    --------
    >>> ratio_of_probability([0.5, 0.8], 100, 200).round(6).tolist()
    [0.5, 2.0]
    """
    p = np.asarray(p_target, dtype=float)
    if not np.all((p >= 0) & (p <= 1)) or n_source < 1 or n_target < 1:
        raise InputError(
            f"a ratio needs probabilities from 0 to 1 and rows of both; got {n_source} and {n_target} rows"
        )
    p = np.clip(p, NEVER, 1 - NEVER)
    return p / (1 - p) * (n_source / n_target)


def ratio_of_counts(source: ArrayLike, target: ArrayLike) -> Array:
    """Density ratio of rows of few distinct kinds, by counting.

    r(x) = (n_target(x) / n_target) / (n_source(x) / n_source).

    Parameters
    ----------
    source : array, shape (n, d)
        Rows; the ratio is given at these.
    target : array, shape (m, d)
        Rows.

    Returns
    -------
    array of float, shape (n,)
        0 where the target has no such row.

    Raises
    ------
    InputError
        No rows, or another number of columns.
    """
    here, there = np.asarray(source), np.asarray(target)
    if here.ndim != 2 or there.ndim != 2 or here.shape[1] != there.shape[1] or not len(here) or not len(there):
        raise InputError(f"source has shape {here.shape} and target {there.shape}; expected rows with the same columns")
    kinds, kind = np.unique(np.concatenate([here, there]), axis=0, return_inverse=True)
    kind = kind.ravel()
    n_here = np.bincount(kind[: len(here)], minlength=len(kinds))
    n_there = np.bincount(kind[len(here) :], minlength=len(kinds))
    at = kind[: len(here)]
    return n_there[at] / n_here[at] * (len(here) / len(there))


def conditional_ratio(joint: ArrayLike, given: ArrayLike) -> Array:
    """Ratio of conditional densities, r(x | z) = r(x, z) / r(z).

    Parameters
    ----------
    joint, given : array of float, shape (n,)
        r(x, z) and r(z), 0 or more.

    Returns
    -------
    array of float, shape (n,)
        1 where r(z) is 0: the target never shows such z, so nothing is known of x given it.

    Raises
    ------
    InputError
        Shapes that differ, NaN, or a ratio below 0.
    """
    top, bottom = np.asarray(joint, dtype=float), np.asarray(given, dtype=float)
    if top.shape != bottom.shape or not ((top >= 0).all() and (bottom >= 0).all()):
        raise InputError(f"ratios have shapes {top.shape} and {bottom.shape}; expected one, and numbers of 0 or more")
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), 1.0)


def effective_sample_size(weights: ArrayLike) -> Array:
    """How many equal rows tell as much as these weighted ones, (Σw)² / Σw².

    Parameters
    ----------
    weights : array of float, shape (..., n)
        0 or more.

    Returns
    -------
    array of float, shape (...)
        From 1 to n; 0 where all weights are 0.

    Raises
    ------
    InputError
        No weights, a negative one, or one that is not finite.

    References
    ----------
    Kish, L. (1965). Survey sampling, §11.7.

    Examples
    --------
    >>> effective_sample_size([1, 1, 1, 1]).tolist(), effective_sample_size([1, 0, 0, 0]).tolist()
    (4.0, 1.0)
    """
    w = np.asarray(weights, dtype=float)
    if w.ndim == 0 or not w.size or not np.isfinite(w).all() or w.min() < 0:
        raise InputError(f"weights have shape {w.shape}; expected one finite number or more, each 0 or more")
    peak = w.max(axis=-1, keepdims=True)
    w = w / np.where(peak > 0, peak, 1.0)
    squares = (w**2).sum(axis=-1)
    return w.sum(axis=-1) ** 2 / np.where(squares > 0, squares, 1.0)
