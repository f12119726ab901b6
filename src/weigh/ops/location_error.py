"""How far the middle of a cloud of points may lie from that of the many whom the points were drawn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.parallel import pmap
from weigh.ops.location import Estimator, Location, blocks, checked_points

Array = NDArray[np.float64]

TINY = 1e-9
TASKS = 16  # the same on any number of workers, so that draws do not depend on it


def location_covariance(points: ArrayLike, found: Location, weight: ArrayLike | None = None) -> Array | None:
    """The sandwich covariance of a middle, points being drawn independently.

    With r = x − m, A = Σ a (φ I + φ'/d · r rᵀ) and B = k/(k − 1) Σ a² φ² r rᵀ, it is A⁻¹ B A⁻¹. For the mean with equal
    weights this is the textbook S/k. That Welsch's σ is itself found from the points is left aside, which is exact for
    clouds that are symmetric about their middle.

    Parameters
    ----------
    points : array of float, shape (k, n)
        Those that `found` was found from.
    found : Location
        Their middle.
    weight : array of float, shape (k,), optional
        As it was given to find it. Weights say how much each point counts, and a point remains one draw.

    Returns
    -------
    array, shape (n, n), or None
        None where the spread is unknown: a single point that counts, or a middle that the points hardly hold in place.

    Raises
    ------
    InputError
        As in `mean_location`; also points that are not those of `found`.

    References
    ----------
    Huber, P. J. (1967). The behavior of maximum likelihood estimates under nonstandard conditions. Proceedings of the
    Fifth Berkeley Symposium 1, 221-233.

    Examples
    --------
    >>> from weigh.ops.location import mean_location
    >>> points = [[1.0], [2.0], [3.0]]
    >>> location_covariance(points, mean_location(points)).round(6).tolist()
    [[0.333333]]
    """
    x, a = checked_points(points, weight)
    if len(x) != len(found.distance) or x.shape[1] != len(found.point):
        raise InputError(f"points have shape {x.shape}, but the middle is that of {len(found.distance)} others")
    n, many = x.shape[1], int((a > 0).sum())
    if many < 2:
        return None
    bread, meat = (a @ found.phi) * np.eye(n), np.zeros((n, n))
    for rows in blocks(*x.shape):
        apart = x[rows] - found.point
        bread += apart.T @ ((a * found.slope)[rows, None] * apart)
        pulled = (a * found.phi)[rows, None] * apart
        meat += pulled.T @ pulled
    size, turned = np.linalg.eigh(bread)
    if not size[0] > TINY * size[-1] > 0:
        return None
    inverse = (turned / size) @ turned.T
    cov = many / (many - 1) * inverse @ meat @ inverse
    return (cov + cov.T) / 2


def bootstrap_locations(
    points: ArrayLike,
    estimator: Estimator,
    weight: ArrayLike | None = None,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    workers: int | None = None,
) -> Array:
    """Middles of resampled clouds: each draws as many points as there are, with replacement.

    Parameters
    ----------
    points, weight
        As in `mean_location`; a point that is drawn twice counts twice.
    estimator : callable
        (points, weight) -> Location.
    n_resamples : int
        Draws, 1 or more.
    seed : int
        Same seed, same draws.
    workers : int, optional
        Processes, as in `weigh.core.parallel.pmap`.

    Returns
    -------
    array, shape (n_resamples, n)

    Raises
    ------
    InputError
        As in `mean_location`; also fewer than one draw.
    """
    x, a = checked_points(points, weight)
    if n_resamples < 1:
        raise InputError(f"n_resamples is {n_resamples}; expected 1 or more")
    x, a = x[a > 0], a[a > 0]
    sizes = [len(part) for part in np.array_split(np.arange(n_resamples), TASKS) if len(part)]
    tasks = [(x, a, estimator, size) for size in sizes]
    return np.concatenate(pmap(_resample, tasks, seed=seed, workers=workers))


def _resample(task: tuple[Array, Array, Estimator, int], rng: np.random.Generator) -> Array:
    x, a, estimator, size = task
    k = len(x)
    found = np.empty((size, x.shape[1]))
    for turn in range(size):
        times = np.bincount(rng.integers(k, size=k), minlength=k)
        drawn = times > 0
        found[turn] = estimator(x[drawn], (a * times)[drawn]).point
    return found
