"""The lottery of most utility among those that are fair under uncertain merit: a sparse linear programme.

Variables are the chances p_xy along the lists. What merit promises, that x gets one of the k places that x likes best
with a chance of φ G_x(k), has a row for each x and k; envy, that z may have more of x's k best places than x by no more
than z's chance of more merit justifies, has n² k. Few of these rows matter and each is long, so that those that a
solution breaks are added until none is broken. (With cumulative chances as variables promises are mere bounds, and
are met four times as fast; but the rows that keep such variables in order slow the solver down tenfold for envy.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Places = NDArray[np.int64]

BROKEN = 5e-10  #: by more than this a row counts as broken
N_PROMISES, N_ENVIED = 3, 8  #: rows that are added a person and round
N_ROUNDS = 200


class NoFairLottery(InputError):
    """No lottery meets all conditions; `relaxation` is the least by which all fairness bounds must give, or None."""

    def __init__(self, message: str, relaxation: float | None) -> None:
        super().__init__(message)
        self.relaxation = relaxation


@dataclass(frozen=True)
class Market:
    """People, their lists and the seats, and what each seat on a list is worth.

    Parameters
    ----------
    lists : array of int, shape (n, k)
        Places in order of each person's preference; −1 after the last.
    seats : array of int, shape (m,)
        Of each place.
    utility : array of float, shape (n, k)
        Along the lists; going without is worth 0.
    must_match : bool
        Whether everybody must get a place on their list.
    """

    lists: Places
    seats: Places
    utility: Array
    must_match: bool = False

    def spread(self, along: Array) -> Array:
        """Numbers along lists as a table of people × places, 0 where a place is not listed."""
        table = np.zeros((len(self.lists), len(self.seats)))
        x, k = np.nonzero(self.lists >= 0)
        table[x, self.lists[x, k]] = along[x, k]
        return table


def most_utility(market: Market, *, at_least: Array | None = None, envy: Array | None = None) -> Array:
    """Chances of the best lottery under the bounds.

    Parameters
    ----------
    market : Market
        Who can get what.
    at_least : array of float, shape (n, k), optional
        Least chance of one of the k best places, for each k.
    envy : array of float, shape (n, n), optional
        Entry (x, z): by how much at most z's chance of x's k best places may be above x's own, for all k.

    Returns
    -------
    array of float, shape (n, m)
        Chances of each person for each place.

    Raises
    ------
    NoFairLottery
        No lottery meets the bounds.

    Examples
    --------
    >>> market = Market(np.array([[0, 1], [0, 1]]), np.array([1, 1]), np.array([[9.0, 1], [3, 1]]))
    >>> most_utility(market).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> most_utility(market, at_least=np.array([[0.5, 1], [0.5, 1]])).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    bound = (at_least is not None and (at_least > 0).any()) or (envy is not None and (envy < 1).any())
    # without bounds the best lottery is one matching, and an assignment is found much faster than a programme is solved
    found = _solve(market, at_least, envy, relax=False) if bound else _assigned(market)
    if found is None:
        eased = _solve(market, at_least, envy, relax=True)
        if eased is None:
            raise NoFairLottery(
                "no matching gives everybody a place on their list; let people go without with must_match=False, or "
                "add places or longer lists",
                None,
            )
        raise NoFairLottery(
            "no lottery gives everybody a place and is fair; the least by which all bounds must give is "
            f"{eased[1]:.4g}: give slack={eased[1] + 1e-6:.4g}, ask for less fairness, or let people go without "
            "with must_match=False",
            eased[1],
        )
    return found[0]


def broken_promises(market: Market, chances: Array, at_least: Array) -> float:
    """By how much, at most, a person's chance of one of their k best places lies below what it should be.

    Parameters
    ----------
    market : Market
        Whose lists.
    chances : array of float, shape (n, m)
        A lottery's.
    at_least : array of float, shape (n, k)
        Least chances.
    """
    below = np.where(market.lists >= 0, at_least - np.cumsum(_along(market, chances), axis=1), 0.0)
    return float(np.max(below, initial=0.0))


def unjustified_envy(market: Market, chances: Array, envy: Array) -> float:
    """By how much, at most, someone's chance of another's k best places is above what is allowed.

    Parameters
    ----------
    market : Market
        Whose lists.
    chances : array of float, shape (n, m)
        A lottery's.
    envy : array of float, shape (n, n)
        What is allowed.
    """
    return max(float(np.max(_excess(market, chances, envy, x), initial=0.0)) for x in range(len(chances)))


