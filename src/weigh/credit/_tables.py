"""Tables of any make as arrays: what the methods of this verb that take tables share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.frames import columns_of, listed
from weigh.core.tables import read_table

Array = NDArray[np.float64]

MOST_CATEGORIES = 50


def columns(table: Any) -> dict[str, Any]:
    """Columns of one length, one row or more, of a file, a mapping or a data frame."""
    found = read_table(table) if isinstance(table, str | os.PathLike) else columns_of(table)
    lengths = {name: len(column) for name, column in found.items()}
    if len(set(lengths.values())) != 1 or not min(lengths.values()):
        raise InputError(f"a table needs columns of one length with at least one row; got {lengths or 'none'}")
    return found


def named(cell: Any) -> str:
    """A cell as a name: a CSV column of whole numbers is read as floats, and 3.0 is no name."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def filled(column: Any, name: str) -> NDArray[Any]:
    """A column as an array of finite numbers or of texts; InputError names the row of a missing cell."""
    cells = listed(column)
    for row, cell in enumerate(cells, 1):
        if cell is None or cell != cell or cell == "":
            raise InputError(f"column {name!r} has no value in row {row}; leave such rows out")
        if isinstance(cell, float) and np.isinf(cell):
            raise InputError(f"column {name!r} holds an infinity in row {row}; leave such rows out")
    if all(isinstance(cell, int | float | np.number | np.bool_) for cell in cells):
        return np.array(cells, dtype=float)
    return np.array([named(cell) for cell in cells])


def features(given: dict[str, Any], names: Sequence[str]) -> Array:
    """Columns side by side: numbers as they are, text as one column a category, shape (n, d)."""
    parts = []
    for name in names:
        cells = filled(given[name], name)
        if cells.dtype.kind == "f":
            parts.append(cells[:, None])
            continue
        kinds = np.unique(cells)
        if len(kinds) > MOST_CATEGORIES:
            raise InputError(f"column {name!r} holds {len(kinds)} different texts; leave it out, or group them")
        parts.append((cells[:, None] == kinds[None, :]).astype(float))
    return np.column_stack(parts)


def standardised(design: Array, of: NDArray[np.bool_]) -> Array:
    """Columns less their mean, by their standard deviation, both over the rows that `of` marks; constant ones are 0."""
    scale = design[of].std(axis=0)
    return np.where(scale > 0, (design - design[of].mean(axis=0)) / np.where(scale > 0, scale, 1.0), 0.0)
