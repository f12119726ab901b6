"""The page of a run: `report.html` and, behind it, every question; from the run's folder alone, without model or bank.

It opens offline, needs no script, and holds no number that is not in `run.json` or counted from the answers beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weigh._version import __version__
from weigh.core.errors import InputError, LedgerError
from weigh.core.values import Values
from weigh.core.visible import visible
from weigh.pipelines.record import RECORD, as_written, bank_of, read_record
from weigh.report import contents, texts
from weigh.report.answers import source_of
from weigh.report.details import Details, count_answers, write_details
from weigh.report.writing import write_page

PAGE = "report.html"
UNIT = "1 = one standard deviation of how strongly dilemmas pull the model; 0 = the average value"
_FILES = (
    ("run.json", "all that this page shows, as JSON"),
    ("answers.jsonl", "every answer, one JSON line each"),
    ("recorded.parquet", "the recorded answers"),
    ("values.parquet", "values, intervals, covariance"),
    ("bank/items.jsonl", "the questions"),
    ("bank/card.toml", "the bank's card"),
)


def write_report(folder: str | Path, *, questions: bool = True) -> Path:
    """Write a run's page and the pages behind it, and say where the page lies.

    Parameters
    ----------
    folder : str or Path
        A run folder, finished or broken off. Needs neither the model nor the installed bank.
    questions : bool
        Also write the pages behind it, with every question, prompt and reply; without them the page can be published
        where the questions may not.

    Returns
    -------
    Path
        `report.html` in the folder; the questions lie in `details/` beside it. The same folder gives the same bytes.

    Raises
    ------
    InputError
        The folder holds no run, or a record that is torn or not one.
    LedgerError
        The answers cannot be read, or a page cannot be written.
    """
    folder = Path(folder)
    record = read_record(folder)
    try:
        with as_written(f"{folder / RECORD}"):
            return _write(folder, record, questions)
    except LedgerError:
        raise
    except OSError as error:
        raise LedgerError(f"{folder}: the pages could not be written ({error}); free space, or copy the run") from error


def _write(folder: Path, record: Mapping[str, Any], with_questions: bool) -> Path:
    if record.get("method"):
        from weigh.report.result import write_published

        return write_published(folder, record, questions=with_questions)
    source = source_of(folder)
    model, bank = contents.part(record, "model"), contents.part(record, "bank")
    title = {
        "model": str(model.get("name") or "unnamed model"),
        "bank": str(bank.get("title") or bank.get("name") or ""),
    }
    about = {**title, "version": __version__}
    questions = contents.questions_of(record, _bank(folder, record))
    values = contents.values_of(record)
    details = write_details(folder, questions, source, about) if with_questions else count_answers(source)
    context = {**about, **_context(folder, record, values, details), "notes": _notes(record, source.notes)}
    if not with_questions:
        context["files"] = []  # a page that is published alone has nothing beside it
    write_page(folder / PAGE, "report.html.j2", context)
    return folder / PAGE


def _context(folder: Path, record: Mapping[str, Any], values: Values | None, details: Details) -> dict[str, Any]:
    trial = contents.part(record, "trial")
    instrument = str(record.get("instrument") or "")
    recorded = record.get("status") == "recorded"
    taxonomy = str(contents.part(record, "bank").get("taxonomy"))
    return {
        "verdict": contents.verdict_of(record),
        "status": str(record.get("status") or ""),
        "pictures": _pictures(values, record),
        "profile": contents.profile_of(values, record) if values else None,
        "human": record.get("human") if values else None,
        "human_source": texts.HUMAN_ORDER.get(taxonomy, "as the bank's taxonomy gives it"),
        "groups": (record.get("groups") or []) if values else [],
        "drivers": contents.drivers_of(record, values, details.places) if values else None,
        "checks": contents.checks_of(record.get("findings") or ()),
        "trial": {
            "checks": contents.checks_of(trial.get("findings") or ()), "verdict": contents.verdict_of(trial),
            "frames": trial.get("frames") or [], "why": str(record.get("instrument_why") or ""),
            "set_aside": instrument != "stated",
        } if trial else None,
        "answers": contents.statuses_of(details.statuses),
        "n_answers": details.n_answers,
        "unanswered": record.get("unanswered"),
        "position": record.get("position"),
        "facts": contents.facts_of(record, details.n_answers),
        "instrument": texts.INSTRUMENTS.get("recorded" if recorded else instrument, (instrument, "")),
        "frames": contents.frames_of(record),
        "unknown": texts.unknown(instrument=instrument, one_author=contents.is_by_one(record)),
        "pages": details.pages,
        "files": [{"path": path, "what": what} for path, what in _FILES if (folder / path).is_file()],
        "unit": UNIT,
        "written_by": str(record.get("weigh") or ""),
    }  # fmt: skip


def _pictures(values: Values | None, record: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(("groups", "circle", "human"), None) | {"specifications": []}
    if values is None:
        return found
    # these modules load altair, and this one is imported by whoever may never write a page
    from weigh.report import charts
    from weigh.report.circle import circle_chart

    unit = "item SD (0 = the average value)" if values.scale.unit == "item SD" else _short(values.scale.unit)
    rows = sorted(values.to_json()["values"], key=lambda row: -row["mean"])
    names = [row["item"] for row in rows]
    groups, human = record.get("groups") or [], record.get("human")
    found["values"] = charts.values_chart(rows, unit)
    if groups:
        found["groups"] = charts.groups_chart(groups, unit)
    if record.get("circle"):
        found["circle"] = circle_chart(record["circle"], {row["item"]: row for row in rows}, groups)
    if human:
        order = human["order"]
        found["human"] = charts.human_chart(order, [name for name in names if name in order])
    specifications = record.get("specifications") or []
    if specifications:
        found["specifications"] = charts.specifications(specifications, rows, unit=unit)
    return found


def _short(unit: str) -> str:
    return visible(unit)[:60]


def _bank(folder: Path, record: Mapping[str, Any]) -> Any:
    try:
        return bank_of(folder, record)
    except InputError:
        return None  # the record holds the questions too, without their paraphrases


def _notes(record: Mapping[str, Any], found: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys([*map(str, record.get("notes") or ()), *found]))
