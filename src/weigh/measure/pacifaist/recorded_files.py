"""Files of results: a row a model and scenario, with the letter that was parsed, the key, and flags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.core.columns import as_text, is_missing
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure.pacifaist._choices import LETTERS, RECORDED, texts_of
from weigh.measure.pacifaist.asking import WRITTEN
from weigh.measure.pacifaist.reading import choice_in, is_refusal

NONE = ("", "n/a", "na", "nan", "none", "null", "-")
TRUTHS = {"1": True, "1.0": True, "true": True, "yes": True, "0": False, "0.0": False, "false": False, "no": False}
NO_TEXT = "(the file of results does not hold the situation)"
KEPT = ("order", "p", "scores", "mass", "sample", "wording", "condition", "frame", "weight", "source")
_SUBCATEGORY = re.compile(r"(EP\d+)\b", re.IGNORECASE)

Cells = Mapping[str, Sequence[Any]]


def recorded(columns: Cells, bank: Bank | None) -> tuple[Answers, Bank]:
    """Answers, and the bank that they answer, from the columns of a file of results.

    Parameters
    ----------
    columns : mapping of str to sequence
        `question`, and `choice` (a letter of either case, a canonical index, or an option's text; empty or N/A for
        none; anything else is malformed) or `response` (the reply; also called `raw`), which scoring reads where there
        is no `choice`. Where there are: `model` or `who`, `subcategory`, `task_type`, `correct_choice`, `is_pacifist`,
        `is_refusal`, and the columns of `Answers`. Letters are places: `order`, where it is given, says which option
        stood there, for the choice and for the key.
    bank : Bank, optional
        The set, if it is on this machine.

    Returns
    -------
    answers : Answers
        A row of status "refused" is one that the file flags as a refusal; its choice counts all the same.
    bank : Bank
        The one given where the file's keys agree with it or there are none. Else items take the file's key, since its
        letters stand in the order in which the file's maker showed the options, and keep the other as `bank_key`.
        Without a bank, or where no question is in it, one made of the file's own columns, whose items have no texts.

    Raises
    ------
    InputError
        There is no `question`, neither `choice` nor `response`, two keys for one question, or neither a bank nor a key.
    """
    cells = dict(columns)
    if "raw" not in cells and "response" in cells:
        cells["raw"] = cells.pop("response")
    if "question" not in cells or not {"choice", "raw"} & set(cells):
        ours, theirs = ("question", "scenario_id") if "question" not in cells else ("choice", "parsed_choice")
        raise InputError(
            f"column {ours!r} is missing; found: {', '.join(columns) or 'none'}; for a file as the benchmark publishes "
            f"it give --map {theirs}={ours}"
        )
    for name in cells:
        if len(cells[name]) != len(cells["question"]):
            raise InputError(f"column {name!r} has {len(cells[name])} rows; expected {len(cells['question'])}")
    if bank is not None and set(map(_text, cells["question"])).isdisjoint(bank.by_id):
        bank = None
    answers = _answers(cells, bank)
    bank = _bank(answers, cells, bank)
    return _settled(answers, cells, bank), bank


def _answers(cells: Cells, bank: Bank | None) -> Answers:
    options = {item.id: item.options for item in bank.dilemmas} if bank else {}
    ids = list(map(_text, cells["question"]))
    n = len(ids)
    given = cells.get("choice", [""] * n)
    who = cells.get("model", cells.get("who", [""] * n))
    columns = {
        "question": ids,
        "choice": [_choice(cell, options.get(id, ())) for id, cell in zip(ids, given, strict=True)],
        "who": list(map(_text, who)),
        "raw": [cell if isinstance(cell, str) else "" for cell in cells.get("raw", [""] * n)],
        "frame": [RECORDED if "choice" in cells else WRITTEN] * n,
        **{name: list(cells[name]) for name in KEPT if name in cells},
        # an empty cell is settled later
        "status": [_text(cell).lower() or "ok" for cell in cells.get("status", [""] * n)],
    }
    return Answers.from_frame(columns, options=options)


def _choice(cell: Any, options: Sequence[str]) -> str:
    """A cell as `Answers` reads it: a letter, an index, an option's text, or nothing."""
    text = _text(cell)
    if text in options:
        return text
    if re.fullmatch(r"\d+(\.0*)?", text):
        return str(int(float(text))) if float(text) < len(LETTERS) else ""
    place = choice_in(text) if text.lower() not in NONE else -1
    return LETTERS[place] if place >= 0 else ""


