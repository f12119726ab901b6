"""CSV tables whose cells are lists, sets and dicts as Python prints them; nothing in them is run."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weigh.core.errors import InputError

_WRAPPED = re.compile(r"\bdefaultdict\(<(?:class '\w+'|function <lambda> at 0x[0-9a-f]+)>,\s*|\bCounter\(")


def csv_rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a table, each with the line on which it ends; a column without a name is a row number, under "".

    Parameters
    ----------
    file : Path
        UTF-8, with or without a byte-order mark.

    Raises
    ------
    InputError
        The file is not UTF-8, or a row has more or fewer cells than there are columns.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        try:
            head = next(reader, [])
            for cells in reader:
                if len(cells) != len(head):
                    raise InputError(
                        f"{file}, line {reader.line_num}: {len(cells)} cells in {len(head)} columns; the file is torn"
                    )
                yield reader.line_num, dict(zip(head, cells, strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{file}, line {reader.line_num + 1}: {error}; the file is torn, or no CSV") from error


def literal(text: str, where: str) -> Any:
    """What a cell holds: a Python literal, with nan as None, and defaultdicts and Counters as dicts.

    Parameters
    ----------
    text : str
        The cell.
    where : str
        Where it stands, for messages.

    Raises
    ------
    InputError
        It holds anything else.

    Examples
    --------
    >>> literal("[nan, 'Care']", "here")
    [None, 'Care']
    >>> literal("{'trust': defaultdict(<class 'int'>, {'selected': 2})}", "here")
    {'trust': {'selected': 2}}
    """
    try:
        return ast.literal_eval(_Nan().visit(ast.parse(_WRAPPED.sub("(", text.strip()), mode="eval")))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(f"{where}: {text[:60]!r} is no list or dict as Python prints it ({error})") from error


class _Nan(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Constant(None), node) if node.id == "nan" else node
