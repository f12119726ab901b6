"""Three small problems of learning with a prior: a rate, a slope, and a gain to steer by. All are finite, so exact.

Where what is seen is a real number it is put into bins, and the binned problem is the problem.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.decision_problems import DecisionProblem

Array = NDArray[np.float64]


def rate(truths: ArrayLike, n: int, actions: ArrayLike | None = None) -> DecisionProblem:
    """Estimate a probability from n trials, at squared error.

    Parameters
    ----------
    truths : array of float, shape (t,)
        Probabilities, 0 to 1.
    n : int
        Trials; the outcomes are 0 to n successes.
    actions : array of float, shape (a,), optional
        Estimates; by default those from 0 to 1 in hundredths.

    Raises
    ------
    InputError
        No truths or actions, one outside [0, 1], or a negative number of trials.

    Examples
    --------
    >>> rate([0.2, 0.8], 3).chance.round(3)[0].tolist()
    [0.512, 0.384, 0.096, 0.008]
    """
    from scipy.special import comb

    theta = _within("truths", truths, 0.0, 1.0)
    if n < 0:
        raise InputError(f"n is {n!r}; expected 0 trials or more")
    guess = np.linspace(0, 1, 101) if actions is None else _within("actions", actions, 0.0, 1.0)
    k = np.arange(n + 1)
    chance = comb(n, k) * theta[:, None] ** k * (1 - theta[:, None]) ** (n - k)
    return DecisionProblem(chance, (guess[:, None] - theta) ** 2)


def slope(
    truths: ArrayLike, at: ArrayLike, *, noise: float = 1.0, n_bins: int = 61, n_actions: int = 81
) -> DecisionProblem:
    """Estimate the slope of y = θz + noise by what least squares finds, at squared error.

    Parameters
    ----------
    truths : array of float, shape (t,)
        Slopes.
    at : array of float, shape (n,)
        Points z at which y is seen, not all 0.
    noise : float
        Standard deviation, above 0.
    n_bins, n_actions : int
        Of the estimate that is seen, and of those that can be given.

    Raises
    ------
    InputError
        No truths or points, points that are all 0, noise that is not above 0, or fewer than two bins.
    """
    theta, z = _within("truths", truths, -1e6, 1e6), _within("at", at, -1e6, 1e6)
    if not z.any():
        raise InputError("at holds nothing but 0, where no slope shows; give a point other than 0")
    sd = noise / np.sqrt((z**2).sum())
    actions = np.linspace(theta.min(), theta.max(), n_actions)
    return DecisionProblem(_binned(theta, float(sd), n_bins), (actions[:, None] - theta) ** 2)


def steering(
    truths: ArrayLike, *, n: int = 4, noise: float = 0.5, effort: float = 0.1, horizon: int = 12,
    n_bins: int = 41, n_gains: int = 61,
) -> DecisionProblem:  # fmt: skip
    """Choose a gain g for x' = θx + u + noise, u = −gx, after n looks at one free step from x = 1.

    The loss is Σ E[x² + effort · u²] over the horizon from x = 1, less that of the best gain for θ. A gain that leaves
    |θ − g| > 1 lets x grow, so that losses of large θ are far larger than those of small ones.

    Parameters
    ----------
    truths : array of float, shape (t,)
        θ.
    n : int
        Looks, 1 or more.
    noise : float
        Standard deviation of each step, above 0.
    effort : float
        Cost of u², 0 or more.
    horizon : int
        Steps, 1 or more.
    n_bins, n_gains : int
        Of the mean of what was seen, and of gains.

    Raises
    ------
    InputError
        No truths, looks or steps, noise that is not above 0, or fewer than two bins.
    """
    theta = _within("truths", truths, -1e3, 1e3)
    if n < 1 or horizon < 1:
        raise InputError(f"n is {n!r} and horizon {horizon!r}; expected 1 or more of each")
    gains = np.linspace(min(0.0, theta.min()), max(0.0, theta.max()), n_gains)
    closed = theta - gains[:, None]
    square, cost = np.ones_like(closed), np.zeros_like(closed)
    for _ in range(horizon):
        cost += square * (1 + effort * gains[:, None] ** 2)
        square = closed**2 * square + noise**2
    return DecisionProblem(_binned(theta, noise / np.sqrt(n), n_bins), cost - cost.min(axis=0))


def _binned(mean: Array, sd: float, n_bins: int) -> Array:
    from scipy.special import ndtr

    if not sd > 0 or n_bins < 2:
        raise InputError(f"the standard deviation is {sd!r} in {n_bins} bins; expected above 0, in 2 or more")
    edges = np.linspace(mean.min() - 4 * sd, mean.max() + 4 * sd, n_bins - 1)
    below = ndtr((edges - mean[:, None]) / sd)
    return np.diff(np.pad(below, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1))), axis=1)


def _within(name: str, given: ArrayLike, low: float, high: float) -> Array:
    numbers = np.asarray(given, dtype=np.float64)
    if numbers.ndim != 1 or not numbers.size or not ((numbers >= low) & (numbers <= high)).all():
        raise InputError(f"{name} are {given!r}; expected one or more numbers from {low:g} to {high:g}")
    return numbers
