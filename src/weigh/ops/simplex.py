"""Shares: numbers above 0 of which only the ratios count, so that they may be written to sum to 1.

Aitchison's geometry is the one in which such numbers form a vector space: perturbation is its addition, powering its
multiplication, and log-ratios (`weigh.ops.log_ratios`) are its coordinates. In it the mean of several people's shares
does not change with the unit, and no correlation arises from the sum alone. Pure functions on numpy arrays, whose last
axis holds the parts of one whole.

Reference: Aitchison, J. (1986). The Statistical Analysis of Compositional Data. Chapman & Hall.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.location import blocks, checked_points
from weigh.ops.log_ratios import at_fault, clr, clr_inverse, finite_parts

Array = NDArray[np.float64]

REPLACED = 0.65  # of the detection limit; what distorts the covariance least (Martín-Fernández et al. 2003)


def closure(x: ArrayLike) -> Array:
    """Divide each whole by its sum.

    C(x) = x / Σ x.

    Parameters
    ----------
    x : array of float, shape (..., n)
        0 or more, not all 0 in any whole; n is 2 or more.

    Returns
    -------
    array of float, shape (..., n)
        Shares that sum to 1.

    Raises
    ------
    InputError
        Fewer than two parts, NaN, an infinity, a negative part, or a whole of zeros.

    Examples
    --------
    >>> closure([1.0, 3.0]).tolist()
    [0.25, 0.75]
    """
    parts = finite_parts(x)
    if parts.size and parts.min() < 0:
        raise at_fault(parts, parts < 0, "is negative; shares are 0 or more: leave that row out, or shift the scale")
    most = parts.max(axis=-1, keepdims=True)
    if parts.size and most.min() <= 0:
        raise InputError("a row holds nothing but 0, which has no shares; leave it out")
    # by the largest part first, so that sums of huge and of tiny numbers stay in range
    scaled = parts / most
    return scaled / scaled.sum(axis=-1, keepdims=True)


def perturb(x: ArrayLike, y: ArrayLike) -> Array:
    """Add in the geometry of shares.

    x ⊕ y = C(x₁y₁, …, xₙyₙ): a change of each part's unit. Its neutral element is equal shares.

    Parameters
    ----------
    x, y : array of float, shape (..., n), broadcast against each other
        Above 0.

    Returns
    -------
    array of float, shape (..., n)

    Raises
    ------
    InputError
        As in `clr`.

    Examples
    --------
    >>> perturb([0.5, 0.5], [1, 3]).tolist()
    [0.25, 0.75]
    """
    return clr_inverse(clr(x) + clr(y))


def power(x: ArrayLike, exponent: ArrayLike) -> Array:
    """Multiply in the geometry of shares.

    a ⊙ x = C(x₁ᵃ, …, xₙᵃ).

    Parameters
    ----------
    x : array of float, shape (..., n)
        Above 0.
    exponent : array of float, shape (...)
        One a whole.

    Returns
    -------
    array of float, shape (..., n)

    Raises
    ------
    InputError
        As in `clr`; also an exponent that is not finite.

    Examples
    --------
    >>> power([0.25, 0.75], 2).round(9).tolist()
    [0.1, 0.9]
    """
    a = np.asarray(exponent, dtype=float)
    if not np.isfinite(a).all():
        raise InputError(f"exponent is {exponent!r}; expected finite numbers")
    return clr_inverse(a[..., None] * clr(x))


def aitchison_distance(x: ArrayLike, y: ArrayLike) -> Array:
    """How far apart two wholes are.

    d(x, y) = ‖clr x − clr y‖ = √((1/2n) Σᵢ Σⱼ (log(xᵢ/xⱼ) − log(yᵢ/yⱼ))²).

    Parameters
    ----------
    x, y : array of float, shape (..., n), broadcast against each other
        Above 0.

    Returns
    -------
    array of float, shape (...)

    Raises
    ------
    InputError
        As in `clr`.

    Examples
    --------
    >>> float(aitchison_distance([1.0, 1.0], [1.0, np.e**2]).round(6))
    1.414214
    """
    difference = clr(x) - clr(y)
    return np.sqrt(np.einsum("...i,...i->...", difference, difference))


def replace_zeros(x: ArrayLike, detection_limit: float) -> Array:
    """Put something in the place of zeros that mean "too little to say".

    With δ = 0.65 · detection_limit, each 0 becomes δ and every other share is multiplied by 1 − Σ δ over its whole, so
    that ratios between parts that were above 0 stay as they are. A 0 that means "of no worth at all" has no log-ratio;
    no replacement is right for it.

    Parameters
    ----------
    x : array of float, shape (..., n)
        0 or more; it is closed first.
    detection_limit : float
        The smallest share that could have been told from 0, between 0 and 1.

    Returns
    -------
    array of float, shape (..., n)
        Shares above 0 that sum to 1.

    Raises
    ------
    InputError
        As in `closure`; also a limit outside (0, 1), or one that leaves nothing for the parts above 0.

    References
    ----------
    Martín-Fernández, J. A., Barceló-Vidal, C. & Pawlowsky-Glahn, V. (2003). Dealing with zeros and missing values in
    compositional data sets. Mathematical Geology 35, 253-278.

    Examples
    --------
    >>> replace_zeros([0.0, 0.5, 0.5], 0.1).round(4).tolist()
    [0.065, 0.4675, 0.4675]
    """
    shares = closure(x)
    if not 0 < detection_limit < 1:
        raise InputError(f"detection_limit is {detection_limit!r}; expected a share between 0 and 1, such as 0.01")
    none = shares == 0
    taken = REPLACED * detection_limit * none.sum(axis=-1, keepdims=True)
    if taken.size and taken.max() >= 1:
        raise InputError(f"detection_limit {detection_limit:g} would give zeros the whole of a row; give a smaller one")
    return np.where(none, REPLACED * detection_limit, shares * (1 - taken))


def variation_matrix(x: ArrayLike, weight: ArrayLike | None = None) -> Array:
    """How much each ratio of two parts varies between wholes.

    τᵢⱼ = Var_k log(x_kᵢ / x_kⱼ), weighted, with divisor Σ weight. It says what a standard deviation of raw shares
    cannot, as shares that sum to 1 must fall when another rises: 0 where two parts always stand in one ratio.

    Parameters
    ----------
    x : array of float, shape (k, n)
        Above 0, one whole a row.
    weight : array of float, shape (k,), optional
        0 or more, not all 0; 1 by default.

    Returns
    -------
    array of float, shape (n, n)
        Symmetric, with 0 on the diagonal.

    Raises
    ------
    InputError
        As in `clr` and `mean_location`.

    Examples
    --------
    >>> variation_matrix([[1.0, 1.0], [1.0, np.e**2]]).round(9).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    logs, a = checked_points(clr(x), weight)
    middle = a @ logs / a.sum()
    scatter = np.zeros((logs.shape[1],) * 2)
    for rows in blocks(*logs.shape):
        apart = logs[rows] - middle
        scatter += apart.T @ (a[rows, None] * apart)
    own = np.diag(scatter)
    found = np.maximum((own[:, None] + own[None, :] - scatter - scatter.T) / a.sum(), 0.0)
    np.fill_diagonal(found, 0.0)
    return (found + found.T) / 2


