"""Where a cloud of points has its middle, and how sure that is: mean, spatial median, Welsch's M-estimate.

All three are weighted means in which a point at distance d from the middle counts a · φ(d): φ = 1 for the mean, 1/d for
the median, exp(−d²/2σ²) for Welsch's estimate, which forgets what lies far off. They move with the points when these
are shifted or rotated. Points are read in blocks, so that memory beyond them stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

CELLS = 1_000_000  # numbers looked at in one go
STOP = 1e-12  # of the points' own scale
MOST_STEPS = 1000
WELSCH_STEPS = 300

Estimator = Callable[[Array, Array], "Location"]


class Location(NamedTuple):
    """The middle of a cloud of points.

    Attributes
    ----------
    point : array, shape (n,)
        The middle.
    distance : array, shape (k,)
        Of each point from it.
    phi : array, shape (k,)
        φ(d), with which each point's weight is multiplied; 0 for points that the median lies on, where it has no value.
    slope : array, shape (k,)
        φ'(d)/d, which says how φ changes; 0 as above.
    spread : float
        Welsch's σ; NaN for the others.
    n_steps : int
        Steps it took.
    converged : bool
        Whether the last step was shorter than rounding.
    """

    point: Array
    distance: Array
    phi: Array
    slope: Array
    spread: float
    n_steps: int
    converged: bool


def mean_location(points: ArrayLike, weight: ArrayLike | None = None) -> Location:
    """The weighted mean, which minimises Σ a d².

    Parameters
    ----------
    points : array of float, shape (k, n)
        Finite.
    weight : array of float, shape (k,), optional
        0 or more, not all 0; 1 by default.

    Returns
    -------
    Location

    Raises
    ------
    InputError
        No points, NaN, or weights that are negative or all 0.

    Examples
    --------
    >>> mean_location([[0.0], [0.0], [9.0]]).point.tolist()
    [3.0]
    """
    x, a = checked_points(points, weight)
    middle = a @ x / a.sum()
    return Location(middle, distances(x, middle), np.ones(len(x)), np.zeros(len(x)), float("nan"), 1, True)


def spatial_median(points: ArrayLike, weight: ArrayLike | None = None) -> Location:
    """The point that minimises Σ a d, by Weiszfeld's re-weighted means.

    Half of the weight must lie elsewhere before it can be carried off. Where the median is itself one of the points,
    Weiszfeld's step is not defined; Vardi and Zhang's is taken, and the point is recognised by |Σ a (x − y)/d| ≤ a_y.
    Points on one line with an even number have many medians; the middle one is given.

    Parameters
    ----------
    points, weight
        As in `mean_location`.

    Returns
    -------
    Location

    Raises
    ------
    InputError
        As in `mean_location`.

    References
    ----------
    Weiszfeld, E. (1937). Tôhoku Mathematical Journal 43, 355-386. Vardi, Y. & Zhang, C.-H. (2000). The multivariate
    L1-median and associated data depth. PNAS 97, 1423-1426.

    Examples
    --------
    >>> spatial_median([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [90.0, 90.0]]).point.round(6).tolist()
    [0.5, 0.5]
    """
    x, a = checked_points(points, weight)
    middle = _coordinate_median(x, a)
    size = _size(x, middle, a)
    steps, converged = 0, False
    while not converged and steps < MOST_STEPS:
        d = distances(x, middle)
        nearest = int(d.argmin())
        if steps % 10 == 0 and d[nearest] <= 1e-2 * size and _is_median(x, a, nearest):
            middle, converged = x[nearest].copy(), True
            break
        there = d <= STOP * size
        if there.all():
            converged = True
            break
        count = np.where(there, 0.0, a / np.where(there, 1.0, d))
        goal = count @ x / count.sum()
        pull = count.sum() * np.linalg.norm(goal - middle)
        stay = min(1.0, a[there].sum() / pull) if pull > 0 else 1.0
        step = (1 - stay) * (goal - middle)
        middle = middle + step
        converged = bool(np.linalg.norm(step) <= STOP * size)
        steps += 1
    d = distances(x, middle)
    apart = np.where(d > STOP * size, d, np.inf)
    return Location(middle, d, 1 / apart, -1 / apart**3, float("nan"), steps, converged)


def welsch_location(points: ArrayLike, weight: ArrayLike | None = None) -> Location:
    """The mean of those who are near it: a point counts exp(−d²/2σ²), with 2σ² the median of d².

    Half-quadratic steps: σ is found anew from the distances, then the mean from σ. It begins at the median of each
    coordinate, as there may be several solutions; the one that most points lie around is wanted. Where more than half
    of the weight lies in one point, that point is the answer.

    Parameters
    ----------
    points, weight
        As in `mean_location`.

    Returns
    -------
    Location

    Raises
    ------
    InputError
        As in `mean_location`.

    References
    ----------
    Dennis, J. E. & Welsch, R. E. (1978). Techniques for nonlinear least squares and robust regression. Communications
    in Statistics B 7, 345-359.

    Examples
    --------
    >>> welsch_location([[0.0], [1.0], [2.0], [1000.0]]).point.round(3).tolist()
    [1.0]
    """
    x, a = checked_points(points, weight)
    middle = _coordinate_median(x, a)
    size = _size(x, middle, a)
    steps, converged, spread = 0, False, 0.0
    phi, slope = np.ones(len(x)), np.zeros(len(x))
    while not converged and steps < WELSCH_STEPS:
        d = distances(x, middle)
        spread = float(np.sqrt(weighted_median(d**2, a) / 2))
        if spread <= STOP * size:
            # more than half lie here, so that every other point is infinitely far off in the unit of the spread
            phi, slope = np.where(d <= 2 * STOP * size, 1.0, 0.0), np.zeros(len(x))
        else:
            phi = np.exp(-((d / spread) ** 2) / 2)
            slope = -phi / spread**2
        goal = (a * phi) @ x / (a @ phi)
        converged = bool(np.linalg.norm(goal - middle) <= STOP * max(size, spread))
        middle = goal
        steps += 1
    return Location(middle, distances(x, middle), phi, slope, spread, steps, converged)


def distances(points: Array, middle: Array) -> Array:
    """Euclid's distance of each point from one.

    Parameters
    ----------
    points : array, shape (k, n)
        Points.
    middle : array, shape (n,)
        The one.

    Returns
    -------
    array, shape (k,)
    """
    found = np.empty(len(points))
    for rows in blocks(*points.shape):
        apart = points[rows] - middle
        found[rows] = np.einsum("ij,ij->i", apart, apart)
    return np.sqrt(found)


def weighted_median(x: ArrayLike, weight: ArrayLike) -> float:
    """The number with half of the weight on either side; the middle of two where both halves are equal.

    Parameters
    ----------
    x, weight : array of float, shape (k,)
        Numbers, and weights of 0 or more, not all 0.

    Raises
    ------
    InputError
        Shapes that differ, or no weight above 0.

    Examples
    --------
    >>> weighted_median([1.0, 2.0, 10.0, 20.0], [1, 1, 1, 1])
    6.0
    """
    numbers, a = np.asarray(x, dtype=float), np.asarray(weight, dtype=float)
    if numbers.ndim != 1 or numbers.shape != a.shape or not (a > 0).any():
        raise InputError(f"numbers have shape {numbers.shape}, weights {a.shape}; expected one row of each, not all 0")
    numbers, a = numbers[a > 0], a[a > 0]
    order = np.argsort(numbers, kind="stable")
    below = np.cumsum(a[order])
    half = below[-1] / 2
    slack = 1e-12 * below[-1]
    last = len(numbers) - 1
    low = min(int(np.searchsorted(below, half - slack)), last)
    high = min(int(np.searchsorted(below, half + slack)), last)
    return float((numbers[order[low]] + numbers[order[high]]) / 2)


def blocks(k: int, n: int) -> Iterator[slice]:
    """Slices of k rows of n numbers, none of more than `CELLS` numbers.

    Parameters
    ----------
    k, n : int
        Rows, and numbers in each.
    """
    rows = max(1, CELLS // max(1, n))
    return (slice(start, min(start + rows, k)) for start in range(0, k, rows))


def checked_points(points: ArrayLike, weight: ArrayLike | None) -> tuple[Array, Array]:
    """Points and weights as arrays, once it is known that they can be used.

    Parameters
    ----------
    points : array of float, shape (k, n)
        Points.
    weight : array of float, shape (k,), optional
        1 by default.

    Raises
    ------
    InputError
        No points, NaN, or weights that are negative or all 0.
    """
    x = np.asarray(points, dtype=float)
    if x.ndim != 2 or not x.size:
        raise InputError(f"points have shape {x.shape}; expected (k, n), one row a point, at least one")
    a = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=float)
    if a.shape != (len(x),) or not (np.isfinite(a).all() and a.min() >= 0 and a.max() > 0):
        raise InputError(f"weights have shape {a.shape}; expected ({len(x)},), finite, 0 or more and not all 0")
    if not np.isfinite(x).all():
        raise InputError("points hold NaN or an infinity; leave such rows out and count them")
    return x, a


def _coordinate_median(x: Array, a: Array) -> Array:
    return np.array([weighted_median(column, a) for column in x.T])


def _size(x: Array, middle: Array, a: Array) -> float:
    # what is far smaller than this is rounding
    return float(a @ distances(x, middle) / a.sum()) + 1e-3 * float(np.abs(middle).max()) + np.finfo(float).tiny


def _is_median(x: Array, a: Array, at: int) -> bool:
    d = distances(x, x[at])
    there = d == 0
    pull = (a[~there] / d[~there]) @ (x[~there] - x[at])
    return bool(np.linalg.norm(pull) <= a[there].sum() * (1 + 1e-12))
