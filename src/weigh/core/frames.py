"""Data frames of any make, in and out: pandas, polars or pyarrow, whatever the user has."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from weigh.core.errors import InputError, MissingExtra


def columns_of(frame: Any) -> dict[str, Any]:
    """The columns of a data frame.

    Parameters
    ----------
    frame : mapping, pandas, polars or pyarrow table, or whatever else narwhals reads
        A mapping is taken as name to cells; a lazy frame is collected.

    Returns
    -------
    dict
        Numbers as arrays, the rest as lists, None for null.

    Raises
    ------
    InputError
        It is not a data frame.
    """
    if isinstance(frame, Mapping):
        return {str(name): column for name, column in frame.items()}
    import narwhals as nw

    try:
        native: Any = nw.from_native(frame)
    except TypeError as error:
        raise InputError(
            f"expected a pandas, polars or pyarrow table, or a mapping of columns; got {type(frame).__name__}"
        ) from error
    if isinstance(native, nw.LazyFrame):
        native = native.collect()
    columns: dict[str, Any] = {}
    for name in native.columns:
        series = native[name]
        numeric = series.dtype.is_numeric() or series.dtype == nw.Boolean
        null = series.is_null().to_list()
        if numeric and not any(null):
            columns[str(name)] = series.to_numpy()
        else:
            columns[str(name)] = [None if gone else cell for cell, gone in zip(series.to_list(), null, strict=True)]
    return columns


def frame_of(columns: Mapping[str, Any], backend: str | None = None) -> Any:
    """A data frame of the user's make.

    Parameters
    ----------
    columns : mapping
        Name to cells.
    backend : {"pandas", "polars", "pyarrow"}, optional
        By default pandas where it is installed, else pyarrow.

    Raises
    ------
    MissingExtra
        The library asked for is not installed.
    InputError
        There is no such library, or a number is too large for it.
    """
    import narwhals as nw

    if backend is None:
        backend = "pandas" if find_spec("pandas") else "pyarrow"
    if backend not in ("pandas", "polars", "pyarrow"):
        raise InputError(f"backend is {backend!r}; expected 'pandas', 'polars' or 'pyarrow'")
    if not find_spec(backend):
        raise MissingExtra(f"{backend} is not installed; run: pip install {backend}, or use backend='pyarrow'")
    lists = {name: [sound(cell) for cell in listed(column)] for name, column in columns.items()}
    try:
        return nw.from_dict(lists, backend=backend).to_native()
    except OverflowError as error:
        raise InputError(f"a column holds a whole number that {backend} cannot hold ({error}); rescale it") from error


def listed(column: Any) -> list[Any]:
    """A column's cells as Python objects."""
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def sound(cell: Any) -> Any:
    """A cell that UTF-8 can hold: lone surrogates in a text become their visible escapes."""
    if isinstance(cell, str) and not encodable(cell):
        return cell.encode("utf-8", "backslashreplace").decode("utf-8")
    return cell


def encodable(text: str) -> bool:
    """Whether UTF-8 can hold a text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
