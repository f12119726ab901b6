"""The statistics that every verb needs: intervals, paired differences, corrections for many tests, streams of chance.

Each function states its formula and its source. Arrays in, small named tuples out.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Numbers = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate and the ends of its interval; arrays where the input was one."""

    estimate: Any
    low: Any
    high: Any


class MeanInterval(NamedTuple):
    """A mean, its interval, its standard error, and the clusters and degrees of freedom behind them."""

    mean: Any
    low: Any
    high: Any
    se: Any
    dof: int
    n: int
    n_clusters: int


class PairedDifference(NamedTuple):
    """A mean difference, its interval, its two-sided p-value, and the smallest difference it could have found."""

    difference: Any
    low: Any
    high: Any
    p: Any
    detectable: Any
    se: Any
    dof: int


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Wilson's score interval for a proportion.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).

    Parameters
    ----------
    successes, n : array of float, broadcast against each other
        Counts, 0 ≤ successes ≤ n; weighted counts may be fractional.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Interval
        Proportion, low, high within [0, 1]; NaN, 0, 1 where n = 0.

    Raises
    ------
    InputError
        More successes than trials, negative counts or NaN.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

    Examples
    --------
    >>> [round(float(x), 3) for x in wilson(8, 10)]
    [0.8, 0.49, 0.943]
    """
    from scipy.special import ndtri

    z = ndtri((1 + _level(level)) / 2)
    k, total = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    if not np.all((k >= 0) & (k <= total)):
        raise InputError(f"wilson needs 0 ≤ successes ≤ n; got successes={successes!r}, n={n!r}")
    trials = np.where(total == 0, 1.0, total)
    p = k / trials
    middle = (p + z**2 / (2 * trials)) / (1 + z**2 / trials)
    margin = z / (1 + z**2 / trials) * np.sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    none = total == 0
    low, high = np.clip(middle - margin, 0.0, p), np.clip(middle + margin, p, 1.0)
    return Interval(*(_bare(np.where(none, x, y)) for x, y in ((np.nan, p), (0.0, low), (1.0, high))))


def correlation_interval(r: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Fisher's interval for a correlation.

    tanh(artanh r ± z / √(n − 3)).

    Parameters
    ----------
    r : array of float
        Correlation, −1 to 1.
    n : array of float, broadcast against r
        Pairs behind it.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    Interval
        r, low, high; −1 and 1 where n ≤ 3.

    Raises
    ------
    InputError
        A correlation outside [−1, 1], or NaN.

    References
    ----------
    Fisher, R. A. (1921). On the "probable error" of a coefficient of correlation. Metron 1, 3-32.
    """
    from scipy.special import ndtri

    z = ndtri((1 + _level(level)) / 2)
    rho, pairs = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(n, dtype=float))
    if not np.all(np.abs(rho) <= 1 + 1e-9):
        raise InputError(f"a correlation lies from -1 to 1; got {r!r}")
    rho = np.clip(rho, -1.0, 1.0)
    few = ~(pairs > 3)
    margin = z / np.sqrt(np.where(few, 1.0, pairs - 3))
    with np.errstate(divide="ignore"):
        centre = np.arctanh(rho)
    low = np.where(few, -1.0, np.tanh(centre - margin))
    high = np.where(few, 1.0, np.tanh(centre + margin))
    return Interval(*map(_bare, (rho, np.minimum(low, rho), np.maximum(high, rho))))


def spearman_brown(r: ArrayLike, factor: float = 2.0) -> Any:
    """Reliability of a test made `factor` times as long, from the correlation of its parts.

    factor · r / (1 + (factor − 1) r).

    Parameters
    ----------
    r : array of float
        Correlation of the parts (halves, for factor 2), above −1 and up to 1.
    factor : float
        Above 0.

    Returns
    -------
    float or array
        Reliability; below zero where r is.

    Raises
    ------
    InputError
        A correlation outside (−1, 1], or a factor of 0 or less, or parts so opposed that the formula has no value.

    References
    ----------
    Spearman, C. (1910). British Journal of Psychology 3, 271-295; Brown, W. (1910), ibid., 296-322.

    Examples
    --------
    >>> round(spearman_brown(0.6), 3)
    0.75
    """
    rho = np.asarray(r, dtype=float)
    if not factor > 0 or not np.all((rho > -1) & (rho <= 1 + 1e-9)) or np.any(1 + (factor - 1) * rho <= 0):
        raise InputError(f"spearman_brown needs -1 < r ≤ 1 and a factor above 0; got r={r!r}, factor={factor!r}")
    return _bare(factor * rho / (1 + (factor - 1) * rho))


