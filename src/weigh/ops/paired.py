"""Utilities from comparisons of two items: Bradley and Terry's model, and Thurstone's with a variance for each item.

Both maximise Σ w (y log p + (1 − y) log(1 − p)) over distinct pairs, with y the preference for left and w its votes,
less a normal prior on the utilities, ½ · prior · Σ μ². The prior keeps an item finite that always wins, and each
component of the graph of comparisons at mean zero. Pure functions on numpy arrays; `weigh.ops.pairs` has the data.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.comparison_graph import Linkage
from weigh.ops.newton import NEAR, STOP, Operator, minimise
from weigh.ops.pairs import PairedFit, Pairs, gather, indifferent, links, p_left, score
from weigh.ops.strengths import (
    DENSE,
    PRIOR,
    Link,
    by_diagonal,
    centred,
    check_prior,
    inverse_on_sums,
    laplacian,
    logistic,
    probit,
    sums,
)
from weigh.ops.unequal_noise import UnequalNoise

__all__ = ["PairedFit", "Pairs", "fit_bradley_terry", "fit_thurstone", "gather", "p_left", "score", "standardised"]

Array = NDArray[np.float64]

PRIOR_VARIANCE = 2.0
EQUAL = 1e-6  # a standard deviation of utilities, in units of the noise, that is taken for none
RUNAWAY = 20.0  # log-variances further than this from their mean have no finite optimum


def fit_bradley_terry(pairs: Pairs, *, prior: float = PRIOR, errors: bool = True) -> PairedFit:
    """Bradley and Terry's model, P(a over b) = 1 / (1 + e^−(μ_a − μ_b)).

    Parameters
    ----------
    pairs : Pairs
        From `gather`.
    prior : float
        Precision of a normal prior on each utility, in 1 / log-odds²: 0.01 is a standard deviation of 10. With 0 the
        plain maximum likelihood, where it is finite.
    errors : bool
        Whether to find the covariance: the inverse of the Fisher information, with the prior's, within sums of zero.
        It is not found for more than 3,000 items.

    Returns
    -------
    PairedFit
        Means in log-odds; each component has mean zero.

    Raises
    ------
    InputError
        A negative prior; or none, where no finite optimum exists because some items never lose to the rest.

    References
    ----------
    Bradley, R. A. and Terry, M. E. (1952). Rank analysis of incomplete block designs: I. The method of paired
    comparisons. Biometrika 39, 324-345.

    Examples
    --------
    >>> fit = fit_bradley_terry(gather([0], [1], [0.75], [4.0]), prior=0)
    >>> round(float(fit.mean[0] - fit.mean[1]), 6), round(float(np.log(3)), 6)
    (1.098612, 1.098612)
    """
    linked = links(pairs)
    check_prior(prior, linked)
    u, information, converged = _fit_equal(pairs, linked, logistic, prior)
    cov = _cov_equal(pairs, linked, information, prior) if errors else None
    return _described(pairs, linked, centred(u, linked), None, cov, converged)


def fit_thurstone(
    pairs: Pairs,
    *,
    variances: Literal["free", "equal"] = "free",
    prior: float = PRIOR,
    prior_variance: float = PRIOR_VARIANCE,
    errors: bool = True,
) -> PairedFit:
    """Thurstone's model, P(a over b) = Φ((μ_a − μ_b) / √(v_a + v_b)), standardised.

    The model does not change when utilities are stretched by c and variances by c². It is fitted in the unit in which
    the geometric mean of the variances is ½, so that a comparison of two typical items has noise of variance 1; the
    priors are meant in that unit. Their normal prior, ½ · prior_variance · Σ (log v − mean log v)², is about
    differences between items alone. Then utilities get mean 0 and standard deviation 1 (with n − 1), and variances
    that unit squared. Free variances make the problem non-convex; the descent starts at equal ones.

    Parameters
    ----------
    pairs : Pairs
        From `gather`.
    variances : {"free", "equal"}
        One for each item, or one for all.
    prior : float
        Precision of a normal prior on each utility: 0.01 is a standard deviation of 10 times the noise.
    prior_variance : float
        Precision of a normal prior on each log-variance about their mean: 2 is a standard deviation of 0.7, so that
        the noise of most items differs by less than a factor of 1.4 either way, unless the evidence says otherwise.
    errors : bool
        Whether to find the covariance of the standardised means: the inverse Fisher information of means and
        variances together, carried through `standardised`. It is not found for more than 3,000 items, nor for two,
        whose standardised means are ±0.71 whatever the evidence.

    Returns
    -------
    PairedFit
        Of mean 0 and standard deviation 1; `sd` is the standard deviation in units of the noise. Where there is no
        preference, or all utilities are equal as in a circle of wins, zeros without errors: noise must not be blown up
        to a standard deviation of 1.

    Raises
    ------
    InputError
        A negative prior; or none, where no finite optimum exists.

    References
    ----------
    Thurstone, L. L. (1927). A law of comparative judgment. Psychological Review 34, 273-286. Mazeika, M. et al. (2025).
    Utility Engineering. arXiv:2502.08640.

    Examples
    --------
    >>> fit = fit_thurstone(gather([0, 1, 0], [1, 2, 2], [0.8, 0.7, 0.9]), variances="equal")
    >>> fit.mean.argsort().tolist(), round(float(fit.mean.std(ddof=1)), 6)
    ([2, 1, 0], 1.0)
    """
    linked, n = links(pairs), pairs.n_items
    check_prior(prior, linked)
    if variances not in ("free", "equal") or not (np.isfinite(prior_variance) and prior_variance >= 0):
        raise InputError(
            f"variances is {variances!r} and prior_variance {prior_variance!r}; expected 'free' or 'equal', and a "
            "finite number, 0 or more"
        )
    if indifferent(pairs):
        return _described(pairs, linked, np.zeros(n), np.ones(n), None, True, is_even=True)
    wanted = errors and 3 <= n <= DENSE
    log_v, cov = np.zeros(n), None
    if variances == "free":
        model = UnequalNoise(pairs, linked, prior, prior_variance)
        near = _fit_equal(pairs, linked, probit, prior, NEAR)[0]
        found = minimise(model.objective, model.preconditioner, np.concatenate([near, log_v]))
        u, log_v, converged = found.x[:n], found.x[n:] - found.x[n:].mean(), found.converged
        if prior_variance == 0 and not (
            converged and np.abs(log_v).max() < RUNAWAY and (n > DENSE or model.is_identified(found.x))
        ):
            raise InputError(
                "without a prior these comparisons do not determine each item's variance: give prior_variance above 0, "
                "or variances='equal'"
            )
        cov = model.cov(found.x) if wanted else None
    else:
        u, information, converged = _fit_equal(pairs, linked, probit, prior)
        cov = _cov_equal(pairs, linked, information, prior) if wanted else None
    u = centred(u, linked)
    if not u.std() > EQUAL:
        return _described(pairs, linked, np.zeros(n), np.ones(n), None, converged, is_even=True)
    mean, sd, cov = standardised(u, cov)
    return _described(pairs, linked, mean, np.exp(log_v) / (2 * sd**2), cov, converged, sd)


def standardised(u: Array, cov: Array | None = None) -> tuple[Array, float, Array | None]:
    """Utilities of mean 0 and standard deviation 1, and what that makes of the covariance of their errors.

    m = (u − ū) / s. An error ε of u / s, of mean zero over items, has a part along m, r = m·ε / (n − 1), which
    standardising takes away, and the rest t = ε − r m. Then m moves by t − r t − m |t|² / (2 (n − 1)) + …, and the
    covariance is that of t (the delta method) and the second moment of the two terms after it. Without them three items
    would often seem to have no error at all, as their m lies on a circle.

    Parameters
    ----------
    u : array, shape (n,)
        Not all equal.
    cov : array, shape (n, n), optional
        Covariance of the errors of u; its rows sum to zero.

    Returns
    -------
    mean : array, shape (n,)
    sd : float
        s, with n − 1.
    cov : array, shape (n, n), or None
        Its rows sum to zero.

    Examples
    --------
    >>> mean, sd, _ = standardised(np.array([1.0, 2.0, 6.0]))
    >>> round(float(mean.std(ddof=1)), 6), round(sd, 6)
    (1.0, 2.645751)
    """
    n, sd = len(u), float(u.std(ddof=1))
    m = (u - u.mean()) / sd
    if cov is None:
        return m, sd, None
    with_r = cov @ m / sd**2 / (n - 1)
    of_r = float(m @ with_r) / (n - 1)
    along = np.outer(m, with_r)
    of_t = cov / sd**2 - along - along.T + of_r * np.outer(m, m)
    cross = with_r - of_r * m
    trace = float(np.trace(of_t))
    tilt = np.outer(m, cross * trace + 2 * of_t @ cross) / (2 * (n - 1))
    bend = (trace**2 + 2 * float(np.sum(of_t**2))) / (4 * (n - 1) ** 2)
    full = (1 + of_r) * of_t + 2 * np.outer(cross, cross) + tilt + tilt.T + bend * np.outer(m, m)
    # where errors are huge, rounding may leave a variance below zero
    np.fill_diagonal(full, np.maximum(np.diag(full), 0.0))
    return m, sd, full


def _fit_equal(
    pairs: Pairs, linked: Linkage, link: Link, prior: float, goal: float = STOP
) -> tuple[Array, Array, bool]:
    """Utilities under one noise for all, each pair's expected information there, and whether they were found."""
    n, a, b, y, w = pairs.n_items, pairs.left, pairs.right, pairs.p_left, pairs.weight

    def apart(each: Array) -> Array:
        return sums(a, each, n) - sums(b, each, n)

    def objective(u: Array) -> tuple[float, Array, Operator]:
        bend = link(u[a] - u[b], y, w)
        value = bend.loss + prior / 2 * float(u @ u)
        return value, apart(bend.slope) + prior * u, lambda p: apart(bend.curvature * (p[a] - p[b])) + prior * p

    def preconditioner(u: Array) -> Operator:
        h = link(u[a] - u[b], y, w).information
        return by_diagonal(sums(a, h, n) + sums(b, h, n) + prior)

    found = minimise(objective, preconditioner, np.zeros(n), goal=goal)
    return found.x, link(found.x[a] - found.x[b], y, w).information, found.converged


def _cov_equal(pairs: Pairs, linked: Linkage, information: Array, prior: float) -> Array | None:
    if pairs.n_items > DENSE:
        return None
    return inverse_on_sums(laplacian(pairs.left, pairs.right, information, pairs.n_items), linked, prior)


def _described(
    pairs: Pairs,
    linked: Linkage,
    mean: Array,
    variance: Array | None,
    cov: Array | None,
    converged: bool,
    sd: float = 1.0,
    is_even: bool = False,
) -> PairedFit:
    log_loss, accuracy = score(pairs, mean, variance)
    return PairedFit(
        mean, variance, cov, linked, log_loss, float(np.log(2)), accuracy, pairs.n_rows, len(pairs.left),
        float(pairs.weight.sum()), converged, is_even or indifferent(pairs), sd,
    )  # fmt: skip
