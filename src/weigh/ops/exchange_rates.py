"""Exchange rates between goods, from what amounts of them are worth: how many units of one for a unit of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]


class AmountLines(NamedTuple):
    """Utility as a line in the logarithm of the amount, one a good.

    Attributes
    ----------
    goods : tuple of str
        Names, in order of first appearance.
    intercept, slope : array of float, shape (n_goods,)
        u = intercept + slope · ln(amount); NaN where a good has fewer than two different amounts.
    mean_log : array of float, shape (n_goods,)
        Mean of ln(amount) over the good's grid.
    residual : array of float, shape (n_goods,)
        Mean squared residual; 0 where a good has two amounts only.
    n : array of int, shape (n_goods,)
        Amounts of each good.
    cov : array of float, shape (2 n_goods, 2 n_goods)
        Covariance of (intercepts, slopes).
    """

    goods: tuple[str, ...]
    intercept: Array
    slope: Array
    mean_log: Array
    residual: Array
    n: NDArray[np.int64]
    cov: Array


class ExchangeRates(NamedTuple):
    """How many units of one good are worth one unit of another.

    Attributes
    ----------
    goods : tuple of str
        Names.
    log_rate : array of float, shape (n_goods, n_goods)
        ln ρ(i, j), with ρ the number of units of i that are worth one of j; NaN where a slope does not let it be said.
    se : array of float, shape (n_goods, n_goods)
        Standard error of ln ρ, by the delta method.
    low, high : array of float, shape (n_goods, n_goods)
        95 % interval of ln ρ.
    why_not : tuple of str, length n_goods
        Why a good has no rates; empty where it has.
    """

    goods: tuple[str, ...]
    log_rate: Array
    se: Array
    low: Array
    high: Array
    why_not: tuple[str, ...]


def amount_lines(
    utility: ArrayLike, amount: ArrayLike, good: Sequence[str], *, cov: ArrayLike | None = None
) -> AmountLines:
    """Fit u = b + a ln(amount) to each good by least squares.

    Coefficients are linear in the utilities, β = A u, so their covariance is A Σ Aᵀ, with Σ the utilities' own
    covariance where it is given; without it Σ is diagonal, with each good's residual variance Σ e² / (n − 2).

    Parameters
    ----------
    utility : array of float, shape (n,)
        Of each option.
    amount : array of float, shape (n,)
        How many units it gives, above 0.
    good : sequence of str, length n
        Of what.
    cov : array of float, shape (n, n), optional
        Covariance of the utilities' errors.

    Returns
    -------
    AmountLines

    Raises
    ------
    InputError
        Nothing to fit, shapes that do not fit, NaN, or an amount of 0 or less.

    Examples
    --------
    >>> lines = amount_lines([0.0, 1.0, 2.0], [1, np.e, np.e**2], ["tea"] * 3)
    >>> lines.slope.round(6).tolist()
    [1.0]
    """
    u, units, names = np.asarray(utility, dtype=float), np.asarray(amount, dtype=float), list(good)
    if u.ndim != 1 or not len(u) or units.shape != u.shape or len(names) != len(u):
        raise InputError(f"utilities, amounts and goods must be as many; got {u.shape}, {units.shape}, {len(names)}")
    if not np.isfinite(u).all() or not np.isfinite(units).all() or not np.all(units > 0):
        raise InputError("utilities are finite and amounts above 0; got others: leave those options out")
    sigma = None if cov is None else np.asarray(cov, dtype=float)
    if sigma is not None and sigma.shape != (len(u), len(u)):
        raise InputError(f"cov has shape {sigma.shape}; expected {(len(u), len(u))}")
    goods = tuple(dict.fromkeys(names))
    of, log = np.array([goods.index(name) for name in names]), np.log(units)
    k = len(goods)
    weights, spread = np.zeros((2 * k, len(u))), np.zeros(len(u))
    mean_log, residual, n = np.zeros(k), np.zeros(k), np.zeros(k, dtype=np.int64)
    for g in range(k):
        rows = np.flatnonzero(of == g)
        mean_log[g], n[g] = log[rows].mean(), len(rows)
        centred = log[rows] - mean_log[g]
        if centred @ centred <= 1e-12:
            weights[[g, k + g]] = np.nan
            continue
        weights[k + g, rows] = centred / (centred @ centred)
        weights[g, rows] = 1 / len(rows) - mean_log[g] * weights[k + g, rows]
        error = u[rows] - weights[g] @ u - weights[k + g] @ u * log[rows]
        residual[g] = float((error**2).mean())
        spread[rows] = (error**2).sum() / (len(rows) - 2) if len(rows) > 2 else np.nan
    beta = weights @ u
    with np.errstate(invalid="ignore"):
        covariance = weights @ sigma @ weights.T if sigma is not None else (weights * _or_zero(spread)) @ weights.T
    for g in np.flatnonzero(n < 3) if sigma is None else ():
        # two points leave no residual to judge by
        covariance[[g, k + g]] = covariance[:, [g, k + g]] = np.nan
    return AmountLines(goods, beta[:k], beta[k:], mean_log, residual, n, covariance)


def exchange_rates(lines: AmountLines, *, max_residual: float | None = None, level: float = 0.95) -> ExchangeRates:
    """Two-way exchange rates between all pairs of goods, in closed form.

    For each amount of j on its grid the amount of i that is worth as much is solved for, and the other way round; the
    rate is the geometric mean of the two directions' mean ratios. As utilities are lines in ln N this is

    ln ρ(i, j) = ½ { [Δb + Δa L̄_j] / a_i + [Δb + Δa L̄_i] / a_j },   Δb = b_j − b_i, Δa = a_j − a_i,

    with L̄ the mean of ln N over a good's grid; on one grid, ½ (1/a_i + 1/a_j)(Δb + Δa L̄). ln ρ(j, i) = −ln ρ(i, j)
    exactly. With equal slopes it is Δb/a on any grid, and ρ(i, j) ρ(j, k) = ρ(i, k); else neither holds, and a rate is
    about the amounts on the grid. The interval is the delta method's, with the covariance of all coefficients.

    Parameters
    ----------
    lines : AmountLines
        Of the goods.
    max_residual : float, optional
        Goods whose mean squared residual is above it get no rates, as they are no lines.
    level : float
        Confidence of the interval, 0 to 1.

    Returns
    -------
    ExchangeRates
        A good has none where its slope is not above 0: more of it is not worth more, so no amount of it buys anything.

    Raises
    ------
    InputError
        A level outside (0, 1).

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640; the closed form is derived here.

    Examples
    --------
    A unit of rum is worth three of tea, whatever the amounts:

    >>> amounts = np.array([1.0, 2.0, 5.0, 10.0])
    >>> utility = np.concatenate([np.log(amounts), np.log(3 * amounts)])
    >>> lines = amount_lines(utility, np.tile(amounts, 2), ["tea"] * 4 + ["rum"] * 4)
    >>> round(float(np.exp(exchange_rates(lines).log_rate[0, 1])), 6)
    3.0
    """
    from scipy.special import ndtri

    if not 0 < level < 1:
        raise InputError(f"level is {level!r}; expected a number between 0 and 1, such as 0.95")
    why_not = tuple(_why_not(lines, g, max_residual) for g in range(len(lines.goods)))
    usable = np.array([not why for why in why_not])
    a = np.where(usable, lines.slope, np.nan)
    b, mean_log, k = lines.intercept, lines.mean_log, len(lines.goods)
    d_b, d_a = b[None, :] - b[:, None], a[None, :] - a[:, None]
    first, second = d_b + d_a * mean_log[None, :], d_b + d_a * mean_log[:, None]
    a_i, a_j = a[:, None], a[None, :]
    log_rate = 0.5 * (first / a_i + second / a_j)
    # gradient over (b_i, a_i, b_j, a_j); those over b sum to 0, as utilities have no zero of their own
    by_b = 0.5 * (1 / a_i + 1 / a_j)
    by_a_i = 0.5 * (-mean_log[None, :] / a_i - first / a_i**2 - mean_log[:, None] / a_j)
    by_a_j = 0.5 * (mean_log[None, :] / a_i + mean_log[:, None] / a_j - second / a_j**2)
    se = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            if i == j:
                continue
            at = [i, k + i, j, k + j]
            gradient = np.array([-by_b[i, j], by_a_i[i, j], by_b[i, j], by_a_j[i, j]])
            variance = gradient @ lines.cov[np.ix_(at, at)] @ gradient
            se[i, j] = np.sqrt(max(variance, 0.0)) if np.isfinite(variance) else np.nan
    np.fill_diagonal(log_rate, np.where(usable, 0.0, np.nan))
    margin = float(ndtri((1 + level) / 2)) * se
    return ExchangeRates(lines.goods, log_rate, se, log_rate - margin, log_rate + margin, why_not)


def _why_not(lines: AmountLines, g: int, max_residual: float | None) -> str:
    slope = lines.slope[g]
    if not np.isfinite(slope):
        return "it has fewer than two different amounts"
    if not slope > 1e-12:
        return "more of it is not worth more"
    if max_residual is not None and lines.residual[g] > max_residual:
        return (
            f"its utilities are no line in the logarithm of the amount (mean squared residual {lines.residual[g]:.3g})"
        )
    return ""


def _or_zero(x: Array) -> Array:
    return np.where(np.isfinite(x), x, 0.0)