def mean_interval(
    x: ArrayLike, clusters: ArrayLike | None = None, weights: ArrayLike | None = None, level: float = 0.95
) -> MeanInterval:
    """Mean with a cluster-robust t interval.

    m = Σ wᵢxᵢ / Σ wᵢ; u_g = Σ_{i in g} wᵢ(xᵢ − m); se² = G/(G−1) · Σ u_g² / (Σ wᵢ)²; m ± t_{G−1} se. With each row its
    own cluster and equal weights this is the textbook s/√n.

    Parameters
    ----------
    x : array of float, shape (n, ...)
        Rows; further axes are treated each on its own.
    clusters : array, shape (n,), optional
        What rows belong together, such as the family of a question.
    weights : array of float, shape (n,), optional
        0 or more, not all 0.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    MeanInterval
        In x's units. With a single cluster the spread is unknown: low, high and se are NaN.

    Raises
    ------
    InputError
        No rows, NaN, arrays of different length, or weights that are negative or all 0.

    References
    ----------
    Liang, K.-Y. & Zeger, S. L. (1986). Biometrika 73, 13-22. Cameron, A. C. & Miller, D. L. (2015). A practitioner's
    guide to cluster-robust inference. Journal of Human Resources 50, 317-372 (eqs. 11 and 13).
    """
    from scipy.special import stdtrit

    rows = _rows("x", x)
    n = len(rows)
    w = np.ones(n) if weights is None else _rows("weights", weights)
    if w.shape != (n,) or w.min() < 0 or w.sum() <= 0:
        raise InputError(f"weights need shape ({n},), 0 or more and not all 0; got shape {w.shape} from {w.min():g} up")
    w = w.reshape((n,) + (1,) * (rows.ndim - 1))
    total = w.sum()
    mean = (w * rows).sum(axis=0) / total
    # rows of weight 0 are no evidence, so they make no cluster either
    label = _clusters(clusters, n)[w.ravel() > 0]
    moments = (w * (rows - mean))[w.ravel() > 0]
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(label[order]) != 0])
    sums = np.add.reduceat(moments[order], starts, axis=0)
    groups = len(starts)
    if groups < 2:
        unknown = _bare(np.full(np.shape(mean), np.nan))
        return MeanInterval(_bare(mean), unknown, unknown, unknown, 0, n, groups)
    se = np.sqrt(groups / (groups - 1) * (sums**2).sum(axis=0)) / total
    margin = stdtrit(groups - 1, (1 + _level(level)) / 2) * se
    low, high = _bare(mean - margin), _bare(mean + margin)
    return MeanInterval(_bare(mean), low, high, _bare(se), groups - 1, n, groups)


