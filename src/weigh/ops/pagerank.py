"""PageRank of a weighted directed graph, for one graph or many at once.

Two conventions differ in what becomes of the mass that reaches a node without out-edges: it is spread evenly over all
nodes, or it leaks away. The second is the first times a constant, so both give the same order; only the first sums to
1. With N the row-normalised weights, the leaky one solves r = (1 − d)/n · 1 + d Nᵀ r. Spreading adds to the right-hand
side a multiple of 1 alone, and the solution is linear in it.

Reference: Brin, S. & Page, L. (1998). The anatomy of a large-scale hypertextual web search engine. Computer Networks
30, 107-117.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]


def pagerank(
    n_nodes: int,
    source: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    damping: float = 0.85,
    leak: bool = False,
    tolerance: float = 1e-12,
) -> Array:
    """Share of time that a walker spends on each node who follows edges, and jumps anywhere now and then.

    r(b) = (1 − d)/n + d Σ_a r(a) w_ab / Σ_c w_ac, and r divided by its sum unless mass may leak.

    Parameters
    ----------
    n_nodes : int
        Nodes are numbered from 0 to n_nodes − 1.
    source, target : array of int, shape (m,)
        Ends of each edge; an edge that stands twice counts twice.
    weight : array of float, shape (..., m), optional
        0 or more, 1 by default; an edge of weight 0 is none. Leading axes are graphs of their own on the same edges.
    damping : float
        Probability d of following an edge, 0 or more and below 1.
    leak : bool
        Whether the mass of nodes without out-edges is lost, as in some programs; the ranks then sum to less than 1.
    tolerance : float
        Largest error of the sum over nodes, above 0.

    Returns
    -------
    array, shape (..., n_nodes)
        Above 0 where d < 1; sums to 1 without a leak.

    Raises
    ------
    InputError
        No nodes, an edge to a node that is not there, a weight that is negative or not finite, or a damping outside
        [0, 1).

    Examples
    --------
    >>> pagerank(3, [0, 1], [2, 2]).round(3).tolist()
    [0.213, 0.213, 0.574]
    >>> pagerank(3, [0, 1], [2, 2], leak=True).round(3).tolist()
    [0.05, 0.05, 0.135]
    """
    from scipy.sparse import csr_array

    if n_nodes < 1:
        raise InputError(f"n_nodes is {n_nodes}; expected 1 node or more")
    tail, head = whole_numbers("source", source, n_nodes), whole_numbers("target", target, n_nodes)
    w = np.ones(len(tail)) if weight is None else np.asarray(weight, dtype=float)
    if len(tail) != len(head) or w.shape[-1:] != tail.shape:
        raise InputError(f"there are {len(tail)} sources, {len(head)} targets and weights of shape {w.shape}")
    if w.size and not (np.isfinite(w).all() and w.min() >= 0):
        raise InputError("a weight is negative, NaN or infinite; expected 0 or more: leave such edges out")
    if not 0 <= damping < 1 or not tolerance > 0:
        raise InputError(f"damping is {damping!r}, tolerance {tolerance!r}; expected 0 ≤ damping < 1, tolerance > 0")
    flat = w.reshape(math.prod(w.shape[:-1]), len(tail))
    edges = np.arange(len(tail))
    leaves = csr_array((np.ones(len(tail)), (edges, tail)), shape=(len(tail), n_nodes))
    enters = csr_array((np.ones(len(tail)), (edges, head)), shape=(len(tail), n_nodes))
    # by the heaviest weight first, so that sums of tiny ones stay in range
    scaled = flat / np.maximum(flat.max(axis=1, initial=0.0, keepdims=True), np.finfo(float).tiny)
    out: Any = scaled @ leaves
    share = scaled / np.where(out > 0, out, 1.0)[:, tail]
    start = (1 - damping) / n_nodes
    rank = np.full((len(flat), n_nodes), 1.0 / n_nodes)
    # each step shrinks the error by d in the sum over nodes, and the first error is at most 2
    n_steps = 1 if damping == 0 else 1 + math.ceil(math.log(tolerance / 2) / math.log(damping))
    for _ in range(max(1, n_steps)):
        flow: Any = (rank[:, tail] * share) @ enters
        new = start + damping * flow
        moved = np.abs(new - rank).sum(axis=1).max()
        rank = new
        if moved * damping <= tolerance * (1 - damping):
            break
    if not leak:
        rank = rank / rank.sum(axis=1, keepdims=True)
    return rank.reshape(*w.shape[:-1], n_nodes)
