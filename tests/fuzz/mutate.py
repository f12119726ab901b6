"""Valid files made hostile: bytes flipped, cut, repeated; values of other types; keys and columns doubled or gone."""

from __future__ import annotations

import csv
import decimal
import io
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SURROGATE = "\ud800"
BYTES = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b'"')
TOMLS = ("nan", "inf", "1979-05-27", "07:32:00", "[" * 3000, "{a = 1}", "1" * 5000)
TABLES = ("[a]", "[[a]]", "a = 1", "= 1", "[condition]", '["\\u0000"]', "['" + "a.'" * 50)
TEXTS = (
    "", " ", "\x00", "\ufeff", SURROGATE, "a\u202eb", "=1+1", "-1", "1e999", "nan", "NaN", "inf", "-inf", "007",
    "1_000", "٣", "true", "null", "[]", "{}", "[1", '{"a"', "1,0", "BA", "A", "Ａ", "x" * 5000, "<b>", "{{7*7}}",
    "../x", "\r\n", "0x10", "1" * 400, "1" * 5000, "[" * 3000, "ok", "refused", "weigh.core.stats:rng", "⟦U+0000⟧", "é",
    "e\u0301", "[nan]", "{'a': [1]}", "-0", "1e-320", "2020-01-01", "control", "outcome", "open",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, 1e-320, 10**30, 10**400, 10**4299, -(2**63), 2**63, float("nan"),
    float("inf"), [], {}, [[]], [None], [{}], {"": None}, [0, 1], [1, 0], [0.5, "x"], ["a", "b"], ["a", "a"],
    {"a": 1}, [[0, 1], [1]], list(range(50)),
)  # fmt: skip


