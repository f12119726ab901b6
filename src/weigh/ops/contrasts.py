"""From evidence for one option against another to a value for each thing that the options serve.

Row i of a design matrix opposes value a to value b (+1 and −1); y_i is the evidence for the first option. The model is
y = X θ + C β + e with Σθ = 0 and covariates C (fluency, length) that must not be mistaken for value. Minimum-norm least
squares, without a ridge: a shrunken estimate would carry a false interval. Pure functions on numpy arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]


class Fit(NamedTuple):
    """Least-squares profile of k values from n rows.

    Attributes
    ----------
    theta : array, shape (k,)
        Values, summing to zero.
    cov : array, shape (k, k)
        Covariance of theta under heteroscedastic errors (HC3).
    low, high : array, shape (k,)
        Student-t interval.
    dof : int
        Its degrees of freedom.
    beta : array, shape (c,)
        Coefficients of the covariates.
    weights : array, shape (k, n)
        theta = weights @ y.
    """

    theta: Array
    cov: Array
    low: Array
    high: Array
    dof: int
    beta: Array
    weights: Array


def pair_design(pairs: Sequence[tuple[int, int]], n_values: int) -> Array:
    """Design matrix whose row i has +1 at `pairs[i][0]` and −1 at `pairs[i][1]`.

    Parameters
    ----------
    pairs : sequence of (int, int)
        Indices of the two values that a row opposes.
    n_values : int
        Number of values k.

    Returns
    -------
    array, shape (n, k)

    Raises
    ------
    InputError
        A row opposes a value to itself.
    """
    index = np.asarray(pairs, dtype=np.intp).reshape(-1, 2)
    if np.any(index[:, 0] == index[:, 1]):
        row = int(np.flatnonzero(index[:, 0] == index[:, 1])[0])
        raise InputError(f"row {row} opposes value {index[row, 0]} to itself; a dilemma needs two different values")
    design = np.zeros((len(index), n_values))
    rows = np.arange(len(index))
    design[rows, index[:, 0]] = 1.0
    design[rows, index[:, 1]] = -1.0
    return design


def fit_contrasts(y: Array, design: Array, covariates: Array | None = None, *, level: float = 0.95) -> Fit:
    """Least squares of evidence on opposed values, with HC3 intervals.

    A = pinv([X C]), h = diag([X C] A), Var θ_v = Σ_i A_vi² (e_i / (1 − h_i))², t with n − rank degrees. One row a
    dilemma: whatever was asked several times is averaged before.

    Parameters
    ----------
    y : array, shape (n,)
        Evidence for the first option of each row.
    design : array, shape (n, k)
        From `pair_design`.
    covariates : array, shape (n, c), optional
        Nuisance differences; scaled by the caller or not, theta is the same.
    level : float
        Coverage of the interval, in (0, 1).

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        Fewer rows than parameters, NaN, or shapes that do not match.

    References
    ----------
    MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix estimators with improved
    finite sample properties. Journal of Econometrics 29.
    """
    from scipy.special import stdtrit

    full = _checked(y, design, covariates)
    inverse = np.linalg.pinv(full)
    rank = int(np.linalg.matrix_rank(full))
    dof = len(y) - rank
    if dof < 1:
        raise InputError(f"{len(y)} dilemmas cannot carry {rank} parameters; give at least {rank + 1}")
    coefficients = inverse @ y
    leverage = np.einsum("ij,ji->i", full, inverse)
    # a row with leverage 1 is fitted exactly whatever it says, so its own error cannot be seen: HC3 has no answer there
    spread = np.divide(y - full @ coefficients, 1.0 - leverage, out=np.zeros(len(y)), where=leverage < 1.0 - 1e-9)
    k = design.shape[1]
    weights = inverse[:k].astype(np.float64)
    half = weights * spread
    cov = half @ half.T
    width = stdtrit(dof, 0.5 + level / 2) * np.sqrt(np.diag(cov))
    theta = coefficients[:k]
    return Fit(theta, cov, theta - width, theta + width, dof, coefficients[k:], weights)


def permutation_p(
    y: Array, design: Array, covariates: Array | None = None, *, n_permutations: int = 2000, rng: np.random.Generator
) -> float:
    """Probability of so strong a profile if the labels of the values meant nothing.

    The covariates are taken out of y; the statistic is the F of the design; the null permutes the value pairs over the
    rows and flips their signs. Permuting rows of X is permuting y the other way, and F rises with ‖Hy‖², so one basis
    of the design serves all permutations.

    Parameters
    ----------
    y, design, covariates
        As in `fit_contrasts`.
    n_permutations : int
        Draws from the null.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    float
        In [1 / (n_permutations + 1), 1].

    Raises
    ------
    InputError
        No rows, NaN, or shapes that do not match.
    """
    _checked(y, design, covariates)
    rest = y - covariates @ (np.linalg.pinv(covariates) @ y) if covariates is not None else y
    left, singular, _ = np.linalg.svd(design, full_matrices=False)
    basis = left[:, singular > singular[0] * 1e-10]
    seen = np.sum((basis.T @ rest) ** 2)
    null = np.empty((len(y), n_permutations))
    for column in range(n_permutations):
        null[:, column] = rest[rng.permutation(len(y))]
    null *= rng.choice([-1.0, 1.0], size=null.shape)
    drawn = np.sum((basis.T @ null) ** 2, axis=0)
    return float((1 + np.count_nonzero(drawn >= seen * (1 - 1e-12))) / (n_permutations + 1))


def split_half(
    y: Array, design: Array, covariates: Array | None = None, *, n_splits: int = 200, rng: np.random.Generator
) -> float:
    """Reliability of the profile: mean correlation of the profiles of random halves, stepped up by Spearman and Brown.

    The covariates' share, estimated once on all rows, is taken out first; two extra parameters in each half would only
    add noise to the halves that the whole does not have.

    Parameters
    ----------
    y, design, covariates
        As in `fit_contrasts`.
    n_splits : int
        Random halvings.
    rng : numpy.random.Generator
        Source of the halvings.

    Returns
    -------
    float
        At most 1; NaN with fewer than 4 rows.
    """
    if len(y) < 4:
        return float("nan")
    rest = y - covariates @ fit_beta(y, design, covariates) if covariates is not None else y
    found = []
    for _ in range(n_splits):
        order = rng.permutation(len(y))
        halves = [np.linalg.pinv(design[part]) @ rest[part] for part in (order[: len(y) // 2], order[len(y) // 2 :])]
        found.append(pearson(*halves))
    mean = float(np.nanmean(found)) if not np.all(np.isnan(found)) else float("nan")
    return 2 * mean / (1 + mean) if mean > -1 else float("nan")


def fit_beta(y: Array, design: Array, covariates: Array) -> Array:
    """Coefficients of the covariates beside the design.

    Parameters
    ----------
    y, design, covariates
        As in `fit_contrasts`.

    Returns
    -------
    array, shape (c,)
    """
    return (np.linalg.pinv(np.column_stack([design, covariates])) @ y)[design.shape[1] :]


def missing_bounds(theta: Array, weights: Array, missing: Sequence[int], largest: float) -> tuple[Array, Array]:
    """Where the values could lie if the missing rows had been answered as unkindly as possible.

    Parameters
    ----------
    theta : array, shape (k,)
        Values with each missing row counted as zero evidence.
    weights : array, shape (k, n)
        theta = weights @ y over all rows, the missing ones included.
    missing : sequence of int
        Their indices.
    largest : float
        Strongest evidence that a row can show.

    Returns
    -------
    low, high : array, shape (k,)
    """
    reach = np.abs(weights[:, list(missing)]).sum(axis=1) * largest
    return theta - reach, theta + reach


def pearson(a: Array, b: Array) -> float:
    """Correlation of two vectors.

    Parameters
    ----------
    a, b : array, shape (n,)
        Paired numbers.

    Returns
    -------
    float
        In [-1, 1]; NaN where one of them does not vary.
    """
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 1e-12 else float("nan")


def true_correlation(profiles: Sequence[Array], covs: Sequence[Array]) -> float:
    """Mean correlation between profiles, corrected for the noise of each.

    r = mean cov(θ_a, θ_b) / mean true variance, with true variance = var(θ_a) − mean noise variance of θ_a about its
    own mean. Averaged before the division, as a ratio of noisy variances has no mean, and kept within [−1, 1], as a
    small true variance is easily underestimated.

    Parameters
    ----------
    profiles : sequence of array, shape (k,)
        One profile a group, each summing to zero.
    covs : sequence of array, shape (k, k)
        Sampling covariance of each.

    Returns
    -------
    float
        In [−1, 1]; NaN with fewer than two profiles, or where neither true variance nor agreement is left.
    """
    if len(profiles) < 2:
        return float("nan")
    k = len(profiles[0])
    shared = [float(a @ b) / k for i, a in enumerate(profiles) for b in profiles[i + 1 :]]
    true = [float(theta @ theta - np.trace(cov)) / k for theta, cov in zip(profiles, covs, strict=True)]
    agreement, variance = float(np.mean(shared)), float(np.mean(true))
    if variance > 1e-12:
        return float(np.clip(agreement / variance, -1.0, 1.0))
    return 1.0 if agreement > 1e-12 else float("nan")


def _checked(y: Array, design: Array, covariates: Array | None) -> Array:
    if len(y) == 0:
        raise InputError("there are no answered dilemmas to fit; check that the answers and the bank belong together")
    if len(design) != len(y) or (covariates is not None and len(covariates) != len(y)):
        raise InputError(f"y has {len(y)} rows, the design {len(design)}; they must match")
    full = design if covariates is None else np.column_stack([design, covariates])
    if not (np.all(np.isfinite(full)) and np.all(np.isfinite(y))):
        raise InputError("evidence or covariates hold NaN or infinity; drop the unanswered dilemmas first")
    return full
