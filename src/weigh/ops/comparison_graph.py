"""What comparisons link: which items can be held against which, and whether winners are ever beaten.

Two items are comparable if a chain of comparisons joins them. A strength has a finite estimate without a prior exactly
where, within each component, a chain of wins leads from every item to every other one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers


class Linkage(NamedTuple):
    """Components of a graph of comparisons.

    Attributes
    ----------
    component : array of int, shape (n,)
        Number of each item's component, from 0.
    n_components : int
        How many there are; an item that was never compared is one by itself.
    n_strong : int
        Sets within which wins lead from every item to every other one; equal to n_components where each component is
        such a set.
    """

    component: NDArray[np.int64]
    n_components: int
    n_strong: int

    @property
    def bounded(self) -> bool:
        """Whether strengths have a finite estimate without a prior."""
        return self.n_strong == self.n_components

    def same(self) -> NDArray[np.float64]:
        """Projection onto the shifts of whole components, shape (n, n): 1 / size where two items share one."""
        joint = self.component[:, None] == self.component[None, :]
        return joint / np.bincount(self.component)[self.component]


def linkage(n_items: int, winner: ArrayLike, loser: ArrayLike) -> Linkage:
    """Components of the graph that wins make.

    Parameters
    ----------
    n_items : int
        Items are numbered from 0 to n_items − 1.
    winner, loser : array of int, shape (m,)
        Who beat whom, if only once or in part; a tie is a win each way.

    Returns
    -------
    Linkage

    Raises
    ------
    InputError
        Items that are no whole numbers from 0 to n_items − 1, or winners and losers that are not as many.

    References
    ----------
    Ford, L. R. (1957). Solution of a ranking problem from binary comparisons. American Mathematical Monthly 64(8),
    28-33, for the condition on wins.

    Examples
    --------
    >>> linkage(3, [0, 1], [1, 0])
    Linkage(component=array([0, 0, 1]), n_components=2, n_strong=2)
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (whole_numbers("winner", winner, n_items), whole_numbers("loser", loser, n_items))
    if len(ends[0]) != len(ends[1]):
        raise InputError(f"there are {len(ends[0])} winners and {len(ends[1])} losers; expected as many of both")
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(n_items, n_items)).tocsr()
    n_components, component = connected_components(graph, directed=True, connection="weak")
    n_strong = connected_components(graph, directed=True, connection="strong", return_labels=False)
    return Linkage(component.astype(np.int64), int(n_components), int(n_strong))
