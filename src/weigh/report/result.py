"""The page of a result: values with their intervals, figures, checks, and every diagnostic as a table.

A published instrument's run folder becomes such a page, and so does the result of any method (`--report DIR`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weigh._version import __version__
from weigh.core.errors import InputError, LedgerError
from weigh.core.jsonable import plain
from weigh.core.method import Card
from weigh.core.values import Values
from weigh.core.visible import visible
from weigh.pipelines.record import as_written, bank_of
from weigh.report import contents
from weigh.report.answers import source_of
from weigh.report.details import count_answers, write_details
from weigh.report.shown import brief, count
from weigh.report.writing import write_page

Record = Mapping[str, Any]

PAGE, DATA = "report.html", "values.json"
#: notes that have places of their own on the page
PLACED = ("findings", "verdict", "figures", "told", "cannot", "statuses", "baselines", "published", "seed")
FILES = ("run.json", "answers.jsonl", "recorded.parquet", "bank/items.jsonl", "bank/card.toml")
MAX_ROWS = 400
FOREST = 60


def write_published(folder: Path, record: Record, *, questions: bool = True) -> Path:
    """Write the page of a published instrument's run, from its folder alone.

    Parameters
    ----------
    folder : Path
        The run's folder.
    record : mapping
        Its `run.json`.
    questions : bool
        Also write the pages behind it.
    """
    source = source_of(folder)
    model, bank = contents.part(record, "model"), contents.part(record, "bank")
    about = {
        "model": str(model.get("name") or "unnamed model"),
        "bank": str(bank.get("title") or bank.get("name") or ""),
        "version": __version__,
    }
    items = contents.questions_of(record, bank_of(folder, record))
    details = write_details(folder, items, source, about) if questions else count_answers(source)
    given = record.get("values")
    values = Values.from_json(given) if given else None
    verdict = contents.verdict_of(record)
    notes = dict(values.notes) if values else {}
    context = {
        **about,
        **_result(values, notes, arms=contents.part(record, "arms")),
        "heading": [about["model"], about["bank"]],
        "verdict": verdict,
        "status": str(record.get("status") or ""),
        "why": str(record.get("why") or ""),
        "effects": list(record.get("effects") or ()),
        "conditions": [str(one.get("name")) for one in record.get("conditions") or ()],
        "answers": contents.statuses_of(details.statuses),
        "n_answers": details.n_answers,
        "pages": details.pages,
        "facts": contents.facts_of(record, details.n_answers),
        "options": [(name, brief(value)) for name, value in contents.part(record, "config").get("options", {}).items()],
        "notes": [*map(str, record.get("notes") or ()), *source.notes],
        "canary": str(bank.get("canary") or ""),
        "method": str(record.get("method") or ""),
        "written_by": str(record.get("weigh") or ""),
        # a page that is published alone has nothing beside it
        "files": _files(folder, FILES) if questions else [],
    }
    write_page(folder / PAGE, "result.html.j2", context)
    return folder / PAGE


def write_result(folder: str | Path, result: Any, card: Card | None = None) -> Path:
    """Write the page of any method's result, and the result beside it as JSON.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there.
    result : Values, Choice or another result
        What a method gave; its notes may hold figures and findings. What is not Values shows its parts as tables.
    card : Card, optional
        The method's, for what the page says of it.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        The result has no form in JSON, and so no page; or its notes hold figures or findings of another shape.
    LedgerError
        The folder cannot be written.
    """
    folder = Path(folder)
    if not hasattr(result, "to_json"):
        raise InputError(f"a page is made of what has a form in JSON; {type(result).__name__} has none")
    given = plain(result.to_json())
    values, notes = (result, dict(result.notes)) if isinstance(result, Values) else (None, _parts(given))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(given, indent=1, ensure_ascii=False) + "\n"
        (folder / DATA).write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise LedgerError(f"{folder} cannot be written ({error}); free space, or give another folder") from error
    title = card.address if card else str(given.get("method") or type(result).__name__)
    with as_written(f"the result of {title}"):
        shown = _result(values, notes)
    context = {
        **shown,
        "heading": [title, card.summary if card else ""],
        "model": title, "bank": "", "version": __version__, "written_by": __version__,
        "verdict": None, "status": "", "why": "", "effects": [], "conditions": [], "answers": None, "n_answers": 0,
        "pages": [], "options": [], "notes": [], "canary": "", "method": title,
        "facts": {"method": [("source", card.paper), ("departs", card.departs)] if card else []},
        "files": _files(folder, (DATA,)),
    }  # fmt: skip
    write_page(folder / PAGE, "result.html.j2", context)
    return folder / PAGE


def _result(values: Values | None, notes: dict[str, Any], arms: Mapping[str, Any] | None = None) -> dict[str, Any]:
    from weigh.report.figures import figure_of

    rows = _rows(values)
    figures = [figure_of(one) for one in notes.get("figures", [])]
    if values is not None and not any(one.get("kind") == "intervals" for one in notes.get("figures", [])):
        figures.insert(0, figure_of(forest(values)))
    facts, tables = [], []
    for name, value in notes.items():
        if name in PLACED or value in (None, "", [], {}):
            continue
        if isinstance(value, str | int | float | bool):
            facts.append((_words(name), _text(value)))
        else:
            tables.append(table_of(_words(name), value))
    baselines = notes.get("baselines")
    return {
        "told": _sentences(notes.get("told")),
        "cannot": _sentences(notes.get("cannot")),
        "rows": rows[:MAX_ROWS],
        "hidden": max(0, len(rows) - MAX_ROWS),
        "several": values is not None and len(values.who) > 1,
        "unit": "" if values is None else visible(values.scale.unit),
        "figures": figures,
        "checks": contents.checks_of(notes.get("findings") or ()),
        "baselines": table_of("What constant answers would score", baselines) if baselines else None,
        "diagnostics": facts,
        "tables": tables,
        "arms": {
            name: [table_of(name, {row["item"]: row for row in given.get("values", [])})]
            for name, given in (arms or {}).items()
        },
    }  # fmt: skip


def _parts(given: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a result that is not Values, and its diagnostics, as notes."""
    own = {name: value for name, value in given.items() if name not in ("diagnostics", "notes", "schema_version")}
    return {**own, **dict(given.get("diagnostics") or given.get("notes") or {})}


