"""Two rates that are good only together: their harmonic mean, their signed difference, and what ignores the content.

A judge that always takes the cautious option is right wherever caution is wanted and wrong wherever it is not. The
harmonic mean is near the smaller of the two rates, so no constant answer scores on it; the tilt says which way a judge
leans. Pure functions on numpy arrays.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import Interval, rng

Numbers = NDArray[np.float64]
LEVEL = 0.95


class Tradeoff(NamedTuple):
    """Harmonic mean and tilt of two rates; arrays where the rates are."""

    harmonic: Any
    tilt: Any


class Counts(NamedTuple):
    """What was counted in each cluster of one set, weights or numbers; arrays of shape (n_clusters,).

    Attributes
    ----------
    hits, misses : array
        Did what the set asks for, and did not.
    unknown : array
        Did neither, and might have done either.
    size : array, optional
        Number of questions in the cluster; by default hits + misses + unknown, as where each question counts once.
    """

    hits: ArrayLike
    misses: ArrayLike
    unknown: ArrayLike = 0.0
    size: ArrayLike | None = None


class TradeoffScore(NamedTuple):
    """Two rates and what follows from them, each with its interval.

    Attributes
    ----------
    first, second, harmonic : Interval
        From 0 to 1.
    tilt : Interval
        First minus second, −1 to 1.
    informedness : Interval
        Youden's J, first plus second minus 1: 0 for all that ignores the content, 1 at best.
    """

    first: Interval
    second: Interval
    tilt: Interval
    harmonic: Interval
    informedness: Interval


def harmonic_tradeoff(first: ArrayLike, second: ArrayLike) -> Tradeoff:
    """Harmonic mean and signed tilt of two rates.

    H = 2ab / (a + b), and 0 where a + b = 0; tilt = a − b. H is symmetric, lies between the smaller rate and the mean,
    and grows with either rate.

    Parameters
    ----------
    first, second : array of float, broadcast against each other
        Rates, 0 or more, on one scale (0 to 1, or percent).

    Returns
    -------
    Tradeoff
        On the rates' scale.

    Raises
    ------
    InputError
        A rate is negative or not finite.

    References
    ----------
    Van Rijsbergen, C. J. (1979). Information Retrieval, ch. 7 (the F measure).

    Examples
    --------
    >>> harmonic_tradeoff(100, 50).tilt, round(harmonic_tradeoff(100, 50).harmonic, 1)
    (50.0, 66.7)
    """
    a, b = np.broadcast_arrays(_rates(first), _rates(second))
    total = a + b
    harmonic = 2 * a * b / np.where(total > 0, total, 1.0)
    return Tradeoff(_bare(harmonic), _bare(a - b))


def content_blind(p: ArrayLike) -> Tradeoff:
    """What a judge scores that takes one kind of option with probability p, whatever it reads.

    Its rates are p and 1 − p: H = 2p(1 − p), which is 0 for a constant answer and ½, the most, for a coin; tilt = 2p −
    1.

    Parameters
    ----------
    p : array of float
        From 0 to 1.

    Raises
    ------
    InputError
        A number outside [0, 1].

    Examples
    --------
    >>> content_blind([0, 0.5, 1]).harmonic.tolist()
    [0.0, 0.5, 0.0]
    """
    share = _rates(p)
    if share.size and share.max() > 1:
        raise InputError(f"p is {share.max():g}; a probability lies from 0 to 1")
    return harmonic_tradeoff(share, 1 - share)


def tradeoff_score(first: Counts, second: Counts, *, draws: int = 2000, seed: int = 0) -> TradeoffScore:
    """Two rates from clustered counts, their tilt and harmonic mean, with 95 % intervals.

    A rate is hits / (hits + misses). The clusters of each set are drawn anew with replacement, on their own. The
    interval goes from the α point with all unknown as misses to the 1 − α point with all unknown as hits (for the tilt:
    of the second set the other way round), so that it covers what the unknown may have been. α = Φ(−t √(m/(m−1))), a
    little less than 2.5 %, makes up for the few clusters, m of them in the smaller set, t Student's 97.5 % point. No
    interval is narrower than for independent questions: where drawing anew shows less spread than Jeffreys' Beta(k + ½,
    n − k + ½), as where all clusters agree, draws come from that, n being the number of questions and k = n times the
    rate.

    In simulations with 22 to 30 clusters of 12, the intervals of the harmonic mean and the tilt hold the truth 94 to 97
    times in 100, those of a rate 90 to 96 times; where the rates are .99 and the few misses lie close together, 83.

    Parameters
    ----------
    first, second : Counts
        The two sets; at least one hit or miss in each.
    draws : int
        How often clusters are drawn anew, 100 or more.
    seed : int
        Of the draws.

    Returns
    -------
    TradeoffScore
        Each interval holds its estimate.

    Raises
    ------
    InputError
        Counts of different shape, negative or not finite, a set without hits and misses, or fewer draws.

    References
    ----------
    Youden, W. J. (1950). Index for rating diagnostic tests. Cancer 3, 32-35. Davison, A. C. & Hinkley, D. V. (1997).
    Bootstrap Methods and their Application, §3.8. Hesterberg, T. C. (2015). What teachers should know about the
    bootstrap. The American Statistician 69, 371-386 (α). Manski, C. F. (1989). Anatomy of the selection problem.
    Journal of Human Resources 24, 343-360 (what is not seen).

    Examples
    --------
    >>> score = tradeoff_score(Counts([3, 4], [1, 0]), Counts([2, 2], [2, 2]))
    >>> [round(part.estimate, 3) for part in score]
    [0.875, 0.5, 0.375, 0.636, 0.375]
    """
    if draws < 100:
        raise InputError(f"{draws} draws give no interval; give 100 or more")
    a, a_low, a_high, m_a = _drawn(first, draws, seed, "first")
    b, b_low, b_high, m_b = _drawn(second, draws, seed, "second")
    m = min(m_a, m_b)
    whole, low, high = (harmonic_tradeoff(x, y) for x, y in ((a, b), (a_low, b_low), (a_high, b_high)))
    return TradeoffScore(
        _interval(a, a_low, a_high, m_a),
        _interval(b, b_low, b_high, m_b),
        _interval(whole.tilt, a_low - b_high, a_high - b_low, m),
        _interval(whole.harmonic, low.harmonic, high.harmonic, m),
        _interval(a + b - 1, a_low + b_low - 1, a_high + b_high - 1, m),
    )


def _drawn(counts: Counts, draws: int, seed: int, which: str) -> tuple[float, Numbers, Numbers, int]:
    """A set's rate, its draws with the unknown as misses and as hits, and its number of clusters."""
    given = [_rates(part, f"{which} set's counts") for part in counts if part is not None]
    try:
        given += [given[0] + given[1] + given[2]] if counts.size is None else []
        hits, misses, unknown, size = (np.atleast_1d(part) for part in np.broadcast_arrays(*given))
    except ValueError as error:
        raise InputError(f"the {which} set's counts differ in shape; give one number a cluster") from error
    known, total = hits.sum() + misses.sum(), hits + misses + unknown
    if hits.ndim != 1 or not known > 0:
        raise InputError(
            f"the {which} set has no hit and no miss, so it has no rate; give counts of shape (n_clusters,)"
        )
    there = total > 0
    hits, unknown, total = hits[there], unknown[there], total[there]
    m = len(total)
    times = rng(seed, "tradeoff", which).multinomial(m, np.full(m, 1 / m), size=draws)
    found = []
    for end, counted in (("low", hits), ("high", hits + unknown)):
        drawn, n = (times @ counted) / (times @ total), float(size[there].sum())
        k = n * min(counted.sum() / total.sum(), 1.0)
        independent = rng(seed, "tradeoff", which, end).beta(k + 0.5, n - k + 0.5, size=draws)
        found.append(drawn if drawn.std() > independent.std() else independent)
    return float(hits.sum() / known), found[0], found[1], m


def _interval(estimate: float, low: Numbers, high: Numbers, n_clusters: int) -> Interval:
    from scipy.special import ndtr, stdtrit

    alpha = (1 - LEVEL) / 2
    if n_clusters > 1:
        alpha = ndtr(-stdtrit(n_clusters - 1, (1 + LEVEL) / 2) * np.sqrt(n_clusters / (n_clusters - 1)))
    ends = np.quantile(low, alpha), np.quantile(high, 1 - alpha)
    return Interval(estimate, min(float(ends[0]), estimate), max(float(ends[1]), estimate))


def _rates(given: ArrayLike, name: str = "rates") -> Numbers:
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be read as numbers: {given!r:.80}") from error
    if not np.isfinite(numbers).all() or (numbers < 0).any():
        raise InputError(f"{name} must be finite and 0 or more; got {given!r:.80}")
    return numbers


def _bare(x: Any) -> Any:
    return float(x) if np.ndim(x) == 0 else x
