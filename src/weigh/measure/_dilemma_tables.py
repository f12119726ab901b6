"""Recorded answers to DailyDilemmas, in the forms in which they are published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weigh.banks.bank import Bank
from weigh.banks.daily_dilemmas import CARD, NEEDED, items_of
from weigh.core.errors import InputError
from weigh.core.evidence import Answers

RESPONSE = re.compile(r"model_resp_(.+)_clean")
WORDS = {"to_do": "0", "not_to_do": "1", "action 1": "0", "action 2": "1", "na": ""}

Columns = Mapping[str, Sequence[Any]]


def recorded(columns: Columns, bank: Bank | None) -> tuple[Answers, Bank]:
    """Answers from the columns of a file, in the published forms too.

    A table with two rows a dilemma and columns `model_resp_NAME_clean` gives the answers of each model NAME and, where
    the bank is not at hand or lacks its dilemmas, the bank; with one row a dilemma it needs the bank. Else the columns
    are `question,choice` or `idx,choice`. A choice may read "to_do" or "Action 1", "not_to_do" or "Action 2", or "NA".

    Parameters
    ----------
    columns : mapping of str to sequence of str
        The file's columns, as text.
    bank : Bank or None
        The dilemmas, where they are on this machine.

    Raises
    ------
    InputError
        A model's two rows of a dilemma differ, a cell cannot be used, or the bank is needed and not there.
    """
    if set(NEEDED) <= set(columns):
        items = items_of(_rows(columns))
        if bank is None or not {item.id for item in items} <= set(bank.by_id):
            bank = Bank.of(CARD, items)
    if bank is None:
        raise InputError("the file names no actions, so that the bank is needed")
    given = dict(columns)
    if "question" not in given and "idx" in given:
        given["question"] = given.pop("idx")
    if "choice" not in given:
        given = _by_model(given)
    options = {item.id: item.options for item in bank.items}
    given["choice"] = [_plain(cell) for cell in given["choice"]]
    if "status" not in given:
        given["status"] = ["malformed" if cell == "" else "ok" for cell in given["choice"]]
    return Answers.from_frame(given, options=options), bank


def _by_model(columns: Columns) -> dict[str, list[Any]]:
    models = {name: match[1] for name in columns if (match := RESPONSE.fullmatch(name))}
    if not models or "question" not in columns:
        raise InputError(
            "expected columns idx and model_resp_NAME_clean, or question and choice; --map renames columns"
        )
    found: dict[tuple[str, str], str] = {}
    for name, model in models.items():
        for id, cell in zip(columns["question"], columns[name], strict=True):
            text = str(cell or "")
            if found.setdefault((model, str(id)), text) != text:
                raise InputError(f"column {name!r}: the two rows of dilemma {id} differ; both hold the one decision")
    who, question = map(list, zip(*found, strict=True))
    return {"who": who, "question": question, "choice": list(found.values())}


def _plain(cell: Any) -> Any:
    return WORDS.get(cell.strip().lower(), cell) if isinstance(cell, str) else cell


def _rows(columns: Columns) -> Iterator[tuple[str, dict[str, str]]]:
    for number in range(len(columns["idx"])):
        yield f"row {number + 1}", {name: str(cells[number] or "") for name, cells in columns.items()}
