"""Best-of-n: draw n answers, keep the one that a proxy reward likes best. What does that earn by another measure?

Two questions with exact answers. From N answers that were drawn and scored, `best_of_n_curve` is the unbiased estimate
for every n up to N, which uses all subsets at once. From a distribution over finitely many answers, `best_of_n_policy`
is the distribution of the answer that is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.tilting import checked_policy

Array = NDArray[np.float64]


class Overoptimisation(NamedTuple):
    """What too much selection costs by the true measure.

    Attributes
    ----------
    peak, at : float
        Highest true value along the curve, and the n at which it is first reached.
    end : float
        True value at the largest n.
    drop : float
        peak − end, 0 or more.
    gap : float
        What the proxy promises beyond what is true, from the smallest n to the largest: its gain less the true gain.
    """

    peak: float
    at: float
    end: float
    drop: float
    gap: float


def best_of_n_weights(n_answers: int, n: ArrayLike) -> Array:
    """Chance that the answer of each rank is the best of n drawn without replacement: C(i−1, n−1) / C(N, n).

    Parameters
    ----------
    n_answers : int
        N, 1 or more.
    n : int or array of int, shape (g,)
        1 to N.

    Returns
    -------
    array of float, shape (g, N)
        By rank i from worst to best; each row sums to 1.

    Raises
    ------
    InputError
        An n outside 1 to N.

    Examples
    --------
    >>> best_of_n_weights(3, [1, 2, 3]).round(3).tolist()
    [[0.333, 0.333, 0.333], [0.0, 0.333, 0.667], [0.0, 0.0, 1.0]]
    """
    grid = np.atleast_1d(np.asarray(n))
    if n_answers < 1 or grid.ndim != 1 or grid.dtype.kind not in "iu" or not ((grid >= 1) & (grid <= n_answers)).all():
        raise InputError(f"n is {n!r}; expected whole numbers from 1 to {n_answers}, the answers that there are")
    # from the top: w_N = n/N and w_i / w_(i+1) = (i + 1 − n)/i, which needs no binomial and loses no digit
    rank = np.arange(n_answers - 1, 0, -1, dtype=np.float64)
    steps = np.maximum(rank[None, :] + 1 - grid[:, None], 0) / rank[None, :]
    falling = np.cumprod(np.concatenate([grid[:, None] / n_answers, steps], axis=1), axis=1)
    return falling[:, ::-1].astype(np.float64)


def best_of_n_curve(proxy: ArrayLike, value: ArrayLike, n: ArrayLike) -> Array:
    """Unbiased estimate of what the proxy's best of n is worth, from N scored answers.

    Σ_i C(i−1, n−1) / C(N, n) · v_(i), v_(i) being the value of the answer that the proxy ranks i-th from the bottom:
    the mean over all subsets of n. Answers that the proxy scores alike share their places, so that order says nothing.

    Parameters
    ----------
    proxy : array of float, shape (..., N)
        What the choice is made by.
    value : array of float, shape (..., N)
        What the choice is judged by.
    n : int or array of int, shape (g,)
        1 to N.

    Returns
    -------
    array of float, shape (..., g)
        At n = 1 the mean of the values, at n = N the value of the proxy's favourite.

    Raises
    ------
    InputError
        Shapes that differ, NaN, or an n outside 1 to N.

    References
    ----------
    Nakano, R. and others (2021). WebGPT. arXiv:2112.09332, appendix I. Coste, T. and others (2024). arXiv:2310.02743.

    Examples
    --------
    >>> best_of_n_curve([0.1, 0.9, 0.5], [1.0, 2.0, 6.0], [1, 2, 3]).round(3).tolist()
    [3.0, 3.333, 2.0]
    """
    by, worth = np.asarray(proxy, dtype=float), np.asarray(value, dtype=float)
    if by.shape != worth.shape or by.ndim == 0 or 0 in by.shape:
        raise InputError(f"proxy has shape {by.shape} and value {worth.shape}; expected one of each an answer")
    if not (np.isfinite(by).all() and np.isfinite(worth).all()):
        raise InputError("proxy or value holds NaN or an infinity; leave such answers out")
    weights = best_of_n_weights(by.shape[-1], n)
    order = np.argsort(by, axis=-1, kind="stable")
    ranked, sorted_by = np.take_along_axis(worth, order, axis=-1), np.take_along_axis(by, order, axis=-1)
    rows, keys = ranked.reshape(-1, by.shape[-1]), sorted_by.reshape(-1, by.shape[-1])
    for row in np.flatnonzero((np.diff(keys, axis=1) == 0).any(axis=1)):
        start = np.r_[True, np.diff(keys[row]) != 0]
        tie = np.cumsum(start) - 1
        rows[row] = (np.bincount(tie, weights=rows[row]) / np.bincount(tie))[tie]
    return (rows @ weights.T).reshape(*by.shape[:-1], len(weights))


def best_of_n_policy(p: ArrayLike, reward: ArrayLike, n: int) -> Array:
    """Distribution of the best of n independent draws: P(y) = (F(y)ⁿ − F(y⁻)ⁿ), shared among equals as p shares them.

    Parameters
    ----------
    p : array of float, shape (..., K)
        Probabilities of the answers, each row sums to 1.
    reward : array of float, shape (..., K)
        What the choice is made by.
    n : int
        Draws, 1 or more.

    Returns
    -------
    array of float, shape (..., K)

    Raises
    ------
    InputError
        Shapes that differ, NaN, probabilities that do not sum to 1, or an n below 1.

    References
    ----------
    Beirami, A. and others (2024). Theoretical guarantees on the best-of-n alignment policy. arXiv:2401.01879.

    Examples
    --------
    >>> best_of_n_policy([0.5, 0.5], [0.0, 1.0], 3).tolist()
    [0.125, 0.875]
    """
    base, by = checked_policy(p, reward)
    if n < 1:
        raise InputError(f"n is {n!r}; expected 1 draw or more")
    # rows are written through a view of it, which arrays in another order than C's do not give
    found, k = np.empty(base.shape), base.shape[-1]
    for out, q, r in zip(found.reshape(-1, k), base.reshape(-1, k), by.reshape(-1, k), strict=True):
        place = np.unique(r, return_inverse=True)[1]
        mass = np.bincount(place, weights=q)
        below = np.minimum(np.r_[0.0, np.cumsum(mass)], 1.0)
        kept = np.diff(below**n)
        out[:] = q * (kept / np.where(mass > 0, mass, 1.0))[place]
    return found / found.sum(axis=-1, keepdims=True)


def best_of_n_kl(n: ArrayLike) -> Array:
    """How far best-of-n goes from the policy it draws from: log n − (n − 1)/n, in nats.

    It is exact where no two answers tie and each has vanishing probability, and an upper bound otherwise.

    Parameters
    ----------
    n : array of int
        1 or more.

    Raises
    ------
    InputError
        Fewer than one draw, or draws without end.

    References
    ----------
    Beirami, A. and others (2024). arXiv:2401.01879.

    Examples
    --------
    >>> best_of_n_kl([1, 4]).round(4).tolist()
    [0.0, 0.6363]
    """
    draws = np.asarray(n, dtype=float)
    if not ((draws >= 1) & (draws < np.inf)).all():
        raise InputError(f"n is {n!r}; expected 1 or more draws, and an end to them")
    return np.log(draws) - (draws - 1) / draws


def n_grid(largest: int) -> list[int]:
    """Numbers of draws at which a curve is worth knowing: 1, 2, 3, 4, 6, 8, 12, 16, … up to and with the largest.

    Examples
    --------
    >>> n_grid(10)
    [1, 2, 3, 4, 6, 8, 10]
    """
    powers = 2 ** np.arange(int(np.log2(max(largest, 1))) + 1)
    return sorted({int(x) for x in (*powers, *(3 * powers // 2), largest) if x <= largest})


def overoptimisation(n: Sequence[int], proxy: ArrayLike, true: ArrayLike) -> Overoptimisation:
    """How far a proxy was pursued beyond what is good, along a curve.

    Parameters
    ----------
    n : sequence of int, length g
        Strength of selection, rising.
    proxy, true : array of float, shape (g,)
        What the proxy says of what it chose, and what that is worth.

    Raises
    ------
    InputError
        Arrays of different length, or none.

    References
    ----------
    Gao, L., Schulman, J. and Hilton, J. (2023). Scaling laws for reward model overoptimization. ICML 202, 10835-10866.

    Examples
    --------
    >>> overoptimisation([1, 2, 4], [0.0, 1.0, 2.0], [0.0, 0.5, 0.25])
    Overoptimisation(peak=0.5, at=2.0, end=0.25, drop=0.25, gap=1.75)
    """
    promised, real = np.asarray(proxy, dtype=float), np.asarray(true, dtype=float)
    if not len(n) or promised.shape != (len(n),) or real.shape != (len(n),):
        raise InputError(f"{len(n)} numbers of draws, {promised.shape} and {real.shape}; expected one of each a point")
    top = int(real.argmax())
    gap = float((promised[-1] - promised[0]) - (real[-1] - real[0]))
    return Overoptimisation(float(real[top]), float(n[top]), float(real[-1]), float(real[top] - real[-1]), gap)
