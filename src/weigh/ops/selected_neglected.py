"""Selected and neglected: each decision credits the labels of the chosen option and debits those of the others.

Decisions come as shares: share[i, o] is how much of item i's answers chose option o, 0 or 1 for a single answer, in
between for several orders or samples; each answered item's row sums to 1. Labels come as occurrences (item, option,
label), so that a label that an option carries twice counts twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import wilson
from weigh.ops.whole_numbers import whole_numbers

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


class Tally(NamedTuple):
    """How often each label was selected and neglected; arrays of float, shape (n_labels,)."""

    selected: Numbers
    neglected: Numbers


class Steered(NamedTuple):
    """What a set of decisions scores for one side against another, counted in three ways."""

    selected: float
    net: float
    total: float


def tally(
    share: ArrayLike,
    item: ArrayLike,
    option: ArrayLike,
    label: ArrayLike,
    *,
    n_labels: int,
    weight: ArrayLike | None = None,
) -> Tally:
    """How often labels were selected and neglected.

    With occurrences k of label d, s_d = Σ_k w[item_k]·share[item_k, option_k] and
    n_d = Σ_k w[item_k]·(1 − share[item_k, option_k]), so that s_d + n_d is the weighted number of occurrences and
    exchanging the options of all decisions between two options exchanges s and n.

    Parameters
    ----------
    share : array of float, shape (n_items, n_options)
        0 to 1.
    item, option, label : array of int, shape (n_occurrences,)
        Where each label occurs.
    n_labels : int
        How many labels there are.
    weight : array of float, shape (n_items,), optional
        0 or more, 1 by default; 0 for items without an answer.

    Raises
    ------
    InputError
        Shapes or indices that do not fit, shares outside [0, 1], NaN.

    Examples
    --------
    One item, whose first option carries labels 0 and 1 and whose second label 1, answered by the first option:

    >>> tally([[1.0, 0.0]], [0, 0, 0], [0, 0, 1], [0, 1, 1], n_labels=2)
    Tally(selected=array([1., 1.]), neglected=array([0., 1.]))
    """
    shares, (items, options, labels) = _shares(share), _indices(item, option, label)
    weights = np.ones(len(shares)) if weight is None else np.asarray(weight, dtype=float)
    if weights.shape != (len(shares),) or not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise InputError(f"weight has shape {weights.shape}; expected ({len(shares)},), and numbers of 0 or more")
    for name, index, size in (
        ("item", items, len(shares)),
        ("option", options, shares.shape[1]),
        ("label", labels, n_labels),
    ):
        whole_numbers(name, index, size)
    chosen, each = shares[items, options], weights[items]
    credits, debits = (np.bincount(labels, each * part, minlength=n_labels) for part in (chosen, 1 - chosen))
    return Tally(credits.astype(float), debits.astype(float))


def preference(selected: ArrayLike, neglected: ArrayLike) -> Numbers:
    """Preference for a label in percent, 100·(s − n)/(s + n), from −100 (always neglected) to 100; NaN where s + n = 0.

    Parameters
    ----------
    selected, neglected : array of float, shape (n_labels,)
        As `tally` gives them.

    Examples
    --------
    >>> preference([3.0, 1.0], [1.0, 1.0]).tolist()
    [50.0, 0.0]
    """
    s, n = np.asarray(selected, dtype=float), np.asarray(neglected, dtype=float)
    there = s + n > 0
    return np.where(there, 100 * (s - n) / np.where(there, s + n, 1.0), np.nan)


def effective_number(
    cluster: ArrayLike, label: ArrayLike, *, n_labels: int, weight: ArrayLike | None = None
) -> Numbers:
    """How many independent observations the occurrences of each label are worth, (Σ_g m_g)² / Σ_g m_g².

    m_g is the weight of the label's occurrences in cluster g. Within a cluster all are taken to be one observation, as
    those on one option are; with one occurrence a cluster it is their number.

    Parameters
    ----------
    cluster : array of int, shape (n_occurrences,)
        The cluster of each occurrence, such as its item's family.
    label : array of int, shape (n_occurrences,)
        Index of each label.
    n_labels : int
        How many labels there are.
    weight : array of float, shape (n_occurrences,), optional
        0 or more, 1 by default.

    Returns
    -------
    array of float, shape (n_labels,)
        0 for a label without weight.

    Raises
    ------
    InputError
        Indices that are no whole numbers in rows of one length, or weights that are not one each, 0 or more.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, sec. 11.7.

    Examples
    --------
    >>> effective_number([0, 1, 1], [0, 0, 0], n_labels=1).round(2).tolist()
    [1.8]
    """
    clusters, labels = _indices(cluster, label)
    weights = np.ones(len(labels)) if weight is None else np.asarray(weight, dtype=float)
    if weights.shape != labels.shape or not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise InputError(f"weight has shape {weights.shape}; expected {labels.shape}, and numbers of 0 or more")
    size = int(clusters.max(initial=0)) + 1
    pairs, place = np.unique(labels * size + clusters, return_inverse=True)
    mass = np.bincount(place, weights, minlength=len(pairs))
    total, square = (np.bincount(pairs // size, part, minlength=n_labels) for part in (mass, mass**2))
    return np.where(square > 0, total**2 / np.where(square > 0, square, 1.0), 0.0)


def preference_interval(selected: ArrayLike, neglected: ArrayLike, effective: ArrayLike) -> tuple[Numbers, Numbers]:
    """95 % interval of `preference`: Wilson's, of p = s/(s + n), with the effective number, as 200·p − 100.

    Parameters
    ----------
    selected, neglected, effective : array of float, shape (n_labels,)
        As `tally` and `effective_number` give them.

    Returns
    -------
    tuple of two arrays, shape (n_labels,)
        Low and high, in percent; −100 and 100 for a label that was never seen.
    """
    s, n, e = (np.asarray(x, dtype=float) for x in (selected, neglected, effective))
    p = np.where(s + n > 0, s / np.where(s + n > 0, s + n, 1.0), 0.5)
    found = wilson(np.minimum(p * e, e), e)
    return 200 * np.asarray(found.low) - 100, 200 * np.asarray(found.high) - 100


def steered(share: ArrayLike, worth: ArrayLike) -> Steered:
    """What decisions score for one side: worth of the options chosen, and less that of those left.

    worth[i, o] is the relevance of the supporting values that option o carries less that of the opposing ones.
    selected = Σ share·worth; total = Σ worth, which no decision changes; net = Σ share·worth − Σ (1 − share)·worth =
    2·selected − total. Two sets of decisions on the same items thus differ in `net` by twice what they differ by in
    `selected`, and exchanging the options of all decisions between two options turns `net` into −`net`.

    Parameters
    ----------
    share, worth : array of float, shape (n_items, n_options)
        Shares are 0 to 1.

    Raises
    ------
    InputError
        Shapes that differ, shares outside [0, 1], or a worth that is not finite.

    Examples
    --------
    >>> steered([[1.0, 0.0]], [[0.5, -1.0]])
    Steered(selected=0.5, net=1.5, total=-0.5)
    """
    shares, worths = _shares(share), np.asarray(worth, dtype=float)
    if shares.shape != worths.shape or not np.isfinite(worths).all():
        raise InputError(f"worth has shape {worths.shape}; expected that of share, {shares.shape}, and finite numbers")
    selected, total = float((shares * worths).sum()), float(worths.sum())
    return Steered(selected, 2 * selected - total, total)


def _shares(share: ArrayLike) -> Numbers:
    shares = np.asarray(share, dtype=float)
    if shares.ndim != 2 or not np.all((shares >= -1e-12) & (shares <= 1 + 1e-12)):
        raise InputError(f"share has shape {shares.shape}; expected (n_items, n_options), and numbers from 0 to 1")
    return np.clip(shares, 0.0, 1.0)


def _indices(*given: ArrayLike) -> tuple[Indices, ...]:
    arrays = tuple(whole_numbers("a row of indices", x) for x in given)
    if len({len(x) for x in arrays}) != 1:
        raise InputError(f"indices have lengths {[len(x) for x in arrays]}; expected one length")
    return arrays