def paired_difference(
    x: ArrayLike,
    y: ArrayLike,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    power: float = 0.8,
) -> PairedDifference:
    """Mean of x − y, row by row, with its interval, its p-value and what it could have found.

    The interval is `mean_interval`'s; p = 2 P(T_{G−1} > |d|/se); the smallest detectable difference is
    (t_{G−1, (1+level)/2} + t_{G−1, power}) · se.

    Parameters
    ----------
    x, y : array of float, shape (n, ...)
        The same rows measured twice.
    clusters, weights
        As in `mean_interval`.
    level : float
        Confidence of the interval; 1 − level is the size of the test.
    power : float
        With which the smallest detectable difference would be found, between 0.5 and 1.

    Returns
    -------
    PairedDifference
        In the units of x. Without spread p is 0, or 1 where the difference is 0 too; with one cluster all but the
        difference is NaN.

    Raises
    ------
    InputError
        As in `mean_interval`; also different shapes.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review 19, 547-556. Miller, E. (2024). Adding error bars
    to evals. arXiv:2411.00640.
    """
    from scipy.special import stdtr, stdtrit

    first, second = _rows("x", x), _rows("y", y)
    if first.shape != second.shape:
        raise InputError(f"x has shape {first.shape} and y {second.shape}; expected the same rows measured twice")
    found = mean_interval(first - second, clusters, weights, level)
    if found.dof == 0:
        return PairedDifference(found.mean, found.low, found.high, found.se, found.se, found.se, found.dof)
    d, se = np.asarray(found.mean), np.asarray(found.se)
    t = np.abs(d) / np.where(se > 0, se, 1.0)
    p = np.where(se > 0, 2 * stdtr(found.dof, -t), np.where(d == 0, 1.0, 0.0))
    reach = stdtrit(found.dof, (1 + level) / 2) + stdtrit(found.dof, _level(power, "power"))
    return PairedDifference(found.mean, found.low, found.high, _bare(p), _bare(reach * se), found.se, found.dof)


def holm(p: ArrayLike) -> Numbers:
    """Holm's adjusted p-values, which keep the family-wise error under any dependence.

    With p sorted, p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) p_(j)).

    Parameters
    ----------
    p : array of float, shape (m,)
        From 0 to 1.

    Returns
    -------
    array of float, shape (m,)
        In the order given; reject where it is at most the size of the test.

    Raises
    ------
    InputError
        A p-value outside [0, 1], or NaN.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
    65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    if values.ndim != 1 or not np.all((values >= 0) & (values <= 1)):
        raise InputError(f"holm needs p-values from 0 to 1 in one row, without NaN; got {p!r}")
    m = len(values)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(np.minimum(1.0, (m - np.arange(m)) * values[order]))
    adjusted = np.empty(m)
    adjusted[order] = stepped
    return adjusted


def rng(seed: int, *path: str | int) -> np.random.Generator:
    """A stream of chance of one's own: the same seed and path give the same numbers on every machine.

    Parameters
    ----------
    seed : int
        0 or more.
    *path : str or int
        Who uses it: "bootstrap", 3, …; other paths give independent streams.

    Raises
    ------
    InputError
        A seed below 0, or a part of the path that is neither text nor a whole number.

    References
    ----------
    numpy's SeedSequence: the path's parts are hashed by sha256 into its spawn key.

    Examples
    --------
    >>> rng(0, "bootstrap", 1).random() == rng(0, "bootstrap", 1).random()
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed is {seed!r}; expected a whole number, 0 or more")
    words: list[int] = []
    for part in path:
        if isinstance(part, bool) or not isinstance(part, str | int | np.integer):
            raise InputError(f"a part of the path is {part!r}; expected text or a whole number")
        text = f"s:{part}" if isinstance(part, str) else f"i:{int(part)}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        words += np.frombuffer(digest[:16], dtype="<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=tuple(words)))


def _rows(name: str, x: ArrayLike) -> Numbers:
    rows = np.asarray(x, dtype=float)
    if rows.ndim == 0 or len(rows) == 0:
        raise InputError(f"{name} has no rows: its shape is {rows.shape}; expected at least one")
    if not np.isfinite(rows).all():
        bad = int(np.argwhere(~np.isfinite(rows))[0][0])
        raise InputError(f"{name} holds NaN or an infinity in row {bad + 1}; leave such rows out and count them")
    return rows


def _clusters(clusters: ArrayLike | None, n: int) -> NDArray[np.int64]:
    if clusters is None:
        return np.arange(n)
    given = np.asarray(clusters)
    if given.shape != (n,):
        raise InputError(f"clusters have shape {given.shape}; expected ({n},), one a row")
    return np.unique(given, return_inverse=True)[1].astype(np.int64)


def _level(level: float, name: str = "level") -> float:
    if not 0 < level < 1:
        raise InputError(f"{name} is {level!r}; expected a number between 0 and 1, such as 0.95")
    return level


def _bare(x: Any) -> Any:
    return float(x) if np.ndim(x) == 0 else x
