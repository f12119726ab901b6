"""Coalitions as rows of true and false, and functions that value many of them at a time.

A value function takes coalitions, bool of shape (m, n), and gives their worth, shape (m,). A learner that is fitted to
each of them, an environment that is played by each of them, and a table that was filled in long ago all look alike so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.game import MOST_IN_TABLE, Game
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]
Masks = NDArray[np.bool_]
Value = Callable[[Masks], Array]

BLOCK = 1 << 14  # coalitions valued at a time, so that masks of many players do not fill the memory


def coalitions(n_players: int, start: int = 0, stop: int | None = None) -> Masks:
    """The coalitions of some players by bitmask.

    Parameters
    ----------
    n_players : int
        1 to 24.
    start, stop : int
        First bitmask and the one after the last; all by default.

    Returns
    -------
    array of bool, shape (stop - start, n_players)
        Row k holds the bits of start + k.

    Raises
    ------
    InputError
        No players, or more than 24.
    """
    bits = np.arange(start, (1 << few(n_players)) if stop is None else stop, dtype=np.uint32)
    return (bits[:, None] >> np.arange(n_players, dtype=np.uint32)[None, :] & 1).astype(bool)


def tabulate(value: Value, n_players: int, *, block: int = BLOCK) -> Array:
    """The worth of every coalition, asked for once each.

    Parameters
    ----------
    value : callable
        Coalitions, bool of shape (m, n), to their worth, shape (m,).
    n_players : int
        1 to 24.
    block : int
        Coalitions asked for at a time.

    Returns
    -------
    array of float, shape (2**n_players,)
        By bitmask.

    Raises
    ------
    InputError
        Too many players, or a worth that is not a finite number.
    """
    total = 1 << few(n_players)
    spans = [(start, min(start + block, total)) for start in range(0, total, block)]
    return np.concatenate([worth(value, coalitions(n_players, *span)) for span in spans])


def worth(value: Value, masks: Masks) -> Array:
    """What a value function says of some coalitions, once it is known to be one finite number each.

    Parameters
    ----------
    value : callable
        Coalitions, bool of shape (m, n), to their worth, shape (m,).
    masks : array of bool, shape (m, n)
        Coalitions.

    Raises
    ------
    InputError
        Another shape came back, or a number that is not finite.
    """
    found = np.asarray(value(masks), dtype=float)
    if found.shape != (len(masks),):
        raise InputError(f"the value of {len(masks)} coalitions has shape {found.shape}; expected ({len(masks)},)")
    if not np.isfinite(found).all():
        bad = masks[int(np.argmin(np.isfinite(found)))]
        raise InputError(
            f"the value of the coalition of players {np.flatnonzero(bad).tolist()[:20]} is not a finite number"
        )
    return found


def of_game(game: Game) -> Value:
    """The vectorised value function of a game of named players, in their order."""
    bits = [1 << i for i in range(len(game))]

    def value(masks: Masks) -> Array:
        return np.array([game(sum(bits[i] for i in np.flatnonzero(row))) for row in masks])

    return value


def joined(value: Value, owner: ArrayLike) -> Value:
    """The game in which each owner brings all that it owns, or none of it.

    Parameters
    ----------
    value : callable
        Value function of the n single players.
    owner : array of int, shape (n,)
        The owner of each, from 0.

    Returns
    -------
    callable
        Value function of the owners.

    Raises
    ------
    InputError
        Owners that are no whole numbers from 0.
    """
    whose = whole_numbers("owner", owner)
    return lambda masks: value(np.asarray(masks, dtype=bool)[:, whose])


def count(n_players: int) -> int:
    """A number of players that is one; InputError otherwise."""
    if isinstance(n_players, bool) or not isinstance(n_players, int | np.integer) or n_players < 1:
        raise InputError(f"n_players is {n_players!r}; expected a whole number, 1 or more")
    return int(n_players)


def few(n_players: int) -> int:
    """A number of players whose coalitions can all be valued; InputError otherwise."""
    if count(n_players) > MOST_IN_TABLE:
        raise InputError(
            f"{n_players} players have 2^{n_players} coalitions; {MOST_IN_TABLE} can be enumerated at most: sample"
        )
    return n_players
