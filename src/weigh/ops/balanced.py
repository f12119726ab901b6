"""Shares of several strata weighed alike, and what is left of a score once blind choice by place is taken off it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import Interval, wilson


class Strata(NamedTuple):
    """Weighted mean of the strata's proportions with its interval, and each stratum's own, shape (n_strata,)."""

    estimate: float
    low: float
    high: float
    by_stratum: Interval


def balanced_share(successes: ArrayLike, n: ArrayLike) -> Strata:
    """Mean of the proportions of independent strata, each counted alike whatever its size.

    With p_k = s_k / n_k, K strata and Wilson limits l_k, u_k (95 %): p = Σ p_k / K; the interval reaches from
    p − √(Σ (p_k − l_k)²) / K to p + √(Σ (u_k − p_k)²) / K. It keeps its width where a small stratum is all right or all
    wrong, which a normal interval does not; with strata of 5 it covered 91 to 94 % in simulations. With a stratum for
    each place in which the right option stands, every policy that picks places without reading the options scores 1/K
    in expectation, and a constant one exactly.

    Parameters
    ----------
    successes, n : array of float, shape (n_strata,)
        0 ≤ successes ≤ n, n above 0; weighted counts may be fractional.

    Returns
    -------
    Strata
        Proportions, 0 to 1.

    Raises
    ------
    InputError
        No strata, an empty stratum, or more successes than trials.

    References
    ----------
    Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693-1702. Brodersen, K. H. et al. (2010). The balanced accuracy and its posterior
    distribution. ICPR, 3121-3124.

    Examples
    --------
    Always choosing the first of four, where the right option stands first in 328 of 351 cases:

    >>> balanced_share([328, 0, 0, 0], [328, 5, 13, 5]).estimate
    0.25
    """
    s, trials = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    if s.ndim != 1 or s.shape != trials.shape or not len(s) or not np.all(trials > 0):
        raise InputError(f"balanced_share needs one count a stratum, each n above 0; got {successes!r} of {n!r}")
    each = wilson(s, trials)
    p = float(each.estimate.mean())
    below = float(np.sqrt(((each.estimate - each.low) ** 2).sum())) / len(s)
    above = float(np.sqrt(((each.high - each.estimate) ** 2).sum())) / len(s)
    return Strata(p, max(p - below, 0.0), min(p + above, 1.0), each)


def above_blind(share: ArrayLike, n_options: int) -> NDArray[np.float64]:
    """Share of choices that read the options, if the others fall on places without reading them.

    If a share q of choices is right for its content and the others fall on place k with probability π_k, whatever the
    π, then the share right where the right option stands in place k is q + (1 − q) π_k, and its mean over the n places
    is b = q + (1 − q) / n. Hence q = (n b − 1) / (n − 1): 0 for a choice by place alone, 1 for all right, below 0 for
    worse than blind.

    Parameters
    ----------
    share : array of float
        Mean over the places of the share right; 0 to 1.
    n_options : int
        Number of places, 2 or more.

    Raises
    ------
    InputError
        Fewer than two options.

    Examples
    --------
    >>> above_blind([0.25, 1.0], 4).tolist()
    [0.0, 1.0]
    """
    if n_options < 2:
        raise InputError(f"a choice needs two options or more; got {n_options}")
    return (n_options * np.asarray(share, dtype=float) - 1) / (n_options - 1)
