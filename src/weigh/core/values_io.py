"""Values in files: JSON for people and programs, Parquet for tables; both come back equal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from weigh.core.documents import is_file
from weigh.core.errors import InputError
from weigh.core.frames import sound
from weigh.core.scale import Scale
from weigh.core.tables import arrow_table
from weigh.core.values import Values
from weigh.core.whole import whole

SCHEMA_VERSION = 1


def to_json(values: Values) -> dict[str, Any]:
    """Values as JSON's own types.

    Parameters
    ----------
    values : Values
        Of one or several.

    Returns
    -------
    dict
        {"method", "who", "scale", "values": [{"item", "mean", "low", "high"}], "cov", "diagnostics"}; where there are
        several, "by": {who: [...]} stands in place of "values". Unknown bounds and covariance are None.
    """
    head = {"schema_version": SCHEMA_VERSION, "method": values.method, "who": list(values.who)}
    head["scale"] = asdict(values.scale)
    n = len(values.items)
    columns = values._columns()
    rows = [
        {"item": item, "mean": mean, "low": low, "high": high}
        for item, mean, low, high in zip(*(columns[part] for part in ("item", "value", "low", "high")), strict=True)
    ]
    if len(values.who) == 1:
        body: dict[str, Any] = {"values": rows}
    else:
        body = {"by": {who: rows[k * n : (k + 1) * n] for k, who in enumerate(values.who)}}
    cov = None if values.cov is None else values.cov.tolist()
    return {**head, **body, "cov": cov, "diagnostics": dict(values.notes)}


def from_json(given: Mapping[str, Any] | str) -> Values:
    """Values from what `to_json` gave.

    Parameters
    ----------
    given : mapping or str
        The mapping, or its JSON text.

    Raises
    ------
    InputError
        It is not JSON, a part is missing, or people's items differ.
    """
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise InputError(f"this is not JSON ({error}); expected what Values.to_json() gave") from error
    if not isinstance(given, Mapping):
        raise InputError(f"got a {type(given).__name__}; expected a JSON object, as Values.to_json() gives")
    try:
        by = given["by"] if "by" in given else {given["who"][0]: given["values"]}
        rows = list(by.values())
        items = [row["item"] for row in rows[0]]
        for name, theirs in by.items():
            if [row["item"] for row in theirs] != items:
                raise InputError(f"the items of {name!r} differ from the first one's; expected the same in one order")
        part = {key: [[row[key] for row in theirs] for theirs in rows] for key in ("mean", "low", "high")}
        scale = Scale(**given["scale"])
        bounds = [None if all(x is None for row in part[key] for x in row) else part[key] for key in ("low", "high")]
        return Values(
            tuple(items),
            tuple(by),
            _shaped(part["mean"]),
            *(None if bound is None else _shaped(bound) for bound in bounds),
            cov=given.get("cov"),  # pyright: ignore[reportArgumentType]
            scale=scale,
            method=given["method"],
            notes=given.get("diagnostics", {}),
        )
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise InputError(
            f"a part of the values is missing or of another kind ({error!r}); expected what Values.to_json() gives"
        ) from error


def write_parquet(values: Values, path: str | os.PathLike[str]) -> Path:
    """Write values in long format, one row a person and item.

    Parameters
    ----------
    values : Values
        Of one or several.
    path : path
        The file; its folder is made where it is missing.

    Returns
    -------
    Path
        The file, with columns who, item, value, low, high and, where known, cov: the row of the covariance matrix.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    # exact names lie in the schema; those in the columns are what UTF-8 can hold
    columns: dict[str, Any] = {name: [sound(cell) for cell in cells] for name, cells in values._columns().items()}
    kinds = {"who": pa.string(), "item": pa.string(), "value": pa.float64(), "low": pa.float64(), "high": pa.float64()}
    if values.cov is not None:
        columns["cov"] = values.cov.reshape(-1, len(values.items)).tolist()
        kinds["cov"] = pa.list_(pa.float64())
    head = {"schema_version": SCHEMA_VERSION, "method": values.method, "who": values.who, "items": values.items}
    about = json.dumps({**head, "scale": asdict(values.scale), "diagnostics": values.notes})
    frame = pa.table(columns, schema=pa.schema(list(kinds.items()), metadata={"weigh": about}))
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole(file) as part:
        pq.write_table(frame, part)
    return file


def read_parquet(path: str | os.PathLike[str]) -> Values:
    """Read what `write_parquet` wrote.

    Raises
    ------
    InputError
        The file is missing, torn, or not a file of values.
    """
    file = Path(path)
    if not is_file(file):
        raise InputError(f"{file}: there is no such file; check the path")
    frame = arrow_table(file)
    try:
        about = json.loads((frame.schema.metadata or {})[b"weigh"])
        n, k = len(about["items"]), len(about["who"])
        shape = (n,) if k == 1 else (k, n)
        numbers = {part: frame.column(part).to_numpy().reshape(shape) for part in ("value", "low", "high")}
        bounds = [None if frame.column(part).null_count else numbers[part] for part in ("low", "high")]
        cov = np.array(frame.column("cov").to_pylist()).reshape(*shape, n) if "cov" in frame.column_names else None
        about_scale = Scale(**about["scale"])
        names = tuple(about["items"]), tuple(about["who"])
        method, notes = about["method"], about["diagnostics"]
        return Values(*names, numbers["value"], *bounds, cov=cov, scale=about_scale, method=method, notes=notes)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{file}: this Parquet file does not hold values as weigh writes them ({error}); use Ratings.from_file for "
            "a table of ratings"
        ) from error


def _shaped(rows: list[list[Any]]) -> np.ndarray:
    return np.array(rows[0] if len(rows) == 1 else rows, dtype=np.float64)
