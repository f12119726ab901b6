"""How sure it is that one item is above another, for all pairs: a matrix of P(i above j).

Two Bayesian tests of the people's log-ratios z = log(wᵢ/wⱼ): a parametric one, by Student's t about a centre and its
covariance, and the signed-rank test, which asks for no distribution. P(i above j) + P(j above i) = 1; ties share.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.location import checked_points

Array = NDArray[np.float64]

TINY = 1e-12  # of log-ratios: differences below it are rounding
PRIOR = 0.5
DRAWS = 50_000
CELLS = 4_000_000  # numbers drawn at a time
MOST_DRAWN = 60


def parametric_order(z: ArrayLike, cov: ArrayLike | None, dof: float) -> Array:
    """P(i above j) from a centre of log-ratios and its covariance.

    P = T_dof((zᵢ − zⱼ)/√(Cᵢᵢ + Cⱼⱼ − 2Cᵢⱼ)). For the mean of k people with equal weights this is the posterior of μ
    under the prior 1/σ², t_{k−1}(z̄, s²/k). A difference without spread is certain, and 0 is a tie.

    Parameters
    ----------
    z : array of float, shape (n,)
        The centre.
    cov : array of float, shape (n, n), or None
        Covariance of its error; None where it is unknown, so that the sign alone speaks.
    dof : float
        Degrees of freedom, above 0 where there is a covariance.

    Returns
    -------
    array of float, shape (n, n)
        ½ on the diagonal.

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, or no degrees of freedom.

    Examples
    --------
    >>> parametric_order([1.0, 0.0], [[0.5, 0.0], [0.0, 0.5]], 5).round(3).tolist()
    [[0.5, 0.818], [0.182, 0.5]]
    """
    from scipy.special import stdtr

    centre = np.asarray(z, dtype=float)
    if centre.ndim != 1 or not centre.size or not np.isfinite(centre).all():
        raise InputError(f"the centre has shape {centre.shape}; expected one finite number an item")
    gap = centre[:, None] - centre[None, :]
    sure = np.where(np.abs(gap) <= TINY * (1 + np.abs(centre).max()), 0.5, (gap > 0).astype(float))
    if cov is None:
        return sure
    c = np.asarray(cov, dtype=float)
    if c.shape != gap.shape or not np.isfinite(c).all() or not dof > 0:
        raise InputError(f"cov has shape {c.shape} and dof is {dof}; expected {gap.shape}, finite, and dof above 0")
    own = np.diag(c)
    variance = own[:, None] + own[None, :] - c - c.T
    # what is left of equal numbers after subtraction is no spread
    known = variance > np.maximum(1e-13 * (own[:, None] + own[None, :]), TINY**2)
    found = np.where(known, stdtr(dof, gap / np.sqrt(np.where(known, variance, 1.0))), sure)
    # each pair once, so that both directions sum to 1 exactly
    upper = np.triu(found, 1)
    return upper + np.tril(1 - upper.T, -1) + 0.5 * np.eye(len(centre))


def signed_rank_order(
    z: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    prior: float = PRIOR,
    draws: int = DRAWS,
    rng: np.random.Generator,
) -> Array:
    """P(i above j) by the Bayesian signed-rank test, for all pairs.

    A Dirichlet process over people: weights ω ∝ a g with g ~ Exp(1), and for one pseudo-person without preference
    g ~ Gamma(prior). P is the probability of Σ_{kl} ω_k ω_l sign(z_k + z_l) > 0, with z = log(wᵢ/wⱼ). It is counted
    over draws for up to 60 people. For more the sum is as good as normal: its mean at E ω and its variance to first
    order, 4 Σ ω̄² (s − s̄)² with s_k = Σ_l ω̄_l sign(z_k + z_l), give P to within .01 of the draws.

    Parameters
    ----------
    z : array of float, shape (k, n)
        Log-ratios of each person, such as `clr` gives.
    weight : array of float, shape (k,), optional
        How much each person counts, 1 by default.
    prior : float
        Strength of the pseudo-person, above 0.
    draws : int
        Draws from the posterior.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    array of float, shape (n, n)
        ½ on the diagonal, and for items between which nobody prefers.

    Raises
    ------
    InputError
        As in `mean_location`; also a prior of 0 or less, or no draws.

    References
    ----------
    Benavoli, A., Mangili, F., Corani, G., Zaffalon, M. & Ruggeri, F. (2014). A Bayesian Wilcoxon signed-rank test based
    on the Dirichlet process. ICML 2014, 1026-1034.

    Examples
    --------
    >>> order = signed_rank_order([[1.0, 0.0], [2.0, 0.0], [1.5, 0.0]], rng=np.random.default_rng(0))
    >>> bool(order[0, 1] > 0.95), bool(order[0, 1] + order[1, 0] == 1)
    (True, True)
    """
    points, a = checked_points(z, weight)
    if not prior > 0 or draws < 1:
        raise InputError(f"prior is {prior!r} and draws {draws!r}; expected a prior above 0 and 1 draw or more")
    points, a = points[a > 0], a[a > 0]
    a = np.r_[1.0, a / a.mean()]
    k, n = points.shape
    shape = np.r_[prior, np.ones(k)]
    sampled = k <= MOST_DRAWN
    omega = _drawn(a, shape, draws, rng) if sampled else a * shape / (a * shape).sum()
    found = np.full((n, n), 0.5)
    for i in range(n):
        for j in range(i + 1, n):
            ratio = np.r_[0.0, points[:, i] - points[:, j]]
            ratio[np.abs(ratio) <= TINY * (1 + np.abs(points).max())] = 0.0
            found[i, j] = _share_above(ratio, omega) if sampled else _normal_above(ratio, omega, shape)
            found[j, i] = 1 - found[i, j]
    return found


def _drawn(a: Array, shape: Array, draws: int, rng: np.random.Generator) -> Array:
    omega = a * rng.standard_gamma(shape, size=(draws, len(a)))
    return omega / omega.sum(axis=1, keepdims=True)


def _share_above(ratio: Array, omega: Array) -> float:
    sign = np.sign(ratio[:, None] + ratio[None, :])
    step = max(1, CELLS // len(ratio))
    above = 0.0
    for start in range(0, len(omega), step):
        part = omega[start : start + step]
        score = np.einsum("dk,dk->d", part @ sign, part)
        tie = np.abs(score) <= TINY
        above += float((score[~tie] > 0).sum() + 0.5 * tie.sum())
    return above / len(omega)


def _normal_above(ratio: Array, omega: Array, shape: Array) -> float:
    from scipy.special import ndtr

    order = np.argsort(ratio, kind="stable")
    ordered, total = ratio[order], np.r_[0.0, np.cumsum(omega[order])]
    over = total[-1] - total[np.searchsorted(ordered, -ratio, side="right")]
    under = total[np.searchsorted(ordered, -ratio, side="left")]
    score = over - under
    mean = float(omega @ score)
    # a Gamma(s) weight has mean s and variance s, so that its relative variance is 1/s
    variance = 4 * float((omega**2 / shape) @ (score - mean) ** 2)
    return float(ndtr(mean / np.sqrt(variance))) if variance > TINY**2 else 0.5 + 0.5 * float(np.sign(mean))
