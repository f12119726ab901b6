"""Which pairs to ask next, when not all can be asked.

Active: a pair is worth asking where the two utilities lie close, so that its answer is open, and where its items have
been asked little. Candidates are the open pairs at or below a percentile of the gap |μ_a − μ_b| and of the degree
deg a + deg b; too few candidates widen both percentiles. Random: any open pair. Everything is seeded.

Pairs are rows (a, b) with a < b. All open pairs are looked at together: 510 items have 129,795.

Source: the selection of Mazeika, M. et al. (2025), Utility Engineering, arXiv:2502.08640. Departs: seeds, which its
code lacks, and a first graph that links all items.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.comparison_graph import linkage
from weigh.ops.whole_numbers import whole_numbers

Indices = NDArray[np.int64]

MULTIPLIER = 2.0
DEGREE = 2
HOLDOUT, MOST_HELD_OUT = 0.05, 1000
GAP_PERCENTILE, DEGREE_PERCENTILE = 10.0, 20.0
WIDEN, TRIES = 1.5, 5


def all_pairs(n_items: int) -> Indices:
    """Every pair of items once.

    Parameters
    ----------
    n_items : int
        Two or more.

    Returns
    -------
    array of int, shape (n (n − 1) / 2, 2)

    Raises
    ------
    InputError
        Fewer than two items.
    """
    if n_items < 2:
        raise InputError(f"there are {n_items} items; pairs need two or more")
    return np.column_stack(np.triu_indices(n_items, 1)).astype(np.int64)


def n_pairs_to_ask(n_items: int, multiplier: float = MULTIPLIER) -> int:
    """How many pairs are worth asking: ⌊multiplier · n log₂ n⌋, at most all.

    Parameters
    ----------
    n_items : int
        Two or more.
    multiplier : float
        Above 0.

    Returns
    -------
    int

    Raises
    ------
    InputError
        Fewer than two items, or a multiplier that is not above 0.

    Examples
    --------
    >>> n_pairs_to_ask(510), n_pairs_to_ask(100, 1), n_pairs_to_ask(4)
    (9174, 664, 6)
    """
    if n_items < 2 or not multiplier > 0:
        raise InputError(f"got {n_items} items and a multiplier of {multiplier!r}; expected two or more, and above 0")
    return min(int(np.floor(multiplier * n_items * np.log2(n_items))), n_items * (n_items - 1) // 2)


def held_out_pairs(n_items: int, *, share: float = HOLDOUT, most: int = MOST_HELD_OUT, seed: int = 0) -> Indices:
    """Pairs never to be fitted, on which a fit is judged: a share of all pairs, with an upper limit.

    Parameters
    ----------
    n_items : int
        Two or more.
    share : float
        Of all pairs, 0 to 1, rounded down.
    most : int
        At most so many.
    seed : int
        0 or more.

    Returns
    -------
    array of int, shape (k, 2)
        In order.

    Raises
    ------
    InputError
        Fewer than two items, a share outside [0, 1), or a limit below 0.
    """
    pairs = all_pairs(n_items)
    if not (0 <= share < 1 and most >= 0):
        raise InputError(f"share is {share!r} and most {most!r}; expected 0 to below 1, and 0 or more")
    n_held_out = min(int(share * len(pairs)), most)
    return pairs[np.sort(rng(seed, "held-out pairs").choice(len(pairs), n_held_out, replace=False))]


def first_pairs(n_items: int, *, degree: int = DEGREE, closed: ArrayLike = (), seed: int = 0) -> Indices:
    """Pairs to begin with: a random graph in which each item is compared `degree` times and all are linked.

    Of degree 2 it is a random circle through all items; the published code draws any 2-regular graph, which mostly
    falls into several circles, whose utilities the first fit cannot compare. With as few as degree + 1 items or fewer,
    all open pairs. Closed pairs are replaced by others at random, those first that link what has come apart.

    Parameters
    ----------
    n_items : int
        Two or more.
    degree : int
        1 or more; with 1 nothing can link all items.
    closed : array of int, shape (k, 2)
        Pairs not to be asked, such as those that are held out.
    seed : int
        0 or more.

    Returns
    -------
    array of int, shape (m, 2)
        In order; n · degree / 2 of them, or as many as are open.

    Raises
    ------
    InputError
        n · degree is odd: there is no such graph.
    """
    if degree < 1 or (n_items > degree + 1 and n_items * degree % 2):
        raise InputError(f"{n_items} items cannot each be in {degree} pairs; give an even degree, 2 or more")
    is_open = _open(n_items, closed)
    pairs = all_pairs(n_items)
    if n_items <= degree + 1:
        return pairs[is_open]
    draw = rng(seed, "first pairs")
    edges = _regular(n_items, degree, draw)
    chosen = np.zeros(len(pairs), dtype=bool)
    chosen[_place(n_items, edges)] = True
    chosen &= is_open
    for _ in range(len(edges) - int(chosen.sum())):
        component = linkage(n_items, *pairs[chosen].T).component
        rest = np.flatnonzero(is_open & ~chosen)
        apart = rest[component[pairs[rest, 0]] != component[pairs[rest, 1]]]
        if not len(rest):
            break
        chosen[draw.choice(apart if len(apart) else rest)] = True
    return pairs[chosen]


def next_pairs(
    mean: ArrayLike,
    asked: ArrayLike,
    size: int,
    *,
    how: Literal["active", "random"] = "active",
    closed: ArrayLike = (),
    gap_percentile: float = GAP_PERCENTILE,
    degree_percentile: float = DEGREE_PERCENTILE,
    seed: int = 0,
) -> Indices:
    """The next pairs to ask, given the utilities that were fitted to those asked before.

    Candidates are drawn from at random. Where they are fewer than `size`, both percentiles are multiplied by 1.5, up to
    100, five tries in all; then open pairs at random make up what lacks.

    Parameters
    ----------
    mean : array, shape (n,)
        Utilities of the last fit.
    asked : array of int, shape (k, 2)
        Pairs that were asked; the degree of an item is the number of these that it is in.
    size : int
        How many are wanted, 1 or more.
    how : {"active", "random"}
        By gap and degree, or any open pair.
    closed : array of int, shape (j, 2)
        Other pairs not to be asked, such as those that are held out.
    gap_percentile, degree_percentile : float
        Of the open pairs, 0 to 100.
    seed : int
        0 or more; the same seed, utilities and asked pairs give the same pairs.

    Returns
    -------
    array of int, shape (m, 2)
        In order; fewer than `size` where fewer are open.

    Raises
    ------
    InputError
        NaN among the utilities, a pair that is none of theirs, or an option out of range.

    Examples
    --------
    >>> next_pairs([0.0, 0.1, 5.0, 5.1], [[0, 2], [1, 3]], 2, gap_percentile=50, degree_percentile=100).tolist()
    [[0, 1], [2, 3]]
    """
    u = np.asarray(mean, dtype=float)
    if u.ndim != 1 or not np.isfinite(u).all() or size < 1 or how not in ("active", "random"):
        raise InputError(
            f"mean has shape {u.shape}, size is {size!r}, how is {how!r}; expected finite utilities in one row, 1 or "
            "more, and 'active' or 'random'"
        )
    if not (0 < gap_percentile <= 100 and 0 < degree_percentile <= 100):
        raise InputError(f"percentiles are {gap_percentile!r} and {degree_percentile!r}; expected above 0, up to 100")
    n = len(u)
    used = _rows(n, asked)
    is_open = _open(n, np.concatenate([used, _rows(n, closed)]))
    left, right = np.triu_indices(n, 1)
    left, right = left[is_open], right[is_open]
    draw = rng(seed, "next pairs", len(used))
    if size >= len(left):
        return np.column_stack([left, right])
    chosen = np.zeros(len(left), dtype=bool)
    if how == "active":
        gap = np.abs(u[left] - u[right])
        times = np.bincount(used.ravel(), minlength=n)
        degree = times[left] + times[right]
        candidates = np.array([], dtype=np.int64)
        for turn in range(TRIES):
            percentiles = [min(100.0, p * WIDEN**turn) for p in (gap_percentile, degree_percentile)]
            close = gap <= np.percentile(gap, percentiles[0])
            candidates = np.flatnonzero(close & (degree <= np.percentile(degree, percentiles[1])))
            if len(candidates) >= size:
                break
        chosen[draw.choice(candidates, min(size, len(candidates)), replace=False)] = True
    lacking = size - int(chosen.sum())
    chosen[draw.choice(np.flatnonzero(~chosen), lacking, replace=False)] = True
    return np.column_stack([left[chosen], right[chosen]])


def _regular(n_items: int, degree: int, draw: np.random.Generator) -> Indices:
    if degree == 2:
        circle = draw.permutation(n_items)
        return np.column_stack([circle, np.roll(circle, 1)])
    import networkx as nx

    while True:
        graph = nx.random_regular_graph(degree, n_items, seed=int(draw.integers(2**31)))
        # from degree 3 on nearly all are
        if degree == 1 or nx.is_connected(graph):
            return np.array(graph.edges(), dtype=np.int64)


def _rows(n_items: int, pairs: ArrayLike) -> Indices:
    given = np.asarray(pairs)
    ends = whole_numbers("an item of a pair", given.ravel(), n_items)
    if len(ends) % 2 or (ends[::2] == ends[1::2]).any():
        raise InputError(f"pairs of shape {given.shape} are no pairs; expected rows of two different items")
    return ends.reshape(-1, 2)


def _place(n_items: int, pairs: Indices) -> Indices:
    """Where pairs stand in `all_pairs`."""
    a, b = pairs.min(axis=1), pairs.max(axis=1)
    return a * n_items - a * (a + 1) // 2 + b - a - 1


def _open(n_items: int, closed: ArrayLike) -> NDArray[np.bool_]:
    is_open = np.ones(n_items * (n_items - 1) // 2, dtype=bool)
    rows = _rows(n_items, closed)
    if len(rows):
        is_open[_place(n_items, rows)] = False
    return is_open