def total_variance(x: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The mean squared distance of wholes from their geometric centre.

    (1/k) Σ_k d²(x_k, centre) = (1/2n) Σᵢ Σⱼ τᵢⱼ.

    Parameters
    ----------
    x, weight
        As in `variation_matrix`.

    Raises
    ------
    InputError
        As in `variation_matrix`.

    Examples
    --------
    >>> round(total_variance([[1.0, 1.0], [1.0, np.e**2]]), 9)
    0.5
    """
    found = variation_matrix(x, weight)
    return float(found.sum() / (2 * len(found)))


def share_errors(z: ArrayLike, cov: ArrayLike, margin: float) -> tuple[Array, Array, Array]:
    """Errors of shares from those of their log-ratios, to first order.

    With w = C(exp z) and J = diag(w) − w wᵀ, the shares' covariance is J cov Jᵀ; each interval is
    logit w ± margin · √(J cov Jᵀ)ᵢᵢ / (wᵢ(1 − wᵢ)), so that it stays between 0 and 1.

    Parameters
    ----------
    z : array of float, shape (n,)
        Log-ratios, centred or not.
    cov : array of float, shape (n, n)
        Their covariance.
    margin : float
        Quantile that the interval reaches to, in standard errors.

    Returns
    -------
    low, high : array, shape (n,)
    covariance : array, shape (n, n)

    Raises
    ------
    InputError
        Log-ratios that are not finite.
    """
    w = clr_inverse(z)
    jacobian = np.diag(w) - np.outer(w, w)
    found = jacobian @ np.asarray(cov, dtype=float) @ jacobian.T
    found = (found + found.T) / 2
    rest = w * (1 - w)
    reach = np.exp(margin * np.sqrt(np.maximum(np.diag(found), 0.0)) / np.where(rest > 0, rest, 1.0))
    low, high = w / (w + (1 - w) * reach), w / (w + (1 - w) / reach)
    return np.minimum(low, w), np.maximum(high, w), found
