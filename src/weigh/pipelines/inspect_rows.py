"""The answers that a sample of inspect-ai keeps for us: under which names, and what is checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weigh.core.errors import InputError
from weigh.core.question import SCHEMA_VERSION, STATUSES

#: key of the answers in a sample's store, and of all else in a log's and a sample's metadata
ROWS, RUN = "weigh:answers", "weigh"
#: stands for the bank's version in the keys of answers to other people's samples
FOREIGN = "inspect"

Row = dict[str, Any]

_KINDS: Mapping[str, Any] = {
    "key": str, "question": str, "wording": str, "frame": str, "order": list, "condition": str, "sample": int,
    "model": str, "choice": int, "p": int | float | None, "scores": list, "mass": int | float | None,
    "status": str, "raw": str, "detail": dict, "tokens": int, "seconds": int | float, "prompts": list,
}  # fmt: skip
# the first two only of answers that were recorded elsewhere; the last is an answer's place in the run
_ALSO = {"weight": (int, float), "source": (str,), "at": (int,)}


def checked_rows(given: Any, where: str) -> list[Row]:
    """Rows of which every part is of the kind that everything after relies on; parts that are not ours are left out.

    Parameters
    ----------
    given : object
        What a sample keeps.
    where : str
        The sample, for the error.

    Raises
    ------
    InputError
        It is no list of rows as `weigh.core.question.to_row` makes them, or by a newer weigh.
    """
    if not isinstance(given, list):
        raise InputError(f"{where}: its answers are a {type(given).__name__}; expected a list")
    return [_checked(row, f"{where}, answer {number}") for number, row in enumerate(given, start=1)]


def _checked(row: Any, where: str) -> Row:
    if not isinstance(row, dict):
        raise InputError(f"{where} is a {type(row).__name__}; expected an object")
    version = row.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise InputError(f"{where} has schema {version!r}; this weigh knows up to {SCHEMA_VERSION}")
    for name, kind in _KINDS.items():
        if name not in row or not isinstance(row[name], kind) or isinstance(row[name], bool):
            raise InputError(f"{where}: {name} is {row.get(name)!r:.60}, which no answer of ours holds")
    if row["status"] not in STATUSES or not all(map(_is_prompt, row["prompts"])):
        raise InputError(f"{where}: its status or its prompts are of no kind that we write")
    also = {name: row[name] for name, kind in _ALSO.items() if type(row.get(name)) in kind}
    return {"schema_version": version, **{name: row[name] for name in _KINDS}, **also}


def _is_prompt(prompt: Any) -> bool:
    if not isinstance(prompt, Mapping):
        return False
    turns, continuations = prompt.get("messages", []), prompt.get("continuations", [])
    if not isinstance(turns, list) or not all(isinstance(turn, Mapping) for turn in turns):
        return False
    texts = [
        prompt.get("text", ""),
        prompt.get("prefill", ""),
        *(turn.get(n) for turn in turns for n in ("role", "text")),
    ]
    return isinstance(continuations, list) and all(isinstance(text, str) for text in [*texts, *continuations])