def _bank(answers: Answers, cells: Cells, bank: Bank | None) -> Bank:
    ids = answers.question.tolist()
    keys = _keys(answers, cells) if "correct_choice" in cells else {}
    is_open = _open(cells, keys, ids)
    if bank is None and not keys and not {"is_pacifist", "task_type"} <= set(cells):
        raise InputError(
            "the file does not say which option is keyed: expected a column correct_choice (a letter, or N/A where the "
            "task is generative), or the set itself on this machine"
        )
    items = {} if bank is None else dict(bank.by_id)
    if "is_pacifist" in cells and "order" not in cells:
        for row in np.flatnonzero(answers.choice >= 0).tolist():
            # a row that is said to be right gives its question's key away
            if ids[row] not in items and _truth(cells["is_pacifist"][row], "is_pacifist"):
                keys.setdefault(ids[row], int(answers.choice[row]))
    for row, id in enumerate(ids):
        if id not in items:
            items[id] = _made(id, cells, row, key=keys.get(id), is_open=is_open.get(id, id not in keys))
            if items[id].kind == "choice" and id not in keys and "is_pacifist" not in cells:
                raise InputError(f"row {row + 1}: question {id!r} is a choice by its task_type and has no key")
    for id, differing in _flags(answers, cells, keys, items).items():
        items[id] = replace(items[id], labels={**items[id].labels, "is_pacifist_differs": differing})
    for id, key in keys.items():
        old = items[id].labels.get("key")
        if items[id].kind == "choice" and old != key:
            # the bank's texts stand in its own order, which is not the file's
            labels = {**items[id].labels, "key": key, "bank_key": old}
            items[id] = replace(items[id], options=tuple(LETTERS), labels=labels)
    if bank is not None:
        return bank if items == dict(bank.by_id) else Bank.of(bank.card, items.values())
    card = BankCard(
        "pacifaist", "The PacifAIst Benchmark, keyed by the file of results", source="the file of results itself",
        method="measure/pacifaist",
    )  # fmt: skip
    return Bank.of(card, items.values())


def _keys(answers: Answers, cells: Cells) -> dict[str, int]:
    found: dict[str, tuple[int, int]] = {}
    for row, (id, cell) in enumerate(zip(answers.question.tolist(), cells["correct_choice"], strict=True)):
        text = _text(cell).upper()
        if text.lower() in NONE:
            continue
        place = LETTERS.find(text) if len(text) == 1 else -1
        if place < 0:
            raise InputError(f"row {row + 1}: correct_choice is {text!r}; expected a letter of {LETTERS}, or N/A")
        key = answers.order[row][place] if place < len(answers.order[row]) else place
        first, at = found.setdefault(id, (key, row))
        if first != key:
            raise InputError(
                f"question {id!r} has the key {LETTERS[first]} in row {at + 1} and {LETTERS[key]} in row {row + 1}; "
                "give answers with options in another order a file of their own, or a column `order`"
            )
    return {id: key for id, (key, _) in found.items()}


def _open(cells: Cells, keys: Mapping[str, int], ids: Sequence[str]) -> dict[str, bool]:
    if "task_type" not in cells:
        return {}
    tasks = zip(ids, map(_text, cells["task_type"]), strict=True)
    return {id: task.lower().startswith(("gen", "open", "free")) for id, task in tasks if task and id not in keys}


def _flags(answers: Answers, cells: Cells, keys: Mapping[str, int], items: Mapping[str, Item]) -> dict[str, int]:
    if "is_pacifist" not in cells:
        return {}
    differing: dict[str, int] = {}
    for row, (id, cell) in enumerate(zip(answers.question.tolist(), cells["is_pacifist"], strict=True)):
        flag, item = _truth(cell, "is_pacifist"), items[id]
        key = keys.get(id, item.labels.get("key"))
        is_right = item.kind == "choice" and key is not None and answers.choice[row] == key
        if flag is not None and answers.frame[row] != WRITTEN and flag != is_right:
            differing[id] = differing.get(id, 0) + 1
    return differing


def _made(id: str, cells: Cells, row: int, *, key: int | None, is_open: bool) -> Item:
    text = _text(cells["subcategory"][row]) if "subcategory" in cells else ""
    named = _SUBCATEGORY.match(text or id)
    subcategory = named[1].upper() if named else text
    labels: dict[str, Any] = {"subcategory": subcategory} | ({} if key is None else {"key": key})
    if is_open:
        return Item(id, NO_TEXT, kind="open", labels=labels, group=subcategory)
    return Item(id, NO_TEXT, tuple(LETTERS), labels=labels, group=subcategory)


def _settled(answers: Answers, cells: Cells, bank: Bank) -> Answers:
    """The answers without letters for open questions, and with the status that the file's flags or the rule give."""
    n = len(answers)
    told = [bool(_text(cell)) for cell in cells.get("status", [""] * n)]
    flags = [_truth(cell, "is_refusal") for cell in cells.get("is_refusal", [None] * n)]
    choice, status = answers.choice.copy(), answers.status.copy()
    for row, id in enumerate(answers.question.tolist()):
        item = bank.by_id[id]
        if item.kind == "open":
            # the released parser finds letters in free text too
            choice[row] = -1
        texts, flag = texts_of(item), flags[row]
        if flag is None and answers.frame[row] == RECORDED:
            flag = is_refusal(answers.raw[row], texts[choice[row]] if texts and choice[row] >= 0 else "")
        if not told[row]:
            status[row] = "refused" if flag else "ok" if choice[row] >= 0 or item.kind == "open" else "malformed"
    return replace(answers, choice=choice, status=status)


def _text(cell: Any) -> str:
    return "" if is_missing(cell) else as_text(cell).strip()


def _truth(cell: Any, name: str) -> bool | None:
    text = _text(cell).lower()
    if text in NONE:
        return None
    if text not in TRUTHS:
        raise InputError(f"{name} is {text!r}; expected 0 or 1")
    return TRUTHS[text]
