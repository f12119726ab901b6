"""Weights of criteria that nobody was asked for: found from how far the criteria set the alternatives apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.clouds import Clouds, ideal_gaps, nearness

Array = NDArray[np.float64]

PAIRS = 200_000  # pairs of alternatives that are compared at most
N_STARTS = 24


def deviation_weights(clouds: Clouds, *, rng: np.random.Generator) -> Array:
    """Weights in proportion to how far a criterion sets alternatives apart, w ∝ Σᵢ Σₗ d(Yᵢ, Yₗ).

    Parameters
    ----------
    clouds : Clouds
        Of shape (n_items, n_criteria).
    rng : numpy.random.Generator
        Draws 200,000 pairs where there are more.

    Returns
    -------
    array, shape (n_criteria,)
        Sums to 1.

    References
    ----------
    Wang, Y.-M. (1997). Using the method of maximizing deviations to make decision for multi-indices. Systems
    Engineering and Electronics 8, 21-26.
    """
    n = len(clouds.ex)
    if n * (n - 1) // 2 <= PAIRS:
        i, j = np.triu_indices(n, 1)
    else:
        i = rng.integers(n, size=PAIRS)
        j = (i + rng.integers(1, n, size=PAIRS)) % n
    found = np.sqrt(sum((part[i] - part[j]) ** 2 for part in clouds)).sum(axis=0)
    return found / found.sum()


def spread_weights(clouds: Clouds, *, least: float, rng: np.random.Generator, n_starts: int = N_STARTS) -> Array:
    """Weights under which alternatives are as far apart as can be: a model of two levels.

    Below, TOPSIS gives closeness c(w); above, w maximises Σ (c − c̄)² over weights that sum to 1, none below `least`.
    The spread has several peaks, so it is climbed (SLSQP, exact gradient) from equal weights and from random ones.

    Parameters
    ----------
    clouds : Clouds
        Of shape (n_items, n_criteria), more being better.
    least : float
        0 to 1/n_criteria; at 0 one criterion may get all.
    rng : numpy.random.Generator
        Source of the starts.
    n_starts : int
        How many, 1 or more.

    Returns
    -------
    array, shape (n_criteria,)
        Sums to 1.

    Raises
    ------
    InputError
        A least weight out of range, or no starts.
    """
    from scipy.optimize import LinearConstraint, minimize

    m = clouds.ex.shape[1]
    if not 0 <= least <= 1 / m or n_starts < 1:
        raise InputError(f"least is {least!r} and n_starts {n_starts}; expected 0 to {1 / m:g}, and 1 or more")
    if m == 1 or least > (1 - 1e-9) / m:
        return np.full(m, 1 / m)
    gaps = ideal_gaps(clouds)

    def fall(w: Array) -> tuple[float, Array]:
        far = [np.sqrt(gap @ w**2) for gap in gaps]
        c = nearness(*far)
        off = c - c.mean()
        total = far[0] + far[1]
        safe = np.where(total > 0, total, 1.0) ** 2
        # dc = (D⁺ dD⁻ − D⁻ dD⁺)/(D⁺ + D⁻)², dD = w · gap / D
        pull = [np.where(d > 0, off / safe / np.where(d > 0, d, 1.0), 0.0) for d in far]
        slope = 2 * w * (gaps[1].T @ (far[0] * pull[1]) - gaps[0].T @ (far[1] * pull[0]))
        return -float(off @ off) / len(c), -slope / len(c)

    starts = np.vstack([np.full(m, 1 / m), least + (1 - m * least) * rng.dirichlet(np.ones(m), n_starts - 1)])
    whole, found = LinearConstraint(np.ones(m), 1.0, 1.0), []
    for start in starts:
        done = minimize(
            fall, start, jac=True, method="SLSQP", bounds=[(least, 1.0)] * m, constraints=whole,
            options={"maxiter": 200, "ftol": 1e-12},
        )  # fmt: skip
        w = np.clip(done.x, least, 1.0)
        found.append((round(-fall(w / w.sum())[0], 12), tuple(w / w.sum())))
    best = max(value for value, _ in found)
    return np.array(next(w for value, w in found if value == best))
