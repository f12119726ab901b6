"""The delete-a-group jackknife: an interval for any smooth statistic of clustered data, in a few dozen evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError

N_GROUPS = 20
POWER = 0.80
LEVEL = 0.95

Numbers = NDArray[np.float64]


class Jackknifed(NamedTuple):
    """A statistic, its 95 % interval, its p against zero, and the effect found with power .80; each shape (n,)."""

    estimate: Numbers
    low: Numbers
    high: Numbers
    p: Numbers
    detectable: Numbers


def paired_jackknife(
    statistic: Callable[[NDArray[np.str_]], Numbers], names: NDArray[np.str_], *, n_groups: int = N_GROUPS
) -> Jackknifed:
    """Interval of a statistic by leaving out one group of clusters at a time.

    With G groups and θ₍g₎ the statistic without group g, Var(θ) = (G−1)/G · Σ (θ₍g₎ − θ̄)², and the interval is
    θ ± t(G−1)·SE. A cluster's data must change sides together: a statistic that is a difference of two runs on the same
    clusters is so paired.

    Parameters
    ----------
    statistic : callable
        (names of the clusters that are kept) -> array, shape (n,). NaN where it is not defined.
    names : array of str, shape (n_clusters,)
        Two or more different names, in an order that does not depend on the data.
    n_groups : int
        How many groups the clusters are dealt into, as many as there are clusters at most.

    Returns
    -------
    Jackknifed
        Interval and p are NaN where the statistic is not defined without one of the groups.

    Raises
    ------
    InputError
        Fewer than two clusters.

    References
    ----------
    Quenouille (1956); Tukey (1958); Kott, "The delete-a-group jackknife" (2001).
    """
    from scipy.special import stdtr, stdtrit

    if len(names) < 2:
        raise InputError(f"an interval needs two clusters or more; got {len(names)}")
    n_groups = min(n_groups, len(names))
    group = np.arange(len(names)) % n_groups
    whole = np.asarray(statistic(names), dtype=float)
    parts = np.stack([np.asarray(statistic(names[group != g]), dtype=float) for g in range(n_groups)])
    error = np.sqrt((n_groups - 1) / n_groups * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    quantile = float(stdtrit(n_groups - 1, (1 + LEVEL) / 2))
    power = float(stdtrit(n_groups - 1, POWER))
    # a statistic that no group moves is known exactly
    ratio = np.divide(-np.abs(whole), error, out=np.where(whole == 0, 0.0, -np.inf), where=error > 0)
    p = np.where(np.isfinite(error), 2 * stdtr(n_groups - 1, ratio), np.nan)
    return Jackknifed(whole, whole - quantile * error, whole + quantile * error, p, (quantile + power) * error)
