"""What people get where places go by merit, and merit is uncertain: chances, and the chance of being the better one.

With everybody ranked by one merit the stable matching is unique: in order of merit each takes the place left that they
like best. Over draws of merit, G_x(k) is the chance that x gets one of the k places that x likes best.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def chances_by_merit(lists: Places, seats: Places, merit: Array) -> Array:
    """Chance that each person gets each place of their list, in the stable matching by merit.

    Parameters
    ----------
    lists : array of int, shape (n, k)
        Places in order of each person's preference; −1 after the last that they would take.
    seats : array of int, shape (m,)
        Of each place, 0 or more.
    merit : array of float, shape (n_draws, n)
        Draws of everybody's merit, without ties: break them by chance first.

    Returns
    -------
    array of float, shape (n, k)
        Along a list; the cumulative sum is G.

    Raises
    ------
    InputError
        Shapes that do not fit.

    Examples
    --------
    >>> chances_by_merit(np.array([[0, 1], [0, 1]]), np.array([1, 1]), np.array([[2.0, 1], [0, 1]])).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    if lists.ndim != 2 or merit.ndim != 2 or merit.shape[1] != len(lists) or not merit.size:
        raise InputError(f"lists have shape {lists.shape}, merit {merit.shape}; expected (n, k) and (draws, n)")
    draws, places = len(merit), len(seats)
    # one more place that is always free stands for going without
    padded = np.where(lists >= 0, lists, places)
    padded = np.concatenate([padded, np.full((len(lists), 1), places)], axis=1)
    left = np.concatenate([np.tile(seats, (draws, 1)), np.ones((draws, 1), dtype=np.int64)], axis=1)
    order, rows = np.argsort(-merit, axis=1, kind="stable"), np.arange(draws)
    counts = np.zeros(padded.shape)
    for turn in range(len(lists)):
        who = order[:, turn]
        got = (np.take_along_axis(left, padded[who], axis=1) > 0).argmax(axis=1)
        place = padded[who, got]
        np.add.at(counts, (who, got), 1.0)
        taken = place < places
        left[rows[taken], place[taken]] -= 1
    return np.where(lists >= 0, counts[:, :-1], 0.0) / draws


def chance_of_more_merit(merit: Array) -> Array:
    """Entry (x, z) is the chance that z has more merit than x; a tie counts half.

    Parameters
    ----------
    merit : array of float, shape (n_draws, n)
        Draws.

    Examples
    --------
    >>> chance_of_more_merit(np.array([[1.0, 2], [1, 1]])).tolist()
    [[0.5, 0.75], [0.25, 0.5]]
    """
    n = merit.shape[1]
    chance = np.empty((n, n))
    for x in range(n):
        chance[x] = (merit > merit[:, [x]]).mean(axis=0) + (merit == merit[:, [x]]).mean(axis=0) / 2
    return chance


def sampling_slack(n_draws: int, n_bounds: int, *, delta: float = 0.05) -> float:
    """How far chances from draws may all lie from the truth, but for a probability δ: √(ln(2·n_bounds/δ) / 2·n_draws).

    Parameters
    ----------
    n_draws : int
        1 or more.
    n_bounds : int
        Chances that are to hold at once.
    delta : float
        Between 0 and 1.

    Examples
    --------
    >>> round(sampling_slack(2000, 36), 3)
    0.043
    """
    return math.sqrt(math.log(2 * n_bounds / delta) / (2 * n_draws))
