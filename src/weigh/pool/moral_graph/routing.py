"""What a participant is shown next: cards to approve, and upgrades to vote on.

Every answer costs somebody's patience. Cards are half fresh ones, which would otherwise never be seen, and half those
that are approved most, and of these the ones nearest to what the participant said; upgrades start from values that the
participant approved. Nothing is drawn at random: ties go to what stands first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def cards_to_show(
    embedding: ArrayLike,
    centre: ArrayLike,
    *,
    approved: ArrayLike,
    shown: ArrayLike,
    seen: ArrayLike,
    fresh: int = 12,
    hot: int = 12,
    keep: int = 6,
) -> Indices:
    """Cards for a participant to approve or not.

    Candidates are the `fresh` cards that were shown least (the newest first) and the `hot` ones with the highest
    approved / shown, which is 0 for a card that was never shown; of these the `keep` nearest to the centre.

    Parameters
    ----------
    embedding : array of float, shape (n, width)
        Of each card, oldest first; not all 0.
    centre : array of float, shape (width,)
        Mean embedding of the participant's own cards.
    approved, shown : array of float, shape (n,)
        How often each card was approved and shown, 0 or more.
    seen : array of bool, shape (n,)
        What this participant has seen already, or wrote.
    fresh, hot, keep : int
        How many of each, 0 or more.

    Returns
    -------
    array of int
        Places of at most `keep` cards, nearest first.

    Raises
    ------
    InputError
        Arrays that do not fit, NaN, or an embedding of length 0.

    Examples
    --------
    >>> cards_to_show([[1, 0], [0, 1], [1, 1]], [1, 0], approved=[5, 1, 0], shown=[9, 9, 0], seen=[True, False, False])
    array([2, 1])
    """
    near = nearness(embedding, centre)
    votes, times = _numbers("approved", approved, len(near)), _numbers("shown", shown, len(near))
    left = np.flatnonzero(~np.asarray(seen, dtype=bool)) if np.shape(seen) == (len(near),) else None
    if left is None or min(fresh, hot, keep) < 0 or votes.min() < 0 or times.min() < 0:
        raise InputError(f"expected seen of shape ({len(near)},), and counts and numbers of cards of 0 or more")
    newest = left[::-1]
    least = newest[np.argsort(times[newest], kind="stable")][:fresh]
    rate = np.where(times > 0, votes / np.where(times > 0, times, 1.0), 0.0)
    hottest = left[np.argsort(-rate[left], kind="stable")][:hot]
    among = np.unique(np.concatenate([least, hottest]))
    return among[np.argsort(-near[among], kind="stable")][:keep]


def upgrades_to_ask(
    embedding: ArrayLike, centre: ArrayLike, *, approved: ArrayLike, asked: ArrayLike, keep: int = 3
) -> Indices:
    """Upgrades for a participant to vote on: from values that they approved, then the nearest.

    Parameters
    ----------
    embedding : array of float, shape (m, width)
        Of the value from which each upgrade starts; not all 0.
    centre : array of float, shape (width,)
        Mean embedding of the participant's own cards.
    approved : array of bool, shape (m,)
        Whether the participant approved the value from which the upgrade starts.
    asked : array of bool, shape (m,)
        What this participant was asked already.
    keep : int
        How many, 0 or more.

    Returns
    -------
    array of int
        Places of at most `keep` upgrades; within each part the nearest first.

    Raises
    ------
    InputError
        As in `cards_to_show`.

    Examples
    --------
    >>> upgrades_to_ask([[1, 0], [0, 1], [1, 1]], [1, 0], approved=[False, True, False], asked=[False] * 3, keep=2)
    array([1, 0])
    """
    near = nearness(embedding, centre)
    marks = [np.asarray(given, dtype=bool) for given in (approved, asked)]
    if any(mark.shape != near.shape for mark in marks) or keep < 0:
        raise InputError(f"expected approved and asked of shape ({len(near)},), and to keep 0 or more")
    order = np.lexsort((-near, ~marks[0]))
    return order[~marks[1][order]][:keep]


def nearness(embedding: ArrayLike, centre: ArrayLike) -> Array:
    """Cosine of each embedding and the centre, −1 to 1.

    Parameters
    ----------
    embedding : array of float, shape (n, width)
        One row a thing.
    centre : array of float, shape (width,)
        What they are compared with.

    Raises
    ------
    InputError
        Arrays that do not fit, NaN, or a vector of length 0.
    """
    x, c = np.asarray(embedding, dtype=float), np.asarray(centre, dtype=float)
    if x.ndim != 2 or not x.size or c.shape != x.shape[1:] or not (np.isfinite(x).all() and np.isfinite(c).all()):
        raise InputError(
            f"embeddings have shape {x.shape}, the centre {c.shape}; expected finite (n, width) and (width,)"
        )
    size = np.linalg.norm(x, axis=1) * np.linalg.norm(c)
    if size.min() <= 0:
        raise InputError("an embedding has length 0, which points nowhere; leave that text out")
    return x @ c / size


def _numbers(name: str, given: ArrayLike, n: int) -> Array:
    numbers = np.asarray(given, dtype=float)
    if numbers.shape != (n,) or not np.isfinite(numbers).all():
        raise InputError(f"{name} has shape {numbers.shape}; expected ({n},), finite")
    return numbers
