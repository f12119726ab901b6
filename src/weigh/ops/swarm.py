"""The lowest point of a function that has no useful slope, in a box: a swarm of particles."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

INERTIA = 0.729
PULL = 1.494


class Lowest(NamedTuple):
    """Where a search ended: the point, shape (d,), the function there, and the number of points tried."""

    x: Array
    value: float
    n_tried: int


def particle_swarm(
    objective: Callable[[Array], Array],
    low: ArrayLike,
    high: ArrayLike,
    *,
    rng: np.random.Generator,
    n_particles: int = 20,
    n_steps: int = 60,
) -> Lowest:
    """Minimise by particles that are drawn to the best place they have seen and to the best that any has seen.

    v ← .729 v + 1.494 u₁ (own best − x) + 1.494 u₂ (best − x), x ← x + v, u uniform in each coordinate; a particle that
    would leave the box stops at its wall. With Clerc and Kennedy's constants the swarm contracts.

    Parameters
    ----------
    objective : callable
        Points of shape (p, d) -> values of shape (p,); NaN counts as infinite.
    low, high : array of float, shape (d,)
        Corners of the box.
    rng : numpy.random.Generator
        Source of chance.
    n_particles, n_steps : int
        1 or more.

    Returns
    -------
    Lowest

    Raises
    ------
    InputError
        A box that is none, no particles or steps, or an objective that gives another shape.

    References
    ----------
    Kennedy, J. & Eberhart, R. (1995). Particle swarm optimization. ICNN 1995, 1942-1948. Clerc, M. & Kennedy, J.
    (2002). IEEE Transactions on Evolutionary Computation 6, 58-73.

    Examples
    --------
    >>> bowl = lambda x: ((x - 0.25) ** 2).sum(axis=1)
    >>> particle_swarm(bowl, [0, 0], [1, 1], rng=np.random.default_rng(0)).x.round(3).tolist()
    [0.25, 0.25]
    """
    a, b = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if a.ndim != 1 or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all() and (a <= b).all()):
        raise InputError(f"the box goes from {low!r} to {high!r}; expected two corners, the lower one first")
    if n_particles < 1 or n_steps < 1:
        raise InputError(f"there are {n_particles} particles and {n_steps} steps; expected 1 or more of each")
    x = a + (b - a) * rng.random((n_particles, len(a)))
    v = (b - a) * rng.uniform(-0.5, 0.5, x.shape)
    own, own_value = x.copy(), _values(objective, x)
    for _ in range(n_steps):
        best = own[own_value.argmin()]
        v = INERTIA * v + PULL * (rng.random(x.shape) * (own - x) + rng.random(x.shape) * (best - x))
        inside = np.clip(x + v, a, b)
        v = np.where(inside == x + v, v, 0.0)
        x = inside
        value = _values(objective, x)
        better = value < own_value
        own[better], own_value[better] = x[better], value[better]
    at = int(own_value.argmin())
    return Lowest(own[at], float(own_value[at]), n_particles * (n_steps + 1))


def _values(objective: Callable[[Array], Array], x: Array) -> Array:
    found = np.asarray(objective(x), dtype=float)
    if found.shape != (len(x),):
        raise InputError(f"the objective gave shape {found.shape} for {len(x)} points; expected ({len(x)},)")
    return np.where(np.isnan(found), np.inf, found)
