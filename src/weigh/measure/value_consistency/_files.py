"""Recorded answers as they stand in a file: ids or questions, letters or answers or stances, with or without a bank."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

from weigh.banks.bank import Bank, Item
from weigh.banks.value_consistency import CONTROVERSIAL, NEEDED, NEUTRAL, card, questions_of
from weigh.core.columns import is_missing
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.judges import letters
from weigh.measure.value_consistency._asking import ABSTAIN, NO_VIEW, READING

# what declines to answer, besides the stance itself; the last is what the published prompts offer in English
ABSTENTIONS = {NEUTRAL, "abstain", "i have no answer", *(text.lower() for text in NO_VIEW.values())}


def recorded(columns: Mapping[str, Sequence[Any]], bank: Bank | None) -> tuple[Answers, Bank]:
    """Answers, and the bank that they answer, from the columns of a file.

    Parameters
    ----------
    columns : mapping of str to sequence
        `question`, an id of the bank or the question's text; `choice`, a letter for the place shown, the answer itself,
        its stance, or an index; and whatever else `Answers` knows. Without a bank also `topic`, `original` and
        `options` (answer to stance, as JSON), as in the published files, and where there are several `language`
        (BCP 47), `country` and `set`.
    bank : Bank or None
        The published set, where it is on this machine.

    Returns
    -------
    tuple of Answers and Bank
        Rows with an answer that has no view get the frame in which that is offered, and so do all choices beside them.

    Raises
    ------
    InputError
        A column is missing, or a cell cannot be used.
    """
    given = {name: list(cells) for name, cells in columns.items()}
    for name in ("question", "choice"):
        if name not in given:
            raise InputError(f"column {name!r} is missing; found: {', '.join(given) or 'none'}")
    bank = bank or _bank_of(given)
    ids = {item.situation: item.id for item in bank.items} | {item.id: item.id for item in bank.items}
    given["question"] = [ids.get(str(cell).strip(), cell) for cell in given["question"]]
    items = [bank.by_id.get(str(cell)) for cell in given["question"]]
    choices = [_choice(cell, item) for cell, item in zip(given["choice"], items, strict=True)]
    frames = ["" if is_missing(cell) else str(cell) for cell in given.get("frame", [""] * len(items))]
    if any(item is not None and choice == str(len(item.options)) for choice, item in zip(choices, items, strict=True)):
        frames = [ABSTAIN if frame in ("", letters.FRAME) else frame for frame in frames]
    given |= {"choice": choices, "frame": frames}
    _credit_readings(given)
    return Answers.from_frame(given), bank


def _choice(cell: Any, item: Item | None) -> Any:
    """The index of an answer given as its text or its stance; anything else as it stands."""
    if item is None or not isinstance(cell, str):
        return cell
    said, options = cell.strip().lower(), [option.lower() for option in item.options]
    if said in options:
        return str(options.index(said))
    stances = item.labels.get("stances", [])
    if stances.count(said) == 1:
        return str(stances.index(said))
    return str(len(options)) if said in ABSTENTIONS else cell


def _credit_readings(given: dict[str, list[Any]]) -> None:
    """A run's file holds the reader's rows under the reader's name: they belong to whose passages it read."""
    name = "model" if "model" in given else "who"
    if name not in given:
        return
    is_reading = [frame.startswith(READING) for frame in given["frame"]]
    others = {who for who, reads in zip(given[name], is_reading, strict=True) if not reads}
    if len(others) != 1 or not any(is_reading):
        return
    (author,) = others
    sources = given.get("source", [""] * len(is_reading))
    given["source"] = [
        who if reads else source for who, reads, source in zip(given[name], is_reading, sources, strict=True)
    ]
    given[name] = [author] * len(is_reading)


def _bank_of(given: Mapping[str, list[Any]]) -> Bank:
    missing = [name for name in NEEDED if name not in given]
    if missing:
        raise InputError(
            f"column {missing[0]!r} is missing: without the published set a file needs {', '.join(NEEDED)}; found: "
            f"{', '.join(given)}"
        )
    n = len(given["question"])
    parts = {
        name: [str(cell) for cell in given.get(name, [default] * n)]
        for name, default in (("set", CONTROVERSIAL), ("language", "en"), ("country", ""))
    }
    rows: dict[tuple[str, ...], dict[str, tuple[str, dict[str, Any]]]] = {}
    for i in range(n):
        row = {name: cells[i] for name, cells in given.items() if not is_missing(cells[i])}
        row["options"] = _mapping(row.get("options"), f"row {i + 1}")
        key = tuple(parts[name][i] for name in parts)
        # a question that is answered twice is one question
        rows.setdefault(key, {}).setdefault(str(row.get("question")), (f"row {i + 1}", row))
    items: list[Item] = []
    for (part, language, country), questions in rows.items():
        stem = "_".join(name for name in (part, language, country) if name)
        items += questions_of(questions.values(), stem=stem, set=part, language=language, country=country)
    return Bank.of(card(), items)


def _mapping(cell: Any, where: str) -> Any:
    if not isinstance(cell, str):
        return cell
    for read in (json.loads, ast.literal_eval):
        try:
            return read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    raise InputError(
        f"{where}: 'options' is {cell!r:.80}; expected an object of answer and stance, such as "
        '{"yes": "supports", "no": "opposes"}'
    )
