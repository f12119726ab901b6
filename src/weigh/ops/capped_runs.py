"""What runs that were stopped early say of an expected utility: bounds, how long and how often to run, regret.

With runs capped at κ̄, Û = mean u(min(t, κ̄)) and F̂ the share that finished, U = E u(t) lies between Û − u(κ̄)(1 − F̂),
which takes a capped run to be worth nothing, and Û. Hoeffding's inequality with α = √(ln(2/δ)/2m) adds the chance of
the draw: U ≤ Û + (1 − u(κ̄)) α and U ≥ Û − u(κ̄)(1 − F̂) − α, each but for a probability of δ/2.

Source: Graham et al. (2023), arXiv:2205.13028, and its successor, arXiv:2310.20401; Hoeffding, W. (1963), JASA 58,
13-30.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.captimes import TimeUtility

Array = NDArray[np.float64]

N_TRIED = 2000  #: captimes that `required_runs` looks through
LONGEST = 1e300


class Bounds(NamedTuple):
    """What runs say of an expected utility.

    Attributes
    ----------
    shown : float
        Mean utility of the runs, those that were stopped counting nothing.
    possible : float
        The same where those that were stopped would have answered at once.
    low, high : float
        What U lies between, but for a probability of δ.
    """

    shown: float
    possible: float
    low: float
    high: float


def capped_bounds(
    t: ArrayLike,
    finished: ArrayLike,
    utility: TimeUtility,
    *,
    captime: float | None = None,
    weight: ArrayLike | None = None,
    delta: float = 0.05,
) -> Bounds:
    """Bounds on an expected utility from independent runs, some of them stopped.

    Parameters
    ----------
    t : array of float, shape (m,)
        How long each run took, or was let run; infinite where it is known that it never ends.
    finished : array of bool, shape (m,)
        Whether it answered, or is known never to.
    utility : TimeUtility
        Worth of an answer at t.
    captime : float, optional
        That of all runs, where it is known; longer runs count as stopped there. Without it the upper bound is wider.
    weight : array of float, shape (m,), optional
        Number of runs that each row stands for.
    delta : float
        Probability that U lies outside, between 0 and 1.

    Returns
    -------
    Bounds
        All from 0 to 1.

    Raises
    ------
    InputError
        No runs, times that are negative or NaN, shapes that differ, weights that are negative or all 0, a captime that
        is not above 0, or a probability that is none.

    Examples
    --------
    >>> from weigh.ops.captimes import uniform
    >>> found = capped_bounds([2, 10], [True, False], uniform(20), captime=10)
    >>> found.shown, found.possible
    (0.45, 0.7)
    """
    times, done, w = _runs(t, finished, weight)
    _probability("delta", delta)
    cap = np.inf if captime is None else float(captime)
    if not cap > 0:
        raise InputError(f"captime is {captime!r}; expected seconds above 0")
    never = done & np.isinf(times)
    done = done & ((times <= cap) | never)
    times = np.where(never, np.inf, np.minimum(times, cap))
    worth, m = utility(times), float(w.sum())
    shown, possible = float(w @ (worth * done)) / m, float(w @ worth) / m
    alpha = math.sqrt(math.log(2 / delta) / (2 * m))
    # a run known never to end counts 0, below u(captime): then the range is that of all utilities
    width = 1.0 if captime is None or never.any() else 1 - float(utility(cap))
    return Bounds(shown, possible, max(0.0, shown - alpha), min(1.0, possible + width * alpha))


class Effort(NamedTuple):
    """How long and how often each algorithm must run: captime, n_runs, and total, the most time that all may take."""

    captime: float
    n_runs: int
    total: float


def captime_for(utility: TimeUtility, level: ArrayLike) -> Array:
    """The earliest time at which an answer is worth no more than a level.

    Parameters
    ----------
    utility : TimeUtility
        Falls to 0.
    level : array of float
        From 0 to 1.

    Returns
    -------
    array of float, shape of level
        To 12 digits; infinite where it takes more than 1e300.

    Raises
    ------
    InputError
        A level outside [0, 1].

    Examples
    --------
    >>> from weigh.ops.captimes import uniform
    >>> float(captime_for(uniform(20), 0.25).round(9))
    15.0
    """
    levels = np.asarray(level, dtype=np.float64)
    if not ((levels >= 0) & (levels <= 1)).all():
        raise InputError(f"level is {level!r}; expected numbers from 0 to 1")
    low, high = np.full(levels.shape, 1e-300), np.full(levels.shape, LONGEST)
    for _ in range(90):  # halves 600 powers of ten down to the precision of a float
        middle = np.exp((np.log(low) + np.log(high)) / 2)
        reached = utility(middle) <= levels
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    high = np.where(utility(np.zeros(levels.shape)) <= levels, 0.0, high)
    return np.where(utility(np.minimum(high, LONGEST)) <= levels, high, np.inf)


def required_runs(
    utility: TimeUtility, epsilon: float, *, n_algorithms: int = 2, delta: float = 0.05, captime: float | None = None
) -> Effort:
    """Runs enough to find an algorithm within ε of the best, but for a probability of δ.

    m = ⌊2 ln(2n/δ) / (ε − u(κ̄))²⌋ + 1 runs of each of n algorithms, capped at κ̄ with u(κ̄) < ε; then all bounds of
    `capped_bounds` at δ/n are at most ε wide, and the algorithm of the largest lower bound will do. No such number
    exists for a mean running time, which has no bound.

    Parameters
    ----------
    utility : TimeUtility
        Worth of an answer at t.
    epsilon : float
        Utility that may be lost, between 0 and 1.
    n_algorithms : int
        1 or more.
    delta : float
        Probability of a worse choice, between 0 and 1.
    captime : float, optional
        κ̄; without it the one of the least total n · m · κ̄.

    Returns
    -------
    Effort
        captime in the utility's unit of time, n_runs of each, total time at most.

    Raises
    ------
    InputError
        The captime is so short that what happens after it is worth ε or more.

    Examples
    --------
    >>> from weigh.ops.captimes import uniform
    >>> effort = required_runs(uniform(20), 0.1, n_algorithms=9)
    >>> effort.n_runs, round(effort.captime, 1)
    (1178, 20.0)
    """
    _probability("epsilon", epsilon)
    _probability("delta", delta)
    if n_algorithms < 1:
        raise InputError(f"n_algorithms is {n_algorithms!r}; expected 1 or more")
    if captime is None:
        caps = captime_for(utility, epsilon * np.linspace(0, 1, N_TRIED, endpoint=False))
    else:
        caps = np.array([float(captime)])
    after = utility(caps)
    usable = np.isfinite(caps) & (caps > 0) & (after < epsilon)
    if not usable.any():
        raise InputError(
            f"an answer after the captime {captime!r} can be worth {float(after[0]):.3g}, which is not below epsilon = "
            f"{epsilon:g}; let runs take {float(captime_for(utility, epsilon)):.4g} or longer"
        )
    caps, after = caps[usable], after[usable]
    runs = np.floor(2 * math.log(2 * n_algorithms / delta) / (epsilon - after) ** 2) + 1
    at = int(np.argmin(runs * caps))
    return Effort(float(caps[at]), int(runs[at]), float(n_algorithms * runs[at] * caps[at]))


def regret_matrix(scores: ArrayLike) -> Array:
    """Share of the best score that is lost when one rule picks and another one scores.

    Entry (i, j) is 1 − s_j(pick of rule i) / max s_j. Of those that tie for the best of rule i the worst counts.

    Parameters
    ----------
    scores : array of float, shape (k, n)
        Scores of n algorithms by k rules, 0 or more.

    Returns
    -------
    array of float, shape (k, k)
        From 0 to 1; the row picks and the column scores. 0 where nothing scores.

    Raises
    ------
    InputError
        Not a table, or negative scores.

    Examples
    --------
    >>> regret_matrix([[1.0, 0.5], [0.2, 0.8]]).tolist()
    [[0.0, 0.75], [0.5, 0.0]]
    """
    s = np.asarray(scores, dtype=np.float64)
    if s.ndim != 2 or not s.size or not np.isfinite(s).all() or (s < 0).any():
        raise InputError(f"scores have shape {s.shape}; expected rules × algorithms, finite and 0 or more")
    best = s.max(axis=1)
    picked = s >= best[:, None] * (1 - 1e-12)
    kept = np.where(picked[:, None, :], s[None, :, :], np.inf).min(axis=2)
    return 1 - np.divide(kept, best[None, :], out=np.ones_like(kept), where=best[None, :] > 0)


def par2(t: ArrayLike, finished: ArrayLike, captime: float, *, weight: ArrayLike | None = None) -> float:
    """Penalised mean running time: a run that gave no answer within the captime counts twice the captime.

    Parameters
    ----------
    t : array of float, shape (m,)
        Seconds.
    finished : array of bool, shape (m,)
        Whether it answered.
    captime : float
        Seconds, above 0.
    weight : array of float, shape (m,), optional
        Number of runs that each row stands for.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    InputError
        No runs, shapes that differ, times that are negative or NaN, or a captime that is not above 0.

    Examples
    --------
    >>> par2([2.0, 10.0], [True, False], 10.0)
    11.0
    """
    times, done, w = _runs(t, finished, weight)
    if not 0 < captime < math.inf:
        raise InputError(f"captime is {captime!r}; expected seconds above 0")
    return float(np.average(np.where(done & (times <= captime), times, 2.0 * captime), weights=w))


def _runs(t: ArrayLike, finished: ArrayLike, weight: ArrayLike | None) -> tuple[Array, NDArray[np.bool_], Array]:
    times, done = np.asarray(t, dtype=np.float64), np.asarray(finished, dtype=bool)
    w = np.ones(times.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if times.ndim != 1 or times.shape != done.shape or w.shape != times.shape or not times.size:
        raise InputError(f"runs have shapes {times.shape}, {done.shape}, {w.shape}; expected one length, 1 or more")
    if not (np.isfinite(w).all() and w.min() >= 0 and w.max() > 0):
        raise InputError("weights must be finite, 0 or more and not all 0")
    if not (times >= 0).all():
        raise InputError("a running time is negative or NaN; expected 0 or more, and infinity for no answer")
    return times, done, w


def _probability(name: str, given: float) -> None:
    if not 0 < given < 1:
        raise InputError(f"{name} is {given!r}; expected a number between 0 and 1")