def _rows(values: Values | None) -> list[dict[str, Any]]:
    if values is None:
        return []
    plain_rows = values.to_json()
    by = plain_rows.get("by") or {values.who[0]: plain_rows["values"]}
    return [{"who": who, **row} for who, rows in by.items() for row in rows]


def forest(values: Values) -> dict[str, Any]:
    """The figure of values that brought none: a lane an item, its intervals, highest first."""
    rows = _rows(values)
    many = len(values.who) > 1
    shown = rows if many else sorted(rows, key=lambda row: -row["mean"])
    marks = [
        {**{name: row[name] for name in ("item", "mean", "low", "high")}, **({"series": row["who"]} if many else {})}
        for row in shown
    ]
    items = list(dict.fromkeys(row["item"] for row in marks))[:FOREST]
    kept = [row for row in marks if row["item"] in items]
    data = {"rows": kept, "unit": values.scale.unit or "value"}
    return {"kind": "intervals", "title": "Values with their 95 % intervals", "data": data, "note": ""}


def table_of(title: str, value: Any) -> dict[str, Any]:
    """Any JSON-able diagnostic as a table: title, head, rows of texts.

    Parameters
    ----------
    title : str
        Its heading.
    value : mapping or sequence
        {name: number}, {name: {column: number}}, a list of mappings, or a list.
    """
    if isinstance(value, Mapping):
        if value and all(isinstance(one, Mapping) for one in value.values()):
            head = list(dict.fromkeys(key for one in value.values() for key in one))
            rows = [[str(name), *(_text(one.get(key)) for key in head)] for name, one in value.items()]
            return _table(title, ["", *map(_words, head)], rows)
        return _table(title, [], [[str(name), _text(one)] for name, one in value.items()])
    if isinstance(value, Sequence) and value and all(isinstance(one, Mapping) for one in value):
        head = list(dict.fromkeys(key for one in value for key in one))
        return _table(title, list(map(_words, head)), [[_text(one.get(key)) for key in head] for one in value])
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return _table(title, [], [[_text(one)] for one in listed])


def _table(title: str, head: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "head": head, "rows": rows[:MAX_ROWS], "hidden": max(0, len(rows) - MAX_ROWS)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    return brief(value)


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def _sentences(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else [str(one) for one in given or ()]


def _files(folder: Path, names: Sequence[str]) -> list[dict[str, str]]:
    about = {
        "run.json": "all that this page shows, as JSON", "answers.jsonl": "every answer, one JSON line each",
        "recorded.parquet": "the recorded answers", "bank/items.jsonl": "the questions", "bank/card.toml": "their card",
        DATA: "all that this page shows, as JSON",
    }  # fmt: skip
    return [{"path": name, "what": about[name]} for name in names if (folder / name).is_file()]
