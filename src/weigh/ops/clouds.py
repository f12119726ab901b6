"""Clouds: intervals of several experts as one uncertain number, and TOPSIS on such numbers.

A cloud has an expectation Ex, an entropy En (how blurred it is) and a hyper-entropy He (how unsure that blur is). An
interval is read as a normal curve about its middle, whose standard deviation is a sixth of its width.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.rating_table import cell_means
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

FLAT = 1e-12
CACHED = 32_768  # numbers that a processor keeps at hand
LANES = 64


class Clouds(NamedTuple):
    """Uncertain numbers; arrays of one shape.

    Attributes
    ----------
    ex : array
        Expectation.
    en, he : array
        Entropy and hyper-entropy, 0 or more, in the unit of `ex`.
    """

    ex: Array
    en: Array
    he: Array


def mixture_clouds(
    cell: ArrayLike, middle: ArrayLike, spread: ArrayLike, weight: ArrayLike, n_cells: int
) -> tuple[Clouds, int]:
    """One cloud a cell, by the backward cloud transform of the mixture of its intervals' normal curves.

    With m the middles, e the spreads and d = m − Ex: Ex = mean m; En = √(π/2) E|X − Ex|, where each curve adds
    e √(2/π) exp(−d²/2e²) + |d| erf(|d|/e√2), which is |d| at e = 0; He = √max(0, S² − En²) with S² = mean e² + var m.
    Intervals that are all alike give En = e and He = 0; a cloud that is flatter than a normal curve has no He.

    Parameters
    ----------
    cell : array of int, shape (n,)
        Where each interval belongs, from 0.
    middle, spread, weight : array of float, shape (n,)
        Of each interval; spread 0 or more, weights above 0.
    n_cells : int
        How many cells there are, each with one interval at least.

    Returns
    -------
    Clouds
        Of shape (n_cells,).
    flat : int
        Cells in which S² < En², so that He was put at 0.

    Raises
    ------
    InputError
        Columns of different length, NaN, a negative spread, a weight that is not above 0, or a cell without intervals.

    References
    ----------
    Li, D. & Du, Y. (2007). Artificial Intelligence with Uncertainty, ch. 5. Chapman & Hall.

    Examples
    --------
    >>> clouds, _ = mixture_clouds([0, 0], [2.0, 2.0], [0.5, 0.5], [1, 1], 1)
    >>> clouds.ex.tolist(), clouds.en.round(12).tolist(), clouds.he.tolist()
    ([2.0], [0.5], [0.0])
    """
    from scipy.special import erf

    at, m, e, a = _intervals(cell, middle, spread, weight, n_cells)

    def mean(x: Array) -> Array:
        return cell_means(at, x, a, n_cells)[0]

    ex = mean(m)
    d = np.abs(m - ex[at])
    wide = np.where(e > 0, e, 1.0)
    part = np.where(e > 0, e * np.sqrt(2 / np.pi) * np.exp(-((d / wide) ** 2) / 2) + d * erf(d / wide / np.sqrt(2)), d)
    en = np.sqrt(np.pi / 2) * mean(part)
    rest = mean(e**2 + d**2) - en**2
    size = FLAT * en**2
    return Clouds(ex, en, np.sqrt(np.where(rest > size, rest, 0.0))), int((rest < -size).sum())


def floating_clouds(
    cell: ArrayLike, middle: ArrayLike, spread: ArrayLike, weight: ArrayLike, n_cells: int
) -> tuple[Clouds, int]:
    """One cloud a cell that knows of the intervals' widths alone, not of how far their middles lie apart.

    Ex = mean m, En = √(mean e²), He = the standard deviation of e.

    Parameters
    ----------
    cell, middle, spread, weight, n_cells
        As in `mixture_clouds`.

    Returns
    -------
    Clouds
    flat : int
        0.

    Raises
    ------
    InputError
        As in `mixture_clouds`.
    """
    at, m, e, a = _intervals(cell, middle, spread, weight, n_cells)
    ex, wide = (cell_means(at, x, a, n_cells)[0] for x in (m, e))
    off = cell_means(at, (e - wide[at]) ** 2, a, n_cells)[0]
    return Clouds(ex, np.sqrt(wide**2 + off), np.sqrt(off)), 0


def normalised(clouds: Clouds, is_cost: ArrayLike) -> tuple[Clouds, NDArray[np.bool_]]:
    """Criteria on a scale from 0 (worst) to 1 (best).

    (Ex − min)/(max − min), and 1 minus it for costs; En and He are divided by max − min. Criteria on which all
    alternatives have one Ex are left out.

    Parameters
    ----------
    clouds : Clouds
        Of shape (n_items, n_criteria).
    is_cost : array of bool, shape (n_criteria,)
        Whether less is better.

    Returns
    -------
    Clouds
        Of shape (n_items, n_kept).
    kept : array of bool, shape (n_criteria,)

    Raises
    ------
    InputError
        No criterion tells any two alternatives apart.
    """
    low, high = clouds.ex.min(axis=0), clouds.ex.max(axis=0)
    kept = high - low > FLAT * np.maximum(np.abs(low), np.abs(high))
    if not kept.any():
        raise InputError("all alternatives are alike on every criterion; expected one at least that tells them apart")
    span, cost = (high - low)[kept], np.asarray(is_cost, dtype=bool)[kept]
    ex = np.where(cost, high[kept] - clouds.ex[:, kept], clouds.ex[:, kept] - low[kept]) / span
    return Clouds(ex, clouds.en[:, kept] / span, clouds.he[:, kept] / span), kept


def closeness(clouds: Clouds, weights: ArrayLike, is_cost: ArrayLike | None = None) -> Array:
    """How near alternatives are to the best that could be, by TOPSIS on clouds.

    Criteria are brought to 0 … 1 by their range of Ex, as `normalised` does. The ideal has the best Ex and the smallest
    En and He of each criterion, the anti-ideal the reverse; with d² = Σ w² (ΔEx² + ΔEn² + ΔHe²), the closeness is
    D⁻/(D⁺ + D⁻). Where En = He = 0 this is plain TOPSIS.

    Parameters
    ----------
    clouds : Clouds
        Of shape (n_items, n_criteria), normalised or not. Criteria without a range of Ex do not count.
    weights : array of float, shape (n_criteria,)
        0 or more.
    is_cost : array of bool, shape (n_criteria,), optional
        Whether less is better; nowhere by default.

    Returns
    -------
    array, shape (n_items,)
        From 0 to 1; ½ where ideal and anti-ideal are one.

    Raises
    ------
    InputError
        Weights or costs that are not one a criterion.

    References
    ----------
    Hwang, C. L. & Yoon, K. (1981). Multiple Attribute Decision Making. Springer.
    """
    w = np.asarray(weights, dtype=float)
    cost = np.zeros(w.shape, dtype=bool) if is_cost is None else np.asarray(is_cost, dtype=bool)
    if w.shape != clouds.ex.shape[1:] or cost.shape != w.shape:
        raise InputError(f"weights and costs have shapes {w.shape}, {cost.shape}; expected {clouds.ex.shape[1:]}")
    low, high = _ends(clouds.ex)
    span = high - low
    known = span > FLAT * np.maximum(np.abs(low), np.abs(high))
    scale = np.where(known, w / np.where(known, span, 1.0), 0.0) ** 2
    ends = [(clouds.ex, np.where(cost, low, high), np.where(cost, high, low))]
    # a part that is 0 everywhere adds nothing
    ends += [(part, *_ends(part)) for part in clouds[1:] if part.any()]
    to_ideal, to_worst = np.zeros(len(clouds.ex)), np.zeros(len(clouds.ex))
    step = max(1, CACHED // max(1, len(w)))
    for start in range(0, len(to_ideal), step):
        rows = slice(start, start + step)
        for part, best, worst in ends:
            for far, end in ((to_ideal, best), (to_worst, worst)):
                gap = part[rows] - end
                gap *= gap
                far[rows] += gap @ scale
    return nearness(np.sqrt(to_ideal), np.sqrt(to_worst))


def ideal_gaps(clouds: Clouds) -> tuple[Array, Array]:
    """Squared distance of each cloud from the ideal and from the anti-ideal of its criterion.

    Parameters
    ----------
    clouds : Clouds
        Of shape (n_items, n_criteria), more being better.

    Returns
    -------
    to_ideal, to_worst : array, shape (n_items, n_criteria)
    """
    to_ideal, to_worst = np.zeros_like(clouds.ex), np.zeros_like(clouds.ex)
    for part, sign in zip(clouds, (1, -1, -1), strict=True):
        low, high = part.min(axis=0), part.max(axis=0)
        best, worst = (high, low) if sign > 0 else (low, high)
        to_ideal += (part - best) ** 2
        to_worst += (part - worst) ** 2
    return to_ideal, to_worst


def nearness(to_ideal: Array, to_worst: Array) -> Array:
    """D⁻/(D⁺ + D⁻), and ½ where both are 0.

    Parameters
    ----------
    to_ideal, to_worst : array
        Distances D⁺ and D⁻, 0 or more.
    """
    total = to_ideal + to_worst
    return np.where(total > 0, to_worst / np.where(total > 0, total, 1.0), 0.5)


def _ends(x: Array) -> tuple[Array, Array]:
    # many short rows are one long row to the processor, which is ten times as quick
    rows = len(x) // LANES * LANES
    wide = np.ascontiguousarray(x[:rows]).reshape(-1, LANES * x.shape[1])
    parts = [x[rows:], *(f.reduce(wide, axis=0).reshape(LANES, -1) for f in (np.minimum, np.maximum) if rows)]
    both = np.concatenate(parts)
    return both.min(axis=0), both.max(axis=0)


def _intervals(
    cell: ArrayLike, middle: ArrayLike, spread: ArrayLike, weight: ArrayLike, n_cells: int
) -> tuple[Indices, Array, Array, Array]:
    at = whole_numbers("cell", cell, n_cells)
    m, e, a = (np.asarray(x, dtype=float) for x in (middle, spread, weight))
    if not (at.shape == m.shape == e.shape == a.shape and at.size):
        raise InputError(f"columns have shapes {at.shape}, {m.shape}, {e.shape}, {a.shape}; expected one, not empty")
    if not (np.isfinite(m).all() and np.isfinite(e).all() and e.min() >= 0 and np.isfinite(a).all() and a.min() > 0):
        raise InputError("expected finite middles, spreads of 0 or more (no end before the beginning), weights above 0")
    if (np.bincount(at, minlength=n_cells) == 0).any():
        raise InputError(f"a cell has no interval; expected each of 0 to {n_cells - 1} to occur")
    return at, m, e, a
