"""The Best–Worst Method: weights from two rows of comparisons a person, with the best and with the worst criterion.

A_B says how many times the best criterion counts against each (1 to 9), A_W how many times each counts against the
worst. Read as counts of a multinomial, A_B speaks for 1/w and A_W for w. People's weights vary about common ones by a
Dirichlet distribution, whose concentration says how much they agree.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.log_ratios import clr, clr_inverse, ilr_basis

Array = NDArray[np.float64]

PRIOR = (0.01, 0.01)


def geometric_weights(best: ArrayLike, worst: ArrayLike) -> Array:
    """Each person's weights by the geometric mean of what both rows say.

    w = C(√(C(1/A_B) · C(A_W))); the two rows are equal in the logarithm where a person is consistent.

    Parameters
    ----------
    best, worst : array of float, shape (..., n)
        A_B and A_W, 1 or more.

    Returns
    -------
    array of float, shape (..., n)
        Shares.

    Raises
    ------
    InputError
        Shapes that differ, or numbers below 1.

    Examples
    --------
    >>> geometric_weights([1, 4], [4, 1]).tolist()
    [0.8, 0.2]
    """
    a_b, a_w = _rows(best, worst)
    return clr_inverse((clr(a_w) - clr(a_b)) / 2)


def inconsistency(best: ArrayLike, worst: ArrayLike) -> Array:
    """How far a person's two rows contradict each other.

    max_j |A_Bj A_jW − A_BW| / (A_BW² − A_BW): 0 where going by way of j always gives what was said of best against
    worst, 1 at most on the scale used.

    Parameters
    ----------
    best, worst : array of float, shape (..., n)
        A_B and A_W, 1 or more.

    Returns
    -------
    array of float, shape (...)
        0 where best and worst count the same.

    Raises
    ------
    InputError
        As in `geometric_weights`.

    References
    ----------
    Liang, F., Brunelli, M. & Rezaei, J. (2020). Consistency issues in the best worst method. Omega 96, 102175.

    Examples
    --------
    >>> float(inconsistency([1, 2, 8], [8, 3, 1]).round(4))
    0.0357
    """
    a_b, a_w = _rows(best, worst)
    span = a_b.max(axis=-1)
    off = np.abs(a_b * a_w - span[..., None]).max(axis=-1)
    return np.where(span > 1, off / np.where(span > 1, span**2 - span, 1.0), 0.0)


def log_posterior(
    best: ArrayLike, worst: ArrayLike, *, prior: tuple[float, float] = PRIOR
) -> tuple[Callable[[Array], tuple[Array, Array]], Callable[[Array], tuple[Array, Array, Array]], Array]:
    """The density of all weights, its reading, and where to begin.

    A_B[k] ~ Multinomial(C(1/w_k)), A_W[k] ~ Multinomial(w_k), w_k ~ Dirichlet(γ w*), γ ~ Gamma(prior), w* uniform.
    Coordinates are ilr(w*), log γ and ilr(w_1) … ilr(w_K); the density is that of the coordinates.

    Parameters
    ----------
    best, worst : array of float, shape (k, n)
        A_B and A_W, 1 or more.
    prior : (float, float)
        Shape and rate of γ's prior, above 0.

    Returns
    -------
    density : callable
        x of shape (c, d) -> (log density, its gradient), d = (k + 1)(n − 1) + 1.
    read : callable
        x -> (w* (c, n), γ (c,), w (c, k, n)).
    start : array, shape (d,)
        A likely place.

    Raises
    ------
    InputError
        As in `geometric_weights`; also a prior that is not above 0.

    References
    ----------
    Mohammadi, M. & Rezaei, J. (2020). Bayesian best-worst method: a probabilistic group decision making model. Omega
    96, 102075.
    """
    from scipy.special import gammaln, psi

    a_b, a_w = _rows(best, worst)
    shape, rate = prior
    if a_b.ndim != 2 or not (shape > 0 and rate > 0):
        raise InputError(f"the rows have shape {a_b.shape} and the prior is {prior}; expected (k, n), and above 0")
    k, n = a_b.shape
    basis, total = ilr_basis(n), a_b.sum(axis=-1)

    def split(x: Array) -> tuple[Array, Array, Array]:
        z, own = x[:, : n - 1], x[:, n:].reshape(len(x), k, n - 1)
        return _log_shares(z @ basis.T), x[:, n - 1], _log_shares(own @ basis.T)

    def density(x: Array) -> tuple[Array, Array]:
        log_common, log_gamma, log_own = split(x)
        common, gamma, own = np.exp(log_common), np.exp(log_gamma), np.exp(log_own)
        alpha = gamma[:, None] * common
        against = np.exp(-log_own - (-log_own).max(axis=-1, keepdims=True))
        against_sum = against.sum(axis=-1, keepdims=True)
        log_against = np.log(against_sum[..., 0]) + (-log_own).max(axis=-1)
        said = log_own.sum(axis=1)
        value = (
            np.einsum("kj,ckj->c", a_w - a_b, log_own) - log_against @ total
            + k * (gammaln(gamma) - gammaln(alpha).sum(axis=-1)) + ((alpha - 1) * said).sum(axis=-1)
            + said.sum(axis=-1)  # from shares to their coordinates
            + shape * log_gamma - rate * gamma + log_common.sum(axis=-1)
        )  # fmt: skip
        slope_own = a_w - a_b + total[:, None] * against / against_sum + alpha[:, None, :]
        pull = said - k * psi(alpha)
        slope_common = alpha * pull + 1
        slope_gamma = gamma * (k * psi(gamma) + (common * pull).sum(axis=-1)) + shape - rate * gamma
        gradient = np.empty_like(x)
        gradient[:, : n - 1] = _along(slope_common, common) @ basis
        gradient[:, n - 1] = slope_gamma
        gradient[:, n:] = (_along(slope_own, own) @ basis).reshape(len(x), -1)
        return value, gradient

    def read(x: Array) -> tuple[Array, Array, Array]:
        log_common, log_gamma, log_own = split(x)
        return np.exp(log_common), np.exp(log_gamma), np.exp(log_own)

    z = clr(geometric_weights(a_b, a_w)) @ basis
    return density, read, np.concatenate([z.mean(axis=0), [np.log(5.0 * n)], z.ravel()])


def _along(slope: Array, shares: Array) -> Array:
    # from the slope by log w to that by the log-ratios, as shares sum to 1
    return slope - shares * slope.sum(axis=-1, keepdims=True)


def _log_shares(z: Array) -> Array:
    # scipy's logsumexp spends four fifths of a draw's time on what its arrays are
    over = z - z.max(axis=-1, keepdims=True)
    return over - np.log(np.exp(over).sum(axis=-1, keepdims=True))


def _rows(best: ArrayLike, worst: ArrayLike) -> tuple[Array, Array]:
    a_b, a_w = np.asarray(best, dtype=float), np.asarray(worst, dtype=float)
    if a_b.shape != a_w.shape or not a_b.size or a_b.ndim == 0 or a_b.shape[-1] < 2:
        raise InputError(f"best and worst have shapes {a_b.shape} and {a_w.shape}; expected one (..., n), n from 2 up")
    if not (np.isfinite(a_b).all() and np.isfinite(a_w).all() and min(a_b.min(), a_w.min()) >= 1):
        raise InputError("a comparison with the best or the worst is below 1; expected numbers from 1 (alike) up")
    return a_b, a_w
