"""How alike several judges' utilities are, and a map on which alike ones lie close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import correlation_interval

Array = NDArray[np.float64]


class Convergence(NamedTuple):
    """How alike utilities of the same outcomes are.

    Attributes
    ----------
    cosine, correlation : array of float, shape (k, k)
        Between each two; NaN where one does not vary.
    low, high : array of float, shape (k, k)
        95 % interval of the correlation.
    spread : array of float, shape (n,)
        SD of each outcome's standardised utility over those who vary.
    mean : float
        Mean correlation over pairs.
    """

    cosine: Array
    correlation: Array
    low: Array
    high: Array
    spread: Array
    mean: float


class UtilityMap(NamedTuple):
    """Where utilities lie on the plane of their two largest components.

    Attributes
    ----------
    points : array of float, shape (k, 2)
        Coordinates; the centre is the mean of all.
    explained : array of float, shape (2,)
        Share of the variance between them that each axis holds.
    directions : array of float, shape (2, n)
        Each axis in terms of the outcomes; unit length, its largest part above 0.
    distance : array of float, shape (k, k)
        Root mean squared difference in all dimensions, in the utilities' unit.
    """

    points: Array
    explained: Array
    directions: Array
    distance: Array


def convergence(utilities: Sequence[ArrayLike]) -> Convergence:
    """Cosines, correlations and spread of utilities of the same outcomes.

    cos(u, v) = u·v / (|u| |v|); of utilities with mean 0 it is the correlation.

    Parameters
    ----------
    utilities : sequence of array of float, shape (n,)
        One a judge, two or more, of the same outcomes in one order.

    Returns
    -------
    Convergence

    Raises
    ------
    InputError
        Fewer than two judges or two outcomes, different outcomes, or NaN.

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640.

    Examples
    --------
    >>> found = convergence([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0]])
    >>> round(float(found.cosine[0, 1]), 6), round(found.mean, 6)
    (1.0, 1.0)
    """
    u = _stacked(utilities)
    n = u.shape[1]
    cosine, correlation = _normed(u), _normed(u - u.mean(axis=1, keepdims=True))
    bounds = correlation_interval(np.where(np.isfinite(correlation), correlation, 0.0), n)
    known = np.isfinite(correlation)
    low, high = np.where(known, bounds.low, -1.0), np.where(known, bounds.high, 1.0)
    varies = np.isfinite(np.diag(correlation))
    z = (u[varies] - u[varies].mean(axis=1, keepdims=True)) / u[varies].std(axis=1, keepdims=True)
    spread = z.std(axis=0) if len(z) else np.full(n, np.nan)
    pairs = correlation[np.triu_indices(len(u), 1)]
    mean = float(pairs[np.isfinite(pairs)].mean()) if np.isfinite(pairs).any() else float("nan")
    return Convergence(cosine, correlation, low, high, spread, mean)


def utility_map(utilities: Sequence[ArrayLike]) -> UtilityMap:
    """Principal components of utilities, in two dimensions.

    U − mean over judges = A S Bᵀ; points = A S over the two largest singular values.

    Parameters
    ----------
    utilities
        As in `convergence`, with the same errors.

    Returns
    -------
    UtilityMap

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640.
    """
    u = _stacked(utilities)
    left, size, right = np.linalg.svd(u - u.mean(axis=0), full_matrices=False)
    points, directions, explained = np.zeros((len(u), 2)), np.zeros((2, u.shape[1])), np.zeros(2)
    total = float((size**2).sum())
    for axis in range(min(2, len(size))):
        if size[axis] <= 1e-12 * (1 + np.abs(u).max()):
            continue
        # the sign of an axis is arbitrary: its largest part points up
        sign = np.sign(right[axis, np.argmax(np.abs(right[axis]))])
        points[:, axis], directions[axis] = sign * left[:, axis] * size[axis], sign * right[axis]
        explained[axis] = size[axis] ** 2 / total
    distance = np.sqrt(((u[:, None] - u[None, :]) ** 2).mean(axis=2))
    return UtilityMap(points, explained, directions, distance)


def _stacked(utilities: Sequence[ArrayLike]) -> Array:
    rows = [np.asarray(one, dtype=float) for one in utilities]
    if len(rows) < 2 or any(row.ndim != 1 or row.shape != rows[0].shape for row in rows) or len(rows[0]) < 2:
        raise InputError(
            f"a comparison needs two or more judges' utilities of the same two or more outcomes; got {len(rows)} with "
            f"shapes {[row.shape for row in rows]}"
        )
    u = np.stack(rows)
    if not np.isfinite(u).all():
        raise InputError("utilities hold NaN or an infinity; leave those outcomes out for all judges")
    return u


def _normed(u: Array) -> Array:
    length = np.sqrt((u**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.clip(u @ u.T / np.outer(length, length), -1.0, 1.0)
    found[length <= 1e-12] = np.nan
    found[:, length <= 1e-12] = np.nan
    return found
