"""Tables in and out: CSV, Parquet and JSON lines as a dict of columns.

A file is somebody else's: torn rows, doubled columns and broken lines are named with their line, never guessed at. What
we write to CSV cannot run as a formula in a spreadsheet, and comes back unchanged when read here.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from weigh.core.documents import is_file
from weigh.core.errors import InputError
from weigh.core.frames import encodable, listed, sound
from weigh.core.jsonable import plain
from weigh.core.whole import whole

SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PADDED = re.compile(r"[+-]?0\d")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")

INDEX = "index"


@dataclass(frozen=True)
class Renamed(os.PathLike[str]):
    """The file of a table whose columns bear other names; it stands for its path wherever a table is read.

    Parameters
    ----------
    path : Path
        The file.
    map : mapping
        Renames columns: {"theirs": "ours"}.

    Examples
    --------
    >>> os.fspath(Renamed(Path("ratings.csv"), {"person": "who"}))
    'ratings.csv'
    """

    path: Path
    map: Mapping[str, str]

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __str__(self) -> str:
        return str(self.path)


def read_table(
    path: str | os.PathLike[str], map: Mapping[str, str] | None = None, *, typed: bool = True
) -> dict[str, list[Any] | np.ndarray]:
    """Read a table into a dict of columns.

    Parameters
    ----------
    path : path
        Ends in .csv, .tsv, .parquet, .jsonl or .ndjson; text is UTF-8, with or without a byte-order mark. A `Renamed`
        brings its own map.
    map : mapping, optional
        Renames columns: {"theirs": "ours"}.
    typed : bool
        Whether a CSV column all of whose cells are numbers becomes a float array, with NaN for empty cells; otherwise
        cells stay text. Codes with leading zeros ("007") stay text in any case.

    Returns
    -------
    dict
        Name of a column to its cells, in the file's order; numbers as arrays, the rest as lists, None for null.

    Raises
    ------
    InputError
        The file is missing, empty, torn, not of its kind, has a column twice, or lacks a mapped column.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "ratings.csv"
    >>> _ = file.write_text("person,item,value\\nAda,care,3\\n")
    >>> read_table(file, {"person": "who"})
    {'who': ['Ada'], 'item': ['care'], 'value': array([3.])}
    """
    map = {**path.map, **(map or {})} if isinstance(path, Renamed) else map
    file = Path(path)
    kind = _kind(file)
    if not is_file(file):
        raise InputError(f"{file}: there is no such file; check the path")
    if file.stat().st_size == 0:
        raise InputError(f"{file}: the file is empty; expected a table with at least one row")
    if kind == "parquet":
        columns = _read_parquet(file)
    else:
        try:
            columns = _read_jsonl(file) if kind == "jsonl" else _read_csv(file, "," if kind == "csv" else "\t", typed)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{file}: byte {error.start} is not UTF-8 ({error.reason}); save the file as UTF-8"
            ) from error
    if not columns or not len(next(iter(columns.values()))):
        raise InputError(f"{file}: the table has no rows; expected at least one")
    return rename(columns, map, str(file))


def renamed(paths: Sequence[Path], map: Mapping[str, str]) -> dict[Path, Renamed]:
    """Several tables, in each of which the columns are renamed that it has.

    Parameters
    ----------
    paths : sequence of Path
        Files; those that are no tables by their ending are left out.
    map : mapping
        Renames columns: {"theirs": "ours"}.

    Raises
    ------
    InputError
        None of several tables has a column that is to be renamed, or one cannot be read; a single one is not read here.
    """
    files = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if len(files) < 2:
        return {file: Renamed(file, map) for file in files}
    there = {file: read_table(file, typed=False) for file in files}
    for theirs in map:
        if not any(theirs in columns for columns in there.values()):
            found = "; ".join(f"{file} has {', '.join(columns)}" for file, columns in there.items())
            raise InputError(f"no table has the column {theirs!r}, which is to be renamed: {found}")
    return {
        file: Renamed(file, {theirs: ours for theirs, ours in map.items() if theirs in columns})
        for file, columns in there.items()
    }


def write_table(path: str | os.PathLike[str], columns: Mapping[str, Sequence[Any] | np.ndarray]) -> Path:
    """Write a dict of columns; the file appears whole or not at all.

    Parameters
    ----------
    path : path
        Its ending picks the format, as in `read_table`.
    columns : mapping
        Columns of equal length. Cells that are lists become JSON text in CSV and lists elsewhere. In CSV, text that a
        spreadsheet would run as a formula gets a leading apostrophe, which `read_table` takes off again.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Columns of different length, no columns, cells of mixed types in Parquet, or an unknown ending.
    """
    file = Path(path)
    kind = _kind(file)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise InputError(f"{file}: a table needs one or more columns of equal length; got {lengths or 'none'}")
    lists = {name: listed(column) for name, column in columns.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole(file) as part:
        if kind == "parquet":
            _write_parquet(part, lists, file)
        elif kind == "jsonl":
            _write_jsonl(part, lists)
        else:
            _write_csv(part, lists, "," if kind == "csv" else "\t")
    return file


def rename(columns: Mapping[str, Any], map: Mapping[str, str] | None, where: str) -> dict[str, Any]:
    """Rename columns.

    Parameters
    ----------
    columns : mapping
        Name to cells.
    map : mapping or None
        {"theirs": "ours"}.
    where : str
        What to call the table in an error.

    Raises
    ------
    InputError
        A mapped column is not there, or two columns would bear one name.
    """
    map = map or {}
    for theirs in map:
        if theirs not in columns:
            raise InputError(
                f"{where}: there is no column {theirs!r} to rename to {map[theirs]!r}; found: {', '.join(columns)}"
            )
    renamed: dict[str, Any] = {}
    for name, column in columns.items():
        ours = map.get(name, name)
        if ours in renamed:
            raise InputError(f"{where}: two columns are named {ours!r}; rename or drop one of them")
        renamed[ours] = column
    return renamed


def _kind(file: Path) -> str:
    kind = SUFFIXES.get(file.suffix.lower())
    if kind is None:
        raise InputError(f"{file}: the ending {file.suffix!r} is unknown; expected one of {', '.join(SUFFIXES)}")
    return kind


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    # replies can be longer than the reader's default of 128 KiB
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _read_csv(file: Path, delimiter: str, typed: bool) -> dict[str, Any]:
    rows: list[list[str]] = []
    with file.open(encoding="utf-8-sig", newline="") as stream, _long_cells():
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            header = [_shown(name.strip()) for name in next(reader, [])]
            if len(header) > 1 and not header[0] and INDEX not in header:
                header[0] = INDEX  # as data frames write the names of their rows
            if len(header) == 1 and ";" in header[0]:
                raise InputError(f"{file}: line 1 is separated by semicolons; save the file with commas")
            for name in header:
                if header.count(name) > 1 or not name:
                    raise InputError(
                        f"{file}: line 1 has {'an empty column name' if not name else f'the column {name!r} twice'}; "
                        "name each column once"
                    )
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise InputError(
                        f"{file}: line {reader.line_num} has {len(row)} cells; expected {len(header)}, as the header: "
                        "mend that line, or quote cells that hold the separator"
                    )
                rows.append(row)
        except csv.Error as error:
            raise InputError(f"{file}: line {reader.line_num} is torn ({error}); close its quotes") from error
    cells = zip(*rows, strict=True) if rows else ((),) * len(header)
    return {name: _typed(column) if typed else _texts(column) for name, column in zip(header, cells, strict=True)}


def _texts(column: Sequence[str]) -> list[str]:
    return [_shown(cell) for cell in column]


def _typed(column: Sequence[str]) -> list[str] | np.ndarray:
    stripped = [cell.strip() for cell in column]
    if not any(stripped) or any(_PADDED.match(cell) for cell in stripped):
        return _texts(column)
    try:
        return np.array([float(cell) if cell else math.nan for cell in stripped])
    except ValueError:
        return _texts(column)


def _shown(cell: str) -> str:
    if cell.startswith("'") and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell[1:]):
        return cell[1:]
    return cell


def _guarded(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _read_jsonl(file: Path) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    with file.open(encoding="utf-8-sig", newline="\n") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, object_pairs_hook=_once)
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"{file}: line {number} is not JSON ({error}); mend or remove that line (a last line cut short "
                    "means that the file was still being written)"
                ) from error
            if not isinstance(row, dict):
                raise InputError(f"{file}: line {number} holds a {type(row).__name__}; expected one JSON object a line")
            rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a key stands twice")
    return row


def arrow_table(file: Path) -> Any:
    """The table of a Parquet file, its text known to be UTF-8.

    Raises
    ------
    InputError
        It is torn, or no Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file).read()
        # else text that is not UTF-8 would be found out cell by cell, later
        table.validate(full=True)
    # names and metadata are decoded while the file is opened
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: this is not a whole Parquet file ({error}); write it again") from error
    return table


