"""JSON from files that are somebody else's: what cannot be read is named with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weigh.core.errors import InputError


def read_json(file: Path) -> Any:
    """What a file of JSON holds.

    Parameters
    ----------
    file : Path
        UTF-8, with or without a byte-order mark.

    Raises
    ------
    InputError
        It is no JSON in UTF-8; the message names the line.
    """
    try:
        return json.loads(file.read_bytes().decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError(f"{file}, line {error.lineno}: not valid JSON ({error.msg}); the file is torn") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{file} is not valid JSON in UTF-8: {error}") from error


def json_lines(raw: bytes, file: Path) -> Iterator[tuple[str, Any]]:
    """What each line of JSON holds, with where it stands, for messages; empty lines are passed over.

    Parameters
    ----------
    raw : bytes
        Of the file.
    file : Path
        Named in messages.

    Raises
    ------
    InputError
        A line is no JSON in UTF-8; the message names it.
    """
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        try:
            yield where, json.loads(line.decode("utf-8-sig"))
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"{where} is not valid JSON: {error}") from error
