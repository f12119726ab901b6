"""Columns that are checked at the door: the machinery that all kinds of evidence share.

A class of evidence declares its columns as dataclass fields made by `column`; this module turns what comes in into
read-only arrays of one length, or says which row of which column cannot be used.
"""

# ruff: noqa: RUF009 - `column` makes a dataclass field, as `field` does

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.frames import columns_of, frame_of
from weigh.core.markup import table
from weigh.core.tables import read_table, rename, write_table

Texts = NDArray[np.object_]
Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """What a column may hold.

    Parameters
    ----------
    kind : {"text", "number", "integer", "truth", "array", "own"}
        "array": one number or one array of equal shape a row; "own": the class converts it itself.
    default : object
        For a column or a cell that is not given; None where it must be.
    low, high : float
        Closed range of a number; 1e-6 beyond it is taken for rounding.
    among : tuple of str
        The texts that are allowed; empty for any.
    gaps : bool
        Whether an empty cell takes the default; without it, only a whole column can be left out.
    """

    kind: Literal["text", "number", "integer", "truth", "array", "own"]
    default: Any = None
    low: float = -math.inf
    high: float = math.inf
    among: tuple[str, ...] = ()
    gaps: bool = True

    @property
    def expected(self) -> str:
        """What a cell should be, in words."""
        if self.among:
            return "one of " + ", ".join(self.among)
        words = {"text": "text", "number": "a finite number", "integer": "a whole number", "truth": "true or false"}
        word = words.get(self.kind, "numbers of one shape")
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"{word} from {self.low:g} to {self.high:g}"
        return f"{word}, {self.low:g} or more" if math.isfinite(self.low) else word


def column(kind: Literal["text", "number", "integer", "truth", "array", "own"], **rest: Any) -> Any:
    """A dataclass field that is a checked column; `rest` as in `Column`."""
    return field(default=None, metadata={"column": Column(kind, **rest)})


def fault(name: str, row: int, given: object, expected: str) -> InputError:
    """The error for one cell; `row` counts from 0, the message from 1."""
    shown = repr(given)
    shown = shown if len(shown) <= 80 else shown[:77] + "…"
    return InputError(f"row {row + 1}, column {name!r}: got {shown}; expected {expected}")


def is_missing(cell: object) -> bool:
    """Whether a cell is empty: None, NaN, pandas' NA or the empty text."""
    if cell is None or (isinstance(cell, str) and not cell):
        return True
    if isinstance(cell, float):
        return math.isnan(cell)
    return type(cell).__name__ in ("NAType", "NaTType")


def as_text(cell: object) -> str:
    """A cell as text; whole floats lose the ".0" that a gap in a column of integers gave them."""
    if isinstance(cell, str):
        return str(cell)
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    if isinstance(cell, int | float | np.generic):
        return str(cell)
    raise InputError(f"got a {type(cell).__name__} where text was expected")


