"""The difference of two proportions that were found on the same items, with an interval that holds for few of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import InputError
from weigh.core.stats import Interval, wilson
from weigh.ops.density_ratio import effective_sample_size


def paired_proportions(first: ArrayLike, other: ArrayLike, weight: ArrayLike | None = None) -> Interval:
    """Weighted mean of other − first, with Newcombe's interval for paired proportions (his method 10).

    With p₁, p₂ the two proportions, l and u their Wilson limits and φ their correlation over items,

        d − √((p₂−l₂)² − 2φ(p₂−l₂)(u₁−p₁) + (u₁−p₁)²)  to  d + √((u₂−p₂)² − 2φ(u₂−p₂)(p₁−l₁) + (p₁−l₁)²).

    A covariance above 0 is lessened by 1/2n, at most to 0. Unlike a t interval it has a width where no item changed,
    and it stays within [−1, 1]. Weighted items count as (Σw)²/Σw² items; shares between 0 and 1 are taken as they are.

    Parameters
    ----------
    first, other : array of float, shape (n,)
        0 to 1, such as whether, or in what share of its answers, an item was won in each of two runs.
    weight : array of float, shape (n,), optional
        0 or more, not all 0; 1 by default.

    Returns
    -------
    Interval
        Difference, low, high.

    Raises
    ------
    InputError
        No items, different lengths, numbers outside [0, 1], weights that are negative or all 0.

    References
    ----------
    Newcombe, R. G. (1998). Improved confidence intervals for the difference between binomial proportions based on
    paired data. Statistics in Medicine 17, 2635-2650.

    Examples
    --------
    >>> [round(x, 3) for x in paired_proportions([1, 0, 0, 0, 1], [1, 1, 1, 0, 1])]
    [0.4, -0.163, 0.726]
    """
    x, y = np.asarray(first, dtype=float), np.asarray(other, dtype=float)
    w = np.ones(x.shape) if weight is None else np.asarray(weight, dtype=float)
    if x.ndim != 1 or not len(x) or x.shape != y.shape or x.shape != w.shape:
        raise InputError(f"first, other and weight need one length of 1 or more; got {x.shape}, {y.shape}, {w.shape}")
    if not (np.all((x >= 0) & (x <= 1)) and np.all((y >= 0) & (y <= 1))):
        raise InputError("first and other need numbers from 0 to 1, without NaN")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
        raise InputError("weight needs numbers of 0 or more, not all 0")
    share = w / w.sum()
    n = float(effective_sample_size(w))
    (p1, low1, high1), (p2, low2, high2) = (wilson(np.clip(share @ z, 0, 1) * n, n) for z in (x, y))
    spread = np.sqrt((share @ (x - p1) ** 2) * (share @ (y - p2) ** 2))
    cov = float(share @ ((x - p1) * (y - p2)))
    phi = (max(cov - 0.5 / n, 0.0) if cov > 0 else cov) / spread if spread > 0 else 0.0
    d = p2 - p1

    def margin(up: float, down: float) -> float:
        return float(np.sqrt(max(up**2 - 2 * phi * up * down + down**2, 0.0)))

    return Interval(d, max(-1.0, d - margin(p2 - low2, high1 - p1)), min(1.0, d + margin(high2 - p2, p1 - low1)))
