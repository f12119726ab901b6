"""Coalitions that somebody has valued already, read from a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.frames import listed
from weigh.core.game import MOST_IN_TABLE
from weigh.credit._tables import columns, filled, named

NOBODY = ("", "-", "∅")


def stored_games(table: Any, by: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]:
    """Players, names of the games, and the worth of every coalition by bitmask, shape (n_games, 2**n)."""
    given = columns(table)
    for name in ("coalition", "value", *by):
        if name not in given:
            raise InputError(f"there is no column {name!r}; the table has {', '.join(given)}")
    worth = filled(given["value"], "value")
    if worth.dtype.kind != "f":
        raise InputError(f"column 'value' holds text such as {str(worth[0])!r}; expected numbers")
    members = [_members(cell) for cell in listed(given["coalition"])]
    players = tuple(dict.fromkeys(name for row in sorted(members, key=len) for name in row))
    n = len(players)
    if not 2 <= n <= MOST_IN_TABLE:
        raise InputError(f"the coalitions hold {n} players; expected 2 to {MOST_IN_TABLE}")
    bit = {player: 1 << i for i, player in enumerate(players)}
    labels = [", ".join(named(cell) for cell in row) for row in zip(*(listed(given[name]) for name in by), strict=True)]
    game_of = labels or ["team"] * len(members)
    who = tuple(dict.fromkeys(game_of))
    place = {name: k for k, name in enumerate(who)}
    tables = np.full((len(who), 1 << n), np.nan)
    for label, row, number in zip(game_of, members, worth, strict=True):
        at = (place[label], sum(bit[name] for name in row))
        if not np.isnan(tables[at]):
            others = [name for name in given if name not in ("coalition", "value", *by)]
            hint = f"; if there are several games, tell them apart by some of: {', '.join(others)}" if others else ""
            raise InputError(f"the coalition {' '.join(row) or '-'} of {label} stands twice{hint}")
        tables[at] = number
    missing = np.argwhere(np.isnan(tables))
    if len(missing):
        names = [player for i, player in enumerate(players) if int(missing[0][1]) >> i & 1]
        raise InputError(
            f"{who[missing[0][0]]} lacks the coalition {' '.join(names) or '- (nobody)'}; all 2^{n} are needed"
        )
    return players, who, tables


def _members(cell: Any) -> tuple[str, ...]:
    if cell is None or (isinstance(cell, str) and cell.strip() in NOBODY):
        return ()
    parts = cell if isinstance(cell, list | tuple) else re.split(r"[\s,;]+", named(cell).strip())
    names = tuple(named(part) for part in parts)
    if len(set(names)) < len(names):
        raise InputError(f"the coalition {cell!r} names a player twice")
    return names
