"""Rankings and best–worst answers as numbers: who chose what from which set.

A ranking is a row of choices: its first item was chosen among all, its second among the rest, and so on. A best–worst
answer is two: the best among all that were shown, and the worst among the rest. The model is in `weigh.ops.ranked`.
Pure functions on numpy arrays; items are numbers from 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Lists(NamedTuple):
    """Ranked lists, one item a row, in order of list and rank; from `gather_lists`.

    Attributes
    ----------
    start, stop : array of int, shape (k,)
        Rows of each list.
    item : array of int, shape (r,)
        Items, best first.
    rank : array, shape (r,)
        Their ranks.
    weight : array, shape (k,)
        Votes that each list stands for, above 0.
    n_items : int
        Items in all.
    """

    start: Indices
    stop: Indices
    item: Indices
    rank: Array
    weight: Array
    n_items: int


class Choices(NamedTuple):
    """Choices of one item from a set, from `ranking_choices` or `best_worst_choices`.

    Attributes
    ----------
    chosen : array of int, shape (s,)
        What was chosen.
    sign : array, shape (s,)
        1 where it was the best, −1 where it was the worst.
    weight : array, shape (s,)
        Votes.
    item : array of int, shape (r,)
        The sets, one after the other, what was chosen among them.
    start : array of int, shape (s,)
        Where each set begins in `item`.
    n_items, n_lists : int
        Items in all, and lists that the choices come from.
    n_votes : float
        Total weight of the lists.
    """

    chosen: Indices
    sign: Array
    weight: Array
    item: Indices
    start: Indices
    n_items: int
    n_lists: int
    n_votes: float


def gather_lists(
    group: ArrayLike, item: ArrayLike, rank: ArrayLike, weight: ArrayLike | None = None, *, n_items: int | None = None
) -> Lists:
    """Put rows of rankings in order; a row that stands twice adds its weight.

    Parameters
    ----------
    group : array of int, shape (n,)
        Which ranking, or which set that was shown, the row belongs to.
    item : array of int, shape (n,)
        Items, from 0.
    rank : array, shape (n,)
        Smaller is better; only order within a group counts.
    weight : array, shape (n,), optional
        Votes, the same for all rows of a group, 0 or more; 1 by default. Rows of weight 0 are left out.
    n_items : int, optional
        Items in all; by default as many as the largest number needs.

    Returns
    -------
    Lists

    Raises
    ------
    InputError
        No row with a weight, fewer than two items, NaN, columns of different length, an item with two ranks in one
        group, or a group whose rows differ in weight.
    """
    g, i = np.asarray(group), np.asarray(item)
    r = np.asarray(rank, dtype=float)
    w = np.ones(r.shape) if weight is None else np.asarray(weight, dtype=float)
    if not (g.ndim == 1 and g.shape == i.shape == r.shape == w.shape) or not {g.dtype.kind, i.dtype.kind} <= {"i", "u"}:
        raise InputError(
            f"group, item, rank and weight have shapes {g.shape}, {i.shape}, {r.shape}, {w.shape}; expected four "
            "columns of one length, the first two of whole numbers"
        )
    if not (np.isfinite(r).all() and np.isfinite(w).all() and r.size and w.min() >= 0 and w.max() > 0):
        raise InputError("expected at least one row, finite ranks, and finite weights of 0 or more, not all 0")
    n = int(i.max()) + 1 if n_items is None else int(n_items)
    if n < 2 or i.min() < 0 or i.max() >= n:
        raise InputError(f"items go from {i.min()} to {i.max()}; expected two or more, from 0 to {n - 1}")
    kept = w > 0
    g, i, r, w = g[kept], i[kept].astype(np.int64), r[kept], w[kept]
    order = np.lexsort((i, r, g))
    g, i, r, w = g[order], i[order], r[order], w[order]
    first = np.r_[True, (np.diff(g) != 0) | (np.diff(i) != 0) | (np.diff(r) != 0)]
    w = np.add.reduceat(w, np.flatnonzero(first))
    g, i, r = g[first], i[first], r[first]
    start = np.flatnonzero(np.r_[True, np.diff(g) != 0])
    stop = np.r_[start[1:], len(g)]
    twice = np.diff(np.sort(np.cumsum(np.r_[True, np.diff(g) != 0]) * n + i)) == 0
    if twice.any():
        raise InputError(
            "an item has two ranks in one ranking; expected one: keep the row that counts, or tell the two "
            "rankings apart (by who, or by source)"
        )
    if not np.allclose(w, np.repeat(w[start], stop - start), rtol=1e-9, atol=0):
        raise InputError("the rows of one ranking differ in weight; expected one weight a ranking")
    return Lists(start, stop, i, r, w[start], n)


def ranking_choices(lists: Lists, *, ties_last: bool = False) -> Choices:
    """The choices that rankings, whole or partial, are made of.

    Parameters
    ----------
    lists : Lists
        From `gather_lists`; each is a ranking of the items in it, and says nothing of others.
    ties_last : bool
        Whether items that share the last rank are taken as not ordered among themselves, as below a top ten.

    Returns
    -------
    Choices

    Raises
    ------
    InputError
        Items share a rank elsewhere, or no list orders two items.
    """
    row, end = np.arange(len(lists.item)), np.repeat(lists.stop, lists.stop - lists.start)
    tied = np.r_[lists.rank[1:] == lists.rank[:-1], False] & (row + 1 < end)
    is_last = lists.rank == lists.rank[end - 1]
    wrong = tied & ~(is_last & ties_last)
    if wrong.any():
        raise InputError(
            f"two items share rank {lists.rank[np.argmax(wrong)]:g} in one ranking, and a model of rankings has no "
            "ties: leave such rankings out, give them as comparisons with p_left = 0.5, or, where only the last rank "
            "is shared, let ties be last"
        )
    return _choices(lists, row[~is_last], end[~is_last], np.ones(int((~is_last).sum())))


def best_worst_choices(lists: Lists) -> Choices:
    """The choices in best–worst answers.

    Parameters
    ----------
    lists : Lists
        From `gather_lists`, one a set that was shown: the best alone has the smallest rank, the worst alone the
        largest, and the others share one between. Where one of the two was not asked, it is among the others.

    Returns
    -------
    Choices

    Raises
    ------
    InputError
        A set that shows one item only, in which neither best nor worst is alone, or whose others have several ranks.
    """
    start, stop, rank = lists.start, lists.stop, lists.rank
    if (stop - start < 2).any():
        raise InputError("a set shows one item only; expected two or more: leave it out")
    best, worst = rank[start] < rank[start + 1], rank[stop - 1] > rank[stop - 2]
    low, high = start + best, stop - worst
    uneven = (high > low) & (rank[np.minimum(low, len(rank) - 1)] < rank[high - 1])
    wrong = uneven | ~(best | worst)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"a set has the ranks {', '.join(f'{one:g}' for one in rank[start[at] : stop[at]])}; expected one item "
            "alone at the smallest (the best), one at the largest (the worst), and the others at one between; whole "
            "rankings are for Plackett and Luce's model"
        )
    from_, to = np.concatenate([start[best], low[worst]]), np.concatenate([stop[best], stop[worst]])
    return _choices(lists, from_, to, np.repeat([1.0, -1.0], [best.sum(), worst.sum()]))


def _choices(lists: Lists, low: Indices, high: Indices, sign: Array) -> Choices:
    """Choices from rows low to high of the lists, of the first row where sign is 1 and of the last where it is −1."""
    kept = high - low >= 2
    if not kept.any():
        raise InputError("no list orders two items; expected at least one that does")
    low, high, sign = low[kept], high[kept], sign[kept]
    size = high - low
    start = np.cumsum(size) - size
    rows = np.arange(size.sum()) + np.repeat(low - start, size)
    of = np.repeat(np.arange(len(lists.start)), lists.stop - lists.start)[low]
    chosen = lists.item[np.where(sign > 0, low, high - 1)]
    return Choices(
        chosen, sign, lists.weight[of], lists.item[rows], start, lists.n_items, len(lists.start),
        float(lists.weight.sum()),
    )  # fmt: skip
