"""A cooperative game: players, and what each coalition of them is worth. What `credit` divides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError

MOST_IN_TABLE = 24


class Game:
    """Players and a value for every coalition, asked for once each.

    Parameters
    ----------
    players : iterable of str
        Distinct names: features, rows of data, documents, agents …
    value : callable
        value(coalition) for a frozenset of names; a finite number in any unit. It is called once a coalition.

    Raises
    ------
    InputError
        No players, one twice, or a value that is not a finite number.

    Examples
    --------
    >>> glove = Game(("left", "right", "right too"), lambda s: float("left" in s and len(s) > 1))
    >>> glove.grand, glove.marginal("left", ["right"])
    (1.0, 1.0)
    """

    def __init__(self, players: Iterable[str], value: Callable[[frozenset[str]], float]) -> None:
        if isinstance(players, str):
            raise InputError(f"players is the text {players!r}; expected several names, such as ('a', 'b')")
        self.players: tuple[str, ...] = tuple(players)
        if not self.players or len(set(self.players)) < len(self.players):
            raise InputError(f"players are {list(self.players)[:20]}; expected one or more distinct names")
        self.value = value
        self._bit = {player: 1 << i for i, player in enumerate(self.players)}
        self._known: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self.players)

    def __call__(self, coalition: Iterable[str] | int) -> float:
        """Value of a coalition.

        Parameters
        ----------
        coalition : iterable of str, or int
            Names; or a bitmask, whose bit i is the i-th player.

        Raises
        ------
        InputError
            An unknown player, a mask out of range, or a value that is not a finite number.
        """
        mask = self.mask(coalition)
        if mask not in self._known:
            members = frozenset(player for player, bit in self._bit.items() if mask & bit)
            worth = float(self.value(members))
            if not math.isfinite(worth):
                raise InputError(f"the value of {sorted(members)} is {worth}; expected a finite number")
            self._known[mask] = worth
        return self._known[mask]

    @property
    def grand(self) -> float:
        """Value of all players together."""
        return self((1 << len(self.players)) - 1)

    @property
    def empty(self) -> float:
        """Value of no player at all."""
        return self(0)

    @property
    def n_calls(self) -> int:
        """How many coalitions have been valued."""
        return len(self._known)

    def marginal(self, player: str, coalition: Iterable[str] | int) -> float:
        """What a player adds: v(S ∪ {i}) − v(S ∖ {i})."""
        bit = self.mask((player,))
        mask = self.mask(coalition)
        return self(mask | bit) - self(mask & ~bit)

    def mask(self, coalition: Iterable[str] | int) -> int:
        """A coalition as a bitmask, whose bit i is the i-th player; InputError for an unknown player."""
        if isinstance(coalition, int | np.integer) and not isinstance(coalition, bool):
            if not 0 <= coalition < 1 << len(self.players):
                raise InputError(f"the mask {coalition} is out of range; expected 0 to 2^{len(self.players)} - 1")
            return int(coalition)
        if isinstance(coalition, str | bool):
            raise InputError(
                f"a coalition is {coalition!r}; expected several names, such as ({coalition!r},), or a mask"
            )
        mask = 0
        for player in coalition:
            if player not in self._bit:
                raise InputError(f"there is no player {player!r}; the players are: {', '.join(self.players[:20])}")
            mask |= self._bit[player]
        return mask

    def table(self) -> NDArray[np.float64]:
        """The value of every coalition.

        Returns
        -------
        array of float, shape (2**n,)
            By bitmask.

        Raises
        ------
        InputError
            More than 24 players, for whom the table would not fit.
        """
        n = len(self.players)
        if n > MOST_IN_TABLE:
            raise InputError(
                f"{n} players have 2^{n} coalitions; a table holds up to {MOST_IN_TABLE}: use a sampling method"
            )
        return np.array([self(mask) for mask in range(1 << n)])
