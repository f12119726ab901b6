"""Semivalues by sampling: players join in a random order, and each is credited with the change when it joins.

In an evenly random order a player's predecessors are a random coalition whose size is even on 0 … n−1, so the mean
change is its Shapley value; with changes at place s weighed by n·p_s it is the semivalue of sizes p. The
errors come from whole units of independent orders: an order; an order and its reverse (*antithetic*, as whoever joins
early in one joins late in the other); or the n rotations of an order (*stratified*, so that each player stands once at
every place). All are unbiased.

References: Castro, J., Gómez, D. & Tejada, J. (2009), Polynomial calculation of the Shapley value based on sampling.
Lomeli, M., Rowland, M., Gretton, A. & Ghahramani, Z. (2019), Antithetic and Monte Carlo kernel estimators for partial
rankings. Wang, J. T. & Jia, R. (2023), Data Banzhaf, arXiv:2205.15466 (the estimator that uses each coalition for all).
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.parallel import pmap
from weigh.core.stats import mean_interval, rng
from weigh.ops.coalitions import Value, count, worth
from weigh.ops.game import checked_sizes
from weigh.ops.orders import PATIENCE, Sampling, Walk, draw_orders, ends_of, unit_size, walk

Array = NDArray[np.float64]

IN_A_TASK = 10  # orders that one worker walks side by side
IN_A_ROUND = 10  # tasks between two looks at the standard errors


class Sampled(NamedTuple):
    """Semivalues by sampling.

    Attributes
    ----------
    mean, se, low, high : array, shape (n_players,)
        Estimate, its standard error, and the ends of its 95 % interval (Student's t with `dof`).
    cov : array, shape (n_players, n_players)
        Covariance of the estimates.
    units : array, shape (n_units, n_players)
        The independent contributions whose mean it is.
    dof, n_orders, n_values : int
        Units less one; orders walked; coalitions valued.
    left : float
        Mean of what truncation left undivided.
    converged : bool or None
        Whether the standard error that was asked for was reached; None where none was asked for.
    """

    mean: Array
    se: Array
    low: Array
    high: Array
    cov: Array
    units: Array
    dof: int
    n_orders: int
    n_values: int
    left: float
    converged: bool | None


def sampled_semivalue(
    value: Value,
    sizes: ArrayLike,
    *,
    n_orders: int = 1000,
    sampling: Sampling = "plain",
    target: float | None = None,
    tolerance: float = 0.0,
    patience: int = PATIENCE,
    ahead: int = 1,
    seed: int = 0,
    workers: int | None = None,
) -> Sampled:
    """Estimate semivalues from random orders, with standard errors.

    φ̂_i = mean over units of Σ_s n·p_s·[v(first s and i) − v(first s)].

    Parameters
    ----------
    value : callable
        Coalitions, bool of shape (m, n), to their worth, shape (m,).
    sizes : array of float, shape (n,)
        Distribution p of coalition sizes, such as `weigh.ops.game.shapley_sizes(n)`.
    n_orders : int
        Orders at most; two units at least, rounded up to whole units.
    sampling : {"plain", "antithetic", "stratified"}
        What a unit is: one order; an order and its reverse; the n rotations of an order.
    target : float, optional
        Stop after the round of about a hundred orders in which the largest standard error has come down to this.
    tolerance, patience, ahead
        As in `weigh.ops.orders.walk`.
    seed : int
        0 or more; the result depends on it alone, not on workers.
    workers : int, optional
        As in `weigh.core.parallel.pmap`.

    Returns
    -------
    Sampled

    Raises
    ------
    InputError
        Sizes that are no distribution, fewer than two units, an unknown sampling, a target or tolerance below 0, or a
        worth that is not finite.

    Examples
    --------
    >>> glove = lambda masks: (masks[:, 0] & masks[:, 1:].any(axis=1)).astype(float)
    >>> found = sampled_semivalue(glove, [1 / 3] * 3, n_orders=400, seed=1)
    >>> bool(np.all(np.abs(found.mean - [2 / 3, 1 / 6, 1 / 6]) < 4 * found.se)), round(float(found.mean.sum()), 12)
    (True, 1.0)
    """
    p = checked_sizes(sizes)
    n = len(p)
    each = unit_size(sampling, n)
    n_units = -(-int(n_orders) // each)
    if n_units < 2:
        raise InputError(f"{n_orders} orders make {n_units} unit; standard errors need 2, so give {2 * each} or more")
    if target is not None and not target > 0:
        raise InputError(f"target is {target!r}; expected a standard error above 0, in the unit of the game")
    ends = ends_of(value, n)
    task = functools.partial(
        _walk_units, value=value, factors=n * p, sampling=sampling, ends=ends, tolerance=tolerance,
        patience=patience, ahead=ahead, seed=seed,
    )  # fmt: skip
    in_a_task = max(1, IN_A_TASK // each)
    tasks = [(start, min(in_a_task, n_units - start)) for start in range(0, n_units, in_a_task)]
    in_a_round = len(tasks) if target is None else max(IN_A_ROUND, -(-2 // in_a_task))
    walks: list[Walk] = []
    converged = None
    for start in range(0, len(tasks), in_a_round):
        walks += pmap(task, tasks[start : start + in_a_round], workers=workers)
        if target is not None:
            units = np.concatenate([walk.contributions for walk in walks])
            converged = bool(np.max(mean_interval(units).se) <= target)
            if converged:
                break
    units = np.concatenate([walk.contributions for walk in walks])
    left = float(np.concatenate([walk.left for walk in walks]).mean())
    n_values = 2 + sum(walk.n_values for walk in walks)
    found = mean_interval(units)
    cov = np.cov(units, rowvar=False).reshape(n, n) / len(units)
    return Sampled(
        found.mean, found.se, found.low, found.high, cov, units, found.dof, each * len(units), n_values, left, converged
    )


def reused_banzhaf(
    value: Value, n_players: int, *, n_coalitions: int = 1000, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Banzhaf indices from coalitions that each serve all players.

    φ̂_i = mean of v over the drawn coalitions with i − mean over those without; each player is in by a coin of its own.

    Parameters
    ----------
    value : callable
        Coalitions, bool of shape (m, n), to their worth, shape (m,).
    n_players : int
        1 or more.
    n_coalitions : int
        8 or more; as many again are drawn until each player is in two and out of two.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    tuple of array, each shape (n_players,)
        Estimates and their standard errors, √(s₁²/n₁ + s₀²/n₀).

    Raises
    ------
    InputError
        Too few coalitions, or a worth that is not finite.

    References
    ----------
    Wang, J. T. & Jia, R. (2023). Data Banzhaf. arXiv:2205.15466, §4.2.
    """
    if n_coalitions < 8:
        raise InputError(f"n_coalitions is {n_coalitions!r}; expected 8 or more")
    masks = rng.random((n_coalitions, count(n_players))) < 0.5
    while masks.sum(axis=0).min() < 2 or (~masks).sum(axis=0).min() < 2:
        masks = np.concatenate([masks, rng.random(masks.shape) < 0.5])
    v = worth(value, masks)
    mean, variance = [], []
    for side in (masks, ~masks):
        n = side.sum(axis=0)
        mean.append(v @ side / n)
        variance.append(((v[:, None] - mean[-1]) ** 2 * side).sum(axis=0) / (n - 1) / n)
    return mean[0] - mean[1], np.sqrt(variance[0] + variance[1])


def _walk_units(
    item: tuple[int, int], *, value: Value, factors: Array, sampling: Sampling, ends: tuple[float, float],
    tolerance: float, patience: int, ahead: int, seed: int,
) -> Walk:  # fmt: skip
    start, n_units = item
    n = len(factors)
    orders = draw_orders(n, n_units, sampling=sampling, rng=rng(seed, "orders", start))
    found = walk(
        value, orders.reshape(-1, n), factors=factors, ends=ends, tolerance=tolerance, patience=patience, ahead=ahead
    )  # fmt: skip
    units = found.contributions.reshape(n_units, -1, n).mean(axis=1)
    return Walk(units, found.left.reshape(n_units, -1).mean(axis=1), found.n_values)