def mutated(chance: random.Random, data: bytes, kind: str) -> bytes:
    """A file's bytes after one to three changes that suit its kind: json, jsonl, csv, toml or bytes."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        by_shape = SHAPES.get(kind)
        if by_shape is not None and chance.random() < 0.75:
            try:
                data = by_shape(chance, data)
                continue
            except (ValueError, IndexError, RecursionError, OSError, TypeError, csv.Error, pa.ArrowException):
                pass  # an earlier change has torn it; its bytes can still be changed
        data = _bytes(chance, data)
    return data


def _odd(chance: random.Random) -> Any:
    return chance.choice(TEXTS) if chance.random() < 0.5 else chance.choice(OTHERS)


def _bytes(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 2, 8, 64)))
    change: Callable[[], bytes] = chance.choice(
        (
            lambda: data[:at] + bytes(chance.randrange(256) for _ in range(end - at)) + data[end:],
            lambda: data[:at],
            lambda: data[at:],
            lambda: data[:at] + data[end:],
            lambda: data[:end] + data[at:],
            lambda: data[:at] + chance.choice(BYTES) + data[at:],
            lambda: b"\xef\xbb\xbf" + data,
            lambda: data.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32", "utf-8-sig"))),
            lambda: data.decode("utf-8", "replace").encode("latin-1", "replace"),
            lambda: data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\x00", b"\n\n", b""))),
            lambda: data + data,
            lambda: b"",
        )
    )  # fmt: skip
    return change()


def _places(found: Any) -> list[tuple[Any, Any]]:
    """All containers and keys of a JSON value."""
    places, todo = [], [found]
    while todo:
        one = todo.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            places.append((one, key))
            todo.append(one[key])
    return places


def altered(chance: random.Random, found: Any) -> Any:
    """A JSON value in which one part was replaced, removed, moved or added."""
    places = _places(found)
    if not places or chance.random() < 0.03:
        return _odd(chance)
    holder, key = chance.choice(places)
    what = chance.random()
    if what < 0.55:
        holder[key] = _odd(chance)
    elif what < 0.7:
        del holder[key]
    elif what < 0.8:
        other, there = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[there])) if not _has(other, there) else None
    elif what < 0.9 and isinstance(holder, dict):
        holder[chance.choice(TEXTS)] = holder[key]
    elif isinstance(holder, list):
        holder.insert(key, _odd(chance))
    else:
        deep: Any = holder[key]
        for _ in range(chance.choice((2, 100, 3000))):
            deep = [deep]
        holder[key] = deep
    return found


def _has(holder: Any, key: Any) -> bool:
    return key >= len(holder) if isinstance(holder, list) else key not in holder


def _json(chance: random.Random, data: bytes) -> bytes:
    text = json.dumps(altered(chance, json.loads(data)), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.1 and (keys := re.findall(r'"[^"\\]+": ', text)):
        key = chance.choice(keys)
        text = text.replace(key, f"{key}null, {key}", 1)  # a key that stands twice
    if chance.random() < 0.05:
        text = re.sub(r"\b[0-9]\b", "9" * 5000, text, count=1)  # more digits than Python turns into a number
    return text.encode("utf-8", "surrogatepass")


def _jsonl(chance: random.Random, data: bytes) -> bytes:
    lines = [line for line in data.split(b"\n") if line.strip()]
    at = chance.randrange(len(lines))
    what = chance.random()
    if what < 0.8:
        lines[at] = _json(chance, lines[at])
    elif what < 0.9:
        lines.insert(chance.randrange(len(lines) + 1), lines[at])
    else:
        del lines[at]
    return b"\n".join(lines) + b"\n"


def _csv(chance: random.Random, data: bytes) -> bytes:
    rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) if row]
    what, at = chance.random(), chance.randrange(len(rows))
    column = chance.randrange(len(rows[0]))
    if what < 0.6:
        rows[at][min(column, len(rows[at]) - 1)] = str(_odd(chance))
    elif what < 0.7:
        del rows[at]
    elif what < 0.8:
        for row in rows:
            row.append(row[column])  # a column that stands twice
    elif what < 0.9:
        for row in rows:
            del row[column]
    else:
        rows[at].append("")
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _toml(chance: random.Random, data: bytes) -> bytes:
    lines = data.decode("utf-8").splitlines()
    at = chance.randrange(len(lines))
    name, sign, _ = lines[at].partition("=")
    if sign:
        odd = _odd(chance)
        worth = json.dumps(odd, ensure_ascii=True)[:6000]
        lines[at] = f"{name}= {chance.choice((worth, *TOMLS))}"
    else:
        lines.insert(at, chance.choice(TABLES))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _parquet(chance: random.Random, data: bytes) -> bytes:
    table = pq.read_table(io.BytesIO(data))
    names, columns = list(table.column_names), [column.combine_chunks() for column in table.columns]
    at, n = chance.randrange(len(names)), table.num_rows
    what = chance.random()
    if what < 0.6:
        columns[at] = chance.choice(ARROWS)(n, columns[at])
    elif what < 0.75:
        del names[at], columns[at]
    elif what < 0.85:
        names.append(chance.choice((names[at], "", *TEXTS[:12])).replace(SURROGATE, ""))
        columns.append(columns[at])
    else:
        cells = columns[at].to_pylist()
        cells[chance.randrange(n)] = None
        columns[at] = pa.array(cells, columns[at].type)
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=names).replace_schema_metadata(table.schema.metadata), out)
    return out.getvalue()


# a column in each of the types that a Parquet file can have and that nobody expects
ARROWS: tuple[Callable[[int, Any], Any], ...] = (
    lambda n, _: pa.nulls(n),
    lambda n, _: pa.array([b"\xff\x00"] * n),
    lambda n, _: pa.array([True] * n),
    lambda n, _: pa.array([2**64 - 1] * n, pa.uint64()),
    lambda n, _: pa.array([float("nan")] * n),
    lambda n, _: pa.array([float("-inf")] * n, pa.float32()),
    lambda n, _: pa.array([1.5] * n, pa.float32()),
    lambda n, _: pa.array([{"a": 1}] * n),
    lambda n, _: pa.array([[1, 2]] * n),
    lambda n, _: pa.array([[["x"]]] * n),
    lambda n, _: pa.array([0] * n, pa.timestamp("ns", "UTC")),
    lambda n, _: pa.array([2**62] * n, pa.timestamp("s")),
    lambda n, _: pa.array([1] * n, pa.date32()),
    lambda n, _: pa.array([1] * n, pa.duration("us")),
    lambda n, _: pa.array([decimal.Decimal("1.50")] * n),
    lambda n, _: pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    lambda n, _: pa.array(["tea"] * n).dictionary_encode(),
    lambda n, _: pa.array(["\x00"] * n, pa.large_string()),
    lambda n, _: pa.array([""] * n),
    lambda n, column: pa.array(column.to_pylist()[::-1], column.type),
)

SHAPES: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "json": _json, "jsonl": _jsonl, "csv": _csv, "toml": _toml, "parquet": _parquet,
}  # fmt: skip
