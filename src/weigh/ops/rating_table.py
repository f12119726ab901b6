"""From long ratings to a table of people and items, and to shares.

The same person may rate the same item more than once: rows are averaged by weight, so that every row twice is every
weight doubled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.values import Values
from weigh.ops.simplex import REPLACED, closure, replace_zeros

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

CLOSED = 1e-6  # how far a sum may be from 1 and still count as 1


class Shares(NamedTuple):
    """What people's weights become before they are pooled.

    Attributes
    ----------
    people, items : tuple of str
        Names, in the order of their first row.
    shares : array, shape (k, n)
        Above 0, each row sums to 1.
    weight : array, shape (k,)
        How much each person counts, above 0.
    notes : dict
        What was done to get there, in words, by name; empty where nothing was.
    """

    people: tuple[str, ...]
    items: tuple[str, ...]
    shares: Array
    weight: Array
    notes: dict[str, Any]


def coded(names: Iterable[str]) -> tuple[tuple[str, ...], Indices]:
    """Distinct names in the order in which they come, and the place of each row's name among them.

    Parameters
    ----------
    names : iterable of str
        One a row.

    Examples
    --------
    >>> coded(["b", "a", "b"])
    (('b', 'a'), array([0, 1, 0]))
    """
    rows = names.tolist() if isinstance(names, np.ndarray) else list(names)
    place = {name: at for at, name in enumerate(dict.fromkeys(rows))}
    return tuple(place), np.fromiter(map(place.__getitem__, rows), np.int64, len(rows))


def cell_means(cell: Indices, value: ArrayLike, weight: ArrayLike, n_cells: int) -> tuple[Array, Array]:
    """Weighted mean of the rows of each cell, and their total weight.

    Parameters
    ----------
    cell : array of int, shape (n,)
        Where each row belongs.
    value, weight : array of float, shape (n,)
        What is averaged, and by what.
    n_cells : int
        How many cells there are.

    Returns
    -------
    mean, total : array, shape (n_cells,)
        NaN and 0 for a cell without rows, or whose rows weigh nothing.
    """
    v, a = np.asarray(value, dtype=float), np.asarray(weight, dtype=float)
    total: Array = np.bincount(cell, weights=a, minlength=n_cells).astype(np.float64)
    lead = np.full(n_cells, np.nan)
    lead[cell] = v
    # about one of its rows, so that a cell whose rows are alike keeps their number to the last bit
    away = np.bincount(cell, weights=a * (v - lead[cell]), minlength=n_cells)
    there = total > 0
    mean: Array = np.where(there, lead + away / np.where(there, total, 1.0), np.nan)
    return mean, total


def shares_of(given: Ratings | Values, *, detection_limit: float | None = None) -> Shares:
    """People's shares, from ratings or from values on a scale whose ratios have a meaning.

    Several rows of a person on one item are averaged as shares are, geometrically.

    Parameters
    ----------
    given : Ratings or Values
        Weights or priorities of one person or more, each on all items. Rows of weight 0 are left out.
    detection_limit : float, optional
        Smallest share that could have been told from 0; with it zeros are replaced (`replace_zeros`).

    Returns
    -------
    Shares

    Raises
    ------
    InputError
        Fewer than two items, an item that somebody did not rate, a weight that differs within a person, negative
        numbers, or zeros without a detection limit.
    ScaleError
        Values on a scale without ratios, such as log-odds.

    Examples
    --------
    >>> found = shares_of(Ratings(who=["Ada", "Ada"], item=["tea", "rum"], value=[3, 1]))
    >>> found.shares.tolist(), found.notes["closed"]
    ([[0.75, 0.25]], 'rows summed to 4; each was divided by its sum')
    """
    notes: dict[str, Any] = {}
    if isinstance(given, Values):
        given.scale.at_least("ratio", "pooling shares")
        people, items, weight = given.who, given.items, np.ones(len(given.who))
        raw = given.mean.reshape(len(people), -1)
    else:
        people, items, raw, weight = _ballots(given)
        if np.isfinite(given.low).any():
            notes["own_intervals"] = "people's own intervals were left aside, and their values or middles taken"
    if len(items) < 2:
        raise InputError(f"there is one item, {', '.join(items)!r}; shares need two or more, as only ratios count")
    sums = raw.sum(axis=1)
    if sums.min() <= 0:
        raise InputError(f"{people[int(sums.argmin())]!r} gives every item 0; leave those rows out")
    shares = closure(raw)
    if np.abs(sums - 1).max() > CLOSED:
        between = (
            f"{sums.min():.6g}" if np.ptp(sums) <= CLOSED * sums.max() else f"{sums.min():.6g} to {sums.max():.6g}"
        )
        notes["closed"] = f"rows summed to {between}; each was divided by its sum"
    zeros = int((raw == 0).sum())
    if zeros and detection_limit is None:
        who, item = (int(at) for at in np.argwhere(raw == 0)[0])
        raise InputError(
            f"{people[who]!r} gives {items[item]!r} 0, the first of {zeros} zeros; 0 has no ratio to anything: where "
            "it means 'too little to say', give the smallest share that could have been said as detection_limit, else "
            "leave that item or that person out"
        )
    if detection_limit is not None and zeros:
        shares = replace_zeros(shares, detection_limit)
        notes["zeros"] = f"{zeros} zeros were replaced by {REPLACED * detection_limit:.3g}"
    return Shares(people, items, shares, weight, notes)


def _ballots(ratings: Ratings) -> tuple[tuple[str, ...], tuple[str, ...], Array, Array]:
    if not (ratings.weight > 0).any():
        raise InputError("every row has weight 0; expected at least one that counts")
    rows = ratings if (ratings.weight > 0).all() else ratings.select(ratings.weight > 0)
    criteria = set(rows.criterion.tolist())
    if len(criteria) > 1:
        raise InputError(
            f"the ratings are by {len(criteria)} criteria ({', '.join(sorted(criteria)[:5])}); shares are of one "
            "whole: select the rows of one criterion"
        )
    (people, who), (items, item) = coded(rows.who), coded(rows.item)
    below = rows.value < 0
    if below.any():
        row = int(np.argmax(below))
        raise InputError(
            f"{rows.who[row]!r} gives {rows.item[row]!r} {rows.value[row]:g}; shares are 0 or more: a scale that goes "
            "below 0 has no ratios, so pool its rankings or its means instead"
        )
    shape = (len(people), len(items))
    cell, none = who * shape[1] + item, rows.value == 0
    logs, total = cell_means(cell, np.log(np.where(none, 1.0, rows.value)), rows.weight, shape[0] * shape[1])
    raw = np.exp(logs)
    if len(cell) == len(raw):
        raw[cell] = rows.value  # as it was given, to the last bit
    # a 0 among the ratings of a cell makes its geometric mean 0
    raw[cell[none]] = 0.0
    raw = raw.reshape(shape)
    total = total.reshape(shape)
    if (total == 0).any():
        at = tuple(int(i) for i in np.argwhere(total == 0)[0])
        raise InputError(
            f"{people[at[0]]!r} did not rate {items[at[1]]!r}; shares are of all items: leave that person or that item "
            "out, or ask again"
        )
    if (np.ptp(total, axis=1) > 1e-9 * total[:, 0]).any():
        at = int(np.argmax(np.ptp(total, axis=1) > 1e-9 * total[:, 0]))
        raise InputError(
            f"the rows of {people[at]!r} weigh {total[at].min():g} to {total[at].max():g} an item; a person has one "
            "weight: give each item as often, and with the same weight"
        )
    return people, items, raw, total[:, 0]