def _read_parquet(file: Path) -> dict[str, Any]:
    import pyarrow as pa

    table = arrow_table(file)
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise InputError(f"{file}: the column {name!r} stands twice; name each column once")
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        columns[name] = column.to_numpy() if number else column.to_pylist()
    return columns


def _write_parquet(part: Path, lists: Mapping[str, list[Any]], file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        cells = {name: [sound(cell) for cell in column] for name, column in lists.items()}
        pq.write_table(pa.table({name: pa.array(column) for name, column in cells.items()}), part)
    except (pa.ArrowException, OverflowError) as error:
        raise InputError(f"{file}: a column mixes types that Parquet cannot hold ({error}); make them one") from error


def _write_jsonl(part: Path, lists: Mapping[str, list[Any]]) -> None:
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        for row in zip(*lists.values(), strict=True):
            record = plain(dict(zip(lists, row, strict=True)), "the row")
            text = json.dumps(record, ensure_ascii=False)
            # a lone surrogate is not UTF-8, but its JSON escape is
            stream.write((text if encodable(text) else json.dumps(record)) + "\n")


def _write_csv(part: Path, lists: Mapping[str, list[Any]], delimiter: str) -> None:
    with part.open("w", encoding="utf-8", newline="") as stream:
        # CRLF as in RFC 4180; it also makes the writer quote a lone CR inside a cell
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow([_guarded(sound(name)) for name in lists])
        for row in zip(*lists.values(), strict=True):
            writer.writerow([_csv_cell(cell) for cell in row])


def _csv_cell(cell: Any) -> Any:
    if isinstance(cell, str):
        return _guarded(sound(cell))
    if isinstance(cell, list | tuple | dict | np.ndarray):
        return sound(json.dumps(plain(cell, "the cell"), ensure_ascii=False))
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return cell
