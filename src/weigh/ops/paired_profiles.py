"""Two profiles from the same dilemmas: how far apart they are, how sure that is, and what could have been seen.

With evidence y_A and y_B for the same rows, the profile of differences is the profile of y_B − y_A: whatever is
peculiar to a dilemma and shared by both cancels before it can become an error. Least squares is linear, so it equals
θ_B − θ_A. Pure functions on numpy arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.stats import Interval, holm
from weigh.ops.contrasts import fit_contrasts

Array = NDArray[np.float64]

# Two judges that answer alike differ by rounding; below this, in item SDs, nothing has moved.
NOTHING = 1e-9


class ProfileDifference(NamedTuple):
    """Profiles of k values under two treatments of the same n rows.

    Attributes
    ----------
    first, other, difference : array, shape (k,)
        The two profiles and other − first.
    low, high : array, shape (k,)
        Interval of the difference, each value on its own.
    p, p_adjusted : array, shape (k,)
        Two-sided p-value, and the same adjusted over the values by Holm.
    detectable_alone, detectable : array, shape (k,)
        The smallest difference that this many rows would have found with the power asked for: by its own interval, and
        after the adjustment (at Holm's first and strictest step).
    dof : int
        Degrees of freedom.
    correlation : Interval
        Of the two profiles, corrected for the noise of both; NaN where no true spread is left.
    influence : array, shape (n,)
        How far each row moved the profile of differences, in its units.
    """

    first: Array
    other: Array
    difference: Array
    low: Array
    high: Array
    p: Array
    p_adjusted: Array
    detectable_alone: Array
    detectable: Array
    dof: int
    correlation: Interval
    influence: Array


def profile_difference(
    first: Array,
    other: Array,
    design: Array,
    covariates: Array | None = None,
    *,
    level: float = 0.95,
    power: float = 0.8,
    n_draws: int = 2000,
    rng: np.random.Generator,
) -> ProfileDifference:
    """Profile of paired differences, with what it could have found.

    δ = pinv([X C]) (y_B − y_A) with HC3 errors; p from t; the smallest detectable difference is
    (t_{1 − α/2} + t_{power}) · se, and with α/k for α after the adjustment.

    Parameters
    ----------
    first, other : array, shape (n,)
        Evidence on one scale; row i of both is the same dilemma.
    design : array, shape (n, k)
        From `weigh.ops.contrasts.pair_design`.
    covariates : array, shape (n, c), optional
        Nuisance differences, of both.
    level : float
        Coverage of the intervals; 1 − level is the size α of the tests.
    power : float
        With which the smallest detectable difference would be found.
    n_draws : int
        Draws for the interval of the correlation.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    ProfileDifference

    Raises
    ------
    InputError
        Different shapes, NaN, or fewer rows than parameters.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review 19, 547-556.
    """
    from scipy.special import stdtr, stdtrit

    if first.shape != other.shape:
        raise InputError(f"first has shape {first.shape}, other {other.shape}; expected the same dilemmas in both")
    moved = other - first
    if len(moved) and np.abs(moved).max() <= NOTHING:
        moved = np.zeros_like(moved)
    before, after = (fit_contrasts(y, design, covariates, level=level) for y in (first, other))
    fit = fit_contrasts(moved, design, covariates, level=level)
    se = np.sqrt(np.diag(fit.cov))
    t = np.abs(fit.theta) / np.where(se > 0, se, 1.0)
    p = np.where(se > 0, 2 * stdtr(fit.dof, -t), np.where(np.abs(fit.theta) <= NOTHING, 1.0, 0.0))
    alpha, found = 1 - level, stdtrit(fit.dof, power)
    alone, strict = (stdtrit(fit.dof, 1 - size / 2) for size in (alpha, alpha / len(se)))
    return ProfileDifference(
        first=before.theta,
        other=after.theta,
        difference=fit.theta,
        low=fit.low,
        high=fit.high,
        p=p,
        p_adjusted=holm(p),
        detectable_alone=(alone + found) * se,
        detectable=(strict + found) * se,
        dof=fit.dof,
        correlation=profile_correlation(first, other, design, covariates, level=level, n_draws=n_draws, rng=rng),
        influence=np.abs(moved) * np.linalg.norm(fit.weights, axis=0),
    )


def profile_correlation(
    first: Array,
    other: Array,
    design: Array,
    covariates: Array | None = None,
    *,
    level: float = 0.95,
    n_draws: int = 2000,
    rng: np.random.Generator,
) -> Interval:
    """Correlation of two profiles from the same rows, corrected for their noise, which the rows make them share.

    r = (θ_A·θ_B − tr S_AB) / √((θ_A·θ_A − tr S_AA)(θ_B·θ_B − tr S_BB)), S from residuals over √(1 − h) (HC2, which is
    unbiased where errors are alike; HC3 would correct too much). The interval is the wild bootstrap's percentiles, in
    which the noise is in the draws twice and so is taken out twice.

    Parameters
    ----------
    first, other, design, covariates, level, n_draws, rng
        As in `profile_difference`.

    Returns
    -------
    Interval
        Kept within [−1, 1]; NaN where noise explains all of a profile, and −1 to 1 where it often might.
    """
    full = design if covariates is None else np.column_stack([design, covariates])
    inverse, k = np.linalg.pinv(full), design.shape[1]
    free = np.sqrt(np.clip(1.0 - np.einsum("ij,ji->i", full, inverse), 1e-9, None))
    profiles, halves = [], []
    for y in (first, other):
        coefficients = inverse @ y
        profiles.append(coefficients[:k])
        halves.append(inverse[:k] * ((y - full @ coefficients) / free))
    noise = [float(np.sum(halves[a] * halves[b])) for a, b in ((0, 1), (0, 0), (1, 1))]
    r = _corrected(profiles[0][:, None], profiles[1][:, None], noise, times=1)[0]
    if not np.isfinite(r):
        return Interval(float("nan"), -1.0, 1.0)
    chance = rng.standard_normal((len(first), n_draws))
    again = [profile[:, None] + half @ chance for profile, half in zip(profiles, halves, strict=True)]
    drawn = _corrected(again[0], again[1], noise, times=2)
    # a draw in which no true spread is left says nothing, so it might have said anything
    bottom, top = (np.quantile(np.where(np.isfinite(drawn), drawn, end), q) for end, q in _ends(level))
    low, high = (float(np.clip(end, -1.0, 1.0)) for end in (bottom, top))
    estimate = float(np.clip(r, -1.0, 1.0))
    return Interval(estimate, min(low, estimate), max(high, estimate))


def pooled_spread(first: Array, other: Array) -> float:
    """The SD that two runs are put on: the root of the mean of their variances, each about its own mean.

    Parameters
    ----------
    first, other : array
        Evidence; NaN is left out.

    Returns
    -------
    float
        0 where neither varies; NaN where there is nothing.
    """
    spreads = [float(row[np.isfinite(row)].var()) if np.isfinite(row).any() else np.nan for row in (first, other)]
    return float(np.sqrt(np.mean(spreads)))


def _ends(level: float) -> tuple[tuple[float, float], tuple[float, float]]:
    return (-1.0, (1 - level) / 2), (1.0, (1 + level) / 2)


def _corrected(first: Array, other: Array, noise: list[float], *, times: int) -> Array:
    pairs = ((first, other), (first, first), (other, other))
    shared, one, two = ((a * b).sum(axis=0) - times * n for (a, b), n in zip(pairs, noise, strict=True))
    true = np.where((one > NOTHING) & (two > NOTHING), one * two, np.nan)
    return shared / np.sqrt(true)
