"""Players who join one after the other, and what changes when they do: the raw material of sampled semivalues.

In an evenly random order a player's predecessors are a random coalition whose size is even on 0 … n−1. Where nothing is
truncated, the changes along any order add up to v(all) − v(∅).

References: Castro, J., Gómez, D. & Tejada, J. (2009), Polynomial calculation of the Shapley value based on sampling.
Ghorbani, A. & Zou, J. (2019), Data Shapley, arXiv:1904.02868 (truncation).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.coalitions import Value, count, worth

Array = NDArray[np.float64]
Orders = NDArray[np.int64]
Sampling = Literal["plain", "antithetic", "stratified"]

CELLS = 1 << 24  # entries of the masks that are valued at once
PATIENCE = 5


class Walk(NamedTuple):
    """Changes along orders.

    Attributes
    ----------
    contributions : array, shape (n_orders, n_players)
        Each player's change, weighed for its place; 0 for those behind a truncation.
    left : array, shape (n_orders,)
        v(all) less the worth at which the order was truncated; 0 where it was not.
    n_values : int
        Coalitions valued.
    """

    contributions: Array
    left: Array
    n_values: int


def draw_orders(n_players: int, n_units: int, *, sampling: Sampling, rng: np.random.Generator) -> Orders:
    """Random orders of the players, in independent units.

    Parameters
    ----------
    n_players, n_units : int
        1 or more.
    sampling : {"plain", "antithetic", "stratified"}
        What a unit is: one order; an order and its reverse; the n rotations of an order.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    array of int, shape (n_units, orders in a unit, n_players)
        Who joins first, second …

    Raises
    ------
    InputError
        No players, or an unknown sampling.
    """
    first = rng.permuted(np.tile(np.arange(count(n_players)), (n_units, 1)), axis=1)
    if unit_size(sampling, n_players) == 1:
        return first[:, None, :]
    if sampling == "antithetic":
        return np.stack([first, first[:, ::-1]], axis=1)
    turned = (np.arange(n_players)[None, :] + np.arange(n_players)[:, None]) % n_players
    return first[:, turned]


def walk(
    value: Value,
    orders: Orders,
    *,
    factors: ArrayLike | None = None,
    ends: tuple[float, float] | None = None,
    tolerance: float = 0.0,
    patience: int = PATIENCE,
    ahead: int = 1,
) -> Walk:
    """Let players join in each order and credit each with the change.

    Parameters
    ----------
    value : callable
        Coalitions, bool of shape (m, n), to their worth, shape (m,).
    orders : array of int, shape (n_orders, n_players)
        Who joins first, second …
    factors : array of float, shape (n_players,), optional
        What a change at each place counts; 1 by default.
    ends : pair of float, optional
        v(∅) and v(all), where they are known.
    tolerance : float
        An order is cut short once |v(first s) − v(all)| ≤ tolerance more than `patience` times in a row, and whoever
        has not joined gets 0: a bias of at most about `tolerance` in all. 0 never cuts.
    patience : int
        0 or more.
    ahead : int
        How many joinings are valued at once where orders may be cut; what lies behind a cut is thrown away. More than
        1 pays where values come cheaper by the dozen.

    Returns
    -------
    Walk

    Raises
    ------
    InputError
        A tolerance or patience below 0, ahead below 1, or a worth that is not finite.

    References
    ----------
    Ghorbani, A. & Zou, J. (2019). Data Shapley. arXiv:1904.02868, algorithm 1; patience as in the authors' program.
    """
    if not tolerance >= 0 or patience < 0 or ahead < 1:
        raise InputError(
            f"tolerance is {tolerance!r}, patience {patience!r} and ahead {ahead!r}; expected ≥ 0, ≥ 0 and ≥ 1"
        )
    m, n = orders.shape
    empty, full = ends_of(value, n) if ends is None else ends
    factor = np.ones(n) if factors is None else np.asarray(factors, dtype=float)
    # without truncation all prefixes are known beforehand and are valued many at a time
    reach = max(1, CELLS // (m * n)) if tolerance == 0 else ahead
    place = np.argsort(orders, axis=1)
    contributions, last = np.zeros((m, n)), np.full(m, float(empty))
    near, active, n_values = np.zeros(m, dtype=np.int64), np.arange(m), 0
    for start in range(0, n, reach):
        sizes = np.arange(start + 1, min(start + reach, n) + 1)
        now = np.full((len(active), len(sizes)), float(full))
        inner = sizes[sizes < n]
        if len(inner):
            masks = (place[active, None, :] < inner[None, :, None]).reshape(-1, n)
            now[:, : len(inner)] = worth(value, masks).reshape(len(active), -1)
            n_values += len(masks)
        going = np.ones(len(active), dtype=bool)
        for step, size in enumerate(sizes):
            here = active[going]
            contributions[here, orders[here, size - 1]] = factor[size - 1] * (now[going, step] - last[here])
            last[here] = now[going, step]
            if tolerance > 0:
                near[here] = np.where(np.abs(last[here] - full) <= tolerance, near[here] + 1, 0)
                going &= near[active] <= patience
        active = active[going]
        if not len(active):
            break
    return Walk(contributions, full - last, n_values)


def running_change(contributions: ArrayLike, last: int = 100) -> float:
    """How much running means still move, as published for Data Shapley.

    max over the last t of mean_i |v_t,i − v_i| / |v_i|, v_t being the mean of the first t contributions.

    Parameters
    ----------
    contributions : array of float, shape (n_orders, n_players)
        As they came.
    last : int
        How many running means are looked at.

    Returns
    -------
    float
        NaN before there are `last` contributions. It is no error of the estimate: it falls as 1/n even where the
        standard error, which falls as 1/√n, is still large.
    """
    given = np.asarray(contributions, dtype=float)
    if len(given) < last:
        return float("nan")
    running = np.cumsum(given, axis=0)[-last:] / np.arange(len(given) - last + 1, len(given) + 1)[:, None]
    return float((np.abs(running - running[-1]) / (np.abs(running[-1]) + 1e-12)).mean(axis=1).max())


def unit_size(sampling: str, n_players: int) -> int:
    """How many orders a unit has.

    Parameters
    ----------
    sampling : {"plain", "antithetic", "stratified"}
        One; two; as many as there are players.
    n_players : int
        1 or more.

    Raises
    ------
    InputError
        An unknown sampling.
    """
    each = {"plain": 1, "antithetic": 2, "stratified": n_players}
    if sampling not in each:
        raise InputError(f"sampling is {sampling!r}; expected one of {', '.join(each)}")
    return each[sampling]


def ends_of(value: Value, n: int) -> tuple[float, float]:
    """v(∅) and v(all).

    Parameters
    ----------
    value : callable
        Coalitions, bool of shape (m, n), to their worth, shape (m,).
    n : int
        Players.
    """
    empty, full = worth(value, np.array([[False] * n, [True] * n])).tolist()
    return empty, full