@dataclass(frozen=True, eq=False, kw_only=True)
class Columns:
    """Evidence: columns of one length, read-only, with who gave each row, its weight and its source.

    Parameters
    ----------
    who : array of str, shape (n,)
        Whose evidence a row is; one text stands for all rows. Default "".
    weight : array of float, shape (n,)
        0 or more; a row of weight 2 counts like the same row twice. Default 1.
    source : array of str, shape (n,)
        Where a row comes from. Default "".

    Raises
    ------
    InputError
        No rows, columns of different length, or a cell that cannot be used: row, column and cell are named.
    """

    who: Texts = column("text", default="")
    weight: Numbers = column("number", default=1.0, low=0.0, gaps=False)
    source: Texts = column("text", default="")

    expects: ClassVar[str] = ""
    also_reads: ClassVar[tuple[str, ...]] = ()
    file_names: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        n = self._count()
        for f in fields(self):
            object.__setattr__(self, f.name, _converted(f.name, f.metadata["column"], getattr(self, f.name), n))
        self._check()
        for f in fields(self):
            getattr(self, f.name).flags.writeable = False

    def __len__(self) -> int:
        return len(self.weight)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def select(self, rows: ArrayLike) -> Self:
        """The rows that a mask or a list of indices picks.

        Parameters
        ----------
        rows : array of bool, shape (n,), or array of int
            A mask, or positions, in the order wanted.

        Raises
        ------
        InputError
            The mask has another length, a position is out of range, or no row is left.
        """
        given = np.asarray(rows)
        picked = given.astype(np.int64) if given.size == 0 and given.dtype != bool else given
        if picked.ndim != 1 or (picked.dtype == bool and len(picked) != len(self)) or picked.dtype.kind not in "bui":
            raise InputError(
                f"cannot select rows by an array of {given.dtype} of shape {given.shape}; expected a mask of shape "
                f"({len(self)},) or whole numbers from 0 to {len(self) - 1}"
            )
        if picked.dtype != bool and picked.size and not (picked.min() >= 0 and picked.max() < len(self)):
            raise InputError(f"row {picked.max()} was asked for; rows go from 0 to {len(self) - 1}")
        if not (picked.any() if picked.dtype == bool else picked.size):
            raise InputError(f"the selection leaves none of the {len(self)} rows; test the mask with .any() before")
        return type(self)(**{f.name: getattr(self, f.name)[picked] for f in fields(self)})

    @classmethod
    def from_frame(cls, frame: Any, map: Mapping[str, str] | None = None) -> Self:
        """Read a data frame.

        Parameters
        ----------
        frame : pandas, polars or pyarrow table, or mapping of columns
            Bears the column names of the class; other columns are left aside.
        map : mapping, optional
            Renames columns: {"theirs": "ours"}.

        Raises
        ------
        InputError
            A column is missing, or a cell cannot be used.
        """
        return cls._from_columns(rename(columns_of(frame), map, "the frame"))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], map: Mapping[str, str] | None = None) -> Self:
        """Read a CSV, Parquet or JSON lines file; parameters and errors as in `from_frame`, which name the file too."""
        columns = read_table(path, map, typed=False)
        try:
            return cls._from_columns(columns)
        except InputError as error:
            raise InputError(f"{Path(path)}: {error}") from error

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"] | None = None) -> Any:
        """A data frame; by default pandas' where it is installed, else pyarrow's."""
        return frame_of(self._named(), backend)

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write a CSV, Parquet or JSON lines file that `from_file` reads back."""
        return write_table(path, self._named())

    def _repr_html_(self) -> str:
        named = self._named()
        told = [name for name in named if name in self._required() or len(set(map(str, named[name][:50]))) > 1]
        rows = [[_cell(named[name][i]) for name in told] for i in range(min(5, len(self)))]
        people = len(set(self.who.tolist()))
        caption = (
            f"{type(self).__name__}: {len(self)} rows by {people} {'person' if people == 1 else 'people'} or models"
        )
        return table(told, rows, caption=caption, note="" if len(self) <= 5 else f"and {len(self) - 5} rows more")

    @classmethod
    def _required(cls) -> list[str]:
        return [f.name for f in fields(cls) if f.metadata["column"].default is None]

    @classmethod
    def _from_columns(cls, columns: Mapping[str, Any], **rest: Any) -> Self:
        ours = cls._translated(_even(columns), **rest)
        missing = [cls.file_names.get(name, name) for name in cls._required() if name not in ours]
        if missing:
            raise InputError(
                f"column {missing[0]!r} is missing; found: {', '.join(columns) or 'none'}; {cls.__name__} have "
                f"{cls.expects}: rename columns with map={{'theirs': {missing[0]!r}}} (--map theirs={missing[0]})"
            )
        return cls(**{f.name: ours[f.name] for f in fields(cls) if f.name in ours})

    @classmethod
    def _translated(cls, columns: dict[str, Any]) -> dict[str, Any]:
        return columns

    def _check(self) -> None:
        """What a class asks of a row as a whole."""

    def _count(self) -> int:
        for name in self._required():
            given = getattr(self, name)
            if given is None or isinstance(given, str) or not hasattr(given, "__len__"):
                raise InputError(
                    f"column {name!r} is {given!r}; expected one cell a row: give {type(self).__name__}({name}=[…])"
                )
            if len(given) == 0:
                raise InputError(f"there are no rows: column {name!r} is empty; expected at least one")
        return len(getattr(self, self._required()[0]))

    def _named(self) -> dict[str, Any]:
        shared = [f.name for f in fields(Columns) if f.name not in self._required()]
        order = [f.name for f in fields(self) if f.name not in shared] + shared
        return {self.file_names.get(name, name): getattr(self, name) for name in order}


def _even(columns: Mapping[str, Any]) -> dict[str, Any]:
    scalar = {name for name, cells in columns.items() if isinstance(cells, str) or not hasattr(cells, "__len__")}
    lengths = {name: len(cells) for name, cells in columns.items() if name not in scalar}
    if len(set(lengths.values())) > 1:
        raise InputError(f"columns have different lengths: {lengths}; expected one cell a row in each")
    n = next(iter(lengths.values()), 1)
    return {name: [cells] * n if name in scalar else cells for name, cells in columns.items()}


def _converted(name: str, spec: Column, given: Any, n: int) -> NDArray[Any]:
    if given is None:
        given = spec.default
    if spec.kind != "own" and (
        isinstance(given, str) or not hasattr(given, "__len__") or getattr(given, "ndim", 1) == 0
    ):
        given = [given] * n
    if len(given) != n:
        raise InputError(f"column {name!r} has {len(given)} rows; expected {n}, as many as the other columns")
    return _READERS[spec.kind](name, spec, given)


def _read_text(name: str, spec: Column, given: Sequence[Any]) -> Texts:
    cells = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if not all(type(cell) is str and cell for cell in cells):
        for row, cell in enumerate(cells):
            if is_missing(cell):
                if spec.default is None:
                    raise fault(name, row, cell, f"{spec.expected}: fill it in, or remove the row")
                cells[row] = spec.default
            elif type(cell) is not str:
                try:
                    cells[row] = as_text(cell)
                except InputError:
                    raise fault(name, row, cell, spec.expected) from None
    if spec.default is None and not all(cell.strip() for cell in cells):
        row = next(row for row, cell in enumerate(cells) if not cell.strip())
        raise fault(name, row, cells[row], "text that is not blank: fill it in, or remove the row")
    if spec.among and not set(cells) <= set(spec.among):
        row = next(row for row, cell in enumerate(cells) if cell not in spec.among)
        raise fault(name, row, cells[row], spec.expected)
    return np.fromiter(cells, dtype=object, count=len(cells))


def _read_number(name: str, spec: Column, given: Any) -> Numbers:
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = np.array([_number(name, spec, row, cell) for row, cell in enumerate(given)], dtype=np.float64)
    if numbers.ndim != 1:
        raise InputError(f"column {name!r} has shape {numbers.shape}; expected one number a row, shape ({len(given)},)")
    empty = np.isnan(numbers)
    if empty.any():
        if spec.default is None or not spec.gaps:
            row = int(np.argmax(empty))
            raise fault(name, row, given[row], f"{spec.expected}: fill it in, or remove the row")
        numbers[empty] = spec.default
    # NaN is a known gap by now, so only numbers are compared
    bad = ~np.isnan(numbers) & ~((numbers >= spec.low - 1e-6) & (numbers <= spec.high + 1e-6) & np.isfinite(numbers))
    if bad.any():
        row = int(np.argmax(bad))
        raise fault(name, row, float(numbers[row]), spec.expected)
    return np.clip(numbers, spec.low, spec.high)


def _number(name: str, spec: Column, row: int, cell: Any) -> float:
    if is_missing(cell):
        return math.nan
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        raise fault(name, row, cell, spec.expected) from None


def _read_integer(name: str, spec: Column, given: Any) -> Integers:
    numbers = _read_number(name, spec, given)
    # beyond 2**53 a float no longer says which whole number was meant
    broken = (numbers != np.floor(numbers)) | (np.abs(numbers) > 2**53)
    if broken.any():
        row = int(np.argmax(broken))
        raise fault(name, row, float(numbers[row]), spec.expected)
    return numbers.astype(np.int64)


def _read_truth(name: str, spec: Column, given: Any) -> Truths:
    if isinstance(given, np.ndarray) and given.dtype == bool:
        return given.copy()
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    truths = np.empty(len(given), dtype=bool)
    for row, cell in enumerate(given):
        if is_missing(cell) and spec.default is not None:
            truths[row] = spec.default
        elif (word := str(cell).strip().lower()) in known:
            truths[row] = known[word]
        else:
            raise fault(name, row, cell, spec.expected)
    return truths


def _read_array(name: str, spec: Column, given: Any) -> NDArray[Any]:
    if not isinstance(given, np.ndarray) or given.dtype == object:
        try:
            given = [json.loads(cell) if isinstance(cell, str) else cell for cell in given]
            given = np.array([np.asarray(cell) for cell in given])
        except (ValueError, RecursionError) as error:
            raise InputError(f"column {name!r} cannot be used ({error}); expected {spec.expected}") from error
    if given.dtype.kind not in "buif":
        raise InputError(f"column {name!r} holds {given.dtype}; expected {spec.expected}")
    bad = ~np.isfinite(given).reshape(len(given), -1).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise fault(name, row, given[row].tolist(), "finite numbers")
    return given.copy()


def _read_own(name: str, spec: Column, given: Any) -> NDArray[Any]:
    return given


_READERS: dict[str, Any] = {
    "text": _read_text,
    "number": _read_number,
    "integer": _read_integer,
    "truth": _read_truth,
    "array": _read_array,
    "own": _read_own,
}


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return np.array_equal(a, b, equal_nan=True)
    return np.array_equal(a, b)


def _cell(cell: Any) -> str:
    text = f"{cell:.4g}" if isinstance(cell, float) else str(cell)
    return text if len(text) <= 300 else text[:299] + "…"
