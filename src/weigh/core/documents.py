"""TOML and JSON that others wrote: one sentence for all that can be wrong with them before their content matters."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weigh.core.errors import InputError


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that the system takes for none, as it is too long, names no file."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_toml(path: Path, expected: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Parameters
    ----------
    path : Path
        The file; UTF-8.
    expected : str
        What it should hold, for the message.

    Raises
    ------
    InputError
        It cannot be read, or is not TOML.
    """
    return toml_of(_text(path, expected), str(path), expected)


def toml_of(text: str, where: str, expected: str) -> dict[str, Any]:
    """The tables of a TOML text; `where` names it in a message, the rest as in `read_toml`."""
    try:
        return tomllib.loads(text)
    # nesting without end is a RecursionError, a number of thousands of digits a plain ValueError
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not valid TOML: {error}; expected {expected}") from error


def read_json(path: Path, expected: str) -> Any:
    """What a JSON file holds; parameters and errors as in `read_toml`."""
    try:
        return json.loads(_text(path, expected))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}; expected {expected}") from error


def json_lines(raw: bytes, path: Path) -> Iterator[tuple[str, Any]]:
    """What each line of JSON holds, with where it stands, for messages; empty lines are passed over.

    Parameters
    ----------
    raw : bytes
        Of the file.
    path : Path
        Names it in a message.

    Raises
    ------
    InputError
        A line is no JSON in UTF-8.
    """
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            yield where, json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where} is not valid JSON: {error}") from error


def _text(path: Path, expected: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error}); expected {expected}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