def _assigned(market: Market) -> tuple[Array, float] | None:
    from scipy.optimize import linear_sum_assignment

    n = len(market.lists)
    worth = market.spread(np.where(market.lists >= 0, market.utility, 0.0))
    never = 4.0 * n * (1.0 + np.abs(worth).max())
    worth[market.spread(np.ones(market.lists.shape)) == 0] = -never
    owner = np.repeat(np.arange(len(market.seats)), np.minimum(market.seats, n))
    without = np.full((n, n), -never if market.must_match else 0.0)
    _, seat = linear_sum_assignment(np.concatenate([worth[:, owner], without], axis=1), maximize=True)
    got = seat < len(owner)
    place = np.append(owner, 0)[np.minimum(seat, len(owner))]
    if (worth[got, place[got]] <= -never).any() or (market.must_match and not got.all()):
        return None
    chances = np.zeros(worth.shape)
    chances[np.flatnonzero(got), place[got]] = 1.0
    return chances, 0.0


def _excess(market: Market, chances: Array, envy: Array, x: int) -> Array:
    listed = market.lists[x][market.lists[x] >= 0]
    theirs = np.cumsum(chances[:, listed], axis=1)
    above = theirs - theirs[x] - envy[x][:, None]
    above[x] = -np.inf
    return above


def _solve(market: Market, at_least: Array | None, envy: Array | None, *, relax: bool) -> tuple[Array, float] | None:
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    lists, n, m = market.lists, len(market.lists), len(market.seats)
    x, k = np.nonzero(lists >= 0)
    n_cells = len(x)
    cell = np.full((n, m), -1)
    cell[x, lists[x, k]] = np.arange(n_cells)
    cells = np.arange(n_cells)
    # sums of people and of places; the last variable is by how much all bounds of fairness give
    rows = [(x, cells, np.ones(n_cells)), (lists[x, k] + n, cells, np.ones(n_cells))]
    right = [np.ones(n), market.seats.astype(float)]
    if market.must_match:
        rows.append((x + n + m, cells, -np.ones(n_cells)))
        right.append(-np.ones(n))
    cost = np.append(np.zeros(n_cells) if relax else -market.utility[x, k], 1.0 if relax else 0.0)
    bounds = np.stack([np.zeros(n_cells + 1), np.append(np.full(n_cells, np.inf), 1.0 if relax else 0.0)], axis=1)
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-9}
    known: set[tuple[int, int, int]] = set()
    for _ in range(N_ROUNDS):
        limits = np.concatenate(right)
        row, column, sign = (np.concatenate([one[part] for one in rows]) for part in range(3))
        matrix = csr_array((sign, (row, column)), shape=(len(limits), n_cells + 1))
        found = linprog(cost, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs", options=options)
        if found.status == 2:
            return None
        if found.status != 0:
            raise InputError(f"the solver ended without a lottery ({found.message}); give fewer people or places")
        chances, gives = np.zeros((n, m)), float(found.x[n_cells])
        chances[x, lists[x, k]] = np.maximum(found.x[:n_cells], 0.0)
        broken = [] if at_least is None else _unkept(market, chances, at_least - gives)
        broken += [] if envy is None else _unjustified(market, chances, envy + gives)
        added = [one for one in broken if one not in known]
        if not added:
            return chances, gives
        known.update(added)
        for number, (one, other, last) in enumerate(added, start=len(limits)):
            top = lists[one, : last + 1]
            theirs = cell[other, top][cell[other, top] >= 0] if other >= 0 else np.empty(0, dtype=np.int64)
            columns = np.concatenate([cell[one, top], [n_cells], theirs])
            signs = np.concatenate([-np.ones(len(top) + 1), np.ones(len(theirs))])
            rows.append((np.full(len(columns), number), columns, signs))
            bound = envy[one, other] if envy is not None and other >= 0 else 0.0
            bound -= at_least[one, last] if at_least is not None and other < 0 else 0.0
            right.append(np.array([bound]))
    raise InputError(f"after {N_ROUNDS} rounds the lottery is not yet fair; ask for less fairness, or give slack=0.001")


def _unkept(market: Market, chances: Array, at_least: Array) -> list[tuple[int, int, int]]:
    """Promises that are broken, the worst of each person: (x, −1, k)."""
    below = np.where(market.lists >= 0, at_least - np.cumsum(_along(market, chances), axis=1), -np.inf)
    worst = np.argsort(-below, axis=1)[:, :N_PROMISES]
    return [(x, -1, k) for x, row in enumerate(worst.tolist()) for k in row if below[x, k] > BROKEN]


def _unjustified(market: Market, chances: Array, envy: Array) -> list[tuple[int, int, int]]:
    """Envy that nothing justifies, the worst of each person: (x, z, k)."""
    found = []
    for x in range(len(chances)):
        above = _excess(market, chances, envy, x)
        at = above.argmax(axis=1) if above.size else np.zeros(len(chances), dtype=int)
        worst = above[np.arange(len(above)), at] if above.size else np.zeros(len(chances))
        for z in np.argsort(-worst, kind="stable")[:N_ENVIED].tolist():
            if worst[z] > BROKEN:
                found.append((x, z, int(at[z])))
    return found


def _along(market: Market, chances: Array) -> Array:
    return np.where(market.lists >= 0, np.take_along_axis(chances, np.maximum(market.lists, 0), axis=1), 0.0)
