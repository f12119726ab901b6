"""What models of strength share: the two links, priors and what they need, and errors within sums of zero.

A strength is known up to a shift of its component. The normal prior ½ · prior · Σ μ² takes that freedom away, and where
there is none, components are centred; errors are those within sums of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.comparison_graph import Linkage
from weigh.ops.newton import Operator

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

PRIOR = 0.01
DENSE = 3000  # items above which no covariance is made


class Bend(NamedTuple):
    """Minus the log-likelihood at z: its sum, and each pair's first, second and expected second derivative."""

    loss: float
    slope: Array
    curvature: Array
    information: Array


Link = Callable[[Array, Array, Array], Bend]


def sums(index: Indices, each: Array, n: int) -> Array:
    """Σ of `each` by index.

    Parameters
    ----------
    index : array of int, shape (m,)
        From 0 to n − 1.
    each : array, shape (m,)
        What is summed.
    n : int
        Length of the result.

    Returns
    -------
    array, shape (n,)
    """
    return np.asarray(np.bincount(index, each, n), dtype=np.float64)


def logistic(z: Array, y: Array, w: Array) -> Bend:
    """The logistic link, p = 1 / (1 + e^−z).

    Parameters
    ----------
    z, y, w : array, shape (m,)
        Difference of utilities, preference for left (0 to 1), weight.

    Returns
    -------
    Bend
    """
    from scipy.special import expit, log_expit

    p, q = expit(z), expit(-z)
    loss = -(w @ (y * log_expit(z) + (1 - y) * log_expit(-z)))
    return Bend(float(loss), w * ((1 - y) * p - y * q), w * p * q, w * p * q)


def probit(z: Array, y: Array, w: Array) -> Bend:
    """The normal link, p = Φ(z).

    Parameters
    ----------
    z, y, w : array, shape (m,)
        Difference of utilities in units of its noise, preference for left (0 to 1), weight.

    Returns
    -------
    Bend
    """
    from scipy.special import ndtr

    far_out, up = np.abs(z), z > 0
    small = ndtr(-far_out)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    # φ(z) / Φ(−|z|); where both run out of numbers, its asymptotic series
    is_far = far_out > 30.0
    a = np.where(is_far, far_out, 30.0)
    small_ratio = np.where(is_far, a + 1 / a - 2 / a**3 + 10 / a**5, density / np.where(is_far, 1.0, small))
    log_small = np.where(
        is_far, -z * z / 2 - np.log(np.sqrt(2 * np.pi) * small_ratio), np.log(np.where(is_far, 1.0, small))
    )
    log_large, large_ratio = np.log1p(-small), density / (1 - small)
    # φ/Φ at z and at −z
    at, against = np.where(up, large_ratio, small_ratio), np.where(up, small_ratio, large_ratio)
    y_large = np.where(up, y, 1 - y)
    loss = -(w @ (y_large * log_large + (1 - y_large) * log_small))
    slope = w * ((1 - y) * against - y * at)
    curvature = w * (y * at * (z + at) + (1 - y) * against * (against - z))
    return Bend(float(loss), slope, curvature, w * at * against)


def check_prior(prior: float, linked: Linkage) -> None:
    """Refuse a prior that is none where the evidence alone has no finite optimum.

    Parameters
    ----------
    prior : float
        Precision, 0 or more.
    linked : Linkage
        Of the evidence.

    Raises
    ------
    InputError
        It is negative or not finite; or 0 while some items never lose to the rest of their component.
    """
    if not (np.isfinite(prior) and prior >= 0):
        raise InputError(f"prior is {prior!r}; expected a finite number, 0 or more")
    if prior == 0 and not linked.bounded:
        raise InputError(
            f"some items always win against the rest (wins link {linked.n_strong} groups, comparisons "
            f"{linked.n_components}), so that no finite strengths fit best without a prior: give one above 0, such as "
            f"{PRIOR}, or more comparisons"
        )


def laplacian(a: Indices, b: Indices, h: Array, n: int) -> Array:
    """Σ h (e_a − e_b)(e_a − e_b)ᵀ.

    Parameters
    ----------
    a, b : array of int, shape (m,)
        The two items of each pair.
    h : array, shape (m,)
        Its information.
    n : int
        Number of items.

    Returns
    -------
    array, shape (n, n)
    """
    half = sums(a * n + b, h, n * n).reshape(n, n)
    full = -(half + half.T)
    full[np.diag_indices(n)] -= full.sum(axis=1)
    return full


def by_diagonal(diagonal: Array) -> Operator:
    """r -> M⁻¹ r with M diagonal; zeros, as of an item that was never compared, are lifted.

    Parameters
    ----------
    diagonal : array, shape (n,)
        Of the Hessian, 0 or more.
    """
    lifted = diagonal + 1e-6 * (diagonal.mean() + 1e-12)
    return lambda r: r / lifted


def inverse_on_sums(information: Array, linked: Linkage, prior: float) -> Array:
    """Covariance within the space where each component sums to zero.

    Parameters
    ----------
    information : array, shape (n, n)
        Of the evidence; shifts of whole components are its null space.
    linked : Linkage
        Of the evidence.
    prior : float
        Precision.

    Returns
    -------
    array, shape (n, n)
        Its rows sum to zero over each component; with a prior of 0 the pseudo-inverse of the information.
    """
    n = len(information)
    same = linked.same()
    # shifts are held while the matrix is inverted, and taken out again
    hold = float(np.trace(information)) / n + 1e-12
    matrix = information + hold * same
    matrix[np.diag_indices(n)] += prior
    return inverse(matrix) - same / (prior + hold)


def inverse(matrix: Array) -> Array:
    """The inverse of a symmetric positive matrix.

    Parameters
    ----------
    matrix : array, shape (n, n)
        Symmetric, and positive but for rounding: directions of which nothing is known get a variance that says so.

    Returns
    -------
    array, shape (n, n)
        Symmetric to the last digit.
    """
    from scipy.linalg import cho_factor, get_lapack_funcs

    (potri,) = get_lapack_funcs(("potri",), (matrix,))
    try:
        lower = np.tril(potri(cho_factor(matrix, lower=True, check_finite=False)[0], lower=True)[0])
    except np.linalg.LinAlgError:
        known, ways = np.linalg.eigh(matrix)
        lower = np.tril((ways / np.maximum(known, 1e-15 * known[-1])) @ ways.T)
    return lower + np.tril(lower, -1).T


def centred(u: Array, linked: Linkage) -> Array:
    """Utilities of mean zero in each component.

    Parameters
    ----------
    u : array, shape (n,)
        Utilities.
    linked : Linkage
        Of the evidence.

    Returns
    -------
    array, shape (n,)
    """
    counts = np.bincount(linked.component)
    level = u - (sums(linked.component, u, len(counts)) / counts)[linked.component]
    # what is only rounding would be printed as -5e-17
    return np.where(np.abs(level) < 1e-13, 0.0, level)
